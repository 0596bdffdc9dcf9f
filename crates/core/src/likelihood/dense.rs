//! Cholesky factorisation and inverse of one large matrix, by blocks, so that nearly all work is in matrix products.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};

use crate::Result;
use crate::executor::{Executor, map};

/// Smallest pivot, as a share of the diagonal: with smaller ones traces of the inverse lose all their digits, and a search
/// would follow rounding errors.
pub(super) const LEAST_PIVOT: f64 = 1e-11;

/// Order below which a block is factored element by element.
const BLOCK: usize = 48;
/// Columns of one task of a large product.
const PANEL: usize = 128;

/// Replaces the lower triangle of a symmetric matrix by its Cholesky factor; what is above is of no meaning then.
/// False where a pivot is not above [`LEAST_PIVOT`] of the largest diagonal element.
#[must_use]
pub(super) fn factor(matrix: &mut DMatrix<f64>) -> bool {
    let tolerance = LEAST_PIVOT * matrix.diagonal().amax();
    factor_view(&mut matrix.as_view_mut(), tolerance)
}

fn factor_view(a: &mut DMatrixViewMut<'_, f64>, tolerance: f64) -> bool {
    let n = a.nrows();
    if n <= BLOCK {
        for j in 0..n {
            for k in 0..j {
                let factor = a[(j, k)];
                for i in j..n {
                    a[(i, j)] -= a[(i, k)] * factor;
                }
            }
            // Written so that NaN fails too.
            if !(a[(j, j)] > tolerance) {
                return false;
            }
            let pivot = a[(j, j)].sqrt();
            for i in j..n {
                a[(i, j)] /= pivot;
            }
        }
        return true;
    }
    let half = n / 2;
    let rest = n - half;
    if !factor_view(&mut a.view_mut((0, 0), (half, half)), tolerance) {
        return false;
    }
    let first = a.view((0, 0), (half, half)).into_owned();
    solve_right(&first.as_view(), &mut a.view_mut((half, 0), (rest, half)));
    let panel = a.view((half, 0), (rest, half)).into_owned();
    subtract_square(&panel.as_view(), &panel.transpose().as_view(), &mut a.view_mut((half, half), (rest, rest)));
    factor_view(&mut a.view_mut((half, half), (rest, rest)), tolerance)
}

/// X Lᵀ = B in place.
fn solve_right(lower: &DMatrixView<'_, f64>, b: &mut DMatrixViewMut<'_, f64>) {
    let n = lower.nrows();
    if n <= BLOCK {
        for j in 0..n {
            for k in 0..j {
                let factor = lower[(j, k)];
                for i in 0..b.nrows() {
                    b[(i, j)] -= b[(i, k)] * factor;
                }
            }
            let pivot = lower[(j, j)];
            for i in 0..b.nrows() {
                b[(i, j)] /= pivot;
            }
        }
        return;
    }
    let (half, rows) = (n / 2, b.nrows());
    solve_right(&lower.view((0, 0), (half, half)), &mut b.view_mut((0, 0), (rows, half)));
    let done = b.view((0, 0), (rows, half)).into_owned();
    let below = lower.view((half, 0), (n - half, half)).transpose();
    b.view_mut((0, half), (rows, n - half)).gemm(-1.0, &done, &below, 1.0);
    solve_right(&lower.view((half, half), (n - half, n - half)), &mut b.view_mut((0, half), (rows, n - half)));
}

/// The lower triangle of C less that of A Aᵀ.
fn subtract_square(a: &DMatrixView<'_, f64>, transposed: &DMatrixView<'_, f64>, c: &mut DMatrixViewMut<'_, f64>) {
    let (n, k) = (a.nrows(), a.ncols());
    if n <= 2 * BLOCK {
        c.gemm(-1.0, a, transposed, 1.0);
        return;
    }
    let half = n / 2;
    subtract_square(
        &a.view((0, 0), (half, k)),
        &transposed.view((0, 0), (k, half)),
        &mut c.view_mut((0, 0), (half, half)),
    );
    c.view_mut((half, 0), (n - half, half)).gemm(
        -1.0,
        &a.view((half, 0), (n - half, k)),
        &transposed.view((0, 0), (k, half)),
        1.0,
    );
    subtract_square(
        &a.view((half, 0), (n - half, k)),
        &transposed.view((0, half), (k, n - half)),
        &mut c.view_mut((half, half), (n - half, n - half)),
    );
}

