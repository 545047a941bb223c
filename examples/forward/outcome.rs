//! What came of a play: everything its log, its picture and its JSON are made of.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use lahn::{EncodingStats, Layer};
use serde_json::{Value, json};

use crate::journal::{Journal, What};
use crate::receiver::Tally;
use crate::rtpdump;

/// See the module.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// When the recording ends.
    pub(crate) end: Duration,
    pub(crate) journal: Journal,
    /// What the receiver got, in plaintext.
    pub(crate) forwarded: Vec<rtpdump::Packet>,
    pub(crate) received: Tally,
    /// Numbers the receiver never got.
    pub(crate) missing: usize,
    /// What the engine dropped: whose, why, how many.
    pub(crate) drops: Vec<(&'static str, Vec<(String, u64)>)>,
    /// Whenever it changed: what flows, what is wanted.
    pub(crate) layers: Vec<(Duration, Option<Layer>, Layer)>,
    /// All that is known to exist.
    pub(crate) lanes: BTreeSet<Layer>,
    /// Of each encoding: when a packet reached the engine, and its bytes without SRTP's.
    pub(crate) packets_in: Vec<Vec<(Duration, usize)>>,
    /// The same of what the engine sent.
    pub(crate) packets_out: Vec<(Duration, usize)>,
    key_frames: Vec<u64>,
}

impl Outcome {
    pub(crate) fn new(names: Vec<String>, end: Duration) -> Self {
        let encodings = names.len();
        Self {
            end,
            journal: Journal::new(names),
            forwarded: Vec::new(),
            received: Tally::default(),
            missing: 0,
            drops: Vec::new(),
            layers: Vec::new(),
            lanes: BTreeSet::new(),
            packets_in: vec![Vec::new(); encodings],
            packets_out: Vec::new(),
            key_frames: vec![0; encodings],
        }
    }

    pub(crate) fn count_in(&mut self, now: Duration, encoding: usize, bytes: usize) {
        self.packets_in[encoding].push((now, bytes));
    }

    /// Which of all it was, from 0.
    pub(crate) fn count_out(&mut self, now: Duration, bytes: usize) -> u64 {
        self.packets_out.push((now, bytes));
        self.packets_out.len() as u64 - 1
    }

    /// What is wanted, if that is news.
    pub(crate) fn note_layers(
        &mut self,
        now: Duration,
        flowing: Option<Layer>,
        wanted: Layer,
    ) -> Option<Layer> {
        let last = self.layers.last().copied();
        if last.is_some_and(|(_, before, aim)| (before, aim) == (flowing, wanted)) {
            return None;
        }
        self.layers.push((now, flowing, wanted));
        self.lanes.extend(flowing);
        self.lanes.insert(wanted);
        Some(wanted).filter(|_| last.is_none_or(|(_, _, before)| before != wanted))
    }

    /// The encodings that had a key frame since the last time.
    pub(crate) fn note_encodings(&mut self, stats: &[EncodingStats]) -> Vec<usize> {
        let mut fresh = Vec::new();
        for (place, encoding) in stats.iter().enumerate() {
            let Some(known) = self.key_frames.get_mut(place) else { continue };
            let is_new = encoding.key_frames_received > *known;
            *known = encoding.key_frames_received;
            if is_new {
                fresh.push(place);
            }
            // What never came has no layers to show.
            if self.packets_in[place].is_empty() {
                continue;
            }
            for spatial in 0..encoding.spatial_layers.clamp(1, 4) {
                for temporal in 0..encoding.temporal_layers.clamp(1, 8) {
                    self.lanes.insert(Layer { encoding: place as u8, spatial, temporal });
                }
            }
        }
        fresh
    }

