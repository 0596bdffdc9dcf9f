//! What is read once of a bundle before its rules are asked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use gdal::raster::GdalDataType;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use gdal::{Dataset, Metadata};
use serde_json::Value;

use crate::check::Findings;
use crate::{Error, Result};

use super::naming::pattern::{Name, file_name};
use super::tiff::Tiff;
use super::{CheckOptions, Facts, Flavour, Folder, Layer, RasterFacts, local, manifest};

/// Most columns or rows of a raster.
const WIDEST: u64 = 1 << 18;
/// Most cells of a raster: four times the land grid of 30 arc seconds.
const MOST_CELLS: u64 = 4 << 30;
/// Most bytes of values that one byte of a file may declare: an empty tile of a megabyte costs sixteen bytes of tags.
const MOST_PER_BYTE: u64 = 1 << 17;
/// Most cells of one block.
const LARGEST_BLOCK: usize = 64 << 20;

/// Reads what the rules share. Rasters that do not open are findings (R001).
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn gather<'a>(folder: &Folder, options: &'a CheckOptions<'a>, findings: &mut Findings) -> Result<Facts<'a>> {
    let bundle = folder.json("bundle.json");
    let layers = bundle.as_ref().map(layers).unwrap_or_default();
    let mut facts = Facts {
        bundle,
        run: folder.json("provenance/run.json"),
        layers,
        rasters: BTreeMap::new(),
        sums: manifest::sums_of_all(folder, options.interrupted)?,
        tables: BTreeMap::new(),
        options,
        skipped: Default::default(),
        limited: Default::default(),
    };
    for path in folder.files.keys().filter(|p| is_tiff(p)) {
        if facts.interrupted() {
            return Err(Error::Interrupted);
        }
        match describe(folder, path, &facts.layers) {
            Ok(raster) => {
                facts.rasters.insert(path.clone(), raster);
            }
            Err(why) => findings.add("R001", path, "", why, "a GeoTIFF that opens"),
        }
    }
    Ok(facts)
}

/// Whether a file calls itself TIFF.
pub(super) fn is_tiff(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".tif") || lower.ends_with(".tiff")
}

fn layers(bundle: &Value) -> Vec<Layer> {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mapsets = bundle.get("mapsets").and_then(Value::as_array).into_iter().flatten();
    mapsets
        .flat_map(|mapset| {
            mapset.get("layers").and_then(Value::as_array).into_iter().flatten().map(move |layer| Layer {
                mapset: text(mapset, "mapset_id"),
                path: text(layer, "path"),
                stat: text(layer, "stat"),
                grid: text(layer, "grid"),
                analyte: text(mapset, "analyte_code"),
                unit: text(mapset, "unit"),
                upper: mapset.get("upper_depth_cm").and_then(Value::as_f64),
                lower: mapset.get("lower_depth_cm").and_then(Value::as_f64),
            })
        })
        .collect()
}

/// What a GeoTIFF of the bundle says of itself.
///
/// # Errors
/// In words, if it does not open as GeoTIFF or declares what its bytes cannot hold.
pub(super) fn describe(folder: &Folder, path: &str, layers: &[Layer]) -> Result<RasterFacts, String> {
    let bytes = folder.files.get(path).copied().ok_or("there is no such regular file")?;
    let file = folder.path(path).ok_or("it is no regular file any more")?;
    let tags = Tiff::read(BufReader::new(File::open(file).map_err(|e| e.kind().to_string())?))?;
    sane(&tags, bytes)?;
    let set = local::raster(folder, path)?;
    let flavour = Flavour::of(path);
    let name = Name::read(flavour, file_name(path));
    let layer = layers.iter().find(|l| l.path == path);
    let mut raster = of_dataset(&set, path, flavour, tags)?;
    raster.stat = layer.map(|l| l.stat.clone()).or_else(|| name.as_ref()?.stat.clone());
    raster.grid = layer.map(|l| l.grid.clone());
    raster.mapset = layer.map(|l| l.mapset.clone()).or_else(|| name.as_ref()?.mapset());
    Ok(raster)
}

