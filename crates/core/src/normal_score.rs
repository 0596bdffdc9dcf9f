//! Normal scores: any distribution made Gaussian, by ranks.

use crate::normal::normal_quantile;
use crate::transform::normal_cdf;
use crate::{Error, Result};

/// A monotone transform of data to standard normal scores and back.
///
/// The score of a value is the normal quantile of the middle of its share of the distribution: with equal weights the
/// k-th smallest of n has the probability (k − ½)/n; equal values share the middle of their ranks together. Between two
/// values scores are linear. Beyond them probabilities are: from the lowest value's probability down to 0 at the
/// [lower bound](Self::with_bounds), and from the highest value's up to 1 at the upper bound, by default the data's own
/// lowest and highest value, so that nothing is simulated beyond the data.
///
/// A Gaussian score at each place does not make the field Gaussian: that several places together are so, as simulation
/// assumes, is not tested by it.
///
/// # Units
/// Values in the data's unit; scores have none.
///
/// # Source
/// Deutsch & Journel (1998), *GSLIB*, programs `nscore` and `backtr`.
///
/// # Examples
/// ```
/// use soilscope_core::normal_score::NormalScore;
/// let scores = NormalScore::from_values(&[3.0, 90.0, 12.0], None)?;
/// assert_eq!(scores.forward(12.0), 0.0); // the median
/// assert!((scores.forward(3.0) - -0.9674215661017014).abs() < 1e-12); // the quantile of 1/6
/// assert_eq!(scores.back(scores.forward(90.0)), 90.0);
/// let open = scores.with_bounds(0.0, 200.0)?;
/// assert!(open.back(3.0) > 90.0 && open.back(9.0) <= 200.0);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NormalScore {
    /// Distinct values, increasing.
    values: Vec<f64>,
    /// Their scores, increasing.
    scores: Vec<f64>,
    /// Probabilities below the lowest and above the highest value.
    #[cfg_attr(feature = "serde", serde(skip))]
    tails: [f64; 2],
    bounds: [f64; 2],
}

impl NormalScore {
    /// The transform of a sample, with weights that make up for preferential sampling
    /// ([`CellDeclustering`](crate::declustering::CellDeclustering)) or without.
    ///
    /// # Errors
    /// No value, one that is not finite, fewer than two different ones; weights of another number, negative or not finite,
    /// or 0 for all but one value.
    pub fn from_values(values: &[f64], weights: Option<&[f64]>) -> Result<Self> {
        if values.is_empty() {
            return Err(Error::TooFewSamples { found: 0, needed: 2, purpose: "a normal-score transform" });
        }
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { index, what: "value", value: values[index] });
        }
        if let Some(weights) = weights {
            if weights.len() != values.len() {
                let (left, right) = (values.len(), weights.len());
                return Err(Error::LengthMismatch { left_name: "values", left, right_name: "weights", right });
            }
            if let Some(index) = weights.iter().position(|w| !(*w >= 0.0 && w.is_finite())) {
                let (what, value) = ("weight", weights[index]);
                return Err(Error::SampleParameter { index, what, value, requirement: "0 or more" });
            }
        }
        let mut sorted: Vec<(f64, f64)> =
            values.iter().enumerate().map(|(i, &v)| (v + 0.0, weights.map_or(1.0, |w| w[i]))).collect();
        sorted.retain(|&(_, weight)| weight > 0.0);
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let total: f64 = sorted.iter().map(|s| s.1).sum();
        let (mut distinct, mut scores) = (Vec::new(), Vec::new());
        let (mut below, mut tails) = (0.0, [0.0; 2]);
        for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
            let weight: f64 = tied.iter().map(|t| t.1).sum();
            let probability = (below + weight / 2.0) / total;
            let score = normal_quantile(probability);
            below += weight;
            // A weight that is nothing beside the others, in the digits of a number, is none.
            if scores.last().is_some_and(|last| !(score > *last)) || !score.is_finite() {
                continue;
            }
            if distinct.is_empty() {
                tails[0] = probability;
            }
            tails[1] = weight / 2.0 / total;
            distinct.push(tied[0].0);
            scores.push(score);
        }
        if distinct.len() < 2 {
            return Err(Error::NoVariation { count: values.len(), value: values[0] });
        }
        let bounds = [distinct[0], distinct[distinct.len() - 1]];
        Ok(Self { values: distinct, scores, tails, bounds })
    }

    /// The same transform with other lowest and highest values of the distribution.
    ///
    /// # Errors
    /// Bounds within the data.
    pub fn with_bounds(self, lower: f64, upper: f64) -> Result<Self> {
        let [low, high] = [self.values[0], self.values[self.values.len() - 1]];
        if !(lower <= low && lower.is_finite()) {
            let requirement = "no higher than the lowest value of the data";
            return Err(Error::Parameter { name: "lower bound", value: lower, requirement });
        }
        if !(upper >= high && upper.is_finite()) {
            let requirement = "no lower than the highest value of the data";
            return Err(Error::Parameter { name: "upper bound", value: upper, requirement });
        }
        Ok(Self { bounds: [lower, upper], ..self })
    }

    /// Lowest and highest value of the distribution.
    pub fn bounds(&self) -> [f64; 2] {
        self.bounds
    }

    /// The score of a value; −∞ below the lower bound (and at one that lies below the data), +∞ above the upper: no score
    /// is sent back there.
    pub fn forward(&self, value: f64) -> f64 {
        let last = self.values.len() - 1;
        if value < self.values[0] {
            let share = (value - self.bounds[0]) / (self.values[0] - self.bounds[0]);
            return normal_quantile((self.tails[0] * share).max(0.0));
        }
        if value > self.values[last] {
            let share = (self.bounds[1] - value) / (self.bounds[1] - self.values[last]);
            return -normal_quantile((self.tails[1] * share).max(0.0));
        }
        interpolate(&self.values, &self.scores, value)
    }

    /// The value of a score, within the bounds; NaN of NaN.
    pub fn back(&self, score: f64) -> f64 {
        let last = self.values.len() - 1;
        if score < self.scores[0] {
            let share = (normal_cdf(score) / self.tails[0]).min(1.0);
            return self.bounds[0] + share * (self.values[0] - self.bounds[0]);
        }
        if score > self.scores[last] {
            let share = (normal_cdf(-score) / self.tails[1]).min(1.0);
            return self.bounds[1] - share * (self.bounds[1] - self.values[last]);
        }
        interpolate(&self.scores, &self.values, score)
    }
}

