//! What is nearly wrong and is not, and what is wrong to a degree.

use soilscope_exchange::check::{CertifiedValue, Purpose, Severity};

use super::good::{Case, fired, severity, told};

/// Judges a spoilt good table; `None` if nothing fired, else the severity of `id`, the only rule that may fire.
fn only(id: &str, spoil: impl FnOnce(&mut Case)) -> Option<Severity> {
    let mut case = Case::good();
    spoil(&mut case);
    let judgement = case.judge();
    assert!(fired(&judgement).iter().all(|f| f == id), "{}", told(&judgement));
    severity(&judgement, id)
}

/// Sites of the list put to Trier, just over the border.
fn abroad(case: &mut Case, sites: usize) {
    for i in 0..sites {
        let rows = case.with("site_code", &format!("L{:03}", i + 7));
        case.put_all(&rows, "longitude", &(6.642 + 0.001 * i as f64).to_string());
        case.put_all(&rows, "latitude", "49.757");
    }
}

#[test]
fn s006_warns_from_95_percent_and_blocks_below() {
    assert_eq!(only("S006", |c| abroad(c, 1)), Some(Severity::Warning));
    // 57 of 60 are exactly 95 percent.
    assert_eq!(only("S006", |c| abroad(c, 3)), Some(Severity::Warning));
    assert_eq!(only("S006", |c| abroad(c, 4)), Some(Severity::Error));
    assert_eq!(only("S006", |c| c.rows.iter_mut().for_each(|r| r[9] = "Luxembourg".into())), Some(Severity::Error));
}

#[test]
fn s006_blocks_when_all_are_swapped_although_s008_explains_them() {
    let mut case = Case::good();
    for row in 0..case.rows.len() {
        case.rows[row].swap(6, 7);
    }
    let judgement = case.judge();
    assert_eq!(fired(&judgement).into_iter().collect::<Vec<_>>(), ["S006", "S008"], "{}", told(&judgement));
    assert_eq!(severity(&judgement, "S006"), Some(Severity::Error));
}

#[test]
fn s007_wants_both_whole_and_knows_zero_and_the_centroid() {
    let to = |place: [f64; 2]| {
        move |c: &mut Case| {
            let rows = c.with("site_code", "L010");
            c.put_all(&rows, "longitude", &place[0].to_string());
            c.put_all(&rows, "latitude", &place[1].to_string());
        }
    };
    assert_eq!(only("S007", to([6.0123, 50.0])), None);
    assert_eq!(only("S007", to([6.0, 49.9123])), None);
    assert_eq!(only("S007", to([0.0, 0.0])), Some(Severity::Warning));
    let [longitude, latitude] = super::good::luxembourg().centroid().unwrap();
    assert_eq!(only("S007", to([longitude, latitude])), Some(Severity::Warning));
    assert_eq!(only("S007", to([longitude + 0.01, latitude])), None);
}

#[test]
fn s009_allows_profiles_apart_at_one_site_and_seven_decimals() {
    assert_eq!(
        only("S009", |c| {
            let row = c.plain("Cd")[4];
            let x: f64 = c.cell(row, "longitude").parse().unwrap();
            c.put(row, "longitude", &format!("{:.9}", x + 2e-9));
        }),
        None
    );
    assert_eq!(
        only("S009", |c| {
            let rows = c.with("specimen_code", "L006-2");
            let x: f64 = c.cell(rows[0], "longitude").parse().unwrap();
            c.put_all(&rows, "longitude", &(x + 0.001).to_string());
            c.put_all(&rows, "profile_code", "L006-Q");
        }),
        None
    );
}

#[test]
fn s010_takes_months_and_years_with_their_precision_and_no_day_to_come() {
    let with = |date: &'static str, precision: &'static str| {
        only("S010", |c| {
            c.add("date_precision");
            let row = c.plain("Cd")[4];
            c.put(row, "sampling_date", date);
            c.put(row, "date_precision", precision);
        })
    };
    for (date, precision) in [("2024-05", "month"), ("2024", "year"), ("2026-01-31", ""), ("2024-05-03", "month")] {
        assert_eq!(with(date, precision), None, "{date} {precision}");
    }
    for (date, precision) in [
        ("2024-05", ""),
        ("2024", "month"),
        ("2026-02-01", ""),
        ("1899-12-31", "day"),
        ("2023-02-29", ""),
        ("2024-05-03", "week"),
        ("", ""),
    ] {
        assert_eq!(with(date, precision), Some(Severity::Error), "{date} {precision}");
    }
}

