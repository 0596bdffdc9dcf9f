//! `exchange pack`, `exchange check` and `import`: as two institutions meet them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, folder, names, root, soilscope};

const BUNDLE: &str = "bundles/NLD_GSPolmap_1990_v1.0";

#[track_caller]
fn ends(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!(run.code, Some(code), "{}{}", run.out, run.err);
    for part in parts {
        assert!(run.out.contains(part) || run.err.contains(part), "{part}: {}{}", run.out, run.err);
    }
}

/// A folder with the map of zinc, what a run cannot know, and a secret.
fn handover() -> tempfile::TempDir {
    let folder = folder();
    let at = folder.path();
    for name in ["meuse.toml", "meuse-samples.toml"] {
        fs::copy(root().join("data/handover").join(name), at.join(name)).unwrap();
    }
    fs::write(at.join("secret.key"), [7_u8, 1, 9, 3].repeat(8)).unwrap();
    let words = "map meuse.csv --analyte zinc --unit mg/kg --crs EPSG:28992 --transform log --guideline NL/intervention/any --soil om=10,clay=25 --mask \
                 meuse_area.csv --cell 100 --realisations 20 -q -o run";
    soilscope(at, &words.split_whitespace().collect::<Vec<_>>()).done();
    folder
}

const PACK: [&str; 7] = ["exchange", "pack", "run", "--about", "meuse.toml", "-o", "bundles"];
const POINTS: [&str; 6] = ["--samples", "meuse.csv", "--defaults", "meuse-samples.toml", "--blur-key", "secret.key"];

fn pack(at: &Path, more: &[&str]) -> Run {
    soilscope(at, &[&PACK[..], more].concat())
}

/// Every file and its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    names(folder).into_iter().map(|name| (name.clone(), fs::read(folder.join(&name)).unwrap())).collect()
}

#[test]
fn a_bundle_is_made_judged_signed_and_verified() {
    let folder = handover();
    let at = folder.path();
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    fs::write(at.join("sign.key"), keys.sk.to_box(None).unwrap().to_string()).unwrap();
    fs::write(at.join("sign.pub"), keys.pk.to_box().unwrap().to_string()).unwrap();

    let run = pack(at, &[&POINTS[..], &["--national", "--sign", "sign.key"]].concat());
    ends(&run, 0, &["NLD_GSPolmap_1990_v1.0: ", "the manifest is signed", "points of 155 of 155 sites"]);
    ends(&soilscope(at, &["exchange", "check", BUNDLE]), 0, &["PASSED"]);
    let judged = soilscope(at, &["exchange", "check", BUNDLE, "--profile", "all", "--json", "--fao-csv", "qa.csv"]);
    ends(&judged, 0, &[]);
    assert!(judged.json()["findings"].is_array());
    assert!(
        fs::read_to_string(at.join("qa.csv"))
            .unwrap()
            .starts_with("property_id,in_range,Names,Uncertainty,projection,resolution,extent")
    );
    ends(&soilscope(at, &["verify", BUNDLE, "--key", "sign.pub"]), 0, &["signature   valid", "bundle unchanged"]);

    // A bit is changed by whoever carried it: the judge, the sums and the signature say so.
    let raster = names(&at.join(BUNDLE))
        .into_iter()
        .find(|n| n.starts_with("rasters/gsp/") && n.ends_with("_Map020.tif"))
        .unwrap();
    let path = at.join(BUNDLE).join(&raster);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    ends(&soilscope(at, &["exchange", "check", BUNDLE]), 1, &["B001", &raster]);
    ends(&soilscope(at, &["verify", BUNDLE]), 1, &["changed     rasters/gsp/"]);
}

#[test]
fn equal_inputs_give_equal_bytes_and_no_exact_place() {
    let folder = handover();
    let at = folder.path();
    ends(&pack(at, &POINTS), 0, &[]);
    let first = contents(&at.join(BUNDLE));
    ends(&pack(at, &POINTS), 2, &["it is there already"]);
    ends(&pack(at, &[&POINTS[..], &["--overwrite"]].concat()), 0, &[]);
    assert!(first == contents(&at.join(BUNDLE)), "a second pack gives the same bytes");
    ends(&soilscope(at, &["exchange", "check", BUNDLE, "--again", BUNDLE]), 0, &[]);

    // The first sample's place, as text in both systems.
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        for exact in ["181072", "333611", "5.75854", "50.99156"] {
            assert!(!text.contains(exact), "{name} has {exact}");
        }
    }
    // The judge is told the exact places, and finds none of them.
    fs::write(
        at.join("exact.csv"),
        fs::read_to_string(at.join("meuse.csv"))
            .unwrap()
            .lines()
            .map(|l| {
                let crs = if l.starts_with("sample") { "crs" } else { "EPSG:28992" };
                format!("{l},{crs}\n")
            })
            .collect::<String>(),
    )
    .unwrap();
    ends(&soilscope(at, &["exchange", "check", BUNDLE, "--protected", "exact.csv"]), 0, &["PASSED"]);
}

