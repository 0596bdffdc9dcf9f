//! Test S and the numbers of two campaigns, and the laws of trends.

use proptest::prelude::*;
use soilscope_assess::trend::{
    Kriged, SeasonalValue, TrendError, change, discoveries, mann_kendall, minimum_detectable_difference, paired_ratio,
    seasonal_mann_kendall, sen_slope, signed_rank, thin,
};
use soilscope_core::censored::Measurement::{self, BelowLimit, Quantified};

use crate::printed::assert_printed;

/// Test S. Source S24: sulfate of USEPA (2009), example 17-6, as EnvStats prints it.
#[test]
fn test_s_sulfate() {
    let times = [
        89.6, 89.8, 90.1, 90.3, 90.6, 90.8, 91.1, 91.3, 91.6, 91.8, 92.1, 92.6, 93.1, 93.6, 94.1, 94.6, 95.1, 95.6,
        95.8, 96.1, 96.3, 96.6, 96.8,
    ];
    let values = [
        480.0, 450.0, 490.0, 520.0, 485.0, 510.0, 510.0, 530.0, 510.0, 560.0, 560.0, 540.0, 590.0, 550.0, 600.0, 700.0,
        570.0, 610.0, 650.0, 620.0, 830.0, 720.0, 590.0,
    ];
    let test = mann_kendall(&times, &values.map(Quantified)).unwrap();
    assert_eq!((test.n, test.s, test.variance), (23, 194.0, 1428.0));
    assert_printed(test.z, "5.107322");
    assert_printed(test.p, "3.267574e-07");
    assert_printed(test.tau, "0.7667984");
    let sen = sen_slope(&times, &values, 0.95).unwrap();
    assert_printed(sen.slope, "26.6667");
    assert_printed(sen.intercept, "-1909.3333");
    let [low, high] = sen.interval.unwrap();
    assert_printed(low, "20.0");
    assert_printed(high, "35.71182");
}

/// Section 9.2 of the list: no published example; numbers that were worked out by hand.
#[test]
fn two_campaigns_at_a_node() {
    let [before, after] = [10.0, 14.0].map(|value| Kriged { value, variance: 2.0 });
    let independent = change(before, after, 0.0).unwrap();
    assert_printed(independent.z, "2.0");
    assert_printed(independent.p, "0.0455");
    assert!((independent.detectable - 1.96 * 2.0).abs() < 1e-4);
    assert_printed(change(before, after, 0.5).unwrap().z, "2.8284");
    assert!(change(before, after, 1.0).is_err(), "equal errors that are one cancel");
    let ratio = independent.ratio();
    assert!((ratio.value - 4f64.exp()).abs() < 1e-9);
    assert!((ratio.interval[0].ln() - (4.0 - independent.detectable)).abs() < 1e-12);
}

#[test]
fn discoveries_are_fewer_than_what_is_above_two_deviations() {
    // One change of 40 is certain; of those at z = 2, p 0.046, none survives 40 tests.
    let at = |value| change(Kriged { value: 0.0, variance: 0.5 }, Kriged { value, variance: 0.5 }, 0.0).unwrap();
    let changes: Vec<_> = (0..40)
        .map(|i| {
            Some(at(if i == 7 {
                6.0
            } else if i % 10 == 0 {
                2.0
            } else {
                0.3
            }))
        })
        .collect();
    assert_eq!(discoveries(&changes, 0.05).unwrap(), [7]);
}

#[test]
fn ranks_hold_with_one_limit() {
    let times = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    // <2, 1.5 and <2 are tied; all others rise: 15 pairs less the 3 among the tied.
    let one = [BelowLimit(2.0), Quantified(1.5), BelowLimit(2.0), Quantified(2.0), Quantified(3.0), Quantified(4.0)];
    let test = mann_kendall(&times, &one).unwrap();
    assert_eq!((test.s, test.tied_below), (12.0, Some(2.0)));
    // Variance [6·5·17 − 3·2·11]/18.
    assert!((test.variance - 444.0 / 18.0).abs() < 1e-12);
    let mut two = one;
    two[0] = BelowLimit(1.0);
    assert_eq!(mann_kendall(&times, &two), Err(TrendError::SeveralLimits { least: 1.0, most: 2.0 }));
    assert_eq!(mann_kendall(&times, &[BelowLimit(1.0); 6]), Err(TrendError::NoVariation));
    let unsorted = mann_kendall(&[0.0, 1.0, 1.0, 3.0, 4.0, 5.0], &one);
    assert!(matches!(unsorted, Err(TrendError::NotAscending { index: 2, .. })));
    assert!(matches!(mann_kendall(&times[..3], &one[..3]), Err(TrendError::TooFew { needed: 4, .. })));
    assert!(matches!(mann_kendall(&times[..5], &one), Err(TrendError::Lengths { .. })));
}

#[test]
fn few_values_do_not_bound_a_slope() {
    let sen = sen_slope(&[0.0, 1.0, 2.0], &[1.0, 2.0, 4.0], 0.95).unwrap();
    assert_eq!((sen.slope, sen.interval), (1.5, None));
}

