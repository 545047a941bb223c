//! A packet goes: this page names every room it passes on its way out. Numbers, send time and
//! transport-wide number are stamped here, at the last moment, and the payload is sealed from the
//! history straight into the driver's memory.

use std::time::Instant;

use super::queue::ResendRef;
use super::{DropReason, Media};
use crate::base::{Drained, EgressSink, ExtSeq, Path, SendTime, Seq, Slab, Ssrc, Transmit};
use crate::forward::{PacketRef, Source};
use crate::params::Extension;
use crate::srtp::ProtectError;
use crate::stream::carried;
use crate::stream::history::{Packet, Position};
use crate::stream::send::{SendStream, Sent};
use crate::wire::ext;
use crate::wire::rtp::{HeaderWriter, RtpFields};

/// Fixed header, extension block header and padding, and our own three extensions in two-byte form
/// with the longest `mid`.
const MOST_HEADER: usize = 12 + 4 + 3 + (2 + 16) + (2 + 2) + (2 + 3);
/// The original sequence number of a retransmission (RFC 4588 §4).
const OSN: usize = 2;

/// What became of the packet in front.
enum Step {
    Done,
    NoRoom,
    Drop(DropReason),
}

/// Everything that differs between two sendings of one packet.
struct Stamp<'a> {
    ssrc: Ssrc,
    payload_type: u8,
    ext: ExtSeq,
    timestamp_offset: u32,
    with_mid: bool,
    transport_seq: Seq,
    abs_send_time: u32,
    /// The two bytes in front of a retransmission's payload, or none.
    prefix: &'a [u8],
}

impl Media {
    /// Writes everything due to this endpoint, as long as the sink has room.
    pub(crate) fn drain<S: EgressSink>(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        sink: &mut S,
    ) -> Drained {
        let Some(path) = self.path.filter(|_| self.keys.is_some()) else { return Drained::Empty };
        if self.drain_rtcp(now, path, sources, sink) == Drained::SinkFull {
            return Drained::SinkFull;
        }
        let time = self.settings.wall.stamp(now);
        while let Some(resend) = self.queue.front_resend() {
            match self.send_again(&time, path, &resend, sources, sink) {
                Step::Done => {}
                Step::NoRoom => return Drained::SinkFull,
                Step::Drop(reason) => self.counters.drops.count(reason),
            }
            self.queue.pop_resend();
        }
        while let Some(packet) = self.queue.front() {
            match self.send_packet(&time, path, packet, sources, sink) {
                Step::Done => {}
                Step::NoRoom => return Drained::SinkFull,
                Step::Drop(reason) => self.counters.drops.count(reason),
            }
            self.queue.pop();
        }
        Drained::Empty
    }

    /// A packet for the first time.
    fn send_packet<S: EgressSink>(
        &mut self,
        time: &SendTime,
        path: Path,
        reference: PacketRef,
        sources: &Slab<Source>,
        sink: &mut S,
    ) -> Step {
        let Some(stream) = self.send.get(reference.stream as usize) else {
            return Step::Drop(DropReason::NotSelected);
        };
        let ext = stream.extend(reference.seq);
        if !stream.is_unused(ext) {
            return Step::Drop(DropReason::Duplicate);
        }
        let Some(packet) = find(sources, stream, reference.encoding, reference.position) else {
            return Step::Drop(DropReason::HistoryOverrun);
        };
        let Some(format) = stream.format(packet.fields.codec) else {
            return Step::Drop(DropReason::CodecNotNegotiated);
        };
        let stamp = Stamp {
            ssrc: stream.params.ssrc,
            payload_type: format.payload_type,
            ext,
            timestamp_offset: reference.timestamp_offset,
            with_mid: stream.introduces_itself(),
            transport_seq: self.transport_seq,
            abs_send_time: time.abs_send_time,
            prefix: &[],
        };
        let (step, numbered) =
            self.write(time.at, path, reference.stream as usize, &packet, &stamp, sink);
        if matches!(step, Step::Done) {
            let sent = Sent::new(
                reference.position,
                reference.timestamp_offset,
                stamp.transport_seq,
                stamp.abs_send_time,
                reference.encoding,
                stamp.with_mid,
                time.millis,
            );
            self.send[reference.stream as usize].on_sent(
                time.at,
                stamp.ext,
                packet.payload.len(),
                sent,
            );
            self.transport_seq = Seq(self.transport_seq.0.wrapping_add(u16::from(numbered)));
        }
        step
    }

