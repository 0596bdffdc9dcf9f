//! Where a map is: a north-up grid of square or oblong cells.

mod patch;

use serde::Serialize;
use soilscope_core::Coord;

pub use patch::{Patch, Tiles};

/// Cells above which a grid is refused unless the caller says otherwise: 10¹⁰, 40 GB a layer before compression.
pub const DEFAULT_CELL_LIMIT: u64 = 10_000_000_000;

/// Columns or rows above which GDAL cannot make a raster.
const SIDE_LIMIT: f64 = i32::MAX as f64;

/// Why there is no such grid.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A cell size that is not a positive number.
    #[error("the cell size must be a positive number, not {0}")]
    Cell(f64),
    /// Bounds without an area.
    #[error(
        "the bounds {min_east},{min_north},{max_east},{max_north} have no area: they need a minimum below the maximum \
         in both directions, in the order xmin,ymin,xmax,ymax (samples on one line need --bounds)"
    )]
    Bounds {
        /// Western edge.
        min_east: f64,
        /// Southern edge.
        min_north: f64,
        /// Eastern edge.
        max_east: f64,
        /// Northern edge.
        max_north: f64,
    },
    /// A cell size lost in the coordinates' rounding.
    #[error("cells of {cell} cannot be told apart at the coordinate {coordinate}: use larger cells")]
    TooFine {
        /// Cell size.
        cell: f64,
        /// The coordinate.
        coordinate: f64,
    },
    /// More cells than the limit.
    #[error(
        "{columns} columns × {rows} rows = {cells} cells ({bytes} a layer) are more than the limit of {limit}: use cells \
         of {enough} or more (now {cell}), a smaller area, or a higher limit",
        columns = count(*columns), rows = count(*rows), cells = count(columns * rows),
        bytes = bytes(columns * rows * 4.0), limit = count(*limit as f64)
    )]
    TooManyCells {
        /// Columns.
        columns: f64,
        /// Rows.
        rows: f64,
        /// The limit on cells.
        limit: u64,
        /// Cell size asked for, the smaller of the two.
        cell: f64,
        /// A 1-2-5 cell size that is within the limit.
        enough: f64,
    },
    /// A raster that is turned or sheared.
    #[error("the raster is rotated; only north-up rasters can be a template (gdalwarp makes one)")]
    Rotated,
    /// A raster whose first row is in the south.
    #[error("the raster's first row is its southernmost; only north-up rasters can be a template (gdalwarp makes one)")]
    SouthUp,
    /// A raster whose first column is in the east.
    #[error(
        "the raster's first column is its easternmost (negative cell width); only rasters from west to east can be a \
         template (gdalwarp makes one)"
    )]
    Mirrored,
}

/// The coordinate system of a grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GridCrs {
    /// A plane that is nowhere on Earth; files get no CRS.
    Local,
    /// A coordinate reference system as WKT.
    Wkt(String),
}

/// A rectangle: south-west and north-east corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// South-west corner.
    pub min: Coord,
    /// North-east corner.
    pub max: Coord,
}

impl Bounds {
    /// The smallest rectangle around `places`; `None` without any, or when a coordinate is not finite.
    pub fn around(places: impl IntoIterator<Item = Coord>) -> Option<Self> {
        let mut places = places.into_iter();
        let first = places.next()?;
        let mut bounds = Self { min: first, max: first };
        let mut finite = first[0].is_finite() && first[1].is_finite();
        for place in places {
            for axis in 0..2 {
                finite &= place[axis].is_finite();
                bounds.min[axis] = bounds.min[axis].min(place[axis]);
                bounds.max[axis] = bounds.max[axis].max(place[axis]);
            }
        }
        finite.then_some(bounds)
    }

    /// Area, in squared CRS units.
    pub fn area(&self) -> f64 {
        (self.max[0] - self.min[0]) * (self.max[1] - self.min[1])
    }

    /// Whether the two share a point.
    pub fn meets(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.min[axis] <= other.max[axis] && other.min[axis] <= self.max[axis])
    }
}

/// A cell size that suits `n` samples in `area`, rounded to 1, 2 or 5 times a power of ten.
///
/// The cell is p = 0.0791 √(A / N), in CRS units; `None` for no samples or no area. It is a start, not a verdict.
///
/// # Source
/// Hengl (2006), Finding the right pixel size, *Computers & Geosciences* 32:1283–1298: the recommended compromise for
/// point samples; A the area, N the number of samples. The rounding is ours.
///
/// # Examples
/// ```
/// // The meuse samples: 155 in 2,785 m × 3,897 m: 0.0791 × 264.6 m = 20.9 m.
/// assert_eq!(soilscope_pipeline::grid::suggested_cell(2785.0 * 3897.0, 155), Some(20.0));
/// ```
pub fn suggested_cell(area: f64, n: usize) -> Option<f64> {
    let cell = 0.0791 * (area / n as f64).sqrt();
    (cell.is_finite() && cell > 0.0).then(|| one_two_five(cell))
}

