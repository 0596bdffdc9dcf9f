//! Efron's bootstrap limit of the mean, corrected for bias and acceleration.

use super::kaplan_meier::{LeftMass, unchecked};
use super::{Measurement, Refused};
use crate::normal::normal_quantile;
use crate::random::Random;
use crate::transform::normal_cdf;

/// Fewest measurements: fewer are too few different resamples for a tail (practice after ProUCL).
const FEWEST: usize = 15;
/// The random stream of these resamples, apart from every other use of a seed.
const PURPOSE: u64 = 0x4243_615f_6d65_616e;

/// The upper limit of the Kaplan-Meier mean.
///
/// # Source
/// Efron (1987), *Journal of the American Statistical Association* 82:171.
pub(super) fn bca_limit(
    measurements: &[Measurement],
    convention: LeftMass,
    confidence: f64,
    resamples: usize,
    seed: u64,
) -> Result<f64, Refused> {
    let n = measurements.len();
    if n < FEWEST {
        return Err(Refused::TooFew { found: n, needed: FEWEST, method: "the bootstrap" });
    }
    if resamples < 100 {
        let value = resamples as f64;
        return Err(Refused::Setting { name: "number of resamples", value, requirement: "at least 100" });
    }
    let mean_of = |values: &[Measurement]| unchecked(values, convention).mean;
    let mean = mean_of(measurements);
    let mut resample = measurements.to_vec();
    let mut means: Vec<f64> = (0..resamples)
        .map(|k| {
            let mut random = Random::substream(seed, PURPOSE, k as u64);
            resample.iter_mut().for_each(|m| *m = measurements[random.below(n as u64) as usize]);
            mean_of(&resample)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let without: Vec<f64> = (0..n)
        .map(|i| {
            let rest: Vec<Measurement> = [&measurements[..i], &measurements[i + 1..]].concat();
            mean_of(&rest)
        })
        .collect();
    let centre = without.iter().sum::<f64>() / n as f64;
    let power = |k: i32| without.iter().map(|m| (centre - m).powi(k)).sum::<f64>();
    let acceleration = power(3) / (6.0 * power(2).powf(1.5));
    // Resamples that are exactly the mean count half.
    let low = means.partition_point(|&m| m < mean) as f64;
    let up_to = means.partition_point(|&m| m <= mean) as f64;
    let total = resamples as f64;
    let bias = normal_quantile((0.5 * (low + up_to)).clamp(0.5, total - 0.5) / total);
    let tail = bias + normal_quantile(confidence);
    let level = normal_cdf(bias + tail / (1.0 - acceleration * tail));
    let rank = ((total + 1.0) * level).ceil().clamp(1.0, total) as usize;
    Ok(means[rank - 1])
}
