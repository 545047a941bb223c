use super::*;
#[test]
fn hot_state_fits_a_cache_line() {
    assert!(size_of::<Subscription>() <= 64, "{}", size_of::<Subscription>());
}
