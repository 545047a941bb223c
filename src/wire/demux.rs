//! What kind of datagram arrived: STUN, DTLS, RTP and RTCP share one port, told apart by their
//! first two bytes (RFC 7983 §7, RFC 5761 §4).
//!
//! Looks no further than that: what it names may still turn out malformed. Next: [`super::stun`]
//! to route, or [`super::rtp`] and [`super::rtcp`].

/// A protocol on the shared port.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DatagramKind {
    /// First byte 0-3: for ICE.
    Stun,
    /// First byte 20-63.
    Dtls,
    /// First byte 128-191, and not RTCP. Encrypted beyond its header.
    Rtp,
    /// First byte 128-191, second byte 192-223: an RTP packet there would have the marker set and
    /// payload type 64-95, which RFC 5761 §4 forbids. Encrypted beyond the first 8 bytes.
    Rtcp,
}

/// Which protocol a datagram belongs to; `None` for others (ZRTP, TURN channels, QUIC) and for
/// datagrams too short to tell.
pub const fn datagram_kind(datagram: &[u8]) -> Option<DatagramKind> {
    match datagram {
        [0..=3, ..] => Some(DatagramKind::Stun),
        [20..=63, ..] => Some(DatagramKind::Dtls),
        [128..=191, 192..=223, ..] => Some(DatagramKind::Rtcp),
        [128..=191, _, ..] => Some(DatagramKind::Rtp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_the_kind_of_rfc_7983() {
        for first in 0..=255 {
            let expected = match first {
                0..=3 => Some(DatagramKind::Stun),
                20..=63 => Some(DatagramKind::Dtls),
                128..=191 => Some(DatagramKind::Rtp),
                _ => None,
            };
            assert_eq!(datagram_kind(&[first, 0]), expected, "first byte {first}");
        }
    }

    #[test]
    fn payload_types_64_to_95_are_rtcp_whatever_the_marker_would_say() {
        for second in 0..=255 {
            let expected = match second {
                192..=223 => DatagramKind::Rtcp,
                _ => DatagramKind::Rtp,
            };
            assert_eq!(datagram_kind(&[0x80, second]), Some(expected), "second byte {second}");
        }
    }

    #[test]
    fn datagram_too_short_to_tell_rtp_from_rtcp_is_neither() {
        assert_eq!(datagram_kind(&[]), None);
        assert_eq!(datagram_kind(&[0x80]), None);
    }
}
