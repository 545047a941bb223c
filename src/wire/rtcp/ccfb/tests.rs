#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use proptest::prelude::*;

use super::*;
use crate::wire::rtcp::{Packet, parse};

const SENDER: Ssrc = Ssrc(0x0102_0304);
const MEDIA: Ssrc = Ssrc(0x0506_0708);

/// A stream as it is written: SSRC, first number, arrivals.
type Stream = (Ssrc, Seq, Vec<Option<Arrival>>);

/// What is written of `streams` in a room of `room` bytes, and whether it fitted.
fn written(room: usize, timestamp: u32, streams: &[Stream]) -> (bool, Vec<u8>) {
    let mut out = vec![0xee; room];
    let mut compound = Compound::new(&mut out);
    let streams = streams.iter().map(|(ssrc, begin, packets)| (*ssrc, *begin, packets.as_slice()));
    let fitted = compound.ccfb(SENDER, timestamp, streams);
    let len = compound.len();
    assert!(fitted || len == 0, "nothing is written of what does not fit");
    assert!(out[len..].iter().all(|byte| *byte == 0xee), "written beyond its length");
    out.truncate(len);
    (fitted, out)
}

fn feedback(compound: &[u8]) -> CongestionControlFeedback<'_> {
    match parse(compound).unwrap().next() {
        Some(Packet::CongestionControlFeedback(feedback)) => feedback,
        other => panic!("not congestion control feedback: {other:?}"),
    }
}

fn read(compound: &[u8]) -> Vec<Stream> {
    let stream = |stream: StreamArrivals<'_>| {
        let arrivals = stream.packets().map(|(_, arrival)| arrival).collect();
        (stream.ssrc, stream.begin, arrivals)
    };
    feedback(compound).streams().map(stream).collect()
}

/// A report with the given words between its sender and its timestamp.
fn raw(words: &[u32]) -> Vec<u8> {
    let len = u8::try_from(words.len() + 2).unwrap();
    let head = [0x8b, 205, 0, len, 1, 2, 3, 4].into_iter();
    head.chain(words.iter().flat_map(|word| word.to_be_bytes())).chain([0, 1, 0x80, 0]).collect()
}

fn arrival(ecn: EcnCodepoint, ticks: i64) -> Option<Arrival> {
    Some(Arrival { ecn, offset: ArrivalOffset::new(ticks) })
}

#[test]
fn fields_are_read_from_where_rfc_8888_puts_them() {
    // Two packets of one stream, across the wrap; one of another, with its padding.
    let compound =
        raw(&[0x0506_0708, 0xffff_0003, 0x8000_0000, 0xe200_0000, 9, 0x0007_0001, 0xbffd_0000]);
    let report = feedback(&compound);
    assert_eq!((report.sender, report.report_timestamp), (SENDER, 0x0001_8000));
    let streams: Vec<_> = report.streams().collect();
    assert_eq!((streams[0].ssrc, streams[0].begin), (MEDIA, Seq(65_535)));
    let numbers: Vec<_> = streams[0].packets().collect();
    let expected = [
        (Seq(65_535), arrival(EcnCodepoint::NotEct, 0)),
        (Seq(0), None),
        (Seq(1), arrival(EcnCodepoint::Ce, 512)),
    ];
    assert_eq!(numbers, expected);
    assert_eq!((streams[1].ssrc, streams[1].packets().len()), (Ssrc(9), 1));
    let last = streams[1].packets().next();
    assert_eq!(last, Some((Seq(7), arrival(EcnCodepoint::Ect1, 0x1ffd))));
    assert_eq!(streams.len(), 2);
}

#[test]
fn every_codepoint_has_the_number_of_rfc_3168() {
    let codepoints =
        [EcnCodepoint::NotEct, EcnCodepoint::Ect1, EcnCodepoint::Ect0, EcnCodepoint::Ce];
    let packets: Vec<_> = codepoints.map(|ecn| arrival(ecn, 1)).into();
    let (_, out) = written(100, 0, &[(MEDIA, Seq(0), packets.clone())]);
    assert_eq!(out[16..24], [0x80, 1, 0xa0, 1, 0xc0, 1, 0xe0, 1]);
    assert_eq!(read(&out), [(MEDIA, Seq(0), packets)]);
}

#[test]
fn arrival_counts_back_from_the_report_timestamp_across_its_wrap() {
    let half_a_second = Arrival { ecn: EcnCodepoint::NotEct, offset: ArrivalOffset::new(512) };
    assert_eq!(half_a_second.at(0x0001_8000), Some(0x0001_0000));
    assert_eq!(half_a_second.at(0x0000_4000), Some(0xffff_c000));
}

#[test]
fn offset_beyond_its_range_and_after_the_report_are_told_apart_and_tell_no_time() {
    let cases = [(0, 0), (8_189, 0x1ffd), (8_190, 0x1ffe), (i64::MAX, 0x1ffe), (-1, 0x1fff)];
    for (ticks, bits) in cases {
        assert_eq!(ArrivalOffset::new(ticks), ArrivalOffset(bits), "{ticks}");
    }
    for offset in [ArrivalOffset::OVER_RANGE, ArrivalOffset::UNKNOWN] {
        assert_eq!(Arrival { ecn: EcnCodepoint::NotEct, offset }.at(0), None);
    }
    // They still are arrivals.
    let out = raw(&[1, 0x0000_0002, 0x9ffe_9fff]);
    assert!(read(&out)[0].2.iter().all(Option::is_some));
}

