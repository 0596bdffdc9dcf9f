//! The rasters of a map: what is computed of them, where they go, what of that is there already.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Result;
use soilscope_pipeline::covariates::Covariates;
use soilscope_pipeline::io::geotiff::GeoTiffSink;
use soilscope_pipeline::journal::Journal;
use soilscope_pipeline::mask::Mask;
use soilscope_pipeline::product::Scale;
use soilscope_pipeline::run::{self, Plan, Share};
use soilscope_pipeline::strips::Strips;
use soilscope_pipeline::thresholds::Thresholds;

use super::super::journal;
use super::{Job, Opened};
use crate::args::ScaleChoice;
use crate::output;

/// Rasters that are opened: where they go, and what of them is to be computed.
pub(in super::super) struct OpenRasters {
    pub(in super::super) sink: Box<GeoTiffSink>,
    pub(in super::super) share: Share,
    pub(in super::super) strips: Strips,
    pub(in super::super) journal: Arc<Journal>,
}

impl Opened {
    /// Opens the rasters, whose strips are kept in a journal; so many are completed side by side.
    pub(in super::super) fn keep_in(&mut self, journal: &Arc<Journal>, side_by_side: NonZeroUsize) -> Result<()> {
        let Self { job, options, .. } = self;
        options.side_by_side = side_by_side;
        let mut sink = Box::new(GeoTiffSink::create(&job.grid, &job.products, options)?);
        let strips = Strips::of(&job.grid, options.tile);
        let done = sink.keep_in(journal, &output::slug(job.source.analyte()))?;
        let share = Share::new(strips, journal::wanted(&strips, job.args.run.part)?, done);
        self.rasters = Some(OpenRasters { sink, share, strips, journal: Arc::clone(journal) });
        Ok(())
    }
}

impl Job {
    /// What is to be computed, inside `mask` and with covariates of the cells that are this job's or those of another that it goes over
    /// the grid with.
    pub(in super::super) fn plan<'a>(
        &'a self,
        mask: Option<&'a dyn Mask>,
        covariates: Option<&'a dyn Covariates>,
    ) -> Plan<'a> {
        Plan {
            grid: self.grid.clone(),
            mask,
            covariates,
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
}