/// Whether what the tags declare can stand in a file of so many bytes.
fn sane(tags: &Tiff, bytes: u64) -> Result<(), String> {
    for d in &tags.directories {
        let cells = d.width.saturating_mul(d.height);
        if d.width == 0 || d.height == 0 {
            return Err("it declares an image without cells".to_owned());
        }
        if d.width > WIDEST || d.height > WIDEST || cells > MOST_CELLS || cells / MOST_PER_BYTE > bytes {
            return Err(format!("it declares {} × {} cells in {bytes} bytes", d.width, d.height));
        }
        if d.tile.is_some_and(|[w, h]| w == 0 || h == 0 || w.saturating_mul(h) > LARGEST_BLOCK as u64) {
            return Err("it declares tiles that nobody could hold".to_owned());
        }
    }
    Ok(())
}

fn of_dataset(set: &Dataset, path: &str, flavour: Flavour, tags: Tiff) -> Result<RasterFacts, String> {
    let bands = set.raster_count();
    let (columns, rows) = set.raster_size();
    if bands == 0 {
        return Err("it has no band".to_owned());
    }
    let band = set.rasterband(1).map_err(|e| e.to_string())?;
    let (w, h) = band.block_size();
    if w.saturating_mul(h) > LARGEST_BLOCK {
        return Err(format!("its values stand in blocks of {w} × {h} cells"));
    }
    let mut system = set.spatial_ref().ok();
    let epsg = system.as_mut().and_then(epsg);
    let mut raster = RasterFacts {
        path: path.to_owned(),
        flavour,
        epsg,
        crs_name: system.as_ref().and_then(SpatialRef::name).unwrap_or_default(),
        wkt: system.as_ref().and_then(|s| s.to_wkt().ok()).unwrap_or_default(),
        projected: system.as_ref().is_some_and(SpatialRef::is_projected),
        transform: set.geo_transform().map_err(|_| "it has no position (no tie point and no cell size)")?,
        size: [columns, rows],
        bands,
        nodata: band.no_data_value(),
        data_type: type_name(band.band_type()),
        scale: band.scale(),
        offset: band.offset(),
        description: band.description().unwrap_or_default(),
        unit: band.unit(),
        metadata: items(set),
        band_metadata: items(&band),
        tags,
        stat: None,
        grid: None,
        mapset: None,
        bounds_wgs84: None,
    };
    raster.bounds_wgs84 = system.and_then(|s| geographic(s, raster.bounds()));
    Ok(raster)
}

/// The code of EPSG, as the file has it, else where GDAL is sure of it.
fn epsg(system: &mut SpatialRef) -> Option<u32> {
    if system.auth_code().is_err() {
        system.auto_identify_epsg().ok()?;
    }
    (system.auth_name()? == "EPSG").then(|| system.auth_code().ok()).flatten().and_then(|code| u32::try_from(code).ok())
}

fn geographic(mut from: SpatialRef, bounds: [f64; 4]) -> Option<[f64; 4]> {
    let mut to = SpatialRef::from_epsg(4326).ok()?;
    to.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    from.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    if !bounds.iter().all(|v| v.is_finite()) {
        return None;
    }
    let bounds = CoordTransform::new(&from, &to).ok()?.transform_bounds(&bounds, 21).ok()?;
    bounds.iter().all(|v| v.is_finite()).then_some(bounds)
}

/// A band's type by the names of `layer_stats.csv`.
fn type_name(of: GdalDataType) -> String {
    match of {
        GdalDataType::UInt8 => "UInt8".to_owned(),
        other => other.name(),
    }
}

fn items(of: &impl Metadata) -> BTreeMap<String, String> {
    let pairs = of.metadata_domain("").unwrap_or_default();
    pairs.iter().filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}
