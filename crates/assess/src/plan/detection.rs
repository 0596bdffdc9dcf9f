//! The chance that a hotspot of a given size lies between the samples and none of them hits it.

use std::f64::consts::PI;

use soilscope_core::Coord;
use soilscope_core::neighbourhood::SampleIndex;

/// A hotspot's outline. Its centre may be anywhere; a sample on the outline hits it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// A circle.
    Circle {
        /// Radius, above 0.
        radius: f64,
    },
    /// An ellipse.
    Ellipse {
        /// Half the length and half the width, above 0.
        semi_axes: [f64; 2],
        /// Direction of its length, degrees clockwise from north; `None` where every direction is as likely.
        azimuth: Option<f64>,
    },
}

/// A regular grid of samples, laid along east and north.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lattice {
    /// Squares.
    Square,
    /// Equilateral triangles, one side of which lies east to west.
    Triangular,
}

/// Directions that stand for all of half a turn; the mean over them converges fast, as what is averaged is periodic.
const DIRECTIONS: usize = 720;

impl Lattice {
    /// Two steps from a sample to others that make the whole grid.
    fn basis(self, spacing: f64) -> [Coord; 2] {
        match self {
            Self::Square => [[spacing, 0.0], [0.0, spacing]],
            Self::Triangular => [[spacing, 0.0], [0.5 * spacing, 0.75_f64.sqrt() * spacing]],
        }
    }

    /// Area for each sample.
    pub fn area(self, spacing: f64) -> f64 {
        let [a, b] = self.basis(spacing);
        a[0] * b[1] - a[1] * b[0]
    }

    /// The spacing that gives each sample this area.
    pub fn spacing(self, area: f64) -> f64 {
        (area / self.area(1.0)).sqrt()
    }
}

impl Target {
    /// The affine maps that make the target a unit disc: the rows of a matrix, one for each direction it may have.
    fn maps(self) -> Vec<[Coord; 2]> {
        let map = |[a, b]: [f64; 2], azimuth: f64| {
            let (sin, cos) = azimuth.to_radians().sin_cos();
            [[sin / a, cos / a], [cos / b, -sin / b]]
        };
        match self {
            Self::Circle { radius } => vec![[[1.0 / radius, 0.0], [0.0, 1.0 / radius]]],
            Self::Ellipse { semi_axes, azimuth: Some(azimuth) } => vec![map(semi_axes, azimuth)],
            Self::Ellipse { semi_axes, azimuth: None } => {
                (0..DIRECTIONS).map(|k| map(semi_axes, 180.0 * k as f64 / DIRECTIONS as f64)).collect()
            }
        }
    }
}

fn apply(map: &[Coord; 2], p: Coord) -> Coord {
    map.map(|row| row[0] * p[0] + row[1] * p[1])
}

/// The probability that a regular grid misses the target, whose centre may be anywhere with equal chance.
///
/// The target is made a unit disc by stretching the plane, which leaves the grid a lattice. A centre is hit if it is within 1 of a point of
/// the lattice, so the probability is the share of a lattice cell outside the discs round its points. With the lattice's shortest steps a and b,
/// at no more than a right angle, discs overlap along a, b and a − b only, and no three of them at once unless
/// the radius reaches that of the circle through 0, a and b, from where on nothing is missed. So, with D the area of a cell and
/// lens(d) the overlap of two unit discs d apart, the hit probability is (π − lens(|a|) − lens(|b|) − lens(|a − b|))/D:
/// no quadrature but over the directions of an ellipse of unknown azimuth, whose error is below 10⁻⁴.
///
/// # Units
/// The target's lengths and `spacing` in one unit; degrees.
///
/// # Panics
/// A spacing that is not above 0.
///
/// # Source
/// The question, and the case of a circle whose discs do not overlap, π r²/G²: Gilbert (1987), *Statistical Methods for Environmental
/// Pollution Monitoring*, ch. 10, after the tables of Singer and Wickman (1969) and the program ELIPGRID (Singer 1972, *Geocom
/// Programs* 4). The formula is derived above; tests hold it against
/// counting.
///
/// # Examples
/// ```
/// use soilscope_assess::plan::{Lattice, Target, miss_of_lattice};
/// let miss = miss_of_lattice(Target::Circle { radius: 10.0 }, Lattice::Square, 40.0);
/// assert!((miss - (1.0 - std::f64::consts::PI / 16.0)).abs() < 1e-14);
/// // A circle as wide as the diagonal of a square hides nowhere.
/// assert_eq!(miss_of_lattice(Target::Circle { radius: 29.0 }, Lattice::Square, 40.0), 0.0);
/// ```
pub fn miss_of_lattice(target: Target, lattice: Lattice, spacing: f64) -> f64 {
    assert!(spacing > 0.0, "a spacing is above 0, not {spacing}");
    let maps = target.maps();
    let miss = |map: &[Coord; 2]| {
        let [a, b] = lattice.basis(spacing).map(|step| apply(map, step));
        1.0 - covered(a, b)
    };
    maps.iter().map(miss).sum::<f64>() / maps.len() as f64
}

