//! What was sent and lost in the last seconds, a quarter of a second at a time: all that the loss
//! controller knows of packets.
//!
//! Read next: [`super::model`].

use super::super::packet::PacketResult;
use super::tuning::{MOST_OBSERVATIONS, Tuning};
use crate::base::Micros;

/// Losses of the current observation that can be taken back when the packet comes after all.
const TAKEN_BACK: usize = 32;
/// That many observations and the highest and lowest loss are outliers.
const ENOUGH_FOR_OUTLIERS: u64 = 3;

/// Packets sent in a row. Bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Observation {
    pub(super) size: f64,
    pub(super) lost: f64,
    /// Bit/s.
    pub(super) sending_rate: f64,
}

impl Observation {
    fn loss(&self) -> f64 {
        if self.size > 0.0 { self.lost / self.size } else { 0.0 }
    }
}

/// The last observations, and the one that is being made.
#[derive(Clone, Debug)]
pub(super) struct Window {
    observations: [Observation; MOST_OBSERVATIONS],
    made: u64,
    /// When the last packet of the last observation was sent.
    last_sent: Option<Micros>,
    partial: Observation,
    lost: [(Micros, u16); TAKEN_BACK],
    lost_len: usize,
}

impl Window {
    pub(super) const fn new() -> Self {
        const NONE: Observation = Observation { size: 0.0, lost: 0.0, sending_rate: 0.0 };
        Self {
            observations: [NONE; MOST_OBSERVATIONS],
            made: 0,
            last_sent: None,
            partial: NONE,
            lost: [(Micros(0), 0); TAKEN_BACK],
            lost_len: 0,
        }
    }

    /// Takes feedback in; `true` when that makes an observation.
    pub(super) fn push(&mut self, results: &[PacketResult], tuning: &Tuning) -> bool {
        let sent = || results.iter().map(|result| result.sent.at);
        let (Some(first), Some(last)) = (sent().min(), sent().max()) else { return false };
        for result in results {
            self.note(result);
        }
        let span = last.since(*self.last_sent.get_or_insert(first));
        if span.0 == 0 || span < tuning.observation {
            return false;
        }
        self.last_sent = Some(last);
        let sending_rate = self.partial.size * 8.0 / span.seconds();
        self.observations[self.place(self.made, tuning)] =
            Observation { sending_rate, ..self.partial };
        self.made += 1;
        self.partial = Observation::default();
        self.lost_len = 0;
        true
    }

    pub(super) const fn made(&self) -> u64 {
        self.made
    }

    /// When the newest packet of the newest observation was sent.
    pub(super) fn now(&self) -> Micros {
        self.last_sent.unwrap_or_default()
    }

    /// Each observation and how many came after it.
    pub(super) fn iter(&self, tuning: &Tuning) -> impl Iterator<Item = (i32, &Observation)> {
        let held = self.made.min(tuning.window as u64);
        let newest = self.made;
        let window = tuning.window;
        // In the order of their places, as ties between outliers are resolved by that.
        let places = usize::try_from(held).unwrap_or(window);
        self.observations[..places].iter().enumerate().map(move |(place, observation)| {
            let ahead = (newest + window as u64 - 1 - place as u64) % window as u64;
            (i32::try_from(ahead).unwrap_or(0), observation)
        })
    }

    /// Fraction of bytes lost, newer ones counting more, without the highest and the lowest,
    /// unless the highest came with a burst.
    pub(super) fn mean_loss(&self, tuning: &Tuning) -> f64 {
        let (mut size, mut lost) = (0.0, 0.0);
        let (mut highest, mut lowest) = ((0.0, None), (1.0, None));
        for (age, observation) in self.iter(tuning) {
            let weight = tuning.instant_memory.powi(age);
            size += weight * observation.size;
            lost += weight * observation.lost;
            if self.made > ENOUGH_FOR_OUTLIERS {
                let loss = observation.loss();
                if loss > highest.0 {
                    highest = (loss, Some((weight, observation)));
                }
                if loss < lowest.0 {
                    lowest = (loss, Some((weight, observation)));
                }
            }
        }
        if size <= 0.0 {
            return 0.0;
        }
        let burst = highest.1.map_or(0.0, |(_, observation)| observation.sending_rate);
        if self.median_sending_rate(tuning) * tuning.burst <= burst {
            return lost / size;
        }
        let (mut rest, mut rest_lost) = (size, lost);
        for (weight, outlier) in [highest.1, lowest.1].into_iter().flatten() {
            rest -= weight * outlier.size;
            rest_lost -= weight * outlier.lost;
        }
        // With two observations nothing is left.
        if rest.abs() < 1.0 { lost / size } else { (rest_lost / rest).clamp(0.0, 1.0) }
    }

    fn median_sending_rate(&self, tuning: &Tuning) -> f64 {
        let mut rates = [0.0; MOST_OBSERVATIONS];
        let mut len = 0;
        for (_, observation) in self.iter(tuning).filter(|(_, one)| one.sending_rate > 0.0) {
            rates[len] = observation.sending_rate;
            len += 1;
        }
        let rates = &mut rates[..len];
        rates.sort_unstable_by(f64::total_cmp);
        match len {
            0 => 0.0,
            even if even % 2 == 0 => f64::midpoint(rates[even / 2 - 1], rates[even / 2]),
            odd => rates[odd / 2],
        }
    }

    fn note(&mut self, result: &PacketResult) {
        let sent = (result.sent.at, result.sent.wire_bytes);
        let bytes = f64::from(sent.1);
        let known = self.lost[..self.lost_len].iter().position(|lost| *lost == sent);
        match (result.arrived, known) {
            // It had been given up too early.
            (Some(_), Some(place)) => {
                self.lost_len -= 1;
                self.lost.swap(place, self.lost_len);
                self.partial.lost -= bytes;
            }
            (Some(_), None) => self.partial.size += bytes,
            (None, _) => {
                self.partial.size += bytes;
                self.partial.lost += bytes;
                if let Some(slot) = self.lost.get_mut(self.lost_len) {
                    *slot = sent;
                    self.lost_len += 1;
                }
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the window's length")]
    const fn place(&self, number: u64, tuning: &Tuning) -> usize {
        (number % tuning.window as u64) as usize
    }
}
