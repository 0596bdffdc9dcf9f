//! The modified Bessel function behind the Matérn model.

/// q^ν K_ν(q) 2^(1−ν) / Γ(ν): the Matérn correlation, 1 at q = 0.
///
/// # Source
/// K_ν(q) = ∫₀^∞ exp(−q cosh t) cosh(νt) dt (Abramowitz & Stegun 1964, eq. 9.6.24), by the trapezoidal rule, whose error
/// falls exponentially for this integrand (Trefethen & Weideman 2014, SIAM Review 56:385, sec. 3). The step keeps that
/// error below 1e−16 of the result for q from 0 to 700.
pub(super) fn matern_correlation(smoothness: f64, q: f64) -> f64 {
    if q == 0.0 {
        return 1.0;
    }
    if q > 700.0 {
        return 0.0;
    }
    let nu = smoothness;
    let log_scale = (1.0 - nu) * std::f64::consts::LN_2 - libm::lgamma(nu) + nu * q.ln();
    let step = 0.2_f64.min(0.6 / q.sqrt());
    // Terms rise up to sinh t = ν/q and then fall faster than exponentially.
    let peak = (nu / q).asinh();
    let exponent = |t: f64| nu * t - q * t.cosh() + log_scale;
    let floor = exponent(peak) - 45.0;
    let mut sum = 0.5 * (log_scale - q).exp();
    let mut k = 1_u32;
    loop {
        let t = f64::from(k) * step;
        let e = exponent(t);
        if t > peak && e < floor {
            break;
        }
        sum += e.exp() * (0.5 + 0.5 * (-2.0 * nu * t).exp());
        k += 1;
    }
    sum * step
}

#[cfg(test)]
mod tests {
    use super::matern_correlation;

    #[test]
    fn half_integer_orders_have_closed_forms() {
        for q in [1e-9, 1e-4, 0.01, 0.3, 1.0, 4.0, 20.0, 60.0_f64] {
            let close = |a: f64, b: f64| assert!((a - b).abs() < 2e-15 * (1.0 + b.abs()), "q={q}: {a} against {b}");
            close(matern_correlation(0.5, q), (-q).exp());
            close(matern_correlation(1.5, q), (1.0 + q) * (-q).exp());
            close(matern_correlation(2.5, q), (1.0 + q + q * q / 3.0) * (-q).exp());
        }
    }
}
