//! A system for each target, of the samples near it.

use super::cholesky::{LANES, dot, factor, row_start, solve_lower};
use super::{Kriging, non_negative};
use crate::neighbourhood::{SampleIndex, Search};
use crate::variogram::Variogram;
use crate::{Coord, Gap, Prediction, Predictions, Predictor, Samples, Scratch, Targets};

/// Working memory of a kriging system.
#[derive(Debug, Default)]
pub(crate) struct KrigingScratch {
    /// Neighbours of the target, increasing.
    neighbours: Vec<usize>,
    /// Neighbours of the system below.
    factored: Vec<usize>,
    regular: bool,
    coords: Vec<Coord>,
    lower: Vec<f64>,
    /// L⁻¹(z − known mean) and L⁻¹1.
    data: Vec<f64>,
    one: Vec<f64>,
    /// Covariances to the target, then L⁻¹ of them.
    row: Vec<f64>,
    lanes: Vec<[f64; LANES]>,
}

impl KrigingScratch {
    /// Forgets the factored system: it may be another predictor's.
    pub(super) fn forget(&mut self) {
        self.factored.clear();
    }

    /// A row and a block of right-hand sides for `n` samples.
    pub(super) fn rows(&mut self, n: usize) -> (&mut [f64], &mut [[f64; LANES]]) {
        self.row.resize(n, 0.0);
        self.lanes.clear();
        self.lanes.resize(n, [0.0; LANES]);
        (&mut self.row, &mut self.lanes)
    }
}

/// Kriging with the samples of a search around each target.
pub(super) struct MovingKriging {
    variogram: Variogram,
    known_mean: Option<f64>,
    /// Taken off the data before solving, so that a large mean costs no digits.
    centre: f64,
    search: Search,
    samples: Samples,
    index: SampleIndex,
}

impl MovingKriging {
    pub(super) fn new(recipe: &Kriging, samples: &Samples, search: Search) -> Self {
        Self {
            variogram: recipe.variogram.clone(),
            known_mean: recipe.drift.known_mean(),
            centre: recipe.drift.known_mean().unwrap_or_else(|| samples.mean()),
            search,
            samples: samples.clone(),
            index: SampleIndex::new(samples.coords()),
        }
    }

    /// Predicts one target from the samples that `keep` does not exclude.
    ///
    /// Neighbouring targets mostly share their neighbours, and then their factorisation too.
    pub(super) fn predict_one(
        &self,
        at: Coord,
        keep: impl Fn(usize) -> bool,
        scratch: &mut Scratch,
    ) -> Result<Prediction, Gap> {
        Gap::check_place(at)?;
        let s = &mut scratch.kriging;
        self.index.neighbours(at, &self.search, keep, &mut scratch.search, &mut s.neighbours)?;
        if s.neighbours != s.factored {
            std::mem::swap(&mut s.neighbours, &mut s.factored);
            s.regular = self.factor(s);
        }
        if !s.regular {
            return Err(Gap::SingularSystem);
        }
        s.row.resize(s.coords.len(), 0.0);
        self.variogram.covariances(at, &s.coords, &mut s.row);
        solve_lower(&s.lower, &mut s.row);
        let explained = dot(&s.row, &s.row);
        let sill = self.variogram.sill();
        // Without a known mean `data` still holds the mean β of the centred data: wᵀ(y − uβ) + β = wᵀy + β (1 − wᵀu).
        let (mean, excess, information) = match self.known_mean {
            Some(_) => (0.0, 0.0, 1.0),
            None => {
                let information = dot(&s.one, &s.one);
                (dot(&s.one, &s.data) / information, 1.0 - dot(&s.one, &s.row), information)
            }
        };
        let multiplier = excess / information;
        let value = self.centre + dot(&s.row, &s.data) + mean * excess;
        let variance = non_negative(sill - explained + excess * multiplier);
        Ok(Prediction { value, variance: Some(variance), multiplier })
    }

    /// Factors the system of `scratch.factored`; false where it is singular.
    fn factor(&self, s: &mut KrigingScratch) -> bool {
        let n = s.factored.len();
        let coords = self.samples.coords();
        s.coords.clear();
        s.coords.extend(s.factored.iter().map(|&i| coords[i]));
        s.lower.resize(row_start(n), 0.0);
        for i in 0..n {
            let row = &mut s.lower[row_start(i)..=row_start(i) + i];
            self.variogram.covariances(s.coords[i], &s.coords[..=i], row);
            row[i] += self.variogram.error_variance();
        }
        if !factor(&mut s.lower, n) {
            return false;
        }
        s.data.clear();
        s.data.extend(s.factored.iter().map(|&i| self.samples.values()[i] - self.centre));
        solve_lower(&s.lower, &mut s.data);
        if self.known_mean.is_none() {
            s.one.clear();
            s.one.resize(n, 1.0);
            solve_lower(&s.lower, &mut s.one);
        }
        true
    }
}

impl Predictor for MovingKriging {
    fn has_variance(&self) -> bool {
        true
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), true);
        scratch.kriging.forget();
        for i in 0..targets.len() {
            out.set(i, self.predict_one(targets.coord(i), |_| true, scratch));
        }
    }
}
