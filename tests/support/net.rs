//! The network between the engine and the participants: each direction of each participant's way
//! is a [`Link`] with its own delay, jitter, loss and duplication, from one seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// xorshift64*: enough for dice.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// `true` with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && ((self.next() >> 11) as f64) < p * (1u64 << 53) as f64
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { (self.next() >> 11) % bound }
    }
}

/// Losses that come in runs.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Chance per datagram that a run begins.
    pub begins: f64,
    /// Datagrams lost in one run.
    pub length: u32,
}

/// Says which datagrams are lost.
pub type LoseIf = Box<dyn FnMut(&[u8]) -> bool>;

/// One direction of one participant's way.
pub struct Link {
    pub delay: Duration,
    /// Up to so much is added to the delay, by dice: what is sent closer together gets reordered.
    pub jitter: Duration,
    pub loss: f64,
    pub burst: Option<Burst>,
    pub duplication: f64,
    /// Loses exactly the datagrams it says `true` to.
    pub lose_if: Option<LoseIf>,
    left_of_burst: u32,
    dice: Dice,
}

impl Link {
    pub fn new(seed: u64) -> Self {
        Self {
            delay: Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: None,
            duplication: 0.0,
            lose_if: None,
            left_of_burst: 0,
            dice: Dice::new(seed),
        }
    }

    /// When the copies of a datagram sent `now` arrive: none, one or two.
    fn arrivals(&mut self, now: Instant, bytes: &[u8]) -> Vec<Instant> {
        if self.loses(bytes) {
            return Vec::new();
        }
        let copies = if self.dice.chance(self.duplication) { 2 } else { 1 };
        (0..copies).map(|_| now + self.delay + self.some_jitter()).collect()
    }

    fn loses(&mut self, bytes: &[u8]) -> bool {
        if self.lose_if.as_mut().is_some_and(|lose| lose(bytes)) {
            return true;
        }
        if self.left_of_burst > 0 {
            self.left_of_burst -= 1;
            return true;
        }
        if let Some(burst) = self.burst
            && self.dice.chance(burst.begins)
        {
            self.left_of_burst = burst.length - 1;
            return true;
        }
        self.dice.chance(self.loss)
    }

    fn some_jitter(&mut self) -> Duration {
        Duration::from_nanos(self.dice.below(self.jitter.as_nanos() as u64))
    }
}

/// A datagram on its way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct InFlight {
    pub at: Instant,
    /// Keeps what arrives at one moment in the order it was sent in.
    number: u64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
pub struct Net {
    flying: BinaryHeap<Reverse<InFlight>>,
    sent: u64,
}

impl Net {
    pub fn send(
        &mut self,
        now: Instant,
        link: &mut Link,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        for at in link.arrivals(now, bytes) {
            self.sent += 1;
            let number = self.sent;
            self.flying.push(Reverse(InFlight { at, number, from, to, bytes: bytes.to_vec() }));
        }
    }

    pub fn next_arrival(&self) -> Option<Instant> {
        self.flying.peek().map(|Reverse(next)| next.at)
    }

    /// The next datagram that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<InFlight> {
        self.flying.peek().filter(|Reverse(next)| next.at <= now)?;
        self.flying.pop().map(|Reverse(next)| next)
    }
}
