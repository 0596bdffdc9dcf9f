//! A map of cells in classes of two properties at once, such as which contaminant dominates and how likely any is too high.

use geo::Polygon;

use super::frame::Frame;
use super::legend::Legend;
use super::{GAP, LEGEND, LengthUnit, MARGIN, MapPicture, PAGE, TALLEST, WIDTH, footer, hatch, header, layers};
use crate::colour::{Ramp, Rgb};
use crate::raster::Raster;
use crate::svg::{Anchor, SOFT_INK, Style, Svg, base64, leading};
use crate::text::{Weight, width, wrap};

/// Side of a class in the key, along its row.
const SWATCH: [f64; 2] = [40.0, 26.0];
const LABEL: f64 = 10.5;

/// The classes: every row with every column, row by row.
#[derive(Debug, Clone, Copy)]
pub struct TwoWayKey<'a> {
    /// What the classes are of, over the key.
    pub title: &'a str,
    /// What the rows are of; may be empty.
    pub row_title: &'a str,
    /// Names of the rows.
    pub rows: &'a [String],
    /// What the columns are of; may be empty.
    pub column_title: &'a str,
    /// Names of the columns: short.
    pub columns: &'a [String],
    /// A colour for every class, row by row.
    pub colours: &'a [Rgb],
}

/// A map of classes to draw. Fields left out come from [`Default`].
#[derive(Debug, Clone, Copy)]
pub struct TwoWayMap<'a> {
    /// Large line at the top.
    pub title: &'a str,
    /// Small lines under the title.
    pub subtitle: &'a str,
    /// Small lines at the bottom.
    pub credit: &'a str,
    /// What must be read before the map is: a strip across it; none where empty.
    pub warning: &'a str,
    /// The class of each cell, from 0, as the key counts them; not finite for none.
    pub raster: Raster<'a>,
    /// What the classes are.
    pub key: TwoWayKey<'a>,
    /// Which cells of the raster are not to be trusted, in the order of its values; may be shorter. They are hatched.
    pub doubtful: &'a [bool],
    /// What hatching means: "hatched: not to be trusted (outside the samples)".
    pub doubtful_label: &'a str,
    /// Outlines to draw.
    pub hotspots: &'a [Polygon<f64>],
    /// What an outline means.
    pub hotspot_label: &'a str,
    /// Easting and northing of each sample.
    pub samples: &'a [[f64; 2]],
    /// Unit of the coordinates.
    pub unit: LengthUnit<'a>,
    /// Width of the picture in pixels.
    pub width_px: u32,
}

impl<'a> TwoWayMap<'a> {
    /// A map of classes with nothing beside it.
    #[must_use]
    pub fn new(raster: Raster<'a>, key: TwoWayKey<'a>) -> Self {
        Self {
            title: "",
            subtitle: "",
            credit: "",
            warning: "",
            raster,
            key,
            doubtful: &[],
            doubtful_label: "",
            hotspots: &[],
            hotspot_label: "",
            samples: &[],
            unit: LengthUnit::default(),
            width_px: 1600,
        }
    }
}

/// Shades of base colours, for a key of rows by columns: from pale to the colour itself.
///
/// # Examples
/// ```
/// use soilscope_picture::{Rgb, shades};
/// let two = shades(&[Rgb([0, 114, 178]), Rgb([213, 94, 0])], 3);
/// assert_eq!(two.len(), 6);
/// assert_eq!(two[2], Rgb([0, 114, 178]));
/// assert!(two[0].lightness() > two[1].lightness() && two[1].lightness() > two[2].lightness());
/// ```
#[must_use]
pub fn shades(bases: &[Rgb], steps: usize) -> Vec<Rgb> {
    let of = |base: &Rgb, step: usize| {
        let share = if steps < 2 { 1.0 } else { 0.16 + 0.84 * step as f64 / (steps - 1) as f64 };
        Rgb(base.0.map(|c| (255.0 - share * (255.0 - f64::from(c))).round() as u8))
    };
    bases.iter().flat_map(|base| (0..steps).map(move |step| of(base, step))).collect()
}

