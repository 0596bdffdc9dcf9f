//! Which upper limit of the mean to use.

use super::upper_limit::LAND_MOST_DEVIATION;
use super::{
    Family, FitTest, Measurement, Refused, UpperLimit, UpperLimitMethod, probability_plot_test,
    regression_on_order_statistics, upper_limit,
};

/// Probability below which a distribution is taken as wrong.
const SIGNIFICANT: f64 = 0.05;
const RESAMPLES: usize = 2000;
const FEWEST_FOR_BOOTSTRAP: usize = 15;

/// An upper limit, and why this one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Recommendation {
    /// The limit.
    pub limit: UpperLimit,
    /// Why it was chosen, as a sentence.
    pub reason: String,
    /// Do the values look normal?
    pub normal: FitTest,
    /// Do they look log-normal? `None` where one is not above 0.
    pub log_normal: Option<FitTest>,
    /// Standard deviation of the natural logarithms, by regression on order statistics.
    pub log_deviation: Option<f64>,
}

/// Chooses an upper limit of the mean by what the values look like.
///
/// 1. Normal (not rejected at 5 %): Student's t.
/// 2. Log-normal, all quantified, standard deviation of the logarithms at most 1: Land's H.
/// 3. At least 15 values, standard deviation of the logarithms at most 1: bootstrap BCa.
/// 4. Otherwise: Chebyshev.
///
/// # Errors
/// As [`upper_limit`] and [`probability_plot_test`].
///
/// # Source
/// Simplified after the decision tables of U.S. EPA, *ProUCL Technical Guide*, EPA/600/R-07/041, as practice has it: the tables themselves were
/// not at hand. ProUCL also has limits for gamma distributions, Hall's and the t bootstrap, and Chebyshev at 97.5 and 99 % for
/// very skewed values, which this rule does not: it is not ProUCL's, and may name another limit than ProUCL does.
///
/// # Examples
/// ```
/// use soilscope_core::censored::{Measurement::Quantified, UpperLimitMethod, recommend};
/// let even: Vec<_> = (1..=20).map(|k| Quantified(100.0 + f64::from(k))).collect();
/// assert_eq!(recommend(&even, 0.95, 1)?.limit.method, UpperLimitMethod::Student);
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn recommend(measurements: &[Measurement], confidence: f64, seed: u64) -> Result<Recommendation, Refused> {
    let normal = probability_plot_test(measurements, Family::Normal, seed)?;
    let log_normal = match probability_plot_test(measurements, Family::LogNormal, seed) {
        Err(Refused::NotPositive { .. }) => None,
        other => Some(other?),
    };
    let log_deviation = match regression_on_order_statistics(measurements, 0.375) {
        Err(Refused::NotPositive { .. }) => None,
        other => Some(other?.log_deviation),
    };
    let mild = log_deviation.is_some_and(|s| s <= LAND_MOST_DEVIATION);
    let complete = !measurements.iter().any(|m| m.is_below_limit());
    let spread = log_deviation.map_or_else(
        || "some values are not above 0".to_owned(),
        |s| format!("the standard deviation of the logarithms is {s:.2}"),
    );
    let (method, reason) = if normal.p_value >= SIGNIFICANT {
        (UpperLimitMethod::Student, format!("the values look normal (p = {:.3})", normal.p_value))
    } else if let Some(test) = log_normal.filter(|t| complete && mild && t.p_value >= SIGNIFICANT) {
        (
            UpperLimitMethod::Land,
            format!("the values look log-normal (p = {:.3}) and {spread}, at most 1", test.p_value),
        )
    } else if mild && measurements.len() >= FEWEST_FOR_BOOTSTRAP {
        let why = if complete { "neither normal nor log-normal" } else { "not normal, and some are below limits" };
        let method = UpperLimitMethod::Bootstrap { resamples: RESAMPLES, seed };
        (method, format!("the values look {why}; {spread}, at most 1, and there are 15 or more"))
    } else {
        let why = if mild { "there are fewer than 15 values".to_owned() } else { spread };
        (UpperLimitMethod::Chebyshev, format!("the values do not look normal, and {why}"))
    };
    let limit = upper_limit(measurements, method, confidence)?;
    Ok(Recommendation { limit, reason, normal, log_normal, log_deviation })
}
