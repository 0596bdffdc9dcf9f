//! What a finished run left in its folder, as its record `run.json` says: the only thing that a packer knows of a map.
//!
//! The record is the promise and the files are the goods: whatever the record gives a sum of is held against it before anything is made of
//! it, for a map that was edited after its run is not the map that the record describes.

mod files;
mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};
pub(crate) use files::sum;

/// A file that a run read or wrote. Its folder is nobody's business and is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// `samples`, `mask`, `covariate`, `raster`, `hotspots`, `picture`, …: the run's own words.
    pub role: String,
    /// Its name without folders.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lowercase hexadecimal.
    pub sha256: String,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The folder.
    pub folder: PathBuf,
    /// The version of soilscope that made it.
    pub software_version: String,
    /// The version of GDAL that it used.
    pub gdal_version: String,
    /// The version of PROJ that it used.
    pub proj_version: String,
    /// When it began, `YYYY-MM-DDTHH:MM:SSZ`.
    pub started: String,
    /// The time that its files hold: that of `SOURCE_DATE_EPOCH` where the run was given one, else when it began.
    pub dated: String,
    /// The command as it was typed, its paths shortened to their last part.
    pub command: Vec<String>,
    /// What went in.
    pub inputs: Vec<FileEntry>,
    /// The maps, in the run's order; one for each analyte.
    pub variables: Vec<Variable>,
    /// Files of all analytes together, which a bundle does not take up; empty for a run of one analyte.
    pub together: Vec<FileEntry>,
    /// What the run had to remark about all analytes together; that of one analyte stands in [`Variable::notes`].
    pub notes: Vec<String>,
    /// SHA-256 of `run.json` as it stands.
    pub record_sha256: String,
    /// The whole record.
    pub record: Value,
}

/// The map of one analyte.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The analyte as the run calls it, as `zinc`.
    pub analyte: String,
    /// Its unit; `None` where the run knew none.
    pub unit: Option<String>,
    /// The coordinate system of the rasters.
    pub crs: CrsEntry,
    /// The cells of the rasters.
    pub grid: RunGrid,
    /// How it was predicted, as `ordinary-kriging`.
    pub method: String,
    /// What the prediction stands for: `point` or the words for a block.
    pub support: String,
    /// The transform of the values, as `log`.
    pub transform: String,
    /// What probabilities and intervals take the prediction error for, in the run's words.
    pub distribution: Option<String>,
    /// The same, where it is one that an interval can be computed from.
    pub interval: Option<Interval>,
    /// The model of spatial correlation, in gstat's words.
    pub variogram: Option<String>,
    /// Above what soil counts as polluted; `None` where the run was not asked.
    pub threshold: Option<Threshold>,
    /// From which probability on a cell is hot; `None` without a threshold.
    pub confidence: Option<f64>,
    /// What is hot in the run's hotspots.
    pub hot: Option<HotRule>,
    /// Seed of simulated fields, where there are any.
    pub seed: Option<u64>,
    /// How many fields were simulated.
    pub realisations: Option<u64>,
    /// The samples.
    pub samples: SampleCounts,
    /// The cells.
    pub cells: CellCounts,
    /// What cross-validation found.
    pub scores: Option<Scores>,
    /// The skill of the probability of exceedance: `yes`, `no` or `cannot be told`, and the score.
    pub skill: Option<Skill>,
    /// What it wrote.
    pub outputs: Vec<FileEntry>,
    /// What the run had to remark.
    pub notes: Vec<String>,
    /// The record of this analyte.
    pub record: Value,
}

/// A coordinate system as a run names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrsEntry {
    /// `EPSG:28992`, where there is a code.
    pub authority: Option<String>,
    /// Its name.
    pub name: String,
    /// `projected`, `geographic` or `local`.
    pub kind: String,
}

impl CrsEntry {
    /// The EPSG code, where it is one.
    pub fn epsg(&self) -> Option<u32> {
        self.authority.as_deref()?.strip_prefix("EPSG:")?.parse().ok()
    }
}

/// Cells of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RunGrid {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Width and height of a cell, in units of the coordinate system.
    pub cell: [f64; 2],
    /// West, south, east, north.
    pub bounds: [f64; 4],
}

