//! Co-kriging with a linear model of coregionalisation.

use soilscope_core::cokriging::{
    CoKriging, CoPredictions, Coefficients, Coregionalisation, LmcMethod, LmcSettings, Means, Term, fit_lmc,
};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::{FitWeights, LagClasses, Model, Structure, cross_variograms};
use soilscope_core::{Samples, Scratch, Targets};

use crate::agreement::Agreement;
use crate::vectors::{Case, case, data};

cases! {
    lmc_4metals => fitted(1e-9),
    ck_4metals => cokriging(1e-9, &["cd", "cu", "pb", "zn"], &[1, 1, 1, 1]),
    // Zinc at every other row.
    ck_heterotopic => cokriging(1e-9, &["zn", "pb"], &[2, 1]),
}

/// The column of the data that a variable's short name stands for.
fn column(variable: &str) -> &'static str {
    match variable {
        "cd" => "cadmium",
        "cu" => "copper",
        "pb" => "lead",
        "zn" => "zinc",
        other => panic!("{other}"),
    }
}

/// Logarithms of these variables, each known at every so many rows.
fn logarithms(variables: &[&str], every: &[usize]) -> Vec<Samples> {
    let table = data("meuse.csv");
    let of = |v: &str, every: usize| {
        let values = table.column(column(v)).iter().step_by(every).map(|z| z.ln()).collect();
        Samples::new(table.coords().into_iter().step_by(every).collect(), values).unwrap()
    };
    variables.iter().zip(every).map(|(v, &every)| of(v, every)).collect()
}

/// fit.lmc of gstat: each variogram alone, matrices clipped, diagonals stretched.
fn fitted(case: &Case, asked: f64) {
    let empirical = self::case(case.text("empirical"));
    let lags = LagClasses::regular(empirical.number("cutoff").unwrap(), empirical.number("width").unwrap()).unwrap();
    let variables = ["cd", "cu", "pb", "zn"];
    let variograms = cross_variograms(&logarithms(&variables, &[1; 4]), &lags, &[]).unwrap();
    let diagonal_factor = case.number("correct_diagonal").unwrap();
    let settings =
        LmcSettings { weights: FitWeights::PairsOverSquaredDistance, method: LmcMethod::Clipped { diagonal_factor } };
    let names = variables.map(str::to_owned);
    let model = fit_lmc(&names, &variograms, &"Nug + Sph(900)".parse().unwrap(), &settings).unwrap().model;

    let mut agreement = Agreement::absolute(case, asked);
    for (row, record) in case.records().iter().enumerate() {
        let [i, j] = [0, 1].map(|k| variables.iter().position(|v| *v == &record[k]).unwrap());
        for (term, column) in ["nugget", "psill"].iter().enumerate() {
            let ours = model.terms()[term].coefficients().get(i, j);
            agreement.compare(column, row, ours, case.answer.column(column)[row]);
        }
    }
    agreement.done();
}

/// gstat's model of these variables.
fn model(variables: &[&str]) -> Coregionalisation {
    let case = case("lmc_4metals");
    let records = case.records();
    let coefficients = |number: usize| {
        let entry = |a: &str, b: &str| {
            let row = records.iter().find(|r| &r[0] == a && &r[1] == b).unwrap();
            assert_eq!(&row[4], "900");
            row[number].parse::<f64>().unwrap()
        };
        let row = |a: &str| variables.iter().map(|b| entry(a, b)).collect::<Vec<f64>>();
        Coefficients::from_rows(&variables.iter().map(|a| row(a)).collect::<Vec<_>>()).unwrap()
    };
    let spherical = Structure::new(Model::Spherical, 1.0, 900.0).unwrap();
    let terms = vec![Term::nugget(coefficients(2)).unwrap(), Term::structure(spherical, coefficients(3)).unwrap()];
    Coregionalisation::new(variables.iter().map(|&v| v.to_owned()).collect(), terms).unwrap()
}

/// Co-kriging of logarithms of these variables, each known at every so many rows.
fn cokriging(case: &Case, asked: f64, variables: &[&str], every: &[usize]) {
    assert_eq!(case.text("data"), "meuse.csv");
    let samples = logarithms(variables, every);
    let recipe = CoKriging { model: model(variables), means: Means::Unknown, neighbourhood: Neighbourhood::Global };
    let coords = data(case.text("targets")).coords();
    let targets: Vec<_> = case.answer.column("row").iter().map(|&r| coords[r as usize - 1]).collect();
    let mut out = CoPredictions::default();
    recipe.fit(&samples).unwrap().predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut out);

    let mut agreement = Agreement::absolute(case, asked);
    for (a, name) in variables.iter().enumerate() {
        let of = |f: &dyn Fn(usize) -> f64| (0..out.len()).map(|i| Some(f(i))).collect::<Vec<_>>();
        agreement.column(&format!("{name}_pred"), &of(&|i| out.get(i, a).unwrap().value));
        agreement.column(&format!("{name}_var"), &of(&|i| out.get(i, a).unwrap().variance.unwrap()));
        for (b, other) in variables.iter().enumerate().take(a) {
            agreement.column(&format!("cov_{other}_{name}"), &of(&|i| out.covariance(i, a, b).unwrap()));
        }
    }
    agreement.done();
}
