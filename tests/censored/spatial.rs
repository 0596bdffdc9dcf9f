//! Maps with values below limits: analytic moments, brute force, laws.

use soilscope_core::censored::{
    CensoredFitSettings, CensoredKriging, ImputationSettings, Imputations, fit_censored, limits_above,
};
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::{LikelihoodSettings, Method, fit_likelihood, log_likelihood};
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::simulation::{KrigedSimulation, Simulator};
use soilscope_core::transform::{Transform, normal_cdf};
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Gap, Interpolator, Predictions, Samples, Scratch, Targets};

use crate::assert_close;
use crate::oracle::integral;

pub(crate) fn model(text: &str) -> Variogram {
    text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

/// Samples of a smooth surface with noise, those below `limit` given as it.
fn field(n: usize, limit: f64, seed: u64) -> (Samples, Vec<bool>) {
    let mut random = Random::new(seed);
    let coords: Vec<Coord> = (0..n).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
    let value = |c: &Coord, e: f64| (c[0] / 18.0).sin() + (c[1] / 25.0).cos() + 0.4 * e;
    let values: Vec<f64> = coords.iter().map(|c| value(c, random.normal())).collect();
    let below: Vec<bool> = values.iter().map(|v| *v < limit).collect();
    (Samples::new(coords, values.iter().map(|v| v.max(limit)).collect()).unwrap(), below)
}

fn recipe(drift: Drift, neighbourhood: Neighbourhood) -> Kriging {
    Kriging::new(model("0.2 Nug + 1 Exp(25)"), drift, neighbourhood)
}

/// One censored sample beside one that is known: a normal number cut off at its limit, whose moments are known.
#[test]
fn two_samples_have_the_truncated_moments() {
    let samples = Samples::new(vec![[0.0, 0.0], [5.0, 0.0]], vec![1.3, 0.4]).unwrap();
    let more = Samples::new(vec![[0.0, 0.0], [5.0, 0.0], [4000.0, 0.0]], vec![1.3, 0.4, 0.1]).unwrap();
    let variogram = model("1.5 Exp(10)");
    let kriging = Kriging::new(variogram, Drift::KnownMean(0.2), Neighbourhood::Global);
    let settings = ImputationSettings { kept: 5000, thinning: 1, ..ImputationSettings::default() };
    let draws = Imputations::draw(&kriging, &more, &[false, true, false], &settings, &Serial).unwrap();
    let rho = (-0.5_f64).exp();
    let (mean, deviation) = (0.2 + rho * 1.1, (1.5 * (1.0 - rho * rho)).sqrt());
    let z = (0.4 - mean) / deviation;
    let h = density(z) / normal_cdf(z);
    let variance = deviation * deviation * (1.0 - z * h - h * h);
    let n = draws.count() as f64;
    assert_close(draws.mean(0), mean - deviation * h, 4.0 * (variance / n).sqrt(), "mean");
    let found = draws.draws(0).iter().map(|y| (y - draws.mean(0)).powi(2)).sum::<f64>() / n;
    assert_close(found, variance, 0.06 * variance, "variance");
    // Fewer than two quantified values are refused, and so are flags of another number.
    assert!(Imputations::draw(&kriging, &samples, &[false, true], &settings, &Serial).is_err());
    assert!(Imputations::draw(&kriging, &samples, &[false], &settings, &Serial).is_err());
}

/// Two censored neighbours, unknown mean: the joint density by brute force over a plane.
#[test]
fn two_censored_samples_have_the_moments_of_their_joint_distribution() {
    let coords = vec![[0.0, 0.0], [6.0, 0.0], [3.0, 4.0], [11.0, 2.0]];
    let samples = Samples::new(coords, vec![1.0, 0.3, 0.5, -0.2]).unwrap();
    let below = [false, true, true, false];
    let variogram = model("0.1 Nug + 1 Exp(8)");
    let kriging = Kriging::new(variogram.clone(), Drift::Constant, Neighbourhood::Global);
    let settings = ImputationSettings { kept: 8000, thinning: 2, ..ImputationSettings::default() };
    let draws = Imputations::draw(&kriging, &samples, &below, &settings, &Serial).unwrap();
    // The restricted likelihood is the density with the mean integrated out.
    let likelihood = LikelihoodSettings::default();
    let joint = |a: f64, b: f64| {
        let with = samples.with_values(vec![1.0, a, b, -0.2]).unwrap();
        log_likelihood(&with, Drift::Constant, &variogram, &likelihood, &Serial).unwrap().exp()
    };
    let over =
        |f: &dyn Fn(f64, f64) -> f64| integral(&|a| integral(&|b| f(a, b) * joint(a, b), -5.0, 0.5, 60), -5.5, 0.3, 60);
    let total = over(&|_, _| 1.0);
    let expected = [over(&|a, _| a) / total, over(&|_, b| b) / total];
    let product = over(&|a, b| a * b) / total;
    let at = |i: usize| draws.samples().iter().position(|&s| s == i).unwrap();
    let (a, b) = (at(1), at(2));
    assert!(draws.mixing() < 1.01, "{}", draws.mixing());
    assert_close(draws.mean(a), expected[0], 0.02, "first");
    assert_close(draws.mean(b), expected[1], 0.02, "second");
    let found = draws.draws(a).iter().zip(draws.draws(b)).map(|(x, y)| x * y).sum::<f64>() / draws.count() as f64;
    assert_close(found, product, 0.03, "product");
}

/// Without a sample below a limit this is kriging, to the last bit; cross-validation too.
#[test]
fn without_limits_it_is_kriging() {
    let (samples, _) = field(60, f64::NEG_INFINITY, 3);
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(12).unwrap()] {
        let plain = recipe(Drift::Constant, neighbourhood);
        let censored = CensoredKriging::new(plain.clone(), vec![false; 60]);
        let (a, b) = (plain.fit(&samples).unwrap(), censored.fit(&samples).unwrap());
        for at in [[10.0, 20.0], [55.5, 40.0], [300.0, -20.0], samples.coords()[7]] {
            assert_eq!(a.predict(at), b.predict(at));
        }
        let folds = Folds::leave_one_out(&samples);
        assert_eq!(plain.leave_out(&samples, &folds).unwrap(), censored.leave_out(&samples, &folds).unwrap());
    }
}

