//! What holds for any column.

use proptest::prelude::*;
use soilscope_core::censored::{
    Family, LeftMass, Measurement, Quantile, Refused, UpperLimitMethod, kaplan_meier, maximum_likelihood,
    probability_plot_test, recommend, regression_on_order_statistics, upper_limit,
};

use crate::{assert_close, column};

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((1_i32..4000).prop_map(|v| f64::from(v) / 16.0), 6..40)
        .prop_filter("some spread", |v| v.iter().any(|x| *x != v[0]))
}

/// A column with about a third of its values below one of three limits, at least four quantified and different.
fn censored() -> impl Strategy<Value = Vec<Measurement>> {
    let one = ((1_i32..4000).prop_map(|v| f64::from(v) / 16.0), prop::sample::select(vec![0.5, 20.0, 60.0, 110.0]));
    let below = |(v, limit): (f64, f64)| {
        if v < limit { Measurement::BelowLimit(limit) } else { Measurement::Quantified(v) }
    };
    prop::collection::vec(one.prop_map(below), 12..60).prop_filter("enough quantified", |m| {
        let mut v: Vec<f64> =
            m.iter().filter_map(|m| if let Measurement::Quantified(v) = *m { Some(v) } else { None }).collect();
        let enough = v.len() * 5 >= m.len();
        v.sort_by(f64::total_cmp);
        v.dedup();
        enough && v.len() >= 4
    })
}

