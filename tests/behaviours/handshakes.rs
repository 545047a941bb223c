//! Which DTLS version and SRTP profile come out, and what becomes of those who have none in common
//! or are not who they say.

use lahn::srtp::Profile;
use lahn::{CloseReason, Config, CongestionConfig, DtlsConfig, DtlsVersions, Event};
use str0m::crypto::dtls::DtlsVersion;

use crate::support::*;

const THEIRS: [DtlsVersion; 3] = [DtlsVersion::Dtls12, DtlsVersion::Dtls13, DtlsVersion::Auto];
const OURS: [DtlsVersions; 3] = [DtlsVersions::Dtls12, DtlsVersions::Dtls13, DtlsVersions::Both];

fn world(seed: u64, dtls: DtlsConfig) -> World {
    World::with(seed, Config { dtls, congestion: CongestionConfig::OFF, ..Config::default() })
}

/// What a participant ended in.
fn outcome(world: &World, who: Who) -> (&'static str, Profile) {
    let stats = world.engine.endpoint_stats(world.now, world.endpoint(who)).expect("it lives");
    (stats.dtls_version.expect("connected"), stats.srtp_profile.expect("connected"))
}

#[test]
fn every_pair_of_versions_in_common_carries_media_both_ways_round() {
    for (place, versions) in OURS.into_iter().enumerate() {
        for dtls in THEIRS {
            let pair = (versions, dtls);
            let in_common = !matches!(
                pair,
                (DtlsVersions::Dtls12, DtlsVersion::Dtls13)
                    | (DtlsVersions::Dtls13, DtlsVersion::Dtls12)
            );
            if !in_common {
                continue;
            }
            let config = DtlsConfig { versions, ..DtlsConfig::default() };
            let mut world = world(170 + place as u64, config);
            world.dtls = dtls;
            // One whose offer makes us the server or the client, one who answers ours.
            let publisher = world.join(&[Medium::Video]);
            let receiver = world.join(&[]);
            world.subscribe_all(receiver, publisher);
            world.connect();
            world.run_for(secs(1));
            let received: Vec<_> = world.participants[receiver].received.iter().collect();
            assert!(received.len() > 60, "{pair:?}: {} packets", received.len());
            check::is_a_faithful_copy(
                &world.participants[publisher].publications[0].sent,
                &received,
            );
            for who in [publisher, receiver] {
                let (version, profile) = outcome(&world, who);
                assert_ne!(profile, Profile::Aes128CmSha1_80, "{pair:?}: not the best in common");
                match pair {
                    (DtlsVersions::Dtls12, _) | (_, DtlsVersion::Dtls12) => {
                        assert_eq!(version, "DTLS1.2");
                    }
                    (DtlsVersions::Dtls13, _) | (_, DtlsVersion::Dtls13) => {
                        assert_eq!(version, "DTLS1.3");
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn no_version_in_common_ends_the_endpoint_and_nothing_else() {
    let config = DtlsConfig { versions: DtlsVersions::Dtls12, ..DtlsConfig::default() };
    let mut world = world(180, config);
    world.dtls = DtlsVersion::Dtls12;
    let fine = world.join(&[Medium::Audio]);
    world.connect();
    world.dtls = DtlsVersion::Dtls13;
    let stranger = world.join(&[Medium::Audio]);
    let endpoint = world.endpoint(stranger);
    world.run_for(secs(40));
    let closed = world.events.iter().find_map(|(_, event)| match event {
        Event::EndpointClosed { endpoint: e, reason } if *e == endpoint => Some(*reason),
        _ => None,
    });
    assert!(
        matches!(closed, Some(CloseReason::HandshakeFailed | CloseReason::ConnectTimeout)),
        "{closed:?}"
    );
    assert!(!world.participants[stranger].connected);
    assert_eq!(outcome(&world, fine).0, "DTLS1.2");
}

#[test]
fn certificate_that_was_not_announced_is_refused() {
    for dtls in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        let mut world = World::new(181);
        world.dtls = dtls;
        let conference = world.conference;
        let impostor = world.add_participant(conference);
        let (now, endpoint) = (world.now, world.endpoint(impostor));
        let engine = &mut world.engine;
        world.participants[impostor]
            .publish(now, &[Medium::Audio], |offer| {
                let (head, digits) = offer.split_once("a=fingerprint:sha-256 ").expect("announced");
                let other = if digits.starts_with("00") { "11" } else { "00" };
                let forged = format!("{head}a=fingerprint:sha-256 {other}{}", &digits[2..]);
                engine.accept_offer(now, endpoint, &forged)
            })
            .expect("nothing is wrong with the offer itself");
        world.settle();
        world.run_for(secs(40));
        assert!(world.engine.endpoint_stats(world.now, endpoint).is_err(), "it was let in");
        let connected = |event: &Event| matches!(event, Event::EndpointConnected { endpoint: e, .. } if *e == endpoint);
        assert!(!world.events.iter().any(|(_, event)| connected(event)));
        let media = world.captured.iter().filter(|c| c.from_engine && c.is_srtp_or_srtcp());
        assert_eq!(media.count(), 0);
    }
}

#[test]
fn only_profiles_that_are_listed_are_used() {
    let mut connected = 0;
    for profile in [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        for dtls in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
            let config = DtlsConfig { srtp_profiles: vec![profile], versions: DtlsVersions::Both };
            let mut world = world(182, config);
            world.dtls = dtls;
            let who = world.join(&[Medium::Audio]);
            world.run_for(secs(25));
            let ends = world.events.iter().filter_map(|(_, event)| match event {
                Event::EndpointConnected { srtp_profile, .. } => Some(Ok(*srtp_profile)),
                Event::EndpointClosed { reason, .. } => Some(Err(*reason)),
                _ => None,
            });
            let end = ends.take(1).next().expect("one or the other");
            let expected = [Ok(profile), Err(CloseReason::NoCommonSrtpProfile)];
            assert!(expected.contains(&end), "{end:?} with {profile:?}");
            connected += u32::from(end.is_ok());
            assert!(world.participants[who].rtc.is_alive() || end.is_err());
        }
    }
    assert!(connected >= 1, "none of them can be had alone");
}
