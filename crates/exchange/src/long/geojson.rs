//! GeoJSON points in WGS 84: properties are wide columns, or `results` is an array of long rows (specification, section 3.3).

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};

use super::build::Reading;
use super::number;
use super::sheet::{Limits, Record, Sheet, cell, checked_cell, checked_header};
use super::side::Side;
use super::{local, tall, wide};
use crate::{Error, Result};

/// Reads all results of a feature collection.
pub(crate) fn read(reading: &mut Reading<'_>, path: &Path) -> Result<()> {
    let limits = reading.options.limits;
    let collection = collection(path, &limits)?;
    if collection.contains_key("crs") {
        reading.report.notice("the crs member is ignored: GeoJSON is in WGS 84 (RFC 7946)");
    }
    let features = match collection.get("features") {
        Some(Value::Array(features)) => features,
        _ => return Err(Error::refused(path.display(), "is no FeatureCollection", "give one, of points")),
    };
    let mut wide_rows = Flat::default();
    let mut long_rows = Flat::default();
    for (number, feature) in (1..).zip(features) {
        let (mut base, results) = feature_of(path, number, feature)?;
        match results {
            None => wide_rows.push(number, base),
            Some(results) => {
                for result in results {
                    let Value::Object(own) = result else {
                        return Err(cell(
                            path,
                            number,
                            "results",
                            &result.to_string(),
                            "is no object",
                            "give long rows as objects",
                        ));
                    };
                    let mut row = std::mem::take(&mut base);
                    base.clone_from(&row);
                    row.extend(own);
                    long_rows.push(number, row);
                }
            }
        }
    }
    reading.report.format = "GeoJSON".to_owned();
    if !long_rows.rows.is_empty() {
        tall::read(reading, long_rows.sheet(path, &limits)?)?;
    }
    if !wide_rows.rows.is_empty() {
        let side = Side::beside(path)?.unwrap_or_default();
        wide::read(reading, wide_rows.sheet(path, &limits)?, &side)?;
    }
    Ok(())
}

fn collection(path: &Path, limits: &Limits) -> Result<Map<String, Value>> {
    let mut text = String::new();
    let read = local::open(path)?
        .take(limits.file_bytes + 1)
        .read_to_string(&mut text)
        .map_err(|e| Error::unreadable(path, e))?;
    if read as u64 > limits.file_bytes {
        return Err(Error::refused(
            path.display(),
            format!("more than {} bytes", limits.file_bytes),
            "divide it, or give CSV",
        ));
    }
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Error::refused(path.display(), "is no FeatureCollection", "give one, of points")),
        Err(e) => Err(Error::unreadable(path, e)),
    }
}

/// A point's properties, and its results where it has an array of them.
type Feature = (Map<String, Value>, Option<Vec<Value>>);

/// The properties of a point with its longitude and latitude, and its results where it has an array of them.
fn feature_of(path: &Path, number: u64, feature: &Value) -> Result<Feature> {
    let refuse = |column: &str, value: &Value, reason: &str, remedy: &str| {
        cell(path, number, column, &value.to_string(), reason, remedy)
    };
    let mut properties = match &feature["properties"] {
        Value::Object(properties) => properties.clone(),
        Value::Null => Map::new(),
        other => return Err(refuse("properties", other, "is no object", "give properties as an object")),
    };
    let geometry = &feature["geometry"];
    if !geometry.is_null() {
        let coordinates = geometry["coordinates"].as_array().filter(|_| geometry["type"] == "Point");
        let pair = coordinates.and_then(|c| Some([c.first()?.as_f64()?, c.get(1)?.as_f64()?]));
        let Some([longitude, latitude]) = pair else {
            return Err(refuse("geometry", geometry, "is no point", "give one point per site"));
        };
        // The geometry is where the feature lies; properties of these names are a copy.
        for (name, number) in [("longitude", longitude), ("latitude", latitude)] {
            properties.insert(name.to_owned(), Value::String(number::write(number)));
        }
    }
    let results = match properties.remove("results") {
        None => None,
        Some(Value::Array(results)) => Some(results),
        Some(other) => return Err(refuse("results", &other, "is no array", "give long rows as an array of objects")),
    };
    Ok((properties, results))
}

/// Objects as rows of a table whose columns are all their members, in the order in which they are met.
#[derive(Default)]
struct Flat {
    header: Vec<String>,
    rows: Vec<(u64, Map<String, Value>)>,
}

impl Flat {
    fn push(&mut self, number: u64, row: Map<String, Value>) {
        for name in row.keys() {
            if !self.header.contains(name) {
                self.header.push(name.clone());
            }
        }
        self.rows.push((number, row));
    }

    fn sheet(self, path: &Path, limits: &Limits) -> Result<Sheet<'static>> {
        let header = checked_header(path, self.header.clone(), limits)?;
        let (path, limits, names) = (path.to_owned(), *limits, self.header);
        let at = path.clone();
        let records = self.rows.into_iter().map(move |(number, row)| {
            let cells = names.iter().map(|name| {
                let text = text_of(row.get(name)).ok_or_else(|| {
                    cell(
                        &at,
                        number,
                        name,
                        &row[name.as_str()].to_string(),
                        "is no text and no number",
                        "give one value per member",
                    )
                })?;
                checked_cell(&at, number, name, &text, &limits)?;
                Ok(text)
            });
            Ok(Record { row: number, cells: cells.collect::<Result<_>>()? })
        });
        Ok(Sheet { path, header, records: Box::new(records), comma: false })
    }
}

fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        Some(Value::Array(_) | Value::Object(_)) => None,
    }
}
