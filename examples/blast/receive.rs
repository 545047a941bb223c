//! The receiving thread: everything the engine sends, to whomever, checked and counted.
//!
//! When a packet arrived is what the kernel says, so this thread may be late without making the
//! engine look slow; it sleeps whenever there is little to do, and finds more at once thereafter.

use std::array;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use quinn_udp::{BATCH_SIZE, RecvMeta};

use crate::addresses::{Shared, number_of};
use crate::check::{Checker, Wrong};
use crate::histogram::Histogram;
use crate::sent::wall_clock;

/// What GRO may merge is never more than an IP packet can be.
const MESSAGE: usize = 65_535;

const NAP: Duration = Duration::from_micros(500);

/// So few datagrams are not worth going on for at once.
const FEW: u64 = 64;

/// What came since it was taken last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// Good media packets, and their bytes as datagrams.
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    pub(crate) rtcp: u64,
    /// Packets missing that were lost on purpose, and others.
    pub(crate) injected: u64,
    pub(crate) lost: u64,
    wrong: [u64; Wrong::ALL.len()],
    /// From the call that sent a packet to its arrival in a receiver's socket, in ns.
    pub(crate) delay: Histogram,
}

impl Window {
    pub(crate) fn wrong(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let named = Wrong::ALL.into_iter().map(|(wrong, text)| (text, self.wrong[wrong as usize]));
        named.filter(|(_, count)| *count > 0)
    }

    /// All but the delays.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.received += other.received;
        self.bytes += other.bytes;
        self.rtcp += other.rtcp;
        self.injected += other.injected;
        self.lost += other.lost;
        for (sum, more) in self.wrong.iter_mut().zip(other.wrong) {
            *sum += more;
        }
    }
}

/// What the receiving thread shares with who started it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    window: Mutex<Window>,
    stop: AtomicBool,
}

impl Progress {
    /// What came since the last time.
    pub(crate) fn take(&self) -> Window {
        std::mem::take(&mut self.window.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct Receiver {
    sockets: Arc<[Shared]>,
    engine_at: SocketAddr,
    checker: Checker,
    progress: Arc<Progress>,
    memory: Vec<u8>,
    meta: [RecvMeta; BATCH_SIZE],
}

impl Receiver {
    pub(crate) fn new(
        sockets: Arc<[Shared]>,
        engine_at: SocketAddr,
        checker: Checker,
        progress: Arc<Progress>,
    ) -> Self {
        let (memory, meta) = (vec![0; MESSAGE * BATCH_SIZE], [RecvMeta::default(); BATCH_SIZE]);
        Self { sockets, engine_at, checker, progress, memory, meta }
    }

    /// Receives until it is told to stop; returns what knows which packets never came.
    pub(crate) fn run(mut self) -> io::Result<Checker> {
        while !self.progress.stop.load(Ordering::Relaxed) {
            let mut found = 0;
            for number in 0..self.sockets.len() {
                loop {
                    let (messages, datagrams) = self.receive(number)?;
                    found += datagrams;
                    if messages < BATCH_SIZE {
                        break;
                    }
                }
            }
            if found < FEW {
                thread::sleep(NAP);
            }
        }
        Ok(self.checker)
    }

    /// One batch from one socket: how many messages, and datagrams in them.
    fn receive(&mut self, number: usize) -> io::Result<(usize, u64)> {
        let Shared { socket, state, .. } = &self.sockets[number];
        let mut buffers = self.memory.chunks_exact_mut(MESSAGE);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = array::from_fn(|_| {
            IoSliceMut::new(buffers.next().expect("there are BATCH_SIZE of them"))
        });
        let messages = match state.recv(socket.into(), &mut slices, &mut self.meta) {
            Ok(messages) => messages,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok((0, 0)),
            Err(error) => return Err(error),
        };
        let mut window = self.progress.window.lock().unwrap_or_else(PoisonError::into_inner);
        let mut datagrams = 0;
        for (buffer, meta) in self.memory.chunks_exact_mut(MESSAGE).zip(&self.meta[..messages]) {
            if meta.addr != self.engine_at {
                continue;
            }
            let arrived = meta
                .timestamp
                .map_or_else(wall_clock, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
            let endpoint = meta.dst_ip.and_then(number_of);
            for datagram in buffer[..meta.len].chunks_mut(meta.stride.max(1)) {
                datagrams += 1;
                window.note(&mut self.checker, endpoint, arrived, datagram);
            }
        }
        Ok((messages, datagrams))
    }
}

impl Window {
    fn note(
        &mut self,
        checker: &mut Checker,
        endpoint: Option<u32>,
        arrived: u64,
        datagram: &mut [u8],
    ) {
        // RFC 5761 §4.
        if datagram.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
            self.rtcp += 1;
            return;
        }
        let len = datagram.len() as u64;
        match checker.check(endpoint, datagram) {
            Ok(good) => {
                self.received += 1;
                self.bytes += len;
                self.injected += good.injected;
                self.lost += good.lost;
                self.delay.add(arrived.saturating_sub(good.sent));
            }
            Err(wrong) => self.wrong[wrong as usize] += 1,
        }
    }
}
