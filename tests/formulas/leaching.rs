//! Tests H, I, J and K, and the laws of leaching.

use proptest::prelude::*;
use soilscope_assess::leaching::{
    Aquifer, CadmiumSoil, Column, Form, LeachingError, MetalSoil, PorousSoil, Sorption, Source, WaterRegime,
    attenuation, cadmium_solution, gus, henry_without_unit, kd_of_organic, metal_solution, retardation,
};
use soilscope_assess::threshold::Standing;

use crate::printed::assert_printed;

/// Test H. Source S13: groundwatersoftware.com, calculator 15. The page prints foc 0.06; its answer needs 0.006.
#[test]
fn test_h_benzene_and_a_misprint() {
    let soil = PorousSoil { water: 0.079, air: 0.321, bulk_density: 1.5 };
    let of = |organic_carbon| {
        let benzene = Sorption { kd: kd_of_organic(61.7, organic_carbon).unwrap(), henry: 0.228 };
        soil.content_from_water(0.0604, &benzene).unwrap()
    };
    assert_printed(of(0.006), "0.0285");
    assert_printed(of(0.006), "0.028488");
    assert_printed(of(0.06), "0.22973");
}

/// Test I. Computed; the U.S. EPA prints 8 and 0.03 (recalled).
#[test]
fn test_i_screening_levels() {
    let soil = PorousSoil::WASHINGTON_UNSATURATED;
    let cadmium = soil.screening_level(0.005, 20.0, &Sorption { kd: 75.0, henry: 0.0 }).unwrap();
    assert_printed(cadmium, "7.52");
    assert_printed(cadmium, "8");
    let benzene = Sorption { kd: kd_of_organic(58.9, 0.002).unwrap(), henry: 0.228 };
    let benzene = soil.screening_level(0.005, 20.0, &benzene).unwrap();
    assert_printed(benzene, "0.0338");
    assert_printed(benzene, "0.03");
    let state = Sorption { kd: 75.0, henry: henry_without_unit(0.0).unwrap() };
    let undiluted = soil.screening_level(0.005, 1.0, &state).unwrap();
    assert!((undiluted * 20.0 / cadmium - 1.0).abs() < 1e-14);
}

/// Test J. Computed with the coefficients of source S14, Otte et al. (2000).
#[test]
fn test_j_cadmium_in_solution() {
    let soil = MetalSoil { content: 0.5, organic_carbon: 2.0, clay: 5.0, ph: 5.0 };
    let inverse = metal_solution("Cd", Form::Inverse, &soil).unwrap();
    let direct = metal_solution("Cd", Form::Direct, &soil).unwrap();
    assert_printed(inverse.value, "18.6");
    assert_printed(direct.value, "3.06");
    assert!(inverse.caution.is_some() && direct.caution.is_none());
    assert_eq!((direct.r2, inverse.r2, direct.standing), (Some(0.454), Some(0.620), Standing::SecondHand));
    // Copper's direct form explains nothing, and says so; its inverse is there.
    let refused = metal_solution("Cu", Form::Direct, &soil).unwrap_err();
    assert_eq!(refused, LeachingError::Useless { metal: "Cu".into(), r2: 0.035 });
    assert!(metal_solution("Cu", Form::Inverse, &soil).is_ok());
    let unknown = metal_solution("Hg", Form::Direct, &soil).unwrap_err();
    assert_eq!(unknown, LeachingError::Metal { metal: "Hg".into(), has: "Cd, Cu, Pb, Zn".into() });
    // Source S15: paddy and upland soils differ in the first coefficient only.
    let soil = CadmiumSoil { content: 0.5, organic_carbon: 2.0, clay: 25.0, ph: 6.0 };
    let [paddy, upland] = [WaterRegime::Paddy, WaterRegime::Upland].map(|r| cadmium_solution(r, &soil).unwrap());
    assert!(((paddy.value / upland.value).log10() - (4.17 - 3.89)).abs() < 1e-12);
    assert_eq!(paddy.residual_sd, Some(0.34));
}

/// Test K. Inputs published by sources S17 (log Koc 2.00) and S18.
#[test]
fn test_k_groundwater_ubiquity() {
    for (half_life, koc, score, class) in
        [(146.0, 100.0, "4.329", "high"), (61.0, 171.0, "3.155", "high"), (47.0, 24000.0, "-0.636", "extremely low")]
    {
        let gus = gus(half_life, koc).unwrap();
        assert_printed(gus.value, score);
        assert_eq!(gus.class.label, class);
    }
    // log DT50 1 or 2 and round logarithms of Koc put a score on a bound.
    assert_eq!(gus(10.0, 1e4).unwrap().class.label, "low"); // 0
    assert_eq!(gus(100.0, 1e3).unwrap().class.label, "moderate"); // 2
    assert_eq!(gus(100.0, 1e3).unwrap().class.bounds, [0.0, 1.8, 2.8]);
}

