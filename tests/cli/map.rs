//! What `soilscope map` writes, and says of it.

use sha2::{Digest, Sha256};

use crate::support::{folder, names, program, soilscope};
use crate::verbs::with;

fn map(folder: &std::path::Path, out: &'static str, more: &[&'static str]) -> serde_json::Value {
    let words =
        ["--transform", "log", "--threshold", "500", "--mask", "meuse_area.csv", "--cell", "40", "--json", "-o", out];
    soilscope(folder, &[&with("map", &words)[..], more].concat()).done().json()
}

#[test]
fn map_writes_everything_and_accounts_for_every_cell() {
    let folder = folder();
    let record = map(folder.path(), "out", &[]);
    let expected = [
        "run.json",
        "zinc_curve.csv",
        "zinc_curve.png",
        "zinc_exceedance.tif",
        "zinc_hotspots.geojson",
        "zinc_hotspots.gpkg",
        "zinc_map.png",
        "zinc_prediction.tif",
        "zinc_reliability.png",
        "zinc_sd.tif",
        "zinc_trust.tif",
    ];
    assert_eq!(names(&folder.path().join("out")), expected);
    let cells = &record["cells"];
    let gaps: u64 = cells["gaps"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
    let count = |name: &str| cells[name].as_u64().unwrap();
    assert_eq!(count("predicted") + count("outside_mask") + gaps, count("cells"));
    assert!(count("predicted") > 3000 && count("outside_mask") > 3000, "{cells}");
    for file in ["inputs", "outputs"].iter().flat_map(|k| record[*k].as_array().unwrap()) {
        let bytes = std::fs::read(folder.path().join(file["path"].as_str().unwrap())).unwrap();
        let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(file["sha256"], sum.as_str(), "{file}");
    }
    let on_disk: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(on_disk, record, "--json prints the record");
    assert!(record["hotspots"]["count"].as_u64().unwrap() >= 1);
    assert!(
        record["validation"]["scores"]["rmse"].as_f64().unwrap() < 367.0,
        "better than the mean: the sd of zinc is 367"
    );
}

#[test]
fn gdal_reads_every_output_without_a_warning() {
    let folder = folder();
    map(folder.path(), "out", &[]);
    let read = |program: &str, words: &[&str]| {
        let output = std::process::Command::new(program).args(words).current_dir(folder.path()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && err.is_empty(), "{program} {words:?}: {err}");
        assert!(!out.to_lowercase().contains("warning"), "{program} {words:?}: {out}");
        out.into_owned()
    };
    for name in ["prediction", "sd", "exceedance"] {
        let said = read("gdalinfo", &[&format!("out/zinc_{name}.tif")]);
        for expected in ["LAYOUT=COG", "NoData Value=-9999", "Type=Float32", "Amersfoort / RD New", "STATISTICS_MEAN"] {
            assert!(said.contains(expected), "{name}: no {expected} in {said}");
        }
        assert_eq!(said.contains("Unit Type: mg/kg"), name != "exceedance", "{said}");
        assert!(said.contains("Description = "), "{said}");
    }
    let said = read("gdalinfo", &["out/zinc_trust.tif"]);
    for expected in ["LAYOUT=COG", "NoData Value=255", "Type=Byte", "TRUST_1=extrapolation: ", "TRUST_4=near-sill: "] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    assert!(!said.contains("TRUST_16"), "there is no covariate: {said}");
    for file in ["out/zinc_hotspots.geojson", "out/zinc_hotspots.gpkg"] {
        let said = read("ogrinfo", &["-ro", "-al", file]);
        for column in ["area_m2", "mean", "maximum", "mean_probability", "samples_inside"] {
            assert!(said.contains(&format!("{column} (")), "{file}: {said}");
        }
    }
}

#[test]
fn map_is_the_same_for_any_number_of_threads() {
    let folder = folder();
    for (out, threads) in [("one", "1"), ("two", "2"), ("seven", "7")] {
        map(folder.path(), out, &["--threads", threads]);
    }
    for name in ["zinc_prediction.tif", "zinc_sd.tif", "zinc_exceedance.tif", "zinc_hotspots.geojson", "zinc_map.png"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(read("one") == read("two") && read("one") == read("seven"), "{name}");
    }
}

#[test]
fn map_refuses_to_overwrite_unless_told() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "-o", "out"]);
    soilscope(folder.path(), &words).done();
    let refused = soilscope(folder.path(), &words);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--overwrite"), "{}", refused.err);
    soilscope(folder.path(), &[&words[..], &["--overwrite"]].concat()).done();
}

