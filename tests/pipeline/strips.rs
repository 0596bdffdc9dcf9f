//! Runs divided into strips: whatever was computed when, the whole is the same.

use proptest::prelude::*;
use soilscope_core::Predictor;
use soilscope_pipeline::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};
use soilscope_pipeline::mask::WithinOfSamples;
use soilscope_pipeline::run::{Plan, Share, StripReport, run, run_share};
use soilscope_pipeline::strips::Strips;
use soilscope_pipeline::tile::{Tile, TileSink};
use soilscope_pipeline::{Result, Unwatched, Watch};

use crate::support::{Memory, Waves, grid, plan, run_in_memory};

/// Keeps cells, and what it is told of strips, as a file would.
pub(crate) struct Keeping<'a> {
    pub(crate) cells: &'a mut Memory,
    pub(crate) strips: Vec<String>,
    /// Rows of cells that have come.
    pub(crate) rows: Vec<usize>,
}

impl<'a> Keeping<'a> {
    pub(crate) fn new(cells: &'a mut Memory) -> Self {
        Self { cells, strips: Vec::new(), rows: Vec::new() }
    }

    pub(crate) fn told(&self) -> Vec<StripReport> {
        self.strips.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }
}

impl TileSink for Keeping<'_> {
    fn write(&mut self, tile: &Tile) -> Result<()> {
        self.rows.extend(tile.first()[1]..tile.first()[1] + tile.size()[1]);
        self.cells.write(tile)
    }

    fn strip(&mut self, report: &StripReport) -> Result<()> {
        self.strips.push(serde_json::to_string(report).unwrap());
        Ok(())
    }

    fn finish(self: Box<Self>, _watch: &dyn Watch) -> Result<Vec<std::path::PathBuf>> {
        Ok(Vec::new())
    }
}

pub(crate) fn part(plan: &Plan<'_>, predictor: &dyn Predictor, share: &Share, cells: &mut Memory) -> Vec<StripReport> {
    let mut sink = Keeping::new(cells);
    run_share(plan, share, predictor, &mut sink, &Unwatched).unwrap();
    sink.told()
}

#[test]
fn shares_in_any_order_are_the_whole() {
    let waves = Waves { gap_every: 11 };
    let mask = WithinOfSamples::new(&[[310.0, 7000.0], [700.0, 6800.0], [420.5, 6500.1]], 180.0).unwrap();
    // Tiles of 512 cells and more, so that the grid has many strips.
    let grid = grid([200.0, 7100.0], 0.5, [1400, 1203]);
    for (masked, threads, tile) in [(false, 2, 64), (true, 1, 128), (true, 3, 200)] {
        let plan = plan(&grid, masked.then_some(&mask as _), threads, tile);
        let (mut expected, whole) = run_in_memory(&plan, &waves);
        let strips = Strips::of(&grid, plan.tile);
        assert!(strips.len() > 3, "{} strips", strips.len());
        let mut cells = Memory::new(&grid, plan.layers.len());
        let three = 3.try_into().unwrap();
        let (mut done, mut both) = (Vec::new(), Vec::new());
        for third in [2, 0] {
            both.extend(strips.part(third, three));
            let share = Share::new(strips, strips.part(third, three), Vec::new());
            let came = part(&plan, &waves, &share, &mut cells);
            assert_eq!(came.len(), share.todo().len(), "each strip is told once");
            done.extend(came);
        }
        let rest = Share::new(strips, 0..strips.len(), done);
        assert_eq!(rest.todo(), strips.part(1, three).collect::<Vec<_>>());
        let mut sink = Keeping::new(&mut cells);
        let report = run_share(&plan, &rest, &waves, &mut sink, &Unwatched).unwrap();
        let twice = sink.rows.iter().find(|&&row| both.contains(&strips.of_row(row)));
        assert_eq!(twice, None, "a row that was done is computed again");
        assert_eq!(cells.layers, whole.layers);
        (expected.seconds, expected.work) = (report.seconds, report.work);
        assert_eq!(report, expected);

        // Nothing to do is a run too.
        let all = Share::new(
            strips,
            0..strips.len(),
            part(&plan, &waves, &Share::new(strips, 0..strips.len(), vec![]), &mut Memory::new(&grid, 4)),
        );
        let mut report = run_share(&plan, &all, &waves, &mut Memory::new(&grid, 4), &Unwatched).unwrap();
        (report.seconds, report.work) = (expected.seconds, expected.work);
        assert_eq!(report, expected);
    }
}

#[test]
fn a_run_of_a_whole_grid_tells_of_one_strip() {
    let grid = grid([0.0, 0.0], 1.0, [300, 200]);
    let plan = plan(&grid, None, 2, 64);
    let mut cells = Memory::new(&grid, plan.layers.len());
    let mut sink = Keeping::new(&mut cells);
    let report = run(&plan, &Waves { gap_every: 7 }, &mut sink, &Unwatched).unwrap();
    let told = sink.told();
    assert_eq!((told.len(), told[0].cells, told[0].predicted()), (1, 60_000, report.predicted));
}

proptest! {
    #[test]
    fn strips_and_their_tiles_are_the_grid(columns in 1_usize..5_000, rows in 1_usize..5_000, tile in 1_usize..600, parts in 1_usize..20) {
        let grid = Grid::new([0.0, 0.0], [1.0, 1.0], [columns, rows], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
        let tile = tile.try_into().unwrap();
        for strips in [Strips::of(&grid, tile), Strips::one(&grid, tile)] {
            let (mut row, mut next) = (0, 0);
            for strip in 0..strips.len() {
                prop_assert_eq!(strips.rows(strip).start, row);
                prop_assert_eq!(strips.tiles(strip).start, next);
                prop_assert!(strips.rows(strip).all(|row| strips.of_row(row) == strip));
                for number in strips.tiles(strip) {
                    let patch = grid.tiles(tile.get()).get(number);
                    prop_assert!(patch.first[1] >= row && patch.first[1] + patch.size[1] <= strips.rows(strip).end);
                }
                row = strips.rows(strip).end;
                next = strips.tiles(strip).end;
            }
            prop_assert_eq!((row, next), (rows, grid.tiles(tile.get()).len()));
            prop_assert_eq!((0..strips.len()).map(|s| strips.cells(s)).sum::<u64>(), grid.cells());
            let mut strip = 0;
            for part in 0..parts {
                let range = strips.part(part, parts.try_into().unwrap());
                prop_assert_eq!(range.start, strip);
                strip = range.end;
            }
            prop_assert_eq!(strip, strips.len());
        }
        prop_assert_eq!(Strips::one(&grid, tile).len(), 1);
    }
}
