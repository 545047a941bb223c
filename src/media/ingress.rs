//! A packet comes: this page names every room it passes on its way in.

use std::time::{Duration, Instant};

use super::route::{Inbound, Names, PayloadKind, Target};
use super::{ASSUMED_ROUND_TRIP, DropReason, Media};
use crate::base::{Seq, Slab, Ssrc};
use crate::forward::{FramePacket, Noted, OutClock, Source};
use crate::params::{Extension, Token};
use crate::stream::carried;
use crate::stream::history::{Fields, Marks};
use crate::stream::recv::Arrival;
use crate::wire::ext::{self, AbsCaptureTime, FrameMarking, VideoLayersAllocation};
use crate::wire::rtp::{RtpHeader, split_rtx, without_padding};

/// Encodings of one source; a sent packet's record has four bits for it.
pub(super) const MOST_ENCODINGS: u8 = 16;

impl Media {
    /// An RTP datagram: decrypted, checked, counted, kept. Returns what is to be fanned out; most
    /// reasons for there being nothing are counted as drops.
    ///
    /// The order of checks is that of RFC 3711 §3.3: replay is checked before decryption, and
    /// nothing of the packet is believed before its tag is.
    pub(crate) fn handle_rtp(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        datagram: &mut [u8],
    ) -> Result<Noted, DropReason> {
        let keys = self.keys.as_ref().ok_or(DropReason::NoKeys)?;
        let header = RtpHeader::parse(datagram).map_err(|_| DropReason::MalformedRtp)?;
        let (ssrc, seq, header_len) = (header.ssrc, header.sequence_number, header.len());

        let mut newcomer = Inbound::default();
        let known = self.route.get_mut(ssrc);
        let is_new = known.is_none();
        let inbound = known.unwrap_or(&mut newcomer);
        let plain_len = keys
            .unprotector
            .rtp(&mut inbound.index, ssrc, seq, header_len, datagram)
            .map_err(|error| DropReason::of(error, DropReason::MalformedRtp))?
            .len();
        let bound = inbound.target;
        if is_new && !self.route.insert(ssrc, newcomer) {
            return Err(DropReason::TooManyStreams);
        }

        let (head, body) = datagram.split_at(header_len);
        let body = body.get(..plain_len).ok_or(DropReason::MalformedRtp)?;
        let header = RtpHeader::parse(head).map_err(|_| DropReason::MalformedRtp)?;
        let names = self.read_extensions(now, &header);
        let kind = self.route.payload_kind(&header).ok_or(DropReason::UnknownPayloadType)?;
        let target = match bound {
            Some(target) => target,
            None => self.bind(ssrc, kind, &names)?,
        };
        let payload = without_padding(&header, body).ok_or(DropReason::MalformedRtp)?;
        self.receive(now, sources, &header, target, kind, payload)
    }

    /// A packet of a known stream: of its own, or out of a retransmission.
    fn receive(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        header: &RtpHeader<'_>,
        target: Target,
        kind: PayloadKind,
        payload: &[u8],
    ) -> Result<Noted, DropReason> {
        let (PayloadKind::Media(codec_index) | PayloadKind::Repair(codec_index)) = kind;
        let params = *self.route.codec(codec_index).ok_or(DropReason::UnknownPayloadType)?;
        let codec = params.codec;
        let moment = self.settings.moment(now);
        let source = sources.at_mut(target.source).ok_or(DropReason::UnknownStream)?;
        let place = usize::from(target.encoding);
        let held = source.encodings().get(place).ok_or(DropReason::UnknownStream)?;

        let (ssrc, seq, payload, repaired) = match kind {
            PayloadKind::Media(_) => (header.ssrc, header.sequence_number, payload, false),
            PayloadKind::Repair(_) => {
                let (seq, payload) = split_rtx(payload).ok_or(DropReason::Padding)?;
                let main = held.stream.as_ref().ok_or(DropReason::UnknownStream)?;
                (main.ssrc(), seq, payload, true)
            }
        };
        if !repaired && held.is_followed_by(ssrc, seq) {
            source.end_stream(moment, target.encoding);
        }
        let encoding = source.encodings_mut().get_mut(place).ok_or(DropReason::UnknownStream)?;
        if let Some(capture) = self.scratch.capture {
            let clock = OutClock { ntp: capture.ntp, rtp: header.timestamp };
            encoding.capture = Some((clock, now));
        }
        let epoch = self.settings.epoch;
        let (stream, history, frames) = encoding.begin(ssrc, codec, params.nack, epoch);
        let arrival = if payload.is_empty() {
            stream.on_padding(now, seq);
            Err(DropReason::Padding)
        } else {
            match stream.on_packet(now, seq, header.timestamp, payload.len(), repaired) {
                Arrival::Fresh(ext) => Ok(ext),
                Arrival::Duplicate => Err(DropReason::Duplicate),
            }
        };
        if let Some(deadline) = stream.lost_deadline() {
            self.deadline = Some(self.deadline.map_or(deadline, |held| held.min(deadline)));
        }
        let seq = arrival?;
        let descriptor = &self.scratch.descriptor;
        let reading = frames.map(|frames| {
            frames.read(&FramePacket {
                now: moment.millis,
                codec,
                seq,
                timestamp: header.timestamp,
                marker: header.marker,
                payload,
                descriptor: (!descriptor.is_empty()).then_some(&descriptor[..]),
                marking: self.scratch.marking,
                patience: patience(self.round_trip_time),
            })
        });
        if !descriptor.is_empty() {
            let places = reading.and_then(|reading| reading.places);
            carried::push_descriptor(&mut self.scratch.carried, places, descriptor);
        }
        let marker = Marks::MARKER.only_if(header.marker);
        let fields = Fields {
            seq,
            timestamp: header.timestamp,
            frame: reading.map_or(0, |reading| reading.frame),
            marks: reading.map_or(marker, |reading| reading.marks),
            codec: codec_index,
        };
        let position = history
            .push(now, fields, &self.scratch.carried, payload)
            .ok_or(DropReason::MalformedRtp)?;
        if let Some(allocation) = &self.scratch.allocation {
            source.on_allocation(allocation);
        }
        source.on_packet(moment, target.encoding, &fields, payload.len());
        if fields.marks.has(Marks::KEY) {
            source.on_key_frame(target.encoding, header.timestamp);
        }
        let explains = reading.is_some_and(|reading| reading.explains);
        if explains {
            source.read_again(moment, target.encoding, position);
        }
        Ok(Noted { source: target.source, encoding: target.encoding, position, fields, explains })
    }

