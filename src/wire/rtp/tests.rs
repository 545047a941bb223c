#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use proptest::prelude::*;

use super::*;
use crate::wire::ext::Format;

const FIELDS: RtpFields = RtpFields {
    has_padding: false,
    marker: true,
    payload_type: 96,
    sequence_number: Seq(0x1234),
    timestamp: RtpTime(0x5678_9abc),
    ssrc: Ssrc(0xdead_beef),
};

/// The fixed part that stands for [`FIELDS`].
const FIXED: [u8; 12] = [0x80, 0xe0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xad, 0xbe, 0xef];

fn fields(header: &RtpHeader<'_>) -> RtpFields {
    RtpFields {
        has_padding: header.has_padding,
        marker: header.marker,
        payload_type: header.payload_type,
        sequence_number: header.sequence_number,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
    }
}

#[test]
fn fixed_fields_are_read_from_where_rfc_3550_puts_them() {
    let header = RtpHeader::parse(&FIXED).unwrap();
    assert_eq!(fields(&header), FIELDS);
    assert_eq!(header.len(), 12);
    assert!(!header.has_padding);
    assert_eq!(header.extensions().count(), 0);
}

#[test]
fn payload_begins_behind_contributing_sources_and_extension_block() {
    let mut packet = FIXED.to_vec();
    packet[0] = 0xb2; // P, X, two contributing sources
    packet.extend([1, 1, 1, 1, 2, 2, 2, 2]);
    packet.extend([0xbe, 0xde, 0, 1, 0x51, 7, 8, 0]);
    packet.extend([9; 5]);
    let header = RtpHeader::parse(&packet).unwrap();
    assert_eq!(header.len(), 12 + 8 + 8);
    assert!(header.has_padding);
    assert_eq!(header.extensions().collect::<Vec<_>>(), [(5, [7, 8].as_slice())]);
    for len in 0..header.len() {
        assert!(RtpHeader::parse(&packet[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn application_bits_of_the_two_byte_profile_do_not_matter() {
    let mut packet = FIXED.to_vec();
    packet[0] |= EXTENSION_BIT;
    packet.extend([0x10, 0x0f, 0, 1, 20, 1, 7, 0]);
    let header = RtpHeader::parse(&packet).unwrap();
    assert_eq!(header.extensions().collect::<Vec<_>>(), [(20, [7].as_slice())]);
}

#[test]
fn block_of_another_profile_is_skipped() {
    let mut packet = FIXED.to_vec();
    packet[0] |= EXTENSION_BIT;
    packet.extend([0x12, 0x34, 0, 1, 0x10, 1, 0x10, 1, 0xff]);
    let header = RtpHeader::parse(&packet).unwrap();
    assert_eq!(header.len(), 20);
    assert_eq!(header.extensions().count(), 0);
}

#[test]
fn other_versions_are_refused() {
    for version in [0, 1, 3] {
        let mut packet = FIXED;
        packet[0] = version << 6;
        assert_eq!(RtpHeader::parse(&packet), Err(Malformed("RTP version is not 2")));
    }
}

#[test]
fn padding_is_removed_and_absurd_counts_are_refused() {
    let mut padded = FIXED;
    padded[0] |= PADDING_BIT;
    let padded = RtpHeader::parse(&padded).unwrap();
    assert_eq!(without_padding(&padded, &[1, 2, 0, 0, 3]), Some([1, 2].as_slice()));
    assert_eq!(without_padding(&padded, &[0, 0, 3]), Some([].as_slice()));
    assert_eq!(without_padding(&padded, &[0, 0, 4]), None);
    assert_eq!(without_padding(&padded, &[1, 2, 0]), None);
    assert_eq!(without_padding(&padded, &[]), None);

    let plain = RtpHeader::parse(&FIXED).unwrap();
    assert_eq!(without_padding(&plain, &[1, 2, 0]), Some([1, 2, 0].as_slice()));
}

#[test]
fn retransmission_carries_the_original_sequence_number_in_front() {
    assert_eq!(split_rtx(&[0x12, 0x34, 5, 6]), Some((Seq(0x1234), [5, 6].as_slice())));
    assert_eq!(split_rtx(&[0x12, 0x34]), Some((Seq(0x1234), [].as_slice())));
    assert_eq!(split_rtx(&[0x12]), None);
}

#[test]
fn header_without_extensions_has_no_block() {
    let mut out = [0xff; 20];
    let writer = HeaderWriter::begin(&mut out, FIELDS, Format::OneByte).unwrap();
    assert_eq!(writer.finish(), 12);
    assert_eq!(out[..12], FIXED);
    assert_eq!(out[12..], [0xff; 8]);
}

#[test]
fn block_is_padded_and_its_length_set() {
    let mut out = [0xff; 40];
    let mut writer = HeaderWriter::begin(&mut out, FIELDS, Format::OneByte).unwrap();
    assert!(writer.extension(5, &[7, 8]));
    assert!(writer.extension(1, b"abc"));
    assert_eq!(writer.finish(), 24);
    assert_eq!(out[0], 0x90);
    assert_eq!(out[12..24], [0xbe, 0xde, 0, 2, 0x51, 7, 8, 0x12, b'a', b'b', b'c', 0]);
    assert_eq!(out[24..], [0xff; 16]);
}

#[test]
fn element_that_does_not_fit_leaves_the_header_as_it_was() {
    let mut out = [0xff; 20];
    let mut writer = HeaderWriter::begin(&mut out, FIELDS, Format::OneByte).unwrap();
    assert!(!writer.extension(1, &[0; 4]), "five bytes in a room of four");
    assert!(!writer.extension(15, &[0]), "id 15 in the one-byte form");
    assert!(!writer.extension(1, &[]), "no empty values in the one-byte form");
    assert!(!writer.extension(1, &[0; 300]));
    assert!(writer.extension(1, &[1, 2, 3]));
    assert!(!writer.extension(2, &[4]));
    assert_eq!(writer.finish(), 20);
    assert_eq!(out[12..], [0xbe, 0xde, 0, 1, 0x12, 1, 2, 3]);

    assert!(HeaderWriter::begin(&mut [0; 11], FIELDS, Format::OneByte).is_none());
    let mut tight = [0; 19];
    let mut writer = HeaderWriter::begin(&mut tight, FIELDS, Format::OneByte).unwrap();
    assert!(!writer.extension(1, &[0; 1]), "no room for the padding");
    assert_eq!(writer.finish(), 12);
}

#[test]
fn block_ends_where_its_length_field_does() {
    let mut out = vec![0; 300_000];
    let mut writer = HeaderWriter::begin(&mut out, FIELDS, Format::TwoByte).unwrap();
    let written = (0..2_000).take_while(|_| writer.extension(1, &[9; 255])).count();
    let len = writer.finish();
    assert_eq!(written, 65_535 * 4 / 257);
    let header = RtpHeader::parse(&out).unwrap();
    assert_eq!((header.len(), header.extensions().count()), (len, written));
}

prop_compose! {
    fn any_fields()(
        has_padding: bool, marker: bool, payload_type in 0u8..128, seq: u16, timestamp: u32, ssrc: u32,
    ) -> RtpFields {
        RtpFields {
            has_padding,
            marker,
            payload_type,
            sequence_number: Seq(seq),
            timestamp: RtpTime(timestamp),
            ssrc: Ssrc(ssrc),
        }
    }
}

proptest! {
    #[test]
    fn written_header_reads_back(
        expected in any_fields(),
        two_byte: bool,
        extensions in prop::collection::vec(
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..12),
        room in 12usize..500,
        payload in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let format = if two_byte { Format::TwoByte } else { Format::OneByte };
        let mut packet = vec![0xff; room];
        let mut writer = HeaderWriter::begin(&mut packet, expected, format).unwrap();
        let written: Vec<_> = extensions
            .iter()
            .filter(|(id, value)| writer.extension(*id, value))
            .map(|(id, value)| (*id, value.as_slice()))
            .collect();
        let len = writer.finish();
        prop_assert!(len <= room && len.is_multiple_of(4));
        packet.truncate(len);
        packet.extend(&payload);

        let header = RtpHeader::parse(&packet).unwrap();
        prop_assert_eq!(fields(&header), expected);
        prop_assert_eq!(header.len(), len);
        prop_assert_eq!(header.extensions().collect::<Vec<_>>(), written);
        let fitting = extensions.iter().filter(|(id, value)| format.fits(*id, value.len()));
        let needed = 16 + fitting.clone().map(|(_, value)| 2 + value.len()).sum::<usize>();
        if needed.next_multiple_of(4) <= room {
            prop_assert_eq!(fitting.count(), header.extensions().count());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        mut packet in prop::collection::vec(any::<u8>(), 0..120),
        as_rtp: bool,
    ) {
        if let (true, Some(first)) = (as_rtp, packet.first_mut()) {
            *first = 0x80 | *first & 0x3f;
        }
        let _ = split_rtx(&packet);
        if let Ok(header) = RtpHeader::parse(&packet) {
            prop_assert!(header.len() <= packet.len());
            let _ = header.extensions().count();
            let _ = without_padding(&header, &packet[header.len()..]);
        }
    }
}
