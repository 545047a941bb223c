//! What a thread or a process has used of its processors. The benchmark `driver` includes it too.

use std::fs;
use std::ops::{Add, Sub};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time used so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) total: Duration,
    /// As the kernel samples it, in ticks of 10 ms; together with `system` it is close to `total`
    /// over seconds. Zero where there is no `/proc`.
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Cpu {
    pub(crate) fn of_this_thread() -> Self {
        Self::read(ClockId::ThreadCPUTime, "/proc/thread-self/stat")
    }

    pub(crate) fn of_this_process() -> Self {
        Self::read(ClockId::ProcessCPUTime, "/proc/self/stat")
    }

    /// The kernel's share, 0-1; `None` if it was too short to tell.
    pub(crate) fn system_share(self) -> Option<f64> {
        let all = (self.user + self.system).as_secs_f64();
        (all >= 0.1).then(|| self.system.as_secs_f64() / all)
    }

    fn read(clock: ClockId, stat: &str) -> Self {
        let now = clock_gettime(clock);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
        let (user, system) = split(stat).unwrap_or_default();
        Self { total: Duration::new(seconds, nanos), user, system }
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

impl Add for Cpu {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            total: self.total + more.total,
            user: self.user + more.user,
            system: self.system + more.system,
        }
    }
}

/// User and system time (proc_pid_stat(5), fields 14 and 15).
fn split(stat: &str) -> Option<(Duration, Duration)> {
    let stat = fs::read_to_string(stat).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut next = || Some(Duration::from_millis(10 * fields.next()?.parse::<u64>().ok()?));
    Some((next()?, next()?))
}
