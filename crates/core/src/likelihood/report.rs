//! What is said of a maximum.

use nalgebra::DMatrix;

use super::fit::{Found, Search};
use super::objective::Sums;
use super::optimise::{Objective, Summit};
use super::parameters::Unknowns;
use super::result::{Bound, EngineUsed, LikelihoodFit, ParameterEstimate, Remark};
use super::{Intervals, Method, intervals};
use crate::Result;
use crate::normal::normal_quantile;
use crate::variogram::{FreeParameter, Parameter};

impl Search<'_> {
    /// The fit of a maximum, whose template may hold variances at 0 that are free in `whole`.
    pub(super) fn report(
        &self,
        whole: &Unknowns,
        found: Found,
        zeros: &[FreeParameter],
        mut remarks: Vec<Remark>,
    ) -> Result<LikelihoodFit> {
        let Found { unknowns, summit } = self.in_full(found)?;
        let evaluation = &summit.evaluation;
        if !summit.converged {
            remarks.push(Remark::NotConverged { iterations: summit.iterations });
        }
        if summit.met_singular {
            remarks.push(Remark::SingularNearby);
        }
        let variogram = unknowns.variogram(&summit.place)?;
        let structured: f64 = variogram.structures().iter().map(|s| s.partial_sill()).sum();
        if structured <= 1e-6 * variogram.sill() {
            remarks.push(Remark::NoSpatialStructure);
        }
        let (parameters, wide, covariance) = self.estimates(whole, &unknowns, &summit, &mut remarks)?;
        let engine = self.engine(&unknowns, &summit, &covariance)?;
        debug_assert!(zeros.iter().all(|p| !unknowns.free.contains(p)));
        let (n, p) = (self.data.len(), self.data.functions());
        let (count, size) = match self.settings.method {
            Method::Reml => (whole.len(), (n - p) as f64),
            Method::Ml => (whole.len() + p, n as f64),
        };
        let deviance = -2.0 * evaluation.log_likelihood;
        Ok(LikelihoodFit {
            log_likelihood: evaluation.log_likelihood,
            method: self.settings.method,
            engine,
            samples: n,
            coefficients: self
                .data
                .coefficients(evaluation.coefficients.as_slice(), evaluation.covariance.diagonal().as_slice()),
            parameters,
            covariance: wide,
            probability: self.settings.probability,
            aic: deviance + 2.0 * count as f64,
            bic: deviance + size.ln() * count as f64,
            evaluations: self.evaluations.get(),
            iterations: summit.iterations,
            converged: summit.converged,
            variogram,
            remarks,
        })
    }

    /// The free parameters at a maximum with their intervals.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn parameters(&self, found: &Found) -> Result<Vec<ParameterEstimate>> {
        let Found { unknowns, summit } =
            self.in_full(Found { unknowns: found.unknowns.clone(), summit: found.summit.clone() })?;
        Ok(self.estimates(&unknowns, &unknowns, &summit, &mut Vec::new())?.0)
    }

    /// The maximum with what the trend's estimation takes from the information.
    pub(super) fn in_full(&self, mut found: Found) -> Result<Found> {
        if let Sums::Vecchia(_) = self.fine
            && let Some(evaluation) = self.objective(self.fine, &found.unknowns).in_full(&found.summit.place)?
        {
            found.summit.evaluation = evaluation;
        }
        Ok(found)
    }

    /// The free parameters of `whole` at a maximum, whose template may hold some of them at 0; the covariance matrix of
    /// their coordinates, and of those that were not held.
    fn estimates(
        &self,
        whole: &Unknowns,
        unknowns: &Unknowns,
        summit: &Summit,
        remarks: &mut Vec<Remark>,
    ) -> Result<(Vec<ParameterEstimate>, DMatrix<f64>, DMatrix<f64>)> {
        let bounds: Vec<Option<Bound>> = (0..unknowns.len()).map(|j| bound_at(unknowns, summit, j)).collect();
        let inside: Vec<usize> = (0..unknowns.len()).filter(|&j| bounds[j].is_none()).collect();
        let covariance = intervals::covariance(&summit.evaluation, &inside);
        let regular = covariance.is_some();
        let covariance = covariance.unwrap_or_else(|| DMatrix::zeros(unknowns.len(), unknowns.len()));
        let mut parameters = Vec::with_capacity(whole.len());
        let mut wide = DMatrix::zeros(whole.len(), whole.len());
        let index_of = |p: FreeParameter| unknowns.free.iter().position(|q| *q == p);
        for (row, &parameter) in whole.free.iter().enumerate() {
            let estimate = match index_of(parameter) {
                Some(j) if bounds[j].is_none() && regular => {
                    let error = covariance[(j, j)].sqrt();
                    if error > 1.0 && !matches!(parameter, FreeParameter::Azimuth(_)) {
                        remarks.push(Remark::PoorlyDetermined { parameter });
                    }
                    for (column, &other) in whole.free.iter().enumerate() {
                        if let Some(l) = index_of(other) {
                            wide[(row, column)] = covariance[(j, l)];
                        }
                    }
                    self.inside(unknowns, summit, j, error)?
                }
                Some(j) => {
                    let bound = bounds[j].unwrap_or(Bound::Undetermined);
                    remarks.push(Remark::AtBound { parameter, bound });
                    self.at_bound(unknowns, summit, j, bound, &inside)
                }
                None => {
                    remarks.push(Remark::AtBound { parameter, bound: Bound::Zero });
                    self.at_zero(whole, unknowns, summit, parameter, &inside)?
                }
            };
            parameters.push(estimate);
        }
        Ok((parameters, wide, covariance))
    }

    fn engine(&self, unknowns: &Unknowns, summit: &Summit, covariance: &DMatrix<f64>) -> Result<EngineUsed> {
        let Sums::Vecchia(vecchia) = self.fine else { return Ok(EngineUsed::Exact) };
        let (neighbours, mean_conditioning) = (vecchia.neighbours(), vecchia.mean_conditioning());
        let mut shift = None;
        if self.settings.verify {
            let twice = vecchia.with_neighbours(2 * neighbours, self.executor)?;
            let mut objective = self.objective(Sums::Vecchia(&twice), unknowns);
            objective.scale = false;
            if let Some((_, evaluation)) = objective.at(&summit.place, true)? {
                let step = covariance * evaluation.gradient;
                let errors = covariance.diagonal().map(f64::sqrt);
                let shifts = step.iter().zip(errors.iter()).filter(|(_, e)| **e > 0.0).map(|(s, e)| (s / e).abs());
                shift = Some(shifts.fold(0.0, f64::max));
            }
        }
        Ok(EngineUsed::Vecchia { neighbours, mean_conditioning, shift })
    }

    /// A parameter at a maximum inside its domain.
    fn inside(&self, unknowns: &Unknowns, summit: &Summit, j: usize, error: f64) -> Result<ParameterEstimate> {
        let parameter = unknowns.free[j];
        let quantile = normal_quantile(0.5 + 0.5 * self.settings.probability);
        let x = summit.place[j];
        if parameter.is_linear() && error > 1.0 && self.settings.intervals == Intervals::Information {
            // A variance that may as well be 0: the logarithm is the wrong scale for it.
            let estimate = x.exp();
            let (standard_error, upper) = (Some(estimate * error), Some(estimate * (1.0 + quantile * error)));
            return Ok(ParameterEstimate { parameter, estimate, standard_error, lower: Some(0.0), upper, bound: None });
        }
        let mut ends = [Some(x - quantile * error), Some(x + quantile * error)];
        let directional = matches!(parameter, FreeParameter::Azimuth(_) | FreeParameter::Ratio(_));
        if self.settings.intervals == Intervals::Profile && !directional {
            let mut objective = self.objective(self.fine, unknowns);
            // With a variance held the common factor of all cannot be solved for.
            objective.scale &= !parameter.is_linear();
            let drop = 0.5 * quantile * quantile;
            for (end, direction) in ends.iter_mut().zip([-1.0, 1.0]) {
                let distance = intervals::profile_end(&objective, summit, j, direction, error, drop, &unknowns.bounds)?;
                *end = distance.map(|d| x + direction * d);
            }
        }
        let estimate = unknowns.natural(&summit.place)[j];
        let natural = |x: f64| match parameter {
            FreeParameter::Azimuth(_) => x.to_degrees(),
            FreeParameter::Ratio(_) => x.exp().min(1.0),
            _ => x.exp(),
        };
        let standard_error = match parameter {
            FreeParameter::Azimuth(_) => error.to_degrees(),
            _ => estimate * error,
        };
        let [lower, upper] = ends.map(|end| end.map(natural).filter(|v| v.is_finite()));
        Ok(ParameterEstimate { parameter, estimate, standard_error: Some(standard_error), lower, upper, bound: None })
    }

    /// A parameter at the end of what was looked for: the other end of its interval, from slope and curvature there.
    fn at_bound(
        &self,
        unknowns: &Unknowns,
        summit: &Summit,
        j: usize,
        bound: Bound,
        inside: &[usize],
    ) -> ParameterEstimate {
        let parameter = unknowns.free[j];
        let estimate = unknowns.natural(&summit.place)[j];
        let one_sided = 0.5 * normal_quantile(self.settings.probability).powi(2);
        let (slope, curvature) = intervals::profile_slope(&summit.evaluation, j, inside);
        let distance = intervals::fall(-slope.abs(), curvature, one_sided);
        let end = |sign: f64| distance.map(|d| (summit.place[j] + sign * d).exp()).filter(|v| v.is_finite());
        let (lower, upper) = match bound {
            Bound::Lower => (None, end(1.0)),
            Bound::Upper => (end(-1.0), matches!(parameter, FreeParameter::Ratio(_)).then_some(1.0)),
            _ => (None, None),
        };
        ParameterEstimate { parameter, estimate, standard_error: None, lower, upper, bound: Some(bound) }
    }

    /// A variance that is best at 0: how large it may be, from slope and curvature at 0.
    fn at_zero(
        &self,
        whole: &Unknowns,
        unknowns: &Unknowns,
        summit: &Summit,
        parameter: FreeParameter,
        inside: &[usize],
    ) -> Result<ParameterEstimate> {
        let zero = ParameterEstimate {
            parameter,
            estimate: 0.0,
            standard_error: None,
            lower: Some(0.0),
            upper: None,
            bound: Some(Bound::Zero),
        };
        let tiny = 1e-6 * unknowns.variogram(&summit.place)?.sill();
        let known = unknowns.natural(&summit.place);
        // The template of the maximum with this one variance freed again.
        let mut values = Vec::new();
        let mut template = unknowns.template.clone();
        match parameter {
            FreeParameter::Nugget => template.nugget = Some(Parameter::Free),
            FreeParameter::PartialSill(k) => template.structures[k].partial_sill = Parameter::Free,
            _ => return Ok(zero),
        }
        let freed = self.unknowns(&template);
        let mut others = Vec::new();
        for (position, p) in freed.free.iter().enumerate() {
            match unknowns.free.iter().position(|q| q == p) {
                Some(j) => {
                    values.push(known[j]);
                    if inside.contains(&j) {
                        others.push(position);
                    }
                }
                None => values.push(tiny),
            }
        }
        let Some(index) = freed.free.iter().position(|p| *p == parameter) else { return Ok(zero) };
        let mut objective = self.objective(self.fine, &freed);
        objective.scale = false;
        let place: Vec<f64> = freed.free.iter().zip(&values).map(|(p, v)| Unknowns::coordinate(*p, *v)).collect();
        let Some((_, evaluation)) = objective.at(&place, true)? else { return Ok(zero) };
        let (slope, curvature) = intervals::profile_slope(&evaluation, index, &others);
        let one_sided = 0.5 * normal_quantile(self.settings.probability).powi(2);
        let upper = intervals::fall((slope / tiny).min(0.0), curvature / (tiny * tiny), one_sided);
        debug_assert!(whole.free.contains(&parameter));
        Ok(ParameterEstimate { upper, ..zero })
    }
}

/// Whether a coordinate of a maximum is at a bound, or means nothing.
fn bound_at(unknowns: &Unknowns, summit: &Summit, j: usize) -> Option<Bound> {
    let (x, (low, high)) = (summit.place[j], unknowns.bounds[j]);
    let information = summit.evaluation.information[(j, j)];
    if x <= low + 1e-9 {
        Some(Bound::Lower)
    } else if x >= high - 1e-9 {
        Some(Bound::Upper)
    } else if !(information > intervals::LITTLE) {
        Some(Bound::Undetermined)
    } else {
        None
    }
}
