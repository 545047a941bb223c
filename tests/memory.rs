//! What endpoints, subscriptions and sources hold on the heap, pinned: a figure that grows by a
//! fifth fails here and has to be argued for.
//!
//! The figures are what the engine gives back when it is dropped, so nothing of the test is in
//! them. Memory of C code (the DTLS of an endpoint negotiated by SDP) is not counted.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/counting.rs"]
mod counting;
#[expect(unreachable_pub, dead_code, reason = "shared with a benchmark")]
#[path = "support/crowd.rs"]
mod crowd;
#[expect(
    unreachable_pub,
    dead_code,
    unused_imports,
    reason = "shared by test crates that use a part each"
)]
mod support;

use std::time::Duration;

use crowd::{CountingSink, Crowd, Frame};
use lahn::params::MediaKind;
use support::{Medium, World, beginning};

/// A power of two, so that lists that double are full.
const MANY: i64 = 128;
/// 29 kbit/s of sound, and 1.3 Mbit/s of pictures.
const SOUND: Frame = Frame { packets: 1, payload: 120 };
const PICTURE: Frame = Frame { packets: 5, payload: 1_100 };
const SILENCE: Frame = Frame { packets: 0, payload: 0 };

#[test]
fn counting_allocator_counts_bytes() {
    let (bytes, kept) = counting::growth(|| vec![0_u8; 1_000]);
    assert_eq!(bytes, 1_000);
    assert_eq!(counting::held(kept), 1_000);
}

#[test]
fn idle_raw_endpoint_is_little_more_than_its_keys() {
    assert_at_most("idle raw endpoint", each(endpoints(), nobody()), 5_000);
}

#[test]
fn connected_endpoint_with_sdp_is_mostly_its_control_plane() {
    let engine = |participants: i64| {
        let mut world = World::new(1);
        for _ in 0..participants {
            world.join(&[Medium::Audio]);
        }
        world.run_for(Duration::from_secs(2));
        counting::held(world.engine)
    };
    let bytes = (engine(32) - engine(0)) / 32;
    assert_at_most("connected endpoint with SDP, silent", bytes, 74_000);
}

#[test]
fn subscription_is_small_before_packets_flow() {
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let bytes = each(receivers(kind, true), receivers(kind, false));
        assert_at_most(&format!("subscription without packets, {kind:?}"), bytes, 860);
    }
}

#[test]
fn subscription_grows_by_sixteen_bytes_for_each_packet_of_a_second() {
    let bytes = |kind, frame| {
        each(flowing(receivers(kind, true), frame), flowing(receivers(kind, false), frame))
    };
    let sound = bytes(MediaKind::Audio, SOUND);
    assert_at_most("subscription, Audio, 30 packets a second", sound, 2_150);
    let picture = bytes(MediaKind::Video, PICTURE);
    assert_at_most("subscription, Video, 150 packets a second", picture, 5_900);
}

#[test]
fn source_without_packets_is_small() {
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let bytes = each(sources(kind), endpoints());
        assert_at_most(&format!("source without packets, {kind:?}"), bytes, 2_200);
    }
}

#[test]
fn source_holds_two_seconds_of_packets_and_little_more() {
    let bytes = |kind, frame| each(flowing(sources(kind), frame), flowing(endpoints(), frame));
    assert_at_most("source, Audio, 29 kbit/s", bytes(MediaKind::Audio, SOUND), 23_500);
    assert_at_most("source, Video, 1.3 Mbit/s", bytes(MediaKind::Video, PICTURE), 500_000);
}

#[test]
fn source_that_falls_silent_gives_its_history_back() {
    let silent = |crowd| flowing(flowing(crowd, SILENCE), SILENCE);
    let fell_silent = silent(flowing(sources(MediaKind::Video), PICTURE));
    let bytes = each(fell_silent, silent(flowing(endpoints(), SILENCE)));
    // What is left remembers which numbers have come, and what the newest frames were.
    assert_at_most("source, Video, silent again", bytes, 8_000);
}

fn assert_at_most(what: &str, bytes: i64, bound: i64) {
    println!("{what}: {bytes} bytes");
    assert!(bytes > 0, "{what}: something is held");
    assert!(bytes <= bound, "{what}: {bytes} bytes are more than {bound}");
}

/// Bytes for each of `MANY` that make the difference between two engines.
fn each(with: Crowd, without: Crowd) -> i64 {
    (counting::held(with.engine) - counting::held(without.engine)) / MANY
}

fn nobody() -> Crowd {
    Crowd::new(beginning())
}

fn endpoints() -> Crowd {
    let mut crowd = nobody();
    for _ in 0..MANY {
        crowd.add_endpoint();
    }
    crowd
}

fn sources(kind: MediaKind) -> Crowd {
    let mut crowd = nobody();
    for _ in 0..MANY {
        crowd.add_publisher(kind);
    }
    crowd
}

/// One source and many endpoints, with a subscription to it or without.
fn receivers(kind: MediaKind, subscribed: bool) -> Crowd {
    let mut crowd = nobody();
    crowd.add_publisher(kind);
    for _ in 0..MANY {
        let (endpoint, ..) = crowd.add_endpoint();
        if subscribed {
            crowd.subscribe_to_all(endpoint);
        }
    }
    crowd
}

/// Ten seconds later.
fn flowing(mut crowd: Crowd, frame: Frame) -> Crowd {
    crowd.run_for(Duration::from_secs(10), frame, &mut CountingSink::new());
    crowd
}
