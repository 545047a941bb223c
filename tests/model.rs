//! A model check: random scripts of loss, reordering, duplicates, changes of constraints, pauses,
//! layers and encodings that stop and come back, publishers that start over, for every codec. The
//! engine forwards; a reference receiver for each subscription, which knows what every packet really
//! is, panics at the first thing that a decoder could not live with.
//!
//! `LAHN_MODEL_STEPS` and `LAHN_MODEL_SEED` make it longer, or another one.

#![allow(unreachable_pub, reason = "tests in several files")]

#[path = "support/ends.rs"]
mod ends;
#[allow(dead_code, unused_imports, reason = "shared by crates that use a part each")]
#[path = "support/publish/mod.rs"]
mod publish;
#[allow(dead_code, unused_imports, reason = "shared by crates that use a part each")]
#[path = "support/reference/mod.rs"]
mod reference;

#[path = "model/call.rs"]
mod call;
#[path = "model/script.rs"]
mod script;
#[path = "model/wire.rs"]
mod wire;

use publish::Kind;
use script::{Trouble, run};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// Scripts for one kind of source, readable and encrypted end to end.
fn check(kind: Kind) {
    let steps = number("LAHN_MODEL_STEPS", 12_000);
    let seed = number("LAHN_MODEL_SEED", 1);
    for (nth, trouble) in [Trouble::NONE, Trouble::LOSS, Trouble::ALL].into_iter().enumerate() {
        let seed = seed * 100 + nth as u64;
        // Nothing tells the layers of H.264 without a descriptor once it is encrypted (H2).
        let hides_all = kind == Kind::H264_SIMULCAST;
        for kind in [kind, kind.opaque()].into_iter().take(if hides_all { 1 } else { 2 }) {
            run(kind, seed, steps / 6, trouble);
        }
    }
}

macro_rules! model {
    ($($name:ident: $kind:ident,)*) => {
        $(#[test] fn $name() { check(Kind::$kind); })*
    };
}

model! {
    vp8_simulcast: VP8_SIMULCAST,
    vp8_simulcast_with_descriptor: VP8_SIMULCAST_DD,
    vp9_l3t3: VP9_L3T3,
    vp9_l3t3_flexible: VP9_L3T3_FLEXIBLE,
    vp9_l3t3_key: VP9_L3T3_KEY,
    vp9_l3t3_key_flexible: VP9_L3T3_KEY_FLEXIBLE,
    av1_l1t3: AV1_L1T3,
    av1_simulcast: AV1_SIMULCAST,
    av1_l3t3: AV1_L3T3,
    av1_l3t3_key: AV1_L3T3_KEY,
    av1_s3t3: AV1_S3T3,
    h264_simulcast: H264_SIMULCAST,
    h264_simulcast_with_descriptor: H264_SIMULCAST_DD,
}
