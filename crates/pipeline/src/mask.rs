//! Which cells are wanted.

use soilscope_core::Coord;
use soilscope_core::metric::Metric;
use soilscope_core::neighbourhood::SampleIndex;

use crate::grid::{Bounds, Patch};
use crate::{Error, Result};

/// What can be said of a rectangle of cells without looking at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// No cell is inside.
    None,
    /// Cells may be inside: ask [`Mask::fill`].
    Some,
    /// Every cell is inside.
    All,
}

/// Chooses cells, by their centres. Asked from several threads at a time.
pub trait Mask: Send + Sync {
    /// Sets `inside`, one entry a cell of `patch`, row by row.
    ///
    /// # Errors
    /// A mask that is read from a file could not be read.
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()>;

    /// A quick answer for the whole patch, so that empty tiles cost nothing; [`Overlap::Some`] is never wrong.
    fn overlap(&self, _patch: &Patch<'_>) -> Overlap {
        Overlap::Some
    }
}

/// Cells inside all of several masks.
pub struct All(pub Vec<Box<dyn Mask>>);

impl Mask for All {
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        inside.fill(true);
        let mut one = vec![false; inside.len()];
        for mask in &self.0 {
            match mask.overlap(patch) {
                Overlap::All => continue,
                Overlap::None => inside.fill(false),
                Overlap::Some => {
                    mask.fill(patch, &mut one)?;
                    inside.iter_mut().zip(&one).for_each(|(all, &one)| *all &= one);
                }
            }
            if !inside.contains(&true) {
                break;
            }
        }
        Ok(())
    }

    fn overlap(&self, patch: &Patch<'_>) -> Overlap {
        let mut all = Overlap::All;
        for mask in &self.0 {
            match mask.overlap(patch) {
                Overlap::None => return Overlap::None,
                Overlap::Some => all = Overlap::Some,
                Overlap::All => {}
            }
        }
        all
    }
}

/// A side of a ring, from its southern to its northern end; `polygon` says whose.
#[derive(Debug, Clone, Copy)]
struct Edge {
    south: Coord,
    north: Coord,
    polygon: u32,
}

/// Edges in one block of the index.
const BLOCK: usize = 64;

/// Cells whose centre is inside a polygon: even-odd within a polygon (so holes are outside, whichever way rings turn), and
/// inside any of several. A centre on an edge is inside when the edge is the polygon's western or southern one, so that
/// adjoining polygons share out the cells.
///
/// Edges are sorted by northing in blocks that know their reach, so a tile looks only at edges of its own latitudes.
#[derive(Debug, Clone)]
pub struct Polygons {
    edges: Vec<Edge>,
    /// Northernmost reach of each block of edges.
    reach: Vec<f64>,
    bounds: Bounds,
    area: f64,
}

impl Polygons {
    /// A mask of `polygons`, in the grid's CRS.
    ///
    /// # Errors
    /// [`Error::Mask`] without any polygon, or for a coordinate that is not finite.
    ///
    /// # Examples
    /// ```
    /// use geo::{MultiPolygon, polygon};
    /// use soilscope_pipeline::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};
    /// use soilscope_pipeline::mask::{Mask, Polygons};
    /// let triangle = polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 0.0), (x: 0.0, y: 2.0)];
    /// let mask = Polygons::new(&MultiPolygon::new(vec![triangle])).unwrap();
    /// let grid = Grid::new([0.0, 2.0], [1.0, 1.0], [2, 2], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
    /// let mut inside = [false; 4];
    /// mask.fill(&grid.patch([0, 0], [2, 2]), &mut inside).unwrap();
    /// assert_eq!(inside[3], false); // the centre 1.5, 0.5 is on the eastern side
    /// assert_eq!((inside[2], mask.area()), (true, 2.0));
    /// ```
    pub fn new(polygons: &geo::MultiPolygon<f64>) -> Result<Self> {
        Self::transformed(polygons, Ok)
    }

