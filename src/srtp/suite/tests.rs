//! The test vectors of the RFCs, which start at session keys.

use super::super::tests::hex;
use super::*;
use zeroize::Zeroizing;

fn suite(profile: Profile, key: &str, salt: &str) -> Suite {
    suite_by(AeadBackend::Ring, profile, key, salt)
}

fn suite_by(aead: AeadBackend, profile: Profile, key: &str, salt: &str) -> Suite {
    let keys = SessionKeys {
        encryption: Zeroizing::new(hex(key)),
        authentication: Zeroizing::new([0; 20]),
        salt: Zeroizing::new(hex(salt)),
    };
    Suite::from_session_keys(profile, &keys, By { aead, simd: Simd::detect() })
}

/// RFC 3711 §B.2: the keystream of SSRC 0, index 0, from its first to its 0xff02nd block.
#[test]
fn aes_cm_keystream_is_that_of_rfc_3711_b2() {
    let suite = suite(
        Profile::Aes128CmSha1_80,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "f0f1f2f3f4f5f6f7f8f9fafbfcfd",
    );
    let index = PacketIndex::try_from(crate::base::ExtSeq(0)).unwrap();
    let payload = vec![0; 1_044_512];
    let mut packet = vec![0; 12 + payload.len() + 10];
    let plain = Plain { header_len: 12, prefix: &[], payload: &payload };
    suite.seal_rtp(&mut packet, plain, Ssrc(0), index);
    for (block, expected) in [
        (0x0000, "e03ead0935c95e80e166b16dd92b4eb4"),
        (0x0001, "d23513162b02d0f72a43a2fe4a5f97ab"),
        (0x0002, "41e95b3bb0a2e8dd477901e4fca894c0"),
        (0xfeff, "ec8cdf7398607cb0f2d21675ea9ea1e4"),
        (0xff00, "362b7c3c6773516318a077d7fc5073ae"),
        (0xff01, "6a2cc3787889374fbeb4c81b17ba6c44"),
    ] {
        assert_eq!(packet[12 + block * 16..][..16], hex(expected), "block {block:#x}");
    }
}

const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// "Quid pro quo".
const SALT: &str = "517569642070726f2071756f";

/// RFC 7714 §16: "Gallia est omnis divisa in partes tres" under SEQ f17b, ROC 0.
const RTP: &str = "8040f17b8041f8d35501a0b2\
    47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";

/// §16.1.1 to §16.2.2 (§16.1.3, §16.1.4, §16.2.3 and §16.2.4 authenticate an RTP packet without
/// encrypting it, which AEAD SRTP never does, §8.2; the same operation for SRTCP is in §17).
#[test]
fn srtp_packets_are_those_of_rfc_7714_16() {
    for (profile, key, sealed) in [
        (
            Profile::AeadAes128Gcm,
            KEY_128,
            "8040f17b8041f8d35501a0b2\
             f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833\
             899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            Profile::AeadAes256Gcm,
            KEY_256,
            "8040f17b8041f8d35501a0b2\
             32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b\
             7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ] {
        let (ssrc, index) = (Ssrc(0x5501_a0b2), crate::base::ExtSeq(0xf17b).try_into().unwrap());
        let text = hex(RTP);
        // As one payload, and as a retransmission with something in front.
        for (backend, prefix_len) in AeadBackend::ALL.into_iter().flat_map(|b| [(b, 0), (b, 2)]) {
            let suite = suite_by(backend, profile, key, SALT);
            let (prefix, payload) = text[12..].split_at(prefix_len);
            let mut packet = [&text[..12], &vec![0xee; text.len() - 12 + 16]].concat();
            let plain = Plain { header_len: 12, prefix, payload };
            suite.seal_rtp(&mut packet, plain, ssrc, index);
            assert_eq!(packet, hex(sealed), "{profile:?} {backend:?}");
            let opening = suite_by(backend.library(), profile, key, SALT);
            let end = opening.open_rtp(&mut packet, 12, ssrc, index).unwrap();
            assert_eq!(packet[..end], text, "{profile:?} {backend:?}");
        }
    }
}

/// RFC 7714 §17.1 to §17.4. The packet printed above §17.1 is not the one the four subsections
/// work on (it differs in length field, NTP and RTP time stamp); this is theirs.
const RTCP: &str = "81c8000d4d617273\
    4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
const MARS: Ssrc = Ssrc(0x4d61_7273);

#[test]
fn srtcp_packets_are_those_of_rfc_7714_17_1_and_17_2() {
    for (profile, key, sealed) in [
        (
            Profile::AeadAes128Gcm,
            KEY_128,
            "81c8000d4d617273\
             63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded\
             0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
        ),
        (
            Profile::AeadAes256Gcm,
            KEY_256,
            "81c8000d4d617273\
             d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de047\
             6f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
        ),
    ] {
        for backend in AeadBackend::ALL {
            let suite = suite_by(backend, profile, key, SALT);
            let mut packet = hex(RTCP);
            packet.extend([0; 20]);
            suite.seal_rtcp(&mut packet, MARS, EsrtcpWord::encrypted(0x5d4));
            assert_eq!(packet, hex(sealed), "{profile:?} {backend:?}");
            let word = suite.esrtcp_word(&packet);
            assert_eq!((word.index(), word.is_encrypted()), (0x5d4, true));
            let opening = suite_by(backend.library(), profile, key, SALT);
            let end = opening.open_rtcp(&mut packet, MARS, word).unwrap();
            assert_eq!(packet[..end], hex(RTCP), "{profile:?} {backend:?}");
        }
    }
}

#[test]
fn srtcp_packets_that_are_only_authentic_are_those_of_rfc_7714_17_3_and_17_4() {
    for (profile, key, tag) in [
        (Profile::AeadAes128Gcm, KEY_128, "841dd9683dd78ec92ae58790125f62b3"),
        (Profile::AeadAes256Gcm, KEY_256, "91db4afbfeee5a978fab4393ed2615fe"),
    ] {
        for suite in AeadBackend::ALL.map(|backend| suite_by(backend.library(), profile, key, SALT))
        {
            let packet = [hex(RTCP), hex(tag), hex("000005d4")].concat();
            let word = suite.esrtcp_word(&packet);
            assert_eq!((word.index(), word.is_encrypted()), (0x5d4, false));
            let mut opened = packet.clone();
            let end = suite.open_rtcp(&mut opened, MARS, word).unwrap();
            assert_eq!(opened[..end], hex(RTCP), "{profile:?}");
            for position in 0..packet.len() {
                let mut tampered = packet.clone();
                tampered[position] ^= 1;
                let word = suite.esrtcp_word(&tampered);
                assert!(suite.open_rtcp(&mut tampered, MARS, word).is_err(), "{position}");
            }
        }
    }
}

/// RFC 3711 §3.4 with the "E" flag 0: the same for AES-CM, for which the RFC has no vector.
#[test]
fn aes_cm_srtcp_packet_that_is_only_authentic_is_opened_unchanged() {
    let suite = suite(Profile::Aes128CmSha1_80, KEY_128, "517569642070726f2071756f0102");
    let mac_key = [0; 20];
    let plain = [hex(RTCP), hex("000005d4")].concat();
    let tag = ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac_key),
        &plain,
    );
    let mut packet = [&plain, &tag.as_ref()[..10]].concat();
    let word = suite.esrtcp_word(&packet);
    let end = suite.open_rtcp(&mut packet, MARS, word).unwrap();
    assert_eq!(packet[..end], hex(RTCP));
}
