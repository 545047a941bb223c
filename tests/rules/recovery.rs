//! K1-K4: what is kept, what is sent again, and what is asked for again.

use lahn::params::Codec;
use lahn::wire::rtcp::ReportBlock;
use lahn::{Config, DropReason, Ssrc};

use super::counting;
use super::stage::{Form, Line, Look, Packet, Stage, What};

/// The receiver says that a round trip takes so long, half a second after a sender report.
fn set_round_trip(stage: &mut Stage, line: &Line, millis: u64) {
    let ntp = stage.ntp();
    stage.report(line.ssrc, ntp, line.timestamp);
    let before = stage.receivers[0].reports.len();
    while stage.receivers[0].reports.len() == before {
        stage.pass(1);
    }
    let ntp = stage.receivers[0].reports[before].ntp;
    stage.pass(500 + millis);
    stage.say(0, |compound, ssrc| {
        let block = ReportBlock {
            ssrc,
            fraction_lost: 0,
            cumulative_lost: 0,
            highest_sequence_number: 0,
            jitter: 0,
            last_sr: (ntp >> 16) as u32,
            delay_since_last_sr: 65_536 / 2,
        };
        assert!(compound.receiver_report(Ssrc(7), &[block]));
    });
    let measured = stage.stats(0).round_trip_time.expect("it was told").as_millis();
    assert!(measured.abs_diff(millis.into()) <= 1, "{measured} ms");
}

/// Pictures of one packet of 1,100 bytes, one each millisecond.
fn large(line: &mut Line, look: Look) -> Packet {
    let mut packet = line.vp8(0, look, 1).remove(0);
    let tail = packet.payload.split_off(packet.payload.len() - 4);
    packet.payload.resize(1_096, 0x5a);
    packet.payload.extend(tail);
    packet
}

#[test]
fn k1_one_second_of_packets_is_kept_for_all_receivers() {
    let mut stage = Stage::with(Form::of(Codec::Vp8, 1), 3);
    let mut line = Line { step: 90, ..Line::new(0) };
    stage.send(&large(&mut line, Look::Key));
    for _ in 1..1_000 {
        stage.pass(1);
        stage.send(&large(&mut line, Look::Plain));
    }
    for receiver in 0..3 {
        let sent = stage.take_of(receiver);
        assert_eq!(sent.len(), 1_000);
        for back in [0, 1, 400, 990] {
            let sent = &sent[999 - back];
            let again = stage.ask_again(receiver, &[sent.seq]);
            assert_eq!(again.len(), 1, "{back} ms ago");
            assert_eq!(again[0].payload, sent.payload);
        }
    }
}

#[test]
fn k1_source_of_1_5_mbit_costs_no_more_than_1_4_mb() {
    let held = |pictures| {
        let mut stage = Stage::new(Codec::Vp8);
        let mut line = Line::new(0);
        stage.send(&large(&mut line, Look::Key));
        for _ in 0..pictures {
            (0..6).for_each(|_| stage.send(&large(&mut line, Look::Plain)));
            stage.take();
            stage.pass(35);
        }
        counting::held(stage.engine)
    };
    let bytes = held(600) - held(0);
    assert!((300_000..1_400_000).contains(&bytes), "{bytes}");
}

#[test]
fn k2_subscription_keeps_sixteen_bytes_a_packet_and_eight_kib_or_so() {
    let held = |receivers| {
        let mut stage = Stage::with(Form::of(Codec::Vp8, 1), receivers);
        let mut line = Line::new(0);
        stage.send(&large(&mut line, Look::Key));
        for _ in 0..100 {
            (0..6).for_each(|_| stage.send(&large(&mut line, Look::Plain)));
            (0..receivers).for_each(|place| _ = stage.take_of(place.into()));
            stage.pass(35);
        }
        counting::held(stage.engine)
    };
    let bytes = (held(40) - held(8)) / 32;
    assert!((1_000..8_192 + 7_000).contains(&bytes), "with its endpoint and its keys: {bytes}");
}

#[test]
fn k3_packet_is_sent_again_three_times_at_most_and_not_within_a_round_trip() {
    for (told, spacing) in [(None, 20), (Some(100), 100), (Some(5), 20)] {
        let mut stage = Stage::new(Codec::Vp8);
        let mut line = Line::new(0);
        stage.give_all(&line.vp8(0, Look::Key, 1));
        if let Some(millis) = told {
            set_round_trip(&mut stage, &line, millis);
        }
        let seq = stage.give_all(&line.vp8(0, Look::Plain, 1))[0].seq;
        let begun = stage.millis();
        let mut again = Vec::new();
        for _ in 0..100 {
            stage.pass(5);
            if !stage.ask_again(0, &[seq, seq]).is_empty() {
                again.push(stage.millis() - begun);
            }
        }
        assert_eq!(again.len(), 3, "{told:?} {again:?}");
        for pair in again.windows(2) {
            assert!((spacing..spacing + 6).contains(&(pair[1] - pair[0])), "{told:?} {again:?}");
        }
        let stats = stage.stats(0);
        assert_eq!((stats.retransmitted_packets_sent, stats.nack_count), (3, 100));
    }
}

#[test]
fn k3_packets_from_before_the_newest_key_frame_are_not_sent_again() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let pictures = [line.vp8(0, Look::Key, 1), line.vp8(0, Look::Plain, 1)].concat();
    let old = stage.give_all(&pictures);
    let key = stage.give_all(&line.vp8(0, Look::Key, 2));
    let new = stage.give_all(&line.vp8(0, Look::Plain, 1));
    stage.pass(50);
    let seqs = [old[0].seq, old[1].seq, key[0].seq, key[1].seq, new[0].seq];
    let again: Vec<_> = stage.ask_again(0, &seqs).iter().map(|got| got.seq).collect();
    assert_eq!(again, seqs[2..]);
}

