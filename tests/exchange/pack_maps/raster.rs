mod files;

use std::fs;
use std::path::Path;

use gdal::Metadata;
use gdal::spatial_ref::CoordTransform;
use soilscope_exchange::Error;
use soilscope_exchange::pack::raster::{Geographic, GridChoice, Grids, Layer, rasters};

use super::runs::{Cell, Fake, Read, crs, files, mapset, noise, pack, path, several, sum, write};

const SUBMISSION: GridChoice = GridChoice { geographic: Some(Geographic::Gsp30s), national: false };
const BOTH: GridChoice = GridChoice { geographic: Some(Geographic::Gsp30s), national: true };
const NATIONAL: GridChoice = GridChoice { geographic: None, national: true };
const NONE: Cell = [f32::NAN; 4];

/// What points of a fine lattice in a target cell find in the source: the share of them that find a value, and the means of `of`.
fn sampled_all<const N: usize>(
    map: &Fake,
    [west, north, east, south]: [f64; 4],
    n: usize,
    of: &dyn Fn(usize, usize) -> Option<[f64; N]>,
) -> (f64, [f64; N]) {
    let at = |from: f64, to: f64, i: usize| from + (to - from) * (i as f64 + 0.5) / n as f64;
    let mut x: Vec<f64> = (0..n * n).map(|i| at(west, east, i % n)).collect();
    let mut y: Vec<f64> = (0..n * n).map(|i| at(north, south, i / n)).collect();
    CoordTransform::new(&crs(4326), &map.crs()).unwrap().transform_coords(&mut x, &mut y, &mut []).unwrap();
    let (mut sums, mut hits) = ([0.0; N], 0.0);
    for (x, y) in x.into_iter().zip(y) {
        let column = ((x - map.origin[0]) / map.cell[0]).floor();
        let row = ((map.origin[1] - y) / map.cell[1]).floor();
        let is_there = column >= 0.0 && row >= 0.0 && column < map.size[0] as f64 && row < map.size[1] as f64;
        if let Some(values) = is_there.then(|| of(column as usize, row as usize)).flatten() {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            hits += 1.0;
        }
    }
    (hits / (n * n) as f64, sums.map(|sum| sum / hits))
}

fn sampled(map: &Fake, edges: [f64; 4], n: usize, of: &dyn Fn(usize, usize) -> Option<f64>) -> (f64, f64) {
    let (share, [mean]) = sampled_all(map, edges, n, &|column, row| of(column, row).map(|value| [value]));
    (share, mean)
}

