//! Bundles: folders of files that belong together.

use std::path::Path;

use serde_json::Value;

use crate::Result;

use super::{Findings, Verdict};

pub(super) mod archive;
pub mod facts;
pub mod folder;
mod gather;
pub mod local;
mod manifest;
mod metadata;
pub mod naming;
mod privacy;
mod quality;
mod raster;
mod samples;
mod shown;
mod sqlite;
mod stac;
mod table;
pub mod tiff;
mod vector;

pub use facts::{CheckOptions, Facts, Flavour, Layer, RasterFacts};
pub use folder::Folder;

/// Judges the bundle in a folder.
///
/// # Errors
/// If the folder cannot be listed, a template or second bundle cannot be read, or it was interrupted.
pub(super) fn judge(root: &Path, options: &CheckOptions<'_>) -> Result<Verdict> {
    let _quiet = local::Quiet::new();
    let folder = Folder::open(root)?;
    let mut findings = Findings::new();
    let mut facts = gather::gather(&folder, options, &mut findings)?;
    samples::judge(&folder, &mut facts, &mut findings)?;
    raster::judge(&folder, &facts, &mut findings)?;
    naming::judge(&folder, &facts, &mut findings);
    manifest::judge(&folder, &facts, &mut findings)?;
    quality::judge(&folder, &facts, &mut findings);
    vector::judge(&folder, &facts, &mut findings);
    metadata::judge(&folder, &facts, &mut findings);
    stac::judge(&folder, &facts, &mut findings);
    // Last, on all that the bundle holds.
    privacy::judge(&folder, &facts, &mut findings)?;
    let all: Vec<_> = findings.iter().cloned().collect();
    let skipped = facts.skipped.take();
    let mut verdict = Verdict::new(&folder.name, options.profile, findings, skipped);
    verdict.limit(facts.limited.take());
    verdict.quality = table::rows(&folder, &facts, &all, &verdict.findings);
    if let Some(country) = facts.text("/country/alpha3").and_then(crate::country::by_alpha3) {
        verdict.alpha3 = country.alpha3.to_owned();
    }
    Ok(verdict)
}

/// What the run says of a raster's analyte: its member of `analytes` in `provenance/run.json`.
fn run_of<'a>(facts: &'a Facts<'_>, raster: &RasterFacts) -> Option<&'a Value> {
    let code = facts.layers.iter().find(|l| l.path == raster.path).map(|l| l.analyte.as_str());
    let code = code.or_else(|| raster.metadata.get("ANALYTE").map(String::as_str))?;
    let analytes = facts.run.as_ref()?.get("analytes")?.as_array()?;
    analytes.iter().find(|a| a.get("analyte_code").and_then(Value::as_str) == Some(code))
}
