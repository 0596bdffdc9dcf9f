//! Statistics of spatial association: their definitions, dense; their moments, over all arrangements of few values; and
//! what does not change them.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::association::{
    GlobalAssociation, Permutations, Test, Untested, Weights, false_discovery_rate, geary, local_g, local_moran, moran,
    permutation_p_values,
};
use soilscope_core::executor::Serial;
use soilscope_core::{Error, Samples};

use crate::any;
use crate::estimators::Threads;
use crate::{assert_close, cases};

/// How weights are made, to make them again for other samples.
#[derive(Debug, Clone, Copy)]
enum How {
    Nearest(usize),
    Band(f64),
    Inverse(f64, f64),
}

impl How {
    fn weights(self, samples: &Samples, standardised: bool) -> Weights {
        let weights = match self {
            Self::Nearest(k) => Weights::k_nearest(samples, k),
            Self::Band(distance) => Weights::band(samples, distance),
            Self::Inverse(power, distance) => Weights::inverse_distance(samples, power, distance),
        }
        .unwrap();
        if standardised { weights.row_standardised() } else { weights }
    }

    /// The weight of two places by definition, in a table.
    fn dense(self, samples: &Samples, standardised: bool) -> Vec<Vec<f64>> {
        let n = samples.len();
        let distance = |i: usize, j: usize| {
            let (p, q) = (samples.coords()[i], samples.coords()[j]);
            ((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2)).sqrt()
        };
        let row = |i: usize| -> Vec<f64> {
            let mut others: Vec<f64> = (0..n).filter(|&j| j != i).map(|j| distance(i, j)).collect();
            others.sort_by(f64::total_cmp);
            let weight = |j: usize| match self {
                _ if j == i => 0.0,
                Self::Nearest(k) => f64::from(u8::from(distance(i, j) <= others[k - 1])),
                Self::Band(most) => f64::from(u8::from(distance(i, j) <= most)),
                Self::Inverse(power, most) if distance(i, j) <= most => 1.0 / distance(i, j).powf(power),
                Self::Inverse(..) => 0.0,
            };
            let row: Vec<f64> = (0..n).map(weight).collect();
            let sum: f64 = row.iter().sum();
            if standardised && sum > 0.0 { row.iter().map(|w| w / sum).collect() } else { row }
        };
        (0..n).map(row).collect()
    }
}

fn how(most: usize) -> impl Strategy<Value = How> {
    prop_oneof![
        (1..most).prop_map(How::Nearest),
        (12.0..40.0_f64).prop_map(How::Band),
        (0.5..3.0_f64, 12.0..40.0_f64).prop_map(|(p, d)| How::Inverse(p, d)),
    ]
}

/// Moran's I and Geary's C by their definitions.
fn dense_global(w: &[Vec<f64>], x: &[f64]) -> (f64, f64) {
    let n = x.len();
    let mean = x.iter().sum::<f64>() / n as f64;
    let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
    let (mut s0, mut products, mut differences) = (0.0, 0.0, 0.0);
    for i in 0..n {
        for j in 0..n {
            s0 += w[i][j];
            products += w[i][j] * (x[i] - mean) * (x[j] - mean);
            differences += w[i][j] * (x[i] - x[j]).powi(2);
        }
    }
    (n as f64 * products / (s0 * squares), (n as f64 - 1.0) * differences / (2.0 * s0 * squares))
}

/// All orders of the numbers below `n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = orders(n - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..n).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, n - 1);
                longer
            })
        })
        .collect()
}