#[test]
fn what_cannot_be_packed_is_refused_and_leaves_nothing() {
    let folder = handover();
    let at = folder.path();
    let about = fs::read_to_string(at.join("meuse.toml")).unwrap();
    let with = |text: String, parts: &[&str], more: &[&str]| {
        fs::write(at.join("meuse.toml"), text).unwrap();
        let run = pack(at, more);
        ends(&run, 2, parts);
        let left: Vec<String> = names(at).into_iter().filter(|n| n.starts_with("bundles")).collect();
        assert!(left.is_empty(), "{left:?}");
    };
    with(about.replace("country = \"NLD\"\n", ""), &["meuse.toml: ", "bundle.country"], &[]);
    with(about.replace("licence =", "license ="), &["bundle.license is not known (did you mean licence?)"], &[]);
    with(about.replace("UNKNOWN_TOTAL", "AR"), &["sampling.extraction_code"], &[]);
    with("[bundle".to_owned(), &["meuse.toml: "], &[]);
    // Sites are to be displaced, and there is no secret.
    with(about.clone(), &["secret"], &POINTS[..4]);
    fs::write(at.join("short.key"), "password").unwrap();
    with(
        about.clone(),
        &["can be guessed"],
        &["--samples", "meuse.csv", "--defaults", "meuse-samples.toml", "--blur-key", "short.key"],
    );
    with(about.clone(), &["mouse.csv: cannot be read"], &["--samples", "mouse.csv"]);
    with(about.clone(), &["the secret key"], &["--sign", "meuse.csv"]);
    // A run that was changed since.
    let record = fs::read_to_string(at.join("run/run.json")).unwrap();
    let raster = at.join("run/zinc_prediction.tif");
    let kept = fs::read(&raster).unwrap();
    fs::write(&raster, [&kept[..], b"x"].concat()).unwrap();
    with(about.clone(), &["zinc_prediction.tif"], &[]);
    fs::write(&raster, kept).unwrap();
    fs::write(at.join("run/run.json"), "{}").unwrap();
    with(about.clone(), &["run"], &[]);
    fs::write(at.join("run/run.json"), record).unwrap();
    fs::write(at.join("bundles"), "in the way").unwrap();
    ends(&pack(at, &[]), 2, &["bundles"]);
    assert_eq!(fs::read_to_string(at.join("bundles")).unwrap(), "in the way");
}

#[test]
fn a_table_is_imported_mapped_and_judged() {
    let folder = folder();
    let at = folder.path();
    fs::copy(root().join("data/handover/meuse-samples.toml"), at.join("meuse-samples.toml")).unwrap();
    let words = ["import", "meuse.csv", "--defaults", "meuse-samples.toml", "-o", "long.csv"];
    ends(&soilscope(at, &words), 0, &["155 kept"]);
    ends(&soilscope(at, &words), 2, &["long.csv exists"]);
    let long = fs::read_to_string(at.join("long.csv")).unwrap();
    assert_eq!(long.lines().count(), 156);
    // What it is named there, the map understands: code of the analyte, unit, limits.
    ends(
        &soilscope(at, &["validate", "long.csv", "--analyte", "Zn", "--crs", "EPSG:28992", "--transform", "log"]),
        0,
        &["RMSE"],
    );
    let judged = soilscope(at, &["exchange", "check", "long.csv", "--json"]);
    assert!(judged.json()["findings"].as_array().unwrap().iter().all(|f| f["severity"] != "error"), "{}", judged.out);

    // What has no code is told, and is not in the table.
    fs::write(at.join("lab.csv"), long.replace(",Zn,", ",Unobtainium,").replace(",7440-66-6,", ",,")).unwrap();
    ends(&soilscope(at, &["import", "lab.csv"]), 1, &["Unobtainium"]);
    let error = soilscope(at, &["import", "meuse.csv"]);
    ends(&error, 2, &["meuse.csv"]);
    assert!(error.err.lines().filter(|l| l.starts_with("error: ")).count() == 1, "{}", error.err);
    ends(&soilscope(at, &["exchange", "check", "nowhere"]), 2, &["nowhere"]);
    ends(&soilscope(at, &["exchange", "check", "meuse.csv"]), 1, &["S002"]);
}

