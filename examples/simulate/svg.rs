//! Lines, areas, texts as SVG that can be read on white and on black. Knows no media.

use std::fmt::Write;

/// A picture being drawn. Colours are classes: `c0`-`c5` tell lines apart, `ink` and `faint` are
/// text, `grid`, `area` and `bad` what they say.
#[derive(Debug)]
pub(crate) struct Svg {
    out: String,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
text{font:11px sans-serif;fill:#222}.big{font-size:15px}.faint{fill:#666}\
.back{fill:#fff}.grid{stroke:#ddd}.axis{stroke:#888}.note{stroke:#999;stroke-dasharray:3 3}\
.area{fill:#dfe6ee;fill-opacity:.6}.edge{stroke:#7d8fa3;fill:none}.bad{stroke:#d00000}.badfill{fill:#d00000}\
.c0{stroke:#0b62c4}.c1{stroke:#c25a00}.c2{stroke:#1a8f3c}.c3{stroke:#9a2fae}.c4{stroke:#00858f}.c5{stroke:#8a6d00}\
.t0{fill:#0b62c4}.t1{fill:#c25a00}.t2{fill:#1a8f3c}.t3{fill:#9a2fae}.t4{fill:#00858f}.t5{fill:#8a6d00}\
.l0{fill:#a9cdf0}.l1{fill:#4f94d8}.l2{fill:#0b4f9e}.l3{fill:#06284f}\
@media(prefers-color-scheme:dark){\
text{fill:#e4e4e4}.faint{fill:#a0a0a0}.back{fill:#16181b}.grid{stroke:#33373c}.axis{stroke:#777}\
.note{stroke:#777}.area{fill:#27313c;fill-opacity:.7}.edge{stroke:#8ea3ba}.bad{stroke:#ff6b60}.badfill{fill:#ff6b60}\
.c0{stroke:#6db3ff}.c1{stroke:#ffa45c}.c2{stroke:#63d282}.c3{stroke:#dd8bee}.c4{stroke:#5fd5df}.c5{stroke:#e3c55a}\
.t0{fill:#6db3ff}.t1{fill:#ffa45c}.t2{fill:#63d282}.t3{fill:#dd8bee}.t4{fill:#5fd5df}.t5{fill:#e3c55a}\
.l0{fill:#24486b}.l1{fill:#3d86cc}.l2{fill:#9fd0ff}.l3{fill:#e6f3ff}}";

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\">\n<style>{STYLE}</style>\n\
             <rect class=\"back\" width=\"100%\" height=\"100%\"/>\n"
        );
        Self { out }
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    pub(crate) fn rule(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let _ = writeln!(
            self.out,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// `anchor`: `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: &str, class: &str, words: &str) {
        let words = escaped(words);
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
        );
    }

    pub(crate) fn line(&mut self, points: &[(f64, f64)], class: &str, width: f64) {
        let points = joined(points);
        let _ = writeln!(
            self.out,
            "<polyline class=\"{class}\" fill=\"none\" stroke-width=\"{width}\" points=\"{points}\"/>"
        );
    }

    pub(crate) fn area(&mut self, points: &[(f64, f64)], class: &str) {
        let _ = writeln!(self.out, "<polygon class=\"{class}\" points=\"{}\"/>", joined(points));
    }

    /// Shown with `title` where the pointer rests on it.
    pub(crate) fn block(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        class: &str,
        title: &str,
    ) {
        let title = escaped(title);
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"><title>{title}</title></rect>"
        );
    }
}

fn joined(points: &[(f64, f64)]) -> String {
    let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    points.join(" ")
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
