//! The file format of rtptools' `rtpdump` and `rtpplay`: plaintext RTP and RTCP packets with the
//! time each came at. Wireshark opens it too. Stands alone on `std`, because an example reads the
//! same files; knows nothing of what is in a packet.
//!
//! ```text
//! #!rtpplay1.0 127.0.0.1/5004\n                      where the packets came from, as text
//! start: seconds u32, microseconds u32                the same again, and when
//! source: address u32, port u16, padding u16
//! then, for each packet:
//!   length u16 (with these eight bytes), plen u16 (0: RTCP), milliseconds since the start u32
//!   the packet
//! ```
//! All numbers in network byte order.

use std::error;
use std::fmt;
use std::time::Duration;

/// A packet and when it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Since the beginning of the recording; the file keeps whole milliseconds.
    pub at: Duration,
    /// RTCP, not RTP.
    pub rtcp: bool,
    pub bytes: Vec<u8>,
}

/// What is wrong with a file, and at which of its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// It does not begin with the line every rtpdump begins with.
    NotRtpdump,
    /// It ends in the middle of a header or of a packet.
    CutOff { offset: usize },
    /// A record says that it is shorter than its own header.
    BadLength { offset: usize, length: u16 },
    /// The packet was longer than what was kept of it (`rtpdump -F header`).
    Incomplete { offset: usize, kept: usize, was: usize },
    /// Too long for a record: the packet with this number.
    TooLong { packet: usize, length: usize },
    /// Later than a record can say (49 days): the packet with this number.
    TooLate { packet: usize },
}

/// The packets of a file, as they stand in it.
pub fn read(file: &[u8]) -> Result<Vec<Packet>, Error> {
    let first_line = file.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n');
    let end = first_line.ok_or(Error::NotRtpdump)?;
    if !file.starts_with(MAGIC) {
        return Err(Error::NotRtpdump);
    }
    let mut offset = end + 1;
    take(file, &mut offset, FILE_HEADER)?;
    let mut packets = Vec::new();
    while offset < file.len() {
        packets.push(read_packet(file, &mut offset)?);
    }
    Ok(packets)
}

/// The file that holds `packets`.
pub fn write(packets: &[Packet]) -> Result<Vec<u8>, Error> {
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(b"127.0.0.1/5004\n");
    file.extend_from_slice(&[0; 8]); // recorded at no time in particular: same packets, same file
    file.extend_from_slice(&[127, 0, 0, 1, 0x13, 0x8c, 0, 0]);
    for (number, packet) in packets.iter().enumerate() {
        let length = packet.bytes.len();
        let too_long = |_| Error::TooLong { packet: number, length };
        let record = u16::try_from(length + PACKET_HEADER).map_err(too_long)?;
        let plen = if packet.rtcp { 0 } else { record - PACKET_HEADER as u16 };
        let at = u32::try_from(packet.at.as_millis());
        let at = at.map_err(|_| Error::TooLate { packet: number })?;
        file.extend_from_slice(&record.to_be_bytes());
        file.extend_from_slice(&plen.to_be_bytes());
        file.extend_from_slice(&at.to_be_bytes());
        file.extend_from_slice(&packet.bytes);
    }
    Ok(file)
}

fn read_packet(file: &[u8], offset: &mut usize) -> Result<Packet, Error> {
    let start = *offset;
    let &[l0, l1, p0, p1, m0, m1, m2, m3] = take(file, offset, PACKET_HEADER)? else {
        return Err(Error::CutOff { offset: start });
    };
    let length = u16::from_be_bytes([l0, l1]);
    let was = usize::from(u16::from_be_bytes([p0, p1]));
    let millis = u32::from_be_bytes([m0, m1, m2, m3]);
    let kept = usize::from(length)
        .checked_sub(PACKET_HEADER)
        .ok_or(Error::BadLength { offset: start, length })?;
    let bytes = take(file, offset, kept)?;
    if was > kept {
        return Err(Error::Incomplete { offset: start, kept, was });
    }
    // Bytes beyond `plen` are none of the packet's.
    let bytes = if was == 0 { bytes } else { &bytes[..was] };
    let at = Duration::from_millis(millis.into());
    Ok(Packet { at, rtcp: was == 0, bytes: bytes.to_vec() })
}

/// The next `length` bytes of `file`; `offset` moves behind them.
fn take<'a>(file: &'a [u8], offset: &mut usize, length: usize) -> Result<&'a [u8], Error> {
    let start = *offset;
    let bytes = file.get(start..).and_then(|rest| rest.get(..length));
    *offset += length;
    bytes.ok_or(Error::CutOff { offset: start })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRtpdump => write!(f, "not an rtpdump: no line \"#!rtpplay1.0 …\" at the top"),
            Self::CutOff { offset } => write!(f, "cut off: more was promised at byte {offset}"),
            Self::BadLength { offset, length } => {
                write!(f, "record at byte {offset}: a length of {length} is less than its header")
            }
            Self::Incomplete { offset, kept, was } => {
                write!(f, "record at byte {offset}: only {kept} of {was} bytes were kept")
            }
            Self::TooLong { packet, length } => {
                write!(f, "packet {packet}: {length} bytes do not fit into a record")
            }
            Self::TooLate { packet } => write!(f, "packet {packet}: later than a record can say"),
        }
    }
}

impl error::Error for Error {}

const MAGIC: &[u8] = b"#!rtpplay1.0 ";
const LONGEST_LINE: usize = 128;
const FILE_HEADER: usize = 16;
const PACKET_HEADER: usize = 8;
