//! F5: one endpoint's media plane: packets in, packets out, and the RTCP between. Never names
//! `control`: keys, the path and what was negotiated are told to it.
//!
//! Read next: [`ingress`] (a packet comes), then [`egress`] (a packet goes).
#![forbid(unsafe_code)]

mod departures;
mod drops;
mod due;
mod egress;
mod header;
mod ingress;
mod outlet;
mod paced;
mod padding;
mod queue;
mod reports;
mod route;
mod rtcp_in;
mod rtcp_out;
mod session;

use std::time::{Duration, Instant};

pub use drops::{DropCounters, DropReason};
pub(crate) use outlet::SideBySide;

use crate::base::{Bitrate, Key, Path, Rng, SendTime, Seq, Slab, Ssrc, WallClock};
use crate::cc::{Arrivals, LossBasedEstimate, RateLimits};
use crate::forward::{Moment, PacketRef, Source};
use crate::params::MediaKind;
use crate::srtp::{AeadBackend, Profile, Protector, TransportKeys, Unprotector};
use crate::stream::RateMeter;
use crate::stream::recv::ClockOffset;
use crate::stream::send::{SendStream, Translation};
use crate::wire::ext::{AbsCaptureTime, FrameMarking, VideoLayersAllocation};
use due::Due;
use paced::Paced;
use queue::Queue;
use route::Route;

/// A round trip that nothing is known of yet.
const ASSUMED_ROUND_TRIP: Duration = Duration::from_millis(100);

/// What every endpoint of an engine has in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) epoch: Instant,
    pub(crate) wall: WallClock,
    pub(crate) key_frame_request_interval: Duration,
    pub(crate) transport_cc_interval: Duration,
    pub(crate) aead_backend: AeadBackend,
    /// `None`: no congestion control.
    pub(crate) congestion: Option<RateLimits>,
    /// Packets may go out as ECT(1).
    pub(crate) ecn: bool,
    pub(crate) most_ssrcs: usize,
    pub(crate) most_queued: usize,
}

/// One endpoint's media plane.
#[derive(Debug)]
pub(crate) struct Media {
    settings: Settings,
    /// The endpoint's key in the engine.
    endpoint: Key,
    path: Option<Path>,
    keys: Option<Keys>,
    route: Route,
    /// Slots of the sources it publishes.
    sources: Vec<u32>,
    send: Vec<SendStream>,
    /// SSRCs that were sent from and are no longer.
    given_up: Vec<Ssrc>,
    queue: Queue,
    /// Congestion control towards it, where something tells how packets arrive.
    paced: Option<Box<Paced>>,
    /// The next transport-wide number towards it.
    transport_seq: Seq,
    /// The arrivals of its packets, if it wants to know.
    arrivals: Option<Arrivals>,
    due: Due,
    clock_offset: ClockOffset,
    estimate: LossBasedEstimate,
    /// Whom RTCP that belongs to no sent stream comes from.
    rtcp_ssrc: Ssrc,
    rng: Rng,
    round_trip_time: Option<Duration>,
    deadline: Option<Instant>,
    counters: Counters,
    scratch: Scratch,
}

/// Both directions' SRTP contexts.
#[derive(Debug)]
struct Keys {
    unprotector: Unprotector,
    protector: Protector,
    exhausted: bool,
}

/// Counts of one endpoint.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) packets_received: u64,
    pub(crate) bytes_received: u64,
    pub(crate) packets_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) incoming: RateMeter,
    pub(crate) outgoing: RateMeter,
    pub(crate) drops: DropCounters,
}

/// Memory that is used again for each packet.
#[derive(Debug, Default)]
struct Scratch {
    /// Extensions that travel on, as the history keeps them.
    carried: Vec<u8>,
    /// The packet's dependency descriptor, or nothing,
    descriptor: Vec<u8>,
    /// how large layers are,
    allocation: Option<VideoLayersAllocation>,
    /// its frame marking,
    marking: Option<FrameMarking>,
    /// and when it was captured.
    capture: Option<AbsCaptureTime>,
    /// Numbers to ask for again.
    lost: Vec<Seq>,
}

impl Scratch {
    /// Another packet.
    fn begin_packet(&mut self) {
        self.carried.clear();
        self.descriptor.clear();
        self.allocation = None;
        self.marking = None;
        self.capture = None;
    }
}

impl Settings {
    /// `now`, in both forms.
    pub(crate) fn moment(&self, now: Instant) -> Moment {
        Moment { at: now, millis: self.wall.millis(now) }
    }
}

impl Media {
    /// An endpoint without path, keys or sections.
    pub(crate) fn new(settings: Settings, endpoint: Key, mut rng: Rng, now: Instant) -> Self {
        Self {
            settings,
            endpoint,
            path: None,
            keys: None,
            route: Route::new(settings.most_ssrcs),
            sources: Vec::new(),
            send: Vec::new(),
            given_up: Vec::new(),
            queue: Queue::new(settings.most_queued),
            paced: None,
            transport_seq: Seq(0),
            arrivals: None,
            due: Due::new(now),
            clock_offset: ClockOffset::default(),
            estimate: LossBasedEstimate::new(),
            rtcp_ssrc: Ssrc(rng.next_u32() | 1),
            rng,
            round_trip_time: None,
            deadline: None,
            counters: Counters {
                packets_received: 0,
                bytes_received: 0,
                packets_sent: 0,
                bytes_sent: 0,
                incoming: RateMeter::new(),
                outgoing: RateMeter::new(),
                drops: DropCounters::default(),
            },
            scratch: Scratch::default(),
        }
    }

