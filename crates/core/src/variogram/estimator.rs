//! How the pairs of a lag class become one semivariance.

use super::design::{Design, Sums};
use super::pairs::PairSearch;
use super::terms::{Nothing, ProductOfDifferences, RootOfDifference, SquaredRelativeDifference};
use crate::executor::Executor;
use crate::{Error, Result, Samples};

/// Estimator of a lag class's semivariance, from the differences Δ of its N pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Estimator {
    /// Half the mean squared difference (Matheron 1962).
    #[default]
    Matheron,
    /// Robust: 0.5 (mean √|Δ|)⁴ / (0.457 + 0.494/N) (Cressie & Hawkins 1980, *Mathematical Geology* 12:115,
    /// without the term in 1/N², as gstat).
    CressieHawkins,
    /// Half the mean squared difference over the mean of the two values: a number without unit, for values whose spread
    /// grows with their size. Values must be 0 or more.
    PairwiseRelative,
    /// Resistant: half of 2.198 (median |Δ|)² (Dowd 1984, "The variogram and kriging: robust and resistant estimators", in
    /// *Geostatistics for Natural Resources Characterization*). Holds the pairs of one class in memory, up to 24 bytes
    /// each.
    Dowd,
    /// Highly robust: half of (2.2191 Q)², Q the Qₙ scale of Rousseeuw & Croux (1993) of the differences: the
    /// C(⌊N/2⌋ + 1, 2)-th smallest of the C(N, 2) distances between them (Genton 1998, *Mathematical Geology* 30:213).
    ///
    /// Which sample of a pair comes first is arbitrary, so two differences enter with both of their distances, |Δᵢ − Δⱼ| and
    /// |Δᵢ + Δⱼ|, and the rank is doubled: the result depends neither on the order of the samples nor on the axes. It is
    /// too large in classes of a few pairs; a class of one is refused. Holds the pairs of one class in memory, up to 24
    /// bytes each.
    Genton,
}

/// Whether a class's semivariance follows from a sum over its pairs, or from all of them together.
pub(super) enum Kind {
    /// What the sum and the number of pairs become; what a pair adds is told by [`Estimator::sums`].
    Sum(fn(f64, u64) -> f64),
    /// The semivariance from the sizes of the differences, in any order, and how many it needs.
    Together(fn(&mut [f64]) -> f64, u64),
}

impl Estimator {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Matheron | Self::PairwiseRelative => Kind::Sum(|sum, n| sum / (2.0 * n as f64)),
            Self::CressieHawkins => Kind::Sum(|sum, n| 0.5 * (sum / n as f64).powi(4) / (0.457 + 0.494 / n as f64)),
            Self::Dowd => Kind::Together(|sizes| 0.5 * 2.198 * median(sizes).powi(2), 1),
            Self::Genton => Kind::Together(|sizes| 0.5 * (2.2191 * qn_scale(sizes)).powi(2), 2),
        }
    }

    /// Sums over the pairs of each cell of what this estimator needs of `values`, which are by position; only the numbers and
    /// distances of the pairs where it needs all pairs together.
    ///
    /// # Errors
    /// The executor was cancelled.
    pub(super) fn sums(
        self,
        design: &Design<'_>,
        search: &PairSearch,
        executor: &dyn Executor,
        values: &[f64],
    ) -> Result<Vec<Sums>> {
        let columns = [values; 2];
        match self {
            Self::Matheron => design.sums(search, executor, columns, ProductOfDifferences),
            Self::CressieHawkins => design.sums(search, executor, columns, RootOfDifference),
            Self::PairwiseRelative => design.sums(search, executor, columns, SquaredRelativeDifference),
            Self::Dowd | Self::Genton => design.sums(search, executor, columns, Nothing),
        }
    }

    /// Refuses samples whose values mean nothing to this estimator.
    ///
    /// # Errors
    /// For the pairwise relative one, a negative value or more than one 0; for a robust one, error variances that differ.
    pub(super) fn check(self, samples: &Samples) -> Result<()> {
        if matches!(self, Self::CressieHawkins | Self::Dowd | Self::Genton)
            && let Some(errors) = samples.error_variances()
            && let Some(index) = errors.iter().position(|e| (e - errors[0]).abs() > 1e-9 * errors[0])
        {
            let requirement = "the same for all samples with a robust estimator, which does not add up what different errors add: \
                               use Matheron's, or fit by likelihood";
            return Err(Error::SampleParameter { index, what: "error variance", value: errors[index], requirement });
        }
        if self != Self::PairwiseRelative {
            return Ok(());
        }
        let refuse = |index: usize, requirement| {
            Err(Error::SampleParameter { index, what: "value", value: samples.values()[index], requirement })
        };
        if let Some(index) = samples.values().iter().position(|&v| v < 0.0) {
            return refuse(
                index,
                "0 or more for the pairwise relative variogram: leave the sample out or take another estimator",
            );
        }
        // Tiny values count as 0 where their half sum does.
        let nothing = |v: &f64| 0.5 * v + 0.5 * v == 0.0;
        if let Some((index, _)) = samples.values().iter().enumerate().filter(|(_, v)| nothing(v)).nth(1) {
            return refuse(
                index,
                "above 0 for the pairwise relative variogram where another is 0 too, for two zeros have no relative \
                 difference: leave such samples out or take another estimator",
            );
        }
        Ok(())
    }
}

