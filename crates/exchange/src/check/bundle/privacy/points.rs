//! P001, P003, and what `points/` says against the access level (P002).

use serde_json::Value;

use crate::check::Findings;
use crate::check::bundle::shown::shown;
use crate::check::bundle::vector::Collection;
use crate::check::bundle::{Facts, Folder};
use crate::tables;

use super::table::{LATITUDE, LONGITUDE, Table};

/// P001, of `bundle.json`; tables of points are judged as tables.
pub(super) fn licence(facts: &Facts<'_>, findings: &mut Findings) {
    // A bundle.json that is absent or no JSON is B003's.
    if facts.bundle.is_none() {
        return facts.skip("P001", "bundle.json cannot be read");
    }
    let named = facts.text("/licence").map(str::trim).unwrap_or("");
    let known = !named.is_empty()
        && tables::licences().iter().any(|l| [&l.spdx, &l.fao_sis_value, &l.url].iter().any(|n| *n == named));
    if !known {
        findings.add("P001", "bundle.json", "licence", shown(named), "a licence of licences.csv");
    }
}

/// The radius a bundle declares, in metres.
pub(super) fn radius(facts: &Facts<'_>) -> Option<f64> {
    facts.member("/location_blur_m").and_then(Value::as_f64).filter(|r| *r > 0.0)
}

/// Whether a bundle says that it shows places of sites without results exactly (access_levels.csv allows either).
pub(super) fn exact_locations(facts: &Facts<'_>) -> bool {
    facts.text("/soilscope:privacy/locations") == Some("exact")
}

/// Tables in which points may stand.
pub(super) fn tables_of_points(folder: &Folder) -> Vec<(&str, Table)> {
    let csv = folder.files.keys().filter(|p| p.ends_with(".csv"));
    csv.filter_map(|path| {
        let table = Table::read(folder, path)?;
        (table.column(&LONGITUDE).is_some() && table.column(&LATITUDE).is_some()
            || table.column(&["x"]).is_some() && table.column(&["y"]).is_some())
        .then_some((path.as_str(), table))
    })
    .collect()
}

/// P003, and P002 where a table shows more than the access level allows.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, points: &[(&str, Table)], findings: &mut Findings) {
    let level = facts.access_level();
    if level == Some("blurred") && radius(facts).is_none() {
        findings.add(
            "P003",
            "bundle.json",
            "location_blur_m",
            "absent or 0",
            "the radius of the displacement in metres",
        );
    }
    for (path, table) in points {
        rows(facts, level, path, table, findings);
    }
    let closed = matches!(level, Some("aggregated_only" | "restricted"));
    if closed {
        for path in folder.matching("", ".geojson") {
            let Some(Ok(collection)) = folder.text(path).map(|t| serde_json::from_str::<Collection>(&t)) else {
                continue;
            };
            let points = collection.features.iter().flatten().filter_map(|f| f.geometry.as_ref()?.as_ref());
            if points.filter(|g| g.kind.ends_with("Point")).count() > 0 {
                findings.add(
                    "P002",
                    path,
                    "",
                    "points",
                    format!("no points, since access_level is {}", level.unwrap_or_default()),
                );
            }
        }
    }
    if points.is_empty() && level != Some("blurred") {
        facts.skip("P003", "nothing in the bundle is said to be blurred");
    }
}

fn rows(facts: &Facts<'_>, level: Option<&str>, path: &str, table: &Table, findings: &mut Findings) {
    let [access, blur, value, aggregates] =
        [&["access_level"][..], &["location_blur_m"], &["value"], &["n_sites", "n_samples", "n_results", "min_group"]]
            .map(|names| table.column(names));
    let place = |row: usize| format!("row {}", row + 2);
    let coordinates =
        [table.column(&[&LONGITUDE[..], &["x"]].concat()), table.column(&[&LATITUDE[..], &["y"]].concat())];
    let radius = radius(facts);
    let mut judged = false;
    for row in 0..table.rows.len() {
        if coordinates.iter().any(|c| table.cell(row, *c).is_empty()) {
            continue;
        }
        // Places of cells with counts are aggregates, which P006 judges.
        let own = Some(table.cell(row, access)).filter(|a| !a.is_empty());
        if own.is_none() && aggregates.is_some() && value.is_none() {
            continue;
        }
        match own.or(level) {
            Some(closed @ ("aggregated_only" | "restricted")) => {
                findings.add(
                    "P002",
                    path,
                    place(row),
                    "a place",
                    format!("no places of sites whose access_level is {closed}"),
                );
            }
            Some("locations_only") if !table.cell(row, value).is_empty() => {
                findings.add(
                    "P002",
                    path,
                    place(row),
                    "a place with a value",
                    "no values of sites whose access_level is locations_only",
                );
            }
            Some("blurred") => {
                judged = true;
                match (table.number(row, blur).filter(|r| *r > 0.0), radius) {
                    // A node's columns have no place for it, so what bundle.json declares counts.
                    (None, Some(_)) if path.starts_with("exports/fao_sis/") => {}
                    (None, _) => findings.add(
                        "P003",
                        path,
                        place(row),
                        "no location_blur_m",
                        "the radius of the displacement in metres",
                    ),
                    (Some(own), Some(all)) if own != all => {
                        findings.add(
                            "P003",
                            path,
                            place(row),
                            format!("location_blur_m {own}"),
                            format!("{all}, as bundle.json declares"),
                        );
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if !judged && level != Some("blurred") {
        facts.skip("P003", "nothing in the bundle is said to be blurred");
    }
}
