//! What happened, in order, with its time: everything that has to be told, as text or as JSON.

use std::fmt::Write;
use std::time::Duration;

use lahn::{Constraints, Layer, LayerReason};
use serde_json::{Map, Value, json};

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum What {
    /// The application set them.
    Constraints(Constraints),
    /// The engine's best aim is another.
    Wanted(Layer),
    /// Another layer flows, or none.
    Switched {
        layer: Option<Layer>,
        reason: LayerReason,
    },
    /// The best layer that anybody wants.
    Demand(Option<Layer>),
    /// A key frame came from the publisher.
    KeyFrame {
        encoding: usize,
    },
    /// The engine asks the publisher for one. A recording cannot answer; when the next one came
    /// anyway is found out at the end.
    KeyFrameRequest {
        encoding: Option<usize>,
        by: &'static str,
        next: Option<Duration>,
    },
    /// The engine asks the publisher for packets; so many are sent again.
    NackToPublisher {
        encoding: Option<usize>,
        packets: usize,
        answered: usize,
    },
    /// The receiver asks.
    NackFromReceiver {
        packets: usize,
    },
    PliFromReceiver,
    /// On the way up.
    Lost {
        encoding: Option<usize>,
        first: u64,
        count: u64,
    },
    Delayed {
        encoding: Option<usize>,
        number: u64,
        delay: Duration,
    },
    Doubled {
        encoding: Option<usize>,
        number: u64,
    },
    /// On the way down.
    LostDown {
        first: u64,
        count: u64,
    },
    Stopped {
        encoding: Option<usize>,
    },
    CameBack {
        encoding: Option<usize>,
        new_ssrc: bool,
    },
    /// The engine said something that this example has no words for.
    Event(String),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) entries: Vec<(Duration, What)>,
    /// Of the encodings, low to high.
    pub(crate) names: Vec<String>,
}

impl Journal {
    pub(crate) const fn new(names: Vec<String>) -> Self {
        Self { entries: Vec::new(), names }
    }

    /// Later than all before. Neighbouring losses are told as one.
    pub(crate) fn note(&mut self, at: Duration, what: What) {
        match (self.entries.last_mut().map(|(_, last)| last), &what) {
            (
                Some(What::Lost { encoding, first, count }),
                What::Lost { encoding: another, first: next, .. },
            ) if encoding == another && *first + *count == *next => *count += 1,
            (Some(What::LostDown { first, count }), What::LostDown { first: next, .. })
                if *first + *count == *next =>
            {
                *count += 1;
            }
            _ => self.entries.push((at, what)),
        }
    }

