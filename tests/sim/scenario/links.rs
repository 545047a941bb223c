//! Links as a scenario describes them. Read next: [`crate::net::config`], what they become.

use std::path::PathBuf;

use serde::Deserialize;

use super::words::{Bits, Span, Steps};
use crate::net::cellular::{CellConfig, Speed, walk};
use crate::net::mahimahi::Trace;
use crate::net::wifi::WifiConfig;
use crate::net::{Bleach, Jitter, Kind, Kinds, LinkConfig, Loss, Marking, QueueConfig, Rate, Time};

/// `[links.NAME]`: capacity (one of `capacity`, `policer`, `cellular`, `wifi`, `trace`; none: no
/// limit), queue, and what the wire does.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub capacity: Option<Steps<Bits>>,
    pub policer: Option<Policer>,
    pub cellular: Option<Cellular>,
    pub wifi: Option<Wifi>,
    /// A trace in the Mahimahi format, relative to the scenario.
    pub trace: Option<PathBuf>,
    #[serde(default)]
    pub queue: Queue,
    #[serde(default)]
    pub delay: Option<Steps<Span>>,
    #[serde(default)]
    pub jitter: Option<JitterWords>,
    #[serde(default)]
    pub loss: Vec<LossWords>,
    #[serde(default)]
    pub duplicates: f64,
    #[serde(default)]
    pub ecn: Option<EcnWords>,
}

/// At most `rate`, but for `burst` at once; waits for `buffer` at most.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Policer {
    pub rate: Steps<Bits>,
    /// Bytes.
    pub burst: u32,
    pub buffer: Span,
}

/// A walk of capacity as a moving receiver has it.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Cellular {
    pub median: Bits,
    pub speed: SpeedName,
    #[serde(default)]
    pub handovers: Vec<Span>,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum SpeedName {
    Walking,
    Driving,
    Train,
}

/// An aggregating MAC.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Wifi {
    pub rate: Steps<Bits>,
    #[serde(default)]
    pub others: u32,
    #[serde(default)]
    pub activity: f64,
}

/// Where packets wait: one of these; none: for 300 ms.
#[derive(Deserialize, Clone, Copy, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    #[default]
    Default,
    Time(Span),
    Bytes(u64),
    Packets(usize),
    Codel,
    CodelEcn,
    FqCodel,
}

/// Gaussian, cut at three sigma.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct JitterWords {
    pub sigma: Span,
    /// How many packets one may overtake at most.
    #[serde(default)]
    pub reorder: usize,
}

/// What is lost, of which packets, when.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct LossWords {
    /// 0-1.
    pub random: Option<f64>,
    pub bursts: Option<Bursts>,
    #[serde(default)]
    pub of: Option<KindName>,
    #[serde(default)]
    pub from: Span,
    pub until: Option<Span>,
}

/// Gilbert-Elliott, probabilities per packet.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    pub begin: f64,
    pub end: f64,
    #[serde(default = "one")]
    pub loss: f64,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum KindName {
    Media,
    Rtcp,
    Tcp,
}

/// Marks instead of drops.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct EcnWords {
    /// Marks whatever waited longer.
    pub step: Option<Span>,
    /// Marks ECT(1) that waited longer.
    pub l4s_step: Option<Span>,
    /// Somebody wipes the marks.
    #[serde(default)]
    pub bleach: bool,
}

