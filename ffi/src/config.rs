//! Settings of an engine, as C gives them.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use crate::layout::Sized32;
use crate::result::{Failure, lahn_result_code::LAHN_ERR_OS};

/// Settings of an engine; start from LAHN_CONFIG_INIT. 0 means the default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_config {
    /// sizeof(lahn_config).
    pub struct_size: u32,
    /// Conferences open at a time.
    pub max_conferences: u32,
    /// Endpoints alive at a time, over all conferences.
    pub max_endpoints: u32,
    /// Events waiting for lahn_engine_poll_event; more are lost (LAHN_EVENT_OVERFLOW).
    pub max_events: u32,
    /// How long an endpoint may take to connect.
    pub connect_timeout_ms: u32,
    /// How long an endpoint may stay silent (RFC 7675: 30 s at most).
    pub idle_timeout_ms: u32,
    /// What the wall clock (microseconds since 1970) showed when the caller's monotonic clock was
    /// 0; sender reports carry it (RFC 3550 section 6.4.1).
    pub unix_time_us_at_zero: u64,
    /// Where SSRCs and first sequence numbers come from. All 0: the library takes one from the
    /// operating system. Give one for runs that can be repeated.
    pub seed: [u8; 32],
    /// What a link is taken to carry before anything is known of it, bit/s.
    pub start_bps: u64,
    /// No link is taken to carry less, bit/s.
    pub min_bps: u64,
    /// No link is taken to carry more, bit/s.
    pub max_bps: u64,
    /// Not 0: no congestion control; everything is sent at once, whatever the link carries.
    pub congestion_off: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: repr(C), struct_size first, integers only, 6 x 4 + 8 + 32 + 3 x 8 + 2 x 4 bytes without a
// gap.
unsafe impl Sized32 for lahn_config {
    const FIRST: usize = 64;
}

impl lahn_config {
    pub(crate) fn read(&self) -> Result<lahn::Config, Failure> {
        let mut config = lahn::Config { seed: seed(self.seed)?, ..lahn::Config::default() };
        config.unix_time = Duration::from_micros(self.unix_time_us_at_zero);
        set(&mut config.limits.conferences, self.max_conferences, count);
        set(&mut config.limits.endpoints, self.max_endpoints, count);
        set(&mut config.limits.events, self.max_events, count);
        set(&mut config.connect_timeout, self.connect_timeout_ms, millis);
        set(&mut config.idle_timeout, self.idle_timeout_ms, millis);
        let congestion = &mut config.congestion;
        set(&mut congestion.start_bitrate, self.start_bps, |bps| bps);
        set(&mut congestion.min_bitrate, self.min_bps, |bps| bps);
        set(&mut congestion.max_bitrate, self.max_bps, |bps| bps);
        congestion.enabled = self.congestion_off == 0;
        if congestion.min_bitrate > congestion.max_bitrate || self.reserved != 0 {
            return Err(Failure::argument("lahn_config: min_bps above max_bps, or reserved not 0"));
        }
        Ok(config)
    }
}

fn set<T, G: PartialEq + Default>(setting: &mut T, given: G, meaning: fn(G) -> T) {
    if given != G::default() {
        *setting = meaning(given);
    }
}

fn count(given: u32) -> usize {
    usize::try_from(given).unwrap_or(usize::MAX)
}

fn millis(given: u32) -> Duration {
    Duration::from_millis(u64::from(given))
}

fn seed(given: [u8; 32]) -> Result<[u8; 32], Failure> {
    let mut seed = given;
    if seed == [0; 32] {
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| Failure::new(LAHN_ERR_OS, "no random numbers for the seed"))?;
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INIT: lahn_config = lahn_config {
        struct_size: 96,
        max_conferences: 0,
        max_endpoints: 0,
        max_events: 0,
        connect_timeout_ms: 0,
        idle_timeout_ms: 0,
        unix_time_us_at_zero: 0,
        seed: [0; 32],
        start_bps: 0,
        min_bps: 0,
        max_bps: 0,
        congestion_off: 0,
        reserved: 0,
    };

    fn config(given: lahn_config) -> lahn::Config {
        given.read().expect("the system has random numbers")
    }

    #[test]
    fn zero_means_the_default_and_any_other_number_itself() {
        let (default, plain) = (lahn::Config::default(), config(INIT));
        assert_eq!(plain.limits.endpoints, default.limits.endpoints);
        assert_eq!(plain.connect_timeout, default.connect_timeout);
        let set = config(lahn_config {
            max_conferences: 1,
            max_endpoints: 2,
            max_events: 3,
            connect_timeout_ms: 4,
            idle_timeout_ms: 5,
            unix_time_us_at_zero: 6,
            start_bps: 8,
            min_bps: 7,
            max_bps: 9,
            congestion_off: 1,
            ..INIT
        });
        let congestion = set.congestion;
        let rates = (congestion.min_bitrate, congestion.start_bitrate, congestion.max_bitrate);
        assert_eq!(rates, (7, 8, 9));
        assert!(!congestion.enabled && plain.congestion == default.congestion);
        let limits = set.limits;
        assert_eq!((limits.conferences, limits.endpoints, limits.events), (1, 2, 3));
        assert_eq!(set.connect_timeout, Duration::from_millis(4));
        assert_eq!(set.idle_timeout, Duration::from_millis(5));
        assert_eq!(set.unix_time, Duration::from_micros(6));
    }

    #[test]
    fn bounds_of_the_rate_that_exclude_each_other_are_refused() {
        assert!(lahn_config { min_bps: 2, max_bps: 1, ..INIT }.read().is_err());
        assert!(lahn_config { reserved: 1, ..INIT }.read().is_err());
    }

    #[test]
    fn seed_comes_from_the_system_only_if_none_is_given() {
        assert_ne!(config(INIT).seed, config(INIT).seed);
        assert_eq!(config(lahn_config { seed: [9; 32], ..INIT }).seed, [9; 32]);
    }
}