/// Draws cells in the colours of their classes, as SVG, with hotspots, samples, and a key of rows by columns.
///
/// # Examples
/// ```
/// use soilscope_picture::{Raster, Rgb, TwoWayKey, TwoWayMap, shades, two_way_svg};
/// let names = ["zinc".to_owned(), "lead".to_owned()];
/// let steps = ["< 0.4".to_owned(), "≥ 0.4".to_owned()];
/// let colours = shades(&[Rgb([0, 114, 178]), Rgb([213, 94, 0])], 2);
/// let key = TwoWayKey {
///     title: "dominant contaminant", row_title: "", rows: &names, column_title: "P(any)", columns: &steps, colours: &colours,
/// };
/// let raster = Raster { values: &[0.0, 3.0], width: 2, height: 1, west: 0.0, north: 1.0, cell: [1.0, 1.0] };
/// let svg = two_way_svg(&TwoWayMap { title: "Zinc and lead", ..TwoWayMap::new(raster, key) });
/// assert!(svg.contains("dominant contaminant") && svg.contains("lead"));
/// ```
#[must_use]
pub fn two_way_svg(map: &TwoWayMap<'_>) -> String {
    // Frame, axes, outlines and their legend are those of every map; its samples have no values to be coloured by.
    let picture = MapPicture {
        raster: Some(map.raster),
        doubtful: map.doubtful,
        doubtful_label: map.doubtful_label,
        hotspots: map.hotspots,
        hotspot_label: map.hotspot_label,
        unit: map.unit,
        width_px: map.width_px,
        ..MapPicture::default()
    };
    let mut svg = Svg::default();
    let top = header(&mut svg, map.title, map.subtitle, PAGE) + 8.0;
    let top = layers::strip(&mut svg, map.warning, top);
    let mut frame = Frame::around(&picture);
    let left = frame.label_room(&picture);
    let wide = frame.shape() > 1.45;
    let room = WIDTH - left - if wide { 0.0 } else { GAP + LEGEND };
    let height = (room / frame.shape()).min(TALLEST);
    let across = height * frame.shape();
    let spare = (room - across).max(0.0);
    frame.place([MARGIN + left + 0.5 * spare, top], [across, height]);

    let address = |limit: usize| address(map, limit);
    let radius = (0.1 * (across * height / map.samples.len().max(1) as f64).sqrt()).clamp(0.8, 2.6);
    layers::clipped(&mut svg, &frame, |svg| {
        layers::no_value(svg, frame.origin(), frame.size());
        layers::image(svg, &frame, &map.raster, map.width_px, address);
        hatch::draw(svg, &picture, &frame);
        layers::hotspots(svg, map.hotspots, &frame);
        svg.raw(r##"<g fill="#14191d" stroke="#ffffff" stroke-width="0.5">"##);
        for at in map.samples.iter().filter_map(|&place| frame.inside(place)) {
            svg.circle(at, radius, "");
        }
        svg.raw("</g>");
    });
    frame.draw_axes(&mut svg, &picture);

    let (scale, ramp) = (picture.effective_scale(), Ramp::new(picture.palette));
    let legend = Legend { picture: &picture, frame: &frame, scale: &scale, ramp: &ramp };
    let below = frame.bottom() + 46.0;
    let bottom = if wide {
        let (first, third) = (0.46 * WIDTH, 0.2 * WIDTH);
        let second = WIDTH - first - third - 60.0;
        let y = key(&mut svg, &map.key, [MARGIN, below + 8.0], first);
        let entries = entries(&mut svg, map, &legend, radius, [MARGIN + first + 30.0, below + 8.0], second);
        y.max(entries).max(legend.compass(&mut svg, [MARGIN + WIDTH - third, below + 8.0], third))
    } else {
        let x = frame.right() + GAP;
        let y = key(&mut svg, &map.key, [x, top], LEGEND);
        let y = entries(&mut svg, map, &legend, radius, [x, y + 16.0], LEGEND);
        legend.compass(&mut svg, [x, (y + 22.0).max(frame.bottom() - 86.0)], LEGEND).max(below)
    };
    let bottom = footer(&mut svg, map.credit, bottom, PAGE);
    svg.finish([PAGE, bottom], map.width_px, map.title)
}

/// The cells as a `data:` address of an indexed PNG, thinned as any raster is.
fn address(map: &TwoWayMap<'_>, limit: usize) -> String {
    let Raster { values, width, height, .. } = map.raster;
    let (w, h) = (width.min(limit.max(1)), height.min(limit.max(1)));
    let classes = map.key.colours.len().min(255);
    let mut pixels = Vec::with_capacity(w * h);
    for row in 0..h {
        let source = (2 * row + 1) * height / (2 * h) * width;
        for column in 0..w {
            let class = values.get(source + (2 * column + 1) * width / (2 * w)).copied().unwrap_or(f32::NAN);
            // NaN is none: it compares false.
            let known = class >= 0.0 && (class as usize) < classes;
            pixels.push(if known { class as u8 + 1 } else { 0 });
        }
    }
    let colours = map.key.colours.iter().take(classes).flat_map(|c| c.0);
    let palette: Vec<u8> = [0xff; 3].into_iter().chain(colours).collect();
    format!("data:image/png;base64,{}", base64(&crate::png::indexed(w as u32, h as u32, palette, &pixels)))
}

/// The key; gives where it ends.
fn key(svg: &mut Svg, key: &TwoWayKey<'_>, [x, top]: [f64; 2], room: f64) -> f64 {
    let mut y = top;
    let heading = wrap(key.title, 13.0, Weight::Bold, room, 3);
    if !heading.is_empty() {
        y += svg.lines(x, y + 11.0, Style::new(13.0).bold(), &heading) + 6.0;
    }
    let small = Style::new(LABEL).soft();
    let title = wrap(key.row_title, LABEL, Weight::Regular, room, 2);
    if !title.is_empty() {
        y += svg.lines(x, y + LABEL, small, &title) + 3.0;
    }
    let columns = key.columns.len();
    // Column labels decide how wide a class is.
    let widest = key.columns.iter().map(|c| width(c, LABEL, Weight::Regular)).fold(0.0, f64::max);
    let [w, h] = [SWATCH[0].max(widest + 8.0).min(room / (columns.max(1) as f64 + 1.0)), SWATCH[1]];
    for (row, name) in key.rows.iter().enumerate() {
        for column in 0..columns {
            let Some(colour) = key.colours.get(row * columns + column) else { continue };
            let attributes = format!(r##"fill="{}" stroke="#ffffff" stroke-width="1""##, colour.hex());
            svg.rect(x + column as f64 * w, y, w, h, &attributes);
        }
        let label = wrap(name, 11.5, Weight::Regular, room - columns as f64 * w - 8.0, 2);
        let first = y + 0.5 * h + 4.0 - 0.5 * leading(11.5) * (label.len() as f64 - 1.0);
        svg.lines(x + columns as f64 * w + 8.0, first, Style::new(11.5), &label);
        y += h;
    }
    let outline = format!(r#"fill="none" stroke="{SOFT_INK}" stroke-width="0.6""#);
    svg.rect(x, y - key.rows.len() as f64 * h, columns as f64 * w, key.rows.len() as f64 * h, &outline);
    for (column, name) in key.columns.iter().enumerate() {
        svg.text(x + (column as f64 + 0.5) * w, y + LABEL + 3.0, small.anchor(Anchor::Middle), name);
    }
    y += LABEL + 8.0;
    let title = wrap(key.column_title, LABEL, Weight::Regular, room, 3);
    if !title.is_empty() {
        y += svg.lines(x, y + LABEL, small, &title);
    }
    y
}

/// Hotspots, samples and cells without a value; gives where they end.
fn entries(svg: &mut Svg, map: &TwoWayMap<'_>, legend: &Legend<'_>, radius: f64, [x, y]: [f64; 2], room: f64) -> f64 {
    let mut y = legend.entries(svg, [x, y], room);
    if !map.samples.is_empty() {
        let middle = [x + 13.0, y + 8.0];
        svg.circle(middle, radius.max(2.0), r##"fill="#14191d" stroke="#ffffff" stroke-width="0.5""##);
        let words = format!("{}: {}", legend.picture.words.samples, map.samples.len());
        svg.text(x + 36.0, y + 12.0, Style::new(11.5), &words);
        y += leading(11.5) + 9.0;
    }
    y
}
