//! Files of strangers: each gives a finding or an error, in bounded time, and never a panic.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use soilscope_exchange::check::{TableJudgement, judge_table};

use super::good::{Case, fired, judge_bytes, judge_text, told};

fn options() -> soilscope_exchange::check::TableOptions {
    Case::good().options
}

/// Only S001 fires, and nothing else is said to be judged.
fn hopeless(bytes: &[u8], name: &str, found: &str) {
    let judgement = judge_bytes(bytes, name, &options());
    let of: Vec<_> = judgement.findings.iter().map(|f| f.id.as_str()).collect();
    assert!(of.iter().all(|id| *id == "S001") && !of.is_empty(), "{name}: {}", told(&judgement));
    assert!(told(&judgement).contains(found), "{name}: {}", told(&judgement));
    assert_eq!((judgement.judged.as_slice(), judgement.not_judged.len()), (&["S001"][..], 47));
}

fn noise(n: usize) -> Vec<u8> {
    let mut state = 11_u64;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..n).map(step).collect()
}

#[test]
fn what_is_no_table_is_told_to_be_none() {
    hopeless(&noise(1 << 20), "noise.csv", "UTF-8");
    hopeless(b"", "empty.csv", "an empty file");
    hopeless(b"\n\n  \n", "blank.csv", "blanks only");
    hopeless(&[0; 4096], "zeros.csv", "NUL");
    hopeless(b"PK\x03\x04rest of a workbook", "table.csv", "ZIP");
    hopeless("a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice(), "wide.csv", "NUL");
    hopeless(b"\xff\xfea\0,\0b\0", "wide.csv", "UTF-16");
    hopeless(Case::good().csv().as_bytes(), "table.gpkg", "no SQLite database");
    hopeless(&[b"SQLite format 3\0".as_slice(), &noise(9000)].concat(), "table.gpkg", "no GeoPackage");
    hopeless(b"{\"type\": \"FeatureCollection\", \"features\": [", "cut.geojson", "no JSON");
    hopeless(b"{\"type\": \"Feature\"}", "one.geojson", "no FeatureCollection");
    hopeless("[".repeat(1_000_000).as_bytes(), "deep.json", "no JSON");
    hopeless(b"{\"type\": \"FeatureCollection\", \"features\": \"\xff\"}", "bytes.geojson", "UTF-8");
    hopeless(b"6.1,49.6,0.31\n6.2,49.7,0.32\n", "headless.csv", "values where names");
    hopeless(b"\"site_code,value\nA,1\nB,2\n", "quote.csv", "never closed");
}

#[test]
fn one_line_of_fifty_megabytes_and_a_hundred_thousand_columns_are_refused_soon() {
    let begin = Instant::now();
    hopeless(&vec![b'x'; 50 * 1024 * 1024], "line.csv", "more than 65536 bytes");
    hopeless(&vec![b','; 50 * 1024 * 1024], "commas.csv", "more than 4096 columns");
    let columns = (0..100_000).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    hopeless(format!("{columns}\n1\n").as_bytes(), "columns.csv", "more than 4096 columns");
    let properties = (0..5000).fold(String::new(), |mut all, i| {
        let _ = write!(all, "{}\"p{i}\":1", if i == 0 { "" } else { "," });
        all
    });
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"geometry\":null,\"properties\":{{{properties}}}}}]}}"
    );
    hopeless(text.as_bytes(), "columns.geojson", "more than 4096");
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn too_many_rows_cells_or_bytes_are_an_error_and_not_a_judgement_of_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.csv");
    let refused = |what: &str| {
        let error = judge_table(&path, &options()).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("in parts"), "{error}");
    };
    std::fs::write(&path, "site_code\n".to_owned() + &"A\n".repeat(1_000_001)).unwrap();
    refused("more than 1000000 rows");
    let header: Vec<String> = (0..4000).map(|i| format!("c{i}")).collect();
    std::fs::write(&path, header.join(",") + "\n" + &(",".repeat(3999) + "\n").repeat(8001)).unwrap();
    refused("32000000 cells");
    std::fs::File::create(&path).unwrap().set_len(257 * 1024 * 1024).unwrap();
    refused("at most 268435456");
    // Of an export that is the finding itself.
    let mut export = options();
    export.fao_export = true;
    let judgement = judge_table(&path, &export).unwrap();
    assert_eq!((fired(&judgement).len(), judgement.judged.as_slice()), (1, &["S020"][..]), "{}", told(&judgement));
    std::fs::write(&path, "profile_code\n".to_owned() + &"A\n".repeat(1_000_001)).unwrap();
    let judgement = judge_table(&path, &export).unwrap();
    assert_eq!(told(&judgement), "S020 Error file: 1000001 rows (expected at most 200000 rows, 1 times)\n");
}

