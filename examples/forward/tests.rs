//! The whole example on a small recording: what it writes, and what it tells.

mod synthetic;

use std::fs;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use lahn::wire::rtp::RtpHeader;
use lahn::{Layer, LayerReason};

use crate::journal::What;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::random::Random;
use crate::recording::{Error, Recording};
use crate::script::Script;
use crate::session::FORWARDED;
use crate::stage::Stage;
use crate::{picture, rtpdump, run};

use synthetic::{FRAMES, PARTS, SCRIPT_HEAD};

fn play(events: &str) -> Outcome {
    let script = Script::read(&format!("{SCRIPT_HEAD}{events}")).unwrap();
    let recording = Recording::read(&synthetic::file(), &script).unwrap();
    Stage::set(&script, &recording).unwrap().play().unwrap()
}

/// What the recording says is wrong with a script that is well-formed, or with itself.
fn refused(file: &[u8], script: &str) -> String {
    let script = Script::read(script).unwrap();
    match Recording::read(file, &script).and_then(|it| Stage::set(&script, &it).map(|_| ())) {
        Err(Error::Recording(what)) => what,
        Err(Error::Script(wrong)) => format!("{}: {}", wrong.line, wrong.what),
        Ok(()) => panic!("nothing is wrong"),
    }
}

/// Which encodings it switched to, when and why.
fn switches(outcome: &Outcome) -> Vec<(Duration, Option<u8>, LayerReason)> {
    let of = |(at, what): &(Duration, What)| match what {
        What::Switched { layer, reason } => Some((*at, layer.map(|it| it.encoding), *reason)),
        _ => None,
    };
    let mut all: Vec<_> = outcome.journal.entries.iter().filter_map(of).collect();
    // Changes within an encoding are another matter.
    all.dedup_by_key(|(_, encoding, _)| *encoding);
    all
}

fn has(outcome: &Outcome, is: impl Fn(&What) -> bool) -> bool {
    outcome.journal.entries.iter().any(|(_, what)| is(what))
}

