//! The factor against plain matrices, and kriging against the plain system of equations.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::{Covariances, Factor};
use crate::drift::Drift;
use crate::executor::{Executor, Serial};
use crate::kriging::Kriging;
use crate::kriging::global::{GlobalKriging, GlobalSystem};
use crate::kriging::setting::Setting;
use crate::neighbourhood::Neighbourhood;
use crate::random::Random;
use crate::support::{BlockNodes, Support};
use crate::variogram::{Anisotropy, ModelTemplate, Variogram};
use crate::{Coord, Interpolator, Predictions, Predictor, Samples, Scratch, Targets, Window};

/// Three threads, each taking the next task.
struct Threads;

impl Executor for Threads {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        let taken = next.fetch_add(1, Ordering::Relaxed);
                        if taken >= tasks {
                            break;
                        }
                        task(taken);
                    }
                });
            }
        });
    }
}

fn model(notation: &str) -> Variogram {
    notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

fn samples(n: usize, seed: u64) -> Samples {
    let mut random = Random::new(seed);
    let coords: Vec<Coord> = (0..n).map(|_| [1000.0 * random.uniform(), 700.0 * random.uniform()]).collect();
    let values = coords.iter().map(|c| 1e3 + c[0] / 100.0 + (c[1] / 90.0).sin() + random.uniform()).collect();
    let errors = (0..n).map(|i| (i % 3) as f64 * 0.05).collect();
    let covariates = coords.iter().map(|c| (c[0] / 130.0).cos()).collect();
    Samples::new(coords, values).unwrap().with_error_variances(errors).unwrap().with_covariates(&[covariates]).unwrap()
}

fn factor(variogram: &Variogram, samples: &Samples, reach: Option<[f64; 2]>, executor: &dyn Executor) -> Factor {
    let errors: Vec<f64> = (0..samples.len()).map(|i| samples.error_variance(i)).collect();
    let variance = variogram.covariance([0.0; 2]);
    let covariances = Covariances::new(variogram);
    Factor::new(&covariances, samples.coords(), &errors, reach, variance, executor).unwrap().unwrap()
}

/// The covariance matrix, element by element.
fn plain(variogram: &Variogram, samples: &Samples) -> DMatrix<f64> {
    let c = samples.coords();
    DMatrix::from_fn(samples.len(), samples.len(), |i, j| {
        let own = if i == j { samples.error_variance(i) } else { 0.0 };
        variogram.covariance([c[i][0] - c[j][0], c[i][1] - c[j][1]]) + own
    })
}

#[test]
fn factors_solve_and_invert_as_plain_matrices_do() {
    for (n, notation, cut) in [
        (1, "0.1 Nug + 1 Sph(60)", false),
        (9, "0.1 Nug + 1 Exp(60)", false),
        (200, "0.1 Nug + 1 Exp(60)", false),
        (403, "0.1 Nug + 1 Sph(2000)", false),
        (600, "0.1 Nug + 1 Sph(60)", true),
        (600, "1 Nug", true),
    ] {
        let (variogram, samples) = (model(notation), samples(n, 5));
        let factor = factor(&variogram, &samples, variogram.reach(), &Serial);
        assert_eq!(factor.is_cut(), cut, "{notation}");
        let matrix = plain(&variogram, &samples);
        let inverse = matrix.clone().try_inverse().unwrap();
        let b = DMatrix::from_fn(n, 3, |i, j| ((i * 31 + j * 17) % 23) as f64 - 11.0);
        assert!((factor.solve(&b) - &inverse * &b).amax() < 1e-9 * inverse.amax(), "{n} {notation}");
        let of: Vec<usize> = (0..n).filter(|i| i % 3 != 1).rev().collect();
        let block = inverse.select_rows(&of).select_columns(&of);
        assert!((factor.inverse_block(&of) - block).amax() < 1e-9 * inverse.amax(), "{n} {notation}");
    }
}

#[test]
fn samples_in_clusters_have_empty_strips_between_them() {
    let mut random = Random::new(4);
    let places: Vec<Coord> = (0..800)
        .map(|i| {
            let cluster = i % 9;
            let centre = [f64::from(cluster % 3) * 100.0, f64::from(cluster / 3) * 100.0];
            centre.map(|c| c + if cluster < 5 { 80.0 } else { 15.0 } * random.uniform())
        })
        .collect();
    let samples = Samples::new(places, vec![0.0; 800]).unwrap();
    let variogram = model("0.1 Nug + 1 Sph(12)");
    let factor = factor(&variogram, &samples, variogram.reach(), &Threads);
    let empty = |f: &&super::dissection::Front| f.own.is_empty() && !f.border.is_empty();
    assert!(factor.dissection.fronts.iter().filter(empty).count() > 0, "one that has a border");
    let inverse = plain(&variogram, &samples).try_inverse().unwrap();
    let b = DMatrix::from_fn(800, 2, |i, j| ((i * 31 + j * 17) % 23) as f64);
    assert!((factor.solve(&b) - &inverse * &b).amax() < 1e-9 * inverse.amax());
}

#[test]
fn singular_matrices_have_no_factor() {
    let variogram = model("1 Gau(900)");
    let places: Vec<Coord> = (0..300).map(|i| [f64::from(i % 20), f64::from(i / 20)]).collect();
    let made = Factor::new(&Covariances::new(&variogram), &places, &[0.0; 300], None, 1.0, &Threads);
    assert!(made.unwrap().is_none());
    // Of one place twice, which is found in a front below others.
    let mut places: Vec<Coord> = (0..900).map(|i| [f64::from(i % 30), f64::from(i / 30)]).collect();
    places[899] = places[870];
    let variogram = model("1 Sph(2)");
    let covariances = Covariances::new(&variogram);
    let made = |places: &[Coord]| {
        let errors = vec![0.0; places.len()];
        Factor::new(&covariances, places, &errors, variogram.reach(), 1.0, &Threads).unwrap()
    };
    assert!(made(&places).is_none());
    assert!(made(&places[..899]).is_some_and(|f| f.is_cut()));
}

/// Everything that a predictor says of a window, its bits.
fn bits(predictor: &dyn Predictor, window: Window) -> Vec<[u64; 3]> {
    let mut out = Predictions::default();
    predictor.predict_into(&Targets::window(window), &mut Scratch::default(), &mut out);
    let bits = |p: crate::Prediction| [p.value, p.variance.unwrap(), p.multiplier].map(f64::to_bits);
    out.iter().map(|outcome| bits(outcome.unwrap())).collect()
}

#[test]
fn neither_threads_nor_company_change_a_bit() {
    let samples = samples(700, 8);
    for notation in ["0.1 Nug + 1 Exp(60)", "0.1 Nug + 1 Sph(60)", "0.1 Nug + 1 Cir(60)"] {
        let kriging = Kriging::new(model(notation), Drift::polynomial(1), Neighbourhood::Global);
        let window = Window { origin: [-40.0, 720.0], step: [31.0, -29.0], size: [36, 25] };
        let serial = bits(kriging.fit(&samples).unwrap().as_ref(), window);
        let predictor = kriging.fit_on(&samples, &Threads).unwrap();
        assert_eq!(bits(predictor.as_ref(), window), serial, "{notation}");
        for row in [0, 7, 24] {
            let origin = [window.origin[0], window.origin[1] + row as f64 * window.step[1]];
            let alone = bits(predictor.as_ref(), Window { origin, size: [36, 1], ..window });
            assert_eq!(alone, serial[row * 36..(row + 1) * 36], "{notation} row {row}");
        }
        let folds = crate::validation::Folds::leave_one_out(&samples);
        let values = |executor: &dyn Executor| -> Vec<_> {
            let out = kriging.leave_out_on(&samples, &folds, executor).unwrap();
            out.iter().map(|p| p.unwrap().value.to_bits()).collect()
        };
        assert_eq!(values(&Serial), values(&Threads), "{notation}");
    }
}

/// Value, variance and multiplier as the kriging system says, [C F; Fᵀ 0] [λ; −μ] = [c₀; f₀].
fn by_the_system(kriging: &Kriging, samples: &Samples, at: Coord, covariate: f64) -> [f64; 3] {
    let setting = Setting::new(kriging, samples).unwrap();
    let (n, p) = (samples.len(), setting.basis.columns());
    let drift = setting.basis.matrix(samples);
    let mut whole = DMatrix::zeros(n + p, n + p);
    whole.view_mut((0, 0), (n, n)).copy_from(&plain(&setting.variogram, samples));
    whole.view_mut((0, n), (n, p)).copy_from(&drift);
    whole.view_mut((n, 0), (p, n)).copy_from(&drift.transpose());
    let mut right = DVector::zeros(n + p);
    let mut spare = Vec::new();
    setting.covariances(at, samples.coords(), &mut right.as_mut_slice()[..n], &mut spare);
    let used = if setting.basis.covariates() > 0 { vec![covariate] } else { Vec::new() };
    setting.drift(&setting.basis, at, &used, &mut right.as_mut_slice()[n..], &mut spare);
    let solved = whole.lu().solve(&right).unwrap();
    let value = (0..n).map(|i| solved[i] * (samples.values()[i] - setting.centre)).sum::<f64>() + setting.centre;
    let multiplier = -(n..n + p).map(|k| solved[k] * right[k]).sum::<f64>();
    let explained: f64 = (0..n).map(|i| solved[i] * right[i]).sum();
    [value, setting.own_variance - explained + multiplier, multiplier]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn global_kriging_is_the_solution_of_its_system(
        seed in 0_u64..1000,
        n in 60_usize..320,
        range in 20.0_f64..400.0,
        ratio in 0.3_f64..1.0,
        azimuth in 0.0_f64..180.0,
        shape in 0_usize..4,
        drift in 0_usize..4,
        block in any::<bool>(),
    ) {
        let notation = ["0.1 Nug + 1 Sph(9)", "0.2 Nug + 1 Cir(9)", "1 Pen(9) + 0.1 Nug", "0.1 Nug + 1 Exp(9)"][shape];
        let turned = Anisotropy::new(azimuth, ratio).unwrap();
        let base = model(notation);
        let ranged = |s: &crate::variogram::Structure| {
            crate::variogram::Structure::new(s.model(), s.partial_sill(), range).unwrap().with_anisotropy(turned)
        };
        let variogram = Variogram::new(base.nugget(), base.structures().iter().map(ranged).collect()).unwrap();
        let drift =
            [Drift::Constant, Drift::KnownMean(1004.0), Drift::polynomial(2), Drift::Trend { degree: 1, covariates: 1 }][drift];
        let samples = samples(n, seed);
        let support = if block { Support::block([30.0, 20.0], BlockNodes::Gauss(NonZeroUsize::MIN.saturating_add(1))).unwrap() } else { Support::Point };
        let kriging = Kriging::new(variogram, drift, Neighbourhood::Global).with_support(support);
        let setting = Setting::new(&kriging, &samples).unwrap();
        // As it is done, and as one dense triangle.
        let cut = GlobalSystem::new(&kriging, &samples, &Serial).unwrap();
        let dense = GlobalSystem::within(&kriging, setting, &samples, None, &Serial).unwrap();
        prop_assert!(!dense.factor.is_cut() && (cut.factor.is_cut() || shape == 3 || range > 30.0 || n < 200));
        let mut random = Random::new(seed);
        let mut targets: Vec<Coord> = (0..150).map(|_| [1000.0 * random.uniform(), 700.0 * random.uniform()]).collect();
        targets.push(samples.coords()[n / 2]);
        targets.push([9e5, -9e5]);
        let covariates: Vec<f64> = targets.iter().map(|c| (c[1] / 70.0).sin()).collect();
        let all = Targets::points(&targets).with_covariates(&covariates, 1);
        let all = if drift.covariates() > 0 { all } else { Targets::points(&targets) };
        let variance = 1.3_f64;
        for system in [cut, dense] {
            let predictor = GlobalKriging::of(system);
            let mut out = Predictions::default();
            predictor.predict_into(&all, &mut Scratch::default(), &mut out);
            for i in (0..150).step_by(29).chain([150, 151]) {
                let found = out.get(i).unwrap();
                let [value, of_error, multiplier] = by_the_system(&kriging, &samples, targets[i], covariates[i]);
                // Far away the drift's own error is large, and rounding with it.
                let scale = variance.max(multiplier.abs());
                prop_assert!((found.value - value).abs() < 1e-9 * value.abs(), "{} is not {value}", found.value);
                prop_assert!((found.variance.unwrap() - of_error.max(0.0)).abs() < 1e-9 * scale);
                prop_assert!((found.multiplier - multiplier).abs() < 1e-9 * scale);
            }
        }
    }
}
