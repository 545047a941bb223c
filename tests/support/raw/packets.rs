//! What a publisher sends: frames of VP8, or Opus, of any length, with bytes that name the packet.

use lahn::params::MediaKind;
use lahn::srtp::Protector;
use lahn::{ExtSeq, Ssrc};

use super::session::{AUDIO_LEVEL_ID, MID_ID, TRANSPORT_CC_ID, payload_type};

/// The SSRC of the first publisher.
pub const PUBLISHED: Ssrc = Ssrc(0x1000_0001);
/// Fixed header, extension header, and two or three elements padded to eight bytes.
pub const HEADER_LEN: usize = 12 + 4 + 8;
/// VP8 payload descriptor and header of a key frame, then 1,100 bytes of picture.
pub const PAYLOAD_LEN: usize = 6 + 10 + 1_100;

/// What the packets of a source look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packets {
    pub kind: MediaKind,
    /// Bytes of each payload: 8 at least, of video 24.
    pub payload: usize,
    /// Packets of one frame; audio has one.
    pub frame: u64,
}

impl Packets {
    /// Four packets make a frame, the first frame is a key frame.
    pub const VIDEO: Self = Self { kind: MediaKind::Video, payload: PAYLOAD_LEN, frame: 4 };

    /// Opus, 20 ms in each packet.
    pub const fn audio(payload: usize) -> Self {
        Self { kind: MediaKind::Audio, payload, frame: 1 }
    }

    /// Seals the `number`th packet under any SSRC into `datagram`; its length.
    pub fn seal(&self, keys: &Protector, ssrc: Ssrc, number: u64, datagram: &mut [u8]) -> usize {
        let mut payload = [0; 1_500];
        let payload = &mut payload[..self.payload];
        match self.kind {
            MediaKind::Video => write_picture(number, self.frame, payload),
            MediaKind::Audio => payload.fill(number.to_le_bytes()[0]),
        }
        payload[self.payload - 8..].copy_from_slice(&number.to_be_bytes());
        self.write_header(ssrc, number, datagram);
        keys.rtp(datagram, HEADER_LEN, &[], payload, ssrc, ExtSeq(1_000 + number))
            .expect("it fits")
            .len()
    }

    /// The RTP header of the `number`th packet (RFC 3550 §5.1, RFC 8285 §4.2).
    fn write_header(&self, ssrc: Ssrc, number: u64, out: &mut [u8]) {
        let frame = number / self.frame;
        let (ticks, ends_frame) = match self.kind {
            MediaKind::Video => (3_000, number % self.frame == self.frame - 1),
            MediaKind::Audio => (960, false),
        };
        let second = u8::from(ends_frame) << 7 | payload_type(self.kind);
        let seq = u16::try_from((1_000 + number) & 0xffff).expect("masked").to_be_bytes();
        let timestamp = u32::try_from((frame * ticks) & 0xffff_ffff).expect("masked").to_be_bytes();
        let count = u16::try_from(number & 0xffff).expect("masked").to_be_bytes();
        out[..4].copy_from_slice(&[0x90, second, seq[0], seq[1]]);
        out[4..8].copy_from_slice(&timestamp);
        out[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
        out[12..16].copy_from_slice(&[0xbe, 0xde, 0, 2]);
        out[16..18].copy_from_slice(&[MID_ID << 4, b'0']);
        out[18..21].copy_from_slice(&[TRANSPORT_CC_ID << 4 | 1, count[0], count[1]]);
        out[21..HEADER_LEN].fill(0);
        if self.kind == MediaKind::Audio {
            out[21..23].copy_from_slice(&[AUDIO_LEVEL_ID << 4, 0x80 | 30]);
        }
    }
}

/// Seals the `number`th packet of [`Packets::VIDEO`] under the first publisher's SSRC; its length.
pub fn seal(keys: &Protector, number: u64, datagram: &mut [u8]) -> usize {
    Packets::VIDEO.seal(keys, PUBLISHED, number, datagram)
}

/// The `number`th payload of [`Packets::VIDEO`].
pub fn write_payload(number: u64, out: &mut [u8; PAYLOAD_LEN]) {
    write_picture(number, Packets::VIDEO.frame, out);
    out[PAYLOAD_LEN - 8..].copy_from_slice(&number.to_be_bytes());
}

/// VP8 (RFC 7741): the first frame is a key frame.
pub fn write_picture(number: u64, frame: u64, out: &mut [u8]) {
    let [.., high, low] = (number / frame).to_be_bytes();
    let first = number.is_multiple_of(frame);
    out.fill(number.to_le_bytes()[0]);
    out[..6].copy_from_slice(&[0x80 | u8::from(first) << 4, 0xe0, 0x80 | high, low, low, 0]);
    if number == 0 {
        out[6..16].copy_from_slice(&[0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1]);
    } else if first {
        out[6..9].copy_from_slice(&[0x11, 2, 0]);
    }
}
