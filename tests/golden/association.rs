//! Statistics of spatial association.

use soilscope_core::Samples;
use soilscope_core::association::{Test, Weights, geary, local_g, local_moran, moran};

use crate::agreement::Agreement;
use crate::vectors::Case;

cases! {
    moran_geary => global(1e-10),
    local_moran_knn8 => locals(1e-10),
    local_g_band500 => getis_ord(1e-10),
}

/// The weights that the reference calls `name`.
fn weights(name: &str, samples: &Samples) -> Weights {
    match name {
        "knn8_rowstd" => Weights::k_nearest(samples, 8).unwrap().row_standardised(),
        "band500_binary" => Weights::band(samples, 500.0).unwrap(),
        other => panic!("{other}"),
    }
}

fn global(case: &Case, asked: f64) {
    let samples = case.samples();
    let mut agreement = Agreement::absolute(case, asked);
    for (row, record) in case.records().iter().enumerate() {
        let weights = weights(&record[0], &samples);
        let (i, c) = (moran(&samples, &weights).unwrap(), geary(&samples, &weights).unwrap());
        for (column, ours) in [
            ("moran_i", i.value),
            ("moran_e", i.randomisation.expectation),
            ("moran_var", i.randomisation.variance),
            ("geary_c", c.value),
            ("geary_var", c.randomisation.variance),
        ] {
            agreement.compare(column, row, ours, case.answer.column(column)[row]);
        }
        assert_eq!((i.islands, c.randomisation.expectation), (0, 1.0));
    }
    agreement.done();
}

fn locals(case: &Case, asked: f64) {
    let samples = case.samples();
    assert_eq!(case.count("neighbours"), Some(8));
    let local = local_moran(&samples, &weights("knn8_rowstd", &samples)).unwrap();
    let mut agreement = Agreement::absolute(case, asked);
    agreement.column("ii", &local.iter().map(|l| l.map(|l| l.value).ok()).collect::<Vec<_>>());
    let mut tests = |names: [&str; 3], test: &dyn Fn(usize) -> Option<Test>| {
        let column = |of: fn(&Test) -> f64| (0..local.len()).map(|i| test(i).as_ref().map(of)).collect::<Vec<_>>();
        agreement.column(names[0], &column(|t| t.expectation));
        agreement.column(names[1], &column(|t| t.variance));
        agreement.column(names[2], &column(|t| t.z));
    };
    tests(["e", "var", "z"], &|i| local[i].unwrap().total);
    tests(["e_cond", "var_cond", "z_cond"], &|i| local[i].unwrap().conditional);
    agreement.done();
}

fn getis_ord(case: &Case, asked: f64) {
    let samples = case.samples();
    assert_eq!(case.number("band"), Some(500.0));
    let band = weights("band500_binary", &samples);
    let with_self = band.including_self(1.0).unwrap();
    let mut agreement = Agreement::absolute(case, asked);
    let neighbours: Vec<_> = (0..samples.len()).map(|i| Some(band.neighbours(i) as f64)).collect();
    agreement.column("n_neighbours", &neighbours);
    for (column, weights) in [("gi", &band), ("gi_star", &with_self)] {
        let z: Vec<_> = local_g(&samples, weights).unwrap().iter().map(|g| g.map(|g| g.z).ok()).collect();
        agreement.column(column, &z);
    }
    agreement.done();
}
