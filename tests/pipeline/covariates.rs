//! External drift over a grid: the core's predictions cell by cell, whatever the threads and tiles.

use std::path::{Path, PathBuf};

use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::ModelTemplate;
use soilscope_core::{Coord, Interpolator, Predictions, Predictor, Samples, Scratch, Targets};
use soilscope_pipeline::covariates::{Encoding, Function, Source};
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::covariate_in::{RasterCovariate, RasterCovariates};
use soilscope_pipeline::mask::WithinOfSamples;
use soilscope_pipeline::product::{Layer, Scale};
use soilscope_pipeline::run::{Plan, run};
use soilscope_pipeline::{Error, Unwatched};

use crate::support::{Memory, grid, plan, run_in_memory};

const SIDE: usize = 40;
const CELL: f64 = 7.5;

/// What the covariate raster holds, by column and row from the north-west; `None` is nodata.
fn distance(column: usize, row: usize) -> Option<f64> {
    (!(column + 3 * row).is_multiple_of(17)).then(|| (column as f64 - 11.0).hypot(row as f64 - 23.0) / 4.0 + 0.125)
}

/// Classes 1 to 3, and a 4 in one corner that no sample has.
fn soil(column: usize, row: usize) -> Option<f64> {
    Some(if column > 35 && row > 35 { 4.0 } else { 1.0 + ((column / 7 + row / 9) % 3) as f64 })
}

/// An ASCII grid whose south-west corner is (0, 0).
fn write(folder: &Path, name: &str, value: impl Fn(usize, usize) -> Option<f64>) -> PathBuf {
    let mut text =
        format!("ncols {SIDE}\nnrows {SIDE}\nxllcorner 0\nyllcorner 0\ncellsize {CELL}\nNODATA_value -9999\n");
    for row in 0..SIDE {
        let cells: Vec<String> =
            (0..SIDE).map(|column| format!("{:.10}", value(column, row).unwrap_or(-9999.0))).collect();
        text += &(cells.join(" ") + "\n");
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The value of the raster's cell that holds a place.
fn at(value: impl Fn(usize, usize) -> Option<f64>, [x, y]: Coord) -> f64 {
    let (column, row) = ((x / CELL).floor(), ((SIDE as f64 * CELL - y) / CELL).floor());
    let inside = |v: f64| v >= 0.0 && v < SIDE as f64;
    let cell = (inside(column) && inside(row)).then(|| value(column as usize, row as usize)).flatten();
    cell.unwrap_or(f64::NAN)
}

fn rounded(value: impl Fn(usize, usize) -> Option<f64>) -> impl Fn(usize, usize) -> Option<f64> {
    // As the text of the raster has it.
    move |column, row| value(column, row).map(|v| format!("{v:.10}").parse::<f32>().unwrap().into())
}

struct Setting {
    _folder: tempfile::TempDir,
    encoding: Encoding,
    distance: RasterCovariate,
    soil: RasterCovariate,
    samples: Samples,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (d, s) = (write(folder.path(), "d.asc", distance), write(folder.path(), "s.asc", soil));
        let mut places: Vec<Coord> = Vec::new();
        for i in 0..90_u32 {
            let place = [f64::from(i * 37 % 281) + 3.3, f64::from(i * 53 % 277) + 5.1];
            let (distance, soil) = (at(distance, place), at(soil, place));
            if distance.is_finite() && distance < 7.0 && soil < 4.0 {
                places.push(place);
            }
        }
        let raw: Vec<[f64; 2]> = places.iter().map(|&p| [at(rounded(distance), p), at(soil, p)]).collect();
        let range = raw.iter().fold([f64::MAX, f64::MIN], |[l, h], r| [l.min(r[0]), h.max(r[0])]);
        let encoding = Encoding::new(vec![
            Source::Quantity { functions: vec![Function::SquareRoot, Function::Power(2)], range },
            Source::Classes { codes: vec![2.0, 1.0, 3.0] },
        ]);
        let mut columns = vec![Vec::new(); encoding.columns()];
        let mut row = vec![0.0; encoding.columns()];
        for raw in &raw {
            encoding.encode(raw, &mut row);
            columns.iter_mut().zip(&row).for_each(|(column, v)| column.push(*v));
        }
        let values = places.iter().zip(&raw).map(|(p, r)| (p[0] / 60.0).sin() + r[0] + r[1]).collect();
        let samples = Samples::new(places, values).unwrap().with_covariates(&columns).unwrap();
        let open = |path: &Path| RasterCovariate::open(path, 1).unwrap();
        Self { encoding, distance: open(&d), soil: open(&s), samples, _folder: folder }
    }

    fn predictor(&self, neighbourhood: Neighbourhood) -> Box<dyn Predictor> {
        let variogram = "0.1 Nug + 1 Sph(120)".parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let drift = Drift::external(self.samples.covariate_count());
        Kriging::new(variogram, drift, neighbourhood).fit(&self.samples).unwrap()
    }

    fn covariates(&self) -> RasterCovariates<'_> {
        RasterCovariates::new(&self.encoding, vec![&self.distance, &self.soil])
    }
}

