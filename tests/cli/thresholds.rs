//! Limits of the law: the verb that shows them, and `--guideline` where a number would do.

use crate::support::{folder, soilscope, table};
use crate::verbs::{MEUSE, with};

#[test]
fn list_names_sets_and_marks_what_was_not_read_in_an_act() {
    let folder = folder();
    let run = soilscope(folder.path(), &["thresholds", "list", "--jurisdiction", "NL"]).done();
    let line = |code: &str| run.out.lines().find(|l| l.starts_with(code)).unwrap_or_else(|| panic!("{}", run.out));
    assert!(line("NL/background/any").contains("2!"), "2 of 13 were written down from memory");
    assert!(line("NL/target-superseded/any").contains("12*"));
    assert!(!line("NL/intervention/any").contains(['*', '!']));
    assert!(run.out.contains("* second-hand:") && run.out.contains("! unverified:"), "{}", run.out);
    assert!(run.out.contains("1870 limits, sha256 1ed93074b5d9"), "the table is named: {}", run.out);
    let json = soilscope(folder.path(), &["thresholds", "list", "--analyte", "lead", "--verified-only", "--json"]);
    let json = json.done().json();
    assert_eq!(json["table"]["version"], "2026-11-21");
    let sets = json["sets"].as_array().unwrap();
    assert!(sets.len() > 10);
    for limit in sets.iter().flat_map(|s| s["limits"].as_array().unwrap()) {
        assert_eq!((&limit["analyte"], &limit["standing"]), (&"Pb".into(), &"verified".into()));
        assert!(limit["source"].as_str().is_some_and(|s| !s.is_empty()));
    }
}

#[test]
fn every_limit_reaches_the_csv_file() {
    let folder = folder();
    soilscope(folder.path(), &["thresholds", "list", "-o", "all.csv"]).done();
    let rows = table(&std::fs::read_to_string(folder.path().join("all.csv")).unwrap());
    assert_eq!(rows.len(), 1870);
    assert_eq!(rows.iter().filter(|r| r["standing"] == "UNVERIFIED").count(), 564);
    let again = soilscope(folder.path(), &["thresholds", "list", "-o", "all.csv"]);
    assert_eq!(again.code, Some(2), "{}", again.err);
    // What is written is a table that can be read again as one's own.
    let own = soilscope(folder.path(), &["thresholds", "list", "--guidelines", "all.csv", "--json"]).done().json();
    let builtin = soilscope(folder.path(), &["thresholds", "list", "--json"]).done().json();
    assert_eq!(own["sets"], builtin["sets"]);
}

