//! What is wrong with numbers, pictures and times is caught, and named.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::broken::Broken;
use super::publish::{Kind, Publisher, TrueFrame};
use super::reference::{ForwardedPacket, PATIENCE, Reference};
use super::stream::{Given, Honest, frame, publish, receive};

fn is_middle(frame: &TrueFrame) -> bool {
    frame.packets.len() >= 3
}

/// Another encoding is taken from picture 30 on.
fn switched(kind: Kind, key: impl Fn(u32) -> bool) -> Broken {
    Broken::selected(kind, |picture| (u8::from(picture >= 30) * 2, 0, 2), key)
}

const H264: Kind = Kind::H264_SIMULCAST;

#[test]
fn number_used_twice() {
    let mut broken = Broken::straight(H264);
    let seq = broken.stream[49].packet.seq;
    broken.each(50..51, |packet| packet.seq = seq);
    broken.breaks("R4", "used twice");
}

#[test]
fn packet_under_two_numbers() {
    let mut broken = Broken::straight(H264);
    let last = broken.stream.last().expect("some").packet.seq;
    let mut again = broken.stream[40].clone();
    again.packet.seq = last.wrapping_add(1);
    broken.stream.push(again);
    broken.breaks("R4", "two numbers");
}

#[test]
fn payload_of_nobody() {
    let mut broken = Broken::straight(H264);
    broken.each(9..10, |packet| *packet.payload.last_mut().expect("bytes") ^= 1);
    broken.breaks("R1", "none of those published");
}

#[test]
fn payload_that_was_changed() {
    let mut broken = Broken::straight(H264);
    broken.each(9..10, |packet| packet.payload[3] ^= 1);
    broken.breaks("V4", "changed");
}

#[test]
fn frame_torn_in_the_middle_or_at_the_end() {
    for (place, text) in [(1, "torn in front"), (2, "is torn")] {
        let mut broken = Broken::straight(H264);
        let at = broken.find(|frame| frame.packets.len() == 3);
        broken.stream.remove(at.start + place);
        broken.breaks("R4", text);
    }
}

#[test]
fn frame_torn_with_its_numbers_closed() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(is_middle);
    broken.lose(at.start + 1..at.start + 2);
    broken.remove_and_close(at.start + 1..at.start + 2);
    broken.breaks("R4", "behind the one before");
}

#[test]
fn packets_of_two_frames_mixed() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(is_middle);
    let (last, next) = (at.end - 1, at.end);
    let (a, b) = (broken.stream[last].packet.seq, broken.stream[next].packet.seq);
    broken.each(last..next, |packet| packet.seq = b);
    broken.each(next..next + 1, |packet| packet.seq = a);
    broken.breaks("R4", "is torn");
}

#[test]
fn packets_of_a_frame_swapped() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(is_middle);
    let (a, b) = (broken.stream[at.start].packet.seq, broken.stream[at.start + 1].packet.seq);
    broken.each(at.start..at.start + 1, |packet| packet.seq = b);
    broken.each(at.start + 1..at.start + 2, |packet| packet.seq = a);
    broken.breaks("R4", "was there");
}

#[test]
fn hole_left_by_a_frame_dropped_on_purpose() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| frame.temporal == 1);
    broken.stream.drain(at);
    broken.breaks("R4", "numbers missing");
}

#[test]
fn hole_of_a_loss_closed() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| frame.temporal == 1);
    broken.lose(at.clone());
    broken.remove_and_close(at);
    broken.breaks("R4", "0 numbers missing");
}

#[test]
fn beginning_that_is_no_key_frame() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| !frame.starts());
    broken.stream.drain(..at.start);
    broken.breaks("R1", "begins with packet 0");
    let mut broken = Broken::straight(Kind::VP8_SIMULCAST);
    broken.stream.remove(0);
    broken.breaks("R1", "begins with packet 1");
}

