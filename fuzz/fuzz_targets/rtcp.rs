//! RTCP compounds: every packet, and every list in it.
#![no_main]

use lahn::wire::rtcp::{self, Compound, Packet};

libfuzzer_sys::fuzz_target!(|compound: &[u8]| {
    let Ok(packets) = rtcp::parse(compound) else { return };
    for packet in packets {
        match packet {
            Packet::SenderReport(report) => drop(report.reports.count()),
            Packet::ReceiverReport(report) => drop(report.reports.count()),
            Packet::SourceDescription(sdes) => drop(sdes.cnames().count()),
            Packet::Goodbye(goodbye) => drop(goodbye.ssrcs().count()),
            Packet::Nack(nack) => drop(nack.lost().count()),
            Packet::FullIntraRequest(request) => drop(request.entries().count()),
            Packet::Remb(remb) => drop(remb.ssrcs().count()),
            Packet::TransportCc(feedback) => write_again(&feedback),
            Packet::CongestionControlFeedback(feedback) => write_streams_again(&feedback),
            _ => {}
        }
    }
});

/// Feedback as long as one datagram can hold reads the same after it was written again.
fn write_again(feedback: &rtcp::TransportCc<'_>) {
    let arrivals: Vec<_> = feedback.packets().map(|(_, arrival)| arrival).collect();
    assert_eq!(arrivals.len(), usize::from(feedback.status_count));
    let mut out = [0; 1_500];
    let mut compound = Compound::new(&mut out);
    let taken = compound.transport_cc(
        feedback.sender,
        feedback.media,
        feedback.base,
        feedback.feedback_count,
        &arrivals,
    );
    let len = compound.len();
    assert_eq!(taken == 0, len == 0);
    if len == 0 {
        return;
    }
    let mut packets = rtcp::parse(&out[..len]).expect("what was written is valid");
    let Some(Packet::TransportCc(again)) = packets.next() else { panic!("something else") };
    // The reference time wraps at 24 bits of 64 ms: 2^32 ticks.
    let wrapped = |arrival: i64| arrival.rem_euclid(1 << 32);
    for ((seq, arrival), (same_seq, same)) in feedback.packets().zip(again.packets()) {
        assert_eq!((seq, arrival.map(wrapped)), (same_seq, same.map(wrapped)));
    }
    assert_eq!(usize::from(again.status_count), taken);
}

/// What is read is written again as the same bytes' worth of meaning.
fn write_streams_again(feedback: &rtcp::CongestionControlFeedback<'_>) {
    let arrivals = |stream: rtcp::StreamArrivals<'_>| {
        let packets: Vec<_> = stream.packets().map(|(_, arrival)| arrival).collect();
        (stream.ssrc, stream.begin, packets)
    };
    let streams: Vec<_> = feedback.streams().map(arrivals).collect();
    let mut out = vec![0; 1 << 19];
    let mut compound = Compound::new(&mut out);
    let slices = streams.iter().map(|(ssrc, begin, packets)| (*ssrc, *begin, packets.as_slice()));
    assert!(compound.ccfb(feedback.sender, feedback.report_timestamp, slices));
    let len = compound.len();
    if len == 0 {
        assert!(streams.is_empty());
        return;
    }
    let mut packets = rtcp::parse(&out[..len]).expect("what was written is valid");
    let Some(Packet::CongestionControlFeedback(again)) = packets.next() else {
        panic!("something else")
    };
    assert_eq!((again.sender, again.report_timestamp), (feedback.sender, feedback.report_timestamp));
    assert!(again.streams().map(arrivals).eq(streams));
}