#[test]
fn dilution_and_its_standing() {
    let aquifer = Aquifer { conductivity: 876.0, gradient: 0.01, thickness: 10.0 };
    let source = Source { length: 45.0, infiltration: 0.18 };
    let legal = aquifer.dilution(&source, 5.0).unwrap();
    assert!((legal.factor - (1.0 + 8.76 * 5.0 / 8.1)).abs() < 1e-12);
    assert_eq!(legal.standing, Standing::Verified);
    assert!(aquifer.dilution(&source, 6.0).is_err());
    let shallow = Aquifer { thickness: 2.0, ..aquifer }.dilution(&source, 5.0).unwrap();
    assert_eq!(shallow.mixing_depth, 2.0);
    let recalled = aquifer.dilution_attenuation(&source).unwrap();
    assert_eq!(recalled.standing, Standing::Unverified);
    let depth = (0.0112_f64 * 45.0 * 45.0).sqrt() + 10.0 * (1.0 - (-8.1_f64 / 87.6).exp());
    assert!((recalled.mixing_depth - depth).abs() < 1e-12);
    assert!(matches!(
        PorousSoil { water: 0.6, air: 0.5, bulk_density: 1.5 }
            .content_from_water(1.0, &Sorption { kd: 1.0, henry: 0.0 }),
        Err(LeachingError::Pores { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// Soil and its water are each other's inverse; the level is in proportion to target and dilution, and rises with Kd.
    #[test]
    fn partition_turns_round(
        water in 0.05..0.5_f64, air in 0.0..0.5_f64, density in 1.0..2.0_f64, kd in 0.0..1e4_f64, henry in 0.0..2.0_f64,
        content in 1e-3..1e3_f64, dilution in 1.0..100.0_f64,
    ) {
        let soil = PorousSoil { water, air, bulk_density: density };
        let sorption = Sorption { kd, henry };
        let dissolved = soil.water_from_content(content, &sorption).unwrap();
        prop_assert!((soil.content_from_water(dissolved, &sorption).unwrap() / content - 1.0).abs() < 1e-12);
        let level = soil.screening_level(dissolved, dilution, &sorption).unwrap();
        prop_assert!((level / (content * dilution) - 1.0).abs() < 1e-12);
        let bound = Sorption { kd: kd + 1.0, henry };
        prop_assert!(soil.screening_level(dissolved, dilution, &bound).unwrap() > level);
    }

    /// The inverse form turned round once more is its regression; more metal or less pH dissolves more, in both forms.
    #[test]
    fn solutions_rise_with_metal_and_acid(
        metal in prop::sample::select(vec!["Cd", "Pb", "Zn"]), content in 0.01..1e3_f64, organic_carbon in 0.5..20.0_f64,
        clay in 1.0..60.0_f64, ph in 4.0..8.0_f64,
    ) {
        let soil = MetalSoil { content, organic_carbon, clay, ph };
        for form in [Form::Direct, Form::Inverse] {
            let of = |soil: &MetalSoil| metal_solution(metal, form, soil).unwrap().value;
            let (more, sour) = (MetalSoil { content: 1.1 * content, ..soil }, MetalSoil { ph: ph - 0.5, ..soil });
            prop_assert!(of(&more) > of(&soil) && of(&sour) > of(&soil));
        }
    }

    /// What is not held moves with the water; what takes a half-life is halved; times add as shares multiply.
    #[test]
    fn transport_adds_up(depth in 0.1..20.0_f64, water in 0.05..0.5_f64, recharge in 0.01..1.0_f64, kd in 0.0..100.0_f64) {
        let column = Column { depth, water, bulk_density: 1.5, recharge };
        let plain = column.travel_time(0.0).unwrap();
        let held = column.travel_time(kd).unwrap();
        prop_assert!((held / plain / retardation(1.5, kd, water).unwrap() - 1.0).abs() < 1e-12);
        prop_assert_eq!(attenuation(plain, plain).unwrap(), 0.5);
        let both = attenuation(plain, 3.0).unwrap() * attenuation(1.0, 3.0).unwrap();
        prop_assert!((attenuation(plain + 1.0, 3.0).unwrap() - both).abs() < 1e-12);
    }
}
