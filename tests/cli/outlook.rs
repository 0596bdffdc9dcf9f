//! What a map takes, told before it is made, and kept to.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::support::{folder, names, soilscope};

const OUT: [&str; 2] = ["-o", "out"];

/// Maps of every kind of system and of output; the samples of the last are made here.
const MAPS: [&str; 4] = [
    "map meuse.csv --analyte zinc --crs EPSG:28992 --unit mg/kg --method idw:2 --mask samples:900 --cell 3 --only prediction",
    "map meuse.csv --analyte zinc --crs EPSG:28992 --unit mg/kg --transform log --model '0.05_Nug_+_0.59_Sph(897)' --neighbours 20 \
     --threshold 500 --realisations 0 --cell 15",
    "map meuse.csv --analyte zinc,lead --crs EPSG:28992 --unit mg/kg --model 'Nug_+_Sph(900)' --cell 20",
    "map many.csv --analyte v --crs local --model '1_Nug_+_9_Exp(200)' --neighbours all --cell 20 --only prediction,sd",
];

fn words(map: &str) -> Vec<String> {
    map.split_whitespace().map(|word| word.trim_matches('\'').replace('_', " ")).collect()
}

fn run(at: &std::path::Path, map: &str, more: &[&str]) -> crate::support::Run {
    let words = words(map);
    let all: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).chain(OUT).collect();
    soilscope(at, &all)
}

/// 2,500 samples: their system takes 25 MB.
fn many() -> String {
    let mut text = String::from("x,y,v\n");
    for i in 0..2_500_u32 {
        let (x, y) = (i % 50, i / 50);
        writeln!(text, "{},{},{}", 20 * x + y % 7, 20 * y + x % 5, (x * y) % 11 + 1).unwrap();
    }
    text
}

#[test]
fn what_is_told_beforehand_is_kept_to() {
    let folder = folder();
    std::fs::write(folder.path().join("many.csv"), many()).unwrap();
    for map in MAPS {
        let told = run(folder.path(), map, &["--dry-run", "--json"]).done().json();
        assert!(!folder.path().join("out").exists(), "{map}: something was written");
        let each = told.as_array().unwrap();
        let most = each.iter().map(|one| one["memory"]["most"].as_u64().unwrap()).max().unwrap();
        for one in each {
            assert_eq!(one["cells"], one["columns"].as_u64().unwrap() * one["rows"].as_u64().unwrap());
            assert!(one["expected_seconds"].as_f64().unwrap() > 0.0 && one["trial"]["tiles"].as_u64().unwrap() > 0);
        }
        // A mebibyte more: what is held when samples are read is not the same to the page.
        let limit = format!("{}MiB", most.div_ceil(1 << 20) + 1);
        let record = run(folder.path(), map, &["--memory", &limit, "--json"]).done().json();
        let peak = record["peak_memory"].as_u64().unwrap();
        assert!(peak <= most + (1 << 20), "{map}: {peak} bytes, and {most} were told");
        // And what is told is no wild guess.
        assert!(peak > most / 2, "{map}: {peak} bytes, and {most} were told");
        let bytes = |record: &Json| -> u64 {
            let outputs = |r: &Json| r["outputs"].as_array().into_iter().flatten().cloned().collect::<Vec<_>>();
            let all = outputs(record)
                .into_iter()
                .chain(record["analytes"].as_array().into_iter().flatten().flat_map(outputs));
            all.filter(|o| o["role"] == "raster").map(|o| o["bytes"].as_u64().unwrap()).sum()
        };
        let disk: u64 = each.iter().map(|one| one["disk_of_results"].as_u64().unwrap()).sum();
        // Small files are headers for the most part.
        assert!(bytes(&record) <= disk + 50_000 * each.len() as u64 * 3, "{map}: {} of {disk} bytes", bytes(&record));
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[test]
fn a_map_that_does_not_fit_is_refused_with_the_sum() {
    let folder = folder();
    std::fs::write(folder.path().join("many.csv"), many()).unwrap();
    let refused = run(folder.path(), MAPS[3], &["--memory", "70MiB"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    for part in [
        "error: --memory 70 MiB: the map of v takes up to ",
        "held by the program with its samples and model",
        "26 MiB for the search or system",
        "16 MiB of GDAL's cache",
        "a search by --neighbours N instead of all samples",
    ] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    assert_eq!(names(folder.path()), ["many.csv", "meuse.csv", "meuse_area.csv", "meuse_grid.csv"]);
    for (size, reason) in [("70", "a size is a number and its unit"), ("-1GiB", "a size is"), ("0GiB", "a size is")] {
        let refused = run(folder.path(), MAPS[3], &[&format!("--memory={size}")]);
        assert!(refused.code == Some(2) && refused.err.contains(reason), "{size}: {}", refused.err);
    }
    let refused = run(folder.path(), MAPS[3], &["--dry-run", "--part", "1/2"]);
    assert!(refused.err.contains("cannot be used with"), "{}", refused.err);
}

#[test]
fn a_dry_run_is_told_in_words() {
    let folder = folder();
    let told = run(folder.path(), MAPS[0], &["--dry-run"]).done().out;
    for part in [
        "zinc: inverse-distance, the 12 nearest samples for each cell\n",
        " cells, ",
        "\nmemory    at most ",
        "\ntime      about ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn samples_that_do_not_fit_are_refused_with_the_sum() {
    let folder = folder();
    let mut text = String::from("x,y,v\n");
    for i in 0..200_000_u32 {
        writeln!(text, "{},{},{}", i % 1000, i / 1000, i % 17 + 1).unwrap();
    }
    std::fs::write(folder.path().join("many.csv"), text).unwrap();
    let refused = run(folder.path(), MAPS[3], &["--memory", "60MiB"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(
        refused.err.contains("many.csv")
            && refused.err.contains(" rows take up to ")
            && refused.err.contains("while an analyte is made ready"),
        "{}",
        refused.err
    );
    assert!(!folder.path().join("out").exists());
}
