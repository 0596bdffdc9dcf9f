//! Variograms: models, empirical estimates, fits.

mod accumulate;
mod bessel;
mod classify;
mod cloud;
mod covariogram;
mod cross;
mod design;
mod effective_range;
mod empirical;
mod estimator;
mod fit;
mod lags;
mod lanes;
mod limits;
mod model;
mod notation;
mod pairs;
mod reach;
pub(crate) mod search;
mod shapes;
mod short;
mod structure;
mod template;
mod terms;
mod unbounded;
mod validity;

pub use cloud::{CloudPair, variogram_cloud, visit_cloud};
pub use covariogram::{CovarianceClass, Covariogram, covariogram, covariogram_with};
pub(crate) use cross::shared_places;
pub use cross::{CrossVariogram, cross_variograms, cross_variograms_with};
pub use design::Direction;
pub use empirical::{EmpiricalVariogram, LagClass, empirical_variogram, empirical_variogram_with};
pub use estimator::Estimator;
pub(crate) use fit::separation;
pub use fit::{Fit, FitWeights, fit};
pub use lags::LagClasses;
pub(crate) use lanes::LaneCovariance;
pub use model::Model;
pub(crate) use shapes::Shapes;
pub use short::{short_notation, short_number};
pub use structure::{Anisotropy, Structure};
pub use template::{FreeParameter, ModelTemplate, Parameter, StructureTemplate};

use crate::metric::Metric;
use crate::{Coord, Error, Result};

/// A nested variogram: nugget plus structures.
///
/// The nugget is micro-scale variation of the field; [`error_variance`](Self::error_variance) is measurement error of
/// the samples. They differ in what is predicted: with a nugget a prediction at a sample returns the sample, with
/// measurement error it returns the filtered value.
///
/// # Units
/// Semivariances in the square of the value's unit, lags in coordinate units.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::{Model, Structure, Variogram};
/// let v = Variogram::new(0.05, vec![Structure::new(Model::Spherical, 0.59, 897.0)?])?;
/// assert_eq!(v.semivariance([0.0, 0.0]), 0.0);
/// assert_eq!(v.semivariance([897.0, 0.0]), 0.64);
/// assert_eq!(v.covariance([0.0, 0.0]), v.sill());
/// assert_eq!(v.to_string(), "0.05 Nug + 0.59 Sph(897)");
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Variogram {
    nugget: f64,
    error_variance: f64,
    structures: Vec<Structure>,
}

impl Variogram {
    /// A variogram without measurement error.
    ///
    /// # Errors
    /// A negative nugget, or a sill of 0 or beyond the largest number.
    pub fn new(nugget: f64, structures: Vec<Structure>) -> Result<Self> {
        if !(nugget >= 0.0 && nugget.is_finite()) {
            return Err(Error::Parameter { name: "nugget", value: nugget, requirement: "0 or more" });
        }
        let variogram = Self { nugget, error_variance: 0.0, structures };
        if !(variogram.sill() > 0.0 && variogram.sill().is_finite()) {
            return Err(Error::Parameter { name: "sill", value: variogram.sill(), requirement: "above 0 and finite" });
        }
        Ok(variogram)
    }

    /// The same field, observed with measurement error of this variance (gstat's `Err`).
    ///
    /// # Errors
    /// A negative or infinite variance.
    pub fn with_error_variance(self, error_variance: f64) -> Result<Self> {
        if !(error_variance >= 0.0 && error_variance.is_finite()) {
            return Err(Error::Parameter { name: "error variance", value: error_variance, requirement: "0 or more" });
        }
        Ok(Self { error_variance, ..self })
    }

    /// The same correlation with all variances multiplied, measurement error too: weights stay, kriging variances are multiplied.
    ///
    /// # Errors
    /// A factor that is not above 0, or variances beyond the largest number.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::ModelTemplate;
    /// let v = "0.5 Nug + 1 Sph(9)".parse::<ModelTemplate>()?.complete()?.unwrap();
    /// assert_eq!(v.scaled(2.0)?.to_string(), "1 Nug + 2 Sph(9)");
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn scaled(&self, factor: f64) -> Result<Self> {
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(Error::Parameter { name: "factor of the variances", value: factor, requirement: "above 0" });
        }
        let structures = self.structures.iter().map(|s| s.with_partial_sill(s.partial_sill() * factor));
        Self::new(self.nugget * factor, structures.collect::<Result<_>>()?)?
            .with_error_variance(self.error_variance * factor)
    }

    /// Micro-scale variance.
    pub fn nugget(&self) -> f64 {
        self.nugget
    }

    /// Measurement-error variance of the samples, the same for all.
    pub fn error_variance(&self) -> f64 {
        self.error_variance
    }

    /// The structures beside the nugget.
    pub fn structures(&self) -> &[Structure] {
        &self.structures
    }

    /// Nugget plus partial sills: the variance of the field, where all structures are bounded.
    ///
    /// An unbounded variogram has no variance. The number is then gstat's, the same sum, and says nothing of the field: an
    /// unbounded structure's share is its slope or factor, whose unit is not that of a variance.
    pub fn sill(&self) -> f64 {
        self.nugget + self.structures.iter().map(Structure::partial_sill).sum::<f64>()
    }

    /// Whether the variogram has a sill, and so the field a variance. An unbounded one can be used with a drift that has a
    /// constant, but not with a known mean.
    pub fn is_bounded(&self) -> bool {
        self.structures.iter().all(Structure::is_bounded)
    }

    /// Semivariance of the field at a separation; exactly 0 at no separation.
    pub fn semivariance(&self, separation: Coord) -> f64 {
        if separation == [0.0, 0.0] {
            return 0.0;
        }
        self.nugget + self.structures.iter().map(|s| s.semivariance(separation)).sum::<f64>()
    }

    /// Covariance of the field at a separation: sill − semivariance; a generalised covariance, of which only differences mean
    /// something, where the variogram is unbounded.
    pub fn covariance(&self, separation: Coord) -> f64 {
        self.variance_at_zero() - self.semivariance(separation)
    }

    /// Covariances of the field between `at` and each of `coords`, into `out`: [`covariance`](Self::covariance) of many at
    /// a time.
    ///
    /// # Panics
    /// An `out` of another length than `coords`.
    pub fn covariances(&self, at: Coord, coords: &[Coord], out: &mut [f64]) {
        assert_eq!(coords.len(), out.len(), "one covariance a place");
        out.fill(0.0);
        for structure in &self.structures {
            structure.add_covariances(at, coords, out);
        }
        if self.nugget > 0.0 {
            for (c, o) in coords.iter().zip(out) {
                if *c == at {
                    *o += self.nugget;
                }
            }
        }
    }

    /// The same variogram for coordinates on the surface of `metric`: [`covariances`](Self::covariances) then measures
    /// distances there.
    ///
    /// # Errors
    /// As [`check_on`](Self::check_on), for the sphere.
    pub(crate) fn on(self, metric: Metric) -> Result<Self> {
        self.check_on(metric)?;
        Ok(Self { structures: self.structures.into_iter().map(|s| s.on(metric)).collect(), ..self })
    }

    /// Whether every structure has the same range in all directions.
    pub fn is_isotropic(&self) -> bool {
        self.structures.iter().all(|s| s.anisotropy().is_isotropic())
    }
}
