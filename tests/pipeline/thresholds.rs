//! Thresholds that differ from cell to cell.

use soilscope_pipeline::Result;
use soilscope_pipeline::grid::Patch;
use soilscope_pipeline::product::Layer;
use soilscope_pipeline::run::Plan;
use soilscope_pipeline::thresholds::Thresholds;

use crate::support::{Waves, grid, plan, run_in_memory};

/// 120 or 180 by column, none in every seventh row.
struct Stripes;

fn stripe(column: usize, row: usize) -> Option<f64> {
    (row % 7 != 3).then_some(if column.is_multiple_of(2) { 120.0 } else { 180.0 })
}

impl Thresholds for Stripes {
    fn fill(&self, patch: &Patch<'_>, out: &mut Vec<f64>) -> Result<()> {
        let cell = |i: usize| [patch.first[0] + i % patch.size[0], patch.first[1] + i / patch.size[0]];
        out.clear();
        out.extend((0..patch.cells()).map(|i| stripe(cell(i)[0], cell(i)[1]).unwrap_or(f64::NAN)));
        Ok(())
    }
}

#[test]
fn a_cell_has_the_probability_of_a_map_with_its_threshold() {
    let (grid, waves) = (grid([200.0, 7100.0], 2.0, [61, 43]), Waves { gap_every: 11 });
    let single = |threshold: f64| {
        let layers = vec![Layer::Exceedance { threshold }];
        run_in_memory(&Plan { layers, ..plan(&grid, None, 1, 128) }, &waves).1.layers.remove(0)
    };
    let (low, high) = (single(120.0), single(180.0));
    assert!(low != high, "the thresholds make a difference");
    let mut seen = Vec::new();
    for (threads, tile) in [(1, 128), (2, 7), (2, 16)] {
        let layers = vec![Layer::CellExceedance, Layer::CellThreshold];
        let plan = Plan { thresholds: vec![&Stripes], layers, ..plan(&grid, None, threads, tile) };
        let (report, sink) = run_in_memory(&plan, &waves);
        for i in 0..sink.layers[0].len() {
            let (column, row) = (i % 61, i / 61);
            let single = if column.is_multiple_of(2) { low[i] } else { high[i] };
            let own = stripe(column, row);
            assert_eq!(sink.layers[0][i], own.and(single), "column {column}, row {row}");
            assert_eq!(sink.layers[1][i], own.filter(|_| single.is_some()).map(|t| t as f32));
        }
        assert_eq!(report.gaps["no-threshold"], 61 * 6);
        assert_eq!(report.cells, report.predicted + report.gaps.values().sum::<u64>());
        seen.push(sink.layers);
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]));
}

/// 150 everywhere, none in every fifth column.
struct Flat;

impl Thresholds for Flat {
    fn fill(&self, patch: &Patch<'_>, out: &mut Vec<f64>) -> Result<()> {
        out.clear();
        let column = |i: usize| patch.first[0] + i % patch.size[0];
        out.extend((0..patch.cells()).map(|i| if column(i) % 5 == 2 { f64::NAN } else { 150.0 }));
        Ok(())
    }
}

/// One field against two: each layer takes its own, and a cell without one of them is a gap in all.
#[test]
fn several_thresholds_of_a_cell_are_told_apart() {
    let (grid, waves) = (grid([200.0, 7100.0], 2.0, [61, 43]), Waves { gap_every: 11 });
    let layers = vec![Layer::CellExceedance, Layer::CellThreshold];
    let alone = |thresholds: &'static dyn Thresholds| {
        let plan = Plan { thresholds: vec![thresholds], layers: layers.clone(), ..plan(&grid, None, 1, 128) };
        run_in_memory(&plan, &waves).1.layers
    };
    let (stripes, flat) = (alone(&Stripes), alone(&Flat));
    let others = [Layer::NthExceedance { nth: 1 }, Layer::NthThreshold { nth: 1 }];
    let layers = [&layers[..], &others].concat();
    let plan = Plan { thresholds: vec![&Stripes, &Flat], layers, ..plan(&grid, None, 2, 16) };
    let (report, sink) = run_in_memory(&plan, &waves);
    for i in 0..sink.layers[0].len() {
        let both = stripes[0][i].is_some() && flat[0][i].is_some();
        for (layer, own) in [&stripes[0], &stripes[1], &flat[0], &flat[1]].into_iter().enumerate() {
            assert_eq!(sink.layers[layer][i], own[i].filter(|_| both), "layer {layer}, cell {i}");
        }
    }
    assert_eq!(report.gaps["no-threshold"], 6 * 61 + 37 * 12);
}
