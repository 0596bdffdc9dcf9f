//! What is known of a raster that was written.

use serde::Serialize;

/// A raster of the bundle, as written and read again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// Relative to the bundle, with forward slashes.
    pub path: String,
    /// The analyte's code in `analytes.csv`.
    pub analyte: String,
    /// `gsp`, `glosis` or `national`: the folder of `rasters/` that it is in.
    pub flavour: String,
    /// `MEAN`, `SDEV`, …: a row of `layer_stats.csv`.
    pub stat: String,
    /// The last token of a glosis name: `MEAN`, `SDEV`, `UNCT` or `X`; the same as `stat` elsewhere.
    pub node_stat: String,
    /// The id of its grid: `gsp30s`, `gsn250`, `template` or `national`.
    pub grid: String,
    /// SHA-256 of the file, lowercase hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// The code of its coordinate system; `None` where it has none.
    pub epsg: Option<u32>,
    /// GDAL's order: west edge, cell width, 0, north edge, 0, minus cell height.
    pub transform: [f64; 6],
    /// Columns and rows.
    pub size: [usize; 2],
    /// `Float32` or `UInt8`.
    pub data_type: String,
    /// The value of cells without one.
    pub nodata: f64,
    /// Cells with a value.
    pub valid: u64,
    /// The same in percent of all.
    pub valid_percent: f64,
    /// Smallest value; `None` where no cell has one.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Mean over the cells with a value.
    pub mean: Option<f64>,
    /// Standard deviation of the cells about that mean (divided by their number).
    pub sd: Option<f64>,
    /// Quantiles of the cells, for the colours.
    pub quantiles: Vec<Quantile>,
    /// The unit; empty for a share or a class.
    pub unit: String,
    /// The band's description, as `Cd MEAN 0-30 cm`.
    pub description: String,
    /// Values and their meaning, of a raster of classes.
    pub classes: Vec<(u8, String)>,
    /// Cells whose mean came out below zero and was set to it.
    pub raised_to_zero: u64,
    /// The band's and file's further metadata, as written.
    pub metadata: Vec<(String, String)>,
}

/// A quantile of the cells with a value: the smallest value that so large a share of the cells does not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// 0 to 1.
    pub share: f64,
    /// In the layer's unit.
    pub value: f64,
}