fn plain<'a>(grid: &Grid, covariates: &'a RasterCovariates<'a>, threads: usize, tile: usize) -> Plan<'a> {
    Plan {
        covariates: Some(covariates),
        layers: vec![Layer::Prediction, Layer::Variance],
        transform: Transform::None,
        scale: Scale::Data,
        ..plan(grid, None, threads, tile)
    }
}

#[test]
fn cells_are_the_core_s_predictions_to_the_bit() {
    let setting = Setting::new();
    let covariates = setting.covariates();
    // A finer grid than the raster's, that reaches beyond it, exact in floating point and not.
    for grid in [grid([-20.0, 310.0], 5.0, [70, 68]), grid([-20.03, 310.07], 4.9, [70, 68])] {
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(24).unwrap()] {
            let predictor = setting.predictor(neighbourhood);
            let (mut expected, sink) = run_in_memory(&plain(&grid, &covariates, 1, 128), predictor.as_ref());
            let patch = grid.patch([0, 0], grid.size());
            let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
            let mut row = vec![0.0; setting.encoding.columns()];
            let (mut extrapolated, mut unknown, mut missing) = (0, 0, 0);
            for cell in 0..patch.cells() {
                let place = patch.centre(cell);
                let raw = [at(rounded(distance), place), at(soil, place)];
                let remark = setting.encoding.encode(&raw, &mut row);
                let targets = [place];
                let targets = Targets::points(&targets).with_covariates(&row, row.len());
                predictor.predict_into(&targets, &mut scratch, &mut out);
                let outcome = out.get(0).ok();
                assert_eq!(sink.layers[0][cell], outcome.map(|p| p.value as f32), "{place:?}");
                assert_eq!(sink.layers[1][cell], outcome.map(|p| p.variance.unwrap() as f32), "{place:?}");
                extrapolated += u64::from(remark.extrapolated && outcome.is_some());
                unknown += u64::from(remark.unknown_class);
                missing += u64::from(row.iter().any(|v| !v.is_finite()));
            }
            assert!(extrapolated > 0 && unknown > 0 && missing > unknown);
            assert_eq!((expected.extrapolated, expected.unknown_class), (extrapolated, unknown));
            assert_eq!(expected.gaps["missing-covariate"], missing);
            for (threads, tile) in [(2, 128), (1, 16), (2, 33)] {
                let (report, other) = run_in_memory(&plain(&grid, &covariates, threads, tile), predictor.as_ref());
                (expected.seconds, expected.work) = (report.seconds, report.work);
                assert_eq!(report, expected, "{threads} threads, tiles of {tile}");
                assert!(other.layers == sink.layers, "{threads} threads, tiles of {tile}");
            }
        }
    }
}

#[test]
fn a_mask_and_bounds_keep_the_counts_right() {
    let setting = Setting::new();
    let covariates = setting.covariates();
    let predictor = setting.predictor(Neighbourhood::Global);
    let grid = grid([0.0, 300.0], 5.0, [60, 60]);
    let mask = WithinOfSamples::new(&[[150.0, 150.0], [290.0, 20.0]], 70.0).unwrap();
    let masked =
        |threads, tile| Plan { mask: Some(&mask), clip: Some([2.0, 5.0]), ..plain(&grid, &covariates, threads, tile) };
    let (mut expected, sink) = run_in_memory(&masked(1, 128), predictor.as_ref());
    let outside = |v: &&Option<f32>| v.is_some_and(|v| v == 2.0 || v == 5.0);
    assert!(expected.clipped > 0);
    assert_eq!(expected.clipped, sink.layers[0].iter().filter(outside).count() as u64);
    assert_eq!(expected.cells, expected.predicted + expected.outside_mask + expected.gaps.values().sum::<u64>());
    for (threads, tile) in [(2, 7), (2, 128)] {
        let (report, other) = run_in_memory(&masked(threads, tile), predictor.as_ref());
        (expected.seconds, expected.work) = (report.seconds, report.work);
        assert_eq!(report, expected);
        assert!(other.layers == sink.layers);
    }
}

#[test]
fn a_drift_without_its_covariates_is_refused() {
    let setting = Setting::new();
    let grid = grid([0.0, 300.0], 5.0, [10, 10]);
    let covariates = setting.covariates();
    let plan = Plan { covariates: None, ..plain(&grid, &covariates, 1, 16) };
    let mut sink = Memory::new(&grid, 2);
    let refused = run(&plan, setting.predictor(Neighbourhood::Global).as_ref(), &mut sink, &Unwatched);
    assert!(matches!(refused, Err(Error::Core(soilscope_core::Error::Covariates { needed: 4, found: 0 }))));
}
