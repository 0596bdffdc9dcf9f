//! Values below limits of several analytes, drawn together for the realisations.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::censored::{ImputationSettings, JointImputations};
use soilscope_core::simulation::CoSimulation;

use super::super::one::Job;
use crate::args::Common;
use crate::choice::executor;
use crate::field::mixing_note;

/// How values below limits enter the joint simulation, for the record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct JointLimitsRecord {
    /// `data-augmentation`: drawn together, given the quantified values of all analytes, the limits and the joint model.
    method: &'static str,
    /// Samples below their limits, of each analyte. The limits themselves are in the analyte's own record.
    pub(super) below: Vec<(String, usize)>,
    pub(super) draws: usize,
    settings: ImputationSettings,
    /// Potential scale reduction of the worst value: 1 where chains agree.
    mixing: f64,
    /// What the realisations are of.
    distribution: &'static str,
}

/// Which samples of each analyte are below their limits; none where a number stands for them.
pub(super) fn flags(jobs: &[&Job]) -> Vec<Vec<bool>> {
    let of = |job: &&Job| match job.field.below.is_empty() {
        true => vec![false; job.field.on_scale.len()],
        false => job.field.below.clone(),
    };
    jobs.iter().map(of).collect()
}

/// A draw for each realisation; `None` where no value is below a limit.
pub(super) fn drawn(
    recipe: &CoSimulation,
    samples: &[Samples],
    jobs: &[&Job],
    realisations: usize,
    common: &Common,
) -> Result<Option<(JointImputations, JointLimitsRecord)>> {
    let flags = flags(jobs);
    if !flags.iter().flatten().any(|below| *below) {
        return Ok(None);
    }
    let usual = ImputationSettings::default();
    let kept = usual.kept.max(realisations.div_ceil(usual.chains));
    let settings = ImputationSettings { kept, seed: recipe.seed, ..usual };
    let draws = JointImputations::draw(&recipe.model, &recipe.means, samples, &flags, &settings, &executor(common)?)?;
    let count = |(job, flags): (&&Job, &Vec<bool>)| {
        (job.source.analyte().to_owned(), flags.iter().filter(|below| **below).count())
    };
    let record = JointLimitsRecord {
        method: "data-augmentation",
        below: jobs.iter().zip(&flags).map(count).collect(),
        draws: draws.count(),
        settings,
        mixing: draws.mixing(),
        distribution: "one joint draw of all analytes for each realisation",
    };
    Ok(Some((draws, record)))
}

impl JointLimitsRecord {
    /// What a reader should know.
    pub(super) fn note(&self) -> Option<String> {
        mixing_note(self.mixing).map(|note| format!("all analytes together: {note}"))
    }

    /// In one line.
    pub(super) fn line(&self) -> String {
        let each: Vec<String> = self.below.iter().map(|(analyte, below)| format!("{analyte} {below}")).collect();
        format!("  values below their limits: {}; drawn together, {} times", each.join(", "), self.draws)
    }

    /// For the rasters' metadata.
    pub(super) fn metadata(&self) -> (String, String) {
        let each: Vec<String> = self.below.iter().map(|(analyte, below)| format!("{analyte} {below}")).collect();
        ("BELOW_LIMITS".to_owned(), format!("{}: drawn together for each realisation", each.join(", ")))
    }
}