/// L⁻¹ of a lower triangle, with zeros above.
fn inverse_lower(lower: &DMatrixView<'_, f64>, out: &mut DMatrixViewMut<'_, f64>) {
    let n = lower.nrows();
    if n <= BLOCK {
        for j in 0..n {
            out[(j, j)] = 1.0 / lower[(j, j)];
            for i in j + 1..n {
                let sum: f64 = (j..i).map(|k| lower[(i, k)] * out[(k, j)]).sum();
                out[(i, j)] = -sum / lower[(i, i)];
            }
        }
        return;
    }
    let half = n / 2;
    let rest = n - half;
    inverse_lower(&lower.view((0, 0), (half, half)), &mut out.view_mut((0, 0), (half, half)));
    inverse_lower(&lower.view((half, half), (rest, rest)), &mut out.view_mut((half, half), (rest, rest)));
    let first = out.view((0, 0), (half, half)).into_owned();
    let second = out.view((half, half), (rest, rest)).into_owned();
    let product = lower.view((half, 0), (rest, half)) * first;
    out.view_mut((half, 0), (rest, half)).gemm(-1.0, &second, &product, 0.0);
}

/// (L Lᵀ)⁻¹ of the lower triangle of `factored`.
///
/// # Errors
/// A cancelled executor.
pub(super) fn inverse(factored: &DMatrix<f64>, executor: &dyn Executor) -> Result<DMatrix<f64>> {
    let n = factored.nrows();
    let mut root = DMatrix::zeros(n, n);
    inverse_lower(&factored.as_view(), &mut root.as_view_mut());
    let transposed = root.transpose();
    // Column panel j of L⁻ᵀL⁻¹, from its diagonal down: rows of L⁻¹ before a column's own are zero.
    let panels = map(executor, n.div_ceil(PANEL), |task| {
        let from = task * PANEL;
        let (width, rest) = (PANEL.min(n - from), n - from);
        let mut panel = DMatrix::zeros(rest, width);
        for row in (0..rest).step_by(PANEL) {
            let height = PANEL.min(rest - row);
            let inner = from + row;
            panel.view_mut((row, 0), (height, width)).gemm(
                1.0,
                &transposed.view((inner, inner), (height, n - inner)),
                &root.view((inner, from), (n - inner, width)),
                0.0,
            );
        }
        panel
    })?;
    let mut inverse = DMatrix::zeros(n, n);
    for (task, panel) in panels.iter().enumerate() {
        let from = task * PANEL;
        inverse.view_mut((from, from), (panel.nrows(), panel.ncols())).copy_from(panel);
    }
    inverse.fill_upper_triangle_with_lower_triangle();
    Ok(inverse)
}

/// A B, by panels of columns.
///
/// # Errors
/// A cancelled executor.
pub(super) fn product(a: &DMatrix<f64>, b: &DMatrix<f64>, executor: &dyn Executor) -> Result<DMatrix<f64>> {
    let panels = map(executor, b.ncols().div_ceil(PANEL), |task| {
        a * b.columns(task * PANEL, PANEL.min(b.ncols() - task * PANEL))
    })?;
    let data: Vec<f64> = panels.into_iter().flat_map(|panel| Vec::from(panel.data)).collect();
    Ok(DMatrix::from_vec(a.nrows(), b.ncols(), data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;

    #[test]
    fn factor_and_inverse_reproduce_the_matrix() {
        for n in [1, 5, 48, 49, 150, 301] {
            let distance = |i: usize, j: usize| ((i * 7 % n) as f64 - (j * 7 % n) as f64).abs() / 9.0;
            let mut matrix = DMatrix::from_fn(n, n, |i, j| (-distance(i, j)).exp());
            for i in 0..n {
                matrix[(i, i)] += 0.1 + i as f64 / 100.0;
            }
            let mut lower = matrix.clone();
            assert!(factor(&mut lower));
            let inverse = inverse(&lower, &Serial).unwrap();
            lower.fill_upper_triangle(0.0, 1);
            assert!((&lower * lower.transpose() - &matrix).amax() < 1e-13, "order {n}");
            assert!(
                (product(&inverse, &matrix, &Serial).unwrap() - DMatrix::identity(n, n)).amax() < 1e-11,
                "order {n}"
            );
        }
    }

    #[test]
    fn singular_matrices_are_told() {
        assert!(!factor(&mut DMatrix::from_element(100, 100, 1.0)));
        assert!(!factor(&mut DMatrix::from_element(3, 3, f64::NAN)));
    }
}