/// A distribution of the prediction error that has an interval in closed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// Normal.
    Normal,
    /// Log-normal.
    Lognormal,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// In the unit of the map; `None` where every cell has its own.
    pub value: Option<f64>,
    /// Which act or guidance it is from, with its level and year; `None` where the run was given a bare number.
    pub source: Option<String>,
    /// Where it was read.
    pub address: Option<String>,
    /// The code of the built-in table, as `NL/background/any`.
    pub code: Option<String>,
    /// The land use that it is for.
    pub land_use: Option<String>,
    /// How it wants the content measured.
    pub basis: Option<String>,
    /// `verified`, `second-hand` or `UNVERIFIED`.
    pub standing: Option<String>,
}

/// Which cells are hot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HotRule {
    /// A probability of exceedance of at least this.
    Probability(f64),
    /// A predicted value above this, where the method has no probability.
    Prediction(f64),
}

/// Counts of samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SampleCounts {
    /// Rows of the file.
    pub rows: u64,
    /// Rows with a result.
    pub used: u64,
    /// Rows without.
    pub missing: u64,
    /// Results that are numbers.
    pub quantified: u64,
    /// Results below a limit.
    pub below_limit: u64,
    /// What stood for those.
    pub nondetect: Option<String>,
}

/// Counts of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CellCounts {
    /// All.
    pub cells: u64,
    /// With a prediction.
    pub predicted: u64,
    /// Outside what was to be mapped.
    pub outside_mask: u64,
    /// Without a prediction although asked for, by reason.
    pub gaps: BTreeMap<String, u64>,
    /// With a prediction that is not to be trusted.
    pub doubtful: u64,
}

/// Scores of cross-validation, in the unit of the map or its square.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// How samples were held out.
    pub folds: String,
    /// Samples.
    pub n: u64,
    /// Mean error.
    pub me: Option<f64>,
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// Root mean squared error.
    pub rmse: Option<f64>,
    /// Share of the variance explained: 1 less the mean squared error over the variance.
    pub r2: Option<f64>,
    /// Mean squared deviation over its prediction variance.
    pub msdr: Option<f64>,
    /// Continuous ranked probability score.
    pub crps: Option<f64>,
    /// Lin's concordance correlation coefficient.
    pub ccc: Option<f64>,
    /// Share of samples inside the central interval of each nominal probability: nominal and observed, both from 0 to 1.
    pub coverage: Vec<[f64; 2]>,
}

impl Scores {
    /// The observed coverage of the central interval of `nominal` (0 to 1), where it was computed.
    pub fn picp(&self, nominal: f64) -> Option<f64> {
        self.coverage.iter().find(|c| (c[0] - nominal).abs() < 1e-9).map(|c| c[1])
    }
}

/// Whether probabilities of exceedance beat the share of samples that are above.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skill {
    /// `None` where it cannot be told.
    pub skilled: Option<bool>,
    /// 1 less the Brier score over that of the share.
    pub score: Option<f64>,
    /// Area under the receiver operating characteristic.
    pub auc: Option<f64>,
}

impl Run {
    /// Reads the record of a finished run and holds every file that it names against its sum.
    ///
    /// # Errors
    /// No record, a record of another verb than `map`, a file that is missing, changed, a link, or outside the folder; interrupted.
    pub fn open(folder: &Path, interrupted: &dyn Fn() -> bool) -> Result<Self> {
        let run = read::run(folder)?;
        files::check(&run, interrupted)?;
        Ok(run)
    }

    /// The map of `analyte`, by the name the run gives it.
    pub fn variable(&self, analyte: &str) -> Option<&Variable> {
        self.variables.iter().find(|v| v.analyte == analyte)
    }
}

impl Variable {
    /// The file that ends so, as `_prediction.tif`, among those that the run wrote of this analyte.
    pub fn output(&self, ending: &str) -> Option<&FileEntry> {
        let name = format!("{}{ending}", files::slug(&self.analyte));
        self.outputs.iter().find(|f| f.name == name)
    }

    /// The same as a path in `run`'s folder; refused where the run did not write it.
    ///
    /// # Errors
    /// The run has no such file.
    pub fn needed(&self, run: &Run, ending: &str) -> Result<PathBuf> {
        self.output(ending).map(|f| run.folder.join(&f.name)).ok_or_else(|| {
            Error::refused(
                run.folder.display(),
                format!("the run wrote no {}{ending}", files::slug(&self.analyte)),
                "make the map again without --only",
            )
        })
    }
}