/// The piecewise linear function through increasing knots, at `x` between the first and the last; exact at the knots.
fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let k = from.partition_point(|&f| f <= x).clamp(1, from.len() - 1);
    let t = (x - from[k - 1]) / (from[k] - from[k - 1]);
    if t >= 1.0 { to[k] } else { to[k - 1] + t * (to[k] - to[k - 1]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_middle_of_their_ranks() {
        let scores = NormalScore::from_values(&[5.0, 1.0, 5.0, 9.0], None).unwrap();
        assert_eq!(scores.forward(5.0), 0.0); // ranks 2 and 3 of 4
        assert_eq!(scores.forward(1.0), normal_quantile(0.125));
        assert_eq!(scores.forward(9.0), normal_quantile(0.875));
        let weighted = NormalScore::from_values(&[5.0, 1.0, 9.0], Some(&[2.0, 1.0, 1.0])).unwrap();
        assert_eq!(scores, weighted);
        let without = NormalScore::from_values(&[5.0, 1.0, 9.0, 7.0], Some(&[2.0, 1.0, 1.0, 0.0])).unwrap();
        assert_eq!(without, weighted);
    }

    #[test]
    fn there_and_back_is_where_it_was_and_order_is_kept() {
        let values: Vec<f64> = (0..50).map(|i| (f64::from(i) * 1.7).sin().exp() * 100.0).collect();
        let [low, high] = NormalScore::from_values(&values, None).unwrap().bounds();
        let scores = NormalScore::from_values(&values, None).unwrap().with_bounds(0.0, 2.0 * high).unwrap();
        for &v in &values {
            assert_eq!(scores.back(scores.forward(v)), v);
        }
        let fine: Vec<f64> = (1..1000).map(|k| 2.0 * high * f64::from(k) / 1000.0).collect();
        for pair in fine.windows(2) {
            assert!(scores.forward(pair[0]) < scores.forward(pair[1]));
            assert!((scores.back(scores.forward(pair[0])) - pair[0]).abs() < 1e-9 * high);
        }
        assert!(low > 0.0);
        assert_eq!(scores.forward(-1.0), f64::NEG_INFINITY);
        assert_eq!(scores.forward(3.0 * high), f64::INFINITY);
        assert_eq!((scores.back(-40.0), scores.back(f64::INFINITY)), (0.0, 2.0 * high));
    }

    #[test]
    fn without_bounds_nothing_is_beyond_the_data() {
        let scores = NormalScore::from_values(&[1.0, 2.0], None).unwrap();
        assert_eq!((scores.back(-5.0), scores.back(5.0)), (1.0, 2.0));
        assert_eq!((scores.forward(0.9), scores.forward(2.1)), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn what_has_no_scores_is_refused() {
        assert!(matches!(NormalScore::from_values(&[], None), Err(Error::TooFewSamples { .. })));
        assert!(matches!(NormalScore::from_values(&[2.0, 2.0], None), Err(Error::NoVariation { .. })));
        assert!(matches!(NormalScore::from_values(&[2.0, f64::NAN], None), Err(Error::NotFinite { index: 1, .. })));
        assert!(NormalScore::from_values(&[1.0, 2.0], Some(&[1.0])).is_err());
        assert!(NormalScore::from_values(&[1.0, 2.0], Some(&[1.0, -1.0])).is_err());
        assert!(NormalScore::from_values(&[1.0, 2.0], Some(&[0.0, 0.0])).is_err());
        assert!(NormalScore::from_values(&[1.0, 2.0], None).unwrap().with_bounds(1.5, 3.0).is_err());
    }
}
