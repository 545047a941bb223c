//! Line charts as SVG, side by side: a logarithmic axis to the right, nanoseconds upwards from
//! zero.

use std::fmt::Write;

/// One chart.
pub struct Chart {
    pub title: String,
    /// What is counted to the right.
    pub across: String,
    pub lines: Vec<Line>,
}

/// One line of it.
pub struct Line {
    pub name: String,
    /// Colour, as CSS writes it.
    pub colour: &'static str,
    /// Across, up.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 56.0;

/// All of them in one picture, `heading` above and `footer` below.
pub fn svg(heading: &str, footer: &str, charts: &[Chart]) -> String {
    let (width, height) = (WIDTH * charts.len() as f64, HEIGHT + 72.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" \
         fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(&mut out, 24.0, 28.0, "start", "font-size=\"18\" font-weight=\"bold\"", heading);
    for (place, chart) in charts.iter().enumerate() {
        let _ = writeln!(out, "<g transform=\"translate({} 36)\">", WIDTH * place as f64);
        chart.draw(&mut out);
        out.push_str("</g>\n");
    }
    text(&mut out, 24.0, height - 14.0, "start", "fill=\"#666\" font-size=\"11\"", footer);
    out.push_str("</svg>\n");
    out
}

impl Chart {
    fn draw(&self, out: &mut String) {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let most = |value: fn(&(f64, f64)) -> f64| all().map(value).fold(0.0, f64::max);
        let last = most(|point| point.0).max(10.0);
        let step = nice_step(most(|point| point.1));
        let top = step * (most(|point| point.1) / step).ceil().max(1.0);
        let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value.log10() / last.log10();
        let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;

        text(out, LEFT, 32.0, "start", "font-size=\"14\" font-weight=\"bold\"", &self.title);
        let mut value = 0.0;
        while value <= top {
            rule(out, (LEFT, y(value)), (WIDTH - RIGHT, y(value)), "#ddd");
            text(out, LEFT - 8.0, y(value) + 4.0, "end", "", &format!("{value:.0}"));
            value += step;
        }
        for mark in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 10_000.0] {
            if mark <= last {
                rule(out, (x(mark), TOP), (x(mark), HEIGHT - BOTTOM), "#eee");
                text(out, x(mark), HEIGHT - BOTTOM + 18.0, "middle", "", &format!("{mark}"));
            }
        }
        rule(out, (LEFT, TOP), (LEFT, HEIGHT - BOTTOM), "#222");
        rule(out, (LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM), "#222");
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        text(out, middle, HEIGHT - 14.0, "middle", "", &self.across);
        let (at, label) = ((TOP + HEIGHT - BOTTOM) / 2.0, "ns per forwarded packet");
        let turned = format!("transform=\"rotate(-90 18 {at})\"");
        text(out, 18.0, at, "middle", &turned, label);

        for (place, line) in self.lines.iter().enumerate() {
            let Line { name, colour, points } = line;
            let path: Vec<_> = points
                .iter()
                .map(|(across, up)| format!("{:.1},{:.1}", x(*across), y(*up)))
                .collect();
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                path.join(" ")
            );
            for (across, up) in points {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\">\
                     <title>{name}, {across}: {up:.0} ns</title></circle>",
                    x(*across),
                    y(*up)
                );
            }
            let (from, at) = (LEFT + 16.0 + 150.0 * place as f64, TOP - 16.0);
            let _ = writeln!(
                out,
                "<line x1=\"{from}\" y1=\"{at}\" x2=\"{}\" y2=\"{at}\" stroke=\"{colour}\" \
                 stroke-width=\"3\"/>",
                from + 24.0
            );
            text(out, from + 30.0, at + 4.0, "start", "", name);
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that there are five to ten steps.
fn nice_step(most: f64) -> f64 {
    let power = 10_f64.powf((most.max(1.0) / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| most / step <= 8.0).unwrap_or(steps[3])
}

fn rule(out: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(
        out,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, more: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{words}</text>"
    );
}
