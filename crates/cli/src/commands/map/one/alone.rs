//! Rasters alone, without what judges them.

use anyhow::{Context, Result};

use super::super::provenance::remove_outdated;
use super::{Job, Mapped, Opened};
use crate::follow::{Progress, check_interrupt};
use crate::record::{FileRecord, Times};

impl Opened {
    /// Computes and writes the rasters that alone were asked for.
    pub(super) fn rasters_alone(self, progress: &Progress, times: &mut Times) -> Result<Mapped> {
        let Self { mut job, rasters, .. } = self;
        let rasters = rasters.context("the rasters of a map were not opened")?;
        check_interrupt("the map was computed")?;
        let (report, left_out) = job.rasters(rasters, progress)?;
        let left_out = job.count(&report, left_out);
        times.lap("map");
        let outputs = job.products.iter().map(|product| FileRecord::of("raster", &product.path));
        let outputs: Vec<FileRecord> = outputs.collect::<Result<_>>()?;
        job.notes.extend(remove_outdated(&job.args, &job.paths, &outputs)?);
        let Job { args, source, field, limit, grid_record, trust_record: trust, notes, undecided, .. } = job;
        Ok(Mapped {
            args,
            source,
            field,
            limit,
            grid_record,
            validation: None,
            calibration: None,
            skill: None,
            report,
            trust,
            left_out,
            hotspots: None,
            compared: None,
            outputs,
            notes,
            undecided,
        })
    }
}
