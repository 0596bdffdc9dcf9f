//! Expectations under a normal distribution.

use std::sync::OnceLock;

use nalgebra::{DMatrix, SymmetricEigen};

use crate::Prediction;

/// Nodes of the quadrature: polynomials up to degree 63 are exact.
const NODES: usize = 32;

/// E f(Y) for Y normal with this mean and variance (0 or more), by Gauss–Hermite quadrature.
///
/// # Source
/// Golub & Welsch (1969), *Mathematics of Computation* 23:221: nodes are the eigenvalues of the recurrence's matrix.
pub(super) fn expectation(mean: f64, variance: f64, f: impl Fn(f64) -> f64) -> f64 {
    static RULE: OnceLock<Vec<[f64; 2]>> = OnceLock::new();
    let rule = RULE.get_or_init(|| {
        // The probabilists' Hermite polynomials: xHₖ = Hₖ₊₁ + kHₖ₋₁.
        let matrix =
            DMatrix::from_fn(NODES, NODES, |i, j| if i.abs_diff(j) == 1 { (i.max(j) as f64).sqrt() } else { 0.0 });
        let eigen = SymmetricEigen::new(matrix);
        let mut rule: Vec<[f64; 2]> =
            (0..NODES).map(|k| [eigen.eigenvalues[k], eigen.eigenvectors[(0, k)].powi(2)]).collect();
        rule.sort_by(|a, b| a[0].total_cmp(&b[0]));
        rule
    });
    let deviation = variance.max(0.0).sqrt();
    if deviation == 0.0 {
        return f(mean);
    }
    rule.iter().map(|[x, w]| w * f(mean + deviation * x)).sum()
}

/// The mean of `back` under a normal distribution around `y` of variance `missing`, and the mean squared error of that
/// under one of variance `variance`.
pub(super) fn back_by_expectation(y: f64, missing: f64, variance: f64, back: impl Fn(f64) -> f64) -> Prediction {
    let value = expectation(y, missing, &back);
    let mean = expectation(y, variance, &back);
    let spread = expectation(y, variance, |y| (back(y) - mean).powi(2));
    Prediction { value, variance: Some(spread + (mean - value).powi(2)), multiplier: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_distribution_are_exact() {
        assert!((expectation(0.0, 1.0, |_| 1.0) - 1.0).abs() < 1e-13);
        assert!((expectation(2.0, 9.0, |x| x) - 2.0).abs() < 1e-12);
        assert!((expectation(0.0, 4.0, |x| x.powi(4)) - 48.0).abs() < 1e-10);
        assert!((expectation(1.0, 0.5, f64::exp) - 1.25_f64.exp()).abs() < 1e-12);
        assert_eq!(expectation(3.0, 0.0, |x| x * x), 9.0);
    }
}
