//! The Gaussian scale on which fields are simulated.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::declustering::CellDeclustering;
use soilscope_core::normal_score::NormalScore;
use soilscope_core::transform::Transform;

use crate::args::ScoreArgs;
use crate::field::refuse_idle;
use crate::words::{TransformChoice, transform_name};

/// The scale, for the record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ScaleRecord {
    transform: String,
    /// Lowest and highest value of normal scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declustered: Option<Declustered>,
}

/// What declustering did to the mean.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Declustered {
    side: f64,
    mean: f64,
    plain_mean: f64,
}

/// The transform that was asked for, of these samples.
pub(super) fn transform(
    choice: TransformChoice,
    args: &ScoreArgs,
    samples: &Samples,
) -> Result<(Transform, ScaleRecord)> {
    if choice != TransformChoice::NormalScore {
        let given = [
            ("--lowest", args.lowest.is_some()),
            ("--highest", args.highest.is_some()),
            ("--decluster", args.decluster.is_some()),
        ];
        let idle: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        refuse_idle(&idle, "it shapes --transform normal-score")?;
        let transform = choice.for_samples(samples)?;
        let record = ScaleRecord { transform: transform_name(&transform), bounds: None, declustered: None };
        return Ok((transform, record));
    }
    let cells = args.decluster.map(CellDeclustering::new).transpose()?;
    let weights = cells.map(|cells| cells.weights(samples));
    let scores = NormalScore::from_values(samples.values(), weights.as_deref())?;
    let [low, high] = scores.bounds();
    let scores = scores.with_bounds(args.lowest.unwrap_or(low), args.highest.unwrap_or(high))?;
    let bounds = Some(scores.bounds());
    let declustered =
        cells.map(|cells| Declustered { side: cells.size(), mean: cells.mean(samples), plain_mean: samples.mean() });
    let transform = Transform::NormalScore(Box::new(scores));
    let record = ScaleRecord { transform: transform_name(&transform), bounds, declustered };
    Ok((transform, record))
}
