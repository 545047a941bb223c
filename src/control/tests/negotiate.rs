//! Offers and answers: with browsers' texts, and with a real client.

use std::time::Duration;

use str0m::media::{Direction, MediaKind as ClientKind};

use super::rig::{Rig, control, simulcast};
use super::texts::{CHROMIUM, FIREFOX};
use crate::base::Ssrc;
use crate::control::ControlError;
use crate::params::{Codec, Extension, MediaKind, Mid, Rid, SessionParams};

/// The section named `mid`, without the line ends.
pub(super) fn section<'a>(text: &'a str, mid: &str) -> Vec<&'a str> {
    let name = format!("a=mid:{mid}");
    let mut sections = text.split("\r\nm=").skip(1);
    let found = sections.find(|section| section.lines().any(|line| line == name));
    found.expect("a section of that name").lines().collect()
}

pub(super) fn has(lines: &[&str], line: &str) -> bool {
    lines.contains(&line)
}

fn mid(name: &str) -> Mid {
    Mid::new(name.as_bytes()).expect("a name")
}

fn sent_mids(session: &SessionParams) -> Vec<String> {
    let sent = session.media.iter().filter(|media| media.send.is_some());
    sent.map(|media| media.mid.to_string()).collect()
}

#[test]
fn chromiums_offer_is_answered_in_its_own_numbers() {
    let (now, mut control) = control();
    let answer = control.accept_offer(now, CHROMIUM).expect("a good offer");
    assert!(answer.contains("\r\na=group:BUNDLE 0 1 2\r\n"));
    assert!(answer.contains("\r\na=ice-lite\r\n"));
    let audio = section(&answer, "0");
    assert_eq!(audio[0], "audio 9 UDP/TLS/RTP/SAVPF 111");
    assert!(has(&audio, "a=recvonly") && has(&audio, "a=setup:passive"));
    assert!(has(&audio, "a=fmtp:111 minptime=10;useinbandfec=1"));
    assert!(has(&audio, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
    assert!(
        audio
            .iter()
            .any(|line| line
                .starts_with("a=candidate:1 1 udp 2130706431 198.51.100.1 3478 typ host"))
    );
    let video = section(&answer, "1");
    assert_eq!(
        video[0],
        "video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101 45 46 103 104 107 108 109 114 117 118 39 40 49 50"
    );
    assert!(has(&video, "a=rid:q recv") && has(&video, "a=simulcast:recv q;h;f"));
    assert!(has(&video, "a=rtcp-rsize") && has(&video, "a=rtcp-mux"));
    assert!(has(&video, "a=rtcp-fb:96 transport-cc") && has(&video, "a=fmtp:97 apt=96"));
    assert!(!video.iter().any(|line| line.contains("toffset") || line.contains("ulpfec")));
    assert!(!video.iter().any(|line| line.starts_with("a=ssrc") || line.starts_with("a=msid")));
    let data = section(&answer, "2");
    assert_eq!(data[0], "application 9 UDP/DTLS/SCTP webrtc-datachannel");
    assert!(has(&data, "a=sctp-port:5000"));
}

#[test]
fn chromiums_offer_is_told_in_our_words() {
    let (now, mut control) = control();
    control.accept_offer(now, CHROMIUM).expect("a good offer");
    let session = control.session();
    assert!(session.reduced_size_rtcp);
    let [audio, video] = &session.media[..] else { panic!("two sections") };
    assert_eq!((audio.mid, audio.kind), (mid("0"), MediaKind::Audio));
    let [opus] = audio.codecs[..] else { panic!("one codec") };
    assert_eq!((opus.codec, opus.payload_type, opus.rtx_payload_type), (Codec::Opus, 111, None));
    assert!(opus.transport_cc && !opus.nack);
    let published = audio.receive.as_ref().expect("the peer sends");
    assert_eq!(published.encodings[0].ssrc, Some(Ssrc(2_654_158_467)));
    assert_eq!(published.stream_id, "6f8d9c1e-2c53-4b34-8c7a-0c6f1f0a9c11");
    assert_eq!(published.track_id, "0b0f2ef4-7d4a-4a64-9d4e-4ee1a5ec0d33");
    assert_eq!(audio.send, None);

    let first = video.codecs[0];
    assert_eq!((first.codec, first.payload_type), (Codec::Vp8, 96));
    assert_eq!(first.rtx_payload_type, Some(97));
    assert!(first.nack && first.pli && first.fir && first.transport_cc && first.remb);
    let of = |number: u8| video.codecs.iter().find(|c| c.payload_type == number).expect("listed");
    assert_eq!(of(109).profile, 0x42_e0_00 << 8 | 1);
    assert_eq!(of(39).profile, 0x4d_00_00 << 8);
    assert_eq!((of(98).profile, of(100).profile), (0, 2));
    let encodings = &video.receive.as_ref().expect("the peer sends").encodings;
    let rids: Vec<_> = encodings.iter().map(|encoding| encoding.rid).collect();
    assert_eq!(rids, ["q", "h", "f"].map(|rid| Rid::new(rid.as_bytes())));
    for (extension, id) in [
        (Extension::Mid, 4),
        (Extension::Rid, 10),
        (Extension::RepairedRid, 11),
        (Extension::TransportCc, 3),
        (Extension::AbsSendTime, 2),
        (Extension::PlayoutDelay, 5),
        (Extension::DependencyDescriptor, 9),
        (Extension::VideoLayersAllocation, 12),
        (Extension::VideoOrientation, 13),
        (Extension::VideoContentType, 6),
        (Extension::VideoTiming, 7),
        (Extension::ColorSpace, 8),
    ] {
        assert_eq!(video.extensions.id(extension), Some(id), "{extension:?}");
    }
    assert_eq!(video.extensions.id(Extension::AudioLevel), None);
}

#[test]
fn firefoxs_offer_with_bundle_only_and_shared_attributes_is_understood() {
    let (now, mut control) = control();
    let answer = control.accept_offer(now, FIREFOX).expect("a good offer");
    let video = section(&answer, "1");
    assert_eq!(video[0], "video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98");
    assert!(has(
        &video,
        "a=extmap:6/sendonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
    ));
    assert!(has(
        &section(&answer, "0"),
        "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1"
    ));
    let session = control.session();
    assert!(!session.reduced_size_rtcp, "the audio section does not ask for it");
    let camera = session.media[1].receive.as_ref().expect("the peer sends");
    assert_eq!(camera.encodings[0].ssrc, Some(Ssrc(3_298_475_601)));
    assert_eq!(camera.encodings[0].rtx_ssrc, Some(Ssrc(1_102_938_475)));
}

#[test]
fn our_codecs_come_favourite_first_in_the_answer() {
    let now = super::rig::start();
    let codecs = [Codec::H264, Codec::Vp8];
    let identity = crate::control::Identity::new(&Default::default(), &codecs, 64, 100_000);
    let local = [super::rig::address(super::rig::SERVER)];
    let mut control = crate::control::Control::new(now, &identity, &local).expect("usable");
    let answer = control.accept_offer(now, CHROMIUM).expect("a good offer");
    let video = section(&answer, "1");
    assert!(
        video[0].starts_with("video 9 UDP/TLS/RTP/SAVPF 103 104 107 108")
            && video[0].ends_with("96 97")
    );
    let audio = section(&answer, "0");
    assert_eq!(audio[0], "audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126");
    assert!(answer.contains("\r\na=group:BUNDLE 1 2\r\n"));
    assert_eq!(control.session().media.len(), 1);
    assert_eq!(control.session().media[0].codecs[0].codec, Codec::Vp8, "the peer's order");
}

#[test]
fn simulcast_added_in_a_new_offer_is_taken() {
    let mut rig = Rig::connected();
    rig.client_offers(|api| {
        let layers = Some(simulcast());
        api.add_media(ClientKind::Video, Direction::SendOnly, None, None, layers);
    });
    let session = rig.server.session();
    assert_eq!(session.media.len(), 2);
    let encodings = &session.media[1].receive.as_ref().expect("the peer sends").encodings;
    assert_eq!(encodings.len(), 3);
    assert!(encodings.iter().all(|encoding| encoding.rid.is_some() && encoding.ssrc.is_none()));
}

#[test]
fn peer_that_only_receives_first_gets_nothing_until_we_offer() {
    let mut rig = Rig::default();
    rig.client_offers(|api| {
        api.add_media(ClientKind::Video, Direction::RecvOnly, None, None, None);
    });
    rig.run(Duration::from_secs(1));
    assert!(rig.is_connected());
    assert!(rig.server.session().media.is_empty());
    rig.server.add_send(7, MediaKind::Video, "stream", "track");
    rig.server_offers();
    assert_eq!(rig.server.session().media.len(), 1);
}

#[test]
fn peer_may_stop_and_start_sending_in_a_section() {
    let mut rig = Rig::connected();
    let name = rig.server.session().media[0].mid.to_string();
    let name: str0m::media::Mid = name.as_str().into();
    rig.client_offers(|api| api.set_direction(name, Direction::Inactive));
    assert!(rig.server.session().media.is_empty());
    rig.client_offers(|api| api.set_direction(name, Direction::SendOnly));
    assert_eq!(rig.server.session().media.len(), 1);
}

#[test]
fn what_we_add_is_offered_then_live() {
    let mut rig = Rig::connected();
    assert!(!rig.server.needs_negotiation());
    rig.server.add_send(1, MediaKind::Audio, "alice", "microphone");
    rig.server.add_send(2, MediaKind::Video, "alice", "camera");
    assert!(rig.server.needs_negotiation());
    assert_eq!(rig.server.send_mid(1), None);
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("two wishes");
    assert!(!rig.server.needs_negotiation(), "an offer is outstanding");
    let (audio_mid, video_mid) = (rig.server.send_mid(1), rig.server.send_mid(2));
    assert_eq!(sent_mids(&rig.server.session()).len(), 0, "not agreed on yet");
    let text = section(&offer, video_mid.expect("offered").as_str());
    assert!(has(&text, "a=msid:alice camera") && has(&text, "a=sendonly"));
    assert!(has(&text, "a=setup:actpass"));

    let answer = rig.client_answers(&offer);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert!(!rig.server.needs_negotiation());
    let session = rig.server.session();
    let sent: Vec<_> = session.media.iter().filter(|media| media.send.is_some()).collect();
    assert_eq!(
        sent.iter().map(|media| Some(media.mid)).collect::<Vec<_>>(),
        [audio_mid, video_mid]
    );
    let (audio, video) = (sent[0].send.expect("sent"), sent[1].send.expect("sent"));
    assert!(text.contains(&format!("a=ssrc:{} cname:lahn", video.ssrc.0).as_str()));
    let rtx = video.rtx_ssrc.expect("the client does RTX");
    assert!(has(&text, &format!("a=ssrc-group:FID {} {}", video.ssrc.0, rtx.0)));
    assert_eq!(audio.rtx_ssrc, None);
    assert!(sent[1].codecs.iter().any(|codec| codec.codec == Codec::Vp8 && codec.nack));
    let clients = rig.client.media(video_mid.expect("offered").as_str().into()).expect("taken");
    assert_eq!(clients.direction(), Direction::RecvOnly);
}

#[test]
fn our_first_offer_may_come_before_any_of_the_peers() {
    let mut rig = Rig::default();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    assert!(rig.server.needs_negotiation());
    rig.server_offers();
    rig.run(Duration::from_secs(2));
    assert!(rig.is_connected());
    assert_eq!(sent_mids(&rig.server.session()), ["s0"]);
}

#[test]
fn section_is_used_again_only_once_its_end_was_agreed_on() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    rig.server_offers();
    let first = rig.server.send_mid(1).expect("live");
    let old = rig.server.session().media[1].send.expect("live");

    rig.server.remove_send(1);
    assert!(rig.server.needs_negotiation());
    rig.server.add_send(2, MediaKind::Video, "bob", "camera");
    rig.server_offers();
    let second = rig.server.send_mid(2).expect("live");
    assert_ne!(first, second);
    assert_eq!(rig.server.send_mid(1), None);
    assert_eq!(sent_mids(&rig.server.session()), [second.to_string()]);

    rig.server.add_send(3, MediaKind::Audio, "carol", "microphone");
    rig.server.add_send(4, MediaKind::Video, "carol", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("wishes");
    assert!(has(&section(&offer, first.as_str()), "a=msid:carol camera"));
    let answer = rig.client_answers(&offer);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert_eq!(rig.server.send_mid(4), Some(first));
    assert_ne!(rig.server.send_mid(3), Some(first), "another kind needs another section");
    let media = rig.server.session().media;
    let again = media.iter().find(|media| media.mid == first).and_then(|m| m.send).expect("live");
    assert_ne!(again.ssrc, old.ssrc, "a stream of its own");
    assert_eq!(offer.matches("\r\nm=").count(), 4);
}

#[test]
fn wish_taken_back_before_it_was_offered_is_forgotten() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    rig.server.remove_send(1);
    assert!(!rig.server.needs_negotiation());
    assert_eq!(rig.server.create_offer(rig.now), Ok(None));
}

#[test]
fn wish_that_came_while_an_offer_was_outstanding_needs_the_next() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    rig.server.add_send(2, MediaKind::Video, "bob", "camera");
    assert!(!rig.server.needs_negotiation());
    let answer = rig.client_answers(&offer);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert!(rig.server.needs_negotiation());
    rig.server_offers();
    assert_eq!(sent_mids(&rig.server.session()).len(), 2);
}

