//! From rows of cells to hotspots.

use geo::{LineString, MultiPolygon, Polygon};
use soilscope_core::Coord;

use super::label::{COLD, Forest, Label, Merge};
use super::trace::{Around, Boundary, Ring, canonical, signed_cells, split};
use super::untrusted::DoubtTally;
use super::{Connectivity, Dropped, GridFrame, HotCell, Hotspot, HotspotError, HotspotSettings, Hotspots};

/// Numbers of some cells.
#[derive(Debug, Clone, Copy)]
struct Tally {
    cells: u64,
    sum: f64,
    probability_sum: f64,
    with_probability: u64,
    max: f64,
    /// Row, column of the largest value.
    peak: (u32, u32),
    /// Row, column of the first cell.
    first: (u32, u32),
    doubts: DoubtTally,
}

impl Tally {
    fn of(cell: HotCell, row: u32, column: usize) -> Self {
        let at = (row, column as u32);
        Self {
            cells: 1,
            sum: cell.value,
            probability_sum: cell.probability.unwrap_or(0.0),
            with_probability: u64::from(cell.probability.is_some()),
            max: cell.value,
            peak: at,
            first: at,
            doubts: DoubtTally::of(cell),
        }
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: Self) {
        self.cells += other.cells;
        self.sum += other.sum;
        self.probability_sum += other.probability_sum;
        self.with_probability += other.with_probability;
        if other.max > self.max || (other.max == self.max && other.peak < self.peak) {
            (self.max, self.peak) = (other.max, other.peak);
        }
        self.first = self.first.min(other.first);
        self.doubts.merge(other.doubts);
    }
}

/// Cells joined by their edges: one polygon.
struct Part {
    tally: Tally,
    outlines: Vec<Ring>,
    cluster: Label,
    /// The last row in which it was met.
    row: u32,
}

impl Merge for Part {
    /// Leaves the clusters alone: whoever joins two parts joins their clusters too.
    fn merge(&mut self, mut other: Self) {
        self.tally.merge(other.tally);
        if other.outlines.len() > self.outlines.len() {
            std::mem::swap(&mut self.outlines, &mut other.outlines);
        }
        self.outlines.append(&mut other.outlines);
        self.row = self.row.max(other.row);
    }
}

/// Parts of one hotspot: a single one, unless corners connect.
struct Cluster {
    tally: Option<Tally>,
    polygons: Vec<(Ring, Vec<Ring>)>,
    /// Parts that the next row can still extend.
    growing: usize,
}

impl Merge for Cluster {
    fn merge(&mut self, mut other: Self) {
        match (&mut self.tally, other.tally) {
            (Some(tally), Some(more)) => tally.merge(more),
            (empty, more) => *empty = empty.or(more),
        }
        if other.polygons.len() > self.polygons.len() {
            std::mem::swap(&mut self.polygons, &mut other.polygons);
        }
        self.polygons.append(&mut other.polygons);
        self.growing += other.growing;
    }
}

/// Finds hotspots while the rows of a map pass by, from north to south.
///
/// # Examples
/// ```
/// use soilscope_assess::hotspot::{GridFrame, HotCell, HotspotSettings, HotspotTracer};
/// let frame = GridFrame { origin: [500.0, 900.0], cell: [10.0, 10.0], columns: 3 };
/// let mut tracer = HotspotTracer::new(frame, HotspotSettings::default())?;
/// let hot = |value| Some(HotCell { value, probability: None, doubts: None, ground: 1.0 });
/// tracer.push_row(&[hot(7.0), hot(9.0), None]);
/// tracer.push_row(&[hot(8.0), None, None]);
/// let mut hotspots = tracer.finish();
/// hotspots.count_samples(&[[503.0, 882.0], [515.0, 885.0]]);
/// let spot = &hotspots.spots[0];
/// assert_eq!((spot.area, spot.mean_value, spot.peak), (300.0, 8.0, [515.0, 895.0]));
/// assert_eq!(spot.samples_inside, 1);
/// # Ok::<(), soilscope_assess::hotspot::HotspotError>(())
/// ```
pub struct HotspotTracer {
    frame: GridFrame,
    settings: HotspotSettings,
    parts: Forest<Part>,
    clusters: Forest<Cluster>,
    boundary: Boundary,
    /// Part of every cell of the row before, and of the row at hand.
    above: Vec<Label>,
    here: Vec<Label>,
    /// Parts met in the row before, in the order in which they were met.
    growing: Vec<Label>,
    row: u32,
    spots: Vec<(Tally, MultiPolygon<f64>)>,
    dropped: Dropped,
}

