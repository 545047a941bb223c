//! The bytes of a publisher's packets: VP8 and Opus, headers by hand, a tag in clear. Knows nothing
//! of rates and time. Read next: [`super::tag`].

use lahn::params::MediaKind;
use lahn::srtp::Protector;
use lahn::{ExtSeq, Ssrc};

use super::session::{TAG_ID, payload_type};
use super::tag::Tag;

/// Fixed header, extension header, and an element of 5 bytes.
const HEADER_LEN: usize = 12 + 4 + 8;
/// What key frames of encodings say that they measure.
const SIZES: [(u16, u16); 4] = [(320, 180), (640, 360), (1_280, 720), (1_920, 1_080)];

/// What is in front of a payload.
pub struct Header {
    pub kind: MediaKind,
    pub ssrc: Ssrc,
    /// The sequence number, extended.
    pub index: u64,
    pub timestamp: u32,
    /// Counts pictures of the encoding.
    pub picture: u16,
    pub tl0: u8,
    pub tag: Tag,
}

impl Header {
    /// Seals a packet with so many bytes of payload into `out`; its length.
    pub fn seal(&self, keys: &Protector, payload: usize, out: &mut [u8]) -> usize {
        let mut plain = [0; 1_200];
        let plain = &mut plain[..payload];
        let is_video = self.kind == MediaKind::Video;
        if is_video {
            self.write_picture(plain);
        }
        let marker = is_video && self.tag.index + 1 == self.tag.count;
        let [.., high, low] = self.index.to_be_bytes();
        out[..4].copy_from_slice(&[
            0x90,
            u8::from(marker) << 7 | payload_type(self.kind),
            high,
            low,
        ]);
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        out[12..16].copy_from_slice(&[0xbe, 0xde, 0, 2]);
        out[16] = TAG_ID << 4 | 3;
        out[17..21].copy_from_slice(&self.tag.to_bytes());
        out[21..HEADER_LEN].fill(0);
        let sealed = keys.rtp(out, HEADER_LEN, &[], plain, self.ssrc, ExtSeq(self.index));
        sealed.expect("it fits").len()
    }

    /// RFC 7741 §4.2, §4.3: picture id of 15 bits, TL0PICIDX, TID.
    fn write_picture(&self, out: &mut [u8]) {
        let [high, low] = (self.picture & 0x7fff).to_be_bytes();
        let begins = self.tag.index == 0;
        let layer = self.tag.temporal << 6 | u8::from(self.tag.temporal > 0) << 5;
        out[..6].copy_from_slice(&[
            0x80 | u8::from(begins) << 4,
            0xe0,
            0x80 | high,
            low,
            self.tl0,
            layer,
        ]);
        if begins && self.tag.is_key {
            let (width, height) = SIZES[usize::from(self.tag.layer)];
            let ([w1, w0], [h1, h0]) = (width.to_be_bytes(), height.to_be_bytes());
            out[6..16].copy_from_slice(&[0x10, 2, 0, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]);
        } else if begins {
            out[6..9].copy_from_slice(&[0x11, 2, 0]);
        }
    }
}
