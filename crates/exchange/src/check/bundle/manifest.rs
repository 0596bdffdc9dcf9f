//! Rules B: the bundle as a whole.

use crate::Result;
use crate::check::Findings;

use super::{Facts, Folder};

mod again;
mod record;
mod sums;
mod traces;

pub(super) use sums::of_all as sums_of_all;

/// Judges B001–B005.
///
/// # Errors
/// If it was interrupted, or the second bundle cannot be read.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    sums::manifest(folder, facts, findings);
    sums::names(folder, findings);
    record::judge(folder, facts, findings);
    again::judge(folder, facts, findings)?;
    traces::judge(folder, facts, findings)
}
