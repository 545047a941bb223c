//! Two conferences on one engine know nothing of each other.

use lahn::params::MediaKind;

use crate::support::*;

#[test]
fn media_of_one_conference_never_reaches_the_other() {
    let mut world = World::new(60);
    let other = world.engine.open_conference().expect("room for two");
    let here = [world.join(&[Medium::Video]), world.join(&[])];
    let there = [world.join_conference(other, &[Medium::Video]), world.join_conference(other, &[])];
    world.subscribe_all(here[1], here[0]);
    world.subscribe_all(there[1], there[0]);
    world.connect();
    world.run_for(secs(2));

    for (mine, foreign) in [(here, there), (there, here)] {
        let sent = &world.participants[mine[0]].publications[0].sent;
        let received: Vec<_> = world.participants[mine[1]].received.iter().collect();
        assert!(received.len() > 100);
        check::is_a_faithful_copy(sent, &received);
        let others = &world.participants[foreign[0]].publications[0].sent;
        assert!(received.iter().all(|packet| check::place(others, &packet.payload).is_none()));
    }
}

#[test]
fn source_of_another_conference_cannot_be_subscribed_to() {
    let mut world = World::new(61);
    let other = world.engine.open_conference().expect("room for two");
    let publisher = world.join(&[Medium::Audio]);
    let stranger = world.join_conference(other, &[Medium::Audio]);
    world.connect();
    let source = world.source(publisher, MediaKind::Audio);
    let refused = world.engine.subscribe(world.now, world.endpoint(stranger), source);
    assert!(refused.is_err());
    assert!(world.engine.subscriptions(world.endpoint(stranger)).expect("it lives").is_empty());
    assert_eq!(world.engine.sources(other).expect("open"), world.sources(stranger));
}

#[test]
fn closing_one_conference_leaves_the_other() {
    let mut world = World::new(62);
    let other = world.engine.open_conference().expect("room for two");
    let here = [world.join(&[Medium::Video]), world.join(&[])];
    let there = world.join_conference(other, &[Medium::Video]);
    world.subscribe_all(here[1], here[0]);
    world.connect();
    world.run_for(secs(1));
    world.engine.close_conference(world.now, other).expect("it is open");
    world.settle();
    world.participants[there].gone = true;
    let before = world.participants[here[1]].received.len();
    world.run_for(secs(1));
    assert!(world.participants[here[1]].received.len() > before + 100);
}
