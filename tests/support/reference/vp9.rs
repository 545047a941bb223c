//! VP9 descriptors as forwarded (N1, N4): within a stream, picture ids and TL0PICIDX keep their
//! differences, for P_DIFF and the group of pictures count in them; over a switch they go ahead a
//! little. All else is as published.

use super::super::publish::TrueFrame;
use super::assembly::Finished;
use super::decoding::named;
use super::packet::{Checked, ForwardedPacket, Violation, ensure};

/// How far numbers may go ahead at a switch.
const MOST_AHEAD: u16 = 16;

#[derive(Default)]
pub struct Vp9 {
    last: Option<(TrueFrame, Numbers)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Numbers {
    picture_id: u16,
    id_bits: u32,
    tl0_pic_idx: Option<u8>,
}

impl Vp9 {
    pub fn frame(&mut self, finished: &Finished<'_>) -> Checked {
        let frame = finished.frame;
        let mut numbers = None;
        for (place, packet) in finished.packets {
            let read = read(packet, &frame.packets[usize::from(*place)].head)?;
            ensure(numbers.is_none_or(|first| first == read), "N1", || {
                format!("two pictures in {}: {numbers:?}, {read:?}", named(frame))
            })?;
            numbers = Some(read);
        }
        let numbers = numbers.expect("a frame has packets");
        if let Some((before, last)) = self.last.take() {
            goes_on(finished, &before, last, numbers)?;
        }
        self.last = Some((frame.clone(), numbers));
        Ok(())
    }
}

/// The descriptor, which is as published but for the numbers (RFC 9628 §4.2).
fn read(packet: &ForwardedPacket, published: &[u8]) -> Checked<Numbers> {
    let head = packet.payload.get(..published.len()).unwrap_or_default();
    let broken = || Violation::new("N4", format!("descriptor {head:02x?} of {published:02x?}"));
    let &[flags, high, low, ..] = head else { return Err(broken()) };
    let is_wide = high & 0x80 != 0;
    let (picture_id, id_bits, layer_at) = if is_wide {
        (u16::from_be_bytes([high & 0x7f, low]), 15, 3)
    } else {
        (u16::from(high), 7, 2)
    };
    let is_flexible = flags & 0x10 != 0;
    let mut masked = head.to_vec();
    masked[1] = masked[1] & 0x80 | published[1] & 0x7f;
    masked[2..layer_at].copy_from_slice(&published[2..layer_at]);
    let mut tl0_pic_idx = None;
    if !is_flexible {
        tl0_pic_idx = Some(*head.get(layer_at + 1).ok_or_else(broken)?);
        masked[layer_at + 1] = published[layer_at + 1];
    }
    ensure(masked == published, "N4", || broken().to_string())?;
    Ok(Numbers { picture_id, id_bits, tl0_pic_idx })
}

fn goes_on(
    finished: &Finished<'_>,
    before: &TrueFrame,
    last: Numbers,
    numbers: Numbers,
) -> Checked {
    let frame = finished.frame;
    let same_stream = frame.continues(before);
    let same_picture = same_stream && frame.picture == before.picture;
    let may_jump = finished.is_start && !same_picture;
    let id_mask = (1 << last.id_bits.min(numbers.id_bits)) - 1;
    let ahead = numbers.picture_id.wrapping_sub(last.picture_id) & id_mask;
    let keeps = ahead == frame.picture_id.wrapping_sub(before.picture_id) & id_mask;
    let jumps = may_jump && (1..=MOST_AHEAD).contains(&ahead);
    ensure(same_stream && keeps || jumps, "N1", || {
        format!("picture id {numbers:?} of {} behind {last:?}", named(frame))
    })?;
    let (Some(new), Some(old)) = (numbers.tl0_pic_idx, last.tl0_pic_idx) else { return Ok(()) };
    let ahead = new.wrapping_sub(old);
    let keeps = ahead == frame.tl0_pic_idx.wrapping_sub(before.tl0_pic_idx);
    let jumps = may_jump && (1..=MOST_AHEAD).contains(&u16::from(ahead));
    ensure(same_stream && keeps || jumps, "N1", || {
        format!("TL0PICIDX {numbers:?} of {} behind {last:?}", named(frame))
    })
}
