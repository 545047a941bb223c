//! Offer and answer (RFC 3264, RFC 8829): what is agreed, what we wish for, and which offer of
//! ours is on its way.
//!
//! ```text
//!            create_offer                 accept_answer
//!   stable ───────────────▶ outstanding ───────────────▶ stable
//!      ▲ └──accept_offer──┐      │ accept_offer: theirs wins, ours is forgotten,
//!      └──────────────────┴──────┘ the wishes behind it stay
//! ```
//!
//! Every step works on a copy of what is agreed and returns it whole or not at all: a bad
//! description leaves everything as it was. Knows nothing of str0m.

mod agreement;
mod extensions;
mod formats;
mod section;
mod session;

pub(super) use agreement::Agreement;
pub(super) use formats::Format;
pub(super) use section::Section;

use crate::base::Ssrc;
use crate::control::ControlError;
use crate::control::sdp::{Description, MediaSection};
use crate::params::{Codec, MediaKind, Mid, SessionParams};
use agreement::{check_bundle, reject_second_data, settle_feedback};
use extensions::check_ids;
use section::Outgoing;

/// A wish to send something.
#[derive(Clone, Debug)]
struct Wish {
    key: u64,
    kind: MediaKind,
    stream_id: String,
    track_id: String,
    /// The peer rejected its section: it is not asked again.
    declined: bool,
}

/// The state of offer and answer with one peer.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    agreed: Agreement,
    outstanding: Option<Agreement>,
    wishes: Vec<Wish>,
}

impl Negotiation {
    /// What an offer of the peer's would make of the agreement. Nothing changes until
    /// [`commit`](Self::commit).
    pub(super) fn answer_to(
        &self,
        offer: &Description,
        codecs: &[Codec],
    ) -> Result<Agreement, ControlError> {
        check_bundle(offer)?;
        check_ids(offer)?;
        let mut next = self.agreed.clone();
        if offer.media.len() < next.sections.len() {
            return Err(ControlError::SectionsChanged);
        }
        for (place, media) in offer.media.iter().enumerate() {
            let is_live = offer.is_live(media);
            match next.sections.get_mut(place) {
                None => next.sections.push(Section::from_peer(media, is_live, codecs)),
                Some(section) if section.mid == media.mid && section.kind == media.kind => {
                    section.hear(media, is_live, codecs);
                }
                // A rejected section's place may be taken by another (RFC 8829 §5.2.2).
                Some(section) if section.rejected && section.mid != media.mid => {
                    *section = Section::from_peer(media, is_live, codecs);
                }
                Some(_) => return Err(ControlError::SectionsChanged),
            }
        }
        reject_second_data(&mut next.sections);
        settle_feedback(&mut next.sections);
        let offered = offer.live().count();
        if offered > 0 && next.sections.iter().all(|section| section.rejected) {
            return Err(ControlError::NothingInCommon);
        }
        // What is no longer wished for ends with this answer already.
        for section in &mut next.sections {
            section.send.take_if(|send| !self.is_wished(send.key));
        }
        next.bundle = offer.bundle.is_some();
        next.note(offer);
        Ok(next)
    }

    /// An offer that tells all we wish for; `None` if all of it is agreed on and `force` does not
    /// ask for one anyway.
    pub(super) fn create_offer(
        &mut self,
        force: bool,
        codecs: &[Codec],
        max_media: usize,
        mut ssrc: impl FnMut() -> Ssrc,
    ) -> Result<Option<&Agreement>, ControlError> {
        if !force && !self.has_news() {
            return Ok(None);
        }
        let mut next = self.agreed.clone();
        for section in &mut next.sections {
            section.send.take_if(|send| !self.is_wished(send.key));
        }
        for wish in self.wishes.iter().filter(|wish| !wish.declined) {
            if next.sending(wish.key).is_some() {
                continue;
            }
            let send = Outgoing {
                key: wish.key,
                stream_id: wish.stream_id.clone(),
                track_id: wish.track_id.clone(),
                ssrc: ssrc(),
                rtx_ssrc: ssrc(),
            };
            if let Some(place) = self.idle_section(&next, wish.kind) {
                next.sections[place].send = Some(send);
                continue;
            }
            if next.sections.len() >= max_media {
                return Err(ControlError::TooManyMedia { limit: max_media });
            }
            let formats = next.payload_types.offer(wish.kind, codecs);
            let extensions = next.extensions.offer(wish.kind);
            let mid = next.free_mid();
            next.sections.push(Section::ours(mid, wish.kind, formats, extensions, send));
        }
        if next.sections.is_empty() {
            return Ok(None);
        }
        // A first offer of ours always bundles; a peer that once offered without is left so.
        next.bundle |= self.agreed.sections.is_empty() || next.sections.len() > 1;
        Ok(Some(self.outstanding.insert(next)))
    }