    /// The log: what happened, then what it amounts to.
    pub(crate) fn log(&self) -> String {
        let mut out = self.journal.text();
        let Tally { packets, bytes, rtcp, repaired, refused, repeated, .. } = self.received;
        let (pause, ended) = self.received.longest_pause;
        out.push('\n');
        for (name, packets) in self.journal.names.iter().zip(&self.packets_in) {
            let bytes: usize = packets.iter().map(|(_, bytes)| bytes).sum();
            let _ = writeln!(out, "in:  {name}: {} packets, {bytes} bytes", packets.len());
        }
        let sent = self.packets_out.len();
        let _ = writeln!(
            out,
            "out: {sent} packets sent, {packets} of them received, {bytes} bytes, {rtcp} of RTCP\n\
             receiver: {} missing, {repaired} repaired, {repeated} repeated, {refused} not \
             authentic, {} timestamps back; longest pause {:.3} s, until {:.3} s",
            self.missing,
            self.received.timestamps_back,
            pause.as_secs_f64(),
            ended.as_secs_f64()
        );
        let switches = self.count(|what| matches!(what, What::Switched { .. }));
        let requests = self.count(|what| matches!(what, What::KeyFrameRequest { .. }));
        let key_frames = self.count(|what| matches!(what, What::KeyFrame { .. }));
        let _ = writeln!(
            out,
            "{switches} switches, {key_frames} key frames in, {requests} requests for one"
        );
        for (whose, reasons) in &self.drops {
            for (reason, count) in reasons {
                let _ = writeln!(out, "dropped {whose}: {reason} {count}");
            }
        }
        out
    }

    pub(crate) fn json(&self) -> Value {
        let Tally { packets, bytes, rtcp, repaired, refused, repeated, timestamps_back, .. } =
            self.received;
        let (pause, ended) = self.received.longest_pause;
        let layer = |layer: Layer| json!([layer.encoding, layer.spatial, layer.temporal]);
        let layers = self.layers.iter().map(|(at, flowing, wanted)| {
            json!({
                "at": at.as_secs_f64(), "flowing": flowing.map(layer), "wanted": layer(*wanted),
            })
        });
        let drops = self.drops.iter().flat_map(|(whose, reasons)| {
            let each = reasons.iter();
            each.map(
                move |(reason, count)| json!({ "whose": whose, "reason": reason, "count": count }),
            )
        });
        let window = self.window();
        let rates_in: Vec<_> =
            self.packets_in.iter().map(|packets| self.rates(packets, window)).collect();
        json!({
            "seconds": self.end.as_secs_f64(),
            "encodings": self.journal.names,
            "events": self.journal.json(),
            "layers": layers.collect::<Vec<_>>(),
            "drops": drops.collect::<Vec<_>>(),
            "received": {
                "packets": packets, "bytes": bytes, "rtcp": rtcp, "missing": self.missing,
                "repaired": repaired, "repeated": repeated, "not_authentic": refused,
                "timestamps_back": timestamps_back,
                "longest_pause": { "seconds": pause.as_secs_f64(), "until": ended.as_secs_f64() },
            },
            "kbit_per_second": {
                "window": window.as_secs_f64(), "in": rates_in,
                "out": self.rates(&self.packets_out, window),
            },
        })
    }

    /// Over which bitrates are averaged: some frames, and no more than 150 points in the picture.
    pub(crate) fn window(&self) -> Duration {
        const SHORTEST: Duration = Duration::from_millis(250);
        (self.end / 150).max(SHORTEST)
    }

    /// kbit/s in each window.
    pub(crate) fn rates(&self, packets: &[(Duration, usize)], window: Duration) -> Vec<f64> {
        let place = |at: Duration| (at.as_nanos() / window.as_nanos()) as usize;
        let mut rates = vec![0.0; place(self.end) + 1];
        for (at, bytes) in packets {
            if let Some(rate) = rates.get_mut(place(*at)) {
                *rate += *bytes as f64 * 8e-3 / window.as_secs_f64();
            }
        }
        rates
    }

    fn count(&self, is: impl Fn(&What) -> bool) -> usize {
        self.journal.entries.iter().filter(|(_, what)| is(what)).count()
    }
}
