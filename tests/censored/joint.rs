//! Values of several variables below limits, drawn together: against co-kriging and against drawing by rejection, and laws.

use nalgebra::{Cholesky, DMatrix, DVector};
use soilscope_core::censored::{ImputationSettings, JointFitSettings, JointImputations, fit_joint};
use soilscope_core::cokriging::{CoKriging, Coefficients, Coregionalisation, LmcSettings, Means, Term, fit_lmc};
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::normal::normal_quantile;
use soilscope_core::random::Random;
use soilscope_core::simulation::CoSimulation;
use soilscope_core::transform::normal_cdf;
use soilscope_core::variogram::{LagClasses, Model, ModelTemplate, Structure};
use soilscope_core::{Coord, Error, Samples, Window};

struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

fn rows(a: f64, b: f64, c: f64) -> Coefficients {
    Coefficients::from_rows(&[vec![a, b], vec![b, c]]).unwrap()
}

/// Two variables of different size, with a correlation of 0.4 in the nugget and −0.8 in the structure.
fn model() -> Coregionalisation {
    let structure = Structure::new(Model::Exponential, 1.0, 20.0).unwrap();
    let terms =
        vec![Term::nugget(rows(0.2, 0.4, 5.0)).unwrap(), Term::structure(structure, rows(0.8, -3.2, 20.0)).unwrap()];
    Coregionalisation::new(vec!["a".into(), "b".into()], terms).unwrap()
}

fn scattered(n: usize, side: f64, seed: u64) -> Vec<Coord> {
    let mut random = Random::new(seed);
    (0..n).map(|_| [side * random.uniform(), side * random.uniform()]).collect()
}

/// Both variables at shared places and some at their own, as the model makes them (means 3 and 40), those of b with errors.
fn field(n: usize, side: f64, seed: u64) -> Vec<Samples> {
    let model = model();
    let shared = scattered(n, side, seed);
    let mut coords = [shared.clone(), shared];
    coords[0].extend(scattered(n / 5, side, seed + 1));
    coords[1].extend(scattered(n / 5, side, seed + 2));
    let all: Vec<(usize, Coord)> = (0..2).flat_map(|v| coords[v].iter().map(move |c| (v, *c))).collect();
    let between = |a: (usize, Coord), b: (usize, Coord)| {
        model.covariance(a.0, b.0, [a.1[0] - b.1[0], a.1[1] - b.1[1]]) + f64::from(u8::from(a == b && a.0 == 1))
    };
    let matrix = DMatrix::from_fn(all.len(), all.len(), |i, j| between(all[i], all[j]));
    let mut random = Random::new(seed + 3);
    let noise = DVector::from_fn(all.len(), |_, _| random.normal());
    let values = Cholesky::new(matrix).unwrap().l() * noise;
    let first = coords[0].len();
    let [a, b] = coords;
    let errors = vec![1.0; b.len()];
    vec![
        Samples::new(a, values.iter().take(first).map(|v| 3.0 + v).collect()).unwrap(),
        Samples::new(b, values.iter().skip(first).map(|v| 40.0 + v).collect())
            .unwrap()
            .with_error_variances(errors)
            .unwrap(),
    ]
}

fn flags(samples: &[Samples], below: &[[usize; 2]]) -> Vec<Vec<bool>> {
    let of = |v: usize| (0..samples[v].len()).map(|i| below.contains(&[v, i])).collect();
    (0..samples.len()).map(of).collect()
}

/// The same with this value in a sample.
fn with_value(samples: &[Samples], variable: usize, sample: usize, value: f64) -> Vec<Samples> {
    let mut out = samples.to_vec();
    let mut values = out[variable].values().to_vec();
    values[sample] = value;
    let changed = samples[variable].with_values(values).unwrap();
    out[variable] = match samples[variable].error_variances() {
        Some(errors) => changed.with_error_variances(errors.to_vec()).unwrap(),
        None => changed,
    };
    out
}

