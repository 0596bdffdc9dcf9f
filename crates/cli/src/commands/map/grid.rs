//! The grid and masks that were asked for, or sensible ones.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::metric::Metric;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::grid::{Bounds, Grid, GridCrs, suggested_cell};
use soilscope_pipeline::io::mask_in::{RasterMask, read_polygons};
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::mask::{self, All, Polygons, WithinOfSamples};

use super::frame::FIRST;
use crate::args::GridArgs;
use crate::source::Source;
use crate::words::{CovariateRaster, Mask};

/// The grid, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GridRecord {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) cell: [f64; 2],
    pub(crate) bounds: [f64; 4],
    /// Where the cell size comes from.
    pub(crate) cell_from: &'static str,
    /// Where the extent comes from.
    pub(crate) extent_from: &'static str,
    pub(crate) masks: Vec<String>,
}

/// Files that shape the grid.
pub(crate) fn files(args: &GridArgs) -> Vec<(&'static str, &Path)> {
    let masks = args.mask.iter().filter_map(|m| match m {
        Mask::File(path) => Some(("mask", path.as_path())),
        Mask::NearSamples(_) => None,
    });
    args.like.iter().map(|p| ("template", p.as_path())).chain(masks).collect()
}

/// Builds mask and grid for the samples' working CRS; `rasters` are those of covariates.
pub(crate) fn build(
    args: &GridArgs,
    rasters: &[CovariateRaster],
    source: &Source,
) -> Result<(Grid, Option<All>, GridRecord)> {
    let crs = source.crs();
    let grid_crs = crs.to_wkt().map_or(GridCrs::Local, |wkt| GridCrs::Wkt(wkt.to_owned()));
    let (masks, mask_extent) = masks(args, source)?;
    let samples_extent = Bounds::around(source.samples().coords().iter().copied());
    let margin = margin(args, source.samples());
    let (extent, extent_from) = match (&args.bounds[..], mask_extent) {
        ([xmin, ymin, xmax, ymax], _) => {
            ensure!(
                xmin < xmax && ymin < ymax,
                "--bounds are xmin,ymin,xmax,ymax: {xmin},{ymin},{xmax},{ymax} has no area"
            );
            (Bounds { min: [*xmin, *ymin], max: [*xmax, *ymax] }, "--bounds, outward to whole cells")
        }
        ([], Some((bounds, _))) => (bounds, "mask polygons, outward to whole cells"),
        ([], None) => {
            let Bounds { min, max } = samples_extent.context("the samples have no extent")?;
            let [east, north] = margin;
            let mut widened = Bounds { min: [min[0] - east, min[1] - north], max: [max[0] + east, max[1] + north] };
            if source.samples().metric().is_sphere() {
                widened.min = [widened.min[0].max(-180.0), widened.min[1].max(-90.0)];
                widened.max = [widened.max[0].min(180.0), widened.max[1].min(90.0)];
            }
            (widened, "samples and --mask samples:DISTANCE, outward to whole cells")
        }
        (other, _) => bail!("--bounds takes 4 numbers, xmin,ymin,xmax,ymax; {} were given", other.len()),
    };
    // Where nothing is said of the grid it is that on which the covariates are known.
    let of_covariate = rasters.first().filter(|_| args.cell.is_none() && args.bounds.is_empty());
    let (grid, cell_from, extent_from) = if let Some(path) = &args.like {
        (RasterIn::open(path, 1)?.grid(args.max_cells)?, "template", "template")
    } else if let Some(raster) = of_covariate {
        (RasterIn::open(&raster.path, 1)?.grid(args.max_cells)?, "covariate raster", "covariate raster")
    } else {
        let (cell, from) = match args.cell {
            Some(cell) => (cell, "--cell"),
            None => {
                let area = mask_extent.map_or_else(|| samples_extent.map_or(0.0, |b| b.area()), |(_, area)| area);
                let cell = suggested_cell(area, source.samples().len())
                    .context("the samples span no area: state --cell and --bounds")?;
                (cell, "0.0791 sqrt(area / samples), rounded (Hengl 2006)")
            }
        };
        (Grid::covering(extent, [cell, cell], grid_crs, args.max_cells)?, from, extent_from)
    };
    let record = GridRecord::new(&grid, args, cell_from, extent_from);
    Ok((grid, masks, record))
}

/// Builds the mask for the samples' working CRS on the grid of another map.
pub(super) fn build_on(grid: &Grid, args: &GridArgs, source: &Source) -> Result<(Grid, Option<All>, GridRecord)> {
    let from = if args.like.is_some() { "template" } else { FIRST };
    Ok((grid.clone(), masks(args, source)?.0, GridRecord::new(grid, args, from, from)))
}

