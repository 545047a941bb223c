//! Our SRTP against str0m's: an independent implementation of RFC 3711 and RFC 7714 seals what we
//! open and opens what we seal, for every profile, across the wrap of the sequence number.
//!
//! Two real str0m `Rtc`s meet over an in-memory network in virtual time. Their DTLS is replaced,
//! through str0m's own extension point, by one that agrees at once on the keying material and the
//! profile we say, so that each profile can be had and we know the keys.

#[path = "support/agreed_dtls.rs"]
mod agreed_dtls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lahn::srtp::{
    Profile, ProtectBatch, Protector, ReceiveIndex, Simd, TransportKeys, Unprotector,
};
use lahn::{ExtSeq, Seq, Ssrc};
use str0m::format::Codec;
use str0m::media::MediaKind;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

use agreed_dtls::agreed;

/// Sequence numbers of the streams: they wrap on the way.
const FIRST: u64 = 65_500;
const PACKETS: u64 = 80;

#[test]
fn packets_that_str0m_seals_are_opened() {
    for profile in Profile::ALL {
        let mut call = Call::new(profile, true);
        call.send_media_from_left();
        let sealed = std::mem::take(&mut call.from_left);
        // We stand where the right one stands.
        let keys = keys(profile, false);
        let (mut streams, mut unprotector) = (BTreeMap::new(), Unprotector::new(&keys));
        let mut opened = Vec::new();
        let mut reports = 0;
        for mut datagram in sealed {
            if is_rtcp(&datagram) {
                let compound = unprotector.rtcp(&mut datagram).expect("str0m's SRTCP opens");
                reports += count_reports(compound);
                continue;
            }
            let (ssrc, seq, header_len) = header(&datagram);
            assert!(header_len > 12, "str0m's packets have header extensions");
            let stream: &mut ReceiveIndex = streams.entry(ssrc).or_default();
            let payload = unprotector.rtp(stream, ssrc, seq, header_len, &mut datagram);
            opened.push((ssrc, seq, payload.expect("str0m's SRTP opens").to_vec()));
        }
        for ssrc in SSRCS {
            let of_stream: Vec<_> = opened.iter().filter(|(s, ..)| *s == ssrc).collect();
            assert_eq!(of_stream.len() as u64, PACKETS, "{profile:?}");
            for (number, (_, seq, payload)) in (FIRST..).zip(of_stream) {
                assert_eq!((*seq, payload), (ExtSeq(number).seq(), &text(ssrc, number)));
            }
        }
        assert!(reports >= 2, "{profile:?}: str0m sends sender reports");
    }
}

#[test]
fn what_str0m_seals_we_seal_the_same_byte_for_byte() {
    for profile in Profile::ALL {
        let mut call = Call::new(profile, true);
        call.send_media_from_left();
        let (theirs, ours) = (keys(profile, false), keys(profile, true));
        let (unprotector, protector) = (Unprotector::new(&theirs), Protector::new(&ours));
        let mut streams = BTreeMap::<_, (ReceiveIndex, u64)>::new();
        let mut compared = 0;
        for datagram in call.from_left.iter().filter(|datagram| !is_rtcp(datagram)) {
            let (ssrc, seq, header_len) = header(datagram);
            let (stream, number) =
                streams.entry(ssrc).or_insert_with(|| (ReceiveIndex::default(), FIRST));
            let mut opened = datagram.clone();
            let payload =
                unprotector.rtp(stream, ssrc, seq, header_len, &mut opened).expect("it opens");
            let (osn, rest) = payload.split_at(2);
            let mut slot = vec![0; 1500];
            slot[..header_len].copy_from_slice(&datagram[..header_len]);
            let sealed = protector.rtp(&mut slot, header_len, osn, rest, ssrc, ExtSeq(*number));
            assert_eq!(&slot[..sealed.expect("it fits").len()], datagram, "{profile:?}");
            *number += 1;
            compared += 1;
        }
        assert_eq!(compared, 2 * PACKETS);
    }
}

