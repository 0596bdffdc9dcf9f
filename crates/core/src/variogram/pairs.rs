//! Pairs of samples within a cutoff, without looking at those beyond it.

use std::ops::Range;

use crate::Coord;
use crate::metric::Metric;

/// Samples binned in square cells, whose pairs can be visited part by part.
///
/// Positions are places in the order of the cells; [`order`](Self::order) says which sample each is.
#[derive(Debug)]
pub(super) struct PairSearch {
    cutoff: f64,
    metric: Metric,
    order: Vec<usize>,
    /// Places by position.
    coords: Vec<Coord>,
    /// Cell of each position.
    cell_of: Vec<usize>,
    /// First position of each cell, and one more for the end.
    start: Vec<usize>,
    /// Lower-left and upper-right corner of each cell's samples.
    boxes: Vec<[Coord; 2]>,
    columns: usize,
    rows: usize,
    /// Cells beyond so many columns or rows are beyond the cutoff.
    reach: usize,
}

impl PairSearch {
    /// Cells of an eighth of the cutoff keep the share of pairs that are looked at in vain small; more than twice as many
    /// cells as samples would be empty for the most part.
    pub(super) fn new(places: &[Coord], metric: Metric, cutoff: f64) -> Self {
        let flat: Vec<Coord> = places.iter().map(|&c| flattened(metric, c)).collect();
        let coords = &flat[..];
        let mut low = coords[0];
        let mut high = low;
        for c in coords {
            for k in 0..2 {
                low[k] = low[k].min(c[k]);
                high[k] = high[k].max(c[k]);
            }
        }
        let extent = [high[0] - low[0], high[1] - low[1]];
        let most = (2 * coords.len() + 16) as f64;
        let mut side = (cutoff / 8.0).max(f64::MIN_POSITIVE);
        let count = |k: usize, side: f64| (extent[k] / side).floor() + 1.0;
        let finite = extent.iter().all(|e| e.is_finite());
        while finite && count(0, side) * count(1, side) > most {
            side *= 2.0;
        }
        // An extent that overflows has one cell.
        let [columns, rows] = [0, 1].map(|k| if finite { count(k, side) as usize } else { 1 });
        let index = |c: &Coord| {
            let along = |k: usize, cells: usize| (((c[k] - low[k]) / side) as usize).min(cells - 1);
            along(1, rows) * columns + along(0, columns)
        };
        let cells: Vec<usize> = coords.iter().map(index).collect();
        let mut order: Vec<usize> = (0..coords.len()).collect();
        order.sort_by_key(|&i| (cells[i], i));
        let mut start = vec![0; columns * rows + 1];
        let mut boxes = vec![[[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]]; columns * rows];
        for (c, &cell) in coords.iter().zip(&cells) {
            start[cell + 1] += 1;
            for k in 0..2 {
                boxes[cell][0][k] = boxes[cell][0][k].min(c[k]);
                boxes[cell][1][k] = boxes[cell][1][k].max(c[k]);
            }
        }
        for cell in 0..columns * rows {
            start[cell + 1] += start[cell];
        }
        let cell_of = order.iter().map(|&i| cells[i]).collect();
        let sorted = order.iter().map(|&i| places[i]).collect();
        let reach = ((cutoff / side).ceil() as usize).saturating_add(1);
        Self { cutoff, metric, order, coords: sorted, cell_of, start, boxes, columns, rows, reach }
    }

    /// The sample at each position.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// A column of the samples, by position.
    pub(super) fn by_position(&self, column: &[f64]) -> Vec<f64> {
        self.order.iter().map(|&i| column[i]).collect()
    }

    /// Positions of part `part` of `parts`.
    pub(super) fn part(&self, part: usize, parts: usize) -> Range<usize> {
        let n = self.order.len();
        part * n / parts..(part + 1) * n / parts
    }

