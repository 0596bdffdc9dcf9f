//! The end of packing: the finished folder is judged, and gets its name.

use std::collections::BTreeMap;
use std::path::Path;

use super::assemble::{PackOptions, check_interrupted};
use super::points::Points;
use super::raster::Geographic;
use crate::check::{self, CheckOptions, Profile, Severity, Verdict};
use crate::{Error, Result};

/// What the judge says of the finished folder, written into it until it says the same of that.
pub(super) fn judged(
    root: &Path,
    profile: Profile,
    seal: &dyn Fn(Option<&Verdict>) -> Result<()>,
    points: &Points,
    options: &PackOptions<'_>,
    progress: &mut dyn FnMut(&str),
    interrupted: &dyn Fn() -> bool,
) -> Result<Verdict> {
    progress("judging the bundle");
    let table = points.protected_table()?;
    let check = || {
        let protected = table.as_ref().map(|file| file.path().to_owned());
        let template = match &options.geographic {
            Geographic::Template(path) => Some(path.clone()),
            _ => None,
        };
        let asked = CheckOptions { profile, template, protected, interrupted, ..CheckOptions::default() };
        check_interrupted(interrupted)?;
        check::judge(root, &asked)
    };
    let first = check()?;
    seal(Some(&first))?;
    let second = check()?;
    // The verdict stands in the bundle that is judged: were that to change the verdict, neither would be true.
    let said = |v: &Verdict| v.findings.iter().map(|f| (f.id.clone(), f.file.clone())).collect::<Vec<_>>();
    if said(&first) != said(&second) {
        seal(Some(&second))?;
        let third = check()?;
        if said(&second) != said(&third) {
            return Err(Error::refused(
                "the bundle",
                "the judge does not say the same of it twice",
                "report this as a fault of soilscope",
            ));
        }
    }
    if !second.passed() && !options.keep_refused {
        let errors: BTreeMap<String, String> = second
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .map(|f| (f.id.clone(), format!("{} in {}: {} (expected {})", f.id, f.file, f.found, f.expected)))
            .collect();
        let first: Vec<&String> = errors.values().take(5).collect();
        let first = first.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("; ");
        return Err(Error::refused(
            "the bundle",
            format!("the judge refuses it with {} errors: {first}", second.errors),
            "mend what they name, or keep it all the same to look at it",
        ));
    }
    Ok(second)
}

/// Gives the finished folder its name. A bundle that is replaced is moved aside first and comes back if that fails.
pub(super) fn release(root: &Path, target: &Path, overwrite: bool) -> Result<()> {
    let aside = root.with_extension("replaced");
    let replaced = overwrite && target.symlink_metadata().is_ok();
    if replaced {
        std::fs::rename(target, &aside).map_err(|e| Error::unwritable(target, e))?;
    }
    if let Err(e) = std::fs::rename(root, target) {
        if replaced {
            // Nothing more can be done if this fails too; what was there is still whole, in the hidden folder.
            let _ = std::fs::rename(&aside, target);
        }
        return Err(Error::unwritable(target, e));
    }
    Ok(())
}
