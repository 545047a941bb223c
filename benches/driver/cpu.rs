//! What a thread has used of its processor.

use std::fs;
use std::iter::Sum;
use std::ops::Sub;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) total: Duration,
    /// The kernel's part as it samples it, in ticks of 10 ms; together with `user` it is close to
    /// `total` over seconds. Zero where there is no `/proc`.
    pub(crate) system: Duration,
    pub(crate) user: Duration,
}

impl Cpu {
    pub(crate) fn of_this_thread() -> Self {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
        let (user, system) = split().unwrap_or_default();
        Self { total: Duration::new(seconds, nanos), user, system }
    }

    /// The kernel's share, 0-1; `None` if it was too short to tell.
    pub(crate) fn system_share(self) -> Option<f64> {
        let all = (self.user + self.system).as_secs_f64();
        (all >= 0.1).then(|| self.system.as_secs_f64() / all)
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            total: self.total.saturating_sub(before.total),
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

impl Sum for Cpu {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            total: sum.total + one.total,
            user: sum.user + one.user,
            system: sum.system + one.system,
        })
    }
}

/// User and system time (proc_pid_stat(5), fields 14 and 15).
fn split() -> Option<(Duration, Duration)> {
    let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut next = || Some(Duration::from_millis(10 * fields.next()?.parse::<u64>().ok()?));
    Some((next()?, next()?))
}
