//! Whether the slope of the delay means that more is sent than the link carries.
//!
//! The threshold adapts: it goes up with slopes beyond it, so that flows that fill queues until
//! they overflow (TCP) do not starve this one, and down with those below it. Constants as in
//! libwebrtc M138 (draft-ietf-rmcat-gcc-02 §5.5). Knows no rates. Read next: [`super::aimd`].

use crate::base::Micros;

/// What the slope of the delay says about the link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Usage {
    /// The delay stays as it is.
    #[default]
    Normal,
    /// A queue builds up.
    Over,
    /// A queue empties.
    Under,
}

/// The slope is taken times this, and times the number of deltas
const GAIN: f64 = 4.0;
/// up to this many.
const MOST_DELTAS: usize = 60;
/// Time sent while the slope is beyond the threshold after which it is believed, milliseconds.
const LONG_ENOUGH: f64 = 10.0;
/// What the threshold starts from, and what it stays within.
const THRESHOLD: f64 = 12.5;
const THRESHOLDS: (f64, f64) = (6.0, 600.0);
/// What the threshold takes of the difference in a millisecond, upwards and downwards.
const GAIN_UP: f64 = 0.0087;
const GAIN_DOWN: f64 = 0.039;
/// So far above the threshold it is a spike, of which nothing is to be learnt.
const SPIKE: f64 = 15.0;
/// The threshold adapts for no longer than this at once.
const LONGEST_STEP: Micros = Micros::millis(100);

/// The detector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overuse {
    usage: Usage,
    threshold: f64,
    /// How long the slope has been beyond the threshold, in milliseconds as sent,
    over_for: Option<f64>,
    /// and how often in a row.
    over_count: u32,
    last_slope: f64,
    /// When the threshold was last looked at, on the far end's clock.
    adapted: Option<i64>,
}

impl Overuse {
    pub(super) const fn new() -> Self {
        Self {
            usage: Usage::Normal,
            threshold: THRESHOLD,
            over_for: None,
            over_count: 0,
            last_slope: 0.0,
            adapted: None,
        }
    }

    /// A new slope, of so many `deltas`, the last of them `sent` milliseconds long; seen at
    /// `arrived` on the far end's clock (µs).
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    pub(super) fn on_slope(&mut self, slope: f64, deltas: usize, sent: f64, arrived: i64) -> Usage {
        if deltas < 2 {
            self.usage = Usage::Normal;
            return self.usage;
        }
        let scaled = deltas.min(MOST_DELTAS) as f64 * slope * GAIN;
        if scaled > self.threshold {
            self.on_beyond(slope, sent);
        } else {
            self.over_for = None;
            self.over_count = 0;
            self.usage = if scaled < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.last_slope = slope;
        self.adapt(scaled.abs(), arrived);
        self.usage
    }

    /// What was last seen.
    pub(super) const fn usage(&self) -> Usage {
        self.usage
    }

    /// Overuse once it lasted, was seen twice, and does not recede.
    fn on_beyond(&mut self, slope: f64, sent: f64) {
        // When it began is not known: halfway since the group before.
        let over_for = self.over_for.map_or(sent / 2.0, |so_far| so_far + sent);
        self.over_for = Some(over_for);
        self.over_count += 1;
        if over_for > LONG_ENOUGH && self.over_count > 1 && slope >= self.last_slope {
            self.over_for = Some(0.0);
            self.over_count = 0;
            self.usage = Usage::Over;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 100 ms")]
    fn adapt(&mut self, scaled: f64, arrived: i64) {
        let since = arrived.saturating_sub(self.adapted.unwrap_or(arrived)).max(0).cast_unsigned();
        self.adapted = Some(arrived);
        if scaled > self.threshold + SPIKE {
            return;
        }
        let gain = if scaled < self.threshold { GAIN_DOWN } else { GAIN_UP };
        let passed = since.min(LONGEST_STEP.0) as f64 / 1e3;
        let adapted = self.threshold + gain * (scaled - self.threshold) * passed;
        self.threshold = adapted.clamp(THRESHOLDS.0, THRESHOLDS.1);
    }
}

#[cfg(test)]
mod tests;
