//! T: STAC Items and the Collection.

mod files;
mod structure;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::Findings;
use crate::tables;

use super::shown::shown;
use super::{Facts, Folder};

/// SPDX identifiers of licences for data that are not in `licences.csv` (whether a bundle may use them is P001's).
const OTHER_LICENCES: [&str; 18] = [
    "CC-BY-3.0",
    "CC-BY-SA-3.0",
    "CC-BY-NC-3.0",
    "CC-BY-3.0-IGO",
    "CC-BY-2.0",
    "CC-PDDC",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "OGL-UK-3.0",
    "OGL-UK-2.0",
    "OGL-Canada-2.0",
    "etalab-2.0",
    "DL-DE-BY-2.0",
    "DL-DE-ZERO-2.0",
    "NLOD-2.0",
    "MIT",
    "Apache-2.0",
];

/// Judges T001 to T007.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let listed: Vec<&str> = facts.mapsets().iter().filter_map(|m| m.get("stac_item")?.as_str()).collect();
    let mut paths: BTreeSet<&str> = folder.matching("metadata/stac/", ".json").collect();
    for path in &listed {
        if folder.has(path) {
            paths.insert(path);
        } else {
            findings.add("T001", path, "", "absent", "the Item that bundle.json lists");
        }
    }
    for mapset in facts.mapsets().iter().filter(|m| m.get("stac_item").and_then(Value::as_str).is_none()) {
        let id = mapset.get("mapset_id").and_then(Value::as_str).map(shown).unwrap_or_default();
        findings.add("T001", "bundle.json", format!("mapset {id}"), "no stac_item", "an Item of every mapset");
    }
    let (mut items, mut collections, mut assets, mut licences) = (0, 0, 0, 0);
    for path in &paths {
        if facts.interrupted() {
            return;
        }
        let value = match folder.text(path).map(|text| serde_json::from_str::<Value>(&text)) {
            Some(Ok(value)) => value,
            Some(Err(e)) => {
                findings.add("T001", path, format!("line {}", e.line()), shown(&e.to_string()), "JSON");
                continue;
            }
            None => {
                findings.add("T001", path, "", "no UTF-8, or too large", "JSON");
                continue;
            }
        };
        let kind = structure::Judge { path, findings }.document(&value);
        match kind.as_deref() {
            Some("Feature") => items += 1,
            Some("Collection") => collections += 1,
            _ => {}
        }
        if listed.contains(path) && kind.as_deref() != Some("Feature") {
            findings.add(
                "T001",
                path,
                "type",
                shown(kind.as_deref().unwrap_or("nothing")),
                "the Item that bundle.json lists",
            );
        }
        links(folder, path, &value, findings);
        assets += value.get("assets").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        files::judge(folder, facts, path, &value, findings);
        if kind.as_deref() == Some("Feature") {
            period(path, &value, findings);
            epsg(path, &value, findings);
        }
        licences += usize::from(licence(path, &value, findings));
    }
    if items == 0 {
        for rule in ["T003", "T007"] {
            facts.skip(rule, "the bundle has no STAC Item");
        }
    }
    if items + collections == 0 {
        facts.skip("T001", "the bundle has no STAC document");
    }
    if licences == 0 {
        facts.skip("T004", "no STAC document names a licence");
    }
    if assets == 0 {
        for rule in ["T002", "T005", "T006"] {
            facts.skip(rule, "no STAC document has an asset");
        }
    }
}

/// Part of T001: relative links lead to documents of the bundle.
fn links(folder: &Folder, path: &str, value: &Value, findings: &mut Findings) {
    for link in value.get("links").and_then(Value::as_array).into_iter().flatten() {
        let (Some(rel), Some(href)) =
            (link.get("rel").and_then(Value::as_str), link.get("href").and_then(Value::as_str))
        else {
            continue;
        };
        let place = format!("link {}", shown(rel));
        match files::resolve(path, href) {
            files::Target::Within(file) if !folder.has(&file) => {
                findings.add("T001", path, place, shown(href), "a link to a file of the bundle");
            }
            files::Target::Outside => findings.add("T001", path, place, shown(href), "a link that stays in the bundle"),
            _ => {}
        }
    }
}

