//! A call over a link of the real kernel that shrinks and recovers. `tests/netns/run` makes the
//! link, and says what is shown and what is needed.

use std::env;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::browser::now;
use crate::namespace::Namespace;
use crate::page::eventually;
use crate::server::Server;
use crate::watched::{Publisher, Viewer};
use crate::{PATIENCE, alone, chromium};

/// Lines of the camera's top layer.
const TOP: u32 = 720;

/// After the link recovered.
const BACK_WITHIN: f64 = 15.0;

/// Seconds after which a picture has stood.
const STANDS: f64 = 1.0;

/// Milliseconds of sound on end that may be made up, where `LAHN_NETNS_MADE_UP` says nothing else.
const MOST_MADE_UP: f64 = 100.0;

/// What the page notes (`link.js`); counts since it joined.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    /// Milliseconds before the sample was fetched.
    age: f64,
    frame_height: u32,
    frames_decoded: u64,
    bytes_received: u64,
    packets_lost: i64,
    freeze_count: u64,
    /// Seconds.
    total_freezes_duration: f64,
    pli_count: u64,
    /// Of 48 kHz.
    concealed_samples: u64,
    concealment_events: u64,
    total_samples_received: u64,
    sound_lost: i64,
}

/// What was noted while the link was of one kind. All times in seconds since the test began.
struct Phase {
    rate: &'static str,
    began: f64,
    samples: Vec<(f64, Sample)>,
}

#[test]
#[ignore = "needs network namespaces, which tests/netns/run makes"]
fn call_gets_over_a_link_that_shrinks() {
    let _alone = alone();
    let near = Namespace::named_by("LAHN_NETNS_SERVER");
    let far = Namespace::named_by("LAHN_NETNS_VIEWER");
    let address = env::var("LAHN_NETNS_ADDRESS").expect("tests/netns/run sets it");
    let number = |name| env::var(name).map(|text| text.parse::<u32>().expect("a number"));
    let seconds = number("LAHN_NETNS_SECONDS").map_or(30, u64::from);
    let most_made_up = number("LAHN_NETNS_MADE_UP").map_or(MOST_MADE_UP, f64::from);

    let options = ["--https", "--https-port", "3443", "--advertise", &address];
    let server = Server::start_by(near.command(Server::PROGRAM), &options);
    let mut beside = chromium::launch_in(Some(&near), &[]).or_skip().expect("a browser");
    let mut beyond = chromium::launch_in(Some(&far), &["--ignore-certificate-errors"])
        .or_skip()
        .expect("a browser");
    let _publisher = Publisher::join(beside.as_mut(), &server.url, "", "");
    let viewer = Viewer::join(beyond.as_mut(), &format!("https://{address}:3443"), "");
    viewer.wish(beyond.as_mut(), "size(1280, 720)");
    viewer.shows(beyond.as_mut(), TOP, PATIENCE);
    eventually(PATIENCE, || {
        match viewer.0.run(beyond.as_mut(), include_str!("link.js"))?.as_str() {
            "ready" => Ok(()),
            _ => Err("no sound".to_owned()),
        }
    })
    .expect("a picture and a sound");

    let start = now();
    let phases = ["3mbit", "500kbit", "3mbit"].map(|rate| {
        shape(&near, rate);
        let began = start.elapsed().as_secs_f64();
        thread::sleep(Duration::from_secs(seconds));
        let text = viewer.0.run(beyond.as_mut(), "takeSamples()").expect("the page noted");
        let samples: Vec<Sample> = serde_json::from_str(&text).expect("samples");
        let fetched = start.elapsed().as_secs_f64();
        let at = |one: &Sample| fetched - one.age / 1_000.0;
        let phase =
            Phase { rate, began, samples: samples.iter().map(|one| (at(one), *one)).collect() };
        phase.print();
        phase
    });

    let all: Vec<_> = phases.iter().flat_map(|phase| phase.samples.iter().copied()).collect();
    let made_up = longest_made_up(&all);
    let back = moves_at_top_since(&all).map(|at| (at - phases[2].began).max(0.0));
    println!("at its top layer again after {back:.1?} s; at most {made_up:.0} ms of sound made up");
    let shown = phases[0].samples.last();
    assert!(shown.is_some_and(|(_, one)| one.frame_height == TOP), "not even at the start");
    let back = back.expect("the picture comes back to its top layer and stays there");
    assert!(back <= BACK_WITHIN, "only after {back:.1} s");
    assert!(made_up <= most_made_up, "{made_up:.0} ms of sound were missing on end");
}

