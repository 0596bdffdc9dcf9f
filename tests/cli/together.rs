//! Several analytes in one pass over the grid: the rasters of each are, byte for byte, those of a map of it alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::support::{Run, folder, names, program, soilscope};

const ANALYTES: [&str; 3] = ["zinc", "lead", "cadmium"];

/// Five strips, most of whose cells are outside the polygon, by the quickest method.
const FIVE_STRIPS: &str = "--method idw:2 --neighbours 8 --cell 4 --mask meuse_area.csv --only prediction,trust";

/// The Meuse, where nothing is known of cadmium in one sample: that of the row with this number.
fn without_cadmium(row: usize) -> TempDir {
    let folder = folder();
    let path = folder.path().join("meuse.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut fields: Vec<&str> = lines[row].split(',').collect();
    fields[3] = "";
    let line = fields.join(",");
    lines[row] = line;
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
    folder
}

fn words(analytes: &str, out: &str, more: &str) -> Vec<String> {
    let bounds = "--bounds 178500,329600,181500,333700";
    let all = format!("map meuse.csv --analyte {analytes} --crs EPSG:28992 --unit mg/kg -o {out} {bounds} {more}");
    all.split_whitespace().map(|word| word.replace('_', " ").replace("meuse area", "meuse_area")).collect()
}

fn map(at: &Path, analytes: &str, out: &str, more: &str) -> Run {
    let words = words(analytes, out, more);
    soilscope(at, &words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The rasters of maps, by name.
fn rasters(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = names(out).into_iter().filter(|name| name.ends_with(".tif"));
    files.map(|name| (name.clone(), std::fs::read(out.join(name)).unwrap())).collect()
}

/// Those of a map of each analyte alone.
fn alone(at: &Path, analytes: &[&str], more: &str) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for analyte in analytes {
        let out = format!("alone_{analyte}").replace('_', "-");
        map(at, analyte, &out, more).done();
        all.extend(rasters(&at.join(out)));
    }
    all
}

#[track_caller]
fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{what}: {name} is not that of a map of its analyte alone");
    }
}

/// What a record says of how each analyte was computed.
fn shared(record: &Json) -> Vec<Json> {
    record["analytes"].as_array().unwrap().iter().map(|analyte| analyte["shared"].clone()).collect()
}

#[test]
fn rasters_are_those_of_each_alone_whatever_is_shared() {
    // A quantity of the samples whose largest value is in row 63.
    let folder = without_cadmium(63);
    for (more, expected) in [
        // One set of distances for zinc and lead, other samples of cadmium.
        (
            "--method idw:2 --cell 40 --mask meuse_area.csv --only prediction,trust",
            [
                json!({"pass": ["lead", "cadmium"], "weights": ["lead"], "neighbours": []}),
                json!({"pass": ["zinc", "cadmium"], "weights": ["zinc"], "neighbours": []}),
                json!({"pass": ["zinc", "lead"], "weights": [], "neighbours": []}),
            ],
        ),
        // Models of their own; what is near a sample of cadmium is not what is near one of zinc.
        (
            "--model Nug_+_Sph(900) --transform log --neighbours 12 --cell 40 --mask samples:300 --only prediction,sd,trust",
            [
                json!({"pass": ["lead"], "weights": [], "neighbours": ["lead"]}),
                json!({"pass": ["zinc"], "weights": [], "neighbours": ["zinc"]}),
                json!({"pass": [], "weights": [], "neighbours": []}),
            ],
        ),
        // One model for scores, whose scale is the same.
        (
            "--model 0.1_Nug_+_0.9_Sph(900) --transform normal-score --neighbours 12 --cell 40 --only sd,prediction",
            [
                json!({"pass": ["lead", "cadmium"], "weights": ["lead"], "neighbours": []}),
                json!({"pass": ["zinc", "cadmium"], "weights": ["zinc"], "neighbours": []}),
                json!({"pass": ["zinc", "lead"], "weights": [], "neighbours": []}),
            ],
        ),
    ] {
        let record = map(folder.path(), "zinc,lead,cadmium", "all", &format!("{more} --json")).done().json();
        assert_eq!(shared(&record), expected, "{more}");
        for (analyte, expected) in record["analytes"].as_array().unwrap().iter().zip(&expected) {
            let members = expected["pass"].as_array().unwrap().len() + 1;
            assert_eq!(analyte["cells"]["work"]["variables"], members, "{more}");
        }
        // Rasters alone: nothing of all together.
        assert!(record.get("samples_together").is_none() && record["outputs"].as_array().unwrap().is_empty());
        let others = names(&folder.path().join("all")).into_iter().filter(|name| !name.ends_with(".tif"));
        assert_eq!(others.collect::<Vec<_>>(), ["run.json"]);
        assert_same(&rasters(&folder.path().join("all")), &alone(folder.path(), &ANALYTES, more), more);
        for out in ["all", "alone-zinc", "alone-lead", "alone-cadmium"] {
            std::fs::remove_dir_all(folder.path().join(out)).unwrap();
        }
    }
    // Sills are of one scale only there, and where nothing is simulated.
    for more in ["--transform log --only sd", "--transform normal-score --threshold 100"] {
        let model = "--model 0.1_Nug_+_0.9_Sph(900)";
        let refused = map(folder.path(), "zinc,lead", "out", &format!("{model} --cell 40 {more}"));
        assert!(refused.code == Some(2) && refused.err.contains("leave them open"), "{more}: {}", refused.err);
    }
}

