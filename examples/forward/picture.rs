//! The play on one page: above, which layer flows and which is wanted; in the middle, for each
//! encoding, its key frames, the requests for them, and losses; below, bitrates in and out.

use std::time::Duration;

use lahn::Layer;

use crate::journal::What;
use crate::outcome::Outcome;
use crate::svg::Svg;

/// Draws it.
pub(crate) fn draw(outcome: &Outcome, heading: &str) -> String {
    let mut picture = Picture::new(outcome);
    picture.frame(heading);
    picture.script();
    picture.layers();
    picture.strips();
    picture.rates();
    picture.svg.finish()
}

struct Picture<'o> {
    outcome: &'o Outcome,
    lanes: Vec<Layer>,
    svg: Svg,
    /// Seconds across.
    seconds: f64,
    /// Where the layers end and the strips begin, where these end.
    middle: f64,
    below: f64,
}

impl<'o> Picture<'o> {
    fn new(outcome: &'o Outcome) -> Self {
        let below = HEIGHT - BOTTOM - RATES - 16.0;
        Self {
            outcome,
            lanes: outcome.lanes.iter().copied().collect(),
            svg: Svg::new(WIDTH, HEIGHT),
            seconds: outcome.end.as_secs_f64().max(0.1),
            middle: below - STRIP * outcome.journal.names.len() as f64 - 6.0,
            below,
        }
    }

