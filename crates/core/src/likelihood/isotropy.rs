//! Whether the likelihood rises away from isotropy: a score test, calibrated by simulation.
//!
//! A likelihood ratio would need the anisotropic model fitted, and its χ² is far off where the samples say little of the
//! range: then the most extreme ratio fits best. The score test asks for the slope of the likelihood at isotropy only, and
//! its distribution there is simulated: with B the inverse factor, a field is the solution of B z = ε, and the slope by a
//! parameter takes the products of z with the rows of B and of its derivative.

use nalgebra::{DMatrix, DVector};

use super::Method;
use super::kernel::Kernel;
use super::rows::{Row, rows};
use super::terms::{Evaluation, Terms};
use super::vecchia::Vecchia;
use super::{bounded, restricted};
use crate::Result;
use crate::executor::{Executor, map};
use crate::random::Random;
use crate::variogram::{Model, Variogram};

/// Random stream of the simulated fields.
const FIELDS: u64 = 0x6669_656c;
/// Fields simulated.
const REPLICATES: usize = 399;
/// Information a response below which a parameter explains nothing, as the logarithm of a nugget of 0.
const NOTHING: f64 = 1e-6;

/// Probability of a slope towards a longer range in some direction as steep as the one found, if the field were isotropic
/// with this variogram, which is the maximum of the likelihood.
///
/// Where all samples' densities are summed the slope's distribution is that of 399 simulated fields; where a part of them is,
/// which then are many, it is χ² with two degrees of freedom.
///
/// # Source
/// Rao (1948), *Proc. Camb. Phil. Soc.* 44:50, for the score test with other parameters unknown.
pub(super) fn probability(
    vecchia: &Vecchia,
    variogram: &Variogram,
    seed: u64,
    executor: &dyn Executor,
) -> Result<Option<f64>> {
    let models: Vec<Model> = variogram.structures().iter().map(|s| s.model()).collect();
    let free = bounded::template_of(&models).free_parameters();
    let data = vecchia.data();
    let kernel = Kernel::new(variogram, &free, vecchia.pairs()).on(data.metric).with_directions();
    let Some(mut terms) = vecchia.terms(&kernel, true, executor)? else { return Ok(None) };
    if vecchia.is_whole() && data.functions() > 0 {
        let Some(second) = restricted::second(vecchia, &kernel, executor)? else { return Ok(None) };
        terms.second = second;
    }
    let evaluate = |terms: &Terms| terms.evaluate(Method::Reml, data.log_basis, false);
    let Some(observed) = evaluate(&terms).and_then(|e| statistic(&e, terms.count)) else { return Ok(None) };
    if !vecchia.is_whole() {
        return Ok(Some((-0.5 * observed).exp()));
    }
    let Some(rows) = rows(vecchia, &kernel, executor)? else { return Ok(None) };
    let fields = Fields::new(vecchia, &rows, kernel.derivatives().len());
    let simulated = map(executor, REPLICATES, |k| {
        let values = fields.drawn(&mut Random::substream(seed, FIELDS, k as u64));
        let terms = fields.sums(&terms, &values);
        evaluate(&terms).and_then(|e| statistic(&e, terms.count))
    })?;
    let found: Vec<f64> = simulated.into_iter().flatten().collect();
    let beyond = found.iter().filter(|&&s| s >= observed).count();
    Ok(Some((beyond + 1) as f64 / (found.len() + 1) as f64))
}

/// The slope by the direction, the last two parameters, that the other parameters cannot explain: squared, in units of its
/// information.
fn statistic(evaluation: &Evaluation, count: f64) -> Option<f64> {
    let (score, information) = (&evaluation.gradient, &evaluation.information);
    let own: Vec<usize> = (score.len() - 2..score.len()).collect();
    let others: Vec<usize> = (0..score.len() - 2).filter(|&k| information[(k, k)] > NOTHING * count).collect();
    let part = |rows: &[usize], columns: &[usize]| {
        DMatrix::from_fn(rows.len(), columns.len(), |a, b| information[(rows[a], columns[b])])
    };
    let mut slope = score.select_rows(&own);
    let mut square = part(&own, &own);
    if !others.is_empty() {
        let cross = part(&own, &others);
        let known = part(&others, &others).cholesky()?;
        slope -= &cross * known.solve(&score.select_rows(&others));
        square -= &cross * known.solve(&cross.transpose());
    }
    let statistic: f64 = slope.dot(&square.cholesky()?.solve(&slope));
    statistic.is_finite().then_some(statistic)
}

/// What the sums of a simulated field are made from.
struct Fields<'a> {
    rows: &'a [Row],
    parameters: usize,
    /// Products of the rows, and of each derivative of them, with the drift's functions: rows × functions.
    trend: DMatrix<f64>,
    trend_derivatives: Vec<DMatrix<f64>>,
}

