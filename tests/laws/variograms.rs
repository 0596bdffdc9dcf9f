//! Models against the oracle's formulas, empirical variograms against all pairs.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::variogram::{Direction, Estimator, LagClass, LagClasses, empirical_variogram};
use soilscope_core::{Coord, Error, Samples};

use crate::any;
use crate::{assert_close, cases};

/// The empirical variogram from its definition: every pair, every class, every direction.
fn brute_force(samples: &Samples, upper: &[f64], directions: &[Direction], robust: bool) -> Vec<LagClass> {
    let mut classes = Vec::new();
    let groups: Vec<Option<Direction>> =
        if directions.is_empty() { vec![None] } else { directions.iter().copied().map(Some).collect() };
    for direction in groups {
        for (k, &bound) in upper.iter().enumerate() {
            // (lower, upper], the first class from 0 on.
            let lower = if k == 0 { -1.0 } else { upper[k - 1] };
            let (mut distances, mut differences) = (Vec::new(), Vec::new());
            for i in 0..samples.len() {
                for j in 0..i {
                    let (p, q) = (samples.coords()[i], samples.coords()[j]);
                    let (dx, dy) = (p[0] - q[0], p[1] - q[1]);
                    let h = (dx * dx + dy * dy).sqrt();
                    let included = direction.is_none_or(|d| {
                        // The angle between the pair and the direction, either way round.
                        let apart = (dx.atan2(dy).to_degrees() - d.azimuth).rem_euclid(180.0);
                        h == 0.0 || apart.min(180.0 - apart) <= d.tolerance
                    });
                    if h > lower && h <= bound && included {
                        distances.push(h);
                        differences.push((samples.values()[i] - samples.values()[j]).abs());
                    }
                }
            }
            let np = distances.len();
            if np == 0 {
                continue;
            }
            let n = np as f64;
            let gamma = if robust {
                let mean = differences.iter().map(|d| d.sqrt()).sum::<f64>() / n;
                mean.powi(4) / (2.0 * (0.457 + 0.494 / n))
            } else {
                differences.iter().map(|d| d * d).sum::<f64>() / (2.0 * n)
            };
            let dist = distances.iter().sum::<f64>() / n;
            classes.push(LagClass {
                np: np as u64,
                dist,
                gamma,
                azimuth: direction.map(|d| d.azimuth),
                error_variance: 0.0,
            });
        }
    }
    classes
}

#[track_caller]
fn assert_classes(ours: &[LagClass], expected: &[LagClass]) {
    assert_eq!(ours.len(), expected.len(), "classes");
    for (a, b) in ours.iter().zip(expected) {
        assert_eq!((a.np, a.azimuth), (b.np, b.azimuth));
        assert_close(a.dist, b.dist, 1e-12 * (1.0 + b.dist), "distance");
        assert_close(a.gamma, b.gamma, 1e-11 * (1.0 + b.gamma), "semivariance");
    }
}