#[test]
fn wish_taken_back_while_its_offer_was_outstanding_ends_with_the_next() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    rig.server.remove_send(1);
    let answer = rig.client_answers(&offer);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert!(rig.server.needs_negotiation());
    rig.server_offers();
    assert!(sent_mids(&rig.server.session()).is_empty());
    assert!(!rig.server.needs_negotiation());
}

#[test]
fn offer_of_the_peers_that_crosses_ours_wins_and_our_wishes_stay() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let ours = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    let late = rig.server.send_mid(1);
    assert!(late.is_some());
    rig.client_offers(|api| {
        api.add_media(ClientKind::Video, Direction::SendOnly, None, None, None);
    });
    assert_eq!(rig.server.send_mid(1), None);
    assert!(rig.server.needs_negotiation());
    assert_eq!(rig.server.session().media.len(), 2);
    // An answer to the offer that was dropped is of no use to anyone.
    assert_eq!(rig.server.accept_answer(rig.now, &ours), Err(ControlError::NoPendingOffer));
    rig.server_offers();
    assert_eq!(sent_mids(&rig.server.session()).len(), 1);
    assert_eq!(rig.server.session().media.len(), 3);
}

#[test]
fn bad_offer_that_crosses_ours_leaves_ours_outstanding() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let ours = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    rig.server.accept_offer(rig.now, "v=0\r\n").expect_err("no media");
    let answer = rig.client_answers(&ours);
    rig.server.accept_answer(rig.now, &answer).expect("still outstanding");
}

