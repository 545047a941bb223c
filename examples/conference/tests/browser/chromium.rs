//! Chromium, by the DevTools protocol.

use std::process::Command;

use serde_json::{Value, json};

use crate::browser::{self, Browser, Launch, Process};
use crate::namespace::Namespace;
use crate::remote::Remote;

/// Fake devices that nobody has to allow, nothing that phones home, no tab put to sleep.
const ARGUMENTS: [&str; 17] = [
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
    "--disable-backgrounding-occluded-windows",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
    "about:blank",
];

struct Chromium {
    remote: Remote,
    process: Process,
}

pub(crate) fn launch() -> Launch {
    launch_in(None, &[])
}

/// In a network namespace, with `more` arguments.
pub(crate) fn launch_in(namespace: Option<&Namespace>, more: &[&str]) -> Launch {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let Some(program) = browser::find("CHROMIUM", &names) else {
        return Launch::Missing("Chromium");
    };
    let command = match namespace {
        Some(namespace) => namespace.command(program),
        None => Command::new(program),
    };
    let mut process = Process::start(command, |profile, command| {
        command.arg(format!("--user-data-dir={}", profile.display())).args(more).args(ARGUMENTS);
    });
    let port = process.wait_for("DevToolsActivePort", |text| text.lines().count() == 2);
    let (port, path) = port.split_once('\n').expect("two lines");
    let port = port.parse().expect("a port");
    let connect = || Remote::connect(port, path.trim());
    let remote = match namespace {
        Some(namespace) => namespace.within(connect),
        None => connect(),
    };
    Launch::Running(Box::new(Chromium { remote, process }))
}

impl Chromium {
    fn command(&mut self, method: &str, params: Value) -> Value {
        self.remote.command(method, params, json!({})).expect("Chromium obeys")
    }

    fn in_window(&mut self, window: &str, method: &str, params: Value) -> Result<Value, String> {
        self.remote.command(method, params, json!({ "sessionId": window }))
    }
}

impl Browser for Chromium {
    fn open(&mut self, url: &str, script: &str) -> String {
        let params = json!({ "url": "about:blank", "newWindow": true });
        let target = self.command("Target.createTarget", params)["targetId"].clone();
        let params = json!({ "targetId": target, "flatten": true });
        let session = self.command("Target.attachToTarget", params)["sessionId"].clone();
        let session = session.as_str().expect("a session").to_owned();
        for (method, params) in [
            ("Page.enable", json!({})),
            ("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })),
            ("Page.navigate", json!({ "url": url })),
        ] {
            self.in_window(&session, method, params).expect("the page opens");
        }
        session
    }

    fn run(&mut self, window: &str, script: &str) -> Result<String, String> {
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let answer = self.in_window(window, "Runtime.evaluate", params)?;
        match answer["result"]["value"].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(answer.to_string()),
        }
    }

    fn reload(&mut self, window: &str) {
        self.in_window(window, "Page.reload", json!({})).expect("reloads");
    }

    fn close(&mut self, window: &str) {
        self.in_window(window, "Page.close", json!({})).expect("closes");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.remote.command("Browser.close", json!({}), json!({}));
        self.process.wait();
    }
}
