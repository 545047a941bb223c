//! R3: timestamps, over switches between encodings whose clocks have nothing to do with each other.

use std::time::Duration;

use lahn::params::Codec;

use super::publish::Dice;
use super::stage::{Got, Line, Look, Packet, Stage, ntp_at};

/// What tells when a picture was captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tells {
    CaptureTime,
    Reports,
    Nothing,
}

/// Two or three encodings of one camera; each has its own clock, and its own delay to us.
struct Camera {
    stage: Stage,
    lines: Vec<Line>,
    /// Milliseconds from a capture to its arrival.
    delays: Vec<u64>,
    tells: Tells,
}

impl Camera {
    fn new(delays: &[u64], tells: Tells) -> Self {
        let mut stage = Stage::simulcast(Codec::Vp8);
        let mut lines: Vec<_> = (0..).zip(delays).map(|(place, _)| Line::new(place)).collect();
        for line in &mut lines {
            line.step = 0;
            // Everybody has seen one of each.
            stage.send_all(&line.vp8(0, Look::Plain, 1));
        }
        stage.pass(1_000);
        stage.take();
        Self { stage, lines, delays: delays.to_vec(), tells }
    }

    /// The timestamp of an encoding so long after the beginning.
    fn timestamp(&self, place: usize, captured: u64) -> u32 {
        ((place as u32 + 1) * 0x4999_9999).wrapping_add((captured * 90) as u32)
    }

    /// A picture of one encoding, captured as long ago as it takes to arrive; what is got of it.
    fn picture(&mut self, place: usize, look: Look) -> Option<Got> {
        let captured = self.stage.millis() - self.delays[place];
        self.picture_at(place, look, captured)
    }

    fn picture_at(&mut self, place: usize, look: Look, captured: u64) -> Option<Got> {
        let timestamp = self.timestamp(place, captured);
        let line = &mut self.lines[place];
        line.timestamp = timestamp;
        let mut packets = line.vp8(0, look, 1);
        if self.tells == Tells::CaptureTime {
            packets[0].capture_time = Some(ntp_at(Duration::from_millis(captured)));
        }
        self.stage.give_all(&packets).pop()
    }

    fn report(&mut self, place: usize) {
        let (ssrc, now) = (self.lines[place].ssrc, self.stage.millis());
        let (ntp, timestamp) = (self.stage.ntp(), self.timestamp(place, now));
        self.stage.report(ssrc, ntp, timestamp);
    }

    /// Ticks from the last picture of the first encoding to the first of the second, captured 40 ms
    /// after it, when the delays differ.
    fn step_at_switch(&mut self, aged: u64) -> u32 {
        if self.tells != Tells::Nothing {
            (0..2).for_each(|place| self.report(place));
        }
        self.picture(0, Look::Key).expect("it begins");
        self.picture(1, Look::Plain);
        self.tells = if aged > 0 { Tells::Nothing } else { self.tells };
        self.stage.pass(40 + aged);
        let before = self.picture(0, Look::Plain).expect("it flows");
        self.stage.limit(1);
        self.stage.pass(40 + self.delays[1] - self.delays[0]);
        let after = self.picture(1, Look::Key).expect("it begins");
        after.timestamp.wrapping_sub(before.timestamp)
    }
}

#[test]
fn r3_capture_times_align_encodings_whatever_their_ways() {
    for late in [0, 15, 60] {
        let mut camera = Camera::new(&[10, 10 + late], Tells::CaptureTime);
        assert_eq!(camera.step_at_switch(0), 40 * 90, "{late} ms later");
    }
}

#[test]
fn r3_sender_reports_align_encodings_where_capture_times_are_not_told() {
    for late in [0, 15, 60] {
        let mut camera = Camera::new(&[10, 10 + late], Tells::Reports);
        let step = camera.step_at_switch(0);
        assert!(step.abs_diff(40 * 90) <= 2, "{late} ms later: {step}");
    }
}

#[test]
fn r3_arrival_aligns_encodings_where_nothing_is_told() {
    for late in [0, 15, 60] {
        let mut camera = Camera::new(&[10, 10 + late], Tells::Nothing);
        let step = camera.step_at_switch(0);
        assert_eq!(step, (40 + late as u32) * 90, "as much later as it came");
    }
}

