//! The distribution of each value below its limit, given all other values.

use std::fmt::Display;

use nalgebra::DMatrix;

use crate::drift::{Basis, RANK_TOLERANCE};
use crate::executor::{Executor, map};
use crate::kriging::Kriging;
use crate::kriging::cholesky::{dot, factor, row_start, solve_lower};
use crate::likelihood::{Neighbours, canonical_order, max_min_order, place};
use crate::neighbourhood::Neighbourhood;
use crate::variogram::Variogram;
use crate::{Error, Result, Samples};

/// Most samples with which the conditionals come from the inverse of all samples' covariances.
pub(super) const EXACT_LIMIT: usize = 1000;
/// Samples of a task.
const TASK: usize = 256;

/// Full conditionals of the censored samples, in the sampler's order: with y the values less `centres`, and B their precision
/// with the drift's coefficients integrated out, the mean is yₐ − (By)ₐ/Bₐₐ and the variance 1/Bₐₐ.
///
/// B = Q − QF G⁻¹ FᵀQ is kept as the rows of Q, v = FᵀQ and G⁻¹v; exactly computed rows need no v.
pub(super) struct Conditionals {
    /// Sample of each.
    pub(super) samples: Vec<usize>,
    /// What is taken off its values.
    pub(super) centres: Vec<f64>,
    /// What the quantified values contribute to (Qy)ₐ.
    base: Vec<f64>,
    own: Vec<f64>,
    /// Bₐₐ.
    precision: Vec<f64>,
    starts: Vec<usize>,
    pairs: Vec<(u32, f64)>,
    functions: usize,
    v: Vec<f64>,
    solved: Vec<f64>,
    /// What the quantified values contribute to FᵀQy.
    base_sum: Vec<f64>,
}

impl Conditionals {
    /// # Errors
    /// As kriging with all samples; beyond [`EXACT_LIMIT`] samples also a model without a sill.
    pub(super) fn new(
        recipe: &Kriging,
        samples: &Samples,
        below: &[bool],
        neighbours: usize,
        executor: &dyn Executor,
    ) -> Result<Self> {
        if samples.len() <= EXACT_LIMIT {
            Self::exact(recipe, samples, below)
        } else {
            Self::vecchia(recipe, samples, below, neighbours, executor)
        }
    }

    fn exact(recipe: &Kriging, samples: &Samples, below: &[bool]) -> Result<Self> {
        // In an order of the places, so that the draws do not depend on that of the samples.
        let order = canonical_order(samples.coords(), |a, b| samples.values()[a].total_cmp(&samples.values()[b]));
        let of: Vec<usize> = order.iter().map(|&i| i as usize).filter(|&i| below[i]).collect();
        let global = Kriging { neighbourhood: Neighbourhood::Global, ..recipe.clone() };
        let (columns, centre) = global.precision_columns(samples, &of)?;
        let values: Vec<f64> = samples.values().iter().map(|v| v - centre).collect();
        let centres = vec![centre; of.len()];
        Self::of_columns(of, &columns, &values, centres, below).checked(&recipe.variogram, samples.len())
    }

    /// From the columns of B that belong to the samples `of`, and all `values` less their centres.
    pub(super) fn of_columns(
        of: Vec<usize>,
        columns: &DMatrix<f64>,
        values: &[f64],
        centres: Vec<f64>,
        below: &[bool],
    ) -> Self {
        let (mut base, mut own, mut starts, mut pairs) = (Vec::new(), Vec::new(), vec![0], Vec::new());
        for (a, &i) in of.iter().enumerate() {
            let column = columns.column(a);
            let known = (0..values.len()).filter(|&j| !below[j]);
            base.push(known.map(|j| column[j] * values[j]).sum());
            own.push(column[i]);
            pairs.extend(of.iter().enumerate().filter(|&(b, _)| b != a).map(|(b, &j)| (b as u32, column[j])));
            starts.push(pairs.len());
        }
        let (v, solved, base_sum) = (Vec::new(), Vec::new(), Vec::new());
        let precision = own.clone();
        Self { samples: of, centres, base, own, precision, starts, pairs, functions: 0, v, solved, base_sum }
    }

