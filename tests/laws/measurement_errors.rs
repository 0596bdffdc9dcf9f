//! Errors of the samples are counted once: a fit takes off what they add to semivariances, and kriging counts them.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::variogram::{Estimator, FitWeights, LagClasses, ModelTemplate, empirical_variogram, fit};
use soilscope_core::{Error, Samples};

use crate::{assert_close, cases};

fn template(text: &str) -> ModelTemplate {
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(cases(48))]

    /// A class's error variance is the mean over its pairs, by definition; the semivariances stay what they were.
    #[test]
    fn a_class_has_the_mean_of_its_pairs_errors(
        rows in vec((0.0..100.0_f64, 0.0..100.0_f64, -5.0..5.0_f64, 0.0..3.0_f64), 5..40),

    ) {
        let coords: Vec<[f64; 2]> = rows.iter().map(|r| [r.0, r.1]).collect();
        let plain = Samples::new(coords.clone(), rows.iter().map(|r| r.2).collect()).unwrap();
        let errors: Vec<f64> = rows.iter().map(|r| r.3).collect();
        let samples = plain.clone().with_error_variances(errors.clone()).unwrap();
        let lags = LagClasses::with_boundaries(vec![30.0, 60.0, 150.0]).unwrap();
        let with = empirical_variogram(&samples, &lags, &[], Estimator::Matheron).unwrap();
        let without = empirical_variogram(&plain, &lags, &[], Estimator::Matheron).unwrap();
        let mut pairs = [(0.0, 0_u64); 3];
        for i in 0..coords.len() {
            for j in 0..i {
                let h = (coords[i][0] - coords[j][0]).hypot(coords[i][1] - coords[j][1]);
                let class = usize::from(h > 30.0) + usize::from(h > 60.0);
                pairs[class].0 += 0.5 * (errors[i] + errors[j]);
                pairs[class].1 += 1;
            }
        }
        let expected: Vec<(f64, u64)> = pairs.into_iter().filter(|p| p.1 > 0).collect();
        prop_assert_eq!(with.classes.len(), expected.len());
        for ((a, b), (sum, np)) in with.classes.iter().zip(&without.classes).zip(expected) {
            prop_assert_eq!((a.np, a.gamma, a.dist), (b.np, b.gamma, b.dist));
            prop_assert_eq!((a.np, b.error_variance), (np, 0.0));
            assert_close(a.error_variance, sum / np as f64, 1e-12, "error variance");
            assert_close(a.of_field(), b.gamma - sum / np as f64, 1e-12, "semivariance of the field");
        }
    }

    /// Classes that lie on a model plus the errors give back the model: with errors of the samples, which differ by class,
    /// and with one error variance for all in the model.
    #[test]
    fn a_fit_finds_the_field_under_the_errors(
        nugget in 0.0..2.0_f64, sill in 0.5..3.0_f64, range in 15.0..40.0_f64, errors in vec(0.0..4.0_f64, 12), common in 0.0..2.0_f64,
    ) {
        let truth = template(&format!("{nugget} Nug + {sill} Sph({range})")).complete().unwrap().unwrap();
        let coords: Vec<[f64; 2]> = (0..13).map(|i| [f64::from(i) * 5.0, 0.0]).collect();
        let samples = Samples::new(coords, (0..13).map(f64::from).collect()).unwrap();
        let lags = LagClasses::regular(60.0, 5.0).unwrap();
        let mut empirical = empirical_variogram(&samples, &lags, &[], Estimator::Matheron).unwrap();
        for (class, error) in empirical.classes.iter_mut().zip(errors) {
            class.error_variance = error;
            class.gamma = truth.semivariance([class.dist, 0.0]) + error + common;
        }
        let open = template(&format!("{common} Err + Nug + Sph"));
        let fitted = fit(&empirical, &open, &FitWeights::default()).unwrap().variogram;
        assert_close(fitted.nugget(), nugget, 1e-4, "nugget");
        assert_close(fitted.sill(), nugget + sill, 1e-4, "sill");
        assert_close(fitted.structures()[0].range(), range, 1e-2, "range");
        prop_assert_eq!(fitted.error_variance(), common);
    }
}

#[test]
fn errors_that_explain_all_differences_leave_no_field() {
    let coords: Vec<[f64; 2]> = (0..20).map(|i| [f64::from(i), 0.0]).collect();
    let values = (0..20).map(|i| f64::from(i % 3)).collect();
    let samples = Samples::new(coords, values).unwrap().with_error_variances(vec![100.0; 20]).unwrap();
    let empirical =
        empirical_variogram(&samples, &LagClasses::regular(10.0, 1.0).unwrap(), &[], Estimator::Matheron).unwrap();
    let refused = fit(&empirical, &template("Nug + Sph"), &FitWeights::default());
    assert_eq!(refused, Err(Error::OnlyErrors { classes: 10 }));
}

/// A robust estimator hardly sees one sample in ten with a large error, so nothing can be taken off for it.
#[test]
fn robust_estimators_take_equal_errors_only() {
    let coords: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i % 8), f64::from(i / 8)]).collect();
    let samples = Samples::new(coords, (0..40).map(|i| f64::from(i % 7)).collect()).unwrap();
    let lags = LagClasses::regular(6.0, 1.0).unwrap();
    let equal = samples.clone().with_error_variances(vec![0.2; 40]).unwrap();
    let unequal = samples.with_error_variances((0..40).map(|i| f64::from(u8::from(i == 3))).collect()).unwrap();
    for estimator in [Estimator::CressieHawkins, Estimator::Dowd, Estimator::Genton] {
        let classes = empirical_variogram(&equal, &lags, &[], estimator).unwrap().classes;
        assert!(classes.iter().all(|c| (c.error_variance - 0.2).abs() < 1e-12));
        let refused = empirical_variogram(&unequal, &lags, &[], estimator);
        assert!(matches!(refused, Err(Error::SampleParameter { index: 3, .. })), "{refused:?}");
    }
    assert!(empirical_variogram(&unequal, &lags, &[], Estimator::Matheron).is_ok());
}
