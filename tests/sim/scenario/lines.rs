//! What is measured of a run and what it has to be: pass lines, goals, rows of the table. Read
//! next: [`crate::metrics`], which measures.

use serde::Deserialize;

use super::words::{Bits, Span};

/// Something to measure of a run.
#[derive(Deserialize, Clone, Debug)]
pub struct Ask {
    pub measure: Measure,
    /// A link, a receiver, or a receiver and a publisher of it (`r/p3`), by what is measured;
    /// none: the first one, or all.
    pub of: Option<String>,
    /// From when until when; none: all of the run.
    pub window: Option<(Span, Span)>,
    /// Of what asks for one.
    pub rate: Option<Bits>,
    /// The media's own maximum, where a link carries more.
    pub most: Option<Bits>,
}

/// `[[lines]]`: what a measure has to be, for every seed.
#[derive(Deserialize, Clone, Debug)]
pub struct Line {
    #[serde(flatten)]
    pub ask: Ask,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
    /// What we are after beyond; not asserted.
    pub goal: Option<f64>,
    /// Why the line is not asserted: it is known not to be met.
    pub not_met: Option<String>,
    /// In which variation alone it is not; none: in all.
    pub not_met_in: Option<String>,
}

/// `[[rows]]`: a line of the table: utilisation, queue delay and loss, and what else is shown.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// None: all that is shown is in `show`.
    pub window: Option<(Span, Span)>,
    /// Which link; none: the first on the way of the first receiver.
    pub of: Option<String>,
    #[serde(default)]
    pub show: Vec<Shown>,
}

#[derive(Deserialize, Clone, Debug)]
pub struct Shown {
    pub label: String,
    #[serde(flatten)]
    pub ask: Ask,
}

/// Definitions are those of spec/congestion.md §4 and RFC 8868. Times are seconds unless said
/// otherwise, and infinite if it never came to that; shares are percent.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Served of what the link could have carried (or the media wanted, with `most`), %.
    Utilisation,
    /// Of all packets at the link, ms.
    QueueP50,
    QueueP95,
    /// Of sound at the link, ms.
    AudioQueueP95,
    /// Packets of media lost at the link, %.
    Loss,
    /// Longest run of lost packets.
    LossBurst,
    /// From the window's begin until the estimate stays within [.75 min(cap, most), 1.1 cap] for
    /// 2 s.
    Settle,
    /// Jain's index over the rates of all receivers that are there.
    Jain,
    /// What arrives, kbit/s.
    Rate,
    /// What arrives of what the link could have carried, %.
    Share,
    /// From the window's begin until what arrives reaches `rate` over 500 ms.
    RateReach,
    /// From the window's begin until the estimate is at least `rate`.
    EstimateReach,
    /// From the window's begin until the estimate is at most `rate` and stays so for 500 ms.
    EstimateFall,
    /// kbit/s.
    EstimateLeast,
    EstimateMost,
    /// Lowest in the window, % of what it was at its begin.
    EstimateKept,
    /// Highest in the window, % of what it was at its begin.
    EstimateRise,
    /// Mean in the window, % of the mean over the same time before it.
    EstimateMean,
    /// At the window's end, % of what it was at its begin.
    EstimateAfter,
    /// From the window's begin until the estimate was below 80 % of what it was then for the last
    /// time.
    Recover,
    /// Least that was left of the estimate in the 2 s after any upgrade, %.
    UpgradeKept,
    /// Least that was left of the estimate in the 800 ms after any probe that nothing was lost of,
    /// %.
    ProbeKept,
    /// What the engine takes the loss to be, at most, %.
    ReportedLoss,
    /// Longest time for which the estimate is more than 1.5 × what the link carries.
    OverEstimate,
    /// Longest time for which the estimate is above a scripted REMB, from 200 ms after it.
    AboveRemb,
    /// Bits of padding and probes, kbit/s.
    Padding,
    /// Bits of retransmissions, % of the estimate.
    Resent,
    /// Payload of pictures that could be decoded, kbit/s.
    Goodput,
    /// What of it is whose, %: `of = "receiver/publisher"`.
    GoodputShare,
    /// Pictures that left the engine, retransmissions included, kbit/s.
    SentVideo,
    /// Nominal rate of the layers that are allotted, kbit/s.
    Allocated,
    /// From the window's begin until layers of `rate` are allotted.
    AllocatedReach,
    /// From the window's begin until layers of `rate` at most are sent.
    AllocatedFall,
    /// How many of the subscriptions' layers differ between begin and end of the window.
    AllocatedChange,
    /// Times that nothing could be decoded for more than 200 ms.
    Freezes,
    /// Longest time without a picture while one is allotted, ms.
    FreezeLongest,
    /// Changes of spatial layer, pauses and resumptions, per minute.
    Switches,
    /// Times that one source went from one layer to another and back within 8 s.
    Flaps,
    /// Requests for key frames that reached publishers.
    KeyRequests,
    /// Shortest time between two of them to one encoding, ms.
    KeyRequestGap,
    /// Most subscriptions of one receiver that wait for the key frame of a higher layer.
    PendingUpgrades,
    /// Longest that sound waited in the engine: 99th percentile and all, ms.
    AudioDelayP99,
    AudioDelayMost,
    /// Longest that a picture's packet waited in the engine before its first sending, ms.
    VideoDelayMost,
    /// Packets of sound that never arrived, %.
    AudioLoss,
    /// Longest between two packets of sound of one source, ms.
    AudioGap,
    /// Frames of the layer that is allotted that were not decoded, %.
    LostFrames,
    /// From the window's begin until all subscriptions have decoded a picture.
    AllPictures,
    /// Longest time for which somebody has more than the lowest layer while another has nothing.
    BaseFirst,
    /// One way, engine to receiver, ms.
    OneWayP50,
    OneWayP95,
    OneWayP99,
    /// From capture until it could be decoded, of pictures, ms.
    FrameDelayP95,
    /// Mean difference of that between one picture and the next, ms.
    FrameJitter,
}

impl Line {
    /// # Errors
    /// It says nothing.
    pub fn check(&self) -> Result<(), String> {
        if self.at_least.is_none() && self.at_most.is_none() {
            return Err("a line needs `at_least` or `at_most`".to_owned());
        }
        if self.not_met_in.is_some() && self.not_met.is_none() {
            return Err("`not_met_in` says where, `not_met` has to say why".to_owned());
        }
        self.ask.check()
    }

    /// Whether `value` meets it.
    pub fn is_met(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }

    /// Whether `value` meets the goal.
    pub fn is_goal_met(&self, value: f64) -> Option<bool> {
        let goal = self.goal?;
        Some(if self.at_least.is_some() { value >= goal } else { value <= goal })
    }
}

impl Ask {
    /// # Errors
    /// It asks for a rate and has none, or its window is none.
    pub fn check(&self) -> Result<(), String> {
        use Measure::{AllocatedFall, AllocatedReach, EstimateFall, EstimateReach, RateReach};
        let needs_rate = [AllocatedFall, AllocatedReach, EstimateFall, EstimateReach, RateReach];
        if needs_rate.contains(&self.measure) && self.rate.is_none() {
            return Err(format!("{:?} needs a `rate`", self.measure));
        }
        if self.window.is_some_and(|(from, until)| until <= from) {
            return Err("a window is [from, until], and ends later than it begins".to_owned());
        }
        Ok(())
    }
}
