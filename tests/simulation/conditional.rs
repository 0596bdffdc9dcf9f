//! Conditional fields: exact at samples, and with the mean and variance of kriging.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::simulation::{
    CirculantSimulation, PathOrder, PathSharing, Realisations, SequentialGaussian, Simulator,
};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Interpolator, Samples};

use crate::support::{Z, assert_moments, model, moments, nodes, samples, window};

const REALISATIONS: usize = 2000;

const MODELS: [&str; 4] = [
    "1 Sph(50)",
    "0.3 Nug + 0.7 Exp(25)",
    "0.05 Nug + 1 Gau(30, az=60, ratio=0.5)",
    "0.1 Nug + 0.5 Sph(20) + 0.8 Mat(15, kappa=1.5, az=120, ratio=0.6)",
];

/// Prediction and variance at the nodes of ten by ten cells.
fn kriged(variogram: &Variogram, drift: Drift, samples: &Samples) -> Vec<(f64, f64)> {
    let kriging = Kriging::new(variogram.clone(), drift, Neighbourhood::Global);
    let predictor = kriging.fit(samples).unwrap();
    let predict = |c| predictor.predict(c).map(|p| (p.value, p.variance.unwrap())).unwrap();
    nodes(window(10)).into_iter().map(predict).collect()
}

fn sequential(recipe: &SequentialGaussian, samples: &Samples) -> Realisations {
    recipe.prepare(Some(samples), &nodes(window(10))).unwrap().simulate(0..REALISATIONS, &Serial).unwrap()
}

fn circulant(recipe: &CirculantSimulation, samples: &Samples) -> Realisations {
    recipe.prepare(Some(samples), window(10), None).unwrap().simulate(0..REALISATIONS, &Serial).unwrap()
}

#[test]
fn sequential_simulation_with_all_neighbours_is_exact() {
    let samples = samples();
    for text in MODELS {
        let variogram = model(text);
        let drift = Drift::KnownMean(0.3);
        let expected = kriged(&variogram, drift, &samples);
        let mut recipe = SequentialGaussian::new(variogram.clone(), drift, 5);
        (recipe.sample_neighbours, recipe.node_neighbours) = (samples.len(), 100);
        assert_moments(&sequential(&recipe, &samples), &expected, variogram.sill(), text);
    }
}

#[test]
fn paths_of_any_kind_are_exact_with_all_neighbours() {
    let (samples, variogram, drift) = (samples(), model(MODELS[1]), Drift::KnownMean(0.3));
    let expected = kriged(&variogram, drift, &samples);
    let mut recipe = SequentialGaussian::new(variogram.clone(), drift, 6);
    (recipe.sample_neighbours, recipe.node_neighbours) = (samples.len(), 100);
    recipe.path = PathOrder::Random;
    assert_moments(&sequential(&recipe, &samples), &expected, variogram.sill(), "random path");
    recipe.sharing = PathSharing::Own;
    let run = recipe.prepare(Some(&samples), &nodes(window(10))).unwrap();
    let fields = run.simulate(0..200, &Serial).unwrap();
    assert_moments(&fields, &expected, variogram.sill(), "own paths");
}

#[test]
fn sequential_simulation_with_the_usual_neighbours_is_close() {
    let samples = samples();
    for text in MODELS {
        let variogram = model(text);
        let recipe = SequentialGaussian::new(variogram.clone(), Drift::KnownMean(0.3), 8);
        let expected = kriged(&variogram, recipe.drift, &samples);
        assert_moments(&sequential(&recipe, &samples), &expected, variogram.sill(), text);
    }
}

#[test]
fn circulant_simulation_has_the_mean_and_variance_of_kriging() {
    // Samples lie between nodes, at nodes, and outside the window.
    let samples = samples();
    for text in MODELS {
        let variogram = model(text);
        for drift in [Drift::KnownMean(0.3), Drift::Constant] {
            let recipe = CirculantSimulation::new(variogram.clone(), drift, 11);
            let expected = kriged(&variogram, drift, &samples);
            assert_moments(&circulant(&recipe, &samples), &expected, variogram.sill(), &format!("{text}, {drift:?}"));
        }
    }
}

