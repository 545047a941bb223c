//! Lines, texts and marks as SVG. Knows no media.

use std::fmt::Write;

/// A picture being drawn.
#[derive(Debug)]
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" \
             fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        Self { out }
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    /// `style`: further attributes.
    pub(crate) fn rule(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        let _ = writeln!(
            self.out,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
        );
    }

    /// Shown with `title` where the pointer rests on it.
    pub(crate) fn titled_rule(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        style: &str,
        title: &str,
    ) {
        let _ = writeln!(self.out, "<g><title>{}</title>", escaped(title));
        self.rule(from, to, style);
        self.out.push_str("</g>\n");
    }

    /// `anchor`: `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: &str, style: &str, words: &str) {
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{}</text>",
            escaped(words)
        );
    }

    pub(crate) fn line(&mut self, points: &[(f64, f64)], style: &str) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ =
            writeln!(self.out, "<polyline points=\"{}\" fill=\"none\" {style}/>", points.join(" "));
    }

    pub(crate) fn triangle(&mut self, (x, y): (f64, f64), colour: &str, title: &str) {
        let _ = writeln!(
            self.out,
            "<path d=\"M{:.1} {:.1}l4 8h-8z\" fill=\"{colour}\"><title>{}</title></path>",
            x,
            y - 4.0,
            escaped(title)
        );
    }

    pub(crate) fn circle(&mut self, (x, y): (f64, f64), style: &str, title: &str) {
        let _ = writeln!(
            self.out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" {style}><title>{}</title></circle>",
            escaped(title)
        );
    }
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
