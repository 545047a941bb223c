//! Where the estimate goes between drains and probes: the delay gradients say up or down, and what
//! is known of the link in absolute terms says how far.
//!
//! Growth is quick below what the link was last seen to carry and slow beyond; a cut goes to what
//! the link carries now and not to what happened to be sent; a probe's own queue is no reason to go
//! down; and against those who do not give way to delay only loss counts.

use crate::base::Micros;

/// A queue that stood for so long, in milliseconds, with at least so many packets in it,
pub(super) const STANDS_FOR: (i64, u32) = (200, 4);
/// and for longer than this makes room at once,
const TOLERATED: Micros = Micros::millis(25);
/// this if packets get lost, too: what is managed by CoDel is never longer.
const TOLERATED_WITH_LOSS: Micros = Micros::millis(8);
const SOME_LOSS: f64 = 0.004;
/// Then so much of what the link carries, in percent, is left,
const ROOM: u64 = 93;
/// and so much where the delay gradients ask for less.
const CUT: u64 = 90;
/// Where no longer queue stands, delay that grows is jitter.
const NOTHING: Micros = Micros::millis(4);
const JITTER: Micros = Micros::millis(4);
/// From one cut to the next takes a round trip and this.
const PAUSE: Micros = Micros::millis(250);
/// Where so little stands the link has room for more than AIMD takes:
const CALM: Micros = Micros::millis(10);
/// so much a second, bit/s, up to this share, in percent, of what the link was seen to carry,
const GROWTH: u64 = 60_000;
const NEAR: u64 = 95;
/// and so much beyond.
const GROWTH_NEAR: u64 = 18_000;
/// Trains that arrive as they left, so much faster than the estimate, in percent,
const AHEAD: u64 = 125;
/// let it grow by so much of itself a second, in percent.
const GROWTH_UNHINDERED: u64 = 40;
/// So long a probe's own queue is no reason to go down.
const SHADOW: Micros = Micros::millis(600);
/// Loss below this is not taken for congestion while the application sends little.
const LITTLE_LOSS: f64 = 0.02;
/// Who sends little is not lowered further than to so much of what the link was seen to carry.
const KEPT: u64 = 92;
/// So long after a queue was found not to be ours, delay says nothing:
const COMPETING: Micros = Micros::millis(6_000);
/// unless no queue to speak of stands for so long;
const COMPETING_CALM: Micros = Micros::millis(4_000);
/// if it was found so for the second time within this;
const AGAIN: Micros = Micros::millis(20_000);
/// the rate grows by so much a second, bit/s,
const COMPETING_GROWTH: u64 = 80_000;
/// and is lowered to so much, in percent, when packets get lost.
const COMPETING_CUT: u64 = 75;

/// What is known now.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) now: Micros,
    /// The estimate so far, and what AIMD makes of it, bit/s.
    pub(super) before: u64,
    pub(super) target: u64,
    /// 0-1, over the last second.
    pub(super) loss: f64,
    /// The queue that stood for [`STANDS_FOR`], and the one that stood for 400 ms.
    pub(super) standing: Micros,
    pub(super) standing_long: Micros,
    /// What jitter makes of a queue.
    pub(super) noise: Micros,
    /// What the link carries, seen just now; and when it was last seen, bit/s.
    pub(super) busy_now: Option<u64>,
    pub(super) busy_last: Option<u64>,
    /// The rate of trains that arrived as they had left, bit/s.
    pub(super) unhindered: Option<u64>,
    /// Far less is sent than the estimate.
    pub(super) is_app_limited: bool,
    /// Feedback comes as it should.
    pub(super) may_grow: bool,
    pub(super) round_trip: Micros,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    /// The estimate from now on, bit/s.
    pub(super) rate: u64,
    /// Losses so far are accounted for.
    pub(super) settles_loss: bool,
}

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steering {
    grown: Micros,
    cut: Micros,
    /// The newest probe: when it began, and the estimate then.
    probe: Option<(Micros, u64)>,
    /// Others fill the queue, as far as is known, until then.
    competing: Option<Micros>,
    /// When a queue was last found not to be ours,
    others: Option<Micros>,
    /// and when one last stood.
    stood: Micros,
}

