//! The first call: three tabs of a real browser in one conference, through the real program.
//!
//! Every tab has to see the two others move and hear them (getStats: frames decoded and audio
//! energy rise); one is reloaded, one leaves, the rest go on. With `--nocapture` the test prints
//! what was negotiated.
//!
//! A browser that is not installed is skipped, unless `CI` or `LAHN_REQUIRE_BROWSERS` is set.
//! `CHROMIUM` and `FIREFOX` may name the programs.

mod browser;
mod chromium;
mod firefox;
mod page;
mod remote;
mod server;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use browser::{Browser, Launch};
use page::{Tab, eventually, names};
use server::Server;

/// Three tabs that encode and decode video fill a small machine: one browser at a time.
static MACHINE: Mutex<()> = Mutex::new(());

/// How long everybody may take to see and hear everybody.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn three_chromium_tabs_see_and_hear_each_other() {
    call_of_three(chromium::launch());
}

#[test]
fn three_firefox_tabs_see_and_hear_each_other() {
    call_of_three(firefox::launch());
}

fn call_of_three(launch: Launch) {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut browser) = launch.or_skip() else { return };
    let browser = browser.as_mut();
    let server = Server::start();

    let [ada, bob, cleo] = ["Ada", "Bob", "Cleo"].map(|name| Tab::join(browser, &server.url, name));
    everybody_sees_and_hears(browser, &[&ada, &bob, &cleo]);
    println!("{}", ada.negotiated(browser));

    bob.reload(browser);
    everybody_sees_and_hears(browser, &[&ada, &bob, &cleo]);

    cleo.close(browser);
    everybody_sees_and_hears(browser, &[&ada, &bob]);
    for tab in [&ada, &bob] {
        assert_eq!(tab.complaint(browser), "", "{} complains", tab.name);
    }
}

/// Each tab knows exactly the others, and from each a moving picture and sound.
fn everybody_sees_and_hears(browser: &mut dyn Browser, tabs: &[&Tab]) {
    for tab in tabs {
        let others = names(tabs.iter().filter(|other| other.name != tab.name));
        eventually(PATIENCE, || {
            let before = tab.look(browser)?;
            page::pause();
            let after = tab.look(browser)?;
            let missing = after.compare(&before, &others);
            if missing.is_empty() { Ok(()) } else { Err(missing) }
        })
        .unwrap_or_else(|missing| {
            panic!("{} waits for: {missing}\n{}", tab.name, tab.describe(browser));
        });
    }
}
