//! `docs/reference-cases.md`, the table of what every case reached. `make agreement` writes it; a test here says when a
//! case is not in it.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::agreement::folder;
use crate::vectors::{manifest, root};

const HEAD: &str = "\
<!-- made by `make agreement` from tests/golden; edit it there -->
# Reference cases

Numbers of Soilscope beside those of gstat 2.1.0 and spdep 1.2-7, case by case. Each case is a test of its name in
`tests/golden`; its numbers are in `tests/golden/vectors`, with the script that made them and, in `CONVENTIONS.md`, what
they mean. *Asked* is the largest difference at which the test passes, *reached* the largest there is, to one digit:
`absolute` is |ours − reference|, `relative` is that over |reference|, and `excess` is ours / reference − 1 of a weighted
sum of squares, of which less is better (below 0: a better fit than the reference's).

| case | what it is | asked | reached | measure |
|---|---|---|---|---|
";

fn path() -> PathBuf {
    root().join("docs/reference-cases.md")
}

/// Ids of the rows in the table as it stands.
fn rows_of_the_table() -> Vec<String> {
    let text = std::fs::read_to_string(path()).unwrap_or_else(|e| panic!("{}: {e}", path().display()));
    let id = |line: &str| line.strip_prefix("| `").and_then(|rest| rest.split_once('`')).map(|(id, _)| id.to_owned());
    text.lines().filter_map(id).collect()
}

/// One significant digit, so that the table changes only where agreement does.
fn digit(number: f64) -> String {
    if number == 0.0 { "0".into() } else { format!("{number:.0e}") }
}

#[test]
fn the_table_has_every_case() {
    let rows = rows_of_the_table();
    let tested = crate::tested();
    let missing: Vec<&&str> = tested.iter().filter(|id| !rows.iter().any(|row| row == **id)).collect();
    let unknown: Vec<&String> = rows.iter().filter(|row| !tested.contains(&row.as_str())).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "docs/reference-cases.md is old: `make agreement` (it lacks {missing:?}, and {unknown:?} are no cases)"
    );
}

#[test]
#[ignore = "writes docs/reference-cases.md from what the other tests recorded: `make agreement`"]
fn write_the_table() {
    let folder = folder().expect("SOILSCOPE_AGREEMENT names the folder that the other tests filled");
    let tested = crate::tested();
    let mut text = String::from(HEAD);
    for case in manifest() {
        let id = case["id"].as_str().unwrap();
        if !tested.contains(&id) {
            continue;
        }
        let file = folder.join(format!("{id}.json"));
        let record = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let record: Value = serde_json::from_str(&record).unwrap();
        let word = |key: &str| record[key].as_str().unwrap().replace('|', "\\|");
        let number = |key: &str| digit(record[key].as_f64().unwrap());
        let (asked, reached) = (number("asked"), number("reached"));
        writeln!(text, "| `{id}` | {} | {asked} | {reached} | {} |", word("description"), word("measure")).unwrap();
    }
    std::fs::write(path(), text).unwrap();
}
