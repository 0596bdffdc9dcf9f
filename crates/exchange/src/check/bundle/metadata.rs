//! M: the ISO records.

mod agree;
mod fields;
mod layout;
mod record;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Findings;

use super::shown::shown;
use super::{Facts, Folder};

/// Every rule of this group.
const RULES: [&str; 13] =
    ["M001", "M002", "M003", "M004", "M005", "M006", "M007", "M008", "M009", "M010", "M011", "M012", "M013"];

/// Judges M001 to M013.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let listed = record::records(facts);
    let mut ids = BTreeMap::new();
    let mut read = 0;
    let named: BTreeSet<&str> = listed.iter().map(|(path, _)| path.as_str()).collect();
    let others = folder.matching("metadata/iso/", ".xml").filter(|path| !named.contains(path));
    let all = listed.iter().map(|(path, mapset)| (path.as_str(), Some(*mapset))).chain(others.map(|path| (path, None)));
    let mut done = BTreeSet::new();
    for (path, mapset) in all {
        if facts.interrupted() {
            return;
        }
        let id = mapset.and_then(|i| facts.mapsets()[i].get("mapset_id")?.as_str());
        let place = id.map_or_else(String::new, |id| format!("mapset {}", shown(id)));
        if !done.insert(path) {
            findings.add("M001", path, place, "the record of another mapset", "an ISO record of every mapset");
            continue;
        }
        let Some(text) = record::text(folder, path, &place, findings) else { continue };
        let Some(document) = record::parse(path, &text, findings) else { continue };
        if !record::judge(path, &document, findings) {
            continue;
        }
        read += 1;
        let root = document.root_element();
        fields::judge(facts, path, root, findings);
        agree::identifier(path, root, &mut ids, findings);
        agree::dates(path, root, findings);
        if let Some(mapset) = mapset {
            agree::extent(facts, path, mapset, root, findings);
            agree::licence(folder, facts, path, mapset, root, findings);
            agree::reference_system(facts, path, mapset, root, findings);
        }
        agree::lineage(facts, path, root, findings);
        layout::judge(facts, path, root, findings);
    }
    for path in ["metadata/dcat.jsonld"].into_iter().filter(|path| folder.has(path)) {
        layout::links(folder, path, findings);
    }
    for (i, mapset) in facts.mapsets().iter().enumerate().filter(|(i, _)| !listed.iter().any(|(_, m)| m == i)) {
        let id = mapset.get("mapset_id").and_then(|v| v.as_str()).map_or_else(|| format!("number {}", i + 1), shown);
        findings.add("M001", "bundle.json", format!("mapset {id}"), "no metadata_iso", "an ISO record of every mapset");
    }
    if read == 0 {
        for rule in RULES {
            facts.skip(rule, "the bundle has no ISO record that can be read");
        }
    }
}
