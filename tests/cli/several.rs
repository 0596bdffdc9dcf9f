//! Several analytes in one map: files, record, joint products, and what is refused.

use serde_json::Value;

use crate::support::{folder, names, soilscope, table};

const BASE: [&str; 10] =
    ["--crs", "EPSG:28992", "--unit", "mg/kg", "--transform", "log", "--mask", "meuse_area.csv", "--cell", "200"];
const SPHERICAL: [&str; 2] = ["--model", "Nug + Sph(900)"];

fn run(folder: &std::path::Path, analytes: &str, out: &str, more: &[&str]) -> crate::support::Run {
    let words = [&["map", "meuse.csv", "--analyte", analytes, "-o", out], &BASE[..], more].concat();
    soilscope(folder, &words)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

/// Values of a raster, row by row, by GDAL itself; `None` for no data.
fn cells(folder: &std::path::Path, file: &str) -> Vec<Option<f64>> {
    let words = ["-q", "-of", "XYZ", file, "/vsistdout/"];
    let run = std::process::Command::new("gdal_translate").args(words).current_dir(folder).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let value = |line: &str| line.split_whitespace().nth(2).map(|v| v.parse::<f64>().unwrap());
    text.lines().filter_map(value).map(|v| Some(v).filter(|v| *v != -9999.0)).collect()
}

const JOINT: [&str; 14] = [
    "joint_all.tif",
    "joint_any.tif",
    "joint_count.tif",
    "joint_dominant.tif",
    "joint_dominant.tif.aux.xml",
    "joint_dominant_probability.tif",
    "joint_fractions.tif",
    "joint_fractions_above.tif",
    "joint_hotspots.geojson",
    "joint_hotspots.gpkg",
    "joint_map.png",
    "joint_samples.csv",
    "joint_trust.tif",
    "run.json",
];

#[test]
fn a_map_of_three_has_the_map_of_each_and_what_they_are_together() {
    let folder = folder();
    let limits = ["--threshold", "zinc=500,lead=150,copper=40", "--realisations", "60", "--json"];
    let more = [&limits[..], &SPHERICAL].concat();
    let record = run(folder.path(), "zinc,lead,copper", "out", &more).done().json();
    // Each has what a map of it alone has.
    run(folder.path(), "lead", "alone", &[&["--threshold", "150", "--realisations", "60"], &SPHERICAL[..]].concat())
        .done();
    let there = names(&folder.path().join("out"));
    assert!(JOINT.iter().all(|name| there.contains(&(*name).to_owned())), "{there:?}");
    for name in names(&folder.path().join("alone")) {
        assert!(there.contains(&name), "{name} of a map of one");
    }
    for file in ["lead_prediction.tif", "lead_exceedance.tif", "lead_hotspots.geojson"] {
        let of = |out: &str| std::fs::read(folder.path().join(out).join(file)).unwrap();
        assert!(of("out") == of("alone"), "{file}: the map of one analyte does not depend on the others");
    }
    assert_eq!(there.len(), JOINT.len() + 3 * (names(&folder.path().join("alone")).len() - 1), "and nothing else");

    let [any, all, count, fractions, over, dominant, share] =
        ["any", "all", "count", "fractions", "fractions_above", "dominant", "dominant_probability"]
            .map(|what| cells(folder.path(), &format!("out/joint_{what}.tif")));
    let kriged = cells(folder.path(), "out/zinc_exceedance.tif");
    let mut seen = 0;
    for i in 0..any.len() {
        assert_eq!(any[i].is_some(), kriged[i].is_some(), "cell {i}: where there is a map of each");
        let (Some(any), Some(all), Some(count), Some(sum), Some(over)) =
            (any[i], all[i], count[i], fractions[i], over[i])
        else {
            continue;
        };
        seen += 1;
        assert!((0.0..=any).contains(&all) && any <= count + 1e-6 && count <= 3.0 * any + 1e-6, "cell {i}");
        // One above its limit makes a sum above 1.
        assert!(over >= any - 1e-6 && sum > 0.0, "cell {i}");
        let (dominant, share) = (dominant[i].unwrap(), share[i].unwrap());
        assert!([1.0, 2.0, 3.0].contains(&dominant) && (1.0 / 3.0 - 1e-6..=1.0).contains(&share), "cell {i}");
    }
    assert_eq!(seen, record["joint"]["simulation"]["cells"].as_u64().unwrap());
    assert!(seen > 100);
    // Doubtful is what is doubtful for any, and nothing is said of cells that are not simulated.
    let trust = cells(folder.path(), "out/joint_trust.tif");
    let each = ["zinc", "lead", "copper"].map(|name| cells(folder.path(), &format!("out/{name}_trust.tif")));
    let mut doubtful = 0;
    for i in (0..any.len()).filter(|&i| any[i].is_some()) {
        let bits = each.iter().map(|own| own[i].unwrap() as u8).fold(0, |all, own| all | own);
        assert_eq!(trust[i], Some(f64::from(bits)), "cell {i}");
        doubtful += u64::from(bits > 0);
    }
    assert!(doubtful > 0);
    assert_eq!(record["joint"]["trust"]["doubtful"], doubtful);
    assert!(record["joint"]["trust"]["reasons"].as_object().is_some_and(|reasons| !reasons.is_empty()));
    let hot = (0..any.len()).filter(|&i| any[i].is_some_and(|any| any as f32 >= 0.8));
    let untrusted = hot.filter(|&i| trust[i].is_some_and(|bits| bits > 0.0)).count();
    let known = &record["joint"]["hotspots"]["trust"]["known"];
    assert_eq!(number(&known["untrusted_area_on_map"]), untrusted as f64 * 200.0 * 200.0);
    let listed = record["outputs"].as_array().unwrap().iter();
    assert!(listed.clone().any(|o| o["path"].as_str().is_some_and(|path| path.ends_with("joint_trust.tif"))));

    // The record.
    assert!(record["analyte"].is_null());
    let each: Vec<&str> =
        record["analytes"].as_array().unwrap().iter().map(|a| a["analyte"].as_str().unwrap()).collect();
    assert_eq!(each, ["zinc", "lead", "copper"]);
    let joint = &record["joint"];
    assert_eq!(joint["coregionalisation"]["notation"], "Nug + Sph(900)");
    let area = |name: &str, of: &str| number(&joint["area"][name][of]);
    assert!(area("all", "mean") < area("any", "mean") && area("any", "q05") < area("any", "q95"));
    // They vary together: more places with all above, fewer with any, than if they were independent.
    assert!(area("all", "mean") > 1.1 * number(&joint["area"]["all_if_independent"]), "{}", joint["area"]);
    assert!(area("any", "mean") < 0.95 * number(&joint["area"]["any_if_independent"]), "{}", joint["area"]);
    let mean: f64 = any.iter().flatten().sum::<f64>() / seen as f64;
    assert!((area("any", "mean") / (mean * number(&joint["area"]["simulated"])) - 1.0).abs() < 1e-6);
    assert_eq!(joint["area"]["unit"], "m2");
    // What the joint simulation says of each alone is what its own map says, but for what the other analytes tell of it.
    for marginal in joint["marginals"].as_array().unwrap() {
        let (mean, difference) = (number(&marginal["mean_absolute_difference"]), number(&marginal["mean_difference"]));
        let allowed = 0.06 + number(&marginal["by_chance"]);
        assert!(mean < allowed && difference.abs() < 0.03, "{marginal}");
    }
    assert!(number(&joint["hotspots"]["count"]) >= 1.0 && number(&joint["hotspots"]["area_m2"]) > 0.0);
    let rows = table(&std::fs::read_to_string(folder.path().join("out/joint_samples.csv")).unwrap());
    let pairs: Vec<String> = rows.iter().map(|r| format!("{} {}", r["analyte_1"], r["analyte_2"])).collect();
    assert_eq!(pairs, ["zinc lead", "zinc copper", "lead copper"]);
    // 57 samples above 500 of zinc, 59 above 150 of lead, counted in the file by hand.
    let count = |name: &str| rows[0][name].parse::<usize>().unwrap();
    assert_eq!((count("both_above") + count("only_1_above"), count("both_above") + count("only_2_above")), (57, 59));
    let text = std::fs::read_to_string(folder.path().join("out/joint_hotspots.geojson")).unwrap();
    let features: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(features["features"][0]["properties"]["analytes"], "zinc, lead, copper");
    let run = std::process::Command::new("gdalinfo").arg("out/joint_dominant.tif").current_dir(folder.path()).output();
    let info = String::from_utf8(run.unwrap().stdout).unwrap();
    let run = std::process::Command::new("gdalinfo").arg("out/joint_trust.tif").current_dir(folder.path()).output();
    let trust = String::from_utf8(run.unwrap().stdout).unwrap();
    assert!(trust.contains("Type=Byte") && trust.contains("TRUST_0=") && trust.contains("ANALYTES="), "{trust}");
    assert!(info.contains("1: zinc") && info.contains("3: copper") && info.contains("CLASS_2=lead"), "{info}");
}

#[test]
fn joint_products_are_the_same_for_any_number_of_threads_and_others_for_another_seed() {
    let folder = folder();
    let more = [&["--threshold", "200", "--realisations", "24", "--progress", "never"][..], &SPHERICAL].concat();
    let go = |out: &'static str, own: &[&str]| {
        run(folder.path(), "zinc,lead", out, &[&more[..], own].concat()).done();
    };
    go("one", &["--threads", "1"]);
    go("three", &["--threads", "3"]);
    go("seed", &["--seed", "9"]);
    let of = |out: &str, name: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
    for name in JOINT.iter().filter(|name| name.ends_with(".tif") || name.ends_with(".png")) {
        assert!(of("one", name) == of("three", name), "{name}");
    }
    assert!(of("one", "joint_any.tif") != of("seed", "joint_any.tif"));
    assert!(of("one", "zinc_exceedance.tif") == of("seed", "zinc_exceedance.tif"));
}

