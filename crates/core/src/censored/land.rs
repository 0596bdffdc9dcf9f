//! Land's exact limit of the mean of a log-normal distribution.

use super::Refused;
use super::maximum_likelihood::check_confidence;

/// Panels of the integral for every width of the integrand that the half circle holds.
const PANELS_A_WIDTH: f64 = 24.0;

/// Land's factor H of `count` values whose natural logarithms have the standard deviation `deviation`: the upper confidence
/// limit of the mean is exp(ȳ + s²/2 + s H/√(n − 1)).
///
/// Computed from its definition, not from tables. For a mean of the logarithms μ and variance σ² with μ + σ²/2 = θ, and
/// V = Σ(y − θ)², the cosine u between the vector of y − θ and the diagonal has, given V, the density
/// (1 − u²)^((n−3)/2) exp(−½√(nV) u) whatever σ is. The limit is the θ for which the u that was found, or a smaller one, has
/// probability 1 − confidence: the uniformly most accurate unbiased limit.
///
/// # Errors
/// Fewer than 3 values, a standard deviation that is not above 0, or a confidence that is not between 0 and 1.
///
/// # Source
/// Land (1971), *Annals of Mathematical Statistics* 42:1187; Land (1975), *Selected Tables in Mathematical Statistics* 3:385 (tables).
///
/// # Examples
/// ```
/// // The tables' value for 10 logarithms with a standard deviation of 0.1.
/// let h = soilscope_core::censored::land_factor(10, 0.1, 0.95)?;
/// assert!((h - 1.802).abs() < 5e-4);
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn land_factor(count: usize, deviation: f64, confidence: f64) -> Result<f64, Refused> {
    check_confidence(confidence)?;
    if count < 3 {
        return Err(Refused::TooFew { found: count, needed: 3, method: "Land's limit" });
    }
    if !(deviation > 0.0 && deviation.is_finite()) {
        let name = "standard deviation of the logarithms";
        return Err(Refused::Setting { name, value: deviation, requirement: "above 0" });
    }
    let n = count as f64;
    // H as the unknown, the mean of the logarithms being 0.
    let theta = |h: f64| 0.5 * deviation * deviation + deviation * h / (n - 1.0).sqrt();
    let beyond = |h: f64| probability(n, deviation, theta(h)) < 1.0 - confidence;
    let (mut low, mut high) = (-1.0, 1.0);
    while beyond(low) && low > -1e9 {
        low *= 2.0;
    }
    while !beyond(high) && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if beyond(middle) { high = middle } else { low = middle }
    }
    Ok(0.5 * (low + high))
}

/// Probability of a cosine as small as that of logarithms with mean 0 and this deviation, if their μ + σ²/2 is `theta`.
fn probability(n: f64, deviation: f64, theta: f64) -> f64 {
    let v = (n - 1.0) * deviation * deviation + n * theta * theta;
    let found = (-n.sqrt() * theta / v.sqrt()).clamp(-1.0, 1.0);
    let pull = 0.5 * (n * v).sqrt();
    // With u = cos φ the density of φ is sinⁿ⁻²φ exp(−pull cos φ), on a logarithmic scale for large n.
    let log_density = |phi: f64| (n - 2.0) * phi.sin().max(f64::MIN_POSITIVE).ln() - pull * phi.cos();
    // The derivative is 0 where (n − 2) cos φ + pull sin²φ = 0.
    let cosine = if pull > 0.0 { ((n - 2.0) - (n - 2.0).hypot(2.0 * pull)) / (2.0 * pull) } else { 0.0 };
    let top = log_density(cosine.clamp(-1.0, 1.0).acos());
    // It falls off within about 1/√(n + pull) of its top.
    let panels = 2 * (PANELS_A_WIDTH * (n + pull).sqrt()).ceil() as usize;
    let simpson = |from: f64, to: f64| {
        let h = (to - from) / panels as f64;
        let at = |k: usize| (log_density(from + h * k as f64) - top).exp();
        let weight = |k: usize| if k % 2 == 1 { 4.0 } else { 2.0 };
        let inner: f64 = (1..panels).map(|k| weight(k) * at(k)).sum();
        (at(0) + inner + at(panels)) * h / 3.0
    };
    // Small cosines are large angles.
    let angle = found.acos();
    let (above, below) = (simpson(0.0, angle), simpson(angle, std::f64::consts::PI));
    below / (above + below)
}