#[test]
fn written_feedback_has_the_layout_of_rfc_8888() {
    let packets = vec![arrival(EcnCodepoint::Ect1, 512), None, arrival(EcnCodepoint::Ce, 0)];
    let streams = [(MEDIA, Seq(65_535), packets), (Ssrc(9), Seq(2), vec![None])];
    let (_, out) = written(100, 0x0a0b_0c0d, &streams);
    let expected = [
        0x8b, 205, 0, 9, 1, 2, 3, 4, //
        5, 6, 7, 8, 0xff, 0xff, 0, 3, 0xa2, 0, 0, 0, 0xe0, 0, 0, 0, //
        0, 0, 0, 9, 0, 2, 0, 1, 0, 0, 0, 0, //
        0x0a, 0x0b, 0x0c, 0x0d,
    ];
    assert_eq!(out, expected);
    assert_eq!(written(expected.len(), 0x0a0b_0c0d, &streams), (true, out));
    assert_eq!(written(expected.len() - 1, 0x0a0b_0c0d, &streams), (false, Vec::new()));
}

#[test]
fn bits_of_a_packet_that_did_not_arrive_do_not_matter() {
    assert_eq!(read(&raw(&[1, 0x0000_0001, 0x7fff_ffff])), [(Ssrc(1), Seq(0), vec![None])]);
}

#[test]
fn report_on_no_stream_or_on_no_packet_is_read() {
    assert_eq!(read(&raw(&[])), []);
    assert_eq!(read(&raw(&[1, 0x0005_0000])), [(Ssrc(1), Seq(5), Vec::new())]);
    assert_eq!(written(100, 0, &[]), (true, Vec::new()));
}

#[test]
fn report_whose_counts_do_not_fit_its_length_is_unknown() {
    let unknown = Packet::Unknown { packet_type: 205, format: 11 };
    let bodies: [&[u32]; 6] = [
        &[1],
        &[1, 0x0000_0001],
        &[1, 0x0000_0003, 0],
        &[1, 0x0000_ffff, 0, 0],
        &[1, 0x0000_0002, 0, 0],
        &[1, 0x0000_0001, 0, 2, 0x0000_0001],
    ];
    for words in bodies {
        assert_eq!(parse(&raw(words)).unwrap().next(), Some(unknown), "{words:x?}");
    }
    for shorter in [&[0x8b, 205, 0, 0][..], &[0x8b, 205, 0, 1, 1, 2, 3, 4]] {
        assert_eq!(parse(shorter).unwrap().next(), Some(unknown));
    }
}

#[test]
fn more_than_a_quarter_of_the_number_space_is_neither_written_nor_read() {
    let most = vec![(MEDIA, Seq(0), vec![None; 16_384])];
    let (fitted, out) = written(40_000, 0, &most);
    assert!(fitted);
    assert_eq!(read(&out), most);
    let more = vec![(MEDIA, Seq(0), vec![None; 16_385])];
    assert_eq!(written(40_000, 0, &more), (false, Vec::new()));

    let words = 2 + 2 + 16_386 / 2;
    let mut out = vec![0; 4 + words * 4];
    out[..4].copy_from_slice(&[0x8b, 205, u8::try_from(words >> 8).unwrap(), 0]);
    out[3] = u8::try_from(words & 0xff).unwrap();
    out[14..16].copy_from_slice(&16_385_u16.to_be_bytes());
    assert!(matches!(parse(&out).unwrap().next(), Some(Packet::Unknown { .. })));
}

prop_compose! {
    fn streams()(streams in prop::collection::vec(
        (any::<u32>(), any::<u16>(), prop::collection::vec(
            prop::option::of((0_u8..4, prop_oneof![0_i64..9_000, any::<i64>()])), 0..40)),
        1..6,
    )) -> Vec<Stream> {
        let arrivals = |packets: Vec<Option<(u8, i64)>>| packets.into_iter().map(|packet| {
            let (ecn, ticks) = packet?;
            arrival(EcnCodepoint::from_bits(ecn), ticks)
        }).collect();
        streams
            .into_iter()
            .map(|(ssrc, begin, packets)| (Ssrc(ssrc), Seq(begin), arrivals(packets)))
            .collect()
    }
}

proptest! {
    #[test]
    fn feedback_reads_back(timestamp: u32, streams in streams()) {
        let (fitted, out) = written(2_000, timestamp, &streams);
        prop_assert!(fitted);
        let report = feedback(&out);
        prop_assert_eq!((report.sender, report.report_timestamp), (SENDER, timestamp));
        prop_assert_eq!(read(&out), streams);
        prop_assert_eq!(written(out.len() - 1, timestamp, &read(&out)), (false, Vec::new()));
    }
}