impl Link {
    /// `beside`: reads a file that lies beside the scenario.
    pub fn config(
        &self,
        seed: u64,
        length: Time,
        beside: &dyn Fn(&PathBuf) -> Result<String, String>,
    ) -> Result<LinkConfig, String> {
        let delay = self.delay.as_ref().map_or_else(
            || vec![(0, 0)],
            |steps| steps.0.iter().map(|(from, delay)| (from.0, delay.0)).collect(),
        );
        let mut config =
            LinkConfig { rate: self.rate(seed, length, beside)?, delay, ..LinkConfig::default() };
        config.queue = match self.queue {
            Queue::Default => config.queue,
            Queue::Time(most) => QueueConfig::DropTailTime(most.0),
            Queue::Bytes(most) => QueueConfig::DropTailBytes(most),
            Queue::Packets(most) => QueueConfig::DropTailPackets(most),
            Queue::Codel => QueueConfig::CODEL,
            Queue::CodelEcn => QueueConfig::CODEL_ECN,
            Queue::FqCodel => QueueConfig::FQ_CODEL,
        };
        if let Some(policer) = &self.policer {
            config.queue = QueueConfig::DropTailTime(policer.buffer.0);
        }
        if let Some(JitterWords { sigma, reorder }) = self.jitter {
            config.jitter = match reorder {
                0 => Jitter::Ordered { sigma: sigma.0 },
                max => Jitter::Reordered { sigma: sigma.0, max },
            };
        }
        for loss in &self.loss {
            let until = loss.until.map_or(Time::MAX, |until| until.0);
            config = config.with_loss_between(loss.kinds(), loss.from.0, until, loss.how()?);
        }
        config.duplicates = self.duplicates;
        if let Some(ecn) = self.ecn {
            config.marking = match (ecn.step, ecn.l4s_step) {
                (Some(step), _) => Marking::Step(step.0),
                (_, Some(step)) => Marking::L4sStep(step.0),
                _ => Marking::None,
            };
            config.bleach = if ecn.bleach { Bleach::After } else { Bleach::Nobody };
        }
        Ok(config)
    }

    fn rate(
        &self,
        seed: u64,
        length: Time,
        beside: &dyn Fn(&PathBuf) -> Result<String, String>,
    ) -> Result<Rate, String> {
        let steps = |steps: &Steps<Bits>| steps.0.iter().map(|(at, bits)| (at.0, bits.0)).collect();
        let capacity = |of: &Steps<Bits>| crate::net::capacity::Steps::new(steps(of));
        Ok(match (&self.capacity, &self.policer, &self.cellular, &self.wifi, &self.trace) {
            (None, None, None, None, None) => Rate::Unlimited,
            (Some(rates), None, None, None, None) => Rate::Steps(capacity(rates)),
            (None, Some(Policer { rate, burst, .. }), None, None, None) => {
                Rate::Bucket { steps: capacity(rate), burst: *burst }
            }
            (None, None, Some(cell), None, None) => {
                let config = CellConfig {
                    median: cell.median.0,
                    speed: cell.speed.speed(),
                    handovers: cell.handovers.iter().map(|at| at.0).collect(),
                    length,
                };
                Rate::Steps(crate::net::capacity::Steps::new(walk(&config, seed)))
            }
            (None, None, None, Some(wifi), None) => Rate::Wifi(WifiConfig {
                others: wifi.others,
                activity: wifi.activity,
                ..WifiConfig::alone(steps(&wifi.rate))
            }),
            (None, None, None, None, Some(file)) => Rate::Trace(Trace::parse(&beside(file)?)?),
            _ => return Err("only one of capacity, policer, cellular, wifi and trace".to_owned()),
        })
    }
}

impl LossWords {
    fn kinds(&self) -> Kinds {
        match self.of {
            None => Kinds::All,
            Some(KindName::Media) => Kinds::Only(Kind::Media),
            Some(KindName::Rtcp) => Kinds::Only(Kind::Rtcp),
            Some(KindName::Tcp) => Kinds::Only(Kind::Tcp),
        }
    }

    fn how(&self) -> Result<Loss, String> {
        match (self.random, self.bursts) {
            (Some(random), None) => Ok(Loss::Iid(random)),
            (None, Some(Bursts { begin, end, loss })) => {
                Ok(Loss::GilbertElliott { good_to_bad: begin, bad_to_good: end, loss_in_bad: loss })
            }
            _ => Err("a loss is either `random` or in `bursts`".to_owned()),
        }
    }
}

impl SpeedName {
    const fn speed(self) -> Speed {
        match self {
            Self::Walking => Speed::Walking,
            Self::Driving => Speed::Driving,
            Self::Train => Speed::Train,
        }
    }
}

const fn one() -> f64 {
    1.0
}
