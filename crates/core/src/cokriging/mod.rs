//! Co-kriging: several variables predicted together from samples of all of them, under a linear model of
//! coregionalisation.
//!
//! Variables need not be measured at the same places. Each helps to predict the others through their cross-covariances,
//! most where it was measured more densely; the covariances of the prediction errors come with the predictions.
//!
//! # Source
//! Wackernagel (2003), *Multivariate Geostatistics*, ch. 24 to 26.
//!
//! # Examples
//! ```
//! use soilscope_core::cokriging::{CoKriging, Coefficients, Coregionalisation, Means, Term};
//! use soilscope_core::neighbourhood::Neighbourhood;
//! use soilscope_core::variogram::{Model, Structure};
//! use soilscope_core::Samples;
//!
//! let sills = Coefficients::from_rows(&[vec![1.0, 0.8], vec![0.8, 1.0]])?;
//! let term = Term::structure(Structure::new(Model::Spherical, 1.0, 100.0)?, sills)?;
//! let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![term])?;
//! let zinc = Samples::new(vec![[0.0, 0.0], [80.0, 0.0]], vec![5.0, 7.0])?;
//! let lead = Samples::new(vec![[0.0, 0.0], [40.0, 0.0], [80.0, 0.0]], vec![2.0, 2.5, 3.0])?;
//!
//! let cokriging = CoKriging { model, means: Means::Unknown, neighbourhood: Neighbourhood::Global };
//! let p = cokriging.fit(&[zinc, lead])?.predict([40.0, 0.0]);
//! assert!((p.get(0, 1).unwrap().value - 2.5).abs() < 1e-12); // lead was measured there
//! assert!(p.get(0, 0).unwrap().variance.unwrap() < 0.5); // zinc was not, but lead helps
//! assert_eq!(p.covariance(0, 0, 1), Some(0.0));
//! # Ok::<(), soilscope_core::Error>(())
//! ```

mod checks;
mod coefficients;
mod collocation;
mod error;
mod fit;
mod lmc;
mod positive;
mod predictions;
mod predictor;
mod primary;
mod system;

pub(crate) use checks::check_samples;
pub use coefficients::Coefficients;
pub use collocation::Collocation;
pub use error::CokrigingError;
pub use fit::{LmcFit, LmcMethod, LmcSettings, fit_lmc};
pub use lmc::{Coregionalisation, Term};
pub use predictions::CoPredictions;
pub use predictor::CoPredictor;
pub(crate) use predictor::CoScratch;
pub use primary::CoKrigingPrimary;

use crate::neighbourhood::Neighbourhood;
use crate::{Result, Samples};

/// What is known of the variables' means, which are constant.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Means {
    /// Nothing: ordinary co-kriging.
    #[default]
    Unknown,
    /// Every one, in the variables' order and units: simple co-kriging.
    Known(Vec<f64>),
}

/// A co-kriging recipe.
///
/// In a moving neighbourhood the search is made for each variable by itself: `max` is the most samples of each. With
/// unknown means a variable with fewer samples than `min` in reach has no prediction ([`Gap::TooFewNeighbours`]); the
/// others go on, and use those few. With known means it is the samples of all variables together that must reach `min`,
/// because then a variable without samples in reach is predicted through the others.
///
/// [`Gap::TooFewNeighbours`]: crate::Gap::TooFewNeighbours
///
/// See the [module](self) for an example, and [`CoKrigingPrimary`] for maps of one variable.
#[derive(Debug, Clone, PartialEq)]
pub struct CoKriging {
    /// Model of all variables.
    pub model: Coregionalisation,
    /// Their means.
    pub means: Means,
    /// Which samples serve a target.
    pub neighbourhood: Neighbourhood,
}

impl CoKriging {
    /// Prepares predictions from the samples of each variable, in the model's order; places may differ. Error variances of
    /// samples are measurement errors: predictions are of the variables without them.
    ///
    /// # Errors
    /// Another number of sets of samples or known means than variables, samples at one place that depend on each other
    /// ([`CokrigingError::CoincidentSamples`], [`CokrigingError::DependentSamples`]), known means with a model that has no
    /// sills, a search against the rules of
    /// [`Search::new`](crate::neighbourhood::Search::new) and its sectors, or, with all samples in one system, a singular
    /// one. In a moving neighbourhood a singular system is a [`Gap`](crate::Gap) of its target.
    pub fn fit(&self, samples: &[Samples]) -> Result<CoPredictor> {
        for variable in samples {
            variable.check_plane("co-kriging is computed")?;
        }
        CoPredictor::new(self, samples)
    }
}
