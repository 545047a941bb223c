//! One packet walks through the house: each counter on its way moves, in the order of
//! ARCHITECTURE §5, and none that should not.
//!
//! Read it beside `src/media/ingress.rs`, which names the rooms.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::Instant;

use lahn::srtp::ReceiveIndex;
use lahn::{EncodingStats, EndpointStats, Layer, Seq, SubscriptionStats};
use raw::{FixedSink, HEADER_LEN, PAYLOAD_LEN, RawCall};

/// Everything that counts, at one moment.
struct Counters {
    publisher: EndpointStats,
    encoding: EncodingStats,
    subscription: SubscriptionStats,
    receiver: EndpointStats,
    drops: u64,
}

fn counters(call: &RawCall) -> Counters {
    let receiver = &call.receivers[0];
    let engine = &call.engine;
    let publisher = engine.endpoint_stats(call.now, call.publisher).expect("it lives");
    let at_receiver = engine.endpoint_stats(call.now, receiver.endpoint).expect("it lives");
    Counters {
        drops: engine.drops().total() + publisher.drops.total() + at_receiver.drops.total(),
        encoding: engine.source_stats(call.now, call.source).expect("it lives").encodings.remove(0),
        subscription: engine.subscription_stats(call.now, receiver.subscription).expect("it lives"),
        publisher,
        receiver: at_receiver,
    }
}

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

#[test]
fn one_packet_moves_each_counter_on_its_way_in_order() {
    let mut call = RawCall::new(beginning(), 1);
    let mut sink = FixedSink::new(16);
    sink.drain(&mut call.engine, call.now); // the request for a key frame
    sink.empty();
    let before = counters(&call);
    assert_eq!(before.drops, 0);
    assert_eq!(before.subscription.layer, None, "waiting for a key frame");

    let mut datagram = [0; 1_500];
    let len = call.seal(0, &mut datagram);
    call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);

    // media/ingress: a datagram of this endpoint's.
    let fed = counters(&call);
    assert_eq!(fed.publisher.packets_received, before.publisher.packets_received + 1);
    assert_eq!(fed.publisher.bytes_received, before.publisher.bytes_received + len as u64);
    // wire, srtp, media/route: parsed, authentic, of a known stream; stream/recv: counted there.
    assert_eq!(fed.encoding.ssrc, Some(raw::PUBLISHED.0));
    assert_eq!(fed.encoding.packets_received, 1);
    assert_eq!(fed.encoding.bytes_received, PAYLOAD_LEN as u64);
    assert_eq!(fed.encoding.retransmitted_packets_received, 0);
    // wire/payload: a key frame.
    assert_eq!(fed.encoding.key_frames_received, 1);
    // forward/select, forward/fanout: chosen, and noted for one receiver. Nothing is sent yet.
    assert_eq!(fed.subscription.layer, Some(Layer::default()));
    assert_eq!(fed.receiver.queued_packets, 1);
    assert_eq!(fed.subscription.packets_sent, 0);
    assert_eq!(fed.receiver.packets_sent, before.receiver.packets_sent);

    sink.drain(&mut call.engine, call.now);

    // media/egress: written, sealed, gone.
    let drained = counters(&call);
    assert_eq!(drained.receiver.queued_packets, 0);
    assert_eq!(drained.subscription.packets_sent, 1);
    assert_eq!(drained.subscription.bytes_sent, PAYLOAD_LEN as u64);
    assert_eq!(drained.subscription.retransmitted_packets_sent, 0);
    assert_eq!(drained.receiver.packets_sent, fed.receiver.packets_sent + 1);
    assert_eq!(drained.publisher.packets_sent, fed.publisher.packets_sent);
    assert_eq!(drained.drops, 0);

    // The driver: one datagram, to the receiver, that the receiver can open.
    let written: Vec<_> = sink.written().map(|(path, bytes)| (path, bytes.to_vec())).collect();
    let [(path, sealed)] = &written[..] else { panic!("{} datagrams", written.len()) };
    let receiver = &call.receivers[0];
    assert_eq!(*path, receiver.path);
    assert_eq!(drained.receiver.bytes_sent, fed.receiver.bytes_sent + sealed.len() as u64);
    let mut sealed = sealed.clone();
    assert_eq!(sealed[8..12], receiver.ssrc.0.to_be_bytes(), "under the receiver's SSRC");
    assert_eq!(sealed[1], 96, "neither marker nor another payload type");
    let header_len = 12 + 4 + 4 * usize::from(u16::from_be_bytes([sealed[14], sealed[15]]));
    let seq = Seq(u16::from_be_bytes([sealed[2], sealed[3]]));
    let mut index = ReceiveIndex::default();
    let payload = receiver
        .opens
        .rtp(&mut index, receiver.ssrc, seq, header_len, &mut sealed)
        .expect("sealed for this receiver");
    let mut published = [0; PAYLOAD_LEN];
    raw::write_payload(0, &mut published);
    assert_eq!(payload, published, "payload in = payload out");
    assert!(header_len >= HEADER_LEN - 4, "the receiver's own mid and transport-cc number");
}

#[test]
fn one_packet_goes_out_once_per_receiver_each_under_its_own_key() {
    let mut call = RawCall::new(beginning(), 3);
    let mut sink = FixedSink::new(16);
    sink.drain(&mut call.engine, call.now);
    sink.empty();
    let mut datagram = [0; 1_500];
    let len = call.seal(0, &mut datagram);
    call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);
    sink.drain(&mut call.engine, call.now);
    let paths: Vec<_> = sink.written().map(|(path, _)| path).collect();
    let expected: Vec<_> = call.receivers.iter().map(|receiver| receiver.path).collect();
    assert_eq!(paths.len(), 3);
    assert!(expected.iter().all(|path| paths.contains(path)), "{paths:?}");
    let sealed: Vec<_> = sink.written().map(|(_, bytes)| bytes[HEADER_LEN..].to_vec()).collect();
    assert!(sealed[0] != sealed[1] && sealed[1] != sealed[2]);
}
