//! How allocations follow one another.

use std::collections::HashMap;

use super::super::{Allocator, Budget, Grant, Layer, Summary};
use super::{Ladder, gallery, kbps, wishes};
use crate::base::Micros;

/// A receiver, and what it was granted.
struct Receiver {
    allocator: Allocator,
    now: u64,
    granted: HashMap<u64, Option<Layer>>,
    /// When whose picture changed: id, and encoding since.
    switches: Vec<(u64, u64, Option<u8>)>,
    awaits: bool,
}

impl Receiver {
    fn new() -> Self {
        Self {
            allocator: Allocator::new(3),
            now: 10_000,
            granted: HashMap::new(),
            switches: Vec::new(),
            awaits: false,
        }
    }

    /// One look, now.
    fn look(&mut self, ladders: &[Ladder], budget: &Budget) -> (Summary, Vec<Grant>) {
        let mut wishes = wishes(ladders);
        for held in &mut wishes.wishes {
            held.wish.awaits_key_frame = self.awaits;
        }
        let mut grants = Vec::new();
        let now = Micros::millis(self.now);
        let summary = self.allocator.allocate(now, budget, &mut wishes, &mut grants);
        assert!(summary.next_check > now);
        for grant in &grants {
            let before = self.granted.insert(grant.id, grant.layer);
            let picture = grant.layer.map(|layer| layer.encoding);
            if before.map(|layer| layer.map(|layer| layer.encoding)) != Some(picture) {
                self.switches.push((self.now, grant.id, picture));
            }
        }
        (summary, grants)
    }

    /// Looks every 100 ms, for so many milliseconds; what it gets in all at the end, in kbit/s.
    fn go_on(&mut self, ladders: &[Ladder], budget: &Budget, millis: u64) -> u64 {
        let end = self.now + millis;
        let mut allocated = 0;
        while self.now < end {
            allocated = self.look(ladders, budget).0.allocated;
            self.now += 100;
        }
        allocated / 1_000
    }

    fn encodings(&self, ladders: &[Ladder]) -> Vec<Option<u8>> {
        let granted = |ladder: &Ladder| self.granted[&ladder.id].map(|layer| layer.encoding);
        ladders.iter().map(granted).collect()
    }

    /// From one to another and back within 8 s, without a pause between.
    fn goes_to_and_fro(&self) -> bool {
        let of = |id| self.switches.iter().filter(move |(_, other, _)| *other == id);
        self.granted.keys().any(|id| {
            let own: Vec<_> = of(*id).collect();
            own.windows(3).any(|held| {
                held.iter().all(|(.., picture)| picture.is_some())
                    && held[0].2 == held[2].2
                    && held[2].0 - held[1].0 < 8_000
            })
        })
    }
}

#[test]
fn bases_come_at_once_and_upgrades_one_by_one() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    let (summary, grants) = receiver.look(&ladders, &kbps(2_700));
    assert_eq!(summary.allocated, 1_350_000);
    assert!(grants.len() == 9 && grants.iter().all(|grant| !grant.at_once));
    assert_eq!(summary.next_check, Micros::millis(receiver.now + 300));
    let mut times = Vec::new();
    for _ in 0..100 {
        receiver.now += 20;
        let (_, grants) = receiver.look(&ladders, &kbps(2_700));
        times.extend(grants.iter().map(|_| receiver.now));
    }
    assert_eq!(times, [10_300, 10_600, 10_900], "2.4 of 2.54 Mbit/s, and then no more fits");
}

#[test]
fn layer_is_granted_by_what_it_takes_at_other_times_and_kept_by_what_it_takes_now() {
    let (mut receiver, mut ladders) = (Receiver::new(), vec![Ladder::new(1, &[150, 350, 700])]);
    ladders[0].calm = 50;
    assert_eq!(receiver.go_on(&ladders, &kbps(500), 20_000), 175, "a lull makes no room for 700");
    assert_eq!(receiver.go_on(&ladders, &kbps(800), 20_000), 350, "which are there now");
    assert_eq!(receiver.encodings(&ladders), [Some(2)]);
    assert_eq!(receiver.go_on(&ladders, &kbps(500), 20_000), 350, "and stay as long as they fit");
    ladders[0].calm = 100;
    assert_eq!(receiver.go_on(&ladders, &kbps(500), 100), 350);
    assert_eq!(receiver.encodings(&ladders), [Some(1)]);
    ladders[0].calm = 20;
    assert_eq!(receiver.go_on(&ladders, &kbps(40), 10_000), 30, "any picture is better than none");
}

