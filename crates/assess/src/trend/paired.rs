//! The same sites in two campaigns, without a map.

use serde::Serialize;
use soilscope_core::student::{student_quantile, student_upper_tail};

use super::{TrendError, enough};
use crate::quantity::{held, inside, positive};

/// Paired test on logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairedT {
    /// Pairs.
    pub n: usize,
    /// Geometric mean of second over first.
    pub ratio: f64,
    /// Interval of the ratio.
    pub interval: [f64; 2],
    /// Mean of the log differences over its standard error.
    pub t: f64,
    /// Two-sided, with n − 1 degrees of freedom.
    pub p: f64,
    /// Standard deviation of the log differences, for [`minimum_detectable_difference`].
    pub log_sd: f64,
}

/// Paired t test on natural logarithms: by which ratio did sites change?
///
/// # Errors
/// Fewer than two pairs; columns that differ in length; a content that is not above 0; differences that are all equal; a
/// confidence that is not above 0 and below 1.
///
/// # Source
/// Student's test, as in any textbook.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::paired_ratio;
/// let test = paired_ratio(&[1.0, 1.0], &[2.0, 8.0], 0.95)?;
/// // Logarithms 1 and 3 times ln 2: mean 2, standard error 1, one degree of freedom.
/// assert!((test.ratio - 4.0).abs() < 1e-12 && (test.t - 2.0).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn paired_ratio(before: &[f64], after: &[f64], confidence: f64) -> Result<PairedT, TrendError> {
    let (lefts, rights) = (before.len(), after.len());
    if lefts != rights {
        return Err(TrendError::Lengths { left: "first contents", lefts, right: "second contents", rights });
    }
    enough(lefts, 2, "a paired test")?;
    inside("confidence", confidence)?;
    let mut logs = Vec::with_capacity(lefts);
    for (&first, &second) in before.iter().zip(after) {
        logs.push(positive("second content", second)?.ln() - positive("first content", first)?.ln());
    }
    let n = lefts as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let square = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if !(square > 0.0) {
        return Err(TrendError::NoVariation);
    }
    let error = (square / n).sqrt();
    let t = mean / error;
    let reach = student_quantile(0.5 + 0.5 * confidence, n - 1.0) * error;
    Ok(PairedT {
        n: lefts,
        ratio: mean.exp(),
        interval: [(mean - reach).exp(), (mean + reach).exp()],
        t,
        p: 2.0 * student_upper_tail(t.abs(), n - 1.0),
        log_sd: square.sqrt(),
    })
}

/// Least mean difference that `n` pairs would show, at significance `alpha` (two-sided) with probability `power`:
/// (t₁₋α/₂ + t_power) s_d / √n, with n − 1 degrees of freedom.
///
/// # Units
/// Those of `sd`, the standard deviation of the differences; of log differences, a logarithm of a ratio.
///
/// # Errors
/// Fewer than two pairs; a standard deviation that is not above 0; an alpha or power that is not above 0 and below 1, or a
/// power below ½.
///
/// # Source
/// The usual approximation of the t test's power by two quantiles of Student's t, as in any textbook; exact would be the non-central t.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::minimum_detectable_difference;
/// // With many pairs t is normal: 1.96 + 0.84.
/// let many = minimum_detectable_difference(1.0, 1_000_000, 0.05, 0.8)?;
/// assert!((many - 2.8016e-3).abs() < 1e-6);
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn minimum_detectable_difference(sd: f64, n: usize, alpha: f64, power: f64) -> Result<f64, TrendError> {
    enough(n, 2, "a detectable difference")?;
    let sd = positive("standard deviation of the differences", sd)?;
    inside("significance", alpha)?;
    held("power", power, (0.5..1.0).contains(&power), "at least 0.5 and below 1")?;
    let n = n as f64;
    let both = student_quantile(1.0 - 0.5 * alpha, n - 1.0) + student_quantile(power, n - 1.0);
    Ok(both * sd / n.sqrt())
}
