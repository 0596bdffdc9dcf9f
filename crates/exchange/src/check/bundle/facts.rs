//! What the rules of a bundle share: its `bundle.json`, its run, and what each raster says of itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::Value;

use crate::check::{Extension, Profile, TableFacts};

use super::tiff::Tiff;

/// How a bundle or table is judged.
#[derive(Clone)]
pub struct CheckOptions<'a> {
    /// Which rules apply and how much they weigh.
    pub profile: Profile,
    /// A grid (GeoTIFF) that all rasters of the `gsp` folder must stand on, for R006.
    pub template: Option<PathBuf>,
    /// A table (CSV with `longitude`, `latitude` or `x`, `y`, and `crs`) of exact places that must not appear, for P002, P003 and P007.
    pub protected: Option<PathBuf>,
    /// The bundle of a second run with equal inputs, for B004.
    pub again: Option<PathBuf>,
    /// The day of the judgement: nothing was sampled after it. Without it, the day on which a bundle was made counts, and for
    /// a table that stands alone there is none.
    pub today: Option<Date>,
    /// What the project adds to the tables of the specification.
    pub extension: Extension,
    /// The model by which methods of different comparability groups are brought together (A017), where the bundle's run does
    /// not name it.
    pub harmonisation: Option<String>,
    /// Asked between files whether to stop.
    pub interrupted: &'a dyn Fn() -> bool,
}

impl Default for CheckOptions<'_> {
    fn default() -> Self {
        Self {
            profile: Profile::Insii,
            template: None,
            protected: None,
            again: None,
            today: None,
            extension: Extension::default(),
            harmonisation: None,
            interrupted: &|| false,
        }
    }
}

impl fmt::Debug for CheckOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckOptions")
            .field("profile", &self.profile)
            .field("template", &self.template)
            .field("protected", &self.protected)
            .field("again", &self.again)
            .field("today", &self.today)
            .field("extension", &self.extension)
            .field("harmonisation", &self.harmonisation)
            .finish_non_exhaustive()
    }
}

/// What was read once and every group of rules may look at.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// `bundle.json`, where it parses.
    pub bundle: Option<Value>,
    /// `provenance/run.json`, where it parses.
    pub run: Option<Value>,
    /// The layers that `bundle.json` lists, in its order.
    pub layers: Vec<Layer>,
    /// Every file that ends in `.tif` or `.tiff` and opens as GeoTIFF, by its path. One that does not open is absent (R001 says so).
    pub rasters: BTreeMap<String, RasterFacts>,
    /// SHA-256 of every regular file in lowercase hex; one that cannot be read is absent.
    pub sums: BTreeMap<String, String>,
    /// What the tables of samples hold that the bundle publishes, by their path.
    pub tables: BTreeMap<String, TableFacts>,
    /// What the caller asked for.
    pub options: &'a CheckOptions<'a>,
    /// Rules that had nothing to judge, and why; gathered while rules run.
    pub skipped: RefCell<BTreeMap<String, String>>,
    /// Parts of rules that were applied which had nothing to look at, and why.
    pub limited: RefCell<Vec<(String, String)>>,
}

impl Facts<'_> {
    /// Member of `bundle.json` by JSON pointer (`/country/alpha3`).
    pub fn member(&self, pointer: &str) -> Option<&Value> {
        self.bundle.as_ref()?.pointer(pointer)
    }

    /// Text of `bundle.json` by JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.member(pointer)?.as_str()
    }

    /// The access level declared, where it is one of the specification's.
    pub fn access_level(&self) -> Option<&str> {
        self.text("/access_level").filter(|code| crate::tables::access_level(code).is_some())
    }

    /// The mapsets of `bundle.json`.
    pub fn mapsets(&self) -> &[Value] {
        self.member("/mapsets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Declares that rule `id` had nothing to judge. A rule that finds something all the same is counted as judged.
    pub fn skip(&self, id: &str, why: impl ToString) {
        self.skipped.borrow_mut().entry(id.to_owned()).or_insert_with(|| why.to_string());
    }

    /// Declares that of rule `id`, which was applied, a part had nothing to look at.
    pub fn limit(&self, id: &str, why: impl ToString) {
        self.limited.borrow_mut().push((id.to_owned(), why.to_string()));
    }

    /// Whether the caller wants to stop.
    pub fn interrupted(&self) -> bool {
        (self.options.interrupted)()
    }
}

/// A layer as `bundle.json` lists it; empty text where a member is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Its mapset.
    pub mapset: String,
    /// Its file.
    pub path: String,
    /// Its statistic, as in `layer_stats.csv`.
    pub stat: String,
    /// Its grid, as in `grids.json`.
    pub grid: String,
    /// The analyte of its mapset.
    pub analyte: String,
    /// The unit of its mapset.
    pub unit: String,
    /// Upper depth of its mapset, in cm.
    pub upper: Option<f64>,
    /// Lower depth of its mapset, in cm.
    pub lower: Option<f64>,
}

