//! One stream as it arrives: what is missing of it, what can be decoded, what is reported.

use lahn::params::MediaKind;
use lahn::wire::rtcp::{Compound, ReportBlock};
use lahn::{Ssrc, SubscriptionId};

use super::super::outlet::Seen;
use super::super::session;
use super::super::tag::{self, Tag};
use super::decoder::Decoder;
use super::missing::Missing;
use super::reception::Reception;
use crate::metrics::{Decoded, ReceiverAccount, SubscriptionAccount};
use crate::net::{MS, Time};

/// After so long without a picture a key frame is asked for, if packets come,
const FROZEN: Time = 200 * MS;
/// and again.
const ASK_AGAIN: Time = 500 * MS;
/// How many packets' tags are kept by their numbers.
const KEPT: usize = 1 << 12;

pub struct Stream {
    pub subscription: SubscriptionId,
    /// Its place among all publishers.
    pub publisher: usize,
    pub kind: MediaKind,
    pub reception: Reception,
    pub account: SubscriptionAccount,
    /// The publisher has left.
    pub is_over: bool,
    place: usize,
    decoder: Decoder,
    missing: Missing,
    /// Which packet left under which number.
    sent: Vec<Option<Tag>>,
    arrived_at: Option<Time>,
    decoded_at: Time,
    asked_at: Time,
}

impl Stream {
    pub fn new(
        (subscription, place): (SubscriptionId, usize),
        (publisher, kind): (usize, MediaKind),
        temporal: u8,
        account: SubscriptionAccount,
    ) -> Self {
        Self {
            subscription,
            publisher,
            kind,
            reception: Reception::default(),
            account,
            is_over: false,
            place,
            decoder: Decoder::new(temporal),
            missing: Missing::default(),
            sent: if kind == MediaKind::Video { vec![None; KEPT] } else { Vec::new() },
            arrived_at: None,
            decoded_at: 0,
            asked_at: 0,
        }
    }

    pub fn ssrc(&self) -> Ssrc {
        session::forwarded(self.place)
    }

    /// A packet left for here for the first time.
    pub fn on_sent(&mut self, seen: &Seen) {
        if self.kind == MediaKind::Video {
            self.sent[usize::from(seen.seq) % KEPT] = seen.tag;
        }
    }

    pub fn on_rtp(
        &mut self,
        now: Time,
        local: Time,
        seen: &Seen,
        is_rtx: bool,
        account: &mut ReceiverAccount,
    ) {
        let clock_rate = if self.kind == MediaKind::Audio { 48_000 } else { 90_000 };
        if !is_rtx {
            let ext = self.reception.note(seen.seq, seen.timestamp, local, clock_rate);
            if self.kind == MediaKind::Video {
                self.missing.note(now, ext);
            }
        }
        let Some(tag) = seen.tag else { return };
        if self.kind == MediaKind::Audio {
            account.on_voice(now, seen);
            self.account.voices.push(now);
            return;
        }
        if is_rtx {
            let sent = &self.sent;
            self.missing.forget(|seq| sent[usize::from(seq) % KEPT] == Some(tag));
        }
        let begun = self.arrived_at.is_none_or(|at| now - at > FROZEN);
        if begun {
            // After a silence there is time for a picture to come.
            self.decoded_at = self.decoded_at.max(now);
        }
        self.arrived_at = Some(now);
        let Self { decoder, account, sent, missing, decoded_at, .. } = self;
        decoder.on_packet(tag, u32::from(seen.payload), |picture| {
            *decoded_at = now;
            account.decoded.push(Decoded {
                at: now,
                layer: picture.layer,
                frame: picture.frame,
                bytes: picture.bytes,
            });
            if picture.is_key {
                let is_before = |tag: Tag| tag::ahead(tag.frame, picture.frame) < 0;
                missing.forget(|seq| sent[usize::from(seq) % KEPT].is_some_and(is_before));
            }
        });
    }

    /// Asks for packets and key frames.
    pub fn ask(
        &mut self,
        now: Time,
        nack: bool,
        own: Ssrc,
        compound: &mut Compound<'_>,
        account: &mut ReceiverAccount,
    ) {
        if self.kind != MediaKind::Video {
            return;
        }
        if nack {
            let lost = self.missing.ask(now);
            if !lost.is_empty() {
                account.nacked += lost.len() as u64;
                // What does not fit is asked for the next time.
                let _ = compound.nack(own, self.ssrc(), &lost);
            }
        }
        let comes = self.arrived_at.is_some_and(|at| now - at < FROZEN);
        if comes && now - self.decoded_at > FROZEN && now - self.asked_at > ASK_AGAIN {
            self.asked_at = now;
            account.plis.push(now);
            let _ = compound.picture_loss_indication(own, self.ssrc());
        }
    }

    pub fn report(&mut self, local: Time) -> Option<ReportBlock> {
        self.reception.block(session::forwarded(self.place), local)
    }
}
