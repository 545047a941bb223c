//! What one packet tells of its frame without a dependency descriptor: by its payload descriptor,
//! by frame marking, or by its NAL unit headers (H2).

use super::Packet;
use super::frame::{Depends, WireNumbers};
use crate::params::Codec;
use crate::wire::payload::{av1, h264, h265, vp8, vp9};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// A number that names the frame (VP9: the picture), and its bits.
    pub(super) number: Option<(u16, u32)>,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    /// `None`: the packets around it must tell.
    pub(super) is_first: Option<bool>,
    pub(super) is_last: bool,
    pub(super) begins_key_frame: bool,
    pub(super) is_key: bool,
    pub(super) wire: WireNumbers,
    pub(super) depends: Depends,
    /// Of its highest spatial layer, in pixels.
    pub(super) size: Option<(u16, u16)>,
    /// It says that a key frame begins, but what follows says otherwise: encrypted end to end.
    pub(super) is_scrambled: bool,
    /// Of a key picture, the highest spatial layer: no other uses it.
    pub(super) is_top: bool,
    /// Spatial layers, where the packet tells all of them, with their sizes.
    pub(super) layers: Option<vp9::ScalabilityStructure>,
}

/// Reads a packet; `None`: it is not what its payload type says. `trusts_units`: NAL unit headers
/// are readable, not encrypted end to end.
pub(super) fn read(packet: &Packet<'_>, trusts_units: bool) -> Option<Told> {
    match packet.codec {
        Codec::Vp8 => vp8(packet),
        Codec::Vp9 => vp9(packet),
        Codec::H264 => {
            let key = h264::is_key_frame_start(packet.payload)
                && (trusts_units || h264::picture_size(packet.payload).is_some());
            let is_reference = !trusts_units || h264::is_reference(packet.payload);
            let temporal = (u8::from(!is_reference), true);
            Some(units(packet, key, temporal))
        }
        Codec::H265 => {
            let key = h265::is_key_frame_start(packet.payload)
                && (trusts_units || h265::has_parameter_set(packet.payload));
            let temporal = h265::temporal_id(packet.payload).filter(|_| trusts_units).unwrap_or(0);
            let temporal = (temporal, h265::is_sync(packet.payload));
            Some(units(packet, key, temporal))
        }
        Codec::Av1 => {
            let key = av1::is_key_frame_start(packet.payload);
            Some(units(packet, key, (0, true)))
        }
        Codec::Opus => None,
    }
}

/// Width and height, where the first packet of a key frame shows them.
pub(super) fn size(packet: &Packet<'_>) -> Option<(u16, u16)> {
    match packet.codec {
        Codec::Vp8 => vp8::key_frame_size(packet.payload),
        Codec::H264 => h264::picture_size(packet.payload),
        Codec::H265 => h265::picture_size(packet.payload),
        // Their descriptors tell; random bytes, encrypted end to end, might seem to.
        Codec::Av1 | Codec::Vp9 | Codec::Opus => None,
    }
}

fn vp8(packet: &Packet<'_>) -> Option<Told> {
    let descriptor = vp8::Descriptor::parse(packet.payload)?;
    let key = vp8::is_key_frame_start(packet.payload);
    let size = if key { vp8::key_frame_size(packet.payload) } else { None };
    let id = descriptor.picture_id;
    // P, the lowest bit of the frame tag (RFC 7741 §4.3).
    let says_key = packet.payload.get(descriptor.len).is_some_and(|tag| tag & 1 == 0);
    Some(Told {
        number: id.map(|id| (id.value, if id.is_long { 15 } else { 7 })),
        spatial: 0,
        temporal: descriptor.temporal.unwrap_or(0),
        is_first: Some(descriptor.starts_frame),
        is_last: packet.marker,
        begins_key_frame: key,
        is_key: key,
        wire: WireNumbers {
            picture_id: id.map_or(0, |id| id.value),
            tl0_picture_index: descriptor.tl0_picture_index.unwrap_or(0),
            key_index: descriptor.key_index.unwrap_or(0),
            frame_number: 0,
        },
        depends: Depends::Temporal { is_sync: descriptor.layer_sync },
        size,
        is_scrambled: !key && descriptor.starts_frame && says_key,
        is_top: false,
        layers: None,
    })
}

fn vp9(packet: &Packet<'_>) -> Option<Told> {
    let descriptor = vp9::Descriptor::parse(packet.payload)?;
    let id = descriptor.picture_id;
    let layer = descriptor.layer;
    let is_key = vp9::is_key_frame_start(packet.payload);
    Some(Told {
        number: id.map(|id| (id.value, if id.is_long { 15 } else { 7 })),
        spatial: layer.map_or(0, |layer| layer.spatial),
        temporal: layer.map_or(0, |layer| layer.temporal),
        is_first: Some(descriptor.starts_frame),
        is_last: descriptor.ends_frame,
        begins_key_frame: is_key,
        is_key: !descriptor.inter_picture_predicted && layer.is_none_or(|layer| layer.spatial == 0),
        wire: WireNumbers {
            picture_id: id.map_or(0, |id| id.value),
            tl0_picture_index: descriptor.tl0_picture_index.unwrap_or(0),
            ..WireNumbers::default()
        },
        depends: Depends::Spatial {
            is_switching_point: layer.is_some_and(|layer| layer.switching_up_point),
            is_intra: !descriptor.inter_picture_predicted,
            stands_alone: descriptor.not_a_reference_upwards
                && descriptor.inter_picture_predicted
                && !layer.is_some_and(|layer| layer.inter_layer_predicted),
        },
        size: None,
        is_scrambled: false,
        is_top: descriptor.not_a_reference_upwards && !descriptor.inter_picture_predicted,
        layers: descriptor.structure,
    })
}

/// Codecs whose packets carry no number of their frame.
fn units(packet: &Packet<'_>, key: bool, (temporal, is_sync): (u8, bool)) -> Told {
    let told = Told {
        number: None,
        spatial: 0,
        temporal,
        is_first: None,
        is_last: packet.marker,
        begins_key_frame: key,
        is_key: key,
        wire: WireNumbers::default(),
        depends: Depends::Temporal { is_sync },
        size: if key { size(packet) } else { None },
        is_scrambled: false,
        is_top: false,
        layers: None,
    };
    let Some(marking) = packet.marking else { return told };
    Told {
        temporal: marking.temporal,
        is_first: Some(marking.start),
        is_last: marking.end,
        begins_key_frame: marking.independent && marking.start,
        is_key: marking.independent,
        depends: Depends::Temporal { is_sync: marking.base_layer_sync },
        ..told
    }
}
