//! What the finished rasters give away of protected sites.

use std::path::Path;

use gdal::Dataset;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use super::entry::Bundle;
use super::raster::Layer;
use crate::privacy::measure::{Minima, minima};
use crate::{Error, Result};

/// How many protected sites lie at local minima of a layer of prediction errors.
#[derive(Debug)]
pub(super) struct Recovered {
    /// The layer's file.
    pub(super) layer: String,
    /// Side of a cell in metres, roughly: of a degree of latitude where it is in degrees.
    pub(super) cell_m: f64,
    /// What was found.
    pub(super) minima: Minima,
}

/// Looks for protected sites in every layer of standard deviations, each grid once.
pub(super) fn recovered(root: &Path, bundle: &Bundle<'_>) -> Result<Vec<Recovered>> {
    let mut all = Vec::new();
    if bundle.points.truth.is_empty() {
        return Ok(all);
    }
    let layers = bundle.entries.iter().flat_map(|e| &e.layers).filter(|l| l.stat == "SDEV" && l.flavour != "gsp");
    for layer in layers {
        let cells = cells(&root.join(&layer.path), layer)?;
        let sites = sites(&bundle.points.truth, layer)?;
        let minima = minima(&cells, layer.size, &sites);
        let metres = if layer.epsg == Some(4326) { 111_195.08 } else { 1.0 };
        all.push(Recovered { layer: layer.path.clone(), cell_m: layer.transform[1] * metres, minima });
    }
    Ok(all)
}

/// Values of a layer, `NaN` where there is none.
fn cells(path: &Path, layer: &Layer) -> Result<Vec<f32>> {
    let read = |e: gdal::errors::GdalError| Error::unreadable(path, e);
    let band = Dataset::open(path).map_err(read)?;
    let band = band.rasterband(1).map_err(read)?;
    let [columns, rows] = layer.size;
    let values = band.read_as::<f32>((0, 0), (columns, rows), (columns, rows), None).map_err(read)?;
    #[allow(clippy::cast_possible_truncation)]
    let nodata = layer.nodata as f32;
    Ok(values.data().iter().map(|v| if *v == nodata { f32::NAN } else { *v }).collect())
}

/// Places as columns and rows of a layer, with fractions.
fn sites(places: &[[f64; 2]], layer: &Layer) -> Result<Vec<[f64; 2]>> {
    let mut xs: Vec<f64> = places.iter().map(|p| p[0]).collect();
    let mut ys: Vec<f64> = places.iter().map(|p| p[1]).collect();
    if let Some(epsg) = layer.epsg.filter(|epsg| *epsg != 4326) {
        let failed = |e: gdal::errors::GdalError| Error::unreadable(&layer.path, e);
        let system = |epsg| -> Result<SpatialRef> {
            let mut system = SpatialRef::from_epsg(epsg).map_err(failed)?;
            system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
            Ok(system)
        };
        let transform = CoordTransform::new(&system(4326)?, &system(epsg)?).map_err(failed)?;
        transform.transform_coords(&mut xs, &mut ys, &mut []).map_err(failed)?;
    }
    let [west, width, _, north, _, height] = layer.transform;
    Ok(xs.into_iter().zip(ys).map(|(x, y)| [(x - west) / width, (y - north) / height]).collect())
}