    fn x(&self, at: Duration) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (at.as_secs_f64() / self.seconds).min(1.0)
    }

    /// Of a layer; the lowest lane is nothing at all.
    fn y(&self, layer: Option<Layer>) -> f64 {
        let place = layer.and_then(|layer| self.lanes.iter().position(|lane| *lane == layer));
        let lane = place.map_or(0, |place| place + 1);
        self.middle - self.lane_height() * (lane as f64 + 0.5)
    }

    fn lane_height(&self) -> f64 {
        (self.middle - TOP) / (self.lanes.len() + 1) as f64
    }

    fn frame(&mut self, heading: &str) {
        self.svg.text((LEFT, 20.0), "start", "font-size=\"14\" font-weight=\"bold\"", heading);
        let step = nice_step(self.seconds, 12.0);
        for tick in 0.. {
            let at = step * f64::from(tick);
            if at > self.seconds {
                break;
            }
            let x = self.x(Duration::from_secs_f64(at));
            self.svg.rule((x, TOP), (x, HEIGHT - BOTTOM), "stroke=\"#eee\"");
            let digits = usize::from(step < 1.0);
            let words = format!("{at:.digits$} s");
            self.svg.text((x, HEIGHT - BOTTOM + 14.0), "middle", "", &words);
        }
        let legend = [
            ("forwarded", FLOWING, "stroke-width=\"3\""),
            ("wanted", WANTED, "stroke-width=\"1.5\" stroke-dasharray=\"5 3\""),
        ];
        let mut x = WIDTH - RIGHT - 460.0;
        for (name, colour, style) in legend {
            let style = format!("stroke=\"{colour}\" {style}");
            self.svg.rule((x, 32.0), (x + 24.0, 32.0), &style);
            self.svg.text((x + 30.0, 36.0), "start", "", name);
            x += 100.0;
        }
        self.svg.triangle((x, 32.0), KEY, "");
        self.svg.text((x + 9.0, 36.0), "start", "", "key frame");
        self.svg.circle((x + 80.0, 32.0), ASKED, "");
        self.svg.text((x + 88.0, 36.0), "start", "", "key frame asked for");
        self.svg.rule((x + 208.0, 27.0), (x + 208.0, 37.0), LOST);
        self.svg.text((x + 214.0, 36.0), "start", "", "lost");
    }

    /// What the script did, and when.
    fn script(&mut self) {
        let mut free = 0.0;
        for (at, what) in &self.outcome.journal.entries {
            if !matches!(
                what,
                What::Constraints(_)
                    | What::Stopped { .. }
                    | What::CameBack { .. }
                    | What::PliFromReceiver
            ) {
                continue;
            }
            let (x, words) = (self.x(*at), self.outcome.journal.words(what));
            let style = "stroke=\"#999\" stroke-dasharray=\"2 3\"";
            self.svg.titled_rule((x, TOP - 4.0), (x, HEIGHT - BOTTOM), style, &words);
            let short = words.replace("constraints: ", "").replace("the publisher ", "");
            let width = 5.0 * short.len() as f64 + 8.0;
            let style = "font-size=\"9\" fill=\"#666\"";
            if x >= free && x + width < WIDTH {
                self.svg.text((x + 2.0, TOP - 4.0), "start", style, &short);
                free = x + width;
            } else if x - width >= free {
                self.svg.text((x - 2.0, TOP - 4.0), "end", style, &short);
                free = x;
            }
        }
    }

    fn layers(&mut self) {
        let height = self.lane_height();
        for lane in [None].into_iter().chain(self.lanes.clone().into_iter().map(Some)) {
            let y = self.y(lane);
            self.svg.rule((LEFT, y), (WIDTH - RIGHT, y), "stroke=\"#eee\"");
            let first = lane.is_none_or(|layer| layer.temporal == 0);
            if height >= 11.0 || first {
                let nothing = || "nothing".to_owned();
                let name = lane.map_or_else(nothing, |layer| self.outcome.journal.layer(layer));
                self.svg.text((LEFT - 6.0, y + 4.0), "end", "", &name);
            }
        }
        let wanted = self.outcome.layers.iter().map(|(at, _, wanted)| (*at, Some(*wanted)));
        let wanted = self.steps(&wanted.collect::<Vec<_>>(), -2.0);
        let flowing = self.outcome.layers.iter().map(|(at, flowing, _)| (*at, *flowing));
        let flowing = self.steps(&flowing.collect::<Vec<_>>(), 0.0);
        let style = format!("stroke=\"{FLOWING}\" stroke-width=\"3\"");
        self.svg.line(&flowing, &style);
        let style = format!("stroke=\"{WANTED}\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\"");
        self.svg.line(&wanted, &style);
        let mut free = 0.0;
        for (at, what) in &self.outcome.journal.entries {
            let What::Switched { layer, reason } = what else { continue };
            let (x, y, reason) = (self.x(*at), self.y(*layer), format!("{reason:?}"));
            let words = format!("{:.3} s: {}", at.as_secs_f64(), self.outcome.journal.words(what));
            self.svg.circle((x, y), &format!("fill=\"{FLOWING}\""), &words);
            if x >= free {
                let style = format!("font-size=\"10\" fill=\"{FLOWING}\"");
                self.svg.text((x + 5.0, y - 6.0), "start", &style, &reason);
                free = x + 6.0 * reason.len() as f64 + 8.0;
            }
        }
    }

    /// A line that stays where it is until it jumps.
    fn steps(&self, changes: &[(Duration, Option<Layer>)], shift: f64) -> Vec<(f64, f64)> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (at, layer) in changes {
            let (x, y) = (self.x(*at), self.y(*layer) + shift);
            points.extend(points.last().map(|(_, before)| (x, *before)));
            points.push((x, y));
        }
        points.extend(points.last().map(|(_, y)| (WIDTH - RIGHT, *y)));
        points
    }

    fn strips(&mut self) {
        let journal = &self.outcome.journal;
        // The highest one on top, as above.
        let highest = journal.names.len() as f64 - 0.5;
        let y = |encoding: usize| self.middle + 6.0 + STRIP * (highest - encoding as f64);
        for (place, name) in journal.names.iter().enumerate() {
            let y = y(place);
            self.svg.rule((LEFT, y), (WIDTH - RIGHT, y), "stroke=\"#ddd\"");
            self.svg.text((LEFT - 6.0, y + 4.0), "end", "fill=\"#666\"", &format!("from {name}"));
        }
        let all: Vec<usize> = (0..journal.names.len()).collect();
        for (at, what) in &journal.entries {
            let x = self.x(*at);
            let words = format!("{:.3} s: {}", at.as_secs_f64(), journal.words(what));
            let of = |encoding: &Option<usize>| match encoding {
                Some(encoding) => vec![*encoding],
                None => all.clone(),
            };
            match what {
                What::KeyFrame { encoding } => self.svg.triangle((x, y(*encoding)), KEY, &words),
                What::KeyFrameRequest { encoding, .. } => {
                    for place in of(encoding) {
                        self.svg.circle((x, y(place)), ASKED, &words);
                    }
                }
                What::Lost { encoding, .. } => {
                    for y in of(encoding).into_iter().map(y) {
                        self.svg.titled_rule((x, y - 5.0), (x, y + 5.0), LOST, &words);
                    }
                }
                What::LostDown { .. } => {
                    let foot = HEIGHT - BOTTOM;
                    self.svg.titled_rule((x, foot - 8.0), (x, foot), LOST, &words);
                }
                _ => {}
            }
        }
    }

    fn rates(&mut self) {
        let (top, foot) = (self.below + 16.0, HEIGHT - BOTTOM);
        let window = self.outcome.window();
        let of = |packets: &[(Duration, usize)]| self.outcome.rates(packets, window);
        let ins: Vec<Vec<f64>> =
            self.outcome.packets_in.iter().map(|packets| of(packets)).collect();
        let out = of(&self.outcome.packets_out);
        let most = ins.iter().chain([&out]).flatten().copied().fold(1.0, f64::max);
        let step = nice_step(most, 4.0);
        let scale = (foot - top) / (step * (most / step).ceil());
        let ticks = (most / step).ceil() as u32;
        for tick in 0..=ticks {
            let rate = step * f64::from(tick);
            let y = foot - rate * scale;
            self.svg.rule((LEFT, y), (WIDTH - RIGHT, y), "stroke=\"#eee\"");
            self.svg.text((LEFT - 6.0, y + 4.0), "end", "", &format!("{rate:.0}"));
        }
        self.svg.text((6.0, top + 4.0), "start", "fill=\"#666\"", "kbit/s");
        let mut x = LEFT + 4.0;
        let lines = (0..).zip(&ins).map(|(place, rates)| {
            let name = format!("in, {}", self.outcome.journal.names[place]);
            (name, IN[place % IN.len()], "stroke-width=\"1\"", rates)
        });
        for (name, colour, style, rates) in lines
            .chain([("out".to_owned(), FLOWING, "stroke-width=\"2\"", &out)])
            .collect::<Vec<_>>()
        {
            let middle =
                |place: usize| window * u32::try_from(place).unwrap_or(u32::MAX) + window / 2;
            let points = rates.iter().enumerate();
            let points: Vec<_> =
                points.map(|(at, rate)| (self.x(middle(at)), foot - rate * scale)).collect();
            self.svg.line(&points, &format!("stroke=\"{colour}\" {style}"));
            self.svg.text((x, top - 4.0), "start", &format!("fill=\"{colour}\""), &name);
            x += 7.0 * name.len() as f64 + 14.0;
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that there are at most `most` steps.
fn nice_step(range: f64, most: f64) -> f64 {
    let power = 10_f64.powf((range / most).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| range / step <= most).unwrap_or(steps[3])
}

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 24.0;
/// Height of the bitrates, and of one encoding's strip.
const RATES: f64 = 110.0;
const STRIP: f64 = 16.0;
const FLOWING: &str = "#0b62c4";
const WANTED: &str = "#e08a00";
const KEY: &str = "#1a8f3c";
const ASKED: &str = "fill=\"none\" stroke=\"#b000b0\" stroke-width=\"1.5\"";
const LOST: &str = "stroke=\"#d00000\" stroke-width=\"1.5\"";
const IN: [&str; 4] = ["#8a8a8a", "#7a9a3a", "#b0805a", "#5a9a9a"];
