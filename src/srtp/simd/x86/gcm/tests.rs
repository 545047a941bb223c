//! The same bytes as the standard's and as both libraries', and not a byte beside them. On a CPU
//! without the instructions there is nothing to test.

use aws_lc_rs::aead as aws_lc;
use proptest::prelude::*;
use ring::aead as ring;

use super::SealKey;
use crate::srtp::tests::hex;

/// Bytes around what is written, that must stay as they are.
const GUARD: usize = 70;

/// What is to be sealed, under which key.
#[derive(Clone, Debug)]
struct Case {
    key: Vec<u8>,
    nonce: u128,
    aad: Vec<u8>,
    text: Vec<u8>,
}

impl Case {
    /// Bytes that look like nothing, but are the same every time.
    fn new(key_len: usize, aad_len: usize, text_len: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut bytes = |len| {
            let next = |_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            };
            (0..len).map(next).collect::<Vec<u8>>()
        };
        let nonce = bytes(12).into_iter().fold(0, |nonce, byte| nonce << 8 | u128::from(byte));
        Self { key: bytes(key_len), nonce, aad: bytes(aad_len), text: bytes(text_len) }
    }

    fn nonce(&self) -> [u8; 12] {
        *self.nonce.to_be_bytes().last_chunk().unwrap()
    }

    /// Ciphertext and tag by our code, out of place, checked to be the same in place.
    fn sealed(&self) -> Option<Vec<u8>> {
        let key = SealKey::new(&self.key)?;
        let (start, end) = (GUARD, GUARD + self.text.len());
        let mut memory = vec![0xa5; end + 16 + GUARD];
        let (out, rest) = memory[start..].split_at_mut(self.text.len());
        key.seal(self.nonce, &self.aad, &self.text, out, &mut rest[..16]);

        let mut in_place = vec![0xa5; end + 16 + GUARD];
        in_place[start..end].copy_from_slice(&self.text);
        let (text, rest) = in_place[start..].split_at_mut(self.text.len());
        key.seal_in_place(self.nonce, &self.aad, text, &mut rest[..16]);

        assert_eq!(memory, in_place);
        assert!(memory[..start].iter().all(|byte| *byte == 0xa5), "nothing is written before");
        assert!(memory[end + 16..].iter().all(|byte| *byte == 0xa5), "nothing is written behind");
        Some(memory[start..end + 16].to_vec())
    }

    fn sealed_by_ring(&self) -> Vec<u8> {
        let algorithm = if self.key.len() == 16 { &ring::AES_128_GCM } else { &ring::AES_256_GCM };
        let key = ring::LessSafeKey::new(ring::UnboundKey::new(algorithm, &self.key).unwrap());
        let nonce = ring::Nonce::assume_unique_for_key(self.nonce());
        let mut text = self.text.clone();
        key.seal_in_place_append_tag(nonce, ring::Aad::from(&self.aad), &mut text).unwrap();
        text
    }

    fn sealed_by_aws_lc(&self) -> Vec<u8> {
        let algorithm =
            if self.key.len() == 16 { &aws_lc::AES_128_GCM } else { &aws_lc::AES_256_GCM };
        let key = aws_lc::UnboundKey::new(algorithm, &self.key).unwrap();
        let nonce = aws_lc::Nonce::assume_unique_for_key(self.nonce());
        let mut text = self.text.clone();
        aws_lc::LessSafeKey::new(key)
            .seal_in_place_append_tag(nonce, aws_lc::Aad::from(&self.aad), &mut text)
            .unwrap();
        text
    }
}

