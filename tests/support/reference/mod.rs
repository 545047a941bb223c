//! A receiver that knows what a decoder needs, and what each packet it gets really is: it panics,
//! naming the rule of tests/rules/README.md, as soon as one is broken.
//!
//! Packets may come in any order; they are judged in the order of their numbers, a missing number
//! being waited for [`PATIENCE`] (in which it may come as a retransmission). Whoever drives it says
//! in the [`Truth`] which packets were lost or reordered on their way *to* the engine; what the
//! engine sends is given to [`Reference::on_packet`] whole, without further loss.
//!
//! Must not know the engine, nor believe it anything.
//!
//! Read next: [`assembly`] (packets become frames and pictures), [`decoding`] (frames can be
//! decoded or not), then what each kind of descriptor must say: [`vp8`], [`vp9`], [`descriptor`].

mod assembly;
mod decoding;
mod descriptor;
mod gap;
mod log;
mod packet;
mod report;
mod timing;
mod vp8;
mod vp9;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use super::publish::{Identity, Kind, Truth};
use assembly::Assembly;
use log::Log;
pub use packet::ForwardedPacket;
use packet::{Arrived, Checked, Violation};
pub use report::{Layer, Report};

/// How long a missing number is waited for.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The receiver of one subscription.
pub struct Reference {
    truth: Truth,
    waiting: BTreeMap<u64, Arrived>,
    /// The number to be judged next.
    next: Option<u64>,
    highest: Option<u64>,
    given_up: BTreeSet<u64>,
    seen: HashSet<Identity>,
    assembly: Assembly,
    log: Log,
}

impl Reference {
    /// Of what the publisher of this truth sends.
    pub fn new(kind: Kind, truth: Truth) -> Self {
        assert_eq!(kind, truth.kind(), "the truth is about something else");
        Self {
            assembly: Assembly::new(truth.clone()),
            truth,
            waiting: BTreeMap::new(),
            next: None,
            highest: None,
            given_up: BTreeSet::new(),
            seen: HashSet::new(),
            log: Log::default(),
        }
    }

    /// A packet arrived: an original, or the first copy of one, unwrapped from RTX.
    ///
    /// # Panics
    /// A rule is broken.
    pub fn on_packet(&mut self, now: Instant, packet: &ForwardedPacket) {
        let taken = self.take(now, packet);
        self.insist(taken, Some(&format!("{packet:?}")));
        self.go_on(Some(now));
    }

    /// Something to stand in the message of a panic: a script's step, a change of constraints.
    pub fn note(&mut self, now: Instant, text: impl Into<String>) {
        self.log.note(now, text.into());
    }

    /// Nothing more will come.
    ///
    /// # Panics
    /// A rule is broken.
    pub fn finish(mut self) -> Report {
        self.go_on(None);
        let ended = self.assembly.end();
        self.insist(ended, None);
        self.assembly.into_report()
    }

    fn take(&mut self, now: Instant, packet: &ForwardedPacket) -> Checked {
        let seq = self.unwrapped(packet.seq);
        let is_used = self.waiting.contains_key(&seq)
            || (self.next.is_some_and(|next| seq < next) && !self.given_up.contains(&seq));
        if is_used {
            return Err(Violation::new("R4", "number used twice, or below the first one"));
        }
        let found = Identity::of(&packet.payload, self.truth.publisher);
        let Some(id) = found.filter(|id| self.truth.frame_of(*id).is_some()) else {
            return Err(Violation::new("R1", "payload is none of those published"));
        };
        if !self.seen.insert(id) {
            return Err(Violation::new("R4", format!("{id:?} forwarded under two numbers")));
        }
        self.highest = self.highest.max(Some(seq));
        if self.given_up.remove(&seq) {
            self.assembly.report.too_late += 1;
            return Ok(());
        }
        self.waiting.insert(seq, Arrived { at: now, seq, id, packet: packet.clone() });
        Ok(())
    }

    /// Judges what can be judged `now`; `None`: everything.
    fn go_on(&mut self, now: Option<Instant>) {
        while let Some(first) = self.waiting.first_entry() {
            let is_next = self.next == Some(*first.key());
            let waited = now.map(|now| now.saturating_duration_since(first.get().at));
            if !is_next && waited.is_some_and(|waited| waited < PATIENCE) {
                return;
            }
            let arrived = first.remove();
            if let Some(next) = self.next {
                self.given_up.extend(next..arrived.seq);
            }
            self.next = Some(arrived.seq + 1);
            self.log.packet(&arrived);
            let judged = self.assembly.judge(arrived);
            self.insist(judged, None);
        }
    }

    fn insist(&self, checked: Checked, about: Option<&str>) {
        if let Err(violation) = checked {
            panic!("{violation}\n{}{}", about.unwrap_or_default(), self.log);
        }
    }

    fn unwrapped(&self, seq: u16) -> u64 {
        // Begins high enough for what comes before the first one.
        let near = self.highest.unwrap_or_else(|| 1 << 20 | u64::from(seq));
        let ahead = seq.wrapping_sub(near as u16) as i16;
        near.wrapping_add_signed(i64::from(ahead))
    }
}
