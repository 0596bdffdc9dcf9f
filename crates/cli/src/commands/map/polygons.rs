//! The files of a map's hotspots.

use std::path::PathBuf;

use anyhow::Result;
use soilscope_pipeline::io::vector::Value;

use super::Paths;
use crate::args::Map;
use crate::field::Field;
use crate::guideline::GuidelineRecord;
use crate::hotspots;
use crate::source::Source;

/// Where they go: GeoJSON is in longitude and latitude, which a local plane has not.
pub(super) fn vector_paths(paths: &Paths, source: &Source) -> Vec<PathBuf> {
    let mut files = vec![paths.of("hotspots.gpkg")];
    if !source.crs().is_local() {
        files.insert(0, paths.of("hotspots.geojson"));
    }
    files
}

/// Writes them, with what they are of.
#[allow(clippy::too_many_arguments, reason = "what a hotspot says of itself, each used once")]
pub(super) fn write_hotspots(
    args: &Map,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
    found: &hotspots::Traced,
    areas: Option<&[f64]>,
    files: &[PathBuf],
) -> Result<()> {
    let text = |t: &str| Value::Text(t.to_owned());
    let mut about = vec![
        ("analyte", text(source.analyte())),
        ("unit", field.unit(source).map_or(Value::Null, text)),
        ("threshold", args.decision.threshold.map_or(Value::Null, Value::Real)),
        ("confidence", if field.has_variance() { Value::Real(args.decision.confidence) } else { Value::Null }),
        ("rule", text(if field.has_variance() { "exceedance probability" } else { "prediction above threshold" })),
        ("distribution", field.distribution().map_or(Value::Null, |d| text(&d))),
    ];
    let limit = limit.map(GuidelineRecord::carried);
    about.extend(limit.iter().flat_map(|limit| limit.attributes()));
    let mut features = hotspots::features(found, areas, &about);
    if field.method.indicator.is_some() {
        hotspots::of_probabilities(&mut features);
    }
    for path in files {
        hotspots::files::write(path, "hotspots", &features, source.crs(), args.overwrite)?;
    }
    Ok(())
}