    /// What the answer to our offer makes of the agreement. Nothing changes until
    /// [`commit`](Self::commit).
    pub(super) fn answered_by(
        &self,
        answer: &Description,
        codecs: &[Codec],
    ) -> Result<Agreement, ControlError> {
        let mut next = self.outstanding.clone().ok_or(ControlError::NoPendingOffer)?;
        let fits = |(section, media): (&Section, &MediaSection)| {
            section.mid == media.mid && (section.kind == media.kind || section.rejected)
        };
        if answer.media.len() != next.sections.len()
            || !next.sections.iter().zip(&answer.media).all(fits)
        {
            return Err(ControlError::StaleAnswer);
        }
        check_bundle(answer)?;
        check_ids(answer)?;
        for (section, media) in next.sections.iter_mut().zip(&answer.media) {
            section.hear(media, answer.is_live(media), codecs);
        }
        settle_feedback(&mut next.sections);
        next.note(answer);
        Ok(next)
    }

    /// Makes `agreement` the state of things; an offer of ours that is outstanding is settled by
    /// it, or forgotten.
    pub(super) fn commit(&mut self, agreement: Agreement) {
        self.outstanding = None;
        for section in agreement.sections.iter().filter(|section| section.rejected) {
            let Some(send) = &section.send else { continue };
            for wish in self.wishes.iter_mut().filter(|wish| wish.key == send.key) {
                wish.declined = true;
            }
        }
        self.agreed = agreement;
    }

    /// Wishes to send something under the name `key`. One that is wished for already stays as
    /// it is.
    pub(super) fn add(&mut self, key: u64, kind: MediaKind, stream_id: &str, track_id: &str) {
        if !self.is_wished(key) {
            let (stream_id, track_id) = (msid_token(stream_id), msid_token(track_id));
            self.wishes.push(Wish { key, kind, stream_id, track_id, declined: false });
        }
    }

    /// Takes the wish back.
    pub(super) fn remove(&mut self, key: u64) {
        self.wishes.retain(|wish| wish.key != key);
    }

    /// Whether the peer has yet to hear of a wish, or of one taken back.
    pub(super) fn has_news(&self) -> bool {
        let unheard = self
            .wishes
            .iter()
            .any(|wish| !wish.declined && self.agreed.sending(wish.key).is_none());
        let stale = |section: &Section| {
            !section.rejected && section.send.as_ref().is_some_and(|s| !self.is_wished(s.key))
        };
        unheard || self.agreed.sections.iter().any(stale)
    }

    /// Whether an offer of ours awaits its answer.
    pub(super) const fn is_outstanding(&self) -> bool {
        self.outstanding.is_some()
    }

    /// What is agreed on.
    pub(super) const fn agreed(&self) -> &Agreement {
        &self.agreed
    }

    /// The section `key` is, or will be, sent in.
    pub(super) fn mid_of(&self, key: u64) -> Option<Mid> {
        let newest = self.outstanding.as_ref().unwrap_or(&self.agreed);
        Some(newest.sending(key)?.mid)
    }

    /// What is agreed on, in the words of [`crate::params`].
    pub(super) fn session(&self) -> SessionParams {
        session::params(&self.agreed.sections)
    }

    fn is_wished(&self, key: u64) -> bool {
        self.wishes.iter().any(|wish| wish.key == key)
    }

    /// A section of ours that is agreed to be idle. One that is only about to become idle has to
    /// be told so first: browsers announce a new sender only in a section that was not sending.
    fn idle_section(&self, next: &Agreement, kind: MediaKind) -> Option<usize> {
        let is_idle = |section: &Section| {
            section.ours
                && !section.rejected
                && section.media_kind() == Some(kind)
                && section.send.is_none()
        };
        let pairs = self.agreed.sections.iter().zip(&next.sections);
        pairs
            .enumerate()
            .find(|(_, (old, new))| is_idle(old) && is_idle(new))
            .map(|(place, _)| place)
    }
}

/// At most 64 token characters (RFC 8830 §2); something is always left.
fn msid_token(text: &str) -> String {
    let is_token = |c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`{|}~".contains(*c);
    let token: String = text.chars().filter(is_token).take(64).collect();
    if token.is_empty() { "-".to_owned() } else { token }
}
