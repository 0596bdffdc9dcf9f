//! Names of a bundle's files, as `naming.json` wants them.

use crate::country::Country;
use crate::tables::{self, Analyte};
use crate::{Error, Result};

/// Depths that a name of the GSP style spells with three digits or more, both ends within what a node takes (0 to 1000 cm).
const DEEPEST: u16 = 1000;

/// What all names of one map's files are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Naming {
    /// The country.
    pub country: Country,
    /// Letters and digits, as `GSPolmap`.
    pub initiative: String,
    /// Capitals and digits, as `GSPOL`.
    pub project: String,
    /// The year that the layer ids carry.
    pub year: u16,
    /// The analyte's code of `analytes.csv`.
    pub analyte: String,
    /// The property's id on a node, as `CAD`, or the one that is proposed.
    pub property: String,
    /// Whether that id is only proposed.
    pub property_is_proposed: bool,
    /// Upper depth, whole centimetres.
    pub upper_cm: u16,
    /// Lower depth, whole centimetres.
    pub lower_cm: u16,
}

/// What a bundle calls its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens<'a> {
    /// For names of the GSP style; `GSPolmap` by default.
    pub initiative: &'a str,
    /// For layer ids of nodes; `GSPOL` by default.
    pub project: &'a str,
}

impl Default for Tokens<'static> {
    fn default() -> Self {
        Self { initiative: "GSPolmap", project: "GSPOL" }
    }
}

impl Naming {
    /// Names for the map of an analyte in a fraction of the soil (`total`, `pseudo_total`, `available`, …) from one depth to another.
    ///
    /// # Errors
    /// A token that a name cannot hold, or depths that are none.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::{country, pack::names::{Naming, Tokens}, tables};
    /// let (bhutan, cadmium) = (country::by_alpha3("BTN").unwrap(), tables::analyte("Cd").unwrap());
    /// let names = Naming::new(bhutan, Tokens::default(), 2024, cadmium, "pseudo_total", [0, 30])?;
    /// assert_eq!(names.gsp("Map"), "BTN_GSPolmap_Cd_Map030.tif");
    /// assert_eq!(names.glosis("PEXC"), "BT-GSPOL-CADPEXC-2024-0-30-X.tif");
    /// # Ok::<(), soilscope_exchange::Error>(())
    /// ```
    pub fn new(
        country: Country,
        tokens: Tokens<'_>,
        year: u16,
        analyte: &Analyte,
        fraction: &str,
        [upper_cm, lower_cm]: [u16; 2],
    ) -> Result<Self> {
        let refuse = |what: &str, value: &str, remedy: &str| {
            Err(Error::refused(what, format!("'{value}' cannot be part of a file name of the specification"), remedy))
        };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain(tokens.initiative) {
            return refuse("initiative", tokens.initiative, "use letters and digits only, as GSPolmap");
        }
        if !plain(tokens.project) || tokens.project.bytes().any(|b| b.is_ascii_lowercase()) {
            return refuse("project", tokens.project, "use capitals and digits only, as GSPOL");
        }
        if !(1000..=9999).contains(&year) {
            return refuse("year", &year.to_string(), "write four digits");
        }
        if upper_cm >= lower_cm || lower_cm > DEEPEST {
            let depth = format!("{upper_cm}-{lower_cm} cm");
            return refuse("depth", &depth, "the lower depth is deeper than the upper one, and at most 1000 cm");
        }
        let (property, property_is_proposed) = property(analyte, fraction);
        Ok(Self {
            country,
            initiative: tokens.initiative.to_owned(),
            project: tokens.project.to_owned(),
            year,
            analyte: analyte.code.clone(),
            property,
            property_is_proposed,
            upper_cm,
            lower_cm,
        })
    }

