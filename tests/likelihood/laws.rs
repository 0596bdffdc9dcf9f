//! What a fit must not depend on.

use soilscope_core::Samples;
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::likelihood::{Engine, LikelihoodFit, Method, fit_likelihood, log_likelihood};
use soilscope_core::random::Random;

use super::{furnished, model, simulated, with};

const ENGINES: [Engine; 2] = [Engine::Exact, Engine::Vecchia { neighbours: 15 }];

fn fit(samples: &Samples, template: &str, engine: Engine) -> LikelihoodFit {
    let template = template.parse().unwrap();
    fit_likelihood(samples, Drift::polynomial(1), &template, &with(engine, Method::Reml), &Serial).unwrap()
}

fn assert_alike(a: &LikelihoodFit, b: &LikelihoodFit, factors: &[f64], tolerance: f64) {
    assert!(a.converged && b.converged, "{:?} {:?}", a.remarks, b.remarks);
    for ((p, q), factor) in a.parameters.iter().zip(&b.parameters).zip(factors) {
        for (x, y) in [(Some(p.estimate), Some(q.estimate)), (p.standard_error, q.standard_error), (p.lower, q.lower)] {
            let (x, y) = (x.unwrap() * factor, y.unwrap());
            assert!((x - y).abs() <= tolerance * y.abs(), "{:?}: {x} against {y}", p.parameter);
        }
    }
}

#[test]
fn a_fit_does_not_depend_on_the_order_of_the_samples_to_the_last_bit() {
    let samples = furnished(320, 6);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    Random::new(1).shuffle(&mut order);
    let shuffled = samples.subset(&order).unwrap();
    for engine in ENGINES {
        assert_eq!(fit(&samples, "Nug + Exp", engine), fit(&shuffled, "Nug + Exp", engine));
    }
}

#[test]
fn a_fit_does_not_depend_on_who_does_the_work() {
    /// Tasks in the opposite order, on threads of their own.
    struct Backwards;
    impl Executor for Backwards {
        fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
            std::thread::scope(|scope| {
                for half in 0..2 {
                    scope.spawn(move || (0..tasks).rev().filter(|i| i % 2 == half).for_each(task));
                }
            });
        }
    }
    let samples = simulated(400, &model("0.2 Nug + 1 Exp(15)"), 7);
    let template = "Nug + Exp".parse().unwrap();
    for engine in ENGINES {
        let by = |executor: &dyn Executor| {
            fit_likelihood(&samples, Drift::polynomial(2), &template, &with(engine, Method::Reml), executor).unwrap()
        };
        assert_eq!(by(&Serial), by(&Backwards));
    }
}

#[test]
fn a_cancelled_fit_says_so() {
    struct Cancelled;
    impl Executor for Cancelled {
        fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
            (0..tasks).for_each(task);
        }
        fn cancelled(&self) -> bool {
            true
        }
    }
    let samples = simulated(60, &model("0.2 Nug + 1 Exp(15)"), 7);
    for engine in ENGINES {
        let template = "Nug + Exp".parse().unwrap();
        let fit = fit_likelihood(&samples, Drift::Constant, &template, &with(engine, Method::Ml), &Cancelled);
        assert_eq!(fit.err(), Some(soilscope_core::Error::Cancelled));
    }
}

#[test]
fn shifts_and_units_change_the_estimates_as_they_must() {
    let samples = simulated(320, &model("0.2 Nug + 1 Exp(15)"), 8);
    let moved = |length: f64, unit: f64| {
        let coords = samples.coords().iter().map(|c| [c[0] * length + 5e5, c[1] * length - 2e6]).collect();
        Samples::new(coords, samples.values().iter().map(|v| 1000.0 + unit * v).collect()).unwrap()
    };
    for engine in ENGINES {
        let here = fit(&samples, "Nug + Exp", engine);
        // Where the search ends differs by what its last step would have gained; hence the tolerance.
        assert_alike(&here, &fit(&moved(1.0, 1.0), "Nug + Exp", engine), &[1.0, 1.0, 1.0], 2e-4);
        assert_alike(&here, &fit(&moved(1000.0, 1.0), "Nug + Exp", engine), &[1.0, 1.0, 1000.0], 2e-4);
        assert_alike(&here, &fit(&moved(1.0, 1e3), "Nug + Exp", engine), &[1e6, 1e6, 1.0], 2e-4);
    }
}

#[test]
fn the_restricted_likelihood_does_not_depend_on_the_functions_of_the_trend() {
    // The plane as a polynomial, and as a constant with two covariates that are other coordinates of it.
    let samples = simulated(200, &model("0.2 Nug + 1 Exp(15)"), 9);
    let turned = |a: f64, b: f64, c: f64| samples.coords().iter().map(|p| a * p[0] + b * p[1] + c).collect::<Vec<_>>();
    let furnished = samples.clone().with_covariates(&[turned(3.0, -1.0, 700.0), turned(0.002, 0.005, -1.0)]).unwrap();
    let variogram = model("0.3 Nug + 0.8 Exp(12)");
    for engine in ENGINES {
        for method in [Method::Reml, Method::Ml] {
            let settings = with(engine, method);
            let polynomial = log_likelihood(&samples, Drift::polynomial(1), &variogram, &settings, &Serial).unwrap();
            let external = log_likelihood(&furnished, Drift::external(2), &variogram, &settings, &Serial).unwrap();
            assert!((polynomial - external).abs() < 1e-9 * polynomial.abs(), "{polynomial} against {external}");
        }
    }
}

#[test]
fn the_maximum_is_one() {
    let samples = simulated(300, &model("0.2 Nug + 1 Exp(15)"), 10);
    for engine in ENGINES {
        let best = fit(&samples, "Nug + Exp", engine);
        let settings = with(engine, Method::Reml);
        let at =
            |text: String| log_likelihood(&samples, Drift::polynomial(1), &model(&text), &settings, &Serial).unwrap();
        let [nugget, sill, range] = [0, 1, 2].map(|k| best.parameters[k].estimate);
        assert!((at(format!("{nugget} Nug + {sill} Exp({range})")) - best.log_likelihood).abs() < 1e-8);
        for (a, b, c) in [(1.05, 1.0, 1.0), (0.95, 1.0, 1.0), (1.0, 1.05, 1.05), (1.0, 0.95, 0.95), (1.0, 1.0, 1.05)] {
            let other = at(format!("{} Nug + {} Exp({})", a * nugget, b * sill, c * range));
            assert!(other < best.log_likelihood, "{other} above {}", best.log_likelihood);
        }
    }
}
