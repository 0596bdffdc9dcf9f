//! Cross-validation with values below limits: what is held out takes its limit with it, and the rest is drawn again.

use nalgebra::DMatrix;

use super::imputations::with_values;
use super::{CensoredKriging, Imputations};
use crate::executor::{Executor, Serial, map};
use crate::kriging::inverse_of_fold;
use crate::neighbourhood::{Neighbourhood, SampleIndex, Search};
use crate::support::Support;
use crate::validation::Folds;
use crate::{Coord, Error, Gap, Interpolator, Outcome, Prediction, Predictions, Result, Samples, Scratch, Targets};

/// Folds of which one has a sample among so many nearest ones of the other's are not drawn without together.
const NEAR: usize = 12;

/// What became of a held-out sample: the kriging of the draws' mean, and how each draw's differs from it.
struct Held {
    sample: usize,
    outcome: Outcome,
    differences: Vec<f64>,
}

/// Predicts each sample from those of the other folds, without the fold's values and limits.
///
/// Folds far from each other share their draws: folds are put into groups of which no two folds have samples among
/// each other's [`NEAR`] nearest, and values below limits are drawn once a group, without the samples of all its folds. A fold is then predicted
/// from all samples outside it; those of other folds of its group have their values, or the draws from all samples. So what a
/// fold's draws lack beside the fold are samples that are not near it. Where no two folds can share, this is one fit a fold.
pub(super) fn leave_out(
    recipe: &CensoredKriging,
    samples: &Samples,
    folds: &Folds,
    executor: &dyn Executor,
) -> Result<Predictions> {
    folds.check(samples)?;
    let group_of = groups(samples, folds)?;
    let count = group_of.iter().max().map_or(0, |g| g + 1);
    let mut members = vec![Vec::new(); count];
    (0..samples.len()).for_each(|i| members[group_of[folds.of(i)]].push(i));
    let held: Vec<Vec<Held>> = if count == folds.count() || recipe.kriging.support != Support::Point {
        let outcomes = map(executor, folds.count(), |fold| refitted(recipe, samples, folds, fold))?;
        outcomes.into_iter().collect::<Result<_>>()?
    } else {
        let all = Imputations::draw(&recipe.kriging, samples, &recipe.below, &recipe.settings, executor)?;
        let whole = match recipe.kriging.neighbourhood {
            Neighbourhood::Global => Some(recipe.kriging.precisions(samples)?),
            Neighbourhood::Moving(_) => None,
        };
        let shared = Shared { recipe, samples, folds, all, whole };
        let outcomes = map(executor, count, |group| shared.group(&members[group]))?;
        outcomes.into_iter().collect::<Result<_>>()?
    };
    let mut predictions = Predictions::default();
    predictions.reset(samples.len(), true);
    for Held { sample, outcome, differences } in held.into_iter().flatten() {
        let freedom = differences.len().saturating_sub(1).max(1) as f64;
        let between = differences.iter().map(|d| d * d).sum::<f64>() / freedom;
        predictions.set(sample, outcome.map(|p| Prediction { variance: p.variance.map(|v| v + between), ..p }));
        if let Ok(Prediction { variance: Some(within), .. }) = outcome {
            predictions.mixtures_mut().set(sample, within, differences.into_iter());
        }
    }
    Ok(predictions)
}

/// A group for each fold: the first of which no fold is near.
fn groups(samples: &Samples, folds: &Folds) -> Result<Vec<usize>> {
    let index = SampleIndex::of(samples);
    let search = Search::new(Some((NEAR + 1).min(samples.len())), 1, None)?;
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); folds.count()];
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    for (i, &at) in samples.coords().iter().enumerate() {
        let own = folds.of(i);
        let (search_scratch, ..) = scratch.search_parts();
        if index.neighbours(at, &search, |_| true, search_scratch, &mut found).is_ok() {
            for other in found.iter().map(|&j| folds.of(j)).filter(|&other| other != own) {
                near[own].push(other);
                near[other].push(own);
            }
        }
    }
    let mut group_of = vec![usize::MAX; folds.count()];
    let mut taken = Vec::new();
    for fold in 0..folds.count() {
        taken.clear();
        taken.extend(near[fold].iter().map(|&other| group_of[other]).filter(|&g| g != usize::MAX));
        taken.sort_unstable();
        taken.dedup();
        group_of[fold] = taken.iter().enumerate().find(|&(free, &g)| free != g).map_or(taken.len(), |(free, _)| free);
    }
    Ok(group_of)
}