#[test]
fn k3_packets_of_the_encoding_before_are_not_sent_again_behind_a_switch() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    let old = stage.give_all(&low.vp8(0, Look::Key, 2));
    stage.limit(1);
    let new = stage.give_all(&high.vp8(0, Look::Key, 2));
    stage.pass(50);
    let again = stage.ask_again(0, &[old[1].seq, new[0].seq]);
    assert_eq!(again.iter().map(|got| got.seq).collect::<Vec<_>>(), [new[0].seq]);
}

#[test]
fn k3_what_was_never_sent_is_not_sent_again() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let first = stage.give_all(&line.vp8(0, Look::Key, 1))[0].seq;
    line.seq += 3;
    let last = stage.give_all(&line.vp8(0, Look::Plain, 1))[0].seq;
    stage.pass(50);
    let asked = [1, 2, 3, 5, 9].map(|ahead| first.wrapping_add(ahead));
    assert_eq!(last.wrapping_sub(first), 4);
    assert_eq!(stage.ask_again(0, &asked), [], "lost on the way to us, or not sent yet");
}

#[test]
fn k3_budget_bounds_what_a_receiver_can_have_sent_again() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line { step: 180, ..Line::new(0) };
    stage.send(&large(&mut line, Look::Key));
    for _ in 0..500 {
        stage.pass(2);
        stage.send(&large(&mut line, Look::Plain));
    }
    let seqs: Vec<u16> = stage.take()[1..].iter().map(|got| got.seq).collect();
    let mut again = 0;
    for _ in 0..3 {
        again += seqs.chunks(100).map(|seqs| stage.ask_again(0, seqs).len()).sum::<usize>();
        stage.pass(25);
    }
    // Half of 550 kB/s over 50 ms, and a burst of 96 kB.
    assert!((70..=115).contains(&again), "{again} of 1,500");
    let endpoint = stage.receivers[0].endpoint;
    let drops = stage.engine.endpoint_stats(stage.now, endpoint).expect("it lives").drops;
    assert!(drops.get(DropReason::ResendBudget) > 300);
}

#[test]
fn k4_lost_packet_is_asked_for_after_10_ms_and_then_once_a_round_trip_ten_times() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    line.seq += 1;
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    let begun = stage.millis();
    for _ in 0..300 {
        stage.pass(10);
        stage.give_all(&line.vp8(0, Look::Plain, 1));
    }
    let asked = stage.packets_asked(line.ssrc);
    let after: Vec<_> = asked.iter().map(|(at, _)| at - begun).collect();
    assert_eq!((after.len(), after[0]), (10, 10), "{after:?}");
    let apart: Vec<_> = after.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(apart.iter().all(|each| *each >= 20 && each.abs_diff(apart[0]) <= 1), "{apart:?}");
    assert!(asked.iter().all(|(_, seqs)| *seqs == asked[0].1 && seqs.len() == 1));
}

#[test]
fn k4_packet_that_comes_late_or_again_is_not_asked_for_any_more() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line { seq: 65_534, ..Line::new(0) };
    stage.give_all(&line.vp8(0, Look::Key, 1));
    let held_up = [line.vp8(0, Look::Plain, 1), line.vp8(0, Look::Plain, 1)].concat();
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    stage.pass(9);
    stage.send(&held_up[0]);
    stage.pass(2);
    assert_eq!(stage.packets_asked(line.ssrc).len(), 1);
    assert_eq!(stage.packets_asked(line.ssrc)[0].1, [0], "the other one only; across the wrap");
    stage.send(&held_up[1]);
    stage.pass(1_000);
    assert_eq!(stage.packets_asked(line.ssrc).len(), 1);
}

#[test]
fn k4_what_nobody_gets_is_not_asked_for() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    for line in [&mut low, &mut high] {
        stage.give_all(&line.vp8(0, Look::Key, 1));
        line.seq += 2;
        stage.give_all(&line.vp8(0, Look::Plain, 1));
    }
    stage.pass(300);
    assert!(!stage.packets_asked(low.ssrc).is_empty());
    assert_eq!(stage.packets_asked(high.ssrc), []);
    stage.pause(true);
    stage.asked.clear();
    low.seq += 2;
    stage.give_all(&low.vp8(0, Look::Plain, 1));
    stage.pass(300);
    assert_eq!(stage.asked, [], "it is paused");
}

#[test]
fn k4_what_is_given_up_is_mended_by_a_key_frame() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(500);
    stage.asked.clear();
    line.seq += 1;
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    stage.pass(5_000);
    let last = stage.asked.iter().rposition(|asked| matches!(asked.what, What::Again(_)));
    let asked = stage.asked.iter().position(|asked| asked.what == What::KeyFrame);
    assert!(asked > last && last == Some(9), "{:?}", stage.asked);
}

#[test]
fn k4_loss_of_more_than_can_be_repaired_asks_for_a_key_frame_at_once() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(500);
    stage.asked.clear();
    line.seq += 400;
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    stage.pass(20);
    assert_eq!(stage.packets_asked(line.ssrc), []);
    assert_eq!(stage.key_frames_asked(line.ssrc).len(), 1);
    assert_eq!(Config::default().key_frame_request_interval.as_millis(), 200);
}
