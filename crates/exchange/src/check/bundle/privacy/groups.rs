//! P006 and P008: groups too small to hide a site in.

use serde_json::Value;

use crate::check::Findings;
use crate::check::bundle::shown::shown;
use crate::check::bundle::vector::Collection;
use crate::check::bundle::{Facts, Folder};

use super::points::radius;
use super::table::Table;

/// Sites of a group where the bundle does not say (specification, section 4.5).
const MIN_GROUP: f64 = 5.0;
/// Columns that count, best first: a group counts sites, not their samples.
const COUNTS: [&str; 8] = ["n_sites", "sites", "n_samples", "samples", "n_observations", "n_results", "count", "n"];

fn min_group(facts: &Facts<'_>) -> f64 {
    facts.member("/soilscope:privacy/min_group").and_then(Value::as_f64).filter(|n| *n > 0.0).unwrap_or(MIN_GROUP)
}

/// P006.
pub(super) fn aggregates(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    if facts.access_level() == Some("open") {
        return facts.skip("P006", "access_level is open");
    }
    let least = min_group(facts);
    let mut judged = 0;
    for path in folder.matching("points/", ".csv").chain(folder.matching("vector/", ".csv")) {
        let Some(table) = Table::read(folder, path) else { continue };
        // A table of single results is none of groups.
        let (Some(count), None) = (table.column(&COUNTS), table.column(&["specimen_code", "site_code"])) else {
            continue;
        };
        judged += 1;
        for row in 0..table.rows.len() {
            let n = table.number(row, Some(count));
            // A group that is empty shows nobody.
            if n.is_some_and(|n| n > 0.0 && n < least) {
                findings.add(
                    "P006",
                    path,
                    format!("row {}", row + 2),
                    format!("{} {}", table.header[count], n.unwrap_or_default()),
                    format!("groups of at least {least}"),
                );
            }
        }
    }
    if judged == 0 {
        facts.skip("P006", "the bundle has no table of groups");
    }
}

/// P008.
pub(super) fn hotspots(facts: &Facts<'_>, hotspots: &[(String, Collection)], findings: &mut Findings) {
    if facts.access_level() == Some("open") {
        return facts.skip("P008", "access_level is open");
    }
    if hotspots.is_empty() {
        return facts.skip("P008", "the bundle has no hotspots");
    }
    let least = min_group(facts);
    let disc = radius(facts).map(|r| std::f64::consts::PI * r * r);
    for (path, collection) in hotspots {
        for (i, feature) in collection.features.iter().flatten().enumerate() {
            let place = feature
                .text("hotspot_id")
                .map_or_else(|| format!("feature {}", i + 1), |id| format!("hotspot {}", shown(id)));
            if let (Some(disc), Some(area)) = (disc, feature.number("area_m2"))
                && area < disc
            {
                findings.add(
                    "P008",
                    path,
                    &place,
                    format!("{area:.0} m2"),
                    format!("at least the disc of the displacement, {disc:.0} m2"),
                );
            }
            if let Some(n) = feature.number("n_samples").filter(|n| *n < least) {
                findings.add("P008", path, &place, format!("{n} samples"), format!("at least {least} samples"));
            }
        }
    }
}
