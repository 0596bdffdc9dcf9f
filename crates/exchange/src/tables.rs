//! The machine tables of the specification, as they stand in `data/exchange/`, embedded.
//!
//! Values are those of the tables; an empty cell is `None` where the column may be empty, else empty text.

use std::sync::LazyLock;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::check::Severity;

fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|e| panic!("the embedded table {name} does not parse: {e}"))
}

fn severity<'de, D: Deserializer<'de>>(of: D) -> Result<Severity, D::Error> {
    match String::deserialize(of)?.as_str() {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "info" => Ok(Severity::Info),
        other => Err(D::Error::custom(format!("no severity {other}"))),
    }
}

macro_rules! table {
    ($row:ident, $all:ident, $one:ident, $key:ident, $file:literal) => {
        #[doc = concat!("All rows of `", $file, "`, in its order.")]
        pub fn $all() -> &'static [$row] {
            static ROWS: LazyLock<Vec<$row>> =
                LazyLock::new(|| parse($file, include_str!(concat!("../../../data/exchange/", $file))));
            &ROWS
        }

        #[doc = concat!("The row of `", $file, "` whose `", stringify!($key), "` is exactly `key`.")]
        pub fn $one(key: &str) -> Option<&'static $row> {
            $all().iter().find(|row| row.$key == key)
        }
    };
}

/// A contaminant the specification knows (`analytes.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Analyte {
    /// Column `code`.
    pub code: String,
    /// Column `name`.
    pub name: String,
    /// Column `symbol`.
    pub symbol: String,
    /// Column `cas_number`.
    pub cas_number: Option<String>,
    /// Column `cas_check`.
    pub cas_check: String,
    /// Column `formula`.
    pub formula: String,
    /// Column `molar_mass_g_per_mol`.
    pub molar_mass_g_per_mol: Option<f64>,
    /// Column `contaminant_class`.
    pub contaminant_class: String,
    /// Column `default_unit`.
    pub default_unit: String,
    /// Column `default_unit_uri`.
    pub default_unit_uri: String,
    /// Column `glosis_status`.
    pub glosis_status: String,
    /// Column `glosis_property_id`.
    pub glosis_property_id: Option<String>,
    /// Column `glosis_uri`.
    pub glosis_uri: Option<String>,
    /// Column `glosis_extractable_id`.
    pub glosis_extractable_id: Option<String>,
    /// Column `glosis_extractable_uri`.
    pub glosis_extractable_uri: Option<String>,
    /// Column `glosis_total_class_uri`.
    pub glosis_total_class_uri: String,
    /// Column `glosis_extractable_class_uri`.
    pub glosis_extractable_class_uri: String,
    /// Column `proposed_property_id`.
    pub proposed_property_id: Option<String>,
    /// Column `inspire_site_uri`.
    pub inspire_site_uri: Option<String>,
    /// Column `inspire_profile_element_uri`.
    pub inspire_profile_element_uri: Option<String>,
    /// Column `inspire_derived_object_uri`.
    pub inspire_derived_object_uri: Option<String>,
    /// Column `sis_value_min`.
    pub sis_value_min: Option<f64>,
    /// Column `sis_value_max`.
    pub sis_value_max: Option<f64>,
    /// Column `sis_typical_min`.
    pub sis_typical_min: Option<f64>,
    /// Column `sis_typical_max`.
    pub sis_typical_max: Option<f64>,
    /// Column `eu_sml_listed_unverified`.
    pub eu_sml_listed_unverified: String,
    /// Column `note`.
    pub note: String,
}

table!(Analyte, analytes, analyte, code, "analytes.csv");

/// A soil property that is no contaminant (`soil_properties.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Property {
    /// Column `code`.
    pub code: String,
    /// Column `name`.
    pub name: String,
    /// Column `default_unit`.
    pub default_unit: String,
    /// Column `glosis_property_id`.
    pub glosis_property_id: Option<String>,
    /// Column `glosis_uri`.
    pub glosis_uri: Option<String>,
    /// Column `inspire_profile_element_uri`.
    pub inspire_profile_element_uri: Option<String>,
    /// Column `inspire_derived_object_uri`.
    pub inspire_derived_object_uri: Option<String>,
    /// Column `sis_value_min`.
    pub sis_value_min: Option<f64>,
    /// Column `sis_value_max`.
    pub sis_value_max: Option<f64>,
    /// Column `sis_typical_min`.
    pub sis_typical_min: Option<f64>,
    /// Column `sis_typical_max`.
    pub sis_typical_max: Option<f64>,
    /// Column `note`.
    pub note: String,
}

table!(Property, properties, property, code, "soil_properties.csv");