/// Mean and deviation of what co-kriging says of one measurement from all other samples.
fn from_others(samples: &[Samples], means: &Means, variable: usize, sample: usize) -> (f64, f64) {
    let mut others = samples.to_vec();
    let kept: Vec<usize> = (0..samples[variable].len()).filter(|&i| i != sample).collect();
    others[variable] = samples[variable].subset(&kept).unwrap();
    let cokriging = CoKriging { model: model(), means: means.clone(), neighbourhood: Neighbourhood::Global };
    let at = samples[variable].coords()[sample];
    let p = cokriging.fit(&others).unwrap().predict(at).get(0, variable).unwrap();
    (p.value, (p.variance.unwrap() + samples[variable].error_variance(sample)).sqrt())
}

/// Mean of a normal number below a limit.
fn mean_below(limit: f64, mean: f64, deviation: f64) -> f64 {
    let z = (limit - mean) / deviation;
    mean - deviation * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() / normal_cdf(z)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn settings(kept: usize) -> ImputationSettings {
    ImputationSettings { kept, ..ImputationSettings::default() }
}

/// One value below a limit has the normal distribution of co-kriging from all other samples of both variables, cut off there: below and
/// beyond the number of samples up to which conditionals are exact.
#[test]
fn one_value_below_its_limit_is_what_co_kriging_says_cut_off() {
    for (n, tolerance) in [(25, 0.0), (520, 0.02)] {
        let side = 10.0 * (n as f64).sqrt();
        let samples = field(n, side, 11);
        for means in [Means::Unknown, Means::Known(vec![2.5, 41.0])] {
            for variable in 0..2 {
                // One that both were measured at, and one of its own.
                for sample in [3, n + 2] {
                    let (centre, deviation) = from_others(&samples, &means, variable, sample);
                    let limit = centre - 0.3 * deviation;
                    let with = with_value(&samples, variable, sample, limit);
                    let below = flags(&with, &[[variable, sample]]);
                    let draws =
                        JointImputations::draw(&model(), &means, &with, &below, &settings(1000), &Serial).unwrap();
                    assert_eq!((draws.below(), draws.total()), (1, samples[0].len() + samples[1].len()));
                    let (number, values) = draws.in_turn().next().unwrap();
                    assert_eq!(number, sample + if variable == 1 { samples[0].len() } else { 0 });
                    assert!(values.iter().all(|y| *y <= limit));
                    let expected = mean_below(limit, centre, deviation);
                    // The deviation of what is cut off is less than the whole one, and one value is drawn independently each time.
                    let allowed = (4.5 / 4000.0_f64.sqrt() + tolerance) * deviation;
                    assert!(
                        (mean(&values) - expected).abs() < allowed,
                        "{n} {means:?} {variable} {sample}: {} is not {expected} ± {allowed}",
                        mean(&values)
                    );
                }
            }
        }
    }
}

/// Several values below limits, of both variables at one place and at others, have the distribution that remains of the normal one when
/// draws above a limit are thrown away.
#[test]
fn values_below_limits_are_drawn_as_by_rejection() {
    let samples = field(12, 35.0, 5);
    let hidden = [[0, 2], [1, 2], [0, 7], [1, 13]];
    let means = vec![3.0, 40.0];
    let model = model();
    let all: Vec<(usize, usize)> = (0..2).flat_map(|v| (0..samples[v].len()).map(move |i| (v, i))).collect();
    let is_hidden = |s: &(usize, usize)| hidden.contains(&[s.0, s.1]);
    let (mine, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_hidden);
    let between = |a: &(usize, usize), b: &(usize, usize)| {
        let (p, q) = (samples[a.0].coords()[a.1], samples[b.0].coords()[b.1]);
        let error = if a == b { samples[a.0].error_variance(a.1) } else { 0.0 };
        model.covariance(a.0, b.0, [p[0] - q[0], p[1] - q[1]]) + error
    };
    let matrix =
        |a: &[(usize, usize)], b: &[(usize, usize)]| DMatrix::from_fn(a.len(), b.len(), |i, j| between(&a[i], &b[j]));
    let known = DVector::from_fn(others.len(), |i, _| samples[others[i].0].values()[others[i].1] - means[others[i].0]);
    let inverse = matrix(&others, &others).try_inverse().unwrap();
    let weights = matrix(&mine, &others) * inverse;
    let centre = &weights * known;
    let root = Cholesky::new(matrix(&mine, &mine) - &weights * matrix(&others, &mine)).unwrap().l();
    // Limits a little below what the others say, of each on its own scale.
    let limits: Vec<f64> = (0..4).map(|k| means[mine[k].0] + centre[k] - 0.2 * root.row(k).norm()).collect();
    let mut random = Random::new(9);
    let mut kept: Vec<Vec<f64>> = Vec::new();
    while kept.len() < 20_000 {
        let drawn = &centre + &root * DVector::from_fn(4, |_, _| random.normal());
        let drawn: Vec<f64> = (0..4).map(|k| means[mine[k].0] + drawn[k]).collect();
        if drawn.iter().zip(&limits).all(|(y, limit)| y < limit) {
            kept.push(drawn);
        }
    }
    let with = mine.iter().zip(&limits).fold(samples.clone(), |s, (&(v, i), limit)| with_value(&s, v, i, *limit));
    let below = flags(&with, &hidden);
    let settings = ImputationSettings { thinning: 10, ..settings(5000) };
    let draws = JointImputations::draw(&model, &Means::Known(means), &with, &below, &settings, &Serial).unwrap();
    assert!(draws.mixing() < 1.02, "{}", draws.mixing());
    let number = |&(v, i): &(usize, usize)| i + if v == 1 { samples[0].len() } else { 0 };
    let found: Vec<Vec<f64>> =
        mine.iter().map(|s| draws.in_turn().find(|(own, _)| *own == number(s)).unwrap().1).collect();
    let column = |k: usize| kept.iter().map(|row| row[k]).collect::<Vec<f64>>();
    let product = |a: &[f64], b: &[f64]| {
        let (p, q) = (mean(a), mean(b));
        a.iter().zip(b).map(|(x, y)| (x - p) * (y - q)).sum::<f64>() / a.len() as f64
    };
    for k in 0..4 {
        let expected = column(k);
        let deviation = product(&expected, &expected).sqrt();
        let off = (mean(&found[k]) - mean(&expected)) / deviation;
        assert!(off.abs() < 0.06, "mean of {:?} off by {off} deviations", mine[k]);
        for j in 0..=k {
            let other = column(j);
            let scale = deviation * product(&other, &other).sqrt();
            let off = (product(&found[k], &found[j]) - product(&expected, &other)) / scale;
            assert!(off.abs() < 0.08, "covariance of {:?} and {:?} off by {off}", mine[k], mine[j]);
        }
    }
}

#[test]
fn draws_do_not_depend_on_the_order_of_the_samples_or_on_threads() {
    for n in [30, 520] {
        let samples = field(n, 10.0 * (n as f64).sqrt(), 3);
        let hidden: Vec<[usize; 2]> = (0..2).flat_map(|v| (0..n).step_by(3).map(move |i| [v, i])).collect();
        let below = flags(&samples, &hidden);
        let few = ImputationSettings { chains: 2, kept: 3, burn_in: 4, ..ImputationSettings::default() };
        let draw = |samples: &[Samples], below: &[Vec<bool>], executor: &dyn Executor| {
            JointImputations::draw(&model(), &Means::Unknown, samples, below, &few, executor).unwrap()
        };
        let here = draw(&samples, &below, &Serial);
        assert!(here == draw(&samples, &below, &Backwards), "{n}: tasks from the last to the first");
        let turned: Vec<Vec<usize>> = samples.iter().map(|s| (0..s.len()).rev().collect()).collect();
        let other: Vec<Samples> = samples.iter().zip(&turned).map(|(s, order)| s.subset(order).unwrap()).collect();
        let flags: Vec<Vec<bool>> =
            below.iter().zip(&turned).map(|(b, order)| order.iter().map(|&i| b[i]).collect()).collect();
        let there = draw(&other, &flags, &Serial);
        let (first, total) = (samples[0].len(), here.total());
        let mirrored = |i: usize| if i < first { first - 1 - i } else { total - 1 - (i - first) };
        for ((i, a), (j, b)) in here.in_turn().zip(there.in_turn()) {
            assert_eq!(i, mirrored(j));
            // The means of the values, which are the centres, are summed up in another order.
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9), "{n}: sample {i}");
        }
    }
}

