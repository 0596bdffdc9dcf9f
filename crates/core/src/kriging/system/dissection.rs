//! In which order samples are eliminated, so that a matrix of covariances that end stays mostly empty.
//!
//! A strip as wide as the covariances reach cuts the samples in two halves without a covariance between them; the
//! halves are eliminated first, each cut in turn, and the strip last (nested dissection). What is eliminated together is a
//! front: its own samples, and its border, the later samples that any of those eliminated below or in it has a covariance
//! with. By the fill-path theorem the factor is 0 elsewhere. Borders are taken by boxes, which hold all that and a little more.
//! Without an end of the covariances there is one front, of all samples.
//!
//! # Source
//! George (1973), *SIAM Journal on Numerical Analysis* 10:345; Duff & Reid (1983), *ACM Transactions on Mathematical Software* 9:302
//! (fronts).

use std::ops::Range;

use crate::Coord;

use super::tile::{TILE, padded};

/// Samples that are not cut any more.
const LEAF: usize = 48;

/// Share of the samples cut that the strip may have.
const WIDEST_STRIP: f64 = 0.4;

/// Share of the numbers of one dense triangle below which fronts are worth their bookkeeping.
const WORTHWHILE: f64 = 0.5;

/// Smallest rectangle around some places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    low: Coord,
    high: Coord,
}

impl Extent {
    pub(super) fn of(places: impl IntoIterator<Item = Coord>) -> Self {
        let nothing = Self { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] };
        places.into_iter().fold(nothing, |e, c| Self {
            low: [e.low[0].min(c[0]), e.low[1].min(c[1])],
            high: [e.high[0].max(c[0]), e.high[1].max(c[1])],
        })
    }

    /// Whether any place of one can have a covariance with one of the other; never where one is empty.
    pub(super) fn touches(&self, other: &Self, reach: [f64; 2]) -> bool {
        (0..2).all(|k| self.low[k] - other.high[k] <= reach[k] && other.low[k] - self.high[k] <= reach[k])
    }
}

/// What one front eliminates. Positions count samples in the order of their elimination.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Front {
    pub(super) own: Range<usize>,
    /// Positions, increasing, all after `own`.
    pub(super) border: Vec<usize>,
    /// Fronts whose borders are in this one and its border.
    pub(super) children: Vec<usize>,
    /// Fronts above it.
    pub(super) depth: usize,
}

impl Front {
    /// Numbers of the factor, in tiles.
    fn numbers(&self) -> u64 {
        triangle(self.own.len()) + padded(self.own.len()) as u64 * padded(self.border.len()) as u64
    }
}

/// Numbers of the tiles of a lower triangle.
fn triangle(order: usize) -> u64 {
    let order = padded(order);
    let column = |first: usize| TILE.min(order - first) as u64 * (order - first) as u64;
    (0..order).step_by(TILE).map(column).sum()
}

/// The order of all samples and its fronts, children before parents.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dissection {
    /// Samples by position.
    pub(super) order: Vec<usize>,
    pub(super) fronts: Vec<Front>,
}

impl Dissection {
    /// Of samples whose covariances end within `reach`, if they do.
    pub(super) fn new(coords: &[Coord], reach: Option<[f64; 2]>) -> Self {
        let n = coords.len();
        let whole = || Self {
            order: (0..n).collect(),
            fronts: vec![Front { own: 0..n, border: Vec::new(), children: Vec::new(), depth: 0 }],
        };
        let Some(reach) = reach else { return whole() };
        let mut cutter = Cutter { coords, reach, order: Vec::with_capacity(n), fronts: Vec::new() };
        cutter.cut((0..n).collect(), Vec::new(), 0);
        let Cutter { order, mut fronts, .. } = cutter;
        // Borders were collected by sample.
        let mut position = vec![0; n];
        order.iter().enumerate().for_each(|(p, &sample)| position[sample] = p);
        for front in &mut fronts {
            front.border.iter_mut().for_each(|b| *b = position[*b]);
            front.border.sort_unstable();
        }
        let cut = Self { order, fronts };
        if (cut.numbers() as f64) < WORTHWHILE * triangle(n) as f64 { cut } else { whole() }
    }

    /// Numbers of the factor.
    fn numbers(&self) -> u64 {
        self.fronts.iter().map(Front::numbers).sum()
    }

    /// The most numbers held while factoring: the factor, what the fronts of one depth leave, and what their parents do.
    pub(super) fn most_numbers(&self) -> u64 {
        let left = |depth: usize| -> u64 {
            let fronts = self.fronts.iter().filter(|f| f.depth == depth);
            fronts.map(|f| triangle(f.border.len())).sum()
        };
        let deepest = self.fronts.iter().map(|f| f.depth).max().unwrap_or(0);
        self.numbers() + (0..=deepest).map(|depth| left(depth) + left(depth + 1)).max().unwrap_or(0)
    }
}

