//! Values that were computed for some cells of a grid, as tiles for a sink.

use crate::grid::Grid;
use crate::mask::{Mask, Overlap};
use crate::run::DEFAULT_TILE;
use crate::tile::{Tile, TileSink};
use crate::{Error, Result, Watch};

/// The cells inside a mask, row by row from the north; all of them without one.
///
/// # Errors
/// What the mask says.
///
/// # Examples
/// ```
/// use soilscope_pipeline::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};
/// use soilscope_pipeline::mask::WithinOfSamples;
/// use soilscope_pipeline::scatter::cells_inside;
/// let grid = Grid::new([0.0, 2.0], [1.0, 1.0], [2, 2], GridCrs::Local, DEFAULT_CELL_LIMIT)?;
/// let near = WithinOfSamples::new(&[[1.6, 1.6]], 0.5)?;
/// assert_eq!(cells_inside(&grid, Some(&near))?, [1]);
/// assert_eq!(cells_inside(&grid, None)?.len(), 4);
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub fn cells_inside(grid: &Grid, mask: Option<&dyn Mask>) -> Result<Vec<usize>> {
    let patch = grid.patch([0, 0], grid.size());
    let Some(mask) = mask else { return Ok((0..patch.cells()).collect()) };
    Ok(match mask.overlap(&patch) {
        Overlap::All => (0..patch.cells()).collect(),
        Overlap::None => Vec::new(),
        Overlap::Some => {
            let mut inside = vec![false; patch.cells()];
            mask.fill(&patch, &mut inside)?;
            (0..patch.cells()).filter(|&i| inside[i]).collect()
        }
    })
}

/// Writes the values of `cells`, which are increasing, into `sink`: `value` says what the n-th of them has in a layer. A
/// cell with a value that no 32-bit number holds has none in any layer; how many there are is returned.
///
/// # Errors
/// What the sink says, or [`Error::Interrupted`].
pub fn scatter(
    grid: &Grid,
    cells: &[usize],
    layers: usize,
    value: impl Fn(usize, usize) -> f64,
    sink: &mut dyn TileSink,
    watch: &dyn Watch,
) -> Result<u64> {
    let columns = grid.size()[0];
    let mut not_finite = 0;
    let mut values = vec![0.0_f32; layers];
    let tiles = grid.tiles(DEFAULT_TILE.get());
    watch.stage("storing", grid.cells());
    for index in 0..tiles.len() {
        if watch.cancelled() {
            return Err(Error::Interrupted);
        }
        let patch = tiles.get(index);
        let mut tile = Tile::new(patch.first, patch.size, layers);
        for row in 0..patch.size[1] {
            let first = (patch.first[1] + row) * columns + patch.first[0];
            let begin = cells.partition_point(|&c| c < first);
            let end = cells.partition_point(|&c| c < first + patch.size[0]);
            for nth in begin..end {
                for (layer, v) in values.iter_mut().enumerate() {
                    *v = value(nth, layer) as f32;
                }
                if values.iter().all(|v| v.is_finite()) {
                    tile.set(row * patch.size[0] + cells[nth] - first, &values);
                } else {
                    not_finite += 1;
                }
            }
        }
        sink.write(&tile)?;
        watch.advance(patch.cells() as u64);
    }
    Ok(not_finite)
}
