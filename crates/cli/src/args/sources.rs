//! `soilscope sources`.

use std::path::PathBuf;

use clap::Args;

use super::SampleArgs;
use crate::words::{ThresholdChoice, positive};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Factors: positive matrix factorisation (Paatero and Tapper 1994). How many factors there are is not guessed: without \
    --factors a table says how well each number of them fits, and with it that number is taken apart into profiles and \
    contributions. Values below a limit are half of it with an uncertainty of 5/6 of it. Sources: --inventory tells how near \
    samples and hotspots are to known places, whether high values are nearer than the field's patchiness makes them, and which \
    share of the concentrations goes with the nearness. None of this proves where a contaminant came from; docs/sources.md says \
    what each number assumes."
)]
pub(crate) struct Sources {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    /// Take so many factors apart [default: none; a table of how well each number of factors fits]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=12), help_heading = "Factors")]
    pub(crate) factors: Option<u8>,
    /// Uncertainty of the values in percent of them: one number for all, or one for each analyte [default: 10]
    #[arg(long, value_name = "PERCENT[,PERCENT…]", value_delimiter = ',', value_parser = positive, help_heading = "Factors")]
    pub(crate) error_cv: Vec<f64>,
    /// Resamples that the intervals of factors come from; 0 for none [default: 100]
    #[arg(long, value_name = "N", requires = "factors", help_heading = "Factors")]
    pub(crate) bootstrap: Option<u32>,
    /// Side of the squares whose samples are drawn together, CRS units; 0 draws each sample by itself [default: about as many
    /// squares as samples in each]
    #[arg(long, value_name = "SIZE", value_parser = not_negative, requires = "factors", help_heading = "Factors")]
    pub(crate) bootstrap_block: Option<f64>,
    /// Random starts of each factorisation, of which the best is kept [default: 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Factors")]
    pub(crate) starts: Option<u16>,
    /// Known sources, as points: CSV, GeoParquet, GeoPackage, GeoJSON or Shapefile; names come from a column `name` or `id`
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    pub(crate) inventory: Option<PathBuf>,
    /// CRS of the inventory, where it is not the samples' and the file does not hold it
    #[arg(long, value_name = "CRS", requires = "inventory", help_heading = "Sources")]
    pub(crate) inventory_crs: Option<String>,
    /// Column of the inventory with the kind of each source: distances are then given for each kind too
    #[arg(long = "type", value_name = "COLUMN", requires = "inventory", help_heading = "Sources")]
    pub(crate) kind: Option<String>,
    /// Polygons, as `map` and `hotspots` write them: how near each is to the sources
    #[arg(long, value_name = "FILE", requires = "inventory", help_heading = "Sources")]
    pub(crate) hotspots: Option<PathBuf>,
    /// Count the sources within these distances, CRS units
    #[arg(long, value_name = "D1,D2,…", value_delimiter = ',', value_parser = positive, requires = "inventory", help_heading = "Sources")]
    pub(crate) within: Vec<f64>,
    /// Value above which a sample is high, in the data's unit: the distances of high ones are tested too. For several analytes
    /// NAME=VALUE[,NAME=VALUE…], or one value for all
    #[arg(long, value_name = "VALUE", requires = "inventory", help_heading = "Sources")]
    pub(crate) threshold: Option<ThresholdChoice>,
    /// Random fields that the samples' nearness to sources is held against [default: 399]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), requires = "inventory", help_heading = "Sources")]
    pub(crate) fields: Option<u32>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for the results
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: PathBuf,
    /// Replace files that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
}

fn not_negative(text: &str) -> Result<f64, String> {
    crate::words::finite(text).ok().filter(|v| *v >= 0.0).ok_or_else(|| "expected a number of 0 or more".to_owned())
}

impl Sources {
    /// The threshold of an analyte.
    pub(crate) fn threshold_of(&self, analyte: &str) -> Option<f64> {
        match self.threshold.as_ref()? {
            ThresholdChoice::Value(value) => Some(*value),
            ThresholdChoice::Each(each) => each.iter().find(|(name, _)| name == analyte).map(|(_, value)| *value),
        }
    }
}
