//! What is granted of a budget at once.

use proptest::prelude::*;

use super::super::fill::{Limits, fill};
use super::super::order::Order;
use super::super::{Allocator, Wishes};
use super::{Ladder, gallery, kbps, wishes};
use crate::base::Micros;

/// Levels, and what they add up to in kbit/s.
fn granted(wishes: &Wishes, limit: u64) -> (Vec<u8>, u64) {
    let mut order = Order::new(7);
    order.arrange(wishes);
    let mut levels = Vec::new();
    let sum = fill(order.turns(), wishes, Limits::all(limit * 1_000), None, &mut levels);
    (levels, sum / 1_000)
}

fn any_ladder() -> impl Strategy<Value = Ladder> {
    let rising = |most: u64| proptest::collection::vec(1..most, 1..4);
    let layers = proptest::collection::vec(rising(800), 1..4);
    (any::<u8>(), 0..6_u8, 0..6_u8, layers).prop_map(|(priority, stage, pausable, mut layers)| {
        let mut rate = 0;
        for layer in layers.iter_mut().flatten() {
            rate += *layer;
            *layer = rate;
        }
        Ladder { id: 0, priority, on_stage: stage == 0, pausable: pausable > 0, layers, calm: 100 }
    })
}

fn any_layout() -> impl Strategy<Value = Vec<Ladder>> {
    proptest::collection::vec(any_ladder(), 0..30).prop_map(|mut ladders| {
        for (id, ladder) in (1..).zip(&mut ladders) {
            ladder.id = id;
        }
        ladders
    })
}

/// What the wishes take that may not be paused, whatever there is.
fn unpausable(ladders: &[Ladder]) -> u64 {
    ladders.iter().filter(|held| !held.pausable).map(|held| held.layers[0][0]).sum()
}

proptest! {
    #[test]
    fn never_more_than_the_budget(ladders in any_layout(), limit in 0..20_000_u64) {
        let (levels, sum) = granted(&wishes(&ladders), limit);
        prop_assert!(sum <= limit.max(unpausable(&ladders)), "{sum} of {limit}: {levels:?}");
    }

    /// What comes before something else never gets less of a larger budget, and never for its
    /// sake: so for the first few turns together, however few.
    #[test]
    fn of_a_larger_budget_no_class_gets_less(
        ladders in any_layout(),
        limit in 0..20_000_u64,
        more in 0..2_000_u64,
    ) {
        let wishes = wishes(&ladders);
        let (less, _) = granted(&wishes, limit);
        let (more, _) = granted(&wishes, limit + more);
        let mut order = Order::new(7);
        order.arrange(&wishes);
        let (mut by_less, mut by_more, mut class) = (0, 0, None);
        for turn in order.turns() {
            if class.replace(turn.class()) != Some(turn.class()) {
                prop_assert!(by_less <= by_more, "before {turn:?}: {less:?}, {more:?}");
            }
            let place = usize::from(turn.wish);
            let cost = wishes.rate(place, turn.level + 1) - wishes.rate(place, turn.level);
            by_less += if less[place] > turn.level { cost } else { 0 };
            by_more += if more[place] > turn.level { cost } else { 0 };
        }
        prop_assert!(by_less <= by_more);
    }

    /// Where all layers are alike, everybody: nobody loses by a larger budget.
    #[test]
    fn of_a_larger_budget_nobody_gets_less_where_steps_are_alike(
        count in 1..30_u64,
        limit in 0..40_000_u64,
        more in 0..2_000_u64,
        stage in 0..3_u64,
    ) {
        let ladder = |id| Ladder { on_stage: id <= stage, ..Ladder::new(id, &[300, 600, 900]) };
        let wishes = wishes(&(1..=count).map(ladder).collect::<Vec<_>>());
        let (less, _) = granted(&wishes, limit);
        let (more, _) = granted(&wishes, limit + more);
        prop_assert!(less.iter().zip(&more).all(|(less, more)| less <= more));
    }

    /// The first look of all is the allocation of the moment.
    #[test]
    fn first_look_grants_no_more_than_may_be_kept(ladders in any_layout(), limit in 0..20_000_u64) {
        let (mut wishes, budget) = (wishes(&ladders), kbps(limit));
        let mut grants = Vec::new();
        let summary = Allocator::new(7).allocate(Micros(0), &budget, &mut wishes, &mut grants);
        let most = limit.max(unpausable(&ladders)) * 1_000;
        prop_assert!(summary.allocated <= most);
        prop_assert_eq!(grants.len(), ladders.len(), "each is told where it begins");
    }
}

