//! Whether more is lost when more is sent: the loss at the rate of now beside that at a rate 15 %
//! lower or higher, second by second, older seconds counting less (C18). What is lost at random
//! is lost at any rate.
//!
//! Knows nothing of what follows from it. Read next: [`super::tolerance`].

/// Seconds remembered, each counting so much less than the one after it.
const SECONDS: usize = 20;
const MEMORY: f64 = 0.9;
/// Rates that differ by less are one; by more, two.
const ONE_RATE: f64 = 1.07;
const TWO_RATES: f64 = 1.15;
/// Loss that differs by no more than this fraction of itself, and this much, is the same.
const SAME: f64 = 0.15;
const SAME_ANYWAY: f64 = 0.01;
/// Losses come in bursts: their number varies by so much more than if each were on its own.
const BURSTS: f64 = 1.5;
/// Of fewer packets nothing is concluded.
const ENOUGH_PACKETS: f64 = 50.0;

/// Whether loss depends on the rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dependence {
    Dependent,
    Independent,
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Bit/s.
    sent: f32,
    packets: f32,
    lost: f32,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Trend {
    seconds: [Second; SECONDS],
    /// Where the next one goes.
    next: usize,
}

/// What was sent at about one rate. Newer packets count more.
#[derive(Clone, Copy, Default)]
struct Group {
    packets: f64,
    lost: f64,
    /// When the packets were sent, on the mean, in seconds ago.
    age: f64,
}

impl Group {
    fn loss(&self) -> f64 {
        if self.packets > 0.0 { self.lost / self.packets } else { 0.0 }
    }
}

impl Trend {
    /// A second went by in which so much was sent (bit/s), and such a fraction of it lost.
    #[expect(clippy::cast_possible_truncation, reason = "a rate need not be that exact")]
    pub(super) fn add(&mut self, sent: f64, packets: u32, loss: f64) {
        let packets = f64::from(packets);
        self.seconds[self.next] =
            Second { sent: sent as f32, packets: packets as f32, lost: (loss * packets) as f32 };
        self.next = (self.next + 1) % SECONDS;
    }

    /// Mean loss.
    pub(super) fn loss(&self) -> f64 {
        self.group(|_| true).loss()
    }

    /// `None`: the rates were too much alike, or too little was sent, to tell.
    pub(super) fn dependence(&self) -> Option<Dependence> {
        let now = f64::from(self.seconds[(self.next + SECONDS - 1) % SECONDS].sent);
        let here = self.group(|sent| (now / ONE_RATE..=now * ONE_RATE).contains(&sent));
        let below = self.group(|sent| sent < now / TWO_RATES);
        let above = self.group(|sent| sent > now * TWO_RATES);
        // What was sent at another rate most recently says more: the link may have changed.
        let enough = |group: &Group| group.packets >= ENOUGH_PACKETS;
        let (lower, higher) = match (enough(&below), enough(&above)) {
            _ if !enough(&here) => return None,
            (false, false) => return None,
            (true, true) if below.age < above.age => (below, here),
            (_, true) => (here, above),
            (true, false) => (below, here),
        };
        let more = higher.loss() - lower.loss();
        let same = SAME * higher.loss() + SAME_ANYWAY;
        let loss = (higher.lost + lower.lost) / (higher.packets + lower.packets);
        let error =
            (BURSTS * loss * (1.0 - loss) * (1.0 / higher.packets + 1.0 / lower.packets)).sqrt();
        if more > same + 2.0 * error {
            Some(Dependence::Dependent)
        } else if more <= same.max(error) {
            Some(Dependence::Independent)
        } else {
            None
        }
    }

    fn group(&self, of: impl Fn(f64) -> bool) -> Group {
        let mut group = Group::default();
        let (mut weight, mut age) = (1.0, 0.0);
        for back in 1..=SECONDS {
            let second = &self.seconds[(self.next + SECONDS - back) % SECONDS];
            if second.packets > 0.0 && of(f64::from(second.sent)) {
                let packets = weight * f64::from(second.packets);
                group.packets += packets;
                group.lost += weight * f64::from(second.lost);
                group.age += packets * age;
            }
            weight *= MEMORY;
            age += 1.0;
        }
        group.age /= group.packets.max(1.0);
        group
    }
}
