//! Exchange between institutions: bundles made and judged, tables read, what is unchanged, what another run gives.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use soilscope_exchange::check::Profile;
use soilscope_exchange::import::harmonise::Target;
use soilscope_exchange::pack::raster::Geographic;
use soilscope_exchange::pack::{CensoredAs, IsoProfile};

/// `soilscope exchange`.
#[derive(Debug, Args)]
pub(crate) struct Exchange {
    #[command(subcommand)]
    pub(crate) what: ExchangeVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExchangeVerb {
    /// Make a bundle of finished maps that another institution accepts unread
    Pack(Box<Pack>),
    /// Judge any bundle, or table of samples, by the rules of the specification
    Check(CheckBundle),
}

/// `soilscope exchange pack`.
#[derive(Debug, Args)]
#[command(
    after_help = "The bundle is made beside its place, judged, and then gets its name; one that the judge refuses is not left, unless \
        --keep-refused. Equal inputs give equal bytes. docs/exchange.md has the keys of the file for --about.\n\n\
        Exit codes: 0 packed; 1 packed, but the judge refuses it (--keep-refused); 2 not packed."
)]
pub(crate) struct Pack {
    /// Folders of finished maps, with their run.json
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// What a run cannot know: country, year, licence, contact, methods, privacy (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) about: PathBuf,
    /// Folder that the bundle's own folder is made in
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Replace a bundle of the same name
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Cells of the submission: gsp30s (30 arc seconds), gsn250 (0.0022457 degrees), or a GeoTIFF in EPSG:4326 whose cells are taken
    #[arg(long, value_name = "GRID", default_value = "gsp30s", value_parser = geographic, help_heading = "Rasters")]
    pub(crate) grid: Geographic,
    /// Layers in the projected system of the runs too
    #[arg(long, help_heading = "Rasters")]
    pub(crate) national: bool,
    /// Samples of the maps, for points by access level and the export for an FAO node: whatever `import` reads
    #[arg(long, value_name = "TABLE", help_heading = "Points")]
    pub(crate) samples: Option<PathBuf>,
    /// What the table of samples does not say itself, as for `import` (TOML)
    #[arg(long, value_name = "FILE", requires = "samples", help_heading = "Points")]
    pub(crate) defaults: Option<PathBuf>,
    /// Secret that sites are displaced by: any file of 16 bytes or more that stays secret
    #[arg(long, value_name = "FILE", requires = "samples", help_heading = "Points")]
    pub(crate) blur_key: Option<PathBuf>,
    /// Administrative units that displaced sites stay in: GeoJSON of polygons, and the property with their code
    #[arg(long, value_names = ["FILE", "PROPERTY"], num_args = 2, requires = "samples", help_heading = "Points")]
    pub(crate) units: Option<Vec<String>>,
    /// What stands for results below a limit in the export for an FAO node, which cannot hold them
    #[arg(long, value_enum, default_value_t = CensoredChoice::Omit, requires = "samples", value_name = "HOW", help_heading = "Points")]
    pub(crate) censored_as: CensoredChoice,
    /// ISO records as the standard has them, or with the customs of FAO's nodes
    #[arg(long, value_enum, default_value_t = IsoChoice::Strict, value_name = "PROFILE", help_heading = "Records")]
    pub(crate) iso_profile: IsoChoice,
    /// Profile that the finished bundle is judged by
    #[arg(long, value_parser = profile(), default_value = "insii", value_name = "PROFILE", help_heading = "Records")]
    pub(crate) profile: String,
    /// Keep a bundle that the judge refuses
    #[arg(long, help_heading = "Records")]
    pub(crate) keep_refused: bool,
    /// Sign the manifest with a secret key of minisign
    #[arg(long, value_name = "KEY", help_heading = "Records")]
    pub(crate) sign: Option<PathBuf>,
    /// File with the password of that key, where it has one
    #[arg(long, value_name = "FILE", requires = "sign", help_heading = "Records")]
    pub(crate) sign_password: Option<PathBuf>,
}

fn geographic(text: &str) -> Result<Geographic, String> {
    Ok(match text {
        "gsp30s" => Geographic::Gsp30s,
        "gsn250" => Geographic::Gsn250,
        file if file.ends_with(".tif") || file.ends_with(".tiff") => Geographic::Template(PathBuf::from(file)),
        _ => return Err("a grid is gsp30s, gsn250, or a GeoTIFF (.tif)".to_owned()),
    })
}

/// Names of profiles.
fn profile() -> clap::builder::PossibleValuesParser {
    Profile::ALL.map(Profile::name).into()
}

