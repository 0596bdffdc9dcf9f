//! Upper confidence limits of the mean.

use super::bootstrap::bca_limit;
use super::censoring::{check_spread, logarithms, quantified};
use super::maximum_likelihood::check_confidence;
use super::order_statistics::moments;
use super::{Caution, Censoring, KaplanMeier, LeftMass, Measurement, Refused, kaplan_meier, land_factor};
use crate::student::student_quantile;

/// How an upper limit of the mean is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UpperLimitMethod {
    /// mean + t·(standard error), Student's t with n − 1 degrees of freedom: right for normal values, too low for skewed ones.
    Student,
    /// Land's exact limit for log-normal values, all quantified: [`land_factor`].
    Land,
    /// mean + √(1/α − 1)·(standard error), from Chebyshev's (Cantelli's) inequality: right for any distribution as far as
    /// the standard error is, and usually too high.
    Chebyshev,
    /// Bias-corrected and accelerated bootstrap.
    Bootstrap {
        /// Resamples; 2,000 are usual.
        resamples: usize,
        /// Seed of their random numbers.
        seed: u64,
    },
}

impl UpperLimitMethod {
    /// Its name, as in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Student => "Student's t",
            Self::Land => "Land's H",
            Self::Chebyshev => "Chebyshev",
            Self::Bootstrap { .. } => "bootstrap BCa",
        }
    }
}

/// An upper confidence limit of the mean.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UpperLimit {
    /// How it was computed.
    pub method: UpperLimitMethod,
    /// Share of such limits that are above the mean, if the method's assumptions hold.
    pub confidence: f64,
    /// The limit, in the unit of the measurements.
    pub value: f64,
    /// The mean it belongs to: Kaplan-Meier's, Efron's convention; for Land the log-normal mean.
    pub mean: f64,
    /// What was below which limit.
    pub censoring: Censoring,
    /// What to be careful with.
    pub cautions: Vec<Caution>,
}

/// An upper limit of the mean; 0.95 is the usual confidence.
///
/// Values below limits enter through the Kaplan-Meier mean and its standard error ([`kaplan_meier`] with
/// [`LeftMass::SmallestQuantified`]), which without such values are the arithmetic mean and s/√n.
///
/// # Units
/// Those of the measurements.
///
/// # Errors
/// As [`kaplan_meier`]; a confidence that is not between 0 and 1; for the bootstrap fewer than 15 measurements (practice after ProUCL) or 100
/// resamples; for Land fewer than 3 values, values that are not above 0, any below a limit, or a standard deviation
/// of the natural logarithms above 1, where the limit explodes if the distribution is not quite log-normal (Singh, Singh & Engelhardt
/// 1997, EPA/600/R-97/006).
///
/// # Source
/// Land (1971), *Annals of Mathematical Statistics* 42:1187; Efron (1987), *Journal of the American Statistical Association* 82:171; use
/// with Kaplan-Meier: U.S. EPA, *ProUCL Technical Guide*, EPA/600/R-07/041.
///
/// # Examples
/// ```
/// use soilscope_core::censored::{Measurement::Quantified, UpperLimitMethod, upper_limit};
/// let column = [1.0, 2.0, 6.0].map(Quantified);
/// let limit = upper_limit(&column, UpperLimitMethod::Student, 0.95)?;
/// // t of 2 degrees of freedom is 2.919986, the standard error √(7/3).
/// assert!((limit.value - (3.0 + 2.919986 * (7.0_f64 / 3.0).sqrt())).abs() < 1e-5);
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn upper_limit(
    measurements: &[Measurement],
    method: UpperLimitMethod,
    confidence: f64,
) -> Result<UpperLimit, Refused> {
    check_confidence(confidence)?;
    if method == UpperLimitMethod::Land {
        return land(measurements, confidence);
    }
    let km = kaplan_meier(measurements, LeftMass::SmallestQuantified)?;
    let value = match method {
        UpperLimitMethod::Bootstrap { resamples, seed } => {
            check_spread(&quantified(measurements))?;
            bca_limit(measurements, confidence, resamples, seed)?
        }
        UpperLimitMethod::Chebyshev => km.mean + (1.0 / (1.0 - confidence) - 1.0).sqrt() * km.standard_error,
        _ => km.mean + student_quantile(confidence, (measurements.len() - 1) as f64) * km.standard_error,
    };
    let KaplanMeier { mean, censoring, cautions, .. } = km;
    Ok(UpperLimit { method, confidence, value, mean, censoring, cautions })
}

/// Largest standard deviation of the logarithms with which Land's limit is used.
pub(super) const LAND_MOST_DEVIATION: f64 = 1.0;

fn land(measurements: &[Measurement], confidence: f64) -> Result<UpperLimit, Refused> {
    const METHOD: &str = "Land's limit";
    let censoring = Censoring::checked(measurements, 3, METHOD)?;
    if censoring.below > 0 {
        return Err(Refused::Incomplete { below: censoring.below });
    }
    let logs = quantified(&logarithms(measurements, METHOD)?);
    check_spread(&quantified(measurements))?;
    let (mean, deviation) = moments(&logs);
    if deviation > LAND_MOST_DEVIATION {
        return Err(Refused::TooSkewed { deviation });
    }
    let h = land_factor(logs.len(), deviation, confidence)?;
    let centre = mean + 0.5 * deviation * deviation;
    let value = (centre + deviation * h / ((logs.len() - 1) as f64).sqrt()).exp();
    let method = UpperLimitMethod::Land;
    Ok(UpperLimit { method, confidence, value, mean: centre.exp(), censoring, cautions: Vec::new() })
}
