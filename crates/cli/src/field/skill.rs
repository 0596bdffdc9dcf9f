//! Whether the probabilities of being above a threshold are worth more than the share of samples that are.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::validation::{Forecast, HeldOut, Skill, calibration, hold_out_blocks, hold_out_blocks_of, skill};
use soilscope_core::{Mixture, Outcome, Prediction};

use super::Field;
use super::calibration::{CalibrationRecord, SEED};
use crate::args::Common;
use crate::choice::executor;
use crate::guideline::Carried;
use crate::guideline::carried::beside;
use crate::source::Source;

/// What samples held out by spatial blocks say of the variance and of the probabilities.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) calibration: Option<CalibrationRecord>,
    pub(crate) skill: Option<SkillRecord>,
}

/// What may be exceeded, in the data's unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limits<'a> {
    Nowhere,
    /// The same value everywhere.
    Everywhere(f64),
    /// That of each sample's place; not a number where there is none.
    Each(&'a [f64]),
}

impl From<Option<f64>> for Limits<'_> {
    fn from(threshold: Option<f64>) -> Self {
        threshold.map_or(Self::Nowhere, Self::Everywhere)
    }
}

impl Limits<'_> {
    fn of(self, sample: usize) -> Option<f64> {
        match self {
            Self::Nowhere => None,
            Self::Everywhere(threshold) => Some(threshold),
            Self::Each(limits) => Some(limits[sample]).filter(|limit| limit.is_finite()),
        }
    }
}

/// The same by squares of a width that was asked for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JudgedByWidth {
    samples_a_block: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<CalibrationRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<SkillRecord>,
}

impl JudgedByWidth {
    /// In one line.
    pub(crate) fn line(&self, limit: Option<&Carried>) -> String {
        let calibration = self.calibration.as_ref().map(CalibrationRecord::line);
        let skill = self.skill.as_ref().map(|s| format!("above {}: {}", beside(limit, &s.above()), s.line()));
        let parts: Vec<String> = calibration.into_iter().chain(skill).collect();
        format!("blocks of {} samples: {}", self.samples_a_block, parts.join("; "))
    }
}

/// Skill of the exceedance probabilities.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SkillRecord {
    /// The value that is exceeded, in the data's unit; `None` where it is that of each place.
    pub(crate) threshold: Option<f64>,
    /// `gaussian` on the modelling scale, `mixture` of Gaussians over draws of values below limits, `indicator`, or `simulation`.
    route: &'static str,
    #[serde(flatten)]
    pub(crate) found: Option<Skill>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_possible: Option<String>,
    /// Held-out samples below a limit that is above the threshold: nobody knows what happened there.
    undecided: usize,
    /// Held-out samples without a prediction.
    without_prediction: usize,
    /// Forecasts and what happened, for the picture.
    #[serde(skip)]
    pub(crate) forecasts: Vec<Forecast>,
}

impl SkillRecord {
    /// Without what was found.
    fn empty(limits: Limits<'_>, route: &'static str) -> Self {
        Self {
            threshold: if let Limits::Everywhere(threshold) = limits { Some(threshold) } else { None },
            route,
            found: None,
            not_possible: None,
            undecided: 0,
            without_prediction: 0,
            forecasts: Vec::new(),
        }
    }

    fn new(limits: Limits<'_>, field: &Field, held_out: &HeldOut, source: &Source) -> Self {
        let probability =
            |p: &Prediction, i: usize, threshold: f64| field.probability(p, held_out.mixtures.get(i), i, threshold);
        Self::judged(limits, field.route(), held_out, source, &probability)
    }

    /// Of predictions that are the probabilities of being above the threshold.
    pub(crate) fn of_shares(threshold: f64, route: &'static str, held_out: &HeldOut, source: &Source) -> Self {
        Self::judged(Limits::Everywhere(threshold), route, held_out, source, &|p, _, _| Some(p.value))
    }

    /// That nothing can be said of the skill, and why.
    pub(crate) fn refused(threshold: f64, route: &'static str, reason: &str) -> Self {
        Self { not_possible: Some(reason.to_owned()), ..Self::empty(Limits::Everywhere(threshold), route) }
    }

