//! Gains are what kriging again with the site among the samples gives, and choices keep to their limits.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_assess::plan::{Cell, Limits, Lower, expected_misclassification, owen_t, propose};
use soilscope_core::drift::Drift;
use soilscope_core::kriging::{ErrorCovariances, Kriging};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::transform::normal_cdf;
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets};

fn variances(kriging: &Kriging, samples: &Samples, targets: &[Coord]) -> Vec<f64> {
    let mut out = Predictions::default();
    let predictor = kriging.fit(samples).unwrap();
    predictor.predict_into(&Targets::points(targets), &mut Scratch::default(), &mut out);
    out.iter().map(|p| p.unwrap().variance.unwrap()).collect()
}

fn with(samples: &[Coord], more: &[Coord]) -> Samples {
    let coords: Vec<Coord> = samples.iter().chain(more).copied().collect();
    let values = (0..coords.len()).map(|i| (i as f64 * 1.7).sin()).collect();
    Samples::new(coords, values).unwrap()
}

fn places(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Coord>> {
    // No two places are the same: cells of a lattice, each with one place inside.
    let cells = proptest::sample::subsequence((0..100_usize).collect::<Vec<_>>(), count);
    (cells, vec([0.05..0.95_f64, 0.05..0.95_f64], 100)).prop_map(|(cells, inside)| {
        cells.iter().map(|&c| [(c % 10) as f64 + inside[c][0], (c / 10) as f64 + inside[c][1]]).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60, failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121), ..Default::default()
    })]

    #[test]
    fn updates_are_kriging_again(all in places(12..60), error in prop_oneof![Just(0.0), 0.01..0.5_f64], drift in 0..3_u8) {
        let (samples, rest) = all.split_at(all.len() / 2);
        let drift = match drift {
            0 => Drift::KnownMean(0.3),
            1 => Drift::Constant,
            _ => Drift::polynomial(1),
        };
        // The same error for the samples there are and the new ones, so that kriging again can tell them apart no more.
        let variogram = "0.2 Nug + 0.3 Exp(2) + 0.7 Sph(6)".parse::<soilscope_core::variogram::Variogram>().unwrap();
        let variogram = variogram.with_error_variance(error).unwrap();
        let kriging = Kriging::new(variogram, drift, Neighbourhood::Global);
        prop_assume!(samples.len() > 4);
        let candidates: Vec<usize> = (0..rest.len()).step_by(2).collect();
        let mut errors = ErrorCovariances::new(&kriging, &with(samples, &[]), rest, &candidates, error).unwrap();
        for (a, b) in errors.variances().iter().zip(variances(&kriging, &with(samples, &[]), rest)) {
            prop_assert!((a - b).abs() < 1e-12);
        }
        let mut added = Vec::new();
        for k in 0..candidates.len().min(3) {
            let reductions: Vec<f64> = errors.reductions(k).collect();
            let before = errors.variances().to_vec();
            errors.update(k);
            added.push(rest[candidates[k]]);
            let again = variances(&kriging, &with(samples, &added), rest);
            for (i, v) in again.iter().enumerate() {
                // At a new sample itself kriging knows the value there, and the plan only what it says of the ground around.
                if !added.contains(&rest[i]) {
                    prop_assert!((errors.variances()[i] - v).abs() < 1e-10, "{} of {:?}", i, k);
                    prop_assert!((before[i] - reductions[i] - v).abs() < 1e-10);
                } else {
                    prop_assert!(errors.variances()[i] >= v - 1e-12);
                }
            }
        }
    }

    #[test]
    fn owen_is_the_integral(h in -9.0..9.0_f64, a in 0.0..30.0_f64) {
        let n = 20_000;
        let step = a / f64::from(n);
        let integral: f64 = (0..n).map(|k| {
            let x = (f64::from(k) + 0.5) * step;
            (-0.5 * h * h * (1.0 + x * x)).exp() / (1.0 + x * x) * step
        }).sum();
        prop_assert!((owen_t(h, a) - integral / std::f64::consts::TAU).abs() < 1e-6 * (1.0 + a * a) * step.max(1e-9) + 1e-9);
    }
}