#[test]
fn means_are_those_that_dense_samples_of_each_cell_find() {
    let folder = tempfile::tempdir().unwrap();
    // A UTM zone far from its central meridian, where its lines are oblique to those of longitude and latitude; with a hole and a rim of holes.
    let map = Fake::new(32632, [250_013.0, 5_600_017.0], 40.0, [110, 130]);
    let value = |column: usize, row: usize| {
        let has = (!(40..=70).contains(&column) || row < 50) && noise(column / 7, row / 7) > 0.15;
        let cell = [100.0 * noise(column, row), 20.0 * noise(row, column), noise(column + 1, row), 0.0];
        if has { cell } else { NONE }
    };
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &SUBMISSION, into.path());
    let reads = ["MEAN", "SDEV", "PEXC"].map(|stat| Read::layer(into.path(), &layers, "glosis", stat));
    let mut compared = 0;
    for (column, row, _) in reads[0].all() {
        let of = |column, row| {
            let [mean, sd, chance, _] = value(column, row).map(f64::from);
            (!mean.is_nan()).then_some([mean, sd, chance])
        };
        let (share, means) = sampled_all(&map, reads[0].edges(column, row), 150, &of);
        for ((read, mean), tolerance) in reads.iter().zip(means).zip([0.6, 0.12, 0.006]) {
            let found = read.at(column, row);
            assert!((share - 0.5).abs() < 0.01 || found.is_nan() == (share < 0.5), "{column}, {row}: {share}");
            if share > 0.5 && !found.is_nan() {
                assert!((found - mean).abs() < tolerance, "{column}, {row}: {found}, sampled {mean}");
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn a_constant_stays_one_in_every_projection_and_hemisphere() {
    for (epsg, origin) in [
        (32632, [450_007.0, 5_600_003.0]),
        (28992, [178_440.0, 333_760.0]),
        (3035, [4_000_011.0, 3_000_029.0]),
        (32733, [400_000.0, 8_000_000.0]),
        (3460, [2_090_000.0, 4_000_000.0]),
        (2193, [1_500_000.0, 5_200_000.0]),
        (4326, [89.0, 27.5]),
        (4269, [-100.003, 40.001]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let cell = if epsg == 4326 || epsg == 4269 { 0.001 } else { 90.0 };
        let map = Fake::new(epsg, origin, cell, [70, 60]);
        let run = map.run(folder.path(), |_, _| [3.3, 0.7, 0.25, 0.0]);
        let into = tempfile::tempdir().unwrap();
        let (_, layers) = pack(&run, &BOTH, into.path());
        for (stat, constant) in [("MEAN", 3.3f32), ("SDEV", 0.7), ("PEXC", 0.25), ("AOA", 1.0), ("HOTS", 0.0)] {
            let found = layers.iter().filter(|l| l.stat == stat);
            for layer in found {
                assert_eq!([layer.min, layer.max], [Some(constant.into()); 2], "EPSG:{epsg} {}", layer.path);
                assert!(layer.valid > 30, "EPSG:{epsg} {}", layer.path);
            }
        }
    }
}

#[test]
fn nested_cells_keep_the_total_and_are_plain_means() {
    let folder = tempfile::tempdir().unwrap();
    // 30 by 30 cells of one second in each of 30 seconds; more cells than are held at a time, so they come in two bands of rows.
    let second = 1.0 / 3600.0;
    let mut map = Fake::new(4326, [10.0, 50.0], second, [1500, 1500]);
    map.cell = [second; 2];
    let value = |column: usize, row: usize| [(900.0 * noise(column, row)).floor(), 1.0, 0.5, 0.0];
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (grids, layers) = pack(&run, &SUBMISSION, into.path());
    assert_eq!(grids.geographic.unwrap().size, [50, 50]);
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    let (mut total, mut exact) = (0.0, 0.0);
    for (column, row, found) in read.all() {
        let sum: f64 = (0..900).map(|i| f64::from(value(column * 30 + i % 30, row * 30 + i / 30)[0])).sum();
        assert!((found - sum / 900.0).abs() <= 1e-7 * found, "{column}, {row}: {found} {}", sum / 900.0);
        (total, exact) = (total + 900.0 * found, exact + sum);
    }
    // Written as 32-bit numbers, whose roundings are as often up as down.
    assert!((total / exact - 1.0).abs() < 1e-8, "{total} {exact}");
}

#[test]
fn halves_are_valid_but_neither_inside_nor_hot() {
    let folder = tempfile::tempdir().unwrap();
    // Four source cells in each target cell; so many of them have a value, are trusted, are hot.
    let map = Fake::new(4326, [10.0, 50.0], 1.0 / 240.0, [2 * 5, 2]);
    let counts = [[4, 2, 2], [4, 3, 3], [2, 2, 0], [1, 1, 1], [2, 1, 2]];
    let value = |column: usize, row: usize| {
        let (which, [valid, trusted, hot]) = (column % 2 + 2 * row, counts[column / 2]);
        let cell = [4.0, 1.0, if which < hot { 0.8 } else { 0.79 }, if which < trusted { 0.0 } else { 9.0 }];
        if which < valid { cell } else { NONE }
    };
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &SUBMISSION, into.path());
    let row = |stat: &str| -> Vec<Option<i32>> {
        let cells = Read::layer(into.path(), &layers, "glosis", stat).cells;
        cells.iter().map(|v| (!v.is_nan()).then_some(*v as i32)).collect()
    };
    assert_eq!(row("MEAN"), [Some(4), Some(4), Some(4), None, Some(4)]);
    assert_eq!(row("AOA"), [Some(0), Some(1), Some(1), None, Some(0)]);
    assert_eq!(row("HOTS"), [Some(0), Some(1), Some(0), None, Some(1)]);
}

#[test]
fn the_runs_own_cells_are_copied_and_others_keep_the_total() {
    let value = |column: usize, row: usize| {
        let rim = column == 0 || row == 0 || column == 79 || row == 69;
        [if rim { 0.0 } else { 1.0 + noise(column, row) }, 1.0, 0.5, 0.0]
    };
    let source = |row: usize| (0..80).map(move |column| f64::from(value(column, row)[0]));
    for (origin, is_own) in [([600_000.0, 5_000_000.0], true), ([600_013.0, 5_000_027.0], false)] {
        let folder = tempfile::tempdir().unwrap();
        let run = Fake::new(32631, origin, 40.0, [80, 70]).run(folder.path(), value);
        let into = tempfile::tempdir().unwrap();
        let (grids, layers) = pack(&run, &NATIONAL, into.path());
        let grid = grids.national.unwrap();
        assert_eq!(grid.remark == "the run's own cells", is_own, "{}", grid.remark);
        assert!(grid.origin.iter().all(|edge| edge % 40.0 == 0.0) && grid.epsg == 32631);
        let read = Read::layer(into.path(), &layers, "national", "MEAN");
        if is_own {
            assert_eq!(read.size, [80, 70]);
            let cells: Vec<f64> = (0..70).flat_map(source).collect();
            assert_eq!(read.cells, cells);
        } else {
            assert_eq!(read.size, [81, 71]);
            let total: f64 = read.cells.iter().filter(|v| !v.is_nan()).sum();
            // Cells of the rim that are less than half covered hold zeros alone.
            let exact: f64 = (0..70).flat_map(source).sum();
            assert!((total / exact - 1.0).abs() < 1e-7, "{total} {exact}");
        }
    }
}

#[test]
fn a_finer_grid_repeats_the_coarse_cell_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(5070, [-1_900_000.0, 2_750_000.0], 10_000.0, [7, 6]);
    let value = |column: usize, row: usize| [(10 * column + row + 1) as f32, 2.0, 0.5, 0.0];
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &SUBMISSION, into.path());
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    let [mut inside, mut between] = [0, 0];
    for (column, row, found) in read.all() {
        let seen = std::cell::RefCell::new(Vec::new());
        let of = |column, row| {
            let value = f64::from(value(column, row)[0]);
            if !seen.borrow().contains(&value) {
                seen.borrow_mut().push(value);
            }
            Some(value)
        };
        let (share, mean) = sampled(&map, read.edges(column, row), 20, &of);
        if share == 1.0 && seen.borrow().len() == 1 {
            // Twenty samples a side may miss a corner of another cell, of at most a few thousandths of the area and 11 away.
            assert!((found - mean).abs() < 0.06, "{column}, {row}: {found} {mean}");
            inside += usize::from(found == mean);
        } else if share > 0.6 {
            assert!((found - mean).abs() < 0.7, "{column}, {row}: {found} {mean}");
            between += 1;
        }
    }
    assert!(inside > 2000 && between > 100, "{inside} {between}");
    let band = read.dataset.rasterband(1).unwrap();
    assert_eq!(band.metadata_item("SUPPORT_M", "").as_deref(), Some("10000"));
    // Not said of a target that is coarser than its source.
    let fine = Fake::new(5070, [-1_900_000.0, 2_750_000.0], 50.0, [70, 60]).run(folder.path(), value);
    let (_, layers) = pack(&fine, &SUBMISSION, into.path());
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    assert_eq!(read.dataset.rasterband(1).unwrap().metadata_item("SUPPORT_M", ""), None);
}

#[test]
fn a_template_is_copied_cell_by_cell() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(28992, [178_440.0, 333_760.0], 40.0, [78, 104]);
    let run = map.run(folder.path(), |column, row| [noise(column, row), 1.0, 0.5, 0.0]);
    let template = folder.path().join("mask.tif");
    let make = |epsg: u32, transform: [f64; 6]| {
        write(&template, [31, 29], transform, &crs(epsg), 255.0, vec![0u8; 31 * 29]);
        let choice = GridChoice { geographic: Some(Geographic::Template(template.clone())), national: false };
        (Grids::of(&[&run], &choice), choice)
    };
    let transform = [5.6512, 0.0083333, 0.0, 51.0703, 0.0, -0.0083333];
    let (_, choice) = make(4326, transform);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &choice, into.path());
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    assert_eq!((read.size, read.transform), ([31, 29], transform));
    assert_eq!(layers[0].grid, "template");
    let mut compared = 0;
    for (column, row, found) in read.all() {
        let of = |column, row| Some(f64::from(noise(column, row)));
        let (share, mean) = sampled(&map, read.edges(column, row), 100, &of);
        if share > 0.52 {
            assert!((found - mean).abs() < 0.01, "{column}, {row}: {found} {mean}");
            compared += 1;
        }
        assert!(share > 0.48 || found.is_nan());
    }
    assert!(compared >= 10, "{compared}");
    for (epsg, transform, what) in [
        (4258, transform, "not in EPSG:4326"),
        (28992, [178_000.0, 100.0, 0.0, 334_000.0, 0.0, -100.0], "not in EPSG:4326"),
        (4326, [5.65, 0.0083333, 0.001, 51.07, 0.0, -0.0083333], "rotated"),
        (4326, [5.65, 0.0083333, 0.0, 50.0, 0.0, 0.0083333], "north up"),
        (4326, [5.65, 0.0083333, 0.0, 51.07, 0.0, -0.0043333], "square"),
        (4326, [25.65, 0.0083333, 0.0, 51.07, 0.0, -0.0083333], "elsewhere"),
    ] {
        let error = make(epsg, transform).0.unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
}

