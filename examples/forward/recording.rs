//! What was recorded: the packets of an rtpdump, and which encoding of the source each belongs to.
//! Knows what a script says of the source; nothing of engines, keys or losses.

use std::collections::BTreeMap;
use std::time::Duration;

use lahn::Ssrc;
use lahn::params::{EncodingParams, Extension, Rid};
use lahn::wire::rtcp;
use lahn::wire::rtp::RtpHeader;

use crate::rtpdump;
use crate::script::{EncodingName, Id, PayloadType, Script, Wrong};

/// See the module.
#[derive(Debug)]
pub(crate) struct Recording {
    /// In the order of their times; the first one at 0.
    pub(crate) packets: Vec<Recorded>,
    /// Low to high.
    pub(crate) encodings: Vec<Encoding>,
}

#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) at: Duration,
    pub(crate) carries: Carries,
    /// Plaintext.
    pub(crate) bytes: Vec<u8>,
}

/// What a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carries {
    /// The `number`th packet of an encoding.
    Media { encoding: usize, number: u64 },
    /// A retransmission; of which encoding, if that is known.
    Repair { encoding: Option<usize> },
    /// Reports, of which encoding, if of one.
    Rtcp { encoding: Option<usize> },
    /// RTP of which the script says nothing.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Encoding {
    /// Its rid, else its place.
    pub(crate) name: String,
    pub(crate) params: EncodingParams,
    pub(crate) packets: u64,
}

/// What is seen of one SSRC.
#[derive(Default, Debug)]
struct Seen {
    media: u64,
    repair: u64,
    bytes: u64,
    rid: Option<Rid>,
    repaired_rid: Option<Rid>,
}

/// Why there is nothing to play.
#[derive(Debug)]
pub(crate) enum Error {
    /// In the recording.
    Recording(String),
    /// In the script, beside the recording.
    Script(Wrong),
}

impl Recording {
    pub(crate) fn read(file: &[u8], script: &Script) -> Result<Self, Error> {
        let mut packets =
            rtpdump::read(file).map_err(|error| Error::Recording(error.to_string()))?;
        packets.sort_by_key(|packet| packet.at);
        let late = packets.windows(2).position(|pair| pair[1].at - pair[0].at > LONGEST_SILENCE);
        if let Some(place) = late {
            let seconds = (packets[place + 1].at - packets[place].at).as_secs();
            let what = format!("packet {}: {seconds} s after the one before", place + 1);
            return Err(Error::Recording(what));
        }
        let seen = see(&packets, script)?;
        let encodings = encodings(&seen, script)?;
        let mut recording = Self { packets: Vec::new(), encodings };
        let start = packets.first().map_or(Duration::ZERO, |packet| packet.at);
        for packet in packets {
            let carries = recording.what(&packet, &seen);
            let rtpdump::Packet { at, bytes, .. } = packet;
            recording.packets.push(Recorded { at: at - start, carries, bytes });
        }
        Ok(recording)
    }

    /// When its last packet came.
    pub(crate) fn end(&self) -> Duration {
        self.packets.last().map_or(Duration::ZERO, |packet| packet.at)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.encodings.iter().map(|encoding| encoding.name.clone()).collect()
    }

    /// The place of the encoding that a script names.
    pub(crate) fn find(
        &self,
        name: Option<&toml::Spanned<EncodingName>>,
        script: &Script,
    ) -> Result<Option<usize>, Wrong> {
        let Some(name) = name else { return Ok(None) };
        let EncodingName(text) = name.get_ref();
        let by_name = self.encodings.iter().position(|encoding| encoding.name == *text);
        let by_place = || text.parse().ok().filter(|place| *place < self.encodings.len());
        let found = by_name.or_else(by_place).ok_or_else(|| {
            let what = format!("no encoding {text}: there are {}", self.names().join(", "));
            script.wrong(name.span(), what)
        })?;
        Ok(Some(found))
    }

    fn what(&mut self, packet: &rtpdump::Packet, seen: &BTreeMap<u32, Seen>) -> Carries {
        let is =
            |known: Option<Ssrc>, ssrc: Option<u32>| known.is_some_and(|it| ssrc == Some(it.0));
        if packet.rtcp {
            let ssrc = word(&packet.bytes, 4);
            let encoding =
                self.encodings.iter().position(|encoding| is(encoding.params.ssrc, ssrc));
            return Carries::Rtcp { encoding };
        }
        let ssrc = word(&packet.bytes, 8);
        for (place, encoding) in self.encodings.iter_mut().enumerate() {
            if is(encoding.params.ssrc, ssrc) {
                encoding.packets += 1;
                return Carries::Media { encoding: place, number: encoding.packets - 1 };
            }
            if is(encoding.params.rtx_ssrc, ssrc) {
                return Carries::Repair { encoding: Some(place) };
            }
        }
        let repairs = ssrc.and_then(|ssrc| seen.get(&ssrc)).is_some_and(|seen| seen.repair > 0);
        if repairs { Carries::Repair { encoding: None } } else { Carries::Other }
    }
}

