//! A batch against the plain way: the same bytes, nothing else touched, whatever the CPU has.

use proptest::prelude::*;

use super::super::{Profile, ReceiveIndex, Simd, TransportKeys, Unprotector};
use super::*;

/// One packet of a batch.
#[derive(Clone, Debug)]
struct Packet {
    profile: Profile,
    key: u8,
    header_words: usize,
    /// Of a retransmission.
    prefix: Vec<u8>,
    payload: Vec<u8>,
    ssrc: Ssrc,
    index: u64,
}

impl Packet {
    fn of(profile: Profile, key: u8, payload_len: usize, index: u64) -> Self {
        let payload = (0..payload_len).map(|n| (n as u64 * 7 + index) as u8).collect();
        let ssrc = Ssrc(0xcafe_0000 + u32::from(key));
        Self { profile, key, header_words: 5, prefix: vec![], payload, ssrc, index }
    }

    fn keys(&self, is_client: bool) -> TransportKeys {
        let len = 2 * (self.profile.key_len() + self.profile.salt_len());
        let material: Vec<_> = (0..len).map(|n| (n as u8).wrapping_mul(self.key | 1)).collect();
        TransportKeys::from_dtls(self.profile, &material, is_client).unwrap()
    }

    fn header(&self) -> Vec<u8> {
        let mut header = vec![0x5c; self.header_words * 4];
        header[..2].copy_from_slice(&[0x90, 96]);
        header[2..4].copy_from_slice(&ExtSeq(self.index).seq().0.to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        header
    }

    fn sealed_len(&self) -> usize {
        let text_len = self.prefix.len() + self.payload.len();
        self.header_words * 4 + text_len + self.profile.rtp_overhead()
    }

    /// What the plain way makes of it.
    fn sealed(&self) -> Vec<u8> {
        let mut slot = self.header();
        let header_len = slot.len();
        slot.resize(self.sealed_len(), 0);
        let index = ExtSeq(self.index);
        let protector = Protector::with_simd(&self.keys(true), Simd::PORTABLE);
        let sealed = protector
            .rtp(&mut slot, header_len, &self.prefix, &self.payload, self.ssrc, index)
            .unwrap();
        assert_eq!(sealed.len(), slot.len());
        slot
    }

    /// Puts it into the batch, with a slot `more` bytes longer than it must be.
    fn put(&self, batch: &mut ProtectBatch<'_>, simd: Simd, more: usize) {
        let header = self.header();
        let slot = batch.slot(self.sealed_len() + more).unwrap();
        slot[..header.len()].copy_from_slice(&header);
        let (prefix, payload) = (&self.prefix, &self.payload);
        let protector = Protector::with_simd(&self.keys(true), simd);
        batch
            .rtp(&protector, header.len(), prefix, payload, self.ssrc, ExtSeq(self.index))
            .unwrap();
    }
}

/// Seals them together, with guard bytes around the memory, and compares with the plain way.
fn check(simd: Simd, packets: &[Packet]) {
    const GUARD: usize = 70;
    let total: usize = packets.iter().map(Packet::sealed_len).sum();
    let mut memory = vec![0xa5; GUARD + total + GUARD];
    let mut batch = ProtectBatch::new(&mut memory[GUARD..][..total]);
    for packet in packets {
        packet.put(&mut batch, simd, 0);
    }
    assert_eq!(batch.len(), packets.len());
    let lens: Vec<_> = batch.finish().map(|sealed| sealed.len()).collect();
    assert_eq!(lens, packets.iter().map(Packet::sealed_len).collect::<Vec<_>>());
    let expected: Vec<_> = packets.iter().map(Packet::sealed).collect();
    let mut at = GUARD;
    for (n, sealed) in expected.iter().enumerate() {
        assert_eq!(&memory[at..][..sealed.len()], sealed, "packet {n}, {simd:?}");
        at += sealed.len();
    }
    let [before, after] = [&memory[..GUARD], &memory[GUARD + total..]];
    assert!(before.iter().chain(after).all(|byte| *byte == 0xa5), "{simd:?}");
}

const CM: Profile = Profile::Aes128CmSha1_80;

#[test]
fn the_portable_way_is_always_available_and_comes_last() {
    let all: Vec<_> = Simd::available().collect();
    println!("this CPU: {}", all.iter().map(|simd| simd.name()).collect::<Vec<_>>().join(", "));
    assert_eq!(all[0], Simd::detect());
    assert_eq!(all.last().unwrap().name(), "portable");
}

#[test]
fn packets_of_one_length_are_those_of_the_plain_way_for_every_number_of_them() {
    for simd in Simd::variants() {
        for count in 1..=ProtectBatch::MOST {
            let packets: Vec<_> =
                (0..count).map(|n| Packet::of(CM, n as u8, 1_160, 65_530 + n as u64)).collect();
            check(simd, &packets);
        }
    }
}

/// Where the text ends within its block decides how many blocks of padding there are, and how
/// much of a vector is masked.
#[test]
fn every_length_up_to_five_blocks_is_that_of_the_plain_way() {
    for simd in Simd::variants() {
        for len in (0..320).step_by(ProtectBatch::MOST) {
            let packets: Vec<_> = (len..len + ProtectBatch::MOST)
                .map(|len| Packet::of(CM, 1, len, len as u64))
                .collect();
            check(simd, &packets);
        }
    }
}

#[test]
fn one_long_packet_among_short_ones_is_that_of_the_plain_way_in_every_lane() {
    for simd in Simd::variants() {
        for count in [2, 8, 16] {
            for long in 0..count {
                let len = |n| if n == long { 1_400 } else { 30 };
                let packets: Vec<_> =
                    (0..count).map(|n| Packet::of(CM, 3, len(n), n as u64)).collect();
                check(simd, &packets);
            }
        }
    }
}

#[test]
fn batch_holds_sixteen_packets_and_as_much_as_its_memory() {
    let packet = Packet::of(CM, 1, 20, 7);
    let mut memory = vec![0; 17 * packet.sealed_len()];
    let mut batch = ProtectBatch::new(&mut memory);
    assert!(batch.is_empty());
    for _ in 0..ProtectBatch::MOST {
        packet.put(&mut batch, Simd::detect(), 0);
    }
    assert!(batch.slot(1).is_none(), "16 packets");
    let protector = Protector::new(&packet.keys(true));
    let refused = batch.rtp(&protector, 12, &[], &[], packet.ssrc, ExtSeq(7));
    assert_eq!(refused, Err(ProtectError::SlotTooSmall));
    assert_eq!(batch.finish().count(), 16);

    let mut batch = ProtectBatch::new(&mut memory[..2 * packet.sealed_len() - 1]);
    packet.put(&mut batch, Simd::detect(), 0);
    assert!(batch.slot(packet.sealed_len()).is_none(), "one byte short");
    assert!(batch.slot(usize::MAX).is_none());
    let rest = batch.slot(packet.sealed_len() - 1).unwrap();
    assert_eq!(rest.len(), packet.sealed_len() - 1);
}

#[test]
fn slot_that_is_not_sealed_is_handed_out_again() {
    let (first, second) = (Packet::of(CM, 1, 40, 7), Packet::of(CM, 2, 50, 8));
    let mut memory = vec![0; 400];
    let mut batch = ProtectBatch::new(&mut memory);
    batch.slot(300).unwrap().fill(0xee);
    // Longer than need be: what is left of it goes to the next.
    first.put(&mut batch, Simd::detect(), 100);
    batch.slot(90).unwrap().fill(0xee);
    let protector = Protector::new(&second.keys(true));
    let slot = batch.slot(second.sealed_len() - 1).unwrap();
    slot[..20].copy_from_slice(&second.header());
    let refused = batch.rtp(&protector, 20, &[], &second.payload, second.ssrc, ExtSeq(8));
    assert_eq!(refused, Err(ProtectError::SlotTooSmall));
    let refused = batch.rtp(&protector, usize::MAX, &[], &[], second.ssrc, ExtSeq(8));
    assert_eq!(refused, Err(ProtectError::SlotTooSmall));
    let refused = batch.rtp(&protector, 20, &[], &[], second.ssrc, ExtSeq(1 << 48));
    assert_eq!(refused, Err(ProtectError::KeysExhausted));
    second.put(&mut batch, Simd::detect(), 0);
    assert_eq!(batch.len(), 2);
    assert_eq!(batch.finish().count(), 2);
    let expected = [first.sealed(), second.sealed()].concat();
    assert_eq!(memory[..expected.len()], expected);
}

/// Before the end there is no tag: what tells that `finish` is not a formality.
#[test]
fn tags_of_aes_cm_are_written_in_the_end_and_not_before() {
    let packet = Packet::of(CM, 1, 40, 7);
    let mut memory = vec![0xa5; packet.sealed_len()];
    let mut batch = ProtectBatch::new(&mut memory);
    packet.put(&mut batch, Simd::detect(), 0);
    drop(batch);
    let (text, tag) = memory.split_at(memory.len() - 10);
    assert_eq!(tag, [0xa5; 10]);
    assert_eq!(text, &packet.sealed()[..text.len()]);
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let profile = prop::sample::select(vec![CM, CM, CM, Profile::AeadAes128Gcm]);
    let len = prop_oneof![Just(1_160), 0..1_500_usize];
    let (prefix, index) = (prop::collection::vec(any::<u8>(), 0..3), 0..1_u64 << 48);
    (profile, any::<u8>(), 3..21_usize, prefix, len, any::<u8>(), any::<u32>(), index).prop_map(
        |(profile, key, header_words, prefix, len, text, ssrc, index)| {
            let payload = (0..len).map(|n| (n as u8).wrapping_mul(text)).collect();
            Packet { profile, key, header_words, prefix, payload, ssrc: Ssrc(ssrc), index }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_batch_is_that_of_the_plain_way(
        packets in prop::collection::vec(any_packet(), 1..=ProtectBatch::MOST),
    ) {
        for simd in Simd::variants() {
            check(simd, &packets);
        }
    }

    #[test]
    fn any_single_packet_is_that_of_the_plain_way(packet in any_packet()) {
        for simd in Simd::variants() {
            let (protector, mut slot) = (Protector::with_simd(&packet.keys(true), simd), packet.header());
            let header_len = slot.len();
            slot.resize(packet.sealed_len(), 0xa5);
            let (prefix, payload) = (&packet.prefix, &packet.payload);
            protector
                .rtp(&mut slot, header_len, prefix, payload, packet.ssrc, ExtSeq(packet.index))
                .unwrap();
            prop_assert_eq!(slot, packet.sealed());
        }
    }

    #[test]
    fn any_batch_opens(
        packets in prop::collection::vec(any_packet(), 1..=ProtectBatch::MOST),
    ) {
        for simd in Simd::variants() {
            let mut memory = vec![0; packets.iter().map(Packet::sealed_len).sum()];
            let mut batch = ProtectBatch::new(&mut memory);
            for packet in &packets {
                // A receiver takes the first packet it sees to have ROC 0.
                Packet { index: packet.index & 0xffff, ..packet.clone() }.put(&mut batch, simd, 0);
            }
            let sealed = batch.finish();
            let mut rest = &mut memory[..];
            for (packet, sealed) in packets.iter().zip(sealed) {
                let (datagram, behind) = rest.split_at_mut(sealed.len());
                rest = behind;
                let opened = Unprotector::new(&packet.keys(false)).rtp(
                    &mut ReceiveIndex::default(),
                    packet.ssrc,
                    ExtSeq(packet.index).seq(),
                    packet.header_words * 4,
                    datagram,
                ).map(|payload| payload.to_vec());
                prop_assert_eq!(opened, Ok([&packet.prefix[..], &packet.payload].concat()));
            }
        }
    }
}