/// The number 1, 2 or 5 times a power of ten that is nearest to `x` on a logarithmic scale.
fn one_two_five(x: f64) -> f64 {
    if !(x.is_finite() && x > 0.0) {
        return x;
    }
    let exponent = x.log10().floor() as i32;
    let candidates = [(1.0, exponent), (2.0, exponent), (5.0, exponent), (1.0, exponent + 1)];
    let value = |(m, e): (f64, i32)| if e < 0 { m / 10f64.powi(-e) } else { m * 10f64.powi(e) };
    let distance = |v: f64| (v.log10() - x.log10()).abs();
    candidates.map(value).into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(x)
}

/// A north-up grid. Column 0 is the westernmost, row 0 the northernmost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grid {
    origin: Coord,
    cell: [f64; 2],
    size: [usize; 2],
    crs: GridCrs,
}

impl Grid {
    /// A grid of `size` (columns, rows) cells from its outer north-west corner `origin`.
    ///
    /// # Errors
    /// A cell size that is no size or is lost in the coordinates' rounding, no cells, or more than `limit`.
    pub fn new(
        origin: Coord,
        cell: [f64; 2],
        size: [usize; 2],
        crs: GridCrs,
        limit: u64,
    ) -> std::result::Result<Self, GridError> {
        checked_cell(cell)?;
        let grid = Self { origin, cell, size, crs };
        let Bounds { min, max } = grid.bounds();
        checked_bounds(min, max)?;
        for axis in 0..2 {
            let farthest = min[axis].abs().max(max[axis].abs());
            if cell[axis] < farthest * 1e-12 {
                return Err(GridError::TooFine { cell: cell[axis], coordinate: farthest });
            }
        }
        checked_count(size[0] as f64, size[1] as f64, cell, limit)?;
        Ok(grid)
    }

    /// The grid of cells of size `cell` that covers `bounds`, its edges at multiples of the cell size, so that grids of
    /// one cell size align. Bounds within 10⁻⁹ of a cell of a multiple count as on it.
    ///
    /// # Errors
    /// Bounds without an area, a cell size that is no size, more than `limit` cells.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::grid::{Bounds, DEFAULT_CELL_LIMIT, Grid, GridCrs};
    /// let bounds = Bounds { min: [103.0, 20.0], max: [138.0, 61.0] };
    /// let grid = Grid::covering(bounds, [20.0, 20.0], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
    /// assert_eq!((grid.origin(), grid.size()), ([100.0, 80.0], [2, 3]));
    /// ```
    pub fn covering(bounds: Bounds, cell: [f64; 2], crs: GridCrs, limit: u64) -> std::result::Result<Self, GridError> {
        checked_cell(cell)?;
        checked_bounds(bounds.min, bounds.max)?;
        let first = [snap(bounds.min[0] / cell[0], f64::floor), snap(bounds.min[1] / cell[1], f64::floor)];
        let last = [snap(bounds.max[0] / cell[0], f64::ceil), snap(bounds.max[1] / cell[1], f64::ceil)];
        let size = [(last[0] - first[0]).max(1.0), (last[1] - first[1]).max(1.0)];
        checked_count(size[0], size[1], cell, limit)?;
        let origin = [first[0] * cell[0], (first[1] + size[1]) * cell[1]];
        Self::new(origin, cell, [size[0] as usize, size[1] as usize], crs, limit)
    }

    /// The grid of a raster with the six numbers of GDAL's geotransform.
    ///
    /// # Errors
    /// A raster that is rotated, south-up or mirrored, and as [`new`](Self::new).
    pub fn from_geotransform(
        transform: [f64; 6],
        size: [usize; 2],
        crs: GridCrs,
        limit: u64,
    ) -> std::result::Result<Self, GridError> {
        let [west, width, shear, north, turn, height] = transform;
        if shear != 0.0 || turn != 0.0 {
            return Err(GridError::Rotated);
        }
        if height > 0.0 {
            return Err(GridError::SouthUp);
        }
        if width < 0.0 {
            return Err(GridError::Mirrored);
        }
        Self::new([west, north], [width, -height], size, crs, limit)
    }

    /// Outer north-west corner.
    pub fn origin(&self) -> Coord {
        self.origin
    }

    /// Width and height of a cell, in CRS units.
    pub fn cell(&self) -> [f64; 2] {
        self.cell
    }

