//! Which cells of a map are not to be trusted, in words and for the record.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::trust::{Doubts, Rules, Trust};
use soilscope_pipeline::run::TrustReport;

use crate::field::{Field, short_number};

/// Cells with doubts of which a note is made: fewer are a rim.
const WORTH_A_NOTE: f64 = 0.01;

/// Where doubt begins, for the record; how many cells are doubtful stands with the cells.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TrustRecord {
    #[serde(flatten)]
    rules: Rules,
    /// Median distance of a sample to the nearest other one: a cell so near to a sample is not outside the samples.
    typical_distance: f64,
    /// The model's effective range; `None` for methods without a model, and models without a sill.
    reach: Option<f64>,
    /// Variance on the modelling scale from which on a cell is near the sill.
    variance_limit: Option<f64>,
    /// The reasons that this method can give, and what they mean.
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Serialize)]
struct Reason {
    bit: u8,
    name: &'static str,
    meaning: String,
}

/// The judge of a field's maps.
pub(super) fn judge(field: &Field) -> Result<Trust> {
    let trust = Trust::new(&field.on_scale, Rules::default());
    Ok(match &field.model {
        Some(model) => trust.with_model(&model.variogram, field.method.support)?,
        None => trust,
    })
}

impl TrustRecord {
    pub(super) fn new(trust: &Trust, field: &Field) -> Self {
        let has_covariates = !field.method.covariates.is_empty();
        let can = |reason| match reason {
            Doubts::NEAR_SILL => trust.variance_limit().is_some(),
            Doubts::COVARIATE => has_covariates,
            _ => true,
        };
        let of = |reason: Doubts| Reason { bit: reason.bits(), name: reason.name(), meaning: meaning(reason, trust) };
        Self {
            rules: trust.rules(),
            typical_distance: trust.near(),
            reach: Some(trust.reach()).filter(|r| r.is_finite()),
            variance_limit: trust.variance_limit(),
            reasons: Doubts::REASONS.into_iter().filter(|&r| can(r)).map(of).collect(),
        }
    }

    /// Metadata items of the raster: what its bits mean.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let mut items = vec![("TRUST_0".to_owned(), "trusted as far as the method is".to_owned())];
        items.extend(self.reasons.iter().map(|r| (format!("TRUST_{}", r.bit), format!("{}: {}", r.name, r.meaning))));
        items
    }
}

/// What a reason means, with the numbers of this map.
fn meaning(reason: Doubts, trust: &Trust) -> String {
    let Rules { neighbours, fewest, sill_share } = trust.rules();
    let serve = match trust.reach().is_finite() {
        true => format!("the {neighbours} nearest samples within {}", short_number(trust.reach())),
        false => format!("the {neighbours} nearest samples"),
    };
    let near = short_number(trust.near());
    match reason {
        Doubts::EXTRAPOLATION => format!("outside the hull of {serve}, and further than {near} from all"),
        Doubts::TOO_FEW if trust.reach().is_finite() => {
            format!("fewer than {fewest} samples within {}, the model's effective range", short_number(trust.reach()))
        }
        Doubts::TOO_FEW => format!("fewer than {fewest} samples in all"),
        Doubts::NEAR_SILL => format!("kriging variance of at least {sill_share} of that without samples"),
        Doubts::CLUSTER => {
            format!("{serve} stand in less than half of the directions, and none is within {near}")
        }
        _ => "a covariate is below or above those of all samples".to_owned(),
    }
}

/// The reasons that occur, in a few words each, for the legend.
pub(crate) fn label(report: &TrustReport) -> String {
    let words = |reason: &Doubts| match *reason {
        Doubts::EXTRAPOLATION => "outside the samples",
        Doubts::TOO_FEW => "too few samples near",
        Doubts::NEAR_SILL => "samples say next to nothing",
        Doubts::CLUSTER => "samples in few directions",
        _ => "covariates beyond the samples'",
    };
    let found: Vec<&str> =
        Doubts::REASONS.iter().filter(|r| report.reasons.contains_key(r.name())).map(words).collect();
    format!("hatched: not to be trusted ({})", found.join(", "))
}

/// What a reader should know of doubtful cells.
pub(super) fn notes(report: Option<&TrustReport>, predicted: u64) -> Option<String> {
    let report = report.filter(|r| r.doubtful as f64 >= WORTH_A_NOTE * predicted as f64 && r.doubtful > 0)?;
    let reasons: Vec<String> = report.reasons.iter().map(|(name, count)| format!("{name} {count}")).collect();
    Some(format!(
        "{} of {predicted} cells ({:.0} %) are not to be trusted, and hatched in the picture: {}",
        report.doubtful,
        (100.0 * report.doubtful as f64 / predicted as f64).max(1.0),
        reasons.join(", ")
    ))
}