/// Weights serve every draw: the predictor's mean and variance are those of one kriging a draw.
#[test]
fn predictions_are_those_of_kriging_every_draw() {
    let (samples, below) = field(50, -0.4, 4);
    assert!(below.iter().filter(|b| **b).count() > 8);
    for (drift, neighbourhood) in [
        (Drift::KnownMean(0.3), Neighbourhood::nearest(9).unwrap()),
        (Drift::Constant, Neighbourhood::nearest(9).unwrap()),
        (Drift::polynomial(1), Neighbourhood::nearest(16).unwrap()),
        (Drift::KnownMean(0.3), Neighbourhood::Global),
        (Drift::polynomial(1), Neighbourhood::Global),
    ] {
        let kriging = recipe(drift, neighbourhood);
        let settings = ImputationSettings { kept: 5, ..ImputationSettings::default() };
        let censored = CensoredKriging { settings, ..CensoredKriging::new(kriging.clone(), below.clone()) };
        let predictor = censored.fit_with(&samples, &Serial).unwrap();
        let places = [[10.0, 20.0], [55.5, 40.0], [130.0, 60.0], [12.0, 88.0]];
        let draws = predictor.imputations();
        let each: Vec<Vec<_>> = (0..draws.count())
            .map(|m| {
                let mut values = samples.values().to_vec();
                draws.samples().iter().enumerate().for_each(|(a, &i)| values[i] = draws.draws(a)[m]);
                let fitted = kriging.fit(&samples.with_values(values).unwrap()).unwrap();
                places.iter().map(|&p| fitted.predict(p).unwrap()).collect()
            })
            .collect();
        let probability = predictor.exceedance(&Targets::points(&places), 0.5, &mut Scratch::default());
        for (k, &place) in places.iter().enumerate() {
            let n = draws.count() as f64;
            let mean = each.iter().map(|m| m[k].value).sum::<f64>() / n;
            let between = each.iter().map(|m| (m[k].value - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let own = each[0][k].variance.unwrap();
            use soilscope_core::Predictor;
            let found = predictor.predict(place).unwrap();
            assert_close(found.value, mean, 1e-10, "mean");
            assert_close(found.variance.unwrap(), own + between, 1e-10, "variance");
            let above = each.iter().map(|m| normal_cdf((m[k].value - 0.5) / own.sqrt())).sum::<f64>() / n;
            assert_close(probability[k].unwrap(), above, 1e-10, "probability");
        }
    }
}

#[test]
fn a_censored_sample_is_below_its_limit_and_uncertain() {
    let (samples, below) = field(70, -0.3, 5);
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(12).unwrap()] {
        let predictor =
            CensoredKriging::new(recipe(Drift::Constant, neighbourhood), below.clone()).fit(&samples).unwrap();
        for i in 0..samples.len() {
            let p = predictor.predict(samples.coords()[i]).unwrap();
            if below[i] {
                assert!(p.value < samples.values()[i] && p.variance.unwrap() > 1e-4, "sample {i}: {p:?}");
            } else {
                assert_close(p.value, samples.values()[i], 1e-9, "a quantified sample");
                assert!(p.variance.unwrap() < 1e-9);
            }
        }
    }
}

/// A limit far above everything says nothing: predictions are those without the sample.
#[test]
fn a_limit_far_above_says_nothing() {
    let (samples, _) = field(40, f64::NEG_INFINITY, 6);
    let mut values = samples.values().to_vec();
    values[11] = 1e3;
    let with = samples.with_values(values).unwrap();
    let mut below = vec![false; 40];
    below[11] = true;
    let kriging = recipe(Drift::Constant, Neighbourhood::Global);
    let settings = ImputationSettings { kept: 4000, thinning: 1, ..ImputationSettings::default() };
    let censored = CensoredKriging { settings, ..CensoredKriging::new(kriging.clone(), below) }.fit(&with).unwrap();
    let rest: Vec<usize> = (0..40).filter(|&i| i != 11).collect();
    let without = kriging.fit(&samples.subset(&rest).unwrap()).unwrap();
    for at in [samples.coords()[11], [50.0, 50.0], [samples.coords()[11][0] + 3.0, samples.coords()[11][1]]] {
        let (a, b) = (censored.predict(at).unwrap(), without.predict(at).unwrap());
        let deviation = b.variance.unwrap().sqrt();
        assert_close(a.value, b.value, 4.0 * deviation / 16_000.0_f64.sqrt(), "value");
        assert_close(a.variance.unwrap(), b.variance.unwrap(), 0.05 * b.variance.unwrap(), "variance");
    }
}

/// A limit far below everything near is nearly the value itself: the tail of a normal distribution is thin.
#[test]
fn a_limit_far_below_is_nearly_a_value() {
    let (samples, _) = field(40, f64::NEG_INFINITY, 6);
    let mut values = samples.values().to_vec();
    values[11] = -40.0;
    let with = samples.with_values(values).unwrap();
    let mut below = vec![false; 40];
    below[11] = true;
    let kriging = recipe(Drift::Constant, Neighbourhood::Global);
    let predictor = CensoredKriging::new(kriging.clone(), below).fit(&with).unwrap();
    let known = kriging.fit(&with).unwrap();
    assert!(predictor.predict(samples.coords()[11]).unwrap().value < -40.0);
    for at in [samples.coords()[11], [50.0, 50.0], [samples.coords()[11][0] + 3.0, samples.coords()[11][1]]] {
        let (a, b) = (predictor.predict(at).unwrap(), known.predict(at).unwrap());
        assert_close(a.value, b.value, 0.05, "value");
        assert_close(a.variance.unwrap(), b.variance.unwrap(), 0.01, "variance");
    }
}

/// Tasks from the last to the first, as threads might run them.
struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

/// The draws depend on the seed alone, not on who draws them or on the order of the samples.
#[test]
fn draws_depend_on_the_seed_alone() {
    let (samples, below) = field(60, -0.3, 8);
    let kriging = recipe(Drift::Constant, Neighbourhood::Global);
    let draw = |s: &Samples, b: &[bool], seed, e: &dyn Executor| {
        Imputations::draw(&kriging, s, b, &ImputationSettings { seed, ..ImputationSettings::default() }, e).unwrap()
    };
    let first = draw(&samples, &below, 1, &Serial);
    assert_eq!(first, draw(&samples, &below, 1, &Backwards));
    assert_ne!(first.draws(0), draw(&samples, &below, 2, &Serial).draws(0));
    let reversed: Vec<usize> = (0..60).rev().collect();
    let flags: Vec<bool> = reversed.iter().map(|&i| below[i]).collect();
    let other = draw(&samples.subset(&reversed).unwrap(), &flags, 1, &Serial);
    for (a, &i) in first.samples().iter().enumerate() {
        assert_eq!(i, 59 - other.samples()[a]);
        assert_close(first.mean(a), other.mean(a), 1e-9, "order");
    }
}

/// Beyond 1000 samples draws come from Vecchia's approximation: near the exact ones of the first 1000, with every kind of drift, and on
/// a sphere.
#[test]
fn many_samples_are_drawn_near_the_exact_ones() {
    let (plane, below) = field(1100, -1.2, 9);
    // The same field on a square degree, whose side is 111 km and not 100.
    let degrees = plane.coords().iter().map(|c| [c[0] / 100.0, c[1] / 100.0]).collect();
    let sphere = Samples::new(degrees, plane.values().to_vec()).unwrap().on_sphere(EARTH_RADIUS).unwrap();
    let near = Neighbourhood::nearest(24).unwrap();
    let on_sphere = Kriging::new(model("0.2 Nug + 1 Exp(27800)"), Drift::Constant, near);
    for (samples, kriging) in [
        (&plane, recipe(Drift::Constant, near)),
        (&plane, recipe(Drift::KnownMean(0.2), near)),
        (&plane, recipe(Drift::polynomial(1), near)),
        (&sphere, on_sphere),
    ] {
        let few = samples.subset(&(0..1000).collect::<Vec<_>>()).unwrap();
        let settings = ImputationSettings { kept: 100, thinning: 3, ..ImputationSettings::default() };
        let exact = Imputations::draw(&kriging, &few, &below[..1000], &settings, &Serial).unwrap();
        let many = Imputations::draw(&kriging, samples, &below, &settings, &Serial).unwrap();
        let difference = |(a, &i): (usize, &usize)| {
            let b = many.samples().iter().position(|&s| s == i).unwrap();
            exact.mean(a) - many.mean(b)
        };
        let compared = exact.samples().len();
        let squared: f64 = exact.samples().iter().enumerate().map(|d| difference(d).powi(2)).sum();
        // 100 samples more, an approximation, and the draws' own error (deviation 0.4, 400 draws that are not independent).
        let root = (squared / compared as f64).sqrt();
        assert!(compared > 50 && root < 0.12, "{compared} {root}");
    }
}

/// Every fold is predicted without its own limits: its draws cannot know them.
#[test]
fn what_is_left_out_takes_its_limits_with_it() {
    let (samples, below) = field(40, -0.3, 10);
    let kriging = recipe(Drift::Constant, Neighbourhood::Global);
    let folds = Folds::random(&samples, 5, 1).unwrap();
    let censored = CensoredKriging::new(kriging, below.clone());
    let outcomes = censored.leave_out(&samples, &folds).unwrap();
    let kept: Vec<usize> = (0..40).filter(|&i| folds.of(i) != 2).collect();
    let alone = CensoredKriging { below: kept.iter().map(|&i| below[i]).collect(), ..censored.clone() };
    let predictor = alone.fit(&samples.subset(&kept).unwrap()).unwrap();
    for i in (0..40).filter(|&i| folds.of(i) == 2) {
        assert_eq!(outcomes[i], predictor.predict(samples.coords()[i]));
    }
    assert_eq!(limits_above(&samples, &below, -0.5).unwrap().len(), below.iter().filter(|b| **b).count());
    assert!(limits_above(&samples, &below, 0.0).unwrap().is_empty());
}

/// Fits without values below limits are plain ones.
#[test]
fn fits_without_limits_are_plain() {
    let (samples, _) = field(60, f64::NEG_INFINITY, 3);
    let template: ModelTemplate = "Nug + Exp".parse().unwrap();
    let settings = CensoredFitSettings::default();
    let fit = fit_censored(&samples, &[false; 60], Drift::Constant, &template, &settings, &Serial).unwrap();
    let plain = fit_likelihood(&samples, Drift::Constant, &template, &settings.likelihood, &Serial).unwrap();
    assert_eq!((&fit.variogram, fit.iterations), (&plain.variogram, 0));
    assert_eq!(fit.coefficients, plain.coefficients);
}

/// Stochastic EM is near the maximum of the exact censored likelihood: the density of the quantified values times the
/// probability that the three others, given these, are below their limits, integrated by brute force.
#[test]
fn stochastic_em_finds_the_maximum_of_the_censored_likelihood() {
    // The three smallest are given as below the fourth.
    let (complete, _) = field(40, f64::NEG_INFINITY, 12);
    let mut sorted = complete.values().to_vec();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[3];
    let below: Vec<bool> = complete.values().iter().map(|&v| v < limit).collect();
    let samples = complete.with_values(complete.values().iter().map(|v| v.max(limit)).collect()).unwrap();
    let held: Vec<usize> = (0..40).filter(|&i| below[i]).collect();
    let likelihood = LikelihoodSettings { method: Method::Ml, ..LikelihoodSettings::default() };
    let drift = Drift::KnownMean(0.3);
    let exact = |sill: f64, range: f64| {
        let variogram = model(&format!("0.15 Nug + {sill} Exp({range})"));
        let at = |[a, b, c]: [f64; 3]| {
            let mut values = samples.values().to_vec();
            held.iter().zip([a, b, c]).for_each(|(&i, y)| values[i] = y);
            let with = samples.with_values(values).unwrap();
            log_likelihood(&with, drift, &variogram, &likelihood, &Serial).unwrap()
        };
        // Gauss and Legendre would do with less; 12 panels over 4 units are accurate to 10⁻³.
        let top = at([limit; 3]);
        let (from, panels) = (limit - 3.5, 10);
        integral(
            &|a| integral(&|b| integral(&|c| (at([a, b, c]) - top).exp(), from, limit, panels), from, limit, panels),
            from,
            limit,
            panels,
        )
        .ln()
            + top
    };
    let template: ModelTemplate = "0.15 Nug + Exp".parse().unwrap();
    let settings = CensoredFitSettings {
        likelihood: likelihood.clone(),
        warm_up: 8,
        averaged: 40,
        ..CensoredFitSettings::default()
    };
    let fit = fit_censored(&samples, &below, drift, &template, &settings, &Serial).unwrap();
    assert_eq!((fit.below, fit.iterations, fit.not_converged), (3, 48, 0));
    let [sill, range] = [fit.parameters[0], fit.parameters[1]];
    // The likelihood at its maximum: a parabola through five places in each direction of log sill and log range.
    let step = 0.25;
    let l = |s: f64, r: f64| exact(sill.estimate * (s * step).exp(), range.estimate * (r * step).exp());
    let (centre, sp, sm, rp, rm) = (l(0.0, 0.0), l(1.0, 0.0), l(-1.0, 0.0), l(0.0, 1.0), l(0.0, -1.0));
    let cross = l(1.0, 1.0) - sp - rp + centre;
    let (gs, gr) = (0.5 * (sp - sm), 0.5 * (rp - rm));
    let (hs, hr) = (2.0 * centre - sp - sm, 2.0 * centre - rp - rm);
    let determinant = hs * hr - cross * cross;
    let away = [(hr * gs + cross * gr) / determinant * step, (hs * gr + cross * gs) / determinant * step];
    // In logarithms: the averages are of 40 iterations that vary by `between`.
    for (distance, estimate) in away.iter().zip([sill, range]) {
        let half = (estimate.upper.unwrap() / estimate.estimate).ln() / 1.96;
        assert!(
            distance.abs() < 0.15 * half + 3.0 * estimate.between / 40.0_f64.sqrt(),
            "{away:?} {half} {estimate:?}"
        );
    }
}

/// Folds that are far from each other share their draws; what is predicted is what one fit a fold predicts, up to the draws' own
/// error and what a sample knows of others beyond its neighbourhood.
#[test]
fn folds_that_share_draws_are_predicted_as_one_by_one() {
    let (samples, below) = field(150, -0.2, 12);
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(16).unwrap()] {
        let censored = CensoredKriging::new(recipe(Drift::Constant, neighbourhood), below.clone());
        let folds = Folds::leave_one_out(&samples);
        let shared = censored.leave_out_on(&samples, &folds, &Serial).unwrap();
        let (mut squared, mut worst, mut ratio) = (0.0_f64, 0.0_f64, 0.0_f64);
        for i in 0..samples.len() {
            let kept: Vec<usize> = (0..samples.len()).filter(|&j| j != i).collect();
            let alone = censored.fit_to(&samples, &kept).unwrap();
            let mut out = Predictions::default();
            alone.predict_into(&Targets::points(&samples.coords()[i..=i]), &mut Scratch::default(), &mut out);
            let (one, other) = (out.get(0).unwrap(), shared.get(i).unwrap());
            let deviation = one.variance.unwrap().sqrt();
            let off = (one.value - other.value) / deviation;
            squared += off * off / samples.len() as f64;
            worst = worst.max(off.abs());
            ratio += other.variance.unwrap() / one.variance.unwrap() / samples.len() as f64;
            let above = |p, m| Transform::None.exceedance_mixed(&p, m, 0.0).unwrap();
            let difference = above(one, out.mixture(0)) - above(other, shared.mixture(i));
            assert!(difference.abs() < 0.06, "{i}: {difference}");
        }
        // Of the predicted standard deviation: 200 draws know their mean to some hundredths.
        assert!(squared.sqrt() < 0.04 && worst < 0.15, "{} {worst}", squared.sqrt());
        assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
    }
}

