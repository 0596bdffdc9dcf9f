//! What was typed: the command line's words, before anything is checked against data.

mod association;
mod decision;
mod exchange;
mod hotspots;
mod map;
mod method;
mod run;
mod sample_plan;
mod simulate;
mod sources;
mod thresholds;
mod variogram;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use soilscope_core::censored::Substitution;
use soilscope_core::variogram::Estimator;

use crate::words::{Folds, Mask, ModelChoice, TransformChoice};

pub(crate) use association::{Association, Standardise};
pub(crate) use decision::DecisionArgs;
pub(crate) use exchange::{CheckBundle, Exchange, ExchangeVerb, Import, Pack, Replay, Verify, profile_named};
pub(crate) use hotspots::Hotspots;
pub(crate) use map::{Map, RasterChoice};
pub(crate) use method::{BlockArgs, DriftArgs, DriftFrom, ErrorArgs, MethodArgs, NodesChoice};
pub(crate) use run::{Part, RunArgs};
pub(crate) use sample_plan::{DesignChoice, LowerChoice, SamplePlan};
pub(crate) use simulate::{FieldsChoice, PathChoice, ScoreArgs, Simulate, SimulationArgs, SimulatorChoice};
pub(crate) use sources::Sources;
pub(crate) use thresholds::{
    CompareThresholds, GuidelineArgs, ListThresholds, ShowThresholds, TableArgs, ThresholdFilter, ThresholdOutput,
    Thresholds, ThresholdsVerb,
};
pub(crate) use variogram::Variogram;

/// From soil samples to maps that a decision can rest on.
#[derive(Debug, Parser)]
#[command(
    name = "soilscope",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        soilscope check data/meuse.csv --analyte zinc --crs EPSG:28992\n  \
        soilscope map data/meuse.csv --analyte zinc --crs EPSG:28992 --threshold 500 --transform log -o out/\n\n\
        Exit codes: 0 done; 1 done, but a check that was asked for says no; 2 wrong usage, bad input or failure; \
        130 interrupted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Print the result as one JSON document on stdout
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// No messages but errors
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    /// More messages: what was read, and settings as they take effect
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet", help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Threads to compute with, where work is shared out [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Everywhere")]
    pub(crate) threads: Option<u16>,
    /// A bar with rate and time left: on a terminal only, always (plain lines where it is none), or never
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(crate) progress: ProgressWhen,
}

