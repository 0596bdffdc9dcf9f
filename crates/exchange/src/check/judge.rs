//! The way into the judge.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{Error, Result, tables};

use super::Verdict;
use super::bundle::{self, CheckOptions};
use super::table::{Purpose, TableOptions, judge_table};

/// Judges a bundle (a folder, or a zip archive of one, which is unpacked into a private folder that is gone afterwards) or a
/// table of the producer's own samples (see [`judge_table`] for one to be published).
///
/// What is judged is data of strangers: nothing is followed, executed or fetched, and what is read is bounded.
///
/// # Errors
/// If it cannot be read (nothing there, no table, an archive that would write elsewhere or grow without bound), a template
/// or second bundle cannot be read, a table is judged without [`CheckOptions::today`], or it was interrupted. What is wrong
/// with what can be read is no error but a finding.
pub fn judge(path: &Path, options: &CheckOptions<'_>) -> Result<Verdict> {
    let about = std::fs::metadata(path).map_err(|e| Error::unreadable(path, e))?;
    if about.is_dir() {
        let whole = path.canonicalize().map_err(|e| Error::unreadable(path, e))?;
        return bundle::judge(&whole, options);
    }
    if !about.is_file() {
        return Err(Error::unreadable(path, "it is neither a file nor a folder"));
    }
    if is_archive(path)? {
        let unpacked = bundle::archive::unpack(path, options.interrupted)?;
        return bundle::judge(unpacked.bundle(), options);
    }
    table(path, options)
}

/// A table of samples that stands alone.
fn table(path: &Path, options: &CheckOptions<'_>) -> Result<Verdict> {
    let Some(today) = options.today else {
        let remedy = "set the day after which nothing was sampled";
        return Err(Error::refused("the table", "no day of judgement is given", remedy));
    };
    let whole = path.canonicalize().map_err(|e| Error::unreadable(path, e))?;
    let purpose = Purpose::Samples;
    let (extension, harmonisation) = (options.extension.clone(), options.harmonisation.clone());
    let asked = TableOptions { purpose, extension, harmonisation, ..TableOptions::new(today) };
    let judgement = judge_table(&whole, &asked)?;
    let why = "a table of samples is no bundle";
    let mut not_judged: BTreeMap<String, String> =
        tables::rules().iter().map(|r| (r.id.clone(), why.to_owned())).collect();
    judgement.judged.iter().for_each(|id| drop(not_judged.remove(*id)));
    not_judged.extend(judgement.not_judged.into_iter().map(|(id, why)| (id.to_owned(), why)));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut verdict = Verdict::new(name, options.profile, judgement.findings, not_judged);
    verdict.limit(judgement.limits.into_iter().map(|(id, why)| (id.to_owned(), why)));
    Ok(verdict)
}

/// Whether a file begins as a zip archive does and calls itself one: a workbook is one too, but no bundle.
fn is_archive(path: &Path) -> Result<bool> {
    let mut begin = [0; 4];
    let read = File::open(path).and_then(|mut f| f.read(&mut begin)).map_err(|e| Error::unreadable(path, e))?;
    let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    Ok(named || (read == 4 && &begin == b"PK\x03\x04" && path.extension().is_none()))
}
