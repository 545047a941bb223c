//! No SRTP leaves for anybody who is not connected: neither ours, nor str0m's, which must never
//! have a key (ARCHITECTURE §1.2).

use lahn::Event;

use crate::support::*;

#[test]
fn no_srtp_leaves_before_the_endpoint_is_connected() {
    let mut world = World::new(130);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    // A slow handshake leaves time to make the mistake in.
    world.participants[receiver].up.delay = ms(400);
    world.participants[receiver].down.delay = ms(400);
    world.run_for(secs(8));

    for who in [publisher, receiver] {
        let endpoint = world.endpoint(who);
        let connected = world.events.iter().find_map(|(at, event)| match event {
            Event::EndpointConnected { endpoint: e, .. } if *e == endpoint => Some(*at),
            _ => None,
        });
        let connected = connected.expect("it is connected");
        let ours = || world.captured.iter().filter(|c| c.from_engine && c.who == who);
        assert!(ours().any(|c| c.at < connected), "the handshake came first");
        assert!(ours().any(Captured::is_srtp_or_srtcp), "media came in the end");
        let early = ours().filter(|c| c.is_srtp_or_srtcp() && c.at < connected).count();
        assert_eq!(early, 0, "{early} SRTP datagrams before the keys were there");
    }
}

#[test]
fn every_srtp_datagram_can_be_opened_by_its_receiver() {
    // Were there a second sender on one key, its datagrams would be replays or forgeries to the
    // receiver: here each one that leaves is one that arrives.
    let mut world = World::new(131);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(5));
    let sent = world.rtp_to(receiver).count();
    world.run_for(ms(50));
    let received = world.participants[receiver].received.len();
    assert!(received >= sent && sent > 500, "{received} of {sent}");
}