    /// Finds out what an SSRC carries, and remembers it.
    fn bind(&mut self, ssrc: Ssrc, kind: PayloadKind, names: &Names) -> Result<Target, DropReason> {
        let target = self.route.resolve(ssrc, kind, names).ok_or(DropReason::UnknownStream)?;
        if target.encoding >= MOST_ENCODINGS {
            return Err(DropReason::UnknownStream);
        }
        if let Some(inbound) = self.route.get_mut(ssrc) {
            inbound.target = Some(target);
        }
        Ok(target)
    }

    /// Reads the header extensions: those that name the stream are returned, the transport-wide
    /// number is noted, those that belong to the media go to the scratch memory to travel on.
    fn read_extensions(&mut self, now: Instant, header: &RtpHeader<'_>) -> Names {
        let mut names = Names::default();
        self.scratch.begin_packet();
        for (id, value) in header.extensions() {
            let Some(extension) = self.route.extension(id) else { continue };
            match extension {
                Extension::Mid => names.mid = Token::new(value),
                Extension::Rid => names.rid = Token::new(value),
                Extension::RepairedRid => names.repaired_rid = Token::new(value),
                Extension::TransportCc => {
                    if let Some(number) = ext::transport_cc::parse(value) {
                        self.note_arrival(now, Seq(number));
                    }
                }
                Extension::AbsSendTime => {}
                // Its places are known when it is read.
                Extension::DependencyDescriptor => self.scratch.descriptor.extend_from_slice(value),
                kept => {
                    match kept {
                        Extension::AbsCaptureTime => {
                            self.scratch.capture = AbsCaptureTime::parse(value);
                        }
                        Extension::VideoLayersAllocation => {
                            self.scratch.allocation = VideoLayersAllocation::parse(value);
                        }
                        Extension::FrameMarking => {
                            self.scratch.marking = FrameMarking::parse(value);
                        }
                        _ => {}
                    }
                    carried::push(&mut self.scratch.carried, kept, value);
                }
            }
        }
        names
    }

    fn note_arrival(&mut self, now: Instant, number: Seq) {
        let Some(arrivals) = &mut self.arrivals else { return };
        arrivals.note(now, number);
        if let Some(at) = self.due.feedback_after(now, self.settings.transport_cc_interval) {
            self.wake_at(at);
        }
    }
}

/// How long a lost frame is waited for before what needs it counts as broken, in milliseconds: two
/// round trips, as a retransmission takes one, within bounds (D4).
fn patience(round_trip_time: Option<Duration>) -> u32 {
    let patience = 2 * round_trip_time.unwrap_or(ASSUMED_ROUND_TRIP);
    let patience = patience.clamp(LEAST_PATIENCE, MOST_PATIENCE);
    u32::try_from(patience.as_millis()).unwrap_or(u32::MAX)
}

const LEAST_PATIENCE: Duration = Duration::from_millis(100);
const MOST_PATIENCE: Duration = Duration::from_millis(300);
