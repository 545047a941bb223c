//! What was negotiated becomes state: sections to receive in are sources, sections to send in are
//! streams.

use std::time::Instant;

use super::Media;
use super::paced::{Feedback, Paced};
use super::route::Section;
use crate::base::{Key, Slab, SourceId, Ssrc};
use crate::cc::Arrivals;
use crate::forward::Source;
use crate::params::{
    CodecParams, Extension, ExtensionIds, MediaKind, MediaParams, Mid, ReceiveParams, SendParams,
    SessionParams,
};
use crate::stream::send::{Carried, SendStream, Tail};

/// Sources that came and went with a negotiation.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) added: Vec<Key>,
    /// Still in the slab: their subscriptions have to be ended first.
    pub(crate) removed: Vec<Key>,
}

impl Media {
    /// Takes over what was negotiated.
    pub(crate) fn renegotiate(
        &mut self,
        now: Instant,
        session: &SessionParams,
        sources: &mut Slab<Source>,
    ) -> Changes {
        let codecs = self.merge_codecs(session);
        let extensions = merge_extensions(session);
        let mut changes = Changes::default();
        let mut sections = Vec::new();
        for media in &session.media {
            let Some(receive) = &media.receive else { continue };
            let slot = self.source_in(media.mid, sources).unwrap_or_else(|| {
                let key = sources.insert_with(|key| {
                    Source::new(SourceId::new(key), self.endpoint, media, receive, &codecs)
                });
                changes.added.push(key);
                self.sources.push(key.slot());
                key.slot()
            });
            let source = sources.at_mut(slot).expect("published sources are alive");
            source.renegotiate(receive, &codecs);
            sections.push(section(media, receive, source, slot));
        }
        self.sources.retain(|&slot| {
            let live = sections.iter().any(|section| section.source == slot);
            if !live && let Some(source) = sources.at(slot) {
                changes.removed.push(source.id().key());
            }
            live
        });
        self.arrivals = reports_arrivals(session, &extensions)
            .then(|| self.arrivals.take().unwrap_or_else(|| Arrivals::new(self.settings.epoch)));
        self.due.set_reduced_size(session.reduced_size_rtcp);
        let received = session.media.iter().filter(|media| media.receive.is_some());
        let live = |codec: &CodecParams| received.clone().any(|media| media.codecs.contains(codec));
        self.route.renegotiate(extensions, codecs, live, sections);
        self.renegotiate_send(session);
        self.renegotiate_congestion(now, session);
        changes
    }

