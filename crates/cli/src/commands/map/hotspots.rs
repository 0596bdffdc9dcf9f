//! Hotspots out of the rasters of a map, and their files.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use soilscope_assess::hotspot::{Dropped, GridFrame, HotCell, HotspotSettings, HotspotTracer, Hotspots};
use soilscope_core::Coord;
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::{Feature, Value};

use crate::follow::check_interrupt;

/// What makes a cell hot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// The exceedance probability is at least this.
    Probability { at_least: f64 },
    /// The prediction is above the threshold: for methods without an error model.
    Prediction { above: f64 },
}

/// Hotspots in numbers, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HotspotRecord {
    pub(crate) rule: Rule,
    pub(crate) count: usize,
    /// CRS units squared.
    pub(crate) area: f64,
    pub(crate) samples_inside: usize,
    pub(crate) minimum_area: f64,
    pub(crate) dropped: Dropped,
}

/// Traces hotspots in rasters of one grid, row by row.
pub(crate) fn trace(
    prediction: &Path,
    exceedance: Option<&Path>,
    rule: Rule,
    minimum_area: f64,
    samples: &[Coord],
) -> Result<(Hotspots, HotspotRecord)> {
    let values = RasterIn::open(prediction, 1)?;
    let probabilities = exceedance.map(|path| RasterIn::open(path, 1)).transpose()?;
    let [west, width, _, north, _, height] =
        values.geotransform().with_context(|| format!("{} does not say where it is", prediction.display()))?;
    let frame = GridFrame { origin: [west, north], cell: [width, -height], columns: values.size()[0] };
    let settings = HotspotSettings { minimum_area, ..HotspotSettings::default() };
    let mut tracer = HotspotTracer::new(frame, settings)?;
    let mut probability_rows = probabilities.as_ref().map(RasterIn::rows);
    let mut hot = Vec::with_capacity(frame.columns);
    for row in values.rows() {
        check_interrupt("the hotspots were traced")?;
        let row = row?;
        let chances = probability_rows.as_mut().and_then(Iterator::next).transpose()?;
        hot.clear();
        hot.extend(row.iter().enumerate().map(|(column, value)| {
            let value = (*value)?;
            let probability = chances.as_ref().and_then(|c| c[column]);
            let is_hot = match rule {
                Rule::Probability { at_least } => probability.is_some_and(|p| p >= at_least),
                Rule::Prediction { above } => value > above,
            };
            is_hot.then_some(HotCell { value, probability })
        }));
        tracer.push_row(&hot);
    }
    let mut hotspots = tracer.finish();
    hotspots.count_samples(samples);
    let record = HotspotRecord {
        rule,
        count: hotspots.spots.len(),
        area: hotspots.area(),
        samples_inside: hotspots.spots.iter().map(|s| s.samples_inside).sum(),
        minimum_area,
        dropped: hotspots.dropped,
    };
    Ok((hotspots, record))
}

/// Hotspots as features, with what they stand for.
pub(crate) fn features(hotspots: &Hotspots, about: &[(&str, Value)]) -> Vec<Feature> {
    let feature = |spot: &soilscope_assess::hotspot::Hotspot| {
        let own = [
            ("id", Value::Integer(spot.id as i64)),
            ("area", Value::Real(spot.area)),
            ("cells", Value::Integer(spot.cells as i64)),
            ("mean", Value::Real(spot.mean_value)),
            ("maximum", Value::Real(spot.max_value)),
            ("mean_probability", spot.mean_probability.map_or(Value::Null, Value::Real)),
            ("samples_inside", Value::Integer(spot.samples_inside as i64)),
        ];
        let properties = own.iter().chain(about).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Feature { geometry: spot.geometry(), properties }
    };
    hotspots.spots.iter().map(feature).collect()
}
