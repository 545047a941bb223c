//! What the way of a packet is made of, part by part: the header read and written (`wire`), and
//! the engine's two halves: feeding (opened, routed, kept, a reference to each receiver) and
//! draining (headers, numbers, ciphers). SRTP by itself is in `--bench srtp`.
//!
//! `cargo bench --bench parts`

#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

use std::hint::black_box;
use std::time::Duration;

use lahn::srtp::Profile;
use lahn::wire::ext::{self, Format};
use lahn::wire::rtcp::{self, Compound};
use lahn::wire::rtp::{HeaderWriter, RtpFields, RtpHeader};
use lahn::wire::{RtpTime, Seq, demux};
use lahn::{Ssrc, wire};

use support::clock;
use support::forward::{Forward, Only, Part};
use support::load::Load;
use support::measure::{Group, Work, settings};
use support::summary::Summary;

fn main() {
    let mut criterion = settings();
    let mut summary = Summary::new("parts");
    let mut group = Group::new(&mut criterion, "parts", &mut summary);
    wire_parts(&mut group);
    for receivers in [1, 50, 1_000] {
        for (name, part) in [("feed", Part::Feed), ("drain", Part::Drain)] {
            // Fed: per packet that comes in, whatever the number of receivers. Drained: per packet
            // that leaves.
            group.measure(&format!("{name}/1200/{receivers}"), || {
                Only(part, Forward::new(Load::VIDEO, receivers, Profile::AeadAes128Gcm, None))
            });
        }
    }
    drop(group);
    criterion.final_summary();
    summary.finish();
}

fn wire_parts(group: &mut Group<'_>) {
    let packet = packet();
    group.measure("wire/kind of datagram", || {
        Repeat(|| demux::datagram_kind(black_box(&packet)).is_some())
    });
    group.measure("wire/read RTP header", || {
        Repeat(|| RtpHeader::parse(black_box(&packet)).expect("well-formed").len())
    });
    group.measure("wire/read RTP header and 4 extensions", || {
        Repeat(|| {
            let header = RtpHeader::parse(black_box(&packet)).expect("well-formed");
            header.extensions().map(|(id, value)| usize::from(id) + value.len()).sum::<usize>()
        })
    });
    let mut slot = [0; 64];
    group.measure("wire/write RTP header and 2 extensions", || {
        Repeat(|| write_header(black_box(FIELDS), &mut slot))
    });
    let vp8 = [0x90, 0xe0, 0x80, 1, 1, 0, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1];
    group.measure("wire/look for a VP8 key frame", || {
        Repeat(|| wire::payload::vp8::is_key_frame_start(black_box(&vp8)))
    });
    let mut compound = [0; 256];
    let mut out = Compound::new(&mut compound);
    out.receiver_report(Ssrc(1), &[]);
    out.cname(Ssrc(1), "lahn");
    out.nack(Ssrc(1), Ssrc(2), &[Seq(7), Seq(9), Seq(400)]);
    let len = out.len();
    group.measure("wire/read RTCP: report, name, NACK", || {
        Repeat(|| rtcp::parse(black_box(&compound[..len])).expect("well-formed").count())
    });
}

const FIELDS: RtpFields = RtpFields {
    has_padding: false,
    marker: true,
    payload_type: 96,
    sequence_number: Seq(4_711),
    timestamp: RtpTime(0x1234_5678),
    ssrc: Ssrc(0x2000_0001),
};

fn write_header(fields: RtpFields, out: &mut [u8]) -> usize {
    let mut header = HeaderWriter::begin(out, fields, Format::OneByte).expect("room");
    header.extension(5, &ext::transport_cc::write(4_711));
    header.extension(3, &ext::abs_send_time::write(0x12_3456));
    header.finish()
}

/// As a browser sends it: `mid`, transport-cc, send time, audio level.
fn packet() -> Vec<u8> {
    let mut packet = vec![0; 200];
    let mut header = HeaderWriter::begin(&mut packet, FIELDS, Format::OneByte).expect("room");
    header.extension(4, b"0");
    header.extension(5, &ext::transport_cc::write(4_711));
    header.extension(3, &ext::abs_send_time::write(0x12_3456));
    header.extension(6, &[0x9e]);
    header.finish();
    packet
}

/// Something small, a thousand times in a round.
struct Repeat<F>(F);

impl<R, F: FnMut() -> R> Work for Repeat<F> {
    fn packets(&self) -> u64 {
        1_000
    }

    fn round(&mut self) -> Duration {
        let start = clock();
        for _ in 0..1_000 {
            black_box((self.0)());
        }
        start.elapsed()
    }
}
