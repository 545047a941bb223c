//! Sender and receiver reports (RFC 3550 §6.4): how far a stream is, and how it arrives.

use super::compound::{Compound, count};
use super::{RECEIVER_REPORT, SENDER_REPORT, split_ssrc};
use crate::base::{NtpTime, RtpTime, Ssrc};
use crate::wire::writer::Writer;

/// SR (§6.4.1): ties a stream's timestamps to wall-clock time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderReport<'a> {
    /// The stream reported on, and who reports.
    pub sender: Ssrc,
    /// When the report was sent, by the sender's wall clock.
    pub ntp: NtpTime,
    /// The same moment in the stream's timestamps.
    pub rtp: RtpTime,
    /// Packets sent since the stream began; wraps.
    pub packet_count: u32,
    /// Payload bytes sent since the stream began; wraps.
    pub octet_count: u32,
    /// How other streams arrive at the sender.
    pub reports: Reports<'a>,
}

/// RR (§6.4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// How streams arrive at the sender.
    pub reports: Reports<'a>,
}

/// How one stream arrives (§6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: Ssrc,
    /// Packets lost of those expected since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the stream began; less than 0 with duplicates. 24 bits on the wire.
    pub cumulative_lost: i32,
    /// Highest sequence number received, and above it the cycles.
    pub highest_sequence_number: u32,
    /// Interarrival jitter in ticks of the stream's clock.
    pub jitter: u32,
    /// The middle 32 bits of the NTP time of the last sender report; 0 if there was none.
    pub last_sr: u32,
    /// Since that arrived, in 1/65536 s; 0 if there was none.
    pub delay_since_last_sr: u32,
}

/// The blocks of a report, in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reports<'a> {
    blocks: &'a [[u8; BLOCK_LEN]],
}

impl Iterator for Reports<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<Self::Item> {
        let (block, rest) = self.blocks.split_first()?;
        self.blocks = rest;
        Some(ReportBlock::read(block))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.blocks.len(), Some(self.blocks.len()))
    }
}

impl ExactSizeIterator for Reports<'_> {}

impl<'a> Reports<'a> {
    /// Takes `count` blocks; what follows them is a profile's, and left alone (§6.4.3).
    fn parse(count: u8, bytes: &'a [u8]) -> Option<Self> {
        let blocks = bytes.as_chunks().0.get(..usize::from(count))?;
        Some(Self { blocks })
    }
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (sender, rest) = split_ssrc(body)?;
        let (ntp, rest) = rest.split_first_chunk()?;
        let (&[r0, r1, r2, r3, p0, p1, p2, p3, o0, o1, o2, o3], rest) =
            rest.split_first_chunk::<12>()?;
        Some(Self {
            sender,
            ntp: NtpTime(u64::from_be_bytes(*ntp)),
            rtp: RtpTime(u32::from_be_bytes([r0, r1, r2, r3])),
            packet_count: u32::from_be_bytes([p0, p1, p2, p3]),
            octet_count: u32::from_be_bytes([o0, o1, o2, o3]),
            reports: Reports::parse(count, rest)?,
        })
    }
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (sender, rest) = split_ssrc(body)?;
        Some(Self { sender, reports: Reports::parse(count, rest)? })
    }
}

impl ReportBlock {
    fn read(block: &[u8; BLOCK_LEN]) -> Self {
        let &[
            s0,
            s1,
            s2,
            s3,
            fraction_lost,
            l0,
            l1,
            l2,
            h0,
            h1,
            h2,
            h3,
            j0,
            j1,
            j2,
            j3,
            r0,
            r1,
            r2,
            r3,
            d0,
            d1,
            d2,
            d3,
        ] = block;
        Self {
            ssrc: Ssrc(u32::from_be_bytes([s0, s1, s2, s3])),
            fraction_lost,
            // Shifted down with its sign.
            cumulative_lost: i32::from_be_bytes([l0, l1, l2, 0]) >> 8,
            highest_sequence_number: u32::from_be_bytes([h0, h1, h2, h3]),
            jitter: u32::from_be_bytes([j0, j1, j2, j3]),
            last_sr: u32::from_be_bytes([r0, r1, r2, r3]),
            delay_since_last_sr: u32::from_be_bytes([d0, d1, d2, d3]),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let [_, l0, l1, l2] = self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        writer.put_u32(self.ssrc.0);
        writer.put(&[self.fraction_lost, l0, l1, l2]);
        writer.put_u32(self.highest_sequence_number);
        writer.put_u32(self.jitter);
        writer.put_u32(self.last_sr);
        writer.put_u32(self.delay_since_last_sr);
    }
}

impl Compound<'_> {
    /// Writes an SR with at most 31 blocks; a cumulative loss beyond 24 bits is cut down to them.
    pub fn sender_report(
        &mut self,
        sender: Ssrc,
        ntp: NtpTime,
        rtp: RtpTime,
        packets: u32,
        octets: u32,
        reports: &[ReportBlock],
    ) -> bool {
        let Some(count) = count(reports.len()) else { return false };
        let body_len = 24 + reports.len() * BLOCK_LEN;
        let Some(mut writer) = self.append(SENDER_REPORT, count, body_len) else { return false };
        writer.put_u32(sender.0);
        writer.put(&ntp.0.to_be_bytes());
        writer.put_u32(rtp.0);
        writer.put_u32(packets);
        writer.put_u32(octets);
        reports.iter().for_each(|report| report.write(&mut writer));
        true
    }

    /// Writes an RR with at most 31 blocks; a cumulative loss beyond 24 bits is cut down to them.
    pub fn receiver_report(&mut self, sender: Ssrc, reports: &[ReportBlock]) -> bool {
        let Some(count) = count(reports.len()) else { return false };
        let body_len = 4 + reports.len() * BLOCK_LEN;
        let Some(mut writer) = self.append(RECEIVER_REPORT, count, body_len) else { return false };
        writer.put_u32(sender.0);
        reports.iter().for_each(|report| report.write(&mut writer));
        true
    }
}

const BLOCK_LEN: usize = 24;