    fn judged(
        limits: Limits<'_>,
        route: &'static str,
        held_out: &HeldOut,
        source: &Source,
        probability: &dyn Fn(&Prediction, usize, f64) -> Option<f64>,
    ) -> Self {
        let (mut undecided, mut without_prediction) = (0, 0);
        let mut forecast = |&(i, outcome): &(usize, Outcome)| {
            let threshold = limits.of(i)?;
            if source.is_undecided(i, threshold) {
                undecided += 1;
                return None;
            }
            // Of several at one place the value is their mean.
            let happened = source.is_above(i, threshold);
            let probability = outcome.ok().and_then(|p| probability(&p, i, threshold));
            without_prediction += usize::from(probability.is_none());
            Some(Forecast { probability: probability?, happened })
        };
        let blocks: Vec<Vec<Forecast>> =
            held_out.blocks.iter().map(|block| block.iter().filter_map(&mut forecast).collect()).collect();
        let (found, not_possible) = match skill(&blocks, SEED) {
            Ok(found) => (Some(found), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let forecasts = blocks.concat();
        Self { found, not_possible, undecided, without_prediction, forecasts, ..Self::empty(limits, route) }
    }

    /// What is exceeded, in words.
    pub(crate) fn above(&self) -> String {
        self.threshold.map_or_else(|| "the limit of each place".to_owned(), |t| t.to_string())
    }

    /// Whether the probabilities have been shown to be better than the base rate.
    pub(crate) fn is_skilled(&self) -> bool {
        self.found.as_ref().is_some_and(|s| s.skilled)
    }

    /// What a reader must know where there is no skill.
    pub(crate) fn warning(&self) -> Option<String> {
        if self.is_skilled() {
            return None;
        }
        Some(match &self.found {
            Some(_) => format!(
                "no skill here: held-out blocks do not show that the probabilities of being above {} are better than the share of \
                 samples that are; {}",
                self.above(),
                self.line()
            ),
            None => format!(
                "no skill is shown for the probabilities of being above {}: {}",
                self.above(),
                self.not_possible.as_deref().unwrap_or("no sample could be held out")
            ),
        })
    }

    /// The scores in one line.
    pub(crate) fn line(&self) -> String {
        let Some(s) = &self.found else {
            return format!("not possible: {}", self.not_possible.as_deref().unwrap_or("unknown"));
        };
        let interval = |i: Option<[f64; 2]>| i.map_or_else(String::new, |[l, h]| format!(" ({l:.2} to {h:.2})"));
        format!(
            "Brier score {:.4}, of the base rate {:.4}: skill {:.2}{}; area under the ROC curve {:.2}{}",
            s.brier,
            s.brier_of_base_rate,
            s.score,
            interval(s.score_interval),
            s.auc,
            interval(s.auc_interval)
        )
    }
}

impl Field {
    /// The probability that held-out sample `i` is above a threshold, its own measurement error included.
    fn probability(&self, predicted: &Prediction, mixture: Mixture<'_>, i: usize, threshold: f64) -> Option<f64> {
        if self.method.indicator.is_some() {
            return Some(predicted.value.clamp(0.0, 1.0));
        }
        let common = self.model.as_ref().map_or(0.0, |m| m.error_variance);
        let own = common + self.on_scale.error_variance(i);
        let predicted = Prediction { variance: Some(predicted.variance? + own), ..*predicted };
        self.transform.exceedance_mixed(&predicted, mixture.with_error(own), threshold)
    }

    /// How probabilities are found, in a word.
    fn route(&self) -> &'static str {
        match self.method.indicator {
            Some(_) => "indicator",
            None if !self.below.is_empty() => "mixture",
            None => "gaussian",
        }
    }

    /// Holds samples out by spatial blocks, and compares what is predicted of them with what they are; nothing without a
    /// model.
    pub(crate) fn judged(&self, limits: Limits<'_>, source: &Source, common: &Common) -> Result<Judged> {
        let Some(model) = &self.model else { return Ok(Judged::default()) };
        let limits = self.limits(limits);
        let executor = executor(common)?;
        let held_out = || hold_out_blocks(self.at_points(), &model.variogram, &self.on_scale, SEED, &executor);
        self.judged_by(limits, source, &held_out)
    }

    /// The same, by squares of so many samples on average, however wide.
    pub(crate) fn judged_by_width(
        &self,
        samples_a_block: f64,
        limits: Limits<'_>,
        source: &Source,
        common: &Common,
    ) -> Result<JudgedByWidth> {
        let executor = executor(common)?;
        let held_out = || hold_out_blocks_of(samples_a_block, self.at_points(), &self.on_scale, SEED, &executor);
        let Judged { calibration, skill } = self.judged_by(self.limits(limits), source, &held_out)?;
        // What was calibrated by other squares says nothing of these.
        let calibration = calibration.filter(|_| self.calibrated().is_none());
        Ok(JudgedByWidth { samples_a_block, calibration, skill })
    }

    /// An indicator has its own.
    fn limits<'a>(&self, limits: Limits<'a>) -> Limits<'a> {
        match (limits, self.method.indicator) {
            (Limits::Nowhere, Some(threshold)) => Limits::Everywhere(threshold),
            (limits, _) => limits,
        }
    }

    fn judged_by(
        &self,
        limits: Limits<'_>,
        source: &Source,
        hold_out: &dyn Fn() -> soilscope_core::Result<HeldOut>,
    ) -> Result<Judged> {
        let Some(model) = &self.model else { return Ok(Judged::default()) };
        let wanted = self.calibrated().is_none() && self.method.indicator.is_none();
        let decided = !matches!(limits, Limits::Nowhere);
        if !wanted && !decided {
            return Ok(Judged { calibration: self.calibrated().cloned(), skill: None });
        }
        let held_out = match hold_out() {
            Ok(held_out) => held_out.with_limits(&self.below),
            Err(soilscope_core::Error::Cancelled) => return Err(soilscope_core::Error::Cancelled.into()),
            Err(error) => {
                let calibration = match self.calibrated() {
                    None if wanted => Some(CalibrationRecord::of(Err(error.clone()))?),
                    done => done.cloned(),
                };
                let skill = decided.then(|| SkillRecord {
                    not_possible: Some(error.to_string()),
                    ..SkillRecord::empty(limits, self.route())
                });
                return Ok(Judged { calibration, skill });
            }
        };
        let calibration = match self.calibrated() {
            None if wanted => {
                Some(CalibrationRecord::of(calibration(&held_out, &model.variogram, &self.on_scale, SEED))?)
            }
            done => done.cloned(),
        };
        let skill = decided.then(|| SkillRecord::new(limits, self, &held_out, source));
        Ok(Judged { calibration, skill })
    }
}
