//! Samples for a verb: read, judged by the caller's options, and ready to be modelled.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use geo::{Distance, Geodesic};
use soilscope_core::Samples;
use soilscope_core::censored::{Measurement, Substitution};
use soilscope_core::cokriging::CokrigingError;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::samples::{
    Duplicates, Preparation, PreparationRecord, Prepared, ReadOptions, Room, SampleTable, Severity, read_samples,
};

use crate::args::{Common, DriftArgs, DuplicateRule, ErrorArgs, Nondetect, SampleArgs};
use crate::covariates::{self, Covariates};
use crate::errors::{self, ErrorRecord};
use crate::memory::{Bytes, held};
use crate::methods;
use crate::output::say;
use crate::secondary::{self, Secondary};

/// Samples of one analyte, with what became of the file's rows.
pub(crate) struct Source {
    path: PathBuf,
    analyte: String,
    prepared: Prepared,
    /// What a reader should know beside the notes of the record.
    remarks: Vec<String>,
    /// The column of text that was asked for, one entry a sample.
    labels: Vec<String>,
    covariates: Option<Covariates>,
    errors: Option<ErrorRecord>,
    secondary: Vec<Secondary>,
    /// Which samples are only known to be below their values; empty where none is.
    below: Vec<bool>,
}

/// What is wanted of the samples beside their values.
#[derive(Default, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// CRS that is set, and whose it is.
    pub(crate) template: Option<(&'a Crs, &'a str)>,
    /// Column of text.
    pub(crate) label: Option<&'a str>,
    pub(crate) drift: Option<&'a DriftArgs>,
    /// File of the analytes that help, where it is another.
    pub(crate) secondary: Option<&'a Path>,
    pub(crate) errors: Option<&'a ErrorArgs>,
    /// Analytes of the same file, for cross variograms with the one that is asked for.
    pub(crate) cross: &'a [String],
    /// Most memory that the process may take.
    pub(crate) memory: Option<Bytes>,
    /// Why a value below its limit must be a number here, and what to do; `None` where it need not.
    pub(crate) numbers: Option<&'a str>,
}

/// The options of reading, from what was typed.
pub(crate) fn read_options(args: &SampleArgs) -> ReadOptions {
    ReadOptions {
        analytes: args.analyte.iter().cloned().collect(),
        x: args.x.clone(),
        y: args.y.clone(),
        crs: args.crs.clone(),
        layer: args.layer.clone(),
        unit: args.unit.clone(),
        default_limit: args.limit,
        ..ReadOptions::default()
    }
}

/// Memory for samples, beside what the process holds.
pub(crate) fn room(limit: Option<Bytes>) -> Option<Room> {
    limit.map(|Bytes(limit)| Room { limit, held: held().unwrap_or_default().0 })
}

/// What is done to the rows, from what was typed.
pub(crate) fn preparation(args: &SampleArgs) -> Result<Preparation> {
    Ok(Preparation {
        nondetect: Substitution::from(args.nondetect),
        duplicates: match args.duplicates {
            DuplicateRule::Mean => Duplicates::Mean,
            DuplicateRule::First => Duplicates::First,
            DuplicateRule::Keep => Duplicates::Keep,
            DuplicateRule::Refuse => Duplicates::Refuse,
        },
        working_crs: args.out_crs.as_deref().map(Crs::parse).transpose()?,
        crs_reason: None,
    })
}

