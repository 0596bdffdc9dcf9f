//! The likelihoods by their formulas, with LU determinants and inverses.

use nalgebra::{DMatrix, DVector};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::likelihood::{Engine, Method, log_likelihood};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Samples};

use super::{furnished, model, simulated, with};

/// Plain drift functions of unscaled places: 1, x, y, x², xy, y², then covariates.
fn functions(samples: &Samples, drift: Drift) -> DMatrix<f64> {
    let degree = match drift {
        Drift::KnownMean(_) => return DMatrix::zeros(samples.len(), 0),
        Drift::Constant => 0,
        Drift::Trend { degree, .. } => degree,
        other => panic!("{other:?}"),
    };
    let row = |i: usize| {
        let [x, y]: Coord = samples.coords()[i];
        let polynomial = [1.0, x, y, x * x, x * y, y * y];
        let count = [1, 3, 6][usize::from(degree)];
        let mut row = polynomial[..count].to_vec();
        if drift.covariates() > 0 {
            row.extend_from_slice(samples.covariates(i));
        }
        row
    };
    let rows: Vec<Vec<f64>> = (0..samples.len()).map(row).collect();
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, k| rows[i][k])
}

fn log_determinant(matrix: &DMatrix<f64>) -> f64 {
    let u = matrix.clone().lu().u();
    u.diagonal().iter().map(|d| d.abs().ln()).sum()
}

fn plainly(samples: &Samples, drift: Drift, variogram: &Variogram, method: Method) -> f64 {
    let n = samples.len();
    let covariance = DMatrix::from_fn(n, n, |i, j| {
        let (a, b) = (samples.coords()[i], samples.coords()[j]);
        let own = if i == j { variogram.error_variance() + samples.error_variance(i) } else { 0.0 };
        variogram.covariance([a[0] - b[0], a[1] - b[1]]) + own
    });
    let f = functions(samples, drift);
    let mean = drift.known_mean().unwrap_or(0.0);
    let z = DVector::from_iterator(n, samples.values().iter().map(|v| v - mean));
    let inverse = covariance.clone().lu().try_inverse().unwrap();
    let gram = f.transpose() * &inverse * &f;
    let mut residual = z.clone();
    if f.ncols() > 0 {
        let beta = gram.clone().lu().solve(&(f.transpose() * &inverse * &z)).unwrap();
        residual -= &f * beta;
    }
    let quadratic = residual.dot(&(&inverse * &residual));
    let (freedom, restricted) = match method {
        Method::Ml => (n, 0.0),
        Method::Reml if f.ncols() == 0 => (n, 0.0),
        Method::Reml => (n - f.ncols(), log_determinant(&gram) - log_determinant(&(f.transpose() * &f))),
    };
    -0.5 * (freedom as f64 * (2.0 * std::f64::consts::PI).ln() + log_determinant(&covariance) + restricted + quadratic)
}

#[test]
fn the_exact_likelihoods_are_their_formulas() {
    let plain = simulated(90, &model("0.2 Nug + 1 Exp(15)"), 1);
    let rich = furnished(90, 2);
    let models = [
        "0.2 Nug + 1 Exp(15)",
        "0.3 Err + 0.2 Nug + 1 Sph(40)",
        "0.1 Nug + 0.5 Mat(6, kappa=0.8) + 0.6 Exp(40, az=30, ratio=0.4)",
        "0.1 Nug + 2 Mat(4, kappa=1.5)",
        "0.2 Nug + 1 Gau(20)",
        "0.2 Nug + 1 Ste(20, kappa=2.5)",
    ];
    for text in models {
        for (samples, covariates) in [(&plain, 0), (&rich, 1)] {
            for drift in [Drift::KnownMean(2.5), Drift::Constant, Drift::Trend { degree: 2, covariates }] {
                for method in [Method::Ml, Method::Reml] {
                    let settings = with(Engine::Exact, method);
                    let ours = log_likelihood(samples, drift, &model(text), &settings, &Serial).unwrap();
                    let formula = plainly(samples, drift, &model(text), method);
                    let what = format!("{text}, {drift:?}, {method:?}");
                    assert!((ours - formula).abs() < 1e-9 * formula.abs().max(1.0), "{what}: {ours} against {formula}");
                }
            }
        }
    }
}

#[test]
fn with_all_earlier_neighbours_the_approximation_is_the_likelihood() {
    for samples in [simulated(150, &model("0.2 Nug + 1 Exp(15)"), 3), furnished(150, 4)] {
        let drift = Drift::Trend { degree: 1, covariates: samples.covariate_count() };
        for text in ["0.2 Nug + 1 Exp(15)", "0.1 Nug + 0.5 Mat(6, kappa=0.8) + 0.6 Exp(40, az=30, ratio=0.4)"] {
            for method in [Method::Ml, Method::Reml] {
                let at =
                    |engine| log_likelihood(&samples, drift, &model(text), &with(engine, method), &Serial).unwrap();
                let (exact, all) = (at(Engine::Exact), at(Engine::Vecchia { neighbours: 149 }));
                assert!((exact - all).abs() < 1e-9 * exact.abs(), "{text}, {method:?}: {exact} against {all}");
                let few = at(Engine::Vecchia { neighbours: 3 });
                assert!((exact - few).abs() > 1e-6, "three neighbours are not all: {few}");
            }
        }
    }
}

#[test]
fn more_neighbours_come_nearer_to_the_likelihood() {
    let samples = simulated(800, &model("0.2 Nug + 1 Exp(15)"), 5);
    let at = |engine| {
        let variogram = model("0.2 Nug + 1 Exp(15)");
        log_likelihood(&samples, Drift::polynomial(1), &variogram, &with(engine, Method::Reml), &Serial).unwrap()
    };
    let exact = at(Engine::Exact);
    let off = |neighbours| (at(Engine::Vecchia { neighbours }) - exact).abs() / exact.abs();
    let offs = [5, 30, 60].map(off);
    assert!(offs[0] < 2e-2 && offs[1] < 2e-3 && offs[2] < 5e-4, "{offs:?}");
    assert!(offs[2] < offs[0], "{offs:?}");
}
