//! Forecast probabilities against what happened: the picture of a proof of skill.

use crate::chart::{Axis, Chart};
use crate::map::{MARGIN, footer, header};
use crate::svg::{Anchor, SOFT_INK, Style, Svg, num};
use crate::text::{Weight, width};

const PAGE: f64 = 760.0;
/// Height of the marks of single forecasts, under and over the chart's edges.
const RUG: f64 = 9.0;

/// Forecasts that are best replaced by one share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Lowest and highest forecast, 0 to 1.
    pub forecasts: [f64; 2],
    /// Share of the events that happened, 0 to 1.
    pub observed: f64,
    /// Forecasts.
    pub count: usize,
}

/// A reliability diagram to plot. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct ReliabilityPlot<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title: the event and how samples were held out.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// Title of the horizontal axis.
    pub x_label: &'a str,
    /// Title of the vertical axis.
    pub y_label: &'a str,
    /// The steps, from low to high.
    pub steps: &'a [Step],
    /// Share of all events that happened: a line of no skill.
    pub base_rate: Option<f64>,
    /// Single forecasts, and whether the event happened: marks at the upper edge where it did, at the lower where not.
    pub forecasts: &'a [(f64, bool)],
    /// Lines to show within the plot: scores.
    pub scores: &'a [&'a str],
    /// Words for the diagonal and the base rate.
    pub words: [&'a str; 2],
    /// Width of the picture in pixels.
    pub width_px: u32,
}

impl Default for ReliabilityPlot<'_> {
    fn default() -> Self {
        Self {
            title: "",
            subtitle: "",
            credit: "",
            x_label: "forecast probability",
            y_label: "share that happened",
            steps: &[],
            base_rate: None,
            forecasts: &[],
            scores: &[],
            words: ["as often as forecast", "base rate"],
            width_px: 1100,
        }
    }
}

/// Size of the words on the plot.
const SIZE: f64 = 11.5;

/// Where the words on the diagonal begin: below it, the first place along it that the steps leave free.
fn beside_diagonal(chart: &Chart, plot: &ReliabilityPlot<'_>) -> [f64; 2] {
    let width = width(plot.words[0], SIZE, Weight::Regular);
    // Where the curve is: every step, and the line from its end to the next one's beginning.
    let ends = plot.steps.iter().flat_map(|s| s.forecasts.map(|f| [f, s.observed]));
    let ends: Vec<[f64; 2]> = ends.filter_map(|[f, o]| chart.at(f, o)).collect();
    let path: Vec<[f64; 2]> = ends
        .windows(2)
        .flat_map(|pair| {
            (0..=24).map(|k| {
                let t = f64::from(k) / 24.0;
                [0, 1].map(|axis| pair[0][axis] + t * (pair[1][axis] - pair[0][axis]))
            })
        })
        .collect();
    let base = plot.base_rate.and_then(|rate| chart.at(0.0, rate)).map(|at| at[1]);
    // Discs are up to eleven wide, letters up to twelve high.
    let free = |[x, y]: &[f64; 2]| {
        !base.is_some_and(|base| (y - 14.0..y + 22.0).contains(&base))
            && !path
                .iter()
                .any(|p| (x - 14.0..x + width + 14.0).contains(&p[0]) && (y - 24.0..y + 14.0).contains(&p[1]))
    };
    let places = [0.62, 0.5, 0.38, 0.26, 0.14, 0.7].map(|f| (f, f - 0.05));
    let mut places = places.into_iter().filter_map(|(f, o)| chart.at(f, o));
    let first = places.clone().next().unwrap_or([chart.left, chart.bottom()]);
    places.find(free).unwrap_or(first)
}

/// Draws a reliability diagram as SVG: forecasts that happen as often as they say lie on the diagonal. A step is a bar over
/// the forecasts that it stands for, with a disc whose area grows with their number.
#[must_use]
pub fn reliability_svg(plot: &ReliabilityPlot<'_>) -> String {
    let mut svg = Svg::default();
    let top = header(&mut svg, plot.title, plot.subtitle, PAGE) + 14.0;
    let axis = Axis::new(0.0, 1.0, false);
    let left = MARGIN + Chart::label_room(axis);
    let side = PAGE - MARGIN - left;
    let chart = Chart { x: axis, y: axis, left, top, width: side, height: side };
    let bottom = chart.draw(&mut svg, plot.x_label, plot.y_label);
    let dashed = |dash: &str| format!(r#"stroke="{SOFT_INK}" stroke-width="1.4" stroke-dasharray="{dash}""#);
    svg.line([chart.left, chart.bottom()], [chart.right(), chart.top], &dashed("7 5"));
    let soft = Style::new(SIZE).soft().halo();
    let place = beside_diagonal(&chart, plot);
    svg.text(place[0], place[1], soft, plot.words[0]);
    if let Some([x, y]) = plot.base_rate.and_then(|rate| chart.at(0.0, rate)) {
        svg.line([x, y], [chart.right(), y], &dashed("2 4"));
        svg.text(chart.right() - 8.0, y - 6.0, soft.anchor(Anchor::End), plot.words[1]);
    }
    svg.raw(r##"<g stroke="#d55e00" stroke-width="1" stroke-opacity="0.45">"##);
    for &(forecast, happened) in plot.forecasts {
        let Some([x, y]) = chart.at(forecast, if happened { 1.0 } else { 0.0 }) else { continue };
        svg.line([x, y], [x, if happened { y + RUG } else { y - RUG }], "");
    }
    svg.raw("</g>");
    let most = plot.steps.iter().map(|s| s.count).max().unwrap_or(1).max(1) as f64;
    let places: Vec<_> = plot
        .steps
        .iter()
        .filter_map(|s| {
            let [from, to] = s.forecasts.map(|f| chart.at(f, s.observed));
            Some((from?, to?, s.count))
        })
        .collect();
    let path: String = places
        .iter()
        .enumerate()
        .map(|(k, (from, to, _))| {
            let verb = if k == 0 { 'M' } else { 'L' };
            format!("{verb}{} {}L{} {}", num(from[0]), num(from[1]), num(to[0]), num(to[1]))
        })
        .collect();
    svg.path(&path, r##"fill="none" stroke="#0072b2" stroke-width="2.4" stroke-linejoin="round""##);
    for (from, to, count) in &places {
        let radius = 3.0 + 8.0 * (*count as f64 / most).sqrt();
        let middle = [0.5 * (from[0] + to[0]), from[1]];
        svg.circle(middle, radius, r##"fill="#0072b2" fill-opacity="0.75" stroke="#ffffff" stroke-width="1""##);
    }
    chart.scores(&mut svg, plot.scores, 16.0);
    let bottom = footer(&mut svg, plot.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], plot.width_px, plot.title)
}
