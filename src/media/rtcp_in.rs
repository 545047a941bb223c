//! RTCP comes: reports about what we send, wishes for retransmissions and key frames, clocks and
//! goodbyes of what we receive. Believed only from authenticated SRTCP.

use std::time::Instant;

use super::queue::ResendRef;
use super::{DropReason, Media};
use crate::base::{Micros, Slab, Ssrc};
use crate::cc::LinkReport;
use crate::forward::Source;
use crate::stream::recv::SenderClock;
use crate::stream::send::SendStream;
use crate::wire::rtcp::{self, Nack, Packet, ReportBlock, SenderReport};

impl Media {
    /// An RTCP datagram. Slots of publishers who are to be asked for a key frame go to `asked`.
    pub(crate) fn handle_rtcp(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        datagram: &mut [u8],
        asked: &mut Vec<u32>,
    ) -> Result<(), DropReason> {
        let keys = self.keys.as_mut().ok_or(DropReason::NoKeys)?;
        let compound = keys
            .unprotector
            .rtcp(datagram)
            .map_err(|error| DropReason::of(error, DropReason::MalformedRtcp))?;
        let millis = self.settings.wall.millis(now);
        let mut link = LinkReport { expected: 0, lost: 0, round_trip: None };
        for packet in rtcp::parse(compound).map_err(|_| DropReason::MalformedRtcp)? {
            match packet {
                Packet::SenderReport(report) => {
                    self.on_sender_report(now, sources, &report);
                    self.on_reports(now, report.reports, &mut link);
                }
                Packet::ReceiverReport(report) => self.on_reports(now, report.reports, &mut link),
                Packet::TransportCc(feedback) => self.on_transport_cc(now, &feedback),
                Packet::Remb(remb) => self.on_remb(now, &remb),
                Packet::Nack(nack) => self.on_nack(now, &nack),
                Packet::PictureLossIndication { media, .. } => {
                    if let Some(stream) = sent_as(&mut self.send, media) {
                        stream.counters_mut().plis += 1;
                        let now = (now, millis);
                        want_key_frame(now, stream, sources, asked);
                    }
                }
                Packet::FullIntraRequest(request) => {
                    for (media, _) in request.entries() {
                        if let Some(stream) = sent_as(&mut self.send, media) {
                            stream.counters_mut().firs += 1;
                            let now = (now, millis);
                            want_key_frame(now, stream, sources, asked);
                        }
                    }
                }
                Packet::Goodbye(goodbye) => {
                    for ssrc in goodbye.ssrcs() {
                        self.on_goodbye(now, ssrc, sources);
                    }
                }
                Packet::CongestionControlFeedback(feedback) => self.on_ccfb(now, &feedback),
                // Names; the unknown.
                Packet::SourceDescription(_) | Packet::Unknown { .. } => {}
            }
        }
        if link.expected > 0 || link.round_trip.is_some() {
            self.on_link_report(now, &link);
        }
        Ok(())
    }

    fn on_sender_report(
        &mut self,
        now: Instant,
        sources: &mut Slab<Source>,
        report: &SenderReport<'_>,
    ) {
        let Some(target) = self.route.get_mut(report.sender).and_then(|inbound| inbound.target)
        else {
            return;
        };
        let stream = sources
            .at_mut(target.source)
            .and_then(|source| source.encodings_mut().get_mut(usize::from(target.encoding)))
            .and_then(|encoding| encoding.stream.as_mut())
            .filter(|stream| stream.ssrc() == report.sender);
        let Some(stream) = stream else { return };
        stream.on_sender_report(SenderClock { ntp: report.ntp, rtp: report.rtp, arrived: now });
        self.clock_offset.on_sender_report(self.settings.wall.ntp(now), report.ntp);
        for &slot in &self.sources {
            if let Some(source) = sources.at_mut(slot) {
                source.set_clock_offset(self.clock_offset);
            }
        }
    }

    /// What they say of the link to this receiver alone is added to `link`.
    fn on_reports(
        &mut self,
        now: Instant,
        reports: impl Iterator<Item = ReportBlock>,
        link: &mut LinkReport,
    ) {
        let ntp = self.settings.wall.ntp(now);
        for report in reports {
            if let Some(stream) = sent_as(&mut self.send, report.ssrc) {
                let news = stream.on_report(ntp, &report);
                link.expected = link.expected.saturating_add(news.expected);
                link.lost = link.lost.saturating_add(news.lost);
                if let Some(round_trip) = news.round_trip_time {
                    let micros = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
                    link.round_trip = Some(Micros(micros));
                }
                self.round_trip_time = stream.remote().round_trip_time.or(self.round_trip_time);
            }
        }
    }

    fn on_nack(&mut self, now: Instant, nack: &Nack<'_>) {
        let millis = self.settings.wall.millis(now);
        let Some(index) = self.send.iter().position(|stream| stream.params.ssrc == nack.media)
        else {
            return;
        };
        let stream = &mut self.send[index];
        stream.counters_mut().nacks += 1;
        for seq in nack.lost() {
            let Some(sent) = stream.on_nack(seq, millis) else { continue };
            let resend = ResendRef {
                stream: u32::try_from(index).expect("sections are few"),
                ext: stream.extend(seq),
                sent,
                since: millis,
            };
            if !self.queue.push_resend(resend) {
                self.counters.drops.count(DropReason::QueueFull);
                break;
            }
        }
    }

    /// The stream has ended; if its SSRC comes back, it starts anew.
    fn on_goodbye(&mut self, now: Instant, ssrc: Ssrc, sources: &mut Slab<Source>) {
        let Some(target) = self.route.unbind(ssrc) else { return };
        if target.repair {
            return;
        }
        if let Some(source) = sources.at_mut(target.source) {
            source.on_goodbye(self.settings.moment(now), target.encoding, ssrc);
        }
    }
}

fn sent_as(send: &mut [SendStream], ssrc: Ssrc) -> Option<&mut SendStream> {
    send.iter_mut().find(|stream| stream.params.ssrc == ssrc)
}

fn want_key_frame(
    (now, millis): (Instant, u32),
    stream: &mut SendStream,
    sources: &mut Slab<Source>,
    asked: &mut Vec<u32>,
) {
    if !stream.may_ask_for_key_frame(millis) {
        return;
    }
    let Some(carries) = stream.carries() else { return };
    if let Some(source) = sources.at_mut(carries.source) {
        source.want_key_frame_for(now, carries.subscription);
        asked.push(source.endpoint());
    }
}
