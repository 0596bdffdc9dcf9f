//! Analytes that help to predict another: read and prepared as that one is, wherever they were measured.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use soilscope_core::Samples;
use soilscope_pipeline::samples::{Preparation, PreparationRecord, Prepared, ReadOptions, Shape, read_samples};

use crate::args::{DuplicateRule, ErrorArgs, SampleArgs};
use crate::errors::{self, ErrorRecord};
use crate::field::refuse_idle;
use crate::source::{Wanted, judged, locate};

/// Samples of one secondary analyte.
pub(crate) struct Secondary {
    path: PathBuf,
    prepared: Prepared,
    /// The column of text that was asked for, one entry a sample; empty where its file does not have it.
    labels: Vec<String>,
    errors: Option<ErrorRecord>,
}

impl Secondary {
    pub(crate) fn name(&self) -> &str {
        &self.prepared.record.analyte
    }

    /// In the data's unit and the working CRS.
    pub(crate) fn samples(&self) -> &Samples {
        &self.prepared.samples
    }

    pub(crate) fn unit(&self) -> Option<&str> {
        self.prepared.unit.as_deref()
    }

    pub(crate) fn record(&self) -> &PreparationRecord {
        &self.prepared.record
    }

    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    pub(crate) fn errors(&self) -> Option<&ErrorRecord> {
        self.errors.as_ref()
    }

    /// Adds file, line and analyte to a refusal of its samples.
    pub(crate) fn located<T, E: Into<anyhow::Error>>(&self, outcome: std::result::Result<T, E>) -> Result<T> {
        // As one sentence: whoever adds the primary analyte's name to errors finds none of the library in it.
        locate(&self.path, &self.prepared, outcome).map_err(|error| anyhow!("{error:#}"))
    }
}

/// Refuses what does not go with co-kriging before anything is read.
pub(crate) fn refuse(args: &SampleArgs, wanted: &Wanted<'_>) -> Result<()> {
    if wanted.drift.is_none_or(|d| d.method.secondary().is_empty()) {
        let idle = wanted.secondary.is_some();
        return refuse_idle(if idle { &["--secondary"] } else { &[] }, "it is for --method cokriging");
    }
    ensure!(
        args.analyte.is_some() || wanted.secondary.is_some(),
        "--method cokriging needs to know which analyte the others help to predict: give --analyte"
    );
    ensure!(
        args.duplicates != DuplicateRule::Keep,
        "--duplicates keep does not go with --method cokriging, which pairs the samples of two analytes by their place: use \
         --duplicates mean or first"
    );
    ensure!(
        wanted.secondary.is_some() || !is_stream(&args.samples),
        "{}: --method cokriging reads the samples once for each kind of analyte, and a stream has no places to go back to: \
         write it to a file and name that",
        args.samples.display()
    );
    Ok(())
}

/// Whether a file can be read only once.
pub(crate) fn is_stream(path: &Path) -> bool {
    path == Path::new("-") || (path.exists() && !path.is_file() && !path.is_dir())
}

/// Which other analytes were asked for, and where.
struct Asked<'a> {
    names: &'a [String],
    path: &'a Path,
    /// Whether they have a file of their own.
    own_file: bool,
    /// The option that names them, up to the names.
    option: &'static str,
}

impl<'a> Asked<'a> {
    fn new(args: &'a SampleArgs, wanted: &Wanted<'a>) -> Option<Self> {
        if !wanted.cross.is_empty() {
            return Some(Self { names: wanted.cross, path: &args.samples, own_file: false, option: "--cross " });
        }
        let drift = wanted.drift.filter(|d| !d.method.secondary().is_empty())?;
        Some(Self {
            names: drift.method.secondary(),
            path: wanted.secondary.unwrap_or(&args.samples),
            own_file: wanted.secondary.is_some(),
            option: "--method cokriging:",
        })
    }
}

/// Reads the secondary analytes beside the primary one, which is ready; also what there is to say of them.
///
/// `--unit` and `--limit` are of the primary analyte: another one has its own.
pub(crate) fn read(
    args: &SampleArgs,
    wanted: &Wanted<'_>,
    how: &Preparation,
    primary: &Prepared,
) -> Result<(Vec<Secondary>, Vec<String>)> {
    let Some(asked) = Asked::new(args, wanted) else { return Ok(Default::default()) };
    let Asked { names, path, own_file, option } = asked;
    ensure!(
        !primary.crs.is_geographic() || !wanted.cross.is_empty(),
        "--method cokriging is computed on a plane, and {} is geographic: name a projected CRS by --out-crs",
        primary.crs.title()
    );
    let mut options = ReadOptions {
        analytes: names.to_vec(),
        x: args.x.clone(),
        y: args.y.clone(),
        crs: args.crs.clone(),
        layer: args.layer.clone().filter(|_| !own_file),
        ..ReadOptions::default()
    };
    options.optional_columns.extend(wanted.label.map(str::to_owned));
    options.optional_columns.extend(wanted.errors.and_then(errors::column).map(str::to_owned));
    let table = read_samples(path, &options)?;
    let mut remarks = if own_file { judged(&table, path)? } else { Vec::new() };
    let how = Preparation {
        working_crs: Some(primary.crs.clone()),
        crs_reason: Some(format!("that of {}", primary.record.analyte)),
        ..how.clone()
    };
    let mut columns: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for name in names {
        let column = table.analyte(name)?.column().to_owned();
        ensure!(
            own_file || column != primary.record.column,
            "{option}{name}: that is the analyte {} itself; name others",
            if wanted.cross.is_empty() { "to predict" } else { "of --analyte" }
        );
        if columns.contains(&column) {
            bail!("{option}{} names '{column}' twice, once as {name}: leave one out", names.join(","));
        }
        columns.push(column);
        let mut prepared = table.prepare(name, &how)?;
        ensure!(
            prepared.record.analyte != primary.record.analyte,
            "--secondary {}: its analyte is called {name} as the one to predict is: rename it in the file",
            path.display()
        );
        let of_each = |e: &&ErrorArgs| match errors::column(e) {
            Some(column) => table.source().shape == Some(Shape::Long) && table.text_column(column).is_some(),
            None => true,
        };
        let errors = wanted.errors.filter(|e| e.are_given());
        let joined = errors.filter(of_each).map(|e| errors::join(e, how.duplicates, &table, &mut prepared));
        let own = joined.transpose()?.flatten();
        if errors.is_some() && own.is_none() {
            remarks.push(format!(
                "{name}: taken as measured without error, for the column of errors is of {}",
                primary.record.analyte
            ));
        }
        let label = wanted.label.and_then(|label| table.text_column(label));
        let labels =
            label.map_or_else(Vec::new, |text| prepared.records.iter().map(|&r| text.cells[r].clone()).collect());
        // What is true of the file was said of the primary analyte.
        let said = prepared.record.notes.iter().filter(|note| !primary.record.notes.contains(note));
        remarks.extend(said.map(|note| format!("{name}: {note}")));
        found.push(Secondary { path: path.to_owned(), prepared, labels, errors: own });
    }
    Ok((found, remarks))
}
