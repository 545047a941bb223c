//! What crosses the border is laid out without padding, so that every compiler agrees and nothing
//! of the library's memory leaks in a gap; and its sizes are those that programs were compiled
//! with. `tests/c/header.c` has the same sizes from C's side.

use std::mem::offset_of;

use lahn_ffi::address::lahn_addr;
use lahn_ffi::config::lahn_config;
use lahn_ffi::engine::constraints::lahn_constraints;
use lahn_ffi::engine::datagrams::lahn_rx;
use lahn_ffi::engine::encoding_stats::lahn_encoding_stats;
use lahn_ffi::engine::event::lahn_event;
use lahn_ffi::engine::info::{lahn_source_info, lahn_subscription_info};
use lahn_ffi::engine::layer::lahn_layer;
use lahn_ffi::engine::raw::lahn_transport_params;
use lahn_ffi::engine::session::{lahn_codec, lahn_encoding, lahn_extension, lahn_media};
use lahn_ffi::engine::stats::{lahn_endpoint_stats, lahn_subscription_stats};
use lahn_ffi::engine::transmit::lahn_tx;
use lahn_ffi::text::lahn_str;

const fn size_of_field<S, F>(_: fn(&S) -> &F) -> usize {
    size_of::<F>()
}

/// Every field starts where the one before it ends, and the last ends where the struct does. The
/// pattern does not compile if a field is missing here.
macro_rules! layout {
    ($name:ident = $size:expr, { $($field:ident),* }) => {{
        let _ = |whole: $name| { let $name { $($field: _),* } = whole; };
        let mut end = 0;
        $(
            assert_eq!(offset_of!($name, $field), end, concat!(stringify!($name.$field)));
            end += size_of_field(|whole: &$name| &whole.$field);
        )*
        assert_eq!(size_of::<$name>(), end, concat!(stringify!($name), " ends in padding"));
        assert_eq!(end, $size, concat!("size of ", stringify!($name)));
    }};
}

const P: usize = size_of::<usize>();

#[test]
fn plain_structs_never_change() {
    layout!(lahn_str = 2 * P, { ptr, len });
    layout!(lahn_addr = 24, { ip, scope_id, port, family, reserved });
    layout!(lahn_rx = 2 * P + 56, { data, len, local, remote, ecn, reserved });
    layout!(lahn_tx = 2 * P + 56, { offset, len, local, remote, ecn, reserved });
    layout!(lahn_codec = 2 * P + 16, {
        mime_type, profile, feedback, payload_type, rtx_payload_type, reserved
    });
    layout!(lahn_extension = 2 * P + 8, { uri, id, reserved });
    layout!(lahn_encoding = 24, { ssrc, rtx_ssrc, rid });
    layout!(lahn_layer = 4, { present, encoding, spatial, temporal });
}

#[test]
fn structs_with_a_size_grow_only_at_their_end() {
    layout!(lahn_config = 96, {
        struct_size, max_conferences, max_endpoints, max_events, connect_timeout_ms,
        idle_timeout_ms, unix_time_us_at_zero, seed, start_bps, min_bps, max_bps, congestion_off,
        reserved
    });
    layout!(lahn_transport_params = 56 + 4 * P, {
        struct_size, profile, rx_key, rx_key_len, tx_key, tx_key_len, local, remote
    });
    layout!(lahn_media = 32 + 10 * P, {
        struct_size, kind, mid, codecs, n_codecs, extensions, n_extensions, encodings,
        n_encodings, stream_id, source_name, send_ssrc, send_rtx_ssrc
    });
    layout!(lahn_event = 56, {
        struct_size, kind, endpoint, source, subscription, a, b, layer, reserved
    });
    layout!(lahn_constraints = 16, {
        struct_size, max_width, max_height, max_frame_rate, max_spatial, max_temporal, priority,
        on_stage, paused, unpausable
    });
    layout!(lahn_source_info = 40, { struct_size, kind, endpoint, mid, n_encodings, reserved });
    layout!(lahn_subscription_info = 40, {
        struct_size, negotiated, paused, reserved, endpoint, source, mid
    });
    layout!(lahn_endpoint_stats = 200, {
        struct_size, connected, rtt_us, srtp_profile, rx_packets, rx_bytes, rx_bps, tx_packets,
        tx_bytes, tx_bps, queued_packets, dropped, auth_failures, replays, malformed,
        aead_backend, congestion_state, congestion_reason, loss_ppm, queue_delay_us,
        pacer_delay_us, target_bps, pacing_bps, acked_bps, sent_bps, capacity_bps, desired_bps,
        allocated_bps, tx_padding_bytes, probes
    });
    layout!(lahn_subscription_stats = 96, {
        struct_size, ssrc, layer, rtt_us, tx_packets, tx_bytes, tx_bps, tx_retransmitted,
        packets_lost, nacks, plis, firs, target, reason, paused_by_bandwidth,
        limited_by_bandwidth
    });
    layout!(lahn_encoding_stats = 120, {
        struct_size, ssrc, rid, active, spatial_layers, temporal_layers, reserved, frame_width,
        frame_height, frames_per_second, jitter_us, frames_received, key_frames_received,
        rx_packets, rx_bytes, rx_bps, rx_retransmitted, packets_lost, nacks, plis, firs
    });
}