#[test]
fn map_without_an_error_model_says_so() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "--method", "idw:2", "--threshold", "500", "-o", "out", "--json"]);
    let record = soilscope(folder.path(), &words).done().json();
    assert!(!folder.path().join("out/zinc_sd.tif").exists());
    assert!(!folder.path().join("out/zinc_exceedance.tif").exists());
    assert!(record["notes"].to_string().contains("no error model"), "{}", record["notes"]);
    assert!(record["hotspots"]["count"].as_u64().unwrap() > 0);
}

#[test]
fn map_on_a_local_plane_and_on_a_template() {
    let folder = folder();
    let words = [
        "map",
        "meuse.csv",
        "--analyte",
        "zinc",
        "--crs",
        "local",
        "--cell",
        "100",
        "--threshold",
        "500",
        "-o",
        "site",
    ];
    soilscope(folder.path(), &words).done();
    assert!(folder.path().join("site/zinc_hotspots.gpkg").exists());
    assert!(!folder.path().join("site/zinc_hotspots.geojson").exists(), "longitude and latitude of nowhere");
    let first = map(folder.path(), "first", &[]);
    let words = with("map", &["--like", "first/zinc_prediction.tif", "-o", "second", "--json"]);
    let second = soilscope(folder.path(), &words).done().json();
    for key in ["columns", "rows", "cell", "bounds"] {
        assert_eq!(first["grid"][key], second["grid"][key], "{key}");
    }
}

#[test]
fn hotspot_areas_are_those_on_the_ground() {
    let folder = folder();
    let area = |record: &serde_json::Value| record["hotspots"]["area_m2"].as_f64().unwrap();
    let plane = map(folder.path(), "plane", &[]);
    // The Dutch grid keeps areas to 2 in 10,000 here.
    assert!((area(&plane) / plane["hotspots"]["area_on_map"].as_f64().unwrap() - 1.0).abs() < 3e-4);
    let mercator = soilscope(
        folder.path(),
        &with(
            "map",
            &[
                "--transform",
                "log",
                "--threshold",
                "500",
                "--out-crs",
                "EPSG:3857",
                "--cell",
                "40",
                "-o",
                "m",
                "--json",
            ],
        ),
    )
    .done();
    assert!(mercator.err.contains("does not keep distances"), "{}", mercator.err);
    let record = mercator.json();
    assert!(record["notes"].to_string().contains("does not keep distances"));
    let stretched = record["hotspots"]["area_on_map"].as_f64().unwrap() / area(&record);
    // The secant of 50.98 degrees, squared, but for the flattening.
    assert!((2.45..2.60).contains(&stretched), "{stretched}");
}

#[test]
fn a_map_that_fails_late_leaves_nothing() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "--threshold", "500", "-o", "out"]);
    // A file that GDAL cannot replace: the hotspots come after the rasters.
    std::fs::create_dir_all(folder.path().join("out/zinc_map.png/x")).unwrap();
    let run = soilscope(folder.path(), &words);
    assert_eq!(run.code, Some(2));
    assert_eq!(names(&folder.path().join("out")), Vec::<String>::new());
    let run = program(folder.path()).args(words).env("SOURCE_DATE_EPOCH", "abc").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("SOURCE_DATE_EPOCH"));
}

#[test]
fn a_folder_is_the_map_of_one_analyte() {
    let folder = folder();
    soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "out"])).done();
    let words =
        ["map", "meuse.csv", "--analyte", "lead", "--crs", "EPSG:28992", "--cell", "100", "-o", "out", "--overwrite"];
    let run = soilscope(folder.path(), &words);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("holds a map of zinc"), "{}", run.err);
}

#[test]
fn no_hotspot_is_nothing_and_not_less() {
    let folder = folder();
    let run = soilscope(folder.path(), &with("map", &["--threshold", "100000", "--cell", "100", "-o", "out"])).done();
    assert!(run.out.contains("hotspots above 100000: 0, 0 m², 0 samples inside"), "{}", run.out);
    assert!(folder.path().join("out/zinc_hotspots.gpkg").exists(), "an empty layer says that there is none");
}

