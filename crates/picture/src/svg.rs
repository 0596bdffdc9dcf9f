//! Writing SVG: escaped text, finite numbers, and the few elements the pictures are made of.

use std::fmt::Write as _;

use crate::text::{FAMILIES, Weight};

pub(crate) const INK: &str = "#1d252c";
pub(crate) const SOFT_INK: &str = "#56616b";
pub(crate) const GRID: &str = "#e6eaed";

/// Where a text is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) fill: &'static str,
    pub(crate) anchor: Anchor,
    pub(crate) halo: bool,
}

impl Style {
    pub(crate) fn new(size: f64) -> Self {
        Self { size, weight: Weight::Regular, fill: INK, anchor: Anchor::Start, halo: false }
    }
    pub(crate) fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }
    pub(crate) fn soft(self) -> Self {
        Self { fill: SOFT_INK, ..self }
    }
    pub(crate) fn fill(self, fill: &'static str) -> Self {
        Self { fill, ..self }
    }
    pub(crate) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
    /// A white rim, for text that lies on lines.
    pub(crate) fn halo(self) -> Self {
        Self { halo: true, ..self }
    }
}

/// An SVG being written.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    body: String,
}

impl Svg {
    pub(crate) fn raw(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push('\n');
    }

    pub(crate) fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, attributes: &str) {
        let (x, y, w, h) = (num(x), num(y), num(w.max(0.0)), num(h.max(0.0)));
        let _ = writeln!(self.body, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" {attributes}/>"#);
    }

    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], attributes: &str) {
        let (x1, y1, x2, y2) = (num(from[0]), num(from[1]), num(to[0]), num(to[1]));
        let _ = writeln!(self.body, r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {attributes}/>"#);
    }

    pub(crate) fn circle(&mut self, centre: [f64; 2], radius: f64, attributes: &str) {
        let (x, y, r) = (num(centre[0]), num(centre[1]), num(radius));
        let _ = writeln!(self.body, r#"<circle cx="{x}" cy="{y}" r="{r}" {attributes}/>"#);
    }

    pub(crate) fn path(&mut self, d: &str, attributes: &str) {
        let _ = writeln!(self.body, r#"<path d="{d}" {attributes}/>"#);
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, style: Style, text: &str) {
        self.text_turned(x, y, style, text, None);
    }

    /// Text that reads upwards, for the title of a vertical axis.
    pub(crate) fn text_upwards(&mut self, x: f64, y: f64, style: Style, text: &str) {
        self.text_turned(x, y, style, text, Some(-90));
    }

    fn text_turned(&mut self, x: f64, y: f64, style: Style, text: &str, turn: Option<i32>) {
        let (x, y) = (num(x), num(y));
        let _ = write!(self.body, r#"<text x="{x}" y="{y}" font-size="{}" fill="{}""#, num(style.size), style.fill);
        if style.weight == Weight::Bold {
            self.body.push_str(r#" font-weight="bold""#);
        }
        match style.anchor {
            Anchor::Start => {}
            Anchor::Middle => self.body.push_str(r#" text-anchor="middle""#),
            Anchor::End => self.body.push_str(r#" text-anchor="end""#),
        }
        if style.halo {
            self.body.push_str(r##" stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke""##);
        }
        if let Some(turn) = turn {
            let _ = write!(self.body, r#" transform="rotate({turn} {x} {y})""#);
        }
        let _ = writeln!(self.body, ">{}</text>", escape(text));
    }

    /// Several lines of text; gives the height they take.
    pub(crate) fn lines(&mut self, x: f64, first_baseline: f64, style: Style, lines: &[String]) -> f64 {
        let leading = leading(style.size);
        for (i, line) in lines.iter().enumerate() {
            self.text(x, first_baseline + i as f64 * leading, style, line);
        }
        lines.len() as f64 * leading
    }

    /// The whole document: `size` in user units, shown `width_px` wide on white.
    pub(crate) fn finish(self, size: [f64; 2], width_px: u32, title: &str) -> String {
        let width_px = width_px.max(1);
        // Whole pixels, so that the PNG has no half-covered last row.
        let height_px = (f64::from(width_px) * size[1] / size[0]).ceil().max(1.0);
        let (w, h) = (size[0], size[0] * height_px / f64::from(width_px));
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" "#,
                r#"width="{}" height="{}" viewBox="0 0 {} {}" role="img" font-family="{}">"#,
                "\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n"
            ),
            width_px,
            num(height_px),
            num(w),
            num(h),
            FAMILIES,
            escape(title),
            self.body
        )
    }
}

/// Distance between two baselines.
pub(crate) fn leading(size: f64) -> f64 {
    1.32 * size
}

/// A coordinate with two decimals and no trailing zeros. What is not finite becomes 0: callers leave such marks out,
/// and an SVG with `NaN` in it would not be shown at all.
pub(crate) fn num(value: f64) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let mut text = format!("{value:.2}");
    while text.ends_with('0') {
        text.pop();
    }
    if text.ends_with('.') {
        text.pop();
    }
    if text == "-0" { "0".into() } else { text }
}

/// Text as XML character data and attribute values allow it; characters XML 1.0 forbids become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Bytes as RFC 4648 base 64, for a picture inside the picture.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn numbers_are_short_and_finite() {
        assert_eq!(
            [num(1.0), num(-0.001), num(0.125), num(f64::NAN), num(f64::INFINITY)],
            ["1", "0", "0.12", "0", "0"]
        );
    }
}
