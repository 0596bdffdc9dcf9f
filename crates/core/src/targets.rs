//! Where predictions are wanted.

use crate::{Coord, Gap};

/// Cell centres of a regular grid's rectangle, row by row from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Centre of the first cell.
    pub origin: Coord,
    /// Easting from one column to the next, northing from one row to the next (negative when the first row is north).
    pub step: [f64; 2],
    /// Columns, rows.
    pub size: [usize; 2],
}

impl Window {
    /// Centre of a cell.
    #[inline]
    pub(crate) fn centre(&self, column: usize, row: usize) -> Coord {
        [self.origin[0] + column as f64 * self.step[0], self.origin[1] + row as f64 * self.step[1]]
    }
}

/// Where predictions are wanted, and the covariates there.
///
/// # Examples
/// ```
/// use soilscope_core::{Targets, Window};
/// let window = Targets::window(Window { origin: [0.0, 10.0], step: [2.0, -2.0], size: [3, 2] });
/// assert_eq!((window.len(), window.coord(4)), (6, [2.0, 8.0]));
/// let points = Targets::points(&[[0.0, 0.0], [1.0, 1.0]]).with_covariates(&[5.0, 7.0], 1);
/// assert_eq!(points.covariates(1), [7.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Targets<'a> {
    places: Places<'a>,
    covariates: &'a [f64],
    covariate_count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Places<'a> {
    Points(&'a [Coord]),
    Window(Window),
}

impl<'a> Targets<'a> {
    /// Any places.
    pub const fn points(points: &'a [Coord]) -> Self {
        Self { places: Places::Points(points), covariates: &[], covariate_count: 0 }
    }

    /// A rectangle of grid cells.
    pub const fn window(window: Window) -> Self {
        Self { places: Places::Window(window), covariates: &[], covariate_count: 0 }
    }

    /// The same places with `count` covariates each, target by target. A covariate that is not finite is missing: its
    /// target becomes a [`Gap::MissingCovariate`] of the methods that need it.
    ///
    /// # Panics
    /// Another number of covariates than targets × `count`.
    #[must_use]
    pub fn with_covariates(self, covariates: &'a [f64], count: usize) -> Self {
        assert_eq!(covariates.len(), self.len() * count, "one number a target and covariate");
        Self { covariates, covariate_count: count, ..self }
    }

    /// The rectangle of cells that the targets are, if they are one.
    pub(crate) fn as_window(&self) -> Option<Window> {
        match self.places {
            Places::Points(_) => None,
            Places::Window(window) => Some(window),
        }
    }

    /// How many targets there are.
    pub fn len(&self) -> usize {
        match self.places {
            Places::Points(points) => points.len(),
            Places::Window(window) => window.size[0] * window.size[1],
        }
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Place of target `index`; windows count row by row.
    ///
    /// # Panics
    /// An index beyond a list of points, or any index into a window without columns.
    #[inline]
    pub fn coord(&self, index: usize) -> Coord {
        match self.places {
            Places::Points(points) => points[index],
            Places::Window(w) => match (u32::try_from(index), u32::try_from(w.size[0])) {
                // A short division is several times quicker, and this one is of every cell.
                (Ok(index), Ok(columns)) => w.centre((index % columns) as usize, (index / columns) as usize),
                _ => w.centre(index % w.size[0], index / w.size[0]),
            },
        }
    }

    /// Covariates of target `index`; empty where none were given.
    ///
    /// # Panics
    /// An index beyond the targets, where there are covariates.
    #[inline]
    pub fn covariates(&self, index: usize) -> &'a [f64] {
        &self.covariates[index * self.covariate_count..(index + 1) * self.covariate_count]
    }

    /// The covariates of target `index`, if there are `needed` and all are known.
    #[inline]
    pub(crate) fn known_covariates(&self, index: usize, needed: usize) -> std::result::Result<&'a [f64], Gap> {
        if needed == 0 {
            return Ok(&[]);
        }
        let covariates = self.covariates(index);
        let known = covariates.len() == needed && covariates.iter().all(|v| v.is_finite());
        if known { Ok(covariates) } else { Err(Gap::MissingCovariate) }
    }
}