#[test]
fn a_map_across_the_antimeridian_is_one_raster_that_goes_on_past_180() {
    let folder = tempfile::tempdir().unwrap();
    // Fiji Map Grid, from 179.6 E to 179.6 W.
    let map = Fake::new(3460, [2_090_000.0, 4_000_000.0], 500.0, [170, 60]);
    let value = |column: usize, row: usize| [100.0 * noise(column / 4, row / 4), 1.0, 0.5, 0.0];
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (grids, layers) = pack(&run, &SUBMISSION, into.path());
    let grid = grids.geographic.unwrap();
    assert!(grid.crosses_antimeridian() && grid.size[0] < 130, "{grid:?}");
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    let [mut west, mut east] = [0, 0];
    for (column, row, found) in read.all() {
        let edges = read.edges(column, row);
        let of = |column, row| Some(f64::from(value(column, row)[0]));
        let (share, mean) = sampled(&map, edges, 40, &of);
        assert!((share - 0.5).abs() < 0.03 || found.is_nan() == (share < 0.5), "{column}, {row}: {share}");
        if share > 0.53 {
            assert!((found - mean).abs() < 2.5, "{column}, {row}: {found} {mean}");
            *(if edges[0] >= 180.0 - 1e-9 { &mut east } else { &mut west }) += 1;
        }
    }
    assert!(west > 500 && east > 500, "{west} {east}");
    assert!(read.all().map(|(c, r, _)| read.edges(c, r)[2]).fold(0.0, f64::max) > 180.3);
}

