//! Kriging: simple, ordinary, universal and with external drift, of points or blocks, with all samples or those near the
//! target.
//!
//! All are one linear system with different drift columns, solved in covariance form by two Cholesky factorisations: of
//! the covariances C = LLᵀ between samples, and of G = FᵀC⁻¹F for the drift columns F (Chilès & Delfiner 2012,
//! *Geostatistics*, sec. 3.4). With w = L⁻¹c₀, U = L⁻¹F and y = L⁻¹z:
//!
//! prediction = f₀ᵀβ + wᵀ(y − Uβ), with β = G⁻¹Uᵀy;  variance = C(0) − wᵀw + rᵀG⁻¹r, with r = f₀ − Uᵀw.
//!
//! For a block, c₀, f₀ and C(0) are means over the block; the nugget is no part of a block's variance. Measurement errors
//! stand on the diagonal of C alone, so that what is predicted is the field without them. Data are centred before they
//! are solved for, so that a mean of 10⁶ does not cost the digits of a variation of 10⁻³.

mod batch;
pub(crate) mod cholesky;
mod errors;
mod global;
mod leave_out;
mod moving;
mod redundant;
mod setting;
mod system;
mod trend;
mod weights;

pub(crate) use batch::{Batch, triangle};
pub(crate) use cholesky::solve_upper;
pub use errors::ErrorCovariances;
pub(crate) use leave_out::inverse_of_fold;
pub(crate) use moving::{Alike, KrigingScratch, MovingKriging, predict_together};
pub(crate) use setting::variance_without_samples;
pub use trend::TrendEstimate;
pub(crate) use weights::Weighted;

use global::GlobalKriging;

use crate::drift::Drift;
use crate::executor::{Executor, Serial};
use crate::neighbourhood::Neighbourhood;
use crate::support::Support;
use crate::validation::{Folds, leave_out_by_groups, predict_groups};
use crate::variogram::Variogram;
use crate::{Error, Interpolator, Memory, Outcome, Predictions, Predictor, Result, Samples};

/// A variance without the negative rounding error that it may have at a sample; NaN stays NaN, which `max` would hide.
#[inline]
pub(crate) fn non_negative(variance: f64) -> f64 {
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
/// let kriging = Kriging::new(variogram, Drift::Constant, Neighbourhood::Global);
/// let p = kriging.fit(&samples)?.predict([1.0, 1.0]).unwrap();
/// assert!((p.value - 1.8322508601508656).abs() < 1e-12); // gstat's answer
/// assert!((p.variance.unwrap() - 0.66158000252970117).abs() < 1e-12);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Kriging {
    /// Model of the field on the samples' scale.
    pub variogram: Variogram,
    /// Spatial mean.
    pub drift: Drift,
    /// What a prediction speaks for.
    pub support: Support,
    /// Which samples serve a target.
    pub neighbourhood: Neighbourhood,
}

impl Kriging {
    /// Kriging of points; see [`with_support`](Self::with_support) for blocks.
    pub const fn new(variogram: Variogram, drift: Drift, neighbourhood: Neighbourhood) -> Self {
        Self { variogram, drift, support: Support::Point, neighbourhood }
    }

    /// The same recipe for another support.
    #[must_use]
    pub fn with_support(self, support: Support) -> Self {
        Self { support, ..self }
    }

    pub(crate) fn check(&self, samples: &Samples) -> Result<()> {
        if self.support.checked()? != Support::Point {
            samples.check_plane("blocks are defined")?;
        }
        if let Neighbourhood::Moving(search) = self.neighbourhood {
            search.checked()?;
        }
        if !self.variogram.is_bounded() && self.drift.known_mean().is_some() {
            return Err(Error::UnboundedWithKnownMean { model: self.variogram.to_string() });
        }
        // With measurement error two samples at one place differ by their errors, and the system stays regular.
        if self.variogram.error_variance() == 0.0 { samples.check_distinct_exact_places() } else { Ok(()) }
    }
}

impl Interpolator for Kriging {
    /// # Errors
    /// Two samples at one place (both without measurement error), a search against the rules of
    /// [`Search::new`](crate::neighbourhood::Search::new) and its sectors, a drift that the samples cannot carry
    /// ([`Basis::new`](crate::drift::Basis::new), [`Error::DriftSingular`]), a model without a sill with a known mean, or a
    /// model that is not a covariance at the samples. In a moving neighbourhood the first and the last of these three are
    /// [`Gap`](crate::Gap)s of a target.
    ///
    /// Samples that say nothing new under the model (a smooth model without nugget and samples close together) are left out
    /// of the system, which is singular with them: [`Predictor::left_out`] and
    /// [`Predictions::reduced`](crate::Predictions::reduced) tell.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        self.fit_on(samples, &Serial)
    }

    fn fit_on(&self, samples: &Samples, executor: &dyn Executor) -> Result<Box<dyn Predictor>> {
        self.check(samples)?;
        Ok(match self.neighbourhood {
            Neighbourhood::Global => Box::new(GlobalKriging::new(self, samples, executor)?),
            Neighbourhood::Moving(search) => Box::new(MovingKriging::new(self, samples, search)?),
        })
    }

    fn memory(&self, samples: &Samples) -> Result<Option<Memory>> {
        Ok(Some(match self.neighbourhood {
            Neighbourhood::Global => self.memory_of_all(samples)?,
            Neighbourhood::Moving(_) => Memory::of_search(samples.len()),
        }))
    }

    fn fit_beside(
        &self,
        samples: &Samples,
        executor: &dyn Executor,
        beside: &dyn Predictor,
    ) -> Result<Box<dyn Predictor>> {
        let Neighbourhood::Moving(search) = self.neighbourhood else { return self.fit_on(samples, executor) };
        self.check(samples)?;
        Ok(Box::new(MovingKriging::beside(self, samples, search, Some(beside))?))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        self.check(samples)?;
        match self.neighbourhood {
            Neighbourhood::Global => leave_out::global(self, samples, folds, &Serial),
            Neighbourhood::Moving(_) => leave_out_by_groups(self, samples, folds, &Serial),
        }
    }

    fn leave_out_groups(
        &self,
        samples: &Samples,
        folds: &Folds,
        groups: &[Vec<usize>],
        executor: &dyn Executor,
    ) -> Option<Result<Vec<Vec<Outcome>>>> {
        let Neighbourhood::Moving(search) = self.neighbourhood else { return None };
        let predictor = self.check(samples).and_then(|()| MovingKriging::new(self, samples, search));
        Some(predictor.and_then(|predictor| {
            predict_groups(samples, folds, groups, executor, |targets, held, scratch| {
                predictor.predict_held(targets, held, scratch)
            })
        }))
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        let outcomes = match self.neighbourhood {
            Neighbourhood::Global => {
                self.check(samples)?;
                leave_out::global(self, samples, folds, executor)?
            }
            Neighbourhood::Moving(_) => leave_out_by_groups(self, samples, folds, executor)?,
        };
        Ok(Predictions::from_outcomes(&outcomes))
    }
}
