//! What "polluted" means in a map: a number, or a limit of the law.

use anyhow::{Result, ensure};

use crate::args::{Map, ScaleChoice};
use crate::field::{Field, refuse_other_threshold, refuse_scale};
use crate::guideline::GuidelineRecord;

/// The same job with the limit of a guideline as its threshold.
pub(super) fn with_limit(args: &Map, limit: Option<&GuidelineRecord>) -> Result<Map> {
    let mut args = args.clone();
    if let Some(limit) = limit {
        args.decision.threshold = limit.threshold;
        check_decision(&args)?;
    }
    Ok(args)
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
    ensure!(decision.threshold.is_none_or(f64::is_finite), "--threshold must be a finite number");
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
