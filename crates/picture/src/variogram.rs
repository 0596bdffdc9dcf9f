//! The plot of an empirical variogram and its model.

use std::fmt::Write as _;

use crate::chart::{Axis, Chart};
use crate::map::{MARGIN, PAGE, footer, header};
use crate::svg::{Anchor, SOFT_INK, Style, Svg, num};
use crate::text::{Weight, width, wrap};

/// Colours of directions: Okabe and Ito (2008), which every kind of colour vision tells apart; black comes last.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// One lag class of an empirical variogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// Mean separation of the pairs.
    pub distance: f64,
    /// Semivariance of the pairs.
    pub semivariance: f64,
    /// Number of pairs.
    pub pairs: u64,
}

/// Lag classes of one direction, or of all, and the model along it.
#[derive(Clone, Copy)]
pub struct VariogramSeries<'a> {
    /// Name in the legend, such as "azimuth 45°"; not shown when it is the only series.
    pub label: &'a str,
    /// The lag classes.
    pub lags: &'a [Lag],
    /// Semivariance of the model at a separation.
    pub curve: Option<&'a dyn Fn(f64) -> f64>,
}

impl std::fmt::Debug for VariogramSeries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VariogramSeries").field("label", &self.label).field("lags", &self.lags).finish_non_exhaustive()
    }
}

/// A variogram to plot. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct VariogramPlot<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// The model in words or notation, under the title: "0.05 Nug + 0.59 Sph(897)".
    pub model_text: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// Title of the horizontal axis: "separation (m)".
    pub x_label: &'a str,
    /// Title of the vertical axis: "semivariance (mg²/kg²)".
    pub y_label: &'a str,
    /// What to plot: one series for all directions together, or several.
    pub series: &'a [VariogramSeries<'a>],
    /// Sill of the model, if it has one.
    pub sill: Option<f64>,
    /// Nugget of the model.
    pub nugget: Option<f64>,
    /// Range to mark on the horizontal axis.
    pub range: Option<f64>,
    /// Variance of the samples.
    pub sample_variance: Option<f64>,
    /// Words for sill, nugget, range, sample variance and pairs, in this order.
    pub words: [&'a str; 5],
    /// Width of the picture in pixels.
    pub width_px: u32,
}

impl Default for VariogramPlot<'_> {
    fn default() -> Self {
        Self {
            title: "",
            model_text: "",
            credit: "",
            x_label: "separation",
            y_label: "semivariance",
            series: &[],
            sill: None,
            nugget: None,
            range: None,
            sample_variance: None,
            words: ["sill", "nugget", "range", "sample variance", "number of pairs in each class"],
            width_px: 1400,
        }
    }
}

