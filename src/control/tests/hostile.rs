//! Bad descriptions: each gets an error that says what to do, and the call goes on.

use std::time::Duration;

use proptest::prelude::*;
use str0m::media::{Direction, MediaKind as ClientKind};

use super::rig::{CLIENT, Rig, control, path};
use super::texts::{CHROMIUM, FIREFOX};
use crate::control::{Control, ControlError};
use crate::params::MediaKind;

fn refusal(offer: &str) -> ControlError {
    let (now, mut control) = control();
    let refusal = control.accept_offer(now, offer).expect_err("a bad offer");
    assert!(control.is_alive());
    control.accept_offer(now, CHROMIUM).expect("a good offer is as welcome as before");
    refusal
}

#[test]
fn bad_first_offers_are_refused_each_for_its_reason() {
    let without = |line: &str| CHROMIUM.replace(line, "");
    let cases = [
        (String::new(), ControlError::line(1, "does not begin with v=0")),
        ("hello".to_owned(), ControlError::line(1, "not of the form x=value")),
        ("{\"type\":\"offer\"}".to_owned(), ControlError::line(1, "not of the form x=value")),
        ("v=0\r\ns=-\r\n".to_owned(), ControlError::line(0, "no m= line")),
        (without("a=group:BUNDLE 0 1 2\r\n"), ControlError::NotBundled),
        (CHROMIUM.replace("BUNDLE 0 1 2", "BUNDLE 0 1"), ControlError::NotBundled),
        (without("a=rtcp-mux\r\n"), ControlError::NoRtcpMux),
        (without("a=ice-ufrag:b0Yn\r\n"), ControlError::MissingIce),
        (CHROMIUM.replace("sha-256", "sha-1"), ControlError::MissingFingerprint),
        (CHROMIUM.replace("s=-\r\n", "s=-\r\na=ice-lite\r\n"), ControlError::IceLitePeer),
        (
            CHROMIUM.replace("a=mid:1\r\n", "a=mid:0\r\n"),
            ControlError::line(40, "a=mid was used before"),
        ),
        (x_codecs(), ControlError::NothingInCommon),
        (
            CHROMIUM.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP").replace("webrtc-d", "d"),
            ControlError::NothingInCommon,
        ),
        (
            CHROMIUM
                .replace(" 52341 UDP", " 0 UDP")
                .replace(" 9 UDP", " 0 UDP")
                .replace("a=group:BUNDLE 0 1 2\r\n", ""),
            ControlError::NothingInCommon,
        ),
    ];
    for (offer, expected) in cases {
        assert_eq!(refusal(&offer), expected);
    }
}

/// No codec and no data channel of ours.
fn x_codecs() -> String {
    let names = ["opus", "VP8", "VP9", "AV1", "H264", "H265", "webrtc-datachannel"];
    names.iter().fold(CHROMIUM.to_owned(), |text, name| text.replace(name, &format!("x-{name}")))
}

