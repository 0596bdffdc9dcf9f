use super::*;
use crate::long::SampleDate;

fn row(profile: &str, depth: [f64; 2], value: Option<f64>) -> Row {
    Row {
        site_code: profile.into(),
        specimen_code: format!("{profile}-{}", depth[0]),
        longitude: Some(89.64),
        latitude: Some(27.47),
        sampling_date: Some("2024-05-27".parse::<SampleDate>().unwrap()),
        upper_depth_cm: Some(depth[0]),
        lower_depth_cm: Some(depth[1]),
        analyte_code: "Cd".into(),
        extraction_code: "AR_ISO54321".into(),
        unit: "mg/kg".into(),
        value,
        ..Row::default()
    }
}

#[test]
fn a_result_below_a_limit_is_left_out_or_substituted_and_listed() {
    let below = Row { censor: Censor::BelowQuantification, loq: Some(0.05), ..row("P1", [0.0, 20.0], None) };
    for (how, expected) in [
        (CensoredAs::Omit, None),
        (CensoredAs::HalfLimit, Some(0.025)),
        (CensoredAs::Limit, Some(0.05)),
        (CensoredAs::Root2, Some(0.05 / 2.0_f64.sqrt())),
    ] {
        let mut losses = Losses::default();
        let all = results(std::slice::from_ref(&below), how, &mut losses);
        assert_eq!(all.first().map(|r| r.value), expected);
        assert_eq!(losses.substituted.len(), usize::from(expected.is_some()));
        assert_eq!(losses.of("censored"), 1);
        assert_eq!(losses.of("censored left out"), usize::from(expected.is_none()));
        assert_eq!(CensoredAs::of(how.as_str()), Some(how));
    }
    let above = Row { censor: Censor::AboveLimit, uol: Some(100.0), ..row("P1", [0.0, 20.0], None) };
    assert!(results(&[above], CensoredAs::Limit, &mut Losses::default()).is_empty());
}

#[test]
fn a_profile_with_a_gap_is_parted_and_its_depths_are_whole() {
    let rows =
        [row("P1", [0.0, 19.6], Some(1.0)), row("P1", [40.2, 60.0], Some(2.0)), row("P2", [0.0, 20.0], Some(3.0))];
    let mut losses = Losses::default();
    let lines = profiles::layers(results(&rows, CensoredAs::Omit, &mut losses), &mut losses);
    let codes: Vec<_> = lines.iter().map(|l| (l.base[1].as_str(), l.base[7].as_str(), l.base[8].as_str())).collect();
    assert_eq!(codes, [("P1-d1", "0", "20"), ("P1-d2", "40", "60"), ("P2", "0", "20")]);
    assert_eq!((losses.of("split"), losses.of("depth")), (1, 2));
    assert_eq!(lines[0].values["CAD__TOTAL_HCL-AQUAREGIA"], 1.0);
}

#[test]
fn what_has_no_code_has_no_column() {
    let lead = Row { analyte_code: "Pb".into(), ..row("P1", [0.0, 20.0], Some(1.0)) };
    assert!(column(&lead).is_none());
    let sequential = Row { extraction_code: "BCR_F1".into(), ..row("P1", [0.0, 20.0], Some(1.0)) };
    assert!(column(&sequential).is_none());
    let dtpa = Row { analyte_code: "Cu".into(), extraction_code: "DTPA".into(), ..row("P1", [0.0, 20.0], Some(1.0)) };
    assert_eq!(column(&dtpa).unwrap().0, "COPEXT__EXTR_DTPA");
}

#[test]
fn a_table_is_parted_at_the_limit_of_a_node_and_no_profile_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let line = |profile: usize, upper: usize| Line {
        base: std::array::from_fn(|i| match i {
            1 => format!("P{profile:07}"),
            7 => upper.to_string(),
            _ => "x".to_owned(),
        }),
        values: BTreeMap::new(),
    };
    let lines: Vec<Line> = (0..ROWS + 1).map(|i| line(i / 3, i % 3)).collect();
    let files = tables(folder.path(), &lines, &[]).unwrap();
    assert_eq!(files, ["exports/fao_sis/samples.csv", "exports/fao_sis/samples-2.csv"]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (first, second) = (read(&files[0]), read(&files[1]));
    assert_eq!(first.lines().count() + second.lines().count(), ROWS + 3);
    assert!(first.lines().count() <= ROWS + 1);
    let last = first.lines().last().unwrap().split(',').nth(1).unwrap();
    assert!(!second.contains(last));
}
