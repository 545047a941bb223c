//! Addresses change: ICE restarts from either side, NAT rebinding, several addresses.

use lahn::DropReason;

use crate::support::*;

fn call(seed: u64) -> (World, Who, Who) {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    (world, publisher, receiver)
}

/// Asserts that the receiver has every packet and goes on receiving.
#[track_caller]
fn goes_on(world: &mut World, publisher: Who, receiver: Who) {
    let before = world.participants[receiver].received.len();
    world.run_for(secs(2));
    let sent = &world.participants[publisher].publications[0].sent;
    let received: Vec<_> = world.participants[receiver].received.iter().collect();
    assert!(received.len() >= before + 220, "only {} more", received.len() - before);
    check::is_a_faithful_copy(sent, &received);
}

/// An ICE restart by an offer of the participant's.
fn restart(world: &mut World, who: Who) {
    let now = world.now;
    let endpoint = world.endpoint(who);
    let rtc = &mut world.participants[who].rtc;
    let mut change = rtc.sdp_api();
    change.ice_restart(true);
    let (offer, pending) = change.apply().expect("a restart needs an offer");
    let answer = world
        .engine
        .accept_offer(now, endpoint, &offer.to_sdp_string())
        .expect("the engine takes a restart");
    let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).expect("it parses");
    let participant = &mut world.participants[who];
    participant.rtc.sdp_api().accept_answer(pending, answer).expect("it fits");
    participant.drain(now);
    world.settle();
}

fn ufrag(sdp: &str) -> String {
    let line = sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).expect("an ice-ufrag");
    line.to_owned()
}

#[test]
fn restart_from_the_publisher_keeps_media_flowing() {
    let (mut world, publisher, receiver) = call(100);
    restart(&mut world, publisher);
    goes_on(&mut world, publisher, receiver);
    goes_on(&mut world, publisher, receiver);
}

#[test]
fn restart_from_the_receiver_keeps_media_flowing() {
    let (mut world, publisher, receiver) = call(101);
    restart(&mut world, receiver);
    goes_on(&mut world, publisher, receiver);
    goes_on(&mut world, publisher, receiver);
}

#[test]
fn restart_from_the_engine_keeps_media_flowing() {
    let (mut world, publisher, receiver) = call(102);
    for who in [publisher, receiver] {
        world.engine.restart_ice(world.now, world.endpoint(who)).expect("it lives");
        world.settle();
        goes_on(&mut world, publisher, receiver);
        goes_on(&mut world, publisher, receiver);
    }
}

#[test]
fn restart_from_the_engine_offers_new_credentials() {
    let (mut world, _, receiver) = call(103);
    world.negotiates = false;
    let endpoint = world.endpoint(receiver);
    let mut seen = Vec::new();
    for _ in 0..2 {
        world.engine.restart_ice(world.now, endpoint).expect("it lives");
        world.settle();
        let offer = world.engine.create_offer(world.now, endpoint).expect("may offer");
        let offer = offer.expect("a restart needs an offer");
        seen.push(ufrag(&offer));
        let answer = world.participants[receiver].answer(world.now, &offer);
        world.engine.accept_answer(world.now, endpoint, &answer).expect("it fits");
        world.settle();
        world.run_for(secs(1));
    }
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn restart_may_move_to_another_address() {
    let (mut world, publisher, receiver) = call(104);
    // The old address is gone; the participant is at another one and tells by an ICE restart.
    let address: std::net::SocketAddr = ([10, 0, 9, 9], 50_000).into();
    let candidate = str0m::Candidate::host(address, "udp").expect("a host candidate");
    world.participants[receiver].rtc.add_local_candidate(candidate);
    world.participants[receiver].inner = address;
    world.participants[receiver].outer = address;
    restart(&mut world, receiver);
    world.run_for(secs(3));
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(receiver)).expect("lives");
    assert_eq!(stats.remote, Some(address));
    let before = world.participants[receiver].received.len();
    world.run_for(secs(1));
    assert!(world.participants[receiver].received.len() > before + 100);
    assert!(publisher != receiver);
}

