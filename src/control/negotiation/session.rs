//! What was agreed on, told in the words of [`crate::params`].

use super::Section;
use crate::params::SessionParams;

/// The sections in which something flows.
pub(super) fn params(sections: &[Section]) -> SessionParams {
    let mut media = sections.iter().filter(|section| section.media_kind().is_some());
    SessionParams {
        reduced_size_rtcp: media.all(|section| section.peer.reduced_size_rtcp),
        media: sections.iter().filter_map(Section::params).collect(),
    }
}
