//! For each rule the least change of the good table on which that rule fires, and no other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use soilscope_exchange::check::{ExtensionAnalyte, TABLE_RULES};

use super::good::{Case, fired, judge_text, places, told};

pub(super) fn own(code: &str) -> ExtensionAnalyte {
    ExtensionAnalyte {
        code: code.to_owned(),
        name: String::new(),
        default_unit: "mg/kg".to_owned(),
        cas_number: None,
        molar_mass_g_per_mol: None,
        glosis_property_id: Some(code.to_uppercase()),
        sum: false,
        members: String::new(),
        censored_rule: String::new(),
    }
}

/// Puts cells into the first plain row of cadmium.
fn cadmium(case: &mut Case, cells: &[(&str, &str)]) {
    let row = case.plain("Cd")[4];
    for (name, cell) in cells {
        case.put(row, name, cell);
    }
}

/// Moves a site.
fn site(case: &mut Case, code: &str, place: [f64; 2]) {
    let rows = case.with("site_code", code);
    case.put_all(&rows, "longitude", &place[0].to_string());
    case.put_all(&rows, "latitude", &place[1].to_string());
}

pub(crate) type Mutation = (&'static str, fn(&mut Case));

pub(crate) const MUTATIONS: &[Mutation] = &[
    ("S001", |c| c.add("laboratory")),
    ("S002", |c| c.drop("data_owner")),
    ("S003", |c| cadmium(c, &[("longitude", "186.1")])),
    ("S004", |c| {
        ["x", "y", "crs"].into_iter().for_each(|n| c.add(n));
        cadmium(c, &[("x", "70000"), ("y", "80000"), ("crs", "EPSG:2169")]);
    }),
    ("S005", |c| {
        c.add("crs");
        cadmium(c, &[("crs", "EPSG:99999")]);
    }),
    // Trier, seven kilometres beyond the border: one of 60 sites.
    ("S006", |c| site(c, "L010", [6.642, 49.757])),
    ("S007", |c| site(c, "L010", [6.0, 50.0])),
    ("S008", |c| site(c, "L010", [49.75, 6.1])),
    ("S009", |c| {
        let shifted = c.cell(c.plain("Cd")[4], "longitude").parse::<f64>().unwrap() + 0.001;
        cadmium(c, &[("longitude", &shifted.to_string())]);
    }),
    ("S010", |c| cadmium(c, &[("sampling_date", "13.05.2024")])),
    ("S011", |c| cadmium(c, &[("upper_depth_cm", "20")])),
    ("S012", |c| {
        let rows = c.with("site_code", "L010");
        c.put_all(&rows, "lower_depth_cm", "20.5");
    }),
    ("S013", |c| {
        let rows = c.with("specimen_code", "L006-2");
        c.put_all(&rows, "upper_depth_cm", "30");
    }),
    ("S014", |c| {
        let rows = c.with("specimen_code", "L006-2");
        c.put_all(&rows, "upper_depth_cm", "10");
    }),
    ("S015", |c| cadmium(c, &[("positional_accuracy_m", "126")])),
    ("S016", |c| {
        let [a, b] =
            ["longitude", "latitude"].map(|n| c.cell(c.with("site_code", "L010")[0], n).parse::<f64>().unwrap());
        site(c, "L012", [a + 0.000_005, b]);
    }),
    ("S017", |c| {
        let n = c.rows.len() / 18;
        let again =
            c.plain("Zn").into_iter().chain(c.plain("Cu")).take(n).map(|r| c.rows[r].clone()).collect::<Vec<_>>();
        c.rows.extend(again);
    }),
    ("S018", |c| cadmium(c, &[("plot_type", "Pit")])),
    ("S019", |c| {
        let rows = c.with("site_code", "L010");
        c.put_all(&rows, "sampling_date", "2012-05-01");
    }),
    ("A001", |c| cadmium(c, &[("analyte_code", "Xx"), ("cas_number", "")])),
    ("A002", |c| cadmium(c, &[("cas_number", "7440-43-8")])),
    ("A003", |c| cadmium(c, &[("unit", "Bq/kg")])),
    ("A004", |c| cadmium(c, &[("value", "trace")])),
    ("A005", |c| cadmium(c, &[("value", "-0.2")])),
    ("A006", |c| cadmium(c, &[("value", "1001")])),
    ("A007", |c| cadmium(c, &[("value", "3.5")])),
    ("A008", |c| {
        c.options.extension.analytes.push(own("Nb"));
        cadmium(c, &[("analyte_code", "Nb"), ("cas_number", ""), ("value", "1000001")]);
    }),
    ("A009", |c| cadmium(c, &[("value", ""), ("censor", "lt_lod"), ("lod", "")])),
    ("A010", |c| cadmium(c, &[("lod", "0.051")])),
    ("A011", |c| cadmium(c, &[("value", "0.04")])),
    ("A012", |c| {
        let rows = c.plain("Cd");
        c.put_all(&rows[..12], "value", "0.05");
    }),
    ("A013", |c| {
        let rows = c.plain("Cd");
        for &row in &rows[..36] {
            c.put(row, "value", "");
            c.put(row, "censor", "lt_loq");
        }
    }),
    ("A014", |c| cadmium(c, &[("uncertainty_rel_pct", "-5")])),
    ("A015", |c| cadmium(c, &[("uncertainty_rel_pct", "")])),
    ("A016", |c| cadmium(c, &[("extraction_code", "AQUA")])),
    ("A017", |c| cadmium(c, &[("extraction_code", "HNO3_EPA3051A")])),
    ("A018", |c| {
        c.options.harmonisation = Some("regression of 40 pairs".to_owned());
        cadmium(c, &[("extraction_code", "PXRF")]);
    }),
    ("A019", |c| {
        c.add("basis");
        cadmium(c, &[("basis", "fresh_weight")]);
    }),
    ("A020", |c| cadmium(c, &[("extraction_code", "UNKNOWN_TOTAL")])),
    ("A021", |c| cadmium(c, &[("value", "0,31")])),
    ("A022", |c| {
        let row = c.with("extraction_code", "DTPA")[0];
        c.put(row, "value", "290");
    }),
    ("A023", |c| {
        let row = c.with("specimen_code", "BLANK-0")[0];
        c.put(row, "value", "0.2");
        c.put(row, "censor", "");
    }),
    ("A024", |c| {
        let row = c.with("qc_type", "field_duplicate")[1];
        let twice = 2.0 * c.cell(row, "value").parse::<f64>().unwrap();
        c.put(row, "value", &twice.min(99.0).to_string());
    }),
    ("A025", |c| cadmium(c, &[("analyte_code", "As"), ("cas_number", "7440-38-2")])),
    ("A026", |c| {
        c.options.extension.analytes.push(ExtensionAnalyte { sum: true, ..own("Metals") });
        cadmium(c, &[("analyte_code", "Metals"), ("cas_number", "")]);
    }),
    ("P001", |c| cadmium(c, &[("licence", "GPL-3.0-only")])),
    ("P005", |c| cadmium(c, &[("remark", "gate locked, call +352 621 123 456")])),
];

#[test]
fn every_mutation_fires_its_rule_and_no_other() {
    let mut wrong = String::new();
    for (id, mutate) in MUTATIONS {
        let mut case = Case::good();
        mutate(&mut case);
        let judgement = case.judge();
        if fired(&judgement) != BTreeSet::from([(*id).to_owned()]) {
            let _ = writeln!(wrong, "{id}:\n{}", told(&judgement));
        }
        assert!(judgement.judged.contains(id), "{id} fired and is not among the judged");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_mutation() {
    let mut with: BTreeSet<&str> = MUTATIONS.iter().map(|(id, _)| *id).collect();
    assert_eq!(with.len(), MUTATIONS.len(), "two mutations of one rule");
    // The limits of the export need a table of their own, below.
    with.insert("S020");
    assert_eq!(with, TABLE_RULES.into_iter().collect());
}

#[test]
fn s020_fires_above_the_limits_of_a_node_and_not_at_them() {
    let export = |rows: usize| {
        let mut text =
            "profile_code,longitude,latitude,sampling_date,upper_depth,lower_depth,CAD-TOTAL_HCL-AQUAREGIA\n"
                .to_owned();
        for (i, place) in places(10).iter().cycle().take(rows).enumerate() {
            let _ = writeln!(text, "P{i},{},{},2024-05-01,0,20,0.{:03}", place[0], place[1], 100 + i * 7 % 900);
        }
        text
    };
    let mut options = Case::good().options;
    options.fao_export = true;
    options.country = Some(super::good::luxembourg());
    for (rows, expected) in [(200_000, BTreeSet::new()), (200_001, BTreeSet::from(["S020".to_owned()]))] {
        let judgement = judge_text(&export(rows), "samples.csv", &options);
        assert_eq!(fired(&judgement), expected, "{}", told(&judgement));
        assert_eq!(judgement.facts.rows, rows as u64);
        assert_eq!(judgement.facts.analytes["Cd"].n, rows as u64);
    }
    // 50 MB, in cells that hold nothing else of interest.
    let mut text = export(1).trim_end().to_owned();
    text = text.replace("AQUAREGIA\n", "AQUAREGIA,note\n") + ",\n";
    let row = format!("{},{}\n", export(1).lines().nth(1).unwrap(), "x".repeat(60_000));
    for i in 1..900 {
        text += &row.replacen("P0", &format!("P{i}"), 1).replacen("0.100", &format!("0.{}", 100 + i), 1);
    }
    let judgement = judge_text(&text, "samples.csv", &options);
    assert_eq!(fired(&judgement), BTreeSet::from(["S020".to_owned()]), "{}", told(&judgement));
}