struct Cutter<'a> {
    coords: &'a [Coord],
    reach: [f64; 2],
    order: Vec<usize>,
    fronts: Vec<Front>,
}

impl Cutter<'_> {
    /// Eliminates `samples`, of which those in `above` come after; tells the number of the last front.
    fn cut(&mut self, samples: Vec<usize>, above: Vec<usize>, depth: usize) -> usize {
        let coords = self.coords;
        let extent = Extent::of(samples.iter().map(|&i| coords[i]));
        let near = |&i: &usize| extent.touches(&Extent::of([coords[i]]), self.reach);
        let border: Vec<usize> = above.into_iter().filter(near).collect();
        let mut children = Vec::new();
        let mut own = samples;
        if let Some([before, strip, after]) = self.halves(&own) {
            let above: Vec<usize> = border.iter().chain(&strip).copied().collect();
            children.push(self.cut(before, above.clone(), depth + 1));
            children.push(self.cut(after, above, depth + 1));
            own = strip;
        }
        // Along the strip, so that its tiles are compact.
        let sides = Extent::of(own.iter().map(|&i| coords[i]));
        let axis = usize::from(sides.high[1] - sides.low[1] > sides.high[0] - sides.low[0]);
        own.sort_unstable_by(|&a, &b| coords[a][axis].total_cmp(&coords[b][axis]).then(a.cmp(&b)));
        let start = self.order.len();
        self.order.extend(own);
        self.fronts.push(Front { own: start..self.order.len(), border, children, depth });
        self.fronts.len() - 1
    }

    /// Samples before a strip across their longer side, on it, and after it; `None` where cutting is not worth it.
    fn halves(&self, samples: &[usize]) -> Option<[Vec<usize>; 3]> {
        if samples.len() <= LEAF {
            return None;
        }
        let extent = Extent::of(samples.iter().map(|&i| self.coords[i]));
        let side = |k: usize| (extent.high[k] - extent.low[k]) / self.reach[k].max(f64::MIN_POSITIVE);
        let axis = usize::from(side(1) > side(0));
        let along = |i: usize| self.coords[i][axis];
        let mut sorted: Vec<f64> = samples.iter().map(|&i| along(i)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        // The strip's samples are taken from both halves alike.
        let middle = sorted[sorted.len() / 2];
        let from = middle - 0.5 * self.reach[axis];
        let first = sorted[sorted.partition_point(|&c| c < from)];
        let (before, rest): (Vec<usize>, Vec<usize>) = samples.iter().partition(|&&i| along(i) < first);
        let last = before.iter().map(|&i| along(i)).fold(f64::NEG_INFINITY, f64::max);
        // What no sample before it reaches is after the strip.
        let (strip, after): (Vec<usize>, Vec<usize>) = rest.iter().partition(|&&i| along(i) - last <= self.reach[axis]);
        let worthwhile =
            !before.is_empty() && !after.is_empty() && (strip.len() as f64) < WIDEST_STRIP * samples.len() as f64;
        worthwhile.then_some([before, strip, after])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn places(n: usize) -> Vec<Coord> {
        let mut random = Random::new(11);
        (0..n).map(|_| [1000.0 * random.uniform(), 700.0 * random.uniform()]).collect()
    }

    #[test]
    fn every_covariance_is_within_a_front_and_its_border() {
        let coords = places(3000);
        for reach in [[40.0, 40.0], [15.0, 80.0], [0.0, 0.0]] {
            let cut = Dissection::new(&coords, Some(reach));
            assert!(cut.fronts.len() > 20, "{}", cut.fronts.len());
            let mut all = cut.order.clone();
            all.sort_unstable();
            assert_eq!(all, (0..3000).collect::<Vec<_>>());
            let place = |p: usize| coords[cut.order[p]];
            for (f, front) in cut.fronts.iter().enumerate() {
                for p in front.own.clone() {
                    for later in front.own.end..3000 {
                        let apart = [place(p)[0] - place(later)[0], place(p)[1] - place(later)[1]];
                        if (0..2).all(|k| apart[k].abs() <= reach[k]) {
                            assert!(front.border.binary_search(&later).is_ok(), "front {f}: {p} and {later}");
                        }
                    }
                }
                for &child in &front.children {
                    let holds = |b: &usize| front.own.contains(b) || front.border.binary_search(b).is_ok();
                    assert!(child < f && cut.fronts[child].border.iter().all(holds));
                }
            }
        }
    }

    #[test]
    fn covariances_across_all_samples_are_one_front() {
        let coords = places(500);
        assert_eq!(Dissection::new(&coords, Some([600.0, 600.0])), Dissection::new(&coords, None));
    }
}
