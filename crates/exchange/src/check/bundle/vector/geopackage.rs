//! V007 and V008: the GeoPackage, its header and tables, and that it holds the hotspots of the GeoJSON beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::check::Findings;
use crate::check::bundle::shown::shown;
use crate::check::bundle::sqlite::{Cell, Entry, Sqlite};
use crate::check::bundle::{Facts, Folder, local};

use super::geojson::{Collection, Line};
use super::hotspots;

/// Least user version (1.3.0; specification, section 4.4).
const VERSION: u32 = 10300;

/// Judges one GeoPackage; `beside` is the GeoJSON of the same name.
pub(super) fn judge(
    folder: &Folder,
    facts: &Facts<'_>,
    path: &str,
    hotspots: bool,
    beside: Option<&Collection>,
    findings: &mut Findings,
) {
    let file = match Sqlite::read(folder, path) {
        Ok(file) => file,
        Err(found) => return findings.add("V007", path, "", found, "an SQLite file that is a GeoPackage"),
    };
    header(path, &file, findings);
    let odd: Vec<&Entry> = file.schema.iter().filter(|e| is_odd(e)).collect();
    for entry in &odd {
        let found =
            format!("{} {}", if entry.is_virtual() { "virtual table" } else { &entry.kind }, shown(&entry.name));
        findings.add(
            "V007",
            path,
            "schema",
            found,
            "no views, and no triggers or virtual tables but those of the GeoPackage's own index",
        );
    }
    let layers = contents(path, &file, findings);
    // Only now, when nothing in it can run: that it opens elsewhere too.
    if odd.is_empty()
        && let Err(found) = local::vector(folder, path, "GPKG")
    {
        findings.add("V007", path, "", shown(&found), "a GeoPackage that GDAL opens");
    }
    if !hotspots {
        return;
    }
    let Some(layer) = layers.iter().find(|l| l.name == "hotspots").or_else(|| layers.first()) else {
        return findings.add("V008", path, "", "no layer of features", "the layer 'hotspots'");
    };
    match features(&file, layer) {
        Ok(features) => {
            for (i, feature) in features.iter().enumerate() {
                let place = match feature.properties.get("hotspot_id").and_then(Value::as_str) {
                    Some(id) => format!("hotspot {}", shown(id)),
                    None => format!("row {}", i + 1),
                };
                hotspots::attributes(path, &place, &feature.properties, findings);
                hotspots::threshold(facts, path, &place, &feature.properties, findings);
                if layer.srs == 4326 {
                    let declared = feature.properties.get("area_m2").and_then(Value::as_f64);
                    hotspots::area(path, &place, declared, Some(&feature.polygons), findings);
                }
            }
            same(path, &features, beside, findings);
        }
        Err(found) => findings.add("V007", path, &layer.name, shown(&found), "rows and geometries that can be read"),
    }
}

fn header(path: &str, file: &Sqlite, findings: &mut Findings) {
    let id = file.application_id();
    if &id != b"GPKG" {
        findings.add("V007", path, "application id", shown(&String::from_utf8_lossy(&id)), "GPKG");
    } else if file.user_version() < VERSION {
        findings.add("V007", path, "user version", file.user_version(), format!("{VERSION} or later"));
    }
}

/// What a GeoPackage may not bring: everything that runs by itself, but for the upkeep that the standard and GDAL write.
fn is_odd(entry: &Entry) -> bool {
    let name = entry.name.to_ascii_lowercase();
    match entry.kind.as_str() {
        "view" => true,
        "trigger" => {
            // Upkeep writes only to the index, the count of features, or raises; the name alone would be easily borrowed.
            let sql = entry.sql.to_ascii_lowercase();
            let named =
                ["rtree_", "gpkg_tile_matrix_", "trigger_insert_feature_count_", "trigger_delete_feature_count_"];
            let foreign = ["load_extension", "attach", "writefile", "readfile", "fts3_tokenizer"];
            !named.iter().any(|n| name.starts_with(n)) || foreign.iter().any(|f| sql.contains(f))
        }
        _ if entry.is_virtual() => {
            let sql = entry.sql.to_ascii_lowercase();
            !(name.starts_with("rtree_")
                && sql.split("using").nth(1).is_some_and(|m| m.trim_start().starts_with("rtree")))
        }
        _ => false,
    }
}

