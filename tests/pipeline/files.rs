//! GeoTIFFs: complete or absent, cloud-optimised, described, the same bytes for the same map.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use gdal::{Dataset, Metadata};
use soilscope_pipeline::grid::{DEFAULT_CELL_LIMIT, Grid, GridCrs};
use soilscope_pipeline::io::geotiff::{GeoTiffOptions, GeoTiffSink, NODATA};
use soilscope_pipeline::io::mask_in::RasterMask;
use soilscope_pipeline::io::raster_in::{RasterIn, Resampling};
use soilscope_pipeline::mask::{Mask, WithinOfSamples};
use soilscope_pipeline::product::{Layer, Product};
use soilscope_pipeline::run::{RunReport, run};
use soilscope_pipeline::tidy::Existing;
use soilscope_pipeline::tile::{Tile, TileSink};
use soilscope_pipeline::{Error, Result, Unwatched, Watch};

use crate::support::{LAYERS, StopAfter, Waves, grid, plan, run_in_memory};

fn products(folder: &Path) -> Vec<Product> {
    LAYERS
        .iter()
        .enumerate()
        .map(|(i, &layer)| Product {
            layer,
            path: folder.join(format!("zinc_{i}.tif")),
            unit: if i < 2 { "mg/kg".into() } else { String::new() },
            description: format!("zinc, layer {i}"),
            metadata: vec![("ANALYTE".into(), "zinc".into()), ("METHOD".into(), "ordinary kriging".into())],
        })
        .collect()
}

fn options(threads: usize, tile: usize) -> GeoTiffOptions {
    GeoTiffOptions {
        existing: Existing::Refuse,
        creation: Vec::new(),
        threads: NonZeroUsize::new(threads).unwrap(),
        side_by_side: NonZeroUsize::new(threads).unwrap(),
        tile: NonZeroUsize::new(tile).unwrap(),
    }
}

