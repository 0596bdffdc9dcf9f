//! Means and majorities of source cells over target cells, weighted by the area that they share.

use std::ops::Range;

use super::coverage::{Coverage, area};
use super::outline::{Outlines, Projection};
use super::source::{Kind, Source};
use crate::pack::source::HotRule;
use crate::{Error, Result};

/// Source cells of each raster that are held at a time.
const HELD: usize = 1 << 21;
/// Shares of an area that differ by less are the same share: what sums of a million weights may be off by.
const TIE: f64 = 1e-9;

/// What source cells come to in one target cell. Weights are areas, in source cells.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// The whole cell, with or without a source.
    whole: f64,
    /// Where there is a mean, and a standard deviation if the run has any.
    valid: f64,
    mean: f64,
    sd: f64,
    judged: f64,
    exceedance: f64,
    known: f64,
    trusted: f64,
    ruled: f64,
    hot: f64,
}

/// The values of one target cell; NaN and `None` where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Averaged {
    pub(crate) mean: f64,
    pub(crate) sd: f64,
    pub(crate) exceedance: f64,
    /// Whether the greater part can be trusted. Halves are not.
    pub(crate) trusted: Option<bool>,
    /// Whether the greater part is hot. Halves are not.
    pub(crate) hot: Option<bool>,
}

impl Averaged {
    const NONE: Self = Self { mean: f64::NAN, sd: f64::NAN, exceedance: f64::NAN, trusted: None, hot: None };
}

/// Averages a source over the cells of a target.
pub(crate) struct Averages<'a> {
    source: &'a Source,
    projection: &'a Projection<'a>,
    hot: Option<HotRule>,
    kinds: Vec<Kind>,
    read: Vec<Vec<f32>>,
    coverage: Coverage,
    ring: Vec<[f64; 2]>,
}

/// Which part of the source a target cell meets.
#[derive(Clone)]
struct Met {
    columns: Range<usize>,
    rows: Range<usize>,
    /// Whether it lies in one source cell, and so needs no more than its area.
    in_one: bool,
}

impl<'a> Averages<'a> {
    pub(crate) fn new(source: &'a Source, projection: &'a Projection<'a>, hot: Option<HotRule>) -> Self {
        let kinds: Vec<Kind> = source.bands.iter().map(|band| band.kind).collect();
        let read = vec![Vec::new(); kinds.len()];
        Self { source, projection, hot, kinds, read, coverage: Coverage::default(), ring: Vec::new() }
    }

