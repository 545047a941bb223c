//! Offers from both sides, in every order.

use lahn::params::MediaKind;
use lahn::{Event, SourceInfo};
use str0m::change::SdpAnswer;
use str0m::media::Direction;

use crate::support::*;

#[test]
fn both_who_publish_also_receive_each_other() {
    let mut world = World::new(110);
    let all =
        [world.join(&[Medium::Audio, Medium::Video]), world.join(&[Medium::Audio, Medium::Video])];
    world.subscribe_all(all[0], all[1]);
    world.subscribe_all(all[1], all[0]);
    world.connect();
    world.run_for(secs(2));
    for (receiver, publisher) in [(all[0], all[1]), (all[1], all[0])] {
        let subscriptions = world.engine.subscriptions(world.endpoint(receiver)).expect("lives");
        for (place, subscription) in subscriptions.into_iter().enumerate() {
            let sent = &world.participants[publisher].publications[place].sent;
            let received = world.participants[receiver].received_in(&world.mid(subscription));
            check::is_a_faithful_copy(sent, &received);
            assert!(received.len() > 60);
        }
    }
}

#[test]
fn source_added_in_mid_call_appears_and_can_be_received() {
    let mut world = World::new(111);
    let publisher = world.join(&[Medium::Audio]);
    let receiver = world.join(&[Medium::Audio]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    assert_eq!(world.sources(publisher).len(), 1);

    world.publish(publisher, &[Medium::Video]);
    assert_eq!(world.sources(publisher).len(), 2);
    let source = world.source(publisher, MediaKind::Video);
    let endpoint = world.endpoint(publisher);
    assert!(world.has_event(&Event::SourceAdded { source, endpoint, kind: MediaKind::Video }));
    let video = world.subscribe(receiver, source);
    world.run_for(secs(2));
    let received = world.participants[receiver].received_in(&world.mid(video));
    check::is_a_faithful_copy(&world.participants[publisher].publications[1].sent, &received);
    assert!(received.len() > 150);
}

#[test]
fn source_withdrawn_in_mid_call_disappears() {
    let mut world = World::new(112);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    let source = world.source(publisher, MediaKind::Video);

    let (now, endpoint) = (world.now, world.endpoint(publisher));
    world.participants[publisher].publications[1].active = false;
    let mid = world.participants[publisher].publications[1].mid;
    let rtc = &mut world.participants[publisher].rtc;
    let mut change = rtc.sdp_api();
    change.set_direction(mid, Direction::Inactive);
    let (offer, pending) = change.apply().expect("a change");
    let answer = world.engine.accept_offer(now, endpoint, &offer.to_sdp_string()).expect("taken");
    let answer = SdpAnswer::from_sdp_string(&answer).expect("it parses");
    rtc.sdp_api().accept_answer(pending, answer).expect("it fits");
    world.participants[publisher].drain(now);
    world.settle();

    assert!(world.has_event(&Event::SourceRemoved { source, endpoint }));
    assert!(world.engine.source_info(source).is_err());
    let left = world.engine.subscriptions(world.endpoint(receiver)).expect("it lives");
    assert_eq!(left.len(), 1);
    world.run_for(ms(100));
    let before = world.participants[receiver].received.len();
    world.run_for(secs(1));
    let more = world.participants[receiver].received.len() - before;
    assert!((48..=52).contains(&more), "{more} packets beside the audio");
}

#[test]
fn offer_that_crosses_the_engines_wins_and_the_engine_asks_again() {
    let mut world = World::new(113);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[Medium::Audio]);
    world.connect();
    world.negotiates = false;
    let video = world.subscribe_all(receiver, publisher)[0];
    let endpoint = world.endpoint(receiver);
    let crossed = world.engine.create_offer(world.now, endpoint).expect("may").expect("a change");
    world.events.clear();

    // The participant has not seen it and offers something itself.
    world.publish(receiver, &[Medium::Video]);
    assert_eq!(world.sources(receiver).len(), 1, "its own offer was taken");
    assert!(world.has_event(&Event::NegotiationNeeded { endpoint }), "ours was forgotten");
    let mut somebody = Participant::new(endpoint, ENGINE, world.dtls, world.now, 999);
    let stale = somebody.answer(world.now, &crossed);
    assert!(world.engine.accept_answer(world.now, endpoint, &stale).is_err(), "too late");

    world.negotiate(endpoint);
    world.settle();
    world.run_for(secs(2));
    assert!(world.engine.subscription_info(video).expect("it lives").negotiated);
    assert!(world.participants[receiver].received_in(&world.mid(video)).len() > 100);
}

