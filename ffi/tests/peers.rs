//! Two real peers (str0m) in a conference behind the C functions: offers and answers, ICE, DTLS,
//! media and goodbye, with nothing but what a program in C has.

use std::net::SocketAddr;
use std::ptr;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use lahn_ffi::address::lahn_addr;
use lahn_ffi::config::lahn_config;
use lahn_ffi::engine::conference::lahn_conference_open;
use lahn_ffi::engine::datagrams::{lahn_engine_handle_datagrams, lahn_rx};
use lahn_ffi::engine::endpoint::{lahn_endpoint_add, lahn_endpoint_remove};
use lahn_ffi::engine::event::{lahn_engine_poll_event, lahn_event, lahn_event_kind_code::*};
use lahn_ffi::engine::layer::{lahn_layer, lahn_layer_reason_code::LAHN_LAYER_STARTED};
use lahn_ffi::engine::negotiation::{
    lahn_endpoint_accept_answer, lahn_endpoint_accept_offer, lahn_endpoint_create_offer,
};
use lahn_ffi::engine::subscription::lahn_subscribe;
use lahn_ffi::engine::time::{lahn_engine_handle_timeout, lahn_engine_poll_timeout};
use lahn_ffi::engine::transmit::{lahn_engine_poll_transmit, lahn_tx};
use lahn_ffi::engine::{lahn_engine_free, lahn_engine_new};
use lahn_ffi::lahn_engine;
use lahn_ffi::text::lahn_str;

#[test]
fn media_of_a_real_peer_reaches_another_through_the_c_functions() {
    let mut world = World::new();
    let publisher = world.add_peer("192.0.2.11:4000");
    let receiver = world.add_peer("192.0.2.12:4000");
    world.offer(publisher, |change| {
        let stream = Some("stream".to_owned());
        change.add_media(MediaKind::Video, Direction::SendOnly, stream, None, None)
    });
    world.offer(receiver, |change| {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None)
    });
    world.run_until("both are connected", |world| {
        world.peers.iter().all(|peer| peer.connected)
            && world.count(LAHN_EVENT_ENDPOINT_CONNECTED as u32) == 2
    });

    let added = world.event(LAHN_EVENT_SOURCE_ADDED as u32).expect("the publisher's video");
    assert_eq!(added.endpoint, world.peers[publisher].endpoint);
    let mut subscription = 0;
    let wanted_by = world.peers[receiver].endpoint;
    // SAFETY: the engine is alive, the output is writable.
    ok(unsafe {
        lahn_subscribe(world.engine, world.now_us, wanted_by, added.source, &mut subscription)
    });
    world.poll_events();
    let needed = world.event(LAHN_EVENT_NEGOTIATION_NEEDED as u32).expect("there is news to tell");
    assert_eq!(needed.endpoint, wanted_by);
    world.renegotiate(receiver);
    world.run_until("video arrives", |world| world.peers[receiver].received > 50);
    let started = world.event(LAHN_EVENT_LAYER_CHANGED as u32).expect("it has begun");
    assert_eq!((started.subscription, started.a), (subscription, LAHN_LAYER_STARTED as u64));
    assert_eq!(started.layer, lahn_layer { present: 1, encoding: 0, spatial: 0, temporal: 0 });

    // SAFETY: the engine is alive.
    ok(unsafe { lahn_endpoint_remove(world.engine, world.now_us, wanted_by) });
    world.run_until("the receiver hears goodbye", |world| world.peers[receiver].closed);
}

/// What the engine sends from.
const LOCAL: &str = "192.0.2.1:3478";
const STEP: u64 = 5_000;
/// One-packet key frames: descriptor (RFC 7741 §4.2), frame header, start code, 64 x 48.
const KEY_FRAME: [u8; 64] = {
    let mut payload = [0xab; 64];
    let head = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 64, 0, 48, 0];
    let mut place = 0;
    while place < head.len() {
        payload[place] = head[place];
        place += 1;
    }
    payload
};

struct World {
    engine: *mut lahn_engine,
    conference: u64,
    zero: Instant,
    now_us: u64,
    peers: Vec<Peer>,
    events: Vec<lahn_event>,
}

struct Peer {
    rtc: Rtc,
    endpoint: u64,
    address: SocketAddr,
    outgoing: Vec<Vec<u8>>,
    publishes: Option<Mid>,
    frames: u64,
    received: usize,
    connected: bool,
    closed: bool,
}

