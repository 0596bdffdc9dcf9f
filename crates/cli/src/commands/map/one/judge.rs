//! How well a map can be trusted, found before its rasters are computed: some of them say so in their metadata.

use anyhow::{Context, Result};

use super::Opened;
use crate::args::Common;
use crate::commands::validate::{ValidationRecord, cross_validate};
use crate::field::{CalibrationRecord, Judged, SkillRecord};
use crate::follow::{Progress, check_interrupt};
use crate::hotspots::shown::Shown;
use crate::record::Times;
use crate::words::Folds;

/// What was found; nothing where rasters alone were asked for.
#[derive(Default)]
pub(in super::super) struct Verdict {
    pub(super) validation: Option<ValidationRecord>,
    pub(super) calibration: Option<CalibrationRecord>,
    pub(super) skill: Option<SkillRecord>,
    /// Of the limits beside the first.
    pub(super) skill_of_others: Vec<Option<SkillRecord>>,
}

impl Opened {
    /// Holds samples out, and lets rasters of probabilities say what came of it.
    pub(in super::super) fn judge(
        &mut self,
        common: &Common,
        progress: &Progress,
        times: &mut Times,
    ) -> Result<Verdict> {
        let Self { job, rasters, .. } = self;
        if !job.args.only.is_empty() {
            check_interrupt("the map was computed")?;
            return Ok(Verdict::default());
        }
        let rasters = rasters.as_mut().context("the rasters of a map were not opened")?;
        let validation = progress
            .busy("cross-validating", || cross_validate(&job.field, &job.source, &Folds::LeaveOneOut, 1, common))?
            .0;
        let own = job.limits_of_samples()?;
        let limits = job.limits_of_skill(own.as_deref());
        let judged = progress.busy("holding blocks out", || job.field.judged(limits, &job.source, common))?;
        let Judged { calibration, skill } = judged;
        if !job.args.method.calibrate {
            job.notes.extend(calibration.iter().flat_map(CalibrationRecord::notes));
        }
        job.notes.extend(skill.as_ref().and_then(SkillRecord::warning));
        times.lap("validation");
        check_interrupt("the map was computed")?;

        if let Some(path) = job.probabilities() {
            rasters.sink.describe(&path, &Shown::of(skill.as_ref()).metadata())?;
        }
        let skill_of_others = job.judge_others(&mut rasters.sink, common, progress)?;
        Ok(Verdict { validation: Some(validation), calibration, skill, skill_of_others })
    }
}
