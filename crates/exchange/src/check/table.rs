//! The judge of sample tables: rules S001–S020, A001–A026, P001 and P005, applied to any long or wide table, ours or not.
//!
//! It reads as a stranger, with a reader of its own: raw cells under their row numbers, never stopping at the first fault.
//! At most 256 MiB, a million rows, 32 million cells, 4096 columns and 64 KiB of one cell are read; a larger table is
//! refused, not judged by its beginning. Findings name rows, never coordinates or persons: a report may be published.
//!
//! Where the specification leaves a number open, the constants beside each rule say which was chosen and why.

mod columns;
mod context;
mod entry;
mod extension;
mod facts;
mod features;
mod number;
mod personal;
mod place;
mod quiet;
mod results;
mod samples;
mod sites;
mod source;
mod statistics;
mod suspicions;
mod text;
mod vector;

use std::path::Path;

use jiff::civil::Date;

use crate::country::Country;
use crate::{Result, tables};

use super::Findings;
use columns::{Layout, Shape};
use context::Judge;
pub use extension::{CertifiedValue, Extension, ExtensionAnalyte, ExtensionProcedure};
pub use facts::{AnalyteFacts, TableFacts};
pub(super) use personal::{personal_cell, personal_column};
use source::Opened;

/// The rules this judge applies, in the order of the specification.
pub const TABLE_RULES: [&str; 48] = [
    "S001", "S002", "S003", "S004", "S005", "S006", "S007", "S008", "S009", "S010", "S011", "S012", "S013", "S014",
    "S015", "S016", "S017", "S018", "S019", "S020", "A001", "A002", "A003", "A004", "A005", "A006", "A007", "A008",
    "A009", "A010", "A011", "A012", "A013", "A014", "A015", "A016", "A017", "A018", "A019", "A020", "A021", "A022",
    "A023", "A024", "A025", "A026", "P001", "P005",
];

/// For whom a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// For others to read: personal data have no place in it, and places may stand in it without results.
    #[default]
    Published,
    /// The producer's own samples, before anything is published: P005 is not judged.
    Samples,
}

/// What a table is judged against.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// The country all points are to lie in; without it each row's column `country` counts.
    pub country: Option<Country>,
    /// What the project adds to the tables of the specification.
    pub extension: Extension,
    /// The side of the cells of the map, in metres; without it S015 sees only whether an accuracy is given.
    pub target_cell_m: Option<f64>,
    /// The day of the judgement: nothing was sampled after it.
    pub today: Date,
    /// Whether the model has a temporal term (S019).
    pub temporal_term: bool,
    /// The model by which methods of different comparability groups are brought together (A017), in words.
    pub harmonisation: Option<String>,
    /// Whether the table is the export for an FAO node, with that node's columns and limits.
    pub fao_export: bool,
    /// For whom the table is.
    pub purpose: Purpose,
}

impl TableOptions {
    /// A published table, judged on the day `today`, with nothing else known.
    ///
    /// # Examples
    /// ```
    /// use jiff::civil::date;
    /// use soilscope_exchange::check::TableOptions;
    /// let options = TableOptions { target_cell_m: Some(250.0), ..TableOptions::new(date(2026, 1, 31)) };
    /// assert!(!options.fao_export);
    /// ```
    pub fn new(today: Date) -> Self {
        Self {
            country: None,
            extension: Extension::default(),
            target_cell_m: None,
            today,
            temporal_term: false,
            harmonisation: None,
            fao_export: false,
            purpose: Purpose::default(),
        }
    }
}

