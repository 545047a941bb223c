//! AV1 (RTP Payload Format For AV1, v1.0).

/// Whether the payload starts a coded video sequence, which a key frame does: N=1 in the
/// aggregation header (§4.4), and Z=0, for a sequence cannot start within a fragment.
pub fn is_key_frame_start(payload: &[u8]) -> bool {
    matches!(payload, [header, _, ..] if header & (N | Z) == N)
}

/// The first OBU element goes on from the packet before.
const Z: u8 = 0x80;
/// First packet of a coded video sequence.
const N: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_packet_of_a_sequence_is_one() {
        assert!(is_key_frame_start(&[0x18, 0x0a]));
        assert!(is_key_frame_start(&[0x68, 0x0a]), "Y and W do not matter");
    }

    #[test]
    fn other_packets_fragments_and_empty_ones_are_none() {
        assert!(!is_key_frame_start(&[0x10, 0x0a]));
        assert!(!is_key_frame_start(&[0x98, 0x0a]));
        assert!(!is_key_frame_start(&[0x08]));
        assert!(!is_key_frame_start(&[]));
    }
}