/// Makes the link carry so much from now on, with a queue of 300 ms before it.
fn shape(server: &Namespace, rate: &str) {
    let device = env::var("LAHN_NETNS_DEVICE").expect("tests/netns/run sets it");
    let mut tc = server.command("tc");
    tc.args(["qdisc", "change", "dev", &device, "root", "tbf", "rate", rate]);
    tc.args(["burst", "4kb", "latency", "300ms"]);
    assert!(tc.status().expect("tc runs").success());
}

/// Milliseconds that one stretch of sound may have had which was made up on end: never less than
/// the longest did. What was made up between two samples may belong to the stretch that went on, to
/// one that began, or to both.
fn longest_made_up(samples: &[(f64, Sample)]) -> f64 {
    let (mut longest, mut stretch) = (0, 0);
    for pair in samples.windows(2) {
        let more = pair[1].1.concealed_samples.saturating_sub(pair[0].1.concealed_samples);
        longest = longest.max(stretch + more);
        let is_other = pair[1].1.concealment_events > pair[0].1.concealment_events;
        stretch = if is_other { more } else { stretch + more };
    }
    millis_of(longest)
}

/// Samples of 48 kHz.
#[expect(clippy::cast_precision_loss, reason = "a few minutes of sound")]
fn millis_of(samples: u64) -> f64 {
    samples as f64 / 48.0
}

/// Since when, to the end, pictures of the top layer came and none of them stood for a second.
fn moves_at_top_since(samples: &[(f64, Sample)]) -> Option<f64> {
    let is_well = |(place, (at, now)): &(usize, &(f64, Sample))| {
        let second_ago = samples[..*place].iter().rev().find(|(then, _)| *then <= at - STANDS);
        now.frame_height == TOP
            && second_ago.is_some_and(|(_, then)| now.frames_decoded > then.frames_decoded)
    };
    let well = samples.iter().enumerate().rev().take_while(is_well).last()?;
    Some(well.1.0)
}

impl Phase {
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    fn print(&self) {
        let (Some((_, first)), Some((_, last))) = (self.samples.first(), self.samples.last())
        else {
            return;
        };
        let bits = (last.bytes_received - first.bytes_received) * 8;
        let mut heights: Vec<(u32, f64)> = Vec::new();
        for (at, one) in &self.samples {
            if heights.last().is_none_or(|(height, _)| *height != one.frame_height) {
                heights.push((one.frame_height, at - self.began));
            }
        }
        let heights: Vec<_> =
            heights.iter().map(|(height, at)| format!("{height} at {at:.1}")).collect();
        println!(
            "{:>8}: {:.0} kbit/s of video, {} lost; {} freezes ({:.1} s), {} PLI; sound: {} lost, \
             {:.0} of {:.0} ms made up in {} events, longest {:.0} ms; lines: {}",
            self.rate,
            bits as f64 / 1_000.0 / ((first.age - last.age) / 1_000.0),
            last.packets_lost - first.packets_lost,
            last.freeze_count - first.freeze_count,
            last.total_freezes_duration - first.total_freezes_duration,
            last.pli_count - first.pli_count,
            last.sound_lost - first.sound_lost,
            millis_of(last.concealed_samples - first.concealed_samples),
            millis_of(last.total_samples_received - first.total_samples_received),
            last.concealment_events - first.concealment_events,
            longest_made_up(&self.samples),
            heights.join(", "),
        );
    }
}
