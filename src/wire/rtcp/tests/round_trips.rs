//! Whatever is written reads back; whatever arrives is read without panic.

use proptest::prelude::*;

use super::*;

prop_compose! {
    fn blocks()(blocks in prop::collection::vec(
        (any::<[u32; 5]>(), any::<u8>(), -0x80_0000..=0x7f_ffff), 0..=31,
    )) -> Vec<ReportBlock> {
        let block = |([ssrc, highest, jitter, last_sr, delay], fraction_lost, cumulative_lost): ([u32; 5], _, _)| {
            ReportBlock {
                ssrc: Ssrc(ssrc),
                fraction_lost,
                cumulative_lost,
                highest_sequence_number: highest,
                jitter,
                last_sr,
                delay_since_last_sr: delay,
            }
        };
        blocks.into_iter().map(block).collect()
    }
}

/// Ascending, with gaps, from anywhere, less than half the number space long.
fn lost() -> impl Strategy<Value = Vec<Seq>> {
    (any::<u16>(), prop::collection::vec(1u16..40, 0..100)).prop_map(|(mut at, steps)| {
        let mut step = |by| {
            at = at.wrapping_add(by);
            Seq(at)
        };
        steps.into_iter().map(&mut step).collect()
    })
}

proptest! {
    #[test]
    fn reports_read_back(
        ntp: u64, rtp: u32, packets: u32, octets: u32, first in blocks(), second in blocks(),
    ) {
        let out = bytes(|compound| {
            compound.sender_report(SENDER, NtpTime(ntp), RtpTime(rtp), packets, octets, &first)
        });
        let Packet::SenderReport(report) = only(&out) else { panic!("not an SR") };
        prop_assert_eq!((report.sender, report.ntp, report.rtp), (SENDER, NtpTime(ntp), RtpTime(rtp)));
        prop_assert_eq!((report.packet_count, report.octet_count), (packets, octets));
        prop_assert_eq!(report.reports.len(), first.len());
        prop_assert_eq!(report.reports.collect::<Vec<_>>(), first);

        let out = bytes(|compound| compound.receiver_report(MEDIA, &second));
        let Packet::ReceiverReport(report) = only(&out) else { panic!("not an RR") };
        prop_assert_eq!(report.sender, MEDIA);
        prop_assert_eq!(report.reports.collect::<Vec<_>>(), second);
    }

    #[test]
    fn names_and_goodbyes_read_back(name in "[a-z{}\u{e9}]{0,120}", gone: Vec<u32>) {
        let out = bytes(|compound| compound.cname(SENDER, &name));
        let Packet::SourceDescription(sdes) = only(&out) else { panic!("not an SDES") };
        prop_assert_eq!(sdes.cnames().collect::<Vec<_>>(), [(SENDER, name.as_bytes())]);

        let gone: Vec<_> = gone.into_iter().take(31).map(Ssrc).collect();
        let out = bytes(|compound| compound.goodbye(&gone));
        let Packet::Goodbye(goodbye) = only(&out) else { panic!("not a BYE") };
        prop_assert_eq!(goodbye.ssrcs().collect::<Vec<_>>(), gone);
    }

    #[test]
    fn feedback_reads_back(lost in lost(), bps: u64, shift in 0..64, ssrcs in prop::collection::vec(any::<u32>(), 0..=255)) {
        let ((fitted, out), bps) =
            (written(2_000, |compound| compound.nack(SENDER, MEDIA, &lost)), bps >> shift);
        prop_assert!(fitted);
        if !lost.is_empty() {
            let Packet::Nack(nack) = only(&out) else { panic!("not a NACK") };
            prop_assert_eq!((nack.sender, nack.media), (SENDER, MEDIA));
            prop_assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
        }

        let ssrcs: Vec<_> = ssrcs.into_iter().map(Ssrc).collect();
        let out = bytes(|compound| compound.remb(SENDER, Bitrate::bps(bps), &ssrcs));
        let Packet::Remb(remb) = only(&out) else { panic!("not a REMB") };
        let rounded = remb.bitrate.as_bps();
        prop_assert!(rounded <= bps && bps - rounded <= bps >> 17, "{} became {}", bps, rounded);
        prop_assert_eq!(remb.ssrcs().collect::<Vec<_>>(), ssrcs);
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        bodies in prop::collection::vec(
            (198u8..208, any::<u8>(), prop::collection::vec(any::<u32>(), 0..20)), 1..5),
        raw in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut compound = Vec::new();
        for (packet_type, first, body) in bodies {
            compound.extend([0x80 | first & 0x3f, packet_type, 0, u8::try_from(body.len()).unwrap()]);
            compound.extend(body.into_iter().flat_map(u32::to_be_bytes));
        }
        for bytes in [compound, raw] {
            for packet in parse(&bytes).into_iter().flatten() {
                walk(packet, bytes.len())?;
            }
        }
    }
}

/// Walks every iterator of a packet, which must end within what `len` bytes can hold.
fn walk(packet: Packet<'_>, len: usize) -> Result<(), TestCaseError> {
    let count = match packet {
        Packet::SenderReport(report) => report.reports.count() * 24,
        Packet::ReceiverReport(report) => report.reports.count() * 24,
        Packet::SourceDescription(sdes) => sdes.cnames().map(|(_, name)| 4 + name.len()).sum(),
        Packet::Goodbye(goodbye) => goodbye.ssrcs().count() * 4,
        Packet::Nack(nack) => nack.lost().count() / 17 * 4,
        Packet::FullIntraRequest(request) => request.entries().count() * 8,
        Packet::Remb(remb) => remb.ssrcs().count() * 4,
        Packet::TransportCc(feedback) => {
            prop_assert_eq!(feedback.packets().count(), usize::from(feedback.status_count));
            feedback.packets().filter(|(_, arrival)| arrival.is_some()).count()
        }
        Packet::CongestionControlFeedback(feedback) => {
            feedback.streams().map(|stream| 8 + 2 * stream.packets().count()).sum()
        }
        Packet::PictureLossIndication { .. } | Packet::Unknown { .. } => 0,
    };
    prop_assert!(count <= len);
    Ok(())
}
