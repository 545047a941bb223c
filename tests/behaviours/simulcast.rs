//! A publisher with three encodings, told apart by their restriction ids.

use lahn::Event;
use lahn::params::MediaKind;

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

fn call(seed: u64) -> (World, Who, Who, lahn::SubscriptionId) {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Simulcast]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(2));
    (world, publisher, receiver, video)
}

#[test]
fn best_encoding_is_forwarded_until_another_is_chosen() {
    let (mut world, publisher, receiver, video) = call(140);
    world.run_for(secs(1));
    let received = world.participants[receiver].received_in(&world.mid(video));
    assert!(received.len() > 200, "{} packets", received.len());
    let encodings = encodings_of(&world, publisher, &received);
    assert!(encodings.iter().all(|encoding| *encoding == 2), "others slipped in");
    check::is_a_faithful_copy(&world.participants[publisher].publications[2].sent, &received);
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert_eq!(stats.encoding, Some(2));
}

#[test]
fn chosen_encoding_takes_over_at_its_key_frame() {
    let (mut world, publisher, receiver, video) = call(141);
    let mid = world.mid(video);
    for (from, to) in [(2, 0), (0, 1), (1, 2)] {
        let before = world.participants[receiver].received_in(&mid).len();
        world.engine.set_encoding(world.now, video, to).expect("it has three");
        world.settle();
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
        let started = Event::SubscriptionStarted { subscription: video, encoding: to };
        assert!(world.has_event(&started));
    }
}

#[test]
fn key_frame_is_asked_of_the_wanted_encoding_only() {
    let (mut world, publisher, _, video) = call(142);
    let from = world.now;
    world.engine.set_encoding(world.now, video, 0).expect("it has three");
    world.settle();
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
    world.engine.set_encoding(world.now, others, 0).expect("it has three");
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
fn encoding_that_is_not_there_cannot_be_chosen() {
    let (mut world, _, _, video) = call(144);
    assert!(world.engine.set_encoding(world.now, video, 3).is_err());
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert_eq!(stats.encoding, Some(2));
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
    let start = check::is_a_faithful_copy(sent, &received);
    assert_eq!(start + received.len(), sent.len());
}
