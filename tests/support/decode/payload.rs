//! Payload formats: takes the descriptors off and puts a frame together again.

use super::{Codec, av1};

type Joined = Result<Vec<u8>, &'static str>;

/// The frame that stands in these payloads.
pub(super) fn join(codec: Codec, payloads: &[&[u8]]) -> Joined {
    match codec {
        Codec::Vp8 => vp8(payloads),
        Codec::Vp9 => vp9(payloads),
        Codec::Av1 => av1::join(payloads),
        Codec::H264 => h264(payloads),
    }
}

/// How much of a payload is a descriptor that is no part of the frame.
#[allow(dead_code, reason = "shared by test crates that use a part each")]
pub fn descriptor_len(codec: Codec, payload: &[u8]) -> usize {
    let descriptor = match codec {
        Codec::Vp8 => vp8_descriptor(payload),
        Codec::Vp9 => vp9_descriptor(payload),
        Codec::Av1 | Codec::H264 => None,
    };
    descriptor.map_or(0, |(length, _)| length)
}

/// RFC 7741 §4.2: S and PID say where a frame begins.
fn vp8(payloads: &[&[u8]]) -> Joined {
    let mut frame = Vec::new();
    for (place, payload) in payloads.iter().enumerate() {
        let (length, first) = vp8_descriptor(payload).ok_or("a VP8 descriptor is cut off")?;
        let begins = first & 0x17 == 0x10;
        if begins != (place == 0) {
            return Err("a VP8 frame begins elsewhere than at its first packet");
        }
        frame.extend_from_slice(&payload[length..]);
    }
    Ok(frame)
}

/// Length of the descriptor, and its first byte.
fn vp8_descriptor(payload: &[u8]) -> Option<(usize, u8)> {
    let first = *payload.first()?;
    let mut length = 1;
    if first & 0x80 != 0 {
        let fields = *payload.get(1)?;
        length = 2;
        if fields & 0x80 != 0 {
            length += if payload.get(2)? & 0x80 != 0 { 2 } else { 1 }; // picture id
        }
        length += usize::from(fields & 0x40 != 0); // TL0PICIDX
        length += usize::from(fields & 0x30 != 0); // TID, Y, KEYIDX
    }
    (payload.len() > length).then_some((length, first))
}

/// RFC 9628 §4.2: B and E enclose the frame of each spatial layer. What comes out is a superframe
/// without index, which libvpx takes.
fn vp9(payloads: &[&[u8]]) -> Joined {
    let mut picture = Vec::new();
    let mut within = false;
    for payload in payloads {
        let (length, first) = vp9_descriptor(payload).ok_or("a VP9 descriptor is cut off")?;
        let (begins, ends) = (first & 0x08 != 0, first & 0x04 != 0);
        if begins == within {
            return Err("a VP9 frame begins within another, or not at all");
        }
        within = !ends;
        picture.extend_from_slice(&payload[length..]);
    }
    if within { Err("a VP9 frame does not end") } else { Ok(picture) }
}

/// Length of the descriptor, and its first byte.
fn vp9_descriptor(payload: &[u8]) -> Option<(usize, u8)> {
    let first = *payload.first()?;
    let has = |bit: u8| first & bit != 0;
    let mut length = 1;
    if has(0x80) {
        length += if payload.get(1)? & 0x80 != 0 { 2 } else { 1 }; // picture id
    }
    if has(0x20) {
        length += if has(0x10) { 1 } else { 2 }; // layers, and TL0PICIDX
    }
    if has(0x10) && has(0x40) {
        // P_DIFF, as long as N says that there is another.
        while payload.get(length)? & 1 != 0 {
            length += 1;
        }
        length += 1;
    }
    if has(0x02) {
        length += vp9_structure(payload.get(length..)?)?;
    }
    (payload.len() > length).then_some((length, first))
}

/// Length of a scalability structure (§4.2.1).
fn vp9_structure(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let mut length = 1;
    if first & 0x10 != 0 {
        length += 4 * (usize::from(first >> 5) + 1); // width and height of each layer
    }
    if first & 0x08 != 0 {
        let pictures = *bytes.get(length)?;
        length += 1;
        for _ in 0..pictures {
            length += 1 + usize::from(bytes.get(length)? >> 2 & 3); // P_DIFFs
        }
    }
    Some(length)
}

/// RFC 6184 §5.6 to §5.8: single NAL units, STAP-A and FU-A. What comes out is Annex B.
fn h264(payloads: &[&[u8]]) -> Joined {
    let mut unit = Vec::new();
    let mut within = false;
    for payload in payloads {
        let (first, rest) = payload.split_first().ok_or("an empty payload")?;
        let kind = first & 0x1f;
        if within && kind != 28 {
            return Err("another NAL unit within a fragmented one");
        }
        match kind {
            1..=23 => add(&mut unit, payload),
            24 => stap_a(&mut unit, rest).ok_or("a STAP-A is cut off")?,
            28 => {
                let (second, rest) = rest.split_first().ok_or("an FU-A is cut off")?;
                let (starts, ends) = (second & 0x80 != 0, second & 0x40 != 0);
                if starts == within {
                    return Err("a fragmented NAL unit begins within another, or not at all");
                }
                if starts {
                    add(&mut unit, &[first & 0xe0 | second & 0x1f]);
                }
                unit.extend_from_slice(rest);
                within = !ends;
            }
            _ => return Err("a NAL unit type that packetization mode 1 does not have"),
        }
    }
    if within { Err("a fragmented NAL unit does not end") } else { Ok(unit) }
}

fn stap_a(unit: &mut Vec<u8>, mut rest: &[u8]) -> Option<()> {
    while !rest.is_empty() {
        let (size, more) = rest.split_at_checked(2)?;
        let size = u16::from_be_bytes([size[0], size[1]]);
        let (nal, more) = more.split_at_checked(size.into())?;
        add(unit, nal);
        rest = more;
    }
    Some(())
}

fn add(unit: &mut Vec<u8>, nal: &[u8]) {
    unit.extend_from_slice(&[0, 0, 0, 1]);
    unit.extend_from_slice(nal);
}
