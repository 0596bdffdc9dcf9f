//! Blocks of eight realisations of a grid, and the kriged corrections that make them conditional.

use super::realisations::{LANES, Lanes};
use crate::executor::{self, Executor};
use crate::{Coord, Result};

/// Blocks of eight realisations whose fields are drawn at a time: what bounds the fields held twice.
pub(super) const BLOCKS: usize = 4;
/// Nodes of one conditioning task, and tasks at a time.
const TASK: usize = 256;
const TASKS: usize = 64;

/// Eight columns as one of eight values each; columns that are not there are 0.
pub(super) fn interleaved<'a>(len: usize, columns: impl Iterator<Item = &'a Vec<f64>>) -> Vec<Lanes> {
    let mut out = vec![[0.0; LANES]; len];
    for (lane, column) in columns.enumerate() {
        for (lanes, &value) in out.iter_mut().zip(column) {
            lanes[lane] = value;
        }
    }
    out
}

/// Adds to every field what `corrections` says of it at the nodes, which are at these places: of some places a column for each field,
/// in the fields' order.
///
/// # Errors
/// A cancelled executor.
pub(super) fn add_corrections(
    fields: &mut [Vec<Lanes>],
    at: &[Coord],
    corrections: &(dyn Fn(&[Coord]) -> Vec<Vec<Lanes>> + Sync),
    executor: &dyn Executor,
) -> Result<()> {
    for first in (0..at.len()).step_by(TASK * TASKS) {
        let places = &at[first..(first + TASK * TASKS).min(at.len())];
        let of_tasks = executor::map(executor, places.len().div_ceil(TASK), |task| {
            corrections(&places[task * TASK..(task * TASK + TASK).min(places.len())])
        })?;
        for (task, columns) in of_tasks.into_iter().enumerate() {
            for (field, column) in fields.iter_mut().zip(columns) {
                for (lanes, correction) in field[first + task * TASK..].iter_mut().zip(column) {
                    for k in 0..LANES {
                        lanes[k] += correction[k];
                    }
                }
            }
        }
    }
    Ok(())
}