    /// Everything has happened: it becomes known when after each request a key frame came.
    pub(crate) fn finish(&mut self) {
        let key_frames: Vec<_> = self
            .entries
            .iter()
            .filter_map(|(at, what)| match what {
                What::KeyFrame { encoding } => Some((*at, *encoding)),
                _ => None,
            })
            .collect();
        for (at, what) in &mut self.entries {
            let What::KeyFrameRequest { encoding, next, .. } = what else { continue };
            let of_it = |(_, of): &&(Duration, usize)| encoding.is_none_or(|it| it == *of);
            let after = key_frames.iter().filter(of_it).find(|(came, _)| came > at);
            *next = after.map(|(came, _)| *came - *at);
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for (at, what) in &self.entries {
            let _ = writeln!(out, "{:9.3} s  {}", at.as_secs_f64(), self.words(what));
        }
        out
    }

    /// How a layer is called: `h S0 T2`.
    pub(crate) fn layer(&self, layer: Layer) -> String {
        let Layer { encoding, spatial, temporal } = layer;
        format!("{} S{spatial} T{temporal}", self.encoding(Some(encoding.into())))
    }

    pub(crate) fn words(&self, what: &What) -> String {
        let layer = |layer: &Option<Layer>| {
            layer.map_or_else(|| "nothing".to_owned(), |layer| self.layer(layer))
        };
        let of = |encoding: &Option<usize>| self.encoding(*encoding);
        match what {
            What::Constraints(constraints) => format!("constraints: {}", bounds(constraints)),
            What::Wanted(wanted) => format!("wanted: {}", self.layer(*wanted)),
            What::Switched { layer: to, reason } => format!("SWITCH to {}: {reason:?}", layer(to)),
            What::Demand(best) => format!("demand: {}", layer(best)),
            What::KeyFrame { encoding } => format!("key frame of {}", of(&Some(*encoding))),
            What::KeyFrameRequest { encoding, by, next } => {
                let came = next.map_or_else(
                    || "none comes any more".to_owned(),
                    |next| format!("the next one is recorded {:.3} s later", next.as_secs_f64()),
                );
                format!("key frame of {} ASKED for by {by}: {came}", of(encoding))
            }
            What::NackToPublisher { encoding, packets, answered } => {
                format!("asked for again, of {}: {packets}; sent again: {answered}", of(encoding))
            }
            What::NackFromReceiver { packets } => {
                format!("asked for again by the receiver: {packets}")
            }
            What::PliFromReceiver => "the receiver asks for a key frame".to_owned(),
            What::Lost { encoding, first, count } => {
                format!("LOST of {}: {}", of(encoding), numbers(*first, *count))
            }
            What::Delayed { encoding, number, delay } => {
                format!("packet {number} of {} comes {} ms late", of(encoding), delay.as_millis())
            }
            What::Doubled { encoding, number } => {
                format!("packet {number} of {} comes twice", of(encoding))
            }
            What::LostDown { first, count } => {
                format!("LOST on the way to the receiver: {}", numbers(*first, *count))
            }
            What::Stopped { encoding } => format!("the publisher stops {}", of(encoding)),
            What::CameBack { encoding, new_ssrc } => {
                let how = if *new_ssrc { ", under a new SSRC" } else { "" };
                format!("the publisher sends {} again{how}", of(encoding))
            }
            What::Event(text) => text.clone(),
        }
    }

    /// A flat object for each entry: `at` in seconds, `what`, and what belongs to it.
    pub(crate) fn json(&self) -> Value {
        let entries = self.entries.iter().map(|(at, what)| {
            let mut object = Map::new();
            object.insert("at".to_owned(), json!(at.as_secs_f64()));
            object.insert("text".to_owned(), json!(self.words(what)));
            let details = self.details(what);
            object.extend(details.as_object().cloned().unwrap_or_default());
            Value::Object(object)
        });
        entries.collect()
    }

    fn details(&self, what: &What) -> Value {
        let layer = |layer: &Option<Layer>| {
            layer.map(|Layer { encoding, spatial, temporal }| json!([encoding, spatial, temporal]))
        };
        let name = |encoding: &Option<usize>| encoding.map(|it| self.encoding(Some(it)));
        match what {
            What::Constraints(held) => json!({ "what": "constraints", "bounds": bounds(held) }),
            What::Wanted(wanted) => json!({ "what": "wanted", "layer": layer(&Some(*wanted)) }),
            What::Switched { layer: to, reason } => {
                json!({ "what": "switch", "layer": layer(to), "reason": format!("{reason:?}") })
            }
            What::Demand(best) => json!({ "what": "demand", "layer": layer(best) }),
            What::KeyFrame { encoding } => {
                json!({ "what": "key_frame", "encoding": name(&Some(*encoding)) })
            }
            What::KeyFrameRequest { encoding, by, next } => json!({
                "what": "key_frame_request", "encoding": name(encoding), "by": by,
                "next_after": next.map(|next| next.as_secs_f64()),
            }),
            What::NackToPublisher { encoding, packets, answered } => json!({
                "what": "nack_to_publisher", "encoding": name(encoding), "packets": packets,
                "answered": answered,
            }),
            What::NackFromReceiver { packets } => {
                json!({ "what": "nack_from_receiver", "packets": packets })
            }
            What::PliFromReceiver => json!({ "what": "pli_from_receiver" }),
            What::Lost { encoding, first, count } => json!({
                "what": "lost", "encoding": name(encoding), "first": first, "count": count,
            }),
            What::Delayed { encoding, number, delay } => json!({
                "what": "delayed", "encoding": name(encoding), "number": number,
                "delay": delay.as_secs_f64(),
            }),
            What::Doubled { encoding, number } => {
                json!({ "what": "doubled", "encoding": name(encoding), "number": number })
            }
            What::LostDown { first, count } => {
                json!({ "what": "lost_down", "first": first, "count": count })
            }
            What::Stopped { encoding } => json!({ "what": "stopped", "encoding": name(encoding) }),
            What::CameBack { encoding, new_ssrc } => {
                json!({ "what": "came_back", "encoding": name(encoding), "new_ssrc": new_ssrc })
            }
            What::Event(_) => json!({ "what": "event" }),
        }
    }

    fn encoding(&self, encoding: Option<usize>) -> String {
        match encoding {
            Some(encoding) => {
                self.names.get(encoding).cloned().unwrap_or_else(|| encoding.to_string())
            }
            None => "all".to_owned(),
        }
    }
}

fn numbers(first: u64, count: u64) -> String {
    if count == 1 { format!("packet {first}") } else { format!("{first}..{}", first + count - 1) }
}

fn bounds(constraints: &Constraints) -> String {
    let Constraints { max_width, max_height, max_frame_rate, max_spatial, max_temporal, .. } =
        *constraints;
    let numbers = [
        ("max_width", max_width),
        ("max_height", max_height),
        ("max_frame_rate", max_frame_rate),
        ("max_spatial", max_spatial.map(u16::from)),
        ("max_temporal", max_temporal.map(u16::from)),
    ];
    let set = numbers.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?)));
    let flags = [("on_stage", constraints.on_stage), ("paused", constraints.paused)];
    let on = flags.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).to_owned());
    let all: Vec<String> = set.chain(on).collect();
    if all.is_empty() { "no bounds".to_owned() } else { all.join(", ") }
}
