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
