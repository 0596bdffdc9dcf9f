//! Model functions.

use soilscope_core::variogram::ModelTemplate;

use crate::agreement::Agreement;
use crate::vectors::{Case, template};

cases! {
    gamma_table => closed_forms(1e-13),
    gamma_anisotropic => anisotropic(1e-13),
}

/// Models of `gamma_table` that do not exist yet.
const NOT_YET: &[&str] = &["Exc", "Cir", "Pen", "Lin", "Pow", "Per", "Wav", "Hol", "Bes", "Log"];

fn closed_forms(case: &Case, asked: f64) {
    let mut agreement = Agreement::absolute(case, asked);
    for (row, record) in case.records().iter().enumerate() {
        // gstat's table adds the nugget of 0.25 to every model; for Nug itself the partial sill is a nugget too.
        let text = match (&record[0], &record[1]) {
            ("Nug", _) => "2.25 Nug".to_owned(),
            (model, "NA") => format!("0.25 Nug + 2 {model}(500)"),
            (model, kappa) => format!("0.25 Nug + 2 {model}(500, kappa={kappa})"),
        };
        if NOT_YET.contains(&&record[0]) {
            assert!(text.parse::<ModelTemplate>().is_err(), "{} exists: take it from NOT_YET", &record[0]);
            continue;
        }
        let v = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let number = |k: usize| record[k].parse::<f64>().unwrap();
        agreement.compare("gamma", row, v.semivariance([number(2), 0.0]), number(3));
        agreement.compare("cov", row, v.covariance([number(2), 0.0]), number(4));
    }
    agreement.done();
}

fn anisotropic(case: &Case, asked: f64) {
    let v = template(&case.params["model"], true).complete().unwrap().unwrap();
    let [azimuths, lags, gammas] = ["az", "h", "gamma"].map(|name| case.answer.column(name));
    let mut agreement = Agreement::absolute(case, asked);
    for (row, ((azimuth, h), gamma)) in azimuths.iter().zip(lags).zip(gammas).enumerate() {
        let (sin, cos) = azimuth.to_radians().sin_cos();
        agreement.compare("gamma", row, v.semivariance([h * sin, h * cos]), *gamma);
    }
    agreement.done();
}
