//! The judgement of sample files.

use soilscope_core::censored::Substitution;
use soilscope_pipeline::samples::{CheckReport, Preparation, Severity};

use super::*;

fn judge(text: &str, options: &ReadOptions) -> CheckReport {
    let options = ReadOptions { tolerant: true, ..options.clone() };
    read_text(text, &options).unwrap().judge(&Preparation::default())
}

/// Severity, rows and message of a finding; panics where there is none.
fn finding<'a>(report: &'a CheckReport, code: &str) -> (Severity, &'a [usize], &'a str) {
    let found = report.findings.iter().find(|f| f.code == code);
    let found = found.unwrap_or_else(|| panic!("no '{code}' in\n{report}"));
    (found.severity, &found.rows, &found.message)
}

fn codes(report: &CheckReport) -> Vec<&str> {
    report.findings.iter().map(|f| f.code).collect()
}

/// A regular grid of values that vary a little.
fn grid(origin: [f64; 2], step: f64, extra: &str) -> String {
    let mut text = "x,y,a_mg_kg\n".to_owned();
    for i in 0..64 {
        let (column, row) = (f64::from(i % 8), f64::from(i / 8));
        let value = 10.0 + f64::from((i * 37) % 11);
        text += &format!("{},{},{value}\n", origin[0] + column * step, origin[1] + row * step);
    }
    text + extra
}