/// Quantified values without which nothing can be drawn.
const QUANTIFIED: usize = 2;

fn quantified(below: &[bool]) -> usize {
    below.iter().filter(|b| !**b).count()
}

/// Samples that cannot be predicted, and why.
fn gaps(held: &[usize], gap: Gap) -> Vec<Held> {
    held.iter().map(|&sample| Held { sample, outcome: Err(gap), differences: Vec::new() }).collect()
}

/// One fit without a fold; what the others cannot tell is a gap of the fold.
fn refitted(recipe: &CensoredKriging, samples: &Samples, folds: &Folds, fold: usize) -> Result<Vec<Held>> {
    let (held, kept): (Vec<usize>, Vec<usize>) = (0..samples.len()).partition(|&i| folds.of(i) == fold);
    let below: Vec<bool> = kept.iter().map(|&i| recipe.below[i]).collect();
    let found = quantified(&below);
    if found < QUANTIFIED {
        return Ok(gaps(&held, Gap::TooFewNeighbours { found: found as u32, needed: QUANTIFIED as u32 }));
    }
    let places: Vec<Coord> = held.iter().map(|&i| samples.coords()[i]).collect();
    let covariates: Vec<f64> = held.iter().flat_map(|&i| samples.covariates(i)).copied().collect();
    let targets = Targets::points(&places).with_covariates(&covariates, samples.covariate_count());
    let without = CensoredKriging { below, ..recipe.clone() };
    let mut out = Predictions::default();
    let kept = samples.subset(&kept)?;
    let mut differences = vec![Vec::new(); held.len()];
    if without.below.contains(&true) {
        let predictor = match without.fit_with(&kept, &Serial) {
            Ok(predictor) => predictor,
            Err(Error::DriftSingular { .. }) => return Ok(gaps(&held, Gap::SingularDrift)),
            Err(Error::SingularSystem { .. }) => return Ok(gaps(&held, Gap::SingularSystem)),
            Err(other) => return Err(other),
        };
        predictor.each_draw(&targets, &mut Scratch::default(), &mut out, &mut |k, d| differences[k] = d.to_vec());
    } else {
        match without.kriging.fit(&kept) {
            Ok(predictor) => predictor.predict_into(&targets, &mut Scratch::default(), &mut out),
            Err(Error::DriftSingular { .. }) => return Ok(gaps(&held, Gap::SingularDrift)),
            Err(Error::SingularSystem { .. }) => return Ok(gaps(&held, Gap::SingularSystem)),
            Err(other) => return Err(other),
        }
    }
    let outcomes = held.iter().zip(out.iter()).zip(differences);
    Ok(outcomes.map(|((&sample, outcome), differences)| Held { sample, outcome, differences }).collect())
}

/// What all groups need.
struct Shared<'a> {
    recipe: &'a CensoredKriging,
    samples: &'a Samples,
    folds: &'a Folds,
    /// Drawn from all samples.
    all: Imputations,
    /// C⁻¹ and B of all samples ([`Kriging::precisions`](crate::kriging::Kriging)), where all serve every target.
    whole: Option<(DMatrix<f64>, DMatrix<f64>)>,
}

