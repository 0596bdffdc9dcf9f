//! Covariates of the drift: from columns and rasters to what samples and targets bring.

mod classes;
mod whole;

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::Coord;
use soilscope_pipeline::covariates::{Encoding, Function, Remark, Source as Encoded};
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::io::covariate_in::{RasterCovariate, RasterCovariates};
use soilscope_pipeline::samples::{PointTable, Prepared, SampleTable, TextColumn};

use crate::args::DriftArgs;
use crate::words::Covariate;
pub(crate) use whole::WholeClass;

use classes::{ClassRecord, Classes, NO_CLASS};

/// What was asked for: one entry a name, in the order in which the method names them.
pub(crate) struct Wanted {
    names: Vec<WantedName>,
}

struct WantedName {
    name: String,
    functions: Vec<Function>,
    /// As they were typed.
    spellings: Vec<String>,
    categorical: bool,
    raster: Option<RasterCovariate>,
}

impl Wanted {
    /// Opens the rasters; refuses options about covariates that the method does not take.
    pub(crate) fn new(args: &DriftArgs) -> Result<Self> {
        let mut names: Vec<WantedName> = Vec::new();
        for covariate @ Covariate { name, function } in args.method.covariates() {
            let known = names.iter().position(|n| n.name == *name);
            let at = known.unwrap_or_else(|| {
                names.push(WantedName {
                    name: name.clone(),
                    functions: Vec::new(),
                    spellings: Vec::new(),
                    categorical: false,
                    raster: None,
                });
                names.len() - 1
            });
            names[at].functions.push(*function);
            names[at].spellings.push(covariate.to_string());
        }
        let list: Vec<String> = names.iter().map(|n| n.name.clone()).collect();
        let find = |option: &str, name: &str| match list.iter().position(|n| n == name) {
            Some(at) => Ok(at),
            None if list.is_empty() => {
                bail!("{option} {name} would have no effect: it is for --method external; leave it out")
            }
            None => bail!("{option} {name} would have no effect: the covariates of --method are {}", list.join(", ")),
        };
        for name in &args.categorical {
            let at = find("--categorical", name)?;
            names[at].categorical = true;
        }
        for given in &args.covariate {
            let at = find("--covariate", &given.name)?;
            ensure!(names[at].raster.is_none(), "--covariate {} is given twice", given.name);
            names[at].raster = Some(RasterCovariate::open(&given.path, 1)?);
        }
        for wanted in names.iter().filter(|n| n.categorical) {
            wanted.refuse_functions()?;
        }
        Ok(Self { names })
    }

    /// Columns that the samples must have.
    pub(crate) fn columns(&self) -> impl Iterator<Item = String> + '_ {
        self.names.iter().filter(|n| n.raster.is_none()).map(|n| n.name.clone())
    }

    /// Columns that the samples may have: a raster says what they do not.
    pub(crate) fn optional_columns(&self) -> impl Iterator<Item = String> + '_ {
        self.names.iter().filter(|n| n.raster.is_some()).map(|n| n.name.clone())
    }

    /// The projected CRS of the first raster that has one, and the name of its covariate.
    pub(crate) fn projected_crs(&self) -> Result<Option<(Crs, &str)>> {
        for wanted in &self.names {
            if let Some(crs) = wanted.raster.as_ref().and_then(RasterCovariate::wkt).map(Crs::parse).transpose()?
                && !crs.is_geographic()
            {
                return Ok(Some((crs, &wanted.name)));
            }
        }
        Ok(None)
    }

    /// Gives the samples their covariates; leaves out those of which one is not known, and says so.
    pub(crate) fn join(
        self,
        table: &SampleTable,
        prepared: &mut Prepared,
    ) -> Result<Option<(Covariates, Vec<String>)>> {
        if self.names.is_empty() {
            return Ok(None);
        }
        let mut remarks = Vec::new();
        let mut found = Vec::with_capacity(self.names.len());
        for wanted in self.names {
            if let Some(raster) = &wanted.raster {
                check_crs(raster, prepared)?;
            }
            found.push(wanted.at_samples(table, prepared, &mut remarks)?);
        }
        let known = |&i: &usize| found.iter().all(|f| f.known(i));
        let kept: Vec<usize> = (0..prepared.samples.len()).filter(known).collect();
        let dropped = prepared.samples.len() - kept.len();
        if dropped > 0 {
            let names: Vec<&str> =
                found.iter().filter(|f| (0..prepared.samples.len()).any(|i| !f.known(i))).map(|f| f.name()).collect();
            let without: Vec<String> = (0..prepared.samples.len())
                .filter(|i| !known(i))
                .take(10)
                .map(|i| format!("{}", prepared.rows[i]))
                .collect();
            let more = if dropped > without.len() { " …" } else { "" };
            remarks.push(format!(
                "samples left out because {} is not known there: {dropped} ({} {}{more})",
                names.join(" or "),
                table.source().row_word(),
                without.join(", ")
            ));
            prepared.keep(&kept)?;
        }
        let found: Vec<Settled> = found.into_iter().map(|f| f.settle(&kept, table, prepared)).collect::<Result<_>>()?;
        let encoding = Encoding::new(found.iter().map(|f| f.encoded.clone()).collect());
        let columns = columns(&encoding, &found, prepared)?;
        prepared.samples = prepared.samples.clone().with_covariates(&columns)?;
        let sources = found.into_iter().map(|f| f.source).collect();
        Ok(Some((Covariates { encoding, sources }, remarks)))
    }
}

