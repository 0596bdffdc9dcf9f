//! Laws that every interpolator obeys: a new one is added to the list below, and they apply to it.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, Coefficients, Coregionalisation, Means, Term};
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::VecchiaKriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::validation::Folds;
use soilscope_core::{Coord, Interpolator, Outcome, Predictions, Samples, Scratch, Targets, leave_out_by_refitting};

use crate::any;
use crate::kriging::predict;
use crate::oracle::{Field, Near};
use crate::{assert_close, cases};

/// Between two ways through systems with condition numbers up to about 1e7 and values of 50.
const TOLERANCE: f64 = 1e-6;

/// An interpolator, and which laws are not its own.
struct Method {
    name: &'static str,
    recipe: Box<dyn Interpolator>,
    /// Its mean is known to be 0, so that a constant more is another problem.
    known_mean: bool,
    /// It predicts means of blocks, which at a sample are not the sample.
    blocks: bool,
    /// Its cross-validation is an approximation to fitting again.
    approximate: bool,
}

/// Every interpolator of the crate, with this field where it has a model. A co-kriged variable has another beside it.
fn every(field: &Field, near: &Near, other: &Samples) -> Vec<Method> {
    let variogram = field.variogram();
    let search = any::search(near);
    let block = Support::block([7.0, 3.0], BlockNodes::GAUSS_4).unwrap();
    let of = |drift: Drift, neighbourhood: Neighbourhood| Kriging::new(variogram.clone(), drift, neighbourhood);
    let method = |name: &'static str, recipe: Box<dyn Interpolator>| Method {
        name,
        recipe,
        known_mean: name.contains("simple"),
        blocks: name.contains("block"),
        approximate: name.contains("Vecchia"),
    };
    let global = Neighbourhood::Global;
    vec![
        method("nearest", Box::new(Nearest { radius: None })),
        method("nearest within a radius", Box::new(Nearest { radius: Some(12.0) })),
        method("inverse distance", Box::new(InverseDistance { power: 2.0, neighbourhood: global })),
        method("inverse distance, searched", Box::new(InverseDistance { power: 1.3, neighbourhood: search })),
        method("simple", Box::new(of(Drift::KnownMean(0.0), global))),
        method("simple, searched", Box::new(of(Drift::KnownMean(0.0), search))),
        method("ordinary", Box::new(of(Drift::Constant, global))),
        method("ordinary, searched", Box::new(of(Drift::Constant, search))),
        method("universal", Box::new(of(Drift::polynomial(1), global))),
        method("universal, searched", Box::new(of(Drift::polynomial(1), search))),
        method("block", Box::new(of(Drift::Constant, global).with_support(block))),
        method("block, searched", Box::new(of(Drift::Constant, search).with_support(block))),
        method("Vecchia", Box::new(VecchiaKriging::new(variogram.clone(), Drift::Constant))),
        method("Vecchia with a plane", Box::new(VecchiaKriging::new(variogram.clone(), Drift::polynomial(1)))),
        method("co-kriging", Box::new(cokriging(field, global, other, Means::Unknown))),
        method("co-kriging, searched", Box::new(cokriging(field, search, other, Means::Unknown))),
        method("simple co-kriging", Box::new(cokriging(field, global, other, Means::Known(vec![0.0; 2])))),
    ]
}

/// Co-kriging with a variable whose structures are correlated with the field's by 0.6, and its nugget by 0.3.
fn cokriging(field: &Field, neighbourhood: Neighbourhood, other: &Samples, means: Means) -> CoKrigingPrimary {
    let variogram = field.variogram();
    let matrix = |sill: f64, correlation: f64| {
        let between = correlation * sill;
        Coefficients::from_rows(&[vec![sill, between], vec![between, sill]]).unwrap()
    };
    let mut terms = Vec::new();
    if variogram.nugget() > 0.0 {
        terms.push(Term::nugget(matrix(variogram.nugget(), 0.3)).unwrap());
    }
    for s in variogram.structures() {
        terms.push(Term::structure(s.with_partial_sill(1.0).unwrap(), matrix(s.partial_sill(), 0.6)).unwrap());
    }
    let model = Coregionalisation::new(vec!["primary".into(), "other".into()], terms).unwrap();
    CoKrigingPrimary {
        cokriging: CoKriging { model, means, neighbourhood },
        primary: 0,
        secondary: vec![other.clone()],
    }
}