#[test]
fn outputs_are_written_and_every_forwarded_packet_opens() {
    let folder = std::env::temp_dir().join(format!("lahn-forward-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("synthetic.rtpdump"), synthetic::file()).unwrap();
    let script = folder.join("down.toml");
    let events = "[[constraints]]\nat = '1.5s'\nmax_spatial = 0\n";
    fs::write(&script, format!("{SCRIPT_HEAD}{events}")).unwrap();
    let options = Options { script, recording: None, out: folder.join("out"), json: true };
    let outcome = run(&options).unwrap();
    let file = |ending: &str| fs::read(folder.join(PathBuf::from("out").with_extension(ending)));

    let forwarded = rtpdump::read(&file("rtpdump").unwrap()).unwrap();
    let rtp: Vec<_> = forwarded.iter().filter(|packet| !packet.rtcp).collect();
    assert_eq!(rtp.len() as u64, outcome.received.packets);
    assert_eq!(outcome.received.refused, 0);
    // A switch in the middle of a frame leaves a number out (rule R4).
    assert!(outcome.missing <= switches(&outcome).len(), "{}", outcome.missing);
    for packet in rtp {
        assert_eq!(RtpHeader::parse(&packet.bytes).unwrap().ssrc, FORWARDED);
    }
    assert!(forwarded.iter().any(|packet| packet.rtcp), "sender reports flow");

    let log = String::from_utf8(file("log").unwrap()).unwrap();
    assert!(log.contains("1.500 s  constraints: max_spatial 0"), "{log}");
    assert!(log.contains("SWITCH to l S0 T"), "{log}");
    let json: serde_json::Value = serde_json::from_slice(&file("json").unwrap()).unwrap();
    assert_eq!(json["encodings"], serde_json::json!(["l", "m", "h"]));
    let is_switch = |event: &&serde_json::Value| event["what"] == "switch";
    let told = json["events"].as_array().unwrap().iter().filter(is_switch).count();
    assert_eq!(told, log.lines().filter(|line| line.contains("SWITCH")).count());
    let svg = String::from_utf8(file("svg").unwrap()).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn log_tells_the_switches_that_the_script_asks_for_at_key_frames() {
    let outcome = play(
        "[[constraints]]\nat = '0.5s'\nmax_spatial = 0\n[[constraints]]\nat = '2.5s'\nmax_spatial = 1",
    );
    let told = switches(&outcome);
    let later: Vec<_> = told.iter().filter(|(at, ..)| at.as_millis() > 500).collect();
    let [(down, to_low, why_down), (up, to_middle, why_up)] = later[..] else {
        panic!("{told:?}");
    };
    assert_eq!((*to_low, *why_down), (Some(0), LayerReason::Constraint));
    assert!((1_000..1_040).contains(&down.as_millis()), "{told:?}");
    assert_eq!((*to_middle, *why_up), (Some(1), LayerReason::Constraint));
    assert!((3_000..3_040).contains(&up.as_millis()), "{told:?}");
    assert!(has(&outcome, |what| matches!(what, What::KeyFrameRequest { next: Some(_), .. })));
    assert_eq!(outcome.received.timestamps_back, 0);
}

#[test]
fn pause_stops_the_stream_and_its_end_brings_it_back() {
    let outcome = play(
        "[[constraints]]\nat = '0.5s'\npaused = true\n[[constraints]]\nat = '1.5s'\npaused = false",
    );
    let (pause, ended) = outcome.received.longest_pause;
    assert!((1_450..1_600).contains(&pause.as_millis()), "{pause:?}");
    assert!((2_000..2_040).contains(&ended.as_millis()), "at a key frame: {ended:?}");
    let told = switches(&outcome);
    let [.., (paused, None, LayerReason::Paused), (resumed, Some(2), LayerReason::Resumed)] =
        told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!((paused.as_millis(), resumed), (500, ended), "{told:?}");
    assert!(outcome.missing <= 1, "numbers go on: {}", outcome.missing);
}

#[test]
fn what_is_lost_on_the_way_up_is_asked_for_and_sent_again_unless_the_script_forbids() {
    let loss = "[[loss]]\nencoding = 'h'\npackets = ['40..42', 200]\n";
    let repaired = play(&format!("{loss}[[constraints]]\nat = 0\nmax_spatial = 2"));
    assert!(has(&repaired, |what| {
        *what == What::Lost { encoding: Some(2), first: 40, count: 3 }
    }));
    let answered =
        |what: &What| matches!(what, What::NackToPublisher { answered, .. } if *answered > 0);
    assert!(has(&repaired, answered));
    let packets = |outcome: &Outcome| outcome.packets_in[2].len() as u64;
    assert_eq!(packets(&repaired), FRAMES * PARTS[2]);

    let mute = SCRIPT_HEAD.replace("[source]", "[source]\nanswers_nack = false");
    let script = Script::read(&format!("{mute}{loss}")).unwrap();
    let recording = Recording::read(&synthetic::file(), &script).unwrap();
    let lost = Stage::set(&script, &recording).unwrap().play().unwrap();
    assert!(!has(&lost, answered));
    assert_eq!(packets(&lost), FRAMES * PARTS[2] - 4);
}

#[test]
fn what_is_lost_on_the_way_down_the_receiver_asks_for_and_gets() {
    let outcome = play("[[loss]]\nlink = 'down'\nrate = 0.05\nseed = 3");
    let lost = outcome.journal.entries.iter().filter_map(|(_, what)| match what {
        What::LostDown { count, .. } => Some(*count),
        _ => None,
    });
    assert!(lost.sum::<u64>() > 5);
    assert!(has(&outcome, |what| matches!(what, What::NackFromReceiver { .. })));
    assert!(outcome.received.repaired > 5);
    // A number was left out by the switch at the beginning; two packets were lost right before a key
    // frame, after which nothing from before it is sent again (rule K3).
    assert!(outcome.missing <= 3, "{}", outcome.missing);
}

#[test]
fn late_and_doubled_packets_reach_the_engine_and_nothing_comes_twice() {
    let outcome = play(
        "[[reorder]]\nrate = 0.05\ndelay = '4ms'\n[[duplicate]]\nencoding = 2\npackets = ['100..119']",
    );
    assert!(has(&outcome, |what| matches!(what, What::Delayed { .. })));
    assert_eq!(outcome.packets_in[2].len() as u64, FRAMES * PARTS[2] + 20);
    let replayed = |(reason, count): &(String, u64)| reason == "Replayed" && *count == 20;
    let (whose, drops) = &outcome.drops[0];
    assert!(*whose == "from the publisher" && drops.iter().any(replayed), "{drops:?}");
    assert_eq!((outcome.received.repeated, outcome.received.refused), (0, 0));
}

#[test]
fn stopped_encoding_leaves_no_gap_and_comes_back_under_another_ssrc_if_told_so() {
    let stop = "[[stop]]\nencoding = 'h'\nfrom = '1.2s'\nto = '2s'\n";
    for (new_ssrc, more) in [(false, ""), (true, "new_ssrc = true")] {
        let outcome = play(&format!("{stop}{more}"));
        assert!(has(&outcome, |what| *what == What::Stopped { encoding: Some(2) }));
        assert!(has(&outcome, |what| *what == What::CameBack { encoding: Some(2), new_ssrc }));
        let sent = outcome.packets_in[2].len() as u64;
        assert_eq!(sent, (36 + 60) * PARTS[2], "{new_ssrc}");
        let strange = ["UnknownStream", "AuthenticationFailed", "Replayed", "Duplicate"];
        let (_, drops) = &outcome.drops[0];
        assert!(!drops.iter().any(|(reason, _)| strange.contains(&reason.as_str())), "{drops:?}");
        assert!(!has(&outcome, |what| matches!(what, What::NackToPublisher { .. })));
        let last = outcome.journal.entries.iter().rev().find_map(|(at, what)| match what {
            What::KeyFrame { encoding: 2 } => Some(*at),
            _ => None,
        });
        assert!(last.unwrap() >= Duration::from_secs(3), "{new_ssrc}");
    }
}

#[test]
fn encodings_are_found_where_the_script_names_none() {
    let script = Script::read("[source]\ncodecs = { 96 = 'VP8' }").unwrap();
    let recording = Recording::read(&synthetic::file(), &script).unwrap();
    let ssrcs: Vec<_> = recording.encodings.iter().map(|it| it.params.ssrc.unwrap().0).collect();
    assert_eq!(ssrcs, [0, 1, 2].map(synthetic::ssrc));
    assert_eq!(recording.names(), ["0", "1", "2"]);
    let script = Script::read(&SCRIPT_HEAD.replace("encodings", "#")).unwrap();
    let recording = Recording::read(&synthetic::file(), &script).unwrap();
    assert_eq!(recording.names(), ["l", "m", "h"]);
}

#[test]
fn bad_recordings_and_names_of_nothing_are_told() {
    let good = synthetic::file();
    assert!(refused(b"RIFF", SCRIPT_HEAD).contains("not an rtpdump"));
    assert!(refused(&good[..good.len() - 3], SCRIPT_HEAD).contains("cut off"));
    let other = SCRIPT_HEAD.replace("96", "100");
    assert!(refused(&good, &other).contains("no packet has payload type 100; there are: 96 (840"));
    let rtp = rtpdump::Packet { at: Duration::ZERO, rtcp: false, bytes: vec![0x10; 40] };
    let no_rtp = rtpdump::write(&[rtp]).unwrap();
    let told = refused(&no_rtp, SCRIPT_HEAD);
    assert!(told.starts_with("packet 0: ") && told.contains("RTP version"), "{told}");
    let mut packets = rtpdump::read(&good).unwrap();
    packets.last_mut().unwrap().at += Duration::from_secs(3_600);
    let late = rtpdump::write(&packets).unwrap();
    assert!(refused(&late, SCRIPT_HEAD).contains("3600 s after the one before"));
    let nobody = format!("{SCRIPT_HEAD}[[stop]]\nfrom = 0\nencoding = 'x'");
    assert_eq!(refused(&good, &nobody), "9: no encoding x: there are l, m, h");
    let unnamed = SCRIPT_HEAD.replace("'m'", "'q'");
    assert!(refused(&good, &unnamed).starts_with("6: no packet names this encoding's rid"));
}

#[test]
fn spoilt_recordings_are_refused_or_played_and_never_bring_it_down() {
    let script = Script::read(&format!("{SCRIPT_HEAD}[[stop]]\nfrom = 1\nto = 2\nnew_ssrc = true"));
    let (script, good) = (script.unwrap(), synthetic::file());
    let (mut random, mut played) = (Random::new(5), 0);
    for _ in 0..150 {
        let mut spoilt = good.clone();
        for _ in 0..20 {
            let place = (random.share() * spoilt.len() as f64) as usize;
            spoilt[place] ^= 1 << (random.share() * 8.0) as u32;
        }
        let Ok(recording) = Recording::read(&spoilt, &script) else { continue };
        let Ok(outcome) = Stage::set(&script, &recording).and_then(Stage::play) else { continue };
        assert_eq!(outcome.received.refused, 0);
        played += 1;
    }
    assert!(played > 5, "{played}");
}

#[test]
fn scripts_that_come_with_it_are_good_and_play() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/forward/scripts");
    let files = fs::read_dir(&here).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.collect();
    assert!(files.len() >= 3);
    for file in files {
        let script = Script::read(&fs::read_to_string(&file).unwrap());
        let script = script.unwrap_or_else(|wrong| panic!("{}: {wrong:?}", file.display()));
        let recorded = here.join(script.recording.as_ref().expect("it names one"));
        let recording = Recording::read(&fs::read(&recorded).unwrap(), &script).unwrap();
        let outcome = Stage::set(&script, &recording).unwrap().play().unwrap();
        assert!(outcome.received.packets > 20, "{}", file.display());
        let received = &outcome.received;
        let wrong = (received.refused, received.repeated, received.timestamps_back);
        assert_eq!(wrong, (0, 0, 0), "{}", file.display());
        let layer = |layer: &Option<Layer>| match layer {
            Some(layer) => outcome.journal.layer(*layer),
            None => "nothing".to_owned(),
        };
        let of = |(_, what): &(Duration, What)| match what {
            What::Switched { layer: to, reason } => Some(format!("{}: {reason:?}", layer(to))),
            _ => None,
        };
        let told: Vec<_> = outcome.journal.entries.iter().filter_map(of).collect();
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        let (_, expected) = SHIPPED.iter().find(|(it, _)| *it == name).expect("it is listed");
        assert_eq!(told, *expected, "{name}");
    }
}

#[test]
fn picture_shows_layers_marks_and_bitrates() {
    let outcome = play(
        "[[constraints]]\nat = '0.5s'\nmax_spatial = 0\n[[loss]]\nfrom = '2s'\nto = '2.1s'\n[[pli]]\nat = 3",
    );
    assert!(outcome.lanes.contains(&Layer { encoding: 0, ..Layer::default() }));
    let svg = picture::draw(&outcome, "a < b");
    for part in ["a &lt; b", "l S0 T0", "max_spatial 0", "LOST", "ASKED", "kbit/s", "in, h", "out"]
    {
        assert!(svg.contains(part), "{part}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "every place is a number");
}

/// The layer changes in the scripts that come with it.
const SHIPPED: [(&str, &[&str]); 3] = [
    (
        "layers",
        &[
            "0 S2 T2: Started",
            "0 S2 T1: Constraint",
            "0 S2 T0: Constraint",
            "0 S2 T2: Constraint",
            "0 S0 T2: Constraint",
            "0 S2 T2: Constraint",
        ],
    ),
    ("pause", &["h S0 T0: Started", "nothing: Paused", "m S0 T0: Resumed", "h S0 T0: Available"]),
    ("simulcast", &["h S0 T2: Started", "l S0 T2: Constraint", "h S0 T2: Constraint"]),
];
