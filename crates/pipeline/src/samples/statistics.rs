//! Summary statistics of values and distances.

use serde::Serialize;

/// The shape of a set of values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// Smallest.
    pub min: f64,
    /// Lower quartile; quantiles interpolate linearly between order statistics, as R's type 7.
    pub p25: f64,
    /// Median.
    pub median: f64,
    /// Upper quartile.
    pub p75: f64,
    /// Largest.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation (denominator n − 1); 0 for one value.
    pub sd: f64,
    /// Skewness, the third central moment over the 3/2 power of the second (denominators n); 0 without variation.
    pub skewness: f64,
}

impl Summary {
    /// `None` without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let n = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / n;
        let moment = |power: i32| sorted.iter().map(|v| (v - mean).powi(power)).sum::<f64>();
        let square = moment(2);
        Some(Self {
            count: sorted.len(),
            min,
            p25: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            p75: quantile(&sorted, 0.75),
            max,
            mean,
            sd: if sorted.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 },
            skewness: if max > min && square > 0.0 { moment(3) / n / (square / n).powf(1.5) } else { 0.0 },
        })
    }
}

/// Quantile of sorted values, interpolated.
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

/// [`quantile`] of values in any order, which it changes; it takes a time that is proportional to their number.
pub(super) fn quantile_of(values: &mut [f64], p: f64) -> f64 {
    let at = p * (values.len() - 1) as f64;
    let low = at.floor() as usize;
    let (_, &mut below, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(below);
    below + (at - low as f64) * (next - below)
}

/// Distance from the median in robust standard deviations (1.4826 × median absolute deviation), for each value.
///
/// On the logarithm where all values are positive. `None` where more than half of the values are equal.
///
/// # Source     Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers: |0.6745 (x − median) / MAD| > 3.5
pub(super) fn robust_scores(values: &[f64]) -> Option<(Vec<f64>, bool)> {
    let logarithmic = values.iter().all(|&v| v > 0.0);
    let scale: Vec<f64> = values.iter().map(|&v| if logarithmic { v.ln() } else { v }).collect();
    let median_of = |mut numbers: Vec<f64>| (!numbers.is_empty()).then(|| quantile_of(&mut numbers, 0.5));
    let median = median_of(scale.clone())?;
    let deviations: Vec<f64> = scale.iter().map(|v| (v - median).abs()).collect();
    let spread = median_of(deviations)?;
    (spread > 0.0).then(|| (scale.iter().map(|v| 0.6745 * (v - median) / spread).collect(), logarithmic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_by_hand() {
        let s = Summary::of(&[4.0, 1.0, 3.0, 2.0]).expect("values");
        assert_eq!((s.min, s.p25, s.median, s.p75, s.max, s.mean), (1.0, 1.75, 2.5, 3.25, 4.0, 2.5));
        assert!((s.sd - (5.0f64 / 3.0).sqrt()).abs() < 1e-15 && s.skewness.abs() < 1e-15);
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[7.0]).map(|s| (s.sd, s.skewness)), Some((0.0, 0.0)));
        // R: e1071::skewness(c(1, 1, 1, 5), type = 1) is 1.154701.
        assert!((Summary::of(&[1.0, 1.0, 1.0, 5.0]).expect("values").skewness - 1.154_700_538).abs() < 1e-9);
    }

    #[test]
    fn robust_scores_are_logarithmic_for_positive_values() {
        let (scores, logarithmic) = robust_scores(&[1.0, 2.0, 4.0, 8.0, 1e6]).expect("spread");
        assert!(logarithmic && scores[4] > 3.5 && scores[0] > -3.5);
        assert!(!robust_scores(&[-1.0, 0.0, 1.0]).expect("spread").1);
        assert!(robust_scores(&[2.0, 2.0, 2.0, 5.0]).is_none());
    }

    #[test]
    fn quantiles_need_no_order() {
        for n in [1, 2, 3, 10, 101] {
            let mixed: Vec<f64> = (0..n).map(|k| f64::from(k * 37 % n) / 7.0).collect();
            let mut sorted = mixed.clone();
            sorted.sort_by(f64::total_cmp);
            for p in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0] {
                assert_eq!(quantile_of(&mut mixed.clone(), p), quantile(&sorted, p), "{n} {p}");
            }
        }
    }
}
