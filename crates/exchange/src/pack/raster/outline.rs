//! Outlines of target cells on the plane of the source's columns and rows.
//!
//! # Geometry
//! A target cell is a rectangle of its own coordinate system. Points along its edges are transformed to the source's, where they are joined
//! by straight lines. Cells that share an edge share its points, so whatever a line misses of the true edge one cell loses and its neighbour
//! gains: nothing is counted twice or not at all.
//!
//! # Error
//! An edge is divided until the true middle of each part is no farther from its straight line than [`STRAIGHT`] of the smaller of a source
//! cell and the target cell. The area between an edge and its line is then at most two thirds of that times its length (a parabola), so the
//! weights of a cell are off by less than 3e-4 in all, and by nothing where both grids have one coordinate system.

use gdal::spatial_ref::CoordTransform;

use super::choose::{lonlat, wrapped};
use super::grid::Grid;
use super::source::Cells;
use super::write::TILE;
use crate::pack::gdal_io::{self, Hush};
use crate::{Error, Result};

/// How far the middle of a part of an edge may be from a straight line: of the smaller of a source cell and the target cell.
const STRAIGHT: f64 = 1e-4;
/// Parts of an edge at most.
const MOST_PARTS: usize = 64;
/// Points of outlines that are held at a time.
const MOST_POINTS: usize = 1 << 21;
/// Cells along each side of the lattice of cells whose edges are looked at.
const LOOKED_AT: usize = 12;

/// From a target grid to the columns and rows of a source.
pub(crate) struct Projection<'a> {
    target: &'a Grid,
    source: &'a Cells,
    transform: Option<CoordTransform>,
    /// The western and eastern edge of the source, where it is in degrees.
    edges: Option<[f64; 2]>,
    /// West, south, east and north of the source in the target's system, and a cell more on each side; `None` where that is not known.
    reach: Option<[f64; 4]>,
    /// Parts of each edge.
    pub(crate) parts: usize,
}

/// The outlines of a block of target cells.
pub(crate) struct Outlines {
    parts: usize,
    size: [usize; 2],
    /// Lines of rows: `size[1] + 1` of them, each of `size[0] * parts + 1` points.
    rows: Vec<[f64; 2]>,
    /// The inner points of the lines between columns: for each row of cells `parts - 1` times `size[0] + 1`.
    between: Vec<[f64; 2]>,
}

impl<'a> Projection<'a> {
    pub(crate) fn new(target: &'a Grid, source: &'a Cells) -> Result<Self> {
        let hush = Hush::new();
        let same = source.epsg == Some(target.epsg);
        let transform = match same {
            true => None,
            false => {
                let from = gdal_io::epsg(target.epsg)?;
                let transform = CoordTransform::new(&from, &source.crs);
                Some(transform.map_err(|e| {
                    let remedy = "make the map in a coordinate system that PROJ knows";
                    Error::refused("the map's coordinate system", hush.reason(&e), remedy)
                })?)
            }
        };
        let [west, _, east, _] = source.bounds();
        let edges = source.crs.is_geographic().then_some([west, east]);
        let reach = match &transform {
            None => Some(source.bounds()),
            Some(_) if target.is_geographic() => Some(lonlat(&source.crs, source.bounds())?),
            Some(_) => None,
        };
        let [width, height] = target.cell;
        let reach = reach.map(|[w, s, e, n]| [w - width, s - height, e + width, n + height]);
        let mut projection = Self { target, source, transform, edges, reach, parts: 1 };
        if projection.transform.is_some() {
            projection.parts = projection.parts_needed();
        }
        Ok(projection)
    }

    /// Columns and rows of the source, as real numbers, of places of the target; NaN where there are none.
    fn place(&self, x: Vec<f64>, y: Vec<f64>) -> Vec<[f64; 2]> {
        let (mut x, mut y) = (x, y);
        if let Some(transform) = &self.transform {
            // Places that a projection does not reach come back as infinite, and the call as failed; the others stand.
            let _ = transform.transform_coords(&mut x, &mut y, &mut []);
        }
        let [west, north] = self.source.origin;
        let place = |(x, y): (f64, f64)| {
            if !x.is_finite() || !y.is_finite() {
                return [f64::NAN; 2];
            }
            let x = self.edges.map_or(x, |edges| on_turn(x, edges));
            [(x - west) / self.source.cell[0], (north - y) / self.source.cell[1]]
        };
        x.into_iter().zip(y).map(place).collect()
    }

    /// Whether a block of cells can meet the source at all; of most blocks of a template of the whole Earth it is known at once that they do not.
    pub(crate) fn meets(&self, first: [usize; 2], size: [usize; 2]) -> bool {
        let Some([west, south, east, north]) = self.reach else { return true };
        let (left, right) = (self.target.edge_x(first[0]), self.target.edge_x(first[0] + size[0]));
        let (top, bottom) = (self.target.edge_y(first[1]), self.target.edge_y(first[1] + size[1]));
        let turns: &[f64] = if self.target.is_geographic() { &[-360.0, 0.0, 360.0] } else { &[0.0] };
        bottom < north && top > south && turns.iter().any(|turn| left < east + turn && right > west + turn)
    }