#[test]
fn absurd_numbers_are_refused() {
    for (from, to) in [
        ("m=audio 52341", "m=audio 99999"),
        ("SAVPF 111", "SAVPF 200"),
        ("SAVPF 111", "SAVPF 111 111"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/99999999999999/2"),
        ("a=extmap:1 urn", "a=extmap:99999999 urn"),
        ("a=ssrc:2654158467 cname", "a=ssrc:99999999999 cname"),
        ("a=mid:1\r\n", "a=mid:a-name-that-is-too-long\r\n"),
        ("a=mid:1\r\n", ""),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=ice-pwd:Xg2q", "a=ice-pwd:X g2q"),
        ("send q;h;f", "send q;;f"),
        ("3A:8F", "3A8F"),
        (
            "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset",
            "a=extmap:1 urn:ietf:params:rtp-hdrext:toffset",
        ),
    ] {
        let offer = CHROMIUM.replacen(from, to, 1);
        assert_ne!(offer, CHROMIUM, "{from}");
        assert!(matches!(refusal(&offer), ControlError::Malformed { .. }), "{to}");
    }
}

#[test]
fn limits_are_named_in_the_refusal() {
    let long = format!("{CHROMIUM}{}", "a=x-padding\r\n".repeat(30_000));
    assert_eq!(refusal(&long), ControlError::TooLong { limit: 256 * 1024 });
    let section = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:m\r\n";
    let many: String = (0..70).map(|n| section.replace("mid:m", &format!("mid:m{n}"))).collect();
    assert_eq!(refusal(&format!("{CHROMIUM}{many}")), ControlError::TooManyMedia { limit: 64 });
}

#[test]
fn refusals_carry_nothing_of_what_was_refused() {
    let secrets = ["b0Yn", "Xg2q", "192.0.2.7", "3f0c8f6e", "3A:8F"];
    for offer in
        [x_codecs(), CHROMIUM.replace("sha-256", "sha-1"), CHROMIUM.replace("a=mid:1", "a=m")]
    {
        let text = format!("{0} {0:?}", refusal(&offer));
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
}

/// What must not change by a refusal.
fn state(control: &Control) -> impl PartialEq + std::fmt::Debug + use<> {
    (control.session(), control.local_ufrag(), control.is_alive(), control.needs_negotiation())
}

/// A connected call with three sections, one of them ours, and the peer's last description.
fn call() -> (Rig, String) {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    rig.server_offers();
    let (offer, pending) = rig.client_offer(|api| {
        api.add_media(ClientKind::Video, Direction::SendOnly, None, None, None);
    });
    let answer = rig.server.accept_offer(rig.now, &offer).expect("a good offer");
    rig.client_takes_answer(pending, &answer);
    (rig, offer)
}

#[test]
fn bad_offers_within_a_call_leave_it_as_it_was() {
    let (mut rig, offer) = call();
    let before = state(&rig.server);
    let lines = |prefix: &str| -> String {
        let kept = offer.lines().filter(|line| !line.starts_with(prefix));
        kept.map(|line| format!("{line}\r\n")).collect()
    };
    let sections: Vec<_> = offer.split("m=").collect();
    let swapped = format!("{}m={}m={}m={}", sections[0], sections[2], sections[1], sections[3]);
    let digest = offer.find("sha-256 ").expect("there is one") + 8;
    let cases = [
        (lines("a=fingerprint"), ControlError::MissingFingerprint),
        (
            offer.replace(&offer[digest..digest + 20], &"AB:CD:EF:01:23:45:67:"[..20]),
            ControlError::FingerprintChanged,
        ),
        (lines("a=ice-"), ControlError::MissingIce),
        (offer.replace("a=setup:actpass", "a=setup:passive"), ControlError::SetupConflict),
        (
            format!("{}m={}", sections[0], sections[1]).replace(" s0", ""),
            ControlError::SectionsChanged,
        ),
        (swapped, ControlError::SectionsChanged),
        (offer.replace("m=video", "m=audio"), ControlError::SectionsChanged),
    ];
    for (offer, expected) in cases {
        assert_eq!(rig.server.accept_offer(rig.now, &offer), Err(expected));
        assert_eq!(state(&rig.server), before);
    }
    rig.run(Duration::from_secs(20));
    assert!(rig.server.is_alive());
    rig.server.accept_offer(rig.now, &offer).expect("the good one still works");
}

#[test]
fn bad_answers_leave_the_offer_outstanding() {
    let (mut rig, _) = call();
    rig.server.add_send(2, MediaKind::Video, "bob", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    let answer = rig.client_answers(&offer);
    let ufrag = answer.find("a=ice-ufrag:").expect("there is one") + 12;
    let digest = answer.find("sha-256 ").expect("there is one") + 8;
    let before = state(&rig.server);
    for (bad, expected) in [
        (CHROMIUM.to_owned(), ControlError::StaleAnswer),
        (answer.replace(&answer[ufrag..ufrag + 4], "evil"), ControlError::UnexpectedIceRestart),
        (answer.replace(&answer[digest..digest + 8], "AB:CD:EF"), ControlError::FingerprintChanged),
        (answer.replace("a=setup:active", "a=setup:actpass"), ControlError::SetupConflict),
        (answer.replace("a=setup:active", "a=setup:passive"), ControlError::SetupConflict),
        (answer.replace("a=rtcp-mux\r\n", ""), ControlError::NoRtcpMux),
    ] {
        assert_ne!(bad, answer);
        assert_eq!(rig.server.accept_answer(rig.now, &bad), Err(expected));
        assert_eq!(state(&rig.server), before);
    }
    rig.server.accept_answer(rig.now, &answer).expect("the good one still fits");
    assert_eq!(rig.server.accept_answer(rig.now, &answer), Err(ControlError::NoPendingOffer));
}

#[test]
fn closed_endpoint_refuses_everything() {
    let (now, mut control) = control();
    control.close(now);
    assert_eq!(control.accept_offer(now, CHROMIUM), Err(ControlError::Closed));
    assert_eq!(control.create_offer(now), Err(ControlError::Closed));
    assert!(control.handle_datagram(now, path(CLIENT), &[0; 20]).is_err());
}

#[test]
fn more_sections_than_allowed_are_not_offered() {
    let (now, mut control) = control();
    for key in 0..65 {
        control.add_send(key, MediaKind::Video, "s", "t");
    }
    assert_eq!(control.create_offer(now), Err(ControlError::TooManyMedia { limit: 64 }));
    control.remove_send(3);
    assert!(control.create_offer(now).expect("fits").is_some());
}

#[test]
fn local_addresses_must_be_of_use() {
    let now = super::rig::start();
    let identity = super::rig::identity(&Default::default());
    for bad in [&[][..], &["0.0.0.0:1"], &["[::]:1"], &["224.0.0.1:1"]] {
        let local: Vec<_> = bad.iter().map(|text| super::rig::address(text)).collect();
        let refusal = Control::new(now, &identity, &local).expect_err("of no use");
        assert_eq!(refusal, ControlError::BadLocalAddress);
    }
    let local = ["[2001:db8::1]:3478", "198.51.100.1:3478"].map(super::rig::address);
    let mut control = Control::new(now, &identity, &local).expect("usable");
    let answer = control.accept_offer(now, FIREFOX).expect("a good offer");
    let first = answer.find(" 2130706431 2001:db8::1 3478 typ host").expect("the best");
    let second = answer.find(" 2130706175 198.51.100.1 3478 typ host").expect("the next");
    assert!(first < second);
}

#[test]
fn debug_output_tells_no_secret() {
    let (rig, _) = call();
    let text = format!("{:?} {:?}", rig.server, rig.server.tap);
    assert!(!text.contains(&rig.server.local_ufrag()));
    assert!(text.len() < 400, "{text}");
}

/// One way of damaging a text.
#[derive(Clone, Debug)]
enum Damage {
    DropLine(usize),
    RepeatLine(usize),
    SwapLines(usize, usize),
    CutLine(usize, usize),
    SetByte(usize, u8),
    Truncate(usize),
    Number(usize, u64),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0..2000_usize;
    prop_oneof![
        place().prop_map(Damage::DropLine),
        place().prop_map(Damage::RepeatLine),
        (place(), place()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        (place(), 0..40_usize).prop_map(|(line, at)| Damage::CutLine(line, at)),
        (0..20_000_usize, 32..127_u8).prop_map(|(at, byte)| Damage::SetByte(at, byte)),
        (0..20_000_usize).prop_map(Damage::Truncate),
        (place(), any::<u64>()).prop_map(|(line, number)| Damage::Number(line, number)),
    ]
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for damage in damages {
        let len = lines.len().max(1);
        match damage {
            _ if lines.is_empty() => {}
            Damage::DropLine(line) => drop(lines.remove(line % len)),
            Damage::RepeatLine(line) => lines.insert(line % len, lines[line % len].clone()),
            Damage::SwapLines(a, b) => lines.swap(a % len, b % len),
            Damage::CutLine(line, at) => {
                let line = &mut lines[line % len];
                line.truncate((*at).min(line.len()));
            }
            Damage::Number(line, number) => {
                let line = &mut lines[line % len];
                if let Some(at) = line.find(|c: char| c.is_ascii_digit()) {
                    line.replace_range(at..=at, &number.to_string());
                }
            }
            Damage::SetByte(at, byte) => {
                let mut text = lines.join("\n");
                let at = at % text.len().max(1);
                if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                    text.replace_range(at..=at, &char::from(*byte).to_string());
                }
                lines = text.lines().map(str::to_owned).collect();
            }
            Damage::Truncate(at) => {
                let text = lines.join("\n");
                let at = at % text.len().max(1);
                lines = text.get(..at).unwrap_or("").lines().map(str::to_owned).collect();
            }
        }
    }
    lines.join("\r\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn damaged_first_offer_never_panics_and_its_answer_is_well_formed(
        firefox in any::<bool>(),
        damages in prop::collection::vec(damage(), 1..6),
    ) {
        let (now, mut control) = control();
        let offer = damaged(if firefox { FIREFOX } else { CHROMIUM }, &damages);
        if let Ok(answer) = control.accept_offer(now, &offer) {
            let answer = crate::control::sdp::parse(&answer, 1 << 20, 64).expect("we read our own");
            prop_assert!(answer.live().count() > 0);
            prop_assert!(!control.needs_negotiation());
        }
        while control.poll(now).is_some() {}
    }

    #[test]
    fn damaged_offer_or_answer_within_a_call_changes_all_or_nothing(
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let (mut rig, offer) = call();
        let before = state(&rig.server);
        if rig.server.accept_offer(rig.now, &damaged(&offer, &damages)).is_err() {
            prop_assert_eq!(state(&rig.server), before);
            rig.server.add_send(2, MediaKind::Audio, "bob", "microphone");
            let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
            let answer = rig.client_answers(&offer);
            let before = state(&rig.server);
            if rig.server.accept_answer(rig.now, &damaged(&answer, &damages)).is_err() {
                prop_assert_eq!(state(&rig.server), before);
                prop_assert_eq!(rig.server.accept_answer(rig.now, &answer), Ok(()));
            }
        }
        prop_assert!(rig.server.is_alive());
    }

    #[test]
    fn any_text_is_refused_or_understood(text in "(v=0\n)?([a-z]=[ -~]{0,40}\n){0,20}") {
        let _ = crate::control::sdp::parse(&text, 1 << 20, 64);
    }

    #[test]
    fn damaged_datagrams_never_panic(
        at in 0..1500_usize, byte in any::<u8>(), len in 0..1500_usize, pick in any::<prop::sample::Index>(),
    ) {
        let mut rig = Rig::connected();
        let (sent_by, mut datagram) = pick.get(&rig.sent).clone();
        let place = at % datagram.len();
        datagram[place] = byte;
        datagram.truncate(len.max(1));
        let _ = rig.server.handle_datagram(rig.now, sent_by, &datagram);
        while rig.server.poll(rig.now).is_some() {}
    }
}
