//! What a forwarded packet costs in the core: decrypt once, decide, encrypt for each receiver, no
//! sockets. Beside it in the same run: the bare cipher over the same bytes, one key per receiver.
//!
//! Times are per forwarded packet. `cargo bench --bench core_fanout`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lahn::{Drained, EgressSink, Transmit};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

#[path = "../tests/support/raw.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests use more of it, from more places")]
mod raw;

use raw::{HEADER_LEN, PAYLOAD_LEN, RawCall};

/// As a driver's arena: datagrams back to back, emptied when full.
struct Arena {
    bytes: Vec<u8>,
    filled: usize,
    datagrams: u64,
}

impl EgressSink for Arena {
    fn slot(&mut self, len: usize) -> Option<&mut [u8]> {
        self.bytes.get_mut(self.filled..)?.get_mut(..len)
    }

    fn commit(&mut self, transmit: Transmit) {
        self.filled += transmit.len;
        self.datagrams += 1;
    }
}

/// Packets fed between two drains: the frame that `raw` makes.
const BATCH: u64 = 4;

fn forward(call: &mut RawCall, arena: &mut Arena, first: &mut u64, rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let mut packets = [[0; 1_500]; BATCH as usize];
    let mut lens = [0; BATCH as usize];
    for _ in 0..rounds {
        for (packet, len) in packets.iter_mut().zip(&mut lens) {
            *len = call.seal(*first, packet);
            *first += 1;
        }
        call.now += Duration::from_millis(33);
        let now = call.now;
        let start = clock();
        for (packet, len) in packets.iter_mut().zip(lens) {
            call.engine.handle_datagram(now, call.publisher_path, &mut packet[..len]);
        }
        call.engine.handle_timeout(now);
        while call.engine.poll_transmit(now, arena) == Drained::SinkFull {
            black_box(&arena.bytes);
            arena.filled = 0;
        }
        spent += start.elapsed();
        while call.engine.poll_event().is_some() {}
    }
    spent
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has a clock")]
fn clock() -> Instant {
    Instant::now()
}

fn core_fanout(c: &mut Criterion) {
    let mut group = c.benchmark_group("core_fanout/AES-128-GCM/1140 bytes");
    for receivers in [1u32, 10, 50, 200] {
        let mut call = RawCall::new(clock(), receivers);
        let mut arena = Arena { bytes: vec![0; 256 * 1024], filled: 0, datagrams: 0 };
        let mut next = 0;
        forward(&mut call, &mut arena, &mut next, 100);
        assert!(arena.datagrams >= 400 * u64::from(receivers), "every receiver gets everything");
        group.bench_function(format!("{receivers} receivers"), |b| {
            b.iter_custom(|iters| {
                let per_round = BATCH * u64::from(receivers);
                let rounds = iters.div_ceil(per_round);
                let spent = forward(&mut call, &mut arena, &mut next, rounds);
                spent.mul_f64(iters as f64 / (rounds * per_round) as f64)
            });
        });

        let keys: Vec<_> = (0..receivers).map(|number| bare_key(number as u8)).collect();
        let payload = vec![0x5a; PAYLOAD_LEN];
        group.bench_function(format!("{receivers} receivers, bare cipher"), |b| {
            let mut number = 0u64;
            b.iter(|| {
                number += 1;
                // A receiver's packets of a batch one after the other, as the engine drains.
                let key = &keys[usize::try_from(number / BATCH).expect("64 bits") % keys.len()];
                let len = HEADER_LEN + PAYLOAD_LEN + 16;
                if arena.filled + len > arena.bytes.len() {
                    arena.filled = 0;
                }
                let slot = &mut arena.bytes[arena.filled..][..len];
                arena.filled += len;
                let (header, body) = slot.split_at_mut(HEADER_LEN);
                let (text, tag) = body.split_at_mut(PAYLOAD_LEN);
                text.copy_from_slice(black_box(&payload));
                let mut nonce = [0; 12];
                nonce[4..].copy_from_slice(&number.to_be_bytes());
                let nonce = Nonce::assume_unique_for_key(nonce);
                let sealed = key.seal_in_place_separate_tag(nonce, Aad::from(&*header), text);
                tag.copy_from_slice(sealed.expect("short").as_ref());
            });
        });
    }
    group.finish();
}

fn bare_key(number: u8) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[number; 16]).expect("16 bytes"))
}

criterion_group!(benches, core_fanout);
criterion_main!(benches);
