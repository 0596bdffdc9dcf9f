//! Values below limits, drawn as often as wanted from what limits and neighbours say of them.

use super::conditionals::Conditionals;
use super::truncated::draw_below;
use crate::executor::{Executor, map};
use crate::kriging::Kriging;
use crate::random::Random;
use crate::{Error, Result, Samples};

const PURPOSE: u64 = 0x6365_6e73_6f72_6564;

/// How values below limits are imputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ImputationSettings {
    /// Independent chains.
    pub chains: usize,
    /// Imputations kept of each chain.
    pub kept: usize,
    /// Sweeps over all censored values before the first is kept.
    pub burn_in: usize,
    /// Sweeps from one kept imputation to the next.
    pub thinning: usize,
    /// Earlier neighbours of each sample in Vecchia's approximation, beyond 1000 samples.
    pub neighbours: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for ImputationSettings {
    /// 200 imputations of 4 chains, after 100 sweeps and 5 apart.
    fn default() -> Self {
        Self { chains: 4, kept: 50, burn_in: 100, thinning: 5, neighbours: 30, seed: 1 }
    }
}

impl ImputationSettings {
    pub(super) fn check(&self) -> Result<()> {
        let numbers = [
            ("number of chains", self.chains, 2, "at least 2"),
            ("number of imputations kept of a chain", self.kept, 2, "at least 2"),
            ("number of sweeps between imputations", self.thinning, 1, "at least 1"),
            ("number of neighbours", self.neighbours, 1, "at least 1"),
        ];
        match numbers.iter().find(|(_, value, least, _)| value < least) {
            Some(&(name, value, _, requirement)) => Err(Error::Parameter { name, value: value as f64, requirement }),
            None => Ok(()),
        }
    }
}

/// Draws of all values below limits, jointly, given the quantified values, the limits and the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Imputations {
    /// Censored samples, in the order of the draws.
    samples: Vec<usize>,
    /// Draws of each censored sample, one chain after the other.
    draws: Vec<f64>,
    count: usize,
    kept: usize,
    mixing: f64,
}

impl Imputations {
    /// Draws values below limits by Gibbs sampling: each in turn from its normal distribution given all others, cut off at its limit.
    ///
    /// `below` says which samples' values are limits. Up to 1000 samples the conditional distributions are exact; beyond, those of
    /// Vecchia's approximation. The drift's coefficients, where unknown, are integrated out.
    ///
    /// # Units
    /// Those of the samples: the scale on which the field is Gaussian.
    ///
    /// # Errors
    /// Flags of another number than samples, all of them set, settings outside their domain, or as kriging with all samples.
    ///
    /// # Source
    /// Tanner & Wong (1987), *Journal of the American Statistical Association* 82:528 (data augmentation); De Oliveira (2005), *Journal of
    /// Computational and Graphical Statistics* 14:95 (censored Gaussian fields).
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::censored::{ImputationSettings, Imputations};
    /// use soilscope_core::{Samples, drift::Drift, executor::Serial, kriging::Kriging, neighbourhood::Neighbourhood};
    /// use soilscope_core::variogram::ModelTemplate;
    ///
    /// // No correlation, mean 0, variance 1: below 0 is half of a normal distribution, with mean −√(2/π).
    /// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, -1.0, 0.0])?;
    /// let noise = "1 Nug".parse::<ModelTemplate>()?.complete()?.unwrap();
    /// let kriging = Kriging::new(noise, Drift::KnownMean(0.0), Neighbourhood::Global);
    /// let draws = Imputations::draw(&kriging, &samples, &[false, false, true], &ImputationSettings::default(), &Serial)?;
    /// assert_eq!((draws.samples(), draws.count()), (&[2][..], 200));
    /// assert!((draws.mean(0) + 0.798).abs() < 0.2 && draws.draws(0).iter().all(|&y| y <= 0.0));
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn draw(
        recipe: &Kriging,
        samples: &Samples,
        below: &[bool],
        settings: &ImputationSettings,
        executor: &dyn Executor,
    ) -> Result<Self> {
        settings.check()?;
        check_flags(samples, below)?;
        let conditionals = Conditionals::new(recipe, samples, below, settings.neighbours, executor)?;
        Self::of(conditionals, samples.values(), PURPOSE, settings, executor)
    }

    /// Draws from these conditionals, of samples with these values or limits.
    pub(super) fn of(
        conditionals: Conditionals,
        values: &[f64],
        purpose: u64,
        settings: &ImputationSettings,
        executor: &dyn Executor,
    ) -> Result<Self> {
        let chains = map(executor, settings.chains, |chain| {
            let random = Random::substream(settings.seed, purpose, chain as u64);
            let mut sampler = Sampler::new(&conditionals, values, random);
            sampler.sweep(settings.burn_in);
            let mut draws = Vec::with_capacity(settings.kept * conditionals.len());
            for _ in 0..settings.kept {
                sampler.sweep(settings.thinning);
                draws.extend(sampler.values());
            }
            draws
        })?;
        let (c, count) = (conditionals.len(), settings.chains * settings.kept);
        let mut draws = vec![0.0; c * count];
        for (chain, values) in chains.iter().enumerate() {
            for (k, row) in values.chunks_exact(c.max(1)).enumerate() {
                row.iter().enumerate().for_each(|(a, y)| draws[a * count + chain * settings.kept + k] = *y);
            }
        }
        let mixing = draws.chunks_exact(count).map(|d| mixing(d, settings.kept)).fold(1.0, f64::max);
        Ok(Self { samples: conditionals.samples, draws, count, kept: settings.kept, mixing })
    }

