//! The judge of bundles: archives, folders and rasters of strangers, profiles, and what it says.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use jiff::civil::date;
use soilscope_exchange::Error;
use soilscope_exchange::check::{CheckOptions, Profile, Severity, Verdict, judge};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::good::{self, Good, NAME, files, put};
use crate::support::mutation::{good_bundle, good_verdict};

fn judged(path: &Path) -> Verdict {
    judge(path, &CheckOptions { profile: Profile::All, ..CheckOptions::default() }).unwrap()
}

fn refused(path: &Path) -> Error {
    judge(path, &CheckOptions::default()).unwrap_err()
}

/// The good bundle in a folder of its own.
fn bundle() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join(NAME);
    good::copy(good_bundle(), &root);
    (folder, root)
}

/// Where a rule was found.
fn found(verdict: &Verdict, id: &str) -> Vec<(String, String)> {
    verdict.findings.iter().filter(|f| f.id == id).map(|f| (f.file.clone(), f.found.clone())).collect()
}

fn zipped(entries: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bundle.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    (folder, path)
}

#[test]
fn an_archive_is_judged_as_its_folder() {
    let root = good_bundle();
    for prefix in ["", "LUX_GSPolmap_2024_v1.0/"] {
        let read: Vec<_> =
            files(root).into_iter().map(|p| (format!("{prefix}{p}"), fs::read(root.join(&p)).unwrap())).collect();
        let entries: Vec<_> = read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let (_folder, path) = zipped(&entries);
        let verdict = judged(&path);
        assert_eq!(verdict.findings, good_verdict().findings);
        assert_eq!(verdict.not_judged, good_verdict().not_judged);
        assert!(prefix.is_empty() || verdict.subject == NAME);
    }
}

#[test]
fn archives_that_would_write_elsewhere_are_refused_and_write_nothing() {
    let folder = TempDir::new().unwrap();
    for name in ["../evil.txt", "/tmp/soilscope-evil.txt", "a/../../evil.txt", "a\\..\\evil.txt", "C:/evil.txt"] {
        // The writer of archives cleans names, so one of the same length is put in and overwritten.
        let plain = "x".repeat(name.len());
        let (_own, path) = zipped(&[(plain.as_str(), b"evil")]);
        let mut bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() - name.len() {
            if &bytes[at..at + name.len()] == plain.as_bytes() {
                bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            }
        }
        let evil = folder.path().join("evil.zip");
        fs::write(&evil, bytes).unwrap();
        assert!(refused(&evil).to_string().contains("outside its folder"), "{name}: {}", refused(&evil));
        assert!(!Path::new("/tmp/soilscope-evil.txt").exists() && !folder.path().join("evil.txt").exists());
    }
}

#[test]
fn archives_with_links_bombs_or_crowds_are_refused() {
    let folder = TempDir::new().unwrap();
    let link = folder.path().join("link.zip");
    let mut zip = ZipWriter::new(File::create(&link).unwrap());
    zip.add_symlink("bundle.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    assert!(refused(&link).to_string().contains("is a link"), "{}", refused(&link));

    let zeros = vec![0; 8 << 20];
    let (_own, bomb) = zipped(&[("bundle.json", &zeros)]);
    assert!(fs::metadata(&bomb).unwrap().len() < 20_000);
    assert!(refused(&bomb).to_string().contains("grows beyond bounds"), "{}", refused(&bomb));

    let crowd = folder.path().join("crowd.zip");
    let mut zip = ZipWriter::new(File::create(&crowd).unwrap());
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for i in 0..20_001 {
        zip.start_file(format!("{i}"), stored).unwrap();
    }
    zip.finish().unwrap();
    assert!(refused(&crowd).to_string().contains("20001 entries"), "{}", refused(&crowd));

    let broken = folder.path().join("broken.zip");
    fs::write(&broken, b"PK\x03\x04 and no more").unwrap();
    assert!(matches!(refused(&broken), Error::Unreadable { .. }));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_named_and_never_followed() {
    use std::os::unix::fs::symlink;
    let (folder, root) = bundle();
    let secret = folder.path().join("secret.json");
    fs::write(&secret, r#"{"hostname": "followed"}"#).unwrap();
    symlink(&secret, root.join("qa/extra.json")).unwrap();
    symlink("/", root.join("styles/whole")).unwrap();
    // A manifest or record that is a link is not read either.
    fs::remove_file(root.join("provenance/run.json")).unwrap();
    symlink(&secret, root.join("provenance/run.json")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(root.join("points.fifo")).status().unwrap();
    assert!(status.success());
    let verdict = judged(&root);
    let odd = found(&verdict, "B002");
    let odd: Vec<_> = odd.iter().map(|(file, what)| (file.as_str(), what.as_str())).collect();
    let expected = [
        ("points.fifo", "named pipe"),
        ("provenance/run.json", "symbolic link"),
        ("qa/extra.json", "symbolic link"),
        ("styles/whole", "symbolic link"),
    ];
    assert_eq!(odd, expected);
    assert_eq!(found(&verdict, "B005"), []);
    assert!(found(&verdict, "B001").iter().any(|(file, _)| file == "provenance/run.json"));
    assert!(verdict.not_judged.contains_key("Q006"), "{}", verdict.text());
}

#[test]
fn rasters_that_lie_are_named_and_harm_nobody() {
    let (folder, root) = bundle();
    let vrt = "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"><VRTRasterBand dataType=\"Float32\" band=\"1\"><SimpleSource>\
        <SourceFilename>/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>";
    put(&root, "rasters/national/vrt.tif", vrt);
    put(&root, "rasters/national/empty.tif", "");
    let whole = fs::read(root.join("rasters/national/LUX_GSPolmap_Cd_MEAN_0-30_EPSG2169.tif")).unwrap();
    fs::write(root.join("rasters/national/half.tif"), &whole[..whole.len() / 2]).unwrap();
    fs::write(root.join("rasters/national/tags.tif"), &whole[..200]).unwrap();
    fs::write(root.join("rasters/national/huge.tif"), huge()).unwrap();
    let verdict = judged(&root);
    let refused: Vec<_> = found(&verdict, "R001").into_iter().map(|(file, _)| file).collect();
    for name in ["vrt", "empty", "half", "tags", "huge"] {
        assert!(refused.contains(&format!("rasters/national/{name}.tif")), "{name}: {}", verdict.text());
    }
    assert!(found(&verdict, "R001").iter().any(|(_, what)| what.contains("200000 × 200000")), "{}", verdict.text());
    assert!(!verdict.text().contains(folder.path().to_str().unwrap()), "{}", verdict.text());
}

/// A TIFF of a few bytes that declares 40 thousand million cells.
fn huge() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    out.write_all(b"II\x2a\0\x08\0\0\0").unwrap();
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, 200_000),
        (257, 4, 1, 200_000),
        (258, 3, 1, 32),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, 200_000),
        (279, 4, 1, 4_000_000_000),
    ];
    out.write_all(&(entries.len() as u16).to_le_bytes()).unwrap();
    for (tag, kind, count, value) in entries {
        out.write_all(&tag.to_le_bytes()).unwrap();
        out.write_all(&kind.to_le_bytes()).unwrap();
        out.write_all(&count.to_le_bytes()).unwrap();
        out.write_all(&value.to_le_bytes()).unwrap();
    }
    out.write_all(&[0; 4]).unwrap();
    out.into_inner()
}