#[test]
fn measurement_error_is_filtered() {
    // Two samples at one place, which their errors allow, and one that has no error of its own but the common one.
    let (more, values) = (samples(), samples());
    let mut coords = more.coords().to_vec();
    coords.push(coords[2]);
    let mut observed = values.values().to_vec();
    observed.push(0.9);
    let own: Vec<f64> = (0..13).map(|i| f64::from(i % 3) * 0.1).collect();
    let samples = Samples::new(coords, observed).unwrap().with_error_variances(own.clone()).unwrap();
    let field = model("0.2 Nug + 0.8 Sph(50)");
    let variogram = field.clone().with_error_variance(0.15).unwrap();
    // Kriging of the field from samples with errors, by the joint covariances themselves.
    let drift = Drift::KnownMean(0.3);
    let expected = simple_kriging(&field, &samples, |i| 0.15 + own[i], 0.3);
    let mut recipe = SequentialGaussian::new(variogram.clone(), drift, 2);
    (recipe.sample_neighbours, recipe.node_neighbours) = (13, 100);
    assert_moments(&sequential(&recipe, &samples), &expected, variogram.sill(), "sequential");
    let fields = circulant(&CirculantSimulation::new(variogram.clone(), drift, 2), &samples);
    assert_moments(&fields, &expected, variogram.sill(), "circulant");
    let at_sample = nodes(window(10)).iter().position(|c| *c == samples.coords()[0]).unwrap();
    assert!(
        fields.get(at_sample, 0) != fields.get(at_sample, 1),
        "the field is not known where the sample is in error"
    );
}

/// Simple kriging by a dense solve: an oracle that shares nothing with the crate but the covariance.
fn simple_kriging(field: &Variogram, samples: &Samples, error: impl Fn(usize) -> f64, mean: f64) -> Vec<(f64, f64)> {
    let n = samples.len();
    let between = |a: [f64; 2], b: [f64; 2]| field.covariance([a[0] - b[0], a[1] - b[1]]);
    let c = samples.coords();
    let matrix = nalgebra::DMatrix::from_fn(n, n, |i, j| between(c[i], c[j]) + if i == j { error(i) } else { 0.0 });
    let inverse = matrix.try_inverse().unwrap();
    let centred = nalgebra::DVector::from_iterator(n, samples.values().iter().map(|v| v - mean));
    let predict = |at| {
        let row = nalgebra::DVector::from_fn(n, |i, _| between(c[i], at));
        let weights = &inverse * &row;
        (mean + weights.dot(&centred), field.sill() - weights.dot(&row))
    };
    nodes(window(10)).into_iter().map(predict).collect()
}

#[test]
fn nodes_at_samples_have_their_values_in_every_realisation() {
    let samples = samples();
    let variogram = model("0.3 Nug + 0.7 Exp(25)");
    let places = nodes(window(10));
    let fields = [
        sequential(&SequentialGaussian::new(variogram.clone(), Drift::Constant, 1), &samples),
        circulant(&CirculantSimulation::new(variogram, Drift::Constant, 1), &samples),
    ];
    let mut found = 0;
    for (node, c) in places.iter().enumerate() {
        if let Some(i) = samples.coords().iter().position(|s| s == c) {
            found += 1;
            for fields in &fields {
                assert!((0..50).all(|k| fields.get(node, k) == samples.values()[i]));
            }
        }
    }
    assert_eq!(found, 2);
}

#[test]
fn both_simulations_agree() {
    // Differences of two estimates have √2 of the standard error of each.
    let samples = samples();
    let variogram = model("0.1 Nug + 0.9 Sph(45, az=30, ratio=0.6)");
    let drift = Drift::KnownMean(0.3);
    let a = moments(&sequential(&SequentialGaussian::new(variogram.clone(), drift, 21), &samples));
    let b = moments(&circulant(&CirculantSimulation::new(variogram, drift, 22), &samples));
    let n = REALISATIONS as f64;
    for (node, ((m, v), (mean, variance))) in a.into_iter().zip(b).enumerate() {
        assert!((m - mean).abs() <= Z * (2.0 * variance / n).sqrt(), "node {node}: {m} and {mean}");
        assert!((v - variance).abs() <= Z * variance * (4.0 / n).sqrt(), "node {node}: {v} and {variance}");
    }
}

#[test]
fn near_samples_alone_condition_as_all_do_when_they_are_all() {
    let samples = samples();
    let mut recipe = CirculantSimulation::new(model("0.1 Nug + 0.9 Sph(45)"), Drift::Constant, 4);
    let run =
        |r: &CirculantSimulation| r.prepare(Some(&samples), window(10), None).unwrap().simulate(0..3, &Serial).unwrap();
    let all = run(&recipe);
    recipe.sample_neighbours = Some(11);
    let most = run(&recipe);
    recipe.sample_neighbours = Some(12);
    assert_eq!(run(&recipe), all);
    let far = (0..100).map(|n| (all.get(n, 0) - most.get(n, 0)).abs()).fold(0.0, f64::max);
    assert!(far > 0.0 && far < 0.2, "eleven of twelve samples differ a little: {far}");
}
