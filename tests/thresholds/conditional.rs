//! Limits that depend on the soil, against values worked by hand.

use std::sync::LazyLock;

use proptest::prelude::*;
use soilscope_assess::threshold::{Limit, Property, Soil, Table, Texture, ThresholdError};

fn limit(code: &str, analyte: &str) -> Limit<'static> {
    Table::builtin().limit(code, analyte).unwrap_or_else(|e| panic!("{e}"))
}

fn soil(clay: f64, organic_matter: f64) -> Soil {
    Soil { clay: Some(clay), organic_matter: Some(organic_matter), ..Soil::default() }
}

/// FORMULAS.md, test D: cadmium 13 mg/kg, clay 10 %, organic matter 5 %.
#[test]
fn test_d_of_the_reference() {
    let at = limit("NL/intervention", "Cd").at(&soil(10.0, 5.0)).unwrap();
    assert!((at.value - 9.5223).abs() < 5e-5, "{}", at.value);
    assert!((at.factor - 0.575 / 0.785).abs() < 1e-15);
    assert!(!at.standard_soil);
}

#[test]
fn the_dutch_formula_has_bounds() {
    let zinc = limit("NL/intervention", "Zn");
    // 720 (50 + 3 clay + 1.5 OM) / (50 + 75 + 15)
    let by_hand = |clay: f64, om: f64| 720.0 * (50.0 + 3.0 * clay + 1.5 * om) / 140.0;
    for (given, used) in [((8.0, 4.0), (8.0, 4.0)), ((0.5, 0.0), (2.0, 2.0)), ((1.0, 7.0), (2.0, 7.0))] {
        let value = zinc.at(&soil(given.0, given.1)).unwrap().value;
        assert!((value - by_hand(used.0, used.1)).abs() < 1e-9, "{given:?}: {value}");
    }
    let organic = limit("NL/intervention", "Benzene");
    let published = organic.published().unwrap().value;
    for (om, factor) in [(1.0, 0.2), (5.0, 0.5), (10.0, 1.0), (29.0, 2.9), (60.0, 3.0)] {
        let value = organic.at(&soil(10.0, om)).unwrap().value;
        assert!((value - published * factor).abs() < 1e-12 * value, "OM {om}: {value}");
    }
    let pah = limit("NL/intervention", "PAH10");
    for (om, value) in [(1.0, 40.0), (10.0, 40.0), (20.0, 80.0), (30.0, 120.0), (50.0, 120.0)] {
        assert_eq!(pah.at(&soil(10.0, om)).unwrap().value, value, "OM {om}");
    }
}

#[test]
fn the_published_dutch_value_is_for_the_standard_soil() {
    let cadmium = limit("NL/intervention", "Cd");
    let published = cadmium.published().unwrap();
    assert_eq!((published.value, published.standard_soil), (13.0, true));
    assert_eq!(cadmium.at(&soil(25.0, 10.0)).unwrap().value, 13.0);
    assert_eq!(cadmium.depends_on(), [Property::Clay, Property::OrganicMatter]);
    // Nickel has no constant for organic matter, so that is not asked for.
    assert_eq!(limit("NL/intervention", "Ni").depends_on(), [Property::Clay]);
    let refusal = cadmium.at(&Soil { clay: Some(10.0), ..Soil::default() }).unwrap_err();
    assert!(matches!(refusal, ThresholdError::NeedsSoil { missing: Property::OrganicMatter, .. }), "{refusal}");
}

