//! The samples of several variables in the order in which they are drawn, and their full conditionals under a model.

use std::ops::Range;

use nalgebra::{Cholesky, DMatrix};

use super::super::conditionals::{EXACT_LIMIT, Given, Rows};
use super::Conditionals;
use crate::cokriging::{Coregionalisation, Means};
use crate::executor::{Executor, map};
use crate::likelihood::{Neighbours, canonical_order, max_min_order, place};
use crate::metric::Metric;
use crate::{Coord, Error, Result, Samples};

/// Fewest earlier neighbours of a sample in Vecchia's approximation, for each variable.
const NEIGHBOURS: usize = 20;
/// Samples of a task.
const TASK: usize = 256;

/// All samples of all variables, variable by variable. What depends on the model is made of it as often as there are models.
pub(super) struct Layout {
    coords: Vec<Coord>,
    variables: Vec<usize>,
    /// Values, or limits.
    values: Vec<f64>,
    errors: Vec<f64>,
    below: Vec<bool>,
    /// What is taken off the values of each variable.
    centres: Vec<f64>,
    /// Whether these are the means.
    known_means: bool,
    /// Where each variable's samples are.
    ranges: Vec<Range<usize>>,
    /// Samples in an order of the places, so that the draws do not depend on that of the samples.
    order: Vec<usize>,
    /// Of each rank of that order, earlier ones; `None` where all samples are taken together.
    near: Option<Neighbours>,
}

impl Layout {
    /// # Errors
    /// A cancelled executor.
    pub(super) fn new(
        samples: &[Samples],
        below: &[Vec<bool>],
        means: &Means,
        neighbours: usize,
        executor: &dyn Executor,
    ) -> Result<Self> {
        let (mut coords, mut variables, mut values, mut errors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut centres, mut ranges) = (Vec::new(), Vec::new());
        for (v, samples) in samples.iter().enumerate() {
            ranges.push(coords.len()..coords.len() + samples.len());
            coords.extend_from_slice(samples.coords());
            variables.extend(std::iter::repeat_n(v, samples.len()));
            values.extend_from_slice(samples.values());
            errors.extend((0..samples.len()).map(|i| samples.error_variance(i)));
            centres.push(if let Means::Known(means) = means { means[v] } else { samples.mean() });
        }
        let tie = |a: usize, b: usize| variables[a].cmp(&variables[b]).then(values[a].total_cmp(&values[b]));
        let sorted: Vec<usize> = canonical_order(&coords, tie).iter().map(|&i| i as usize).collect();
        let (order, near) = if sorted.len() <= EXACT_LIMIT {
            (sorted, None)
        } else {
            // Place by place, so that all variables spread over the area together, and at a place each is given those before it.
            let places: Vec<&[usize]> = sorted.chunk_by(|&a, &b| coords[a] == coords[b]).collect();
            let at: Vec<_> = places.iter().map(|p| place(Metric::Plane, coords[p[0]])).collect();
            let order: Vec<usize> =
                max_min_order(&at).iter().flat_map(|&r| places[r as usize].iter().copied()).collect();
            let at: Vec<_> = order.iter().map(|&i| place(Metric::Plane, coords[i])).collect();
            let count = neighbours.max(NEIGHBOURS * samples.len());
            (order, Some(Neighbours::earlier(&at, count, executor)?))
        };
        let known_means = matches!(means, Means::Known(_));
        let below = below.concat();
        Ok(Self { coords, variables, values, errors, below, centres, known_means, ranges, order, near })
    }

    /// Values, or limits, of all samples.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Where the samples of a variable are among all.
    pub(super) fn range(&self, variable: usize) -> Range<usize> {
        self.ranges[variable].clone()
    }

    /// Full conditionals of the censored samples under a model.
    ///
    /// # Errors
    /// Samples that the model makes depend on each other.
    pub(super) fn conditionals(&self, model: &Coregionalisation, executor: &dyn Executor) -> Result<Conditionals> {
        let conditionals = match &self.near {
            None => self.exact(model)?,
            Some(near) => self.vecchia(model, near, executor)?,
        };
        conditionals.checked(model, self.order.len())
    }

    fn singular(&self, model: &Coregionalisation) -> Error {
        Error::SingularSystem { size: self.order.len(), model: model.to_string() }
    }

    /// 1 in the column of each sample's variable; no column where the means are known.
    fn drift(&self) -> DMatrix<f64> {
        let columns = if self.known_means { 0 } else { self.ranges.len() };
        let entry = |k: usize, v: usize| f64::from(u8::from(self.variables[self.order[k]] == v));
        DMatrix::from_fn(self.order.len(), columns, entry)
    }

