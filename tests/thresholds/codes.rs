//! Codes: every row has one, none means two things, and what is typed finds what is meant or says what it could be.

use std::collections::BTreeMap;

use soilscope_assess::threshold::{Table, ThresholdError};

#[test]
fn every_row_is_reached_by_its_code_and_analyte() {
    let table = Table::builtin();
    for entry in table.entries() {
        let code = entry.code.to_string();
        let limit = table.limit(&code, &entry.analyte).unwrap_or_else(|e| panic!("line {}: {e}", entry.line));
        assert_eq!(limit.code(), &entry.code, "line {}", entry.line);
        assert!(limit.entries().iter().any(|e| e.line == entry.line), "line {}: {code} leads elsewhere", entry.line);
    }
}

#[test]
fn a_code_and_an_analyte_are_one_limit_but_for_conditions_on_the_soil() {
    let mut seen = BTreeMap::new();
    for entry in Table::builtin().entries() {
        let soil = (format!("{:?}", entry.when.ranges), format!("{:?}", entry.when.textures));
        let key = (entry.code.to_string(), entry.analyte.clone(), soil);
        if let Some(line) = seen.insert(key, entry.line) {
            panic!("lines {line} and {} cannot be told apart: {}", entry.line, entry.code);
        }
    }
}

/// A content in one extract is never chosen over that in another by a property of the soil.
#[test]
fn a_code_and_an_analyte_have_one_basis() {
    let mut seen = BTreeMap::new();
    for entry in Table::builtin().entries() {
        let family = entry.basis_kind.family();
        let first = *seen.entry((entry.code.to_string(), entry.analyte.clone())).or_insert(family);
        assert_eq!(first, family, "line {}: {} for {}", entry.line, entry.code, entry.analyte);
    }
}

#[test]
fn the_codes_of_the_documentation_work() {
    let table = Table::builtin();
    for (typed, analyte, code, value) in [
        ("NL/intervention", "zinc", "NL/intervention/any", 720.0),
        ("nl/INTERVENTION/a", "Cd", "NL/intervention/any", 13.0),
        ("FI/lower-guideline/any", "Zn", "FI/lower-guideline/other-than-industrial", 250.0),
        ("DE/trigger/residential", "lead", "DE/trigger/residential", 400.0),
        ("Netherlands/maximum/residential", "Cd", "NL/maximum/residential", 1.2),
        ("SE/guideline/residential", "As", "SE/guideline/km", 10.0), // by the harmonised land use
        ("UK/c4sl/allotments", "Cd", "GB/c4sl/allotments", 4.9),
        ("FI/low-guide", "Zn", "FI/lower-guideline/other-than-industrial", 250.0),
        ("US/eco-ssl/any/plants", "As", "US/eco-ssl/any/plants", 18.0),
        ("CH/guide/any/soluble", "Cd", "CH/guide/any/soluble", 0.02),
        ("CH/guide/any/nitric", "Cd", "CH/guide/any/nitric-extract", 0.8),
    ] {
        let limit = table.limit(typed, analyte).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert!(limit.code().to_string().starts_with(code), "{typed} is {}", limit.code());
        assert_eq!(limit.entries()[0].value, value, "{typed}");
    }
    assert_eq!(table.limit("CN/screening/paddy", "Cd").unwrap().entries().len(), 4);
}

#[test]
fn a_part_in_full_wins_over_those_it_begins() {
    // `intervention-superseded` begins with `intervention` too.
    assert_eq!(Table::builtin().limit("NL/intervention", "Cd").unwrap().entries()[0].value, 13.0);
    assert_eq!(Table::builtin().limit("NL/intervention-s", "Cd").unwrap().entries()[0].value, 12.0);
}

#[test]
fn an_ambiguous_code_lists_the_candidates_in_full() {
    let refusal = Table::builtin().limit("DE/trigger", "Pb").unwrap_err();
    let ThresholdError::Ambiguous { candidates, .. } = &refusal else { panic!("{refusal}") };
    assert!(candidates.contains(&"DE/trigger/residential".to_owned()), "{candidates:?}");
    assert!(candidates.len() >= 4);
    for candidate in candidates {
        assert!(Table::builtin().limit(candidate, "Pb").is_ok(), "{candidate}");
    }
    // Words of the act that no property of the soil tells apart end in codes of their own.
    let refusal = Table::builtin().limit("DE/action/grassland", "Cu").unwrap_err();
    let ThresholdError::Ambiguous { candidates, .. } = refusal else { panic!("not ambiguous") };
    assert_eq!(candidates, ["DE/action/grassland/other", "DE/action/grassland/sheep"]);
    assert_eq!(Table::builtin().limit("DE/action/grassland/sheep", "Cu").unwrap().entries()[0].value, 200.0);
}

#[test]
fn an_unknown_code_says_which_part_and_what_is_near() {
    let say = |code: &str| Table::builtin().limit(code, "Cd").unwrap_err().to_string();
    let text = say("NL/intervntion");
    assert!(text.contains("no level 'intervntion'") && text.contains("did you mean NL/intervention"), "{text}");
    assert!(say("XX/target").contains("no jurisdiction has the code or name 'xx'"));
    assert!(say("WHO/limit").contains("has no limits for soil"));
    assert!(say("NL/intervention/any/more").contains("nothing goes on after nl/intervention/any"));
}

#[test]
fn a_set_without_the_analyte_says_what_it_has_and_where_there_is_one() {
    let text = Table::builtin().limit("CN/screening/paddy", "Zn").unwrap_err().to_string();
    assert!(text.contains("As, Cd, Cr") && text.contains("CN/screening/farmland"), "{text}");
}

#[test]
fn names_of_substances_in_files_are_understood_or_asked_for() {
    let table = Table::builtin();
    for (name, symbol) in [
        ("zinc", "Zn"),
        ("Zn_mg_kg", "Zn"),
        ("ZINC", "Zn"),
        ("Top5_Cd", "Cd"),
        ("Plomb", "Pb"),
        ("chromium (VI)", "Cr(VI)"),
        ("benzo[a]pyrene", "B(a)P"),
        ("Pb (ppm)", "Pb"),
        ("C10-C40", "C10-C40"),
    ] {
        assert_eq!(table.analyte(name).unwrap_or_else(|e| panic!("{name}: {e}")).symbol, symbol, "{name}");
    }
    let text = table.analyte("PCB").unwrap_err().to_string();
    assert!(text.contains("PCB total, PCB6, PCB6+118, PCB7"), "{text}");
    let text = table.analyte("znic").unwrap_err().to_string();
    assert!(text.contains("zinc"), "{text}");
    assert!(table.analyte("result").is_err());
}