/// Differences without ties: p as tables of the exact distribution have it.
#[test]
fn signs_are_counted() {
    // n = 8, W = 33: of 256 sign patterns five leave 3 or less to the other side: none, 1, 2, 3 and 1 + 2.
    let test = signed_rank(&[-1.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).unwrap();
    assert_eq!((test.w, test.p, test.exact), (33.0, 10.0 / 256.0, true));
    // Zeros are left out, ties share their ranks.
    let tied = signed_rank(&[0.0, 1.0, 1.0, -1.0]).unwrap();
    assert_eq!((tied.n, tied.w, tied.p), (3, 4.0, 1.0));
    // Fifty are counted: 0.0261669681711965 by a count in whole numbers apart from this library. Beyond, z is
    // (|918 − 663| − ½)/√11381.5.
    let mut many: Vec<f64> = (1..=50).map(|i| f64::from(i) * if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
    let counted = signed_rank(&many).unwrap();
    assert!(counted.exact && counted.w == 867.0 && (counted.p - 0.026_166_968_171_196_5).abs() < 1e-13);
    many.push(51.0);
    let normal = signed_rank(&many).unwrap();
    assert!(!normal.exact && normal.w == 918.0 && (normal.p - 0.017053728361).abs() < 1e-11);
}

#[test]
fn pairs_without_a_map() {
    // Logarithms of the ratios 0, ln 2, ln 4: mean ln 2, standard error ln 2 / √3, t √3 with two degrees of freedom, of
    // which the tail is ½ (1 − t/√(t² + 2)).
    let test = paired_ratio(&[1.0, 1.0, 1.0], &[1.0, 2.0, 4.0], 0.95).unwrap();
    let t = 3f64.sqrt();
    assert!((test.ratio - 2.0).abs() < 1e-12 && (test.t - t).abs() < 1e-12);
    assert!((test.p - (1.0 - t / 5f64.sqrt())).abs() < 1e-12);
    // Two degrees of freedom: t(0.975) 4.3027, t(0.8) 1.0607.
    let delta = minimum_detectable_difference(2.0, 3, 0.05, 0.8).unwrap();
    assert!((delta - (4.3027 + 1.0607) * 2.0 / t).abs() < 1e-3);
    assert!(matches!(paired_ratio(&[1.0, 2.0], &[2.0, 4.0], 0.95), Err(TrendError::NoVariation)));
    assert!(matches!(paired_ratio(&[1.0, 0.0], &[2.0, 4.0], 0.95), Err(TrendError::Quantity(_))));
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20..20_i32).prop_map(|v| f64::from(v) / 4.0), 4..30)
}

fn years(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// The test sees order alone; turned round in time or sign it says the opposite; one season is no season.
    #[test]
    fn the_test_of_mann_and_kendall_sees_order(values in series()) {
        let times = years(values.len());
        let of = |values: &[f64]| {
            let values: Vec<Measurement> = values.iter().map(|v| Quantified(*v)).collect();
            mann_kendall(&times, &values)
        };
        let Ok(test) = of(&values) else {
            prop_assert!(values.iter().all(|v| *v == values[0]));
            return Ok(());
        };
        let bent: Vec<f64> = values.iter().map(|v| v.powi(3) + v).collect();
        prop_assert_eq!(&of(&bent).unwrap(), &test);
        let back: Vec<f64> = values.iter().rev().copied().collect();
        prop_assert_eq!(of(&back).unwrap().s, -test.s);
        prop_assert!(test.tau.abs() <= 1.0 && (0.0..=1.0).contains(&test.p));
        let one: Vec<SeasonalValue> = values
            .iter()
            .zip(&times)
            .map(|(value, time)| SeasonalValue { season: 1, time: *time, value: Quantified(*value) })
            .collect();
        prop_assert_eq!(&seasonal_mann_kendall(&one).unwrap(), &test);
    }

    /// A line added to the values is added to slope and interval; the interval holds the slope.
    #[test]
    fn a_slope_follows_a_line(values in series(), slope in -8..8_i32) {
        let times = years(values.len());
        let tilted: Vec<f64> = values.iter().zip(&times).map(|(v, t)| v + f64::from(slope) * t).collect();
        let (plain, steep) = (sen_slope(&times, &values, 0.9).unwrap(), sen_slope(&times, &tilted, 0.9).unwrap());
        prop_assert!((steep.slope - plain.slope - f64::from(slope)).abs() < 1e-9);
        if let Some([low, high]) = plain.interval {
            prop_assert!(low <= plain.slope && plain.slope <= high);
        }
    }

    /// No two of what is kept are near, and whatever is not kept is near one that is.
    #[test]
    fn thinned_places_are_apart_and_cover(
        places in prop::collection::vec((-50.0..50.0_f64, -50.0..50.0_f64).prop_map(|(x, y)| [x, y]), 1..80),
        distance in 1.0..40.0_f64,
    ) {
        let kept = thin(&places, distance).unwrap();
        let gap = |i: usize, k: usize| (places[i][0] - places[k][0]).hypot(places[i][1] - places[k][1]);
        for i in 0..places.len() {
            let nearest = kept.iter().filter(|k| **k != i).map(|k| gap(i, *k)).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(kept.contains(&i), nearest >= distance);
        }
    }

    /// Change turned round in time is its negative.
    #[test]
    fn change_turns_round(a in -9.0..9.0_f64, b in -9.0..9.0_f64, v in 0.1..4.0_f64, w in 0.1..4.0_f64, rho in -0.9..0.9_f64) {
        let (before, after) = (Kriged { value: a, variance: v }, Kriged { value: b, variance: w });
        let (there, back) = (change(before, after, rho).unwrap(), change(after, before, rho).unwrap());
        prop_assert!((there.z + back.z).abs() < 1e-12 && (there.ratio().value * back.ratio().value - 1.0).abs() < 1e-12);
        let cautious = change(before, after, 0.0).unwrap();
        prop_assert_eq!(there.z.abs() >= cautious.z.abs(), rho >= 0.0 || there.z == 0.0);
    }
}
