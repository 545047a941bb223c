//! Our `Control` and a full-ICE str0m `Rtc` as the client, over an instant network in virtual
//! time. The client's keys are tapped too, so that they can be compared.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::DtlsVersion;
use str0m::media::{Direction, MediaKind as ClientKind, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::base::Path;
use crate::control::key_tap::{self, Tap};
use crate::control::{Control, ControlEvent, ControlOutput, DtlsConfig, DtlsVersions, Identity};
use crate::params::Codec;
use crate::srtp::Profile;

pub(super) const SERVER: &str = "198.51.100.1:3478";
pub(super) const CLIENT: &str = "192.0.2.7:40000";

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(super) fn path(remote: &str) -> Path {
    Path { local: address(SERVER), remote: address(remote) }
}

pub(super) fn start() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a test needs some instant to begin with")]
    Instant::now()
}

pub(super) fn identity(dtls: &DtlsConfig) -> Identity {
    Identity::new(dtls, &Codec::ALL, 64, 256 * 1024)
}

/// A lone `Control`.
pub(super) fn control() -> (Instant, Control) {
    let now = start();
    let identity = identity(&DtlsConfig::default());
    (now, Control::new(now, &identity, &[address(SERVER)]).expect("a usable address"))
}

pub(super) struct Rig {
    pub(super) now: Instant,
    pub(super) server: Control,
    pub(super) client: Rtc,
    pub(super) client_tap: Arc<Tap>,
    /// Since the last look.
    pub(super) events: Vec<ControlEvent>,
    pub(super) client_events: Vec<Event>,
    /// What the server sees as the client's address.
    pub(super) seen_as: SocketAddr,
    /// What becomes of the client's datagrams on their way.
    pub(super) tamper: fn(Vec<u8>) -> Vec<Vec<u8>>,
    client_address: SocketAddr,
    client_timeout: Instant,
    /// Datagrams of the server's, all of them.
    pub(super) sent: Vec<(Path, Vec<u8>)>,
}

