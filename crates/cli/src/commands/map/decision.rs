//! What "polluted" means in a map: a number, or a limit of the law.

use anyhow::{Result, bail, ensure};

use crate::args::{DecisionArgs, Map, ScaleChoice};
use crate::field::{Field, refuse_other_threshold, refuse_scale};
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
