//! Tests A, B and C, and the laws of indices.

use proptest::prelude::*;
use soilscope_assess::indices::{
    DegreeClasses, Digestion, IndexError, LoadClasses, NonDetects, Ratios, Reference, ResponseFactors, RiskClasses,
    Sample, aqua_regia_to_total, ecological_risk, enrichment_factors, hakanson_risk_class, load_of_set,
    scaled_risk_class,
};
use soilscope_assess::threshold::Standing;
use soilscope_core::censored::Measurement::{self, BelowLimit, Quantified};
use soilscope_core::censored::Substitution;

use crate::printed::assert_printed;

const ELEMENTS: [&str; 9] = ["Fe", "Pb", "Cu", "Cr", "Mn", "Zn", "Ni", "Co", "Cd"];
const BACKGROUND: [f64; 9] = [0.05, 0.002, 0.01, 0.002, 0.005, 0.02, 0.002, 0.001, 0.0001];

fn ajakanga(contents: [f64; 9]) -> Ratios {
    let reference = Reference::background("Ajakanga", Digestion::Unstated, ELEMENTS.into_iter().zip(BACKGROUND));
    let contents = ELEMENTS.into_iter().zip(contents.map(Quantified));
    let sample = Sample::new(Digestion::Unstated, contents).unwrap();
    Ratios::new(&sample, &reference.unwrap(), NonDetects::Refuse).unwrap()
}

/// Test A. Source S3: Ajakanga dumpsite, samples AJA1 and AJA4 (waters, mg/L: the arithmetic is what is tested).
#[test]
fn test_a_every_index_of_one_sample() {
    let one = ajakanga([3.732, 0.243, 0.175, 0.053, 0.766, 0.849, 0.087, 0.009, 0.129]);
    let factors = ["74.6", "121.5", "17.5", "26.5", "153.2", "42.5", "43.5", "9.0", "1290.0"];
    for (ratio, printed) in one.ratios().iter().zip(factors) {
        assert_printed(ratio.value, printed);
        assert_eq!(ratio.class.label, "very high");
    }
    let geo = one.geo_accumulation().unwrap();
    for (geo, printed) in geo.iter().zip(["5.64", "6.34", "3.54", "4.14", "6.67", "4.82", "4.86", "2.58", "9.75"]) {
        assert_printed(geo.value, printed);
        assert_eq!(geo.reference, "Ajakanga");
    }
    assert_eq!([geo[8].class.rank, geo[7].class.rank], [7, 4]); // class 6 above 5, class 3 from 2 to 3
    let degree = one.degree(DegreeClasses::HakansonFixed);
    assert_printed(degree.value, "1778.3");
    assert!(degree.class.caution.is_some(), "nine elements are not the eight of Hakanson");
    assert_printed(one.load_index().value, "62.14");
    assert_printed(one.nemerow().value, "922.81");
    let risk = ecological_risk(&one, &ResponseFactors::with_later_additions(), RiskClasses::HakansonFixed).unwrap();
    assert_printed(risk.index.value, "39980.8");
    assert_printed(100.0 * risk.factors[8].share, "96.8");

    let four = ajakanga([0.241, 0.069, 0.079, 0.031, 0.159, 0.095, 0.009, 0.003, 0.002]);
    assert_printed(four.degree(DegreeClasses::Scaled).value, "126.8");
    assert_printed(four.load_index().value, "9.80");
    assert_printed(four.nemerow().value, "26.35");
    let risk = ecological_risk(&four, &ResponseFactors::with_later_additions(), RiskClasses::Scaled).unwrap();
    assert_printed(risk.index.value, "921.9");
    let printed = ["1.68", "4.52", "2.40", "3.37", "4.41", "1.66", "1.58", "1.00", "3.74"];
    for (geo, printed) in four.geo_accumulation().unwrap().iter().zip(printed) {
        assert_printed(geo.value, printed);
    }

    // AJA18: nickel at 1.5 times its background.
    let edge = ajakanga([0.05, 0.002, 0.01, 0.002, 0.005, 0.02, 0.003, 0.001, 0.0001]);
    assert_printed(edge.geo_accumulation().unwrap()[6].value, "0.00");
}

