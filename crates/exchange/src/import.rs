//! Tables of other institutions as the long table: what a file is, what it says, what has no code.

use std::io::Read as _;
use std::path::Path;

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
    let mut start = Vec::new();
    local::open(path)?.take(1024).read_to_end(&mut start).map_err(|e| Error::unreadable(path, e))?;
    let json = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start).trim_ascii_start().starts_with(b"{");
    if json {
        geojson::read(&mut reading, path)?;
    } else {
        delimited(&mut reading, path)?;
    }
    Ok(finished(reading))
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