impl Rig {
    pub(super) fn new(server: &DtlsConfig, client: DtlsVersion) -> Self {
        let now = start();
        let identity = identity(server);
        let server = Control::new(now, &identity, &[address(SERVER)]).expect("a usable address");
        let config = RtcConfig::new().set_rtp_mode(true).set_dtls_version(client);
        let all = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];
        let (mut client, client_tap) = key_tap::build(config, now, &all);
        let candidate = Candidate::host(address(CLIENT), "udp").expect("a usable address");
        client.add_local_candidate(candidate);
        Self {
            now,
            server,
            client,
            client_tap,
            events: Vec::new(),
            client_events: Vec::new(),
            seen_as: address(CLIENT),
            tamper: |datagram| vec![datagram],
            client_address: address(CLIENT),
            client_timeout: now,
            sent: Vec::new(),
        }
    }

    /// Both versions on both sides.
    pub(super) fn default() -> Self {
        Self::new(&DtlsConfig::default(), DtlsVersion::Auto)
    }

    /// With a client that has offered a microphone, and a second to connect.
    pub(super) fn connected() -> Self {
        let mut rig = Self::default();
        rig.client_offers(|api| {
            api.add_media(ClientKind::Audio, Direction::SendOnly, None, None, None);
        });
        rig.run(Duration::from_secs(1));
        assert!(rig.is_connected());
        rig
    }

    /// The client moves to another address: the server sees it from there, and answers reach it.
    pub(super) fn move_client(&mut self, to: &str) {
        self.seen_as = address(to);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.events.iter().any(|event| matches!(event, ControlEvent::Connected { .. }))
    }

    pub(super) fn paths(&self) -> Vec<Path> {
        let path = |event: &ControlEvent| match event {
            ControlEvent::PathChanged(path) => Some(*path),
            _ => None,
        };
        self.events.iter().filter_map(path).collect()
    }

    /// The client's offer as text, not delivered yet.
    pub(super) fn client_offer(
        &mut self,
        change: impl FnOnce(&mut str0m::change::SdpApi<'_>),
    ) -> (String, SdpPendingOffer) {
        let mut api = self.client.sdp_api();
        change(&mut api);
        let (offer, pending) = api.apply().expect("something to offer");
        (offer.to_sdp_string(), pending)
    }

    /// The client offers, we answer.
    pub(super) fn client_offers(&mut self, change: impl FnOnce(&mut str0m::change::SdpApi<'_>)) {
        let (offer, pending) = self.client_offer(change);
        let answer = self.server.accept_offer(self.now, &offer).expect("a good offer");
        self.client_takes_answer(pending, &answer);
    }

    pub(super) fn client_takes_answer(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("we write good SDP");
        self.client.sdp_api().accept_answer(pending, answer).expect("we answer well");
    }

    /// We offer, the client answers.
    pub(super) fn server_offers(&mut self) {
        let offer = self.server.create_offer(self.now).expect("no fault").expect("a wish");
        let answer = self.client_answers(&offer);
        self.server.accept_answer(self.now, &answer).expect("a good answer");
    }

    pub(super) fn client_answers(&mut self, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).expect("we write good SDP");
        self.client.sdp_api().accept_offer(offer).expect("we offer well").to_sdp_string()
    }

    /// Lets `time` pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        let mut turns = 0;
        loop {
            self.deliver();
            let due = self.server.poll_timeout().unwrap_or(end).min(self.client_timeout);
            let next = due.max(self.now + Duration::from_millis(1));
            turns += 1;
            assert!(turns < 100_000, "the clock does not get on");
            if next >= end {
                self.now = end;
                break;
            }
            self.now = next;
            self.server.handle_timeout(self.now);
            self.client.handle_input(Input::Timeout(self.now)).expect("a client in good order");
        }
        self.deliver();
    }

    /// Carries datagrams to and fro until both sides are silent.
    fn deliver(&mut self) {
        loop {
            let mut silent = !self.drain_server();
            loop {
                match self.client.poll_output().expect("a client in good order") {
                    Output::Timeout(due) => {
                        self.client_timeout = due;
                        break;
                    }
                    Output::Event(event) => self.client_events.push(event),
                    Output::Transmit(transmit) => {
                        silent = false;
                        let path = Path { local: transmit.destination, remote: self.seen_as };
                        for datagram in (self.tamper)(transmit.contents.to_vec()) {
                            let _ = self.server.handle_datagram(self.now, path, &datagram);
                            self.drain_server();
                        }
                    }
                }
            }
            if silent {
                return;
            }
        }
    }

    /// Whether anything came out.
    fn drain_server(&mut self) -> bool {
        let mut some = false;
        while let Some(output) = self.server.poll(self.now) {
            some = true;
            match output {
                ControlOutput::Event(event) => self.events.push(event),
                ControlOutput::Transmit { path, datagram } => {
                    self.reach_client(path, &datagram);
                    self.sent.push((path, datagram));
                }
            }
        }
        some
    }

    fn reach_client(&mut self, path: Path, datagram: &[u8]) {
        if path.remote != self.seen_as {
            return; // it lives elsewhere now
        }
        let receive = Receive::new(Protocol::Udp, path.local, self.client_address, datagram);
        let receive = receive.expect("STUN or DTLS");
        let _ = self.client.handle_input(Input::Receive(self.now, receive));
    }
}

/// Three encodings, low to high.
pub(super) fn simulcast() -> Simulcast {
    let layer = SimulcastLayer::new;
    Simulcast { send: vec![layer("q"), layer("h"), layer("f")], recv: Vec::new() }
}

/// The default settings with other versions.
pub(super) fn versions(versions: DtlsVersions) -> DtlsConfig {
    DtlsConfig { versions, ..DtlsConfig::default() }
}
