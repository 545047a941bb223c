//! What publishers are told about what they send: receiver reports and transport-cc.

use std::time::Duration;

use lahn::params::MediaKind;
use str0m::rtp::rtcp::Rtcp;

use crate::support::*;

fn call(seed: u64) -> (World, Who, Who) {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    (world, publisher, receiver)
}

#[test]
fn transport_cc_feedback_comes_every_50_to_100_milliseconds_and_covers_every_packet() {
    let (mut world, publisher, _) = call(70);
    world.run_for(secs(1));
    let from = world.now;
    world.run_for(secs(2));
    let feedback: Vec<_> = world.participants[publisher]
        .rtcp
        .iter()
        .filter_map(|(at, rtcp)| match rtcp {
            Rtcp::Twcc(twcc) if *at >= from => Some((*at, twcc.base_seq, twcc.status_count)),
            _ => None,
        })
        .collect();
    assert!((20..=41).contains(&feedback.len()), "{} in two seconds", feedback.len());
    for pair in feedback.windows(2) {
        let [(at, base, count), (next_at, next_base, _)] = pair else { panic!("pairs") };
        let gap = *next_at - *at;
        assert!(gap >= Duration::from_millis(45) && gap <= ms(105), "{gap:?} apart");
        assert_eq!(base.wrapping_add(*count), *next_base, "packets left out, or told twice");
    }
}

#[test]
fn transport_cc_feedback_tells_what_is_missing() {
    let (mut world, publisher, _) = call(71);
    world.run_for(secs(1));
    let from = world.now;
    let mut lost = 0;
    let count = std::rc::Rc::new(std::cell::Cell::new(0));
    let counter = count.clone();
    world.participants[publisher].up.lose_if = Some(Box::new(move |bytes: &[u8]| {
        lost += u32::from((128..=191).contains(&bytes[0]));
        let loses = lost % 10 == 0 && !(192..=223).contains(&bytes[1]);
        counter.set(counter.get() + u32::from(loses));
        loses
    }));
    world.run_for(secs(2));
    let mut missing = 0;
    for (_, rtcp) in world.participants[publisher].rtcp.iter().filter(|(at, _)| *at >= from) {
        if let Rtcp::Twcc(twcc) = rtcp {
            missing += usize::from(twcc.status_count) - twcc.delta.len();
        }
    }
    // Losses of the last feedback interval and the newest on the wire are not told yet.
    let lost = usize::try_from(count.get()).expect("few");
    assert!(lost > 20, "{lost}");
    assert!(missing <= lost && missing + 5 >= lost, "{missing} told of {lost} lost");
}

#[test]
fn receiver_reports_tell_the_publisher_its_loss() {
    let (mut world, publisher, _) = call(72);
    world.run_for(secs(1));
    world.participants[publisher].up.loss = 0.1;
    world.run_for(secs(8));
    let ssrc = world.participants[publisher].publications[1].mid;
    let ssrc = world.participants[publisher]
        .rtc
        .direct_api()
        .stream_tx_by_mid(ssrc, None)
        .expect("it publishes")
        .ssrc();
    let fractions: Vec<u8> = world.participants[publisher]
        .rtcp
        .iter()
        .flat_map(|(_, rtcp)| match rtcp {
            Rtcp::ReceiverReport(report) => report.reports.iter().collect::<Vec<_>>(),
            Rtcp::SenderReport(report) => report.reports.iter().collect(),
            _ => Vec::new(),
        })
        .filter(|report| report.ssrc == ssrc)
        .map(|report| report.fraction_lost)
        .collect();
    assert!(fractions.len() >= 4, "{} reports", fractions.len());
    // 10 % of 256 is 25. What a retransmission stream repaired was lost all the same
    // (RFC 4588 §6.3).
    let mean = fractions.iter().map(|f| usize::from(*f)).sum::<usize>() / fractions.len();
    assert!((15..=40).contains(&mean), "{fractions:?}");
}

#[test]
fn round_trip_time_is_measured_from_receiver_reports() {
    let (mut world, _, receiver) = call(73);
    world.participants[receiver].down.delay = ms(70);
    world.participants[receiver].up.delay = ms(50);
    world.run_for(secs(10));
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(receiver)).expect("lives");
    let rtt = stats.current_round_trip_time.expect("reports came");
    assert!((ms(115)..=ms(130)).contains(&rtt), "{rtt:?}");
}

#[test]
fn publisher_gets_no_feedback_packet_larger_than_the_mtu() {
    let (mut world, publisher, _) = call(74);
    world.participants[publisher].up.burst = Some(Burst { begins: 0.02, length: 60 });
    world.run_for(secs(5));
    let largest = world
        .captured
        .iter()
        .filter(|c| c.from_engine && c.who == publisher)
        .map(|c| c.bytes.len())
        .max();
    assert!(largest.is_some_and(|len| len <= 1_280), "{largest:?}");
    let video = world.source(publisher, MediaKind::Video);
    assert!(
        world.engine.source_stats(world.now, video).expect("lives").encodings[0].nack_count > 0
    );
}
