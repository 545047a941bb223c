//! Congestion control as one endpoint has it: what waits for the pacer and for how long, what is
//! given up, and when a picture begins anew after that.
//!
//! Read next: [`crate::cc`].

use std::time::Instant;

use super::egress::history;
use super::{DropReason, Media};
use crate::base::{Micros, Slab};
use crate::cc::{
    CongestionReason, CongestionStats, Demand, Gcc, LinkReport, Output, RateLimits, SendSide,
};
use crate::forward::{PacketRef, Source};
use crate::stream::history::Marks;
use crate::stream::send::SendStream;
use crate::wire::rtcp::{CongestionControlFeedback, Remb, TransportCc};

/// What decides how much is sent.
pub(super) type Congestion = SendSide<Gcc>;

/// Pictures older than this are given up, in milliseconds.
const MOST_WAIT: u32 = 250;
/// Packets again are given up after this: the next request for them is near.
pub(super) const MOST_RESEND_WAIT: u32 = 100;
/// Between two requests for key frames after an overflow, of different streams: together they
/// would overflow again.
const ASK_INTERVAL: u32 = 100;
/// Of one stream, at first; doubles up to the last.
const ASK_AGAIN: u32 = 500;
const MOST_ASK_AGAIN: u32 = 4_000;
/// So many packets in the pacer are a burst: no moment for a probe.
const BURST: usize = 8;

/// How the far end tells what became of packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Feedback {
    /// Of each, by transport-wide number.
    TransportCc,
    /// Of each, by SSRC and sequence number, with marks.
    Rfc8888,
    /// By an estimate of its own, and receiver reports.
    Remb,
    /// By receiver reports alone: everything goes until they show loss.
    Reports,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Paced {
    pub(super) side: Congestion,
    pub(super) feedback: Feedback,
    /// What waits has to wait for time, and nothing else.
    pub(super) held: bool,
    /// Packets again wait for their budget.
    pub(super) over_budget: bool,
    /// Streams of which something was given up.
    stalls: Vec<Stall>,
    asked_at: u32,
    /// Slots of publishers to be woken, because a key frame was asked of them.
    asked: Vec<u32>,
    /// When to look again, if something waits.
    deadline: Option<Instant>,
    /// The alarm that sending set.
    tick: Option<Micros>,
    /// Counts what was padded with.
    pub(super) padded: u64,
}

/// A stream whose pictures cannot be shown until one begins anew.
#[derive(Clone, Copy, Debug)]
struct Stall {
    stream: u16,
    /// When a key frame was asked for, and for how long that will do.
    asked: Option<(u32, u32)>,
}

impl Paced {
    /// Nothing sent.
    pub(super) fn new(now: Micros, limits: RateLimits, feedback: Feedback, ecn: bool) -> Self {
        let start = if feedback == Feedback::Reports { limits.most } else { limits.start };
        let side = Congestion::new(now, RateLimits { start, ..limits });
        Self {
            side: if feedback == Feedback::Rfc8888 { side.with_names(ecn) } else { side },
            feedback,
            held: false,
            over_budget: false,
            stalls: Vec::new(),
            asked_at: 0,
            asked: Vec::new(),
            deadline: None,
            tick: None,
            padded: 0,
        }
    }

    /// Whether a packet is to be sent, as far as its stream is concerned; one that `begins` a
    /// picture anew ends the stall. Where one packet goes for many, any will do.
    #[inline]
    pub(super) fn is_of_use(&mut self, stream: u16, begins: impl FnOnce() -> bool) -> bool {
        self.stalls.is_empty() || self.side.is_audio_only() || self.begins_anew(stream, begins)
    }

    fn begins_anew(&mut self, stream: u16, begins: impl FnOnce() -> bool) -> bool {
        let Some(place) = self.stalls.iter().position(|stall| stall.stream == stream) else {
            return true;
        };
        let begins = begins();
        if begins {
            self.stalls.swap_remove(place);
        }
        begins
    }

    fn stall(&mut self, stream: u16) {
        if self.stalls.iter().all(|stall| stall.stream != stream) {
            self.stalls.push(Stall { stream, asked: None });
        }
    }
}

impl Media {
    /// What congestion control towards it says; `None` where it is off, or nothing tells how
    /// packets arrive.
    pub(crate) fn bandwidth(&self) -> Option<Output> {
        let paced = self.paced.as_ref()?;
        let output = *paced.side.output();
        // Where nothing but loss is told, nothing is known until some is.
        let says_nothing =
            paced.feedback == Feedback::Reports && output.reason == CongestionReason::Start;
        (!says_nothing).then_some(output)
    }

    /// What retransmissions to it took over the last second, bit/s on the wire.
    pub(crate) fn resent_rate(&self, now: Instant) -> u64 {
        let now = self.settings.wall.micros(now);
        self.paced.as_ref().map_or(0, |paced| paced.side.resent_rate(now))
    }

