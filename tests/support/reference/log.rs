//! What happened last, for the message of a panic.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use super::packet::Arrived;

const MOST_EVENTS: usize = 20;

#[derive(Default)]
pub struct Log {
    began: Option<Instant>,
    packets: VecDeque<String>,
    notes: VecDeque<String>,
}

impl Log {
    /// Is judged now.
    pub fn packet(&mut self, arrived: &Arrived) {
        let ms = self.ms(arrived.at);
        let id = arrived.id;
        let what = format!("{}/{}/{}", id.encoding, id.frame, id.packet);
        push(&mut self.packets, format!("{ms:>9} ms  {what:>12}  {:?}", arrived.packet));
    }

    pub fn note(&mut self, at: Instant, text: String) {
        let ms = self.ms(at);
        push(&mut self.notes, format!("{ms:>9} ms  {text}"));
    }

    fn ms(&mut self, at: Instant) -> u128 {
        let began = *self.began.get_or_insert(at);
        at.saturating_duration_since(began).as_millis()
    }
}

impl fmt::Display for Log {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "\nnotes, the newest last:")?;
        self.notes.iter().try_for_each(|note| writeln!(out, "{note}"))?;
        writeln!(out, "packets judged (encoding/frame/packet), the newest last:")?;
        self.packets.iter().try_for_each(|packet| writeln!(out, "{packet}"))
    }
}

fn push(lines: &mut VecDeque<String>, line: String) {
    if lines.len() == MOST_EVENTS {
        lines.pop_front();
    }
    lines.push_back(line);
}
