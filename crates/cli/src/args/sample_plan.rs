//! `soilscope sample-plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::words::{Hotspot, length, positive};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  soilscope sample-plan out/ -n 10 -o plan.gpkg -o plan.gpx -o plan.png\n  \
        soilscope sample-plan --design stratified --area site.gpkg -n 30 -o plan.gpx\n  \
        soilscope sample-plan samples.csv --analyte lead --crs EPSG:28992 --area site.gpkg --detect circle:20\n  \
        soilscope sample-plan --design grid --detect circle:20 --miss 0.05\n\n\
        What is expected is expected under the map's model: docs/sample-plan.md says how it is computed.")]
pub(crate) struct SamplePlan {
    /// Folder of a finished `map`, whose samples are still what they were; or a file of samples, to --detect with
    #[arg(value_name = "RUN|SAMPLES", conflicts_with = "design")]
    pub(crate) input: Option<PathBuf>,
    /// Analyte of a file of samples, whose places count
    #[arg(long, value_name = "NAME", requires = "input", help_heading = "Samples")]
    pub(crate) analyte: Option<String>,
    /// Column of eastings or longitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN", requires = "input", help_heading = "Samples")]
    pub(crate) x: Option<String>,
    /// Column of northings or latitudes [default: found by its name]
    #[arg(long, value_name = "COLUMN", requires = "input", help_heading = "Samples")]
    pub(crate) y: Option<String>,
    /// Sites to propose; of a grid, about so many
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) sites: Option<u32>,
    /// What the sites are to lower most [default: misclassification where the map has a threshold, else variance]
    #[arg(long, value_enum, help_heading = "Next sites")]
    pub(crate) lower: Option<LowerChoice>,
    /// Where one may sample: polygons or a raster (0 and nodata are outside)
    #[arg(long, value_name = "MASK", help_heading = "Next sites")]
    pub(crate) access: Option<PathBuf>,
    /// Money to spend: sites are chosen by their gain per cost until it is spent
    #[arg(long, value_name = "MONEY", value_parser = positive, requires = "cost_per_sample", help_heading = "Next sites")]
    pub(crate) budget: Option<f64>,
    /// Cost of a sample wherever it is taken
    #[arg(long, value_name = "MONEY", value_parser = positive, help_heading = "Next sites")]
    pub(crate) cost_per_sample: Option<f64>,
    /// Raster of what a sample costs beside that, as for the way; in the CRS of the map, nodata where one cannot sample
    #[arg(long, value_name = "RASTER", requires = "cost_per_sample", help_heading = "Next sites")]
    pub(crate) cost_raster: Option<PathBuf>,
    /// Least distance of a site to samples and other sites, CRS units
    #[arg(long, value_name = "DISTANCE", value_parser = positive, help_heading = "Next sites")]
    pub(crate) min_distance: Option<f64>,
    /// Distance of the places among which sites are chosen, CRS units; rounded to whole cells of the map [default: what makes about 500 of them]
    #[arg(long, value_name = "SPACING", value_parser = positive, help_heading = "Next sites")]
    pub(crate) candidates: Option<f64>,
    /// First sites of an area without data: a square or triangular grid with a random start, or random points, one in each of
    /// strata of equal size
    #[arg(long, value_enum, help_heading = "First sites")]
    pub(crate) design: Option<DesignChoice>,
    /// Polygons of the area
    #[arg(long, value_name = "POLYGONS", help_heading = "First sites")]
    pub(crate) area: Option<PathBuf>,
    /// CRS of the polygons, and of samples, where their files do not say it; `local` is a plane that is nowhere on Earth
    #[arg(long, value_name = "CRS", requires = "area", help_heading = "First sites")]
    pub(crate) crs: Option<String>,
    /// Distance of neighbouring sites of a grid, or side of the cells that strata are, CRS units
    #[arg(long, value_name = "SPACING", value_parser = length, requires = "design", conflicts_with_all = ["sites", "miss"], help_heading = "First sites")]
    pub(crate) spacing: Option<f64>,
    /// Seed of what is drawn [default: 1]
    #[arg(long, requires = "design", help_heading = "First sites")]
    pub(crate) seed: Option<u64>,
    /// Say how likely a hotspot of this size is missed by the sites, or by the samples: circle:RADIUS, or `ellipse:A,B[,AZIMUTH]` with its half-axes
    /// and the direction of the longer one, degrees clockwise from north [default: any direction]
    #[arg(long, value_name = "HOTSPOT", help_heading = "First sites")]
    pub(crate) detect: Option<Hotspot>,
    /// Take the widest grid that misses the hotspot with at most this probability
    #[arg(long, value_name = "PROBABILITY", value_parser = probability, requires = "detect", requires = "design", conflicts_with = "sites", help_heading = "First sites")]
    pub(crate) miss: Option<f64>,
    /// Write to a file by its ending: .gpkg, .geojson, .csv or .gpx a row a site (GPX for the crew's receiver, in WGS 84), .png a map of the
    /// next sites; may be repeated
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LowerChoice {
    /// The area expected on the wrong side of the map's threshold
    Misclassification,
    /// The mean kriging variance, on the scale of the transform
    Variance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DesignChoice {
    /// Squares
    Grid,
    /// Equilateral triangles: the same chance to miss a circle with fewer samples
    Triangular,
    /// A random point in each stratum
    Stratified,
}

/// A probability above 0 and below 1.
fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|p| *p > 0.0 && *p < 1.0);
    number.ok_or_else(|| "expected a probability between 0 and 1, as 0.05".to_owned())
}
