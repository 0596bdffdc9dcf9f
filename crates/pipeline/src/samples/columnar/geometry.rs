//! Where a file says that its places are, and in which CRS: GeoParquet's metadata, or Parquet's own type of geometries.
//!
//! GeoParquet 1.0 and 1.1 (Open Geospatial Consortium) describe geometries in JSON under the key `geo`: the primary column, its
//! encoding, and its CRS as PROJJSON, which is OGC:CRS84 where nothing is said, and unknown where `null` is.

use parquet::basic::{LogicalType, Type};
use parquet::file::metadata::FileMetaData;
use serde_json::Value;

use crate::crs::Crs;
use crate::error::shorten;
use crate::{Error, Result};

/// OGC:CRS84, longitude and latitude on WGS 84, where the order of longitude first, as all places have it here, needs no code of its own.
const CRS84: &str = "EPSG:4326";

/// A leaf of the schema, and the level of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) index: usize,
    pub(super) most: i16,
}

/// How the places of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Well-known binary.
    Wkb(Leaf),
    /// Two columns of a structure.
    Point { x: Leaf, y: Leaf },
}

/// The column of places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Geometry {
    pub(super) column: String,
    pub(super) encoding: Encoding,
    pub(super) crs: Option<Crs>,
}

/// What is wrong with the metadata.
type Fault = String;

/// The geometry of a file; `None` for a table without one.
pub(super) fn find(file: &str, metadata: &FileMetaData) -> Result<Option<Geometry>> {
    let found = match entry(metadata, "geo") {
        Some(geo) => of_geoparquet(metadata, geo).map_err(|why| Error::Table {
            file: file.to_owned(),
            reason: format!("has metadata of GeoParquet that do not describe it: {why}"),
            remedy: "write it again with a program that follows GeoParquet 1.0 or 1.1, or name columns of coordinates with --x and --y \
                     in a file without these metadata"
                .to_owned(),
        })?,
        None => of_parquet(file, metadata)?,
    };
    let Some((column, encoding, crs)) = found else { return Ok(None) };
    let crs = match crs {
        Stated::Unknown => None,
        Stated::Definition(text) => Some(by_code(&text)?),
        Stated::ProjJson(json) => Some(of_projjson(&json)?),
    };
    Ok(Some(Geometry { column, encoding, crs }))
}

/// What a file says of its CRS.
enum Stated {
    Unknown,
    Definition(String),
    ProjJson(Value),
}

type Described = (String, Encoding, Stated);

fn entry<'a>(metadata: &'a FileMetaData, key: &str) -> Option<&'a str> {
    metadata.key_value_metadata()?.iter().find(|pair| pair.key == key)?.value.as_deref()
}

fn of_geoparquet(metadata: &FileMetaData, geo: &str) -> std::result::Result<Option<Described>, Fault> {
    let geo: Value = serde_json::from_str(geo).map_err(|error| format!("they are no JSON ({error})"))?;
    let name = geo["primary_column"].as_str().ok_or("they name no primary column")?;
    let column =
        geo["columns"].get(name).ok_or_else(|| format!("they say nothing of the column '{}'", shorten(name)))?;
    let encoding = match column["encoding"].as_str() {
        Some("WKB") => wkb(metadata, name)?,
        Some("point") => Encoding::Point { x: ordinate(metadata, name, "x")?, y: ordinate(metadata, name, "y")? },
        Some(other) => return Err(format!("geometries are encoded as {}, and samples are points", shorten(other))),
        None => return Err("they do not say how geometries are encoded".to_owned()),
    };
    let crs = match column.get("crs") {
        None => Stated::Definition(CRS84.to_owned()),
        Some(Value::Null) => Stated::Unknown,
        Some(json) => Stated::ProjJson(json.clone()),
    };
    Ok(Some((name.to_owned(), encoding, crs)))
}

fn wkb(metadata: &FileMetaData, name: &str) -> std::result::Result<Encoding, Fault> {
    let leaf = leaf(metadata, &[name]).ok_or_else(|| format!("there is no column '{}'", shorten(name)))?;
    if metadata.schema_descr().column(leaf.index).physical_type() != Type::BYTE_ARRAY {
        return Err(format!("the column '{}' holds no bytes", shorten(name)));
    }
    Ok(Encoding::Wkb(leaf))
}

fn ordinate(metadata: &FileMetaData, name: &str, axis: &str) -> std::result::Result<Leaf, Fault> {
    leaf(metadata, &[name, axis])
        .filter(|leaf| metadata.schema_descr().column(leaf.index).physical_type() == Type::DOUBLE)
        .ok_or_else(|| format!("the column '{}' has no numbers '{axis}'", shorten(name)))
}

/// A leaf that is in no list, by its path.
fn leaf(metadata: &FileMetaData, path: &[&str]) -> Option<Leaf> {
    let columns = metadata.schema_descr().columns();
    let index = columns.iter().position(|c| c.max_rep_level() == 0 && c.path().parts() == path)?;
    Some(Leaf { index, most: columns[index].max_def_level() })
}

/// Parquet's own type, in a file without GeoParquet's metadata.
fn of_parquet(file: &str, metadata: &FileMetaData) -> Result<Option<Described>> {
    let columns = metadata.schema_descr().columns();
    let mut found: Vec<(Leaf, &str, Option<&String>)> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let crs = match column.logical_type_ref() {
            Some(LogicalType::Geometry(of)) => of.crs.as_ref(),
            Some(LogicalType::Geography(of)) => of.crs.as_ref(),
            _ => continue,
        };
        if column.max_rep_level() == 0 && column.path().parts().len() == 1 {
            found.push((Leaf { index, most: column.max_def_level() }, column.name(), crs));
        }
    }
    let (leaf, name, crs) = match found[..] {
        [] => return Ok(None),
        [one] => one,
        _ => {
            let names: Vec<&str> = found.iter().map(|f| f.1).collect();
            return Err(Error::Table {
                file: file.to_owned(),
                reason: format!(
                    "has several columns of geometries and does not say which is the primary one: {}",
                    names.join(", ")
                ),
                remedy: "leave out all but one, or write it as GeoParquet, which says so".to_owned(),
            });
        }
    };
    let crs = match crs.map(String::as_str) {
        None => Stated::Definition(CRS84.to_owned()),
        Some(text) => {
            match (text.strip_prefix("srid:"), text.strip_prefix("projjson:").and_then(|key| entry(metadata, key))) {
                (Some(code), _) => Stated::Definition(format!("EPSG:{code}")),
                (_, Some(json)) => serde_json::from_str(json).map_or(Stated::Unknown, Stated::ProjJson),
                _ if text.starts_with('{') => serde_json::from_str(text).map_or(Stated::Unknown, Stated::ProjJson),
                _ => Stated::Definition(text.to_owned()),
            }
        }
    };
    Ok(Some((name.to_owned(), Encoding::Wkb(leaf), crs)))
}

fn by_code(text: &str) -> Result<Crs> {
    Crs::parse(if text.eq_ignore_ascii_case("OGC:CRS84") { CRS84 } else { text })
}

/// By its code where it has one that is known, which is shorter to tell; else by all that is said.
fn of_projjson(json: &Value) -> Result<Crs> {
    let id = &json["id"];
    let code = match &id["code"] {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    };
    if let (Some(authority), Some(code)) = (id["authority"].as_str(), code)
        && let Ok(crs) = by_code(&format!("{authority}:{code}"))
    {
        return Ok(crs);
    }
    Crs::parse(&json.to_string())
}