#[test]
fn only_regular_files_are_read_and_no_link_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, what: &str| {
        let error = judge_table(&folder.path().join(name), &options()).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    std::fs::write(folder.path().join("table.csv"), Case::good().csv()).unwrap();
    std::os::unix::fs::symlink("table.csv", folder.path().join("link.csv")).unwrap();
    refused("link.csv", "symbolic link");
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.csv")).status().unwrap().success());
    refused("pipe.csv", "no regular file");
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    refused("folder.csv", "no regular file");
    refused("none.csv", "cannot be read");
    // A side file that is a link is not followed either, and said to be no side file.
    std::fs::write(folder.path().join("secret.json"), "{}").unwrap();
    std::os::unix::fs::symlink("secret.json", folder.path().join("table.columns.json")).unwrap();
    let judgement = judge_table(&folder.path().join("table.csv"), &options()).unwrap();
    let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.file.as_str())).collect();
    assert_eq!(of, [("S001", "table.columns.json")]);
}

#[test]
fn tables_that_compute_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.gpkg");
    let make = |statements: &[&str]| {
        let _ = std::fs::remove_file(&path);
        super::forms_vector::layer(&path, "samples", &["site_code"], &[vec!["A".into()]], Some(4326), &[[6.1, 49.7]]);
        let flags = gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE;
        let options = gdal::DatasetOptions { open_flags: flags, ..Default::default() };
        let dataset = gdal::Dataset::open_ex(&path, options).unwrap();
        for sql in statements {
            drop(dataset.execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT).unwrap());
        }
    };
    make(&[]);
    assert!(!fired(&judge_table(&path, &options()).unwrap()).contains("S001"));
    let endless = "CREATE VIEW results AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS specimen_code FROM c";
    let contents =
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('results', 'attributes', 'results')";
    let large = "CREATE TABLE results (fid INTEGER PRIMARY KEY, b TEXT AS (hex(zeroblob(900000000))))";
    let long =
        "CREATE TABLE results (fid INTEGER PRIMARY KEY, b TEXT GENERATED ALWAYS AS(hex(zeroblob(900000000))) VIRTUAL)";
    for (statements, what) in
        [([endless, contents], "a view"), ([large, contents], "computed"), ([long, contents], "computed")]
    {
        make(&statements);
        let begin = Instant::now();
        let judgement = judge_table(&path, &options()).unwrap();
        assert!(told(&judgement).contains(what), "{}", told(&judgement));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    }
}

/// The findings of S001 in an otherwise good table.
fn form(spoil: impl FnOnce(String) -> Vec<u8>) -> Vec<String> {
    let judgement = judge_bytes(&spoil(Case::good().csv()), "samples.csv", &options());
    assert!(judgement.judged.len() > 40, "the other rules are judged all the same");
    judgement.findings.iter().filter(|f| f.id == "S001").map(|f| format!("{}: {}", f.place, f.found)).collect()
}

