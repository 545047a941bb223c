//! Video starts at a key frame, and those who need one do not flood the publisher.

use lahn::params::MediaKind;

use crate::support::*;

#[test]
fn late_joiner_gets_a_key_frame_first() {
    let mut world = World::new(10);
    let publisher = world.join(&[Medium::Video]);
    let early = world.join(&[]);
    world.subscribe_all(early, publisher);
    world.connect();
    world.run_for(secs(3));
    let frames_before = world.participants[publisher].publications[0].sent.len();

    let late = world.join(&[]);
    let video = world.subscribe_all(late, publisher)[0];
    world.connect();
    world.run_for(secs(2));

    let sent = &world.participants[publisher].publications[0].sent;
    let received = world.participants[late].received_in(&world.mid(video));
    let start = check::is_a_faithful_copy(sent, &received);
    assert!(start >= frames_before, "it was given the past");
    // The key frame came for the asking, and the one who was there before went on undisturbed.
    let [early_video] = world.engine.subscriptions(world.endpoint(early)).expect("it lives")[..]
    else {
        panic!("one subscription")
    };
    check::is_a_faithful_copy(
        sent,
        &world.participants[early].received_in(&world.mid(early_video)),
    );
}

#[test]
fn one_who_takes_long_to_connect_is_not_given_the_past() {
    let mut world = World::new(13);
    let publisher = world.join(&[Medium::Video]);
    world.connect();
    // DTLS (first byte 20-63, RFC 7983 §7) does not get through: negotiated, not connected.
    let slow = world.join(&[]);
    world.participants[slow].down.lose_if = Some(Box::new(|bytes| (20..64).contains(&bytes[0])));
    let video = world.subscribe_all(slow, publisher)[0];
    world.run_for(secs(6));
    let frames_before = world.participants[publisher].publications[0].sent.len();
    world.participants[slow].down.lose_if = None;
    world.connect();
    world.run_for(secs(2));

    let sent = &world.participants[publisher].publications[0].sent;
    let received = world.participants[slow].received_in(&world.mid(video));
    let start = check::is_a_faithful_copy(sent, &received);
    assert!(start >= frames_before, "it was given the past");
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(slow)).expect("it lives");
    assert_eq!(stats.drops.total(), 0, "{:?}", stats.drops);
}

#[test]
fn late_joiner_has_its_picture_within_two_round_trips() {
    let mut world = World::new(11);
    let publisher = world.join(&[Medium::Video]);
    let late = world.join(&[Medium::Audio]);
    world.connect();
    world.run_for(secs(1));
    let from = world.now;
    world.subscribe_all(late, publisher);
    // PLI 20 ms up, next frame within 34 ms, 20 ms to the engine, 20 ms on.
    world.run_until("a picture", ms(150), |w| !w.participants[late].received.is_empty());
    assert!(world.now - from >= ms(60), "faster than the network");
}

#[test]
fn ten_joiners_cost_one_request_per_interval() {
    let mut world = World::new(12);
    let publisher = world.join(&[Medium::Video]);
    let joiners: Vec<Who> = (0..10).map(|_| world.join(&[Medium::Audio])).collect();
    world.connect();
    world.run_for(secs(1));
    let source = world.source(publisher, MediaKind::Video);
    let from = world.now;
    for joiner in &joiners {
        world.subscribe(*joiner, source);
        world.run_for(ms(20));
    }
    world.run_for(secs(2));

    let requests: Vec<_> = world.participants[publisher]
        .key_frame_requests
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| *at >= from)
        .collect();
    assert!(!requests.is_empty() && requests.len() <= 3, "{} requests", requests.len());
    assert!(requests.windows(2).all(|pair| pair[1] - pair[0] >= ms(200)), "too close");
    for joiner in joiners {
        assert!(!world.participants[joiner].received.is_empty(), "{joiner} sees nothing");
    }
}

#[test]
fn lost_request_is_repeated() {
    let mut world = World::new(13);
    let publisher = world.join(&[Medium::Video]);
    let late = world.join(&[Medium::Audio]);
    world.connect();
    world.run_for(secs(1));
    // Everything towards the publisher is lost for 300 ms, the first request with it.
    world.participants[publisher].down.loss = 1.0;
    world.subscribe_all(late, publisher);
    world.run_for(ms(300));
    world.participants[publisher].down.loss = 0.0;
    world.run_until("a picture", secs(2), |w| !w.participants[late].received.is_empty());
}

#[test]
fn key_frame_whose_first_packet_came_late_is_whole_all_the_same() {
    let mut world = World::new(16);
    let publisher = world.join(&[Medium::Video]);
    let late = world.join(&[Medium::Audio]);
    world.connect();
    world.run_for(secs(1));
    let requests = world.participants[publisher].key_frame_requests.len();
    let video = world.subscribe_all(late, publisher)[0];
    world.run_until("a request", secs(1), |w| {
        w.participants[publisher].key_frame_requests.len() > requests
    });
    // The next RTP packet is the first of the key frame that was asked for.
    let mut lost = false;
    world.participants[publisher].up.lose_if = Some(Box::new(move |bytes| {
        let is_rtp = (128..192).contains(&bytes[0]) && !(192..=223).contains(&bytes[1]);
        is_rtp && !std::mem::replace(&mut lost, true)
    }));
    world.run_for(secs(2));

    let sent = &world.participants[publisher].publications[0].sent;
    let received = world.participants[late].received_in(&world.mid(video));
    check::is_a_faithful_copy(sent, &received);
    assert_eq!(world.participants[publisher].key_frame_requests.len(), requests + 1);
    let repaired = world.engine.source_stats(world.now, world.source(publisher, MediaKind::Video));
    assert_eq!(repaired.expect("it lives").encodings[0].retransmitted_packets_received, 1);
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert_eq!((stats.nack_count, stats.pli_count), (0, 0), "nothing was missing");
}

#[test]
fn application_may_ask_for_a_key_frame() {
    let mut world = World::new(14);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    world.subscribe_all(receiver, publisher);
    world.connect();
    world.run_for(secs(1));
    let before = world.participants[publisher].key_frame_requests.len();
    let source = world.source(publisher, MediaKind::Video);
    world.engine.request_key_frame(world.now, source).expect("it lives");
    world.settle();
    world.run_for(ms(500));
    assert_eq!(world.participants[publisher].key_frame_requests.len(), before + 1);
}

#[test]
fn receivers_request_reaches_the_publisher() {
    let mut world = World::new(15);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(1));
    let before = world.participants[publisher].key_frame_requests.len();
    let ssrc = world.ssrc(video);
    let rtc = &mut world.participants[receiver].rtc;
    rtc.direct_api()
        .stream_rx(&ssrc.into())
        .expect("it receives that")
        .request_keyframe(str0m::media::KeyframeRequestKind::Pli);
    world.run_for(secs(1));
    assert_eq!(world.participants[publisher].key_frame_requests.len(), before + 1);
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert!(stats.pli_count >= 1);
}
