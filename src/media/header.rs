//! The header of an outgoing packet: numbers, send time and transport-wide number are stamped
//! here, at the last moment.

use crate::base::{EcnCodepoint, ExtSeq, Seq, Ssrc};
use crate::params::Extension;
use crate::stream::carried;
use crate::stream::history::{Marks, Packet};
use crate::stream::send::SendStream;
use crate::wire::ext::Format;
use crate::wire::ext::dependency_descriptor::{MOST_BYTES, Rewrite};
use crate::wire::rtp::{HeaderWriter, RtpFields};

/// Fixed header, extension block header and padding, and our own three extensions in two-byte form
/// with the longest `mid`, and what a dependency descriptor grows by; what travels on comes on top.
pub(super) const MOST_OWN: usize = 12 + 4 + 3 + (2 + 16) + (2 + 2) + (2 + 3) + 5;

/// Everything that differs between two sendings of one packet.
pub(super) struct Stamp<'a> {
    /// The payload comes with its byte of padding.
    pub(super) padded: bool,
    pub(super) ssrc: Ssrc,
    pub(super) payload_type: u8,
    pub(super) ext: ExtSeq,
    pub(super) timestamp_offset: u32,
    /// The packet ends its picture here, if not at its source.
    pub(super) sets_marker: bool,
    /// What is done to its dependency descriptor.
    pub(super) descriptor: Option<&'a Rewrite>,
    pub(super) with_mid: bool,
    pub(super) transport_seq: Seq,
    pub(super) abs_send_time: u32,
    /// What the datagram is sent as.
    pub(super) ecn: EcnCodepoint,
}

/// Returns the header's length; `None`: no room.
#[inline]
pub(super) fn write(
    slot: &mut [u8],
    stream: &SendStream,
    packet: &Packet<'_>,
    stamp: &Stamp<'_>,
) -> Option<usize> {
    // The two-byte form only where something does not fit the other (RFC 8285 §4.1.2).
    write_in(Format::OneByte, slot, stream, packet, stamp)
        .or_else(|| write_in(Format::TwoByte, slot, stream, packet, stamp))
}

fn write_in(
    format: Format,
    slot: &mut [u8],
    stream: &SendStream,
    packet: &Packet<'_>,
    stamp: &Stamp<'_>,
) -> Option<usize> {
    let fields = RtpFields {
        has_padding: stamp.padded,
        marker: stamp.sets_marker || packet.fields.marks.has(Marks::MARKER),
        payload_type: stamp.payload_type,
        sequence_number: stamp.ext.seq(),
        timestamp: packet.fields.timestamp.wrapping_add(stamp.timestamp_offset),
        ssrc: stamp.ssrc,
    };
    let mut header = HeaderWriter::begin(slot, fields, format)?;
    let ids = stream.extensions();
    let mut fits = header.stamps(
        ids.id(Extension::TransportCc).map(|id| (id, stamp.transport_seq.0)),
        ids.id(Extension::AbsSendTime).map(|id| (id, stamp.abs_send_time)),
    );
    if let Some(id) = ids.id(Extension::Mid).filter(|_| stamp.with_mid) {
        fits &= header.extension(id, stream.mid.as_bytes());
    }
    for (extension, value) in carried::elements(packet.extensions) {
        let Some(id) = ids.id(extension) else { continue };
        fits &= match extension {
            Extension::DependencyDescriptor => {
                let begins_frame = packet.fields.marks.has(Marks::FIRST);
                let rewrite = stamp.descriptor.map(|rewrite| Rewrite {
                    // Told once a frame.
                    active_decode_targets: rewrite.active_decode_targets.filter(|_| begins_frame),
                    ..*rewrite
                });
                descriptor(&mut header, id, value, rewrite)
            }
            _ => header.extension(id, value),
        };
    }
    fits.then(|| header.finish())
}

