//! Numbers at the edges: never NaN, never for ever.

use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{Model, ModelTemplate, Structure, Variogram};
use soilscope_core::{Coord, Error, Gap, Interpolator, Predictions, Samples, Scratch, Targets};

use crate::any::{self, recipe};
use crate::kriging::predict;
use crate::{assert_close, assert_outcomes, cases};

fn model() -> impl Strategy<Value = Model> {
    prop_oneof![
        Just(Model::Spherical),
        Just(Model::Exponential),
        Just(Model::Gaussian),
        (0.05..50.0_f64).prop_map(|smoothness| Model::Matern { smoothness }),
        (0.05..50.0_f64).prop_map(|smoothness| Model::Stein { smoothness }),
    ]
}

proptest! {
    #![proptest_config(cases(64))]

    /// Any sill, range and smoothness: a prediction with a variance, a gap, or an error that says singular.
    #[test]
    fn a_prediction_or_a_reason(
        samples in any::samples(1, 12), model in model(), sill in -12.0..12.0_f64, range in -3.0..7.0_f64,
        nugget in prop_oneof![Just(0.0), -14.0..12.0_f64], targets in any::targets(),
    ) {
        let nugget = if nugget == 0.0 { 0.0 } else { 10.0_f64.powf(nugget) };
        let structure = Structure::new(model, 10.0_f64.powf(sill), 10.0_f64.powf(range)).unwrap();
        let variogram = Variogram::new(nugget, vec![structure]).unwrap();
        prop_assert!(variogram.effective_range().is_finite());
        let sill = variogram.sill();
        for (drift, neighbourhood) in [
            (Drift::Constant, Neighbourhood::Global),
            (Drift::KnownMean(1.0), Neighbourhood::Global),
            (Drift::Constant, Neighbourhood::nearest(5).unwrap()),
        ] {
            let kriging = Kriging::new(variogram.clone(), drift, neighbourhood);
            match kriging.fit(&samples) {
                Err(e) => prop_assert!(matches!(e, Error::SingularSystem { .. }), "{}", e),
                Ok(predictor) => for &at in &targets {
                    match predictor.predict(at) {
                        Err(gap) => prop_assert_eq!(gap, Gap::SingularSystem),
                        Ok(p) => {
                            let v = p.variance.unwrap();
                            prop_assert!(p.value.is_finite() && v.is_finite() && v >= 0.0 && p.multiplier.is_finite());
                            if drift != Drift::Constant {
                                prop_assert!(v <= sill * (1.0 + 1e-12));
                            }
                        }
                    }
                },
            }
        }
    }

    /// A mean of a million over a variation of thousandths: the same digits as without the mean.
    #[test]
    fn a_large_mean_costs_no_digits(samples in any::dyadic_samples(1, 20), field in any::field(), targets in any::targets()) {
        // Values are multiples of 2^-26 up to 1e-3, so that adding 2^20 is exact.
        let small: Vec<f64> = samples.values().iter().map(|v| v / 65536.0).collect();
        let large: Vec<f64> = small.iter().map(|v| v + 1_048_576.0).collect();
        let field = field.times(1e-6);
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(5).unwrap()] {
            let kriging = recipe(&field, None, neighbourhood);
            let plain = predict(&kriging, &samples.with_values(small.clone()).unwrap(), &targets);
            let mut shifted = predict(&kriging, &samples.with_values(large.clone()).unwrap(), &targets);
            for p in shifted.iter_mut().flatten() {
                p.value -= 1_048_576.0;
            }
            // A million has units of 1.2e-10 in its last place; the mean of the samples and the answer each round once.
            assert_outcomes(&plain, &shifted, 1e-9, 0.0);
        }
    }

    /// Samples a millimetre apart at five million metres.
    #[test]
    fn neighbours_a_millimetre_apart(field in any::exact_field(), step in 1..50_u32, z in -5.0..5.0_f64) {
        let at = |k: u32| [5_000_000.0 + f64::from(k * step) * 0.001, 5_500_000.0];
        let samples = Samples::new(vec![at(0), at(1), at(2), [5_000_030.0, 5_500_000.0]], vec![z, z + 1e-3, z, 1.0]).unwrap();
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(3).unwrap()] {
            let Ok(predictor) = recipe(&field, None, neighbourhood).fit(&samples) else { continue };
            for (c, &v) in samples.coords().iter().zip(samples.values()) {
                if let Ok(p) = predictor.predict(*c) {
                    // The system's condition is up to 1e6 (a lag of 1e-3 over a range of 60, or a nugget).
                    assert_close(p.value, v, 1e-6, "at a sample");
                }
            }
        }
    }

    /// With measurement error samples may share a place: two of them are one with half the error.
    #[test]
    fn coincident_samples_with_error_are_averaged(
        samples in any::samples(2, 10), field in any::field(), targets in any::targets(), d in 0.0..3.0_f64,
    ) {
        let field = crate::oracle::Field { error: 0.5, ..field };
        // Every sample twice, at value ± d with error 0.5, against once with error 0.25.
        let coords: Vec<Coord> = samples.coords().iter().flat_map(|&c| [c, c]).collect();
        let values = samples.values().iter().flat_map(|&z| [z - d, z + d]).collect();
        let twice = Samples::new(coords, values).unwrap();
        let once = crate::oracle::Field { error: 0.25, ..field.clone() };
        assert_outcomes(
            &predict(&recipe(&field, None, Neighbourhood::Global), &twice, &targets),
            &predict(&recipe(&once, None, Neighbourhood::Global), &samples, &targets),
            1e-8, 1e-8,
        );
        let none = crate::oracle::Field { error: 0.0, ..field };
        let refused = recipe(&none, None, Neighbourhood::Global).fit(&twice).err();
        prop_assert!(matches!(refused, Some(Error::CoincidentSamples { first: 0, second: 1, .. })), "{refused:?}");
    }
}

