//! What is nearly wrong with results and is not, and what is wrong to a degree.

use soilscope_exchange::check::{CertifiedValue, Purpose, Severity};

use super::good::{Case, fired, told};
use super::misses::only;

#[test]
fn a003_takes_spellings_and_moles_but_not_other_quantities() {
    let with = |unit: &'static str, value: &'static str| {
        only("A003", |c| {
            let row = c.plain("Cd")[4];
            for (name, cell) in [("unit", unit), ("value", value), ("lod", ""), ("loq", "")] {
                c.put(row, name, cell);
            }
        })
    };
    for (unit, value) in [("ppm", "0.31"), ("µg/kg", "310"), ("MG/KG", "0.31"), ("mmol/kg", "0.003"), ("%", "0.00003")]
    {
        assert_eq!(with(unit, value), None, "{unit}");
    }
    for unit in ["", "pH", "Bq/kg", "furlong", "mg/l"] {
        assert_eq!(with(unit, "0.31"), Some(Severity::Error), "{unit}");
    }
}

#[test]
fn a004_takes_what_censoring_allows_and_nothing_else() {
    let with = |cells: &'static [(&'static str, &'static str)]| {
        only("A004", |c| {
            for name in ["value_low", "value_high", "uol"] {
                c.add(name);
            }
            let row = c.plain("Cd")[4];
            c.put(row, "uncertainty_rel_pct", "");
            for (name, cell) in cells {
                c.put(row, name, cell);
            }
            if cells[0].1.parse::<f64>().is_ok() && cells[1].1.is_empty() {
                c.put(row, "uncertainty_rel_pct", "18");
            }
        })
    };
    for cells in [
        &[("value", "< 0.05"), ("censor", "")][..],
        &[("value", "<=0.05"), ("censor", "")],
        &[("value", ">100"), ("censor", "")],
        &[("value", ""), ("censor", "nd")],
        &[("value", "0.02"), ("censor", "lt_lod")],
        &[("value", "0.03"), ("censor", "lt_loq")],
        &[("value", ""), ("censor", "interval"), ("value_low", "0.02"), ("value_high", "0.05")],
        &[("value", ""), ("censor", "gt_uol"), ("uol", "90")],
        &[("value", "3e-1"), ("censor", "")],
    ] {
        assert_eq!(with(cells), None, "{cells:?}");
    }
    for cells in [
        &[("value", ""), ("censor", "")][..],
        &[("value", "NA"), ("censor", "")],
        &[("value", "-9999"), ("censor", "")],
        &[("value", "inf"), ("censor", "")],
        &[("value", "1e400"), ("censor", "")],
        &[("value", "<LOD"), ("censor", "")],
        &[("value", ""), ("censor", "below")],
        &[("value", "0.2"), ("censor", "nd")],
        // Half of the limit in the place of what was not found.
        &[("value", "0.01"), ("censor", "lt_lod")],
        &[("value", "0.03"), ("censor", "interval"), ("value_low", "0.02"), ("value_high", "0.05")],
    ] {
        assert_eq!(with(cells), Some(Severity::Error), "{cells:?}");
    }
}

#[test]
fn a009_and_a010_know_each_companion() {
    let with = |id: &str, cells: &'static [(&'static str, &'static str)]| {
        only(id, |c| {
            for name in ["value_low", "value_high", "uol"] {
                c.add(name);
            }
            let row = c.plain("Cd")[4];
            c.put(row, "value", "");
            for (name, cell) in cells {
                c.put(row, name, cell);
            }
        })
    };
    for cells in [
        &[("censor", "lt_loq"), ("loq", "")][..],
        &[("censor", "gt_uol")],
        &[("censor", "interval"), ("value_low", "0.02")],
        &[("censor", "interval"), ("value_high", "0.05"), ("value_low", "0.06")],
    ] {
        assert_eq!(with("A009", cells), Some(Severity::Error), "{cells:?}");
    }
    for cells in [
        &[("value", "0.2"), ("lod", "0")][..],
        &[("value", "0.2"), ("loq", "none")],
        &[("value", "0.2"), ("lod", "-1")],
    ] {
        assert_eq!(with("A010", cells), Some(Severity::Error), "{cells:?}");
    }
    assert_eq!(with("A010", &[("value", "0.2"), ("lod", "0.05")]), None);
}

