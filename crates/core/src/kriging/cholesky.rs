//! Cholesky factorisation of small systems, packed row by row.
//!
//! nalgebra's owns its storage; a moving neighbourhood factors a system a cell and must not allocate.

/// Start of row `i` of a packed lower triangle.
#[inline]
pub(crate) fn row_start(i: usize) -> usize {
    i * (i + 1) / 2
}

/// Sum of products, in four partial sums that the compiler can keep in one register.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for k in 0..4 {
            sums[k] += x[k] * y[k];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Replaces the packed lower triangle of a symmetric matrix of order `n` by its Cholesky factor.
///
/// Returns false where a pivot is not above the rounding error of its diagonal element: the matrix is singular in
/// floating point.
#[must_use]
pub(crate) fn factor(lower: &mut [f64], n: usize) -> bool {
    let tolerance = 4.0 * n as f64 * f64::EPSILON;
    for i in 0..n {
        let (above, row) = lower.split_at_mut(row_start(i));
        for j in 0..i {
            let other = &above[row_start(j)..=row_start(j) + j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        // Written so that NaN fails too.
        if !(pivot > tolerance * row[i]) {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// Solves L x = b in place.
pub(crate) fn solve_lower(lower: &[f64], b: &mut [f64]) {
    for i in 0..b.len() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
}

/// Solves Lᵀ x = b in place.
pub(crate) fn solve_upper(lower: &[f64], b: &mut [f64]) {
    for i in (0..b.len()).rev() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let x = b[i] / row[i];
        b[i] = x;
        for (b, l) in b[..i].iter_mut().zip(row) {
            *b -= l * x;
        }
    }
}

/// Targets whose triangular solves share each row of L.
pub(crate) const LANES: usize = 8;

/// Solves L X = B in place for [`LANES`] right-hand sides, interleaved target by target.
pub(crate) fn solve_lower_lanes(lower: &[f64], b: &mut [[f64; LANES]]) {
    for i in 0..b.len() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let (done, rest) = b.split_at_mut(i);
        let mut sum = rest[0];
        for (l, x) in row[..i].iter().zip(done.iter()) {
            for k in 0..LANES {
                sum[k] -= l * x[k];
            }
        }
        for s in &mut sum {
            *s /= row[i];
        }
        rest[0] = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_and_solve_reproduce_a_known_system() {
        // A = [[4, 2, 2], [2, 5, 3], [2, 3, 6]] has L = [[2], [1, 2], [1, 1, 2]].
        let mut l = vec![4.0, 2.0, 5.0, 2.0, 3.0, 6.0];
        assert!(factor(&mut l, 3));
        assert_eq!(l, [2.0, 1.0, 2.0, 1.0, 1.0, 2.0]);
        let mut b = [2.0, 5.0, 9.0];
        solve_lower(&l, &mut b);
        assert_eq!(b, [1.0, 2.0, 3.0]);
        let mut lanes = [[2.0; LANES], [5.0; LANES], [9.0; LANES]];
        solve_lower_lanes(&l, &mut lanes);
        assert_eq!(lanes, [[1.0; LANES], [2.0; LANES], [3.0; LANES]]);
    }

    #[test]
    fn singular_matrices_are_told() {
        assert!(!factor(&mut [1.0, 1.0, 1.0], 2));
        assert!(!factor(&mut [1.0, f64::NAN, 1.0], 2));
        assert!(!factor(&mut [-1.0], 1));
    }
}
