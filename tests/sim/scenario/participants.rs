//! Who takes part: publishers, receivers, and pairs of both (flows). Read next:
//! [`crate::world`], where they live.

use serde::Deserialize;

use super::words::{Bits, Span, Steps};

/// `[[publishers]]`: one source each. Exactly one of `layers`, `elastic`, `rate` and `audio`.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    pub name: String,
    /// More than one are named `name0`, `name1`...
    #[serde(default = "one")]
    pub count: usize,
    /// Wire rates of simulcast encodings, low to high.
    pub layers: Option<Vec<Bits>>,
    /// Encodes at what the engine takes the link of its only receiver to carry.
    pub elastic: Option<Elastic>,
    /// Wire rate of its only encoding.
    pub rate: Option<Steps<Bits>>,
    /// Wire rate of Opus.
    pub audio: Option<Bits>,
    #[serde(default = "thirty")]
    pub frames_per_second: u64,
    /// Temporal layers, 1-3.
    #[serde(default = "one_byte")]
    pub temporal: u8,
    /// Something moves on the screen: the rate of the lowest layer rises for a while.
    pub bursts: Option<Bursts>,
    /// Little moves before the camera: the rates of all layers fall for a while.
    pub lulls: Option<Lulls>,
    #[serde(default)]
    pub join: Span,
    /// Between two of `count`.
    #[serde(default)]
    pub join_step: Span,
    pub leave: Option<Span>,
    /// 0-1: what is lost on the way to the engine,
    #[serde(default)]
    pub uplink_loss: f64,
    /// from when on.
    #[serde(default)]
    pub uplink_loss_from: Span,
}

/// Bounds of an encoder that follows the estimate, wire rates.
#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Elastic {
    pub least: Bits,
    pub most: Bits,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    pub rate: Bits,
    pub last: Span,
    pub every: Span,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Lulls {
    /// What is left of the rates, 0-1.
    pub share: f64,
    pub last: Span,
    pub every: Span,
}

/// `[[receivers]]`: subscribes to whatever `wants` says.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    pub name: String,
    #[serde(default = "one")]
    pub count: usize,
    #[serde(default)]
    pub feedback: Feedback,
    /// Links from the engine, in their order.
    pub links: Vec<String>,
    /// Links to the engine; none: one without limits and of the same delay.
    #[serde(default)]
    pub back: Vec<String>,
    /// Delay of its own, each way.
    #[serde(default)]
    pub delay: Span,
    #[serde(default)]
    pub join: Span,
    #[serde(default)]
    pub join_step: Span,
    /// Asks for lost packets again.
    #[serde(default = "yes")]
    pub nack: bool,
    /// With REMB: what it says when. Otherwise it measures.
    pub remb: Option<Steps<Bits>>,
    /// What the application says that it would like to send, whatever there is.
    pub desired: Option<Bits>,
    pub wants: Vec<Wish>,
}

/// How a receiver tells what arrives.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    #[default]
    TransportCc,
    /// RFC 8888.
    Ccfb,
    Remb,
    /// Receiver reports alone.
    Reports,
    /// Not even those.
    Nothing,
}

/// What of whom.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// A publisher, or several: `p3`, `p1-8`, or `p` for all that are called so.
    pub of: String,
    /// 0 the lowest; none: no bound.
    pub most_layer: Option<u8>,
    #[serde(default)]
    pub on_stage: bool,
    #[serde(default = "middle")]
    pub priority: u8,
    /// May be left out altogether.
    #[serde(default = "yes")]
    pub pausable: bool,
}

/// `[[flows]]`: an elastic publisher, or one of a certain rate, and its only receiver, as in
/// RFC 8867. Both get the flow's name.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: String,
    #[serde(default = "one")]
    pub count: usize,
    pub links: Vec<String>,
    #[serde(default)]
    pub back: Vec<String>,
    #[serde(default)]
    pub delay: Span,
    #[serde(default)]
    pub start: Span,
    #[serde(default)]
    pub start_step: Span,
    pub elastic: Option<Elastic>,
    pub rate: Option<Steps<Bits>>,
    #[serde(default)]
    pub feedback: Feedback,
    #[serde(default)]
    pub nack: bool,
    pub desired: Option<Bits>,
    /// Sound beside it, wire rate of each of so many.
    #[serde(default)]
    pub voices: usize,
}

/// `[[cross]]`: traffic of others.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Cross {
    #[serde(default = "one")]
    pub count: usize,
    pub links: Vec<String>,
    pub kind: CrossKind,
    /// Of `kind = "steady"`.
    pub rate: Option<Bits>,
    #[serde(default)]
    pub algorithm: TcpName,
    #[serde(default)]
    pub delay: Span,
    #[serde(default)]
    pub from: Span,
    pub until: Option<Span>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum CrossKind {
    LongTcp,
    /// Files of 100 kB to 1 MB, 10 s between them; the first two of ten begin with one.
    ShortTcp,
    /// UDP at a constant rate.
    Steady,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub enum TcpName {
    #[default]
    NewReno,
    Cubic,
}

impl Flow {
    /// What it stands for.
    pub fn expand(&self) -> (Vec<Publisher>, Vec<Receiver>) {
        let (mut publishers, mut receivers) = (Vec::new(), Vec::new());
        for place in 0..self.count {
            let name = numbered(&self.name, self.count, place);
            let start = Span(self.start.0 + self.start_step.0 * place as u64);
            let bare = Publisher {
                name: name.clone(),
                count: 1,
                layers: None,
                elastic: self.elastic,
                rate: self.rate.clone(),
                audio: None,
                frames_per_second: thirty(),
                temporal: 1,
                bursts: None,
                lulls: None,
                join: start,
                join_step: Span(0),
                leave: None,
                uplink_loss: 0.0,
                uplink_loss_from: Span(0),
            };
            let mut wants = vec![Wish::steady(&name)];
            if self.voices > 0 {
                let voice = format!("{name}-voice");
                wants.push(Wish::steady(&voice));
                publishers.push(Publisher {
                    name: voice,
                    count: self.voices,
                    elastic: None,
                    rate: None,
                    audio: Some(Bits(48_000)),
                    ..bare.clone()
                });
            }
            publishers.push(bare);
            receivers.push(Receiver {
                name,
                count: 1,
                feedback: self.feedback,
                links: self.links.clone(),
                back: self.back.clone(),
                delay: self.delay,
                join: start,
                join_step: Span(0),
                nack: self.nack,
                remb: None,
                desired: self.desired.or_else(|| self.elastic.map(|elastic| elastic.most)),
                wants,
            });
        }
        (publishers, receivers)
    }
}

impl Wish {
    /// Never left out.
    fn steady(of: &str) -> Self {
        let (of, priority) = (of.to_owned(), middle());
        Self { of, most_layer: None, on_stage: false, priority, pausable: false }
    }
}

/// The name of one of several.
pub fn numbered(name: &str, count: usize, place: usize) -> String {
    if count == 1 { name.to_owned() } else { format!("{name}{place}") }
}

const fn one() -> usize {
    1
}

const fn one_byte() -> u8 {
    1
}

const fn thirty() -> u64 {
    30
}

const fn yes() -> bool {
    true
}

const fn middle() -> u8 {
    128
}
