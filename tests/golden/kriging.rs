//! Simple, ordinary and universal kriging of points, and what follows from them alone.

use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::transform::Transform;
use soilscope_core::{Interpolator, Outcome, Predictions, Scratch, Targets};

use crate::agreement::Agreement;
use crate::vectors::{Case, case, data};

cases! {
    ok_sph => kriging(1e-9),
    ok_exp => kriging(1e-9),
    ok_nested => kriging(1e-9),
    ok_anis => kriging(1e-9),
    ok_gau => kriging(1e-9),
    ok_mat05 => kriging(1e-9),
    ok_mat15 => kriging(1e-9),
    ok_ste12 => kriging(1e-9),
    ok_anis_nested => kriging(1e-9),
    ok_nonugget => kriging(1e-9),
    sk_sph => kriging(1e-9),
    sk_local12 => kriging(1e-9),
    ok_local_nmax12 => kriging(1e-9),
    ok_local_maxdist500 => kriging(1e-9),
    ok_local_nmin5_maxdist250 => kriging(1e-9),
    ok_local_omax4 => kriging(1e-9),
    ok_local_anis_nmax12 => kriging(1e-9),
    ok_at_data_nug => kriging(1e-9),
    ok_at_data_err => kriging(1e-9),
    ik_zn500 => kriging(1e-9),
    tiny3 => kriging(1e-9),
    exceedance_500 => exceedance(1e-9),
}

/// The neighbourhood that a case's settings describe.
pub(crate) fn neighbourhood(case: &Case) -> Neighbourhood {
    let (nmax, maxdist) = (case.count("nmax"), case.number("maxdist"));
    let nmin = case.count("nmin").unwrap_or(1);
    if let Some(share) = case.count("omax") {
        let search = Search::new(Some(4 * share), nmin, maxdist).unwrap();
        return Neighbourhood::Moving(search.with_sectors(Sectors::Quadrants).unwrap());
    }
    if nmax.is_none() && maxdist.is_none() {
        return Neighbourhood::Global;
    }
    Neighbourhood::Moving(Search::new(nmax, nmin, maxdist).unwrap())
}

pub(crate) fn recipe(case: &Case) -> Kriging {
    let drift = case.number("beta").map_or(Drift::Constant, Drift::KnownMean);
    Kriging { variogram: case.variogram(), drift, neighbourhood: neighbourhood(case) }
}

/// Predictions at the case's targets, in the order of its answer.
pub(crate) fn predict(case: &Case, method: &dyn Interpolator) -> Vec<Outcome> {
    let all = match case.params.get("targets").and_then(|t| t.as_str()) {
        Some(name) => {
            let coords = data(name).coords();
            case.answer.column("row").iter().map(|&r| coords[r as usize - 1]).collect()
        }
        None => case.answer.coords(),
    };
    let mut out = Predictions::default();
    method.fit(&case.samples()).unwrap().predict_into(&Targets::points(&all), &mut Scratch::default(), &mut out);
    out.iter().collect()
}

pub(crate) fn values(outcomes: &[Outcome]) -> Vec<Option<f64>> {
    outcomes.iter().map(|o| o.as_ref().ok().map(|p| p.value)).collect()
}

pub(crate) fn variances(outcomes: &[Outcome]) -> Vec<Option<f64>> {
    outcomes.iter().map(|o| o.as_ref().ok().and_then(|p| p.variance)).collect()
}

fn kriging(case: &Case, asked: f64) {
    assert_eq!(case.kind, "kriging");
    let outcomes = predict(case, &recipe(case));
    let mut agreement = Agreement::absolute(case, asked);
    agreement.column("pred", &values(&outcomes));
    agreement.column("var", &variances(&outcomes));
    agreement.done();
}

fn exceedance(case: &Case, asked: f64) {
    let base = self::case("ok_sph");
    assert_eq!(base.params["model"], case.params["model"]);
    let threshold = case.number("threshold").unwrap();
    let p = |o: &Outcome| Transform::Log.exceedance(&o.unwrap(), threshold);
    let mut agreement = Agreement::absolute(case, asked);
    agreement.column("p", &predict(&base, &recipe(&base)).iter().map(p).collect::<Vec<_>>());
    agreement.done();
}
