//! What is refused, with its code and remedy.

use soilscope_core::auto::{Refusal, Settings, choose};
use soilscope_core::executor::Serial;
use soilscope_core::variogram::Estimator;
use soilscope_core::{Error, Samples};

use crate::fields::{field, with_values};

fn refusal(samples: &Samples) -> Refusal {
    match choose(samples, &Settings::default(), &Serial) {
        Err(Error::NoModel(reason)) => *reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_few_samples_and_no_variation() {
    let few = field("0.2 Nug + 0.8 Sph(300)", 29, 1);
    assert_eq!(refusal(&few), Refusal::TooFewSamples { found: 29, needed: 30 });
    let flat = with_values(&field("1 Nug", 40, 1), |_, _| 3.0);
    assert_eq!(refusal(&flat), Refusal::NoVariation { count: 40, value: 3.0 });
    let text = Error::NoModel(Box::new(refusal(&few))).to_string();
    assert!(text.contains("[too-few-samples]") && text.contains("at least 30"), "{text}");
}

#[test]
fn samples_at_one_place_count_once() {
    let field = field("0.1 Nug + 0.9 Sph(600)", 60, 5);
    let twice: Vec<usize> = (0..60).chain(0..60).collect();
    let doubled = field.subset(&twice).unwrap();
    let choice = choose(&doubled, &Settings::default(), &Serial).unwrap();
    assert_eq!(choice.samples, 60);
    assert!(choice.remarks.iter().any(|r| r.contains("of the 120 samples 60")), "{:?}", choice.remarks);
}

#[test]
fn one_outlier_that_carries_the_fit_is_named_and_the_robust_fit_shown() {
    for seed in 0..6 {
        let clean = field("0.2 Nug + 0.8 Sph(300)", 120, 40 + seed);
        let planted = with_values(&clean, |i, v| if i == 77 { v + 25.0 } else { v });
        assert!(choose(&clean, &Settings::default(), &Serial).is_ok(), "{seed}");
        let refused = refusal(&planted);
        let Refusal::OutlierCarriesFit { carriers, .. } = &refused else { panic!("{seed}: {refused:?}") };
        assert_eq!(carriers.samples, [77]);
        assert!(carriers.share > 0.5, "{}", carriers.share);
        let sill = |text: &str| crate::fields::model(text).sill();
        assert!(sill(&carriers.without) < 2.5 && sill(&carriers.with) > 3.0, "{carriers:?}");
        assert!(sill(&carriers.robust) < 0.5 * sill(&carriers.with), "{carriers:?}");
        assert!(refused.message().contains("sample 77") && refused.remedy().contains("robust"));
        // The remedy works.
        let robust = Settings { estimator: Estimator::Dowd, ..Settings::default() };
        let choice = choose(&planted, &robust, &Serial).unwrap();
        assert_eq!(choice.carriers.as_ref().unwrap().samples, [77]);
        assert!(choice.variogram().sill() < 2.5, "{}", choice.chosen.notation);
    }
}

#[test]
fn codes_are_stable() {
    let codes: Vec<&str> = [
        Refusal::TooFewSamples { found: 1, needed: 30 },
        Refusal::NoVariation { count: 1, value: 0.0 },
        refusal(&field("1 Nug", 100, 3)),
    ]
    .iter()
    .map(Refusal::code)
    .collect();
    assert_eq!(codes, ["too-few-samples", "no-variation", "no-spatial-structure"]);
}
