//! VP8 descriptors as forwarded (V1, V3): picture ids, TL0PICIDX and KEYIDX go on over switches and
//! over what was dropped; a hole is a real loss. All else is as published.

use super::super::publish::{TrueFrame, Truth};
use super::assembly::Finished;
use super::decoding::named;
use super::gap::Seam;
use super::packet::{Checked, ForwardedPacket, Violation, ensure};

#[derive(Default)]
pub struct Vp8 {
    last: Option<(TrueFrame, Numbers)>,
}

/// What a descriptor counts (RFC 7741 §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Numbers {
    picture_id: u16,
    id_bits: u32,
    tl0_pic_idx: u8,
    key_idx: u8,
}

impl Vp8 {
    pub fn frame(&mut self, truth: &Truth, finished: &Finished<'_>) -> Checked {
        let frame = finished.frame;
        let mut numbers = None;
        for (place, packet) in finished.packets {
            let head = &frame.packets[usize::from(*place)].head;
            let read = read(packet, head)?;
            ensure(numbers.is_none_or(|first| first == read), "V1", || {
                format!("two pictures in {}: {numbers:?}, {read:?}", named(frame))
            })?;
            numbers = Some(read);
        }
        let numbers = numbers.expect("a frame has packets");
        if let Some((before, last)) = self.last.take() {
            goes_on(truth, finished, &before, last, numbers)?;
        }
        self.last = Some((frame.clone(), numbers));
        Ok(())
    }
}

/// The descriptor, which is as published but for the numbers.
fn read(packet: &ForwardedPacket, published: &[u8]) -> Checked<Numbers> {
    let head = packet.payload.get(..published.len()).unwrap_or_default();
    let mut masked = head.to_vec();
    let broken = || Violation::new("V4", format!("descriptor {head:02x?} of {published:02x?}"));
    let (numbers, bytes) = match (head, masked.as_mut_slice()) {
        (&[_, 0xf0, high, low, tl0, rest], [_, _, m_high, bytes @ ..]) if high & 0x80 != 0 => {
            *m_high = published[2];
            let picture_id = u16::from_be_bytes([high & 0x7f, low]);
            (numbers(picture_id, 15, tl0, rest), bytes)
        }
        (&[_, 0xf0, id, tl0, rest], [_, _, bytes @ ..]) if id & 0x80 == 0 => {
            (numbers(u16::from(id), 7, tl0, rest), bytes)
        }
        _ => return Err(broken()),
    };
    let at = published.len() - bytes.len();
    let (layer, counted) = bytes.split_last_mut().expect("matched");
    counted.copy_from_slice(&published[at..published.len() - 1]);
    *layer = *layer & 0xe0 | published[published.len() - 1] & 0x1f;
    ensure(masked == published && published[2] & 0x80 == head[2] & 0x80, "V4", || {
        broken().to_string()
    })?;
    Ok(numbers)
}

const fn numbers(picture_id: u16, id_bits: u32, tl0_pic_idx: u8, rest: u8) -> Numbers {
    Numbers { picture_id, id_bits, tl0_pic_idx, key_idx: rest & 0x1f }
}

fn goes_on(
    truth: &Truth,
    finished: &Finished<'_>,
    before: &TrueFrame,
    last: Numbers,
    numbers: Numbers,
) -> Checked {
    let frame = finished.frame;
    let seam =
        Seam { before: (before, 0), marker: true, after: (frame, 0), is_start: finished.is_start };
    let skipped = seam.skipped(truth);
    let count = |counts: &dyn Fn(&TrueFrame) -> bool| {
        skipped.iter().filter(|skipped| counts(skipped)).count() as u16
    };
    let not_delivered = count(&|skipped| !skipped.is_delivered());
    let all_gone = skipped.iter().all(TrueFrame::is_gone) && !finished.is_start;
    let least = if all_gone { skipped.len() as u16 } else { 0 };

    let id_mask = (1 << last.id_bits.min(numbers.id_bits)) - 1;
    let holes = numbers.picture_id.wrapping_sub(last.picture_id).wrapping_sub(1) & id_mask;
    ensure((least..=not_delivered).contains(&holes), "V1", || {
        format!("picture id {numbers:?} of {} behind {last:?}", named(frame))
    })?;

    let base = u8::from(frame.temporal == 0);
    let holes = numbers.tl0_pic_idx.wrapping_sub(last.tl0_pic_idx).wrapping_sub(base);
    let lost = count(&|skipped| skipped.temporal == 0 && !skipped.is_delivered());
    // Base layer pictures are never dropped: what is missing must be seen to be missing.
    let least = if finished.is_start { 0 } else { count(&|skipped| skipped.temporal == 0) };
    ensure((least..=lost.max(least)).contains(&u16::from(holes)), "V1", || {
        format!("TL0PICIDX {numbers:?} of {} behind {last:?}", named(frame))
    })?;

    let key = u8::from(frame.starts());
    let holes = numbers.key_idx.wrapping_sub(last.key_idx).wrapping_sub(key) & 0x1f;
    let lost = count(&|skipped| skipped.starts() && !skipped.is_delivered());
    ensure(u16::from(holes) <= lost, "V3", || {
        format!("KEYIDX {numbers:?} of {} behind {last:?}", named(frame))
    })
}