    /// What there is to send to it changed.
    pub(crate) fn set_demand(&mut self, now: Instant, demand: Demand) {
        self.tell_congestion(now, |side, now| side.set_demand(now, demand));
    }

    /// What its link may be taken to carry changed.
    pub(crate) fn set_rate_limits(&mut self, now: Instant, limits: RateLimits) {
        self.tell_congestion(now, |side, now| side.set_limits(now, limits));
    }

    /// What congestion control shows.
    pub(crate) fn congestion_stats(&self, now: Instant) -> Option<CongestionStats> {
        let paced = self.paced.as_ref()?;
        let millis = self.settings.wall.millis(now);
        let picture = self.queue.pictures.front().map(|waiting| waiting.since);
        let resend = self.queue.front_resend().map(|resend| resend.since);
        let waits = [picture, resend].into_iter().flatten();
        let longest = waits.map(|since| millis.wrapping_sub(since)).max().unwrap_or(0);
        let longest = Micros::millis(longest.into());
        Some(paced.side.stats(self.settings.wall.micros(now), longest))
    }

    /// A publisher who was asked for a key frame and is to be woken.
    pub(crate) fn take_asked(&mut self) -> Option<u32> {
        self.paced.as_mut()?.asked.pop()
    }

    pub(super) fn on_transport_cc(&mut self, now: Instant, feedback: &TransportCc<'_>) {
        self.tell_congestion(now, |side, now| side.on_transport_cc(now, feedback));
    }

    pub(super) fn on_ccfb(&mut self, now: Instant, feedback: &CongestionControlFeedback<'_>) {
        self.tell_congestion(now, |side, now| side.on_ccfb(now, feedback));
    }

    pub(super) fn on_remb(&mut self, now: Instant, remb: &Remb<'_>) {
        self.tell_congestion(now, |side, now| side.on_remb(now, remb.bitrate.as_bps()));
    }

    pub(super) fn on_link_report(&mut self, now: Instant, report: &LinkReport) {
        self.tell_congestion(now, |side, now| side.on_report(now, report));
    }

    /// What is told may open the pacer, begin a probe, or move a deadline.
    fn tell_congestion(&mut self, now: Instant, tell: impl FnOnce(&mut Congestion, Micros)) {
        let Some(paced) = &mut self.paced else { return };
        tell(&mut paced.side, self.settings.wall.micros(now));
        paced.held = false;
        let deadline = paced.side.poll_timeout().map(|at| self.settings.wall.at(at));
        if let Some(at) = deadline {
            self.wake_at(at);
        }
    }

    /// Everything that may go now went: what is left waits for time.
    #[inline]
    pub(super) fn hold(&mut self, now: Instant, micros: Micros) {
        let Some(paced) = self.paced.as_deref_mut() else { return };
        paced.held = !self.queue.is_empty() || paced.side.wants_padding();
        paced.deadline = None;
        paced.side.set_in_burst(micros, self.queue.pictures.len() > BURST);
        if paced.tick != paced.side.tick() {
            paced.tick = paced.side.tick();
            let tick = paced.tick.map(|tick| self.settings.wall.at(tick));
            self.deadline = [self.deadline, tick].into_iter().flatten().min();
        }
        if paced.held || !paced.stalls.is_empty() {
            self.hold_until(now);
        }
    }

    /// When to look again.
    fn hold_until(&mut self, now: Instant) {
        let millis = self.settings.wall.millis(now);
        let Some(paced) = self.paced.as_deref_mut() else { return };
        let until = |since: u32, wait: u32| {
            let left = (since.wrapping_add(wait)).wrapping_sub(millis).cast_signed().max(1);
            now + std::time::Duration::from_millis(u64::from(left.cast_unsigned()))
        };
        let resend = self.queue.front_resend();
        let pictures = self.queue.pictures.front();
        let is_paced = pictures.is_some()
            || paced.side.wants_padding()
            || (resend.is_some() && !paced.over_budget);
        let opens = (paced.held && is_paced).then(|| self.settings.wall.at(paced.side.opens_at()));
        let gives_up = [
            pictures.map(|waiting| until(waiting.since, MOST_WAIT + 1)),
            resend.map(|resend| until(resend.since, MOST_RESEND_WAIT + 1)),
        ];
        // One after the other, none before it is its turn again.
        let ask = paced.stalls.iter().map(|stall| match stall.asked {
            Some((at, wait)) => until(at, wait),
            None => until(paced.asked_at, ASK_INTERVAL),
        });
        let next = until(paced.asked_at, ASK_INTERVAL);
        let ask = ask.min().map(|at| at.max(next)).filter(|_| !paced.side.is_audio_only());
        // What is not held goes at once, and then it is looked at again.
        let gives_up = gives_up.into_iter().flatten().filter(|_| paced.held);
        paced.deadline = [opens, ask].into_iter().flatten().chain(gives_up).min();
        if let Some(at) = paced.deadline {
            self.wake_at(at);
        }
    }

