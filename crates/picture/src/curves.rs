//! Lines over one axis, in panels one above the other.

use crate::chart::{Axis, Chart, range};
use crate::map::{MARGIN, footer, header};
use crate::svg::{Anchor, SOFT_INK, Style, Svg, num};
use crate::text::{Weight, width};

const PAGE: f64 = 760.0;
const HEIGHT: f64 = 300.0;
const LABEL: f64 = 12.0;
/// Colours that people who see few colours can tell apart (Okabe and Ito 2008).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// What it is.
    pub label: &'a str,
    /// Points from left to right; those that are not finite are left out.
    pub points: &'a [[f64; 2]],
}

/// Lines with one vertical axis, from 0 up.
#[derive(Debug, Clone, Copy)]
pub struct CurvesPanel<'a> {
    /// Title of the vertical axis.
    pub y_label: &'a str,
    /// The lines, at most four.
    pub curves: &'a [Curve<'a>],
}

/// Lines to plot. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy, Default)]
pub struct CurvesPlot<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// Title of the horizontal axis.
    pub x_label: &'a str,
    /// The panels, from above.
    pub panels: &'a [CurvesPanel<'a>],
    /// Places on the horizontal axis to mark through all panels, with a word each.
    pub marks: &'a [(f64, &'a str)],
    /// Width of the picture in pixels; 0 for 1100.
    pub width_px: u32,
}

/// Draws lines as SVG.
///
/// # Examples
/// ```
/// use soilscope_picture::{Curve, CurvesPanel, CurvesPlot, curves_svg};
/// let curves = [Curve { label: "area", points: &[[0.0, 5.0], [1.0, 2.0]] }];
/// let panels = [CurvesPanel { y_label: "km²", curves: &curves }];
/// let svg = curves_svg(&CurvesPlot { title: "Hotspots", panels: &panels, ..CurvesPlot::default() });
/// assert!(svg.contains("area"));
/// ```
#[must_use]
pub fn curves_svg(plot: &CurvesPlot<'_>) -> String {
    let mut svg = Svg::default();
    let mut top = header(&mut svg, plot.title, plot.subtitle, PAGE) + 14.0;
    let points = || plot.panels.iter().flat_map(|p| p.curves).flat_map(|c| c.points);
    let [low, high] = range(points().map(|p| p[0])).unwrap_or([0.0, 1.0]);
    let axes: Vec<Axis> = plot
        .panels
        .iter()
        .map(|panel| {
            let most = range(panel.curves.iter().flat_map(|c| c.points).map(|p| p[1])).map_or(1.0, |r| r[1]);
            Axis::new(0.0, if most > 0.0 { 1.05 * most } else { 1.0 }, false)
        })
        .collect();
    let left = MARGIN + axes.iter().map(|a| Chart::label_room(*a)).fold(0.0, f64::max);
    for (k, (panel, y)) in plot.panels.iter().zip(&axes).enumerate() {
        top += legend(&mut svg, panel, left, top);
        let chart =
            Chart { x: Axis::new(low, high, false), y: *y, left, top, width: PAGE - MARGIN - left, height: HEIGHT };
        let last = k + 1 == plot.panels.len();
        let bottom = chart.draw(&mut svg, if last { plot.x_label } else { "" }, panel.y_label);
        for (place, word) in plot.marks {
            let Some([x, _]) = chart.at(*place, y.low) else { continue };
            svg.line(
                [x, chart.top],
                [x, chart.bottom()],
                &format!(r#"stroke="{SOFT_INK}" stroke-width="1.4" stroke-dasharray="3 4""#),
            );
            let right = x > chart.left + 0.5 * chart.width;
            let (at, anchor) = if right { (x - 6.0, Anchor::End) } else { (x + 6.0, Anchor::Start) };
            if k == 0 {
                svg.text(at, chart.top + 15.0, Style::new(11.5).soft().halo().anchor(anchor), word);
            }
        }
        for (curve, colour) in panel.curves.iter().zip(COLOURS) {
            let mut path = String::new();
            for [x, y] in curve.points.iter().filter_map(|p| chart.at(p[0], p[1])) {
                path += &format!("{}{} {}", if path.is_empty() { 'M' } else { 'L' }, num(x), num(y));
            }
            svg.path(&path, &format!(r#"fill="none" stroke="{colour}" stroke-width="2.2" stroke-linejoin="round""#));
        }
        top = bottom + if last { 0.0 } else { -14.0 };
    }
    let bottom = footer(&mut svg, plot.credit, top, PAGE);
    svg.finish([PAGE, bottom], if plot.width_px == 0 { 1100 } else { plot.width_px }, plot.title)
}

/// What the lines are, above a panel; gives the room that took.
fn legend(svg: &mut Svg, panel: &CurvesPanel<'_>, left: f64, top: f64) -> f64 {
    const LINE: f64 = 19.0;
    let (mut x, mut y) = (left, top + 10.0);
    for (curve, colour) in panel.curves.iter().zip(COLOURS) {
        let room = 34.0 + width(curve.label, LABEL, Weight::Regular) + 20.0;
        if x > left && x + room > PAGE - MARGIN {
            (x, y) = (left, y + LINE);
        }
        svg.line([x, y - 4.0], [x + 26.0, y - 4.0], &format!(r#"stroke="{colour}" stroke-width="2.6""#));
        svg.text(x + 33.0, y, Style::new(LABEL), curve.label);
        x += room;
    }
    y - top + 12.0
}
