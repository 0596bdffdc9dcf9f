//! GeoPackage: tables `sites`, `specimens` and `results`, or one layer of points (specification, section 3.3).

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use gdal::vector::sql::Dialect;
use gdal::vector::{Defn, Feature, FieldValue, LayerAccess, OGRwkbGeometryType, geometry_type_flatten};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use crate::check::Findings;
use crate::{Error, Result};

use super::features::Rows;
use super::quiet::Quiet;
use super::source::{Opened, Table};
use super::text::MAX_COLUMNS;

type Named = Vec<(Rc<str>, String)>;

/// Cells of `sites` and `specimens` that are held to be joined.
const MAX_JOINED: usize = 8_000_000;

pub(super) fn open(path: &Path, file: &str, findings: &mut Findings) -> Result<Opened> {
    let _quiet = Quiet::new();
    // Absolute, so that no name is one of GDAL's own.
    let absolute = path.canonicalize().map_err(|e| Error::unreadable(path, e))?;
    if absolute.starts_with("/vsi") {
        return Err(Error::unreadable(path, "only local files are read"));
    }
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&["GPKG"]),
        ..DatasetOptions::default()
    };
    let Ok(dataset) = Dataset::open_ex(&absolute, options) else {
        findings.add("S001", file, "file", "an SQLite file that is no GeoPackage", "a GeoPackage");
        return Ok(Opened::Hopeless);
    };
    if let Some(what) = computed(&dataset) {
        findings.add("S001", file, "file", what, "plain tables, without views and computed columns");
        return Ok(Opened::Hopeless);
    }
    let names: Vec<String> = dataset.layers().map(|l| l.name()).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let mut rows = Rows::default();
    let read = if has("results") {
        joined(&dataset, &has, &mut rows)
    } else {
        let points: Vec<&String> = names.iter().filter(|n| is_points(&dataset, n)).collect();
        match points[..] {
            [one] => each(&dataset, one, |named, number| rows.take(named, number)),
            _ => {
                let found = format!("{} layers of points and no table results", points.len());
                findings.add(
                    "S001",
                    file,
                    "file",
                    found,
                    "tables sites, specimens and results, or one layer of points",
                );
                return Ok(Opened::Hopeless);
            }
        }
    };
    if let Err(why) = read {
        findings.add("S001", file, "file", why, "layers that can be read");
        return Ok(Opened::Hopeless);
    }
    if rows.cells.full() {
        return Err(Error::refused(path.display(), "it has more rows or cells than are judged", "judge it in parts"));
    }
    if rows.names.len() > MAX_COLUMNS {
        findings.add("S001", file, "file", "more than 4096 columns", "at most 4096 columns");
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

/// What makes a table other than what it holds: its rows may have no end, and a cell no size.
fn computed(dataset: &Dataset) -> Option<&'static str> {
    let sql = "SELECT type, coalesce(sql, '') FROM sqlite_master";
    let Ok(Some(mut result)) = dataset.execute_sql(sql, None, Dialect::DEFAULT) else {
        return Some("no list of tables");
    };
    for feature in result.features() {
        let (kind, sql) = (text(&feature, 0), text(&feature, 1).to_ascii_lowercase());
        let words: Vec<&str> = sql.split_whitespace().collect();
        let generated = sql.contains("generated") || words.iter().any(|w| w.starts_with("as(")) || {
            words
                .windows(2)
                .any(|w| w[0].ends_with("as") && w[1].starts_with('(') && (w[0] == "as" || w[0].ends_with(")as")))
        };
        let virtually = sql.starts_with("create virtual") && !words.iter().any(|w| w.starts_with("rtree"));
        match kind.as_str() {
            "view" => return Some("a view"),
            "table" if generated => return Some("a computed column"),
            "table" if virtually => return Some("a virtual table"),
            _ => {}
        }
    }
    None
}

fn is_points(dataset: &Dataset, name: &str) -> bool {
    dataset.layer_by_name(name).is_ok_and(|layer| {
        let kind = layer.defn().geom_fields().next().map(|g| geometry_type_flatten(g.field_type()));
        matches!(kind, Some(OGRwkbGeometryType::wkbPoint | OGRwkbGeometryType::wkbUnknown))
    })
}

