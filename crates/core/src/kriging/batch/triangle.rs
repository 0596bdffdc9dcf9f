//! Cholesky factors of as many small systems as a vector has lanes, and what they leave of further rows.
//!
//! Rows stand in blocks of four: block I holds, column after column, the four rows 4I … 4I + 3 of that column, each a vector
//! with one system a lane. A block's products with another are then sixteen sums in registers. Each element is
//! A_ij − Σ_k<j L_ik L_jk, its products taken off one by one from k = 0, times 1 / L_jj, so that a system's numbers do not
//! depend on its lane, its company or the number of lanes. The diagonal holds 1 / L_jj.

use pulp::Simd;

use crate::simd::less_product;

/// Rows of a block.
pub(crate) const BLOCK: usize = 4;

/// Columns before block row `block`, of all block rows above: block I has 4 (I + 1).
#[inline(always)]
pub(crate) const fn block_start(block: usize) -> usize {
    2 * block * (block + 1)
}

/// Replaces a few rows B by B L⁻ᵀ, of the blocks of `factor` that are as many columns as the rows have: for rows of the matrix
/// the next of its factor, for right-hand sides b the L⁻¹b.
///
/// # Panics
/// Rows whose length is not whole blocks, or longer than the factor.
#[inline(always)]
pub(crate) fn eliminate<S: Simd, const P: usize>(simd: S, factor: &[[S::f64s; BLOCK]], rows: &mut [[S::f64s; P]]) {
    for block in 0..rows.len() / BLOCK {
        let above = &factor[block_start(block)..block_start(block + 1)];
        let (done, rest) = rows.split_at_mut(block * BLOCK);
        let (above, own) = above.split_at(block * BLOCK);
        let Some(target) = rest.first_chunk_mut::<BLOCK>() else { return };
        let Some(own) = own.first_chunk::<BLOCK>() else { return };
        let mut sums = *target;
        for (x, y) in done.iter().zip(above) {
            for q in 0..BLOCK {
                for p in 0..P {
                    sums[q][p] = less_product(simd, sums[q][p], x[p], y[q]);
                }
            }
        }
        for q in 0..BLOCK {
            for k in 0..q {
                for p in 0..P {
                    sums[q][p] = less_product(simd, sums[q][p], sums[k][p], own[k][q]);
                }
            }
            for p in 0..P {
                sums[q][p] = simd.mul_f64s(sums[q][p], own[q][q]);
            }
        }
        *target = sums;
    }
}