#[test]
fn switch_without_a_key_frame() {
    let mut broken = switched(H264, |picture| picture == 30);
    let at = broken.find(|frame| frame.encoding == 2);
    broken.remove_and_close(at);
    broken.breaks("R1", "begins with packet 0");
}

/// The frames around `at` change places, numbers do not.
fn swap_frames(broken: &mut Broken, at: Range<usize>) {
    let before = broken.stream[at.start - 1].plain.identity;
    let count = usize::from(before.packet) + 1;
    let first = broken.stream[0].packet.seq;
    broken.stream[at.start - count..at.end].rotate_left(count);
    for (place, given) in broken.stream.iter_mut().enumerate() {
        given.packet.seq = first.wrapping_add(place as u16);
    }
}

#[test]
fn old_encoding_after_the_switch() {
    let mut broken = switched(H264, |picture| picture == 30);
    let at = broken.find(|frame| frame.encoding == 2);
    swap_frames(&mut broken, at);
    broken.breaks("R3", "goes back");
}

#[test]
fn frames_that_change_places() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| frame.temporal == 1);
    swap_frames(&mut broken, at);
    broken.breaks("R4", "goes back");
}

#[test]
fn unfinished_frame_at_a_switch_needs_a_number_skipped() {
    let cut = |skip: bool| {
        let mut broken = switched(H264, |picture| picture == 30);
        let at = broken.find(|frame| frame.encoding == 2).start;
        let before = broken.stream[at - 1].plain.identity;
        assert!(before.packet > 0, "there is something to leave out");
        match skip {
            true => drop(broken.stream.remove(at - 1)),
            false => broken.remove_and_close(at - 1..at),
        }
        broken
    };
    let honest = cut(true);
    let report = receive(&honest.truth, &honest.stream);
    assert_eq!((report.cut, report.switches, report.missing_numbers), (1, 1, 1));
    cut(false).breaks("R4", "0 numbers missing");
}

#[test]
fn number_skipped_at_a_switch_for_no_reason() {
    let mut broken = switched(H264, |picture| picture == 30);
    let at = broken.find(|frame| frame.encoding == 2).start;
    let count = broken.stream.len();
    broken.each(at..count, |packet| packet.seq = packet.seq.wrapping_add(1));
    broken.breaks("R4", "1 numbers missing");
}

#[test]
fn marker_missing_or_early() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(is_middle);
    broken.each(at.clone(), |packet| packet.marker = false);
    broken.breaks("R8", "no marker");
    let mut broken = Broken::straight(H264);
    broken.each(at, |packet| packet.marker = true);
    broken.breaks("R8", "marker");
}

#[test]
fn timestamp_that_goes_back_stands_still_or_differs_within_a_picture() {
    for (from, to, by, text) in
        [(0, 9, 9_000_u32, "goes back"), (0, 9, 3_010, "goes back"), (1, 2, 1, "within")]
    {
        let mut broken = Broken::straight(H264);
        let at = broken.find(is_middle);
        let packets = at.start + from..at.end.min(at.start + to);
        broken.each(packets, |packet| packet.timestamp = packet.timestamp.wrapping_sub(by));
        broken.breaks("R3", text);
    }
}

#[test]
fn timestamps_shifted_within_a_stream() {
    let mut broken = Broken::straight(H264);
    let (at, count) = (broken.find(is_middle).start, broken.stream.len());
    broken.each(at..count, |packet| packet.timestamp = packet.timestamp.wrapping_add(1));
    broken.breaks("R3", "offset");
}

#[test]
fn switch_six_milliseconds_off_the_capture_time() {
    for off in [540, -540_i32] {
        let mut broken = switched(H264, |picture| picture == 32);
        let at = broken.find(|frame| frame.encoding == 2).start;
        // Not of the same picture as what came before.
        let before = frame(&broken.truth, &broken.stream[at - 1].plain).index;
        let is_of_it = |given: &Given| given.plain.identity.frame == before;
        let packets = broken.stream[..at].iter().filter(|given| is_of_it(given)).count();
        broken.remove_and_close(at - packets..at);
        let honest = receive(&broken.truth, &broken.stream);
        assert_eq!(honest.switches, 1, "it passes as it is");
        let (at, count) = (at - packets, broken.stream.len());
        let shift = |packet: &mut ForwardedPacket| {
            packet.timestamp = packet.timestamp.wrapping_add_signed(off);
        };
        broken.each(at..count, shift);
        broken.breaks("R3", "ticks off");
    }
}

