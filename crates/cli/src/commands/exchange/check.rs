//! `soilscope exchange check`: what the judge says.

use anyhow::{Context, Result};
use soilscope_exchange::check::{CheckOptions, Extension, judge};

use crate::Outcome;
use crate::args::{CheckBundle, Common, profile_named};
use crate::follow::{Progress, interrupted, watching};
use crate::output;

pub(crate) fn run(args: &CheckBundle, common: &Common) -> Result<Outcome> {
    // Refused now and not after the judging.
    let table = args.fao_csv.as_ref().map(|path| output::open(path, args.overwrite)).transpose()?;
    let options = CheckOptions {
        profile: profile_named(&args.profile)?,
        template: args.template.clone(),
        protected: args.protected.clone(),
        again: args.again.clone(),
        today: Some(today()?),
        extension: args.extension.as_ref().map(|path| Extension::read(path)).transpose()?.unwrap_or_default(),
        harmonisation: args.harmonisation.clone(),
        interrupted: &interrupted,
    };
    let progress = Progress::new(common);
    let verdict = watching(|| progress.busy("judging", || judge(&args.subject, &options)))?;
    drop(progress);
    if let Some(table) = table {
        output::fill(table, verdict.fao_csv().as_bytes())?;
    }
    if common.json {
        output::print(&verdict.json())?;
    } else if !common.quiet {
        output::print(&verdict.text())?;
    }
    Ok(if verdict.passed() { Outcome::Done } else { Outcome::CheckSaysNo })
}

/// The day: nothing can have been sampled after it.
fn today() -> Result<jiff::civil::Date> {
    let now: jiff::Timestamp = output::dated()?.parse().context("the time of now is none")?;
    Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
}
