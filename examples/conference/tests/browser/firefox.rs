//! Firefox, by WebDriver BiDi.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::browser::{self, Browser, Launch, Process};
use crate::remote::Remote;

/// Fake devices that nobody has to allow, and nothing that phones home.
const PREFERENCES: &str = r#"
user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
user_pref("media.autoplay.default", 0);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.min_background_timeout_value", 10);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"#;

struct Firefox {
    remote: Remote,
    process: Process,
}

pub(crate) fn launch() -> Launch {
    let Some(program) = browser::find("FIREFOX", &["firefox", "firefox-esr"]) else {
        return Launch::Missing("Firefox");
    };
    let mut process = Process::start(Command::new(&program), |profile, command| {
        fs::write(profile.join("user.js"), PREFERENCES).expect("preferences");
        // Its own home, so that nothing of the person who runs the test is touched.
        command.env("HOME", profile).arg("--profile").arg(profile);
        command.args(["--headless", "--no-remote", "--remote-debugging-port=0", "about:blank"]);
    });
    let whole = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    let server = process.wait_for("WebDriverBiDiServer.json", whole);
    let server: Value = serde_json::from_str(&server).expect("checked above");
    let port = server["ws_port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let remote = Remote::connect(port.expect("a port"), "/session");
    let mut firefox = Firefox { remote, process };
    firefox.command("session.new", json!({ "capabilities": {} }));
    Launch::Running(Box::new(firefox))
}

impl Firefox {
    fn command(&mut self, method: &str, params: Value) -> Value {
        self.remote.command(method, params, json!({})).expect("Firefox obeys")
    }
}

impl Browser for Firefox {
    fn open(&mut self, url: &str, script: &str) -> String {
        let created = self.command("browsingContext.create", json!({ "type": "window" }));
        let context = created["context"].as_str().expect("a context").to_owned();
        let preload = format!("() => {{ {script} }}");
        let params = json!({ "functionDeclaration": preload, "contexts": [context] });
        self.command("script.addPreloadScript", params);
        let params = json!({ "context": context, "url": url, "wait": "complete" });
        self.command("browsingContext.navigate", params);
        context
    }

    fn run(&mut self, window: &str, script: &str) -> Result<String, String> {
        let params = json!({
            "expression": script, "target": { "context": window }, "awaitPromise": true,
        });
        let answer = self.remote.command("script.evaluate", params, json!({}))?;
        match answer["result"]["value"].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(answer.to_string()),
        }
    }

    fn reload(&mut self, window: &str) {
        self.command("browsingContext.reload", json!({ "context": window, "wait": "complete" }));
    }

    fn close(&mut self, window: &str) {
        self.command("browsingContext.close", json!({ "context": window }));
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let _ = self.remote.command("browser.close", json!({}), json!({}));
        self.process.wait();
    }
}
