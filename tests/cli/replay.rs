//! `verify` and `replay`: what was written is what it was, and can be had again.

use std::fs;
use std::path::Path;

use crate::support::{Run, folder, names, root, soilscope};

const MAP: [&str; 17] = [
    "map",
    "meuse.csv",
    "--analyte",
    "zinc",
    "--unit",
    "mg/kg",
    "--crs",
    "EPSG:28992",
    "--transform",
    "log",
    "--threshold",
    "500",
    "--mask",
    "meuse_area.csv",
    "--cell",
    "80",
    "-q",
];

fn map(at: &Path) {
    soilscope(at, &[&MAP[..], &["--realisations", "20", "-o", "out"]].concat()).done();
}

/// Changes the command that a record holds.
fn tamper(at: &Path, from: &str, to: &str) {
    let path = at.join("out/run.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[track_caller]
fn ends(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!(run.code, Some(code), "{}{}", run.out, run.err);
    for part in parts {
        assert!(run.out.contains(part) || run.err.contains(part), "{part}: {}{}", run.out, run.err);
    }
}

#[test]
fn a_run_is_verified_and_made_again_to_the_byte() {
    let folder = folder();
    let at = folder.path();
    map(at);
    let before = names(at);
    ends(&soilscope(at, &["verify", "out"]), 0, &["run unchanged: "]);
    // GeoPackages and pictures too: the second run has the first one's time.
    ends(
        &soilscope(at, &["replay", "out"]),
        0,
        &["the replay gave the same bytes", "identical  zinc_hotspots.gpkg", "identical  zinc_map.png"],
    );
    assert_eq!(names(at), before, "what a replay compares is not left");

    // Elsewhere, with the files of the run in a folder of another name.
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path();
    fs::create_dir_all(to.join("got/run")).unwrap();
    for name in ["meuse.csv", "meuse_area.csv"] {
        fs::rename(at.join(name), to.join("got").join(name)).unwrap();
    }
    for entry in fs::read_dir(at.join("out")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join("got/run").join(entry.file_name())).unwrap();
    }
    ends(&soilscope(to, &["replay", "got/run"]), 2, &["meuse.csv: the run read it, and it is not here", "--inputs"]);
    let words = ["replay", "got/run", "--inputs", "got", "-o", "again", "--threads", "1", "--json"];
    let run = soilscope(to, &words);
    ends(&run, 0, &[]);
    assert!(run.json()["files"].as_array().unwrap().len() > 8);
    assert!(to.join("again/zinc_prediction.tif").exists());
    ends(&soilscope(to, &words), 2, &["again holds a run already"]);
    ends(
        &soilscope(to, &["replay", "got/run", "--inputs", "got", "-o", "got/run", "--overwrite"]),
        2,
        &["is the run itself"],
    );
    ends(&soilscope(to, &["verify", "got/run", "--inputs", "got"]), 0, &["run unchanged"]);

    // A sample that was changed since.
    let text = fs::read_to_string(to.join("got/meuse.csv")).unwrap();
    fs::write(to.join("got/meuse.csv"), text.replacen("1022", "1023", 1)).unwrap();
    ends(&soilscope(to, &["verify", "got/run", "--inputs", "got"]), 1, &["changed     input ", "run CHANGED"]);
    ends(
        &soilscope(to, &["replay", "got/run", "--inputs", "got"]),
        2,
        &["meuse.csv: is not the file that the run read"],
    );
}

#[test]
fn another_answer_is_told_cell_by_cell() {
    let folder = folder();
    let at = folder.path();
    map(at);
    tamper(at, "\"500\"", "\"400\"");
    let run = soilscope(at, &["replay", "out"]);
    ends(
        &run,
        1,
        &[
            "DIFFERENT  zinc_exceedance.tif: ",
            " cells differ, by up to ",
            "identical  zinc_prediction.tif",
            "ANOTHER answer",
        ],
    );

    // A file of the run that was changed since cannot be compared with, and is not taken for the replay's fault.
    let path = at.join("out/zinc_exceedance.tif");
    let mut bytes = fs::read(&path).unwrap();
    bytes.push(0);
    fs::write(&path, bytes).unwrap();
    ends(&soilscope(at, &["replay", "out"]), 1, &["UNKNOWN    zinc_exceedance.tif"]);
    ends(&soilscope(at, &["verify", "out"]), 1, &["changed     zinc_exceedance.tif"]);
    let report = soilscope(at, &["verify", "out", "--json"]);
    let files = report.json()["files"].as_array().unwrap().clone();
    let changed: Vec<_> =
        files.iter().filter(|f| f["state"] == "changed").map(|f| f["file"].as_str().unwrap()).collect();
    assert_eq!(changed, ["zinc_exceedance.tif"]);
}

#[test]
fn a_tolerance_is_of_numbers() {
    let folder = folder();
    let at = folder.path();
    let words = [&MAP[..], &["--model", "0.05 Nug + 0.59 Sph(897)", "--only", "prediction,sd", "-o", "out"]].concat();
    let words: Vec<&str> = words.into_iter().filter(|w| *w != "--threshold" && *w != "500").collect();
    soilscope(at, &words).done();
    tamper(at, "0.05 Nug + 0.59 Sph(897)", "0.05 Nug + 0.59 Sph(897.0001)");
    ends(&soilscope(at, &["replay", "out"]), 1, &["DIFFERENT  zinc_prediction.tif"]);
    ends(
        &soilscope(at, &["replay", "out", "--tolerance", "1e-4"]),
        0,
        &["the replay agrees (relative tolerance 0.0001)"],
    );
    ends(&soilscope(at, &["replay", "out", "--tolerance", "2"]), 2, &["is not a share"]);
}

#[test]
fn what_is_no_run_is_refused() {
    let folder = folder();
    let at = folder.path();
    ends(&soilscope(at, &["verify", "nowhere"]), 2, &["nowhere: cannot be read: there is no such folder"]);
    ends(&soilscope(at, &["verify", "."]), 2, &["holds neither run.json"]);
    ends(&soilscope(at, &["replay", "."]), 2, &["cannot read ./run.json"]);
    fs::create_dir(at.join("out")).unwrap();
    fs::write(at.join("out/run.json"), "{}").unwrap();
    ends(&soilscope(at, &["replay", "out"]), 2, &["names no command"]);
    ends(&soilscope(at, &["verify", "out"]), 2, &["names no file that was written"]);
    fs::write(at.join("out/run.json"), "{").unwrap();
    ends(&soilscope(at, &["verify", "out"]), 2, &["it is no run record"]);
}

/// A run of another day and checkout, which stands in the repository: every clone makes it again.
#[test]
fn a_recorded_run_is_made_again_here() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("recorded")).unwrap();
    for entry in fs::read_dir(root().join("tests/cli/recorded")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), at.join("recorded").join(entry.file_name())).unwrap();
    }
    ends(&soilscope(at, &["verify", "recorded"]), 0, &["run unchanged: 5 of 5 files"]);
    // Another processor and mathematical library may round otherwise.
    ends(&soilscope(at, &["replay", "recorded", "--tolerance", "1e-6"]), 0, &["the replay "]);
}
