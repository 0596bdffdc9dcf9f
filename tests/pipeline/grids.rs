//! Grid arithmetic.

use proptest::prelude::*;
use soilscope_pipeline::grid::{Bounds, DEFAULT_CELL_LIMIT, Grid, GridCrs, GridError, suggested_cell};

fn covering(min: [f64; 2], max: [f64; 2], cell: f64) -> Result<Grid, GridError> {
    Grid::covering(Bounds { min, max }, [cell, cell], GridCrs::Local, DEFAULT_CELL_LIMIT)
}

#[test]
fn ten_to_the_thirteenth_is_refused_with_the_arithmetic() {
    let error = covering([0.0, 0.0], [1.0e6, 1.0e5], 0.1).unwrap_err().to_string();
    for part in
        ["10,000,000 columns × 1,000,000 rows", "10,000,000,000,000 cells", "40 TB", "10,000,000,000", "cells of 5"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(covering([0.0, 0.0], [1.0e6, 1.0e5], 5.0).is_ok(), "the remedy works");
    // Beyond what any integer holds, and thin.
    assert!(matches!(covering([0.0, 0.0], [1e300, 1e300], 1e-300), Err(GridError::TooManyCells { .. })));
    assert!(matches!(covering([0.0, 0.0], [1e10, 1.0], 1.0), Err(GridError::TooManyCells { .. })));
    let limited = Grid::covering(Bounds { min: [0.0; 2], max: [10.0; 2] }, [1.0; 2], GridCrs::Local, 99);
    assert!(limited.unwrap_err().to_string().contains("cells of 2 or more (now 1)"));
}

#[test]
fn cells_and_bounds_that_are_none_are_refused() {
    for cell in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(covering([0.0; 2], [10.0; 2], cell), Err(GridError::Cell(_))), "{cell}");
    }
    for (min, max) in [
        ([0.0, 0.0], [0.0, 10.0]),
        ([0.0, 5.0], [10.0, -5.0]),
        ([f64::NAN, 0.0], [10.0, 10.0]),
        ([f64::NEG_INFINITY, 0.0], [10.0, 10.0]),
    ] {
        assert!(matches!(covering(min, max, 1.0), Err(GridError::Bounds { .. })), "{min:?} {max:?}");
    }
    assert!(matches!(covering([1e15, 1e15], [1e15 + 10.0, 1e15 + 10.0], 1.0), Err(GridError::TooFine { .. })));
}

#[test]
fn templates_are_north_up() {
    let template = |t| Grid::from_geotransform(t, [10, 20], GridCrs::Local, DEFAULT_CELL_LIMIT);
    let grid = template([100.0, 2.0, 0.0, 50.0, 0.0, -1.0]).unwrap();
    assert_eq!((grid.bounds().min, grid.bounds().max), ([100.0, 30.0], [120.0, 50.0]));
    assert_eq!(grid.geotransform(), [100.0, 2.0, 0.0, 50.0, 0.0, -1.0]);
    assert_eq!(template([100.0, 2.0, 0.1, 50.0, 0.0, -1.0]), Err(GridError::Rotated));
    assert_eq!(template([100.0, 2.0, 0.0, 50.0, 0.0, 1.0]), Err(GridError::SouthUp));
    assert_eq!(template([100.0, -2.0, 0.0, 50.0, 0.0, -1.0]), Err(GridError::Mirrored));
}

#[test]
fn suggested_cells_are_round() {
    assert_eq!(suggested_cell(1.0, 0), None);
    assert_eq!(suggested_cell(0.0, 10), None);
    assert_eq!(suggested_cell(1e12, 1_000_000), Some(100.0));
    assert_eq!(suggested_cell(1e-6, 100), Some(1e-5));
}

proptest! {
    #[test]
    fn covering_covers_aligned_and_without_waste(
        x in -1e6f64..1e6, y in -1e6f64..1e6, w in 1e-2f64..1e3, h in 1e-2f64..1e3, cell in prop::sample::select(vec![0.1, 0.3, 1.0, 2.5, 20.0, 1000.0])
    ) {
        let (min, max) = ([x, y], [x + w, y + h]);
        let grid = covering(min, max, cell).unwrap();
        let bounds = grid.bounds();
        let slack = cell * 1e-8 + 1e-9;
        for axis in 0..2 {
            prop_assert!(bounds.min[axis] <= min[axis] + slack && bounds.max[axis] >= max[axis] - slack);
            prop_assert!(min[axis] - bounds.min[axis] < cell + slack && bounds.max[axis] - max[axis] < cell + slack);
            let quotient = grid.origin()[axis] / cell;
            prop_assert!((quotient - quotient.round()).abs() < 1e-7);
        }
    }

    #[test]
    fn tiles_are_a_partition(columns in 1usize..70, rows in 1usize..70, side in 1usize..40) {
        let grid = Grid::new([0.0, 100.0], [1.0, 1.0], [columns, rows], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
        let mut seen = vec![0; columns * rows];
        let tiles = grid.tiles(side);
        for tile in (0..tiles.len()).map(|i| tiles.get(i)) {
            for i in 0..tile.cells() {
                let (row, column) = (tile.first[1] + i / tile.size[0], tile.first[0] + i % tile.size[0]);
                seen[row * columns + column] += 1;
                prop_assert_eq!(tile.centre(i), [column as f64 + 0.5, 99.5 - row as f64]);
            }
        }
        prop_assert!(seen.iter().all(|&n| n == 1));
    }

    #[test]
    fn windows_of_exact_grids_are_exact(
        x in -1_000_000i32..1_000_000, y in -1_000_000i32..1_000_000, cell in prop::sample::select(vec![0.25, 1.0, 5.0, 20.0, 1000.0, 0.1, 1.0 / 120.0]),
        column in 0usize..9000, row in 0usize..9000,
    ) {
        let grid = Grid::new([f64::from(x), f64::from(y)], [cell, cell], [10_000, 10_000], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
        prop_assert_eq!(grid.is_exact(), cell != 0.1 && cell != 1.0 / 120.0);
        if grid.is_exact() {
            let patch = grid.patch([column, row], [1000, 1000]);
            let targets = soilscope_core::Targets::window(patch.window());
            for i in [0, 999, 1000, 517_203, 999_999] {
                prop_assert_eq!(targets.coord(i), patch.centre(i));
            }
        }
    }
}