/// With moving neighbourhoods the covariances are those of the errors of the map: seen in realisations of the field.
#[test]
fn moving_neighbourhoods_err_together_as_stated() {
    let mut random = Random::new(7);
    let coords: Vec<Coord> = (0..40).map(|_| [10.0 * random.uniform(), 10.0 * random.uniform()]).collect();
    let targets: Vec<Coord> = (0..12).map(|_| [10.0 * random.uniform(), 10.0 * random.uniform()]).collect();
    let kriging =
        Kriging::new("0.1 Nug + 1 Exp(3)".parse().unwrap(), Drift::Constant, Neighbourhood::nearest(6).unwrap());
    let samples = with(&coords, &[]);
    let errors = ErrorCovariances::new(&kriging, &samples, &targets, &[0, 5], 0.0).unwrap();
    for (a, b) in errors.variances().iter().zip(variances(&kriging, &samples, &targets)) {
        assert!((a - b).abs() < 1e-12);
    }
    // Realisations at all places by the Cholesky factor of their covariances.
    let all: Vec<Coord> = coords.iter().chain(&targets).copied().collect();
    let n = all.len();
    let covariance = |i: usize, j: usize| kriging.variogram.covariance([all[i][0] - all[j][0], all[i][1] - all[j][1]]);
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            lower[i][j] = if i == j { (covariance(i, i) - sum).sqrt() } else { (covariance(i, j) - sum) / lower[j][j] };
        }
    }
    let runs = 20_000;
    let mut products = vec![0.0; targets.len()];
    for _ in 0..runs {
        let noise: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let field: Vec<f64> = (0..n).map(|i| (0..=i).map(|k| lower[i][k] * noise[k]).sum()).collect();
        let known = Samples::new(coords.clone(), field[..40].to_vec()).unwrap();
        let mut out = Predictions::default();
        kriging.fit(&known).unwrap().predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut out);
        let error: Vec<f64> = out.iter().zip(&field[40..]).map(|(p, z)| p.unwrap().value - z).collect();
        for (product, e) in products.iter_mut().zip(&error) {
            *product += e * error[5] / f64::from(runs);
        }
    }
    // c(x, s)² / c(s, s) of the second candidate, target 5; its own nugget is left out there.
    let total = errors.variances()[5];
    for (i, reduction) in errors.reductions(1).enumerate().filter(|(i, _)| *i != 5) {
        let (stated, seen) = ((reduction * total).sqrt(), products[i].abs());
        assert!((stated - seen).abs() < 0.03, "{i}: {stated} stated, {seen} seen");
    }
}

#[test]
fn misclassification_is_that_of_simulated_measurements() {
    let mut random = Random::new(11);
    for (mean, limit, variance, after) in
        [(1.0, 0.4, 0.8, 0.3), (-0.5, 0.0, 2.0, 1.9), (0.0, 0.0, 1.0, 0.1), (3.0, 0.0, 1.0, 0.5)]
    {
        let runs = 400_000;
        let mut wrong = 0_u32;
        for _ in 0..runs {
            // What the sample will say moves the mean; the truth is spread about it.
            let moved = mean + f64::sqrt(variance - after) * random.normal();
            let truth = moved + f64::sqrt(after) * random.normal();
            wrong += u32::from((moved > limit) != (truth > limit));
        }
        let (stated, seen) =
            (expected_misclassification(mean - limit, variance, after), f64::from(wrong) / f64::from(runs));
        let spread = (stated * (1.0 - stated) / f64::from(runs)).sqrt();
        assert!((stated - seen).abs() < 4.0 * spread, "{stated} stated, {seen} seen");
        assert!(stated <= normal_cdf(-(mean - limit).abs() / variance.sqrt()));
    }
    assert_eq!(expected_misclassification(1.0, 0.0, 0.0), 0.0);
    let none = expected_misclassification(1.0, 4.0, 4.0);
    assert!((none - normal_cdf(-0.5)).abs() < 1e-15);
}

