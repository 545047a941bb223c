//! What SRTP costs over its bare cipher: protect and unprotect, a video and an audio payload, each
//! profile, beside `ring` sealing and opening the same bytes. AES-CM stands beside `ring`'s
//! AES-128-GCM too, and beside the two passes it is made of.
//!
//! Then, under `batch`, per packet: one packet after the other and batches of several, for as many
//! receivers, with each kind of instructions that the CPU has for AES-CM, beside AES-GCM.
//!
//! `cargo bench --bench srtp`, `cargo bench --bench srtp -- batch`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ctr::CtrCore;
use ctr::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use ctr::flavors::Ctr32BE;
use lahn::srtp::{
    Profile, ProtectBatch, Protector, ReceiveIndex, Simd, TransportKeys, Unprotector,
};
use lahn::{ExtSeq, Ssrc};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha1::Digest;

const HEADER_LEN: usize = 20;
const SSRC: Ssrc = Ssrc(0x1234_5678);

fn header(slot: &mut [u8], index: u64) {
    slot[0] = 0x90;
    slot[2..4].copy_from_slice(&ExtSeq(index).seq().0.to_be_bytes());
    slot[8..12].copy_from_slice(&SSRC.0.to_be_bytes());
}

fn keys(profile: Profile) -> [TransportKeys; 2] {
    let material = vec![7; 2 * (profile.key_len() + profile.salt_len())];
    [true, false].map(|is_client| {
        TransportKeys::from_dtls(profile, &material, is_client).expect("its length fits")
    })
}

fn bare(profile: Profile) -> LessSafeKey {
    let (algorithm, key) = match profile {
        Profile::AeadAes256Gcm => (&AES_256_GCM, &[7; 32][..]),
        _ => (&AES_128_GCM, &[7; 16][..]),
    };
    LessSafeKey::new(UnboundKey::new(algorithm, key).expect("its length fits"))
}