#[test]
fn r3_capture_times_older_than_five_seconds_and_reports_older_than_ten_are_not_relied_on() {
    // What is told once, then no more; both ways of the second encoding are 30 ms longer.
    for (tells, aged, aligned) in [(Tells::Reports, 9_000, true), (Tells::Reports, 10_500, false)] {
        let mut camera = Camera::new(&[10, 40], tells);
        let step = camera.step_at_switch(aged);
        let expected = if aligned { 40 * 90 } else { 70 * 90 };
        assert!(step.abs_diff(expected) <= 2, "{tells:?}, {aged} ms: {step}");
    }
    // Capture times are stale, reports are not: and say another thing, to be told apart.
    let mut camera = Camera::new(&[10, 40], Tells::CaptureTime);
    camera.picture(0, Look::Key).expect("it begins");
    camera.picture(1, Look::Plain);
    camera.stage.pass(5_200);
    camera.tells = Tells::Nothing;
    let (ntp, now) = (camera.stage.ntp(), camera.stage.millis());
    for place in 0..2 {
        let shift = if place == 0 { 0 } else { 7 };
        let timestamp = camera.timestamp(place, now - shift);
        camera.stage.report(camera.lines[place].ssrc, ntp, timestamp);
    }
    let before = camera.picture(0, Look::Plain).expect("it flows");
    camera.stage.limit(1);
    camera.stage.pass(70);
    let after = camera.picture(1, Look::Key).expect("it begins");
    let step = after.timestamp.wrapping_sub(before.timestamp);
    assert!(step.abs_diff(47 * 90) <= 2, "{step}: by reports, not by capture times nor arrival");
}

#[test]
fn r3_picture_a_little_in_the_past_comes_one_tick_later_and_the_next_ones_are_put_right() {
    let mut camera = Camera::new(&[10, 10], Tells::CaptureTime);
    camera.picture(0, Look::Key).expect("it begins");
    camera.picture(1, Look::Plain);
    camera.stage.pass(50);
    let before = camera.picture(0, Look::Plain).expect("it flows");
    camera.stage.limit(1);
    let now = camera.stage.millis();
    let past = camera.picture_at(1, Look::Key, now - 10 - 40).expect("it begins");
    assert_eq!(past.timestamp.wrapping_sub(before.timestamp), 1, "40 ms in the past");
    let next = camera.picture_at(1, Look::Plain, now - 10 - 7).expect("it flows");
    assert_eq!(next.timestamp.wrapping_sub(before.timestamp), 2, "still 7 ms in the past");
    camera.stage.pass(33);
    let right = camera.picture_at(1, Look::Plain, now - 10 + 26).expect("it flows");
    assert_eq!(right.timestamp.wrapping_sub(before.timestamp), 26 * 90);
    let on = camera.picture_at(1, Look::Plain, now - 10 + 59).expect("it flows");
    assert_eq!(on.timestamp.wrapping_sub(before.timestamp), 59 * 90);
}

/// mediasoup: "keeps forwarding the current spatial layer while waiting to be able to align the key
/// frame".
#[test]
fn r3_picture_long_past_is_not_switched_to_and_another_key_frame_is_asked_for() {
    let mut camera = Camera::new(&[10, 10], Tells::CaptureTime);
    camera.picture(0, Look::Key).expect("it begins");
    camera.picture(1, Look::Plain);
    camera.stage.pass(300);
    let before = camera.picture(0, Look::Plain).expect("it flows");
    camera.stage.limit(1);
    camera.stage.asked.clear();
    let now = camera.stage.millis();
    assert_eq!(camera.picture_at(1, Look::Key, now - 200), None);
    camera.stage.pass(33);
    let on = camera.picture(0, Look::Plain).expect("the old one goes on");
    assert_eq!(on.timestamp.wrapping_sub(before.timestamp), 33 * 90);
    camera.stage.pass(500);
    let asked = camera.stage.key_frames_asked(camera.lines[1].ssrc);
    assert!(!asked.is_empty(), "or the wish would never come true");
    let got = camera.picture(1, Look::Key).expect("its time has come");
    assert_eq!(got.timestamp.wrapping_sub(on.timestamp), 500 * 90);
}

/// mediasoup: "switches away from a dead TS reference".
#[test]
fn r3_clock_that_stays_in_the_past_does_not_hold_the_switch_up_for_ever() {
    let mut camera = Camera::new(&[10, 10], Tells::CaptureTime);
    camera.picture(0, Look::Key).expect("it begins");
    camera.picture(1, Look::Plain);
    camera.stage.pass(2_000);
    let mut last = camera.picture(0, Look::Plain).expect("it flows");
    camera.stage.limit(1);
    let mut refused = 0;
    let began = loop {
        camera.stage.pass(33);
        let now = camera.stage.millis();
        if let Some(got) = camera.picture_at(1, Look::Key, now - 1_500) {
            break got;
        }
        refused += 1;
        last = camera.picture(0, Look::Plain).expect("the old one goes on");
        assert!(refused < 5, "held up for good");
    };
    assert!(refused >= 1);
    assert_eq!(began.timestamp.wrapping_sub(last.timestamp), 33 * 90, "by its arrival");
}

/// mediasoup: "places the first packet right after the highest RTP timestamp sent".
#[test]
fn r3_timestamp_is_bounded_by_the_time_that_passed_and_75_ms() {
    let mut camera = Camera::new(&[10, 10], Tells::CaptureTime);
    camera.picture(0, Look::Key).expect("it begins");
    camera.picture(1, Look::Plain);
    camera.stage.pass(40);
    let before = camera.picture(0, Look::Plain).expect("it flows");
    camera.stage.limit(1);
    camera.stage.pass(20);
    let now = camera.stage.millis();
    let got = camera.picture_at(1, Look::Key, now + 5_000).expect("it begins");
    assert_eq!(got.timestamp.wrapping_sub(before.timestamp), (20 + 75) * 90);
}

