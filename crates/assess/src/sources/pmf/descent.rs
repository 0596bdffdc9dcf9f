//! From a start to the nearest minimum of Q: `g` and `f` take turns in least squares at 0 or more.

use super::data::Concentrations;
use super::nonnegative::{Few, Normal};

/// Factors as they are computed with, in no order and of any scale.
#[derive(Debug, Clone)]
pub(super) struct Factors {
    pub(super) count: usize,
    /// Of each sample, its contributions.
    pub(super) g: Vec<Few>,
    /// Of each analyte, what the factors bring.
    pub(super) f: Vec<Few>,
}

/// Where a descent ended.
#[derive(Debug, Clone)]
pub(super) struct Descent {
    pub(super) factors: Factors,
    /// Q after each turn, never rising.
    pub(super) trace: Vec<f64>,
    pub(super) converged: bool,
}

/// Q falls by less than this share of itself in a turn …
const STEADY: f64 = 1e-8;
/// … as often in a row: the minimum is reached.
const TURNS: usize = 5;
/// Most that `f` is carried on beyond its last change.
const FARTHEST: f64 = 4.0;

impl Factors {
    /// Contributions of a sample for given factors, its values moved by `moved` (analyte, value, uncertainty) beforehand.
    pub(super) fn contributions(
        f: &[Few],
        count: usize,
        data: &Concentrations,
        sample: usize,
        mut moved: impl FnMut(f64, f64) -> f64,
    ) -> Few {
        let mut normal = Normal::zero(count);
        for (analyte, f) in f.iter().enumerate() {
            let (x, s) = data.at(sample, analyte);
            if s.is_finite() {
                normal.add(f, moved(x, s), 1.0 / (s * s));
            }
        }
        normal.solve()
    }

    /// What is fitted of a value.
    #[inline]
    pub(super) fn fitted(&self, sample: usize, analyte: usize) -> f64 {
        (0..self.count).map(|k| self.g[sample][k] * self.f[analyte][k]).sum()
    }

    /// The best `g` for this `f`, then the best `f` for that `g`.
    pub(super) fn turn(f: &[Few], count: usize, data: &Concentrations) -> Self {
        let g: Vec<Few> = (0..data.samples()).map(|i| Self::contributions(f, count, data, i, |x, _| x)).collect();
        let analyte = |j: usize| {
            let mut normal = Normal::zero(count);
            for (i, g) in g.iter().enumerate() {
                let (x, s) = data.at(i, j);
                if s.is_finite() {
                    normal.add(g, x, 1.0 / (s * s));
                }
            }
            normal.solve()
        };
        let f = (0..data.analytes()).map(analyte).collect();
        Self { count, g, f }
    }

    /// Share of a factor in what all bring of an analyte; 0 where none brings any.
    pub(super) fn share(&self, factor: usize, analyte: usize) -> f64 {
        let f = &self.f[analyte];
        let total: f64 = f[..self.count].iter().sum();
        if total > 0.0 { f[factor] / total } else { 0.0 }
    }

    /// Q of these factors.
    pub(super) fn q(&self, data: &Concentrations) -> f64 {
        let mut q = 0.0;
        for i in 0..data.samples() {
            for j in 0..data.analytes() {
                let (x, s) = data.at(i, j);
                q += ((x - self.fitted(i, j)) / s).powi(2);
            }
        }
        q
    }
}

/// Descends from a start of `f`.
///
/// Turns of least squares alone creep along flat valleys. So `f` is carried on in the direction of its last change, farther
/// the longer that goes well; where Q would rise, the step is taken back and a plain turn done, which cannot raise it.
pub(super) fn descend(start: Vec<Few>, count: usize, data: &Concentrations, most_turns: usize) -> Descent {
    let mut factors = Factors::turn(&start, count, data);
    let mut q = factors.q(data);
    let mut trace = vec![q];
    let (mut before, mut reach, mut steady) = (start, 0.5, 0);
    while trace.len() < most_turns && steady < TURNS {
        let carried: Vec<Few> = factors
            .f
            .iter()
            .zip(&before)
            .map(|(now, then)| std::array::from_fn(|k| (now[k] + reach * (now[k] - then[k])).max(0.0)))
            .collect();
        let mut next = Factors::turn(&carried, count, data);
        let mut next_q = next.q(data);
        if next_q <= q {
            reach = (1.2 * reach).min(FARTHEST);
        } else {
            reach *= 0.5;
            next = Factors::turn(&factors.f, count, data);
            // Rounding may lift a Q that no longer falls by a hair.
            next_q = next.q(data).min(q);
        }
        steady = if q - next_q <= STEADY * q { steady + 1 } else { 0 };
        before = std::mem::replace(&mut factors, next).f;
        q = next_q;
        trace.push(q);
    }
    Descent { factors, trace, converged: steady >= TURNS }
}
