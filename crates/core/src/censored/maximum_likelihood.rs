//! Distributions fitted to values of which some are only known to be below limits.

use super::censoring::{check_spread, logarithms, quantified};
use super::likelihood_climb::{climb, inverse};
use super::order_statistics::moments;
use super::profile;
use super::special::{log_gamma_p, log_normal_cdf};
use super::{Caution, Censoring, Measurement, Refused};
use crate::transform::normal_cdf;

/// Values of fewer measurements come with a [`Caution`].
const RECOMMENDED: usize = 30;

/// A family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Family {
    /// Mean and standard deviation.
    Normal,
    /// Mean and standard deviation of the natural logarithms.
    LogNormal,
    /// Shape and scale.
    Gamma,
}

impl Family {
    /// Its name, as in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::LogNormal => "log-normal",
            Self::Gamma => "gamma",
        }
    }

    fn parameters(self) -> [&'static str; 2] {
        match self {
            Self::Normal => ["mean", "standard deviation"],
            Self::LogNormal => ["mean of the logarithms", "standard deviation of the logarithms"],
            Self::Gamma => ["shape", "scale"],
        }
    }
}

/// An estimate and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Estimate {
    /// What it is of.
    pub name: &'static str,
    /// The estimate.
    pub value: f64,
    /// Its standard error, from the observed information.
    pub standard_error: f64,
}

/// A distribution at the maximum of its likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct MaximumLikelihood {
    /// The family.
    pub family: Family,
    /// Its two parameters: see [`Family`].
    pub parameters: [Estimate; 2],
    /// Mean of the distribution, in the unit of the measurements; its error by the delta method.
    pub mean: Estimate,
    /// Standard deviation of the distribution.
    pub standard_deviation: f64,
    /// Log-likelihood at the maximum.
    pub log_likelihood: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// Whether the maximum was found.
    pub converged: bool,
    /// What was below which limit.
    pub censoring: Censoring,
    /// What to be careful with.
    pub cautions: Vec<Caution>,
    data: Standardised,
    at: [f64; 2],
}

/// Measurements on a scale where they are about 1 or about 0 ± 1, so that the search knows no units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standardised {
    family: Family,
    measurements: Vec<Measurement>,
    pub(super) shift: f64,
    pub(super) scale: f64,
}

/// Maximises Σ log f(quantified) + Σ log F(limit) (Tobit for the normal family).
///
/// # Units
/// Those of the measurements; logarithms are natural.
///
/// # Errors
/// Fewer than 3 quantified values, all equal, more than 80 % below limits, a value that is not above 0 for log-normal and gamma, or a
/// likelihood without a maximum. Fewer than 30 measurements with some below limits come with a [`Caution`].
///
/// # Source
/// Cohen (1959), *Technometrics* 1:217, for one limit; Helsel (2012), *Statistics for Censored Environmental Data*, for several, and the rules
/// of use (practice).
///
/// # Examples
/// ```
/// use soilscope_core::censored::{Family, Measurement::Quantified, maximum_likelihood};
/// let fit = maximum_likelihood(&[1.0, 2.0, 3.0, 6.0].map(Quantified), Family::Normal)?;
/// assert!((fit.mean.value - 3.0).abs() < 1e-8);
/// assert!((fit.standard_deviation - 3.5_f64.sqrt()).abs() < 1e-8); // denominator n
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn maximum_likelihood(measurements: &[Measurement], family: Family) -> Result<MaximumLikelihood, Refused> {
    let method = match family {
        Family::Normal => "maximum likelihood (normal)",
        Family::LogNormal => "maximum likelihood (log-normal)",
        Family::Gamma => "maximum likelihood (gamma)",
    };
    let censoring = Censoring::checked(measurements, 3, method)?;
    check_spread(&quantified(measurements))?;
    // Logarithms also refuse what is not above 0, for the gamma family too.
    let logs = if family == Family::Normal { Vec::new() } else { logarithms(measurements, method)? };
    let data = Standardised::new(if family == Family::LogNormal { &logs } else { measurements }, family);
    let no_maximum = |reason| Refused::NoMaximum { family: family.name(), reason };
    let top = climb(&|at| data.log_likelihood(at), data.start())
        .ok_or_else(|| no_maximum("it grows without end, or is not finite"))?;
    let covariance = inverse(top.information).ok_or_else(|| no_maximum("it is flat where the search ended"))?;
    let cautions = censoring.cautions(RECOMMENDED);
    // d parameter / d coordinate, in data units.
    let (first, second, slopes) = data.parameters(top.at);
    let error = |k: usize| slopes[k].abs() * covariance[k][k].sqrt();
    let names = family.parameters();
    let (mean, gradient, standard_deviation) = moments_of(family, first, second);
    let g = [gradient[0] * slopes[0], gradient[1] * slopes[1]];
    let mean_variance =
        g[0] * g[0] * covariance[0][0] + 2.0 * g[0] * g[1] * covariance[0][1] + g[1] * g[1] * covariance[1][1];
    // Densities are per unit of the measurements: those of logarithms are divided by the values.
    let jacobian: f64 = if family == Family::LogNormal { quantified(&logs).iter().sum() } else { 0.0 };
    Ok(MaximumLikelihood {
        family,
        parameters: [
            Estimate { name: names[0], value: first, standard_error: error(0) },
            Estimate { name: names[1], value: second, standard_error: error(1) },
        ],
        mean: Estimate { name: "mean", value: mean, standard_error: mean_variance.sqrt() },
        standard_deviation,
        log_likelihood: top.value - censoring.quantified() as f64 * data.scale.ln() - jacobian,
        iterations: top.iterations,
        converged: top.converged,
        censoring,
        cautions,
        data,
        at: top.at,
    })
}

