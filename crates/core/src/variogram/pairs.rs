//! Pairs of places within a cutoff, without looking at those beyond it.

use std::ops::Range;

use crate::Coord;
use crate::metric::Metric;
use crate::simd::MOST_LANES;

/// Samples in strips from south to north, each in order from west to east: what is within the cutoff of a sample is one run of
/// neighbouring positions in every strip.
///
/// Positions are places in that order; [`order`](Self::order) says which sample each is.
#[derive(Debug)]
pub(super) struct PairSearch {
    cutoff: f64,
    metric: Metric,
    order: Vec<usize>,
    /// Places by position.
    coords: Vec<Coord>,
    /// Eastings and northings by position, as places are ordered by, [padded](padded).
    axes: [Vec<f64>; 2],
    /// From south to north, none empty.
    strips: Vec<Strip>,
    /// Largest number whose root is within the cutoff.
    limit: f64,
}

/// Positions of a strip's samples and how far they reach from south to north.
#[derive(Debug, Clone, Copy)]
struct Strip {
    first: usize,
    end: usize,
    south: f64,
    north: f64,
}

/// Strips of an eighth of the cutoff keep the share of pairs that are looked at in vain near a tenth; strips of fewer samples
/// than this would have runs too short for vectors.
const FEWEST: usize = 16;
const STRIPS_A_CUTOFF: f64 = 8.0;

impl PairSearch {
    pub(super) fn new(places: &[Coord], metric: Metric, cutoff: f64) -> Self {
        let flat: Vec<Coord> = places.iter().map(|&c| flattened(metric, c)).collect();
        let (low, high) =
            flat.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c[1]), high.max(c[1])));
        let most = flat.len().div_ceil(FEWEST);
        let wanted = (high - low) / (cutoff / STRIPS_A_CUTOFF);
        // Numbers of strips that are not finite are the most, too.
        let rows = if wanted < most as f64 { wanted as usize + 1 } else { most };
        let height = (high - low) / rows as f64;
        let row = |c: &Coord| {
            // An extent of nothing, or beyond the largest number, has one strip.
            let along = (c[1] - low) / height;
            if along.is_finite() { (along as usize).min(rows - 1) } else { 0 }
        };
        let mut keys: Vec<(usize, f64, usize)> = flat.iter().enumerate().map(|(i, c)| (row(c), c[0], i)).collect();
        keys.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut strips: Vec<Strip> = Vec::new();
        let mut before = None;
        for (position, &(row, _, sample)) in keys.iter().enumerate() {
            let y = flat[sample][1];
            if before != Some(row) {
                strips.push(Strip { first: position, end: position, south: y, north: y });
                before = Some(row);
            }
            let strip = strips.last_mut().expect("the first sample begins one");
            strip.end = position + 1;
            strip.south = strip.south.min(y);
            strip.north = strip.north.max(y);
        }
        let order: Vec<usize> = keys.iter().map(|key| key.2).collect();
        let axes = [0, 1].map(|axis| padded(order.iter().map(|&i| flat[i][axis])));
        let coords = order.iter().map(|&i| places[i]).collect();
        Self { cutoff, metric, order, coords, axes, strips, limit: largest_square(cutoff) }
    }

    /// The sample at each position.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    /// Places by position.
    pub(super) fn coords(&self) -> &[Coord] {
        &self.coords
    }

    /// Eastings and northings by position, [padded]; not those of places on a sphere.
    pub(super) fn axes(&self) -> [&[f64]; 2] {
        [&self.axes[0], &self.axes[1]]
    }

    /// A column of the samples, by position, [padded].
    pub(super) fn by_position(&self, column: &[f64]) -> Vec<f64> {
        padded(self.order.iter().map(|&i| column[i]))
    }

    /// Positions of part `part` of `parts`.
    pub(super) fn part(&self, part: usize, parts: usize) -> Range<usize> {
        let n = self.order.len();
        part * n / parts..(part + 1) * n / parts
    }

    /// Each of `positions` with runs of later ones: over all parts every unordered pair within the cutoff is in one run, beside
    /// pairs a little beyond it. The order is always the same.
    pub(super) fn runs(&self, positions: Range<usize>) -> Runs<'_> {
        let own = self.strips.partition_point(|s| s.end <= positions.start);
        Runs { search: self, positions, own, next: own, cursors: vec![Cursor::default(); self.strips.len()] }
    }

    /// Calls `visit` with both positions, the separation and the distance of every pair within the cutoff that is in
    /// [`runs`](Self::runs).
    pub(super) fn visit(&self, positions: Range<usize>, mut visit: impl FnMut(usize, usize, Coord, f64)) {
        for (p, partners) in self.runs(positions) {
            let at = self.coords[p];
            for q in partners {
                let h = self.metric.distance(at, self.coords[q]);
                if h <= self.cutoff {
                    visit(p, q, self.metric.separation(at, self.coords[q]), h);
                }
            }
        }
    }
}

/// What [`PairSearch::runs`] goes through.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    search: &'a PairSearch,
    positions: Range<usize>,
    /// The strip of the first of the positions left.
    own: usize,
    /// The strip to look at next.
    next: usize,
    /// By strip.
    cursors: Vec<Cursor>,
}

/// Where the last run of a strip began and ended, with samples of strip `own`; the next one is not far from it.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    own: usize,
    first: usize,
    end: usize,
}