/// Test B. Source S4: soils of the Jilantai desert, 0-10 cm.
#[test]
fn test_b_three_pollution_loads() {
    let background = [("Cr", 41.4), ("Hg", 0.04), ("As", 7.5)];
    let reference = Reference::background("Inner Mongolia", Digestion::Total, background).unwrap();
    let mean = [("Cr", Quantified(28.27)), ("Hg", Quantified(0.15)), ("As", Quantified(12.92))];
    let sample = Sample::new(Digestion::Total, mean).unwrap();
    let ratios = Ratios::new(&sample, &reference, NonDetects::Refuse).unwrap();
    for (ratio, printed) in ratios.ratios().iter().zip(["0.683", "3.75", "1.723"]) {
        assert_printed(ratio.value, printed);
    }
    assert_printed(ratios.load_index().value, "1.640");
    assert_eq!(ratios.load_index().class.label, "slight");
    // What the paper prints of 40 places: sum and mean of their indices, and the index of the zone, which is not above it.
    for (sum, mean, zone) in [(49.850, "1.246", 1.074), (47.711, "1.193", 1.010), (45.919, "1.148", 0.942)] {
        assert_printed(sum / 40.0, mean);
        assert!(zone <= sum / 40.0);
    }
}

/// Test C. Source S6: PMC8989822, Table 7 and text.
#[test]
fn test_c_hakanson_classes() {
    let sum = 147.0 + 93.0 + 267.0;
    assert_eq!(sum, 507.0);
    // The paper says 86 percent; 85.5 is what its numbers give.
    assert_printed(100.0 * sum / 593.0, "85.5");
    let elements = ["Ag", "Cd", "Sb"];
    assert_eq!(hakanson_risk_class(593.0, &elements).rank, 3);
    assert_eq!(hakanson_risk_class(1248.0, &elements).rank, 4);
}

