//! Several variables in one pass over the grid: each is what it is alone, whatever the others are and how far they had come.

use std::sync::Mutex;
use std::time::Duration;

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::idw::InverseDistance;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::support::Support;
use soilscope_core::together::{Sharing, Together};
use soilscope_core::transform::Transform;
use soilscope_core::trust::{Rules, Trust};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Interpolator, Samples};
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::mask::{Mask, WithinOfSamples};
use soilscope_pipeline::product::Layer;
use soilscope_pipeline::run::{
    Member, Plan, RunReport, Share, StripReport, run_share, run_together, trial, trial_together,
};
use soilscope_pipeline::strips::Strips;
use soilscope_pipeline::summary::{Statistics, Summary};
use soilscope_pipeline::tile::{Tile, TileSink};
use soilscope_pipeline::{Error, Result, Unwatched, Watch};

use crate::strips::{Keeping, part};
use crate::support::{LAYERS, Memory, StopAfter, Waves, grid, plan};

/// 120 places in the grids below, and values at them.
fn samples(seed: u64) -> Samples {
    let places: Vec<Coord> =
        (0..120).map(|i| [150.0 + f64::from(i * 37 % 100) * 11.0, 100.0 + f64::from(i * 61 % 113) * 6.0]).collect();
    let value = |(i, at): (usize, &Coord)| 3.0 + (at[0] / 200.0).sin() + (i as u64 * (7 + seed) % 11) as f64 / 10.0;
    let values = places.iter().enumerate().map(value).collect();
    Samples::new(places, values).unwrap()
}

fn kriging(model: &str) -> Kriging {
    Kriging::new(model.parse::<Variogram>().unwrap(), Drift::Constant, Neighbourhood::nearest(7).unwrap())
}

/// Variables that share weights, neighbours and nothing.
struct Variables {
    together: Together,
    trust: Trust,
}

impl Variables {
    fn new() -> Self {
        let (one, other) = (kriging("0.1 Nug + 1 Sph(300)"), kriging("1 Exp(120)"));
        let distance = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::nearest(7).unwrap() };
        let elsewhere = samples(3).subset(&(0..119).collect::<Vec<_>>()).unwrap();
        let mut together = Together::default();
        let recipes: [(&dyn Interpolator, Samples); 5] =
            [(&one, samples(0)), (&one, samples(1)), (&other, samples(2)), (&one, elsewhere), (&distance, samples(4))];
        recipes.iter().for_each(|(recipe, samples)| together.add(*recipe, samples, &Serial).unwrap());
        let trust = Trust::new(&samples(1), Rules::default()).with_model(&one.variogram, Support::Point).unwrap();
        let sharing = [1, 2, 3, 4].map(|other| together.sharing(0, other));
        assert_eq!(sharing, [Sharing::Weights, Sharing::Neighbours, Sharing::Nothing, Sharing::Nothing]);
        Self { together, trust }
    }

    /// Layers, transforms and judges of their own.
    fn plans<'a>(&'a self, grid: &Grid, mask: Option<&'a dyn Mask>, threads: usize, tile: usize) -> Vec<Plan<'a>> {
        let base = || plan(grid, mask, threads, tile);
        let raw = |layers: &[Layer]| Plan { transform: Transform::None, layers: layers.to_vec(), ..base() };
        vec![
            base(),
            Plan { trust: Some(&self.trust), ..raw(&[Layer::Prediction, Layer::Trust]) },
            Plan { clip: Some([3.2, 3.8]), ..raw(&LAYERS) },
            raw(&[Layer::Prediction, Layer::Variance]),
            raw(&[Layer::Prediction]),
        ]
    }
}

/// What one has alone: the cells, the strips, the report.
fn alone(plan: &Plan<'_>, all: &Variables, number: usize, strips: Strips) -> (Memory, Vec<StripReport>, RunReport) {
    let mut cells = Memory::new(&plan.grid, plan.layers.len());
    let mut sink = Keeping::new(&mut cells);
    let share = Share::new(strips, 0..strips.len(), Vec::new());
    let report = run_share(plan, &share, all.together.get(number), &mut sink, &Unwatched).unwrap();
    let mut told = sink.told();
    told.sort_by_key(|report| report.strip);
    (cells, told, report)
}

