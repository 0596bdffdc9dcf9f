//! Options that do not go together, or would have no effect.

use anyhow::{Result, ensure};
use soilscope_core::support::Support;

use crate::args::{BlockArgs, DriftFrom, EstimatorChoice, MethodArgs, ModelArgs, ScaleChoice};
use crate::source::Source;
use crate::words::{Method, TransformChoice};

/// Refuses what only kriging has.
pub(super) fn refuse_for_methods_without_model(
    model: &ModelArgs,
    method: &MethodArgs,
    support: Support,
    source: &Source,
) -> Result<()> {
    let mut idle = [model.lag_options(), model.fit_options()].concat();
    idle.extend(method.drift_from.map(|_| "--drift-from"));
    idle.extend((!model.model.is_auto()).then_some("--model"));
    idle.extend((support != Support::Point).then_some("--block"));
    idle.extend(source.errors().map(|_| "--error-sd or --error-cv"));
    refuse_idle(&idle, "this --method has no model")?;
    ensure!(
        model.transform == TransformChoice::None,
        "--transform is for kriging: without an error model the way back would be biased"
    );
    if method.drift.method == Method::Nearest {
        let idle = [
            method.neighbours.is_some().then_some("--neighbours"),
            (method.min_neighbours.get() != 1).then_some("--min-neighbours"),
        ];
        refuse_idle(&idle.into_iter().flatten().collect::<Vec<_>>(), "--method nearest uses one sample")?;
    }
    Ok(())
}

/// Refuses a wish for calibrated variances where there are none, or where they are not the model's alone.
pub(super) fn refuse_calibration(args: &MethodArgs, source: &Source) -> Result<()> {
    if !args.calibrate {
        return Ok(());
    }
    if !args.drift.method.is_kriging() {
        refuse_idle(&["--calibrate"], "this --method has no variance")?;
    }
    if args.drift.method.indicator().is_some() {
        refuse_idle(&["--calibrate"], "the kriging variance of an indicator is no spread of its errors")?;
    }
    ensure!(
        source.errors().is_none(),
        "--calibrate multiplies all variances alike, and those of the measurement errors are given: fit the model's own by \
         --fit reml instead"
    );
    Ok(())
}

/// Refuses what co-kriging does not have.
pub(super) fn refuse_for_cokriging(args: &MethodArgs, support: Support) -> Result<()> {
    if args.drift.method.secondary().is_empty() {
        return Ok(());
    }
    ensure!(
        support == Support::Point,
        "--block does not go with --method cokriging, which predicts points only: leave it out, or use --method ordinary"
    );
    ensure!(
        args.drift_from != Some(DriftFrom::All),
        "--drift-from all does not go with --method cokriging, whose means are of the samples in its system: use --neighbours \
         all for means of all samples"
    );
    ensure!(
        args.fallback.is_none(),
        "--fallback does not go with --method cokriging: whatever it names would leave the other analytes out; use --method \
         ordinary with it"
    );
    Ok(())
}

/// Refuses a threshold that is not the indicator's.
pub(crate) fn refuse_other_threshold(method: &Method, threshold: Option<f64>) -> Result<()> {
    if let (Some(value), Some(threshold)) = (method.indicator(), threshold) {
        ensure!(
            value == threshold,
            "--method indicator:{value} predicts the probability of being above {value}, and says nothing of a --threshold of \
             {threshold}: give the same value, or leave --threshold out"
        );
    }
    Ok(())
}

/// Refuses options that would have no effect: whoever gave them expects one.
pub(crate) fn refuse_idle(options: &[&str], why: &str) -> Result<()> {
    ensure!(options.is_empty(), "{} would have no effect: {why}; leave it out", options.join(", "));
    Ok(())
}

/// Refuses a wish for the transformed scale where there is no transform, and for the data's where there is no way back.
pub(crate) fn refuse_scale(scale: ScaleChoice, model: &ModelArgs, block: &BlockArgs, decided: bool) -> Result<()> {
    ensure!(
        block.block.is_none()
            || model.transform == TransformChoice::None
            || (scale == ScaleChoice::Transformed && !decided),
        "--block with --transform: the mean of transformed values over a block is not the transformed mean, so there is no way \
         back to the unit; leave one of them out, or stay there by --scale transformed without --threshold"
    );
    let idle = scale == ScaleChoice::Transformed && model.transform == TransformChoice::None;
    refuse_idle(if idle { &["--scale transformed"] } else { &[] }, "there is no --transform")
}

/// Refuses semivariances without a unit where a model is for predictions.
pub(super) fn refuse_relative(model: &ModelArgs) -> Result<()> {
    ensure!(
        model.estimator != EstimatorChoice::PairwiseRelative,
        "--estimator pairwise-relative gives semivariances without a unit, so the variances of what is predicted would be wrong: \
         see by soilscope variogram which range it shows, and give that to --model, as 'Nug + Sph(900)', to fit the sills by \
         another --estimator"
    );
    Ok(())
}
