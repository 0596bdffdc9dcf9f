//! A map for a report: field, hotspots and samples, with all that is needed to read it.

mod frame;
mod hatch;
mod layers;
mod legend;
mod places;
mod sites;
mod two_way;

use geo::Polygon;

use crate::colour::{Palette, Ramp};
use crate::raster::Raster;
use crate::scale::{ColourScale, Scale, Spread, Wish};
use crate::svg::{Style, Svg, leading};
use crate::text::{Weight, fit, wrap};
use frame::Frame;

pub use places::{PlaceClass, PlacesMap, places_svg};
pub use two_way::{TwoWayKey, TwoWayMap, shades, two_way_svg};

/// What one unit of the coordinates is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum LengthUnit<'a> {
    /// A projected CRS in metres.
    #[default]
    Metres,
    /// A projected CRS in another unit, such as the US survey foot.
    Scaled {
        /// Metres in one unit.
        metres: f64,
        /// Symbol of the unit, for the axes.
        symbol: &'a str,
    },
    /// Longitude and latitude in degrees. The map is narrowed by the cosine of its middle latitude, and the scale bar
    /// holds there, on a sphere of 6371.0088 km.
    Degrees,
    /// A plane that is nowhere on Earth; the symbol may be empty.
    Local {
        /// Symbol of the unit, for the axes and the scale bar.
        symbol: &'a str,
    },
}

/// The words the picture adds by itself; English by default, to be replaced for other languages.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "each field is named for the English word it stands for")]
pub struct Words<'a> {
    pub easting: &'a str,
    pub northing: &'a str,
    pub longitude: &'a str,
    pub latitude: &'a str,
    /// Letter over the north arrow.
    pub north: &'a str,
    pub no_value: &'a str,
    pub hotspot: &'a str,
    pub doubtful: &'a str,
    pub samples: &'a str,
    pub sites: &'a str,
    pub below_limit: &'a str,
    /// Samples of which nobody knows whether they are above the threshold.
    pub undecided: &'a str,
    /// Follows a count of samples outside the frame.
    pub outside: &'a str,
    pub threshold: &'a str,
    /// Follows the threshold when the colours end below it.
    pub above_scale: &'a str,
    /// Follows the threshold when the colours begin above it.
    pub below_scale: &'a str,
    pub log_scale: &'a str,
    /// Said when a logarithmic scale was asked for and cannot be.
    pub linear_instead: &'a str,
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self {
            easting: "easting",
            northing: "northing",
            longitude: "longitude",
            latitude: "latitude",
            north: "N",
            no_value: "no value",
            hotspot: "hotspot",
            doubtful: "hatched: not to be trusted",
            samples: "samples",
            sites: "proposed sites",
            below_limit: "below the detection limit",
            undecided: "below a limit above the threshold: cannot tell",
            outside: "outside the map",
            threshold: "threshold",
            above_scale: "above the scale",
            below_scale: "below the scale",
            log_scale: "logarithmic scale",
            linear_instead: "linear scale: not every value is above zero",
        }
    }
}

/// Outlines of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Outlines<'a> {
    /// The outlines; none where there is nothing of that kind, which its label should then say.
    pub polygons: &'a [Polygon<f64>],
    /// What they mean.
    pub label: &'a str,
}

/// How many kinds of outlines beside the first a map tells apart.
pub const LINE_STYLES: usize = layers::STYLES.len();

/// A map to draw. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct MapPicture<'a> {
    /// Large line at the top; shrinks and wraps when long.
    pub title: &'a str,
    /// Small lines under the title.
    pub subtitle: &'a str,
    /// What the colours mean, with the unit: "zinc (mg/kg)".
    pub legend: &'a str,
    /// Small lines at the bottom: model, CRS, date.
    pub credit: &'a str,
    /// What must be read before the map is: a strip across it; none where empty.
    pub warning: &'a str,
    /// The field. Without one the map shows the samples alone.
    pub raster: Option<Raster<'a>>,
    /// The colours.
    pub palette: Palette,
    /// How values are spread over the colours.
    pub scale: ColourScale,
    /// Values at the ends of the colours; found from the data when none.
    pub limits: Option<[f64; 2]>,
    /// Class borders, for classes instead of a continuous scale: n borders make n + 1 classes, and a border belongs to
    /// the class above.
    pub breaks: Option<&'a [f64]>,
    /// A value to mark on the colour bar.
    pub threshold: Option<f64>,
    /// Outlines to draw.
    pub hotspots: &'a [Polygon<f64>],
    /// What an outline means: "zinc > 720 mg/kg with a probability of at least 0.8".
    pub hotspot_label: &'a str,
    /// Outlines to compare these with, each in a line style of its own, up to [`LINE_STYLES`]; the legend names all of them.
    pub others: &'a [Outlines<'a>],
    /// Which cells of the raster are not to be trusted, in the order of its values; may be shorter. They are hatched.
    pub doubtful: &'a [bool],
    /// What hatching means: "hatched: not to be trusted (outside the samples)".
    pub doubtful_label: &'a str,
    /// Easting, northing and value of each sample.
    pub samples: &'a [([f64; 2], f64)],
    /// Places of samples whose values are not shown: small crosses.
    pub taken: &'a [[f64; 2]],
    /// Proposed places, numbered in their order.
    pub sites: &'a [[f64; 2]],
    /// Which samples are below their limit of detection, in the order of `samples`; may be shorter.
    pub below_limit: &'a [bool],
    /// Which of those below their limit cannot tell on which side of the threshold they are, in the order of `samples`; may be
    /// shorter. They are crossed.
    pub undecided: &'a [bool],
    /// Unit of the coordinates.
    pub unit: LengthUnit<'a>,
    /// Whether to draw a north arrow.
    pub north_arrow: bool,
    /// The picture's own words.
    pub words: Words<'a>,
    /// Width of the picture in pixels; the height follows from the shape of the map.
    pub width_px: u32,
}

