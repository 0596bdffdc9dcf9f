//! What "polluted" means in a map: a number, or a limit of the law.

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;
use soilscope_pipeline::product::Product;

use super::products::raster;
use crate::args::{DecisionArgs, Map, RasterChoice, ScaleChoice};
use crate::field::{Field, refuse_idle, refuse_other_threshold, refuse_scale};
use crate::guideline::GuidelineRecord;
use crate::hotspots::Rule;
use crate::words::ThresholdChoice;

/// The same job with the limit of a guideline as its threshold.
pub(super) fn with_limit(args: &Map, limit: Option<&GuidelineRecord>) -> Result<Map> {
    let mut args = args.clone();
    if let Some(limit) = limit {
        args.decision.threshold = limit.threshold;
        check_decision(&args)?;
    }
    Ok(args)
}

/// The threshold of each analyte, where numbers say what polluted means.
pub(super) fn thresholds(args: &DecisionArgs, names: &[String]) -> Result<Vec<Option<f64>>> {
    let each = match &args.thresholds {
        None => return Ok(vec![None; names.len()]),
        Some(ThresholdChoice::Value(value)) => return Ok(vec![Some(*value); names.len()]),
        Some(ThresholdChoice::Each(each)) => each,
    };
    if let Some((other, _)) = each.iter().find(|(name, _)| !names.contains(name)) {
        bail!("--threshold {other}=: --analyte does not name '{other}'; it names {}", names.join(", "));
    }
    let without: Vec<&str> =
        names.iter().filter(|name| !each.iter().any(|(other, _)| other == *name)).map(String::as_str).collect();
    ensure!(without.is_empty(), "--threshold says nothing of {}: give each analyte one", without.join(", "));
    Ok(names.iter().map(|name| each.iter().find(|(other, _)| other == name).map(|(_, value)| *value)).collect())
}

/// The job of one analyte, held against its own threshold.
pub(super) fn of_one(args: &Map, name: Option<&str>, threshold: Option<f64>) -> Map {
    let mut args = args.clone();
    args.samples.analyte = name.map(str::to_owned);
    args.decision.threshold = threshold;
    args
}

/// Refuses methods that cannot say how likely a cell is above its own limit.
pub(super) fn refuse_for_cells(field: &Field) -> Result<()> {
    ensure!(
        field.has_variance() && field.method.indicator.is_none(),
        "a limit that differs from cell to cell asks for the probability of being above it, and {} has none for any limit: use \
         --method ordinary, or give --soil numbers for the whole site",
        field.method.method
    );
    Ok(())
}

/// Refuses decisions that go with nothing else that was asked for.
pub(super) fn check_decision(args: &Map) -> Result<()> {
    let decision = &args.decision;
    ensure!(
        decision.confidence > 0.0 && decision.confidence <= 1.0,
        "--confidence is a probability above 0 and at most 1, not {}",
        decision.confidence
    );
    ensure!(
        decision.min_area >= 0.0 && decision.min_area.is_finite(),
        "--min-area is an area of at least 0, not {}",
        decision.min_area
    );
    refuse_other_threshold(&args.method.drift.method, decision.threshold)?;
    for covariate in args.method.drift.method.covariates() {
        ensure!(
            args.method.drift.covariate.iter().any(|raster| raster.name == covariate.name),
            "the covariate '{0}' must be known in every cell: give --covariate {0}=RASTER",
            covariate.name
        );
    }
    let decided = decision.is_decided();
    refuse_scale(args.scale, &args.model, &args.block, decided)?;
    ensure!(
        args.scale == ScaleChoice::Data || !decided,
        "--scale transformed and --threshold or --guideline do not go together: hotspots are in the data's unit; make two maps"
    );
    Ok(())
}

/// Refuses a wish for rasters alone that goes with nothing else that was asked for.
pub(super) fn check_only(args: &Map) -> Result<()> {
    if args.only.is_empty() {
        return Ok(());
    }
    let of_limit = [RasterChoice::Exceedance, RasterChoice::Threshold];
    let guideline = args.decision.guideline.guideline.as_deref();
    let asked = if guideline.is_none() { "--threshold" } else { "--guideline" };
    let idle = args.decision.is_decided() && !args.only.iter().any(|raster| of_limit.contains(raster));
    refuse_idle(if idle { std::slice::from_ref(&asked) } else { &[] }, "--only does not name exceedance")?;
    ensure!(
        guideline.is_none_or(|codes| !codes.contains(',')),
        "--only is for one limit, and --guideline names several, which are compared by their hotspots: name one, or leave --only out"
    );
    Ok(())
}

/// Refuses rasters that this map has not, where they were asked for by name.
pub(super) fn refuse_missing(args: &Map, products: &[Product]) -> Result<()> {
    let has = |choice: RasterChoice| products.iter().any(|product| raster(product.layer) == choice);
    let Some(missing) = args.only.iter().copied().find(|&choice| !has(choice)) else { return Ok(()) };
    let why = match missing {
        RasterChoice::Sd => "this method has no error model",
        RasterChoice::Exceedance if args.decision.is_decided() => "this method cannot tell how likely that is",
        RasterChoice::Exceedance => "it is of being above a --threshold or a --guideline",
        RasterChoice::Threshold => "the limit is one for all cells, or there is none",
        _ => "this map has none",
    };
    let name = missing.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    bail!("--only {name}: there is no such raster: {why}")
}

/// Which cells are hot, where a threshold says what polluted means.
pub(super) fn rule(args: &Map, field: &Field) -> Option<Rule> {
    if !args.decision.is_decided() {
        return None;
    }
    Some(if field.has_variance() {
        Rule::Probability { at_least: args.decision.confidence }
    } else {
        // Where cells have limits of their own the method has an error model.
        Rule::Prediction { above: args.decision.threshold? }
    })
}
