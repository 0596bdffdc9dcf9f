//! Which part of the world is on the page, and where on the page it is.

use super::{LengthUnit, MapPicture};
use crate::number::{decimals_of, linear_ticks, plain};
use crate::svg::{Anchor, Style, Svg};
use crate::text::{Weight, width};

/// Coordinates beyond this are no place on any plane, and their differences would lose all digits.
const FARTHEST: f64 = 1e12;
/// A map is at most this many times longer than wide.
const SLIMMEST: f64 = 9.0;
/// Metres in a degree of the mean sphere (R = 6371.0088 km).
const DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;

const LABEL: f64 = 11.0;

/// An extent in CRS units and its rectangle on the page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    /// Page units of an easting for each of a northing: below 1 for degrees away from the equator.
    squeeze: f64,
    origin: [f64; 2],
    size: [f64; 2],
}

impl Frame {
    /// The extent of the raster, else of the samples, else of the hotspots, with a little air.
    pub(super) fn around(picture: &MapPicture<'_>) -> Self {
        let raster = picture.raster.and_then(|r| r.bounds());
        let corners = |p: [f64; 2]| [p[0], p[1], p[0], p[1]];
        let [west, south, east, north] = raster
            .into_iter()
            .find(|b| b.iter().all(|v| v.abs() <= FARTHEST))
            .or_else(|| hull(picture.samples.iter().map(|s| corners(s.0))))
            .or_else(|| hull(picture.hotspots.iter().flat_map(|p| p.exterior().coords()).map(|c| corners([c.x, c.y]))))
            .unwrap_or([0.0, 0.0, 1.0, 1.0]);
        let squeeze = match picture.unit {
            LengthUnit::Degrees => (0.5 * (south + north)).to_radians().cos().clamp(0.05, 1.0),
            _ => 1.0,
        };
        let (x, y) = ((east - west) * squeeze, north - south);
        let longest = x.max(y);
        // A single place gets a neighbourhood of some size that its coordinates can still tell apart.
        let longest = if longest > 0.0 { longest } else { (1e-6 * west.abs().max(south.abs())).max(1.0) };
        let air = 0.02 * longest;
        let widen = |span: f64| air + 0.5 * (longest / SLIMMEST - span - 2.0 * air).max(0.0);
        let (ax, ay) = (widen(x) / squeeze, widen(y));
        Self {
            west: west - ax,
            south: south - ay,
            east: east + ax,
            north: north + ay,
            squeeze,
            origin: [0.0; 2],
            size: [1.0; 2],
        }
    }

    pub(super) fn place(&mut self, origin: [f64; 2], size: [f64; 2]) {
        (self.origin, self.size) = (origin, size);
    }

    /// Width over height.
    pub(super) fn shape(&self) -> f64 {
        (self.east - self.west) * self.squeeze / (self.north - self.south)
    }

    pub(super) fn origin(&self) -> [f64; 2] {
        self.origin
    }
    pub(super) fn size(&self) -> [f64; 2] {
        self.size
    }
    pub(super) fn right(&self) -> f64 {
        self.origin[0] + self.size[0]
    }
    pub(super) fn bottom(&self) -> f64 {
        self.origin[1] + self.size[1]
    }

    /// Place on the page of an easting and a northing; none if it is outside the frame.
    pub(super) fn inside(&self, place: [f64; 2]) -> Option<[f64; 2]> {
        let within = place[0] >= self.west && place[0] <= self.east && place[1] >= self.south && place[1] <= self.north;
        within.then(|| self.at(place))
    }

    /// Place on the page of an easting and a northing.
    pub(super) fn at(&self, [easting, northing]: [f64; 2]) -> [f64; 2] {
        [
            self.origin[0] + self.size[0] * (easting - self.west) / (self.east - self.west),
            self.origin[1] + self.size[1] * (self.north - northing) / (self.north - self.south),
        ]
    }

    /// Length of one page unit, in metres or, on a local plane, in its own unit.
    pub(super) fn ground(&self, unit: LengthUnit<'_>) -> f64 {
        let northing = (self.north - self.south) / self.size[1];
        match unit {
            LengthUnit::Metres | LengthUnit::Local { .. } => northing,
            LengthUnit::Scaled { metres, .. } => northing * metres.abs(),
            LengthUnit::Degrees => northing * DEGREE,
        }
    }

