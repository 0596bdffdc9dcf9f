//! Strips of a raster on their way: plain GeoTIFFs, and all of them seen as one raster.

use std::path::Path;

use gdal::cpl::CslStringList;
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, Driver, Metadata};

use super::{NO_CLASS, NODATA, driver};
use crate::Result;
use crate::grid::{Grid, GridCrs};
use crate::io::ffi;
use crate::product::RasterFile;
use crate::strips::Strips;
use crate::summary::Summary;

/// How a file spells a cell without a value.
fn nodata(product: &RasterFile) -> f64 {
    if product.classes { f64::from(NO_CLASS) } else { f64::from(NODATA) }
}

/// Side of the blocks. A block that is a tile is written once; TIFF blocks are multiples of 16.
fn block(tile: usize) -> usize {
    if tile.is_multiple_of(16) && (64..=1024).contains(&tile) { tile } else { 256 }
}

fn create(
    driver: &Driver,
    product: &RasterFile,
    path: &Path,
    [columns, rows]: [usize; 2],
    creation: &CslStringList,
) -> gdal::errors::Result<Dataset> {
    let bands = product.bands.len();
    let dataset = if product.classes {
        driver.create_with_band_type_with_options::<u8, _>(path, columns, rows, bands, creation)?
    } else {
        driver.create_with_band_type_with_options::<f32, _>(path, columns, rows, bands, creation)?
    };
    for band in 1..=bands {
        dataset.rasterband(band)?.set_no_data_value(Some(nodata(product)))?;
    }
    Ok(dataset)
}

/// A plain GeoTIFF that takes the tiles of some rows as they come. Blocks that never come take no room.
pub(super) fn create_piece(
    gtiff: &Driver,
    grid: &Grid,
    rows: std::ops::Range<usize>,
    product: &RasterFile,
    path: &Path,
    tile: usize,
) -> gdal::errors::Result<Dataset> {
    let block = block(tile).to_string();
    let mut creation = CslStringList::new();
    for (name, value) in [
        ("TILED", "YES"),
        ("BLOCKXSIZE", &block),
        ("BLOCKYSIZE", &block),
        ("SPARSE_OK", "TRUE"),
        ("BIGTIFF", "IF_SAFER"),
        ("INTERLEAVE", "BAND"),
    ] {
        creation.set_name_value(name, value)?;
    }
    let mut dataset = create(gtiff, product, path, [grid.size()[0], rows.len()], &creation)?;
    let mut place = grid.geotransform();
    place[3] += place[5] * rows.start as f64;
    place_at(&mut dataset, grid, &place)?;
    Ok(dataset)
}

fn place_at(dataset: &mut Dataset, grid: &Grid, place: &[f64; 6]) -> gdal::errors::Result<()> {
    dataset.set_geo_transform(place)?;
    if let GridCrs::Wkt(wkt) = grid.crs() {
        dataset.set_spatial_ref(&SpatialRef::from_wkt(wkt)?)?;
    }
    Ok(())
}

/// The raster of which `pieces`, by number of strip, are the parts: a virtual one, with all that describes the file.
pub(super) fn join(
    grid: &Grid,
    strips: &Strips,
    product: &RasterFile,
    pieces: &[(usize, &Path)],
    tile: usize,
) -> Result<gdal::errors::Result<Dataset>> {
    let vrt = driver("VRT")?;
    Ok(join_with(&vrt, grid, strips, product, pieces, tile))
}

fn join_with(
    vrt: &Driver,
    grid: &Grid,
    strips: &Strips,
    product: &RasterFile,
    pieces: &[(usize, &Path)],
    tile: usize,
) -> gdal::errors::Result<Dataset> {
    let mut dataset = create(vrt, product, Path::new(""), grid.size(), &CslStringList::new())?;
    place_at(&mut dataset, grid, &grid.geotransform())?;
    for (name, value) in &product.metadata {
        dataset.set_metadata_item(name, value, "")?;
    }
    let (columns, block) = (grid.size()[0], block(tile));
    let kind = if product.classes { "Byte" } else { "Float32" };
    for (i, description) in product.bands.iter().enumerate() {
        let number = i + 1;
        let mut band = dataset.rasterband(number)?;
        band.set_description(description)?;
        if !ffi::set_unit(&mut band, &product.unit) {
            return Err(gdal::errors::GdalError::BadArgument(format!("the unit '{}'", product.unit)));
        }
        for (nth, (strip, path)) in pieces.iter().enumerate() {
            let (first, rows) = (strips.rows(*strip).start, strips.rows(*strip).len());
            let source = format!(
                "<SimpleSource><SourceFilename relativeToVRT=\"0\">{}</SourceFilename><SourceBand>{number}</SourceBand>\
                 <SourceProperties RasterXSize=\"{columns}\" RasterYSize=\"{rows}\" DataType=\"{kind}\" \
                 BlockXSize=\"{block}\" BlockYSize=\"{block}\"/>\
                 <SrcRect xOff=\"0\" yOff=\"0\" xSize=\"{columns}\" ySize=\"{rows}\"/>\
                 <DstRect xOff=\"0\" yOff=\"{first}\" xSize=\"{columns}\" ySize=\"{rows}\"/></SimpleSource>",
                escaped(&path.to_string_lossy())
            );
            band.set_metadata_item(&format!("source_{nth}"), &source, "new_vrt_sources")?;
        }
    }
    Ok(dataset)
}

/// Text within an XML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Statistics in the file, so that `gdalinfo` and a GIS need not read it all; the copy takes them over.
pub(super) fn describe_statistics(
    dataset: &Dataset,
    band: usize,
    summary: &Summary,
    cells: u64,
) -> gdal::errors::Result<()> {
    let Some(statistics) = summary.finish() else { return Ok(()) };
    let mut band = dataset.rasterband(band)?;
    let percent = 100.0 * statistics.count as f64 / cells as f64;
    for (name, value) in [
        ("STATISTICS_MINIMUM", statistics.min.to_string()),
        ("STATISTICS_MAXIMUM", statistics.max.to_string()),
        ("STATISTICS_MEAN", statistics.mean.to_string()),
        ("STATISTICS_STDDEV", statistics.standard_deviation.to_string()),
        ("STATISTICS_VALID_PERCENT", format!("{percent:.4}")),
    ] {
        band.set_metadata_item(name, &value, "")?;
    }
    Ok(())
}