#[test]
fn north_is_up_in_the_south() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(32733, [400_000.0, 8_000_000.0], 500.0, [40, 60]);
    let run = map.run(folder.path(), |_, row| [(60 - row) as f32, 1.0, 0.5, 0.0]);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &SUBMISSION, into.path());
    let read = Read::layer(into.path(), &layers, "gsp", "MEAN");
    assert!(read.transform[3] < 0.0 && read.transform[5] < 0.0);
    let middle: Vec<f64> =
        (0..read.size[1]).map(|row| read.at(read.size[0] / 2, row)).filter(|v| !v.is_nan()).collect();
    assert!(middle.len() > 20 && middle.windows(2).all(|v| v[0] > v[1]), "{middle:?}");
}

#[test]
fn uncertainty_is_computed_where_the_distribution_is_declared_and_nowhere_else() {
    let value = |column: usize, row: usize| [10.0 + noise(column, row), 1.0 + noise(row, column), 0.5, 0.0];
    let with = |distribution: &'static str, threshold: Option<f64>| {
        let folder = tempfile::tempdir().unwrap();
        let mut map = Fake::new(32631, [600_000.0, 5_000_000.0], 100.0, [40, 40]);
        (map.distribution, map.threshold) = (distribution, threshold);
        let run = map.run(folder.path(), value);
        let into = tempfile::tempdir().unwrap();
        let (_, layers) = pack(&run, &NATIONAL, into.path());
        (into, layers)
    };
    let stats = |layers: &[Layer]| layers.iter().map(|l| l.stat.clone()).collect::<Vec<_>>();
    let (into, layers) = with("Gaussian", Some(50.0));
    assert_eq!(stats(&layers), ["MEAN", "SDEV", "UNCT", "PEXC", "HOTS", "AOA"]);
    let [mean, sd, unct] = ["MEAN", "SDEV", "UNCT"].map(|stat| Read::layer(into.path(), &layers, "national", stat));
    for i in 0..mean.cells.len() {
        let expected = 100.0 * 1.96 * sd.cells[i] / mean.cells[i];
        assert!((unct.cells[i] / expected - 1.0).abs() < 1e-6);
    }
    assert_eq!(unct.dataset.metadata_item("INTERVAL", "").as_deref(), Some("normal"));
    // No threshold: no probability and no hotspot.
    let (_into, layers) = with("log-normal (Gaussian on the natural logarithm)", None);
    assert_eq!(stats(&layers), ["MEAN", "SDEV", "UNCT", "AOA"]);
    // A mixture, or scores, has no interval in closed form.
    let (_into, layers) = with("Gaussian on the normal scores of the samples", None);
    assert_eq!(stats(&layers), ["MEAN", "SDEV", "AOA"]);
    assert!(!layers.iter().any(|l| l.metadata.iter().any(|(name, _)| name == "INTERVAL")));
}