/// Folds that share draws may hold all quantified samples together; each by itself leaves enough of them, and is then fitted alone.
#[test]
fn few_quantified_samples_are_left_out_one_by_one() {
    // The corners first, so that they are of one group.
    let corners = [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]];
    let grid = (0..100).map(|k| [f64::from(k % 10), f64::from(k / 10)]);
    let places: Vec<Coord> = corners.into_iter().chain(grid.filter(|at| !corners.contains(at))).collect();
    let of = |count: usize| -> (Samples, Vec<bool>) {
        let values = (0..places.len()).map(|i| if i < count { 1.0 + i as f64 } else { -0.3 }).collect();
        (Samples::new(places.clone(), values).unwrap(), (0..places.len()).map(|i| i >= count).collect())
    };
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(16).unwrap()] {
        let (samples, below) = of(3);
        let folds = Folds::leave_one_out(&samples);
        let censored = CensoredKriging::new(recipe(Drift::Constant, neighbourhood), below);
        let found = censored.leave_out_on(&samples, &folds, &Serial).unwrap();
        assert!(found.iter().all(|outcome| outcome.is_ok()));
        for i in 0..3 {
            let kept: Vec<usize> = (0..samples.len()).filter(|&j| j != i).collect();
            let alone = censored.fit_to(&samples, &kept).unwrap();
            assert_eq!(found.get(i).unwrap(), alone.predict(samples.coords()[i]).unwrap());
        }
        // Of two one is left: nothing can be drawn, and that is a gap with its reason.
        let (samples, below) = of(2);
        let censored = CensoredKriging::new(recipe(Drift::Constant, neighbourhood), below);
        let found = censored.leave_out_on(&samples, &folds, &Serial).unwrap();
        for (i, outcome) in found.iter().enumerate() {
            let gap = Gap::TooFewNeighbours { found: 1, needed: 2 };
            assert_eq!(outcome.err(), (i < 2).then_some(gap), "{i}");
        }
    }
}

