//! One file a verb.

mod association;
mod check;
mod exchange;
mod hotspots;
mod import;
mod map;
mod predict;
mod replay;
mod sample_plan;
mod simulate;
mod sources;
mod thresholds;
mod validate;
mod variogram;
mod verify;

use anyhow::Result;

use crate::Outcome;
use crate::args::{Cli, Verb};

/// Runs the verb that was typed.
pub(crate) fn run(cli: &Cli) -> Result<Outcome> {
    soilscope_pipeline::crs::quiet_libraries();
    let common = &cli.common;
    match &cli.verb {
        Verb::Check(args) => check::run(args, common),
        Verb::Variogram(args) => variogram::run(args, common),
        Verb::Validate(args) => validate::run(args, common),
        Verb::Predict(args) => predict::run(args, common),
        Verb::Map(args) => map::run(args, common),
        Verb::Hotspots(args) => hotspots::run(args, common),
        Verb::Association(args) => association::run(args, common),
        Verb::SamplePlan(args) => sample_plan::run(args, common),
        Verb::Simulate(args) => simulate::run(args, common),
        Verb::Sources(args) => sources::run(args, common),
        Verb::Thresholds(args) => thresholds::run(args, common),
        Verb::Exchange(args) => exchange::run(args, common),
        Verb::Import(args) => import::run(args, common),
        Verb::Verify(args) => verify::run(args, common),
        Verb::Replay(args) => replay::run(args, common),
    }
}
