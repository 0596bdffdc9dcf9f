//! Held-out samples predicted under a model, each from its neighbours, many times for many models: what scores them.
//!
//! Neighbours are found once and kept, since they do not depend on the model; a likelihood, which conditions on earlier
//! samples only, is [`crate::likelihood`]'s.

use nalgebra::DMatrix;

use crate::drift::{Basis, Drift, RANK_TOLERANCE};
use crate::executor::{Executor, map};
use crate::kriging::cholesky::{dot, factor, row_start, solve_lower};
use crate::neighbourhood::{SampleIndex, Search, SearchScratch};
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Coord, Result, Samples};

/// Terms that one task computes: small enough to share out, large enough to be worth it.
const TERMS_A_TASK: usize = 64;

/// Random stream of the targets that are drawn.
const TARGETS: u64 = 0x7461_7267;

/// Samples with what the drift says of each, ready for conditional predictions.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) samples: Samples,
    pub(super) index: SampleIndex,
    /// Values less their mean (or the known mean).
    pub(super) values: Vec<f64>,
    /// Drift functions, sample by sample.
    functions: Vec<f64>,
    columns: usize,
}

impl Data {
    pub(super) fn new(samples: Samples, drift: Drift) -> Result<Self> {
        let basis = Basis::new(drift, &samples)?;
        let centre = drift.known_mean().unwrap_or_else(|| samples.mean());
        let columns = basis.columns();
        let mut functions = vec![0.0; samples.len() * columns];
        for (i, row) in functions.chunks_exact_mut(columns.max(1)).enumerate() {
            let covariates = if basis.covariates() == 0 { &[] } else { samples.covariates(i) };
            basis.fill(samples.coords()[i], covariates, row);
        }
        Ok(Self {
            values: samples.values().iter().map(|v| v - centre).collect(),
            index: SampleIndex::of(&samples),
            functions,
            columns,
            samples,
        })
    }

    fn functions(&self, i: usize) -> &[f64] {
        &self.functions[i * self.columns..(i + 1) * self.columns]
    }

    /// Whether these samples determine every coefficient of the drift.
    fn tell_drift_apart(&self, samples: &[usize]) -> bool {
        let p = self.columns;
        if p <= 1 {
            return true;
        }
        let product =
            |i: usize, j: usize| samples.iter().map(|&s| self.functions(s)[i] * self.functions(s)[j]).sum::<f64>();
        let mut gram: Vec<f64> =
            (0..p).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| product(i, j)).collect();
        let diagonal: Vec<f64> = (0..p).map(|i| gram[row_start(i) + i]).collect();
        factor(&mut gram, p) && (0..p).all(|i| gram[row_start(i) + i].powi(2) > RANK_TOLERANCE * diagonal[i])
    }

    /// Error and variance of every sample's prediction by the drift alone, fitted to the others by least squares: what the
    /// model without structure says.
    pub(super) fn without_structure(&self) -> Vec<Predicted> {
        let n = self.samples.len();
        let p = self.columns;
        if p == 0 {
            let variance = self.values.iter().map(|v| v * v).sum::<f64>() / n as f64;
            return self.values.iter().map(|&error| Predicted { error, variance }).collect();
        }
        let matrix = DMatrix::from_row_slice(n, p, &self.functions);
        let values = DMatrix::from_column_slice(n, 1, &self.values);
        let Some(gram) = matrix.tr_mul(&matrix).cholesky() else {
            return Vec::new();
        };
        let residuals = &values - &matrix * gram.solve(&matrix.tr_mul(&values));
        let spread = residuals.norm_squared() / (n - p).max(1) as f64;
        let solved = gram.solve(&matrix.transpose());
        (0..n)
            .map(|i| {
                let left = (1.0 - (matrix.row(i) * solved.column(i))[0]).max(RANK_TOLERANCE);
                Predicted { error: residuals[i] / left, variance: spread / left }
            })
            .collect()
    }
}