impl Source {
    /// Reads the samples, with what is wanted beside their values, and says what was done to them.
    pub(crate) fn read(args: &SampleArgs, common: &Common, wanted: Wanted<'_>) -> Result<Self> {
        errors::refuse_kept_duplicates(args, wanted.errors)?;
        refuse_censored(args, &wanted)?;
        secondary::refuse(args, &wanted)?;
        let covariates = wanted.drift.map(covariates::Wanted::new).transpose()?;
        let mut how = preparation(args)?;
        let mut options = ReadOptions { room: room(wanted.memory), ..read_options(args) };
        options.columns.extend(wanted.label.map(str::to_owned));
        options.columns.extend(wanted.errors.and_then(errors::column).map(str::to_owned));
        options.columns.extend(covariates.iter().flat_map(|c| c.columns()));
        options.optional_columns.extend(covariates.iter().flat_map(|c| c.optional_columns()));
        options.optional_columns.extend(methods::COLUMNS.map(str::to_owned));
        let table = read_samples(&args.samples, &options)?;
        let analyte = the_analyte(&table, args)?;
        if let Some((crs, whose)) = wanted.template {
            how.working_crs = Some(crs.clone());
            how.crs_reason = Some(format!("that of {whose}"));
        }
        if let Some(covariates) = &covariates
            && how.working_crs.is_none()
            && table.crs().is_some_and(Crs::is_geographic)
            && let Some((crs, raster)) = covariates.projected_crs()?
        {
            how.working_crs = Some(crs);
            how.crs_reason = Some(format!("that of the raster of the covariate {raster}"));
        }
        let mut prepared = table.prepare(&analyte, &how)?;
        methods::refuse(&table, &prepared.record.column, &args.samples)?;
        let mut remarks = judged(&table, &args.samples)?;
        remarks.extend(distortion(&prepared.crs, &prepared.samples)?);
        let joined = covariates.map(|c| c.join(&table, &mut prepared)).transpose()?.flatten();
        let covariates = joined.map(|(covariates, said)| {
            remarks.extend(said);
            covariates
        });
        let errors =
            wanted.errors.map(|e| errors::join(e, how.duplicates, &table, &mut prepared)).transpose()?.flatten();
        let label = wanted.label.and_then(|name| table.text_column(name));
        let labels =
            label.map_or_else(Vec::new, |text| prepared.records.iter().map(|&r| text.cells[r].clone()).collect());
        let (secondary, said) = secondary::read(args, &wanted, &how, &prepared)?;
        remarks.extend(said);
        let path = args.samples.clone();
        let mut below = Vec::new();
        if args.nondetect == Nondetect::Censored {
            below = prepared.measurements.iter().map(|m| m.is_below_limit()).collect();
            if !below.contains(&true) {
                below.clear();
                remarks.push("no sample is below a limit, so --nondetect censored changes nothing".to_owned());
            }
        }
        let source = Self { path, analyte, prepared, remarks, labels, covariates, errors, secondary, below };
        if common.verbose > 0 && !common.quiet {
            let record = source.record();
            say(&format!("read: {}", table.source().describe()));
            say(&format!(
                "samples: {} of {} rows; CRS {} ({})",
                record.used, record.rows, record.crs, record.crs_reason
            ));
        }
        if !common.quiet {
            for note in source.notes() {
                say(&format!("note: {note}"));
            }
        }
        Ok(source)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn analyte(&self) -> &str {
        &self.analyte
    }

    pub(crate) fn unit(&self) -> Option<&str> {
        self.prepared.unit.as_deref()
    }

    /// In the data's unit and the working CRS.
    pub(crate) fn samples(&self) -> &Samples {
        &self.prepared.samples
    }

    /// CRS in which distances are measured.
    pub(crate) fn crs(&self) -> &Crs {
        &self.prepared.crs
    }

    /// CRS of the file.
    pub(crate) fn file_crs(&self) -> &Crs {
        &self.prepared.source_crs
    }

    pub(crate) fn record(&self) -> &PreparationRecord {
        &self.prepared.record
    }

    /// Everything that was done to the rows, or is odd about them.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &String> {
        self.record().notes.iter().chain(&self.remarks)
    }

    /// What is odd about the samples, beside the notes of their record.
    pub(crate) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The column of text that was asked for, one entry a sample.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Covariates of the drift, where it has any.
    pub(crate) fn covariates(&self) -> Option<&Covariates> {
        self.covariates.as_ref()
    }

    /// Where the samples' measurement errors are from, where they have any.
    pub(crate) fn errors(&self) -> Option<&ErrorRecord> {
        self.errors.as_ref()
    }

