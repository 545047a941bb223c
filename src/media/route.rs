//! Which received SSRC is what: bound from signalling where that names SSRCs, else from the header
//! extensions of authenticated packets (RFC 8843 §9.2), never from anything less.

use std::collections::HashMap;

use crate::base::Ssrc;
use crate::params::{
    CodecParams, EncodingParams, Extension, ExtensionIds, MediaKind, Mid, Rid, Token,
};
use crate::srtp::ReceiveIndex;
use crate::wire::rtp::RtpHeader;

/// What an SSRC carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// Slot of the source.
    pub(crate) source: u32,
    pub(crate) encoding: u8,
    /// Whether it repeats what another SSRC lost (RFC 4588).
    pub(crate) repair: bool,
}

/// One received SSRC.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    pub(crate) index: ReceiveIndex,
    pub(crate) target: Option<Target>,
}

/// What a payload type means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PayloadKind {
    /// Media in the codec with this index.
    Media(u8),
    /// Retransmissions of it.
    Repair(u8),
}

/// A section we receive in.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) mid: Mid,
    pub(crate) kind: MediaKind,
    /// Slot of its source.
    pub(crate) source: u32,
    /// Its encodings, with their index in the source.
    pub(crate) encodings: Vec<(u8, EncodingParams)>,
}

/// The names a packet carries in its header extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names {
    pub(crate) mid: Option<Mid>,
    pub(crate) rid: Option<Rid>,
    pub(crate) repaired_rid: Option<Rid>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Route {
    /// At most `most_ssrcs`, each authenticated once at least.
    streams: HashMap<Ssrc, Inbound>,
    most_ssrcs: usize,
    /// One set of identifiers for all sections of a bundle (RFC 8843 §7.1.3: one id, one URI).
    extensions: ExtensionIds,
    /// Every codec ever negotiated: packets in the histories name them by their index.
    codecs: Vec<CodecParams>,
    /// Indices of those negotiated now.
    live: Vec<u8>,
    payload_kinds: [Option<PayloadKind>; 128],
    sections: Vec<Section>,
}

impl Route {
    /// Nothing negotiated.
    pub(crate) fn new(most_ssrcs: usize) -> Self {
        Self {
            streams: HashMap::new(),
            most_ssrcs,
            extensions: ExtensionIds::new(),
            codecs: Vec::new(),
            live: Vec::new(),
            payload_kinds: [None; 128],
            sections: Vec::new(),
        }
    }

    /// What was negotiated now: of all `codecs` those that are `live`.
    pub(crate) fn renegotiate(
        &mut self,
        extensions: ExtensionIds,
        codecs: Vec<CodecParams>,
        live: impl Fn(&CodecParams) -> bool,
        sections: Vec<Section>,
    ) {
        self.extensions = extensions;
        self.codecs = codecs;
        let indexed = (0u8..).zip(&self.codecs);
        self.live = indexed.filter(|(_, codec)| live(codec)).map(|(index, _)| index).collect();
        self.sections = sections;
        self.payload_kinds = [None; 128];
        for &index in &self.live {
            let codec = &self.codecs[usize::from(index)];
            let mut set = |payload_type: u8, kind| {
                if let Some(place) = self.payload_kinds.get_mut(usize::from(payload_type)) {
                    *place = Some(kind);
                }
            };
            set(codec.payload_type, PayloadKind::Media(index));
            if let Some(payload_type) = codec.rtx_payload_type {
                set(payload_type, PayloadKind::Repair(index));
            }
        }
        // An SSRC keeps its packet count (RFC 3711 §3.2.1) whatever it carries.
        for inbound in self.streams.values_mut() {
            inbound.target = inbound.target.filter(|target| {
                self.sections.iter().any(|section| section.source == target.source)
            });
        }
    }

    /// The state of `ssrc`, if it was seen before.
    pub(crate) fn get_mut(&mut self, ssrc: Ssrc) -> Option<&mut Inbound> {
        self.streams.get_mut(&ssrc)
    }

