//! What a file does not say and its owner knows: defaults, names of columns, of analytes, of procedures and of units.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::Value;

use super::Row;
use crate::{Error, Result};

/// How a delimited file is written, where the reader is not to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// `,`, `;` or tab.
    pub delimiter: Option<char>,
    /// `.` or `,`.
    pub decimal: Option<char>,
    /// A name of the Encoding Standard, as `utf-8`, `windows-1252`, `utf-16le`.
    pub encoding: Option<String>,
}

/// Values by field of the long table, and beside them what only a column of values can have.
pub type Fields = BTreeMap<String, String>;

/// What a table's owner declares about it (a TOML file).
///
/// ```toml
/// country = "NLD"                  # any field of the long table: a value where the file has none
/// data_owner = "Province"
/// licence = "CC-BY-4.0"
/// sampling_date = "1990"
/// upper_depth_cm = 0
/// lower_depth_cm = 20
/// crs = "EPSG:28992"
/// nondetect_flag = "_nd"           # Cd_nd = 1: the value of Cd is the limit it lies below
/// ignore = ["dist"]                # columns that are known and not wanted
/// layer = "samples"                # of a GeoPackage with several
///
/// [dialect]
/// delimiter = ";"
/// decimal = ","
/// encoding = "windows-1252"
///
/// [columns]                        # field = column of the file
/// site_code = "sample"
///
/// [analytes.zinc]                  # by the file's name
/// code = "Zn"
/// unit = "mg/kg"
/// extraction_code = "AR_UNSPEC"
/// loq = 2
///
/// [procedures]                     # name in the file = code
/// "Königswasser" = "AR_UNSPEC"
///
/// [units]
/// "mg/kg TS" = "mg/kg"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Fields for all rows.
    pub fields: Fields,
    /// How a delimited file is written.
    pub dialect: Dialect,
    /// Field → column of the file.
    pub columns: BTreeMap<String, String>,
    /// Analyte as the file names it → its own fields; `analyte_code` is what it is.
    pub analytes: BTreeMap<String, Fields>,
    /// Procedure as the file names it → code.
    pub procedures: BTreeMap<String, String>,
    /// Unit as the file spells it → unit of the specification.
    pub units: BTreeMap<String, String>,
    /// The end of the names of columns that flag results as not detected.
    pub nondetect_flag: Option<String>,
    /// The layer of a GeoPackage that has several.
    pub layer: Option<String>,
    /// Columns that are not wanted.
    pub ignore: BTreeSet<String>,
}

const ANALYTE_KEYS: [&str; 15] = [
    "analyte_code",
    "unit",
    "extraction_code",
    "determination_code",
    "lod",
    "loq",
    "uol",
    "uncertainty_rel_pct",
    "coverage_factor",
    "basis",
    "fraction",
    "laboratory",
    "accreditation",
    "grain_size_max_um",
    "analysis_date",
];

impl Defaults {
    /// From the text of a TOML file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the key that is not understood.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::long::Defaults;
    /// let defaults = Defaults::from_toml("country = 'NLD'\n[analytes.zinc]\ncode = 'Zn'", "meuse.toml")?;
    /// assert_eq!(defaults.fields["country"], "NLD");
    /// assert!(Defaults::from_toml("contry = 'NLD'", "meuse.toml").is_err());
    /// # Ok::<(), soilscope_exchange::Error>(())
    /// ```
    pub fn from_toml(text: &str, name: &str) -> Result<Self> {
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| Error::refused(name, e.message(), "correct the file; it is TOML"))?;
        let mut defaults = Self::default();
        for (key, value) in table {
            defaults.take(&key, value).map_err(|reason| {
                Error::refused(
                    format!("{name}, '{key}'"),
                    reason,
                    "give fields of the long table, nondetect_flag, ignore, layer, or [dialect], [columns], [analytes.*], [procedures], [units]",
                )
            })?;
        }
        Ok(defaults)
    }

    /// From a TOML file.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and as [`Defaults::from_toml`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::unreadable(path, e))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self::from_toml(&text, &name)
    }

    fn take(&mut self, key: &str, value: Value) -> Result<(), String> {
        match key {
            "dialect" => self.dialect = dialect(value)?,
            "columns" => {
                for (field, column) in texts(value)? {
                    if !Row::FIELDS.contains(&field.as_str()) && !Row::BESIDE.contains(&field.as_str()) {
                        return Err(format!("the long table has no field '{field}'"));
                    }
                    self.columns.insert(field, column);
                }
            }
            "analytes" => {
                let Value::Table(table) = value else { return Err("is not a table of analytes".to_owned()) };
                for (name, fields) in table {
                    let mut own = Fields::new();
                    for (key, text) in texts(fields).map_err(|e| format!("{name}: {e}"))? {
                        let key = if key == "code" { "analyte_code".to_owned() } else { key };
                        if !ANALYTE_KEYS.contains(&key.as_str()) {
                            return Err(format!(
                                "{name}: an analyte has no '{key}' (code, {})",
                                ANALYTE_KEYS[1..].join(", ")
                            ));
                        }
                        own.insert(key, text);
                    }
                    self.analytes.insert(name, own);
                }
            }
            "procedures" => self.procedures = texts(value)?,
            "units" => self.units = texts(value)?,
            "layer" => self.layer = Some(text(&value)?),
            "nondetect_flag" => self.nondetect_flag = Some(text(&value)?),
            "ignore" => {
                let Value::Array(names) = value else { return Err("is not a list of columns".to_owned()) };
                self.ignore = names.iter().map(text).collect::<Result<_, _>>()?;
            }
            field if Row::FIELDS.contains(&field) => {
                self.fields.insert(field.to_owned(), text(&value)?);
            }
            _ => return Err("is not understood".to_owned()),
        }
        Ok(())
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(s) => Ok(s.clone()),
        Value::Integer(n) => Ok(n.to_string()),
        Value::Float(n) if n.is_finite() => Ok(super::number::write(*n)),
        Value::Datetime(d) => Ok(d.to_string()),
        _ => Err("is neither text nor a number nor a date".to_owned()),
    }
}

