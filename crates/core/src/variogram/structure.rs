//! One structure of a nested variogram, with its own geometric anisotropy.

use super::Model;
use crate::metric::Metric;
use crate::{Coord, Error, Result};

/// Geometric anisotropy: the range is longest along `azimuth` and `ratio` times as long across it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Anisotropy {
    azimuth: f64,
    ratio: f64,
    #[cfg_attr(feature = "serde", serde(skip))]
    sin: f64,
    #[cfg_attr(feature = "serde", serde(skip))]
    cos: f64,
}

impl Anisotropy {
    /// The same range in all directions.
    pub const ISOTROPIC: Self = Self { azimuth: 0.0, ratio: 1.0, sin: 0.0, cos: 1.0 };

    /// # Units
    /// `azimuth` in degrees clockwise from north, of the longest range; `ratio` = shortest / longest range.
    ///
    /// # Errors
    /// A ratio outside (0, 1], or an azimuth that is not finite.
    pub fn new(azimuth: f64, ratio: f64) -> Result<Self> {
        if !azimuth.is_finite() {
            return Err(Error::Parameter { name: "azimuth", value: azimuth, requirement: "a finite angle in degrees" });
        }
        if !(ratio > 0.0 && ratio <= 1.0) {
            let requirement = "above 0 and at most 1 (shortest over longest range)";
            return Err(Error::Parameter { name: "anisotropy ratio", value: ratio, requirement });
        }
        let (sin, cos) = azimuth.to_radians().sin_cos();
        Ok(Self { azimuth, ratio, sin, cos })
    }

    /// Direction of the longest range, degrees clockwise from north.
    pub fn azimuth(self) -> f64 {
        self.azimuth
    }

    /// Shortest over longest range.
    pub fn ratio(self) -> f64 {
        self.ratio
    }

    /// Whether all directions are alike.
    pub fn is_isotropic(self) -> bool {
        self.ratio == 1.0
    }

    /// Length of `separation` measured in units of the longest direction.
    #[inline]
    pub(super) fn distance(self, separation: Coord) -> f64 {
        let [dx, dy] = separation;
        if self.ratio == 1.0 {
            return (dx * dx + dy * dy).sqrt();
        }
        let along = dx * self.sin + dy * self.cos;
        let across = (dx * self.cos - dy * self.sin) / self.ratio;
        (along * along + across * across).sqrt()
    }
}

/// One term of a nested variogram.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Structure {
    model: Model,
    partial_sill: f64,
    range: f64,
    anisotropy: Anisotropy,
    /// Covariance at no separation over the partial sill: 1, or for an unbounded model what [`Structure::localised`] found.
    #[cfg_attr(feature = "serde", serde(skip))]
    level: f64,
    /// How distances between places are measured.
    #[cfg_attr(feature = "serde", serde(skip))]
    metric: Metric,
}

impl Structure {
    /// An isotropic structure.
    ///
    /// # Units
    /// `partial_sill` in the square of the value's unit, `range` in coordinate units (gstat's range parameter). For the
    /// models without a range (`Lin(0)`, `Pow`) the range is 1 and `partial_sill` the semivariance at a lag of 1.
    ///
    /// # Errors
    /// A negative partial sill, a range, smoothness or exponent outside its domain, or a number that is not finite.
    pub fn new(model: Model, partial_sill: f64, range: f64) -> Result<Self> {
        model.check(range)?;
        Self { model, partial_sill: 0.0, range, anisotropy: Anisotropy::ISOTROPIC, level: 1.0, metric: Metric::Plane }
            .with_partial_sill(partial_sill)
    }

    /// The same structure with geometric anisotropy; `range` is then the longest.
    #[must_use]
    pub fn with_anisotropy(self, anisotropy: Anisotropy) -> Self {
        Self { anisotropy, ..self }
    }

    /// The same structure with another share of the sill.
    ///
    /// # Errors
    /// A partial sill that is negative or infinite.
    pub fn with_partial_sill(self, partial_sill: f64) -> Result<Self> {
        if !(partial_sill >= 0.0 && partial_sill.is_finite()) {
            return Err(Error::Parameter { name: "partial sill", value: partial_sill, requirement: "0 or more" });
        }
        Ok(Self { partial_sill, ..self })
    }

    /// Shape.
    pub fn model(&self) -> Model {
        self.model
    }

    /// This structure's share of the sill; the factor of the model where it is unbounded.
    pub fn partial_sill(&self) -> f64 {
        self.partial_sill
    }

