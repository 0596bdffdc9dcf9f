//! Tests O and P, and the laws of scores.

use proptest::prelude::*;
use soilscope_assess::soil_health::{
    Indicator, Score, Scored, SoilHealthError, component_weights, normalised_weights, soil_health,
};
use soilscope_assess::threshold::Standing;

use crate::printed::assert_printed;

/// Test O. Source S23: Table 4, which prints 0.0303 for one of the raw weights of 0.303.
#[test]
fn test_o_weights_of_a_minimum_data_set() {
    let raw = [0.303, 0.303, 0.215, 0.215, 0.200, 0.200, 0.159];
    assert_printed(raw.iter().sum(), "1.595");
    let printed = ["0.190", "0.190", "0.135", "0.135", "0.125", "0.125", "0.100"];
    for (weight, printed) in normalised_weights(&raw).unwrap().into_iter().zip(printed) {
        assert_printed(weight, printed);
    }
    // The same by components: variances in proportion to the raw weights, two indicators of each of the first three.
    let by_component = component_weights(&[30.3, 21.5, 20.0, 15.9], &[0, 0, 1, 1, 2, 2, 3]).unwrap();
    for (weight, printed) in by_component.into_iter().zip(printed) {
        assert_printed(weight, printed);
    }
    // As misprinted, the weights are others.
    let misprinted = normalised_weights(&[0.0303, 0.303, 0.215, 0.215, 0.200, 0.200, 0.159]).unwrap();
    assert!((misprinted[1] - 0.190).abs() > 0.03);
}

/// Test P. Definitions: a sigmoid is ½ at A whatever b; the SMAF form is a/2 at x0.
#[test]
fn test_p_scores_at_their_middles() {
    for slope in [-7.0, -0.3, 0.01, 2.0, 40.0] {
        assert_eq!(Score::Sigmoid { half: 6.5, slope }.of(6.5).unwrap(), 0.5);
        for most in [0.4, 1.0] {
            assert_eq!(Score::Smaf { most, mean: 3.0, slope }.of(3.0).unwrap(), most / 2.0);
        }
    }
}

#[test]
fn contamination_falls_through_its_points() {
    let score = |ratio| Score::CONTAMINATION.of(ratio).unwrap();
    assert_eq!([0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 9.0].map(score), [1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
    let crossed = Score::Contamination { full: 1.0, half: 0.5, none: 2.0 };
    assert!(matches!(crossed.of(1.0), Err(SoilHealthError::Points { .. })));
}

#[test]
fn an_example_whose_weights_do_not_sum_to_one_is_refused() {
    // It stands on the web, with a sum that its numbers do not give.
    let indicators =
        [(0.702, 0.40), (0.533, 0.125), (0.485, 0.125), (0.489, 0.16)].map(|(score, w)| Indicator::new("x", score, w));
    assert!(matches!(soil_health(&indicators), Err(SoilHealthError::Weights { sum }) if (sum - 0.81).abs() < 1e-12));
    assert_eq!(soil_health(&[]), Err(SoilHealthError::Nothing));
    assert!(matches!(component_weights(&[1.0], &[1]), Err(SoilHealthError::Component { indicator: 0, .. })));
}

#[test]
fn the_veto_lowers_good_classes_only() {
    let health = |contaminant, rest| {
        soil_health(&[Indicator::contaminant("lead", contaminant, 0.1), Indicator::new("carbon", rest, 0.9)]).unwrap()
    };
    let vetoed = health(0.0, 1.0);
    assert_eq!((vetoed.class.label, vetoed.vetoed, vetoed.least_of.as_str()), ("poor", true, "lead"));
    assert_eq!(vetoed.failing, ["lead"]);
    assert_eq!(health(0.01, 1.0).class.label, "very good");
    assert_eq!(health(0.0, 0.5).class.label, "poor"); // 0.45, which is moderate
    assert_eq!([0.19, 0.2, 0.4, 0.6, 0.8].map(|score| health(score, score).class.rank), [1, 2, 3, 4, 5]);
    let poor = health(0.0, 0.1);
    assert_eq!((poor.class.label, poor.vetoed), ("very poor", false));
    // A function of the soil that fails does not veto, but is named.
    let failed = soil_health(&[Indicator::new("carbon", 0.0, 0.1), Indicator::new("pH", 1.0, 0.9)]).unwrap();
    assert_eq!((failed.class.label, failed.least, failed.least_of.as_str()), ("very good", 0.0, "carbon"));
}

#[test]
fn an_index_tells_the_worst_standing_of_its_scores() {
    let carbon = Score::More { best: 4.0 }.scored(2.0).unwrap();
    let smaf = Score::Smaf { most: 1.0, mean: 5.0, slope: -2.5 }.scored(5.0).unwrap();
    let of = |score: Scored| {
        soil_health(&[Indicator::new("carbon", carbon, 0.5), Indicator::new("other", score, 0.5)]).unwrap().standing
    };
    assert_eq!(
        [of(carbon), of(smaf), of(0.5.into())],
        [Standing::SecondHand, Standing::Unverified, Standing::Unverified]
    );
}

fn scores() -> impl Strategy<Value = Score> {
    let steep = prop_oneof![-5.0..-0.1_f64, 0.1..5.0_f64];
    prop_oneof![
        (0.1..10.0_f64).prop_map(|best| Score::More { best }),
        (0.1..10.0_f64).prop_map(|best| Score::Less { best }),
        (0.1..10.0_f64).prop_map(|at| Score::Optimum { at }),
        (0.1..10.0_f64, steep.clone()).prop_map(|(half, slope)| Score::Sigmoid { half, slope }),
        (0.1..10.0_f64, steep).prop_map(|(mean, slope)| Score::Smaf { most: 1.0, mean, slope }),
        (0.1..10.0_f64, 0.1..5.0_f64).prop_map(|(optimum, spread)| Score::Gaussian { optimum, spread }),
        Just(Score::CONTAMINATION),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Scores are from 0 to 1, and go the way that they say.
    #[test]
    fn scores_keep_their_bounds(score in scores(), x in 1e-3..1e2_f64, more in 1.0..3.0_f64) {
        let (low, high) = (score.of(x).unwrap(), score.of(more * x).unwrap());
        prop_assert!((0.0..=1.0).contains(&low));
        match score {
            Score::More { .. } => prop_assert!(low <= high),
            Score::Less { .. } | Score::Contamination { .. } => prop_assert!(low >= high),
            Score::Sigmoid { slope, .. } => prop_assert!((high - low) * slope >= 0.0),
            Score::Smaf { slope, .. } => prop_assert!((high - low) * slope <= 0.0),
            _ => {}
        }
    }

    /// The index lies between the least and the greatest score.
    #[test]
    fn the_index_is_a_mean(pairs in prop::collection::vec((0.0..=1.0_f64, 0.01..1.0_f64), 1..9)) {
        let weights = normalised_weights(&pairs.iter().map(|p| p.1).collect::<Vec<_>>()).unwrap();
        let indicators: Vec<Indicator> =
            pairs.iter().zip(weights).map(|(pair, weight)| Indicator::new("x", pair.0, weight)).collect();
        let health = soil_health(&indicators).unwrap();
        let most = pairs.iter().map(|p| p.0).fold(0.0, f64::max);
        prop_assert!(health.least <= health.value + 1e-12 && health.value <= most + 1e-12);
    }
}
