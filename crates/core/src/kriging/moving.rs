//! A system for each target, of the samples near it.

use std::sync::Arc;

use super::batch::{self, Data, Recipe, Searched};
use super::cholesky::{dot, factor, row_start, solve_lower, solve_upper};
use super::redundant::independent_rows;
use super::setting::Setting;
use super::{Kriging, non_negative};
use crate::drift::{Basis, RANK_TOLERANCE};
use crate::neighbourhood::{Held, SampleIndex, Search};
use crate::together::{Local, Sharing};
use crate::variogram::LaneCovariance;
use crate::{Coord, Gap, Outcome, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// Working memory of a kriging system.
#[derive(Debug, Default)]
pub(crate) struct KrigingScratch {
    /// Neighbours of the target, increasing.
    neighbours: Vec<usize>,
    /// Neighbours that the system below was made for.
    factored: Vec<usize>,
    /// Those of them that it holds: all, unless some say nothing new.
    kept: Vec<usize>,
    /// Why there is no system.
    gap: Option<Gap>,
    coords: Vec<Coord>,
    /// The drift's functions, centred on the system's samples.
    basis: Option<Basis>,
    lower: Vec<f64>,
    /// L⁻¹(z − centre).
    data: Vec<f64>,
    /// U = L⁻¹F, one column of n after the other.
    drift: Vec<f64>,
    /// Factor of G = UᵀU, packed.
    gram: Vec<f64>,
    /// L_G⁻¹Uᵀy, whose solution is β.
    coefficients: Vec<f64>,
    /// Covariances to the target, then L⁻¹ of them.
    row: Vec<f64>,
    /// Drift functions at the target, then L_G⁻¹ of them; and L_G⁻¹ of what the samples leave of them.
    functions: Vec<f64>,
    rest: Vec<f64>,
    spare: Vec<f64>,
    /// Weights of `kept`, where they were asked for.
    weights: Vec<f64>,
}

impl KrigingScratch {
    /// The samples of the system and their weights in the prediction just made: with w = L⁻¹c₀ and r left of the drift by
    /// the samples, λ = L⁻ᵀ(w + UG⁻¹r).
    pub(super) fn weights(&mut self) -> (&[usize], &[f64]) {
        let n = self.kept.len();
        self.weights.clone_from(&self.row);
        if !self.drift.is_empty() {
            // `rest` holds L_G⁻¹r.
            solve_upper(&self.gram, &mut self.rest);
            for (column, r) in self.drift.chunks_exact(n).zip(&self.rest) {
                self.weights.iter_mut().zip(column).for_each(|(w, u)| *w += r * u);
            }
        }
        solve_upper(&self.lower, &mut self.weights);
        (&self.kept, &self.weights)
    }
}

/// Kriging with the samples of a search around each target.
pub(crate) struct MovingKriging {
    setting: Setting,
    search: Search,
    samples: Samples,
    index: Arc<SampleIndex>,
    /// The model in lanes, where vectors can compute it.
    covariance: Option<LaneCovariance>,
}

impl MovingKriging {
    /// # Errors
    /// As [`Setting::new`].
    pub(super) fn new(recipe: &Kriging, samples: &Samples, search: Search) -> Result<Self> {
        Self::beside(recipe, samples, search, None)
    }

    /// The same, with the index that a predictor at the same places has already.
    pub(super) fn beside(
        recipe: &Kriging,
        samples: &Samples,
        search: Search,
        beside: Option<&dyn Predictor>,
    ) -> Result<Self> {
        let setting = Setting::new(recipe, samples)?;
        let (samples, index) = crate::together::places_of(samples, beside);
        Ok(Self { covariance: LaneCovariance::new(&setting.variogram), setting, search, samples, index })
    }

    /// What two predictors have in common.
    pub(crate) fn sharing(&self, other: &Self) -> Sharing {
        let searched = self.search == other.search
            && self.setting.basis.covariates() == other.setting.basis.covariates()
            && self.covariance.is_some()
            && other.covariance.is_some()
            && self.samples.has_places_of(&other.samples);
        match searched {
            false => Sharing::Nothing,
            true if self.setting.has_system_of(&other.setting) && self.samples.has_design_of(&other.samples) => {
                Sharing::Weights
            }
            true => Sharing::Neighbours,
        }
    }

    pub(crate) fn places(&self) -> (&Samples, &Arc<SampleIndex>) {
        (&self.samples, &self.index)
    }

    /// Makes a scratch ready: what it has factored may be another predictor's.
    pub(super) fn prepare(&self, s: &mut KrigingScratch) {
        s.factored.clear();
        s.basis = Some(self.setting.basis.clone());
        // What another predictor's drift left, where this one has none.
        s.drift.clear();
        let columns = self.setting.basis.columns();
        s.functions.resize(columns, 0.0);
        s.rest.resize(columns, 0.0);
    }

    /// What the drift needs of the covariates of a sample.
    pub(super) fn covariates_of<'a>(&self, samples: &'a Samples, index: usize) -> &'a [f64] {
        if self.setting.basis.covariates() == 0 { &[] } else { samples.covariates(index) }
    }

    /// Predicts one target from the samples that `keep` does not exclude.
    ///
    /// Neighbouring targets mostly share their neighbours, and then their factorisation too.
    pub(super) fn predict_one(
        &self,
        at: Coord,
        covariates: &[f64],
        keep: impl Fn(usize) -> bool,
        scratch: &mut Scratch,
    ) -> Outcome {
        Gap::check_place(at)?;
        let s = &mut scratch.kriging;
        self.index.neighbours(at, &self.search, keep, &mut scratch.search, &mut s.neighbours)?;
        if s.neighbours != s.factored {
            std::mem::swap(&mut s.neighbours, &mut s.factored);
            s.gap = self.factor(s).err();
        }
        if let Some(gap) = s.gap {
            return Err(gap);
        }
        s.row.resize(s.coords.len(), 0.0);
        self.setting.covariances(at, &s.coords, &mut s.row, &mut s.spare);
        solve_lower(&s.lower, &mut s.row);
        let mut value = self.setting.centre + dot(&s.row, &s.data);
        let mut variance = self.setting.own_variance - dot(&s.row, &s.row);
        let mut multiplier = 0.0;
        if let Some(basis) = &s.basis
            && basis.columns() > 0
        {
            let n = s.coords.len();
            self.setting.drift(basis, at, covariates, &mut s.functions, &mut s.spare);
            for (k, column) in s.drift.chunks_exact(n).enumerate() {
                s.rest[k] = s.functions[k] - dot(column, &s.row);
            }
            // `data` still holds the drift of the centred data: wᵀ(y − Uβ) + f₀ᵀβ = wᵀy + rᵀβ.
            solve_lower(&s.gram, &mut s.rest);
            solve_lower(&s.gram, &mut s.functions);
            value += dot(&s.rest, &s.coefficients);
            variance += dot(&s.rest, &s.rest);
            multiplier = dot(&s.functions, &s.rest);
        }
        Ok(Prediction { value, variance: Some(non_negative(variance)), multiplier })
    }

    /// Factors the system of `factored`, or of those of it that say something new.
    fn factor(&self, s: &mut KrigingScratch) -> std::result::Result<(), Gap> {
        s.kept.clear();
        s.kept.extend_from_slice(&s.factored);
        self.fill(s);
        if !factor(&mut s.lower, s.kept.len()) {
            self.fill(s);
            let ranks = independent_rows(&s.lower, s.kept.len()).ok_or(Gap::SingularSystem)?;
            s.kept.clear();
            s.kept.extend(ranks.iter().map(|&rank| s.factored[rank]));
            self.fill(s);
            if !factor(&mut s.lower, s.kept.len()) {
                return Err(Gap::SingularSystem);
            }
        }
        s.data.clear();
        s.data.extend(s.kept.iter().map(|&i| self.samples.values()[i] - self.setting.centre));
        solve_lower(&s.lower, &mut s.data);
        self.factor_drift(s)
    }

    /// The lower triangle of the covariances of `kept`.
    fn fill(&self, s: &mut KrigingScratch) {
        let (n, coords) = (s.kept.len(), self.samples.coords());
        s.coords.clear();
        s.coords.extend(s.kept.iter().map(|&i| coords[i]));
        s.lower.resize(row_start(n), 0.0);
        for i in 0..n {
            let row = &mut s.lower[row_start(i)..=row_start(i) + i];
            self.setting.variogram.covariances(s.coords[i], &s.coords[..=i], row);
            row[i] += self.setting.error_variance(&self.samples, s.kept[i]);
        }
    }

    /// U, G and L_G⁻¹Uᵀy of the factored system.
    fn factor_drift(&self, s: &mut KrigingScratch) -> std::result::Result<(), Gap> {
        let Some(basis) = &mut s.basis else { return Ok(()) };
        let (n, columns) = (s.kept.len(), basis.columns());
        if columns == 0 {
            return Ok(());
        }
        if n < columns {
            return Err(Gap::SingularDrift);
        }
        basis.recentre(s.coords.iter().copied());
        s.drift.resize(n * columns, 0.0);
        s.spare.resize(columns, 0.0);
        for (i, &sample) in s.kept.iter().enumerate() {
            basis.fill(s.coords[i], self.covariates_of(&self.samples, sample), &mut s.spare);
            for k in 0..columns {
                s.drift[k * n + i] = s.spare[k];
            }
        }
        s.drift.chunks_exact_mut(n).for_each(|column| solve_lower(&s.lower, column));
        s.gram.resize(row_start(columns), 0.0);
        s.coefficients.resize(columns, 0.0);
        for i in 0..columns {
            let column = &s.drift[i * n..(i + 1) * n];
            for j in 0..=i {
                s.gram[row_start(i) + j] = dot(column, &s.drift[j * n..(j + 1) * n]);
            }
            s.coefficients[i] = dot(column, &s.data);
        }
        s.spare.clear();
        s.spare.extend((0..columns).map(|i| s.gram[row_start(i) + i]));
        if !factor(&mut s.gram, columns) {
            return Err(Gap::SingularDrift);
        }
        let independent = |i: usize| s.gram[row_start(i) + i].powi(2) > RANK_TOLERANCE * s.spare[i];
        if !(0..columns).all(independent) {
            return Err(Gap::SingularDrift);
        }
        solve_lower(&s.gram, &mut s.coefficients);
        Ok(())
    }
}