/// GB 15618-2018, Table 1, cadmium in paddy fields: 0.3, 0.4, 0.6, 0.8 mg/kg for pH up to 5.5, 6.5, 7.5 and above.
#[test]
fn chinese_classes_of_ph_hold_their_upper_ends() {
    let at = |code: &str, analyte: &str, ph: f64| {
        limit(code, analyte).at(&Soil { ph: Some(ph), ..Soil::default() }).unwrap().value
    };
    for (ph, value) in [(4.0, 0.3), (5.5, 0.3), (5.500001, 0.4), (6.5, 0.4), (7.0, 0.6), (7.5, 0.6), (7.51, 0.8)] {
        assert_eq!(at("CN/screening/paddy", "Cd", ph), value, "pH {ph}");
    }
    for (ph, value) in [(5.5, 1.5), (6.5, 2.0), (7.5, 3.0), (8.0, 4.0)] {
        assert_eq!(at("CN/intervention/farmland", "Cd", ph), value, "pH {ph}");
    }
    // The class that was taken is said, ends and all.
    let met = |ph| limit("CN/screening/paddy", "Cd").at(&Soil { ph: Some(ph), ..Soil::default() }).unwrap().met;
    assert_eq!(
        [met(6.0), met(7.0), met(8.0)],
        [["pH above 5.5 up to 6.5"], ["pH above 6.5 up to 7.5"], ["pH above 7.5"]]
    );
    // How pH is measured is no condition that would have to be computed.
    let limit_of_paddy = limit("CN/screening/paddy", "Cd");
    assert!(
        limit_of_paddy.entries().iter().all(|e| e.when.remarks.is_empty() && e.when.methods == ["soil pH (water)"])
    );
    let refusal = limit("CN/screening/paddy", "Cd").published().unwrap_err();
    assert!(matches!(refusal, ThresholdError::NeedsSoil { missing: Property::Ph, .. }));
    assert!(refusal.to_string().contains("pH<=5.5"), "{refusal}");
}

#[test]
fn german_texture_and_the_rule_for_acid_soils() {
    let at = |analyte: &str, texture, ph| {
        let soil = Soil { texture: Some(texture), ph, ..Soil::default() };
        limit("DE/precautionary/any", analyte).at(&soil)
    };
    let value = |analyte: &str, texture, ph: f64| at(analyte, texture, Some(ph)).unwrap().value;
    // BBodSchV Annex 1 Table 1: cadmium 0.4, 1 and 1.5; below pH 6 that of the next lighter texture.
    assert_eq!(value("Cd", Texture::Clay, 6.0), 1.5);
    assert_eq!(value("Cd", Texture::Clay, 5.9), 1.0);
    assert_eq!(value("Cd", Texture::Silt, 6.4), 1.0);
    assert_eq!(value("Cd", Texture::Loam, 5.0), 0.4);
    assert_eq!(value("Cd", Texture::Sand, 4.0), 0.4);
    // Lead: below pH 5. Copper: never.
    assert_eq!([value("Pb", Texture::Clay, 5.0), value("Pb", Texture::Clay, 4.9)], [100.0, 70.0]);
    assert_eq!(value("Cu", Texture::Clay, 4.0), 60.0);
    assert_eq!(at("Cu", Texture::Clay, None).unwrap().value, 60.0);
    // Sand is the lightest, so its pH does not matter; clay's does.
    assert_eq!(at("Cd", Texture::Sand, None).unwrap().value, 0.4);
    assert!(matches!(at("Cd", Texture::Clay, None), Err(ThresholdError::NeedsSoil { missing: Property::Ph, .. })));
    let lighter = at("Cd", Texture::Clay, Some(5.9)).unwrap().met;
    assert_eq!(lighter, ["texture loam or silt, the next lighter one, for pH below 6"]);
    // What all rows ask for and nobody knows is assumed, and said.
    let assumed = at("Cu", Texture::Clay, None).unwrap().assumed;
    assert_eq!(assumed, ["total organic carbon up to 9 %"]);
    let peat = Soil { texture: Some(Texture::Clay), toc: Some(12.0), ..Soil::default() };
    let refusal = limit("DE/precautionary/any", "Cu").at(&peat).unwrap_err();
    assert!(matches!(refusal, ThresholdError::NoRow { .. }), "{refusal}");
}

#[test]
fn other_classes_of_soil() {
    let fines = |fines| limit("PL/permissible-organic", "Cd").at(&Soil { fines: Some(fines), ..Soil::default() });
    let values: Vec<f64> = [20.0, 20.1, 35.0, 36.0].into_iter().map(|f| fines(f).unwrap().value).collect();
    assert_eq!(values, [0.75, 1.0, 1.0, 1.5]);
    let russian = |texture, ph_kcl| {
        limit("RU/odk", "Cu").at(&Soil { texture: Some(texture), ph_kcl, ..Soil::default() }).map(|a| a.value)
    };
    assert_eq!(russian(Texture::Sand, None).unwrap(), 33.0);
    assert_eq!(russian(Texture::Clay, Some(5.0)).unwrap(), 66.0);
    assert_eq!(russian(Texture::Loam, Some(6.0)).unwrap(), 132.0);
    // The act says nothing of 5.5 itself, and pH in water does not stand in for pH in KCl.
    assert!(matches!(russian(Texture::Loam, Some(5.5)), Err(ThresholdError::NoRow { .. })));
    assert!(matches!(russian(Texture::Loam, None), Err(ThresholdError::NeedsSoil { missing: Property::PhKcl, .. })));
}

