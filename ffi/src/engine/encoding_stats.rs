//! Statistics of what a publisher sends, encoding by encoding.

use std::ffi::c_char;

use lahn::{EncodingStats, SourceId};

use super::lahn_source_id;
use crate::handle::{State, lahn_engine, shared};
use crate::layout::{Sized32, SizedOut};
use crate::result::{Failure, lahn_result};
use crate::text::padded;

/// One encoding of a source; start from LAHN_ENCODING_STATS_INIT.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct lahn_encoding_stats {
    /// sizeof(lahn_encoding_stats).
    pub struct_size: u32,
    /// Its SSRC; 0 until known.
    pub ssrc: u32,
    /// Its restriction id (RFC 8851), if it is one of several; padded with NUL, without one when
    /// full.
    pub rid: [c_char; 16],
    /// 1 if the publisher sends it now.
    pub active: u8,
    /// How many spatial layers it has; 1 where nothing is known.
    pub spatial_layers: u8,
    /// How many temporal layers it has; 1 where nothing is known.
    pub temporal_layers: u8,
    /// 0.
    pub reserved: u8,
    /// Pixels, of its highest spatial layer; 0 if unknown.
    pub frame_width: u16,
    /// Pixels, of its highest spatial layer; 0 if unknown.
    pub frame_height: u16,
    /// Over the last second, of all temporal layers.
    pub frames_per_second: f32,
    /// Interarrival jitter in microseconds (RFC 3550 section 6.4.1).
    pub jitter_us: u32,
    /// Frames that began to come.
    pub frames_received: u64,
    /// Key frames received.
    pub key_frames_received: u64,
    /// Packets received, retransmitted ones included.
    pub rx_packets: u64,
    /// Payload bytes received.
    pub rx_bytes: u64,
    /// Smoothed rate, bit/s.
    pub rx_bps: u64,
    /// Packets that came by retransmission.
    pub rx_retransmitted: u64,
    /// Expected less received (RFC 3550 section 6.4.1); negative with duplicates.
    pub packets_lost: i64,
    /// NACK packets sent to the publisher.
    pub nacks: u64,
    /// PLI packets sent to the publisher.
    pub plis: u64,
    /// FIR packets sent to the publisher.
    pub firs: u64,
}

// SAFETY: repr(C), struct_size first, numbers only, 2 x 4 + 16 + 4 x 1 + 2 x 2 + 2 x 4 + 10 x 8
// bytes without a gap.
unsafe impl Sized32 for lahn_encoding_stats {
    const FIRST: usize = 120;
}

/// Tells the figures of one encoding of a source: 0 is the lowest, lahn_source_info.n_encodings
/// has how many there are. LAHN_ERR_ARGUMENT if it is not one of them.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_source_get_encoding_stats(
    engine: *const lahn_engine,
    now_us: u64,
    source: lahn_source_id,
    encoding: u32,
    stats_out: *mut lahn_encoding_stats,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(stats_out, "stats_out")? };
        let now = state.clock.peek(now_us)?;
        let stats = state.engine.source_stats(now, SourceId::from_u64(source))?;
        let index = usize::try_from(encoding).unwrap_or(usize::MAX);
        let stats = stats.encodings.get(index);
        let stats = stats.ok_or_else(|| Failure::argument("the source has no such encoding"))?;
        out.set(&stats.into());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

impl From<&EncodingStats> for lahn_encoding_stats {
    fn from(stats: &EncodingStats) -> Self {
        Self {
            struct_size: 0,
            ssrc: stats.ssrc.unwrap_or(0),
            rid: stats.rid.map_or([0; 16], |rid| padded(rid.as_bytes())),
            active: stats.active.into(),
            spatial_layers: stats.spatial_layers,
            temporal_layers: stats.temporal_layers,
            reserved: 0,
            frame_width: stats.frame_width.unwrap_or(0),
            frame_height: stats.frame_height.unwrap_or(0),
            frames_per_second: stats.frames_per_second as f32,
            jitter_us: (stats.jitter * 1e6) as u32,
            frames_received: stats.frames_received,
            key_frames_received: stats.key_frames_received,
            rx_packets: stats.packets_received,
            rx_bytes: stats.bytes_received,
            rx_bps: stats.bitrate,
            rx_retransmitted: stats.retransmitted_packets_received,
            packets_lost: stats.packets_lost,
            nacks: stats.nack_count,
            plis: stats.pli_count,
            firs: stats.fir_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use lahn::params::Rid;

    use super::*;

    #[test]
    fn figures_keep_their_units_and_the_unknown_is_zero() {
        let mut stats = EncodingStats::default();
        let plain = lahn_encoding_stats::from(&stats);
        assert_eq!((plain.ssrc, plain.frame_width, plain.frame_height), (0, 0, 0));
        assert_eq!(plain.rid, [0; 16]);

        stats.rid = Rid::new(b"hi");
        (stats.ssrc, stats.active) = (Some(5), true);
        (stats.frame_width, stats.frame_height) = (Some(640), Some(360));
        (stats.spatial_layers, stats.temporal_layers) = (3, 2);
        (stats.frames_per_second, stats.jitter) = (29.5, 0.0125);
        (stats.frames_received, stats.key_frames_received) = (7, 1);
        let plain = lahn_encoding_stats::from(&stats);
        assert_eq!((plain.rid[0] as u8, plain.rid[1] as u8, plain.rid[2]), (b'h', b'i', 0));
        assert_eq!((plain.ssrc, plain.active), (5, 1));
        assert_eq!((plain.frame_width, plain.frame_height), (640, 360));
        assert_eq!((plain.spatial_layers, plain.temporal_layers), (3, 2));
        assert_eq!((plain.frames_per_second, plain.jitter_us), (29.5, 12_500));
        assert_eq!((plain.frames_received, plain.key_frames_received), (7, 1));
    }
}
