//! Kriging under a global trend, beside universal kriging with all samples.

use std::num::NonZeroUsize;

use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::VecchiaKriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::validation::Folds;
use soilscope_core::{
    Coord, Error, Gap, Interpolator, Outcome, Predictions, Predictor, Samples, Scratch, Targets, leave_out_by_refitting,
};

use super::{furnished, model, simulated};

fn all_neighbours(n: usize, text: &str, drift: Drift) -> VecchiaKriging {
    let all = NonZeroUsize::new(n).unwrap();
    VecchiaKriging { trend_neighbours: all, nearest: all, around: 0, ..VecchiaKriging::new(model(text), drift) }
}

fn predicted(predictor: &dyn Predictor, places: &[Coord], covariates: &[f64]) -> Vec<Outcome> {
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    let targets = Targets::points(places).with_covariates(covariates, covariates.len() / places.len());
    predictor.predict_into(&targets, &mut scratch, &mut out);
    out.iter().collect()
}

#[track_caller]
fn assert_alike(ours: &[Outcome], others: &[Outcome], tolerance: f64) {
    assert_eq!(ours.len(), others.len());
    for (i, (a, b)) in ours.iter().zip(others).enumerate() {
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!((a.value - b.value).abs() < tolerance, "value {i}: {} against {}", a.value, b.value);
        let (v, w) = (a.variance.unwrap(), b.variance.unwrap());
        assert!((v - w).abs() < tolerance, "variance {i}: {v} against {w}");
        assert!((a.multiplier - b.multiplier).abs() < tolerance, "multiplier {i}: {} {}", a.multiplier, b.multiplier);
    }
}

const MODELS: [&str; 3] = [
    "0.2 Nug + 1 Exp(15)",
    "0.3 Err + 0.1 Nug + 1 Sph(40)",
    "0.1 Nug + 0.5 Mat(6, kappa=0.8) + 0.6 Exp(40, az=30, ratio=0.4)",
];

#[test]
fn with_all_samples_it_is_universal_kriging() {
    for samples in [simulated(120, &model(MODELS[0]), 41), furnished(120, 42)] {
        let covariates = samples.covariate_count();
        let mut places: Vec<Coord> = (0..20).map(|i| [f64::from(i) * 7.0 - 10.0, f64::from(i * 37 % 100)]).collect();
        places.extend_from_slice(&samples.coords()[..5]);
        let of_places: Vec<f64> = (0..places.len() * covariates).map(|i| (i * 5 % 29) as f64).collect();
        for text in MODELS {
            for drift in [Drift::KnownMean(2.0), Drift::Constant, Drift::Trend { degree: 1, covariates }] {
                let used: &[f64] = if drift.covariates() > 0 { &of_places } else { &[] };
                let ours = all_neighbours(120, text, drift).fit(&samples).unwrap();
                let universal = Kriging::new(model(text), drift, Neighbourhood::Global).fit(&samples).unwrap();
                assert_alike(&predicted(&*ours, &places, used), &predicted(&*universal, &places, used), 1e-8);
            }
        }
    }
}

#[test]
fn leaving_out_with_all_samples_is_that_of_universal_kriging() {
    let samples = simulated(90, &model(MODELS[0]), 43);
    let folds = [
        Folds::leave_one_out(&samples),
        Folds::random(&samples, 7, 1).unwrap(),
        Folds::spatial_blocks(&samples, 40.0).unwrap(),
    ];
    for text in MODELS {
        for drift in [Drift::KnownMean(2.0), Drift::Constant, Drift::polynomial(2)] {
            for folds in &folds {
                let ours = all_neighbours(90, text, drift).leave_out(&samples, folds).unwrap();
                let universal = Kriging::new(model(text), drift, Neighbourhood::Global);
                assert_alike(&ours, &leave_out_by_refitting(&universal, &samples, folds).unwrap(), 1e-8);
            }
        }
    }
}

#[test]
fn leaving_out_with_few_neighbours_is_near_to_fitting_again() {
    let samples = simulated(700, &model(MODELS[0]), 44);
    let recipe = VecchiaKriging::new(model(MODELS[0]), Drift::polynomial(1));
    let small = Folds::random(&samples, 20, 2).unwrap();
    let ours = recipe.leave_out(&samples, &small).unwrap();
    let again = leave_out_by_refitting(&recipe, &samples, &small).unwrap();
    // The two approximate the same trend by other orders and blocks, and choose the samples around from other levels.
    assert_alike(&ours, &again, 0.05);
    // Folds of more than 200 samples are fitted again.
    let large = Folds::random(&samples, 3, 2).unwrap();
    assert_eq!(recipe.leave_out(&samples, &large), leave_out_by_refitting(&recipe, &samples, &large));
}

#[test]
fn predictions_do_not_depend_on_the_order_of_samples_or_the_batch() {
    let samples = furnished(400, 45);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    Random::new(1).shuffle(&mut order);
    let recipe = VecchiaKriging::new(model(MODELS[0]), Drift::Trend { degree: 1, covariates: 1 });
    let places: Vec<Coord> = (0..50).map(|i| [f64::from(i * 17 % 100), f64::from(i * 37 % 100)]).collect();
    let covariates: Vec<f64> = (0..50).map(f64::from).collect();
    let here = recipe.fit(&samples).unwrap();
    let there = recipe.fit(&samples.subset(&order).unwrap()).unwrap();
    let all = predicted(&*here, &places, &covariates);
    assert_eq!(all, predicted(&*there, &places, &covariates));
    let single: Vec<Outcome> = (0..50).map(|i| predicted(&*here, &places[i..=i], &covariates[i..=i])[0]).collect();
    assert_eq!(all, single);
}

#[test]
fn a_target_that_cannot_be_is_a_gap() {
    let samples = furnished(100, 46);
    let recipe = VecchiaKriging::new(model(MODELS[0]), Drift::external(1));
    let predictor = recipe.fit(&samples).unwrap();
    let outcomes = predicted(&*predictor, &[[1.0, 1.0], [f64::NAN, 0.0], [2.0, 2.0]], &[f64::NAN, 1.0, 1.0]);
    assert_eq!(outcomes[0], Err(Gap::MissingCovariate));
    assert_eq!(outcomes[1], Err(Gap::NotFinite));
    assert!(outcomes[2].is_ok());
    let bare = Samples::new(samples.coords().to_vec(), samples.values().to_vec()).unwrap();
    let recipe = VecchiaKriging::new(model(MODELS[0]), Drift::Constant);
    assert!(matches!(recipe.fit(&bare).err(), Some(Error::CoincidentSamples { .. })));
}