impl Steering {
    /// A probe begins.
    pub(super) const fn on_probe(&mut self, now: Micros, estimate: u64) {
        self.probe = Some((now, estimate));
    }

    /// The queue was found to be filled by others.
    pub(super) fn on_others(&mut self, now: Micros) {
        // Once may be the path, or those who do as we do.
        let again = self.others.replace(now).is_some_and(|at| now.since(at) < AGAIN);
        if again {
            self.competing = Some(now.plus(COMPETING));
        }
        self.grown = now;
        self.stood = now;
    }

    /// Whether others are taken to fill the queue.
    pub(super) fn is_competing(&self, now: Micros) -> bool {
        self.competing.is_some_and(|until| now < until)
    }

    /// A queue of ours was emptied.
    pub(super) const fn on_drained(&mut self) {
        self.competing = None;
    }

    /// The estimate from now on.
    pub(super) fn step(&mut self, view: &View) -> Step {
        let passed = Micros(view.now.since(self.grown).0.min(200_000));
        self.grown = view.now;
        if view.standing >= CALM {
            self.stood = view.now;
        }
        let alone = view.now.since(self.stood) >= COMPETING_CALM;
        if self.competing.is_some_and(|until| view.now < until) && !alone {
            return compete(view, passed);
        }
        let rate = match self.make_room(view) {
            Some(rate) => rate,
            None if view.target < view.before => self.cut(view),
            None if view.may_grow => view.target + extra_growth(view, passed),
            None => view.before,
        };
        Step { rate, settles_loss: false }
    }

    /// A queue that stands is not waited for to grow.
    fn make_room(&mut self, view: &View) -> Option<u64> {
        let tolerated = if view.loss > SOME_LOSS { TOLERATED_WITH_LOSS } else { TOLERATED };
        let may_cut = view.now.since(self.cut) > view.round_trip.plus(PAUSE);
        let busy = view.busy_now.filter(|busy| *busy < percent(view.before, 105))?;
        if view.standing <= tolerated || !may_cut || view.is_app_limited {
            return None;
        }
        self.cut = view.now;
        Some(percent(busy, ROOM).min(view.before))
    }

    /// Down, but for good reasons only.
    fn cut(&self, view: &View) -> u64 {
        let mut rate = view.target;
        if view.loss >= LITTLE_LOSS {
            return rate;
        }
        if view.noise > JITTER && view.standing < NOTHING {
            return view.before;
        }
        if let Some(busy) = view.busy_now {
            rate = rate.max(percent(busy, CUT));
        }
        if let Some((began, estimate)) = self.probe
            && view.now.since(began) < SHADOW
        {
            rate = rate.max(estimate);
        }
        if view.is_app_limited {
            rate = rate.max(view.busy_last.map_or(view.before, |busy| percent(busy, KEPT)));
        }
        rate.min(view.before)
    }
}

/// Others do not give way to delay: share with them by loss.
fn compete(view: &View, passed: Micros) -> Step {
    if view.loss > 0.0 {
        return Step { rate: percent(view.before, COMPETING_CUT), settles_loss: true };
    }
    let may_grow = view.may_grow && !view.is_app_limited;
    let growth = if may_grow { over(COMPETING_GROWTH, passed) } else { 0 };
    Step { rate: view.before + growth, settles_loss: false }
}

fn extra_growth(view: &View, passed: Micros) -> u64 {
    if view.standing_long >= CALM || view.is_app_limited || view.target <= view.before {
        return 0;
    }
    if view.unhindered.is_some_and(|rate| rate > percent(view.before, AHEAD)) {
        return over(percent(view.before, GROWTH_UNHINDERED), passed);
    }
    let is_near = view.busy_last.is_some_and(|busy| view.before > percent(busy, NEAR));
    over(if is_near { GROWTH_NEAR } else { GROWTH }, passed)
}