/// A layer of features.
struct Layer {
    name: String,
    column: String,
    srs: i64,
}

fn by_name<'a>(names: &[String], row: &'a [Cell], name: &str) -> &'a Cell {
    names.iter().position(|n| n.eq_ignore_ascii_case(name)).and_then(|i| row.get(i)).unwrap_or(&Cell::Null)
}

fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}

fn integer(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(n) => Some(*n),
        _ => None,
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(n) => Some(*n as f64),
        Cell::Real(n) => Some(*n),
        _ => None,
    }
}

/// What `gpkg_contents` says, judged; the layers of features.
fn contents(path: &str, file: &Sqlite, findings: &mut Findings) -> Vec<Layer> {
    let mut tables = BTreeMap::new();
    for name in ["gpkg_contents", "gpkg_spatial_ref_sys", "gpkg_geometry_columns"] {
        match file.all(name) {
            Ok(table) => {
                tables.insert(name, table);
            }
            Err(found) => findings.add("V007", path, name, shown(&found), format!("the table {name}")),
        }
    }
    let (Some((names, rows)), Some((srs_names, srs_rows)), Some((g_names, g_rows))) =
        (tables.get("gpkg_contents"), tables.get("gpkg_spatial_ref_sys"), tables.get("gpkg_geometry_columns"))
    else {
        return Vec::new();
    };
    let mut layers = Vec::new();
    let features: Vec<_> = rows.iter().filter(|row| text(by_name(names, row, "data_type")) == "features").collect();
    if features.is_empty() {
        findings.add("V007", path, "gpkg_contents", "no layer of features", "at least one");
    }
    for row in features {
        let name = text(by_name(names, row, "table_name"));
        let place = format!("gpkg_contents, {}", shown(name));
        let mut wrong = |found: String, expected: &str| findings.add("V007", path, &place, found, expected);
        let extent = ["min_x", "min_y", "max_x", "max_y"].map(|c| number(by_name(names, row, c)));
        match extent {
            [Some(w), Some(s), Some(e), Some(n)] if w <= e && s <= n && [w, s, e, n].iter().all(|v| v.is_finite()) => {}
            _ => wrong("no extent".to_owned(), "min_x, min_y, max_x and max_y"),
        }
        let changed = text(by_name(names, row, "last_change"));
        if !is_time(changed) {
            wrong(format!("last_change {}", shown(changed)), "a time as 2024-05-01T00:00:00.000Z");
        }
        let srs = integer(by_name(names, row, "srs_id"));
        let declared = srs_rows.iter().find(|r| srs.is_some() && integer(by_name(srs_names, r, "srs_id")) == srs);
        let defined = declared.is_some_and(|r| {
            let definition = text(by_name(srs_names, r, "definition"));
            !definition.is_empty() && definition != "undefined"
        });
        if srs.is_none_or(|n| n <= 0) || !defined {
            wrong(
                format!("srs_id {}", srs.map_or_else(|| "absent".to_owned(), |n| n.to_string())),
                "4326, or a system that gpkg_spatial_ref_sys defines",
            );
        }
        let column = g_rows.iter().find(|r| text(by_name(g_names, r, "table_name")) == name);
        match column.map(|r| text(by_name(g_names, r, "column_name"))) {
            Some(column) if file.table(name).is_some() => {
                layers.push(Layer { name: name.to_owned(), column: column.to_owned(), srs: srs.unwrap_or(-1) });
            }
            _ => {
                wrong("no table or geometry column of it".to_owned(), "a table, and its entry in gpkg_geometry_columns")
            }
        }
    }
    layers
}

/// `2024-05-01T00:00:00.000Z`, with or without the fraction.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let shaped = matches!(shape.as_str(), "0000-00-00T00:00:00Z" | "0000-00-00T00:00:00.000Z");
    shaped && text.parse::<jiff::Timestamp>().is_ok()
}

/// A feature of a layer.
struct Feature {
    properties: Value,
    polygons: Vec<Vec<Line>>,
}

