//! Cross-validation of co-kriging: what becomes of the secondary samples of a fold, and what they are worth.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use serde::Serialize;
use soilscope_core::cokriging::CoKrigingPrimary;
use soilscope_core::kriging::Kriging;
use soilscope_core::transform::Transform;
use soilscope_core::validation::{self, Scores};
use soilscope_core::{Interpolator, Outcome, Predictor, Samples};

use super::{LagSettings, shortened};
use crate::source::Source;
use crate::words::Folds;

/// A co-kriging recipe, and kriging without its secondary analytes, as `--method ordinary` would do it.
pub(crate) struct CoKriged {
    recipe: CoKrigingPrimary,
    alone: Kriging,
    pub(super) lags: LagSettings,
}

/// Co-kriging that loses, with samples of the primary analyte, those of the others at their places.
///
/// So that calibration is of predictions away from all samples, as the scores are.
pub(super) struct AwayFromAll {
    pub(super) recipe: CoKrigingPrimary,
    /// All samples of the primary analyte.
    pub(super) samples: Samples,
}

impl Interpolator for AwayFromAll {
    fn fit(&self, samples: &Samples) -> soilscope_core::Result<Box<dyn Predictor>> {
        // The first fold is of the samples that are here, the second of those that are not.
        let here: HashSet<[u64; 2]> = samples.coords().iter().map(|c| c.map(f64::to_bits)).collect();
        let missing: Vec<bool> = self.samples.coords().iter().map(|c| !here.contains(&c.map(f64::to_bits))).collect();
        let folds = validation::Folds::by_label(&missing);
        let mut recipe = self.recipe.clone();
        for (set, of) in recipe.secondary.iter_mut().zip(self.recipe.at_places_of(&self.samples, &folds)) {
            // Where nothing is missing there is one fold, and it is of what is here.
            let kept: Vec<usize> = (0..set.len()).filter(|&j| of[j] != Some(1)).collect();
            *set = set.subset(&kept)?;
        }
        recipe.fit(samples)
    }

    fn leave_out(&self, samples: &Samples, folds: &validation::Folds) -> soilscope_core::Result<Vec<Outcome>> {
        self.recipe.leave_out_with(samples, folds, &self.recipe.at_places_of(samples, folds))
    }
}

/// How the secondary samples were held out, and what the scores are otherwise.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CokrigingValidation {
    /// What the scores are of: samples of secondary analytes in a fold are held out with those of the primary one.
    secondary: &'static str,
    /// Secondary samples that were held out in some fold.
    secondary_held_out: usize,
    /// Scores where all secondary samples are kept, those at the held-out places too.
    pub(crate) secondary_known: Option<Scores>,
    /// Scores of ordinary kriging without secondary analytes, with the model that the analyte has by itself.
    pub(crate) kriging_alone: Option<Scores>,
    /// That model.
    pub(crate) model_alone: String,
}

impl CokrigingValidation {
    /// For people, below the scores.
    pub(crate) fn lines(&self, primary: &str, unit: &str) -> Vec<String> {
        let held = match self.secondary_held_out {
            0 => "none of the secondary samples belongs to a fold".to_owned(),
            held => format!("the secondary samples of a fold were held out with it, {held} in all"),
        };
        let mut lines = vec![format!("secondary {held}")];
        let mut add = |label: &str, scores: &Option<Scores>, words: &str| {
            lines.extend(scores.as_ref().map(|s| {
                let crps = s.crps.map(|crps| format!(", CRPS {crps:.6}")).unwrap_or_default();
                format!("{label:<9} RMSE {:.6}{crps} {unit} {words}", s.rmse)
            }));
        };
        add("known", &self.secondary_known, "where the secondary analytes are known: none of their samples held out");
        let model = shortened(&self.model_alone);
        add("alone", &self.kriging_alone, &format!("by ordinary kriging of {primary} alone, with {model}"));
        lines
    }
}

/// The fold of each secondary sample, analyte by analyte.
type Held = Vec<Vec<Option<usize>>>;

impl CoKriged {
    pub(super) fn new(recipe: CoKrigingPrimary, alone: Kriging, lags: LagSettings) -> Self {
        Self { recipe, alone, lags }
    }

    /// The samples predicted without their fold, and without the secondary samples that belong to it.
    ///
    /// A place of a map is seldom one where the secondary analytes are known, so scores that use them at the held-out places
    /// would promise too much.
    pub(crate) fn leave_out(
        &self,
        samples: &Samples,
        folds: &validation::Folds,
        how: &Folds,
        source: &Source,
    ) -> Result<Vec<Outcome>> {
        Ok(self.recipe.leave_out_with(samples, folds, &self.held(samples, folds, how, source)?)?)
    }

    /// What else there is to say of these folds.
    pub(crate) fn beside(
        &self,
        (observed, samples): (&Samples, &Samples),
        transform: &Transform,
        folds: &validation::Folds,
        how: &Folds,
        source: &Source,
    ) -> Result<CokrigingValidation> {
        let scores = |outcomes: Vec<Outcome>| Scores::of(&validation::residuals(observed, &outcomes, transform));
        let held = self.held(samples, folds, how, source)?;
        Ok(CokrigingValidation {
            secondary: "held out with their fold",
            secondary_held_out: held.iter().flatten().flatten().count(),
            secondary_known: scores(self.recipe.leave_out(samples, folds)?),
            model_alone: self.alone.variogram.to_string(),
            kriging_alone: scores(self.alone.leave_out(samples, folds)?),
        })
    }

    /// Which secondary samples belong to which fold: those in its block or with its text, else those at its places.
    fn held(&self, samples: &Samples, folds: &validation::Folds, how: &Folds, source: &Source) -> Result<Held> {
        let mut held = self.recipe.at_places_of(samples, folds);
        for ((set, other), of) in self.recipe.secondary.iter().zip(source.secondary()).zip(&mut held) {
            let together = match how {
                Folds::Blocks(size) => {
                    let coords = [samples.coords(), set.coords()].concat();
                    let values = vec![0.0; coords.len()];
                    validation::Folds::spatial_blocks(&Samples::new(coords, values)?, *size)?
                }
                Folds::Column(_) if !other.labels().is_empty() => {
                    validation::Folds::by_label(&[source.labels(), other.labels()].concat())
                }
                _ => continue,
            };
            // Numbered for both together: the fold of the primary analyte with that number.
            let fold_of: HashMap<usize, usize> = (0..samples.len()).map(|i| (together.of(i), folds.of(i))).collect();
            *of = (0..set.len()).map(|j| fold_of.get(&together.of(samples.len() + j)).copied()).collect();
        }
        Ok(held)
    }
}
