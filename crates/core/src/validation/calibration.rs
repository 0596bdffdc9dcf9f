//! Whether predictions are as wrong as their variances say.

use super::hold_out::{HeldOut, hold_out_blocks};
use super::scores;
use super::standardised::Standardised;
use crate::executor::Executor;
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Error, Interpolator, Outcome, Result, Samples};

/// A variance is called wrong where the mean squared standardised error is off 1 by more than this factor, and chance does
/// not explain it.
pub const OFF_BY: f64 = 1.5;

/// Random stream of resampled blocks.
const BOOTSTRAP: u64 = 0x626f_6f74;
/// Fewest blocks whose resampling tells chance from error.
pub(super) const FEWEST_BLOCKS: usize = 5;
/// Resamples of the blocks for intervals.
const RESAMPLES: usize = 999;
/// The central intervals whose coverage is told, of 50, 90 and 95 %.
const INTERVALS: [(f64, f64); 3] = [scores::INTERVALS[0], scores::INTERVALS[2], scores::INTERVALS[3]];

/// Share of held-out samples inside their prediction intervals, with its own interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CoverageInterval {
    /// Probability that the intervals were made for.
    pub nominal: f64,
    /// Share found inside.
    pub observed: f64,
    /// 95 % interval of that share, from resampled blocks.
    pub interval: [f64; 2],
}

/// Standardised errors of samples held out by spatial blocks.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Calibration {
    /// Side of the blocks, coordinate units.
    pub block_size: f64,
    /// Blocks held out, one after the other.
    pub blocks: usize,
    /// Samples predicted.
    pub n: usize,
    /// Mean standardised error: 0 is unbiased.
    pub mean: f64,
    /// Mean squared standardised error: 1 is a right variance; what variances would have to be multiplied by.
    pub msdr: f64,
    /// Its 95 % interval, from resampled blocks.
    pub msdr_interval: [f64; 2],
    /// Coverage of the 50, 90 and 95 % intervals.
    pub coverage: Vec<CoverageInterval>,
    /// Whether the variance is wrong by more than [`OFF_BY`], and the interval, of 5 blocks or more, does not hold 1.
    pub off: bool,
}

/// Cross-validates a recipe with a model of the field by spatial blocks, on the modelling scale, and compares errors with
/// their variances. The measurement error of a held-out sample is part of what is expected.
///
/// Blocks and samples are those of [`hold_out_blocks`]; the model is held.
///
/// # Units
/// Those of the samples.
///
/// # Errors
/// As [`Interpolator::fit`]; samples at one place; [`Error::TooFewSamples`] where no block can be predicted from the others.
///
/// # Source
/// Webster & Oliver (2007), *Geostatistics for Environmental Scientists*, ch. 8, for the mean squared deviation ratio.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, drift::Drift, executor::Serial, kriging::Kriging, neighbourhood::Neighbourhood};
/// use soilscope_core::{validation::calibrate, variogram::ModelTemplate};
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let values = coords.iter().map(|c| (c[0] / 3.0).sin() + (c[1] / 2.0).cos()).collect();
/// let variogram = "1e-6 Nug + 1e-4 Sph(3)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let recipe = Kriging::new(variogram.clone(), Drift::Constant, Neighbourhood::Global);
/// let calibration = calibrate(&recipe, &variogram, &Samples::new(coords, values)?, 1, &Serial)?;
/// assert!(calibration.off && calibration.msdr > 100.0); // far too sure of itself
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn calibrate(
    recipe: &dyn Interpolator,
    variogram: &Variogram,
    samples: &Samples,
    seed: u64,
    executor: &dyn Executor,
) -> Result<Calibration> {
    calibration(&hold_out_blocks(recipe, variogram, samples, seed, executor)?, variogram, samples, seed)
}

