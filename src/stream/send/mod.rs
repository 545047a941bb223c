//! One sent RTP stream (our SSRC towards one endpoint): its numbers, its reports, what of it can
//! be sent again.
//!
//! It outlives the subscriptions it serves: the next one goes on where the last ended, so that no
//! packet index is ever used twice under one key (RFC 3711 §9.1). Read next: [`hot`], [`sent`].

mod hot;
mod patience;
mod rewrite;
mod sent;

use std::time::Duration;

use hot::Hot;
use patience::{KeyFrameWishes, ResendBudget};
use rewrite::Translations;
pub(crate) use rewrite::{MOST_HEAD, Munge, Translation};
pub(crate) use sent::Sent;

use crate::base::{Bitrate, ExtSeq, Key, NtpTime, Rng, RtpTime, Seq, Ssrc};
use crate::params::{Codec, CodecParams, ExtensionIds, MediaKind, MediaParams, Mid, SendParams};
use crate::wire::rtcp::ReportBlock;

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
    pub(crate) codec: Codec,
    /// `None`: retransmissions go out as themselves.
    pub(crate) rtx_payload_type: Option<u8>,
}

/// State of one sent stream.
#[derive(Debug)]
pub(crate) struct SendStream {
    hot: Hot,
    pub(crate) mid: Mid,
    pub(crate) params: SendParams,
    /// Whether the section is live: the receiver agreed and did not take it back.
    pub(crate) active: bool,
    codecs: Vec<CodecParams>,
    /// At the index of a codec of the source: how its packets go out; `None`: they can't.
    formats: Vec<Option<SendFormat>>,
    translations: Translations,
    key_frame_wishes: KeyFrameWishes,
    resend_budget: ResendBudget,
    /// Where the newest key frame begins: what lies before is of no use any more.
    key_frame: ExtSeq,
    /// Numbers that were left out because what they were for was lost on its way to us.
    gaps: u64,
    rtx_seq: ExtSeq,
    counters: SendCounters,
    remote: RemoteReport,
    carries: Option<Carried>,
    tail: Tail,
}

const _: () = assert!(size_of::<SendStream>() <= 512, "there is one for each subscription");

/// What a stream carries now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Carried {
    /// Slot of the source.
    pub(crate) source: u32,
    /// Number of the subscription.
    pub(crate) subscription: Key,
}

/// Counts of one sent stream, but for what is sent for the first time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SendCounters {
    /// Retransmissions.
    pub(crate) retransmitted: u64,
    /// Their payload bytes.
    retransmitted_bytes: u64,
    /// NACK packets received.
    pub(crate) nacks: u64,
    /// PLI packets received.
    pub(crate) plis: u64,
    /// FIR packets received.
    pub(crate) firs: u64,
}

/// The newest report block about a sent stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RemoteReport {
    /// Of 256.
    pub(crate) fraction_lost: u8,
    pub(crate) cumulative_lost: i32,
    /// The highest number it has received, once it has said so.
    highest: Option<u32>,
    /// Numbers left out by then, and the most that ever were lost besides.
    gaps: u64,
    most_lost: i32,
    /// In ticks.
    pub(crate) jitter: u32,
    pub(crate) round_trip_time: Option<Duration>,
}

impl RemoteReport {
    /// What was lost on its way to us (R10), `gaps` in all, is no loss of this link.
    fn update(&mut self, report: &ReportBlock, gaps: u64) -> News {
        let gaps_now = gaps.saturating_sub(self.gaps);
        self.gaps = gaps;
        let gaps = i64::try_from(gaps).unwrap_or(i64::MAX);
        let lost = (i64::from(report.cumulative_lost) - gaps).max(0);
        let lost = i32::try_from(lost).unwrap_or(i32::MAX);
        let first = self.highest.is_none();
        let expected = report.highest_sequence_number.wrapping_sub(self.highest.unwrap_or(0));
        let lost_now = i64::from(lost) - i64::from(self.cumulative_lost);
        let share = (lost_now.max(0) * 256).checked_div(i64::from(expected)).unwrap_or(0);
        self.fraction_lost = u8::try_from(share.min(255)).unwrap_or(u8::MAX);
        self.cumulative_lost = lost;
        self.highest = Some(report.highest_sequence_number);
        self.jitter = report.jitter;
        // Numbers are left out before the report that counts them as lost: less than before is no
        // news, nor is as much as before again.
        let news = lost.saturating_sub(self.most_lost).max(0).cast_unsigned();
        self.most_lost = self.most_lost.max(lost);
        if first || expected.cast_signed() < 0 {
            return News::default();
        }
        let gaps_now = u32::try_from(gaps_now).unwrap_or(u32::MAX);
        let expected = expected.saturating_sub(gaps_now).max(news);
        News { expected, lost: news, round_trip_time: None }
    }
}

