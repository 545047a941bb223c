//! A link of one queue: what stands in it is what was sent beyond what it carries.

use super::*;

/// The guard on a link that carries `capacity` bit/s; a packet of 1,000 bytes at a time.
struct Link {
    guard: Guard,
    watch: QueueWatch,
    now: Micros,
    capacity: u64,
    /// Of others, that stays whatever we do.
    foreign: Micros,
    queue: f64,
    loss: f64,
    /// What goes of what it asks for, in percent.
    obeys: u64,
    /// No run of packets was long enough to say what the link carries while it is full.
    is_brief: bool,
    /// What it asked for first.
    first: Option<u64>,
}

const ROUND_TRIP: Micros = Micros::millis(100);

impl Link {
    fn new(capacity: u64) -> Self {
        let (guard, watch) = (Guard::default(), QueueWatch::new());
        let mut link = Self {
            guard,
            watch,
            now: Micros(0),
            capacity,
            foreign: Micros(0),
            queue: 0.0,
            loss: 0.0,
            obeys: 100,
            is_brief: false,
            first: None,
        };
        link.send(capacity / 2, 1_000);
        link
    }

    /// Sends at `rate` for `millis`, as long as the guard says nothing new; its last word.
    fn send(&mut self, rate: u64, millis: u64) -> Verdict {
        let until = self.now.plus(Micros::millis(millis));
        let mut verdict = Verdict::Free;
        let mut rate = rate;
        let mut told = self.now;
        while self.now < until {
            let gap = 8_000_000_000 / rate.max(1);
            let served = self.capacity as f64 * Micros(gap).seconds();
            self.queue = (self.queue + 8_000.0 - served).max(0.0);
            let wait = self.queue / self.capacity as f64 * 1e6;
            let delay = 50_000 + wait as i64 + self.foreign.0 as i64;
            self.watch.on_packet(self.now, self.now.0 as i64 + delay, 1_000);
            self.now = self.now.plus(Micros(gap));
            if self.now.since(told) < Micros::millis(50) {
                continue;
            }
            told = self.now;
            let busy = (wait > 8_000.0 && !self.is_brief).then_some(self.capacity);
            let traffic =
                Traffic { acked: None, loss: self.loss, busy, round_trip: ROUND_TRIP, sent: rate };
            verdict = self.guard.on_feedback(self.now, &mut self.watch, &traffic);
            match verdict {
                Verdict::Free => {}
                Verdict::Drain(target) => {
                    self.first.get_or_insert(target);
                    rate = target * self.obeys / 100;
                }
                Verdict::Drained(_) | Verdict::NotOurs(_) => return verdict,
            }
        }
        verdict
    }
}

#[test]
fn queue_of_ours_is_emptied_and_what_the_link_carries_is_known_then() {
    let mut link = Link::new(1_000_000);
    let Verdict::Drained(rate) = link.send(1_300_000, 5_000) else { panic!("it is not emptied") };
    assert_eq!(rate, 920_000);
    assert!(!link.guard.is_draining() && link.guard.ended().is_some());
    assert_eq!(link.send(rate, 3_000), Verdict::Free, "and stays empty");
}

#[test]
fn link_that_carries_a_sixth_all_at_once_is_seen_before_its_queue_stands() {
    let mut link = Link::new(3_000_000);
    link.capacity = 500_000;
    link.send(3_000_000, 300);
    let first = link.first.expect("it is seen");
    assert!((300_000..=350_000).contains(&first), "never of what arrived before: {first}");
}

#[test]
fn queue_that_grows_is_seen_sooner_where_nobody_else_fills_the_link() {
    let [alone, among_others] = [false, true].map(|among_others| {
        let mut link = Link::new(1_000_000);
        link.capacity = 500_000;
        link.guard.others = among_others.then_some(link.now);
        while link.first.is_none() && link.queue < 500_000.0 {
            link.send(740_000, 50);
        }
        link.queue / 500.0
    });
    assert!(alone < 80.0 && alone < 0.8 * among_others, "{alone} and {among_others} ms");
}

#[test]
fn queue_that_grows_is_seen_before_a_run_of_packets_says_what_the_link_carries() {
    let mut link = Link::new(1_000_000);
    (link.capacity, link.is_brief) = (500_000, true);
    while link.first.is_none() && link.queue < 500_000.0 {
        link.send(740_000, 50);
    }
    let queue = link.queue / 500.0;
    assert!(queue < 80.0, "{queue} ms");
}

#[test]
fn as_long_as_a_queue_empties_it_is_ours_however_slowly() {
    let mut link = Link::new(500_000);
    // The path got longer as well; sound and what is sent again go beyond what it asks for.
    (link.foreign, link.obeys, link.queue) = (Micros::millis(300), 170, 100_000.0);
    let Verdict::NotOurs(_) = link.send(500_000, 5_000) else { panic!("a longer path is not") };
    let left = link.queue / 500.0;
    assert!(left < 15.0, "{left} ms of it were ours");
}

#[test]
fn longer_path_is_no_queue() {
    let mut link = Link::new(3_000_000);
    link.foreign = Micros::millis(80);
    let Verdict::NotOurs(rate) = link.send(1_500_000, 5_000) else { panic!("it is drained") };
    assert!((1_200_000..=1_500_000).contains(&rate), "{rate}");
    assert_eq!(link.send(rate, 3_000), Verdict::Free, "it is the base from now on");
}

#[test]
fn full_queue_that_loses_packets_is_drained_further() {
    let mut link = Link::new(3_000_000);
    link.foreign = Micros::millis(200);
    link.loss = 0.1;
    let verdict = link.send(1_500_000, 1_900);
    let Verdict::Drain(rate) = verdict else { panic!("it is not drained: {verdict:?}") };
    assert!(rate < 600_000, "{rate}");
    let last = link.send(rate, 10_000);
    assert!(matches!(last, Verdict::NotOurs(_)), "four times, no more: {last:?}");
}
