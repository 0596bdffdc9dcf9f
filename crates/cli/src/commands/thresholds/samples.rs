//! Samples that limits are compared by.

use anyhow::Result;
use soilscope_assess::threshold::Limit;
use soilscope_pipeline::samples::{ReadOptions, SampleTable, read_samples};

use super::rows::Counted;
use crate::args::CompareThresholds;
use crate::guideline::{SoilColumns, columns, hold};

/// Reads the samples, where a file of them is given.
pub(super) fn read(args: &CompareThresholds) -> Result<Option<SampleTable>> {
    let Some(path) = &args.samples else { return Ok(None) };
    let options = ReadOptions {
        analytes: vec![args.analyte.clone()],
        x: args.x.clone(),
        y: args.y.clone(),
        layer: args.layer.clone(),
        unit: args.unit.clone(),
        default_limit: args.limit,
        columns: columns(&args.soil).collect(),
        // Where the samples lie does not matter here.
        crs: Some("local".to_owned()),
        ..ReadOptions::default()
    };
    Ok(Some(read_samples(path, &options)?))
}

/// Counts the samples above a limit.
pub(super) fn count(args: &CompareThresholds, limit: &Limit<'_>, table: &SampleTable) -> Result<Counted> {
    let held = hold(limit, table.analyte(&args.analyte)?, table, &SoilColumns::new(&args.soil, table), None)?;
    let (tally, share_above) = (held.tallied.tally, held.tallied.share_above);
    Ok(Counted { limits: held.limits, tally, share_above, why_without: held.why_without })
}