#[test]
fn r3_timestamps_go_on_across_the_wrap() {
    for tells in [Tells::CaptureTime, Tells::Nothing] {
        let mut camera = Camera::new(&[10, 10], tells);
        let first = camera.picture(0, Look::Key).expect("it begins");
        // A pause until the last picture before the wrap of what is sent.
        camera.stage.pause(true);
        let left = u64::from(u32::MAX - first.timestamp) / 90;
        camera.stage.pass(left - 15);
        camera.stage.pause(false);
        let before = camera.picture(0, Look::Key).expect("it begins");
        camera.picture(1, Look::Plain);
        camera.stage.limit(1);
        camera.stage.pass(33);
        let after = camera.picture(1, Look::Key).expect("it begins");
        assert!(after.timestamp < before.timestamp, "{} {}", before.timestamp, after.timestamp);
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 33 * 90);
    }
}

/// Three layers, clocks that begin anywhere and are up to 50 ppm wrong, 200 switches at random; by
/// how many milliseconds timestamps step further than captures, at worst from one picture to the
/// next.
fn worst_of_200_switches(tells: Tells, jitter: u64) -> f64 {
    let mut dice = Dice::new(77);
    let mut stage = Stage::simulcast(Codec::Vp8);
    let mut lines = [0, 1, 2].map(Line::new);
    let clocks = [0; 3].map(|_| (dice.next() as u32, dice.below(101) as f64 - 50.0));
    let timestamp = |place: usize, micros: u64| {
        let (offset, ppm): (u32, f64) = clocks[place];
        offset.wrapping_add((micros as f64 * 0.09 * (1.0 + ppm / 1e6)) as u64 as u32)
    };
    let (mut switches, mut worst, mut held) = (0, 0.0_f64, None::<(Got, u64)>);
    let (mut wanted, mut next_report, mut picture) = (0, 0, 0_u64);
    while switches < 200 {
        picture += 1;
        let captured = picture * 33_333;
        let at = Duration::from_micros(captured + dice.below(1 + jitter * 1_000));
        stage.pass_for(at.saturating_sub(Duration::from_micros(stage.micros())));
        if stage.millis() >= next_report && tells == Tells::Reports {
            next_report += 1_000;
            for (place, line) in lines.iter().enumerate() {
                let (ntp, now) = (stage.ntp(), stage.micros());
                stage.report(line.ssrc, ntp, timestamp(place, now));
            }
        }
        if dice.chance(0.2) {
            let most = dice.below(3) as u8;
            switches += u32::from(most != wanted);
            wanted = most;
            stage.limit(most);
        }
        let asked = std::mem::take(&mut stage.asked);
        for (place, line) in lines.iter_mut().enumerate() {
            let is_key = asked.iter().any(|asked| asked.ssrc == line.ssrc) || picture == 1;
            line.timestamp = timestamp(place, captured);
            let mut packets: Vec<Packet> =
                line.vp8(0, if is_key { Look::Key } else { Look::Plain }, 1);
            if tells == Tells::CaptureTime && (is_key || picture.is_multiple_of(30)) {
                packets[0].capture_time = Some(ntp_at(Duration::from_micros(captured)));
            }
            for got in stage.give_all(&packets) {
                if let Some((before, then)) = held.replace((got.clone(), captured)) {
                    let step = got.timestamp.wrapping_sub(before.timestamp).cast_signed();
                    assert!(step > 0, "picture {picture}: {step}");
                    assert_eq!(got.seq, before.seq.wrapping_add(1));
                    let error = f64::from(step) / 90.0 - (captured - then) as f64 / 1_000.0;
                    worst = worst.max(error.abs());
                }
            }
        }
    }
    worst
}

#[test]
fn r3_two_hundred_switches_keep_timestamps_within_5_ms_of_capture_times() {
    for jitter in [0, 20] {
        let worst = worst_of_200_switches(Tells::CaptureTime, jitter);
        assert!(worst <= 5.0, "{worst} ms, jitter {jitter}");
    }
}

#[test]
fn r3_two_hundred_switches_keep_timestamps_within_a_frame_by_reports_or_arrival() {
    for (tells, jitter) in [(Tells::Reports, 0), (Tells::Reports, 20), (Tells::Nothing, 0)] {
        let worst = worst_of_200_switches(tells, jitter);
        assert!(worst <= 33.4, "{tells:?}: {worst} ms");
    }
    let worst = worst_of_200_switches(Tells::Nothing, 12);
    assert!(worst <= 33.4, "by arrivals that jitter by 12 ms: {worst} ms");
}
