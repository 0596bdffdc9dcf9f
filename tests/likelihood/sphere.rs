//! Likelihoods with great-circle distances.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::likelihood::{Engine, LikelihoodFit, Method, VecchiaKriging, fit_likelihood, log_likelihood};
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::variogram::FreeParameter;
use soilscope_core::{Coord, Interpolator, Samples};

use super::{model, simulated, with};

const ENGINES: [Engine; 2] = [Engine::Exact, Engine::Vecchia { neighbours: 20 }];

/// Metres of one degree along the equator.
const DEGREE: f64 = EARTH_RADIUS * std::f64::consts::PI / 180.0;

/// Places of a plane, in kilometres, as longitudes and latitudes beside the equator, round a meridian.
fn at_equator(coords: &[Coord], meridian: f64) -> Vec<Coord> {
    let degrees = |km: f64| (km - 50.0) * 1000.0 / DEGREE;
    let longitude = |km: f64| (meridian + degrees(km) + 180.0).rem_euclid(360.0) - 180.0;
    coords.iter().map(|c| [longitude(c[0]), degrees(c[1])]).collect()
}

fn fitted(samples: &Samples, text: &str, engine: Engine) -> LikelihoodFit {
    let settings = with(engine, Method::Reml);
    fit_likelihood(samples, Drift::Constant, &text.parse().unwrap(), &settings, &Serial).unwrap()
}

// 100 km of the equator are flat to (100 / 6371)² / 6 = 4e−5 of a distance.
#[test]
fn a_small_area_is_fitted_as_on_the_plane_wherever_it_lies() {
    let plane = simulated(250, &model("0.2 Nug + 1 Exp(12)"), 31);
    for engine in ENGINES {
        let flat = fitted(&plane, "Nug + Exp", engine);
        for meridian in [0.0, 180.0] {
            let coords = at_equator(plane.coords(), meridian);
            let round = Samples::new(coords, plane.values().to_vec()).unwrap().on_sphere(EARTH_RADIUS).unwrap();
            let fit = fitted(&round, "Nug + Exp", engine);
            let range = fit.parameter(FreeParameter::Range(0)).unwrap();
            let expected = flat.parameter(FreeParameter::Range(0)).unwrap();
            // Whole standard errors are the measure: another order of equal distances moves an approximation a little.
            let error = expected.standard_error.unwrap();
            assert!((range.estimate / 1000.0 - expected.estimate).abs() < 0.05 * error, "{range:?} {expected:?}");
            assert!(
                (fit.log_likelihood - flat.log_likelihood).abs() < 0.2,
                "{} {}",
                fit.log_likelihood,
                flat.log_likelihood
            );
        }
    }
}

#[test]
fn with_all_neighbours_the_approximation_is_exact_and_kriging_is_universal() {
    // All round the Earth, poles included.
    let mut random = soilscope_core::random::Random::new(7);
    let coords: Vec<Coord> = (0..90)
        .map(|_| [360.0 * random.uniform() - 180.0, (2.0 * random.uniform() - 1.0).asin().to_degrees()])
        .collect();
    let values = coords.iter().map(|c| c[1].to_radians().sin() + 0.3 * random.normal()).collect();
    let samples = Samples::new(coords, values).unwrap().on_sphere(EARTH_RADIUS).unwrap();
    let variogram = model("0.1 Nug + 1 Exp(3e6)");
    let of =
        |engine| log_likelihood(&samples, Drift::Constant, &variogram, &with(engine, Method::Reml), &Serial).unwrap();
    let (exact, all) = (of(Engine::Exact), of(Engine::Vecchia { neighbours: 89 }));
    assert!((exact - all).abs() < 1e-9 * exact.abs(), "{exact} {all}");

    let mut recipe = VecchiaKriging::new(variogram.clone(), Drift::Constant);
    recipe.nearest = std::num::NonZeroUsize::new(90).unwrap();
    recipe.trend_neighbours = recipe.nearest;
    let ordinary = soilscope_core::kriging::Kriging::new(
        variogram,
        Drift::Constant,
        soilscope_core::neighbourhood::Neighbourhood::Global,
    );
    let (ours, theirs) = (recipe.fit(&samples).unwrap(), ordinary.fit(&samples).unwrap());
    for at in [[179.9, 10.0], [-179.9, 10.0], [20.0, 89.5], [-60.0, -35.0]] {
        let (a, b) = (ours.predict(at).unwrap(), theirs.predict(at).unwrap());
        assert!(
            (a.value - b.value).abs() < 1e-9 && (a.variance.unwrap() - b.variance.unwrap()).abs() < 1e-9,
            "{a:?} {b:?}"
        );
    }
}