#[test]
fn without_a_limit_there_are_the_maps_and_the_correlations() {
    let folder = folder();
    let limit = ["--threshold", "zinc=500,lead=150", "--realisations", "24"];
    run(folder.path(), "zinc,lead", "out", &[&limit[..], &SPHERICAL].concat()).done();
    assert!(folder.path().join("out/joint_any.tif").is_file());
    let record =
        run(folder.path(), "zinc,lead", "out", &["--overwrite", "--json", "--model", "Nug + Sph(900)"]).done().json();
    assert!(record["joint"].is_null());
    let left: Vec<String> =
        names(&folder.path().join("out")).into_iter().filter(|name| name.starts_with("joint")).collect();
    assert_eq!(left, ["joint_samples.csv"], "nothing of the decision of another run");
    let pair = &record["samples_together"][0];
    assert!(number(&pair["correlation"]["pearson"]) > 0.9 && pair["above"].is_null(), "{pair}");
    // The same without realisations, which any method can have.
    let more = ["--threshold", "200", "--realisations", "0", "--method", "idw:2", "--json", "--transform", "none"];
    let words = ["map", "meuse.csv", "--analyte", "zinc,lead", "--crs", "EPSG:28992", "--cell", "200", "-o", "idw"];
    let record = soilscope(folder.path(), &[&words[..], &more[..]].concat()).done().json();
    assert!(record["joint"].is_null() && record["analytes"][1]["hotspots"]["count"].as_u64().is_some());
    assert!(record["samples_together"][0]["above"]["both"].as_u64().is_some_and(|n| n > 0));
}

