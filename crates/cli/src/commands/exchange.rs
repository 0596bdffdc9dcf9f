//! `soilscope exchange`: bundles, made and judged.

mod check;
mod pack;

use anyhow::Result;

use crate::Outcome;
use crate::args::{Common, Exchange, ExchangeVerb};

pub(crate) fn run(args: &Exchange, common: &Common) -> Result<Outcome> {
    match &args.what {
        ExchangeVerb::Pack(args) => pack::run(args, common),
        ExchangeVerb::Check(args) => check::run(args, common),
    }
}
