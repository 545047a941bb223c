//! A media engine for Selective Forwarding Units (RFC 7667 §3.7): decrypt once, decide per
//! receiver, encrypt N times, send. Signalling is the application's; SDP or raw transport
//! parameters come in, and from then on lahn moves media.
//!
//! # The loop
//!
//! The core does no I/O: it is told datagrams and time, and asked for datagrams, events and the
//! next deadline. [`driver`] runs this loop on real sockets; any other event loop can:
//!
//! ```
//! # use std::net::SocketAddr;
//! # use std::time::{Duration, Instant};
//! # use lahn::{Config, Drained, EgressSink, Engine, Path, Transmit};
//! # #[expect(clippy::disallowed_methods)] // an application has a clock
//! # fn clock() -> Instant { Instant::now() }
//! /// Memory for one datagram at a time; a real driver has an arena, and GSO.
//! struct Slot { bytes: [u8; 1500], sent: Vec<(SocketAddr, usize)> }
//!
//! impl EgressSink for Slot {
//!     fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
//!         self.bytes.get_mut(..len)
//!     }
//!     fn commit(&mut self, transmit: Transmit) {
//!         // socket.send_to(&self.bytes[..transmit.len], transmit.path.remote)
//!         self.sent.push((transmit.path.remote, transmit.len));
//!     }
//! }
//!
//! # fn main() -> Result<(), lahn::Error> {
//! let now = clock();
//! let mut engine = Engine::new(Config::default(), now);
//! let conference = engine.open_conference()?;
//! let local = "192.0.2.1:3478".parse().expect("an address");
//! let endpoint = engine.add_endpoint(now, conference, &[local])?;
//! // let answer = engine.accept_offer(now, endpoint, &offer_from_the_browser)?;
//!
//! // B. what happened: a datagram (here: garbage), or time
//! let path = Path { local, remote: "198.51.100.7:40000".parse().expect("an address") };
//! engine.handle_datagram(now, path, &mut [0xff; 20]);
//! if engine.poll_timeout().is_some_and(|deadline| deadline <= now) {
//!     engine.handle_timeout(now);
//! }
//! // D. what comes out, after any of the above
//! let mut slot = Slot { bytes: [0; 1500], sent: Vec::new() };
//! while engine.poll_transmit(now, &mut slot) == Drained::SinkFull { /* send, then go on */ }
//! while let Some(event) = engine.poll_event() { println!("{event:?}"); }
//! assert_eq!(engine.drops().total(), 1);
//! # engine.remove_endpoint(now, endpoint)
//! # }
//! ```
//!
//! # One packet's way, in reading order
//!
//! `driver` (a batch in, one `now` per batch) → `engine/receive` [`Engine::handle_datagram`] →
//! [`wire::demux`] → `media/ingress` (the page that names all the rest) → `media/route` →
//! [`wire::rtp`] → [`srtp::ReceiveIndex`] → [`srtp::Unprotector`] → `stream/recv` (loss, jitter,
//! what to ask for again) → `forward/frames` (which frame it is of, by its dependency descriptor or
//! [`wire::payload`]) → `stream/history` → `forward/fanout` → `forward/subscription` →
//! `forward/select` (whose level it is a part of; what is left out closes up) → `forward/start` and
//! `forward/align` (only where something begins) → (a 16-byte reference waits in `media/queue` until `cc/pacer` lets
//! it go, as fast as `cc/gcc` says) → `engine/transmit`
//! [`Engine::poll_transmit`] → `media/egress` (what its packets share is looked up once) →
//! `media/outlet` (one by one into a slot each, or many receivers' side by side) → `media/header`
//! and `stream/send/rewrite` (numbers, descriptors and extensions stamped now) → [`srtp::Protector`] or [`srtp::ProtectBatch`] → `driver`
//! (a run of equal datagrams is one message, many messages are one system call).
//!
//! # Floors
//!
//! `base` 0 · `wire`, `params` 1 · `srtp`, `cc` 2 · `stream` 3 · `forward` 4 · `media`, `control`
//! 5 · `engine` 6 · `driver` 7. A module uses lower floors only; `media` and `control` never name
//! each other. `tests/floors.rs` holds it.

mod base;
mod cc;
mod control;
#[cfg(feature = "mio")]
pub mod driver;
mod engine;
mod forward;
mod media;
pub mod params;
pub mod srtp;
mod stream;
pub mod wire;

pub use base::{
    Bitrate, ConferenceId, Drained, EcnCodepoint, EgressSink, EndpointId, ExtSeq, NtpTime, Path,
    RtpTime, Seq, SourceId, Ssrc, SubscriptionId, Transmit,
};
pub use cc::{CongestionReason, CongestionState, CongestionStats};
pub use control::{ControlError, DtlsConfig, DtlsVersions};
pub use engine::{
    BitrateLimits, CloseReason, Config, CongestionConfig, EncodingStats, EndpointStats, Engine,
    Error, Event, Limits, SourceInfo, SourceStats, SubscriptionInfo, SubscriptionStats,
};
pub use forward::{Constraints, Layer, LayerReason};
pub use media::{DropCounters, DropReason};
