//! V: hotspots as GeoJSON and as GeoPackage.

mod geojson;
mod geopackage;
mod hotspots;
mod rings;
mod rules;

use std::collections::BTreeSet;

use crate::check::Findings;

use super::{Facts, Folder};

pub(super) use geojson::{Collection, Flat};

/// Judges V001 to V009.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let listed = listed(facts);
    let geojson: Vec<&str> = folder.matching("", ".geojson").collect();
    let mut read = Vec::new();
    for path in &geojson {
        if facts.interrupted() {
            return;
        }
        let Some(collection) = rules::judge(folder, facts, path, findings) else { continue };
        if is_hotspots(&listed, path) {
            hotspots::judge(facts, path, &collection, findings);
            read.push((*path, collection));
        }
    }
    for path in listed.iter().filter(|path| !folder.has(path)) {
        findings.add("V001", path, "", "absent", "the file that bundle.json lists as hotspots");
    }
    let packages: Vec<&str> = folder.matching("", ".gpkg").collect();
    for path in &packages {
        if facts.interrupted() {
            return;
        }
        let beside = read.iter().find(|(other, _)| stem(other) == stem(path)).map(|(_, collection)| collection);
        geopackage::judge(folder, facts, path, is_hotspots(&listed, path), beside, findings);
    }
    for (path, _) in read.iter().filter(|(path, _)| !packages.iter().any(|p| stem(p) == stem(path))) {
        findings.add("V008", path, "", "no GeoPackage of the same name", "the same features as GeoPackage");
    }
    skip(facts, &geojson, &packages, read.is_empty() && listed.is_empty());
}

/// The hotspot files that `bundle.json` lists.
fn listed<'a>(facts: &'a Facts<'_>) -> BTreeSet<&'a str> {
    facts.mapsets().iter().filter_map(|m| m.get("hotspots")?.as_str()).collect()
}

fn is_hotspots(listed: &BTreeSet<&str>, path: &str) -> bool {
    listed.contains(path) || path.rsplit('/').next().is_some_and(|name| name.contains("hotspot"))
}

/// The hotspot files that can be read, for those who ask something else of them.
pub(super) fn hotspots_of(folder: &Folder, facts: &Facts<'_>) -> Vec<(String, Collection)> {
    let listed = listed(facts);
    let paths = folder.matching("", ".geojson").filter(|path| is_hotspots(&listed, path));
    paths.filter_map(|path| Some((path.to_owned(), serde_json::from_str(&folder.text(path)?).ok()?))).collect()
}

fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

fn skip(facts: &Facts<'_>, geojson: &[&str], packages: &[&str], no_hotspots: bool) {
    if geojson.is_empty() {
        for rule in ["V001", "V002", "V003", "V004"] {
            facts.skip(rule, "the bundle has no GeoJSON file");
        }
    }
    if packages.is_empty() {
        facts.skip("V007", "the bundle has no GeoPackage");
    }
    if no_hotspots {
        for rule in ["V005", "V006", "V008", "V009"] {
            facts.skip(rule, "the bundle has no hotspots");
        }
    }
}