    /// DTLS is done, or the application brought keys of its own.
    pub(crate) fn set_keys(&mut self, now: Instant, keys: &TransportKeys) {
        self.keys = Some(Keys {
            unprotector: Unprotector::with_backend(keys, self.settings.aead_backend),
            protector: Protector::with_backend(keys, self.settings.aead_backend),
            exhausted: false,
        });
        self.wake_at(now);
    }

    /// Where packets go from now on.
    pub(crate) const fn set_path(&mut self, path: Path) {
        self.path = Some(path);
    }

    /// Packets of a sent stream come under a new translation.
    pub(crate) fn translate(&mut self, stream: u16, translation: Translation) {
        if let Some(stream) = self.send.get_mut(usize::from(stream)) {
            stream.translate(translation);
        }
    }

    /// A packet is due, at `now` in milliseconds.
    pub(crate) fn enqueue(&mut self, now: u32, kind: MediaKind, packet: PacketRef) {
        if self.queue.push(now, kind, packet) {
            self.counters.drops.count(DropReason::QueueFull);
        }
    }

    /// Time passed: what is due now?
    pub(crate) fn handle_timeout(&mut self, now: Instant, sources: &mut Slab<Source>) {
        if self.keys.is_none() {
            self.deadline = None;
            return;
        }
        self.note_due(now, sources);
        self.tend_pacer(now, sources);
        self.deadline = self.next_deadline(sources);
    }

    /// A datagram of `len` bytes came from this endpoint.
    pub(crate) fn on_received(&mut self, now: Instant, len: usize) {
        self.counters.packets_received += 1;
        self.counters.bytes_received += len as u64;
        self.counters.incoming.add(self.settings.wall.millis(now), len as u64);
    }

    /// So many datagrams of so many bytes in all went to this endpoint.
    pub(crate) fn on_transmitted(&mut self, now: u32, count: u64, bytes: usize) {
        self.counters.packets_sent += count;
        self.counters.bytes_sent += bytes as u64;
        self.counters.outgoing.add(now, bytes as u64);
    }

    /// A datagram of `len` bytes without media went to this endpoint.
    pub(crate) fn on_other_transmitted(&mut self, time: &SendTime, len: usize) {
        self.on_transmitted(time.millis, 1, len);
        if let Some(paced) = &mut self.paced {
            paced.side.on_other_sent(time.micros, len);
        }
    }

    /// So many of its packets went no further.
    pub(crate) const fn count_drops(&mut self, reason: DropReason, times: u64) {
        self.counters.drops.add(reason, times);
    }

    /// One of its packets went no further.
    pub(crate) const fn count_drop(&mut self, reason: DropReason) {
        self.counters.drops.count(reason);
    }

    /// Wants [`handle_timeout`](Self::handle_timeout) at `at`, or earlier.
    pub(crate) fn wake_at(&mut self, at: Instant) {
        self.deadline = Some(self.deadline.map_or(at, |deadline| deadline.min(at)));
    }

    /// When it wants [`handle_timeout`](Self::handle_timeout).
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether [`drain`](Self::drain) has something to write.
    pub(crate) fn has_due(&self) -> bool {
        let waits = || match self.paced.as_deref() {
            Some(paced) if paced.held => !self.queue.sound.is_empty(),
            Some(paced) => !self.queue.is_empty() || paced.side.wants_padding(),
            None => !self.queue.is_empty(),
        };
        self.keys.is_some() && (self.due.any() || waits())
    }

    /// Whether the keys are used up and the endpoint has to go.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.exhausted)
    }

    /// Where packets go.
    pub(crate) const fn path(&self) -> Option<Path> {
        self.path
    }

    /// The SRTP profile agreed on.
    pub(crate) fn profile(&self) -> Option<Profile> {
        self.keys.as_ref().map(|keys| keys.protector.profile())
    }

    /// The library that does AES-GCM, if that was agreed on.
    pub(crate) fn aead_backend(&self) -> Option<AeadBackend> {
        self.keys.as_ref()?.protector.aead_backend()
    }

    /// Slots of the sources it publishes.
    pub(crate) fn sources(&self) -> &[u32] {
        &self.sources
    }

    /// What is sent to it.
    pub(crate) fn send_streams(&self) -> &[SendStream] {
        &self.send
    }

    /// Counts.
    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Packets waiting.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Newest round trip over all streams sent to it.
    pub(crate) const fn round_trip_time(&self) -> Option<Duration> {
        self.round_trip_time
    }

    /// Rates over the last second: in, out.
    pub(crate) fn rates(&self, now: Instant) -> (Bitrate, Bitrate) {
        let now = self.settings.wall.millis(now);
        (self.counters.incoming.rate(now), self.counters.outgoing.rate(now))
    }
}
