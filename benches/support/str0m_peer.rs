//! The same work as most servers built on str0m do it: one `Rtc` in RTP mode per receiver, every
//! packet written to each with `write_rtp`, and `poll_output` called until it has no more after each,
//! as str0m demands ("mutate, drain to `Timeout`, mutate"); the time is told once for a batch.
//!
//! What is in its favour: nothing is received and decrypted, payloads are shared (`Arc`) and not
//! copied, what comes out is not copied into an arena, bandwidth estimation is off, and nobody
//! sends it feedback. Video can be retransmitted (`nackable`), as lahn's can.
//!
//! Each `Rtc` is connected to another over an in-memory network in virtual time, which then goes.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lahn::params::MediaKind;
use lahn::srtp::Profile;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::Pt;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite, Ssrc};
use str0m::{Candidate, Input, Output, Rtc};

use super::agreed_dtls::agreed;
use super::clock;
use super::load::Load;
use super::measure::Work;
use super::raw::{Packets, write_picture};

/// See the module.
pub struct Str0m {
    receivers: Vec<Rtc>,
    load: Load,
    payload_type: Pt,
    now: Instant,
    frame: u64,
}

impl Str0m {
    pub fn new(load: Load, receivers: u32, profile: Profile) -> Self {
        let material = vec![7; 2 * (profile.key_len() + profile.salt_len())];
        let provider = Arc::new(agreed(profile, material));
        let now = clock();
        let receivers: Vec<_> = (0..receivers).map(|_| connected(&provider, now, &load)).collect();
        let codec = match load.packets.kind {
            MediaKind::Audio => Codec::Opus,
            MediaKind::Video => Codec::Vp8,
        };
        let params = receivers[0].codec_config().find(|params| params.spec().codec == codec);
        let payload_type = params.expect("str0m knows it").pt();
        let mut made = Self { receivers, load, payload_type, now: now + PATIENCE, frame: 0 };
        made.round();
        made
    }
}

impl Work for Str0m {
    fn packets(&self) -> u64 {
        self.load.batch() * self.receivers.len() as u64
    }

    fn round(&mut self) -> Duration {
        let Packets { kind, frame: per_frame, payload } = self.load.packets;
        self.now += self.load.interval;
        let now = self.now;
        let video = kind == MediaKind::Video;
        let first = self.frame * per_frame;
        let payloads: Vec<Arc<[u8]>> = (first..first + per_frame)
            .map(|number| {
                let mut bytes = vec![number as u8; payload];
                if video {
                    write_picture(number, per_frame, &mut bytes);
                }
                bytes.into()
            })
            .collect();
        let ticks = if video { 3_000 } else { 960 };
        let timestamp = (self.frame * ticks) as u32;
        self.frame += 1;

        let start = clock();
        let mut sent = 0;
        for rtc in &mut self.receivers {
            for source in 0..self.load.together {
                for (place, bytes) in (1u64..).zip(&payloads) {
                    let seq = 1_000 + first + place;
                    let payload = Arc::clone(bytes);
                    let write =
                        RtpWrite::new(self.payload_type, seq.into(), timestamp, now, payload);
                    let level = (!video).then_some(-30);
                    let ext_vals = ExtensionValues { audio_level: level, ..Default::default() };
                    let marker = video && place == per_frame;
                    let write = write.marker(marker).nackable(video).ext_vals(ext_vals);
                    let mut direct = rtc.direct_api();
                    direct.stream_tx(&ssrc(source)).expect("declared").write_rtp(write);
                    sent += drain(rtc, |datagram| drop(black_box(datagram)));
                }
            }
            // Its pacer answers each write with "at once", which once for all of them will do.
            rtc.handle_input(Input::Timeout(now)).expect("time passes");
            sent += drain(rtc, |datagram| drop(black_box(datagram)));
        }
        let spent = start.elapsed();
        assert_eq!(sent, self.packets(), "every receiver gets everything");
        spent
    }
}

/// Within this ICE has found its way.
const PATIENCE: Duration = Duration::from_secs(5);

fn ssrc(source: u32) -> Ssrc {
    (0x2000_0000 + source).into()
}

fn connected(provider: &Arc<CryptoProvider>, start: Instant, load: &Load) -> Rtc {
    let mut pair = [(); 2].map(|()| {
        let provider = Arc::clone(provider);
        Rtc::builder().set_crypto_provider(provider).set_rtp_mode(true).build(start)
    });
    let names = [0, 1].map(|side: usize| {
        let direct = pair[side].direct_api();
        (direct.local_dtls_fingerprint().clone(), direct.local_ice_credentials())
    });
    for (side, rtc) in pair.iter_mut().enumerate() {
        let candidate = |side| Candidate::host(address(side), "udp").expect("valid");
        rtc.add_local_candidate(candidate(side));
        rtc.add_remote_candidate(candidate(1 - side));
        let mut direct = rtc.direct_api();
        let (fingerprint, credentials) = names[1 - side].clone();
        direct.set_remote_fingerprint(fingerprint);
        direct.set_remote_ice_credentials(credentials);
        direct.set_ice_controlling(side == 0);
        direct.start_dtls(side == 0).expect("DTLS starts");
        for source in 0..load.sources {
            let mid = format!("m{source}").as_str().into();
            let kind = match load.packets.kind {
                MediaKind::Audio => str0m::media::MediaKind::Audio,
                MediaKind::Video => str0m::media::MediaKind::Video,
            };
            direct.declare_media(mid, kind);
            let rtx = (load.packets.kind == MediaKind::Video).then(|| ssrc(source + 0x1_0000));
            if side == 0 {
                direct.declare_stream_tx(ssrc(source), rtx, mid, None);
            }
        }
    }
    let mut now = start;
    while !pair.iter().all(Rtc::is_connected) {
        assert!(now < start + PATIENCE, "they find each other");
        now += Duration::from_millis(5);
        for rtc in &mut pair {
            rtc.handle_input(Input::Timeout(now)).expect("time passes");
        }
        while exchange(&mut pair, now) {}
    }
    let [ours, _] = pair;
    ours
}

/// Takes all that both have to send, and delivers it.
fn exchange(pair: &mut [Rtc; 2], now: Instant) -> bool {
    let mut exchanged = false;
    for side in [0, 1] {
        let mut datagrams = Vec::new();
        drain(&mut pair[side], |datagram| datagrams.push(datagram));
        for datagram in &datagrams {
            exchanged = true;
            let receive = Receive {
                proto: Protocol::Udp,
                source: address(side),
                destination: address(1 - side),
                contents: datagram.as_slice().try_into().expect("a datagram str0m knows"),
            };
            pair[1 - side].handle_input(Input::Receive(now, receive)).expect("it is taken");
        }
    }
    exchanged
}

/// Takes everything it has to give; how many RTP packets were among it.
fn drain(rtc: &mut Rtc, mut take: impl FnMut(Vec<u8>)) -> u64 {
    let mut rtp = 0;
    loop {
        match rtc.poll_output().expect("it runs") {
            Output::Transmit(transmit) => {
                let datagram: Vec<u8> = transmit.contents.into();
                let is_media = (128..=191).contains(&datagram[0]);
                rtp += u64::from(is_media && !(192..=223).contains(&datagram[1]));
                take(datagram);
            }
            Output::Event(_) => {}
            Output::Timeout(_) => return rtp,
        }
    }
}

fn address(side: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + side as u8], 5_000))
}
