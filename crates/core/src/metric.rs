//! How far apart two places are: on a plane, or along great circles of a sphere.

use crate::{Coord, Error, Result};

/// Mean radius of the Earth, in metres.
///
/// # Source
/// Moritz (2000), *Journal of Geodesy* 74:128: R₁ of the Geodetic Reference System 1980.
pub const EARTH_RADIUS: f64 = 6_371_008.8;

/// The surface that coordinates and distances belong to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Metric {
    /// Easting and northing on a plane; straight distances, in coordinate units.
    #[default]
    Plane,
    /// Longitude and latitude in degrees on a sphere; distances along great circles, in the radius's unit.
    Sphere {
        /// Radius of the sphere, above 0: [`EARTH_RADIUS`] for metres on Earth.
        radius: f64,
    },
}

impl Metric {
    /// The Earth as a sphere, distances in metres.
    pub const EARTH: Self = Self::Sphere { radius: EARTH_RADIUS };

    /// Distance of two places.
    ///
    /// # Source
    /// Great circles: the haversine formula (Sinnott 1984, *Sky & Telescope* 68:159), which keeps its digits at small
    /// distances.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::metric::{EARTH_RADIUS, Metric};
    /// assert_eq!(Metric::Plane.distance([0.0, 0.0], [3.0, 4.0]), 5.0);
    /// let quarter = Metric::EARTH.distance([10.0, 0.0], [100.0, 0.0]);
    /// assert!((quarter - EARTH_RADIUS * std::f64::consts::FRAC_PI_2).abs() < 1e-6);
    /// // Over the date line and the pole.
    /// assert!((Metric::EARTH.distance([179.0, 60.0], [-1.0, 60.0]) - EARTH_RADIUS * 60.0_f64.to_radians()).abs() < 1e-6);
    /// ```
    #[inline]
    pub fn distance(self, a: Coord, b: Coord) -> f64 {
        match self {
            Self::Plane => {
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                (dx * dx + dy * dy).sqrt()
            }
            Self::Sphere { radius } => 2.0 * radius * haversine(a, b).sqrt().min(1.0).asin(),
        }
    }

    /// Whether this is a sphere.
    pub fn is_sphere(self) -> bool {
        matches!(self, Self::Sphere { .. })
    }

    /// Refuses a sphere, for what is computed on a plane only.
    pub(crate) fn check_plane(self, what: &'static str) -> Result<()> {
        if self.is_sphere() { Err(Error::OnSphere { what }) } else { Ok(()) }
    }

    /// East and north components of the way from `from` to `to`: their difference on the plane, their direction on the
    /// sphere (initial bearing; the length is that of the sine of the angle between them).
    #[inline]
    pub(crate) fn separation(self, from: Coord, to: Coord) -> Coord {
        match self {
            Self::Plane => [to[0] - from[0], to[1] - from[1]],
            Self::Sphere { .. } => {
                let (sin_turn, cos_turn) = (to[0] - from[0]).to_radians().sin_cos();
                let ((sin_from, cos_from), (sin_to, cos_to)) =
                    (from[1].to_radians().sin_cos(), to[1].to_radians().sin_cos());
                [sin_turn * cos_to, cos_from * sin_to - sin_from * cos_to * cos_turn]
            }
        }
    }

    /// The place a share `t` of the way from `a` to `b`, on a straight line or a great circle; of places opposite each other on
    /// a sphere one of the two.
    pub(crate) fn between(self, a: Coord, b: Coord, t: f64) -> Coord {
        if !self.is_sphere() {
            return std::array::from_fn(|k| a[k] + t * (b[k] - a[k]));
        }
        let (u, v) = (unit_vector(a), unit_vector(b));
        let angle = Self::Sphere { radius: 1.0 }.distance(a, b);
        let sin = angle.sin();
        if !(sin > 1e-12) {
            return if t < 0.5 { a } else { b };
        }
        let (of_a, of_b) = (((1.0 - t) * angle).sin() / sin, (t * angle).sin() / sin);
        let [x, y, z]: [f64; 3] = std::array::from_fn(|k| of_a * u[k] + of_b * v[k]);
        [y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()]
    }

    /// What grows as the distance and is quick to compute in a search: the squared distance, on the sphere of the chord
    /// between unit vectors.
    pub(crate) fn key_of(self, distance: f64) -> f64 {
        match self {
            Self::Plane => distance * distance,
            Self::Sphere { radius } if distance >= std::f64::consts::PI * radius => f64::INFINITY,
            Self::Sphere { radius } => (2.0 * (0.5 * distance / radius).sin()).powi(2),
        }
    }

    /// The distance of a [key](Self::key_of).
    pub(crate) fn distance_of(self, key: f64) -> f64 {
        match self {
            Self::Plane => key.sqrt(),
            Self::Sphere { .. } if key == f64::INFINITY => f64::INFINITY,
            Self::Sphere { radius } => 2.0 * radius * (0.5 * key.sqrt()).min(1.0).asin(),
        }
    }
}

/// Square of the sine of half the angle between two places.
#[inline]
fn haversine(a: Coord, b: Coord) -> f64 {
    let half = |d: f64| (0.5 * d.to_radians()).sin().powi(2);
    half(b[1] - a[1]) + a[1].to_radians().cos() * b[1].to_radians().cos() * half(b[0] - a[0])
}

/// The unit vector to a longitude and latitude.
pub(crate) fn unit_vector(at: Coord) -> [f64; 3] {
    let ((sin_lon, cos_lon), (sin_lat, cos_lat)) = (at[0].to_radians().sin_cos(), at[1].to_radians().sin_cos());
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_directions_belong_to_distances() {
        let metric = Metric::EARTH;
        for distance in [1e-3, 1.0, 5e5, 1.9e7] {
            assert!((metric.distance_of(metric.key_of(distance)) / distance - 1.0).abs() < 1e-9, "{distance}");
        }
        let at = [7.0, 50.0];
        let bearing = |to: Coord| {
            let [east, north] = metric.separation(at, to);
            east.atan2(north).to_degrees().rem_euclid(360.0)
        };
        assert!((bearing([7.0, 51.0])).abs() < 1e-9 && (bearing([7.0, 49.0]) - 180.0).abs() < 1e-9);
        assert!((bearing([7.001, 50.0]) - 90.0).abs() < 1e-3);
        let (a, b) = (unit_vector([170.0, 10.0]), unit_vector([-170.0, -5.0]));
        let chord: f64 = (0..3).map(|k| (a[k] - b[k]).powi(2)).sum();
        let distance = metric.distance([170.0, 10.0], [-170.0, -5.0]);
        assert!((metric.distance_of(chord) / distance - 1.0).abs() < 1e-12);
    }
}
