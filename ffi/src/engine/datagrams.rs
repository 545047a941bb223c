//! Datagrams in: one call per batch.

use lahn::Path;

use crate::address::lahn_addr;
use crate::handle::{State, exclusive, lahn_engine};
use crate::pointer::{array, array_mut};
use crate::result::{Failure, lahn_result};

/// A datagram that arrived.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lahn_rx {
    /// Its bytes. Decrypted in place: unspecified after the call.
    pub data: *mut u8,
    /// How many.
    pub len: usize,
    /// Where it arrived.
    pub local: lahn_addr,
    /// Where it came from.
    pub remote: lahn_addr,
    /// The two ECN bits of the IP header (RFC 3168); not used yet.
    pub ecn: u8,
    /// 0.
    pub reserved: [u8; 7],
}

/// Takes n datagrams that arrived by now_us. What a peer gets wrong is counted (see
/// lahn_endpoint_get_stats), never an error. If an argument is refused, no datagram is taken.
///
/// Drain afterwards: lahn_engine_poll_transmit, lahn_engine_poll_event, lahn_engine_poll_timeout.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_handle_datagrams(
    engine: *mut lahn_engine,
    now_us: u64,
    rx: *const lahn_rx,
    n: usize,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an array.
        let batch = unsafe { array(rx, n, "rx")? };
        for rx in batch {
            rx.check()?;
        }
        let (engine, now) = state.at(now_us)?;
        for rx in batch {
            // SAFETY: the header's promise for rx->data; one slice at a time is alive, so that two
            // entries may even name the same bytes.
            let datagram = unsafe { array_mut(rx.data, rx.len, "rx->data")? };
            engine.handle_datagram(now, rx.path()?, datagram);
        }
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

impl lahn_rx {
    fn check(&self) -> Result<(), Failure> {
        if self.data.is_null() && self.len != 0 {
            return Err(Failure::null("rx->data"));
        }
        if self.len > LONGEST {
            return Err(Failure::argument("rx->len is longer than a UDP datagram can be"));
        }
        self.path().map(drop)
    }

    fn path(&self) -> Result<Path, Failure> {
        Ok(Path { local: self.local.read()?, remote: self.remote.read()? })
    }
}

/// UDP's length field has 16 bits.
const LONGEST: usize = 65_535;