#[test]
fn judging_leaves_the_bundle_as_it_is() {
    let (_folder, root) = bundle();
    let before: Vec<_> = files(&root).into_iter().map(|p| (fs::read(root.join(&p)).unwrap(), p)).collect();
    judged(&root);
    let after: Vec<_> = files(&root).into_iter().map(|p| (fs::read(root.join(&p)).unwrap(), p)).collect();
    assert!(before == after);
}

#[test]
fn a_folder_with_nothing_in_it_fails_and_what_could_not_be_judged_is_said() {
    let folder = TempDir::new().unwrap();
    let verdict = judged(folder.path());
    assert!(!verdict.passed());
    let ids: Vec<_> = verdict.findings.iter().map(|f| f.id.as_str()).collect();
    assert!(["B001", "B003", "Q009"].iter().all(|id| ids.contains(id)), "{}", verdict.text());
    assert!(verdict.not_judged.contains_key("R001") && verdict.not_judged.contains_key("A001"));
    assert!(verdict.text().trim_end().ends_with("could not be judged, which is no pass."), "{}", verdict.text());
}

#[test]
fn profiles_show_their_rules_only() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join(NAME);
    let mut bundle = Good::new();
    bundle.raster("CADPEXC-2024-0-30-X.tif").scale = Some(2.0);
    bundle.raster("CADP05-2024-0-30-X.tif").nodata = None;
    bundle.write(&root);
    let ids = |profile| {
        let verdict = judge(&root, &CheckOptions { profile, ..CheckOptions::default() }).unwrap();
        verdict.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Profile::Insii), ["R008", "R018"]);
    assert_eq!(ids(Profile::FaoSis), ["R008"]);
    assert_eq!(ids(Profile::Minimal), ["R008"]);
}

#[test]
fn the_table_for_fao_is_the_judges_own() {
    let verdict = good_verdict();
    assert_eq!(verdict.fao_csv_name(), "QA_QC_LUX.csv");
    let row = "CAD,Values in range,Correctly named,Generated,WGS 84,1 km,Correct extent,60,0.01,0.12,0.16,0.61,0.6,0.74,90.2,0,0,0";
    assert_eq!(verdict.fao_csv().lines().nth(1).unwrap(), row);
    let folder = TempDir::new().unwrap();
    let root = folder.path().join(NAME);
    let mut bundle = Good::new();
    bundle.rasters.retain(|r| r.stat != "SDEV");
    bundle.rename("rasters/gsp/", "_Map030", "_Mean030");
    bundle.write(&root);
    // What the bundle says of itself is not what the judge says.
    let row = judged(&root).fao_csv().lines().nth(1).unwrap().to_owned();
    assert!(row.starts_with("CAD,Values in range,Rename layer,Missing,WGS 84,1 km,Correct extent,60,"), "{row}");
}

#[test]
fn a_table_alone_is_judged_on_a_day_that_is_given() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("samples.csv");
    fs::write(&path, "site_code,value\nA,1\n").unwrap();
    assert!(refused(&path).to_string().contains("no day of judgement"));
    let options = CheckOptions { today: Some(date(2026, 1, 31)), profile: Profile::Minimal, ..CheckOptions::default() };
    let verdict = judge(&path, &options).unwrap();
    assert!(verdict.findings.iter().any(|f| f.id == "S002" && f.file == "samples.csv"), "{}", verdict.text());
    assert_eq!(verdict.not_judged["R001"], "a table of samples is no bundle");
    assert!(matches!(refused(&folder.path().join("none")), Error::Unreadable { .. }));
}

#[test]
fn it_stops_when_asked() {
    let options = CheckOptions { interrupted: &|| true, ..CheckOptions::default() };
    assert!(matches!(judge(good_bundle(), &options), Err(Error::Interrupted)));
}
