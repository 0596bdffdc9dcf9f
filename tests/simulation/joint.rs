//! Several variables simulated together: covariances and cross-covariances of the model, conditioning by co-kriging.

use nalgebra::{DMatrix, DVector};
use soilscope_core::cokriging::{Coefficients, Coregionalisation, Means, Term};
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::simulation::{CoSimulation, Realisations};
use soilscope_core::variogram::Structure;
use soilscope_core::{Coord, Error, Interpolator, Samples};

use crate::support::{Backwards, Threads, Z, assert_moments, model, nodes, samples, window};

const REALISATIONS: usize = 2000;

fn structure(text: &str, rows: &[Vec<f64>]) -> Term {
    let structure: Structure = model(text).structures()[0];
    Term::structure(structure, Coefficients::from_rows(rows).unwrap()).unwrap()
}

/// Three variables of different size: a nugget of full rank, one structure of rank 1, one of rank 2, anisotropic.
fn three() -> Coregionalisation {
    let nugget = vec![vec![0.2, 0.5, 0.0], vec![0.5, 10.0, 0.1], vec![0.0, 0.1, 0.02]];
    // Of (1, -6, 0.3), and of (0.5, 4, 0) with (0, 2, 0.4).
    let first = vec![vec![1.0, -6.0, 0.3], vec![-6.0, 36.0, -1.8], vec![0.3, -1.8, 0.09]];
    let second = vec![vec![0.25, 2.0, 0.0], vec![2.0, 20.0, 0.8], vec![0.0, 0.8, 0.16]];
    let terms = vec![
        Term::nugget(Coefficients::from_rows(&nugget).unwrap()).unwrap(),
        structure("1 Sph(35)", &first),
        structure("1 Exp(20, az=30, ratio=0.5)", &second),
    ];
    Coregionalisation::new(vec!["a".into(), "b".into(), "c".into()], terms).unwrap()
}

/// Samples of the three at partly different places: a node measured for all, some for one; variable c has errors.
fn sampled() -> Vec<Samples> {
    let all = samples();
    let of = |keep: fn(usize) -> bool, scale: f64, mean: f64| {
        let kept: Vec<usize> = (0..all.len()).filter(|&i| keep(i)).collect();
        let coords = kept.iter().map(|&i| all.coords()[i]).collect();
        Samples::new(coords, kept.iter().map(|&i| mean + scale * all.values()[i]).collect()).unwrap()
    };
    let c = of(|i| i < 4 || i == 10, 0.3, -1.0);
    let errors = vec![0.05, 0.0, 0.02, 0.0, 0.1];
    vec![of(|i| i % 3 != 1, 1.0, 2.0), of(|i| i != 2, 5.0, 30.0), c.with_error_variances(errors).unwrap()]
}

const KNOWN: [f64; 3] = [2.2, 28.0, -1.1];

/// Covariance of two variables at two places.
fn between(model: &Coregionalisation, a: (usize, Coord), b: (usize, Coord)) -> f64 {
    model.covariance(a.0, b.0, [a.1[0] - b.1[0], a.1[1] - b.1[1]])
}

/// Co-kriging of targets by a dense solve of the extended system: predictions, and the covariances of all their errors.
/// It shares nothing with the crate but the covariance.
fn oracle(
    model: &Coregionalisation,
    samples: &[Samples],
    known: Option<&[f64]>,
    targets: &[(usize, Coord)],
) -> (Vec<f64>, DMatrix<f64>) {
    let data: Vec<(usize, Coord, f64, f64)> = samples
        .iter()
        .enumerate()
        .flat_map(|(v, s)| (0..s.len()).map(move |i| (v, s.coords()[i], s.values()[i], s.error_variance(i))))
        .collect();
    let (n, p) = (data.len(), model.variables().len());
    let m = if known.is_some() { 0 } else { p };
    let matrix = DMatrix::from_fn(n + m, n + m, |i, j| match (i < n, j < n) {
        (true, true) => {
            let (a, b) = (&data[i], &data[j]);
            between(model, (a.0, a.1), (b.0, b.1)) + if i == j { a.3 } else { 0.0 }
        }
        (true, false) => f64::from(u8::from(data[i].0 == j - n)),
        (false, true) => f64::from(u8::from(data[j].0 == i - n)),
        _ => 0.0,
    });
    let right = DMatrix::from_fn(n + m, targets.len(), |i, t| match i < n {
        true => between(model, (data[i].0, data[i].1), targets[t]),
        false => f64::from(u8::from(targets[t].0 == i - n)),
    });
    let solved = matrix.lu().solve(&right).unwrap();
    let mean = |v: usize| known.map_or(0.0, |k| k[v]);
    let values = DVector::from_fn(n + m, |i, _| if i < n { data[i].2 - mean(data[i].0) } else { 0.0 });
    let predicted = solved.transpose() * values;
    let explained = solved.transpose() * &right;
    let errors = DMatrix::from_fn(targets.len(), targets.len(), |s, t| {
        between(model, targets[s], targets[t]) - explained[(s, t)]
    });
    (targets.iter().zip(predicted.iter()).map(|(t, v)| mean(t.0) + v).collect(), errors)
}