    /// The side of the blocks of cells that are computed at a time: smaller where edges have many points, so that what is held stays the same.
    pub(crate) fn side(&self) -> usize {
        let mut side = TILE;
        while side > 32 && 2 * side * side * self.parts > MOST_POINTS {
            side /= 2;
        }
        side
    }

    /// How many parts edges need, by those of cells all over the grid.
    fn parts_needed(&self) -> usize {
        let _hush = Hush::new();
        let pick = |count: usize, i: usize| (count - 1) * i / (LOOKED_AT - 1);
        let mut worst: f64 = 0.0;
        for i in 0..LOOKED_AT * LOOKED_AT {
            let column = pick(self.target.size[0], i % LOOKED_AT);
            let row = pick(self.target.size[1], i / LOOKED_AT);
            let (west, east) = (self.target.edge_x(column), self.target.edge_x(column + 1));
            let (north, south) = (self.target.edge_y(row), self.target.edge_y(row + 1));
            let (x, y) = ((west + east) / 2.0, (north + south) / 2.0);
            let points = self.place(vec![west, x, east, west, west], vec![north, north, north, y, south]);
            let [a, along, b, down, c] = points[..] else { unreachable!("five were given") };
            let length = |p: [f64; 2], q: [f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
            let off = |a: [f64; 2], m: [f64; 2], b: [f64; 2]| length(m, [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]);
            let allowed = STRAIGHT * length(a, b).min(length(a, c)).min(1.0);
            let bend = off(a, along, b).max(off(a, down, c)) / allowed;
            // A cell without a place, or without a size, says nothing.
            if bend.is_finite() {
                worst = worst.max(bend);
            }
        }
        // The bend of a part goes with the square of its length.
        (worst.sqrt().ceil() as usize).clamp(1, MOST_PARTS)
    }

    /// Source cells in a target cell, in the mean: below 1 the source is the coarser.
    pub(crate) fn cells_in_one(&self) -> f64 {
        let _hush = Hush::new();
        let (mut sum, mut n) = (0.0, 0);
        let pick = |count: usize, i: usize| (count - 1) * i / (LOOKED_AT - 1);
        for i in 0..LOOKED_AT {
            let at = [pick(self.target.size[0], i), pick(self.target.size[1], i)];
            let outlines = self.outlines(at, [1, 1]);
            if let Some(area) = outlines.ring(0, 0, &mut Vec::new()).map(super::coverage::area) {
                (sum, n) = (sum + area.abs(), n + 1);
            }
        }
        if n == 0 { f64::NAN } else { sum / f64::from(n) }
    }

    /// The outlines of a block of cells, `first` being its north-western one.
    pub(crate) fn outlines(&self, first: [usize; 2], size: [usize; 2]) -> Outlines {
        let _hush = Hush::new();
        let (parts, per_line) = (self.parts, size[0] * self.parts + 1);
        let part = |edge: fn(&Grid, usize) -> f64, line: usize, t: usize| {
            // The ends are those of the grid, whichever cell they are asked for.
            if t == 0 {
                return edge(self.target, line);
            }
            let share = t as f64 / parts as f64;
            edge(self.target, line) * (1.0 - share) + edge(self.target, line + 1) * share
        };
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for row in 0..=size[1] {
            for point in 0..per_line {
                x.push(part(Grid::edge_x, first[0] + point / parts, point % parts));
                y.push(self.target.edge_y(first[1] + row));
            }
        }
        let rows = self.place(x, y);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for row in 0..size[1] {
            for t in 1..parts {
                for column in 0..=size[0] {
                    x.push(self.target.edge_x(first[0] + column));
                    y.push(part(Grid::edge_y, first[1] + row, t));
                }
            }
        }
        let between = self.place(x, y);
        Outlines { parts, size, rows, between }
    }
}

/// A longitude on the turn round the globe on which it lies between two others, or else nearest to their middle.
fn on_turn(longitude: f64, [west, east]: [f64; 2]) -> f64 {
    let inside = |x: f64| x >= west - 1e-9 && x <= east + 1e-9;
    let turns = [0.0, 360.0, -360.0].map(|turn| longitude + turn);
    let middle = (west + east) / 2.0;
    turns.into_iter().find(|x| inside(*x)).unwrap_or_else(|| middle + wrapped(longitude - middle))
}

impl Outlines {
    /// The ring of a cell of the block, clockwise on the map from its north-western corner; `None` where a part of it has no place.
    pub(crate) fn ring<'r>(&self, column: usize, row: usize, ring: &'r mut Vec<[f64; 2]>) -> Option<&'r [[f64; 2]]> {
        let (parts, per_line) = (self.parts, self.size[0] * self.parts + 1);
        let across = |row: usize, point: usize| self.rows[row * per_line + point];
        let down = |column: usize, t: usize| self.between[(row * (parts - 1) + t - 1) * (self.size[0] + 1) + column];
        let (west, east) = (column * parts, (column + 1) * parts);
        ring.clear();
        ring.extend((west..=east).map(|point| across(row, point)));
        ring.extend((1..parts).map(|t| down(column + 1, t)));
        ring.extend((west..=east).rev().map(|point| across(row + 1, point)));
        ring.extend((1..parts).rev().map(|t| down(column, t)));
        ring.iter().all(|p| p[0].is_finite() && p[1].is_finite()).then_some(&ring[..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::coverage::Coverage;
    use super::super::grid::GridId;
    use super::*;

    fn target(cell: f64, origin: [f64; 2], size: [usize; 2]) -> Grid {
        let (id, remark) = (GridId::Template, String::new());
        Grid { id, epsg: 4326, crs_name: "WGS 84".to_owned(), cell: [cell; 2], origin, size, remark }
    }

    fn source(epsg: u32, origin: [f64; 2], cell: f64, size: [usize; 2]) -> Cells {
        Cells { crs: gdal_io::epsg(epsg).unwrap(), epsg: Some(epsg), origin, cell: [cell; 2], size }
    }

    /// The sum over all target cells of the area that each has of every source cell.
    fn shares(target: &Grid, source: &Cells, blocks: &[([usize; 2], [usize; 2])]) -> Vec<f64> {
        let projection = Projection::new(target, source).unwrap();
        let (mut coverage, mut ring) = (Coverage::default(), Vec::new());
        let mut shares = vec![0.0; source.size[0] * source.size[1]];
        for (first, size) in blocks {
            let outlines = projection.outlines(*first, *size);
            for i in 0..size[0] * size[1] {
                let ring = outlines.ring(i % size[0], i / size[0], &mut ring).unwrap();
                for row in 0..source.size[1] {
                    let add = |column, area| shares[row * source.size[0] + column] += area;
                    coverage.row(ring, row, 0..source.size[0], add);
                }
            }
        }
        shares
    }

    #[test]
    fn what_all_cells_take_of_a_source_cell_is_the_whole_of_it() {
        let utm = source(32632, [250_013.0, 5_600_017.0], 100.0, [30, 25]);
        // Some 5.44 E to 5.49 E, 50.48 N to 50.51 N; coarser and finer than the source, in one block and in four.
        for (cell, size) in [(1.0 / 120.0, [16, 12]), (1.0 / 2000.0, [260, 190])] {
            let grid = target(cell, [5.4, 50.55], size);
            let half = [size[0] / 2, size[1] / 2];
            let four = [[0, 0], [half[0], 0], [0, half[1]], half].map(|first| (first, half));
            for blocks in [&[([0, 0], size)][..], &four] {
                let shares = shares(&grid, &utm, blocks);
                assert!(shares.iter().all(|share| (share - 1.0).abs() < 1e-9), "{:?}", &shares[..5]);
            }
        }
    }

    #[test]
    fn edges_are_divided_where_they_bend_and_only_there() {
        let parts = |grid: &Grid, cells: &Cells| Projection::new(grid, cells).unwrap().parts;
        let utm = source(32632, [250_013.0, 5_600_017.0], 1000.0, [30, 25]);
        assert_eq!(parts(&target(1.0 / 120.0, [5.4, 50.55], [16, 12]), &utm), 1);
        assert!(parts(&target(1.0, [5.0, 51.0], [3, 3]), &utm) > 8);
        let finest = Projection::new(&target(1.0 / 120.0, [5.4, 50.55], [16, 12]), &utm).unwrap().side();
        assert_eq!((finest, MOST_PARTS * 2 * 128 * 128), (TILE, MOST_POINTS));
        let own = source(4326, [5.0, 51.0], 0.5, [4, 4]);
        assert_eq!(parts(&target(1.0, [5.0, 51.0], [3, 3]), &own), 1);
    }

    #[test]
    fn blocks_that_lie_elsewhere_are_known_not_to_meet() {
        let utm = source(32632, [250_013.0, 5_600_017.0], 100.0, [30, 25]);
        let earth = target(1.0, [-180.0, 90.0], [360, 180]);
        let projection = Projection::new(&earth, &utm).unwrap();
        // 5.4 E, 50.5 N is in column 185 and row 39.
        assert!(projection.meets([185, 39], [1, 1]) && projection.meets([0, 0], [360, 180]));
        assert!(!projection.meets([190, 39], [10, 1]) && !projection.meets([185, 45], [1, 10]));
        let fiji = source(3460, [2_090_000.0, 4_000_000.0], 500.0, [170, 60]);
        let projection = Projection::new(&earth, &fiji).unwrap();
        assert!(projection.meets([359, 107], [1, 1]) && projection.meets([0, 107], [1, 1]));
        assert!(!projection.meets([100, 107], [200, 1]));
    }

    #[test]
    fn longitudes_are_taken_on_the_turn_where_the_source_is() {
        assert_eq!(on_turn(-179.0, [170.0, 190.0]), 181.0);
        assert_eq!(on_turn(190.0, [170.0, 190.0]), 190.0);
        assert_eq!(on_turn(180.0, [-180.0, 180.0]), 180.0);
        assert_eq!(on_turn(-180.0, [-180.0, 180.0]), -180.0);
        assert_eq!(on_turn(-169.0, [170.0, 190.0]), 191.0);
    }
}
