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

/// Distinct measurements from the highest down, so that the Kaplan-Meier mean of a resample takes no sorting.
struct Sorted {
    /// A value and whether it is quantified; at one number the quantified ones come first, as they are not below it.
    levels: Vec<(f64, bool)>,
    /// Of each measurement.
    level_of: Vec<usize>,
}

impl Sorted {
    fn new(measurements: &[Measurement]) -> Self {
        let level = |m: &Measurement| match *m {
            Measurement::Quantified(value) => (value, true),
            Measurement::BelowLimit(limit) => (limit, false),
        };
        let order = |a: &(f64, bool), b: &(f64, bool)| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1));
        let mut levels: Vec<(f64, bool)> = measurements.iter().map(level).collect();
        levels.sort_by(order);
        levels.dedup();
        let place = |m: &Measurement| levels.partition_point(|l| order(l, &level(m)).is_lt());
        let level_of = measurements.iter().map(place).collect();
        Self { levels, level_of }
    }

    /// The mean with each level so many times, by Efron's convention: what lies below every quantified value is at the smallest; of
    /// limits alone it is the smallest limit.
    fn mean(&self, times: &[u32]) -> f64 {
        let mut left: u32 = times.iter().sum();
        let (mut share, mut mean, mut place) = (1.0, 0.0, f64::NAN);
        for (&(value, quantified), &events) in self.levels.iter().zip(times).filter(|(_, times)| **times > 0) {
            if quantified {
                let before = if left == events { 0.0 } else { share * (1.0 - f64::from(events) / f64::from(left)) };
                mean += (share - before) * value;
                (share, place) = (before, value);
            } else if share == 1.0 {
                place = value;
            }
            left -= events;
        }
        if share == 0.0 { mean } else { mean + share * place }
    }
}

/// The upper limit of the Kaplan-Meier mean.
///
/// # Source
/// Efron (1987), *Journal of the American Statistical Association* 82:171.
pub(super) fn bca_limit(
    measurements: &[Measurement],
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
    let sorted = Sorted::new(measurements);
    let mean = unchecked(measurements, LeftMass::SmallestQuantified).mean;
    let mut times = vec![0_u32; sorted.levels.len()];
    let mut means: Vec<f64> = (0..resamples)
        .map(|k| {
            let mut random = Random::substream(seed, PURPOSE, k as u64);
            times.fill(0);
            (0..n).for_each(|_| times[sorted.level_of[random.below(n as u64) as usize]] += 1);
            sorted.mean(&times)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let mut times = vec![0; sorted.levels.len()];
    sorted.level_of.iter().for_each(|&level| times[level] += 1);
    // Equal measurements have equal means without one of them.
    let without_one: Vec<f64> = (0..times.len())
        .map(|level| {
            times[level] -= 1;
            let mean = sorted.mean(&times);
            times[level] += 1;
            mean
        })
        .collect();
    let without: Vec<f64> = sorted.level_of.iter().map(|&level| without_one[level]).collect();
    let centre = without.iter().sum::<f64>() / n as f64;
    let power = |k: i32| without.iter().map(|m| (centre - m).powi(k)).sum::<f64>();
    let spread = power(2);
    // Means that are all equal, or differ by less than a number can hold, are not skewed.
    let acceleration = if spread > 0.0 { power(3) / (6.0 * spread.powf(1.5)) } else { 0.0 };
    // Resamples that are exactly the mean count half.
    let low = means.partition_point(|&m| m < mean) as f64;
    let up_to = means.partition_point(|&m| m <= mean) as f64;
    let total = resamples as f64;
    let bias = normal_quantile((0.5 * (low + up_to)).clamp(0.5, total - 0.5) / total);
    let tail = bias + normal_quantile(confidence);
    // Beyond the pole of the correction, which a far tail reaches, lies the last resample.
    let to_pole = 1.0 - acceleration * tail;
    let level = if to_pole > 0.0 { normal_cdf(bias + tail / to_pole) } else { f64::from(u8::from(tail > 0.0)) };
    let rank = ((total + 1.0) * level).ceil().clamp(1.0, total) as usize;
    Ok(means[rank - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two values that differ by the last bit: all means without one of them are equal, and the limit is one of the values.
    #[test]
    fn values_that_hardly_differ_have_a_limit() {
        let mut all = vec![Measurement::Quantified(0.3); 28];
        all.push(Measurement::Quantified(0.300_000_000_000_000_04));
        let limit = bca_limit(&all, 0.95, 500, 1);
        assert!(limit.as_ref().is_ok_and(|l| (l - 0.3).abs() < 1e-15), "{limit:?}");
    }

    /// Where the correction for acceleration has its pole, the limit is the highest resample and not the lowest.
    #[test]
    fn a_limit_never_falls_as_the_confidence_rises() {
        let mut all: Vec<Measurement> = (1..20).map(|k| Measurement::Quantified(1.0 + 1e-3 * f64::from(k))).collect();
        all.push(Measurement::Quantified(1000.0));
        let limits: Vec<f64> = [0.5, 0.95, 0.9999, 1.0 - 1e-9, 1.0 - 1e-12]
            .map(|confidence| bca_limit(&all, confidence, 500, 1).unwrap_or(f64::NAN))
            .to_vec();
        assert!(limits.windows(2).all(|l| l[0] <= l[1]), "{limits:?}");
    }

    /// The mean of a resample is the Kaplan-Meier mean of its measurements.
    #[test]
    fn the_mean_of_counts_is_that_of_the_measurements() {
        let mut random = Random::new(7);
        for round in 0..200 {
            let n = 3 + random.below(30) as usize;
            // Coarse numbers, so that values, limits and both are equal.
            let all: Vec<Measurement> = (0..n)
                .map(|_| {
                    let value = (1 + random.below(9)) as f64;
                    let below = random.below(10) < [0, 3, 8, 10][round % 4];
                    if below { Measurement::BelowLimit(value) } else { Measurement::Quantified(value) }
                })
                .collect();
            let sorted = Sorted::new(&all);
            let mut times = vec![0; sorted.levels.len()];
            let resample: Vec<Measurement> = (0..n)
                .map(|_| {
                    let i = random.below(n as u64) as usize;
                    times[sorted.level_of[i]] += 1;
                    all[i]
                })
                .collect();
            let expected = unchecked(&resample, LeftMass::SmallestQuantified).mean;
            assert!((sorted.mean(&times) - expected).abs() < 1e-12, "{resample:?}: {} {expected}", sorted.mean(&times));
        }
    }
}
