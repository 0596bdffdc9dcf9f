//! R013: cells without value inside the area of interest, where they lie together.

use crate::check::bundle::{Facts, RasterFacts};
use crate::country::Country;

use super::coverage;
use super::grid::country_of;

/// Of the eight neighbours in the area, how many must lack a value for a cell to lie in a cluster.
const TOGETHER: usize = 4;
/// Cells looked at, at most about, where each must be asked for its country.
const PLACES: usize = 1 << 18;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// Cells of the area of interest.
    pub(super) cells: u64,
    /// Of these, without value and beside others without.
    pub(super) clustered: u64,
}

/// Where values are of interest.
#[derive(Debug)]
enum Interest {
    /// Where the AOA layer is 1.
    Layer,
    /// In the country: every `step`-th cell of every `step`-th row is asked.
    Country { of: Country, transform: [f64; 6], step: usize },
}

/// A cell as its neighbours see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Outside,
    Valued,
    Missing,
}

/// The area of interest, while rows come by.
#[derive(Debug)]
pub(super) struct Area<'a> {
    raster: &'a RasterFacts,
    interest: Interest,
    /// The two rows before.
    before: [Vec<Cell>; 2],
    rows: usize,
    found: Missing,
}

impl<'a> Area<'a> {
    /// The area that the AOA layer of these rasters marks; without one, the country, where the bundle claims all of it.
    ///
    /// # Errors
    /// In words, if neither says.
    pub(super) fn of(facts: &Facts<'_>, rasters: &[&'a RasterFacts]) -> Result<Self, String> {
        let find = |stat: &str| rasters.iter().copied().find(|r| r.stat.as_deref() == Some(stat));
        let mean = find("MEAN").ok_or("no MEAN layer")?;
        let interest = if find("AOA").is_some() {
            Interest::Layer
        } else if facts.text("/soilscope:extent") == Some("region") {
            return Err("a region without an AOA layer: nothing says which cells are of interest".to_owned());
        } else if mean.projected || mean.epsg.is_none() {
            return Err("no AOA layer on a projected grid".to_owned());
        } else {
            let of = country_of(facts, mean).ok_or("neither an AOA layer nor a known country")?;
            if coverage::coastal(of) {
                return Err(format!("no AOA layer, and the borders known of {} hold waters", of.name));
            }
            let step = ((mean.size[0] * mean.size[1] / PLACES) as f64).sqrt().ceil().max(1.0) as usize;
            Interest::Country { of, transform: mean.transform, step }
        };
        Ok(Self { raster: mean, interest, before: Default::default(), rows: 0, found: Missing::default() })
    }

    /// The next rows of the mean, and of the AOA layer where there is one.
    pub(super) fn rows(&mut self, first: usize, mean: &[f64], valid: impl Fn(f64) -> bool, aoa: Option<&[f64]>) {
        let columns = self.raster.size[0];
        for (i, values) in mean.chunks_exact(columns).enumerate() {
            let cells: Vec<Cell> = (0..columns)
                .map(|c| {
                    let inside = match (&self.interest, aoa) {
                        (Interest::Layer, Some(aoa)) => aoa[i * columns + c] == 1.0,
                        (Interest::Layer, None) => false,
                        // Who has no value is asked later, and only where it counts.
                        (Interest::Country { .. }, _) => true,
                    };
                    match (inside, valid(values[c])) {
                        (false, _) => Cell::Outside,
                        (true, true) => Cell::Valued,
                        (true, false) => Cell::Missing,
                    }
                })
                .collect();
            debug_assert_eq!(self.rows, first + i);
            self.push(cells);
        }
    }

    fn push(&mut self, cells: Vec<Cell>) {
        if self.rows > 0 {
            self.count(self.rows - 1, &cells);
        }
        self.before.rotate_left(1);
        self.before[1] = cells;
        self.rows += 1;
    }

    /// Counts row `row`, which is the last before `below`.
    fn count(&mut self, row: usize, below: &[Cell]) {
        let [above, here] = &self.before;
        let step = if let Interest::Country { step, .. } = self.interest { step } else { 1 };
        if !row.is_multiple_of(step) {
            return;
        }
        let lacks = |row: &[Cell], c: usize| usize::from(row.get(c) == Some(&Cell::Missing));
        for c in (0..here.len()).step_by(step) {
            if here[c] == Cell::Outside {
                continue;
            }
            if let Interest::Country { of, transform: [x, dx, _, y, _, dy], .. } = self.interest {
                let middle = |from: f64, size: f64, i: usize| from + size * (i as f64 + 0.5);
                if !of.contains(middle(x, dx, c), middle(y, dy, row)) {
                    continue;
                }
            }
            self.found.cells += 1;
            let around = |row: &[Cell]| lacks(row, c.wrapping_sub(1)) + lacks(row, c) + lacks(row, c + 1);
            let beside = lacks(here, c.wrapping_sub(1)) + lacks(here, c + 1);
            if here[c] == Cell::Missing && around(above) + beside + around(below) >= TOGETHER {
                self.found.clustered += 1;
            }
        }
    }

    /// After the last row.
    pub(super) fn finish(mut self) -> Missing {
        if self.rows > 0 {
            self.count(self.rows - 1, &[]);
        }
        self.found
    }
}
