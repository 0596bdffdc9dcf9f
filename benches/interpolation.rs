//! What does a cell cost? Each bench answers one question; run them with `make bench`.
//!
//! Samples come from a seeded generator, so every machine computes the same thing. Compare runs of one machine only.

use divan::{Bencher, counter::ItemsCount};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::idw::InverseDistance;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::simulation::{CirculantSimulation, PathSharing, SequentialGaussian, Simulator};
use soilscope_core::together::Together;
use soilscope_core::variogram::{Direction, Estimator, LagClasses, ModelTemplate, empirical_variogram};
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets, Window};

fn main() {
    divan::main();
}

/// Side of the square that holds the samples.
const SIDE: f64 = 100_000.0;

/// `n` samples of a smooth surface with noise, uniform in the square (SplitMix64).
fn samples(n: usize) -> Samples {
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let coords: Vec<[f64; 2]> = (0..n).map(|_| [SIDE * uniform(), SIDE * uniform()]).collect();
    let values = coords.iter().map(|c| (c[0] / 9e3).sin() + (c[1] / 7e3).cos() + 0.2 * uniform()).collect();
    Samples::new(coords, values).expect("finite by construction")
}

fn recipe(neighbourhood: Neighbourhood) -> Kriging {
    recipe_of("0.1 Nug + 0.9 Sph(15000)", neighbourhood)
}

fn recipe_of(model: &str, neighbourhood: Neighbourhood) -> Kriging {
    let template: ModelTemplate = model.parse().expect("a model");
    let variogram = template.complete().expect("in its domain").expect("nothing is open");
    Kriging::new(variogram, Drift::Constant, neighbourhood)
}

/// A 64 × 64 window of cells of this size in the middle of the square.
fn window(cell: f64) -> Targets<'static> {
    Targets::window(Window { origin: [SIDE / 2.0, SIDE / 2.0], step: [cell, -cell], size: [64, 64] })
}

fn predict(bencher: Bencher<'_, '_>, method: &dyn Interpolator, samples: &Samples, cell: f64) {
    let predictor = method.fit(samples).expect("samples that can be kriged");
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    let targets = window(cell);
    bencher.counter(ItemsCount::new(targets.len())).bench_local(|| {
        predictor.predict_into(&targets, &mut scratch, &mut out);
        out.len()
    });
}

/// How much cheaper does a cell become when cells are small against the spacing of samples (700 m here)?
#[divan::bench(args = [200.0, 20.0, 2.0])]
fn local_ordinary_kriging_32_of_20000(bencher: Bencher<'_, '_>, cell: f64) {
    let neighbourhood = Neighbourhood::nearest(32).expect("32 is above 0");
    predict(bencher, &recipe(neighbourhood), &samples(20_000), cell);
}

/// What share of the machine's multiply rate does kriging with all samples reach? The counter says n² floating-point operations
/// a cell, half of them additions: compare with `dgemm` of the machine. A model with an end has far fewer to do, and its
/// counter says how many it saved.
#[divan::bench(args = [("0.1 Nug + 0.9 Exp(5000)", 500), ("0.1 Nug + 0.9 Exp(5000)", 2_000), ("0.1 Nug + 0.9 Sph(5000)", 2_000)])]
fn global_ordinary_kriging(bencher: Bencher<'_, '_>, (model, n): (&str, usize)) {
    let predictor = recipe_of(model, Neighbourhood::Global).fit(&samples(n)).expect("samples that can be kriged");
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    let targets = window(100.0);
    bencher.counter(ItemsCount::new(n * n * targets.len())).bench_local(|| {
        predictor.predict_into(&targets, &mut scratch, &mut out);
        out.len()
    });
}

/// And while the system is factored (n³/3 operations, with those that make the covariances)?
#[divan::bench(args = [500, 2_000])]
fn global_system(bencher: Bencher<'_, '_>, n: usize) {
    let (recipe, samples) = (recipe_of("0.1 Nug + 0.9 Exp(5000)", Neighbourhood::Global), samples(n));
    bencher
        .counter(ItemsCount::new(n.pow(3) / 3))
        .bench_local(|| recipe.fit(&samples).expect("samples that can be kriged"));
}