/// Replaces the lower triangles of symmetric matrices, `blocks` block rows, by their Cholesky factors. Of a diagonal block only
/// the lower triangle counts.
///
/// Returns a vector that is 1 in the lanes whose pivots are all above `tolerance` times their diagonal elements, and 0 where the
/// matrix is singular in floating point, or not a number. There such a pivot's reciprocal is taken as 0, which passes the row over:
/// nothing is taken off others for it, and its place in what [`eliminate`] makes of right-hand sides is 0.
#[inline(always)]
pub(crate) fn factor<S: Simd>(simd: S, matrix: &mut [[S::f64s; BLOCK]], blocks: usize, tolerance: f64) -> S::f64s {
    let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
    let tolerance = simd.splat_f64s(tolerance);
    let mut regular = one;
    for block in 0..blocks {
        let (above, rest) = matrix.split_at_mut(block_start(block));
        let (row, diagonal) = rest.split_at_mut(block * BLOCK);
        eliminate(simd, above, row);
        let Some(target) = diagonal.first_chunk_mut::<BLOCK>() else { return zero };
        let mut sums = *target;
        let before: [S::f64s; BLOCK] = std::array::from_fn(|p| sums[p][p]);
        for x in row.iter() {
            for q in 0..BLOCK {
                for p in q..BLOCK {
                    sums[q][p] = less_product(simd, sums[q][p], x[p], x[q]);
                }
            }
        }
        for q in 0..BLOCK {
            for k in 0..q {
                for p in q..BLOCK {
                    sums[q][p] = less_product(simd, sums[q][p], sums[k][p], sums[k][q]);
                }
            }
            let enough = simd.greater_than_f64s(sums[q][q], simd.mul_f64s(tolerance, before[q]));
            regular = simd.select_f64s(enough, regular, zero);
            let reciprocal = simd.select_f64s(enough, simd.div_f64s(one, simd.sqrt_f64s(sums[q][q])), zero);
            sums[q][q] = reciprocal;
            for p in q + 1..BLOCK {
                sums[q][p] = simd.mul_f64s(sums[q][p], reciprocal);
            }
        }
        *target = sums;
    }
    regular
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};
    use pulp::{Arch, WithSimd};

    use super::*;
    use crate::random::Random;
    use crate::simd::vectors_mut;

    /// Factors one matrix in every lane, scaled by the lane's number, and solves for one vector in each of four rows.
    struct Solve<'a> {
        matrix: &'a DMatrix<f64>,
        right: &'a DVector<f64>,
    }

    struct Solved {
        /// L⁻¹b of the last lane.
        row: Vec<f64>,
        regular: Vec<f64>,
    }

    impl WithSimd for Solve<'_> {
        type Output = Solved;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Solved {
            let lanes = S::F64_LANES;
            let n = self.matrix.nrows();
            let blocks = n / BLOCK;
            let mut tri = vec![0.0; block_start(blocks) * BLOCK * lanes];
            for i in 0..n {
                for j in 0..=i {
                    let at = (block_start(i / BLOCK) + j) * BLOCK + i % BLOCK;
                    (0..lanes).for_each(|lane| tri[at * lanes + lane] = self.matrix[(i, j)] * (lanes - lane) as f64);
                }
            }
            let mut right = vec![0.0; n * BLOCK * lanes];
            for (k, b) in self.right.iter().enumerate() {
                right[k * BLOCK * lanes..(k + 1) * BLOCK * lanes].fill(*b);
            }
            let tolerance = 4.0 * n as f64 * f64::EPSILON;
            let (blocks_of, _) = vectors_mut::<S>(&mut tri).as_chunks_mut::<BLOCK>();
            let regular = factor(simd, blocks_of, blocks, tolerance);
            eliminate(simd, blocks_of, vectors_mut::<S>(&mut right).as_chunks_mut::<BLOCK>().0);
            let row = right.chunks_exact(BLOCK * lanes).map(|c| c[lanes * BLOCK - 1]).collect();
            let mut flags = vec![0.0; lanes];
            vectors_mut::<S>(&mut flags)[0] = regular;
            Solved { row, regular: flags }
        }
    }

    fn positive_definite(n: usize) -> DMatrix<f64> {
        let mut random = Random::new(n as u64);
        let a = DMatrix::from_fn(n, n, |_, _| random.uniform() - 0.5);
        &a * a.transpose() + DMatrix::identity(n, n)
    }

    #[test]
    fn lanes_hold_the_factor_of_an_independent_library() {
        for n in [4, 8, 12, 32, 60] {
            let matrix = positive_definite(n);
            let right = DVector::from_fn(n, |i, _| 1.0 + i as f64);
            let expected = matrix.clone().cholesky().unwrap().l().solve_lower_triangular(&right).unwrap();
            for arch in [Arch::new(), Arch::Scalar] {
                let solved = arch.dispatch(Solve { matrix: &matrix, right: &right });
                assert!(solved.regular.iter().all(|&r| r == 1.0));
                for (found, expected) in solved.row.iter().zip(expected.iter()) {
                    assert!((found - expected).abs() <= 1e-13 * (1.0 + expected.abs()), "{found} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn singular_matrices_are_told_and_nan_too() {
        let mut singular = positive_definite(8);
        let row = singular.row(2).clone_owned();
        singular.set_row(6, &row);
        let column = singular.column(2).clone_owned();
        singular.set_column(6, &column);
        let mut broken = positive_definite(8);
        broken[(5, 1)] = f64::NAN;
        for matrix in [singular, broken] {
            for arch in [Arch::new(), Arch::Scalar] {
                let right = DVector::zeros(8);
                let solved = arch.dispatch(Solve { matrix: &matrix, right: &right });
                assert!(solved.regular.iter().all(|&r| r == 0.0), "{:?}", solved.regular);
            }
        }
    }
}
