use proptest::prelude::*;

use super::*;

fn elements(format: Format, block: &[u8]) -> Vec<(u8, &[u8])> {
    Elements::new(format, block).collect()
}

#[test]
fn one_byte_block_of_rfc_8285_with_padding_between_its_elements() {
    // §4.2: lengths 1, 2 and 4, with two bytes of padding before the last.
    let block = [0x10, 0xaa, 0x21, 0xbb, 0xbc, 0, 0, 0x33, 1, 2, 3, 4];
    let expected: [(u8, &[u8]); 3] = [(1, &[0xaa]), (2, &[0xbb, 0xbc]), (3, &[1, 2, 3, 4])];
    assert_eq!(elements(Format::OneByte, &block), expected);
}

#[test]
fn two_byte_block_of_rfc_8285_with_an_empty_value() {
    // §4.3: lengths 0, 1 and 4, with a byte of padding in between.
    let block = [1, 0, 2, 1, 0xaa, 0, 200, 4, 1, 2, 3, 4];
    let expected: [(u8, &[u8]); 3] = [(1, &[]), (2, &[0xaa]), (200, &[1, 2, 3, 4])];
    assert_eq!(elements(Format::TwoByte, &block), expected);
}

#[test]
fn reserved_id_15_ends_a_one_byte_block() {
    assert_eq!(elements(Format::OneByte, &[0x10, 0xaa, 0xf0, 0xbb, 0x20, 0xcc]).len(), 1);
}

#[test]
fn id_0_with_a_length_ends_a_one_byte_block() {
    assert_eq!(elements(Format::OneByte, &[0x10, 0xaa, 0x01, 0xbb, 0xbc, 0x20, 0xcc]).len(), 1);
}

#[test]
fn element_cut_short_ends_the_block_for_good() {
    for (format, block) in
        [(Format::OneByte, [0x10, 0xaa, 0x23, 0xbb]), (Format::TwoByte, [1, 0, 2, 1])]
    {
        let mut elements = Elements::new(format, &block);
        assert_eq!(elements.next().map(|(id, _)| id), Some(1));
        assert_eq!(elements.next(), None);
        assert_eq!(elements.next(), None);
    }
}

#[test]
fn formats_hold_what_rfc_8285_lets_them() {
    assert!(Format::OneByte.fits(1, 1) && Format::OneByte.fits(14, 16));
    assert!(!Format::OneByte.fits(0, 1) && !Format::OneByte.fits(15, 1));
    assert!(!Format::OneByte.fits(1, 0) && !Format::OneByte.fits(1, 17));
    assert!(Format::TwoByte.fits(1, 0) && Format::TwoByte.fits(255, 255));
    assert!(!Format::TwoByte.fits(0, 1) && !Format::TwoByte.fits(1, 256));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_within_bounds(
        block in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for format in [Format::OneByte, Format::TwoByte] {
            let bytes = Elements::new(format, &block).map(|(_, value)| value.len());
            prop_assert!(bytes.sum::<usize>() <= block.len());
        }
        let _ = transport_cc::parse(&block);
        let _ = abs_send_time::parse(&block);
        let _ = AudioLevel::parse(&block);
        let _ = VideoOrientation::parse(&block);
        let _ = PlayoutDelay::parse(&block);
        let _ = AbsCaptureTime::parse(&block);
        let _ = dependency_descriptor::mandatory_fields(&block);
        let _ = FrameMarking::parse(&block);
        let _ = VideoLayersAllocation::parse(&block);
    }
}
