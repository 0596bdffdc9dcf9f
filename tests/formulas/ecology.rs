//! Test G, and the laws of the back-calculation.

use proptest::prelude::*;
use soilscope_assess::ecology::{
    EcologyError, Receptor, Uptake, WildlifeToxicity, back_calculate, food_uptake, hazard_quotient,
};
use soilscope_assess::threshold::Standing;

/// Two digits, as the U.S. EPA prints its levels.
fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap()
}

/// Test G. Source S11: cadmium, OSWER 9285.7-65 as copied by spacemodR; recomputed values from the project's list.
#[test]
fn test_g_cadmium_levels_of_six_animals() {
    for (animal, food, class, published, recomputed, half) in [
        ("dove", "plant", "birds", 28.0, 28.042, 5e-4),
        ("woodcock", "earthworm", "birds", 0.77, 0.7722, 5e-5),
        ("hawk", "mammal", "birds", 630.0, 626.10, 5e-3),
        ("vole", "plant", "mammals", 73.0, 72.892, 5e-4),
        ("shrew", "earthworm", "mammals", 0.36, 0.3597, 5e-5),
        ("weasel", "mammal", "mammals", 84.0, 84.088, 5e-4),
    ] {
        let receptor = Receptor::builtin(animal).unwrap();
        let (uptake, toxicity) = (food_uptake("Cd", food).unwrap(), WildlifeToxicity::builtin("Cd", class).unwrap());
        let level = back_calculate(&receptor, &uptake, &toxicity).unwrap();
        assert_eq!(two_digits(level.value), published, "{animal}");
        assert!((level.value - recomputed).abs() <= half, "{animal}: {}", level.value);
        assert_eq!((level.receptor.as_str(), level.standing), (animal, Standing::SecondHand));
    }
}

#[test]
fn what_is_not_in_the_table_is_refused_with_what_is() {
    let message = Receptor::builtin("wolf").unwrap_err().to_string();
    assert!(message.contains("'wolf'") && message.contains("dove, woodcock, hawk, vole, shrew, weasel"), "{message}");
    let message = food_uptake("Cu", "plant").unwrap_err().to_string();
    assert!(message.contains("Cd plant, Cd earthworm, Cd mammal"), "{message}");
    // No soil poisons what eats none of it and whose food takes up nothing.
    let uptake = Uptake { slope: 0.0, intercept: -9.0, standing: Standing::Verified };
    let receptor = Receptor { name: "own".into(), food: 0.1, soil_share: 0.0, standing: Standing::Verified };
    let toxicity = WildlifeToxicity { value: 1.0, standing: Standing::Verified };
    assert!(matches!(back_calculate(&receptor, &uptake, &toxicity), Err(EcologyError::OutOfReach { .. })));
    let falling = Uptake { slope: -0.5, ..uptake };
    assert!(matches!(back_calculate(&receptor, &falling, &toxicity), Err(EcologyError::Quantity(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// At the level the quotient is 1, and what tolerates more has a higher level.
    #[test]
    fn the_level_is_where_the_quotient_is_one(
        food in 0.05..0.5_f64, soil_share in 0.01..0.3_f64, slope in 0.1..1.2_f64, intercept in -2.0..2.0_f64,
        trv in 0.1..10.0_f64, more in 1.01..3.0_f64,
    ) {
        let standing = Standing::Unverified;
        let receptor = Receptor { name: "own".into(), food, soil_share, standing };
        let uptake = Uptake { slope, intercept, standing };
        let level = |value| back_calculate(&receptor, &uptake, &WildlifeToxicity { value, standing }).unwrap().value;
        let quotient = hazard_quotient(level(trv), &receptor, &uptake, &WildlifeToxicity { value: trv, standing });
        prop_assert!((quotient.unwrap() - 1.0).abs() < 1e-12);
        prop_assert!(level(more * trv) > level(trv));
    }
}