    /// A mask of polygons in another CRS. Every vertex goes through `transform`; sides stay straight between them.
    ///
    /// # Errors
    /// As [`new`](Self::new), and what `transform` says.
    pub fn transformed(
        polygons: &geo::MultiPolygon<f64>,
        mut transform: impl FnMut(Coord) -> Result<Coord>,
    ) -> Result<Self> {
        let mut edges = Vec::new();
        let mut vertices = Vec::new();
        let mut area = 0.0;
        let mut ring = Vec::new();
        for (number, polygon) in polygons.0.iter().enumerate() {
            let number = u32::try_from(number).map_err(|_| mask_error("more polygons than 2³²"))?;
            let rings = std::iter::once((polygon.exterior(), 1.0));
            for (line, sign) in rings.chain(polygon.interiors().iter().map(|hole| (hole, -1.0))) {
                ring.clear();
                for c in &line.0 {
                    let [x, y] = transform([c.x, c.y])?;
                    if !(x.is_finite() && y.is_finite()) {
                        return Err(mask_error(&format!(
                            "the polygon vertex {},{} has no place in the grid's CRS",
                            c.x, c.y
                        )));
                    }
                    ring.push([x, y]);
                }
                area += sign * ring_area(&ring);
                for (i, &a) in ring.iter().enumerate() {
                    let b = ring[(i + 1) % ring.len()];
                    if a[1] != b[1] {
                        let (south, north) = if a[1] < b[1] { (a, b) } else { (b, a) };
                        edges.push(Edge { south, north, polygon: number });
                    }
                }
                vertices.append(&mut ring);
            }
        }
        let Some(bounds) = Bounds::around(vertices) else { return Err(mask_error("it holds no polygon")) };
        edges.sort_by(|a, b| a.south[1].total_cmp(&b.south[1]));
        let reach = edges.chunks(BLOCK).map(|b| b.iter().fold(f64::NEG_INFINITY, |r, e| r.max(e.north[1]))).collect();
        Ok(Self { edges, reach, bounds, area })
    }

    /// The rectangle around all polygons.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Sum of the polygons' areas without their holes, in squared CRS units; overlaps count twice.
    pub fn area(&self) -> f64 {
        self.area
    }

    /// The edges of blocks that may span some northing from `south` to `north`: what is looked at.
    fn looked_at(&self, south: f64, north: f64) -> impl Iterator<Item = &Edge> {
        let end = self.edges.partition_point(|edge| edge.south[1] <= north);
        let blocks = self.edges[..end].chunks(BLOCK).zip(&self.reach);
        blocks.filter(move |(_, reach)| **reach > south).flat_map(|(block, _)| block)
    }

    /// The edges that span some northing from `south` to `north`.
    fn between(&self, south: f64, north: f64) -> impl Iterator<Item = &Edge> {
        self.looked_at(south, north).filter(move |edge| edge.north[1] > south)
    }
}

impl Mask for Polygons {
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        inside.fill(false);
        let (columns, rows) = (patch.size[0], patch.size[1]);
        let northing = |row: usize| patch.grid.northing(patch.first[1] + row);
        // Where each row meets the sides, polygon by polygon from west to east.
        let mut crossings: Vec<(usize, u32, f64)> = Vec::new();
        for edge in self.between(northing(rows - 1), northing(0)) {
            let first = partition(rows, |row| northing(row) >= edge.north[1]);
            let last = partition(rows, |row| northing(row) >= edge.south[1]);
            for row in first..last {
                let along = (northing(row) - edge.south[1]) / (edge.north[1] - edge.south[1]);
                crossings.push((row, edge.polygon, edge.south[0] + along * (edge.north[0] - edge.south[0])));
            }
        }
        crossings.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let easting = |column: usize| patch.grid.easting(patch.first[0] + column);
        for pair in crossings.chunks_exact(2) {
            // A closed ring crosses a row an even number of times, so pairs never mix rows or polygons.
            debug_assert_eq!((pair[0].0, pair[0].1), (pair[1].0, pair[1].1));
            let first = partition(columns, |column| easting(column) < pair[0].2);
            let last = partition(columns, |column| easting(column) < pair[1].2);
            let row = pair[0].0 * columns;
            if first < last {
                inside[row + first..row + last].fill(true);
            }
        }
        Ok(())
    }

    fn overlap(&self, patch: &Patch<'_>) -> Overlap {
        if self.bounds.meets(&patch.centres()) { Overlap::Some } else { Overlap::None }
    }
}

/// Cells whose centre is within a distance of the nearest sample, in CRS units on the plane.
#[derive(Debug, Clone)]
pub struct WithinOfSamples {
    index: SampleIndex,
    metric: Metric,
    radius: f64,
}

impl WithinOfSamples {
    /// A mask of the places within `radius` of one of `samples`.
    ///
    /// # Errors
    /// [`Error::Mask`] without samples, or for a radius or coordinate that is no number.
    pub fn new(samples: &[Coord], radius: f64) -> Result<Self> {
        Self::with_metric(samples, Metric::Plane, radius)
    }

