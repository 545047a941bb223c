//! A camera in three layers, and one viewer who wants now this one, now that one.

use std::time::Duration;

use crate::browser::Browser;
use crate::page;
use crate::server::Server;
use crate::watched::{Publisher, Viewer};
use crate::{PATIENCE, alone, chromium, eventually};

/// How long the picture may take to follow a wish.
const FOLLOWS: Duration = Duration::from_secs(3);

/// How often the viewer goes up and down again.
const ROUNDS: usize = 10;

/// Longest time between two frames that are decoded, by the publisher's clock, in milliseconds: no
/// freeze over 200, beyond the two frames it may take the publisher to encode a key frame.
const GAP: f64 = 200.0 + 100.0;

/// Freezes that a busy machine may show of twenty switches: Chromium counts them by when a frame is
/// drawn, so a page that gets no core for a while counts too. What the engine is to answer for is
/// [`GAP`], by the clock of the publisher.
const FROZEN: u64 = 3;

/// Frames that a busy machine may decode too late to show.
const DROPPED: u64 = 3;

/// Packets that a busy machine may lose.
const LOST: i64 = 10;

/// How the frames are encrypted end to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encryption {
    None,
    /// What a VP8 decoder's header needs stays clear, as encrypting pages do it.
    BehindHeaders,
    /// Not one byte of a frame is clear: the server has the descriptors before it only.
    Whole,
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
    let server = Server::start(&["--ignore-links"]);
    let (publisher, viewer) = call(browser, &server, Encryption::None);
    for (size, height, encoded) in [
        ("size(320, 180)", 180, [true, false, false]),
        ("size(640, 360)", 360, [true, true, false]),
        ("size(1280, 720)", 720, [true, true, true]),
        ("size(320, 180)", 180, [true, false, false]),
        ("size(1280, 720)", 720, [true, true, true]),
    ] {
        viewer.wish(browser, size);
        viewer.shows(browser, height, PATIENCE);
        publisher.encodes(browser, encoded);
    }
    for (pauses, resumes) in
        [("choose('pause')", "choose('auto')"), ("scrollAway(true)", "scrollAway(false)")]
    {
        viewer.wish(browser, pauses);
        publisher.encodes(browser, [false; 3]);
        viewer.wish(browser, resumes);
        viewer.shows(browser, 720, PATIENCE);
    }
}

#[test]
fn chromium_camera_comes_in_the_codec_and_the_layers_that_the_address_asks_for() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    let by_size = ["size(1280, 720)", "size(320, 180)", "size(640, 360)"];
    // Chromium's descriptors for H.264 tell no sizes.
    let by_choice = ["choose('h')", "choose('l')", "choose('m')"];
    for (codec, sent, wishes) in [
        ("vp9", "video/VP9 L3T3_KEY", by_size),
        ("av1", "video/AV1 L3T3_KEY", by_size),
        ("h264", "video/H264 l m h", by_choice),
        ("none-such", "video/VP8 l m h", by_size),
    ] {
        let server = Server::start(&["--ignore-links"]);
        let publisher = Publisher::join(browser, &server.url, &format!("&codec={codec}"), "");
        let viewer = Viewer::join(browser, &server.url, "");
        eventually(PATIENCE, || {
            let before = viewer.look(browser)?;
            page::pause();
            let after = viewer.look(browser)?;
            let now = publisher.sends(browser)?;
            let moves = after.frames_decoded > before.frames_decoded;
            if moves && now == sent { Ok(()) } else { Err(format!("{now}, {after:?}")) }
        })
        .unwrap_or_else(|error| panic!("{codec}: {error}\n{}", viewer.0.describe(browser)));
        for (wish, height) in wishes.into_iter().zip([720, 180, 360]) {
            viewer.wish(browser, wish);
            viewer.shows(browser, height, PATIENCE);
        }
        publisher.0.close(browser);
        viewer.0.close(browser);
    }
}

/// Ten times up and down; what the server said of layers meanwhile.
fn switches(browser: &mut dyn Browser, by: By, encryption: Encryption) -> Vec<String> {
    let server = Server::start(&["--ignore-links"]);
    let (publisher, viewer) = call(browser, &server, encryption);
    for tab in [&publisher.0, &viewer.0] {
        let changed = tab.run(browser, "Promise.resolve(String(globalThis.scrambled ?? 0))");
        assert_eq!(changed.expect("a number") != "0", encryption != Encryption::None);
    }
    let [low, high] = match by {
        By::Choice => ["choose('l')", "choose('h')"],
        By::Size => ["size(320, 180)", "size(1280, 720)"],
    };
    viewer.wish(browser, low);
    viewer.shows(browser, 180, PATIENCE);
    viewer.wish(browser, "forget()");
    let before = viewer.look(browser).expect("it looks");
    for _ in 0..ROUNDS {
        for (wish, height) in [(high, 720), (low, 180)] {
            viewer.wish(browser, wish);
            viewer.shows(browser, height, FOLLOWS);
            page::pause();
        }
    }
    let after = viewer.look(browser).expect("it looks");
    println!("{by:?}, {encryption:?}: {:?}", viewer.0.run(browser, "watch.look()"));
    assert!(after.freeze_count <= before.freeze_count + FROZEN, "{after:?}");
    assert_eq!(after.pli_count, before.pli_count, "{after:?}");
    let lost = after.packets_lost - before.packets_lost;
    assert!(lost < LOST, "not one per switch: {after:?}");
    assert_eq!(after.backwards, 0, "{after:?}");
    assert!(after.gap > 0.0 && after.gap <= GAP, "{after:?}");
    assert!(after.frames_dropped <= before.frames_dropped + DROPPED, "{after:?}");
    publisher.0.close(browser);
    viewer.0.close(browser);
    after.layers
}

/// A publisher and a viewer, who sees the best layer.
fn call(browser: &mut dyn Browser, server: &Server, encryption: Encryption) -> (Publisher, Viewer) {
    let script = match encryption {
        Encryption::None => String::new(),
        Encryption::BehindHeaders => scrambled("{ key: 10, delta: 3 }"),
        Encryption::Whole => scrambled("{ key: 0, delta: 0 }"),
    };
    let publisher = Publisher::join(browser, &server.url, "", &script);
    let viewer = Viewer::join(browser, &server.url, &script);
    viewer.wish(browser, "size(1280, 720)");
    viewer.shows(browser, 720, PATIENCE);
    (publisher, viewer)
}

fn scrambled(clear: &str) -> String {
    format!("const CLEAR = {clear};\n{}", include_str!("encrypted.js"))
}
