//! RTCP goes: what is due is noted when time passes, and written when the driver drains, straight
//! into its slots.

use std::time::{Duration, Instant};

use super::{ASSUMED_ROUND_TRIP, Media};
use crate::base::{Bitrate, Drained, EgressSink, Path, Slab, Ssrc, Transmit};
use crate::forward::Source;
use crate::params::Codec;
use crate::srtp::{Profile, ProtectError};
use crate::stream::recv::ReceiveStream;
use crate::wire::rtcp::{Compound, ReportBlock};

/// No RTCP datagram is longer, sealed: it fits every path that WebRTC works on.
const MOST_BYTES: usize = 1_200;
/// Mean time between reports; each is 0.5 to 1.5 times that (RFC 3550 §6.2).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Report blocks in one packet, of the 31 that a packet can hold.
const MOST_BLOCKS: usize = 20;
/// SSRCs in one goodbye.
const MOST_GOODBYES: usize = 31;
/// One name for all we send (RFC 7022 wants it not to tell who we are).
const CNAME: &str = "lahn";
/// PLI (RFC 4585 §6.3.1) 12 bytes, FIR (RFC 5104 §4.3.1) 20.
const KEY_FRAME_REQUEST_BYTES: usize = 20;

/// What is to be written at the next drain.
#[derive(Debug)]
pub(crate) struct Due {
    feedback_at: Option<Instant>,
    feedback: bool,
    lost: bool,
    key_frames: bool,
    reports_at: Instant,
    reports: Option<ReportCursor>,
    reduced_size: bool,
}

/// How far the reports are written.
#[derive(Clone, Copy, Debug, Default)]
struct ReportCursor {
    /// Streams received: blocks written.
    received: usize,
    /// Streams sent: reports written.
    sent: usize,
    bitrate: bool,
}

impl Due {
    /// Nothing is due; the first reports soon.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            feedback_at: None,
            feedback: false,
            lost: false,
            key_frames: false,
            reports_at: now + REPORT_INTERVAL / 2,
            reports: None,
            reduced_size: false,
        }
    }

    /// Whether feedback may go out without a report in front (RFC 5506).
    pub(crate) const fn set_reduced_size(&mut self, reduced_size: bool) {
        self.reduced_size = reduced_size;
    }

    /// Something arrived: feedback is due `interval` later, unless it is already to come. Returns
    /// the new deadline.
    pub(crate) fn feedback_after(&mut self, now: Instant, interval: Duration) -> Option<Instant> {
        if self.feedback_at.is_some() {
            return None;
        }
        self.feedback_at = Some(now + interval);
        self.feedback_at
    }

    /// Nothing is to be written now.
    const fn clear(&mut self) {
        self.feedback = false;
        self.lost = false;
        self.key_frames = false;
        self.reports = None;
    }

    /// Whether anything is to be written now.
    pub(crate) const fn any(&self) -> bool {
        self.feedback || self.lost || self.key_frames || self.reports.is_some()
    }
}

