//! GeoJSON after RFC 7946: longitude and latitude on WGS 84, for everybody and every browser.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use geo::Geometry;
use geojson::JsonObject;
use soilscope_core::Coord;

use super::lonlat::{Extent, LonLat};
use super::vector::{Feature, Value};
use super::write_error;
use crate::Result;
use crate::tidy::{Beside, Existing};

/// Brings a place of the map to longitude and latitude, degrees on WGS 84.
pub type ToLonLat<'a> = &'a mut dyn FnMut(Coord) -> Result<Coord>;

/// Writes features as a GeoJSON feature collection, one feature a line.
///
/// - `to_lon_lat` brings places of the map to longitude and latitude; `None` for a map that is in them. A map of a plane
///   that is nowhere on Earth has no GeoJSON: do not call.
/// - Straight edges on the map are curves in longitude and latitude. They get vertices until no quarter point lies more
///   than 0.5 m from its chord; shared edges of neighbours get the same ones. With `None` edges stay as they are.
/// - Coordinates have 7 decimals, which is about 1 cm. What has no area any more after that is left out: a hole, a
///   polygon of several, or the whole geometry, whose feature then has `null` and keeps its properties.
/// - Exteriors run counter-clockwise, holes clockwise, whatever they did before. There is a `bbox`, unless there is no
///   position, and no `crs`.
/// - Polygons across the antimeridian are cut there into several (RFC 7946, section 3.1.9), and the `bbox` then has its
///   western edge east of the eastern one (section 5.2).
///
/// Equal input gives equal bytes. The file is complete or absent.
///
/// # Errors
/// What `to_lon_lat` cannot transform; [`Error::Exists`](crate::Error::Exists) and
/// [`Error::Write`](crate::Error::Write) for the target, and for a geometry with no place in GeoJSON: a position off the
/// globe, a line across the antimeridian, a polygon round a pole, a collection.
///
/// # Source
/// Butler et al. (2016), The GeoJSON Format, RFC 7946.
///
/// # Examples
/// ```
/// use soilscope_pipeline::{io::{geojson::write_geojson, vector::Feature}, tidy::Existing};
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("sites.geojson");
/// let site = Feature { geometry: geo::Point::new(5.75, 50.97).into(), properties: vec![("zinc".into(), 1022.into())] };
/// write_geojson(&file, Existing::Refuse, &[site], None)?;
/// assert_eq!(
///     std::fs::read_to_string(&file).unwrap(),
///     r#"{"type":"FeatureCollection","bbox":[5.75,50.97,5.75,50.97],"features":[
/// {"type":"Feature","geometry":{"type":"Point","coordinates":[5.75,50.97]},"properties":{"zinc":1022}}
/// ]}
/// "#
/// );
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub fn write_geojson(
    target: &Path,
    existing: Existing,
    features: &[Feature],
    to_lon_lat: Option<ToLonLat<'_>>,
) -> Result<()> {
    let file = Beside::new(target, existing)?;
    let mut extent = Extent::default();
    let mut ready = Vec::with_capacity(features.len());
    {
        let mut lon_lat = LonLat::new(target, to_lon_lat);
        for (index, feature) in features.iter().enumerate() {
            ready.push(lon_lat.convert(index, &feature.geometry, &mut extent)?);
        }
    }
    write(file.path(), &ready, features, &extent).map_err(|error| write_error(target, error))?;
    file.persist()?;
    Ok(())
}

fn write(
    path: &Path,
    geometries: &[Option<Geometry<f64>>],
    features: &[Feature],
    extent: &Extent,
) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, r#"{{"type":"FeatureCollection","#)?;
    if let Some(bbox) = extent.bbox() {
        write!(out, r#""bbox":"#)?;
        serde_json::to_writer(&mut out, &bbox)?;
        write!(out, ",")?;
    }
    write!(out, r#""features":["#)?;
    let mut separator = "\n";
    for (geometry, feature) in geometries.iter().zip(features) {
        out.write_all(separator.as_bytes())?;
        let properties: JsonObject = feature.properties.iter().map(|(name, v)| (name.clone(), json(v))).collect();
        let line = geojson::Feature {
            bbox: None,
            geometry: geometry.as_ref().map(|g| geojson::Geometry::new(g.into())),
            id: None,
            properties: Some(properties),
            foreign_members: None,
        };
        serde_json::to_writer(&mut out, &line)?;
        separator = ",\n";
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(number) => (*number).into(),
        // JSON has no NaN and no infinity; they become null.
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Null => serde_json::Value::Null,
    }
}