fn see(packets: &[rtpdump::Packet], script: &Script) -> Result<BTreeMap<u32, Seen>, Error> {
    let source = &script.source;
    let mut seen: BTreeMap<u32, Seen> = BTreeMap::new();
    let mut payload_types: BTreeMap<u8, u64> = BTreeMap::new();
    for (number, packet) in packets.iter().enumerate() {
        if packet.rtcp {
            rtcp::parse(&packet.bytes)
                .map_err(|error| Error::Recording(format!("packet {number}: {error}")))?;
            continue;
        }
        let header = RtpHeader::parse(&packet.bytes)
            .map_err(|error| Error::Recording(format!("packet {number}: {error}")))?;
        let payload_type = PayloadType(header.payload_type);
        *payload_types.entry(header.payload_type).or_default() += 1;
        let stream = seen.entry(header.ssrc.0).or_default();
        stream.media += u64::from(source.codecs.get_ref().contains_key(&payload_type));
        stream.repair += u64::from(source.is_rtx(payload_type));
        stream.bytes += packet.bytes.len() as u64;
        for (id, value) in header.extensions() {
            match source.extensions.get(&Id(id)).map(|name| name.0) {
                Some(Extension::Rid) => stream.rid = Rid::new(value),
                Some(Extension::RepairedRid) => stream.repaired_rid = Rid::new(value),
                _ => {}
            }
        }
    }
    if seen.values().all(|stream| stream.media == 0) {
        let wanted: Vec<_> =
            source.codecs.get_ref().keys().map(|PayloadType(it)| it.to_string()).collect();
        let found: Vec<_> = payload_types
            .iter()
            .map(|(payload_type, count)| format!("{payload_type} ({count} packets)"))
            .collect();
        return Err(Error::Recording(format!(
            "no packet has payload type {}; there are: {}",
            wanted.join(" or "),
            if found.is_empty() { "none".to_owned() } else { found.join(", ") }
        )));
    }
    Ok(seen)
}

/// As the script says; what it leaves open is found in the packets.
fn encodings(seen: &BTreeMap<u32, Seen>, script: &Script) -> Result<Vec<Encoding>, Error> {
    let mut found: Vec<EncodingParams> = Vec::new();
    for encoding in &script.source.encodings {
        let said = encoding.get_ref();
        let rid = said.rid.map(|rid| rid.0);
        let named = || seen.iter().find(|(_, stream)| rid.is_some() && stream.rid == rid);
        let ssrc = said.ssrc.or_else(|| named().map(|(ssrc, _)| *ssrc)).ok_or_else(|| {
            let what = "no packet names this encoding's rid: give its ssrc";
            Error::Script(script.wrong(encoding.span(), what.to_owned()))
        })?;
        found.push(EncodingParams {
            rid,
            ssrc: Some(Ssrc(ssrc)),
            rtx_ssrc: said.rtx_ssrc.map(Ssrc),
        });
    }
    if found.is_empty() {
        let mut media: Vec<_> = seen.iter().filter(|(_, stream)| stream.media > 0).collect();
        media.sort_by_key(|(_, stream)| stream.bytes);
        let params = |(ssrc, stream): (&u32, &Seen)| EncodingParams {
            rid: stream.rid,
            ssrc: Some(Ssrc(*ssrc)),
            rtx_ssrc: None,
        };
        found.extend(media.into_iter().map(params));
    }
    let alone = found.len() == 1;
    for params in &mut found {
        let repairs = |stream: &Seen| {
            stream.repair > 0
                && (alone || params.rid.is_some() && stream.repaired_rid == params.rid)
        };
        let repair = seen.iter().find(|(_, stream)| repairs(stream));
        params.rtx_ssrc = params.rtx_ssrc.or_else(|| repair.map(|(ssrc, _)| Ssrc(*ssrc)));
    }
    let named = found.into_iter().enumerate().map(|(place, params)| Encoding {
        name: params.rid.map_or_else(|| place.to_string(), |rid| rid.to_string()),
        params,
        packets: 0,
    });
    Ok(named.collect())
}

/// What is later is a broken time rather than a pause, and would take long to play.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
