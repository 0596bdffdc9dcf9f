//! Cross-validation: what each sample would have been predicted as without it.

use soilscope_core::Interpolator;
use soilscope_core::idw::InverseDistance;
use soilscope_core::transform::Transform;
use soilscope_core::validation::{Folds, residuals};

use crate::agreement::Agreement;
use crate::kriging::{neighbourhood, recipe};
use crate::vectors::Case;

cases! {
    cv_loo_global => left_out(1e-9),
    cv_loo_nmax20 => left_out(1e-9),
    cv_loo_maxdist500 => left_out(1e-9),
    cv_5fold => left_out(1e-9),
    cv_loo_uk => left_out(1e-9),
    cv_loo_idw => left_out(1e-9),
}

fn left_out(case: &Case, asked: f64) {
    let samples = case.samples();
    let folds = match case.params["nfold"].as_array() {
        Some(list) => Folds::by_label(&list.iter().map(|v| v.as_u64().unwrap()).collect::<Vec<_>>()),
        None => Folds::leave_one_out(&samples),
    };
    let outcomes = match case.number("idp") {
        Some(power) => InverseDistance { power, neighbourhood: neighbourhood(case) }.leave_out(&samples, &folds),
        None => recipe(case).leave_out(&samples, &folds),
    }
    .unwrap();
    let rows = residuals(&samples, &outcomes, &Transform::None);
    let mut agreement = Agreement::absolute(case, asked);
    agreement.column("pred", &rows.iter().map(|r| r.prediction).collect::<Vec<_>>());
    agreement.column("residual", &rows.iter().map(|r| r.residual).collect::<Vec<_>>());
    if case.number("idp").is_none() {
        agreement.column("var", &rows.iter().map(|r| r.variance).collect::<Vec<_>>());
        agreement.column("zscore", &rows.iter().map(|r| r.zscore).collect::<Vec<_>>());
    }
    agreement.done();
}
