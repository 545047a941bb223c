//! A packet goes: this page names every room it passes on its way out. Its number, its send time
//! and its transport-wide number are written at the last moment, and its payload is sealed from the
//! history straight into the driver's memory.

use super::departures::Departures;
use super::header::{self, Stamp};
use super::outlet::{Body, OneByOne, Outlet, Refusal, SideBySide};
use super::paced::MOST_RESEND_WAIT;
use super::queue::ResendRef;
use super::{DropReason, Keys, Media};
use crate::base::{Drained, EcnCodepoint, EgressSink, Path, SendTime, Slab};
use crate::cc::Class;
use crate::forward::{PacketRef, Source};
use crate::params::Codec;
use crate::srtp::{Profile, ProtectError};
use crate::stream::history::{History, Marks, Packet};
use crate::stream::send::{MOST_HEAD, Munge, SendStream, Sent, Translation};

/// Why a packet did not go.
pub(super) enum Stop {
    /// Not now: it stays due.
    NoRoom,
    /// Too much was sent again lately.
    OverBudget,
    Drop(DropReason),
}

impl Media {
    /// Writes everything due to this endpoint, as long as the sink has room.
    pub(crate) fn drain<S: EgressSink>(
        &mut self,
        time: &SendTime,
        sources: &mut Slab<Source>,
        sink: &mut S,
    ) -> Drained {
        let Some(path) = self.path.filter(|_| self.keys.is_some()) else { return Drained::Empty };
        if self.due.any() {
            let drained = self.drain_rtcp(time, path, sources, sink);
            // What was asked for now is asked for again later.
            self.deadline = self.next_deadline(sources);
            if drained == Drained::SinkFull {
                return Drained::SinkFull;
            }
        }
        self.drain_media(time, path, sources, &mut OneByOne(sink))
    }

    /// Sound, packets again, pictures, padding: as long as the outlet has room and the pacer lets
    /// them go.
    fn drain_media<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Drained {
        if let Some(paced) = &mut self.paced {
            paced.side.begin(time.micros, path);
        }
        if self.send_packets(Class::Audio, time, path, sources, outlet) == Drained::SinkFull
            || self.send_all_again(time, path, sources, outlet) == Drained::SinkFull
            || self.send_packets(Class::Video, time, path, sources, outlet) == Drained::SinkFull
            || self.fill_up(time, path, sources, outlet) == Drained::SinkFull
        {
            return Drained::SinkFull;
        }
        self.hold(time.at, time.micros);
        Drained::Empty
    }

    /// Whether all that is due to it are packets that go for the first time, and are better sealed
    /// along with those of other endpoints.
    pub(crate) fn goes_side_by_side(&self) -> bool {
        self.profile() == Some(Profile::Aes128CmSha1_80)
            && self.queue.has_media()
            && self.queue.front_resend().is_none()
            && !self.due.any()
    }

    /// As [`drain`](Self::drain), for one that [goes side by side](Self::goes_side_by_side).
    pub(crate) fn drain_side_by_side(
        &mut self,
        time: &SendTime,
        sources: &Slab<Source>,
        outlet: &mut SideBySide<'_, '_>,
    ) -> Drained {
        match self.path {
            Some(path) => self.drain_media(time, path, sources, outlet),
            None => Drained::Empty,
        }
    }

