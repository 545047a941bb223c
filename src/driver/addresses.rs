//! Which address is meant: what the kernel says, what peers are told, what the core sees.
//!
//! On a dual-stack socket IPv4 addresses come and go as `::ffff:a.b.c.d`; the core sees them as
//! IPv4. A peer is told *candidates*; a datagram may arrive at another address than the one told
//! (behind a NAT it always does), and is then laid to the candidate that must have been meant.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};

/// The addresses of one socket.
#[derive(Debug)]
pub(super) struct Addresses {
    candidates: Vec<Candidate>,
    /// The candidates' addresses again, for those who only want to read them.
    told: Vec<SocketAddr>,
    /// The socket is an IPv6 one: IPv4 goes as mapped addresses.
    mapped: bool,
    /// The socket is bound to a wildcard: the source address has to be said with each datagram.
    wildcard: bool,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    address: SocketAddr,
    /// The machine has this address itself, so datagrams can be sent from it.
    own: bool,
}

impl Addresses {
    /// For a socket bound to `bound`, telling peers `advertise`.
    pub(super) fn new(bound: SocketAddr, advertise: &[IpAddr]) -> io::Result<Self> {
        let advertise = match advertise {
            [] if bound.ip().is_unspecified() => local_addresses(),
            [] => vec![bound.ip()],
            given => given.to_vec(),
        };
        let both = bound.is_ipv6() && bound.ip().is_unspecified();
        let mut candidates: Vec<Candidate> = Vec::new();
        for ip in advertise {
            let address = SocketAddr::new(ip.to_canonical(), bound.port());
            let reachable = both || address.is_ipv4() == canonical(bound).is_ipv4();
            if reachable && candidates.iter().all(|known| known.address != address) {
                candidates.push(Candidate { address, own: is_own(address.ip()) });
            }
        }
        if candidates.is_empty() {
            let text = "none of the addresses to advertise can be reached where it listens";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let told = candidates.iter().map(|candidate| candidate.address).collect();
        let wildcard = bound.ip().is_unspecified();
        Ok(Self { candidates, told, mapped: bound.is_ipv6(), wildcard })
    }

    /// What peers are told, best first.
    pub(super) fn candidates(&self) -> &[SocketAddr] {
        &self.told
    }

    /// The candidate that a datagram from `remote` was sent to, if it arrived at `destination`.
    pub(super) fn local(&self, destination: Option<IpAddr>, remote: SocketAddr) -> SocketAddr {
        let destination = destination.map(|ip| ip.to_canonical());
        let family = self.candidates.iter().filter(|c| c.address.is_ipv4() == remote.is_ipv4());
        let mut fallback = None;
        for candidate in family {
            if Some(candidate.address.ip()) == destination {
                return candidate.address;
            }
            // An address we do not have ourselves is one a NAT translates to one we have.
            if fallback.is_none_or(|known: &Candidate| known.own && !candidate.own) {
                fallback = Some(candidate);
            }
        }
        fallback.map_or_else(|| self.told[0], |candidate| candidate.address)
    }

    /// The source address to ask the kernel for; `None` leaves it to routing.
    pub(super) fn source(&self, local: SocketAddr) -> Option<IpAddr> {
        let own = |c: &&Candidate| c.address == local && c.own;
        let candidate = self.candidates.iter().find(own).filter(|_| self.wildcard)?;
        Some(match candidate.address.ip() {
            IpAddr::V4(ip) if self.mapped => IpAddr::V6(ip.to_ipv6_mapped()),
            ip => ip,
        })
    }

    /// `remote` as the socket wants it.
    pub(super) fn destination(&self, remote: SocketAddr) -> SocketAddr {
        match remote {
            SocketAddr::V4(v4) if self.mapped => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
            }
            remote => remote,
        }
    }
}

/// `address` as the core sees it: IPv4 as IPv4, and no flow label, which is not part of a path.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match (address.ip().to_canonical(), address) {
        (IpAddr::V6(ip), SocketAddr::V6(v6)) => {
            SocketAddrV6::new(ip, v6.port(), 0, v6.scope_id()).into()
        }
        (ip, _) => SocketAddr::new(ip, address.port()),
    }
}