impl Default for Cursor {
    /// Of no strip yet.
    fn default() -> Self {
        Self { own: usize::MAX, first: 0, end: 0 }
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let search = self.search;
        let [eastings, northings] = search.axes();
        while !self.positions.is_empty() {
            let p = self.positions.start;
            let (x, y) = (eastings[p], northings[p]);
            if let Some(&strip) = search.strips.get(self.next) {
                // Rounding keeps the order of numbers, so no sample of the strip is nearer than `gap`, and within the strip the
                // least distance grows with the easting's difference.
                let gap = (strip.south - y).max(0.0);
                let gap = gap * gap;
                if gap <= search.limit {
                    let beyond = |q: usize| {
                        let dx = eastings[q] - x;
                        dx * dx + gap > search.limit
                    };
                    let west = |q: usize| eastings[q] < x && beyond(q);
                    let within = |q: usize| eastings[q] <= x || !beyond(q);
                    // The search begins at the strip's west end where the last was for another strip.
                    let Cursor { own, first, end } = self.cursors[self.next];
                    let (first, end) = if own == self.own { (first, end) } else { (strip.first, strip.first) };
                    let first =
                        if self.next == self.own { p + 1 } else { turning_point(strip.first..strip.end, first, west) };
                    let end = turning_point(strip.first..strip.end, end, within);
                    self.cursors[self.next] = Cursor { own: self.own, first, end };
                    self.next += 1;
                    if first < end {
                        return Some((p, first..end));
                    }
                    continue;
                }
            }
            self.positions.start += 1;
            if self.positions.start == search.strips[self.own].end {
                self.own += 1;
            }
            self.next = self.own;
        }
        None
    }
}

/// The first of `range` for which `is` does not hold, where it holds for none after that; `guess` is where to begin.
#[inline]
fn turning_point(range: Range<usize>, guess: usize, is: impl Fn(usize) -> bool) -> usize {
    // Steps that double, then halves of what is left.
    let guess = guess.clamp(range.start, range.end);
    let (mut low, mut high) = (range.start, range.end);
    let mut step = 1;
    if guess < range.end && is(guess) {
        low = guess + 1;
        while low < range.end {
            let try_at = (low + step - 1).min(range.end - 1);
            if !is(try_at) {
                high = try_at;
                break;
            }
            low = try_at + 1;
            step *= 2;
        }
    } else {
        high = guess;
        while high > range.start {
            let try_at = high.saturating_sub(step).max(range.start);
            if is(try_at) {
                low = try_at + 1;
                break;
            }
            high = try_at;
            step *= 2;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Numbers and some zeros after them, so that a whole vector can be read at each.
fn padded(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    numbers.chain(std::iter::repeat_n(0.0, MOST_LANES)).collect()
}

/// The largest number whose root, as rounded, is no more than this.
fn largest_square(root: f64) -> f64 {
    let mut square = root * root;
    while square.sqrt() > root {
        square = square.next_down();
    }
    while square.next_up().sqrt() <= root {
        square = square.next_up();
    }
    square
}

/// A place as it is ordered. On the sphere that is by latitude alone, whose difference no great circle is shorter than; a
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
        for n in [1, 2, 3, 40, 150, 400] {
            // Thin, wide, on a lattice with pairs exactly at the cutoff, all at one place.
            for scale in [[1.0, 1.0], [0.37, 3.1], [1e6, 1e-3], [1e-3, 1e6], [0.0, 10.0], [10.0, 0.0], [0.0, 0.0]] {
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
    fn few_pairs_beyond_the_cutoff_are_looked_at() {
        let mut random = crate::random::Random::new(4);
        let coords: Vec<Coord> = (0..20_000).map(|_| [random.uniform(), random.uniform()]).collect();
        let search = PairSearch::new(&coords, Metric::Plane, 0.1);
        let looked_at: usize = search.runs(0..coords.len()).map(|(_, partners)| partners.len()).sum();
        let mut within = 0;
        search.visit(0..coords.len(), |_, _, _, _| within += 1);
        assert!((looked_at as f64) < 1.2 * f64::from(within), "{looked_at} for {within}");
    }

    #[test]
    fn extents_beyond_floating_point_are_searched() {
        let coords = [[f64::MAX, 0.0], [-f64::MAX, 0.0], [-f64::MAX, 3.0]];
        assert_eq!(pairs(&coords, 5.0, 2), [(1, 2)]);
        assert_eq!(pairs(&coords.map(|[x, y]| [y, x]), 5.0, 2), [(1, 2)]);
        assert_eq!(pairs(&[[0.0, 0.0], [5e-324, 0.0]], 5e-324, 1), [(0, 1)]);
    }

    #[test]
    fn turning_points_are_found_from_anywhere() {
        for (start, end) in [(0, 0), (3, 4), (2, 40)] {
            for turn in start..=end {
                for guess in 0..=end + 2 {
                    assert_eq!(turning_point(start..end, guess, |q| q < turn), turn, "{start}..{end} from {guess}");
                }
            }
        }
    }

    #[test]
    fn largest_squares_have_roots_up_to_the_bound() {
        let mut random = crate::random::Random::new(5);
        let bounds = (0..2000).map(|k| random.uniform() * f64::from(k % 600 - 300).exp2());
        for bound in bounds.chain([5e-324, 1.0, 2.0, 1e200, f64::MAX]) {
            let square = largest_square(bound);
            assert!(square.sqrt() <= bound && !(square.next_up().sqrt() <= bound), "{bound}: {square}");
        }
    }
}
