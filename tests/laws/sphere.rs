//! Great-circle distances: searches, variograms and kriging of longitudes and latitudes.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::idw::InverseDistance;
use soilscope_core::kriging::Kriging;
use soilscope_core::metric::{EARTH_RADIUS, Metric};
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{Direction, Estimator, LagClasses, Variogram, empirical_variogram};
use soilscope_core::{Coord, Error, Interpolator, Samples};

use crate::cases;

/// Angle of two places by their unit vectors: no formula of the crate's.
fn distance(a: Coord, b: Coord) -> f64 {
    let vector = |c: Coord| {
        let (lon, lat) = (c[0].to_radians(), c[1].to_radians());
        nalgebra::Vector3::new(lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin())
    };
    let (u, v) = (vector(a), vector(b));
    EARTH_RADIUS * u.cross(&v).norm().atan2(u.dot(&v))
}

/// Places all over the Earth, the date line and the poles' neighbourhood included.
fn samples(least: usize) -> impl Strategy<Value = Samples> {
    vec(([-180.0..180.0_f64, -1.0..1.0_f64], -50.0..50.0_f64), least..40).prop_map(|rows| {
        let coords = rows.iter().map(|(c, _)| [c[0], c[1].asin().to_degrees()]).collect();
        Samples::new(coords, rows.iter().map(|r| r.1).collect()).unwrap().on_sphere(EARTH_RADIUS).unwrap()
    })
}

fn target() -> impl Strategy<Value = Coord> {
    [-180.0..180.0_f64, -89.0..89.0_f64]
}

/// Models valid with great-circle distances.
fn variogram() -> impl Strategy<Value = Variogram> {
    let model = prop_oneof![
        Just("Exp({r})"),
        Just("Sph({r})"),
        Just("Exc({r}, kappa=0.7)"),
        Just("Mat({r}, kappa=0.3)"),
        Just("Pen({r})"),
    ];
    (model, 0.05..1.0_f64, 1e5..1.5e7_f64).prop_map(|(model, nugget, range)| {
        format!("{nugget} Nug + 2 {}", model.replace("{r}", &range.to_string())).parse().unwrap()
    })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn kriging_agrees_with_the_bordered_system(samples in samples(2), v in variogram(), at in target()) {
        let n = samples.len();
        let covariance = |a: Coord, b: Coord| if a == b { v.sill() } else { v.covariance([distance(a, b), 0.0]) };
        let c = samples.coords();
        let system = nalgebra::DMatrix::from_fn(n + 1, n + 1, |i, j| match (i < n, j < n) {
            (true, true) => covariance(c[i], c[j]),
            (false, false) => 0.0,
            _ => 1.0,
        });
        let right = nalgebra::DVector::from_fn(n + 1, |i, _| if i < n { covariance(c[i], at) } else { 1.0 });
        let solution = system.lu().solve(&right).unwrap();
        let value: f64 = (0..n).map(|i| solution[i] * samples.values()[i]).sum();
        let variance = v.sill() - solution.dot(&right);
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(n).unwrap()] {
            let kriging = Kriging::new(v.clone(), Drift::Constant, neighbourhood);
            let p = kriging.fit(&samples).unwrap().predict(at).unwrap();
            prop_assert!((p.value - value).abs() < 1e-8, "{} {value}", p.value);
            prop_assert!((p.variance.unwrap() - variance).abs() < 1e-8, "{:?} {variance}", p.variance);
        }
    }

    /// The Earth turned about its axis: the same map elsewhere.
    #[test]
    fn turning_the_earth_changes_nothing(samples in samples(8), v in variogram(), at in target(), turn in -180.0..180.0_f64) {
        let turned = |c: Coord| [(c[0] + turn + 180.0).rem_euclid(360.0) - 180.0, c[1]];
        let elsewhere = Samples::new(samples.coords().iter().map(|&c| turned(c)).collect(), samples.values().to_vec())
            .unwrap().on_sphere(EARTH_RADIUS).unwrap();
        let kriging = Kriging::new(v, Drift::Constant, Neighbourhood::nearest(5).unwrap());
        let here = kriging.fit(&samples).unwrap().predict(at).unwrap();
        let there = kriging.fit(&elsewhere).unwrap().predict(turned(at)).unwrap();
        prop_assert!((here.value - there.value).abs() < 1e-6, "{here:?} {there:?}");
    }

    #[test]
    fn a_search_takes_the_nearest_by_great_circle(samples in samples(10), at in target(), radius in 1e6..2e7_f64) {
        let mut near: Vec<(f64, f64)> =
            samples.coords().iter().zip(samples.values()).map(|(&c, &v)| (distance(at, c), v)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let chosen: Vec<(f64, f64)> = near.into_iter().take(4).filter(|n| n.0 <= radius).collect();
        let search = Search::new(Some(4), 1, Some(radius)).unwrap();
        let idw = InverseDistance { power: 1.0, neighbourhood: Neighbourhood::Moving(search) };
        let ours = idw.fit(&samples).unwrap().predict(at);
        match ours {
            Ok(p) => {
                let weights: f64 = chosen.iter().map(|n| 1.0 / n.0).sum();
                let expected = chosen.iter().map(|n| n.1 / n.0).sum::<f64>() / weights;
                prop_assert!((p.value - expected).abs() < 1e-7, "{} {expected}", p.value);
            }
            Err(_) => prop_assert!(chosen.is_empty()),
        }
    }

    #[test]
    fn a_variogram_counts_every_pair_once(samples in samples(2), cutoff in 1e6..2.0e7_f64) {
        let c = samples.coords();
        let pairs: Vec<f64> = (0..c.len()).flat_map(|i| (0..i).map(move |j| distance(c[i], c[j]))).collect();
        let expected = pairs.iter().filter(|&&d| d <= cutoff).count() as u64;
        let lags = LagClasses::regular(cutoff, cutoff / 5.0).unwrap();
        let ours = empirical_variogram(&samples, &lags, &[], Estimator::Matheron);
        prop_assert_eq!(ours.map_or(0, |e| e.classes.iter().map(|c| c.np).sum()), expected);
    }
}