/// Share of the plane within 1 of a lattice with these steps.
fn covered(mut a: Coord, mut b: Coord) -> f64 {
    let dot = |p: Coord, q: Coord| p[0] * q[0] + p[1] * q[1];
    let minus = |p: Coord, q: Coord, k: f64| [p[0] - k * q[0], p[1] - k * q[1]];
    // Lagrange's reduction: the two shortest steps.
    loop {
        if dot(b, b) < dot(a, a) {
            std::mem::swap(&mut a, &mut b);
        }
        let turns = dot(a, b) / dot(a, a);
        // Half a turn is as short either way, and would go to and fro for ever. So would what is no number.
        if !(turns.abs() > 0.5 + 1e-12) {
            break;
        }
        b = minus(b, a, turns.round());
    }
    if dot(a, b) < 0.0 {
        b = b.map(|v| -v);
    }
    let area = (a[0] * b[1] - a[1] * b[0]).abs();
    if !area.is_finite() {
        return 0.0; // steps so many times the disc's radius that their squares are no numbers
    }
    let sides = [a, b, minus(a, b, 1.0)].map(|s| dot(s, s).sqrt());
    if sides.iter().product::<f64>() <= 2.0 * area {
        return 1.0; // the circle through the three points has a radius of at most 1
    }
    let lens = |d: f64| if d < 2.0 { 2.0 * (0.5 * d).acos() - 0.5 * d * (4.0 - d * d).sqrt() } else { 0.0 };
    ((PI - sides.map(lens).iter().sum::<f64>()) / area).clamp(0.0, 1.0)
}

/// The widest spacing at which a regular grid misses the target with a probability of at most `miss`; `None` for a
/// probability that is not between 0 and 1.
///
/// # Units
/// Those of the target's lengths.
///
/// # Examples
/// ```
/// use soilscope_assess::plan::{Lattice, Target, spacing_for_miss};
/// // 1 − π r²/G² = 0.5 with r = 10.
/// let spacing = spacing_for_miss(Target::Circle { radius: 10.0 }, Lattice::Square, 0.5).unwrap();
/// assert!((spacing - 10.0 * (2.0 * std::f64::consts::PI).sqrt()).abs() < 1e-9);
/// ```
pub fn spacing_for_miss(target: Target, lattice: Lattice, miss: f64) -> Option<f64> {
    if !(miss > 0.0 && miss < 1.0) {
        return None;
    }
    let size = match target {
        Target::Circle { radius } => radius,
        Target::Ellipse { semi_axes: [a, b], .. } => a.max(b),
    };
    // The chance to miss grows with the spacing, from none at a width below the target's.
    let (mut low, mut high) = (0.0, size);
    while miss_of_lattice(target, lattice, high) <= miss {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if miss_of_lattice(target, lattice, middle) <= miss { low = middle } else { high = middle }
    }
    Some(low)
}

/// The share of `centres` at which no sample hits the target, and how far it may be off by the spacing of the centres: the
/// difference between the halves of the centres, taken in turn. Distances are on a plane. Both are NaN without centres.
///
/// # Units
/// The target's lengths and coordinates in one unit.
pub fn miss_of_samples(target: Target, samples: &[Coord], centres: &[Coord]) -> (f64, f64) {
    let mut maps = target.maps();
    if maps.len() > 1 {
        // Every tenth direction: what the samples' places leave to chance is far more.
        maps = maps.into_iter().step_by(10).collect();
    }
    let mut missed = [0.0; 2];
    for map in &maps {
        let index = SampleIndex::new(&samples.iter().map(|&s| apply(map, s)).collect::<Vec<_>>());
        for (i, &centre) in centres.iter().enumerate() {
            missed[i % 2] += f64::from(u8::from(index.nearest_distance(apply(map, centre)) > 1.0));
        }
    }
    let count = |half: usize| (centres.len() + 1 - half) / 2 * maps.len();
    let all = (missed[0] + missed[1]) / (centres.len() * maps.len()) as f64;
    let halves = [0, 1].map(|half| missed[half] / count(half).max(1) as f64);
    (all, (halves[0] - halves[1]).abs())
}