#[test]
fn s011_takes_the_ends_of_its_range() {
    let with = |upper: &'static str, lower: &'static str| {
        only("S011", |c| {
            let rows = c.with("site_code", "L010");
            c.put_all(&rows, "upper_depth_cm", upper);
            c.put_all(&rows, "lower_depth_cm", lower);
        })
    };
    assert_eq!((with("0", "1000"), with("999", "1000")), (None, None));
    for (upper, lower) in
        [("-1", "20"), ("0", "1001"), ("20", "20"), ("30", "20"), ("", "20"), ("0", "twenty"), ("0", "20 cm")]
    {
        assert_eq!(with(upper, lower), Some(Severity::Error), "{upper} {lower}");
    }
}

#[test]
fn s014_lets_a_site_without_profiles_be_sampled_anew() {
    let again = |date: &'static str| {
        only("S014", |c| {
            c.drop("profile_code");
            let rows = c.with("specimen_code", "L006-2");
            c.put_all(&rows, "upper_depth_cm", "0");
            c.put_all(&rows, "lower_depth_cm", "30");
            c.put_all(&rows, "sampling_date", date);
        })
    };
    assert_eq!(again("2025-05-01"), None);
    let same = Case::good();
    let date = same.cell(same.with("specimen_code", "L006-1")[0], "sampling_date").to_owned();
    assert_eq!(again(Box::leak(date.into_boxed_str())), Some(Severity::Error));
}

#[test]
fn s015_compares_with_half_a_cell_only_where_the_cell_is_known() {
    let with = |accuracy: &'static str, cell: Option<f64>| {
        only("S015", |c| {
            c.options.target_cell_m = cell;
            let row = c.plain("Cd")[4];
            c.put(row, "positional_accuracy_m", accuracy);
        })
    };
    assert_eq!((with("125", Some(250.0)), with("5000", None)), (None, None));
    for accuracy in ["", "-1", "good"] {
        assert_eq!(with(accuracy, None), Some(Severity::Warning), "{accuracy}");
    }
}

#[test]
fn s016_begins_below_a_metre_and_sees_samples_under_two_codes() {
    let beside = |metres: f64| {
        only("S016", move |c| {
            let first = c.with("site_code", "L010")[0];
            let (x, y) = (c.cell(first, "longitude").to_owned(), c.cell(first, "latitude").parse::<f64>().unwrap());
            let rows = c.with("site_code", "L012");
            c.put_all(&rows, "longitude", &x);
            c.put_all(&rows, "latitude", &format!("{:.8}", y + metres / 111_195.0));
        })
    };
    assert_eq!((beside(1.05), beside(0.95)), (None, Some(Severity::Warning)));
    // One sample, its zinc under a code of its own.
    let split = |c: &mut Case| {
        let row = c.plain("Zn")[4];
        let code = format!("{}-ZN", c.cell(row, "specimen_code"));
        c.put(row, "specimen_code", &code);
    };
    assert_eq!(only("S016", split), Some(Severity::Warning));
}

#[test]
fn s017_lets_one_in_twenty_be_repeated() {
    let again = |n: usize| {
        only("S017", move |c| {
            let copies: Vec<_> =
                c.plain("Zn").into_iter().chain(c.plain("Cu")).take(n).map(|r| c.rows[r].clone()).collect();
            // Another record is no other result.
            c.rows.extend(copies.into_iter().map(|mut r| {
                r[0] += "-again";
                r
            }));
        })
    };
    let n = Case::good().rows.len();
    // With k copies there are n + k rows: 5 percent are n / 19.
    assert_eq!((again(n / 19), again(n / 19 + 1)), (None, Some(Severity::Warning)));
}

#[test]
fn s019_allows_ten_years_to_the_day_and_any_with_a_term_for_time() {
    let from = |date: &'static str, term: bool| {
        only("S019", |c| {
            c.options.temporal_term = term;
            let last = (0..c.rows.len()).map(|r| c.cell(r, "sampling_date").to_owned()).max().unwrap();
            assert_eq!(last, "2024-08-18");
            let rows = c.with("site_code", "L010");
            c.put_all(&rows, "sampling_date", date);
        })
    };
    assert_eq!((from("2014-08-18", false), from("1990-01-01", true)), (None, None));
    assert_eq!(from("2014-08-17", false), Some(Severity::Warning));
}

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
fn findings_hold_no_coordinates() {
    let mut case = Case::good();
    for row in 0..case.rows.len() {
        case.rows[row].swap(6, 7);
    }
    abroad(&mut case, 2);
    let text = told(&case.judge());
    for row in 0..case.rows.len() {
        for name in ["longitude", "latitude"] {
            let cell = case.cell(row, name);
            assert!(cell.len() < 5 || !text.contains(&cell[..5]), "{cell} in {text}");
        }
    }
}
