//! A link that loses at random or polices, and a sender that fills whatever it is told: what the
//! loss controller and the verdicts make of it together. The delay side is the least that does:
//! up by 8 % a second, down to 0.85 × what arrives when a queue stands.
use super::*;

const PACKET: u64 = 1_100;
const ONE_WAY: u64 = 30_000;

struct Link {
    /// Bit/s, and the queue in µs at that rate.
    capacity: f64,
    queue: f64,
    /// Lost at random.
    loss: f64,
    /// Packets of a picture (30 a second) leave at so many times the rate.
    pacing: f64,
}

struct Outcome {
    /// Arrived, of the capacity, and lost of what was sent, from 40 s to 80 s.
    used: f64,
    lost: f64,
}

struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }
}

#[derive(Clone, Copy)]
struct Sent {
    result: PacketResult,
    told_at: u64,
    queue: f64,
}

struct Sender {
    loss: LossBased,
    tolerance: Tolerance,
    delay_based: f64,
    target: f64,
    capacity: Option<u64>,
    cut_at: u64,
}

impl Link {
    fn run(&self, seed: u64) -> Outcome {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut sender = Sender {
            loss: LossBased::new(RateLimits { start: 300_000, least: 30_000, most: 20_000_000 }),
            tolerance: Tolerance::new(),
            delay_based: 300_000.0,
            target: 300_000.0,
            capacity: None,
            cut_at: 0,
        };
        let (mut busy_until, mut credit) = (0.0_f64, 0.0);
        let mut log: Vec<Sent> = Vec::new();
        let mut told = 0;
        let (mut bytes, mut all, mut lost) = (0, 0_u32, 0_u32);
        for frame in 0..80 * 30 {
            let start = frame * 33_333;
            credit += sender.target / 30.0 / 8.0;
            let gap = PACKET as f64 * 8e6 / (sender.target * self.pacing);
            let mut at = start as f64;
            while credit >= PACKET as f64 {
                credit -= PACKET as f64;
                let waits = (busy_until - at).max(0.0);
                let dropped = waits > self.queue || random.unit() < self.loss;
                if waits <= self.queue {
                    busy_until = busy_until.max(at) + PACKET as f64 * 8e6 / self.capacity;
                }
                let arrives = busy_until + ONE_WAY as f64;
                let result = packet(at as u64, PACKET as u16, !dropped);
                log.push(Sent { result, told_at: arrives as u64 + ONE_WAY, queue: waits });
                if start >= 40_000_000 {
                    all += 1;
                    lost += u32::from(dropped);
                    bytes += if dropped { 0 } else { PACKET };
                }
                at += gap;
            }
            let now = start + 33_333;
            let from = told;
            told += log[told..].iter().take_while(|sent| sent.told_at <= now).count();
            if told > from && now > 1_200_000 {
                let second = log[..told].iter().rposition(|sent| {
                    sent.result.sent.at.0 + 1_000_000 < log[told - 1].result.sent.at.0
                });
                sender.feedback(now, &log[from..told], &log[second.map_or(0, |at| at + 1)..told]);
            }
        }
        let used = bytes as f64 * 8.0 / 40.0 / self.capacity;
        Outcome { used, lost: f64::from(lost) / f64::from(all) }
    }
}

impl Sender {
    fn feedback(&mut self, now: u64, news: &[Sent], second: &[Sent]) {
        let rate_of = |arrived_only: bool| {
            let packets =
                second.iter().filter(|sent| !arrived_only || sent.result.arrived.is_some());
            packets.count() as f64 * PACKET as f64 * 8.0
        };
        let (sent, acked) = (rate_of(false), rate_of(true));
        let recent = news.len().max(12).min(second.len());
        let queue =
            second[second.len() - recent..].iter().map(|sent| sent.queue).fold(f64::MAX, f64::min);
        if queue > 30_000.0 && now > self.cut_at + 300_000 {
            self.delay_based = 0.85 * acked;
            self.capacity = Some(acked as u64);
            self.cut_at = now;
        } else if queue < 30_000.0 {
            let most = (1.5 * acked + 10_000.0).max(self.delay_based.min(self.target * 1.5));
            self.delay_based = (self.delay_based * (1.0 + 0.08 / 30.0)).min(most);
        }
        let results: Vec<_> = news.iter().map(|sent| sent.result).collect();
        self.loss.on_feedback(
            Micros(now),
            &results,
            self.delay_based as u64,
            false,
            Some(acked as u64),
        );
        let sample = LossSample {
            sent: sent as u64,
            loss: 1.0 - acked / sent,
            packets: second.len() as u32,
            queue_delay: Micros(queue as u64),
            acked: acked as u64,
            capacity: self.capacity,
        };
        let most = match self.tolerance.update(Micros(now), &sample) {
            Verdict::NotCongestive => {
                self.loss.reinitialize(self.target as u64);
                f64::INFINITY
            }
            Verdict::Congestive { most } => rate(self.loss.estimate().unwrap_or(most).min(most)),
            Verdict::Severe { most } => {
                self.loss.reinitialize(self.target as u64);
                most as f64
            }
        };
        self.target = self.delay_based.min(most).max(30_000.0);
    }
}

fn mean(link: &Link) -> Outcome {
    let runs: Vec<_> = (1..=5).map(|seed| link.run(seed)).collect();
    let mean = |of: fn(&Outcome) -> f64| runs.iter().map(of).sum::<f64>() / 5.0;
    Outcome { used: mean(|run| run.used), lost: mean(|run| run.lost) }
}

#[test]
fn random_loss_leaves_most_of_the_link_in_use() {
    for (loss, least) in
        [(0.0, 0.92), (0.01, 0.9), (0.02, 0.9), (0.05, 0.82), (0.1, 0.6), (0.2, 0.2)]
    {
        let link = Link { capacity: 3e6, queue: 300_000.0, loss, pacing: 2.0 };
        let Outcome { used, .. } = mean(&link);
        println!("{:.0} % lost at random: {:.1} % used", loss * 100.0, used * 100.0);
        assert!(used >= least, "{loss}: {used}");
    }
}

#[test]
fn policer_is_not_mistaken_for_random_loss() {
    for (millis, most_lost, least) in [(10.0, 0.05, 0.75), (30.0, 0.025, 0.92), (60.0, 0.01, 0.9)] {
        let link = Link { capacity: 2e6, queue: millis * 1e3, loss: 0.0, pacing: 2.0 };
        let Outcome { used, lost } = mean(&link);
        println!("queue of {millis} ms: {:.1} % lost, {:.1} % used", lost * 100.0, used * 100.0);
        assert!(lost <= most_lost && used >= least, "{millis} ms: {lost} lost, {used} used");
    }
}

#[test]
fn policer_that_also_loses_at_random_is_still_a_policer() {
    let link = Link { capacity: 2e6, queue: 20_000.0, loss: 0.03, pacing: 2.0 };
    let Outcome { used, lost } = mean(&link);
    println!("both: {:.1} % lost, {:.1} % used", lost * 100.0, used * 100.0);
    assert!(lost <= 0.08 && used >= 0.75, "{lost} lost, {used} used");
}
