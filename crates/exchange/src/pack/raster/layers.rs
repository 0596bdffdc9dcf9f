//! From a run to the rasters of a bundle.

use std::fs;
use std::path::Path;

use super::average::Averages;
use super::grid::{Grid, GridId};
use super::outline::Projection;
use super::products::Product;
use super::source::Source;
use super::write::{Draft, Written, blocks};
use super::{Grids, Layer, Mapset, Support};
use crate::pack::gdal_io::SmallCache;
use crate::pack::names::Naming;
use crate::pack::source::{Run, Variable, sum};
use crate::{Error, Result};

/// Writes the rasters of a map into the folders `rasters/gsp`, `rasters/glosis` and `rasters/national` of `into`, as far as `grids` has them.
///
/// Values are means over the area that a cell shares with those of the run, wherever at least half of it has any; classes are those of the
/// greater part. Equal runs give equal bytes, by the same GDAL. `progress` gets a line for each raster.
///
/// # Errors
/// A run whose rasters are not those of its record or no contents, a file that cannot be written, interrupted. What was written before an
/// error stays: the packer throws its whole folder away.
pub fn rasters(
    run: &Run,
    variable: &Variable,
    mapset: &Mapset,
    grids: &Grids,
    into: &Path,
    progress: &mut dyn FnMut(&str),
    interrupted: &dyn Fn() -> bool,
) -> Result<Vec<Layer>> {
    let _cache = SmallCache::new();
    let source = Source::open(run, variable)?;
    let mut layers = Vec::new();
    for grid in grids.iter() {
        let drafts = tempfile::Builder::new().prefix(".drafts-").tempdir_in(into);
        let drafts = drafts.map_err(|e| Error::unwritable(into, e))?;
        layers.extend(on_grid(&source, variable, mapset, grid, into, drafts.path(), progress, interrupted)?);
        drafts.close().map_err(|e| Error::unwritable(into, e))?;
    }
    Ok(layers)
}

/// A raster while its cells are computed.
struct Growing {
    product: Product,
    draft: Draft,
    raised: u64,
}

#[expect(clippy::too_many_arguments, reason = "what `rasters` has, and which of its grids")]
fn on_grid(
    source: &Source,
    variable: &Variable,
    mapset: &Mapset,
    grid: &Grid,
    into: &Path,
    drafts: &Path,
    progress: &mut dyn FnMut(&str),
    interrupted: &dyn Fn() -> bool,
) -> Result<Vec<Layer>> {
    let projection = Projection::new(grid, &source.cells)?;
    let support = Support::of(source, variable, &projection);
    let mut growing = Vec::new();
    for product in Product::of(source, variable) {
        let about = product.description(variable, mapset, &support);
        let path = drafts.join(format!("{}.tif", product.stat()));
        let draft = Draft::create(path, grid, product.values(), &about.colours, projection.side())?;
        growing.push(Growing { product, draft, raised: 0 });
    }
    let mut averages = Averages::new(source, &projection, source.hot(variable));
    for (first, size) in blocks(grid.size, projection.side()) {
        if interrupted() {
            return Err(Error::Interrupted);
        }
        let cells = averages.block(first, size, interrupted)?;
        for Growing { product, draft, raised } in &mut growing {
            let values = cells.iter().map(|cell| {
                let (value, below) = product.value(cell);
                *raised += u64::from(below);
                value
            });
            draft.put(first, size, values)?;
        }
    }
    let mut layers = Vec::new();
    for Growing { product, draft, raised } in growing {
        let mut about = product.description(variable, mapset, &support);
        if raised > 0 {
            about.band.push(("RAISED_TO_ZERO".to_owned(), raised.to_string()));
        }
        let names = names(product, mapset, grid);
        let (_, first) = &names[0];
        let path = into.join(first);
        make_folder(&path)?;
        progress(&format!("writing {first}"));
        let written = draft.finish(&path, &about, interrupted)?;
        let layer = describe(&path, product, mapset, grid, &about, written, raised, interrupted)?;
        for (flavour, name) in names {
            let to = into.join(&name);
            if to != path {
                make_folder(&to)?;
                fs::copy(&path, &to).map_err(|e| Error::unwritable(&to, e))?;
                if sum(&to, interrupted)? != (layer.bytes, layer.sha256.clone()) {
                    return Err(Error::unwritable(&to, "the copy is not what was copied"));
                }
            }
            let node_stat = if flavour == "glosis" { Naming::node_stat(product.stat()) } else { product.stat() };
            layers.push(Layer {
                path: name,
                flavour: flavour.to_owned(),
                node_stat: node_stat.to_owned(),
                ..layer.clone()
            });
        }
    }
    Ok(layers)
}

/// The folder and the path of each file that holds these cells.
fn names(product: Product, mapset: &Mapset, grid: &Grid) -> Vec<(&'static str, String)> {
    let (naming, stat) = (&mapset.naming, product.stat());
    if grid.id == GridId::National {
        return vec![("national", format!("rasters/national/{}", naming.national(stat, grid.epsg)))];
    }
    let gsp = product.gsp_kind().map(|kind| ("gsp", format!("rasters/gsp/{}", naming.gsp(kind))));
    let glosis = ("glosis", format!("rasters/glosis/{}", naming.glosis(stat)));
    gsp.into_iter().chain([glosis]).collect()
}

fn make_folder(file: &Path) -> Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|e| Error::unwritable(folder, e))
}

#[expect(clippy::too_many_arguments, reason = "all that is known of a file goes into its description")]
fn describe(
    path: &Path,
    product: Product,
    mapset: &Mapset,
    grid: &Grid,
    about: &super::write::Description,
    written: Written,
    raised_to_zero: u64,
    interrupted: &dyn Fn() -> bool,
) -> Result<Layer> {
    let (bytes, sha256) = sum(path, interrupted)?;
    let values = product.values();
    let statistics = written.statistics;
    Ok(Layer {
        path: String::new(),
        analyte: mapset.naming.analyte.clone(),
        flavour: String::new(),
        stat: product.stat().to_owned(),
        node_stat: String::new(),
        grid: grid.id.name().to_owned(),
        sha256,
        bytes,
        epsg: Some(grid.epsg),
        transform: grid.transform(),
        size: grid.size,
        data_type: values.name().to_owned(),
        nodata: values.nodata(),
        valid: written.valid,
        valid_percent: 100.0 * written.valid as f64 / (grid.size[0] as f64 * grid.size[1] as f64),
        min: statistics.map(|s| s.min),
        max: statistics.map(|s| s.max),
        mean: statistics.map(|s| s.mean),
        sd: statistics.map(|s| s.sd),
        quantiles: written.quantiles,
        unit: about.unit.clone(),
        description: about.text.clone(),
        classes: product.classes(),
        raised_to_zero,
        metadata: about.file.iter().chain(&about.band).cloned().collect(),
    })
}