impl Media {
    /// Notes what has become due by `now`.
    pub(super) fn note_due(&mut self, now: Instant, sources: &Slab<Source>) {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.due.feedback_at) {
            self.due.feedback_at = None;
            self.due.feedback = true;
        }
        self.due.lost |= passed(self.lost_deadline(sources));
        self.due.key_frames |= passed(self.key_frame_deadline(sources));
        if self.due.reports_at <= now {
            let spread = u32::from(self.rng.next_u32() as u16);
            self.due.reports_at = now + REPORT_INTERVAL / 2 + REPORT_INTERVAL * spread / 65_536;
            self.due.reports = Some(ReportCursor::default());
        }
    }

    /// When something becomes due next.
    pub(super) fn next_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        let lost = if self.due.lost { None } else { self.lost_deadline(sources) };
        let key_frames = if self.due.key_frames { None } else { self.key_frame_deadline(sources) };
        [self.due.feedback_at, lost, key_frames, Some(self.due.reports_at)]
            .into_iter()
            .flatten()
            .min()
    }

    /// Writes what is due into as many datagrams as it takes.
    pub(super) fn drain_rtcp<S: EgressSink>(
        &mut self,
        now: Instant,
        path: Path,
        sources: &mut Slab<Source>,
        sink: &mut S,
    ) -> Drained {
        while self.due.any() {
            let Some(overhead) = self.profile().map(Profile::rtcp_overhead) else { break };
            let Some(slot) = sink.slot(MOST_BYTES) else { return Drained::SinkFull };
            let room = slot.len().min(MOST_BYTES).saturating_sub(overhead);
            let mut out = Writer { compound: Compound::new(&mut slot[..room]), room };
            self.write_due(now, sources, &mut out);
            let len = out.compound.len();
            if len == 0 {
                // What seemed due no longer is.
                self.due.clear();
                break;
            }
            let keys = self.keys.as_mut().expect("a profile means keys");
            match keys.protector.rtcp(slot, len) {
                Ok(protected) => {
                    let len = protected.len();
                    sink.commit(Transmit { path, len });
                    self.on_transmitted(now, len);
                }
                Err(ProtectError::KeysExhausted) => {
                    keys.exhausted = true;
                    self.due.clear();
                }
                Err(ProtectError::SlotTooSmall) => self.due.clear(),
            }
        }
        Drained::Empty
    }

    /// Says goodbye for everything we send (RFC 3550 §6.6), into the caller's memory.
    pub(crate) fn write_goodbye(&mut self, slot: &mut [u8]) -> Option<usize> {
        let mut ssrcs = [Ssrc(0); MOST_GOODBYES];
        let active = self.send.iter().filter(|stream| stream.active);
        let mut count = 0;
        for (place, stream) in ssrcs.iter_mut().zip(active) {
            *place = stream.params.ssrc;
            count += 1;
        }
        let keys = self.keys.as_mut()?;
        let room = slot.len().saturating_sub(keys.protector.profile().rtcp_overhead());
        let mut compound = Compound::new(&mut slot[..room]);
        if count == 0
            || !compound.receiver_report(self.rtcp_ssrc, &[])
            || !compound.cname(self.rtcp_ssrc, CNAME)
            || !compound.goodbye(&ssrcs[..count])
        {
            return None;
        }
        let len = compound.len();
        keys.protector.rtcp(slot, len).ok().map(|protected| protected.len())
    }

    /// Fills one datagram. What does not fit stays due.
    fn write_due(&mut self, now: Instant, sources: &mut Slab<Source>, out: &mut Writer<'_>) {
        if let Some(cursor) = self.due.reports {
            self.due.reports = self.write_reports(now, sources, cursor, out);
            if self.due.reports.is_some() {
                return;
            }
        } else if !self.due.reduced_size {
            out.compound.receiver_report(self.rtcp_ssrc, &[]);
            out.compound.cname(self.rtcp_ssrc, CNAME);
        }
        if self.due.feedback {
            let media = self.first_received(sources).unwrap_or(Ssrc(0));
            while let Some(arrivals) = self.arrivals.as_mut().filter(|arrivals| arrivals.is_due()) {
                if !arrivals.write(self.rtcp_ssrc, media, &mut out.compound) {
                    return;
                }
            }
            self.due.feedback = false;
        }
        if self.due.lost {
            self.due.lost = !self.write_lost(now, sources, out);
        }
        if self.due.key_frames {
            self.due.key_frames = !self.write_key_frame_requests(now, sources, out);
        }
    }

    /// Reports about what is received and what is sent; returns where to go on, `None` when done.
    fn write_reports(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        mut cursor: ReportCursor,
        out: &mut Writer<'_>,
    ) -> Option<ReportCursor> {
        let mut worst_loss = 0;
        let mut blocks = [EMPTY_BLOCK; MOST_BLOCKS];
        let mut count = 0;
        let mut place = 0;
        for stream in received_mut(&self.sources, sources) {
            place += 1;
            if place <= cursor.received || count == MOST_BLOCKS {
                continue;
            }
            cursor.received = place;
            if let Some(block) = stream.report(now) {
                worst_loss = worst_loss.max(block.fraction_lost);
                blocks[count] = block;
                count += 1;
            }
        }
        // A compound begins with a report, be it an empty one, and a name (RFC 3550 §6.1).
        out.compound.receiver_report(self.rtcp_ssrc, &blocks[..count]);
        out.compound.cname(self.rtcp_ssrc, CNAME);
        if cursor.received < place {
            return Some(cursor);
        }
        if !cursor.bitrate && self.arrivals.is_none() && self.wants_bitrate() {
            let received = self.counters.incoming.rate(now);
            let bitrate = self.estimate.update(worst_loss, received);
            self.write_bitrate(sources, bitrate, out);
        }
        cursor.bitrate = true;
        let ntp = self.settings.wall.ntp(now);
        for (index, stream) in self.send.iter().enumerate().skip(cursor.sent) {
            cursor.sent = index;
            let report = stream.carries().and_then(|carries| {
                let source = sources.at(carries.source)?;
                let timestamp = source.timestamp_at(ntp, carries.subscription)?;
                Some((timestamp, stream.report_counts()?))
            });
            if let Some((timestamp, (packets, octets))) = report
                && !out.compound.sender_report(
                    stream.params.ssrc,
                    ntp,
                    timestamp,
                    packets,
                    octets,
                    &[],
                )
            {
                return Some(cursor);
            }
        }
        None
    }

    /// One REMB over all video received.
    fn write_bitrate(&self, sources: &mut Slab<Source>, bitrate: Bitrate, out: &mut Writer<'_>) {
        let mut ssrcs = [Ssrc(0); MOST_BLOCKS];
        let mut count = 0;
        for (place, stream) in ssrcs.iter_mut().zip(received_mut(&self.sources, sources)) {
            *place = stream.ssrc();
            count += 1;
        }
        if count > 0 {
            out.compound.remb(self.rtcp_ssrc, bitrate, &ssrcs[..count]);
        }
    }

    /// NACKs (RFC 4585 §6.2.1); `false` when there was no room for all.
    fn write_lost(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        out: &mut Writer<'_>,
    ) -> bool {
        let round_trip_time = self.round_trip_time.unwrap_or(ASSUMED_ROUND_TRIP);
        for stream in received_mut(&self.sources, sources) {
            if stream.lost_deadline().is_none_or(|deadline| deadline > now) {
                continue;
            }
            if !out.has_room(12 + 4 * stream.missing()) {
                return false;
            }
            self.scratch.lost.clear();
            stream.poll_lost(now, round_trip_time, &mut self.scratch.lost);
            if !self.scratch.lost.is_empty() {
                out.compound.nack(self.rtcp_ssrc, stream.ssrc(), &self.scratch.lost);
            }
        }
        true
    }

    /// PLI, or FIR for who negotiated only that; `false` when there was no room for all.
    fn write_key_frame_requests(
        &self,
        now: Instant,
        sources: &mut Slab<Source>,
        out: &mut Writer<'_>,
    ) -> bool {
        let interval = self.settings.key_frame_request_interval;
        for &slot in &self.sources {
            let Some(source) = sources.at_mut(slot) else { continue };
            loop {
                if !out.has_room(KEY_FRAME_REQUEST_BYTES) {
                    return false;
                }
                let Some(index) = source.take_due_key_frame(now, interval) else { break };
                let encoding = &mut source.encodings_mut()[index];
                let Some(stream) = &encoding.stream else { continue };
                let (pli, fir) = self.key_frame_feedback(encoding.codec);
                if fir && !pli {
                    encoding.firs_sent += 1;
                    let command = encoding.firs_sent.to_le_bytes()[0];
                    out.compound.full_intra_request(self.rtcp_ssrc, stream.ssrc(), command);
                } else {
                    out.compound.picture_loss_indication(self.rtcp_ssrc, stream.ssrc());
                }
            }
        }
        true
    }

    fn key_frame_feedback(&self, codec: Option<Codec>) -> (bool, bool) {
        let params = self.route.codecs().iter().find(|params| Some(params.codec) == codec);
        params.map_or((true, false), |params| (params.pli, params.fir))
    }

    fn wants_bitrate(&self) -> bool {
        self.route.codecs().iter().any(|params| params.remb)
    }

    fn first_received(&self, sources: &Slab<Source>) -> Option<Ssrc> {
        received(&self.sources, sources).next().map(ReceiveStream::ssrc)
    }

    fn lost_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        received(&self.sources, sources).filter_map(ReceiveStream::lost_deadline).min()
    }

    fn key_frame_deadline(&self, sources: &Slab<Source>) -> Option<Instant> {
        let interval = self.settings.key_frame_request_interval;
        let published = self.sources.iter().filter_map(|&slot| sources.at(slot));
        published.filter_map(|source| source.key_frame_deadline(interval)).min()
    }
}