#[test]
fn removal_rides_on_the_answer_to_an_offer_of_the_peers() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    rig.server_offers();
    rig.server.remove_send(1);
    rig.client_offers(|api| {
        api.add_media(ClientKind::Video, Direction::SendOnly, None, None, None);
    });
    assert!(!rig.server.needs_negotiation());
    assert!(sent_mids(&rig.server.session()).is_empty());
}

#[test]
fn answer_to_an_older_offer_is_stale_and_the_newest_stays() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let older = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    let stale = rig.client_answers(&older);
    rig.server.add_send(2, MediaKind::Video, "bob", "camera");
    let newest = rig.server.create_offer(rig.now).expect("no fault").expect("wishes");
    assert_eq!(rig.server.accept_answer(rig.now, &stale), Err(ControlError::StaleAnswer));
    let answer = rig.client_answers(&newest);
    rig.server.accept_answer(rig.now, &answer).expect("a good answer");
    assert_eq!(sent_mids(&rig.server.session()).len(), 2);
}

#[test]
fn section_the_peer_rejects_is_not_asked_for_again() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    let answer = rig.client_answers(&offer);
    let rejected = answer.replace("m=video 9 ", "m=video 0 ").replace(" s0\r\n", "\r\n");
    assert_ne!(rejected, answer);
    rig.server.accept_answer(rig.now, &rejected).expect("a good answer");
    assert!(!rig.server.needs_negotiation());
    assert!(sent_mids(&rig.server.session()).is_empty());
    // Not even when the peer puts something else in its place (RFC 8829 §5.2.2).
    let (offer, _) = rig.client_offer(|api| {
        api.ice_restart(true);
    });
    let recycled = offer.replace("a=mid:s0\r\n", "a=mid:x9\r\n").replace(" s0\r\n", " x9\r\n");
    let answer = rig.server.accept_offer(rig.now, &recycled).expect("a good offer");
    assert!(has(&section(&answer, "x9"), "a=inactive"));
    assert!(!rig.server.needs_negotiation());
}

