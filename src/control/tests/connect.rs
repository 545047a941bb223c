//! ICE, DTLS and the keys, with a real client.

use std::time::Duration;

use str0m::config::DtlsVersion;
use str0m::media::{Direction, MediaKind};

use super::rig::{CLIENT, Rig, path, versions};
use crate::control::hello::tests::fragments;
use crate::control::{ControlEvent, DtlsConfig, DtlsVersions, Failure, Refused};
use crate::srtp::Profile;

fn connect(server: &DtlsConfig, client: DtlsVersion) -> Rig {
    let mut rig = Rig::new(server, client);
    offer_and_run(&mut rig);
    rig
}

fn offer_and_run(rig: &mut Rig) {
    rig.client_offers(|api| {
        api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        api.add_media(MediaKind::Video, Direction::SendRecv, None, None, None);
    });
    rig.run(Duration::from_secs(2));
}

fn dtls_version(rig: &Rig) -> Option<&'static str> {
    rig.events.iter().find_map(|event| match event {
        ControlEvent::Connected { dtls_version, .. } => Some(*dtls_version),
        _ => None,
    })
}

fn failure(rig: &Rig) -> Option<Failure> {
    rig.events.iter().find_map(|event| match event {
        ControlEvent::Failed(failure) => Some(*failure),
        _ => None,
    })
}

#[test]
fn every_pair_of_versions_ends_in_the_newest_in_common() {
    use DtlsVersions::{Both, Dtls12, Dtls13};
    let cases = [
        (Dtls12, DtlsVersion::Dtls12, Some("DTLS1.2")),
        (Dtls12, DtlsVersion::Auto, Some("DTLS1.2")),
        (Dtls13, DtlsVersion::Dtls13, Some("DTLS1.3")),
        (Dtls13, DtlsVersion::Auto, Some("DTLS1.3")),
        (Both, DtlsVersion::Dtls12, Some("DTLS1.2")),
        (Both, DtlsVersion::Dtls13, Some("DTLS1.3")),
        (Both, DtlsVersion::Auto, Some("DTLS1.3")),
        (Dtls12, DtlsVersion::Dtls13, None),
        (Dtls13, DtlsVersion::Dtls12, None),
    ];
    for (server, client, expected) in cases {
        let rig = connect(&versions(server), client);
        assert_eq!(dtls_version(&rig), expected, "{server:?} with {client:?}");
        let keys = rig.server.tap.seen();
        assert_eq!(keys.is_some(), expected.is_some());
        assert_eq!(keys, rig.client_tap.seen(), "{server:?} with {client:?}");
    }
}

#[test]
fn connecting_validates_a_path_then_nominates_it_then_connects_once() {
    let rig = connect(&DtlsConfig::default(), DtlsVersion::Auto);
    let place = |wanted: fn(&ControlEvent) -> bool| {
        let places: Vec<_> =
            rig.events.iter().enumerate().filter(|(_, e)| wanted(e)).map(|(i, _)| i).collect();
        assert_eq!(places.len(), 1);
        places[0]
    };
    let validated = place(|event| matches!(event, ControlEvent::PathValidated(_)));
    let nominated = place(|event| matches!(event, ControlEvent::PathChanged(_)));
    let connected = place(|event| matches!(event, ControlEvent::Connected { .. }));
    assert!(validated < nominated && nominated < connected);
    assert_eq!(rig.paths(), [path(CLIENT)]);
    assert!(rig.server.last_consent().is_some());
}

#[test]
fn str0m_never_gets_an_srtp_context() {
    for client in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        let rig = connect(&DtlsConfig::default(), client);
        assert!(rig.is_connected());
        // str0m calls itself connected only once it holds SRTP keys.
        assert!(!rig.server.rtc.is_connected());
    }
}

#[test]
fn client_offering_every_profile_gets_aes_gcm() {
    for server in [DtlsVersions::Dtls12, DtlsVersions::Dtls13, DtlsVersions::Both] {
        let rig = connect(&versions(server), DtlsVersion::Auto);
        let (profile, material) = rig.server.tap.seen().expect("connected");
        assert_eq!(profile, Profile::AeadAes256Gcm, "{server:?}");
        assert_eq!(material.len(), 2 * (32 + 12));
    }
}

#[test]
fn profile_that_is_not_listed_is_never_used() {
    let srtp_profiles = vec![Profile::AeadAes128Gcm];
    let settings = DtlsConfig { srtp_profiles, ..DtlsConfig::default() };
    let rig = connect(&settings, DtlsVersion::Auto);
    assert!(!rig.is_connected());
    assert_eq!(failure(&rig), Some(Failure::SrtpProfile));
    assert!(!rig.server.is_alive());
}

#[test]
fn no_datagram_of_media_ever_leaves() {
    for client in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        let mut rig = connect(&DtlsConfig::default(), client);
        for key in 0..3 {
            rig.server.add_send(key, crate::params::MediaKind::Video, "stream", "track");
        }
        rig.server_offers();
        rig.run(Duration::from_secs(30));
        rig.server.close(rig.now);
        rig.run(Duration::from_secs(1));
        assert!(rig.sent.len() > 10);
        let first_bytes = rig.sent.iter().map(|(_, datagram)| datagram[0]);
        assert!(first_bytes.clone().all(|byte| matches!(byte, 0..=1 | 20..=63)));
        assert!(first_bytes.clone().any(|byte| byte >= 20), "some DTLS");
    }
}

