//! Special functions of the distributions used here, to nearly the last digit.

use crate::student::guarded;
use crate::transform::normal_cdf;

/// Natural logarithm of the standard normal distribution function, also where the function itself is 0.
pub(super) fn log_normal_cdf(z: f64) -> f64 {
    if z > -37.0 {
        return normal_cdf(z).ln();
    }
    // Abramowitz & Stegun (1964), eq. 26.2.12; at −37 four terms leave a relative error of 10⁻¹⁰ of the last one.
    let w = 1.0 / (z * z);
    -0.5 * z * z - (-z).ln() - 0.5 * std::f64::consts::TAU.ln() + (1.0 - w * (1.0 - 3.0 * w * (1.0 - 5.0 * w))).ln()
}

/// Natural logarithm of the regularised lower incomplete gamma function P(a, x), for a > 0 and x > 0.
///
/// # Source
/// Abramowitz & Stegun (1964), eq. 6.5.29 (series, below a + 1) and 6.5.31 (continued fraction).
pub(super) fn log_gamma_p(a: f64, x: f64) -> f64 {
    let front = a * x.ln() - x - libm::lgamma(a);
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        for _ in 0..10_000 {
            k += 1.0;
            term *= x / k;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return front + sum.ln();
    }
    // Lentz' evaluation of the continued fraction of Q = 1 − P.
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for i in 1..10_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / guarded(an * d + b, tiny);
        c = guarded(b + an / c, tiny);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (-(front.exp() * h)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_gamma_of_whole_shapes_is_a_poisson_sum() {
        // P(k, x) = 1 − e⁻ˣ Σ xʲ/j!, j < k.
        for k in 1..12_u32 {
            for x in [0.1, 0.9, 3.0, 8.0, 14.0, 30.0] {
                let (mut term, mut sum) = (1.0, 0.0);
                // The tail sum is the side that keeps its digits where x is small.
                for j in 0..400_u32 {
                    if j >= k {
                        sum += term;
                    }
                    term *= x / f64::from(j + 1);
                }
                let direct = sum * f64::exp(-x);
                assert!((log_gamma_p(f64::from(k), x).exp() / direct - 1.0).abs() < 1e-12, "{k} {x}");
            }
        }
    }

    #[test]
    fn the_far_tail_joins_the_near_one() {
        let (near, far) = (normal_cdf(-37.0).ln(), log_normal_cdf(-37.0));
        assert!((near - far).abs() < 1e-8 * near.abs() && log_normal_cdf(-1e3) < -5e5);
    }
}