#[test]
fn map_says_how_far_it_reaches() {
    let folder = folder();
    let far = soilscope(
        folder.path(),
        &with("map", &["--bounds", "-100,-100,100,100", "--cell", "10", "-o", "far", "--json"]),
    )
    .done()
    .json();
    assert!(far["notes"].to_string().contains("every cell is further than"), "{}", far["notes"]);
    let wide = soilscope(
        folder.path(),
        &with("map", &["--bounds", "175000,325000,185000,337000", "--cell", "100", "-o", "wide", "--json"]),
    )
    .done()
    .json();
    assert!(wide["notes"].to_string().contains("% of the cells"), "{}", wide["notes"]);
    let near = map(folder.path(), "near", &[]);
    // What the model's own remarks say, what is hatched, and nothing of reach.
    let notes = near["notes"].as_array().unwrap();
    let (own, rest) = notes.split_at(near["model"]["remarks"].as_array().unwrap().len());
    assert_eq!(own, near["model"]["remarks"].as_array().unwrap());
    assert!(rest.iter().all(|n| n.as_str().unwrap().contains("are not to be trusted")), "{rest:?}");
}

#[test]
fn overwriting_leaves_no_decision_of_another_map() {
    let folder = folder();
    map(folder.path(), "out", &[]);
    let record =
        soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "out", "--overwrite", "--json"])).done().json();
    assert_eq!(
        names(&folder.path().join("out")),
        ["run.json", "zinc_map.png", "zinc_prediction.tif", "zinc_sd.tif", "zinc_trust.tif"]
    );
    assert!(record["notes"].to_string().contains("zinc_exceedance.tif of an earlier run was removed"));
}

#[test]
fn a_failed_run_leaves_no_folder() {
    let folder = folder();
    let run =
        soilscope(folder.path(), &["map", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:99999", "-o", "new/deep"]);
    assert_eq!(run.code, Some(2));
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_map_says_where_it_is_not_to_be_trusted() {
    let folder = folder();
    let within = map(folder.path(), "within", &[]);
    let counted =
        |record: &serde_json::Value, reason: &str| record["cells"]["trust"]["reasons"][reason].as_u64().unwrap_or(0);
    let doubtful = |record: &serde_json::Value| record["cells"]["trust"]["doubtful"].as_u64().unwrap();
    // The flood plain is sampled nearly to its edges.
    assert!(doubtful(&within) * 5 < within["cells"]["predicted"].as_u64().unwrap(), "{}", within["cells"]["trust"]);
    assert_eq!((within["trust"]["fewest"].as_u64(), within["trust"]["sill_share"].as_f64()), (Some(5), Some(0.9)));
    // Four times as wide, and most of it is beyond the samples.
    let wide = ["--transform", "log", "--cell", "50", "--bounds", "176000,327000,184000,336000", "--json", "-o"];
    let run = |out: &'static str, more: &[&'static str]| {
        soilscope(folder.path(), &[&with("map", &wide)[..], &[out], more].concat()).done().json()
    };
    let kriged = run("wide", &[]);
    let cells = kriged["cells"]["predicted"].as_u64().unwrap();
    assert!(doubtful(&kriged) * 10 > cells * 8 && doubtful(&kriged) < cells, "{}", kriged["cells"]["trust"]);
    for reason in ["extrapolation", "too-few-neighbours", "near-sill", "cluster"] {
        assert!(counted(&kriged, reason) > 0, "{reason}: {}", kriged["cells"]["trust"]);
    }
    let notes = kriged["notes"].to_string();
    assert!(notes.contains("are not to be trusted, and hatched in the picture"), "{notes}");
    // What is doubtful of places alone is the same without a model.
    let words = ["--cell", "50", "--bounds", "176000,327000,184000,336000", "--method", "idw:2", "--json", "-o", "idw"];
    let weighted = soilscope(folder.path(), &with("map", &words)).done().json();
    let reasons: Vec<&str> =
        weighted["trust"]["reasons"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["extrapolation", "too-few-neighbours", "cluster"]);
    assert_eq!((counted(&weighted, "near-sill"), counted(&weighted, "too-few-neighbours")), (0, 0));
    assert!(counted(&weighted, "extrapolation") >= counted(&within, "extrapolation"));
}
