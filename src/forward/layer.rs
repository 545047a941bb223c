//! The versions a source comes in, and what a receiver may get of them: the words the application
//! uses. Read next: [`super::target`], which puts them together.

/// A version of a source: an encoding, and within it a spatial and a temporal layer, 0 the lowest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Layer {
    /// Index into the source's encodings, as signalled (RFC 8853).
    pub encoding: u8,
    /// Spatial layer of the encoding: 0 where it has one only.
    pub spatial: u8,
    /// Temporal layer of the encoding: 0 where it has one only.
    pub temporal: u8,
}

/// What a subscription may get at most. The lowest layer is allowed in any case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Constraints {
    /// Pixels. Where the size of a layer is not known yet, it is allowed.
    pub max_width: Option<u16>,
    /// Pixels.
    pub max_height: Option<u16>,
    /// Frames per second.
    pub max_frame_rate: Option<u16>,
    /// 0 is the lowest. Counts encodings where a source has several, else spatial layers.
    pub max_spatial: Option<u8>,
    /// 0 is the lowest.
    pub max_temporal: Option<u8>,
    /// Who keeps what when bandwidth is short: 255 first, 0 last.
    pub priority: u8,
    /// It is what people look at: comes before all that is not, whatever the priority.
    pub on_stage: bool,
    /// Nothing at all.
    pub paused: bool,
    /// Whether it may be left out altogether when bandwidth is short; if not, its lowest layer
    /// goes on whatever happens.
    pub pausable: bool,
}

impl Default for Constraints {
    /// No limit; middle priority, not on stage, not paused, pausable.
    fn default() -> Self {
        Self {
            max_width: None,
            max_height: None,
            max_frame_rate: None,
            max_spatial: None,
            max_temporal: None,
            priority: 128,
            on_stage: false,
            paused: false,
            pausable: true,
        }
    }
}

/// Why a subscription gets another layer than before, or none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum LayerReason {
    /// It is the first that flows.
    #[default]
    Started,
    /// The application changed the constraints.
    Constraint,
    /// The application paused it.
    Paused,
    /// The application resumed it.
    Resumed,
    /// The publisher stopped sending what is wanted.
    Missing,
    /// The publisher sends something better than before.
    Available,
    /// The publisher started over, under another SSRC.
    Restarted,
    /// Packets lost on their way from the publisher broke what was forwarded.
    Loss,
    /// The receiver's link carries no more, or carries more again.
    Bandwidth,
}
