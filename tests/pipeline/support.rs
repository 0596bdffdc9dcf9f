//! A predictor whose answers are known, a sink in memory, and plans for both.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use soilscope_core::transform::Transform;
use soilscope_core::{Coord, Gap, Prediction, Predictions, Predictor, Scratch, Targets};
use soilscope_pipeline::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};
use soilscope_pipeline::mask::Mask;
use soilscope_pipeline::product::{Layer, Scale};
use soilscope_pipeline::run::{Plan, RunReport, run};
use soilscope_pipeline::tile::{Tile, TileSink};
use soilscope_pipeline::{Result, Unwatched, Watch};

/// A smooth field with gaps of every kind, a function of the place alone.
pub(crate) struct Waves {
    /// Cells between gaps; 0 for none.
    pub(crate) gap_every: u64,
}

impl Waves {
    pub(crate) fn at(&self, place: Coord) -> std::result::Result<Prediction, Gap> {
        // Bits of the coordinates, so that the slightest difference of a place shows.
        let bits = (place[0].to_bits() ^ place[1].to_bits().rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        if self.gap_every > 0 && bits.is_multiple_of(self.gap_every) {
            return Err(match bits / self.gap_every % 2 {
                0 => Gap::SingularSystem,
                _ => Gap::TooFewNeighbours { found: 1, needed: 2 },
            });
        }
        let wave = (place[0] / 50.0).sin() * (place[1] / 70.0).cos();
        let noise = bits as f64 / 2f64.powi(44);
        Ok(Prediction { value: 5.0 + wave + noise, variance: Some(0.3 + 0.1 * wave + noise / 10.0), multiplier: 0.01 })
    }
}

impl Predictor for Waves {
    fn predict_into(&self, targets: &Targets<'_>, _scratch: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), true);
        for i in 0..targets.len() {
            out.set(i, self.at(targets.coord(i)));
        }
    }

    fn has_variance(&self) -> bool {
        true
    }
}

/// A sink that keeps everything.
pub(crate) struct Memory {
    columns: usize,
    pub(crate) layers: Vec<Vec<Option<f32>>>,
    pub(crate) tiles: usize,
}

impl Memory {
    pub(crate) fn new(grid: &Grid, layers: usize) -> Self {
        Self { columns: grid.size()[0], layers: vec![vec![None; grid.cells() as usize]; layers], tiles: 0 }
    }
}

impl TileSink for Memory {
    fn write(&mut self, tile: &Tile) -> Result<()> {
        self.tiles += 1;
        for (number, layer) in self.layers.iter_mut().enumerate() {
            for (i, value) in tile.values(number).enumerate() {
                let (row, column) = (i / tile.size()[0], i % tile.size()[0]);
                let cell = &mut layer[(tile.first()[1] + row) * self.columns + tile.first()[0] + column];
                assert!(cell.is_none(), "a cell is written once");
                *cell = value;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _watch: &dyn Watch) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// A watch that counts, and stops after so many cells.
pub(crate) struct StopAfter {
    pub(crate) cells: AtomicU64,
    pub(crate) limit: u64,
}

impl StopAfter {
    pub(crate) fn new(limit: u64) -> Self {
        Self { cells: AtomicU64::new(0), limit }
    }
}

impl Watch for StopAfter {
    fn advance(&self, cells: u64) {
        self.cells.fetch_add(cells, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.cells.load(Ordering::Relaxed) >= self.limit
    }
}

pub(crate) const LAYERS: [Layer; 4] =
    [Layer::Prediction, Layer::StandardDeviation, Layer::Variance, Layer::Exceedance { threshold: 150.0 }];

pub(crate) fn grid(origin: Coord, cell: f64, size: [usize; 2]) -> Grid {
    Grid::new(origin, [cell, cell], size, GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap()
}

pub(crate) fn plan<'a>(grid: &Grid, mask: Option<&'a dyn Mask>, threads: usize, tile: usize) -> Plan<'a> {
    Plan {
        grid: grid.clone(),
        mask,
        covariates: None,
        thresholds: Vec::new(),
        trust: None,
        layers: LAYERS.to_vec(),
        transform: Transform::Log,
        scale: Scale::Data,
        clip: None,
        threads: NonZeroUsize::new(threads).unwrap(),
        tile: NonZeroUsize::new(tile).unwrap(),
    }
}

pub(crate) fn run_in_memory(plan: &Plan<'_>, predictor: &dyn Predictor) -> (RunReport, Memory) {
    let mut sink = Memory::new(&plan.grid, plan.layers.len());
    let report = run(plan, predictor, &mut sink, &Unwatched).unwrap();
    (report, sink)
}
