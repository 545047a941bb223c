//! Which way datagrams go: learnt from the STUN checks that str0m answers.
//!
//! We are ICE-lite: the peer checks, we answer, and the peer nominates by USE-CANDIDATE
//! (RFC 8445 §7.3.2, §8.1.1). str0m answers a check with success only after it has verified its
//! MESSAGE-INTEGRITY, so a success response to the transaction of a nominating request, on the
//! same path, proves that the nomination is the peer's.
//!
//! str0m itself sends on the nominated pair of the highest priority until that has been silent
//! for 15 s (`is` 0.12, `evaluate_nomination`, `is_ice_lite_alive`): too long for a peer that
//! changes networks. So this page decides, and what str0m wants to send by DTLS follows it:
//!
//! - The newest nomination wins. Towards an ICE-lite agent libwebrtc puts USE-CANDIDATE only into
//!   checks of the pair it has selected, so that is its selection, at once.
//! - An agent that nominates aggressively (RFC 5245 §8.1.1.1) nominates several pairs in one
//!   burst, and the best by priority is meant. So a nomination with a lower PRIORITY is passed
//!   over while the present path has been nominated within the last half second: no flapping in
//!   the burst, and a real change goes through with the next check.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::Path;
use crate::wire::stun::{StunClass, StunMessage};

/// Paths one peer may check from, over the life of an endpoint: str0m remembers each.
const MAX_PATHS: usize = 1024;
/// Checks that await their answer from str0m.
const MAX_CHECKS: usize = 16;
/// How long a nomination holds against one of lower priority.
const BURST: Duration = Duration::from_millis(500);

/// Watches checks come in and answers go out.
#[derive(Debug, Default)]
pub(super) struct PathWatch {
    checks: VecDeque<Check>,
    /// Paths the peer has proved to be its own, newest last.
    validated: Vec<Path>,
    nominated: Option<Nominated>,
    consent: Option<Instant>,
}

/// What an answered check tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answered {
    /// The first from there.
    pub(super) is_new_path: bool,
    /// Media goes there from now on.
    pub(super) is_nominated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Nominated {
    path: Path,
    priority: u32,
    at: Instant,
}

/// A binding request (RFC 8489 §5), believed or not.
#[derive(Debug)]
struct Check {
    transaction: [u8; 12],
    path: Path,
    /// PRIORITY, of the peer's candidate.
    priority: u32,
    /// USE-CANDIDATE.
    nominates: bool,
}

impl PathWatch {
    /// A STUN message came in by `path`. `false`: the peer checks from too many places.
    pub(super) fn on_receive(&mut self, path: Path, message: &[u8]) -> bool {
        let Some(check) = Check::parse(path, message) else { return true };
        if self.validated.len() >= MAX_PATHS && !self.is_validated(path) {
            return false;
        }
        if self.checks.len() == MAX_CHECKS {
            self.checks.pop_front();
        }
        self.checks.push_back(check);
        true
    }

    /// str0m sends a STUN message by `path`. What that says, if it answers a check.
    pub(super) fn on_transmit(
        &mut self,
        now: Instant,
        path: Path,
        message: &[u8],
    ) -> Option<Answered> {
        let message = StunMessage::parse(message).ok()?;
        if !message.is_binding || message.class != StunClass::Success {
            return None;
        }
        let transaction = message.transaction_id;
        let answers = |check: &Check| check.transaction == transaction && check.path == path;
        let place = self.checks.iter().position(answers)?;
        let check = self.checks.remove(place)?;
        self.consent = Some(now);
        let is_new_path = !self.is_validated(path);
        if is_new_path {
            self.validated.push(path);
        }
        let is_nominated = check.nominates && self.nominate(now, &check);
        Some(Answered { is_new_path, is_nominated })
    }

    /// Where media goes, once the peer has said.
    pub(super) fn nominated(&self) -> Option<Path> {
        self.nominated.map(|nominated| nominated.path)
    }

    /// Whether the peer has proved to be there.
    pub(super) fn is_validated(&self, path: Path) -> bool {
        self.validated.iter().rev().any(|validated| *validated == path)
    }

    /// When the peer last proved that it still wants our datagrams (RFC 7675 §5.1).
    pub(super) const fn consent(&self) -> Option<Instant> {
        self.consent
    }

    /// `true` if that moved media elsewhere.
    fn nominate(&mut self, now: Instant, check: &Check) -> bool {
        let Check { path, priority, .. } = *check;
        let moves = match self.nominated {
            None => true,
            Some(present) if present.path == path => false,
            Some(present) => {
                let is_burst = now.saturating_duration_since(present.at) < BURST;
                if is_burst && priority < present.priority {
                    return false;
                }
                true
            }
        };
        self.nominated = Some(Nominated { path, priority, at: now });
        moves
    }
}

impl Check {
    /// What is not protected by MESSAGE-INTEGRITY does not count: [`StunMessage`] leaves it out.
    fn parse(path: Path, message: &[u8]) -> Option<Self> {
        let message = StunMessage::parse(message).ok()?;
        (message.is_binding && message.class == StunClass::Request).then(|| Self {
            transaction: message.transaction_id,
            path,
            priority: message.priority.unwrap_or(0),
            nominates: message.use_candidate,
        })
    }
}

#[cfg(test)]
mod tests;
