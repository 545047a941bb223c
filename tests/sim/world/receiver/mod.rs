//! One receiver: what arrives, what it makes of it, and what it tells the engine. It reads headers
//! in clear and [tags](super::tag); nothing is decrypted but sender reports.
//!
//! Read next: [`stream`] (one of its streams), [`arrivals`] and [`remb`] (what it tells of the
//! link), [`decoder`] (pictures).

mod arrivals;
pub mod decoder;
mod marks;
mod missing;
mod reception;
mod remb;
mod stream;

use lahn::params::MediaKind;
use lahn::srtp::{Protector, Unprotector};
use lahn::wire::rtcp::{self, Compound};
use lahn::{EndpointId, Ssrc, SubscriptionId};

use super::outlet::Seen;
use super::session;
use crate::metrics::ReceiverAccount;
use crate::net::rng::Pcg;
use crate::net::{MS, SECOND, Time};
use crate::scenario::{self, Feedback};
use arrivals::Arrivals;
use marks::Marks;
use remb::Remb;
pub use stream::Stream;

/// Between two looks at what is missing and what is to be told.
pub const TICK: Time = 10 * MS;
/// Who speaks in RTCP.
const OWN: Ssrc = Ssrc(0x7000_0001);
const REPORTS: Time = SECOND;

pub struct Receiver {
    pub words: scenario::Receiver,
    pub number: u16,
    pub endpoint: EndpointId,
    /// By section.
    pub streams: Vec<Option<Stream>>,
    /// Nothing that it says arrives.
    pub silent: bool,
    pub account: ReceiverAccount,
    clock: Clock,
    seals: Protector,
    opens: Unprotector,
    arrivals: Arrivals,
    marks: Marks,
    remb: Remb,
    report_at: Time,
}

/// Another clock than ours (T9).
#[derive(Clone, Copy, Debug)]
struct Clock {
    offset: Time,
    /// Parts per million.
    drift: i64,
}

impl Receiver {
    pub fn new(
        words: scenario::Receiver,
        number: u16,
        endpoint: EndpointId,
        now: Time,
        mut rng: Pcg,
    ) -> Self {
        let (_, keys) = session::keys(number);
        let account = ReceiverAccount::new(words.name.clone(), now);
        let clock = Clock {
            offset: u64::from(rng.next_u32()),
            drift: i64::from(rng.next_u32() % 101) - 50,
        };
        Self {
            number,
            endpoint,
            streams: Vec::new(),
            silent: false,
            account,
            clock,
            seals: Protector::new(&keys),
            opens: Unprotector::new(&keys),
            arrivals: Arrivals::default(),
            marks: Marks::default(),
            remb: Remb::new(words.remb.clone()),
            report_at: now + u64::from(rng.next_u32()) % REPORTS,
            words,
        }
    }

    /// A subscription is served in the section at `place`.
    pub fn serve(&mut self, place: usize, stream: Stream) {
        if self.streams.len() <= place {
            self.streams.resize_with(place + 1, || None);
        }
        self.streams[place] = Some(stream);
    }

    /// The stream that serves a subscription.
    pub fn stream_of(&mut self, subscription: SubscriptionId) -> Option<&mut Stream> {
        self.streams.iter_mut().flatten().find(|held| held.subscription == subscription)
    }

    /// Whose packets come under `ssrc`.
    pub fn publisher_of(&self, ssrc: u32) -> Option<usize> {
        let (place, _) = session::place_of(Ssrc(ssrc))?;
        Some(self.streams.get(place)?.as_ref()?.publisher)
    }

    /// What comes in the section at `place`.
    pub fn kind_at(&self, place: usize) -> Option<MediaKind> {
        Some(self.streams.get(place)?.as_ref()?.kind)
    }

    /// An RTP packet left for here.
    pub fn on_sent(&mut self, seen: &Seen) {
        if let Some((place, false)) = session::place_of(Ssrc(seen.ssrc))
            && let Some(Some(stream)) = self.streams.get_mut(place)
        {
            stream.on_sent(seen);
        }
    }

