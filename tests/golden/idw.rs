//! Inverse distance.

use soilscope_core::idw::InverseDistance;

use crate::agreement::Agreement;
use crate::kriging::{neighbourhood, predict, values};
use crate::vectors::Case;

cases! {
    idw_p2_all => inverse_distance(1e-12),
    idw_p1_n12 => inverse_distance(1e-12),
    idw_p3_n12 => inverse_distance(1e-12),
    idw_p05_all => inverse_distance(1e-12),
    idw_p2_maxdist300 => inverse_distance(1e-12),
    idw_at_data => inverse_distance(1e-12),
}

fn inverse_distance(case: &Case, asked: f64) {
    let power = case.number("idp").unwrap();
    let outcomes = predict(case, &InverseDistance { power, neighbourhood: neighbourhood(case) });
    let mut agreement = Agreement::relative(case, asked);
    agreement.column("pred", &values(&outcomes));
    agreement.done();
}
