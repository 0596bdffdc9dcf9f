//! Workbooks and GeoPackages that mean harm.

use super::*;

/// A workbook's archive with parts replaced or added.
fn repacked(path: &Path, to: &Path, parts: &[(&str, &[u8])]) {
    let mut from = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let names: Vec<String> = from.file_names().map(|n| n.unwrap().into_owned()).collect();
    for name in names.iter().filter(|n| !parts.iter().any(|(p, _)| p == n)) {
        out.raw_copy_file(from.by_name(name).unwrap()).unwrap();
    }
    for (name, bytes) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    std::fs::write(to, out.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn workbooks_that_mean_harm_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.xlsx");
    workbook(&good, |_, _| {});
    let bad = folder.path().join("bad.xlsx");
    let bomb = vec![b' '; 600 << 20];
    repacked(&good, &bad, &[("xl/media/image1.png", &bomb)]);
    assert!(refused(&bad, "").contains("unpacks to more than 536870912 bytes"));
    repacked(&good, &bad, &[("xl/worksheets/sheet1.xml", &bomb[..32 << 20])]);
    assert!(refused(&bad, "").contains("times its size"));
    repacked(&good, &bad, &[("xl/externalLinks/externalLink1.xml", b"<externalLink/>")]);
    assert!(refused(&bad, "").contains("values from other workbooks"));
    let entities = br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>"#;
    repacked(&good, &bad, &[("xl/sharedStrings.xml", entities)]);
    assert!(refused(&bad, "").contains("has a document type or entities"));
    let hidden: Vec<u8> = String::from_utf8_lossy(entities).encode_utf16().flat_map(u16::to_le_bytes).collect();
    repacked(&good, &bad, &[("xl/sharedStrings.xml", &hidden)]);
    assert!(refused(&bad, "").contains("is no XML in UTF-8"));
    repacked(&good, &bad, &[("../outside.xml", b"<x/>")]);
    assert!(refused(&bad, "").contains("points outside"));
    let many: Vec<(String, Vec<u8>)> = (0..2100).map(|i| (format!("xl/media/{i}"), Vec::new())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    repacked(&good, &bad, &many);
    assert!(refused(&bad, "").contains("parts, more than 2000"));

    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    out.add_symlink("xl/workbook.xml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    std::fs::write(&bad, out.finish().unwrap().into_inner()).unwrap();
    assert!(refused(&bad, "").contains("points outside"));

    workbook(&bad, |name, sheet| {
        if name == "Comments" {
            sheet.write_string(1_048_575, 16_383, "far away").unwrap();
        }
    });
    assert!(refused(&bad, "").contains("stands beyond column 4096"));
    std::fs::write(&bad, b"PK\x03\x04 and nothing else").unwrap();
    assert!(refused(&bad, "").contains("cannot be read"));
    std::fs::write(&bad, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").unwrap();
    assert!(refused(&bad, "").contains("before 2007"));
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "=cmd|' /C calc'!A0").unwrap();
    book.save(&bad).unwrap();
    assert!(refused(&bad, "").contains("are not those of the template"));

    // Nothing was unpacked beside.
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn what_only_looks_like_a_geopackage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let liar = file(&folder, "liar.gpkg", b"SQLite format 3\0 and then nothing of the kind");
    assert!(refused(&liar, "").contains("cannot be read"));
    let vrt = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>";
    let error = refused(&file(&folder, "vrt.gpkg", vrt), "");
    assert!(!error.contains("root:"), "{error}");
    let empty = folder.path().join("empty.gpkg");
    geopackage(&empty, &[]);
    assert!(import(&empty, &defaults(""), &Options::default()).is_err());
    #[cfg(unix)]
    {
        let (real, link) = (folder.path().join("real.gpkg"), folder.path().join("link.gpkg"));
        geopackage(&real, &[]);
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(refused(&link, "").contains("no regular file"));
    }
}

#[test]
fn formulas_in_texts_of_a_workbook_are_texts_in_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("cells.xlsx");
    workbook(&book, |name, sheet| {
        if name == "Plot Data" {
            sheet.write_string(2, 0, "=cmd|' /C calc'!A0").unwrap();
        }
    });
    let table = read(&book, "").table;
    assert_eq!(table.rows()[0].project_name, "=cmd|' /C calc'!A0");
    let out = folder.path().join("long.csv");
    table.write_csv(&out).unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("'=cmd|") && !text.contains(",=cmd|"));
    assert_eq!(read(&out, "").table.rows(), table.rows());
}

#[test]
fn limits_of_a_caller_count() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("good.xlsx");
    workbook(&book, |_, _| {});
    let limits = Limits { unpacked_bytes: 2000, ..Limits::default() };
    let error = import(&book, &defaults(""), &Options { limits, ..Options::default() }).unwrap_err().to_string();
    assert!(error.contains("more than 2000 bytes"), "{error}");
    assert_eq!(read(&book, "").table.rows()[3].censor, Censor::BelowQuantification);
}