#[test]
fn faults_of_form_are_told_and_the_rest_is_judged() {
    let line = |text: &str, n: usize| text.lines().nth(n).unwrap().to_owned();
    assert_eq!(form(|t| t.replacen("Demo Institute", "Demo Inst\u{0}itute", 1).into_bytes()), ["row 2: a NUL byte"]);
    let latin = |t: String| {
        let mut bytes = t.into_bytes();
        let at = bytes.windows(4).position(|w| w == b"Demo").unwrap();
        bytes[at] = 0xe9;
        bytes
    };
    assert_eq!(form(latin), ["row 2: bytes that are not UTF-8"]);
    assert_eq!(form(|t| (line(&t, 0) + "\n" + &t).into_bytes()), ["row 2: the header once more"]);
    assert_eq!(
        form(|t| ("Plot Data,,,Results,,\n".to_owned() + &t).into_bytes()),
        ["row 2: column names below another header row"]
    );
    assert_eq!(
        form(|t| t.replacen(",remark\n", ",remark,\n", 1).replace(",open,\n", ",open,,\n").into_bytes()),
        [""; 0]
    );
    assert_eq!(
        form(|t| t.replacen(",remark\n", ",remark,\n", 1).replace(",open,\n", ",open,,x\n").into_bytes()),
        ["column 31: a column without a name"]
    );
    let decimal = |t: String| t.replacen(",18,AR_", ",18,5,AR_", 1).into_bytes();
    assert_eq!(form(decimal), ["row 2: 31 cells below a header of 30"]);
    assert_eq!(
        form(|t| t.replacen("Demo Institute", &"x".repeat(70_000), 1).into_bytes()),
        ["row 2: a cell of more than 65536 bytes"]
    );
}

#[test]
fn nothing_of_a_stranger_reaches_a_report_unescaped() {
    let text = "site_code,\u{1b}[31mvalue,\u{1b}[31mvalue,unit,analyte_code\nA,1,1,\u{7}\u{1b}]0;x\u{7},<script>\n";
    let judgement = judge_text(text, "na\u{1b}me.csv", &options());
    let all = format!("{} {:?}", told(&judgement), judgement.findings.iter().map(|f| &f.file).collect::<Vec<_>>());
    assert!(!told(&judgement).chars().any(|c| c.is_control() && c != '\n'), "{all}");
    assert!(judgement.findings.iter().all(|f| !f.file.contains('\u{1b}')));
}

#[test]
fn thousands_of_sites_on_one_spot_take_no_longer_than_elsewhere() {
    let mut text = "site_code,longitude,latitude,country,data_owner,licence\n".to_owned();
    for i in 0..60_000 {
        let _ = writeln!(text, "S{i},6.1{:09},49.7,LUX,Demo,CC0-1.0", i % 20_000);
    }
    for i in 0..20_000 {
        let _ = writeln!(text, "ONE,6.2{i:09},49.8,LUX,Demo,CC0-1.0");
    }
    let begin = Instant::now();
    let judgement = judge_text(&text, "places.csv", &options());
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    assert!(fired(&judgement).contains("S016"), "{}", told(&judgement));
}

/// What holds of any judgement at all.
fn sound(judgement: &TableJudgement) {
    assert_eq!(judgement.judged.len() + judgement.not_judged.len(), 48);
    assert!(judgement.findings.iter().all(|f| f.count > 0 && judgement.judged.contains(&f.id.as_str())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_judgement(bytes in prop::collection::vec(any::<u8>(), 0..2000), name in "[a-z]{1,5}\\.(csv|gpkg|geojson|txt)") {
        sound(&judge_bytes(&bytes, &name, &options()));
    }

    #[test]
    fn any_spoilt_table_gives_a_judgement(
        cells in prop::collection::vec((0_usize..220, 0_usize..30, "(-?[0-9]{0,4}[.,]?[0-9]{0,4}|<[0-9.]{0,3}|\\PC{0,12}|NaN|-9999|1e308|\"|\u{0})"), 1..40),
        names in prop::collection::vec((0_usize..30, "([a-z_]{0,12}|Cd|Cd\\[[a-z/]{0,6}\\]|Cd__lod|x|crs|\\PC{0,6})"), 0..6),
    ) {
        let mut case = Case::good();
        for (row, column, cell) in cells {
            case.rows[row][column] = cell;
        }
        for (column, name) in names {
            case.header[column] = name;
        }
        sound(&case.judge());
    }
}