#[test]
fn methods_that_do_not_compare_and_blanks_are_no_map() {
    let folder = folder();
    let at = folder.path();
    fs::copy(root().join("data/handover/meuse-samples.toml"), at.join("meuse-samples.toml")).unwrap();
    soilscope(at, &["import", "meuse.csv", "--defaults", "meuse-samples.toml", "-o", "long.csv", "-q"]).done();
    let long = fs::read_to_string(at.join("long.csv")).unwrap();
    let validate = |file: &str| {
        soilscope(at, &["validate", file, "--analyte", "Zn", "--crs", "EPSG:28992", "--transform", "log", "-q"])
    };
    // Every third row by aqua regia, the others by X-ray fluorescence of the whole.
    let mixed =
        |k: usize, line: &str| line.replace("UNKNOWN_TOTAL", if k.is_multiple_of(3) { "AR_ISO54321" } else { "XRF" });
    let text: Vec<String> = long.lines().enumerate().map(|(k, line)| mixed(k, line)).collect();
    fs::write(at.join("mixed.csv"), text.join("\n")).unwrap();
    ends(
        &validate("mixed.csv"),
        2,
        &["methods that do not compare: AR (51), TOTAL (104)", "soilscope import --harmonise"],
    );
    let words = ["import", "mixed.csv", "--harmonise", "total", "-o", "one.csv"];
    ends(&soilscope(at, &words), 2, &["--ratio-uncertainty"]);
    let words = [&words[..], &["--ratio-uncertainty", "15", "--ratio-source", "30 pairs of our own"]].concat();
    ends(&soilscope(at, &words), 0, &["Zn 90 % (51 results)", "S31", "30 pairs of our own"]);
    ends(&validate("one.csv"), 0, &[]);

    // A blank of the laboratory is no soil.
    let mut rows = csv::Reader::from_path(at.join("long.csv")).unwrap();
    let head = rows.headers().unwrap().clone();
    let mut out = csv::Writer::from_path(at.join("blank.csv")).unwrap();
    out.write_record(head.iter().filter(|name| *name != "qc_type").chain(["qc_type"])).unwrap();
    for (k, row) in rows.records().enumerate() {
        let row = row.unwrap();
        let cells = head.iter().zip(row.iter()).filter(|(name, _)| *name != "qc_type").map(|(_, cell)| cell);
        out.write_record(cells.chain([if k == 4 { "blank" } else { "routine" }])).unwrap();
    }
    drop(out);
    ends(&validate("blank.csv"), 2, &["1 results are no measurements of the soil", "--soil-only"]);
    ends(&soilscope(at, &["import", "blank.csv", "--soil-only", "-o", "soil.csv"]), 0, &["1 results of blanks"]);
    ends(&validate("soil.csv"), 0, &[]);
}

/// Files that somebody could send to do harm.
#[test]
fn hostile_bundles_are_judged_and_nothing_else_happens() {
    let folder = handover();
    let at = folder.path();
    ends(&pack(at, &[]), 0, &[]);
    let file = |within: &str, end: &str| -> PathBuf {
        let name = names(&at.join(BUNDLE)).into_iter().find(|n| n.starts_with(within) && n.ends_with(end)).unwrap();
        at.join(BUNDLE).join(name)
    };
    fs::write(at.join("secret.txt"), "not to be read").unwrap();
    let xml = file("metadata/iso/", ".xml");
    let kept = fs::read(&xml).unwrap();
    fs::write(&xml, format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"{}\">]><a>&x;</a>", at.join("secret.txt").display()))
        .unwrap();
    let run = soilscope(at, &["exchange", "check", BUNDLE]);
    ends(&run, 1, &["M001"]);
    assert!(!run.out.contains("not to be read"), "{}", run.out);
    fs::write(&xml, kept).unwrap();

    let raster = file("rasters/gsp/", ".tif");
    let kept = fs::read(&raster).unwrap();
    fs::write(
        &raster,
        "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"><SRS>/vsicurl/http://127.0.0.1:9/a.tif</SRS></VRTDataset>",
    )
    .unwrap();
    let run = soilscope(at, &["exchange", "check", BUNDLE]);
    ends(&run, 1, &["R001"]);
    assert!(!run.err.contains("ERROR"), "GDAL is kept quiet: {}", run.err);
    fs::write(&raster, kept).unwrap();

    std::os::unix::fs::symlink("/etc/passwd", at.join(BUNDLE).join("points")).unwrap();
    let run = soilscope(at, &["exchange", "check", BUNDLE]);
    ends(&run, 1, &["points"]);
    assert!(!run.out.contains("root:"), "{}", run.out);
    fs::remove_file(at.join(BUNDLE).join("points")).unwrap();
    fs::write(at.join(BUNDLE).join("a\u{1b}[2J<script>.txt"), "").unwrap();
    let run = soilscope(at, &["exchange", "check", BUNDLE]);
    ends(&run, 1, &["B001"]);
    assert!(!run.out.contains('\u{1b}'), "{}", run.out);
}