/// What does the neighbour search cost, when there is hardly anything else to do?
#[divan::bench]
fn inverse_distance_12_of_100000(bencher: Bencher<'_, '_>) {
    let neighbourhood = Neighbourhood::nearest(12).expect("12 is above 0");
    predict(bencher, &InverseDistance { power: 2.0, neighbourhood }, &samples(100_000), 100.0);
}

/// What does a cell of eight analytes of the same samples cost, each alone or together, on one thread: where one model serves all,
/// where each has its own and only the search is shared, and by weights of distance? The ratio is that of two lines.
#[divan::bench(sample_count = 3, sample_size = 1, args = [
    ("one model", "alone"), ("one model", "together"), ("own models", "alone"), ("own models", "together"),
    ("inverse distance", "alone"), ("inverse distance", "together"),
])]
fn eight_analytes_of_20000(bencher: Bencher<'_, '_>, (method, how): (&str, &str)) {
    let first = samples(20_000);
    let analytes: Vec<Samples> = (0..8)
        .map(|k| {
            let values = first.coords().iter().map(|c| (c[0] / (5e3 + 500.0 * f64::from(k))).sin() + c[1] / SIDE);
            first.with_values(values.collect()).expect("finite by construction")
        })
        .collect();
    let recipes: Vec<Box<dyn Interpolator>> = (0..8)
        .map(|k| -> Box<dyn Interpolator> {
            let near = |max| Neighbourhood::nearest(max).expect("above 0");
            match method {
                "one model" => Box::new(recipe(near(32))),
                "own models" => Box::new(recipe_of(&format!("0.1 Nug + 0.9 Sph({})", 15_000 + 500 * k), near(32))),
                _ => Box::new(InverseDistance { power: 2.0, neighbourhood: near(12) }),
            }
        })
        .collect();
    let pairs: Vec<(&dyn Interpolator, &Samples)> = recipes.iter().map(AsRef::as_ref).zip(&analytes).collect();
    let together = Together::fit(&pairs, &Serial).expect("samples that can be kriged");
    let (mut scratch, mut outs) = (Scratch::default(), vec![Predictions::default(); 8]);
    // 500 × 500 cells in tiles, as a run has them.
    let tiles: Vec<Targets<'_>> = (0..16)
        .map(|k| [f64::from(k % 4), f64::from(k / 4)].map(|at| at * 125.0 * 200.0))
        .map(|[x, y]| Window { origin: [x + 100.0, SIDE - y - 100.0], step: [200.0, -200.0], size: [125, 125] })
        .map(Targets::window)
        .collect();
    bencher.counter(ItemsCount::new(8 * 500 * 500_usize)).bench_local(|| {
        for tile in &tiles {
            if how == "together" {
                together.predict_into(tile, &mut scratch, &mut outs);
            } else {
                for (k, out) in outs.iter_mut().enumerate() {
                    together.get(k).predict_into(tile, &mut scratch, out);
                }
            }
        }
        outs[7].len()
    });
}

/// How many pairs a second within a tenth of the extent, on one thread, where runs of neighbours are short and where they are
/// long?
#[divan::bench(args = [5_000, 20_000, 100_000])]
fn empirical_variogram_within_a_tenth(bencher: Bencher<'_, '_>, n: usize) {
    pairs_of(bencher, n, &[], Estimator::Matheron);
}

/// What do roots, all differences of a class at once, and four directions cost beside squares?
#[divan::bench(args = ["matheron", "cressie-hawkins", "dowd", "four directions"])]
fn empirical_variogram_of_20000(bencher: Bencher<'_, '_>, how: &str) {
    let directions = [0.0, 45.0, 90.0, 135.0].map(|azimuth| Direction { azimuth, tolerance: 22.5 });
    match how {
        "cressie-hawkins" => pairs_of(bencher, 20_000, &[], Estimator::CressieHawkins),
        "dowd" => pairs_of(bencher, 20_000, &[], Estimator::Dowd),
        "four directions" => pairs_of(bencher, 20_000, &directions, Estimator::Matheron),
        _ => pairs_of(bencher, 20_000, &[], Estimator::Matheron),
    }
}