/// How something was extracted or measured (`procedures.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Procedure {
    /// Column `code`.
    pub code: String,
    /// Column `name`.
    pub name: String,
    /// Column `stage`.
    pub stage: String,
    /// Column `fraction`.
    pub fraction: String,
    /// Column `standard`.
    pub standard: String,
    /// Column `glosis_procedure_id`.
    pub glosis_procedure_id: Option<String>,
    /// Column `glosis_uri`.
    pub glosis_uri: Option<String>,
    /// Column `glosolan_code`.
    pub glosolan_code: String,
    /// Column `analytes`.
    pub analytes: String,
    /// Column `comparability_group`.
    pub comparability_group: String,
    /// Column `evidence`.
    pub evidence: String,
    /// Column `note`.
    pub note: String,
}

table!(Procedure, procedures, procedure, code, "procedures.csv");

/// A unit, its other spellings and its size (`units.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Unit {
    /// Column `unit`.
    pub unit: String,
    /// Column `ucum`.
    pub ucum: String,
    /// Column `qudt_uri`.
    pub qudt_uri: String,
    /// Column `kind`.
    pub kind: String,
    /// Column `factor_to_mg_per_kg`.
    pub factor_to_mg_per_kg: Option<f64>,
    /// Column `accepted_spellings`.
    pub accepted_spellings: String,
    /// Column `evidence`.
    pub evidence: String,
}

table!(Unit, units, unit, unit, "units.csv");

/// A land use (`land_use.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct LandUse {
    /// Column `code`.
    pub code: String,
    /// Column `glosis_notation`.
    pub glosis_notation: String,
    /// Column `glosis_uri`.
    pub glosis_uri: String,
    /// Column `threshold_group`.
    pub threshold_group: String,
}

table!(LandUse, land_uses, land_use, code, "land_use.csv");

/// Why a result is no plain number (`censoring.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Censoring {
    /// Column `code`.
    pub code: String,
    /// Column `meaning`.
    pub meaning: String,
    /// Column `value_column`.
    pub value_column: String,
    /// Column `required_companions`.
    pub required_companions: String,
    /// Column `observation_model`.
    pub observation_model: String,
}

table!(Censoring, censorings, censoring, code, "censoring.csv");

/// What of the points may be seen (`access_levels.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct AccessLevel {
    /// Column `code`.
    pub code: String,
    /// Column `points_in_bundle`.
    pub points_in_bundle: String,
    /// Column `values_in_bundle`.
    pub values_in_bundle: String,
    /// Column `fao_sis_equivalent`.
    pub fao_sis_equivalent: String,
    /// Column `note`.
    pub note: String,
}

table!(AccessLevel, access_levels, access_level, code, "access_levels.csv");

/// A licence that a national node accepts (`licences.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Licence {
    /// Column `spdx`.
    pub spdx: String,
    /// Column `fao_sis_value`.
    pub fao_sis_value: String,
    /// Column `url`.
    pub url: String,
    /// Column `open_definition`.
    pub open_definition: String,
    /// Column `note`.
    pub note: String,
}

table!(Licence, licences, licence, spdx, "licences.csv");

/// A raster product (`layer_stats.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct LayerStat {
    /// Column `stat`.
    pub stat: String,
    /// Column `meaning`.
    pub meaning: String,
    /// Column `fao_sis_stat`.
    pub fao_sis_stat: String,
    /// Column `gsp_name_part`.
    pub gsp_name_part: String,
    /// Column `data_type`.
    pub data_type: String,
    /// Column `nodata`.
    pub nodata: f64,
    /// Column `valid_min`.
    pub valid_min: Option<f64>,
    /// Column `valid_max`.
    pub valid_max: Option<f64>,
    /// Column `unit`.
    pub unit: String,
    /// Column `resampling_to_coarser`.
    pub resampling_to_coarser: String,
    /// Column `required`.
    pub required: String,
}

table!(LayerStat, layer_stats, layer_stat, stat, "layer_stats.csv");

/// Stops and colours of a product (`styles.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Style {
    /// Column `stat`.
    pub stat: String,
    /// Column `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Column `stops`.
    pub stops: String,
    /// Column `colours_hex`.
    pub colours_hex: String,
    /// Column `note`.
    pub note: String,
}

table!(Style, styles, style, stat, "styles.csv");

/// A field of the ISO record (`metadata_fields.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct MetadataField {
    /// Column `field`.
    pub field: String,
    /// Column `iso19139_path`.
    pub iso19139_path: String,
    /// Column `obligation`.
    pub obligation: String,
    /// Column `default`.
    pub default: String,
    /// Column `fao_sis_column`.
    pub fao_sis_column: String,
    /// Column `inspire`.
    pub inspire: String,
    /// Column `note`.
    pub note: String,
}

