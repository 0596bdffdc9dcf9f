//! The co-kriging system of samples of several variables, built one by one, and the weights it gives.

use crate::Coord;
use crate::cokriging::Coregionalisation;
use crate::kriging::cholesky::{dot, factor, solve_lower, solve_upper};

/// A sample whose variance, given those before it, is no more than this part of its own is passed over, as in
/// [`LocalSystem`](super::super::system::LocalSystem).
const REDUNDANT: f64 = 1e-9;

/// Covariances of samples of several variables, factored as they come.
#[derive(Debug, Default)]
pub(super) struct CoSystem {
    coords: Vec<Coord>,
    variables: Vec<usize>,
    /// Packed Cholesky factor L.
    lower: Vec<f64>,
    row: Vec<f64>,
    unit: Vec<f64>,
    /// Column of the drift of each variable: 1 at its samples. `None` where its mean is known or it has no sample.
    columns: Vec<Option<usize>>,
    /// L⁻¹F, column by column.
    drift: Vec<f64>,
    /// Factor G of uᵀu = GGᵀ, packed.
    gram: Vec<f64>,
}

impl CoSystem {
    pub(super) fn clear(&mut self) {
        self.coords.clear();
        self.variables.clear();
        self.lower.clear();
        self.columns.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.coords.len()
    }

    /// Takes a sample in, or passes over one that those before make redundant; tells which.
    pub(super) fn push(&mut self, model: &Coregionalisation, variable: usize, at: Coord, error_variance: f64) -> bool {
        let mut row = std::mem::take(&mut self.row);
        row.resize(self.len(), 0.0);
        let mut unit = std::mem::take(&mut self.unit);
        self.covariances(model, at, &[variable], &mut unit, &mut row);
        self.unit = unit;
        solve_lower(&self.lower, &mut row);
        let own = model.sill(variable, variable) + error_variance;
        let pivot = own - dot(&row, &row);
        // Written so that NaN is passed over too.
        let taken = pivot > REDUNDANT * own;
        if taken {
            self.lower.extend_from_slice(&row);
            self.lower.push(pivot.sqrt());
            self.coords.push(at);
            self.variables.push(variable);
        }
        self.row = row;
        taken
    }

    /// Covariances between each wanted variable at a place and all samples, one column a variable; `unit` is memory to
    /// work in.
    pub(super) fn covariances(
        &self,
        model: &Coregionalisation,
        at: Coord,
        wanted: &[usize],
        unit: &mut Vec<f64>,
        out: &mut [f64],
    ) {
        let n = self.len();
        unit.resize(n, 0.0);
        out.fill(0.0);
        for term in model.terms() {
            term.unit().covariances(at, &self.coords, unit);
            for (&a, column) in wanted.iter().zip(out.chunks_mut(n.max(1))) {
                for ((c, u), &v) in column.iter_mut().zip(unit.iter()).zip(&self.variables) {
                    *c += term.coefficients().get(a, v) * u;
                }
            }
        }
    }

    /// Ends the system: prepares the means to be estimated, where they are not known.
    ///
    /// # Panics
    /// Never: samples that are not redundant tell the means of their variables apart.
    pub(super) fn end(&mut self, variables: usize, known_means: bool) {
        let n = self.len();
        let mut columns = 0;
        self.columns.clear();
        self.drift.clear();
        for v in 0..variables {
            let any = !known_means && self.variables.contains(&v);
            self.columns.push(any.then_some(columns));
            if any {
                columns += 1;
                self.drift.extend(self.variables.iter().map(|&own| f64::from(u8::from(own == v))));
                solve_lower(&self.lower, &mut self.drift[(columns - 1) * n..]);
            }
        }
        self.gram.clear();
        for a in 0..columns {
            for b in 0..=a {
                self.gram.push(dot(&self.drift[a * n..(a + 1) * n], &self.drift[b * n..(b + 1) * n]));
            }
        }
        assert!(factor(&mut self.gram, columns), "samples tell the means apart");
    }