impl Predictor for MovingKriging {
    fn has_variance(&self) -> bool {
        true
    }

    fn covariates(&self) -> usize {
        self.setting.basis.covariates()
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        if !self.predict_batches(targets, Held::Nothing, scratch, out) {
            self.predict_each(targets, scratch, out, &mut |_, _| {});
        }
    }

    fn local(&self) -> Option<Local<'_>> {
        Some(Local::kriging(self))
    }
}

/// Predictors whose systems are the same, by their numbers among those predicted together.
pub(crate) struct Alike<'a> {
    pub(crate) first: &'a MovingKriging,
    pub(crate) of: Vec<usize>,
}

/// Predicts every target by several predictors that share their neighbours, into one column of predictions each; those that are
/// alike share their systems too. False, and nothing is predicted, where the model or the search does not allow it.
///
/// Each has what it has alone, to the bit: a set of neighbours, and what is done with it, does not depend on what else is done.
pub(crate) fn predict_together(
    alike: &[Alike<'_>],
    members: &[&MovingKriging],
    targets: &Targets<'_>,
    held: Held<'_>,
    scratch: &mut Scratch,
    outs: &mut [Predictions],
) -> bool {
    let Some(one) = members.first() else { return true };
    let mut recipes = Vec::with_capacity(alike.len());
    for group in alike {
        let MovingKriging { setting, covariance: Some(covariance), samples, .. } = group.first else { return false };
        let data_of =
            |&k: &usize| Data { values: members[k].samples.values(), centre: members[k].setting.centre, out: k };
        recipes.push(Recipe { setting, covariance, samples, data: group.of.iter().map(data_of).collect() });
    }
    outs.iter_mut().for_each(|out| out.reset(targets.len(), true));
    let Scratch { near, batch, .. } = scratch;
    let searched = Searched { index: &one.index, search: &one.search, held };
    if !batch::predict(&recipes, searched, targets, near, batch, outs) {
        return false;
    }
    if targets.as_window().is_none() {
        for i in 0..targets.len() {
            if let Err(gap) = Gap::check_place(targets.coord(i)) {
                outs.iter_mut().for_each(|out| out.set(i, Err(gap)));
            }
        }
    }
    let mut alone = scratch.batch.take_alone();
    alone.sort_unstable();
    alone.dedup();
    for of_one in alone.chunk_by(|a, b| a.0 == b.0) {
        let member = of_one[0].0 as usize;
        members[member].prepare(&mut scratch.kriging);
        for &(_, target) in of_one {
            members[member].predict_target(target as usize, targets, held, scratch, &mut outs[member], &mut |_, _| {});
        }
    }
    scratch.batch.give_alone(alone);
    true
}

impl MovingKriging {
    /// Predicts samples that are held out.
    pub(super) fn predict_held(&self, targets: &Targets<'_>, held: Held<'_>, scratch: &mut Scratch) -> Vec<Outcome> {
        let mut out = Predictions::default();
        if self.predict_batches(targets, held, scratch, &mut out) {
            return out.iter().collect();
        }
        self.prepare(&mut scratch.kriging);
        (0..targets.len()).map(|i| self.predict_alone(i, targets, held, scratch)).collect()
    }

    /// Predicts every target, many at a time; false where the model or the search does not allow it.
    fn predict_batches(
        &self,
        targets: &Targets<'_>,
        held: Held<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
    ) -> bool {
        let alike = [Alike { first: self, of: vec![0] }];
        predict_together(&alike, &[self], targets, held, scratch, std::slice::from_mut(out))
    }

    /// Predicts every target, and calls `each` with those that have a prediction while the scratch still holds their system.
    pub(super) fn predict_each(
        &self,
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut dyn FnMut(usize, &mut KrigingScratch),
    ) {
        out.reset(targets.len(), true);
        self.prepare(&mut scratch.kriging);
        for i in 0..targets.len() {
            self.predict_target(i, targets, Held::Nothing, scratch, out, each);
        }
    }

    fn predict_target(
        &self,
        i: usize,
        targets: &Targets<'_>,
        held: Held<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut dyn FnMut(usize, &mut KrigingScratch),
    ) {
        let outcome = self.predict_alone(i, targets, held, scratch);
        let predicted = outcome.is_ok();
        out.set(i, outcome);
        if predicted {
            each(i, &mut scratch.kriging);
        }
        if predicted && scratch.kriging.kept.len() < scratch.kriging.factored.len() {
            out.mark_reduced(i);
        }
    }

    fn predict_alone(&self, i: usize, targets: &Targets<'_>, held: Held<'_>, scratch: &mut Scratch) -> Outcome {
        let covariates = targets.known_covariates(i, self.setting.basis.covariates())?;
        self.predict_one(targets.coord(i), covariates, |sample| held.keeps(i, sample), scratch)
    }
}
