//! Congestion control feedback (RFC 8888 §3.1): when each packet of each stream arrived, and how
//! routers marked it on the way, by the streams' own sequence numbers.
//!
//! ```text
//! sender of the report │ stream: SSRC │ begin_seq, num_reports │ R ECN offset, R ECN offset …
//!                      │ stream: …                                       │ report timestamp
//! ```

use super::compound::Compound;
use super::{CONGESTION_CONTROL, TRANSPORT_FEEDBACK, split_ssrc};
use crate::base::{EcnCodepoint, Seq, Ssrc};

/// Which packets arrived, when, and with which marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CongestionControlFeedback<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// When, on the clock of its sender reports, as the middle 32 bits of an NTP timestamp:
    /// 1/65536 s; wraps after 18 hours.
    pub report_timestamp: u32,
    streams: &'a [u8],
}

impl<'a> CongestionControlFeedback<'a> {
    /// Checks that the streams fill the body exactly, and that none is reported on further than
    /// §3.1 allows.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (sender, rest) = split_ssrc(body)?;
        let (streams, timestamp) = rest.split_last_chunk()?;
        let mut left = streams;
        while !left.is_empty() {
            (_, left) = StreamArrivals::split(left)?;
        }
        Some(Self { sender, report_timestamp: u32::from_be_bytes(*timestamp), streams })
    }

    /// The streams reported on, in the order of the message. Nothing forbids to name one twice.
    pub fn streams(&self) -> impl Iterator<Item = StreamArrivals<'a>> + Clone + use<'a> {
        let mut rest = self.streams;
        std::iter::from_fn(move || {
            // `parse` has been through all of them.
            let (stream, behind) = StreamArrivals::split(rest)?;
            rest = behind;
            Some(stream)
        })
    }
}

/// What is said of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamArrivals<'a> {
    /// The stream.
    pub ssrc: Ssrc,
    /// Number of the first packet reported on.
    pub begin: Seq,
    metrics: &'a [[u8; 2]],
}

impl<'a> StreamArrivals<'a> {
    /// Each packet reported on, in order, across the wrap; `None` if it did not arrive.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = (Seq, Option<Arrival>)> + use<'a> {
        let mut number = self.begin.0;
        self.metrics.iter().map(move |metric| {
            let seq = Seq(number);
            number = number.wrapping_add(1);
            (seq, Arrival::from_bits(u16::from_be_bytes(*metric)))
        })
    }

    /// The first stream, and the others.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (ssrc, rest) = split_ssrc(bytes)?;
        let (&[b0, b1, c0, c1], rest) = rest.split_first_chunk::<4>()?;
        let count = usize::from(u16::from_be_bytes([c0, c1]));
        if count > MOST_PACKETS {
            return None;
        }
        let (metrics, rest) = rest.split_at_checked(metrics_len(count))?;
        let metrics = metrics.as_chunks().0.get(..count)?;
        Some((Self { ssrc, begin: Seq(u16::from_be_bytes([b0, b1])), metrics }, rest))
    }
}

/// How a packet arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The ECN field it arrived with; of copies, CE if one was marked (§3.1).
    pub ecn: EcnCodepoint,
    /// When.
    pub offset: ArrivalOffset,
}

impl Arrival {
    /// When the packet arrived, in the terms of the report timestamp that it came with: 1/65536 s
    /// of the far end's clock, wrapping. `None` if that is not told.
    pub fn at(&self, report_timestamp: u32) -> Option<u32> {
        let before = u32::from(self.offset.ticks()?) * (65_536 / 1_024);
        Some(report_timestamp.wrapping_sub(before))
    }

    fn from_bits(bits: u16) -> Option<Self> {
        let [high, _] = bits.to_be_bytes();
        let ecn = EcnCodepoint::from_bits(high >> 5);
        (bits & RECEIVED != 0).then_some(Self { ecn, offset: ArrivalOffset(bits & OFFSET_MASK) })
    }

    fn bits(self) -> u16 {
        RECEIVED | u16::from(self.ecn.bits()) << 13 | self.offset.0
    }
}

/// How long before the report timestamp a packet arrived, in 1/1024 s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArrivalOffset(u16);

impl ArrivalOffset {
    /// More than can be told: over 8189/1024 s.
    pub const OVER_RANGE: Self = Self(0x1ffe);
    /// Not measured, or after the report timestamp.
    pub const UNKNOWN: Self = Self(0x1fff);

    /// So many 1/1024 s before the report timestamp; less than none is after it.
    pub fn new(ticks: i64) -> Self {
        match u16::try_from(ticks) {
            Ok(ticks) if ticks < Self::OVER_RANGE.0 => Self(ticks),
            _ if ticks < 0 => Self::UNKNOWN,
            _ => Self::OVER_RANGE,
        }
    }

    /// 1/1024 s, 0-8189, if it is told.
    pub fn ticks(self) -> Option<u16> {
        (self.0 < Self::OVER_RANGE.0).then_some(self.0)
    }
}

impl Compound<'_> {
    /// Writes feedback on `streams`: SSRC, number of the first packet, and how that one and those
    /// after it arrived, `None` if they did not. `report_timestamp` is of the clock of our sender
    /// reports, as [`NtpTime::compact`](crate::base::NtpTime::compact) has it.
    ///
    /// A stream takes 8 bytes, and 2 for each packet. More than 16,384 packets of a stream never
    /// fit (§3.1). No stream: nothing to write, which always fits.
    pub fn ccfb<'s>(
        &mut self,
        sender: Ssrc,
        report_timestamp: u32,
        streams: impl Iterator<Item = (Ssrc, Seq, &'s [Option<Arrival>])> + Clone,
    ) -> bool {
        if streams.clone().any(|(_, _, packets)| packets.len() > MOST_PACKETS) {
            return false;
        }
        let lens = streams.clone().map(|(_, _, packets)| 8 + metrics_len(packets.len()));
        let streams_len: usize = lens.sum();
        if streams_len == 0 {
            return true;
        }
        let body_len = 4 + streams_len + 4;
        let Some(mut writer) = self.append(TRANSPORT_FEEDBACK, CONGESTION_CONTROL, body_len) else {
            return false;
        };
        writer.put_u32(sender.0);
        for (ssrc, begin, packets) in streams {
            writer.put_u32(ssrc.0);
            writer.put(&begin.0.to_be_bytes());
            // Checked above.
            writer.put(&u16::try_from(packets.len()).unwrap_or(0).to_be_bytes());
            for arrival in packets {
                writer.put(&arrival.map_or(0, Arrival::bits).to_be_bytes());
            }
            if packets.len() % 2 == 1 {
                writer.put(&[0, 0]);
            }
        }
        writer.put_u32(report_timestamp);
        true
    }
}

/// Bytes of so many metrics, filled up to 32 bits.
const fn metrics_len(count: usize) -> usize {
    count.next_multiple_of(2) * 2
}

/// Packets of one stream in one report, a quarter of the number space (§3.1).
const MOST_PACKETS: usize = 16_384;

const RECEIVED: u16 = 0x8000;
const OFFSET_MASK: u16 = 0x1fff;

#[cfg(test)]
mod tests;
