//! Maximum likelihood and REML for the variogram and the trend together: exact for some thousand samples, by Vecchia's
//! approximation for a million.
//!
//! A least-squares fit of a variogram smooths lag classes that depend on one another, needs residuals of a trend that is
//! itself estimated, and says nothing about its own error. The likelihood of Gaussian samples needs no lag classes, takes
//! the trend and the errors of the samples into account, and its curvature says how well each parameter is known. The
//! restricted likelihood (REML; Patterson & Thompson 1971, *Biometrika* 58:545) is that of what the trend leaves over, and
//! does not underestimate the sill as the plain one does.
//!
//! Samples on a sphere are related along great circles, by models that are valid there; the approximation's order and
//! neighbours are by straight distances in space, which order places as great circles do.
//!
//! ```
//! use soilscope_core::drift::Drift;
//! use soilscope_core::executor::Serial;
//! use soilscope_core::likelihood::{LikelihoodSettings, fit_likelihood};
//! use soilscope_core::{Samples, random::Random};
//!
//! # fn main() -> Result<(), soilscope_core::Error> {
//! let mut random = Random::new(3);
//! let coords: Vec<[f64; 2]> = (0..80).map(|_| [1000.0 * random.uniform(), 1000.0 * random.uniform()]).collect();
//! let values = coords.iter().map(|c| (c[0] / 150.0).sin() + (c[1] / 200.0).cos() + 0.3 * random.normal()).collect();
//! let samples = Samples::new(coords, values)?;
//! let template = "Nug + Exp".parse()?;
//! let fit = fit_likelihood(&samples, Drift::Constant, &template, &LikelihoodSettings::default(), &Serial)?;
//! assert!(fit.converged);
//! for p in &fit.parameters {
//!     println!("{:?}: {} from {:?} to {:?}", p.parameter, p.estimate, p.lower, p.upper);
//! }
//! # Ok(())
//! # }
//! ```

mod bounded;
mod correlation;
mod data;
mod dense;
mod exact;
mod fit;
mod grouping;
mod intervals;
mod isotropy;
mod kdtree;
mod kernel;
mod lanes;
mod leave_out;
mod neighbours;
mod objective;
mod optimise;
mod ordering;
mod parameters;
mod place;
mod plausible;
mod predict;
mod prior;
mod report;
mod restricted;
mod result;
mod rows;
mod starts;
mod terms;
#[cfg(test)]
mod tests;
mod vecchia;

pub(crate) use bounded::{Bounded, Maximum, template_of, with_least_nugget};
pub use fit::{fit_likelihood, log_likelihood};
pub(crate) use neighbours::Neighbours;
pub(crate) use ordering::{canonical_order, max_min_order};
pub(crate) use parameters::{Domain, effective_factor};
pub(crate) use place::place;
pub use plausible::{PlausibleModels, plausible_models, reopened};
pub(crate) use predict::VecchiaScratch;
pub use predict::{VecchiaKriging, VecchiaPredictor};
pub use result::{Bound, Coefficient, EngineUsed, LikelihoodFit, ParameterEstimate, Remark};

use crate::variogram::Variogram;
use crate::{Error, Result};

/// Which likelihood is maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Method {
    /// The restricted likelihood: of what is left when the trend is taken off. Its values compare models of one trend.
    #[default]
    Reml,
    /// The likelihood of the samples: sills come out too small by about the share of trend coefficients among samples, but
    /// its values compare trends too.
    Ml,
}

/// How the likelihood is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Engine {
    /// Exact up to [`EXACT_LIMIT`] samples, Vecchia's approximation with [`DEFAULT_NEIGHBOURS`] beyond.
    #[default]
    Auto,
    /// From the covariance matrix of all samples: memory grows with the square of their number, time with its cube.
    Exact,
    /// Every sample given this many nearest samples before it.
    Vecchia {
        /// Earlier neighbours of each sample.
        neighbours: usize,
    },
}

/// Most samples for which the exact likelihood is chosen.
pub const EXACT_LIMIT: usize = 2000;

/// Earlier neighbours of each sample where none were asked for.
pub const DEFAULT_NEIGHBOURS: usize = 30;

/// How intervals of the parameters are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Intervals {
    /// From the expected information of the logarithms: quick, and symmetric in the logarithm.
    #[default]
    Information,
    /// Where the profile likelihood has fallen by half the quantile of χ² with one degree of freedom: slower, and right for
    /// flat and skewed likelihoods too.
    Profile,
}

/// Settings of a fit.
///
/// # Examples
/// ```
/// use soilscope_core::likelihood::{Engine, LikelihoodSettings, Method};
/// let plain = LikelihoodSettings { method: Method::Ml, engine: Engine::Exact, ..LikelihoodSettings::default() };
/// assert_eq!(plain.probability, 0.95);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LikelihoodSettings {
    /// Restricted or plain.
    pub method: Method,
    /// Exact or approximate.
    pub engine: Engine,
    /// How intervals are computed.
    pub intervals: Intervals,
    /// Probability of the intervals.
    pub probability: f64,
    /// A model to begin at, beside the coarse search, as from a weighted least-squares fit; its structures must match the
    /// template's.
    pub start: Option<Variogram>,
    /// Most steps of the last climb.
    pub most_iterations: usize,
    /// Whether to look at how far twice the neighbours would move the estimates
    /// ([`EngineUsed::Vecchia`]'s `shift`): takes about as long as the fit.
    pub verify: bool,
}

impl Default for LikelihoodSettings {
    fn default() -> Self {
        Self {
            method: Method::Reml,
            engine: Engine::Auto,
            intervals: Intervals::Information,
            probability: 0.95,
            start: None,
            most_iterations: 60,
            verify: false,
        }
    }
}

impl LikelihoodSettings {
    fn check(&self) -> Result<()> {
        if !(self.probability > 0.0 && self.probability < 1.0) {
            let requirement = "above 0 and below 1";
            return Err(Error::Parameter {
                name: "probability of the intervals",
                value: self.probability,
                requirement,
            });
        }
        if let Engine::Vecchia { neighbours: 0 } = self.engine {
            return Err(Error::Parameter { name: "number of neighbours", value: 0.0, requirement: "at least 1" });
        }
        Ok(())
    }
}
