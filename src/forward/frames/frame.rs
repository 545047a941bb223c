//! What is known of one frame, whichever codec it is of.

use crate::base::RtpTime;

/// See the module. A frame here is what can be forwarded or left out by itself: one spatial layer
/// of one picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Counts frames in decoding order, without wrapping; frames that were lost have numbers too,
    /// where the codec tells.
    pub(crate) number: u64,
    pub(crate) timestamp: RtpTime,
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
    /// A receiver may begin with it.
    pub(crate) is_key: bool,
    pub(crate) wire: WireNumbers,
    /// Picture ids close up over pictures that are left out: of VP8, whose frames do not name what
    /// they use by them (V1, N1).
    pub(crate) closes_picture_ids: bool,
    pub(crate) depends: Depends,
}

/// The numbers that stand in a frame's packets, which every receiver sees shifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct WireNumbers {
    /// VP8 and VP9.
    pub(crate) picture_id: u16,
    pub(crate) tl0_picture_index: u8,
    /// VP8.
    pub(crate) key_index: u8,
    /// Of the dependency descriptor.
    pub(crate) frame_number: u16,
}

/// What can be said about the frames it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Depends {
    /// VP8 (RFC 7741), H.264, H.265, frame marking: temporal layers, of which each may use those
    /// below.
    Temporal {
        /// It uses the base layer only: who has the layer below may take this one up (V2).
        is_sync: bool,
    },
    /// VP9 (RFC 9628 §4.2).
    Spatial {
        /// U: it uses lower temporal layers only, as encoders set it.
        is_switching_point: bool,
        /// P=0: it uses no other picture.
        is_intra: bool,
        /// No other spatial layer of its picture uses it (Z), nor does it use one (D=0).
        stands_alone: bool,
    },
    /// Dependency descriptor.
    Described(Described),
}

/// What the descriptor of a frame says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    /// Two bits for each decode target.
    pub(crate) indications: crate::wire::ext::dependency_descriptor::Indications,
    /// Bit n: the frame n + 1 before this one. Those further back are taken to be there.
    pub(crate) references: u64,
    /// Decode targets that the publisher sends and whose chain is not broken.
    pub(crate) available: u32,
}

impl Frame {
    /// Pictures of VP9 are numbered in steps of eight, so that each spatial layer has a number.
    pub(crate) const SPATIAL_STEP: u64 = 8;

    /// The number its picture begins with.
    pub(crate) const fn picture(&self) -> u64 {
        match self.depends {
            Depends::Spatial { .. } => self.number - self.number % Self::SPATIAL_STEP,
            _ => self.number,
        }
    }
}