    /// The cells of a block, row by row. The source is read in bands of rows, so what is held does not grow with either grid.
    pub(crate) fn block(
        &mut self,
        first: [usize; 2],
        size: [usize; 2],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Vec<Averaged>> {
        if !self.projection.meets(first, size) {
            return Ok(vec![Averaged::NONE; size[0] * size[1]]);
        }
        let outlines = self.projection.outlines(first, size);
        let mut sums = vec![Sums::default(); size[0] * size[1]];
        let met = self.meet(&outlines, size, &mut sums);
        let window = met.iter().flatten().fold(None, |all: Option<Met>, one| {
            let Some(all) = all else { return Some(one.clone()) };
            let join = |a: &Range<usize>, b: &Range<usize>| a.start.min(b.start)..a.end.max(b.end);
            Some(Met { columns: join(&all.columns, &one.columns), rows: join(&all.rows, &one.rows), in_one: false })
        });
        if let Some(window) = window {
            let rows_held = (HELD / window.columns.len()).max(1);
            for from in window.rows.clone().step_by(rows_held) {
                if interrupted() {
                    return Err(Error::Interrupted);
                }
                let rows = from..(from + rows_held).min(window.rows.end);
                let shape = [window.columns.len(), rows.len()];
                for (band, into) in self.source.bands.iter().zip(&mut self.read) {
                    band.read([window.columns.start, from], shape, into)?;
                }
                self.add(&outlines, size, &met, &window.columns, &rows, &mut sums);
            }
        }
        Ok(sums.iter().map(|sums| self.finish(sums)).collect())
    }

    /// Which source cells each target cell meets, and its whole area.
    fn meet(&mut self, outlines: &Outlines, size: [usize; 2], sums: &mut [Sums]) -> Vec<Option<Met>> {
        let limits = self.source.cells.size;
        let mut met = Vec::with_capacity(sums.len());
        for (i, sums) in sums.iter_mut().enumerate() {
            let ring = outlines.ring(i % size[0], i / size[0], &mut self.ring);
            met.push(ring.and_then(|ring| {
                sums.whole = area(ring);
                // Both grids are north up, so a ring that runs the other way is torn apart by the edge of the projection.
                if !(sums.whole > 0.0) {
                    return None;
                }
                let range = |axis: usize| {
                    let ends = ring.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], p| {
                        [low.min(p[axis]), high.max(p[axis])]
                    });
                    let limit = limits[axis] as f64;
                    let (from, to) = (ends[0].floor().max(0.0), ends[1].ceil().min(limit));
                    (from < to).then(|| (from as usize..to as usize, ends[0] >= 0.0 && ends[1] <= limit))
                };
                let ((columns, inside_x), (rows, inside_y)) = (range(0)?, range(1)?);
                let in_one = columns.len() == 1 && rows.len() == 1 && inside_x && inside_y;
                Some(Met { columns, rows, in_one })
            }));
        }
        met
    }

    /// Adds what lies in the rows that are held.
    fn add(
        &mut self,
        outlines: &Outlines,
        size: [usize; 2],
        met: &[Option<Met>],
        columns: &Range<usize>,
        rows: &Range<usize>,
        sums: &mut [Sums],
    ) {
        let Self { kinds, read, coverage, ring, hot, .. } = self;
        let values = |of: Kind| kinds.iter().position(|kind| *kind == of).map(|band| read[band].as_slice());
        let Some(mean) = values(Kind::Mean) else { return };
        let held = Held {
            mean,
            sd: values(Kind::Sd),
            exceedance: values(Kind::Exceedance),
            trust: values(Kind::Trust),
            hot: *hot,
        };
        let width = columns.len();
        for (i, sums) in sums.iter_mut().enumerate() {
            let Some(met) = &met[i] else { continue };
            let both = met.rows.start.max(rows.start)..met.rows.end.min(rows.end);
            if both.is_empty() {
                continue;
            }
            if met.in_one {
                let place = (met.rows.start - rows.start) * width + met.columns.start - columns.start;
                sums.take(&held, place, sums.whole);
                continue;
            }
            let Some(ring) = outlines.ring(i % size[0], i / size[0], ring) else { continue };
            for row in both {
                let start = (row - rows.start) * width;
                coverage.row(ring, row, met.columns.clone(), |column, weight| {
                    sums.take(&held, start + column - columns.start, weight);
                });
            }
        }
    }

    fn finish(&self, sums: &Sums) -> Averaged {
        let enough = |part: f64| part > 0.0 && 2.0 * part >= sums.whole * (1.0 - TIE);
        let most = |part: f64, of: f64| enough(of).then_some(2.0 * part > of * (1.0 + TIE));
        if !enough(sums.valid) {
            return Averaged::NONE;
        }
        let mean = |sum: f64, weight: f64| if enough(weight) { sum / weight } else { f64::NAN };
        Averaged {
            mean: sums.mean / sums.valid,
            sd: sums.sd / sums.valid,
            exceedance: mean(sums.exceedance, sums.judged),
            trusted: most(sums.trusted, sums.known),
            hot: most(sums.hot, sums.ruled),
        }
    }
}

/// The rows of the source that are held, band by band.
struct Held<'a> {
    mean: &'a [f32],
    sd: Option<&'a [f32]>,
    exceedance: Option<&'a [f32]>,
    trust: Option<&'a [f32]>,
    hot: Option<HotRule>,
}

impl Sums {
    /// Adds the source cell at `place` of what is held with its weight.
    fn take(&mut self, held: &Held<'_>, place: usize, weight: f64) {
        let value = |of: Option<&[f32]>| of.map(|values| f64::from(values[place]));
        let (mean, sd) = (f64::from(held.mean[place]), value(held.sd).unwrap_or(0.0));
        // The mean and its standard deviation are of the same cells, or the one would not be that of the other.
        if mean.is_nan() || sd.is_nan() {
            return;
        }
        self.valid += weight;
        self.mean += weight * mean;
        self.sd += weight * sd;
        let exceedance = value(held.exceedance).filter(|p| !p.is_nan());
        if let Some(exceedance) = exceedance {
            self.judged += weight;
            self.exceedance += weight * exceedance;
        }
        if let Some(trust) = value(held.trust).filter(|bits| !bits.is_nan()) {
            self.known += weight;
            self.trusted += if trust == 0.0 { weight } else { 0.0 };
        }
        let is_hot = match held.hot {
            // As the run compares them.
            Some(HotRule::Probability(cut)) => exceedance.map(|p| p as f32 >= cut as f32),
            Some(HotRule::Prediction(threshold)) => Some(mean > threshold),
            None => None,
        };
        if let Some(is_hot) = is_hot {
            self.ruled += weight;
            self.hot += if is_hot { weight } else { 0.0 };
        }
    }
}
