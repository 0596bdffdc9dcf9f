//! Intervals of the parameters.

use nalgebra::{Cholesky, DMatrix};

use super::objective::LogLikelihood;
use super::optimise::{Objective, Summit, climb};
use super::terms::Evaluation;
use crate::Result;

/// Information below which a parameter counts as undetermined: a factor of e costs less than a two-thousandth of a
/// log-likelihood unit.
pub(super) const LITTLE: f64 = 1e-3;

/// Covariance matrix of the coordinates that are inside their domains, from the expected information; 0 elsewhere.
pub(super) fn covariance(evaluation: &Evaluation, inside: &[usize]) -> Option<DMatrix<f64>> {
    let q = evaluation.gradient.len();
    let part = DMatrix::from_fn(inside.len(), inside.len(), |a, b| evaluation.information[(inside[a], inside[b])]);
    let mut covariance = DMatrix::zeros(q, q);
    if inside.is_empty() {
        return Some(covariance);
    }
    let inverse = Cholesky::new(part)?.inverse();
    for (a, &j) in inside.iter().enumerate() {
        for (b, &l) in inside.iter().enumerate() {
            covariance[(j, l)] = inverse[(a, b)];
        }
    }
    Some(covariance)
}

/// Slope and curvature of the profile log-likelihood by coordinate `index`, the others given by `inside` being adjusted.
pub(super) fn profile_slope(evaluation: &Evaluation, index: usize, inside: &[usize]) -> (f64, f64) {
    let others: Vec<usize> = inside.iter().copied().filter(|&j| j != index).collect();
    let own = evaluation.information[(index, index)];
    let k = others.len();
    let part = DMatrix::from_fn(k, k, |a, b| evaluation.information[(others[a], others[b])]);
    let with = DMatrix::from_fn(k, 1, |a, _| evaluation.information[(others[a], index)]);
    let explained = match Cholesky::new(part) {
        Some(cholesky) if k > 0 => with.dot(&cholesky.solve(&with)),
        _ => 0.0,
    };
    (evaluation.gradient[index], (own - explained).max(0.0))
}

/// How far a parabola of this slope (≤ 0 away from the bound) and curvature goes until it has fallen by `drop`.
pub(super) fn fall(slope: f64, curvature: f64, drop: f64) -> Option<f64> {
    let root = (slope * slope + 2.0 * curvature * drop).sqrt();
    let distance = 2.0 * drop / (root - slope);
    distance.is_finite().then_some(distance)
}

/// Distance from the maximum, in one direction along a coordinate, where the profile log-likelihood has fallen by `drop`;
/// `None` where it does not within the bounds.
///
/// The other coordinates are climbed anew at each of a few places: first out to where the fall is enough, guided by the
/// standard error, then in by the secant of the square root of the fall, which is nearly a straight line.
///
/// # Errors
/// A cancelled executor.
pub(super) fn profile_end(
    objective: &LogLikelihood<'_>,
    summit: &Summit,
    index: usize,
    direction: f64,
    standard_error: f64,
    drop: f64,
    bounds: &[(f64, f64)],
) -> Result<Option<f64>> {
    let centre = summit.place[index];
    let limit = if direction > 0.0 { bounds[index].1 - centre } else { centre - bounds[index].0 };
    let held: Vec<bool> = (0..bounds.len()).map(|j| j == index).collect();
    let mut near = summit.place.clone();
    // √fall / √drop at a distance: 0 at the maximum, 1 at the end looked for.
    let mut root_at = |distance: f64| -> Result<Option<f64>> {
        let mut place = near.clone();
        place[index] = centre + direction * distance;
        let Some(start) = objective.at(&place, true)? else { return Ok(None) };
        let top = climb(objective, start, bounds, &held, 30)?;
        near.clone_from(&top.place);
        let fallen = summit.evaluation.log_likelihood - top.evaluation.log_likelihood;
        Ok(Some((fallen.max(0.0) / drop).sqrt()))
    };
    let (mut low, mut high) = ((0.0, 0.0), None);
    let mut distance = (standard_error * (2.0 * drop).sqrt()).min(0.999 * limit);
    for _ in 0..14 {
        if !(distance > 0.0) {
            return Ok(None);
        }
        let Some(root) = root_at(distance)? else { return Ok(None) };
        if (root - 1.0).abs() < 2e-3 {
            return Ok(Some(distance));
        }
        if root < 1.0 {
            if distance >= 0.999 * limit {
                return Ok(None);
            }
            low = (distance, root);
        } else {
            high = Some((distance, root));
        }
        distance = match high {
            None => (distance * (1.2 / root.max(0.3))).min(0.999 * limit),
            Some(high) => {
                let secant = low.0 + (high.0 - low.0) * (1.0 - low.1) / (high.1 - low.1);
                secant.clamp(low.0 + 0.05 * (high.0 - low.0), high.0 - 0.05 * (high.0 - low.0))
            }
        };
    }
    Ok(Some(distance))
}