#[test]
fn show_computes_the_limit_of_a_soil() {
    let folder = folder();
    let words = ["thresholds", "show", "NL/intervention", "--analyte", "cadmium", "--soil", "clay=10,om=5", "--json"];
    let limit = soilscope(folder.path(), &words).done().json()["limits"][0].clone();
    // FORMULAS.md, test D.
    assert!((limit["value"].as_f64().unwrap() - 9.5223).abs() < 5e-5, "{limit}");
    assert_eq!((&limit["published"], &limit["year"]), (&13.0.into(), &2009.into()));
    let run = soilscope(folder.path(), &["thresholds", "show", "CN/screening/paddy:Cd", "--soil", "ph=6.2"]).done();
    assert!(run.out.contains("0.4*") && !run.out.contains("0.6*"), "{}", run.out);
    let run = soilscope(folder.path(), &["thresholds", "show", "NL/intervention:Cd", "--soil", "clay=10"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("organic matter, percent is not known") && run.err.contains("--soil om=10"),
        "{}",
        run.err
    );
    let run = soilscope(folder.path(), &["thresholds", "show", "NL/intervention:Cd", "--soil", "ph=6"]);
    assert!(run.err.contains("--soil ph would have no effect"), "{}", run.err);
}

#[test]
fn codes_that_fit_several_or_none_are_told_with_the_way_out() {
    let folder = folder();
    let say = |code: &str| {
        let run = soilscope(folder.path(), &["thresholds", "show", code]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
        run.err
    };
    assert!(say("DE/trigger").contains("DE/trigger/parks, DE/trigger/playground, DE/trigger/residential"));
    assert!(say("NL/intervntion").contains("did you mean NL/intervention"));
    assert!(say("ZZ/target").contains("no jurisdiction has the code or name 'zz'"));
}

#[test]
fn compare_sorts_by_value_and_tells_what_does_not_compare() {
    let folder = folder();
    let words = ["thresholds", "compare", "--analyte", "Cd", "--land-use", "agricultural"];
    let json = soilscope(folder.path(), &[&words[..], &["--json"]].concat()).done().json();
    assert_eq!((&json["basis"], &json["basis_from"]), (&"total".into(), &"that of most of these limits".into()));
    let limits = json["limits"].as_array().unwrap();
    let content = |l: &&serde_json::Value| l["unit"] == "mg/kg dw";
    let values: Vec<f64> = limits.iter().filter(content).map(|l| l["value"].as_f64().unwrap()).collect();
    assert!(values.len() > 30 && values.is_sorted(), "{values:?}");
    for limit in limits {
        let same = limit["basis_family"] == "total" && limit["unit"] == "mg/kg dw";
        let soil = !limit["conditions"].as_str().unwrap().contains("sludge not soil");
        // Flanders corrects its target value for the soil, and the table has no constants to do so.
        let computed = limit["code"] != "BE-VLG/target/any";
        assert_eq!(limit["comparable"], same && soil && computed, "{limit}");
        assert_eq!(limit["why_not"].is_string(), !(same && soil && computed), "{limit}");
    }
    assert!(
        limits.iter().any(|l| l["why_not"] == "unit kg/ha/yr") && limits.iter().any(|l| l["why_not"] == "not soil")
    );
    let aqua = soilscope(folder.path(), &[&words[..], &["--basis", "aqua-regia"]].concat()).done();
    let german = aqua.out.lines().find(|l| l.contains("DE/precautionary/any")).unwrap();
    assert!(german.contains("yes"), "{german}");
    // No value that was not read in an act stands without its mark.
    let text = soilscope(folder.path(), &words).done().out;
    for limit in limits {
        let mark = match limit["standing"].as_str().unwrap() {
            "verified" => "",
            "second-hand" => "*",
            _ => "!",
        };
        let code = limit["code"].as_str().unwrap();
        let marked = text.lines().filter(|l| l.contains(&format!(" {code} "))).any(|l| {
            let number = l.split_whitespace().next().unwrap();
            number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == 'e' || c == '-') == mark
        });
        assert!(marked, "{code} is shown without {mark:?}\n{text}");
    }
}

/// Samples whose answers are known: Dutch cadmium is 13 (0.4 + 0.007 clay + 0.021 OM) / 0.785.
const SITE: &str = "x,y,Cd_mg_kg,clay,om,ph,soiltype\n\
    0,0,9.6,10,5,5.5,sand\n\
    1,0,9.5,10,5,5.6,clay\n\
    2,0,<20,10,5,7,loam\n\
    3,0,<0.1,10,5,8,silt\n\
    4,0,14,,5,6,clay\n\
    5,0,,10,5,6,clay\n";

#[test]
fn check_counts_each_sample_against_its_own_limit() {
    let folder = folder();
    std::fs::write(folder.path().join("site.csv"), SITE).unwrap();
    let check = |code: &str, soil: &str| {
        let words = ["check", "site.csv", "--analyte", "Cd", "--crs", "local", "--guideline", code, "--soil", soil];
        (soilscope(folder.path(), &words), soilscope(folder.path(), &[&words[..], &["--json"]].concat()))
    };
    let (text, json) = check("NL/intervention", "clay=clay,om=om");
    let held = json.json()["guidelines"]["limits"][0].clone();
    // 9.5 and 9.6 lie on either side of 9.5223; <20 cannot be told; the row without clay has no limit.
    assert_eq!(
        ["above", "not_above", "cannot_tell", "without_limit"].map(|k| held[k].as_u64().unwrap()),
        [1, 2, 1, 1],
        "{held}"
    );
    assert_eq!(held["rows_above"], serde_json::json!([2]));
    assert_eq!(held["rows_cannot_tell"], serde_json::json!([4]));
    assert_eq!(held["limits"], serde_json::json!([9.52229, 9.52229]));
    assert!(text.out.contains("1 cannot be told: the limit of detection lies above the threshold"), "{}", text.out);
    // China by pH: 0.3 for 5.5, 0.4 for 5.6 and 6, 0.6 for 7, 0.8 for 8.
    let held = check("CN/screening/paddy", "ph=ph").1.json()["guidelines"]["limits"][0].clone();
    assert_eq!(held["limits"], serde_json::json!([0.3, 0.8]));
    assert_eq!(["above", "not_above", "cannot_tell"].map(|k| held[k].as_u64().unwrap()), [3, 1, 1]);
    assert_eq!(held["standing"], "second-hand");
    // Germany by texture and pH: sand 0.4, loam and silt 1, clay of pH 6 has 1.5 and of pH 5.6 that of loam, of 1.2 mg/kg above.
    std::fs::write(folder.path().join("site.csv"), SITE.replace("1,0,9.5,", "1,0,1.2,")).unwrap();
    let held = check("DE/precautionary", "texture=soiltype,ph=ph").1.json()["guidelines"]["limits"][0].clone();
    assert_eq!(held["limits"], serde_json::json!([0.4, 1.5]));
    assert_eq!(held["rows_above"], serde_json::json!([2, 3, 6]));
}

#[test]
fn soil_that_cannot_be_is_refused_with_its_row() {
    let folder = folder();
    std::fs::write(folder.path().join("site.csv"), SITE.replace("1,0,9.5,10,", "1,0,9.5,100.5,")).unwrap();
    let words = ["check", "site.csv", "--analyte", "Cd", "--crs", "local", "--guideline", "NL/intervention", "--soil"];
    let run = soilscope(folder.path(), &[&words[..], &["clay=clay,om=5"]].concat());
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("line 3") && run.err.contains("100.5") && run.err.contains("from 0 to 100"),
        "{}",
        run.err
    );
    let run = soilscope(folder.path(), &[&words[..], &["clay=lutum,om=5"]].concat());
    assert!(run.code == Some(2) && run.err.contains("lutum"), "{}", run.err);
    let run = soilscope(folder.path(), &[&words[..], &["texture=ph,clay=5,om=5"]].concat());
    assert!(run.code == Some(2) && run.err.contains("would have no effect"), "{}", run.err);
}

