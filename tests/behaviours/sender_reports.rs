//! Sender reports to receivers carry our clock and timestamps of the rewritten stream, so that
//! what one publisher sent together is shown together.

use std::time::{Duration, SystemTime};

use str0m::media::SenderFeedback;

use crate::support::*;

/// What the engine's wall clock shows when a world begins.
const BEGINNING: Duration = Duration::from_secs(1_900_000_000);

/// When, on the engine's wall clock, a timestamp of a stream was captured, as its report tells.
fn captured_at(report: &SenderFeedback, timestamp: u32, clock_rate: f64) -> f64 {
    let wall = report
        .sender_info
        .ntp_time
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs_f64();
    let reported = report.sender_info.rtp_time.numer() as u32;
    wall + f64::from(timestamp.wrapping_sub(reported).cast_signed()) / clock_rate
}

#[test]
fn two_sources_of_one_publisher_stay_in_sync() {
    let mut world = World::new(120);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    let subscriptions = world.subscribe_all(receiver, publisher);
    world.connect();
    // Arrival times alone would be 30 ms wrong.
    world.participants[publisher].up.jitter = ms(30);
    world.run_for(secs(12));

    // By how much a stream's reports date its packets after they were really published.
    let skews: Vec<f64> = subscriptions
        .iter()
        .zip([48_000.0, 90_000.0])
        .enumerate()
        .map(|(place, (subscription, clock_rate))| {
            let mid = world.mid(*subscription);
            let participant = &world.participants[receiver];
            let report = participant
                .sender_reports
                .iter()
                .rfind(|report| *report.mid == *mid)
                .expect("a sender report");
            let received = participant.received_in(&mid);
            let newest = received.last().expect("some");
            let sent = &world.participants[publisher].publications[place].sent;
            let published = sent[check::place(sent, &newest.payload).expect("published")].at;
            let really = (BEGINNING + (published - world.start)).as_secs_f64();
            captured_at(report, newest.timestamp, clock_rate) - really
        })
        .collect();
    assert!((skews[0] - skews[1]).abs() < 0.005, "{skews:?} seconds");
    assert!(skews.iter().all(|skew| skew.abs() < 0.1), "not our clock: {skews:?}");
}

#[test]
fn reports_come_every_few_seconds_and_count_what_was_sent() {
    let mut world = World::new(121);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(20));
    let reports = &world.participants[receiver].sender_reports;
    assert!((4..=41).contains(&reports.len()), "{} in 20 s", reports.len());
    let newest = reports.last().expect("some");
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    let told = u64::from(newest.sender_info.sender_packet_count);
    assert!(told <= stats.packets_sent && told + 1_000 > stats.packets_sent, "{told} {stats:?}");
    assert_eq!(*newest.sender_info.ssrc, world.ssrc(video));
}

#[test]
fn no_report_comes_before_the_first_packet() {
    let mut world = World::new(122);
    let publisher = world.join(&[Medium::Video]);
    world.participants[publisher].obliging = false;
    let receiver = world.join(&[Medium::Audio]);
    world.connect();
    world.run_for(secs(1));
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(10));
    assert!(world.participants[receiver].received.is_empty(), "no key frame came");
    assert!(world.participants[receiver].sender_reports.is_empty());
}