/// The profile of a name that was checked when it was typed.
pub(crate) fn profile_named(name: &str) -> anyhow::Result<Profile> {
    Ok(Profile::from_str(name)?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CensoredChoice {
    /// They are left out
    Omit,
    /// Half the limit
    HalfLimit,
    /// The limit
    Limit,
    /// The limit divided by the square root of 2
    Root2,
}

impl From<CensoredChoice> for CensoredAs {
    fn from(choice: CensoredChoice) -> Self {
        match choice {
            CensoredChoice::Omit => Self::Omit,
            CensoredChoice::HalfLimit => Self::HalfLimit,
            CensoredChoice::Limit => Self::Limit,
            CensoredChoice::Root2 => Self::Root2,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsoChoice {
    Strict,
    Fao,
}

impl From<IsoChoice> for IsoProfile {
    fn from(choice: IsoChoice) -> Self {
        match choice {
            IsoChoice::Strict => Self::Strict,
            IsoChoice::Fao => Self::Fao,
        }
    }
}

/// `soilscope exchange check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Profiles: insii, a hand-over between institutions; fao-sis, an upload to a national node; inspire; minimal; all.\n\n\
        Exit codes: 0 no rule refuses it; 1 one does; 2 it cannot be read."
)]
pub(crate) struct CheckBundle {
    /// A bundle (folder or zip), or a table of samples (CSV, GeoPackage, GeoJSON)
    #[arg(value_name = "BUNDLE")]
    pub(crate) subject: PathBuf,
    /// Which rules apply, and what they weigh
    #[arg(long, value_parser = profile(), default_value = "insii", value_name = "PROFILE")]
    pub(crate) profile: String,
    /// Grid that the rasters of the submission must stand on
    #[arg(long, value_name = "RASTER")]
    pub(crate) template: Option<PathBuf>,
    /// Exact places that must be in no file: CSV with longitude and latitude, or x, y and crs
    #[arg(long, value_name = "TABLE")]
    pub(crate) protected: Option<PathBuf>,
    /// The bundle of a second run of the same inputs, which should be the same
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) again: Option<PathBuf>,
    /// What a project adds to the tables of the specification: analytes, procedures, reference materials (TOML or CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) extension: Option<PathBuf>,
    /// The model by which methods that are not comparable were brought together, in words: without one they may not be pooled
    #[arg(long, value_name = "WORDS")]
    pub(crate) harmonisation: Option<String>,
    /// Write the table of FAO's quality script, too
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) fao_csv: Option<PathBuf>,
    /// Replace that table
    #[arg(long, requires = "fao_csv")]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HarmoniseChoice {
    /// Results by aqua regia become estimates of the total
    Total,
    /// Results of the total become estimates of what aqua regia dissolves
    AquaRegia,
}

impl From<HarmoniseChoice> for Target {
    fn from(choice: HarmoniseChoice) -> Self {
        match choice {
            HarmoniseChoice::Total => Self::Total,
            HarmoniseChoice::AquaRegia => Self::AquaRegia,
        }
    }
}

/// `soilscope import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads long and wide CSV, GeoPackage and GeoJSON of the exchange specification, FAO's template workbook or its sheets as CSV, the \
        CSV of an FAO node, and INSPIRE's GeoPackage. What has no code is listed, and ends with 1: it is not in the table."
)]
pub(crate) struct Import {
    /// The table
    #[arg(value_name = "TABLE")]
    pub(crate) table: PathBuf,
    /// What the table does not say itself: country, dates, depths, methods, names of columns (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) defaults: Option<PathBuf>,
    /// Leave out results that cannot be read and list them, instead of refusing the table
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Leave out blanks, reference materials and rejected results, which are no measurements of the soil: for a map
    #[arg(long)]
    pub(crate) soil_only: bool,
    /// Bring results of aqua regia and of the total together by the median share that aqua regia dissolves (the ratios of sources.csv, S31)
    #[arg(long, value_enum, value_name = "TO", requires_all = ["ratio_uncertainty", "ratio_source"])]
    pub(crate) harmonise: Option<HarmoniseChoice>,
    /// Relative standard uncertainty of that share in the soils at hand, percent: it is added to that of each result
    #[arg(long, value_name = "PERCENT", requires = "harmonise")]
    pub(crate) ratio_uncertainty: Option<f64>,
    /// Where that figure comes from
    #[arg(long, value_name = "WORDS", requires = "harmonise")]
    pub(crate) ratio_source: Option<String>,
    /// The long table of the specification, as CSV [default: the table is read and reported on]
    #[arg(short, long, value_name = "FILE.csv")]
    pub(crate) out: Option<PathBuf>,
    /// Replace it
    #[arg(long, requires = "out")]
    pub(crate) overwrite: bool,
}

/// `soilscope verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every file is as it was recorded; 1 one is not, or the signature is not valid; 2 the folder cannot be read."
)]
pub(crate) struct Verify {
    /// The folder of a run (with run.json) or a bundle (with MANIFEST.sha256)
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The signer's public key, as minisign wrote it: the signature of the bundle must be by this key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Folder with the files that a run read, where they are not where they were
    #[arg(long, value_name = "FOLDER")]
    pub(crate) inputs: Option<PathBuf>,
}

/// `soilscope replay`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 the answers agree; 1 they do not; 2 the run cannot be made again.")]
pub(crate) struct Replay {
    /// The folder of a run: map, simulate or sources, with its run.json
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Folder with the files that the run read, where they are not where they were
    #[arg(long, value_name = "FOLDER")]
    pub(crate) inputs: Option<PathBuf>,
    /// Folder for the files of the second run [default: they are compared and removed]
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Numbers this close are equal, relative to the larger: another processor or version of a library may round otherwise
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) tolerance: f64,
    /// Replace files of an earlier replay
    #[arg(long)]
    pub(crate) overwrite: bool,
}
