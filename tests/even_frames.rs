//! Encoders cut a frame into packets that differ by one byte. They leave equally long, so that one
//! system call takes them all: the shorter ones with a byte of padding, which no decoder sees.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use lahn::params::Mid;
use lahn::srtp::ReceiveIndex;
use lahn::wire::ext::Format;
use lahn::wire::rtp::{HeaderWriter, RtpFields, RtpHeader, split_rtx, without_padding};
use lahn::{ExtSeq, RtpTime, Seq};
use raw::{FixedSink, PUBLISHED, RawCall};

const MID: u8 = 4;
const PAYLOAD_TYPE: u8 = 96;
const RTX_PAYLOAD_TYPE: u8 = 97;
/// Payload bytes of the frame's packets.
const FRAME: [usize; 5] = [900, 900, 901, 901, 901];

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

/// What came out for the receiver, opened.
struct Received {
    seq: u16,
    payload_type: u8,
    datagram_len: usize,
    has_padding: bool,
    payload: Vec<u8>,
    sealed: Vec<u8>,
}

struct Call {
    call: RawCall,
    next: u64,
    indices: [ReceiveIndex; 2],
}

impl Call {
    fn new(rtx: bool) -> Self {
        let mut call = RawCall::new(beginning(), 1);
        if !rtx {
            let ssrc = call.receivers[0].ssrc;
            let mut session = raw::receiving(Mid::new(b"0").expect("a token"), ssrc);
            session.media[0].codecs[0].rtx_payload_type = None;
            let endpoint = call.receivers[0].endpoint;
            call.engine.set_session(call.now, endpoint, &session).expect("a good session");
        }
        Self { call, next: 1_000, indices: [ReceiveIndex::default(), ReceiveIndex::default()] }
    }

    /// A packet of the frame that began at `timestamp` comes from the publisher.
    fn feed(&mut self, timestamp: u32, number: u64, len: usize) {
        let mut out = [0; 1_500];
        let fields = RtpFields {
            has_padding: false,
            marker: false,
            payload_type: PAYLOAD_TYPE,
            sequence_number: ExtSeq(self.next).seq(),
            timestamp: RtpTime(timestamp),
            ssrc: PUBLISHED,
        };
        let mut header = HeaderWriter::begin(&mut out, fields, Format::OneByte).expect("room");
        assert!(header.extension(MID, b"0"));
        let header_len = header.finish();
        let payload = picture(number, len);
        let index = ExtSeq(self.next);
        let keys = &self.call.publisher_keys;
        let sealed = keys.rtp(&mut out, header_len, &[], &payload, PUBLISHED, index);
        let len = sealed.expect("room").len();
        self.next += 1;
        self.call.engine.handle_datagram(self.call.now, self.call.publisher_path, &mut out[..len]);
    }

    fn drain(&mut self) -> Vec<Received> {
        let call = &mut self.call;
        call.now += Duration::from_millis(30);
        let mut sink = FixedSink::new(64);
        sink.drain(&mut call.engine, call.now);
        let receiver = &call.receivers[0];
        let to = receiver.path;
        let media = sink.written().filter(|(path, bytes)| {
            *path == to && [PAYLOAD_TYPE, RTX_PAYLOAD_TYPE].contains(&(bytes[1] & 0x7f))
        });
        let mut open = |(_, sealed): (_, &[u8])| {
            let mut datagram = sealed.to_vec();
            let header = RtpHeader::parse(sealed).expect("RTP");
            let (ssrc, seq) = (header.ssrc, header.sequence_number);
            let index = &mut self.indices[usize::from(ssrc != receiver.ssrc)];
            let opened = receiver.opens.rtp(index, ssrc, seq, header.len(), &mut datagram);
            let plain = opened.map(|plain| plain.to_vec()).unwrap_or_default();
            Received {
                seq: seq.0,
                payload_type: header.payload_type,
                datagram_len: sealed.len(),
                has_padding: header.has_padding,
                payload: without_padding(&header, &plain).expect("good padding").to_vec(),
                sealed: sealed.to_vec(),
            }
        };
        media.map(&mut open).collect()
    }

