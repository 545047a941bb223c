//! Real UDP sockets that nobody reads: their receive buffers are as small as the kernel makes them,
//! so what comes is delivered and dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use quinn_udp::UdpSocketState;
use socket2::{Domain, Protocol, Socket, Type};

/// What a sink lets the kernel deliver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taking {
    /// Datagrams: runs are cut up on the sender's time.
    Datagrams,
    /// Whole runs (`UDP_GRO`), as a network card does that segments.
    Runs,
}

impl Taking {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Datagrams => "",
            Self::Runs => ", as if the card segments",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Sinks {
    pub(crate) addresses: Vec<SocketAddr>,
    _sockets: Vec<Socket>,
}

impl Sinks {
    pub(crate) fn open(count: u32, taking: Taking) -> io::Result<Self> {
        let sockets = (0..count).map(|_| open(taking)).collect::<io::Result<Vec<_>>>()?;
        let address = |socket: &Socket| {
            Ok(socket.local_addr()?.as_socket().expect("an IPv4 socket has an IPv4 address"))
        };
        let addresses = sockets.iter().map(address).collect::<io::Result<_>>()?;
        Ok(Self { addresses, _sockets: sockets })
    }
}

fn open(taking: Taking) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(1)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    if taking == Taking::Runs {
        UdpSocketState::new((&socket).into())?;
    }
    Ok(socket)
}
