//! A rectangle of finished cells, and whoever takes it.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::run::StripReport;
use crate::summary::Summary;
use crate::{Result, Watch};

/// Values of all layers in a rectangle of a grid.
#[derive(Debug, Clone)]
pub struct Tile {
    first: [usize; 2],
    size: [usize; 2],
    present: Vec<bool>,
    layers: Vec<Vec<f32>>,
    summaries: Vec<OnceLock<Summary>>,
}

impl Tile {
    /// A tile of `layers` layers without any value, from the cell `first` (column, row).
    pub fn new(first: [usize; 2], size: [usize; 2], layers: usize) -> Self {
        let cells = size[0] * size[1];
        Self {
            first,
            size,
            present: vec![false; cells],
            layers: vec![vec![0.0; cells]; layers],
            summaries: vec![OnceLock::new(); layers],
        }
    }

    /// Sets a cell's values, one for each layer; the cell must not have been set before.
    ///
    /// # Panics
    /// A cell outside the tile, or another number of values than layers.
    #[inline]
    pub fn set(&mut self, cell: usize, values: &[f32]) {
        assert_eq!(values.len(), self.layers.len(), "one value a layer");
        self.present[cell] = true;
        for ((layer, summary), &value) in self.layers.iter_mut().zip(&mut self.summaries).zip(values) {
            layer[cell] = value;
            summary.take();
        }
    }

    /// A tile in which every cell has a value in each of `layers`, row by row.
    ///
    /// # Panics
    /// A layer with another number of values than the tile has cells.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::tile::Tile;
    /// let tile = Tile::whole([128, 0], [2, 1], vec![vec![0.5, 1.5]]);
    /// assert_eq!((tile.first(), tile.present()), ([128, 0], &[true, true][..]));
    /// ```
    pub fn whole(first: [usize; 2], size: [usize; 2], layers: Vec<Vec<f32>>) -> Self {
        let cells = size[0] * size[1];
        assert!(layers.iter().all(|layer| layer.len() == cells), "a value for each of {cells} cells");
        let summaries = vec![OnceLock::new(); layers.len()];
        Self { first, size, present: vec![true; cells], layers, summaries }
    }

    /// Column and row of the north-west cell.
    pub fn first(&self) -> [usize; 2] {
        self.first
    }

    /// Columns, rows.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Which cells have values, row by row; the same for all layers.
    pub fn present(&self) -> &[bool] {
        &self.present
    }

    /// A layer's values row by row; 0 where the cell has none.
    pub fn layer(&self, layer: usize) -> &[f32] {
        &self.layers[layer]
    }

    /// A layer's values row by row.
    pub fn values(&self, layer: usize) -> impl Iterator<Item = Option<f32>> + '_ {
        self.layers[layer].iter().zip(&self.present).map(|(&value, &present)| present.then_some(value))
    }

    /// Statistics of a layer's values in this tile, computed when they are first asked for.
    pub fn summary(&self, layer: usize) -> &Summary {
        self.summaries[layer].get_or_init(|| {
            let mut summary = Summary::default();
            if self.present.iter().all(|&present| present) {
                summary.add_all(&self.layers[layer]);
            } else {
                let values: Vec<f32> = self.values(layer).flatten().collect();
                summary.add_all(&values);
            }
            summary
        })
    }
}

/// Takes finished tiles, in whatever order they come, from one thread.
///
/// A sink begins without any value: tiles in which no cell has one may never come. Dropping a sink that was not finished
/// leaves nothing behind.
pub trait TileSink: Send {
    /// Takes one tile.
    ///
    /// # Errors
    /// The tile could not be kept; the run then stops.
    fn write(&mut self, tile: &Tile) -> Result<()>;

    /// All tiles of a strip have come; of a run of a whole grid that is once, at the end.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn strip(&mut self, _report: &StripReport) -> Result<()> {
        Ok(())
    }

    /// Completes what was written and says where it is.
    ///
    /// # Errors
    /// What was written could not be completed, or `watch` was cancelled; nothing is left behind.
    fn finish(self: Box<Self>, watch: &dyn Watch) -> Result<Vec<PathBuf>>;
}
