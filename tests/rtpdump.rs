//! The rtpdump format: what is written is read again, and rubbish is told from a recording.

#[path = "support/rtpdump.rs"]
#[expect(unreachable_pub, reason = "shared with an example")]
mod rtpdump;

use std::time::Duration;

use rtpdump::{Error, Packet, read, write};

fn packet(at: u64, rtcp: bool, bytes: &[u8]) -> Packet {
    Packet { at: Duration::from_millis(at), rtcp, bytes: bytes.to_vec() }
}

/// Two packets as rtptools' own `rtpdump` lays them out, byte by byte.
fn by_hand() -> Vec<u8> {
    let mut file = b"#!rtpplay1.0 10.0.0.1/4000\n".to_vec();
    file.extend_from_slice(&[0x65, 0, 0, 0, 0, 0, 0, 7, 10, 0, 0, 1, 0x0f, 0xa0, 0, 0]);
    file.extend_from_slice(&[0, 11, 0, 3, 0, 0, 0, 0, 0x80, 96, 1]);
    file.extend_from_slice(&[0, 10, 0, 0, 0, 1, 0, 5, 0x80, 200]);
    file
}

#[test]
fn a_file_is_read_as_the_format_says() {
    let packets = read(&by_hand()).unwrap();
    assert_eq!(packets, [packet(0, false, &[0x80, 96, 1]), packet(65_541, true, &[0x80, 200])]);
}

#[test]
fn what_is_written_is_read_again() {
    let packets = [
        packet(0, false, &[0x80; 12]),
        packet(20, true, &[0x81; 28]),
        packet(u64::from(u32::MAX), false, &[0x90; 65_527]),
    ];
    let file = write(&packets).unwrap();
    assert_eq!(read(&file).unwrap(), packets);
    assert!(file.starts_with(b"#!rtpplay1.0 127.0.0.1/5004\n"));
    assert_eq!(read(&write(&[]).unwrap()).unwrap(), []);
}

#[test]
fn bytes_behind_the_packet_are_none_of_its_own() {
    let mut file = write(&[]).unwrap();
    file.extend_from_slice(&[0, 12, 0, 2, 0, 0, 0, 0, 0x80, 96, 0xee, 0xee]);
    assert_eq!(read(&file).unwrap(), [packet(0, false, &[0x80, 96])]);
}

#[test]
fn another_file_is_no_rtpdump() {
    for file in [&b""[..], b"\n", b"#!rtpplay1.0 1.2.3.4/5", b"#!/bin/sh\n", b"\xd4\xc3\xb2\xa1"] {
        assert_eq!(read(file), Err(Error::NotRtpdump), "{file:?}");
    }
    let mut endless = b"#!rtpplay1.0 ".to_vec();
    endless.resize(10_000, b'x');
    endless.push(b'\n');
    assert_eq!(read(&endless), Err(Error::NotRtpdump));
}

#[test]
fn a_file_cut_off_anywhere_says_where() {
    let file = by_hand();
    let (line, first, second) = (27, 43, 54);
    for end in line..file.len() {
        let offset = match end {
            _ if end == first || end == second => continue, // whole records
            _ if end < first => line,
            _ if end < first + 8 => first,
            _ if end < second => first + 8,
            _ if end < second + 8 => second,
            _ => second + 8,
        };
        assert_eq!(read(&file[..end]), Err(Error::CutOff { offset }), "cut at {end}");
    }
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    let head = write(&[]).unwrap();
    let offset = head.len();
    let with = |record: &[u8]| [&head, record].concat();
    let short = with(&[0, 7, 0, 0, 0, 0, 0, 0]);
    assert_eq!(read(&short), Err(Error::BadLength { offset, length: 7 }));
    let header_only = with(&[0, 10, 4, 0, 0, 0, 0, 0, 0x80, 96]);
    assert_eq!(read(&header_only), Err(Error::Incomplete { offset, kept: 2, was: 1024 }));
}

#[test]
fn what_no_record_can_hold_is_not_written() {
    let long = packet(0, false, &[0; 65_528]);
    assert_eq!(write(&[long]), Err(Error::TooLong { packet: 0, length: 65_528 }));
    let late = packet(u64::from(u32::MAX) + 1, false, &[0x80]);
    let packets = [packet(0, false, &[0x80]), late];
    assert_eq!(write(&packets), Err(Error::TooLate { packet: 1 }));
}

#[test]
fn an_error_tells_what_and_where() {
    assert!(Error::NotRtpdump.to_string().contains("#!rtpplay1.0"));
    assert_eq!(Error::CutOff { offset: 43 }.to_string(), "cut off: more was promised at byte 43");
    let incomplete = Error::Incomplete { offset: 43, kept: 2, was: 1024 };
    assert_eq!(incomplete.to_string(), "record at byte 43: only 2 of 1024 bytes were kept");
}
