//! Weight for a probe, where media is not enough: packets sent lately, once more as retransmissions
//! (RFC 4588), which repairs what may be lost; else padding alone. Receivers without
//! retransmissions of their own SSRC get none.

use super::departures::Departures;
use super::egress::{Prefix, Stop, write};
use super::header::Stamp;
use super::outlet::Outlet;
use super::queue::ResendRef;
use super::{DropReason, Media};
use crate::base::{EcnCodepoint, ExtSeq, Path, RtpTime, SendTime, Slab};
use crate::cc::Class;
use crate::forward::Source;
use crate::params::MediaKind;
use crate::stream::history::{Fields, Marks, Packet};
use crate::stream::send::SendStream;

/// How far back a stream is looked for something to repeat.
const REACH: u64 = 16;
/// All of it padding, whose last byte says how much (RFC 3550 §5.1).
const PADDING: [u8; 255] = {
    let mut padding = [0; 255];
    padding[254] = 255;
    padding
};

impl Media {
    /// Sends one packet that nobody asked for. Returns the datagram's length.
    pub(super) fn pad<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        sources: &Slab<Source>,
        outlet: &mut O,
    ) -> Result<usize, Stop> {
        let repeated = self.something_to_repeat(time.millis);
        if let Some(repeated) = repeated {
            match self.send_again(time, path, &repeated, Class::Padding, sources, outlet) {
                Err(Stop::Drop(_)) => {}
                sent => return sent,
            }
        }
        self.send_padding(time, path, outlet)
    }

    /// One of the newest packets of one of the streams, another each time.
    fn something_to_repeat(&mut self, now: u32) -> Option<ResendRef> {
        let paced = self.paced.as_mut()?;
        let count = self.send.len() as u64;
        for _ in 0..count {
            paced.padded += 1;
            let index = paced.padded % count;
            let back = paced.padded / count % REACH;
            let Some(stream) = self.send.get(usize::try_from(index).unwrap_or(0)) else { continue };
            if stream.kind() != MediaKind::Video || !stream.active || stream.repair().is_none() {
                continue;
            }
            let sent = stream.sent_lately(back, now).or_else(|| stream.sent_lately(0, now));
            let Some((ext, sent)) = sent else { continue };
            let stream = u32::try_from(index).unwrap_or(0);
            return Some(ResendRef { stream, ext, sent, since: now });
        }
        None
    }

    /// Padding alone, under the SSRC of retransmissions.
    fn send_padding<O: Outlet>(
        &mut self,
        time: &SendTime,
        path: Path,
        outlet: &mut O,
    ) -> Result<usize, Stop> {
        let Self { send, keys: Some(keys), transport_seq, paced, .. } = self else {
            return Err(Stop::Drop(DropReason::NoKeys));
        };
        let of_use = |stream: &&mut SendStream| {
            stream.kind() == MediaKind::Video && stream.active && stream.repair().is_some()
        };
        let stream = send.iter_mut().find(of_use);
        let stream = stream.ok_or(Stop::Drop(DropReason::NotSelected))?;
        let (ssrc, payload_type) = stream.repair().ok_or(Stop::Drop(DropReason::NotSelected))?;
        let fields = Fields {
            seq: ExtSeq(0),
            timestamp: RtpTime(0),
            frame: 0,
            marks: Marks::NONE,
            codec: 0,
        };
        let packet =
            Packet { fields: &fields, extensions: &[], payload: &[], padded: Some(&PADDING) };
        let stamp = Stamp {
            padded: true,
            ssrc,
            payload_type,
            ext: stream.next_rtx(),
            timestamp_offset: stream.newest_timestamp().0,
            sets_marker: false,
            descriptor: None,
            with_mid: stream.introduces_itself(),
            transport_seq: *transport_seq,
            abs_send_time: time.abs_send_time,
            ecn: paced.as_ref().map_or(EcnCodepoint::NotEct, |paced| paced.side.codepoint()),
        };
        let len = write(path, keys, stream, &packet, &stamp, &Prefix::default(), outlet)?;
        stream.on_padded(time.millis, PADDING.len());
        let mut departures = Departures::new(time, transport_seq, paced);
        departures.on_sent(stream, (ssrc, stamp.ext.seq()), len, Class::Padding);
        Ok(len)
    }
}

#[cfg(test)]
mod tests;