#[test]
fn several_jurisdictions_can_be_asked_for() {
    let folder = folder();
    let run =
        soilscope(folder.path(), &["thresholds", "list", "--jurisdiction", "nl,Sweden", "--analyte", "Cd"]).done();
    assert!(
        run.out.contains("NL/intervention") && run.out.contains("SE/guideline/km") && !run.out.contains("FI/"),
        "{}",
        run.out
    );
    let run = soilscope(folder.path(), &["thresholds", "list", "--jurisdiction", "NL,Atlantis"]);
    assert!(run.code == Some(2) && run.err.contains("--jurisdiction Atlantis: there is none"), "{}", run.err);
}

#[test]
fn jurisdictions_are_compared_on_the_same_samples() {
    let folder = folder();
    std::fs::write(folder.path().join("site.csv"), SITE).unwrap();
    let words = ["thresholds", "compare", "--samples", "site.csv", "--analyte", "Cd_mg_kg", "-o", "cd.csv", "--json"];
    let json = soilscope(folder.path(), &[&words[..], &["--soil", "om=om,clay=10"]].concat()).done().json();
    let of = |code: &str| {
        let limits = json["limits"].as_array().unwrap().iter();
        limits.filter(|l| l["code"] == code).collect::<Vec<_>>()
    };
    let dutch = of("NL/intervention/any");
    assert_eq!(dutch.len(), 1);
    assert_eq!(dutch[0]["samples"]["limits"], serde_json::json!([9.52229, 9.52229]));
    // 9.6 and 14 of five; two if <20 is not above, three if it is.
    assert_eq!(dutch[0]["samples"]["share_above"], serde_json::json!([0.4, 0.6]));
    let german = of("DE/trigger/residential")[0];
    assert_eq!(german["samples"]["above"], 0);
    assert_eq!(german["samples"]["cannot_tell"], 0, "<20 is not above 20");
    // Classes of pH without pH: no limit, and not a guess.
    assert_eq!(of("CN/screening/paddy")[0]["samples"]["without_limit"], 5);
    // A load is no content: nothing is counted against it.
    assert!(of("EU/load/sludge-land")[0]["samples"].is_null());
    let rows = table(&std::fs::read_to_string(folder.path().join("cd.csv")).unwrap());
    let row = rows.iter().find(|r| r["code"] == "NL/intervention/any").unwrap();
    assert_eq!([&row["above"], &row["cannot_tell"], &row["share_above_least"]], ["2", "1", "0.4"]);
}

