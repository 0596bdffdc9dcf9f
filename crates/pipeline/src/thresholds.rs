//! Thresholds that differ from cell to cell.

use crate::Result;
use crate::grid::Patch;

/// Knows the threshold of each of a grid's cells, as a limit that depends on the soil has one.
pub trait Thresholds: Sync {
    /// Those of all cells of a patch, row by row, in the data's unit; not finite where a cell has none. `out` is emptied first.
    ///
    /// # Errors
    /// They cannot be read.
    fn fill(&self, patch: &Patch<'_>, out: &mut Vec<f64>) -> Result<()>;
}