    /// The receiver misses `seq` (RFC 4585 §6.2.1).
    fn ask_again(&mut self, seq: u16) {
        let call = &mut self.call;
        let receiver = &mut call.receivers[0];
        let own = 0x3000_0000_u32.to_be_bytes();
        let mut out = [0; 64];
        out[..4].copy_from_slice(&[0x80, 201, 0, 1]);
        out[4..8].copy_from_slice(&own);
        out[8..12].copy_from_slice(&[0x81, 205, 0, 3]);
        out[12..16].copy_from_slice(&own);
        out[16..20].copy_from_slice(&receiver.ssrc.0.to_be_bytes());
        out[20..22].copy_from_slice(&seq.to_be_bytes());
        let len = receiver.seals.rtcp(&mut out, 24).expect("it fits").len();
        call.engine.handle_datagram(call.now, receiver.path, &mut out[..len]);
    }
}

/// A VP8 payload: number 0 begins a key frame.
fn picture(number: u64, len: usize) -> Vec<u8> {
    let mut payload = vec![0; len];
    raw::write_picture(number, 1_000, &mut payload);
    payload
}

#[test]
fn packets_of_a_frame_that_differ_by_a_byte_leave_equally_long() {
    let mut call = Call::new(true);
    for (number, len) in (0..).zip(FRAME) {
        call.feed(3_000, number, len);
    }
    let received = call.drain();
    let lens: Vec<_> = received.iter().map(|packet| packet.datagram_len).collect();
    assert_eq!(lens, [lens[0]; 5]);
    let padded: Vec<_> = received.iter().map(|packet| packet.has_padding).collect();
    assert_eq!(padded, [true, true, false, false, false]);
    for (number, packet) in (0..).zip(&received) {
        let len = FRAME[usize::try_from(number).expect("small")];
        assert!(packet.payload == picture(number, len), "packet {number} is as it was published");
    }

    call.ask_again(received[0].seq);
    let again = call.drain();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].payload_type, again[0].has_padding), (RTX_PAYLOAD_TYPE, false));
    let (seq, payload) = split_rtx(&again[0].payload).expect("an original number");
    assert!(seq == Seq(received[0].seq) && payload == picture(0, FRAME[0]));
}

#[test]
fn other_frames_and_other_differences_are_left_as_they_are() {
    let mut call = Call::new(true);
    for (number, (timestamp, len)) in
        (0..).zip([(3_000, 900), (3_000, 902), (6_000, 903), (9_000, 905), (9_000, 904)])
    {
        call.feed(timestamp, number, len);
    }
    let received = call.drain();
    assert_eq!(received.len(), 5);
    assert!(received.iter().all(|packet| !packet.has_padding));
}

/// One packet index, one text: nothing may depend on what comes later.
#[test]
fn where_packets_are_sent_again_as_they_were_nothing_is_padded() {
    let mut call = Call::new(false);
    call.feed(3_000, 0, FRAME[0]);
    call.feed(3_000, 1, FRAME[1]);
    let mut first = call.drain();
    call.feed(3_000, 2, FRAME[2]);
    first.extend(call.drain());
    assert!(first.len() == 3 && first.iter().all(|packet| !packet.has_padding));
    call.ask_again(first[0].seq);
    let again = call.drain();
    assert_eq!(again.len(), 1);
    assert!(again[0].sealed == first[0].sealed, "the very same bytes");
}

#[test]
fn packet_that_left_before_the_longer_one_came_went_as_it_was() {
    let mut call = Call::new(true);
    call.feed(3_000, 0, FRAME[0]);
    let first = call.drain();
    call.feed(3_000, 1, FRAME[0] + 1);
    let second = call.drain();
    assert!(!first[0].has_padding && !second[0].has_padding);
    call.ask_again(first[0].seq);
    let again = call.drain();
    let (_, payload) = split_rtx(&again[0].payload).expect("an original number");
    assert!(payload == picture(0, FRAME[0]));
}