impl GridRecord {
    fn new(grid: &Grid, args: &GridArgs, cell_from: &'static str, extent_from: &'static str) -> Self {
        let Bounds { min, max } = grid.bounds();
        let mask = |mask: &Mask| match mask {
            Mask::File(path) => path.display().to_string(),
            Mask::NearSamples(distance) => format!("within {distance} of a sample"),
        };
        Self {
            columns: grid.size()[0],
            rows: grid.size()[1],
            cell: grid.cell(),
            bounds: [min[0], min[1], max[0], max[1]],
            cell_from,
            extent_from,
            masks: args.mask.iter().map(mask).collect(),
        }
    }
}

/// How far beyond the samples the map reaches to the east and north, in units of the coordinates: as far as every mask
/// around samples lets it.
fn margin(args: &GridArgs, samples: &Samples) -> [f64; 2] {
    let distances = args.mask.iter().filter_map(|m| if let Mask::NearSamples(d) = m { Some(*d) } else { None });
    let distance = distances.reduce(f64::min).unwrap_or(0.0);
    let Metric::Sphere { radius } = samples.metric() else { return [distance; 2] };
    let north = (distance / radius).to_degrees();
    let (low, high) = samples.bounds();
    let furthest = (low[1].abs().max(high[1].abs()) + north).min(89.9);
    [north / furthest.to_radians().cos(), north]
}

/// Whose CRS a template sets.
pub(crate) const TEMPLATE: &str = "the raster of --like";

/// The CRS in which the map is computed, where a template sets it.
pub(crate) fn template_crs(args: &GridArgs) -> Result<Option<Crs>> {
    let Some(path) = &args.like else { return Ok(None) };
    let wkt = RasterIn::open(path, 1)?.wkt();
    Ok(Some(wkt.map_or_else(|| Ok(Crs::local()), |wkt| Crs::parse(&wkt))?))
}

/// All masks as one, with extent and area of its polygons.
#[allow(clippy::type_complexity, reason = "used once, right below")]
fn masks(args: &GridArgs, source: &Source) -> Result<(Option<All>, Option<(Bounds, f64)>)> {
    let mut all: Vec<Box<dyn mask::Mask>> = Vec::new();
    let mut extent: Option<(Bounds, f64)> = None;
    for mask in &args.mask {
        match mask {
            Mask::NearSamples(distance) => {
                let samples = source.samples();
                all.push(Box::new(WithinOfSamples::with_metric(samples.coords(), samples.metric(), *distance)?));
            }
            Mask::File(path) if is_raster(path) => {
                let raster = RasterMask::open(path, 1)?;
                let crs = mask_crs(args, raster.wkt(), source)?;
                ensure!(
                    crs.same_as(source.crs()),
                    "{}: the mask raster is in {}, the map in {}: warp the mask (gdalwarp -t_srs), or use --out-crs",
                    path.display(),
                    crs.title(),
                    source.crs().title()
                );
                all.push(Box::new(raster));
            }
            Mask::File(path) => {
                let file = read_polygons(path, None)?;
                let crs = mask_crs(args, file.wkt.as_deref(), source)?;
                let polygons = if crs.same_as(source.crs()) {
                    Polygons::new(&file.polygons)
                } else {
                    let transformer = Transformer::new(&crs, source.crs())?;
                    Polygons::transformed(&file.polygons, |c| transformer.forward(c))
                }
                .with_context(|| format!("{}", path.display()))?;
                if extent.is_none() {
                    extent = Some((polygons.bounds(), polygons.area()));
                }
                all.push(Box::new(polygons));
            }
        }
    }
    Ok(((!all.is_empty()).then_some(All(all)), extent))
}

/// The CRS of a mask: its own, the one that was stated for files that do not say it, or the samples'.
pub(crate) fn mask_crs(args: &GridArgs, own: Option<&str>, source: &Source) -> Result<Crs> {
    Ok(match (own, &args.mask_crs) {
        (Some(wkt), _) => Crs::parse(wkt)?,
        (None, Some(stated)) => Crs::parse(stated)?,
        (None, None) => source.file_crs().clone(),
    })
}

/// Whether a mask file is a raster: told by its ending, as people do.
fn is_raster(path: &Path) -> bool {
    const ENDINGS: [&str; 8] = ["tif", "tiff", "vrt", "img", "asc", "nc", "grd", "bil"];
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}
