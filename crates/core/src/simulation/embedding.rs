//! Stationary fields on a grid by circulant embedding.

use super::fourier::{C64, Fourier, fast_size};
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Error, Result};

/// How far an embedding may go.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EmbeddingLimits {
    /// Most cells of the torus; each takes 8 bytes, and 16 more for each thread while fields are drawn.
    pub cells: usize,
    /// Largest error of any covariance that may come of negative eigenvalues, as a part of the sill.
    pub covariance_error: f64,
}

impl Default for EmbeddingLimits {
    /// 2²⁵ cells and 10⁻⁶ of the sill: no number of realisations that a disk holds would show the difference.
    fn default() -> Self {
        Self { cells: 1 << 25, covariance_error: 1e-6 }
    }
}

/// What an embedding came to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EmbeddingReport {
    /// Columns and rows of the grid that is simulated, samples' places included.
    pub grid: [usize; 2],
    /// Columns and rows of the torus.
    pub torus: [usize; 2],
    /// Bound on the error of the covariance between any two nodes, as a part of the sill: the negative eigenvalues that
    /// were taken as 0. It is 0, or a rounding error, where the embedding is exact.
    pub covariance_error: f64,
}

/// A field without nugget on a grid, as part of a field on a torus whose covariance matrix the Fourier transform
/// diagonalises.
pub(super) struct Embedding {
    fourier: Fourier,
    pub(super) report: EmbeddingReport,
    /// √(λ / cells) of each wave.
    amplitudes: Vec<f64>,
}

impl Embedding {
    /// Embeds a grid of `grid` columns and rows, in a torus at least twice as large that grows until its covariances are
    /// non-negative definite.
    ///
    /// # Errors
    /// [`Error::Embedding`] where the limits do not allow it.
    pub(super) fn new(
        structures: &Variogram,
        step: [f64; 2],
        grid: [usize; 2],
        limits: &EmbeddingLimits,
    ) -> Result<Self> {
        // A torus of 2n − 1 holds every lag between two nodes once.
        let mut least = grid.map(|n| 2 * n - 1);
        let mut best = f64::INFINITY;
        loop {
            let torus = least.map(fast_size);
            if torus[0].saturating_mul(torus[1]) > limits.cells {
                return Err(Error::Embedding {
                    columns: grid[0],
                    rows: grid[1],
                    cells: limits.cells,
                    covariance_error: best,
                    allowed: limits.covariance_error,
                });
            }
            let fourier = Fourier::new(torus);
            let mut waves = covariances(structures, step, torus);
            fourier.forward(&mut waves, torus[0]);
            let cells = waves.len() as f64;
            // The eigenvalues sum to cells · sill; what is taken as 0 changes no covariance by more than its mean.
            let negative: f64 = waves.iter().map(|w| (-w.re).max(0.0)).sum::<f64>() / cells / structures.sill();
            if negative <= limits.covariance_error {
                let report = EmbeddingReport { grid, torus, covariance_error: negative };
                let amplitudes = waves.iter().map(|w| (w.re.max(0.0) / cells).sqrt()).collect();
                return Ok(Self { fourier, report, amplitudes });
            }
            best = best.min(negative);
            // Grow along the side that is shorter on the ground: covariances fall off with distance there.
            let side = [0, 1].map(|k| torus[k] as f64 * step[k].abs());
            let shorter = usize::from(side[1] < side[0]);
            least[shorter] = torus[shorter] + torus[shorter] / 2;
            if side[shorter] * 1.3 > side[1 - shorter] {
                least[1 - shorter] = torus[1 - shorter] + torus[1 - shorter] / 2;
            }
        }
    }

    /// Two independent fields of mean 0 on the grid, row by row: the real and the imaginary part of one transform.
    pub(super) fn draw(&self, random: &mut Random) -> [Vec<f64>; 2] {
        let mut waves: Vec<C64> =
            self.amplitudes.iter().map(|a| C64::new(a * random.normal(), a * random.normal())).collect();
        let ([columns, rows], torus) = (self.report.grid, self.report.torus[0]);
        self.fourier.forward(&mut waves, columns);
        let nodes = || waves.chunks_exact(torus).take(rows).flat_map(|row| &row[..columns]);
        [nodes().map(|w| w.re).collect(), nodes().map(|w| w.im).collect()]
    }
}