#[test]
fn section_the_peer_rejected_is_not_used_again_by_us() {
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    let answer = rig.client_answers(&offer);
    let rejected = answer.replace("m=video 9 ", "m=video 0 ").replace(" s0\r\n", "\r\n");
    rig.server.accept_answer(rig.now, &rejected).expect("a good answer");
    rig.server.add_send(2, MediaKind::Video, "bob", "camera");
    let offer = rig.server.create_offer(rig.now).expect("no fault").expect("a wish");
    assert_eq!(section(&offer, "s0")[0].split(' ').nth(1), Some("0"), "gone for good");
    assert_eq!(rig.server.send_mid(2), Some(mid("s1")));
}

#[test]
fn peer_that_sends_in_a_section_of_ours_is_received_in_it() {
    // What a browser does when addTrack finds a transceiver that our offer made.
    let mut rig = Rig::connected();
    rig.server.add_send(1, MediaKind::Video, "alice", "camera");
    rig.server_offers();
    rig.client_offers(|api| api.set_direction("s0".into(), Direction::SendRecv));
    let media = rig.server.session().media;
    let both = media.iter().find(|media| media.mid == mid("s0")).expect("live");
    assert!(both.send.is_some() && both.receive.is_some());
    rig.server.remove_send(1);
    rig.server_offers();
    let media = rig.server.session().media;
    let one = media.iter().find(|media| media.mid == mid("s0")).expect("live");
    assert!(one.send.is_none() && one.receive.is_some());
}