impl Shared<'_> {
    /// Predicts the samples of a group's folds by one fit a fold: where the samples outside of all of them are too few for draws,
    /// those outside of each may do.
    fn one_by_one(&self, held: &[usize]) -> Result<Vec<Held>> {
        let mut folds: Vec<usize> = held.iter().map(|&i| self.folds.of(i)).collect();
        folds.sort_unstable();
        folds.dedup();
        let mut found = Vec::with_capacity(held.len());
        for fold in folds {
            found.extend(refitted(self.recipe, self.samples, self.folds, fold)?);
        }
        Ok(found)
    }

    /// Predicts the samples of a group's folds.
    fn group(&self, held: &[usize]) -> Result<Vec<Held>> {
        let (recipe, samples, folds) = (self.recipe, self.samples, self.folds);
        let mut is_held = vec![false; samples.len()];
        held.iter().for_each(|&i| is_held[i] = true);
        let kept: Vec<usize> = (0..samples.len()).filter(|&i| !is_held[i]).collect();
        let below: Vec<bool> = kept.iter().map(|&i| recipe.below[i]).collect();
        if quantified(&below) < QUANTIFIED {
            return self.one_by_one(held);
        }
        let own = match Imputations::draw(&recipe.kriging, &samples.subset(&kept)?, &below, &recipe.settings, &Serial) {
            Ok(own) => own,
            Err(Error::DriftSingular { .. } | Error::SingularSystem { .. }) => return self.one_by_one(held),
            Err(other) => return Err(other),
        };
        // Draws and their mean, by sample: from the group's draws, or from all samples' for those of its other folds.
        let mut drawn: Vec<Option<(&[f64], f64)>> = vec![None; samples.len()];
        for (a, &i) in self.all.samples().iter().enumerate().filter(|(_, i)| is_held[**i]) {
            drawn[i] = Some((self.all.draws(a), self.all.mean(a)));
        }
        for (a, &k) in own.samples().iter().enumerate() {
            drawn[kept[k]] = Some((own.draws(a), own.mean(a)));
        }
        let mut values = samples.values().to_vec();
        values.iter_mut().zip(&drawn).for_each(|(v, d)| *v = d.map_or(*v, |(_, mean)| mean));
        let completed = with_values(samples, values)?;
        let count = recipe.settings.chains * recipe.settings.kept;
        let differ = |with: &mut dyn Iterator<Item = (usize, f64)>| {
            let mut differences = vec![0.0; count];
            for (j, weight) in with {
                if let Some((draws, mean)) = drawn[j] {
                    differences.iter_mut().zip(draws).for_each(|(d, y)| *d += weight * (y - mean));
                }
            }
            differences
        };
        let mut found = Vec::with_capacity(held.len());
        let Some((inverse, whole)) = &self.whole else {
            recipe.kriging.leave_out_weighted(&completed, folds, held, &mut |sample, outcome, near, weights| {
                let differences = differ(&mut near.iter().copied().zip(weights.iter().copied()));
                found.push(Held { sample, outcome, differences });
            })?;
            return Ok(found);
        };
        let outcomes = recipe.kriging.leave_out(&completed, folds)?;
        let mut by_fold = held.to_vec();
        by_fold.sort_by_key(|&i| folds.of(i));
        for fold in by_fold.chunk_by(|&a, &b| folds.of(a) == folds.of(b)) {
            // The prediction of fold I is z_I − B_II⁻¹(Bz)_I, whatever z_I: the weights of the others are −B_II⁻¹B_Ij.
            let of_fold = |m: &DMatrix<f64>| DMatrix::from_fn(fold.len(), fold.len(), |a, b| m[(fold[a], fold[b])]);
            let Some((own, told)) = inverse_of_fold(of_fold(inverse), of_fold(whole)) else {
                found.extend(gaps(fold, Gap::SingularDrift)); // the drift stands on the fold
                continue;
            };
            found.extend(
                fold.iter().zip(&told).filter(|(_, told)| !**told).flat_map(|(&i, _)| gaps(&[i], Gap::SingularDrift)),
            );
            let weights = -own * whole.select_rows(fold);
            for (k, &sample) in fold.iter().enumerate().filter(|&(k, _)| told[k]) {
                let others = (0..samples.len()).filter(|&j| folds.of(j) != folds.of(sample));
                let differences = differ(&mut others.map(|j| (j, weights[(k, j)])));
                found.push(Held { sample, outcome: outcomes[sample], differences });
            }
        }
        Ok(found)
    }
}
