//! Fisher scoring within bounds.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::terms::Evaluation;
use crate::Result;

/// A log-likelihood as a function of coordinates.
pub(super) trait Objective {
    /// The place where it is really evaluated (normalised, and with the variances' common factor solved for), and what it
    /// is there; `None` where it cannot be. Without `derivatives` the gradient is not to be used.
    ///
    /// # Errors
    /// A cancelled executor.
    fn at(&self, place: &[f64], derivatives: bool) -> Result<Option<(Vec<f64>, Evaluation)>>;
}

/// The end of a search.
#[derive(Debug, Clone)]
pub(super) struct Summit {
    pub(super) place: Vec<f64>,
    pub(super) evaluation: Evaluation,
    pub(super) converged: bool,
    pub(super) iterations: usize,
    /// Whether a step was given up because the covariance matrix was singular there.
    pub(super) met_singular: bool,
}

/// Largest change of a coordinate in one step: a factor of 7 for what is a logarithm.
const LONGEST_STEP: f64 = 2.0;
/// Curvature added to every coordinate: it holds those of which the data say nothing, and a gain that it could hide is
/// below a thousandth of a log-likelihood unit for a factor of e.
const RIDGE: f64 = 1e-3;
/// The gain that a further step promises, below which the search ends.
pub(super) const PROMISE: f64 = 1e-6;
/// Attempts to shorten one step.
const HALVINGS: usize = 12;

/// Climbs from a place with derivatives; coordinates in `held` stay.
///
/// Every step solves (I + λ diag I + ridge) δ = g for the coordinates that are not held and do not press against a bound,
/// is shortened until the log-likelihood rises, and ends where the promised gain gᵀδ/2 is below 1e−6.
///
/// # Errors
/// A cancelled executor.
pub(super) fn climb(
    objective: &dyn Objective,
    start: (Vec<f64>, Evaluation),
    bounds: &[(f64, f64)],
    held: &[bool],
    most_iterations: usize,
) -> Result<Summit> {
    let (place, evaluation) = start;
    let mut summit = Summit { place, evaluation, converged: false, iterations: 0, met_singular: false };
    let mut damping = 0.0_f64;
    while summit.iterations < most_iterations {
        let open = open_coordinates(&summit, bounds, held);
        let Some(step) = scoring_step(&summit.evaluation, &open, damping) else {
            damping = (damping * 10.0).max(1e-3);
            if damping > 1e6 {
                break;
            }
            continue;
        };
        let promise = 0.5 * summit.evaluation.gradient.dot(&step);
        if promise < PROMISE {
            summit.converged = true;
            break;
        }
        summit.iterations += 1;
        match walk(objective, &mut summit, &step, bounds)? {
            Some(share) => damping = if share == 1.0 { damping / 10.0 } else { damping },
            // No higher place along the step. Near the top rounding, or a kink of the likelihood (a spherical model whose
            // range passes a pair), hides the rest of the rise.
            None if promise < 1e-4 => {
                summit.converged = true;
                break;
            }
            None if damping < 1e3 => damping = (damping * 10.0).max(1e-2),
            None => break,
        }
    }
    Ok(summit)
}

/// Coordinates that may move: neither held nor pressed against a bound.
fn open_coordinates(summit: &Summit, bounds: &[(f64, f64)], held: &[bool]) -> Vec<usize> {
    (0..summit.place.len())
        .filter(|&j| {
            let (x, g) = (summit.place[j], summit.evaluation.gradient[j]);
            let pressed = (x <= bounds[j].0 && g <= 0.0) || (x >= bounds[j].1 && g >= 0.0);
            !(held[j] || pressed)
        })
        .collect()
}

fn scoring_step(evaluation: &Evaluation, open: &[usize], damping: f64) -> Option<DVector<f64>> {
    let k = open.len();
    let mut matrix = DMatrix::from_fn(k, k, |a, b| evaluation.information[(open[a], open[b])]);
    for a in 0..k {
        matrix[(a, a)] = matrix[(a, a)] * (1.0 + damping) + RIDGE;
    }
    let gradient = DVector::from_fn(k, |a, _| evaluation.gradient[open[a]]);
    let mut step = DVector::zeros(evaluation.gradient.len());
    if k > 0 {
        let solved = Cholesky::new(matrix)?.solve(&gradient);
        for (a, &j) in open.iter().enumerate() {
            step[j] = solved[a];
        }
    }
    let longest = step.amax();
    if longest > LONGEST_STEP {
        step *= LONGEST_STEP / longest;
    }
    Some(step)
}

/// Goes along a step as far as the log-likelihood rises; the share of it that was gone.
fn walk(
    objective: &dyn Objective,
    summit: &mut Summit,
    step: &DVector<f64>,
    bounds: &[(f64, f64)],
) -> Result<Option<f64>> {
    let slope = summit.evaluation.gradient.dot(step);
    let base = summit.evaluation.log_likelihood;
    let mut share = 1.0;
    for attempt in 0..HALVINGS {
        let trial: Vec<f64> = (0..step.len())
            .map(|j| {
                (summit.place[j] + share * step[j])
                    .clamp(bounds[j].0.min(summit.place[j]), bounds[j].1.max(summit.place[j]))
            })
            .collect();
        // The first attempt mostly succeeds, and then its derivatives are wanted; later ones look first.
        let derivatives = attempt == 0;
        let Some((place, evaluation)) = objective.at(&trial, derivatives)? else {
            summit.met_singular = true;
            share *= 0.3;
            continue;
        };
        let gain = evaluation.log_likelihood - base;
        if gain > 1e-4 * share * slope {
            let better = if derivatives { Some((place, evaluation)) } else { objective.at(&trial, true)? };
            if let Some((place, evaluation)) = better {
                (summit.place, summit.evaluation) = (place, evaluation);
                return Ok(Some(share));
            }
        }
        // Where a parabola through what is known has its top, within reason.
        let top = 0.5 * slope * share * share / (slope * share - gain);
        share = if top.is_finite() { top.clamp(0.1 * share, 0.5 * share) } else { 0.5 * share };
    }
    Ok(None)
}