/// Covariances between the first cell of the torus and each other, by the shortest way around.
fn covariances(variogram: &Variogram, step: [f64; 2], [columns, rows]: [usize; 2]) -> Vec<C64> {
    let lag = |i: usize, n: usize, step: f64| if 2 * i <= n { i as f64 * step } else { (i as f64 - n as f64) * step };
    let mut out = Vec::with_capacity(columns * rows);
    for r in 0..rows {
        for c in 0..columns {
            let h = [lag(c, columns, step[0]), lag(r, rows, step[1])];
            let mut covariance = variogram.covariance(h);
            // Half way around, both ways are as short; with anisotropy they may differ, and symmetry wants their mean. No
            // lag between two nodes of the grid is so long.
            if 2 * c == columns || 2 * r == rows {
                covariance = 0.5 * (covariance + variogram.covariance([-h[0], h[1]]));
            }
            out.push(C64::new(covariance, 0.0));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variogram::ModelTemplate;

    fn model(text: &str) -> Variogram {
        text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
    }

    /// Covariance that the amplitudes give two cells: Σ a² cos(2π k·h), for some lags.
    fn realised(embedding: &Embedding, lag: [usize; 2]) -> f64 {
        let [columns, rows] = embedding.report.torus;
        let wave = |(i, a): (usize, &f64)| {
            let turns =
                ((i % columns) * lag[0]) as f64 / columns as f64 + ((i / columns) * lag[1]) as f64 / rows as f64;
            a * a * (std::f64::consts::TAU * turns).cos()
        };
        embedding.amplitudes.iter().enumerate().map(wave).sum()
    }

    #[test]
    fn fields_have_the_covariance_of_their_model_exactly() {
        for text in [
            "1 Sph(30)",
            "2 Exp(25)",
            "1 Exp(25, az=30, ratio=0.4)",
            "1 Gau(12, az=120, ratio=0.5)",
            "0.5 Sph(8) + 1.5 Mat(10, kappa=1.5, az=45, ratio=0.6)",
        ] {
            let variogram = model(text);
            let (step, grid) = ([2.0, -3.0], [20, 15]);
            let limits = EmbeddingLimits { covariance_error: 1e-9, ..EmbeddingLimits::default() };
            let embedding = Embedding::new(&variogram, step, grid, &limits).unwrap();
            let allowed = (embedding.report.covariance_error + 1e-14) * variogram.sill();
            for lag in [[0, 0], [1, 0], [0, 1], [3, 2], [19, 0], [0, 14], [19, 14], [7, 11]] {
                let h = [lag[0] as f64 * step[0], lag[1] as f64 * step[1]];
                let off = (realised(&embedding, lag) - variogram.covariance(h)).abs();
                assert!(off <= allowed, "{text}, lag {lag:?}: off by {off:e}");
            }
        }
    }

    #[test]
    fn anisotropy_turns_the_right_way() {
        let variogram = model("1 Exp(25, az=45, ratio=0.2)");
        let embedding = Embedding::new(&variogram, [1.0, 1.0], [32, 32], &EmbeddingLimits::default()).unwrap();
        assert!(realised(&embedding, [10, 10]) > 0.5, "along the azimuth");
        let across = variogram.covariance([10.0, -10.0]);
        let [columns, rows] = embedding.report.torus;
        assert!((realised(&embedding, [10, rows - 10]) - across).abs() < 1e-6 && columns > 0);
    }

    #[test]
    fn an_embedding_beyond_its_limits_is_refused() {
        let limits = EmbeddingLimits { cells: 4096, covariance_error: 1e-6 };
        let refused = Embedding::new(&model("1 Gau(500)"), [1.0, 1.0], [20, 20], &limits);
        assert!(matches!(refused.err(), Some(Error::Embedding { cells: 4096, .. })));
    }
}