/// Each realisation of a simulation has a draw of its own, at the samples' nodes too, whichever are made together; samples that are kept
/// have their draws under their new numbers.
#[test]
fn realisations_are_conditioned_on_a_draw_each() {
    let window = Window { origin: [0.0, 0.0], step: [10.0, 10.0], size: [6, 6] };
    let a = Samples::new(vec![[0.0, 0.0], [10.0, 0.0], [50.0, 50.0], [31.0, 12.0]], vec![3.0, 2.5, 4.0, 2.0]).unwrap();
    let b = Samples::new(vec![[10.0, 0.0], [20.0, 20.0], [50.0, 50.0]], vec![42.0, 39.0, 36.0]).unwrap();
    let below = [vec![false, true, false, true], vec![false, false, true]];
    let samples = [a, b];
    let draw = |seed: u64| {
        let settings = ImputationSettings { seed, ..settings(10) };
        JointImputations::draw(&model(), &Means::Unknown, &samples, &below, &settings, &Serial).unwrap()
    };
    let recipe = CoSimulation::new(model(), Means::Unknown, 4);
    let run = recipe.prepare(&samples, window, None).unwrap().with_imputations(&draw(1));
    let fields = run.simulate(0..40, &Serial).unwrap();
    let drawn: Vec<(usize, Vec<f64>)> = draw(1).in_turn().collect();
    let of = |number: usize| &drawn.iter().find(|(own, _)| *own == number).unwrap().1;
    for k in 0..40 {
        assert_eq!((fields[0].get(0, k), fields[0].get(1, k)), (3.0, of(1)[k]), "quantified, and below its limit");
        assert_eq!((fields[1].get(14, k), fields[1].get(35, k)), (39.0, of(6)[k]));
        assert!(fields[0].get(1, k) <= 2.5 && fields[1].get(35, k) <= 36.0);
    }
    let some = run.simulate(17..23, &Serial).unwrap();
    assert!((17..23).all(|k| (0..36).all(|node| some[1].get(node, k - 17) == fields[1].get(node, k))));
    // What is not below a limit moves with what is.
    let other = recipe.prepare(&samples, window, None).unwrap().with_imputations(&draw(2));
    assert!(other.simulate(0..1, &Serial).unwrap()[0].get(7, 0) != fields[0].get(7, 0));
    // Without the second sample of a and the first of b.
    let kept = [vec![0, 2, 3], vec![1, 2]];
    let fewer = draw(1).of_samples(&kept);
    assert_eq!((fewer.total(), fewer.below()), (5, 2));
    let numbers: Vec<(usize, Vec<f64>)> = fewer.in_turn().collect();
    assert!(numbers.contains(&(2, of(3).clone())) && numbers.contains(&(4, of(6).clone())));
}

