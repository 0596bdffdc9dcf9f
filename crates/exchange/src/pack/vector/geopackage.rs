//! GeoPackage 1.3: hotspots in longitude and latitude, and in the run's own coordinate system, with a spatial index and the ISO record.

use std::path::Path;

use gdal::Dataset;
use gdal::cpl::CslStringList;
use gdal::errors::GdalError;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, FieldDefn, LayerAccess, LayerOptions, ToGdal};
use gdal_sys::{OGRFieldType, OGRwkbGeometryType};
use geo::MultiPolygon;
use serde_json::Value;

use super::{Hotspot, HotspotOptions};
use crate::pack::gdal_io::{self, Hush, Setting};
use crate::tables;
use crate::{Error, Result};

/// What the standard calls a record of ISO 19139.
const ISO_STANDARD: &str = "http://www.isotc211.org/2005/gmd";

/// A column: its name and what it holds.
type Column = (String, OGRFieldType::Type);

pub(super) fn write(path: &Path, hotspots: &[Hotspot], crs: &SpatialRef, options: &HotspotOptions<'_>) -> Result<()> {
    // A file of this standard gives times with their milliseconds.
    let dated = options.dated.strip_suffix('Z').map_or_else(|| options.dated.to_owned(), |time| format!("{time}.000Z"));
    let _date = Setting::set("OGR_CURRENT_DATE", &dated)?;
    let driver = gdal_io::driver("GPKG")?;
    let wgs84 = gdal_io::epsg(4326)?;
    let hush = Hush::new();
    let done = (|| {
        let mut creation = CslStringList::new();
        creation.set_name_value("VERSION", "1.3")?;
        creation.set_name_value("ADD_GPKG_OGR_CONTENTS", "NO")?;
        let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &creation)?;
        layer(&mut dataset, "hotspots", &wgs84, hotspots, |hotspot| &hotspot.lonlat)?;
        // A system without a code would be one that nobody can name.
        if options.national && crs.is_projected() && crs.auth_code().is_ok() {
            layer(&mut dataset, "hotspots_national", crs, hotspots, |hotspot| &hotspot.own)?;
        }
        if let Some(iso) = options.iso {
            record(&dataset, iso, &dated)?;
        }
        dataset.flush_cache()?;
        dataset.close()
    })();
    match (hush.failure(), done) {
        (None, Ok(())) => Ok(()),
        (Some(reason), _) => Err(Error::unwritable(path, reason)),
        (None, Err(e)) => Err(Error::unwritable(path, e)),
    }
}

/// The columns, in the order of the schema, as far as any hotspot has them.
fn columns(hotspots: &[Hotspot]) -> Vec<Column> {
    let properties = tables::hotspot_schema()["properties"].as_object();
    let types = |kind: &Value| match kind {
        Value::String(one) => one.clone(),
        several => several[0].as_str().unwrap_or("string").to_owned(),
    };
    let column = |(name, about): (&String, &Value)| {
        let kind = match types(&about["type"]).as_str() {
            "number" => OGRFieldType::OFTReal,
            "integer" => OGRFieldType::OFTInteger64,
            _ => OGRFieldType::OFTString,
        };
        hotspots.iter().any(|h| h.properties.contains_key(name)).then(|| (name.clone(), kind))
    };
    properties.into_iter().flatten().filter_map(column).collect()
}

fn layer(
    dataset: &mut Dataset,
    name: &str,
    crs: &SpatialRef,
    hotspots: &[Hotspot],
    shape: fn(&Hotspot) -> &MultiPolygon<f64>,
) -> std::result::Result<(), GdalError> {
    let columns = columns(hotspots);
    let description = format!("DESCRIPTION=Polygons above a threshold, as {name}");
    let options = ["FID=fid", "GEOMETRY_NAME=geom", "SPATIAL_INDEX=YES", description.as_str()];
    let table = dataset.create_layer(LayerOptions {
        name,
        srs: Some(crs),
        ty: OGRwkbGeometryType::wkbMultiPolygon,
        options: Some(&options),
    })?;
    for (name, kind) in &columns {
        FieldDefn::new(name, *kind)?.add_to_layer(&table)?;
    }
    let transaction = dataset.start_transaction()?;
    {
        let table = transaction.layer_by_name(name)?;
        for hotspot in hotspots {
            let mut row = Feature::new(table.defn())?;
            row.set_geometry(shape(hotspot).to_gdal()?)?;
            for (at, (name, kind)) in columns.iter().enumerate() {
                match hotspot.properties.get(name) {
                    Some(Value::Number(n)) if *kind == OGRFieldType::OFTInteger64 => match n.as_i64() {
                        Some(n) => row.set_field_integer64(at, n)?,
                        None => row.set_field_null(at)?,
                    },
                    Some(Value::Number(n)) => row.set_field_double(at, n.as_f64().unwrap_or_default())?,
                    Some(Value::String(text)) => row.set_field_string(at, text)?,
                    _ => row.set_field_null(at)?,
                }
            }
            row.create(&table)?;
        }
    }
    transaction.commit()
}

/// The record, in the tables of the standard's extension for metadata.
fn record(dataset: &Dataset, iso: &str, dated: &str) -> std::result::Result<(), GdalError> {
    let quoted = |text: &str| text.replace('\0', "").replace('\'', "''");
    let (iso, dated) = (quoted(iso), quoted(dated));
    let statements = [
        "CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT \
         'dataset', md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')"
            .to_owned(),
        "CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value \
         INTEGER, timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, \
         md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id), CONSTRAINT \
         crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))"
            .to_owned(),
        format!("INSERT INTO gpkg_metadata VALUES (1, 'dataset', '{ISO_STANDARD}', 'text/xml', '{iso}')"),
        format!("INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, '{dated}', 1, NULL)"),
        "INSERT INTO gpkg_extensions VALUES ('gpkg_metadata', NULL, 'gpkg_metadata', \
         'http://www.geopackage.org/spec130/#extension_metadata', 'read-write'), ('gpkg_metadata_reference', NULL, \
         'gpkg_metadata', 'http://www.geopackage.org/spec130/#extension_metadata', 'read-write')"
            .to_owned(),
    ];
    for statement in statements {
        dataset.execute_sql(statement, None, Dialect::DEFAULT)?;
    }
    Ok(())
}