/// The drift's columns at the samples.
fn columns(encoding: &Encoding, found: &[Settled], prepared: &Prepared) -> Result<Vec<Vec<f64>>> {
    let names: Vec<&String> = found.iter().flat_map(|f| &f.source.record.columns).collect();
    let mut columns = vec![Vec::with_capacity(prepared.samples.len()); encoding.columns()];
    let mut row = vec![0.0; encoding.columns()];
    for i in 0..prepared.samples.len() {
        let raw: Vec<f64> = found.iter().map(|f| f.raw[i]).collect();
        encoding.encode(&raw, &mut row);
        for (k, &value) in row.iter().enumerate() {
            ensure!(
                value.is_finite(),
                "{}, line {}: {} has no value where its covariate is {}: take another function, or leave the sample out",
                prepared.record.file,
                prepared.rows[i],
                names[k],
                found.iter().find(|f| f.source.record.columns.contains(names[k])).map_or(f64::NAN, |f| f.raw[i]),
            );
            columns[k].push(value);
        }
    }
    Ok(columns)
}

impl WantedName {
    fn refuse_functions(&self) -> Result<()> {
        let plain = self.functions[..] == [Function::Identity];
        ensure!(plain, "{} has classes, of which there is no function: name it alone", self.name);
        Ok(())
    }

    /// What the file or the raster says at the samples.
    fn at_samples(self, table: &SampleTable, prepared: &Prepared, remarks: &mut Vec<String>) -> Result<Found> {
        let says = match (table.text_column(&self.name), &self.raster) {
            (Some(column), _) => {
                note_differences(column, table, prepared, remarks)?;
                if self.categorical || is_text(table, column, prepared) {
                    self.refuse_functions()?;
                    let text = |&r: &usize| column.text(r).map(str::to_owned);
                    Says::Text(prepared.records.iter().map(text).collect())
                } else {
                    let number = |&r: &usize| table.number(column, r).map(|n| n.unwrap_or(f64::NAN));
                    Says::Numbers(prepared.records.iter().map(number).collect::<soilscope_pipeline::Result<_>>()?)
                }
            }
            (None, Some(raster)) => {
                remarks.push(format!(
                    "the samples have no column '{}': they have its value from {}, of the cell they lie in",
                    self.name,
                    raster.path().display()
                ));
                let values = raster.at(prepared.samples.coords())?;
                Says::Numbers(values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect())
            }
            (None, None) => bail!("{}: there is no column '{}'", prepared.record.file, self.name),
        };
        Ok(Found { from_column: table.text_column(&self.name).is_some(), wanted: self, says })
    }
}

/// Whether no cell that says something is a number: a column of which some are is left to fail at the others.
fn is_text(table: &SampleTable, column: &TextColumn, prepared: &Prepared) -> bool {
    let mut said = prepared.records.iter().filter(|&&r| column.text(r).is_some()).peekable();
    said.peek().is_some() && said.all(|&r| table.number(column, r).is_err())
}

