//! Sums, derivatives and information, which only the inside sees.

use std::cell::Cell;

use nalgebra::DMatrix;

use super::Method;
use super::data::Data;
use super::grouping;
use super::neighbours::Neighbours;
use super::objective::{LogLikelihood, Sums};
use super::optimise::Objective;
use super::ordering::max_min_order;
use super::parameters::{Extent, Unknowns};
use super::terms::Evaluation;
use super::vecchia::Vecchia;
use crate::drift::Drift;
use crate::executor::Serial;
use crate::random::Random;
use crate::variogram::ModelTemplate;
use crate::{Coord, Samples};

/// Samples with errors of their own, some at one place.
fn samples(n: usize) -> Samples {
    let mut random = Random::new(5);
    let mut coords: Vec<Coord> = (0..n).map(|_| [50.0 * random.uniform(), 40.0 * random.uniform()]).collect();
    coords[n - 1] = coords[0];
    coords[n - 2] = coords[1];
    coords[n - 3] = coords[1];
    let values = coords.iter().map(|c| (c[0] / 9.0).sin() + (c[1] / 7.0).cos() + random.normal()).collect();
    let errors = (0..n).map(|i| 0.1 + 0.02 * (i % 5) as f64).collect();
    Samples::new(coords, values).unwrap().with_error_variances(errors).unwrap()
}

const TEMPLATES: [(&str, &[f64]); 4] = [
    ("Nug + Exp", &[0.2, 0.9, 6.0]),
    ("0.1 Err + 0.3 Nug + Sph", &[0.8, 13.0]),
    ("Nug + Mat(kappa=?, az=?, ratio=?)", &[0.2, 0.9, 5.0, 0.8, 0.6, 0.5]),
    ("Nug + Exp + Gau", &[0.2, 0.5, 4.0, 0.6, 9.0]),
];

fn place(unknowns: &Unknowns, values: &[f64]) -> Vec<f64> {
    let natural: Vec<f64> = unknowns
        .free
        .iter()
        .zip(values)
        .map(|(p, v)| if matches!(p, crate::variogram::FreeParameter::Azimuth(_)) { v.to_degrees() } else { *v })
        .collect();
    unknowns.coordinates(&natural)
}

