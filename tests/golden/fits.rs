//! Fitted models, judged by their weighted sum of squares: gstat's own fits stop short of the optimum in places.

use soilscope_core::variogram::{FitWeights, Model, ModelTemplate, fit};

use crate::agreement::{Agreement, Measure};
use crate::empirical::empirical;
use crate::vectors::{Case, case, template};

cases! {
    fit_sph_m7 => at_least_as_good(1e-6),
    fit_exp_m7 => at_least_as_good(1e-6),
    fit_gau_m7 => at_least_as_good(1e-6),
    fit_mat05_m7 => at_least_as_good(1e-6),
    fit_mat15_m7 => at_least_as_good(1e-6),
    fit_ste10_m7 => at_least_as_good(1e-6),
    fit_cir_m7 => at_least_as_good(1e-6),
    fit_pen_m7 => at_least_as_good(1e-6),
    fit_lin_m7 => at_least_as_good(1e-6),
    fit_nested_m7 => at_least_as_good(1e-6),
    fit_sph_m1 => at_least_as_good(1e-6),
    fit_sph_m2 => at_least_as_good(1e-6),
    fit_sph_m6 => at_least_as_good(1e-6),
    fit_sph_fixed_range => linear(1e-9),
    fit_optimum => optimum(1e-6),
}

/// gstat's weights for the numbers of its fitting methods.
fn weights_of_method(case: &Case) -> FitWeights {
    match case.count("fit_method") {
        // gstat keeps the weights of the start model.
        Some(2) => {
            let start = template(&case.params["start"], true).complete().unwrap().unwrap();
            FitWeights::PairsOverSquaredSemivariance(start)
        }
        Some(method) => constant_weights(&method.to_string()),
        None => panic!("{} has no fit method", case.id),
    }
}

/// Weights that do not depend on a model.
fn constant_weights(method: &str) -> FitWeights {
    match method {
        "1" => FitWeights::Pairs,
        "6" => FitWeights::Equal,
        "7" => FitWeights::PairsOverSquaredDistance,
        other => panic!("fit method {other}"),
    }
}

/// The independent optimum's sum of squares for a case of a nugget and one structure, if there is one.
fn optimum_of(fitted: &Case) -> Option<f64> {
    let [_, structure] = fitted.params["start"].as_array().unwrap().as_slice() else { return None };
    let method = fitted.count("fit_method").unwrap().to_string();
    let table = case("fit_optimum");
    assert_eq!(table.text("empirical"), fitted.text("empirical"));
    let row = table.records().iter().position(|record| {
        &record[0] == structure["type"].as_str().unwrap()
            && record[1].parse::<f64>().ok() == structure["kappa"].as_f64()
            && record[2] == method
    })?;
    Some(table.answer.column("sserr")[row])
}

/// The sum of squares is no larger than the smaller of gstat's and the independent optimum.
fn at_least_as_good(case: &Case, asked: f64) {
    let open = template(&case.params["start"], false);
    let empirical = empirical(&self::case(case.text("empirical")));
    let fitted = fit(&empirical, &open, &weights_of_method(case)).unwrap();
    let gstat = case.answer.column("sserr")[0];
    let mut agreement = Agreement::new(case, Measure::Excess, asked);
    agreement.compare("sserr", 0, fitted.sserr, optimum_of(case).map_or(gstat, |o| o.min(gstat)));
    agreement.done();
}

/// With the range held, the sills are a linear problem with one answer.
fn linear(case: &Case, asked: f64) {
    let open = "Nug + Sph(900)".parse().unwrap();
    let empirical = empirical(&self::case(case.text("empirical")));
    let fitted = fit(&empirical, &open, &weights_of_method(case)).unwrap().variogram;
    let mut agreement = Agreement::absolute(case, asked);
    agreement.column("psill", &[Some(fitted.nugget()), Some(fitted.structures()[0].partial_sill())]);
    agreement.done();
}

fn optimum(case: &Case, asked: f64) {
    let empirical = empirical(&self::case(case.text("empirical")));
    let mut agreement = Agreement::new(case, Measure::Excess, asked);
    for (row, record) in case.records().iter().enumerate() {
        let number = |k: usize| record[k].parse::<f64>().unwrap();
        let model = match &record[0] {
            "Sph" => Model::Spherical,
            "Exp" => Model::Exponential,
            "Gau" => Model::Gaussian,
            "Mat" => Model::Matern { smoothness: number(1) },
            "Ste" => Model::Stein { smoothness: number(1) },
            "Cir" => Model::Circular,
            "Pen" => Model::Pentaspherical,
            "Lin" => Model::Linear,
            other => panic!("{other}"),
        };
        let fitted = fit(&empirical, &ModelTemplate::with_nugget(model), &constant_weights(&record[2])).unwrap();
        agreement.compare("sserr", row, fitted.sserr, number(6));
        let structure = fitted.variogram.structures()[0];
        // Parameters are less well determined than the sum of squares.
        for (ours, k) in [(fitted.variogram.nugget(), 3), (structure.partial_sill(), 4), (structure.range(), 5)] {
            let expected = number(k);
            let limit = 1e-3 * expected.abs().max(1e-3);
            assert!((ours - expected).abs() <= limit, "{} row {row} column {k}: {ours} against {expected}", case.id);
        }
    }
    agreement.done();
}
