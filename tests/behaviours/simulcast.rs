//! A publisher with three encodings, told apart by their restriction ids.

use lahn::params::MediaKind;
use lahn::{Constraints, Event, SubscriptionId};

use crate::support::*;

/// From which of the publisher's encodings each packet came. What a forwarder may rewrite, the
/// payload descriptor (six bytes here), is left out of the comparison.
fn encodings_of(world: &World, publisher: Who, received: &[&Received]) -> Vec<usize> {
    let publications = &world.participants[publisher].publications;
    received
        .iter()
        .map(|packet| {
            publications
                .iter()
                .position(|p| check::place_of_body(&p.sent, &packet.payload).is_some())
                .expect("it was published")
        })
        .collect()
}

/// At most this encoding.
fn limit(world: &mut World, subscription: SubscriptionId, encoding: u8) {
    let constraints = Constraints { max_spatial: Some(encoding), ..Constraints::default() };
    world.engine.set_constraints(world.now, subscription, constraints).expect("it lives");
    world.settle();
}

/// The encoding that flows.
fn flowing(world: &World, subscription: SubscriptionId) -> Option<u8> {
    let stats = world.engine.subscription_stats(world.now, subscription).expect("it lives");
    stats.layer.map(|layer| layer.encoding)
}

fn call(seed: u64) -> (World, Who, Who, SubscriptionId) {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Simulcast]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(2));
    (world, publisher, receiver, video)
}

#[test]
fn best_encoding_is_forwarded_while_there_is_no_limit() {
    let (mut world, publisher, receiver, video) = call(140);
    world.run_for(secs(1));
    let received = world.participants[receiver].received_in(&world.mid(video));
    assert!(received.len() > 200, "{} packets", received.len());
    let encodings = encodings_of(&world, publisher, &received);
    // The lower ones come first: something is seen until the best has come.
    let best = encodings.iter().position(|encoding| *encoding == 2).expect("it came");
    assert!(encodings.is_sorted() && best < 10, "others slipped in: {encodings:?}");
    let sent = &world.participants[publisher].publications[2].sent;
    check::is_a_faithful_copy(sent, &received[best..]);
    assert_eq!(flowing(&world, video), Some(2));
}

#[test]
fn best_encoding_within_the_limit_takes_over_at_its_key_frame() {
    let (mut world, publisher, receiver, video) = call(141);
    let mid = world.mid(video);
    for (from, to) in [(2, 0), (0, 1), (1, 2)] {
        let before = world.participants[receiver].received_in(&mid).len();
        let events_before = world.events.len();
        limit(&mut world, video, u8::try_from(to).expect("few"));
        world.run_for(secs(1));
        let received = &world.participants[receiver].received_in(&mid)[before..];
        let encodings = encodings_of(&world, publisher, received);
        let switch = encodings.iter().position(|e| *e == to).expect("it switched");
        assert!(encodings[..switch].iter().all(|e| *e == from), "{encodings:?}");
        assert!(encodings[switch..].iter().all(|e| *e == to), "{encodings:?}");

        // The first packet is a key frame's, the numbers go on, the picture clock too.
        let first = received[switch];
        let sent = &world.participants[publisher].publications[to].sent;
        let original = sent.iter().find(|s| s.payload[6..] == first.payload[6..]).expect("sent");
        assert!(original.is_entry, "switched in the middle");
        let last = received[switch - 1];
        assert!((1..=2).contains(&(first.seq - last.seq)), "{} after {}", first.seq, last.seq);
        let ticks = first.timestamp.wrapping_sub(last.timestamp).cast_signed();
        assert!((1..=12_000).contains(&ticks), "{ticks} ticks across the switch");
        let told = world.events[events_before..].iter().any(|(_, event)| {
            matches!(event, Event::LayerChanged { subscription, layer: Some(layer), .. }
                if *subscription == video && usize::from(layer.encoding) == to)
        });
        assert!(told, "nobody was told of {to}");
    }
}

#[test]
fn key_frame_is_asked_of_the_wanted_encoding_only() {
    let (mut world, publisher, _, video) = call(142);
    let from = world.now;
    limit(&mut world, video, 0);
    world.run_for(secs(1));
    let requests = &world.participants[publisher].key_frame_requests;
    let rids: Vec<_> = requests
        .iter()
        .filter(|(at, _)| *at >= from)
        .map(|(_, request)| request.rid.expect("simulcast").to_string())
        .collect();
    assert_eq!(rids, ["l"]);
}