fn each(mut check: impl FnMut(&str, &LogLikelihood<'_>, &[f64])) {
    let data = Data::new(&samples(120), Drift::polynomial(1)).unwrap();
    let vecchia = Vecchia::new(&data, 12, &Serial).unwrap();
    let thinned = vecchia.thinned(40);
    assert!(thinned.responses() < 80);
    let all = Vecchia::new(&data, 119, &Serial).unwrap();
    let evaluations = Cell::new(0);
    for (text, values) in TEMPLATES {
        let template: ModelTemplate = text.parse().unwrap();
        let unknowns = Unknowns::new(&template, &Extent::of(&data).unwrap(), true);
        let engines = [
            ("exact", Sums::Exact(&data)),
            ("vecchia", Sums::Vecchia(&vecchia)),
            ("thinned", Sums::Vecchia(&thinned)),
            ("all", Sums::Vecchia(&all)),
        ];
        for (name, sums) in engines {
            for method in [Method::Reml, Method::Ml] {
                let objective = LogLikelihood {
                    sums,
                    unknowns: &unknowns,
                    method,
                    executor: &Serial,
                    scale: false,
                    prior: None,
                    evaluations: &evaluations,
                };
                check(&format!("{name}, {text}, {method:?}"), &objective, &place(&unknowns, values));
            }
        }
    }
}

#[test]
fn gradients_are_the_limits_of_differences() {
    each(|what, objective, place| {
        let at = |place: &[f64], derivatives| objective.at(place, derivatives).unwrap().unwrap().1;
        let gradient = at(place, true).gradient;
        for j in 0..place.len() {
            let moved = |step: f64| {
                let mut p = place.to_vec();
                p[j] += step;
                at(&p, false).log_likelihood
            };
            let h = 1e-3;
            let difference = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
            // A spherical range passes pairs within the step, and its second derivative jumps there.
            let tolerance = if what.contains("Sph") { 2e-3 } else { 1e-6 };
            assert!((gradient[j] - difference).abs() < tolerance, "{what}, {j}: {} against {difference}", gradient[j]);
        }
    });
}

#[test]
fn with_all_neighbours_gradient_and_information_are_the_exact_ones() {
    let mut exact: Vec<(String, Evaluation)> = Vec::new();
    each(|what, objective, place| {
        let evaluation = objective.in_full(place).unwrap().unwrap();
        if let Some(rest) = what.strip_prefix("exact") {
            exact.push((rest.to_owned(), evaluation));
        } else if let Some(rest) = what.strip_prefix("all") {
            let (_, other) = exact.iter().find(|(name, _)| name == rest).unwrap();
            assert!((evaluation.log_likelihood - other.log_likelihood).abs() < 1e-9 * other.log_likelihood.abs());
            assert!((&evaluation.gradient - &other.gradient).amax() < 1e-8, "{what}");
            let scale = other.information.amax();
            assert!((&evaluation.information - &other.information).amax() < 1e-9 * scale, "{what}");
            assert!((&evaluation.covariance - &other.covariance).amax() < 1e-10, "{what}");
        }
    });
}

/// ½ tr(P Cⱼ P Cₗ) with derivatives by differences of covariance matrices.
#[test]
fn the_exact_information_is_its_formula() {
    let data = Data::new(&samples(60), Drift::polynomial(1)).unwrap();
    let (text, values) = TEMPLATES[2];
    let template: ModelTemplate = text.parse().unwrap();
    let unknowns = Unknowns::new(&template, &Extent::of(&data).unwrap(), true);
    let place = place(&unknowns, values);
    let covariance = |place: &[f64]| {
        let variogram = unknowns.variogram(place).unwrap();
        DMatrix::from_fn(60, 60, |i, j| {
            let (a, b) = (data.places[i], data.places[j]);
            variogram.covariance([a[0] - b[0], a[1] - b[1]]) + if i == j { data.error(i) } else { 0.0 }
        })
    };
    let derivative = |j: usize| {
        let h = 1e-4;
        let moved = |step: f64| {
            let mut p = place.clone();
            p[j] += step;
            covariance(&p)
        };
        (moved(h) - moved(-h)) / (2.0 * h)
    };
    let k = covariance(&place).try_inverse().unwrap();
    let f = data.matrix().columns(0, 3).into_owned();
    let p = &k - &k * &f * (f.transpose() * &k * &f).try_inverse().unwrap() * f.transpose() * &k;
    let evaluations = Cell::new(0);
    for (method, root) in [(Method::Reml, &p), (Method::Ml, &k)] {
        let objective = LogLikelihood {
            sums: Sums::Exact(&data),
            unknowns: &unknowns,
            method,
            executor: &Serial,
            scale: false,
            prior: None,
            evaluations: &evaluations,
        };
        let ours = objective.at(&place, true).unwrap().unwrap().1.information;
        let products: Vec<DMatrix<f64>> = (0..place.len()).map(|j| root * derivative(j)).collect();
        for j in 0..place.len() {
            for l in 0..place.len() {
                let formula = 0.5 * (&products[j] * &products[l]).trace();
                assert!((ours[(j, l)] - formula).abs() < 1e-5, "{method:?} {j} {l}: {} {formula}", ours[(j, l)]);
            }
        }
    }
}

#[test]
fn a_common_factor_of_the_variances_is_solved_for() {
    let bare = Samples::new(samples(100).coords()[..97].to_vec(), samples(100).values()[..97].to_vec()).unwrap();
    let data = Data::new(&bare, Drift::Constant).unwrap();
    let unknowns = Unknowns::new(&"Nug + Exp".parse().unwrap(), &Extent::of(&data).unwrap(), false);
    assert!(unknowns.scale);
    let evaluations = Cell::new(0);
    let objective = |scale| LogLikelihood {
        sums: Sums::Exact(&data),
        unknowns: &unknowns,
        method: Method::Reml,
        executor: &Serial,
        scale,
        prior: None,
        evaluations: &evaluations,
    };
    let (place, scaled) = objective(true).at(&[0.5_f64.ln(), 3.0_f64.ln(), 2.0], true).unwrap().unwrap();
    let (_, plain) = objective(false).at(&place, true).unwrap().unwrap();
    assert!((scaled.log_likelihood - plain.log_likelihood).abs() < 1e-9);
    assert!((&scaled.gradient - &plain.gradient).amax() < 1e-8);
    // At the best factor the likelihood does not change with all variances together.
    assert!((plain.gradient[0] + plain.gradient[1]).abs() < 1e-8);
}

#[test]
fn blocks_of_one_are_the_definition() {
    let data = Data::new(&samples(120), Drift::polynomial(1)).unwrap();
    let data = data.reordered(&max_min_order(&data.places));
    let unknowns = Unknowns::new(&"Nug + Exp".parse().unwrap(), &Extent::of(&data).unwrap(), true);
    let place = place(&unknowns, TEMPLATES[0].1);
    let variogram = unknowns.variogram(&place).unwrap();
    let neighbours = Neighbours::earlier(&data.places, 7, &Serial).unwrap();
    let vecchia = Vecchia::of_blocks(data.clone(), grouping::single(&neighbours), 7);
    let kernel = unknowns.kernel(&place, 0).unwrap();
    let terms = vecchia.terms(&kernel, false, &Serial).unwrap().unwrap();
    // Sums of conditional variances and squares of conditional residuals of z, each by a solve of its own.
    let c = |i: usize, j: usize| {
        let (a, b) = (data.places[i], data.places[j]);
        variogram.covariance([a[0] - b[0], a[1] - b[1]]) + if i == j { data.error(i) } else { 0.0 }
    };
    let (mut log_determinant, mut quadratic) = (0.0, 0.0);
    for i in 0..data.len() {
        let near: Vec<usize> = neighbours.of(i).iter().map(|&j| j as usize).collect();
        let (mut variance, mut residual) = (c(i, i), data.row(i)[3]);
        if !near.is_empty() {
            let m = near.len();
            let matrix = DMatrix::from_fn(m, m, |a, b| c(near[a], near[b]));
            let right = DMatrix::from_fn(m, 1, |a, _| c(near[a], i));
            let weights = matrix.lu().solve(&right).unwrap();
            variance -= right.dot(&weights);
            residual -= (0..m).map(|a| weights[a] * data.row(near[a])[3]).sum::<f64>();
        }
        log_determinant += variance.ln();
        quadratic += residual * residual / variance;
    }
    assert!((terms.log_determinant - log_determinant).abs() < 1e-9);
    assert!((terms.cross[(3, 3)] - quadratic).abs() < 1e-9);
}
