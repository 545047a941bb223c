//! What the page shows of the engine: a link per viewer, drawn and in words, and each tile's layer.

use crate::page::Tab;
use crate::server::Server;
use crate::{PATIENCE, alone, chromium, eventually};

#[test]
fn chromium_page_draws_the_link_of_each_viewer_and_says_which_layer_is_sent() {
    let _alone = alone();
    let Some(mut browser) = chromium::launch().or_skip() else { return };
    let browser = browser.as_mut();
    let server = Server::start(&[]);
    let [ada, bob] = ["Ada", "Bob"].map(|name| Tab::join(browser, &server.url, name));
    for (tab, names) in [(&ada, "Ada (you), Bob"), (&bob, "Bob (you), Ada")] {
        let drawn = eventually(PATIENCE, || match tab.run(browser, DRAWN)? {
            drawn if drawn == names => Ok(()),
            other => Err(other),
        });
        assert_eq!(drawn, Ok(()), "{}", tab.describe(browser));
    }
    let said = ada.run(browser, SAID).expect("the page has words");
    assert_eq!(
        said.split('|').collect::<Vec<_>>(),
        [
            "paused: link",
            "paused: nobody looks",
            "waits for a picture,wanted h, temporal 2",
            "layer l, temporal 0,wanted h, temporal 2,the link carries no more",
            "layer h, temporal 2,the link carries more again",
            "layer h, temporal 2,the first picture to come,limited by the link",
        ]
    );
    bob.close(browser);
    let gone = eventually(PATIENCE, || match ada.run(browser, NAMES)?.as_str() {
        "Ada (you)" => Ok(()),
        other => Err(other.to_owned()),
    });
    assert_eq!(gone, Ok(()), "{}", ada.describe(browser));
}

/// What a tile says of what flows, and why.
const SAID: &str = "(async () => {
  const { describeReceived } = await import('/-/page/layers.js');
  const [low, high] = [{ rid: 'l', temporal: 0 }, { rid: 'h', temporal: 2 }];
  return [
    { layer: null, target: high, reason: 'bandwidth', pausedByBandwidth: true },
    { layer: null, target: high, reason: 'bandwidth', paused: true },
    { layer: null, target: high, reason: 'bandwidth' },
    { layer: low, target: high, reason: 'bandwidth', limitedByBandwidth: true },
    { layer: high, target: high, reason: 'bandwidth' },
    { layer: high, target: high, reason: 'started', limitedByBandwidth: true },
  ].map((received) => describeReceived(received).join()).join('|');
})()";

const NAMES: &str = "(async () => {
  const names = [...document.querySelectorAll('#links .link h2')];
  return names.map((name) => name.textContent).join(', ');
})()";

/// The names of the viewers, if all their links are drawn with figures and words and each picture
/// names its layer; else what is there.
const DRAWN: &str = r"(async () => {
  const links = [...document.querySelectorAll('#links .link')];
  const lines = links.flatMap((link) => [...link.querySelectorAll('.line')]
    .map((line) => (line.getAttribute('d').match(/L/g) ?? []).length));
  const words = links.map((link) => link.querySelector('.state').textContent);
  const values = links.flatMap((link) => [...link.querySelectorAll('dd')]
    .map((value) => value.textContent));
  const layers = [...document.querySelectorAll('.tile:not(.own) .figures')]
    .map((figures) => figures.textContent);
  const well = lines.every((points) => points > 1) && lines.length === 3 * links.length
    && words.every((text) => /^[a-z ]+, bounded by /.test(text))
    && values.every((value) => /^[0-9.]+ [kM]bit\/s$/.test(value))
    && layers.every((text) => /\nlayer [lmh], temporal [0-9]/.test(text));
  const names = links.map((link) => link.querySelector('h2').textContent).join(', ');
  return well ? names : JSON.stringify({ names, lines, words, values, layers });
})()";
