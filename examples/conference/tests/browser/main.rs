//! The first call: three tabs of a real browser in one conference, through the real program.
//!
//! Every tab has to see the two others move and hear them (getStats: frames decoded and audio
//! energy rise); one is reloaded, one leaves, one turns its camera off and on. With `--nocapture`
//! the test prints what was negotiated. Read next: `simulcast`, the layers of a picture;
//! `drawn`, what the page shows of the links; then `link`, a call over a link that shrinks.
//!
//! A browser that is not installed is skipped, unless `CI` or `LAHN_REQUIRE_BROWSERS` is set.
//! `CHROMIUM` and `FIREFOX` may name the programs.

mod browser;
mod chromium;
mod drawn;
mod firefox;
mod link;
mod namespace;
mod page;
mod remote;
mod server;
mod simulcast;
mod watched;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use browser::{Browser, Launch};
use page::{Tab, eventually};
use server::Server;

/// Three tabs that encode and decode video fill a small machine: one browser at a time.
static MACHINE: Mutex<()> = Mutex::new(());

/// How long everybody may take to see and hear everybody.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn three_chromium_tabs_see_and_hear_each_other() {
    call_of_three(chromium::launch);
}

#[test]
fn three_firefox_tabs_see_and_hear_each_other() {
    call_of_three(firefox::launch);
}

#[test]
fn chromium_connects_by_either_dtls_version_and_by_default_with_gcm() {
    handshakes(chromium::launch);
}

#[test]
fn firefox_connects_by_either_dtls_version_and_by_default_with_gcm() {
    handshakes(firefox::launch);
}

/// Not with Firefox, which wants a person's click before it shares a screen.
#[test]
fn screen_shared_in_a_chromium_tab_comes_and_goes() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    let server = Server::start(&[]);
    let [ada, bob] = ["Ada", "Bob"].map(|name| Tab::join(browser, &server.url, name));
    let camera = [("Ada", "camera"), ("Ada", "microphone")];
    let shared = [("Ada", "screen"), ("Ada", "screen-audio")];
    receives(browser, &bob, &camera);
    // Twice, so that what the first one leaves behind is used again.
    for _ in 0..2 {
        ada.press(browser, "share");
        receives(browser, &bob, &[camera, shared].concat());
        ada.press(browser, "share");
        receives(browser, &bob, &camera);
    }
    assert_eq!(ada.complaint(browser), "");
}

fn call_of_three(launch: fn() -> Launch) {
    let _alone = alone();
    let Some(mut browser) = launch().or_skip() else { return };
    let browser = browser.as_mut();
    let server = Server::start(&[]);

    let [ada, bob, cleo] = ["Ada", "Bob", "Cleo"].map(|name| Tab::join(browser, &server.url, name));
    everybody_sees_and_hears(browser, &[&ada, &bob, &cleo]);
    println!("{}", ada.negotiated(browser));

    bob.reload(browser);
    everybody_sees_and_hears(browser, &[&ada, &bob, &cleo]);

    cleo.close(browser);
    everybody_sees_and_hears(browser, &[&ada, &bob]);

    ada.press(browser, "show");
    stands_still(browser, &bob, ("Ada", "camera"));
    ada.press(browser, "show");
    everybody_sees_and_hears(browser, &[&ada, &bob]);

    for tab in [&ada, &bob] {
        assert_eq!(tab.complaint(browser), "", "{} complains", tab.name);
    }
}

/// With `--nocapture` it prints what `control/dtls.rs` has in its table.
fn handshakes(launch: fn() -> Launch) {
    let _alone = alone();
    let Some(mut browser) = launch().or_skip() else { return };
    let browser = browser.as_mut();
    for options in [&["--dtls", "1.2"][..], &["--dtls", "1.3"], &[]] {
        let server = Server::start(options);
        let tab = Tab::join(browser, &server.url, "Ada");
        let mut handshake = String::new();
        let connected = eventually(PATIENCE, || {
            handshake = tab.handshake(browser)?;
            Ok(())
        });
        assert_eq!(connected, Ok(()), "{options:?}\n{}", tab.describe(browser));
        println!("{options:?}: {handshake}");
        let version = options.last().map_or("", |version| *version);
        assert!(handshake.starts_with(&format!("DTLS{version}")), "{handshake}");
        assert!(!options.is_empty() || handshake.contains("GCM"), "{handshake}");
        tab.close(browser);
    }
}

/// Each tab receives a camera and a microphone from each other, and nothing else.
fn everybody_sees_and_hears(browser: &mut dyn Browser, tabs: &[&Tab]) {
    for tab in tabs {
        let others = tabs.iter().filter(|other| other.name != tab.name);
        let sources: Vec<_> =
            others.flat_map(|other| [(other.name, "camera"), (other.name, "microphone")]).collect();
        receives(browser, tab, &sources);
    }
}

/// The tab gets exactly these, and all of them are alive.
fn receives(browser: &mut dyn Browser, tab: &Tab, sources: &[(&str, &str)]) {
    eventually(PATIENCE, || {
        let before = tab.look(browser)?;
        page::pause();
        let missing = tab.look(browser)?.compare(&before, sources);
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    })
    .unwrap_or_else(|missing| {
        panic!("{} waits for: {missing}\n{}", tab.name, tab.describe(browser));
    });
}

/// The picture is still there and no longer moves.
fn stands_still(browser: &mut dyn Browser, tab: &Tab, source: (&str, &str)) {
    eventually(PATIENCE, || {
        let before = tab.look(browser)?.measure(source).ok_or("gone")?;
        page::pause();
        let after = tab.look(browser)?.measure(source).ok_or("gone")?;
        if after == before { Ok(()) } else { Err("it moves".to_owned()) }
    })
    .unwrap_or_else(|error| panic!("{source:?} for {}: {error}", tab.name));
}

fn alone() -> MutexGuard<'static, ()> {
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}
