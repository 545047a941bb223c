//! All sections of one transport, as agreed on or as on offer.

use super::extensions::ExtensionRegistry;
use super::formats::PayloadTypes;
use super::section::Section;
use crate::control::ControlError;
use crate::control::sdp::{Description, MediaSection, SectionKind};
use crate::params::Mid;

/// What both sides agreed on, or would with the offer that is outstanding.
#[derive(Clone, Debug, Default)]
pub(in crate::control) struct Agreement {
    /// In m-line order.
    pub(in crate::control) sections: Vec<Section>,
    /// The sections share one transport by `a=group:BUNDLE`.
    pub(in crate::control) bundle: bool,
    pub(super) payload_types: PayloadTypes,
    pub(super) extensions: ExtensionRegistry,
}

impl Agreement {
    /// Whether data channels were agreed on.
    pub(in crate::control) fn has_data(&self) -> bool {
        self.sections.iter().any(|section| section.kind == SectionKind::Data && !section.rejected)
    }

    /// The section `key` is sent in.
    pub(super) fn sending(&self, key: u64) -> Option<&Section> {
        self.sections.iter().find(|section| section.send.as_ref().is_some_and(|s| s.key == key))
    }

    /// Remembers the numbers the peer uses.
    pub(super) fn note(&mut self, description: &Description) {
        for (media, section) in description.media.iter().zip(&self.sections) {
            self.payload_types.note(media, &section.formats);
            self.extensions.note(media);
        }
    }

    /// A name for one more section.
    pub(super) fn free_mid(&self) -> Mid {
        (0_u64..)
            .filter_map(|number| Mid::new(format!("s{number}").as_bytes()))
            .find(|mid| self.sections.iter().all(|section| section.mid != *mid))
            .expect("there are more numbers than sections")
    }
}

/// One transport for all (RFC 9143, RFC 5761).
pub(super) fn check_bundle(description: &Description) -> Result<(), ControlError> {
    let known = |media: &MediaSection| media.kind != SectionKind::Foreign;
    let live = || description.live().filter(|media| known(media));
    match &description.bundle {
        None if live().count() > 1 => return Err(ControlError::NotBundled),
        Some(mids) if live().any(|media| !mids.contains(&media.mid)) => {
            return Err(ControlError::NotBundled);
        }
        _ => {}
    }
    if live().any(|media| media.kind != SectionKind::Data && !media.rtcp_mux) {
        return Err(ControlError::NoRtcpMux);
    }
    Ok(())
}

/// One association carries all data channels (RFC 8841 §5).
pub(super) fn reject_second_data(sections: &mut [Section]) {
    let data = |section: &&mut Section| section.kind == SectionKind::Data && !section.rejected;
    for section in sections.iter_mut().filter(data).skip(1) {
        section.rejected = true;
    }
}

/// One transport has one kind of congestion control feedback (RFC 8888 §6). Where a peer knows
/// both, the transport-wide one: it is what browsers are known to do well.
pub(super) fn settle_feedback(sections: &mut [Section]) {
    let live = sections.iter().filter(|section| !section.rejected);
    let transport_cc = live.flat_map(|section| &section.formats).any(|f| f.feedback.transport_cc);
    for section in sections {
        let told = section.formats.iter().any(|format| format.feedback.ccfb);
        for format in &mut section.formats {
            format.feedback.ccfb = told && !transport_cc;
        }
    }
}
