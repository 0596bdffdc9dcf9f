//! Where samples are, as a likelihood sees them: on a plane, or on a sphere in space.

use crate::Coord;
use crate::metric::{Metric, unit_vector};

/// Easting, northing and 0 on a plane; on a sphere the point in space, from its centre. Straight distances then order places
/// as great circles do, so that one search serves both.
pub(crate) type Place = [f64; 3];

/// The place of coordinates on the surface of `metric`.
pub(crate) fn place(metric: Metric, at: Coord) -> Place {
    match metric {
        Metric::Plane => [at[0], at[1], 0.0],
        Metric::Sphere { radius } => unit_vector(at).map(|v| v * radius),
    }
}

/// Squared straight distance between two places.
#[inline]
pub(super) fn squared_distance(a: Place, b: Place) -> f64 {
    let (dx, dy, dz) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    dx * dx + dy * dy + dz * dz
}

/// What the surface makes of straight distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Surface {
    /// `None` on a plane.
    diameter: Option<f64>,
}

impl Surface {
    pub(super) fn of(metric: Metric) -> Self {
        let diameter = match metric {
            Metric::Plane => None,
            Metric::Sphere { radius } => Some(2.0 * radius),
        };
        Self { diameter }
    }

    /// The distance along the surface of two places whose straight distance is the root of `squared`.
    #[inline]
    pub(super) fn distance(self, squared: f64) -> f64 {
        match self.diameter {
            None => squared.sqrt(),
            Some(diameter) => diameter * (squared.sqrt() / diameter).min(1.0).asin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_along_the_surface_are_those_of_the_metric() {
        for metric in [Metric::Plane, Metric::EARTH] {
            for (a, b) in [([7.0, 50.0], [7.001, 50.0]), ([179.5, -20.0], [-179.0, -21.0]), ([0.0, 0.0], [180.0, 0.0])]
            {
                let squared = squared_distance(place(metric, a), place(metric, b));
                let (found, expected) = (Surface::of(metric).distance(squared), metric.distance(a, b));
                assert!((found - expected).abs() < 1e-6 + 1e-9 * expected, "{found} {expected}");
            }
        }
    }
}
