//! Zinc in the Meuse flood plain: the samples of every textbook.

use soilscope_core::auto::{Settings, choose};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::transform::Transform;
use soilscope_core::validation::{Folds, Scores, residuals};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Interpolator, Samples};

use crate::fields::model;

/// The samples that the golden tests use, or nothing where they are not there.
fn zinc() -> Option<Samples> {
    let folder = std::env::var("SOILSCOPE_DATA").ok().filter(|folder| !folder.is_empty())?;
    let mut reader = csv::Reader::from_path(format!("{folder}/meuse.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|h| h == name).unwrap();
    let (x, y, zinc) = (at("x"), at("y"), at("zinc"));
    let (mut coords, mut values) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.unwrap();
        coords.push([row[x].parse().unwrap(), row[y].parse().unwrap()]);
        values.push(row[zinc].parse().unwrap());
    }
    Some(Samples::new(coords, values).unwrap())
}

#[test]
fn the_logarithm_is_proposed_and_its_model_predicts_no_worse_than_the_textbooks() {
    let Some(zinc) = zinc() else { return };
    let raw = choose(&zinc, &Settings::default(), &Serial).unwrap();
    assert!(raw.transform.unwrap().log_proposed);
    let log = Transform::Log.forward(&zinc).unwrap();
    let choice = choose(&log, &Settings { transformed: true, ..Settings::default() }, &Serial).unwrap();
    let log_score = |variogram: &Variogram| {
        let kriging = Kriging::new(variogram.clone(), Drift::Constant, Neighbourhood::Global);
        let outcomes = kriging.leave_out(&log, &Folds::leave_one_out(&log)).unwrap();
        Scores::of(&residuals(&log, &outcomes, &Transform::None)).unwrap()
    };
    let (own, textbook) = (log_score(choice.variogram()), log_score(&model("0.05 Nug + 0.59 Sph(897)")));
    assert!(own.log_score.unwrap() <= textbook.log_score.unwrap() + 0.01, "{own:?} {textbook:?}");
    assert!((0.7..1.4).contains(&own.msdr.unwrap()), "{own:?}");
}
