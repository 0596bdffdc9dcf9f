//! Columns filled by parts, each by one thread.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use soilscope_core::transform::Transform;
use soilscope_core::{Coord, Gap, Outcome, Predictions, Predictor, Scratch, Targets, Window};

use crate::predictions::code;

/// Side of the tiles that a strip of a grid is predicted in.
const TILE: usize = 128;

/// A run of targets, and where their predictions go.
pub(crate) struct Part<'a> {
    first: usize,
    value: &'a mut [f64],
    variance: Option<&'a mut [f64]>,
    exceedance: Option<&'a mut [f64]>,
    gap: &'a mut [u8],
}

impl<'a> Part<'a> {
    /// Columns in parts of so many targets, the last of what is left.
    pub(crate) fn cut(
        size: usize,
        value: &'a mut [f64],
        variance: Option<&'a mut [f64]>,
        exceedance: Option<&'a mut [f64]>,
        gap: &'a mut [u8],
    ) -> Vec<Self> {
        let size = size.max(1);
        let mut variance = variance.map(|column| column.chunks_mut(size));
        let mut exceedance = exceedance.map(|column| column.chunks_mut(size));
        let columns = value.chunks_mut(size).zip(gap.chunks_mut(size)).enumerate();
        let part = |(nth, (value, gap))| Self {
            first: nth * size,
            value,
            variance: variance.as_mut().and_then(Iterator::next),
            exceedance: exceedance.as_mut().and_then(Iterator::next),
            gap,
        };
        columns.map(part).collect()
    }

    /// Numbers of its targets.
    pub(crate) fn targets(&self) -> Range<usize> {
        self.first..self.first + self.value.len()
    }

    fn set(&mut self, at: usize, outcome: &Outcome, scale: &Transform, threshold: Option<f64>) {
        let told = outcome.and_then(|modelled| {
            let back = scale.back(modelled);
            let finite = back.value.is_finite() && back.variance.is_none_or(f64::is_finite);
            if finite {
                Ok((back, threshold.and_then(|t| scale.exceedance(&modelled, t))))
            } else {
                Err(Gap::NotFinite)
            }
        });
        let (value, variance, exceedance) = match told {
            Ok((back, above)) => (back.value, back.variance.unwrap_or(f64::NAN), above.unwrap_or(f64::NAN)),
            Err(gap) => {
                self.gap[at] = code(gap);
                (f64::NAN, f64::NAN, f64::NAN)
            }
        };
        self.value[at] = value;
        if let Some(column) = &mut self.variance {
            column[at] = variance;
        }
        if let Some(column) = &mut self.exceedance {
            column[at] = exceedance;
        }
    }
}

/// Columns and rows of a grid by their coordinates.
#[derive(Clone, Copy)]
pub(crate) struct Axes<'a> {
    pub(crate) x: &'a [f64],
    pub(crate) y: &'a [f64],
}

impl Axes<'_> {
    /// Cells of a strip of whole rows: enough strips for several threads, and rows enough to share work.
    pub(crate) fn strip(&self) -> usize {
        (self.y.len() / 16).clamp(8, TILE) * self.x.len()
    }

    /// The cells of some columns and rows as a window, where that gives the very coordinates.
    fn window(&self, columns: &Range<usize>, rows: &Range<usize>) -> Option<Window> {
        let step = |along: &[f64]| {
            let step = if along.len() > 1 { along[1] - along[0] } else { 1.0 };
            let even = along.iter().enumerate().all(|(k, &at)| along[0] + k as f64 * step == at);
            (even && step != 0.0).then_some(step)
        };
        let (x, y) = (&self.x[columns.clone()], &self.y[rows.clone()]);
        Some(Window { origin: [x[0], y[0]], step: [step(x)?, step(y)?], size: [x.len(), y.len()] })
    }
}

/// Working memory of a thread.
#[derive(Default)]
struct Bench {
    scratch: Scratch,
    out: Predictions,
    places: Vec<Coord>,
    covariates: Vec<f64>,
}

/// What is predicted with, and on which scale.
pub(crate) struct Job<'a> {
    predictor: &'a dyn Predictor,
    scale: &'a Transform,
    threshold: Option<f64>,
    reduced: AtomicUsize,
    /// Benches that no thread works at.
    benches: Mutex<Vec<Bench>>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(predictor: &'a dyn Predictor, scale: &'a Transform, threshold: Option<f64>) -> Self {
        Self { predictor, scale, threshold, reduced: AtomicUsize::new(0), benches: Mutex::default() }
    }

    /// Targets whose system was singular until samples were left out of it.
    pub(crate) fn reduced(&self) -> usize {
        self.reduced.load(Ordering::Relaxed)
    }

    fn bench(&self) -> Bench {
        self.benches.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn leave(&self, bench: Bench) {
        self.benches.lock().unwrap_or_else(PoisonError::into_inner).push(bench);
    }

    /// Predicts targets, of which the n-th goes to place `at(n)` of the part.
    pub(crate) fn predict(&self, targets: &Targets<'_>, part: &mut Part<'_>, at: impl Fn(usize) -> usize) {
        let mut bench = self.bench();
        self.predict_on(targets, &mut bench.scratch, &mut bench.out, part, at);
        self.leave(bench);
    }

    fn predict_on(
        &self,
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        part: &mut Part<'_>,
        at: impl Fn(usize) -> usize,
    ) {
        self.predictor.predict_into(targets, scratch, out);
        self.reduced.fetch_add(out.reduced().len(), Ordering::Relaxed);
        for (n, outcome) in out.iter().enumerate() {
            part.set(at(n), &outcome, self.scale, self.threshold);
        }
    }

    /// Predicts whole rows of a grid, tile by tile, with the covariates of all its cells.
    pub(crate) fn predict_strip(&self, axes: Axes<'_>, covariates: &[f64], part: &mut Part<'_>) {
        let Bench { mut scratch, mut out, mut places, covariates: mut of_tile } = self.bench();
        let (width, count) = (axes.x.len(), self.predictor.covariates());
        let strip = part.targets();
        let rows = strip.start / width..strip.end / width;
        for first in (0..width).step_by(TILE) {
            let columns = first..(first + TILE).min(width);
            of_tile.clear();
            if count > 0 {
                for row in rows.clone() {
                    let cells = (row * width + columns.start) * count..(row * width + columns.end) * count;
                    of_tile.extend_from_slice(&covariates[cells]);
                }
            }
            let window = axes.window(&columns, &rows);
            if window.is_none() {
                places.clear();
                places.extend(rows.clone().flat_map(|r| columns.clone().map(move |c| [axes.x[c], axes.y[r]])));
            }
            let targets = window.map_or_else(|| Targets::points(&places), Targets::window);
            let targets = targets.with_covariates(&of_tile, count);
            let wide = columns.len();
            let at = |n: usize| n / wide * width + columns.start + n % wide;
            self.predict_on(&targets, &mut scratch, &mut out, part, at);
        }
        self.leave(Bench { scratch, out, places, covariates: of_tile });
    }
}
