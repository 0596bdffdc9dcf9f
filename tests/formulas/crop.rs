//! Tests L, M and N, and the laws of transfer from soil to crop.

use proptest::prelude::*;
use soilscope_assess::crop::{Cleanup, CropError, Harvest, TransferModel, dry_from_fresh, fresh_from_dry};
use soilscope_assess::threshold::{Property, Soil, Standing};

use crate::printed::{assert_printed, assert_printed_within_a_unit};

/// Test L. Computed with the coefficients of source S19; organic matter 4.3 %, clay 10 %, pH in KCl.
#[test]
fn test_l_soil_cadmium_at_the_critical_crop() {
    let crops = [("NL_Cd_wheat", 0.24), ("NL_Cd_lettuce", 4.0), ("NL_Cd_maize", 1.1), ("NL_Cd_grass", 1.1)];
    for (ph, row) in [
        (4.5, ["0.828", "0.932", "2.378", "1.766"]),
        (5.0, ["1.035", "1.458", "2.975", "2.528"]),
        (6.0, ["1.616", "3.564", "4.655", "5.179"]),
        (7.0, ["2.524", "8.712", "7.285", "10.610"]),
    ] {
        let soil = Soil { ph_kcl: Some(ph), organic_matter: Some(4.3), clay: Some(10.0), ..Soil::default() };
        for ((name, limit), printed) in crops.into_iter().zip(row) {
            let model = TransferModel::builtin(name).unwrap();
            assert_eq!(model.critical, Some(limit));
            let critical = model.soil_at(limit, &soil).unwrap();
            assert_printed(critical.value, printed);
            // The source does not print how much these models err.
            assert_eq!((critical.factor, critical.standing), (None, Standing::SecondHand));
            assert!(matches!(model.exceedance(1.0, limit, &soil), Err(CropError::NoResidual { .. })));
        }
    }
}

/// Test M. Computed with the regression of source S15 for rice; organic carbon 2 %, clay 25 %, pH in water.
#[test]
fn test_m_soil_cadmium_at_the_limits_of_rice() {
    let rice = TransferModel::builtin("CN_Cd_rice_grain").unwrap();
    for (ph, [low, high]) in
        [(5.0, ["0.305", "0.647"]), (6.0, ["0.732", "1.554"]), (7.0, ["1.757", "3.732"]), (8.0, ["4.218", "8.960"])]
    {
        let soil = Soil { ph: Some(ph), toc: Some(2.0), clay: Some(25.0), ..Soil::default() };
        let critical = rice.soil_at(0.2, &soil).unwrap();
        assert_printed(critical.value, low);
        assert_printed(rice.soil_at(0.4, &soil).unwrap().value, high);
        // At the median half of the crops are above; a factor 2.7 of the crop is a standard deviation.
        assert!((rice.exceedance(critical.value, 0.2, &soil).unwrap() - 0.5).abs() < 1e-12);
        assert_printed(10_f64.powf(rice.residual_sd.unwrap()), "2.7");
        assert!((critical.factor.unwrap() - 10_f64.powf(0.439 / 0.92)).abs() < 1e-12);
        // 95 %: the limit counts as log L − 1.645 s.
        let protective = rice.protective(0.2, 0.95, &soil).unwrap();
        assert!((protective / (critical.value * 10_f64.powf(-1.645 * 0.439 / 0.92)) - 1.0).abs() < 5e-4);
    }
}

/// Test N. Source S20: SUMATECS (2008), Table 6.
#[test]
fn test_n_years_of_phytoextraction() {
    let cadmium = Cleanup { from: 5.0, to: 2.0, depth: 0.25, bulk_density: 1.5 };
    let zinc = Cleanup { from: 1000.0, to: 600.0, ..cadmium };
    assert_eq!(cadmium.soil_mass().unwrap(), 3750.0);
    let years = |removal| cadmium.years(Harvest::Removal(removal)).unwrap();
    assert_printed(years(539.0), "21");
    assert_printed(years(539.0), "20.87");
    assert_printed(zinc.years(Harvest::Removal(20000.0)).unwrap(), "75.0");
    assert_printed(years(45.0), "250");
    // The removal of 26 g is rounded (433 years); crop and yield of the same row give the printed 439.
    assert_printed(years(26.0), "433");
    assert_printed(cadmium.years(Harvest::Crop { content: 4.2, yield_t: 6.1 }).unwrap(), "439");
    // The printed 135 lies between what the rounded removal and what crop and yield give.
    assert_printed_within_a_unit(years(83.0), "135");
    assert_printed_within_a_unit(cadmium.years(Harvest::Crop { content: 4.7, yield_t: 17.8 }).unwrap(), "135");
    let done = Cleanup { to: 5.0, ..cadmium };
    assert_eq!(done.years(Harvest::Removal(1.0)), Err(CropError::NothingToRemove { from: 5.0, to: 5.0 }));
}

