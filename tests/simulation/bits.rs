//! The same bits for any order of tasks, number of threads, and choice of realisations.

use soilscope_core::Error;
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::simulation::{CirculantSimulation, KrigedSimulation, PathSharing, SequentialGaussian, Simulator};

use crate::support::{Backwards, Threads, model, nodes, samples, window};

/// Each kind of simulation, conditional, with everything a model may have.
fn simulators() -> Vec<(&'static str, Box<dyn Simulator>)> {
    let variogram = model("0.1 Nug + 0.9 Exp(30, az=40, ratio=0.5)").with_error_variance(0.05).unwrap();
    let samples = samples();
    let mut sequential = SequentialGaussian::new(variogram.clone(), Drift::KnownMean(0.2), 7);
    sequential.node_neighbours = 12;
    let mut own = sequential.clone();
    own.sharing = PathSharing::Own;
    let circulant = CirculantSimulation::new(variogram.clone(), Drift::Constant, 7);
    let mut near = circulant.clone();
    near.sample_neighbours = Some(5);
    let nugget = CirculantSimulation::new(model("1 Nug"), Drift::Constant, 7);
    let window = window(24);
    let near_samples = Neighbourhood::Moving(Search::new(Some(6), 1, None).unwrap());
    let kriged = KrigedSimulation::new(Kriging::new(variogram, Drift::Constant, near_samples), 7);
    vec![
        ("around kriging", Box::new(kriged.prepare(&samples, &nodes(window), &[]).unwrap())),
        ("one path", Box::new(sequential.prepare(Some(&samples), &nodes(window)).unwrap())),
        ("own paths", Box::new(own.prepare(Some(&samples), &nodes(window)).unwrap())),
        ("circulant", Box::new(circulant.prepare(Some(&samples), window, None).unwrap())),
        ("circulant, near samples", Box::new(near.prepare(Some(&samples), window, None).unwrap())),
        ("circulant, nugget", Box::new(nugget.prepare(Some(&samples), window, None).unwrap())),
    ]
}

#[test]
fn fields_do_not_depend_on_who_computes_them() {
    for (name, simulator) in simulators() {
        let expected = simulator.simulate(0..11, &Serial).unwrap();
        assert_eq!(expected, simulator.simulate(0..11, &Backwards).unwrap(), "{name}");
        for threads in [2, 5] {
            assert_eq!(expected, simulator.simulate(0..11, &Threads(threads)).unwrap(), "{name}, {threads} threads");
        }
    }
}

#[test]
fn a_realisation_is_the_same_whichever_others_are_made() {
    for (name, simulator) in simulators() {
        let all = simulator.simulate(0..40, &Serial).unwrap();
        for range in [3..4, 8..17, 33..40, 6..6] {
            let some = simulator.simulate(range.clone(), &Serial).unwrap();
            assert_eq!(some.range(), range);
            for (position, k) in range.enumerate() {
                let equal = all.realisation(k).eq(some.realisation(position));
                assert!(equal, "{name}: realisation {k}");
            }
        }
        assert!(!all.realisation(0).eq(all.realisation(1)), "{name}");
        assert!(!all.realisation(0).eq(all.realisation(8)), "{name}");
    }
}

#[test]
fn another_seed_makes_other_fields() {
    let variogram = model("1 Exp(30)");
    let fields = |seed: u64| {
        let sequential = SequentialGaussian::new(variogram.clone(), Drift::KnownMean(0.0), seed);
        let circulant = CirculantSimulation::new(variogram.clone(), Drift::KnownMean(0.0), seed);
        [
            sequential.prepare(None, &nodes(window(8))).unwrap().simulate(0..1, &Serial).unwrap(),
            circulant.prepare(None, window(8), None).unwrap().simulate(0..1, &Serial).unwrap(),
        ]
    };
    let (a, b) = (fields(1), fields(2));
    assert!(a.iter().zip(&b).all(|(a, b)| (0..64).all(|n| a.get(n, 0) != b.get(n, 0))));
}

#[test]
fn some_nodes_of_a_grid_are_those_of_the_whole() {
    let circulant = CirculantSimulation::new(model("1 Sph(40)"), Drift::Constant, 3);
    let wanted = [99, 0, 37, 55];
    let all = circulant.prepare(Some(&samples()), window(10), None).unwrap().simulate(0..4, &Serial).unwrap();
    let some = circulant.prepare(Some(&samples()), window(10), Some(&wanted)).unwrap().simulate(0..4, &Serial).unwrap();
    for (position, node) in wanted.into_iter().enumerate() {
        for k in 0..4 {
            assert_eq!(some.get(position, k), all.get(node, k));
        }
    }
}

/// Says no after a number of tasks.
struct Impatient(std::sync::atomic::AtomicUsize);

impl Executor for Impatient {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        for k in 0..tasks {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            task(k);
        }
    }

    fn cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed) > 3
    }
}

#[test]
fn a_simulation_that_is_no_longer_wanted_ends() {
    for (name, simulator) in simulators() {
        let outcome = simulator.simulate(0..40, &Impatient(0.into()));
        assert_eq!(outcome.err(), Some(Error::Cancelled), "{name}");
    }
}