    /// The analyte as a token: its code, letters and digits only.
    pub fn analyte_token(&self) -> String {
        self.analyte.chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// The depths as a name of the GSP style has them: `030`, `3060`, `005`.
    ///
    /// The tokens of `naming.json` are taken as they stand; other depths are the upper one and then the lower one in at least two digits.
    /// Nothing takes a token apart again: `1100` may be 1 to 100 cm, and the depths stand in the file's metadata.
    pub fn depth_token(&self) -> String {
        let known = tables::naming()["gsp_submission"]["known_depth_tokens"].as_object();
        let ours = |depths: &serde_json::Value| {
            depths[0].as_u64() == Some(self.upper_cm.into()) && depths[1].as_u64() == Some(self.lower_cm.into())
        };
        known
            .and_then(|known| known.iter().find(|(_, depths)| ours(depths)))
            .map_or_else(|| format!("{}{:02}", self.upper_cm, self.lower_cm), |(token, _)| token.clone())
    }

    /// The name of the GSP style; `kind` is `Map` or `UncertaintyMap`.
    pub fn gsp(&self, kind: &str) -> String {
        let (iso3, initiative, property) = (self.country.alpha3, &self.initiative, self.analyte_token());
        format!("{iso3}_{initiative}_{property}_{kind}{}.tif", self.depth_token())
    }

    /// The first four tokens of a layer id.
    pub fn mapset_id(&self) -> String {
        self.mapset_of("")
    }

    fn mapset_of(&self, suffix: &str) -> String {
        format!("{}-{}-{}{suffix}-{}", self.country.alpha2, self.project, self.property, self.year)
    }

    /// The last token of the layer id of a product: its own where a node knows it, else `X`.
    pub fn node_stat(stat: &str) -> &'static str {
        let known = ["MEAN", "SDEV", "UNCT"];
        known.into_iter().find(|known| *known == stat).unwrap_or("X")
    }

    /// The name of a node's layer. A node has one `X` for a mapset and depth, so each further product is a property of its own there: its
    /// name is appended to the property's id.
    pub fn glosis(&self, stat: &str) -> String {
        let node = Self::node_stat(stat);
        let mapset = self.mapset_of(if node == "X" { stat } else { "" });
        format!("{mapset}-{}-{}-{node}.tif", self.upper_cm, self.lower_cm)
    }

    /// The name of a raster in the national coordinate system.
    pub fn national(&self, stat: &str, epsg: u32) -> String {
        let (iso3, initiative, analyte) = (self.country.alpha3, &self.initiative, self.analyte_token());
        format!("{iso3}_{initiative}_{analyte}_{stat}_{}-{}_EPSG{epsg}.tif", self.upper_cm, self.lower_cm)
    }

    /// The name of a file of hotspots; `ending` is `geojson` or `gpkg`.
    pub fn hotspots(&self, ending: &str) -> String {
        let (iso3, initiative, analyte) = (self.country.alpha3, &self.initiative, self.analyte_token());
        format!("{iso3}_{initiative}_{analyte}_hotspots_{}-{}.{ending}", self.upper_cm, self.lower_cm)
    }

    /// The id of the `number`th hotspot, from 1.
    pub fn hotspot_id(&self, number: u64) -> String {
        format!("{}-{}-{number:04}", self.country.alpha3, self.analyte_token())
    }

    /// The name of a style; `ending` is `qml`, `sld` or `clr`.
    pub fn style(&self, stat: &str, ending: &str) -> String {
        format!("{stat}_{}.{ending}", self.analyte_token())
    }
}

/// The property's id on a node and whether it is only proposed. A fraction that is extracted has another one where there is one.
pub(super) fn property(analyte: &Analyte, fraction: &str) -> (String, bool) {
    let token = |id: &str| id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let whole = matches!(fraction, "total" | "pseudo_total" | "unknown" | "species" | "");
    let known = if whole { &analyte.glosis_property_id } else { &analyte.glosis_extractable_id };
    match (known, &analyte.proposed_property_id) {
        (Some(id), _) => (token(id), false),
        (None, Some(id)) if whole => (token(id), true),
        // A list that has an id of the total only has none of an extract: one is made in the manner of the list, and proposed.
        (None, proposed) => {
            let total = proposed.as_deref().or(analyte.glosis_property_id.as_deref()).unwrap_or(&analyte.code);
            (format!("{}{}", token(total.trim_end_matches("TOT")), if whole { "TOT" } else { "EXT" }), true)
        }
    }
}

#[cfg(test)]
mod tests {
    use regex_lite::Regex;

    use super::*;
    use crate::country::by_alpha3;

