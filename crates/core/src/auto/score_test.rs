//! Whether the likelihood rises away from isotropy: a score test, calibrated by simulation.
//!
//! A likelihood ratio would need the anisotropic model fitted, and its χ² is far off where the samples say little of the
//! range: then the most extreme ratio fits best. The score test asks for the slope of the likelihood at isotropy only, and
//! its distribution there is simulated: kriging weights do not depend on the values, so a simulated field costs no more
//! than its sums.

use nalgebra::{DMatrix, DVector};

use super::reml::{Likelihood, Shape};
use super::terms::Weights;
use crate::Result;
use crate::executor::map;
use crate::random::Random;

/// Random stream of the simulated fields.
const FIELDS: u64 = 0x6669_656c;
/// Fields simulated.
const REPLICATES: usize = 399;
/// Step of the numerical derivatives, in the parameters of [`Shape`].
const STEP: f64 = 0.02;

/// Probability of a slope as steep as the one found, if the field were isotropic with the parameters of `point` and
/// `sill`.
///
/// Where the likelihood stands for all samples the slope's distribution is that of 399 simulated fields; where it is of a
/// selection, which then are many, it is χ² with two degrees of freedom.
///
/// # Source
/// Rao (1948), *Proc. Camb. Phil. Soc.* 44:50, for the score test with other parameters unknown.
pub(super) fn isotropy_score_test(
    likelihood: &Likelihood<'_>,
    models: &Shape,
    point: &[f64],
    sill: f64,
    seed: u64,
) -> Result<Option<f64>> {
    let Some(slopes) = Slopes::new(likelihood, models, point, sill)? else { return Ok(None) };
    let Some(observed) = slopes.statistic(&likelihood.data.values) else { return Ok(None) };
    let n = likelihood.data.samples.len();
    if likelihood.terms.len() + likelihood.data.columns.max(1) < n {
        return Ok(Some((-0.5 * observed).exp()));
    }
    let simulated = map(likelihood.executor, REPLICATES, |k| {
        slopes.statistic(&slopes.field(n, &mut Random::substream(seed, FIELDS, k as u64)))
    })?;
    let found: Vec<f64> = simulated.into_iter().flatten().collect();
    let beyond = found.iter().filter(|&&s| s >= observed).count();
    Ok(Some((beyond + 1) as f64 / (found.len() + 1) as f64))
}

/// Weights at isotropy, and their derivatives by every parameter: the direction's two first.
struct Slopes<'a> {
    likelihood: &'a Likelihood<'a>,
    base: Weights,
    /// Derivatives of weights and variances.
    derivatives: Vec<Weights>,
}

impl<'a> Slopes<'a> {
    fn new(likelihood: &'a Likelihood<'a>, shape: &Shape, point: &[f64], sill: f64) -> Result<Option<Self>> {
        let shape = Shape { models: shape.models.clone(), anisotropic: true };
        let at = |moved: Option<(usize, f64)>| -> Result<Option<Weights>> {
            let mut x = point.to_vec();
            x.extend([0.0, 0.0, sill.ln()]);
            if let Some((k, by)) = moved {
                x[k] += by;
            }
            let variogram = shape.variogram(&x[..x.len() - 1])?.scaled(x[x.len() - 1].exp())?;
            likelihood.terms.weights(likelihood.data, &variogram, likelihood.executor)
        };
        let Some(base) = at(None)? else { return Ok(None) };
        let directions = point.len();
        let order = [directions, directions + 1].into_iter().chain(0..directions).chain([directions + 2]);
        let mut derivatives = Vec::new();
        for k in order {
            let (Some(up), Some(down)) = (at(Some((k, STEP)))?, at(Some((k, -STEP)))?) else { return Ok(None) };
            let slope =
                |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| (a - b) / (2.0 * STEP)).collect() };
            let (weights, variances) = (slope(&up.weights, &down.weights), slope(&up.variances, &down.variances));
            derivatives.push(Weights { weights, variances });
        }
        Ok(Some(Self { likelihood, base, derivatives }))
    }

    /// The score statistic of values at the samples: the slope by the direction that the other parameters cannot explain,
    /// squared, in units of its information.
    ///
    /// Of a term with error e of variance v the information is Σ ½ v′v′/v² + e′e′/v, given what came before.
    fn statistic(&self, values: &[f64]) -> Option<f64> {
        let terms = self.likelihood.terms;
        let count = self.derivatives.len();
        let mut score = DVector::zeros(count);
        let mut information = DMatrix::zeros(count, count);
        let mut slopes = vec![[0.0; 2]; count];
        for (t, &target) in terms.targets().iter().enumerate() {
            let span = terms.span(t);
            let neighbours = &terms.all_neighbours()[span.clone()];
            let sum = |weights: &[f64]| -> f64 {
                weights[span.clone()].iter().zip(neighbours).map(|(w, &j)| w * values[j]).sum()
            };
            let v = self.base.variances[t];
            let e = values[target] - sum(&self.base.weights);
            for (slope, derivative) in slopes.iter_mut().zip(&self.derivatives) {
                *slope = [derivative.variances[t] / v, -sum(&derivative.weights)];
            }
            for (k, [dv, de]) in slopes.iter().enumerate() {
                score[k] += -0.5 * dv * (1.0 - e * e / v) - e * de / v;
                for (l, [ov, oe]) in slopes.iter().take(k + 1).enumerate() {
                    information[(k, l)] += 0.5 * dv * ov + de * oe / v;
                }
            }
        }
        information.fill_upper_triangle_with_lower_triangle();
        // A parameter that changes nothing, as the square root of a nugget of 0, explains nothing.
        let others: Vec<usize> = (2..count).filter(|&k| information[(k, k)] > 1e-6 * terms.len() as f64).collect();
        let (mut own, mut of_own) = (information.view((0, 0), (2, 2)).into_owned(), score.rows(0, 2).into_owned());
        if !others.is_empty() {
            let cross = information.select_columns(&others).rows(0, 2).into_owned();
            let square = information.select_columns(&others).select_rows(&others).cholesky()?;
            of_own -= &cross * square.solve(&score.select_rows(&others));
            own -= &cross * square.solve(&cross.transpose());
        }
        let statistic: f64 = of_own.dot(&own.cholesky()?.solve(&of_own));
        statistic.is_finite().then_some(statistic)
    }

    /// A field at the samples, simulated term by term: up to the drift, on which nothing here depends.
    fn field(&self, n: usize, random: &mut Random) -> Vec<f64> {
        let terms = self.likelihood.terms;
        let mut values = vec![0.0; n];
        for (t, &target) in terms.targets().iter().enumerate() {
            let span = terms.span(t);
            let neighbours = &terms.all_neighbours()[span.clone()];
            let mean: f64 = self.base.weights[span].iter().zip(neighbours).map(|(w, &j)| w * values[j]).sum();
            values[target] = mean + self.base.variances[t].sqrt() * random.normal();
        }
        values
    }
}
