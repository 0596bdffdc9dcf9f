//! The distribution of Student, forwards and backwards.

/// Value that a Student variable with so many degrees of freedom stays below with probability `p`; NaN unless 0 < p < 1 and
/// the degrees are above 0.
///
/// # Source
/// [`student_upper_tail`], halved until nothing is left between the bounds.
///
/// # Examples
/// ```
/// use soilscope_core::student::student_quantile;
/// // With one degree of freedom it is tan(π(p − ½)).
/// assert!((student_quantile(0.75, 1.0) - 1.0).abs() < 1e-12);
/// assert_eq!(student_quantile(0.5, 7.0), 0.0);
/// ```
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    if !(p > 0.0 && p < 1.0 && freedom > 0.0) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    let tail = p.min(1.0 - p);
    // The upper tail falls from ½ to 0: bracket, then halve.
    let (mut low, mut high) = (0.0, 1.0);
    while student_upper(high, freedom) > tail && high < 1e150 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if student_upper(middle, freedom) > tail { low = middle } else { high = middle }
    }
    (0.5 * (low + high)).copysign(p - 0.5)
}

/// Probability that a Student variable is above `t`; NaN unless the degrees of freedom are above 0.
///
/// # Source
/// Abramowitz & Stegun (1964), eq. 26.7.1 and 26.5.27.
///
/// # Examples
/// ```
/// use soilscope_core::student::student_upper_tail;
/// assert!((student_upper_tail(1.0, 1.0) - 0.25).abs() < 1e-12);
/// assert!((student_upper_tail(-1.0, 1.0) - 0.75).abs() < 1e-12);
/// ```
pub fn student_upper_tail(t: f64, freedom: f64) -> f64 {
    if t.is_nan() || !(freedom > 0.0) {
        return f64::NAN;
    }
    let above = student_upper(t.abs(), freedom);
    if t < 0.0 { 1.0 - above } else { above }
}

/// Probability that a Student variable is above `t` ≥ 0.
fn student_upper(t: f64, freedom: f64) -> f64 {
    0.5 * beta_regularised(freedom / (freedom + t * t), 0.5 * freedom, 0.5)
}

/// The regularised incomplete beta function.
///
/// # Source
/// Abramowitz & Stegun (1964), eq. 26.5.8, on the side where the continued fraction is quick.
fn beta_regularised(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_regularised(1.0 - x, b, a);
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (-x).ln_1p();
    let tiny = 1e-300;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0), tiny);
    let (mut c, mut h) = (1.0, d);
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d, tiny);
        c = guarded(1.0 + even / c, tiny);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d, tiny);
        c = guarded(1.0 + odd / c, tiny);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    log_front.exp() * h / a
}

/// Keeps a term of a continued fraction from being 0.
pub(crate) fn guarded(x: f64, tiny: f64) -> f64 {
    if x.abs() < tiny { tiny } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_quantiles_are_those_with_closed_forms() {
        // One degree of freedom: tan(π(p − ½)). Two: (2p − 1)√(2/(4p(1 − p))).
        for p in [0.6, 0.9, 0.95, 0.975, 0.999, 0.05] {
            let one = (std::f64::consts::PI * (p - 0.5)).tan();
            assert!((student_quantile(p, 1.0) / one - 1.0).abs() < 1e-12, "{p}");
            let two = (2.0 * p - 1.0) * (2.0 / (4.0 * p * (1.0 - p))).sqrt();
            assert!((student_quantile(p, 2.0) / two - 1.0).abs() < 1e-12, "{p}");
        }
        assert!((student_quantile(0.975, 1e7) - 1.959_963_984_540_054).abs() < 1e-6);
    }
}
