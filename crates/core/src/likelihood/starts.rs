//! Where a search begins.

use super::optimise::Objective;
use super::parameters::{Extent, Unknowns, effective_factor};
use super::terms::Evaluation;
use crate::Result;
use crate::variogram::FreeParameter;

/// A coarse grid over ranges, nugget shares, shapes and directions, in coordinates.
///
/// Ranges run from twice the spacing of the samples to the diagonal of their area, counted as effective ranges so that
/// smooth and rough models begin alike; of several structures each is four times as long as the one before.
pub(super) fn grid(unknowns: &Unknowns, extent: &Extent) -> Vec<Vec<f64>> {
    let template = &unknowns.template;
    let structures = template.structures.len();
    let any = |wanted: fn(&FreeParameter) -> bool| unknowns.free.iter().any(wanted);
    let reaches: Vec<f64> = if any(|p| matches!(p, FreeParameter::Range(_))) {
        let (low, high) = (2.0 * extent.spacing, (0.7 * extent.diagonal).max(4.0 * extent.spacing));
        (0..6).map(|k| low * (high / low).powf(f64::from(k) / 5.0)).collect()
    } else {
        vec![extent.diagonal]
    };
    let nuggets: &[f64] = if any(|p| matches!(p, FreeParameter::Nugget)) { &[0.03, 0.3, 0.7] } else { &[0.0] };
    let shapes: &[f64] = if any(|p| matches!(p, FreeParameter::Shape(_))) { &[0.5, 1.5] } else { &[0.5] };
    let azimuths: &[f64] =
        if any(|p| matches!(p, FreeParameter::Azimuth(_))) { &[0.0, 45.0, 90.0, 135.0] } else { &[0.0] };
    let held_nugget = template.nugget.and_then(|p| p.fixed()).unwrap_or(0.0) + template.error_variance;
    let field = (extent.variance - held_nugget).max(0.1 * extent.variance);
    let mut starts = Vec::new();
    for &reach in &reaches {
        for &nugget in nuggets {
            for &shape in shapes {
                for &azimuth in azimuths {
                    let value = |parameter: &FreeParameter| match *parameter {
                        FreeParameter::Nugget => nugget * field,
                        FreeParameter::PartialSill(_) => (1.0 - nugget) * field / structures as f64,
                        FreeParameter::Range(k) => {
                            let s = &template.structures[k];
                            let model = if s.free_shape { s.model.with_shape(shape) } else { s.model };
                            reach * 4.0_f64.powi(k as i32) / effective_factor(model)
                        }
                        FreeParameter::Shape(_) => shape,
                        FreeParameter::Azimuth(_) => azimuth,
                        FreeParameter::Ratio(_) => 0.5,
                    };
                    let natural: Vec<f64> = unknowns.free.iter().map(value).collect();
                    starts.push(unknowns.coordinates(&natural));
                }
            }
        }
    }
    starts
}

/// The best places of a list, with derivatives: the highest, and the highest of those that differ from it by a factor of
/// three or more in some parameter.
///
/// # Errors
/// A cancelled executor.
pub(super) fn best_two(objective: &dyn Objective, starts: &[Vec<f64>]) -> Result<Vec<(Vec<f64>, Evaluation)>> {
    let mut found = Vec::new();
    for start in starts {
        if let Some((place, evaluation)) = objective.at(start, false)? {
            found.push((evaluation.log_likelihood, place));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen: Vec<Vec<f64>> = Vec::new();
    for (_, place) in found {
        let far = |other: &Vec<f64>| place.iter().zip(other).any(|(a, b)| (a - b).abs() > 3.0_f64.ln());
        if chosen.iter().all(far) {
            chosen.push(place);
        }
        if chosen.len() == 2 {
            break;
        }
    }
    let mut best = Vec::new();
    for place in chosen {
        if let Some(found) = objective.at(&place, true)? {
            best.push(found);
        }
    }
    Ok(best)
}