/// A limit for the standard soil is that in whatever unit the samples are: 830 µg/kg is 0.83 mg/kg, and rounding does not hide it.
#[test]
fn a_limit_for_the_standard_soil_says_so_in_any_unit() {
    let folder = folder();
    std::fs::write(folder.path().join("hg.csv"), "x,y,Hg\n1,1,500\n2,1,900\n3,4,1200\n").unwrap();
    let words = ["thresholds", "compare", "--samples", "hg.csv", "--analyte", "Hg", "--unit", "ug/kg", "--json"];
    let json = soilscope(folder.path(), &words).done().json();
    let dutch: Vec<&serde_json::Value> =
        json["limits"].as_array().unwrap().iter().filter(|l| l["value"] == 0.83).collect();
    assert!(!dutch.is_empty(), "{json}");
    for limit in dutch.iter().filter(|l| l["code"].as_str().is_some_and(|code| code.starts_with("NL/"))) {
        assert_eq!((&limit["standard_soil"], &limit["samples"]["above"]), (&true.into(), &2.into()), "{limit}");
    }
}

#[test]
fn a_map_carries_its_limit_everywhere() {
    let folder = folder();
    let words = ["--guideline", "NL/intervention", "--soil", "clay=8,om=7", "--transform", "log", "--cell", "80"];
    let run = soilscope(folder.path(), &[&with("map", &words)[..], &["-o", "out"]].concat()).done();
    // 720 (50 + 3 × 8 + 1.5 × 7) / 140
    let threshold = 434.571;
    assert!(run.err.contains("the limit is 434.6 mg/kg: NL/intervention/any for Zn"), "{}", run.err);
    let out = folder.path().join("out");
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    let guideline = &record["guideline"];
    for (key, value) in [
        ("code", serde_json::json!("NL/intervention/any")),
        ("threshold", threshold.into()),
        ("value", 720.0.into()),
        ("year", 2009.into()),
        ("source_kind", "official_copy".into()),
        ("verified", true.into()),
    ] {
        assert_eq!(guideline[key], value, "{key}");
    }
    assert_eq!(record["settings"]["threshold"], threshold);
    assert_eq!(guideline["table"]["sha256"].as_str().map(str::len), Some(64));
    let hotspots = std::fs::read_to_string(out.join("zinc_hotspots.geojson")).unwrap();
    let hotspots: serde_json::Value = serde_json::from_str(&hotspots).unwrap();
    let properties = &hotspots["features"][0]["properties"];
    assert_eq!((&properties["limit_code"], &properties["limit_year"]), (&"NL/intervention/any".into(), &2009.into()));
    assert!(properties["limit_source"].as_str().unwrap().contains("BWBR0025649"));
    // The same number gives the same map.
    let number = soilscope(
        folder.path(),
        &[&with("map", &["--transform", "log", "--cell", "80"])[..], &["--threshold", "434.571", "-o", "number"]]
            .concat(),
    );
    number.done();
    let raster = |folder_name: &str| {
        let words = ["-b", "1", "-of", "XYZ"];
        let path = folder.path().join(folder_name).join("zinc_exceedance.tif");
        let run = std::process::Command::new("gdal_translate").args(words).arg(path).arg("/vsistdout/").output();
        run.ok().map(|o| o.stdout)
    };
    assert_eq!(raster("out"), raster("number"));
    let metadata = std::process::Command::new("gdalinfo").arg(out.join("zinc_exceedance.tif")).output();
    if let Ok(metadata) = metadata {
        let metadata = String::from_utf8_lossy(&metadata.stdout).into_owned();
        for item in ["LIMIT_CODE=NL/intervention/any", "LIMIT_YEAR=2009", "LIMIT_VERIFIED=yes"] {
            assert!(metadata.contains(item), "{item}: {metadata}");
        }
    }
}

