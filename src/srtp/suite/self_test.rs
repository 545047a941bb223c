//! Lets nobody seal by our own code for AES-GCM before it has sealed what a library seals, here, on
//! this CPU, by this compiler: once per process, when its first key is made. A wrong tag would only
//! cost packets; a wrong keystream could give them away.
//!
//! Read next: `simd`, what is tested; `aead`, which asks.

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};

use crate::srtp::simd::SealKey;

/// The key of our own code; `None` if the CPU lacks the instructions, or the test failed.
pub(super) fn seal_key(key: &[u8]) -> Option<SealKey> {
    static PASSED: OnceLock<bool> = OnceLock::new();
    let key = SealKey::new(key)?;
    PASSED.get_or_init(seals_as_the_library).then_some(key)
}

/// Text lengths around every way through the code: none, a part of a block, less than a register,
/// each number of registers, groups with each kind of rest, and a counter that carries.
const TEXT_LENS: [usize; 18] =
    [0, 1, 15, 16, 63, 64, 120, 160, 193, 255, 256, 257, 512, 600, 1_140, 1_200, 1_337, 4_500];
/// The lengths of RTP headers, and one of more than is hashed in one go.
const AAD_LENS: [usize; 6] = [0, 12, 20, 24, 64, 77];

fn seals_as_the_library() -> bool {
    let pattern: Vec<u8> = (0..5_000u32).map(|place| (place * 167 + (place >> 8)) as u8).collect();
    [(&AES_128_GCM, 16), (&AES_256_GCM, 32)].into_iter().all(|(algorithm, key_len)| {
        TEXT_LENS.into_iter().all(|text_len| {
            AAD_LENS.into_iter().all(|aad_len| {
                let (key, rest) = pattern[text_len % 97..].split_at(key_len);
                let (aad, text) = (&rest[..aad_len], &rest[aad_len..][..text_len]);
                SealKey::new(key).is_some_and(|ours| agree(&ours, (algorithm, key), aad, text))
            })
        })
    })
}

/// Whether `ours` seals as the library does with a key.
fn agree(ours: &SealKey, key: (&'static Algorithm, &[u8]), aad: &[u8], text: &[u8]) -> bool {
    let nonce = 0xf0e1_d2c3_b4a5_9687_7869_5a4b ^ text.len() as u128;
    let mut out_of_place = vec![0; text.len() + 16];
    let (sealed, tag) = out_of_place.split_at_mut(text.len());
    ours.seal(nonce, aad, text, sealed, tag);

    let mut in_place = [text, &[0; 16]].concat();
    let (sealed, tag) = in_place.split_at_mut(text.len());
    ours.seal_in_place(nonce, aad, sealed, tag);

    let mut theirs = text.to_vec();
    let key = UnboundKey::new(key.0, key.1).map(LessSafeKey::new).expect("its length fits");
    let [_, _, _, _, nonce @ ..] = nonce.to_be_bytes();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let sealed = key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut theirs);
    sealed.is_ok() && out_of_place == theirs && in_place == theirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_code_passes_its_test_where_there_are_the_instructions() {
        assert!(SealKey::new(&[0; 16]).is_none() || seals_as_the_library());
    }

    #[test]
    fn key_that_seals_something_else_does_not_pass() {
        let Some(ours) = SealKey::new(&[1; 16]) else { return };
        assert!(agree(&ours, (&AES_128_GCM, &[1; 16]), b"header", b"text"));
        assert!(!agree(&ours, (&AES_128_GCM, &[2; 16]), b"header", b"text"));
        assert!(!agree(&ours, (&AES_128_GCM, &[2; 16]), b"header", b""));
    }
}
