//! What a receiver lets in and what it refuses, through the floor's public face.

use proptest::prelude::*;

use super::*;
use crate::base::{ExtSeq, Seq, Ssrc};

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

const SSRC: Ssrc = Ssrc(0xcafe_f00d);

fn material(profile: Profile) -> Vec<u8> {
    (0..2 * (profile.key_len() + profile.salt_len())).map(|n| n as u8 ^ 0x5a).collect()
}

fn pair(profile: Profile) -> (Protector, Unprotector) {
    let ours = TransportKeys::from_dtls(profile, &material(profile), true).unwrap();
    let theirs = TransportKeys::from_dtls(profile, &material(profile), false).unwrap();
    (Protector::new(&ours), Unprotector::new(&theirs))
}

fn pair_by(profile: Profile, backend: AeadBackend) -> (Protector, Unprotector) {
    let ours = TransportKeys::from_dtls(profile, &material(profile), true).unwrap();
    let theirs = TransportKeys::from_dtls(profile, &material(profile), false).unwrap();
    (Protector::with_backend(&ours, backend), Unprotector::with_backend(&theirs, backend))
}

fn header(ssrc: Ssrc, index: u64) -> Vec<u8> {
    let mut header = vec![0x80, 96];
    header.extend(ExtSeq(index).seq().0.to_be_bytes());
    header.extend([0, 0, 1, 0]);
    header.extend(ssrc.0.to_be_bytes());
    header
}

fn seal(protector: &Protector, ssrc: Ssrc, index: u64, payload: &[u8]) -> Vec<u8> {
    let mut slot = header(ssrc, index);
    slot.resize(12 + payload.len() + 100, 0xee);
    let sealed = protector.rtp(&mut slot, 12, &[], payload, ssrc, ExtSeq(index)).unwrap();
    slot.truncate(sealed.len());
    slot
}

fn open(
    unprotector: &Unprotector,
    stream: &mut ReceiveIndex,
    packet: &[u8],
) -> Result<Vec<u8>, UnprotectError> {
    let mut packet = packet.to_vec();
    let seq = Seq(u16::from_be_bytes([packet[2], packet[3]]));
    let ssrc = Ssrc(u32::from_be_bytes(packet[8..12].try_into().unwrap()));
    unprotector.rtp(stream, ssrc, seq, 12, &mut packet).map(|payload| payload.to_vec())
}

const RR: [u8; 8] = [0x80, 201, 0, 1, 0xca, 0xfe, 0xf0, 0x0d];

fn seal_rtcp(protector: &mut Protector, compound: &[u8]) -> Vec<u8> {
    let mut slot = compound.to_vec();
    slot.resize(compound.len() + 50, 0xee);
    let sealed = protector.rtcp(&mut slot, compound.len()).unwrap();
    slot.truncate(sealed.len());
    slot
}

fn each(test: impl Fn(Protector, Unprotector)) {
    for profile in Profile::ALL {
        let (protector, unprotector) = pair(profile);
        test(protector, unprotector);
    }
}

#[test]
fn payload_is_sealed_behind_the_header_and_opens_again() {
    each(|protector, unprotector| {
        let packet = seal(&protector, SSRC, 7, b"payload");
        assert_eq!(packet.len(), 12 + 7 + protector.profile().rtp_overhead());
        assert_eq!(packet[..12], header(SSRC, 7));
        assert_ne!(&packet[12..19], b"payload");
        let mut stream = ReceiveIndex::default();
        assert_eq!(open(&unprotector, &mut stream, &packet).unwrap(), b"payload");
    });
}

#[test]
fn prefix_and_payload_are_one_plaintext() {
    each(|protector, _| {
        let mut slot = [header(SSRC, 7), vec![0; 100]].concat();
        let sealed = protector.rtp(&mut slot, 12, b"pre", b"fix", SSRC, ExtSeq(7)).unwrap();
        assert_eq!(slot[..sealed.len()], seal(&protector, SSRC, 7, b"prefix"));
    });
}

#[test]
fn packet_without_payload_is_let_in() {
    each(|protector, unprotector| {
        let packet = seal(&protector, SSRC, 0, b"");
        assert_eq!(open(&unprotector, &mut ReceiveIndex::default(), &packet), Ok(vec![]));
    });
}

