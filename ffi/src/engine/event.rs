//! What happened, as plain data.

use lahn::{CloseReason, Event};

use super::congestion::{congestion_reason, congestion_state};
use super::layer::{lahn_layer, layer_reason};
use super::raw::srtp_profile;
use super::{lahn_endpoint_id, lahn_source_id, lahn_subscription_id, media_kind};
use crate::handle::{State, exclusive, lahn_engine};
use crate::layout::{Sized32, SizedOut};
use crate::result::lahn_result;

/// One of enum lahn_event_kind_code, or a later kind: ignore those you do not know.
pub type lahn_event_kind = u32;

/// What an event tells, and which fields of lahn_event it uses.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_event_kind_code {
    /// Nothing happened.
    LAHN_EVENT_NONE = 0,
    /// ICE and DTLS are done, media flows from now on. endpoint; a = SRTP profile (as in
    /// lahn_srtp_profile_code).
    LAHN_EVENT_ENDPOINT_CONNECTED = 1,
    /// An endpoint is gone, with its sources and subscriptions. endpoint (stale now); a = enum
    /// lahn_close_reason_code.
    LAHN_EVENT_ENDPOINT_CLOSED = 2,
    /// An endpoint publishes something that can be subscribed to. source, endpoint; a = enum
    /// lahn_media_kind_code.
    LAHN_EVENT_SOURCE_ADDED = 3,
    /// A source is gone, with the subscriptions to it. source (stale now), endpoint.
    LAHN_EVENT_SOURCE_REMOVED = 4,
    /// A subscription gets another layer than before, or none; the first packet of it is on its
    /// way. subscription, layer; a = enum lahn_layer_reason_code.
    LAHN_EVENT_LAYER_CHANGED = 5,
    /// What is sent to an endpoint changed and it has to be told: lahn_endpoint_create_offer, then
    /// lahn_endpoint_accept_answer. Comes once until then. endpoint.
    LAHN_EVENT_NEGOTIATION_NEEDED = 8,
    /// Events were lost, as nobody polled; a = how many. Look at the statistics to catch up.
    LAHN_EVENT_OVERFLOW = 9,
    /// The best layer that anybody wants of a source is another than before, or nobody wants any.
    /// What lies above, its publisher may be told to stop. source, layer.
    LAHN_EVENT_DEMAND_CHANGED = 11,
    /// What the link of an endpoint is taken to carry is another rate than before by a tenth or
    /// more, or congestion control does something else. endpoint; a = bit/s, b = enum
    /// lahn_congestion_state_code in its low 32 bits, enum lahn_congestion_reason_code above.
    LAHN_EVENT_BANDWIDTH_CHANGED = 12,
}

/// Why an endpoint was closed.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_close_reason_code {
    /// By a call: lahn_endpoint_remove or lahn_conference_close.
    LAHN_CLOSE_REMOVED = 1,
    /// The peer said goodbye (DTLS close_notify).
    LAHN_CLOSE_PEER = 2,
    /// It did not connect in time.
    LAHN_CLOSE_CONNECT_TIMEOUT = 3,
    /// Its consent ran out: no ICE check for too long (RFC 7675).
    LAHN_CLOSE_IDLE_TIMEOUT = 4,
    /// DTLS failed for good: a wrong certificate, no common version, too many losses.
    LAHN_CLOSE_HANDSHAKE_FAILED = 5,
    /// Its SRTP keys are used up (RFC 3711 section 9.2).
    LAHN_CLOSE_KEYS_EXHAUSTED = 6,
    /// DTLS ended without an SRTP profile that both have.
    LAHN_CLOSE_NO_COMMON_SRTP_PROFILE = 7,
    /// For a reason that this build has no number for.
    LAHN_CLOSE_OTHER = 255,
}

