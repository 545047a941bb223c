//! What an application may choose about a worker.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::Config;

/// Settings of a [`Driver`](super::Driver). The default listens on every address of the machine.
#[derive(Clone, Debug)]
pub struct DriverConfig {
    /// Where to bind; port 0 lets the kernel choose. `[::]` takes IPv4 too, and becomes
    /// `0.0.0.0` on a machine without IPv6.
    pub listen: SocketAddr,
    /// The addresses peers are told, best first: a public address in front of a NAT belongs here.
    /// Empty: the address listened on; if that is a wildcard, the addresses the machine's default
    /// routes start from; without any, loopback.
    pub advertise: Vec<IpAddr>,
    /// The engine's settings. `unix_time` is set by the driver, and so is `seed` while it is all
    /// zero.
    pub engine: Config,
    /// Bytes asked of the kernel for the socket's receive buffer (`SO_RCVBUF`); it may grant less.
    pub receive_buffer: usize,
    /// Bytes asked of the kernel for the socket's send buffer (`SO_SNDBUF`); it may grant less.
    pub send_buffer: usize,
    /// Bytes of the arena that outgoing datagrams are written into before a batch is sent, at
    /// least 131,072.
    pub arena: usize,
    /// Commands that may wait for the worker.
    pub command_queue: usize,
    /// Events that may wait for the application. Beyond, they stay in the engine, up to
    /// `Limits::events`, and after that are lost and reported as `Event::Overflow`.
    pub event_queue: usize,
    /// Whether to use UDP segmentation offload where the kernel has it.
    pub gso: bool,
}

impl Default for DriverConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
            advertise: Vec::new(),
            engine: Config::default(),
            receive_buffer: 4 << 20,
            send_buffer: 4 << 20,
            arena: 512 << 10,
            command_queue: 1_024,
            event_queue: 4_096,
            gso: true,
        }
    }
}
