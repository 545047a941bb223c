//! One participant: a real str0m `Rtc` in RTP mode with full ICE, behind an address that may
//! change. It publishes, answers offers, answers key-frame requests, and writes down what comes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lahn::EndpointId;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::crypto::dtls::DtlsVersion;
use str0m::format::Codec;
use str0m::media::{
    Direction, KeyframeRequest, MediaKind, Mid, SenderFeedback, Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::Rtcp;
use str0m::rtp::{ExtensionValues, RawPacket, RtpHeader, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError};

use super::media::{Medium, Publication, RIDS};
use super::net::Link;

/// An RTP packet as it came, after the participant's own SRTP and RTX.
#[derive(Clone, Debug)]
pub struct Received {
    pub at: Instant,
    pub mid: Option<Mid>,
    pub ssrc: u32,
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    pub header: RtpHeader,
}

pub struct Participant {
    pub endpoint: EndpointId,
    pub rtc: Rtc,
    /// The address it believes it has.
    pub inner: SocketAddr,
    /// The address the engine sees: another one behind a NAT.
    pub outer: SocketAddr,
    pub up: Link,
    pub down: Link,
    pub publications: Vec<Publication>,
    pub received: Vec<Received>,
    pub rtcp: Vec<(Instant, Rtcp)>,
    pub sender_reports: Vec<SenderFeedback>,
    pub key_frame_requests: Vec<(Instant, KeyframeRequest)>,
    pub connected: bool,
    /// The engine said goodbye.
    pub closed: bool,
    /// Datagrams it wants sent, and where to, to be taken by the world.
    pub outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
    /// Answers key-frame requests.
    pub obliging: bool,
    /// Switched off: neither sends nor receives.
    pub gone: bool,
    timeout: Instant,
    seed: u64,
}

impl Participant {
    pub fn new(
        endpoint: EndpointId,
        address: SocketAddr,
        dtls: DtlsVersion,
        now: Instant,
        seed: u64,
    ) -> Self {
        let config =
            RtcConfig::new().set_rtp_mode(true).enable_raw_packets(true).set_dtls_version(dtls);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a host candidate"));
        let mut participant = Self {
            endpoint,
            rtc,
            inner: address,
            outer: address,
            up: Link::new(seed * 2),
            down: Link::new(seed * 2 + 1),
            publications: Vec::new(),
            received: Vec::new(),
            rtcp: Vec::new(),
            sender_reports: Vec::new(),
            key_frame_requests: Vec::new(),
            connected: false,
            closed: false,
            outgoing: VecDeque::new(),
            obliging: true,
            gone: false,
            timeout: now,
            seed,
        };
        participant.drain(now);
        participant
    }

    // ---- signalling ------------------------------------------------------------------------

    /// An offer that publishes `media`, carried through `exchange` to an answer.
    pub fn publish<E>(
        &mut self,
        now: Instant,
        media: &[Medium],
        exchange: impl FnOnce(String) -> Result<String, E>,
    ) -> Result<(), E> {
        let mut change = self.rtc.sdp_api();
        let mids: Vec<Mid> = media
            .iter()
            .map(|medium| {
                change.add_media(
                    medium.kind(),
                    Direction::SendOnly,
                    Some("stream".to_owned()),
                    None,
                    (*medium == Medium::Simulcast).then(all_layers),
                )
            })
            .collect();
        let (offer, pending) = change.apply().expect("there is something to offer");
        let answer = exchange(offer.to_sdp_string())?;
        let answer = SdpAnswer::from_sdp_string(&answer).expect("an answer that parses");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        self.drain(now);
        for (medium, mid) in media.iter().zip(mids) {
            self.add_publications(now, *medium, mid);
        }
        Ok(())
    }

    fn add_publications(&mut self, now: Instant, medium: Medium, mid: Mid) {
        let codec = if medium == Medium::Audio { Codec::Opus } else { Codec::Vp8 };
        let accepted = self.rtc.media(mid).expect("the section is there").remote_pts();
        let pt = self
            .rtc
            .codec_config()
            .params()
            .iter()
            .find(|params| params.spec().codec == codec && accepted.contains(&params.pt()))
            .expect("the codec was accepted")
            .pt();
        let rids: Vec<_> = match medium {
            Medium::Simulcast => RIDS.iter().map(|rid| Some((*rid).into())).collect(),
            _ => vec![None],
        };
        for rid in rids {
            let seed = self.seed * 100 + self.publications.len() as u64;
            self.publications.push(Publication::new(medium.kind(), mid, rid, pt, now, seed));
        }
    }

    /// Answers an offer of the engine's.
    pub fn answer(&mut self, now: Instant, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).expect("an offer that parses");
        let answer = self.rtc.sdp_api().accept_offer(offer).expect("an offer that fits");
        self.drain(now);
        answer.to_sdp_string()
    }

    // ---- time and network ------------------------------------------------------------------

    /// When it wants to be woken: for its own timers or to publish.
    pub fn next_wake(&self) -> Option<Instant> {
        if self.gone {
            return None;
        }
        Some(self.next_media().map_or(self.timeout, |at| at.min(self.timeout)))
    }

    fn next_media(&self) -> Option<Instant> {
        if !self.connected {
            return None;
        }
        self.publications.iter().filter(|p| p.active).map(|p| p.next_at).min()
    }

    /// Publishes what is due and lets its timers run.
    pub fn wake(&mut self, now: Instant) {
        if self.gone {
            return;
        }
        if self.connected {
            self.publish_due(now);
        }
        if self.rtc.is_alive() {
            let passed = self.rtc.handle_input(Input::Timeout(now));
            assert!(passed.is_ok() || !self.connected, "{passed:?}");
        }
        self.drain(now);
        // str0m may ask for the present moment again.
        self.timeout = self.timeout.max(now + Duration::from_micros(500));
    }

    pub fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        if self.gone || !self.rtc.is_alive() {
            return;
        }
        let Ok(contents) = bytes.try_into() else { return };
        let receive =
            Receive { proto: Protocol::Udp, source: from, destination: self.inner, contents };
        let taken = self.rtc.handle_input(Input::Receive(now, receive));
        assert!(taken.is_ok() || !self.connected, "the engine sent something bad: {taken:?}");
        self.drain(now);
    }

    fn publish_due(&mut self, now: Instant) {
        for publication in self.publications.iter_mut().filter(|p| p.active && p.next_at <= now) {
            // Nothing was published while it was not connected or silent.
            if publication.next_at + Duration::from_millis(100) < now {
                publication.next_at = now;
            }
            let frame = publication.next_frame(now);
            let mut direct = self.rtc.direct_api();
            let stream = direct
                .stream_tx_by_mid(publication.mid, publication.rid)
                .expect("a stream for each publication");
            for packet in frame {
                let audio = publication.kind == MediaKind::Audio;
                let ext_vals = ExtensionValues {
                    audio_level: audio.then_some(-30),
                    voice_activity: audio.then_some(true),
                    ..Default::default()
                };
                let write = RtpWrite::new(
                    publication.pt,
                    packet.seq.into(),
                    packet.timestamp,
                    now,
                    packet.payload,
                );
                stream.write_rtp(write.marker(packet.marker).nackable(true).ext_vals(ext_vals));
            }
        }
    }

    /// Takes everything the `Rtc` has to give.
    pub fn drain(&mut self, now: Instant) {
        loop {
            let output = match self.rtc.poll_output() {
                // Its handshake has failed: it gives up.
                Err(RtcError::Dtls(_)) => {
                    self.gone = true;
                    return;
                }
                output => output.expect("the Rtc goes on"),
            };
            match output {
                Output::Timeout(at) => {
                    self.timeout = at.max(now);
                    return;
                }
                Output::Transmit(transmit) => {
                    self.outgoing.push_back((transmit.destination, transmit.contents.to_vec()));
                }
                Output::Event(event) => self.note(now, event),
            }
        }
    }

    fn note(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.publications.iter_mut().for_each(|p| p.next_at = now);
            }
            Event::Closed => self.closed = true,
            Event::SenderFeedback(feedback) => self.sender_reports.push(feedback),
            Event::KeyframeRequest(request) => self.on_key_frame_request(now, request),
            Event::RawPacket(raw) => {
                if let RawPacket::RtcpRx(rtcp) = *raw {
                    self.rtcp.push((now, rtcp));
                }
            }
            Event::RtpPacket(packet) => {
                let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc).map(|s| s.mid());
                self.received.push(Received {
                    at: now,
                    mid,
                    ssrc: *packet.header.ssrc,
                    seq: *packet.seq_no,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload.to_vec(),
                    header: packet.header,
                });
            }
            _ => {}
        }
    }

    fn on_key_frame_request(&mut self, now: Instant, request: KeyframeRequest) {
        self.key_frame_requests.push((now, request));
        if !self.obliging {
            return;
        }
        let meant = self
            .publications
            .iter_mut()
            .filter(|p| p.mid == request.mid && (request.rid.is_none() || p.rid == request.rid));
        meant.for_each(|publication| publication.key_frame_wanted = true);
    }

    // ---- what came ---------------------------------------------------------------------------

    /// What came in the section `mid`.
    pub fn received_in(&self, mid: &str) -> Vec<&Received> {
        self.received.iter().filter(|r| r.mid.is_some_and(|m| &*m == mid)).collect()
    }
}

fn all_layers() -> Simulcast {
    let mut simulcast = Simulcast::new();
    RIDS.iter().for_each(|rid| simulcast.add_send_layer(SimulcastLayer::new(rid)));
    simulcast
}