/// One thing that happened; start from LAHN_EVENT_INIT. Ids that do not apply are LAHN_ID_NONE,
/// numbers 0, layers not present.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct lahn_event {
    /// sizeof(lahn_event).
    pub struct_size: u32,
    /// What happened.
    pub kind: lahn_event_kind,
    /// To which endpoint.
    pub endpoint: lahn_endpoint_id,
    /// To which source.
    pub source: lahn_source_id,
    /// To which subscription.
    pub subscription: lahn_subscription_id,
    /// What it means depends on kind.
    pub a: u64,
    /// What it means depends on kind.
    pub b: u64,
    /// Which layer.
    pub layer: lahn_layer,
    /// 0.
    pub reserved: u32,
}

// SAFETY: repr(C), struct_size first, integers only, 2 x 4 + 5 x 8 + 4 x 1 + 4 bytes without a gap.
unsafe impl Sized32 for lahn_event {
    const FIRST: usize = 48;
}

/// Gives the next event, in the order in which they happened; its kind is LAHN_EVENT_NONE when
/// there is none.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_poll_event(
    engine: *mut lahn_engine,
    event_out: *mut lahn_event,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(event_out, "event_out")? };
        while let Some(event) = state.engine.poll_event() {
            // A kind that this ABI has no number for yet is passed over.
            if let Some(event) = plain(&event) {
                out.set(&event);
                return Ok(());
            }
        }
        out.set(&NONE);
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

const NONE: lahn_event = lahn_event {
    struct_size: 0,
    kind: 0,
    endpoint: 0,
    source: 0,
    subscription: 0,
    a: 0,
    b: 0,
    layer: lahn_layer::NONE,
    reserved: 0,
};

fn plain(event: &Event) -> Option<lahn_event> {
    use lahn_event_kind_code::*;
    let of = |kind: lahn_event_kind_code, endpoint: u64, source: u64, subscription: u64, a: u64| {
        lahn_event { kind: kind as u32, endpoint, source, subscription, a, ..NONE }
    };
    Some(match *event {
        Event::EndpointConnected { endpoint, srtp_profile: profile, .. } => {
            let profile = u64::from(srtp_profile(profile));
            of(LAHN_EVENT_ENDPOINT_CONNECTED, endpoint.as_u64(), 0, 0, profile)
        }
        Event::EndpointClosed { endpoint, reason } => {
            of(LAHN_EVENT_ENDPOINT_CLOSED, endpoint.as_u64(), 0, 0, close_reason(reason) as u64)
        }
        Event::SourceAdded { source, endpoint, kind } => {
            let kind = u64::from(media_kind(kind));
            of(LAHN_EVENT_SOURCE_ADDED, endpoint.as_u64(), source.as_u64(), 0, kind)
        }
        Event::SourceRemoved { source, endpoint } => {
            of(LAHN_EVENT_SOURCE_REMOVED, endpoint.as_u64(), source.as_u64(), 0, 0)
        }
        Event::NegotiationNeeded { endpoint } => {
            of(LAHN_EVENT_NEGOTIATION_NEEDED, endpoint.as_u64(), 0, 0, 0)
        }
        Event::LayerChanged { subscription, layer, reason } => {
            let reason = u64::from(layer_reason(reason));
            let changed = of(LAHN_EVENT_LAYER_CHANGED, 0, 0, subscription.as_u64(), reason);
            lahn_event { layer: layer.into(), ..changed }
        }
        Event::DemandChanged { source, layer } => {
            let changed = of(LAHN_EVENT_DEMAND_CHANGED, 0, source.as_u64(), 0, 0);
            lahn_event { layer: layer.into(), ..changed }
        }
        Event::BandwidthChanged { endpoint, target_bitrate, state, reason } => {
            let changed = of(LAHN_EVENT_BANDWIDTH_CHANGED, endpoint.as_u64(), 0, 0, target_bitrate);
            let (state, reason) = (congestion_state(state), congestion_reason(reason));
            lahn_event { b: u64::from(reason) << 32 | u64::from(state), ..changed }
        }
        Event::Overflow { lost } => of(LAHN_EVENT_OVERFLOW, 0, 0, 0, lost),
        _ => return None,
    })
}

