//! Header extension ids: one number has one meaning on one transport (RFC 9143 §9.1), and the
//! peer's numbers come first.

use std::collections::BTreeMap;

use crate::control::ControlError;
use crate::control::sdp::{Description, Direction, ExtensionMap, MediaSection};
use crate::params::{Extension, MediaKind};

/// What each id stands for; `None`: something of the peer's that we do not know.
#[derive(Clone, Debug, Default)]
pub(in crate::control) struct ExtensionRegistry {
    ids: BTreeMap<u8, Option<Extension>>,
}

impl ExtensionRegistry {
    /// Remembers the ids a peer's section uses.
    pub(super) fn note(&mut self, media: &MediaSection) {
        self.ids.extend(media.extensions.iter().map(|map| (map.id, map.extension)));
    }

    /// What to offer in a section of ours.
    pub(super) fn offer(&mut self, kind: MediaKind) -> Vec<ExtensionMap> {
        let wanted = offered(kind).iter();
        let map = |extension: &Extension| {
            let id = self.id(*extension)?;
            Some(ExtensionMap { id, extension: Some(*extension), direction: Direction::BOTH })
        };
        wanted.filter_map(map).collect()
    }

    /// The id in use, or a free one that fits the one-byte form (RFC 8285 §4.2).
    fn id(&mut self, extension: Extension) -> Option<u8> {
        if let Some((id, _)) = self.ids.iter().find(|(_, used)| **used == Some(extension)) {
            return Some(*id);
        }
        let id = (1..=14).find(|id| !self.ids.contains_key(id))?;
        self.ids.insert(id, Some(extension));
        Some(id)
    }
}

/// Refuses a description in which one id means two things: packets could not be told apart
/// before their section is known.
pub(super) fn check_ids(description: &Description) -> Result<(), ControlError> {
    let mut ids: BTreeMap<u8, Option<Extension>> = BTreeMap::new();
    for media in description.live() {
        for map in &media.extensions {
            if *ids.entry(map.id).or_insert(map.extension) != map.extension {
                return Err(ControlError::line(media.line, "an a=extmap id has two meanings"));
            }
        }
    }
    Ok(())
}

/// What we offer to send with, most wanted first.
const fn offered(kind: MediaKind) -> &'static [Extension] {
    match kind {
        MediaKind::Audio => &[
            Extension::Mid,
            Extension::TransportCc,
            Extension::AudioLevel,
            Extension::AbsSendTime,
            Extension::AbsCaptureTime,
        ],
        MediaKind::Video => &[
            Extension::Mid,
            Extension::TransportCc,
            Extension::DependencyDescriptor,
            Extension::VideoOrientation,
            Extension::AbsSendTime,
            Extension::AbsCaptureTime,
            Extension::PlayoutDelay,
            Extension::VideoContentType,
            Extension::VideoTiming,
            Extension::ColorSpace,
            Extension::VideoLayersAllocation,
        ],
    }
}
