//! Which packets of one stream are missing, and when to ask for them (RFC 4585 §6.2.1): when a
//! reordered one would have come, then every 100 ms, for a second.

use lahn::Seq;

use crate::net::{MS, SECOND, Time};

/// How long a packet may be overtaken before it counts as missing.
const PATIENCE: Time = 20 * MS;
const AGAIN: Time = 100 * MS;
const GIVE_UP: Time = SECOND;
const MOST: usize = 1_000;

#[derive(Default)]
pub struct Missing {
    list: Vec<Lost>,
    /// One more than the highest that came.
    next: Option<u64>,
}

#[derive(Clone, Copy)]
struct Lost {
    ext: u64,
    since: Time,
    asked_at: Option<Time>,
}

impl Missing {
    /// A packet came.
    pub fn note(&mut self, now: Time, ext: u64) {
        let next = self.next.unwrap_or(ext);
        for lost in next..ext {
            if self.list.len() < MOST {
                self.list.push(Lost { ext: lost, since: now, asked_at: None });
            }
        }
        if ext < next {
            self.list.retain(|lost| lost.ext != ext);
        }
        self.next = Some(next.max(ext + 1));
    }

    /// What `is` says of a number is not missing any more.
    pub fn forget(&mut self, mut is: impl FnMut(u16) -> bool) {
        self.list.retain(|lost| !is(lost.ext as u16));
    }

    /// What to ask for now, ascending.
    pub fn ask(&mut self, now: Time) -> Vec<Seq> {
        self.list.retain(|lost| now - lost.since < GIVE_UP);
        let mut asked = Vec::new();
        for lost in &mut self.list {
            let is_due = match lost.asked_at {
                None => now - lost.since >= PATIENCE,
                Some(at) => now - at >= AGAIN,
            };
            if is_due {
                lost.asked_at = Some(now);
                asked.push(Seq(lost.ext as u16));
            }
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_packets_are_asked_for_after_patience_and_again_until_they_come() {
        let mut missing = Missing::default();
        missing.note(0, 70_000);
        missing.note(0, 70_003);
        missing.note(5 * MS, 70_001);
        assert!(missing.ask(10 * MS).is_empty(), "it may only be late");
        assert_eq!(missing.ask(20 * MS), [Seq(70_002_u32 as u16)]);
        assert!(missing.ask(60 * MS).is_empty());
        assert_eq!(missing.ask(120 * MS).len(), 1);
        missing.forget(|seq| seq == 70_002_u32 as u16);
        assert!(missing.ask(400 * MS).is_empty());
    }
}