    /// A packet again: under a number of its own if RTX was negotiated (RFC 4588), else the very
    /// same bytes.
    fn send_again<S: EgressSink>(
        &mut self,
        time: &SendTime,
        path: Path,
        resend: &ResendRef,
        sources: &Slab<Source>,
        sink: &mut S,
    ) -> Step {
        let sent = &resend.sent;
        let Some(stream) = self.send.get_mut(resend.stream as usize) else {
            return Step::Drop(DropReason::NotSelected);
        };
        let Some(packet) = find(sources, stream, sent.encoding(), sent.position) else {
            return Step::Drop(DropReason::HistoryOverrun);
        };
        let Some(format) = stream.format(packet.fields.codec) else {
            return Step::Drop(DropReason::CodecNotNegotiated);
        };
        let osn = resend.ext.seq().0.to_be_bytes();
        let rtx = stream.params.rtx_ssrc.zip(format.rtx_payload_type);
        let stamp = match rtx {
            Some((ssrc, payload_type)) => Stamp {
                ssrc,
                payload_type,
                ext: stream.next_rtx(),
                timestamp_offset: sent.timestamp_offset,
                with_mid: stream.introduces_itself(),
                transport_seq: self.transport_seq,
                abs_send_time: time.abs_send_time,
                prefix: &osn,
            },
            None => Stamp {
                ssrc: stream.params.ssrc,
                payload_type: format.payload_type,
                ext: resend.ext,
                timestamp_offset: sent.timestamp_offset,
                with_mid: sent.with_mid(),
                transport_seq: sent.transport_seq,
                abs_send_time: sent.abs_send_time(),
                prefix: &[],
            },
        };
        let (step, numbered) =
            self.write(time.at, path, resend.stream as usize, &packet, &stamp, sink);
        if matches!(step, Step::Done) {
            self.send[resend.stream as usize].on_resent(time.at, packet.payload.len());
            let own_number = u16::from(numbered && rtx.is_some());
            self.transport_seq = Seq(self.transport_seq.0.wrapping_add(own_number));
        }
        step
    }

    /// Header and extensions into the slot, payload sealed behind them. Also returns whether a
    /// transport-wide number was written.
    fn write<S: EgressSink>(
        &mut self,
        now: Instant,
        path: Path,
        stream: usize,
        packet: &Packet<'_>,
        stamp: &Stamp<'_>,
        sink: &mut S,
    ) -> (Step, bool) {
        let stream = &self.send[stream];
        let keys = self.keys.as_mut().expect("drained only with keys");
        let room = MOST_HEADER
            + packet.extensions.len()
            + OSN
            + packet.payload.len()
            + keys.protector.profile().rtp_overhead();
        let Some(slot) = sink.slot(room) else { return (Step::NoRoom, false) };
        let Some((header_len, numbered)) = write_header(slot, stream, packet, stamp) else {
            return (Step::Drop(DropReason::MalformedRtp), false);
        };
        let sealed = keys.protector.rtp(
            slot,
            header_len,
            stamp.prefix,
            packet.payload,
            stamp.ssrc,
            stamp.ext,
        );
        match sealed {
            Ok(protected) => {
                let len = protected.len();
                sink.commit(Transmit { path, len });
                self.on_transmitted(now, len);
                (Step::Done, numbered)
            }
            Err(error) => {
                keys.exhausted |= error == ProtectError::KeysExhausted;
                (Step::Drop(DropReason::NoKeys), false)
            }
        }
    }
}

/// The packet a reference means, while it is held.
fn find<'a>(
    sources: &'a Slab<Source>,
    stream: &SendStream,
    encoding: u8,
    position: Position,
) -> Option<Packet<'a>> {
    let source = sources.at(stream.carries()?.source)?;
    let history = source.encodings().get(usize::from(encoding))?.history.as_ref()?;
    history.get(position)
}

/// Returns the header's length and whether a transport-wide number is in it. `None`: no room.
fn write_header(
    slot: &mut [u8],
    stream: &SendStream,
    packet: &Packet<'_>,
    stamp: &Stamp<'_>,
) -> Option<(usize, bool)> {
    let fields = RtpFields {
        marker: packet.fields.marker,
        payload_type: stamp.payload_type,
        sequence_number: stamp.ext.seq(),
        timestamp: packet.fields.timestamp.wrapping_add(stamp.timestamp_offset),
        ssrc: stamp.ssrc,
    };
    let ids = &stream.extensions;
    let mid = stamp.with_mid.then_some(&stream.mid);
    let format = carried::format(ids, packet.extensions, mid);
    let mut header = HeaderWriter::begin(slot, fields, format)?;
    if let (Some(id), Some(mid)) = (ids.id(Extension::Mid), mid) {
        header.extension(id, mid.as_bytes());
    }
    let transport_cc = ids.id(Extension::TransportCc);
    if let Some(id) = transport_cc {
        header.extension(id, &ext::transport_cc::write(stamp.transport_seq.0));
    }
    if let Some(id) = ids.id(Extension::AbsSendTime) {
        header.extension(id, &ext::abs_send_time::write(stamp.abs_send_time));
    }
    for (extension, value) in carried::elements(packet.extensions) {
        if let Some(id) = ids.id(extension) {
            header.extension(id, value);
        }
    }
    Some((header.finish(), transport_cc.is_some()))
}