const fn percent(rate: u64, percent: u64) -> u64 {
    rate.saturating_mul(percent) / 100
}

/// A growth a second, over so long.
const fn over(growth: u64, passed: Micros) -> u64 {
    growth * passed.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View {
            now: Micros::millis(10_000),
            before: 1_000_000,
            target: 1_000_000,
            loss: 0.0,
            standing: Micros(0),
            standing_long: Micros(0),
            noise: Micros(0),
            busy_now: None,
            busy_last: None,
            unhindered: None,
            is_app_limited: false,
            may_grow: true,
            round_trip: Micros::millis(100),
        }
    }

    #[test]
    fn queue_that_stands_makes_room_at_once_and_not_twice_in_a_round_trip() {
        let mut steering = Steering::default();
        let standing = View {
            standing: Micros::millis(26),
            busy_now: Some(1_000_000),
            target: 1_000_500,
            ..view()
        };
        assert_eq!(steering.step(&standing).rate, 930_000);
        let soon =
            View { now: Micros::millis(10_300), before: 930_000, target: 930_000, ..standing };
        assert_eq!(steering.step(&soon).rate, 930_000);
        let later = View { now: Micros::millis(10_400), ..soon };
        assert_eq!(steering.step(&later).rate, 930_000, "there is room already");
        let lossy = View { standing: Micros::millis(9), loss: 0.01, ..standing };
        assert_eq!(Steering::default().step(&lossy).rate, 930_000);
    }

    #[test]
    fn who_sends_little_is_lowered_by_nothing_but_what_the_link_carries() {
        let mut steering = Steering::default();
        let little = View { target: 300_000, is_app_limited: true, ..view() };
        assert_eq!(steering.step(&little).rate, 1_000_000);
        let known = View { busy_last: Some(500_000), ..little };
        assert_eq!(steering.step(&known).rate, 460_000);
        assert_eq!(steering.step(&View { loss: 0.1, ..known }).rate, 300_000);
    }

    #[test]
    fn own_queue_of_a_probe_is_no_reason_to_go_down_for_600_ms() {
        let mut steering = Steering::default();
        steering.on_probe(Micros::millis(9_500), 1_000_000);
        let after = View { target: 700_000, ..view() };
        assert_eq!(steering.step(&after).rate, 1_000_000);
        let later = View { now: Micros::millis(10_100), ..after };
        assert_eq!(steering.step(&later).rate, 700_000);
    }

    #[test]
    fn growth_is_quick_below_what_the_link_carried_and_slow_beyond() {
        let mut steering = Steering::default();
        let mut grown = |before: u64, at: u64| {
            let view = View {
                before,
                target: before + 1,
                now: Micros::millis(at),
                busy_last: Some(1_000_000),
                ..view()
            };
            steering.step(&view).rate - before
        };
        grown(500_000, 1_000);
        assert_eq!(grown(500_000, 1_100), 6_001);
        assert_eq!(grown(960_000, 1_200), 1_801);
    }

    #[test]
    fn among_others_only_loss_counts() {
        let mut steering = Steering::default();
        steering.on_others(Micros::millis(4_000));
        assert_eq!(steering.step(&View { target: 500_000, ..view() }).rate, 500_000, "not at once");
        steering.on_others(Micros::millis(9_900));
        let delayed = View { target: 500_000, standing: Micros::millis(60), ..view() };
        assert_eq!(steering.step(&delayed), Step { rate: 1_008_000, settles_loss: false });
        let lossy = View { loss: 0.01, ..delayed };
        assert_eq!(steering.step(&lossy), Step { rate: 750_000, settles_loss: true });
        let over = View { now: Micros::millis(15_900), standing: Micros(0), ..delayed };
        assert_eq!(steering.step(&over).rate, 500_000);
    }
}
