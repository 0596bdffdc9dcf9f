//! GeoParquet as samples and as points to predict at: what comes of it is what comes of the CSV.

use crate::support::{folder, root, soilscope, table};

#[test]
fn a_map_of_geoparquet_is_that_of_its_csv() {
    let folder = folder();
    let parquet = root().join("tests/samples/geoparquet/meuse_wkb.parquet");
    let parquet = parquet.to_str().unwrap();
    let how =
        ["--analyte", "zinc", "--transform", "log", "--model", "Nug + Sph", "--threshold", "500", "--cell", "100"];
    let only = ["--only", "prediction,sd,exceedance"];
    soilscope(folder.path(), &[&["map", parquet, "-o", "columnar"], &how[..], &only].concat()).done();
    soilscope(folder.path(), &[&["map", "meuse.csv", "--crs", "EPSG:28992", "-o", "text"], &how[..], &only].concat())
        .done();
    for name in ["zinc_prediction.tif", "zinc_sd.tif", "zinc_exceedance.tif"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(read("columnar") == read("text"), "{name} differs");
    }
    let model = ["--model", "0.05 Nug + 0.59 Sph(897)", "--transform", "log", "--analyte", "zinc"];
    soilscope(folder.path(), &[&["predict", parquet, "--at", parquet, "-o", "at.csv"], &model[..]].concat()).done();
    let rows = table(&std::fs::read_to_string(folder.path().join("at.csv")).unwrap());
    assert_eq!((rows.len(), &rows[0]["site"][..], &rows[0]["sampled"][..]), (155, "class 1", "1990-06-01"));
    let report =
        soilscope(folder.path(), &["check", parquet, "--analyte", "lead", "--unit", "mg/kg", "--json"]).done().json();
    assert_eq!(report["source"]["format"], "GeoParquet");
    assert_eq!(report["analytes"][0]["quantified"], 155);
}
