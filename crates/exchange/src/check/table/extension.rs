//! What a project adds to the tables of analytes and procedures, and the certified values of its reference materials.

use std::path::Path;

use serde::Deserialize;

use crate::{Error, Result, tables};

/// An analyte that the specification does not know.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionAnalyte {
    /// Its code in tables of samples.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The unit its values are compared in, by `units.csv`.
    pub default_unit: String,
    /// Its number in the registry of Chemical Abstracts.
    pub cas_number: Option<String>,
    /// g/mol.
    pub molar_mass_g_per_mol: Option<f64>,
    /// Its id as a property of GloSIS, where it has one.
    pub glosis_property_id: Option<String>,
    /// Whether it is a sum of other analytes.
    #[serde(default)]
    pub sum: bool,
    /// Codes of what a sum is made of, joined by `+`.
    #[serde(default)]
    pub members: String,
    /// How censored members enter a sum.
    #[serde(default)]
    pub censored_rule: String,
}

/// A procedure that the specification does not know.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionProcedure {
    /// Its code in tables of samples.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// One of the fractions of `sample_long.schema.json`.
    pub fraction: String,
    /// Results of one group may be pooled.
    pub comparability_group: String,
}

/// The certified value of a reference material.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedValue {
    /// The material's name, as `qc_parent` gives it.
    pub material: String,
    /// The analyte's code.
    pub analyte: String,
    /// The certified value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// The project extension table.
///
/// # Examples
/// ```
/// use soilscope_exchange::check::Extension;
/// let text = "[[analyte]]\ncode = 'Nb'\ndefault_unit = 'mg/kg'\ncas_number = '7440-03-1'\n";
/// let extension = Extension::from_toml(text).unwrap();
/// assert_eq!(extension.analytes[0].code, "Nb");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Analytes.
    #[serde(default, rename = "analyte")]
    pub analytes: Vec<ExtensionAnalyte>,
    /// Procedures.
    #[serde(default, rename = "procedure")]
    pub procedures: Vec<ExtensionProcedure>,
    /// Certified values.
    #[serde(default, rename = "reference")]
    pub references: Vec<CertifiedValue>,
}

/// Bytes of an extension table.
const LIMIT: u64 = 4 * 1024 * 1024;

impl Extension {
    /// Reads a TOML file of `[[analyte]]`, `[[procedure]]` and `[[reference]]`, or a CSV file of one of the three, told by its header.
    ///
    /// # Errors
    /// The file cannot be read, or is neither.
    pub fn read(path: &Path) -> Result<Self> {
        let meta = std::fs::symlink_metadata(path).map_err(|e| Error::unreadable(path, e))?;
        if !meta.is_file() || meta.len() > LIMIT {
            return Err(Error::unreadable(path, "it is no regular file of at most 4 MiB"));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Error::unreadable(path, e))?;
        let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let read = if csv { Self::from_csv(&text) } else { Self::from_toml(&text) };
        read.map_err(|e| Error::unreadable(path, e))
    }

    /// Parses TOML.
    ///
    /// # Errors
    /// The text is no extension table.
    pub fn from_toml(text: &str) -> Result<Self> {
        let read: Self = toml::from_str(text).map_err(|e| refused(e.message()))?;
        read.checked()
    }

    /// Parses CSV: with a column `material` certified values, with `comparability_group` procedures, else analytes.
    ///
    /// # Errors
    /// The text is no extension table.
    pub fn from_csv(text: &str) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(refused)?.clone();
        let has = |name: &str| header.iter().any(|h| h == name);
        let mut read = Self::default();
        if has("material") {
            read.references = reader.deserialize().collect::<Result<_, _>>().map_err(refused)?;
        } else if has("comparability_group") {
            read.procedures = reader.deserialize().collect::<Result<_, _>>().map_err(refused)?;
        } else {
            read.analytes = reader.deserialize().collect::<Result<_, _>>().map_err(refused)?;
        }
        read.checked()
    }

    fn checked(self) -> Result<Self> {
        for a in &self.analytes {
            if tables::unit_spelt(&a.default_unit).is_none() {
                return Err(refused(format!("analyte {}: no unit {}", a.code, a.default_unit)));
            }
            if tables::analyte(&a.code).is_some() || tables::property(&a.code).is_some() {
                return Err(refused(format!("analyte {} is in the specification already", a.code)));
            }
        }
        for p in &self.procedures {
            if tables::procedure(&p.code).is_some() {
                return Err(refused(format!("procedure {} is in the specification already", p.code)));
            }
            let fields = tables::long_schema()["fields"].as_array();
            let fractions = fields.into_iter().flatten().find(|f| f["name"] == "fraction").map(|f| &f["enum"]);
            if !fractions.and_then(|f| f.as_array()).is_some_and(|all| all.iter().any(|f| *f == p.fraction.as_str())) {
                return Err(refused(format!("procedure {}: no fraction {}", p.code, p.fraction)));
            }
        }
        for r in &self.references {
            if !(r.value > 0.0 && r.value.is_finite()) || tables::unit_spelt(&r.unit).is_none() {
                return Err(refused(format!("reference {} {}: no positive value with a unit", r.material, r.analyte)));
            }
        }
        Ok(self)
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        self.analytes.extend(other.analytes);
        self.procedures.extend(other.procedures);
        self.references.extend(other.references);
    }

    /// Whether a code is that of an analyte or property, here or in the specification.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.unit_of(code).is_some()
    }

    /// The unit that values of a code are compared in.
    pub(super) fn unit_of(&self, code: &str) -> Option<&str> {
        let analyte = || tables::analyte(code).map(|a| a.default_unit.as_str());
        let property = || tables::property(code).map(|p| p.default_unit.as_str());
        let own = || self.analytes.iter().find(|a| a.code == code).map(|a| a.default_unit.as_str());
        analyte().or_else(property).or_else(own)
    }
}

fn refused(why: impl ToString) -> Error {
    Error::refused("the project extension table", why, "write it as the documentation of the checker shows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_toml_say_the_same() {
        let toml = Extension::from_toml(
            "[[procedure]]\ncode = 'LOCAL'\nfraction = 'total'\ncomparability_group = 'TOTAL'\nname = 'x'\n",
        );
        let csv = Extension::from_csv("code,name,fraction,comparability_group\nLOCAL,x,total,TOTAL\n");
        assert_eq!(toml.unwrap(), csv.unwrap());
        let csv = Extension::from_csv("material,analyte,value,unit\nCRM 1,Cd,0.5,mg/kg\n").unwrap();
        assert_eq!(csv.references[0].value, 0.5);
        let csv =
            Extension::from_csv("code,default_unit,cas_number,molar_mass_g_per_mol,glosis_property_id\nNb,mg/kg,,,\n");
        assert_eq!(csv.unwrap().analytes[0].cas_number, None);
    }

    #[test]
    fn what_it_says_is_checked() {
        for text in [
            "[[analyte]]\ncode = 'Cd'\ndefault_unit = 'mg/kg'\n",
            "[[analyte]]\ncode = 'Xx'\ndefault_unit = 'furlong'\n",
            "[[procedure]]\ncode = 'LOCAL'\nfraction = 'half'\ncomparability_group = 'A'\n",
            "[[reference]]\nmaterial = 'm'\nanalyte = 'Cd'\nvalue = -1.0\nunit = 'mg/kg'\n",
            "[[analyte]]\ncode = 'Xx'\ndefault_unit = 'mg/kg'\nmolar = 3\n",
        ] {
            assert!(Extension::from_toml(text).is_err(), "{text}");
        }
    }
}