#[test]
fn limits_of_the_law_are_each_analytes_own_and_may_differ_from_cell_to_cell() {
    let folder = folder();
    let om = "ncols 2\nnrows 1\nxllcorner 178400\nyllcorner 329400\ndx 1600\ndy 4400\nNODATA_value -9999\n4 -9999\n";
    std::fs::write(folder.path().join("om.asc"), om).unwrap();
    let more = ["--guideline", "NL/intervention", "--soil", "clay=8,om=om.asc", "--realisations", "24", "--json"];
    let record = run(folder.path(), "zinc,lead,cadmium", "out", &[&more[..], &SPHERICAL].concat()).done().json();
    for analyte in record["analytes"].as_array().unwrap() {
        assert_eq!(analyte["guideline"]["soil_rasters"]["om"], "om.asc");
        assert_eq!(analyte["guideline"]["code"], "NL/intervention/any");
    }
    let inputs = record["inputs"].as_array().unwrap();
    assert_eq!(inputs.iter().filter(|i| i["role"] == "soil").count(), 1, "a raster that all share is one input");
    let (any, limit) = (cells(folder.path(), "out/joint_any.tif"), cells(folder.path(), "out/zinc_threshold.tif"));
    let known = any.iter().zip(&limit).filter(|(any, limit)| any.is_some() && limit.is_some()).count();
    assert!(known > 50 && any.iter().zip(&limit).all(|(any, limit)| any.is_some() == limit.is_some()));
    assert_eq!(known as u64, record["joint"]["simulation"]["cells"].as_u64().unwrap());
    assert!(record["joint"]["area"]["any"]["mean"].as_f64().is_some_and(|a| a > 0.0));
    // Samples on the half of the site without a value of om have no limit, and are neither above one nor not.
    let rows = table(&std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap());
    let beyond = rows.iter().filter(|row| row["x"].parse::<f64>().unwrap() >= 180_000.0).count() as u64;
    let places = &record["joint"]["places"];
    let [sampled, above, not_above, undecided, without] =
        ["sampled", "above", "not_above", "undecided", "without_limit"].map(|name| places[name].as_u64().unwrap());
    assert!(beyond > 50 && without == beyond && sampled == 155 && undecided == 0, "{places} {beyond}");
    assert_eq!(above + not_above, sampled - without);
}