    /// Values less centres, by rank.
    fn centred(&self) -> Vec<f64> {
        self.order.iter().map(|&i| self.values[i] - self.centres[self.variables[i]]).collect()
    }

    /// Covariances of one sample with others; `unit` is memory to work in.
    fn covariances(
        &self,
        model: &Coregionalisation,
        i: usize,
        others: (&[Coord], &[usize]),
        unit: &mut Vec<f64>,
        out: &mut [f64],
    ) {
        let (coords, variables) = others;
        unit.resize(coords.len(), 0.0);
        out.fill(0.0);
        for term in model.terms() {
            term.unit().covariances(self.coords[i], coords, unit);
            for ((c, u), &v) in out.iter_mut().zip(unit.iter()).zip(variables) {
                *c += term.coefficients().get(self.variables[i], v) * u;
            }
        }
    }

    /// From the inverse of the covariances of all samples.
    fn exact(&self, model: &Coregionalisation) -> Result<Conditionals> {
        let n = self.order.len();
        let coords: Vec<Coord> = self.order.iter().map(|&i| self.coords[i]).collect();
        let variables: Vec<usize> = self.order.iter().map(|&i| self.variables[i]).collect();
        let (mut matrix, mut unit, mut row) = (DMatrix::zeros(n, n), Vec::new(), vec![0.0; n]);
        for (k, &i) in self.order.iter().enumerate() {
            self.covariances(model, i, (&coords[..=k], &variables[..=k]), &mut unit, &mut row[..=k]);
            row[k] += self.errors[i];
            // The decomposition reads the lower triangle only.
            row[..=k].iter().enumerate().for_each(|(j, c)| matrix[(k, j)] = *c);
        }
        let cholesky = Cholesky::new(matrix).ok_or_else(|| self.singular(model))?;
        let ranks: Vec<usize> = (0..n).filter(|&k| self.below[self.order[k]]).collect();
        let mut columns = DMatrix::zeros(n, ranks.len());
        ranks.iter().enumerate().for_each(|(a, &k)| columns[(k, a)] = 1.0);
        cholesky.solve_mut(&mut columns);
        let drift = self.drift();
        if drift.ncols() > 0 {
            let solved = cholesky.solve(&drift);
            let gram = Cholesky::new(drift.transpose() * &solved).ok_or_else(|| self.singular(model))?;
            let own = DMatrix::from_fn(drift.ncols(), ranks.len(), |v, a| solved[(ranks[a], v)]);
            columns -= &solved * gram.solve(&own);
        }
        let below: Vec<bool> = self.order.iter().map(|&i| self.below[i]).collect();
        let centres = ranks.iter().map(|&k| self.centres[variables[k]]).collect();
        let mut conditionals = Conditionals::of_columns(ranks, &columns, &self.centred(), centres, &below);
        conditionals.samples.iter_mut().for_each(|k| *k = self.order[*k]);
        Ok(conditionals)
    }

    /// From Vecchia's approximation of the distribution of all samples.
    fn vecchia(&self, model: &Coregionalisation, near: &Neighbours, executor: &dyn Executor) -> Result<Conditionals> {
        let n = self.order.len();
        let given = map(executor, n.div_ceil(TASK), |task| {
            let mut unit = Vec::new();
            let ranks = task * TASK..((task + 1) * TASK).min(n);
            ranks.map(|k| self.given_earlier(model, k, near.of(k), &mut unit)).collect::<Vec<_>>()
        })?;
        let given: Option<Vec<Given>> = given.into_iter().flatten().collect();
        let given = given.ok_or_else(|| self.singular(model))?;
        let (values, drift) = (self.centred(), self.drift());
        let rows = Rows { order: &self.order, near, given: &given, values: &values, below: &self.below, drift: &drift };
        Conditionals::of_rows(&rows, &|i| self.centres[self.variables[i]])
    }

    fn given_earlier(
        &self,
        model: &Coregionalisation,
        rank: usize,
        near: &[u32],
        unit: &mut Vec<f64>,
    ) -> Option<Given> {
        let own = self.order[rank];
        let others: Vec<usize> = near.iter().map(|&k| self.order[k as usize]).collect();
        let coords: Vec<Coord> = others.iter().map(|&i| self.coords[i]).collect();
        let variables: Vec<usize> = others.iter().map(|&i| self.variables[i]).collect();
        let covariances = |k: usize, row: &mut [f64]| match others.get(k) {
            Some(&i) => self.covariances(model, i, (&coords[..=k], &variables[..=k]), unit, row),
            None => self.covariances(model, own, (&coords, &variables), unit, row),
        };
        let variance = model.sill(self.variables[own], self.variables[own]) + self.errors[own];
        Given::earlier(others.iter().map(|&i| self.errors[i]), covariances, variance)
    }
}
