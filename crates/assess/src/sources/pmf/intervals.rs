//! From estimates of resamples to an interval of the truth.

use soilscope_core::simulation::predictive_quantile;

/// What resamples say of one number.
#[derive(Debug, Clone)]
pub(super) struct Deviations {
    estimate: f64,
    /// Estimates of data with errors drawn anew, increasing.
    redrawn: Vec<f64>,
    /// Standard deviations: of estimates of samples drawn anew, and of samples drawn anew from data with errors drawn anew.
    spreads: [f64; 2],
}

/// Spread below this share of the estimate is rounding.
const ROUNDING: f64 = 1e-9;

/// Collects them: estimates of samples drawn anew, and pairs of one of data with errors drawn anew and one of samples of that.
pub(super) fn deviations(
    estimate: f64,
    cases: impl Iterator<Item = f64>,
    pairs: impl Iterator<Item = [f64; 2]>,
) -> Deviations {
    let (mut redrawn, within): (Vec<f64>, Vec<f64>) = pairs.map(|[first, second]| (first, second - first)).unzip();
    redrawn.sort_by(f64::total_cmp);
    let cases: Vec<f64> = cases.map(|v| v - estimate).collect();
    Deviations { estimate, redrawn, spreads: [spread(&cases), spread(&within)] }
}

/// Standard deviation around the mean.
fn spread(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

impl Deviations {
    /// The ratio of what drawing samples spreads to what it would if errors had nothing to do with each other, at least 1: the median
    /// of several numbers, those left out that the bound of 0 holds.
    pub(super) fn widened<'a>(all: impl Iterator<Item = &'a Self>) -> f64 {
        let ratio = |d: &Self| {
            let [found, expected] = d.spreads;
            let free = d.redrawn[0] > ROUNDING * d.estimate && expected > ROUNDING * d.estimate;
            free.then(|| found / expected)
        };
        let mut ratios: Vec<f64> = all.filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).map_or(1.0, |r| r.max(1.0))
    }
}

/// The interval of 90 % of a number between 0 and `most`, with the estimate less its bias inside.
///
/// As far as estimates of redrawn data are above what they were drawn from, as far the estimate is taken to be above the truth.
/// Where the bound of 0 holds estimates up, that would lead below 0 and to no interval at all; the upper end is then no less than the
/// quantile of the estimates themselves, as is the lower end no more where `most` does.
pub(super) fn interval(of: &Deviations, widened: f64, most: f64) -> [f64; 3] {
    let Deviations { estimate, redrawn, .. } = of;
    let mean = redrawn.iter().sum::<f64>() / redrawn.len() as f64;
    let corrected = (2.0 * estimate - mean).clamp(0.0, most);
    let [low, high] = [0.05, 0.95].map(|p| predictive_quantile(redrawn, p));
    let mut ends =
        [estimate - (mean - estimate) - widened * (high - mean), estimate - (mean - estimate) + widened * (mean - low)];
    if low <= ROUNDING * estimate.abs() {
        ends[1] = ends[1].max(high);
    }
    if high >= most * (1.0 - ROUNDING) {
        ends[0] = ends[0].min(low);
    }
    let [low, high] = ends.map(|end| end.clamp(0.0, most));
    [low, corrected.clamp(low, high.max(low)), high.max(low)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 99 estimates the quantiles of 5 and 95 % are the fifth and the ninety-fifth.
    fn made(estimate: f64, redrawn: impl Fn(f64) -> f64, spreads: [f64; 2]) -> Deviations {
        Deviations { estimate, redrawn: (1..=99).map(|i| redrawn(f64::from(i))).collect(), spreads }
    }

    #[test]
    fn bias_and_spread_are_taken_off_the_estimate() {
        // Estimates are 1 above what they were made from, and spread by ±0.45.
        let of = made(10.0, |i| 11.0 + 0.01 * (i - 50.0), [1.0, 1.0]);
        let [low, middle, high] = interval(&of, 1.0, f64::INFINITY);
        assert!((low - 8.55).abs() < 1e-9 && (middle - 9.0).abs() < 1e-9 && (high - 9.45).abs() < 1e-9);
        // Twice as wide, around the same middle.
        let [low, middle, high] = interval(&of, 2.0, f64::INFINITY);
        assert!((low - 8.1).abs() < 1e-9 && (middle - 9.0).abs() < 1e-9 && (high - 9.9).abs() < 1e-9);
    }

    #[test]
    fn an_estimate_at_a_bound_keeps_what_is_inside_of_it() {
        let of = made(0.0, |i| (0.01 * (i - 50.0)).max(0.0), [1.0, 1.0]);
        let [low, middle, high] = interval(&of, 1.0, 1.0);
        assert!(low == 0.0 && middle == 0.0 && (high - 0.45).abs() < 1e-9, "{high}");
        let of = made(1.0, |i| (1.0 + 0.01 * (i - 50.0)).min(1.0), [1.0, 1.0]);
        let [low, middle, high] = interval(&of, 1.0, 1.0);
        assert!(high == 1.0 && middle == 1.0 && (low - 0.55).abs() < 1e-9, "{low}");
    }

    #[test]
    fn the_widening_is_the_median_of_what_no_bound_holds_and_never_below_1() {
        let free = |ratio: f64| made(10.0, |i| 10.0 + 0.01 * i, [ratio, 1.0]);
        let bound = made(0.1, |i| (0.01 * (i - 50.0)).max(0.0), [90.0, 1.0]);
        assert_eq!(Deviations::widened([free(1.5), free(3.0), free(2.0), bound].iter()), 2.0);
        assert_eq!(Deviations::widened([free(0.5), free(0.7)].iter()), 1.0);
        assert_eq!(Deviations::widened(std::iter::empty()), 1.0);
    }

    #[test]
    fn spreads_are_those_of_samples_and_of_samples_of_redrawn_data() {
        let of = deviations(5.0, [4.0, 6.0].into_iter(), [[7.0, 10.0], [6.0, 5.0]].into_iter());
        assert_eq!((of.redrawn.as_slice(), of.spreads), ([6.0, 7.0].as_slice(), [1.0, 2.0]));
    }
}
