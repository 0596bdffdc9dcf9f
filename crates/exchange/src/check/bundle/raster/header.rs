//! What a raster says of itself: R001–R004, R008, R015–R018.

use crate::check::Findings;
use crate::check::bundle::naming::pattern::{Name, file_name};
use crate::check::bundle::{Facts, Flavour, RasterFacts};
use crate::tables::{self, LayerStat};

/// 30 arc seconds, in degrees.
const ARC_SECONDS_30: f64 = 1.0 / 120.0;
/// What a 250 m cell of FAO's products rounds to at five decimals.
const ROUNDED_250: &str = "0.00225";
/// Width and height of a tile, and the most of the smallest overview.
const TILE: u64 = 512;

pub(super) fn judge(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.rasters.values().any(|r| matches!(r.flavour, Flavour::Gsp | Flavour::Glosis)) {
        facts.skip("R003", "no raster in the gsp and glosis folders");
        facts.limit("R002", "no raster in the gsp and glosis folders, which must be in EPSG:4326");
    }
    for raster in facts.rasters.values() {
        let published = matches!(raster.flavour, Flavour::Gsp | Flavour::Glosis);
        bands_and_system(raster, published, findings);
        cells(raster, published, findings);
        nodata(raster, findings);
        layout(raster, findings);
        described(raster, findings);
        // An integer variant with scale is allowed under national/ only; Float32 has none anywhere.
        if raster.data_type == "Float32" && (raster.scale.is_some() || raster.offset.is_some()) {
            let found = format!("scale {:?}, offset {:?}", raster.scale.unwrap_or(1.0), raster.offset.unwrap_or(0.0));
            findings.add("R018", &raster.path, "band 1", found, "neither on Float32");
        }
    }
}

fn bands_and_system(raster: &RasterFacts, published: bool, findings: &mut Findings) {
    let path = &raster.path;
    if published && raster.bands != 1 {
        findings.add("R001", path, "", format!("{} bands", raster.bands), "one band");
    }
    if raster.wkt.is_empty() {
        findings.add("R002", path, "", "no coordinate system", if published { "EPSG:4326" } else { "one" });
    } else if published && raster.epsg != Some(4326) {
        findings.add("R002", path, "", system(raster), "EPSG:4326");
    } else if raster.flavour == Flavour::National {
        let named = Name::read(raster.flavour, file_name(path));
        if let Some(code) = named.and_then(|n| n.epsg).filter(|&code| raster.epsg != Some(code)) {
            findings.add("R002", path, "", system(raster), format!("EPSG:{code}, as its name says"));
        }
    }
}

fn system(raster: &RasterFacts) -> String {
    raster.epsg.map_or_else(|| raster.crs_name.clone(), |code| format!("EPSG:{code}"))
}

fn cells(raster: &RasterFacts, published: bool, findings: &mut Findings) {
    let [_, width, turned, _, turned_too, height] = raster.transform;
    let path = &raster.path;
    if turned != 0.0 || turned_too != 0.0 {
        findings.add("R004", path, "", "rotated or sheared", "no rotation");
    } else if width < 0.0 || height > 0.0 {
        findings.add("R004", path, "", "not north up", "north up, west left");
    } else if !((width + height).abs() <= 1e-9 * width.abs()) {
        findings.add("R004", path, "", format!("cells of {width} × {}", -height), "square cells");
    }
    // In degrees the two products have their sizes; other units are what R002 is about.
    if published && !raster.projected && product_cell(width).is_none() {
        findings.add(
            "R003",
            path,
            "",
            format!("cells of {width} degrees"),
            "1/120 degree, or 0.00225 as rounded to five decimals",
        );
    }
}

/// The exact cell of the product that a cell size belongs to, in degrees.
pub(super) fn product_cell(size: f64) -> Option<f64> {
    if (size.abs() - ARC_SECONDS_30).abs() <= 1e-6 {
        Some(ARC_SECONDS_30)
    } else if format!("{:.5}", size.abs()) == ROUNDED_250 {
        tables::grids().pointer("/gsn250/cell_deg").and_then(serde_json::Value::as_f64)
    } else {
        None
    }
}

