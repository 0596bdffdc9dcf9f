//! The modified Bessel function behind the Matérn model.

/// q^ν K_ν(q) 2^(1−ν) / Γ(ν): the Matérn correlation, 1 at q = 0 and never outside [0, 1]; NaN for NaN.
///
/// `smoothness` ν is above 0 and at most 100 (at 170 its gamma function overflows); the absolute error is below 1e−14.
///
/// # Source
/// K_ν(q) = ½ ∫ exp(νt − q cosh t) dt over all t (Abramowitz & Stegun 1964, eq. 9.6.24, unfolded). With
/// t = u + ln(2ν/q) the power of q cancels, and the correlation is
///
/// ν^ν e^−ν / Γ(ν) · ∫ exp(ν (u + 1 − eᵘ) − (q²/4ν) e⁻ᵘ) du,
///
/// in which nothing overflows or cancels for any q. It is summed by the trapezoidal rule, whose error falls exponentially
/// for such integrands (Trefethen & Weideman 2014, SIAM Review 56:385, sec. 3). The nodes do not depend on q, so the sum
/// is a mixture of Gaussian correlations, and positive definite as it stands.
pub(super) fn matern_correlation(smoothness: f64, q: f64) -> f64 {
    if q == 0.0 {
        return 1.0;
    }
    if q.is_nan() {
        return q;
    }
    if q > 700.0 {
        return 0.0;
    }
    let nu = smoothness;
    let log_b = 2.0 * (q.ln() - std::f64::consts::LN_2) - nu.ln();
    let b = log_b.exp();
    let exponent = |u: f64| {
        let x = u.exp();
        // A lag below 1e−150 has a square that underflows, and reaches the integrand by its logarithm.
        let near = if b > 1e-300 { b / x } else { (log_b - u).exp() };
        nu * (u - (x - 1.0)) - near
    };
    // On the line Im u = a the integrand is (cos a)^−ν times as large, so a step h errs by exp(−2πa/h) (cos a)^−ν: with
    // the best a this step keeps that below 1e−15 for any ν up to 100.
    let step = 0.7 / (nu + 8.0).sqrt();
    // The integrand has one maximum, where eᵘ solves x² − x = q²/4ν².
    let peak = (0.5 * (1.0 + 1.0_f64.hypot(q / nu))).ln();
    let middle = (peak / step).round();
    let floor = exponent(peak) - 38.0;
    let mut sum = exponent(middle * step).exp();
    for direction in [-1.0, 1.0] {
        let mut k = middle + direction;
        loop {
            let e = exponent(k * step);
            // Written so that NaN ends the sum: the logarithm of the smoothness may have overflowed.
            if !(e > floor) {
                break;
            }
            sum += e.exp();
            k += direction;
        }
    }
    let scale = nu.powf(nu) * (-nu).exp() / libm::tgamma(nu);
    (scale * step * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::matern_correlation;

    /// Order p + ½: e^−q p!/(2p)! Σ (p+i)!/(i! (p−i)!) (2q)^(p−i), in which every term is positive.
    /// `None` where its powers leave the normal numbers.
    fn half_integer(p: u32, q: f64) -> Option<f64> {
        // The term of the highest power is (2q)^p p!/(2p)!; each next one follows from it.
        let mut term: f64 = (1..=p).map(|k| 2.0 * q / f64::from(p + k)).product();
        let mut sum = 0.0;
        if term < f64::MIN_POSITIVE {
            return None;
        }
        for i in 0..=p {
            sum += term;
            term *= f64::from(p + i + 1) * f64::from(p - i) / (f64::from(i + 1) * 2.0 * q);
        }
        Some(sum * (-q).exp())
    }

    #[test]
    fn half_integer_orders_have_closed_forms() {
        for p in [0, 1, 2, 3, 5, 10, 20, 49] {
            for q in [1e-5, 1e-4, 0.01, 0.3, 1.0, 2.7, 4.0, 20.0, 60.0, 300.0_f64] {
                let Some(closed) = half_integer(p, q) else { continue };
                let ours = matern_correlation(f64::from(p) + 0.5, q);
                assert!((ours - closed).abs() < 1e-14, "κ = {p}.5, q = {q}: {ours} against {closed}");
            }
        }
    }

    #[test]
    fn every_smoothness_and_lag_gives_a_falling_correlation() {
        for nu in [1e-6, 0.01, 0.05, 0.3, 0.7, 1.0, 2.2, 7.3, 33.0, 50.0, 100.0] {
            let mut previous = 1.0;
            for q in [5e-324, 1e-310, 1e-200, 1e-100, 1e-20, 1e-9, 1e-3, 0.1, 0.5, 1.0, 3.0, 30.0, 699.0, 701.0, 1e300]
            {
                let c = matern_correlation(nu, q);
                assert!((0.0..=1.0).contains(&c) && c <= previous + 1e-14, "κ = {nu}, q = {q}: {c} after {previous}");
                previous = c;
            }
            assert_eq!(matern_correlation(nu, 0.0), 1.0);
            assert_eq!(matern_correlation(nu, f64::INFINITY), 0.0);
            assert!(matern_correlation(nu, f64::NAN).is_nan());
        }
    }

    #[test]
    fn rough_fields_follow_the_power_law_near_the_origin() {
        // 1 − correlation ~ Γ(1−ν)/Γ(1+ν) (q/2)^2ν for ν < 1 (Abramowitz & Stegun 1964, eq. 9.6.2 and 9.6.10).
        for (nu, q) in [(0.05, 1e-30_f64), (0.05, 1e-60), (0.3, 1e-9), (0.3, 1e-12), (0.7, 1e-5)] {
            let law = libm::tgamma(1.0 - nu) / libm::tgamma(1.0 + nu) * (q / 2.0).powf(2.0 * nu);
            let ours = 1.0 - matern_correlation(nu, q);
            assert!((ours / law - 1.0).abs() < 1e-3 || (ours - law).abs() < 1e-14, "ν = {nu}, q = {q}: {ours} {law}");
        }
    }
}
