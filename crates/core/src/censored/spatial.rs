//! Kriging with samples of which some are only known to be below a limit.

use super::ImputationSettings;
use super::imputations::{Imputations, check_flags, check_length};
use super::leave_out::leave_out;
use crate::executor::{Executor, Serial};
use crate::kriging::{Kriging, Weighted};
use crate::memory::Memory;
use crate::transform::normal_cdf;
use crate::validation::Folds;
use crate::{Interpolator, Mixtures, Outcome, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// Kriging in which a value `<5` says "below 5".
///
/// Values below limits are drawn jointly many times, given the quantified values, the limits and the model ([`Imputations`]);
/// the prediction is the mean of the krigings of all draws, and its variance the kriging variance plus the variance of
/// predictions between draws (the law of total variance). A target's weights are the same for all draws, so that the map costs
/// hardly more than plain kriging.
///
/// The samples' values are their limits where `below` is set, on the scale on which the field is Gaussian: a limit is
/// transformed as a value is. At a sample below its limit the prediction is the mean of its draws, and its variance theirs.
/// Without a sample below a limit this is plain kriging, to the last bit.
///
/// The draws are part of the fit; from one seed they are the same for any number of threads. What each of them says of a target is kept
/// ([`Predictions::mixture`](crate::Predictions::mixture)), so that probabilities and means in the data's unit are of the mixture.
///
/// Cross-validation draws again without what is held out, values and limits. Folds of which none has a sample among the twelve nearest
/// of another's share their draws, so that leave-one-out takes some twenty times the draws and not n times.
///
/// # Source
/// Tanner & Wong (1987), *Journal of the American Statistical Association* 82:528; Stein (1992), *Prediction and inference for truncated
/// spatial data*, *Journal of Computational and Graphical Statistics* 1:91; De Oliveira (2005), *ibid.* 14:95.
///
/// # Examples
/// ```
/// use soilscope_core::censored::CensoredKriging;
/// use soilscope_core::{Interpolator, Samples, drift::Drift, kriging::Kriging, neighbourhood::Neighbourhood};
/// use soilscope_core::variogram::ModelTemplate;
///
/// // The middle sample is below 2, and between samples of 1 and 3.
/// let samples = Samples::new(vec![[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]], vec![1.0, 2.0, 3.0])?;
/// let variogram = "1 Exp(10)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let kriging = Kriging::new(variogram, Drift::KnownMean(2.0), Neighbourhood::Global);
/// let predictor = CensoredKriging::new(kriging, vec![false, true, false]).fit(&samples)?;
/// let there = predictor.predict([10.0, 0.0]).unwrap();
/// // Its neighbours say 2 ± 0.87; cut off at 2, a half normal number is lower by 0.8 of that.
/// assert!((there.value - (2.0 - 0.798 * 0.873)).abs() < 0.1 && there.variance.unwrap() > 0.1);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CensoredKriging {
    /// Model, drift, support and neighbourhood.
    pub kriging: Kriging,
    /// Which samples' values are limits that they are below, by their index.
    pub below: Vec<bool>,
    /// How these are drawn.
    pub settings: ImputationSettings,
}

/// Ready to predict, with the draws.
pub struct CensoredPredictor {
    inner: Box<dyn Weighted>,
    imputations: Imputations,
    /// Draws less their means, censored sample by censored sample.
    deviations: Vec<f64>,
    /// Position of each sample among the censored.
    slots: Vec<Option<u32>>,
}

impl CensoredKriging {
    /// The recipe with 200 draws.
    pub fn new(kriging: Kriging, below: Vec<bool>) -> Self {
        Self { kriging, below, settings: ImputationSettings::default() }
    }

    /// As [`fit`](Interpolator::fit), on an executor, with what is particular to values below limits.
    ///
    /// # Errors
    /// As [`Imputations::draw`] and kriging of the samples.
    pub fn fit_with(&self, samples: &Samples, executor: &dyn Executor) -> Result<CensoredPredictor> {
        let imputations = Imputations::draw(&self.kriging, samples, &self.below, &self.settings, executor)?;
        let inner = self.kriging.fit_weighted(&imputations.completed(samples)?)?;
        let mut slots = vec![None; samples.len()];
        let mut deviations = Vec::with_capacity(imputations.samples().len() * imputations.count());
        for (a, &i) in imputations.samples().iter().enumerate() {
            slots[i] = Some(a as u32);
            let mean = imputations.mean(a);
            deviations.extend(imputations.draws(a).iter().map(|y| y - mean));
        }
        Ok(CensoredPredictor { inner, imputations, deviations, slots })
    }
}

