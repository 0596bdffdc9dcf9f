//! Where a map is not to be trusted: cells of which the samples say little, with the reasons.
//!
//! A prediction looks the same in the middle of many samples and far beyond the last one; its variance tells them apart
//! only as far as the model does, and no model says whether the soil beyond the samples is like that among them. [`Trust`]
//! looks at the samples that serve a place, and says by [`Doubts`] what is wrong with them:
//!
//! - *extrapolation*: all of them lie to one side, so that the place is outside their convex hull;
//! - *too few neighbours*: there are fewer than [`Rules::fewest`];
//! - *cluster*: there are enough, yet they stand in less than half of the directions, as between two clusters or beside a
//!   line of samples: each says much the same as the next;
//! - *near the sill*: the variance of the prediction error is nearly that of a place without any sample;
//! - *covariate*: a covariate of the drift is below or above those of all samples (the map's grid knows this).
//!
//! The samples that *serve* a place are its [`Rules::neighbours`] nearest ones within the model's effective range: beyond
//! that range the model says that they are of no use. They are taken by plain distance, whatever the search of the
//! kriging and the anisotropy of its model, so that maps by different methods are doubted alike.
//!
//! A place that is no further from its nearest sample than samples typically are from each other
//! ([`Trust::near`]) is neither *extrapolation* nor *cluster*: it is served as well as most places between samples, and a map's rim, which always
//! lies just outside the hull, is no reason for doubt.
//!
//! # Source
//! The definitions are ours. That a target outside the hull of its neighbours is extrapolated, and that neighbours should
//! stand all round it, is common practice: the octant search of GSLIB (Deutsch and Journel 1998, *GSLIB*, sec. II.4) asks
//! for the latter by eight fixed sectors. Directions here are widened instead of put into sectors, so that a map does not depend
//! on where north is.

mod directions;
mod doubts;
mod rules;

pub use doubts::Doubts;
pub use rules::Rules;

use crate::metric::Metric;
use crate::neighbourhood::SampleIndex;
use crate::support::Support;
use crate::variogram::Variogram;
use crate::{Coord, Result, Samples};
use directions::Directions;

/// Cells a side of the blocks that are looked at as a whole first.
const BLOCK: usize = 32;
/// Samples of a block that are searched one by one; where there are more, the index is quicker.
const CANDIDATES: usize = 400;

/// Judges places by the samples around them; immutable, shared between threads.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, trust::{Doubts, Rules, Trust, TrustScratch}};
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let samples = Samples::new(coords, (0..100).map(f64::from).collect())?;
/// let trust = Trust::new(&samples, Rules::default());
/// let mut scratch = TrustScratch::default();
/// assert_eq!(trust.of_place([4.5, 4.5], &mut scratch), Doubts::NONE);
/// assert_eq!(trust.of_place([30.0, 30.0], &mut scratch), Doubts::EXTRAPOLATION.and(Doubts::CLUSTER));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trust {
    rules: Rules,
    metric: Metric,
    index: SampleIndex,
    near: f64,
    reach: f64,
    without_samples: Option<f64>,
}

/// Working memory, one a thread.
#[derive(Debug, Default)]
pub struct TrustScratch {
    found: Vec<(f64, Coord)>,
    directions: Directions,
    candidates: Vec<Coord>,
}

impl Trust {
    /// Judges by the places of samples alone: for methods without a model, which have neither a range nor a sill.
    pub fn new(samples: &Samples, rules: Rules) -> Self {
        let index = SampleIndex::of(samples);
        let near = typical_distance(samples, &index);
        Self { rules, metric: samples.metric(), index, near, reach: f64::INFINITY, without_samples: None }
    }

    /// Judges also by the range and sill of the model that predictions of this support are made with. A model without a
    /// sill has neither.
    ///
    /// # Errors
    /// A support against the rules of [`Support::block`].
    pub fn with_model(self, variogram: &Variogram, support: Support) -> Result<Self> {
        if !variogram.is_bounded() {
            return Ok(self);
        }
        let without_samples = crate::kriging::variance_without_samples(variogram, support.checked()?);
        Ok(Self { reach: variogram.effective_range(), without_samples: Some(without_samples), ..self })
    }