/// A compound and how long it may become.
struct Writer<'a> {
    compound: Compound<'a>,
    room: usize,
}

impl Writer<'_> {
    fn has_room(&self, bytes: usize) -> bool {
        self.compound.len() + bytes <= self.room
    }
}

/// The streams received in the sources at `slots`.
fn received<'a>(
    slots: &'a [u32],
    sources: &'a Slab<Source>,
) -> impl Iterator<Item = &'a ReceiveStream> {
    slots
        .iter()
        .filter_map(|&slot| sources.at(slot))
        .flat_map(|source| source.encodings())
        .filter_map(|encoding| encoding.stream.as_ref())
}

/// Calls for each stream received in the sources at `slots`.
fn received_mut<'a>(
    slots: &'a [u32],
    sources: &'a mut Slab<Source>,
) -> impl Iterator<Item = &'a mut ReceiveStream> {
    sources
        .iter_mut()
        .filter(|(key, _)| slots.contains(&key.slot()))
        .flat_map(|(_, source)| source.encodings_mut())
        .filter_map(|encoding| encoding.stream.as_mut())
}

const EMPTY_BLOCK: ReportBlock = ReportBlock {
    ssrc: Ssrc(0),
    fraction_lost: 0,
    cumulative_lost: 0,
    highest_sequence_number: 0,
    jitter: 0,
    last_sr: 0,
    delay_since_last_sr: 0,
};
