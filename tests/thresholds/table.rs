//! The built-in table: whole, unchanged, and honest about what it was not read in.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use soilscope_assess::threshold::{LimitUnit, SourceKind, Standing, Table};

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn every_row_is_read_and_the_version_names_these_bytes() {
    // A row that does not parse is named by line and column in this error.
    let table = Table::parse(Table::builtin_text(), "thresholds.csv").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(table.entries().len(), 1870);
    let version = Table::builtin().version();
    assert_eq!(version.rows, 1870);
    assert_eq!(version.sha256.as_deref(), Some(sum(Table::builtin_text().as_bytes()).as_str()));
    let jurisdictions: BTreeSet<&str> = table.entries().iter().map(|e| e.code.jurisdiction()).collect();
    assert_eq!(jurisdictions.len(), 28);
    // Every one of them is known by an ISO code, not by a name in capitals.
    assert!(jurisdictions.iter().all(|code| code.len() <= 6 && code.split('-').next().is_some_and(|c| c.len() == 2)));
}

/// A table that changes without another version would be named as what it no longer is, in every record that names it.
#[test]
fn a_version_is_of_one_text() {
    const TEXTS: [(&str, &str); 1] =
        [("2026-11-21", "1ed93074b5d97a0f5c32be99dc11316069fa0b2ec270414b47a9936e84570a5b")];
    let version = Table::builtin().version().version.as_deref();
    let of = TEXTS.iter().find(|(name, _)| Some(*name) == version);
    let found = sum(Table::builtin_text().as_bytes());
    assert_eq!(
        of.map(|(_, sum)| *sum),
        Some(found.as_str()),
        "give a changed table a new version, and name its text here"
    );
}

#[test]
fn what_was_not_read_in_an_act_says_so() {
    let table = Table::builtin();
    let count = |standing| table.entries().iter().filter(|e| e.standing() == standing).count();
    // 564 from memory; 347 + 307 + 16 read in what quotes the act; 286 + 350 in the act or a copy.
    assert_eq!([Standing::Unverified, Standing::SecondHand, Standing::Verified].map(count), [564, 670, 636]);
    assert!(table.entries().iter().all(|e| e.verified != (e.source_kind == SourceKind::Recalled)));
    assert!(Standing::Unverified.mark() != Standing::SecondHand.mark() && Standing::Verified.mark().is_empty());
}

#[test]
fn names_of_the_built_in_table_have_short_forms_of_their_own() {
    for entry in Table::builtin().entries() {
        assert!(entry.instrument_name.len() <= 24, "{}: give '{}' a short name", entry.line, entry.instrument);
        for part in &entry.code.parts()[1..] {
            assert!(part.len() <= 24 && !part.starts_with("any-"), "line {}: '{part}' is long for a code", entry.line);
        }
        if let Some(year) = entry.year {
            let digits = format!("{:02}", year % 100);
            assert!(entry.instrument.contains(&digits), "{}: its title does not say {year}", entry.instrument);
        }
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let lines: Vec<&str> = Table::builtin_text().lines().collect();
    for entry in Table::builtin().entries() {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(lines[entry.line - 1].as_bytes());
        let fields = reader.records().next().unwrap().unwrap();
        assert_eq!((&fields[6], fields[8].parse()), (entry.analyte.as_str(), Ok(entry.value)), "{}", entry.line);
    }
}

#[test]
fn units_are_understood() {
    let other: Vec<&str> = Table::builtin()
        .entries()
        .iter()
        .filter(|e| e.unit_kind != LimitUnit::MassFraction { mg_per_kg: 1.0 })
        .map(|e| e.unit.as_str())
        .collect();
    assert_eq!(other.len(), 25); // 8 leachate, 6 loads, 11 toxic equivalents
    assert!(Table::builtin().entries().iter().filter(|e| e.unit_kind == LimitUnit::ToxicEquivalents).count() == 11);
}