/// Whether the machine has this address.
fn is_own(ip: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(ip, 0)).is_ok()
}

/// The addresses of this machine that its default routes start from, IPv4 first; loopback without
/// any route. What [`DriverConfig::advertise`](super::DriverConfig::advertise) stands for when
/// it is empty.
pub fn local_addresses() -> Vec<IpAddr> {
    // Connecting a UDP socket sends nothing: it only asks the routing table. The addresses are of
    // the blocks for documentation (RFC 5737, RFC 3849).
    let v4 = routed_from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(198, 51, 100, 1).into());
    let far = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let v6 = routed_from(Ipv6Addr::UNSPECIFIED.into(), far.into());
    let found: Vec<_> = v4.into_iter().chain(v6).collect();
    if found.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { found }
}

fn routed_from(any: IpAddr, far: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(far, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    let usable = !ip.is_unspecified() && !ip.is_loopback();
    usable.then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(bound: &str, advertise: &[&str]) -> Addresses {
        let advertise: Vec<IpAddr> = advertise.iter().map(|ip| ip.parse().unwrap()).collect();
        Addresses::new(bound.parse().unwrap(), &advertise).expect("usable")
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn mapped_address_is_ipv4_to_the_core_and_mapped_to_the_kernel() {
        assert_eq!(canonical(at("[::ffff:192.0.2.9]:7")), at("192.0.2.9:7"));
        let addresses = addresses("[::]:5000", &["127.0.0.1", "::1"]);
        assert_eq!(addresses.destination(at("192.0.2.9:7")), at("[::ffff:192.0.2.9]:7"));
        assert_eq!(addresses.destination(at("[::1]:7")), at("[::1]:7"));
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        assert_eq!(addresses.source(at("127.0.0.1:5000")), Some(mapped));
        assert_eq!(addresses.local(Some(mapped), at("127.0.0.1:7")), at("127.0.0.1:5000"));
    }

    #[test]
    fn flow_label_is_not_part_of_a_path_but_the_scope_is() {
        let labelled = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 7, 0xbeef, 3);
        let plain = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 7, 0, 3);
        assert_eq!(canonical(labelled.into()), plain.into());
    }

    #[test]
    fn datagram_through_a_nat_is_laid_to_the_address_that_was_told() {
        let addresses = addresses("0.0.0.0:5000", &["127.0.0.1", "203.0.113.7"]);
        let private: IpAddr = "127.0.0.2".parse().unwrap();
        let local = addresses.local(Some(private), at("198.51.100.3:7"));
        assert_eq!(local, at("203.0.113.7:5000"));
        assert_eq!(addresses.source(local), None, "the machine cannot send from it");
    }

    #[test]
    fn unknown_destination_takes_a_candidate_of_the_same_family() {
        let addresses = addresses("[::]:5000", &["::1", "127.0.0.1"]);
        assert_eq!(addresses.local(None, at("127.0.0.9:7")), at("127.0.0.1:5000"));
        assert_eq!(addresses.local(None, at("[::1]:7")), at("[::1]:5000"));
    }

    #[test]
    fn socket_bound_to_one_address_needs_no_source_with_each_datagram() {
        let addresses = addresses("127.0.0.1:5000", &[]);
        assert_eq!(addresses.candidates(), [at("127.0.0.1:5000")]);
        assert_eq!(addresses.source(at("127.0.0.1:5000")), None);
    }

    #[test]
    fn address_that_cannot_be_reached_where_it_listens_is_not_told() {
        let bound = at("127.0.0.1:5000");
        let both = Addresses::new(bound, &["::1".parse().unwrap(), bound.ip()]).expect("one is");
        assert_eq!(both.candidates(), [bound]);
        let error = Addresses::new(bound, &["::1".parse().unwrap()]).expect_err("none is");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn wildcard_without_advice_tells_at_least_one_address_it_can_send_from() {
        let addresses = addresses("[::]:5000", &[]);
        assert!(!addresses.candidates().is_empty());
        for candidate in addresses.candidates() {
            assert!(!candidate.ip().is_unspecified());
            assert!(addresses.source(*candidate).is_some());
        }
    }
}
