//! `soilscope check`: reads and judges a sample file.

use anyhow::Result;
use soilscope_pipeline::samples::{ReadOptions, Severity, read_samples};

use crate::Outcome;
use crate::args::{Check, Common};
use crate::errors::refuse_kept_duplicates;
use crate::output;
use crate::source::{preparation, read_options};

pub(crate) fn run(args: &Check, common: &Common) -> Result<Outcome> {
    refuse_kept_duplicates(&args.samples, None)?;
    let how = preparation(&args.samples)?;
    // Bad cells become findings, so that one look shows all of them.
    let options = ReadOptions { tolerant: true, ..read_options(&args.samples) };
    let table = read_samples(&args.samples.samples, &options)?;
    let report = table.judge(&how);
    if common.json {
        output::print_json(&report)?;
    } else {
        output::print(&report.to_text())?;
    }
    let says_no = report.findings.iter().any(|f| match f.severity {
        Severity::Error => true,
        Severity::Warning => args.strict,
        Severity::Note => false,
    });
    Ok(if says_no { Outcome::CheckSaysNo } else { Outcome::Done })
}
