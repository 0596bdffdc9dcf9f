//! What the name of a raster says, by the patterns of `naming.json`.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::check::bundle::Flavour;
use crate::tables;

/// The parts of a raster's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Country: three capitals in `gsp` and `national`, two in `glosis`.
    pub country: String,
    /// Initiative or project.
    pub project: String,
    /// Property or analyte.
    pub property: String,
    /// Year, in `glosis`.
    pub year: Option<i16>,
    /// Depths as the name writes them: `030` in `gsp`, `0-30` elsewhere.
    pub depth: String,
    /// Statistic of `layer_stats.csv`, where the name tells it: `X` on a node may be many.
    pub stat: Option<String>,
    /// The statistic's word itself: `Map`, `UncertaintyMap`, `MEAN`, `X`.
    pub word: String,
    /// Code of the coordinate system, in `national`.
    pub epsg: Option<u32>,
}

fn pattern(pointer: &str) -> Regex {
    let text = tables::naming().pointer(pointer).and_then(|p| p.as_str()).unwrap_or_default();
    Regex::new(text).unwrap_or_else(|e| panic!("the pattern {pointer} of naming.json does not compile: {e}"))
}

static GSP: LazyLock<Regex> = LazyLock::new(|| pattern("/gsp_submission/pattern"));
static GLOSIS: LazyLock<Regex> = LazyLock::new(|| pattern("/glosis_layer/pattern"));
static NATIONAL: LazyLock<Regex> = LazyLock::new(|| pattern("/national/pattern"));

impl Name {
    /// Reads the file name of a raster as its folder has it; `None` where it does not follow the pattern.
    pub fn read(flavour: Flavour, file: &str) -> Option<Self> {
        let of = match flavour {
            Flavour::Gsp => &GSP,
            Flavour::Glosis => &GLOSIS,
            Flavour::National => &NATIONAL,
            Flavour::Other => return None,
        };
        let parts = of.captures(file)?;
        let part = |name: &str| parts.name(name).map_or("", |m| m.as_str()).to_owned();
        let mut name = match flavour {
            Flavour::Gsp => Self {
                country: part("iso3"),
                project: part("initiative"),
                property: part("property"),
                // Never by splitting its digits: the table says what they mean.
                depth: part("upper") + &part("lower"),
                word: part("kind"),
                ..Self::default()
            },
            Flavour::Glosis => Self {
                country: part("cc"),
                project: part("project"),
                property: part("property"),
                year: part("year").parse().ok(),
                depth: format!("{}-{}", part("upper"), part("lower")),
                word: part("stat"),
                ..Self::default()
            },
            _ => Self {
                country: part("iso3"),
                project: part("initiative"),
                property: part("analyte"),
                depth: format!("{}-{}", part("upper"), part("lower")),
                word: part("stat"),
                epsg: part("epsg").parse().ok(),
                ..Self::default()
            },
        };
        name.stat = match (flavour, name.word.as_str()) {
            (_, "Map") => Some("MEAN".to_owned()),
            (_, "UncertaintyMap") => Some("SDEV".to_owned()),
            (_, word) => tables::layer_stat(word).map(|s| s.stat.clone()),
        };
        Some(name)
    }

    /// The mapset that a node's layer of this name belongs to.
    pub fn mapset(&self) -> Option<String> {
        Some(format!("{}-{}-{}-{}", self.country, self.project, self.property, self.year?))
    }

    /// What rasters of one product share: all but the statistic.
    pub fn product(&self) -> String {
        format!("{}|{}|{}|{:?}|{}|{:?}", self.country, self.project, self.property, self.year, self.depth, self.epsg)
    }
}

/// How a `gsp` name writes an interval of depths in cm: as the table has it, else upper and lower one after the other.
pub fn gsp_depth(upper: f64, lower: f64) -> String {
    let known = tables::naming().pointer("/gsp_submission/known_depth_tokens").and_then(|t| t.as_object());
    let same = |interval: &serde_json::Value| {
        interval.get(0).and_then(|v| v.as_f64()) == Some(upper)
            && interval.get(1).and_then(|v| v.as_f64()) == Some(lower)
    };
    known
        .into_iter()
        .flatten()
        .find(|(_, interval)| same(interval))
        .map_or_else(|| format!("{upper}{lower}"), |(token, _)| token.clone())
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_specification_are_read() {
        for (flavour, pointer) in [(Flavour::Gsp, "/gsp_submission"), (Flavour::Glosis, "/glosis_layer")] {
            for example in tables::naming().pointer(pointer).unwrap()["examples"].as_array().unwrap() {
                let name = Name::read(flavour, example.as_str().unwrap()).unwrap();
                assert!(name.depth == "030" || name.depth == "0-30", "{name:?}");
            }
        }
        let name = Name::read(Flavour::Glosis, "BT-GSNM-CORG-2024-0-30-MEAN.tif").unwrap();
        assert_eq!(name.mapset().unwrap(), "BT-GSNM-CORG-2024");
        assert_eq!((name.stat.as_deref(), name.year), (Some("MEAN"), Some(2024)));
        let name = Name::read(Flavour::National, "LUX_GSPolmap_Cd_PEXC_0-30_EPSG2169.tif").unwrap();
        assert_eq!((name.stat.as_deref(), name.epsg), (Some("PEXC"), Some(2169)));
        assert_eq!(Name::read(Flavour::Gsp, "lux_GSPolmap_Cd_Map030.tif"), None);
    }

    #[test]
    fn tokens_of_depths_come_from_the_table() {
        assert_eq!(gsp_depth(0.0, 30.0), "030");
        assert_eq!(gsp_depth(60.0, 100.0), "60100");
        assert_eq!(gsp_depth(0.0, 20.0), "020");
    }
}
