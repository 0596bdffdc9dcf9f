//! Intervals from the profile of a likelihood of two coordinates.

use super::likelihood_climb::highest;
use crate::normal::normal_quantile;

/// Where the function, at its best in the second coordinate, has fallen from its maximum `at` by half the quantile of χ²
/// with one degree of freedom: below and above in the first.
pub(super) fn interval(f: &dyn Fn([f64; 2]) -> f64, at: [f64; 2], confidence: f64) -> [f64; 2] {
    let level = f(at) - 0.5 * normal_quantile(0.5 + 0.5 * confidence).powi(2);
    let inside = |x: f64| highest(&|y| f([x, y]), at[1]) > level;
    [-1.0, 1.0].map(|side| {
        let (mut near, mut far) = (0.0, 0.5);
        while inside(at[0] + side * far) && far < 1e3 {
            (near, far) = (far, 2.0 * far);
        }
        for _ in 0..60 {
            let middle = 0.5 * (near + far);
            if inside(at[0] + side * middle) { near = middle } else { far = middle }
        }
        at[0] + side * 0.5 * (near + far)
    })
}
