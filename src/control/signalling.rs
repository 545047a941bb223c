//! Descriptions and candidates in and out: judged here as a whole, then carried out on str0m.
//! Nothing is carried out that could still fail.

use str0m::IceCreds;
use str0m::config::Fingerprint;

use super::negotiation::Agreement;
use super::sdp::{self, Description, LocalTransport, Setup};
use super::{Control, ControlError, Failure, SendKey};
use crate::base::Ssrc;
use crate::params::{MediaKind, Mid, SessionParams};
use std::time::Instant;

/// The peer's end of the transport, as it was agreed on.
#[derive(Clone)]
pub(super) struct Remote {
    ufrag: String,
    password: String,
    /// SHA-256 of its certificate.
    fingerprint: [u8; 32],
    /// We are the DTLS client.
    is_client: bool,
}

/// C. What the application wants: offers and answers.
impl Control {
    /// The peer's offer; returns our answer. An offer that crosses one of ours wins. An error
    /// leaves everything as it was, the offer of ours included.
    pub(crate) fn accept_offer(
        &mut self,
        now: Instant,
        offer: &str,
    ) -> Result<String, ControlError> {
        let offer = self.parse(offer)?;
        let agreement = self.negotiation.answer_to(&offer, &self.identity.shared.codecs)?;
        let remote = self.judge_remote(&offer, true)?;
        self.ice.withdraw();
        self.carry_out(now, agreement, remote, false);
        Ok(self.write_answer())
    }

    /// Our offer: `None` if there is nothing to tell. One that is outstanding is replaced by it.
    pub(crate) fn create_offer(&mut self, now: Instant) -> Result<Option<String>, ControlError> {
        self.check_alive()?;
        self.handle_timeout(now);
        let shared = &self.identity.shared;
        let restart = self.ice.is_restart_wanted() && self.remote.is_some();
        let (rtc, given, codecs) = (&mut self.rtc, &mut self.ssrcs, &shared.codecs);
        // Of hundreds of random numbers two will be equal one day, and that day two streams would
        // share their packet indices under one key.
        let ssrc = || loop {
            let ssrc = Ssrc(*rtc.direct_api().new_ssrc());
            if given.insert(ssrc) {
                break ssrc;
            }
        };
        let agreement = self.negotiation.create_offer(restart, codecs, shared.max_media, ssrc)?;
        let Some(agreement) = agreement else { return Ok(None) };
        self.session.1 += 1;
        let creds = if restart { self.ice.offer() } else { self.ice.current() };
        let local = LocalTransport {
            ufrag: &creds.ufrag,
            password: &creds.pass,
            fingerprint: &shared.fingerprint,
            codecs: &shared.codecs,
            candidates: &self.local,
            session: self.session,
        };
        Ok(Some(sdp::write(&agreement.sections, agreement.bundle, &local, None)))
    }

    /// The peer's answer to the newest offer of ours. An error leaves everything as it was, the
    /// offer of ours included.
    pub(crate) fn accept_answer(&mut self, now: Instant, answer: &str) -> Result<(), ControlError> {
        if !self.negotiation.is_outstanding() {
            return Err(ControlError::NoPendingOffer);
        }
        let answer = self.parse(answer)?;
        let agreement = self.negotiation.answered_by(&answer, &self.identity.shared.codecs)?;
        let remote = self.judge_remote(&answer, false)?;
        let restarted = self.ice.is_restart_offered();
        if self.restarts_ice(remote.as_ref()) && !restarted {
            return Err(ControlError::UnexpectedIceRestart);
        }
        self.carry_out(now, agreement, remote, restarted);
        Ok(())
    }

    /// A candidate of the peer's, trickled (RFC 8838), with or without `a=`; an empty one ends
    /// them. As ICE-lite agent we send no checks and need none: they are only looked at.
    pub(crate) fn add_remote_candidate(&self, candidate: &str) -> Result<(), ControlError> {
        let candidate = candidate.trim();
        let candidate = candidate.strip_prefix("a=").unwrap_or(candidate);
        if candidate.is_empty() || candidate == "end-of-candidates" {
            return Ok(());
        }
        // RFC 8839 §5.1: foundation component transport priority address port "typ" type …
        let words: Vec<_> = candidate.split_ascii_whitespace().take(8).collect();
        let [foundation, component, _, priority, _, port, "typ", _] = words[..] else {
            return Err(ControlError::BadCandidate);
        };
        let is_candidate = foundation.starts_with("candidate:")
            && component.parse::<u16>().is_ok()
            && priority.parse::<u32>().is_ok()
            && port.parse::<u16>().is_ok();
        if is_candidate { Ok(()) } else { Err(ControlError::BadCandidate) }
    }

    /// The next offer restarts ICE (RFC 8445 §9), if ICE has begun by then.
    pub(crate) const fn restart_ice(&mut self) {
        self.ice.want_restart();
    }

