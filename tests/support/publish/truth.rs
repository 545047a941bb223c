//! What is true of everything a publisher sent: for the receiver that checks, never for the
//! engine.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::time::Instant;

use super::{Identity, Kind, PlainPacket};

/// What became of a packet on its way to the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fate {
    /// It came in order.
    #[default]
    Delivered,
    /// It came after a later one: it may be forwarded, or be too late for that.
    Late,
    /// It never came.
    Lost,
}

/// A frame: of one spatial layer.
#[derive(Clone, Debug)]
pub struct TrueFrame {
    pub encoding: u8,
    /// Counts the frames of the encoding, over restarts.
    pub index: u32,
    /// Counts restarts.
    pub incarnation: u16,
    /// Counts the pictures of the encoding, over restarts.
    pub picture: u32,
    pub spatial: u8,
    pub temporal: u8,
    /// Indices of frames it cannot be decoded without; none: decoding may start here.
    pub refs: Vec<u32>,
    /// Of a picture that decoding of everything may start with.
    pub in_key_picture: bool,
    /// The last frame of its picture.
    pub ends_picture: bool,
    pub captured: Instant,
    pub timestamp: u32,
    pub first_seq: u64,
    /// 7 or 15 bits, in VP8 and VP9.
    pub picture_id: u16,
    pub tl0_pic_idx: u8,
    pub key_idx: u8,
    pub descriptor: Option<TrueDescriptor>,
    pub packets: Vec<TruePacket>,
}

/// What the dependency descriptor says of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrueDescriptor {
    pub frame_number: u16,
    /// For each decode target: 0 not present, 1 discardable, 2 switch, 3 required.
    pub dtis: Vec<u8>,
    pub frame_diffs: Vec<u16>,
    pub chain_diffs: Vec<u8>,
    /// The active decode targets.
    pub active: u32,
    /// They are told in the frame's first packet.
    pub tells_active: bool,
}

#[derive(Clone, Debug)]
pub struct TruePacket {
    pub fate: Fate,
    /// The payload descriptor as published; empty where the codec has none.
    pub head: Vec<u8>,
    /// Of the payload behind it.
    pub body: u64,
}

impl TrueFrame {
    /// Decoding may start here.
    pub const fn starts(&self) -> bool {
        self.refs.is_empty()
    }

    /// Every packet came in order.
    pub fn is_delivered(&self) -> bool {
        self.packets.iter().all(|packet| packet.fate == Fate::Delivered)
    }

    /// No packet came in order.
    pub fn is_gone(&self) -> bool {
        self.packets.iter().all(|packet| packet.fate != Fate::Delivered)
    }

    /// Of the same stream: neither another encoding nor restarted in between.
    pub const fn continues(&self, other: &Self) -> bool {
        self.encoding == other.encoding && self.incarnation == other.incarnation
    }
}

/// Shared by a publisher and all who check what became of its packets.
#[derive(Clone)]
pub struct Truth {
    kind: Kind,
    /// Part of all identities.
    pub publisher: u64,
    /// Timestamps keep to capture times within 5 ms, not just within a frame. To be taken back in
    /// the receiver's copy if the packets that tell get lost.
    pub tells_capture_time: bool,
    frames: Rc<RefCell<Vec<Vec<TrueFrame>>>>,
}

impl Truth {
    pub fn new(kind: Kind, publisher: u64, tells_capture_time: bool) -> Self {
        let frames = vec![Vec::new(); usize::from(kind.encodings)];
        Self { kind, publisher, tells_capture_time, frames: Rc::new(RefCell::new(frames)) }
    }

    pub fn add(&self, frame: TrueFrame) {
        let frames = &mut self.frames.borrow_mut()[usize::from(frame.encoding)];
        assert_eq!(frames.len(), frame.index as usize, "frames are counted");
        frames.push(frame);
    }

    /// The packet never reaches the engine.
    pub fn lose(&self, packet: &PlainPacket) {
        self.set_fate(packet.identity, Fate::Lost);
    }

    /// The packet reaches the engine after a later one.
    pub fn delay(&self, packet: &PlainPacket) {
        self.set_fate(packet.identity, Fate::Late);
    }

    /// What became of a packet after all: [`Late`](Fate::Late) if it came as a retransmission.
    pub fn set_fate(&self, id: Identity, fate: Fate) {
        self.edit(id.encoding, id.frame, |frame| {
            frame.packets[usize::from(id.packet)].fate = fate;
        });
    }

    pub fn edit(&self, encoding: u8, frame: u32, edit: impl FnOnce(&mut TrueFrame)) {
        edit(&mut self.frames.borrow_mut()[usize::from(encoding)][frame as usize]);
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The frames of an encoding, by index.
    pub fn frames(&self, encoding: u8) -> Ref<'_, [TrueFrame]> {
        Ref::map(self.frames.borrow(), |frames| frames[usize::from(encoding)].as_slice())
    }

    /// The frame a packet is of, if there is such a packet.
    pub fn frame_of(&self, id: Identity) -> Option<Ref<'_, TrueFrame>> {
        let found = Ref::filter_map(self.frames.borrow(), |frames| {
            let frame = frames.get(usize::from(id.encoding))?.get(id.frame as usize)?;
            (usize::from(id.packet) < frame.packets.len()).then_some(frame)
        });
        found.ok()
    }
}
