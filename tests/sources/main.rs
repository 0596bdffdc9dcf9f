//! Sources: mixtures taken apart, nearness to known places, point and diffuse contributions, each on a truth that is known.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "coverage is for reading: make coverage")]

mod decay;
mod pmf;
mod proximity;

use soilscope_core::executor::{Executor, Serial};
use soilscope_core::random::Random;
use soilscope_core::simulation::{SequentialGaussian, Simulator};
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, drift::Drift};

/// Tasks in another order, as threads may take them.
struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

fn variogram(notation: &str) -> Variogram {
    notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

/// Places at random in a square of this side.
fn places(count: usize, side: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    (0..count).map(|_| [side * random.uniform(), side * random.uniform()]).collect()
}

/// Fields at places, one a seed from 0.
fn fields(places: &[Coord], model: &str, count: usize) -> Vec<Vec<f64>> {
    let mut recipe = SequentialGaussian::new(variogram(model), Drift::KnownMean(0.0), 77);
    recipe.node_neighbours = 100;
    let fields = recipe.prepare(None, places).unwrap().simulate(0..count, &Serial).unwrap();
    (0..count).map(|k| fields.realisation(k).collect()).collect()
}
