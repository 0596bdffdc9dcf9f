//! Inverse distance weighting.

use proptest::prelude::*;
use soilscope_core::idw::InverseDistance;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::{Coord, Interpolator, Outcome};

use crate::any;
use crate::kriging::predict;
use crate::{assert_close, cases};

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn weights_fall_with_the_power_of_the_distance(
        samples in any::samples(1, 25), power in 0.3..6.0_f64, near in any::near(), targets in any::targets(),
    ) {
        let near = crate::oracle::Near { min: 1, ..near };
        let outcomes = predict(&InverseDistance { power, neighbourhood: any::search(&near) }, &samples, &targets);
        for (outcome, &at) in outcomes.iter().zip(&targets) {
            match (outcome, near.of(samples.coords(), at, |_| true)) {
                (Ok(p), Ok(chosen)) => {
                    let weight = |i: usize| {
                        let c: Coord = samples.coords()[i];
                        (c[0] - at[0]).hypot(c[1] - at[1]).powf(-power)
                    };
                    let sum: f64 = chosen.iter().map(|&i| weight(i) * samples.values()[i]).sum();
                    let expected = sum / chosen.iter().map(|&i| weight(i)).sum::<f64>();
                    assert_close(p.value, expected, 1e-10, "weighted mean");
                    prop_assert_eq!(p.variance, None);
                }
                (Err(gap), Err(expected)) => prop_assert_eq!(*gap, expected),
                (a, b) => panic!("{a:?} against {b:?}"),
            }
        }
    }

    /// For any power, far beyond what could be raised without overflow.
    #[test]
    fn predictions_lie_within_the_data(
        samples in any::samples(1, 25), power in prop_oneof![0.01..10.0_f64, 10.0..5000.0_f64], targets in any::targets(),
    ) {
        let low = samples.values().iter().copied().fold(f64::INFINITY, f64::min);
        let high = samples.values().iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for outcome in predict(&InverseDistance { power, neighbourhood: Neighbourhood::Global }, &samples, &targets) {
            let value = outcome.unwrap().value;
            // A mean of 25 numbers up to 50 may round outside them by a few units in the last place.
            prop_assert!((low - 1e-12..=high + 1e-12).contains(&value), "{} not in [{}, {}]", value, low, high);
        }
    }

    #[test]
    fn exact_at_the_samples(samples in any::samples(1, 25), power in 0.01..100.0_f64, max in 1..30_usize) {
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(max).unwrap()] {
            let at_samples = predict(&InverseDistance { power, neighbourhood }, &samples, samples.coords());
            let values: Vec<f64> = at_samples.iter().map(|o| o.unwrap().value).collect();
            prop_assert_eq!(&values[..], samples.values());
        }
    }

    #[test]
    fn the_batch_does_not_matter(samples in any::samples(1, 25), near in any::near(), targets in any::targets()) {
        let recipe = InverseDistance { power: 2.0, neighbourhood: any::search(&near) };
        let predictor = recipe.fit(&samples).unwrap();
        let one_by_one: Vec<Outcome> = targets.iter().map(|&at| predictor.predict(at)).collect();
        prop_assert_eq!(predict(&recipe, &samples, &targets), one_by_one);
    }
}