impl HotspotTracer {
    /// Ready for the first row.
    ///
    /// # Errors
    /// A frame that is no grid, or a minimum area that is negative or not finite.
    pub fn new(frame: GridFrame, settings: HotspotSettings) -> Result<Self, HotspotError> {
        let [easting, northing] = frame.origin;
        if !(easting.is_finite() && northing.is_finite()) {
            return Err(HotspotError::Origin { easting, northing });
        }
        let [width, height] = frame.cell;
        if !(width > 0.0 && height > 0.0 && frame.cell_area().is_finite() && frame.cell_area() > 0.0) {
            return Err(HotspotError::Cell { width, height });
        }
        if frame.columns == 0 || frame.columns >= COLD as usize {
            return Err(HotspotError::Columns { columns: frame.columns, most: COLD - 1 });
        }
        let area = settings.minimum_area;
        if !(area >= 0.0 && area.is_finite()) {
            return Err(HotspotError::MinimumArea { area });
        }
        Ok(Self {
            frame,
            settings,
            parts: Forest::new(),
            clusters: Forest::new(),
            boundary: Boundary::new(frame.columns),
            above: vec![COLD; frame.columns],
            here: vec![COLD; frame.columns],
            growing: Vec::new(),
            row: 0,
            spots: Vec::new(),
            dropped: Dropped::default(),
        })
    }

    /// Takes the next row, from west to east; `None` is a cell that is not hot, or not known.
    ///
    /// # Panics
    /// A row whose length is not the number of columns.
    pub fn push_row(&mut self, cells: &[Option<HotCell>]) {
        assert_eq!(cells.len(), self.frame.columns, "a row must have as many cells as the map has columns");
        for (column, cell) in cells.iter().enumerate() {
            self.here[column] = match cell {
                Some(cell) => self.assign(column, *cell),
                None => COLD,
            };
        }
        self.end_row();
    }

    /// Ends the map.
    pub fn finish(mut self) -> Hotspots {
        // A cold row further south closes every outline.
        self.here.fill(COLD);
        self.end_row();
        let mut found = self.spots;
        found.sort_by(|(a, _), (b, _)| b.cells.cmp(&a.cells).then(a.first.cmp(&b.first)));
        let cell_area = self.frame.cell_area();
        let spots = found.into_iter().enumerate().map(|(index, (tally, shape))| Hotspot {
            id: index + 1,
            shape,
            cells: tally.cells as usize,
            area: tally.cells as f64 * cell_area,
            mean_value: tally.sum / tally.cells as f64,
            max_value: tally.max,
            peak: self.frame.centre(tally.peak.1, tally.peak.0),
            mean_probability: (tally.with_probability == tally.cells)
                .then(|| tally.probability_sum / tally.cells as f64),
            untrusted: tally.doubts.finish(tally.cells),
            samples_inside: 0,
        });
        Hotspots { spots: spots.collect(), dropped: self.dropped, frame: self.frame }
    }

    /// Finds the part of a hot cell from its neighbours in the west and the north.
    fn assign(&mut self, column: usize, cell: HotCell) -> Label {
        let tally = Tally::of(cell, self.row, column);
        let west = if column > 0 { self.here[column - 1] } else { COLD };
        let north = self.above[column];
        let part = match (west, north) {
            (COLD, COLD) => {
                let cluster = self.clusters.insert(Cluster { tally: None, polygons: Vec::new(), growing: 1 });
                self.parts.insert(Part { tally, outlines: Vec::new(), cluster, row: self.row })
            }
            _ => {
                let part = match (west, north) {
                    (COLD, one) | (one, COLD) => self.parts.find(one),
                    (west, north) => self.unite(west, north),
                };
                self.parts.get_mut(part).tally.merge(tally);
                part
            }
        };
        if self.settings.connectivity == Connectivity::Eight {
            let north_west = if column > 0 { self.above[column - 1] } else { COLD };
            let north_east = self.above.get(column + 1).copied().unwrap_or(COLD);
            for diagonal in [north_west, north_east] {
                if diagonal != COLD {
                    self.cluster(part, diagonal);
                }
            }
        }
        part
    }

    /// Makes two parts one.
    fn unite(&mut self, a: Label, b: Label) -> Label {
        self.cluster(a, b);
        let (part, were_two) = self.parts.union(a, b);
        if were_two {
            let cluster = self.parts.get_mut(part).cluster;
            let cluster = self.clusters.find(cluster);
            self.clusters.get_mut(cluster).growing -= 1;
        }
        part
    }