/// `results` with what `specimens` says of their specimen and `sites` of its site.
fn joined(dataset: &Dataset, has: &dyn Fn(&str) -> bool, rows: &mut Rows) -> Result<(), String> {
    let mut held = 0;
    let mut keyed = |name: &str, key: &str| -> Result<HashMap<String, Named>, String> {
        let mut map = HashMap::new();
        if has(name) {
            each(dataset, name, |named, _| {
                held += named.len();
                let code = value(&named, key);
                map.entry(code).or_insert(named);
                held < MAX_JOINED
            })?;
        }
        if held < MAX_JOINED { Ok(map) } else { Err(format!("more than {MAX_JOINED} cells in sites and specimens")) }
    };
    let (sites, specimens) = (keyed("sites", "site_code")?, keyed("specimens", "specimen_code")?);
    let nothing = Named::new();
    each(dataset, "results", |named, number| {
        let specimen = specimens.get(&value(&named, "specimen_code")).unwrap_or(&nothing);
        let site = match value(&named, "site_code") {
            code if code.is_empty() => value(specimen, "site_code"),
            code => code,
        };
        let site = sites.get(&site).unwrap_or(&nothing);
        rows.take(named.iter().chain(specimen).chain(site).cloned(), number)
    })
}

fn value(named: &Named, name: &str) -> String {
    named.iter().find(|(n, _)| &**n == name).map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
}

/// Each feature of a layer as named cells, as long as they are taken; a point becomes `longitude` and `latitude`, or `x`, `y` and `crs`.
fn each(dataset: &Dataset, name: &str, mut take: impl FnMut(Named, u64) -> bool) -> Result<(), String> {
    let mut layer = dataset.layer_by_name(name).map_err(|_| format!("layer {name} cannot be read"))?;
    let crs = layer.spatial_ref().and_then(|s| s.authority().ok());
    let fields = names(layer.defn());
    let own_degrees = fields.iter().any(|f| &**f == "longitude");
    let [longitude, latitude, easting, northing, system] = ["longitude", "latitude", "x", "y", "crs"].map(Rc::from);
    for (i, feature) in layer.features().enumerate() {
        let mut named: Named = Vec::with_capacity(fields.len() + 3);
        for (k, field) in fields.iter().enumerate() {
            named.push((Rc::clone(field), text(&feature, k)));
        }
        if let Some([x, y]) = point(&feature) {
            // Where attributes give degrees too, the geometry stands beside them and S004 compares the two.
            if crs.as_deref() == Some("EPSG:4326") && !own_degrees {
                named.push((Rc::clone(&longitude), x.to_string()));
                named.push((Rc::clone(&latitude), y.to_string()));
            } else {
                named.push((Rc::clone(&easting), x.to_string()));
                named.push((Rc::clone(&northing), y.to_string()));
                named.push((Rc::clone(&system), crs.clone().unwrap_or_default()));
            }
        }
        if !take(named, i as u64 + 1) {
            break;
        }
    }
    Ok(())
}

fn names(defn: &Defn) -> Vec<Rc<str>> {
    defn.fields().map(|f| Rc::from(f.name().trim())).collect()
}

fn point(feature: &Feature<'_>) -> Option<[f64; 2]> {
    let geometry = feature.geometry()?;
    if !geometry.has_gdal_ptr() || geometry.is_empty() {
        return None;
    }
    (geometry_type_flatten(geometry.geometry_type()) == OGRwkbGeometryType::wkbPoint).then(|| {
        let (x, y, _) = geometry.get_point(0);
        [x, y]
    })
}

fn text(feature: &Feature<'_>, field: usize) -> String {
    match feature.field(field).ok().flatten() {
        Some(FieldValue::StringValue(s)) => s,
        Some(FieldValue::RealValue(v)) => v.to_string(),
        Some(FieldValue::IntegerValue(v)) => v.to_string(),
        Some(FieldValue::Integer64Value(v)) => v.to_string(),
        Some(FieldValue::DateValue(d)) => d.to_string(),
        Some(FieldValue::DateTimeValue(d)) => d.to_string(),
        _ => String::new(),
    }
}
