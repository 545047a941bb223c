//! What is going to happen: by time, and what is at one time in the order in which it was put here.

use std::collections::BTreeMap;
use std::time::Duration;

use lahn::params::MediaKind;
use lahn::{Constraints, Ssrc};

use crate::journal::What;
use crate::plan::Plan;
use crate::script::Script;

/// See the module.
#[derive(Default)]
pub(crate) struct Queue {
    actions: BTreeMap<(Duration, u64), Action>,
    put: u64,
}

pub(crate) enum Action {
    /// Happens without the engine.
    Note(What),
    /// A packet of the plan reaches the engine.
    Arrive(usize),
    /// The publisher's encoding is another stream now: signalling says so.
    Renegotiate(usize, Ssrc),
    Constrain(Constraints),
    /// The receiver sends something.
    Ask,
    Report,
    Pli,
}

impl Queue {
    /// All of a script, and of the plan of what the publisher sends, up to `end`.
    pub(crate) fn new(script: &Script, plan: &mut Plan, end: Duration) -> Self {
        let mut queue = Self::default();
        for (at, what) in std::mem::take(&mut plan.notes) {
            queue.put(at, Action::Note(what));
        }
        for constrain in &script.constraints {
            queue.put(constrain.at.0, Action::Constrain(constrain.constraints()));
        }
        for pli in &script.pli {
            queue.put(pli.at.0, Action::Pli);
        }
        for (at, encoding, ssrc) in std::mem::take(&mut plan.new_ssrcs) {
            queue.put(at, Action::Renegotiate(encoding, ssrc));
        }
        for (at, packet) in std::mem::take(&mut plan.arrivals) {
            queue.put(at, Action::Arrive(packet));
        }
        let mut at = Duration::ZERO;
        while at < end {
            at += REPORT_INTERVAL;
            queue.put(at, Action::Report);
        }
        // Sound is not sent again, and nobody negotiates that it be.
        if script.receiver.nack && script.kind() == MediaKind::Video {
            queue.put(ASK_INTERVAL, Action::Ask);
        }
        queue
    }

    pub(crate) fn put(&mut self, at: Duration, action: Action) {
        self.put += 1;
        self.actions.insert((at, self.put), action);
    }

    /// When there is something to do next.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.actions.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is to be done by `now`.
    pub(crate) fn take(&mut self, now: Duration) -> Option<Action> {
        let entry = self.actions.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}

const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Between two looks of the receiver at what it misses.
pub(crate) const ASK_INTERVAL: Duration = Duration::from_millis(10);