/// In which folder a raster stands, and so which naming and grid it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    /// `rasters/gsp/`.
    Gsp,
    /// `rasters/glosis/`.
    Glosis,
    /// `rasters/national/`.
    National,
    /// Anywhere else.
    Other,
}

impl Flavour {
    /// By the path of a file.
    pub fn of(path: &str) -> Self {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["rasters", "gsp", _] => Self::Gsp,
            ["rasters", "glosis", _] => Self::Glosis,
            ["rasters", "national", _] => Self::National,
            _ => Self::Other,
        }
    }
}

/// What one GeoTIFF says of itself. Values are not held; see `super::raster` for what is read of them.
#[derive(Clone, Debug)]
pub struct RasterFacts {
    /// Its path in the bundle.
    pub path: String,
    /// Its folder.
    pub flavour: Flavour,
    /// Code of its coordinate system where that is of EPSG.
    pub epsg: Option<u32>,
    /// Name of its coordinate system; empty where there is none.
    pub crs_name: String,
    /// Its coordinate system as WKT; empty where there is none.
    pub wkt: String,
    /// Whether its coordinate system is projected.
    pub projected: bool,
    /// From columns and rows to coordinates, in GDAL's order: x of the corner, cell width, row rotation, y of the corner, column rotation, cell height (negative: north up).
    pub transform: [f64; 6],
    /// Columns, rows.
    pub size: [usize; 2],
    /// How many bands.
    pub bands: usize,
    /// Nodata of the first band.
    pub nodata: Option<f64>,
    /// Type of the first band by the names of `layer_stats.csv`: `Float32`, `UInt8`, `UInt16`, …
    pub data_type: String,
    /// Scale of the first band where the file declares one.
    pub scale: Option<f64>,
    /// Offset of the first band where the file declares one.
    pub offset: Option<f64>,
    /// Description of the first band; empty where there is none.
    pub description: String,
    /// Unit of the first band; empty where there is none.
    pub unit: String,
    /// Items of the data set's default domain.
    pub metadata: BTreeMap<String, String>,
    /// Items of the first band's default domain (`STATISTICS_…`, `SD_SUPPORT`).
    pub band_metadata: BTreeMap<String, String>,
    /// What its tags say, read without GDAL.
    pub tags: Tiff,
    /// Its statistic (`MEAN`, `SDEV`, …), by `bundle.json`, else by its name.
    pub stat: Option<String>,
    /// Its grid (`gsp30s`, …), by `bundle.json`.
    pub grid: Option<String>,
    /// Its mapset, by `bundle.json`, else by its name in the `glosis` folder.
    pub mapset: Option<String>,
    /// West, south, east, north of its outline in degrees of WGS 84, edges followed; `None` without a usable coordinate system.
    pub bounds_wgs84: Option<[f64; 4]>,
}

impl RasterFacts {
    /// West, south, east, north in its own coordinate system (a rotated raster: of its outline's box).
    pub fn bounds(&self) -> [f64; 4] {
        let [x0, a, b, y0, d, e] = self.transform;
        let [columns, rows] = self.size.map(|n| n as f64);
        let xs = [x0, x0 + a * columns, x0 + b * rows, x0 + a * columns + b * rows];
        let ys = [y0, y0 + d * columns, y0 + e * rows, y0 + d * columns + e * rows];
        let low = |of: &[f64; 4]| of.iter().copied().fold(f64::INFINITY, f64::min);
        let high = |of: &[f64; 4]| of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [low(&xs), low(&ys), high(&xs), high(&ys)]
    }

    /// Column and row of the cell that holds a place in its own coordinate system; `None` outside or where it is rotated.
    pub fn cell(&self, x: f64, y: f64) -> Option<[usize; 2]> {
        let [x0, a, b, y0, d, e] = self.transform;
        if b != 0.0 || d != 0.0 {
            return None;
        }
        let at = [((x - x0) / a).floor(), ((y - y0) / e).floor()];
        let within = |i: usize| at[i] >= 0.0 && at[i] < self.size[i] as f64;
        (within(0) && within(1)).then(|| at.map(|i| i as usize))
    }
}