/// As kept: where it stands what is rewritten, then the descriptor.
fn descriptor(
    header: &mut HeaderWriter<'_>,
    id: u8,
    value: &[u8],
    rewrite: Option<Rewrite>,
) -> bool {
    let Some((places, value)) = carried::split_descriptor(value) else { return true };
    let Some(rewrite) = rewrite else { return header.extension(id, value) };
    let mut out = [0; MOST_BYTES];
    match rewrite.apply(value, places, &mut out) {
        Some(len) => header.extension(id, &out[..len]),
        None => header.extension(id, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Rng, RtpTime};
    use crate::params::{ExtensionIds, MediaKind, MediaParams, Mid, SendParams};
    use crate::stream::history::Fields;
    use crate::wire::rtp::RtpHeader;

    const CC: u8 = 5;
    const DESCRIPTOR: u8 = 9;

    fn stream(ids: &[(Extension, u8)]) -> SendStream {
        let mut extensions = ExtensionIds::new();
        ids.iter().for_each(|(extension, id)| extensions.set(*extension, *id));
        let params = SendParams { ssrc: Ssrc(7), rtx_ssrc: None };
        let media = MediaParams {
            mid: Mid::new(b"m0").expect("a token"),
            kind: MediaKind::Video,
            codecs: Vec::new(),
            extensions,
            receive: None,
            send: Some(params),
        };
        SendStream::new(&media, params, &mut Rng::new([1; 32]))
    }

    fn written(stream: &SendStream, carried: &[u8], with_mid: bool) -> Vec<u8> {
        let fields = Fields {
            seq: ExtSeq(1),
            timestamp: RtpTime(900),
            frame: 0,
            marks: Marks::MARKER,
            codec: 0,
        };
        let packet = Packet { fields: &fields, extensions: carried, payload: &[], padded: None };
        let stamp = Stamp {
            padded: false,
            ssrc: Ssrc(7),
            payload_type: 96,
            ext: ExtSeq(0x1_1234),
            timestamp_offset: 100,
            sets_marker: false,
            descriptor: None,
            with_mid,
            transport_seq: Seq(0x5678),
            abs_send_time: 0x9a_bcde,
            ecn: EcnCodepoint::NotEct,
        };
        let mut slot = vec![0xff; MOST_OWN + carried.len()];
        let len = write(&mut slot, stream, &packet, &stamp).expect("room");
        slot.truncate(len);
        slot
    }

    #[test]
    fn our_own_extensions_come_first_and_what_travels_on_comes_under_this_receivers_ids() {
        let ids = [
            (Extension::TransportCc, CC),
            (Extension::AbsSendTime, 3),
            (Extension::DependencyDescriptor, DESCRIPTOR),
        ];
        let mut carried = Vec::new();
        carried::push(&mut carried, Extension::AudioLevel, &[0x85]);
        carried::push_descriptor(&mut carried, None, &[1, 2, 3]);
        let bytes = written(&stream(&ids), &carried, false);
        let header = RtpHeader::parse(&bytes).expect("it parses");
        assert_eq!((header.sequence_number, header.timestamp), (Seq(0x1234), RtpTime(1_000)));
        assert!(header.marker && header.ssrc == Ssrc(7) && header.payload_type == 96);
        let elements: Vec<_> = header.extensions().collect();
        let expected: [(u8, &[u8]); 3] =
            [(CC, &[0x56, 0x78]), (3, &[0x9a, 0xbc, 0xde]), (DESCRIPTOR, &[1, 2, 3])];
        assert_eq!(elements, expected, "the audio level was not negotiated");
    }

    #[test]
    fn block_takes_the_two_byte_form_only_where_it_must() {
        let is_two_byte = |ids: &[_], carried: &[u8], with_mid| {
            let bytes = written(&stream(ids), carried, with_mid);
            let header = RtpHeader::parse(&bytes).expect("it parses");
            let cc = header.extensions().find(|(id, _)| *id == ids[0].1);
            assert_eq!(cc.expect("it is there").1, [0x56, 0x78]);
            bytes[12] == 0x10
        };
        let mut carried = Vec::new();
        carried::push_descriptor(&mut carried, None, &[0; 16]);
        let ids = [(Extension::TransportCc, CC), (Extension::DependencyDescriptor, DESCRIPTOR)];
        assert!(!is_two_byte(&ids, &carried, true));
        carried::push_descriptor(&mut carried, None, &[0; 17]);
        assert!(is_two_byte(&ids, &carried, true), "a long value");
        assert!(!is_two_byte(&ids[..1], &carried, true), "the long value does not travel on");
        assert!(is_two_byte(&[(Extension::TransportCc, 15)], &[], false), "a high id");
        let high_mid = [(Extension::TransportCc, CC), (Extension::Mid, 20)];
        assert!(is_two_byte(&high_mid, &[], true));
        assert!(!is_two_byte(&high_mid, &[], false), "without the name it fits");
    }

    #[test]
    fn header_without_extensions_is_twelve_bytes() {
        assert_eq!(written(&stream(&[]), &[], true).len(), 12);
    }
}