/// Draws a variogram as SVG: lag classes as discs whose area grows with the number of pairs, which is also written
/// beside them when there is one series of few classes; the model as a line.
#[must_use]
pub fn variogram_svg(plot: &VariogramPlot<'_>) -> String {
    let [sill, nugget, range, variance] =
        [plot.sill, plot.nugget, plot.range, plot.sample_variance].map(|v| v.filter(|v| v.is_finite() && *v >= 0.0));
    let lags =
        || plot.series.iter().flat_map(|s| s.lags).filter(|l| l.distance.is_finite() && l.semivariance.is_finite());
    let greatest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0_f64, f64::max);
    let mut reach = 1.06 * greatest(&mut lags().map(|l| l.distance));
    if reach <= 0.0 {
        reach = range.map_or(1.0, |r| 1.5 * r);
    }
    // A range far beyond the classes would squeeze them into a corner: then it is only written.
    if let Some(range) = range.filter(|r| *r <= 1.6 * reach) {
        reach = reach.max(1.08 * range);
    }
    let steps: Vec<f64> = (0..=240).map(|i| if i == 0 { 1e-6 * reach } else { reach * f64::from(i) / 240.0 }).collect();
    let curves: Vec<Vec<[f64; 2]>> = plot
        .series
        .iter()
        .map(|s| {
            s.curve.map_or_else(Vec::new, |c| steps.iter().map(|&h| [h, c(h)]).filter(|p| p[1].is_finite()).collect())
        })
        .collect();
    // Covariances and cross semivariances may be below 0.
    let depth = lags().map(|l| l.semivariance).chain(curves.iter().flatten().map(|p| p[1])).fold(0.0, f64::min);
    let height = greatest(
        &mut lags().map(|l| l.semivariance).chain(curves.iter().flatten().map(|p| p[1])).chain(sill).chain(variance),
    );

    let mut svg = Svg::default();
    let top = header(&mut svg, plot.title, plot.model_text, PAGE) + 14.0;
    let x = Axis::new(0.0, reach, false);
    let air = 0.12 * (height - depth);
    let low = if depth < 0.0 { depth - air } else { 0.0 };
    let y = Axis::new(low, if height > 0.0 { height + air } else { 1.0 }, false);
    let left = MARGIN + Chart::label_room(y);
    let chart = Chart { x, y, left, top, width: PAGE - MARGIN - left, height: 460.0 };
    let bottom = chart.draw(&mut svg, plot.x_label, plot.y_label);

    if let Some([_, zero]) = chart.at(x.low, 0.0).filter(|_| depth < 0.0) {
        svg.line([chart.left, zero], [chart.right(), zero], &format!(r#"stroke="{SOFT_INK}" stroke-width="1""#));
    }
    let level = |svg: &mut Svg, value: f64, text: &str, dash: &str, lower: bool| {
        let Some([x, y]) = chart.at(x.low, value) else { return };
        svg.line(
            [x, y],
            [chart.right(), y],
            &format!(r#"stroke="{SOFT_INK}" stroke-width="1.2" stroke-dasharray="{dash}""#),
        );
        // At the left, where a variogram is still far below its sill.
        let style = Style::new(11.0).soft().halo();
        svg.text(chart.left + 8.0, if lower { y + 14.0 } else { y - 6.0 }, style, text);
    };
    let named = |word: usize, value: f64| format!("{} {}", plot.words[word], crate::number::significant(value, 4));
    // The two labels stand on different sides of their lines, which may coincide.
    if let Some(value) = variance {
        level(&mut svg, value, &named(3, value), "7 5", sill.is_some_and(|s| s > value));
    }
    if let Some(value) = sill {
        level(&mut svg, value, &named(0, value), "2 4", variance.is_some_and(|v| v >= value));
    }
    if let Some((range, [at, _])) = range.and_then(|r| Some((r, chart.at(r, y.low)?))) {
        let dots = format!(r#"stroke="{SOFT_INK}" stroke-width="1.2" stroke-dasharray="2 4""#);
        svg.line([at, chart.top], [at, chart.bottom()], &dots);
        let text = named(2, range);
        let flip = at + width(&text, 11.0, Weight::Regular) + 12.0 > chart.right();
        let style = Style::new(11.0).soft().halo().anchor(if flip { Anchor::End } else { Anchor::Start });
        svg.text(at + if flip { -6.0 } else { 6.0 }, chart.bottom() - 10.0, style, &text);
    }
    let colour = |i: usize| COLOURS[i % COLOURS.len()];
    for (i, curve) in curves.iter().enumerate() {
        let mut d = String::new();
        let mut command = 'M';
        for at in curve.iter().map(|p| chart.at(p[0], p[1])) {
            let Some(at) = at else {
                command = 'M';
                continue;
            };
            let _ = write!(d, "{command}{} {}", num(at[0]), num(at[1]));
            command = 'L';
        }
        svg.path(&d, &format!(r#"fill="none" stroke="{}" stroke-width="2.2" stroke-linejoin="round""#, colour(i)));
    }
    let most = lags().map(|l| l.pairs).max().unwrap_or(1).max(1) as f64;
    let single = plot.series.len() == 1;
    let mut labels = Vec::new();
    for (i, series) in plot.series.iter().enumerate() {
        for lag in series.lags {
            let Some(at) = chart.at(lag.distance, lag.semivariance) else { continue };
            let radius = 3.0 + 4.5 * (lag.pairs as f64 / most).sqrt();
            let style = format!(r##"fill="{}" fill-opacity="0.85" stroke="#ffffff" stroke-width="1""##, colour(i));
            svg.circle(at, radius, &style);
            // On the side of the disc where the model's line is not.
            let under = series.curve.is_some_and(|curve| curve(lag.distance) > lag.semivariance);
            labels.push(([at[0], at[1] + if under { radius + 13.0 } else { -radius - 5.0 }], lag.pairs));
        }
    }
    let counted = single && labels.len() <= 24;
    if counted {
        let style = Style::new(10.0).soft().anchor(Anchor::Middle).halo();
        for (at, pairs) in labels {
            svg.text(at[0], at[1], style, &pairs.to_string());
        }
    }
    key(&mut svg, plot, counted, &chart, nugget.map(|n| named(1, n)), colour);
    let bottom = footer(&mut svg, plot.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], plot.width_px, plot.title)
}

/// Nugget beside the axis, and what the discs are where a variogram leaves room: at the bottom right, or at the top.
fn key(
    svg: &mut Svg,
    plot: &VariogramPlot<'_>,
    counted: bool,
    chart: &Chart,
    nugget: Option<String>,
    colour: impl Fn(usize) -> &'static str,
) {
    let discs = || plot.series.iter().flat_map(|s| s.lags).filter_map(|l| chart.at(l.distance, l.semivariance));
    if let Some((text, [x, y])) = nugget.zip(plot.nugget.and_then(|n| chart.at(chart.x.low, n))) {
        let below = y + 18.0 < chart.bottom();
        svg.text(x + 8.0, if below { y + 15.0 } else { y - 7.0 }, Style::new(11.0).soft().halo(), &text);
    }
    let rows: Vec<String> = match plot.series {
        [_] if counted => vec![plot.words[4].to_string()],
        [] | [_] => Vec::new(),
        several => {
            several.iter().map(|s| wrap(s.label, 11.5, Weight::Regular, 240.0, 1).pop().unwrap_or_default()).collect()
        }
    };
    if rows.is_empty() {
        return;
    }
    let widest = rows.iter().map(|r| width(r, 11.5, Weight::Regular)).fold(0.0, f64::max);
    let (height, left) = (18.0 * rows.len() as f64, chart.right() - widest - 58.0);
    let covered = |top: f64| discs().filter(|[x, y]| *x > left && *y > top - 8.0 && *y < top + height + 18.0).count();
    // Covariances end where a variogram leaves room.
    let (below, above) = (chart.bottom() - height - 34.0, chart.top + 10.0);
    let top = if covered(below) > covered(above) { above } else { below };
    svg.rect(left, top, widest + 48.0, height + 10.0, r##"fill="#ffffff" fill-opacity="0.9" stroke="#c9d0d6""##);
    for (i, row) in rows.iter().enumerate() {
        let y = top + 14.0 + 18.0 * i as f64;
        if counted {
            svg.text(left + 18.0, y + 4.0, Style::new(10.0).soft().anchor(Anchor::Middle), "123");
        } else {
            svg.circle([left + 18.0, y], 5.0, &format!(r#"fill="{}""#, colour(i)));
        }
        svg.text(left + 36.0, y + 4.0, Style::new(11.5), row);
    }
}
