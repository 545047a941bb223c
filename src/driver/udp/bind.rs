//! The socket, with the options that have to be set before it is bound.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::driver::config::DriverConfig;

/// A bound UDP socket: dual-stack for `[::]`, and IPv4 instead on a machine without IPv6.
pub(super) fn bind(config: &DriverConfig) -> io::Result<UdpSocket> {
    let wildcard = config.listen.is_ipv6() && config.listen.ip().is_unspecified();
    match bind_to(config.listen, config) {
        Err(error) if wildcard && lacks_ipv6(&error) => {
            tracing::info!(%error, "no IPv6 here: IPv4 only");
            let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), config.listen.port());
            bind_to(any, config)
        }
        bound => bound,
    }
}

fn bind_to(listen: SocketAddr, config: &DriverConfig) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // The kernel grants what it may; a smaller buffer is no reason not to run.
    for (what, granted) in [
        ("receive", socket.set_recv_buffer_size(config.receive_buffer)),
        ("send", socket.set_send_buffer_size(config.send_buffer)),
    ] {
        if let Err(error) = granted {
            tracing::info!(%error, "the kernel's {what} buffer stays as it is");
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    Ok(socket.into())
}

/// No such address family, or no address of it.
fn lacks_ipv6(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::AddrNotAvailable)
        || AFNOSUPPORT.is_some_and(|code| error.raw_os_error() == Some(code))
}

/// `EAFNOSUPPORT`, for which `std` has no kind everywhere.
const AFNOSUPPORT: Option<i32> = if cfg!(any(target_os = "linux", target_os = "android")) {
    Some(97)
} else if cfg!(windows) {
    Some(10_047)
} else if cfg!(unix) {
    Some(47)
} else {
    None
};