#[test]
fn mean_and_deviation_have_one_mask_and_no_content_is_below_zero() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(32631, [600_000.0, 5_000_000.0], 100.0, [60, 60]);
    let value = |column: usize, row: usize| {
        let mean = if column < 20 { f32::NAN } else { column as f32 - 30.0 };
        let sd = if row < 25 { f32::NAN } else { 1.0 };
        [mean, sd, 0.5, if row < 40 { f32::NAN } else { 0.0 }]
    };
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (_, layers) = pack(&run, &BOTH, into.path());
    for flavour in ["glosis", "national"] {
        let [mean, sd] = ["MEAN", "SDEV"].map(|stat| Read::layer(into.path(), &layers, flavour, stat));
        assert!(mean.cells.iter().zip(&sd.cells).all(|(m, s)| m.is_nan() == s.is_nan()));
        assert!(mean.cells.iter().filter(|v| !v.is_nan()).count() > 3);
        assert!(mean.cells.iter().all(|v| v.is_nan() || *v >= 0.0));
    }
    let mean = layers.iter().find(|l| l.flavour == "national" && l.stat == "MEAN").unwrap();
    assert_eq!(mean.raised_to_zero, 10 * 35);
    assert!(mean.metadata.contains(&("RAISED_TO_ZERO".to_owned(), "350".to_owned())));
    let inside = layers.iter().find(|l| l.flavour == "national" && l.stat == "AOA").unwrap();
    assert_eq!(inside.valid, 40 * 20);
}
