//! From RTP packets to pictures, as a receiver does it: reassembles frames, strictly, and has
//! ffmpeg decode them. It judges what the library forwards, so it uses nothing of the library.
//!
//! Read next: [`payload`] and [`av1`] (what is in a packet), [`ffmpeg`] (the decoder), [`audio`].

#[path = "decode/audio.rs"]
mod audio;
#[path = "decode/av1.rs"]
mod av1;
#[path = "decode/ffmpeg.rs"]
mod ffmpeg;
#[path = "decode/payload.rs"]
mod payload;

use std::ops::RangeInclusive;

#[allow(unused_imports, reason = "shared by test crates that use a part each")]
pub use audio::{Block, Heard, duration, listen, split_red};
#[allow(unused_imports, reason = "shared by test crates that use a part each")]
pub use ffmpeg::{Decoded, decode};
#[allow(unused_imports, reason = "shared by test crates that use a part each")]
pub use payload::descriptor_len;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    Vp8,
    Vp9,
    Av1,
    H264,
}

/// An RTP packet without its header extensions and padding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rtp {
    pub payload_type: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Empty if there is only padding.
    pub payload: Vec<u8>,
}

/// All packets of one timestamp: with spatial layers, those of all layers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub timestamp: u32,
    /// Numbers of its packets, unwrapped: they go on where `seq` begins again.
    pub seqs: RangeInclusive<i64>,
    /// As a decoder takes it, or why it cannot be had.
    pub bytes: Result<Vec<u8>, &'static str>,
}

impl Rtp {
    /// `None` for what is no RTP (RFC 3550 §5.1).
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let (head, rest) = packet.split_at_checked(12)?;
        let mut rest = rest.get(usize::from(head[0] & 0x0f) * 4..)?;
        if head[0] & 0x10 != 0 {
            let words = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
            rest = rest.get(4 + usize::from(words) * 4..)?;
        }
        if head[0] & 0x20 != 0 {
            let padding = usize::from(*rest.last()?);
            rest = rest.get(..rest.len().checked_sub(padding)?)?;
        }
        (head[0] >> 6 == 2).then(|| Self {
            payload_type: head[1] & 0x7f,
            marker: head[1] & 0x80 != 0,
            seq: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            payload: rest.to_vec(),
        })
    }
}

/// The frames of one stream, whose packets may come in any order. A frame is whole if its packets
/// are there without a gap, the first of them begins it and the last has the marker.
pub fn reassemble(codec: Codec, packets: &[Rtp]) -> Vec<Frame> {
    let packets = in_order(packets);
    let media: Vec<_> = packets.iter().filter(|(_, packet)| !packet.payload.is_empty()).collect();
    media
        .chunk_by(|(_, before), (_, after)| before.timestamp == after.timestamp)
        .map(|frame| {
            let (first, last) = (frame[0], frame[frame.len() - 1]);
            let seqs = first.0..=last.0;
            let there = packets.iter().filter(|(seq, _)| seqs.contains(seq)).count() as i64;
            let payloads: Vec<&[u8]> = frame.iter().map(|(_, p)| p.payload.as_slice()).collect();
            let bytes = if there < last.0 - first.0 + 1 {
                Err("a packet is missing")
            } else if there > last.0 - first.0 + 1 {
                Err("two packets have one number")
            } else if !last.1.marker {
                Err("the last packet has no marker")
            } else if frame[..frame.len() - 1].iter().any(|(_, packet)| packet.marker) {
                Err("a marker before the last packet")
            } else {
                payload::join(codec, &payloads)
            };
            Frame { timestamp: first.1.timestamp, seqs, bytes }
        })
        .collect()
}

/// Packets by their number, unwrapped.
fn in_order(packets: &[Rtp]) -> Vec<(i64, &Rtp)> {
    let mut highest = packets.first().map_or(0, |first| i64::from(first.seq));
    let mut numbered: Vec<_> = packets
        .iter()
        .map(|packet| {
            let ahead = packet.seq.wrapping_sub(highest as u16) as i16;
            let seq = highest + i64::from(ahead);
            highest = highest.max(seq);
            (seq, packet)
        })
        .collect();
    numbered.sort_by_key(|(seq, _)| *seq);
    numbered
}