table!(MetadataField, metadata_fields, metadata_field, field, "metadata_fields.csv");

/// A rule of the judge (`validation_rules.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// Column `id`.
    pub id: String,
    #[serde(deserialize_with = "severity")]
    /// Column `severity`.
    pub severity: Severity,
    /// Column `scope`.
    pub scope: String,
    /// Column `rule`.
    pub rule: String,
    /// Column `origin`.
    pub origin: String,
    /// Column `sources`.
    pub sources: String,
}

table!(Rule, rules, rule, id, "validation_rules.csv");

/// Where a fact of the specification comes from (`sources.csv`).
#[derive(Clone, Debug, Deserialize)]
pub struct Source {
    /// Column `id`.
    pub id: String,
    /// Column `title`.
    pub title: String,
    /// Column `address`.
    pub address: String,
    /// Column `how_far_read`.
    pub how_far_read: String,
    /// Column `supports`.
    pub supports: String,
}

table!(Source, sources, source, id, "sources.csv");

/// A unit by its name or any accepted spelling; case and spaces around it do not count where nothing else has that spelling.
///
/// # Examples
/// ```
/// use soilscope_exchange::tables;
/// assert_eq!(tables::unit_spelt("ppm").unwrap().unit, "mg/kg");
/// assert_eq!(tables::unit_spelt(" MG/KG ").unwrap().unit, "mg/kg");
/// assert!(tables::unit_spelt("furlong").is_none());
/// ```
pub fn unit_spelt(spelling: &str) -> Option<&'static Unit> {
    let spelling = spelling.trim();
    let spelt = |same: &dyn Fn(&str) -> bool| {
        units().iter().find(|u| same(&u.unit) || u.accepted_spellings.split('|').any(same))
    };
    spelt(&|s| s == spelling).or_else(|| spelt(&|s| s.eq_ignore_ascii_case(spelling)))
}

/// The factor that brings a value from one unit to another; for moles per mass the analyte's molar mass in g/mol is needed.
/// `None` where they do not measure the same.
///
/// # Examples
/// ```
/// use soilscope_exchange::tables::{conversion, unit};
/// assert_eq!(conversion(unit("ug/kg").unwrap(), unit("mg/kg").unwrap(), None), Some(0.001));
/// ```
pub fn conversion(from: &Unit, to: &Unit, molar_mass: Option<f64>) -> Option<f64> {
    if from.unit == to.unit {
        return Some(1.0);
    }
    let size = |u: &Unit| match (u.factor_to_mg_per_kg, u.kind.as_str()) {
        (Some(factor), _) => Some(factor),
        // mmol/kg: mg/kg = mmol/kg × M (specification, section 3.4).
        (None, "amount_per_mass") => molar_mass,
        _ => None,
    };
    Some(size(from)? / size(to)?)
}

macro_rules! document {
    ($name:ident, $file:literal, $what:literal) => {
        #[doc = concat!($what, " (`", $file, "`).")]
        pub fn $name() -> &'static serde_json::Value {
            static VALUE: LazyLock<serde_json::Value> = LazyLock::new(|| {
                serde_json::from_str(include_str!(concat!("../../../data/exchange/", $file)))
                    .unwrap_or_else(|e| panic!("the embedded {} does not parse: {e}", $file))
            });
            &VALUE
        }
    };
}

document!(naming, "naming.json", "The patterns of file names");
document!(grids, "grids.json", "The grids");
document!(crosswalk, "crosswalk.json", "What columns other systems give the same things");
document!(long_schema, "sample_long.schema.json", "The fields of a long table");
document!(wide_schema, "sample_wide.schema.json", "The columns of a wide table");
document!(hotspot_schema, "hotspot.schema.json", "The properties of a hotspot");
document!(bundle_schema, "bundle.schema.json", "The members of `bundle.json`");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_parses_and_has_the_rows_the_specification_counts() {
        assert_eq!(analytes().len(), 131);
        assert_eq!(properties().len(), 15);
        assert_eq!(procedures().len(), 40);
        assert_eq!(rules().len(), 128);
        assert_eq!(rules().iter().filter(|r| r.severity == Severity::Error).count(), 77);
        assert_eq!(licences().len(), 9);
        assert_eq!(layer_stats().len(), 12);
        for n in [units().len(), land_uses().len(), censorings().len(), access_levels().len(), styles().len()] {
            assert!(n > 3);
        }
        assert!(metadata_fields().len() > 40 && sources().len() == 50);
        for value in [naming(), grids(), crosswalk(), long_schema(), wide_schema(), hotspot_schema(), bundle_schema()] {
            assert!(value.is_object());
        }
    }
}
