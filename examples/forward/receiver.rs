//! The end that receives: opens what comes, writes it down, and answers as a receiver would, with
//! reports and with NACKs for what is missing. It does not decode; whether what comes makes sense
//! is for those who read the dump.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use lahn::srtp::{Protector, ReceiveIndex, Unprotector};
use lahn::wire::rtcp::{Compound, Packet, ReportBlock, parse};
use lahn::wire::rtp::{RtpHeader, split_rtx};
use lahn::{ExtSeq, Path, Seq, Ssrc};

use crate::rtpdump;
use crate::session::{self, FORWARDED, FORWARDED_RTX};

/// See the module.
pub(crate) struct Receiver {
    pub(crate) path: Path,
    pub(crate) tally: Tally,
    /// Plaintext, as it came.
    pub(crate) dump: Vec<rtpdump::Packet>,
    seals: Protector,
    opens: Unprotector,
    indices: HashMap<Ssrc, ReceiveIndex>,
    rtt: Duration,
    clock_rate: f64,
    /// Highest number, extended.
    highest: Option<ExtSeq>,
    first: ExtSeq,
    missing: BTreeMap<ExtSeq, Missing>,
    /// Of the media SSRC: all that came there.
    received: u64,
    reported: (u64, u64),
    /// Arrival less timestamp of the newest packet, and jitter (RFC 3550 §6.4.1), in ticks.
    transit: f64,
    jitter: f64,
    /// The middle of the newest sender report's NTP time, and when it came.
    sender_report: Option<(u32, Duration)>,
    newest: Option<(Duration, u32)>,
}

/// What came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) rtcp: u64,
    /// Missing ones that came after all.
    pub(crate) repaired: u64,
    /// Not under the key of this receiver, or a packet that came before.
    pub(crate) refused: u64,
    /// Numbers that came twice, retransmissions included.
    pub(crate) repeated: u64,
    /// Packets with an older timestamp than one with a lower number.
    pub(crate) timestamps_back: u64,
    /// Longest time without a packet, and when it ended.
    pub(crate) longest_pause: (Duration, Duration),
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    ask_at: Duration,
    tries: u8,
}

impl Receiver {
    pub(crate) const NUMBER: u8 = 2;

    pub(crate) fn new(rtt: Duration, clock_rate: u32) -> Self {
        let (_, keys) = session::keys(Self::NUMBER);
        Self {
            path: session::path(Self::NUMBER),
            tally: Tally::default(),
            dump: Vec::new(),
            seals: Protector::new(&keys),
            opens: Unprotector::new(&keys),
            indices: HashMap::new(),
            rtt,
            clock_rate: clock_rate.into(),
            highest: None,
            first: ExtSeq(0),
            missing: BTreeMap::new(),
            received: 0,
            reported: (0, 0),
            transit: 0.0,
            jitter: 0.0,
            sender_report: None,
            newest: None,
        }
    }

    /// A datagram that the engine sent at `now`.
    pub(crate) fn take(&mut self, now: Duration, datagram: &mut [u8]) {
        match datagram {
            [_, 192..=223, ..] => self.take_rtcp(now, datagram),
            _ => self.take_rtp(now, datagram),
        }
    }

    /// What is missing and due to be asked for, sealed; and how many packets they are.
    pub(crate) fn ask(&mut self, now: Duration) -> Option<(Vec<u8>, usize)> {
        let mut due = Vec::new();
        for (number, missing) in &mut self.missing {
            if missing.ask_at <= now && missing.tries < MOST_TRIES {
                missing.tries += 1;
                missing.ask_at = now + self.rtt + PATIENCE;
                due.push(number.seq());
            }
        }
        if due.is_empty() {
            return None;
        }
        let sealed = self.sealed(|compound| compound.nack(OURS, FORWARDED, &due));
        Some((sealed, due.len()))
    }

    pub(crate) fn pli(&mut self) -> Vec<u8> {
        self.sealed(|compound| compound.picture_loss_indication(OURS, FORWARDED))
    }

    /// A receiver report (RFC 3550 §6.4.2) that reaches the engine at `now`; none while there is
    /// nothing to report.
    pub(crate) fn report(&mut self, now: Duration) -> Option<Vec<u8>> {
        let highest = self.highest?;
        let expected = highest.0 - self.first.0 + 1;
        let (expected_before, received_before) = self.reported;
        self.reported = (expected, self.received);
        let expected_now = expected - expected_before;
        let lost_now = expected_now.saturating_sub(self.received - received_before);
        let fraction = (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255);
        let (last_sr, delay) = match self.sender_report {
            Some((ntp, came)) => (ntp, now.saturating_sub(came + self.rtt).as_secs_f64()),
            None => (0, 0.0),
        };
        let lost = expected.cast_signed() - self.received.cast_signed();
        let block = ReportBlock {
            ssrc: FORWARDED,
            fraction_lost: fraction as u8,
            cumulative_lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence_number: (highest.0 - FIRST_CYCLE) as u32,
            jitter: self.jitter as u32,
            last_sr,
            delay_since_last_sr: (delay * 65_536.0) as u32,
        };
        Some(self.sealed(|compound| compound.receiver_report(OURS, &[block])))
    }

