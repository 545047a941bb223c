//! A camera in three layers, and one viewer who wants now this one, now that one.

use std::time::Duration;

use serde::Deserialize;

use crate::browser::{Browser, now};
use crate::page::{self, Tab, eventually};
use crate::server::Server;
use crate::{PATIENCE, alone, chromium};

/// How long the picture may take to follow a choice.
const FOLLOWS: Duration = Duration::from_secs(3);

/// How often the viewer goes up and down again.
const ROUNDS: usize = 10;

/// Longest time between two frames of the publisher's clock that are both shown, in milliseconds.
const GAP: f64 = 200.0;

/// Frames that a busy machine may decode too late to show.
const DROPPED: u64 = 3;

/// How the frames are encrypted end to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encryption {
    None,
    /// What a VP8 decoder's header needs stays clear, as encrypting pages do it.
    BehindHeaders,
    /// Not one byte of a frame is clear: the server has the dependency descriptor only.
    Whole,
}

/// What the viewer's `watch.js` tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Look {
    frame_height: u32,
    frames_decoded: u64,
    frames_dropped: u64,
    freeze_count: u64,
    /// Requests for key frames: something that a frame refers to was missing.
    pli_count: u64,
    /// Milliseconds between frames shown, by their timestamps.
    gap: f64,
    /// Timestamps that went back.
    backwards: u32,
    /// What the server said of layers.
    layers: Vec<String>,
}

/// The viewer's two ways to say what it wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Choice,
    Size,
}

#[test]
fn chromium_picture_follows_the_size_of_its_tile_without_a_freeze() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    switches(browser.as_mut(), By::Size, Encryption::None);
}

#[test]
fn chromium_picture_follows_the_choice_and_end_to_end_encryption_changes_no_decision() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    let plain = switches(browser, By::Choice, Encryption::None);
    assert_eq!(plain.len(), 2 * ROUNDS, "{plain:?}");
    for encryption in [Encryption::BehindHeaders, Encryption::Whole] {
        assert_eq!(switches(browser, By::Choice, encryption), plain, "{encryption:?}");
    }
}

#[test]
fn chromium_publisher_stops_the_layers_that_nobody_wants_and_resumes_them() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    let server = Server::start(&[]);
    let (publisher, viewer) = call(browser, &server, Encryption::None);
    for (size, height, sends) in [
        ("320, 180", 180, [true, false, false]),
        ("640, 360", 360, [true, true, false]),
        ("1280, 720", 720, [true, true, true]),
        ("320, 180", 180, [true, false, false]),
        ("1280, 720", 720, [true, true, true]),
    ] {
        command(browser, &viewer, &format!("watch.size({size})"));
        shows(browser, &viewer, height, PATIENCE);
        encodes(browser, &publisher, sends);
    }
    for (pauses, resumes) in [
        ("watch.choose('pause')", "watch.choose('auto')"),
        ("watch.scrollAway(true)", "watch.scrollAway(false)"),
    ] {
        command(browser, &viewer, pauses);
        encodes(browser, &publisher, [false; 3]);
        command(browser, &viewer, resumes);
        shows(browser, &viewer, 720, PATIENCE);
    }
}

#[test]
fn chromium_camera_comes_in_the_codec_and_the_layers_that_the_address_asks_for() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    for (codec, sent) in [
        ("vp9", "video/VP9 L3T3_KEY"),
        ("av1", "video/AV1 L3T3_KEY"),
        ("h264", "video/H264 l m h"),
        ("none-such", "video/VP8 l m h"),
    ] {
        let server = Server::start(&[]);
        let query = format!("&codec={codec}");
        let publisher = Tab::join_with(browser, &server.url, "Ada", &query, "");
        let viewer = Tab::join_with(browser, &server.url, "Bob", "", NO_CAMERA);
        watch(browser, &viewer);
        eventually(PATIENCE, || {
            let before = look(browser, &viewer)?;
            page::pause();
            let after = look(browser, &viewer)?;
            let now = publisher.run(browser, SENT)?;
            let moves = after.frames_decoded > before.frames_decoded;
            if moves && now == sent { Ok(()) } else { Err(format!("{now}, {after:?}")) }
        })
        .unwrap_or_else(|error| panic!("{codec}: {error}\n{}", publisher.describe(browser)));
        for tab in [publisher, viewer] {
            tab.close(browser);
        }
    }
}

