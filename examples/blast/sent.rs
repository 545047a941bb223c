//! What the sending thread tells the others while it sends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Packets of each publisher whose sending time is remembered.
const REMEMBERED: usize = 1 << 14;

#[derive(Debug)]
pub(crate) struct Sent {
    publishers: Vec<OnePublisher>,
    /// Datagrams and their bytes, those lost on purpose not counted.
    pub(crate) datagrams: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// How much faster than the pattern, as the bits of an `f64`.
    speed: AtomicU64,
    /// The longest a packet was sent behind its time, in ns, since it was asked for last.
    latest: AtomicU64,
    stop: AtomicBool,
}

#[derive(Debug)]
struct OnePublisher {
    times: Box<[AtomicU64]>,
    count: AtomicU64,
}

impl Sent {
    pub(crate) fn new(publishers: u32, speed: f64) -> Self {
        let one = |_| OnePublisher {
            times: (0..REMEMBERED).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
        };
        Self {
            publishers: (0..publishers).map(one).collect(),
            datagrams: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            speed: AtomicU64::new(speed.to_bits()),
            latest: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        }
    }

    /// Packet `number` of `publisher` is being sent at `time`.
    pub(crate) fn note(&self, publisher: u32, number: u64, time: u64, late: Duration) {
        let held = &self.publishers[publisher as usize];
        held.times[place(number)].store(time, Ordering::Relaxed);
        held.count.store(number + 1, Ordering::Release);
        let late = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
        self.latest.fetch_max(late, Ordering::Relaxed);
    }

    /// When packet `number` of `publisher` was sent.
    pub(crate) fn time(&self, publisher: u32, number: u64) -> u64 {
        self.publishers[publisher as usize].times[place(number)].load(Ordering::Relaxed)
    }

    /// How many packets `publisher` has sent or lost on purpose.
    pub(crate) fn count(&self, publisher: u32) -> u64 {
        self.publishers[publisher as usize].count.load(Ordering::Acquire)
    }

    pub(crate) fn set_speed(&self, speed: f64) {
        self.speed.store(speed.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn speed(&self) -> f64 {
        f64::from_bits(self.speed.load(Ordering::Relaxed))
    }

    pub(crate) fn take_latest(&self) -> Duration {
        Duration::from_nanos(self.latest.swap(0, Ordering::Relaxed))
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number % REMEMBERED as u64).expect("it is small")
}

/// Nanoseconds since 1970, by the clock that the kernel stamps arrivals with.
#[expect(clippy::disallowed_methods, reason = "a load generator has a clock")]
pub(crate) fn wall_clock() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