/// What the raster's cells get is the mean over draws, not a normal distribution of the same mean and variance.
#[test]
fn probabilities_are_of_the_mixture() {
    let (samples, below) = field(60, 0.2, 4);
    let censored = CensoredKriging::new(recipe(Drift::Constant, Neighbourhood::Global), below.clone());
    let predictor = censored.fit(&samples).unwrap();
    let mut out = Predictions::default();
    predictor.predict_into(&Targets::points(samples.coords()), &mut Scratch::default(), &mut out);
    // The draws are kept with seven digits.
    let places: Vec<Coord> = (0..40).map(|k| [2.5 * f64::from(k), 50.0]).collect();
    let mut there = Predictions::default();
    let ready = censored.fit_with(&samples, &Serial).unwrap();
    let exact = ready.exceedance(&Targets::points(&places), 0.1, &mut Scratch::default());
    soilscope_core::Predictor::predict_into(&ready, &Targets::points(&places), &mut Scratch::default(), &mut there);
    for (k, exact) in exact.into_iter().enumerate() {
        let kept = Transform::None.exceedance_mixed(&there.get(k).unwrap(), there.mixture(k), 0.1).unwrap();
        assert_close(kept, exact.unwrap(), 1e-6, "probability of the draws that are kept");
    }
    for (i, _) in below.iter().enumerate().filter(|(_, b)| **b) {
        let limit = samples.values()[i];
        let predicted = out.get(i).unwrap();
        // At a sample below its limit nobody expects more than the limit; a normal distribution does.
        assert_eq!(Transform::None.exceedance_mixed(&predicted, out.mixture(i), limit + 1e-6), Some(0.0));
        assert!(Transform::None.exceedance(&predicted, limit + 1e-6).unwrap() > 0.0);
    }
}

