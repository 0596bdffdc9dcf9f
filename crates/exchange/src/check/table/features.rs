//! GeoJSON: properties are the columns, or `results` holds the rows of a long table (specification, section 3.3).

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::check::{Findings, Severity};
use crate::{Error, Result};

use super::source::{Opened, Table};
use super::text::{Cells, MAX_COLUMNS};

/// Bytes of a GeoJSON file: it is held as a tree, which takes up to some twenty times its size.
const LIMIT: u64 = 32 * 1024 * 1024;

pub(super) fn open(path: &Path, file: &str, bytes: u64, findings: &mut Findings) -> Result<Opened> {
    if bytes > LIMIT {
        let reason = format!("it has {bytes} bytes, and at most {LIMIT} of GeoJSON are judged");
        return Err(Error::refused(path.display(), reason, "judge it in parts, or as CSV"));
    }
    let text = std::fs::read(path).map_err(|e| Error::unreadable(path, e))?;
    let Ok(text) = String::from_utf8(text) else {
        findings.add("S001", file, "file", "bytes that are not UTF-8", "UTF-8");
        return Ok(Opened::Hopeless);
    };
    let root: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(root) => root,
        Err(e) => {
            let place = format!("line {}, character {}", e.line(), e.column());
            findings.add("S001", file, place, "text that is no JSON", "GeoJSON");
            return Ok(Opened::Hopeless);
        }
    };
    let features = root.get("features").and_then(Value::as_array);
    let Some(features) = features.filter(|_| root["type"] == "FeatureCollection") else {
        findings.add("S001", file, "file", "JSON that is no FeatureCollection", "a FeatureCollection of points");
        return Ok(Opened::Hopeless);
    };
    if root.get("crs").is_some() {
        let expected = "no crs member: GeoJSON is WGS 84, and this one is ignored";
        findings.add_as(Severity::Warning, "S005", file, "member crs", "a crs member", expected);
    }
    let mut rows = Rows::default();
    for (i, feature) in features.iter().enumerate() {
        let number = i as u64 + 1;
        let mut base = Row::default();
        match &feature["geometry"] {
            Value::Null => {}
            geometry if geometry["type"] == "Point" => {
                let at = |k: usize| geometry["coordinates"].get(k).map(cell).unwrap_or_default();
                base.push("longitude", at(0));
                base.push("latitude", at(1));
            }
            _ => findings.add("S001", file, format!("feature {number}"), "a geometry that is no Point", "points"),
        }
        let properties = feature["properties"].as_object();
        let mut results = None;
        for (key, value) in properties.into_iter().flatten() {
            match value {
                Value::Array(list) if key == "results" => results = Some(list),
                _ => base.push(key, cell(value)),
            }
        }
        let Some(results) = results else {
            rows.add(&base, None, number);
            continue;
        };
        for result in results {
            rows.add(&base, result.as_object(), number);
        }
        if rows.cells.full() || rows.names.len() > MAX_COLUMNS {
            break;
        }
    }
    if rows.cells.full() {
        return Err(Error::refused(path.display(), "it has more rows or cells than are judged", "judge it in parts"));
    }
    if rows.names.len() > MAX_COLUMNS {
        findings.add("S001", file, "file", "more than 4096 properties", "at most 4096 columns");
        return Ok(Opened::Hopeless);
    }
    Ok(Opened::Table(Table {
        file: file.to_owned(),
        word: "feature",
        header: rows.names,
        cells: rows.cells,
        may_have_decimal_commas: false,
    }))
}

/// Named cells.
#[derive(Default)]
struct Row(Vec<(String, String)>);

impl Row {
    fn push(&mut self, name: &str, cell: String) {
        self.0.push((name.trim().to_owned(), cell));
    }
}

/// Rows of named cells as rows under one header.
#[derive(Default)]
pub(super) struct Rows {
    pub names: Vec<String>,
    pub cells: Cells,
    index: HashMap<String, usize>,
    row: Vec<String>,
}

impl Rows {
    fn add(&mut self, base: &Row, result: Option<&Map<String, Value>>, number: u64) {
        let of_result = result.into_iter().flatten().map(|(k, v)| (k.trim().to_owned(), cell(v)));
        self.push(base.0.iter().cloned().chain(of_result), number);
    }

    /// Adds a row; whether more are taken.
    pub(super) fn take<N: AsRef<str>>(&mut self, named: impl IntoIterator<Item = (N, String)>, number: u64) -> bool {
        self.push(named, number);
        !self.cells.full() && self.names.len() <= MAX_COLUMNS
    }

    /// Adds a row; of two cells of one name the first that is filled counts.
    fn push<N: AsRef<str>>(&mut self, named: impl IntoIterator<Item = (N, String)>, number: u64) {
        self.row.iter_mut().for_each(String::clear);
        for (name, cell) in named {
            let name = name.as_ref();
            let i = self.index.get(name).copied().unwrap_or_else(|| {
                self.index.insert(name.to_owned(), self.names.len());
                self.names.push(name.to_owned());
                self.row.push(String::new());
                self.row.len() - 1
            });
            if self.row[i].is_empty() {
                self.row[i] = cell;
            }
        }
        for cell in &self.row {
            self.cells.push(cell);
        }
        self.cells.end(number);
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}
