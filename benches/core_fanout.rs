//! What a forwarded packet costs in the core: decrypt once, decide, seal for each receiver; no
//! sockets. Receivers × payload × SRTP suite × AES-GCM backend, each beside two companions in the
//! same run: the bare cipher over as many bytes ([`support::bare`]), and one str0m `Rtc` per
//! receiver ([`support::str0m_peer`]).
//!
//! Times are per forwarded packet. `cargo bench --bench core_fanout`; narrowed:
//! `cargo bench --bench core_fanout -- gcm128/1200/50`.

#[expect(dead_code, unreachable_pub, reason = "shared by benches that use a part each")]
mod support;

use lahn::srtp::{AeadBackend, Profile};

use support::bare::Bare;
use support::forward::Forward;
use support::load::Load;
use support::measure::{Entrant, Group, settings};
use support::str0m_peer::Str0m;
use support::summary::Summary;

const RECEIVERS: [u32; 6] = [1, 10, 50, 200, 1_000, 10_000];
/// One str0m `Rtc` takes some hundred kilobytes.
const MOST_STR0M: u32 = 200;

fn main() {
    let mut criterion = settings();
    let mut summary = Summary::new("core_fanout");
    let mut group = Group::new(&mut criterion, "core_fanout", &mut summary);
    for (suite, profile) in SUITES {
        for (name, load) in [("1200", Load::VIDEO), ("120", Load::AUDIO)] {
            for receivers in RECEIVERS {
                compare(
                    &mut group,
                    &format!("{suite}/{name}/{receivers}"),
                    profile,
                    load,
                    receivers,
                );
            }
        }
    }
    let (id, load) = ("gcm128/120-alone/50", Load::AUDIO_ALONE);
    compare(&mut group, id, Profile::AeadAes128Gcm, load, 50);
    drop(group);
    criterion.final_summary();
    summary.finish();
}

/// AES-CM goes through neither.
const BACKENDS: [Option<AeadBackend>; 3] =
    [Some(AeadBackend::Ring), Some(AeadBackend::AwsLc), Some(AeadBackend::Vaes)];

const SUITES: [(&str, Profile); 3] = [
    ("gcm128", Profile::AeadAes128Gcm),
    ("gcm256", Profile::AeadAes256Gcm),
    ("sha1", Profile::Aes128CmSha1_80),
];

fn compare(group: &mut Group<'_>, id: &str, profile: Profile, load: Load, receivers: u32) {
    let mut entrants = Vec::new();
    let backends = if profile == Profile::Aes128CmSha1_80 { &[None][..] } else { &BACKENDS };
    for &backend in backends {
        let of = |what: &str| match backend {
            Some(backend) => format!("{what} {}", backend.name()),
            None => what.to_owned(),
        };
        let forward = move || Forward::new(load, receivers, profile, backend);
        entrants.push(Entrant::new(&of("lahn"), forward));
        // Our own is no library that could be called by itself.
        if backend != Some(AeadBackend::Vaes) {
            let bare = move || Bare::new(load, receivers, profile, backend);
            entrants.push(Entrant::new(&of("bare"), bare));
        }
    }
    if receivers <= MOST_STR0M {
        let str0m = move || Str0m::new(load, receivers, profile);
        entrants.push(Entrant::new("str0m", str0m));
    }
    group.compare(id, entrants);
}