/// Mean of the distribution, its derivatives by the parameters, and its standard deviation.
fn moments_of(family: Family, first: f64, second: f64) -> (f64, [f64; 2], f64) {
    match family {
        Family::Normal => (first, [1.0, 0.0], second),
        Family::LogNormal => {
            let mean = (first + 0.5 * second * second).exp();
            (mean, [mean, second * mean], mean * (second * second).exp_m1().sqrt())
        }
        Family::Gamma => (first * second, [second, first], second * first.sqrt()),
    }
}

impl MaximumLikelihood {
    /// Share of the distribution up to `value`.
    pub fn share_up_to(&self, value: f64) -> f64 {
        let [a, b] = [self.parameters[0].value, self.parameters[1].value];
        match self.family {
            Family::Normal => normal_cdf((value - a) / b),
            _ if value <= 0.0 => 0.0,
            Family::LogNormal => normal_cdf((value.ln() - a) / b),
            Family::Gamma => log_gamma_p(a, value / b).exp(),
        }
    }

    /// Interval of the first parameter (mean, mean of the logarithms, shape) at this confidence: where the likelihood,
    /// at its best in the other parameter, has fallen by half the quantile of χ² with one degree of freedom.
    ///
    /// # Errors
    /// A confidence that is not between 0 and 1.
    pub fn profile_interval(&self, confidence: f64) -> Result<[f64; 2], Refused> {
        check_confidence(confidence)?;
        let ends = profile::interval(&|at| self.data.log_likelihood(at), self.at, confidence);
        Ok(ends.map(|end| self.data.parameters([end, self.at[1]]).0))
    }
}

pub(super) fn check_confidence(value: f64) -> Result<(), Refused> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(Refused::Setting { name: "confidence", value, requirement: "above 0 and below 1" })
}

impl Standardised {
    fn new(measurements: &[Measurement], family: Family) -> Self {
        let (mean, deviation) = moments(&quantified(measurements));
        let (shift, scale) = if family == Family::Gamma { (0.0, mean) } else { (mean, deviation) };
        let change = |m: &Measurement| match *m {
            Measurement::Quantified(v) => Measurement::Quantified((v - shift) / scale),
            Measurement::BelowLimit(l) => Measurement::BelowLimit((l - shift) / scale),
        };
        Self { family, measurements: measurements.iter().map(change).collect(), shift, scale }
    }

    /// Coordinates to begin at: location and log spread, or logarithms of shape and scale.
    fn start(&self) -> [f64; 2] {
        match self.family {
            Family::Gamma => {
                let (mean, deviation) = moments(&quantified(&self.measurements));
                let shape = (mean / deviation).powi(2).clamp(0.1, 1e4);
                [shape.ln(), (mean / shape).ln()]
            }
            _ => [0.0, 0.0],
        }
    }

    fn log_likelihood(&self, at: [f64; 2]) -> f64 {
        let density = |m: &Measurement| match (self.family, *m) {
            (Family::Gamma, Measurement::Quantified(x)) => {
                let (shape, scale) = (at[0].exp(), at[1].exp());
                (shape - 1.0) * x.ln() - x / scale - shape * at[1] - libm::lgamma(shape)
            }
            (Family::Gamma, Measurement::BelowLimit(limit)) => log_gamma_p(at[0].exp(), limit / at[1].exp()),
            (_, Measurement::Quantified(x)) => {
                let z = (x - at[0]) / at[1].exp();
                -0.5 * z * z - at[1] - 0.5 * std::f64::consts::TAU.ln()
            }
            (_, Measurement::BelowLimit(limit)) => log_normal_cdf((limit - at[0]) / at[1].exp()),
        };
        self.measurements.iter().map(density).sum()
    }

    /// Parameters in data units at some coordinates, and their derivatives by these.
    fn parameters(&self, at: [f64; 2]) -> (f64, f64, [f64; 2]) {
        let second = self.scale * at[1].exp();
        match self.family {
            Family::Gamma => (at[0].exp(), second, [at[0].exp(), second]),
            _ => (self.shift + self.scale * at[0], second, [self.scale, second]),
        }
    }
}
