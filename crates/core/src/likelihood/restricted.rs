//! What the estimation of the trend takes from the information that Vecchia's likelihood has of the parameters.
//!
//! With Q = BᵀB the approximate inverse of the covariance matrix, b (a row of B) as in [`vecchia`](super::vecchia), and
//! Qⱼ = −Q Cⱼ Q its derivative, FᵀQ Cⱼ Q Cₗ Q F = (B⁻ᵀQⱼF)ᵀ(B⁻ᵀQₗF): products of n × p columns that one triangular
//! solve with the sparse B gives. Where the area is a few ranges wide this is a tenth of the information and more.

use nalgebra::DMatrix;

use super::kernel::Kernel;
use super::lanes::{LANES, solve_upper};
use super::vecchia::{Vecchia, Work};
use crate::Result;
use crate::executor::{Executor, map};

/// Blocks of one task.
const TASK: usize = 256;

/// What one task brings: rows of B, response by response, and for each block its places' rows of all QⱼF.
#[derive(Default)]
struct Part {
    rows: Vec<f64>,
    products: Vec<f64>,
}

/// FᵀQ Cⱼ Q Cₗ Q F for j ≥ l, row by row, of the whole likelihood; `None` where a block is singular.
///
/// # Errors
/// A cancelled executor.
pub(super) fn second(vecchia: &Vecchia, kernel: &Kernel, executor: &dyn Executor) -> Result<Option<Vec<DMatrix<f64>>>> {
    let (p, q) = (vecchia.data().functions(), kernel.derivatives().len());
    let width = p * q;
    let chunks: Vec<_> = vecchia.blocks().chunks(TASK).collect();
    let parts = map(executor, chunks.len(), |task| {
        let mut part = Part::default();
        let mut work = Work::default();
        for block in chunks[task] {
            if !work.factor(vecchia.data(), block, kernel, true) {
                return None;
            }
            let start = part.products.len();
            part.products.resize(start + block.places.len() * width, 0.0);
            for responses in block.responses.chunks(LANES) {
                work.form_products(responses, kernel);
                for (lane, &r) in responses.iter().enumerate() {
                    part.rows.extend(work.inverse[..=r as usize].iter().map(|x| x[lane]));
                }
                add_products(&work, vecchia, responses, p, &mut part.products[start..]);
            }
        }
        Some(part)
    })?;
    let n = vecchia.data().len();
    let mut total = vec![0.0; n * width];
    // Where the row of each response begins: its task, block and offset.
    let mut rows = vec![(0_u32, 0_u32, 0_usize, 0_u32); n];
    for (task, part) in parts.iter().enumerate() {
        let Some(part) = part else { return Ok(None) };
        let (mut offset, mut products) = (0, part.products.chunks_exact(width));
        for (index, block) in chunks[task].iter().enumerate() {
            for (&place, product) in block.places.iter().zip(&mut products) {
                let place = place as usize;
                for (t, x) in total[place * width..(place + 1) * width].iter_mut().zip(product) {
                    *t += x;
                }
            }
            for &r in &block.responses {
                rows[block.places[r as usize] as usize] = (task as u32, index as u32, offset, r);
                offset += r as usize + 1;
            }
        }
    }
    // Bᵀ X = H from the last sample to the first.
    let mut own = vec![0.0; width];
    for rank in (0..n).rev() {
        let (task, index, offset, r) = rows[rank];
        let Some(part) = &parts[task as usize] else { return Ok(None) };
        let row = &part.rows[offset..=offset + r as usize];
        let pivot = row[r as usize];
        for (o, t) in own.iter_mut().zip(&mut total[rank * width..]) {
            *t /= pivot;
            *o = *t;
        }
        for (&place, b) in chunks[task as usize][index as usize].places.iter().zip(&row[..r as usize]) {
            let place = place as usize;
            for (t, o) in total[place * width..(place + 1) * width].iter_mut().zip(&own) {
                *t -= b * o;
            }
        }
    }
    let solved = DMatrix::from_row_slice(n, width, &total);
    let gram = solved.tr_mul(&solved);
    Ok(Some(
        (0..q)
            .flat_map(|j| (0..=j).map(move |l| (j, l)))
            .map(|(j, l)| gram.view((j * p, l * p), (p, p)).into_owned())
            .collect(),
    ))
}

/// Adds db (bᵀF) + b (dbᵀF) of some responses to a block's rows, with db = −L⁻ᵀφ and φ the row of A, half its last.
fn add_products(work: &Work, vecchia: &Vecchia, responses: &[u32], p: usize, out: &mut [f64]) {
    let c = vecchia.data().columns;
    let width = work.products.len() * p;
    for j in 0..work.products.len() {
        let mut derivative = work.halved(j, responses);
        // dbᵀF = −φᵀ L⁻¹F.
        let mut turned = vec![0.0; p * LANES];
        for (phi, y) in derivative.iter().zip(work.solved.chunks_exact(c)) {
            for k in 0..p {
                for lane in 0..LANES {
                    turned[k * LANES + lane] -= phi[lane] * y[k];
                }
            }
        }
        solve_upper(&work.lower, &mut derivative);
        for (lane, &r) in responses.iter().enumerate() {
            let r = r as usize;
            let trend = &work.solved[r * c..r * c + p];
            for i in 0..=r {
                let row = &mut out[i * width + j * p..i * width + (j + 1) * p];
                let (b, db) = (work.inverse[i][lane], -derivative[i][lane]);
                for k in 0..p {
                    row[k] += db * trend[k] + b * turned[k * LANES + lane];
                }
            }
        }
    }
}
