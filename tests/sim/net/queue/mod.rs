//! Where packets wait (T3): one way in, one way out, and what is dropped comes back to be recorded.

mod codel;
mod fq_codel;

use std::collections::VecDeque;

use super::Time;
use super::config::QueueConfig;
use super::packet::Head;

use codel::Codel;
use fq_codel::FqCodel;

/// Packets that CoDel and FQ-CoDel hold at most (RFC 8290 §5.2.2 has 10240 for faster links).
const MOST_PACKETS: usize = 1_000;

/// A packet that waits.
#[derive(Clone, Debug)]
pub(super) struct Queued<T> {
    pub(super) head: Head,
    pub(super) entered: Time,
    pub(super) item: T,
}

/// The queue of a link.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    bytes: u64,
    discipline: Discipline<T>,
}

#[derive(Clone, Debug)]
enum Discipline<T> {
    DropTail(Limit, Fifo<T>),
    Codel(Codel, Fifo<T>),
    FqCodel(FqCodel<T>),
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    Time(Time),
    Bytes(u64),
    Packets(usize),
}

impl<T> Queue<T> {
    pub(super) fn new(config: QueueConfig) -> Self {
        let tail = |limit| Discipline::DropTail(limit, Fifo::new());
        let discipline = match config {
            QueueConfig::DropTailTime(most) => tail(Limit::Time(most)),
            QueueConfig::DropTailBytes(most) => tail(Limit::Bytes(most)),
            QueueConfig::DropTailPackets(most) => tail(Limit::Packets(most)),
            QueueConfig::Codel { target, interval, marks } => {
                Discipline::Codel(Codel::new(target, interval, marks), Fifo::new())
            }
            QueueConfig::FqCodel { target, interval, marks } => {
                Discipline::FqCodel(FqCodel::new(Codel::new(target, interval, marks)))
            }
        };
        Self { bytes: 0, discipline }
    }

    /// Takes a packet that would `wait` so long; what must go for it (perhaps itself) is added to
    /// `dropped`.
    pub(super) fn push(
        &mut self,
        packet: Queued<T>,
        wait: impl FnOnce() -> Time,
        dropped: &mut Vec<Queued<T>>,
    ) {
        let bytes = u64::from(packet.head.bytes);
        let (is_full, fifo) = match &mut self.discipline {
            Discipline::DropTail(limit, fifo) => {
                let is_full = match *limit {
                    Limit::Time(most) => wait() > most,
                    Limit::Bytes(most) => self.bytes + bytes > most,
                    Limit::Packets(most) => fifo.len() >= most,
                };
                (is_full, fifo)
            }
            Discipline::Codel(_, fifo) => (fifo.len() >= MOST_PACKETS, fifo),
            Discipline::FqCodel(queue) => {
                self.bytes += bytes;
                self.bytes -= queue.push(packet, dropped);
                return;
            }
        };
        if is_full {
            return dropped.push(packet);
        }
        self.bytes += bytes;
        fifo.push(packet);
    }

    /// The next to be sent; what is dropped on the way is added to `dropped`.
    pub(super) fn pop(&mut self, now: Time, dropped: &mut Vec<Queued<T>>) -> Option<Queued<T>> {
        let known = dropped.len();
        let packet = match &mut self.discipline {
            Discipline::DropTail(_, fifo) => fifo.pop(),
            Discipline::Codel(codel, fifo) => codel.pop(now, fifo, dropped),
            Discipline::FqCodel(queue) => queue.pop(now, dropped),
        };
        let gone = dropped[known..].iter().chain(&packet);
        self.bytes -= gone.map(|gone| u64::from(gone.head.bytes)).sum::<u64>();
        packet
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// First in, first out, with its bytes counted.
#[derive(Clone, Debug)]
struct Fifo<T> {
    packets: VecDeque<Queued<T>>,
    bytes: u64,
}

impl<T> Fifo<T> {
    fn new() -> Self {
        Self { packets: VecDeque::new(), bytes: 0 }
    }

    fn push(&mut self, packet: Queued<T>) {
        self.bytes += u64::from(packet.head.bytes);
        self.packets.push_back(packet);
    }

    fn pop(&mut self) -> Option<Queued<T>> {
        let packet = self.packets.pop_front()?;
        self.bytes -= u64::from(packet.head.bytes);
        Some(packet)
    }

    fn len(&self) -> usize {
        self.packets.len()
    }
}