/// Fails where means and covariances of the fields at targets (variable, node) are not those expected.
///
/// The standard error of a covariance of Gaussian numbers is √((C_ss C_tt + C_st²) / n).
#[track_caller]
fn assert_law(fields: &[Realisations], targets: &[(usize, usize)], mean: &[f64], cov: &DMatrix<f64>, what: &str) {
    let n = fields[0].range().len() as f64;
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for &(v, node) in targets {
        let mut values = Vec::new();
        fields[v].at_node(node, &mut values);
        columns.push(values);
    }
    let means: Vec<f64> = columns.iter().map(|c| c.iter().sum::<f64>() / n).collect();
    for s in 0..targets.len() {
        let allowed = Z * (cov[(s, s)].max(0.0) / n).sqrt() + 1e-9;
        assert!((means[s] - mean[s]).abs() <= allowed, "{what}: mean {s} is {}, not {} ± {allowed}", means[s], mean[s]);
        for t in 0..=s {
            let sum: f64 = columns[s].iter().zip(&columns[t]).map(|(a, b)| (a - means[s]) * (b - means[t])).sum();
            let found = sum / (n - 1.0);
            let allowed = Z * ((cov[(s, s)] * cov[(t, t)] + cov[(s, t)].powi(2)).max(0.0) / n).sqrt() + 1e-9;
            let expected = cov[(s, t)];
            assert!(
                (found - expected).abs() <= allowed,
                "{what}: covariance {s} {t}: {found}, not {expected} ± {allowed}"
            );
        }
    }
}

/// Every variable at nodes near and far from each other, corners and samples' nodes among them.
fn targets() -> Vec<(usize, usize)> {
    [0, 1, 9, 11, 17, 44, 45, 55, 71, 90, 99].iter().flat_map(|&node| (0..3).map(move |v| (v, node))).collect()
}

fn places(targets: &[(usize, usize)]) -> Vec<(usize, Coord)> {
    let nodes = nodes(window(10));
    targets.iter().map(|&(v, node)| (v, nodes[node])).collect()
}

#[test]
fn unconditional_fields_have_the_covariances_and_cross_covariances_of_the_model() {
    let (model, targets) = (three(), targets());
    let at = places(&targets);
    let cov = DMatrix::from_fn(at.len(), at.len(), |s, t| between(&model, at[s], at[t]));
    let recipe = CoSimulation::new(model, Means::Known(KNOWN.to_vec()), 3);
    let fields = recipe.prepare(&[], window(10), None).unwrap().simulate(0..REALISATIONS, &Serial).unwrap();
    let mean: Vec<f64> = targets.iter().map(|t| KNOWN[t.0]).collect();
    assert_law(&fields, &targets, &mean, &cov, "unconditional");
}

#[test]
fn conditional_fields_have_the_means_and_covariances_of_co_kriging() {
    let (model, samples, targets) = (three(), sampled(), targets());
    for known in [Some(&KNOWN[..]), None] {
        let (mean, cov) = oracle(&model, &samples, known, &places(&targets));
        let means = known.map_or(Means::Unknown, |k| Means::Known(k.to_vec()));
        let recipe = CoSimulation::new(model.clone(), means, 17);
        let run = recipe.prepare(&samples, window(10), None).unwrap();
        let fields = run.simulate(0..REALISATIONS, &Serial).unwrap();
        assert_law(&fields, &targets, &mean, &cov, if known.is_some() { "simple" } else { "ordinary" });
    }
}

#[test]
fn samples_without_error_are_honoured_and_others_are_filtered() {
    let (samples, places) = (sampled(), nodes(window(10)));
    let run = CoSimulation::new(three(), Means::Unknown, 5).prepare(&samples, window(10), None).unwrap();
    let fields = run.simulate(0..20, &Serial).unwrap();
    let (mut honoured, mut filtered) = (0, 0);
    for (v, samples) in samples.iter().enumerate() {
        for (i, c) in samples.coords().iter().enumerate() {
            let Some(node) = places.iter().position(|p| p == c) else { continue };
            if samples.error_variance(i) == 0.0 {
                assert!((0..20).all(|k| fields[v].get(node, k) == samples.values()[i]), "variable {v}, sample {i}");
                honoured += 1;
            } else {
                assert!(fields[v].get(node, 0) != fields[v].get(node, 1));
                filtered += 1;
            }
        }
    }
    // The places of samples 0 and 1 are nodes: a has the first, b both, c both, the first with an error.
    assert_eq!((honoured, filtered), (4, 1));
}

