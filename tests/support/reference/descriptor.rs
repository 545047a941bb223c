//! Dependency descriptors as forwarded (D1-D5), read by the newest structure that came: they say of
//! each frame what is true of it, with numbers that keep their differences; the active decode
//! targets are those that really come.

use lahn::wire::ext::dependency_descriptor::{FrameDescriptor, Structure, mandatory_fields};

use super::super::publish::{TrueDescriptor, TrueFrame, Truth};
use super::assembly::Finished;
use super::decoding::{Decoding, named};
use super::packet::{Checked, Violation, ensure};

/// How far frame numbers may go ahead at a switch.
const MOST_AHEAD: u16 = 64;

#[derive(Default)]
pub struct Described {
    structure: Option<Box<Structure>>,
    /// Decode targets told to be active.
    active: u32,
    /// The newest frame, and its number as forwarded.
    newest: Option<(TrueFrame, u16)>,
    /// The newest frame that could be decoded, and the targets then.
    last: Option<(TrueFrame, u32)>,
    /// Promised pictures that were left out whole, one after the other.
    unkept: u8,
}

/// So many pictures in a row may be left out whole that the targets before and after them promise:
/// what changed in between had no packet to be told in.
const MOST_UNKEPT: u8 = 3;

impl Described {
    pub fn frame(
        &mut self,
        truth: &Truth,
        decoding: &Decoding,
        finished: &Finished<'_>,
    ) -> Checked {
        self.number(finished)?;
        let read = self.read(finished);
        // What cannot be decoded may lack its structure, too.
        if !finished.is_decoded {
            return Ok(());
        }
        let tells_active = read?;
        let frame = finished.frame;
        self.targets(truth, decoding, frame, tells_active)?;
        if let Some((before, active)) = &self.last
            && frame.continues(before)
            && !finished.is_start
        {
            let left_out = promised(truth, decoding, before, frame, active & self.active)?;
            self.unkept = if left_out { self.unkept + 1 } else { self.unkept };
            // A frame of the highest temporal layer that is promised keeps the promise.
            let highest = self
                .structure
                .as_ref()
                .and_then(|structure| structure.layer_of(self.active.checked_ilog2()? as u8));
            if highest.is_some_and(|(_, temporal)| frame.temporal == temporal) {
                self.unkept = 0;
            }
            ensure(self.unkept <= MOST_UNKEPT, "D5", || {
                format!("targets {:b} promise pictures that do not come", self.active)
            })?;
        }
        self.last = Some((frame.clone(), self.active));
        Ok(())
    }

    /// All packets have one frame number, which goes on from the frame before. It can be read
    /// without a structure.
    fn number(&mut self, finished: &Finished<'_>) -> Checked {
        let frame = finished.frame;
        let mut all = None;
        for packet in finished.packets.values() {
            let fields = packet.descriptor.as_deref().and_then(mandatory_fields);
            let number = fields.ok_or_else(|| malformed("no descriptor", frame))?.frame_number;
            ensure(all.is_none_or(|all| all == number), "D5", || {
                format!("frame numbers {all:?} and {number} in {}", named(frame))
            })?;
            all = Some(number);
        }
        let number = all.expect("a frame has packets");
        if let Some((before, last)) = self.newest.replace((frame.clone(), number)) {
            goes_on(finished, &before, last, number)?;
        }
        Ok(())
    }

    /// Reads the descriptors of all packets; whether the first told the active targets.
    fn read(&mut self, finished: &Finished<'_>) -> Checked<bool> {
        let frame = finished.frame;
        let mut tells_active = false;
        for (place, packet) in finished.packets {
            let malformed = |what: &str| malformed(what, frame);
            let value = packet.descriptor.as_ref().expect("its number was read");
            let own = Structure::parse(value);
            if let Some(own) = own.map_err(|error| malformed(&error.to_string()))? {
                self.structure = Some(Box::new(own));
            }
            let structure = self.structure.as_ref().ok_or_else(|| malformed("no structure yet"))?;
            let says = FrameDescriptor::parse(value, structure);
            let says = says.map_err(|error| malformed(&error.to_string()))?;
            if let Some(active) = says.active_decode_targets {
                self.active = active;
                tells_active |= *place == 0;
            }
            let fields = says.mandatory;
            let ends = (*place == 0, usize::from(*place) + 1 == frame.packets.len());
            let is_true = (fields.start_of_frame, fields.end_of_frame) == ends;
            ensure(is_true && is_said_of(frame, structure, &says), "D5", || {
                format!("{says:?} is not true of {}", named(frame))
            })?;
        }
        Ok(tells_active)
    }

