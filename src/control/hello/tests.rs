use super::*;

/// A ClientHello body with these versions and SRTP profiles.
fn body(versions: &[u16], profiles: &[u16], padding: usize) -> Vec<u8> {
    let list = |numbers: &[u16]| -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    };
    let mut extensions = Vec::new();
    let mut extension = |kind: u16, content: &[u8]| {
        extensions.extend(kind.to_be_bytes());
        extensions.extend(u16::try_from(content.len()).expect("short").to_be_bytes());
        extensions.extend(content);
    };
    extension(51, &vec![7; padding]); // a key share
    if !versions.is_empty() {
        let list = list(versions);
        let len = u8::try_from(list.len()).expect("short");
        extension(43, &[&[len][..], &list].concat());
    }
    if !profiles.is_empty() {
        let list = list(profiles);
        let len = u16::try_from(list.len()).expect("short").to_be_bytes();
        extension(14, &[&len[..], &list, &[0]].concat());
    }
    let mut body = vec![0xfe, 0xfd];
    body.extend([9; 32]);
    body.extend([0, 0]); // no session id, no cookie
    body.extend([0, 2, 0xc0, 0x2b, 1, 0]); // one suite, no compression
    body.extend(u16::try_from(extensions.len()).expect("short").to_be_bytes());
    body.extend(extensions);
    body
}

/// Records of one fragment each, of at most `size` bytes.
pub(in crate::control) fn fragments(body: &[u8], size: usize) -> Vec<Vec<u8>> {
    let u24 = |number: usize| u32::try_from(number).expect("short").to_be_bytes()[1..].to_vec();
    let record = |(place, chunk): (usize, &[u8])| {
        let mut message = vec![CLIENT_HELLO];
        message.extend(u24(body.len()));
        message.extend([0, 0]);
        message.extend(u24(place * size));
        message.extend(u24(chunk.len()));
        message.extend(chunk);
        let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0];
        record.push(u8::try_from(place).expect("few"));
        record.extend(u16::try_from(message.len()).expect("short").to_be_bytes());
        record.extend(message);
        record
    };
    body.chunks(size).enumerate().map(record).collect()
}

fn libwebrtc() -> Hello {
    let srtp_profiles =
        vec![Profile::Aes128CmSha1_80, Profile::AeadAes256Gcm, Profile::AeadAes128Gcm];
    Hello { dtls12: true, dtls13: true, srtp_profiles }
}

#[test]
fn hello_in_one_datagram_is_read() {
    let body = body(&[0xfefc, 0xfefd], &[1, 2, 8, 7], 0);
    let datagram = fragments(&body, 4096).remove(0);
    assert_eq!(HelloAssembler::default().push(&datagram), Some(libwebrtc()));
}

#[test]
fn hello_without_supported_versions_is_of_dtls_1_2() {
    let datagram = fragments(&body(&[], &[7], 0), 4096).remove(0);
    let hello = HelloAssembler::default().push(&datagram).expect("whole");
    assert!(hello.dtls12 && !hello.dtls13);
}

#[test]
fn fragments_out_of_order_and_twice_make_a_hello() {
    let body = body(&[0xfefc, 0xfefd], &[1, 8, 7], 1200);
    let mut datagrams = fragments(&body, 500);
    assert_eq!(datagrams.len(), 3);
    datagrams.reverse();
    let mut assembler = HelloAssembler::default();
    assert_eq!(assembler.push(&datagrams[0]), None);
    assert_eq!(assembler.push(&datagrams[0]), None);
    assert_eq!(assembler.push(&datagrams[1]), None);
    assert_eq!(assembler.push(&datagrams[2]), Some(libwebrtc()));
}

#[test]
fn several_fragments_in_one_datagram_make_a_hello() {
    let body = body(&[0xfefc, 0xfefd], &[1, 8, 7], 800);
    let datagram = fragments(&body, 300).concat();
    assert_eq!(HelloAssembler::default().push(&datagram), Some(libwebrtc()));
}

#[test]
fn truncated_and_mutated_hellos_never_panic() {
    let body = body(&[0xfefc, 0xfefd], &[1, 8, 7], 40);
    let datagram = fragments(&body, 4096).remove(0);
    for len in 0..datagram.len() {
        assert_eq!(HelloAssembler::default().push(&datagram[..len]), None);
    }
    for place in 0..datagram.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut datagram = datagram.clone();
            datagram[place] = value;
            let _ = HelloAssembler::default().push(&datagram);
        }
    }
}

#[test]
fn absurdly_long_hello_is_not_reassembled() {
    let mut datagram = fragments(&body(&[], &[7], 0), 4096).remove(0);
    datagram[14] = 0xff; // length of the message: 16 MB
    let mut assembler = HelloAssembler::default();
    assert_eq!(assembler.push(&datagram), None);
    assert!(assembler.body.is_empty());
}
