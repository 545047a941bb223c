//! In the steady state a packet costs no memory: after a warm-up, 10,000 packets go in and
//! 500,000 out without one allocation, reallocation or deallocation, reports and retransmissions
//! included.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/counting.rs"]
mod counting;
#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::time::Instant;

use counting::allocations;
use raw::{FixedSink, PACKET_INTERVAL, RawCall};

const RECEIVERS: u32 = 50;
const BATCH: u64 = 4;

struct Run {
    call: RawCall,
    sink: FixedSink,
    next: u64,
    asks_again: bool,
    datagrams: [[u8; 1_500]; BATCH as usize],
    report: [u8; 256],
}

impl Run {
    fn new(asks_again: bool) -> Self {
        Self {
            call: RawCall::new(beginning(), RECEIVERS),
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
