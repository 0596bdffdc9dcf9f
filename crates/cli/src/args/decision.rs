//! What "polluted" means, and what is said of where it is.

use clap::Args;

use super::GuidelineArgs;
use crate::words::ThresholdChoice;

/// What "polluted" means.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Decision")]
pub(crate) struct DecisionArgs {
    /// What "polluted" means: above this value, in the data's unit; of several analytes one for all, or each its own as
    /// zinc=500,lead=150
    #[arg(
        id = "threshold",
        long = "threshold",
        value_name = "VALUE|NAME=VALUE,…",
        allow_negative_numbers = true,
        group = "limit-to-hold"
    )]
    pub(crate) thresholds: Option<ThresholdChoice>,
    /// That of the analyte that is mapped.
    #[arg(skip)]
    pub(crate) threshold: Option<f64>,
    #[command(flatten)]
    pub(crate) guideline: GuidelineArgs,
    /// A hotspot is where P(value > threshold) is at least this
    #[arg(long, value_name = "P", allow_negative_numbers = true, default_value_t = 0.8, requires = "limit-to-hold")]
    pub(crate) confidence: f64,
    /// Leave out hotspots smaller than this, CRS units squared
    #[arg(long, value_name = "AREA", allow_negative_numbers = true, default_value_t = 0.0, requires = "limit-to-hold")]
    pub(crate) min_area: f64,
    /// Round the outlines of hotspots by so many passes of corner cutting; what is said of them stays that of their cells
    #[arg(long, value_name = "PASSES", requires = "limit-to-hold", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub(crate) smooth: Option<u8>,
    /// Depth of the soil that the values stand for, metres: gives volumes
    #[arg(long, value_name = "METRES", requires = "limit-to-hold", allow_negative_numbers = true, value_parser = crate::words::positive)]
    pub(crate) depth: Option<f64>,
    /// Dry bulk density of the soil, t/m3: gives masses
    #[arg(long, value_name = "T/M3", requires = "depth", allow_negative_numbers = true, value_parser = crate::words::bulk_density)]
    pub(crate) bulk_density: Option<f64>,
    /// What it costs to treat a square metre of ground (a cubic metre of soil, with --depth), in any currency: gives costs at each
    /// confidence
    #[arg(long, value_name = "MONEY", requires = "limit-to-hold", allow_negative_numbers = true, value_parser = crate::words::positive)]
    pub(crate) treat_cost: Option<f64>,
    /// What it costs to leave as much that is above the threshold untreated: gives the confidence with the least expected cost
    #[arg(long, value_name = "MONEY", requires = "treat_cost", allow_negative_numbers = true, value_parser = crate::words::positive)]
    pub(crate) leave_cost: Option<f64>,
    /// Realisations of the soil in hotspots, for intervals of mean, area, volume and mass, and of several analytes together for what
    /// they are jointly; 0 for none [default: 200 where the method can be simulated]
    #[arg(long, value_name = "N", requires = "limit-to-hold", value_parser = crate::words::realisations)]
    pub(crate) realisations: Option<u32>,
    /// Seed of the realisations: the same seed gives the same numbers [default: 1]
    #[arg(long, value_name = "N", requires = "limit-to-hold")]
    pub(crate) seed: Option<u64>,
}

impl DecisionArgs {
    /// Whether there is a limit, the same for all cells or not.
    pub(crate) fn is_decided(&self) -> bool {
        self.threshold.is_some() || self.thresholds.is_some() || self.guideline.guideline.is_some()
    }
}