#[test]
fn receiver_behind_a_nat_that_rebinds_is_found_again() {
    let (mut world, _, receiver) = call(105);
    world.rebind(receiver);
    let outer = world.participants[receiver].outer;
    world.run_until("the engine follows", secs(20), |w| {
        let stats = w.engine.endpoint_stats(w.now, w.endpoint(receiver)).expect("it lives");
        stats.remote == Some(outer)
    });
    let before = world.participants[receiver].received.len();
    world.run_for(secs(2));
    assert!(world.participants[receiver].received.len() > before + 200);
}

#[test]
fn publisher_behind_a_nat_that_rebinds_is_heard_again() {
    let (mut world, publisher, receiver) = call(106);
    world.rebind(publisher);
    let outer = world.participants[publisher].outer;
    world.run_for(ms(100));
    // ICE has not vouched for the new address yet.
    let before = world.participants[receiver].received.len();
    assert!(world.engine.drops().get(DropReason::UnknownAddress) > 0);
    world.run_until("the engine follows", secs(20), |w| {
        let stats = w.engine.endpoint_stats(w.now, w.endpoint(publisher)).expect("it lives");
        stats.remote == Some(outer)
    });
    world.run_for(secs(2));
    assert!(world.participants[receiver].received.len() > before + 200);
}

#[test]
fn rebinding_twice_is_no_worse_than_once() {
    let (mut world, _, receiver) = call(107);
    for _ in 0..2 {
        world.rebind(receiver);
        world.run_for(secs(20));
        let before = world.participants[receiver].received.len();
        world.run_for(secs(1));
        assert!(world.participants[receiver].received.len() > before + 100);
    }
}

#[test]
fn receiver_whose_address_was_stolen_by_nobody_keeps_its_own() {
    // A stranger's datagrams from another address move nothing: only ICE does.
    let (mut world, publisher, receiver) = call(108);
    let stolen: Vec<Vec<u8>> = world
        .captured
        .iter()
        .filter(|c| !c.from_engine && c.who == receiver && c.is_srtp_or_srtcp())
        .map(|c| c.bytes.clone())
        .collect();
    assert!(!stolen.is_empty());
    for bytes in stolen {
        world.give_engine(([203, 0, 113, 9], 9_999).into(), bytes);
    }
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(receiver)).expect("lives");
    assert_eq!(stats.remote, Some(world.participants[receiver].outer));
    goes_on(&mut world, publisher, receiver);
}

#[test]
fn participants_meet_across_ip_versions() {
    let mut world = World::new(109);
    let conference = world.conference;
    let all = [ENGINE, ENGINE_TOO[0], ENGINE_TOO[1]];
    let publisher = world.add_participant_at(conference, ([10, 0, 1, 1], 40_000).into(), &all);
    let six = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 2);
    let receiver = world.add_participant_at(conference, (six, 40_000).into(), &all);
    world.publish(publisher, &[Medium::Video]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    goes_on(&mut world, publisher, receiver);
    let remote = |world: &World, who| {
        world.engine.endpoint_stats(world.now, world.endpoint(who)).expect("it lives").remote
    };
    assert!(remote(&world, receiver).is_some_and(|address| address.is_ipv6()));
    assert!(remote(&world, publisher).is_some_and(|address| address.is_ipv4()));
}

#[test]
fn first_address_that_works_is_used() {
    let mut world = World::new(110);
    let conference = world.conference;
    let unreachable: std::net::SocketAddr = ([198, 51, 100, 1], 5_000).into();
    let local = [unreachable, ENGINE_TOO[0]];
    let receiver = world.add_participant_at(conference, ([10, 0, 1, 9], 40_000).into(), &local);
    let publisher = world.join(&[Medium::Video]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    goes_on(&mut world, publisher, receiver);
}