/// A field with a few samples in the west, cells everywhere.
fn problem() -> (ErrorCovariances, Vec<Cell>, Vec<Coord>, Vec<Coord>) {
    let mut random = Random::new(3);
    let taken: Vec<Coord> = (0..25).map(|_| [4.0 * random.uniform(), 10.0 * random.uniform()]).collect();
    let cells: Vec<Coord> =
        (0..400).map(|i| [f64::from(i % 20) * 0.5 + 0.25, f64::from(i / 20) * 0.5 + 0.25]).collect();
    let candidates: Vec<usize> = (0..400).filter(|i| i % 3 == 0).collect();
    let kriging = Kriging::new("0.1 Nug + 0.9 Sph(4)".parse().unwrap(), Drift::Constant, Neighbourhood::Global);
    let errors = ErrorCovariances::new(&kriging, &with(&taken, &[]), &cells, &candidates, 0.05).unwrap();
    let places = candidates.iter().map(|&c| cells[c]).collect();
    // Limits of their own, and some cells without any.
    let limit = |i: usize| (i % 50 != 7).then(|| 0.2 + 0.5 * (i as f64 * 0.11).sin());
    (errors, (0..400).map(|i| Cell { area: 0.25, limit: limit(i) }).collect(), places, taken)
}

#[test]
fn sites_spread_and_their_gains_add_up() {
    for lower in [Lower::Variance, Lower::Misclassification] {
        let (mut errors, cells, places, _) = problem();
        let plan = propose(&mut errors, &cells, &places, lower, &Limits { sites: Some(8), ..Limits::default() });
        assert_eq!((plan.picks.len(), plan.stopped), (8, "as many sites as were asked for"));
        let gained: f64 = plan.picks.iter().map(|p| p.gain).sum();
        let after = plan.picks.last().unwrap().after;
        assert!((plan.before - gained - after).abs() < 1e-6 * plan.before, "{lower:?}: {plan:?}");
        // Where there are samples already little is to be gained.
        let east = plan.picks.iter().filter(|p| places[p.candidate][0] > 4.0).count();
        assert!(east >= 6, "{lower:?}");
        for (i, a) in plan.picks.iter().enumerate() {
            for b in &plan.picks[i + 1..] {
                let (p, q) = (places[a.candidate], places[b.candidate]);
                assert!((p[0] - q[0]).hypot(p[1] - q[1]) > 0.9, "{lower:?}: {p:?} and {q:?}");
            }
        }
    }
}

#[test]
fn the_first_site_is_the_best_of_all() {
    let (errors, cells, places, _) = problem();
    for lower in [Lower::Variance, Lower::Misclassification] {
        let one = Limits { sites: Some(1), ..Limits::default() };
        let best = propose(&mut errors.clone(), &cells, &places, lower, &one).picks.remove(0);
        let of = |variances: &[f64]| -> f64 {
            let part = |(i, v): (usize, &f64)| match lower {
                Lower::Variance => v / 400.0,
                Lower::Misclassification => cells[i].limit.map_or(0.0, |limit| {
                    0.25 * expected_misclassification(errors.predicted()[i] - limit, errors.variances()[i], *v)
                }),
            };
            variances.iter().enumerate().map(part).sum()
        };
        let now = of(errors.variances());
        for k in 0..places.len() {
            let mut with = errors.clone();
            with.update(k);
            let gain = now - of(with.variances());
            assert!(gain <= best.gain * (1.0 + 1e-6), "{lower:?}: {k} gains {gain}, not {}", best.gain);
            assert!(k != best.candidate || (gain - best.gain).abs() < 1e-6 * gain);
        }
    }
}

