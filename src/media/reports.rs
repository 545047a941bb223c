//! Sender and receiver reports (RFC 3550 §6.4), and a bitrate for who negotiated REMB.

use std::time::Instant;

use super::Media;
use super::due::ReportCursor;
use super::rtcp_out::{CNAME, Writer, received, visit_received};
use crate::base::{Bitrate, Slab, Ssrc};
use crate::forward::Source;
use crate::wire::rtcp::ReportBlock;

/// Report blocks in one packet, of the 31 that a packet can hold.
const MOST_BLOCKS: usize = 20;

impl Media {
    /// Reports about what is received and what is sent; returns where to go on, `None` when done.
    pub(super) fn write_reports(
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
        let all = visit_received(&self.sources, sources, |stream| {
            place += 1;
            if place <= cursor.received {
                return true;
            }
            if count == MOST_BLOCKS {
                return false;
            }
            cursor.received = place;
            if let Some(block) = stream.report(now) {
                worst_loss = worst_loss.max(block.fraction_lost);
                blocks[count] = block;
                count += 1;
            }
            true
        });
        // A compound begins with a report, be it an empty one, and a name (RFC 3550 §6.1).
        out.compound.receiver_report(self.rtcp_ssrc, &blocks[..count]);
        out.compound.cname(self.rtcp_ssrc, CNAME);
        if !all {
            return Some(cursor);
        }
        if !cursor.bitrate && self.arrivals.is_none() && self.wants_bitrate() {
            let received = self.counters.incoming.rate(self.settings.wall.millis(now));
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
    fn write_bitrate(&self, sources: &Slab<Source>, bitrate: Bitrate, out: &mut Writer<'_>) {
        let mut ssrcs = [Ssrc(0); MOST_BLOCKS];
        let mut count = 0;
        for (place, stream) in ssrcs.iter_mut().zip(received(&self.sources, sources)) {
            *place = stream.ssrc();
            count += 1;
        }
        if count > 0 {
            out.compound.remb(self.rtcp_ssrc, bitrate, &ssrcs[..count]);
        }
    }

    fn wants_bitrate(&self) -> bool {
        self.route.live_codecs().any(|params| params.remb)
    }
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