impl World {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only way to an Instant; its value is unused"
    )]
    fn new() -> Self {
        let config = lahn_config {
            struct_size: size_of::<lahn_config>() as u32,
            max_conferences: 0,
            max_endpoints: 0,
            max_events: 0,
            connect_timeout_ms: 0,
            idle_timeout_ms: 0,
            unix_time_us_at_zero: 0,
            seed: [1; 32],
            start_bps: 0,
            min_bps: 0,
            max_bps: 0,
            congestion_off: 0,
            reserved: 0,
        };
        let (mut engine, mut conference) = (ptr::null_mut(), 0);
        // SAFETY: the config is whole, the outputs are writable, the engine is alive by then.
        unsafe {
            ok(lahn_engine_new(&config, &mut engine));
            ok(lahn_conference_open(engine, &mut conference));
        }
        let zero = Instant::now();
        Self { engine, conference, zero, now_us: 0, peers: Vec::new(), events: Vec::new() }
    }

    fn now(&self) -> Instant {
        self.zero + Duration::from_micros(self.now_us)
    }

    fn add_peer(&mut self, address: &str) -> usize {
        let address: SocketAddr = address.parse().expect("an address");
        let mut rtc = RtcConfig::new().set_rtp_mode(true).build(self.now());
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a host candidate"));
        let local = lahn_addr::from(LOCAL.parse::<SocketAddr>().expect("an address"));
        let mut endpoint = 0;
        // SAFETY: the engine is alive, one address is readable, the output is writable.
        ok(unsafe {
            lahn_endpoint_add(self.engine, self.now_us, self.conference, &local, 1, &mut endpoint)
        });
        self.peers.push(Peer {
            rtc,
            endpoint,
            address,
            outgoing: Vec::new(),
            publishes: None,
            frames: 0,
            received: 0,
            connected: false,
            closed: false,
        });
        self.peers.len() - 1
    }

    /// The peer's first offer, and our answer.
    fn offer(&mut self, peer: usize, media: impl FnOnce(&mut str0m::change::SdpApi<'_>) -> Mid) {
        let peer = &mut self.peers[peer];
        let mut change = peer.rtc.sdp_api();
        let mid = media(&mut change);
        let (offer, pending) = change.apply().expect("there is something to offer");
        let text = offer.to_sdp_string();
        let answer = sdp(|buf, cap, len| {
            // SAFETY: the engine is alive, text and buffer are as long as said.
            unsafe {
                lahn_endpoint_accept_offer(
                    self.engine,
                    self.now_us,
                    peer.endpoint,
                    lent(&text),
                    buf,
                    cap,
                    len,
                )
            }
        });
        let answer = SdpAnswer::from_sdp_string(&answer).expect("an answer that parses");
        peer.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        if text.contains("a=sendonly") {
            peer.publishes = Some(mid);
        }
    }

    /// Our offer, and the peer's answer.
    fn renegotiate(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        let offer = sdp(|buf, cap, len| {
            // SAFETY: the engine is alive, the buffer is as long as said.
            unsafe {
                lahn_endpoint_create_offer(self.engine, self.now_us, peer.endpoint, buf, cap, len)
            }
        });
        let offer = SdpOffer::from_sdp_string(&offer).expect("an offer that parses");
        let answer = peer.rtc.sdp_api().accept_offer(offer).expect("an offer that fits");
        let text = answer.to_sdp_string();
        // SAFETY: the engine is alive, the text is as long as said.
        ok(unsafe {
            lahn_endpoint_accept_answer(self.engine, self.now_us, peer.endpoint, lent(&text))
        });
    }

    fn run_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = self.now_us + 10_000_000;
        while !is_so(self) {
            assert!(self.now_us < end, "in ten seconds it did not happen that {what}");
            self.step();
        }
    }

    fn step(&mut self) {
        self.now_us += STEP;
        let now = self.now();
        for peer in &mut self.peers {
            peer.step(now);
        }
        self.feed();
        let mut deadline = 0;
        // SAFETY: the engine is alive, the output is writable.
        unsafe {
            ok(lahn_engine_poll_timeout(self.engine, &mut deadline));
            if deadline <= self.now_us {
                ok(lahn_engine_handle_timeout(self.engine, self.now_us));
            }
        }
        self.drain();
        self.poll_events();
    }

    /// All that the peers want sent, in one batch.
    fn feed(&mut self) {
        let mut batch: Vec<(SocketAddr, Vec<u8>)> = Vec::new();
        for peer in &mut self.peers {
            batch.extend(peer.outgoing.drain(..).map(|datagram| (peer.address, datagram)));
        }
        let local = LOCAL.parse::<SocketAddr>().expect("an address").into();
        let rx: Vec<lahn_rx> = batch
            .iter_mut()
            .map(|(from, datagram)| lahn_rx {
                data: datagram.as_mut_ptr(),
                len: datagram.len(),
                local,
                remote: (*from).into(),
                ecn: 0,
                reserved: [0; 7],
            })
            .collect();
        // SAFETY: the engine is alive, each entry leads to a datagram of its length.
        ok(unsafe {
            lahn_engine_handle_datagrams(self.engine, self.now_us, rx.as_ptr(), rx.len())
        });
    }

    /// Room for three datagrams at a time, so that more than one call is needed.
    fn drain(&mut self) {
        let nowhere = lahn_addr::from(SocketAddr::from(([0; 4], 0)));
        let none = lahn_tx {
            offset: 0,
            len: 0,
            local: nowhere,
            remote: nowhere,
            ecn: 0,
            reserved: [0; 7],
        };
        loop {
            let (mut arena, mut tx, mut n) = ([0; 3 * 1500], [none; 3], 0);
            // SAFETY: the engine is alive, arena and entries are as long as said.
            ok(unsafe {
                lahn_engine_poll_transmit(
                    self.engine,
                    self.now_us,
                    arena.as_mut_ptr(),
                    arena.len(),
                    tx.as_mut_ptr(),
                    tx.len(),
                    &mut n,
                )
            });
            if n == 0 {
                return;
            }
            let now = self.now();
            for tx in &tx[..n] {
                let peer =
                    self.peers.iter_mut().find(|peer| lahn_addr::from(peer.address) == tx.remote);
                peer.expect("sent to a peer").receive(now, &arena[tx.offset..][..tx.len]);
            }
        }
    }

    fn poll_events(&mut self) {
        loop {
            let mut event = lahn_event {
                struct_size: 56,
                kind: 0,
                endpoint: 0,
                source: 0,
                subscription: 0,
                a: 0,
                b: 0,
                layer: lahn_layer { present: 0, encoding: 0, spatial: 0, temporal: 0 },
                reserved: 0,
            };
            // SAFETY: the engine is alive, the event has the size it says.
            ok(unsafe { lahn_engine_poll_event(self.engine, &mut event) });
            if event.kind == LAHN_EVENT_NONE as u32 {
                return;
            }
            self.events.push(event);
        }
    }

    fn event(&self, kind: u32) -> Option<lahn_event> {
        self.events.iter().copied().find(|event| event.kind == kind)
    }

    fn count(&self, kind: u32) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // SAFETY: made by lahn_engine_new, freed once.
        unsafe { lahn_engine_free(self.engine) };
    }
}

