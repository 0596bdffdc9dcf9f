//! What the picture of a map says.

use anyhow::Result;
use geo::Polygon;
use soilscope_assess::hotspot::Hotspots;

use super::picture::Doubtful;
use super::{Paths, picture};
use crate::args::{Map, ScaleChoice};
use crate::field::{Field, SkillRecord};
use crate::guideline::GuidelineRecord;
use crate::source::Source;
use crate::undecided::Undecided;
use crate::words::{TransformChoice, transformed};

/// A threshold as its source writes it.
fn shown(threshold: f64, limit: Option<&GuidelineRecord>) -> String {
    limit.and_then(GuidelineRecord::short_threshold).unwrap_or_else(|| threshold.to_string())
}

/// What is polluted, in words.
pub(super) fn above(args: &Map, limit: Option<&GuidelineRecord>, source: &Source) -> String {
    let (analyte, unit) = (source.analyte(), source.unit().unwrap_or(""));
    match args.decision.threshold {
        Some(t) => format!("{analyte} > {} {unit}", shown(t, limit)).trim_end().to_owned(),
        None => format!("{analyte} above the limit of each place"),
    }
}

/// What an outline means.
pub(super) fn hotspot_label(args: &Map, limit: Option<&GuidelineRecord>, field: &Field, source: &Source) -> String {
    let unit = source.unit().unwrap_or("");
    let label = match args.decision.threshold {
        Some(t) if !field.has_variance() => format!("prediction above {} {unit}", shown(t, limit)),
        None if limit.is_none() => String::new(),
        _ => format!("{} with a probability of at least {}", above(args, limit, source), args.decision.confidence),
    };
    match limit {
        Some(limit) => format!("{} ({})", label.trim_end(), limit.name()),
        None => label.trim_end().to_owned(),
    }
}

/// Draws it, as PNG.
#[allow(clippy::too_many_arguments, reason = "what a picture says, each used once")]
pub(super) fn captioned(
    args: &Map,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
    paths: &Paths,
    doubtful: &Doubtful<'_>,
    found: Option<&Hotspots>,
    others: &[(Vec<Polygon<f64>>, String)],
    skill: Option<&SkillRecord>,
    undecided: &Undecided,
) -> Result<Vec<u8>> {
    let unit = source.unit().unwrap_or("");
    let analyte = source.analyte();
    let legend = match (args.scale, unit) {
        _ if field.method.indicator.is_some() => "probability".to_owned(),
        (ScaleChoice::Transformed, _) => transformed(&field.transform, analyte),
        // Some laboratories write the unit into the name.
        (_, unit) if unit.is_empty() || analyte.contains(unit) => analyte.to_owned(),
        _ => format!("{analyte} ({unit})"),
    };
    let title = args.title.clone().unwrap_or_else(|| format!("{analyte} in soil"));
    let what = if let Some(value) = field.method.indicator {
        format!(" of {analyte} > {value} {unit}").trim_end().to_owned()
    } else if args.model.transform != TransformChoice::None {
        format!(" of {}", transformed(&field.transform, analyte))
    } else {
        String::new()
    };
    let with = field.method.with_secondary();
    let mut subtitle = format!("{}{what}, {} samples{with}", picture::method_words(field), source.samples().len());
    if let Some(limits) = &field.method.below_limits {
        subtitle = format!("{subtitle}, {} of them below their limits and used as that", limits.below);
    }
    if let Some(fallback) = &field.method.fallback {
        subtitle = format!("{subtitle}; fallback: {}", fallback.code.replace('-', " "));
    }
    if let Some(model) = &field.model {
        subtitle = format!("{subtitle}; {}", model.short_notation());
    }
    let threshold = args.decision.threshold;
    let mut label = hotspot_label(args, limit, field, source);
    if !others.is_empty() && found.is_none_or(|found| found.spots.is_empty()) {
        label += ": none";
    }
    let credit = format!(
        "{}  ·  soilscope {}  ·  {}",
        source.crs().title(),
        env!("CARGO_PKG_VERSION"),
        source.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    );
    let words = picture::Words {
        title: &title,
        subtitle: &subtitle,
        legend: &legend,
        hotspots: &label,
        credit: &credit,
        on_scale: args.scale == ScaleChoice::Transformed,
        warning: if skill.is_some_and(|s| !s.is_skilled()) {
            "no skill here: the probabilities are not shown to beat the base rate"
        } else {
            ""
        },
    };
    // On the transformed scale, and of a probability, the colours are not those of the threshold.
    let marked = threshold.filter(|_| args.scale == ScaleChoice::Data && field.method.indicator.is_none());
    picture::draw(&paths.of("prediction.tif"), doubtful, found, others, marked, field, source, undecided, &words)
}
