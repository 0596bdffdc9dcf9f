//! Standardised errors, also of samples that are only known to be below a limit.

use std::f64::consts::TAU;

use crate::transform::normal_cdf;

/// Beyond so many standard deviations below the prediction a limit counts as a value: nearly all that is left of the normal
/// distribution lies there.
const FAR: f64 = -30.0;

/// Observed less predicted over the standard deviation; of a sample below its limit, the limit's.
///
/// What is not known of a sample below its limit is taken as the prediction itself has it, given that the sample is below: over all
/// samples means and shares are then those of a right prediction where it is right, and what differs is told by the limits alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standardised {
    pub(super) z: f64,
    pub(super) below: bool,
}

impl Standardised {
    /// The limit, where it says less than a value would.
    fn limit(self) -> Option<f64> {
        (self.below && self.z > FAR).then_some(self.z)
    }

    /// φ(z)/Φ(z).
    fn hazard(z: f64) -> f64 {
        (-0.5 * z * z).exp() / TAU.sqrt() / normal_cdf(z)
    }

    /// Expected error.
    pub(super) fn mean(self) -> f64 {
        self.limit().map_or(self.z, |z| -Self::hazard(z))
    }

    /// Expected squared error.
    pub(super) fn square(self) -> f64 {
        self.limit().map_or(self.z * self.z, |z| (1.0 - z * Self::hazard(z)).max(0.0))
    }

    /// Probability of being inside the central interval that ends at ±`quantile`.
    pub(super) fn inside(self, quantile: f64) -> f64 {
        match self.limit() {
            Some(z) => {
                let (lowest, whole) = (normal_cdf(-quantile), normal_cdf(z));
                ((normal_cdf(z.min(quantile)) - lowest) / whole).max(0.0)
            }
            None => f64::from(u8::from(self.z.abs() <= quantile)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Over standard normal numbers of which those below a limit are hidden, means are those of the numbers.
    #[test]
    fn hidden_numbers_do_not_bias() {
        let mut random = Random::new(3);
        let n = 100_000;
        let (mut mean, mut square, mut inside) = (0.0, 0.0, 0.0);
        for k in 0..n {
            let (z, limit) = (random.normal(), [-1.0, 0.3][k % 2]);
            let seen = Standardised { z: z.max(limit), below: z < limit };
            mean += seen.mean() / n as f64;
            square += seen.square() / n as f64;
            inside += seen.inside(0.674_489_750_196_081_7) / n as f64;
        }
        assert!(
            mean.abs() < 0.01 && (square - 1.0).abs() < 0.02 && (inside - 0.5).abs() < 0.01,
            "{mean} {square} {inside}"
        );
    }

    #[test]
    fn a_limit_far_below_is_a_value() {
        let far = Standardised { z: -31.0, below: true };
        assert_eq!((far.mean(), far.square(), far.inside(1.0)), (-31.0, 961.0, 0.0));
        let near = Standardised { z: -29.0, below: true };
        assert!((near.square() / 841.0 - 1.0).abs() < 0.01, "{}", near.square());
    }
}