#[test]
fn packet_that_comes_twice_is_refused_wherever_it_stands_in_the_window() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        let packets: Vec<_> = (100..200).map(|n| seal(&protector, SSRC, n, b"x")).collect();
        for packet in &packets {
            open(&unprotector, &mut stream, packet).unwrap();
        }
        for packet in &packets {
            assert_eq!(open(&unprotector, &mut stream, packet), Err(UnprotectError::Replayed));
        }
    });
}

#[test]
fn packet_below_the_window_is_refused_though_it_was_never_seen() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        open(&unprotector, &mut stream, &seal(&protector, SSRC, 5_000, b"x")).unwrap();
        let oldest = seal(&protector, SSRC, 5_000 - 1_023, b"x");
        assert!(open(&unprotector, &mut stream, &oldest).is_ok());
        let older = seal(&protector, SSRC, 5_000 - 1_024, b"x");
        assert_eq!(open(&unprotector, &mut stream, &older), Err(UnprotectError::Replayed));
    });
}

#[test]
fn replayed_packet_is_refused_before_decryption() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        let mut packet = seal(&protector, SSRC, 7, b"x");
        open(&unprotector, &mut stream, &packet).unwrap();
        // Had it looked at the tag first, it would say so.
        *packet.last_mut().unwrap() ^= 1;
        assert_eq!(open(&unprotector, &mut stream, &packet), Err(UnprotectError::Replayed));
    });
}

#[test]
fn late_packets_across_the_wrap_are_let_in() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        for index in [65_530, 65_534, 65_537, 65_533, 65_536, 65_535, 65_540, 65_531] {
            let packet = seal(&protector, SSRC, index, &index.to_be_bytes());
            let opened = open(&unprotector, &mut stream, &packet);
            assert_eq!(opened.unwrap(), index.to_be_bytes(), "{index}");
        }
    });
}

#[test]
fn rollover_counter_follows_many_wraps() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        for index in (0..10 << 16).step_by(0x7fff) {
            let packet = seal(&protector, SSRC, index, b"x");
            assert!(open(&unprotector, &mut stream, &packet).is_ok(), "{index}");
        }
    });
}

#[test]
fn same_number_a_cycle_later_is_another_packet() {
    each(|protector, _| {
        let (early, late) = (seal(&protector, SSRC, 9, b"x"), seal(&protector, SSRC, 65_545, b"x"));
        assert_eq!(early[..12], late[..12]);
        assert_ne!(early, late);
    });
}

#[test]
fn packet_of_another_cycle_is_not_authentic() {
    each(|protector, unprotector| {
        let packet = seal(&protector, SSRC, 65_536 + 9, b"x");
        let opened = open(&unprotector, &mut ReceiveIndex::default(), &packet);
        assert_eq!(opened, Err(UnprotectError::AuthenticationFailed));
    });
}

#[test]
fn failed_packet_moves_neither_rollover_counter_nor_window() {
    each(|protector, unprotector| {
        let mut stream = ReceiveIndex::default();
        open(&unprotector, &mut stream, &seal(&protector, SSRC, 65_000, b"x")).unwrap();
        // A forged packet that would wrap, had it been believed.
        let mut forged = seal(&protector, SSRC, 65_536 + 20_000, b"x");
        *forged.last_mut().unwrap() ^= 1;
        let refused = Err(UnprotectError::AuthenticationFailed);
        assert_eq!(open(&unprotector, &mut stream, &forged), refused);
        assert!(open(&unprotector, &mut stream, &seal(&protector, SSRC, 65_001, b"x")).is_ok());
        // And the very packet that was forged is still let in.
        let genuine = seal(&protector, SSRC, 65_536 + 20_000, b"x");
        assert!(open(&unprotector, &mut stream, &genuine).is_ok());
    });
}

#[test]
fn streams_of_one_sender_do_not_disturb_each_other() {
    each(|protector, unprotector| {
        let mut streams = [ReceiveIndex::default(), ReceiveIndex::default()];
        for n in 0..50 {
            for (stream, ssrc, start) in [(0, Ssrc(1), 65_510), (1, Ssrc(2), 3)] {
                let packet = seal(&protector, ssrc, start + n, b"x");
                assert!(open(&unprotector, &mut streams[stream], &packet).is_ok());
            }
        }
    });
}

