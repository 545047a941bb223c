//! Packets in the order of their numbers become frames, frames become pictures: nothing torn,
//! nothing mixed, markers where pictures end (R1, R4, R8, N3, D7), no layer nobody needs (N2, D8).

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::super::publish::{Codec, Fate, Mode, TrueFrame, Truth};
use super::decoding::{Decoding, named};
use super::descriptor::Described;
use super::gap::Seam;
use super::packet::{Arrived, Checked, ForwardedPacket, ensure};
use super::report::Report;
use super::timing::Timing;
use super::vp8::Vp8;
use super::vp9::Vp9;

pub struct Assembly {
    pub report: Report,
    truth: Truth,
    open: Option<Open>,
    /// The newest frame forwarded of each encoding.
    newest: HashMap<u8, u32>,
    timing: Timing,
    decoding: Decoding,
    vp8: Vp8,
    vp9: Vp9,
    described: Described,
}

/// The frame whose packets are coming.
struct Open {
    frame: TrueFrame,
    packets: BTreeMap<u8, ForwardedPacket>,
    seq: u64,
    packet: u8,
    marker: bool,
    timestamp: u32,
    newest_at: Instant,
    is_start: bool,
}

/// A frame that is over, as the checks of its descriptors see it.
pub struct Finished<'a> {
    pub frame: &'a TrueFrame,
    /// Those that came.
    pub packets: &'a BTreeMap<u8, ForwardedPacket>,
    /// Decoding starts anew with it; numbers may be translated in another way from here on.
    pub is_start: bool,
    pub is_decoded: bool,
}

impl Assembly {
    pub fn new(truth: Truth) -> Self {
        Self {
            report: Report::default(),
            open: None,
            newest: HashMap::new(),
            timing: Timing::new(truth.tells_capture_time),
            decoding: Decoding::default(),
            vp8: Vp8::default(),
            vp9: Vp9::default(),
            described: Described::default(),
            truth,
        }
    }

    /// The packet with the next number.
    pub fn judge(&mut self, arrived: Arrived) -> Checked {
        let id = arrived.id;
        match &mut self.open {
            Some(open) if (open.frame.encoding, open.frame.index) == (id.encoding, id.frame) => {
                self.report.missing_numbers += u64::from(id.packet) - u64::from(open.packet) - 1;
                self.report.late_missing += open.goes_on(&self.truth, arrived)?;
                Ok(())
            }
            _ => self.begin(arrived),
        }
    }

    /// Nothing more comes: the last frame may be unfinished.
    pub fn end(&mut self) -> Checked {
        let open = self.open.take().map(|open| self.refreshed(open));
        open.map_or(Ok(()), |open| self.close(&open))
    }

    pub fn into_report(self) -> Report {
        self.report
    }

    /// The first packet of a frame.
    fn begin(&mut self, arrived: Arrived) -> Checked {
        let id = arrived.id;
        let frame = self.truth.frame_of(id).expect("looked up when it came").clone();
        let is_start = frame.starts() && starts_with(&frame, id.packet, &self.truth);
        let before = self.open.take().map(|open| self.refreshed(open));
        let is_new = before.as_ref().is_none_or(|before| !before.frame.continues(&frame));
        ensure(is_start || !is_new, "R1", || {
            format!("begins with packet {} of {}", id.packet, named(&frame))
        })?;
        let is_old = self.newest.get(&frame.encoding).is_some_and(|newest| *newest >= frame.index);
        ensure(!is_old, "R4", || format!("goes back to {}", named(&frame)))?;
        self.newest.insert(frame.encoding, frame.index);
        for (place, packet) in frame.packets.iter().enumerate().take(usize::from(id.packet)) {
            ensure(packet.fate != Fate::Delivered, "R4", || {
                format!("packet {place} of {} was there", named(&frame))
            })?;
        }
        let packet = &arrived.packet;
        let same_picture = before.as_ref().is_some_and(|before| before.is_of_picture(&frame));
        if let Some(before) = &before {
            self.join(before, &frame, &arrived, is_start)?;
        }
        if !same_picture {
            self.timing.picture(&frame, packet.timestamp, is_start)?;
        }
        if let Some(before) = before {
            self.report.switches += u32::from(is_new);
            if !same_picture {
                let TrueFrame { encoding, spatial, temporal, .. } = before.frame;
                self.report.picture(before.newest_at, encoding, spatial, temporal);
            }
            self.close(&before)?;
        }
        let mut open = Open {
            packets: BTreeMap::new(),
            seq: arrived.seq,
            packet: id.packet,
            marker: false,
            timestamp: packet.timestamp,
            newest_at: arrived.at,
            is_start,
            frame,
        };
        open.add(arrived)?;
        self.open = Some(open);
        Ok(())
    }

    /// Between the last packet of one frame and the first of the next.
    fn join(
        &mut self,
        before: &Open,
        frame: &TrueFrame,
        arrived: &Arrived,
        is_start: bool,
    ) -> Checked {
        let seam = Seam {
            before: (&before.frame, before.packet),
            marker: before.marker,
            after: (frame, arrived.id.packet),
            is_start,
        };
        let is_torn = seam.tail().any(|fate| fate == Fate::Delivered);
        ensure(!is_torn || is_start, "R4", || format!("{} is torn", named(&before.frame)))?;
        let skipped = seam.skipped(&self.truth);
        let missing = arrived.seq - before.seq - 1;
        let allowed = seam.missing(&skipped);
        ensure(allowed.contains(&missing), "R4", || {
            format!("{missing} numbers missing in front of {}, not {allowed:?}", named(frame))
        })?;
        self.report.missing_numbers += missing;
        if before.is_of_picture(frame) {
            self.inside_picture(before, frame, arrived.packet.timestamp)
        } else {
            let is_excused = is_start && !before.frame.ends_picture
                || seam.tail().next().is_some()
                || skipped
                    .iter()
                    .any(|skipped| before.is_of_picture(skipped) && !skipped.is_delivered());
            ensure(before.marker || is_excused, marker_rule(&self.truth), || {
                format!("no marker at the end of the picture of {}", named(&before.frame))
            })
        }
    }

