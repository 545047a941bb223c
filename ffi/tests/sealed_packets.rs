//! `examples/sealed_packets.h`: a few seconds of a camera as a C program can have them without a
//! camera: VP8 in RTP, sealed as SRTP under a key that everybody knows. `LAHN_BLESS=1 cargo test
//! -p lahn-ffi --test sealed_packets` rewrites the file.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lahn::srtp::{MasterKey, Profile, Protector, TransportKeys};
use lahn::{ExtSeq, Ssrc};

/// What examples/two_endpoints.c says of its camera.
const SSRC: Ssrc = Ssrc(0x1111_1111);
const PAYLOAD_TYPE: u8 = 96;
const FIRST_KEY_BYTE: u8 = 0x10;
const FIRST_SEQ: u16 = 1000;
const FIRST_TIMESTAMP: u32 = 90_000;
/// 30 frames per second of a 90 kHz clock.
const TICKS_PER_FRAME: u32 = 3_000;

/// Each frame: the payload sizes of its packets. The first is a key frame.
const FRAMES: [&[usize]; 6] = [&[160, 160, 90], &[70], &[80], &[75, 40], &[60], &[65]];

#[test]
fn committed_packets_are_those_of_the_camera() {
    let generated = c_file(&sealed_packets());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sealed_packets.h");
    if env::var_os("LAHN_BLESS").is_some() {
        fs::write(&path, &generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "examples/sealed_packets.h differs; LAHN_BLESS=1 rewrites it");
}

fn sealed_packets() -> Vec<Vec<u8>> {
    let protector = Protector::new(&keys());
    let mut seq = FIRST_SEQ;
    let mut timestamp = FIRST_TIMESTAMP;
    let mut packets = Vec::new();
    for (number, sizes) in FRAMES.into_iter().enumerate() {
        for (place, &size) in sizes.iter().enumerate() {
            let mut slot = header(seq, timestamp, place + 1 == sizes.len());
            slot.resize(12 + size + protector.profile().rtp_overhead(), 0);
            let payload = vp8(size, number == 0, place == 0);
            let index = ExtSeq(seq.into());
            protector.rtp(&mut slot, 12, &[], &payload, SSRC, index).expect("room for it");
            packets.push(slot);
            seq += 1;
        }
        timestamp += TICKS_PER_FRAME;
    }
    packets
}

fn keys() -> TransportKeys {
    let profile = Profile::AeadAes128Gcm;
    let bytes: Vec<u8> = (FIRST_KEY_BYTE..).take(28).collect();
    let key = MasterKey::new(profile, &bytes[..16], &bytes[16..]).expect("16 and 12 bytes");
    TransportKeys { profile, receive: key.clone(), send: key }
}

/// RFC 3550 §5.1: no padding, extension or CSRC.
fn header(seq: u16, timestamp: u32, marker: bool) -> Vec<u8> {
    let mut header = vec![0x80, u8::from(marker) << 7 | PAYLOAD_TYPE];
    header.extend(seq.to_be_bytes());
    header.extend(timestamp.to_be_bytes());
    header.extend(SSRC.0.to_be_bytes());
    header
}

/// RFC 7741 §4.2-4.3: a descriptor of one byte, then in a frame's first packet the frame header
/// (for a key frame with start code and 64 x 48 pixels), then filling.
fn vp8(size: usize, is_key_frame: bool, is_first: bool) -> Vec<u8> {
    let mut payload = match (is_first, is_key_frame) {
        (true, true) => vec![0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 64, 0, 48, 0],
        (true, false) => vec![0x10, 0x11, 0x02, 0x00],
        (false, _) => vec![0x00],
    };
    payload.resize(size, 0xab);
    payload
}

fn c_file(packets: &[Vec<u8>]) -> String {
    let mut out = String::from(
        "/* A camera in a can: VP8 in RTP, sealed with SRTP_AEAD_AES_128_GCM. Master key and salt are\n \
         * the bytes 0x10, 0x11 ... 0x2b; SSRC 0x11111111, payload type 96. Written by\n \
         * tests/sealed_packets.rs; do not edit. */\n\
         #ifndef SEALED_PACKETS_H\n#define SEALED_PACKETS_H\n\n#include <stddef.h>\n\n\
         typedef struct sealed_packet {\n  size_t len;\n  unsigned char bytes[256];\n} sealed_packet;\n\n",
    );
    writeln!(out, "#define N_SEALED_PACKETS {}\n", packets.len()).expect("a String");
    out.push_str("static const sealed_packet sealed_packets[N_SEALED_PACKETS] = {\n");
    for packet in packets {
        assert!(packet.len() <= 256, "the C array has room for it");
        writeln!(out, "    {{{},\n     {{", packet.len()).expect("a String");
        for line in packet.chunks(15) {
            let bytes: Vec<String> = line.iter().map(|byte| format!("0x{byte:02x}")).collect();
            writeln!(out, "      {},", bytes.join(", ")).expect("a String");
        }
        out.push_str("     }},\n");
    }
    out.push_str("};\n\n#endif /* SEALED_PACKETS_H */\n");
    out
}
