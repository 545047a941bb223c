//! Statistics.

use std::time::Duration;

use lahn::{DropReason, EndpointId, SubscriptionId};

use super::congestion::{
    congestion_reason, congestion_state, lahn_congestion_reason, lahn_congestion_state,
};
use super::layer::{lahn_layer, lahn_layer_reason, layer_reason};
use super::raw::{aead_backend, srtp_profile};
use super::{lahn_endpoint_id, lahn_subscription_id};
use crate::handle::{State, lahn_engine, shared};
use crate::layout::{Sized32, SizedOut};
use crate::pointer::Out;
use crate::result::lahn_result;

/// An endpoint's transport; start from LAHN_ENDPOINT_STATS_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_endpoint_stats {
    /// sizeof(lahn_endpoint_stats).
    pub struct_size: u32,
    /// 1 once ICE and DTLS are done.
    pub connected: u32,
    /// Newest round-trip time from RTCP in microseconds; 0 if unknown.
    pub rtt_us: u32,
    /// One of enum lahn_srtp_profile_code; 0 if unknown.
    pub srtp_profile: u32,
    /// Datagrams received from its address, of every kind.
    pub rx_packets: u64,
    /// Their bytes, without IP and UDP headers.
    pub rx_bytes: u64,
    /// Smoothed rate of what it sends, bit/s.
    pub rx_bps: u64,
    /// Datagrams sent.
    pub tx_packets: u64,
    /// Their bytes, without IP and UDP headers.
    pub tx_bytes: u64,
    /// Smoothed rate of what is sent to it, bit/s.
    pub tx_bps: u64,
    /// Packets waiting to be sent to it now.
    pub queued_packets: u64,
    /// Datagrams and packets dropped, for any reason: those that follow and all others.
    pub dropped: u64,
    /// Dropped as their authentication tag did not fit.
    pub auth_failures: u64,
    /// Dropped as they came twice or too late (RFC 3711 section 3.3.2).
    pub replays: u64,
    /// Dropped as RTP or RTCP that does not parse.
    pub malformed: u64,
    /// Which library does AES-GCM: one of enum lahn_aead_backend_code.
    pub aead_backend: u32,
    /// What congestion control towards it does: one of enum lahn_congestion_state_code. With
    /// LAHN_CONGESTION_OFF all that follows is 0.
    pub congestion_state: lahn_congestion_state,
    /// What bounds the estimate: one of enum lahn_congestion_reason_code.
    pub congestion_reason: lahn_congestion_reason,
    /// Packets lost on the link, smoothed, in parts per million.
    pub loss_ppm: u32,
    /// Standing queue on the link in microseconds.
    pub queue_delay_us: u32,
    /// How long the oldest packet waits to be sent in microseconds.
    pub pacer_delay_us: u32,
    /// What the link is taken to carry, bit/s; this and the rates that follow with IP headers.
    pub target_bps: u64,
    /// How fast packets leave, bit/s.
    pub pacing_bps: u64,
    /// What arrives, bit/s.
    pub acked_bps: u64,
    /// What is sent, over the last half second, bit/s.
    pub sent_bps: u64,
    /// What the link carried when it was last full, bit/s; 0 if it never was.
    pub capacity_bps: u64,
    /// What would be sent if the link were endless, bit/s; 0: what is.
    pub desired_bps: u64,
    /// What is allotted to subscriptions, bit/s.
    pub allocated_bps: u64,
    /// Bytes sent as padding and probes.
    pub tx_padding_bytes: u64,
    /// Probes started.
    pub probes: u64,
}

// SAFETY: repr(C), struct_size first, integers only, 4 x 4 + 11 x 8 + 6 x 4 + 9 x 8 bytes without a
// gap.
unsafe impl Sized32 for lahn_endpoint_stats {
    const FIRST: usize = 104;
}

/// A subscription; start from LAHN_SUBSCRIPTION_STATS_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_subscription_stats {
    /// sizeof(lahn_subscription_stats).
    pub struct_size: u32,
    /// Under which SSRC it is sent; 0 until negotiated.
    pub ssrc: u32,
    /// What flows now; none while it waits for a key frame or is paused.
    pub layer: lahn_layer,
    /// Newest round-trip time in microseconds; 0 if unknown.
    pub rtt_us: u32,
    /// Packets sent, retransmissions included.
    pub tx_packets: u64,
    /// Payload bytes sent, retransmissions included.
    pub tx_bytes: u64,
    /// Smoothed rate, bit/s.
    pub tx_bps: u64,
    /// Retransmissions sent.
    pub tx_retransmitted: u64,
    /// Cumulative loss from the newest receiver report.
    pub packets_lost: i64,
    /// NACK packets received.
    pub nacks: u64,
    /// PLI packets received.
    pub plis: u64,
    /// FIR packets received.
    pub firs: u64,
    /// What is wanted: the best the publisher sends within the constraints that the receiver's
    /// link carries.
    pub target: lahn_layer,
    /// Why the newest change of layer: one of enum lahn_layer_reason_code.
    pub reason: lahn_layer_reason,
    /// 1: nothing flows because the receiver's link carries no more.
    pub paused_by_bandwidth: u32,
    /// 1: less is wanted than the constraints allow because the receiver's link carries no more.
    pub limited_by_bandwidth: u32,
}

