//! C18, rule by rule: told seconds, each with its rate and loss, what is the verdict?
use super::*;

const NO_BOUND: Verdict = Verdict::Congestive { most: u64::MAX };

struct Seconds {
    tolerance: Tolerance,
    now: u64,
    queue: u64,
    capacity: Option<u64>,
}

impl Seconds {
    fn new() -> Self {
        Self { tolerance: Tolerance::new(), now: 0, queue: 5, capacity: None }
    }

    /// A second with so much sent (kbit/s) and lost.
    fn tell(&mut self, sent: u64, loss: f64) -> Verdict {
        self.now += 1_000;
        let packets = u32::try_from(sent / 8).expect("few");
        let acked = (rate(sent * KBPS) * (1.0 - loss)) as u64;
        let sample = LossSample {
            sent: sent * KBPS,
            loss,
            packets,
            queue_delay: Micros::millis(self.queue),
            acked,
            capacity: self.capacity,
        };
        self.tolerance.update(Micros::millis(self.now), &sample)
    }

    /// Up from 1 Mbit/s by 5 % a second for 20 s; the last verdict.
    fn tell_ramp(&mut self, loss: impl Fn(u64) -> f64) -> Verdict {
        let mut sent = 1_000;
        for _ in 0..20 {
            self.tell(sent, loss(sent));
            sent = sent * 105 / 100;
        }
        self.tell(sent, loss(sent))
    }
}

#[test]
fn loss_at_one_rate_alone_is_congestive() {
    let mut seconds = Seconds::new();
    for _ in 0..30 {
        assert_eq!(seconds.tell(2_000, 0.05), NO_BOUND);
    }
}

#[test]
fn as_much_loss_at_any_rate_is_not_congestive_up_to_a_tenth() {
    for loss in [0.01, 0.05, 0.1] {
        assert_eq!(Seconds::new().tell_ramp(|_| loss), Verdict::NotCongestive, "{loss}");
    }
    assert_ne!(Seconds::new().tell_ramp(|_| 0.14), Verdict::NotCongestive);
}

#[test]
fn with_a_queue_it_is_congestive_all_the_same() {
    let mut seconds = Seconds::new();
    assert_eq!(seconds.tell_ramp(|_| 0.05), Verdict::NotCongestive);
    seconds.queue = 15;
    assert_eq!(seconds.tell(2_500, 0.05), NO_BOUND);
    seconds.queue = 14;
    assert_eq!(seconds.tell(2_500, 0.05), Verdict::NotCongestive);
}

#[test]
fn far_more_loss_than_before_is_congestive_at_once() {
    let mut seconds = Seconds::new();
    assert_eq!(seconds.tell_ramp(|_| 0.02), Verdict::NotCongestive);
    assert!(matches!(seconds.tell(2_600, 0.15), Verdict::Congestive { .. }));
}

#[test]
fn loss_that_comes_with_the_rate_makes_a_ceiling_that_rises_again() {
    let mut seconds = Seconds::new();
    let policed = |sent: u64| (1.0 - 2_300.0 / sent as f64).max(0.0);
    let Verdict::Congestive { most } = seconds.tell_ramp(policed) else { panic!("congestive") };
    assert!((2_180_000..=2_186_000).contains(&most), "0.95 of the policer's rate: {most}");
    for _ in 0..3 {
        assert_eq!(seconds.tell(2_100, 0.0), Verdict::Congestive { most });
    }
    let rising = (0..8).map(|_| match seconds.tell(2_100, 0.0) {
        Verdict::Congestive { most } => most,
        other => panic!("{other:?}"),
    });
    let rising: Vec<_> = rising.take_while(|most| *most < u64::MAX).collect();
    assert!(rising.is_sorted() && rising.last() > Some(&(most + 200_000)), "{rising:?}");
}

#[test]
fn probe_that_succeeds_lifts_the_ceiling() {
    let mut seconds = Seconds::new();
    seconds.tell_ramp(|sent| (1.0 - 2_300.0 / sent as f64).max(0.0));
    seconds.tolerance.lift();
    assert_eq!(seconds.tell(2_100, 0.0), NO_BOUND);
}

#[test]
fn a_fifth_lost_reduces_at_once_until_less_than_a_tenth_is() {
    let mut seconds = Seconds::new();
    seconds.tell(3_000, 0.0);
    let most = (3_000_000.0 * 0.75 * 0.7) as u64;
    assert_eq!(seconds.tell(3_000, 0.25), Verdict::Severe { most });
    assert_eq!(seconds.tell(1_575, 0.12), Verdict::Severe { most });
    assert!(!matches!(seconds.tell(1_575, 0.09), Verdict::Severe { .. }));
}

#[test]
fn reduction_is_not_below_a_fifth_of_the_capacity() {
    let mut seconds = Seconds::new();
    seconds.capacity = Some(3_000_000);
    assert_eq!(seconds.tell(800, 0.5), Verdict::Severe { most: 600_000 });
}

#[test]
fn reduction_that_helped_and_was_not_enough_is_followed_by_another() {
    let mut seconds = Seconds::new();
    seconds.tell(3_000, 0.6);
    // 0.84 Mbit/s of which less than half as much is lost, still too much.
    let mut cut = 0;
    for _ in 0..4 {
        let Verdict::Severe { most } = seconds.tell(840, 0.25) else { panic!("severe") };
        cut = most;
    }
    assert_eq!(cut, (840_000.0 * 0.75 * 0.7) as u64);
}

#[test]
fn reduction_that_changed_nothing_is_taken_back_slowly_and_in_part() {
    for (capacity, most) in [(None, 1_000_000), (Some(4_000_000), 2_000_000)] {
        let mut seconds = Seconds::new();
        seconds.capacity = capacity;
        let Verdict::Severe { most: first } = seconds.tell(1_000, 0.25) else { panic!("severe") };
        let mut last = first;
        for second in 1..40 {
            let Verdict::Severe { most: next } = seconds.tell(last / KBPS, 0.25) else {
                panic!("severe")
            };
            assert!(next <= last * 111 / 100 && next >= last, "{last} -> {next} at {second}");
            last = next;
        }
        assert_eq!(last, most);
    }
}

#[test]
fn few_packets_of_one_second_do_not_make_it_severe() {
    let mut seconds = Seconds::new();
    seconds.tell(100, 0.0);
    assert_eq!(seconds.tell(100, 0.25), NO_BOUND);
}
