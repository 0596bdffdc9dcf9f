//! Unconditional fields: mean, variance, covariances and variogram of the model.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::simulation::{CirculantSimulation, Realisations, SequentialGaussian, Simulator};
use soilscope_core::variogram::Variogram;

use crate::support::{Z, assert_moments, model, nodes, window};

fn circulant(variogram: &Variogram, cells: usize, count: usize) -> Realisations {
    let recipe = CirculantSimulation::new(variogram.clone(), Drift::KnownMean(0.0), 99);
    recipe.prepare(None, window(cells), None).unwrap().simulate(0..count, &Serial).unwrap()
}

fn sequential(variogram: &Variogram, cells: usize, count: usize) -> Realisations {
    let recipe = SequentialGaussian::new(variogram.clone(), Drift::KnownMean(0.0), 98);
    recipe.prepare(None, &nodes(window(cells))).unwrap().simulate(0..count, &Serial).unwrap()
}

#[test]
fn covariances_between_all_nodes_are_the_models() {
    // The standard error of a covariance of n Gaussian pairs with known mean is √((σ⁴ + C²)/n). There are 2080 pairs of
    // nodes: 4.5 standard errors are passed by chance once in 70 such tests; the seed is fixed.
    let n = 4000;
    for text in
        ["1 Sph(50)", "0.4 Nug + 1.1 Exp(30, az=30, ratio=0.4)", "1 Gau(25)", "0.5 Sph(20) + 1 Mat(15, kappa=1.5)"]
    {
        let variogram = model(text);
        let places = nodes(window(8));
        for (name, fields) in [("circulant", circulant(&variogram, 8, n)), ("sequential", sequential(&variogram, 8, n))]
        {
            assert_moments(&fields, &[(0.0, variogram.sill()); 64], variogram.sill(), name);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for i in 0..places.len() {
                fields.at_node(i, &mut a);
                for j in 0..=i {
                    fields.at_node(j, &mut b);
                    let found = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>() / n as f64;
                    let c = variogram.covariance([places[i][0] - places[j][0], places[i][1] - places[j][1]]);
                    let error = ((variogram.sill().powi(2) + c * c) / n as f64).sqrt();
                    let allowed = Z * error;
                    assert!(
                        (found - c).abs() <= allowed,
                        "{text}, {name}, nodes {i} and {j}: {found}, not {c} ± {allowed}"
                    );
                }
            }
        }
    }
}

/// Mean semivariance at a lag of `east` columns and `south` rows, in each realisation.
fn semivariances(fields: &Realisations, cells: usize, [east, south]: [usize; 2]) -> Vec<f64> {
    (0..fields.range().len())
        .map(|k| {
            let values: Vec<f64> = fields.realisation(k).collect();
            let (mut sum, mut pairs) = (0.0, 0.0);
            for row in 0..cells - south {
                for column in 0..cells - east {
                    let other = values[(row + south) * cells + column + east];
                    sum += 0.5 * (values[row * cells + column] - other).powi(2);
                    pairs += 1.0;
                }
            }
            sum / pairs
        })
        .collect()
}

#[test]
fn the_mean_variogram_of_realisations_is_the_models() {
    // Realisations are independent, so their own spread gives the standard error of their mean semivariance at a lag,
    // whatever the correlation within one. The field is large for its neighbours: errors that pile up would show.
    let (cells, count) = (60, 120);
    let variogram = model("0.1 Nug + 0.9 Exp(80, az=90, ratio=0.5)");
    for (name, fields) in
        [("circulant", circulant(&variogram, cells, count)), ("sequential", sequential(&variogram, cells, count))]
    {
        for lag in [[1, 0], [0, 1], [3, 0], [0, 3], [5, 5], [10, 0], [0, 10], [20, 10]] {
            let found = semivariances(&fields, cells, lag);
            let n = found.len() as f64;
            let mean = found.iter().sum::<f64>() / n;
            let spread = (found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
            let expected = variogram.semivariance([10.0 * lag[0] as f64, 10.0 * lag[1] as f64]);
            let allowed = Z * spread;
            assert!((mean - expected).abs() <= allowed, "{name}, lag {lag:?}: {mean}, not {expected} ± {allowed}");
        }
    }
}

#[test]
fn a_field_that_is_all_nugget_is_independent_noise() {
    let variogram = model("2 Nug");
    for fields in [circulant(&variogram, 6, 3000), sequential(&variogram, 6, 3000)] {
        assert_moments(&fields, &[(0.0, 2.0); 36], 2.0, "nugget");
        let product: f64 = (0..3000).map(|k| fields.get(0, k) * fields.get(1, k)).sum::<f64>() / 3000.0;
        assert!(product.abs() < Z * 2.0 / 3000_f64.sqrt());
    }
}