#[test]
fn a_model_asks_for_what_it_uses_and_nothing_else() {
    let grass = TransferModel::builtin("NL_Cd_grass").unwrap(); // neither clay nor organic matter
    assert!(grass.crop(1.0, &Soil { ph_kcl: Some(5.0), ..Soil::default() }).is_ok());
    // pH in water does not stand in for pH in KCl.
    let refused = grass.crop(1.0, &Soil { ph: Some(6.0), ..Soil::default() }).unwrap_err();
    assert!(matches!(refused, CropError::NeedsSoil { missing: Property::PhKcl, .. }));
    let simple = TransferModel::builtin("CN_Cd_rice_grain_simple").unwrap();
    assert!(simple.crop(1.0, &Soil { ph: Some(6.0), ..Soil::default() }).is_ok());
    let message = TransferModel::builtin("wheat").unwrap_err().to_string();
    assert!(message.contains("NL_Cd_wheat") && message.contains("CN_Cd_rice_straw"), "{message}");
}

fn models() -> impl Strategy<Value = TransferModel> {
    let names = ["NL_Cd_grass", "NL_Cd_maize", "NL_Cd_sugar_beet", "NL_Cd_wheat", "NL_Cd_lettuce", "CN_Cd_rice_grain"];
    prop::sample::select(names.to_vec()).prop_map(|name| TransferModel::builtin(name).unwrap())
}

fn soils() -> impl Strategy<Value = Soil> {
    (4.0..8.0_f64, 4.0..8.0_f64, 1.0..50.0_f64, 0.5..20.0_f64, 0.5..10.0_f64).prop_map(|(ph, kcl, clay, om, toc)| {
        Soil {
            ph: Some(ph),
            ph_kcl: Some(kcl),
            clay: Some(clay),
            organic_matter: Some(om),
            toc: Some(toc),
            ..Soil::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// The soil at a crop's content has that crop; a higher limit allows more soil, by the power 1/n.
    #[test]
    fn inversion_turns_round(model in models(), soil in soils(), limit in 0.01..10.0_f64, more in 1.01..5.0_f64) {
        let critical = model.soil_at(limit, &soil).unwrap().value;
        prop_assert!((model.crop(critical, &soil).unwrap() / limit - 1.0).abs() < 1e-9);
        let higher = model.soil_at(more * limit, &soil).unwrap().value;
        prop_assert!((higher / critical / more.powf(1.0 / model.power) - 1.0).abs() < 1e-9);
    }

    /// Where the crop is protected with a confidence, it is above its limit with what is left.
    #[test]
    fn protection_turns_round(soil in soils(), limit in 0.05..1.0_f64, confidence in 0.01..0.99_f64) {
        let rice = TransferModel::builtin("CN_Cd_rice_grain").unwrap();
        let content = rice.protective(limit, confidence, &soil).unwrap();
        prop_assert!((rice.exceedance(content, limit, &soil).unwrap() - (1.0 - confidence)).abs() < 1e-9);
        prop_assert_eq!(content < rice.soil_at(limit, &soil).unwrap().value, confidence > 0.5);
    }

    #[test]
    fn fresh_and_dry_turn_round(content in 0.0..100.0_f64, moisture in 0.0..0.99_f64) {
        let dry = dry_from_fresh(content, moisture).unwrap();
        prop_assert!((fresh_from_dry(dry, moisture).unwrap() - content).abs() <= 1e-12 * content && dry >= content);
    }
}
