//! Longitudes and latitudes: the same questions along great circles.

use soilscope_core::auto::{Settings, choose};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::{Folds, Scores, residuals};
use soilscope_core::{Error, Interpolator, Samples};

use crate::fields::{field_on_sphere, least_error, model, with_values};

/// 20° are 2,200 km: effective range 600 km.
const TRUTH: &str = "0.3 Nug + 0.7 Exp(200e3)";

fn settings() -> Settings {
    Settings { transformed: true, ..Settings::default() }
}

/// As on the plane: 95 % of fields within ±1.96 of the least standard errors, so 8 of 12 or more but twice in ten thousand
/// times.
#[test]
fn a_field_across_the_date_line_gives_a_model_to_use() {
    let mut inside = 0;
    for seed in 0..12 {
        let samples = field_on_sphere(TRUTH, 155, 300 + seed);
        let choice = choose(&samples, &settings(), &Serial).unwrap();
        let error = least_error(&samples, [0.3, 0.7, 200e3, 0.5]);
        let off = (choice.variogram().effective_range() / model(TRUTH).effective_range()).ln() / error;
        inside += usize::from(off.abs() < 1.96);
        assert!(choice.variogram().check_on(samples.metric()).is_ok());
        assert_eq!((choice.anisotropy.as_ref(), choice.parameters.len()), (None, choice.chosen.parameters));
        assert!(choice.remarks.iter().any(|r| r.contains("great circles")), "{:?}", choice.remarks);
        // And kriging with it is worth having.
        let kriging = Kriging::new(choice.variogram().clone(), Drift::Constant, Neighbourhood::nearest(32).unwrap());
        let outcomes = kriging.leave_out(&samples, &Folds::leave_one_out(&samples)).unwrap();
        let scores = Scores::of(&residuals(&samples, &outcomes, &Default::default())).unwrap();
        assert!(scores.rmse < samples.variance().sqrt(), "{seed}: {scores:?}");
    }
    assert!(inside >= 8, "{inside} of 12");
}

#[test]
fn the_choice_does_not_depend_on_the_meridian() {
    let across = field_on_sphere(TRUTH, 120, 310);
    let shifted = across.coords().iter().map(|c| [(c[0] + 180.0).rem_euclid(360.0) - 180.0 + 15.0, c[1]]).collect();
    let here = Samples::new(shifted, across.values().to_vec()).unwrap().on_sphere(EARTH_RADIUS).unwrap();
    let of = |samples: &Samples| choose(samples, &settings(), &Serial).unwrap();
    let (a, b) = (of(&across), of(&here));
    assert!((across.diagonal() / here.diagonal() - 1.0).abs() < 1e-9);
    let numbers = |c: &soilscope_core::auto::Choice| {
        let v = c.variogram();
        [v.nugget(), v.sill(), v.effective_range(), c.chosen.log_score]
    };
    for (x, y) in numbers(&a).into_iter().zip(numbers(&b)) {
        assert!((x - y).abs() <= 1e-4 * x.abs(), "{} {}", a.chosen.notation, b.chosen.notation);
    }
}

#[test]
fn refusals_have_the_codes_of_the_plane() {
    let code = |samples: &Samples| match choose(samples, &settings(), &Serial) {
        Err(Error::NoModel(reason)) => reason.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&field_on_sphere(TRUTH, 29, 1)), "too-few-samples");
    assert_eq!(code(&with_values(&field_on_sphere(TRUTH, 40, 1), |_, _| 3.0)), "no-variation");
    assert_eq!(code(&field_on_sphere("1 Nug", 100, 3)), "no-spatial-structure");
    let planted = with_values(&field_on_sphere(TRUTH, 120, 41), |i, v| if i == 77 { v + 25.0 } else { v });
    assert_eq!(code(&planted), "outlier-carries-fit");
}
