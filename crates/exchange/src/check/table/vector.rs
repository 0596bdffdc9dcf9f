//! GeoPackage: tables `sites`, `specimens` and `results`, or one layer of points (specification, section 3.3).

use std::collections::HashMap;
use std::path::Path;

use gdal::vector::{Defn, Feature, FieldValue, LayerAccess, OGRwkbGeometryType, geometry_type_flatten};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use crate::check::Findings;
use crate::{Error, Result};

use super::features::Rows;
use super::quiet::Quiet;
use super::source::{Opened, Table};
use super::text::MAX_COLUMNS;

type Named = Vec<(String, String)>;

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
    let names: Vec<String> = dataset.layers().map(|l| l.name()).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let mut rows = Rows::default();
    let read = if has("results") {
        joined(&dataset, &has, &mut rows)
    } else {
        let points: Vec<&String> = names.iter().filter(|n| is_points(&dataset, n)).collect();
        match points[..] {
            [one] => each(&dataset, one, |named, number| rows.push(named.into_iter(), number)),
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

fn is_points(dataset: &Dataset, name: &str) -> bool {
    dataset.layer_by_name(name).is_ok_and(|layer| {
        let kind = layer.defn().geom_fields().next().map(|g| geometry_type_flatten(g.field_type()));
        matches!(kind, Some(OGRwkbGeometryType::wkbPoint | OGRwkbGeometryType::wkbUnknown))
    })
}

/// `results` with what `specimens` says of their specimen and `sites` of its site.
fn joined(dataset: &Dataset, has: &dyn Fn(&str) -> bool, rows: &mut Rows) -> Result<(), String> {
    let keyed = |name: &str, key: &str| -> Result<HashMap<String, Named>, String> {
        let mut map = HashMap::new();
        if has(name) {
            each(dataset, name, |named, _| {
                let code = value(&named, key);
                map.entry(code).or_insert(named);
            })?;
        }
        Ok(map)
    };
    let (sites, specimens) = (keyed("sites", "site_code")?, keyed("specimens", "specimen_code")?);
    let nothing = Named::new();
    each(dataset, "results", |named, number| {
        if rows.cells.full() {
            return;
        }
        let specimen = specimens.get(&value(&named, "specimen_code")).unwrap_or(&nothing);
        let site = match value(&named, "site_code") {
            code if code.is_empty() => value(specimen, "site_code"),
            code => code,
        };
        let site = sites.get(&site).unwrap_or(&nothing);
        rows.push(named.iter().chain(specimen).chain(site).cloned(), number);
    })
}

fn value(named: &Named, name: &str) -> String {
    named.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
}

/// Each feature of a layer as named cells; a point becomes `longitude` and `latitude`, or `x`, `y` and `crs`.
fn each(dataset: &Dataset, name: &str, mut take: impl FnMut(Named, u64)) -> Result<(), String> {
    let mut layer = dataset.layer_by_name(name).map_err(|_| format!("layer {name} cannot be read"))?;
    let crs = layer.spatial_ref().and_then(|s| s.authority().ok());
    let fields = names(layer.defn());
    let own_degrees = fields.iter().any(|f| f == "longitude");
    for (i, feature) in layer.features().enumerate() {
        let mut named: Named = Vec::with_capacity(fields.len() + 3);
        for (k, field) in fields.iter().enumerate() {
            named.push((field.clone(), text(&feature, k)));
        }
        if let Some([x, y]) = point(&feature) {
            // Where attributes give degrees too, the geometry stands beside them and S004 compares the two.
            if crs.as_deref() == Some("EPSG:4326") && !own_degrees {
                named.push(("longitude".to_owned(), x.to_string()));
                named.push(("latitude".to_owned(), y.to_string()));
            } else {
                named.push(("x".to_owned(), x.to_string()));
                named.push(("y".to_owned(), y.to_string()));
                named.push(("crs".to_owned(), crs.clone().unwrap_or_default()));
            }
        }
        take(named, i as u64 + 1);
    }
    Ok(())
}

fn names(defn: &Defn) -> Vec<String> {
    defn.fields().map(|f| f.name().trim().to_owned()).collect()
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