/// Ten times up and down; what the server said of layers meanwhile.
fn switches(browser: &mut dyn Browser, by: By, encryption: Encryption) -> Vec<String> {
    let server = Server::start(&[]);
    let (publisher, viewer) = call(browser, &server, encryption);
    let scrambled = publisher.run(browser, "Promise.resolve(String(globalThis.scrambled ?? 0))");
    assert_eq!(scrambled.expect("a number") != "0", encryption != Encryption::None);
    let [low, high] = match by {
        By::Choice => ["watch.choose('l')", "watch.choose('h')"],
        By::Size => ["watch.size(320, 180)", "watch.size(1280, 720)"],
    };
    command(browser, &viewer, low);
    shows(browser, &viewer, 180, PATIENCE);
    command(browser, &viewer, "watch.forget()");
    let before = look(browser, &viewer).expect("it looks");
    for _ in 0..ROUNDS {
        for (wish, height) in [(high, 720), (low, 180)] {
            command(browser, &viewer, wish);
            shows(browser, &viewer, height, FOLLOWS);
            page::pause();
        }
    }
    let after = look(browser, &viewer).expect("it looks");
    println!("{by:?}, {encryption:?}: {:?}", viewer.run(browser, "watch.look()"));
    assert_eq!(after.freeze_count, before.freeze_count, "{after:?}");
    assert_eq!(after.pli_count, before.pli_count, "{after:?}");
    assert_eq!(after.backwards, 0, "{after:?}");
    assert!(after.gap > 0.0 && after.gap <= GAP, "{after:?}");
    assert!(after.frames_dropped <= before.frames_dropped + DROPPED, "{after:?}");
    for tab in [publisher, viewer] {
        tab.close(browser);
    }
    after.layers
}

/// A publisher and a viewer, who sees the best layer.
fn call(browser: &mut dyn Browser, server: &Server, encryption: Encryption) -> (Tab, Tab) {
    let script = match encryption {
        Encryption::None => String::new(),
        Encryption::BehindHeaders => scrambled("{ key: 10, delta: 3 }"),
        Encryption::Whole => scrambled("{ key: 0, delta: 0 }"),
    };
    let publisher = Tab::join_with(browser, &server.url, "Ada", "", &script);
    let viewer = Tab::join_with(browser, &server.url, "Bob", "", &format!("{NO_CAMERA}{script}"));
    watch(browser, &viewer);
    command(browser, &viewer, "watch.size(1280, 720)");
    shows(browser, &viewer, 720, PATIENCE);
    (publisher, viewer)
}

/// Puts `watch.js` into the page, once it receives.
fn watch(browser: &mut dyn Browser, viewer: &Tab) {
    eventually(PATIENCE, || match viewer.run(browser, include_str!("watch.js"))?.as_str() {
        "ready" => Ok(()),
        _ => Err("no picture".to_owned()),
    })
    .unwrap_or_else(|error| panic!("{error}\n{}", viewer.describe(browser)));
}

fn scrambled(clear: &str) -> String {
    format!("const CLEAR = {clear};\n{}", include_str!("encrypted.js"))
}

/// Frames of this height are decoded.
fn shows(browser: &mut dyn Browser, viewer: &Tab, height: u32, patience: Duration) {
    let (start, mut decoded) = (now(), None);
    eventually(patience, || {
        let look = look(browser, viewer)?;
        let moves =
            decoded.replace(look.frames_decoded).is_some_and(|was| look.frames_decoded > was);
        if look.frame_height == height && moves { Ok(()) } else { Err(format!("{look:?}")) }
    })
    .unwrap_or_else(|error| panic!("no {height}: {error}\n{}", viewer.describe(browser)));
    println!("{height} after {:?}", start.elapsed());
}

fn look(browser: &mut dyn Browser, viewer: &Tab) -> Result<Look, String> {
    let text = viewer.run(browser, "watch.look()")?;
    serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
}

fn command(browser: &mut dyn Browser, tab: &Tab, script: &str) {
    tab.run(browser, &format!("{script}; Promise.resolve('')")).expect("the page does it");
}

/// Of l, m and h, the publisher encodes just these.
fn encodes(browser: &mut dyn Browser, publisher: &Tab, wanted: [bool; 3]) {
    eventually(PATIENCE, || {
        let before = encoded(browser, publisher)?;
        page::pause();
        let after = encoded(browser, publisher)?;
        let moves: Vec<bool> = after.iter().zip(&before).map(|(after, was)| after > was).collect();
        if moves == wanted { Ok(()) } else { Err(format!("{before:?}, then {after:?}")) }
    })
    .unwrap_or_else(|error| panic!("not {wanted:?}: {error}\n{}", publisher.describe(browser)));
}

/// Frames that the publisher encoded of l, m and h.
fn encoded(browser: &mut dyn Browser, publisher: &Tab) -> Result<[u64; 3], String> {
    let text = publisher.run(browser, ENCODED)?;
    serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
}

const NO_CAMERA: &str = "navigator.mediaDevices.getUserMedia = () => Promise.reject();";

const ENCODED: &str = "(async () => {
  const stats = [...(await call.pc.getStats()).values()];
  const of = (rid) => stats.find((one) => one.type === 'outbound-rtp' && one.rid === rid);
  return JSON.stringify(['l', 'm', 'h'].map((rid) => of(rid)?.framesEncoded ?? 0));
})()";

const SENT: &str = "(async () => {
  const stats = [...(await call.pc.getStats()).values()];
  const sent = stats.filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  const codec = stats.find(({ id }) => id === sent[0]?.codecId)?.mimeType;
  const rids = ['l', 'm', 'h'].filter((rid) => sent.some((one) => one.rid === rid));
  return [codec, ...(rids.length ? rids : [sent[0]?.scalabilityMode])].join(' ');
})()";