    /// Columns, rows.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The coordinate system.
    pub fn crs(&self) -> &GridCrs {
        &self.crs
    }

    /// Number of cells.
    pub fn cells(&self) -> u64 {
        self.size[0] as u64 * self.size[1] as u64
    }

    /// Outer edges.
    pub fn bounds(&self) -> Bounds {
        let [west, north] = self.origin;
        Bounds {
            min: [west, north - self.size[1] as f64 * self.cell[1]],
            max: [west + self.size[0] as f64 * self.cell[0], north],
        }
    }

    /// Easting of the centres of a column.
    #[inline]
    pub fn easting(&self, column: usize) -> f64 {
        self.origin[0] + (column as f64 + 0.5) * self.cell[0]
    }

    /// Northing of the centres of a row.
    #[inline]
    pub fn northing(&self, row: usize) -> f64 {
        self.origin[1] - (row as f64 + 0.5) * self.cell[1]
    }

    /// GDAL's geotransform.
    pub fn geotransform(&self) -> [f64; 6] {
        [self.origin[0], self.cell[0], 0.0, self.origin[1], 0.0, -self.cell[1]]
    }

    /// Whether the centres of all cells are exact in floating point, so that a [`Window`](soilscope_core::Window) anywhere in the grid gives a
    /// cell the same coordinates to the last bit. True for cells of whole and half metres, false for 0.1.
    pub fn is_exact(&self) -> bool {
        (0..2).all(|axis| {
            let far = self.origin[axis].abs() + self.cell[axis] * (self.size[axis] as f64 + 1.0);
            // All sums are multiples of the finest bit, and fit in 53 bits.
            let finest = finest_bit(self.origin[axis]).min(finest_bit(self.cell[axis] / 2.0));
            far / finest <= 2f64.powi(53)
        })
    }

    /// A rectangle of cells from `first` (column, row).
    pub fn patch(&self, first: [usize; 2], size: [usize; 2]) -> Patch<'_> {
        Patch { grid: self, first, size }
    }

    /// Divides the grid into tiles of at most `side` × `side` cells, row by row.
    ///
    /// # Panics
    /// A side of 0.
    pub fn tiles(&self, side: usize) -> Tiles<'_> {
        Tiles::new(self, side)
    }
}

fn checked_cell(cell: [f64; 2]) -> std::result::Result<(), GridError> {
    match cell.iter().find(|c| !(c.is_finite() && **c > 0.0)) {
        Some(&c) => Err(GridError::Cell(c)),
        None => Ok(()),
    }
}

fn checked_bounds(min: Coord, max: Coord) -> std::result::Result<(), GridError> {
    let sound = (0..2).all(|axis| min[axis].is_finite() && max[axis].is_finite() && min[axis] < max[axis]);
    sound.then_some(()).ok_or(GridError::Bounds {
        min_east: min[0],
        min_north: min[1],
        max_east: max[0],
        max_north: max[1],
    })
}

fn checked_count(columns: f64, rows: f64, cell: [f64; 2], limit: u64) -> std::result::Result<(), GridError> {
    let cells = columns * rows;
    if cells <= limit as f64 && columns <= SIDE_LIMIT && rows <= SIDE_LIMIT {
        return Ok(());
    }
    let cell = cell[0].min(cell[1]);
    let shrink = (cells / limit.max(1) as f64).sqrt().max(columns.max(rows) / SIDE_LIMIT);
    // One step up the 1-2-5 ladder if rounding went down.
    let needed = cell * shrink;
    let mut enough = one_two_five(needed);
    if enough < needed {
        enough = one_two_five(needed * 2.0);
    }
    Err(GridError::TooManyCells { columns, rows, limit, cell, enough })
}

/// `quotient` rounded by `round`, unless it is a whole number but for rounding.
fn snap(quotient: f64, round: fn(f64) -> f64) -> f64 {
    let nearest = quotient.round();
    if (quotient - nearest).abs() <= 1e-9 { nearest } else { round(quotient) }
}

/// The value of the last bit set in `x`; infinite for 0, which any bit divides.
fn finest_bit(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY;
    }
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    2f64.powi(exponent - 1075 + mantissa.trailing_zeros() as i32)
}

/// A count with thousands separated, or as a power of ten beyond 10¹⁵.
fn count(x: f64) -> String {
    if x >= 1e15 {
        return format!("{x:.1e}");
    }
    let digits = format!("{x:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn bytes(x: f64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let step = ((x.max(1.0).log10() / 3.0) as usize).min(UNITS.len() - 1);
    format!("{:.3} {}", x / 1000f64.powi(step as i32), UNITS[step]).replace(".000", "")
}
