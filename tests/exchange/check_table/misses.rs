//! What is nearly wrong with samples and is not, and what is wrong to a degree.

use soilscope_exchange::check::Severity;

use super::good::{Case, fired, severity, told};

/// Judges a spoilt good table; `None` if nothing fired, else the severity of `id`, the only rule that may fire.
pub(super) fn only(id: &str, spoil: impl FnOnce(&mut Case)) -> Option<Severity> {
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
