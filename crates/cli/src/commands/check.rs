//! `soilscope check`: reads and judges a sample file.

use anyhow::Result;
use serde::Serialize;
use soilscope_pipeline::samples::{CheckReport, ReadOptions, Severity, read_samples};

use crate::Outcome;
use crate::args::{Check, Common};
use crate::errors::refuse_kept_duplicates;
use crate::guideline::{self, Against};
use crate::output;
use crate::source::{preparation, read_options};

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    check: &'a CheckReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    guidelines: Option<&'a Against>,
}

pub(crate) fn run(args: &Check, common: &Common) -> Result<Outcome> {
    refuse_kept_duplicates(&args.samples, None)?;
    guideline::check(&args.guideline)?;
    let how = preparation(&args.samples)?;
    // Bad cells become findings, so that one look shows all of them.
    let mut options = ReadOptions { tolerant: true, ..read_options(&args.samples) };
    options.columns.extend(guideline::columns(&args.guideline.soil));
    let table = read_samples(&args.samples.samples, &options)?;
    let report = table.judge(&how);
    let against = guideline::against(&args.guideline, args.samples.analyte.as_deref(), &table)?;
    if common.json {
        output::print_json(&Report { check: &report, guidelines: against.as_ref() })?;
    } else {
        let held = against.as_ref().map(Against::to_text).unwrap_or_default();
        output::print(&format!("{}{held}", report.to_text()))?;
    }
    let says_no = report.findings.iter().any(|f| match f.severity {
        Severity::Error => true,
        Severity::Warning => args.strict,
        Severity::Note => false,
    });
    Ok(if says_no { Outcome::CheckSaysNo } else { Outcome::Done })
}