impl Default for MapPicture<'_> {
    fn default() -> Self {
        Self {
            title: "",
            subtitle: "",
            legend: "",
            credit: "",
            warning: "",
            raster: None,
            palette: Palette::default(),
            scale: ColourScale::default(),
            limits: None,
            breaks: None,
            threshold: None,
            hotspots: &[],
            hotspot_label: "",
            others: &[],
            doubtful: &[],
            doubtful_label: "",
            samples: &[],
            taken: &[],
            sites: &[],
            below_limit: &[],
            undecided: &[],
            unit: LengthUnit::default(),
            north_arrow: true,
            words: Words::default(),
            width_px: 1600,
        }
    }
}

impl MapPicture<'_> {
    /// The scale that the picture uses, with what became of a wish for a logarithmic one.
    #[must_use]
    pub fn effective_scale(&self) -> Scale {
        let wish = Wish { choice: self.scale, limits: self.limits, breaks: self.breaks, palette: self.palette };
        let field = self.raster.map_or_else(Spread::default, |r| Spread::of(r.values()));
        let points = Spread::of(self.samples.iter().map(|s| s.1));
        Scale::find(wish, &field, &points)
    }

    fn has_values(&self) -> bool {
        self.raster.is_some_and(|r| r.values().any(f64::is_finite)) || self.samples.iter().any(|s| s.1.is_finite())
    }
}

/// Width of the page in the picture's own units, in which all sizes below are given.
pub(crate) const PAGE: f64 = 1000.0;
pub(crate) const MARGIN: f64 = 32.0;
const WIDTH: f64 = PAGE - 2.0 * MARGIN;
/// Space between the map and a legend beside it.
const GAP: f64 = 30.0;
const LEGEND: f64 = 232.0;
const TALLEST: f64 = 960.0;

/// Draws a map as SVG.
///
/// The legend stands beside the map, or below it when the map is wide. The raster keeps its cells: it is an embedded
/// PNG shown without smoothing, thinned where the picture has fewer pixels than the raster has cells.
#[must_use]
pub fn map_svg(picture: &MapPicture<'_>) -> String {
    let scale = picture.effective_scale();
    let ramp = Ramp::new(picture.palette);
    let mut svg = Svg::default();
    let top = header(&mut svg, picture.title, picture.subtitle, PAGE) + 8.0;
    let top = layers::strip(&mut svg, picture.warning, top);

    let mut frame = Frame::around(picture);
    let left = frame.label_room(picture);
    let wide = frame.shape() > 1.45;
    let room = WIDTH - left - if wide { 0.0 } else { GAP + LEGEND };
    let height = (room / frame.shape()).min(TALLEST);
    let width = height * frame.shape();
    // A tall map leaves room at its sides: some goes to the legend, the rest centres the whole.
    let spare = (room - width).max(0.0);
    let legend_width = LEGEND + if wide { 0.0 } else { (0.4 * spare).min(80.0) };
    let shift = if wide { 0.5 * spare } else { 0.5 * (spare - (legend_width - LEGEND)) };
    frame.place([MARGIN + left + shift, top], [width, height]);

    layers::draw(&mut svg, picture, &frame, &scale, &ramp);
    frame.draw_axes(&mut svg, picture);
    let below = frame.bottom() + 46.0;
    let legend = legend::Legend { picture, frame: &frame, scale: &scale, ramp: &ramp };
    let bottom = if wide {
        legend.below(&mut svg, [MARGIN, below + 8.0], WIDTH)
    } else {
        legend.beside(&mut svg, [frame.right() + GAP, top], legend_width).max(below)
    };
    let bottom = footer(&mut svg, picture.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], picture.width_px, picture.title)
}

/// Title and subtitle; gives where they end.
pub(crate) fn header(svg: &mut Svg, title: &str, subtitle: &str, page: f64) -> f64 {
    let width = page - 2.0 * MARGIN;
    let mut y = MARGIN - 6.0;
    let (size, lines) = fit(title, &[25.0, 22.0, 19.0], Weight::Bold, width, 2);
    // A title that fits on one line at a slightly smaller size is better than one with a lonely second line.
    let (size, lines) = match fit(title, &[25.0, 22.0, 20.0], Weight::Bold, width, 1) {
        (small, one) if !one.is_empty() && !one[0].ends_with('…') => (small, one),
        _ if lines.last().is_some_and(|l| l.ends_with('…')) => fit(title, &[17.0], Weight::Bold, width, 3),
        _ => (size, lines),
    };
    if !lines.is_empty() {
        y += size;
        y += svg.lines(MARGIN, y, Style::new(size).bold(), &lines) - leading(size) + 6.0;
    }
    let lines = wrap(subtitle, 13.5, Weight::Regular, width, 3);
    if !lines.is_empty() {
        y += 15.0;
        y += svg.lines(MARGIN, y, Style::new(13.5).soft(), &lines) - leading(13.5) + 6.0;
    }
    y + 8.0
}

/// Credit lines; gives the height of the page.
pub(crate) fn footer(svg: &mut Svg, credit: &str, bottom: f64, page: f64) -> f64 {
    let lines = wrap(credit, 10.5, Weight::Regular, page - 2.0 * MARGIN, 4);
    if lines.is_empty() {
        return bottom + MARGIN - 8.0;
    }
    let y = bottom + 14.0;
    svg.line([MARGIN, y], [page - MARGIN, y], r##"stroke="#c9d0d6" stroke-width="0.8""##);
    y + 18.0 + svg.lines(MARGIN, y + 18.0, Style::new(10.5).soft(), &lines) + 4.0
}
