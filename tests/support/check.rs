//! Comparing what was published with what arrived.

use std::collections::HashMap;

use super::{Received, Sent};

/// Asserts that `received` is `sent` from some entry point on, whole, once each and in order:
/// sequence numbers and timestamps shifted by one constant, marker and payload untouched (but for
/// the numbers in the payload descriptor).
/// Returns the place in `sent` where it starts.
#[track_caller]
pub fn is_a_faithful_copy(sent: &[Sent], received: &[&Received]) -> usize {
    let mut in_order = received.to_vec();
    in_order.sort_by_key(|packet| packet.seq);
    let first = in_order.first().expect("something arrived");
    let start = place_of_body(sent, &first.payload).expect("the first packet was published");
    assert!(sent[start].is_entry, "starts in the middle: packet {start} of {}", sent.len());
    for (step, packet) in in_order.iter().enumerate() {
        let original = &sent[start + step];
        assert_eq!(
            packet.seq - first.seq,
            original.seq - sent[start].seq,
            "a gap in the sequence numbers at packet {step}",
        );
        assert!(packet.payload[6..] == original.payload[6..], "payload {step} is another");
        assert_eq!(packet.marker, original.marker, "marker of packet {step}");
        assert_eq!(
            packet.timestamp.wrapping_sub(first.timestamp),
            original.timestamp.wrapping_sub(sent[start].timestamp),
            "timestamp of packet {step}",
        );
    }
    start
}

/// Asserts that packets came in the order of their sequence numbers.
#[track_caller]
pub fn is_in_order(received: &[&Received]) {
    assert!(received.is_sorted_by_key(|packet| packet.seq), "out of order");
}

/// Where a payload stands in what was published.
pub fn place(sent: &[Sent], payload: &[u8]) -> Option<usize> {
    sent.iter().position(|packet| packet.payload == payload)
}

/// Where a packet stands in what was published, by what no forwarder may rewrite: all but the
/// payload descriptor (six bytes of our VP8).
pub fn place_of_body(sent: &[Sent], payload: &[u8]) -> Option<usize> {
    sent.iter().position(|packet| packet.payload[6..] == payload[6..])
}

/// How often each (SSRC, sequence number) occurs more than once.
pub fn repeated(packets: impl Iterator<Item = (u32, u16)>) -> Vec<((u32, u16), usize)> {
    let mut counts = HashMap::new();
    packets.for_each(|key| *counts.entry(key).or_insert(0) += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).collect()
}
