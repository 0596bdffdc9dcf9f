//! What lies within the frame: ground of no value, raster, samples, hotspots.

use std::collections::HashSet;
use std::fmt::Write as _;

use geo::{LineString, Polygon};

use super::frame::Frame;
use super::{MARGIN, MapPicture, PAGE, hatch, sites};
use crate::colour::Ramp;
use crate::raster::Raster;
use crate::scale::Scale;
use crate::svg::{Style, Svg, leading, num};
use crate::text::{Weight, fit};

/// Dark line of a hotspot: far in hue from the reds and yellows that it crosses.
const OUTLINE: &str = "#0b2545";
/// Other outlines by colour and dashes: dark, so that they stand against reds and yellows, and told apart by their dashes alone in a grey
/// print. Between the dashes a line below them is seen.
pub(super) const STYLES: [(&str, &str); 3] = [("#00796b", "10 6"), ("#7b1fa2", "2 4.5"), ("#1565c0", "12 4 2 4")];
/// Samples beyond this number are drawn once for each place on the page where they would cover each other.
const MANY: usize = 20_000;

/// A warning across the page above the map, which it must not hide; gives where the map begins.
pub(super) fn strip(svg: &mut Svg, warning: &str, top: f64) -> f64 {
    let width = PAGE - 2.0 * MARGIN;
    let (size, lines) = fit(warning, &[15.0, 13.0, 11.0], Weight::Bold, width - 24.0, 3);
    if lines.is_empty() {
        return top;
    }
    let height = lines.len() as f64 * leading(size) + 12.0;
    svg.rect(MARGIN, top, width, height, r##"fill="#fdf3f3" stroke="#8a1c1c" stroke-width="1.2""##);
    svg.lines(MARGIN + 12.0, top + size + 5.0, Style::new(size).bold(), &lines);
    top + height + 12.0
}

pub(super) fn draw(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame, scale: &Scale, ramp: &Ramp) {
    let ([x, y], [w, h]) = (frame.origin(), frame.size());
    if picture.raster.is_some() {
        no_value(svg, [x, y], [w, h]);
    } else {
        svg.rect(x, y, w, h, r##"fill="#f6f7f8""##);
    }
    clipped(svg, frame, |svg| {
        raster(svg, picture, frame, scale, ramp);
        hatch::draw(svg, picture, frame);
        // Dots over outlines would break them; outlines over large discs would hide these.
        if radius(picture, frame) < 2.5 {
            samples(svg, picture, frame, scale, ramp);
            outlines(svg, picture, frame);
        } else {
            outlines(svg, picture, frame);
            samples(svg, picture, frame, scale, ramp);
        }
        sites::draw(svg, picture, frame);
    });
}

/// Draws within the frame only.
pub(super) fn clipped(svg: &mut Svg, frame: &Frame, draw: impl FnOnce(&mut Svg)) {
    let ([x, y], [w, h]) = (frame.origin(), frame.size());
    // An inner SVG clips without needing an id, which two pictures in one page could share.
    let (nx, ny, nw, nh) = (num(x), num(y), num(w), num(h));
    svg.raw(&format!(
        r#"<svg x="{nx}" y="{ny}" width="{nw}" height="{nh}" viewBox="{nx} {ny} {nw} {nh}" overflow="hidden">"#
    ));
    draw(svg);
    svg.raw("</svg>");
}

/// Ground without a value: pale grey with oblique lines, so that it is told from pale colours also in a grey print.
pub(super) fn no_value(svg: &mut Svg, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
    svg.rect(x, y, w, h, r##"fill="#f1f3f4""##);
    let step = 7.0;
    let mut d = String::new();
    let mut c = step;
    while c < w + h {
        let from = [x + (c - h).max(0.0), y + c.min(h)];
        let to = [x + c.min(w), y + (c - w).max(0.0)];
        let _ = write!(d, "M{} {}L{} {}", num(from[0]), num(from[1]), num(to[0]), num(to[1]));
        c += step;
    }
    svg.path(&d, r##"stroke="#d9dee2" stroke-width="0.8" fill="none""##);
}

fn raster(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame, scale: &Scale, ramp: &Ramp) {
    if let Some(raster) = &picture.raster {
        image(svg, frame, raster, picture.width_px, |limit| raster.data_address(scale, ramp, limit));
    }
}

/// A raster as the picture that `address` makes of it, with so many pixels a side.
pub(super) fn image(
    svg: &mut Svg,
    frame: &Frame,
    raster: &Raster<'_>,
    width_px: u32,
    address: impl FnOnce(usize) -> String,
) {
    let Some(bounds) = raster.bounds() else { return };
    let [left, bottom] = frame.at([bounds[0], bounds[1]]);
    let [right, top] = frame.at([bounds[2], bounds[3]]);
    let (w, h) = (right - left, bottom - top);
    // Twice the pixels of the picture, for those who enlarge it.
    let limit = (2.0 * w.max(h) / PAGE * f64::from(width_px)).ceil().clamp(1.0, 8192.0);
    svg.raw(&format!(
        concat!(
            r#"<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" "#,
            r#"image-rendering="optimizeSpeed" style="image-rendering:pixelated" xlink:href="{}"/>"#
        ),
        num(left),
        num(top),
        num(w),
        num(h),
        address(limit as usize)
    ));
}

pub(super) fn hotspots(svg: &mut Svg, hotspots: &[Polygon<f64>], frame: &Frame) {
    let d = traced(hotspots, frame);
    if !d.is_empty() {
        outline(svg, &d);
    }
}

fn traced(polygons: &[Polygon<f64>], frame: &Frame) -> String {
    let mut d = String::new();
    for polygon in polygons {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            trace(&mut d, ring, frame);
        }
    }
    d
}

/// Hotspots, and over them those that they are compared with.
fn outlines(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame) {
    hotspots(svg, picture.hotspots, frame);
    for (style, other) in picture.others.iter().enumerate() {
        let d = traced(other.polygons, frame);
        if !d.is_empty() {
            dashed(svg, &d, style);
        }
    }
}

/// A line in the style of one of the other kinds of outlines.
pub(super) fn dashed(svg: &mut Svg, d: &str, style: usize) {
    let (colour, dashes) = STYLES[style % STYLES.len()];
    let line = |colour: &str, width: f64| {
        format!(
            r#"fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dashes}" stroke-linejoin="round""#
        )
    };
    svg.path(d, &line("#ffffff", 4.8));
    svg.path(d, &line(colour, 2.4));
}

/// A dark line in a white casing: seen on pale and on dark colours.
pub(super) fn outline(svg: &mut Svg, d: &str) {
    svg.path(d, r##"fill="none" stroke="#ffffff" stroke-width="4.4" stroke-linejoin="round""##);
    svg.path(d, &format!(r#"fill="none" stroke="{OUTLINE}" stroke-width="2" stroke-linejoin="round""#));
}

fn trace(d: &mut String, ring: &LineString<f64>, frame: &Frame) {
    let mut last = [f64::NAN; 2];
    let mut command = 'M';
    for c in ring.coords() {
        let at = frame.at([c.x, c.y]);
        // Steps too short to be seen would only make the file long. A start has no step: NaN compares false.
        let short = (at[0] - last[0]).abs() < 0.25 && (at[1] - last[1]).abs() < 0.25;
        if short || !at.iter().all(|v| v.is_finite()) {
            continue;
        }
        let _ = write!(d, "{command}{} {}", num(at[0]), num(at[1]));
        (command, last) = ('L', at);
    }
    if command == 'L' {
        d.push('Z');
    }
}

/// Radius of a sample's disc: as large as leaves the map to be seen between them.
pub(super) fn radius(picture: &MapPicture<'_>, frame: &Frame) -> f64 {
    let [w, h] = frame.size();
    let room = w * h / picture.samples.len().max(1) as f64;
    (0.14 * room.sqrt()).clamp(0.8, 5.0)
}

/// A cross over a disc, which reaches beyond it so that it is seen where discs are small.
pub(super) fn cross(svg: &mut Svg, [x, y]: [f64; 2], radius: f64) {
    let arm = (1.2 * radius).max(2.2);
    let [l, r, t, b] = [x - arm, x + arm, y - arm, y + arm].map(num);
    let width = num((0.3 * radius).clamp(0.7, 1.3));
    svg.path(
        &format!("M{l} {t}L{r} {b}M{l} {b}L{r} {t}"),
        &format!(r##"fill="none" stroke="#14191d" stroke-width="{width}""##),
    );
}

/// Attributes of discs of a radius, without their fill.
pub(super) fn disc_stroke(radius: f64) -> String {
    format!(r##"stroke="#14191d" stroke-width="{}""##, num((0.2 * radius).clamp(0.2, 0.8)))
}

fn samples(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame, scale: &Scale, ramp: &Ramp) {
    let radius = radius(picture, frame);
    let below = |i: usize| picture.below_limit.get(i).copied().unwrap_or(false);
    let mut order: Vec<usize> = (0..picture.samples.len()).filter(|&i| picture.samples[i].1.is_finite()).collect();
    // The highest are drawn last: a high value must not hide under its neighbours.
    order.sort_by(|&a, &b| picture.samples[a].1.total_cmp(&picture.samples[b].1).then(a.cmp(&b)));
    if order.len() > MANY {
        let mut taken = HashSet::new();
        order.reverse();
        order.retain(|&i| {
            let at = frame.at(picture.samples[i].0);
            taken.insert(at.map(|v| (v / radius).round() as i64))
        });
        order.reverse();
    }
    svg.raw(&format!("<g {}>", disc_stroke(radius)));
    for i in order {
        let (place, value) = picture.samples[i];
        let (Some(at), Some(position)) = (frame.inside(place), scale.position(value)) else { continue };
        // Below the limit of detection the value is not known: no colour of the scale.
        let fill = if below(i) { "#ffffff".into() } else { ramp.at(position).hex() };
        svg.circle(at, radius, &format!(r#"fill="{fill}""#));
        if picture.undecided.get(i).copied().unwrap_or(false) {
            cross(svg, at, radius);
        }
    }
    svg.raw("</g>");
}