#[test]
fn packet_of_another_ssrc_does_not_open() {
    each(|protector, unprotector| {
        let mut packet = seal(&protector, SSRC, 7, b"x");
        let opened = unprotector.rtp(
            &mut ReceiveIndex::default(),
            Ssrc(SSRC.0 ^ 1),
            Seq(7),
            12,
            &mut packet[..],
        );
        // AES-CM authenticates the header's SSRC, not ours: only its keystream would differ.
        if unprotector.profile() != Profile::Aes128CmSha1_80 {
            assert_eq!(opened, Err(UnprotectError::AuthenticationFailed));
        } else {
            assert_ne!(opened.unwrap(), b"x");
        }
    });
}

#[test]
fn keys_of_the_other_direction_do_not_open() {
    for profile in Profile::ALL {
        let ours = TransportKeys::from_dtls(profile, &material(profile), true).unwrap();
        let packet = seal(&Protector::new(&ours), SSRC, 7, b"x");
        let opened = open(&Unprotector::new(&ours), &mut ReceiveIndex::default(), &packet);
        assert_eq!(opened, Err(UnprotectError::AuthenticationFailed));
    }
}

#[test]
fn every_changed_byte_of_an_rtp_packet_is_noticed() {
    each(|protector, unprotector| {
        let packet = seal(&protector, SSRC, 7, &[9; 40]);
        for position in 0..packet.len() {
            for bit in [1, 0x80] {
                let mut tampered = packet.clone();
                tampered[position] ^= bit;
                let opened = open(&unprotector, &mut ReceiveIndex::default(), &tampered);
                assert_eq!(opened, Err(UnprotectError::AuthenticationFailed), "{position}");
            }
        }
    });
}

#[test]
fn every_changed_byte_of_an_rtcp_packet_is_noticed() {
    each(|mut protector, mut unprotector| {
        let packet = seal_rtcp(&mut protector, &[&RR[..], &[7; 32]].concat());
        for position in 0..packet.len() {
            for bit in [1, 0x80] {
                let mut tampered = packet.clone();
                tampered[position] ^= bit;
                let opened = unprotector.rtcp(&mut tampered);
                assert_eq!(opened, Err(UnprotectError::AuthenticationFailed), "{position}");
            }
        }
        let mut packet = packet;
        assert!(unprotector.rtcp(&mut packet).is_ok());
    });
}

#[test]
fn every_truncated_packet_is_refused() {
    each(|mut protector, mut unprotector| {
        let packet = seal(&protector, SSRC, 7, &[9; 40]);
        for len in 0..packet.len() {
            let mut cut = packet[..len].to_vec();
            let mut stream = ReceiveIndex::default();
            assert!(unprotector.rtp(&mut stream, SSRC, Seq(7), 12, &mut cut).is_err(), "{len}");
        }
        let packet = seal_rtcp(&mut protector, &RR);
        for len in 0..packet.len() {
            assert!(unprotector.rtcp(&mut packet[..len].to_vec()).is_err(), "{len}");
        }
    });
}

#[test]
fn rtp_keys_end_at_the_48_bit_index() {
    each(|protector, unprotector| {
        let last = PacketIndex::MAX;
        let limit = (1 << 48) - 1;
        let packet = seal(&protector, SSRC, limit, b"last");
        let mut slot = [header(SSRC, limit + 1), vec![0; 100]].concat();
        let beyond = protector.rtp(&mut slot, 12, &[], b"x", SSRC, ExtSeq(limit + 1));
        assert_eq!(beyond, Err(ProtectError::KeysExhausted));

        let mut stream = ReceiveIndex::default();
        stream.commit(PacketIndex::try_from(ExtSeq(limit - 1)).unwrap());
        assert_eq!(open(&unprotector, &mut stream, &packet).unwrap(), b"last");
        assert!(!stream.is_fresh(last));
        let wrapped = seal(&protector, SSRC, 0, b"x");
        assert_eq!(open(&unprotector, &mut stream, &wrapped), Err(UnprotectError::KeysExhausted));
    });
}