/// What a raster of this statistic (else of this type) must declare as nodata.
pub(super) fn expected_nodata(raster: &RasterFacts) -> f64 {
    let row: Option<&LayerStat> = raster.stat.as_deref().and_then(tables::layer_stat);
    // A variant of another type under national/ cannot hold the table's value.
    let fits = row.filter(|row| row.data_type == raster.data_type || raster.flavour != Flavour::National);
    fits.map_or_else(
        || match raster.data_type.as_str() {
            "UInt8" => 255.0,
            "UInt16" => 65535.0,
            _ => -9999.0,
        },
        |row| row.nodata,
    )
}

fn nodata(raster: &RasterFacts, findings: &mut Findings) {
    let expected = expected_nodata(raster);
    // As the text of the tag has it: GDAL would turn what is no number into one.
    let declared = raster.tags.nodata.as_deref().map(str::trim);
    match declared {
        None => findings.add("R008", &raster.path, "band 1", "none", expected),
        Some(text) if text.parse() != Ok(expected) => findings.add("R008", &raster.path, "band 1", text, expected),
        Some(_) => {}
    }
}

fn layout(raster: &RasterFacts, findings: &mut Findings) {
    let path = &raster.path;
    let images: Vec<_> = raster.tags.directories.iter().filter(|d| !d.mask).collect();
    let Some(full) = images.first() else { return };
    let mut wrong = |found: String, expected: &str| findings.add("R015", path, "", found, expected);
    match full.tile {
        None => wrong("strips".to_owned(), "tiles of 512 × 512"),
        Some([w, h]) if [w, h] != [TILE, TILE] => wrong(format!("tiles of {w} × {h}"), "tiles of 512 × 512"),
        Some(_) => {}
    }
    let smallest = images.iter().filter(|d| d.reduced).map(|d| d.width.max(d.height)).min();
    let smallest = smallest.unwrap_or(u64::MAX).min(full.width.max(full.height));
    if smallest > TILE {
        wrong(
            format!("the smallest image has {smallest} cells on its larger side"),
            "internal overviews down to 512 or less",
        );
    }
    let last = raster.tags.directories.iter().map(|d| d.at).max();
    let data = raster.tags.directories.iter().filter_map(|d| d.data).min();
    if data.zip(last).is_some_and(|(data, last)| data < last) {
        wrong("data before a directory".to_owned(), "all directories before the data");
    }
    if raster.tags.promise.as_deref().is_some_and(|p| p.contains("KNOWN_INCOMPATIBLE_EDITION=YES")) {
        wrong("edited after it was laid out".to_owned(), "the layout that its header promises");
    }
    // 5 LZW, 8 and 32946 DEFLATE, 50000 ZSTD.
    if !matches!(full.compression, 5 | 8 | 32946 | 50000) {
        findings.add(
            "R016",
            path,
            "",
            format!("compression {}", full.compression),
            "DEFLATE (8), ZSTD (50000) or LZW (5)",
        );
    }
}

fn described(raster: &RasterFacts, findings: &mut Findings) {
    let mut missing = Vec::new();
    if raster.description.trim().is_empty() {
        missing.push("description");
    }
    let row = raster.stat.as_deref().and_then(tables::layer_stat);
    // Classes and counts have no unit to give.
    if raster.unit.trim().is_empty() && !row.is_some_and(|r| matches!(r.unit.as_str(), "class" | "dimensionless")) {
        missing.push("unit");
    }
    let statistics = ["MINIMUM", "MAXIMUM", "MEAN", "STDDEV"];
    let number =
        |name| raster.band_metadata.get(&format!("STATISTICS_{name}")).is_some_and(|v| v.trim().parse::<f64>().is_ok());
    if !statistics.into_iter().all(number) {
        missing.push("statistics");
    }
    if !missing.is_empty() {
        let found = format!("no {}", missing.join(", no "));
        findings.add(
            "R017",
            &raster.path,
            "band 1",
            found,
            "description, unit and statistics in the GDAL metadata tag",
        );
    }
}
