//! What goes to many receivers is sealed side by side where the sink lets it; nobody can tell: the
//! same datagrams, in the same order for each receiver, whatever room the sink has.

#[expect(unreachable_pub, dead_code, reason = "shared by test crates that use a part each")]
#[path = "support/raw.rs"]
mod raw;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lahn::srtp::Profile;
use lahn::{Drained, EgressSink, Path, Transmit};
use raw::{Packets, RawCall, Shape};

/// Datagrams by receiver, in order.
type Sent = BTreeMap<SocketAddr, Vec<Vec<u8>>>;

/// As a driver's arena, or (`BACK_TO_BACK` false) as slots that hold one datagram each.
struct Sink<const BACK_TO_BACK: bool> {
    memory: Vec<u8>,
    filled: usize,
    slot: usize,
    per_slot: usize,
    most_at_once: usize,
    from_slot: usize,
    sent: Sent,
}

impl<const BACK_TO_BACK: bool> EgressSink for Sink<BACK_TO_BACK> {
    fn datagrams_per_slot(&self) -> usize {
        if BACK_TO_BACK { self.per_slot } else { 1 }
    }

    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        (self.slot, self.from_slot) = (len, 0);
        self.memory.get_mut(self.filled..)?.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        assert!(transmit.len <= self.slot, "no more is sent than was asked for");
        self.slot = if BACK_TO_BACK { self.slot - transmit.len } else { 0 };
        self.from_slot += 1;
        self.most_at_once = self.most_at_once.max(self.from_slot);
        let datagram = self.memory[self.filled..][..transmit.len].to_vec();
        self.filled += transmit.len;
        self.sent.entry(transmit.path.remote).or_default().push(datagram);
    }
}

/// Ten frames of video to 37 receivers, drained into a sink of `room` bytes; the last frames with
/// reports in between.
fn run<const BACK_TO_BACK: bool>(
    now: Instant,
    profile: Profile,
    packets: Packets,
    room: usize,
    per_slot: usize,
) -> (Sent, usize) {
    let shape = Shape { receivers: 37, packets, profile, ..Shape::default() };
    let mut call = RawCall::with(now, shape);
    let mut sink = Sink::<BACK_TO_BACK> {
        memory: vec![0; room],
        filled: 0,
        slot: 0,
        per_slot,
        most_at_once: 0,
        from_slot: 0,
        sent: Sent::new(),
    };
    let mut datagram = [0; 1_500];
    for number in 0..40 {
        let len = call.seal(number, &mut datagram);
        let path: Path = call.publisher_path;
        call.engine.handle_datagram(call.now, path, &mut datagram[..len]);
        if number % 4 == 3 {
            call.engine.handle_timeout(call.now);
            while call.engine.poll_transmit(call.now, &mut sink) == Drained::SinkFull {
                assert!(sink.filled > 0, "an empty sink takes something");
                sink.filled = 0;
            }
            sink.filled = 0;
            call.now += Duration::from_millis(300);
        }
    }
    (sink.sent, sink.most_at_once)
}

#[expect(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
fn beginning() -> Instant {
    Instant::now()
}

#[test]
fn side_by_side_or_one_by_one_each_receiver_gets_the_same() {
    let now = beginning();
    for packets in [Packets::VIDEO, Packets::audio(90)] {
        for profile in Profile::ALL {
            let (expected, most) = run::<false>(now, profile, packets, 100_000, 1);
            let counts: Vec<_> = expected.values().map(Vec::len).collect();
            let whole = counts.iter().filter(|count| **count >= 40).count();
            assert_eq!((most, whole), (1, 37), "{profile:?}: {counts:?}");
            for room in [1_600, 4_000, 12_000, 33_333, 1_000_000] {
                let (sent, most) = run::<true>(now, profile, packets, room, usize::MAX);
                assert!(sent == expected, "{profile:?} into {room} bytes");
                let at_once = match profile {
                    Profile::Aes128CmSha1_80 if room < 20_000 => 1..=16,
                    Profile::Aes128CmSha1_80 => 16..=16,
                    _ => 1..=1,
                };
                assert!(at_once.contains(&most), "{profile:?} into {room}: {most} at once");
            }
            for per_slot in [2, 5] {
                let (sent, most) = run::<true>(now, profile, packets, 100_000, per_slot);
                let side_by_side = profile == Profile::Aes128CmSha1_80;
                assert!(sent == expected, "{profile:?}, {per_slot} per slot");
                assert_eq!(most, if side_by_side { per_slot } else { 1 }, "{profile:?}");
            }
        }
    }
}