#[test]
fn stream_names_cannot_break_out_of_their_line() {
    let (now, mut control) = control();
    control.add_send(1, MediaKind::Video, "a\r\na=ice-ufrag:evil", "");
    let offer = control.create_offer(now).expect("no fault").expect("a wish");
    assert!(has(&section(&offer, "s0"), "a=msid:aaice-ufragevil -"));
}

#[test]
fn candidates_are_looked_at_and_not_needed() {
    let (_, control) = control();
    for good in [
        "",
        "a=end-of-candidates",
        "candidate:1 1 udp 2122260223 192.0.2.7 52341 typ host generation 0",
        "a=candidate:1 1 UDP 2122260223 2001:db8::7 52341 typ srflx raddr 192.0.2.7 rport 1",
        "candidate:1 1 udp 2122260223 3f0c8f6e-0d5c-4d1a-9d3e-5d5d0f1e2a3b.local 5 typ host",
        "candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active",
    ] {
        assert_eq!(control.add_remote_candidate(good), Ok(()), "{good}");
    }
    for bad in ["candidate:", "hello", "candidate:1 1 udp many 192.0.2.7 1 typ host", "{\"a\":1}"] {
        assert_eq!(control.add_remote_candidate(bad), Err(ControlError::BadCandidate), "{bad}");
    }
}
