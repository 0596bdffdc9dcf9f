//! Kriging: simple and ordinary, with all samples or those near the target.
//!
//! Both are one linear system with different drift columns, solved in covariance form by two Cholesky factorisations: of
//! the covariances C = LLᵀ between samples, and of FᵀC⁻¹F for the drift columns F (Chilès & Delfiner 2012,
//! *Geostatistics*, sec. 3.4). With w = L⁻¹c₀, u = L⁻¹F and y = L⁻¹z:
//!
//! prediction = f₀ᵀβ + wᵀ(y − uβ), with β = (uᵀu)⁻¹uᵀy;  variance = C(0) − wᵀw + rᵀ(uᵀu)⁻¹r, with r = f₀ − uᵀw.
//!
//! Data are centred before they are solved for, so that a mean of 10⁶ does not cost the digits of a variation of 10⁻³.

mod cholesky;
mod global;
mod leave_out;
mod moving;

pub(crate) use moving::KrigingScratch;

use global::GlobalKriging;
use moving::MovingKriging;

use crate::drift::Drift;
use crate::neighbourhood::Neighbourhood;
use crate::predict::leave_out_by_refitting;
use crate::validation::Folds;
use crate::variogram::Variogram;
use crate::{Error, Interpolator, Outcome, Predictor, Result, Samples};

/// A variance without the negative rounding error that it may have at a sample; NaN stays NaN, which `max` would hide.
#[inline]
fn non_negative(variance: f64) -> f64 {
    if variance < 0.0 { 0.0 } else { variance }
}

/// A kriging recipe.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Samples};
/// use soilscope_core::drift::Drift;
/// use soilscope_core::kriging::Kriging;
/// use soilscope_core::neighbourhood::Neighbourhood;
/// use soilscope_core::variogram::ModelTemplate;
///
/// let samples = Samples::new(vec![[0.0, 0.0], [3.0, 1.0], [1.0, 4.0]], vec![1.0, 2.0, 4.0])?;
/// let variogram = "0.1 Nug + 1 Sph(5)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let kriging = Kriging { variogram, drift: Drift::Constant, neighbourhood: Neighbourhood::Global };
/// let p = kriging.fit(&samples)?.predict([1.0, 1.0]).unwrap();
/// assert!((p.value - 1.8322508601508656).abs() < 1e-12); // gstat's answer
/// assert!((p.variance.unwrap() - 0.66158000252970117).abs() < 1e-12);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kriging {
    /// Model of the field on the samples' scale.
    pub variogram: Variogram,
    /// Spatial mean.
    pub drift: Drift,
    /// Which samples serve a target.
    pub neighbourhood: Neighbourhood,
}

impl Kriging {
    fn check(&self, samples: &Samples) -> Result<()> {
        if let Some(mean) = self.drift.known_mean()
            && !mean.is_finite()
        {
            return Err(Error::Parameter { name: "known mean", value: mean, requirement: "a finite number" });
        }
        if let Drift::Trend { degree, covariates } = self.drift {
            let (name, value) = ("terms of the drift", f64::from(degree) + covariates as f64);
            return Err(Error::Parameter { name, value, requirement: "a constant" });
        }
        if let Neighbourhood::Moving(search) = self.neighbourhood {
            search.checked()?;
        }
        // With measurement error two samples at one place differ by their errors, and the system stays regular.
        if self.variogram.error_variance() == 0.0 { samples.check_distinct_places() } else { Ok(()) }
    }
}

impl Interpolator for Kriging {
    /// # Errors
    /// Two samples at one place (without measurement error), a search against the rules of
    /// [`Search::new`](crate::neighbourhood::Search::new) and its sectors, or, with all samples in one system, a singular
    /// one. In a moving neighbourhood a singular system is a [`Gap`](crate::Gap) of its target.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        self.check(samples)?;
        Ok(match self.neighbourhood {
            Neighbourhood::Global => Box::new(GlobalKriging::new(self, samples)?),
            Neighbourhood::Moving(search) => Box::new(MovingKriging::new(self, samples, search)),
        })
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        self.check(samples)?;
        match self.neighbourhood {
            Neighbourhood::Global if folds.is_leave_one_out() => leave_out::one_global(self, samples, folds),
            Neighbourhood::Global => leave_out_by_refitting(self, samples, folds),
            Neighbourhood::Moving(search) => leave_out::moving(self, samples, search, folds),
        }
    }
}
