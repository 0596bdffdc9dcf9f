//! Finds coordinates in files of any kind, as somebody would who knows what to look for.

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use geo::{Distance, Geodesic, Point};

/// So many bytes after one coordinate of a pair its other one is looked for: a row of a table, a point of a geometry.
const WITHIN: usize = 160;

/// Places in EPSG:28992 as longitude and latitude.
pub(super) fn degrees(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let system = |code| {
        let mut system = SpatialRef::from_epsg(code).unwrap();
        system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        system
    };
    let transform = CoordTransform::new(&system(28992), &system(4326)).unwrap();
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = places.iter().map(|p| (p[0], p[1])).unzip();
    transform.transform_coords(&mut xs, &mut ys, &mut []).unwrap();
    xs.into_iter().zip(ys).map(Into::into).collect()
}

pub(super) fn metres(a: [f64; 2], b: [f64; 2]) -> f64 {
    Geodesic.distance(Point::from(a), Point::from(b))
}

pub(super) fn sd(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// The root mean squared difference of two maps by inverse squared distances of all points, over a lattice of 25 by 25 places.
pub(super) fn rmse_of_maps(a: &[[f64; 2]], of_a: &[f64], b: &[[f64; 2]], of_b: &[f64]) -> f64 {
    let map = |points: &[[f64; 2]], values: &[f64], at: [f64; 2]| {
        let weights: Vec<f64> = points
            .iter()
            .map(|p| ((p[0] - at[0]) * 0.63).powi(2) + (p[1] - at[1]).powi(2))
            .map(|d| 1.0 / (d + 1e-10))
            .collect();
        weights.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() / weights.iter().sum::<f64>()
    };
    let bound = |axis: usize, pick: fn(f64, f64) -> f64| a.iter().map(|p| p[axis]).reduce(pick).unwrap();
    let (west, east, south, north) = (bound(0, f64::min), bound(0, f64::max), bound(1, f64::min), bound(1, f64::max));
    let mut squares = 0.0;
    for i in 0..25 {
        for j in 0..25 {
            let at = [west + (east - west) * f64::from(i) / 24.0, south + (north - south) * f64::from(j) / 24.0];
            squares += (map(a, of_a, at) - map(b, of_b, at)).powi(2) / 625.0;
        }
    }
    squares.sqrt()
}

/// Places to look for.
pub(super) struct Search {
    /// In degrees and in metres of the national system, with what counts as found: half of the fourth decimal, half a metre.
    pairs: Vec<([f64; 2], f64)>,
    truth: usize,
}

impl Search {
    pub(super) fn of(national: &[[f64; 2]]) -> Self {
        let mut pairs: Vec<([f64; 2], f64)> = degrees(national).into_iter().map(|p| (p, 0.5e-4)).collect();
        pairs.extend(national.iter().map(|p| (*p, 0.5)));
        Self { pairs, truth: national.len() }
    }

    /// Where in a file both coordinates of a place stand near each other: as text of any length, or as numbers of 8 or 4 bytes of either
    /// order at any offset.
    pub(super) fn find(&self, name: &str, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen: Vec<(usize, f64)> = Vec::new();
        numbers_in_text(bytes, &mut seen);
        self.pairs_in(name, "text", &seen, &mut found);
        for (form, size, read) in [
            ("f64 le", 8, (|b: &[u8]| f64::from_le_bytes(b.try_into().unwrap())) as fn(&[u8]) -> f64),
            ("f64 be", 8, |b| f64::from_be_bytes(b.try_into().unwrap())),
            ("f32 le", 4, |b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))),
            ("f32 be", 4, |b| f64::from(f32::from_be_bytes(b.try_into().unwrap()))),
        ] {
            let seen: Vec<(usize, f64)> = bytes
                .windows(size)
                .enumerate()
                .map(|(at, b)| (at, read(b)))
                .filter(|(_, v)| v.is_finite() && self.bounds(*v))
                .collect();
            self.pairs_in(name, form, &seen, &mut found);
        }
        found
    }

    /// Whether a number may be a coordinate at all, which nearly none of all bytes are.
    fn bounds(&self, value: f64) -> bool {
        (5.0..6.0).contains(&value)
            || (50.0..52.0).contains(&value)
            || (170_000.0..190_000.0).contains(&value)
            || (320_000.0..340_000.0).contains(&value)
    }

    fn pairs_in(&self, name: &str, form: &str, seen: &[(usize, f64)], found: &mut Vec<String>) {
        for (i, (at, first)) in seen.iter().enumerate() {
            if !self.bounds(*first) {
                continue;
            }
            for (k, (place, within)) in self.pairs.iter().enumerate() {
                for axis in [0, 1] {
                    if (first - place[axis]).abs() > *within {
                        continue;
                    }
                    let other = seen[i + 1..]
                        .iter()
                        .take_while(|(b, _)| b - at <= WITHIN)
                        .find(|(_, v)| (v - place[1 - axis]).abs() <= *within);
                    if let Some((b, second)) = other {
                        found
                            .push(format!("{name} at {at}..{b} ({form}): {first} {second} is site {}", k % self.truth));
                    }
                }
            }
        }
    }
}

/// All decimal numbers of a file, with where they begin.
fn numbers_in_text(bytes: &[u8], into: &mut Vec<(usize, f64)>) {
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
            at += 1;
        }
        if let Ok(value) = std::str::from_utf8(&bytes[start..at]).unwrap_or_default().parse::<f64>() {
            into.push((start, value));
        }
    }
}