/// Realisations around the kriging of a map, each with its own draw, have its mean and variance; at a sample below its limit they are
/// the draws.
#[test]
fn realisations_have_the_moments_of_the_mixture() {
    let (samples, below) = field(60, 0.2, 4);
    let kriging = recipe(Drift::Constant, Neighbourhood::Global);
    let settings = ImputationSettings { kept: 250, ..ImputationSettings::default() };
    let draws = Imputations::draw(&kriging, &samples, &below, &settings, &Serial).unwrap();
    let low = below.iter().position(|b| *b).unwrap();
    let places = [[50.0, 50.0], [20.0, 80.0], samples.coords()[low], [90.0, 30.0]];
    let run = KrigedSimulation::new(kriging.clone(), 3).prepare_imputed(&samples, &draws, &places, &[]).unwrap();
    let fields = run.simulate(0..1000, &Serial).unwrap();
    let censored = CensoredKriging { settings, ..CensoredKriging::new(kriging, below) };
    let mut out = Predictions::default();
    let predictor = censored.fit(&samples).unwrap();
    predictor.predict_into(&Targets::points(&places), &mut Scratch::default(), &mut out);
    for node in 0..places.len() {
        let mut there = Vec::new();
        fields.at_node(node, &mut there);
        let mean = there.iter().sum::<f64>() / 1000.0;
        let variance = there.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 999.0;
        let expected = out.get(node).unwrap();
        let stated = expected.variance.unwrap();
        assert!((mean - expected.value).abs() < 4.0 * (stated / 1000.0).sqrt(), "{node}: {mean} {}", expected.value);
        assert!((variance / stated - 1.0).abs() < 0.2, "{node}: {variance} {stated}");
        if node == 2 {
            assert!(there.iter().all(|v| *v <= samples.values()[low] + 1e-6));
        }
    }
}