    /// Wishes to send something; the next offer carries it. A section of ours of the same kind in
    /// which nothing is sent any more is used again before a new one is made.
    pub(crate) fn add_send(
        &mut self,
        key: SendKey,
        kind: MediaKind,
        stream_id: &str,
        track_id: &str,
    ) {
        self.negotiation.add(key, kind, stream_id, track_id);
    }

    /// Takes a wish back; the next offer, or the answer to one of the peer's, carries it.
    pub(crate) fn remove_send(&mut self, key: SendKey) {
        self.negotiation.remove(key);
    }

    /// The section `key` is sent in; known from the offer on. An offer that crosses may take it
    /// away until the next.
    pub(crate) fn send_mid(&self, key: SendKey) -> Option<Mid> {
        self.negotiation.mid_of(key)
    }

    /// Whether there is something to tell and no offer of ours outstanding.
    pub(crate) fn needs_negotiation(&self) -> bool {
        let restart = self.ice.is_restart_wanted() && self.remote.is_some();
        !self.negotiation.is_outstanding() && (restart || self.negotiation.has_news())
    }

    /// What is agreed on now.
    pub(crate) fn session(&self) -> SessionParams {
        self.negotiation.session()
    }
}

impl Control {
    fn parse(&self, text: &str) -> Result<Description, ControlError> {
        self.check_alive()?;
        let shared = &self.identity.shared;
        sdp::parse(text, shared.max_sdp_bytes, shared.max_media)
    }

    fn check_alive(&self) -> Result<(), ControlError> {
        if self.is_alive() { Ok(()) } else { Err(ControlError::Closed) }
    }

    /// The peer's end of the transport, checked against what was agreed on before. `None` if the
    /// description has no section in use and so says nothing about it.
    fn judge_remote(
        &self,
        description: &Description,
        is_offer: bool,
    ) -> Result<Option<Remote>, ControlError> {
        if description.ice_lite {
            return Err(ControlError::IceLitePeer);
        }
        let Some(tagged) = description.live().next() else {
            return if self.remote.is_some() {
                Ok(None)
            } else {
                Err(ControlError::NothingInCommon)
            };
        };
        let transport = tagged.transport.clone();
        let (Some(ufrag), Some(password)) = (transport.ufrag, transport.password) else {
            return Err(ControlError::MissingIce);
        };
        let fingerprint = transport.fingerprint.ok_or(ControlError::MissingFingerprint)?;
        let is_client = match transport.setup {
            Some(Setup::Passive) => true,
            Some(Setup::Active) => false,
            Some(Setup::ActPass) if !is_offer => return Err(ControlError::SetupConflict),
            // RFC 4145 §4.1: an offer without it means active, and so does libwebrtc's answer.
            Some(Setup::ActPass) | None => self.remote.as_ref().is_some_and(|r| r.is_client),
        };
        if let Some(known) = &self.remote {
            if known.fingerprint != fingerprint {
                return Err(ControlError::FingerprintChanged);
            }
            if known.is_client != is_client {
                return Err(ControlError::SetupConflict);
            }
        }
        Ok(Some(Remote { ufrag, password, fingerprint, is_client }))
    }

    fn restarts_ice(&self, remote: Option<&Remote>) -> bool {
        match (&self.remote, remote) {
            (Some(old), Some(new)) => (&old.ufrag, &old.password) != (&new.ufrag, &new.password),
            _ => false,
        }
    }

    /// Makes the agreement so. Everything was judged before; nothing here may refuse.
    fn carry_out(
        &mut self,
        now: Instant,
        agreement: Agreement,
        remote: Option<Remote>,
        restarted: bool,
    ) {
        self.handle_timeout(now); // str0m starts its clocks at the newest time it has seen
        let has_data = agreement.has_data();
        let restart = restarted || self.restarts_ice(remote.as_ref());
        self.negotiation.commit(agreement);
        let Some(remote) = remote else { return };
        let mut direct = self.rtc.direct_api();
        if restart {
            direct.set_local_ice_credentials(self.ice.restart().clone());
        }
        direct.set_remote_ice_credentials(IceCreds {
            ufrag: remote.ufrag.clone(),
            pass: remote.password.clone(),
        });
        direct.set_remote_fingerprint(Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: remote.fingerprint.to_vec(),
        });
        let started = direct.start_dtls(remote.is_client).is_ok();
        if has_data {
            direct.start_sctp(remote.is_client);
        }
        self.remote = Some(remote);
        if !started {
            self.fail(Failure::Dtls);
        }
    }

    fn write_answer(&mut self) -> String {
        self.session.1 += 1;
        let is_client = self.remote.as_ref().is_some_and(|remote| remote.is_client);
        let setup = if is_client { Setup::Active } else { Setup::Passive };
        let shared = &self.identity.shared;
        let creds = self.ice.current();
        let local = LocalTransport {
            ufrag: &creds.ufrag,
            password: &creds.pass,
            fingerprint: &shared.fingerprint,
            codecs: &shared.codecs,
            candidates: &self.local,
            session: self.session,
        };
        let agreed = self.negotiation.agreed();
        sdp::write(&agreed.sections, agreed.bundle, &local, Some(setup))
    }
}
