//! The engine: same bits, counted gaps, and an end to every failure.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::support::Support;
use soilscope_core::trust::{Doubts, Rules, Trust, TrustScratch};
use soilscope_core::variogram::{Model, Structure, Variogram};
use soilscope_core::{Interpolator, Prediction, Predictions, Predictor, Samples, Scratch, Targets};
use soilscope_pipeline::mask::WithinOfSamples;
use soilscope_pipeline::product::{Layer, Scale};
use soilscope_pipeline::run::{Plan, run};
use soilscope_pipeline::tile::{Tile, TileSink};
use soilscope_pipeline::{Error, Result, Unwatched, Watch};

use crate::support::{Memory, StopAfter, Waves, grid, plan, run_in_memory};

#[test]
fn same_bits_for_any_threads_and_tiles() {
    let waves = Waves { gap_every: 11 };
    let mask = WithinOfSamples::new(&[[310.0, 7000.0], [700.0, 6800.0], [420.5, 6500.1]], 180.0).unwrap();
    // One grid whose centres are exact, where tiles go as windows, and one where they are not.
    for grid in [grid([200.0, 7100.0], 2.0, [331, 303]), grid([200.03, 7100.07], 1.9, [331, 303])] {
        for masked in [false, true] {
            let mask = masked.then_some(&mask as _);
            let (mut expected, kept) = run_in_memory(&plan(&grid, mask, 1, 128), &waves);
            assert_eq!(
                expected.cells,
                expected.predicted + expected.outside_mask + expected.gaps.values().sum::<u64>()
            );
            assert_eq!(expected.outside_mask > 0, masked);
            assert_eq!(expected.gaps.keys().collect::<Vec<_>>(), ["singular-system", "too-few-neighbours"]);
            for threads in [1, 2] {
                for tile in [16, 100, 128, 1000] {
                    let (report, sink) = run_in_memory(&plan(&grid, mask, threads, tile), &waves);
                    (expected.seconds, expected.work) = (report.seconds, report.work);
                    assert_eq!(report, expected, "{threads} threads, tiles of {tile}");
                    assert!(sink.layers == kept.layers, "{threads} threads, tiles of {tile}");
                }
            }
        }
    }
}

#[test]
fn values_and_gaps_are_those_of_the_predictor() {
    let (waves, grid) = (Waves { gap_every: 7 }, grid([0.0, 600.0], 4.0, [60, 50]));
    let (report, sink) = run_in_memory(&plan(&grid, None, 2, 16), &waves);
    let mut gaps = 0;
    for (i, value) in sink.layers[0].iter().enumerate() {
        match waves.at(grid.patch([0, 0], grid.size()).centre(i)) {
            Ok(p) => {
                let v = p.variance.unwrap();
                assert_eq!(*value, Some((p.value + v / 2.0 - p.multiplier).exp() as f32));
                // The moments of a jointly log-normal predictor and truth, as in `Transform::back`'s documentation.
                let m = p.multiplier;
                let moments = v.exp() + (2.0 * (v - m)).exp() - 2.0 * (v - m).exp();
                let variance = (2.0 * (p.value - m)).exp() * moments;
                assert!((f64::from(sink.layers[2][i].unwrap()) / variance - 1.0).abs() < 1e-6);
                assert!((f64::from(sink.layers[1][i].unwrap()) / variance.sqrt() - 1.0).abs() < 1e-6);
            }
            Err(_) => {
                gaps += 1;
                assert!(sink.layers.iter().all(|layer| layer[i].is_none()));
            }
        }
    }
    assert_eq!(report.gaps.values().sum::<u64>(), gaps);
    let statistics = report.layers[0].statistics.unwrap();
    let present: Vec<f64> = sink.layers[0].iter().flatten().map(|&v| f64::from(v)).collect();
    let mean = present.iter().sum::<f64>() / present.len() as f64;
    assert!((statistics.mean / mean - 1.0).abs() < 1e-14);
    assert_eq!(statistics.max, present.iter().copied().fold(f64::MIN, f64::max));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["layers"][3]["layer"]["exceedance"]["threshold"], 150.0);
}

#[test]
fn transformed_scale_is_left_alone() {
    let (waves, grid) = (Waves { gap_every: 0 }, grid([0.0, 600.0], 4.0, [5, 5]));
    let mut plan = plan(&grid, None, 1, 128);
    plan.scale = Scale::Transformed;
    let (_, sink) = run_in_memory(&plan, &waves);
    let p = waves.at(grid.patch([0, 0], [1, 1]).centre(0)).unwrap();
    assert_eq!(sink.layers[0][0], Some(p.value as f32));
    assert_eq!(sink.layers[2][0], p.variance.map(|v| v as f32));
}

