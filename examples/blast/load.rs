//! A running load: the engine's process, the two threads that work it, and what they measure.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::addresses::Shared;
use crate::check::Checker;
use crate::child::EngineProcess;
use crate::counters::Counters;
use crate::cpu::Cpu;
use crate::options::Options;
use crate::pattern::Pattern;
use crate::receive::{Progress, Receiver, Window};
use crate::send::Sender;
use crate::sent::Sent;

/// More sockets than that do not make receiving safer.
const MOST_SOCKETS: u32 = 8;

/// What is on its way when sending ends has arrived after that.
const SETTLING: Duration = Duration::from_millis(500);

pub(crate) struct Load {
    engine: EngineProcess,
    sent: Arc<Sent>,
    progress: Arc<Progress>,
    sockets: Arc<[Shared]>,
    sender: JoinHandle<std::io::Result<()>>,
    receiver: JoinHandle<std::io::Result<Checker>>,
    /// Everything received so far.
    total: Window,
    /// Packets each datagram sent becomes, on average.
    pub(crate) copies: f64,
    /// Datagrams per second at a speed of 1.
    pub(crate) nominal: f64,
}

/// What happened in a stretch of time.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Datagrams sent to the engine, and their bytes.
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) window: Window,
    pub(crate) engine: Counters,
    /// Of this process.
    pub(crate) own: Cpu,
    /// The longest that a packet was sent behind its time.
    pub(crate) latest: Duration,
    /// Dropped by the kernel because a socket's buffer was full: ours, the engine's.
    pub(crate) overflowed_here: u64,
    pub(crate) overflowed_there: u64,
}

impl Load {
    pub(crate) fn start(options: &Options) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let pattern = Pattern::new(options)?;
        let count = options.receivers.max(options.publishers).min(MOST_SOCKETS);
        let sockets: std::io::Result<Vec<_>> = (0..count).map(|_| Shared::open()).collect();
        let sockets: Arc<[Shared]> = sockets.map_err(text)?.into();
        let ports: Vec<_> = sockets.iter().map(|socket| socket.port).collect();
        let engine = EngineProcess::start(&ports)?;
        let subscriptions = f64::from(options.receivers) * f64::from(options.subscriptions);
        let per_publisher = pattern.packets.len() as f64 / pattern.period.as_secs_f64();
        let sent = Arc::new(Sent::new(options.publishers, options.speed));
        let progress = Arc::new(Progress::default());
        let checker = Checker::new(options, Arc::clone(&sent));
        let (ours, at) = (Arc::clone(&sockets), engine.address);
        let receiver = Receiver::new(ours, at, checker, Arc::clone(&progress));
        let sender = Sender::new(options, pattern, Arc::clone(&sockets), at, Arc::clone(&sent));
        Ok(Self {
            engine,
            sent,
            progress,
            sockets,
            receiver: named("receiver", move || receiver.run()).map_err(text)?,
            sender: named("sender", move || sender.run()).map_err(text)?,
            total: Window::default(),
            copies: subscriptions / f64::from(options.publishers),
            nominal: per_publisher * f64::from(options.publishers),
        })
    }

    pub(crate) fn set_speed(&self, speed: f64) {
        self.sent.set_speed(speed);
    }

    pub(crate) fn measure(&mut self, duration: Duration) -> Result<Measured, String> {
        self.pass(Duration::ZERO);
        self.sent.take_latest();
        let before = self.look()?;
        thread::sleep(duration);
        let after = self.look()?;
        let window = self.progress.take();
        self.total.absorb(&window);
        Ok(Measured {
            seconds: (after.at - before.at).as_secs_f64(),
            sent: after.sent - before.sent,
            sent_bytes: after.sent_bytes - before.sent_bytes,
            window,
            engine: after.engine.since(before.engine),
            own: after.own - before.own,
            latest: self.sent.take_latest(),
            overflowed_here: after.overflowed_here - before.overflowed_here,
            overflowed_there: after.overflowed_there - before.overflowed_there,
        })
    }

    /// Goes on for a while without measuring.
    pub(crate) fn pass(&mut self, duration: Duration) {
        thread::sleep(duration);
        self.total.absorb(&self.progress.take());
    }

    /// Stops sending, waits for what is on its way, and returns everything that was received.
    pub(crate) fn finish(mut self) -> Result<Window, String> {
        self.sent.stop();
        let sender = self.sender.join().expect("it does not panic");
        sender.map_err(|error| format!("sending failed: {error}"))?;
        thread::sleep(SETTLING);
        self.progress.stop();
        let receiver = self.receiver.join().expect("it does not panic");
        let checker = receiver.map_err(|error| format!("receiving failed: {error}"))?;
        self.total.absorb(&self.progress.take());
        let (injected, lost) = checker.tails();
        self.total.injected += injected;
        self.total.lost += lost;
        Ok(self.total)
    }

    fn look(&mut self) -> Result<Look, String> {
        let ours: Vec<_> = self.sockets.iter().map(|socket| socket.port).collect();
        Ok(Look {
            at: clock(),
            engine: self.engine.counters()?,
            own: Cpu::of_this_process(),
            sent: self.sent.datagrams.load(Ordering::Relaxed),
            sent_bytes: self.sent.bytes.load(Ordering::Relaxed),
            overflowed_here: overflowed(&ours),
            overflowed_there: overflowed(&[self.engine.address.port()]),
        })
    }
}

/// Counters at one moment.
struct Look {
    at: Instant,
    engine: Counters,
    own: Cpu,
    sent: u64,
    sent_bytes: u64,
    overflowed_here: u64,
    overflowed_there: u64,
}

fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// Datagrams that the kernel dropped at sockets with these ports: the last column of
/// `/proc/net/udp`; 0 where there is none.
fn overflowed(ports: &[u16]) -> u64 {
    let table = fs::read_to_string("/proc/net/udp").unwrap_or_default();
    let drops = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (_, port) = words.nth(1)?.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        ports.contains(&port).then(|| words.next_back()?.parse::<u64>().ok())?
    };
    table.lines().filter_map(drops).sum()
}

#[expect(clippy::disallowed_methods, reason = "a load generator has a clock")]
fn clock() -> Instant {
    Instant::now()
}