#[test]
fn without_capture_times_a_frame_of_error_is_allowed_and_no_more() {
    let mut publisher = Publisher::without_capture_times(H264, 3);
    let packets = publish(&mut publisher, 60, |picture, publisher| {
        if picture == 30 {
            publisher.restart(2);
        }
    });
    assert!(packets.iter().all(|(_, plain)| plain.capture_time.is_none()));
    let truth = publisher.truth();
    let mut honest = Honest::new(truth.clone(), (2, 0, 2));
    let forwarded = packets.iter().filter_map(|(at, plain)| honest.forward(*at, plain));
    let mut broken = Broken { stream: forwarded.collect(), truth };
    let at = broken.find(|frame| frame.incarnation == 1).start;
    let count = broken.stream.len();
    broken.each(at..count, |packet| packet.timestamp = packet.timestamp.wrapping_add(2_700));
    assert_eq!(receive(&broken.truth, &broken.stream).switches, 1);
    broken.each(at..count, |packet| packet.timestamp = packet.timestamp.wrapping_add(720));
    broken.breaks("R3", "ticks off");
}

#[test]
fn reference_missing() {
    for (kind, rule) in [
        (Kind::H264_SIMULCAST, "H1"),
        (Kind::VP8_SIMULCAST, "V2"),
        (Kind::AV1_L1T3, "D3"),
        (Kind::VP9_L3T3, "N2"),
    ] {
        let mut broken = Broken::straight(kind);
        let at = broken.find(|frame| frame.temporal == 0 && !frame.starts());
        broken.remove_and_close(at);
        broken.breaks(rule, "which was there to be forwarded");
    }
}

/// The same loss is excused where it happened before the engine.
#[test]
fn reference_lost_is_no_fault_of_the_engine() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| frame.temporal == 0 && !frame.starts());
    broken.lose(at.clone());
    broken.stream.drain(at);
    let report = receive(&broken.truth, &broken.stream);
    assert!(report.undecodable > 0);
}

/// From layer 0 to 2 at a picture that is no layer sync.
#[test]
fn temporal_layer_taken_up_where_it_does_not_begin() {
    let wants = |at: u32| move |picture| (2, 0, if picture >= at { 2 } else { 0 });
    let sound = Broken::selected(Kind::VP8_SIMULCAST, wants(33), |_| false);
    assert_eq!(receive(&sound.truth, &sound.stream).undecodable, 0);
    Broken::selected(Kind::VP8_SIMULCAST, wants(35), |_| false).breaks("V2", "T2) refers to");
}

/// Not only in the end; and the message tells what the driver noted.
#[test]
fn hole_is_waited_for_and_then_judged() {
    let mut broken = Broken::straight(H264);
    let at = broken.find(|frame| frame.temporal == 1);
    let hole = broken.stream[at.start].at;
    broken.stream.drain(at);
    let mut reference = Reference::new(H264, broken.truth.clone());
    let mut judged_at = hole;
    let fed = catch_unwind(AssertUnwindSafe(|| {
        for given in &broken.stream {
            judged_at = given.at;
            reference.note(given.at, "a step of the script");
            reference.on_packet(given.at, &given.packet);
        }
    }));
    let message = *fed.expect_err("it is caught").downcast::<String>().expect("a text");
    assert!(message.contains("a step of the script"));
    let waited = judged_at - hole;
    assert!((PATIENCE..PATIENCE * 2).contains(&waited), "{waited:?}");
}
