//! What sealing a packet by AES-GCM costs with each backend: audio and video payloads, and under
//! one key and a thousand, as many as receivers, four packets under each in turn: the more keys,
//! the further away their bytes are.
//!
//! Times are per packet. `cargo bench --bench seal`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lahn::srtp::{AeadBackend, Profile, Protector, TransportKeys};
use lahn::{ExtSeq, Ssrc};

const HEADER_LEN: usize = 24;
const TAG_LEN: usize = 16;
/// Packets under a key in a row: those of a frame.
const RUN: u64 = 4;
const SSRC: Ssrc = Ssrc(0x1234_5678);

fn protector(profile: Profile, backend: AeadBackend, number: u64) -> Protector {
    let mut material = vec![7; 2 * (profile.key_len() + profile.salt_len())];
    material[..8].copy_from_slice(&number.to_be_bytes());
    let keys = TransportKeys::from_dtls(profile, &material, true).expect("its length fits");
    Protector::with_backend(&keys, backend)
}

fn seal(c: &mut Criterion) {
    for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
        for payload_len in [120, 1_140] {
            let name = format!("seal/{}/{payload_len} bytes", profile.name());
            let mut group = c.benchmark_group(name);
            group.warm_up_time(Duration::from_millis(100));
            group.measurement_time(Duration::from_millis(300)).sample_size(10);
            let payload = vec![0x5a; payload_len];
            let mut memory = vec![0; 64 * 1024];
            let packet_len = HEADER_LEN + payload_len + TAG_LEN;
            let slots = memory.len() / packet_len;
            for (keys, backend) in
                [1, 1_000].into_iter().flat_map(|keys| AeadBackend::ALL.map(|b| (keys, b)))
            {
                let protectors: Vec<_> =
                    (0..keys).map(|number| protector(profile, backend, number)).collect();
                let in_use = protectors[0].aead_backend().expect("it is an AEAD").name();
                let mut number = 0;
                let mut send = |protector: &Protector| {
                    let at = number as usize % slots * packet_len;
                    let slot = &mut memory[at..at + packet_len];
                    slot[0] = 0x90;
                    slot[2..4].copy_from_slice(&ExtSeq(number).seq().0.to_be_bytes());
                    slot[8..12].copy_from_slice(&SSRC.0.to_be_bytes());
                    let payload = black_box(&payload[..]);
                    let sealed =
                        protector.rtp(slot, HEADER_LEN, &[], payload, SSRC, ExtSeq(number));
                    number += 1;
                    sealed.expect("it fits")
                };
                group.bench_function(format!("{keys} keys/{in_use}"), |b| {
                    b.iter_custom(|packets| {
                        let runs = packets.div_ceil(RUN);
                        let start = clock();
                        for protector in protectors.iter().cycle().take(runs as usize) {
                            for _ in 0..RUN {
                                send(protector);
                            }
                        }
                        start.elapsed().mul_f64(packets as f64 / (runs * RUN) as f64)
                    });
                });
            }
            group.finish();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads a clock")]
fn clock() -> Instant {
    Instant::now()
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots().nresamples(2_000);
    targets = seal
}
criterion_main!(benches);