#[test]
fn rtcp_keys_end_after_the_31_bit_index() {
    each(|protector, mut unprotector| {
        let mut protector = protector.starting_rtcp_at((1 << 31) - 2);
        for _ in 0..2 {
            let mut packet = seal_rtcp(&mut protector, &RR);
            assert_eq!(unprotector.rtcp(&mut packet), Ok(&RR[..]));
        }
        assert_eq!(protector.rtcp(&mut [0; 100], 8), Err(ProtectError::KeysExhausted));
    });
}

#[test]
fn rtcp_is_numbered_from_zero_and_marked_encrypted() {
    each(|mut protector, _| {
        for index in 0..3 {
            let packet = seal_rtcp(&mut protector, &RR);
            let word_at = match protector.profile() {
                Profile::Aes128CmSha1_80 => packet.len() - 14,
                _ => packet.len() - 4,
            };
            assert_eq!(packet[word_at..][..4], [0x80, 0, 0, index]);
        }
    });
}

#[test]
fn rtcp_opens_once_in_any_order_within_the_window() {
    each(|mut protector, mut unprotector| {
        let compound = [&RR[..], &[7; 52]].concat();
        let packets: Vec<_> = (0..200).map(|_| seal_rtcp(&mut protector, &compound)).collect();
        for packet in packets[150..200].iter().chain(&packets[100..150]) {
            assert_eq!(unprotector.rtcp(&mut packet.clone()), Ok(&compound[..]));
        }
        for packet in packets[..72].iter().chain(&packets[100..]) {
            let mut packet = packet.clone();
            assert_eq!(unprotector.rtcp(&mut packet), Err(UnprotectError::Replayed));
        }
        assert!(unprotector.rtcp(&mut packets[72].clone()).is_ok(), "128 are remembered");
    });
}

#[test]
fn rtcp_senders_are_remembered_up_to_a_cap_and_only_if_authentic() {
    each(|mut protector, mut unprotector| {
        let from = |ssrc: u32| [&RR[..4], &ssrc.to_be_bytes()].concat();
        for ssrc in 1_000..2_000 {
            let mut forged = seal_rtcp(&mut protector, &from(ssrc));
            *forged.last_mut().unwrap() ^= 1;
            let refused = Err(UnprotectError::AuthenticationFailed);
            assert_eq!(unprotector.rtcp(&mut forged), refused);
        }
        for ssrc in 0..64 {
            let mut packet = seal_rtcp(&mut protector, &from(ssrc));
            assert!(unprotector.rtcp(&mut packet).is_ok(), "{ssrc}");
        }
        let mut one_more = seal_rtcp(&mut protector, &from(64));
        assert_eq!(unprotector.rtcp(&mut one_more), Err(UnprotectError::TooManyStreams));
        let mut known = seal_rtcp(&mut protector, &from(63));
        assert!(unprotector.rtcp(&mut known).is_ok());
    });
}

#[test]
fn slot_must_hold_packet_and_overhead() {
    each(|mut protector, _| {
        let profile = protector.profile();
        let fits = [header(SSRC, 7), vec![0; 5 + profile.rtp_overhead()]].concat();
        assert!(protector.rtp(&mut fits.clone(), 12, &[], &[1; 5], SSRC, ExtSeq(7)).is_ok());
        let mut short = fits[1..].to_vec();
        let refused = protector.rtp(&mut short, 12, &[], &[1; 5], SSRC, ExtSeq(7));
        assert_eq!(refused, Err(ProtectError::SlotTooSmall));

        let mut short = vec![0; 8 + profile.rtcp_overhead() - 1];
        assert_eq!(protector.rtcp(&mut short, 8), Err(ProtectError::SlotTooSmall));
        assert_eq!(protector.rtcp(&mut [0; 100], 7), Err(ProtectError::SlotTooSmall));
        assert_eq!(protector.rtcp(&mut [0; 100], usize::MAX), Err(ProtectError::SlotTooSmall));
        let first = seal_rtcp(&mut protector, &RR);
        assert!(first.windows(4).any(|word| word == [0x80, 0, 0, 0]), "no index was spent");
    });
}