    fn labels(&self, low: f64, high: f64, count: usize, unit: LengthUnit<'_>) -> Vec<(f64, String)> {
        let ticks = linear_ticks(low, high, count);
        let thousand = if self.in_kilometres(unit) { 1000.0 } else { 1.0 };
        let decimals = decimals_of(ticks.step / thousand);
        ticks.values.iter().map(|&v| (v, plain(v / thousand, decimals))).collect()
    }

    /// Both axes are in kilometres or none is.
    fn in_kilometres(&self, unit: LengthUnit<'_>) -> bool {
        unit == LengthUnit::Metres && (self.east - self.west).max(self.north - self.south) >= 30_000.0
    }

    fn northings(&self, unit: LengthUnit<'_>, height: f64) -> Vec<(f64, String)> {
        let labels = self.labels(self.south, self.north, ((height / 65.0) as usize).clamp(2, 8), unit);
        if (labels.len() as f64 - 1.0) * 1.4 * LABEL > height { Vec::new() } else { labels }
    }

    fn eastings(&self, unit: LengthUnit<'_>, page_width: f64) -> Vec<(f64, String)> {
        // Fewer and fewer ticks until the labels are well apart.
        for count in (2..=8).rev() {
            let labels = self.labels(self.west, self.east, count, unit);
            let widest = labels.iter().map(|l| width(&l.1, LABEL, Weight::Regular)).fold(0.0, f64::max);
            let apart = match labels.as_slice() {
                [first, second, ..] => page_width * (second.0 - first.0) / (self.east - self.west),
                _ => f64::INFINITY,
            };
            if apart >= widest + 26.0 {
                return labels;
            }
        }
        self.labels(self.west, self.east, 1, unit).into_iter().take(1).collect()
    }

    /// Room for labels and title of the vertical axis. The size of the map is not known yet; the labels are those of
    /// the tallest map, which are the widest.
    pub(super) fn label_room(&self, picture: &MapPicture<'_>) -> f64 {
        let labels = self.labels(self.south, self.north, 8, picture.unit);
        labels.iter().map(|l| width(&l.1, LABEL, Weight::Regular)).fold(0.0, f64::max) + 9.0 + 22.0
    }

    pub(super) fn draw_axes(&self, svg: &mut Svg, picture: &MapPicture<'_>) {
        let unit = picture.unit;
        let ([x, y], [w, h]) = (self.origin, self.size);
        svg.rect(x, y, w, h, r##"fill="none" stroke="#1d252c" stroke-width="1""##);
        let tick = r##"stroke="#1d252c" stroke-width="1""##;
        let style = Style::new(LABEL).soft();
        for (value, label) in self.eastings(unit, w) {
            let at = self.at([value, self.south])[0];
            svg.line([at, y + h], [at, y + h + 5.0], tick);
            svg.text(at, y + h + 17.0, style.anchor(Anchor::Middle), &label);
        }
        let mut widest = 0.0_f64;
        for (value, label) in self.northings(unit, h) {
            let at = self.at([self.west, value])[1];
            svg.line([x - 5.0, at], [x, at], tick);
            svg.text(x - 9.0, at + 0.36 * LABEL, style.anchor(Anchor::End), &label);
            widest = widest.max(width(&label, LABEL, Weight::Regular));
        }
        let symbol = match unit {
            LengthUnit::Metres if self.in_kilometres(unit) => "km",
            LengthUnit::Metres => "m",
            LengthUnit::Degrees => "°",
            LengthUnit::Scaled { symbol, .. } | LengthUnit::Local { symbol } => symbol,
        };
        let words = picture.words;
        let [across, up] = match unit {
            LengthUnit::Degrees => [words.longitude, words.latitude],
            _ => [words.easting, words.northing],
        };
        let title = |word: &str| if symbol.is_empty() { word.to_string() } else { format!("{word} ({symbol})") };
        // A title longer than its axis would run into its neighbours.
        let (across, up) = (title(across), title(up));
        let middle = style.anchor(Anchor::Middle);
        svg.text(x + 0.5 * w, y + h + 35.0, middle, &across);
        if width(&up, LABEL, Weight::Regular) <= h + 20.0 {
            svg.text_upwards(x - widest - 19.0, y + 0.5 * h, middle, &up);
        }
    }
}

/// West, south, east, north of boxes with finite, sensible corners.
fn hull(boxes: impl Iterator<Item = [f64; 4]>) -> Option<[f64; 4]> {
    boxes
        .filter(|b| b.iter().all(|v| v.abs() <= FARTHEST))
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}