#[test]
fn packets_that_we_seal_are_opened_by_str0m() {
    for profile in Profile::ALL {
        let mut call = Call::new(profile, false);
        // We stand where the left one stands, which sends nothing itself.
        let keys = keys(profile, true);
        let mut protector = Protector::new(&keys);
        for number in FIRST..FIRST + PACKETS {
            for ssrc in SSRCS {
                let mut slot = plain_header(call.payload_type, ssrc, number);
                let header_len = slot.len();
                slot.resize(1500, 0);
                let sealed = protector
                    .rtp(&mut slot, header_len, &[], &text(ssrc, number), ssrc, ExtSeq(number))
                    .expect("it fits");
                call.inject(&slot[..sealed.len()]);
            }
        }
        // A picture loss indication (RFC 4585 §6.3.1) for the stream that the right one sends.
        let mut slot = [0; 100];
        slot[..4].copy_from_slice(&[0x81, 206, 0, 2]);
        slot[4..8].copy_from_slice(&SSRCS[0].0.to_be_bytes());
        slot[8..12].copy_from_slice(&RIGHT.0.to_be_bytes());
        let sealed = protector.rtcp(&mut slot, 12).expect("it fits");
        call.inject(&slot[..sealed.len()]);
        call.run(Duration::from_millis(100));

        let mut received = BTreeMap::<_, Vec<_>>::new();
        let mut key_frame_requests = 0;
        for event in &call.events_right {
            match event {
                Event::RtpPacket(packet) => {
                    let ssrc = Ssrc(*packet.header.ssrc);
                    received.entry(ssrc).or_default().push((*packet.seq_no, &packet.payload));
                }
                Event::KeyframeRequest(_) => key_frame_requests += 1,
                _ => {}
            }
        }
        for ssrc in SSRCS {
            let packets = &received[&ssrc];
            assert_eq!(packets.len() as u64, PACKETS, "{profile:?}");
            for (number, (seq, payload)) in (FIRST..).zip(packets) {
                assert_eq!((*seq, &payload[..]), (number, &text(ssrc, number)[..]));
            }
        }
        assert_eq!(key_frame_requests, 1, "{profile:?}: str0m opened our SRTCP");
    }
}

/// As many at a time as fit, of other lengths each, with every kind of instructions.
#[test]
fn packets_that_we_seal_in_batches_are_opened_by_str0m() {
    for (profile, simd) in
        Profile::ALL.into_iter().flat_map(|p| Simd::available().map(move |s| (p, s)))
    {
        let mut call = Call::new(profile, false);
        let protector = Protector::with_simd(&keys(profile, true), simd);
        let mut numbers: Vec<_> =
            (FIRST..FIRST + PACKETS).flat_map(|number| SSRCS.map(|ssrc| (ssrc, number))).collect();
        // 16, 15 and so on down to one, and again.
        for most in (1..=ProtectBatch::MOST).rev().cycle() {
            let mut memory = vec![0; 20_000];
            let mut batch = ProtectBatch::new(&mut memory);
            for (ssrc, number) in numbers.drain(..most.min(numbers.len())) {
                let header = plain_header(call.payload_type, ssrc, number);
                batch.slot(1500).expect("there is room")[..12].copy_from_slice(&header);
                batch
                    .rtp(&protector, 12, &[], &text(ssrc, number), ssrc, ExtSeq(number))
                    .expect("it fits");
            }
            let sealed = batch.finish();
            let mut rest = &memory[..];
            for sealed in sealed {
                let (datagram, behind) = rest.split_at(sealed.len());
                call.inject(datagram);
                rest = behind;
            }
            if numbers.is_empty() {
                break;
            }
        }
        call.run(Duration::from_millis(100));
        let received = call.events_right.iter().filter_map(|event| match event {
            Event::RtpPacket(packet) => {
                Some((Ssrc(*packet.header.ssrc), *packet.seq_no, &packet.payload))
            }
            _ => None,
        });
        let mut count = 0;
        for (ssrc, number, payload) in received {
            assert_eq!(payload[..], text(ssrc, number), "{profile:?}, {}", simd.name());
            count += 1;
        }
        assert_eq!(count, 2 * PACKETS, "{profile:?}, {}", simd.name());
    }
}

