#![expect(clippy::indexing_slicing, reason = "tests may panic")]

mod round_trips;

use super::*;
use crate::base::{Bitrate, NtpTime, RtpTime, Seq};

const SENDER: Ssrc = Ssrc(0x0102_0304);
const MEDIA: Ssrc = Ssrc(0x0506_0708);

/// What `write` writes, in a room of `room` bytes, and whether it said that it fitted.
fn written(room: usize, write: impl FnOnce(&mut Compound<'_>) -> bool) -> (bool, Vec<u8>) {
    let mut out = vec![0xee; room];
    let mut compound = Compound::new(&mut out);
    let fitted = write(&mut compound);
    let len = compound.len();
    assert_eq!(compound.is_empty(), len == 0);
    assert!(fitted || len == 0, "nothing is written of what does not fit");
    assert!(out[len..].iter().all(|byte| *byte == 0xee), "written beyond its length");
    out.truncate(len);
    (fitted, out)
}

/// The bytes `write` writes; one byte of room less, and it does not fit.
fn bytes(write: impl Fn(&mut Compound<'_>) -> bool) -> Vec<u8> {
    let (fitted, out) = written(2_000, &write);
    assert!(fitted);
    assert_eq!(written(out.len(), &write), (true, out.clone()));
    assert_eq!(written(out.len() - 1, &write), (false, Vec::new()));
    out
}

/// The only packet of a compound.
fn only(compound: &[u8]) -> Packet<'_> {
    let packets: Vec<_> = parse(compound).unwrap().collect();
    assert_eq!(packets.len(), 1);
    packets[0]
}

#[test]
fn sender_report_has_the_layout_of_rfc_3550() {
    let block = ReportBlock {
        ssrc: MEDIA,
        fraction_lost: 0x80,
        cumulative_lost: -2,
        highest_sequence_number: 0x0001_0002,
        jitter: 3,
        last_sr: 4,
        delay_since_last_sr: 5,
    };
    let out = bytes(|compound| {
        let ntp = NtpTime(0x1111_1111_2222_2222);
        compound.sender_report(SENDER, ntp, RtpTime(0x3333_3333), 7, 8, &[block])
    });
    let expected = [
        0x81, 200, 0, 12, 1, 2, 3, 4, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22, 0x33, 0x33,
        0x33, 0x33, 0, 0, 0, 7, 0, 0, 0, 8, 5, 6, 7, 8, 0x80, 0xff, 0xff, 0xfe, 0, 1, 0, 2, 0, 0,
        0, 3, 0, 0, 0, 4, 0, 0, 0, 5,
    ];
    assert_eq!(out, expected);
    let Packet::SenderReport(report) = only(&out) else { panic!("not an SR") };
    assert_eq!(report.reports.collect::<Vec<_>>(), [block]);
}

#[test]
fn profile_specific_part_of_a_report_is_left_alone() {
    let report = [0x80, 201, 0, 3, 1, 2, 3, 4, 9, 9, 9, 9, 9, 9, 9, 9];
    let Packet::ReceiverReport(report) = only(&report) else { panic!("not an RR") };
    assert_eq!((report.sender, report.reports.count()), (SENDER, 0));
}

#[test]
fn cumulative_loss_beyond_24_bits_is_cut_down() {
    for (lost, expected) in [(i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000)] {
        let block = ReportBlock { cumulative_lost: lost, ..any_block() };
        let out = bytes(|compound| compound.receiver_report(SENDER, &[block]));
        let Packet::ReceiverReport(report) = only(&out) else { panic!("not an RR") };
        assert_eq!(
            report.reports.map(|block| block.cumulative_lost).collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn more_than_31_reports_or_goodbyes_do_not_fit_a_packet() {
    let blocks = [any_block(); 32];
    assert!(written(2_000, |compound| compound.receiver_report(SENDER, &blocks[..31])).0);
    assert!(!written(2_000, |compound| compound.receiver_report(SENDER, &blocks)).0);
    assert!(written(2_000, |compound| compound.goodbye(&[SENDER; 31])).0);
    assert!(!written(2_000, |compound| compound.goodbye(&[SENDER; 32])).0);
    assert!(!written(2_000, |compound| compound.remb(SENDER, Bitrate::bps(1), &[MEDIA; 256])).0);
    assert!(!written(2_000, |compound| compound.cname(SENDER, &"x".repeat(256))).0);
}

#[test]
fn name_is_ended_by_a_null_and_padded_to_32_bits() {
    let out = bytes(|compound| compound.cname(SENDER, "ab"));
    assert_eq!(out, [0x81, 202, 0, 3, 1, 2, 3, 4, 1, 2, b'a', b'b', 0, 0, 0, 0]);
    let out = bytes(|compound| compound.cname(SENDER, "a"));
    assert_eq!(out, [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 1, b'a', 0]);
}

#[test]
fn names_are_found_in_every_chunk_and_behind_other_items() {
    let sdes = [
        0x83, 202, 0, 11, //
        0, 0, 0, 1, 1, 1, b'a', 1, 1, b'z', 0, 0, // two names: the first counts
        0, 0, 0, 2, 6, 3, b't', b'o', b'o', 0, 0, 0, // a TOOL, and no name
        0, 0, 0, 3, 6, 1, b't', 1, 2, b'c', b'd', 2, 3, b'x', b'y', b'z', 0, 0, 0, 0,
    ];
    let Packet::SourceDescription(sdes) = only(&sdes) else { panic!("not an SDES") };
    let expected: [(Ssrc, &[u8]); 2] = [(Ssrc(1), b"a"), (Ssrc(3), b"cd")];
    assert_eq!(sdes.cnames().collect::<Vec<_>>(), expected);
}

#[test]
fn names_end_at_a_chunk_cut_short() {
    let sdes = [0x82, 202, 0, 4, 0, 0, 0, 1, 1, 1, b'a', 0, 0, 0, 0, 2, 1, 9, b'b', 0];
    let Packet::SourceDescription(sdes) = only(&sdes) else { panic!("not an SDES") };
    assert_eq!(sdes.cnames().count(), 1);
}

#[test]
fn goodbye_names_its_streams_and_its_reason_does_not_matter() {
    let bye = [0x82, 203, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 3, b'b', b'y', b'e'];
    let Packet::Goodbye(bye) = only(&bye) else { panic!("not a BYE") };
    assert_eq!(bye.ssrcs().collect::<Vec<_>>(), [Ssrc(1), Ssrc(2)]);
}

#[test]
fn nack_packs_sixteen_followers_into_a_mask_across_the_wrap() {
    let lost = [65_530, 65_531, 10, 11, 28].map(Seq);
    let out = bytes(|compound| compound.nack(SENDER, MEDIA, &lost));
    // 10 is 16 after 65530, the last that fits its mask.
    let expected =
        [0x81, 205, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xfa, 0x80, 0x01, 0, 11, 0, 0, 0, 28, 0, 0];
    assert_eq!(out, expected);
    let Packet::Nack(nack) = only(&out) else { panic!("not a NACK") };
    assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
}

#[test]
fn number_lost_twice_is_asked_for_once() {
    let out = bytes(|compound| compound.nack(SENDER, MEDIA, &[3, 3, 4, 4].map(Seq)));
    assert_eq!(out[12..], [0, 3, 0, 1]);
}

#[test]
fn nack_of_nothing_is_nothing() {
    assert_eq!(written(100, |compound| compound.nack(SENDER, MEDIA, &[])), (true, Vec::new()));
}

#[test]
fn key_frame_requests_have_the_layout_of_their_rfcs() {
    let out = bytes(|compound| compound.picture_loss_indication(SENDER, MEDIA));
    assert_eq!(out, [0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(only(&out), Packet::PictureLossIndication { sender: SENDER, media: MEDIA });

    let out = bytes(|compound| compound.full_intra_request(SENDER, MEDIA, 9));
    assert_eq!(out, [0x84, 206, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 9, 0, 0, 0]);
    let Packet::FullIntraRequest(request) = only(&out) else { panic!("not a FIR") };
    assert_eq!((request.sender, request.entries().collect()), (SENDER, vec![(MEDIA, 9)]));
}

#[test]
fn remb_is_a_mantissa_of_18_bits_and_an_exponent() {
    let out = bytes(|compound| compound.remb(SENDER, Bitrate::kbps(1_000), &[MEDIA]));
    // 1,000,000 = 250,000 << 2, and 250,000 = 0x3d090.
    let expected = [
        0x8f,
        206,
        0,
        5,
        1,
        2,
        3,
        4,
        0,
        0,
        0,
        0,
        b'R',
        b'E',
        b'M',
        b'B',
        1,
        2 << 2 | 3,
        0xd0,
        0x90,
        5,
        6,
        7,
        8,
    ];
    assert_eq!(out, expected);
    let Packet::Remb(remb) = only(&out) else { panic!("not a REMB") };
    assert_eq!((remb.sender, remb.bitrate), (SENDER, Bitrate::bps(1_000_000)));
    assert_eq!(remb.ssrcs().collect::<Vec<_>>(), [MEDIA]);
}

#[test]
fn remb_beyond_64_bits_and_other_application_feedback_are_unknown() {
    let mut remb = bytes(|compound| compound.remb(SENDER, Bitrate::bps(u64::MAX), &[]));
    assert!(matches!(only(&remb), Packet::Remb(_)));
    let unknown = Packet::Unknown { packet_type: 206, format: 15 };
    remb[17] = 47 << 2 | 3;
    assert_eq!(only(&remb), unknown);
    remb[17] = 0;
    remb[12] = b'X';
    assert_eq!(only(&remb), unknown);
}

#[test]
fn packet_with_a_senseless_body_is_unknown_and_the_others_stand() {
    let compound = [
        0x81, 200, 0, 1, 1, 2, 3, 4, // an SR without its fields
        0x82, 201, 0, 1, 1, 2, 3, 4, // an RR without its two blocks
        0x81, 203, 0, 0, // a BYE without its stream
        0x85, 204, 0, 0, // APP
        0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8,
    ];
    let unknown = |packet_type, format| Packet::Unknown { packet_type, format };
    let expected = [
        unknown(200, 1),
        unknown(201, 2),
        unknown(203, 1),
        unknown(204, 5),
        Packet::PictureLossIndication { sender: SENDER, media: MEDIA },
    ];
    assert_eq!(parse(&compound).unwrap().collect::<Vec<_>>(), expected);
}

#[test]
fn compound_with_a_broken_frame_is_refused_as_a_whole() {
    let (_, whole) = written(100, |compound| {
        compound.receiver_report(SENDER, &[any_block()])
            && compound.cname(SENDER, "name")
            && compound.picture_loss_indication(SENDER, MEDIA)
    });
    let ends = [32, 48, 60];
    assert_eq!(whole.len(), 60);
    for len in 0..=whole.len() {
        assert_eq!(parse(&whole[..len]).is_ok(), ends.contains(&len), "{len} bytes");
    }
    let mut other_version = whole;
    other_version[32] = 0x41;
    assert_eq!(parse(&other_version).unwrap_err(), Malformed("RTCP version is not 2"));
}

#[test]
fn padding_does_not_belong_to_the_body() {
    // A NACK with one entry, and a word of padding.
    let mut nack = [0xa1, 205, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 0, 0, 0, 0, 4];
    let Packet::Nack(parsed) = only(&nack) else { panic!("not a NACK") };
    assert_eq!(parsed.lost().collect::<Vec<_>>(), [Seq(9)]);
    for absurd in [0, 17] {
        nack[19] = absurd;
        assert_eq!(parse(&nack).unwrap_err(), Malformed("RTCP padding count is absurd"));
    }
    assert!(parse(&[0xa0, 204, 0, 0]).is_err(), "padding without a body");
}

fn any_block() -> ReportBlock {
    ReportBlock {
        ssrc: MEDIA,
        fraction_lost: 1,
        cumulative_lost: 2,
        highest_sequence_number: 3,
        jitter: 4,
        last_sr: 5,
        delay_since_last_sr: 6,
    }
}
