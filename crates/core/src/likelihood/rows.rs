//! Rows of the inverse factor of Vecchia's approximation, and their derivatives.

use super::kernel::Kernel;
use super::lanes::{LANES, Lanes, solve_upper};
use super::vecchia::{Vecchia, Work};
use crate::Result;
use crate::executor::{Executor, map};

/// Blocks of one task.
const TASK: usize = 32;

/// The row b of one response: bᵀz is its standardised error given the places before it.
pub(super) struct Row {
    pub(super) rank: u32,
    /// Ranks of the places it is given and, last, its own.
    pub(super) places: Vec<u32>,
    /// One a place.
    pub(super) weights: Vec<f64>,
    /// Derivatives of the weights by each parameter of the kernel, one after the other.
    pub(super) derivatives: Vec<f64>,
}

/// The rows of all responses that are summed, by rank; `None` where a block is singular.
///
/// # Errors
/// A cancelled executor.
pub(super) fn rows(vecchia: &Vecchia, kernel: &Kernel, executor: &dyn Executor) -> Result<Option<Vec<Row>>> {
    let chunks: Vec<_> = vecchia.blocks().chunks(TASK).collect();
    let parts = map(executor, chunks.len(), |task| {
        let mut rows = Vec::new();
        let mut work = Work::default();
        for block in chunks[task] {
            if !work.factor(vecchia.data(), block, kernel, true) {
                return None;
            }
            for responses in block.responses.chunks(LANES) {
                work.form_products(responses, kernel);
                let derivatives: Vec<Vec<Lanes>> =
                    (0..work.products.len()).map(|j| work.derivative(j, responses)).collect();
                for (lane, &r) in responses.iter().enumerate() {
                    let own = |x: &[Lanes]| x[..=r as usize].iter().map(move |x| x[lane]).collect::<Vec<f64>>();
                    rows.push(Row {
                        rank: block.places[r as usize],
                        places: block.places[..=r as usize].to_vec(),
                        weights: own(&work.inverse),
                        derivatives: derivatives.iter().flat_map(|d| own(d)).collect(),
                    });
                }
            }
        }
        Some(rows)
    })?;
    let mut all = Vec::new();
    for part in parts {
        let Some(part) = part else { return Ok(None) };
        all.extend(part);
    }
    all.sort_by_key(|row| row.rank);
    Ok(Some(all))
}

impl Work {
    /// The derivatives of the rows of some responses by parameter `j`: −L⁻ᵀφ, with φ the row of A, half its last.
    pub(super) fn derivative(&self, j: usize, responses: &[u32]) -> Vec<Lanes> {
        let mut derivative = self.halved(j, responses);
        solve_upper(&self.lower, &mut derivative);
        derivative.iter_mut().flatten().for_each(|x| *x = -*x);
        derivative
    }

    /// φ: the rows of A by parameter `j` that belong to some responses, half their last elements.
    pub(super) fn halved(&self, j: usize, responses: &[u32]) -> Vec<Lanes> {
        let mut rows = self.products[j].clone();
        for (lane, &r) in responses.iter().enumerate() {
            rows[r as usize][lane] *= 0.5;
        }
        rows
    }
}
