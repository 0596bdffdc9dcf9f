//! Regression on order statistics: a log-normal tail for what is below the limits, and nothing else.

use super::censoring::{check_spread, logarithms};
use super::{Caution, Censoring, Measurement, Refused};
use crate::normal::normal_quantile;

/// Values of fewer measurements come with a [`Caution`].
const RECOMMENDED: usize = 20;

/// What regression on order statistics says.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OrderStatistics {
    /// Intercept of the line through the quantified logarithms: mean of the logarithms under the line.
    pub line_mean: f64,
    /// Its slope: their standard deviation under the line.
    pub line_deviation: f64,
    /// Mean of the logarithms, those below limits taken from the line (robust).
    pub log_mean: f64,
    /// Their standard deviation, denominator n − 1.
    pub log_deviation: f64,
    /// Arithmetic mean of quantified values and of those imputed from the line, in the unit of the measurements.
    pub mean: f64,
    /// Their standard deviation, denominator n − 1.
    pub standard_deviation: f64,
    /// One value a measurement, in their order: the quantified ones, and stand-ins for the others. Together they have the
    /// distribution; no single one is an estimate of its sample, for which of the equal limits gets which is arbitrary.
    pub completed: Vec<f64>,
    /// Plotting position of each measurement.
    pub positions: Vec<f64>,
    /// What was below which limit.
    pub censoring: Censoring,
    /// What to be careful with.
    pub cautions: Vec<Caution>,
}

/// Plotting positions of values with several limits.
///
/// With limits u₁ < … < u_m, A_j quantified values in [u_j, u_j+1) and B_j values known to be below u_j, the exceedance of
/// u_j is e_j = e_j+1 + A_j/(A_j + B_j)·(1 − e_j+1), with e_m+1 = 0; positions spread evenly between these.
///
/// # Source
/// Hirsch & Stedinger (1987), *Water Resources Research* 23:715; Helsel & Cohn (1988), *ibid.* 24:1997.
pub(super) fn positions(measurements: &[Measurement], a: f64) -> Vec<f64> {
    let mut limits: Vec<f64> = measurements.iter().filter(|m| m.is_below_limit()).map(|m| number(*m)).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let m = limits.len();
    // Group 0 is below every limit, group j from limit j (counted from 1) up to the next.
    let group = |value: f64| limits.partition_point(|&u| u <= value);
    let mut quantified = vec![Vec::new(); m + 1];
    let mut below = vec![Vec::new(); m + 1];
    for (i, measurement) in measurements.iter().enumerate() {
        let to = if measurement.is_below_limit() { &mut below } else { &mut quantified };
        to[group(number(*measurement))].push(i);
    }
    let mut exceedance = vec![0.0; m + 2];
    exceedance[0] = 1.0;
    for j in (1..=m).rev() {
        let here = quantified[j].len() as f64;
        let under =
            quantified[..j].iter().map(Vec::len).sum::<usize>() + below[..=j].iter().map(Vec::len).sum::<usize>();
        let above: f64 = exceedance[j + 1];
        exceedance[j] = above + here / (here + under as f64) * (1.0 - above);
    }
    let mut positions = vec![0.0; measurements.len()];
    let spread = |k: usize, count: usize| (k as f64 + 1.0 - a) / (count as f64 - 2.0 * a + 1.0);
    for j in 0..=m {
        let members = &mut quantified[j];
        members.sort_by(|&p, &q| number(measurements[p]).total_cmp(&number(measurements[q])));
        for (k, &i) in members.iter().enumerate() {
            positions[i] = (1.0 - exceedance[j]) + (exceedance[j] - exceedance[j + 1]) * spread(k, members.len());
        }
        for (k, &i) in below[j].iter().enumerate() {
            positions[i] = (1.0 - exceedance[j]) * spread(k, below[j].len());
        }
    }
    positions
}

fn number(measurement: Measurement) -> f64 {
    match measurement {
        Measurement::Quantified(v) | Measurement::BelowLimit(v) => v,
    }
}

/// Fits a line to the logarithms of the quantified values over normal quantiles of their plotting positions, and takes from
/// it stand-ins for the values below limits.
///
/// `a` is the plotting constant, from 0 (Weibull) to ½; ⅜ (Blom) is usual.
///
/// # Units
/// Logarithms are natural; means in the unit of the measurements.
///
/// # Errors
/// Fewer than 3 quantified values, all equal, one that is not above 0, more than 80 % below limits, or a constant outside its
/// domain. Fewer than 20 values come with a [`Caution`].
///
/// # Source
/// Helsel & Cohn (1988), *Water Resources Research* 24:1997; rules of use: practice after Helsel (2012).
///
/// # Examples
/// ```
/// use soilscope_core::censored::{Measurement::{BelowLimit, Quantified}, regression_on_order_statistics};
/// let column = [1.0, 2.0, 4.0, 8.0].map(Quantified);
/// let ros = regression_on_order_statistics(&[&column[..], &[BelowLimit(1.0)]].concat(), 0.375)?;
/// assert!(ros.completed[4] < 1.0 && ros.mean < 3.2); // 3.2 with the limit itself
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn regression_on_order_statistics(measurements: &[Measurement], a: f64) -> Result<OrderStatistics, Refused> {
    const METHOD: &str = "regression on order statistics";
    if !(0.0..=0.5).contains(&a) {
        return Err(Refused::Setting { name: "plotting constant", value: a, requirement: "from 0 to 0.5" });
    }
    let censoring = Censoring::checked(measurements, 3, METHOD)?;
    let logs = logarithms(measurements, METHOD)?;
    check_spread(&super::censoring::quantified(measurements))?;
    let positions = positions(&logs, a);
    let scores: Vec<f64> = positions.iter().map(|&p| normal_quantile(p)).collect();
    let pairs = || logs.iter().zip(&scores).filter(|(m, _)| !m.is_below_limit()).map(|(m, &s)| (number(*m), s));
    let n = censoring.quantified() as f64;
    let (mean_y, mean_s) = (pairs().map(|p| p.0).sum::<f64>() / n, pairs().map(|p| p.1).sum::<f64>() / n);
    let products: f64 = pairs().map(|(y, s)| (y - mean_y) * (s - mean_s)).sum();
    let line_deviation = products / pairs().map(|(_, s)| (s - mean_s).powi(2)).sum::<f64>();
    let line_mean = mean_y - line_deviation * mean_s;
    let complete =
        |(m, s): (&Measurement, &f64)| if m.is_below_limit() { line_mean + line_deviation * s } else { number(*m) };
    let completed_logs: Vec<f64> = logs.iter().zip(&scores).map(complete).collect();
    let stand_in = |(m, y): (&Measurement, &f64)| if m.is_below_limit() { y.exp() } else { number(*m) };
    let completed: Vec<f64> = measurements.iter().zip(&completed_logs).map(stand_in).collect();
    let (log_mean, log_deviation) = moments(&completed_logs);
    let (mean, standard_deviation) = moments(&completed);
    let cautions = censoring.cautions(RECOMMENDED);
    Ok(OrderStatistics {
        line_mean,
        line_deviation,
        log_mean,
        log_deviation,
        mean,
        standard_deviation,
        completed,
        positions,
        censoring,
        cautions,
    })
}

/// Mean, and standard deviation with denominator n − 1.
pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}
