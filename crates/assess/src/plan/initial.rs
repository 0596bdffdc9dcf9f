//! Designs for an area of which nothing is known yet.

use geo::{Area, BoundingRect, Contains, MultiPolygon, Point, Polygon};
use soilscope_core::Coord;
use soilscope_core::random::Random;

use super::Lattice;

/// Places that stand for the area of each stratum, on average.
const PLACES: usize = 200;
/// Draws of a place near one of those before that one itself is taken.
const DRAWS: usize = 20;

/// A lattice whose rows are counted from its south-western corner; in every other row of a triangular one places lie half a spacing
/// to the west.
struct Rows {
    start: Coord,
    step: Coord,
    shift: f64,
}

impl Rows {
    fn place(&self, [row, column]: [usize; 2]) -> Coord {
        [self.west(row) + column as f64 * self.step[0], self.start[1] + row as f64 * self.step[1]]
    }

    fn west(&self, row: usize) -> f64 {
        if row % 2 == 1 { self.start[0] - self.shift } else { self.start[0] }
    }

    /// Rows and columns, row by row, of the lattice's cells that reach into the rectangle of a polygon and that `keep` wants. Polygons have
    /// each their own rectangle, so that what lies between distant ones is not walked over.
    fn walk(&self, area: &MultiPolygon<f64>, keep: impl Fn(&Polygon<f64>, [usize; 2]) -> bool) -> Vec<[usize; 2]> {
        let mut found = Vec::new();
        // The first cell that reaches into a range, and the last one; a conversion makes what is before the first row or column that one.
        let range = |from: f64, to: f64, step: f64| (from / step).floor() as usize..=(to / step).floor() as usize;
        for polygon in area {
            let Some(bounds) = polygon.bounding_rect() else { continue };
            for row in range(bounds.min().y - self.start[1], bounds.max().y - self.start[1], self.step[1]) {
                let west = self.west(row);
                let columns = range(bounds.min().x - west, bounds.max().x - west, self.step[0]);
                found.extend(columns.map(|column| [row, column]).filter(|&at| keep(polygon, at)));
            }
        }
        // Rectangles of neighbouring polygons have cells in common.
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The lattice's places inside the area.
    fn inside(&self, area: &MultiPolygon<f64>) -> Vec<Coord> {
        let found = self.walk(area, |polygon, at| polygon.contains(&Point::from(self.place(at))));
        found.into_iter().map(|at| self.place(at)).collect()
    }
}

/// How many places of a square grid of this spacing the designs of an area look at, about: those in the rectangle round each polygon.
/// How many there is time and memory for is for the caller to say.
///
/// # Examples
/// ```
/// use geo::{MultiPolygon, Rect};
/// use soilscope_assess::plan::places_looked_at;
/// let square = |x: f64| Rect::new((x, 0.0), (x + 100.0, 100.0)).to_polygon();
/// // Two squares of 10 x 10 places, however far apart.
/// let looked_at = places_looked_at(&MultiPolygon::new(vec![square(0.0), square(1e9)]), 10.0);
/// assert_eq!(looked_at, 200.0);
/// ```
pub fn places_looked_at(area: &MultiPolygon<f64>, spacing: f64) -> f64 {
    let rectangles = area.iter().filter_map(|polygon| polygon.bounding_rect());
    rectangles.map(|r| (r.width() / spacing).ceil() * (r.height() / spacing).ceil()).sum()
}

/// The points of a regular grid inside an area, row by row from the south-west; where the grid starts is drawn.
///
/// With a random start every place is as likely to be sampled as every other. The work is that of [`places_looked_at`].
///
/// # Units
/// Coordinates and `spacing` in CRS units.
///
/// # Source
/// Systematic random sampling: de Gruijter et al. (2006), *Sampling for Natural Resource Monitoring*, ch. 7.
pub fn lattice_points(area: &MultiPolygon<f64>, lattice: Lattice, spacing: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let (height, shift) = match lattice {
        Lattice::Square => (spacing, 0.0),
        Lattice::Triangular => (0.75_f64.sqrt() * spacing, 0.5 * spacing),
    };
    let start = [bounds.min().x - spacing * random.uniform(), bounds.min().y - height * random.uniform()];
    Rows { start, step: [spacing, height], shift }.inside(area)
}

/// One random point in each cell of a square grid with a random start, as far as it falls inside the area: every place is as
/// likely as every other, also at the edges, where cells are cut. The work is that of [`places_looked_at`].
///
/// # Units
/// Coordinates and `spacing` in CRS units.
///
/// # Source
/// Stratified random sampling with one point a stratum: de Gruijter et al. (2006), *Sampling for Natural Resource Monitoring*, ch. 7; cells with a random start are ours.
pub fn stratified_cells(area: &MultiPolygon<f64>, spacing: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let start = [bounds.min().x, bounds.min().y].map(|low| low - spacing * random.uniform());
    let rows = Rows { start, step: [spacing; 2], shift: 0.0 };
    let mut points = Vec::new();
    for corner in rows.walk(area, |_, _| true).into_iter().map(|at| rows.place(at)) {
        let [x, y] = corner.map(|c| c + spacing * random.uniform());
        if area.contains(&Point::new(x, y)) {
            points.push([x, y]);
        }
    }
    points
}

/// The spacing of the places by which [`stratified_strata`] cuts an area into `n` strata, CRS units of an area in their square.
pub fn spacing_of_strata(area: f64, n: usize) -> f64 {
    (area / (n * PLACES) as f64).sqrt()
}

/// One random point in each of `n` strata of equal area, which are as square as strips cut across allow.
///
/// The area is cut into strips from west to east, and each strip from south to north, by places on a fine grid, some 200 for each
/// stratum ([`spacing_of_strata`], [`places_looked_at`]): strata are of equal size to within one of them. Empty where the area is so small or thin that it holds no such place.
///
/// # Units
/// Coordinates in CRS units.
///
/// # Source
/// Compact strata of equal area with a point each: de Gruijter et al. (2006), *Sampling for Natural Resource Monitoring*, ch. 7; cutting strips across is ours.
pub fn stratified_strata(area: &MultiPolygon<f64>, n: usize, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let (width, height) = (bounds.width(), bounds.height());
    let size = spacing_of_strata(area.unsigned_area(), n);
    if n == 0 || !(size > 0.0 && size.is_finite()) {
        return Vec::new();
    }
    let start = [bounds.min().x, bounds.min().y].map(|low| low + 0.5 * size);
    let mut places = Rows { start, step: [size; 2], shift: 0.0 }.inside(area);
    if places.len() < n {
        return Vec::new();
    }
    places.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let strips = ((n as f64 * width / height).sqrt().round() as usize).clamp(1, n);
    let mut points = Vec::with_capacity(n);
    let total = places.len();
    for strip in 0..strips {
        // Strata, and with them places, are shared out as evenly as whole numbers allow.
        let strata = [strip, strip + 1].map(|s| s * n / strips);
        let range = strata.map(|s| s * total / n);
        let of_strip = &mut places[range[0]..range[1]];
        of_strip.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
        let (count, size_of) = (strata[1] - strata[0], range[1] - range[0]);
        for k in 0..count {
            let stratum = &of_strip[k * size_of / count..(k + 1) * size_of / count];
            let place = stratum[random.below(stratum.len() as u64) as usize];
            let near = (0..DRAWS).find_map(|_| {
                let [x, y] = place.map(|c| c + (random.uniform() - 0.5) * size);
                area.contains(&Point::new(x, y)).then_some([x, y])
            });
            points.push(near.unwrap_or(place));
        }
    }
    points
}