#[test]
fn whole_maps_are_those_of_each_alone_and_tell_what_was_shared() {
    let folder = folder();
    let more =
        "--model Nug_+_Sph(900) --transform log --neighbours 20 --cell 100 --mask meuse_area.csv --realisations 0";
    let limited = |limit: &str| format!("{more} --threshold {limit}");
    let run = map(folder.path(), "zinc,lead", "all", &limited("zinc=500,lead=150")).done();
    for name in ["lead", "zinc"] {
        let told =
            format!("computed in one pass over the grid: the same neighbours as {name}, with weights of its own\n");
        assert!(run.out.contains(&told), "{told}: {}", run.out);
    }
    for (analyte, limit) in [("zinc", "500"), ("lead", "150")] {
        let run = map(folder.path(), analyte, analyte, &limited(limit)).done();
        assert!(!run.out.contains("pass"), "{}", run.out);
        for name in names(&folder.path().join(analyte)).iter().filter(|name| *name != "run.json") {
            let of = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
            // A GeoPackage holds when it was written.
            assert!(name.ends_with(".gpkg") || of("all") == of(analyte), "{name}");
        }
        let read = |out: &str| -> Json {
            serde_json::from_slice(&std::fs::read(folder.path().join(out).join("run.json")).unwrap()).unwrap()
        };
        let all = read("all");
        let mut of_all = all["analytes"].as_array().unwrap().iter().find(|a| a["analyte"] == analyte).unwrap().clone();
        let mut of_one = read(analyte);
        assert!(of_one.get("shared").is_none() && of_one["cells"]["work"]["variables"] == 1);
        for part in ["validation", "skill", "hotspots", "notes", "model", "trust"] {
            let (all, one) = (of_all[part].take(), of_one[part].take());
            assert_eq!(all, one, "{analyte}: {part}");
        }
    }
}

