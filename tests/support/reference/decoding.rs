//! Which frames can be decoded: those that are whole and whose references could be. One that is
//! missing without an excuse breaks a rule; an excuse is a loss before the engine, of the frame
//! itself or of one that it refers to.

use std::collections::HashSet;

use super::super::publish::{TrueFrame, Truth};
use super::packet::{Checked, ensure};

#[derive(Default)]
pub struct Decoding {
    decoded: HashSet<(u8, u32)>,
}

impl Decoding {
    /// A frame is over. Whether it can be decoded.
    pub fn frame(&mut self, truth: &Truth, frame: &TrueFrame, is_whole: bool) -> Checked<bool> {
        let mut has_all = true;
        for index in &frame.refs {
            if !self.has(frame.encoding, *index) {
                has_all = false;
                ensure(self.is_excused(truth, frame.encoding, *index), rule(truth), || {
                    let to = &truth.frames(frame.encoding)[*index as usize];
                    format!(
                        "{} refers to {}, which was there to be forwarded",
                        named(frame),
                        named(to)
                    )
                })?;
            }
        }
        if is_whole && has_all {
            self.decoded.insert((frame.encoding, frame.index));
        }
        Ok(is_whole && has_all)
    }

    pub fn has(&self, encoding: u8, index: u32) -> bool {
        self.decoded.contains(&(encoding, index))
    }

    /// A frame that was not decoded suffered from loss before the engine.
    pub fn is_excused(&self, truth: &Truth, encoding: u8, index: u32) -> bool {
        let frames = truth.frames(encoding);
        let mut visited = HashSet::new();
        let mut to_visit = vec![index];
        while let Some(index) = to_visit.pop() {
            let frame = &frames[index as usize];
            if !frame.is_delivered() {
                return true;
            }
            let missing = frame.refs.iter().filter(|index| !self.has(encoding, **index));
            to_visit.extend(missing.filter(|index| visited.insert(**index)));
        }
        false
    }
}

pub fn named(frame: &TrueFrame) -> String {
    let TrueFrame { encoding, index, picture, spatial, temporal, .. } = frame;
    format!("frame {index} (encoding {encoding}, picture {picture}, S{spatial} T{temporal})")
}

fn rule(truth: &Truth) -> &'static str {
    use super::super::publish::Codec;
    match truth.kind() {
        kind if kind.descriptor => "D3",
        kind => match kind.codec {
            Codec::Vp8 => "V2",
            Codec::Vp9 => "N2",
            Codec::Av1 | Codec::H264 => "H1",
        },
    }
}
