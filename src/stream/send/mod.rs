//! One sent RTP stream (our SSRC towards one endpoint): its numbers, its reports, what of it can
//! be sent again.
//!
//! It outlives the subscriptions it serves: the next one goes on where the last ended, so that no
//! packet index is ever used twice under one key (RFC 3711 §9.1). Read next: [`sent`].

mod sent;

use std::time::{Duration, Instant};

pub(crate) use sent::Sent;
use sent::SentRing;

use crate::base::{BitWindow, Bitrate, ExtSeq, Key, NtpTime, Rng, RtpTime, Seq};
use crate::params::{CodecParams, ExtensionIds, MediaKind, MediaParams, Mid, SendParams};
use crate::stream::RateMeter;
use crate::wire::rtcp::ReportBlock;

/// Packets that may overtake one another on their way here: 1,024.
const USED_WORDS: usize = 16;

/// Where the rewritten numbers of a stream stand: a new subscription continues from here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    /// Highest number given out.
    pub(crate) seq: ExtSeq,
    /// Highest timestamp given out.
    pub(crate) timestamp: RtpTime,
    /// When, in the milliseconds of [`crate::base::WallClock`]; `None` before the first packet.
    pub(crate) at: Option<u32>,
}

/// How packets of one codec of the source are sent to this receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SendFormat {
    pub(crate) payload_type: u8,
    /// `None`: retransmissions go out as themselves.
    pub(crate) rtx_payload_type: Option<u8>,
}

/// State of one sent stream.
#[derive(Debug)]
pub(crate) struct SendStream {
    pub(crate) mid: Mid,
    pub(crate) kind: MediaKind,
    pub(crate) params: SendParams,
    pub(crate) extensions: ExtensionIds,
    /// Whether the section is live: the receiver agreed and did not take it back.
    pub(crate) active: bool,
    codecs: Vec<CodecParams>,
    /// At the index of a codec of the source: how its packets go out; `None`: they can't.
    formats: Vec<Option<SendFormat>>,
    highest: ExtSeq,
    /// Numbers already used: a second packet under one of them would be a second text under one
    /// nonce.
    used: BitWindow<USED_WORDS>,
    rtx_seq: ExtSeq,
    sent: SentRing,
    counters: SendCounters,
    rate: RateMeter,
    remote: RemoteReport,
    heard_of: bool,
    carries: Option<Carried>,
    tail: Tail,
}

/// What a stream carries now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Carried {
    /// Slot of the source.
    pub(crate) source: u32,
    /// Number of the subscription.
    pub(crate) subscription: Key,
}

/// Counts of one sent stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SendCounters {
    /// Packets, retransmissions included.
    pub(crate) packets: u64,
    /// Payload bytes, retransmissions included.
    pub(crate) bytes: u64,
    /// Retransmissions.
    pub(crate) retransmitted: u64,
    /// NACK packets received.
    pub(crate) nacks: u64,
    /// PLI packets received.
    pub(crate) plis: u64,
    /// FIR packets received.
    pub(crate) firs: u64,
    /// What a sender report tells: packets and payload octets under the main SSRC.
    media_packets: u64,
    media_octets: u64,
}

/// The newest report block about a sent stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RemoteReport {
    /// Of 256.
    pub(crate) fraction_lost: u8,
    pub(crate) cumulative_lost: i32,
    /// In ticks.
    pub(crate) jitter: u32,
    pub(crate) round_trip_time: Option<Duration>,
}

impl SendStream {
    /// A stream that has sent nothing. Numbers start anywhere in the lower half (RFC 3711 §3.3.1
    /// asks for that: an early wrap and a lost first packet would cost the receiver its count).
    pub(crate) fn new(media: &MediaParams, params: SendParams, rng: &mut Rng, at: Instant) -> Self {
        let mut first = || ExtSeq(u64::from(rng.next_u32() & 0x7fff) + 1);
        let (highest, rtx_seq) = (first(), first());
        Self {
            mid: media.mid,
            kind: media.kind,
            params,
            extensions: media.extensions.clone(),
            active: true,
            codecs: media.codecs.clone(),
            formats: Vec::new(),
            highest,
            used: BitWindow::new(),
            rtx_seq,
            sent: SentRing::new(media.kind),
            counters: SendCounters::default(),
            rate: RateMeter::new(at),
            remote: RemoteReport::default(),
            heard_of: false,
            carries: None,
            tail: Tail { seq: highest, timestamp: RtpTime(rng.next_u32()), at: None },
        }
    }

    /// The section was negotiated again. `true` if what was sent cannot be sent again: a
    /// retransmission must be the same bytes (one packet index, one text), and with other
    /// identifiers it would not be.
    pub(crate) fn renegotiate(&mut self, media: &MediaParams, params: SendParams) -> bool {
        self.active = true;
        self.params = params;
        let changed = self.extensions != media.extensions || self.codecs != media.codecs;
        if changed {
            self.sent.clear();
            self.extensions = media.extensions.clone();
            self.codecs.clone_from(&media.codecs);
        }
        changed
    }

    /// From now on it carries this, which uses `codecs`. Returns where its numbers stand.
    pub(crate) fn attach(&mut self, carries: Carried, codecs: &[CodecParams]) -> Tail {
        self.sent.clear();
        self.carries = Some(carries);
        self.update_formats(codecs);
        Tail { seq: self.highest, ..self.tail }
    }