/// The test cases 1 to 4 and 13 to 16 of the GCM submission to NIST (McGrew and Viega): no text,
/// one block, four blocks, and less than four with associated data; keys of 128 and 256 bits.
#[test]
fn sealed_bytes_are_those_of_the_gcm_specification() {
    const TEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    const AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    const KEY: &str = "feffe9928665731c6d6a8f9467308308";
    const LONG_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const ZERO: &str = "00000000000000000000000000000000";
    const ZERO_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    const SEALED: &str = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
        21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985";
    const LONG_SEALED: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
        8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
    const NONCE: u128 = 0xcafe_babe_face_dbad_deca_f888;
    for (key, nonce, aad, text, sealed, tag) in [
        (ZERO, 0, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
        (ZERO, 0, "", ZERO, "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"),
        (KEY, NONCE, "", TEXT, SEALED, "4d5c2af327cd64a62cf35abd2ba6fab4"),
        (KEY, NONCE, AAD, &TEXT[..120], &SEALED[..120], "5bc94fbc3221a5db94fae95ae7121a47"),
        (ZERO_KEY, 0, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            ZERO_KEY,
            0,
            "",
            ZERO,
            "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (LONG_KEY, NONCE, "", TEXT, LONG_SEALED, "b094dac5d93471bdec1a502270e3cc6c"),
        (
            LONG_KEY,
            NONCE,
            AAD,
            &TEXT[..120],
            &LONG_SEALED[..120],
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ] {
        let case = Case { key: hex(key), nonce, aad: hex(aad), text: hex(text) };
        let expected = [hex(sealed), hex(tag)].concat();
        assert_eq!(case.sealed_by_ring(), expected, "the vectors are copied well");
        assert!(case.sealed().is_none_or(|sealed| sealed == expected), "{case:?}");
    }
}

/// Every length up to two groups and more, and where the counter's last byte wraps and groups end
/// beyond it.
#[test]
fn texts_of_every_length_are_sealed_as_by_a_library() {
    let around = |len: usize| len - 17..=len + 17;
    let lens = (0..=600).chain(around(1_140)).chain(around(3_856)).chain(around(4_048));
    for text_len in lens.chain([8_193, 65_535, 65_536]) {
        for (key_len, aad_len) in [(16, text_len % 65), (32, 12 + text_len % 200)] {
            let case = Case::new(key_len, aad_len, text_len, text_len as u64);
            let expected = case.sealed_by_aws_lc();
            assert!(case.sealed().is_none_or(|sealed| sealed == expected), "{text_len} {aad_len}");
        }
    }
}

#[test]
fn associated_data_of_every_length_is_authenticated_as_by_a_library() {
    for aad_len in (0..=260).chain([1_000, 1_024]) {
        // The shortest paths, and those where lengths and associated data meet in one group.
        for (key_len, text_len) in [(16, 0), (32, 100), (16, 250), (32, 256), (16, 512), (32, 700)]
        {
            let case = Case::new(key_len, aad_len, text_len, aad_len as u64);
            let expected = case.sealed_by_aws_lc();
            assert!(case.sealed().is_none_or(|sealed| sealed == expected), "{text_len} {aad_len}");
        }
    }
}

/// Each slice ends, and begins, where its allocation does: AddressSanitizer sees what goes beyond.
#[test]
fn nothing_is_touched_beyond_allocations_of_the_exact_size() {
    for text_len in (0..=330).chain([1_140, 1_200, 4_100]) {
        for aad_len in [0, 1, 12, 24, 63, 64, 65, 130] {
            let case = Case::new(if text_len % 2 == 0 { 16 } else { 32 }, aad_len, text_len, 1);
            let Some(key) = SealKey::new(&case.key) else { return };
            let aad = case.aad.clone().into_boxed_slice();
            let text = case.text.clone().into_boxed_slice();
            let mut out = vec![0; text_len].into_boxed_slice();
            let mut tag = vec![0; 16].into_boxed_slice();
            key.seal(case.nonce, &aad, &text, &mut out, &mut tag);
            let mut in_place = text.clone();
            let mut tag_in_place = vec![0; 16].into_boxed_slice();
            key.seal_in_place(case.nonce, &aad, &mut in_place, &mut tag_in_place);
            assert_eq!((&out, &tag), (&in_place, &tag_in_place));
            assert_eq!(text, case.text.into_boxed_slice(), "the text is only read");
        }
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    for len in [0, 15, 17, 24, 31, 33, 64] {
        assert!(SealKey::new(&vec![0; len]).is_none(), "{len}");
    }
}

/// 9 cache lines and 10, and no larger in place than a library's key.
#[test]
fn keys_are_no_larger_than_they_need_to_be() {
    assert_eq!(size_of::<super::Key<11>>(), 576);
    assert_eq!(size_of::<super::Key<15>>(), 640);
    assert_eq!(size_of::<SealKey>(), 16);
}

proptest! {
    #[test]
    fn whatever_is_sealed_is_sealed_as_by_both_libraries(
        long_key: bool,
        nonce in 0_u128..1 << 96,
        key in prop::collection::vec(any::<u8>(), 32),
        aad in prop::collection::vec(any::<u8>(), 0..=256),
        text in prop::collection::vec(any::<u8>(), 0..=2_100),
    ) {
        let key = key[..if long_key { 32 } else { 16 }].to_vec();
        let case = Case { key, nonce, aad, text };
        if let Some(sealed) = case.sealed() {
            prop_assert_eq!(&sealed, &case.sealed_by_ring());
            prop_assert_eq!(&sealed, &case.sealed_by_aws_lc());
        }
    }
}
