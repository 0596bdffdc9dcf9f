//! Rasters of what several analytes are together.

use std::path::Path;

use anyhow::{Context, Result};
use soilscope_assess::several::JointProducts;
use soilscope_pipeline::product::RasterFile;

use super::super::Paths;
use crate::args::Map;
use crate::record::FileRecord;

/// What the files hold, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Any,
    All,
    Count,
    Fractions,
    FractionsAbove,
    Dominant,
    DominantProbability,
    Trust,
}

/// Numbers, then classes up to [`CLASSES`], then doubts: of these two no mean can be taken, and each has a sink of its own.
pub(super) const COLUMNS: [Column; CLASSES + 1] = [
    Column::Any,
    Column::All,
    Column::Count,
    Column::Fractions,
    Column::FractionsAbove,
    Column::DominantProbability,
    Column::Dominant,
    Column::Trust,
];
pub(super) const NUMBERS: usize = 6;
pub(super) const CLASSES: usize = NUMBERS + 1;

/// Creation options of a raster of classes, whose overviews show the most frequent one: the user's, but for what is of numbers.
pub(super) fn of_classes(creation: &[(String, String)]) -> Vec<(String, String)> {
    let of_numbers = |name: &str| {
        let name = name.to_ascii_uppercase();
        name == "PREDICTOR" || name.ends_with("RESAMPLING")
    };
    let kept = creation.iter().filter(|(name, _)| !of_numbers(name)).cloned();
    kept.chain([("OVERVIEW_RESAMPLING".to_owned(), "MODE".to_owned())]).collect()
}

impl Column {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Any => "any.tif",
            Self::All => "all.tif",
            Self::Count => "count.tif",
            Self::Fractions => "fractions.tif",
            Self::FractionsAbove => "fractions_above.tif",
            Self::Dominant => "dominant.tif",
            Self::DominantProbability => "dominant_probability.tif",
            Self::Trust => "trust.tif",
        }
    }

    fn description(self, names: &str) -> String {
        match self {
            Self::Any => format!("probability that any of {names} is above its limit"),
            Self::All => format!("probability that all of {names} are above their limits"),
            Self::Count => format!("expected number of {names} above their limits"),
            Self::Fractions => format!("mean of the sum of concentration over limit of {names}"),
            Self::FractionsAbove => {
                format!("probability that the sum of concentration over limit of {names} is above 1")
            }
            Self::Dominant => "analyte that most often has the largest concentration over limit".to_owned(),
            Self::DominantProbability => "share of the realisations in which that analyte has it".to_owned(),
            Self::Trust => format!("reasons not to trust the prediction of any of {names}, as bits"),
        }
    }

    /// The value at a node; classes count from 1.
    pub(super) fn value(self, products: &JointProducts, doubts: &[f64], node: usize) -> f64 {
        match self {
            Self::Any => products.any[node],
            Self::All => products.all[node],
            Self::Count => products.count[node],
            Self::Fractions => products.fractions[node],
            Self::FractionsAbove => products.fractions_above[node],
            Self::Dominant => products.dominant[node].map_or(f64::NAN, |analyte| (analyte + 1) as f64),
            Self::DominantProbability => products.dominant_probability[node],
            Self::Trust => doubts[node],
        }
    }
}

/// The files with their descriptions. No times in them: equal runs give equal bytes.
pub(super) fn files(
    names: &[String],
    about: &[(String, String)],
    doubts: &[(String, String)],
    paths: &Paths,
) -> Vec<RasterFile> {
    let all = names.join(", ");
    let file = |column: &Column| {
        let mut metadata = about.to_vec();
        if *column == Column::Dominant {
            metadata.extend(names.iter().enumerate().map(|(k, name)| (format!("CLASS_{}", k + 1), name.clone())));
        }
        if *column == Column::Trust {
            metadata.extend_from_slice(doubts);
        }
        RasterFile {
            path: paths.of(column.file()),
            unit: String::new(),
            bands: vec![column.description(&all)],
            metadata,
            classes: *column == Column::Trust,
        }
    };
    COLUMNS.iter().map(file).collect()
}

/// The names of the classes, as GDAL keeps them beside a raster: `FILE.aux.xml`. Class 0 there is none.
pub(super) fn categories(names: &[String]) -> String {
    let escaped = |name: &String| name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let each: String = names.iter().map(|name| format!("      <Category>{}</Category>\n", escaped(name))).collect();
    format!(
        "<PAMDataset>\n  <PAMRasterBand band=\"1\">\n    <CategoryNames>\n      <Category></Category>\n{each}    \
         </CategoryNames>\n  </PAMRasterBand>\n</PAMDataset>\n"
    )
}

/// Removes what an earlier run left of all analytes together and this one did not make.
pub(super) fn remove_outdated(args: &Map, paths: &Paths, outputs: &[FileRecord]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let others = ["dominant.tif.aux.xml", "hotspots.gpkg", "hotspots.geojson", "map.png", "samples.csv"];
    for what in COLUMNS.iter().map(|c| c.file()).chain(others).filter(|_| args.overwrite) {
        let path = paths.of(what);
        if path.is_file() && !outputs.iter().any(|output| Path::new(&output.path) == path) {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            notes.push(format!("{} of an earlier run was removed", path.display()));
        }
    }
    Ok(notes)
}