    /// Why what was negotiated cannot be taken over, if so. Under one set of keys an SSRC must
    /// never start over: its first packets would use packet indices a second time, which for GCM
    /// is the end of the key (RFC 7714 §5, §8.1).
    pub(crate) fn objection(&self, session: &SessionParams) -> Option<&'static str> {
        let mut named: Vec<Ssrc> = Vec::new();
        for (media, params) in sections_to_send_in(session) {
            let held = self.send.iter().find(|stream| stream.mid == media.mid);
            if held.is_some_and(|held| held.params.ssrc != params.ssrc && held.carries().is_some())
            {
                return Some("a section keeps its SSRC while it serves a subscription");
            }
            for ssrc in ssrcs(params) {
                let elsewhere = self.send.iter().any(|stream| {
                    stream.mid != media.mid && ssrcs(stream.params).any(|held| held == ssrc)
                });
                // Nor as media where it was retransmissions, or the other way round.
                let swapped = held.is_some_and(|held| {
                    (held.params.ssrc == ssrc) != (params.ssrc == ssrc)
                        && ssrcs(held.params).any(|held| held == ssrc)
                });
                if elsewhere || swapped || named.contains(&ssrc) {
                    return Some("each SSRC to send from has one use, in one section");
                }
                if self.given_up.contains(&ssrc) {
                    return Some("an SSRC that was given up cannot be used under the same keys");
                }
                named.push(ssrc);
            }
        }
        None
    }

    /// The stream in section `mid` shall carry a subscription. Returns its index and where its
    /// numbers stand; `None` if the section is not live or carries another.
    pub(crate) fn attach(
        &mut self,
        mid: Mid,
        carries: Carried,
        codecs: &[CodecParams],
    ) -> Option<(u32, Tail)> {
        let stream = self.send.iter().position(|stream| stream.mid == mid && stream.active)?;
        let index = u32::try_from(stream).ok()?;
        let stream = &mut self.send[stream];
        if stream.carries().is_some() {
            return None;
        }
        Some((index, stream.attach(carries, codecs)))
    }

    /// A stream carries nothing any more; what waits of it is forgotten.
    pub(crate) fn detach(&mut self, stream: u32, tail: Tail) {
        self.queue.forget(stream);
        self.forget_stall(stream);
        if let Some(stream) = self.send.get_mut(stream as usize) {
            stream.detach(tail);
        }
    }

    /// The source of a stream was negotiated again.
    pub(crate) fn update_formats(&mut self, stream: u32, codecs: &[CodecParams]) {
        if let Some(stream) = self.send.get_mut(stream as usize) {
            stream.update_formats(codecs);
        }
    }

    /// A live section of this kind that carries nothing: for applications that name no section.
    pub(crate) fn free_section(&self, kind: MediaKind) -> Option<Mid> {
        let free = |stream: &&SendStream| {
            stream.kind() == kind && stream.active && stream.carries().is_none()
        };
        self.send.iter().find(free).map(|stream| stream.mid)
    }

    fn renegotiate_send(&mut self, session: &SessionParams) {
        for stream in &mut self.send {
            stream.active = false;
        }
        for (media, params) in sections_to_send_in(session) {
            let place = self.send.iter().position(|stream| stream.mid == media.mid);
            let Some(place) = place else {
                self.send.push(SendStream::new(media, params, &mut self.rng));
                continue;
            };
            let stream = &mut self.send[place];
            let kept = |ssrc: &Ssrc| ssrcs(params).any(|still| still == *ssrc);
            self.given_up.extend(ssrcs(stream.params).filter(|ssrc| !kept(ssrc)));
            // A section taken into use again: its receiver knows nothing of the new SSRC, neither
            // its section nor its rollover counter (RFC 3711 §3.3.1).
            if stream.params.ssrc != params.ssrc && stream.carries().is_none() {
                *stream = SendStream::new(media, params, &mut self.rng);
            } else if stream.renegotiate(media, params) {
                self.queue.forget_resends(u32::try_from(place).expect("sections are few"));
            }
        }
        // Lists that double leave up to half of their memory idle, and a stream is half a KiB.
        self.send.shrink_to_fit();
    }

    /// Congestion control is by what the receiver says of how packets arrive.
    fn renegotiate_congestion(&mut self, now: Instant, session: &SessionParams) {
        let Some(limits) = self.settings.congestion else { return };
        if sections_to_send_in(session).next().is_none() {
            self.paced = None;
            return;
        }
        let feedback = Feedback::of(session);
        if self.paced.as_ref().is_some_and(|paced| paced.feedback == feedback) {
            return;
        }
        let now_micros = self.settings.wall.micros(now);
        let paced = Paced::new(now_micros, limits, feedback, self.settings.ecn);
        self.paced = Some(Box::new(paced));
        self.wake_at(now);
    }

    fn source_in(&self, mid: Mid, sources: &Slab<Source>) -> Option<u32> {
        let is = |slot: &&u32| sources.at(**slot).is_some_and(|source| source.mid() == mid);
        self.sources.iter().find(is).copied()
    }

    /// Every codec of every section, once. Those known before keep their index: packets in the
    /// histories name them by it.
    fn merge_codecs(&self, session: &SessionParams) -> Vec<CodecParams> {
        let mut codecs = self.route.codecs().to_vec();
        let receiving = session.media.iter().filter(|media| media.receive.is_some());
        for codec in receiving.flat_map(|media| &media.codecs) {
            if codecs.len() < usize::from(u8::MAX) && !codecs.contains(codec) {
                codecs.push(*codec);
            }
        }
        codecs
    }
}

fn sections_to_send_in(
    session: &SessionParams,
) -> impl Iterator<Item = (&MediaParams, SendParams)> {
    session.media.iter().filter_map(|media| Some((media, media.send?)))
}

fn ssrcs(params: SendParams) -> impl Iterator<Item = Ssrc> {
    [Some(params.ssrc), params.rtx_ssrc].into_iter().flatten()
}

fn section(media: &MediaParams, receive: &ReceiveParams, source: &Source, slot: u32) -> Section {
    let encodings = receive.encodings.iter().filter_map(|params| {
        let index = source.encodings().iter().position(|held| held.rid == params.rid)?;
        Some((u8::try_from(index).ok()?, *params))
    });
    Section { mid: media.mid, kind: media.kind, source: slot, encodings: encodings.collect() }
}

fn merge_extensions(session: &SessionParams) -> ExtensionIds {
    let mut merged = ExtensionIds::new();
    for media in &session.media {
        for extension in Extension::ALL {
            if let Some(id) = media.extensions.id(extension) {
                merged.set(extension, id);
            }
        }
    }
    merged
}

