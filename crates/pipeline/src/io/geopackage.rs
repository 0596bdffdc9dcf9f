//! GeoPackage: features in the map's own CRS, in one SQLite file, through GDAL.

use std::path::Path;

use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature as OgrFeature, FieldDefn, Geometry as OgrGeometry, LayerAccess, LayerOptions, ToGdal};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use gdal_sys::{OGRFieldType, OGRwkbGeometryType};
use geo::Geometry;

use super::ffi::Listening;
use super::vector::{Feature, Value};
use super::write_error;
use crate::Result;
use crate::tidy::{Beside, Existing};

/// What all features of a layer are; said beforehand, because a layer without features is of a kind too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Points, or multi-points where one of them is.
    Point,
    /// Lines, or multi-lines where one of them is.
    Line,
    /// Polygons, or multi-polygons where one of them is.
    Polygon,
}

/// What a layer is.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Its name, which is the table's name.
    pub name: &'a str,
    /// Its features.
    pub kind: Kind,
    /// The map's CRS as well-known text (any version that GDAL reads); `None` for a plane that is nowhere on Earth, which
    /// GeoPackage calls "undefined Cartesian" (srs_id −1).
    pub crs_wkt: Option<&'a str>,
    /// Time of change that the file states, as `2026-11-21T04:16:00Z`. With `None` GDAL takes the clock's, and equal
    /// input no longer gives equal bytes.
    pub last_change: Option<&'a str>,
}

/// Writes features as the one layer of a GeoPackage, with a spatial index.
///
/// Columns are the properties of all features in the order in which they are met; a column of whole numbers is INTEGER, of
/// numbers REAL, of anything else TEXT; a feature without the property has NULL there. Geometries stand in `geom`, numbers
/// of the features, from 1, in `fid`; either name gets underscores in front while a property has it. Where one feature is
/// a multi-geometry all become so, because a layer holds one type.
///
/// Equal input gives equal bytes, by the same GDAL and SQLite and with [`Layer::last_change`]. The file is complete or
/// absent.
///
/// # Errors
/// [`Error::Exists`](crate::Error::Exists) and [`Error::Write`](crate::Error::Write) for the target, and for a layer that
/// cannot be: a CRS that GDAL does not read, properties that differ in case only, a geometry of another kind.
///
/// # Source
/// OGC 12-128r18, GeoPackage Encoding Standard 1.3; GDAL writes the version that it prefers.
///
/// # Examples
/// ```
/// use soilscope_pipeline::io::{geopackage::{Kind, Layer, write_geopackage}, vector::Feature};
/// use soilscope_pipeline::tidy::Existing;
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("sites.gpkg");
/// let site = Feature { geometry: geo::Point::new(12.5, 99.0).into(), properties: vec![("zinc".into(), 1022.into())] };
/// let layer = Layer { name: "sites", kind: Kind::Point, crs_wkt: None, last_change: Some("2026-11-21T04:16:00Z") };
/// write_geopackage(&file, Existing::Refuse, &layer, &[site])?;
/// assert!(std::fs::read(&file).unwrap().starts_with(b"SQLite format 3\0"));
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub fn write_geopackage(target: &Path, existing: Existing, layer: &Layer<'_>, features: &[Feature]) -> Result<()> {
    let refuse = |reason: String| write_error(target, reason);
    let columns = columns_of(features).map_err(refuse)?;
    let multi = is_multi(layer.kind, features).map_err(refuse)?;
    let file = Beside::new(target, existing)?;
    let listening = Listening::here();
    let outcome = {
        let _date = layer.last_change.map(FixedDate::set).transpose().map_err(|e| refuse(e.to_string()))?;
        write(file.path(), layer, multi, &columns, features)
    };
    // Some failures are only told as messages: before GDAL 3.7 closing a file on a full disk returns nothing.
    match (outcome, listening.failures()) {
        (Ok(()), None) => {}
        (Err(Trouble::Ours(reason)), _) => return Err(refuse(reason)),
        (_, Some(messages)) => return Err(refuse(gist(&messages))),
        (Err(Trouble::Gdal(error)), None) => return Err(refuse(listening.reason(&error))),
    }
    file.persist()?;
    Ok(())
}

