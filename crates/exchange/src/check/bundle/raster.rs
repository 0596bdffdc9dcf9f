//! Rules R: rasters.

use crate::Result;
use crate::check::Findings;

use super::gather::is_tiff;
use super::{Facts, Folder};

mod area;
mod coverage;
mod grid;
mod header;
mod seams;
mod values;

/// Judges R001–R022; that a file does not open was found when facts were gathered.
///
/// # Errors
/// If it was interrupted, or the template does not open.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    if facts.rasters.is_empty() {
        let why =
            if folder.files.keys().any(|p| is_tiff(p)) { "no raster opens" } else { "the bundle holds no raster" };
        let first = if folder.files.keys().any(|p| is_tiff(p)) { 2 } else { 1 };
        (first..=22).for_each(|n| facts.skip(&format!("R{n:03}"), why));
        return Ok(());
    }
    header::judge(facts, findings);
    grid::judge(facts, findings)?;
    values::judge(folder, facts, findings)
}