impl Interpolator for CensoredKriging {
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        self.fit_on(samples, &Serial)
    }

    fn fit_on(&self, samples: &Samples, executor: &dyn Executor) -> Result<Box<dyn Predictor>> {
        check_flags(samples, &self.below)?;
        if !self.below.contains(&true) {
            return self.kriging.fit_on(samples, executor);
        }
        Ok(Box::new(self.fit_with(samples, executor)?))
    }

    /// That of its kriging, and the draws.
    fn memory(&self, samples: &Samples) -> Result<Option<Memory>> {
        let draws =
            (self.settings.chains * self.settings.kept * self.below.iter().filter(|&&below| below).count()) as u64;
        let kriging = self.kriging.memory(samples)?;
        Ok(kriging.map(|memory| Memory { held: memory.held + 3 * size_of::<f64>() as u64 * draws, ..memory }))
    }

    fn fit_to(&self, samples: &Samples, kept: &[usize]) -> Result<Box<dyn Predictor>> {
        check_flags(samples, &self.below)?;
        let below = kept.iter().map(|&i| self.below[i]).collect();
        Self { below, ..self.clone() }.fit(&samples.subset(kept)?)
    }

    /// What is left out takes its limits with it, and the rest is drawn again: once for folds that are far from each other.
    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        Ok(self.leave_out_on(samples, folds, &Serial)?.iter().collect())
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        check_flags(samples, &self.below)?;
        if !self.below.contains(&true) {
            return self.kriging.leave_out_on(samples, folds, executor);
        }
        leave_out(self, samples, folds, executor)
    }
}

impl CensoredPredictor {
    /// The draws.
    pub fn imputations(&self) -> &Imputations {
        &self.imputations
    }

    /// Predicts, and tells of every target how each draw's prediction differs from the mean of all.
    pub(super) fn each_draw(
        &self,
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut dyn FnMut(usize, &[f64]),
    ) {
        let count = self.imputations.count();
        let mut differences = vec![0.0; count];
        self.inner.predict_weighted(targets, scratch, out, &mut |target, samples, weights| {
            differences.fill(0.0);
            for (&i, weight) in samples.iter().zip(weights) {
                if let Some(a) = self.slots[i] {
                    let a = a as usize * count;
                    differences.iter_mut().zip(&self.deviations[a..a + count]).for_each(|(d, y)| *d += weight * y);
                }
            }
            each(target, &differences);
        });
    }

    /// Probability that the field is above `threshold` at each target, on the modelling scale: the mean over draws of the Gaussian
    /// probability with the draw's prediction and the kriging variance. `None` where there is no prediction.
    ///
    /// A Gaussian probability of the total mean and variance (what a [`Prediction`] alone allows) is near it unless the nearest
    /// samples are themselves below limits.
    pub fn exceedance(&self, targets: &Targets<'_>, threshold: f64, scratch: &mut Scratch) -> Vec<Option<f64>> {
        let mut out = Predictions::default();
        let mut differences = Vec::new();
        self.each_draw(targets, scratch, &mut out, &mut |target, d| differences.push((target, d.to_vec())));
        let mut probabilities = vec![None; targets.len()];
        for (target, differences) in differences {
            let Ok(Prediction { value, variance: Some(variance), .. }) = out.get(target) else { continue };
            let above = |d: &f64| {
                let by = value + d - threshold;
                if variance > 0.0 { normal_cdf(by / variance.sqrt()) } else { f64::from(u8::from(by > 0.0)) }
            };
            probabilities[target] = Some(differences.iter().map(above).sum::<f64>() / differences.len() as f64);
        }
        probabilities
    }
}

impl Predictor for CensoredPredictor {
    fn has_variance(&self) -> bool {
        true
    }

    fn covariates(&self) -> usize {
        self.inner.covariates()
    }

    fn left_out(&self) -> &[usize] {
        self.inner.left_out()
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        let mut mixtures = Mixtures::default();
        let mut between = vec![0.0; targets.len()];
        let freedom = (self.imputations.count() - 1) as f64;
        self.each_draw(targets, scratch, out, &mut |target, differences| {
            between[target] = differences.iter().map(|d| d * d).sum::<f64>() / freedom;
            mixtures.set(target, 0.0, differences.iter().copied());
        });
        for (target, between) in between.into_iter().enumerate() {
            if let Ok(p) = out.get(target) {
                mixtures.set_within(target, p.variance.unwrap_or(0.0));
                out.set(target, Ok(Prediction { variance: p.variance.map(|v| v + between), ..p }));
            }
        }
        *out.mixtures_mut() = mixtures;
    }
}

/// Samples whose limit itself is above a threshold: they cannot tell on which side of it they are.
///
/// # Errors
/// Flags of another number than samples.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, censored::limits_above};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![5.0, 1.0, 7.0])?;
/// assert_eq!(limits_above(&samples, &[true, true, false], 3.0)?, [0]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn limits_above(samples: &Samples, below: &[bool], threshold: f64) -> Result<Vec<usize>> {
    check_length(samples, below)?;
    Ok((0..samples.len()).filter(|&i| below[i] && samples.values()[i] > threshold).collect())
}
