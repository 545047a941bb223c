//! HMAC-SHA1-80 (RFC 2104, RFC 3711 §4.2.1) from states that have taken the key in once.
//!
//! One packet after the other; read next: `mac_lanes`, many at once.

use sha1::block_api::compress;
use zeroize::Zeroizing;

use crate::srtp::simd::{Block, Simd};

/// The first 80 bits of the HMAC.
pub(super) const TAG_LEN: usize = 10;
type Tag = [u8; TAG_LEN];

/// A SHA-1 state.
pub(super) type State = [u32; 5];

/// SHA-1's states after the block of inner padding and that of outer padding. As good as the key,
/// and wiped on drop as one.
pub(in crate::srtp) struct MacKey {
    states: Zeroizing<[State; 2]>,
    simd: Simd,
}

impl MacKey {
    pub(super) fn new(key: &[u8; 20], simd: Simd) -> Self {
        let mut states = Zeroizing::new([INITIAL; 2]);
        for (state, pad) in states.iter_mut().zip([0x36, 0x5c]) {
            let mut block = Zeroizing::new([pad; BLOCK_LEN]);
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            compress(state, &[*block]);
        }
        Self { states, simd }
    }

    /// The tag of `message` with `suffix` behind it: the ROC with SRTP (RFC 3711 §4.2), nothing
    /// with SRTCP.
    pub(super) fn tag(&self, message: &[u8], suffix: &[u8]) -> Tag {
        tag(*self.states, message, suffix)
    }

    /// What many tags are to be computed with.
    pub(super) const fn simd(&self) -> Simd {
        self.simd
    }

    /// The two states, inner and outer, for whoever computes with many; to be wiped.
    pub(super) fn states(&self) -> [State; 2] {
        *self.states
    }
}

/// The tag, from the states that have taken the key in, inner and outer. They are not there any
/// more in the end: each becomes a digest.
pub(super) fn tag([mut inner, mut outer]: [State; 2], message: &[u8], suffix: &[u8]) -> Tag {
    let (blocks, rest) = message.as_chunks();
    compress(&mut inner, blocks);
    let mut memory = [[0; BLOCK_LEN]; 2];
    compress(&mut inner, last_blocks(rest, suffix, message.len(), &mut memory));
    compress(&mut outer, &[outer_block(inner)]);
    truncated(outer)
}

/// FIPS 180-4 §5.3.1.
const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
const BLOCK_LEN: usize = 64;
/// Of the padding at a message's end: a bit and a length (FIPS 180-4 §5.1.1).
const LEAST_PADDING: usize = 1 + 8;

/// The block or two that end the inner hash: what is left of the message after its full blocks,
/// the suffix, the padding. `message_len` is that of the whole message. `memory` is zero.
pub(super) fn last_blocks<'m>(
    rest: &[u8],
    suffix: &[u8],
    message_len: usize,
    memory: &'m mut [Block; 2],
) -> &'m [Block] {
    let text_len = rest.len() + suffix.len();
    let count = (text_len + LEAST_PADDING).div_ceil(BLOCK_LEN);
    let blocks = &mut memory[..count];
    let bytes = blocks.as_flattened_mut();
    bytes[..rest.len()].copy_from_slice(rest);
    bytes[rest.len()..text_len].copy_from_slice(suffix);
    bytes[text_len] = 0x80;
    let bits = 8 * (BLOCK_LEN + message_len + suffix.len()) as u64;
    *bytes.last_chunk_mut().expect("there is a block") = bits.to_be_bytes();
    blocks
}

/// The one block of the outer hash: the digest of the inner one, and the padding.
pub(super) fn outer_block(inner: State) -> Block {
    let mut block = [0; BLOCK_LEN];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(inner) {
        *bytes = word.to_be_bytes();
    }
    block[20] = 0x80;
    let bits = 8 * (BLOCK_LEN + 20) as u64;
    *block.last_chunk_mut().expect("it is longer") = bits.to_be_bytes();
    block
}

pub(super) fn truncated([a, b, c, ..]: State) -> Tag {
    let mut tag = [0; TAG_LEN];
    tag[..4].copy_from_slice(&a.to_be_bytes());
    tag[4..8].copy_from_slice(&b.to_be_bytes());
    tag[8..].copy_from_slice(&c.to_be_bytes()[..2]);
    tag
}
