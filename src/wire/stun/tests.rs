use proptest::prelude::*;

use super::*;

/// RFC 5769 §2.1: the sample request of RFC 8489's test vectors.
const SAMPLE_REQUEST: &[u8] = &[
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
];

fn message(message_type: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (attribute, value) in attributes {
        body.extend(attribute.to_be_bytes());
        body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut datagram = Vec::from(message_type.to_be_bytes());
    datagram.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    datagram.extend(MAGIC_COOKIE);
    datagram.extend(*b"transaction!");
    datagram.extend(body);
    datagram
}

#[test]
fn sample_request_of_rfc_5769_names_the_receivers_ufrag() {
    let request = StunMessage::parse(SAMPLE_REQUEST).unwrap();
    assert_eq!(request.class, StunClass::Request);
    assert!(request.is_binding);
    assert_eq!(
        request.transaction_id,
        [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae]
    );
    assert_eq!(request.username, Some(b"evtj:h6vY".as_slice()));
    assert_eq!(request.local_ufrag(), Some(b"evtj".as_slice()));
    assert!(!request.use_candidate);
    assert_eq!(request.priority, Some(0x6e00_01ff));
}

#[test]
fn class_and_method_are_read_from_their_scattered_bits() {
    let class = |message_type| StunMessage::parse(&message(message_type, &[])).unwrap().class;
    assert_eq!(class(0x0001), StunClass::Request);
    assert_eq!(class(0x0011), StunClass::Indication);
    assert_eq!(class(0x0101), StunClass::Success);
    assert_eq!(class(0x0111), StunClass::Error);
    assert!(StunMessage::parse(&message(0x0111, &[])).unwrap().is_binding);
    assert!(!StunMessage::parse(&message(0x0003, &[])).unwrap().is_binding, "TURN allocate");
}

#[test]
fn nomination_is_seen() {
    let datagram = message(0x0001, &[(USERNAME, b"a:b"), (USE_CANDIDATE, b"")]);
    assert!(StunMessage::parse(&datagram).unwrap().use_candidate);
}

#[test]
fn attributes_behind_the_integrity_do_not_count() {
    for integrity in [MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256] {
        let datagram =
            message(0x0001, &[(integrity, &[7; 20]), (USERNAME, b"evil:b"), (USE_CANDIDATE, b"")]);
        let request = StunMessage::parse(&datagram).unwrap();
        assert_eq!(request.username, None);
        assert!(!request.use_candidate);
    }
}

#[test]
fn first_of_two_user_names_counts() {
    let datagram = message(0x0001, &[(USERNAME, b"first:b"), (USERNAME, b"second:b")]);
    assert_eq!(StunMessage::parse(&datagram).unwrap().local_ufrag(), Some(b"first".as_slice()));
}

#[test]
fn user_name_without_colon_holds_no_ufrag() {
    let datagram = message(0x0001, &[(USERNAME, b"nobody")]);
    assert_eq!(StunMessage::parse(&datagram).unwrap().local_ufrag(), None);
}

#[test]
fn message_cut_short_or_with_something_behind_it_is_malformed() {
    for len in 0..SAMPLE_REQUEST.len() {
        assert!(StunMessage::parse(SAMPLE_REQUEST.get(..len).unwrap()).is_err(), "{len} bytes");
    }
    let mut longer = SAMPLE_REQUEST.to_vec();
    longer.push(0);
    assert!(StunMessage::parse(&longer).is_err());
}

#[test]
fn attribute_longer_than_the_message_is_malformed() {
    let mut datagram = message(0x0001, &[(USERNAME, b"a:b")]);
    *datagram.get_mut(23).unwrap() = 5;
    assert_eq!(StunMessage::parse(&datagram), Err(Malformed("STUN attribute cut short")));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(
        message_type in any::<u16>(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        raw in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let _ = StunMessage::parse(&raw);
        let mut datagram = message(message_type & 0x3fff, &[]);
        let len = u16::try_from(body.len()).unwrap();
        datagram.splice(2..4, len.to_be_bytes());
        datagram.extend(body);
        if let Ok(message) = StunMessage::parse(&datagram) {
            let _ = message.local_ufrag();
        }
    }
}