impl<'a> Fields<'a> {
    fn new(vecchia: &Vecchia, rows: &'a [Row], parameters: usize) -> Self {
        let data = vecchia.data();
        let p = data.functions();
        let product = |weights: &dyn Fn(&'a Row) -> &'a [f64]| {
            DMatrix::from_fn(rows.len(), p, |i, k| {
                let places = rows[i].places.iter().map(|&place| data.row(place as usize)[k]);
                places.zip(weights(&rows[i])).map(|(f, w)| f * w).sum()
            })
        };
        Self {
            rows,
            parameters,
            trend: product(&|row| &row.weights),
            trend_derivatives: (0..parameters).map(|j| product(&|row| row.derivative(j))).collect(),
        }
    }

    /// A simulated field, by rank; its trend is 0, on which no contrast depends.
    fn drawn(&self, random: &mut Random) -> Vec<f64> {
        let mut values = vec![0.0; self.rows.len()];
        for row in self.rows {
            let error = random.normal();
            let (own, before) = (row.weights.len() - 1, &row.places[..row.places.len() - 1]);
            let sum: f64 = before.iter().zip(&row.weights).map(|(&j, w)| w * values[j as usize]).sum();
            values[row.rank as usize] = (error - sum) / row.weights[own];
        }
        values
    }

    /// The sums of `observed` with other values.
    fn sums(&self, observed: &Terms, values: &[f64]) -> Terms {
        let n = self.rows.len();
        let product = |row: &Row, weights: &[f64]| -> f64 {
            row.places.iter().zip(weights).map(|(&place, w)| w * values[place as usize]).sum()
        };
        let errors = DVector::from_fn(n, |i, _| product(&self.rows[i], &self.rows[i].weights));
        let slopes = DMatrix::from_fn(n, self.parameters, |i, j| product(&self.rows[i], self.rows[i].derivative(j)));
        let p = self.trend.ncols();
        let mut sums = observed.clone();
        let put = |matrix: &mut DMatrix<f64>, of_trend: &DVector<f64>, own: f64| {
            for k in 0..p {
                matrix[(k, p)] = of_trend[k];
                matrix[(p, k)] = of_trend[k];
            }
            matrix[(p, p)] = own;
        };
        put(&mut sums.cross, &self.trend.tr_mul(&errors), errors.norm_squared());
        for j in 0..self.parameters {
            let slope = slopes.column(j);
            let of_trend = self.trend.tr_mul(&slope) + self.trend_derivatives[j].tr_mul(&errors);
            put(&mut sums.cross_derivatives[j], &of_trend, 2.0 * errors.dot(&slope));
        }
        sums
    }
}

impl Row {
    /// Derivatives of the weights by parameter `j`.
    fn derivative(&self, j: usize) -> &[f64] {
        &self.derivatives[j * self.weights.len()..(j + 1) * self.weights.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Drift;
    use crate::executor::Serial;
    use crate::likelihood::data::Data;
    use crate::variogram::ModelTemplate;
    use crate::{Coord, Samples};

    /// What is summed for a simulated field is what the likelihood sums for values.
    #[test]
    fn sums_of_the_observed_values_are_the_likelihoods() {
        let mut random = Random::new(3);
        let coords: Vec<Coord> = (0..80).map(|_| [random.uniform() * 30.0, random.uniform() * 20.0]).collect();
        let values = coords.iter().map(|c| (c[0] / 7.0).sin() + random.normal()).collect();
        let data = Data::new(&Samples::new(coords, values).unwrap(), Drift::polynomial(1)).unwrap();
        let vecchia = Vecchia::new(&data, 8, &Serial).unwrap();
        let variogram =
            "0.2 Nug + 1 Exp(5) + 0.5 Sph(12)".parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let free = bounded::template_of(&[Model::Exponential, Model::Spherical]).free_parameters();
        let kernel = Kernel::new(&variogram, &free, vecchia.pairs()).with_directions();
        let expected = vecchia.terms(&kernel, true, &Serial).unwrap().unwrap();
        let rows = rows(&vecchia, &kernel, &Serial).unwrap().unwrap();
        let p = data.functions();
        let values: Vec<f64> = (0..80).map(|rank| vecchia.data().row(rank)[p]).collect();
        let mut blank = expected.clone();
        blank.cross.fill_row(p, 0.0);
        blank.cross_derivatives.iter_mut().for_each(|d| d.fill_row(p, 0.0));
        let found = Fields::new(&vecchia, &rows, kernel.derivatives().len()).sums(&blank, &values);
        assert!((&found.cross - &expected.cross).amax() < 1e-10);
        assert_eq!(expected.cross_derivatives.len(), free.len() + 2);
        for (found, expected) in found.cross_derivatives.iter().zip(&expected.cross_derivatives) {
            assert!((found - expected).amax() < 1e-9, "{found} {expected}");
        }
    }
}
