//! The judgement of places alone, as every verb asks for it.

use soilscope_pipeline::samples::{Finding, Preparation, Severity};

use super::*;

/// Meuse with its coordinates changed, read as a map reads it.
fn meuse(crs: &str, change: impl Fn(usize, f64, f64) -> [f64; 2]) -> SampleTable {
    let source =
        read_samples(&shipped("meuse.csv"), &ReadOptions { crs: Some("EPSG:28992".into()), ..wanting("zinc") })
            .unwrap();
    let mut text = "x,y,zinc\n".to_owned();
    for (i, c) in source.coords().iter().enumerate() {
        let [x, y] = change(i, c[0], c[1]);
        text += &format!("{x},{y},{}\n", 100 + i);
    }
    read_text(text, &ReadOptions { crs: Some(crs.into()), tolerant: true, ..wanting("zinc") }).unwrap()
}

fn told(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings.iter().map(|f| (f.severity, f.code)).collect()
}

/// RD New to degrees, to some hundred metres.
fn degrees(x: f64, y: f64) -> [f64; 2] {
    [5.387 + (x - 155_000.0) / 70_000.0, 52.155 + (y - 463_000.0) / 111_200.0]
}

#[test]
fn right_places_are_let_pass() {
    assert!(meuse("EPSG:28992", |_, x, y| [x, y]).judge_places().is_empty());
    assert!(meuse("local", |_, x, y| [x, y]).judge_places().is_empty());
    assert!(meuse("EPSG:4326", |_, x, y| degrees(x, y)).judge_places().is_empty());
    // Norway's habit: the east of the country in the zone of its middle, 12° outside.
    let east = meuse("EPSG:25833", |_, x, y| [x + 900_000.0, y + 7_400_000.0]);
    assert!(east.judge_places().iter().all(|f| f.severity < Severity::Error), "{:?}", east.judge_places());
    let site = meuse("local", |i, _, _| [(i % 10) as f64, (i / 10) as f64]);
    assert!(site.judge_places().is_empty());
}

#[test]
fn swapped_places_are_an_error_with_its_remedy_and_rows() {
    let findings = meuse("EPSG:28992", |_, x, y| [y, x]).judge_places();
    assert_eq!(told(&findings), [(Severity::Error, "swapped")]);
    assert!(findings[0].message.contains("exchange --x and --y"), "{}", findings[0].message);
    assert_eq!((findings[0].count, findings[0].rows[0]), (155, 2));
    // Longitude and latitude, where the CRS is of one continent.
    let findings = meuse("EPSG:4258", |_, x, y| {
        let [east, north] = degrees(x, y);
        [north, east]
    });
    assert_eq!(told(&findings.judge_places()), [(Severity::Error, "swapped")]);
}

#[test]
fn degrees_as_metres_and_metres_as_degrees_are_one_error_each() {
    for crs in ["EPSG:28992", "EPSG:32631", "EPSG:3035"] {
        let findings = meuse(crs, |_, x, y| degrees(x, y)).judge_places();
        assert_eq!(told(&findings), [(Severity::Error, "degrees-as-metres")], "{crs}");
        assert!(findings[0].message.contains("--crs EPSG:4326"));
    }
    // Degrees of Britain are inside its area even as metres.
    let britain = meuse("EPSG:27700", |_, x, y| degrees(x - 500_000.0, y)).judge_places();
    assert_eq!(told(&britain), [(Severity::Error, "degrees-as-metres")]);
    let table = meuse("EPSG:4326", |_, x, y| [x, y]);
    assert_eq!(told(&table.judge_places()), [(Severity::Error, "metres-as-degrees")]);
    let report = table.judge(&Preparation::default());
    let errors: Vec<&str> = report.findings.iter().filter(|f| f.severity > Severity::Note).map(|f| f.code).collect();
    assert_eq!(errors, ["metres-as-degrees"], "{report}");
    assert_eq!(report.findings[0].count, 155);
}

#[test]
fn another_continent_is_an_error_and_the_country_beside_is_not() {
    let of = |dx: f64, dy: f64| meuse("EPSG:28992", |_, x, y| [x + dx, y + dy]).judge_places();
    assert_eq!(told(&of(200_000.0, 0.0)), [(Severity::Note, "outside-area")]);
    assert_eq!(told(&of(500_000.0, 5_300_000.0)), [(Severity::Error, "outside-area")], "UTM called RD New");
    let one = meuse("EPSG:28992", |i, x, y| if i == 7 { [x, y + 5_000_000.0] } else { [x, y] }).judge_places();
    assert!(one.iter().all(|f| f.severity == Severity::Warning && f.rows == [9]), "{one:?}");
}

#[test]
fn zero_and_stray_and_nearly_equal_places_are_warnings_with_their_rows() {
    for crs in ["EPSG:28992", "EPSG:4326"] {
        let place = |x, y| if crs == "EPSG:4326" { degrees(x, y) } else { [x, y] };
        let findings = meuse(crs, |i, x, y| if i == 7 { [0.0, 0.0] } else { place(x, y) }).judge_places();
        let zero = findings.iter().find(|f| f.code == "zero-place").unwrap();
        assert_eq!((zero.severity, &zero.rows[..]), (Severity::Warning, &[9][..]));
        assert_eq!(findings.len(), 1, "one mistake, one finding: {findings:?}");
    }
    let stray = meuse("local", |i, x, y| if i == 7 { [x * 10.0, y] } else { [x, y] }).judge_places();
    assert_eq!(told(&stray), [(Severity::Warning, "isolated")]);

    let mut text = "x,y,zinc\n".to_owned();
    for i in 0..30 {
        text += &format!("{0},{1},{i}\n{2},{1},{i}\n", i % 6 * 100, i / 6 * 100, f64::from(i % 6 * 100) + 1e-6);
    }
    let near = read_text(text, &local("zinc")).unwrap();
    let findings = near.judge_places();
    assert_eq!(told(&findings), [(Severity::Warning, "near")], "all are pairs");
    assert_eq!((findings[0].count, &findings[0].rows[..3]), (60, &[2, 3, 4][..]));
    assert!(near.judge(&Preparation::default()).findings.iter().any(|f| f.code == "near"));
}
