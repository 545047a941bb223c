use super::*;

#[test]
fn mandatory_fields_are_read_bit_by_bit() {
    let fields = mandatory_fields(&[0x80 | 5, 0x12, 0x34]).unwrap();
    assert!(fields.start_of_frame && !fields.end_of_frame && !fields.has_structure);
    assert_eq!((fields.template_id, fields.frame_number), (5, 0x1234));
    assert!(mandatory_fields(&[0x40, 0, 0]).unwrap().end_of_frame);
    assert!(mandatory_fields(&[0x80, 0, 1, 0x80]).unwrap().has_structure);
    assert!(!mandatory_fields(&[0x80, 0, 1, 0x7f]).unwrap().has_structure);
    assert_eq!(mandatory_fields(&[0x80, 0]), None);
}
