//! Where a packet is written and sealed. Read next: [`super::header`], then `srtp`.

use crate::base::{EcnCodepoint, EgressSink, ExtSeq, Path, Ssrc, Transmit};
use crate::srtp::{ProtectBatch, ProtectError, Protector};

/// All of a packet but its header.
pub(super) struct Body<'a> {
    /// The two bytes in front of a retransmission's payload (RFC 4588 §4), or none.
    pub(super) prefix: &'a [u8],
    pub(super) payload: &'a [u8],
    pub(super) ssrc: Ssrc,
    pub(super) ext: ExtSeq,
    /// What it is sent with.
    pub(super) ecn: EcnCodepoint,
}

/// Why a packet was not written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// Not now: it stays due.
    NoRoom,
    /// The header could not be written.
    Header,
    /// It could not be sealed.
    Srtp(ProtectError),
}

/// See the module.
pub(crate) trait Outlet {
    /// Has `header` written, of `most_header` bytes at most, then seals `body` behind it. Returns
    /// the length of the datagram, which goes to `path`.
    fn write(
        &mut self,
        path: Path,
        protector: &Protector,
        body: &Body<'_>,
        most_header: usize,
        header: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<usize, Refusal>;
}

/// One after the other, each into a slot of its own.
pub(crate) struct OneByOne<'s, S>(pub(super) &'s mut S);

impl<S: EgressSink> Outlet for OneByOne<'_, S> {
    #[inline]
    fn write(
        &mut self,
        path: Path,
        protector: &Protector,
        body: &Body<'_>,
        most_header: usize,
        header: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<usize, Refusal> {
        let slot = self.0.slot(body.room(most_header, protector)).ok_or(Refusal::NoRoom)?;
        let header_len = header(slot).ok_or(Refusal::Header)?;
        let Body { prefix, payload, ssrc, ext, ecn } = *body;
        let sealed = protector.rtp(slot, header_len, prefix, payload, ssrc, ext);
        let len = sealed.map_err(Refusal::Srtp)?.len();
        self.0.commit(Transmit { path, len, ecn });
        Ok(len)
    }
}

/// Several at once, back to back in one piece of memory, for as many endpoints as they are for:
/// AES-CM makes the tags of many packets in the time of a few.
pub(crate) struct SideBySide<'m, 'p> {
    batch: ProtectBatch<'m>,
    /// Where each goes, and with which codepoint.
    paths: &'p mut Vec<(Path, EcnCodepoint)>,
    most: usize,
}

impl<'m, 'p> SideBySide<'m, 'p> {
    /// Memory to ask for: for as many packets as go side by side.
    pub(crate) const ROOM: usize = ProtectBatch::MOST * 1_400;

    /// None yet, and no more than `most`; `paths` is memory to be used again.
    pub(crate) fn new(
        memory: &'m mut [u8],
        paths: &'p mut Vec<(Path, EcnCodepoint)>,
        most: usize,
    ) -> Self {
        paths.clear();
        Self { batch: ProtectBatch::new(memory), paths, most }
    }

    /// Seals them; they are to be committed in their order.
    pub(crate) fn finish(self) -> impl Iterator<Item = Transmit> + use<'p> {
        let sealed = self.batch.finish();
        let paths = self.paths.iter();
        sealed.zip(paths).map(|(sealed, &(path, ecn))| Transmit { path, len: sealed.len(), ecn })
    }
}

impl Outlet for SideBySide<'_, '_> {
    #[inline]
    fn write(
        &mut self,
        path: Path,
        protector: &Protector,
        body: &Body<'_>,
        most_header: usize,
        header: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<usize, Refusal> {
        if self.batch.len() == self.most {
            return Err(Refusal::NoRoom);
        }
        let slot = self.batch.slot(body.room(most_header, protector)).ok_or(Refusal::NoRoom)?;
        let header_len = header(slot).ok_or(Refusal::Header)?;
        let Body { prefix, payload, ssrc, ext, ecn } = *body;
        let sealed = self.batch.rtp(protector, header_len, prefix, payload, ssrc, ext);
        sealed.map_err(Refusal::Srtp)?;
        self.paths.push((path, ecn));
        Ok(body.room(header_len, protector))
    }
}

impl Body<'_> {
    /// Bytes of the datagram behind a header of `most_header`.
    pub(super) const fn room(&self, most_header: usize, protector: &Protector) -> usize {
        let overhead = protector.profile().rtp_overhead();
        most_header + self.prefix.len() + self.payload.len() + overhead
    }
}
