//! Model functions.

use soilscope_core::variogram::Variogram;

use crate::agreement::Agreement;
use crate::vectors::{Case, template};

cases! {
    gamma_table => closed_forms(1e-13),
    gamma_anisotropic => anisotropic(1e-13),
}

/// π as gstat's circular model has it: seen in its numbers, whose distance to the true ones is this factor to a digit.
#[allow(clippy::approx_constant, reason = "it is not π")]
const GSTAT_PI: f64 = 3.141_592_653_59;

fn closed_forms(case: &Case, asked: f64) {
    let mut agreement = Agreement::absolute(case, asked);
    for (row, record) in case.records().iter().enumerate() {
        // gstat's table adds the nugget of 0.25 to every model; for Nug itself the partial sill is a nugget too.
        let text = match (&record[0], &record[1]) {
            ("Nug", _) => "2.25 Nug".to_owned(),
            (model, "NA") => format!("0.25 Nug + 2 {model}(500)"),
            (model, kappa) => format!("0.25 Nug + 2 {model}(500, kappa={kappa})"),
        };
        let v: Variogram = text.parse().unwrap();
        let number = |k: usize| record[k].parse::<f64>().unwrap();
        let h = [number(2), 0.0];
        // The circular model has a factor of 2/π, and gstat's π ends after eleven decimals: below the sill its numbers are
        // smaller by that factor, a constant 6.6e-14 of them, which is as much as this case asks for.
        let below_sill = &record[0] == "Cir" && (1e-300..500.0).contains(&h[0]);
        let structure = v.semivariance(h) - if h[0] > 0.0 { v.nugget() } else { 0.0 };
        let by_pi = if below_sill { structure * (std::f64::consts::PI / GSTAT_PI - 1.0) } else { 0.0 };
        agreement.compare("gamma", row, v.semivariance(h) + by_pi, number(3));
        agreement.compare("cov", row, v.covariance(h) - by_pi, number(4));
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