#[test]
fn one_variable_alone_has_the_law_of_its_kriging() {
    let samples = samples();
    let variogram = model("0.3 Nug + 0.7 Exp(25)");
    let one = |b: f64| Coefficients::from_rows(&[vec![b]]).unwrap();
    let terms = vec![Term::nugget(one(0.3)).unwrap(), structure("1 Exp(25)", &[vec![0.7]])];
    let single = Coregionalisation::new(vec!["a".into()], terms).unwrap();
    for (means, drift) in [(Means::Unknown, Drift::Constant), (Means::Known(vec![0.3]), Drift::KnownMean(0.3))] {
        let kriging = Kriging::new(variogram.clone(), drift, Neighbourhood::Global).fit(&samples).unwrap();
        let predict = |c| kriging.predict(c).map(|p| (p.value, p.variance.unwrap())).unwrap();
        let expected: Vec<(f64, f64)> = nodes(window(10)).into_iter().map(predict).collect();
        let run = CoSimulation::new(single.clone(), means, 8);
        let run = run.prepare(std::slice::from_ref(&samples), window(10), None).unwrap();
        let fields = run.simulate(0..REALISATIONS, &Serial).unwrap();
        assert_moments(&fields[0], &expected, 1.0, "one variable");
    }
}

#[test]
fn a_variable_measured_elsewhere_is_what_its_correlation_makes_of_the_other() {
    // Correlation 1 without nugget: b is ten times a, wherever.
    let rows = vec![vec![1.0, 10.0], vec![10.0, 100.0]];
    let model = Coregionalisation::new(vec!["a".into(), "b".into()], vec![structure("1 Sph(40)", &rows)]).unwrap();
    let a = samples();
    let b = Samples::new(vec![[25.0, 55.0]], vec![3.0]).unwrap();
    let run = CoSimulation::new(model, Means::Known(vec![0.0, 0.0]), 2).prepare(&[a, b], window(10), None).unwrap();
    let fields = run.simulate(0..8, &Serial).unwrap();
    for node in 0..100 {
        for k in 0..8 {
            let (a, b) = (fields[0].get(node, k), fields[1].get(node, k));
            assert!((b - 10.0 * a).abs() < 1e-6, "node {node}: {a} and {b}");
        }
    }
}

#[test]
fn fields_do_not_depend_on_who_computes_them_or_with_which_others() {
    let samples = sampled();
    for most in [None, Some(3)] {
        let mut recipe = CoSimulation::new(three(), Means::Unknown, 9);
        recipe.sample_neighbours = most;
        let cells: Vec<usize> = (0..576).filter(|i| i % 5 != 0).collect();
        let run = recipe.prepare(&samples, window(24), Some(&cells)).unwrap();
        let all = run.simulate(0..40, &Serial).unwrap();
        let others: [&dyn Executor; 3] = [&Backwards, &Threads(2), &Threads(5)];
        for executor in others {
            assert_eq!(all, run.simulate(0..40, executor).unwrap(), "{most:?}");
        }
        for range in [3..4, 8..17, 33..40] {
            let some = run.simulate(range.clone(), &Serial).unwrap();
            for (some, all) in some.iter().zip(&all) {
                for (position, k) in range.clone().enumerate() {
                    assert!(all.realisation(k).eq(some.realisation(position)), "{most:?}: realisation {k}");
                }
            }
        }
        assert!(!all[0].realisation(0).eq(all[0].realisation(1)));
    }
}

#[test]
fn near_samples_condition_as_all_do_when_they_are_all() {
    let samples = sampled();
    let mut recipe = CoSimulation::new(three(), Means::Unknown, 9);
    let run = |r: &CoSimulation| r.prepare(&samples, window(10), None).unwrap().simulate(0..3, &Serial).unwrap();
    let all = run(&recipe);
    recipe.sample_neighbours = Some(11);
    assert_eq!(run(&recipe), all);
    // Ten of the eleven of b, all of the others: what is left out matters little.
    recipe.sample_neighbours = Some(10);
    let most = run(&recipe);
    let far = |v: usize| (0..100).map(|n| (all[v].get(n, 0) - most[v].get(n, 0)).abs()).fold(0.0, f64::max);
    assert!(far(1) > 0.0 && far(1) < 2.0 && far(0) < 0.3, "{} {}", far(0), far(1));
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let (model, samples) = (three(), sampled());
    let recipe = CoSimulation::new(model.clone(), Means::Unknown, 1);
    let refused = |r: &CoSimulation, s: &[Samples]| r.prepare(s, window(10), None).err().unwrap().to_string();
    assert!(matches!(recipe.prepare(&[], window(10), None), Err(Error::TooFewSamples { .. })));
    assert!(refused(&recipe, &samples[..2]).contains("2 sets of samples for 3 variables"));
    let two = CoSimulation::new(model.clone(), Means::Known(vec![0.0; 2]), 1);
    assert!(refused(&two, &samples).contains("2 known means for 3 variables"));
    let twice = Samples::new(vec![[1.0, 1.0], [1.0, 1.0]], vec![0.0, 1.0]).unwrap();
    assert!(refused(&recipe, &[twice, samples[1].clone(), samples[2].clone()]).contains("share the place"));
    let mut none = recipe.clone();
    none.sample_neighbours = Some(0);
    assert!(refused(&none, &samples).contains("at least 1"));
    let linear = model_of_linear();
    assert!(refused(&CoSimulation::new(linear, Means::Unknown, 1), &samples[..1]).contains("sill"));
}

fn model_of_linear() -> Coregionalisation {
    Coregionalisation::new(vec!["a".into()], vec![structure("1 Lin(0)", &[vec![1.0]])]).unwrap()
}