#[test]
fn a_target_that_is_nowhere_is_a_gap() {
    let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]], vec![1.0, 2.0, 4.0]).unwrap();
    let nowhere = [[f64::NAN, 0.0], [0.0, f64::NAN], [f64::INFINITY, 0.0], [0.0, f64::NEG_INFINITY]];
    for text in ["1 Sph(3)", "1 Mat(3, kappa=1.2)", "0.1 Nug + 1 Gau(3)", "1 Exp(9, az=30, ratio=0.2)"] {
        let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(2).unwrap()] {
            let kriging = Kriging::new(variogram.clone(), Drift::Constant, neighbourhood);
            assert_eq!(predict(&kriging, &samples, &nowhere), [Err(Gap::NotFinite); 4], "{text}");
            let idw = InverseDistance { power: 2.0, neighbourhood };
            assert_eq!(predict(&idw, &samples, &nowhere), [Err(Gap::NotFinite); 4]);
        }
    }
    assert_eq!(predict(&Nearest { radius: None }, &samples, &nowhere), [Err(Gap::NotFinite); 4]);
}

/// A Gaussian model without nugget over samples a thousandth of its range apart: in floating point most of them follow
/// from the others. They are left out and told; what is left still says what a smooth field is like.
#[test]
fn a_singular_system_is_solved_without_samples_that_say_nothing_new() {
    let coords: Vec<Coord> = (0..40).map(|i| [f64::from(i % 8) * 0.1, f64::from(i / 8) * 0.1]).collect();
    let field = |c: &Coord| 3.0 + 0.5 * c[0] - 0.2 * c[1];
    let samples = Samples::new(coords.clone(), coords.iter().map(field).collect()).unwrap();
    let variogram = Variogram::new(0.0, vec![Structure::new(Model::Gaussian, 1.0, 100.0).unwrap()]).unwrap();
    let recipe = |neighbourhood| Kriging::new(variogram.clone(), Drift::Constant, neighbourhood);
    let targets = [[0.33, 0.21], [0.0, 0.0]];

    let global = recipe(Neighbourhood::Global).fit(&samples).unwrap();
    assert!((1..40).contains(&global.left_out().len()), "{:?}", global.left_out());
    assert!(global.left_out().is_sorted());
    let near = recipe(Neighbourhood::nearest(16).unwrap()).fit(&samples).unwrap();
    let mut out = Predictions::default();
    near.predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut out);
    assert_eq!(out.reduced().len(), 2);
    for (k, at) in targets.iter().enumerate() {
        for p in [global.predict(*at).unwrap(), out.get(k).unwrap()] {
            assert!((p.value - field(at)).abs() < 1e-3, "{} at {at:?}", p.value);
            assert!((0.0..1e-6).contains(&p.variance.unwrap()), "{:?}", p.variance);
        }
    }
    let left_out = recipe(Neighbourhood::Global).leave_out(&samples, &Folds::leave_one_out(&samples)).unwrap();
    for (outcome, z) in left_out.iter().zip(samples.values()) {
        assert!((outcome.unwrap().value - z).abs() < 1e-3, "{outcome:?} {z}");
    }
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(Structure::new(Model::Spherical, bad, 1.0).is_err());
        assert!(Structure::new(Model::Spherical, 1.0, bad).is_err());
        assert!(Structure::new(Model::Matern { smoothness: bad }, 1.0, 1.0).is_err());
        assert!(Variogram::new(bad, vec![]).is_err());
        assert!(Variogram::new(1.0, vec![]).unwrap().with_error_variance(bad).is_err());
    }
    let huge = Structure::new(Model::Spherical, 1e308, 1.0).unwrap();
    assert!(Variogram::new(0.0, vec![huge, huge]).is_err());
    let samples = Samples::new(vec![[0.0, 0.0]], vec![1.0]).unwrap();
    for power in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(InverseDistance { power, neighbourhood: Neighbourhood::Global }.fit(&samples).is_err());
    }
    let variogram = Variogram::new(1.0, vec![]).unwrap();
    for mean in [f64::NAN, f64::INFINITY] {
        let kriging = Kriging::new(variogram.clone(), Drift::KnownMean(mean), Neighbourhood::Global);
        assert!(kriging.fit(&samples).is_err());
    }
}

/// Closed forms of the Matérn model would meet ∞ · 0, and a lag may overflow on its way to q.
#[test]
fn models_at_any_lag_are_numbers_from_0_to_1() {
    let mut models = vec![Model::Spherical, Model::Exponential, Model::Gaussian];
    for smoothness in [0.05, 0.5, 1.0, 1.5, 2.5, 7.0, 50.0, 100.0] {
        models.extend([Model::Matern { smoothness }, Model::Stein { smoothness }]);
    }
    for model in models {
        let mut previous = 0.0;
        for q in [
            0.0,
            5e-324,
            1e-310,
            1e-160,
            1e-20,
            1e-3,
            0.5,
            1.0,
            2.0,
            30.0,
            699.0,
            701.0,
            1e10,
            1e155,
            1e308,
            f64::INFINITY,
        ] {
            let gamma = model.unit_semivariance(q);
            assert!(
                (0.0..=1.0).contains(&gamma) && gamma >= previous - 1e-14,
                "{model:?} at {q}: {gamma} after {previous}"
            );
            previous = gamma;
        }
        assert_eq!(model.unit_semivariance(0.0), 0.0);
        assert_eq!(previous, 1.0);
        assert!(model.unit_semivariance(f64::NAN).is_nan(), "{model:?}");
    }
}