/// Fails where two lists of outcomes are not each other's image under `value` and `variance`; the tolerance grows with the
/// variance, for a trend far from its samples has as few digits as it has certainty.
#[track_caller]
fn assert_images(
    name: &str,
    before: &[Outcome],
    after: &[Outcome],
    value: impl Fn(f64) -> f64,
    variance: impl Fn(f64) -> f64,
) {
    assert_eq!(before.len(), after.len(), "{name}");
    for (i, (a, b)) in before.iter().zip(after).enumerate() {
        match (a, b) {
            (Ok(a), Ok(b)) => {
                let scale = 1.0 + a.variance.unwrap_or(0.0).max(b.variance.unwrap_or(0.0));
                assert_close(value(a.value), b.value, TOLERANCE * scale, &format!("{name}, value {i}"));
                let [v, w] = [a.variance.map(&variance), b.variance].map(|v| v.unwrap_or(-1.0));
                assert_close(v, w, TOLERANCE * scale, &format!("{name}, variance {i}"));
            }
            _ => assert_eq!(a.as_ref().err(), b.as_ref().err(), "{name} {i}"),
        }
    }
}

fn shifted(samples: &Samples, by: Coord) -> Samples {
    let coords = samples.coords().iter().map(|c| [c[0] + by[0], c[1] + by[1]]).collect();
    Samples::new(coords, samples.values().to_vec()).unwrap()
}

fn mapped(samples: &Samples, f: impl Fn(f64) -> f64) -> Samples {
    samples.with_values(samples.values().iter().map(|&v| f(v)).collect()).unwrap()
}

fn reversed(samples: &Samples) -> Samples {
    samples.subset(&(0..samples.len()).rev().collect::<Vec<_>>()).unwrap()
}

