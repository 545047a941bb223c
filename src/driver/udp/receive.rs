//! In: one recvmmsg per batch, each message one datagram or, with UDP GRO, several of one sender
//! and length.

use std::array;
use std::io::{self, IoSliceMut};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSocketState};

use crate::Path;
use crate::driver::addresses::{Addresses, canonical};
use crate::driver::stats::DriverStats;

/// Room for one message: what GRO may merge is never more than an IP packet can be.
const MESSAGE: usize = 65_535;

/// From one buffer to the next: an odd number of cache lines, so that the beginnings of the
/// buffers, which is what most datagrams fill, do not all fall into the same cache sets.
const STRIDE: usize = 64 * 1_045;

/// Untouched pages of these cost no memory.
#[derive(Debug)]
pub(super) struct ReceiveBuffers {
    memory: Box<[u8]>,
    meta: Box<[RecvMeta]>,
}

impl ReceiveBuffers {
    pub(super) fn new() -> Self {
        Self {
            memory: vec![0; STRIDE * BATCH_SIZE].into_boxed_slice(),
            meta: vec![RecvMeta::default(); BATCH_SIZE].into_boxed_slice(),
        }
    }

    /// Receives one batch and hands its datagrams to `feed`. `false` if the socket was drained.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        state: &UdpSocketState,
        addresses: &Addresses,
        stats: &mut DriverStats,
        mut feed: impl FnMut(Path, &mut [u8]),
    ) -> bool {
        let Self { memory, meta } = self;
        let mut buffers = memory.chunks_exact_mut(STRIDE);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = array::from_fn(|_| {
            let buffer = buffers.next().expect("there are BATCH_SIZE of them");
            IoSliceMut::new(&mut buffer[..MESSAGE])
        });
        stats.receive_calls += 1;
        let received = socket.try_io(|| state.recv(socket.into(), &mut slices, meta));
        let messages = match received {
            Ok(messages) => messages,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // Windows reports a peer's closed port here (ICMP), and there may be more behind it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return true,
            Err(error) => {
                if stats.receive_errors == 0 {
                    tracing::warn!(%error, "receiving failed; further failures are only counted");
                }
                stats.receive_errors += 1;
                return false;
            }
        };
        for (buffer, meta) in memory.chunks_exact_mut(STRIDE).zip(&meta[..messages]) {
            let remote = canonical(meta.addr);
            let path = Path { local: addresses.local(meta.dst_ip, remote), remote };
            for datagram in buffer[..meta.len.min(MESSAGE)].chunks_mut(meta.stride.max(1)) {
                stats.datagrams_received += 1;
                stats.bytes_received += datagram.len() as u64;
                feed(path, datagram);
            }
        }
        // A short batch means that the kernel looked and found no more.
        messages == BATCH_SIZE
    }
}