fn pairs_of(bencher: Bencher<'_, '_>, n: usize, directions: &[Direction], estimator: Estimator) {
    let samples = samples(n);
    let lags = LagClasses::regular(SIDE / 10.0, SIDE / 150.0).expect("a cutoff above 0");
    let run = || empirical_variogram(&samples, &lags, directions, estimator).expect("pairs within the cutoff");
    let count: u64 = run().classes.iter().map(|c| c.np).sum();
    bencher.counter(ItemsCount::new(count)).bench_local(run);
}

/// Tasks on threads, whichever is free.
struct Threads(usize);

impl Executor for Threads {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let k = next.fetch_add(1, Ordering::Relaxed);
                if k >= tasks {
                    break;
                }
                task(k);
            }
        };
        std::thread::scope(|scope| {
            (1..self.0).for_each(|_| drop(scope.spawn(work)));
            work();
        });
    }
}

/// As many threads as the machine has.
fn threads() -> Threads {
    Threads(std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// 200 × 200 cells of the square.
const CELLS: Window = Window { origin: [250.0, SIDE - 250.0], step: [500.0, -500.0], size: [200, 200] };

/// A model whose range is ten cells, and three times the spacing of 2,000 samples.
fn simulated() -> soilscope_core::variogram::Variogram {
    let template: ModelTemplate = "0.25 Nug + 0.75 Sph(5000)".parse().expect("a model");
    template.complete().expect("in its domain").expect("nothing is open")
}

/// What does a cell of ten realisations cost, by samples and earlier cells among its neighbours, from samples to fields on all
/// threads?
#[divan::bench(args = [(16, 16), (16, 32), (32, 64)])]
fn sequential_simulation(bencher: Bencher<'_, '_>, (samples_near, nodes_near): (usize, usize)) {
    let (samples, targets, executor) = (samples(2_000), Targets::window(CELLS), threads());
    let nodes: Vec<Coord> = (0..targets.len()).map(|i| targets.coord(i)).collect();
    let mut recipe = SequentialGaussian::new(simulated(), Drift::Constant, 1);
    (recipe.sample_neighbours, recipe.node_neighbours) = (samples_near, nodes_near);
    bencher.counter(ItemsCount::new(nodes.len())).bench_local(|| {
        let run = recipe.prepare(Some(&samples), &nodes).expect("a model with a sill");
        run.simulate(0..10, &executor).expect("not cancelled")
    });
}

/// What does a cell of one more realisation cost, once there is a simulation: with the path of the others, or one of its own?
#[divan::bench(args = [PathSharing::Shared, PathSharing::Own])]
fn sequential_simulation_on_paths(bencher: Bencher<'_, '_>, sharing: PathSharing) {
    let (samples, targets, executor) = (samples(2_000), Targets::window(CELLS), threads());
    let nodes: Vec<Coord> = (0..targets.len()).map(|i| targets.coord(i)).collect();
    let mut recipe = SequentialGaussian::new(simulated(), Drift::KnownMean(0.0), 1);
    recipe.sharing = sharing;
    let run = recipe.prepare(Some(&samples), &nodes).expect("a model with a sill");
    bencher
        .counter(ItemsCount::new(8 * nodes.len()))
        .bench_local(|| run.simulate(0..8, &executor).expect("not cancelled"));
}

/// What does a cell of ten realisations cost by Fourier transform, by samples that each is conditioned on?
#[divan::bench(args = [16, 64])]
fn circulant_simulation(bencher: Bencher<'_, '_>, near: usize) {
    let (samples, executor) = (samples(2_000), threads());
    let mut recipe = CirculantSimulation::new(simulated(), Drift::Constant, 1);
    recipe.sample_neighbours = Some(near);
    bencher.counter(ItemsCount::new(CELLS.size[0] * CELLS.size[1])).bench_local(|| {
        let run = recipe.prepare(Some(&samples), CELLS, None).expect("a model that can be embedded");
        run.simulate(0..10, &executor).expect("not cancelled")
    });
}