    /// The frame belongs to the highest target told, its chain is intact, and the mask is told as
    /// often as it must be.
    fn targets(
        &self,
        truth: &Truth,
        decoding: &Decoding,
        frame: &TrueFrame,
        tells_active: bool,
    ) -> Checked {
        let active = self.active;
        let said = described(frame);
        ensure(active & !said.active == 0 || !said.tells_active, "D5", || {
            format!("targets {active:b} of which only {:b} are sent", said.active)
        })?;
        ensure(active == said.active || tells_active, "D5", || {
            format!("{} does not tell the targets {active:b}", named(frame))
        })?;
        let Some(highest) = active.checked_ilog2() else {
            return Err(Violation::new("D5", "no decode target is active"));
        };
        ensure(said.dtis[highest as usize] != 0, "D5", || {
            format!("{} is no part of target {highest} of {active:b}", named(frame))
        })?;
        let structure = self.structure.as_ref().expect("it was read by one");
        let chain = structure.chain_of(highest as u8);
        let diff = chain.map_or(0, |chain| said.chain_diffs[usize::from(chain)]);
        let Some(index) = frame.index.checked_sub(u32::from(diff)).filter(|_| diff != 0) else {
            return Ok(());
        };
        let is_intact = decoding.has(frame.encoding, index)
            || decoding.is_excused(truth, frame.encoding, index);
        ensure(is_intact, "D4", || {
            format!("chain of target {highest} at {}: frame {index} is missing", named(frame))
        })
    }
}

/// Frames of the pictures of two that were promised by both, and that no loss kept from being
/// forwarded. Whether a picture in between was left out whole, which nobody waits for.
fn promised(
    truth: &Truth,
    decoding: &Decoding,
    before: &TrueFrame,
    frame: &TrueFrame,
    active: u32,
) -> Checked<bool> {
    let frames = truth.frames(frame.encoding);
    let mut left_out = false;
    for skipped in &frames[before.index as usize + 1..frame.index as usize] {
        let mut dtis = described(skipped).dtis.iter().enumerate();
        let is_of_these = [before.picture, frame.picture].contains(&skipped.picture);
        let is_promised = dtis.any(|(target, dti)| active >> target & 1 != 0 && *dti != 0);
        let came = decoding.has(skipped.encoding, skipped.index);
        let is_fine =
            came || !is_promised || decoding.is_excused(truth, skipped.encoding, skipped.index);
        ensure(is_fine || !is_of_these, "D5", || {
            format!("targets {active:b} promise {}, which does not come", named(skipped))
        })?;
        left_out |= !is_fine;
    }
    Ok(left_out)
}

fn malformed(what: &str, frame: &TrueFrame) -> Violation {
    Violation::new("D1", format!("{what} in {}", named(frame)))
}

fn goes_on(finished: &Finished<'_>, before: &TrueFrame, last: u16, number: u16) -> Checked {
    let frame = finished.frame;
    let ahead = number.wrapping_sub(last);
    let true_ahead = described(frame).frame_number.wrapping_sub(described(before).frame_number);
    let keeps = frame.continues(before) && ahead == true_ahead;
    let jumps = finished.is_start && (1..=MOST_AHEAD).contains(&ahead);
    ensure(keeps || jumps, "D5", || {
        format!("frame number {number} of {} behind {last}", named(frame))
    })
}

fn is_said_of(frame: &TrueFrame, structure: &Structure, says: &FrameDescriptor) -> bool {
    let TrueDescriptor { dtis, frame_diffs, chain_diffs, .. } = described(frame);
    let dependencies = &says.dependencies;
    let chains: Vec<u8> =
        (0..structure.chains()).filter_map(|chain| dependencies.chain_diff(chain)).collect();
    let mut targets = (0_u8..).zip(dtis);
    (says.spatial, says.temporal) == (frame.spatial, frame.temporal)
        && usize::from(structure.decode_targets()) == dtis.len()
        && targets.all(|(target, dti)| says.indications.get(target) as u8 == *dti)
        && dependencies.frame_diffs() == frame_diffs
        && chains == *chain_diffs
}

fn described(frame: &TrueFrame) -> &TrueDescriptor {
    frame.descriptor.as_ref().expect("all frames of this kind are described")
}
