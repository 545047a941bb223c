//! Ends: a participant leaves, is removed, falls silent, never comes; a conference closes.

use lahn::{CloseReason, Event};

use crate::support::*;

/// Three who all publish and all receive each other.
fn meeting(seed: u64) -> (World, [Who; 3]) {
    let mut world = World::new(seed);
    let all = [0; 3].map(|_| world.join(&[Medium::Audio, Medium::Video]));
    for receiver in all {
        for publisher in all {
            if receiver != publisher {
                world.subscribe_all(receiver, publisher);
            }
        }
    }
    world.connect();
    world.run_for(secs(1));
    (world, all)
}

/// Asserts that `who` is gone for `reason`, after its sources, and that the other two go on.
#[track_caller]
fn is_gone_and_the_others_go_on(
    world: &mut World,
    who: Who,
    sources: &[lahn::SourceId],
    reason: CloseReason,
) {
    let endpoint = world.endpoint(who);
    let closed = Event::EndpointClosed { endpoint, reason };
    let at = |event: &Event| world.events.iter().position(|(_, e)| e == event);
    let closed_at = at(&closed).unwrap_or_else(|| panic!("no {closed:?}"));
    for source in sources {
        let removed = Event::SourceRemoved { source: *source, endpoint };
        assert!(at(&removed).is_some_and(|at| at < closed_at), "no {removed:?} before");
        assert!(world.engine.source_info(*source).is_err(), "the id lives on");
    }
    assert!(world.engine.endpoint_stats(world.now, endpoint).is_err(), "the id lives on");

    let others: Vec<Who> = (0..world.participants.len()).filter(|w| *w != who).collect();
    world.run_for(ms(200));
    let before: Vec<usize> = others.iter().map(|w| world.participants[*w].received.len()).collect();
    world.run_for(secs(1));
    for (other, before) in others.iter().zip(before) {
        let more = world.participants[*other].received.len() - before;
        // 50 audio and 120 video packets of the one who stayed.
        assert!((160..=180).contains(&more), "{other} got {more} packets");
        let subscriptions = world.engine.subscriptions(world.endpoint(*other)).expect("it lives");
        assert_eq!(subscriptions.len(), 2);
    }
}

#[test]
fn publisher_that_is_removed_is_told_and_its_sources_go() {
    let (mut world, [leaver, ..]) = meeting(30);
    let sources = world.sources(leaver);
    assert_eq!(sources.len(), 2);
    world.engine.remove_endpoint(world.now, world.endpoint(leaver)).expect("it lives");
    world.settle();
    world.run_for(ms(100));
    assert!(world.participants[leaver].closed, "nobody told it");
    world.participants[leaver].gone = true;
    is_gone_and_the_others_go_on(&mut world, leaver, &sources, CloseReason::Removed);
}

#[test]
fn participant_that_says_goodbye_is_closed_at_once() {
    let (mut world, [leaver, ..]) = meeting(31);
    let sources = world.sources(leaver);
    world.participants[leaver].rtc.close().expect("it may close");
    let from = world.now;
    world.run_for(ms(100));
    // RFC 8446 §6.1: close_notify is answered by close_notify. DTLS by its first byte (RFC 7983).
    let answers = |c: &&Captured| {
        c.from_engine && c.who == leaver && c.at > from && (20..64).contains(&c.bytes[0])
    };
    assert_eq!(world.captured.iter().filter(answers).count(), 1);
    is_gone_and_the_others_go_on(&mut world, leaver, &sources, CloseReason::PeerClosed);
}

#[test]
fn silent_participant_is_closed_after_the_idle_time_out() {
    let (mut world, [leaver, ..]) = meeting(32);
    let sources = world.sources(leaver);
    world.participants[leaver].gone = true;
    world.run_for(secs(28));
    assert!(world.engine.endpoint_stats(world.now, world.endpoint(leaver)).is_ok(), "too early");
    world.run_for(secs(4));
    is_gone_and_the_others_go_on(&mut world, leaver, &sources, CloseReason::IdleTimeout);
}

#[test]
fn participant_that_never_connects_is_closed_after_the_connect_time_out() {
    let mut world = World::new(33);
    let conference = world.conference;
    let who = world.add_participant(conference);
    world.participants[who].gone = true;
    world.run_for(secs(29));
    assert!(world.engine.endpoint_stats(world.now, world.endpoint(who)).is_ok(), "too early");
    world.run_for(secs(2));
    let endpoint = world.endpoint(who);
    let reason = CloseReason::ConnectTimeout;
    assert!(world.has_event(&Event::EndpointClosed { endpoint, reason }));
}

#[test]
fn closing_a_conference_closes_everybody_in_it() {
    let (mut world, all) = meeting(34);
    let conference = world.conference;
    world.engine.close_conference(world.now, conference).expect("it is open");
    world.settle();
    world.run_for(ms(200));
    for who in all {
        let endpoint = world.endpoint(who);
        let reason = CloseReason::Removed;
        assert!(world.has_event(&Event::EndpointClosed { endpoint, reason }));
        assert!(world.participants[who].closed, "{who} was not told");
        assert!(world.engine.endpoint_stats(world.now, endpoint).is_err());
    }
    assert!(world.engine.sources(conference).is_err());
    assert!(world.engine.add_endpoint(world.now, conference, &[ENGINE]).is_err());
}

#[test]
fn nobody_who_leaves_is_asked_to_negotiate() {
    let (mut world, [leaver, other, _]) = meeting(37);
    let from = world.events.len();
    world.engine.remove_endpoint(world.now, world.endpoint(leaver)).expect("it lives");
    world.settle();
    let asked = |who: Who| {
        let wanted = Event::NegotiationNeeded { endpoint: world.endpoint(who) };
        world.events[from..].iter().filter(|(_, event)| *event == wanted).count()
    };
    assert_eq!((asked(leaver), asked(other)), (0, 1));
}

#[test]
fn engine_sends_nothing_more_to_one_who_left() {
    let (mut world, [leaver, ..]) = meeting(35);
    world.participants[leaver].rtc.close().expect("it may close");
    world.run_for(ms(200));
    let sent = world.captured.iter().filter(|c| c.from_engine && c.who == leaver).count();
    world.run_for(secs(2));
    let later = world.captured.iter().filter(|c| c.from_engine && c.who == leaver).count();
    assert_eq!(sent, later);
}

#[test]
fn one_who_left_may_come_back() {
    let (mut world, [leaver, other, _]) = meeting(36);
    world.participants[leaver].rtc.close().expect("it may close");
    world.run_for(ms(200));
    world.participants[leaver].gone = true;
    let again = world.join(&[Medium::Video]);
    world.subscribe_all(again, other);
    world.subscribe_all(other, again);
    world.connect();
    world.run_for(secs(1));
    let sent = &world.participants[again].publications[0].sent;
    let came = |r: &&Received| check::place(sent, &r.payload).is_some();
    assert!(world.participants[other].received.iter().filter(came).count() > 60);
    assert!(world.participants[again].received.len() > 100);
}