    /// Makes the clusters of two parts one.
    fn cluster(&mut self, a: Label, b: Label) {
        let (a, b) = (self.parts.find(a), self.parts.find(b));
        if a != b {
            let (a, b) = (self.parts.get_mut(a).cluster, self.parts.get_mut(b).cluster);
            self.clusters.union(a, b);
        }
    }

    fn end_row(&mut self) {
        self.trace_corners();
        // From here on labels are roots, so that absorbed ones can be used again.
        let mut growing = Vec::with_capacity(self.growing.len());
        let (mut last, mut root) = (COLD, COLD);
        for label in &mut self.here {
            if *label == COLD {
                continue;
            }
            if *label != last {
                (last, root) = (*label, self.parts.find(*label));
            }
            *label = root;
        }
        let mut last = COLD;
        for &label in &self.here {
            if label != COLD && label != last {
                let part = self.parts.get_mut(label);
                part.cluster = self.clusters.find(part.cluster);
                part.row = self.row;
                growing.push(label);
            }
            last = label;
        }
        growing.sort_unstable();
        growing.dedup();
        for label in std::mem::replace(&mut self.growing, growing) {
            if self.parts.is_root(label) && self.parts.get_mut(label).row != self.row {
                self.end_part(label);
            }
        }
        self.parts.release_absorbed();
        self.clusters.release_absorbed();
        std::mem::swap(&mut self.above, &mut self.here);
        self.row = self.row.checked_add(1).expect("a map has fewer than 2^32 rows");
    }

    /// Passes the corners between the row before and the row at hand.
    fn trace_corners(&mut self) {
        let (mut north_west, mut south_west) = (COLD, COLD);
        for column in 0..=self.frame.columns {
            let north_east = self.above.get(column).copied().unwrap_or(COLD);
            let south_east = self.here.get(column).copied().unwrap_or(COLD);
            let around = Around {
                north_west: north_west != COLD,
                north_east: north_east != COLD,
                south_west: south_west != COLD,
                south_east: south_east != COLD,
            };
            if let Some(outline) = self.boundary.pass(column, self.row, around) {
                // What closes towards the north-west goes round a hot cell there, or round a cold one whose eastern
                // neighbour is hot.
                let cell = if north_west != COLD { north_west } else { north_east };
                let part = self.parts.find(cell);
                self.parts.get_mut(part).outlines.push(outline);
            }
            (north_west, south_west) = (north_east, south_east);
        }
    }

    /// Hands a part that no row can extend any more to its cluster.
    fn end_part(&mut self, label: Label) {
        let Part { tally, outlines, cluster, .. } = self.parts.remove(label);
        let cluster = self.clusters.find(cluster);
        let data = self.clusters.get_mut(cluster);
        match &mut data.tally {
            Some(sum) => sum.merge(tally),
            none => *none = Some(tally),
        }
        data.growing -= 1;
        data.polygons.push(polygon_of(outlines));
        if data.growing == 0 {
            let Cluster { tally, polygons, .. } = self.clusters.remove(cluster);
            if let Some(tally) = tally {
                self.end_cluster(tally, polygons);
            }
        }
    }

    fn end_cluster(&mut self, tally: Tally, mut polygons: Vec<(Ring, Vec<Ring>)>) {
        let area = tally.cells as f64 * self.frame.cell_area();
        if area < self.settings.minimum_area {
            self.dropped.count += 1;
            self.dropped.cells += tally.cells as usize;
            self.dropped.area = self.dropped.cells as f64 * self.frame.cell_area();
            return;
        }
        polygons.sort_by_key(|(exterior, _)| exterior.first().map(|c| (c.row, c.column)));
        let shape = polygons.iter().map(|(exterior, holes)| {
            Polygon::new(self.line(exterior), holes.iter().map(|hole| self.line(hole)).collect())
        });
        let shape = MultiPolygon(shape.collect());
        self.spots.push((tally, shape));
    }

    fn line(&self, ring: &Ring) -> LineString<f64> {
        // `Polygon::new` repeats the first vertex at the end.
        ring.iter().map(|c| self.frame.corner(c.column, c.row)).map(|[x, y]: Coord| geo::Coord { x, y }).collect()
    }
}

/// Sorts the outlines of a part into its one exterior and its holes.
fn polygon_of(outlines: Vec<Ring>) -> (Ring, Vec<Ring>) {
    let rings = outlines.into_iter().flat_map(split).map(canonical);
    let (mut exteriors, mut holes): (Vec<Ring>, Vec<Ring>) = rings.partition(|ring| signed_cells(ring) > 0);
    assert_eq!(exteriors.len(), 1, "cells joined by edges have one exterior");
    holes.sort_by_key(|hole| hole.first().map(|c| (c.row, c.column)));
    (exteriors.swap_remove(0), holes)
}