/// [`calibrate`], of samples that were held out already.
///
/// Of a sample that is only known to be below its limit, what is not known is expected as the prediction has it, given that it
/// is below: so a right variance is found right, and a wrong one less wrong than it is where many are below.
///
/// # Errors
/// [`Error::TooFewSamples`] where no block could be predicted from the others.
pub fn calibration(held_out: &HeldOut, variogram: &Variogram, samples: &Samples, seed: u64) -> Result<Calibration> {
    let standardised = |&(i, outcome): &(usize, Outcome)| {
        let predicted = outcome.ok()?;
        let variance = predicted.variance? + variogram.error_variance() + samples.error_variance(i);
        let z = (samples.values()[i] - predicted.value) / variance.sqrt();
        (variance > 0.0).then(|| Standardised { z, below: held_out.is_below(i) })
    };
    let errors: Vec<Vec<Standardised>> =
        held_out.blocks.iter().map(|block| block.iter().filter_map(standardised).collect()).collect();
    summarise(held_out.block_size, errors.into_iter().filter(|b| !b.is_empty()).collect(), seed)
}

/// What the standardised errors of the blocks say.
fn summarise(block_size: f64, blocks: Vec<Vec<Standardised>>, seed: u64) -> Result<Calibration> {
    let n: usize = blocks.iter().map(Vec::len).sum();
    if n < 2 {
        return Err(Error::TooFewSamples { found: n, needed: 2, purpose: "a calibration: of the blocks held out" });
    }
    // Of each block: its samples, squares, and samples inside the intervals.
    let sums: Vec<[f64; 2 + INTERVALS.len()]> = blocks
        .iter()
        .map(|z| {
            let mut sums = [0.0; 2 + INTERVALS.len()];
            sums[0] = z.len() as f64;
            sums[1] = z.iter().map(|z| z.square()).sum();
            for (sum, (_, quantile)) in sums[2..].iter_mut().zip(INTERVALS) {
                *sum = z.iter().map(|z| z.inside(quantile)).sum();
            }
            sums
        })
        .collect();
    let mean_of = |pick: &mut dyn FnMut(usize) -> usize| -> [f64; 1 + INTERVALS.len()] {
        let mut total = [0.0; 2 + INTERVALS.len()];
        for k in 0..sums.len() {
            let block = pick(k);
            total.iter_mut().zip(sums[block]).for_each(|(t, s)| *t += s);
        }
        std::array::from_fn(|j| total[j + 1] / total[0])
    };
    let found = mean_of(&mut |k| k);
    let resampled: Vec<_> = (0..RESAMPLES)
        .map(|r| {
            let mut random = Random::substream(seed, BOOTSTRAP, r as u64);
            mean_of(&mut |_| random.below(sums.len() as u64) as usize)
        })
        .collect();
    let interval = |j: usize| -> [f64; 2] {
        let mut column: Vec<f64> = resampled.iter().map(|r| r[j]).collect();
        column.sort_unstable_by(f64::total_cmp);
        [column[RESAMPLES / 40], column[RESAMPLES - 1 - RESAMPLES / 40]]
    };
    let coverage = INTERVALS.iter().enumerate().map(|(j, &(nominal, _))| CoverageInterval {
        nominal,
        observed: found[j + 1],
        interval: interval(j + 1),
    });
    let (msdr, msdr_interval) = (found[0], interval(0));
    Ok(Calibration {
        block_size,
        blocks: blocks.len(),
        n,
        mean: blocks.iter().flatten().map(|z| z.mean()).sum::<f64>() / n as f64,
        msdr,
        msdr_interval,
        coverage: coverage.collect(),
        off: blocks.len() >= FEWEST_BLOCKS
            && ((msdr > OFF_BY && msdr_interval[0] > 1.0) || (msdr < 1.0 / OFF_BY && msdr_interval[1] < 1.0)),
    })
}

impl Calibration {
    /// The warning, where the variance is wrong.
    pub fn warning(&self) -> Option<String> {
        let [low, high] = self.msdr_interval;
        self.off.then(|| {
            let (word, way) = if self.msdr > 1.0 {
                ("small", "the errors are larger than the map says")
            } else {
                ("large", "the errors are smaller than the map says")
            };
            format!(
                "the prediction variance is too {word}: held-out blocks have squared errors {:.2} times as large as it says \
                 ({low:.2} to {high:.2}), so {way}",
                self.msdr
            )
        })
    }
}
