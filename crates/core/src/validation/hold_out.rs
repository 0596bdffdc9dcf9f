//! Samples held out by spatial blocks, as a map's cells are away from all samples.

use super::Folds;
use crate::executor::{Executor, map};
use crate::neighbourhood::SampleIndex;
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Error, Gap, Interpolator, Mixtures, Outcome, Predictions, Result, Samples, Scratch, Targets};

/// Random streams: blocks, samples of a block.
const BLOCKS: u64 = 0x626c_6f63;
const SAMPLES: u64 = 0x7361_6d70;
/// Samples that a block holds on average, where the range is not narrower.
const SAMPLES_A_BLOCK: f64 = 10.0;
/// Fewest blocks that are wanted, most that are drawn, and most samples predicted of those.
const FEWEST_BLOCKS: usize = 10;
const MOST_BLOCKS: usize = 100;
const MOST_TARGETS: usize = 2000;
/// Up to this many samples all are held out, by [`Interpolator::leave_out`]; of more, those of the blocks drawn.
const ALL_UP_TO: usize = 5000;

/// Samples that were held out, block by block, and what was predicted of each from the samples of all other blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Side of the blocks, coordinate units.
    pub block_size: f64,
    /// Of each block its samples, increasing, with their outcomes on the modelling scale.
    pub blocks: Vec<Vec<(usize, Outcome)>>,
    /// How errors are distributed where that is not normal, by the samples' numbers.
    pub mixtures: Mixtures,
    /// Which samples' values are limits that they are below; empty where none is.
    pub below: Vec<bool>,
}

impl HeldOut {
    /// The same, of samples of which some are only known to be below their values.
    #[must_use]
    pub fn with_limits(self, below: &[bool]) -> Self {
        Self { below: below.to_vec(), ..self }
    }

    /// Whether sample `i` is only known to be below its value.
    pub(super) fn is_below(&self, i: usize) -> bool {
        self.below.get(i).copied().unwrap_or(false)
    }
}

/// Holds out samples by spatial blocks and predicts them from all others; the recipe is held.
///
/// Blocks are squares that hold ten samples on average, no wider than the effective range of the field, and narrower where that
/// leaves fewer than 10 of them: so a held-out sample is predicted across a gap, and not from its neighbours alone. Up to 5,000 samples every block is held out; of more, 100 blocks are
/// drawn, and 2,000 samples in all.
///
/// # Errors
/// As [`Interpolator::fit`]; samples at one place.
pub fn hold_out_blocks(
    recipe: &dyn Interpolator,
    variogram: &Variogram,
    samples: &Samples,
    seed: u64,
    executor: &dyn Executor,
) -> Result<HeldOut> {
    let (block_size, folds) = blocks(Some(variogram), SAMPLES_A_BLOCK, samples)?;
    held_out(recipe, samples, seed, executor, (block_size, &folds))
}

/// As [`hold_out_blocks`], by squares that hold so many samples on average however wide that makes them: how much a verdict
/// depends on the width of the gaps.
///
/// # Errors
/// As [`hold_out_blocks`]; a number of samples below 1 or above a quarter of them.
///
/// # Examples
/// ```
/// use soilscope_core::executor::Serial;
/// use soilscope_core::validation::hold_out_blocks_of;
/// use soilscope_core::{Samples, idw::InverseDistance, neighbourhood::Neighbourhood};
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let values = coords.iter().map(|c| c[0] + c[1]).collect();
/// let samples = Samples::new(coords, values)?;
/// let idw = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::Global };
/// let wide = hold_out_blocks_of(25.0, &idw, &samples, 1, &Serial)?;
/// let narrow = hold_out_blocks_of(4.0, &idw, &samples, 1, &Serial)?;
/// assert!(wide.block_size > narrow.block_size && wide.blocks.len() < narrow.blocks.len());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn hold_out_blocks_of(
    samples_a_block: f64,
    recipe: &dyn Interpolator,
    samples: &Samples,
    seed: u64,
    executor: &dyn Executor,
) -> Result<HeldOut> {
    let most = samples.len() as f64 / 4.0;
    if !(samples_a_block >= 1.0 && samples_a_block <= most) {
        let (name, requirement) = ("number of samples in a block", "from 1 to a quarter of the samples");
        return Err(Error::Parameter { name, value: samples_a_block, requirement });
    }
    let (block_size, folds) = blocks(None, samples_a_block, samples)?;
    held_out(recipe, samples, seed, executor, (block_size, &folds))
}

