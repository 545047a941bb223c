//! In the steady state a packet costs no memory: after a warm-up, 10,000 packets go in and
//! 500,000 out without one allocation, reallocation or deallocation, reports, retransmissions and
//! congestion control included.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/counting.rs"]
mod counting;
#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::Instant;

use counting::allocations;
use lahn::wire::rtcp::Compound;
use lahn::{Config, CongestionConfig, Seq, Ssrc};
use raw::{FixedSink, PACKET_INTERVAL, RawCall, Shape};

const RECEIVERS: u32 = 50;
const BATCH: u64 = 4;

struct Run {
    call: RawCall,
    sink: FixedSink,
    next: u64,
    asks_again: bool,
    /// Packets of which each receiver has told, if they do.
    told: Option<u64>,
    datagrams: [[u8; 1_500]; BATCH as usize],
    report: [u8; 256],
}

impl Run {
    fn new(asks_again: bool) -> Self {
        Self::of(RawCall::new(beginning(), RECEIVERS), asks_again)
    }

    /// Every receiver has a link of 50 Mbit/s and tells of what arrives.
    fn with_congestion_control() -> Self {
        let bitrate = 50_000_000;
        let congestion = CongestionConfig {
            start_bitrate: bitrate,
            min_bitrate: bitrate,
            max_bitrate: bitrate,
            ..CongestionConfig::default()
        };
        let config = Config { congestion, ..Config::default() };
        let shape = Shape { receivers: RECEIVERS, config, ..Shape::default() };
        Self { told: Some(0), ..Self::of(RawCall::with(beginning(), shape), false) }
    }

    fn of(call: RawCall, asks_again: bool) -> Self {
        Self {
            call,
            told: None,
            sink: FixedSink::new(64),
            next: 0,
            asks_again,
            datagrams: [[0; 1_500]; BATCH as usize],
            report: [0; 256],
        }
    }

    /// Feeds `packets` packets, a frame at a time, and drains; how often the engine allocated.
    fn feed(&mut self, packets: u64) -> u64 {
        let mut count = 0;
        for _ in 0..packets / BATCH {
            let mut lens = [0; BATCH as usize];
            for (place, datagram) in self.datagrams.iter_mut().enumerate() {
                lens[place] = self.call.seal(self.next + place as u64, datagram);
            }
            let report_len = self.seal_report();
            count += allocations(|| self.feed_one_frame(lens, report_len)).0;
            self.next += BATCH;
            count += self.tell();
        }
        count
    }

    fn feed_one_frame(&mut self, lens: [usize; BATCH as usize], report_len: usize) {
        let Self { call, sink, datagrams, report, .. } = self;
        call.now += PACKET_INTERVAL * u32::try_from(BATCH).expect("small");
        for (datagram, len) in datagrams.iter_mut().zip(lens) {
            call.engine.handle_datagram(call.now, call.publisher_path, &mut datagram[..len]);
        }
        if report_len > 0 {
            let path = call.receivers[0].path;
            call.engine.handle_datagram(call.now, path, &mut report[..report_len]);
        }
        sink.drain(&mut call.engine, call.now);
        sink.empty();
        if call.engine.poll_timeout().is_some_and(|at| at <= call.now) {
            call.engine.handle_timeout(call.now);
            sink.drain(&mut call.engine, call.now);
            sink.empty();
        }
        while call.engine.poll_event().is_some() {}
    }

    /// Now and then every receiver tells of what has arrived; how often the engine allocated.
    fn tell(&mut self) -> u64 {
        let sent = self.sink.rtp / u64::from(RECEIVERS);
        let Some(told) = self.told.filter(|told| sent >= told + 100) else { return 0 };
        let mut statuses = [None; 128];
        let new = usize::try_from(sent - told).expect("few");
        for (place, status) in statuses[..new].iter_mut().enumerate() {
            *status = Some(4 * (told.cast_signed() + i64::try_from(place).expect("few")));
        }
        let base = Seq(u16::try_from(told & 0xffff).expect("masked"));
        let mut count = 0;
        for receiver in &mut self.call.receivers {
            let mut datagram = [0; 1_200];
            let mut compound = Compound::new(&mut datagram);
            compound.transport_cc(Ssrc(7), receiver.ssrc, base, 0, &statuses[..new]);
            let len = compound.len();
            let len = receiver.seals.rtcp(&mut datagram, len).expect("room").len();
            let Self { call: RawCall { engine, now, .. }, .. } = self;
            let tell = || engine.handle_datagram(*now, receiver.path, &mut datagram[..len]);
            count += allocations(tell).0;
        }
        self.told = Some(sent);
        count
    }