fn quantified(values: &[f64]) -> Vec<Measurement> {
    values.iter().map(|&v| Measurement::Quantified(v)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Without values below limits every method is the textbook's.
    #[test]
    fn complete_columns_have_ordinary_statistics(v in values()) {
        let n = v.len() as f64;
        let mean = v.iter().sum::<f64>() / n;
        let sum: f64 = v.iter().map(|x| (x - mean).powi(2)).sum();
        for convention in [LeftMass::SmallestQuantified, LeftMass::SmallestLimit, LeftMass::Zero] {
            let km = kaplan_meier(&quantified(&v), convention).unwrap();
            assert_close(km.mean, mean, 1e-9 * mean, "Kaplan-Meier mean");
            assert_close(km.standard_deviation, (sum / n).sqrt(), 1e-9 * mean, "its deviation");
            assert_close(km.standard_error, (sum / (n - 1.0) / n).sqrt(), 1e-9 * mean, "its error");
            prop_assert_eq!(km.left_mass, 0.0);
        }
        let ml = maximum_likelihood(&quantified(&v), Family::Normal).unwrap();
        assert_close(ml.mean.value, mean, 1e-7 * mean, "normal mean");
        assert_close(ml.standard_deviation, (sum / n).sqrt(), 1e-7 * mean, "normal deviation");
        assert_close(ml.mean.standard_error, (sum / n / n).sqrt(), 1e-4 * mean, "its error");
        let ros = regression_on_order_statistics(&quantified(&v), 0.375).unwrap();
        assert_close(ros.mean, mean, 1e-9 * mean, "regression");
        // The gamma's mean is the arithmetic one too.
        let gamma = maximum_likelihood(&quantified(&v), Family::Gamma).unwrap();
        assert_close(gamma.mean.value, mean, 1e-6 * mean, "gamma mean");
    }

    /// Another unit is another unit.
    #[test]
    fn statistics_are_equivariant(m in censored(), power in -8..9_i32) {
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<Measurement> = m.iter().map(|m| m.scaled(factor)).collect();
        let (a, b) = (kaplan_meier(&m, LeftMass::default()).unwrap(), kaplan_meier(&scaled, LeftMass::default()).unwrap());
        assert_close(b.mean, factor * a.mean, 1e-12 * b.mean, "Kaplan-Meier");
        assert_close(b.standard_error, factor * a.standard_error, 1e-10 * b.mean, "its error");
        let ros = |m: &[Measurement]| regression_on_order_statistics(m, 0.375).unwrap();
        assert_close(ros(&scaled).mean, factor * ros(&m).mean, 1e-9 * b.mean, "regression");
        for family in [Family::Normal, Family::LogNormal, Family::Gamma] {
            let fit = |m: &[Measurement]| maximum_likelihood(m, family).unwrap();
            let (a, b) = (fit(&m), fit(&scaled));
            assert_close(b.mean.value, factor * a.mean.value, 1e-6 * b.mean.value.abs(), family.name());
            // Of a log-normal the unit shifts the logarithms, and numerical second derivatives with them.
            let tolerance = if family == Family::LogNormal { 1e-3 } else { 1e-12 };
            assert_close(b.mean.standard_error, factor * a.mean.standard_error, tolerance * b.mean.standard_error, family.name());
        }
        for method in [UpperLimitMethod::Student, UpperLimitMethod::Chebyshev, UpperLimitMethod::Bootstrap { resamples: 200, seed: 3 }] {
            let limit = |m: &[Measurement]| upper_limit(m, method, 0.95);
            match (limit(&m), limit(&scaled)) {
                (Ok(a), Ok(b)) => assert_close(b.value, factor * a.value, 1e-9 * b.value, method.name()),
                (a, b) => prop_assert_eq!(a.err(), b.err()),
            }
        }
    }

    /// The order of measurements says nothing, conventions are in order, and a Kaplan-Meier mean lies between the extremes that limits
    /// allow. A stand-in of regression on order statistics is above 0, but where the line puts it, which may be above its limit.
    #[test]
    fn means_are_between_those_of_zero_and_limit(m in censored()) {
        let reversed: Vec<Measurement> = m.iter().rev().copied().collect();
        let of = |m: &[Measurement], convention| kaplan_meier(m, convention).unwrap();
        let efron = of(&m, LeftMass::SmallestQuantified);
        prop_assert_eq!(&efron, &of(&reversed, LeftMass::SmallestQuantified));
        prop_assert!(of(&m, LeftMass::Zero).mean <= efron.mean + 1e-9);
        prop_assert!(of(&m, LeftMass::SmallestLimit).mean <= efron.mean + 1e-9);
        let with = |share: f64| {
            let number = |m: &Measurement| match *m {
                Measurement::Quantified(v) => v,
                Measurement::BelowLimit(limit) => share * limit,
            };
            m.iter().map(number).sum::<f64>() / m.len() as f64
        };
        prop_assert!(of(&m, LeftMass::Zero).mean >= with(0.0) - 1e-9);
        prop_assert!(of(&m, LeftMass::SmallestLimit).mean <= with(1.0) + 1e-9);
        let ros = regression_on_order_statistics(&m, 0.375).unwrap();
        for (m, completed) in m.iter().zip(&ros.completed) {
            match m {
                Measurement::Quantified(v) => prop_assert_eq!(v, completed),
                Measurement::BelowLimit(_) => prop_assert!(*completed > 0.0),
            }
        }
        for p in [0.1, 0.3, 0.5, 0.9] {
            if let Quantile::Value(q) = efron.quantile(p) {
                prop_assert!(efron.share_up_to(q).unwrap() >= p - 1e-9);
            }
        }
    }

    /// What is chosen can be computed, and is at least the mean.
    #[test]
    fn a_recommendation_can_be_followed(m in censored()) {
        let r = recommend(&m, 0.95, 7).unwrap();
        prop_assert!(r.limit.value >= r.limit.mean);
        prop_assert_eq!(upper_limit(&m, r.limit.method, 0.95).unwrap(), r.limit);
    }
}

/// Every refusal, with its reason and remedy.
#[test]
fn refusals_say_why_and_what_to_do() {
    let said = |r: Result<String, Refused>| r.unwrap_err().to_string();
    let km = |text: &str| kaplan_meier(&column(text), LeftMass::default()).map(|k| format!("{k:?}"));
    assert_eq!(
        said(km("<1 <2 <2")),
        "all 3 values are below their limits: report that and the highest limit, or ask for lower limits"
    );
    assert_eq!(
        said(km("<1 <1 <1 <1 <1 <1 <1 <1 <1 3 4")).split(": Kaplan").next(),
        Some("9 of 11 values are below their limits, more than 80 %")
    );
    assert_eq!(
        said(km("<1 3")),
        "1 quantified values are too few: Kaplan-Meier needs at least 2; report them one by one"
    );
    assert!(km("<1 <1 <1 <1 3 4").is_ok() && km("<1 <1 <1 <1 <1 <1 <1 <1 3 4").is_ok()); // 80 % exactly
    let ml = |text: &str, family| maximum_likelihood(&column(text), family).map(|k| format!("{k:?}"));
    assert!(ml("<1 3 3 3", Family::Normal).is_err());
    assert_eq!(
        said(ml("0 3 4 5", Family::Gamma)).split(':').next(),
        Some("measurement 0 is 0, but maximum likelihood (gamma) needs values above 0")
    );
    assert!(ml("-1 3 4 5", Family::Normal).is_ok());
    let ucl = |text: &str, method| upper_limit(&column(text), method, 0.95).map(|k| format!("{k:?}"));
    assert_eq!(
        said(ucl("<1 2 3 4", UpperLimitMethod::Land)),
        "1 values are below their limits, and Land's limit is defined for quantified values only: use Chebyshev's limit"
    );
    assert!(matches!(
        upper_limit(&column("1 10 1000 3"), UpperLimitMethod::Land, 0.95),
        Err(Refused::TooSkewed { .. })
    ));
    let boot = UpperLimitMethod::Bootstrap { resamples: 500, seed: 1 };
    assert!(matches!(upper_limit(&column("1 2 3 4"), boot, 0.95), Err(Refused::TooFew { found: 4, needed: 15, .. })));
    assert!(matches!(upper_limit(&column("1 2 3 4"), UpperLimitMethod::Student, 1.0), Err(Refused::Setting { .. })));
    assert!(matches!(km("<0 1 2"), Err(Refused::NotANumber { index: 0, .. })));
    // A plot that is no test of a distribution is refused as that, and not as a likelihood without a maximum.
    let plot = probability_plot_test(&column("1 2 3 4 5"), Family::Gamma, 1).unwrap_err();
    assert_eq!(
        plot.to_string(),
        "a probability plot tests normal and log-normal values, not gamma ones: compare likelihoods instead"
    );
    assert!(matches!(km("NaN 1 2"), Err(Refused::NotANumber { index: 0, .. })));
}
