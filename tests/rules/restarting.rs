//! R5, R6: publishers that start over, and subscriptions that pause.

use std::time::Duration;

use lahn::LayerReason;
use lahn::params::Codec;

use super::stage::{Line, Look, Stage, ntp_at};

#[test]
fn r5_video_under_a_new_ssrc_waits_for_a_key_frame_and_goes_on_in_the_same_numbers() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let before = stage.give_all(&line.vp8(0, Look::Key, 2)).pop().expect("it flows");
    stage.pass(100);
    let mut next = Line { ssrc: 0x7777, seq: 40_000, timestamp: 99, ..line.clone() };
    assert_eq!(stage.give_all(&next.vp8(0, Look::Plain, 2)), []);
    assert_eq!(stage.key_frames_asked(next.ssrc), [stage.millis()], "of the new one, at once");
    let got = stage.give_all(&next.vp8(0, Look::Key, 2));
    assert_eq!(got[0].seq, before.seq.wrapping_add(1));
    assert_eq!(got[0].timestamp, before.timestamp.wrapping_add(9_000), "100 ms later");
    assert_eq!(stage.layers_told().last().expect("it was told").1, LayerReason::Restarted);
    assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 1)).len(), 0, "the old one is over");
}

#[test]
fn r5_audio_under_a_new_ssrc_goes_on_at_once_by_its_arrival() {
    let mut stage = Stage::new(Codec::Opus);
    let mut line = Line { step: 960, ..Line::new(0) };
    let mut before = None;
    for _ in 0..5 {
        let packet = line.packet(&[0xfc], false);
        line.tick();
        before = stage.give(&packet).pop();
        stage.pass(20);
    }
    let before = before.expect("it flows");
    let mut next = Line { ssrc: 0x7777, seq: 60_000, timestamp: 0xffff_ff00, ..line };
    stage.pass(40);
    let got = stage.give(&next.packet(&[0xfc], false));
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].seq, before.seq.wrapping_add(1));
    assert_eq!(got[0].timestamp.wrapping_sub(before.timestamp), 60 * 48);
    next.tick();
    let then = stage.give(&next.packet(&[0xfc], false));
    assert_eq!(then[0].timestamp.wrapping_sub(got[0].timestamp), 960);
}

/// (At once: the numbers before it are older than SRTP lets in, so nothing can bear them out.)
#[test]
fn r5_jump_of_more_than_3000_numbers_is_a_restart() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let last = stage.give_all(&line.vp8(0, Look::Key, 2))[1].seq;
    let mut far = Line { seq: line.seq + 3_005, timestamp: 7, ..line };
    assert_eq!(stage.give_all(&far.vp8(0, Look::Plain, 2)), [], "another stream: no key frame");
    assert_eq!(stage.packets_asked(far.ssrc), [], "3,000 packets are not asked for");
    assert!(!stage.key_frames_asked(far.ssrc).is_empty());
    let got = stage.give_all(&far.vp8(0, Look::Key, 2));
    assert_eq!(got[0].seq, last.wrapping_add(1));
}

#[test]
fn r5_jump_of_less_than_3000_numbers_is_loss() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let last = stage.give_all(&line.vp8(0, Look::Key, 1))[0].seq;
    line.seq += 2_900;
    let got = stage.give_all(&line.vp8(0, Look::Plain, 1));
    assert_eq!(got[0].seq.wrapping_sub(last), 2_901, "a gap as long as it is");
}