    /// Numbers that never came.
    pub(crate) fn still_missing(&self) -> usize {
        self.missing.len()
    }

    fn take_rtcp(&mut self, now: Duration, datagram: &mut [u8]) {
        let Ok(compound) = self.opens.rtcp(datagram) else {
            self.tally.refused += 1;
            return;
        };
        self.tally.rtcp += 1;
        for packet in parse(compound).into_iter().flatten() {
            if let Packet::SenderReport(report) = packet {
                self.sender_report = Some(((report.ntp.0 >> 16) as u32, now));
            }
        }
        self.dump.push(rtpdump::Packet { at: now, rtcp: true, bytes: compound.to_vec() });
    }

    fn take_rtp(&mut self, now: Duration, datagram: &mut [u8]) {
        let Ok(header) = RtpHeader::parse(datagram) else {
            self.tally.refused += 1;
            return;
        };
        let (ssrc, seq, head) = (header.ssrc, header.sequence_number, header.len());
        let timestamp = header.timestamp.0;
        let index = self.indices.entry(ssrc).or_default();
        let Ok(payload) = self.opens.rtp(index, ssrc, seq, head, datagram) else {
            self.tally.refused += 1;
            return;
        };
        let original = split_rtx(payload).map(|(original, _)| original);
        let len = head + payload.len();
        self.dump.push(rtpdump::Packet { at: now, rtcp: false, bytes: datagram[..len].to_vec() });
        self.tally.packets += 1;
        self.tally.bytes += len as u64;
        match ssrc {
            FORWARDED => {
                self.received += 1;
                self.count(now, seq, Some(timestamp));
            }
            FORWARDED_RTX => original.into_iter().for_each(|seq| self.count(now, seq, None)),
            _ => {}
        }
    }

    /// Number `seq` came, with its timestamp if not as a retransmission.
    fn count(&mut self, now: Duration, seq: Seq, timestamp: Option<u32>) {
        let Some(highest) = self.highest else {
            self.first = ExtSeq(FIRST_CYCLE + u64::from(seq.0));
            self.highest = Some(self.first);
            self.newest = timestamp.map(|timestamp| (now, timestamp));
            return;
        };
        let number = highest.nearest(seq);
        if number <= highest {
            match self.missing.remove(&number) {
                Some(_) => self.tally.repaired += 1,
                None => self.tally.repeated += 1,
            }
            return;
        }
        let from = (highest.0 + 1).max(number.0.saturating_sub(MOST_MISSING));
        let ask_at = now + self.rtt + PATIENCE;
        let gap = (from..number.0).map(|number| (ExtSeq(number), Missing { ask_at, tries: 0 }));
        self.missing.extend(gap);
        self.highest = Some(number);
        if let (Some(timestamp), Some((came, before))) = (timestamp, self.newest) {
            let back = timestamp.wrapping_sub(before).cast_signed() < 0;
            self.tally.timestamps_back += u64::from(back);
            let pause = (now - came, now);
            self.tally.longest_pause = self.tally.longest_pause.max(pause);
        }
        if let Some(timestamp) = timestamp {
            self.newest = Some((now, timestamp));
            let transit = now.as_secs_f64() * self.clock_rate - f64::from(timestamp);
            let ticks = 65_536.0 * 65_536.0;
            let difference = (transit - self.transit).rem_euclid(ticks);
            let difference = difference.min(ticks - difference);
            // The first one says nothing, nor does a jump of seconds.
            if self.transit != 0.0 && difference < self.clock_rate {
                self.jitter += (difference - self.jitter) / 16.0;
            }
            self.transit = transit;
        }
    }

    fn sealed(&mut self, write: impl FnOnce(&mut Compound<'_>) -> bool) -> Vec<u8> {
        let mut datagram = vec![0; 1_500];
        let mut compound = Compound::new(&mut datagram[..1_400]);
        write(&mut compound);
        let len = compound.len();
        let sealed = self.seals.rtcp(&mut datagram, len).map_or(0, |sealed| sealed.len());
        datagram.truncate(sealed);
        datagram
    }
}

/// The receiver's own SSRC.
const OURS: Ssrc = Ssrc(0x7000_0001);
/// What is this little late may still come by itself.
const PATIENCE: Duration = Duration::from_millis(10);
const MOST_TRIES: u8 = 10;
/// Beyond, nobody would ask.
const MOST_MISSING: u64 = 1_000;
/// Where extended numbers begin: one cycle up, so that there is room below the first.
const FIRST_CYCLE: u64 = 1 << 16;
