//! Estimators, covariograms, clouds and cross variograms from their definitions; the same bits for any executor.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::executor::Executor;
use soilscope_core::variogram::{
    CloudPair, Direction, Estimator, LagClass, LagClasses, covariogram, covariogram_with, cross_variograms,
    cross_variograms_with, empirical_variogram, empirical_variogram_with, variogram_cloud, visit_cloud,
};
use soilscope_core::{Error, Samples};

use crate::any;
use crate::{assert_close, cases};

/// Tasks on threads, the last first.
pub(crate) struct Threads(pub(crate) usize);

impl Executor for Threads {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let left = AtomicUsize::new(tasks);
        let next = || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).ok();
        std::thread::scope(|scope| {
            for _ in 0..self.0 {
                scope.spawn(|| {
                    while let Some(left) = next() {
                        task(left - 1);
                    }
                });
            }
        });
    }
}

/// Nobody wants the result.
struct Cancelled;

impl Executor for Cancelled {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(task);
    }

    fn cancelled(&self) -> bool {
        true
    }
}

/// Values, and differences with their sign, of each class's pairs: from the definition.
fn pairs(samples: &Samples, upper: &[f64], direction: Option<Direction>) -> Vec<Vec<(f64, [usize; 2])>> {
    let mut classes = vec![Vec::new(); upper.len()];
    for i in 0..samples.len() {
        for j in i + 1..samples.len() {
            let (p, q) = (samples.coords()[i], samples.coords()[j]);
            let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
            let h = (dx * dx + dy * dy).sqrt();
            let within = direction.is_none_or(|d| {
                let apart = (dx.atan2(dy).to_degrees() - d.azimuth).rem_euclid(180.0);
                h == 0.0 || apart.min(180.0 - apart) <= d.tolerance
            });
            if let Some(k) = upper.iter().position(|&u| h <= u)
                && within
            {
                classes[k].push((h, [i, j]));
            }
        }
    }
    classes
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    if n % 2 == 1 { numbers[n / 2] } else { 0.5 * (numbers[n / 2 - 1] + numbers[n / 2]) }
}

/// Semivariance of the value pairs of a class.
fn gamma(estimator: Estimator, pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len();
    let sizes = || pairs.iter().map(|(a, b)| (a - b).abs());
    match estimator {
        Estimator::Matheron => sizes().map(|d| d * d).sum::<f64>() / (2.0 * n as f64),
        Estimator::CressieHawkins => {
            let mean = sizes().map(f64::sqrt).sum::<f64>() / n as f64;
            mean.powi(4) / (2.0 * (0.457 + 0.494 / n as f64))
        }
        Estimator::PairwiseRelative => {
            pairs.iter().map(|(a, b)| (2.0 * (a - b) / (a + b)).powi(2)).sum::<f64>() / (2.0 * n as f64)
        }
        Estimator::Dowd => 2.198 / 2.0 * median(sizes().collect()).powi(2),
        Estimator::Genton => {
            let mut distances = Vec::new();
            for (i, (a, b)) in pairs.iter().enumerate() {
                for (c, d) in &pairs[..i] {
                    distances.push(((a - b) - (c - d)).abs());
                    distances.push(((a - b) - (d - c)).abs());
                }
            }
            distances.sort_by(f64::total_cmp);
            let h = n / 2 + 1;
            (2.2191 * distances[h * (h - 1) - 1]).powi(2) / 2.0
        }
        other => panic!("{other:?}"),
    }
}

const ESTIMATORS: [Estimator; 5] =
    [Estimator::Matheron, Estimator::CressieHawkins, Estimator::PairwiseRelative, Estimator::Dowd, Estimator::Genton];

fn directions() -> impl Strategy<Value = Vec<Direction>> {
    vec((0.0..180.0_f64, 30.0..90.0_f64).prop_map(|(azimuth, tolerance)| Direction { azimuth, tolerance }), 0..3)
}

/// Directions, or all of them together.
fn groups(directions: &[Direction]) -> Vec<Option<Direction>> {
    if directions.is_empty() { vec![None] } else { directions.iter().copied().map(Some).collect() }
}