fn nonce(index: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&index.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn srtp(c: &mut Criterion) {
    for payload_len in [1160, 160] {
        let payload = vec![0x5a; payload_len];
        for profile in Profile::ALL {
            let mut group = c.benchmark_group(format!("{}/{payload_len}", profile.name()));
            group.throughput(Throughput::Bytes(payload_len as u64));
            let [ours, theirs] = keys(profile);
            let (protector, unprotector) = (Protector::new(&ours), Unprotector::new(&theirs));
            let key = bare(profile);
            let mut slot = vec![0; 1500];
            let mut index = 0;

            group.bench_function("protect", |b| {
                b.iter(|| {
                    index += 1;
                    header(&mut slot, index);
                    let payload = black_box(&payload);
                    protector
                        .rtp(&mut slot, HEADER_LEN, &[], payload, SSRC, ExtSeq(index))
                        .expect("it fits")
                });
            });
            group.bench_function("bare seal", |b| {
                b.iter(|| {
                    index += 1;
                    header(&mut slot, index);
                    let (header, body) = slot.split_at_mut(HEADER_LEN);
                    let text = &mut body[..payload_len];
                    text.copy_from_slice(black_box(&payload));
                    let aad = Aad::from(&*header);
                    let tag = key.seal_in_place_separate_tag(nonce(index), aad, text);
                    body[payload_len..][..16].copy_from_slice(tag.expect("it is short").as_ref());
                });
            });

            header(&mut slot, 1);
            let sealed = protector
                .rtp(&mut slot, HEADER_LEN, &[], &payload, SSRC, ExtSeq(1))
                .expect("it fits");
            let packet = slot[..sealed.len()].to_vec();
            group.bench_function("unprotect", |b| {
                b.iter_batched_ref(
                    || (packet.clone(), ReceiveIndex::default()),
                    |(packet, stream)| {
                        let seq = ExtSeq(1).seq();
                        unprotector
                            .rtp(stream, SSRC, seq, HEADER_LEN, packet)
                            .expect("it opens")
                            .len()
                    },
                    BatchSize::SmallInput,
                );
            });
            let mut sealed = payload.clone();
            let tag = key
                .seal_in_place_separate_tag(nonce(1), Aad::from(&packet[..HEADER_LEN]), &mut sealed)
                .expect("it is short");
            sealed.extend_from_slice(tag.as_ref());
            group.bench_function("bare open", |b| {
                b.iter_batched_ref(
                    || sealed.clone(),
                    |sealed| {
                        let aad = Aad::from(&packet[..HEADER_LEN]);
                        key.open_in_place(nonce(1), aad, sealed).expect("it opens").len()
                    },
                    BatchSize::SmallInput,
                );
            });
            if profile == Profile::Aes128CmSha1_80 {
                let aes = aes::Aes128Enc::new(&[7; 16].into());
                group.bench_function("bare keystream", |b| {
                    b.iter(|| {
                        let iv = black_box([9; 16]).into();
                        let ctr = CtrCore::<_, Ctr32BE>::inner_iv_init(&aes, &iv);
                        let text = &mut slot[HEADER_LEN..][..payload_len];
                        ctr.apply_keystream_partial(text.into());
                    });
                });
                group.bench_function("bare SHA-1", |b| {
                    b.iter(|| sha1::Sha1::digest(black_box(&slot[..HEADER_LEN + payload_len])));
                });
            }
            group.finish();
        }
    }
}

/// What is measured here is the time per packet, whatever their number.
fn batches(c: &mut Criterion) {
    for payload_len in [1160, 160] {
        let mut group = c.benchmark_group(format!("batch/{payload_len}"));
        group.warm_up_time(Duration::from_millis(100));
        group.measurement_time(Duration::from_millis(300)).sample_size(10);
        let payload = vec![0x5a; payload_len];
        let aes_cm = Simd::available().map(|simd| {
            let name = format!("{}, {}", Profile::Aes128CmSha1_80.name(), simd.name());
            (name, Profile::Aes128CmSha1_80, simd)
        });
        let gcm = Profile::AeadAes128Gcm;
        let gcm = (gcm.name().to_owned(), gcm, Simd::detect()); // which it does not use
        for (name, profile, simd) in aes_cm.chain([gcm]) {
            let keys = &keys(profile)[0];
            let protectors = [(); ProtectBatch::MOST].map(|()| Protector::with_simd(keys, simd));
            let mut memory = vec![0; ProtectBatch::MOST * 1500];
            let mut index = 0;
            group.bench_function(format!("{name}/one by one"), |b| {
                b.iter_custom(|packets| {
                    per_packet(packets, ProtectBatch::MOST, || {
                        index += 1;
                        let mut rest = &mut memory[..];
                        for protector in &protectors {
                            header(rest, index);
                            let payload = black_box(&payload);
                            let sealed = protector
                                .rtp(rest, HEADER_LEN, &[], payload, SSRC, ExtSeq(index))
                                .expect("it fits");
                            rest = &mut rest[sealed.len()..];
                        }
                    })
                });
            });
            for count in [1, 2, 3, 4, 5, 8, 16] {
                group.bench_function(format!("{name}/batch of {count}"), |b| {
                    b.iter_custom(|packets| {
                        per_packet(packets, count, || {
                            index += 1;
                            let mut batch = ProtectBatch::new(&mut memory);
                            for protector in &protectors[..count] {
                                let len = HEADER_LEN + payload_len + 16;
                                header(batch.slot(len).expect("there is room"), index);
                                let payload = black_box(&payload);
                                batch
                                    .rtp(protector, HEADER_LEN, &[], payload, SSRC, ExtSeq(index))
                                    .expect("it fits");
                            }
                            batch.finish().for_each(|sealed| _ = black_box(sealed.len()));
                        })
                    });
                });
            }
        }
        group.finish();
    }
}

/// The time of `packets` packets if `seal` seals `count`.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads a clock")]
fn per_packet(packets: u64, count: usize, mut seal: impl FnMut()) -> Duration {
    let batches = packets.div_ceil(count as u64);
    let start = Instant::now();
    for _ in 0..batches {
        seal();
    }
    start.elapsed().mul_f64(packets as f64 / (batches * count as u64) as f64)
}

/// So that all benches together take minutes; the arguments may say otherwise.
fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(400))
        .sample_size(20)
        .nresamples(2_000)
        .without_plots()
}

criterion_group! {
    name = benches;
    config = settings();
    targets = srtp, batches
}
criterion_main!(benches);
