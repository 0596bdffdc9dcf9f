//! Other forms of the same table: wide, with semicolons and decimal commas, places only, a node's export.

use std::collections::{BTreeMap, BTreeSet};

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use soilscope_exchange::check::{Purpose, TableJudgement};

use super::good::{Case, fired, judge_file, judge_text, luxembourg, told};

const BASE: [&str; 15] = [
    "site_code",
    "profile_code",
    "specimen_code",
    "plot_type",
    "element_type",
    "longitude",
    "latitude",
    "positional_accuracy_m",
    "country",
    "sampling_date",
    "upper_depth_cm",
    "lower_depth_cm",
    "data_owner",
    "licence",
    "access_level",
];

/// The routine aqua regia results of the good table, one row for each specimen: cadmium in ug/kg, with all companions.
pub(super) fn wide() -> Case {
    let good = Case::good();
    let more = [
        "Cd[ug/kg]",
        "Cd__lod",
        "Cd__loq",
        "Cd__censor",
        "Cd__unc",
        "Cd__ext",
        "Cu",
        "Cu__unc",
        "Zn[mg/kg]",
        "Zn__unc",
        "depth_note",
    ];
    let header = BASE.iter().chain(&more).map(|s| (*s).to_owned()).collect();
    let mut case = Case { header, rows: Vec::new(), options: good.options.clone() };
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..good.rows.len() {
        if good.cell(row, "qc_type") != "routine" || good.cell(row, "extraction_code") != "AR_ISO54321" {
            continue;
        }
        let specimen = good.cell(row, "specimen_code").to_owned();
        let to = *at.entry(specimen).or_insert_with(|| {
            case.rows.push(vec![String::new(); case.header.len()]);
            for name in BASE {
                let last = case.rows.len() - 1;
                case.put(last, name, good.cell(row, name));
            }
            case.rows.len() - 1
        });
        let value = good.cell(row, "value");
        let number = value.parse::<f64>().ok();
        match good.cell(row, "analyte_code") {
            "Cd" => {
                let cell = number.map_or_else(|| value.replace("0.05", "50"), |v| format!("{:.1}", v * 1000.0));
                case.put(to, "Cd[ug/kg]", &cell);
                case.put(to, "Cd__lod", "20");
                case.put(to, "Cd__loq", "50");
                case.put(to, "Cd__censor", good.cell(row, "censor"));
                case.put(to, "Cd__unc", &number.map_or_else(String::new, |v| format!("{:.1}", v * 180.0)));
                case.put(to, "Cd__ext", "AR_ISO11466");
            }
            code => {
                let column = if code == "Cu" { "Cu" } else { "Zn[mg/kg]" };
                case.put(to, column, value);
                case.put(to, &format!("{code}__unc"), &number.map_or_else(String::new, |v| format!("{:.2}", v * 0.18)));
            }
        }
    }
    case
}

pub(super) const SIDE: &str = r#"{"extraction_code": "AR_ISO54321", "laboratory": "Laboratory A"}"#;

fn judge(case: &Case, text: &str, side: &str) -> TableJudgement {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.csv");
    std::fs::write(&path, text).unwrap();
    if !side.is_empty() {
        std::fs::write(folder.path().join("wide.columns.json"), side).unwrap();
    }
    judge_file(&path, &case.options)
}

fn wide_with(side: &str, spoil: impl FnOnce(&mut Case)) -> TableJudgement {
    let mut case = wide();
    spoil(&mut case);
    judge(&case, &case.csv(), side)
}

pub(super) fn no_finding(judgement: &TableJudgement) {
    assert_eq!(fired(judgement), BTreeSet::new(), "{}", told(judgement));
}

/// The facts of cadmium but for rounding of its unit.
pub(super) fn same_cadmium(a: &TableJudgement, b: &TableJudgement) {
    let (a, b) = (&a.facts.analytes["Cd"], &b.facts.analytes["Cd"]);
    assert_eq!((a.n, a.censored, a.sites, &a.unit), (b.n, b.censored, b.sites, &b.unit));
    for (x, y) in [(a.min, b.min), (a.median, b.median), (a.max, b.max)] {
        assert!((x.unwrap() - y.unwrap()).abs() < 1e-4, "{x:?} {y:?}");
    }
}

