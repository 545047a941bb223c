//! RTP headers and their extensions; what is read, written again, reads the same.
#![no_main]

use lahn::wire::ext::{self, Format};
use lahn::wire::rtp::{HeaderWriter, RtpFields, RtpHeader, split_rtx, without_padding};

libfuzzer_sys::fuzz_target!(|packet: &[u8]| {
    let Ok(header) = RtpHeader::parse(packet) else { return };
    let payload = packet.get(header.len()..).expect("a header is within its packet");
    let _ = without_padding(&header, payload);
    let _ = split_rtx(payload);
    for (_, value) in header.extensions() {
        let _ = ext::transport_cc::parse(value);
        let _ = ext::abs_send_time::parse(value);
        let _ = ext::AudioLevel::parse(value);
        let _ = ext::VideoOrientation::parse(value);
        let _ = ext::PlayoutDelay::parse(value);
        let _ = ext::AbsCaptureTime::parse(value);
        let _ = ext::dependency_descriptor::mandatory_fields(value);
        let _ = ext::FrameMarking::parse(value);
        let _ = ext::VideoLayersAllocation::parse(value);
    }
    write_again(&header, packet.len());
});

fn write_again(header: &RtpHeader<'_>, len: usize) {
    let fields = RtpFields {
        has_padding: false,
        marker: header.marker,
        payload_type: header.payload_type,
        sequence_number: header.sequence_number,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
    };
    // The two-byte form holds every element; one byte more for each is room enough.
    let mut out = vec![0; len * 2 + 8];
    let mut writer = HeaderWriter::begin(&mut out, fields, Format::TwoByte).expect("room");
    let written =
        header.extensions().take_while(|(id, value)| writer.extension(*id, value)).count();
    let len = writer.finish();
    let again = RtpHeader::parse(&out).expect("what was written is valid");
    assert_eq!(again.len(), len);
    assert!(header.extensions().take(written).eq(again.extensions()));
}