#[test]
fn covariates_of_the_cells_are_asked_for_once_where_they_are_the_same() {
    // The largest quantity of all is in row 63: without it cadmium knows of a narrower range.
    let folder = without_cadmium(63);
    let path = folder.path().join("meuse.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rows: Vec<String> = vec![format!("{},height", text.lines().next().unwrap())];
    let height = |row: usize| if row == 63 { 99.0 } else { (row % 13) as f64 };
    rows.extend(text.lines().enumerate().skip(1).map(|(row, line)| format!("{line},{}", height(row))));
    std::fs::write(&path, rows.join("\n") + "\n").unwrap();
    // Cells of 70 m whose corner is no multiple of that.
    let mut raster = "ncols 44\nnrows 62\nxllcorner 178511\nyllcorner 329503\ncellsize 70\n".to_owned();
    for row in 0..62 {
        let line: Vec<String> = (0..44).map(|column| (row * 7 % 11 + column % 5).to_string()).collect();
        raster.push_str(&(line.join(" ") + "\n"));
    }
    std::fs::write(folder.path().join("height.asc"), raster).unwrap();
    let base = "map meuse.csv --crs EPSG:28992 --unit mg/kg --method external:height --covariate height=height.asc \
                --mask meuse_area.csv --only prediction,sd,trust --neighbours 20";
    let run = |analytes: &str, out: &str| {
        let mut words: Vec<&str> = base.split_whitespace().collect();
        words.extend(["--model", "Nug + Sph(900)", "--analyte", analytes, "-o", out, "--json"]);
        soilscope(folder.path(), &words).done().json()
    };
    let record = run("zinc,lead,cadmium", "all");
    let of = |pass: &[&str], neighbours: &[&str]| json!({"pass": pass, "weights": [], "neighbours": neighbours});
    assert_eq!(shared(&record), [of(&["lead"], &["lead"]), of(&["zinc"], &["zinc"]), of(&[], &[])]);
    let mut expected = BTreeMap::new();
    for (k, analyte) in ANALYTES.into_iter().enumerate() {
        let alone = run(analyte, analyte);
        expected.extend(rasters(&folder.path().join(analyte)));
        // All lie on the grid of the first, which is that of the raster.
        assert_eq!(alone["grid"]["bounds"], json!([178_511.0, 329_503.0, 181_591.0, 333_843.0]));
        let own = &record["analytes"][k];
        assert_eq!(own["grid"]["bounds"], alone["grid"]["bounds"]);
        assert_eq!(own["cells"]["extrapolated"], alone["cells"]["extrapolated"]);
    }
    assert_same(&rasters(&folder.path().join("all")), &expected, "with a covariate");
}

fn recorded(out: &Path, analyte: &str) -> usize {
    let Ok(found) = std::fs::read_dir(out.join("unfinished")) else { return 0 };
    let of = |name: String| name.starts_with(&format!("{analyte}.")) && name.ends_with(".json");
    found.flatten().filter(|entry| of(entry.file_name().to_string_lossy().into_owned())).count()
}

#[test]
fn parts_of_several_are_their_maps() {
    let folder = without_cadmium(20);
    let expected = alone(folder.path(), &ANALYTES, FIVE_STRIPS);
    let out = folder.path().join("out");
    let run = |more: &str| map(folder.path(), "zinc,lead,cadmium", "out", &format!("{FIVE_STRIPS} {more}"));
    for part in ["2/3", "1/3", "3/3"] {
        let told = run(&format!("--part {part}")).done().out;
        for analyte in ANALYTES {
            assert!(told.contains(&format!("{analyte}: part {part} is done, ")), "{told}");
        }
    }
    assert_eq!(ANALYTES.map(|analyte| recorded(&out, analyte)), [5; 3]);
    // One analyte lacks a strip: as after a kill between two records.
    std::fs::remove_file(out.join("unfinished/lead.000002.json")).unwrap();
    let refused = run("--assemble");
    assert!(refused.code == Some(2) && refused.err.contains("1 of 5 strips of lead are not in "), "{}", refused.err);
    let told = run("--part 2/3").done().out;
    assert!(told.contains("zinc: part 2/3 is done, 2 strips, 2 of them from before"), "{told}");
    assert!(told.contains("lead: part 2/3 is done, 2 strips, 1 of them from before"), "{told}");
    run("--assemble").done();
    assert_same(&rasters(&out), &expected, "of three parts");
}

fn start(at: &Path, more: &str) -> Child {
    let words = words("zinc,lead,cadmium", "out", &format!("{FIVE_STRIPS} {more}"));
    program(at).args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn killed_at_any_moment_all_go_on_to_the_same_bytes() {
    let folder = without_cadmium(20);
    let expected = alone(folder.path(), &ANALYTES, FIVE_STRIPS);
    let out = folder.path().join("out");
    let run = |more: &str| map(folder.path(), "zinc,lead,cadmium", "out", &format!("{FIVE_STRIPS} {more}"));
    let mut found = Vec::new();
    // After so many records of all analytes, or none.
    for records in [0, 1, 2, 4, 8, 13] {
        let mut child = start(folder.path(), "--checkpoint 0");
        let begun = Instant::now();
        let all = || ANALYTES.map(|analyte| recorded(&out, analyte)).iter().sum::<usize>();
        while all() < records && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(120), "no strip was recorded");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        found.push(ANALYTES.map(|analyte| recorded(&out, analyte)));
        run("--resume").done();
        assert_same(&rasters(&out), &expected, &format!("killed after {records} records"));
        assert!(!out.join("unfinished").exists());
        std::fs::remove_dir_all(&out).unwrap();
    }
    // It was killed in the midst, and all analytes had come about as far.
    assert!(found.iter().any(|each| each.iter().all(|&n| 0 < n && n < 5)), "{found:?}");
    let apart = |each: &[usize; 3]| each.iter().max().unwrap() - each.iter().min().unwrap();
    assert!(found.iter().all(|each| apart(each) <= 1), "{found:?}");
}

#[test]
fn what_is_told_beforehand_is_of_the_pass() {
    let folder = without_cadmium(20);
    let told =
        |more: &str| map(folder.path(), "zinc,lead,cadmium", "out", &format!("{more} --dry-run --json")).done().json();
    let members = |pass: &Json| -> Vec<String> {
        pass["analytes"].as_array().unwrap().iter().map(|a| a["analyte"].as_str().unwrap().to_owned()).collect()
    };
    let one = told(FIVE_STRIPS);
    let one = one.as_array().unwrap();
    assert_eq!(one.iter().map(members).collect::<Vec<_>>(), [ANALYTES]);
    assert_eq!((&one[0]["memory"]["analytes"], &one[0]["strips"]), (&json!(3), &json!(5)));
    // A prediction of four bytes and doubts of one, three times.
    let cells = one[0]["cells"].as_u64().unwrap();
    assert_eq!(one[0]["disk_of_results"].as_u64().unwrap(), cells * 15 * 4 / 3);
    let two = told("--method idw:2 --cell 40 --mask samples:300 --only prediction");
    assert_eq!(
        two.as_array().unwrap().iter().map(members).collect::<Vec<_>>(),
        [vec!["zinc", "lead"], vec!["cadmium"]]
    );
    let words = map(folder.path(), "zinc,lead", "out", &format!("{FIVE_STRIPS} --dry-run")).done().out;
    for part in [
        "zinc: inverse-distance, the 8 nearest",
        "lead: inverse-distance, the 8 nearest",
        "all 2 in one pass over the grid",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!folder.path().join("out").exists());

    let many = |samples: u32| {
        let mut text = String::from("x,y,v,w\n");
        for i in 0..samples {
            let (x, y) = (20 * (i % 300) + i / 300 % 7, 20 * (i / 300) + i % 5);
            text.push_str(&format!("{x},{y},{},{}\n", i % 11 + 1, i % 13 + 1));
        }
        std::fs::write(folder.path().join("many.csv"), text).unwrap();
    };
    let run = |analytes: &str, more: &str| {
        let base =
            format!("map many.csv --analyte {analytes} --crs local --unit mg/kg --only prediction -o out {more}");
        let words: Vec<String> = base.split_whitespace().map(|word| word.replace('_', " ")).collect();
        soilscope(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    // Nothing of large systems is shared, and they are not held together.
    for (samples, passes) in [(1_000, 1), (1_001, 2)] {
        many(samples);
        let told = run("v,w", "--model Nug_+_Exp(200) --neighbours all --cell 50 --dry-run --json").done().json();
        assert_eq!(told.as_array().unwrap().len(), passes, "{samples} samples");
    }
    // Indices of many samples: what is enough for one is not for two.
    many(150_000);
    let most =
        |analytes: &str| run(analytes, "--method idw:2 --cell 50 --dry-run --json").done().json()[0]["memory"].clone();
    let (one, two) = (most("v"), most("v,w"));
    let bytes = |plan: &Json, name: &str| plan[name].as_u64().unwrap();
    assert_eq!(bytes(&two, "predictor"), 2 * bytes(&one, "predictor"));
    assert!(bytes(&two, "thread") < 2 * bytes(&one, "thread") && bytes(&two, "waiting") == 2 * bytes(&one, "waiting"));
    assert!(bytes(&two, "most") > bytes(&one, "most") + (16 << 20), "{one} {two}");
    let limit = format!("--method idw:2 --cell 50 --memory {}MiB", (bytes(&one, "most") >> 20) + 5);
    let refused = run("v,w", &limit);
    for part in
        ["the map of v, w takes up to ", "for the search or system of each of 2 analytes", "fewer analytes in one run"]
    {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    run("v", &limit).done();
}

#[test]
fn progress_is_of_one_pass() {
    let folder = folder();
    let more = "--method idw:2 --cell 20 --mask meuse_area.csv --only prediction --progress always";
    let said = map(folder.path(), "zinc,lead,copper", "out", more).done().err;
    let stages: Vec<&str> =
        said.lines().filter(|line| line.starts_with("predicting: ") && line.ends_with(" cells")).collect();
    assert_eq!(stages, [format!("predicting: {} cells", 150 * 205)], "{said}");
}
