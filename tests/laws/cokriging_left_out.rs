//! Co-kriging with secondary samples held out beside those of the primary: what the short cuts must equal.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, Means};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::Folds;
use soilscope_core::{Error, Interpolator, Outcome, Samples};

use crate::cokriging::{problem, recipe};
use crate::{any, assert_outcomes, cases};

/// A fold for some of the samples.
type Held = Vec<Option<usize>>;

/// Each fold predicted by a recipe that never saw its samples; a variable of which nothing is left is no variable.
fn by_refitting(recipe: &CoKrigingPrimary, own: &Samples, folds: &Folds, held: &[Held]) -> Vec<Outcome> {
    (0..own.len())
        .map(|target| {
            let fold = folds.of(target);
            let kept: Vec<usize> = (0..own.len()).filter(|&i| folds.of(i) != fold).collect();
            let (mut variables, mut secondary, mut primary) = (Vec::new(), Vec::new(), 0);
            for variable in 0..=recipe.secondary.len() {
                if variable == recipe.primary {
                    primary = variables.len();
                    variables.push(variable);
                    continue;
                }
                let number = variable - usize::from(variable > recipe.primary);
                let (set, of) = (&recipe.secondary[number], &held[number]);
                let left: Vec<usize> = (0..set.len()).filter(|&j| of[j] != Some(fold)).collect();
                if !left.is_empty() {
                    variables.push(variable);
                    secondary.push(set.subset(&left).unwrap());
                }
            }
            let CoKriging { model, means, neighbourhood } = &recipe.cokriging;
            let means = match means {
                Means::Known(all) => Means::Known(variables.iter().map(|&v| all[v]).collect()),
                Means::Unknown => Means::Unknown,
            };
            let model = model.select(&variables).unwrap();
            let cokriging = CoKriging { model, means, neighbourhood: *neighbourhood };
            let rest = own.subset(&kept).unwrap();
            CoKrigingPrimary { cokriging, primary, secondary }.fit(&rest).unwrap().predict(own.coords()[target])
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn holding_out_secondary_samples_is_fitting_without_them(
        (fields, samples, means) in problem(true), labels in vec(0..3_u8, 10), near in option::of(any::near()),
        primary in 0..3_usize, drawn in vec(vec(option::of(0..3_usize), 10), 2), wholly in any::<bool>(),
    ) {
        let primary = primary % samples.len();
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&n));
        let mut secondary = samples.clone();
        let own = secondary.remove(primary);
        let recipe = CoKrigingPrimary { cokriging: recipe(&fields, &means, neighbourhood), primary, secondary };
        let some = Folds::by_label(&labels[..own.len()]);
        for folds in [Folds::leave_one_out(&own), some].iter().filter(|f| f.count() > 1) {
            let there = recipe.at_places_of(&own, folds);
            for (set, of) in recipe.secondary.iter().zip(&there) {
                for (at, fold) in set.coords().iter().zip(of) {
                    let beside = own.coords().iter().position(|c| c == at);
                    prop_assert_eq!(*fold, beside.map(|i| folds.of(i)));
                }
            }
            let any: Vec<Held> = recipe
                .secondary
                .iter()
                .zip(&drawn)
                // Now and then a fold takes all samples of a variable, and its mean with them.
                .map(|(set, of)| if wholly { vec![Some(0); set.len()] } else { of[..set.len()].to_vec() })
                .collect();
            for held in [there, any] {
                let quick = recipe.leave_out_with(&own, folds, &held).unwrap();
                assert_outcomes(&quick, &by_refitting(&recipe, &own, folds, &held), 1e-7, 1e-7);
            }
        }
    }

    #[test]
    fn folds_of_another_number_of_secondary_samples_are_refused((fields, samples, means) in problem(false)) {
        let own = &samples[0];
        prop_assume!(own.len() > 1);
        let recipe = recipe(&fields, &means, Neighbourhood::Global);
        let recipe = CoKrigingPrimary { cokriging: recipe, primary: 0, secondary: samples[1..].to_vec() };
        let folds = Folds::leave_one_out(own);
        let mut held = recipe.at_places_of(own, &folds);
        held.push(vec![None]);
        let refused = recipe.leave_out_with(own, &folds, &held);
        prop_assert!(matches!(refused, Err(Error::LengthMismatch { .. })), "{refused:?}");
        held.pop();
        if let Some(first) = held.first_mut() {
            first.push(None);
            let refused = recipe.leave_out_with(own, &folds, &held);
            prop_assert!(matches!(refused, Err(Error::LengthMismatch { .. })), "{refused:?}");
        }
    }
}
