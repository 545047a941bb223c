#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use proptest::prelude::*;

use super::*;
use crate::wire::rtcp::{Compound, Packet, parse};

const SENDER: Ssrc = Ssrc(0x0102_0304);
const MEDIA: Ssrc = Ssrc(0x0506_0708);

/// What is written in a room of `room` bytes, and how many arrivals it covers.
fn written(room: usize, base: u16, arrivals: &[Option<i64>]) -> (usize, Vec<u8>) {
    let mut out = vec![0xee; room];
    let mut compound = Compound::new(&mut out);
    let taken = compound.transport_cc(SENDER, MEDIA, Seq(base), 42, arrivals);
    let len = compound.len();
    assert!(out[len..].iter().all(|byte| *byte == 0xee), "written beyond its length");
    out.truncate(len);
    (taken, out)
}

fn feedback(compound: &[u8]) -> TransportCc<'_> {
    match parse(compound).unwrap().next() {
        Some(Packet::TransportCc(feedback)) => feedback,
        other => panic!("not transport-cc feedback: {other:?}"),
    }
}

fn arrivals(compound: &[u8]) -> Vec<Option<i64>> {
    feedback(compound).packets().map(|(_, arrival)| arrival).collect()
}

/// Feedback from `base` 65534 with the given count, reference time -1 and what follows it.
fn raw(status_count: u16, rest: &[u8]) -> Vec<u8> {
    let mut body = vec![1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xfe];
    body.extend(status_count.to_be_bytes());
    body.extend([0xff, 0xff, 0xff, 7]);
    body.extend(rest);
    body.resize(body.len().next_multiple_of(4), 0);
    let words = u8::try_from(body.len() / 4).unwrap();
    [vec![0x8f, 205, 0, words], body].concat()
}

#[test]
fn fields_are_read_from_where_the_draft_puts_them() {
    let compound = raw(1, &[0x20, 0x01, 0x04]);
    let feedback = feedback(&compound);
    assert_eq!((feedback.sender, feedback.media, feedback.base), (SENDER, MEDIA, Seq(65_534)));
    assert_eq!(
        (feedback.status_count, feedback.reference_time, feedback.feedback_count),
        (1, -1, 7)
    );
    assert_eq!(feedback.packets().collect::<Vec<_>>(), [(Seq(65_534), Some(-256 + 4))]);
}

#[test]
fn every_kind_of_chunk_is_read() {
    // Run of 2 missing; one bit each for 1, 0, 1 and eleven times 0; two bits each for 2, 1, 0, 3,
    // where the count ends.
    let chunks = [0x00, 0x02, 0b1010_1000, 0, 0b1110_0100, 0b1100_0000];
    let deltas = [10, 20, 0xff, 0xfb, 30];
    let compound = raw(2 + 14 + 4, &[chunks.as_slice(), &deltas].concat());
    let mut expected = vec![None; 20];
    expected[2] = Some(-256 + 10);
    expected[4] = Some(-256 + 30);
    expected[16] = Some(-256 + 25);
    expected[17] = Some(-256 + 55);
    assert_eq!(arrivals(&compound), expected);
    let numbers: Vec<_> = feedback(&compound).packets().map(|(seq, _)| seq.0).collect();
    assert_eq!(numbers[..4], [65_534, 65_535, 0, 1], "across the wrap");
}

#[test]
fn run_longer_than_the_count_ends_at_the_count() {
    let compound = raw(3, &[0x3f, 0xff, 1, 1, 1]);
    assert_eq!(arrivals(&compound), [Some(-255), Some(-254), Some(-253)]);
}

#[test]
fn run_of_nothing_is_passed_over() {
    let compound = raw(1, &[0x20, 0x00, 0x20, 0x01, 4]);
    assert_eq!(arrivals(&compound), [Some(-252)]);
}

#[test]
fn feedback_with_too_few_chunks_or_deltas_is_unknown() {
    let unknown = Packet::Unknown { packet_type: 205, format: 15 };
    let rest: [(u16, &[u8]); 4] = [
        (3, &[]),
        (3, &[0x20, 0x02, 0x00, 0x00]), // runs of 2 and of 0
        (3, &[0x20, 0x03, 1, 1]),
        (2, &[0x40, 0x02, 0, 1]),
    ];
    for (status_count, rest) in rest {
        let compound = raw(status_count, rest);
        assert_eq!(parse(&compound).unwrap().next(), Some(unknown), "{rest:02x?}");
    }
}

#[test]
fn feedback_of_libwebrtc_with_odd_padding_is_read() {
    let mut compound = raw(1, &[0x20, 0x01, 0x04]);
    compound[0] |= 0x20;
    *compound.last_mut().unwrap() = 1;
    assert_eq!(arrivals(&compound), [Some(-252)]);
    // Then the byte of padding is no delta.
    let mut compound = raw(2, &[0x20, 0x02, 0x04]);
    compound[0] |= 0x20;
    *compound.last_mut().unwrap() = 1;
    assert!(matches!(parse(&compound).unwrap().next(), Some(Packet::Unknown { .. })));
}

#[test]
fn written_feedback_has_the_layout_of_the_draft() {
    let t = 256 * 3;
    let (taken, out) = written(100, 9, &[Some(t + 1), None, Some(t + 5), Some(t + 4)]);
    assert_eq!(taken, 4);
    let expected = [
        0x8f,
        205,
        0,
        6,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        0,
        9,
        0,
        4,
        0,
        0,
        3,
        42, //
        0b1101_0001,
        0b1000_0000, // 1, 0, 1, 2
        1,
        4,
        0xff,
        0xff,
        0,
        0,
    ];
    assert_eq!(out, expected);
}