#[test]
fn upgrade_waits_for_the_key_frame_of_the_one_before_but_not_for_ever() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.awaits = true;
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 1_900), 1_350);
    receiver.awaits = false;
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 100), 1_700);
    receiver.awaits = true;
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 1_900), 1_700);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 200), 2_050);
}

#[test]
fn estimate_that_has_only_just_risen_is_not_built_on() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    assert_eq!(receiver.go_on(&ladders, &kbps(300), 2_000), 150);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 900), 150);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 300), 1_350, "bases after a second");
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 1_500), 1_350);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 1_500), 2_400, "the rest after three");
}

#[test]
fn too_little_is_answered_in_the_same_look_and_far_too_little_at_once() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 3_000);
    let (summary, grants) = receiver.look(&ladders, &kbps(2_300));
    assert_eq!(summary.allocated, 2_050_000);
    assert!(grants.len() == 1 && !grants[0].at_once, "its higher layer goes on for a little");
    assert!(summary.next_check <= Micros::millis(receiver.now + 500));
    receiver.now += 300;
    let (summary, grants) = receiver.look(&ladders, &kbps(500));
    assert_eq!(summary.allocated, 450_000);
    let kept: Vec<_> = grants.iter().filter(|grant| grant.layer.is_some()).collect();
    assert!(kept.iter().all(|grant| grant.at_once), "what goes on lower does so at once");
}

#[test]
fn higher_layer_whose_lower_one_does_not_come_stops_after_half_a_second() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 3_000);
    let (_, lowered) = receiver.look(&ladders, &kbps(2_300));
    receiver.awaits = true;
    receiver.now += 499;
    assert!(receiver.look(&ladders, &kbps(2_300)).1.is_empty());
    receiver.now += 1;
    let (_, grants) = receiver.look(&ladders, &kbps(2_300));
    assert_eq!(grants, [Grant { at_once: true, ..lowered[0] }]);
    receiver.now += 100;
    assert!(receiver.look(&ladders, &kbps(2_300)).1.is_empty(), "once");
}

#[test]
fn steady_link_sees_no_switches_and_a_wavering_one_few() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 5_000);
    receiver.switches.clear();
    for wave in 0..60 {
        // Estimates saw, and rates are never the same.
        let mut ladders = ladders.clone();
        for ladder in &mut ladders {
            let noise = (ladder.id * 7 + wave * 13) % 9;
            for rate in ladder.layers.iter_mut().flatten() {
                *rate = *rate * (97 + noise) / 100;
            }
        }
        receiver.go_on(&ladders, &kbps(2_450 + wave % 6 * 80), 500);
    }
    assert!(receiver.switches.len() <= 6, "in 30 s: {:?}", receiver.switches);
    assert!(!receiver.goes_to_and_fro());
}

#[test]
fn hysteresis_lies_between_what_is_granted_and_what_is_kept() {
    let (mut receiver, ladders) = (Receiver::new(), [Ladder::new(1, &[100, 1_000])]);
    // 1000 / 0.94
    assert_eq!(receiver.go_on(&ladders, &kbps(1_063), 10_000), 100);
    assert_eq!(receiver.go_on(&ladders, &kbps(1_064), 4_000), 1_000);
    assert_eq!(receiver.go_on(&ladders, &kbps(1_000), 10_000), 1_000);
    assert_eq!(receiver.go_on(&ladders, &kbps(999), 100), 100);
}

#[test]
fn estimate_that_is_more_than_was_proved_is_probed_until_it_is_proved_or_withdrawn() {
    let (mut receiver, ladders) = (Receiver::new(), [Ladder::new(1, &[150, 350, 700])]);
    let budget = |estimate| Budget { capacity: Some(700_000), ..kbps(estimate) };
    assert_eq!(receiver.go_on(&ladders, &budget(500), 5_000), 350);
    // It would do, but the link was seen to carry less.
    assert_eq!(receiver.go_on(&ladders, &budget(780), 5_000), 350);
    let desired = receiver.look(&ladders, &budget(780)).0.desired;
    assert!(desired > 780_000 * 105 / 100, "{desired}: it would stay so for ever");
    // At which all is granted, and then there is nothing left to desire.
    let last = desired * 100 / 105 / 1_000;
    assert_eq!(receiver.go_on(&ladders, &budget(last), 5_000), 700);
    assert_eq!(receiver.look(&ladders, &budget(last)).0.desired, 0);
}