#[test]
fn an_unverified_limit_says_so_in_every_result() {
    let folder = folder();
    let code = ["--guideline", "FI/lower-guideline/any"];
    let points = ["--at", "meuse_grid.csv", "--json", "-o", "points.csv"];
    let run = soilscope(folder.path(), &[&with("predict", &points)[..], &code[..]].concat()).done();
    assert!(run.err.contains("UNVERIFIED"), "{}", run.err);
    let report = run.json();
    assert_eq!((&report["threshold"], &report["guideline"]["verified"]), (&250.0.into(), &false.into()));
    let run = soilscope(folder.path(), &[&["validate"], &MEUSE[..], &code[..]].concat()).done();
    assert!(run.err.contains("UNVERIFIED"), "{}", run.err);
    let run = soilscope(folder.path(), &[&["check"], &MEUSE[..], &code[..]].concat()).done();
    assert!(run.out.contains("250! mg/kg") && run.out.contains("UNVERIFIED"), "{}", run.out);
    let words = ["--cell", "200", "--realisations", "5", "--fields", "none", "-o", "sim"];
    let run = soilscope(folder.path(), &[&["simulate"], &MEUSE[..], &words[..], &code[..]].concat()).done();
    assert!(run.err.contains("UNVERIFIED"), "{}", run.err);
    let record = std::fs::read(folder.path().join("sim/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(
        (&record["guideline"]["standing"], &record["area_above"]["threshold"]),
        (&"unverified".into(), &250.0.into())
    );
}

#[test]
fn limits_convert_to_the_unit_of_the_samples_or_are_refused() {
    let folder = folder();
    let predict = |unit: &str, code: &str| {
        let words =
            ["--at", "meuse_grid.csv", "--json", "-o", "p.csv", "--overwrite", "--unit", unit, "--guideline", code];
        soilscope(folder.path(), &[&["predict"], &MEUSE[..], &words].concat())
    };
    assert_eq!(predict("ug/kg", "DE/precautionary:Zn").code, Some(2), "it depends on the texture");
    let threshold = |unit: &str| predict(unit, "IT/contamination/residential").done().json()["threshold"].clone();
    assert_eq!(
        [threshold("mg/kg"), threshold("ug/kg"), threshold("%")],
        [150.0, 150_000.0, 0.015].map(serde_json::Value::from)
    );
    let refusal = predict("mg/l", "IT/contamination/residential").err;
    assert!(refusal.contains("the samples are in mg/l, which is no mass fraction"), "{refusal}");
    let refusal = predict("mg/kg", "EU/load").err;
    assert!(refusal.contains("kg/ha/yr: it limits what a field receives"), "{refusal}");
    let refusal = predict("mg/kg", "EU/sludge-lower").err;
    assert!(refusal.contains("is no limit of soil: matrix is sludge not soil"), "{refusal}");
    let refusal = predict("mg/kg", "NL/intervention,FI/threshold").err;
    assert!(refusal.contains("held against one limit"), "{refusal}");
}

#[test]
fn a_table_of_ones_own_takes_the_place_of_the_built_in_one() {
    let folder = folder();
    let header = "jurisdiction,instrument,level,land_use,land_use_code,receptor,analyte,cas,value,unit,conditions,basis,source_url,source_kind,verified,note\n";
    let row =
        "Netherlands,Works plan 2024,Target,any,any,any,Zn,7440-66-6,0.05,%,,aqua regia,plan p. 12,official,yes,\n";
    std::fs::write(folder.path().join("plan.csv"), format!("{header}{row}")).unwrap();
    let words = ["--guidelines", "plan.csv", "--guideline", "nl/target", "--cell", "200", "-o", "out", "--json"];
    let record = soilscope(folder.path(), &[&["map"], &MEUSE[..], &words[..]].concat()).done().json();
    assert_eq!(
        (&record["guideline"]["threshold"], &record["guideline"]["table"]["name"]),
        (&500.0.into(), &"plan.csv".into())
    );
    let inputs = record["inputs"].as_array().unwrap();
    assert!(inputs.iter().any(|i| i["role"] == "guidelines" && i["sha256"].as_str().is_some_and(|s| s.len() == 64)));
    std::fs::write(folder.path().join("plan.csv"), format!("{header}{}", row.replace("0.05", "five"))).unwrap();
    let run = soilscope(folder.path(), &["thresholds", "list", "--guidelines", "plan.csv"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("plan.csv, line 2, column 'value': 'five' is not a number"), "{}", run.err);
}

/// Values of a raster, row by row, by GDAL itself; no data as it is spelt.
fn cells(folder: &std::path::Path, file: &str) -> Vec<String> {
    let words = ["-q", "-of", "XYZ", file, "/vsistdout/"];
    let run = std::process::Command::new("gdal_translate").args(words).current_dir(folder).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines().filter_map(|line| line.split_whitespace().nth(2).map(str::to_owned)).collect()
}

#[test]
fn a_map_holds_each_cell_against_the_limit_of_its_own_soil() {
    let folder = folder();
    // Organic matter of 4, 16 and 4 percent, and none known in the last of four columns of 800 m.
    let om =
        "ncols 4\nnrows 1\nxllcorner 178400\nyllcorner 329400\ndx 800\ndy 4400\nNODATA_value -9999\n4 16 4 -9999\n";
    std::fs::write(folder.path().join("om.asc"), om).unwrap();
    let bounds = ["--bounds", "178400,329400,181600,333800", "--cell", "200", "--transform", "log"];
    let map = |soil: &str, out: &str| {
        let words = ["--guideline", "NL/intervention", "--soil", soil, "-o", out, "--json"];
        soilscope(folder.path(), &[&["map"], &MEUSE[..], &bounds[..], &words[..]].concat())
    };
    let run = map("clay=8,om=om.asc", "own").done();
    let record = run.json();
    let (low, high) = (map("clay=8,om=4", "low").done(), map("clay=8,om=16", "high").done());
    assert_ne!(low.json()["guideline"]["threshold"], high.json()["guideline"]["threshold"]);
    let [own, low, high] =
        ["own", "low", "high"].map(|out| cells(folder.path(), &format!("{out}/zinc_exceedance.tif")));
    let limits = cells(folder.path(), "own/zinc_threshold.tif");
    assert_eq!(own.len(), 16 * 22);
    // 720 (50 + 24 + 1.5 OM) / 140
    for i in 0..own.len() {
        let (expected, limit) = match i % 16 / 4 {
            1 => (&high[i], Some(504.0)),
            3 => (&own[15], None),
            _ => (&low[i], Some(411.429)),
        };
        assert_eq!(&own[i], expected, "cell {i}");
        match limit {
            Some(limit) => assert!((limits[i].parse::<f64>().unwrap() - limit).abs() < 1e-3, "cell {i}: {}", limits[i]),
            None => assert_eq!(limits[i], limits[15]),
        }
    }
    assert_eq!(record["cells"]["gaps"]["no-threshold"], 4 * 22);
    assert!(record["guideline"]["threshold"].is_null());
    assert_eq!(record["guideline"]["soil_rasters"]["om"], "om.asc");
    let inputs = record["inputs"].as_array().unwrap();
    assert!(inputs.iter().any(|i| i["role"] == "soil" && i["path"] == "om.asc"));
    assert!(record["hotspots"]["count"].as_u64().is_some_and(|n| n > 0));
    assert!(record["notes"].to_string().contains("that of each cell's own soil"));
    for (soil, why) in [
        ("om=om.asc", "depends on clay, percent too"),
        ("clay=8,om=humus", "there is no such raster"),
        ("clay=8,om=om.asc,ph=6", "--soil ph would have no effect"),
    ] {
        let run = map(soil, "none");
        assert_eq!(run.code, Some(2));
        assert!(run.err.contains(why), "{soil}: {}", run.err);
        assert!(!folder.path().join("none").exists());
    }
    let words = ["--guideline", "NL/intervention", "--soil", "clay=8,om=om.asc", "--method", "idw:2", "-o", "none"];
    let run = soilscope(folder.path(), &[&["map"], &MEUSE[..], &bounds[..4], &words[..]].concat());
    assert!(run.code == Some(2) && run.err.contains("inverse-distance has none for any limit"), "{}", run.err);
    std::fs::write(folder.path().join("om.asc"), om.replace("16 4", "160 4")).unwrap();
    let run = map("clay=8,om=om.asc", "none");
    assert!(run.code == Some(2) && run.err.contains("160 is no organic matter, percent"), "{}", run.err);
}
