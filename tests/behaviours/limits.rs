//! What peers and applications can make the engine hold has bounds: beyond them there is an error
//! for the application and a counted drop for the peer.

use lahn::{Config, CongestionConfig, DropReason, Error, Event, Limits, Ssrc};

use crate::raw::{FixedSink, PUBLISHED, RawCall, Shape};
use crate::support::*;

fn limited(limits: Limits) -> Config {
    Config { limits, congestion: CongestionConfig::OFF, ..Config::default() }
}

fn drops(call: &RawCall, endpoint: lahn::EndpointId, reason: DropReason) -> u64 {
    call.engine.endpoint_stats(call.now, endpoint).expect("it lives").drops.get(reason)
}

#[test]
fn conferences_and_endpoints_are_bounded_and_their_places_are_given_back() {
    let limits = Limits { conferences: 2, endpoints: 2, ..Limits::default() };
    let mut world = World::with(190, limited(limits));
    let second = world.engine.open_conference().expect("room for two");
    assert!(matches!(world.engine.open_conference(), Err(Error::Limit(_))));
    let (now, conference) = (world.now, world.conference);
    let first = world.engine.add_endpoint(now, conference, &[ENGINE]).expect("room for two");
    world.engine.add_endpoint(now, second, &[ENGINE]).expect("room for two");
    let refused = world.engine.add_endpoint(now, conference, &[ENGINE]);
    assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");

    world.engine.remove_endpoint(now, first).expect("it lives");
    world.settle();
    world.engine.add_endpoint(now, conference, &[ENGINE]).expect("room again");
    world.engine.close_conference(now, second).expect("it is open");
    world.engine.open_conference().expect("room again");
}

#[test]
fn long_descriptions_and_many_sections_are_refused() {
    let limits = Limits { media_per_endpoint: 2, ..Limits::default() };
    let mut world = World::with(191, limited(limits));
    let conference = world.conference;
    let who = world.add_participant(conference);
    let (now, endpoint) = (world.now, world.endpoint(who));
    let mut offer = String::new();
    let _ = world.participants[who].publish(now, &[Medium::Audio; 3], |sdp| {
        offer = sdp;
        Err(())
    });
    let refused = world.engine.accept_offer(now, endpoint, &offer);
    assert!(matches!(refused, Err(Error::Sdp(_) | Error::Limit(_))), "{refused:?}");

    let limits = Limits { sdp_bytes: offer.len() - 1, ..Limits::default() };
    let mut world = World::with(192, limited(limits));
    let endpoint = world.engine.add_endpoint(now, world.conference, &[ENGINE]).expect("room");
    let refused = world.engine.accept_offer(now, endpoint, &offer);
    assert!(matches!(refused, Err(Error::Sdp(_) | Error::Limit(_))), "{refused:?}");
}

#[test]
fn events_that_nobody_polls_are_counted_not_kept() {
    let limits = Limits { events: 8, ..Limits::default() };
    let mut world = World::with(193, limited(limits));
    let (now, conference) = (world.now, world.conference);
    for _ in 0..20 {
        let endpoint = world.engine.add_endpoint(now, conference, &[ENGINE]).expect("room");
        world.engine.remove_endpoint(now, endpoint).expect("it lives");
    }
    let events: Vec<_> = std::iter::from_fn(|| world.engine.poll_event()).collect();
    let lost: u64 = events
        .iter()
        .map(|event| if let Event::Overflow { lost } = event { *lost } else { 0 })
        .sum();
    let kept = events.iter().filter(|event| !matches!(event, Event::Overflow { .. })).count();
    assert!(kept <= 8, "{kept}");
    assert_eq!(kept as u64 + lost, 20);
    assert!(world.engine.poll_event().is_none());
}

#[test]
fn ssrcs_of_one_endpoint_are_bounded() {
    let limits = Limits { ssrcs_per_endpoint: 4, ..Limits::default() };
    let shape = Shape { config: limited(limits), ..Shape::default() };
    let mut call = RawCall::with(beginning(), shape);
    call.feed(PUBLISHED, 0..1);
    for ssrc in 0..20 {
        call.feed(Ssrc(0x7000_0000 + ssrc), 0..1);
    }
    let too_many = drops(&call, call.publisher, DropReason::TooManyStreams);
    assert!((16..=17).contains(&too_many), "{too_many}");
    // What was known before goes on, though the strangers took its place for a moment: their
    // packets name its section, and a stream may change its SSRC.
    call.feed(PUBLISHED, 1..10);
    let stats = call.engine.source_stats(call.now, call.source).expect("it lives");
    assert_eq!(stats.encodings[0].ssrc, Some(PUBLISHED.0));
    assert_eq!(stats.encodings[0].packets_received, 9);
}

#[test]
fn receiver_that_cannot_keep_up_loses_the_oldest() {
    let limits = Limits { queue_per_endpoint: 10, ..Limits::default() };
    let shape = Shape { config: limited(limits), ..Shape::default() };
    let mut call = RawCall::with(beginning(), shape);
    let mut sink = FixedSink::new(64);
    sink.drain(&mut call.engine, call.now);
    sink.empty();
    call.feed(PUBLISHED, 0..100);
    let receiver = call.receivers[0].endpoint;
    let stats = call.engine.endpoint_stats(call.now, receiver).expect("it lives");
    assert_eq!(stats.queued_packets, 10);
    assert_eq!(drops(&call, receiver, DropReason::QueueFull), 90);
    sink.drain(&mut call.engine, call.now);
    assert_eq!(sink.rtp, 10);
    let newest = sink.newest_seq(call.receivers[0].ssrc);
    let sent: Vec<u16> = sink
        .written()
        .filter(|(path, _)| *path == call.receivers[0].path)
        .map(|(_, bytes)| newest.wrapping_sub(u16::from_be_bytes([bytes[2], bytes[3]])))
        .collect();
    assert_eq!(sent, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "the newest ten, in order");
}

#[test]
fn packet_that_waited_too_long_is_dropped_and_never_another_ones_bytes_sent() {
    let mut call = RawCall::new(beginning(), 1);
    let mut sink = FixedSink::new(8_192);
    sink.drain(&mut call.engine, call.now);
    sink.empty();
    call.feed(PUBLISHED, 0..1_000);
    call.now += secs(3);
    call.feed(PUBLISHED, 1_000..4_000);
    sink.drain(&mut call.engine, call.now);
    let receiver = &call.receivers[0];
    let overrun = drops(&call, receiver.endpoint, DropReason::HistoryOverrun);
    assert!(overrun > 0, "nothing is kept for three seconds if others need the place");
    assert_eq!(sink.rtp + overrun, 4_000);

    // Each one that left is the one its number says.
    let mut index = lahn::srtp::ReceiveIndex::default();
    let newest = sink.newest_seq(receiver.ssrc);
    for (_, bytes) in sink.written().filter(|(path, _)| *path == receiver.path) {
        let mut sealed = bytes.to_vec();
        let seq = u16::from_be_bytes([sealed[2], sealed[3]]);
        let header_len = 16 + 4 * usize::from(u16::from_be_bytes([sealed[14], sealed[15]]));
        let payload = receiver
            .opens
            .rtp(&mut index, receiver.ssrc, lahn::Seq(seq), header_len, &mut sealed)
            .expect("sealed for this receiver");
        let number = 3_999 - u64::from(newest.wrapping_sub(seq));
        assert_eq!(payload[payload.len() - 8..], number.to_be_bytes());
    }
}
