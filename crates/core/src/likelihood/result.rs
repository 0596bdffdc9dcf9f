//! What a fit by likelihood says.

use std::fmt;

use nalgebra::DMatrix;

use super::Method;
use crate::variogram::{FreeParameter, Variogram};

/// The engine that computed the likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EngineUsed {
    /// The covariance matrix of all samples.
    Exact,
    /// Vecchia's approximation in maximum-minimum-distance order.
    Vecchia {
        /// Earlier neighbours of each sample.
        neighbours: usize,
        /// Samples that each is conditioned on, on average: those of its block are more than its own neighbours.
        mean_conditioning: f64,
        /// Largest change of a parameter that twice the neighbours would make, in its standard errors, by one scoring
        /// step: the approximation's own share of the error. `None` where it was not asked for.
        shift: Option<f64>,
    },
}

/// Why an estimate is where it is, if not at a maximum inside its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Bound {
    /// A variance that is best at 0.
    Zero,
    /// The smallest value looked for.
    Lower,
    /// The largest value looked for; for a ratio isotropy.
    Upper,
    /// The likelihood does not depend on it at the estimate.
    Undetermined,
}

/// One estimated parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ParameterEstimate {
    /// Which.
    pub parameter: FreeParameter,
    /// Its value: variances in the square of the samples' unit, ranges in coordinate units, azimuths in degrees.
    pub estimate: f64,
    /// Its standard error, of the same unit; `None` at a bound.
    pub standard_error: Option<f64>,
    /// Lower end of the interval; `None` where the samples set none.
    pub lower: Option<f64>,
    /// Upper end of the interval; `None` where the samples set none. At a bound the interval is one-sided.
    pub upper: Option<f64>,
    /// Set where the estimate is not a maximum inside its domain.
    pub bound: Option<Bound>,
}

/// One coefficient of the trend, by generalised least squares.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coefficient {
    /// Name of the drift function, as [`Basis::names`](crate::drift::Basis::names) has it.
    pub name: String,
    /// Estimate, of the function scaled as [`Basis`](crate::drift::Basis) says.
    pub estimate: f64,
    /// Standard error, the variogram taken as known.
    pub standard_error: f64,
}

/// Something to know about a fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Remark {
    /// The search stopped before the likelihood stopped rising.
    NotConverged {
        /// Steps that were made.
        iterations: usize,
    },
    /// An estimate is not a maximum inside its domain.
    AtBound {
        /// Which.
        parameter: FreeParameter,
        /// Why.
        bound: Bound,
    },
    /// A variance that the template does not have was needed to keep the covariance matrix regular.
    NuggetFloor {
        /// Its size, the samples' unit squared.
        value: f64,
    },
    /// Steps towards smoother models were given up because the covariance matrix was singular there.
    SingularNearby,
    /// The correlated part of the variance is next to nothing: predictions will be the trend.
    NoSpatialStructure,
    /// Standard errors of the logarithms above 1: the samples tell the parameter at best to a factor of 7.
    PoorlyDetermined {
        /// Which.
        parameter: FreeParameter,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |p: &FreeParameter| p.name();
        match self {
            Self::NotConverged { iterations } => {
                write!(f, "the likelihood was still rising after {iterations} steps: the estimates are not its maximum")
            }
            Self::AtBound { parameter, bound } => match bound {
                Bound::Zero => write!(f, "the {} is best at 0; its interval is one-sided", name(parameter)),
                Bound::Lower => write!(f, "the {} is at the smallest value looked for", name(parameter)),
                Bound::Upper if matches!(parameter, FreeParameter::Ratio(_)) => {
                    write!(f, "the anisotropy ratio is best at 1: the samples show no anisotropy in this direction")
                }
                Bound::Upper => write!(
                    f,
                    "the {} is at the largest value looked for: the samples show no end of it",
                    name(parameter)
                ),
                Bound::Undetermined => write!(f, "the samples do not determine the {}", name(parameter)),
            },
            Self::NuggetFloor { value } => write!(
                f,
                "the model is too smooth for samples so close together: a nugget of {value:e} was added to keep the \
                 covariance matrix regular"
            ),
            Self::SingularNearby => {
                write!(f, "the covariance matrix is singular near the estimates: a nugget would make the fit safer")
            }
            Self::NoSpatialStructure => {
                write!(f, "no spatial structure: the correlated part of the variance is next to nothing")
            }
            Self::PoorlyDetermined { parameter } => {
                write!(f, "the samples determine the {} only to a factor of 7 or worse", name(parameter))
            }
        }
    }
}

/// A variogram and a trend fitted by maximum likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct LikelihoodFit {
    /// The model at the maximum.
    pub variogram: Variogram,
    /// The log-likelihood there. The restricted one includes ½ log |FᵀF|, so that it does not depend on the units or the
    /// choice of the drift's functions.
    pub log_likelihood: f64,
    /// Restricted or plain.
    pub method: Method,
    /// Exact or approximate.
    pub engine: EngineUsed,
    /// Samples.
    pub samples: usize,
    /// Coefficients of the trend; empty for a known mean.
    pub coefficients: Vec<Coefficient>,
    /// The parameters that were free, in the template's order.
    pub parameters: Vec<ParameterEstimate>,
    /// Covariance matrix of the logarithms of the parameters (of the azimuth in radians), in the same order; 0 in the rows
    /// and columns of parameters at a bound.
    pub covariance: DMatrix<f64>,
    /// Probability of the intervals.
    pub probability: f64,
    /// Akaike's criterion: −2 log-likelihood + 2 × parameters. The trend's coefficients count for the plain likelihood; the
    /// restricted one's criterion compares variograms of one trend only.
    pub aic: f64,
    /// Schwarz' criterion, with log n (restricted: log (n − p)) in the place of 2.
    pub bic: f64,
    /// Likelihoods computed, on parts of the samples too.
    pub evaluations: usize,
    /// Steps of the last climb.
    pub iterations: usize,
    /// Whether the maximum was found.
    pub converged: bool,
    /// What else there is to know.
    pub remarks: Vec<Remark>,
}

impl LikelihoodFit {
    /// The estimate of one parameter, where it was free.
    pub fn parameter(&self, parameter: FreeParameter) -> Option<&ParameterEstimate> {
        self.parameters.iter().find(|p| p.parameter == parameter)
    }
}
