//! Tables of other institutions as the long table: what a file is, what it says, what has no code.

mod archive;
mod fao_node;
pub mod harmonise;
mod inspire;
mod template;
mod workbook;

use std::io::Read as _;
use std::path::Path;

use crate::long::gpkg::{self, Package};
use crate::long::{self, Reading, Report, Side, Table, csv_in, geojson, local, tall, wide};
use crate::{Error, Result};

pub use crate::long::{Defaults, Limits, Options};

/// What an import gives.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The results, in the units of the specification.
    pub table: Table,
    /// What was read, kept and left out, and why.
    pub report: Report,
}

/// Reads a table of results: what it is is recognised by its content.
///
/// # Errors
/// [`Error::Cell`] for the first cell that cannot be read, unless `options.lenient`; [`Error::Refused`] and
/// [`Error::Unreadable`] for a file that cannot.
///
/// # Examples
/// ```
/// use soilscope_exchange::import::{Defaults, Options, import};
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("lab.csv");
/// std::fs::write(&file, "site_code,longitude,latitude,Cd[ug/kg]\nA001,89.64,27.47,310\nA002,89.65,27.48,<50\n").unwrap();
/// let defaults = Defaults::from_toml(
///     "country='BTN'\nsampling_date='2024-05'\nupper_depth_cm=0\nlower_depth_cm=20\n\
///      extraction_code='AR_ISO54321'\ndata_owner='Demo'\nlicence='CC-BY-4.0'",
///     "demo.toml",
/// )?;
/// let imported = import(&file, &defaults, &Options::default())?;
/// let rows = imported.table.rows();
/// assert_eq!((rows[0].value, rows[0].unit.as_str()), (Some(0.31), "mg/kg"));
/// assert_eq!((rows[1].censor.code(), rows[1].loq), ("lt_loq", Some(0.05)));
/// # Ok::<(), soilscope_exchange::Error>(())
/// ```
pub fn import(path: &Path, defaults: &Defaults, options: &Options) -> Result<Imported> {
    let mut reading = Reading::new(defaults, options);
    reading.report.file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let limits = options.limits;
    if path.symlink_metadata().is_ok_and(|m| m.is_dir()) {
        let sheets = workbook::folder(path, &defaults.dialect, &limits, &mut reading.report)?;
        template_of(&mut reading, path, &sheets)?;
        return Ok(finished(reading));
    }
    let mut start = Vec::new();
    local::open(path)?.take(1024).read_to_end(&mut start).map_err(|e| Error::unreadable(path, e))?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start).trim_ascii_start();
    if start.starts_with(b"SQLite format 3\0") {
        let package = Package::open(path, &limits)?;
        let layers = package.layers();
        if inspire::is_it(&layers) {
            inspire::read(&mut reading, &package, &layers)?;
        } else {
            gpkg::read(&mut reading, &package, &layers)?;
        }
    } else if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        let sheets = workbook::xlsx(path, &limits, &mut reading.report)?;
        template_of(&mut reading, path, &sheets)?;
    } else if start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(Error::refused(
            path.display(),
            "is a workbook of before 2007, or encrypted",
            "save it as .xlsx without a password",
        ));
    } else if text.starts_with(b"{") {
        geojson::read(&mut reading, path)?;
    } else {
        delimited(&mut reading, path)?;
    }
    Ok(finished(reading))
}

fn template_of(reading: &mut Reading<'_>, path: &Path, sheets: &workbook::Sheets) -> Result<()> {
    if template::is_it(sheets) {
        return template::read(reading, sheets);
    }
    let names: Vec<&str> = sheets.keys().map(String::as_str).collect();
    Err(Error::refused(
        path.display(),
        format!("its sheets ({}) are not those of the template workbook", names.join(", ")),
        "give the template with Plot Data, Element Data and Specimen Data, or save one sheet as CSV",
    ))
}

fn finished(reading: Reading<'_>) -> Imported {
    let Reading { table, mut report, .. } = reading;
    for (code, pools) in table.pools() {
        if let Some(counted) = report.analytes.get_mut(&code) {
            counted.groups = pools.into_iter().map(|(group, pool)| (group, pool.rows.len() as u64)).collect();
        }
    }
    Imported { table, report }
}

fn delimited(reading: &mut Reading<'_>, path: &Path) -> Result<()> {
    let (dialect, limits) = (&reading.defaults.dialect, reading.options.limits);
    let sheet = csv_in::open(path, dialect, &limits, &mut reading.report)?;
    let fields = long::fields(path, &sheet.header, reading.defaults)?;
    if tall::is_long(&fields) {
        reading.report.format = "long table, delimited text".to_owned();
        return tall::read(reading, sheet);
    }
    if fao_node::is_it(&sheet.header) {
        reading.report.format = "samples of an FAO node, CSV".to_owned();
        reading.report.notice("columns of a node are in the canonical unit: the default unit of the tables was taken");
        let side = fao_node::side(&sheet.header);
        return wide::read(reading, sheet, &side);
    }
    reading.report.format = "wide table, delimited text".to_owned();
    let side = match Side::beside(path)? {
        Some(side) => {
            reading.report.notice("what its .columns.json declares was taken");
            side
        }
        None => Side::default(),
    };
    wide::read(reading, sheet, &side)
}