#[test]
fn limits_are_kept() {
    let (errors, cells, places, taken) = problem();
    let apart = Limits { sites: Some(50), min_distance: 2.0, taken: taken.clone(), ..Limits::default() };
    let plan = propose(&mut errors.clone(), &cells, &places, Lower::Variance, &apart);
    assert!(plan.picks.len() < 50 && plan.stopped == "no candidate is left");
    let sites: Vec<Coord> = plan.picks.iter().map(|p| places[p.candidate]).collect();
    for (i, a) in sites.iter().enumerate() {
        for b in sites[..i].iter().chain(&taken) {
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) >= 2.0);
        }
    }
    // Dear in the north, cheap in the south: the money goes south.
    let costs: Vec<f64> = places.iter().map(|p| if p[1] > 5.0 { 1000.0 } else { 100.0 }).collect();
    let poor = Limits { budget: Some(550.0), costs: costs.clone(), ..Limits::default() };
    let plan = propose(&mut errors.clone(), &cells, &places, Lower::Variance, &poor);
    assert_eq!((plan.picks.len(), plan.stopped), (5, "the budget is spent"));
    assert!(plan.picks.iter().all(|p| places[p.candidate][1] <= 5.0 && p.cost == Some(100.0)));
    let poorest = Limits { budget: Some(99.0), costs: costs.clone(), ..Limits::default() };
    let plan = propose(&mut errors.clone(), &cells, &places, Lower::Variance, &poorest);
    assert_eq!((plan.picks.len(), plan.stopped), (0, "the budget is less than any site costs"));
    // Gain per cost, not gain: with all the same cost the choice is that without costs.
    let even = Limits { sites: Some(4), costs: vec![7.0; places.len()], ..Limits::default() };
    let free = Limits { sites: Some(4), ..Limits::default() };
    let chosen = |limits: &Limits| -> Vec<usize> {
        propose(&mut errors.clone(), &cells, &places, Lower::Variance, limits)
            .picks
            .iter()
            .map(|p| p.candidate)
            .collect()
    };
    assert_eq!(chosen(&even), chosen(&free));
}

/// The tenth of the others, by trying each of them.
#[test]
fn rivals_are_ten_others() {
    let (errors, cells, places, _) = problem();
    let one = Limits { sites: Some(1), ..Limits::default() };
    let pick = propose(&mut errors.clone(), &cells, &places, Lower::Variance, &one).picks.remove(0);
    let mut gains: Vec<f64> = (0..places.len()).map(|k| errors.reductions(k).sum::<f64>() / 400.0).collect();
    gains.sort_by(|a, b| b.total_cmp(a));
    assert!((pick.rivals - gains[10] / gains[0]).abs() < 1e-6, "{}", pick.rivals);
    assert!(gains[9] > gains[10] * 1.0001, "the ninth is told from the tenth");
    // No ten others.
    let near = Limits { min_distance: 4.5, taken: vec![[0.0, 5.0]], sites: Some(50), ..Limits::default() };
    let plan = propose(&mut errors.clone(), &cells, &places, Lower::Variance, &near);
    assert_eq!(plan.picks.last().unwrap().rivals, 0.0, "{plan:?}");
}

/// Where nothing is predicted nothing is lowered.
#[test]
fn gaps_are_no_part_of_the_objective() {
    let neighbourhood =
        Neighbourhood::Moving(soilscope_core::neighbourhood::Search::new(Some(8), 1, Some(1.0)).unwrap());
    let kriging = Kriging::new("0.1 Nug + 0.9 Sph(4)".parse().unwrap(), Drift::Constant, neighbourhood);
    let samples = with(&[[0.0, 0.0], [1.0, 0.0]], &[]);
    let targets = [[0.5, 0.1], [50.0, 0.0], [0.4, 0.2]];
    let cells = [1.0, 7.0, 0.0].map(|area| Cell { area, limit: None });
    let mut errors = ErrorCovariances::new(&kriging, &samples, &targets, &[2], 0.0).unwrap();
    let now = errors.variances()[0];
    let one = Limits { sites: Some(1), ..Limits::default() };
    let plan = propose(&mut errors, &cells, &[targets[2]], Lower::Variance, &one);
    assert!(errors.gaps()[1].is_some() && (plan.before - now).abs() < 1e-15 && plan.picks.len() == 1, "{plan:?}");
    // Nothing but gaps: no site, and no share of nothing.
    let mut errors = ErrorCovariances::new(&kriging, &samples, &targets, &[2], 0.0).unwrap();
    let cells = [0.0, 7.0, 0.0].map(|area| Cell { area, limit: None });
    let plan = propose(&mut errors, &cells, &[targets[2]], Lower::Variance, &one);
    assert_eq!((plan.before, plan.picks.len()), (0.0, 0));
    // Without a limit there is no wrong side, and nothing to lower.
    let mut errors = ErrorCovariances::new(&kriging, &samples, &targets, &[2], 0.0).unwrap();
    let cells = [1.0, 7.0, 0.0].map(|area| Cell { area, limit: None });
    let plan = propose(&mut errors, &cells, &[targets[2]], Lower::Misclassification, &one);
    assert_eq!((plan.before, plan.picks.len(), plan.stopped), (0.0, 0, "no candidate would lower it further"));
}