    /// Other analytes that were asked for, in their order.
    pub(crate) fn secondary(&self) -> &[Secondary] {
        &self.secondary
    }

    /// What was reported for each sample; of several that were averaged, what they say together.
    pub(crate) fn measurements(&self) -> &[Measurement] {
        &self.prepared.measurements
    }

    /// Which samples are only known to be below their values, which are limits then: those of `--nondetect censored`. Empty where
    /// none is.
    pub(crate) fn below(&self) -> &[bool] {
        &self.below
    }

    /// The samples with half the limit for those below one, where their values are limits.
    pub(crate) fn stand_in(&self) -> soilscope_core::Result<Option<Samples>> {
        if self.below.is_empty() {
            return Ok(None);
        }
        let values = self.samples().values().iter().zip(&self.below).map(|(v, &b)| if b { v / 2.0 } else { *v });
        Ok(Some(self.samples().with_values(values.collect())?))
    }

    /// Whether a sample is above a threshold, in the data's unit: not where it is below its limit, for what stands for it there
    /// is no measurement.
    pub(crate) fn is_above(&self, index: usize, threshold: f64) -> bool {
        !self.prepared.measurements[index].is_below_limit() && self.samples().values()[index] > threshold
    }

    /// Whether nobody can know: the sample is below a limit that is above the threshold.
    pub(crate) fn is_undecided(&self, index: usize, threshold: f64) -> bool {
        matches!(self.prepared.measurements[index], Measurement::BelowLimit(limit) if limit > threshold)
    }

    /// Line of the file that sample `index` comes from.
    pub(crate) fn line(&self, index: usize) -> usize {
        self.prepared.rows[index]
    }

    /// Unit of lengths, for labels.
    pub(crate) fn length_unit(&self) -> &str {
        match self.crs() {
            crs if crs.is_local() => "units of the local plane",
            crs if crs.is_metric() || crs.is_geographic() => "m",
            crs => crs.unit_name(),
        }
    }

    /// Adds file and line to a refusal that names a sample by its number.
    pub(crate) fn located<T, E: Into<anyhow::Error>>(&self, outcome: std::result::Result<T, E>) -> Result<T> {
        locate(&self.path, &self.prepared, outcome)
    }
}

/// Refuses values below limits that are no numbers where numbers are needed, before anything is read.
fn refuse_censored(args: &SampleArgs, wanted: &Wanted<'_>) -> Result<()> {
    if args.nondetect != Nondetect::Censored {
        return Ok(());
    }
    let cokriging = wanted.drift.is_some_and(|d| !d.method.secondary().is_empty());
    let cokriging = cokriging.then_some(
        "--method cokriging, which has no draws of several analytes at once yet: krige the analyte alone, or let a number stand for \
         values below their limits, as --nondetect limit/2",
    );
    match wanted.numbers.or(cokriging) {
        Some(why) => bail!("--nondetect censored does not go with {why}"),
        None => Ok(()),
    }
}

