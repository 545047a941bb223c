//! Joining, leaving, and who is told about it.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use lahn::driver::Driver;
use lahn::{ConferenceId, EndpointId, Engine, Error, SourceId};
use tokio::sync::mpsc;

use super::Entry;
use super::sources::Published;
use super::views::Views;
use crate::message::{Incoming, Label, Outgoing, Participant, ParticipantId, Showing};

/// Conferences open at a time.
const MAX_CONFERENCES: usize = 256;

/// Participants of one conference: everybody receives everybody.
const MAX_PARTICIPANTS: usize = 32;

/// Everything the hall knows.
#[derive(Debug)]
pub(super) struct State {
    driver: Driver,
    pub(super) conferences: HashMap<String, ConferenceId>,
    pub(super) members: BTreeMap<ParticipantId, Member>,
    pub(super) endpoints: HashMap<EndpointId, ParticipantId>,
    pub(super) sources: HashMap<SourceId, Published>,
    pub(super) views: Views,
    last_id: u64,
    /// Members whose browser does not keep up.
    lost: Vec<ParticipantId>,
}

/// One participant.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) conference: String,
    pub(super) name: String,
    pub(super) showing: Showing,
    pub(super) endpoint: EndpointId,
    pub(super) outbox: mpsc::Sender<Outgoing>,
    pub(super) labels: HashMap<String, Label>,
    /// Receives what the others publish: from its first offer on, or at once if it has none.
    pub(super) receives: bool,
    pub(super) offering: super::negotiation::Offering,
    /// Messages about its tiles within this second.
    pub(super) views: u32,
}

impl State {
    pub(super) fn new(driver: Driver) -> Self {
        Self {
            driver,
            conferences: HashMap::new(),
            members: BTreeMap::new(),
            endpoints: HashMap::new(),
            sources: HashMap::new(),
            views: Views::default(),
            last_id: 0,
            lost: Vec::new(),
        }
    }

    pub(super) fn join(&mut self, conference: String, name: String, publishes: bool, entry: Entry) {
        let Entry { outbox, answer } = entry;
        let member = self.add_endpoint(&conference).map(|endpoint| Member {
            conference: conference.clone(),
            name,
            showing: Showing::default(),
            endpoint,
            outbox,
            labels: HashMap::new(),
            receives: false,
            offering: Default::default(),
            views: 0,
        });
        let member = match member {
            Ok(member) => member,
            Err(refusal) => {
                let _ = answer.send(Err(refusal));
                self.close_if_empty(&conference);
                return;
            }
        };
        self.last_id += 1;
        let id = ParticipantId(self.last_id);
        self.endpoints.insert(member.endpoint, id);
        self.members.insert(id, member);
        self.tell(id, Outgoing::Welcome { you: id, conference: conference.clone() });
        if answer.send(Ok(id)).is_err() {
            return self.leave(id);
        }
        self.tell_participants(&conference);
        if !publishes {
            self.start_receiving(id);
        }
    }

    pub(super) fn heed(&mut self, id: ParticipantId, message: Incoming) {
        if !self.members.contains_key(&id) {
            return;
        }
        match message {
            Incoming::Offer { sdp, labels } => self.accept_offer(id, sdp, labels),
            Incoming::Answer { sdp } => self.accept_answer(id, sdp),
            Incoming::Candidate { candidate } => self.add_candidate(id, candidate),
            Incoming::State(showing) => self.show(id, showing),
            Incoming::View { tiles } => self.view(id, &tiles),
            Incoming::Leave => self.leave(id),
            Incoming::Join { .. } => self.refuse(id, "join", "joined already".to_owned()),
        }
    }

    /// Removes a participant; nothing happens if it is gone already.
    pub(super) fn leave(&mut self, id: ParticipantId) {
        let Some(member) = self.members.remove(&id) else { return };
        self.endpoints.remove(&member.endpoint);
        self.sources.retain(|_, published| published.participant != id);
        // Stale if the engine closed it by itself.
        let _ = self.engine(move |engine, now| engine.remove_endpoint(now, member.endpoint));
        self.tell_participants(&member.conference);
        self.close_if_empty(&member.conference);
    }

    /// Removes those who do not read what they are told.
    pub(super) fn let_go(&mut self) {
        while let Some(id) = self.lost.pop() {
            self.leave(id);
        }
    }

    pub(super) fn tell(&mut self, id: ParticipantId, message: Outgoing) {
        let Some(member) = self.members.get(&id) else { return };
        if member.outbox.try_send(message).is_err() {
            self.lost.push(id);
        }
    }

    pub(super) fn refuse(&mut self, id: ParticipantId, about: &'static str, message: String) {
        self.tell(id, Outgoing::Error { about, message });
    }

    /// Everybody in `conference` but `id`, and `id` if it is `None`.
    pub(super) fn others(&self, conference: &str, id: Option<ParticipantId>) -> Vec<ParticipantId> {
        let there = self.members.iter().filter(|(_, member)| member.conference == conference);
        there.map(|(other, _)| *other).filter(|other| Some(*other) != id).collect()
    }

    /// Runs `command` on the engine's thread.
    ///
    /// # Errors
    /// A text for the page.
    pub(super) fn engine<R: Send + 'static>(
        &self,
        command: impl FnOnce(&mut Engine, Instant) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, String> {
        let answer = self.driver.call(command).map_err(|stopped| stopped.to_string())?;
        answer.map_err(|error| error.to_string())
    }

    fn add_endpoint(&mut self, conference: &str) -> Result<EndpointId, String> {
        let open = self.conferences.get(conference).copied();
        if open.is_none() && self.conferences.len() >= MAX_CONFERENCES {
            return Err(format!("{MAX_CONFERENCES} conferences are open, which is the limit"));
        }
        if self.others(conference, None).len() >= MAX_PARTICIPANTS {
            return Err(format!("{MAX_PARTICIPANTS} participants are here, which is the limit"));
        }
        let id = match open {
            Some(id) => id,
            None => self.engine(|engine, _| engine.open_conference())?,
        };
        self.conferences.insert(conference.to_owned(), id);
        let local = self.driver.candidates().to_vec();
        self.engine(move |engine, now| engine.add_endpoint(now, id, &local))
    }

    fn close_if_empty(&mut self, conference: &str) {
        if !self.others(conference, None).is_empty() {
            return;
        }
        if let Some(id) = self.conferences.remove(conference) {
            let _ = self.engine(move |engine, now| engine.close_conference(now, id));
        }
    }

    fn show(&mut self, id: ParticipantId, showing: Showing) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if std::mem::replace(&mut member.showing, showing) == showing {
            return;
        }
        let conference = member.conference.clone();
        self.tell_participants(&conference);
    }

    fn tell_participants(&mut self, conference: &str) {
        let everybody = self.others(conference, None);
        for &id in &everybody {
            let others = everybody.iter().filter(|other| **other != id);
            let participants = others.map(|other| self.describe(*other)).collect();
            self.tell(id, Outgoing::Participants { participants });
        }
    }

    fn describe(&self, id: ParticipantId) -> Participant {
        let member = &self.members[&id];
        Participant { id, name: member.name.clone(), showing: member.showing }
    }
}