    /// Writes the packets of one kind that go for the first time, as long as the outlet has room
    /// and the pacer lets them go. What all packets of one stream have in common is looked up once.
    fn send_packets<O: Outlet>(
        &mut self,
        class: Class,
        time: &SendTime,
        path: Path,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Drained {
        let Self { queue, send, keys: Some(keys), transport_seq, counters, paced, .. } = self
        else {
            return Drained::Empty;
        };
        let lane = if class == Class::Audio { &mut queue.sound } else { &mut queue.pictures };
        let mut departures = Departures::new(time, transport_seq, paced);
        let (mut drained, mut closed, mut packets, mut bytes) = (Drained::Empty, false, 0, 0);
        while let Some(first) = lane.front().map(|waiting| waiting.packet)
            && drained == Drained::Empty
            && !closed
        {
            let stream = send.get_mut(usize::from(first.stream));
            let held = stream.and_then(|stream| {
                let history = history(sources, stream, first.encoding())?;
                Some((stream, history))
            });
            let Some((stream, history)) = held else {
                counters.drops.count(DropReason::HistoryOverrun);
                lane.pop(1);
                continue;
            };
            let (mut done, octets) = (0, stream.octets());
            for reference in lane.run() {
                let sent = match history.get(reference.position) {
                    Some(packet) if !departures.is_of_use(reference, &packet) => {
                        Err(Stop::Drop(DropReason::Congested))
                    }
                    Some(_) if !departures.may_send(class) => {
                        closed = true;
                        break;
                    }
                    Some(packet) => {
                        let left = (class, &mut departures);
                        send_first(time, path, keys, stream, reference, &packet, left, outlet)
                    }
                    None => Err(Stop::Drop(DropReason::HistoryOverrun)),
                };
                match sent {
                    Ok(len) => (packets, bytes) = (packets + 1, bytes + len),
                    Err(Stop::Drop(reason)) => counters.drops.count(reason),
                    Err(Stop::NoRoom | Stop::OverBudget) => {
                        drained = Drained::SinkFull;
                        break;
                    }
                }
                done += 1;
            }
            stream.on_octets_sent(time.millis, stream.octets() - octets);
            lane.pop(done);
        }
        if packets > 0 {
            self.on_transmitted(time.millis, packets, bytes);
        }
        drained
    }

    /// Writes what was asked for again, as long as there is room, and as much of it as there may
    /// be.
    fn send_all_again<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Drained {
        self.paced.iter_mut().for_each(|paced| paced.over_budget = false);
        while let Some(resend) = self.queue.front_resend()
            && self.paced.as_mut().is_none_or(|paced| paced.side.may_send(Class::Resend))
        {
            let sent = self.send_again(time, path, &resend, Class::Resend, sources, outlet);
            let is_over_budget = matches!(sent, Err(Stop::OverBudget));
            if let Some(paced) = &mut self.paced {
                paced.over_budget = is_over_budget;
            }
            match sent {
                Ok(len) => self.on_transmitted(time.millis, 1, len),
                Err(Stop::NoRoom) => return Drained::SinkFull,
                Err(Stop::OverBudget)
                    if time.millis.wrapping_sub(resend.since) <= MOST_RESEND_WAIT =>
                {
                    break;
                }
                Err(Stop::OverBudget) => self.counters.drops.count(DropReason::ResendBudget),
                Err(Stop::Drop(reason)) => self.counters.drops.count(reason),
            }
            self.queue.pop_resend();
        }
        Drained::Empty
    }

    /// Adds what a probe needs beyond all that was due. What waits for the budget of packets again
    /// does not hold it up: that would be for ever.
    fn fill_up<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Drained {
        while let Some(paced) = &mut self.paced
            && paced.side.wants_padding()
            && !self.queue.has_media()
            && (paced.over_budget || self.queue.front_resend().is_none())
            && paced.side.may_send(Class::Padding)
        {
            match self.pad(time, path, sources, outlet) {
                Ok(len) => self.on_transmitted(time.millis, 1, len),
                Err(Stop::NoRoom) => return Drained::SinkFull,
                Err(Stop::Drop(_) | Stop::OverBudget) => {
                    self.paced.iter_mut().for_each(|paced| paced.side.on_no_padding());
                }
            }
        }
        Drained::Empty
    }

    /// A packet again: under a number of its own if RTX was negotiated (RFC 4588), else the very
    /// same bytes. As padding only in the first way.
    pub(super) fn send_again<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        resend: &ResendRef,
        class: Class,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Result<usize, Stop> {
        let sent = &resend.sent;
        let Self { send, keys: Some(keys), transport_seq, paced, .. } = self else {
            return Err(Stop::Drop(DropReason::NoKeys));
        };
        let stream = send.get_mut(resend.stream as usize);
        let stream = stream.ok_or(Stop::Drop(DropReason::NotSelected))?;
        let packet = history(sources, stream, sent.encoding())
            .and_then(|history| history.get(sent.position))
            .ok_or(Stop::Drop(DropReason::HistoryOverrun))?;
        let format = stream.format(packet.fields.codec);
        let format = format.ok_or(Stop::Drop(DropReason::CodecNotNegotiated))?;
        let munge = sent.munge();
        // What it said then, it must say again.
        let translation = stream.translation(munge.epoch);
        let translation = *translation.ok_or(Stop::Drop(DropReason::HistoryOverrun))?;
        let rtx = stream.params.rtx_ssrc.zip(format.rtx_payload_type);
        let stamp = Stamp {
            padded: false,
            ssrc: stream.ssrc(),
            payload_type: format.payload_type,
            ext: resend.ext,
            timestamp_offset: translation.timestamp_offset,
            sets_marker: munge.sets_marker,
            descriptor: munge.rewrites.then_some(&translation.descriptor),
            with_mid: sent.with_mid(),
            transport_seq: sent.transport_seq,
            abs_send_time: sent.abs_send_time(),
            ecn: paced.as_ref().map_or(EcnCodepoint::NotEct, |paced| paced.side.codepoint()),
        };
        let mut prefix = Prefix::default();
        let stamp = match rtx {
            None if class == Class::Padding => return Err(Stop::Drop(DropReason::Padding)),
            None => stamp,
            Some((ssrc, payload_type)) => {
                prefix.push(resend.ext.seq().0.to_be_bytes());
                Stamp {
                    ssrc,
                    payload_type,
                    ext: stream.next_rtx(),
                    with_mid: stream.introduces_itself(),
                    transport_seq: *transport_seq,
                    abs_send_time: time.abs_send_time,
                    ..stamp
                }
            }
        };
        if munge.rewrites {
            prefix.rewrite(&translation, format.codec, munge, &packet);
        }
        let payload_len = packet.payload.len();
        match paced {
            _ if class == Class::Padding => {}
            Some(paced) if !paced.side.may_resend(time.micros, payload_len) => {
                return Err(Stop::OverBudget);
            }
            None if !stream.may_resend(time.millis, payload_len) => {
                return Err(Stop::Drop(DropReason::ResendBudget));
            }
            _ => {}
        }
        let len = write(path, keys, stream, &packet, &stamp, &prefix, outlet)?;
        if class == Class::Padding {
            stream.on_padded(time.millis, payload_len);
        } else {
            stream.on_resent(time.millis, payload_len, rtx.is_some());
        }
        let mut departures = Departures::new(time, transport_seq, paced);
        match rtx {
            Some(_) => departures.on_sent(stream, (stamp.ssrc, stamp.ext.seq()), len, class),
            None => departures.on_sent_twice(sent.transport_seq, len),
        }
        Ok(len)
    }
}

/// A packet for the first time. Returns the length of the datagram.
#[inline]
#[expect(clippy::too_many_arguments, reason = "parts of Media that are borrowed apart")]
fn send_first<O: Outlet>(
    time: &SendTime,
    path: Path,
    keys: &mut Keys,
    stream: &mut SendStream,
    reference: &PacketRef,
    packet: &Packet<'_>,
    (class, departures): (Class, &mut Departures<'_>),
    outlet: &mut O,
) -> Result<usize, Stop> {
    let ext = stream.extend(reference.seq);
    if !stream.is_free(ext) {
        return Err(Stop::Drop(DropReason::Duplicate));
    }
    let (payload_type, rtx) = stream
        .payload_type(packet.fields.codec)
        .ok_or(Stop::Drop(DropReason::CodecNotNegotiated))?;
    let munge = reference.munge();
    let mut prefix = Prefix::default();
    let translation = if munge.rewrites { stream.translation(munge.epoch) } else { None };
    if let Some(translation) = translation {
        let codec = stream.format(packet.fields.codec).map(|format| format.codec);
        let codec = codec.ok_or(Stop::Drop(DropReason::CodecNotNegotiated))?;
        prefix.rewrite(translation, codec, munge, packet);
    } else if munge.rewrites {
        return Err(Stop::Drop(DropReason::HistoryOverrun));
    }
    let stamp = Stamp {
        // What is sent again without RTX must be the same bytes, and by then a packet may have come
        // that changes what is padded.
        padded: rtx && packet.padded.is_some(),
        ssrc: stream.ssrc(),
        payload_type,
        ext,
        timestamp_offset: reference.timestamp_offset,
        sets_marker: munge.sets_marker,
        descriptor: translation.map(|translation| &translation.descriptor),
        with_mid: stream.introduces_itself(),
        transport_seq: *departures.transport_seq,
        abs_send_time: time.abs_send_time,
        ecn: departures.codepoint(),
    };
    let len = write(path, keys, stream, packet, &stamp, &prefix, outlet)?;
    let sent = Sent::new(
        reference.position,
        munge,
        stamp.transport_seq,
        stamp.abs_send_time,
        reference.encoding(),
        stamp.with_mid,
        time.millis,
    );
    if packet.fields.marks.has(Marks::KEY) {
        stream.on_key_frame(ext);
    }
    stream.on_sent(ext, packet.payload.len(), sent);
    departures.on_sent(stream, (stream.ssrc(), ext.seq()), len, class);
    Ok(len)
}

/// Header and extensions into the outlet's memory, payload sealed behind them.
#[inline]
pub(super) fn write<O: Outlet>(
    path: Path,
    keys: &mut Keys,
    stream: &SendStream,
    packet: &Packet<'_>,
    stamp: &Stamp<'_>,
    prefix: &Prefix,
    outlet: &mut O,
) -> Result<usize, Stop> {
    let payload = packet.padded.filter(|_| stamp.padded).unwrap_or(packet.payload);
    let payload = payload.get(prefix.replaced..).unwrap_or_default();
    let body =
        Body { prefix: prefix.bytes(), payload, ssrc: stamp.ssrc, ext: stamp.ext, ecn: stamp.ecn };
    let most_header = header::MOST_OWN + packet.extensions.len();
    let written = outlet.write(path, &keys.protector, &body, most_header, |slot| {
        header::write(slot, stream, packet, stamp)
    });
    written.map_err(|refusal| match refusal {
        Refusal::NoRoom => Stop::NoRoom,
        Refusal::Header => Stop::Drop(DropReason::MalformedRtp),
        Refusal::Srtp(error) => {
            keys.exhausted |= error == ProtectError::KeysExhausted;
            Stop::Drop(DropReason::NoKeys)
        }
    })
}

/// What stands in front of the payload as it is kept: the number of the packet that is sent again
/// (RFC 4588 §4), and the rewritten beginning of the payload.
#[derive(Default)]
pub(super) struct Prefix {
    bytes: [u8; OSN + MOST_HEAD],
    len: usize,
    /// Bytes of the payload that it stands for.
    replaced: usize,
}

/// Bytes of the original sequence number.
const OSN: usize = 2;

impl Prefix {
    fn push(&mut self, number: [u8; OSN]) {
        self.bytes[..OSN].copy_from_slice(&number);
        self.len = OSN;
    }

    fn rewrite(&mut self, by: &Translation, codec: Codec, munge: Munge, packet: &Packet<'_>) {
        let mut head = [0; MOST_HEAD];
        let len = by.head(codec, munge.picture_offset, packet.payload, &mut head);
        self.bytes[self.len..self.len + MOST_HEAD].copy_from_slice(&head);
        self.len += len;
        self.replaced = len;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What `stream` is served from.
pub(super) fn history<'a>(
    sources: &'a Slab<Source>,
    stream: &SendStream,
    encoding: u8,
) -> Option<&'a History> {
    let source = sources.at(stream.source()?)?;
    source.encodings().get(usize::from(encoding))?.history.as_ref()
}
