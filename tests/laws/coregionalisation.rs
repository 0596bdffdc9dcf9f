//! Fits of linear models of coregionalisation: nothing fits better, and nothing else is a model.

use nalgebra::DMatrix;
use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::Error;
use soilscope_core::cokriging::{
    Coefficients, CokrigingError, Coregionalisation, LmcFit, LmcMethod, LmcSettings, Term, fit_lmc,
};
use soilscope_core::variogram::{
    CrossVariogram, EmpiricalVariogram, Estimator, FitWeights, LagClass, Model, ModelTemplate, Structure,
};

use crate::{assert_close, cases};

const LAGS: [f64; 8] = [4.0, 11.0, 18.0, 26.0, 33.0, 41.0, 48.0, 55.0];
/// Two terms that overlap much, so that fits of single variograms often have negative eigenvalues.
const RANGES: [f64; 2] = [20.0, 45.0];

fn template() -> ModelTemplate {
    "Nug + Exp(20) + Sph(45)".parse().unwrap()
}

fn units() -> [Structure; 2] {
    [(Model::Exponential, RANGES[0]), (Model::Spherical, RANGES[1])]
        .map(|(model, range)| Structure::new(model, 1.0, range).unwrap())
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|v| format!("v{v}")).collect()
}

/// Variograms with these numbers of pairs (pair of variables, class) and semivariances.
fn variograms(
    count: usize,
    np: impl Fn(usize, usize, usize) -> u64,
    gamma: impl Fn(usize, usize, f64) -> f64,
) -> Vec<CrossVariogram> {
    let class = |a: usize, b: usize, k: usize| LagClass {
        np: np(a, b, k),
        dist: LAGS[k],
        gamma: gamma(a, b, LAGS[k]),
        azimuth: None,
        error_variance: 0.0,
    };
    let of = |a: usize, b: usize| CrossVariogram {
        variables: [a, b],
        places: 50,
        variogram: EmpiricalVariogram {
            classes: (0..LAGS.len()).map(|k| class(a, b, k)).collect(),
            estimator: Estimator::Matheron,
            cutoff: 60.0,
        },
    };
    (0..count).flat_map(|a| (a..count).map(move |b| (a, b))).map(|(a, b)| of(a, b)).collect()
}

/// Random variograms of `count` variables: those of a random model, disturbed.
fn disturbed(count: usize) -> impl Strategy<Value = Vec<CrossVariogram>> {
    let pairs = count * (count + 1) / 2;
    let noise = vec(-1.0..1.0_f64, pairs * LAGS.len());
    (vec(model_matrix(count), 3), noise, 0.0..0.5_f64, vec(20..200_u64, pairs * LAGS.len()), any::<bool>()).prop_map(
        move |(matrices, noise, size, np, even)| {
            let truth = model(count, &matrices);
            let index = |a: usize, b: usize, k: usize| (b * (b + 1) / 2 + a) * LAGS.len() + k;
            let np = |a, b, k| if even { 100 + 7 * k as u64 } else { np[index(a, b, k)] };
            let at = |h: f64| LAGS.iter().position(|&l| l == h).unwrap();
            variograms(count, np, |a, b, h| {
                let scale = (truth.sill(a, a) * truth.sill(b, b)).sqrt();
                let clean = truth.semivariance(a, b, [h, 0.0]);
                let gamma = clean + size * scale * noise[index(a, b, at(h))];
                if a == b { gamma.max(0.05 * scale) } else { gamma }
            })
        },
    )
}

fn model_matrix(order: usize) -> impl Strategy<Value = DMatrix<f64>> {
    vec(-1.0..1.0_f64, order * order).prop_map(move |entries| {
        let a = DMatrix::from_vec(order, order, entries);
        let m = &a * a.transpose();
        DMatrix::from_fn(order, order, |i, j| m[(i.max(j), i.min(j))] + if i == j { 0.01 } else { 0.0 })
    })
}

fn coefficients(m: &DMatrix<f64>) -> Coefficients {
    let rows: Vec<Vec<f64>> = m.row_iter().map(|r| r.iter().copied().collect()).collect();
    Coefficients::from_rows(&rows).unwrap()
}

fn model(count: usize, matrices: &[DMatrix<f64>]) -> Coregionalisation {
    let mut terms = vec![Term::nugget(coefficients(&matrices[0])).unwrap()];
    for (unit, m) in units().into_iter().zip(&matrices[1..]) {
        terms.push(Term::structure(unit, coefficients(m)).unwrap());
    }
    Coregionalisation::new(names(count), terms).unwrap()
}

fn matrix_of(fit: &LmcFit, term: usize) -> DMatrix<f64> {
    let c = fit.model.terms()[term].coefficients();
    DMatrix::from_fn(c.order(), c.order(), |i, j| c.get(i, j))
}

