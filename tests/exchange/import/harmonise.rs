//! Methods that are not comparable, brought together by a declared model.

use super::*;

#[test]
fn a_declared_model_brings_groups_together_and_writes_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let text = "site_code,longitude,latitude,Pb,Pb__ext\nA,89.6,27.4,79,AR_ISO54321\nB,89.6,27.4,90,XRF\nC,89.6,27.4,<7.9,AR_ISO54321\n";
    let mut table = read(&file(&folder, "x.csv", text), LAYER).table;
    assert!(table.pooled("Pb").is_err());
    let model = Model {
        to: Target::Total,
        ratio_uncertainty_pct: 15.0,
        ratio_uncertainty_source: "30 pairs of our own".into(),
    };
    let lineage = harmonise(&mut table, &model).unwrap();
    let values: Vec<_> = table.pooled("Pb").unwrap().iter().map(|r| (r.value, r.loq)).collect();
    assert_eq!(values, [(Some(100.0), None), (Some(90.0), None), (None, Some(10.0))]);
    assert_eq!(table.rows()[0].standard_uncertainty(), Some(15.0));
    assert!(
        lineage.sentence().contains("Pb 79 % (2 results)") && lineage.sentence().contains("S31"),
        "{}",
        lineage.sentence()
    );
    let again = read(&file(&folder, "again.csv", table.to_csv()), "").table;
    assert_eq!(again.rows(), table.rows(), "the group it was brought to is written and read");
}
