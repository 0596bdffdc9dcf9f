//! `soilscope import`: a table of somebody else as the long table of the specification.

use anyhow::Result;
use soilscope_exchange::import::{Defaults, Options, import};

use crate::Outcome;
use crate::args::{Common, Import};
use crate::follow::{Progress, check_interrupt};
use crate::output;

pub(crate) fn run(args: &Import, common: &Common) -> Result<Outcome> {
    let defaults = args.defaults.as_ref().map(|path| Defaults::read(path)).transpose()?.unwrap_or_default();
    // Refused now and not after the reading.
    let file = args.out.as_ref().map(|path| output::open(path, args.overwrite)).transpose()?;
    let progress = Progress::new(common);
    let options = Options { lenient: args.lenient, ..Options::default() };
    let imported = progress.busy("reading", || import(&args.table, &defaults, &options))?;
    drop(progress);
    check_interrupt("the table was written")?;
    if let Some(file) = file {
        output::fill(file, imported.table.to_csv().as_bytes())?;
    }
    if common.json {
        output::print(&imported.report.json()?)?;
    } else if !common.quiet {
        output::print(&imported.report.text())?;
    }
    let report = &imported.report;
    Ok(if report.refused == 0 && report.without_code == 0 { Outcome::Done } else { Outcome::CheckSaysNo })
}
