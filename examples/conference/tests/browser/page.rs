//! The conference page in one window: what it receives, as its own getStats tells.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::browser::{Browser, now};

/// Between two looks that are compared.
const PAUSE: Duration = Duration::from_millis(700);

pub(crate) struct Tab {
    pub(crate) name: &'static str,
    window: String,
}

/// What a page receives, by the name of who sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct Look {
    participants: Vec<String>,
    received: Vec<Received>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    from: String,
    label: String,
    #[serde(default)]
    frames_decoded: f64,
    #[serde(default)]
    total_audio_energy: f64,
}

impl Tab {
    pub(crate) fn join(browser: &mut dyn Browser, url: &str, name: &'static str) -> Self {
        Self::join_with(browser, url, name, "", "")
    }

    /// With more in the address, and a script that runs before the page's.
    pub(crate) fn join_with(
        browser: &mut dyn Browser,
        url: &str,
        name: &'static str,
        query: &str,
        script: &str,
    ) -> Self {
        let address = format!("{url}/first-call?autojoin=1&name={name}{query}");
        Self { name, window: browser.open(&address, script) }
    }

    /// Runs a script that ends in a promise of a string.
    pub(crate) fn run(&self, browser: &mut dyn Browser, script: &str) -> Result<String, String> {
        browser.run(&self.window, script)
    }

    pub(crate) fn look(&self, browser: &mut dyn Browser) -> Result<Look, String> {
        let text = browser.run(&self.window, LOOK)?;
        serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))
    }

    /// DTLS, SRTP, codecs and header extensions.
    pub(crate) fn negotiated(&self, browser: &mut dyn Browser) -> String {
        browser.run(&self.window, NEGOTIATED).unwrap_or_else(|error| error)
    }

    /// DTLS version and SRTP profile, as the engine tells the page; an error before it does.
    pub(crate) fn handshake(&self, browser: &mut dyn Browser) -> Result<String, String> {
        let text = browser.run(&self.window, HANDSHAKE)?;
        if text.is_empty() { Err("no handshake yet".to_owned()) } else { Ok(text) }
    }

    /// The page's status line.
    pub(crate) fn complaint(&self, browser: &mut dyn Browser) -> String {
        let script = "Promise.resolve(document.getElementById('status').textContent)";
        browser.run(&self.window, script).unwrap_or_else(|error| error)
    }

    /// For the message of a test that fails.
    pub(crate) fn describe(&self, browser: &mut dyn Browser) -> String {
        let look = self.look(browser);
        let states = browser.run(&self.window, STATES).unwrap_or_else(|error| error);
        format!("{look:#?}\n{states}")
    }

    /// Presses the button with this id.
    pub(crate) fn press(&self, browser: &mut dyn Browser, button: &str) {
        let script = format!("document.getElementById('{button}').click(); Promise.resolve('')");
        browser.run(&self.window, &script).expect("the page has the button");
    }

    pub(crate) fn reload(&self, browser: &mut dyn Browser) {
        browser.reload(&self.window);
    }

    pub(crate) fn close(self, browser: &mut dyn Browser) {
        browser.close(&self.window);
    }
}

impl Look {
    /// What is missing for this page to see and hear exactly `sources`, each a participant and a
    /// label: pictures that move and sound that adds up since `before`.
    pub(crate) fn compare(&self, before: &Self, sources: &[(&str, &str)]) -> String {
        let mut missing = Vec::new();
        let expected: BTreeSet<&str> = sources.iter().map(|(from, _)| *from).collect();
        let present: BTreeSet<&str> = self.participants.iter().map(String::as_str).collect();
        if present != expected || present.len() != self.participants.len() {
            missing.push(format!("participants {expected:?}, not {:?}", self.participants));
        }
        for source in sources {
            match (before.measure(*source), self.measure(*source)) {
                (Some(before), Some(now)) if now > before => {}
                (before, now) => missing.push(format!("{source:?}: {before:?}, then {now:?}")),
            }
        }
        if self.received.len() != sources.len() {
            let (got, sent) = (self.received.len(), sources.len());
            missing.push(format!("{sent} streams, not {got}"));
        }
        missing.join("; ")
    }

