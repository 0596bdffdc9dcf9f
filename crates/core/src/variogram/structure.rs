//! One structure of a nested variogram, with its own geometric anisotropy.

use super::Model;
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
}

impl Structure {
    /// An isotropic structure.
    ///
    /// # Units
    /// `partial_sill` in the square of the value's unit, `range` in coordinate units (gstat's range parameter).
    ///
    /// # Errors
    /// A negative partial sill, a range or smoothness that is not above 0, or a number that is not finite.
    pub fn new(model: Model, partial_sill: f64, range: f64) -> Result<Self> {
        if !(partial_sill >= 0.0 && partial_sill.is_finite()) {
            return Err(Error::Parameter { name: "partial sill", value: partial_sill, requirement: "0 or more" });
        }
        if !(range > 0.0 && range.is_finite()) {
            return Err(Error::Parameter { name: "range", value: range, requirement: "above 0" });
        }
        if let Some(smoothness) = model.smoothness()
            && !(smoothness > 0.0 && smoothness <= 100.0)
        {
            let requirement = "above 0 and at most 100";
            return Err(Error::Parameter { name: "smoothness kappa", value: smoothness, requirement });
        }
        Ok(Self { model, partial_sill, range, anisotropy: Anisotropy::ISOTROPIC })
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

    /// This structure's share of the sill.
    pub fn partial_sill(&self) -> f64 {
        self.partial_sill
    }

    /// Range parameter along the major axis.
    pub fn range(&self) -> f64 {
        self.range
    }

    /// Anisotropy.
    pub fn anisotropy(&self) -> Anisotropy {
        self.anisotropy
    }

    /// Semivariance at a separation.
    #[inline]
    pub(super) fn semivariance(&self, separation: Coord) -> f64 {
        self.partial_sill * self.model.unit_semivariance(self.anisotropy.distance(separation) / self.range)
    }

    /// Adds this structure's covariance between `at` and each of `coords` to `out`.
    pub(super) fn add_covariances(&self, at: Coord, coords: &[Coord], out: &mut [f64]) {
        let (sill, range, anisotropy) = (self.partial_sill, self.range, self.anisotropy);
        debug_assert_eq!(coords.len(), out.len());
        // The match stands outside the loop so that each model's loop is straight code.
        let mut each = |unit: &dyn Fn(f64) -> f64| {
            for (c, o) in coords.iter().zip(out.iter_mut()) {
                *o += sill * (1.0 - unit(anisotropy.distance([c[0] - at[0], c[1] - at[1]]) / range));
            }
        };
        let model = self.model;
        match model {
            Model::Spherical => {
                for (c, o) in coords.iter().zip(out.iter_mut()) {
                    let q = (anisotropy.distance([c[0] - at[0], c[1] - at[1]]) / range).min(1.0);
                    *o += sill * (1.0 - q * (1.5 - 0.5 * q * q));
                }
            }
            other => each(&|q| other.unit_semivariance(q)),
        }
    }
}
