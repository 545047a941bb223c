//! The allocation of a moment, over random layouts; then how it goes on in time.

mod moment;
mod time;

use super::{Budget, Grant, Layer, Step, Wish, Wishes};

/// A subscription in a test: what its layers take in kbit/s, by spatial and temporal layer.
#[derive(Clone, Debug)]
struct Ladder {
    id: u64,
    priority: u8,
    on_stage: bool,
    pausable: bool,
    layers: Vec<Vec<u64>>,
    /// Percent of it that they take just now.
    calm: u64,
}

impl Ladder {
    fn new(id: u64, layers: &[u64]) -> Self {
        let layers = layers.iter().map(|rate| vec![*rate]).collect();
        Self { id, priority: 128, on_stage: false, pausable: true, layers, calm: 100 }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (encoding, temporal_layers) in (0_u8..).zip(&self.layers) {
            for (temporal, rate) in (0_u8..).zip(temporal_layers) {
                let share = 256 * (u16::from(temporal) + 1) / temporal_layers.len() as u16;
                let round = match u16::from(encoding) {
                    0 => 0,
                    above => (above - 1) * 256 + share,
                };
                let layer = Layer { encoding, spatial: 0, temporal };
                steps.push(Step { layer, rate: rate * self.calm * 10, peak: rate * 1_000, round });
            }
        }
        steps
    }

    fn wish(&self) -> Wish {
        Wish {
            id: self.id,
            source: self.id,
            priority: self.priority,
            on_stage: self.on_stage,
            pausable: self.pausable,
            awaits_key_frame: false,
        }
    }
}

fn wishes(ladders: &[Ladder]) -> Wishes {
    let mut wishes = Wishes::default();
    for ladder in ladders {
        wishes.push(ladder.wish(), ladder.steps());
    }
    wishes
}

fn gallery() -> Vec<Ladder> {
    (1..=9).map(|id| Ladder::new(id, &[150, 500, 1_500])).collect()
}

fn kbps(estimate: u64) -> Budget {
    Budget { estimate: estimate * 1_000, audio: 0, resent: 0, capacity: None, is_deaf: false }
}

fn encoding(grant: Option<&Grant>) -> Option<u8> {
    grant.and_then(|grant| grant.layer).map(|layer| layer.encoding)
}
