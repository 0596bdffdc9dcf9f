//! Samples that are predicted together when they are held out: near one another, or of one fold.

use super::Folds;
use crate::executor::{Executor, map};
use crate::neighbourhood::Held;
use crate::predict::leave_out_by_refitting;
use crate::{Interpolator, Outcome, Result, Samples, Scratch, Targets};

/// Samples of a group, where folds do not say; and fewest of a task.
const TOGETHER: usize = 512;

/// All samples: those of each fold, or, where each is a fold, those that lie together.
fn groups(samples: &Samples, folds: &Folds) -> Vec<Vec<usize>> {
    let n = samples.len();
    if !folds.is_leave_one_out() {
        let mut members = vec![Vec::new(); folds.count()];
        (0..n).for_each(|i| members[folds.of(i)].push(i));
        return members;
    }
    // Strips of squares that hold so many, whatever the density.
    let coords = samples.coords();
    let by = |axis: usize| move |&a: &usize, &b: &usize| coords[a][axis].total_cmp(&coords[b][axis]).then(a.cmp(&b));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(by(0));
    let strips = (n as f64 / TOGETHER as f64).sqrt().ceil() as usize;
    order
        .chunks_mut(n.div_ceil(strips.max(1)).max(1))
        .flat_map(|strip| {
            strip.sort_unstable_by(by(1));
            strip.chunks(TOGETHER).map(<[usize]>::to_vec).collect::<Vec<_>>()
        })
        .collect()
}

/// Predicts the samples of each group from those of the other folds than theirs; a group's are of one fold, unless each sample is one.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled).
pub(crate) fn predict_groups(
    samples: &Samples,
    folds: &Folds,
    groups: &[Vec<usize>],
    executor: &dyn Executor,
    predict: impl Fn(&Targets<'_>, Held<'_>, &mut Scratch) -> Vec<Outcome> + Sync,
) -> Result<Vec<Vec<Outcome>>> {
    let mut tasks = vec![0];
    let mut held = 0;
    for (nth, group) in groups.iter().enumerate() {
        held += group.len();
        if held >= TOGETHER || nth + 1 == groups.len() {
            tasks.push(nth + 1);
            held = 0;
        }
    }
    let done = map(executor, tasks.len() - 1, |task| {
        let mut scratch = Scratch::default();
        let mut one = |group: &Vec<usize>| {
            let Some(&first) = group.first() else { return Vec::new() };
            let places: Vec<_> = group.iter().map(|&i| samples.coords()[i]).collect();
            let covariates: Vec<f64> = group.iter().flat_map(|&i| samples.covariates(i)).copied().collect();
            let targets = Targets::points(&places).with_covariates(&covariates, samples.covariate_count());
            let fold = folds.of(first);
            let of_fold = |i: usize| folds.of(i) == fold;
            let held = if folds.is_leave_one_out() { Held::Own(group) } else { Held::These(&of_fold) };
            predict(&targets, held, &mut scratch)
        };
        groups[tasks[task]..tasks[task + 1]].iter().map(&mut one).collect::<Vec<_>>()
    })?;
    Ok(done.into_iter().flatten().collect())
}

/// Cross-validation by [`Interpolator::leave_out_groups`], of a recipe that has it.
///
/// # Errors
/// As there; folds that do not fit the samples.
pub(crate) fn leave_out_by_groups(
    recipe: &dyn Interpolator,
    samples: &Samples,
    folds: &Folds,
    executor: &dyn Executor,
) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let groups = groups(samples, folds);
    match recipe.leave_out_groups(samples, folds, &groups, executor) {
        Some(outcomes) => Ok(in_order(&groups, outcomes?)),
        None => leave_out_by_refitting(recipe, samples, folds),
    }
}

/// Outcomes of the samples of groups, in the order of the samples.
fn in_order(groups: &[Vec<usize>], outcomes: Vec<Vec<Outcome>>) -> Vec<Outcome> {
    let mut numbered: Vec<(usize, Outcome)> =
        groups.iter().flatten().copied().zip(outcomes.into_iter().flatten()).collect();
    numbered.sort_unstable_by_key(|&(i, _)| i);
    numbered.into_iter().map(|(_, outcome)| outcome).collect()
}
