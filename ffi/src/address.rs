//! Socket addresses in a layout that is the same on every platform.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::result::Failure;

/// An IP address and a port. Fixed layout on every platform; not a struct sockaddr.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct lahn_addr {
    /// Network order; IPv4 in the first four. An IPv4-mapped IPv6 address, as a dual-stack socket
    /// gives it, is not IPv4: unmap it.
    pub ip: [u8; 16],
    /// Of a link-local IPv6 address (RFC 4007), else 0.
    pub scope_id: u32,
    /// Host order.
    pub port: u16,
    /// 4 or 6.
    pub family: u8,
    /// 0.
    pub reserved: u8,
}

impl lahn_addr {
    pub(crate) fn read(self) -> Result<SocketAddr, Failure> {
        match (self.family, self.reserved) {
            (4, 0) => {
                let [a, b, c, d, ..] = self.ip;
                Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), self.port))
            }
            (6, 0) => {
                let ip = Ipv6Addr::from(self.ip);
                Ok(SocketAddr::V6(SocketAddrV6::new(ip, self.port, 0, self.scope_id)))
            }
            (4 | 6, _) => Err(Failure::argument("lahn_addr: reserved is not 0")),
            (other, _) => {
                Err(Failure::argument(format!("lahn_addr: family is {other}, not 4 or 6")))
            }
        }
    }
}

impl From<SocketAddr> for lahn_addr {
    fn from(addr: SocketAddr) -> Self {
        let (ip, scope_id, family) = match addr {
            SocketAddr::V4(v4) => {
                let mut ip = [0; 16];
                ip[..4].copy_from_slice(&v4.ip().octets());
                (ip, 0, 4)
            }
            SocketAddr::V6(v6) => (v6.ip().octets(), v6.scope_id(), 6),
        };
        Self { ip, scope_id, port: addr.port(), family, reserved: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_survives_the_way_there_and_back() {
        for text in ["192.0.2.7:5004", "[2001:db8::1]:9", "[fe80::1%3]:65535"] {
            let addr: SocketAddr = text.parse().expect("an address");
            let back = lahn_addr::from(addr).read().expect("a good one");
            assert_eq!(back, addr);
        }
    }

    #[test]
    fn family_other_than_4_and_6_is_refused() {
        let zero = lahn_addr { ip: [0; 16], scope_id: 0, port: 0, family: 0, reserved: 0 };
        assert!(zero.read().is_err());
        assert!(lahn_addr { family: 4, reserved: 1, ..zero }.read().is_err());
    }
}