/// What went wrong first, without the SQL that GDAL quotes around it, which can be a page.
fn gist(messages: &str) -> String {
    let reason = match messages.split_once(") failed: ") {
        Some((sql, reason)) if sql.starts_with("sqlite3_exec(") => reason,
        _ => messages,
    };
    reason.split("; sqlite3_exec(").next().unwrap_or(reason).to_owned()
}

enum Trouble {
    Gdal(GdalError),
    Ours(String),
}

impl From<GdalError> for Trouble {
    fn from(error: GdalError) -> Self {
        Self::Gdal(error)
    }
}

/// A column and its type, the least that holds all values.
#[derive(Debug, PartialEq)]
struct Column<'a> {
    name: &'a str,
    kind: ColumnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ColumnKind {
    Empty,
    Integer,
    Real,
    Text,
}

impl ColumnKind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Integer(_) => Self::Integer,
            Value::Real(_) => Self::Real,
            Value::Text(_) => Self::Text,
        }
    }
}

fn columns_of(features: &[Feature]) -> std::result::Result<Vec<Column<'_>>, String> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (name, value) in features.iter().flat_map(|f| &f.properties) {
        let kind = ColumnKind::of(value);
        match columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(name)) {
            Some(column) if column.name == name => column.kind = column.kind.max(kind),
            Some(column) => {
                return Err(format!(
                    "properties '{}' and '{name}' would be one column, because SQLite ignores case: rename one",
                    column.name
                ));
            }
            None if name.is_empty() || name.contains('\0') => {
                return Err("a property needs a name, without null characters".into());
            }
            None => columns.push(Column { name, kind }),
        }
    }
    Ok(columns)
}

fn is_multi(kind: Kind, features: &[Feature]) -> std::result::Result<bool, String> {
    let mut multi = false;
    for (index, feature) in features.iter().enumerate() {
        multi |= match (kind, &feature.geometry) {
            (Kind::Point, Geometry::Point(_))
            | (Kind::Line, Geometry::Line(_) | Geometry::LineString(_))
            | (Kind::Polygon, Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_)) => false,
            (Kind::Point, Geometry::MultiPoint(_))
            | (Kind::Line, Geometry::MultiLineString(_))
            | (Kind::Polygon, Geometry::MultiPolygon(_)) => true,
            _ => return Err(format!("feature {} is not what the layer holds ({kind:?})", index + 1)),
        };
    }
    Ok(multi)
}

