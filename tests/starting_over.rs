//! What starts over in the middle of a call: a publisher under a new SSRC, a receiver's
//! negotiation with packets waiting to be sent again.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use lahn::params::{Extension, Mid, SessionParams};
use lahn::srtp::Protector;
use lahn::wire::ext::Format;
use lahn::wire::rtcp::Compound;
use lahn::wire::rtp::{HeaderWriter, RtpFields};
use lahn::{ExtSeq, RtpTime, Seq, Ssrc};
use raw::{FixedSink, PAYLOAD_LEN, RawCall};

/// The `mid` extension's identifier and the payload type of the raw calls.
const MID: u8 = 4;
const PAYLOAD_TYPE: u8 = 96;

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

/// A packet of the publisher's: `number` says where it stands in its frame, 0 begins a key frame.
fn seal(keys: &Protector, ssrc: Ssrc, seq: u64, number: u64, out: &mut [u8; 1_500]) -> usize {
    let fields = RtpFields {
        has_padding: false,
        marker: false,
        payload_type: PAYLOAD_TYPE,
        sequence_number: ExtSeq(seq).seq(),
        timestamp: RtpTime(3_000),
        ssrc,
    };
    let mut header = HeaderWriter::begin(out, fields, Format::OneByte).expect("room");
    assert!(header.extension(MID, b"0"));
    let header_len = header.finish();
    let mut payload = [0; PAYLOAD_LEN];
    raw::write_payload(number, &mut payload);
    keys.rtp(out, header_len, &[], &payload, ssrc, ExtSeq(seq)).expect("room").len()
}

/// Feeds a packet of the publisher's; sequence numbers of what the receiver gets for it.
fn publish(call: &mut RawCall, ssrc: Ssrc, seq: u64, number: u64) -> Vec<u16> {
    call.now += Duration::from_millis(8);
    let mut datagram = [0; 1_500];
    let len = seal(&call.publisher_keys, ssrc, seq, number, &mut datagram);
    call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);
    let mut sink = FixedSink::new(64);
    sink.drain(&mut call.engine, call.now);
    let to = call.receivers[0].path;
    let rtp = sink.written().filter(|(path, bytes)| *path == to && bytes[1] & 0x7f == PAYLOAD_TYPE);
    rtp.map(|(_, bytes)| u16::from_be_bytes([bytes[2], bytes[3]])).collect()
}

#[test]
fn publisher_under_a_new_ssrc_goes_on_in_the_receivers_numbers_and_brings_nothing_of_the_old() {
    let mut call = RawCall::new(beginning(), 1);
    let (old, new) = (Ssrc(0x7777_0001), Ssrc(0x7777_0002));
    let mut session = raw::publishing();
    let encoding = &mut session.media[0].receive.as_mut().expect("it publishes").encodings[0];
    (encoding.ssrc, encoding.rtx_ssrc) = (None, None);
    call.engine.set_session(call.now, call.publisher, &session).expect("a good session");

    let mut seqs = publish(&mut call, old, 30_000, 0);
    seqs.extend((1..20).flat_map(|n| publish(&mut call, old, 30_000 + n, n)));
    assert_eq!(seqs.len(), 20);
    let newest = seqs[19];
    // Lower numbers, and not even a key frame at first. One number is left out, as nothing said that
    // the last frame was finished (no marker).
    assert_eq!(publish(&mut call, new, 100, 5), [], "there is nothing to begin with yet");
    assert_eq!(publish(&mut call, new, 101, 0), [newest.wrapping_add(2)]);
    assert_eq!(publish(&mut call, new, 102, 1), [newest.wrapping_add(3)]);
    let stats = call.engine.source_stats(call.now, call.source).expect("it lives");
    // One for the subscription, one as the stream started over; none after its key frame.
    assert!(stats.encodings[0].pli_count <= 2, "{stats:?}");
    assert_eq!(stats.encodings[0].ssrc, Some(new.0));
}

/// A retransmission without RTX has the number of the first sending, so it must be the same bytes;
/// after a negotiation it would not be.
#[test]
fn packet_that_waits_to_be_sent_again_is_not_sent_in_new_clothes() {
    let mut call = RawCall::new(beginning(), 1);
    let ssrc = call.receivers[0].ssrc;
    let session = |id: u8| -> SessionParams {
        let mut session = raw::receiving(Mid::new(b"0").expect("a token"), ssrc);
        let media = &mut session.media[0];
        media.codecs[0].rtx_payload_type = None;
        media.send.as_mut().expect("it receives").rtx_ssrc = None;
        media.extensions.set(Extension::AbsSendTime, id);
        session
    };
    let endpoint = call.receivers[0].endpoint;
    call.engine.set_session(call.now, endpoint, &session(3)).expect("a good session");
    let published = raw::PUBLISHED;
    let seqs: Vec<_> = (0..8).flat_map(|n| publish(&mut call, published, 1_000 + n, n)).collect();
    let mut datagram = [0; 200];
    let mut compound = Compound::new(&mut datagram);
    assert!(compound.receiver_report(Ssrc(7), &[]));
    assert!(compound.nack(Ssrc(7), ssrc, &[Seq(seqs[3])]));
    let len = compound.len();
    let receiver = &mut call.receivers[0];
    let len = receiver.seals.rtcp(&mut datagram, len).expect("room").len();
    call.now += Duration::from_millis(30);
    call.engine.handle_datagram(call.now, receiver.path, &mut datagram[..len]);
    // Before the driver drains, the receiver has negotiated other identifiers.
    call.engine.set_session(call.now, endpoint, &session(9)).expect("a good session");
    let mut sink = FixedSink::new(16);
    sink.drain(&mut call.engine, call.now);
    assert_eq!(sink.written().count(), 0);
}