#[test]
fn two_receivers_may_watch_two_encodings() {
    let (mut world, publisher, receiver, video) = call(143);
    let other = world.join(&[]);
    let others = world.subscribe_all(other, publisher)[0];
    limit(&mut world, others, 0);
    world.connect();
    world.run_for(secs(1));
    let before = [(receiver, video), (other, others)]
        .map(|(who, s)| world.participants[who].received_in(&world.mid(s)).len());
    world.run_for(secs(1));
    for ((who, subscription), (before, encoding)) in
        [(receiver, video), (other, others)].into_iter().zip(before.into_iter().zip([2, 0]))
    {
        let received = &world.participants[who].received_in(&world.mid(subscription))[before..];
        assert!(received.len() >= 28);
        let encodings = encodings_of(&world, publisher, received);
        assert!(encodings.iter().all(|e| *e == encoding), "{who}: {encodings:?}");
    }
}

#[test]
fn limit_beyond_the_best_encoding_is_no_limit() {
    let (mut world, _, _, video) = call(144);
    for beyond in [3, u8::MAX] {
        limit(&mut world, video, 0);
        world.run_for(secs(1));
        assert_eq!(flowing(&world, video), Some(0));
        limit(&mut world, video, beyond);
        world.run_for(secs(1));
        assert_eq!(flowing(&world, video), Some(2), "at most {beyond}");
        let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
        assert_eq!(stats.target.encoding, 2, "at most {beyond}");
    }
}

#[test]
fn constraints_are_told_as_they_were_set_and_pausing_changes_no_other() {
    let (mut world, _, _, video) = call(147);
    let told = |world: &World| world.engine.constraints(video).expect("it lives");
    assert_eq!(told(&world), Constraints::default());
    let constraints = Constraints {
        max_width: Some(640),
        max_height: Some(360),
        max_frame_rate: Some(15),
        max_spatial: Some(1),
        max_temporal: Some(0),
        priority: 200,
        on_stage: true,
        paused: false,
        pausable: false,
    };
    world.engine.set_constraints(world.now, video, constraints).expect("it lives");
    assert_eq!(told(&world), constraints);
    world.engine.set_paused(world.now, video, true).expect("it lives");
    assert_eq!(told(&world), Constraints { paused: true, ..constraints });
}

#[test]
fn every_encoding_has_its_own_figures() {
    let (world, publisher, ..) = call(145);
    let source = world.source(publisher, MediaKind::Video);
    let stats = world.engine.source_stats(world.now, source).expect("it lives");
    let rids: Vec<_> = stats.encodings.iter().map(|e| e.rid.expect("named").to_string()).collect();
    assert_eq!(rids, ["l", "m", "h"]);
    let received: Vec<_> = stats.encodings.iter().map(|e| e.packets_received).collect();
    assert!(received[0] >= 50 && received[1] >= 100 && received[2] >= 200, "{received:?}");
    assert!(stats.encodings.iter().all(|e| e.ssrc.is_some() && e.codec.is_some()));
}

#[test]
fn loss_is_repaired_in_simulcast_too() {
    let (mut world, publisher, receiver, video) = call(146);
    let mut count = 0;
    world.participants[publisher].up.lose_if = Some(Box::new(move |bytes: &[u8]| {
        let is_rtp = (128..=191).contains(&bytes[0]) && !(192..=223).contains(&bytes[1]);
        count += u32::from(is_rtp);
        is_rtp && count % 31 == 0
    }));
    world.run_for(secs(3));
    world.participants[publisher].up.lose_if = None;
    world.run_for(secs(1));
    world.participants[publisher].publications.iter_mut().for_each(|p| p.active = false);
    world.run_for(secs(1));
    let received = world.participants[receiver].received_in(&world.mid(video));
    let sent = &world.participants[publisher].publications[2].sent;
    let best = received.into_iter().filter(|p| check::place_of_body(sent, &p.payload).is_some());
    let best: Vec<_> = best.collect();
    let start = check::is_a_faithful_copy(sent, &best);
    assert_eq!(start + best.len(), sent.len());
}
