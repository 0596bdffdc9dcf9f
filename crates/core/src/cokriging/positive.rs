//! Least squares over positive semi-definite matrices.

use nalgebra::DMatrix;

/// Most sweeps over the terms; the changes of a sweep end it far sooner unless two terms are nearly the same.
const MOST_SWEEPS: usize = 20_000;

/// The nearest positive semi-definite matrix, in the sum of squared entries: negative eigenvalues become 0.
pub(super) fn positive_part(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = matrix.clone().symmetric_eigen();
    if eigen.eigenvalues.iter().all(|&v| v >= 0.0) {
        return matrix.clone();
    }
    let clipped = eigen.eigenvalues.map(|v| v.max(0.0));
    &eigen.eigenvectors * DMatrix::from_diagonal(&clipped) * eigen.eigenvectors.transpose()
}

/// Whether no eigenvalue is negative.
pub(super) fn is_positive(matrix: &DMatrix<f64>) -> bool {
    matrix.symmetric_eigenvalues().iter().all(|&v| v >= 0.0)
}

/// Normal equations of all (cross) variograms: Σ w g_u g_v and Σ w g_u γ̂, over the lag classes of each pair of variables.
pub(super) struct Normals {
    pub(super) variables: usize,
    pub(super) terms: usize,
    /// Pair by pair, (i, j) of the lower triangle row by row, each terms × terms.
    pub(super) squares: Vec<DMatrix<f64>>,
    /// Likewise, each of `terms`.
    pub(super) products: Vec<Vec<f64>>,
}

impl Normals {
    fn pair(i: usize, j: usize) -> usize {
        let (high, low) = (i.max(j), i.min(j));
        high * (high + 1) / 2 + low
    }

    /// Half the derivative of the sum of squares by coefficient (i, j) of term `u`.
    fn slope(&self, b: &[DMatrix<f64>], u: usize, i: usize, j: usize) -> f64 {
        let pair = Self::pair(i, j);
        let squares = &self.squares[pair];
        (0..self.terms).map(|v| squares[(u, v)] * b[v][(i, j)]).sum::<f64>() - self.products[pair][u]
    }

    /// The sum of squares less that of the semivariances themselves.
    fn excess(&self, b: &[DMatrix<f64>]) -> f64 {
        let mut sum = 0.0;
        for (u, coefficients) in b.iter().enumerate() {
            for i in 0..self.variables {
                for j in 0..self.variables {
                    let product = self.products[Self::pair(i, j)][u];
                    sum += coefficients[(i, j)] * (self.slope(b, u, i, j) - product);
                }
            }
        }
        sum
    }

    /// Positive semi-definite coefficient matrices, one a term, that minimise
    /// Σ_ij Σ_k w_ijk (γ̂_ijk − Σ_u b_ij(u) g_u(h_ijk))², from any such `start`.
    ///
    /// Term after term is fitted to what the others leave, as Goulard & Voltz do, until nothing changes by more than
    /// `tolerance`. Where all variograms have the same lag classes and weights that step is theirs, the positive part of
    /// the unconstrained solution. Else the sum of squares Σ a_ij (b_ij − c_ij)² of a term is majorised by one with
    /// weights d_i d_j ≥ a_ij that touches it at the present coefficients, whose minimum is a positive part too: no step
    /// increases the sum of squares, and as that is convex, where no step changes anything it is least.
    ///
    /// Sweeps start ahead of where the last one ended, with Nesterov's momentum, unless that increases the sum of squares;
    /// terms that are nearly the same would take thousands of sweeps without.
    pub(super) fn constrained(&self, start: Vec<DMatrix<f64>>, tolerance: f64) -> Vec<DMatrix<f64>> {
        let steps: Vec<Vec<f64>> = (0..self.terms).map(|u| self.majorant(u)).collect();
        let mut best = start;
        let mut excess = self.excess(&best);
        let (mut ahead, mut momentum) = (best.clone(), 1.0_f64);
        for _ in 0..MOST_SWEEPS {
            let mut next = ahead.clone();
            let change = self.sweep(&mut next, &steps);
            let next_excess = self.excess(&next);
            if next_excess > excess && momentum > 1.0 {
                (ahead, momentum) = (best.clone(), 1.0);
                continue;
            }
            let faster = 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt());
            let factor = (momentum - 1.0) / faster;
            ahead = next.iter().zip(&best).map(|(n, b)| n + (n - b) * factor).collect();
            (best, excess, momentum) = (next, next_excess, faster);
            if change <= tolerance {
                break;
            }
        }
        best
    }

    /// One step of every term; the largest change.
    fn sweep(&self, b: &mut [DMatrix<f64>], steps: &[Vec<f64>]) -> f64 {
        let n = self.variables;
        let mut change = 0.0_f64;
        for (u, d) in steps.iter().enumerate() {
            let target = DMatrix::from_fn(n, n, |i, j| {
                let root = (d[i] * d[j]).sqrt();
                root * b[u][(i, j)] - self.slope(b, u, i, j) / root
            });
            let positive = positive_part(&target);
            for i in 0..n {
                for j in 0..n {
                    let new = positive[(i.max(j), i.min(j))] / (d[i] * d[j]).sqrt();
                    change = change.max((new - b[u][(i, j)]).abs());
                    b[u][(i, j)] = new;
                }
            }
        }
        change
    }

    /// Numbers d with d_i d_j ≥ Σ w g_u² of every pair, equal to it where all pairs have the same.
    fn majorant(&self, u: usize) -> Vec<f64> {
        let of = |i: usize, j: usize| self.squares[Self::pair(i, j)][(u, u)];
        let mut stretch = 1.0_f64;
        for i in 0..self.variables {
            for j in 0..i {
                stretch = stretch.max(of(i, j) / (of(i, i) * of(j, j)).sqrt());
            }
        }
        (0..self.variables).map(|i| (stretch * of(i, i)).sqrt()).collect()
    }
}
