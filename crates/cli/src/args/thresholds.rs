//! Limits of the law: which, for what soil, and the verb that shows them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soilscope_assess::threshold::Family;

use crate::words::SoilSource;

/// A limit by its code, instead of a number.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Decision")]
pub(crate) struct GuidelineArgs {
    /// What "polluted" means: above this limit of the law, as NL/intervention or CN/screening/paddy; see `soilscope
    /// thresholds list`; of `map` and `check` several, commas between
    #[arg(long, value_name = "CODE[:ANALYTE]", group = "limit-to-hold")]
    pub(crate) guideline: Option<String>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// The soil that limits depend on: ph, ph_kcl, clay, om, toc, fines, texture, each a number for the whole site, in
    /// check a column too, in map a raster; percent but for pH and texture
    #[arg(long, value_name = "PROPERTY=VALUE,…", value_delimiter = ',')]
    pub(crate) soil: Vec<SoilSource>,
    /// How the samples were digested: total, aqua-regia, nitric-extract, hydrochloric-extract, soluble, plant-available; a limit
    /// of another basis does not compare, and every result says so
    #[arg(long, value_name = "BASIS", value_parser = crate::words::basis)]
    pub(crate) basis: Option<Family>,
}

/// Which table of limits.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TableArgs {
    /// A table of limits of your own, with the columns of the built-in one, which it replaces
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) guidelines: Option<PathBuf>,
}

/// `soilscope thresholds`.
#[derive(Debug, Args)]
#[command(after_help = CODES)]
pub(crate) struct Thresholds {
    #[command(subcommand)]
    pub(crate) what: ThresholdsVerb,
}

const CODES: &str = "Codes are JURISDICTION/level/land-use, as NL/intervention/any or DE/trigger/residential, in any case.\n\
    Leave parts out from the end, or shorten them to their beginning (DE/trig/res), as long as one set of limits fits; a part in \
    full wins over those it begins. A harmonised land use (agricultural, residential, recreational, commercial, industrial) \
    stands for that of the act, and `any` for the only one there is. CODE:Zn says the analyte where a file's name for it is \
    not known. docs/thresholds.md has the rules, and where the numbers are from.";

#[derive(Debug, Subcommand)]
pub(crate) enum ThresholdsVerb {
    /// Which sets of limits there are
    List(ListThresholds),
    /// The limits of one code, with everything that is known of them
    Show(ShowThresholds),
    /// Limits for one analyte side by side, and how many samples are above each
    Compare(CompareThresholds),
}

/// Which limits.
#[derive(Debug, Clone, Args)]
pub(crate) struct ThresholdFilter {
    /// Only these jurisdictions, by code or name: NL, BE-VLG, Finland
    #[arg(long, value_name = "CODE[,CODE…]", value_delimiter = ',')]
    pub(crate) jurisdiction: Vec<String>,
    /// Only levels with this in their code or words
    #[arg(long, value_name = "WORDS")]
    pub(crate) level: Option<String>,
    /// Only limits for this use, harmonised (agricultural, residential, recreational, commercial, industrial; those for any
    /// use too) or in words of the act
    #[arg(long, value_name = "USE")]
    pub(crate) land_use: Option<String>,
    /// Only values read in the act or a copy of it
    #[arg(long)]
    pub(crate) verified_only: bool,
}

/// Where the result goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ThresholdOutput {
    /// Write every limit shown, with all that is known of it, to this CSV file
    #[arg(short, long, value_name = "FILE.csv")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file where it exists
    #[arg(long, requires = "out")]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListThresholds {
    #[command(flatten)]
    pub(crate) filter: ThresholdFilter,
    /// Only sets with a limit for this analyte, by symbol or name
    #[arg(long, value_name = "NAME")]
    pub(crate) analyte: Option<String>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) output: ThresholdOutput,
}

#[derive(Debug, Args)]
pub(crate) struct ShowThresholds {
    /// Code of a set of limits
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
    /// Only the limit for this analyte
    #[arg(long, value_name = "NAME")]
    pub(crate) analyte: Option<String>,
    /// Compute limits that depend on the soil, as ph=6.2,clay=10,om=5
    #[arg(long, value_name = "PROPERTY=VALUE,…", value_delimiter = ',')]
    pub(crate) soil: Vec<SoilSource>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) output: ThresholdOutput,
}

#[derive(Debug, Args)]
pub(crate) struct CompareThresholds {
    /// The analyte, by symbol or name; with --samples its column too
    #[arg(long, value_name = "NAME")]
    pub(crate) analyte: String,
    #[command(flatten)]
    pub(crate) filter: ThresholdFilter,
    /// Compare with limits of this basis: total, aqua-regia, nitric-extract, … [default: that of most limits shown]
    #[arg(long, value_name = "BASIS")]
    pub(crate) basis: Option<String>,
    /// Compute limits that depend on the soil: numbers, or columns of --samples
    #[arg(long, value_name = "PROPERTY=VALUE,…", value_delimiter = ',')]
    pub(crate) soil: Vec<SoilSource>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// Count the samples of this file above each limit
    #[arg(long, value_name = "FILE", help_heading = "Samples")]
    pub(crate) samples: Option<PathBuf>,
    /// Column of eastings or longitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN", requires = "samples", help_heading = "Samples")]
    pub(crate) x: Option<String>,
    /// Column of northings or latitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN", requires = "samples", help_heading = "Samples")]
    pub(crate) y: Option<String>,
    /// Layer of a GeoPackage with several
    #[arg(long, value_name = "NAME", requires = "samples", help_heading = "Samples")]
    pub(crate) layer: Option<String>,
    /// Unit of the values, where the file does not say it
    #[arg(long, value_name = "UNIT", requires = "samples", help_heading = "Samples")]
    pub(crate) unit: Option<String>,
    /// Limit of `n.d.` values, where the file does not say it
    #[arg(long, value_name = "LIMIT", requires = "samples", allow_negative_numbers = true, help_heading = "Samples")]
    pub(crate) limit: Option<f64>,
    #[command(flatten)]
    pub(crate) output: ThresholdOutput,
}
