//! Simple, ordinary and universal kriging of points and blocks, and what follows from them alone.

use std::num::NonZeroUsize;

use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::transform::Transform;
use soilscope_core::{Interpolator, Outcome, Predictions, Scratch, Targets};

use crate::agreement::Agreement;
use crate::vectors::{Case, case, data, square_roots};

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
    uk_sqrtdist => kriging(1e-9),
    uk_quadratic_scaled => kriging(1e-9),
    uk_xy => kriging(1e-8),
    uk_xy_local25 => kriging(1e-8),
    bk_40 => kriging(5e-8),
    bk_200x100 => kriging(5e-8),
    bk_40_nonugget => kriging(5e-8),
    bk_200_anis => kriging(5e-8),
    bk_200_reg4 => kriging(1e-9),
    bk_200_local => kriging(5e-8),
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
    Kriging::new(case.variogram(), case.drift(), neighbourhood(case)).with_support(support(case))
}

/// Point, or the block that the case's settings describe.
fn support(case: &Case) -> Support {
    let Some(size) = case.params["block_size"].as_array() else { return Support::Point };
    let size = [size[0].as_f64().unwrap(), size[1].as_f64().unwrap()];
    let nodes = match case.params["set"]["nblockdiscr"].as_u64() {
        Some(n) => BlockNodes::Regular(NonZeroUsize::new(n as usize).unwrap()),
        None => BlockNodes::GAUSS_4,
    };
    Support::block(size, nodes).unwrap()
}

/// Predictions at the case's targets, in the order of its answer.
pub(crate) fn predict(case: &Case, method: &dyn Interpolator) -> Vec<Outcome> {
    let mut covariates = Vec::new();
    let all = match case.params.get("targets").and_then(|t| t.as_str()) {
        Some(name) => {
            let table = data(name);
            let rows: Vec<usize> = case.answer.column("row").iter().map(|&r| r as usize - 1).collect();
            if case.drift().covariates() > 0 {
                let column = square_roots(&table);
                covariates.extend(rows.iter().map(|&r| column[r]));
            }
            let coords = table.coords();
            rows.iter().map(|&r| coords[r]).collect()
        }
        None => case.answer.coords(),
    };
    let targets = Targets::points(&all).with_covariates(&covariates, case.drift().covariates());
    let mut out = Predictions::default();
    let predictor = method.fit(&case.samples()).unwrap();
    assert!(predictor.left_out().is_empty(), "{}: a sample was left out", case.id);
    predictor.predict_into(&targets, &mut Scratch::default(), &mut out);
    assert!(out.reduced().is_empty(), "{}: samples were left out", case.id);
    out.iter().collect()
}

pub(crate) fn values(outcomes: &[Outcome]) -> Vec<Option<f64>> {
    outcomes.iter().map(|o| o.as_ref().ok().map(|p| p.value)).collect()
}

pub(crate) fn variances(outcomes: &[Outcome]) -> Vec<Option<f64>> {
    outcomes.iter().map(|o| o.as_ref().ok().and_then(|p| p.variance)).collect()
}

fn kriging(case: &Case, asked: f64) {
    assert!(["kriging", "block_kriging"].contains(&case.kind.as_str()));
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
