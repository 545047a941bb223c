//! What is said over the WebSocket: SIGNALLING.md in types. Its larger parts: `view` (what a tile
//! wants), `figures` (what the engine measures), `link` (what it knows of a viewer's link).

mod figures;
mod link;
mod view;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub(crate) use figures::{
    EncodingStats, LayerName, Stats, SubscriptionStats, TransportStats, reason_name,
};
pub(crate) use link::LinkStats;
pub(crate) use view::{MAX_TILES, Tile};

/// Longest message either way, in bytes: a session description of a large conference.
pub(crate) const MAX_MESSAGE: usize = 256 * 1024;

/// Longest name of a participant, in characters.
pub(crate) const MAX_NAME: usize = 64;

/// Names a participant in one conference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct ParticipantId(pub(crate) u64);

/// What a source shows, for the page's layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Label {
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}

/// From the page.
#[derive(PartialEq, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Incoming {
    Join {
        name: String,
        #[serde(default)]
        publishes: bool,
    },
    Offer {
        sdp: String,
        /// What its sections show, by `mid`.
        #[serde(default)]
        labels: HashMap<String, Label>,
    },
    Answer {
        sdp: String,
    },
    Candidate {
        candidate: String,
    },
    State(Showing),
    /// What its tiles show at present; those that are not named stay as they were.
    View {
        tiles: Vec<Tile>,
    },
    Leave,
}

/// What a participant shows at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Showing {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
}

/// To the page.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Outgoing {
    Welcome {
        you: ParticipantId,
        conference: String,
    },
    Participants {
        participants: Vec<Participant>,
    },
    Offer {
        sdp: String,
        sources: Vec<Source>,
    },
    Answer {
        sdp: String,
    },
    /// Another layer than before flows in this section, or none.
    Layer {
        mid: String,
        layer: Option<LayerName>,
        reason: &'static str,
    },
    /// The best layer that anybody wants of what is published in this section, and the encodings
    /// that this takes.
    Demand {
        mid: String,
        layer: Option<LayerName>,
        rids: Vec<String>,
    },
    Stats(Stats),
    Left {
        reason: &'static str,
    },
    Error {
        about: &'static str,
        message: String,
    },
}

/// Somebody else in the conference.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Participant {
    pub(crate) id: ParticipantId,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) showing: Showing,
}

/// What comes in one section of the receiver's session.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) mid: String,
    pub(crate) participant: ParticipantId,
    pub(crate) kind: &'static str,
    pub(crate) label: Label,
}

/// A name as it is shown: trimmed, on one line, neither empty nor long.
pub(crate) fn clean_name(name: &str) -> Option<String> {
    let visible: String = name.chars().filter(|c| !c.is_control()).collect();
    let name: String = visible.trim().chars().take(MAX_NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// What the page has words for, in a table of one of its scripts.
#[cfg(test)]
fn named_in<'a>(script: &'a str, table: &str) -> std::collections::BTreeSet<&'a str> {
    let (_, rest) = script.split_once(&format!("const {table} = {{\n")).unwrap();
    let (words, _) = rest.split_once("\n};").unwrap();
    let names = words.lines().filter_map(|line| line.split_once(": \""));
    names.map(|(name, _)| name.trim().trim_matches('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_and_write_as_documented() {
        let join: Incoming = serde_json::from_str(r#"{"type":"join","name":"Ada"}"#).unwrap();
        assert_eq!(join, Incoming::Join { name: "Ada".to_owned(), publishes: false });
        let state = r#"{"type":"state","microphone":true,"camera":false}"#;
        let showing = Showing { microphone: true, camera: false };
        assert_eq!(serde_json::from_str::<Incoming>(state).unwrap(), Incoming::State(showing));
        let offer = r#"{"type":"offer","sdp":"v=0","labels":{"0":"screen-audio"}}"#;
        let labels = HashMap::from([("0".to_owned(), Label::ScreenAudio)]);
        let sdp = "v=0".to_owned();
        assert_eq!(
            serde_json::from_str::<Incoming>(offer).unwrap(),
            Incoming::Offer { sdp, labels }
        );
        assert!(serde_json::from_str::<Incoming>(r#"{"type":"shutdown"}"#).is_err());

        let participant = Participant { id: ParticipantId(3), name: "Bob".to_owned(), showing };
        let told = Outgoing::Participants { participants: vec![participant] };
        assert_eq!(
            serde_json::to_string(&told).unwrap(),
            r#"{"type":"participants","participants":[{"id":3,"name":"Bob","microphone":true,"camera":false}]}"#
        );
    }

    #[test]
    fn name_is_trimmed_shortened_and_never_empty() {
        assert_eq!(clean_name("  Ada\n Lovelace\u{7} "), Some("Ada Lovelace".to_owned()));
        assert_eq!(clean_name(" \t\n"), None);
        assert_eq!(clean_name(&"ä".repeat(100)).map(|name| name.chars().count()), Some(MAX_NAME));
    }
}