/// Median; of an even number, the mean of the two in the middle.
fn median(numbers: &mut [f64]) -> f64 {
    let half = numbers.len() / 2;
    let even = numbers.len().is_multiple_of(2);
    let (below, &mut middle, _) = numbers.select_nth_unstable_by(half, f64::total_cmp);
    if !even {
        return middle;
    }
    let other = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    0.5 * other + 0.5 * middle
}

/// The order statistic of [`Estimator::Genton`], without its constant; at least two differences.
///
/// Bisects the bits of the answer, counting the distances up to a candidate by a walk along the sorted sizes, until no more
/// than N distances are left to choose from: about log₂ N walks of N steps, and 8 N bytes beside the sizes.
fn qn_scale(sizes: &mut [f64]) -> f64 {
    sizes.sort_unstable_by(f64::total_cmp);
    let n = sizes.len() as u128;
    let half = n / 2 + 1;
    let rank = half * (half - 1);
    // Numbers that are not negative are in the order of their bits. `below` distances are less than `low`, `up_to` no more
    // than `high`.
    let (mut low, mut below) = (0_u64, 0);
    let (mut high, mut up_to) = ((2.0 * sizes[sizes.len() - 1]).to_bits(), n * (n - 1));
    while low < high && up_to - below > n {
        let middle = low + (high - low) / 2;
        let count = distances_up_to(sizes, f64::from_bits(middle));
        if count >= rank {
            (high, up_to) = (middle, count);
        } else {
            (low, below) = (middle + 1, count);
        }
    }
    if low == high {
        return f64::from_bits(low);
    }
    let mut left = distances_between(sizes, f64::from_bits(low), f64::from_bits(high));
    *left.select_nth_unstable_by((rank - below - 1) as usize, f64::total_cmp).1
}

/// How many of the differences and sums of two sorted sizes are no more than `limit`.
fn distances_up_to(sorted: &[f64], limit: f64) -> u128 {
    let mut count = 0_u64;
    let (mut first, mut end) = (0, sorted.len());
    for (i, &size) in sorted.iter().enumerate() {
        while size - sorted[first] > limit {
            first += 1;
        }
        while end > 0 && size + sorted[end - 1] > limit {
            end -= 1;
        }
        // Smaller sizes from `first` on, and larger ones before `end`.
        count += (i - first) as u64 + end.saturating_sub(i + 1) as u64;
    }
    u128::from(count)
}

/// The differences and sums of two sorted sizes from `low` to `high`.
fn distances_between(sorted: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut found = Vec::new();
    let (mut first, mut end) = (0, sorted.len());
    for (i, &size) in sorted.iter().enumerate() {
        while size - sorted[first] > high {
            first += 1;
        }
        while end > 0 && size + sorted[end - 1] > high {
            end -= 1;
        }
        found.extend(sorted[first..i].iter().map(|s| size - s).take_while(|&d| d >= low));
        if end > i + 1 {
            found.extend(sorted[i + 1..end].iter().rev().map(|s| size + s).take_while(|&d| d >= low));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::normal_quantile;
    use crate::random::Random;

    #[test]
    fn the_order_statistic_is_that_of_all_distances() {
        let mut random = Random::new(11);
        // Few distinct values, so that there are ties, and many.
        for (n, grain) in (2..80).flat_map(|n| [(n, 4.0), (n, 1e12)]) {
            let differences: Vec<f64> = (0..n).map(|_| (random.normal() * grain).round() / grain).collect();
            let mut all = Vec::new();
            for i in 0..n {
                for j in 0..i {
                    all.push((differences[i] - differences[j]).abs());
                    all.push((differences[i] + differences[j]).abs());
                }
            }
            all.sort_by(f64::total_cmp);
            let half = n / 2 + 1;
            let expected = all[half * (half - 1) - 1];
            let mut sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
            assert_eq!(qn_scale(&mut sizes), expected, "{n}: {differences:?}");
        }
    }

    #[test]
    fn medians_of_odd_and_even_numbers() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 8.0]), 3.0);
        assert_eq!(median(&mut [5.0]), 5.0);
    }

    /// On normal differences of variance 2γ = 1 every estimator of γ is near ½, outliers or not for the robust ones.
    #[test]
    fn robust_estimators_are_consistent_and_resist_outliers() {
        assert!((1.0 / (2.0_f64.sqrt() * normal_quantile(0.625)) - 2.2191).abs() < 1e-4);
        assert!((1.0 / normal_quantile(0.75).powi(2) - 2.198).abs() < 2e-4);
        let mut random = Random::new(5);
        let clean: Vec<f64> = (0..40_000).map(|_| random.normal().abs()).collect();
        let dirty: Vec<f64> = clean.iter().enumerate().map(|(i, &d)| if i % 20 == 0 { 100.0 } else { d }).collect();
        for estimator in [Estimator::Dowd, Estimator::Genton] {
            let Kind::Together(gamma, _) = estimator.kind() else { panic!("{estimator:?} is no sum") };
            assert!((gamma(&mut clean.clone()) - 0.5).abs() < 0.01, "{estimator:?}");
            assert!((gamma(&mut dirty.clone()) - 0.5).abs() < 0.12, "{estimator:?}");
        }
    }
}