/// What a report block says that the one before did not: packets that this link was to carry, and
/// those that it lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct News {
    pub(crate) expected: u32,
    pub(crate) lost: u32,
    pub(crate) round_trip_time: Option<Duration>,
}

impl SendStream {
    /// A stream that has sent nothing. Numbers start anywhere in the lower half (RFC 3711 §3.3.1
    /// asks for that: an early wrap and a lost first packet would cost the receiver its count).
    pub(crate) fn new(media: &MediaParams, params: SendParams, rng: &mut Rng) -> Self {
        let mut first = || ExtSeq(u64::from(rng.next_u32() & 0x7fff) + 1);
        let (highest, rtx_seq) = (first(), first());
        Self {
            hot: Hot::new(media.kind, params.ssrc, media.extensions.clone(), highest),
            mid: media.mid,
            params,
            active: true,
            codecs: media.codecs.clone(),
            formats: Vec::new(),
            translations: Translations::default(),
            key_frame_wishes: KeyFrameWishes::default(),
            resend_budget: ResendBudget::new(),
            key_frame: highest,
            gaps: 0,
            rtx_seq,
            counters: SendCounters::default(),
            remote: RemoteReport::default(),
            carries: None,
            tail: Tail { seq: highest, timestamp: RtpTime(rng.next_u32()), at: None },
        }
    }

    /// The section was negotiated again. `true` if what was sent cannot be sent again: a
    /// retransmission must be the same bytes (one packet index, one text), and with other
    /// identifiers it would not be.
    pub(crate) fn renegotiate(&mut self, media: &MediaParams, params: SendParams) -> bool {
        self.active = true;
        let changed = self.hot.extensions != media.extensions
            || self.codecs != media.codecs
            || self.params.rtx_ssrc != params.rtx_ssrc;
        self.params = params;
        self.hot.ssrc = params.ssrc;
        self.hot.codec = hot::NO_CODEC;
        if changed {
            self.hot.forget_sent();
            self.hot.extensions = media.extensions.clone();
            self.codecs.clone_from(&media.codecs);
        }
        changed
    }

    /// From now on it carries this, which uses `codecs`. Returns where its numbers stand.
    pub(crate) fn attach(&mut self, carries: Carried, codecs: &[CodecParams]) -> Tail {
        self.hot.forget_sent();
        self.translations.clear();
        self.hot.source = carries.source;
        self.carries = Some(carries);
        self.update_formats(codecs);
        Tail { seq: self.hot.highest, ..self.tail }
    }

    /// From now on it carries nothing; `tail` is where the subscription's numbers stood.
    pub(crate) fn detach(&mut self, tail: Tail) {
        self.hot.forget_sent();
        self.hot.source = hot::NO_SOURCE;
        self.carries = None;
        self.tail = tail;
    }

    /// The source's codecs, or ours, were negotiated again.
    pub(crate) fn update_formats(&mut self, codecs: &[CodecParams]) {
        let ours = &self.codecs;
        self.hot.codec = hot::NO_CODEC;
        self.formats.clear();
        self.formats.extend(codecs.iter().map(|theirs| {
            ours.iter().find(|ours| ours.is_same_format(theirs)).map(|ours| SendFormat {
                payload_type: ours.payload_type,
                codec: ours.codec,
                rtx_payload_type: ours.rtx_payload_type,
            })
        }));
    }

    /// Packets come under a new translation from now on.
    pub(crate) fn translate(&mut self, translation: Translation) {
        self.translations.push(translation);
    }