    fn naming(code: &str, fraction: &str, depths: [u16; 2]) -> Naming {
        let (country, analyte) = (by_alpha3("BTN").unwrap(), tables::analyte(code).unwrap());
        Naming::new(country, Tokens::default(), 2024, analyte, fraction, depths).unwrap()
    }

    fn pattern(of: &str) -> Regex {
        Regex::new(tables::naming()[of]["pattern"].as_str().unwrap()).unwrap()
    }

    #[test]
    fn published_depth_tokens_are_kept_and_others_can_be_named() {
        let gsp = pattern("gsp_submission");
        for (depths, token) in [
            ([0, 30], "030"),
            ([30, 60], "3060"),
            ([60, 100], "60100"),
            ([30, 100], "30100"),
            ([0, 5], "005"),
            ([0, 20], "020"),
            ([5, 15], "515"),
            ([0, 100], "0100"),
            ([2, 8], "208"),
        ] {
            let names = naming("Cd", "total", depths);
            assert_eq!(names.depth_token(), token);
            for kind in ["Map", "UncertaintyMap"] {
                let name = names.gsp(kind);
                let found = gsp.captures(&name).unwrap_or_else(|| panic!("{name} does not match"));
                assert_eq!(&found["kind"], kind);
            }
        }
        assert!(!gsp.is_match("BTN_GSPolmap_Cd_Map00.tif"));
        assert!(!gsp.is_match("BTN_GSPolmap_Cd_Map.tif"));
    }

    #[test]
    fn every_analyte_has_names_that_match() {
        let (gsp, glosis, national) = (pattern("gsp_submission"), pattern("glosis_layer"), pattern("national"));
        for analyte in tables::analytes() {
            for fraction in ["total", "available"] {
                let names = naming(&analyte.code, fraction, [0, 20]);
                assert!(gsp.is_match(&names.gsp("Map")), "{}", names.gsp("Map"));
                for stat in tables::layer_stats() {
                    let layer = names.glosis(&stat.stat);
                    assert!(glosis.is_match(&layer), "{layer}");
                    assert!(layer.ends_with(&format!("-{}.tif", Naming::node_stat(&stat.stat))));
                    assert_eq!(Naming::node_stat(&stat.stat), stat.fao_sis_stat);
                    assert!(national.is_match(&names.national(&stat.stat, 28992)));
                }
                assert!(names.glosis("MEAN").starts_with(&names.mapset_id()));
            }
        }
    }

    #[test]
    fn an_extract_is_another_property_where_the_node_knows_it() {
        assert_eq!(naming("Cu", "pseudo_total", [0, 30]).property, "COPTOT");
        assert_eq!(naming("Cu", "available", [0, 30]).property, "COPEXT");
        let lead = naming("Pb", "total", [0, 30]);
        assert_eq!((lead.property.as_str(), lead.property_is_proposed), ("LEATOT", true));
        let lead = naming("Pb", "available", [0, 30]);
        assert_eq!((lead.property.as_str(), lead.property_is_proposed), ("LEAEXT", true));
        assert!(!naming("Cd", "total", [0, 30]).property_is_proposed);
    }

    #[test]
    fn tokens_that_break_a_name_are_refused() {
        let (country, analyte) = (by_alpha3("BTN").unwrap(), tables::analyte("Cd").unwrap());
        let with = |initiative, project, year, depths| {
            Naming::new(country, Tokens { initiative, project }, year, analyte, "total", depths).is_ok()
        };
        assert!(with("GSPolmap", "GSPOL", 2024, [0, 30]));
        assert!(!with("GSPol_map", "GSPOL", 2024, [0, 30]));
        assert!(!with("../x", "GSPOL", 2024, [0, 30]));
        assert!(!with("GSPolmap", "GS-POL", 2024, [0, 30]));
        assert!(!with("GSPolmap", "gspol", 2024, [0, 30]));
        assert!(!with("GSPolmap", "GSPOL", 24, [0, 30]));
        assert!(!with("GSPolmap", "GSPOL", 2024, [30, 30]));
        assert!(!with("GSPolmap", "GSPOL", 2024, [0, 2000]));
    }
}