    /// What only grows while a source is alive: frames decoded of a video, audio energy of an
    /// audio. `None` if it is not received.
    pub(crate) fn measure(&self, (from, label): (&str, &str)) -> Option<f64> {
        let one = self.received.iter().find(|one| one.from == from && one.label == label)?;
        Some(one.frames_decoded + one.total_audio_energy)
    }
}

pub(crate) fn pause() {
    thread::sleep(PAUSE);
}

/// Tries until it works; the last error once `patience` is over.
pub(crate) fn eventually(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<(), String>,
) -> Result<(), String> {
    let until = now() + patience;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) if now() >= until => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(200)),
        }
    }
}

const LOOK: &str = "(async () => {
  const call = globalThis.call;
  if (!call) return JSON.stringify({ participants: [], received: [] });
  const received = [];
  for (const source of call.sources) {
    const stats = await call.receiver(source)?.getStats() ?? new Map();
    const from = call.participants.get(source.participant)?.name ?? 'nobody';
    const reports = [...stats.values()].filter(({ type }) => type === 'inbound-rtp');
    const { framesDecoded, totalAudioEnergy } = reports[0] ?? {};
    received.push({ from, label: source.label, framesDecoded, totalAudioEnergy });
  }
  const participants = [...call.participants.values()].map(({ name }) => name);
  return JSON.stringify({ participants, received });
})()";

const NEGOTIATED: &str = "(async () => {
  const stats = [...(await call.pc.getStats()).values()];
  const transport = stats.find(({ type }) => type === 'transport') ?? {};
  const pick = ({ dtlsState, dtlsCipher, tlsVersion, srtpCipher, dtlsRole }) =>
    ({ dtlsState, dtlsCipher, tlsVersion, srtpCipher, dtlsRole });
  const codecs = new Set(stats.filter(({ type }) => type === 'codec')
    .map((codec) => codec.mimeType + ' ' + (codec.sdpFmtpLine ?? '')));
  const sdp = call.pc.remoteDescription.sdp.split('\\r\\n');
  const extensions = new Set(sdp.filter((line) => line.startsWith('a=extmap:'))
    .map((line) => line.split(' ')[1]));
  return JSON.stringify({ agent: navigator.userAgent, transport: pick(transport),
    engine: call.stats?.transport, codecs: [...codecs], extensions: [...extensions] }, null, 1);
})()";

const HANDSHAKE: &str = "(async () => {
  const { dtlsVersion, srtpProfile } = globalThis.call?.stats?.transport ?? {};
  return dtlsVersion && srtpProfile ? `${dtlsVersion} ${srtpProfile}` : '';
})()";

const STATES: &str = "(async () => JSON.stringify({
  page: document.body.innerText, url: location.href,
  ice: globalThis.call?.pc.iceConnectionState, signalling: globalThis.call?.pc.signalingState,
  connection: globalThis.call?.pc.connectionState, sources: globalThis.call?.sources,
  stats: globalThis.call?.stats,
  sent: [...(await globalThis.call?.pc.getStats() ?? new Map()).values()]
    .filter(({ type }) => type === 'outbound-rtp')
    .map(({ kind, rid, framesEncoded, packetsSent, active }) =>
      ({ kind, rid, framesEncoded, packetsSent, active })),
  arriving: [...(await globalThis.call?.pc.getStats() ?? new Map()).values()]
    .filter(({ type }) => type === 'inbound-rtp'),
  sections: globalThis.call?.pc.getTransceivers().map(({ mid, direction, currentDirection, receiver }) =>
    ({ mid, direction, currentDirection, muted: receiver.track.muted, state: receiver.track.readyState })),
  remote: globalThis.call?.pc.remoteDescription?.sdp,
}, null, 1))()";
