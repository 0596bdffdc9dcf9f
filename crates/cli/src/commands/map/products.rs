//! Which rasters a map is made of, and how they describe themselves.

use soilscope_core::support::Support;
use soilscope_pipeline::product::{Layer, Product};

use super::Paths;
use super::trust::TrustRecord;
use crate::args::{Map, RasterChoice, ScaleChoice};
use crate::field::Field;
use crate::guideline::GuidelineRecord;
use crate::source::Source;
use crate::words::{transform_name, transformed};

/// The layers that the method can give and the user asked for.
fn layers(args: &Map, field: &Field) -> Vec<Layer> {
    let mut layers = vec![Layer::Prediction];
    if field.has_variance() {
        layers.push(Layer::StandardDeviation);
        // The prediction of an indicator is the probability itself.
        let threshold = args.decision.threshold.filter(|_| field.method.indicator.is_none());
        layers.extend(threshold.map(|threshold| Layer::Exceedance { threshold }));
        // A limit of the law without one number is that of each cell's soil.
        if args.decision.threshold.is_none() && args.decision.is_decided() {
            layers.extend([Layer::CellExceedance, Layer::CellThreshold]);
        }
    }
    layers.push(Layer::Trust);
    layers.retain(|&layer| args.wants(raster(layer)));
    layers
}

/// What the user calls a layer.
pub(super) fn raster(layer: Layer) -> RasterChoice {
    match layer {
        Layer::StandardDeviation => RasterChoice::Sd,
        Layer::Exceedance { .. } | Layer::CellExceedance => RasterChoice::Exceedance,
        Layer::CellThreshold => RasterChoice::Threshold,
        Layer::Trust => RasterChoice::Trust,
        _ => RasterChoice::Prediction,
    }
}

/// The rasters with their descriptions. No times in them: equal runs give equal bytes.
pub(super) fn products(
    args: &Map,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
    trust: Option<&TrustRecord>,
    paths: &Paths,
) -> Vec<Product> {
    let analyte = source.analyte();
    let unit = match field.unit(source) {
        Some(unit) if args.scale == ScaleChoice::Transformed => transformed(&field.transform, unit),
        Some(unit) => unit.to_owned(),
        None => String::new(),
    };
    let with_unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let mut about: Vec<(String, String)> = vec![
        ("SOILSCOPE_VERSION".into(), env!("CARGO_PKG_VERSION").into()),
        ("ANALYTE".into(), analyte.into()),
        ("METHOD".into(), field.method.method.into()),
        ("TRANSFORM".into(), transform_name(&field.transform)),
    ];
    if let Support::Block { size: [width, height], .. } = field.method.support {
        about.push(("SUPPORT".into(), format!("mean of blocks of {width} by {height}")));
    }
    if let Some(limits) = &field.method.below_limits {
        let what = format!("{} samples are below their limits, each drawn {} times", limits.below, limits.draws);
        about.push(("NONDETECT".into(), what));
    }
    if let Some(fallback) = &field.method.fallback {
        about.push(("FALLBACK".into(), format!("{} ({})", fallback.used, fallback.code)));
    }
    if !field.method.secondary.is_empty() {
        let names: Vec<&str> = field.method.secondary.iter().map(|s| s.analyte.as_str()).collect();
        about.push(("SECONDARY".into(), names.join(", ")));
    }
    if let Some(model) = &field.model {
        about.push(("VARIOGRAM".into(), model.notation.clone()));
    }
    layers(args, field)
        .into_iter()
        .map(|layer| {
            let mut metadata = about.clone();
            let (file, unit, description) = match layer {
                Layer::Exceedance { threshold } => {
                    metadata.push(("THRESHOLD".into(), threshold.to_string()));
                    metadata.extend(limit.iter().flat_map(|limit| limit.metadata()));
                    metadata.extend(field.distribution().map(|d| ("DISTRIBUTION".into(), d)));
                    ("exceedance.tif", String::new(), chance(source, threshold))
                }
                Layer::CellExceedance | Layer::CellThreshold => {
                    metadata.extend(limit.iter().flat_map(|limit| limit.metadata()));
                    if layer == Layer::CellThreshold {
                        (
                            "threshold.tif",
                            unit.clone(),
                            format!("limit for {analyte} in the soil of each cell{with_unit}"),
                        )
                    } else {
                        metadata.push(("THRESHOLD".into(), "that of each cell".into()));
                        metadata.extend(field.distribution().map(|d| ("DISTRIBUTION".into(), d)));
                        (
                            "exceedance.tif",
                            String::new(),
                            format!("probability of {analyte} above the limit of each cell"),
                        )
                    }
                }
                Layer::Prediction if field.method.indicator.is_some() => {
                    let threshold = field.method.indicator.unwrap_or_default();
                    metadata.push(("THRESHOLD".into(), threshold.to_string()));
                    ("prediction.tif", String::new(), chance(source, threshold))
                }
                Layer::StandardDeviation => {
                    let what = "standard deviation of the prediction error";
                    ("sd.tif", unit.clone(), format!("{analyte}, {what}{with_unit}"))
                }
                Layer::Trust => {
                    metadata.extend(trust.iter().flat_map(|trust| trust.metadata()));
                    let what = format!("reasons not to trust the prediction of {analyte}, as bits");
                    ("trust.tif", String::new(), what)
                }
                _ => ("prediction.tif", unit.clone(), format!("{analyte}, predicted{with_unit}")),
            };
            Product { layer, path: paths.of(file), unit, description, metadata }
        })
        .collect()
}

/// The probability of being above a threshold, in words.
fn chance(source: &Source, threshold: f64) -> String {
    let limit = source.unit().map_or_else(|| threshold.to_string(), |u| format!("{threshold} {u}"));
    format!("probability of {} above {limit}", source.analyte())
}
