//! `examples/sealed_packets.h` and `examples/simulcast_packets.h`: a camera as a C program can have
//! it without a camera: VP8 in RTP, sealed as SRTP under a key that everybody knows. `LAHN_BLESS=1
//! cargo test -p lahn-ffi --test sealed_packets` rewrites the files.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lahn::srtp::{MasterKey, Profile, Protector, TransportKeys};
use lahn::{ExtSeq, Ssrc};

/// What examples/two_endpoints.c and examples/layers.c say of their cameras.
const SSRC: Ssrc = Ssrc(0x1111_1111);
const SECOND_SSRC: Ssrc = Ssrc(0x1111_1112);
const PAYLOAD_TYPE: u8 = 96;
const FIRST_KEY_BYTE: u8 = 0x10;
const FIRST_SEQ: u16 = 1000;
const FIRST_TIMESTAMP: u32 = 90_000;
/// 30 frames per second of a 90 kHz clock.
const TICKS_PER_FRAME: u32 = 3_000;

/// Each frame: the payload sizes of its packets. The first is a key frame.
const FRAMES: [&[usize]; 6] = [&[160, 160, 90], &[70], &[80], &[75, 40], &[60], &[65]];
/// Of the simulcast camera: each a key frame, in one packet per encoding.
const SIMULCAST_FRAMES: usize = 16;
/// SSRC, payload size and pixels of each encoding, low to high.
const ENCODINGS: [(Ssrc, usize, Pixels); 2] = [(SSRC, 20, (64, 48)), (SECOND_SSRC, 30, (128, 96))];

/// Width and height.
type Pixels = (u8, u8);

#[test]
fn committed_packets_are_those_of_the_camera() {
    is_committed(&CAMERA, &sealed_packets());
}

#[test]
fn committed_packets_are_those_of_the_simulcast_camera() {
    is_committed(&SIMULCAST_CAMERA, &simulcast_packets());
}

/// A file in C with an array of packets.
struct CFile {
    name: &'static str,
    says: &'static str,
    begins: &'static str,
}

const CAMERA: CFile = CFile {
    name: "SEALED_PACKETS",
    says: "SSRC 0x11111111, payload type 96. Written by\n * tests/sealed_packets.rs; do not edit.",
    begins: "#include <stddef.h>\n\n\
             typedef struct sealed_packet {\n  size_t len;\n  unsigned char bytes[256];\n} \
             sealed_packet;\n\n",
};

const SIMULCAST_CAMERA: CFile = CFile {
    name: "SIMULCAST_PACKETS",
    says: "SSRC 0x11111111 (the lower encoding) and 0x11111112\n \
           * in turn, payload type 96. Written by tests/sealed_packets.rs; do not edit.",
    begins: "#include \"sealed_packets.h\"\n\n",
};

fn is_committed(file: &CFile, packets: &[Vec<u8>]) {
    let generated = c_file(file, packets);
    let file = format!("examples/{}.h", file.name.to_lowercase());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    if env::var_os("LAHN_BLESS").is_some() {
        fs::write(&path, &generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{file} differs; LAHN_BLESS=1 rewrites it");
}

fn sealed_packets() -> Vec<Vec<u8>> {
    let protector = Protector::new(&keys());
    let mut seq = FIRST_SEQ;
    let mut timestamp = FIRST_TIMESTAMP;
    let mut packets = Vec::new();
    for (number, sizes) in FRAMES.into_iter().enumerate() {
        for (place, &size) in sizes.iter().enumerate() {
            let header = header(SSRC, seq, timestamp, place + 1 == sizes.len());
            let payload = vp8(size, number == 0, place == 0, (64, 48));
            packets.push(sealed(&protector, SSRC, seq, header, &payload));
            seq += 1;
        }
        timestamp += TICKS_PER_FRAME;
    }
    packets
}

/// Frame by frame, and in a frame encoding by encoding.
fn simulcast_packets() -> Vec<Vec<u8>> {
    let protector = Protector::new(&keys());
    let mut timestamp = FIRST_TIMESTAMP;
    let mut packets = Vec::new();
    for seq in (FIRST_SEQ..).take(SIMULCAST_FRAMES) {
        for (ssrc, size, pixels) in ENCODINGS {
            let header = header(ssrc, seq, timestamp, true);
            let payload = vp8(size, true, true, pixels);
            packets.push(sealed(&protector, ssrc, seq, header, &payload));
        }
        timestamp += TICKS_PER_FRAME;
    }
    packets
}

fn sealed(protector: &Protector, ssrc: Ssrc, seq: u16, header: Vec<u8>, payload: &[u8]) -> Vec<u8> {
    let mut slot = header;
    slot.resize(12 + payload.len() + protector.profile().rtp_overhead(), 0);
    protector.rtp(&mut slot, 12, &[], payload, ssrc, ExtSeq(seq.into())).expect("room for it");
    slot
}

fn keys() -> TransportKeys {
    let profile = Profile::AeadAes128Gcm;
    let bytes: Vec<u8> = (FIRST_KEY_BYTE..).take(28).collect();
    let key = MasterKey::new(profile, &bytes[..16], &bytes[16..]).expect("16 and 12 bytes");
    TransportKeys { profile, receive: key.clone(), send: key }
}

/// RFC 3550 §5.1: no padding, extension or CSRC.
fn header(ssrc: Ssrc, seq: u16, timestamp: u32, marker: bool) -> Vec<u8> {
    let mut header = vec![0x80, u8::from(marker) << 7 | PAYLOAD_TYPE];
    header.extend(seq.to_be_bytes());
    header.extend(timestamp.to_be_bytes());
    header.extend(ssrc.0.to_be_bytes());
    header
}

/// RFC 7741 §4.2-4.3: a descriptor of one byte, then in a frame's first packet the frame header
/// (for a key frame with start code and size in pixels), then filling.
fn vp8(size: usize, is_key_frame: bool, is_first: bool, (width, height): Pixels) -> Vec<u8> {
    let mut payload = match (is_first, is_key_frame) {
        (true, true) => vec![0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, width, 0, height, 0],
        (true, false) => vec![0x10, 0x11, 0x02, 0x00],
        (false, _) => vec![0x00],
    };
    payload.resize(size, 0xab);
    payload
}

fn c_file(file: &CFile, packets: &[Vec<u8>]) -> String {
    let CFile { name, says, begins } = file;
    let mut out = format!(
        "/* A camera in a can: VP8 in RTP, sealed with SRTP_AEAD_AES_128_GCM. Master key and salt are\n \
         * the bytes 0x10, 0x11 ... 0x2b; {says} */\n\
         #ifndef {name}_H\n#define {name}_H\n\n{begins}"
    );
    writeln!(out, "#define N_{name} {}\n", packets.len()).expect("a String");
    let array = name.to_lowercase();
    writeln!(out, "static const sealed_packet {array}[N_{name}] = {{").expect("a String");
    for packet in packets {
        assert!(packet.len() <= 256, "the C array has room for it");
        writeln!(out, "    {{{},\n     {{", packet.len()).expect("a String");
        for line in packet.chunks(15) {
            let bytes: Vec<String> = line.iter().map(|byte| format!("0x{byte:02x}")).collect();
            writeln!(out, "      {},", bytes.join(", ")).expect("a String");
        }
        out.push_str("     }},\n");
    }
    writeln!(out, "}};\n\n#endif /* {name}_H */").expect("a String");
    out
}
