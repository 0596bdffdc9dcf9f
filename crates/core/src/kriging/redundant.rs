//! Samples that say nothing new: what makes a covariance matrix singular, and how to go on without them.

use super::cholesky::{dot, row_start};

/// Relative conditional variance below which a sample says nothing new beside those before it.
const REDUNDANT: f64 = 1e-12;
/// Relative conditional variance below which a matrix is no covariance matrix, rounding allowed for.
const INVALID: f64 = -1e-8;

/// Rows of a packed symmetric matrix of order `n` that are not, in floating point, linear combinations of kept rows before
/// them; `None` where the matrix is not positive semi-definite, so that no choice of rows helps.
///
/// The pivot of a Cholesky factorisation is the variance of a sample given those before it: 0 where its value follows from
/// theirs. Leaving such a sample out changes no prediction of a consistent model.
pub(super) fn independent_rows(lower: &[f64], n: usize) -> Option<Vec<usize>> {
    let mut kept: Vec<usize> = Vec::with_capacity(n);
    // L of the kept rows, packed by their rank.
    let mut factor: Vec<f64> = Vec::with_capacity(row_start(n));
    let mut row = Vec::with_capacity(n);
    for i in 0..n {
        let original = &lower[row_start(i)..=row_start(i) + i];
        row.clear();
        for (rank, &j) in kept.iter().enumerate() {
            let other = &factor[row_start(rank)..=row_start(rank) + rank];
            let value = (original[j] - dot(&row[..rank], &other[..rank])) / other[rank];
            row.push(value);
        }
        let diagonal = original[i];
        let pivot = diagonal - dot(&row, &row);
        // Written so that NaN fails too.
        if !(pivot > INVALID * diagonal) {
            return None;
        }
        if pivot > REDUNDANT * diagonal {
            factor.extend_from_slice(&row);
            factor.push(pivot.sqrt());
            kept.push(i);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_sample_is_left_out_and_a_false_matrix_told() {
        // Samples 0 and 1 are one; sample 2 is half of it.
        let lower = vec![1.0, 1.0, 1.0, 0.5, 0.5, 1.0];
        assert_eq!(independent_rows(&lower, 3), Some(vec![0, 2]));
        // Correlations 1, −1 and 1 between three samples cannot be.
        let lower = vec![1.0, 0.9, 1.0, -0.9, 0.9, 1.0];
        assert_eq!(independent_rows(&lower, 3), None);
    }
}