    /// How many imputations there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Censored samples, in the order of [`draws`](Self::draws).
    pub fn samples(&self) -> &[usize] {
        &self.samples
    }

    /// All draws of the `a`-th censored sample.
    ///
    /// # Panics
    /// A number beyond the censored samples.
    pub fn draws(&self, a: usize) -> &[f64] {
        &self.draws[a * self.count..(a + 1) * self.count]
    }

    /// All draws of the `a`-th censored sample, the first of each chain first: neighbours in this order are of different chains.
    ///
    /// # Panics
    /// A number beyond the censored samples.
    pub fn in_turn(&self, a: usize) -> impl Iterator<Item = f64> + '_ {
        let (draws, chains) = (self.draws(a), self.count / self.kept);
        (0..self.count).map(move |k| draws[(k % chains) * self.kept + k / chains])
    }

    /// Mean of the draws of the `a`-th censored sample.
    ///
    /// # Panics
    /// A number beyond the censored samples.
    pub fn mean(&self, a: usize) -> f64 {
        self.draws(a).iter().sum::<f64>() / self.count as f64
    }

    /// Potential scale reduction of the worst value: 1 where chains agree; above 1.1 they have not forgotten where they began, and
    /// more sweeps are needed.
    ///
    /// # Source
    /// Gelman & Rubin (1992), *Statistical Science* 7:457, of whole chains: they are not split in halves.
    pub fn mixing(&self) -> f64 {
        self.mixing
    }

    /// The draws of those samples that have a new number, under it.
    pub(super) fn renumbered(&self, number: &[Option<usize>]) -> Self {
        let (mut samples, mut draws) = (Vec::new(), Vec::new());
        for (a, &i) in self.samples.iter().enumerate() {
            if let Some(new) = number[i] {
                samples.push(new);
                draws.extend_from_slice(self.draws(a));
            }
        }
        Self { samples, draws, ..*self }
    }

    /// The samples with the means of their draws in place of limits.
    pub(crate) fn completed(&self, samples: &Samples) -> Result<Samples> {
        let mut values = samples.values().to_vec();
        self.samples.iter().enumerate().for_each(|(a, &i)| values[i] = self.mean(a));
        with_values(samples, values)
    }
}

/// The samples with other values of the same errors.
pub(super) fn with_values(samples: &Samples, values: Vec<f64>) -> Result<Samples> {
    let other = samples.with_values(values)?;
    match samples.error_variances() {
        Some(errors) => other.with_error_variances(errors.to_vec()),
        None => Ok(other),
    }
}

/// Refuses flags of another number than samples.
pub(super) fn check_length(samples: &Samples, below: &[bool]) -> Result<()> {
    if below.len() == samples.len() {
        return Ok(());
    }
    Err(Error::LengthMismatch {
        left_name: "samples",
        left: samples.len(),
        right_name: "the flags of values below limits",
        right: below.len(),
    })
}

/// Refuses flags of another number than samples, or nothing but limits.
pub(super) fn check_flags(samples: &Samples, below: &[bool]) -> Result<()> {
    check_length(samples, below)?;
    let found = below.iter().filter(|b| !**b).count();
    if found < 2 {
        let purpose = "a map with values below limits (quantified values)";
        return Err(Error::TooFewSamples { found, needed: 2, purpose });
    }
    Ok(())
}

/// One chain.
pub(super) struct Sampler<'a> {
    conditionals: &'a Conditionals,
    limits: Vec<f64>,
    y: Vec<f64>,
    random: Random,
}

impl<'a> Sampler<'a> {
    /// A chain for samples of these values, or limits.
    pub(super) fn new(conditionals: &'a Conditionals, values: &[f64], random: Random) -> Self {
        let of = conditionals.samples.iter().zip(&conditionals.centres);
        let limits: Vec<f64> = of.map(|(&i, centre)| values[i] - centre).collect();
        let y = limits.iter().enumerate().map(|(a, l)| l - conditionals.deviation(a)).collect();
        Self { conditionals, limits, y, random }
    }

    /// Begins at other values.
    pub(super) fn start_at(&mut self, values: &[f64]) {
        for (a, (y, value)) in self.y.iter_mut().zip(values).enumerate() {
            *y = (value - self.conditionals.centres[a]).min(self.limits[a]);
        }
    }

    pub(super) fn sweep(&mut self, times: usize) {
        for _ in 0..times {
            // Afresh in each sweep, so that rounding does not add up.
            let mut sum = self.conditionals.sum(&self.y);
            for a in 0..self.y.len() {
                let mean = self.conditionals.mean(a, &self.y, &sum);
                let new = draw_below(self.limits[a], mean, self.conditionals.deviation(a), &mut self.random);
                self.conditionals.moved(a, new - self.y[a], &mut sum);
                self.y[a] = new;
            }
        }
    }

    /// The values where the chain is now.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.y.iter().zip(&self.conditionals.centres).map(|(y, centre)| y + centre)
    }
}

fn mixing(draws: &[f64], kept: usize) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance = |values: &[f64]| {
        let centre = mean(values);
        values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64
    };
    let chains: Vec<&[f64]> = draws.chunks_exact(kept).collect();
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<_>>());
    let between = variance(&chains.iter().map(|c| mean(c)).collect::<Vec<_>>());
    let n = kept as f64;
    if within > 0.0 { (((n - 1.0) / n * within + between) / within).sqrt() } else { 1.0 }
}