/// T003.
fn period(path: &str, value: &Value, findings: &mut Findings) {
    let properties = value.get("properties");
    let of = |name: &str| properties.and_then(|p| p.get(name));
    if !of("datetime").is_none_or(Value::is_null) {
        return;
    }
    let time = |name: &str| of(name).and_then(Value::as_str).and_then(|t| t.parse::<jiff::Timestamp>().ok());
    for name in ["start_datetime", "end_datetime"] {
        if of(name).is_none_or(|v| v.as_str().is_none_or(str::is_empty)) {
            findings.add(
                "T003",
                path,
                format!("properties, {name}"),
                "absent",
                "start_datetime and end_datetime, since datetime is null",
            );
        }
    }
    if let (Some(start), Some(end)) = (time("start_datetime"), time("end_datetime"))
        && start > end
    {
        findings.add(
            "T003",
            path,
            "properties",
            format!("from {start} to {end}"),
            "a start_datetime not after end_datetime",
        );
    }
}

/// T004; whether a licence was there.
fn licence(path: &str, value: &Value, findings: &mut Findings) -> bool {
    let named = value.get("license").or_else(|| value.pointer("/properties/license")).and_then(Value::as_str);
    let Some(named) = named else { return false };
    let linked = value
        .get("links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|l| l.get("rel").is_some_and(|r| r == "license"));
    if named == "other" {
        if !linked {
            findings.add("T004", path, "license", "other, without a link", "a link of rel 'license' beside 'other'");
        }
    } else if !is_spdx(named) {
        findings.add(
            "T004",
            path,
            "license",
            shown(named),
            "an SPDX expression of licences this judge knows, or 'other' with a link",
        );
    }
    true
}

/// Whether a text is an SPDX expression of known licences.
fn is_spdx(text: &str) -> bool {
    let known = |id: &str| {
        let id = id.strip_suffix('+').unwrap_or(id);
        let reference = id
            .strip_prefix("LicenseRef-")
            .is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b)));
        reference || OTHER_LICENCES.contains(&id) || (!id.is_empty() && tables::licences().iter().any(|l| l.spdx == id))
    };
    // Brackets around whole terms; then terms and operators take turns.
    let opens = text.matches('(').count();
    let plain = text.replace(['(', ')'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    opens == text.matches(')').count()
        && words.len() % 2 == 1
        && words.iter().enumerate().all(|(i, w)| if i % 2 == 0 { known(w) } else { matches!(*w, "AND" | "OR") })
}

/// T007.
fn epsg(path: &str, value: &Value, findings: &mut Findings) {
    let declared =
        value.get("stac_extensions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if !declared.into_iter().any(|d| d.starts_with("https://stac-extensions.github.io/projection/v2")) {
        return;
    }
    let mut places = vec![("properties".to_owned(), value.get("properties"))];
    for (name, asset) in value.get("assets").and_then(Value::as_object).into_iter().flatten() {
        places.push((format!("asset {}", shown(name)), Some(asset)));
    }
    for (place, of) in places {
        if let Some(code) = of.and_then(|p| p.get("proj:epsg")) {
            findings.add(
                "T007",
                path,
                place,
                format!("proj:epsg {}", shown(&code.to_string())),
                "proj:code, which replaces it since version 2",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_spdx;

    #[test]
    fn expressions() {
        for text in ["CC-BY-4.0", "CC0-1.0 OR CC-BY-4.0", "(ODbL-1.0 AND CC-BY-4.0)", "LicenseRef-national"] {
            assert!(is_spdx(text), "{text}");
        }
        for text in ["proprietary", "CC BY", "", "CC-BY-4.0 OR", "OR", "(CC-BY-4.0"] {
            assert!(!is_spdx(text), "{text}");
        }
    }
}
