//! Whether forecast probabilities of an event are worth anything: more than its base rate is.

use super::calibration::FEWEST_BLOCKS;
use crate::random::Random;
use crate::{Error, Result};

/// Random stream of resampled blocks.
const BOOTSTRAP: u64 = 0x736b_696c;
/// Resamples of the blocks for intervals.
const RESAMPLES: usize = 999;

/// A forecast probability of an event, and whether it happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// The probability, 0 to 1.
    pub probability: f64,
    /// Whether the event happened.
    pub happened: bool,
}

/// One step of the reliability diagram: forecasts that are best replaced by one number.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReliabilityStep {
    /// Lowest and highest of the forecasts.
    pub from: f64,
    /// Highest of the forecasts.
    pub to: f64,
    /// Share of the events that happened.
    pub observed: f64,
    /// Forecasts.
    pub n: usize,
}

/// Skill of forecasts of samples held out by blocks.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Skill {
    /// Forecasts.
    pub n: usize,
    /// Blocks held out, one after the other.
    pub blocks: usize,
    /// Events that happened.
    pub happened: usize,
    /// Mean squared difference of forecast and event: 0 is perfect.
    pub brier: f64,
    /// The same of the base rate: of forecasting the share of all events everywhere.
    pub brier_of_base_rate: f64,
    /// 1 − `brier` / `brier_of_base_rate`: 1 is perfect, 0 no better than the base rate, less is worse.
    pub score: f64,
    /// Its 95 % interval, from resampled blocks; `None` with fewer than 5.
    pub score_interval: Option<[f64; 2]>,
    /// Area under the ROC curve: the probability that a place where it happened has a higher forecast than one where it did
    /// not; 0.5 is chance.
    pub auc: f64,
    /// Its 95 % interval, from resampled blocks; `None` with fewer than 5.
    pub auc_interval: Option<[f64; 2]>,
    /// What recalibrated forecasts would gain: 0 where forecasts happen as often as they say.
    pub miscalibration: f64,
    /// What recalibrated forecasts gain over the overall rate: 0 where they do not tell places apart.
    pub discrimination: f64,
    /// `brier_of_base_rate` by its name in the decomposition: `brier` = `miscalibration` − `discrimination` + `uncertainty`.
    pub uncertainty: f64,
    /// The reliability diagram: isotonic, so that there are no bins to choose.
    pub reliability: Vec<ReliabilityStep>,
    /// Whether the interval of the score lies above 0: the forecasts are better than the base rate beyond chance.
    pub skilled: bool,
}

