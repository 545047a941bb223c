//! The sending end: what may be sent, what is sent again, and when patience ends.

use super::super::Time;
use super::rtt::Rtt;
use super::scoreboard::Scoreboard;
use super::window::Window;
use super::{Algorithm, MSS};

#[derive(Debug)]
pub(super) struct Sender {
    bytes: u64,
    board: Scoreboard,
    window: Window,
    rtt: Rtt,
    recovery: Option<Recovery>,
    /// The first segment found lost goes at once, whatever the window (RFC 6675 §5, 4.3).
    is_urgent: bool,
    /// When the retransmission timer fires, and when we are woken for it next.
    alarm: Option<Time>,
    woken_at: Option<Time>,
    pub(super) retransmitted: u64,
    pub(super) timeouts: u64,
}

/// A loss is being mended until everything before `until` is acknowledged.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    until: u64,
    /// After a timeout the window grows meanwhile; in fast recovery it does not.
    by_timeout: bool,
}

impl Sender {
    /// Sends so many bytes.
    pub(super) fn new(algorithm: Algorithm, bytes: u64) -> Self {
        Self {
            bytes,
            board: Scoreboard::default(),
            window: Window::new(algorithm),
            rtt: Rtt::default(),
            recovery: None,
            is_urgent: false,
            alarm: None,
            woken_at: None,
            retransmitted: 0,
            timeouts: 0,
        }
    }

    pub(super) fn on_ack(&mut self, now: Time, expected: u64, selected: Option<u64>, echo: Time) {
        let flight = self.flight();
        let news = self.board.advance(expected);
        if let Some(number) = selected {
            self.board.select(number);
        }
        if news > 0 {
            self.rtt.measure(now - echo);
            self.alarm = Some(now + self.rtt.timeout());
        }
        if self.recovery.is_some_and(|recovery| self.board.first() >= recovery.until) {
            self.recovery = None;
        }
        if self.recovery.is_none() && self.board.has_lost() {
            self.window.on_loss(flight);
            self.recovery = Some(Recovery { until: self.board.next(), by_timeout: false });
            self.is_urgent = true;
            self.alarm = Some(now + self.rtt.timeout());
        }
        if news > 0 && self.recovery.is_none_or(|recovery| recovery.by_timeout) {
            self.window.on_ack(now, news * MSS, self.rtt.smoothed().unwrap_or(0));
        }
        if self.board.next() == self.board.first() {
            self.alarm = None;
        }
    }

    /// We were woken: perhaps the timer has fired, perhaps it was moved.
    pub(super) fn on_alarm(&mut self, now: Time) {
        if self.woken_at.is_some_and(|at| at <= now) {
            self.woken_at = None;
        }
        if self.alarm.is_none_or(|at| at > now) {
            return;
        }
        self.timeouts += 1;
        self.window.on_timeout(self.flight());
        self.board.lose_all();
        self.recovery = Some(Recovery { until: self.board.next(), by_timeout: true });
        self.rtt.back_off();
        self.alarm = Some(now + self.rtt.timeout());
    }

    /// The next segment to send and its bytes of data; lost ones first (RFC 6675 §5).
    pub(super) fn next(&mut self, now: Time, may_begin: bool) -> Option<(u64, u64)> {
        let is_urgent = std::mem::take(&mut self.is_urgent);
        if !is_urgent && (self.board.pipe() + 1) * MSS > self.window.bytes() {
            return None;
        }
        let number = match self.board.repeat() {
            Some(number) => {
                self.retransmitted += 1;
                number
            }
            None if may_begin && self.board.next() < self.segments() => self.board.extend(),
            None => return None,
        };
        self.alarm.get_or_insert_with(|| now + self.rtt.timeout());
        Some((number, MSS.min(self.bytes - number * MSS)))
    }

    /// When to be woken, if that must be asked for.
    pub(super) fn new_alarm(&mut self, now: Time) -> Option<Time> {
        let alarm = self.alarm?.max(now);
        if self.woken_at.is_some_and(|at| at <= alarm) {
            return None;
        }
        self.woken_at = Some(alarm);
        Some(alarm)
    }

    pub(super) fn is_done(&self) -> bool {
        self.board.first() == self.segments()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn window(&self) -> u64 {
        self.window.bytes()
    }

    pub(super) fn smoothed_rtt(&self) -> Time {
        self.rtt.smoothed().unwrap_or(0)
    }

    fn segments(&self) -> u64 {
        self.bytes.div_ceil(MSS)
    }

    fn flight(&self) -> u64 {
        (self.board.next() - self.board.first()) * MSS
    }
}
