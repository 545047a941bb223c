//! What the test needs of a browser, and of a machine that may not have one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// One running browser.
pub(crate) trait Browser {
    /// Opens a window at `url`; what comes back names it.
    /// `script` runs there before those of the page.
    fn open(&mut self, url: &str, script: &str) -> String;
    /// Runs a script that ends in a promise of a string.
    fn run(&mut self, window: &str, script: &str) -> Result<String, String>;
    fn reload(&mut self, window: &str);
    fn close(&mut self, window: &str);
}

/// A browser, or why there is none.
pub(crate) enum Launch {
    Running(Box<dyn Browser>),
    Missing(&'static str),
}

impl Launch {
    /// `None` where a browser may be missing.
    pub(crate) fn or_skip(self) -> Option<Box<dyn Browser>> {
        match self {
            Self::Running(browser) => Some(browser),
            Self::Missing(what) => {
                let required = ["CI", "LAHN_REQUIRE_BROWSERS"];
                let set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
                if let Some(name) = required.iter().find(|name| set(name)) {
                    panic!("{what} is not installed, and {name} is set");
                }
                eprintln!("SKIPPED: {what} is not installed, so this test shows nothing");
                None
            }
        }
    }
}

/// The program that the variable names, or the first of `names` that is on the search path.
pub(crate) fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Some(path.into());
    }
    let path = env::var_os("PATH")?;
    let mut candidates =
        env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

/// A browser's process and its profile; both end with it.
pub(crate) struct Process {
    child: Child,
    pub(crate) profile: PathBuf,
}

impl Process {
    /// Starts `command` with an empty profile, which `arguments` is told.
    pub(crate) fn start(mut command: Command, arguments: impl FnOnce(&Path, &mut Command)) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let (id, number) = (std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let profile = env::temp_dir().join(format!("lahn-browser-{id}-{number}"));
        let _ = fs::remove_dir_all(&profile);
        fs::create_dir_all(&profile).expect("a profile folder");
        arguments(&profile, &mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the browser starts");
        Self { child, profile }
    }

    /// The text of a file in the profile, as soon as it is there and `complete` says yes.
    pub(crate) fn wait_for(&mut self, file: &str, complete: impl Fn(&str) -> bool) -> String {
        let path = self.profile.join(file);
        for _ in 0..300 {
            match fs::read_to_string(&path) {
                Ok(text) if complete(&text) => return text,
                _ => thread::sleep(Duration::from_millis(100)),
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the browser ended by itself: {status}");
            }
        }
        panic!("the browser did not write {}", path.display());
    }

    /// Gives it some time to end by itself.
    pub(crate) fn wait(&mut self) {
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test with real browsers runs in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
