//! Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03): what a receiver without
//! transport-wide feedback believes its path can carry.

use super::compound::Compound;
use super::{APPLICATION, PAYLOAD_FEEDBACK, split_feedback, ssrcs};
use crate::base::{Bitrate, Ssrc};

/// A limit on the sum of the named streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remb<'a> {
    /// Who estimates.
    pub sender: Ssrc,
    /// The estimate, of everything above the IP layer's payload (§2.2).
    pub bitrate: Bitrate,
    ssrcs: &'a [u8],
}

impl<'a> Remb<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (sender, _, control) = split_feedback(body)?;
        let rest = control.strip_prefix(IDENTIFIER)?;
        let (&[count, high, m1, m0], rest) = rest.split_first_chunk::<4>()?;
        let exponent = u32::from(high >> 2);
        let mantissa = u64::from(u32::from_be_bytes([0, high & 0x03, m1, m0]));
        let bps = mantissa << exponent;
        if bps >> exponent != mantissa {
            return None;
        }
        let ssrcs = rest.get(..usize::from(count) * 4)?;
        Some(Self { sender, bitrate: Bitrate::bps(bps), ssrcs })
    }

    /// The streams.
    pub fn ssrcs(&self) -> impl Iterator<Item = Ssrc> + Clone + use<'a> {
        ssrcs(self.ssrcs)
    }
}

impl Compound<'_> {
    /// Writes a REMB for at most 255 streams. The bitrate keeps its 18 most significant bits, and
    /// is rounded down to them.
    pub fn remb(&mut self, sender: Ssrc, bitrate: Bitrate, ssrcs: &[Ssrc]) -> bool {
        let Ok(count) = u8::try_from(ssrcs.len()) else { return false };
        let control_len = IDENTIFIER.len() + 4 + ssrcs.len() * 4;
        // The media source is always 0 (§2.2).
        let feedback =
            self.append_feedback(PAYLOAD_FEEDBACK, APPLICATION, (sender, Ssrc(0)), control_len);
        let Some(mut writer) = feedback else { return false };
        let bits = u64::BITS - bitrate.as_bps().leading_zeros();
        let exponent = bits.saturating_sub(MANTISSA_BITS);
        let [.., m2, m1, m0] = (bitrate.as_bps() >> exponent).to_be_bytes();
        let [.., exponent] = (exponent << 2).to_be_bytes();
        writer.put(IDENTIFIER);
        writer.put(&[count, exponent | m2, m1, m0]);
        ssrcs.iter().for_each(|ssrc| writer.put_u32(ssrc.0));
        true
    }
}

const IDENTIFIER: &[u8] = b"REMB";
const MANTISSA_BITS: u32 = 18;