    /// The translation of an epoch, if it is still kept.
    pub(crate) fn translation(&self, epoch: u8) -> Option<&Translation> {
        self.translations.get(epoch)
    }

    /// The extended number of `seq`, one of the newest.
    #[inline]
    pub(crate) fn extend(&self, seq: Seq) -> ExtSeq {
        self.hot.highest.nearest(seq)
    }

    /// Whether number `ext` is still free.
    #[inline]
    pub(crate) fn is_free(&self, ext: ExtSeq) -> bool {
        self.hot.sent.is_free(self.hot.highest, ext)
    }

    /// Packet `ext`, whose number was free, left with `len` payload bytes;
    /// [`on_octets_sent`](Self::on_octets_sent) follows when all did.
    #[inline]
    pub(crate) fn on_sent(&mut self, ext: ExtSeq, len: usize, sent: Sent) {
        if ext.0 != self.hot.highest.0 + 1 {
            self.count_gap(ext);
        }
        let Hot { sent: ring, kind, highest, packets, octets, .. } = &mut self.hot;
        ring.insert(*kind, *highest, ext, sent);
        *highest = (*highest).max(ext);
        *packets += 1;
        *octets += len as u64;
    }

    /// A key frame begins with packet `ext`.
    pub(crate) fn on_key_frame(&mut self, ext: ExtSeq) {
        self.key_frame = self.key_frame.max(ext);
    }

    /// So many payload bytes left at `now`.
    #[inline]
    pub(crate) fn on_octets_sent(&mut self, now: u32, octets: u64) {
        self.hot.rate.add(now, octets);
    }

    /// A retransmission left; `rtx`: under the [next number](Self::next_rtx) of its own.
    pub(crate) fn on_resent(&mut self, now: u32, len: usize, rtx: bool) {
        if rtx {
            self.rtx_seq = self.rtx_seq.next();
        }
        self.counters.retransmitted += 1;
        self.counters.retransmitted_bytes += len as u64;
        self.hot.rate.add(now, len as u64);
    }

    /// Padding left under the [next number](Self::next_rtx) of what is sent again.
    pub(crate) fn on_padded(&mut self, now: u32, len: usize) {
        self.rtx_seq = self.rtx_seq.next();
        self.hot.rate.add(now, len as u64);
    }

    /// The packet sent `back` before the newest, if that was within the last second.
    pub(crate) fn sent_lately(&self, back: u64, now_millis: u32) -> Option<(ExtSeq, Sent)> {
        let ext = ExtSeq(self.hot.highest.0.checked_sub(back)?);
        let sent = self.hot.sent.sent_lately(self.hot.highest, ext, now_millis)?;
        Some((ext, sent))
    }

    /// SSRC and payload type under which packets of the codec used last are sent again, once any
    /// was sent.
    pub(crate) fn repair(&self) -> Option<(Ssrc, u8)> {
        let ssrc = self.params.rtx_ssrc.filter(|_| self.hot.packets > 0)?;
        Some((ssrc, self.format(self.hot.codec)?.rtx_payload_type?))
    }

    /// The receiver misses `seq`: what to send again, unless it is too old, was sent again a
    /// moment ago, or too often.
    pub(crate) fn on_nack(&mut self, seq: Seq, now_millis: u32) -> Option<Sent> {
        let spacing = self.remote.round_trip_time.unwrap_or(Duration::from_millis(20));
        let ext = self.extend(seq);
        if ext < self.key_frame {
            return None;
        }
        self.hot.sent.take_for_resend(self.hot.highest, ext, now_millis, spacing)
    }

    /// Whether `len` bytes may be sent again at `now` (K3); counts them if so.
    pub(crate) fn may_resend(&mut self, now: u32, len: usize) -> bool {
        let sent = self.hot.rate.rate(now).as_bps();
        self.resend_budget.take(now, sent, len)
    }

    /// The receiver asks for a key frame at `now`: whether the wish is passed on.
    pub(crate) fn may_ask_for_key_frame(&mut self, now: u32) -> bool {
        self.key_frame_wishes.take(now)
    }

