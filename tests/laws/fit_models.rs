//! Fits of every model, and of the parameters beside sills and ranges.

use proptest::prelude::*;
use soilscope_core::variogram::{
    EmpiricalVariogram, FitWeights, FreeParameter, LagClass, Model, ModelTemplate, Parameter, StructureTemplate,
    Variogram, fit,
};

use crate::fit::{classes, empirical};
use crate::{assert_close, cases};

fn parse(text: &str) -> Variogram {
    text.parse().unwrap()
}

/// Classes on a model's own curve.
fn on_curve(truth: &Variogram, count: u32, width: f64) -> EmpiricalVariogram {
    let class = |k| {
        let dist = width * f64::from(k);
        LagClass { np: 50, dist, gamma: truth.semivariance([dist, 0.0]), azimuth: None, error_variance: 0.0 }
    };
    empirical((1..=count).map(class).collect())
}

/// Models by their notation, a range of each that twelve classes of 40 show, and whether it is one to be found.
const MODELS: [(&str, f64); 12] = [
    ("Sph", 200.0),
    ("Exp", 100.0),
    ("Gau", 150.0),
    ("Mat(kappa=1.5)", 70.0),
    ("Ste(kappa=2.5)", 150.0),
    ("Bes", 80.0),
    ("Cir", 200.0),
    ("Pen", 250.0),
    ("Lin", 200.0),
    ("Per", 210.0),
    ("Wav", 90.0),
    ("Hol", 40.0),
];

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn every_model_is_found_again(
        which in 0..12_usize, nugget in 0.1..1.0_f64, sill in 0.5..3.0_f64, stretch in 0.8..1.25_f64,
    ) {
        let (name, range) = MODELS[which];
        let template: ModelTemplate = format!("Nug + {name}").parse().unwrap();
        let truth = template.with_values(&[nugget, sill, range * stretch]).unwrap();
        let fitted = fit(&on_curve(&truth, 12, 40.0), &template, &FitWeights::Equal).unwrap();
        let s = fitted.variogram.structures()[0];
        let found = format!("{} for {truth}", fitted.variogram);
        assert_close(fitted.variogram.nugget(), nugget, 1e-5, &found);
        assert_close(s.partial_sill(), sill, 1e-5, &found);
        assert_close(s.range() / (range * stretch), 1.0, 1e-5, &found);
    }

    /// Models without a sill: slope, exponent and shift.
    #[test]
    fn models_without_a_sill_are_found_again(
        nugget in 0.1..1.0_f64, slope in 0.1..10.0_f64, exponent in 0.3..1.9_f64, shift in 5.0..300.0_f64,
    ) {
        let of = |truth: &Variogram, text: &str| {
            let fitted = fit(&on_curve(truth, 15, 40.0), &text.parse().unwrap(), &FitWeights::default()).unwrap();
            assert!(!fitted.variogram.is_bounded());
            (fitted.variogram.nugget(), fitted.variogram.structures()[0])
        };
        let (n, s) = of(&parse(&format!("{nugget} Nug + {slope} Lin(0)")), "Nug + Lin(0)");
        assert_close(n / nugget, 1.0, 1e-6, "nugget");
        assert_close(s.partial_sill() / slope, 1.0, 1e-9, "slope");
        let (_, s) = of(&parse(&format!("{nugget} Nug + {slope} Pow({exponent})")), "Nug + Pow");
        assert_close(s.model().shape().unwrap(), exponent, 1e-5, "exponent");
        assert_close(s.partial_sill() / slope, 1.0, 1e-3, "factor");
        let (_, s) = of(&parse(&format!("{slope} Log({shift})")), "Log");
        assert_close(s.range() / shift, 1.0, 1e-4, "shift");
        assert_close(s.partial_sill() / slope, 1.0, 1e-4, "factor");
    }

    /// Whatever the classes, no range of any model within the limits fits better than the one that was found.
    #[test]
    fn no_range_of_any_model_fits_better(classes in classes(), which in 0..12_usize, held in prop::collection::vec(0.0..1.0_f64, 200)) {
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let (shortest, longest) = (classes[0].dist, classes.last().unwrap().dist);
        let mut template: ModelTemplate = format!("Nug + {}", MODELS[which].0).parse().unwrap();
        let variogram = empirical(classes);
        let best = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
        let (low, high) = template.limits(FreeParameter::Range(0), shortest, longest).unwrap();
        for share in held {
            template.structures[0].range = Parameter::Fixed(low * (high / low).powf(share));
            let other = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
            prop_assert!(best.sserr <= other.sserr * (1.0 + 1e-6), "{} with {}, {} with {template}", best.sserr, best.variogram, other.sserr);
        }
    }
}