#[test]
fn meuse_by_its_known_numbers() {
    let options = ReadOptions { crs: Some("EPSG:28992".into()), ..ReadOptions::default() };
    let report = read_samples(&shipped("meuse.csv"), &options).unwrap().judge(&Preparation::default());
    let zinc = report.analytes.iter().find(|a| a.name == "zinc").unwrap();
    let s = zinc.values.unwrap();
    // R: summary(meuse$zinc), sd(meuse$zinc)
    assert_eq!((s.count, s.min, s.p25, s.median, s.p75, s.max), (155, 113.0, 198.0, 326.0, 674.5, 1839.0));
    assert!((s.mean - 469.7161).abs() < 1e-4 && (s.sd - 367.0738).abs() < 1e-4 && s.skewness > 1.0);
    assert_eq!((report.places, report.duplicates.places, report.misplaced), (155, 0, 0));
    let n = report.neighbours.unwrap();
    assert!(n.min > 40.0 && n.median > 50.0 && n.max < 500.0, "{n:?}");
    assert_eq!(report.extent.as_ref().unwrap().bounds, [178_605.0, 329_714.0, 181_390.0, 333_611.0]);
    assert!(report.is_usable(), "{report}");
    assert!(codes(&report).contains(&"skewed") && codes(&report).contains(&"unit-assumed"));
    let om = report.analytes.iter().find(|a| a.name == "om").unwrap();
    assert_eq!((om.missing, om.quantified, om.unit.as_deref()), (2, 153, None));
    let text = report.to_text();
    assert!(text.contains("zinc") && text.contains("EPSG:28992") && text.contains("0 errors"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["analytes"][3]["values"]["median"], 326.0);
}

#[test]
fn counts_of_limits_and_missing_values() {
    let report = judge("x,y,a\n0,0,<1\n1,0,<1\n2,0,<2\n3,0,n.d.\n4,0,\n5,0,7\n6,0,0\n7,0,-1\n", &local("a"));
    let a = &report.analytes[0];
    assert_eq!((a.rows, a.quantified, a.below_limit, a.not_detected, a.missing), (8, 3, 3, 1, 1));
    assert_eq!(a.limits.iter().map(|l| (l.limit, l.count)).collect::<Vec<_>>(), [(1.0, 2), (2.0, 1)]);
    assert_eq!(finding(&report, "not-detected").1, [5]);
    assert_eq!(finding(&report, "zero").1, [8]);
    assert_eq!(finding(&report, "negative").1, [9]);
    assert_eq!(finding(&report, "few").0, Severity::Warning);
    assert_eq!(a.values.unwrap().count, 6, "half the limits and the values");
}

#[test]
fn cells_and_places_that_cannot_be_read_are_listed_not_fatal() {
    let options = ReadOptions { crs: Some("EPSG:4326".into()), ..wanting("a") };
    let report = judge("lon,lat,a\n10,52,>5\n10,53,trace\n10,95,3\n11,52,4\n12,52,5\n", &options);
    let (severity, rows, message) = finding(&report, "unreadable");
    assert_eq!((severity, rows), (Severity::Error, &[2, 3][..]));
    assert!(message.contains("'>5'") && message.contains("'trace'"), "{message}");
    assert_eq!((finding(&report, "misplaced").1, report.misplaced), (&[4][..], 1));
    assert!(!report.is_usable());
}

#[test]
fn a_missing_crs_is_an_error_but_the_rest_is_judged() {
    let report = judge("longitude,latitude,a\n10,52,1\n11,52,2\n", &wanting("a"));
    assert!(finding(&report, "crs-missing").2.contains("EPSG:4326"));
    assert_eq!(report.places, 2);
}

#[test]
fn duplicates_alike_and_different() {
    let report = judge("x,y,a\n0,0,1\n0,0,1\n5,5,2\n5,5,3\n9,9,4\n", &local("a"));
    assert_eq!((report.duplicates.places, report.duplicates.rows, report.duplicates.differing), (2, 4, 1));
    assert_eq!(finding(&report, "duplicates").1, [2, 3]);
    assert_eq!(finding(&report, "duplicates-differ").1, [4, 5]);
    // In a long file several analytes at one place are no duplicates.
    let long = judge("x,y,analyte,value\n0,0,Pb,1\n0,0,Cd,2\n1,1,Pb,3\n1,1,Cd,4\n", &local("Pb,Cd"));
    assert_eq!(long.duplicates.places, 0, "{long}");
}

#[test]
fn suspicious_coordinates() {
    let rd = ReadOptions { crs: Some("EPSG:28992".into()), ..wanting("a") };
    let fine = judge(&grid([178_000.0, 330_000.0], 100.0, ""), &rd);
    assert!(
        fine.is_usable() && !codes(&fine).contains(&"isolated") && !codes(&fine).contains(&"outside-area"),
        "{fine}"
    );
    let swapped = judge(&grid([478_000.0, 150_000.0], 100.0, ""), &rd);
    assert_eq!(finding(&swapped, "swapped").0, Severity::Error);
    let degrees = judge("x,y,a\n5.7,50.9,1\n5.8,50.9,2\n5.9,51,3\n", &rd);
    assert_eq!(finding(&degrees, "degrees-as-metres").0, Severity::Error);
    let elsewhere = judge(&grid([1_000_000.0, 5_000_000.0], 100.0, ""), &rd);
    assert_eq!(finding(&elsewhere, "outside-area").0, Severity::Error);
    let wgs84 = ReadOptions { crs: Some("EPSG:4326".into()), ..wanting("a") };
    let metres = judge(&grid([178_000.0, 330_000.0], 100.0, ""), &wgs84);
    assert_eq!(finding(&metres, "metres-as-degrees").0, Severity::Error);
    let one_swapped = judge(&grid([120.0, 30.0], 0.01, "30.02,120.03,12\n"), &wgs84);
    assert_eq!(finding(&one_swapped, "misplaced").1, [66]);
    let one_swapped = judge(&grid([10.0, 52.0], 0.01, "52.02,10.03,12\n"), &wgs84);
    let (_, rows, message) = finding(&one_swapped, "isolated");
    assert_eq!(rows, [66]);
    assert!(message.contains("swapped"), "{message}");
    let zero = judge(&grid([10.0, 52.0], 0.01, "0,0,12\n"), &wgs84);
    assert_eq!(finding(&zero, "zero-place").1, [66]);
    let slip = judge(&grid([178_000.0, 330_000.0], 100.0, "17800,330000,12\n"), &rd);
    assert_eq!(finding(&slip, "isolated").1, [66]);
    let one = judge("x,y,a\n5,5,1\n5,5,2\n", &local("a"));
    assert_eq!(finding(&one, "one-place").0, Severity::Error);
}

#[test]
fn outliers_skew_and_constants() {
    let report = judge(&grid([0.0, 0.0], 1.0, "9,9,5000\n9,8,0.001\n"), &local("a"));
    let a = &report.analytes[0];
    assert!(a.logarithmic && a.outlier_count == 2);
    assert_eq!(finding(&report, "outliers").1, [67, 66], "farthest first, on the logarithm");
    assert!(a.outliers[0].robust_z < -3.5);
    let many: String = (0..8).map(|i| format!("{i},-5,{}\n", 5000 + i)).collect();
    let report = judge(&grid([0.0, 0.0], 1.0, &many), &local("a"));
    assert_eq!((finding(&report, "wide-spread").0, report.analytes[0].outlier_count), (Severity::Note, 8));
    assert!(!codes(&report).contains(&"outliers") && report.analytes[0].outliers.is_empty());
    let constant = judge("x,y,a\n0,0,5\n1,0,5\n2,0,5\n", &local("a"));
    assert_eq!(finding(&constant, "constant").0, Severity::Warning);
}

#[test]
fn values_below_their_limit_are_no_outliers_and_what_stands_for_them_is_said() {
    let report = judge(&grid([0.0, 0.0], 1.0, "9,9,<0.001\n9,8,<0.001\n"), &local("a"));
    assert_eq!((report.analytes[0].outlier_count, report.analytes[0].below_limit), (0, 2));
    assert!(finding(&report, "below-limit").2.ends_with("in the statistics half the limit stands for each"));
    assert!(report.to_text().contains("of values below their limit: half the limit stands for each"), "{report}");
}

/// Taken as what they are, nothing stands for them in the table: they are not in it, and the table does not say otherwise.
#[test]
fn censored_values_are_said_to_be_left_out_of_the_table() {
    let how = Preparation { nondetect: Substitution::Censored, ..Preparation::default() };
    let text = grid([0.0, 0.0], 1.0, "9,9,<0.001\n9,8,<0.001\n");
    let report = read_text(text, &local("a")).unwrap().judge(&how);
    assert!(finding(&report, "below-limit").2.ends_with("in the statistics they are left out"));
    let text = report.to_text();
    assert!(text.contains("left out of these numbers, which are too high; Kaplan-Meier's mean counts them"), "{text}");
    assert!(!text.contains("taken as below"), "{text}");
}

#[test]
fn values_under_their_limit_without_a_mark_are_pointed_out() {
    let report = judge("x,y,Pb,Pb_lod\n0,0,5,2\n1,0,1,2\n", &local("Pb"));
    assert_eq!(finding(&report, "unmarked").1, [3]);
}
