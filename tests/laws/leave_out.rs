//! Cross-validation by a short cut is cross-validation by fitting again.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::Folds;
use soilscope_core::{Error, Gap, Interpolator, Outcome, leave_out_by_refitting};

use crate::any::{self, recipe};
use crate::oracle::krige_near;
use crate::{assert_close, assert_outcomes, cases};

/// One inverse of all samples loses a few digits against a factorisation without each sample.
const TOLERANCE: f64 = 1e-7;

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn of_all_samples(
        samples in any::samples(2, 20), field in any::field(), mean in any::mean(), labels in vec(0..4_u8, 20),
    ) {
        let kriging = recipe(&field, mean, Neighbourhood::Global);
        let some = Folds::by_label(&labels[..samples.len()]);
        for folds in [Folds::leave_one_out(&samples), some].iter().filter(|f| f.count() > 1) {
            let slow = leave_out_by_refitting(&kriging, &samples, folds).unwrap();
            assert_outcomes(&kriging.leave_out(&samples, folds).unwrap(), &slow, TOLERANCE, TOLERANCE);
        }
    }

    #[test]
    fn of_all_samples_with_a_trend(
        samples in any::samples(14, 24), field in any::field(), degree in 1..3_u8, labels in vec(0..7_u8, 24),
    ) {
        let variogram = recipe(&field, None, Neighbourhood::Global).variogram;
        let kriging = Kriging::new(variogram, Drift::polynomial(degree), Neighbourhood::Global);
        let some = Folds::by_label(&labels[..samples.len()]);
        for folds in [Folds::leave_one_out(&samples), some].iter().filter(|f| f.count() > 1) {
            // Without a fold the others may no longer tell the trend: then refitting is refused as a whole.
            let Ok(slow) = leave_out_by_refitting(&kriging, &samples, folds) else { continue };
            let quick = kriging.leave_out(&samples, folds).unwrap();
            for (a, b) in quick.iter().zip(&slow) {
                let (Ok(a), Ok(b)) = (a, b) else { panic!("{a:?} against {b:?}") };
                let (v, w) = (a.variance.unwrap(), b.variance.unwrap());
                // A trend that a fold's neighbours barely tell has large errors, and so do its digits.
                let scale = 1.0 + w;
                assert_close(a.value, b.value, 1e-6 * scale, "value");
                assert_close(v, w, 1e-6 * scale, "variance");
                assert_close(a.multiplier, b.multiplier, 1e-6 * scale, "multiplier");
            }
        }
    }

    /// A class that one fold holds whole: its samples are gaps, the others of the fold are predicted as without that class.
    #[test]
    fn of_classes_that_a_fold_holds_whole(
        samples in any::samples(16, 24), field in any::field(), labels in vec(0..3_u8, 24), classes in vec(0..3_u8, 24),
    ) {
        let folds = Folds::by_label(&labels[..samples.len()]);
        prop_assume!(folds.count() > 1);
        // The class of number 1 is made one of the first fold alone, and of some of it.
        let members: Vec<usize> = (0..samples.len()).filter(|&i| folds.of(i) == 0).collect();
        let class = |i: usize| if classes[i] == 1 && folds.of(i) != 0 { 0 } else { classes[i] };
        let whole = members.iter().filter(|&&i| class(i) == 1).count();
        prop_assume!(whole > 0);
        let column = |number: u8, of: &[usize]| -> Vec<f64> {
            of.iter().map(|&i| f64::from(u8::from(class(i) == number))).collect()
        };
        let all: Vec<usize> = (0..samples.len()).collect();
        let variogram = recipe(&field, None, Neighbourhood::Global).variogram;
        let kriging = |covariates| Kriging::new(variogram.clone(), Drift::Trend { degree: 0, covariates }, Neighbourhood::Global);
        let with = samples.clone().with_covariates(&[column(1, &all), column(2, &all)]).unwrap();
        // The oracle knows no class 1; where the others cannot carry class 2 either there is nothing to compare.
        let without = samples.clone().with_covariates(&[column(2, &all)]).unwrap();
        let Ok(slow) = leave_out_by_refitting(&kriging(1), &without, &folds) else { return Ok(()) };
        let Ok(quick) = kriging(2).leave_out(&with, &folds) else { return Ok(()) };
        for &i in &members {
            if class(i) == 1 {
                prop_assert_eq!(quick[i], Err(Gap::SingularDrift));
                continue;
            }
            let (Ok(a), Ok(b)) = (quick[i], slow[i]) else { panic!("{:?} against {:?}", quick[i], slow[i]) };
            let scale = 1.0 + b.variance.unwrap();
            assert_close(a.value, b.value, 1e-6 * scale, "value");
            assert_close(a.variance.unwrap(), b.variance.unwrap(), 1e-6 * scale, "variance");
            assert_close(a.multiplier, b.multiplier, 1e-6 * scale, "multiplier");
        }
    }

    #[test]
    fn of_a_search(
        samples in any::samples(2, 25), field in any::field(), mean in any::mean(), near in any::near(),
        labels in vec(0..4_u8, 25),
    ) {
        let kriging = recipe(&field, mean, any::search(&near));
        let some = Folds::by_label(&labels[..samples.len()]);
        for folds in [Folds::leave_one_out(&samples), some] {
            if folds.count() < 2 {
                prop_assert!(kriging.leave_out(&samples, &folds).is_err());
                continue;
            }
            let quick = kriging.leave_out(&samples, &folds).unwrap();
            // The data are centred at another mean without the fold; the rest is the same to the bit.
            assert_outcomes(&quick, &leave_out_by_refitting(&kriging, &samples, &folds).unwrap(), 1e-9, 1e-12);
            let oracle: Vec<Outcome> = samples.coords().iter().enumerate().map(|(i, &at)| {
                let others = |j: usize| folds.of(j) != folds.of(i);
                krige_near(&field, (samples.coords(), samples.values()), mean, &near, at, others)
            }).collect();
            assert_outcomes(&quick, &oracle, 1e-8, 1e-8);
        }
    }

    #[test]
    fn of_weighted_means(
        samples in any::samples(2, 25), power in 0.5..4.0_f64, near in any::near(), labels in vec(0..4_u8, 25),
        radius in 5.0..40.0_f64,
    ) {
        let some = Folds::by_label(&labels[..samples.len()]);
        for folds in [Folds::leave_one_out(&samples), some].iter().filter(|f| f.count() > 1) {
            let recipes: [&dyn Interpolator; 3] = [
                &InverseDistance { power, neighbourhood: Neighbourhood::Global },
                &InverseDistance { power, neighbourhood: any::search(&near) },
                &Nearest { radius: Some(radius) },
            ];
            for recipe in recipes {
                let slow = leave_out_by_refitting(recipe, &samples, folds).unwrap();
                assert_outcomes(&recipe.leave_out(&samples, folds).unwrap(), &slow, 1e-12, 0.0);
            }
        }
    }

    #[test]
    fn random_folds_are_even_and_repeatable(samples in any::samples(2, 36), k in 2..10_usize, seed: u64) {
        let k = k.min(samples.len());
        let folds = Folds::random(&samples, k, seed).unwrap();
        prop_assert_eq!(&folds, &Folds::random(&samples, k, seed).unwrap());
        let mut sizes = vec![0; k];
        for i in 0..samples.len() {
            sizes[folds.of(i)] += 1;
        }
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
    }

    #[test]
    fn spatial_blocks_hold_out_squares_together(samples in any::samples(2, 36), size in 5.0..25.0_f64) {
        let Ok(folds) = Folds::spatial_blocks(&samples, size) else { return Ok(()) };
        let block = |i: usize| samples.coords()[i].map(|v| (v / size).floor());
        for i in 0..samples.len() {
            for j in 0..i {
                prop_assert_eq!(block(i) == block(j), folds.of(i) == folds.of(j));
            }
        }
    }
}

#[test]
fn folds_of_other_samples_are_refused() {
    let samples =
        |n: usize| soilscope_core::Samples::new((0..n).map(|i| [i as f64, 0.0]).collect(), vec![1.0; n]).unwrap();
    let field = crate::oracle::Field { nugget: 1.0, error: 0.0, terms: Vec::new() };
    let folds = Folds::leave_one_out(&samples(4));
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(3).unwrap()] {
        let refused = recipe(&field, None, neighbourhood).leave_out(&samples(5), &folds);
        assert!(matches!(refused, Err(Error::LengthMismatch { .. })), "{refused:?}");
    }
    let refused =
        recipe(&field, None, Neighbourhood::Global).leave_out(&samples(1), &Folds::leave_one_out(&samples(1)));
    assert!(matches!(refused, Err(Error::TooFewSamples { .. })), "{refused:?}");
}