#[test]
fn a_good_wide_table_keeps_every_rule_and_holds_the_same() {
    let judgement = wide_with(SIDE, |_| {});
    no_finding(&judgement);
    same_cadmium(&judgement, &Case::good().judge());
    assert_eq!(judgement.facts.analytes.keys().collect::<Vec<_>>(), ["Cd", "Cu", "Zn"]);
}

#[test]
fn semicolons_tabs_and_decimal_commas_make_no_difference() {
    let case = wide();
    let mut comma = case.clone();
    for (c, name) in case.header.iter().enumerate() {
        // Coordinates keep their points: the manner is that of a column.
        if name.contains('C') || name.contains("Zn") {
            comma.rows.iter_mut().for_each(|r| r[c] = r[c].replace('.', ","));
        }
    }
    for delimiter in [';', '\t'] {
        let judgement = judge(&comma, &comma.delimited(delimiter), SIDE);
        no_finding(&judgement);
        assert_eq!(judgement.facts, judge(&case, &case.csv(), SIDE).facts);
    }
    // Between commas they are suspicious; one among points is, too.
    let judgement = judge(&comma, &comma.csv(), SIDE);
    assert!(fired(&judgement).contains("A021"), "{}", told(&judgement));
    let mut one = case.clone();
    let row = (0..one.rows.len()).find(|&r| one.cell(r, "Cu").contains('.')).unwrap();
    let cell = one.cell(row, "Cu").replace('.', ",");
    one.put(row, "Cu", &cell);
    assert_eq!(fired(&judge(&one, &one.delimited(';'), SIDE)), BTreeSet::from(["A021".to_owned()]));
}

#[test]
fn a_byte_order_mark_and_other_line_ends_make_no_difference() {
    let case = Case::good();
    let text = format!("\u{feff}{}", case.csv().replace('\n', "\r\n"));
    no_finding(&judge_text(&text, "samples.csv", &case.options));
}

#[test]
fn companions_go_before_brackets_before_the_side_file_before_the_table() {
    // Without the side file copper and zinc have no method; the companion gives cadmium its own.
    let judgement = wide_with("", |_| {});
    let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str(), f.count)).collect();
    assert_eq!(of, [("A016", "row 2, column Cu", 140)], "{}", told(&judgement));
    // The side file's unit is not that of a column in brackets.
    let side = r#"{"extraction_code": "AR_ISO54321", "unit": "ug/kg"}"#;
    let judgement = wide_with(side, |_| {});
    assert_eq!(judgement.facts.analytes["Zn"], wide_with(SIDE, |_| {}).facts.analytes["Zn"]);
    let copper = [side, SIDE].map(|s| wide_with(s, |_| {}).facts.analytes["Cu"].max.unwrap());
    assert!((copper[0] * 1000.0 - copper[1]).abs() < 1e-9);
    // Of one column, by its name or its code, with another name for the analyte.
    let side =
        r#"{"extraction_code": "AR_ISO54321", "columns": {"copper (mg/kg)": {"analyte_code": "Cu", "unit": "mg/kg"}}}"#;
    let judgement = wide_with(side, |c| {
        let column = c.column("Cu");
        c.header[column] = "copper (mg/kg)".to_owned();
    });
    no_finding(&judgement);
    assert_eq!(judgement.facts.analytes["Cu"].max, Some(copper[1]));
}

