//! Empirical variograms.

use soilscope_core::variogram::{Direction, EmpiricalVariogram, Estimator, LagClasses, empirical_variogram};

use crate::agreement::Agreement;
use crate::vectors::Case;

cases! {
    ev_logzn_omni => classes(1e-12),
    ev_logzn_cressie => classes(1e-12),
    ev_logzn_4dir => classes(1e-12),
    ev_logzn_dir30_tol10 => classes(1e-12),
    ev_logzn_default => classes(1e-12),
    ev_logzn_bounds => classes(1e-12),
    ev_zn_raw => classes(1e-12),
    ev_indicator_zn500 => classes(1e-12),
}

/// The empirical variogram that a case's settings describe.
pub(crate) fn empirical(case: &Case) -> EmpiricalVariogram {
    let samples = case.samples();
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
    let robust = case.params["cressie"].as_bool().unwrap_or(false);
    let estimator = if robust { Estimator::CressieHawkins } else { Estimator::Matheron };
    empirical_variogram(&samples, &lags.unwrap(), &directions, estimator).unwrap()
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
