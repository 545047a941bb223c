//! TCP ports: the one that was asked for, or the next that is free.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

/// How many ports to try.
const TRIES: u16 = 100;

/// One port, on one or more addresses.
pub(crate) struct Listening {
    pub(crate) port: u16,
    pub(crate) listeners: Vec<TcpListener>,
}

/// This machine only, at both addresses that `localhost` may mean.
pub(crate) async fn localhost(port: u16) -> io::Result<Listening> {
    first_free(port, &[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]).await
}

/// Every address of this machine.
pub(crate) async fn everywhere(port: u16) -> io::Result<Listening> {
    first_free(port, &[Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()]).await
}

async fn first_free(port: u16, ips: &[IpAddr]) -> io::Result<Listening> {
    let last = if port == 0 { 0 } else { port.saturating_add(TRIES) };
    for port in port..last {
        match listen(port, ips).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            listening => return listening,
        }
    }
    listen(last, ips).await
}

/// Listens wherever the port is free; an address that the machine lacks is left out.
async fn listen(mut port: u16, ips: &[IpAddr]) -> io::Result<Listening> {
    let mut listeners = Vec::new();
    let mut refused = None;
    for ip in ips {
        match TcpListener::bind(SocketAddr::new(*ip, port)).await {
            Ok(listener) => {
                port = listener.local_addr()?.port();
                listeners.push(listener);
            }
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        // `[::]` takes IPv4 as well, so that `0.0.0.0` is in use then: by ourselves.
        Some(error) if listeners.is_empty() => Err(error),
        Some(error) if error.kind() == io::ErrorKind::AddrInUse && ips[0].is_loopback() => {
            Err(error)
        }
        _ => Ok(Listening { port, listeners }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_in_use_is_passed_over() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let taken = localhost(0).await.unwrap();
            let next = localhost(taken.port).await.unwrap();
            assert!(next.port > taken.port);
        });
    }
}
