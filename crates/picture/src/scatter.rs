//! Observed against predicted: the picture of a cross-validation.

use crate::chart::{Axis, Chart, range};
use crate::map::{MARGIN, footer, header};
use crate::svg::{Anchor, SOFT_INK, Style, Svg};

const PAGE: f64 = 760.0;

/// Pairs of observed and predicted values to plot. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct ScatterPlot<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title: the method and the folds.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// Title of the horizontal axis, with the unit.
    pub x_label: &'a str,
    /// Title of the vertical axis, with the unit.
    pub y_label: &'a str,
    /// Observed and predicted; pairs that are not finite are left out.
    pub pairs: &'a [[f64; 2]],
    /// Lines to show within the plot: scores.
    pub scores: &'a [&'a str],
    /// Whether the axes are logarithmic; they are linear when some value is not above zero.
    pub log: bool,
    /// Label of the 1:1 line.
    pub line_label: &'a str,
    /// Width of the picture in pixels.
    pub width_px: u32,
}

impl Default for ScatterPlot<'_> {
    fn default() -> Self {
        Self {
            title: "",
            subtitle: "",
            credit: "",
            x_label: "observed",
            y_label: "predicted",
            pairs: &[],
            scores: &[],
            log: false,
            line_label: "1:1",
            width_px: 1100,
        }
    }
}

/// Draws observed against predicted values as SVG. Both axes are the same, so that the 1:1 line is the diagonal.
#[must_use]
pub fn scatter_svg(plot: &ScatterPlot<'_>) -> String {
    let pairs: Vec<[f64; 2]> = plot.pairs.iter().copied().filter(|p| p.iter().all(|v| v.is_finite())).collect();
    let [low, high] = range(pairs.iter().flatten().copied()).unwrap_or([0.0, 1.0]);
    let axis = if plot.log && low > 0.0 {
        let air = (high / low).powf(0.04);
        Axis::new(low / air, high * air, true)
    } else {
        let air = 0.04 * (high - low);
        // Concentrations begin at zero when they come near to it.
        let bottom = if low >= 0.0 && low < 0.25 * high { 0.0 } else { low - air };
        Axis::new(bottom, high + air, false)
    };
    let mut svg = Svg::default();
    let top = header(&mut svg, plot.title, plot.subtitle, PAGE) + 14.0;
    let left = MARGIN + Chart::label_room(axis);
    let side = PAGE - MARGIN - left;
    let chart = Chart { x: axis, y: axis, left, top, width: side, height: side };
    let bottom = chart.draw(&mut svg, plot.x_label, plot.y_label);
    let (from, to) = ([chart.left, chart.bottom()], [chart.right(), chart.top]);
    svg.line(from, to, &format!(r#"stroke="{SOFT_INK}" stroke-width="1.4" stroke-dasharray="7 5""#));
    let radius = (60.0 / (pairs.len().max(1) as f64).sqrt()).clamp(1.2, 4.2);
    let opacity = if pairs.len() > 2000 { "0.35" } else { "0.6" };
    let stroke = if radius > 2.5 { r##" stroke="#ffffff" stroke-width="0.7""## } else { "" };
    svg.raw(&format!(r##"<g fill="#0072b2" fill-opacity="{opacity}"{stroke}>"##));
    for at in pairs.iter().filter_map(|p| chart.at(p[0], p[1])) {
        svg.circle(at, radius, "");
    }
    svg.raw("</g>");
    let label = Style::new(11.5).soft().anchor(Anchor::End).halo();
    svg.text(chart.right() - 30.0, chart.top + 16.0, label, plot.line_label);
    chart.scores(&mut svg, plot.scores, 4.0);
    let bottom = footer(&mut svg, plot.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], plot.width_px, plot.title)
}