    /// From Vecchia's approximation: Q = Σ rₖrₖᵀ/dₖ with rₖ = eₖ − Σ aₖⱼeⱼ, aₖ and dₖ the weights and the variance of sample k given
    /// its nearest ones before it in maximum-minimum-distance order. All conditionals are of this one distribution.
    fn vecchia(
        recipe: &Kriging,
        samples: &Samples,
        below: &[bool],
        neighbours: usize,
        executor: &dyn Executor,
    ) -> Result<Self> {
        recipe.check(samples)?;
        if !recipe.variogram.is_bounded() {
            let model = recipe.variogram.to_string();
            return Err(Error::Unbounded { model, purpose: "imputing values below limits of more than 1000 samples" });
        }
        let n = samples.len();
        let tie = |a: usize, b: usize| samples.values()[a].total_cmp(&samples.values()[b]);
        let order: Vec<usize> = canonical_order(samples.coords(), tie).iter().map(|&i| i as usize).collect();
        let sorted = samples.subset(&order)?;
        let place_of = |s: &Samples| s.coords().iter().map(|&at| place(s.metric(), at)).collect::<Vec<_>>();
        let ranks = max_min_order(&place_of(&sorted));
        let order: Vec<usize> = ranks.iter().map(|&r| order[r as usize]).collect();
        let ordered = samples.subset(&order)?;
        let centre = recipe.drift.known_mean().unwrap_or_else(|| ordered.mean());
        let basis = Basis::new(recipe.drift, &ordered)?;
        let drift = basis.matrix(&ordered);
        let variogram = recipe.variogram.clone().on(samples.metric())?;
        let near = Neighbours::earlier(&place_of(&ordered), neighbours, executor)?;
        let singular = || Error::SingularSystem { size: n, model: recipe.variogram.to_string() };
        let rows = map(executor, n.div_ceil(TASK), |task| {
            (task * TASK..((task + 1) * TASK).min(n))
                .map(|k| given_earlier(&variogram, &ordered, k, near.of(k)))
                .collect::<Vec<_>>()
        })?;
        let given: Vec<Given> = rows.into_iter().flatten().collect::<Option<_>>().ok_or_else(singular)?;
        let values: Vec<f64> = ordered.values().iter().map(|v| v - centre).collect();
        let rows = Rows { order: &order, near: &near, given: &given, values: &values, below, drift: &drift };
        Self::of_rows(&rows, &|_| centre)?.checked(&recipe.variogram, n)
    }

    /// From Q = Σ rₖrₖᵀ/dₖ, with the value that is taken off each sample.
    ///
    /// # Errors
    /// A drift whose columns depend on each other.
    pub(super) fn of_rows(rows: &Rows<'_>, centre: &dyn Fn(usize) -> f64) -> Result<Self> {
        let Rows { order, near, given, values, below, drift } = *rows;
        let (n, p) = (order.len(), drift.ncols());
        // Rank of each censored sample among the censored.
        let mut slot = vec![u32::MAX; n];
        let ranks: Vec<usize> = (0..n).filter(|&k| below[order[k]]).collect();
        ranks.iter().enumerate().for_each(|(a, &k)| slot[k] = a as u32);
        let c = ranks.len();
        let (mut base, mut own) = (vec![0.0; c], vec![0.0; c]);
        let mut lists = vec![PairList::default(); c];
        let (mut v, mut base_sum, mut gram) = (vec![0.0; c * p], vec![0.0; p], vec![0.0; p * p]);
        let mut h = vec![0.0; p];
        for (k, given) in given.iter().enumerate() {
            let members = || {
                std::iter::once((k, 1.0)).chain(near.of(k).iter().zip(&given.weights).map(|(&j, a)| (j as usize, -a)))
            };
            for f in 0..p {
                h[f] = members().map(|(j, r)| r * drift[(j, f)]).sum();
            }
            let known: f64 = members().filter(|&(j, _)| slot[j] == u32::MAX).map(|(j, r)| r * values[j]).sum();
            let scale = 1.0 / given.variance;
            for f in 0..p {
                base_sum[f] += scale * h[f] * known;
                for g in 0..p {
                    gram[f * p + g] += scale * h[f] * h[g];
                }
            }
            for (i, r) in members().filter(|&(i, _)| slot[i] != u32::MAX) {
                let a = slot[i] as usize;
                base[a] += scale * r * known;
                own[a] += scale * r * r;
                for f in 0..p {
                    v[a * p + f] += scale * r * h[f];
                }
                let others = members().filter(|&(j, _)| slot[j] != u32::MAX && j != i);
                lists[a].add(others.map(|(j, q)| (slot[j], scale * r * q)));
            }
        }
        let (mut starts, mut pairs) = (vec![0], Vec::new());
        for list in &mut lists {
            list.merge();
            pairs.append(&mut list.pairs);
            starts.push(pairs.len());
        }
        let gram = DMatrix::from_vec(p, p, gram);
        let diagonal = gram.diagonal();
        let refused = || Error::DriftSingular { columns: p, samples: n };
        let cholesky = nalgebra::Cholesky::new(gram).ok_or_else(refused)?;
        let pivots = cholesky.l_dirty().diagonal();
        if pivots.iter().zip(diagonal.iter()).any(|(l, d)| !(l * l > RANK_TOLERANCE * d)) {
            return Err(refused());
        }
        let solved: Vec<f64> = cholesky.solve(&DMatrix::from_column_slice(p, c, &v)).data.into();
        let excess = |a: usize| dot(&v[a * p..(a + 1) * p], &solved[a * p..(a + 1) * p]);
        let precision = (0..c).map(|a| own[a] - excess(a)).collect();
        let of: Vec<usize> = ranks.iter().map(|&k| order[k]).collect();
        let centres = of.iter().map(|&i| centre(i)).collect();
        Ok(Self { samples: of, centres, base, own, precision, starts, pairs, functions: p, v, solved, base_sum })
    }