proptest! {
    #![proptest_config(cases(10))]

    /// A parameter that is free fits no worse than any that is held.
    #[test]
    fn no_shape_fits_better(classes in classes(), which in 0..4_usize, held in prop::collection::vec(0.0..1.0_f64, 25)) {
        prop_assume!(classes.len() >= 5 && classes.iter().any(|c| c.gamma > 0.0));
        let model = [
            Model::Matern { smoothness: 1.0 }, Model::Stein { smoothness: 1.0 },
            Model::PoweredExponential { exponent: 1.0 }, Model::Power { exponent: 1.0 },
        ][which];
        let structure = StructureTemplate { free_shape: true, ..StructureTemplate::new(model) };
        let mut template = ModelTemplate { structures: vec![structure], ..ModelTemplate::with_nugget(model) };
        let variogram = empirical(classes);
        let best = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
        let (low, high) = template.limits(FreeParameter::Shape(0), 1.0, 1.0).unwrap();
        template.structures[0].free_shape = false;
        for share in held {
            template.structures[0].model = model.with_shape(low * (high / low).powf(share));
            let other = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
            prop_assert!(best.sserr <= other.sserr * (1.0 + 1e-5), "{} with {}, {} with {}", best.sserr, best.variogram, other.sserr, other.variogram);
        }
    }

    #[test]
    fn no_direction_fits_better(
        levels in prop::collection::vec(0.1..3.0_f64, 24), held in prop::collection::vec((0.0..180.0_f64, 0.05..1.0_f64), 25),
    ) {
        // Semivariances of no model: what is fitted is whatever comes nearest.
        let class = |(k, &gamma): (usize, &f64)| LagClass {
            np: 50, dist: 60.0 * (1 + k % 6) as f64, gamma: gamma * (1.0 + (k % 6) as f64), azimuth: Some(45.0 * (k / 6) as f64),
            error_variance: 0.0,
        };
        let variogram = empirical(levels.iter().enumerate().map(class).collect());
        let mut template: ModelTemplate = "Nug + Sph(az=?, ratio=?)".parse().unwrap();
        let best = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
        for (azimuth, ratio) in held {
            template.structures[0].azimuth = Parameter::Fixed(azimuth);
            template.structures[0].ratio = Parameter::Fixed(ratio);
            let other = fit(&variogram, &template, &FitWeights::Pairs).unwrap();
            prop_assert!(best.sserr <= other.sserr * (1.0 + 1e-5), "{} with {}, {} with {}", best.sserr, best.variogram, other.sserr, other.variogram);
        }
    }
}

/// Classes in four directions on an anisotropic model's own surface.
fn directional(truth: &Variogram) -> EmpiricalVariogram {
    let classes = (0..4).flat_map(|k| (1..=12).map(move |i| (45.0 * f64::from(k), 40.0 * f64::from(i))));
    let class = |(azimuth, dist): (f64, f64)| {
        let (sin, cos) = azimuth.to_radians().sin_cos();
        let gamma = truth.semivariance([dist * sin, dist * cos]);
        LagClass { np: 50, dist, gamma, azimuth: Some(azimuth), error_variance: 0.0 }
    };
    empirical(classes.map(class).collect())
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn an_anisotropic_model_is_found_again(
        nugget in 0.1..1.0_f64, sill in 0.5..3.0_f64, range in 120.0..400.0_f64, azimuth in 0.0..180.0_f64, ratio in 0.25..0.8_f64,
    ) {
        let truth: Variogram = parse(&format!("{nugget} Nug + {sill} Sph({range}, az={azimuth}, ratio={ratio})"));
        let template = "Nug + Sph(az=?, ratio=?)".parse().unwrap();
        let fitted = fit(&directional(&truth), &template, &FitWeights::default()).unwrap().variogram;
        let s = fitted.structures()[0];
        assert_close(fitted.nugget(), nugget, 1e-4, "nugget");
        assert_close(s.partial_sill(), sill, 1e-4, "partial sill");
        assert_close(s.range() / range, 1.0, 1e-4, "range");
        assert_close(s.anisotropy().ratio(), ratio, 1e-4, "ratio");
        let turned = (s.anisotropy().azimuth() - azimuth).rem_euclid(180.0);
        assert_close(turned.min(180.0 - turned), 0.0, 1e-2, "azimuth");
    }

    /// Smoothness too, where lags are short enough to show it.
    #[test]
    fn a_smoothness_is_found_again(sill in 0.5..3.0_f64, range in 60.0..120.0_f64, kappa in 0.3..2.5_f64) {
        let truth = parse(&format!("{sill} Mat({range}, kappa={kappa})"));
        let classes = (1..=24).map(|k| {
            let dist = 20.0 * f64::from(k);
            LagClass { np: 50, dist, gamma: truth.semivariance([dist, 0.0]), azimuth: None, error_variance: 0.0 }
        });
        let fitted = fit(&empirical(classes.collect()), &"Mat(kappa=?)".parse().unwrap(), &FitWeights::default()).unwrap();
        let s = fitted.variogram.structures()[0];
        assert_close(s.model().shape().unwrap(), kappa, 1e-3, "smoothness");
        assert_close(s.range() / range, 1.0, 1e-3, "range");
        assert_close(s.partial_sill(), sill, 1e-3, "partial sill");
    }
}