#[test]
fn faults_of_wide_tables_are_found_where_they_are() {
    let one = |id: &str, place: &str, spoil: &dyn Fn(&mut Case)| {
        let judgement = wide_with(SIDE, |c| spoil(c));
        let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str())).collect();
        assert_eq!(of, [(id, place)], "{}", told(&judgement));
    };
    one("A009", "row 6, column Cd[ug/kg]", &|c| {
        c.put(4, "Cd[ug/kg]", "");
        c.put(4, "Cd__censor", "lt_lod");
        c.put(4, "Cd__lod", "");
    });
    one("A016", "row 6, column Cd[ug/kg]", &|c| c.put(4, "Cd__ext", "AQUA"));
    one("A014", "row 6, column Cu", &|c| c.put(4, "Cu__unc", "0"));
    one("A004", "row 6, column Cu", &|c| c.put(4, "Cu", "n.n."));
    one("A001", "column Cadmium[mg/kg]", &|c| c.add("Cadmium[mg/kg]"));
    one("A001", "column ni", &|c| c.add("ni"));
    one("A001", "column Xx", &|c| c.add("Xx__lod"));
    one("S002", "row 1", &|c| c.drop("sampling_date"));
    let unit = wide_with(SIDE, |c| {
        let column = c.column("Zn[mg/kg]");
        c.header[column] = "Zn[mg/l]".to_owned();
    });
    assert_eq!(fired(&unit), BTreeSet::from(["A003".to_owned()]), "{}", told(&unit));
    // An empty cell is no result, and -9999 is an empty cell.
    let judgement = wide_with(SIDE, |c| {
        c.put(4, "Cu", "-9999");
        c.put(5, "Cu", "NA");
        c.put(6, "Cu", "");
    });
    no_finding(&judgement);
    assert_eq!(judgement.facts.analytes["Cu"].n, 67);
}

#[test]
fn yttrium_is_no_coordinate_and_capitals_are_where_both_stand() {
    no_finding(&wide_with(SIDE, |c| {
        c.add("Y");
        c.put(4, "Y", "23.5");
    }));
    let judgement = wide_with(SIDE, |c| {
        for (from, to) in [("longitude", "X"), ("latitude", "Y")] {
            let column = c.column(from);
            c.header[column] = to.to_owned();
        }
        c.add("CRS");
        let all: Vec<usize> = (0..c.rows.len()).collect();
        c.put_all(&all, "CRS", "EPSG:4326");
    });
    no_finding(&judgement);
    assert_eq!(judgement.facts.positions.len(), 60);
}

#[test]
fn each_missing_column_and_each_analyte_is_told_for_itself() {
    let judgement = wide_with(SIDE, |c| {
        c.drop("licence");
        c.drop("data_owner");
        c.drop("longitude");
    });
    let of: Vec<_> = judgement.findings.iter().filter(|f| f.id == "S002").map(|f| f.found.as_str()).collect();
    let place = "no column longitude and latitude (nor x, y and crs, nor admin_unit)";
    assert_eq!(of[..2], ["no column data_owner", "no column licence"], "{}", told(&judgement));
    assert!(of.contains(&place), "{}", told(&judgement));
    let judgement = wide_with(SIDE, |c| {
        for (code, limit) in [("Ni", "<1"), ("Pb", "<2")] {
            c.add(code);
            let all: Vec<usize> = (0..c.rows.len()).collect();
            c.put_all(&all, code, limit);
        }
    });
    let of: Vec<_> = judgement
        .findings
        .iter()
        .map(|f| (f.id.as_str(), f.found.split_once(" of ").map_or(f.found.as_str(), |(_, r)| r)))
        .collect();
    assert_eq!(
        of,
        [("A013", "70 results of Ni censored"), ("A013", "70 results of Pb censored"), ("A025", "Ni"), ("A025", "Pb")],
        "{}",
        told(&judgement)
    );
}

#[test]
fn a_table_without_results_is_one_of_places_or_lacks_them() {
    let mut case = wide();
    case.header.truncate(15);
    case.rows.iter_mut().for_each(|r| r.truncate(15));
    for name in ["specimen_code", "sampling_date", "upper_depth_cm", "lower_depth_cm", "positional_accuracy_m"] {
        case.drop(name);
    }
    let judgement = case.judge();
    // The second layers repeat their places.
    assert_eq!(fired(&judgement), BTreeSet::from(["S017".to_owned()]), "{}", told(&judgement));
    case.rows.dedup();
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(
        judgement.judged.contains(&"S006") && judgement.judged.contains(&"P005") && !judgement.judged.contains(&"A004")
    );
    // A column that nobody knows makes results of nothing, and without a word on access no table of places either.
    let mut strange = case.clone();
    strange.drop("access_level");
    strange.add("lead_mg_kg");
    assert!(told(&strange.judge()).contains("no column of results"));
    case.options.purpose = Purpose::Samples;
    assert!(fired(&case.judge()).contains("S002"));
}

