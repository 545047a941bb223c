//! What every received packet must be, and what it is when it is not.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use lahn::srtp::{ReceiveIndex, Unprotector};
use lahn::{Seq, Ssrc};

use crate::endpoint::{self, Stamp};
use crate::engine::publisher_of;
use crate::options::Options;
use crate::random::Loss;
use crate::sent::Sent;

/// What was wrong with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
    /// Not RTP, or of an SSRC that nobody was told.
    Unknown,
    /// It came to another endpoint than its SSRC belongs to.
    Astray,
    NotAuthentic,
    /// Its payload is not what was sent under this number.
    Changed,
    Duplicate,
    OutOfOrder,
}

impl Wrong {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Unknown, "of no stream that was agreed on"),
        (Self::Astray, "at another endpoint than they were for"),
        (Self::NotAuthentic, "not authentic"),
        (Self::Changed, "with another payload than was sent"),
        (Self::Duplicate, "twice"),
        (Self::OutOfOrder, "out of order"),
    ];
}

/// A good packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Good {
    /// When it was sent.
    pub(crate) sent: u64,
    /// Packets missing before it that were lost on purpose, and others.
    pub(crate) injected: u64,
    pub(crate) lost: u64,
}

/// All subscriptions of all receivers.
pub(crate) struct Checker {
    subscriptions: Vec<Subscription>,
    receivers: Vec<Unprotector>,
    options: Options,
    loss: Loss,
    sent: Arc<Sent>,
}

#[derive(Clone, Debug, Default)]
struct Subscription {
    index: ReceiveIndex,
    /// The newest packet's number at its publisher, and in its header.
    newest: Option<(u64, Seq)>,
    received: u64,
}

impl Checker {
    pub(crate) fn new(options: &Options, sent: Arc<Sent>) -> Self {
        let opens = |receiver| {
            let number = options.publishers + receiver;
            Unprotector::new(&endpoint::keys(options.profile, number).1)
        };
        let count = options.receivers as usize * options.subscriptions as usize;
        Self {
            subscriptions: vec![Subscription::default(); count],
            receivers: (0..options.receivers).map(opens).collect(),
            options: options.clone(),
            loss: Loss { seed: options.seed, share: options.loss },
            sent,
        }
    }

    /// Looks at an RTP datagram that came to `endpoint`.
    pub(crate) fn check(
        &mut self,
        endpoint: Option<u32>,
        datagram: &mut [u8],
    ) -> Result<Good, Wrong> {
        let header = Header::parse(datagram).ok_or(Wrong::Unknown)?;
        let number = endpoint::subscription_of(header.ssrc.0).ok_or(Wrong::Unknown)?;
        let held = self.subscriptions.get_mut(number as usize).ok_or(Wrong::Unknown)?;
        let receiver = number / self.options.subscriptions;
        if endpoint.is_some_and(|endpoint| endpoint != self.options.publishers + receiver) {
            return Err(Wrong::Astray);
        }
        let publisher = publisher_of(number, &self.options);
        let open = held.received.is_multiple_of(self.options.check_each);
        let stamp = if open {
            let keys = &self.receivers[receiver as usize];
            let Header { ssrc, seq, len, .. } = header;
            let payload = keys
                .rtp(&mut held.index, ssrc, seq, len, datagram)
                .map_err(|_| wrong_order(held.newest, seq).unwrap_or(Wrong::NotAuthentic))?;
            let padding =
                if header.has_padding { *payload.last().ok_or(Wrong::Changed)? } else { 0 };
            let payload = payload.len().checked_sub(padding.into()).map(|len| &payload[..len]);
            Some(payload.and_then(Stamp::read).ok_or(Wrong::Changed)?)
        } else {
            None
        };
        let (before, packet) = match (held.newest, stamp) {
            (Some((before, newest)), _) => {
                let step = header.seq.0.wrapping_sub(newest.0);
                if let Some(wrong) = wrong_order(held.newest, header.seq) {
                    return Err(wrong);
                }
                (before + 1, before + u64::from(step))
            }
            (None, Some(stamp)) => (0, stamp.number),
            (None, None) => return Err(Wrong::Unknown),
        };
        let sent = self.sent.time(publisher, packet);
        if stamp.is_some_and(|stamp| stamp != Stamp { publisher, number: packet, sent }) {
            return Err(Wrong::Changed);
        }
        held.newest = Some((packet, header.seq));
        held.received += 1;
        let (injected, lost) = missing(self.loss, publisher, before..packet);
        Ok(Good { sent, injected, lost })
    }

    /// Packets that were sent last and never came: (lost on purpose, others).
    pub(crate) fn tails(&self) -> (u64, u64) {
        let tail = |(number, held): (u32, &Subscription)| {
            let publisher = publisher_of(number, &self.options);
            let next = held.newest.map_or(0, |(newest, _)| newest + 1);
            missing(self.loss, publisher, next..self.sent.count(publisher))
        };
        let tails = (0..).zip(&self.subscriptions).map(tail);
        tails.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    }
}

/// Numbers go up, by less than half of what there are.
fn wrong_order(newest: Option<(u64, Seq)>, seq: Seq) -> Option<Wrong> {
    let (_, newest) = newest?;
    match seq.0.wrapping_sub(newest.0) {
        0 => Some(Wrong::Duplicate),
        0x8000.. => Some(Wrong::OutOfOrder),
        _ => None,
    }
}

fn missing(loss: Loss, publisher: u32, numbers: std::ops::Range<u64>) -> (u64, u64) {
    let all = numbers.end.saturating_sub(numbers.start);
    if all == 0 {
        return (0, 0);
    }
    let injected = numbers.filter(|number| loss.takes(publisher, *number)).count() as u64;
    (injected, all - injected)
}

/// What is checked of every packet, opened or not (RFC 3550 §5.1).
#[derive(Clone, Copy, Debug)]
struct Header {
    ssrc: Ssrc,
    seq: Seq,
    has_padding: bool,
    len: usize,
}

impl Header {
    fn parse(datagram: &[u8]) -> Option<Self> {
        let [first, _, s0, s1, _, _, _, _, ssrc @ ..] = *datagram.first_chunk::<12>()?;
        if first >> 6 != 2 {
            return None;
        }
        let mut len = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let extension = datagram.get(len..)?.first_chunk::<4>()?;
            len += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
        }
        let ssrc = Ssrc(u32::from_be_bytes(ssrc));
        let seq = Seq(u16::from_be_bytes([s0, s1]));
        Some(Self { ssrc, seq, has_padding: first & 0x20 != 0, len })
    }
}