impl Peer {
    fn step(&mut self, now: Instant) {
        if !self.rtc.is_alive() {
            return;
        }
        if self.connected {
            self.publish(now);
        }
        self.rtc.handle_input(Input::Timeout(now)).expect("time passes");
        self.drain();
    }

    fn publish(&mut self, now: Instant) {
        let Some(mid) = self.publishes else { return };
        let mut codecs = self.rtc.codec_config().params().iter();
        let vp8 = codecs.find(|params| params.spec().codec == Codec::Vp8);
        let pt = vp8.expect("str0m knows VP8").pt();
        let timestamp = u32::try_from(self.frames * 450).expect("a short test");
        let write = RtpWrite::new(pt, self.frames.into(), timestamp, now, KEY_FRAME.to_vec());
        let mut direct = self.rtc.direct_api();
        direct.stream_tx_by_mid(mid, None).expect("a stream").write_rtp(write.marker(true));
        self.frames += 1;
    }

    fn receive(&mut self, now: Instant, datagram: &[u8]) {
        if !self.rtc.is_alive() {
            return;
        }
        let receive = Receive {
            proto: Protocol::Udp,
            source: LOCAL.parse().expect("an address"),
            destination: self.address,
            contents: datagram.try_into().expect("the engine sends what can be read"),
        };
        self.rtc.handle_input(Input::Receive(now, receive)).expect("the engine sends nothing bad");
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("the Rtc goes on") {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.outgoing.push(transmit.contents.to_vec()),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::Closed) => self.closed = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    assert_eq!(packet.payload[..], KEY_FRAME, "the payload came through");
                    self.received += 1;
                }
                Output::Event(_) => {}
            }
        }
    }
}

fn ok(result: i32) {
    assert_eq!(result, 0);
}

fn lent(text: &str) -> lahn_str {
    lahn_str { ptr: text.as_ptr().cast(), len: text.len() }
}

/// What a call writes into a buffer of 64 KiB.
fn sdp(call: impl FnOnce(*mut std::ffi::c_char, usize, *mut usize) -> i32) -> String {
    let (mut buf, mut len) = (vec![0_u8; 65_536], 0);
    ok(call(buf.as_mut_ptr().cast(), buf.len(), &mut len));
    buf.truncate(len);
    String::from_utf8(buf).expect("SDP is UTF-8")
}
