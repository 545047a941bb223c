//! Opus, in RED or not, through ffmpeg, which takes it in Ogg only.

use std::process::Command;

use super::Rtp;
use super::ffmpeg;

/// One redundant or primary block (RFC 2198 §3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub payload_type: u8,
    pub timestamp: u32,
    pub bytes: Vec<u8>,
}

/// What the decoder made of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Samples at 48 kHz.
    pub samples: u64,
    /// What it complained about; empty if it did not.
    pub errors: String,
}

/// The blocks of a RED packet, the primary one last; `None` if it is malformed.
pub fn split_red(packet: &Rtp) -> Option<Vec<Block>> {
    let mut rest = packet.payload.as_slice();
    let mut headers = Vec::new();
    while *rest.first()? & 0x80 != 0 {
        let (header, more) = rest.split_at_checked(4)?;
        let offset = u32::from(header[1]) << 6 | u32::from(header[2] >> 2);
        let length = usize::from(header[2] & 3) << 8 | usize::from(header[3]);
        headers.push((header[0] & 0x7f, packet.timestamp.wrapping_sub(offset), length));
        rest = more;
    }
    let (primary, mut rest) = rest.split_first()?;
    let length = rest.len().checked_sub(headers.iter().map(|(_, _, length)| length).sum())?;
    headers.push((*primary, packet.timestamp, length));
    headers
        .into_iter()
        .map(|(payload_type, timestamp, length)| {
            let (bytes, more) = rest.split_at_checked(length)?;
            rest = more;
            Some(Block { payload_type, timestamp, bytes: bytes.to_vec() })
        })
        .collect()
}

/// How long an Opus packet is, in samples at 48 kHz (RFC 6716 §3.1, §3.2); `None` if it is none.
pub fn duration(packet: &[u8]) -> Option<u64> {
    let toc = *packet.first()?;
    let frame = match toc >> 3 {
        config @ 0..12 => [480, 960, 1920, 2880][usize::from(config & 3)],
        config @ 12..16 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        3 => packet.get(1)? & 0x3f,
        _ => 2,
    };
    Some(frame * u64::from(frames))
}

/// Decodes Opus packets; `None` if ffmpeg is not installed, where it may be missing.
pub fn listen(packets: &[&[u8]]) -> Option<Heard> {
    let output = ffmpeg::run(&ogg(packets), |file| {
        let mut command = Command::new("ffmpeg");
        command.args(ffmpeg::ALWAYS).args(["-f", "ogg", "-c:a", "opus", "-i"]).arg(file);
        command.args(["-af", "ashowinfo", "-f", "null", "-"]);
        command
    })?;
    let lines = output.text.lines().filter(|line| line.contains("_ashowinfo_"));
    let words = lines.flat_map(|line| line.split(' '));
    let counts = words.filter_map(|word| word.strip_prefix("nb_samples:")?.parse::<u64>().ok());
    Some(Heard { samples: counts.sum(), errors: output.errors })
}

/// A page for each packet (RFC 3533 §6), after the two headers (RFC 7845 §5).
fn ogg(packets: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    let head = [&b"OpusHead\x01\x02\0\0"[..], &48_000_u32.to_le_bytes(), &[0; 3]].concat();
    page(&mut file, 0, 0, 2, &head);
    page(&mut file, 1, 0, 0, b"OpusTags\0\0\0\0\0\0\0\0");
    let mut samples = 0;
    for (number, packet) in (2..).zip(packets) {
        samples += duration(packet).unwrap_or(0);
        let last = number as usize == packets.len() + 1;
        page(&mut file, number, samples, if last { 4 } else { 0 }, packet);
    }
    file
}

fn page(file: &mut Vec<u8>, number: u32, granule: u64, flags: u8, packet: &[u8]) {
    let mut page = [&b"OggS\0"[..], &[flags], &granule.to_le_bytes(), &[0; 4]].concat();
    page.extend_from_slice(&number.to_le_bytes());
    page.extend_from_slice(&[0; 4]);
    page.push((packet.len() / 255 + 1) as u8);
    page.resize(page.len() + packet.len() / 255, 255);
    page.push((packet.len() % 255) as u8);
    page.extend_from_slice(packet);
    let checksum = crc(&page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    file.extend_from_slice(&page);
}

/// Not reflected, as RFC 3533 §6 has it.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc: u32, _| {
            if crc & 0x8000_0000 != 0 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
        })
    })
}
