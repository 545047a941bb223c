//! Two pages of the tests about layers: one that publishes a camera, one that only watches it, with
//! `watch.js` in it.

use std::time::Duration;

use serde::Deserialize;

use crate::PATIENCE;
use crate::browser::{Browser, now};
use crate::page::{self, Tab, eventually};

/// See the module.
pub(crate) struct Viewer(pub(crate) Tab);

/// See the module.
pub(crate) struct Publisher(pub(crate) Tab);

/// What `watch.js` tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Look {
    frame_height: u32,
    pub(crate) frames_decoded: u64,
    pub(crate) frames_dropped: u64,
    pub(crate) freeze_count: u64,
    /// Requests for key frames: something that a frame refers to was missing.
    pub(crate) pli_count: u64,
    pub(crate) packets_lost: i64,
    /// Longest time between frames decoded, in milliseconds, by their timestamps.
    pub(crate) gap: f64,
    /// Timestamps that went back.
    pub(crate) backwards: u32,
    /// What the server said of encodings, changes of temporal layers left out.
    pub(crate) layers: Vec<String>,
}

impl Viewer {
    /// Joins without a camera, and watches what comes; `script` runs before those of the page.
    pub(crate) fn join(browser: &mut dyn Browser, url: &str, script: &str) -> Self {
        let viewer = Tab::join_with(browser, url, "Bob", "", &format!("{NO_CAMERA}\n{script}"));
        eventually(PATIENCE, || match viewer.run(browser, include_str!("watch.js"))?.as_str() {
            "ready" => Ok(()),
            _ => Err("no picture".to_owned()),
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", viewer.describe(browser)));
        Self(viewer)
    }

    /// Calls a function of `watch.js`.
    pub(crate) fn wish(&self, browser: &mut dyn Browser, call: &str) {
        let script = format!("watch.{call}; Promise.resolve('')");
        self.0.run(browser, &script).expect("the page does it");
    }

    pub(crate) fn look(&self, browser: &mut dyn Browser) -> Result<Look, String> {
        let text = self.0.run(browser, "watch.look()")?;
        serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
    }

    /// Frames of this height are decoded.
    pub(crate) fn shows(&self, browser: &mut dyn Browser, height: u32, patience: Duration) {
        let (start, mut decoded) = (now(), None);
        eventually(patience, || {
            let look = self.look(browser)?;
            let before = decoded.replace(look.frames_decoded);
            let moves = before.is_some_and(|before| look.frames_decoded > before);
            if look.frame_height == height && moves { Ok(()) } else { Err(format!("{look:?}")) }
        })
        .unwrap_or_else(|error| panic!("no {height}: {error}\n{}", self.0.describe(browser)));
        println!("{height} after {:?}", start.elapsed());
    }
}

impl Publisher {
    /// With more in the address.
    pub(crate) fn join(browser: &mut dyn Browser, url: &str, query: &str, script: &str) -> Self {
        Self(Tab::join_with(browser, url, "Ada", query, script))
    }

    /// Of l, m and h, it encodes just these.
    pub(crate) fn encodes(&self, browser: &mut dyn Browser, wanted: [bool; 3]) {
        eventually(PATIENCE, || {
            let before = self.encoded(browser)?;
            page::pause();
            let after = self.encoded(browser)?;
            let moves: Vec<bool> = after.iter().zip(&before).map(|(now, was)| now > was).collect();
            if moves == wanted { Ok(()) } else { Err(format!("{before:?}, then {after:?}")) }
        })
        .unwrap_or_else(|error| panic!("not {wanted:?}: {error}\n{}", self.0.describe(browser)));
    }

    /// The codec, and the restriction ids of its encodings or its scalability mode.
    pub(crate) fn sends(&self, browser: &mut dyn Browser) -> Result<String, String> {
        self.0.run(browser, SENT)
    }

    /// Frames encoded of l, m and h.
    fn encoded(&self, browser: &mut dyn Browser) -> Result<[u64; 3], String> {
        let text = self.0.run(browser, ENCODED)?;
        serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
    }
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
