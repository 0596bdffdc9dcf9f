//! Kriging: the oracle, and what holds whatever the numbers.

use proptest::prelude::*;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::{Coord, Interpolator, Outcome, Predictions, Samples, Scratch, Targets, Window};

use crate::any::{self, recipe};
use crate::oracle::{Field, krige, krige_near};
use crate::{assert_close, assert_outcomes, cases};

/// Values up to 50 and sills up to 13, in systems with condition numbers up to about 1e6: some eight digits of margin
/// are left by 1e-9 beside 1e-16 · 1e6 · 50.
const TOLERANCE: f64 = 1e-8;

pub(crate) fn predict(recipe: &dyn Interpolator, samples: &Samples, targets: &[Coord]) -> Vec<Outcome> {
    let mut out = Predictions::default();
    recipe.fit(samples).unwrap().predict_into(&Targets::points(targets), &mut Scratch::default(), &mut out);
    out.iter().collect()
}

fn neighbourhoods() -> impl Strategy<Value = Neighbourhood> {
    prop_oneof![Just(Neighbourhood::Global), any::near().prop_map(|n| any::search(&n))]
}

/// Everything that describes a case.
fn problem() -> impl Strategy<Value = (Samples, Kriging, Field, Vec<Coord>)> {
    (any::samples(1, 20), any::field(), any::mean(), neighbourhoods(), any::targets())
        .prop_map(|(s, field, mean, n, targets)| (s, recipe(&field, mean, n), field, targets))
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn all_samples_agree_with_the_bordered_system(
        samples in any::samples(1, 20), field in any::field(), mean in any::mean(), mut targets in any::targets(),
    ) {
        targets.push(samples.coords()[0]);
        let ours = predict(&recipe(&field, mean, Neighbourhood::Global), &samples, &targets);
        let expected: Vec<Outcome> = targets.iter()
            .map(|&at| Ok(krige(&field, samples.coords(), samples.values(), mean, at).prediction))
            .collect();
        assert_outcomes(&ours, &expected, TOLERANCE, TOLERANCE);
    }

    #[test]
    fn a_search_agrees_with_the_bordered_system_of_what_it_finds(
        samples in any::samples(1, 30), field in any::field(), mean in any::mean(), near in any::near(),
        targets in any::targets(),
    ) {
        let ours = predict(&recipe(&field, mean, any::search(&near)), &samples, &targets);
        let expected: Vec<Outcome> = targets.iter()
            .map(|&at| krige_near(&field, (samples.coords(), samples.values()), mean, &near, at, |_| true))
            .collect();
        assert_outcomes(&ours, &expected, TOLERANCE, TOLERANCE);
    }

    /// exp(Y* + σ²/2 − m) is unbiased for a log-normal field if var(Y*)/2 + σ²/2 − m = C(0)/2.
    #[test]
    fn the_multiplier_makes_the_lognormal_predictor_unbiased(
        samples in any::samples(1, 20), field in any::field(), mean in any::mean(), targets in any::targets(),
    ) {
        let ours = predict(&recipe(&field, mean, Neighbourhood::Global), &samples, &targets);
        for (outcome, &at) in ours.iter().zip(&targets) {
            let p = outcome.unwrap();
            let solved = krige(&field, samples.coords(), samples.values(), mean, at);
            let correction = p.variance.unwrap() / 2.0 - p.multiplier;
            assert_close(solved.predictor_variance / 2.0 + correction, field.sill() / 2.0, TOLERANCE, "log-mean");
            if mean.is_none() {
                assert_close(solved.weights.sum(), 1.0, 1e-10, "weights of the oracle");
            }
        }
    }

    #[test]
    fn exact_at_the_samples_with_zero_variance(
        samples in any::samples(1, 20), field in any::exact_field(), mean in any::mean(), near in any::near(),
    ) {
        for neighbourhood in [Neighbourhood::Global, any::search(&near)] {
            let ours = predict(&recipe(&field, mean, neighbourhood), &samples, samples.coords());
            for (outcome, &z) in ours.iter().zip(samples.values()) {
                // A search may find too few.
                let Ok(p) = outcome else { continue };
                assert_close(p.value, z, TOLERANCE, "at a sample");
                assert_close(p.variance.unwrap(), 0.0, TOLERANCE, "variance at a sample");
            }
        }
    }

    #[test]
    fn ordinary_weights_sum_to_one(
        samples in any::samples(1, 20), field in any::field(), targets in any::targets(), neighbourhood in neighbourhoods(),
        shift in -1e4..1e4_f64,
    ) {
        let kriging = recipe(&field, None, neighbourhood);
        let shifted = samples.with_values(samples.values().iter().map(|v| v + shift).collect()).unwrap();
        let plain = predict(&kriging, &samples, &targets);
        let mut moved = predict(&kriging, &shifted, &targets);
        for p in moved.iter_mut().flatten() {
            p.value -= shift;
        }
        // Adding and taking off 1e4 costs 1e-12 each way, some fifty times over in the weights.
        assert_outcomes(&plain, &moved, TOLERANCE, 0.0);
    }

    /// Weights, as the predictions of unit data: they sum to 1 and are the oracle's.
    #[test]
    fn predictions_of_unit_data_are_the_weights(
        samples in any::samples(1, 8), field in any::field(), targets in any::targets(),
    ) {
        let kriging = recipe(&field, None, Neighbourhood::Global);
        let unit = |i: usize| (0..samples.len()).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>();
        let columns: Vec<Vec<Outcome>> = (0..samples.len())
            .map(|i| predict(&kriging, &samples.with_values(unit(i)).unwrap(), &targets)).collect();
        for (k, &at) in targets.iter().enumerate() {
            let expected = krige(&field, samples.coords(), samples.values(), None, at).weights;
            let weights: Vec<f64> = columns.iter().map(|c| c[k].unwrap().value).collect();
            assert_close(weights.iter().sum(), 1.0, 1e-9, "sum of weights");
            for (w, e) in weights.iter().zip(expected.iter()) {
                assert_close(*w, *e, 1e-9, "weight");
            }
        }
    }

    /// Coordinates of few binary digits: a shift by 5 million metres changes no difference, so no bit of the answer.
    #[test]
    fn a_translation_changes_nothing(
        samples in any::dyadic_samples(1, 20), field in any::field(), neighbourhood in neighbourhoods(),
        targets in any::targets(), mean in any::mean(), far in (-5_000_000..5_000_000_i32, -5_000_000..5_000_000_i32),
    ) {
        let targets: Vec<Coord> = targets.iter().map(|c| c.map(|v| (v * 1024.0).round() / 1024.0)).collect();
        let moved = |c: &Coord| [c[0] + f64::from(far.0), c[1] + f64::from(far.1)];
        let elsewhere = Samples::new(samples.coords().iter().map(moved).collect(), samples.values().to_vec()).unwrap();
        let kriging = recipe(&field, mean, neighbourhood);
        let there: Vec<Coord> = targets.iter().map(moved).collect();
        prop_assert_eq!(predict(&kriging, &samples, &targets), predict(&kriging, &elsewhere, &there));
    }

    #[test]
    fn a_rotation_of_places_and_azimuths_changes_nothing(
        samples in any::samples(1, 20), field in any::field(), targets in any::targets(), mean in any::mean(),
        degrees in 0.0..360.0_f64,
    ) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let turn = |c: &Coord| [c[0] * cos + c[1] * sin, c[1] * cos - c[0] * sin];
        let turned = Samples::new(samples.coords().iter().map(turn).collect(), samples.values().to_vec()).unwrap();
        let there: Vec<Coord> = targets.iter().map(turn).collect();
        let before = predict(&recipe(&field, mean, Neighbourhood::Global), &samples, &targets);
        let after = predict(&recipe(&field.turned(degrees), mean, Neighbourhood::Global), &turned, &there);
        assert_outcomes(&before, &after, TOLERANCE, TOLERANCE);
    }

    /// Data in another unit: a factor a on values is a² on sills and variances. Powers of two make it exact.
    #[test]
    fn a_change_of_unit_changes_nothing_else((samples, _, field, targets) in problem(), power in -40..40_i32) {
        let a = 2.0_f64.powi(power);
        let scaled = samples.with_values(samples.values().iter().map(|v| v * a).collect()).unwrap();
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(6).unwrap()] {
            let plain = predict(&recipe(&field, None, neighbourhood), &samples, &targets);
            let other = predict(&recipe(&field.times(a * a), None, neighbourhood), &scaled, &targets);
            for (p, q) in plain.iter().zip(&other) {
                let (p, q) = (p.unwrap(), q.unwrap());
                prop_assert_eq!(p.value * a, q.value);
                prop_assert_eq!(p.variance.unwrap() * a * a, q.variance.unwrap());
                prop_assert_eq!(p.multiplier * a * a, q.multiplier);
            }
        }
    }

    #[test]
    fn the_variance_ignores_the_values((samples, kriging, _, targets) in problem()) {
        let other = samples.with_values(samples.values().iter().map(|v| v * v + 3.0).collect()).unwrap();
        let variances = |s: &Samples| -> Vec<_> {
            predict(&kriging, s, &targets).iter().map(|o| o.map(|p| (p.variance, p.multiplier))).collect()
        };
        prop_assert_eq!(variances(&samples), variances(&other));
    }

    #[test]
    fn the_order_of_samples_does_not_matter((samples, kriging, _, targets) in problem(), rotation in 0..20_usize) {
        let mut order: Vec<usize> = (0..samples.len()).rev().collect();
        order.rotate_left(rotation % samples.len());
        let plain = predict(&kriging, &samples, &targets);
        assert_outcomes(&plain, &predict(&kriging, &samples.subset(&order).unwrap(), &targets), TOLERANCE, TOLERANCE);
    }

    /// To the last bit: one by one, all together, as a window, and with a scratch that served something else.
    #[test]
    fn the_batch_does_not_matter(
        (samples, kriging, _, _) in problem(), other in problem(), columns in 1..8_usize, rows in 1..6_usize,
    ) {
        let window = Window { origin: [-3.0, 55.0], step: [7.0, -9.0], size: [columns, rows] };
        let targets = Targets::window(window);
        let points: Vec<Coord> = (0..targets.len()).map(|i| targets.coord(i)).collect();
        let predictor = kriging.fit(&samples).unwrap();
        let mut scratch = Scratch::default();
        let mut out = Predictions::default();
        other.1.fit(&other.0).unwrap().predict_into(&Targets::points(&other.3), &mut scratch, &mut out);
        predictor.predict_into(&targets, &mut scratch, &mut out);
        let as_window: Vec<Outcome> = out.iter().collect();
        let mut reversed: Vec<Coord> = points.clone();
        reversed.reverse();
        predictor.predict_into(&Targets::points(&reversed), &mut scratch, &mut out);
        let mut backwards: Vec<Outcome> = out.iter().collect();
        backwards.reverse();
        let one_by_one: Vec<Outcome> = points.iter().map(|&at| predictor.predict(at)).collect();
        prop_assert_eq!(&as_window, &one_by_one);
        prop_assert_eq!(&as_window, &backwards);
    }

    #[test]
    fn a_neighbourhood_of_everything_is_all_samples(
        samples in any::samples(1, 20), field in any::field(), mean in any::mean(), targets in any::targets(),
        more in 0..5_usize,
    ) {
        let all = predict(&recipe(&field, mean, Neighbourhood::Global), &samples, &targets);
        let near = Neighbourhood::nearest(samples.len() + more).unwrap();
        assert_outcomes(&all, &predict(&recipe(&field, mean, near), &samples, &targets), TOLERANCE, TOLERANCE);
    }

    #[test]
    fn variances_lie_where_they_must(samples in any::samples(1, 20), field in any::field(), targets in any::targets()) {
        let simple = predict(&recipe(&field, Some(0.0), Neighbourhood::Global), &samples, &targets);
        let ordinary = predict(&recipe(&field, None, Neighbourhood::Global), &samples, &targets);
        let fewer = predict(&recipe(&field, Some(0.0), Neighbourhood::nearest(3).unwrap()), &samples, &targets);
        for ((s, o), f) in simple.iter().zip(&ordinary).zip(&fewer) {
            let [s, o, f] = [s, o, f].map(|p| p.unwrap().variance.unwrap());
            prop_assert!((0.0..=field.sill() * (1.0 + 1e-12)).contains(&s), "simple {}", s);
            prop_assert!(o >= s - TOLERANCE, "an unknown mean cannot help: {} {}", o, s);
            prop_assert!(f >= s - TOLERANCE, "fewer samples cannot help: {} {}", f, s);
        }
    }

    /// A linear method: predictions of a sum are sums of predictions.
    #[test]
    fn predictions_are_linear_in_the_data(
        samples in any::samples(1, 20), field in any::field(), neighbourhood in neighbourhoods(), targets in any::targets(),
        factor in -3.0..3.0_f64,
    ) {
        let kriging = recipe(&field, None, neighbourhood);
        let second: Vec<f64> = samples.values().iter().map(|v| (v * 0.3).sin() * 20.0).collect();
        let sum = samples.values().iter().zip(&second).map(|(a, b)| a + factor * b).collect();
        let [a, b, c] = [samples.values().to_vec(), second, sum]
            .map(|values| predict(&kriging, &samples.with_values(values).unwrap(), &targets));
        for ((a, b), c) in a.iter().zip(&b).zip(&c) {
            if let (Ok(a), Ok(b), Ok(c)) = (a, b, c) {
                assert_close(a.value + factor * b.value, c.value, TOLERANCE, "sum");
            }
        }
    }
}
