//! A run over time, one panel under the other: rates, queue delay, layers. Read next: [`panels`],
//! [`strips`].

use crate::metrics::Run;
use crate::metrics::report::number;
use crate::net::{SECOND, Time};
use crate::panels;
use crate::strips;
use crate::svg::Svg;

pub(crate) const WIDTH: f64 = 1_000.0;
pub(crate) const LEFT: f64 = 70.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 44.0;
/// Between two panels, for a heading and times.
const BETWEEN: f64 = 40.0;

/// Where things are on the paper.
pub(crate) struct Paper {
    pub(crate) svg: Svg,
    length: Time,
}

pub(crate) fn draw(run: &Run) -> String {
    let rates = 190.0;
    let queue = 110.0;
    let receivers: Vec<_> =
        run.receivers.iter().filter(|held| strips::is_of_interest(held)).collect();
    let strips: f64 = receivers.iter().map(|held| strips::height(held) + BETWEEN).sum();
    let height = TOP + rates + BETWEEN + queue + BETWEEN + strips;
    let mut paper = Paper { svg: Svg::new(WIDTH, height), length: run.length };
    let heading = format!("{} (seed {})", run.scenario.title, run.seed);
    paper.svg.text((LEFT, 18.0), "start", "big", &heading);
    let mut top = TOP;
    panels::rates(&mut paper, run, top, rates);
    top += rates + BETWEEN;
    panels::queue(&mut paper, run, top, queue);
    top += queue + BETWEEN;
    for held in receivers {
        strips::layers(&mut paper, run, held, top);
        top += strips::height(held) + BETWEEN;
    }
    paper.svg.finish()
}

impl Paper {
    pub(crate) fn x(&self, at: Time) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * at as f64 / self.length as f64
    }

    /// A grid with seconds below and `most` on the left, in whatever `unit`.
    pub(crate) fn frame(&mut self, top: f64, height: f64, most: f64, unit: &str) {
        let foot = top + height;
        let right = WIDTH - RIGHT;
        if most > 0.0 {
            let step = nice_step(most, 5.0);
            let mut value = 0.0;
            while value <= most * 1.000_1 {
                let y = foot - height * value / most;
                self.svg.rule((LEFT, y), (right, y), "grid");
                self.svg.text((LEFT - 6.0, y + 4.0), "end", "faint", &trimmed(value));
                value += step;
            }
            self.svg.text((8.0, top - 6.0), "start", "faint", unit);
        }
        let seconds = self.length as f64 / SECOND as f64;
        let step = nice_step(seconds, 12.0);
        let mut at = 0.0;
        while at <= seconds * 1.000_1 {
            let x = self.x((at * SECOND as f64) as Time);
            self.svg.rule((x, top), (x, foot), "grid");
            self.svg.text((x, foot + 13.0), "middle", "faint", &format!("{} s", trimmed(at)));
            at += step;
        }
        self.svg.rule((LEFT, foot), (right, foot), "axis");
        self.svg.rule((LEFT, top), (LEFT, foot), "axis");
    }

    /// What befell the participants, as lines across a panel.
    pub(crate) fn happenings(&mut self, run: &Run, top: f64, height: f64, is_told: bool) {
        for happening in run.scenario.happenings.iter().map(toml::Spanned::get_ref) {
            let moments =
                [Some((happening.at, "")), happening.until.map(|until| (until, "end of "))];
            for (at, word) in moments.into_iter().flatten() {
                let x = self.x(at.0);
                self.svg.rule((x, top), (x, top + height), "note");
                if is_told {
                    let name = format!("{word}{}", happening.name());
                    self.svg.text((x + 3.0, top + height - 4.0), "start", "faint", &name);
                }
            }
        }
    }

    /// Names above a panel, in their colours.
    pub(crate) fn legend(&mut self, top: f64, names: &[(String, String)]) {
        let mut x = LEFT;
        for (name, class) in names {
            self.svg.text((x, top - 6.0), "start", class, name);
            x += 6.2 * name.len() as f64 + 18.0;
        }
    }

    /// The same with a block of the colour in front of each.
    pub(crate) fn key(&mut self, top: f64, heading: &str, names: &[(&str, String)]) {
        self.svg.text((LEFT, top - 6.0), "start", "", heading);
        let mut x = LEFT + 6.2 * heading.len() as f64 + 18.0;
        for (name, class) in names {
            self.svg.block((x, top - 15.0), (10.0, 10.0), class, name);
            self.svg.text((x + 14.0, top - 6.0), "start", "faint", name);
            x += 6.2 * name.len() as f64 + 34.0;
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that there are at most `most` steps.
fn nice_step(range: f64, most: f64) -> f64 {
    let power = 10_f64.powf((range / most).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| range / step <= most).unwrap_or(steps[3])
}

fn trimmed(value: f64) -> String {
    let text = number(value);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
