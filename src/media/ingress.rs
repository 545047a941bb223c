//! A packet comes: this page names every room it passes on its way in.

use std::time::Instant;

use super::route::{Inbound, Names, PayloadKind, Target};
use super::{DropReason, Media, payload};
use crate::base::{Seq, Slab, Ssrc};
use crate::forward::{Noted, Source};
use crate::params::{Codec, Extension, Token};
use crate::stream::carried;
use crate::stream::history::Fields;
use crate::stream::recv::Arrival;
use crate::wire::ext;
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
        let source = sources.at_mut(target.source).ok_or(DropReason::UnknownStream)?;
        let encoding = source
            .encodings_mut()
            .get_mut(usize::from(target.encoding))
            .ok_or(DropReason::UnknownStream)?;
        let (PayloadKind::Media(codec_index) | PayloadKind::Repair(codec_index)) = kind;
        let params = self.route.codec(codec_index).ok_or(DropReason::UnknownPayloadType)?;
        let codec = params.codec;

        let (ssrc, seq, payload, repaired) = match kind {
            PayloadKind::Media(_) => (header.ssrc, header.sequence_number, payload, false),
            PayloadKind::Repair(_) => {
                let (seq, payload) = split_rtx(payload).ok_or(DropReason::Padding)?;
                let main = encoding.stream.as_ref().ok_or(DropReason::UnknownStream)?;
                (main.ssrc(), seq, payload, true)
            }
        };
        let epoch = self.settings.epoch;
        let (stream, history, restarted) = encoding.begin(ssrc, codec, params.nack, epoch);
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
        let fields = Fields {
            seq: arrival?,
            timestamp: header.timestamp,
            marker: header.marker,
            key_frame: self.is_key_frame(codec, payload),
            codec: codec_index,
        };
        let position = history
            .push(now, fields, &self.scratch.carried, payload)
            .ok_or(DropReason::MalformedRtp)?;
        if restarted {
            source.on_restart(now, target.encoding);
        }
        if fields.key_frame {
            // Also of a stream that has just started over: nobody needs to ask for one then.
            source.on_key_frame(target.encoding, header.timestamp);
        }
        Ok(Noted { source: target.source, encoding: target.encoding, position, fields })
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
        self.scratch.carried.clear();
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
                kept => carried::push(&mut self.scratch.carried, kept, value),
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

    /// By the payload's own first bytes, or by the dependency descriptor, which stays readable when
    /// the payload is encrypted end to end.
    fn is_key_frame(&self, codec: Codec, payload: &[u8]) -> bool {
        payload::is_key_frame_start(codec, payload)
            || carried::elements(&self.scratch.carried)
                .find(|(extension, _)| *extension == Extension::DependencyDescriptor)
                .and_then(|(_, value)| ext::dependency_descriptor::mandatory_fields(value))
                .is_some_and(|fields| fields.start_of_frame && fields.has_structure)
    }
}
