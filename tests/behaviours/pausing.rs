//! Unsubscribing and coming back; pausing and resuming.

use lahn::params::MediaKind;

use crate::support::*;

fn call(seed: u64) -> (World, Who, Who) {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    (world, publisher, receiver)
}

#[test]
fn unsubscribed_source_falls_silent_and_the_others_go_on() {
    let (mut world, _, receiver) = call(40);
    let [audio, video] =
        world.engine.subscriptions(world.endpoint(receiver)).expect("it lives")[..]
    else {
        panic!("two subscriptions")
    };
    let (audio_mid, video_mid) = (world.mid(audio), world.mid(video));
    world.engine.unsubscribe(world.now, video).expect("it lives");
    world.settle();
    world.run_for(ms(200));
    let count = |world: &World, mid| world.participants[receiver].received_in(mid).len();
    let (audio_before, video_before) = (count(&world, &audio_mid), count(&world, &video_mid));
    world.run_for(secs(1));
    assert_eq!(count(&world, &video_mid), video_before);
    assert!(count(&world, &audio_mid) >= audio_before + 49);
    assert!(world.engine.subscription_info(video).is_err(), "the id lives on");
}

#[test]
fn subscribing_again_reuses_the_section() {
    let (mut world, publisher, receiver) = call(41);
    let source = world.source(publisher, MediaKind::Video);
    let video = world.engine.subscriptions(world.endpoint(receiver)).expect("it lives")[1];
    let mid = world.mid(video);
    for _ in 0..3 {
        let old = *world
            .engine
            .subscriptions(world.endpoint(receiver))
            .expect("lives")
            .last()
            .expect("two");
        world.engine.unsubscribe(world.now, old).expect("it lives");
        world.settle();
        world.run_for(ms(300));
        let again = world.subscribe(receiver, source);
        let from = world.now;
        assert_eq!(world.mid(again), mid, "a new section for an old purpose");
        world.run_for(secs(1));

        let ssrc = world.ssrc(again);
        let received: Vec<_> = world.participants[receiver]
            .received
            .iter()
            .filter(|packet| packet.at > from && packet.ssrc == ssrc)
            .collect();
        assert!(received.len() > 90, "{} packets", received.len());
        check::is_a_faithful_copy(&world.participants[publisher].publications[1].sent, &received);
    }
}

#[test]
fn paused_subscription_sends_nothing_and_resumes_at_a_key_frame_without_a_gap() {
    let (mut world, publisher, receiver) = call(42);
    let video = world.engine.subscriptions(world.endpoint(receiver)).expect("it lives")[1];
    let mid = world.mid(video);

    world.engine.set_paused(world.now, video, true).expect("it lives");
    world.settle();
    world.run_for(ms(100));
    let before = world.participants[receiver].received_in(&mid).len();
    let sent_before = world.participants[publisher].publications[1].sent.len();
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert!(stats.paused && stats.layer.is_none());
    world.run_for(secs(1));
    assert_eq!(world.participants[receiver].received_in(&mid).len(), before);

    world.engine.set_paused(world.now, video, false).expect("it lives");
    world.settle();
    world.run_for(secs(1));
    let received = world.participants[receiver].received_in(&mid);
    let (old, new) = received.split_at(before);
    let sent = &world.participants[publisher].publications[1].sent;
    check::is_a_faithful_copy(sent, old);
    let start = check::is_a_faithful_copy(sent, new);
    assert!(start > sent_before, "resumes in the past");
    let (last, first) = (old.last().expect("some"), new[0]);
    assert_eq!(first.seq, last.seq + 1, "the pause left a gap");
    // The picture's clock went on with the wall.
    let ticks = first.timestamp.wrapping_sub(last.timestamp);
    let elapsed = (first.at - last.at).as_secs_f64() * 90_000.0;
    assert!((f64::from(ticks) - elapsed).abs() < 9_000.0, "{ticks} ticks in {elapsed}");
}

#[test]
fn paused_audio_resumes_at_once() {
    let (mut world, _, receiver) = call(43);
    let audio = world.engine.subscriptions(world.endpoint(receiver)).expect("it lives")[0];
    let mid = world.mid(audio);
    world.engine.set_paused(world.now, audio, true).expect("it lives");
    world.run_for(secs(1));
    let before = world.participants[receiver].received_in(&mid).len();
    world.engine.set_paused(world.now, audio, false).expect("it lives");
    world.run_for(ms(200));
    let received = world.participants[receiver].received_in(&mid);
    assert!(received.len() >= before + 7, "{} more", received.len() - before);
    let resumed = received.iter().rposition(|p| p.at < world.now - ms(300)).expect("some before");
    assert_eq!(received[resumed + 1].seq, received[resumed].seq + 1, "the pause left a gap");
}

#[test]
fn pausing_one_receiver_leaves_the_other_alone() {
    let (mut world, publisher, receiver) = call(44);
    let other = world.join(&[]);
    let others = world.subscribe_all(other, publisher);
    world.connect();
    world.run_for(secs(1));
    for subscription in world.engine.subscriptions(world.endpoint(receiver)).expect("it lives") {
        world.engine.set_paused(world.now, subscription, true).expect("it lives");
    }
    world.run_for(secs(1));
    for (place, subscription) in others.into_iter().enumerate() {
        let received = world.participants[other].received_in(&world.mid(subscription));
        let sent = &world.participants[publisher].publications[place].sent;
        let start = check::is_a_faithful_copy(sent, &received);
        assert!(start + received.len() + 12 >= sent.len(), "the newest are missing");
    }
}