#[test]
fn a012_tells_a_pile_from_rounding_and_from_few() {
    let pile = |n: usize| {
        only("A012", move |c| {
            let rows = c.plain("Cd");
            c.put_all(&rows[..n], "value", "0.05");
        })
    };
    assert_eq!((pile(4), pile(9)), (None, Some(Severity::Warning)));
    // Rounded to tenths there are many of the smallest, and as many of others.
    let rounded = |c: &mut Case| {
        for row in c.plain("Cd") {
            let value: f64 = c.cell(row, "value").parse().unwrap();
            c.put(row, "value", &format!("{:.1}", value.max(0.1)));
        }
    };
    assert_eq!(only("A012", rounded), None);
    let zero = |c: &mut Case| {
        let row = c.plain("Cd")[4];
        c.put(row, "value", "0");
    };
    assert_eq!(only("A012", zero), Some(Severity::Warning));
}

#[test]
fn a013_begins_above_half_and_speaks_of_the_map_above_four_fifths() {
    let censored = |n: usize| {
        let mut case = Case::good();
        let routine: Vec<usize> =
            case.with("analyte_code", "Cd").into_iter().filter(|&r| case.cell(r, "qc_type") == "routine").collect();
        assert_eq!(routine.len(), 70);
        for (i, &row) in routine.iter().enumerate() {
            if i < n {
                case.put(row, "value", "");
                case.put(row, "censor", "lt_loq");
            } else {
                case.put(row, "censor", "");
                case.put(row, "value", &format!("0.{}", 200 + 11 * i));
                case.put(row, "uncertainty_rel_pct", "18");
            }
        }
        // Duplicates have lost their parents, or are too far from the new ones.
        case.rows.retain(|r| !r.iter().any(|c| c.ends_with("_duplicate")));
        let judgement = case.judge();
        assert!(fired(&judgement).iter().all(|f| f == "A013"), "{}", told(&judgement));
        judgement.findings.into_vec().pop().map(|f| f.expected.contains("refused"))
    };
    assert_eq!([35, 36, 56, 57].map(censored), [None, Some(false), Some(false), Some(true)]);
}

#[test]
fn a014_takes_one_to_three() {
    let with = |k: &'static str| {
        only("A014", |c| {
            c.add("coverage_factor");
            let row = c.plain("Cd")[4];
            c.put(row, "coverage_factor", k);
        })
    };
    assert_eq!((with("1"), with("3"), with("")), (None, None, None));
    assert_eq!(
        (with("0.99"), with("3.1"), with("two")),
        (Some(Severity::Error), Some(Severity::Error), Some(Severity::Error))
    );
}

#[test]
fn a017_lets_parts_and_harmonised_methods_be() {
    let by = |code: &'static str, model: Option<&str>| {
        only("A017", |c| {
            c.options.harmonisation = model.map(str::to_owned);
            let row = c.plain("Cd")[4];
            c.put(row, "extraction_code", code);
        })
    };
    // Another standard of the same group, and a part of the soil that no map of contents holds.
    assert_eq!((by("AR_ISO11466", None), by("DTPA", None), by("HF_HCLO4", Some("ratios of S31"))), (None, None, None));
    assert_eq!((by("HF_HCLO4", None), by("HF_HCLO4", Some(" "))), (Some(Severity::Error), Some(Severity::Error)));
}

#[test]
fn a021_finds_a_laboratory_that_is_off_by_a_thousand() {
    let of_b = |factor: f64| {
        only("A021", move |c| {
            c.options.extension.analytes.push(super::mutations::own("Nb"));
            let rows: Vec<usize> = (0..c.rows.len()).filter(|&r| c.cell(r, "analyte_code") == "Cu").collect();
            for row in rows {
                c.put(row, "analyte_code", "Nb");
                c.put(row, "cas_number", "");
                if c.cell(row, "laboratory") == "Laboratory B" && c.cell(row, "qc_type") != "blank" {
                    let value: f64 = c.cell(row, "value").parse().unwrap();
                    c.put(row, "value", &format!("{}", value * factor));
                    c.put(row, "lod", "");
                    c.put(row, "loq", "");
                }
            }
        })
    };
    assert_eq!((of_b(10.0), of_b(0.1)), (None, None));
    assert_eq!((of_b(1000.0), of_b(0.001)), (Some(Severity::Warning), Some(Severity::Warning)));
}

#[test]
fn a023_compares_reference_materials_with_the_column_or_the_extension_table() {
    let measured = |value: &'static str, in_column: bool| {
        only("A023", |c| {
            let row = c.with("specimen_code", "CRM-0")[0];
            c.put(row, "value", value);
            if !in_column {
                c.drop("certified_value");
                let reference = CertifiedValue {
                    material: "Loam 1".into(),
                    analyte: "Cd".into(),
                    value: 500.0,
                    unit: "ug/kg".into(),
                };
                c.options.extension.references.push(reference);
            }
        })
    };
    for in_column in [true, false] {
        assert_eq!((measured("0.4", in_column), measured("0.6", in_column)), (None, None));
        assert_eq!(measured("0.39", in_column), Some(Severity::Warning));
        assert_eq!(measured("0.61", in_column), Some(Severity::Warning));
    }
    let mut case = Case::good();
    case.drop("certified_value");
    let judgement = case.judge();
    assert!(
        judgement.limits.iter().any(|(id, why)| *id == "A023" && why.starts_with("2 results")),
        "{:?}",
        judgement.limits
    );
}

