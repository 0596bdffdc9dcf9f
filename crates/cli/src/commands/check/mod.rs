//! `soilscope check`: reads and judges a sample file.

mod statistics;

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_pipeline::samples::{AnalyteColumn, CheckReport, ReadOptions, SampleTable, Severity, read_samples};

use crate::Outcome;
use crate::args::{Check, Common};
use crate::errors::refuse_kept_duplicates;
use crate::guideline::{self, Against};
use crate::output;
use crate::source::{preparation, read_options};
use statistics::{ColumnStatistics, Counted, MOST, MeanAgainst};

/// Readings up to which the statistics of every column are computed without being asked for: they take a second or so then.
const UNASKED_UP_TO: usize = 5000;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    check: &'a CheckReport,
    /// Of each column with values; empty where they were not asked for by --analyte and would take long.
    statistics: &'a [ColumnStatistics],
    #[serde(skip_serializing_if = "Option::is_none")]
    guidelines: Option<&'a Against>,
    /// Samples against the threshold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    threshold: Vec<Counted>,
    /// The recommended upper limits of means against threshold and guidelines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    means: Vec<MeanAgainst>,
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
    let with_values = table.analytes().iter().filter(|c| !c.readings().is_empty()).count();
    ensure!(
        args.threshold.is_none() || with_values <= 1,
        "--threshold is of one analyte, and {} has {with_values}: choose one by --analyte",
        args.samples.samples.display()
    );
    let against = guideline::against(&args.guideline, args.samples.analyte.as_deref(), &table)?;
    let (statistics, told) = columns(args, &table, report.duplicates.rows);
    let threshold: Vec<Counted> = args
        .threshold
        .iter()
        .flat_map(|&t| table.analytes().iter().map(move |c| (c, t)))
        .map(|(c, t)| Counted::new(c, table.lines(), t))
        .collect();
    let mut means: Vec<MeanAgainst> = args
        .threshold
        .iter()
        .flat_map(|&t| statistics.iter().filter_map(move |s| MeanAgainst::new(s, None, t)))
        .collect();
    for (analyte, code, number, standing) in against.iter().flat_map(Against::numbers) {
        let of = statistics.iter().find(|s| s.name() == analyte);
        means.extend(of.and_then(|s| MeanAgainst::new(s, Some((code, standing)), number)));
    }
    if common.json {
        output::print_json(&Report {
            check: &report,
            statistics: &statistics,
            guidelines: against.as_ref(),
            threshold,
            means,
        })?;
    } else {
        let mut text = report.to_text();
        match &statistics[..] {
            [] => {}
            [only] => text += &only.to_text(),
            several => text += &ColumnStatistics::table(several),
        }
        text += &told;
        text += &against.as_ref().map(Against::to_text).unwrap_or_default();
        text += if threshold.is_empty() { "" } else { "\n" };
        threshold.iter().for_each(|t| text += &t.line());
        means.iter().for_each(|m| text += &m.line());
        output::print(&text)?;
    }
    let says_no = report.findings.iter().any(|f| match f.severity {
        Severity::Error => true,
        Severity::Warning => args.strict,
        Severity::Note => false,
    });
    Ok(if says_no { Outcome::CheckSaysNo } else { Outcome::Done })
}

/// Statistics of the columns that were asked for, or of all where they are quick; what is said where they are not.
fn columns(args: &Check, table: &SampleTable, shared: usize) -> (Vec<ColumnStatistics>, String) {
    let readings: usize = table.analytes().iter().map(|c| c.readings().len()).sum();
    if args.samples.analyte.is_none() && readings > UNASKED_UP_TO {
        return (Vec::new(), "\nstatistics of a column, and how high its mean may be: --analyte NAME\n".to_owned());
    }
    let quick = |c: &&AnalyteColumn| c.readings().len() <= MOST;
    let told = match table.analytes().iter().any(|c| !quick(&c)) {
        true => format!("\nno statistics of more than {MOST} values\n"),
        false => String::new(),
    };
    (table.analytes().iter().filter(quick).filter_map(|c| ColumnStatistics::of(c, shared)).collect(), told)
}
