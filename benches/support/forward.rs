//! The work itself, by lahn: decrypt, decide, seal for each receiver.

use std::time::Duration;

use lahn::Drained;
use lahn::srtp::{AeadBackend, Profile};

use super::arena::Arena;
use super::clock;
use super::load::Load;
use super::measure::Work;
use super::raw::RawCall;

/// Virtual time before anything is measured.
const SETTLING: Duration = Duration::from_secs(3);

/// Everything between two turns of a driver: a batch in, the time told, a drain.
pub struct Forward {
    call: RawCall,
    load: Load,
    arena: Arena,
    datagrams: Vec<(usize, [u8; 1_500])>,
    /// Frames published so far, of each source.
    frames: Vec<u64>,
    /// The source whose frame is next.
    turn: usize,
}

/// Which part of a round is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Datagrams in: opened, kept, a reference to each receiver.
    Feed,
    /// Datagrams out: headers, ciphers.
    Drain,
}

/// One part of [`Forward`]'s round.
pub struct Only(pub Part, pub Forward);

impl Forward {
    pub fn new(load: Load, receivers: u32, profile: Profile, aead: Option<AeadBackend>) -> Self {
        let call = RawCall::with(clock(), load.shape(receivers, profile, aead));
        let datagrams = vec![(0, [0; 1_500]); usize::try_from(load.batch()).expect("few")];
        let frames = vec![0; call.publishers.len()];
        let mut forward = Self { call, load, arena: Arena::new(), datagrams, frames, turn: 0 };
        // Every source begins; receivers report, so that none has to be introduced any more; some
        // seconds later reports are under way and rings have the size that the rate asks for.
        let begun = 2 * load.sources.div_ceil(load.together);
        let settled = SETTLING.as_nanos() / load.interval.as_nanos();
        for _ in 0..begun {
            forward.turn(Part::Whole);
        }
        forward.call.acknowledge();
        for _ in 0..settled {
            forward.turn(Part::Whole);
        }
        let before = forward.arena.rtp;
        forward.turn(Part::Whole);
        let rtp = forward.arena.rtp - before;
        assert_eq!(rtp, forward.packets(), "every receiver gets everything");
        forward
    }

    fn turn(&mut self, part: Part) -> Duration {
        let sources = self.publish();
        self.call.now += self.load.interval;
        let now = self.call.now;

        let start = clock();
        for ((len, datagram), source) in self.datagrams.iter_mut().zip(sources) {
            let path = self.call.publishers[source].path;
            self.call.engine.handle_datagram(now, path, &mut datagram[..*len]);
        }
        let fed = clock();
        self.call.engine.handle_timeout(now);
        let woken = clock();
        while self.call.engine.poll_transmit(now, &mut self.arena) == Drained::SinkFull {
            self.arena.empty();
        }
        let drained = clock();

        while self.call.engine.poll_event().is_some() {}
        match part {
            Part::Whole => drained - start,
            Part::Feed => fed - start,
            Part::Drain => drained - woken,
        }
    }

    /// Seals the next batch, as its publishers would; whose each datagram is.
    fn publish(&mut self) -> Vec<usize> {
        let per_frame = self.load.packets.frame;
        let mut sources = Vec::with_capacity(self.datagrams.len());
        let mut datagrams = self.datagrams.iter_mut();
        for _ in 0..self.load.together {
            let source = self.turn;
            self.turn = (self.turn + 1) % self.frames.len();
            let first = self.frames[source] * per_frame;
            self.frames[source] += 1;
            for (number, (len, datagram)) in (first..first + per_frame).zip(&mut datagrams) {
                *len = self.call.seal_of(source, number, datagram);
                sources.push(source);
            }
        }
        sources
    }
}

impl Work for Forward {
    /// Forwarded packets: those that leave.
    fn packets(&self) -> u64 {
        self.load.batch() * self.call.receivers.len() as u64
    }

    fn round(&mut self) -> Duration {
        self.turn(Part::Whole)
    }
}

impl Work for Only {
    /// Fed: packets that came. Drained: packets that left.
    fn packets(&self) -> u64 {
        if self.0 == Part::Feed { self.1.load.batch() } else { self.1.packets() }
    }

    fn round(&mut self) -> Duration {
        self.1.turn(self.0)
    }
}