/// Samples of one place should agree on its covariates: what the first says is used.
fn note_differences(
    column: &TextColumn,
    table: &SampleTable,
    prepared: &Prepared,
    remarks: &mut Vec<String>,
) -> Result<()> {
    let differ =
        prepared.merged.values().filter(|records| records.iter().any(|&r| column.text(r) != column.text(records[0])));
    let lines: Vec<String> = differ.map(|records| table.lines()[records[0]].to_string()).collect();
    if !lines.is_empty() {
        remarks.push(format!(
            "samples at one place differ in '{}', at {} places (the first in {} {}): what the first says is used",
            column.name,
            lines.len(),
            table.source().row_word(),
            lines[0]
        ));
    }
    Ok(())
}

fn check_crs(raster: &RasterCovariate, prepared: &Prepared) -> Result<()> {
    let own = raster.wkt().map(Crs::parse).transpose()?;
    let crs = own.as_ref().unwrap_or(&prepared.source_crs);
    ensure!(
        crs.same_as(&prepared.crs),
        "{}: the covariate is in {}, the map in {}: warp it (gdalwarp -t_srs), or use --out-crs",
        raster.path().display(),
        crs.title(),
        prepared.crs.title()
    );
    Ok(())
}

enum Says {
    Numbers(Vec<f64>),
    Text(Vec<Option<String>>),
}

/// A covariate at the samples, before it is known which of them are kept.
struct Found {
    wanted: WantedName,
    from_column: bool,
    says: Says,
}

/// A covariate at the samples that are kept.
struct Settled {
    source: Source,
    encoded: Encoded,
    raw: Vec<f64>,
}

impl Found {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn known(&self, sample: usize) -> bool {
        match &self.says {
            Says::Numbers(numbers) => !numbers[sample].is_nan(),
            Says::Text(text) => text[sample].is_some(),
        }
    }

    fn settle(self, kept: &[usize], table: &SampleTable, prepared: &Prepared) -> Result<Settled> {
        let Self { wanted, from_column, says } = self;
        let raster = wanted.raster.as_ref().map(|r| r.path().display().to_string());
        let mut record = CovariateRecord {
            name: wanted.name.clone(),
            samples_from: if from_column { "column" } else { "raster" },
            raster,
            columns: wanted.spellings.clone(),
            range: None,
            classes: Vec::new(),
        };
        let (encoded, raw, labels) = match says {
            Says::Numbers(numbers) if !wanted.categorical => {
                let raw: Vec<f64> = kept.iter().map(|&i| numbers[i]).collect();
                let range = [
                    raw.iter().copied().fold(f64::INFINITY, f64::min),
                    raw.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                ];
                record.range = Some(range);
                (Encoded::Quantity { functions: wanted.functions.clone(), range }, raw, None)
            }
            says => {
                let texts: Vec<String> = match says {
                    Says::Numbers(numbers) => kept.iter().map(|&i| numbers[i].to_string()).collect(),
                    Says::Text(text) => kept.iter().map(|&i| text[i].clone().unwrap_or_default()).collect(),
                };
                let classes = Classes::of(&texts, table);
                ensure!(
                    classes.labels.len() > 1,
                    "{}: all samples are of the class '{}' of {}: it cannot be a covariate",
                    prepared.record.file,
                    classes.labels[0],
                    wanted.name
                );
                ensure!(
                    classes.numeric || wanted.raster.is_none(),
                    "{}: the classes of '{}' are text, as '{}', and a raster holds numbers: write the raster's numbers into \
                     the column",
                    prepared.record.file,
                    wanted.name,
                    classes.labels[0]
                );
                record.columns = classes.labels[1..].iter().map(|l| format!("{}={l}", wanted.name)).collect();
                record.classes = classes.record();
                let coded = || classes.labels.iter().cloned().zip(classes.codes.iter().copied()).collect();
                let labels = (!classes.numeric).then(coded);
                (Encoded::Classes { codes: classes.codes }, classes.raw, labels)
            }
        };
        let classes = matches!(encoded, Encoded::Classes { .. });
        Ok(Settled {
            source: Source { name: wanted.name, raster: wanted.raster, classes, labels, record },
            encoded,
            raw,
        })
    }
}

