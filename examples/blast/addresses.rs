//! Where everybody is: each endpoint has an address of its own in 127.64.0.0/10, and a few sockets
//! share them all, so that one call of the kernel receives for many.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use quinn_udp::UdpSocketState;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

const FIRST: u32 = 0x7f40_0001;

/// What the kernel grants at most is often less.
const RECEIVE_BUFFER: usize = 16 << 20;

/// The IP address of endpoint `number`: publishers first, then receivers.
pub(crate) fn ip_of(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(FIRST + number)
}

/// The endpoint with this address.
pub(crate) fn number_of(ip: IpAddr) -> Option<u32> {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).checked_sub(FIRST),
        IpAddr::V6(_) => None,
    }
}

/// The address of endpoint `number`, if its socket is one of those at `ports`.
pub(crate) fn address_of(number: u32, ports: &[u16]) -> SocketAddr {
    SocketAddr::from((ip_of(number), ports[number as usize % ports.len()]))
}

/// A socket that hears everything sent to any of these addresses at its port.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) socket: UdpSocket,
    pub(crate) state: UdpSocketState,
    pub(crate) port: u16,
}

impl Shared {
    pub(crate) fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        for size in [RECEIVE_BUFFER, RECEIVE_BUFFER / 4] {
            if socket.set_recv_buffer_size(size).is_ok() {
                break;
            }
        }
        SockRef::from(&socket).set_send_buffer_size(4 << 20)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into())?;
        let socket: UdpSocket = socket.into();
        let state = UdpSocketState::new((&socket).into())?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, state, port })
    }
}