#[test]
fn reference_time_is_before_the_first_arrival_also_below_zero() {
    let (_, out) = written(100, 9, &[Some(-1)]);
    assert_eq!(out[16..], [0xff, 0xff, 0xff, 42, 0x20, 0x01, 255, 0]);
}

#[test]
fn full_run_of_arrivals_takes_one_chunk() {
    let all: Vec<_> = (0..100).map(|n| Some(n * 4)).collect();
    let (taken, out) = written(1_000, 0, &all);
    assert_eq!((taken, out.len()), (100, (20usize + 2 + 100).next_multiple_of(4)));
}

#[test]
fn longest_delta_is_taken_and_the_next_begins_another_packet() {
    let (far, too_far) = (Some(32_767), Some(32_768));
    assert_eq!(written(100, 0, &[Some(0), far]).0, 2);
    assert_eq!(written(100, 0, &[Some(0), None, too_far, Some(1)]).0, 2);
    assert_eq!(written(100, 0, &[Some(0), Some(-32_768)]).0, 2);
    assert_eq!(written(100, 0, &[Some(0), Some(-32_769)]).0, 1);
    assert_eq!(written(100, 0, &[Some(i64::MIN), Some(i64::MAX)]).0, 1);
    assert_eq!(written(100, 0, &[Some(i64::MAX), Some(i64::MIN)]).0, 1);
}

#[test]
fn nothing_is_written_without_an_arrival_or_without_room() {
    assert_eq!(written(100, 0, &[]), (0, Vec::new()));
    assert_eq!(written(100, 0, &[None, None]), (0, Vec::new()));
    for room in 0..24 {
        assert_eq!(written(room, 0, &[Some(0)]), (0, Vec::new()));
    }
    assert_eq!(written(24, 0, &[Some(0)]).0, 1);
}

#[test]
fn leading_gap_is_reported_too() {
    let (taken, out) = written(100, 0, &[None, None, Some(1_000)]);
    assert_eq!(taken, 3);
    assert_eq!(arrivals(&out), [None, None, Some(1_000)]);
}

#[test]
fn more_arrivals_than_the_count_can_say_are_not_taken() {
    let mut all = vec![None; 70_000];
    all[0] = Some(0);
    let (taken, out) = written(1_000, 0, &all);
    assert_eq!(taken, 65_535);
    assert_eq!(arrivals(&out).len(), 65_535);
}

/// Arrivals as networks make them: steps small, large, backwards and far beyond a delta; gaps
/// short and long.
fn any_arrivals() -> impl Strategy<Value = Vec<Option<i64>>> {
    let step = prop_oneof![
        8 => (0i64..256).prop_map(Some),
        3 => (-300i64..300).prop_map(Some),
        1 => (-32_768i64..=32_767).prop_map(Some),
        1 => (-70_000i64..70_000).prop_map(Some),
        4 => Just(None),
    ];
    let steps = prop::collection::vec((step, prop_oneof![3 => 1usize..3, 1 => 1usize..40]), 1..60);
    (-4_000_000_000i64..4_000_000_000, steps).prop_map(|(mut at, steps)| {
        let mut arrivals = vec![Some(at)];
        for (step, repeat) in steps {
            for _ in 0..repeat {
                at += step.unwrap_or(0);
                arrivals.push(step.map(|_| at));
            }
        }
        arrivals
    })
}

proptest! {
    #[test]
    fn arrivals_read_back_over_as_many_packets_as_it_takes(
        all in any_arrivals(), base: u16, room in 24usize..400,
    ) {
        let (mut rest, mut base) = (all.as_slice(), base);
        while rest.iter().any(Option::is_some) {
            let (taken, out) = written(room, base, rest);
            prop_assert!(taken > 0);
            prop_assert_eq!(parse(&out).unwrap().count(), 1);
            let feedback = feedback(&out);
            prop_assert_eq!((feedback.sender, feedback.media), (SENDER, MEDIA));
            prop_assert_eq!(feedback.feedback_count, 42);
            let mut expected_seq = base;
            let mut packets = 0;
            for ((seq, arrival), expected) in feedback.packets().zip(rest) {
                prop_assert_eq!(seq, Seq(expected_seq));
                // On the wire the reference time wraps, and the ticks with it.
                let low = |ticks: i64| ticks.rem_euclid(1 << 32);
                prop_assert_eq!(arrival.map(low), expected.map(low));
                expected_seq = expected_seq.wrapping_add(1);
                packets += 1;
            }
            prop_assert_eq!(packets, taken);
            let stopped_by_delta = {
                let last = rest[..taken].iter().flatten().last();
                let next = rest.get(taken).copied().flatten();
                matches!((last, next), (Some(a), Some(b)) if i16::try_from(b - a).is_err())
            };
            prop_assert!(
                taken == rest.len() || stopped_by_delta || out.len() + 4 > room / 4 * 4,
                "stopped at {} of {} with {} of {} bytes", taken, rest.len(), out.len(), room
            );
            rest = &rest[taken..];
            base = expected_seq;
        }
    }

    #[test]
    fn any_chunks_and_deltas_are_read_without_panic(
        status_count: u16, rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let compound = raw(status_count, &rest);
        if let Some(Packet::TransportCc(feedback)) = parse(&compound).unwrap().next() {
            prop_assert_eq!(feedback.packets().count(), usize::from(status_count));
        }
    }
}
