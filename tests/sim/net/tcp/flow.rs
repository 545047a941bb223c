//! A TCP with both its ends: what comes in goes to the right one, what comes out are [`Act`]s.

use super::super::Time;
use super::super::rng::Pcg;
use super::receiver::Receiver;
use super::sender::Sender;
use super::{Load, MSS, TcpConfig, TcpStats};

/// What flies: data one way, acknowledgements the other. Segments are counted, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Segment {
    /// `connection` tells what is left over from the file before.
    Data { connection: u32, number: u64, sent: Time },
    /// All before `expected` is there, and `selected` (RFC 2018, the latest one only); `echo` is
    /// when the segment that it answers was sent (RFC 7323).
    Ack { connection: u32, expected: u64, selected: Option<u64>, echo: Time },
}

/// What a flow wants from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Act {
    Data { segment: Segment, bytes: u64 },
    Ack(Segment),
    Wake(Time, Alarm),
}

/// Why a flow is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Alarm {
    /// A file begins.
    Begin,
    /// The retransmission timer.
    Retransmit,
    /// The delayed acknowledgement.
    Acknowledge,
}

pub(in super::super) struct Flow {
    pub(in super::super) config: TcpConfig,
    rng: Pcg,
    connection: u32,
    sender: Sender,
    receiver: Receiver,
    /// When the file began, and its bytes.
    file: Option<(Time, u64)>,
    /// Of connections before this one.
    past: TcpStats,
}

impl Flow {
    /// A flow, and when it begins: wake it then.
    pub(in super::super) fn new(config: TcpConfig, mut rng: Pcg) -> (Self, Time) {
        let begin = match config.load {
            Load::OnOff { mean_idle, begins_idle: true, .. } => {
                config.from + rng.exponential(mean_idle)
            }
            _ => config.from,
        };
        let sender = Sender::new(config.algorithm, 0);
        let receiver = Receiver::new(config.delayed_acks);
        let past = TcpStats::default();
        (Self { config, rng, connection: 0, sender, receiver, file: None, past }, begin)
    }

    pub(in super::super) fn on_segment(
        &mut self,
        now: Time,
        segment: Segment,
        acts: &mut Vec<Act>,
    ) {
        match segment {
            Segment::Data { connection, number, sent } if connection == self.connection => {
                self.receiver.on_data(now, number, sent, connection, acts);
            }
            Segment::Ack { connection, expected, selected, echo }
                if connection == self.connection =>
            {
                self.sender.on_ack(now, expected, selected, echo);
                self.send(now, acts);
            }
            _ => {}
        }
    }

    pub(in super::super) fn on_alarm(&mut self, now: Time, alarm: Alarm, acts: &mut Vec<Act>) {
        match alarm {
            Alarm::Begin => self.begin(now),
            Alarm::Retransmit => self.sender.on_alarm(now),
            Alarm::Acknowledge => return self.receiver.on_alarm(now, self.connection, acts),
        }
        self.send(now, acts);
    }

    pub(in super::super) fn stats(&self) -> TcpStats {
        let mut stats = self.past.clone();
        self.add_to(&mut stats);
        stats
    }

    fn begin(&mut self, now: Time) {
        let mut past = std::mem::take(&mut self.past);
        self.add_to(&mut past);
        self.past = past;
        self.connection += 1;
        let bytes = match self.config.load {
            Load::Long => u64::MAX,
            Load::OnOff { smallest, largest, .. } => self.rng.between(smallest, largest),
        };
        self.sender = Sender::new(self.config.algorithm, bytes);
        self.receiver = Receiver::new(self.config.delayed_acks);
        self.file = Some((now, bytes));
    }

    fn send(&mut self, now: Time, acts: &mut Vec<Act>) {
        let may_begin = now < self.config.until;
        while let Some((number, bytes)) = self.sender.next(now, may_begin) {
            let segment = Segment::Data { connection: self.connection, number, sent: now };
            acts.push(Act::Data { segment, bytes });
        }
        if let Some(at) = self.sender.new_alarm(now) {
            acts.push(Act::Wake(at, Alarm::Retransmit));
        }
        let Some((begun, bytes)) = self.file.filter(|_| self.sender.is_done()) else { return };
        self.file = None;
        self.past.files.push((begun, now, bytes));
        let Load::OnOff { mean_idle, .. } = self.config.load else { return };
        let next = now + self.rng.exponential(mean_idle);
        if next < self.config.until {
            acts.push(Act::Wake(next, Alarm::Begin));
        }
    }

    fn add_to(&self, stats: &mut TcpStats) {
        stats.delivered += (self.receiver.expected() * MSS).min(self.sender.bytes());
        stats.retransmitted += self.sender.retransmitted;
        stats.timeouts += self.sender.timeouts;
        stats.window = self.sender.window();
        stats.smoothed_rtt = self.sender.smoothed_rtt();
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::network::Network;
    use super::super::Algorithm;
    use super::*;

    #[test]
    fn what_is_left_of_an_earlier_connection_is_ignored() {
        let mut net: Network<()> = Network::new(1);
        let route = net.add_route(&[], 0);
        let config = TcpConfig::long(1, route, route, Algorithm::NewReno);
        let (mut flow, _) = Flow::new(TcpConfig { delayed_acks: false, ..config }, Pcg::new(1, 1));
        let mut acts = Vec::new();
        flow.on_alarm(0, Alarm::Begin, &mut acts);
        flow.on_alarm(0, Alarm::Begin, &mut acts);
        for (connection, answers) in [(1, 0), (2, 1)] {
            acts.clear();
            flow.on_segment(1, Segment::Data { connection, number: 0, sent: 0 }, &mut acts);
            assert_eq!(acts.len(), answers);
            let (expected, selected, echo) = (1, None, 0);
            let ack = Segment::Ack { connection, expected, selected, echo };
            acts.clear();
            flow.on_segment(1, ack, &mut acts);
            let sent = acts.iter().filter(|act| matches!(act, Act::Data { .. }));
            assert_eq!(sent.count(), 2 * answers, "slow start: two for one");
        }
    }
}
