//! How large pictures are: a rate, a frame rate, ±10 % noise, key frames of five times the size.
//! Knows nothing of packets' bytes or time. Read next: [`super::publisher`].

use crate::net::rng::Pcg;

/// What a packet weighs on the wire beside its payload, as receivers get it: IPv4, UDP, RTP, a
/// transport-wide number and a tag as extensions, GCM's tag.
pub const OVERHEAD: u64 = 20 + 8 + 12 + 4 + 8 + 16;
/// Most bytes of payload of one packet.
pub const PAYLOAD: u64 = 1_100;
/// Least: a VP8 descriptor and header.
const LEAST: u64 = 24;
/// How much larger a key frame is.
const KEY: u64 = 5;
/// A tag counts packets of a frame up to this.
const MOST_PACKETS: u64 = 127;

/// Payload bytes of each packet of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    pub packets: u64,
    /// Of all packets but the last, which may have less.
    pub payload: u64,
    /// Of all together.
    pub bytes: u64,
}

impl Frame {
    /// A frame that weighs `wire` bytes with all headers.
    pub fn of_wire(wire: u64) -> Self {
        let packets = wire.div_ceil(PAYLOAD + OVERHEAD).clamp(1, MOST_PACKETS);
        let bytes = wire.saturating_sub(packets * OVERHEAD);
        let bytes = bytes.clamp(packets * LEAST, packets * PAYLOAD);
        Self { packets, payload: bytes.div_ceil(packets), bytes }
    }

    /// Payload of the packet at `index`.
    pub fn payload_of(&self, index: u64) -> u64 {
        let before = index * self.payload;
        self.bytes.saturating_sub(before).min(self.payload).max(LEAST)
    }
}

/// The next frame at `rate` bit/s on the wire.
pub fn frame(rng: &mut Pcg, rate: u64, frames_per_second: u64, is_key: bool) -> Frame {
    let mean = rate / 8 / frames_per_second;
    let noise = 900 + u64::from(rng.next_u32() % 201);
    let size = mean * noise / 1_000 * if is_key { KEY } else { 1 };
    Frame::of_wire(size)
}

/// Which temporal layer the picture `since_key` pictures after a key frame belongs to.
pub fn temporal(layers: u8, since_key: u64) -> u8 {
    match (layers, since_key % 4) {
        (3, 1 | 3) => 2,
        (3, 2) => 1,
        (2, 1 | 3) => 1,
        _ => 0,
    }
}

/// How many pictures back the one is that a picture of `temporal` is made from.
pub const fn reference(layers: u8, temporal: u8) -> u16 {
    match (layers, temporal) {
        (3, 0) => 4,
        (3, 1) | (2, 0) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_weigh_what_their_rate_says() {
        let mut rng = Pcg::new(1, 1);
        for rate in [150_000, 500_000, 1_500_000] {
            let mut wire = 0;
            for _ in 0..3_000 {
                let frame = frame(&mut rng, rate, 30, false);
                let payload: u64 = (0..frame.packets).map(|index| frame.payload_of(index)).sum();
                assert_eq!(payload, frame.bytes);
                wire += payload + frame.packets * OVERHEAD;
            }
            let is = wire as f64 * 8.0 / 100.0;
            assert!((is / rate as f64 - 1.0).abs() < 0.01, "{is} of {rate}");
        }
        let key = frame(&mut rng, 150_000, 30, true).bytes;
        assert!((2_500..3_300).contains(&key), "{key}");
    }

    #[test]
    fn pictures_are_made_from_lower_temporal_layers() {
        for layers in 1..=3 {
            let order: Vec<_> = (0..8).map(|since| temporal(layers, since)).collect();
            for (place, of) in order.iter().enumerate().skip(4) {
                let from = order[place - usize::from(reference(layers, *of))];
                assert!(from < *of || from == 0, "{layers}: {place}");
            }
        }
    }
}