/// Samples with values above 0.
fn positive(samples: &Samples) -> Samples {
    samples.with_values(samples.values().iter().map(|v| v + 51.0).collect()).unwrap()
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn estimators_are_their_definitions(
        samples in any::samples(8, 36), width in 15.0..40.0_f64, directions in directions(), which in 0..5_usize,
    ) {
        let (samples, estimator) = (positive(&samples), ESTIMATORS[which]);
        let lags = LagClasses::regular(80.0, width).unwrap();
        let mut expected = Vec::new();
        for direction in groups(&directions) {
            for class in pairs(&samples, lags.upper(), direction).into_iter().filter(|class| !class.is_empty()) {
                if estimator == Estimator::Genton && class.len() < 2 {
                    let refused = empirical_variogram(&samples, &lags, &directions, estimator);
                    let too_few = matches!(refused, Err(Error::TooFewPairs { pairs: 1, needed: 2, .. }));
                    prop_assert!(too_few, "{refused:?}");
                    return Ok(());
                }
                let values: Vec<(f64, f64)> =
                    class.iter().map(|(_, [i, j])| (samples.values()[*i], samples.values()[*j])).collect();
                let dist = class.iter().map(|(h, _)| h).sum::<f64>() / class.len() as f64;
                let gamma = gamma(estimator, &values);
                expected.push(LagClass { np: class.len() as u64, dist, gamma, azimuth: direction.map(|d| d.azimuth), error_variance: 0.0 });
            }
        }
        let ours = empirical_variogram(&samples, &lags, &directions, estimator).unwrap();
        prop_assert_eq!(ours.classes.len(), expected.len());
        for (a, b) in ours.classes.iter().zip(&expected) {
            prop_assert_eq!((a.np, a.azimuth), (b.np, b.azimuth));
            assert_close(a.dist, b.dist, 1e-12 * b.dist, "distance");
            assert_close(a.gamma, b.gamma, 1e-11 * b.gamma, "semivariance");
        }
    }

    /// The same values elsewhere, in another order, in another unit, turned: nothing else changes.
    #[test]
    fn estimators_know_no_order_and_no_axes(samples in any::samples(20, 36), which in 0..5_usize, factor in 0.1..9.0_f64) {
        let (samples, estimator) = (positive(&samples), ESTIMATORS[which]);
        let lags = LagClasses::regular(80.0, 40.0).unwrap();
        let turned = Samples::new(
            samples.coords().iter().rev().map(|c| [c[1], -c[0]]).collect(),
            samples.values().iter().rev().map(|v| factor * v).collect(),
        ).unwrap();
        let [a, b] = [&samples, &turned].map(|s| empirical_variogram(s, &lags, &[], estimator).unwrap().classes);
        let scale = if estimator == Estimator::PairwiseRelative { 1.0 } else { factor * factor };
        prop_assert_eq!(a.len(), b.len());
        for (x, y) in a.iter().zip(&b) {
            prop_assert_eq!(x.np, y.np);
            assert_close(y.gamma, scale * x.gamma, 1e-10 * scale * (1.0 + x.gamma), "semivariance");
        }
    }

    #[test]
    fn covariograms_and_clouds_are_their_definitions(
        samples in any::samples(3, 36), cutoff in 30.0..90.0_f64, directions in directions(),
    ) {
        let lags = LagClasses::regular(cutoff, cutoff / 3.0).unwrap();
        let mean = samples.mean();
        let product = |[i, j]: [usize; 2]| (samples.values()[i] - mean) * (samples.values()[j] - mean);
        let (mut covariances, mut cloud) = (Vec::new(), Vec::new());
        for direction in groups(&directions) {
            let azimuth = direction.map(|d| d.azimuth);
            let variance = (0..samples.len()).map(|i| product([i, i])).sum::<f64>() / samples.len() as f64;
            covariances.push((samples.len() as u64, variance, azimuth));
            let mut own = Vec::new();
            for class in pairs(&samples, lags.upper(), direction).into_iter().filter(|class| !class.is_empty()) {
                let sum: f64 = class.iter().map(|(_, pair)| product(*pair)).sum();
                covariances.push((class.len() as u64, sum / class.len() as f64, azimuth));
                own.extend(class.into_iter().map(|(h, pair)| (pair, h, azimuth)));
            }
            own.sort_by_key(|(pair, ..)| *pair);
            cloud.extend(own);
        }
        if cloud.is_empty() {
            prop_assert!(covariogram(&samples, &lags, &directions).is_err());
            prop_assert!(variogram_cloud(&samples, cutoff, &directions, 9).is_err());
            return Ok(());
        }
        let ours = covariogram(&samples, &lags, &directions).unwrap().classes;
        prop_assert_eq!(ours.len(), covariances.len());
        for (class, (np, covariance, azimuth)) in ours.iter().zip(covariances) {
            prop_assert_eq!((class.np, class.azimuth), (np, azimuth));
            assert_close(class.covariance, covariance, 1e-10, "covariance");
        }
        let ours = variogram_cloud(&samples, cutoff, &directions, cloud.len()).unwrap();
        prop_assert_eq!(ours.len(), cloud.len());
        for (pair, (samples_of, dist, azimuth)) in ours.iter().zip(&cloud) {
            let [a, b] = samples_of.map(|i| samples.values()[i]);
            prop_assert_eq!((pair.samples, pair.dist, pair.azimuth), (*samples_of, *dist, *azimuth));
            assert_close(pair.gamma, (a - b).powi(2) / 2.0, 1e-12 * (1.0 + pair.gamma), "half squared difference");
        }
        // One after the other they are the same, in another order; and the first is not followed by others where it breaks.
        let mut seen = Vec::new();
        let count = visit_cloud(&samples, cutoff, &directions, |pair| { seen.push(pair); ControlFlow::<()>::Continue(()) });
        prop_assert_eq!(count, Ok(ControlFlow::Continue(cloud.len() as u64)));
        let key = |p: &CloudPair| (directions.iter().position(|d| Some(d.azimuth) == p.azimuth), p.samples);
        let first = seen[0];
        prop_assert_eq!(visit_cloud(&samples, cutoff, &directions, ControlFlow::Break), Ok(ControlFlow::Break(first)));
        seen.sort_by_key(key);
        prop_assert_eq!(seen, ours);
        let limit = cloud.len() - 1;
        let refused = variogram_cloud(&samples, cutoff, &directions, limit);
        prop_assert_eq!(refused, Err(Error::TooManyPairs { pairs: cloud.len() as u64, limit: limit as u64, what: "a variogram cloud" }));
    }

    /// 2γ of a sum is that of both and twice the cross variogram; a variable crossed with itself is its variogram.
    #[test]
    fn cross_variograms_are_bilinear(samples in any::samples(4, 36), other in vec(-50.0..50.0_f64, 36), directions in directions()) {
        let lags = LagClasses::regular(90.0, 30.0).unwrap();
        let second = samples.with_values(other[..samples.len()].to_vec()).unwrap();
        let total = samples.values().iter().zip(second.values()).map(|(a, b)| a + b).collect();
        let total = samples.with_values(total).unwrap();
        let Ok(direct) = empirical_variogram(&total, &lags, &directions, Estimator::Matheron) else { return Ok(()) };
        let all = cross_variograms(&[samples.clone(), second, samples], &lags, &directions).unwrap();
        let order: Vec<[usize; 2]> = all.iter().map(|c| c.variables).collect();
        prop_assert_eq!(order, [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]);
        prop_assert_eq!(&all[0].variogram, &all[2].variogram);
        for (k, class) in direct.classes.iter().enumerate() {
            let [aa, ab, bb] = [0, 1, 3].map(|c| all[c].variogram.classes[k]);
            prop_assert_eq!((ab.np, ab.azimuth), (class.np, class.azimuth));
            assert_close(aa.gamma + 2.0 * ab.gamma + bb.gamma, class.gamma, 1e-9, "sum");
        }
    }

    /// Places of one variable alone do not matter to the cross variogram, nor does their order.
    #[test]
    fn cross_variograms_take_shared_places(samples in any::samples(12, 36), other in vec(-50.0..50.0_f64, 36), keep in vec(any::<bool>(), 36)) {
        let n = samples.len();
        let second = samples.with_values(other[..n].to_vec()).unwrap();
        let kept: Vec<usize> = (0..n).rev().filter(|&i| keep[i]).collect();
        prop_assume!(kept.len() >= 2);
        let (part_a, part_b) = (samples.subset(&kept).unwrap(), second.subset(&kept).unwrap());
        let lags = LagClasses::regular(90.0, 45.0).unwrap();
        let all = cross_variograms(&[samples, part_b.clone()], &lags, &[]).unwrap();
        let shared = cross_variograms(&[part_a, part_b], &lags, &[]).unwrap();
        prop_assert_eq!(all[1].places, kept.len());
        for (a, b) in all[1].variogram.classes.iter().zip(&shared[1].variogram.classes) {
            prop_assert_eq!(a.np, b.np);
            assert_close(a.gamma, b.gamma, 1e-9, "cross semivariance");
        }
    }

    #[test]
    fn executors_do_not_matter(samples in any::samples(20, 36), directions in directions()) {
        let samples = positive(&samples);
        let lags = LagClasses::regular(90.0, 45.0).unwrap();
        for threads in [1, 3] {
            let threads = Threads(threads);
            for estimator in ESTIMATORS {
                prop_assert_eq!(
                    empirical_variogram_with(&samples, &lags, &directions, estimator, &threads),
                    empirical_variogram(&samples, &lags, &directions, estimator)
                );
            }
            prop_assert_eq!(covariogram_with(&samples, &lags, &directions, &threads), covariogram(&samples, &lags, &directions));
            let two = [samples.clone(), samples.clone()];
            prop_assert_eq!(cross_variograms_with(&two, &lags, &directions, &threads), cross_variograms(&two, &lags, &directions));
        }
    }
}

