//! What the engine's process counts, as it crosses the pipe.

use std::fs;
use std::ops::Index;

use lahn::driver::Driver;

use crate::cpu::Cpu;

/// What is counted. All but the last two only grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Count {
    CpuNanos,
    UserNanos,
    SystemNanos,
    /// Ready to run, but without a processor: something else was running on it.
    WaitedNanos,
    Received,
    ReceiveCalls,
    Sent,
    BytesSent,
    SendCalls,
    RunsSent,
    GsoRuns,
    SendErrors,
    SendBlocked,
    Turns,
    /// Datagrams one run may have.
    GsoSegments,
    /// Bytes of memory in use.
    Resident,
}

const COUNTS: usize = Count::Resident as usize + 1;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counters([u64; COUNTS]);

impl Counters {
    pub(crate) fn of(driver: &Driver) -> Self {
        let stats = driver.stats();
        let cpu = Cpu::of_this_process();
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut counters = Self::default();
        for (count, value) in [
            (Count::CpuNanos, nanos(cpu.total)),
            (Count::UserNanos, nanos(cpu.user)),
            (Count::SystemNanos, nanos(cpu.system)),
            (Count::WaitedNanos, waited()),
            (Count::Received, stats.datagrams_received),
            (Count::ReceiveCalls, stats.receive_calls),
            (Count::Sent, stats.datagrams_sent),
            (Count::BytesSent, stats.bytes_sent),
            (Count::SendCalls, stats.send_calls),
            (Count::RunsSent, stats.runs_sent),
            (Count::GsoRuns, stats.gso_runs),
            (Count::SendErrors, stats.send_errors),
            (Count::SendBlocked, stats.send_blocked),
            (Count::Turns, stats.turns),
            (Count::GsoSegments, stats.gso_segments as u64),
            (Count::Resident, resident()),
        ] {
            counters.0[count as usize] = value;
        }
        counters
    }

    pub(crate) fn to_line(self) -> String {
        self.0.map(|value| value.to_string()).join(" ")
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut counters = Self::default();
        let mut words = line.split_ascii_whitespace();
        for value in &mut counters.0 {
            *value = words.next()?.parse().ok()?;
        }
        Some(counters)
    }

    /// What was added since `before`; levels stay as they are.
    pub(crate) fn since(self, before: Self) -> Self {
        let mut grown = self;
        for (value, before) in grown.0.iter_mut().zip(before.0).take(Count::GsoSegments as usize) {
            *value = value.saturating_sub(before);
        }
        grown
    }
}

impl Index<Count> for Counters {
    type Output = u64;

    fn index(&self, count: Count) -> &u64 {
        &self.0[count as usize]
    }
}

/// The second figure of each thread's `schedstat`; 0 where there is none.
fn waited() -> u64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return 0 };
    let of_thread = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
    };
    threads.flatten().filter_map(of_thread).sum()
}

/// proc_pid_status(5); 0 elsewhere.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