proptest! {
    #![proptest_config(cases(24))]

    /// Where the origin of the coordinates is, and in which order the samples come, says nothing.
    #[test]
    fn origin_and_order_do_not_matter(
        samples in any::dyadic_samples(8, 24), other in any::dyadic_samples(8, 24), field in any::exact_field(),
        near in any::near(), targets in any::targets(), by in [-512..512_i32, -512..512_i32],
    ) {
        let by = by.map(f64::from);
        let round = |c: &Coord| c.map(|v| (v * 1024.0).round() / 1024.0);
        let targets: Vec<Coord> = targets.iter().map(round).collect();
        let moved: Vec<Coord> = targets.iter().map(|c| [c[0] + by[0], c[1] + by[1]]).collect();
        let there = every(&field, &near, &reversed(&shifted(&other, by)));
        for (here, there) in every(&field, &near, &other).iter().zip(there) {
            let before = predict(here.recipe.as_ref(), &samples, &targets);
            let after = predict(there.recipe.as_ref(), &reversed(&shifted(&samples, by)), &moved);
            assert_images(here.name, &before, &after, |v| v, |v| v);
        }
    }

    /// In another unit the predictions are in that unit, and variances ignore the values.
    #[test]
    fn units_of_the_values_are_those_of_the_predictions(
        samples in any::samples(8, 24), other in any::samples(8, 24), field in any::exact_field(), near in any::near(),
        targets in any::targets(), factor in prop_oneof![0.01..5.0_f64, -5.0..-0.01_f64], more in -40.0..40.0_f64,
    ) {
        let scaled = every(&field, &near, &mapped(&other, |v| factor * v));
        for (method, scaled) in every(&field, &near, &other).iter().zip(scaled) {
            let before = predict(method.recipe.as_ref(), &samples, &targets);
            let after = predict(scaled.recipe.as_ref(), &mapped(&samples, |v| factor * v), &targets);
            assert_images(method.name, &before, &after, |v| factor * v, |v| v);
            if !method.known_mean {
                let after = predict(method.recipe.as_ref(), &mapped(&samples, |v| v + more), &targets);
                assert_images(method.name, &before, &after, |v| v + more, |v| v);
                let constant = predict(method.recipe.as_ref(), &mapped(&samples, |_| more), &targets);
                if !method.name.contains("co-kriging") {
                    assert_images(method.name, &before, &constant, |_| more, |v| v);
                }
            }
        }
    }

    /// The sill sets the variance and nothing else.
    #[test]
    fn variances_are_proportional_to_the_sill(
        samples in any::samples(8, 24), other in any::samples(8, 24), field in any::field(), near in any::near(),
        targets in any::targets(), factor in 0.1..10.0_f64,
    ) {
        for (method, scaled) in every(&field, &near, &other).iter().zip(every(&field.times(factor), &near, &other)) {
            let before = predict(method.recipe.as_ref(), &samples, &targets);
            let after = predict(scaled.recipe.as_ref(), &samples, &targets);
            assert_images(method.name, &before, &after, |v| v, |v| factor * v);
        }
    }

    /// A prediction at a sample is the sample, without error.
    #[test]
    fn samples_are_honoured(
        samples in any::samples(8, 24), other in any::samples(8, 24), field in any::exact_field(), near in any::near(),
    ) {
        for method in every(&field, &near, &other).iter().filter(|m| !m.blocks) {
            let at_samples = predict(method.recipe.as_ref(), &samples, samples.coords());
            for (outcome, &value) in at_samples.iter().zip(samples.values()) {
                // A search may ask for more samples than it finds, and a plane for three.
                let Ok(p) = outcome else { continue };
                assert_close(p.value, value, TOLERANCE, method.name);
                assert_close(p.variance.unwrap_or(0.0), 0.0, TOLERANCE, method.name);
            }
            prop_assert!(method.name.contains("searched") || at_samples.iter().all(Result::is_ok), "{}", method.name);
        }
    }

    /// Every target gets a finite number or the reason why not, the same alone as among others, to the bit.
    #[test]
    fn every_target_gets_an_answer_of_its_own(
        samples in any::samples(8, 24), other in any::samples(8, 24), field in any::field(), near in any::near(),
        targets in any::targets(), lost in 0..20_usize,
    ) {
        let mut targets = targets;
        let lost = lost % targets.len();
        targets[lost] = [f64::NAN, 3.0];
        for method in every(&field, &near, &other) {
            let predictor = method.recipe.fit(&samples).unwrap();
            let mut together = Predictions::default();
            predictor.predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut together);
            prop_assert_eq!(together.len(), targets.len());
            for (i, outcome) in together.iter().enumerate() {
                // NaN is no equal of itself, but an outcome never holds one.
                prop_assert_eq!(&outcome, &predictor.predict(targets[i]), "{} {}", method.name, i);
                match outcome {
                    Ok(p) => {
                        prop_assert!(i != lost && p.value.is_finite(), "{}", method.name);
                        let variance = p.variance.unwrap_or(0.0);
                        prop_assert!(variance >= 0.0 && variance.is_finite(), "{}: {}", method.name, variance);
                        prop_assert_eq!(p.variance.is_some(), predictor.has_variance());
                    }
                    Err(_) => prop_assert!(i == lost || method.name.contains("searched") || method.name.contains("radius")),
                }
            }
        }
    }

    /// Cross-validation is prediction from the samples of the other folds.
    #[test]
    fn cross_validation_is_fitting_again(
        samples in any::samples(12, 24), other in any::samples(8, 24), field in any::field(), near in any::near(),
        labels in vec(0..4_u8, 24),
    ) {
        let some = Folds::by_label(&labels[..samples.len()]);
        for method in every(&field, &near, &other).iter().filter(|m| !m.approximate) {
            for folds in [Folds::leave_one_out(&samples), some.clone()].iter().filter(|f| f.count() > 1) {
                let Ok(slow) = leave_out_by_refitting(method.recipe.as_ref(), &samples, folds) else { continue };
                let quick = method.recipe.leave_out(&samples, folds).unwrap();
                assert_images(method.name, &quick, &slow, |v| v, |v| v);
            }
        }
    }
}
