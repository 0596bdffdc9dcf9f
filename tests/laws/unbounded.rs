//! Kriging with variograms that have no sill, against the textbook system in semivariances, [[Γ, 1], [1ᵀ, 0]].

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Error, Interpolator, Samples};

use crate::kriging::predict;
use crate::{any, assert_close, cases};

fn model() -> impl Strategy<Value = String> {
    let nugget = prop_oneof![Just(0.0), 0.05..1.0_f64];
    let error = prop_oneof![2 => Just(0.0), 1 => 0.05..1.0_f64];
    let unbounded = prop_oneof![
        Just("Lin(0".to_owned()),
        (0.1..1.9_f64).prop_map(|p| format!("Pow({p}")),
        (1.0..30.0_f64).prop_map(|a| format!("Log({a}")),
    ];
    let beside = prop_oneof![Just(""), Just(" + 0.7 Sph(30)"), Just(" + 0.2 Lin(0, az=80, ratio=0.4)")];
    (nugget, error, unbounded, 0.0..180.0_f64, 0.3..1.0_f64, beside).prop_map(
        |(nugget, error, head, az, ratio, beside)| {
            format!("{error} Err + {nugget} Nug + 1.3 {head}, az={az}, ratio={ratio}){beside}")
        },
    )
}

/// Prediction and variance at `at`, away from the samples.
fn classical(v: &Variogram, coords: &[Coord], values: &[f64], at: Coord) -> (f64, f64) {
    let n = coords.len();
    let gamma = |a: Coord, b: Coord| v.semivariance([a[0] - b[0], a[1] - b[1]]);
    let system = DMatrix::from_fn(n + 1, n + 1, |i, j| match (i < n, j < n) {
        // A measurement error is in the difference of a sample to anything but itself: off the diagonal twice a half.
        (true, true) => gamma(coords[i], coords[j]) - if i == j { v.error_variance() } else { 0.0 },
        (false, false) => 0.0,
        _ => 1.0,
    });
    let right = DVector::from_fn(n + 1, |i, _| if i < n { gamma(coords[i], at) } else { 1.0 });
    let solution = system.lu().solve(&right).unwrap();
    let value = (0..n).map(|i| solution[i] * values[i]).sum();
    (value, solution.dot(&right))
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn kriging_without_a_sill_is_the_semivariogram_system(
        model in model(), samples in any::samples(2, 30), targets in any::targets(),
    ) {
        let v: Variogram = model.parse().unwrap();
        let kriging = Kriging::new(v.clone(), Drift::Constant, Neighbourhood::Global);
        let near = Kriging::new(v.clone(), Drift::Constant, Neighbourhood::nearest(samples.len()).unwrap());
        for outcomes in [predict(&kriging, &samples, &targets), predict(&near, &samples, &targets)] {
            for (outcome, &at) in outcomes.iter().zip(&targets) {
                let (value, variance) = classical(&v, samples.coords(), samples.values(), at);
                let p = outcome.as_ref().unwrap();
                assert_close(p.value, value, 1e-7, &format!("value with {model}"));
                assert_close(p.variance.unwrap(), variance, 1e-7 * variance.max(1.0), &format!("variance with {model}"));
            }
        }
    }
}

#[test]
fn a_known_mean_needs_a_sill() {
    let samples = Samples::new(vec![[0.0, 0.0], [3.0, 1.0]], vec![1.0, 2.0]).unwrap();
    for text in ["0.1 Nug + 2 Lin(0)", "1 Pow(1.5)", "1 Sph(3) + 1 Log(3)"] {
        let kriging = Kriging::new(text.parse().unwrap(), Drift::KnownMean(1.0), Neighbourhood::Global);
        assert!(matches!(kriging.fit(&samples), Err(Error::UnboundedWithKnownMean { .. })), "{text}");
    }
}

/// A line that ends far away is as good as one that does not: the slopes of a drift have the same errors, and the constant,
/// whose error grows with the level at which it ends, has none where it never does.
#[test]
fn slopes_have_errors_without_a_sill_and_the_constant_has_none() {
    let coords: Vec<Coord> =
        (0..30).map(|i| [f64::from(i % 6) * 3.0, f64::from(i / 6) * 5.0 + f64::from(i % 4)]).collect();
    let values = (0..30).map(|i| f64::from(i * i % 17)).collect();
    let samples = Samples::new(coords, values).unwrap();
    let trend = |text: &str| {
        let kriging = Kriging::new(text.parse().unwrap(), Drift::polynomial(1), Neighbourhood::Global);
        kriging.trend(&samples).unwrap().standard_errors()
    };
    let never = trend("0.1 Nug + 2 Lin(0)");
    assert_eq!(never[0], None);
    let (far, further) = (trend("0.1 Nug + 20000 Lin(10000)"), trend("0.1 Nug + 200000 Lin(100000)"));
    for k in 1..3 {
        assert_close(never[k].unwrap(), far[k].unwrap(), 1e-6, "slope");
    }
    assert!(further[0].unwrap() > 3.0 * far[0].unwrap());
}
