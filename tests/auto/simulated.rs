//! Fields with a known model: what is chosen, refused and found anisotropic, over many seeds.

use soilscope_core::auto::{Choice, FittedBy, Settings, choose};
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::{Error, Samples};

use crate::fields::{at_most, field, least_error, with_values};

/// Settings that ask for no transform, so that tests take half the time.
fn settings() -> Settings {
    Settings { transformed: true, ..Settings::default() }
}

fn chosen(samples: &Samples) -> Choice {
    choose(samples, &settings(), &Serial).unwrap()
}

#[test]
fn noise_is_refused() {
    let refused = (0..40)
        .filter(|&seed| match choose(&field("1 Nug", 100, seed), &settings(), &Serial) {
            Err(Error::NoModel(reason)) => {
                assert_eq!(reason.code(), "no-spatial-structure");
                true
            }
            other => {
                other.unwrap();
                false
            }
        })
        .count();
    // The test's level is 5 %.
    assert!(40 - refused <= at_most(40, 0.05), "{refused} of 40");
}

/// The effective range is known as well as the samples can tell it.
///
/// Nobody who knows neither the shape nor the other parameters can do better than the Cramér–Rao bound of the field's restricted
/// likelihood: its expected information at the truth, of a Matérn model with nugget, sill, range and smoothness unknown, gives the
/// least standard error of the logarithm of the effective range at these places. The choice is asked to do as well: its error
/// is within ±1.96 of these in 95 % of fields, so in 19 of 24 or more but once in a thousand times; and the median of 24,
/// whose standard error is √(π/2)/√24 of one, within 3.3 of its own.
#[test]
fn the_effective_range_is_known_as_well_as_the_samples_can_tell_it() {
    let (mut inside, mut all, mut errors) = (0, Vec::new(), 0.0);
    for seed in 0..24 {
        let samples = field("0.3 Nug + 0.7 Exp(100)", 155, 100 + seed);
        let error = least_error(&samples, [0.3, 0.7, 100.0, 0.5]);
        let truth = crate::fields::model("0.3 Nug + 0.7 Exp(100)").effective_range();
        let off = (chosen(&samples).variogram().effective_range() / truth).ln() / error;
        inside += usize::from(off.abs() < 1.96);
        all.push(off);
        errors += error / 24.0;
    }
    println!("least standard error of the logarithm of the effective range: {errors:.2}; within 1.96: {inside} of 24");
    all.sort_by(f64::total_cmp);
    let median = 0.5 * (all[11] + all[12]);
    assert!(24 - inside <= at_most(24, 0.05), "{inside} of 24: {all:?}");
    assert!(median.abs() < 3.3 * (std::f64::consts::FRAC_PI_2 / 24.0).sqrt(), "{median}: {all:?}");
}

#[test]
fn isotropic_fields_are_seldom_called_anisotropic() {
    // Two fields of 20, and a level of 5 %.
    let mut called = 0;
    for (text, n) in [("0.3 Nug + 0.7 Exp(100)", 150), ("0.1 Nug + 0.9 Sph(400)", 150)] {
        for seed in 0..20 {
            if let Ok(choice) = choose(&field(text, n, 500 + seed), &settings(), &Serial) {
                let test = choice.anisotropy.unwrap();
                called += usize::from(test.p <= 0.05);
                assert_eq!(test.fitted.is_some(), test.p <= 0.05);
            }
        }
    }
    assert!(called <= at_most(40, 0.05), "{called} of 40");
}

#[test]
fn strong_anisotropy_is_found_and_measured() {
    let mut found = 0;
    for seed in 0..8 {
        let choice = chosen(&field("0.1 Nug + 0.9 Sph(400, az=30, ratio=0.3)", 300, 900 + seed));
        let test = choice.anisotropy.as_ref().unwrap();
        if test.taken {
            let fitted = test.fitted.as_ref().unwrap();
            assert!((0.15..0.5).contains(&fitted.ratio), "{fitted:?}");
            assert!((fitted.azimuth - 30.0).abs() < 20.0, "{fitted:?}");
            assert!(!choice.variogram().is_isotropic());
            found += 1;
        }
    }
    assert!(found >= 7, "{found} of 8");
}

/// Runs tasks last to first.
struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

/// Does nothing, as after an interrupt.
struct Stopped;