    /// # Errors
    /// A value that has no distribution given all others.
    pub(super) fn checked(self, model: &dyn Display, samples: usize) -> Result<Self> {
        if self.precision.iter().all(|&q| q > 0.0 && q.is_finite()) {
            return Ok(self);
        }
        // The drift's coefficients stand on a value that is not known.
        Err(Error::SingularSystem { size: samples, model: model.to_string() })
    }

    /// How many values are below their limits.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Standard deviation of value `a` given all others.
    pub(super) fn deviation(&self, a: usize) -> f64 {
        1.0 / self.precision[a].sqrt()
    }

    /// FᵀQy for these values of the censored samples.
    pub(super) fn sum(&self, y: &[f64]) -> Vec<f64> {
        let mut sum = self.base_sum.clone();
        if self.functions > 0 {
            for (v, y) in self.v.chunks_exact(self.functions).zip(y) {
                sum.iter_mut().zip(v).for_each(|(s, v)| *s += v * y);
            }
        }
        sum
    }

    /// Mean of value `a` given all others, the censored ones `y`.
    pub(super) fn mean(&self, a: usize, y: &[f64], sum: &[f64]) -> f64 {
        let pairs = &self.pairs[self.starts[a]..self.starts[a + 1]];
        let others: f64 = pairs.iter().map(|&(b, q)| q * y[b as usize]).sum();
        let trend = dot(&self.solved[a * self.functions..(a + 1) * self.functions], sum);
        y[a] - (self.base[a] + self.own[a] * y[a] + others - trend) / self.precision[a]
    }

    /// Keeps FᵀQy up to date after value `a` rose by `by`.
    pub(super) fn moved(&self, a: usize, by: f64, sum: &mut [f64]) {
        let v = &self.v[a * self.functions..(a + 1) * self.functions];
        sum.iter_mut().zip(v).for_each(|(s, v)| *s += v * by);
    }
}

/// Vecchia's approximation of all samples' distribution, in the order of their ranks.
pub(super) struct Rows<'a> {
    /// Sample of each rank.
    pub(super) order: &'a [usize],
    pub(super) near: &'a Neighbours,
    pub(super) given: &'a [Given],
    /// Of each rank, less its centre.
    pub(super) values: &'a [f64],
    /// Of each sample.
    pub(super) below: &'a [bool],
    /// A row for each rank.
    pub(super) drift: &'a DMatrix<f64>,
}

/// Entries of a row of Q, of which several may be of one column.
#[derive(Debug, Clone, Default)]
struct PairList {
    pairs: Vec<(u32, f64)>,
    merged: usize,
}

/// Entries that a list takes before those of one column are summed up: what bounds its memory.
const UNMERGED: usize = 2048;

impl PairList {
    fn add(&mut self, more: impl Iterator<Item = (u32, f64)>) {
        self.pairs.extend(more);
        if self.pairs.len() > UNMERGED + 2 * self.merged {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.pairs.sort_by_key(|pair| pair.0);
        let sums = self.pairs.chunk_by(|x, y| x.0 == y.0).map(|same| (same[0].0, same.iter().map(|s| s.1).sum()));
        self.pairs = sums.collect();
        self.merged = self.pairs.len();
    }
}

/// A sample given earlier ones.
pub(super) struct Given {
    pub(super) weights: Vec<f64>,
    pub(super) variance: f64,
}

fn given_earlier(variogram: &Variogram, samples: &Samples, k: usize, near: &[u32]) -> Option<Given> {
    let coords: Vec<_> = near.iter().map(|&j| samples.coords()[j as usize]).collect();
    let at = samples.coords()[k];
    let error = |i: usize| variogram.error_variance() + samples.error_variance(i);
    let covariances = |i: usize, row: &mut [f64]| match coords.get(i) {
        Some(&at) => variogram.covariances(at, &coords[..=i], row),
        None => variogram.covariances(at, &coords, row),
    };
    let errors = near.iter().map(|&j| error(j as usize));
    Given::earlier(errors, covariances, variogram.variance_at_zero() + error(k))
}

impl Given {
    /// A sample of variance `own` given as many others as there are `errors`, which are added to their variances. `covariances` are
    /// those of one of them with all up to itself, and with the number after the last those of the sample with all of them.
    ///
    /// `None` where the others leave it no variance, or one another.
    pub(super) fn earlier(
        errors: impl ExactSizeIterator<Item = f64>,
        mut covariances: impl FnMut(usize, &mut [f64]),
        own: f64,
    ) -> Option<Self> {
        let m = errors.len();
        let mut lower = vec![0.0; row_start(m)];
        for (i, error) in errors.enumerate() {
            let row = &mut lower[row_start(i)..=row_start(i) + i];
            covariances(i, row);
            row[i] += error;
        }
        if !factor(&mut lower, m) {
            return None;
        }
        let mut weights = vec![0.0; m];
        covariances(m, &mut weights);
        solve_lower(&lower, &mut weights);
        let variance = own - dot(&weights, &weights);
        crate::kriging::solve_upper(&lower, &mut weights);
        (variance > 1e-12 * own).then_some(Self { weights, variance })
    }
}