fn features(file: &Sqlite, layer: &Layer) -> Result<Vec<Feature>, String> {
    let (names, rows) = file.all(&layer.name)?;
    let key = ["fid", "ogc_fid", "id"];
    rows.iter()
        .map(|row| {
            let mut properties = Map::new();
            let mut polygons = Vec::new();
            for (name, cell) in names.iter().zip(row) {
                if name.eq_ignore_ascii_case(&layer.column) {
                    polygons = match cell {
                        Cell::Blob(bytes) => geometry(bytes).ok_or("a geometry that cannot be read")?,
                        _ => Vec::new(),
                    };
                    continue;
                }
                let value = match cell {
                    // A column that is null is a property that is absent.
                    Cell::Null => continue,
                    _ if key.contains(&name.to_ascii_lowercase().as_str()) => continue,
                    Cell::Integer(n) => Value::from(*n),
                    Cell::Real(n) => Value::from(*n),
                    Cell::Text(text) => Value::from(text.as_str()),
                    Cell::Blob(_) => Value::Object(Map::new()),
                };
                properties.insert(name.clone(), value);
            }
            Ok(Feature { properties: Value::Object(properties), polygons })
        })
        .collect()
}

/// The polygons of a GeoPackage geometry; none for other kinds, `None` where the bytes are no geometry.
fn geometry(bytes: &[u8]) -> Option<Vec<Vec<Line>>> {
    let flags = *bytes.get(3)?;
    if !bytes.starts_with(b"GP") {
        return None;
    }
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    let mut at = 8 + envelope;
    let mut polygons = Vec::new();
    wkb(bytes, &mut at, 0, &mut polygons)?;
    Some(polygons)
}

fn wkb(bytes: &[u8], at: &mut usize, depth: usize, polygons: &mut Vec<Vec<Line>>) -> Option<()> {
    let little = match *bytes.get(*at)? {
        0 => false,
        1 => true,
        _ => return None,
    };
    *at += 1;
    let four = |at: &mut usize| -> Option<u32> {
        let raw: [u8; 4] = bytes.get(*at..*at + 4)?.try_into().ok()?;
        *at += 4;
        Some(if little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) })
    };
    let eight = |at: &mut usize| -> Option<f64> {
        let raw: [u8; 8] = bytes.get(*at..*at + 8)?.try_into().ok()?;
        *at += 8;
        Some(if little { f64::from_le_bytes(raw) } else { f64::from_be_bytes(raw) })
    };
    let kind = four(at)?;
    // 1003: with height; 2003: with measure; 3003: with both.
    let more = match kind / 1000 {
        0 => 0,
        1 | 2 => 1,
        3 => 2,
        _ => return None,
    };
    match kind % 1000 {
        3 => {
            let mut rings = Vec::new();
            for _ in 0..four(at)? {
                let mut ring = Vec::new();
                for _ in 0..four(at)? {
                    ring.push([eight(at)?, eight(at)?]);
                    for _ in 0..more {
                        eight(at)?;
                    }
                }
                rings.push(ring);
            }
            polygons.push(rings);
            Some(())
        }
        6 | 7 if depth < 8 => {
            for _ in 0..four(at)? {
                wkb(bytes, at, depth + 1, polygons)?;
            }
            Some(())
        }
        1 | 2 | 4 | 5 => Some(()),
        _ => None,
    }
}

/// V008: each hotspot once in both.
fn same(path: &str, features: &[Feature], beside: Option<&Collection>, findings: &mut Findings) {
    let Some(beside) = beside else {
        return findings.add("V008", path, "", "no GeoJSON of the same name", "the same features as GeoJSON");
    };
    let mut ids: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut unnamed = [0, 0];
    for feature in features {
        match feature.properties.get("hotspot_id").and_then(Value::as_str) {
            Some(id) => ids.entry(id.to_owned()).or_default()[0] += 1,
            None => unnamed[0] += 1,
        }
    }
    for feature in beside.features.iter().flatten() {
        match feature.text("hotspot_id") {
            Some(id) => ids.entry(id.to_owned()).or_default()[1] += 1,
            None => unnamed[1] += 1,
        }
    }
    for (id, [package, json]) in ids.iter().filter(|(_, counts)| **counts != [1, 1]) {
        let found = format!("{package} times in the GeoPackage, {json} in the GeoJSON");
        findings.add("V008", path, format!("hotspot {}", shown(id)), found, "each hotspot_id once in both");
    }
    if unnamed[0] != unnamed[1] {
        let found = format!("{} features without hotspot_id here, {} in the GeoJSON", unnamed[0], unnamed[1]);
        findings.add("V008", path, "", found, "the same features in both");
    }
}