#[test]
fn undecided_samples_are_told_apart() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let lead = header.iter().position(|c| c.trim_matches('"') == "lead").unwrap();
    for (line, own) in [(1, "<400"), (2, "<20"), (3, "<400")] {
        let mut fields: Vec<&str> = lines[line].split(',').collect();
        fields[lead] = own;
        lines[line] = fields.join(",");
    }
    std::fs::write(folder.path().join("meuse.csv"), lines.join("\n")).unwrap();
    let more = ["--threshold", "zinc=500,lead=150", "--realisations", "24", "--json"];
    let record = run(folder.path(), "zinc,lead", "out", &[&more[..], &SPHERICAL].concat()).done().json();
    let pair = &record["samples_together"][0];
    assert_eq!(
        (&pair["places"], &pair["below_limit"], &pair["correlation"]["n"]),
        (&155.into(), &3.into(), &152.into())
    );
    assert_eq!((&pair["above"]["undecided"], &pair["above"]["n"]), (&2.into(), &153.into()), "{pair}");
    // Without draws there is no correlation over them.
    assert!(pair["pearson_over_draws"].is_null() && record["joint"]["simulation"]["below_limits"].is_null());
}

/// Values below limits stay below them in every realisation, are drawn together, and everything says so. The lowest lead and a few others
/// have limits; the truth is known.
#[test]
fn values_below_limits_are_drawn_together_and_it_is_said() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let header: Vec<String> = text.lines().next().unwrap().replace('"', "").split(',').map(str::to_owned).collect();
    let lead = header.iter().position(|c| c == "lead").unwrap();
    let hide = |line: &str| {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        let value: f64 = fields[lead].parse().unwrap_or(f64::INFINITY);
        let hidden = value < 80.0;
        if hidden {
            fields[lead] = "<80".to_owned();
        }
        (fields.join(","), hidden)
    };
    let lines: Vec<(String, bool)> = text.lines().map(hide).collect();
    let hidden = lines.iter().filter(|(_, hidden)| *hidden).count();
    assert!((30..80).contains(&hidden), "{hidden}");
    let changed: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
    std::fs::write(folder.path().join("limits.csv"), changed.join("\n")).unwrap();
    let run = |file: &str, out: &str, more: &[&str]| {
        let limits = ["--threshold", "zinc=500,lead=70", "--realisations", "60", "--json"];
        let words =
            [&["map", file, "--analyte", "zinc,lead", "-o", out], &BASE[..], &limits, &SPHERICAL, more].concat();
        soilscope(folder.path(), &words)
    };
    let censored = ["--nondetect", "censored"];
    let done = run("limits.csv", "censored", &censored).done();
    let record = done.json();
    let limits = &record["joint"]["simulation"]["below_limits"];
    assert_eq!(limits["below"], serde_json::json!([["zinc", 0], ["lead", hidden]]), "{limits}");
    assert_eq!((&limits["draws"], &limits["method"]), (&200.into(), &"data-augmentation".into()));
    assert!(number(&limits["mixing"]) >= 1.0);
    let fit = &record["joint"]["coregionalisation"]["below_limits"];
    assert_eq!((&fit["method"], &fit["iterations"]), (&"stochastic-approximation-em".into(), &20.into()), "{fit}");
    // The limit is above the threshold: nobody can tell.
    assert_eq!(record["samples_together"][0]["above"]["undecided"], hidden);
    let pair = &record["samples_together"][0];
    let of = |pair: &Value, name: &str| number(&pair[name]);
    assert_eq!(pair["correlation"]["n"], 155 - hidden);
    let rows = table(&std::fs::read_to_string(folder.path().join("censored/joint_samples.csv")).unwrap());
    assert_eq!(rows[0]["pearson_over_draws"].parse::<f64>().unwrap(), of(pair, "pearson_over_draws"));
    let about =
        std::process::Command::new("gdalinfo").arg("censored/joint_any.tif").current_dir(folder.path()).output();
    let about = String::from_utf8(about.unwrap().stdout).unwrap();
    assert!(
        about.contains(&format!("BELOW_LIMITS=zinc 0, lead {hidden}: drawn together for each realisation")),
        "{about}"
    );

    // Against the values themselves, and half the limit.
    let known = run("meuse.csv", "known", &[]).done().json();
    let half = run("limits.csv", "half", &[]).done().json();
    let mean = |record: &Value| {
        number(&record["joint"]["area"]["all"]["mean"]) + number(&record["joint"]["area"]["any"]["mean"])
    };
    let (truth, without) = (mean(&known), (mean(&record) - mean(&known)).abs());
    assert!(without < 0.5 * (mean(&half) - truth).abs(), "{truth}: {} and by halves {}", mean(&record), mean(&half));
    let correlation = |record: &Value| number(&record["samples_together"][0]["correlation"]["pearson"]);
    let drawn = of(pair, "pearson_over_draws");
    assert!((drawn - correlation(&known)).abs() < 0.03, "{drawn} {}", correlation(&known));
    assert!(known["samples_together"][0]["pearson_over_draws"].is_null());

    // The same on one thread, and others from another seed; without simulation each is mapped alone.
    run("limits.csv", "one", &[&censored[..], &["--threads", "1"]].concat()).done();
    let any = |out: &str| std::fs::read(folder.path().join(out).join("joint_any.tif")).unwrap();
    assert!(any("one") == any("censored"));
    run("limits.csv", "seed", &[&censored[..], &["--seed", "2"]].concat()).done();
    assert!(any("seed") != any("censored"));
    let alone =
        ["--nondetect", "censored", "--crs", "EPSG:28992", "--threshold", "zinc=500,lead=70", "--realisations", "0"];
    let words = [
        &["map", "limits.csv", "--analyte", "zinc,lead", "-o", "alone", "--cell", "400", "--json"],
        &alone[..],
        &SPHERICAL,
    ];
    let record = soilscope(folder.path(), &words.concat()).done().json();
    assert!(record["joint"].is_null() && record["samples_together"][0]["pearson_over_draws"].is_null());
}

