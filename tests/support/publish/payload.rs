//! The beginning of a payload: the payload descriptor, which everybody can read, and the first
//! bytes of the codec, which only some leave clear when they encrypt.

use super::{Codec, Kind, TrueFrame};

/// What a packet's payload begins with, and what of it stays clear.
pub struct Beginning {
    /// The payload descriptor.
    pub head: Vec<u8>,
    /// The codec's own first bytes.
    pub codec: Vec<u8>,
    /// `codec` stays clear under end-to-end encryption.
    pub stays_clear: bool,
}

/// What the payload says of a frame beside its [`TrueFrame`].
pub struct Context<'a> {
    pub kind: Kind,
    pub frame: &'a TrueFrame,
    /// The frames it refers to.
    pub refs: &'a [TrueFrame],
    pub wide_picture_id: bool,
    /// Spatial layers being sent.
    pub layers: u8,
    pub packet: usize,
}

impl Context<'_> {
    pub fn beginning(&self) -> Beginning {
        let (head, codec) = match self.kind.codec {
            Codec::Vp8 => (self.vp8(), self.vp8_frame_header()),
            Codec::Vp9 => (self.vp9(), Vec::new()),
            Codec::Av1 => (Vec::new(), vec![self.av1_aggregation_header()]),
            Codec::H264 => (Vec::new(), self.h264()),
        };
        Beginning { head, codec, stays_clear: self.kind.codec == Codec::Vp8 }
    }

    const fn is_first(&self) -> bool {
        self.packet == 0
    }

    fn is_last(&self) -> bool {
        self.packet + 1 == self.frame.packets.len()
    }

    fn is_key(&self) -> bool {
        self.frame.starts()
    }

    fn picture_id(&self) -> Vec<u8> {
        let [high, low] = self.frame.picture_id.to_be_bytes();
        if self.wide_picture_id { vec![0x80 | high, low] } else { vec![low] }
    }

    /// RFC 7741 §4.2: S, PID 0; PictureID, TL0PICIDX, TID, Y, KEYIDX.
    fn vp8(&self) -> Vec<u8> {
        let TrueFrame { temporal, tl0_pic_idx, key_idx, .. } = *self.frame;
        let only_base = self.refs.iter().all(|to| to.temporal == 0);
        let is_sync = self.is_key() || (temporal > 0 && only_base);
        let mut head = vec![0x80 | u8::from(self.is_first()) << 4, 0xf0];
        head.extend(self.picture_id());
        head.extend([tl0_pic_idx, temporal << 6 | u8::from(is_sync) << 5 | key_idx]);
        head
    }

    /// RFC 6386 §9.1: frame tag; start code and size in key frames.
    fn vp8_frame_header(&self) -> Vec<u8> {
        match (self.is_first(), self.is_key()) {
            (false, _) => Vec::new(),
            (true, false) => vec![0x11, 0x02, 0x00],
            (true, true) => {
                let (width, height) =
                    (320_u16 << self.frame.encoding, 180_u16 << self.frame.encoding);
                let [w0, w1] = width.to_le_bytes();
                let [h0, h1] = height.to_le_bytes();
                vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]
            }
        }
    }

    /// RFC 9628 §4.2: I P L F B E V Z, and what they announce.
    fn vp9(&self) -> Vec<u8> {
        let TrueFrame { spatial, temporal, picture, in_key_picture, .. } = *self.frame;
        let earlier = || self.refs.iter().filter(|to| to.picture != picture);
        let inter_picture = earlier().next().is_some();
        let inter_layer = self.refs.iter().any(|to| to.picture == picture);
        let flexible = self.kind.flexible;
        let tells_structure = self.is_first() && in_key_picture && spatial == 0;
        let not_for_above = spatial + 1 == self.layers
            || (self.kind.mode == super::Mode::L3T3Key && !in_key_picture);
        let only_lower = earlier().all(|to| to.temporal < temporal);
        let is_up_switch = !flexible || in_key_picture || (temporal > 0 && only_lower);
        let flags = [
            true,
            inter_picture,
            true,
            flexible,
            self.is_first(),
            self.is_last(),
            tells_structure,
            not_for_above,
        ];
        let mut head = vec![flags.into_iter().fold(0, |byte, flag| byte << 1 | u8::from(flag))];
        head.extend(self.picture_id());
        let (up, from_below) = (u8::from(is_up_switch), u8::from(inter_layer));
        head.push(temporal << 5 | up << 4 | spatial << 1 | from_below);
        if !flexible {
            head.push(self.frame.tl0_pic_idx);
        } else if inter_picture {
            let diffs: Vec<_> = earlier().map(|to| (picture - to.picture) as u8).collect();
            let more = |place: usize| u8::from(place + 1 < diffs.len());
            head.extend(diffs.iter().enumerate().map(|(place, diff)| diff << 1 | more(place)));
        }
        if tells_structure {
            head.extend(self.vp9_structure());
        }
        head
    }

    /// RFC 9628 §4.2.1: sizes of the spatial layers; the group of four pictures, if the mode
    /// follows one.
    fn vp9_structure(&self) -> Vec<u8> {
        let layers = self.kind.mode.spatial_layers();
        let mut structure = vec![(layers - 1) << 5 | 0x10 | u8::from(!self.kind.flexible) << 3];
        for spatial in 0..layers {
            structure.extend((320_u16 << spatial).to_be_bytes());
            structure.extend((180_u16 << spatial).to_be_bytes());
        }
        if !self.kind.flexible {
            structure.push(4);
            for (temporal, diff) in [(0, 4), (2, 1), (1, 2), (2, 1)] {
                structure.extend([temporal << 5 | 0x10 | 1 << 2, diff]);
            }
        }
        structure
    }

    /// AV1 RTP specification §4.4: Z, Y, W=1, N.
    fn av1_aggregation_header(&self) -> u8 {
        let is_new = self.is_first() && self.frame.in_key_picture && self.frame.spatial == 0;
        let (goes_on, will_go_on) = (!self.is_first(), !self.is_last());
        u8::from(goes_on) << 7 | u8::from(will_go_on) << 6 | 0x10 | u8::from(is_new) << 3
    }

    /// RFC 6184: parameter sets as STAP-A in front of an IDR picture in FU-A; other pictures as
    /// FU-A or a single unit.
    fn h264(&self) -> Vec<u8> {
        let (is_key, temporal) = (self.is_key(), self.frame.temporal);
        if is_key && self.is_first() {
            // SPS (x264's, of 1280x720), PPS, and a SEI unit, which the rest of the payload is.
            let mut units = vec![0x78, 0, SPS.len() as u8];
            units.extend(SPS);
            units.extend([0, 3, 0x68, 0xce, 0x3c]);
            return units;
        }
        let is_top = temporal + 1 == self.kind.mode.temporal_layers();
        let importance = if is_top { 0 } else { 3 - temporal };
        let unit_type = if is_key { 5 } else { 1 };
        let is_start = self.packet == usize::from(is_key);
        if is_start && self.is_last() {
            return vec![importance << 5 | unit_type, 0x9a];
        }
        let (start, end) = (u8::from(is_start), u8::from(self.is_last()));
        vec![importance << 5 | 28, start << 7 | end << 6 | unit_type]
    }
}

const SPS: [u8; 25] = [
    0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10,
    0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x24, 0x80,
];