#[test]
fn all_comes_back_within_seconds_after_the_link_does() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 40_000), 2_400);
    for (estimate, millis) in [(1_900, 100), (1_200, 100), (700, 100), (350, 500), (450, 38_200)] {
        receiver.go_on(&ladders, &kbps(estimate), millis);
    }
    assert_eq!(receiver.encodings(&ladders).iter().flatten().count(), 2);
    receiver.go_on(&ladders, &kbps(1_000), 500);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 4_500), 2_400);
}

#[test]
fn short_drop_holds_nobody_for_longer_than_it_takes_not_to_flicker() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 40_000);
    receiver.go_on(&ladders, &kbps(500), 1_000);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 9_000), 2_400);
    assert!(!receiver.goes_to_and_fro());
}

/// A link that carries less than the next upgrade takes, and shows it only when it is tried.
#[test]
fn upgrade_that_fails_is_tried_less_and_less_often_whosever_it_is() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    let mut tries = Vec::new();
    let mut allocated = receiver.go_on(&ladders, &kbps(2_100), 10_000);
    assert_eq!(allocated, 1_700);
    for _ in 0..1_200 {
        let estimate = if allocated > 1_700 { 1_900 } else { 2_300 };
        let now = receiver.go_on(&ladders, &kbps(estimate), 100);
        if now > allocated {
            tries.push(receiver.now);
        }
        allocated = now;
    }
    let gaps: Vec<_> = tries.windows(2).map(|held| (held[1] - held[0]) / 1_000).collect();
    assert!(tries.len() <= 7, "in 2 minutes: {gaps:?}");
    assert!(gaps.is_sorted() && gaps[0] >= 8, "{gaps:?}");
}

#[test]
fn silence_of_the_far_end_is_no_lesson() {
    let (mut receiver, ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 20_000);
    let deaf = Budget { is_deaf: true, ..kbps(100) };
    assert_eq!(receiver.go_on(&ladders, &deaf, 3_000), 0);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_000), 100), 1_350, "bases at once");
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 4_500), 2_400);
}

#[test]
fn what_was_forwarded_is_not_dropped_for_something_lower() {
    let screen = Ladder { priority: 200, ..Ladder::new(1, &[600]) };
    let mut ladders = vec![screen];
    ladders.extend((2..=5).map(|id| Ladder::new(id, &[150])));
    let mut receiver = Receiver::new();
    receiver.go_on(&ladders, &kbps(1_500), 3_000);
    receiver.go_on(&ladders, &kbps(800), 100);
    assert_eq!(receiver.encodings(&ladders)[0], Some(0), "it comes first");
    // It takes more than it did, and the others would fit in its place.
    ladders[0].layers[0][0] = 790;
    receiver.go_on(&ladders, &kbps(800), 5_000);
    assert_eq!(receiver.encodings(&ladders), [Some(0), None, None, None, None]);
    // Somebody of the same rank comes: who is there stays, for the time being.
    let mut ladders: Vec<_> = (10..=12).map(|id| Ladder::new(id, &[200])).collect();
    let mut receiver = Receiver::new();
    receiver.go_on(&ladders, &kbps(800), 3_000);
    ladders.extend((20..=40).map(|id| Ladder::new(id, &[200])));
    receiver.go_on(&ladders, &kbps(800), 4_900);
    assert_eq!(receiver.encodings(&ladders)[..3], [Some(0); 3]);
}

#[test]
fn newcomer_has_a_picture_before_others_keep_better_ones() {
    let (mut receiver, mut ladders) = (Receiver::new(), gallery());
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 20_000), 2_400);
    ladders.extend((21..=23).map(|id| Ladder::new(id, &[150, 500, 1_500])));
    let (summary, grants) = receiver.look(&ladders, &kbps(2_700));
    assert!(summary.allocated <= 2_555_000);
    assert_eq!(receiver.encodings(&ladders).iter().flatten().count(), 12, "{grants:?}");
}