/// Judges forecasts of held-out samples, block by block.
///
/// The base rate that they must beat is that of all blocks, which forecasts made without their own block do not know: so a
/// constant forecast is never better. Samples of a block are not independent, so intervals are from resampled blocks, each with
/// its own base rate.
///
/// # Errors
/// [`Error::TooFewSamples`] for fewer than two blocks with forecasts, [`Error::OneOutcome`] where the event happened
/// everywhere or nowhere, and a probability that is none.
///
/// # Source
/// Brier (1950), *Monthly Weather Review* 78:1, for the score; Dimitriadis, Gneiting & Jordan (2021), *PNAS* 118:e2016191118,
/// for the reliability diagram by isotonic regression and the decomposition; the area is the statistic of Mann & Whitney.
///
/// # Examples
/// ```
/// use soilscope_core::validation::{Forecast, skill};
/// // Ten blocks, in half of which it happens; forecasts that know.
/// let block = |k: usize| {
///     let happened = k % 2 == 0;
///     vec![Forecast { probability: if happened { 0.8 } else { 0.1 }, happened }; 3]
/// };
/// let found = skill(&(0..10).map(block).collect::<Vec<_>>(), 1)?;
/// assert!((found.brier - (0.2 * 0.2 + 0.1 * 0.1) / 2.0).abs() < 1e-12);
/// assert!(found.skilled && found.auc == 1.0);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn skill(blocks: &[Vec<Forecast>], seed: u64) -> Result<Skill> {
    let blocks: Vec<&[Forecast]> = blocks.iter().map(Vec::as_slice).filter(|b| !b.is_empty()).collect();
    let n: usize = blocks.iter().map(|b| b.len()).sum();
    if blocks.len() < 2 {
        let purpose = "a proof of skill: of the blocks held out";
        return Err(Error::TooFewSamples { found: blocks.len(), needed: 2, purpose });
    }
    for forecast in blocks.iter().copied().flatten() {
        if !(0.0..=1.0).contains(&forecast.probability) {
            let requirement = "from 0 to 1";
            return Err(Error::Parameter { name: "forecast probability", value: forecast.probability, requirement });
        }
    }
    let happened = blocks.iter().copied().flatten().filter(|f| f.happened).count();
    if happened == 0 || happened == n {
        return Err(Error::OneOutcome { n, happened: happened > 0 });
    }
    // Of each block: forecasts, events, squared differences.
    let sums: Vec<[f64; 3]> = blocks
        .iter()
        .map(|block| {
            let events = block.iter().map(event).sum();
            let squares = block.iter().map(|f| (f.probability - event(f)).powi(2)).sum();
            [block.len() as f64, events, squares]
        })
        .collect();
    let score = |times: &[usize]| {
        let total = |j: usize| sums.iter().zip(times).map(|(s, &t)| s[j] * t as f64).sum::<f64>();
        let rate = total(1) / total(0);
        1.0 - total(2) / (total(0) * rate * (1.0 - rate))
    };
    let ranked = Ranked::new(&blocks);
    let once = vec![1; blocks.len()];
    let (score_interval, auc_interval) = if blocks.len() < FEWEST_BLOCKS {
        (None, None)
    } else {
        let resampled: Vec<Vec<usize>> = (0..RESAMPLES)
            .map(|r| {
                let mut random = Random::substream(seed, BOOTSTRAP, r as u64);
                let mut times = vec![0; blocks.len()];
                (0..blocks.len()).for_each(|_| times[random.below(blocks.len() as u64) as usize] += 1);
                times
            })
            .collect();
        (interval(resampled.iter().map(|t| score(t))), interval(resampled.iter().map(|t| ranked.auc(t))))
    };
    let reliability = ranked.steps();
    let rate = happened as f64 / n as f64;
    let uncertainty = rate * (1.0 - rate);
    let brier = sums.iter().map(|s| s[2]).sum::<f64>() / n as f64;
    // Of a step's events about their own share.
    let recalibrated = reliability.iter().map(|s| s.n as f64 * s.observed * (1.0 - s.observed)).sum::<f64>() / n as f64;
    Ok(Skill {
        n,
        blocks: blocks.len(),
        happened,
        brier,
        brier_of_base_rate: uncertainty,
        score: score(&once),
        score_interval,
        auc: ranked.auc(&once),
        auc_interval,
        miscalibration: brier - recalibrated,
        discrimination: uncertainty - recalibrated,
        uncertainty,
        reliability,
        skilled: score_interval.is_some_and(|[low, _]| low > 0.0),
    })
}

fn event(forecast: &Forecast) -> f64 {
    f64::from(u8::from(forecast.happened))
}

/// Central 95 % of numbers; those that are none, of resamples with one outcome alone, are left out.
fn interval(numbers: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let mut sorted: Vec<f64> = numbers.filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some([sorted[last / 40], sorted[last - last / 40]])
}

/// Forecasts from low to high, each with its block.
struct Ranked(Vec<(Forecast, usize)>);

impl Ranked {
    fn new(blocks: &[&[Forecast]]) -> Self {
        let mut all: Vec<(Forecast, usize)> =
            blocks.iter().enumerate().flat_map(|(k, block)| block.iter().map(move |&f| (f, k))).collect();
        all.sort_by(|a, b| a.0.probability.total_cmp(&b.0.probability));
        Self(all)
    }

    /// Area under the ROC curve with each block so many times; ties count half. NaN where only one outcome is left.
    fn auc(&self, times: &[usize]) -> f64 {
        let mut wins = 0.0;
        let (mut without, mut with) = (0.0, 0.0);
        for equal in self.0.chunk_by(|a, b| a.0.probability == b.0.probability) {
            let weight = |happened: bool| -> f64 {
                equal.iter().filter(|(f, _)| f.happened == happened).map(|(_, k)| times[*k] as f64).sum()
            };
            let (yes, no) = (weight(true), weight(false));
            wins += yes * (without + 0.5 * no);
            without += no;
            with += yes;
        }
        wins / (without * with)
    }

    /// Isotonic regression of the events on the forecasts, by pooling adjacent violators; equal forecasts are one.
    fn steps(&self) -> Vec<ReliabilityStep> {
        let mut steps: Vec<ReliabilityStep> = Vec::new();
        for equal in self.0.chunk_by(|a, b| a.0.probability == b.0.probability) {
            let n = equal.len();
            let probability = equal[0].0.probability;
            let observed = equal.iter().map(|(f, _)| event(f)).sum::<f64>() / n as f64;
            let mut step = ReliabilityStep { from: probability, to: probability, observed, n };
            while let Some(before) = steps.pop_if(|before| before.observed >= step.observed) {
                let total = before.n + step.n;
                let sum = before.observed * before.n as f64 + step.observed * step.n as f64;
                step = ReliabilityStep { from: before.from, to: step.to, observed: sum / total as f64, n: total };
            }
            steps.push(step);
        }
        steps
    }
}
