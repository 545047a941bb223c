//! Random numbers and fixed point: against references, and against what they should be in the mean.

use super::super::fixed;
use super::super::rng::{Chance, Pcg};

#[test]
fn pcg_is_the_published_one() {
    // The demonstration of pcg32 (seed 42, sequence 54).
    let mut pcg = Pcg::new(42, 54);
    let drawn: Vec<u32> = (0..6).map(|_| pcg.next_u32()).collect();
    let expected = [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330, 0x83d2_f293, 0xbfa4_784b, 0xcbed_606e];
    assert_eq!(drawn, expected);
}

#[test]
fn streams_differ() {
    let (mut a, mut b) = (Pcg::new(1, 1), Pcg::new(1, 2));
    assert!((0..100).filter(|_| a.next_u32() == b.next_u32()).count() < 2);
}

#[test]
fn uniform_numbers_reach_both_ends() {
    let mut pcg = Pcg::new(3, 3);
    let drawn: Vec<u64> = (0..1_000).map(|_| pcg.between(3, 7)).collect();
    assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&7)));
}

#[test]
fn sure_things_and_impossible_ones_are_so() {
    let mut pcg = Pcg::new(4, 4);
    assert!((0..1_000).all(|_| pcg.chance(Chance::new(1.0))));
    assert!(!(0..1_000).any(|_| pcg.chance(Chance::new(0.0))));
}

#[test]
fn exponential_has_its_mean_and_its_tail() {
    let mut pcg = Pcg::new(5, 5);
    let drawn: Vec<u64> = (0..100_000).map(|_| pcg.exponential(10_000)).collect();
    let mean = drawn.iter().sum::<u64>() / 100_000;
    assert!((9_900..10_100).contains(&mean), "{mean}");
    let beyond = drawn.iter().filter(|value| **value > 30_000).count();
    assert!((4_700..5_300).contains(&beyond), "{beyond}"); // e^-3 is 4.98 %
}

#[test]
fn logarithm_and_power_are_right_to_a_millionth() {
    let unit = f64::from(1 << fixed::BITS);
    for x in [1, 2, 3, 10, 12_345, u64::from(u32::MAX), 1 << 40, u64::MAX] {
        let exact = (x as f64).log2();
        assert!((fixed::log2(x) as f64 / unit - exact).abs() < 1e-6, "log2({x})");
    }
    for exponent in [-3.7, -1.0, -0.25, 0.0, 0.5, 0.999, 1.0, 2.3] {
        let got = fixed::times_exp2(1 << 40, (exponent * unit) as i64) as f64;
        let exact = f64::exp2(exponent + 40.0);
        assert!((got / exact - 1.0).abs() < 1e-6, "2^{exponent}: {got} against {exact}");
    }
}
