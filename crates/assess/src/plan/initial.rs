//! Designs for an area of which nothing is known yet.

use geo::{BoundingRect, Contains, MultiPolygon, Point};
use soilscope_core::Coord;
use soilscope_core::random::Random;

use super::Lattice;

/// Places that stand for the area of each stratum, on average.
const PLACES: usize = 200;
/// Draws of a place near one of those before that one itself is taken.
const DRAWS: usize = 20;

/// The points of a regular grid inside an area, row by row from the south-west; where the grid starts is drawn.
///
/// With a random start every place is as likely to be sampled as every other.
pub fn lattice_points(area: &MultiPolygon<f64>, lattice: Lattice, spacing: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let height = match lattice {
        Lattice::Square => spacing,
        Lattice::Triangular => 0.75_f64.sqrt() * spacing,
    };
    let start = [bounds.min().x - spacing * random.uniform(), bounds.min().y - height * random.uniform()];
    let mut points = Vec::new();
    let mut row = 0_usize;
    loop {
        let y = start[1] + row as f64 * height;
        if y > bounds.max().y {
            return points;
        }
        let shift = if lattice == Lattice::Triangular && row % 2 == 1 { -0.5 * spacing } else { 0.0 };
        let mut column = 0_usize;
        loop {
            let x = start[0] + shift + column as f64 * spacing;
            if x > bounds.max().x {
                break;
            }
            if area.contains(&Point::new(x, y)) {
                points.push([x, y]);
            }
            column += 1;
        }
        row += 1;
    }
}

/// One random point in each cell of a square grid with a random start, as far as it falls inside the area: every place is as
/// likely as every other, also at the edges, where cells are cut.
pub fn stratified_cells(area: &MultiPolygon<f64>, spacing: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let start = [bounds.min().x, bounds.min().y].map(|low| low - spacing * random.uniform());
    let count = |from: f64, to: f64| ((to - from) / spacing).ceil() as usize;
    let mut points = Vec::new();
    for row in 0..count(start[1], bounds.max().y) {
        for column in 0..count(start[0], bounds.max().x) {
            let x = start[0] + (column as f64 + random.uniform()) * spacing;
            let y = start[1] + (row as f64 + random.uniform()) * spacing;
            if area.contains(&Point::new(x, y)) {
                points.push([x, y]);
            }
        }
    }
    points
}

/// One random point in each of `n` strata of equal area, which are as square as strips cut across allow.
///
/// The area is cut into strips from west to east, and each strip from south to north, by places on a fine grid, some 200 for each
/// stratum: strata are of equal size to within one of them. Empty where the area is so small or thin that it holds no such place.
pub fn stratified_strata(area: &MultiPolygon<f64>, n: usize, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    let Some(bounds) = area.bounding_rect() else { return Vec::new() };
    let (width, height) = (bounds.width(), bounds.height());
    let size = {
        use geo::Area;
        (area.unsigned_area() / (n * PLACES) as f64).sqrt()
    };
    if n == 0 || !(size > 0.0 && size.is_finite()) {
        return Vec::new();
    }
    let mut places: Vec<Coord> = Vec::new();
    for row in 0..(height / size).ceil() as usize {
        for column in 0..(width / size).ceil() as usize {
            let place = [bounds.min().x + (column as f64 + 0.5) * size, bounds.min().y + (row as f64 + 0.5) * size];
            if area.contains(&Point::from(place)) {
                places.push(place);
            }
        }
    }
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
