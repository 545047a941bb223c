//! The receiving end: what came in order, what came beyond a hole, and when to say so.

use std::collections::BTreeSet;

use super::super::{MS, Time};
use super::flow::{Act, Alarm, Segment};

/// How long an acknowledgement waits for a second segment (Linux' minimum; RFC 1122 allows 500).
const DELAY: Time = 40 * MS;

#[derive(Debug)]
pub(super) struct Receiver {
    delays: bool,
    expected: u64,
    beyond: BTreeSet<u64>,
    /// An acknowledgement that waits: when it is due, and what it echoes.
    waiting: Option<(Time, Time)>,
}

impl Receiver {
    pub(super) fn new(delays: bool) -> Self {
        Self { delays, expected: 0, beyond: BTreeSet::new(), waiting: None }
    }

    pub(super) fn on_data(
        &mut self,
        now: Time,
        number: u64,
        sent: Time,
        connection: u32,
        acts: &mut Vec<Act>,
    ) {
        let had_hole = !self.beyond.is_empty();
        let is_next = number == self.expected;
        if is_next {
            self.expected += 1;
            while self.beyond.remove(&self.expected) {
                self.expected += 1;
            }
        } else if number > self.expected {
            self.beyond.insert(number);
        }
        // RFC 5681 §4.2: what shows or fills a hole is acknowledged at once.
        let may_wait = self.delays && is_next && !had_hole;
        if may_wait && self.waiting.is_none() {
            self.waiting = Some((now + DELAY, sent));
            return acts.push(Act::Wake(now + DELAY, Alarm::Acknowledge));
        }
        let echo = self.waiting.take().map_or(sent, |(_, first)| first);
        let selected = self.beyond.contains(&number).then_some(number);
        let expected = self.expected;
        acts.push(Act::Ack(Segment::Ack { connection, expected, selected, echo }));
    }

    pub(super) fn on_alarm(&mut self, now: Time, connection: u32, acts: &mut Vec<Act>) {
        let Some((_, echo)) = self.waiting.filter(|(due, _)| *due == now) else { return };
        self.waiting = None;
        let expected = self.expected;
        acts.push(Act::Ack(Segment::Ack { connection, expected, selected: None, echo }));
    }

    pub(super) fn expected(&self) -> u64 {
        self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the receiver does on these segments, all at 0.
    fn acts(receiver: &mut Receiver, numbers: &[u64]) -> Vec<Act> {
        let mut acts = Vec::new();
        numbers.iter().for_each(|number| receiver.on_data(0, *number, 7, 1, &mut acts));
        acts
    }

    fn ack(expected: u64, selected: Option<u64>) -> Act {
        Act::Ack(Segment::Ack { connection: 1, expected, selected, echo: 7 })
    }

    const WAKE: Act = Act::Wake(DELAY, Alarm::Acknowledge);

    #[test]
    fn every_second_segment_is_acknowledged_or_the_alarm_rings() {
        let mut receiver = Receiver::new(true);
        assert_eq!(acts(&mut receiver, &[0, 1, 2]), [WAKE, ack(2, None), WAKE]);
        let mut rung = Vec::new();
        receiver.on_alarm(DELAY, 1, &mut rung);
        assert_eq!(rung, [ack(3, None)]);
        receiver.on_alarm(DELAY, 1, &mut rung);
        assert_eq!(rung.len(), 1, "once");
        assert_eq!(acts(&mut receiver, &[3]), [WAKE], "the next waits again");
    }

    #[test]
    fn holes_are_acknowledged_at_once() {
        let mut receiver = Receiver::new(true);
        let expected = [ack(0, Some(1)), ack(0, Some(2)), ack(3, None), ack(3, None)];
        assert_eq!(acts(&mut receiver, &[1, 2, 0, 0]), expected);
    }
}