/// Adds file, line and analyte to a refusal that names a sample by its number.
pub(crate) fn locate<T, E: Into<anyhow::Error>>(
    file: &Path,
    prepared: &Prepared,
    outcome: std::result::Result<T, E>,
) -> Result<T> {
    outcome.map_err(|error| {
        let error: anyhow::Error = error.into();
        let (file, analyte) = (file.display(), &prepared.record.analyte);
        match error.downcast_ref::<soilscope_core::Error>() {
            Some(soilscope_core::Error::Transform { index, value, transform, requirement }) => anyhow!(
                "{file}, line {}, {analyte}: the value {value} cannot be used: the {transform} transform needs {requirement}",
                prepared.rows[*index]
            ),
            Some(soilscope_core::Error::CoincidentSamples { first, second, easting, northing }) => anyhow!(
                "{file}, lines {} and {}: two samples at one place ({easting}, {northing}); use --duplicates mean or first",
                prepared.rows[*first],
                prepared.rows[*second],
            ),
            Some(
                refusal @ (soilscope_core::Error::TooFewSamples { .. }
                | soilscope_core::Error::OnePlace { .. }
                | soilscope_core::Error::NoVariation { .. }),
            ) => prepared.explain(refusal.clone()).into(),
            Some(soilscope_core::Error::Cokriging(CokrigingError::DependentSamples { variable, easting, northing })) => {
                anyhow!(
                    "{file}, analyte '{analyte}': the fitted model makes '{variable}' at ({easting}, {northing}) a linear function of \
                     the other analytes there, so it adds nothing to them and the system is singular: leave it out of --method \
                     cokriging"
                )
            }
            Some(soilscope_core::Error::NoModel(refusal)) => anyhow!(
                "{file}, analyte '{analyte}': {}",
                crate::choice::words(refusal, |i| prepared.rows[i])
            ),
            Some(_) => error.context(format!("{file}, analyte '{analyte}'")),
            None => error,
        }
    })
}

/// Says what is odd about the places; refuses those that cannot be right.
pub(crate) fn judged(table: &SampleTable, file: &Path) -> Result<Vec<String>> {
    let mut remarks = Vec::new();
    for finding in table.judge_places() {
        match finding.severity {
            Severity::Error => {
                let message = &finding.message;
                let way_out = "; if they are right, compute on a plane by --crs local";
                let way_out = if message.contains("--crs local") { "" } else { way_out };
                bail!("{}: {message}{way_out}", file.display())
            }
            Severity::Warning => remarks.push(finding.message),
            Severity::Note => {}
        }
    }
    Ok(remarks)
}

/// The analyte to use: the one asked for, or the only one there is.
fn the_analyte(table: &SampleTable, args: &SampleArgs) -> Result<String> {
    if let Some(name) = &args.analyte {
        return Ok(name.clone());
    }
    let names: Vec<&str> = table.analytes().iter().map(|a| a.name()).collect();
    match names[..] {
        [only] => Ok(only.to_owned()),
        [] => Err(anyhow!("{}: there is no column of numbers beside the coordinates", args.samples.display())),
        _ => Err(anyhow!(
            "{}: there are several columns of numbers; choose one by --analyte: {}",
            args.samples.display(),
            names.join(", ")
        )),
    }
}

/// Largest departure of distances on the map from those on Earth that goes without a note.
const DISTORTION: f64 = 0.05;

/// Says so where the projection does not keep distances at the samples, as web Mercator does not: lags, ranges and radii are
/// then in units that are not metres on the ground.
fn distortion(crs: &Crs, samples: &Samples) -> Result<Option<String>> {
    let Some(metres) = crs.metres_per_unit() else { return Ok(None) };
    let (low, high) = samples.bounds();
    let transformer = Transformer::to_degrees(crs)?;
    let on_earth = |c: [f64; 2]| transformer.forward(c).map(|[x, y]| geo::Point::new(x, y));
    let middle = [0, 1].map(|k| 0.5 * (low[k] + high[k]));
    let step = (samples.diagonal() * 1e-3).max(1.0);
    let mut worst = 1.0_f64;
    for at in [middle, low, high, [low[0], high[1]], [high[0], low[1]]] {
        for to in [[at[0] + step, at[1]], [at[0], at[1] + step]] {
            // A corner of the samples' extent may lie where the projection does not reach.
            if let (Ok(a), Ok(b)) = (on_earth(at), on_earth(to)) {
                let ratio = step * metres / Geodesic.distance(a, b);
                if ratio.is_finite() && (ratio - 1.0).abs() > (worst - 1.0).abs() {
                    worst = ratio;
                }
            }
        }
    }
    Ok(((worst - 1.0).abs() > DISTORTION).then(|| {
        format!(
            "{} does not keep distances here: one metre on the ground is up to {worst:.3} on the map, and lags, ranges, radii and \
             cells are in map units; name a projection made for the place by --out-crs",
            crs.title()
        )
    }))
}
