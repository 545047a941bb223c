//! Headless Chromium with one page, which does the rest by itself.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Fake devices that nobody has to allow, nothing that phones home, nothing put to sleep, media
/// over loopback, and three simulcast layers where Chromium would allow 640x360 only two.
const ARGUMENTS: [&str; 16] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--force-fieldtrials=WebRTC-LegacySimulcastLayerLimit/Disabled/",
    "--autoplay-policy=no-user-gesture-required",
];

pub(crate) struct Browser {
    child: Child,
    profile: PathBuf,
    version: String,
}

impl Browser {
    /// Starts it at `url`; `CHROMIUM` names another program than `chromium`.
    pub(crate) fn start(url: &str) -> Result<Self, String> {
        let program = env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
        let complain = |error| format!("{}: {error}", program.display());
        let version = Command::new(&program).arg("--version").output().map_err(complain)?;
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        let profile = env::temp_dir().join(format!("lahn-record-{}", std::process::id()));
        let _ = fs::remove_dir_all(&profile);
        let child = Command::new(&program)
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(ARGUMENTS)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(complain)?;
        Ok(Self { child, profile, version })
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
