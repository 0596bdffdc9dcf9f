//! Whatever the bytes, no panic; and what was written reads back.

use proptest::prelude::*;
use soilscope_pipeline::samples::{Preparation, read_points};

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), name in "t\\.(csv|data|json)") {
        try_all(&bytes, &name);
    }

    #[test]
    fn random_tables_never_panic(text in "(x|lon|analyte),(y|lat|value),(a|unit|x)[,;\t|]?[0-9<>.,;\"\r\n\t| aeEnNd%µ/-]{0,300}") {
        try_all(text.as_bytes(), "t.csv");
    }

    #[test]
    fn values_read_back_to_the_same_number(
        rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..20)
    ) {
        let rows: Vec<_> = rows.into_iter().filter(|r| r.0.is_finite() && r.1.is_finite() && r.2.is_finite()).collect();
        prop_assume!(!rows.is_empty());
        let text = rows.iter().fold("x,y,a\n".to_owned(), |t, (x, y, v)| t + &format!("{x:e},{y:e},{v:e}\n"));
        let table = read_text(&text, &local("a")).unwrap();
        for (row, (coord, reading)) in rows.iter().zip(table.coords().iter().zip(table.analytes()[0].readings())) {
            prop_assert_eq!([row.0, row.1], *coord);
            prop_assert_eq!(Reading::Measured(Measurement::Quantified(row.2)), *reading);
        }
    }
}

fn try_all(bytes: &[u8], name: &str) {
    let scratch = Scratch::new(name, bytes);
    let _ = read_samples(&scratch.path, &local("a"));
    let _ = read_points(&scratch.path, &local(""));
    for options in [local(""), ReadOptions { crs: Some("EPSG:4326".into()), tolerant: true, ..wanting("a") }] {
        if let Ok(table) = read_samples(&scratch.path, &options) {
            let _ = table.judge(&Preparation::default()).to_text();
            for analyte in table.analytes() {
                let _ = table.prepare(analyte.name(), &Preparation::default());
            }
        }
    }
    drop(scratch.folder);
}
