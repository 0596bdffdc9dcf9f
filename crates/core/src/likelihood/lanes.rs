//! Small dense systems of one block, several right-hand sides at a time.
//!
//! Lower triangles are packed row by row; right-hand sides are interleaved, so that the innermost loop has a fixed length
//! and becomes vector instructions.

/// Right-hand sides of one pass.
pub(super) const LANES: usize = 8;

/// One number a right-hand side.
pub(super) type Lanes = [f64; LANES];

/// Start of row `i` of a packed lower triangle.
#[inline]
pub(super) fn row_start(i: usize) -> usize {
    i * (i + 1) / 2
}

/// target += factor · source.
#[inline]
fn add(target: &mut Lanes, factor: f64, source: &Lanes) {
    for k in 0..LANES {
        target[k] += factor * source[k];
    }
}

/// Solves L X = B in place.
pub(super) fn solve_lower(lower: &[f64], b: &mut [Lanes]) {
    for i in 0..b.len() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let (done, rest) = b.split_at_mut(i);
        let mut sum = rest[0];
        for (l, x) in row.iter().zip(done.iter()) {
            add(&mut sum, -l, x);
        }
        for s in &mut sum {
            *s /= row[i];
        }
        rest[0] = sum;
    }
}

/// Solves Lᵀ X = B in place.
pub(super) fn solve_upper(lower: &[f64], b: &mut [Lanes]) {
    for i in (0..b.len()).rev() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let (before, rest) = b.split_at_mut(i);
        for s in &mut rest[0] {
            *s /= row[i];
        }
        let x = rest[0];
        for (l, y) in row.iter().zip(before) {
            add(y, -l, &x);
        }
    }
}

/// target = A · source for a symmetric A given by its packed lower triangle.
pub(super) fn multiply_symmetric(lower: &[f64], source: &[Lanes], target: &mut [Lanes]) {
    for i in 0..source.len() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let (before, rest) = target.split_at_mut(i);
        let x = source[i];
        let mut sum = [0.0; LANES];
        for ((a, y), t) in row.iter().zip(source).zip(before) {
            add(&mut sum, *a, y);
            add(t, *a, &x);
        }
        add(&mut sum, row[i], &x);
        rest[0] = sum;
    }
}

/// Replaces the packed lower triangle of a symmetric matrix of order `n` by its Cholesky factor; false where a pivot is
/// not above [`LEAST_PIVOT`](super::dense::LEAST_PIVOT) of its diagonal element.
#[must_use]
pub(super) fn factor(lower: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (above, row) = lower.split_at_mut(row_start(i));
        let row = &mut row[..=i];
        for j in 0..i {
            let other = &above[row_start(j)..=row_start(j) + j];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        // Written so that NaN fails too.
        if !(pivot > super::dense::LEAST_PIVOT * row[i]) {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// Sum of products, in eight partial sums.
#[inline]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}