    /// The rules.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// The typical distance of samples from each other: the median over the samples of the distance to the nearest at
    /// another place; 0 where there is none.
    pub fn near(&self) -> f64 {
        self.near
    }

    /// How far samples serve a place: the model's effective range, infinite without a model that has one.
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// The variance from which on a prediction is [near the sill](Doubts::NEAR_SILL), on the modelling scale; `None` without
    /// a model that has a sill.
    pub fn variance_limit(&self) -> Option<f64> {
        self.without_samples.map(|sill| self.rules.sill_share * sill)
    }

    /// What is doubtful about a prediction with this error variance, on the modelling scale.
    #[inline]
    pub fn of_variance(&self, variance: f64) -> Doubts {
        match self.variance_limit() {
            Some(limit) if variance >= limit => Doubts::NEAR_SILL,
            _ => Doubts::NONE,
        }
    }

    /// What is doubtful about a place, of the samples around it.
    pub fn of_place(&self, at: Coord, scratch: &mut TrustScratch) -> Doubts {
        let TrustScratch { found, directions, .. } = scratch;
        self.nearest(at, None, found);
        self.judged(at, found, directions)
    }

    /// The nearest samples of a place with their distances, in order, and those as far as the last of them: of the
    /// candidates, which hold them, or of all.
    fn nearest(&self, at: Coord, candidates: Option<&[Coord]>, found: &mut Vec<(f64, Coord)>) {
        let neighbours = self.rules.neighbours.get();
        found.clear();
        let Some(candidates) = candidates else {
            for (distance, coord) in self.index.nearest(at) {
                if found.len() >= neighbours && distance > found[neighbours - 1].0 {
                    break;
                }
                found.push((distance, coord));
            }
            return;
        };
        found.extend(candidates.iter().map(|&c| (self.metric.distance(at, c), c)));
        if found.len() > neighbours {
            let last = found.select_nth_unstable_by(neighbours - 1, |a, b| a.0.total_cmp(&b.0)).1.0;
            found.retain(|f| f.0 <= last);
        }
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// What is doubtful about a place with these nearest samples.
    fn judged(&self, at: Coord, found: &[(f64, Coord)], directions: &mut Directions) -> Doubts {
        let fewest = self.rules.fewest.get();
        let serve = &found[..found.partition_point(|f| f.0 <= self.reach)];
        let enough = serve.len() >= fewest;
        let mut doubts = if enough { Doubts::NONE } else { Doubts::TOO_FEW };
        if found.first().is_some_and(|f| f.0 <= self.near) {
            return doubts;
        }
        directions.clear();
        for &(_, coord) in serve {
            directions.add(self.metric.separation(at, coord), 0.0);
        }
        directions.sort();
        if !directions.surround() {
            doubts = doubts.and(Doubts::EXTRAPOLATION);
        }
        if enough && !directions.cover_half() {
            doubts = doubts.and(Doubts::CLUSTER);
        }
        doubts
    }

    /// What is doubtful about the cells of a rectangle, row by row, in `out`; cells that are not `wanted` get no doubts.
    ///
    /// The answers are those of [`of_place`](Self::of_place) for each cell. Where samples stand densely all round, many
    /// cells are answered by one look.
    ///
    /// `centre` gives the place of a column and row; on a plane cells must form a regular grid.
    ///
    /// # Panics
    /// Another number of `wanted` than cells.
    pub fn of_cells(
        &self,
        size: [usize; 2],
        centre: &dyn Fn(usize, usize) -> Coord,
        wanted: Option<&[bool]>,
        scratch: &mut TrustScratch,
        out: &mut Vec<Doubts>,
    ) {
        let [columns, rows] = size;
        assert!(wanted.is_none_or(|w| w.len() == columns * rows), "one entry a cell");
        out.clear();
        out.resize(columns * rows, Doubts::NONE);
        // Rectangles still to be looked at: first column and row, columns, rows, and whether the candidates are theirs.
        let mut open: Vec<([usize; 4], bool)> = Vec::new();
        for row in (0..rows).step_by(BLOCK) {
            for column in (0..columns).step_by(BLOCK) {
                open.push(([column, row, BLOCK.min(columns - column), BLOCK.min(rows - row)], false));
            }
        }
        let TrustScratch { found, directions, candidates } = scratch;
        while let Some(([column, row, width, height], mut theirs)) = open.pop() {
            let cells = (row..row + height).map(|r| r * columns + column..r * columns + column + width);
            if let Some(wanted) = wanted
                && !cells.clone().any(|range| wanted[range].contains(&true))
            {
                continue;
            }
            if width * height == 1 {
                let at = centre(column, row);
                self.nearest(at, theirs.then_some(&candidates[..]), found);
                out[row * columns + column] = self.judged(at, found, directions);
                continue;
            }
            if !self.metric.is_sphere() {
                let corners = [centre(column, row), centre(column + width - 1, row + height - 1)];
                let middle = self.metric.between(corners[0], corners[1], 0.5);
                let half = 0.5 * self.metric.distance(corners[0], corners[1]);
                theirs = theirs || self.gather(middle, half, candidates);
                self.nearest(middle, theirs.then_some(&candidates[..]), found);
                if self.all_trusted(middle, half, found, directions) {
                    continue;
                }
            }
            let (left, top) = (width.div_ceil(2), height.div_ceil(2));
            for (first, width) in [(column, left), (column + left, width - left)] {
                for (above, height) in [(row, top), (row + top, height - top)] {
                    if width * height > 0 {
                        // The last pushed is the first taken, and all of it before the next: so candidates stay valid.
                        open.push(([first, above, width, height], theirs));
                    }
                }
            }
        }
    }

    /// Gathers samples that hold the nearest ones of every place within `half` of `middle`; false where they are many.
    ///
    /// Of a place at a distance of at most h from c, the k-th nearest sample is at most h further than that of c, so the k
    /// nearest are within that plus 2h of c.
    fn gather(&self, middle: Coord, half: f64, candidates: &mut Vec<Coord>) -> bool {
        candidates.clear();
        let mut within = f64::INFINITY;
        for (distance, coord) in self.index.nearest(middle) {
            // A little more, for rounding.
            if distance > within * (1.0 + 1e-9) {
                break;
            }
            candidates.push(coord);
            if candidates.len() == self.rules.neighbours.get() {
                within = distance + 2.0 * half;
            }
            if candidates.len() > CANDIDATES {
                return false;
            }
        }
        true
    }

    /// Whether it is certain that every place within `half` of `middle`, whose nearest samples are `found`, is free of
    /// doubts.
    ///
    /// With c the middle and d the half, take the samples within r of c where r + 2d is less than the distance of
    /// the last of c's neighbours: they are among the neighbours of every such place, and seen from there their directions
    /// differ by at most asin(d / distance). What holds for all such directions holds for every place, and more samples
    /// can only fill more directions. This holds on a plane; on a sphere directions turn with the place, too.
    fn all_trusted(&self, middle: Coord, half: f64, found: &[(f64, Coord)], directions: &mut Directions) -> bool {
        let full = found.len() >= self.rules.neighbours.get();
        let last = if full { found.last().map_or(0.0, |f| f.0) - 2.0 * half } else { f64::INFINITY };
        let within = last.min(self.reach - half);
        let serve = &found[..found.partition_point(|f| f.0 < within)];
        if serve.len() < self.rules.fewest.get() {
            return false;
        }
        directions.clear();
        for &(distance, coord) in serve.iter().filter(|f| f.0 > half) {
            directions.add(self.metric.separation(middle, coord), (half / distance).asin());
        }
        directions.sort();
        directions.surround() && directions.cover_half()
    }
}

/// The median distance of a sample to the nearest at another place.
fn typical_distance(samples: &Samples, index: &SampleIndex) -> f64 {
    let to_another = |&at: &Coord| index.nearest(at).map(|(distance, _)| distance).find(|&d| d > 0.0);
    let mut distances: Vec<f64> = samples.coords().iter().filter_map(to_another).collect();
    if distances.is_empty() {
        return 0.0;
    }
    let middle = distances.len() / 2;
    *distances.select_nth_unstable_by(middle, f64::total_cmp).1
}