    /// Weights of the samples for every variable at a place, one column a variable: C⁻¹(c − F (uᵀu)⁻¹(uᵀw − e)).
    pub(super) fn weights(&mut self, model: &Coregionalisation, at: Coord, all: &[usize], out: &mut Vec<f64>) {
        let n = self.len();
        out.clear();
        out.resize(n * all.len(), 0.0);
        let mut unit = std::mem::take(&mut self.unit);
        self.covariances(model, at, all, &mut unit, out);
        self.unit = unit;
        for (v, w) in out.chunks_mut(n.max(1)).enumerate() {
            solve_lower(&self.lower, w);
            let mut excess: Vec<f64> = self.drift.chunks(n.max(1)).map(|u| -dot(u, w)).collect();
            if let Some(column) = self.columns[v] {
                excess[column] += 1.0;
            }
            self.correct(&mut excess, w);
            solve_upper(&self.lower, w);
        }
    }

    /// Adds u (uᵀu)⁻¹ r to w.
    fn correct(&self, r: &mut [f64], w: &mut [f64]) {
        if r.is_empty() {
            return;
        }
        solve_lower(&self.gram, r);
        solve_upper(&self.gram, r);
        for (r, u) in r.iter().zip(self.drift.chunks(w.len())) {
            for (w, u) in w.iter_mut().zip(u) {
                *w += r * u;
            }
        }
    }

    /// Makes data ready to be multiplied by covariances, in place: C⁻¹ of what their estimated means leave of them. Gives
    /// the means, 0 where they are known.
    pub(super) fn dual(&self, data: &mut [f64]) -> Vec<f64> {
        solve_lower(&self.lower, data);
        let mut means: Vec<f64> = self.drift.chunks(self.len().max(1)).map(|u| dot(u, data)).collect();
        if !means.is_empty() {
            solve_lower(&self.gram, &mut means);
            solve_upper(&self.gram, &mut means);
        }
        for (mean, u) in means.iter().zip(self.drift.chunks(data.len().max(1))) {
            for (y, u) in data.iter_mut().zip(u) {
                *y -= mean * u;
            }
        }
        solve_upper(&self.lower, data);
        self.columns.iter().map(|column| column.map_or(0.0, |k| means[k])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Samples;
    use crate::cokriging::{CoKriging, Coefficients, Means, Term};
    use crate::neighbourhood::Neighbourhood;
    use crate::variogram::{Model, Structure};

    #[test]
    fn weights_and_dual_predict_what_co_kriging_predicts() {
        let rows = |a: f64, b: f64, c: f64| Coefficients::from_rows(&[vec![a, b], vec![b, c]]).unwrap();
        let spherical = Structure::new(Model::Spherical, 1.0, 50.0).unwrap();
        let terms = vec![
            Term::nugget(rows(0.1, 0.05, 0.3)).unwrap(),
            Term::structure(spherical, rows(1.0, -0.9, 2.0)).unwrap(),
        ];
        let model = Coregionalisation::new(vec!["a".into(), "b".into()], terms).unwrap();
        let a = Samples::new(vec![[0.0, 0.0], [10.0, 3.0], [4.0, 20.0]], vec![1.0, 3.0, -2.0]).unwrap();
        let b = Samples::new(vec![[0.0, 0.0], [30.0, 30.0]], vec![7.0, 4.0]).unwrap();
        let b = b.with_error_variances(vec![0.2, 0.0]).unwrap();
        for means in [Means::Unknown, Means::Known(vec![0.0, 0.0])] {
            let known = means != Means::Unknown;
            let cokriging = CoKriging { model: model.clone(), means, neighbourhood: Neighbourhood::Global };
            let at = [7.0, 9.0];
            let expected = cokriging.fit(&[a.clone(), b.clone()]).unwrap().predict(at);
            let mut system = CoSystem::default();
            let mut data = Vec::new();
            for (v, samples) in [&a, &b].into_iter().enumerate() {
                for i in 0..samples.len() {
                    assert!(system.push(&model, v, samples.coords()[i], samples.error_variance(i)));
                    data.push(samples.values()[i]);
                }
            }
            assert!(!system.push(&model, 0, [10.0, 3.0], 0.0), "a second time it says nothing new");
            system.end(2, known);
            let (mut weights, mut covariances) = (Vec::new(), vec![0.0; 10]);
            system.weights(&model, at, &[0, 1], &mut weights);
            system.covariances(&model, at, &[0, 1], &mut Vec::new(), &mut covariances);
            let mut dual = data.clone();
            let means = system.dual(&mut dual);
            for v in 0..2 {
                let own = expected.get(0, v).unwrap().value;
                assert!((dot(&weights[5 * v..5 * v + 5], &data) - own).abs() < 1e-12);
                assert!((means[v] + dot(&covariances[5 * v..5 * v + 5], &dual) - own).abs() < 1e-12);
            }
        }
    }
}