/// Predicts what it is told to.
struct Constant(Prediction);

impl Predictor for Constant {
    fn predict_into(&self, targets: &Targets<'_>, _scratch: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), self.has_variance());
        (0..targets.len()).for_each(|i| out.set(i, Ok(self.0)));
    }

    fn has_variance(&self) -> bool {
        self.0.variance.is_some()
    }
}

#[test]
fn what_a_file_cannot_hold_is_a_gap() {
    let grid = grid([0.0, 10.0], 1.0, [10, 10]);
    let huge = Constant(Prediction { value: 100.0, variance: Some(1.0), multiplier: 0.0 }); // e^100 > f32::MAX
    let (report, _) = run_in_memory(&plan(&grid, None, 1, 4), &huge);
    assert_eq!((report.predicted, report.gaps["not-finite"]), (0, 100));
    assert_eq!(report.layers[0].statistics, None);
}

#[test]
fn uncertainty_is_not_invented() {
    let grid = grid([0.0, 10.0], 1.0, [10, 10]);
    let bare = Constant(Prediction { value: 1.0, variance: None, multiplier: 0.0 });
    let mut plan = plan(&grid, None, 1, 4);
    let mut sink = Memory::new(&grid, 4);
    assert!(matches!(run(&plan, &bare, &mut sink, &Unwatched), Err(Error::NoVariance)));
    plan.layers = vec![Layer::Prediction];
    assert_eq!(run_in_memory(&plan, &bare).0.predicted, 100);
}

#[test]
fn interruption_stops_soon() {
    let grid = grid([0.0, 4000.0], 1.0, [4000, 4000]);
    let watch = StopAfter::new(100_000);
    let mut sink = Memory::new(&grid, 4);
    let outcome = run(&plan(&grid, None, 2, 64), &Waves { gap_every: 0 }, &mut sink, &watch);
    assert!(matches!(outcome, Err(Error::Interrupted)));
    assert!(watch.cells.load(Ordering::Relaxed) < 200_000);
}

struct Fails(AtomicUsize);

impl TileSink for Fails {
    fn write(&mut self, _tile: &Tile) -> Result<()> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            5 => Err(Error::Write { path: "map.tif".into(), message: "No space left on device".into() }),
            _ => Ok(()),
        }
    }

    fn finish(self: Box<Self>, _watch: &dyn Watch) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_write_error_stops_the_computing() {
    let grid = grid([0.0, 4000.0], 1.0, [4000, 4000]);
    let mut sink = Fails(AtomicUsize::new(0));
    let outcome = run(&plan(&grid, None, 2, 64), &Waves { gap_every: 0 }, &mut sink, &Unwatched);
    assert_eq!(outcome.unwrap_err().to_string(), "map.tif: No space left on device");
    assert_eq!(sink.0.load(Ordering::Relaxed), 6);
}

struct Panics;

impl Predictor for Panics {
    fn predict_into(&self, targets: &Targets<'_>, _scratch: &mut Scratch, out: &mut Predictions) {
        assert!(targets.coord(0)[0] < 100.0, "a broken invariant");
        out.reset(targets.len(), true);
    }

    fn has_variance(&self) -> bool {
        true
    }
}

#[test]
fn a_panic_ends_the_run_with_its_message() {
    let grid = grid([0.0, 1000.0], 1.0, [1000, 1000]);
    let outcome = run(&plan(&grid, None, 2, 32), &Panics, &mut Memory::new(&grid, 4), &Unwatched);
    assert!(outcome.unwrap_err().to_string().contains("a broken invariant"));
}

#[test]
fn empty_tiles_are_not_computed() {
    let grid = grid([0.0, 1000.0], 1.0, [1000, 1000]);
    let mask = WithinOfSamples::new(&[[16.0, 984.0]], 5.0).unwrap();
    // Panics on any tile but the first: all others must be skipped.
    let (report, sink) = {
        let mut sink = Memory::new(&grid, 4);
        (run(&plan(&grid, Some(&mask), 2, 32), &Panics, &mut sink, &Unwatched).unwrap(), sink)
    };
    assert_eq!(sink.tiles, 1);
    assert_eq!(report.predicted + report.outside_mask, 1_000_000);
}

