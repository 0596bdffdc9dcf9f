//! `soilscope verify`: has any file changed.

use std::fs;

use anyhow::{Context, Result};
use soilscope_exchange::verify::{Options, verify};

use crate::Outcome;
use crate::args::{Common, Verify};
use crate::follow::{Progress, interrupted, watching};
use crate::output;

pub(crate) fn run(args: &Verify, common: &Common) -> Result<Outcome> {
    let key =
        args.key.as_ref().map(|path| fs::read_to_string(path).with_context(|| format!("--key {}", path.display())));
    let options = Options { key: key.transpose()?, inputs: args.inputs.clone() };
    let progress = Progress::new(common);
    let report = watching(|| progress.busy("computing sums", || verify(&args.folder, &options, &interrupted)))?;
    drop(progress);
    if common.json {
        output::print_json(&report)?;
    } else if !common.quiet {
        output::print(&report.text())?;
    }
    Ok(if report.unchanged() { Outcome::Done } else { Outcome::CheckSaysNo })
}
