//! A map of places in classes, such as clusters.

use super::frame::Frame;
use super::legend::Legend;
use super::{GAP, LEGEND, LengthUnit, MARGIN, MapPicture, PAGE, TALLEST, WIDTH, footer, header};
use crate::colour::Ramp;
use crate::svg::{SOFT_INK, Style, Svg, leading, num};
use crate::text::{Weight, wrap};

/// Places that are alike.
#[derive(Debug, Clone, Copy)]
pub struct PlaceClass<'a> {
    /// What they are; their number follows it in the legend.
    pub label: &'a str,
    /// Colour, as `#ca0020`.
    pub colour: &'a str,
    /// Easting and northing of each.
    pub places: &'a [[f64; 2]],
}

/// A map of places to draw. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct PlacesMap<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// What the classes are of, over the legend.
    pub legend: &'a str,
    /// The classes; later ones lie on earlier ones.
    pub classes: &'a [PlaceClass<'a>],
    /// Unit of the coordinates.
    pub unit: LengthUnit<'a>,
    /// Width of the picture in pixels.
    pub width_px: u32,
}

impl Default for PlacesMap<'_> {
    fn default() -> Self {
        Self {
            title: "",
            subtitle: "",
            credit: "",
            legend: "",
            classes: &[],
            unit: LengthUnit::default(),
            width_px: 1600,
        }
    }
}

/// Draws places as discs coloured by class, as SVG, with axes, a scale bar and a north arrow. Places that are not finite are
/// left out, but counted in the legend.
///
/// # Examples
/// ```
/// use soilscope_picture::{PlaceClass, PlacesMap, places_svg};
/// let classes = [
///     PlaceClass { label: "not significant", colour: "#d9dde0", places: &[[0.0, 0.0], [40.0, 90.0]] },
///     PlaceClass { label: "high among high", colour: "#ca0020", places: &[[80.0, 10.0]] },
/// ];
/// let svg = places_svg(&PlacesMap { title: "Clusters of zinc", classes: &classes, ..PlacesMap::default() });
/// assert!(svg.contains("high among high: 1"));
/// ```
#[must_use]
pub fn places_svg(map: &PlacesMap<'_>) -> String {
    let samples: Vec<([f64; 2], f64)> =
        map.classes.iter().flat_map(|c| c.places).filter(|p| finite(p)).map(|p| (*p, f64::NAN)).collect();
    let picture = MapPicture { samples: &samples, unit: map.unit, ..MapPicture::default() };
    let mut svg = Svg::default();
    let top = header(&mut svg, map.title, map.subtitle, PAGE) + 8.0;
    let mut frame = Frame::around(&picture);
    let left = frame.label_room(&picture);
    let room = WIDTH - left - GAP - LEGEND;
    let height = (room / frame.shape()).min(TALLEST);
    let width = height * frame.shape();
    frame.place([MARGIN + left + 0.5 * (room - width).max(0.0), top], [width, height]);

    svg.rect(frame.origin()[0], top, width, height, r##"fill="#f6f7f8""##);
    let radius = (90.0 / (samples.len().max(1) as f64).sqrt()).clamp(1.4, 5.5);
    for class in map.classes {
        // A rim must not hide what it surrounds.
        svg.raw(&format!(r##"<g stroke="#4d5761" stroke-width="{}">"##, num(0.1 * radius)));
        for at in class.places.iter().filter(|p| finite(p)).filter_map(|p| frame.inside(*p)) {
            svg.circle(at, radius, &format!(r#"fill="{}""#, crate::svg::escape(class.colour)));
        }
        svg.raw("</g>");
    }
    frame.draw_axes(&mut svg, &picture);

    let x = frame.right() + GAP;
    let mut y = top + 12.0;
    let heading = wrap(map.legend, 13.0, Weight::Bold, LEGEND, 3);
    if !heading.is_empty() {
        y += svg.lines(x, y, Style::new(13.0).bold(), &heading) + 6.0;
    }
    for class in map.classes {
        let label = wrap(&format!("{}: {}", class.label, class.places.len()), 12.0, Weight::Regular, LEGEND - 20.0, 3);
        let disc = format!(r#"fill="{}" stroke="{SOFT_INK}" stroke-width="0.5""#, crate::svg::escape(class.colour));
        svg.circle([x + 6.0, y - 4.0], 5.5, &disc);
        y += svg.lines(x + 20.0, y, Style::new(12.0), &label).max(leading(12.0)) + 4.0;
    }
    let (scale, ramp) = (picture.effective_scale(), Ramp::new(picture.palette));
    let legend = Legend { picture: &picture, frame: &frame, scale: &scale, ramp: &ramp };
    let bottom = legend.compass(&mut svg, [x, y + 14.0], LEGEND).max(frame.bottom() + 46.0);
    let bottom = footer(&mut svg, map.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], map.width_px, map.title)
}

fn finite(place: &[f64; 2]) -> bool {
    place.iter().all(|v| v.is_finite())
}