#[test]
fn everybody_has_a_picture_before_anybody_has_a_better_one() {
    let wishes = wishes(&gallery());
    assert_eq!(granted(&wishes, 1_349), (granted(&wishes, 1_349).0, 1_200), "one is missing");
    assert_eq!(granted(&wishes, 1_350).0, [1; 9]);
    let (levels, sum) = granted(&wishes, 2_400);
    assert_eq!((levels.iter().filter(|level| **level == 2).count(), sum), (3, 2_400));
    assert!(levels.iter().all(|level| (1..=2).contains(level)));
}

#[test]
fn stage_comes_first_but_not_before_pictures_of_the_others() {
    let mut ladders: Vec<_> = (1..=9).map(|id| Ladder::new(id, &[100, 400, 1_500])).collect();
    ladders[4].on_stage = true;
    let wishes = wishes(&ladders);
    assert_eq!(granted(&wishes, 150).0, [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(granted(&wishes, 900).0, [1; 9]);
    assert_eq!(granted(&wishes, 1_200).0, [1, 1, 1, 1, 2, 1, 1, 1, 1]);
    assert_eq!(granted(&wishes, 2_300).0, [1, 1, 1, 1, 3, 1, 1, 1, 1]);
}

#[test]
fn pictures_jerk_before_any_is_left_out() {
    let mut ladders: Vec<_> = (1..=4).map(|id| Ladder::new(id, &[])).collect();
    for ladder in &mut ladders {
        ladder.layers = vec![vec![60, 80, 100]];
    }
    let wishes = wishes(&ladders);
    assert_eq!(granted(&wishes, 240).0, [1; 4]);
    let (levels, _) = granted(&wishes, 320);
    assert_eq!(levels.iter().map(|level| u32::from(*level)).sum::<u32>(), 8);
    assert_eq!(granted(&wishes, 400).0, [3; 4]);
}

#[test]
fn weight_of_two_comes_to_its_second_step_with_the_first_of_others() {
    let mut ladders: Vec<_> = (1..=3).map(|id| Ladder::new(id, &[100, 200, 300])).collect();
    ladders[1].priority = 255;
    ladders[2].priority = 64;
    let wishes = wishes(&ladders);
    assert_eq!(granted(&wishes, 400).0, [1, 2, 1]);
    assert_eq!(granted(&wishes, 500).0, [1, 3, 1]);
    assert_eq!(granted(&wishes, 600).0, [2, 3, 1]);
    assert_eq!(granted(&wishes, 700).0, [3, 3, 1]);
}

#[test]
fn what_may_not_be_paused_keeps_its_base_and_nothing_above() {
    let mut ladders = gallery();
    ladders[6].pausable = false;
    let wishes = wishes(&ladders);
    assert_eq!(granted(&wishes, 0), (vec![0, 0, 0, 0, 0, 0, 1, 0, 0], 150));
    assert_eq!(granted(&wishes, 299).1, 150);
    assert_eq!(granted(&wishes, 300).1, 300);
}

#[test]
fn nobody_is_last_at_every_receiver() {
    let wishes = wishes(&gallery());
    let mut served = [0; 9];
    for salt in 0..900 {
        let mut order = Order::new(salt * 0x9e37_79b9);
        order.arrange(&wishes);
        let mut levels = Vec::new();
        fill(order.turns(), &wishes, Limits::all(450_000), None, &mut levels);
        for (count, level) in served.iter_mut().zip(levels) {
            *count += u32::from(level);
        }
    }
    assert!(served.iter().all(|count| (220..380).contains(count)), "{served:?}: 300 each is fair");
}
