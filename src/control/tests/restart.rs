//! ICE restarts (RFC 8445 §9), from both sides.

use std::time::Duration;

use super::rig::{CLIENT, Rig, path};

const ELSEWHERE: &str = "203.0.113.99:50001";

#[test]
fn restart_of_the_clients_gets_new_credentials_and_keeps_the_keys() {
    let mut rig = Rig::connected();
    let before = rig.server.local_ufrag();
    rig.client_offers(|api| {
        api.ice_restart(true);
    });
    let after = rig.server.local_ufrag();
    assert_ne!(before, after);
    assert_eq!(rig.server.local_ufrags().collect::<Vec<_>>(), [after.as_str(), before.as_str()]);
    rig.move_client(ELSEWHERE);
    rig.run(Duration::from_secs(3));
    assert_eq!(rig.paths(), [path(CLIENT), path(ELSEWHERE)]);
    assert!(rig.server.is_alive());
    let connected =
        rig.events.iter().filter(|e| matches!(e, crate::control::ControlEvent::Connected { .. }));
    assert_eq!(connected.count(), 1);
}

#[test]
fn restart_of_ours_is_offered_and_taken() {
    let mut rig = Rig::connected();
    let before = rig.server.local_ufrag();
    assert!(!rig.server.needs_negotiation());
    rig.server.restart_ice();
    assert!(rig.server.needs_negotiation());
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a restart");
    assert!(!rig.server.needs_negotiation());
    assert_eq!(rig.server.local_ufrag(), before);
    assert_eq!(rig.server.local_ufrags().count(), 2);
    let answer = rig.client_answers(&offer);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert_ne!(rig.server.local_ufrag(), before);
    assert!(offer.contains(&format!("a=ice-ufrag:{}\r\n", rig.server.local_ufrag())));
    assert!(!rig.server.needs_negotiation());
    rig.move_client(ELSEWHERE);
    rig.run(Duration::from_secs(3));
    assert_eq!(rig.paths().last(), Some(&path(ELSEWHERE)));
}

#[test]
fn restart_before_the_first_offer_is_no_news() {
    let (now, mut control) = super::rig::control();
    control.restart_ice();
    assert!(!control.needs_negotiation());
    assert_eq!(control.create_offer(now), Ok(None));
}

#[test]
fn offer_of_the_peers_that_crosses_our_restart_leaves_it_wished_for() {
    let mut rig = Rig::connected();
    rig.server.restart_ice();
    let ours = rig.server.create_offer(rig.now).expect("no fault").expect("a restart");
    let before = rig.server.local_ufrag();
    rig.client_offers(|api| {
        use str0m::media::{Direction, MediaKind};
        api.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
    });
    assert_eq!(rig.server.local_ufrag(), before);
    assert!(rig.server.needs_negotiation());
    rig.server_offers();
    assert_ne!(rig.server.local_ufrag(), before);
    assert!(!ours.contains(&rig.server.local_ufrag()), "a withdrawn restart is not revived");
}
