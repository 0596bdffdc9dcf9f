//! Polygons of a run, as `docs/hotspots.md` describes them.

use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, LayerAccess};
use geo::{Geometry, MultiPolygon};

use crate::pack::gdal_io::{self, Hush};
use crate::{Error, Result};

/// More than any map has; a file that holds more is no run's.
const MOST: u64 = 1_000_000;

/// A hotspot of a run. Numbers that its kind of map does not have are `None`.
pub(crate) struct Polygon {
    pub(crate) id: u64,
    pub(crate) shape: MultiPolygon<f64>,
    pub(crate) mean: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) mean_probability: Option<f64>,
    pub(crate) samples_inside: u64,
    pub(crate) confidence: Option<f64>,
    pub(crate) threshold: Option<f64>,
    pub(crate) class: Option<String>,
    pub(crate) class_reason: Option<String>,
    pub(crate) untrusted_share: Option<f64>,
}

/// The coordinate system and the polygons of the layer `hotspots`, by number.
pub(super) fn polygons(path: &Path) -> Result<(SpatialRef, Vec<Polygon>)> {
    let dataset = gdal_io::open(path, "GPKG")?;
    let hush = Hush::new();
    let failed = |reason: String| Error::unreadable(path, reason);
    let mut layer = dataset.layer_by_name("hotspots").map_err(|e| failed(hush.reason(&e)))?;
    let crs = layer.spatial_ref().ok_or_else(|| failed("its layer has no coordinate system".to_owned()))?;
    if layer.feature_count() > MOST {
        return Err(failed(format!("it has {} polygons", layer.feature_count())));
    }
    let mut polygons = Vec::new();
    for feature in layer.features() {
        let shape = feature.geometry().and_then(|geometry| geometry.to_geo().ok());
        let shape = match shape {
            Some(Geometry::Polygon(polygon)) => MultiPolygon(vec![polygon]),
            Some(Geometry::MultiPolygon(polygons)) => polygons,
            _ => return Err(failed("a feature is no polygon".to_owned())),
        };
        let number = |name: &str| real(&feature, name);
        let id = number("id").filter(|n| *n >= 1.0 && n.fract() == 0.0);
        let id = id.ok_or_else(|| failed("a polygon has no number in 'id'".to_owned()))? as u64;
        let samples = number("samples_inside").filter(|n| *n >= 0.0);
        let samples = samples.ok_or_else(|| failed(format!("polygon {id} does not say how many samples it holds")))?;
        polygons.push(Polygon {
            id,
            shape,
            mean: number("mean"),
            maximum: number("maximum"),
            mean_probability: number("mean_probability"),
            samples_inside: samples as u64,
            confidence: number("confidence"),
            threshold: number("threshold"),
            class: text(&feature, "class"),
            class_reason: text(&feature, "class_reason"),
            untrusted_share: number("untrusted_share"),
        });
    }
    if let Some(reason) = hush.failure() {
        return Err(failed(reason));
    }
    polygons.sort_by_key(|polygon| polygon.id);
    Ok((gdal_io::traditional(crs), polygons))
}

fn real(feature: &Feature<'_>, name: &str) -> Option<f64> {
    let at = feature.field_index(name).ok()?;
    feature.field_as_double(at).ok().flatten().filter(|n| n.is_finite())
}

fn text(feature: &Feature<'_>, name: &str) -> Option<String> {
    let at = feature.field_index(name).ok()?;
    feature.field_as_string(at).ok().flatten().filter(|text| !text.is_empty())
}
