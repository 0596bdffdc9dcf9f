//! The cells of a map, as few as the planning can hold.

use std::collections::BTreeMap;

use anyhow::Result;
use soilscope_core::Coord;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::mask::{Mask, Overlap};

/// Side of the patches that a mask is asked for.
const PATCH: usize = 512;

/// A square of cells, and the one of them inside the mask that is nearest to its middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Group {
    /// Column and row among the squares.
    pub(super) at: [usize; 2],
    /// Centre of the cell that stands for them.
    pub(super) place: Coord,
    /// Cells of the square inside the mask.
    pub(super) cells: u64,
}

/// Calls `visit` with column and row of every cell inside the mask.
fn inside(grid: &Grid, mask: Option<&dyn Mask>, mut visit: impl FnMut([usize; 2])) -> Result<()> {
    let tiles = grid.tiles(PATCH);
    let mut flags = Vec::new();
    for patch in (0..tiles.len()).map(|i| tiles.get(i)) {
        flags.clear();
        flags.resize(patch.cells(), true);
        match mask.map(|m| (m, m.overlap(&patch))) {
            Some((_, Overlap::None)) => continue,
            Some((mask, Overlap::Some)) => mask.fill(&patch, &mut flags)?,
            _ => {}
        }
        for (i, _) in flags.iter().enumerate().filter(|(_, inside)| **inside) {
            visit([patch.first[0] + i % patch.size[0], patch.first[1] + i / patch.size[0]]);
        }
    }
    Ok(())
}

/// How many cells are inside the mask.
pub(super) fn count(grid: &Grid, mask: Option<&dyn Mask>) -> Result<u64> {
    let mut count = 0;
    inside(grid, mask, |_| count += 1)?;
    Ok(count)
}

/// The squares of `side` × `side` cells with cells inside the mask, row by row.
pub(super) fn groups(grid: &Grid, mask: Option<&dyn Mask>, side: usize) -> Result<Vec<Group>> {
    let mut found: BTreeMap<[usize; 2], (f64, [usize; 2], u64)> = BTreeMap::new();
    let middle = 0.5 * (side as f64 - 1.0);
    inside(grid, mask, |[column, row]| {
        let off = |i: usize| (i % side) as f64 - middle;
        let distance = off(column).hypot(off(row));
        let group = found.entry([row / side, column / side]).or_insert((f64::INFINITY, [0, 0], 0));
        group.2 += 1;
        if distance < group.0 {
            (group.0, group.1) = (distance, [column, row]);
        }
    })?;
    let group = |([row, column], (_, cell, cells)): ([usize; 2], (f64, [usize; 2], u64))| Group {
        at: [column, row],
        place: [grid.easting(cell[0]), grid.northing(cell[1])],
        cells,
    };
    Ok(found.into_iter().map(group).collect())
}

/// The side of the squares that makes `cells` cells at most `most` squares, or a few more along ragged edges.
pub(super) fn side_for(cells: u64, most: usize) -> usize {
    ((cells as f64 / most as f64).sqrt().ceil() as usize).max(1)
}
