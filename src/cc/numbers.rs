//! Which packet is meant by an SSRC and a sequence number of its stream: RFC 8888 speaks of packets
//! by these, the history by transport-wide numbers.
//!
//! A table of fixed size: a newer packet takes the place of an older one, a second or so later. So
//! packets are found for as long as feedback speaks of them.

use crate::base::{Seq, Ssrc};

/// At 2,000 packets a second feedback has a second to come.
const PLACES: usize = 2_048;

/// A packet that was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    ssrc: u32,
    seq: u16,
    number: u16,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Numbers(Vec<Named>);

impl Numbers {
    /// No packet is known.
    pub(super) fn new() -> Self {
        Self(vec![Named::default(); PLACES])
    }

    /// `seq` of `ssrc` left under the transport-wide `number`.
    pub(super) fn note(&mut self, ssrc: Ssrc, seq: Seq, number: Seq) {
        self.0[place(ssrc, seq)] = Named { ssrc: ssrc.0, seq: seq.0, number: number.0 };
    }

    /// The transport-wide number of `seq` of `ssrc`.
    pub(super) fn find(&self, ssrc: Ssrc, seq: Seq) -> Option<Seq> {
        let held = self.0[place(ssrc, seq)];
        (held.ssrc == ssrc.0 && held.seq == seq.0 && ssrc.0 != 0).then_some(Seq(held.number))
    }
}

/// Streams begin anywhere, and each goes through all places.
const fn place(ssrc: Ssrc, seq: Seq) -> usize {
    let begin = ssrc.0.wrapping_mul(0x9e37_79b9) >> 16;
    (begin as usize + seq.0 as usize) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_several_streams_are_found_until_newer_ones_take_their_places() {
        let mut numbers = Numbers::new();
        let streams = [Ssrc(1), Ssrc(2), Ssrc(0xffff_0000)];
        for (number, seq) in (0_u16..600).zip((65_500..=u16::MAX).chain(0..)) {
            let ssrc = streams[usize::from(number % 3)];
            numbers.note(ssrc, Seq(seq), Seq(number));
        }
        assert_eq!(numbers.find(streams[1], Seq(65_501)), Some(Seq(1)));
        assert_eq!(numbers.find(streams[0], Seq(563)), Some(Seq(599)).filter(|_| 599 % 3 == 0));
        assert_eq!(numbers.find(streams[2], Seq(563)), Some(Seq(599)));
        assert_eq!(numbers.find(streams[0], Seq(65_501)), None, "of another stream");
        assert_eq!(numbers.find(Ssrc(0), Seq(0)), None, "nothing was sent under that");
        for seq in 0..4_000 {
            numbers.note(Ssrc(9), Seq(seq), Seq(seq));
        }
        assert_eq!(numbers.find(Ssrc(9), Seq(1)), None, "forgotten");
        assert_eq!(numbers.find(Ssrc(9), Seq(3_999)), Some(Seq(3_999)));
    }
}