    /// Now and then the first receiver reports, and says that it missed the newest but one packet
    /// (RFC 3550 §6.4.2, RFC 4585 §6.2.1).
    fn seal_report(&mut self) -> usize {
        if !self.asks_again || self.next == 0 || !self.next.is_multiple_of(100) {
            return 0;
        }
        let receiver = &mut self.call.receivers[0];
        let stats = self
            .call
            .engine
            .subscription_stats(self.call.now, receiver.subscription)
            .expect("lives");
        // The stream it gets counts on from the first packet's number, which it knows.
        let missed = self.sink.newest_seq(receiver.ssrc).wrapping_sub(1);
        assert!(stats.packets_sent > 0);
        let own = 0x3000_0000_u32.to_be_bytes();
        let media = receiver.ssrc.0.to_be_bytes();
        let out = &mut self.report;
        out[..4].copy_from_slice(&[0x80, 201, 0, 1]);
        out[4..8].copy_from_slice(&own);
        out[8..12].copy_from_slice(&[0x81, 205, 0, 3]);
        out[12..16].copy_from_slice(&own);
        out[16..20].copy_from_slice(&media);
        out[20..22].copy_from_slice(&missed.to_be_bytes());
        out[22..24].copy_from_slice(&[0, 0]);
        receiver.seals.rtcp(out, 24).expect("it fits").len()
    }
}

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

#[test]
fn counting_allocator_counts() {
    let (count, kept) = allocations(|| vec![1_u8, 2, 3]);
    assert_eq!(count, 1);
    let (count, ()) = allocations(|| drop(kept));
    assert_eq!(count, 1);
}

#[test]
fn ten_thousand_packets_in_and_half_a_million_out_allocate_nothing() {
    let mut run = Run::new(false);
    run.feed(10_000);
    let before = run.sink.rtp;
    let count = run.feed(10_000);
    assert_eq!(run.sink.rtp - before, 500_000, "every receiver gets every packet");
    assert_eq!(count, 0, "allocations and deallocations");
    assert!(run.sink.datagrams > run.sink.rtp, "reports went out as well");
}

#[test]
fn congestion_control_allocates_nothing_for_a_packet() {
    let mut run = Run::with_congestion_control();
    run.feed(10_000);
    let before = run.sink.rtp;
    let count = run.feed(10_000);
    assert_eq!(run.sink.rtp - before, 500_000, "every receiver gets every packet");
    // Ten seconds: what a source has is listed anew three or four times in each.
    assert!(count <= 10 * 2 * 4, "{count} allocations and deallocations");
    let receiver = &run.call.receivers[0];
    let stats = run.call.engine.endpoint_stats(run.call.now, receiver.endpoint).expect("it lives");
    let congestion = stats.congestion.expect("it tells");
    assert!(congestion.acked_bitrate > 5_000_000, "{congestion:?}");
}

#[test]
fn retransmissions_allocate_nothing() {
    let mut run = Run::new(true);
    run.feed(10_000);
    let stats = |run: &Run| {
        let subscription = run.call.receivers[0].subscription;
        run.call.engine.subscription_stats(run.call.now, subscription).expect("it lives")
    };
    let before = stats(&run);
    assert!(before.nack_count > 50, "{before:?}");
    let count = run.feed(10_000);
    let after = stats(&run);
    assert!(
        after.retransmitted_packets_sent >= before.retransmitted_packets_sent + 90,
        "{after:?}"
    );
    assert_eq!(count, 0, "allocations and deallocations");
}