/// A packet with a flipped bit must not come out of str0m: that the test above sees packets at
/// all is due to their tags.
#[test]
fn packets_that_are_tampered_with_are_not_opened_by_str0m() {
    for profile in Profile::ALL {
        let mut call = Call::new(profile, false);
        let protector = Protector::new(&keys(profile, true));
        let mut slot = plain_header(call.payload_type, SSRCS[0], 7);
        slot.resize(200, 0);
        let sealed = protector.rtp(&mut slot, 12, &[], b"text", SSRCS[0], ExtSeq(7));
        slot[13] ^= 1;
        call.inject(&slot[..sealed.expect("it fits").len()]);
        call.run(Duration::from_millis(100));
        assert!(!call.events_right.iter().any(|event| matches!(event, Event::RtpPacket(_))));
    }
}

/// What the left one (str0m, or we in its place) sends.
const SSRCS: [Ssrc; 2] = [Ssrc(0x1111_1111), Ssrc(0x2222_2222)];
/// What the right one could send.
const RIGHT: Ssrc = Ssrc(0x3333_3333);

fn material(profile: Profile) -> Vec<u8> {
    (0..2 * (profile.key_len() + profile.salt_len())).map(|n| (n * 7 + 3) as u8).collect()
}

fn keys(profile: Profile, is_client: bool) -> TransportKeys {
    TransportKeys::from_dtls(profile, &material(profile), is_client).expect("its length fits")
}

/// Another text of another length for each packet.
fn text(ssrc: Ssrc, number: u64) -> Vec<u8> {
    let len = 2 + (number as usize * 13) % 1100;
    (0..len).map(|n| (n as u64 * 31 + number + u64::from(ssrc.0)) as u8).collect()
}

fn plain_header(payload_type: u8, ssrc: Ssrc, number: u64) -> Vec<u8> {
    let mut header = vec![0x80, payload_type];
    header.extend(ExtSeq(number).seq().0.to_be_bytes());
    header.extend((number as u32 * 3000).to_be_bytes());
    header.extend(ssrc.0.to_be_bytes());
    header
}

/// RFC 5761 §4: 64 to 95 in the place of the payload type is RTCP.
fn is_rtcp(datagram: &[u8]) -> bool {
    (192..=223).contains(&datagram[1])
}

/// SSRC, sequence number and length of an RTP header (RFC 3550 §5.1).
fn header(datagram: &[u8]) -> (Ssrc, Seq, usize) {
    let seq = u16::from_be_bytes([datagram[2], datagram[3]]);
    let ssrc = u32::from_be_bytes(datagram[8..12].try_into().expect("4 bytes"));
    let mut len = 12 + 4 * usize::from(datagram[0] & 0x0f);
    if datagram[0] & 0x10 != 0 {
        let words = u16::from_be_bytes([datagram[len + 2], datagram[len + 3]]);
        len += 4 + 4 * usize::from(words);
    }
    (Ssrc(ssrc), Seq(seq), len)
}

/// How many sender reports are in a compound, which must be well-formed to its end.
fn count_reports(mut compound: &[u8]) -> usize {
    let mut reports = 0;
    while !compound.is_empty() {
        assert_eq!(compound[0] >> 6, 2, "version");
        let len = 4 + 4 * usize::from(u16::from_be_bytes([compound[2], compound[3]]));
        reports += usize::from(compound[1] == 200);
        compound = &compound[len..];
    }
    reports
}

/// Two `Rtc`s with connected transports, and the wire between them.
struct Call {
    left: Rtc,
    right: Rtc,
    now: Instant,
    payload_type: u8,
    /// SRTP and SRTCP that the left one sent.
    from_left: Vec<Vec<u8>>,
    events_right: Vec<Event>,
}