#[test]
fn r6_video_resumes_at_a_key_frame_without_a_gap_and_as_much_later_as_it_was() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let before = stage.give_all(&line.vp8(0, Look::Key, 1)).pop().expect("it flows");
    stage.pause(true);
    assert_eq!(stage.layer(), None);
    for _ in 0..90 {
        stage.pass_for(Duration::from_micros(33_333));
        assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 2)), []);
    }
    assert_eq!(stage.give_all(&line.vp8(0, Look::Key, 1)), [], "nor a key frame");
    stage.pass(100);
    stage.asked.clear();
    stage.pause(false);
    assert_eq!(stage.key_frames_asked(line.ssrc).len(), 1, "at once");
    assert_eq!(stage.give_all(&line.vp8(0, Look::Plain, 1)), []);
    let got = stage.give_all(&line.vp8(0, Look::Key, 2));
    assert_eq!(got[0].seq, before.seq.wrapping_add(1));
    let passed = got[0].timestamp.wrapping_sub(before.timestamp);
    assert_eq!(passed, 93 * 3_000, "the stream is the same one, and so are its timestamps");
}

#[test]
fn r6_pause_over_a_restart_goes_on_by_the_clock_on_the_wall() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    let before = stage.give_all(&line.vp8(0, Look::Key, 1)).pop().expect("it flows");
    stage.pause(true);
    stage.pass(60_000);
    stage.pause(false);
    let mut next = Line { ssrc: 0x7777, seq: 5, timestamp: 5, ..line };
    let got = stage.give_all(&next.vp8(0, Look::Key, 1));
    assert_eq!(got[0].seq, before.seq.wrapping_add(1));
    assert_eq!(got[0].timestamp.wrapping_sub(before.timestamp), 60 * 90_000);
}

#[test]
fn r6_sender_reports_go_on_over_a_pause_and_no_goodbye_is_said() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    let report = |stage: &mut Stage| {
        let (ntp, ms) = (stage.ntp(), stage.millis());
        stage.report(line.ssrc, ntp, (0x1111_1111 + ms * 90) as u32);
    };
    report(&mut stage);
    stage.pass(4_000);
    stage.pause(true);
    let paused_at = stage.millis();
    for _ in 0..20 {
        report(&mut stage);
        stage.pass(1_000);
    }
    let reports = &stage.receivers[0].reports;
    let while_paused: Vec<_> = reports.iter().filter(|report| report.at > paused_at).collect();
    assert!(while_paused.len() >= 4, "{while_paused:?}");
    let first = reports[0];
    for report in reports {
        let passed = (report.ntp.wrapping_sub(first.ntp) >> 16) as f64 / 65_536.0;
        let ticks = report.timestamp.wrapping_sub(first.timestamp);
        assert!((passed * 90_000.0 - f64::from(ticks)).abs() < 90.0 * 5.0, "{report:?} {first:?}");
    }
    assert_eq!(stage.receivers[0].goodbyes, 0);
}

#[test]
fn r6_no_sender_report_before_the_first_packet() {
    let mut stage = Stage::new(Codec::Vp8);
    let mut line = Line::new(0);
    stage.give_all(&line.vp8(0, Look::Plain, 1));
    for _ in 0..10 {
        let ntp = stage.ntp();
        stage.report(line.ssrc, ntp, 5);
        stage.pass(1_000);
    }
    assert_eq!(stage.receivers[0].reports, []);
    stage.give_all(&line.vp8(0, Look::Key, 1));
    stage.pass(10_000);
    assert!(!stage.receivers[0].reports.is_empty());
}

#[test]
fn r6_audio_resumes_at_once() {
    let mut stage = Stage::new(Codec::Opus);
    let mut line = Line { step: 960, ..Line::new(0) };
    let before = stage.give(&line.packet(&[0xfc], false)).pop().expect("it flows");
    stage.pause(true);
    for _ in 0..50 {
        line.tick();
        stage.pass(20);
        assert_eq!(stage.give(&line.packet(&[0xfc], false)), []);
    }
    stage.pause(false);
    line.tick();
    stage.pass(20);
    let got = stage.give(&line.packet(&[0xfc], false));
    assert_eq!(got[0].seq, before.seq.wrapping_add(1));
    assert_eq!(got[0].timestamp.wrapping_sub(before.timestamp), 51 * 960);
    assert_eq!(ntp_at(Duration::from_secs(1)) - ntp_at(Duration::ZERO), 1 << 32);
}
