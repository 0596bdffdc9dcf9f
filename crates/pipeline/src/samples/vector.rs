//! GeoPackage, GeoJSON, Shapefile and FlatGeobuf through GDAL.

#[cfg(feature = "gdal")]
pub(super) use with_gdal::open;

/// Without GDAL there is text only.
#[cfg(not(feature = "gdal"))]
pub(super) fn open(
    path: &std::path::Path,
    format: super::source::Format,
    _layer: Option<&str>,
) -> crate::Result<super::input::Input> {
    Err(crate::Error::Table {
        file: path.display().to_string(),
        reason: format!("is {}, which this build cannot read (feature `gdal`)", format.name()),
        remedy: "export it as CSV".to_owned(),
    })
}

#[cfg(feature = "gdal")]
mod with_gdal {
    use std::path::Path;

    use csv::ByteRecord;
    use gdal::vector::{FieldValue, Geometry, Layer, LayerAccess, OGRwkbGeometryType, geometry_type_flatten};
    use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
    use soilscope_core::Coord;

    use super::super::cell::Decimal;
    use super::super::input::{Body, Input};
    use super::super::source::{Format, Source};
    use crate::crs::{Crs, quiet_libraries};
    use crate::error::BadCell;
    use crate::{Error, Result};

    /// Reads a layer of points, or a table without geometries.
    pub(in super::super) fn open(path: &Path, format: Format, layer: Option<&str>) -> Result<Input> {
        quiet_libraries();
        let file = path.display().to_string();
        let unreadable = |reason: String| Error::Unreadable { file: file.clone(), reason };
        // An absolute path cannot be one of GDAL's own names, as /vsicurl/ or a connection string.
        let absolute = path.canonicalize().map_err(|error| unreadable(error.to_string()))?;
        if absolute.starts_with("/vsi") {
            return Err(unreadable("only local files are read".to_owned()));
        }
        let drivers: &[&str] = match format {
            Format::GeoPackage => &["GPKG"],
            Format::GeoJson => &["GeoJSON", "GeoJSONSeq"],
            Format::Shapefile => &["ESRI Shapefile"],
            Format::FlatGeobuf => &["FlatGeobuf"],
            Format::Delimited | Format::GeoParquet | Format::Parquet => &[],
        };
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
            allowed_drivers: Some(drivers),
            ..DatasetOptions::default()
        };
        let dataset = Dataset::open_ex(&absolute, options)
            .map_err(|error| unreadable(format!("it is not {} that GDAL can read ({error})", format.name())))?;
        let mut chosen = choose_layer(&file, &dataset, layer)?;
        let name = chosen.name();
        let mut source = Source::new(file.clone(), format);
        source.layer = Some(name);
        let crs = match chosen.spatial_ref() {
            Some(reference) => Some(Crs::from_spatial_ref(&reference)?),
            None => None,
        };
        let placed = geometry_type_flatten(layer_type(&chosen)) != OGRwkbGeometryType::wkbNone;
        let header: Vec<String> = chosen.defn().fields().map(|field| field.name()).collect();
        let mut rows = Vec::with_capacity(chosen.try_feature_count().unwrap_or(0).min(1 << 24) as usize);
        for (i, feature) in chosen.features().enumerate() {
            let mut record = ByteRecord::with_capacity(header.len() * 8, header.len());
            for field in 0..header.len() {
                record.push_field(text_of(feature.field(field).ok().flatten()).as_bytes());
            }
            let place = match feature.geometry() {
                Some(geometry) if placed => point_of(geometry).map_err(|reason| BadCell {
                    file: file.clone(),
                    row_word: source.row_word(),
                    row: i + 1,
                    column: None,
                    value: String::new(),
                    reason,
                    remedy: "samples are points; use the centroids, or another layer".to_owned(),
                })?,
                _ => None,
            };
            rows.push((record, place));
        }
        Ok(Input { source, header, crs, decimal: Decimal::Point, body: Body::Features { rows, placed } })
    }

    fn layer_type(layer: &Layer<'_>) -> u32 {
        layer.defn().geom_fields().next().map_or(OGRwkbGeometryType::wkbNone, |field| field.field_type())
    }

    fn choose_layer<'a>(file: &str, dataset: &'a Dataset, name: Option<&str>) -> Result<Layer<'a>> {
        let names: Vec<String> = dataset.layers().map(|layer| layer.name()).collect();
        let layer = |index: usize| {
            dataset.layer(index).map_err(|error| Error::Unreadable { file: file.to_owned(), reason: error.to_string() })
        };
        if let Some(name) = name {
            let index = names.iter().position(|n| n == name).ok_or_else(|| Error::Unknown {
                file: file.to_owned(),
                what: "layer",
                name: name.to_owned(),
                available: names.clone(),
                nearest: super::super::spelling::nearest(name, names.iter().map(String::as_str)),
            })?;
            return layer(index);
        }
        match names.len() {
            0 => Err(Error::Table {
                file: file.to_owned(),
                reason: "has no layer".to_owned(),
                remedy: "export the samples again".to_owned(),
            }),
            1 => layer(0),
            _ => Err(Error::Table {
                file: file.to_owned(),
                reason: format!("has {} layers: {}", names.len(), names.join(", ")),
                remedy: "name one with --layer".to_owned(),
            }),
        }
    }

    /// A point, or the one point of a multi-point; `None` for an empty geometry.
    fn point_of(geometry: &Geometry) -> std::result::Result<Option<Coord>, String> {
        if !geometry.has_gdal_ptr() || geometry.is_empty() {
            return Ok(None);
        }
        match geometry_type_flatten(geometry.geometry_type()) {
            OGRwkbGeometryType::wkbPoint => {
                let (x, y, _) = geometry.get_point(0);
                Ok(Some([x, y]))
            }
            OGRwkbGeometryType::wkbMultiPoint if geometry.geometry_count() == 1 => {
                let (x, y, _) = geometry.get_geometry(0).get_point(0);
                Ok(Some([x, y]))
            }
            _ => Err(format!("has a geometry that is no single point ({})", geometry.geometry_name())),
        }
    }

    /// A field as text that reads back to the same number.
    fn text_of(value: Option<FieldValue>) -> String {
        match value {
            None => String::new(),
            Some(FieldValue::StringValue(text)) => text,
            Some(FieldValue::IntegerValue(number)) => number.to_string(),
            Some(FieldValue::Integer64Value(number)) => number.to_string(),
            Some(FieldValue::RealValue(number)) => number.to_string(),
            Some(FieldValue::DateValue(date)) => date.to_string(),
            Some(FieldValue::DateTimeValue(time)) => format!("{time:?}"), // RFC 3339
            Some(FieldValue::StringListValue(texts)) => texts.join(" "),
            Some(other) => format!("{other:?}"),
        }
    }
}