#[test]
fn bounds_belong_to_the_class_that_is_stated() {
    let of = |value: f64| {
        let reference = Reference::background("b", Digestion::Total, [("Cd", 1.0)]).unwrap();
        let sample = Sample::new(Digestion::Total, [("Cd", Quantified(value))]).unwrap();
        Ratios::new(&sample, &reference, NonDetects::Refuse).unwrap()
    };
    // Lower bound in the class above …
    assert_eq!([0.999, 1.0, 3.0, 6.0].map(|v| of(v).ratios()[0].class.rank), [1, 2, 3, 4]);
    assert_eq!([7.9, 8.0, 16.0, 32.0].map(|v| of(v).degree(DegreeClasses::HakansonFixed).class.rank), [1, 2, 3, 4]);
    assert_eq!(
        [5.9, 6.0, 12.0, 24.0].map(|v| of(v).degree(DegreeClasses::SixTwelveTwentyFour).class.rank),
        [1, 2, 3, 4]
    );
    assert_eq!(
        [1.4, 1.5, 2.0, 4.0, 8.0, 16.0, 32.0].map(|v| of(v).modified_degree().class.rank),
        [1, 2, 3, 4, 5, 6, 7]
    );
    // … or in the class below, where the source says so.
    assert_eq!([1.0, 1.01, 2.0, 3.0, 3.01].map(|v| of(v).load_index().class.rank), [1, 2, 2, 3, 4]);
    assert_eq!(of(2.0).load_index_with(LoadClasses::HighFromTwo).class.label, "high");
    assert_eq!([0.7, 1.0, 2.0, 3.0, 3.01].map(|v| of(v).nemerow().class.rank), [1, 2, 3, 4, 5]);
    // Every bound, as section 1 of the list has it.
    let (one, tr) = (of(1.0), ResponseFactors::hakanson());
    let risk = ecological_risk(&one, &tr, RiskClasses::HakansonFixed).unwrap();
    let ratio = [("Pb", Quantified(1.0)), ("Al", Quantified(1.0))];
    let crust = Reference::background("crust", Digestion::Total, [("Pb", 1.0), ("Al", 1.0)]).unwrap();
    let ef = enrichment_factors(&Sample::new(Digestion::Total, ratio).unwrap(), &crust, "Al", NonDetects::Refuse);
    let limits = Reference::limits("the act", Digestion::Total, [("Pb", 1.0), ("Al", 1.0)]).unwrap();
    let single = Ratios::new(&Sample::new(Digestion::Total, ratio).unwrap(), &limits, NonDetects::Refuse).unwrap();
    for (bounds, listed) in [
        (&one.ratios()[0].class.bounds, &[1.0, 3.0, 6.0][..]),
        (&one.degree(DegreeClasses::HakansonFixed).class.bounds, &[8.0, 16.0, 32.0]),
        (&one.degree(DegreeClasses::SixTwelveTwentyFour).class.bounds, &[6.0, 12.0, 24.0]),
        (&one.degree(DegreeClasses::Scaled).class.bounds, &[1.0, 2.0, 4.0]),
        (&one.modified_degree().class.bounds, &[1.5, 2.0, 4.0, 8.0, 16.0, 32.0]),
        (&one.load_index().class.bounds, &[1.0, 2.0, 3.0]),
        (&single.ratios()[0].class.bounds, &[1.0, 2.0, 3.0]),
        (&one.nemerow().class.bounds, &[0.7, 1.0, 2.0, 3.0]),
        (&one.geo_accumulation().unwrap()[0].class.bounds, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (&ef.unwrap()[0].class.bounds, &[2.0, 5.0, 20.0, 40.0]),
        (&risk.factors[0].class.bounds, &[40.0, 80.0, 160.0, 320.0]),
        (&risk.index.class.bounds, &[150.0, 300.0, 600.0]),
    ] {
        assert_eq!(bounds, listed);
    }
}

#[test]
fn what_was_not_read_is_marked() {
    let ratios = ajakanga([3.732, 0.243, 0.175, 0.053, 0.766, 0.849, 0.087, 0.009, 0.129]);
    assert_eq!(ratios.modified_degree().class.standing, Standing::Unverified);
    assert_eq!(ratios.degree(DegreeClasses::Scaled).class.standing, Standing::Unverified);
    assert_eq!(scaled_risk_class(1.0, 133.0).standing, Standing::Unverified);
    assert_eq!(scaled_risk_class(1.0, 133.0).bounds, hakanson_risk_class(1.0, &[]).bounds);
    let hakanson = ResponseFactors::hakanson();
    assert_eq!(hakanson.factors().len(), 8);
    assert_eq!(hakanson.factors().iter().map(|f| f.value).sum::<f64>(), 133.0);
    assert_eq!(hakanson.of("PCB total").unwrap().standing, Standing::Unverified);
    // A risk with a factor that was not read, or with scaled bounds, says so as a whole.
    let standing = |element: &str, factors: &ResponseFactors, limits| {
        let reference = Reference::background("b", Digestion::Total, [(element, 1.0)]).unwrap();
        let sample = Sample::new(Digestion::Total, [(element, Quantified(1.0))]).unwrap();
        let ratios = Ratios::new(&sample, &reference, NonDetects::Refuse).unwrap();
        ecological_risk(&ratios, factors, limits).unwrap().standing
    };
    let all = ResponseFactors::with_later_additions();
    assert_eq!(standing("Cd", &all, RiskClasses::HakansonFixed), Standing::SecondHand);
    assert_eq!(standing("Cd", &all, RiskClasses::Scaled), Standing::Unverified);
    assert_eq!(standing("Tl", &all, RiskClasses::HakansonFixed), Standing::Unverified);
    // Nickel came later.
    assert!(hakanson.of("Ni").is_err() && !ResponseFactors::with_later_additions().of("Ni").unwrap().original);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let limits = Reference::limits("the act", Digestion::AquaRegia, [("Cd", 0.3), ("Pb", 70.0)]).unwrap();
    let crust = Reference::background("crust", Digestion::Total, [("Cd", 0.1), ("Pb", 20.0)]).unwrap();
    let sample = |cd: Measurement| Sample::new(Digestion::AquaRegia, [("Cd", cd), ("Pb", Quantified(35.0))]).unwrap();
    let refused = Ratios::new(&sample(Quantified(0.6)), &crust, NonDetects::Refuse).unwrap_err();
    assert!(matches!(refused, IndexError::Digestions { .. }) && refused.to_string().contains("aqua_regia_to_total"));
    let judged = Ratios::new(&sample(Quantified(0.6)), &limits, NonDetects::Refuse).unwrap();
    assert_eq!(judged.ratios()[0].class.label, "slight");
    assert_eq!(judged.ratios()[0].class.standing, Standing::Unverified);
    assert!(matches!(judged.geo_accumulation(), Err(IndexError::NotABackground { .. })));
    // A value below its limit needs a choice, and the choice is told.
    let below = sample(BelowLimit(0.2));
    let refused = Ratios::new(&below, &limits, NonDetects::Refuse).unwrap_err();
    assert_eq!(refused, IndexError::BelowLimit { elements: vec!["Cd".into()] });
    let half = Ratios::new(&below, &limits, NonDetects::Substitute(Substitution::HalfLimit)).unwrap();
    assert!((half.ratios()[0].value - 1.0 / 3.0).abs() < 1e-12 && half.nemerow().substituted == 1);
    let dropped = Ratios::new(&below, &limits, NonDetects::Substitute(Substitution::Drop)).unwrap();
    assert_eq!((dropped.ratios().len(), dropped.left_out()), (1, &["Cd".to_owned()][..]));
    assert!(matches!(Sample::new(Digestion::Total, [("Cd", Quantified(0.0))]), Err(IndexError::Content { .. })));
    assert!(matches!(
        Reference::background("twice", Digestion::Total, [("Cd", 1.0), ("Cd", 2.0)]),
        Err(IndexError::Twice { .. })
    ));
    assert!(matches!(aqua_regia_to_total("Au", 1.0), Err(IndexError::NoFactor { .. })));
    let elsewhere = Sample::new(Digestion::AquaRegia, [("Pb", Quantified(35.0))]).unwrap();
    let sets = load_of_set(&[sample(Quantified(0.6)), elsewhere], &limits, NonDetects::Refuse);
    assert!(matches!(sets, Err(IndexError::Elements { index: 1, .. })));
    let ef = enrichment_factors(&sample(Quantified(0.6)), &limits, "Al", NonDetects::Refuse);
    assert!(ef.is_err());
}

fn contents(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-9.0..9.0_f64).prop_map(f64::exp), n)
}

