//! A network that reorders and repeats: everything arrives, nothing twice.

use crate::support::*;

#[test]
fn reordered_and_duplicated_packets_arrive_whole_and_once() {
    let mut world = World::new(50);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receivers = [world.join(&[]), world.join(&[])];
    for receiver in receivers {
        world.subscribe_all(receiver, publisher);
    }
    world.connect();
    world.run_for(secs(1));
    for participant in &mut world.participants {
        for link in [&mut participant.up, &mut participant.down] {
            link.jitter = ms(15);
            link.duplication = 0.1;
        }
    }
    world.run_for(secs(4));
    for participant in &mut world.participants {
        participant.publications.iter_mut().for_each(|p| p.active = false);
    }
    world.run_for(secs(1));

    for receiver in receivers {
        let subscriptions = world.engine.subscriptions(world.endpoint(receiver)).expect("lives");
        for (place, subscription) in subscriptions.into_iter().enumerate() {
            let sent = &world.participants[publisher].publications[place].sent;
            let received = world.participants[receiver].received_in(&world.mid(subscription));
            let start = check::is_a_faithful_copy(sent, &received);
            assert_eq!(start + received.len(), sent.len());
            // Audio packets are 20 ms apart: they seldom overtake each other.
            let reordered = !received.is_sorted_by_key(|p| p.seq);
            assert!(reordered || place == 0, "the network did not reorder");
        }
    }
}

#[test]
fn duplicates_do_not_leave_the_engine() {
    let mut world = World::new(51);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.participants[publisher].up.duplication = 0.5;
    world.run_for(secs(3));

    let own = world.ssrc(video);
    let repeated = check::repeated(
        world.rtp_to(receiver).filter(|p| p.ssrc() == own).map(|p| (p.ssrc(), p.seq())),
    );
    assert!(repeated.is_empty(), "{repeated:?}");
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(publisher)).expect("lives");
    assert!(stats.drops.get(lahn::DropReason::Replayed) > 50);
}

#[test]
fn mild_reordering_is_not_taken_for_loss() {
    let mut world = World::new(52);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    world.participants[publisher].up.jitter = ms(3);
    world.run_for(secs(3));
    let source = world.sources(publisher)[0];
    let stats = world.engine.source_stats(world.now, source).expect("it lives");
    assert_eq!(stats.encodings[0].nack_count, 0, "{stats:?}");
}