/// `wanted`, with underscores in front while a property has that name.
fn free_name(wanted: &str, columns: &[Column<'_>]) -> String {
    let mut name = wanted.to_owned();
    while columns.iter().any(|c| c.name.eq_ignore_ascii_case(&name)) {
        name.insert(0, '_');
    }
    name
}

fn write(
    path: &Path,
    layer: &Layer<'_>,
    multi: bool,
    columns: &[Column<'_>],
    features: &[Feature],
) -> std::result::Result<(), Trouble> {
    let mut dataset = create(path, layer, multi, columns)?;
    if layer.crs_wkt.is_none() {
        dataset = without_crs(path, dataset, layer.name)?;
    }
    let transaction = dataset.start_transaction()?;
    {
        let table = transaction.layer(0)?;
        let definition = table.defn();
        for feature in features {
            let mut row = OgrFeature::new(definition)?;
            row.set_geometry(geometry(&feature.geometry, multi)?)?;
            for (name, value) in &feature.properties {
                let Some(at) = columns.iter().position(|c| c.name == name) else { continue };
                match (value, columns[at].kind) {
                    (Value::Null, _) => row.set_field_null(at)?,
                    (Value::Real(number), _) if !number.is_finite() => row.set_field_null(at)?,
                    (Value::Integer(number), ColumnKind::Real) => row.set_field_double(at, *number as f64)?,
                    (Value::Integer(number), ColumnKind::Text) => row.set_field_string(at, &number.to_string())?,
                    (Value::Integer(number), _) => row.set_field_integer64(at, *number)?,
                    (Value::Real(number), ColumnKind::Text) => row.set_field_string(at, &number.to_string())?,
                    (Value::Real(number), _) => row.set_field_double(at, *number)?,
                    (Value::Text(text), _) if text.contains('\0') => {
                        return Err(Trouble::Ours(format!("a text of property '{name}' holds a null character")));
                    }
                    (Value::Text(text), _) => row.set_field_string(at, text)?,
                }
            }
            row.create(&table)?;
        }
    }
    transaction.commit()?;
    dataset.flush_cache()?;
    dataset.close()?;
    Ok(())
}

/// An empty layer.
fn create(
    path: &Path,
    layer: &Layer<'_>,
    multi: bool,
    columns: &[Column<'_>],
) -> std::result::Result<Dataset, Trouble> {
    let crs = match layer.crs_wkt {
        Some(wkt) => {
            let mut crs = SpatialRef::from_wkt(wkt)?;
            // Our coordinates are easting or longitude first, whatever the authority's order.
            crs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
            Some(crs)
        }
        None => None,
    };
    let mut dataset = DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)?;
    let names = [("FID", free_name("fid", columns)), ("GEOMETRY_NAME", free_name("geom", columns))];
    let options = names.map(|(option, name)| format!("{option}={name}"));
    let table = dataset.create_layer(LayerOptions {
        name: layer.name,
        srs: crs.as_ref(),
        ty: match (layer.kind, multi) {
            (Kind::Point, false) => OGRwkbGeometryType::wkbPoint,
            (Kind::Point, true) => OGRwkbGeometryType::wkbMultiPoint,
            (Kind::Line, false) => OGRwkbGeometryType::wkbLineString,
            (Kind::Line, true) => OGRwkbGeometryType::wkbMultiLineString,
            (Kind::Polygon, false) => OGRwkbGeometryType::wkbPolygon,
            (Kind::Polygon, true) => OGRwkbGeometryType::wkbMultiPolygon,
        },
        options: Some(&options.each_ref().map(String::as_str)),
    })?;
    for column in columns {
        let kind = match column.kind {
            ColumnKind::Integer => OGRFieldType::OFTInteger64,
            ColumnKind::Real => OGRFieldType::OFTReal,
            ColumnKind::Text | ColumnKind::Empty => OGRFieldType::OFTString,
        };
        FieldDefn::new(column.name, kind)?.add_to_layer(&table)?;
    }
    Ok(dataset)
}

/// The dataset again, its layer's CRS no longer "undefined geographic", which is GDAL's choice before 3.9, but "undefined
/// Cartesian". Opened anew, because every geometry repeats the number that GDAL read when it opened the layer.
fn without_crs(path: &Path, dataset: Dataset, layer: &str) -> std::result::Result<Dataset, Trouble> {
    let name = layer.replace('\'', "''");
    for table in ["gpkg_geometry_columns", "gpkg_contents"] {
        dataset.execute_sql(
            format!("UPDATE {table} SET srs_id = -1 WHERE table_name = '{name}'"),
            None,
            gdal::vector::sql::Dialect::DEFAULT,
        )?;
    }
    dataset.close()?;
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_UPDATE | GdalOpenFlags::GDAL_OF_VECTOR,
        allowed_drivers: Some(&["GPKG"]),
        ..DatasetOptions::default()
    };
    Ok(Dataset::open_ex(path, options)?)
}

fn geometry(geometry: &Geometry<f64>, multi: bool) -> std::result::Result<OgrGeometry, GdalError> {
    match geometry {
        Geometry::Point(point) if multi => geo::MultiPoint(vec![*point]).to_gdal(),
        Geometry::Line(line) if multi => geo::MultiLineString(vec![(*line).into()]).to_gdal(),
        Geometry::LineString(line) if multi => geo::MultiLineString(vec![line.clone()]).to_gdal(),
        Geometry::Polygon(polygon) if multi => geo::MultiPolygon(vec![polygon.clone()]).to_gdal(),
        Geometry::Rect(rect) if multi => geo::MultiPolygon(vec![rect.to_polygon()]).to_gdal(),
        Geometry::Triangle(triangle) if multi => geo::MultiPolygon(vec![triangle.to_polygon()]).to_gdal(),
        other => other.to_gdal(),
    }
}

/// The date that GDAL writes on this thread, until dropped.
struct FixedDate;

impl FixedDate {
    const OPTION: &'static str = "OGR_CURRENT_DATE";

    fn set(date: &str) -> std::result::Result<Self, GdalError> {
        gdal::config::set_thread_local_config_option(Self::OPTION, date)?;
        Ok(Self)
    }
}

impl Drop for FixedDate {
    fn drop(&mut self) {
        // Fails only for a name with a null character.
        let _ = gdal::config::clear_thread_local_config_option(Self::OPTION);
    }
}