/// What became of a table.
#[derive(Clone, Debug, Default)]
pub struct TableJudgement {
    /// Where rules do not hold.
    pub findings: Findings,
    /// The rules that were applied.
    pub judged: Vec<&'static str>,
    /// Those that could not be, and why.
    pub not_judged: Vec<(&'static str, String)>,
    /// What of rules that were applied was not looked at, and why.
    pub limits: Vec<(&'static str, String)>,
    /// What the table holds.
    pub facts: TableFacts,
}

/// Judges one table: delimited text, GeoPackage or GeoJSON; a side file `{stem}.columns.json` is heeded.
///
/// # Errors
/// There is no such regular file (no link is followed), or it is larger than what is judged.
///
/// # Examples
/// ```
/// use soilscope_exchange::check::{TableOptions, judge_table};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("samples.csv");
/// std::fs::write(&path, "site_code,value\nA,1\n").unwrap();
/// let judgement = judge_table(&path, &TableOptions::new(jiff::civil::date(2026, 1, 31))).unwrap();
/// assert!(judgement.findings.iter().any(|f| f.id == "S002" && f.found == "no column specimen_code"));
/// ```
pub fn judge_table(path: &Path, options: &TableOptions) -> Result<TableJudgement> {
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let file = number::shown(&file);
    let mut findings = Findings::new();
    if options.fao_export {
        // Before anything is read: a file over the node's limit may be over ours too.
        node_bytes(path, &file, &mut findings)?;
    }
    let table = match source::open(path, &file, options.fao_export, &mut findings)? {
        Opened::Table(table) => table,
        Opened::Hopeless => {
            let found = |id: &str| findings.iter().any(|f| f.id == id);
            let why = match found("S001") {
                true => "the file is no table that can be read (S001)",
                false => "the file is larger than what is judged",
            };
            let why = why.to_owned();
            let (form, size) = (found("S001"), found("S020"));
            let applied = |id: &&str| (form && *id == "S001") || (size && *id == "S020");
            return Ok(TableJudgement {
                findings,
                judged: TABLE_RULES.into_iter().filter(applied).collect(),
                not_judged: TABLE_RULES.into_iter().filter(|id| !applied(id)).map(|id| (id, why.clone())).collect(),
                ..TableJudgement::default()
            });
        }
    };
    let side = source::side_file(path, &mut findings);
    let layout = Layout::of(&table, &side, &options.extension, options.fao_export);
    let mut judge = Judge::new(&table, &layout, options, findings);
    required_columns(&mut judge);
    let rows = place::rows(&mut judge);
    sites::judge(&mut judge, &rows);
    samples::judge(&mut judge, &rows);
    personal::judge(&mut judge, &rows);
    let mut entries = results::entries(&mut judge, &rows)?;
    // What was rejected is judged for itself and counts for nothing else.
    entries.retain(|e| !e.rejected);
    statistics::judge(&mut judge, &rows, &entries);
    suspicions::judge(&mut judge, &rows, &entries);
    sites::position_and_analytes(&mut judge, &rows, &entries);
    let facts = facts::of(&judge, &rows, &entries);
    Ok(judge.finish(facts))
}

/// S020, by the size of the file.
fn node_bytes(path: &Path, file: &str, findings: &mut Findings) -> Result<()> {
    let limit = tables::crosswalk()["fao_sis_csv"]["limits"]["bytes"].as_u64().unwrap_or(u64::MAX);
    let meta = std::fs::symlink_metadata(path).map_err(|e| crate::Error::unreadable(path, e))?;
    if meta.len() > limit {
        findings.add("S020", file, "file", format!("{} bytes", meta.len()), format!("at most {limit} bytes"));
    }
    Ok(())
}

/// S002, as far as it concerns columns, and S020, as far as it concerns rows.
fn required_columns(judge: &mut Judge<'_>) {
    let layout = judge.layout;
    let named =
        |name: &str| columns::NAMES.iter().position(|n| *n == name).is_some_and(|i| layout.has(columns::field(i)));
    let mut missing: Vec<&str> = Vec::new();
    if judge.options.fao_export {
        let node = ["profile_code", "longitude", "latitude", "sampling_date", "upper_depth_cm", "lower_depth_cm"];
        missing.extend(node.into_iter().filter(|n| !named(n)));
    } else {
        let wide = layout.shape != Shape::Long;
        let of_results = ["analyte_code", "unit", "extraction_code"];
        let of_samples = ["specimen_code", "sampling_date", "upper_depth_cm", "lower_depth_cm"];
        for name in columns::required() {
            // A wide table says these for each analyte's column; places without results have no samples either.
            let elsewhere = (wide && of_results.contains(&name)) || (judge.places_only() && of_samples.contains(&name));
            if !elsewhere && !named(name) {
                missing.push(name);
            }
        }
        if layout.shape == Shape::Long && !named("value") {
            missing.push("value");
        }
        let sets = [&["longitude", "latitude"][..], &["x", "y", "crs"][..], &["admin_unit"][..]];
        if !sets.iter().any(|set| set.iter().all(|n| named(n))) {
            missing.push("longitude and latitude (nor x, y and crs, nor admin_unit)");
        }
    }
    if layout.shape == Shape::Places && !judge.places_only() {
        missing.push("of results (an analyte's code, or one that the side file .columns.json explains)");
    }
    for name in missing {
        judge.add("S002", "row 1".to_owned(), &format!("no column {name}"), &format!("a column {name}"));
    }
    let rows = judge.table.cells.len() as u64;
    let limit = tables::crosswalk()["fao_sis_csv"]["limits"]["rows"].as_u64().unwrap_or(u64::MAX);
    if !judge.options.fao_export {
        judge.skip("S020", "the table is no export for an FAO node");
    } else if rows > limit {
        judge.add("S020", "file".to_owned(), &format!("{rows} rows"), &format!("at most {limit} rows"));
    }
}
