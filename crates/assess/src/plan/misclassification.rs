//! How likely a place is put on the wrong side of a limit, now and after samples that are not yet taken.

use std::f64::consts::TAU;

use soilscope_core::transform::normal_cdf;

/// Probability that a place is put on the wrong side of the limit, once samples have been taken that lower its variance from
/// `variance` to `after`: expected now, before what they say is known.
///
/// The place is called above the limit where that is more likely than not, which errs least. `distance` is the predicted value less the
/// limit, both on the scale on which errors are Gaussian; only its size matters.
///
/// Let Z be the value, with mean m and variance v given the samples there are. New samples will move the mean to m′, which is now
/// Gaussian with mean m and variance v − v′, and leave the variance v′ whatever they say. Z is on the other side of the limit
/// t than m′ with the probability P(Z ≤ t, m′ > t) + P(Z > t, m′ ≤ t). Z and m′ are jointly Gaussian with the correlation √(1 − v′/v), and
/// for such a pair the bivariate normal integral has one term left: with T Owen's function and b = (m − t)/√v the probability is
///
/// 2 T(b, √(v′ / (v − v′))).
///
/// Without new samples this is 2 T(b, ∞) = Φ(−|b|), and with v′ = 0 it is 0.
///
/// # Source
/// T and its part in the bivariate normal integral: Owen (1956), *Annals of Mathematical Statistics* 27:1075. The rest is derived
/// above; a test holds it against simulation.
///
/// # Examples
/// ```
/// use soilscope_assess::plan::expected_misclassification;
/// // On the limit: a coin is tossed. With half of the variance gone, T(0, 1) = 1/8, so one time in four.
/// assert_eq!(expected_misclassification(0.0, 2.0, 2.0), 0.5);
/// assert!((expected_misclassification(0.0, 2.0, 1.0) - 0.25).abs() < 1e-15);
/// ```
pub fn expected_misclassification(distance: f64, variance: f64, after: f64) -> f64 {
    if !(variance > 0.0 && after > 0.0) {
        return 0.0;
    }
    let b = distance.abs() / variance.sqrt();
    let taken = variance - after;
    if taken > 0.0 { 2.0 * owen_t(b, (after / taken).sqrt()) } else { normal_cdf(-b) }
}

/// Owen's T(h, a) = (1/2π) ∫₀ᵃ exp(−h²(1 + x²)/2) / (1 + x²) dx, for `a` of at least 0; to some 10⁻¹⁴.
///
/// # Source
/// Owen (1956), *Annals of Mathematical Statistics* 27:1075, with his T(h, a) = ½Φ(h) + ½Φ(ah) − Φ(h)Φ(ah) − T(ah, 1/a) for a above 1. The
/// integral is by Gauss and Legendre's rule on parts within which the exponent changes little.
///
/// # Examples
/// ```
/// use soilscope_assess::plan::owen_t;
/// assert!((owen_t(0.0, 1.0) - 0.125).abs() < 1e-15);          // atan(1)/2π
/// // T(h, 1) = Φ(h)(1 − Φ(h))/2, here of Φ(1) = 0.841344746068543.
/// assert!((owen_t(1.0, 1.0) - 0.841344746068543 * 0.158655253931457 / 2.0).abs() < 1e-14);
/// ```
pub fn owen_t(h: f64, a: f64) -> f64 {
    let h = h.abs();
    if a <= 0.0 {
        return 0.0;
    }
    if a > 1.0 {
        if a * h > 40.0 || a.is_infinite() {
            return 0.5 * upper(h);
        }
        // With upper tails the products keep their digits: ½Φ(h) + ½Φ(k) − Φ(h)Φ(k) = ½Q(h) + ½Q(k) − Q(h)Q(k).
        let (p, q) = (upper(h), upper(a * h));
        return 0.5 * p + 0.5 * q - p * q - owen_t(a * h, 1.0 / a);
    }
    if h > 38.0 {
        return 0.0; // below the smallest number
    }
    // exp(−h²x²/2) falls below 10⁻¹⁷ beyond x = 8.8/h.
    let end = a.min(8.8 / h.max(1e-300));
    let parts = (0.5 * h * end).ceil().max(1.0);
    let half = 0.5 * end / parts;
    let mut sum = 0.0;
    for part in 0..parts as usize {
        let middle = (2.0 * part as f64 + 1.0) * half;
        for [node, weight] in NODES {
            for x in [middle - half * node, middle + half * node] {
                let rest = 1.0 + x * x;
                sum += weight * (-0.5 * h * h * rest).exp() / rest;
            }
        }
    }
    sum * half / TAU
}

/// P(N(0, 1) > z), with its digits where it is small.
fn upper(z: f64) -> f64 {
    normal_cdf(-z)
}

/// Positive nodes and weights of Gauss and Legendre's rule of 12 points on [−1, 1].
const NODES: [[f64; 2]; 6] = [
    [0.125_233_408_511_468_9, 0.249_147_045_813_402_8],
    [0.367_831_498_998_180_2, 0.233_492_536_538_354_8],
    [0.587_317_954_286_617_4, 0.203_167_426_723_065_9],
    [0.769_902_674_194_304_7, 0.160_078_328_543_346_2],
    [0.904_117_256_370_474_9, 0.106_939_325_995_318_4],
    [0.981_560_634_246_719_3, 0.047_175_336_386_511_83],
];