const fn close_reason(reason: CloseReason) -> lahn_close_reason_code {
    use lahn_close_reason_code::*;
    match reason {
        CloseReason::Removed => LAHN_CLOSE_REMOVED,
        CloseReason::PeerClosed => LAHN_CLOSE_PEER,
        CloseReason::ConnectTimeout => LAHN_CLOSE_CONNECT_TIMEOUT,
        CloseReason::IdleTimeout => LAHN_CLOSE_IDLE_TIMEOUT,
        CloseReason::HandshakeFailed => LAHN_CLOSE_HANDSHAKE_FAILED,
        CloseReason::NoCommonSrtpProfile => LAHN_CLOSE_NO_COMMON_SRTP_PROFILE,
        CloseReason::KeysExhausted => LAHN_CLOSE_KEYS_EXHAUSTED,
        _ => LAHN_CLOSE_OTHER,
    }
}

#[cfg(test)]
mod tests {
    use lahn::params::MediaKind;
    use lahn::{
        CongestionReason, CongestionState, EndpointId, Layer, LayerReason, SourceId, SubscriptionId,
    };

    use super::*;

    #[test]
    fn event_carries_its_ids_and_numbers_to_their_fields() {
        let endpoint = EndpointId::from_u64(1 << 32 | 2);
        let source = SourceId::from_u64(3 << 32 | 4);
        let added = Event::SourceAdded { source, endpoint, kind: MediaKind::Video };
        let expected =
            lahn_event { kind: 3, endpoint: 1 << 32 | 2, source: 3 << 32 | 4, a: 2, ..NONE };
        assert_eq!(plain(&added), Some(expected));

        let closed = Event::EndpointClosed { endpoint, reason: CloseReason::IdleTimeout };
        assert_eq!(
            plain(&closed),
            Some(lahn_event { kind: 2, endpoint: 1 << 32 | 2, a: 4, ..NONE })
        );
        assert_eq!(plain(&Event::Overflow { lost: 9 }), Some(lahn_event { kind: 9, a: 9, ..NONE }));
    }

    #[test]
    fn event_of_a_layer_tells_which_and_why() {
        let subscription = SubscriptionId::from_u64(5 << 32 | 6);
        let layer = Layer { encoding: 2, spatial: 1, temporal: 3 };
        let reason = LayerReason::Available;
        let changed = Event::LayerChanged { subscription, layer: Some(layer), reason };
        let layer = lahn_layer { present: 1, encoding: 2, spatial: 1, temporal: 3 };
        let expected = lahn_event { kind: 5, subscription: 5 << 32 | 6, a: 6, layer, ..NONE };
        assert_eq!(plain(&changed), Some(expected));

        let paused = Event::LayerChanged { subscription, layer: None, reason: LayerReason::Paused };
        let expected = lahn_event { kind: 5, subscription: 5 << 32 | 6, a: 3, ..NONE };
        assert_eq!(plain(&paused), Some(expected));
    }

    #[test]
    fn event_of_bandwidth_tells_the_rate_and_what_bounds_it() {
        let endpoint = EndpointId::from_u64(1 << 32 | 2);
        let changed = Event::BandwidthChanged {
            endpoint,
            target_bitrate: 5_000_000_000,
            state: CongestionState::Drain,
            reason: CongestionReason::Delay,
        };
        let (endpoint, b) = (1 << 32 | 2, 2 << 32 | 4);
        let expected = lahn_event { kind: 12, endpoint, a: 5_000_000_000, b, ..NONE };
        assert_eq!(plain(&changed), Some(expected));
    }

    #[test]
    fn event_of_demand_names_the_source_and_the_best_layer_wanted() {
        let source = SourceId::from_u64(3 << 32 | 4);
        let wanted = Event::DemandChanged { source, layer: Some(Layer::default()) };
        let lowest = lahn_layer { present: 1, ..lahn_layer::NONE };
        let expected = lahn_event { kind: 11, source: 3 << 32 | 4, layer: lowest, ..NONE };
        assert_eq!(plain(&wanted), Some(expected));

        let unwatched = Event::DemandChanged { source, layer: None };
        assert_eq!(plain(&unwatched), Some(lahn_event { kind: 11, source: 3 << 32 | 4, ..NONE }));
    }
}