impl Common {
    /// Threads to compute with.
    pub(crate) fn threads(&self) -> anyhow::Result<NonZeroUsize> {
        match self.threads {
            Some(n) => NonZeroUsize::new(n.into()).context("--threads must be at least 1"),
            None => Ok(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Read and judge a sample file: units, limits of detection, duplicates, outliers, coordinates, CRS
    Check(Check),
    /// Empirical variogram and fitted model
    Variogram(Variogram),
    /// Cross-validation: scores and a table of residuals
    Validate(Validate),
    /// Predictions at given points
    Predict(Predict),
    /// The main job: rasters, hotspots, picture and run record into one folder
    Map(Box<Map>),
    /// Polygons and their statistics out of maps already made
    Hotspots(Hotspots),
    /// Do samples near each other resemble each other, and where: Moran's I, Geary's C, local Moran's I, Gi and Gi*
    Association(Association),
    /// Realisations of the field, and what they say together: means, quantiles, probabilities, areas above a threshold
    Simulate(Simulate),
    /// Where to sample next: sites that lower most what is wrong with a map; first sites; the chance to miss a hotspot
    SamplePlan(SamplePlan),
    /// Where a contamination may come from: factors of several analytes, and the nearness to known sources
    Sources(Sources),
    /// Limits of the law: list them, show one, compare jurisdictions, alone or on samples
    Thresholds(Thresholds),
    /// Bundles of maps for other institutions: make one, judge one
    Exchange(Exchange),
    /// A laboratory's or an institution's table as the long table of the exchange specification
    Import(Import),
    /// Has any file of a run or a bundle changed since it was written; is the bundle signed
    Verify(Verify),
    /// Run again what a run record says, and compare: which cells differ, and by how much
    Replay(Replay),
}

/// Which samples, and how their table is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Samples")]
pub(crate) struct SampleArgs {
    /// CSV or TSV (wide: a column per analyte; long: analyte, value, unit), GeoParquet, GeoPackage, GeoJSON or Shapefile
    #[arg(value_name = "SAMPLES")]
    pub(crate) samples: PathBuf,
    /// A column of a wide file, or a value of the analyte column of a long one; `map` takes several, as zinc,lead
    #[arg(long, value_name = "NAME")]
    pub(crate) analyte: Option<String>,
    /// Column of eastings or longitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) x: Option<String>,
    /// Column of northings or latitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) y: Option<String>,
    /// CRS of the coordinates, as EPSG:28992, WKT or a PROJ string; `local` is a plane that is nowhere on Earth
    #[arg(long, value_name = "CRS")]
    pub(crate) crs: Option<String>,
    /// CRS to compute and map in [default: the samples' own where it is projected, else a fitting projection, named in
    /// the record]
    #[arg(long, value_name = "CRS")]
    pub(crate) out_crs: Option<String>,
    /// Layer of a GeoPackage with several
    #[arg(long, value_name = "NAME")]
    pub(crate) layer: Option<String>,
    /// Unit of the values, where the file does not say it
    #[arg(long, value_name = "UNIT")]
    pub(crate) unit: Option<String>,
    /// Limit of `n.d.` values, where the file does not say it
    #[arg(long, value_name = "LIMIT", allow_negative_numbers = true)]
    pub(crate) limit: Option<f64>,
    /// What stands for a value below its limit
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) nondetect: Nondetect,
    /// What becomes of samples at one place
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) duplicates: DuplicateRule,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Nondetect {
    /// Half the limit
    #[default]
    #[value(name = "limit/2")]
    HalfLimit,
    /// The limit itself
    Limit,
    /// The limit divided by the square root of 2
    #[value(name = "limit/sqrt2")]
    LimitOverSqrt2,
    /// Leave the sample out
    Drop,
    /// None: it is known to be below its limit, and kriging uses just that
    Censored,
}

impl From<Nondetect> for Substitution {
    fn from(how: Nondetect) -> Self {
        match how {
            Nondetect::HalfLimit => Self::HalfLimit,
            Nondetect::Limit => Self::Limit,
            Nondetect::LimitOverSqrt2 => Self::LimitOverSqrt2,
            Nondetect::Drop => Self::Drop,
            Nondetect::Censored => Self::Censored,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DuplicateRule {
    /// Average them
    #[default]
    Mean,
    /// Keep the first in the file
    First,
    /// Keep all: where samples have errors of their own (--error-sd, --error-cv)
    Keep,
    /// Refuse the file
    Refuse,
}

/// The field's model.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// Scale to krige on: `none`, `log`, `box-cox:POWER` (`box-cox` finds the most likely power) or `normal-score`;
    /// predictions return to the unit without bias
    #[arg(long, default_value = "none", value_name = "SCALE")]
    pub(crate) transform: TransformChoice,
    /// `auto`, or gstat's notation: '0.05 Nug + 0.59 Sph(897)'; what is left out is fitted: 'Nug + Sph', 'Nug + Mat(kappa=1.5)'
    #[arg(long, default_value = "auto", value_name = "MODEL")]
    pub(crate) model: ModelChoice,
    /// Largest lag [default: a third of the diagonal of the samples' bounding box]
    #[arg(long, value_name = "DISTANCE", allow_negative_numbers = true)]
    pub(crate) cutoff: Option<f64>,
    /// Width of the lag classes [default: cutoff / 15]
    #[arg(long, value_name = "DISTANCE", allow_negative_numbers = true)]
    pub(crate) width: Option<f64>,
    /// Upper bounds of the lag classes
    #[arg(long, value_name = "B1,B2,…", value_delimiter = ',', conflicts_with_all = ["cutoff", "width"])]
    pub(crate) boundaries: Vec<f64>,
    /// Directions, degrees clockwise from north [default: all together]
    #[arg(long, value_name = "A1,A2,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) azimuths: Vec<f64>,
    /// Degrees either side of each direction [default: 90 / number of directions]
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "azimuths")]
    pub(crate) tolerance: Option<f64>,
    /// Estimator of the semivariances
    #[arg(long, value_enum, default_value_t)]
    pub(crate) estimator: EstimatorChoice,
    /// Weights of the lag classes in the fit
    #[arg(long, value_enum, default_value_t, value_name = "WEIGHTS")]
    pub(crate) fit_weights: WeightsChoice,
    /// How what --model leaves open is fitted
    #[arg(long, value_enum, default_value_t)]
    pub(crate) fit: FitChoice,
    /// How the intervals of parameters fitted by likelihood are computed [default: information]
    #[arg(long, value_enum)]
    pub(crate) intervals: Option<IntervalsChoice>,
}

impl ModelArgs {
    /// Options that shape the empirical variogram and its fit, as far as they were given.
    pub(crate) fn lag_options(&self) -> Vec<&'static str> {
        let given = [
            ("--cutoff", self.cutoff.is_some()),
            ("--width", self.width.is_some()),
            ("--boundaries", !self.boundaries.is_empty()),
            ("--azimuths", !self.azimuths.is_empty()),
            ("--estimator", self.estimator != EstimatorChoice::default()),
            ("--fit-weights", self.fit_weights != WeightsChoice::default()),
        ];
        given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
    }

    /// Options that say how parameters are fitted, as far as they were given.
    pub(crate) fn fit_options(&self) -> Vec<&'static str> {
        let given = [("--fit", self.fit != FitChoice::default()), ("--intervals", self.intervals.is_some())];
        given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EstimatorChoice {
    #[default]
    Matheron,
    /// Robust against outliers (Cressie and Hawkins 1980)
    Cressie,
    /// Relative to the mean of the two values, for a spread that grows with the values: without unit, so for `variogram` only
    PairwiseRelative,
    /// By the median difference: resists up to half of the pairs (Dowd 1984)
    Dowd,
    /// By the Qn scale of the differences: as resistant, and more precise (Genton 1998)
    Genton,
}

impl From<EstimatorChoice> for Estimator {
    fn from(choice: EstimatorChoice) -> Self {
        match choice {
            EstimatorChoice::Matheron => Self::Matheron,
            EstimatorChoice::Cressie => Self::CressieHawkins,
            EstimatorChoice::PairwiseRelative => Self::PairwiseRelative,
            EstimatorChoice::Dowd => Self::Dowd,
            EstimatorChoice::Genton => Self::Genton,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightsChoice {
    Pairs,
    #[default]
    PairsOverSquaredDistance,
    Equal,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitChoice {
    /// Weighted least squares of the empirical variogram
    #[default]
    Wls,
    /// Restricted maximum likelihood of the samples, with intervals; no lag classes
    Reml,
    /// Maximum likelihood, which compares drifts too but makes sills too small
    Ml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IntervalsChoice {
    /// From the curvature of the likelihood: quick
    Information,
    /// From the profile of the likelihood: slower, and right where it is skewed
    Profile,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScaleChoice {
    /// The data's unit
    #[default]
    Data,
    /// The scale of --transform
    Transformed,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    #[command(flatten)]
    pub(crate) guideline: GuidelineArgs,
    /// Count the samples above this value, in the data's unit, and hold the upper limit of the mean against it
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite, group = "limit-to-hold", help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    /// Exit with code 1 where there is a warning, not only for an error
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    #[command(flatten)]
    pub(crate) errors: ErrorArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) method: MethodArgs,
    /// `loo` (leave one out), K random folds, block:SIZE (spatial blocks), or column:NAME (samples with the same text there)
    #[arg(long, default_value = "loo", value_name = "FOLDS")]
    pub(crate) folds: Folds,
    /// Judge the probabilities of being above this value, in the data's unit, by samples held out in spatial blocks
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite, group = "limit-to-hold", help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    #[command(flatten)]
    pub(crate) guideline: GuidelineArgs,
    /// Judge variances and probabilities also by squares that hold so many samples on average, however wide: how much a verdict depends
    /// on the width of the gaps, as 5,10,20,40
    #[arg(long, value_name = "N1,N2,…", value_delimiter = ',', value_parser = crate::words::positive)]
    pub(crate) block_samples: Vec<f64>,
    /// Seed of random folds [default: 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Write the residuals, one row a sample in order, to this CSV file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Predict {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    /// Where: a table of points with the same coordinate names and CRS as the samples, or with a CRS of its own
    #[arg(long, value_name = "POINTS")]
    pub(crate) at: PathBuf,
    /// CRS of the points, where it is not the samples'
    #[arg(long, value_name = "CRS")]
    pub(crate) at_crs: Option<String>,
    #[command(flatten)]
    pub(crate) errors: ErrorArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) method: MethodArgs,
    #[command(flatten)]
    pub(crate) block: BlockArgs,
    /// Scale of the predictions
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scale: ScaleChoice,
    /// Add the probability to exceed this value, in the data's unit
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite, group = "limit-to-hold", help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    #[command(flatten)]
    pub(crate) guideline: GuidelineArgs,
    /// Write here by the ending: .csv, .geojson or .gpkg [default: CSV on stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// The grid.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Grid")]
pub(crate) struct GridArgs {
    /// Cell size, CRS units [default: from the density of the samples (Hengl 2006)]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, conflicts_with = "like")]
    pub(crate) cell: Option<f64>,
    /// Grid of this raster
    #[arg(long, value_name = "RASTER", conflicts_with_all = ["bounds", "out_crs"])]
    pub(crate) like: Option<PathBuf>,
    /// Extent in the map's CRS, widened to whole cells of a grid through the origin [default: that of the mask's polygons, else of the samples]
    #[arg(long, value_name = "XMIN,YMIN,XMAX,YMAX", value_delimiter = ',', num_args = 1, allow_hyphen_values = true)]
    pub(crate) bounds: Vec<f64>,
    /// Cells outside are no data: polygons, a raster (0 and nodata are outside), or samples:DISTANCE (near a sample);
    /// may be repeated
    #[arg(long, value_name = "MASK")]
    pub(crate) mask: Vec<Mask>,
    /// CRS of a mask file that does not say it [default: the samples']
    #[arg(long, value_name = "CRS", requires = "mask")]
    pub(crate) mask_crs: Option<String>,
    /// Refuse a grid with more cells than this
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 10_000_000_000)]
    pub(crate) max_cells: u64,
}
