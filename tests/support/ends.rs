//! What every test with raw endpoints on both sides of the engine needs: addresses, keys, and a sink
//! that keeps what is sent.

use std::net::SocketAddr;

use lahn::srtp::{Profile, TransportKeys};
use lahn::{EgressSink, Path, Transmit};

/// The address of endpoint `number`.
pub fn path(number: u8) -> Path {
    Path {
        local: SocketAddr::from(([10, 0, 0, 1], 5_000)),
        remote: SocketAddr::from(([10, 1, 0, number], 40_000)),
    }
}

/// The endpoint at an address.
pub fn number(path: Path) -> u8 {
    let SocketAddr::V4(remote) = path.remote else { panic!("all are IPv4") };
    remote.ip().octets()[3]
}

/// Both ends' keys of one association: the engine's, the peer's.
pub fn keys(number: u8) -> (TransportKeys, TransportKeys) {
    let profile = Profile::AeadAes128Gcm;
    let len = 2 * (profile.key_len() + profile.salt_len());
    let material: Vec<u8> = (0..len).map(|place| place as u8 ^ number).collect();
    let end = |is_client| TransportKeys::from_dtls(profile, &material, is_client).expect("fits");
    (end(false), end(true))
}

/// Keeps each datagram, with where it goes.
#[derive(Default)]
pub struct KeepingSink {
    slot: Vec<u8>,
    pub sent: Vec<(Path, Vec<u8>)>,
}

impl EgressSink for KeepingSink {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.slot.resize(len, 0);
        Some(&mut self.slot)
    }

    fn commit(&mut self, meta: Transmit) {
        self.sent.push((meta.path, self.slot[..meta.len].to_vec()));
    }
}
