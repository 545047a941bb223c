//! Offers and answers of one endpoint, one at a time.
//!
//! ```text
//!              NegotiationNeeded / create_offer
//!         Idle ────────────────────────────────> Offered ──┐ NegotiationNeeded:
//!          ^ ^                                     │ │ ^   │ remembered
//!          │ └───── answer, nothing remembered ────┘ │ └───┘
//!          └── offer of theirs: ours is void, the engine will ask again
//! ```
//!
//! The page's offer wins when two cross, and the page knows: it ignores ours then.

use std::collections::HashMap;

use lahn::{EndpointId, Error};

use super::state::State;
use crate::message::{Label, Outgoing, ParticipantId};

/// Where our own offers stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Offering {
    #[default]
    Idle,
    /// An offer is with the page; `again`: another is needed after it.
    Offered { again: bool },
}

impl State {
    /// The engine has something new to tell this endpoint.
    pub(super) fn negotiate(&mut self, endpoint: EndpointId) {
        let Some(&id) = self.endpoints.get(&endpoint) else { return };
        let Some(member) = self.members.get_mut(&id) else { return };
        if let Offering::Offered { again } = &mut member.offering {
            *again = true;
            return;
        }
        match self.engine(move |engine, now| engine.create_offer(now, endpoint)) {
            Ok(Some(sdp)) => {
                self.set_offering(id, Offering::Offered { again: false });
                let sources = self.sources_of(endpoint);
                self.tell(id, Outgoing::Offer { sdp, sources });
            }
            Ok(None) => {}
            Err(error) => self.refuse(id, "negotiation", error),
        }
    }

    pub(super) fn accept_offer(
        &mut self,
        id: ParticipantId,
        sdp: String,
        labels: HashMap<String, Label>,
    ) {
        let Some(member) = self.members.get_mut(&id) else { return };
        // Known before the engine tells of the sources that come with the offer.
        member.labels = labels;
        let endpoint = member.endpoint;
        match self.engine(move |engine, now| engine.accept_offer(now, endpoint, &sdp)) {
            Ok(sdp) => {
                self.set_offering(id, Offering::Idle);
                self.tell(id, Outgoing::Answer { sdp });
                self.start_receiving(id);
            }
            Err(error) => self.refuse(id, "offer", error),
        }
    }

    pub(super) fn accept_answer(&mut self, id: ParticipantId, sdp: String) {
        let Some(member) = self.members.get(&id) else { return };
        let endpoint = member.endpoint;
        let Offering::Offered { again } = member.offering else {
            return; // to an offer that is void by now
        };
        self.set_offering(id, Offering::Idle);
        let taken = self.engine(move |engine, now| engine.accept_answer(now, endpoint, &sdp));
        if let Err(error) = taken {
            return self.refuse(id, "answer", error);
        }
        if again {
            self.negotiate(endpoint);
        }
    }

    /// We are ICE-lite and only answer checks: candidates may help, and one that does not parse
    /// (a name under `.local`, for one) harms nobody.
    pub(super) fn add_candidate(&self, id: ParticipantId, candidate: String) {
        let Some(member) = self.members.get(&id) else { return };
        let endpoint = member.endpoint;
        let _: Result<(), String> = self.engine(move |engine, now| {
            match engine.add_remote_candidate(now, endpoint, &candidate) {
                Err(Error::Sdp(_)) => Ok(()),
                taken => taken,
            }
        });
    }

    fn set_offering(&mut self, id: ParticipantId, offering: Offering) {
        if let Some(member) = self.members.get_mut(&id) {
            member.offering = offering;
        }
    }
}
