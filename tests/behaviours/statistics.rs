//! The figures agree with what really went over the wire.

use lahn::params::{Codec, MediaKind};

use crate::support::*;

#[test]
fn counters_agree_with_the_wire() {
    let mut world = World::new(160);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(3));
    world.participants[publisher].publications[0].active = false;
    world.run_for(secs(1));

    for who in [publisher, receiver] {
        let stats = world.engine.endpoint_stats(world.now, world.endpoint(who)).expect("it lives");
        let of = |from_engine: bool| {
            let chosen =
                world.captured.iter().filter(move |c| c.who == who && c.from_engine == from_engine);
            chosen.fold((0, 0), |(n, bytes), c| (n + 1, bytes + c.bytes.len() as u64))
        };
        assert_eq!((stats.packets_sent, stats.bytes_sent), of(true), "{who}");
        // A datagram may be on its way; the first check came before ICE knew whose it was.
        let (count, _) = of(false);
        assert!(stats.packets_received <= count && stats.packets_received + 6 > count, "{who}");
        assert_eq!(stats.remote, Some(world.participants[who].outer));
        assert!(stats.connected && stats.srtp_profile.is_some() && stats.dtls_version.is_some());
        assert_eq!(stats.queued_packets, 0);
    }

    let sent = &world.participants[publisher].publications[0].sent;
    let source = world.source(publisher, MediaKind::Video);
    let stats = world.engine.source_stats(world.now, source).expect("it lives");
    let encoding = &stats.encodings[0];
    assert_eq!(stats.subscriptions, 1);
    assert_eq!(encoding.packets_received, sent.len() as u64);
    assert_eq!(encoding.bytes_received, sent.iter().map(|s| s.payload.len() as u64).sum::<u64>());
    assert_eq!(encoding.codec, Some(Codec::Vp8));
    assert_eq!(encoding.packets_lost, 0);
    assert_eq!(encoding.key_frames_received, sent.iter().filter(|s| s.is_entry).count() as u64);
    assert!(encoding.jitter < 0.05, "{}", encoding.jitter);
    let requests = world.participants[publisher].key_frame_requests.len() as u64;
    assert_eq!(encoding.pli_count + encoding.fir_count, requests);

    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    let received = &world.participants[receiver].received;
    assert_eq!(stats.packets_sent, received.len() as u64);
    assert_eq!(stats.bytes_sent, received.iter().map(|r| r.payload.len() as u64).sum::<u64>());
    assert_eq!(stats.retransmitted_packets_sent, 0);
    assert_eq!(stats.source, source);
    assert_eq!(stats.ssrc, Some(received[0].ssrc));
}

#[test]
fn bitrates_come_near_the_truth() {
    let mut world = World::new(161);
    let publisher = world.join(&[Medium::Video]);
    let receiver = world.join(&[]);
    let video = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(10));
    // 30 frames of 4 packets of 700 bytes of payload.
    let payload = 30.0 * 4.0 * 700.0 * 8.0;
    let near = |bitrate: u64| (0.8..1.3).contains(&(bitrate as f64 / payload));
    let source = world.source(publisher, MediaKind::Video);
    let stats = world.engine.source_stats(world.now, source).expect("it lives");
    assert!(near(stats.encodings[0].bitrate), "{}", stats.encodings[0].bitrate);
    let stats = world.engine.subscription_stats(world.now, video).expect("it lives");
    assert!(near(stats.bitrate), "{}", stats.bitrate);
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(receiver)).expect("lives");
    assert!(near(stats.outgoing_bitrate), "{}", stats.outgoing_bitrate);
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(publisher)).expect("lives");
    assert!(near(stats.incoming_bitrate), "{}", stats.incoming_bitrate);
}

#[test]
fn receivers_loss_is_seen() {
    let mut world = World::new(162);
    let publisher = world.join(&[Medium::Audio]);
    let receiver = world.join(&[]);
    let audio = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.run_for(secs(1));
    world.participants[receiver].down.loss = 0.2;
    world.run_for(secs(12));
    let stats = world.engine.subscription_stats(world.now, audio).expect("it lives");
    assert!(stats.packets_lost > 20, "{stats:?}");
    assert!((0.05..0.45).contains(&stats.fraction_lost), "{stats:?}");
}
