//! One co-kriging system: the samples of all variables together, factored.
//!
//! With C = LLᵀ the covariances of all samples, w = L⁻¹c₀, u = L⁻¹F for the drift's columns F (a 1 for each sample of the
//! column's variable, one column a variable with an unknown mean) and y = L⁻¹z, variables a and b are predicted with
//!
//! value_a = β_a + w_aᵀ(y − uβ), β = (uᵀu)⁻¹uᵀy;  covariance_ab = C_ab(0) − w_aᵀw_b + r_aᵀ(uᵀu)⁻¹r_b, r_a = e_a − uᵀw_a.

use super::Coregionalisation;
use crate::kriging::cholesky::{LANES, dot, factor, row_start, solve_lower, solve_lower_lanes};
use crate::kriging::non_negative;
use crate::{Coord, Prediction};

/// A factored system.
#[derive(Debug, Default)]
pub(super) struct System {
    /// Places, variable by variable.
    coords: Vec<Coord>,
    /// Where the samples of each variable start, and end.
    starts: Vec<usize>,
    /// Error variances, then nothing that is read.
    errors: Vec<f64>,
    lower: Vec<f64>,
    /// Centred data z; once factored L⁻¹z − uβ.
    data: Vec<f64>,
    /// Column of the drift of each variable with samples and an unknown mean.
    drift_of: Vec<Option<usize>>,
    /// L⁻¹F, column by column.
    drift: Vec<f64>,
    columns: usize,
    /// Factor G of uᵀu = GGᵀ, packed.
    gram: Vec<f64>,
    /// G⁻¹, column by column.
    inverse_gram: Vec<f64>,
    /// Mean of each variable: known, or estimated by generalised least squares.
    means: Vec<f64>,
    unit: Vec<f64>,
}

impl System {
    /// Empties the system.
    pub(super) fn clear(&mut self) {
        self.coords.clear();
        self.errors.clear();
        self.data.clear();
        self.starts.clear();
        self.starts.push(0);
        self.means.clear();
        self.drift_of.clear();
        self.columns = 0;
    }

    /// Adds a sample of the variable that comes next; `centred` is its value less the variable's centre.
    pub(super) fn push(&mut self, coord: Coord, centred: f64, error_variance: f64) {
        self.coords.push(coord);
        self.data.push(centred);
        self.errors.push(error_variance);
    }

    /// Ends the samples of a variable, whose mean is its centre where it is known.
    pub(super) fn end_variable(&mut self, centre: f64, known: bool) {
        let any = self.starts[self.starts.len() - 1] < self.coords.len();
        self.starts.push(self.coords.len());
        self.means.push(centre);
        self.drift_of.push((any && !known).then_some(self.columns));
        self.columns += usize::from(any && !known);
    }

    /// How many samples there are.
    pub(super) fn len(&self) -> usize {
        self.coords.len()
    }

    /// Factors the system; false where it is singular in floating point.
    #[must_use]
    pub(super) fn factor(&mut self, model: &Coregionalisation) -> bool {
        let n = self.len();
        self.fill(model);
        if !factor(&mut self.lower, n) {
            return false;
        }
        solve_lower(&self.lower, &mut self.data);
        self.drift.clear();
        self.drift.resize(n * self.columns, 0.0);
        for (v, column) in self.drift_of.iter().enumerate() {
            if let Some(k) = column {
                let column = &mut self.drift[k * n..(k + 1) * n];
                column[self.starts[v]..self.starts[v + 1]].fill(1.0);
                // Samples before the variable's first have nothing to solve for, but 0 does no harm.
                solve_lower(&self.lower, column);
            }
        }
        self.estimate_means()
    }

    /// The covariances of all samples.
    fn fill(&mut self, model: &Coregionalisation) {
        let n = self.len();
        self.lower.clear();
        self.lower.resize(row_start(n), 0.0);
        self.unit.resize(n, 0.0);
        for v in 0..self.means.len() {
            for i in self.starts[v]..self.starts[v + 1] {
                let row = &mut self.lower[row_start(i)..=row_start(i) + i];
                for term in model.terms() {
                    let unit = &mut self.unit[..=i];
                    term.unit().covariances(self.coords[i], &self.coords[..=i], unit);
                    for other in 0..=v {
                        let b = term.coefficients().get(v, other);
                        let block = self.starts[other]..self.starts[other + 1].min(i + 1);
                        for (r, u) in row[block.clone()].iter_mut().zip(&unit[block]) {
                            *r += b * u;
                        }
                    }
                }
                row[i] += self.errors[i];
            }
        }
    }