    /// Remembers an SSRC whose first packet was authentic. `false`: there are too many.
    pub(crate) fn insert(&mut self, ssrc: Ssrc, inbound: Inbound) -> bool {
        let room = self.streams.len() < self.most_ssrcs;
        if room {
            self.streams.insert(ssrc, inbound);
        }
        room
    }

    /// Forgets what `ssrc` carries, not its packet count.
    pub(crate) fn unbind(&mut self, ssrc: Ssrc) -> Option<Target> {
        self.streams.get_mut(&ssrc)?.target.take()
    }

    /// What a packet with this SSRC, payload and names belongs to.
    pub(crate) fn resolve(&self, ssrc: Ssrc, kind: PayloadKind, names: &Names) -> Option<Target> {
        self.by_ssrc(ssrc).or_else(|| self.by_names(kind, names)).or_else(|| self.by_kind(kind))
    }

    /// The extension an identifier stands for.
    pub(crate) fn extension(&self, id: u8) -> Option<Extension> {
        self.extensions.extension(id)
    }

    /// What a payload type means.
    pub(crate) fn payload_kind(&self, header: &RtpHeader<'_>) -> Option<PayloadKind> {
        self.payload_kinds.get(usize::from(header.payload_type)).copied().flatten()
    }

    /// The codec with this index.
    pub(crate) fn codec(&self, index: u8) -> Option<&CodecParams> {
        self.codecs.get(usize::from(index))
    }

    /// The codecs negotiated now.
    pub(crate) fn live_codecs(&self) -> impl Iterator<Item = &CodecParams> {
        self.live.iter().filter_map(|index| self.codec(*index))
    }

    /// Every codec ever negotiated.
    pub(crate) fn codecs(&self) -> &[CodecParams] {
        &self.codecs
    }

    fn by_ssrc(&self, ssrc: Ssrc) -> Option<Target> {
        self.find(|_, encoding| {
            if encoding.ssrc == Some(ssrc) {
                Some(false)
            } else if encoding.rtx_ssrc == Some(ssrc) {
                Some(true)
            } else {
                None
            }
        })
    }

    fn by_names(&self, kind: PayloadKind, names: &Names) -> Option<Target> {
        let mid = names.mid?;
        self.find(|section, encoding| {
            if section.mid != mid {
                return None;
            }
            let is = |name: Option<Token>| encoding.rid.is_none() || encoding.rid == name;
            match kind {
                PayloadKind::Media(_) => is(names.rid).then_some(false),
                PayloadKind::Repair(_) => is(names.repaired_rid).then_some(true),
            }
        })
    }

    /// The only section of its kind needs no name.
    fn by_kind(&self, kind: PayloadKind) -> Option<Target> {
        let (PayloadKind::Media(codec) | PayloadKind::Repair(codec)) = kind;
        let kind_of_media = self.codec(codec)?.codec.kind();
        let mut of_kind = self.sections.iter().filter(|section| section.kind == kind_of_media);
        let (Some(section), None) = (of_kind.next(), of_kind.next()) else { return None };
        let [(encoding, only)] = section.encodings.as_slice() else { return None };
        // Signalled SSRCs and names say it is not this one.
        if only.ssrc.is_some() || only.rid.is_some() {
            return None;
        }
        let repair = matches!(kind, PayloadKind::Repair(_));
        Some(Target { source: section.source, encoding: *encoding, repair })
    }

    fn find(
        &self,
        mut matches: impl FnMut(&Section, &EncodingParams) -> Option<bool>,
    ) -> Option<Target> {
        self.sections.iter().find_map(|section| {
            section.encodings.iter().find_map(|(encoding, params)| {
                let repair = matches(section, params)?;
                Some(Target { source: section.source, encoding: *encoding, repair })
            })
        })
    }
}
