//! Hatching of cells that are not to be trusted: thin lines that leave the colours between them to be seen.

use std::fmt::Write as _;

use super::MapPicture;
use super::frame::Frame;
use crate::svg::{Svg, num};

/// Distance of the lines along the page's axes: wide enough for colours and hotspots, close enough for a few cells.
const STEP: f64 = 8.0;
/// How finely a line looks at the cells it crosses.
const LOOK: f64 = 0.5;
/// Shorter strokes are dots: they would speckle the map.
const SHORTEST: f64 = 2.0;

/// Hatches the doubtful cells of the picture's raster, falling to the right: ground without a value has lines that rise.
pub(super) fn draw(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame) {
    let Some((raster, [west, south, east, north])) = picture.raster.and_then(|r| Some((r, r.bounds()?))) else {
        return;
    };
    if !picture.doubtful.contains(&true) {
        return;
    }
    let [left, bottom] = frame.at([west, south]);
    let [right, top] = frame.at([east, north]);
    let (w, h) = (right - left, bottom - top);
    let doubtful = |[x, y]: [f64; 2]| {
        let column = ((x - left) / w * raster.width as f64) as usize;
        let row = ((y - top) / h * raster.height as f64) as usize;
        let cell = row.min(raster.height - 1) * raster.width + column.min(raster.width - 1);
        picture.doubtful.get(cell).copied().unwrap_or(false) && raster.values.get(cell).is_some_and(|v| v.is_finite())
    };
    let mut d = String::new();
    let mut offset = STEP - h;
    while offset < w {
        // The line y − top = x − left − offset, where it is over the raster.
        let (from, to) = (offset.max(0.0), w.min(offset + h));
        let at = |along: f64| [left + along, top + along - offset];
        strokes(from, to, |along| doubtful(at(along)), |start, end| stroke(&mut d, at(start), at(end)));
        offset += STEP;
    }
    lines(svg, &d);
}

/// A hatched swatch for the legend.
pub(super) fn swatch(svg: &mut Svg, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
    svg.rect(x, y, w, h, r##"fill="#fed976" stroke="#9aa5ae" stroke-width="0.8""##);
    let mut d = String::new();
    let mut offset = STEP - h;
    while offset < w {
        let (from, to) = (offset.max(0.0), w.min(offset + h));
        stroke(&mut d, [x + from, y + from - offset], [x + to, y + to - offset]);
        offset += STEP;
    }
    lines(svg, &d);
}

/// Dark lines in a pale casing, both half seen through: told from dark red and from pale yellow.
fn lines(svg: &mut Svg, d: &str) {
    if !d.is_empty() {
        svg.path(d, r##"fill="none" stroke="#ffffff" stroke-opacity="0.45" stroke-width="1.6""##);
        svg.path(d, r##"fill="none" stroke="#2b3036" stroke-opacity="0.8" stroke-width="0.75""##);
    }
}

fn stroke(d: &mut String, from: [f64; 2], to: [f64; 2]) {
    let _ = write!(d, "M{} {}L{} {}", num(from[0]), num(from[1]), num(to[0]), num(to[1]));
}

/// Calls `draw` for each stretch of from..to where `inside` holds.
fn strokes(from: f64, to: f64, inside: impl Fn(f64) -> bool, mut draw: impl FnMut(f64, f64)) {
    let mut begun = None;
    let count = ((to - from) / LOOK).max(0.0) as usize;
    for k in 0..=count {
        let along = from + k as f64 * LOOK;
        match (begun, inside(along)) {
            (None, true) => begun = Some(along),
            (Some(start), false) => {
                if along - start >= SHORTEST {
                    draw(start, along);
                }
                begun = None;
            }
            _ => {}
        }
    }
    if let Some(start) = begun.filter(|start| to - start >= SHORTEST) {
        draw(start, to);
    }
}