#[test]
fn kriged_maps_are_the_same_bits_too() {
    let meuse = include_str!("../../data/meuse.csv");
    let rows =
        meuse.lines().skip(1).map(|line| line.split(',').map(|f| f.parse().unwrap_or(f64::NAN)).collect::<Vec<f64>>());
    let (places, values): (Vec<_>, Vec<_>) = rows.map(|f| ([f[1], f[2]], f[6].ln())).unzip();
    let variogram = Variogram::new(0.05, vec![Structure::new(Model::Spherical, 0.59, 897.0).unwrap()]).unwrap();
    let mask = WithinOfSamples::new(&places, 300.0).unwrap();
    let samples = Samples::new(places, values).unwrap();
    for (neighbourhood, cell) in [
        (Neighbourhood::Global, 40.0),
        (Neighbourhood::nearest(16).unwrap(), 20.0),
        (Neighbourhood::nearest(16).unwrap(), 19.9),
    ] {
        let kriging = Kriging::new(variogram.clone(), Drift::Constant, neighbourhood);
        let predictor = kriging.fit(&samples).unwrap();
        let size = [(3100.0 / cell) as usize, (4200.0 / cell) as usize];
        let grid = grid([178_440.0, 333_800.0], cell, size);
        let (expected, kept) = run_in_memory(&plan(&grid, Some(&mask), 1, 128), predictor.as_ref());
        assert!(expected.predicted > 1000 && expected.gaps.is_empty());
        for (threads, tile) in [(2, 16), (2, 37), (1, 1000)] {
            let (report, sink) = run_in_memory(&plan(&grid, Some(&mask), threads, tile), predictor.as_ref());
            assert_eq!(report.layers, expected.layers, "cells of {cell}, {threads} threads, tiles of {tile}");
            assert!(sink.layers == kept.layers, "cells of {cell}, {threads} threads, tiles of {tile}");
        }
    }
}

#[test]
fn cells_in_doubt_are_counted_by_reason_and_written_as_bits() {
    let places = (0..36).map(|i| [f64::from(i % 6) * 20.0 + 50.0, f64::from(i / 6) * 20.0 + 50.0]).collect();
    let samples = Samples::new(places, (0..36).map(f64::from).collect()).unwrap();
    let variogram = Variogram::new(0.1, vec![Structure::new(Model::Spherical, 1.0, 70.0).unwrap()]).unwrap();
    let trust = Trust::new(&samples, Rules::default()).with_model(&variogram, Support::Point).unwrap();
    let predictor =
        Kriging::new(variogram, Drift::Constant, Neighbourhood::nearest(16).unwrap()).fit(&samples).unwrap();
    let mask = WithinOfSamples::new(&[[60.0, 60.0], [150.0, 120.0]], 120.0).unwrap();
    for grid in [grid([0.0, 300.0], 2.0, [150, 150]), grid([0.03, 300.07], 1.9, [150, 150])] {
        let layers = vec![Layer::Prediction, Layer::Trust];
        let base = |threads, tile| Plan {
            layers: layers.clone(),
            trust: Some(&trust),
            ..plan(&grid, Some(&mask), threads, tile)
        };
        let (report, sink) = run_in_memory(&base(2, 64), &*predictor);
        let mut counted = std::collections::BTreeMap::<String, u64>::new();
        let mut doubtful = 0;
        let (mut scratch, mut judging) = (Scratch::default(), TrustScratch::default());
        let mut out = Predictions::default();
        for (i, bits) in sink.layers[1].iter().enumerate() {
            assert_eq!(bits.is_some(), sink.layers[0][i].is_some());
            let Some(bits) = bits else { continue };
            let place = grid.patch([0, 0], grid.size()).centre(i);
            predictor.predict_into(&Targets::points(&[place]), &mut scratch, &mut out);
            let of_variance = trust.of_variance(out.get(0).unwrap().variance.unwrap());
            let doubts = trust.of_place(place, &mut judging).and(of_variance);
            assert_eq!(*bits, f32::from(doubts.bits()), "{place:?}");
            doubtful += u64::from(!doubts.is_empty());
            for reason in Doubts::REASONS.into_iter().filter(|&r| doubts.has(r)) {
                *counted.entry(reason.name().to_owned()).or_default() += 1;
            }
        }
        let trusted = report.trust.as_ref().unwrap();
        assert_eq!((trusted.doubtful, &trusted.reasons), (doubtful, &counted));
        assert!(doubtful > 1000 && counted.contains_key("extrapolation") && counted.contains_key("near-sill"));
        assert!(doubtful < report.predicted / 2 + report.predicted / 4);
        // The same for any threads and tiles.
        let (again, other) = run_in_memory(&base(1, 23), &*predictor);
        assert_eq!((again.trust, other.layers == sink.layers), (report.trust, true));
    }
}