/// Mean and variance.
fn moments(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    (mean, numbers.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

#[track_caller]
fn assert_moments(test: &Test, (mean, variance): (f64, f64), what: &str) {
    assert_close(test.expectation, mean, 1e-9 * (1.0 + mean.abs()), what);
    assert_close(test.variance, variance, 1e-9 * (1.0 + variance), what);
}

fn arranged(samples: &Samples, order: &[usize]) -> Samples {
    samples.with_values(order.iter().map(|&i| samples.values()[i]).collect()).unwrap()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn global_statistics_are_their_definitions(samples in any::samples(8, 36), how in how(7), standardised: bool) {
        let weights = how.weights(&samples, standardised);
        let dense = how.dense(&samples, standardised);
        for (i, row) in dense.iter().enumerate() {
            for (j, &w) in row.iter().enumerate() {
                assert_close(weights.between(i, j), w, 1e-14 * (1.0 + w), "weight");
            }
        }
        let islands: Vec<usize> = (0..dense.len()).filter(|&i| dense[i].iter().all(|&w| w == 0.0)).collect();
        prop_assert_eq!(weights.islands().collect::<Vec<_>>(), islands.clone());
        if islands.len() == samples.len() {
            prop_assert_eq!(moran(&samples, &weights), Err(Error::NoNeighbours { samples: samples.len() }));
            return Ok(());
        }
        let (i, c) = dense_global(&dense, samples.values());
        let (moran, geary) = (moran(&samples, &weights).unwrap(), geary(&samples, &weights).unwrap());
        assert_close(moran.value, i, 1e-12, "Moran's I");
        assert_close(geary.value, c, 1e-12, "Geary's C");
        prop_assert_eq!((moran.islands, geary.islands), (islands.len(), islands.len()));
    }

    /// 720 orders of six values have the mean and variance of the formulas; island or not, symmetric or not.
    #[test]
    fn moments_are_those_of_all_arrangements(samples in any::samples(6, 6), how in how(5), standardised: bool) {
        let weights = how.weights(&samples, standardised);
        prop_assume!(weights.islands().count() < 6);
        let Ok(global) = moran(&samples, &weights) else { return Ok(()) };
        let all: Vec<Samples> = orders(6).iter().map(|order| arranged(&samples, order)).collect();
        let values = |f: &dyn Fn(&Samples) -> f64| all.iter().map(f).collect::<Vec<f64>>();
        let i = values(&|s| moran(s, &weights).unwrap().value);
        assert_moments(&global.randomisation, moments(&i), "Moran's I");
        let c = values(&|s| geary(s, &weights).unwrap().value);
        assert_moments(&geary(&samples, &weights).unwrap().randomisation, moments(&c), "Geary's C");
        let local = local_moran(&samples, &weights).unwrap();
        for (k, local) in local.iter().enumerate() {
            let Ok(local) = local else { continue };
            let over_all = values(&|s| local_moran(s, &weights).unwrap()[k].unwrap().value);
            if let Some(total) = &local.total {
                assert_moments(total, moments(&over_all), "total");
            }
            // The sample keeps its value: the orders in which it does.
            let kept: Vec<usize> = (0..all.len()).filter(|&o| all[o].values()[k] == samples.values()[k]).collect();
            prop_assert_eq!(kept.len(), 120);
            let own: Vec<f64> = kept.iter().map(|&o| over_all[o]).collect();
            match &local.conditional {
                Some(conditional) => assert_moments(conditional, moments(&own), "conditional"),
                None => prop_assert!(moments(&own).1 < 1e-12),
            }
            // Gi is the standard score of the neighbours' sum among the orders that keep the sample's value; Gi* among all.
            let sum = |s: &Samples, w: &Weights| w.of(k).map(|(j, w)| w * s.values()[j]).sum::<f64>();
            let star = weights.including_self(1.5).unwrap();
            for (weights, among) in [(&weights, kept), (&star, (0..all.len()).collect())] {
                let sums: Vec<f64> = among.iter().map(|&o| sum(&all[o], weights)).collect();
                let (mean, variance) = moments(&sums);
                match local_g(&samples, weights).unwrap()[k] {
                    Ok(g) => assert_close(g.z, (sum(&samples, weights) - mean) / variance.sqrt(), 1e-7, "Gi"),
                    Err(reason) => {
                        prop_assert_eq!(reason, Untested::NoContrast);
                        prop_assert!(variance < 1e-9 * (1.0 + mean * mean));
                    }
                }
            }
        }
    }

    /// Another unit, another zero, another order of the samples.
    #[test]
    fn units_and_order_do_not_matter(
        samples in any::samples(10, 36), how in how(9), standardised: bool, shift in -1e4..1e4_f64, factor in 1e-3..1e3_f64,
    ) {
        let weights = how.weights(&samples, standardised);
        prop_assume!(weights.islands().count() < samples.len());
        let n = samples.len();
        let other = samples.subset(&(0..n).rev().collect::<Vec<_>>()).unwrap();
        let other = other.with_values(other.values().iter().map(|v| shift + factor * v).collect()).unwrap();
        let again = how.weights(&other, standardised);
        let tolerance = 1e-8 * (1.0 + shift.abs() / factor / 50.0);
        let same = |a: GlobalAssociation, b: GlobalAssociation| {
            assert_close(a.value, b.value, tolerance, "value");
            assert_close(a.randomisation.z, b.randomisation.z, tolerance, "z under randomisation");
            assert_close(a.normality.z, b.normality.z, tolerance, "z under normality");
        };
        same(moran(&samples, &weights).unwrap(), moran(&other, &again).unwrap());
        same(geary(&samples, &weights).unwrap(), geary(&other, &again).unwrap());
        let [a, b] = [(&samples, &weights), (&other, &again)].map(|(s, w)| local_moran(s, w).unwrap());
        let [g, h] = [(&samples, &weights), (&other, &again)].map(|(s, w)| local_g(s, w).unwrap());
        for k in 0..n {
            let (Ok(x), Ok(y)) = (a[k], b[n - 1 - k]) else {
                prop_assert_eq!(a[k].err(), b[n - 1 - k].err());
                continue;
            };
            assert_close(x.value, y.value, tolerance * (1.0 + x.value.abs()), "local Moran");
            match (g[k], h[n - 1 - k]) {
                (Ok(g), Ok(h)) => assert_close(g.z, h.z, tolerance, "Gi"),
                // Everyone else is a neighbour.
                (g, h) => prop_assert_eq!((g.err(), h.err()), (Some(Untested::NoContrast), Some(Untested::NoContrast))),
            }
        }
    }

    /// Local statistics add up to the global one.
    #[test]
    fn local_morans_sum_to_morans(samples in any::samples(10, 36), how in how(9), standardised: bool) {
        let weights = how.weights(&samples, standardised);
        prop_assume!(weights.islands().count() < samples.len());
        let sum: f64 = local_moran(&samples, &weights).unwrap().iter().flatten().map(|l| l.value).sum();
        let s0: f64 = (0..samples.len()).flat_map(|i| weights.of(i).map(|(_, w)| w)).sum();
        assert_close(sum / s0, moran(&samples, &weights).unwrap().value, 1e-12, "sum");
    }

    #[test]
    fn probabilities_depend_on_the_seed_alone(samples in any::samples(10, 36), how in how(9), seed: u64) {
        let weights = how.weights(&samples, false);
        prop_assume!(weights.islands().count() < samples.len());
        let permutations = Permutations { count: 99.try_into().unwrap(), seed };
        let one = permutation_p_values(&samples, &weights, permutations, &Serial).unwrap();
        prop_assert_eq!(&one, &permutation_p_values(&samples, &weights, permutations, &Threads(3)).unwrap());
        for (k, p) in one.iter().enumerate() {
            match p {
                Ok(p) => prop_assert!(*p >= 0.02 && *p <= 1.0),
                Err(reason) => prop_assert!(*reason == Untested::NoNeighbours && weights.neighbours(k) == 0),
            }
        }
    }

    /// Its definition: the least rate at which a test is among the discoveries.
    #[test]
    fn false_discovery_rates_are_their_definition(p in vec(prop_oneof![Just(None), (0..20_u8).prop_map(|k| Some(f64::from(k) / 20.0))], 0..30)) {
        let adjusted = false_discovery_rate(&p).unwrap();
        let mut sorted: Vec<f64> = p.iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        for (p, q) in p.iter().zip(&adjusted) {
            let Some(p) = p else {
                prop_assert!(q.is_none());
                continue;
            };
            let rate = |k: usize| sorted[k] * sorted.len() as f64 / (k + 1) as f64;
            let expected = (0..sorted.len()).filter(|&k| sorted[k] >= *p).map(rate).fold(1.0, f64::min);
            assert_close(q.unwrap(), expected, 1e-15, "adjusted");
        }
    }
}

/// Monte Carlo beside all arrangements: 8 samples, 7!/(7 − k)! ways to fill the neighbours of each.
#[test]
fn permutations_tell_the_probability_of_all_arrangements() {
    let coords = vec![[0.0, 0.0], [1.0, 0.2], [2.1, 0.0], [3.0, 1.0], [0.2, 1.1], [1.1, 1.3], [2.0, 1.2], [3.2, 2.0]];
    let samples = Samples::new(coords, vec![9.0, 7.0, 1.0, 0.0, 8.0, 3.0, 3.0, 2.0]).unwrap();
    let permutations = Permutations { count: 20_000.try_into().unwrap(), seed: 7 };
    for weights in [Weights::k_nearest(&samples, 3).unwrap(), Weights::inverse_distance(&samples, 1.0, 1.5).unwrap()] {
        let p = permutation_p_values(&samples, &weights, permutations, &Serial).unwrap();
        for (i, p) in p.iter().enumerate() {
            let links: Vec<(usize, f64)> = weights.of(i).collect();
            let others: Vec<usize> = (0..8).filter(|&j| j != i).collect();
            let sum = |of: &dyn Fn(usize) -> usize| {
                links.iter().enumerate().map(|(l, (_, w))| w * samples.values()[of(l)]).sum::<f64>()
            };
            let seen = sum(&|l| links[l].0);
            let all: Vec<f64> = orders(7).iter().map(|order| sum(&|l| others[order[l]])).collect();
            let share = |f: &dyn Fn(f64) -> bool| all.iter().filter(|&&s| f(s)).count() as f64 / all.len() as f64;
            let rarer = share(&|s| s >= seen - 1e-9).min(share(&|s| s <= seen + 1e-9));
            let exact = (2.0 * rarer).min(1.0);
            // Five standard errors of twice a share of 20,000.
            let tolerance = 10.0 * (rarer * (1.0 - rarer) / 20_000.0).sqrt() + 2e-4;
            assert_close(p.unwrap(), exact, tolerance, "probability");
        }
    }
}

#[test]
fn what_cannot_be_tested_is_refused_or_has_a_reason() {
    let line =
        |values: &[f64]| Samples::new((0..values.len()).map(|i| [i as f64, 0.0]).collect(), values.to_vec()).unwrap();
    let samples = line(&[1.0, 2.0, 4.0, 8.0, 5.0]);
    let all = Weights::k_nearest(&samples, 4).unwrap();
    // Everyone is everyone's neighbour: no arrangement differs from another.
    assert_eq!(moran(&samples, &all), Err(Error::NoContrast));
    assert_eq!(geary(&samples, &all), Err(Error::NoContrast));
    assert!(local_moran(&samples, &all).unwrap().iter().all(|l| l.unwrap().conditional.is_none()));
    assert!(local_g(&samples, &all).unwrap().iter().all(|g| *g == Err(Untested::NoContrast)));
    // The middle is the mean; the others are equal.
    let middle = line(&[1.0, 1.0, 3.0, 5.0, 5.0]);
    let band = Weights::band(&middle, 1.0).unwrap();
    let local = local_moran(&middle, &band).unwrap()[2].unwrap();
    assert_eq!((local.value, local.pattern, local.conditional), (0.0, None, None));
    let spike = line(&[1.0, 1.0, 9.0, 1.0, 1.0]);
    assert_eq!(local_g(&spike, &band).unwrap()[2], Err(Untested::NoContrast));
    assert!(local_moran(&spike, &band).unwrap()[2].unwrap().conditional.is_none());
    // Mistakes.
    let flat = line(&[2.0; 5]);
    assert_eq!(moran(&flat, &band), Err(Error::NoVariation { count: 5, value: 2.0 }));
    assert!(matches!(moran(&line(&[1.0, 2.0]), &band), Err(Error::LengthMismatch { .. })));
    let own = band.including_self(1.0).unwrap();
    for refused in
        [moran(&samples, &own).map(drop), geary(&samples, &own).map(drop), local_moran(&samples, &own).map(drop)]
    {
        assert!(matches!(refused, Err(Error::Parameter { value: 1.0, .. })), "{refused:?}");
    }
    let alone = Weights::band(&samples, 0.5).unwrap();
    assert_eq!(moran(&samples, &alone), Err(Error::NoNeighbours { samples: 5 }));
    assert_eq!(local_g(&samples, &alone.including_self(1.0).unwrap()), Err(Error::NoNeighbours { samples: 5 }));
    let twice = Samples::new(vec![[0.0, 0.0], [0.0, 0.0]], vec![1.0, 2.0]).unwrap();
    assert!(matches!(Weights::inverse_distance(&twice, 1.0, 5.0), Err(Error::CoincidentSamples { .. })));
    assert_eq!(Weights::band(&twice, 5.0).unwrap().neighbours(0), 1);
    for wrong in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        assert!(Weights::band(&samples, wrong).is_err() && Weights::inverse_distance(&samples, wrong, 1.0).is_err());
        assert!(band.including_self(wrong).is_err());
    }
    assert!(Weights::k_nearest(&samples, 0).is_err() && Weights::k_nearest(&samples, 5).is_err());
    assert!(Weights::inverse_distance(&samples, 2000.0, 4.0).is_err());
    for wrong in [f64::NAN, -0.1, 1.1] {
        assert!(false_discovery_rate(&[Some(0.5), Some(wrong)]).is_err());
    }
}

/// Values at both ends of what a floating-point number holds.
#[test]
fn extreme_values_have_their_statistics() {
    let coords: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i % 3), f64::from(i / 3)]).collect();
    let values = [1.0, 2.0, 5.0, 3.0, 4.0, 6.0, 4.0, 8.0, 9.0];
    let at = |unit: f64| Samples::new(coords.clone(), values.iter().map(|v| v * unit).collect()).unwrap();
    let weights = Weights::band(&at(1.0), 1.0).unwrap();
    let expected = moran(&at(1.0), &weights).unwrap();
    for unit in [1e-300, 1e300, 1.9e307] {
        assert_close(moran(&at(unit), &weights).unwrap().randomisation.z, expected.randomisation.z, 1e-9, "z");
        assert!(local_moran(&at(unit), &weights).unwrap().iter().all(|l| l.unwrap().value.is_finite()));
    }
}
