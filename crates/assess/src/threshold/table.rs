//! Tables of limits.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::analyte;
use super::code::Code;
use super::entry::Entry;
use super::error::{BadRow, ThresholdError};
use super::limit::Limit;
use super::{Analyte, read, resolve};

/// Which table a limit is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableVersion {
    /// `built-in`, or the file.
    pub name: String,
    /// Date on which the built-in table was last changed; of another, none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Sum of the table's bytes, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Limits in it.
    pub rows: usize,
}

/// Limits of one code.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// Its code.
    pub code: Code,
    /// Its rows: indices into [`Table::entries`].
    pub rows: Vec<usize>,
}

/// A table of limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    version: TableVersion,
    entries: Vec<Entry>,
    sets: Vec<Set>,
}

/// The built-in table. It lies inside the crate, so that the crate's package holds what it embeds.
const TEXT: &str = include_str!("../../data/thresholds.csv");
/// When the built-in table was last changed.
const VERSION: &str = "2026-11-21";
/// SHA-256 of the built-in table; a test computes it.
const SHA256: &str = "1ed93074b5d97a0f5c32be99dc11316069fa0b2ec270414b47a9936e84570a5b";

static BUILTIN: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::parse(TEXT, "built-in").expect("a test reads every row of the built-in table");
    table.version.version = Some(VERSION.to_owned());
    table.version.sha256 = Some(SHA256.to_owned());
    table
});

impl Table {
    /// The table that ships with Soilscope.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The text of the built-in table.
    pub fn builtin_text() -> &'static str {
        TEXT
    }

    /// Reads a table with the columns [`COLUMNS`](super::COLUMNS), in any order, others beside them ignored; `name` is its file,
    /// for messages.
    ///
    /// # Errors
    /// Columns that are missing; a row that is not understood, by line, column and value; two rows that say different things
    /// of the same.
    pub fn parse(text: &str, name: &str) -> Result<Self, ThresholdError> {
        let entries = read::entries(text, name)?;
        let mut sets: BTreeMap<&Code, Vec<usize>> = BTreeMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let rows = sets.entry(&entry.code).or_default();
            let twin = rows.iter().map(|&k| &entries[k]);
            let twin = twin.into_iter().find(|e| e.analyte == entry.analyte && e.when.same_soil(&entry.when));
            if let Some(twin) = twin {
                return Err(BadRow {
                    table: name.to_owned(),
                    line: entry.line,
                    column: "value".to_owned(),
                    value: entry.value.to_string(),
                    why: format!(
                        "is a second limit for {} in {}, beside line {}: keep one, or tell them apart by instrument, receptor \
                         or conditions",
                        entry.analyte, entry.code, twin.line
                    ),
                }
                .into());
            }
            rows.push(i);
        }
        let sets = sets.into_iter().map(|(code, rows)| Set { code: code.clone(), rows }).collect();
        let version = TableVersion { name: name.to_owned(), version: None, sha256: None, rows: entries.len() };
        Ok(Self { version, entries, sets })
    }

    /// Which table this is.
    pub fn version(&self) -> &TableVersion {
        &self.version
    }

    /// Every row, in the order of the table.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every set, by its code.
    pub fn sets(&self) -> &[Set] {
        &self.sets
    }

    /// The set that a code, or the beginning of one, stands for: [`Table::limit`] says how.
    ///
    /// # Errors
    /// The code fits no set, or several.
    pub fn set(&self, code: &str) -> Result<&Set, ThresholdError> {
        resolve::set(self, code, None)
    }

    /// The substance that a name stands for: a symbol or name of the table, or a name in another language.
    ///
    /// # Errors
    /// It is none, or could be several.
    pub fn analyte(&self, name: &str) -> Result<Analyte, ThresholdError> {
        analyte::find(self, name)
    }

    /// What a set says of an analyte.
    ///
    /// A code is `JURISDICTION/level/land-use`, in any case. Parts may be left out from the end, and shortened to what begins
    /// them or their words, as long as one set is left that has a limit for the analyte. A part that fits in full wins over
    /// those it only begins. Instead of a land use of the act a harmonised one can stand, and `any` where the act's level
    /// knows only one.
    ///
    /// # Errors
    /// [`ThresholdError::Unknown`], [`ThresholdError::Ambiguous`], [`ThresholdError::NoLimit`],
    /// [`ThresholdError::Analyte`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::Table;
    /// let limit = Table::builtin().limit("fi/lower-guideline/any", "zinc")?;
    /// assert_eq!(limit.code().to_string(), "FI/lower-guideline/other-than-industrial");
    /// assert_eq!(limit.entries()[0].value, 250.0);
    /// # Ok::<(), soilscope_assess::threshold::ThresholdError>(())
    /// ```
    pub fn limit(&self, code: &str, analyte: &str) -> Result<Limit<'_>, ThresholdError> {
        let analyte = self.analyte(analyte)?;
        let set = resolve::set(self, code, Some(&analyte.symbol))?;
        Ok(self.limit_of(set, &analyte.symbol))
    }

    /// Every limit for an analyte, by code; its symbol as the table writes it.
    pub fn limits_for<'a>(&'a self, symbol: &'a str) -> impl Iterator<Item = Limit<'a>> + 'a {
        self.sets.iter().map(move |set| self.limit_of(set, symbol)).filter(|limit| !limit.entries().is_empty())
    }

    fn limit_of<'a>(&'a self, set: &Set, symbol: &str) -> Limit<'a> {
        let rows = set.rows.iter().map(|&i| &self.entries[i]).filter(|entry| entry.analyte == symbol);
        Limit::new(set.code.clone(), symbol.to_owned(), rows.collect())
    }
}