#[test]
fn a026_takes_members_and_a_rule_from_columns_or_the_remark() {
    let with = |members: &'static str, rule: &'static str, remark: &'static str| {
        only("A026", |c| {
            let mut sum = super::mutations::own("Metals");
            sum.sum = true;
            c.options.extension.analytes.push(sum);
            c.add("sum_members");
            c.add("sum_censored_rule");
            let row = c.plain("Cd")[4];
            for (name, cell) in [
                ("analyte_code", "Metals"),
                ("cas_number", ""),
                ("sum_members", members),
                ("sum_censored_rule", rule),
                ("remark", remark),
            ] {
                c.put(row, name, cell);
            }
        })
    };
    assert_eq!(with("Cd+Cu", "zero", ""), None);
    assert_eq!(with("", "", "two metals; sum_members=Cd+Cu; sum_censored_rule = half of the limit"), None);
    for (members, rule) in [("Cd+Cu", ""), ("", "zero"), ("Cd", "zero"), ("Cd+Xx", "zero")] {
        assert_eq!(with(members, rule, ""), Some(Severity::Error), "{members} {rule}");
    }
}

#[test]
fn p005_is_for_what_is_published_and_does_not_repeat_what_it_found() {
    let mut case = Case::good();
    case.add("landowner");
    case.add("Name");
    case.put(3, "landowner", "Weber");
    case.put(4, "Name", "Jean Dupont");
    case.put(5, "remark", "parcel no. 1234/56, tel. 26123456");
    let judgement = case.judge();
    assert_eq!(fired(&judgement).into_iter().collect::<Vec<_>>(), ["P005"]);
    let text = told(&judgement);
    assert_eq!(judgement.findings.iter().map(|f| f.count).sum::<u64>(), 3, "{text}");
    assert!(
        !text.contains("Weber") && !text.contains("Dupont") && !text.contains("1234") && !text.contains("2612"),
        "{text}"
    );
    case.options.purpose = Purpose::Samples;
    let judgement = case.judge();
    assert!(fired(&judgement).is_empty() && judgement.not_judged.iter().any(|(id, _)| *id == "P005"));
    // Names of places and organisations are no persons.
    let mut case = Case::good();
    case.add("name");
    case.put_all(&[0, 1], "name", "Demo Institute");
    case.put(2, "name", "Esch-sur-Alzette");
    case.put(3, "remark", "near the owner's gate, 12 m from the road");
    assert!(fired(&case.judge()).is_empty());
}

#[test]
fn a011_lets_be_what_is_flagged() {
    let with = |value: &'static str, flag: &'static str| {
        only("A011", |c| {
            c.add("qc_flag");
            let row = c.plain("Cd")[4];
            c.put(row, "value", value);
            c.put(row, "qc_flag", flag);
        })
    };
    assert_eq!((with("0.01", "suspect"), with("0.05", "")), (None, None));
    assert_eq!((with("0.01", "ok"), with("0.049", "")), (Some(Severity::Warning), Some(Severity::Warning)));
}

#[test]
fn what_is_rejected_or_brought_to_another_group_is_not_pooled_with_others() {
    let with = |id: &str, name: &'static str, cell: &'static str, value: &'static str, extraction: &'static str| {
        only(id, |c| {
            c.add(name);
            let row = c.plain("Cd")[4];
            for (name, cell) in [(name, cell), ("value", value), ("extraction_code", extraction)] {
                c.put(row, name, cell);
            }
        })
    };
    assert_eq!(with("A017", "qc_flag", "reject", "0.3", "HNO3_EPA3051A"), None);
    assert_eq!(with("A017", "qc_flag", "ok", "0.3", "HNO3_EPA3051A"), Some(Severity::Error));
    // For itself it is judged all the same.
    assert_eq!(with("A006", "qc_flag", "reject", "2000", "AR_UNSPEC"), Some(Severity::Error));
    assert_eq!(with("A017", "harmonised_group", "AR", "0.3", "HNO3_EPA3051A"), None);
    assert_eq!(with("A017", "harmonised_group", "TOTAL", "0.3", "AR_UNSPEC"), Some(Severity::Error));
}
