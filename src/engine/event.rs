//! What happened that an application may want to know.

use crate::base::{EndpointId, SourceId, SubscriptionId};
use crate::cc::{CongestionReason, CongestionState};
use crate::forward::{Layer, LayerReason};
use crate::params::MediaKind;
use crate::srtp::Profile;

/// Comes out of [`Engine::poll_event`](crate::Engine::poll_event), in order.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// ICE and DTLS are done; media flows from now on.
    EndpointConnected {
        /// Which endpoint.
        endpoint: EndpointId,
        /// The DTLS version agreed on, as it stands on the wire: "DTLS1.2" or "DTLS1.3".
        dtls_version: &'static str,
        /// The SRTP protection profile agreed on.
        srtp_profile: Profile,
    },
    /// The endpoint is gone, with its sources and subscriptions (their events came before).
    EndpointClosed {
        /// Which endpoint; the id is stale now.
        endpoint: EndpointId,
        /// Why.
        reason: CloseReason,
    },
    /// An endpoint publishes something new; it can be subscribed to.
    SourceAdded {
        /// The new source.
        source: SourceId,
        /// Who publishes it.
        endpoint: EndpointId,
        /// Audio or video.
        kind: MediaKind,
    },
    /// A source is gone, with the subscriptions to it.
    SourceRemoved {
        /// Which source; the id is stale now.
        source: SourceId,
        /// Who published it.
        endpoint: EndpointId,
    },
    /// What is sent to the endpoint changed and it has to be told: call
    /// [`Engine::create_offer`](crate::Engine::create_offer), carry the offer to the peer and its
    /// answer to [`Engine::accept_answer`](crate::Engine::accept_answer). Comes once until then.
    NegotiationNeeded {
        /// Which endpoint.
        endpoint: EndpointId,
    },
    /// A subscription gets another layer than before; its first packet is on its way.
    LayerChanged {
        /// Which subscription.
        subscription: SubscriptionId,
        /// What it gets; `None`: nothing flows.
        layer: Option<Layer>,
        /// Why.
        reason: LayerReason,
    },
    /// The best layer that anybody wants of a source is another than before. What lies above, its
    /// publisher may be told to stop.
    DemandChanged {
        /// Which source.
        source: SourceId,
        /// `None`: nobody wants anything.
        layer: Option<Layer>,
    },
    /// What the link of an endpoint is taken to carry is another rate than before by a tenth or
    /// more, or congestion control does something else. Not more often than five times a second;
    /// [`EndpointStats::congestion`](crate::EndpointStats) has more.
    BandwidthChanged {
        /// Which endpoint.
        endpoint: EndpointId,
        /// IP headers included, bit/s.
        target_bitrate: u64,
        /// What congestion control does,
        state: CongestionState,
        /// and what bounds the rate.
        reason: CongestionReason,
    },
    /// So many events were lost because nobody polled; look at the statistics to catch up.
    Overflow {
        /// How many.
        lost: u64,
    },
}

/// Why an endpoint was closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The application removed it, or closed its conference.
    Removed,
    /// The peer said goodbye: a DTLS close_notify (RFC 8446 §6.1).
    PeerClosed,
    /// It did not connect in time (`Config::connect_timeout`).
    ConnectTimeout,
    /// Its consent ran out: no ICE check for `Config::idle_timeout` (RFC 7675).
    IdleTimeout,
    /// DTLS failed for good: a wrong certificate, no common version, too many losses.
    HandshakeFailed,
    /// DTLS ended without an SRTP profile that `DtlsConfig::srtp_profiles` lists.
    NoCommonSrtpProfile,
    /// Its SRTP keys are used up (2^48 packets, RFC 3711 §9.2).
    KeysExhausted,
}
