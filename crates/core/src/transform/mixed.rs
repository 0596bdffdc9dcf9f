//! The way back of predictions whose errors are a mixture of normal ones.

use super::{BoxCox, Transform, normal_cdf};
use crate::{Mixture, Prediction};

impl Transform {
    /// [`back`](Self::back) of a mixture of normal distributions: the mean of the ways back of each, with the mean of their
    /// variances plus the variance between them (the law of total variance).
    ///
    /// Exact for no transform and for logarithms; for others, which take a quadrature for each, groups of neighbouring means
    /// stand for the draws, 20 in all, and what they leave of the variance is counted in each.
    ///
    /// # Units
    /// Value in the data's unit, variance in its square.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Mixture, Prediction, transform::Transform};
    /// // ln 1 or ln 3, as likely, and nothing more: the mean is 2.
    /// let half = 3.0_f64.ln() / 2.0;
    /// let on_log = Prediction { value: half, variance: Some(2.0 * half * half), multiplier: 0.0 };
    /// let draws = [-half as f32, half as f32];
    /// let back = Transform::Log.back_mixed(on_log, Mixture::new(0.0, &draws));
    /// assert!((back.value - 2.0).abs() < 1e-6 && (back.variance.unwrap() - 2.0).abs() < 1e-6);
    /// ```
    pub fn back_mixed(&self, prediction: Prediction, mixture: Mixture<'_>) -> Prediction {
        if mixture.is_normal() || prediction.variance.is_none() {
            return self.back(prediction);
        }
        let one = |within: f64| Prediction { variance: Some(within), ..prediction };
        match self {
            Self::None => prediction,
            Self::BoxCox(power) if *power == BoxCox::LOG => Self::Log.back_mixed(prediction, mixture),
            Self::Log => {
                // Each is a multiple of the way back without a difference.
                let back = self.back(one(mixture.within()));
                let count = mixture.differences().count() as f64;
                let (mut sum, mut squares) = (0.0, 0.0);
                mixture.differences().map(f64::exp).for_each(|f| {
                    sum += f;
                    squares += f * f;
                });
                let mean = sum / count;
                let between = ((squares - count * mean * mean) / (count - 1.0).max(1.0)).max(0.0);
                let within = back.variance.unwrap_or(0.0) * squares / count;
                let variance = within + between * back.value * back.value;
                Prediction { value: back.value * mean, variance: Some(variance), multiplier: 0.0 }
            }
            _ => {
                let (within, differences) = mixture.condensed();
                let count = differences.len() as f64;
                let each: Vec<Prediction> = differences
                    .iter()
                    .map(|d| self.back(Prediction { value: prediction.value + d, ..one(within) }))
                    .collect();
                let value = each.iter().map(|p| p.value).sum::<f64>() / count;
                let within = each.iter().filter_map(|p| p.variance).sum::<f64>() / count;
                let between = each.iter().map(|p| (p.value - value).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
                Prediction { value, variance: Some(within + between), multiplier: 0.0 }
            }
        }
    }

    /// P(field > `threshold`) for a mixture of normal distributions on the modelling scale: the mean of the probabilities of
    /// each; [`exceedance`](Self::exceedance) where it is one. `None` without a variance.
    ///
    /// # Units
    /// `threshold` in the data's unit, `prediction` on the modelling scale.
    pub fn exceedance_mixed(&self, prediction: &Prediction, mixture: Mixture<'_>, threshold: f64) -> Option<f64> {
        if mixture.is_normal() {
            return self.exceedance(prediction, threshold);
        }
        prediction.variance?;
        let threshold = match self.threshold(threshold) {
            Ok(threshold) => threshold,
            Err(certain) => return Some(certain),
        };
        let deviation = mixture.within().sqrt();
        let excess = prediction.value - threshold;
        Some(mixture.mean_of(|d| {
            let by = excess + d;
            if deviation > 0.0 { normal_cdf(by / deviation) } else { f64::from(u8::from(by > 0.0)) }
        }))
    }

    /// P(field ≤ `threshold`) of the same. Not one minus [`exceedance_mixed`](Self::exceedance_mixed): eight deviations below a prediction that
    /// difference is rounded to 0, and the probability is 6·10⁻¹⁶.
    ///
    /// # Units
    /// `threshold` in the data's unit, `prediction` on the modelling scale.
    pub(crate) fn not_above_mixed(&self, prediction: &Prediction, mixture: Mixture<'_>, threshold: f64) -> Option<f64> {
        let variance = prediction.variance?;
        let threshold = match self.threshold(threshold) {
            Ok(threshold) => threshold,
            Err(certainly_above) => return Some(1.0 - certainly_above),
        };
        let lower = |by: f64, variance: f64| {
            if variance > 0.0 { normal_cdf(by / variance.sqrt()) } else { f64::from(u8::from(by >= 0.0)) }
        };
        let by = threshold - prediction.value;
        Some(if mixture.is_normal() {
            lower(by, variance)
        } else {
            mixture.mean_of(|d| lower(by - d, mixture.within()))
        })
    }

    /// −ln of the density at an observation, on the scale of the data; `None` where the transform has no slope, or the density is none.
    pub(crate) fn log_score_mixed(&self, prediction: &Prediction, mixture: Mixture<'_>, observed: f64) -> Option<f64> {
        let variance = prediction.variance?;
        let log_slope = self.log_slope(observed)?;
        let excess = self.forward_value(observed) - prediction.value;
        let score = |by: f64, deviation: f64| {
            let z = by / deviation;
            0.5 * (2.0 * std::f64::consts::PI).ln() + deviation.ln() + 0.5 * z * z - log_slope
        };
        let score = if mixture.is_normal() || mixture.within() <= 0.0 {
            score(excess, variance.sqrt())
        } else {
            let each = |d: f64| score(excess - d, mixture.within().sqrt());
            let lowest = mixture.differences().map(each).fold(f64::INFINITY, f64::min);
            lowest - mixture.mean_of(|d| (lowest - each(d)).exp()).ln()
        };
        Some(score).filter(|score| score.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mixture is what its parts say: compared with each part's own way back.
    #[test]
    fn a_mixture_goes_back_as_its_parts_do() {
        let draws: Vec<f32> = (0..200).map(|k| ((k as f32 / 200.0 - 0.4975) * 1.2).powi(3)).collect();
        let within = 0.2;
        let mean = draws.iter().map(|&d| f64::from(d)).sum::<f64>() / 200.0;
        let centred: Vec<f32> = draws.iter().map(|&d| (f64::from(d) - mean) as f32).collect();
        let between = centred.iter().map(|&d| f64::from(d).powi(2)).sum::<f64>() / 199.0;
        let prediction = Prediction { value: 0.8, variance: Some(within + between), multiplier: 0.01 };
        let mixture = Mixture::new(within, &centred);
        for (transform, tolerance) in
            [(Transform::None, 1e-6), (Transform::Log, 1e-6), (Transform::BoxCox(BoxCox::new(0.3).unwrap()), 1e-3)]
        {
            let parts: Vec<Prediction> = centred
                .iter()
                .map(|&d| Prediction { value: 0.8 + f64::from(d), variance: Some(within), multiplier: 0.01 })
                .collect();
            let back: Vec<Prediction> = parts.iter().map(|&p| transform.back(p)).collect();
            let value = back.iter().map(|p| p.value).sum::<f64>() / 200.0;
            let variance = back.iter().map(|p| p.variance.unwrap()).sum::<f64>() / 200.0
                + back.iter().map(|p| (p.value - value).powi(2)).sum::<f64>() / 199.0;
            let found = transform.back_mixed(prediction, mixture);
            assert!((found.value / value - 1.0).abs() < tolerance, "{transform:?}: {} {value}", found.value);
            let found = found.variance.unwrap();
            assert!((found / variance - 1.0).abs() < 5.0 * tolerance, "{transform:?}: {found} {variance}");
            let threshold = transform.back_value(1.1);
            let above = parts.iter().map(|p| transform.exceedance(p, threshold).unwrap()).sum::<f64>() / 200.0;
            let found = transform.exceedance_mixed(&prediction, mixture, threshold).unwrap();
            assert!((found - above).abs() < 1e-6, "{transform:?}: {found} {above}");
            let below = transform.not_above_mixed(&prediction, mixture, threshold).unwrap();
            assert!((below + found - 1.0).abs() < 1e-12, "{transform:?}: {below} {found}");
            // The density is minus the derivative of the probability of being above.
            let step = 1e-4;
            let slope = [threshold - step, threshold + step]
                .map(|t| transform.exceedance_mixed(&prediction, mixture, t).unwrap());
            let density = (slope[0] - slope[1]) / (2.0 * step);
            let score = transform.log_score_mixed(&prediction, mixture, threshold).unwrap();
            assert!(((-score).exp() / density - 1.0).abs() < 1e-5, "{transform:?}: {score} {density}");
        }
    }
}