/// What became of one term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Predicted {
    /// Observed less predicted, unit of the values.
    pub(super) error: f64,
    /// Variance of that error under the model, measurement error of the sample included; its square.
    pub(super) variance: f64,
}

impl Predicted {
    /// Minus the logarithm of the density at the observation.
    pub(super) fn log_score(self) -> f64 {
        0.5 * ((2.0 * std::f64::consts::PI * self.variance).ln() + self.error * self.error / self.variance)
    }
}

/// Which samples are predicted, each from which others.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    targets: Vec<usize>,
    /// Where each target's neighbours end in `neighbours`.
    ends: Vec<usize>,
    neighbours: Vec<usize>,
}

impl Terms {
    /// Each target from the `nearest` other samples beyond its distance in `gaps`.
    pub(super) fn held_out(data: &Data, targets: &[usize], gaps: &[f64], nearest: usize) -> Self {
        let mut terms = Self::default();
        let mut scratch = SearchScratch::default();
        for (&i, &gap) in targets.iter().zip(gaps) {
            terms.push(data, i, nearest, &mut scratch, |j, d| j != i && d >= gap);
        }
        terms
    }

    fn push(
        &mut self,
        data: &Data,
        target: usize,
        nearest: usize,
        scratch: &mut SearchScratch,
        keep: impl Fn(usize, f64) -> bool,
    ) {
        let coords = data.samples.coords();
        let at = coords[target];
        let Ok(search) = Search::new(Some(nearest), 1, None) else { return };
        let mut found = Vec::new();
        let metric = data.samples.metric();
        let keep = |j: usize| keep(j, metric.distance(coords[j], at));
        let enough = data.index.neighbours(at, &search, keep, scratch, &mut found).is_ok();
        // From samples that cannot tell the drift's columns apart nothing is predicted: such a term says nothing of the
        // covariances either, whatever the variogram.
        if enough && found.len() >= data.columns && data.tell_drift_apart(&found) {
            self.neighbours.append(&mut found);
            self.targets.push(target);
            self.ends.push(self.neighbours.len());
        }
    }

    pub(super) fn targets(&self) -> &[usize] {
        &self.targets
    }

    fn len(&self) -> usize {
        self.targets.len()
    }

    fn neighbours(&self, term: usize) -> &[usize] {
        let start = if term == 0 { 0 } else { self.ends[term - 1] };
        &self.neighbours[start..self.ends[term]]
    }

