//! P: what of persons and places a bundle gives away.

mod displaced;
mod files;
mod groups;
mod inflate;
mod persons;
mod places;
mod points;
mod reproduced;
mod search;
mod table;

use crate::check::{Findings, Severity};
use crate::{Error, Result};

use super::{Facts, Folder, vector};

/// Judges P001 to P009 on the whole folder, after everything else.
///
/// # Errors
/// If the table of protected places cannot be used, or it was interrupted.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    let places = facts.options.protected.as_deref().map(places::read).transpose()?;
    let tables = points::tables_of_points(folder);
    // Without a table of samples these two are still asked of everything else.
    facts.skipped.borrow_mut().retain(|id, _| id != "P001" && id != "P005");
    points::licence(facts, findings);
    points::judge(folder, facts, &tables, findings);
    persons::tables(folder, findings);
    persons::mailboxes(folder, facts, findings);
    groups::aggregates(folder, facts, findings);
    groups::hotspots(facts, &vector::hotspots_of(folder, facts), findings);
    reproduced::judge(folder, facts, places.as_deref(), findings);
    match &places {
        Some(places) => {
            displaced::judge(facts, places, &tables, findings);
            search(folder, facts, places, findings)?;
        }
        None if facts.access_level() == Some("open") => {
            facts.skip("P002", "access_level is open, and no table of protected places was given")
        }
        None => facts.skip(
            "P002",
            "no table of protected places was given; only what points and access_level show was looked at",
        ),
    }
    match facts.access_level() {
        Some("open") => facts.skip("P004", "access_level is open: nothing is displaced"),
        _ => displaced::declared(facts, findings),
    }
    Ok(())
}

/// P002: every file of the bundle, for the places of the table.
fn search(folder: &Folder, facts: &Facts<'_>, places: &[places::Place], findings: &mut Findings) -> Result<()> {
    let systems = places::systems(places, facts);
    let near = search::Near::of(&systems);
    let allowed = |path: &str| path == "points/locations.csv" && points::exact_locations(facts);
    for path in folder.files.keys().filter(|path| !allowed(path)) {
        if facts.interrupted() {
            return Err(Error::Interrupted);
        }
        let searched = files::search(folder, facts, path, &systems, &near);
        for (place, (at, system)) in &searched.found.places {
            // Neither the place nor its code: a verdict may be published. The row is for who has the table.
            let found =
                format!("the exact place of row {} of the protected table, in {system}", places[*place as usize].row);
            findings.add("P002", path, at, found, "no exact place of a protected site");
        }
        if let Some(why) = searched.unsearched {
            findings.add_as(
                Severity::Warning,
                "P002",
                path,
                "",
                super::shown::shown(&why),
                "a file that can be searched wholly",
            );
        }
    }
    Ok(())
}
