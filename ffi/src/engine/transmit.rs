//! Datagrams out: as many as fit, into memory of the caller's.

use lahn::{Drained, EgressSink, Transmit};

use crate::address::lahn_addr;
use crate::handle::{State, exclusive, lahn_engine};
use crate::pointer::{Out, array_mut};
use crate::result::{Failure, lahn_result, lahn_result_code::LAHN_ERR_TOO_SMALL};

/// A datagram to send: len bytes of the arena, from offset on.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct lahn_tx {
    /// Where it starts in the arena.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
    /// Where it is to leave from.
    pub local: lahn_addr,
    /// Where it is to go.
    pub remote: lahn_addr,
    /// The two ECN bits for the IP header (RFC 3168 section 5): what IP_TOS or IPV6_TCLASS is to be.
    /// Datagrams that differ in it cannot leave as one GSO send.
    pub ecn: u8,
    /// 0.
    pub reserved: [u8; 7],
}

/// Writes as many due datagrams as fit into the arena, back to back, those for one destination in
/// a run (neighbours of one length and one path may leave as one GSO send). The rest stays due:
/// call until *n_out is 0. An arena of 64 KiB and 64 entries are a good size.
///
/// LAHN_ERR_TOO_SMALL: something is due, but there is not room for even one (1,500 bytes always
/// are).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_engine_poll_transmit(
    engine: *mut lahn_engine,
    now_us: u64,
    arena: *mut u8,
    arena_len: usize,
    tx: *mut lahn_tx,
    tx_cap: usize,
    n_out: *mut usize,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for an output.
        let n_out = unsafe { Out::new(n_out, "n_out")? };
        // SAFETY: the header's promise for a buffer.
        let bytes = unsafe { array_mut(arena, arena_len, "arena")? };
        // SAFETY: the header's promise for an array.
        let tx = unsafe { array_mut(tx, tx_cap, "tx")? };
        let (engine, now) = state.at(now_us)?;
        let mut arena = Arena { bytes, used: 0, tx, n: 0 };
        let drained = engine.poll_transmit(now, &mut arena);
        if arena.n == 0 && drained == Drained::SinkFull {
            return Err(Failure::new(LAHN_ERR_TOO_SMALL, "not room for even one datagram"));
        }
        n_out.set(arena.n);
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// The caller's memory as the engine fills it.
struct Arena<'a> {
    bytes: &'a mut [u8],
    used: usize,
    tx: &'a mut [lahn_tx],
    n: usize,
}

impl EgressSink for Arena<'_> {
    fn datagrams_per_slot(&self) -> usize {
        self.tx.len() - self.n
    }

    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        if self.n == self.tx.len() {
            return None;
        }
        self.bytes.get_mut(self.used..)?.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        let Some(tx) = self.tx.get_mut(self.n) else { return };
        *tx = lahn_tx {
            offset: self.used,
            len: transmit.len,
            local: transmit.path.local.into(),
            remote: transmit.path.remote.into(),
            ecn: transmit.ecn.bits(),
            reserved: [0; 7],
        };
        self.used += transmit.len;
        self.n += 1;
    }
}

#[cfg(test)]
mod tests {
    use lahn::{EcnCodepoint, Path};

    use super::*;

    fn transmit(len: usize) -> Transmit {
        let addr = |port| ([192, 0, 2, 1], port).into();
        let ecn = if len == 3 { EcnCodepoint::Ect1 } else { EcnCodepoint::NotEct };
        Transmit { path: Path { local: addr(1), remote: addr(2) }, len, ecn }
    }

    #[test]
    fn datagrams_lie_back_to_back_and_an_unused_slot_is_handed_out_again() {
        let (mut bytes, mut tx) = ([0; 10], [EMPTY; 4]);
        let mut arena = Arena { bytes: &mut bytes, used: 0, tx: &mut tx, n: 0 };
        arena.slot(6).expect("room").fill(1);
        arena.commit(transmit(4));
        arena.slot(6).expect("room").fill(9);
        arena.slot(3).expect("room").fill(2);
        arena.commit(transmit(3));
        assert!(arena.slot(4).is_none());
        assert!(arena.slot(3).is_some());
        assert_eq!(arena.n, 2);
        assert_eq!((tx[0].offset, tx[0].len, tx[1].offset, tx[1].len), (0, 4, 4, 3));
        assert_eq!(bytes, [1, 1, 1, 1, 2, 2, 2, 9, 9, 9]);
        assert_eq!((tx[0].ecn, tx[1].ecn), (0, 1));
    }

    #[test]
    fn no_slot_is_given_without_an_entry_to_name_it() {
        let (mut bytes, mut tx) = ([0; 10], [EMPTY; 1]);
        let mut arena = Arena { bytes: &mut bytes, used: 0, tx: &mut tx, n: 0 };
        assert!(arena.slot(1).is_some());
        arena.commit(transmit(1));
        assert!(arena.slot(1).is_none());
    }

    const NOWHERE: lahn_addr =
        lahn_addr { ip: [0; 16], scope_id: 0, port: 0, family: 4, reserved: 0 };
    const EMPTY: lahn_tx =
        lahn_tx { offset: 0, len: 0, local: NOWHERE, remote: NOWHERE, ecn: 0, reserved: [0; 7] };
}
