//! Shares of a whole, as bars in a table: what each of some sources brings of each of some substances.

use crate::map::{MARGIN, footer, header};
use crate::svg::{Anchor, GRID, INK, SOFT_INK, Style, Svg};
use crate::text::{Weight, width, wrap};

const PAGE: f64 = 760.0;
const LABEL: f64 = 12.5;
const SMALL: f64 = 10.5;
/// Height of a row, of its bar, and the space between columns.
const ROW: f64 = 42.0;
const BAR: f64 = 15.0;
const SPACE: f64 = 22.0;
/// Colours that people who see few colours can tell apart (Okabe and Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// From 0 to 1; one that is not finite is left out.
    pub value: f64,
    /// Ends of its interval, where there is one.
    pub interval: Option<[f64; 2]>,
}

/// One column: the shares of one part.
#[derive(Debug, Clone, Copy)]
pub struct SharesColumn<'a> {
    /// What it is.
    pub label: &'a str,
    /// A small line under it.
    pub note: &'a str,
    /// One share a row.
    pub shares: &'a [Share],
}

/// Shares to plot. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SharesPlot<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// Names of the rows.
    pub rows: &'a [&'a str],
    /// The columns, from the left.
    pub columns: &'a [SharesColumn<'a>],
    /// Width of the picture in pixels; 0 for 1100.
    pub width_px: u32,
}

/// Draws shares as SVG: a bar from 0 to 100 % in each row and column, with its interval as a line and both as numbers where
/// there is room.
///
/// # Examples
/// ```
/// use soilscope_picture::{Share, SharesColumn, SharesPlot, shares_svg};
/// let shares = [Share { value: 0.8, interval: Some([0.7, 0.9]) }, Share { value: 0.1, interval: None }];
/// let columns = [SharesColumn { label: "factor 1", note: "", shares: &shares }];
/// let svg = shares_svg(&SharesPlot { rows: &["zinc", "lead"], columns: &columns, ..SharesPlot::default() });
/// assert!(svg.contains("80 %"));
/// ```
#[must_use]
pub fn shares_svg(plot: &SharesPlot<'_>) -> String {
    let mut svg = Svg::default();
    let top = header(&mut svg, plot.title, plot.subtitle, PAGE) + 22.0;
    let longest = plot.rows.iter().map(|r| width(r, LABEL, Weight::Regular)).fold(0.0, f64::max);
    let names = longest.min(0.3 * PAGE);
    let left = MARGIN + names + 16.0;
    let count = plot.columns.len().max(1) as f64;
    let room = ((PAGE - MARGIN - left - SPACE * (count - 1.0)) / count).max(8.0);
    let one = |text: &str, size, weight, room| wrap(text, size, weight, room, 1).pop().unwrap_or_default();
    let style = Style::new(LABEL);
    let first = top + 34.0;
    for (k, row) in plot.rows.iter().enumerate() {
        let y = first + k as f64 * ROW;
        svg.text(left - 16.0, y + 12.0, style.anchor(Anchor::End), &one(row, LABEL, Weight::Regular, names));
    }
    let bottom = first + plot.rows.len() as f64 * ROW;
    for (k, column) in plot.columns.iter().enumerate() {
        let x = left + k as f64 * (room + SPACE);
        let colour = COLOURS[k % COLOURS.len()];
        svg.text(x, top, style.bold().fill(colour), &one(column.label, LABEL, Weight::Bold, room));
        svg.text(x, top + 16.0, Style::new(SMALL).soft(), &one(column.note, SMALL, Weight::Regular, room));
        for (row, share) in column.shares.iter().take(plot.rows.len()).enumerate() {
            let y = first + row as f64 * ROW;
            svg.rect(x, y, room, BAR, &format!(r#"fill="{GRID}""#));
            if !share.value.is_finite() {
                continue;
            }
            let at = |share: f64| x + share.clamp(0.0, 1.0) * room;
            svg.rect(x, y, at(share.value) - x, BAR, &format!(r#"fill="{colour}" fill-opacity="0.85""#));
            let percent = |share: f64| format!("{:.0}", 100.0 * share);
            let mut words = format!("{} %", percent(share.value));
            if let Some([low, high]) = share.interval.filter(|i| i.iter().all(|v| v.is_finite())) {
                let middle = y + 0.5 * BAR;
                let ink = format!(r#"stroke="{INK}" stroke-width="1.4""#);
                svg.line([at(low), middle], [at(high), middle], &ink);
                for end in [low, high] {
                    svg.line([at(end), middle - 4.0], [at(end), middle + 4.0], &ink);
                }
                let with = format!("{words} ({}\u{2013}{})", percent(low), percent(high));
                if width(&with, SMALL, Weight::Regular) <= room - 5.0 {
                    words = with;
                }
            }
            if width(&words, SMALL, Weight::Regular) <= room + SPACE - 4.0 {
                svg.text(x + 5.0, y + BAR + 13.0, Style::new(SMALL).soft(), &words);
            }
        }
        let edge = format!(r#"stroke="{SOFT_INK}" stroke-width="1""#);
        svg.line([x, first - 4.0], [x, bottom - 8.0], &edge);
    }
    let bottom = footer(&mut svg, plot.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], if plot.width_px == 0 { 1100 } else { plot.width_px }, plot.title)
}
