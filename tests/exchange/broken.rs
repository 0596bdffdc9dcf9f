//! Rules V, M, T and P: each is broken in the good bundle, and exactly that rule is named.

use std::panic::{AssertUnwindSafe, catch_unwind};

use soilscope_exchange::check::{CheckOptions, Profile, judge};

use crate::support::break_privacy::PRIVACY;
use crate::support::break_records::{CATALOGUE, RECORDS, VECTORS};
use crate::support::good;
use crate::support::good_records::write_protected;
use crate::support::mutation::{Mutation, good_bundle};

/// All of a table, so that one failure does not hide the others.
fn prove(all: &[Mutation]) {
    let failed: Vec<_> = all
        .iter()
        .filter(|m| catch_unwind(AssertUnwindSafe(|| m.prove())).is_err())
        .map(|m| (m.rule, m.what))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Every rule of a group has a row.
fn whole(all: &[Mutation], group: char, count: usize) {
    let missing: Vec<String> =
        (1..=count).map(|n| format!("{group}{n:03}")).filter(|id| !all.iter().any(|m| m.rule == id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn rules_of_vectors() {
    whole(VECTORS, 'V', 9);
    prove(VECTORS);
}

#[test]
fn rules_of_records() {
    whole(RECORDS, 'M', 13);
    prove(RECORDS);
}

/// Such a file is missing for `bundle.json` too.
#[test]
fn a_record_or_item_that_is_absent_is_named_by_two_rules() {
    for (rule, path) in [
        ("M001", "metadata/iso/LU-GSPOL-CAD-2024.xml"),
        ("T001", "metadata/stac/LU-GSPOL-CAD-2024/LU-GSPOL-CAD-2024.json"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(good::NAME);
        good::copy(good_bundle(), &root);
        std::fs::remove_file(root.join(path)).unwrap();
        good::reseal(&root);
        let verdict = judge(&root, &CheckOptions { profile: Profile::All, ..CheckOptions::default() }).unwrap();
        let found: std::collections::BTreeSet<_> = verdict.findings.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(found, ["B003", rule].into(), "{}", verdict.text());
    }
}

#[test]
fn rules_of_the_catalogue() {
    whole(CATALOGUE, 'T', 7);
    prove(CATALOGUE);
}

#[test]
fn rules_of_privacy() {
    whole(PRIVACY, 'P', 9);
    prove(PRIVACY);
}

#[test]
fn the_good_bundle_gives_no_true_place_away() {
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("protected.csv");
    write_protected(&path);
    let options = CheckOptions { profile: Profile::All, protected: Some(path), ..CheckOptions::default() };
    let verdict = judge(good_bundle(), &options).unwrap();
    assert_eq!(verdict.findings, [], "{}", verdict.text());
    // With the table of true places nothing of privacy is left unjudged but groups, of which the bundle has none.
    let unjudged: Vec<_> = verdict.not_judged.iter().filter(|(id, _)| id.starts_with('P')).collect();
    assert!(unjudged.iter().all(|(id, _)| *id == "P006"), "{unjudged:?}");
}