#[test]
fn nothing_to_tell_is_no_offer() {
    let mut world = World::new(114);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    for who in [publisher, receiver] {
        let offer = world.engine.create_offer(world.now, world.endpoint(who)).expect("may offer");
        assert!(offer.is_none(), "{offer:?}");
    }
}

#[test]
fn negotiation_is_asked_for_once_until_it_is_done() {
    let mut world = World::new(115);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[Medium::Audio]);
    world.connect();
    world.negotiates = false;
    world.subscribe_all(receiver, publisher);
    let endpoint = world.endpoint(receiver);
    let asked = |world: &World| {
        let wanted = Event::NegotiationNeeded { endpoint };
        world.events.iter().filter(|(_, event)| *event == wanted).count()
    };
    assert_eq!(asked(&world), 1);
    world.negotiate(endpoint);
    world.settle();
    assert_eq!(asked(&world), 1);
    let subscriptions = world.engine.subscriptions(endpoint).expect("it lives");
    assert_eq!(subscriptions.len(), 2);
    for subscription in subscriptions {
        assert!(world.engine.subscription_info(subscription).expect("it lives").negotiated);
    }
}

#[test]
fn sources_carry_what_was_signalled() {
    let mut world = World::new(116);
    let publisher = world.join(&[Medium::Audio, Medium::Simulcast]);
    let infos: Vec<SourceInfo> = world
        .sources(publisher)
        .into_iter()
        .map(|source| world.engine.source_info(source).expect("it lives"))
        .collect();
    assert_eq!(infos.len(), 2);
    let publications = &world.participants[publisher].publications;
    for (info, publication) in infos.iter().zip(publications) {
        assert_eq!(info.endpoint, world.endpoint(publisher));
        assert_eq!(info.mid.as_str(), &*publication.mid);
        assert_eq!(info.stream_id, "stream");
        assert!(!info.track_id.is_empty());
    }
    assert_eq!([infos[0].kind, infos[1].kind], [MediaKind::Audio, MediaKind::Video]);
    assert_eq!(infos[0].encodings, [None]);
    let rids: Vec<_> =
        infos[1].encodings.iter().map(|rid| rid.expect("simulcast").to_string()).collect();
    assert_eq!(rids, ["l", "m", "h"]);
}

#[test]
fn participant_that_trickles_its_candidate_connects() {
    let mut world = World::new(117);
    let conference = world.conference;
    let who = world.add_participant(conference);
    let (now, endpoint) = (world.now, world.endpoint(who));
    let engine = &mut world.engine;
    let mut trickled = Vec::new();
    world.participants[who]
        .publish(now, &[Medium::Audio], |offer| {
            let (candidates, rest): (Vec<_>, Vec<_>) =
                offer.lines().partition(|line| line.starts_with("a=candidate:"));
            trickled = candidates.iter().map(|line| line["a=".len()..].to_owned()).collect();
            engine.accept_offer(now, endpoint, &(rest.join("\r\n") + "\r\n"))
        })
        .expect("an offer without candidates");
    assert!(!trickled.is_empty());
    world.settle();
    for candidate in trickled.iter().map(String::as_str).chain([""]) {
        world.engine.add_remote_candidate(world.now, endpoint, candidate).expect("it parses");
    }
    world.connect();
}
