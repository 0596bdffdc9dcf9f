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
/// How many times more or fewer samples than wanted squares may hold before their width is looked for.
const OFF: f64 = 1.6;
/// Halvings of the widths between which the one that is wanted lies: a thousandth of the extent.
const BISECTIONS: u32 = 10;
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
/// Blocks are squares that would hold ten samples on average if the samples filled the rectangle round them; where they hold 1.6 times
/// more or fewer, as along a slanting transect, the width is the one at which they hold ten. They are no wider than the effective range of the field, and narrower where that leaves fewer than 10 of them: so a held-out sample is predicted across a gap, and not from
/// its neighbours alone. Up to 5,000 samples every block is held out; of more, 100 blocks are drawn, and 2,000 samples in all.
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
    if let Some(outcomes) = recipe.leave_out_groups(samples, folds, &members, executor) {
        let blocks = members.iter().zip(outcomes?).map(|(held, outcomes)| held.iter().copied().zip(outcomes).collect());
        return Ok(HeldOut { block_size, blocks: blocks.collect(), mixtures: Mixtures::default(), below: Vec::new() });
    }
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
    let most = (0.5 * samples.diagonal()).max(usual);
    let wide = width(each, samples, [usual, most]);
    let mut size = variogram.map_or(wide, |v| v.effective_range().min(wide)).clamp(usual, most);
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

/// The width of squares that hold so many samples on average, within `bounds`: by the rectangle round the samples, unless squares so wide
/// hold [`OFF`] times more or fewer, because the samples lie along a slanting line or in places of their own.
fn width(each: f64, samples: &Samples, bounds: [f64; 2]) -> f64 {
    let (low, high) = samples.bounds();
    let sides = [[high[0], low[1]], [low[0], high[1]]].map(|c| samples.metric().distance([low[0], low[1]], c));
    let share = each / samples.len() as f64;
    // A rectangle narrower than the squares is a row of them.
    let by_rectangle = (share * sides[0] * sides[1]).sqrt().max(share * sides[0].max(sides[1]));
    let by_rectangle = by_rectangle.clamp(bounds[0], bounds[1]);
    // One square with all samples is refused as folds.
    let held = |size| samples.len() as f64 / Folds::spatial_blocks(samples, size).map_or(1.0, |f| f.count() as f64);
    if (each / OFF..=each * OFF).contains(&held(by_rectangle)) {
        return by_rectangle;
    }
    let [mut low, mut high] = bounds;
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if held(middle) < each { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transect of samples 10 apart, turned by so many degrees from east.
    fn transect(n: u32, degrees: f64) -> Result<Samples> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let at = |i: u32| 10.0 * f64::from(i);
        let coords = (0..n).map(|i| [at(i) * cos, at(i) * sin]).collect();
        Samples::new(coords, (0..n).map(|i| (0.1 * at(i)).sin()).collect())
    }

    /// A line has no area, wherever it points to: blocks of it hold what was asked for all the same.
    #[test]
    fn blocks_of_a_line_hold_as_many_samples_whatever_its_direction() -> Result<()> {
        let wide: Variogram = "1 Sph(5000)".parse()?;
        for degrees in [0.0, 1e-9, 1.0, 10.0, 30.0, 45.0, 90.0] {
            let line = transect(120, degrees)?;
            for each in [5.0, 10.0, 20.0] {
                let (size, folds) = blocks(None, each, &line)?;
                let ratio = 120.0 / folds.count() as f64 / each;
                let off = if degrees % 90.0 < 2.0 { 1.2 } else { 1.6 };
                assert!((1.0 / off..=off).contains(&ratio), "{degrees}°, {each}: {} of {size}", folds.count());
            }
            let (size, folds) = blocks(Some(&wide), SAMPLES_A_BLOCK, &line)?;
            assert!((10..=20).contains(&folds.count()), "{degrees}°: {} of {size}", folds.count());
        }
        Ok(())
    }

    /// No wider than the range, and where samples fill their extent the width follows from its area.
    #[test]
    fn blocks_are_no_wider_than_the_range() -> Result<()> {
        let line = transect(120, 0.0)?;
        let narrow: Variogram = "1 Sph(45)".parse()?;
        assert_eq!(blocks(Some(&narrow), SAMPLES_A_BLOCK, &line)?.0, narrow.effective_range());
        let coords: Vec<_> = (0..400).map(|i| [f64::from(i % 20), f64::from(i / 20)]).collect();
        let values = coords.iter().map(|c| c[0]).collect();
        let square = Samples::new(coords, values)?;
        let (size, folds) = blocks(None, 9.0, &square)?;
        assert!((size - (9.0 * 19.0 * 19.0 / 400.0_f64).sqrt()).abs() < 1e-12 && folds.count() == 49);
        Ok(())
    }
}
