//! Two axes and what is plotted between them.

use crate::number::{linear_ticks, log_ticks, significant, with_step};
use crate::svg::{Anchor, GRID, INK, Style, Svg, leading, num};
use crate::text::{Weight, width, wrap};

const LABEL: f64 = 12.0;

/// One axis: its values, and whether equal ratios are equal lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
}

impl Axis {
    /// An axis that can be drawn, whatever it is asked to cover.
    pub(crate) fn new(low: f64, high: f64, log: bool) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        let log = log && low > 0.0;
        if high - low > 1e-9 * high.abs().max(low.abs()) {
            return Self { low, high, log };
        }
        let around = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
        Self { low: low - around, high: low + around, log }
    }

    fn position(self, value: f64) -> f64 {
        if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    fn ticks(self, count: usize) -> Vec<(f64, String)> {
        if self.log {
            return log_ticks(self.low, self.high, count + 3).into_iter().map(|v| (v, significant(v, 6))).collect();
        }
        let ticks = linear_ticks(self.low, self.high, count);
        ticks.values.into_iter().map(|v| (v, with_step(v, ticks.step))).collect()
    }
}

/// A rectangle with axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chart {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Chart {
    /// Room that the labels of an axis need at its left.
    pub(crate) fn label_room(axis: Axis) -> f64 {
        let widest = axis.ticks(7).iter().map(|t| width(&t.1, LABEL, Weight::Regular)).fold(0.0, f64::max);
        widest + 40.0
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Place on the page; none for what is not within the axes.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        let place = [self.x.position(x), self.y.position(y)];
        place
            .iter()
            .all(|p| (-1e-9..=1.0 + 1e-9).contains(p))
            .then(|| [self.left + place[0] * self.width, self.bottom() - place[1] * self.height])
    }

    /// Grid, ticks and titles; gives where they end.
    pub(crate) fn draw(&self, svg: &mut Svg, x_label: &str, y_label: &str) -> f64 {
        let (bottom, right) = (self.bottom(), self.right());
        let style = Style::new(LABEL).soft();
        let grid = format!(r#"stroke="{GRID}" stroke-width="1""#);
        let mut last = f64::NEG_INFINITY;
        for (value, label) in self.x.ticks(7) {
            let Some([at, _]) = self.at(value, self.y.low) else { continue };
            svg.line([at, self.top], [at, bottom], &grid);
            let half = 0.5 * width(&label, LABEL, Weight::Regular);
            if at - half > last + 8.0 {
                svg.text(at, bottom + 19.0, style.anchor(Anchor::Middle), &label);
                last = at + half;
            }
        }
        for (value, label) in self.y.ticks(7) {
            let Some([_, at]) = self.at(self.x.low, value) else { continue };
            svg.line([self.left, at], [right, at], &grid);
            svg.text(self.left - 9.0, at + 0.36 * LABEL, style.anchor(Anchor::End), &label);
        }
        let axis = format!(r#"fill="none" stroke="{INK}" stroke-width="1""#);
        let (l, t, b, r) = (num(self.left), num(self.top), num(bottom), num(right));
        svg.path(&format!("M{l} {t}L{l} {b}L{r} {b}"), &axis);
        let title = Style::new(12.5).anchor(Anchor::Middle);
        let one = |text: &str, room: f64| wrap(text, 12.5, Weight::Regular, room, 1).pop().unwrap_or_default();
        svg.text(self.left + 0.5 * self.width, bottom + 41.0, title, &one(x_label, self.width));
        let outer = self.left - Self::label_room(self.y) + 12.0;
        svg.text_upwards(outer, self.top + 0.5 * self.height, title, &one(y_label, self.height));
        bottom + 48.0
    }
}

impl Chart {
    /// Lines in a box at the upper left, so far under the edge.
    pub(crate) fn scores(&self, svg: &mut Svg, scores: &[&str], under: f64) {
        if scores.is_empty() {
            return;
        }
        let widest = scores.iter().map(|s| width(s, LABEL, Weight::Regular)).fold(0.0, f64::max);
        let height = scores.len() as f64 * leading(LABEL) + 14.0;
        let (x, y) = (self.left + 14.0, self.top + under);
        svg.rect(x, y, widest + 20.0, height, r##"fill="#ffffff" fill-opacity="0.9" stroke="#c9d0d6""##);
        for (i, score) in scores.iter().enumerate() {
            svg.text(x + 10.0, y + 18.0 + i as f64 * leading(LABEL), Style::new(LABEL), score);
        }
    }
}

/// Least and greatest of the finite values.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.filter(|v| v.is_finite()).map(|v| [v, v]).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
}
