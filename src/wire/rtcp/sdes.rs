//! Who sources are, and that they are gone: source descriptions and goodbyes (RFC 3550 §6.5-6.6).

use super::compound::{Compound, count};
use super::{GOODBYE, SOURCE_DESCRIPTION, split_ssrc, ssrcs};
use crate::base::Ssrc;

/// SDES (§6.5). Of all the items it may carry only CNAME (§6.5.1) is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceDescription<'a> {
    chunks: u8,
    body: &'a [u8],
}

impl<'a> SourceDescription<'a> {
    /// Nothing is checked up front: iteration ends at a chunk that is cut short.
    pub(super) const fn new(chunks: u8, body: &'a [u8]) -> Self {
        Self { chunks, body }
    }

    /// The canonical names, of each source that has one. UTF-8 by the RFC, any bytes in fact.
    pub fn cnames(&self) -> impl Iterator<Item = (Ssrc, &'a [u8])> + Clone + use<'a> {
        let mut rest = self.body;
        let chunks = (0..self.chunks).map_while(move |_| {
            let (chunk, behind) = split_chunk(rest)?;
            rest = behind;
            Some(chunk)
        });
        chunks.filter_map(|(ssrc, cname)| Some((ssrc, cname?)))
    }
}

/// Source and CNAME of the first chunk, and what follows its padding to 32 bits.
#[expect(clippy::type_complexity, reason = "a pair, and the rest")]
fn split_chunk(bytes: &[u8]) -> Option<((Ssrc, Option<&[u8]>), &[u8])> {
    let (ssrc, mut items) = split_ssrc(bytes)?;
    let mut cname = None;
    loop {
        let (item, rest) = items.split_first()?;
        if *item == END {
            // The null item counts as padding itself; chunks begin at 32 bits.
            let chunk_len = (bytes.len() - rest.len()).next_multiple_of(4);
            return Some(((ssrc, cname), bytes.get(chunk_len..)?));
        }
        let (len, rest) = rest.split_first()?;
        let (text, rest) = rest.split_at_checked(usize::from(*len))?;
        if *item == CNAME {
            cname = cname.or(Some(text));
        }
        items = rest;
    }
}

/// BYE (§6.6): streams that have ended. Its reason, if any, is left alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Goodbye<'a> {
    ssrcs: &'a [u8],
}

impl<'a> Goodbye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        Some(Self { ssrcs: body.get(..usize::from(count) * 4)? })
    }

    /// The streams.
    pub fn ssrcs(&self) -> impl Iterator<Item = Ssrc> + Clone + use<'a> {
        ssrcs(self.ssrcs)
    }
}

impl Compound<'_> {
    /// Writes an SDES with one chunk of one item: a CNAME of at most 255 bytes.
    pub fn cname(&mut self, ssrc: Ssrc, cname: &str) -> bool {
        let Ok(len) = u8::try_from(cname.len()) else { return false };
        // SSRC, item head, text, and at least one null to end the items.
        let body_len = (4 + 2 + cname.len() + 1).next_multiple_of(4);
        let Some(mut writer) = self.append(SOURCE_DESCRIPTION, 1, body_len) else { return false };
        writer.put_u32(ssrc.0);
        writer.put(&[CNAME, len]);
        writer.put(cname.as_bytes());
        writer.finish();
        true
    }

    /// Writes a BYE for at most 31 streams.
    pub fn goodbye(&mut self, ssrcs: &[Ssrc]) -> bool {
        let Some(count) = count(ssrcs.len()) else { return false };
        let Some(mut writer) = self.append(GOODBYE, count, ssrcs.len() * 4) else { return false };
        ssrcs.iter().for_each(|ssrc| writer.put_u32(ssrc.0));
        true
    }
}

const END: u8 = 0;
const CNAME: u8 = 1;
