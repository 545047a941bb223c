//! What the network does to packets: loses them, delays them, doubles them, as a script says.
//! Asked once for each packet, in the order they are sent; the same answers in every run.

use std::time::Duration;

use crate::random::Random;
use crate::recording::Recording;
use crate::script::{Disturbance, Link, Script, Time, Wrong};

/// One way, up or down.
#[derive(Debug)]
pub(crate) struct Path {
    losses: Vec<Picks>,
    delays: Vec<Picks>,
    doubles: Vec<Picks>,
}

/// What is known of a packet that is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) encoding: Option<usize>,
    /// Of its encoding; `None` for a repetition, which has no number of its own.
    pub(crate) number: Option<u64>,
    /// Of all on this way.
    pub(crate) place: Option<u64>,
}

/// What becomes of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) lost: bool,
    pub(crate) delay: Duration,
    /// Delays of further copies.
    pub(crate) copies: Vec<Duration>,
}

/// One disturbance, and what it remembers.
#[derive(Debug)]
struct Picks {
    what: Disturbance,
    encoding: Option<usize>,
    random: Random,
    /// In the middle of a burst.
    bursting: bool,
}

impl Path {
    pub(crate) fn new(script: &Script, recording: &Recording, link: Link) -> Result<Self, Wrong> {
        let of = |list: &[toml::Spanned<Disturbance>]| {
            let of_link = list.iter().map(toml::Spanned::get_ref).filter(|what| what.link == link);
            let picks = of_link.map(|what| {
                let encoding = recording.find(what.encoding.as_ref(), script)?;
                let random = Random::new(what.seed);
                Ok(Picks { what: what.clone(), encoding, random, bursting: false })
            });
            picks.collect::<Result<Vec<_>, _>>()
        };
        let (losses, delays) = (of(&script.loss)?, of(&script.reorder)?);
        Ok(Self { losses, delays, doubles: of(&script.duplicate)? })
    }

    pub(crate) fn fate(&mut self, sent: Sent) -> Fate {
        let delay_of = |picks: &Picks| picks.what.delay.map_or(Duration::ZERO, |Time(delay)| delay);
        let mut fate = Fate::default();
        // Each is asked, whatever the others say: so that no script changes another's numbers.
        for losing in &mut self.losses {
            fate.lost |= losing.takes(sent);
        }
        for delaying in &mut self.delays {
            if delaying.takes(sent) {
                fate.delay += delay_of(delaying);
            }
        }
        for doubling in &mut self.doubles {
            if doubling.takes(sent) {
                fate.copies.push(delay_of(doubling));
            }
        }
        fate
    }
}

impl Picks {
    fn takes(&mut self, sent: Sent) -> bool {
        let Disturbance { packets, rate, burst, from, to, .. } = &self.what;
        let elsewhere = self.encoding.is_some() && self.encoding != sent.encoding;
        let early = from.is_some_and(|Time(from)| sent.at < from);
        let late = to.is_some_and(|Time(to)| sent.at >= to);
        if elsewhere || early || late {
            return false;
        }
        if let Some(rate) = rate {
            // Gilbert's two states: within a burst all are taken, outside none.
            let length = burst.unwrap_or(1.0).max(1.0);
            let chance = if self.bursting {
                1.0 - 1.0 / length
            } else if *rate < 1.0 {
                rate / (length * (1.0 - rate))
            } else {
                1.0
            };
            // Without bursts each packet is on its own.
            let chance = if length > 1.0 { chance.min(1.0) } else { *rate };
            self.bursting = self.random.share() < chance;
            return self.bursting;
        }
        let number = if self.encoding.is_some() { sent.number } else { sent.place };
        packets.is_empty()
            || packets.iter().any(|range| {
                number.is_some_and(|number| (range.first..=range.last).contains(&number))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(toml: &str) -> Picks {
        let what = toml::from_str(toml).unwrap();
        Picks { what, encoding: None, random: Random::new(7), bursting: false }
    }

    fn taken(picks: &mut Picks) -> Vec<u64> {
        let sent = |number| Sent {
            at: Duration::from_millis(number),
            encoding: Some(1),
            number: Some(number / 2),
            place: Some(number),
        };
        (0..100_000).filter(|number| picks.takes(sent(*number))).collect()
    }

    #[test]
    fn packets_are_taken_by_number_of_all_or_of_their_encoding() {
        let mut all = picks("packets = [3, '7..9']");
        assert_eq!(taken(&mut all), [3, 7, 8, 9]);
        let mut of_one = Picks { encoding: Some(1), ..picks("packets = [3]") };
        assert_eq!(taken(&mut of_one), [6, 7]);
        let mut of_another = Picks { encoding: Some(0), ..picks("packets = [3]") };
        assert!(taken(&mut of_another).is_empty());
    }

    #[test]
    fn window_of_time_takes_all_in_it() {
        assert_eq!(taken(&mut picks("from = '10ms'\nto = '13ms'")), [10, 11, 12]);
    }

    #[test]
    fn share_is_as_large_as_it_should_be_alone_and_in_bursts() {
        let runs = |taken: &[u64]| taken.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        let singles = taken(&mut picks("rate = 0.05"));
        assert!((4_700..5_300).contains(&singles.len()), "{}", singles.len());
        let bursts = taken(&mut picks("rate = 0.05\nburst = 5"));
        assert!((4_300..5_700).contains(&bursts.len()), "{}", bursts.len());
        let (alone, together) = (runs(&singles), runs(&bursts));
        let length = bursts.len() as f64 / together as f64;
        assert!((4.0..6.0).contains(&length), "{length}");
        assert!(alone > 4 * together);
        assert_eq!(taken(&mut picks("rate = 1.0")).len(), 100_000);
        assert!(taken(&mut picks("rate = 0.0")).is_empty());
    }
}