/// What a strip's report says in numbers; the sums in it may be written in several ways.
fn numbers(report: &StripReport) -> (usize, u64, u64, Vec<Option<Statistics>>) {
    let statistics = report.summaries().iter().map(Summary::finish).collect();
    (report.strip, report.cells, report.predicted(), statistics)
}

/// Notes what stages are announced and how many cells come.
#[derive(Default)]
struct Noted(Mutex<(Vec<(String, u64)>, u64)>);

impl Watch for Noted {
    fn stage(&self, name: &str, total: u64) {
        self.0.lock().unwrap().0.push((name.to_owned(), total));
    }

    fn advance(&self, done: u64) {
        self.0.lock().unwrap().1 += done;
    }
}

#[test]
fn each_is_what_it_is_alone() {
    let all = Variables::new();
    let mask = WithinOfSamples::new(&[[310.0, 700.0], [700.0, 350.0], [110.5, 820.1]], 130.0).unwrap();
    // Of many strips and inside a mask; of one strip and whole; and one whose tiles do not go as windows.
    let large = grid([0.0, 903.0], 1.0, [1401, 903]);
    let small = grid([0.0, 903.0], 7.0, [201, 129]);
    let inexact = grid([0.03, 903.07], 6.9, [203, 131]);
    for (grid, mask, threads, tile) in
        [(&large, Some(&mask as _), 2, 64), (&small, None, 3, 32), (&inexact, Some(&mask as _), 1, 50)]
    {
        let plans = all.plans(grid, mask, threads, tile);
        let strips = Strips::of(grid, plans[0].tile);
        let expected: Vec<_> = plans.iter().enumerate().map(|(k, plan)| alone(plan, &all, k, strips)).collect();
        assert!(expected.iter().all(|(_, told, report)| told.len() == strips.len() && report.predicted > 1_000));
        let (clipped, trust) = (expected[2].2.clipped, expected[1].2.trust.as_ref().unwrap());
        assert!(clipped > 0 && trust.doubtful > 0, "{clipped} {trust:?}");

        let mut cells: Vec<Memory> = plans.iter().map(|plan| Memory::new(grid, plan.layers.len())).collect();
        // One variable has two strips already, another the last: as after a kill between their records.
        let had: Vec<Vec<usize>> = match strips.len() {
            1 => vec![Vec::new(), vec![0], Vec::new(), Vec::new(), Vec::new()],
            n => vec![Vec::new(), vec![0, 2], Vec::new(), vec![n - 1], vec![0]],
        };
        let mut shares = Vec::new();
        for (k, had) in had.iter().enumerate() {
            let mut done = Vec::new();
            for &strip in had {
                let share = Share::new(strips, strip..strip + 1, Vec::new());
                done.extend(part(&plans[k], all.together.get(k), &share, &mut cells[k]));
            }
            shares.push(Share::new(strips, 0..strips.len(), done));
        }
        let mut sinks: Vec<Keeping<'_>> = cells.iter_mut().map(Keeping::new).collect();
        let mut members: Vec<Member<'_>> = Vec::new();
        for ((plan, share), sink) in plans.iter().zip(&shares).zip(&mut sinks) {
            members.push(Member { plan, share, sink });
        }
        let noted = Noted::default();
        let reports = run_together(&mut members, &all.together, &noted).unwrap();
        let (stages, came) = noted.0.into_inner().unwrap();
        assert_eq!((stages, came), (vec![("predicting".to_owned(), grid.cells())], grid.cells()));

        for (k, mut report) in reports.into_iter().enumerate() {
            let (kept, told, alone) = &expected[k];
            assert_eq!(report.work.variables, 5);
            (report.seconds, report.work) = (alone.seconds, alone.work);
            assert_eq!(report, *alone, "variable {k}");
            let mut own = sinks[k].told();
            own.sort_by_key(|report| report.strip);
            let lacked = told.iter().filter(|report| !had[k].contains(&report.strip));
            assert!(own.iter().map(numbers).eq(lacked.map(numbers)), "strips of variable {k}");
            let again = sinks[k].rows.iter().find(|&&row| had[k].contains(&strips.of_row(row)));
            assert_eq!(again, None, "variable {k} is given a row that it had");
            assert!(sinks[k].cells.layers == kept.layers, "cells of variable {k}");
        }
    }
}