    /// What each term becomes under `variogram`; `None` for a term whose system is singular.
    pub(super) fn predict(
        &self,
        data: &Data,
        variogram: &Variogram,
        executor: &dyn Executor,
    ) -> Result<Vec<Option<Predicted>>> {
        let variogram = &variogram.clone().on(data.samples.metric())?;
        let tasks = self.len().div_ceil(TERMS_A_TASK);
        let parts = map(executor, tasks, |task| {
            let mut system = System::default();
            let terms = task * TERMS_A_TASK..((task + 1) * TERMS_A_TASK).min(self.len());
            terms.map(|t| system.predict(data, variogram, self.targets[t], self.neighbours(t))).collect::<Vec<_>>()
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// At most `most` of `n` samples, drawn at random where there are more, in increasing order.
pub(super) fn drawn(n: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    if n > most {
        Random::substream(seed, TARGETS, 0).shuffle(&mut all);
        all.truncate(most);
        all.sort_unstable();
    }
    all
}

/// Working memory of one prediction.
#[derive(Default)]
struct System {
    coords: Vec<Coord>,
    lower: Vec<f64>,
    data: Vec<f64>,
    row: Vec<f64>,
    drift: Vec<f64>,
    gram: Vec<f64>,
    rest: Vec<f64>,
    coefficients: Vec<f64>,
}

impl System {
    /// Kriging of `target` from `neighbours`; the same formulas as the kriging module's, with the variance that of the
    /// observation.
    fn predict(
        &mut self,
        data: &Data,
        variogram: &Variogram,
        target: usize,
        neighbours: &[usize],
    ) -> Option<Predicted> {
        let (n, p, at) = (neighbours.len(), data.columns, data.samples.coords()[target]);
        let own = |i: usize| variogram.error_variance() + data.samples.error_variance(i);
        self.coords.clear();
        self.coords.extend(neighbours.iter().map(|&i| data.samples.coords()[i]));
        self.lower.resize(row_start(n), 0.0);
        for i in 0..n {
            let row = &mut self.lower[row_start(i)..=row_start(i) + i];
            variogram.covariances(self.coords[i], &self.coords[..=i], row);
            row[i] += own(neighbours[i]);
        }
        if !factor(&mut self.lower, n) {
            return None;
        }
        self.row.resize(n, 0.0);
        variogram.covariances(at, &self.coords, &mut self.row);
        solve_lower(&self.lower, &mut self.row);
        self.data.clear();
        self.data.extend(neighbours.iter().map(|&i| data.values[i]));
        solve_lower(&self.lower, &mut self.data);
        let mut value = dot(&self.row, &self.data);
        let mut variance = variogram.sill() - dot(&self.row, &self.row) + own(target);
        if p > 0 {
            self.drift.resize(n * p, 0.0);
            for (i, &j) in neighbours.iter().enumerate() {
                for (k, f) in data.functions(j).iter().enumerate() {
                    self.drift[k * n + i] = *f;
                }
            }
            self.drift.chunks_exact_mut(n).for_each(|column| solve_lower(&self.lower, column));
            self.gram.resize(row_start(p), 0.0);
            self.rest.clear();
            self.coefficients.clear();
            for (i, column) in self.drift.chunks_exact(n).enumerate() {
                for (j, other) in self.drift.chunks_exact(n).take(i + 1).enumerate() {
                    self.gram[row_start(i) + j] = dot(column, other);
                }
                self.rest.push(data.functions(target)[i] - dot(column, &self.row));
                self.coefficients.push(dot(column, &self.data));
            }
            if !factor(&mut self.gram, p) {
                return None;
            }
            solve_lower(&self.gram, &mut self.rest);
            solve_lower(&self.gram, &mut self.coefficients);
            value += dot(&self.rest, &self.coefficients);
            variance += dot(&self.rest, &self.rest);
        }
        let error = data.values[target] - value;
        (error.is_finite() && variance > 0.0 && variance.is_finite()).then_some(Predicted { error, variance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::kriging::Kriging;
    use crate::neighbourhood::Neighbourhood;
    use crate::validation::Folds;
    use crate::variogram::ModelTemplate;
    use crate::{Interpolator, Prediction};

    fn samples() -> Samples {
        let mut random = Random::new(4);
        let coords: Vec<Coord> = (0..40).map(|_| [random.uniform() * 50.0, random.uniform() * 50.0]).collect();
        let values = coords.iter().map(|c| 3.0 + 0.1 * c[0] + random.normal()).collect();
        Samples::new(coords, values).unwrap()
    }

    #[test]
    fn a_held_out_sample_is_predicted_as_kriging_does() {
        let samples = samples();
        let variogram = "0.3 Nug + 1 Exp(12)".parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        for drift in [Drift::KnownMean(2.0), Drift::Constant, Drift::polynomial(1)] {
            let recipe = Kriging::new(variogram.clone(), drift, Neighbourhood::Global);
            let expected = recipe.leave_out(&samples, &Folds::leave_one_out(&samples)).unwrap();
            let data = Data::new(samples.clone(), drift).unwrap();
            let all: Vec<usize> = (0..samples.len()).collect();
            let terms = Terms::held_out(&data, &all, &vec![0.0; all.len()], samples.len());
            let found = terms.predict(&data, &variogram, &Serial).unwrap();
            for (i, (found, expected)) in found.into_iter().zip(expected).enumerate() {
                let Prediction { value, variance, .. } = expected.unwrap();
                let found = found.unwrap();
                assert!((samples.values()[i] - found.error - value).abs() < 1e-9, "{drift:?}");
                assert!((found.variance - variance.unwrap()).abs() < 1e-9, "{drift:?}");
            }
        }
    }
}
