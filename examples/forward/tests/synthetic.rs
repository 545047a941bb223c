//! A recording without a camera: VP8 simulcast of three sizes, each with three temporal layers, as
//! a browser sends it, four seconds of it. Every picture is rubbish behind its first bytes.

use std::time::Duration;

use crate::rtpdump::{self, Packet};

pub(crate) const SCRIPT_HEAD: &str = "
recording = 'synthetic.rtpdump'
[source]
codecs = { 96 = 'VP8' }
extensions = { 10 = 'rid' }
encodings = [{ rid = 'l' }, { rid = 'm' }, { rid = 'h' }]
";

pub(crate) const FRAMES: u64 = 120;
const RIDS: [&[u8; 1]; 3] = [b"l", b"m", b"h"];
/// Packets of one frame of each encoding.
pub(crate) const PARTS: [u64; 3] = [1, 2, 4];
/// A key frame of all encodings each second.
const KEY_INTERVAL: u64 = 30;

/// SSRC of an encoding.
pub(crate) const fn ssrc(encoding: usize) -> u32 {
    0x1111_0000 + encoding as u32
}

pub(crate) fn file() -> Vec<u8> {
    let mut packets = Vec::new();
    let mut seqs = [100u16, 32_000, 65_500 - 32_768];
    for frame in 0..FRAMES {
        let at = Duration::from_micros(frame * 33_333);
        for encoding in 0..3 {
            if frame.is_multiple_of(30) {
                packets.push(Packet { at, rtcp: true, bytes: sender_report(encoding, frame) });
            }
            for part in 0..PARTS[encoding] {
                let at = at + Duration::from_millis(1 + part);
                let bytes = packet(encoding, frame, part, seqs[encoding]);
                seqs[encoding] = seqs[encoding].wrapping_add(1);
                packets.push(Packet { at, rtcp: false, bytes });
            }
        }
    }
    packets.sort_by_key(|packet| packet.at);
    rtpdump::write(&packets).unwrap()
}

fn packet(encoding: usize, frame: u64, part: u64, seq: u16) -> Vec<u8> {
    let marker = if part + 1 == PARTS[encoding] { 0x80 } else { 0 };
    let mut out = vec![0x90, marker | 96];
    out.extend_from_slice(&seq.to_be_bytes());
    out.extend_from_slice(&timestamp(encoding, frame).to_be_bytes());
    out.extend_from_slice(&ssrc(encoding).to_be_bytes());
    out.extend_from_slice(&[0xbe, 0xde, 0, 1, 10 << 4, RIDS[encoding][0], 0, 0]);
    payload(encoding, frame, part, &mut out);
    out
}

fn timestamp(encoding: usize, frame: u64) -> u32 {
    0xffff_0000u32.wrapping_add(0x1234_5678 * encoding as u32).wrapping_add(frame as u32 * 3_000)
}

/// RFC 7741 §4.2, and the first bytes of the picture (RFC 6386 §9.1).
fn payload(encoding: usize, frame: u64, part: u64, out: &mut Vec<u8>) {
    let key = frame.is_multiple_of(KEY_INTERVAL);
    let temporal = [0u8, 2, 1, 2][(frame % 4) as usize];
    // Base layers since the beginning: every fourth frame, and each key frame.
    let base = (0..=frame).filter(|at| at % 4 == 0 || at % KEY_INTERVAL == 0).count() as u8;
    let temporal = if key { 0 } else { temporal };
    let id = (frame as u16 + 100).to_be_bytes();
    out.push(0x80 | u8::from(part == 0) << 4);
    out.extend_from_slice(&[0xf0, 0x80 | id[0], id[1], base]);
    out.push(temporal << 6 | u8::from(temporal > 0) << 5 | (frame / KEY_INTERVAL) as u8);
    if part == 0 {
        out.extend_from_slice(&[u8::from(!key) | 0x10, 2, 0]);
        if key {
            let [width, height] = [160u16 << encoding, 90u16 << encoding].map(u16::to_le_bytes);
            out.extend_from_slice(&[0x9d, 0x01, 0x2a, width[0], width[1], height[0], height[1]]);
        }
    }
    out.resize(out.len() + if key { 900 } else { 400 }, 0x55);
}

/// RFC 3550 §6.4.1.
fn sender_report(encoding: usize, frame: u64) -> Vec<u8> {
    let mut out = vec![0x80, 200, 0, 6];
    out.extend_from_slice(&ssrc(encoding).to_be_bytes());
    let ntp = (0xe000_0000_0000_0000u64).wrapping_add((frame << 32) / 30);
    out.extend_from_slice(&ntp.to_be_bytes());
    out.extend_from_slice(&timestamp(encoding, frame).to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out
}
