//! Whether the shares of realisations above the threshold are worth more than the share of samples that are.
//!
//! Samples are held out by blocks, and fields are simulated at their places from the samples that are left: the probability is the share
//! of these fields that are above. At a place the fields of every simulator are draws from the same distribution, so they are
//! drawn one place after the other, which can be done at any places.

use anyhow::Result;
use soilscope_core::executor::Serial;
use soilscope_core::simulation::{SequentialGaussian, Simulator};
use soilscope_core::transform::Transform;
use soilscope_core::validation::hold_out_blocks;
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Gap, Interpolator, Prediction, Predictions, Predictor, Samples, Scratch, Targets};

use crate::args::{Common, Simulate};
use crate::choice::executor;
use crate::field::SkillRecord;
use crate::source::Source;
use crate::subject::Subject;

/// Fields that probabilities are counted from: enough for a share to be known to 3 %.
const FIELDS: usize = 200;

/// Judges the probabilities; `None` without a threshold.
pub(super) fn judge(
    args: &Simulate,
    variogram: &Variogram,
    subject: &Subject,
    source: &Source,
    common: &Common,
) -> Result<Option<SkillRecord>> {
    let Some(threshold) = args.threshold else { return Ok(None) };
    let refused = if !subject.below.is_empty() {
        Some(
            "values below limits are drawn anew for each block, which is not done here: `validate --nondetect censored` judges them",
        )
    } else if source.errors().is_some() || variogram.error_variance() > 0.0 {
        Some("samples with measurement errors are no values of the simulated fields: `validate` judges them")
    } else if subject.on_scale.metric().is_sphere() {
        Some("fields are simulated on a plane")
    } else {
        None
    };
    if let Some(reason) = refused {
        return Ok(Some(SkillRecord::refused(threshold, ROUTE, reason)));
    }
    let recipe = Shares {
        recipe: SequentialGaussian::new(variogram.clone(), subject.drift, args.simulation.seed),
        transform: subject.transform.clone(),
        threshold,
    };
    let held_out = hold_out_blocks(&recipe, variogram, &subject.on_scale, args.simulation.seed, &executor(common)?);
    Ok(Some(match held_out {
        Ok(held_out) => SkillRecord::of_shares(threshold, ROUTE, &held_out, source),
        Err(soilscope_core::Error::Cancelled) => return Err(soilscope_core::Error::Cancelled.into()),
        Err(error) => SkillRecord::refused(threshold, ROUTE, &error.to_string()),
    }))
}

const ROUTE: &str = "simulation";

/// Predicts the share of fields above a threshold.
struct Shares {
    recipe: SequentialGaussian,
    transform: Transform,
    threshold: f64,
}

struct Fitted {
    recipe: SequentialGaussian,
    transform: Transform,
    threshold: f64,
    samples: Samples,
}

impl Interpolator for Shares {
    fn fit(&self, samples: &Samples) -> soilscope_core::Result<Box<dyn Predictor>> {
        // What the samples do not allow is said here, where it can be.
        self.recipe.prepare(Some(samples), &[])?;
        Ok(Box::new(Fitted {
            recipe: self.recipe.clone(),
            transform: self.transform.clone(),
            threshold: self.threshold,
            samples: samples.clone(),
        }))
    }
}

impl Predictor for Fitted {
    fn has_variance(&self) -> bool {
        false
    }

    fn predict_into(&self, targets: &Targets<'_>, _: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), false);
        let places: Vec<Coord> = (0..targets.len()).map(|i| targets.coord(i)).collect();
        let run = self.recipe.prepare(Some(&self.samples), &places);
        let Ok(fields) = run.and_then(|run| run.simulate(0..FIELDS, &Serial)) else {
            return (0..targets.len()).for_each(|i| out.set(i, Err(Gap::SingularSystem)));
        };
        let mut values = Vec::with_capacity(FIELDS);
        for i in 0..targets.len() {
            fields.at_node(i, &mut values);
            let above = values.iter().filter(|&&v| self.transform.back_value(v) > self.threshold).count();
            let value = above as f64 / FIELDS as f64;
            out.set(i, Ok(Prediction { value, variance: None, multiplier: 0.0 }));
        }
    }
}
