//! How to read the map: colour bar, entries, scale bar, north arrow.

use super::frame::Frame;
use super::{LengthUnit, MapPicture, hatch, layers, sites};
use crate::colour::Ramp;
use crate::number::{nice_below, significant};
use crate::scale::Scale;
use crate::svg::{Anchor, Style, Svg, leading, num};
use crate::text::{Weight, width, wrap};

const TITLE: f64 = 13.0;
const TEXT: f64 = 11.5;
const NOTE: f64 = 10.5;
const BAR: f64 = 20.0;
/// Height of the pointed end that says "and beyond".
const POINT: f64 = 11.0;
const SWATCH: f64 = 26.0;
/// Lines of an entry: a label ends with how far its limit can be trusted, which must not be cut off.
const ENTRY_LINES: usize = 8;
const THIN: &str = r##"stroke="#1d252c" stroke-width="0.8""##;

pub(super) struct Legend<'a> {
    pub(super) picture: &'a MapPicture<'a>,
    pub(super) frame: &'a Frame,
    pub(super) scale: &'a Scale,
    pub(super) ramp: &'a Ramp,
}

impl Legend<'_> {
    /// Draws a column beside the map; gives where it ends.
    pub(super) fn beside(&self, svg: &mut Svg, [x, top]: [f64; 2], width: f64) -> f64 {
        let mut y = self.heading(svg, [x, top], width);
        if self.picture.has_values() {
            let length = (0.46 * self.frame.size()[1]).clamp(150.0, 300.0);
            y = self.upright_bar(svg, [x, y + 4.0], length);
            y = self.notes(svg, [x, y + 6.0], width);
        }
        y = self.entries(svg, [x, y + 14.0], width);
        // Scale bar and arrow stand at the foot of the map, or lower when the legend is longer than the map is tall.
        let height = self.compass_height();
        self.compass(svg, [x, (y + 22.0).max(self.frame.bottom() - height)], width)
    }

    /// Draws a row of three columns below a wide map; gives where it ends.
    pub(super) fn below(&self, svg: &mut Svg, [x, top]: [f64; 2], width: f64) -> f64 {
        let (first, third) = (0.42 * width, 0.2 * width);
        let second = width - first - third - 80.0;
        let mut y = self.heading(svg, [x, top], first);
        if self.picture.has_values() {
            y = self.lying_bar(svg, [x, y], first);
            y = self.notes(svg, [x, y + 2.0], first);
        }
        let entries = self.entries(svg, [x + first + 40.0, top], second);
        y.max(entries).max(self.compass(svg, [x + width - third, top], third))
    }

    fn heading(&self, svg: &mut Svg, [x, y]: [f64; 2], width: f64) -> f64 {
        let lines = wrap(self.picture.legend, TITLE, Weight::Bold, width, 3);
        y + svg.lines(x, y + TITLE - 2.0, Style::new(TITLE).bold(), &lines) + if lines.is_empty() { 0.0 } else { 2.0 }
    }

    fn threshold(&self) -> Option<(f64, String)> {
        let value = self.picture.threshold.filter(|t| t.is_finite())?;
        Some((value, format!("{} {}", self.picture.words.threshold, significant(value, 6))))
    }

    /// Colours along a bar: where each begins and ends, 0 to 1.
    fn blocks(&self) -> Vec<(f64, f64, String)> {
        let n = self.scale.classes().map_or(128, |breaks| breaks.len() + 1);
        (0..n)
            .map(|i| {
                let colour = self.ramp.at(if n == 1 { 0.5 } else { i as f64 / (n - 1) as f64 });
                (i as f64 / n as f64, (i + 1) as f64 / n as f64, colour.hex())
            })
            .collect()
    }

    fn pointed(&self) -> [bool; 2] {
        if self.scale.classes().is_some() { [false, false] } else { self.scale.beyond }
    }

    fn upright_bar(&self, svg: &mut Svg, [x, top]: [f64; 2], length: f64) -> f64 {
        let [below, above] = self.pointed();
        let y = top + if above { POINT } else { 0.0 };
        let (bottom, right) = (y + length, x + BAR);
        for (from, _, colour) in self.blocks() {
            // Each block reaches up to the top under those that follow: no seam between two of them.
            svg.rect(x, y, BAR, length * (1.0 - from), &format!(r#"fill="{colour}""#));
        }
        let tip = |end: f64, tip: f64| {
            format!("M{} {}L{} {}L{} {}Z", num(x), num(end), num(x + 0.5 * BAR), num(tip), num(right), num(end))
        };
        if above {
            svg.path(&tip(y, y - POINT), &format!(r#"fill="{}""#, self.ramp.at(1.0).hex()));
        }
        if below {
            svg.path(&tip(bottom, bottom + POINT), &format!(r#"fill="{}""#, self.ramp.at(0.0).hex()));
        }
        let over = if above { format!("L{} {}", num(x + 0.5 * BAR), num(y - POINT)) } else { String::new() };
        let under = if below { format!("L{} {}", num(x + 0.5 * BAR), num(bottom + POINT)) } else { String::new() };
        let d = format!(
            "M{} {}{over}L{} {}L{} {}{under}L{} {}Z",
            num(x),
            num(y),
            num(right),
            num(y),
            num(right),
            num(bottom),
            num(x),
            num(bottom)
        );
        svg.path(&d, &format!(r#"fill="none" {THIN}"#));
        let at = |place: f64| bottom - place * length;
        let mark = self.threshold().and_then(|(v, label)| Some((at(self.scale.place(v)?), label)));
        let mut last = f64::INFINITY;
        for (place, label) in self.scale.ticks(6) {
            let y = at(place);
            let taken = mark.as_ref().is_some_and(|m| (m.0 - y).abs() < 15.0) || last - y < 13.0;
            if !taken {
                svg.line([right, y], [right + 5.0, y], THIN);
                svg.text(right + 9.0, y + 0.36 * TEXT, Style::new(TEXT), &label);
                last = y;
            }
        }
        if let Some((y, label)) = mark {
            svg.line([x - 4.0, y], [right + 6.0, y], r##"stroke="#ffffff" stroke-width="4""##);
            svg.line([x - 4.0, y], [right + 6.0, y], r##"stroke="#0b2545" stroke-width="2""##);
            svg.text(right + 9.0, y + 0.36 * TEXT, Style::new(TEXT).bold().fill("#0b2545"), &label);
        }
        bottom + if below { POINT } else { 0.0 } + 8.0
    }

    fn lying_bar(&self, svg: &mut Svg, [left, top]: [f64; 2], room: f64) -> f64 {
        let [below, above] = self.pointed();
        let mark = self.threshold().and_then(|(v, label)| Some((self.scale.place(v)?, label)));
        let x = left + if below { POINT } else { 0.0 };
        let length = room - f64::from(u8::from(below) + u8::from(above)) * POINT;
        let y = top + if mark.is_some() { 20.0 } else { 6.0 };
        let (right, bottom) = (x + length, y + BAR - 2.0);
        for (from, _, colour) in self.blocks() {
            svg.rect(x + from * length, y, length * (1.0 - from), bottom - y, &format!(r#"fill="{colour}""#));
        }
        let middle = 0.5 * (y + bottom);
        let tip = |end: f64, tip: f64| {
            format!("M{} {}L{} {}L{} {}Z", num(end), num(y), num(tip), num(middle), num(end), num(bottom))
        };
        if above {
            svg.path(&tip(right, right + POINT), &format!(r#"fill="{}""#, self.ramp.at(1.0).hex()));
        }
        if below {
            svg.path(&tip(x, x - POINT), &format!(r#"fill="{}""#, self.ramp.at(0.0).hex()));
        }
        let over = if above { format!("L{} {}", num(right + POINT), num(middle)) } else { String::new() };
        let under = if below { format!("L{} {}", num(x - POINT), num(middle)) } else { String::new() };
        let d = format!(
            "M{} {}L{} {}{over}L{} {}L{} {}{under}Z",
            num(x),
            num(y),
            num(right),
            num(y),
            num(right),
            num(bottom),
            num(x),
            num(bottom)
        );
        svg.path(&d, &format!(r#"fill="none" {THIN}"#));
        let mut last = f64::NEG_INFINITY;
        for (place, label) in self.scale.ticks(6) {
            let (at, half) = (x + place * length, 0.5 * width(&label, TEXT, Weight::Regular));
            if at - half < last + 8.0 {
                continue;
            }
            svg.line([at, bottom], [at, bottom + 5.0], THIN);
            svg.text(at, bottom + 17.0, Style::new(TEXT).anchor(Anchor::Middle), &label);
            last = at + half;
        }
        if let Some((place, label)) = mark {
            let at = x + place * length;
            svg.line([at, y - 4.0], [at, bottom + 4.0], r##"stroke="#ffffff" stroke-width="4""##);
            svg.line([at, y - 4.0], [at, bottom + 4.0], r##"stroke="#0b2545" stroke-width="2""##);
            let half = 0.5 * width(&label, TEXT, Weight::Bold);
            let centre = at.min(left + room - half).max(left + half);
            let style = Style::new(TEXT).bold().fill("#0b2545").anchor(Anchor::Middle);
            svg.text(centre, y - 7.0, style, &label);
        }
        bottom + 22.0
    }

    /// What the colour bar cannot show.
    fn notes(&self, svg: &mut Svg, [x, mut y]: [f64; 2], width: f64) -> f64 {
        let words = self.picture.words;
        let mut notes = Vec::new();
        if self.scale.is_log() {
            notes.push(words.log_scale.to_string());
        } else if self.scale.fell_back() {
            notes.push(words.linear_instead.to_string());
        }
        if let Some((value, label)) = self.threshold().filter(|t| self.scale.place(t.0).is_none()) {
            let [low, high] = self.scale.limits();
            if self.scale.classes().is_some() || (low..=high).contains(&value) {
                notes.push(label);
            } else {
                notes.push(format!("{label}: {}", if value > high { words.above_scale } else { words.below_scale }));
            }
        }
        for note in notes {
            let lines = wrap(&note, NOTE, Weight::Regular, width, 3);
            y += svg.lines(x, y + NOTE, Style::new(NOTE).soft(), &lines) + 2.0;
        }
        y
    }

    pub(super) fn entries(&self, svg: &mut Svg, [x, mut y]: [f64; 2], width: f64) -> f64 {
        let (picture, words) = (self.picture, self.picture.words);
        let middle = |y: f64| y + 0.5 * leading(TEXT);
        if !picture.hotspots.is_empty() || !picture.others.is_empty() {
            let label = if picture.hotspot_label.is_empty() { words.hotspot } else { picture.hotspot_label };
            let (l, r, t, b) = (num(x + 2.0), num(x + SWATCH - 2.0), num(middle(y) - 6.0), num(middle(y) + 6.0));
            layers::outline(svg, &format!("M{l} {t}L{r} {t}L{r} {b}L{l} {b}Z"));
            y = self.entry(svg, [x, y], width, label);
        }
        for (style, other) in picture.others.iter().enumerate() {
            let (l, r, t, b) = (num(x + 2.0), num(x + SWATCH - 2.0), num(middle(y) - 6.0), num(middle(y) + 6.0));
            layers::dashed(svg, &format!("M{l} {t}L{r} {t}L{r} {b}L{l} {b}Z"), style);
            y = self.entry(svg, [x, y], width, other.label);
        }
        if picture.raster.is_some() && picture.doubtful.contains(&true) {
            let label = if picture.doubtful_label.is_empty() { words.doubtful } else { picture.doubtful_label };
            hatch::swatch(svg, [x, middle(y) - 7.0], [SWATCH, 14.0]);
            y = self.entry(svg, [x, y], width, label);
        }
        let radius = layers::radius(picture, self.frame).max(2.0);
        let shown: Vec<bool> = picture
            .samples
            .iter()
            .enumerate()
            .filter(|(_, s)| s.1.is_finite() && self.frame.inside(s.0).is_some())
            .map(|(i, _)| picture.below_limit.get(i).copied().unwrap_or(false))
            .collect();
        let below = shown.iter().filter(|&&b| b).count();
        let inside = |(i, s): (usize, &([f64; 2], f64))| {
            s.1.is_finite() && self.frame.inside(s.0).is_some() && picture.undecided.get(i).copied().unwrap_or(false)
        };
        let undecided = picture.samples.iter().enumerate().filter(|&s| inside(s)).count();
        let finite = picture.samples.iter().filter(|s| s.1.is_finite()).count();
        if finite > 0 {
            let disc = layers::disc_stroke(radius);
            for (i, position) in [0.15, 0.5, 0.85].into_iter().enumerate() {
                let at = [x + radius.max(4.0) + i as f64 * (0.5 * SWATCH - radius.max(4.0)), middle(y)];
                svg.circle(at, radius.min(4.2), &format!(r#"fill="{}" {disc}"#, self.ramp.at(position).hex()));
            }
            let outside = finite - shown.len();
            let mut label = format!("{}: {}", words.samples, shown.len() - below);
            if outside > 0 {
                label = format!("{label} ({outside} {})", words.outside);
            }
            y = self.entry(svg, [x, y], width, &label);
            // Each sample is in one entry.
            let hollow = below.saturating_sub(undecided);
            if hollow > 0 {
                svg.circle([x + 0.5 * SWATCH, middle(y)], radius.min(4.2), &format!(r##"fill="#ffffff" {disc}"##));
                y = self.entry(svg, [x, y], width, &format!("{}: {hollow}", words.below_limit));
            }
            if undecided > 0 {
                let at = [x + 0.5 * SWATCH, middle(y)];
                svg.circle(at, radius.min(4.2), &format!(r##"fill="#ffffff" {disc}"##));
                layers::cross(svg, at, radius.min(4.2));
                y = self.entry(svg, [x, y], width, &format!("{}: {undecided}", words.undecided));
            }
        }
        for (places, word, draw) in [
            (picture.sites, words.sites, sites::site as fn(&mut Svg, [f64; 2], &str)),
            (picture.taken, words.samples, |svg, at, _| sites::cross(svg, at)),
        ] {
            let shown = places.iter().filter(|p| self.frame.inside(**p).is_some()).count();
            if shown > 0 {
                draw(svg, [x + 0.5 * SWATCH, middle(y)], "1");
                y = self.entry(svg, [x, y], width, &format!("{word}: {shown}"));
            }
        }
        if picture.raster.is_some_and(|r| r.has_gaps()) {
            layers::no_value(svg, [x, middle(y) - 7.0], [SWATCH, 14.0]);
            svg.rect(x, middle(y) - 7.0, SWATCH, 14.0, r##"fill="none" stroke="#9aa5ae" stroke-width="0.8""##);
            y = self.entry(svg, [x, y], width, words.no_value);
        }
        y
    }

    /// Text of an entry beside its swatch; gives where the next begins.
    fn entry(&self, svg: &mut Svg, [x, y]: [f64; 2], width: f64, label: &str) -> f64 {
        let lines = wrap(label, TEXT, Weight::Regular, width - SWATCH - 10.0, ENTRY_LINES);
        let height = svg.lines(x + SWATCH + 10.0, y + 0.5 * leading(TEXT) + 0.36 * TEXT, Style::new(TEXT), &lines);
        y + height.max(leading(TEXT)) + 9.0
    }

    fn compass_height(&self) -> f64 {
        30.0 + if self.picture.north_arrow { 56.0 } else { 0.0 }
    }

    pub(super) fn compass(&self, svg: &mut Svg, [x, y]: [f64; 2], room: f64) -> f64 {
        let mut top = y;
        if self.picture.north_arrow {
            let c = x + 9.0;
            svg.text(c, top + 11.0, Style::new(13.0).bold().anchor(Anchor::Middle), self.picture.words.north);
            let (tip, foot, notch) = (num(top + 16.0), num(top + 46.0), num(top + 39.0));
            let (l, m, r) = (num(c - 9.0), num(c), num(c + 9.0));
            svg.path(&format!("M{m} {tip}L{l} {foot}L{m} {notch}Z"), r##"fill="#1d252c""##);
            let outline = r##"fill="none" stroke="#1d252c" stroke-width="1" stroke-linejoin="round""##;
            svg.path(&format!("M{m} {tip}L{r} {foot}L{m} {notch}L{l} {foot}Z"), outline);
            top += 56.0;
        }
        self.scale_bar(svg, [x, top], room);
        top + 30.0
    }

    fn scale_bar(&self, svg: &mut Svg, [x, y]: [f64; 2], room: f64) {
        let ground = self.frame.ground(self.picture.unit);
        // The last label reaches beyond the bar by about half its width.
        let longest = (room - 50.0).min(0.6 * self.frame.size()[0]).max(30.0);
        let length = nice_below(longest * ground);
        if !(length.is_finite() && length > 0.0 && ground > 0.0) {
            return;
        }
        let page = length / ground;
        let (shown, symbol) = match self.picture.unit {
            LengthUnit::Local { symbol } => (length, symbol),
            _ if length >= 1000.0 => (length / 1000.0, "km"),
            _ => (length, "m"),
        };
        for (i, fill) in ["#1d252c", "#ffffff", "#1d252c", "#ffffff"].into_iter().enumerate() {
            let attributes = format!(r##"fill="{fill}" stroke="#1d252c" stroke-width="0.8""##);
            svg.rect(x + 0.25 * page * i as f64, y, 0.25 * page, 6.0, &attributes);
        }
        let style = Style::new(TEXT);
        let last = significant(shown, 6);
        svg.text(x, y + 20.0, style, "0");
        // The number is centred under the end of the bar, and its unit follows.
        let half = 0.5 * width(&last, TEXT, Weight::Regular);
        let end = (x + page - half).max(x + 16.0);
        svg.text(end, y + 20.0, style, format!("{last} {symbol}").trim_end());
        let centre = significant(0.5 * shown, 6);
        if page - 2.0 * width(&centre, TEXT, Weight::Regular) - half > 24.0 {
            svg.text(x + 0.5 * page, y + 20.0, style.anchor(Anchor::Middle), &centre);
        }
    }
}