fn texts(value: Value) -> Result<BTreeMap<String, String>, String> {
    let Value::Table(table) = value else { return Err("is not a table".to_owned()) };
    table.into_iter().map(|(k, v)| text(&v).map(|t| (k.clone(), t)).map_err(|e| format!("'{k}' {e}"))).collect()
}

fn dialect(value: Value) -> Result<Dialect, String> {
    let mut dialect = Dialect::default();
    for (key, text) in texts(value)? {
        match (key.as_str(), text.as_str()) {
            ("delimiter", "," | ";" | "\t") => dialect.delimiter = text.chars().next(),
            ("delimiter", "tab") => dialect.delimiter = Some('\t'),
            ("decimal", "." | ",") => dialect.decimal = text.chars().next(),
            ("encoding", name) if encoding_rs::Encoding::for_label(name.as_bytes()).is_some() => {
                dialect.encoding = Some(name.to_owned());
            }
            _ => {
                return Err(format!(
                    "{key} = '{text}' is not understood (delimiter , ; tab; decimal . ,; encoding by name)"
                ));
            }
        }
    }
    if dialect.delimiter == Some(',') && dialect.decimal == Some(',') {
        return Err("a comma cannot both divide cells and be the decimal sign".to_owned());
    }
    Ok(dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_example_is_taken() {
        let text = "country='NLD'\nupper_depth_cm=0\nsampling_date=1990-05-01\nnondetect_flag='_nd'\nignore=['dist']\n\
                    [dialect]\ndelimiter='tab'\ndecimal=','\nencoding='latin1'\n[columns]\nsite_code='sample'\n\
                    [analytes.zinc]\ncode='Zn'\nloq=2\n[procedures]\n'KW'='AR_UNSPEC'\n[units]\n'mg/kg TS'='mg/kg'\n";
        let d = Defaults::from_toml(text, "x.toml").unwrap();
        assert_eq!(d.fields["upper_depth_cm"], "0");
        assert_eq!(d.fields["sampling_date"], "1990-05-01");
        assert_eq!((d.dialect.delimiter, d.dialect.decimal), (Some('\t'), Some(',')));
        assert_eq!(d.analytes["zinc"]["analyte_code"], "Zn");
        assert_eq!(d.analytes["zinc"]["loq"], "2");
        assert_eq!(d.columns["site_code"], "sample");
        assert!(d.ignore.contains("dist"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for wrong in [
            "contry='NLD'",
            "country=['NLD']",
            "[columns]\nsight='x'",
            "[analytes.zinc]\ncolour='x'",
            "[dialect]\ndelimiter='|'",
            "[dialect]\ndelimiter=','\ndecimal=','",
            "analytes='zinc'",
            "upper_depth_cm=inf",
        ] {
            let error = Defaults::from_toml(wrong, "x.toml").unwrap_err().to_string();
            assert!(error.starts_with("x.toml, '"), "{error}");
        }
        assert!(Defaults::from_toml("= =", "x.toml").is_err());
    }
}
