//! The likelihood itself, from the covariance matrix of all samples.
//!
//! With K = C⁻¹ and Cⱼ the derivative by a parameter, the products K Cⱼ give traces, and the expected information
//! ½ tr(K Cⱼ K Cₗ). The nugget's product is K with its columns scaled, and the partial sill's of a single structure what
//! the nugget and the errors leave of the identity, so that a fit of nugget, sill and range takes one product of matrices.

use nalgebra::DMatrix;

use super::data::Data;
use super::dense;
use super::kernel::{Derivative, Kernel};
use super::terms::Terms;
use crate::Result;
use crate::executor::{Executor, map};

/// Columns of the covariance matrix that one task fills.
const COLUMNS: usize = 64;

/// The sums for a kernel; `None` where the covariance matrix is singular.
///
/// # Errors
/// A cancelled executor.
pub(super) fn terms(data: &Data, kernel: &Kernel, derivatives: bool, executor: &dyn Executor) -> Result<Option<Terms>> {
    let n = data.len();
    let parameters = if derivatives { kernel.derivatives().len() } else { 0 };
    let (mut lower, dense) = matrices(data, kernel, derivatives, executor)?;
    if !dense::factor(&mut lower) {
        return Ok(None);
    }
    let mut sums = Terms::zero(data.columns, parameters);
    sums.count = n as f64;
    sums.log_determinant = 2.0 * lower.diagonal().iter().map(|d| d.ln()).sum::<f64>();
    let mut solved = data.matrix();
    if !lower.solve_lower_triangular_mut(&mut solved) {
        return Ok(None);
    }
    sums.cross = solved.tr_mul(&solved);
    if parameters == 0 {
        return Ok(Some(sums));
    }
    let inverse = dense::inverse(&lower, executor)?;
    if !lower.tr_solve_lower_triangular_mut(&mut solved) {
        return Ok(None);
    }
    // `solved` is now K Y.
    let products = products(data, kernel, &inverse, &dense, executor)?;
    // Each Cⱼ K Y, from (K Cⱼ)ᵀ Y.
    let rows = data.matrix();
    let right: Vec<DMatrix<f64>> = products.iter().map(|product| product.tr_mul(&rows)).collect();
    let p = data.functions();
    for j in 0..parameters {
        sums.trace[j] = products[j].trace();
        sums.cross_derivatives[j] = -solved.tr_mul(&right[j]);
        for l in 0..=j {
            let columns: Vec<f64> = map(executor, n.div_ceil(COLUMNS), |task| {
                let range = task * COLUMNS..((task + 1) * COLUMNS).min(n);
                // tr(A B) = Σ Aᵀ·B, by tiles that both fit the cache.
                let width = range.len();
                (0..n)
                    .step_by(COLUMNS)
                    .map(|from| {
                        let height = COLUMNS.min(n - from);
                        let a = products[j].view((range.start, from), (width, height)).transpose();
                        a.dot(&products[l].view((from, range.start), (height, width)))
                    })
                    .sum()
            })?;
            let half_trace = 0.5 * columns.iter().sum::<f64>();
            sums.information[(j, l)] = half_trace;
            sums.information[(l, j)] = half_trace;
            let (left, right) = (right[j].columns(0, p), right[l].columns(0, p));
            sums.second.push(left.tr_mul(&(&inverse * right)));
        }
    }
    Ok(Some(sums))
}

/// The covariance matrix and the dense derivatives.
fn matrices(
    data: &Data,
    kernel: &Kernel,
    derivatives: bool,
    executor: &dyn Executor,
) -> Result<(DMatrix<f64>, Vec<DMatrix<f64>>)> {
    let n = data.len();
    let count = if derivatives { kernel.dense() } else { 0 };
    let parts = map(executor, n.div_ceil(COLUMNS), |task| {
        let range = task * COLUMNS..((task + 1) * COLUMNS).min(n);
        let width = range.len();
        let (mut covariance, mut dense) = (vec![0.0; n * width], vec![0.0; n * width * count]);
        for (k, j) in range.enumerate() {
            let column = &mut covariance[k * n..(k + 1) * n];
            if count > 0 {
                kernel.with_derivatives(data.places[j], &data.places, column, &mut dense[k * n..], n * width);
            } else {
                kernel.covariances(data.places[j], &data.places, column);
            }
            if data.coincident {
                for (c, place) in column.iter_mut().zip(&data.places) {
                    if *place == data.places[j] {
                        *c += kernel.nugget();
                    }
                }
            } else {
                column[j] += kernel.nugget();
            }
            column[j] += kernel.error_variance() + data.error(j);
        }
        (covariance, dense)
    })?;
    let mut covariance = Vec::with_capacity(n * n);
    let mut dense: Vec<Vec<f64>> = vec![Vec::with_capacity(n * n); count];
    for (part, derivative) in parts {
        let size = part.len();
        covariance.extend(part);
        for (k, all) in dense.iter_mut().enumerate() {
            all.extend_from_slice(&derivative[k * size..(k + 1) * size]);
        }
    }
    let square = |data| DMatrix::from_vec(n, n, data);
    Ok((square(covariance), dense.into_iter().map(square).collect()))
}

/// K Cⱼ of every parameter.
fn products(
    data: &Data,
    kernel: &Kernel,
    inverse: &DMatrix<f64>,
    dense: &[DMatrix<f64>],
    executor: &dyn Executor,
) -> Result<Vec<DMatrix<f64>>> {
    let of_nugget = || {
        let mut product = inverse * kernel.nugget();
        if data.coincident {
            // Canonical order puts samples of one place side by side.
            let n = data.len();
            let mut from = 0;
            while from < n {
                let to = (from..n).find(|&i| data.places[i] != data.places[from]).unwrap_or(n);
                if to > from + 1 {
                    let sum = product.columns(from, to - from).column_sum();
                    for j in from..to {
                        product.set_column(j, &sum);
                    }
                }
                from = to;
            }
        }
        product
    };
    let derivatives = kernel.derivatives().iter();
    derivatives
        .map(|derivative| match derivative {
            Derivative::Nugget => Ok(of_nugget()),
            Derivative::Dense(k) => dense::product(inverse, &dense[*k], executor),
            Derivative::Remainder => {
                let mut product = -of_nugget();
                for (j, mut column) in product.column_iter_mut().enumerate() {
                    column.axpy(-(kernel.error_variance() + data.error(j)), &inverse.column(j), 1.0);
                    column[j] += 1.0;
                }
                Ok(product)
            }
        })
        .collect()
}