    /// β of the centred data, taken off them; false where the drift is singular.
    fn estimate_means(&mut self) -> bool {
        let (n, m) = (self.len(), self.columns);
        let column = |k: usize| k * n..(k + 1) * n;
        self.gram.clear();
        for a in 0..m {
            for b in 0..=a {
                self.gram.push(dot(&self.drift[column(a)], &self.drift[column(b)]));
            }
        }
        if !factor(&mut self.gram, m) {
            return false;
        }
        self.inverse_gram.clear();
        self.inverse_gram.resize(m * m, 0.0);
        for k in 0..m {
            self.inverse_gram[k * m + k] = 1.0;
            solve_lower(&self.gram, &mut self.inverse_gram[k * m..(k + 1) * m]);
        }
        let mut half: Vec<f64> = (0..m).map(|k| dot(&self.drift[column(k)], &self.data)).collect();
        solve_lower(&self.gram, &mut half);
        for (v, k) in self.drift_of.iter().enumerate() {
            let Some(k) = *k else { continue };
            let beta = dot(&self.inverse_gram[k * m..(k + 1) * m], &half);
            self.means[v] += beta;
            for (y, u) in self.data.iter_mut().zip(&self.drift[column(k)]) {
                *y -= u * beta;
            }
        }
        true
    }

    /// Solves for every place and wanted variable; results stay in `work`.
    ///
    /// Always by lanes, some of which may be idle: another order of sums would make the results of a place depend on how
    /// many are solved for together.
    pub(super) fn solve(&self, model: &Coregionalisation, places: &[Coord], wanted: &[usize], work: &mut Work) {
        self.right_hand_sides(model, places, wanted, work);
        self.solve_columns(&mut work.solved, &mut work.lanes);
        self.solve_excess(wanted, work);
    }

    /// As [`solve`](Self::solve) of one place, and without idle lanes where one variable is wanted.
    pub(super) fn solve_one(&self, model: &Coregionalisation, at: Coord, wanted: &[usize], work: &mut Work) {
        self.right_hand_sides(model, &[at], wanted, work);
        match wanted.len() {
            1 => solve_lower(&self.lower, &mut work.solved),
            _ => self.solve_columns(&mut work.solved, &mut work.lanes),
        }
        self.solve_excess(wanted, work);
    }

    /// Covariances to every place and wanted variable.
    fn right_hand_sides(&self, model: &Coregionalisation, places: &[Coord], wanted: &[usize], work: &mut Work) {
        let n = self.len();
        let columns = places.len() * wanted.len();
        work.wanted = wanted.len();
        work.solved.clear();
        work.solved.resize(n * columns, 0.0);
        work.unit.resize(n, 0.0);
        for (place, &at) in places.iter().enumerate() {
            for term in model.terms() {
                term.unit().covariances(at, &self.coords, &mut work.unit);
                for (k, &a) in wanted.iter().enumerate() {
                    let column = place * wanted.len() + k;
                    let c0 = &mut work.solved[column * n..(column + 1) * n];
                    for v in 0..self.means.len() {
                        let b = term.coefficients().get(a, v);
                        let block = self.starts[v]..self.starts[v + 1];
                        for (c, u) in c0[block.clone()].iter_mut().zip(&work.unit[block]) {
                            *c += b * u;
                        }
                    }
                }
            }
        }
    }

    /// L⁻¹ of columns of length n, in place.
    pub(super) fn solve_columns(&self, columns: &mut [f64], lanes: &mut Vec<[f64; LANES]>) {
        let n = self.len();
        for group in columns.chunks_mut(n * LANES) {
            lanes.clear();
            lanes.resize(n, [0.0; LANES]);
            for (k, column) in group.chunks(n).enumerate() {
                for (lane, c) in lanes.iter_mut().zip(column) {
                    lane[k] = *c;
                }
            }
            solve_lower_lanes(&self.lower, lanes);
            for (k, column) in group.chunks_mut(n).enumerate() {
                for (lane, c) in lanes.iter().zip(column) {
                    *c = lane[k];
                }
            }
        }
    }