    fn inside_picture(&self, before: &Open, frame: &TrueFrame, timestamp: u32) -> Checked {
        ensure(!before.marker, marker_rule(&self.truth), || {
            format!("marker in front of {}, of the same picture", named(frame))
        })?;
        ensure(before.timestamp == timestamp, "R3", || {
            format!("timestamp {timestamp} within a picture of {}", before.timestamp)
        })?;
        let is_needless = match self.truth.kind().mode {
            Mode::L3T3Key => !frame.in_key_picture,
            Mode::S3T3 => true,
            _ => false,
        };
        let rule = if self.truth.kind().mode == Mode::S3T3 { "D8" } else { "N2" };
        ensure(!is_needless, rule, || format!("{} needs no {}", named(frame), named(&before.frame)))
    }

    /// Packets may have been lost since the frame began.
    fn refreshed(&self, open: Open) -> Open {
        let frame = self.truth.frames(open.frame.encoding)[open.frame.index as usize].clone();
        Open { frame, ..open }
    }

    fn close(&mut self, open: &Open) -> Checked {
        let frame = &open.frame;
        let is_whole = open.packets.len() == frame.packets.len();
        let is_decoded = self.decoding.frame(&self.truth, frame, is_whole)?;
        let cut = (u8::try_from(frame.packets.len()).expect("few") - 1 - open.packet) > 0
            && frame.packets.last().is_some_and(|last| last.fate == Fate::Delivered);
        match (is_decoded, is_whole, cut) {
            (true, ..) => {
                let layer = (frame.encoding, frame.spatial, frame.temporal);
                self.report.decoded(layer, open.newest_at);
            }
            (_, true, _) => self.report.undecodable += 1,
            (_, _, true) => self.report.cut += 1,
            _ => self.report.damaged += 1,
        }
        let finished =
            Finished { frame, packets: &open.packets, is_start: open.is_start, is_decoded };
        match self.truth.kind().codec {
            Codec::Vp8 => self.vp8.frame(&self.truth, &finished)?,
            Codec::Vp9 => self.vp9.frame(&finished)?,
            Codec::Av1 | Codec::H264 => {}
        }
        if self.truth.kind().descriptor {
            self.described.frame(&self.truth, &self.decoding, &finished)?;
        }
        Ok(())
    }
}

impl Open {
    /// A later packet of the frame; how many late ones are missing before it.
    fn goes_on(&mut self, truth: &Truth, arrived: Arrived) -> Checked<u32> {
        let (seq, packet) = (arrived.seq, arrived.id.packet);
        ensure(packet > self.packet, "R4", || {
            format!("packet {packet} of {} behind {}", named(&self.frame), self.packet)
        })?;
        let distance = u64::from(packet - self.packet);
        ensure(seq - self.seq == distance, "R4", || {
            format!("packet {packet} of {} is {distance} behind the one before", named(&self.frame))
        })?;
        let frames = truth.frames(self.frame.encoding);
        let packets = &frames[self.frame.index as usize].packets;
        let between = &packets[usize::from(self.packet) + 1..usize::from(packet)];
        ensure(between.iter().all(|packet| packet.fate != Fate::Delivered), "R4", || {
            format!("{} is torn in front of packet {packet}", named(&self.frame))
        })?;
        ensure(!self.marker, marker_rule(truth), || {
            format!("marker within {}", named(&self.frame))
        })?;
        ensure(self.timestamp == arrived.packet.timestamp, "R3", || {
            format!("timestamp changes within {}", named(&self.frame))
        })?;
        let late = between.iter().filter(|packet| packet.fate == Fate::Late).count();
        drop(frames);
        self.add(arrived)?;
        Ok(late as u32)
    }

    fn add(&mut self, arrived: Arrived) -> Checked {
        let Arrived { at, seq, id, packet } = arrived;
        let is_last = usize::from(id.packet) + 1 == self.frame.packets.len();
        ensure(!packet.marker || is_last, "R8", || {
            format!("marker on packet {} of {}", id.packet, named(&self.frame))
        })?;
        let truth = &self.frame.packets[usize::from(id.packet)];
        let body = packet.payload.get(truth.head.len()..).unwrap_or_default();
        ensure(super::super::publish::checksum(0, body) == truth.body, "V4", || {
            format!("bytes behind the payload descriptor of {} changed", named(&self.frame))
        })?;
        (self.seq, self.packet, self.marker) = (seq, id.packet, packet.marker);
        self.newest_at = self.newest_at.max(at);
        self.packets.insert(id.packet, packet);
        Ok(())
    }

    fn is_of_picture(&self, frame: &TrueFrame) -> bool {
        self.frame.continues(frame) && self.frame.picture == frame.picture
    }
}

/// Whether decoding may start with this packet: the first of a frame; in H.264 also the first of
/// the slice, if the parameter sets were lost.
fn starts_with(frame: &TrueFrame, packet: u8, truth: &Truth) -> bool {
    let may_be_second = truth.kind().codec == Codec::H264 && !truth.kind().descriptor;
    packet == 0 || (packet == 1 && may_be_second && frame.packets[0].fate != Fate::Delivered)
}

fn marker_rule(truth: &Truth) -> &'static str {
    match truth.kind() {
        kind if kind.descriptor => "D7",
        kind if kind.codec == Codec::Vp9 => "N3",
        _ => "R8",
    }
}
