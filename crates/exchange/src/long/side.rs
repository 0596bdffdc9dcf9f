//! The side file of a wide table, `{stem}.columns.json` (specification, section 3.2).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::defaults::Fields;
use super::local;
use crate::{Error, Result, tables};

/// What is declared for all columns of values, and for single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    all: Fields,
    columns: BTreeMap<String, Fields>,
}

const MOST: u64 = 4 << 20;

impl Side {
    /// With what is declared for single columns by another part of the file.
    pub(crate) fn new(columns: BTreeMap<String, Fields>) -> Self {
        Self { all: Fields::new(), columns }
    }

    /// The side file beside `table`, if there is one.
    pub(crate) fn beside(table: &Path) -> Result<Option<Self>> {
        let path = table.with_extension("columns.json");
        if path == table || !path.exists() {
            return Ok(None);
        }
        let mut text = String::new();
        local::open(&path)?.take(MOST).read_to_string(&mut text).map_err(|e| Error::unreadable(&path, e))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self::parse(&text, &name).map(Some)
    }

    /// Members that are no objects hold for all columns; objects, also under `columns`, for the column or code they are named after.
    fn parse(text: &str, name: &str) -> Result<Self> {
        let refuse = |what: &str, reason: String| {
            let keys = keys().join(", ");
            Error::refused(format!("{name}, '{what}'"), reason, format!("a column has: {keys}"))
        };
        let value: Value =
            serde_json::from_str(text).map_err(|e| Error::refused(name, e, "correct the file; it is JSON"))?;
        let Value::Object(members) = value else { return Err(refuse("", "is no object".to_owned())) };
        let mut side = Self::default();
        for (key, value) in members {
            match value {
                Value::Object(columns) if key == "columns" => {
                    for (column, fields) in columns {
                        let fields = fields_of(&fields).map_err(|reason| refuse(&column, reason))?;
                        side.columns.insert(column, fields);
                    }
                }
                Value::Object(_) => {
                    let fields = fields_of(&value).map_err(|reason| refuse(&key, reason))?;
                    side.columns.insert(key, fields);
                }
                scalar => {
                    let text = scalar_of(&key, &scalar).map_err(|reason| refuse(&key, reason))?;
                    side.all.insert(key, text);
                }
            }
        }
        Ok(side)
    }

    /// What is declared for a column by its name alone.
    pub(crate) fn of(&self, name: &str) -> &Fields {
        static NOTHING: Fields = Fields::new();
        self.columns.get(name).unwrap_or(&NOTHING)
    }

    /// All that is declared for a column, by its header, by the name in it, or for all.
    pub(crate) fn for_column(&self, header: &str, name: &str) -> Fields {
        let mut fields = self.all.clone();
        fields.extend(self.of(name).clone());
        fields.extend(self.of(header).clone());
        fields
    }
}

fn keys() -> Vec<&'static str> {
    let keys = tables::wide_schema()["file_level_defaults"]["keys"].as_array().expect("the schema lists the keys");
    keys.iter().filter_map(Value::as_str).collect()
}

fn scalar_of(key: &str, value: &Value) -> Result<String, String> {
    if !keys().contains(&key) {
        return Err("is no key of a side file".to_owned());
    }
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("{key} is neither text nor a number")),
    }
}

fn fields_of(value: &Value) -> Result<Fields, String> {
    let Value::Object(members) = value else { return Err("is no object".to_owned()) };
    members
        .iter()
        .map(|(k, v)| scalar_of(k, v).map(|text| (k.clone(), text)).map_err(|e| format!("'{k}': {e}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_declaration_counts() {
        let text = r#"{"unit": "mg/kg", "extraction_code": "AR_UNSPEC", "Cd": {"unit": "ug/kg"}, "columns": {"Zn": {"loq": 2}}}"#;
        let side = Side::parse(text, "x.columns.json").unwrap();
        assert_eq!(side.for_column("Cd", "Cd")["unit"], "ug/kg");
        assert_eq!(side.for_column("Zn", "Zn")["loq"], "2");
        assert_eq!(side.for_column("Zn", "Zn")["unit"], "mg/kg");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for wrong in [
            "[]",
            "{",
            r#"{"colour": "red"}"#,
            r#"{"Cd": {"colour": 1}}"#,
            r#"{"unit": null}"#,
            r#"{"columns": {"Cd": 1}}"#,
        ] {
            assert!(Side::parse(wrong, "x").is_err(), "{wrong}");
        }
    }
}