    /// Range parameter along the major axis; 1 for models without a range.
    pub fn range(&self) -> f64 {
        self.range
    }

    /// Anisotropy.
    pub fn anisotropy(&self) -> Anisotropy {
        self.anisotropy
    }

    /// Whether it has a sill.
    pub fn is_bounded(&self) -> bool {
        self.model.is_bounded()
    }

    /// The same structure with a covariance of `level` · partial sill at no separation.
    pub(super) fn with_level(self, level: f64) -> Self {
        Self { level, ..self }
    }

    /// The surface between whose places it stands.
    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    /// The same structure between places on the surface of `metric`.
    pub(super) fn on(self, metric: Metric) -> Self {
        Self { metric, ..self }
    }

    /// Covariance at no separation.
    pub(super) fn variance_at_zero(&self) -> f64 {
        self.partial_sill * self.level
    }

    /// Semivariance at a separation.
    #[inline]
    pub(super) fn semivariance(&self, separation: Coord) -> f64 {
        let q = self.anisotropy.distance(separation) / self.range;
        let jump = if self.model == Model::Logarithmic && q > 0.0 { self.range.ln() } else { 0.0 };
        self.partial_sill * (self.model.unit_semivariance(q) + jump)
    }

    /// Adds this structure's covariance between `at` and each of `coords` to `out`.
    pub(super) fn add_covariances(&self, at: Coord, coords: &[Coord], out: &mut [f64]) {
        // The match stands outside the loop: in each arm the model is known, and its loop is straight code.
        macro_rules! row {
            ($model:expr) => {
                self.add_row(at, coords, out, |q| $model.unit_semivariance(q))
            };
        }
        match self.model {
            // Without the branch at the sill, which the model's formula needs only for NaN, the loop is vectorised.
            Model::Spherical => self.add_row(at, coords, out, |q| {
                let q = q.min(1.0);
                q * (1.5 - 0.5 * q * q)
            }),
            // A covariance has no use for the digits that `exp_m1` keeps in a small semivariance, at the price of half the speed.
            Model::Exponential => self.add_row(at, coords, out, |q| 1.0 - (-q).exp()),
            Model::Gaussian => self.add_row(at, coords, out, |q| 1.0 - (-q * q).exp()),
            Model::PoweredExponential { exponent } => {
                self.add_row(at, coords, out, |q| 1.0 - (-q.powf(exponent)).exp())
            }
            Model::Matern { smoothness: 0.5 } => row!(Model::Matern { smoothness: 0.5 }),
            Model::Matern { smoothness: 1.5 } => row!(Model::Matern { smoothness: 1.5 }),
            Model::Matern { smoothness: 2.5 } => row!(Model::Matern { smoothness: 2.5 }),
            Model::Matern { smoothness } => row!(Model::Matern { smoothness }),
            Model::Stein { smoothness } => row!(Model::Stein { smoothness }),
            Model::Bessel => row!(Model::Bessel),
            Model::Circular => row!(Model::Circular),
            Model::Pentaspherical => self.add_row(at, coords, out, |q| {
                let q = q.min(1.0);
                let s = q * q;
                q * (1.875 - s * (1.25 - 0.375 * s))
            }),
            Model::Linear => self.add_row(at, coords, out, |q| q.min(1.0)),
            Model::Periodic => row!(Model::Periodic),
            Model::Wave => row!(Model::Wave),
            Model::HoleEffect => row!(Model::HoleEffect),
            Model::UnboundedLinear => row!(Model::UnboundedLinear),
            Model::Power { exponent } => row!(Model::Power { exponent }),
            Model::Logarithmic => {
                let jump = self.range.ln();
                self.add_row(at, coords, out, |q| q.ln_1p() + if q > 0.0 { jump } else { 0.0 });
            }
        }
    }

    /// Adds the covariance of a unit semivariance.
    #[inline]
    fn add_row(&self, at: Coord, coords: &[Coord], out: &mut [f64], unit: impl Fn(f64) -> f64) {
        debug_assert_eq!(coords.len(), out.len());
        let (sill, level, range, anisotropy) = (self.partial_sill, self.level, self.range, self.anisotropy);
        if let Metric::Plane = self.metric {
            for (c, o) in coords.iter().zip(out) {
                *o += sill * (level - unit(anisotropy.distance([c[0] - at[0], c[1] - at[1]]) / range));
            }
        } else {
            for (c, o) in coords.iter().zip(out) {
                *o += sill * (level - unit(self.metric.distance(at, *c) / range));
            }
        }
    }
}