fn write_map(
    folder: &Path,
    grid: &Grid,
    mask: Option<&dyn Mask>,
    options: &GeoTiffOptions,
    watch: &dyn Watch,
) -> Result<(RunReport, Vec<PathBuf>)> {
    let mut sink = Box::new(GeoTiffSink::create(grid, &products(folder), options)?);
    let plan = plan(grid, mask, options.threads.get(), options.tile.get());
    let report = run(&plan, &Waves { gap_every: 11 }, sink.as_mut(), watch)?;
    Ok((report, sink.finish(watch)?))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Dutch national grid, as WKT from GDAL itself.
fn in_rd(origin: [f64; 2], cell: f64, size: [usize; 2]) -> Grid {
    let wkt = gdal::spatial_ref::SpatialRef::from_epsg(28992).unwrap().to_wkt().unwrap();
    Grid::new(origin, [cell, cell], size, GridCrs::Wkt(wkt), DEFAULT_CELL_LIMIT).unwrap()
}

#[test]
fn a_map_is_a_described_cloud_optimised_geotiff() {
    let folder = tempfile::tempdir().unwrap();
    let grid = in_rd([178_000.0, 334_000.0], 2.0, [1300, 1100]);
    let (report, paths) = write_map(folder.path(), &grid, None, &options(2, 128), &Unwatched).unwrap();
    assert_eq!(names(folder.path()), ["zinc_0.tif", "zinc_1.tif", "zinc_2.tif", "zinc_3.tif"]);
    assert_eq!(paths[3], folder.path().join("zinc_3.tif"));

    let dataset = Dataset::open(&paths[0]).unwrap();
    let structure = |name: &str| dataset.metadata_item(name, "IMAGE_STRUCTURE");
    assert_eq!(structure("LAYOUT").as_deref(), Some("COG"));
    assert_eq!(structure("COMPRESSION").as_deref(), Some("DEFLATE"));
    assert_eq!(structure("PREDICTOR").as_deref(), Some("3"));
    assert_eq!(dataset.metadata_item("METHOD", "").as_deref(), Some("ordinary kriging"));
    assert!(dataset.spatial_ref().unwrap().to_wkt().unwrap().contains("28992"));
    assert_eq!(dataset.geo_transform().unwrap(), grid.geotransform());
    let band = dataset.rasterband(1).unwrap();
    assert_eq!(band.block_size(), (512, 512));
    assert_eq!(band.overview_count().unwrap(), 2);
    assert_eq!(band.no_data_value(), Some(-9999.0));
    assert_eq!(band.unit(), "mg/kg");
    assert_eq!(band.description().unwrap(), "zinc, layer 0");
    let statistics = report.layers[0].statistics.unwrap();
    let stored = |name: &str| band.metadata_item(name, "").unwrap().parse::<f64>().unwrap();
    assert_eq!(stored("STATISTICS_MINIMUM"), statistics.min);
    assert_eq!(stored("STATISTICS_MEAN"), statistics.mean);
    assert_eq!(stored("STATISTICS_STDDEV"), statistics.standard_deviation);
    // An overview is a mean of cells with values: inside the range, and never mixed with nodata.
    let raster = RasterIn::open(&paths[0], 1).unwrap();
    let small = raster.decimated([325, 275], Resampling::Average).unwrap();
    assert_eq!(small.size, [325, 275]);
    assert!(small.values.iter().flatten().all(|v| (statistics.min..=statistics.max).contains(v)));
    assert!(small.values.iter().flatten().count() > 80_000);

    // gdalinfo, where there is one, has nothing to complain about.
    if let Ok(output) = std::process::Command::new("gdalinfo").arg(&paths[0]).output() {
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        for part in
            ["LAYOUT=COG", "Unit Type: mg/kg", "NoData Value=-9999", "STATISTICS_STDDEV", "Overviews: 650x550, 325x275"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn files_hold_what_was_predicted_and_are_equal_bytes() {
    let grid = grid([200.0, 7100.0], 2.0, [701, 603]);
    let mask = WithinOfSamples::new(&[[310.0, 7000.0], [1200.0, 6300.0]], 400.0).unwrap();
    let (_, memory) = run_in_memory(&plan(&grid, Some(&mask), 1, 128), &Waves { gap_every: 11 });
    let mut first: Option<Vec<Vec<u8>>> = None;
    for (threads, tile) in [(1, 128), (2, 128), (2, 100), (1, 1000), (2, 16)] {
        let folder = tempfile::tempdir().unwrap();
        let (_, paths) = write_map(folder.path(), &grid, Some(&mask), &options(threads, tile), &Unwatched).unwrap();
        for (path, expected) in paths.iter().zip(&memory.layers) {
            let rows: Result<Vec<_>> = RasterIn::open(path, 1).unwrap().rows().collect();
            let values: Vec<Option<f32>> = rows.unwrap().concat().into_iter().map(|v| v.map(|v| v as f32)).collect();
            assert!(values == *expected, "{threads} threads, tiles of {tile}");
        }
        let bytes: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        match &first {
            Some(first) => assert!(*first == bytes, "{threads} threads, tiles of {tile}"),
            None => first = Some(bytes),
        }
    }
}

#[test]
fn the_value_of_nodata_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid([0.0, 20.0], 1.0, [20, 20]);
    let mut product = products(folder.path());
    product.truncate(1);
    let mut sink = Box::new(GeoTiffSink::create(&grid, &product, &options(1, 128)).unwrap());
    let mut tile = soilscope_pipeline::tile::Tile::new([0, 0], [20, 20], 1);
    tile.set(7, &[NODATA]);
    sink.write(&tile).unwrap();
    let paths = sink.finish(&Unwatched).unwrap();
    let row = RasterIn::open(&paths[0], 1).unwrap().rows().next().unwrap().unwrap();
    assert!((row[7].unwrap() + 9999.0).abs() < 0.002);
    assert_eq!(row.iter().flatten().count(), 1);
}

#[test]
fn existing_files_are_refused_before_computing_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid([0.0, 100.0], 1.0, [100, 100]);
    std::fs::write(folder.path().join("zinc_2.tif"), "precious").unwrap();
    let error = write_map(folder.path(), &grid, None, &options(1, 64), &Unwatched).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }) && error.to_string().contains("--overwrite"), "{error}");
    assert_eq!(names(folder.path()), ["zinc_2.tif"]);
    let replace = GeoTiffOptions { existing: Existing::Replace, ..options(1, 64) };
    write_map(folder.path(), &grid, None, &replace, &Unwatched).unwrap();
    assert_eq!(names(folder.path()).len(), 4);
    assert!(std::fs::metadata(folder.path().join("zinc_2.tif")).unwrap().len() > 1000);
}

