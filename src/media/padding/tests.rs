use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::super::outlet::OneByOne;
use super::super::{Media, Settings};
use super::*;
use crate::base::{EgressSink, Rng, Seq, Ssrc, Transmit, WallClock};
use crate::cc::{Demand, RateLimits};
use crate::forward::PacketRef;
use crate::params::{
    Codec, CodecParams, EncodingParams, Extension, ExtensionIds, MediaParams, Mid, ReceiveParams,
    SendParams, SessionParams,
};
use crate::srtp::{AeadBackend, Profile, ReceiveIndex, TransportKeys, Unprotector};
use crate::stream::history::{Capacity, History, Position};
use crate::stream::send::{Carried, Munge, Translation};
use crate::wire::rtp::RtpHeader;

const MEDIA: Ssrc = Ssrc(7);
const RTX: Ssrc = Ssrc(8);

/// What was written, one datagram each.
#[derive(Default)]
struct Written(Vec<Vec<u8>>, Vec<u8>);

impl EgressSink for Written {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.1 = vec![0; len];
        Some(&mut self.1)
    }

    fn commit(&mut self, transmit: Transmit) {
        self.0.push(self.1[..transmit.len].to_vec());
    }
}

/// A receiver of one source whose packets are put straight into its history.
struct Stage {
    now: Instant,
    media: Media,
    sources: Slab<Source>,
    opens: Unprotector,
    indices: [ReceiveIndex; 2],
    /// Number of the first packet sent.
    first: u16,
    /// Payloads of what was published.
    published: Vec<Vec<u8>>,
}

fn section(rtx: bool) -> MediaParams {
    let mut extensions = ExtensionIds::new();
    extensions.set(Extension::TransportCc, 5);
    let codec = CodecParams {
        codec: Codec::H264,
        profile: 0,
        payload_type: 96,
        rtx_payload_type: rtx.then_some(97),
        nack: true,
        pli: true,
        fir: false,
        transport_cc: true,
        remb: false,
        ccfb: false,
    };
    let mid = Mid::new(b"0").expect("a token");
    let codecs = vec![codec];
    MediaParams { mid, kind: MediaKind::Video, codecs, extensions, receive: None, send: None }
}

impl Stage {
    fn new(rtx: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
        let now = Instant::now();
        let limits = RateLimits { start: 300_000, least: 30_000, most: 20_000_000 };
        let settings = Settings {
            epoch: now,
            wall: WallClock::new(now, Duration::ZERO),
            key_frame_request_interval: Duration::from_millis(200),
            transport_cc_interval: Duration::from_millis(50),
            aead_backend: AeadBackend::Ring,
            congestion: Some(limits),
            ecn: false,
            most_ssrcs: 64,
            most_queued: 64,
        };
        let mut sources = Slab::new();
        let key = Slab::new().insert(());
        let receive = |media: MediaParams| {
            let encodings = vec![EncodingParams { rid: None, ssrc: None, rtx_ssrc: None }];
            let (stream_id, track_id) = (String::new(), String::new());
            let receive = Some(ReceiveParams { encodings, stream_id, track_id });
            SessionParams { media: vec![MediaParams { receive, ..media }], reduced_size_rtcp: true }
        };
        let mut publisher = Media::new(settings, key, Rng::new([1; 32]), now);
        let added = publisher.renegotiate(now, &receive(section(rtx)), &mut sources).added;
        let source = sources.get_mut(added[0]).expect("it was added");
        source.encodings_mut()[0].history = Some(History::new(Capacity::VIDEO, now));
        let codecs = source.codecs().to_vec();

        let mut media = Media::new(settings, key, Rng::new([2; 32]), now);
        let send = Some(SendParams { ssrc: MEDIA, rtx_ssrc: rtx.then_some(RTX) });
        let sections = vec![MediaParams { send, ..section(rtx) }];
        let session = SessionParams { media: sections, reduced_size_rtcp: true };
        media.renegotiate(now, &session, &mut sources);
        let carries = Carried { source: added[0].slot(), subscription: key };
        let attached = media.attach(section(rtx).mid, carries, &codecs);
        let first = attached.expect("it is free").1.seq.next().seq().0;
        media.translate(0, Translation::default());
        let profile = Profile::AeadAes128Gcm;
        let material: Vec<u8> = (0..56).collect();
        let keys = |is_dtls_client| {
            TransportKeys::from_dtls(profile, &material, is_dtls_client).expect("it fits")
        };
        media.set_keys(now, &keys(false));
        media.set_path(path());
        let opens = Unprotector::new(&keys(true));
        let indices = <[ReceiveIndex; 2]>::default();
        Self { now, media, sources, opens, indices, first, published: Vec::new() }
    }

    /// A packet is published, and due to the receiver.
    fn publish(&mut self) {
        let nth = u16::try_from(self.published.len()).expect("few");
        let payload = vec![nth.to_be_bytes()[1]; 900];
        let source = self.sources.at_mut(0).expect("it lives");
        let history = source.encodings_mut()[0].history.as_mut().expect("it was made");
        let fields = Fields {
            seq: ExtSeq(u64::from(nth)),
            timestamp: RtpTime(9_000),
            frame: 0,
            marks: Marks::FIRST,
            codec: 0,
        };
        let position = history.push(self.now, fields, &[], &payload).expect("it fits");
        assert_eq!(position, Position(u32::from(nth)));
        let seq = Seq(self.first.wrapping_add(nth));
        let packet = PacketRef::new(0, 0, position, seq, 0, Munge::default());
        let millis = self.media.settings.wall.millis(self.now);
        self.media.enqueue(millis, MediaKind::Video, packet);
        self.published.push(payload);
    }