/// Swiss limits: the total content (2 M nitric acid) up to 15 % of humus, the soluble one (0.1 M sodium nitrate) for any soil.
#[test]
fn humus_does_not_choose_between_extracts() {
    let of = |code: &str, symbol: &str, om| {
        limit(code, symbol).at(&Soil { organic_matter: Some(om), ..Soil::default() }).map(|at| at.value)
    };
    for (code, symbol, nitric, soluble) in [
        ("CH/guide/any", "Cd", 0.8, 0.02),
        ("CH/guide/any", "Cu", 40.0, 0.7),
        ("CH/guide/any", "Ni", 50.0, 0.2),
        ("CH/guide/any", "Zn", 150.0, 0.5),
        ("CH/clean-up/agricultural", "Cd", 20.0, 0.1),
        ("CH/clean-up/agricultural", "Cu", 1000.0, 4.0),
        ("CH/clean-up/agricultural", "Zn", 2000.0, 5.0),
        ("CH/trigger/food-fodder", "Cd", 2.0, 0.02),
        ("CH/trigger/food-fodder", "Cu", 150.0, 0.7),
        ("CH/trigger/food-fodder", "Ni", 100.0, 0.4),
    ] {
        let (acid, salt) = (format!("{code}/nitric-extract"), format!("{code}/soluble"));
        assert_eq!(of(&acid, symbol, 10.0).unwrap(), nitric, "{acid} {symbol}");
        assert!(matches!(of(&acid, symbol, 15.5), Err(ThresholdError::NoRow { .. })), "{acid} {symbol}");
        assert_eq!(limit(&salt, symbol).published().unwrap().value, soluble, "{salt} {symbol}");
        // The code without its basis is either of the two, so it is neither.
        let both = Table::builtin().limit(code, symbol).unwrap_err();
        assert!(matches!(both, ThresholdError::Ambiguous { .. }), "{code} {symbol}: {both}");
    }
    // Lead has one basis only, and its code without it is enough.
    assert_eq!(limit("CH/guide", "Pb").published().unwrap().value, 50.0);
}

/// Every limit that the Dutch acts correct for the soil.
static DUTCH: LazyLock<Vec<Limit<'static>>> = LazyLock::new(|| {
    let corrected = Table::builtin().entries().iter().filter(|e| e.when.correction.is_some());
    let limits: Vec<Limit<'static>> = corrected.map(|e| limit(&e.code.to_string(), &e.analyte)).collect();
    assert_eq!(limits.len(), 98);
    limits
});

proptest! {
    /// More clay or organic matter never lowers a Dutch limit, and the standard soil has the published value.
    #[test]
    fn dutch_limits_grow_with_clay_and_organic_matter(clay in 0.0..100.0_f64, om in 0.0..100.0_f64, more in 0.0..30.0_f64) {
        for limit in DUTCH.iter() {
            let value = |clay, om| limit.at(&soil(clay, om)).unwrap().value;
            prop_assert!(value(clay + more, om) >= value(clay, om) && value(clay, om + more) >= value(clay, om));
            let standard = limit.entries()[0].value;
            prop_assert!((value(25.0, 10.0) - standard).abs() <= 1e-12 * standard);
        }
    }

    /// Every pH belongs to one class.
    #[test]
    fn chinese_classes_cover_every_ph(ph in 0.0..14.0_f64) {
        for limit in Table::builtin().limits_for("Cd").filter(|l| l.code().jurisdiction() == "CN") {
            if limit.depends_on() == [Property::Ph] {
                let at = limit.at(&Soil { ph: Some(ph), ..Soil::default() });
                prop_assert!(at.is_ok());
            }
        }
    }
}
