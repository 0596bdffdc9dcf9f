//! Fields around a kriging prediction: with its mean, its variance and the covariances of its errors, whatever the kriging.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::simulation::{KrigedSimulation, Realisations, Simulator};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::{Coord, Interpolator, Samples, Targets};

use crate::support::{Z, assert_moments, model, nodes, samples, window};

const REALISATIONS: usize = 2000;

/// Samples with a covariate, which is smooth in space.
fn with_covariate() -> Samples {
    let samples = samples();
    let covariate = samples.coords().iter().map(|c| elevation(*c)).collect();
    samples.with_covariates(&[covariate]).unwrap()
}

fn elevation([x, y]: Coord) -> f64 {
    (0.05 * x).sin() + 0.002 * (y - 40.0).powi(2)
}

fn krigings() -> Vec<(&'static str, Kriging, Samples)> {
    let variogram = model("0.2 Nug + 0.8 Exp(25, az=40, ratio=0.6)").with_error_variance(0.05).unwrap();
    let near = Neighbourhood::Moving(Search::new(Some(6), 1, None).unwrap());
    let kriging = |drift, neighbourhood| Kriging::new(variogram.clone(), drift, neighbourhood);
    let errors: Vec<f64> = (0..12).map(|i| 0.01 * f64::from(i)).collect();
    let uncertain = samples().with_error_variances(errors).unwrap();
    vec![
        ("ordinary", kriging(Drift::Constant, Neighbourhood::Global), samples()),
        ("simple, errors", kriging(Drift::KnownMean(0.7), Neighbourhood::Global), uncertain.clone()),
        ("ordinary, near samples, errors", kriging(Drift::Constant, near), uncertain),
        ("universal", kriging(Drift::polynomial(1), Neighbourhood::Global), samples()),
        ("external", kriging(Drift::Trend { degree: 0, covariates: 1 }, Neighbourhood::Global), with_covariate()),
    ]
}

fn covariates(kriging: &Kriging, places: &[Coord]) -> Vec<f64> {
    if kriging.drift.covariates() == 1 { places.iter().map(|c| elevation(*c)).collect() } else { Vec::new() }
}

/// With every node as a neighbour, so that nothing is left out.
fn fields(kriging: &Kriging, samples: &Samples, places: &[Coord]) -> Realisations {
    let mut recipe = KrigedSimulation::new(kriging.clone(), 11);
    recipe.node_neighbours = places.len() + samples.len();
    let run = recipe.prepare(samples, places, &covariates(kriging, places)).unwrap();
    run.simulate(0..REALISATIONS, &Serial).unwrap()
}

#[test]
fn mean_and_variance_are_those_of_the_kriging() {
    let places = nodes(window(10));
    for (name, kriging, samples) in krigings() {
        let covariates = covariates(&kriging, &places);
        let predictor = kriging.fit(&samples).unwrap();
        let targets = Targets::points(&places).with_covariates(&covariates, kriging.drift.covariates());
        let mut out = soilscope_core::Predictions::default();
        predictor.predict_into(&targets, &mut soilscope_core::Scratch::default(), &mut out);
        let expected: Vec<(f64, f64)> =
            out.iter().map(|p| p.unwrap()).map(|p| (p.value, p.variance.unwrap())).collect();
        assert_moments(&fields(&kriging, &samples, &places), &expected, 1.0, name);
    }
}

/// Weights of a target, one sample at a time: a prediction is linear in the values.
fn weights(kriging: &Kriging, samples: &Samples, at: Coord) -> Vec<f64> {
    let mut kriging = kriging.clone();
    if kriging.drift.known_mean().is_some() {
        kriging.drift = Drift::KnownMean(0.0);
    }
    let covariates = covariates(&kriging, &[at]);
    let unit = |i: usize| {
        let values = (0..samples.len()).map(|k| if k == i { 1.0 } else { 0.0 }).collect();
        let predictor = kriging.fit(&samples.with_values(values).unwrap()).unwrap();
        let targets = [at];
        let targets = Targets::points(&targets).with_covariates(&covariates, kriging.drift.covariates());
        let mut out = soilscope_core::Predictions::default();
        predictor.predict_into(&targets, &mut soilscope_core::Scratch::default(), &mut out);
        out.get(0).unwrap().value
    };
    (0..samples.len()).map(unit).collect()
}

#[test]
fn places_vary_together_as_the_errors_of_the_kriging_do() {
    let places = [[40.0, 40.0], [46.0, 44.0], [80.0, 20.0], [5.0, 95.0]];
    for (name, kriging, samples) in krigings() {
        let of: Vec<Vec<f64>> = places.iter().map(|&c| weights(&kriging, &samples, c)).collect();
        let covariance = |a: Coord, b: Coord| kriging.variogram.covariance([b[0] - a[0], b[1] - a[1]]);
        let at = samples.coords();
        let error = |i: usize| kriging.variogram.error_variance() + samples.error_variance(i);
        let expected = |u: usize, v: usize| {
            let mut c = covariance(places[u], places[v]);
            for i in 0..at.len() {
                c -= of[v][i] * covariance(places[u], at[i]) + of[u][i] * covariance(places[v], at[i]);
                for j in 0..at.len() {
                    let own = if i == j { error(i) } else { 0.0 };
                    c += of[u][i] * of[v][j] * (covariance(at[i], at[j]) + own);
                }
            }
            c
        };
        let fields = fields(&kriging, &samples, &places);
        let column = |u: usize| {
            let mut values = Vec::new();
            fields.at_node(u, &mut values);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter_mut().for_each(|v| *v -= mean);
            values
        };
        let n = REALISATIONS as f64;
        for u in 0..places.len() {
            for v in 0..u {
                let found = column(u).iter().zip(column(v)).map(|(a, b)| a * b).sum::<f64>() / (n - 1.0);
                let (c, vu, vv) = (expected(u, v), expected(u, u), expected(v, v));
                let allowed = Z * ((vu * vv + c * c) / n).sqrt();
                assert!((found - c).abs() < allowed, "{name}: {u} and {v}: {found}, not {c} ± {allowed}");
            }
        }
    }
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let (_, kriging, samples) = krigings().remove(0);
    let there = [[40.0, 40.0]];
    let mut block = kriging.clone();
    block.support = Support::block([10.0, 10.0], BlockNodes::GAUSS_4).unwrap();
    assert!(KrigedSimulation::new(block, 1).prepare(&samples, &there, &[]).is_err());
    let unbounded = Kriging::new(model("1 Lin(0)"), Drift::Constant, Neighbourhood::Global);
    assert!(KrigedSimulation::new(unbounded, 1).prepare(&samples, &there, &[]).is_err());
    let error = KrigedSimulation::new(kriging, 1).prepare(&samples, &there, &[1.0]).err().unwrap();
    assert_eq!(error, soilscope_core::Error::Covariates { needed: 0, found: 1 });
}