#[test]
fn interruption_leaves_no_file_whenever_it_comes() {
    let grid = grid([0.0, 1500.0], 1.0, [1500, 1500]);
    let cells = grid.cells();
    // While predicting, and while the second file is compressed.
    for limit in [cells / 10, cells + cells * 3 / 2] {
        let folder = tempfile::tempdir().unwrap();
        let outcome = write_map(folder.path(), &grid, None, &options(2, 128), &StopAfter::new(limit));
        assert!(matches!(outcome, Err(Error::Interrupted)), "{limit}");
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
}

#[test]
fn progress_of_writing_is_every_cell_of_every_layer() {
    let folder = tempfile::tempdir().unwrap();
    let grid = grid([0.0, 1500.0], 1.0, [700, 600]);
    let watch = StopAfter::new(u64::MAX);
    write_map(folder.path(), &grid, None, &options(2, 128), &watch).unwrap();
    assert_eq!(watch.cells.into_inner(), grid.cells() * 5);
}

#[test]
fn what_cannot_work_is_said_before_computing() {
    let folder = tempfile::tempdir().unwrap();
    let small = grid([0.0, 100.0], 1.0, [100, 100]);
    let with =
        |name: &str, value: &str| GeoTiffOptions { creation: vec![(name.into(), value.into())], ..options(1, 64) };
    let message = |folder: &Path, grid: &Grid, options: &GeoTiffOptions| {
        GeoTiffSink::create(grid, &products(folder), options).err().unwrap().to_string()
    };
    assert!(message(folder.path(), &small, &with("COMPRES", "ZSTD")).contains("COMPRES"));
    assert!(message(folder.path(), &small, &with("COMPRESS", "NOTHING")).contains("NOTHING"));
    assert!(message(&folder.path().join("missing"), &small, &options(1, 64)).contains("cannot write into the folder"));
    let nowhere = Grid::new([0.0, 9.0], [1.0; 2], [9, 9], GridCrs::Wkt("nowhere".into()), DEFAULT_CELL_LIMIT).unwrap();
    assert!(message(folder.path(), &nowhere, &options(1, 64)).starts_with("GDAL"));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn creation_options_of_the_user_win() {
    let grid = grid([0.0, 1500.0], 1.0, [600, 600]);
    for (name, value, structure, expected) in [
        ("COMPRESS", "ZSTD", "COMPRESSION", "ZSTD"),
        ("COMPRESS", "none", "COMPRESSION", ""),
        ("compress", "lerc", "COMPRESSION", "LERC"),
        ("PREDICTOR", "NO", "PREDICTOR", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let options = GeoTiffOptions { creation: vec![(name.into(), value.into())], ..options(2, 128) };
        let (_, paths) = write_map(folder.path(), &grid, None, &options, &Unwatched).unwrap();
        let dataset = Dataset::open(&paths[0]).unwrap();
        assert_eq!(dataset.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(), Some("COG"), "{name}={value}");
        assert_eq!(dataset.metadata_item(structure, "IMAGE_STRUCTURE").unwrap_or_default(), expected, "{name}={value}");
    }
}

#[test]
fn rasters_are_read_in_rows_and_as_templates_and_masks() {
    let folder = tempfile::tempdir().unwrap();
    let grid = in_rd([178_000.0, 334_000.0], 40.0, [90, 120]);
    let near = WithinOfSamples::new(&[[179_000.0, 332_000.0]], 900.0).unwrap();
    let mut product = products(folder.path());
    product.truncate(1);
    let mut sink = Box::new(GeoTiffSink::create(&grid, &product, &options(1, 64)).unwrap());
    let mut plan = plan(&grid, Some(&near), 1, 64);
    plan.layers = vec![Layer::Prediction];
    run(&plan, &Waves { gap_every: 0 }, sink.as_mut(), &Unwatched).unwrap();
    let path = sink.finish(&Unwatched).unwrap().remove(0);

    let raster = RasterIn::open(&path, 1).unwrap();
    assert_eq!(raster.size(), [90, 120]);
    assert_eq!((raster.unit().as_str(), raster.description().as_str()), ("mg/kg", "zinc, layer 0"));
    assert_eq!(raster.metadata("ANALYTE").as_deref(), Some("zinc"));
    let template = raster.grid(DEFAULT_CELL_LIMIT).unwrap();
    assert_eq!((template.origin(), template.cell(), template.size()), (grid.origin(), grid.cell(), grid.size()));
    assert!(matches!(template.crs(), GridCrs::Wkt(wkt) if wkt.contains("Amersfoort")));
    assert!(raster.grid(100).is_err());
    for (name, transform, word) in [
        ("turned", [0.0, 1.0, 0.1, 9.0, 0.1, -1.0], "rotated"),
        ("south", [0.0, 1.0, 0.0, 9.0, 0.0, 1.0], "southernmost"),
        ("mirrored", [9.0, -1.0, 0.0, 9.0, 0.0, -1.0], "easternmost"),
    ] {
        let path = folder.path().join(name).with_extension("tif");
        let driver = gdal::DriverManager::get_driver_by_name("GTiff").unwrap();
        driver.create_with_band_type::<u8, _>(&path, 4, 4, 1).unwrap().set_geo_transform(&transform).unwrap();
        let refused = RasterIn::open(&path, 1).unwrap().grid(DEFAULT_CELL_LIMIT).unwrap_err().to_string();
        assert!(refused.contains(&format!("{name}.tif: the raster")) && refused.contains(word), "{refused}");
    }
    let turned = RasterMask::open(&folder.path().join("turned.tif"), 1).err().unwrap().to_string();
    assert!(turned.contains("turned.tif") && turned.contains("rotated"), "{turned}");
    assert!(RasterIn::open(&path, 2).is_err_and(|e| e.to_string().contains("no band 2")));
    assert!(RasterIn::open(&folder.path().join("no.tif"), 1).is_err_and(|e| e.to_string().contains("no such file")));

    // As a mask of a finer, larger grid: the cells of the coarse one that have a value.
    let mask = RasterMask::open(&path, 1).unwrap();
    let fine = in_rd([177_900.0, 334_100.0], 10.0, [400, 520]);
    let values: Vec<_> = raster.rows().flat_map(|row| row.unwrap()).collect();
    let patch = fine.patch([0, 0], fine.size());
    let mut inside = vec![false; patch.cells()];
    mask.fill(&patch, &mut inside).unwrap();
    for (i, inside) in inside.iter().enumerate() {
        let [x, y] = patch.centre(i);
        let (column, row) = (((x - 178_000.0) / 40.0).floor(), ((334_000.0 - y) / 40.0).floor());
        let within = (0.0..90.0).contains(&column) && (0.0..120.0).contains(&row);
        assert_eq!(*inside, within && values[row as usize * 90 + column as usize].is_some());
    }
    assert!(inside.contains(&true));
    let away = fine.patch([0, 0], [5, 5]);
    assert_eq!(mask.overlap(&away), soilscope_pipeline::mask::Overlap::None);
}

/// A full disk is an error at every stage, and leaves nothing. Needs root for a small tmpfs.
///
/// In a process of its own: GDAL's block cache is one for all, so a thread can be told of another's full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let name = "files::a_full_disk_is_an_error_and_leaves_nothing";
    if std::env::var_os("SOILSCOPE_ALONE").is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("SOILSCOPE_ALONE", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        println!("{text}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // 1200² cells in four layers are 23 MB plain: room for none, some, all but the copies, and almost all.
    let grid = grid([0.0, 1500.0], 1.0, [1200, 1200]);
    // Another part of the program may have set a handler that hears nothing.
    gdal::config::set_error_handler(|_, _, _| {});
    for megabytes in [1, 8, 22, 24, 27] {
        let size = format!("size={megabytes}m");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("skipped: a small tmpfs cannot be mounted here");
            return;
        }
        let outcome = write_map(folder.path(), &grid, None, &options(2, 128), &Unwatched);
        let left = names(folder.path());
        let unmounted = std::process::Command::new("umount").arg(folder.path()).status().unwrap();
        assert!(unmounted.success());
        let error = outcome.expect_err("the disk is too small").to_string();
        println!("{megabytes} MB: {error}");
        assert!(error.contains("zinc_") && error.ends_with("no space is left on the disk"), "{error}");
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Peak memory of a large map does not grow with the grid: `cargo test --release … -- --ignored large`.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "half a minute, 1 GB of disk"]
fn large_grids_take_no_more_memory() {
    let side = std::env::var("SOILSCOPE_SIDE").ok().and_then(|s| s.parse().ok()).unwrap_or(8000);
    let folder = tempfile::tempdir().unwrap();
    let grid = in_rd([0.0, 1e6], 10.0, [side, side]);
    let mut product = products(folder.path());
    product.truncate(1);
    let mut sink = Box::new(GeoTiffSink::create(&grid, &product, &options(2, 128)).unwrap());
    let mut plan = plan(&grid, None, 2, 128);
    plan.layers = vec![Layer::Prediction];
    let begun = std::time::Instant::now();
    let report = run(&plan, &Waves { gap_every: 11 }, sink.as_mut(), &Unwatched).unwrap();
    let predicted = begun.elapsed().as_secs_f64();
    sink.finish(&Unwatched).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").parse::<u64>();
    let peak = peak.unwrap() / 1024;
    println!(
        "{} cells, {predicted:.1} s to predict, {:.1} s in all, peak {peak} MB",
        report.cells,
        begun.elapsed().as_secs_f64()
    );
    assert!(peak < 300, "{peak} MB");
}

#[test]
fn classes_are_bytes_and_their_overviews_classes() {
    let folder = tempfile::tempdir().unwrap();
    let grid = in_rd([178_000.0, 334_000.0], 2.0, [1200, 1024]);
    let product = Product {
        layer: Layer::Trust,
        path: folder.path().join("zinc_trust.tif"),
        unit: String::new(),
        description: "doubts".into(),
        metadata: vec![("TRUST_1".into(), "extrapolation".into())],
    };
    // What only numbers can have is left out, what both can have is not.
    let creation = [("predictor", "FLOATING_POINT"), ("OVERVIEW_RESAMPLING", "AVERAGE"), ("COMPRESS", "LZW")];
    let creation = creation.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let options = GeoTiffOptions { creation, ..options(1, 128) };
    let mut sink = Box::new(GeoTiffSink::create(&grid, &[product], &options).unwrap());
    for patch in (0..grid.tiles(128).len()).map(|i| grid.tiles(128).get(i)) {
        let mut tile = Tile::new(patch.first, patch.size, 1);
        for cell in (0..patch.cells()).filter(|cell| patch.centre(*cell)[1] < 333_000.0) {
            tile.set(cell, &[if patch.centre(cell)[0] < 179_000.0 { 5.0 } else { 0.0 }]);
        }
        sink.write(&tile).unwrap();
    }
    let path = sink.finish(&Unwatched).unwrap().remove(0);
    let dataset = Dataset::open(&path).unwrap();
    let band = dataset.rasterband(1).unwrap();
    assert_eq!((band.band_type(), band.no_data_value()), (gdal::raster::GdalDataType::UInt8, Some(255.0)));
    assert_eq!(dataset.metadata_item("COMPRESSION", "IMAGE_STRUCTURE").as_deref(), Some("LZW"));
    assert_eq!(dataset.metadata_item("TRUST_1", "").as_deref(), Some("extrapolation"));
    let raster = RasterIn::open(&path, 1).unwrap();
    let rows: Vec<_> = raster.rows().map(std::result::Result::unwrap).collect();
    assert_eq!((rows[0][0], rows[600][499], rows[600][500]), (None, Some(5.0), Some(0.0)));
    // From the overview, in which a mean would be 2.5 at the border.
    let small = raster.decimated([300, 256], Resampling::Nearest).unwrap();
    assert!(small.values.iter().flatten().all(|&v| v == 0.0 || v == 5.0));
    assert_eq!(small.values.iter().flatten().filter(|&&v| v == 5.0).count(), 125 * 131);
}
