//! The congestion window: slow start for both, then NewReno's line (RFC 5681 §3.1) or CUBIC's curve.

use super::super::Time;
use super::cubic::Cubic;
use super::{Algorithm, MSS};

/// RFC 6928.
const INITIAL: u64 = 10 * MSS;
/// What the receiver has room for.
const LARGEST: u64 = 4_000_000;

#[derive(Debug)]
pub(super) struct Window {
    bytes: u64,
    threshold: u64,
    avoidance: Avoidance,
}

/// How it grows beyond the threshold.
#[derive(Debug)]
enum Avoidance {
    /// Bytes acknowledged since the window last grew by a segment.
    NewReno(u64),
    Cubic(Cubic),
}

impl Window {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let avoidance = match algorithm {
            Algorithm::NewReno => Avoidance::NewReno(0),
            Algorithm::Cubic => Avoidance::Cubic(Cubic::default()),
        };
        Self { bytes: INITIAL, threshold: u64::MAX, avoidance }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn on_ack(&mut self, now: Time, acknowledged: u64, rtt: Time) {
        if self.bytes < self.threshold {
            // RFC 3465: by bytes, at most two segments for an acknowledgement.
            self.bytes += acknowledged.min(2 * MSS);
        } else {
            match &mut self.avoidance {
                Avoidance::NewReno(counted) => {
                    *counted += acknowledged;
                    if *counted >= self.bytes {
                        *counted -= self.bytes;
                        self.bytes += MSS;
                    }
                }
                Avoidance::Cubic(cubic) => {
                    self.bytes = cubic.grow(now, self.bytes, acknowledged, rtt);
                }
            }
        }
        self.bytes = self.bytes.min(LARGEST);
    }

    pub(super) fn on_loss(&mut self, flight: u64) {
        self.threshold = self.reduced(flight).max(2 * MSS);
        self.bytes = self.threshold;
    }

    pub(super) fn on_timeout(&mut self, flight: u64) {
        self.threshold = self.reduced(flight).max(2 * MSS);
        self.bytes = MSS;
    }

    fn reduced(&mut self, flight: u64) -> u64 {
        match &mut self.avoidance {
            Avoidance::NewReno(counted) => {
                *counted = 0;
                self.bytes.min(flight) / 2
            }
            Avoidance::Cubic(cubic) => cubic.reduce(self.bytes),
        }
    }
}