#[test]
fn hello_that_lists_sha1_first_is_answered_by_dtls_1_2_so_that_gcm_is_reached() {
    // As libwebrtc lists them. The handshake cannot finish, as both hash another hello; which
    // version was chosen shows in ours.
    fn sha1_first(mut datagram: Vec<u8>) -> Vec<Vec<u8>> {
        let list = [0, 8, 0, 7, 0, 1];
        if let Some(place) = datagram.windows(6).position(|window| window == list) {
            datagram[place..place + 6].copy_from_slice(&[0, 1, 0, 8, 0, 7]);
        }
        vec![datagram]
    }
    let answers_1_3 = |settings: &DtlsConfig| {
        let mut rig = Rig::new(settings, DtlsVersion::Auto);
        rig.tamper = sha1_first;
        offer_and_run(&mut rig);
        let hellos = rig.sent.iter().filter(|(_, datagram)| datagram[0] == 22);
        let selected = [0, 43, 0, 2, 0xfe, 0xfc]; // supported_versions: DTLS 1.3
        let answer = hellos.map(|(_, datagram)| datagram).next().expect("a ServerHello");
        answer.windows(6).any(|window| window == selected)
    };
    assert!(!answers_1_3(&DtlsConfig::default()));
    assert!(answers_1_3(&versions(DtlsVersions::Dtls13)));
    let srtp_profiles = vec![Profile::Aes128CmSha1_80, Profile::AeadAes256Gcm];
    assert!(answers_1_3(&DtlsConfig { srtp_profiles, ..DtlsConfig::default() }));
}

#[test]
fn hello_in_fragments_out_of_order_connects() {
    fn fragmented(datagram: Vec<u8>) -> Vec<Vec<u8>> {
        let is_hello = datagram.first() == Some(&22) && datagram.get(13) == Some(&1);
        match datagram.get(25..) {
            Some(body) if is_hello => fragments(body, 90).into_iter().rev().collect(),
            _ => vec![datagram],
        }
    }
    for server in [DtlsVersions::Dtls12, DtlsVersions::Dtls13, DtlsVersions::Both] {
        let mut rig = Rig::new(&versions(server), DtlsVersion::Auto);
        rig.tamper = fragmented;
        offer_and_run(&mut rig);
        assert!(rig.is_connected(), "{server:?}");
    }
}

#[test]
fn certificate_with_another_fingerprint_fails_for_good() {
    let mut rig = Rig::default();
    let (offer, pending) = rig.client_offer(|api| {
        api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    });
    let start = offer.find("sha-256 ").expect("a fingerprint") + "sha-256 ".len();
    let mut forged = offer.clone();
    forged.replace_range(
        start..start + 2,
        if &offer[start..start + 2] == "AB" { "BA" } else { "AB" },
    );
    let answer = rig.server.accept_offer(rig.now, &forged).expect("looks good");
    rig.client_takes_answer(pending, &answer);
    rig.run(Duration::from_secs(2));
    assert_eq!(failure(&rig), Some(Failure::Dtls));
    assert!(!rig.server.is_alive());
    assert_eq!(rig.server.poll_timeout(), None);
}

#[test]
fn client_that_moves_is_followed() {
    let mut rig = Rig::connected();
    rig.move_client("203.0.113.99:50001");
    rig.run(Duration::from_secs(6));
    assert_eq!(rig.paths(), [path(CLIENT), path("203.0.113.99:50001")]);
    rig.sent.clear();
    rig.server.close(rig.now);
    rig.run(Duration::from_millis(100));
    let dtls: Vec<_> = rig.sent.iter().filter(|(_, datagram)| datagram[0] >= 20).collect();
    assert!(!dtls.is_empty());
    assert!(dtls.iter().all(|(to, _)| *to == path("203.0.113.99:50001")), "DTLS follows too");
}

#[test]
fn goodbye_of_the_peer_is_told_once() {
    let mut rig = Rig::connected();
    rig.client.close().expect("closes");
    rig.run(Duration::from_secs(2));
    let closed = rig.events.iter().filter(|event| matches!(event, ControlEvent::Closed));
    assert_eq!(closed.count(), 1);
    assert!(!rig.server.is_alive());
}

#[test]
fn our_goodbye_reaches_the_peer() {
    let mut rig = Rig::connected();
    rig.server.close(rig.now);
    rig.run(Duration::from_secs(2));
    assert!(rig.client_events.contains(&str0m::Event::Closed) || !rig.client.is_alive());
    assert!(!rig.server.is_alive());
    assert!(!rig.events.iter().any(|event| matches!(event, ControlEvent::Failed(_))));
}

#[test]
fn dtls_from_where_no_check_came_from_is_refused() {
    let mut rig = Rig::connected();
    let elsewhere = path("203.0.113.5:1234");
    let hello = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let refused = rig.server.handle_datagram(rig.now, elsewhere, &hello);
    assert_eq!(refused, Err(Refused::UnknownPath));
    let media = [0x80; 40];
    let refused = rig.server.handle_datagram(rig.now, path(CLIENT), &media);
    assert_eq!(refused, Err(Refused::NotControl));
    assert_eq!(rig.server.handle_datagram(rig.now, path(CLIENT), &[]), Err(Refused::NotControl));
}

#[test]
fn silent_peer_is_reported_after_its_consent_ran_out() {
    let mut rig = Rig::connected();
    rig.tamper = |_| Vec::new();
    rig.run(Duration::from_secs(10));
    assert!(!rig.events.iter().any(|event| matches!(event, ControlEvent::Disconnected)));
    rig.run(Duration::from_secs(20));
    assert!(rig.events.iter().any(|event| matches!(event, ControlEvent::Disconnected)));
}
