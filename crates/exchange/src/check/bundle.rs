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
pub mod naming;
mod raster;
pub mod tiff;

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
    let facts = gather::gather(&folder, options, &mut findings)?;
    raster::judge(&folder, &facts, &mut findings)?;
    let skipped = facts.skipped.take();
    let verdict = Verdict::new(&folder.name, options.profile, findings, skipped);
    Ok(verdict)
}

/// What the run says of a raster's analyte: its member of `analytes` in `provenance/run.json`.
fn run_of<'a>(facts: &'a Facts<'_>, raster: &RasterFacts) -> Option<&'a Value> {
    let code = facts.layers.iter().find(|l| l.path == raster.path).map(|l| l.analyte.as_str());
    let code = code.or_else(|| raster.metadata.get("ANALYTE").map(String::as_str))?;
    let analytes = facts.run.as_ref()?.get("analytes")?.as_array()?;
    analytes.iter().find(|a| a.get("analyte_code").and_then(Value::as_str) == Some(code))
}
