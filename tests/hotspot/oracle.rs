//! A slow second opinion that shares no idea with the tracer: flood fill over the whole grid, cell by cell.

use soilscope_assess::hotspot::{Connectivity, GridFrame, HotCell, HotspotSettings, HotspotTracer, Hotspots};

/// A map in memory.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub(crate) columns: usize,
    pub(crate) rows: Vec<Vec<Option<HotCell>>>,
}

impl Map {
    /// From a drawing: `#` is hot, anything else is not. Values count up from 1, row by row.
    pub(crate) fn drawn(drawing: &[&str]) -> Self {
        let mut value = 0.0;
        let rows = drawing
            .iter()
            .map(|line| {
                line.chars()
                    .map(|c| {
                        value += 1.0;
                        (c == '#').then_some(HotCell { value, probability: Some(0.5), doubts: None, ground: 1.0 })
                    })
                    .collect()
            })
            .collect();
        Self { columns: drawing[0].len(), rows }
    }

    pub(crate) fn frame(&self) -> GridFrame {
        GridFrame { origin: [181_000.0, 332_000.0], cell: [40.0, 20.0], columns: self.columns }
    }

    pub(crate) fn trace(&self, minimum_area: f64, connectivity: Connectivity) -> Hotspots {
        let settings = HotspotSettings { minimum_area, connectivity };
        let mut tracer = HotspotTracer::new(self.frame(), settings).expect("a usable frame");
        for row in &self.rows {
            tracer.push_row(row);
        }
        tracer.finish()
    }

    pub(crate) fn centre(&self, row: usize, column: usize) -> [f64; 2] {
        let frame = self.frame();
        [frame.origin[0] + (column as f64 + 0.5) * frame.cell[0], frame.origin[1] - (row as f64 + 0.5) * frame.cell[1]]
    }

    /// Hot areas, as lists of (row, column), the largest first, then in the order of their first cells.
    pub(crate) fn flood_fill(&self, connectivity: Connectivity) -> Vec<Vec<(usize, usize)>> {
        let mut seen = vec![vec![false; self.columns]; self.rows.len()];
        let mut areas = Vec::new();
        for row in 0..self.rows.len() {
            for column in 0..self.columns {
                if seen[row][column] || self.rows[row][column].is_none() {
                    continue;
                }
                seen[row][column] = true;
                let mut area = Vec::new();
                let mut todo = vec![(row, column)];
                while let Some((r, c)) = todo.pop() {
                    area.push((r, c));
                    for (dr, dc) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)] {
                        if connectivity == Connectivity::Four && dr != 0 && dc != 0 {
                            continue;
                        }
                        let (Some(r), Some(c)) = (r.checked_add_signed(dr), c.checked_add_signed(dc)) else { continue };
                        if r < self.rows.len() && c < self.columns && !seen[r][c] && self.rows[r][c].is_some() {
                            seen[r][c] = true;
                            todo.push((r, c));
                        }
                    }
                }
                area.sort_unstable();
                areas.push(area);
            }
        }
        areas.sort_by_key(|area| std::cmp::Reverse(area.len()));
        areas
    }
}