impl Feedback {
    /// The best that a session has.
    fn of(session: &SessionParams) -> Self {
        let has = |what: fn(&MediaParams, &CodecParams) -> bool| {
            sections_to_send_in(session)
                .any(|(media, _)| media.codecs.iter().any(|codec| what(media, codec)))
        };
        if has(|media, codec| {
            codec.transport_cc && media.extensions.id(Extension::TransportCc).is_some()
        }) {
            Self::TransportCc
        } else if has(|_, codec| codec.ccfb) {
            Self::Rfc8888
        } else if has(|_, codec| codec.remb) {
            Self::Remb
        } else {
            Self::Reports
        }
    }
}

fn reports_arrivals(session: &SessionParams, extensions: &ExtensionIds) -> bool {
    extensions.id(Extension::TransportCc).is_some()
        && session
            .media
            .iter()
            .filter(|media| media.receive.is_some())
            .any(|media| media.codecs.iter().any(|codec| codec.transport_cc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{NtpTime, Rng, WallClock};
    use crate::media::Settings;
    use crate::params::SendParams;
    use crate::srtp::AeadBackend;
    use crate::wire::rtcp::ReportBlock;
    use std::time::Duration;

    #[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
    fn beginning() -> Instant {
        Instant::now()
    }

    fn media() -> Media {
        let now = beginning();
        let settings = Settings {
            epoch: now,
            wall: WallClock::new(now, Duration::ZERO),
            key_frame_request_interval: Duration::from_millis(200),
            transport_cc_interval: Duration::from_millis(50),
            aead_backend: AeadBackend::Ring,
            congestion: None,
            ecn: false,
            most_ssrcs: 64,
            most_queued: 64,
        };
        let key = Slab::new().insert(());
        Media::new(settings, key, Rng::new([1; 32]), now)
    }

    fn sending(ssrc: u32) -> SessionParams {
        let section = MediaParams {
            mid: Mid::new(b"s0").expect("a token"),
            kind: MediaKind::Audio,
            codecs: Vec::new(),
            extensions: ExtensionIds::new(),
            receive: None,
            send: Some(SendParams { ssrc: Ssrc(ssrc), rtx_ssrc: None }),
        };
        SessionParams { media: vec![section], reduced_size_rtcp: true }
    }

    /// Firefox drops packets of an SSRC it does not know in a section where it knew another, until
    /// one names the section.
    #[test]
    fn new_ssrc_in_a_used_section_introduces_itself_anew() {
        let now = beginning();
        let mut media = media();
        let mut sources = Slab::new();
        media.renegotiate(now, &sending(1), &mut sources);
        let report = ReportBlock {
            ssrc: Ssrc(1),
            fraction_lost: 0,
            cumulative_lost: 0,
            highest_sequence_number: 0,
            jitter: 0,
            last_sr: 0,
            delay_since_last_sr: 0,
        };
        media.send[0].on_report(NtpTime::from_unix(Duration::ZERO), &report);
        media.renegotiate(now, &SessionParams::default(), &mut sources);
        media.renegotiate(now, &sending(1), &mut sources);
        assert!(!media.send[0].introduces_itself(), "the same stream goes on");

        media.renegotiate(now, &sending(2), &mut sources);
        assert_eq!(media.send.len(), 1);
        assert_eq!(media.send[0].params.ssrc, Ssrc(2));
        assert!(media.send[0].introduces_itself());
    }

    #[test]
    fn ssrc_that_was_given_up_or_belongs_elsewhere_is_objected_to() {
        let now = beginning();
        let mut media = media();
        let mut sources = Slab::new();
        media.renegotiate(now, &sending(1), &mut sources);
        assert_eq!(media.objection(&sending(1)), None);
        let mut moved = sending(1);
        moved.media[0].mid = Mid::new(b"s1").expect("a token");
        assert!(media.objection(&moved).is_some());
        media.renegotiate(now, &sending(2), &mut sources);
        assert!(media.objection(&sending(1)).is_some());
        assert_eq!(media.objection(&sending(2)), None);
        // One SSRC twice in one session, as media or as retransmissions.
        let mut twice = sending(2);
        twice
            .media
            .push(MediaParams { mid: Mid::new(b"s1").expect("a token"), ..twice.media[0].clone() });
        assert!(media.objection(&twice).is_some());
        let mut repair = sending(2);
        repair.media[0].send = Some(SendParams { ssrc: Ssrc(3), rtx_ssrc: Some(Ssrc(2)) });
        assert!(media.objection(&repair).is_some());
    }
}
