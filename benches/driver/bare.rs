//! The least that sending takes: the same datagrams from the same kind of socket to the same sinks,
//! one receiver after the other as the driver sends them, and nothing else.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
#[cfg(target_os = "linux")]
use std::{array, io::IoSlice};

use quinn_udp::{Transmit, UdpSocketState};
#[cfg(target_os = "linux")]
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use socket2::SockRef;

use crate::shape::Shape;
use crate::sinks::Sinks;

/// Datagrams in one `sendmmsg`.
#[cfg(target_os = "linux")]
const BATCH: usize = 64;

/// The driver's default.
const SEND_BUFFER: usize = 4 << 20;

/// Sends all datagrams of a round.
type Send = fn(&Bare);

pub(crate) struct Bare {
    socket: UdpSocket,
    state: UdpSocketState,
    shape: Shape,
    addresses: Vec<SocketAddr>,
    /// All datagrams of a round, back to back as in the driver's arena.
    bytes: Vec<u8>,
}

impl Bare {
    pub(crate) const WAYS: &[(&'static str, Send)] = &[
        ("sendto", Self::one_by_one),
        #[cfg(target_os = "linux")]
        ("sendmmsg", Self::batched),
        ("runs", Self::in_runs),
    ];

    pub(crate) fn new(shape: Shape, sinks: &Sinks) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        SockRef::from(&socket).set_send_buffer_size(SEND_BUFFER)?;
        let state = UdpSocketState::new((&socket).into())?;
        let addresses = sinks.addresses.clone();
        let round = shape.lens().iter().sum::<usize>() * addresses.len();
        Ok(Self { socket, state, shape, addresses, bytes: vec![0x5a; round] })
    }

    fn one_by_one(&self) {
        for (address, datagram) in self.datagrams() {
            self.socket.send_to(datagram, address).expect("loopback takes it");
        }
    }

    #[cfg(target_os = "linux")]
    fn batched(&self) {
        let all: Vec<_> = self
            .datagrams()
            .map(|(address, datagram)| (SocketAddrAny::from(address), [IoSlice::new(datagram)]))
            .collect();
        for batch in all.chunks(BATCH) {
            let mut nothing: [_; BATCH] = array::from_fn(|_| SendAncillaryBuffer::default());
            let mut messages: Vec<_> = batch
                .iter()
                .zip(&mut nothing)
                .map(|((address, slice), control)| MMsgHdr::new_with_addr(address, slice, control))
                .collect();
            let sent = sendmmsg(&self.socket, &mut messages, SendFlags::empty());
            assert_eq!(sent.expect("loopback takes it"), batch.len());
        }
    }

    /// By `quinn-udp`, as the driver's portable backend does it, with GSO where a run is longer than
    /// one datagram.
    fn in_runs(&self) {
        let mut rest = &self.bytes[..];
        for destination in &self.addresses {
            for (len, count) in self.shape.runs() {
                let (contents, others) = rest.split_at(len * count);
                rest = others;
                let run = Transmit {
                    destination: *destination,
                    ecn: None,
                    contents,
                    segment_size: (count > 1).then_some(len),
                    src_ip: None,
                };
                self.state.try_send((&self.socket).into(), &run).expect("loopback takes it");
            }
        }
    }

    fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let mut rest = &self.bytes[..];
        let lens = self.shape.lens().iter();
        let each = move |address| lens.clone().map(move |len| (address, *len));
        self.addresses.iter().copied().flat_map(each).map(move |(address, len)| {
            let (datagram, others) = rest.split_at(len);
            rest = others;
            (address, datagram)
        })
    }
}