#[test]
fn who_comes_on_stage_takes_what_others_had_above_their_base() {
    let (mut receiver, mut ladders) = (Receiver::new(), gallery());
    receiver.go_on(&ladders, &kbps(2_700), 20_000);
    let encodings = receiver.encodings(&ladders);
    let place = encodings.iter().position(|held| *held == Some(0)).expect("six have no more");
    ladders[place].on_stage = true;
    receiver.go_on(&ladders, &kbps(3_400), 4_000);
    let encodings = receiver.encodings(&ladders);
    assert_eq!(encodings[place], Some(2), "{encodings:?}");
    assert!(encodings.iter().all(Option::is_some));
}

#[test]
fn layer_that_is_gone_gives_way_to_the_next_and_comes_back_at_once() {
    let mut ladders = vec![Ladder::new(1, &[150, 500, 1_500])];
    let mut receiver = Receiver::new();
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 5_000), 1_500);
    ladders[0].layers.pop();
    let (summary, grants) = receiver.look(&ladders, &kbps(2_700));
    assert_eq!(super::encoding(grants.first()), Some(1));
    assert_eq!(summary.desired, 0, "nothing to probe for");
    receiver.go_on(&ladders, &kbps(2_700), 2_000);
    ladders[0].layers.push(vec![1_500]);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 400), 1_500);
}

#[test]
fn who_wakes_up_begins_at_the_bottom() {
    let mut ladders = vec![Ladder::new(1, &[150, 500]), Ladder::new(2, &[150, 500])];
    let mut receiver = Receiver::new();
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 5_000), 1_000);
    let layers = std::mem::take(&mut ladders[0].layers);
    assert_eq!(receiver.go_on(&ladders, &kbps(2_700), 5_000), 500);
    assert_eq!(receiver.granted[&1].map(|layer| layer.encoding), Some(1), "nothing is said of it");
    ladders[0].layers = layers;
    let (summary, grants) = receiver.look(&ladders, &kbps(2_700));
    assert_eq!((summary.allocated, super::encoding(grants.first())), (650_000, Some(0)));
}

#[test]
fn desire_is_an_estimate_at_which_everything_is_granted() {
    for audio in [0, 150] {
        let (mut receiver, ladders) = (Receiver::new(), gallery());
        let budget = |estimate| Budget { audio: audio * 1_000, ..kbps(estimate) };
        receiver.go_on(&ladders, &budget(3_000), 4_000);
        let desired = receiver.look(&ladders, &budget(3_000)).0.desired;
        assert!(desired >= 13_500_000);
        // Probing ends at 1.05 below.
        let last = desired * 100 / 105 / 1_000;
        assert_eq!(receiver.go_on(&ladders, &budget(last), 12_000), 13_500 + audio);
        assert_eq!(receiver.look(&ladders, &budget(last)).0.desired, 0);
    }
}

#[test]
fn fifty_changes_later_everything_is_as_if_there_had_been_none() {
    for seed in 0..40_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
        let mut next = |most: u64| {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (random >> 33) % most
        };
        let all: Vec<_> = (1..=9)
            .map(|id| Ladder::new(id, &[100 + next(80), 400 + next(200), 1_300 + next(400)]))
            .collect();
        let (mut receiver, mut ladders) = (Receiver::new(), all.clone());
        let budget = kbps(1_000 + next(8_000));
        receiver.go_on(&ladders, &budget, 10_000);
        for _ in 0..50 {
            let place = next(9) as usize;
            ladders[place] = Ladder { on_stage: next(4) == 0, ..all[place].clone() };
            ladders[place].layers.truncate(1 + next(3) as usize);
            receiver.go_on(&ladders, &budget, 100);
        }
        receiver.go_on(&ladders, &budget, 40_000);
        let mut anew = Receiver::new();
        anew.go_on(&ladders, &budget, 10_000);
        assert_eq!(receiver.encodings(&ladders), anew.encodings(&ladders), "seed {seed}");
        receiver.switches.clear();
        receiver.go_on(&ladders, &budget, 20_000);
        assert!(receiver.switches.is_empty(), "and stays so");
    }
}