/// A covariate, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CovariateRecord {
    pub(crate) name: String,
    /// Where the samples have it from: `column` or `raster`.
    pub(crate) samples_from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raster: Option<String>,
    /// Its columns in the drift.
    pub(crate) columns: Vec<String>,
    /// Lowest and highest at the samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<[f64; 2]>,
    /// Classes at the samples; the first has no column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) classes: Vec<ClassRecord>,
}

/// One name, and where targets have it from.
struct Source {
    name: String,
    raster: Option<RasterCovariate>,
    classes: bool,
    /// Codes of the labels of classes that are text; `None` for numbers.
    labels: Option<BTreeMap<String, f64>>,
    record: CovariateRecord,
}

/// The covariates of the drift, as the samples settled them.
pub(crate) struct Covariates {
    encoding: Encoding,
    sources: Vec<Source>,
}

/// The drift's columns at points, and how many points they say something of.
pub(crate) struct AtPoints {
    pub(crate) values: Vec<f64>,
    pub(crate) remarks: Vec<Remark>,
}

impl Covariates {
    /// Columns of the drift.
    pub(crate) fn columns(&self) -> usize {
        self.encoding.columns()
    }

    pub(crate) fn records(&self) -> Vec<CovariateRecord> {
        self.sources.iter().map(|s| s.record.clone()).collect()
    }

    /// Whether a grid's cells have the same covariates for both: the same columns of the same rasters, and samples that tell of as much.
    pub(crate) fn has_cells_of(&self, other: &Self) -> bool {
        let path = |source: &Source| source.raster.as_ref().map(|raster| raster.path().to_owned());
        self.encoding == other.encoding && self.sources.iter().map(path).eq(other.sources.iter().map(path))
    }

    /// The covariates of a grid's cells.
    ///
    /// # Errors
    /// A covariate without a raster.
    pub(crate) fn of_cells(&self) -> Result<RasterCovariates<'_>> {
        let raster = |s: &'_ Source| -> Result<()> {
            ensure!(
                s.raster.is_some(),
                "the covariate '{0}' must be known in every cell: give --covariate {0}=RASTER",
                s.name
            );
            Ok(())
        };
        self.sources.iter().try_for_each(raster)?;
        Ok(RasterCovariates::new(&self.encoding, self.sources.iter().filter_map(|s| s.raster.as_ref()).collect()))
    }

    /// The covariates of points at `places` of the working CRS: from the points' own columns, else from rasters.
    pub(crate) fn of_points(&self, points: &PointTable, places: &[Coord]) -> Result<AtPoints> {
        let mut raw = vec![f64::NAN; places.len() * self.sources.len()];
        for (k, source) in self.sources.iter().enumerate() {
            let numbers = source.of_points(points, places)?;
            for (i, number) in numbers.into_iter().enumerate() {
                raw[i * self.sources.len() + k] = number;
            }
        }
        let columns = self.columns();
        let mut values = vec![f64::NAN; places.len() * columns];
        let rows = values.chunks_exact_mut(columns).zip(raw.chunks_exact(self.sources.len()));
        let remarks = rows.map(|(row, raw)| self.encoding.encode(raw, row)).collect();
        Ok(AtPoints { values, remarks })
    }
}

impl Source {
    fn of_points(&self, points: &PointTable, places: &[Coord]) -> Result<Vec<f64>> {
        let Some(column) = points.column(&self.name) else {
            let Some(raster) = &self.raster else {
                bail!(
                    "{}: there is no column '{1}', which the drift needs at every point: add it, or give --covariate {1}=RASTER",
                    points.source().path,
                    self.name
                )
            };
            return Ok(raster.at(places)?.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect());
        };
        let of_point = |i: usize| -> Result<f64> {
            if let Some(labels) = &self.labels {
                let Some(text) = points.text(i, column) else { return Ok(f64::NAN) };
                return Ok(labels.get(text).copied().unwrap_or(NO_CLASS));
            }
            match points.number(i, column) {
                Ok(number) => Ok(number.unwrap_or(f64::NAN)),
                Err(_) if self.classes => Ok(NO_CLASS),
                Err(refused) => Err(refused.into()),
            }
        };
        (0..places.len()).map(of_point).collect()
    }
}
