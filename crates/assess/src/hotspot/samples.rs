//! Which samples lie in a hotspot.

use std::collections::BTreeMap;

use soilscope_core::Coord;

use super::{GridFrame, Hotspots};

/// A vertical part of an outline.
#[derive(Debug, Clone, Copy)]
struct Wall {
    column: u32,
    first_row: u32,
    /// The row after the last one.
    end_row: u32,
    spot: usize,
    /// Whether the hotspot is on the wall's eastern side.
    opens: bool,
}

impl Hotspots {
    /// Counts the samples in every hotspot, into [`Hotspot::samples_inside`](super::Hotspot::samples_inside), and returns
    /// the rank of the hotspot that each sample is in.
    ///
    /// A sample is in a hotspot when its cell is. A cell owns its northern and its western edge, so every place belongs
    /// to one cell at most; a place on the map's southern or eastern edge belongs to none. Exact: the comparison is made
    /// on whole columns and rows. Takes time in proportion to n log n, for n samples and corners of outlines together.
    ///
    /// # Units
    /// Places in the map's CRS; those that are not finite are in no hotspot.
    pub fn count_samples(&mut self, samples: &[Coord]) -> Vec<Option<usize>> {
        // One sweep over the rows. In a row, walls take turns to open and close hotspots, so the nearest one to the west
        // says where a cell is.
        let mut walls = self.walls();
        walls.sort_unstable_by_key(|w| w.first_row);
        let mut cells: Vec<(u32, u32, usize)> = samples
            .iter()
            .enumerate()
            .filter_map(|(index, &place)| self.frame.cell_of(place).map(|(column, row)| (row, column, index)))
            .collect();
        cells.sort_unstable();

        for spot in &mut self.spots {
            spot.samples_inside = 0;
        }
        let mut found = vec![None; samples.len()];
        let mut standing: BTreeMap<u32, Wall> = BTreeMap::new();
        let mut ends: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut next = walls.iter().peekable();
        for (row, column, index) in cells {
            // Walls that end between two samples' rows are never looked at; the order of events still counts, because a
            // column may lose one wall and get another in the same row.
            while let Some(wall) = next.next_if(|w| w.first_row <= row) {
                remove_ended(&mut standing, &mut ends, wall.first_row);
                standing.insert(wall.column, *wall);
                ends.entry(wall.end_row).or_default().push(wall.column);
            }
            remove_ended(&mut standing, &mut ends, row);
            if let Some((_, wall)) = standing.range(..=column).next_back()
                && wall.opens
            {
                self.spots[wall.spot].samples_inside += 1;
                found[index] = Some(self.spots[wall.spot].id);
            }
        }
        found
    }

    fn walls(&self) -> Vec<Wall> {
        let mut walls = Vec::new();
        for (spot, hotspot) in self.spots.iter().enumerate() {
            for polygon in &hotspot.shape {
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    for line in ring.lines().filter(|l| l.start.x == l.end.x) {
                        let column = ((line.start.x - self.frame.origin[0]) / self.frame.cell[0]).round() as u32;
                        let [a, b] = [line.start.y, line.end.y]
                            .map(|y| ((self.frame.origin[1] - y) / self.frame.cell[1]).round() as u32);
                        // The hotspot is on the left of its outline, so on the east of a line that runs south.
                        walls.push(Wall { column, first_row: a.min(b), end_row: a.max(b), spot, opens: b > a });
                    }
                }
            }
        }
        walls
    }
}

/// Takes walls away that end at or before the northern edge of `row`.
fn remove_ended(standing: &mut BTreeMap<u32, Wall>, ends: &mut BTreeMap<u32, Vec<u32>>, row: u32) {
    while let Some(entry) = ends.first_entry() {
        if *entry.key() > row {
            break;
        }
        for column in entry.remove() {
            standing.remove(&column);
        }
    }
}

impl GridFrame {
    /// Column and row of a place, if it is not west or north of the grid.
    fn cell_of(&self, [easting, northing]: Coord) -> Option<(u32, u32)> {
        let column = ((easting - self.origin[0]) / self.cell[0]).floor();
        let row = ((self.origin[1] - northing) / self.cell[1]).floor();
        let counts = |number: f64| (number >= 0.0 && number < f64::from(u32::MAX)).then_some(number as u32);
        Some((counts(column)?, counts(row)?))
    }
}
