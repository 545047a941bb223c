//! Who is in which conference. One thread owns all of it and is the only one that talks to the
//! engine; sessions, the engine's events and a clock send it notes through one bounded queue. So
//! there is no lock, and what happens to one endpoint happens in one order.
//!
//! Read next: `state` (joining and leaving), `negotiation` (offers and answers), `sources` (who
//! receives what), `views` (how much of it), `layers` (what comes of that), `figures` (what the
//! page shows).

mod figures;
mod layers;
mod negotiation;
mod sources;
mod state;
mod views;

use std::io;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use lahn::Event;
use lahn::driver::{Driver, Events};
use tokio::sync::{mpsc, oneshot};

use crate::message::{Incoming, Outgoing, ParticipantId};
use state::State;

/// Notes that may wait for the hall; sessions wait beyond.
const NOTES: usize = 1_024;

/// Messages that may wait for one browser; one that falls behind is let go beyond.
const UNREAD: usize = 256;

/// Between two messages of figures.
const FIGURES: Duration = Duration::from_secs(1);

const CLOSED: &str = "the conference server is shutting down";

/// The way to the hall's thread.
#[derive(Clone, Debug)]
pub(crate) struct Hall {
    notes: mpsc::Sender<Note>,
}

/// A place in a conference, given up by dropping it.
#[derive(Debug)]
pub(crate) struct Membership {
    id: ParticipantId,
    hall: Hall,
    inbox: mpsc::Receiver<Outgoing>,
}

/// What is told to the hall.
#[derive(Debug)]
enum Note {
    Join { conference: String, name: String, publishes: bool, entry: Entry },
    Said(ParticipantId, Incoming),
    Gone(ParticipantId),
    Happened(Event),
    FiguresDue,
}

/// What a new participant brings: where to tell it things, and where to say whether it is in.
#[derive(Debug)]
struct Entry {
    outbox: mpsc::Sender<Outgoing>,
    answer: oneshot::Sender<Result<ParticipantId, String>>,
}

impl Hall {
    /// Opens the hall over `driver`'s engine.
    pub(crate) fn open(driver: Driver, events: Events) -> io::Result<Self> {
        let (notes, inbox) = mpsc::channel(NOTES);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
        };
        spawn("hall", Box::new(move || State::new(driver).run(inbox)))?;
        let happened = notes.clone();
        spawn("hall-events", Box::new(move || tell_events(events, &happened)))?;
        let due = notes.clone();
        spawn("hall-clock", Box::new(move || tell_time(&due)))?;
        Ok(Self { notes })
    }

    /// Enters a conference, which exists from its first participant to its last.
    ///
    /// # Errors
    /// A text for the page.
    pub(crate) async fn join(
        &self,
        conference: String,
        name: String,
        publishes: bool,
    ) -> Result<Membership, String> {
        let (outbox, inbox) = mpsc::channel(UNREAD);
        let (answer, answered) = oneshot::channel();
        let entry = Entry { outbox, answer };
        let note = Note::Join { conference, name, publishes, entry };
        self.notes.send(note).await.map_err(|_| CLOSED)?;
        let id = answered.await.map_err(|_| CLOSED)??;
        Ok(Membership { id, hall: self.clone(), inbox })
    }
}

impl Membership {
    /// The next message for the page; `None` when the participant was let go.
    pub(crate) async fn told(&mut self) -> Option<Outgoing> {
        self.inbox.recv().await
    }

    /// Passes on what the page said.
    pub(crate) async fn say(&self, message: Incoming) -> ControlFlow<()> {
        match self.hall.notes.send(Note::Said(self.id, message)).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let (notes, note) = (self.hall.notes.clone(), Note::Gone(self.id));
        // The queue may be full, and this must not be lost.
        tokio::spawn(async move { notes.send(note).await });
    }
}

impl State {
    /// Until every sender is gone.
    fn run(mut self, mut inbox: mpsc::Receiver<Note>) {
        while let Some(note) = inbox.blocking_recv() {
            match note {
                Note::Join { conference, name, publishes, entry } => {
                    self.join(conference, name, publishes, entry);
                }
                Note::Said(id, message) => self.heed(id, message),
                Note::Gone(id) => self.leave(id),
                Note::Happened(event) => self.notice(event),
                Note::FiguresDue => self.tell_figures(),
            }
            self.let_go();
        }
    }
}

fn tell_events(events: Events, notes: &mpsc::Sender<Note>) {
    for event in events {
        if notes.blocking_send(Note::Happened(event)).is_err() {
            return;
        }
    }
}

fn tell_time(notes: &mpsc::Sender<Note>) {
    while notes.blocking_send(Note::FiguresDue).is_ok() {
        thread::sleep(FIGURES);
    }
}
