//! Coefficients of published formulas, each with where it was read.
//!
//! The tables lie in the crate's `data/`; [`coefficients`] shows all rows. What a formula returns repeats the worst
//! [`Standing`] of the coefficients it used.

use std::sync::LazyLock;

use serde::Serialize;

use crate::threshold::{BadRow, Standing};

/// One coefficient as its table states it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coefficient {
    /// Table it is in.
    pub table: &'static str,
    /// Model or group it belongs to.
    pub model: String,
    /// Symbol of the substance, or `any`.
    pub analyte: String,
    /// Which coefficient.
    pub parameter: String,
    /// Its value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The formula it belongs to, or what it holds for.
    pub conditions: String,
    /// Where it was read.
    pub source: String,
    /// What it was read in, in the words of the table.
    pub source_kind: String,
    /// How far it can be trusted.
    pub standing: Standing,
    /// What else there is to know.
    pub note: String,
}

/// Columns of a table of coefficients.
const COLUMNS: [&str; 10] =
    ["model", "analyte", "parameter", "value", "unit", "conditions", "source", "source_kind", "verified", "note"];

/// What a coefficient can have been read in. The last is a regression done again on its authors' data.
const KINDS: [&str; 7] = [
    "official",
    "official_copy",
    "secondary",
    "secondary_peer_reviewed",
    "secondary_code",
    "recalled",
    "computed_from_public_data",
];

static ALL: LazyLock<Vec<Coefficient>> = LazyLock::new(|| {
    const TABLES: [(&str, &str); 5] = [
        ("aqua_regia", include_str!("../data/aqua_regia.csv")),
        ("crop_transfer", include_str!("../data/crop_transfer.csv")),
        ("eco_ssl", include_str!("../data/eco_ssl.csv")),
        ("partition", include_str!("../data/partition.csv")),
        ("toxic_response", include_str!("../data/toxic_response.csv")),
    ];
    TABLES
        .into_iter()
        .flat_map(|(table, text)| read(table, text).expect("a test reads every row of the tables"))
        .collect()
});

/// Every coefficient that ships with Soilscope.
///
/// # Examples
/// ```
/// use soilscope_assess::coefficient::coefficients;
/// use soilscope_assess::threshold::Standing;
/// let recalled = coefficients().iter().filter(|c| c.standing == Standing::Unverified);
/// assert!(recalled.clone().count() > 0 && recalled.clone().all(|c| c.table == "toxic_response"));
/// ```
pub fn coefficients() -> &'static [Coefficient] {
    &ALL
}

/// Coefficients of one model for one substance.
pub(crate) fn of<'a>(
    table: &'a str,
    model: &'a str,
    analyte: &'a str,
) -> impl Iterator<Item = &'static Coefficient> + 'a {
    ALL.iter().filter(move |c| c.table == table && c.model == model && c.analyte == analyte)
}

/// One coefficient.
pub(crate) fn find(table: &str, model: &str, analyte: &str, parameter: &str) -> Option<&'static Coefficient> {
    of(table, model, analyte).find(|c| c.parameter == parameter)
}

fn read(table: &'static str, text: &str) -> Result<Vec<Coefficient>, BadRow> {
    let bad = |line: usize, column: &str, value: &str, why: String| BadRow {
        table: table.to_owned(),
        line,
        column: column.to_owned(),
        value: value.to_owned(),
        why,
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| bad(1, "", "", e.to_string()))?;
    if !header.iter().eq(COLUMNS) {
        return Err(bad(1, "", &header.iter().collect::<Vec<_>>().join(","), format!("is not {}", COLUMNS.join(","))));
    }
    let mut rows = Vec::new();
    for (k, record) in reader.records().enumerate() {
        let line = k + 2; // no field has a line break
        let record = record.map_err(|e| bad(line, "", "", e.to_string()))?;
        let [model, analyte, parameter, value, unit, conditions, source, source_kind, verified, note] =
            std::array::from_fn(|i| record[i].trim().to_owned());
        let number: f64 = value.parse().map_err(|_| bad(line, "value", &value, "is not a number".to_owned()))?;
        if !number.is_finite() {
            return Err(bad(line, "value", &value, "is not finite".to_owned()));
        }
        if !KINDS.contains(&source_kind.as_str()) {
            return Err(bad(line, "source_kind", &source_kind, format!("is none of {}", KINDS.join(", "))));
        }
        let standing = match (verified.as_str(), source_kind.as_str()) {
            ("no", _) | ("yes", "recalled") => Standing::Unverified,
            ("yes", "official" | "official_copy") => Standing::Verified,
            ("yes", _) => Standing::SecondHand,
            _ => return Err(bad(line, "verified", &verified, "is neither yes nor no".to_owned())),
        };
        if source.is_empty() {
            return Err(bad(line, "source", "", "is empty: every coefficient states where it was read".to_owned()));
        }
        rows.push(Coefficient {
            table,
            model,
            analyte,
            parameter,
            value: number,
            unit,
            conditions,
            source,
            source_kind,
            standing,
            note,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_one_thing() {
        let all = coefficients();
        assert_eq!(all.len(), 18 + 44 + 20 + 63 + 21);
        for (i, c) in all.iter().enumerate() {
            let twin = |d: &&Coefficient| {
                (d.table, &d.model, &d.analyte, &d.parameter) == (c.table, &c.model, &c.analyte, &c.parameter)
            };
            assert_eq!(all[i..].iter().filter(twin).count(), 1, "{c:?}");
        }
    }

    #[test]
    fn a_bad_row_is_refused_by_line_and_column() {
        let head = COLUMNS.join(",");
        let row = |value: &str, kind: &str, verified: &str| {
            read("t", &format!("{head}\nm,Cd,a,{value},u,,somewhere,{kind},{verified},\n"))
        };
        assert_eq!(row("1.5", "official", "yes").unwrap()[0].standing, Standing::Verified);
        assert_eq!(row("1.5", "recalled", "no").unwrap()[0].standing, Standing::Unverified);
        for (bad, column) in [
            (row("much", "official", "yes"), "value"),
            (row("1", "hearsay", "yes"), "source_kind"),
            (row("1", "official", "perhaps"), "verified"),
        ] {
            let bad = bad.unwrap_err();
            assert_eq!((bad.line, bad.column.as_str()), (2, column));
        }
        assert!(read("t", "a,b\n1,2\n").is_err());
    }
}