#[test]
fn a_nodes_export_is_judged_by_its_own_columns() {
    let good = wide();
    let mut case = Case {
        header: [
            "plot_code",
            "profile_code",
            "plot_type",
            "element_type",
            "longitude",
            "latitude",
            "sampling_date",
            "upper_depth",
            "lower_depth",
            "CAD__TOTAL_HCL-AQUAREGIA",
            "ZIN__TOTAL_HCL-AQUAREGIA",
            "ZINEXT__EXTR_DTPA",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
        options: good.options.clone(),
    };
    case.options.fao_export = true;
    case.options.country = Some(luxembourg());
    for row in 0..good.rows.len() {
        let cell = |name| good.cell(row, name).to_owned();
        let zinc = cell("Zn[mg/kg]");
        let cadmium = cell("Cd[ug/kg]").parse::<f64>().map_or_else(|_| String::new(), |v| (v / 1000.0).to_string());
        let part = zinc.parse::<f64>().map_or_else(|_| String::new(), |v| (v / 8.0).to_string());
        case.rows.push(vec![
            cell("site_code"),
            cell("profile_code"),
            "TrialPit".into(),
            "Layer".into(),
            cell("longitude"),
            cell("latitude"),
            cell("sampling_date"),
            cell("upper_depth_cm"),
            cell("lower_depth_cm"),
            cadmium,
            zinc,
            part,
        ]);
    }
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(judgement.judged.contains(&"S020") && judgement.judged.contains(&"S006"));
    assert_eq!(judgement.facts.analytes["Zn"].groups.iter().map(String::as_str).collect::<Vec<_>>(), ["AR", "DTPA"]);
    let mut lacking = case.clone();
    lacking.drop("sampling_date");
    assert_eq!(fired(&lacking.judge()), BTreeSet::from(["S002".to_owned()]));
    let mut deep = case.clone();
    deep.put(3, "lower_depth", "20.5");
    assert_eq!(fired(&deep.judge()), BTreeSet::from(["S012".to_owned()]));
    let mut censored = case;
    censored.put(3, "CAD__TOTAL_HCL-AQUAREGIA", "1500");
    assert_eq!(fired(&censored.judge()), BTreeSet::from(["A006".to_owned()]));
}

#[test]
fn coordinates_in_a_plane_are_brought_to_degrees() {
    let mut case = Case::good();
    let traditional = |code: u32| {
        let mut srs = SpatialRef::from_epsg(code).unwrap();
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        srs
    };
    let transform = CoordTransform::new(&traditional(4326), &traditional(2169)).unwrap();
    for name in ["x", "y", "crs"] {
        case.add(name);
    }
    for row in 0..case.rows.len() {
        let [x, y] = ["longitude", "latitude"].map(|n| case.cell(row, n).parse::<f64>());
        if let (Ok(x), Ok(y)) = (x, y) {
            let (mut xs, mut ys) = ([x], [y]);
            transform.transform_coords(&mut xs, &mut ys, &mut []).unwrap();
            case.put(row, "x", &format!("{:.2}", xs[0]));
            case.put(row, "y", &format!("{:.2}", ys[0]));
            case.put(row, "crs", "EPSG:2169");
        }
    }
    no_finding(&case.judge());
    case.drop("longitude");
    case.drop("latitude");
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(judgement.judged.contains(&"S005") && judgement.facts.positions.len() == 60);
    for (crs, id) in [("EPSG:5773", "S005"), ("2169", "S005"), ("", "S005"), ("EPSG:4326", "S003")] {
        let mut bad = case.clone();
        let row = bad.plain("Cd")[4];
        bad.put(row, "crs", crs);
        assert_eq!(fired(&bad.judge()), BTreeSet::from([id.to_owned()]), "{crs}");
    }
}
