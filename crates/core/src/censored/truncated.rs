//! Normal numbers below a limit.

use crate::normal::normal_quantile;
use crate::random::Random;
use crate::transform::normal_cdf;

/// Below this many standard deviations under the mean, where the distribution function runs out of digits, rejection takes the place of
/// inversion.
const FAR: f64 = -30.0;

/// A normal number of this mean and deviation, given that it is below `limit`.
///
/// By inversion; in the far tail by rejection from an exponential distribution (Robert 1995, *Statistics and Computing*
/// 5:121), which accepts nearly all there.
pub(super) fn draw_below(limit: f64, mean: f64, deviation: f64, random: &mut Random) -> f64 {
    let z = (limit - mean) / deviation;
    if z > FAR {
        let x = mean + deviation * normal_quantile(random.uniform() * normal_cdf(z));
        return x.min(limit);
    }
    let rate = 0.5 * (-z + (z * z + 4.0).sqrt());
    loop {
        let beyond = -random.uniform().ln() / rate;
        let x = -z + beyond;
        if random.uniform() <= (-0.5 * (x - rate).powi(2)).exp() {
            return mean - deviation * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of a normal number below a limit: μ − σ h and σ²(1 − z h − h²), h = φ(z)/Φ(z).
    #[test]
    fn draws_have_the_analytic_moments() {
        let n = 40_000;
        for z in [-34.0, -31.0, -8.0, -1.5, 0.0, 2.0, 9.0] {
            let (mean, deviation) = (3.0, 0.5);
            let limit = mean + deviation * z;
            let mut random = Random::new(11);
            let draws: Vec<f64> = (0..n).map(|_| draw_below(limit, mean, deviation, &mut random)).collect();
            assert!(draws.iter().all(|&x| x <= limit));
            let hazard = f64::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt() / normal_cdf(z);
            let expected = mean - deviation * hazard;
            let variance = (deviation * deviation * (1.0 - z * hazard - hazard * hazard)).max(0.0);
            // In the far tail the formula cancels; there the deviation is that of an exponential of rate |z|.
            let spread = if z < -5.0 { deviation / z.abs() } else { variance.sqrt() };
            let found = draws.iter().sum::<f64>() / f64::from(n);
            assert!((found - expected).abs() < 4.0 * spread / f64::from(n).sqrt(), "{z}: {found} {expected}");
            let second = draws.iter().map(|x| (x - found).powi(2)).sum::<f64>() / f64::from(n);
            assert!((second.sqrt() / spread - 1.0).abs() < 0.05, "{z}: {second} {}", spread * spread);
        }
    }
}
