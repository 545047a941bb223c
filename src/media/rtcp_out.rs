//! RTCP goes: what is [`due`](super::due) is written when the driver drains, straight into its
//! slots.

use std::time::Instant;

use super::ingress::MOST_ENCODINGS;
use super::{ASSUMED_ROUND_TRIP, Media};
use crate::base::{Drained, EcnCodepoint, EgressSink, Path, SendTime, Slab, Ssrc, Transmit};
use crate::forward::Source;
use crate::params::Codec;
use crate::srtp::{Profile, ProtectError};
use crate::stream::recv::ReceiveStream;
use crate::wire::rtcp::Compound;

/// No RTCP datagram is longer, sealed: it fits every path that WebRTC works on.
const MOST_BYTES: usize = 1_200;
/// SSRCs in one goodbye.
const MOST_GOODBYES: usize = 31;
/// One name for all we send (RFC 7022 wants it not to tell who we are).
pub(super) const CNAME: &str = "lahn";
/// PLI (RFC 4585 §6.3.1) 12 bytes, FIR (RFC 5104 §4.3.1) 20.
const KEY_FRAME_REQUEST_BYTES: usize = 20;

impl Media {
    /// Writes what is due into as many datagrams as it takes.
    pub(super) fn drain_rtcp<S: EgressSink>(
        &mut self,
        time: &SendTime,
        path: Path,
        sources: &mut Slab<Source>,
        sink: &mut S,
    ) -> Drained {
        let now = time.at;
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
                    sink.commit(Transmit { path, len, ecn: EcnCodepoint::NotEct });
                    self.on_other_transmitted(time, len);
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

    /// NACKs (RFC 4585 §6.2.1); `false` when there was no room for all.
    fn write_lost(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        out: &mut Writer<'_>,
    ) -> bool {
        let round_trip_time = self.round_trip_time.unwrap_or(ASSUMED_ROUND_TRIP);
        let Self { sources: slots, scratch, rtcp_ssrc, .. } = self;
        let mut all = true;
        for &slot in slots.iter() {
            let Some(source) = sources.at_mut(slot) else { continue };
            for encoding in 0..MOST_ENCODINGS {
                all &= source.ask_for_lost(now, encoding, |stream| {
                    if !out.has_room(12 + 4 * stream.missing()) {
                        return false;
                    }
                    scratch.lost.clear();
                    stream.poll_lost(now, round_trip_time, &mut scratch.lost);
                    if !scratch.lost.is_empty() {
                        out.compound.nack(*rtcp_ssrc, stream.ssrc(), &scratch.lost);
                    }
                    true
                });
            }
        }
        // A key frame may be due instead of what was given up.
        self.due.key_frames |=
            self.key_frame_deadline(sources).is_some_and(|deadline| deadline <= now);
        all
    }

    /// PLI, or FIR for who negotiated only that; `false` when there was no room for all.
    fn write_key_frame_requests(
        &self,
        now: Instant,
        sources: &mut Slab<Source>,
        out: &mut Writer<'_>,
    ) -> bool {
        let interval = self.settings.key_frame_request_interval;
        let moment = self.settings.moment(now);
        for &slot in &self.sources {
            let Some(source) = sources.at_mut(slot) else { continue };
            loop {
                if !out.has_room(KEY_FRAME_REQUEST_BYTES) {
                    return false;
                }
                let Some(index) = source.take_due_key_frame(moment, interval) else { break };
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
        let params = self.route.live_codecs().find(|params| Some(params.codec) == codec);
        params.map_or((true, false), |params| (params.pli, params.fir))
    }

    fn first_received(&self, sources: &Slab<Source>) -> Option<Ssrc> {
        received(&self.sources, sources).next().map(ReceiveStream::ssrc)
    }
}

/// A compound and how long it may become.
pub(super) struct Writer<'a> {
    pub(super) compound: Compound<'a>,
    room: usize,
}

impl Writer<'_> {
    fn has_room(&self, bytes: usize) -> bool {
        self.compound.len() + bytes <= self.room
    }
}

/// The streams received in the sources at `slots`.
pub(super) fn received<'a>(
    slots: &'a [u32],
    sources: &'a Slab<Source>,
) -> impl Iterator<Item = &'a ReceiveStream> {
    slots
        .iter()
        .filter_map(|&slot| sources.at(slot))
        .flat_map(Source::encodings)
        .filter_map(|encoding| encoding.stream.as_ref())
}

/// Calls `visit` for each stream received in the sources at `slots`, until it returns `false`;
/// returns whether it never did.
pub(super) fn visit_received(
    slots: &[u32],
    sources: &mut Slab<Source>,
    mut visit: impl FnMut(&mut ReceiveStream) -> bool,
) -> bool {
    slots.iter().all(|&slot| {
        let encodings = sources.at_mut(slot).map_or(&mut [][..], Source::encodings_mut);
        encodings.iter_mut().filter_map(|encoding| encoding.stream.as_mut()).all(&mut visit)
    })
}