    fn time(&self) -> SendTime {
        self.media.settings.wall.stamp(self.now)
    }

    /// Everything that goes now: SSRC, sequence number, payload with its padding still on.
    fn drain(&mut self) -> Vec<(Ssrc, u16, bool, Vec<u8>)> {
        let mut sink = Written::default();
        let time = self.time();
        self.media.handle_timeout(self.now, &mut self.sources);
        let _ = self.media.drain(&time, &mut self.sources, &mut sink);
        self.open(sink)
    }

    fn pad(&mut self) -> Option<(Ssrc, u16, bool, Vec<u8>)> {
        let mut sink = Written::default();
        let time = self.time();
        let padded = self.media.pad(&time, path(), &self.sources, &mut OneByOne(&mut sink));
        let mut opened = self.open(sink);
        assert_eq!(opened.len(), usize::from(padded.is_ok()));
        opened.pop()
    }

    fn open(&mut self, sink: Written) -> Vec<(Ssrc, u16, bool, Vec<u8>)> {
        let rtp = sink.0.into_iter().filter(|datagram| !(192..=223).contains(&datagram[1]));
        let open = |mut datagram: Vec<u8>| {
            let header = RtpHeader::parse(&datagram).expect("it is RTP");
            let (ssrc, seq, padded) = (header.ssrc, header.sequence_number, header.has_padding);
            let expected = if ssrc == MEDIA { 96 } else { 97 };
            assert_eq!(header.payload_type, expected);
            let len = header.len();
            let index = &mut self.indices[usize::from(ssrc == RTX)];
            let payload = self.opens.rtp(index, ssrc, seq, len, &mut datagram).expect("it opens");
            (ssrc, seq.0, padded, payload.to_vec())
        };
        rtp.map(open).collect()
    }
}

fn path() -> Path {
    let at = |host, port| SocketAddr::from(([192, 0, 2, host], port));
    Path { local: at(1, 5_000), remote: at(2, 40_000) }
}

#[test]
fn what_was_sent_lately_is_repeated_and_after_a_second_there_is_only_padding() {
    let mut stage = Stage::new(true);
    stage.publish();
    stage.publish();
    assert_eq!(stage.drain().iter().filter(|sent| sent.0 == MEDIA).count(), 2);
    let mut numbers = Vec::new();
    for _ in 0..6 {
        stage.now += Duration::from_millis(100);
        let (ssrc, seq, padded, payload) = stage.pad().expect("it was sent");
        assert_eq!((ssrc, padded), (RTX, false));
        assert!(stage.published.contains(&payload[2..].to_vec()), "behind the number it had");
        numbers.push(seq);
    }
    stage.now += Duration::from_millis(1_000);
    for _ in 0..6 {
        let (ssrc, seq, padded, payload) = stage.pad().expect("it was sent");
        assert_eq!((ssrc, padded, payload.len()), (RTX, true, 255));
        assert_eq!(payload[254], 255, "RFC 3550 §5.1");
        numbers.push(seq);
    }
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let stream = &stage.media.send_streams()[0];
    assert_eq!(stream.counters().retransmitted, 0, "nobody asked");
}

#[test]
fn nothing_is_padded_before_media_was_sent_or_without_rtx() {
    assert_eq!(Stage::new(true).pad(), None);
    let mut stage = Stage::new(false);
    stage.publish();
    assert_eq!(stage.drain().len(), 1);
    assert_eq!(stage.pad(), None);
}

#[test]
fn probe_for_which_there_is_too_little_media_is_filled_up() {
    for rtx in [true, false] {
        let mut stage = Stage::new(rtx);
        let demand = Demand { desired: 3_000_000, allocated: 0, ..Demand::default() };
        stage.media.set_demand(stage.now, demand);
        stage.publish();
        stage.publish();
        let mut sent = Vec::new();
        for _ in 0..200 {
            sent.extend(stage.drain());
            stage.now += Duration::from_millis(1);
        }
        let padding = sent.iter().filter(|sent| sent.0 == RTX).count();
        assert_eq!(sent.len() - padding, 2);
        let stats = stage.media.congestion_stats(stage.now).expect("it tells");
        assert!(stats.probes > 0);
        if rtx {
            assert!(padding > 3, "{padding}");
            assert!(stats.padding_bytes_sent > 3 * 900);
        } else {
            assert_eq!((padding, stats.padding_bytes_sent), (0, 0));
        }
        assert!(!stage.media.has_due(), "it does not ask to be drained for nothing");
    }
}

/// A probe that waited for them to go first would want to be woken at once, for ever.
#[test]
fn probe_goes_on_beside_retransmissions_that_wait_for_their_budget() {
    let mut stage = Stage::new(true);
    stage.publish();
    stage.drain();
    let millis = stage.media.settings.wall.millis(stage.now);
    let (ext, sent) = stage.media.send_streams()[0].sent_lately(0, millis).expect("it was sent");
    let demand = Demand { desired: 3_000_000, allocated: 0, ..Demand::default() };
    stage.media.set_demand(stage.now, demand);
    let mut waited = 0;
    for _ in 0..100 {
        stage.now += Duration::from_millis(1);
        let since = stage.media.settings.wall.millis(stage.now);
        let resend = ResendRef { stream: 0, ext, sent, since };
        stage.media.queue.push_resend(resend);
        stage.drain();
        let deadline = stage.media.poll_timeout().expect("it waits");
        assert!(deadline > stage.now, "it wants time that has passed");
        let stats = stage.media.congestion_stats(stage.now).expect("it tells");
        waited += usize::from(stage.media.queued() > 0 && stats.padding_bytes_sent > 5_000);
    }
    assert!(waited > 20, "{waited}");
}