    /// Calls `visit` with both positions, the separation and the distance of every unordered pair within the cutoff whose
    /// earlier position is in `positions`: over all parts, each pair once, in an order that is always the same.
    pub(super) fn visit(&self, positions: Range<usize>, mut visit: impl FnMut(usize, usize, Coord, f64)) {
        for p in positions {
            let at = self.coords[p];
            let mut with = |partners: Range<usize>| {
                for q in partners {
                    let h = self.metric.distance(at, self.coords[q]);
                    if h <= self.cutoff {
                        visit(p, q, self.metric.separation(at, self.coords[q]), h);
                    }
                }
            };
            let cell = self.cell_of[p];
            with(p + 1..self.start[cell + 1]);
            let (row, column) = (cell / self.columns, cell % self.columns);
            let last = (self.columns - 1).min(column.saturating_add(self.reach));
            for r in row..=(self.rows - 1).min(row.saturating_add(self.reach)) {
                let first = if r == row { column + 1 } else { column.saturating_sub(self.reach) };
                for other in r * self.columns + first..r * self.columns + last + 1 {
                    let partners = self.start[other]..self.start[other + 1];
                    if !partners.is_empty() && self.least_distance(at, other) <= self.cutoff {
                        with(partners);
                    }
                }
            }
        }
    }

    /// Distance to a cell's samples at least. Rounding keeps the order of numbers, so no pair is nearer than this says.
    fn least_distance(&self, at: Coord, cell: usize) -> f64 {
        let at = flattened(self.metric, at);
        let [low, high] = self.boxes[cell];
        let gap = |k: usize| (low[k] - at[k]).max(at[k] - high[k]).max(0.0);
        let (dx, dy) = (gap(0), gap(1));
        (dx * dx + dy * dy).sqrt()
    }
}

/// A place as it is binned. On the sphere that is by latitude alone, whose difference no great circle is shorter than; a
/// trifle less, so that rounding cannot make it longer.
fn flattened(metric: Metric, at: Coord) -> Coord {
    match metric {
        Metric::Plane => at,
        Metric::Sphere { radius } => [0.0, at[1].to_radians() * radius * (1.0 - 1e-12)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs by all parts, as samples, lower first, in order.
    fn pairs(coords: &[Coord], cutoff: f64, parts: usize) -> Vec<(usize, usize)> {
        let search = PairSearch::new(coords, Metric::Plane, cutoff);
        let mut found = Vec::new();
        for part in 0..parts {
            search.visit(search.part(part, parts), |p, q, _, _| {
                let (i, j) = (search.order()[p], search.order()[q]);
                found.push((i.min(j), i.max(j)));
            });
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn every_pair_within_the_cutoff_is_visited_once() {
        let mut random = crate::random::Random::new(3);
        for n in [1, 2, 3, 40, 150] {
            // Thin, wide, on a lattice with pairs exactly at the cutoff, all at one place.
            for scale in [[1.0, 1.0], [1e6, 1e-3], [0.0, 10.0], [0.0, 0.0]] {
                let coords: Vec<Coord> = (0..n).map(|_| scale.map(|s| s * (random.uniform() * 12.0).floor())).collect();
                for cutoff in [1e-9, 1.0, 2.0, 5.0, 1e3, 1e7] {
                    let mut expected = Vec::new();
                    for i in 0..n {
                        for j in i + 1..n {
                            let (dx, dy) = (coords[j][0] - coords[i][0], coords[j][1] - coords[i][1]);
                            if (dx * dx + dy * dy).sqrt() <= cutoff {
                                expected.push((i, j));
                            }
                        }
                    }
                    for parts in [1, 7] {
                        assert_eq!(pairs(&coords, cutoff, parts), expected, "{n} {scale:?} {cutoff} {parts}");
                    }
                }
            }
        }
    }

    #[test]
    fn extents_beyond_floating_point_are_searched() {
        let coords = [[f64::MAX, 0.0], [-f64::MAX, 0.0], [-f64::MAX, 3.0]];
        assert_eq!(pairs(&coords, 5.0, 2), [(1, 2)]);
        assert_eq!(pairs(&[[0.0, 0.0], [5e-324, 0.0]], 5e-324, 1), [(0, 1)]);
    }
}
