//! Co-kriging with a linear model of coregionalisation.

use soilscope_core::cokriging::{CoKriging, CoPredictions, Coefficients, Coregionalisation, Means, Term};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::{Model, Structure};
use soilscope_core::{Samples, Scratch, Targets};

use crate::agreement::Agreement;
use crate::vectors::{Case, case, data};

cases! {
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
    let table = data(case.text("data"));
    let samples: Vec<Samples> = variables
        .iter()
        .zip(every)
        .map(|(v, &every)| {
            let coords = table.coords().into_iter().step_by(every).collect();
            Samples::new(coords, table.column(column(v)).iter().step_by(every).map(|z| z.ln()).collect()).unwrap()
        })
        .collect();
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