    /// G⁻¹r of every column.
    fn solve_excess(&self, wanted: &[usize], work: &mut Work) {
        let (n, m) = (self.len(), self.columns);
        let columns = work.solved.len() / n;
        work.excess.clear();
        work.excess.resize(m * columns, 0.0);
        for column in 0..columns {
            let w = &work.solved[column * n..(column + 1) * n];
            let r = &mut work.excess[column * m..(column + 1) * m];
            for (k, r) in r.iter_mut().enumerate() {
                *r = -dot(&self.drift[k * n..(k + 1) * n], w);
            }
            if let Some(k) = self.drift_of[wanted[column % wanted.len()]] {
                r[k] += 1.0;
            }
            solve_lower(&self.gram, r);
        }
    }

    /// The prediction of the `k`-th wanted variable, which is `variable`, at the place numbered `place`.
    pub(super) fn prediction(
        &self,
        model: &Coregionalisation,
        work: &Work,
        place: usize,
        (k, variable): (usize, usize),
    ) -> Prediction {
        let w = work.solved_at(place, k, self.len());
        let variance = Some(non_negative(self.error_covariance(model, work, place, (k, variable), (k, variable))));
        let multiplier = match self.drift_of[variable] {
            Some(c) => {
                let m = self.columns;
                dot(&self.inverse_gram[c * m..(c + 1) * m], work.excess_at(place, k, m))
            }
            None => 0.0,
        };
        Prediction { value: self.means[variable] + dot(w, &self.data), variance, multiplier }
    }

    /// Covariance of the prediction errors of two wanted variables.
    pub(super) fn error_covariance(
        &self,
        model: &Coregionalisation,
        work: &Work,
        place: usize,
        (k, a): (usize, usize),
        (l, b): (usize, usize),
    ) -> f64 {
        let (n, m) = (self.len(), self.columns);
        let explained = dot(work.solved_at(place, k, n), work.solved_at(place, l, n));
        model.covariance_at_zero(a, b) - explained + dot(work.excess_at(place, k, m), work.excess_at(place, l, m))
    }

    /// How many variables there are.
    pub(super) fn variables(&self) -> usize {
        self.means.len()
    }

    /// Samples of a variable.
    pub(super) fn range_of(&self, variable: usize) -> std::ops::Range<usize> {
        self.starts[variable]..self.starts[variable + 1]
    }

    /// L⁻¹z − uβ.
    pub(super) fn residuals(&self) -> &[f64] {
        &self.data
    }

    /// G⁻¹uᵀx for a column x.
    pub(super) fn drift_part(&self, x: &[f64]) -> Vec<f64> {
        let n = self.len();
        let mut h: Vec<f64> = (0..self.columns).map(|k| dot(&self.drift[k * n..(k + 1) * n], x)).collect();
        solve_lower(&self.gram, &mut h);
        h
    }

    /// The column of G⁻¹ that belongs to a variable's mean, where it is unknown.
    pub(super) fn mean_column(&self, variable: usize) -> Option<&[f64]> {
        let m = self.columns;
        self.drift_of[variable].map(|k| &self.inverse_gram[k * m..(k + 1) * m])
    }
}

/// What a system's solutions are written into.
#[derive(Debug, Default)]
pub(super) struct Work {
    wanted: usize,
    unit: Vec<f64>,
    lanes: Vec<[f64; LANES]>,
    /// w, one column a place and wanted variable.
    solved: Vec<f64>,
    /// G⁻¹r, likewise.
    excess: Vec<f64>,
}

impl Work {
    fn solved_at(&self, place: usize, k: usize, n: usize) -> &[f64] {
        let column = place * self.wanted + k;
        &self.solved[column * n..(column + 1) * n]
    }

    fn excess_at(&self, place: usize, k: usize, m: usize) -> &[f64] {
        let column = place * self.wanted + k;
        &self.excess[column * m..(column + 1) * m]
    }
}
