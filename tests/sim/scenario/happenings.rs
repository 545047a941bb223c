//! What befalls the participants when. Read next: [`crate::world::script`], which does it.

use serde::Deserialize;

use super::words::{Bits, Span};

/// `[[happenings]]`: exactly one thing, undone at `until` where that can be.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    pub at: Span,
    pub until: Option<Span>,
    /// These publishers send no video.
    pub mute: Option<String>,
    pub stop_layer: Option<StopLayer>,
    /// Nothing that this receiver says arrives.
    pub silence: Option<String>,
    pub key_frame: Option<KeyFrame>,
    pub constrain: Option<Constrain>,
    /// So many changes of what a receiver wants, at random between `at` and `until`, when all is
    /// as it was.
    pub drag: Option<Drag>,
    pub desire: Option<Desire>,
    /// This publisher goes.
    pub leave: Option<String>,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct StopLayer {
    pub of: String,
    pub layer: usize,
}

/// A key frame of a certain size, unasked for.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct KeyFrame {
    pub of: String,
    pub bytes: u64,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Constrain {
    pub receiver: String,
    pub of: String,
    pub most_layer: Option<u8>,
    #[serde(default)]
    pub on_stage: bool,
    pub priority: Option<u8>,
    #[serde(default)]
    pub paused: bool,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Drag {
    pub receiver: String,
    pub changes: u32,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Desire {
    pub receiver: String,
    pub rate: Bits,
}

impl Happening {
    /// What it is, in a word or two.
    pub fn name(&self) -> String {
        if let Some(of) = &self.mute {
            return format!("mute {of}");
        }
        if let Some(StopLayer { of, layer }) = &self.stop_layer {
            return format!("no layer {layer} of {of}");
        }
        if let Some(of) = &self.silence {
            return format!("silence of {of}");
        }
        if let Some(KeyFrame { of, bytes }) = &self.key_frame {
            return format!("key frame of {of}, {bytes} bytes");
        }
        if let Some(Constrain { receiver, of, .. }) = &self.constrain {
            return format!("{receiver} wants {of} otherwise");
        }
        if let Some(Drag { receiver, changes }) = &self.drag {
            return format!("{changes} changes of what {receiver} wants");
        }
        if let Some(Desire { receiver, rate }) = &self.desire {
            return format!("{} kbit/s desired for {receiver}", rate.0 / 1_000);
        }
        self.leave.as_ref().map_or_else(String::new, |of| format!("{of} leaves"))
    }

    /// # Errors
    /// It is nothing, or too much, or has no end where it needs one.
    pub fn check(&self) -> Result<(), String> {
        let things = [
            self.mute.is_some(),
            self.stop_layer.is_some(),
            self.silence.is_some(),
            self.key_frame.is_some(),
            self.constrain.is_some(),
            self.drag.is_some(),
            self.desire.is_some(),
            self.leave.is_some(),
        ];
        if things.iter().filter(|is| **is).count() != 1 {
            return Err("a happening is one of mute, stop_layer, silence, key_frame, constrain, \
                        drag, desire and leave"
                .to_owned());
        }
        if self.until.is_some_and(|until| until <= self.at) {
            return Err("it ends before it begins: `until` has to be later than `at`".to_owned());
        }
        if self.drag.is_some() && self.until.is_none() {
            return Err("a drag needs `until`".to_owned());
        }
        Ok(())
    }
}
