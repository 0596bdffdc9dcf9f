//! Samples that come through a pipe, and tables as spreadsheets and laboratories write them.

use soilscope_pipeline::samples::{Preparation, Severity, read_points};

use super::*;

/// Reads through a named pipe that another thread writes once.
#[cfg(unix)]
fn through_pipe<T>(name: &str, text: &'static str, read: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = path.clone();
    // Whoever refuses a pipe by its name never reads it, and the writer is then left waiting.
    std::thread::spawn(move || std::fs::write(writer, text));
    read(&path)
}

#[test]
#[cfg(unix)]
fn a_pipe_is_read_once() {
    let text = "x,y,zinc\n0,0,1\n1,0,2\n";
    for name in ["pipe", "pipe.csv"] {
        let table = through_pipe(name, text, |path| read_samples(path, &local("zinc"))).unwrap();
        assert_eq!(readings(&table), ["1", "2"]);
    }
    let points = through_pipe("pipe", text, |path| read_points(path, &local(""))).unwrap();
    assert_eq!(points.len(), 2);
    for name in ["pipe", "pipe.geojson"] {
        let json = r#"{"type":"FeatureCollection","features":[]}"#;
        let error = through_pipe(name, json, |path| read_samples(path, &local("zinc"))).unwrap_err().to_string();
        assert!(error.contains("GeoJSON from a pipe") && error.contains("write it to a file"), "{error}");
    }
}

#[test]
fn names_of_columns_are_one_line() {
    let text = "x,y,\"zinc\n(mg/kg)\",\"lead   mg/kg\"\n0,0,1,2\n1,0,2,3\n";
    for name in ["zinc", "zinc (mg/kg)", "zinc\n(mg/kg)", "lead mg/kg"] {
        let table = read_text(text, &local(name)).unwrap();
        assert_eq!(table.analytes()[0].unit().unwrap().name(), "mg/kg");
        assert!(["zinc (mg/kg)", "lead mg/kg"].contains(&table.analytes()[0].column()));
        assert_eq!(table.lines(), [3, 4], "lines count the header's break");
    }
}

#[test]
fn a_column_of_sentinels_is_recognised_and_they_are_listed() {
    let mut text = "x,y,zinc\n".to_owned();
    for i in 0..40 {
        text += &format!("{i},{i},{}\n", if i % 5 == 0 { -999 } else { 20 + i });
    }
    let report = read_text(text, &local("")).unwrap().judge(&Preparation::default());
    let found = report.findings.iter().find(|f| f.code == "unreadable").unwrap();
    assert_eq!((found.severity, found.count, &found.rows[..3]), (Severity::Error, 8, &[2, 7, 12][..]));
    assert!(found.message.contains("'-999' is how some programs write a missing value"), "{}", found.message);
}

#[test]
fn a_row_of_units_is_named_as_such() {
    let error = refusal("x,y,zinc\nm,m,mg/kg\n0,0,1\n1,0,2\n", &local("zinc"));
    assert!(
        error.contains("line 2, column 'x': 'm' is not a number; this looks like a row of units; remove it"),
        "{error}"
    );
    let error = refusal("x,y,zinc\n0,0,mg/kg\n0,0,1\n1,0,2\n", &local("zinc"));
    assert!(error.contains("column 'zinc': 'mg/kg'") && error.contains("row of units"), "{error}");
    assert!(!refusal("x,y,zinc\n0,0,1\n0,0,m\n", &local("zinc")).contains("row of units"));
}

#[test]
fn limits_with_the_unit_of_their_column() {
    let text = "x,y,zinc_ug_kg\n0,0,< 0.5 µg/kg\n1,0,<2ppb\n2,0,7\n";
    assert_eq!(readings(&read_text(text, &local("zinc")).unwrap()), ["<0.5", "<2", "7"]);
    let wanted = ReadOptions { unit: Some("mg/kg".into()), ..local("zinc") };
    assert_eq!(readings(&read_text(text, &wanted).unwrap()), ["<0.0005", "<0.002", "0.007"]);
    let error = refusal("x,y,zinc_ug_kg\n0,0,< 0.5 mg/kg\n", &local("zinc"));
    assert!(error.contains("'< 0.5 mg/kg' is a limit in another unit than the column is in"), "{error}");
    let long = "x,y,analyte,value,unit\n0,0,Zn,< 0.5 mg/kg,mg/kg\n1,0,Zn,700,ug/kg\n";
    assert_eq!(readings(&read_text(long, &local("Zn")).unwrap()), ["<0.5", "0.7000000000000001"]);
    assert!(refusal("x,y,zinc\n0,0,<5 apples\n", &local("zinc")).contains("limit"));
}

#[test]
fn a_unit_that_nobody_knows_is_a_label_and_said_to_be() {
    for text in ["x,y,zinc\n0,0,1\n1,0,2\n", "x,y,analyte,value\n0,0,zinc,1\n1,0,zinc,2\n"] {
        let bananas = ReadOptions { unit: Some("bananas".into()), ..local("zinc") };
        let prepared = read_text(text, &bananas).unwrap().prepare("zinc", &Preparation::default()).unwrap();
        assert_eq!(prepared.unit.as_deref(), Some("bananas"));
        let note = "unit 'bananas' is not one that is known; values are taken as they are";
        assert!(prepared.record.notes.iter().any(|n| n == note), "{:?}", prepared.record.notes);
    }
}