#[test]
fn every_backend_seals_the_same_and_opens_what_the_others_sealed() {
    for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
        let pairs = AeadBackend::ALL.map(|backend| pair_by(profile, backend));
        for len in [0, 1, 120, 255, 256, 1_140] {
            let payload = vec![0x5a; len];
            let sealed = pairs.each_ref().map(|(protector, _)| seal(protector, SSRC, 7, &payload));
            assert!(sealed.iter().all(|packet| *packet == sealed[0]), "{profile:?} {len}");
            for (_, unprotector) in &pairs {
                let mut stream = ReceiveIndex::default();
                assert_eq!(open(unprotector, &mut stream, &sealed[0]), Ok(payload.clone()));
            }
        }
        for (mut protector, mut unprotector) in pairs {
            let mut packet = seal_rtcp(&mut protector, &RR);
            assert_eq!(unprotector.rtcp(&mut packet), Ok(&RR[..]));
        }
    }
}

/// A backend that this CPU has not is replaced, and it is not kept secret.
#[test]
fn what_seals_is_what_was_asked_for_or_the_fastest_library() {
    for backend in AeadBackend::ALL {
        let (protector, _) = pair_by(Profile::AeadAes128Gcm, backend);
        let in_use = protector.aead_backend().unwrap();
        let replaced = simd::SealKey::new(&[0; 16]).is_none() && backend == AeadBackend::Vaes;
        assert_eq!(in_use, if replaced { AeadBackend::fastest() } else { backend });
    }
    assert_ne!(AeadBackend::fastest(), AeadBackend::Vaes, "it has to be asked for");
}

fn any_profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(Profile::ALL.to_vec())
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_in_any_order_of_arrival(
        profile in any_profile(),
        start in 0_u64..65_536,
        header_words in 0_usize..20,
        // For each packet: payload length, how far it is overtaken, whether it is lost.
        script in prop::collection::vec((0_usize..1_300, 0_u64..200, prop::bool::weighted(0.1)), 1..300),
        ssrc: u32,
    ) {
        let (protector, unprotector) = pair(profile);
        let ssrc = Ssrc(ssrc);
        let mut arrivals = Vec::new();
        for (n, &(len, delay, lost)) in (0_u64..).zip(&script) {
            let index = start + n;
            let mut slot = header(ssrc, index);
            slot.extend(std::iter::repeat_n(0xab, header_words * 4));
            let header_len = slot.len();
            let payload: Vec<_> = (0..len).map(|i| (i as u64 ^ index) as u8).collect();
            slot.resize(header_len + len + 16, 0);
            let sealed =
                protector.rtp(&mut slot, header_len, &[], &payload, ssrc, ExtSeq(index)).unwrap();
            slot.truncate(sealed.len());
            // The first packet fixes the ROC: it is neither lost nor overtaken.
            if n == 0 || !lost {
                arrivals.push((if n == 0 { 0 } else { n + delay }, index, slot, payload));
            }
        }
        arrivals.sort_by_key(|(arrival, ..)| *arrival);
        let mut stream = ReceiveIndex::default();
        for (_, index, mut packet, payload) in arrivals {
            let header_len = 12 + header_words * 4;
            let opened =
                unprotector.rtp(&mut stream, ssrc, ExtSeq(index).seq(), header_len, &mut packet);
            prop_assert_eq!(opened.map(|p| p.to_vec()), Ok(payload));
        }
    }

    #[test]
    fn whatever_rtcp_is_sealed_opens(
        profile in any_profile(),
        compound in prop::collection::vec(any::<u8>(), 8..1_300),
        index in 0_u32..1 << 31,
    ) {
        let (protector, mut unprotector) = pair(profile);
        let mut packet = seal_rtcp(&mut protector.starting_rtcp_at(index), &compound);
        prop_assert_ne!(compound.len() > 24 && packet[8..compound.len()] == compound[8..], true);
        prop_assert_eq!(unprotector.rtcp(&mut packet), Ok(&compound[..]));
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_panic(
        profile in any_profile(),
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        header_len in 0_usize..300,
        seq: u16,
        ssrc: u32,
    ) {
        let (mut protector, mut unprotector) = pair(profile);
        let mut stream = ReceiveIndex::default();
        let mut packet = bytes.clone();
        let opened = unprotector.rtp(&mut stream, Ssrc(ssrc), Seq(seq), header_len, &mut packet);
        prop_assert!(opened.is_err());
        prop_assert!(unprotector.rtcp(&mut bytes.clone()).is_err());
        let _ = protector.rtcp(&mut bytes, header_len);
    }
}