impl Executor for Stopped {
    fn run(&self, _: usize, _: &(dyn Fn(usize) + Sync)) {}

    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn the_choice_does_not_depend_on_who_executes_it() {
    let samples = field("0.1 Nug + 0.9 Sph(400)", 120, 5);
    assert_eq!(chosen(&samples), choose(&samples, &settings(), &Backwards).unwrap());
    assert_eq!(choose(&samples, &settings(), &Stopped), Err(Error::Cancelled));
}

#[test]
fn what_was_compared_is_told() {
    let choice = choose(&field("0.2 Nug + 0.8 Sph(300)", 155, 100), &Settings::default(), &Serial).unwrap();
    let c = &choice.candidates;
    assert!(c.windows(2).all(|w| w[0].log_score <= w[1].log_score));
    assert_eq!(c[0].behind_best, [0.0, 0.0]);
    let mean = c.iter().find(|c| c.fitted_by == FittedBy::Variance).unwrap();
    assert!(mean.log_score > choice.chosen.log_score && mean.rmse > choice.chosen.rmse);
    assert!(c.iter().any(|c| c.notation == choice.chosen.notation));
    let text = choice.explain();
    for words in ["Chosen: ", "held out", "spatial structure", "direction"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!choice.transform.unwrap().log_proposed);
}

#[test]
fn a_log_normal_field_is_proposed_to_be_logged_and_a_normal_one_is_not() {
    let normal = field("0.1 Nug + 0.6 Sph(300)", 200, 8);
    let skewed = with_values(&normal, |_, v| (v - 10.0).exp());
    let of = |samples: &Samples| choose(samples, &Settings::default(), &Serial).unwrap();
    let choice = of(&skewed);
    let transform = choice.transform.as_ref().unwrap();
    assert!(transform.log_proposed && transform.gain.unwrap()[0] > 0.0, "{transform:?}");
    assert!(choice.explain().contains("logarithm"));
    assert!(!of(&normal).transform.unwrap().log_proposed);
}

#[test]
fn a_trend_is_taken_out_by_a_drift() {
    let field = field("0.2 Nug + 0.8 Sph(200)", 200, 21);
    let trend = with_values(&field, |i, v| v + 0.02 * field.coords()[i][0]);
    let plain = chosen(&trend);
    let with = choose(&trend, &Settings { drift: Drift::polynomial(1), ..settings() }, &Serial).unwrap();
    // The plane adds 0.02² · 1000²/12 = 33 to the variance.
    assert!(with.variogram().sill() < 2.5, "{}", with.chosen.notation);
    assert!(plain.variogram().sill() > 3.0 * with.variogram().sill());
}

#[test]
fn a_class_that_few_samples_have_is_no_hindrance() {
    let field = field("0.2 Nug + 0.8 Sph(200)", 150, 22);
    let class: Vec<f64> = field.coords().iter().map(|c| f64::from(u8::from(c[0] > 900.0))).collect();
    let shifted = with_values(&field, |i, v| v + 5.0 * class[i]).with_covariates(&[class]).unwrap();
    let choice = choose(&shifted, &Settings { drift: Drift::external(1), ..settings() }, &Serial).unwrap();
    assert!(choice.variogram().sill() < 2.5, "{}", choice.chosen.notation);
}

#[test]
fn measurement_errors_are_not_taken_for_a_nugget() {
    let field = field("1 Sph(300)", 200, 33);
    let noisy = field.clone().with_error_variances(vec![0.4; 200]).unwrap();
    let mut random = soilscope_core::random::Random::new(5);
    let errors: Vec<f64> = (0..200).map(|_| 0.4_f64.sqrt() * random.normal()).collect();
    let noisy = with_values(&noisy, |i, v| v + errors[i]).with_error_variances(vec![0.4; 200]).unwrap();
    let without = with_values(&noisy, |_, v| v);
    let told = choose(&noisy, &settings(), &Serial).unwrap();
    let untold = chosen(&without);
    assert!(
        told.variogram().nugget() < untold.variogram().nugget(),
        "{} {}",
        told.chosen.notation,
        untold.chosen.notation
    );
}

#[test]
fn many_samples_take_bounded_work() {
    // A smooth surface and noise: no factor of so many samples is needed.
    let mut random = soilscope_core::random::Random::new(2);
    let coords: Vec<[f64; 2]> = (0..6000).map(|_| [random.uniform() * 1e4, random.uniform() * 1e4]).collect();
    let values = coords.iter().map(|c| (c[0] / 700.0).sin() + (c[1] / 500.0).cos() + 0.3 * random.normal()).collect();
    let choice = chosen(&Samples::new(coords, values).unwrap());
    assert_eq!((choice.samples, choice.held_out, choice.lags.drawn), (6000, 1000, 2500));
    assert!(choice.chosen.rmse < 0.4, "{}", choice.chosen.rmse);
    assert!(choice.remarks.iter().any(|r| r.contains("2500 samples drawn at random")), "{:?}", choice.remarks);
}

/// A column of fourteen classes at random places: hardly a neighbourhood holds them all, and a model is chosen all the same.
#[test]
fn many_classes_are_no_hindrance() {
    let field = field("0.2 Nug + 0.8 Sph(300)", 155, 41);
    let of = |i: usize| (i * 7919) % 157 % 14;
    let columns: Vec<Vec<f64>> =
        (1..14).map(|class| (0..155).map(|i| f64::from(u8::from(of(i) == class))).collect()).collect();
    let shifted = with_values(&field, |i, v| v + of(i) as f64).with_covariates(&columns).unwrap();
    let drift = Drift::external(13);
    let choice = choose(&shifted, &Settings { drift, ..settings() }, &Serial).unwrap();
    assert!(choice.held_out > 100 && choice.chosen.log_score.is_finite(), "{}", choice.explain());
    assert!(choice.remarks.iter().any(|r| r.contains("the drift's columns apart")), "{:?}", choice.remarks);
    let range = choice.variogram().effective_range();
    assert!((60.0..1500.0).contains(&range), "{range}");
}