fn settings(weights: &FitWeights, method: LmcMethod) -> LmcSettings {
    LmcSettings { weights: weights.clone(), method }
}

fn weights() -> impl Strategy<Value = FitWeights> {
    prop_oneof![Just(FitWeights::Pairs), Just(FitWeights::PairsOverSquaredDistance), Just(FitWeights::Equal)]
}

/// Mean semivariance of each variable: what the criterion scales them by.
fn scales(count: usize, all: &[CrossVariogram]) -> Vec<f64> {
    let of = |v: usize| {
        let classes = &all.iter().find(|c| c.variables == [v, v]).unwrap().variogram.classes;
        let sum: f64 = classes.iter().map(|c| c.np as f64 * c.gamma).sum();
        sum / classes.iter().map(|c| c.np as f64).sum::<f64>()
    };
    (0..count).map(of).collect()
}

/// Half the derivative of the criterion by each coefficient of each term, and the criterion, by its definition.
fn slopes(all: &[CrossVariogram], weights: &FitWeights, fit: &LmcFit) -> (Vec<DMatrix<f64>>, f64) {
    let count = fit.model.variables().len();
    let scales = scales(count, all);
    let (mut slopes, mut sum) = (vec![DMatrix::zeros(count, count); 3], 0.0);
    for v in all {
        let [a, b] = v.variables;
        let scale = (scales[a] * scales[b]).sqrt();
        for class in &v.variogram.classes {
            let w = match weights {
                FitWeights::Pairs => class.np as f64,
                FitWeights::PairsOverSquaredDistance => class.np as f64 / class.dist.powi(2),
                _ => 1.0,
            };
            let residual = (fit.model.semivariance(a, b, [class.dist, 0.0]) - class.gamma) / scale;
            sum += w * residual * residual * if a == b { 1.0 } else { 2.0 };
            for (u, slope) in slopes.iter_mut().enumerate() {
                let g = fit.model.terms()[u].unit().semivariance([class.dist, 0.0]);
                slope[(a, b)] += w * residual * g;
                if a != b {
                    slope[(b, a)] += w * residual * g;
                }
            }
        }
    }
    (slopes, sum)
}

proptest! {
    #![proptest_config(cases(48))]

    /// The conditions of Karush, Kuhn and Tucker, which for a convex problem are those of the minimum: the derivative by
    /// each matrix is positive semi-definite, and 0 along the matrix itself.
    #[test]
    fn least_squares_is_least(all in (1..4_usize).prop_flat_map(disturbed), weights in weights()) {
        let count = all.iter().map(|v| v.variables[1]).max().unwrap() + 1;
        let fit = fit_lmc(&names(count), &all, &template(), &settings(&weights, LmcMethod::LeastSquares)).unwrap();
        let scales = scales(count, &all);
        let (slopes, sum) = slopes(&all, &weights, &fit);
        assert_close(fit.sserr, sum, 1e-9 * sum.max(1e-9), "sum of squares");
        let total: f64 = match weights {
            FitWeights::Equal => 8.0,
            FitWeights::Pairs => 8.0 * 100.0,
            _ => 8.0,
        };
        for (u, slope) in slopes.iter().enumerate() {
            let m = matrix_of(&fit, u);
            let b = DMatrix::from_fn(count, count, |i, j| m[(i, j)] / (scales[i] * scales[j]).sqrt());
            let smallest = slope.symmetric_eigenvalues().min();
            prop_assert!(smallest > -1e-8 * total, "term {}: slope with eigenvalue {}", u, smallest);
            prop_assert!(slope.dot(&b).abs() < 1e-8 * total, "term {}: {} along itself", u, slope.dot(&b));
        }
        let clipped = settings(&weights, LmcMethod::Clipped { diagonal_factor: 1.0 });
        let clipped = fit_lmc(&names(count), &all, &template(), &clipped).unwrap();
        prop_assert!(fit.sserr <= clipped.sserr * (1.0 + 1e-9) + 1e-15, "{} against {}", fit.sserr, clipped.sserr);
    }

    #[test]
    fn exact_variograms_give_their_model_back(
        matrices in (1..4_usize).prop_flat_map(|count| vec(model_matrix(count), 3)), weights in weights(),
    ) {
        let count = matrices[0].nrows();
        let truth = model(count, &matrices);
        let all = variograms(count, |_, _, _| 100, |a, b, h| truth.semivariance(a, b, [h, 0.0]));
        for method in [LmcMethod::LeastSquares, LmcMethod::Clipped { diagonal_factor: 1.0 }] {
            let fit = fit_lmc(&names(count), &all, &template(), &settings(&weights, method)).unwrap();
            for (u, m) in matrices.iter().enumerate() {
                let off = (matrix_of(&fit, u) - m).abs().max();
                prop_assert!(off < 1e-9, "{:?} term {}: off by {}", method, u, off);
            }
        }
    }

    #[test]
    fn units_of_variables_change_nothing_else(all in disturbed(3), powers in vec(-20..20_i32, 3), weights in weights()) {
        let factors: Vec<f64> = powers.iter().map(|&p| 2.0_f64.powi(p)).collect();
        let mut other = all.clone();
        for v in &mut other {
            let factor = factors[v.variables[0]] * factors[v.variables[1]];
            v.variogram.classes.iter_mut().for_each(|c| c.gamma *= factor);
        }
        let settings = settings(&weights, LmcMethod::LeastSquares);
        let plain = fit_lmc(&names(3), &all, &template(), &settings).unwrap();
        let other = fit_lmc(&names(3), &other, &template(), &settings).unwrap();
        assert_close(plain.sserr, other.sserr, 1e-9 * plain.sserr.max(1e-6), "sum of squares");
        let scales = scales(3, &all);
        for u in 0..3 {
            let (a, b) = (matrix_of(&plain, u), matrix_of(&other, u));
            for i in 0..3 {
                for j in 0..3 {
                    let tolerance = 1e-7 * (scales[i] * scales[j]).sqrt();
                    assert_close(a[(i, j)], b[(i, j)] / (factors[i] * factors[j]), tolerance, "coefficient");
                }
            }
        }
    }
}