    pub fn on_rtp(&mut self, now: Time, seen: &Seen) {
        let local = self.clock.local(now);
        if let Some(number) = seen.number {
            self.arrivals.note(number, local);
        }
        if self.words.feedback == Feedback::Ccfb {
            self.marks.note(seen.ssrc, seen.seq, local, seen.ecn);
        }
        self.remb.note(now, now - seen.sent, seen.wire);
        self.account.on_arrived(now, seen);
        let Some((place, is_rtx)) = session::place_of(Ssrc(seen.ssrc)) else { return };
        let Some(Some(stream)) = self.streams.get_mut(place) else { return };
        stream.on_rtp(now, local, seen, is_rtx, &mut self.account);
    }

    /// RTCP from the engine.
    pub fn on_rtcp(&mut self, now: Time, datagram: &mut [u8]) {
        let local = self.clock.local(now);
        let compound = self.opens.rtcp(datagram).expect("authentic");
        for packet in rtcp::parse(compound).expect("it parses") {
            let rtcp::Packet::SenderReport(report) = packet else { continue };
            if let Some((place, false)) = session::place_of(report.sender)
                && let Some(Some(stream)) = self.streams.get_mut(place)
            {
                stream.reception.on_sender_report(local, report.ntp.0);
            }
        }
    }

    /// What it has to say now, datagram by datagram.
    pub fn tick(&mut self, now: Time, mut say: impl FnMut(&mut [u8])) {
        let local = self.clock.local(now);
        let mut out = [0; 1_400];
        let Self { streams, seals, arrivals, marks, words, .. } = self;
        let mut send = |out: &mut [u8], len: usize| {
            if len > 0 {
                let len = seals.rtcp(out, len).expect("room").len();
                say(&mut out[..len]);
            }
        };
        for stream in streams.iter_mut().flatten() {
            let mut compound = Compound::new(&mut out[..1_300]);
            stream.ask(now, words.nack, OWN, &mut compound, &mut self.account);
            let len = compound.len();
            send(&mut out, len);
        }
        match words.feedback {
            Feedback::TransportCc => arrivals.tell(now, OWN, |len_of| {
                let mut compound = Compound::new(&mut out[..1_300]);
                let taken = len_of(&mut compound);
                let len = compound.len();
                send(&mut out, len);
                taken
            }),
            Feedback::Remb => {
                if let Some(rate) = self.remb.tell(now) {
                    self.account.told.push((now, rate));
                    let ssrcs: Vec<_> =
                        streams.iter().flatten().map(Stream::ssrc).take(60).collect();
                    let mut compound = Compound::new(&mut out[..1_300]);
                    assert!(compound.remb(OWN, lahn::Bitrate::bps(rate), &ssrcs));
                    let len = compound.len();
                    send(&mut out, len);
                }
            }
            Feedback::Ccfb => {
                let mut compound = Compound::new(&mut out[..1_300]);
                if marks.tell(now, local, OWN, &mut compound) {
                    let len = compound.len();
                    send(&mut out, len);
                }
            }
            Feedback::Reports | Feedback::Nothing => {}
        }
        if self.report_at <= now && words.feedback != Feedback::Nothing {
            self.report_at += REPORTS;
            let blocks = streams.iter_mut().flatten().filter_map(|held| held.report(local));
            let blocks: Vec<_> = blocks.collect();
            for blocks in blocks.chunks(31) {
                let mut compound = Compound::new(&mut out[..1_300]);
                assert!(compound.receiver_report(OWN, blocks), "31 blocks fit");
                let len = compound.len();
                send(&mut out, len);
            }
        }
    }
}

impl Clock {
    /// What it shows, in microseconds.
    fn local(self, now: Time) -> Time {
        let drift = i64::try_from(now).expect("a run is short") * self.drift / 1_000_000;
        (self.offset + now).saturating_add_signed(drift)
    }
}
