//! The recordings in `tests/media/`: a dump of packets and the note of what is in it (see the
//! README there).

#[path = "rtpdump.rs"]
pub mod rtpdump;

use std::fs;
use std::path::PathBuf;

pub struct Recording {
    pub name: String,
    /// As in the SDP: `VP8`, `opus`, `red`.
    pub codec: String,
    /// Scalability mode of each encoding; empty for audio.
    pub mode: String,
    /// `a=rtpmap`, payload type and codec, and `a=extmap`, id and URI.
    pub payloads: Vec<(u8, String)>,
    pub extensions: Vec<(u8, String)>,
    /// Low to high.
    pub encodings: Vec<Encoding>,
    /// RTP and sender reports, in the order in which they came.
    pub packets: Vec<rtpdump::Packet>,
}

pub struct Encoding {
    pub ssrc: u32,
    /// Width and height that were asked for; not for audio.
    pub size: Option<(u16, u16)>,
    pub rid: Option<String>,
}

impl Recording {
    /// Reads the recording of this name; panics with what is wrong with it.
    pub fn read(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/media").join(name);
        let dump = fs::read(path.with_extension("rtpdump")).expect("the dump is there");
        let note = fs::read_to_string(path.with_extension("txt")).expect("the note is there");
        let packets = rtpdump::read(&dump).unwrap_or_else(|error| panic!("{name}: {error}"));
        let numbered = |key: &str| {
            let values = values(&note, key).filter_map(|value| value.split_once(' '));
            values.filter_map(|(id, what)| Some((id.parse().ok()?, what.to_owned()))).collect()
        };
        let one = |key: &str| values(&note, key).next().unwrap_or_default().to_owned();
        Self {
            name: one("recording"),
            codec: one("codec"),
            mode: one("mode"),
            payloads: numbered("payload"),
            extensions: numbered("extension"),
            encodings: values(&note, "encoding").map(Encoding::parse).collect(),
            packets,
        }
    }

    /// The RTP packets of an encoding, with the milliseconds they came at.
    pub fn of(&self, encoding: &Encoding) -> impl Iterator<Item = &rtpdump::Packet> {
        let ssrc = encoding.ssrc.to_be_bytes();
        let rtp = self.packets.iter().filter(|packet| !packet.rtcp);
        rtp.filter(move |packet| packet.bytes.get(8..12) == Some(&ssrc))
    }
}

impl Encoding {
    fn parse(line: &str) -> Self {
        let mut words = line.split(' ');
        let ssrc = words.next().and_then(|word| word.parse().ok()).expect("an SSRC");
        let size = words.next().and_then(|word| word.split_once('x'));
        let size = size.map(|(w, h)| (w.parse().expect("width"), h.parse().expect("height")));
        Self { ssrc, size, rid: words.next().map(str::to_owned) }
    }
}

fn values<'a>(note: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    note.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
}