fn directions() -> impl Strategy<Value = Vec<Direction>> {
    vec((0.0..180.0_f64, 5.0..90.0_f64).prop_map(|(azimuth, tolerance)| Direction { azimuth, tolerance }), 0..4)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn models_are_their_formulas(field in any::field(), separations in vec([-90.0..90.0, -90.0..90.0_f64], 1..12)) {
        let v = field.variogram();
        assert_close(v.sill(), field.sill(), 1e-14, "sill");
        prop_assert_eq!(v.semivariance([0.0, 0.0]), 0.0);
        for s in separations {
            let expected = field.covariance([0.0, 0.0], s);
            assert_close(v.covariance(s), expected, 1e-12, "covariance");
            assert_close(v.semivariance(s), field.sill() - expected, 1e-12, "semivariance");
            assert_close(v.semivariance(s), v.semivariance(s.map(|c| -c)), 0.0, "both ways");
        }
    }

    #[test]
    fn covariances_of_many_are_those_of_each(field in any::field(), coords in any::places(1, 20), at in 0..20_usize) {
        let v = field.variogram();
        let at: Coord = coords[at % coords.len()];
        let mut out = vec![f64::NAN; coords.len()];
        v.covariances(at, &coords, &mut out);
        for (c, o) in coords.iter().zip(out) {
            assert_close(o, v.covariance([c[0] - at[0], c[1] - at[1]]), 1e-13, "covariance");
        }
    }

    /// Semivariance rises with distance for these models, and is 95 % of the sill at the effective range.
    #[test]
    fn the_effective_range_reaches_95_percent(field in any::field()) {
        let v = field.variogram();
        let range = v.effective_range();
        prop_assert!(range.is_finite() && range >= 0.0);
        let share = |azimuth: f64, h: f64| {
            let (sin, cos) = azimuth.to_radians().sin_cos();
            v.semivariance([h * sin, h * cos]) / v.sill()
        };
        if range == 0.0 {
            prop_assert!(v.nugget() >= 0.95 * v.sill());
        } else {
            let reached: Vec<f64> = field.terms.iter().map(|t| share(t.azimuth, range)).collect();
            prop_assert!(reached.iter().all(|&s| s >= 0.95 - 1e-9), "{:?}", reached);
            prop_assert!(field.terms.iter().any(|t| share(t.azimuth, range * 0.9999) < 0.95));
        }
    }

    #[test]
    fn every_pair_is_in_its_class(
        samples in any::samples(2, 36), cutoff in 5.0..90.0_f64, width in 1.0..30.0_f64, directions in directions(),
        robust: bool,
    ) {
        let lags = LagClasses::regular(cutoff, width).unwrap();
        let estimator = if robust { Estimator::CressieHawkins } else { Estimator::Matheron };
        let expected = brute_force(&samples, lags.upper(), &directions, robust);
        match empirical_variogram(&samples, &lags, &directions, estimator) {
            Ok(ours) => assert_classes(&ours.classes, &expected),
            Err(Error::NoPairs { closest, .. }) => {
                prop_assert!(expected.is_empty() && closest > cutoff);
            }
            Err(Error::NoPairsInDirections { .. }) => prop_assert!(expected.is_empty() && !directions.is_empty()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Whole-number places and bounds: pairs exactly on bounds, and pairs at no distance, are many.
    #[test]
    fn bounds_are_inclusive_and_coincident_pairs_are_first(
        cells in vec((0..6_i32, 0..6_i32, -5..5_i32), 2..30), bounds in proptest::sample::subsequence((1..9).collect::<Vec<i32>>(), 1..6),
    ) {
        let samples = Samples::new(
            cells.iter().map(|c| [f64::from(c.0), f64::from(c.1)]).collect(), cells.iter().map(|c| f64::from(c.2)).collect(),
        ).unwrap();
        let upper: Vec<f64> = bounds.iter().map(|&b| f64::from(b)).collect();
        let lags = LagClasses::with_boundaries(upper.clone()).unwrap();
        let expected = brute_force(&samples, &upper, &[], false);
        match empirical_variogram(&samples, &lags, &[], Estimator::Matheron) {
            Ok(ours) => assert_classes(&ours.classes, &expected),
            Err(Error::NoPairs { .. }) => prop_assert!(expected.is_empty()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_order_of_samples_and_a_constant_do_not_matter(samples in any::samples(2, 36), shift in -1e3..1e3_f64) {
        let lags = LagClasses::default_for(4.0 * samples.diagonal()).unwrap();
        let reversed = samples.subset(&(0..samples.len()).rev().collect::<Vec<_>>()).unwrap();
        let shifted = reversed.with_values(reversed.values().iter().map(|v| v + shift).collect()).unwrap();
        let [a, b] = [&samples, &shifted].map(|s| empirical_variogram(s, &lags, &[], Estimator::Matheron).unwrap().classes);
        prop_assert_eq!(a.len(), b.len());
        for (x, y) in a.iter().zip(&b) {
            prop_assert_eq!(x.np, y.np);
            assert_close(x.gamma, y.gamma, 1e-8, "semivariance");
        }
    }

    /// Sectors that tile the circle share out the pairs.
    #[test]
    fn four_directions_are_all_directions(samples in any::samples(2, 36)) {
        let lags = LagClasses::regular(90.0, 90.0).unwrap();
        let four: Vec<Direction> = (0..4).map(|k| Direction { azimuth: 45.0 * f64::from(k), tolerance: 22.5 }).collect();
        let pairs = |d: &[Direction]| -> u64 {
            empirical_variogram(&samples, &lags, d, Estimator::Matheron).unwrap().classes.iter().map(|c| c.np).sum()
        };
        prop_assert_eq!(pairs(&four), pairs(&[]));
        prop_assert_eq!(pairs(&[Direction { azimuth: 17.0, tolerance: 90.0 }]), pairs(&[]));
    }
}

#[test]
fn lag_classes_are_refused_where_they_mean_nothing() {
    for (cutoff, width) in
        [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, 0.0), (1.0, f64::NAN), (1.0, 1e-9)]
    {
        assert!(LagClasses::regular(cutoff, width).is_err(), "{cutoff} {width}");
    }
    for bounds in [vec![], vec![0.0], vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![1.0, f64::INFINITY]] {
        assert!(LagClasses::with_boundaries(bounds.clone()).is_err(), "{bounds:?}");
    }
    // Tenths are not exact in binary: thirty of them make thirty classes, not a sliver more.
    assert_eq!(LagClasses::regular(3.0, 0.1).unwrap().upper().len(), 30);
}

#[test]
fn no_pairs_and_no_pairs_in_a_direction_are_told_apart() {
    let samples = Samples::new(vec![[0.0, 0.0], [0.0, 5.0]], vec![1.0, 2.0]).unwrap();
    let lags = |cutoff: f64| LagClasses::regular(cutoff, 1.0).unwrap();
    let east = [Direction { azimuth: 90.0, tolerance: 10.0 }];
    assert!(matches!(
        empirical_variogram(&samples, &lags(4.0), &[], Estimator::Matheron),
        Err(Error::NoPairs { closest: 5.0, .. })
    ));
    assert!(matches!(
        empirical_variogram(&samples, &lags(6.0), &east, Estimator::Matheron),
        Err(Error::NoPairsInDirections { .. })
    ));
}

#[test]
fn a_pair_at_no_distance_is_in_every_direction() {
    let samples = Samples::new(vec![[0.0, 0.0], [0.0, 0.0]], vec![1.0, 3.0]).unwrap();
    let directions = [0.0, 90.0].map(|azimuth| Direction { azimuth, tolerance: 10.0 });
    let lags = LagClasses::regular(4.0, 1.0).unwrap();
    let classes = empirical_variogram(&samples, &lags, &directions, Estimator::Matheron).unwrap().classes;
    let expected = [0.0, 90.0].map(|azimuth| LagClass {
        np: 1,
        dist: 0.0,
        gamma: 2.0,
        azimuth: Some(azimuth),
        error_variance: 0.0,
    });
    assert_eq!(classes, expected);
}
