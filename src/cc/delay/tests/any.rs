//! Whatever arrives.

use proptest::prelude::*;

use super::*;

fn any_result() -> impl Strategy<Value = PacketResult> {
    let arrived = prop_oneof![
        Just(None),
        any::<i64>().prop_map(Some),
        (0..10_000_000_i64).prop_map(Some),
        prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(Some),
    ];
    let sent = prop_oneof![any::<u64>(), 0..10_000_000_u64];
    (sent, arrived, any::<u16>()).prop_map(|(sent, arrived, bytes)| packet(sent, arrived, bytes))
}

proptest! {
    #[test]
    fn estimate_stays_within_its_bounds_whatever_arrives(
        feedback in prop::collection::vec(
            (0..3_000_000_u64, prop::collection::vec(any_result(), 0..20), 0..4_u8,
                prop_oneof![any::<u64>(), 0..50_000_000_u64]),
            0..50),
    ) {
        let mut rig = Rig::new();
        rig.delay.set_limits(30_000, 20_000_000);
        for (passed, results, extra, rate) in feedback {
            rig.now += passed;
            rig.feedback(&results);
            let rates = [Some(rate), None, None, Some(rate)];
            let [acked, probe] = [rates[usize::from(extra)], rates[usize::from(extra) ^ 1]];
            let alr = extra > 1;
            let update = rig.delay.on_feedback(Micros(rig.now), &results, acked, alr, probe);
            prop_assert!((30_000..=20_000_000).contains(&update.target), "{update:?}");
            prop_assert!(rig.delay.trend().is_finite() && rig.delay.growth().is_finite());
            prop_assert!(rig.delay.period() >= Micros::millis(2_000));
        }
    }

    #[test]
    fn telling_of_packets_twice_does_no_harm(jitter in prop::collection::vec(0..400_i64, 500)) {
        let mut rig = Rig::new();
        rig.delay.set_start(500_000);
        for (sent, jitter) in (0..).step_by(10_000).zip(jitter) {
            rig.now += 10_000;
            let result = packet(sent, Some(sent.cast_signed() + jitter), 1_000);
            rig.feedback(&[result, result]);
        }
        prop_assert!(rig.estimate >= 500_000, "{}", rig.estimate);
    }
}