#[test]
fn what_is_of_one_analyte_or_of_none_is_refused() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let header = text.lines().next().unwrap().replace('"', "");
    let zinc = header.split(',').position(|c| c == "zinc").unwrap();
    let doubled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(k, line)| match k {
            0 => format!("{line},twin"),
            _ => format!("{line},{}", 2.0 * line.split(',').nth(zinc).unwrap().parse::<f64>().unwrap()),
        })
        .collect();
    std::fs::write(folder.path().join("twins.csv"), doubled.join("\n")).unwrap();
    let limit = ["--threshold", "100"];
    for (analytes, more, why) in [
        ("zinc,zinc", &limit[..], "'zinc' stands there twice"),
        ("zinc,Zinc", &limit, "differ in capitals only"),
        ("zinc,,lead", &limit, "a comma without an analyte"),
        ("zinc,joint", &limit, "would have the files of all analytes together"),
        ("zinc,tin", &limit, "tin"),
        ("zinc,lead", &["--threshold", "zinc=500"], "--threshold says nothing of lead"),
        ("zinc,lead", &["--threshold", "zinc=500,lead=1,tin=3"], "--analyte does not name 'tin'"),
        ("zinc,lead", &["--threshold", "zinc=500,lead=0"], "the limit of lead is 0"),
        ("zinc,lead", &["--threshold", "100", "--limit", "5"], "--limit is of one analyte"),
        ("zinc,lead", &["--threshold", "100", "--method", "simple:5"], "are of one analyte"),
        ("zinc,lead", &["--threshold", "100", "--method", "universal:1"], "use --method ordinary"),
        ("zinc,lead", &["--threshold", "100", "--block", "40"], "--block asks for means of blocks"),
        ("zinc,lead", &["--model", "0.1 Nug + 0.6 Sph(900)"], "leave them open"),
        ("zinc,lead", &["--guideline", "NL/intervention:Zn"], "leave out ':Zn'"),
        ("zinc,elev", &["--guideline", "NL/intervention"], "of the analytes asked for it has one for zinc"),
        ("zinc,lead", &["--realisations", "20"], "--realisations"),
        ("zinc,lead", &["--seed", "3"], "--seed"),
    ] {
        let run = run(folder.path(), analytes, "none", more);
        assert_eq!(run.code, Some(2), "{analytes} {more:?}: {}", run.err);
        assert!(run.err.contains(why), "{analytes} {more:?}: {}", run.err);
        assert!(!folder.path().join("none").exists(), "{analytes} {more:?}");
    }
    // One that is another multiplied adds nothing, and the model says so.
    let words = ["map", "twins.csv", "--analyte", "zinc,twin", "--threshold", "100", "-o", "none"];
    let run = soilscope(folder.path(), &[&words[..], &BASE, &SPHERICAL].concat());
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("linear function of the other") && run.err.contains("leave out"), "{}", run.err);
    // A folder is of the analytes that it was made for.
    let made = ["--realisations", "24", "--threshold", "100", "--model", "Nug + Sph(900)"];
    self::run(folder.path(), "zinc,lead", "out", &made).done();
    let other = self::run(folder.path(), "zinc", "out", &["--overwrite"]);
    assert!(other.code == Some(2) && other.err.contains("a map of zinc, lead"), "{}", other.err);
    // Also where the analyte is left to the file, and known only when that is read.
    let before = names(&folder.path().join("out"));
    let only: Vec<String> = text
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{}", cells[1], cells[2], cells[zinc])
        })
        .collect();
    let only = only.join("\n").replacen("zinc", "zinc_mg_kg", 1);
    std::fs::write(folder.path().join("only.csv"), only).unwrap();
    let words = ["map", "only.csv", "--overwrite", "-o", "out"];
    let other = soilscope(folder.path(), &[&words[..], &BASE, &SPHERICAL].concat());
    assert!(other.code == Some(2) && other.err.contains("a map of zinc, lead"), "{}", other.err);
    assert_eq!(names(&folder.path().join("out")), before);
    // Two spellings of one column.
    let words = ["map", "only.csv", "--analyte", "zinc,zinc_mg_kg", "-o", "none"];
    let run = soilscope(folder.path(), &[&words[..], &BASE, &SPHERICAL].concat());
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("'zinc' and 'zinc_mg_kg' are both the column 'zinc_mg_kg'"), "{}", run.err);
    assert!(!folder.path().join("none").exists());
}