const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

fn sample(contents: &[f64]) -> Sample {
    Sample::new(Digestion::Total, FIVE.into_iter().zip(contents.iter().map(|c| Quantified(*c)))).unwrap()
}

fn reference(contents: &[f64]) -> Reference {
    Reference::background("b", Digestion::Total, FIVE.into_iter().zip(contents.iter().copied())).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// Geometric mean ≤ mean ≤ Nemerow ≤ greatest; the degree is n times the mean; Igeo is the ratio's logarithm.
    #[test]
    fn indices_are_ordered(c in contents(5), b in contents(5)) {
        let ratios = Ratios::new(&sample(&c), &reference(&b), NonDetects::Refuse).unwrap();
        let (load, mean, nemerow) = (ratios.load_index().value, ratios.modified_degree().value, ratios.nemerow().value);
        let greatest = ratios.ratios().iter().map(|r| r.value).fold(0.0, f64::max);
        let slack = 1.0 + 1e-12;
        prop_assert!(load <= mean * slack && mean <= nemerow * slack && nemerow <= greatest * slack);
        prop_assert!((ratios.degree(DegreeClasses::Scaled).value / (5.0 * mean) - 1.0).abs() < 1e-12);
        for (geo, ratio) in ratios.geo_accumulation().unwrap().iter().zip(ratios.ratios()) {
            prop_assert!((1.5 * geo.value.exp2() / ratio.value - 1.0).abs() < 1e-12);
        }
    }

    /// Another unit of both contents and background changes nothing.
    #[test]
    fn indices_have_no_unit(c in contents(5), b in contents(5), unit in 1e-3..1e3_f64) {
        let scaled = |v: &[f64]| v.iter().map(|x| x * unit).collect::<Vec<_>>();
        let one = Ratios::new(&sample(&c), &reference(&b), NonDetects::Refuse).unwrap();
        let other = Ratios::new(&sample(&scaled(&c)), &reference(&scaled(&b)), NonDetects::Refuse).unwrap();
        prop_assert!((one.load_index().value / other.load_index().value - 1.0).abs() < 1e-10);
        prop_assert!((one.nemerow().value / other.nemerow().value - 1.0).abs() < 1e-10);
    }

    /// More of anything is not less of any index.
    #[test]
    fn indices_rise_with_contents(c in contents(5), b in contents(5), which in 0..5_usize, more in 1.0..9.0_f64) {
        let mut higher = c.clone();
        higher[which] *= more;
        let of = |c: &[f64]| Ratios::new(&sample(c), &reference(&b), NonDetects::Refuse).unwrap();
        let (low, high) = (of(&c), of(&higher));
        let slack = 1.0 + 1e-12;
        prop_assert!(low.load_index().value <= high.load_index().value * slack);
        prop_assert!(low.nemerow().value <= high.nemerow().value * slack);
        prop_assert!(low.degree(DegreeClasses::Scaled).value <= high.degree(DegreeClasses::Scaled).value * slack);
    }

    /// Zone ≤ mean of the places ≤ index of the mean content, and all are one where all places are.
    #[test]
    fn loads_of_a_set_are_ordered(places in prop::collection::vec(contents(5), 1..8), b in contents(5)) {
        let samples: Vec<Sample> = places.iter().map(|c| sample(c)).collect();
        let load = load_of_set(&samples, &reference(&b), NonDetects::Refuse).unwrap();
        let slack = 1.0 + 1e-10;
        prop_assert!(load.zone <= load.mean_of_sites * slack && load.mean_of_sites <= load.of_mean_content * slack);
        let same = load_of_set(&[samples[0].clone(), samples[0].clone()], &reference(&b), NonDetects::Refuse).unwrap();
        prop_assert!((same.zone / same.of_mean_content - 1.0).abs() < 1e-10);
    }

    /// Against itself as the normaliser's ratio, enrichment does not see dilution.
    #[test]
    fn enrichment_does_not_see_dilution(c in contents(5), b in contents(5), dilution in 0.01..1.0_f64) {
        let thin: Vec<f64> = c.iter().map(|x| x * dilution).collect();
        let of = |c: &[f64]| enrichment_factors(&sample(c), &reference(&b), "e", NonDetects::Refuse).unwrap();
        for (one, other) in of(&c).iter().zip(&of(&thin)) {
            prop_assert!((one.value / other.value - 1.0).abs() < 1e-10);
        }
    }
}