#[test]
fn values_that_mean_nothing_are_refused_with_a_remedy() {
    let at =
        |values: &[f64]| Samples::new((0..values.len()).map(|i| [i as f64, 0.0]).collect(), values.to_vec()).unwrap();
    let lags = LagClasses::regular(9.0, 9.0).unwrap();
    let relative = |values: &[f64]| empirical_variogram(&at(values), &lags, &[], Estimator::PairwiseRelative);
    for (values, index) in [([1.0, -2.0, 3.0], 1), ([0.0, 5.0, 0.0], 2), ([0.0, 5.0, -0.0], 2)] {
        let message = match relative(&values) {
            Err(e @ Error::SampleParameter { index: found, .. }) if found == index => e.to_string(),
            other => panic!("{values:?}: {other:?}"),
        };
        assert!(message.contains("take another estimator"), "{message}");
    }
    // (2 − 0) over their mean of 1, squared, halved.
    assert_eq!(relative(&[0.0, 2.0]).unwrap().classes[0].gamma, 2.0);
}

#[test]
fn cross_variograms_refuse_what_they_cannot_pair() {
    let lags = LagClasses::regular(9.0, 9.0).unwrap();
    let samples =
        |coords: &[[f64; 2]]| Samples::new(coords.to_vec(), (0..coords.len()).map(|i| i as f64).collect()).unwrap();
    let (here, there) = (samples(&[[0.0, 0.0], [1.0, 0.0]]), samples(&[[-0.0, 0.0], [5.0, 5.0]]));
    let twice = samples(&[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]);
    assert!(matches!(cross_variograms(&[], &lags, &[]), Err(Error::Parameter { .. })));
    assert!(matches!(cross_variograms(&[here.clone(), there], &lags, &[]), Err(Error::TooFewSamples { found: 1, .. })));
    assert!(matches!(cross_variograms(&[here, twice], &lags, &[]), Err(Error::CoincidentSamples { .. })));
}

#[test]
fn a_cancelled_executor_ends_the_work() {
    let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0]], vec![1.0, 2.0]).unwrap();
    let lags = LagClasses::regular(9.0, 9.0).unwrap();
    for estimator in [Estimator::Matheron, Estimator::Genton] {
        let ended = empirical_variogram_with(&samples, &lags, &[], estimator, &Cancelled);
        assert_eq!(ended, Err(Error::Cancelled));
    }
}