fn held_out(
    recipe: &dyn Interpolator,
    samples: &Samples,
    seed: u64,
    executor: &dyn Executor,
    (block_size, folds): (f64, &Folds),
) -> Result<HeldOut> {
    if samples.len() <= ALL_UP_TO {
        let mut blocks = vec![Vec::new(); folds.count()];
        let mut predictions = recipe.leave_out_on(samples, folds, executor)?;
        for (i, outcome) in predictions.iter().enumerate() {
            blocks[folds.of(i)].push((i, outcome));
        }
        let mixtures = std::mem::take(predictions.mixtures_mut());
        return Ok(HeldOut { block_size, blocks, mixtures, below: Vec::new() });
    }
    let members = drawn(folds, samples.len(), seed);
    let blocks = map(executor, members.len(), |k| -> Result<(Vec<(usize, Outcome)>, Mixtures)> {
        let block = folds.of(members[k][0]);
        let kept: Vec<usize> = (0..samples.len()).filter(|&i| folds.of(i) != block).collect();
        let predictor = match recipe.fit_to(samples, &kept) {
            Ok(predictor) => predictor,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // As where all are held out together: what the others cannot tell is a gap of the block.
            Err(Error::DriftSingular { .. }) => {
                return Ok((members[k].iter().map(|&i| (i, Err(Gap::SingularDrift))).collect(), Mixtures::default()));
            }
            Err(Error::SingularSystem { .. }) => {
                return Ok((members[k].iter().map(|&i| (i, Err(Gap::SingularSystem))).collect(), Mixtures::default()));
            }
            // Of the others all but one may be below their limits.
            Err(Error::TooFewSamples { found, needed, .. }) => {
                let gap = Gap::TooFewNeighbours { found: found as u32, needed: needed as u32 };
                return Ok((members[k].iter().map(|&i| (i, Err(gap))).collect(), Mixtures::default()));
            }
            Err(other) => return Err(other),
        };
        let held = samples.subset(&members[k])?;
        let covariates: Vec<f64> = (0..held.len()).flat_map(|i| held.covariates(i)).copied().collect();
        let targets = Targets::points(held.coords()).with_covariates(&covariates, held.covariate_count());
        let mut out = Predictions::default();
        predictor.predict_into(&targets, &mut Scratch::default(), &mut out);
        let outcomes = members[k].iter().copied().zip(out.iter()).collect();
        Ok((outcomes, std::mem::take(out.mixtures_mut())))
    })?;
    let (mut outcomes, mut mixtures) = (Vec::with_capacity(blocks.len()), Mixtures::default());
    for block in blocks {
        let (block, own) = block?;
        for (nth, &(i, _)) in block.iter().enumerate() {
            let mixture = own.get(nth);
            mixtures.set(i, mixture.within(), mixture.differences());
        }
        outcomes.push(block);
    }
    Ok(HeldOut { block_size, blocks: outcomes, mixtures, below: Vec::new() })
}

/// Samples to predict, block by block: of at most [`MOST_BLOCKS`], at most about [`MOST_TARGETS`].
fn drawn(folds: &Folds, samples: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut blocks: Vec<usize> = (0..folds.count()).collect();
    Random::substream(seed, BLOCKS, 0).shuffle(&mut blocks);
    blocks.truncate(MOST_BLOCKS);
    blocks.sort_unstable();
    let mut members = vec![Vec::new(); blocks.len()];
    for i in 0..samples {
        if let Ok(k) = blocks.binary_search(&folds.of(i)) {
            members[k].push(i);
        }
    }
    let each = MOST_TARGETS.div_ceil(blocks.len());
    for (&block, members) in blocks.iter().zip(&mut members) {
        Random::substream(seed, SAMPLES, block as u64).shuffle(members);
        members.truncate(each);
        members.sort_unstable();
    }
    members
}

/// Blocks of about so many samples, no wider than the range of a variogram; with one, at least [`FEWEST_BLOCKS`] of them where that is
/// possible, else at least 2.
fn blocks(variogram: Option<&Variogram>, each: f64, samples: &Samples) -> Result<(f64, Folds)> {
    let index = SampleIndex::of(samples);
    let mut nearest: Vec<f64> = samples.coords().iter().map(|&c| index.nearest_two(c)[1]).collect();
    nearest.sort_unstable_by(f64::total_cmp);
    let usual = nearest[nearest.len() / 2];
    // A gap as wide as the range would be far wider than those of a map of many samples.
    let (low, high) = samples.bounds();
    let area = [0, 1].map(|k| {
        samples.metric().distance([low[0], low[1]], if k == 0 { [high[0], low[1]] } else { [low[0], high[1]] })
    });
    let wide = (each * area[0] * area[1] / samples.len() as f64).sqrt();
    let mut size =
        variogram.map_or(wide, |v| v.effective_range().min(wide)).clamp(usual, (0.5 * samples.diagonal()).max(usual));
    let fewest = if variogram.is_some() { FEWEST_BLOCKS } else { 2 };
    loop {
        match Folds::spatial_blocks(samples, size) {
            Ok(folds) if folds.count() >= fewest.min(samples.len()) || size <= 0.5 * usual => {
                return Ok((size, folds));
            }
            Err(error) if size <= 0.5 * usual => return Err(error),
            _ => size *= 0.5,
        }
    }
}