#[test]
fn the_threshold_of_one_analyte_may_be_named_too() {
    let folder = folder();
    let of = |threshold: &'static str, out: &'static str| {
        run(folder.path(), "zinc", out, &["--threshold", threshold, "--realisations", "0"]).done();
        std::fs::read(folder.path().join(out).join("zinc_exceedance.tif")).unwrap()
    };
    assert!(of("zinc=500", "named") == of("500", "plain"));
    let wrong = run(folder.path(), "zinc", "none", &["--threshold", "lead=500"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("--analyte does not name 'lead'"), "{}", wrong.err);
}

#[test]
fn a_column_with_a_comma_in_its_name_is_one_analyte() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let named: Vec<String> = header
        .split(',')
        .map(|name| match name.trim_matches('"') {
            "zinc" => "\"Zn, total (mg/kg)\"".to_owned(),
            _ => name.to_owned(),
        })
        .collect();
    std::fs::write(folder.path().join("meuse.csv"), format!("{}\n{rows}", named.join(","))).unwrap();
    let name = "Zn, total (mg/kg)";
    let more = ["--threshold", "Zn, total (mg/kg)=500", "--realisations", "0", "--json"];
    let record = run(folder.path(), name, "out", &[&more[..], &SPHERICAL].concat()).done().json();
    assert_eq!((&record["analyte"], &record["settings"]["threshold"]), (&name.into(), &500.0.into()));
    assert!(folder.path().join("out/Zn__total__mg_kg_prediction.tif").is_file());
    // Names that are no column together are several.
    let record = run(folder.path(), "lead,copper", "two", &["--json", "--model", "Nug + Sph(900)"]).done().json();
    assert_eq!(record["analytes"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_small_window_with_far_samples_is_refused_with_advice_that_can_be_followed() {
    let folder = folder();
    let words =
        ["map", "meuse.csv", "--analyte", "zinc,lead", "--crs", "EPSG:28992", "--transform", "log", "-o", "none"];
    let window = ["--threshold", "200", "--bounds", "179500,331000,179520,331020", "--cell", "0.5"];
    let run = soilscope(folder.path(), &[&words[..], &window, &SPHERICAL].concat());
    assert_eq!(run.code, Some(2), "{}", run.err);
    // All 155 samples are within 2.8 km by 3.9 km.
    assert!(run.err.contains("5572 x 7796 cells, with the samples") && run.err.contains("--neighbours"), "{}", run.err);
    assert!(!run.err.contains("sequential") && !folder.path().join("none").exists(), "{}", run.err);
}
