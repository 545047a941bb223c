//! Peers that negotiated less than browsers do: no RTX, no transport-cc, no PLI. Each is served by
//! what it has.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use lahn::params::{Extension, Mid, SessionParams};
use lahn::srtp::Unprotector;
use lahn::wire::rtcp::{self, Compound, Packet};
use lahn::{Seq, Ssrc};
use raw::{FixedSink, PUBLISHED, RawCall};

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

/// A call whose receiver has neither RTX nor transport-cc, but abs-send-time.
fn call_without_rtx(transport_cc: bool) -> RawCall {
    let mut call = RawCall::new(beginning(), 1);
    let receiver = &call.receivers[0];
    let mut session = raw::receiving(Mid::new(b"0").expect("a token"), receiver.ssrc);
    let media = &mut session.media[0];
    media.codecs[0].rtx_payload_type = None;
    media.send.as_mut().expect("it receives").rtx_ssrc = None;
    media.extensions.set(Extension::AbsSendTime, 3);
    if !transport_cc {
        media.extensions.set(Extension::TransportCc, 0);
    }
    call.engine.set_session(call.now, receiver.endpoint, &session).expect("a good session");
    call
}

/// Publishes packets `numbers`, 8 ms apart; the datagrams the receiver got.
fn publish(call: &mut RawCall, numbers: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let mut sink = FixedSink::new(64);
    let to = call.receivers[0].path;
    let mut received = Vec::new();
    for number in numbers {
        call.now += Duration::from_millis(8);
        let mut datagram = [0; 1_500];
        let len = call.seal(number, &mut datagram);
        call.engine.handle_timeout(call.now);
        call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);
        sink.drain(&mut call.engine, call.now);
        let is_rtp = |bytes: &[u8]| !(192..=223).contains(&bytes[1]);
        received.extend(
            sink.written()
                .filter(|(path, bytes)| *path == to && is_rtp(bytes))
                .map(|(_, bytes)| bytes.to_vec()),
        );
        sink.empty();
    }
    received
}

/// The receiver misses `seq`; what it is sent again.
fn ask_again(call: &mut RawCall, seq: u16) -> Vec<Vec<u8>> {
    let now = call.now;
    let receiver = &mut call.receivers[0];
    let mut datagram = [0; 200];
    let mut compound = Compound::new(&mut datagram);
    assert!(compound.receiver_report(Ssrc(7), &[]));
    assert!(compound.nack(Ssrc(7), receiver.ssrc, &[Seq(seq)]));
    let len = compound.len();
    let len = receiver.seals.rtcp(&mut datagram, len).expect("room").len();
    call.engine.handle_datagram(now, receiver.path, &mut datagram[..len]);
    let mut sink = FixedSink::new(16);
    sink.drain(&mut call.engine, now);
    sink.written().map(|(_, bytes)| bytes.to_vec()).collect()
}

/// One packet index, one text: anything else would give an AES-GCM key away.
#[test]
fn without_rtx_a_retransmission_is_the_same_bytes_again() {
    for transport_cc in [true, false] {
        let mut call = call_without_rtx(transport_cc);
        let received = publish(&mut call, 0..40);
        assert_eq!(received.len(), 40);
        let lost = &received[17];
        let seq = u16::from_be_bytes([lost[2], lost[3]]);
        call.now += Duration::from_millis(37);
        assert_eq!(
            ask_again(&mut call, seq),
            std::slice::from_ref(lost),
            "transport-cc: {transport_cc}"
        );
        // A round trip later once more, then a third time, and no more.
        for expected in [1, 1, 0] {
            call.now += Duration::from_millis(50);
            assert_eq!(ask_again(&mut call, seq).len(), expected);
        }
        // It took no number away from the packets that follow.
        let next = publish(&mut call, 40..41);
        assert_eq!(u16::from_be_bytes([next[0][2], next[0][3]]), seq.wrapping_add(40 - 17));
    }
}

/// What the publisher is told by RTCP while it sends `count` packets.
fn told(call: &mut RawCall, first: u64, count: u64, mut look: impl FnMut(Packet<'_>)) {
    let mut opens = Unprotector::new(&raw::keys(0).1);
    let mut sink = FixedSink::new(64);
    for number in first..first + count {
        call.now += Duration::from_millis(8);
        let mut datagram = [0; 1_500];
        let len = call.seal(number, &mut datagram);
        call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);
        call.engine.handle_timeout(call.now);
        sink.drain(&mut call.engine, call.now);
        let to_publisher = sink.written().filter(|(path, _)| *path == call.publisher_path);
        for (_, bytes) in to_publisher {
            let mut bytes = bytes.to_vec();
            let compound = opens.rtcp(&mut bytes).expect("our key opens it");
            rtcp::parse(compound).expect("it parses").for_each(&mut look);
        }
        sink.empty();
    }
}

fn publisher_with(change: impl FnOnce(&mut SessionParams)) -> RawCall {
    let mut call = RawCall::new(beginning(), 1);
    let mut session = raw::publishing();
    change(&mut session);
    call.engine.set_session(call.now, call.publisher, &session).expect("a good session");
    call
}

#[test]
fn without_transport_cc_the_publisher_is_told_a_bitrate() {
    let mut call = publisher_with(|session| {
        let media = &mut session.media[0];
        media.codecs[0].transport_cc = false;
        media.codecs[0].remb = true;
        media.extensions.set(Extension::TransportCc, 0);
    });
    let (mut bitrates, mut feedback) = (Vec::new(), 0);
    told(&mut call, 0, 1_000, |packet| match packet {
        Packet::Remb(remb) => {
            assert!(remb.ssrcs().eq([PUBLISHED]));
            bitrates.push(remb.bitrate.as_bps());
        }
        Packet::TransportCc(_) => feedback += 1,
        _ => {}
    });
    // Eight seconds without loss: about one a second, each a little higher.
    assert!((4..=16).contains(&bitrates.len()), "{bitrates:?}");
    assert!(bitrates.is_sorted() && bitrates[0] >= 1_000_000, "{bitrates:?}");
    assert_eq!(feedback, 0);
}

#[test]
fn without_pli_the_publisher_is_asked_by_fir_with_a_new_number_each_time() {
    let mut call = publisher_with(|session| session.media[0].codecs[0].pli = false);
    let mut commands = Vec::new();
    let mut plis = 0;
    for round in 0..3 {
        call.engine.request_key_frame(call.now, call.source).expect("it lives");
        told(&mut call, 100 * round, 100, |packet| match packet {
            Packet::FullIntraRequest(request) => {
                commands.extend(request.entries().filter(|(ssrc, _)| *ssrc == PUBLISHED));
            }
            Packet::PictureLossIndication { .. } => plis += 1,
            _ => {}
        });
    }
    assert_eq!(plis, 0);
    // The first wish was granted before it was told: packet 0 begins a key frame.
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert!(commands.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1), "{commands:?}");
}