/// An open range is found, and is at least as good as any given one.
#[test]
fn ranges_are_searched_for() {
    let spherical = Structure::new(Model::Spherical, 1.0, 37.0).unwrap();
    let rows = |a: f64, b: f64, c: f64| Coefficients::from_rows(&[vec![a, b], vec![b, c]]).unwrap();
    let terms = vec![Term::nugget(rows(0.2, 0.1, 0.3)), Term::structure(spherical, rows(1.0, -0.7, 0.8))];
    let truth = Coregionalisation::new(names(2), terms.into_iter().map(Result::unwrap).collect()).unwrap();
    let all = variograms(2, |_, _, _| 100, |a, b, h| truth.semivariance(a, b, [h, 0.0]));
    let fit = fit_lmc(&names(2), &all, &"Nug + Sph".parse().unwrap(), &LmcSettings::default()).unwrap();
    assert_close(fit.model.terms()[1].unit().structures()[0].range(), 37.0, 1e-4, "range");
    assert!(!fit.range_at_limit);
    let short = fit_lmc(&names(2), &all, &"Nug + Sph(30)".parse().unwrap(), &LmcSettings::default()).unwrap();
    assert!(fit.sserr < short.sserr);
    let straight = variograms(2, |_, _, _| 100, |a, b, h| if a == b { h } else { 0.5 * h });
    assert!(fit_lmc(&names(2), &straight, &"Sph".parse().unwrap(), &LmcSettings::default()).unwrap().range_at_limit);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let all = variograms(2, |_, _, _| 100, |_, _, h| h);
    let fit = |all: &[CrossVariogram], template: &str, method| {
        fit_lmc(&names(2), all, &template.parse().unwrap(), &settings(&FitWeights::Pairs, method)).unwrap_err()
    };
    let default = LmcMethod::default();
    let missing = CokrigingError::Variograms { first: "v1".into(), second: "v0".into(), found: 0 };
    assert_eq!(fit(&[all[0].clone(), all[2].clone()], "Nug + Sph(30)", default), missing.into());
    for template in ["0.5 Nug + Sph(30)", "Nug + 2 Sph(30)", "Nug + Sph(30) + 0.1 Err"] {
        let refused = fit(&all, template, default);
        assert!(matches!(refused, Error::Cokriging(CokrigingError::Template { .. })), "{template}: {refused}");
    }
    let refused = fit(&all, "Nug + Sph(30, az=30, ratio=0.5)", default);
    assert!(matches!(refused, Error::Cokriging(CokrigingError::Template { .. })), "{refused}");
    let refused = fit(&all, "Nug + Sph(30)", LmcMethod::Clipped { diagonal_factor: 0.9 });
    assert!(matches!(refused, Error::Parameter { name: "diagonal factor", .. }), "{refused}");
    let flat = variograms(2, |_, _, _| 100, |_, _, _| 0.0);
    assert!(matches!(fit(&flat, "Nug + Sph(30)", default), Error::FlatVariogram { .. }));
    let mut short = all.clone();
    short[1].variogram.classes.truncate(1);
    assert_eq!(fit(&short, "Nug + Sph(30)", default), Error::Underdetermined { classes: 1, unknowns: 2 });
    let mut broken = all.clone();
    broken[1].variogram.classes[0].gamma = f64::NAN;
    assert!(matches!(fit(&broken, "Nug + Sph(30)", default), Error::LagClassNotFinite { .. }));
    let mut third = all;
    third[1].variables = [0, 2];
    assert_eq!(fit(&third, "Nug + Sph(30)", default), CokrigingError::NoSuchVariable { index: 2, variables: 2 }.into());
}
