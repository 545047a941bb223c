//! The counters of one SSRC: where they begin, nobody knows, but often just below a wrap.

use super::Dice;

#[derive(Clone, Debug)]
pub struct Numbers {
    pub ssrc: u32,
    pub seq: u64,
    pub timestamp_offset: u32,
    /// RTP clock against capture time, in parts per million, -50 to 50.
    pub ppm: i64,
    pub picture_id: u16,
    pub tl0_pic_idx: u8,
    pub key_idx: u8,
    pub frame_number: u16,
    pub template_id_offset: u8,
}

impl Numbers {
    pub fn anywhere(picture_id_bits: u32, dice: &mut Dice) -> Self {
        let mut below = |bits: u32| starting_point(bits, dice);
        Self {
            seq: below(16),
            timestamp_offset: below(32) as u32,
            picture_id: below(picture_id_bits) as u16,
            tl0_pic_idx: below(8) as u8,
            key_idx: below(5) as u8,
            frame_number: below(16) as u16,
            template_id_offset: below(6) as u8,
            ssrc: dice.next() as u32,
            ppm: dice.below(101) as i64 - 50,
        }
    }

    /// The RTP time of a moment so many microseconds after the publisher's first.
    pub fn timestamp(&self, micros: u64) -> u32 {
        let drifted = i128::from(micros) * i128::from(1_000_000 + self.ppm) / 1_000_000;
        self.timestamp_offset.wrapping_add((drifted * 9 / 100) as u32)
    }
}

/// Half of them within the last sixteenth before the wrap.
fn starting_point(bits: u32, dice: &mut Dice) -> u64 {
    let range = 1 << bits;
    if dice.chance(0.5) { range - 1 - dice.below((range / 16).min(200)) } else { dice.below(range) }
}