    /// The same by the distances of `metric`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_metric(samples: &[Coord], metric: Metric, radius: f64) -> Result<Self> {
        if samples.is_empty() || samples.iter().flatten().any(|c| !c.is_finite()) {
            return Err(mask_error("a distance from samples needs samples with finite coordinates"));
        }
        if !(radius.is_finite() && radius >= 0.0) {
            return Err(mask_error(&format!("the distance from samples must be 0 or more, not {radius}")));
        }
        Ok(Self { index: SampleIndex::with_metric(samples, metric), metric, radius })
    }

    fn nearest(&self, at: Coord) -> f64 {
        self.index.nearest_distance(at)
    }

    /// No place of a rectangle is further from its middle than this.
    fn reach(&self, middle: Coord, corner: Coord) -> f64 {
        let (dx, dy) = (corner[0] - middle[0], corner[1] - middle[1]);
        match self.metric {
            Metric::Plane => dx.hypot(dy),
            // Along the meridian, then along a parallel, of which none is longer than the equator.
            sphere => sphere.distance([0.0, 0.0], [0.0, dy]) + sphere.distance([0.0, 0.0], [dx.min(180.0), 0.0]),
        }
    }
}

impl Mask for WithinOfSamples {
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        for (index, inside) in inside.iter_mut().enumerate() {
            *inside = self.nearest(patch.centre(index)) <= self.radius;
        }
        Ok(())
    }

    fn overlap(&self, patch: &Patch<'_>) -> Overlap {
        let Bounds { min, max } = patch.centres();
        let middle = [(min[0] + max[0]) / 2.0, (min[1] + max[1]) / 2.0];
        // A hair wider than half the diagonal, so that rounding cannot make the quick answer differ from the slow one.
        let reach = self.reach(middle, max) * (1.0 + 1e-9);
        let nearest = self.nearest(middle);
        if nearest > (self.radius + reach) * (1.0 + 1e-9) {
            Overlap::None
        } else if (nearest + reach) * (1.0 + 1e-9) < self.radius {
            Overlap::All
        } else {
            Overlap::Some
        }
    }
}

/// How many of 0..n satisfy a condition that holds for the first ones only.
fn partition(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = (low + high) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Area of a ring, whichever way it turns, from differences to its first vertex so that large coordinates do not cancel.
fn ring_area(ring: &[Coord]) -> f64 {
    let Some(&[x, y]) = ring.first() else { return 0.0 };
    let cross = |a: &Coord, b: &Coord| (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y);
    ring.windows(2).map(|side| cross(&side[0], &side[1])).sum::<f64>().abs() / 2.0
}

fn mask_error(message: &str) -> Error {
    Error::Mask { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use geo::{LineString, MultiPolygon, Polygon};

    use super::*;
    use crate::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};

    #[test]
    fn a_tile_looks_at_few_of_a_million_vertices() {
        let n = 1_000_000;
        let vertex = |i: u32| {
            let angle = f64::from(i) / f64::from(n) * std::f64::consts::TAU;
            let radius = 4e5 + 3e4 * (angle * 37.0).sin() + 500.0 * (angle * 9973.0).sin();
            (5e5 + radius * angle.cos(), 5e5 + radius * angle.sin())
        };
        let coast = Polygon::new(LineString::from((0..n).map(vertex).collect::<Vec<_>>()), vec![]);
        let mask = Polygons::new(&MultiPolygon::new(vec![coast])).unwrap();
        let grid = Grid::new([0.0, 1e6], [100.0; 2], [10_000; 2], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
        let tiles = grid.tiles(128);
        let (mut cells, mut all, mut most) = (0, 0, 0);
        let mut inside = vec![false; 128 * 128];
        for tile in (0..tiles.len()).step_by(61).map(|i| tiles.get(i)) {
            let northing = |row: usize| grid.northing(tile.first[1] + row);
            most = most.max(mask.looked_at(northing(tile.size[1] - 1), northing(0)).count());
            mask.fill(&tile, &mut inside[..tile.cells()]).unwrap();
            cells += inside[..tile.cells()].iter().filter(|&&i| i).count();
            all += tile.cells();
        }
        // The rows of a tile are 1/79 of the coast's height; where the coast runs east it has more vertices to a row.
        assert!(most < n as usize / 8, "{most} of {n} vertices for one tile");
        let share = cells as f64 / all as f64;
        assert!((share - mask.area() / 1e12).abs() < 0.03, "{share} of the tiles are inside");
    }
}
