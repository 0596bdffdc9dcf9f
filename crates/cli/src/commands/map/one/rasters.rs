//! The rasters of a map: computed strip by strip, kept in the journal, put together.

use std::sync::Arc;

use anyhow::Result;
use soilscope_core::Predictor;
use soilscope_pipeline::io::covariate_in::RasterCovariates;
use soilscope_pipeline::io::geotiff::GeoTiffSink;
use soilscope_pipeline::journal::Journal;
use soilscope_pipeline::mask::Mask;
use soilscope_pipeline::product::Scale;
use soilscope_pipeline::run::{self, Plan, RunReport, Share};
use soilscope_pipeline::strips::Strips;
use soilscope_pipeline::thresholds::Thresholds;
use soilscope_pipeline::tile::TileSink;

use super::super::{journal, outlook};
use super::{Job, Opened};
use crate::args::ScaleChoice;
use crate::choice::executor_of;
use crate::covariates::Covariates;
use crate::follow::{Progress, check_interrupt, watching, wrote};
use crate::output;

/// OpenRasters that are opened: where they go, and what of them is to be computed.
pub(super) struct OpenRasters {
    pub(super) sink: Box<GeoTiffSink>,
    share: Share,
    strips: Strips,
    journal: Arc<Journal>,
}

impl Opened {
    /// Opens the rasters, whose strips are kept in a journal.
    pub(in super::super) fn keep_in(&mut self, journal: &Arc<Journal>) -> Result<()> {
        let Self { job, options, .. } = self;
        options.side_by_side = outlook::fit(job)?;
        let mut sink = Box::new(GeoTiffSink::create(&job.grid, &job.products, options)?);
        let strips = Strips::of(&job.grid, options.tile);
        let done = sink.keep_in(journal, &output::slug(job.source.analyte()))?;
        let share = Share::new(strips, journal::wanted(&strips, job.args.run.part)?, done);
        self.rasters = Some(OpenRasters { sink, share, strips, journal: Arc::clone(journal) });
        Ok(())
    }

    /// Computes the strips of a part, and leaves them in the journal. Returns the numbers of the strips, and how many had been there.
    pub(in super::super) fn part(self, progress: &Progress) -> Result<(usize, usize)> {
        check_interrupt("the part was computed")?;
        let Self { job, rasters, .. } = self;
        let Some(mut rasters) = rasters else { return Ok((0, 0)) };
        let all = journal::wanted(&rasters.strips, job.args.run.part)?.len();
        let had = all - rasters.share.todo().len();
        job.strips(&mut rasters, progress)?;
        rasters.sink.record()?;
        Ok((all, had))
    }
}

/// What predicts, and lines of samples that it left out.
pub(in super::super) struct Prepared<'a> {
    pub(in super::super) predictor: Box<dyn Predictor>,
    left_out: Vec<usize>,
    pub(in super::super) covariates: Option<RasterCovariates<'a>>,
}

impl Job {
    /// What is to be computed.
    pub(in super::super) fn plan<'a>(&'a self, covariates: Option<&'a RasterCovariates<'a>>) -> Plan<'a> {
        Plan {
            grid: self.grid.clone(),
            mask: self.mask.as_ref().map(|m| m as &dyn Mask),
            covariates: covariates.map(|c| c as &dyn soilscope_pipeline::covariates::Covariates),
            thresholds: self.thresholds_of_cells().map(|cells| cells as &dyn Thresholds).collect(),
            trust: self.trust.as_ref(),
            layers: self.products.iter().map(|product| product.layer).collect(),
            transform: self.field.transform.clone(),
            scale: if self.args.scale == ScaleChoice::Data { Scale::Data } else { Scale::Transformed },
            clip: self.field.bounds(),
            threads: self.threads,
            tile: run::DEFAULT_TILE,
        }
    }

    pub(in super::super) fn prepare(&self, progress: &Progress) -> Result<Prepared<'_>> {
        let (field, source) = (&self.field, &self.source);
        let pool = executor_of(self.threads)?;
        let fit = || field.interpolator.fit_on(&field.on_scale, &pool);
        let predictor = source.located(progress.busy("preparing", fit))?;
        let left_out = predictor.left_out().iter().map(|&i| source.line(i)).collect();
        let covariates = source.covariates().map(Covariates::of_cells).transpose()?;
        Ok(Prepared { predictor, left_out, covariates })
    }

    /// Computes the strips that are to be computed; also the lines of samples that the method left out.
    fn strips(&self, rasters: &mut OpenRasters, progress: &Progress) -> Result<(RunReport, Vec<usize>)> {
        let prepared = self.prepare(progress)?;
        let plan = self.plan(prepared.covariates.as_ref());
        let OpenRasters { sink, share, journal, .. } = rasters;
        if self.args.run.assemble {
            // Parts fit where what is computed again on both sides of a seam is what they have there.
            for number in sink.seams() {
                check_interrupt("all seams were looked at")?;
                if let Some(tile) = run::one_tile(&plan, prepared.predictor.as_ref(), number)? {
                    sink.compare(&tile)?;
                }
            }
        }
        let outcome = watching(|| run::run_share(&plan, share, prepared.predictor.as_ref(), sink.as_mut(), progress));
        if outcome.is_err() && (journal.recorded() > 0 || journal.is_due()) {
            // What cannot be recorded, as on a full disk, is computed again; the reason is told by what failed first.
            let _ = sink.record();
        }
        journal::tell(journal);
        Ok((outcome?, prepared.left_out))
    }

    /// Computes the rasters and puts them together; also the lines of samples that the method left out.
    pub(super) fn rasters(&self, mut rasters: OpenRasters, progress: &Progress) -> Result<(RunReport, Vec<usize>)> {
        if self.args.run.assemble {
            journal::refuse_missing(&rasters.journal, rasters.share.todo(), &rasters.strips, self.source.analyte())?;
        }
        let done = self.strips(&mut rasters, progress)?;
        let OpenRasters { sink, journal, .. } = rasters;
        // From here on there are files of this run: the record of an earlier one no longer describes the folder.
        match std::fs::remove_file(self.args.out.join("run.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let finished = watching(|| sink.finish(progress));
        journal::tell(&journal);
        for path in finished? {
            wrote(&path);
        }
        Ok(done)
    }
}