impl Call {
    #[expect(clippy::disallowed_methods, reason = "a start for the virtual time of the test")]
    fn new(profile: Profile, left_sends: bool) -> Self {
        let now = Instant::now();
        let [mut left, mut right] = [(); 2].map(|()| {
            Rtc::builder()
                .set_crypto_provider(Arc::new(agreed(profile, material(profile))))
                .set_rtp_mode(true)
                .build(now)
        });
        let fingerprints =
            [&mut left, &mut right].map(|rtc| rtc.direct_api().local_dtls_fingerprint().clone());
        let credentials =
            [&mut left, &mut right].map(|rtc| rtc.direct_api().local_ice_credentials());
        for (side, rtc) in [&mut left, &mut right].into_iter().enumerate() {
            let candidate = |side| Candidate::host(address(side), "udp").expect("valid");
            rtc.add_local_candidate(candidate(side));
            rtc.add_remote_candidate(candidate(1 - side));
            let mut direct = rtc.direct_api();
            direct.set_remote_fingerprint(fingerprints[1 - side].clone());
            direct.set_remote_ice_credentials(credentials[1 - side].clone());
            direct.set_ice_controlling(side == 0);
            direct.start_dtls(side == 0).expect("DTLS starts");
            for (ssrc, mid) in SSRCS.into_iter().zip(["one", "two"]) {
                direct.declare_media(mid.into(), MediaKind::Video);
                if side == 0 && left_sends {
                    direct.declare_stream_tx(ssrc.0.into(), None, mid.into(), None);
                } else if side == 1 {
                    direct.expect_stream_rx(ssrc.0.into(), None, mid.into(), None);
                }
            }
            if side == 1 {
                direct.declare_stream_tx(RIGHT.0.into(), None, "one".into(), None);
            }
        }
        let payload_type = left
            .codec_config()
            .find(|params| params.spec().codec == Codec::Vp8)
            .map(|params| *params.pt())
            .expect("str0m knows VP8");
        let mut call =
            Self { left, right, now, payload_type, from_left: vec![], events_right: vec![] };
        call.run(Duration::from_secs(2));
        assert!(call.left.is_connected() && call.right.is_connected());
        call
    }

    fn send_media_from_left(&mut self) {
        for number in FIRST..FIRST + PACKETS {
            for ssrc in SSRCS {
                let mut direct = self.left.direct_api();
                let stream = direct.stream_tx(&ssrc.0.into()).expect("declared");
                let extensions =
                    ExtensionValues { audio_level: Some(-40), ..ExtensionValues::default() };
                stream.write_rtp(
                    RtpWrite::new(
                        self.payload_type.into(),
                        number.into(),
                        number as u32 * 3000,
                        self.now,
                        text(ssrc, number),
                    )
                    .ext_vals(extensions),
                );
            }
            self.run(Duration::from_millis(20));
        }
        self.run(Duration::from_secs(3));
    }

    /// Gives a datagram to the right one as if the left one had sent it.
    fn inject(&mut self, datagram: &[u8]) {
        deliver(&mut self.right, 1, self.now, datagram);
        self.run(Duration::from_millis(1));
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += Duration::from_millis(1);
            for rtc in [&mut self.left, &mut self.right] {
                rtc.handle_input(Input::Timeout(self.now)).expect("time passes");
            }
            while self.exchange() {}
        }
    }

    /// Takes all that both have to send, and delivers it.
    fn exchange(&mut self) -> bool {
        let (to_right, _) = drain(&mut self.left);
        let (to_left, events) = drain(&mut self.right);
        self.events_right.extend(events);
        for datagram in &to_right {
            if (128..=191).contains(&datagram[0]) {
                self.from_left.push(datagram.clone());
            }
            deliver(&mut self.right, 1, self.now, datagram);
        }
        for datagram in &to_left {
            deliver(&mut self.left, 0, self.now, datagram);
        }
        !to_right.is_empty() || !to_left.is_empty()
    }
}

fn address(side: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + side as u8], 5000))
}

fn deliver(to: &mut Rtc, side: usize, now: Instant, datagram: &[u8]) {
    let receive = Receive {
        proto: Protocol::Udp,
        source: address(1 - side),
        destination: address(side),
        contents: datagram.try_into().expect("a kind of datagram str0m knows"),
    };
    to.handle_input(Input::Receive(now, receive)).expect("it is taken");
}

fn drain(rtc: &mut Rtc) -> (Vec<Vec<u8>>, Vec<Event>) {
    let (mut datagrams, mut events) = (vec![], vec![]);
    loop {
        match rtc.poll_output().expect("it runs") {
            Output::Transmit(transmit) => datagrams.push(transmit.contents.to_vec()),
            Output::Event(event) => events.push(event),
            Output::Timeout(_) => return (datagrams, events),
        }
    }
}