    /// From now on it carries nothing; `tail` is where the subscription's numbers stood.
    pub(crate) fn detach(&mut self, tail: Tail) {
        self.sent.clear();
        self.carries = None;
        self.tail = tail;
    }

    /// The source's codecs, or ours, were negotiated again.
    pub(crate) fn update_formats(&mut self, codecs: &[CodecParams]) {
        let ours = &self.codecs;
        self.formats.clear();
        self.formats.extend(codecs.iter().map(|theirs| {
            ours.iter().find(|ours| ours.is_same_format(theirs)).map(|ours| SendFormat {
                payload_type: ours.payload_type,
                rtx_payload_type: ours.rtx_payload_type,
            })
        }));
    }

    /// The extended number of `seq`, one of the newest.
    pub(crate) fn extend(&self, seq: Seq) -> ExtSeq {
        self.highest.nearest(seq)
    }

    /// Whether number `ext` is still free.
    pub(crate) const fn is_unused(&self, ext: ExtSeq) -> bool {
        self.used.is_fresh(ext.0)
    }

    /// Packet `ext` left with `len` payload bytes; [`on_bytes_sent`](Self::on_bytes_sent) follows
    /// when all did.
    pub(crate) fn on_sent(&mut self, ext: ExtSeq, len: usize, sent: Sent) {
        self.used.mark(ext.0);
        self.sent.insert(self.highest, ext, sent);
        self.highest = self.highest.max(ext);
        self.counters.packets += 1;
        self.counters.bytes += len as u64;
        self.counters.media_packets += 1;
        self.counters.media_octets += len as u64;
    }

    /// So many payload bytes left at `now`.
    pub(crate) fn on_bytes_sent(&mut self, now: Instant, bytes: u64) {
        self.rate.add(now, bytes);
    }

    /// A retransmission left; `rtx`: under the [next number](Self::next_rtx) of its own.
    pub(crate) fn on_resent(&mut self, now: Instant, len: usize, rtx: bool) {
        if rtx {
            self.rtx_seq = self.rtx_seq.next();
        }
        self.counters.packets += 1;
        self.counters.bytes += len as u64;
        self.counters.retransmitted += 1;
        self.rate.add(now, len as u64);
    }

    /// The receiver misses `seq`: what to send again, unless it is too old, was sent again a
    /// moment ago, or too often.
    pub(crate) fn on_nack(&mut self, seq: Seq, now_millis: u32) -> Option<Sent> {
        let spacing = self.remote.round_trip_time.unwrap_or(Duration::from_millis(20));
        let ext = self.extend(seq);
        self.sent.take_for_resend(self.highest, ext, now_millis, spacing)
    }

    /// A report block about this stream came (RFC 3550 §6.4.1). Nonsense about the round trip is
    /// passed over.
    pub(crate) fn on_report(&mut self, now: NtpTime, report: &ReportBlock) {
        self.heard_of = true;
        if report.last_sr != 0 {
            let units =
                now.compact().wrapping_sub(report.last_sr).wrapping_sub(report.delay_since_last_sr);
            // Clocks of 1/65536 s may say that a short way took less than nothing.
            if units.cast_signed() >= 0 {
                let rtt = Duration::from_nanos(u64::from(units) * 1_000_000_000 / 65_536);
                self.remote.round_trip_time = Some(rtt);
            }
        }
        self.remote.fraction_lost = report.fraction_lost;
        self.remote.cumulative_lost = report.cumulative_lost;
        self.remote.jitter = report.jitter;
    }

    /// The number of the next retransmission packet, which has a number space of its own (RFC 4588
    /// §4).
    pub(crate) const fn next_rtx(&self) -> ExtSeq {
        self.rtx_seq.next()
    }

    /// Counters, for the requests that came.
    pub(crate) const fn counters_mut(&mut self) -> &mut SendCounters {
        &mut self.counters
    }

    /// What it carries now.
    pub(crate) const fn carries(&self) -> Option<Carried> {
        self.carries
    }

    /// How packets of the source's codec number `codec` go out.
    pub(crate) fn format(&self, codec: u8) -> Option<SendFormat> {
        self.formats.get(usize::from(codec)).copied().flatten()
    }

    /// Whether the `mid` extension should go along: until the receiver has shown that it knows the
    /// SSRC.
    pub(crate) const fn introduces_itself(&self) -> bool {
        !self.heard_of
    }

    /// Packet and octet count of a sender report; `None` before the first packet.
    pub(crate) const fn report_counts(&self) -> Option<(u32, u32)> {
        if self.counters.media_packets == 0 {
            return None;
        }
        Some((low_32_bits(self.counters.media_packets), low_32_bits(self.counters.media_octets)))
    }

    /// Counters.
    pub(crate) const fn counters(&self) -> &SendCounters {
        &self.counters
    }

    /// What the receiver says.
    pub(crate) const fn remote(&self) -> &RemoteReport {
        &self.remote
    }

    /// Rate over the last second.
    pub(crate) fn rate(&self, now: Instant) -> Bitrate {
        self.rate.rate(now)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "fields of 32 bits that wrap")]
const fn low_32_bits(number: u64) -> u32 {
    number as u32
}