#[test]
fn what_makes_no_sense_on_a_sphere_is_refused() {
    let coords: Vec<Coord> = (0..20).map(|i| [f64::from(i % 5) * 3.0, 40.0 + f64::from(i / 5)]).collect();
    let plane = Samples::new(coords, (0..20).map(f64::from).collect()).unwrap();
    let samples = plane.clone().on_sphere(EARTH_RADIUS).unwrap();
    let fit = |model: &str, drift| {
        Kriging::new(model.parse().unwrap(), drift, Neighbourhood::Global).fit(&samples).map(|_| ())
    };
    assert!(fit("1 Exp(5e5)", Drift::Constant).is_ok());
    for model in
        ["0.1 Nug + 1 Gau(5e5)", "1 Exp(5e5, az=30, ratio=0.5)", "1 Mat(5e5, kappa=1.5)", "1e-6 Pow(1)", "1 Wav(5e5)"]
    {
        assert!(matches!(fit(model, Drift::Constant), Err(Error::NotOnSphere { .. })), "{model}");
    }
    assert!(matches!(fit("1 Exp(5e5)", Drift::polynomial(1)), Err(Error::OnSphere { .. })));
    let block = Support::block([1e4, 1e4], BlockNodes::GAUSS_4).unwrap();
    let kriging =
        Kriging::new("1 Exp(5e5)".parse().unwrap(), Drift::Constant, Neighbourhood::Global).with_support(block);
    assert!(matches!(kriging.fit(&samples).err(), Some(Error::OnSphere { .. })));
    let lags = LagClasses::regular(1e6, 1e5).unwrap();
    let direction = [Direction { azimuth: 0.0, tolerance: 30.0 }];
    let refused = empirical_variogram(&samples, &lags, &direction, Estimator::Matheron);
    assert!(matches!(refused, Err(Error::OnSphere { .. })), "{refused:?}");
    let polar = Samples::new(vec![[0.0, 91.0]], vec![1.0]).unwrap();
    assert!(matches!(polar.on_sphere(EARTH_RADIUS), Err(Error::SampleParameter { index: 0, .. })));
    // A block of 300 km holds the samples of 3 degrees of latitude at most.
    let folds = Folds::spatial_blocks(&samples, 3e5).unwrap();
    for i in 0..20 {
        for j in 0..i {
            if folds.of(i) == folds.of(j) {
                assert!(Metric::EARTH.distance(samples.coords()[i], samples.coords()[j]) < 3e5 * 2.0_f64.sqrt() * 1.2);
            }
        }
    }
}