// SAFETY: repr(C), struct_size first, integers only, 2 x 4 + 4 x 1 + 4 + 8 x 8 + 4 x 1 + 3 x 4 bytes
// without a gap.
unsafe impl Sized32 for lahn_subscription_stats {
    const FIRST: usize = 80;
}

/// Tells an endpoint's figures.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_endpoint_get_stats(
    engine: *const lahn_engine,
    now_us: u64,
    endpoint: lahn_endpoint_id,
    stats_out: *mut lahn_endpoint_stats,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(stats_out, "stats_out")? };
        let now = state.clock.peek(now_us)?;
        let stats = state.engine.endpoint_stats(now, EndpointId::from_u64(endpoint))?;
        let drops = &stats.drops;
        let state = stats.congestion.map_or(0, |held| congestion_state(held.state));
        let reason = stats.congestion.map_or(0, |held| congestion_reason(held.reason));
        let link = stats.congestion.unwrap_or_default();
        out.set(&lahn_endpoint_stats {
            struct_size: 0,
            connected: stats.connected.into(),
            rtt_us: micros(stats.current_round_trip_time),
            srtp_profile: stats.srtp_profile.map_or(0, srtp_profile),
            rx_packets: stats.packets_received,
            rx_bytes: stats.bytes_received,
            rx_bps: stats.incoming_bitrate,
            tx_packets: stats.packets_sent,
            tx_bytes: stats.bytes_sent,
            tx_bps: stats.outgoing_bitrate,
            queued_packets: stats.queued_packets as u64,
            dropped: drops.total(),
            auth_failures: drops.get(DropReason::AuthenticationFailed),
            replays: drops.get(DropReason::Replayed),
            malformed: drops.get(DropReason::MalformedRtp) + drops.get(DropReason::MalformedRtcp),
            aead_backend: aead_backend(stats.aead_backend),
            congestion_state: state,
            congestion_reason: reason,
            loss_ppm: (link.loss * 1e6) as u32,
            queue_delay_us: micros(Some(link.queue_delay)),
            pacer_delay_us: micros(Some(link.pacer_delay)),
            target_bps: link.target_bitrate,
            pacing_bps: link.pacing_bitrate,
            acked_bps: link.acked_bitrate,
            sent_bps: link.sent_bitrate,
            capacity_bps: link.capacity.unwrap_or(0),
            desired_bps: link.desired_bitrate,
            allocated_bps: link.allocated_bitrate,
            tx_padding_bytes: link.padding_bytes_sent,
            probes: link.probes,
        });
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

/// Tells a subscription's figures.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscription_get_stats(
    engine: *const lahn_engine,
    now_us: u64,
    subscription: lahn_subscription_id,
    stats_out: *mut lahn_subscription_stats,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(stats_out, "stats_out")? };
        let now = state.clock.peek(now_us)?;
        let subscription = SubscriptionId::from_u64(subscription);
        let stats = state.engine.subscription_stats(now, subscription)?;
        out.set(&lahn_subscription_stats {
            struct_size: 0,
            ssrc: stats.ssrc.unwrap_or(0),
            layer: stats.layer.into(),
            rtt_us: micros(stats.round_trip_time),
            tx_packets: stats.packets_sent,
            tx_bytes: stats.bytes_sent,
            tx_bps: stats.bitrate,
            tx_retransmitted: stats.retransmitted_packets_sent,
            packets_lost: stats.packets_lost,
            nacks: stats.nack_count,
            plis: stats.pli_count,
            firs: stats.fir_count,
            target: stats.target.into(),
            reason: layer_reason(stats.reason),
            paused_by_bandwidth: stats.paused_by_bandwidth.into(),
            limited_by_bandwidth: stats.limited_by_bandwidth.into(),
        });
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

/// Tells how many datagrams were dropped that could not be laid at any endpoint's door: from
/// unknown addresses, of no known protocol.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_get_dropped(
    engine: *const lahn_engine,
    dropped_out: *mut u64,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for an output.
        let out = unsafe { Out::new(dropped_out, "dropped_out")? };
        out.set(state.engine.drops().total());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

fn micros(time: Option<Duration>) -> u32 {
    time.map_or(0, |time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX))
}