/// Two fields with a known correlation, three in ten values of both below the limits of two laboratories: the fit finds it as it does with all values known,
/// and half the limit does not.
#[test]
fn the_correlation_is_found_without_the_values_below_limits() {
    let fields = 12;
    let structure = Structure::new(Model::Exponential, 1.0, 15.0).unwrap();
    let terms =
        vec![Term::nugget(rows(0.1, 0.0, 0.1)).unwrap(), Term::structure(structure, rows(0.9, 0.72, 0.9)).unwrap()];
    let truth = Coregionalisation::new(vec!["a".into(), "b".into()], terms).unwrap();
    let window = Window { origin: [0.0, 0.0], step: [4.0, 4.0], size: [25, 25] };
    let run = CoSimulation::new(truth, Means::Known(vec![1.0, 1.0]), 8).prepare(&[], window, None).unwrap();
    let soil = run.simulate(0..fields, &Serial).unwrap();
    let template: ModelTemplate = "Nug + Exp(15)".parse().unwrap();
    let names = ["a".to_owned(), "b".to_owned()];
    let lags = LagClasses::regular(45.0, 5.0).unwrap();
    // Limits on the modelling scale, that of the logarithm: half the limit is lower by ln 2.
    let limit = |s: usize| 1.0 + normal_quantile([0.1, 0.5][s % 2]);
    let (mut known, mut half, mut found, mut drawn) = (0.0, 0.0, 0.0, 0.0);
    let mut sampled = 0.0;
    for k in 0..fields {
        let mut order: Vec<usize> = (0..625).collect();
        Random::stream(2, k as u64).shuffle(&mut order);
        let places: Vec<usize> = order[..120].to_vec();
        let coords = |places: &[usize]| -> Vec<Coord> {
            places.iter().map(|&i| [4.0 * (i % 25) as f64, 4.0 * (i / 25) as f64]).collect()
        };
        let of = |change: &dyn Fn(usize, f64) -> f64| -> Vec<Samples> {
            let values = |v: usize| places.iter().enumerate().map(|(s, &i)| change(s, soil[v].get(i, k))).collect();
            (0..2).map(|v| Samples::new(coords(&places), values(v)).unwrap()).collect()
        };
        let samples = of(&|s, y| y.max(limit(s)));
        let is_below = |s: &Samples| s.values().iter().enumerate().map(|(i, y)| *y == limit(i)).collect();
        let below: Vec<Vec<bool>> = samples.iter().map(is_below).collect();
        let none = vec![vec![false; 120]; 2];
        let fit = |samples: &[Samples], below: &[Vec<bool>]| {
            let fit =
                fit_joint(samples, below, &Means::Unknown, (&lags, &[]), &JointFitSettings::default(), &Serial, |v| {
                    fit_lmc(&names, v, &template, &LmcSettings::default()).map(|fit| (fit.model, ()))
                })
                .unwrap();
            let m = &fit.model;
            (m.sill(0, 1) / (m.sill(0, 0) * m.sill(1, 1)).sqrt(), fit.correlations[0].unwrap(), fit.iterations)
        };
        let all = fit(&of(&|_, y| y), &none);
        let limits = fit(&samples, &below);
        assert_eq!((all.2, limits.2), (0, 20));
        known += all.0;
        sampled += all.1;
        half += fit(&of(&|s, y| if y < limit(s) { limit(s) - std::f64::consts::LN_2 } else { y }), &none).0;
        found += limits.0;
        drawn += limits.1;
    }
    let n = fields as f64;
    let [known, half, found, drawn, sampled] = [known, half, found, drawn, sampled].map(|sum| sum / n);
    // Of the fields simulated, and as 0.72.
    assert!((known - 0.72).abs() < 0.06, "{known}");
    assert!((found - known).abs() < 0.01, "{found} against {known} (half the limit: {half})");
    assert!((drawn - sampled).abs() < 0.01, "in the samples {drawn} against {sampled}");
    assert!(known - half > 0.02, "half the limit: {half} against {known}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let samples = field(10, 30.0, 1);
    let below = flags(&samples, &[[0, 1], [1, 4]]);
    let draw = |means: &Means, samples: &[Samples], below: &[Vec<bool>]| {
        JointImputations::draw(&model(), means, samples, below, &ImputationSettings::default(), &Serial)
    };
    assert!(draw(&Means::Unknown, &samples, &below).is_ok());
    let refused = |result: soilscope_core::Result<JointImputations>, what: &str| {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(what), "{text}");
    };
    refused(draw(&Means::Unknown, &samples[..1], &below), "1 sets of samples for 2 variables");
    refused(draw(&Means::Unknown, &samples, &below[..1]), "1 sets of flags");
    refused(draw(&Means::Known(vec![1.0]), &samples, &below), "1 known means");
    refused(draw(&Means::Known(vec![1.0, f64::NAN]), &samples, &below), "known mean");
    let all = vec![below[0].clone(), vec![true; samples[1].len()]];
    assert!(matches!(draw(&Means::Unknown, &samples, &all), Err(Error::TooFewSamples { found: 0, needed: 2, .. })));
    let short = vec![below[0].clone(), vec![false; 3]];
    assert!(matches!(draw(&Means::Unknown, &samples, &short), Err(Error::LengthMismatch { .. })));
    let settings = JointFitSettings { averaged: 0, ..JointFitSettings::default() };
    let lags = LagClasses::regular(20.0, 5.0).unwrap();
    let fit = fit_joint(&samples, &below, &Means::Unknown, (&lags, &[]), &settings, &Serial, |_| {
        Ok::<_, Error>((model(), ()))
    });
    assert!(matches!(fit, Err(Error::Parameter { name: "number of iterations or sweeps", .. })));
}
