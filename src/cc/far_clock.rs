//! The far end's clock as RFC 8888 tells it, in microseconds that do not wrap.

/// Unwraps arrival times of one far end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FarClock {
    /// The last report timestamp, unwrapped.
    reported: Option<i64>,
}

impl FarClock {
    /// A report came that was written at `timestamp`: the middle 32 bits of an NTP timestamp
    /// (1/65536 s). Reports may overtake each other.
    pub(crate) fn on_report(&mut self, timestamp: u32) {
        self.reported = Some(self.unwrap(timestamp));
    }

    /// Microseconds of the far end's clock at `at`, which is told like a report timestamp and
    /// within 9 hours of the last one.
    pub(crate) fn micros(&self, at: u32) -> i64 {
        (self.unwrap(at) * 15_625).div_euclid(1_024)
    }

    fn unwrap(&self, at: u32) -> i64 {
        let near = self.reported.unwrap_or_else(|| i64::from(at));
        near + i64::from(at.wrapping_sub(low_bits(near)).cast_signed())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the low 32 bits are the wire's number"
)]
const fn low_bits(unwrapped: i64) -> u32 {
    unwrapped as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_go_on_across_the_wrap_and_back_over_it() {
        let mut clock = FarClock::default();
        clock.on_report(0xffff_0000);
        let before = clock.micros(0xffff_0000);
        clock.on_report(0x0001_0000);
        assert_eq!(clock.micros(0x0001_0000) - before, 2_000_000);
        assert_eq!(clock.micros(0xffff_8000) - before, 500_000, "a packet before the wrap");
        clock.on_report(0xffff_c000);
        assert_eq!(clock.micros(0x0001_0000) - before, 2_000_000, "a report that was overtaken");
    }

    #[test]
    fn time_before_the_first_report_may_be_below_zero_and_keeps_its_distance() {
        let mut clock = FarClock::default();
        clock.on_report(0x0000_4000);
        assert_eq!(clock.micros(0x0000_4000) - clock.micros(0xffff_c000), 500_000);
    }
}
