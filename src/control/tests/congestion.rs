//! Which congestion control feedback is agreed on: transport-wide, or that of RFC 8888, never both.

use super::negotiate::{has, section};
use super::rig::control;
use super::texts::CHROMIUM;
use crate::params::{CodecParams, MediaKind, SessionParams};

const WILDCARD: &str = "a=rtcp-fb:* ack ccfb";

/// Chromium's offer with RFC 8888 in every section with media, as it writes it in a field trial.
fn both() -> String {
    CHROMIUM.replace("a=rtcp-mux\r\n", &format!("a=rtcp-mux\r\n{WILDCARD}\r\n"))
}

/// The same from a peer that knows nothing else.
fn ccfb_alone() -> String {
    let lines = both();
    lines.split_inclusive("\r\n").filter(|line| !line.ends_with(" transport-cc\r\n")).collect()
}

fn codecs(session: &SessionParams) -> impl Iterator<Item = &CodecParams> {
    session.media.iter().flat_map(|media| &media.codecs)
}

#[test]
fn peer_that_knows_both_kinds_of_feedback_gets_the_transport_wide_one() {
    let (now, mut control) = control();
    let answer = control.accept_offer(now, &both()).expect("a good offer");
    assert!(!answer.contains("ccfb"), "{answer}");
    assert!(has(&section(&answer, "1"), "a=rtcp-fb:96 transport-cc"));
    assert!(codecs(&control.session()).any(|codec| codec.transport_cc));
    assert!(codecs(&control.session()).all(|codec| !codec.ccfb));
}

#[test]
fn peer_that_knows_only_rfc_8888_gets_it_for_the_whole_section() {
    let (now, mut control) = control();
    let answer = control.accept_offer(now, &ccfb_alone()).expect("a good offer");
    for mid in ["0", "1"] {
        let lines = section(&answer, mid);
        assert_eq!(lines.iter().filter(|line| **line == WILDCARD).count(), 1);
    }
    assert_eq!(answer.matches("ccfb").count(), 2, "{answer}");
    assert!(!answer.contains(" transport-cc\r\n"));
    assert!(codecs(&control.session()).all(|codec| codec.ccfb && !codec.transport_cc));
}

#[test]
fn transport_wide_feedback_in_one_section_is_enough_to_do_without_rfc_8888_in_all() {
    let (now, mut control) = control();
    let offer = both().replace("a=rtcp-fb:111 transport-cc\r\n", "");
    let answer = control.accept_offer(now, &offer).expect("a good offer");
    assert!(!answer.contains("ccfb"), "{answer}");
    assert!(codecs(&control.session()).all(|codec| !codec.ccfb));
}

#[test]
fn feedback_is_agreed_on_anew_with_each_offer() {
    let (now, mut control) = control();
    control.accept_offer(now, &ccfb_alone()).expect("a good offer");
    control.accept_offer(now, CHROMIUM).expect("a good offer");
    assert!(codecs(&control.session()).any(|codec| codec.transport_cc));
    assert!(codecs(&control.session()).all(|codec| !codec.ccfb));
}

#[test]
fn offer_of_ours_asks_for_rfc_8888_only_where_the_peer_is_known_to_do_that() {
    for (offer, ccfb) in [(None, false), (Some(both()), false), (Some(ccfb_alone()), true)] {
        let (now, mut control) = control();
        if let Some(offer) = &offer {
            control.accept_offer(now, offer).expect("a good offer");
        }
        control.add_send(1, MediaKind::Video, "alice", "camera");
        let ours = control.create_offer(now).expect("no fault").expect("a wish");
        let mid = control.send_mid(1).expect("on offer");
        let lines = section(&ours, mid.as_str());
        let transport_cc = lines.iter().filter(|line| line.ends_with(" transport-cc")).count();
        assert_eq!((has(&lines, WILDCARD), transport_cc == 0), (ccfb, ccfb), "{ours}");
    }
}