#[test]
fn tiles_are_tried_for_all_at_once() {
    let all = Variables::new();
    let grid = grid([0.0, 903.0], 7.0, [201, 129]);
    let plans = all.plans(&grid, None, 2, 32);
    let tried = trial_together(&plans, &all.together, Duration::from_millis(1), &Unwatched).unwrap();
    assert!(tried.tiles >= 2 && tried.cells <= grid.cells() && tried.of_tiles == 35, "{tried:?}");
    let one = trial(&plans[0], all.together.get(0), Duration::from_secs(60), &Unwatched).unwrap();
    assert_eq!((one.tiles, one.cells), (35, grid.cells()));
}

/// Takes so many tiles.
struct Full(usize);

impl TileSink for Full {
    fn write(&mut self, _tile: &Tile) -> Result<()> {
        if self.0 == 0 {
            return Err(Error::Write { path: "lead.tif".into(), message: "No space left on device".into() });
        }
        self.0 -= 1;
        Ok(())
    }

    fn finish(self: Box<Self>, _watch: &dyn Watch) -> Result<Vec<std::path::PathBuf>> {
        Ok(Vec::new())
    }
}

fn of_waves(plans: &[Plan<'_>], sinks: &mut [Box<dyn TileSink>], watch: &dyn Watch) -> Result<Vec<RunReport>> {
    let waves = (0..plans.len()).map(|_| Box::new(Waves { gap_every: 9 }) as _).collect();
    let shares: Vec<Share> = plans.iter().map(Share::whole).collect();
    let mut members = Vec::new();
    for ((plan, share), sink) in plans.iter().zip(&shares).zip(sinks) {
        members.push(Member { plan, share, sink: sink.as_mut() });
    }
    run_together(&mut members, &Together::new(waves), watch)
}

fn full(tiles: usize) -> Box<dyn TileSink> {
    Box::new(Full(tiles))
}

#[test]
fn the_end_of_one_is_the_end_of_all() {
    let grid = grid([0.0, 600.0], 1.0, [900, 600]);
    let plans = || [plan(&grid, None, 2, 64), plan(&grid, None, 2, 64)];
    let error = of_waves(&plans(), &mut [full(1_000), full(3)], &Unwatched).unwrap_err();
    assert_eq!(error.to_string(), "lead.tif: No space left on device");
    let outcome = of_waves(&plans(), &mut [full(1_000), full(1_000)], &StopAfter::new(50_000));
    assert!(matches!(outcome, Err(Error::Interrupted)));
    assert_eq!(of_waves(&plans(), &mut [full(1_000), full(1_000)], &Unwatched).unwrap().len(), 2);
}

#[test]
fn uncertainty_is_not_invented_for_any() {
    let grid = grid([0.0, 600.0], 10.0, [90, 60]);
    let distance = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::nearest(7).unwrap() };
    let mut together = Together::default();
    together.add(&kriging("1 Exp(120)"), &samples(0), &Serial).unwrap();
    together.add(&distance, &samples(0), &Serial).unwrap();
    let (plans, share) =
        ([plan(&grid, None, 1, 64), plan(&grid, None, 1, 64)], Share::whole(&plan(&grid, None, 1, 64)));
    let (mut one, mut other) = (Memory::new(&grid, 4), Memory::new(&grid, 4));
    let mut members = [
        Member { plan: &plans[0], share: &share, sink: &mut one },
        Member { plan: &plans[1], share: &share, sink: &mut other },
    ];
    assert!(matches!(run_together(&mut members, &together, &Unwatched), Err(Error::NoVariance)));
    assert_eq!((one.tiles, other.tiles), (0, 0));
}

#[test]
#[should_panic(expected = "a pass has one mask")]
fn masks_that_only_look_alike_are_refused() {
    let grid = grid([0.0, 600.0], 10.0, [90, 60]);
    let masks = [0, 1].map(|_| WithinOfSamples::new(&[[310.0, 300.0]], 110.0).unwrap());
    let plans = [0, 1].map(|k| plan(&grid, Some(&masks[k]), 1, 64));
    let _ = of_waves(&plans, &mut [full(9), full(9)], &Unwatched);
}

#[test]
#[should_panic(expected = "a pass has one grid")]
fn grids_that_differ_are_refused() {
    let plans = [0.0, 1.0].map(|east| plan(&grid([east, 600.0], 10.0, [90, 60]), None, 1, 64));
    let _ = of_waves(&plans, &mut [full(9), full(9)], &Unwatched);
}
