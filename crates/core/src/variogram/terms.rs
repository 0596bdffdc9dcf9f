//! What a pair adds to the sums of its cell, many pairs at a time.

use pulp::Simd;

/// A term of a sum over pairs, from what two columns have at the pair's positions.
///
/// Every operation is rounded by itself, so all instruction sets give the same bits.
pub(super) trait Term: Sync {
    /// Terms of the pairs of positions whose columns are `p` and `q`.
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s;
}

/// Nothing: where pairs are only counted.
pub(super) struct Nothing;

impl Term for Nothing {
    #[inline(always)]
    fn of<S: Simd>(simd: S, _: [S::f64s; 2], _: [S::f64s; 2]) -> S::f64s {
        simd.splat_f64s(0.0)
    }
}

/// Product of the differences of two columns; with one column twice its squared difference.
pub(super) struct ProductOfDifferences;

impl Term for ProductOfDifferences {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        simd.mul_f64s(simd.sub_f64s(q[0], p[0]), simd.sub_f64s(q[1], p[1]))
    }
}

/// Product of the first column at one position and the second at the other.
pub(super) struct Product;

impl Term for Product {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        simd.mul_f64s(p[0], q[1])
    }
}

/// Root of the size of the first column's difference.
pub(super) struct RootOfDifference;

impl Term for RootOfDifference {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        simd.sqrt_f64s(simd.abs_f64s(simd.sub_f64s(q[0], p[0])))
    }
}

/// Square of the first column's difference over its mean.
pub(super) struct SquaredRelativeDifference;

impl Term for SquaredRelativeDifference {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        let relative = simd.div_f64s(simd.sub_f64s(q[0], p[0]), mean(simd, p[0], q[0]));
        simd.mul_f64s(relative, relative)
    }
}

/// Mean of the first column.
pub(super) struct Mean;

impl Term for Mean {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        mean(simd, p[0], q[0])
    }
}

/// Mean of the first column over the squared mean of the second.
pub(super) struct MeanOverSquaredMean;

impl Term for MeanOverSquaredMean {
    #[inline(always)]
    fn of<S: Simd>(simd: S, p: [S::f64s; 2], q: [S::f64s; 2]) -> S::f64s {
        let level = mean(simd, p[1], q[1]);
        simd.div_f64s(mean(simd, p[0], q[0]), simd.mul_f64s(level, level))
    }
}

/// Half of each, so that large numbers have a mean.
#[inline(always)]
fn mean<S: Simd>(simd: S, a: S::f64s, b: S::f64s) -> S::f64s {
    let half = simd.splat_f64s(0.5);
    simd.add_f64s(simd.mul_f64s(half, a), simd.mul_f64s(half, b))
}
