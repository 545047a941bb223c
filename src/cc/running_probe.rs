//! A probe under way: so many bytes at so high a rate, media first, padding where there is not
//! enough of it. Read next: [`super::send_side`].

use super::controller::Probe;
use super::packet::ProbeId;
use crate::base::Micros;

/// It waits so long for its first packet,
const PATIENCE: Micros = Micros::millis(1_000);
/// and when it takes so much longer than it should, there is not enough to send.
const LEEWAY: Micros = Micros::millis(50);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningProbe {
    probe: Probe,
    /// Bytes that are still to go.
    left: u32,
    gives_up_at: Micros,
    begun: bool,
}

impl RunningProbe {
    /// Begins with the next packet.
    pub(super) const fn new(now: Micros, probe: Probe) -> Self {
        Self { probe, left: probe.bytes, gives_up_at: now.plus(PATIENCE), begun: false }
    }

    /// A packet of it leaves; `true` if it is the first.
    pub(super) fn on_sent(&mut self, now: Micros, wire_bytes: u16) -> bool {
        self.left = self.left.saturating_sub(u32::from(wire_bytes));
        let first = !self.begun;
        if first {
            self.begun = true;
            let lasts = u64::from(self.probe.bytes) * 8_000_000 / self.probe.rate.max(1);
            self.gives_up_at = now.plus(Micros(2 * lasts)).plus(LEEWAY);
        }
        first
    }

    pub(super) const fn id(&self) -> ProbeId {
        self.probe.id
    }

    /// Bit/s.
    pub(super) const fn rate(&self) -> u64 {
        self.probe.rate
    }

    /// Whether all of it went, or never will.
    pub(super) const fn is_over(&self, now: Micros) -> bool {
        self.left == 0 || now.0 >= self.gives_up_at.0
    }

    /// When it is given up.
    pub(super) const fn gives_up_at(&self) -> Micros {
        self.gives_up_at
    }
}