    /// When congestion control wants to be woken.
    pub(super) fn paced_deadline(&self) -> Option<Instant> {
        let paced = self.paced.as_ref()?;
        let side = paced.side.poll_timeout().map(|at| self.settings.wall.at(at));
        [side, paced.deadline].into_iter().flatten().min()
    }

    /// Time passed: what waited too long is given up, and what was given up may begin anew.
    pub(super) fn tend_pacer(&mut self, now: Instant, sources: &mut Slab<Source>) {
        let (micros, millis) = (self.settings.wall.micros(now), self.settings.wall.millis(now));
        let Some(paced) = self.paced.as_deref_mut() else { return };
        paced.side.handle_timeout(micros);
        paced.held &= paced.side.opens_at() > micros;
        self.give_up_pictures(millis, sources);
        self.give_up_resends(millis);
        self.ask_for_key_frames(now, sources);
        self.hold_until(now);
    }

    /// What waited too long, and with it all of its stream up to where a picture begins anew.
    fn give_up_pictures(&mut self, now: u32, sources: &Slab<Source>) {
        let Self { queue, paced: Some(paced), send, counters, .. } = self else { return };
        let is_old = |since: u32| now.wrapping_sub(since) > MOST_WAIT;
        if queue.pictures.front().is_none_or(|waiting| !is_old(waiting.since)) {
            return;
        }
        for waiting in queue.pictures.iter().take_while(|waiting| is_old(waiting.since)) {
            paced.stall(waiting.packet.stream);
        }
        let dropped = queue.pictures.retain(|waiting| {
            let begins = || !is_old(waiting.since) && begins(send, sources, &waiting.packet);
            paced.begins_anew(waiting.packet.stream, begins)
        });
        counters.drops.add(DropReason::Congested, dropped as u64);
    }

    /// A stream has stopped because the link carries less: nothing of it that waits is of use, as
    /// all begins anew with a key frame, and sound would wait for it on the link.
    pub(crate) fn give_up(&mut self, stream: u32) {
        let dropped = self.queue.forget(stream);
        self.counters.drops.add(DropReason::Congested, dropped as u64);
    }

    /// The oldest first.
    fn give_up_resends(&mut self, now: u32) {
        while let Some(resend) = self.queue.front_resend()
            && now.wrapping_sub(resend.since) > MOST_RESEND_WAIT
        {
            self.queue.pop_resend();
            self.counters.drops.count(DropReason::ResendBudget);
        }
    }

    /// Once there is room again, for one stream at a time.
    fn ask_for_key_frames(&mut self, now: Instant, sources: &mut Slab<Source>) {
        let millis = self.settings.wall.millis(now);
        let Some(paced) = self.paced.as_deref_mut() else { return };
        let waits = self.queue.pictures.front().map(|waiting| millis.wrapping_sub(waiting.since));
        if paced.stalls.is_empty()
            || paced.side.is_audio_only()
            || waits.is_some_and(|waits| waits > ASK_INTERVAL)
            || millis.wrapping_sub(paced.asked_at) < ASK_INTERVAL
        {
            return;
        }
        // Who gets nothing now begins with a key frame in any case.
        paced.stalls.retain(|stall| flows(&self.send, sources, stall.stream));
        let is_due = |stall: &&mut Stall| {
            stall.asked.is_none_or(|(at, wait)| millis.wrapping_sub(at) >= wait)
        };
        let Some(stall) = paced.stalls.iter_mut().find(is_due) else { return };
        let wait = stall.asked.map_or(ASK_AGAIN, |(_, wait)| (2 * wait).min(MOST_ASK_AGAIN));
        stall.asked = Some((millis, wait));
        paced.asked_at = millis;
        let carries = self.send.get(usize::from(stall.stream)).and_then(SendStream::carries);
        let Some(carries) = carries else { return };
        if let Some(source) = sources.at_mut(carries.source) {
            source.want_key_frame_for(now, carries.subscription);
            paced.asked.push(source.endpoint());
        }
    }

    /// A stream carries nothing any more.
    pub(super) fn forget_stall(&mut self, stream: u32) {
        if let Some(paced) = &mut self.paced {
            paced.stalls.retain(|stall| u32::from(stall.stream) != stream);
        }
    }
}

/// Whether a packet of the subscription in `stream` was forwarded since it last began.
fn flows(send: &[SendStream], sources: &Slab<Source>, stream: u16) -> bool {
    let carries = send.get(usize::from(stream)).and_then(SendStream::carries);
    carries.is_some_and(|carries| {
        let source = sources.at(carries.source);
        let layer = source.and_then(|source| source.layer_of(carries.subscription));
        layer.is_some_and(|(layer, _)| layer.is_some())
    })
}

/// Whether a picture begins anew with this packet.
fn begins(send: &[SendStream], sources: &Slab<Source>, packet: &PacketRef) -> bool {
    send.get(usize::from(packet.stream))
        .and_then(|stream| history(sources, stream, packet.encoding()))
        .and_then(|history| history.get(packet.position))
        .is_some_and(|packet| packet.fields.marks.has(Marks::KEY))
}
