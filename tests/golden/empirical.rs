//! Empirical variograms.

use soilscope_core::Samples;
use soilscope_core::drift::{Drift, ols_residuals};
use soilscope_core::variogram::{
    Direction, EmpiricalVariogram, Estimator, LagClasses, covariogram, cross_variograms, empirical_variogram,
    variogram_cloud,
};

use crate::agreement::Agreement;
use crate::vectors::{Case, data};

cases! {
    ev_logzn_omni => classes(1e-12),
    ev_logzn_cressie => classes(1e-12),
    ev_logzn_4dir => classes(1e-12),
    ev_logzn_dir30_tol10 => classes(1e-12),
    ev_logzn_default => classes(1e-12),
    ev_logzn_bounds => classes(1e-12),
    ev_zn_raw => classes(1e-12),
    ev_indicator_zn500 => classes(1e-12),
    ev_zn_pairwise_relative => classes(1e-12),
    ev_logzn_resid_sqrtdist => classes(1e-12),
    ev_logzn_covariogram => covariances(1e-12),
    ev_logzn_cloud150 => cloud(1e-12),
    ev_cross_4metals => crosses(1e-12),
}

/// The samples, or what the case's trend leaves of them.
fn detrended(case: &Case) -> Samples {
    let samples = case.samples();
    match case.text("trend") {
        "" | "1" => samples,
        "1 + sqrt(dist)" => {
            let sqrt_dist = data(case.text("data")).column("dist").iter().map(|d| d.sqrt()).collect();
            ols_residuals(Drift::external(1), &samples.with_covariates(&[sqrt_dist]).unwrap()).unwrap()
        }
        other => panic!("{}: {other}", case.id),
    }
}

/// The estimator that a case's settings name.
fn estimator(case: &Case) -> Estimator {
    let set = |key: &str| case.params[key].as_bool().unwrap_or(false);
    match (set("cressie"), set("pairwise_relative")) {
        (true, false) => Estimator::CressieHawkins,
        (false, true) => Estimator::PairwiseRelative,
        (false, false) => Estimator::Matheron,
        (true, true) => panic!("{}: two estimators", case.id),
    }
}

/// The empirical variogram that a case's settings describe.
pub(crate) fn empirical(case: &Case) -> EmpiricalVariogram {
    let samples = detrended(case);
    let lags = match case.params["boundaries"].as_array() {
        Some(bounds) => LagClasses::with_boundaries(bounds.iter().map(|b| b.as_f64().unwrap()).collect()),
        None => match (case.number("cutoff"), case.number("width")) {
            (Some(cutoff), Some(width)) => LagClasses::regular(cutoff, width),
            _ => LagClasses::default_for(samples.diagonal()),
        },
    };
    let azimuths: Vec<f64> = match &case.params["azimuth_deg"] {
        serde_json::Value::Array(list) => list.iter().map(|a| a.as_f64().unwrap()).collect(),
        one => one.as_f64().into_iter().collect(),
    };
    let tolerance = case.number("tolerance_deg").unwrap_or(90.0);
    let directions: Vec<Direction> = azimuths.into_iter().map(|azimuth| Direction { azimuth, tolerance }).collect();
    empirical_variogram(&samples, &lags.unwrap(), &directions, estimator(case)).unwrap()
}

fn classes(case: &Case, asked: f64) {
    assert_eq!(case.kind, "empirical_variogram");
    let ours = empirical(case).classes;
    assert_eq!(ours.len(), case.answer.rows, "{}: classes", case.id);
    let mut agreement = Agreement::relative(case, asked);
    let (np, dist, gamma) = (case.answer.column("np"), case.answer.column("dist"), case.answer.column("gamma"));
    for (row, class) in ours.iter().enumerate() {
        assert_eq!(class.np as f64, np[row], "{} column np row {row}", case.id);
        agreement.compare("dist", row, class.dist, dist[row]);
        agreement.compare("gamma", row, class.gamma, gamma[row]);
        if let (Some(azimuth), Some(expected)) = (class.azimuth, case.answer.get("dir_hor")) {
            assert_eq!(azimuth, expected[row], "{} column dir_hor row {row}", case.id);
        }
    }
    agreement.done();
}

fn lags(case: &Case) -> LagClasses {
    LagClasses::regular(case.number("cutoff").unwrap(), case.number("width").unwrap()).unwrap()
}

fn covariances(case: &Case, asked: f64) {
    let ours = covariogram(&case.samples(), &lags(case), &[]).unwrap().classes;
    assert_eq!(ours.len(), case.answer.rows, "{}: classes", case.id);
    let mut agreement = Agreement::relative(case, asked);
    let [np, dist, gamma] = ["np", "dist", "gamma"].map(|name| case.answer.column(name));
    // gstat has the line of lag 0 at the end of its table.
    for (k, class) in ours.iter().enumerate() {
        let row = (k + case.answer.rows - 1) % case.answer.rows;
        assert_eq!(class.np as f64, np[row], "{} column np row {row}", case.id);
        agreement.compare("dist", row, class.dist, dist[row]);
        agreement.compare("gamma", row, class.covariance, gamma[row]);
    }
    agreement.done();
}

fn cloud(case: &Case, asked: f64) {
    let mut ours = variogram_cloud(&case.samples(), case.number("cutoff").unwrap(), &[], 1_000).unwrap();
    assert_eq!(ours.len(), case.answer.rows, "{}: pairs", case.id);
    // gstat counts samples from 1 and goes by the later one first.
    ours.sort_by_key(|pair| [pair.samples[1], pair.samples[0]]);
    let mut agreement = Agreement::relative(case, asked);
    let [i, j, dist, gamma] = ["i", "j", "dist", "gamma"].map(|name| case.answer.column(name));
    for (row, pair) in ours.iter().enumerate() {
        let [first, second] = pair.samples.map(|s| s as f64 + 1.0);
        assert_eq!((second, first), (i[row], j[row]), "{} row {row}", case.id);
        agreement.compare("dist", row, pair.dist, dist[row]);
        agreement.compare("gamma", row, pair.gamma, gamma[row]);
    }
    agreement.done();
}

fn crosses(case: &Case, asked: f64) {
    let table = data(case.text("data"));
    let logarithms = |name: &str| table.column(name).iter().map(|v| v.ln()).collect();
    let variables =
        ["cadmium", "copper", "lead", "zinc"].map(|name| Samples::new(table.coords(), logarithms(name)).unwrap());
    let names = ["cd", "cu", "pb", "zn"];
    let all = cross_variograms(&variables, &lags(case), &[]).unwrap();
    let records = case.records();
    let mut agreement = Agreement::relative(case, asked);
    let mut rows = 0;
    for cross in &all {
        let [a, b] = cross.variables;
        // gstat's cross variograms count a pair from either end.
        let (id, times) = if a == b { (names[a].to_owned(), 1) } else { (format!("{}.{}", names[a], names[b]), 2) };
        let first = records.iter().position(|r| r[4] == id).unwrap_or_else(|| panic!("{id}"));
        for (row, class) in cross.variogram.classes.iter().enumerate().map(|(k, class)| (first + k, class)) {
            assert_eq!(records[row][4], id, "{} row {row}", case.id);
            assert_eq!((times * class.np) as f64, case.answer.column("np")[row], "{} column np row {row}", case.id);
            agreement.compare("dist", row, class.dist, case.answer.column("dist")[row]);
            agreement.compare("gamma", row, class.gamma, case.answer.column("gamma")[row]);
            rows += 1;
        }
    }
    assert_eq!(rows, case.answer.rows);
    agreement.done();
}
