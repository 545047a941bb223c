//! R10: what receivers say is about numbers that the publisher never gave out.

use lahn::Ssrc;
use lahn::params::Codec;
use lahn::wire::rtcp::ReportBlock;

use super::stage::{Got, Line, Look, Stage};

/// A report block about what the first receiver gets (RFC 3550 §6.4.1).
fn tell_loss(stage: &mut Stage, highest: u16, lost: i32, fraction: u8) {
    stage.say(0, |compound, ssrc| {
        let block = ReportBlock {
            ssrc,
            fraction_lost: fraction,
            cumulative_lost: lost,
            highest_sequence_number: highest.into(),
            jitter: 0,
            last_sr: 0,
            delay_since_last_sr: 0,
        };
        assert!(compound.receiver_report(Ssrc(7), &[block]));
    });
}

#[test]
fn r10_nack_is_answered_with_the_packet_that_went_under_that_number() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    stage.give_all(&low.vp8(0, Look::Key, 2));
    stage.limit(1);
    let mut got = stage.give_all(&high.vp8(0, Look::Key, 3));
    stage.limit_temporal(0);
    for picture in 0..20_u8 {
        let temporal = if picture % 2 == 0 { 2 } else { 0 };
        got.extend(stage.give_all(&high.vp8(temporal, Look::Sync, 3)));
        stage.pass(20);
    }
    // Padding and loss on the way make the numbers differ even more.
    stage.give(&high.padding());
    high.seq += 2;
    got.extend(stage.give_all(&high.vp8(0, Look::Plain, 2)));
    stage.pass(50);
    for sent in &got {
        let again = stage.ask_again(0, &[sent.seq]);
        let same = |again: &Got| Got { at: sent.at, is_again: false, ..again.clone() } == *sent;
        assert!(again.len() == 1 && again[0].is_again && same(&again[0]), "{sent:?} {again:?}");
    }
    assert_eq!(stage.stats(0).nack_count, got.len() as u64);
}

#[test]
fn r10_request_for_a_key_frame_goes_to_the_encoding_that_flows() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let (mut low, mut high) = (Line::new(0), Line::new(1));
    stage.give_all(&low.vp8(0, Look::Key, 1));
    stage.give_all(&high.vp8(0, Look::Key, 1));
    for (most, ssrc, other) in [(0, low.ssrc, high.ssrc), (1, high.ssrc, low.ssrc)] {
        stage.limit(most);
        stage.give_all(&low.vp8(0, Look::Key, 1));
        stage.give_all(&high.vp8(0, Look::Key, 1));
        stage.pass(1_000);
        stage.asked.clear();
        stage.ask_for_key_frame(0);
        stage.pass(100);
        assert_eq!(stage.key_frames_asked(ssrc).len(), 1);
        assert_eq!(stage.key_frames_asked(other), []);
    }
}

#[test]
fn r10_sender_report_tells_the_timestamps_that_the_receiver_sees() {
    let mut stage = Stage::simulcast(Codec::Vp8);
    let mut lines = [Line::new(0), Line::new(1)];
    let begun = lines.each_ref().map(|line| line.timestamp);
    let mut last = None;
    for second in 0..40_u64 {
        stage.limit((second / 10 % 2) as u8);
        for (place, line) in lines.iter_mut().enumerate() {
            line.timestamp = begun[place].wrapping_add((stage.millis() * 90) as u32);
            last = stage.give_all(&line.vp8(0, Look::Key, 1)).pop().or(last);
        }
        for (place, line) in lines.iter().enumerate() {
            let timestamp = begun[place].wrapping_add((stage.millis() * 90) as u32);
            let ntp = stage.ntp();
            stage.report(line.ssrc, ntp, timestamp);
        }
        let before = stage.receivers[0].reports.len();
        stage.pass(1_000);
        let last = last.as_ref().expect("it flows");
        for report in &stage.receivers[0].reports[before..] {
            let passed = (report.at - last.at) as i64 * 90;
            let told = i64::from(report.timestamp.wrapping_sub(last.timestamp).cast_signed());
            assert!((told - passed).abs() <= 5 * 90, "second {second}: {told} of {passed}");
        }
    }
    assert!(stage.receivers[0].reports.len() > 5);
}

/// mediasoup: "the loss of the uplink of the Producer is not counted as loss of this link".
#[test]
fn r10_loss_on_the_way_to_us_is_no_loss_of_the_receivers_link() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let mut newest = stage.give_all(&line.vp8(0, Look::Key, 10))[9].seq;
    tell_loss(&mut stage, newest, 0, 0);
    for round in 1..=5 {
        line.seq += 4;
        newest = stage.give_all(&line.vp8(0, Look::Plain, 16))[15].seq;
        // It misses those four, and one more each time.
        tell_loss(&mut stage, newest, 5 * round, 64);
        let stats = stage.stats(0);
        assert_eq!(stats.packets_lost, i64::from(round));
        assert!((stats.fraction_lost - 1.0 / 20.0).abs() < 0.01, "{}", stats.fraction_lost);
    }
}

#[test]
fn r10_what_was_lost_and_repaired_on_the_way_to_us_counts_for_the_receivers_link() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let frame = line.vp8(0, Look::Key, 10);
    let got = stage.give_all(frame[..4].iter().chain(&frame[6..]));
    let newest = got[7].seq;
    assert_eq!(stage.give_all(&frame[4..6]).len(), 2);
    // The receiver misses two others.
    tell_loss(&mut stage, newest, 2, 51);
    assert_eq!(stage.stats(0).packets_lost, 2);
}
