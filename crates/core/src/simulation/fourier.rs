//! Discrete Fourier transforms in two dimensions; rustfft stays inside.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// A complex number.
pub(super) type C64 = Complex<f64>;

/// Columns transformed at a time: their rows are read in pieces of a cache line.
const BAND: usize = 8;

/// Forward transforms of arrays of one size, row by row.
pub(super) struct Fourier {
    columns: usize,
    rows: usize,
    along_rows: Arc<dyn Fft<f64>>,
    along_columns: Arc<dyn Fft<f64>>,
}

impl Fourier {
    pub(super) fn new([columns, rows]: [usize; 2]) -> Self {
        let mut planner = FftPlanner::new();
        let along_rows = planner.plan_fft_forward(columns);
        Self { columns, rows, along_rows, along_columns: planner.plan_fft_forward(rows) }
    }

    /// Transforms in place: Σ data[r, c] exp(−2πi (jc/columns + kr/rows)), without a factor.
    ///
    /// Only the first `wanted` columns of the result are computed; the others hold what came of the rows.
    pub(super) fn forward(&self, data: &mut [C64], wanted: usize) {
        assert_eq!(data.len(), self.columns * self.rows, "an array of this size");
        let zero = C64::new(0.0, 0.0);
        let mut scratch = vec![zero; self.along_rows.get_inplace_scratch_len()];
        for row in data.chunks_exact_mut(self.columns) {
            self.along_rows.process_with_scratch(row, &mut scratch);
        }
        scratch.resize(self.along_columns.get_inplace_scratch_len(), zero);
        let mut band = vec![zero; BAND * self.rows];
        for first in (0..wanted).step_by(BAND) {
            let width = BAND.min(wanted - first);
            for (r, row) in data.chunks_exact(self.columns).enumerate() {
                for c in 0..width {
                    band[c * self.rows + r] = row[first + c];
                }
            }
            for column in band[..width * self.rows].chunks_exact_mut(self.rows) {
                self.along_columns.process_with_scratch(column, &mut scratch);
            }
            for (r, row) in data.chunks_exact_mut(self.columns).enumerate() {
                for c in 0..width {
                    row[first + c] = band[c * self.rows + r];
                }
            }
        }
    }
}

/// The smallest number not below `n` that is even and has no prime factor above 5.
pub(super) fn fast_size(n: usize) -> usize {
    let smooth = |mut m: usize| {
        for p in [2, 3, 5] {
            while m.is_multiple_of(p) {
                m /= p;
            }
        }
        m == 1
    };
    let even = n.max(2).next_multiple_of(2);
    (even..).step_by(2).find(|&m| smooth(m)).unwrap_or(even)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_agree_with_their_definition() {
        let (columns, rows) = (10, 6);
        let data: Vec<C64> =
            (0..60).map(|i| C64::new((f64::from(i) * 0.7).sin(), (f64::from(i) * 1.3).cos())).collect();
        let mut ours = data.clone();
        Fourier::new([columns, rows]).forward(&mut ours, columns);
        let mut some = data.clone();
        Fourier::new([columns, rows]).forward(&mut some, 9);
        for k in 0..rows {
            for j in 0..columns {
                let sum: C64 = (0..60)
                    .map(|i| {
                        let (r, c) = (i / columns, i % columns);
                        let turns = (j * c) as f64 / columns as f64 + (k * r) as f64 / rows as f64;
                        data[i] * C64::from_polar(1.0, -std::f64::consts::TAU * turns)
                    })
                    .sum();
                assert!((sum - ours[k * columns + j]).norm() < 1e-12);
                assert!(j == 9 || ours[k * columns + j] == some[k * columns + j]);
            }
        }
    }

    #[test]
    fn sizes_are_even_and_smooth() {
        let found: Vec<usize> = [0, 1, 7, 11, 97, 121, 1025].map(fast_size).to_vec();
        assert_eq!(found, [2, 2, 8, 12, 100, 128, 1080]);
    }
}