    /// A report block about this stream came (RFC 3550 §6.4.1). Nonsense about the round trip is
    /// passed over.
    pub(crate) fn on_report(&mut self, now: NtpTime, report: &ReportBlock) -> News {
        self.hot.heard_of = true;
        let mut round_trip_time = None;
        if report.last_sr != 0 {
            let units =
                now.compact().wrapping_sub(report.last_sr).wrapping_sub(report.delay_since_last_sr);
            // Clocks of 1/65536 s may say that a short way took less than nothing.
            if units.cast_signed() >= 0 {
                let rtt = Duration::from_nanos(u64::from(units) * 1_000_000_000 / 65_536);
                round_trip_time = Some(rtt);
                self.remote.round_trip_time = round_trip_time;
            }
        }
        let news = self.remote.update(report, self.gaps);
        News { round_trip_time, ..news }
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

    /// Payload type of packets of the source's codec number `codec`, and whether what is sent
    /// again goes out as RTX.
    #[inline]
    pub(crate) fn payload_type(&mut self, codec: u8) -> Option<(u8, bool)> {
        if codec != self.hot.codec || codec == hot::NO_CODEC {
            let format = self.format(codec)?;
            self.hot.payload_type = format.payload_type;
            self.hot.rtx = self.params.rtx_ssrc.is_some() && format.rtx_payload_type.is_some();
            self.hot.codec = codec;
        }
        Some((self.hot.payload_type, self.hot.rtx))
    }

    /// How packets of the source's codec number `codec` go out.
    pub(crate) fn format(&self, codec: u8) -> Option<SendFormat> {
        self.formats.get(usize::from(codec)).copied().flatten()
    }

    /// Whether the `mid` extension should go along: until the receiver has shown that it knows the
    /// SSRC.
    pub(crate) const fn introduces_itself(&self) -> bool {
        !self.hot.heard_of
    }

    /// Packet and octet count of a sender report; `None` before the first packet.
    pub(crate) const fn report_counts(&self) -> Option<(u32, u32)> {
        if self.hot.packets == 0 {
            return None;
        }
        Some((low_32_bits(self.hot.packets), low_32_bits(self.hot.octets)))
    }

    /// Packets sent, retransmissions included.
    pub(crate) const fn packets(&self) -> u64 {
        self.hot.packets + self.counters.retransmitted
    }

    /// Payload bytes sent, retransmissions included.
    pub(crate) const fn bytes(&self) -> u64 {
        self.hot.octets + self.counters.retransmitted_bytes
    }

    /// Payload bytes sent, without retransmissions.
    pub(crate) const fn octets(&self) -> u64 {
        self.hot.octets
    }

    /// Counters of what is rare.
    pub(crate) const fn counters(&self) -> &SendCounters {
        &self.counters
    }

    /// Audio or video.
    pub(crate) const fn kind(&self) -> MediaKind {
        self.hot.kind
    }

    /// Our SSRC.
    pub(crate) const fn ssrc(&self) -> Ssrc {
        self.hot.ssrc
    }

    /// Identifiers of header extensions.
    pub(crate) const fn extensions(&self) -> &ExtensionIds {
        &self.hot.extensions
    }

    /// Slot of the source that it carries.
    pub(crate) const fn source(&self) -> Option<u32> {
        if self.hot.source == hot::NO_SOURCE { None } else { Some(self.hot.source) }
    }

    /// What the receiver says.
    pub(crate) const fn remote(&self) -> &RemoteReport {
        &self.remote
    }

    /// Where its timestamps stood when it began to carry what it does.
    pub(crate) const fn newest_timestamp(&self) -> RtpTime {
        self.tail.timestamp
    }

    /// Rate over the last second.
    pub(crate) fn rate(&self, now: u32) -> Bitrate {
        self.hot.rate.rate(now)
    }

    /// Numbers were skipped over, or one that was skipped is used after all.
    #[cold]
    const fn count_gap(&mut self, ext: ExtSeq) {
        let next = self.hot.highest.0 + 1;
        self.gaps =
            if ext.0 > next { self.gaps + (ext.0 - next) } else { self.gaps.saturating_sub(1) };
    }
}

#[expect(clippy::cast_possible_truncation, reason = "fields of 32 bits that wrap")]
const fn low_32_bits(number: u64) -> u32 {
    number as u32
}
