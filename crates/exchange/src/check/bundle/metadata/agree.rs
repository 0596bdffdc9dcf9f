//! M003 to M008: what a record says agrees with the rasters, with STAC and with `bundle.json`.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use roxmltree::Node;
use serde_json::Value;

use crate::check::bundle::shown::shown;
use crate::check::bundle::{Facts, Flavour, Folder, RasterFacts};
use crate::check::{Findings, Severity};
use crate::tables::{self, Licence};

use super::record::{XLINK, at, below, citation, content};

/// M003: the identifiers of all records, so that a second one is seen.
pub(super) fn identifier(path: &str, root: Node<'_, '_>, seen: &mut BTreeMap<String, String>, findings: &mut Findings) {
    let id = at(root, &["fileIdentifier"]).map(content).unwrap_or_default();
    // Absent is M002's.
    if id.is_empty() {
        return;
    }
    let uuid = Regex::new("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$").expect("a pattern of this file");
    if !uuid.is_match(&id) {
        findings.add("M003", path, "fileIdentifier", shown(&id), "a UUID");
    } else if let Some(other) = seen.insert(id.to_ascii_lowercase(), path.to_owned()) {
        findings.add("M003", path, "fileIdentifier", format!("that of {}", shown(&other)), "a UUID of its own");
    }
}

/// M004.
pub(super) fn dates(path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    let day = |name: &str| {
        below(root, name).map(content).map(|t| t.chars().take(10).collect::<String>()).find(|t| !t.is_empty())
    };
    let (begin, end) = (day("beginPosition"), day("endPosition"));
    // Dates of ISO 8601 of one length compare as text; those of different length as far as both go.
    let cut = |a: &str, b: &str| a.len().min(b.len());
    if let (Some(begin), Some(end)) = (&begin, &end) {
        let n = cut(begin, end);
        if begin.get(..n) > end.get(..n) {
            findings.add(
                "M004",
                path,
                "TimePeriod",
                format!("from {} to {}", shown(begin), shown(end)),
                "a begin not after the end",
            );
        }
    }
    let published = citation(root).and_then(|c| {
        let dates = c.children().filter(|n| n.tag_name().name() == "date");
        dates
            .filter_map(|d| at(d, &["CI_Date"]))
            .find(|d| at(*d, &["dateType"]).map(content).as_deref() == Some("publication"))
    });
    let published = published.and_then(|d| at(d, &["date"])).map(content).filter(|t| !t.is_empty());
    if let (Some(published), Some(end)) = (published, end) {
        let published: String = published.chars().take(10).collect();
        let n = cut(&published, &end);
        let (a, b) = (published.get(..n), end.get(..n));
        // Days are exact, so the same day is not after; of a month or a year it may be.
        if a < b || (n == 10 && a == b) {
            findings.add(
                "M004",
                path,
                "date of publication",
                shown(&published),
                format!("after {}, the end of the period", shown(&end)),
            );
        }
    }
}

/// The rasters of a mapset, those on a geographic grid alone where there are any.
pub(super) fn rasters<'a>(facts: &'a Facts<'_>, mapset: usize) -> Vec<&'a RasterFacts> {
    let layers = facts.mapsets().get(mapset).and_then(|m| m.get("layers")?.as_array()).map_or(&[][..], Vec::as_slice);
    let all: Vec<&RasterFacts> = layers.iter().filter_map(|l| facts.rasters.get(l.get("path")?.as_str()?)).collect();
    let submitted: Vec<&RasterFacts> =
        all.iter().copied().filter(|r| matches!(r.flavour, Flavour::Gsp | Flavour::Glosis)).collect();
    if submitted.is_empty() { all } else { submitted }
}

/// M005.
pub(super) fn extent(facts: &Facts<'_>, path: &str, mapset: usize, root: Node<'_, '_>, findings: &mut Findings) {
    let rasters = rasters(facts, mapset);
    let Some(of) = rasters
        .iter()
        .filter_map(|r| r.bounds_wgs84)
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    else {
        return;
    };
    let Some(raster) = rasters.first() else { return };
    // A cell in degrees, of a projected raster too: its extent over its columns and rows.
    let cell = [(of[2] - of[0]) / raster.size[0].max(1) as f64, (of[3] - of[1]) / raster.size[1].max(1) as f64];
    let extent =
        at(root, &["identificationInfo", "*", "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox"]);
    let Some(extent) = extent else { return };
    let side = |name: &str| at(extent, &[name]).and_then(|n| content(n).parse::<f64>().ok());
    let sides = [
        side("westBoundLongitude"),
        side("southBoundLatitude"),
        side("eastBoundLongitude"),
        side("northBoundLatitude"),
    ];
    // Absent is M002's.
    let [Some(w), Some(s), Some(e), Some(n)] = sides else { return };
    let found = [w, s, e, n];
    // Longitudes of a grid across 180 go on beyond it, those of a record begin again at −180.
    let off = |i: usize| {
        let off = (found[i] - of[i]).abs();
        if i.is_multiple_of(2) { off.min((off - 360.0).abs()) } else { off }
    };
    if (0..4).all(|i| off(i) <= cell[i % 2] * (1.0 + 1e-9)) {
        return;
    }
    let tenth = (0..4).all(|i| (found[i] * 10.0 - (found[i] * 10.0).round()).abs() < 1e-9 && off(i) <= 0.1);
    let severity = if tenth { Severity::Warning } else { Severity::Error };
    let expected =
        format!("west, south, east, north of the raster within one cell: {}", of.map(|v| format!("{v:.6}")).join(", "));
    findings.add_as(
        severity,
        "M005",
        path,
        "EX_GeographicBoundingBox",
        found.map(|v| v.to_string()).join(", "),
        expected,
    );
}

/// The licence a text names: by its SPDX identifier, address, or the words of a node.
pub(in crate::check::bundle) fn licence_in(text: &str) -> Option<&'static Licence> {
    let text = text.trim();
    let whole = |l: &&Licence| l.spdx == text || l.fao_sis_value == text;
    let all = || tables::licences().iter().filter(|_| !text.is_empty());
    let bare =
        |url: &str| url.trim_end_matches('/').trim_start_matches("https://").trim_start_matches("http://").to_owned();
    let within = |part: &str| {
        !part.is_empty()
            && text.match_indices(part).any(|(at, _)| {
                let next = |c: char| c.is_ascii_alphanumeric() || c == '-';
                !text[..at].ends_with(next) && !text[at + part.len()..].starts_with(next)
            })
    };
    let longest = |by: &dyn Fn(&Licence) -> String| all().filter(|l| within(&by(l))).max_by_key(|l| by(l).len());
    all()
        .find(whole)
        .or_else(|| longest(&|l| l.spdx.clone()))
        .or_else(|| longest(&|l| bare(&l.url)))
        .or_else(|| longest(&|l| l.fao_sis_value.clone()))
}

fn same(a: &Licence, b: &Licence) -> bool {
    a.url == b.url
}

/// M006.
pub(super) fn licence(
    folder: &Folder,
    facts: &Facts<'_>,
    path: &str,
    mapset: usize,
    root: Node<'_, '_>,
    findings: &mut Findings,
) {
    let places = || below(root, "otherConstraints");
    // Absent is M002's.
    if places().next().is_none() {
        return;
    }
    let linked = |n: Node<'_, '_>| n.descendants().find_map(|d| d.attribute((XLINK, "href"))).and_then(licence_in);
    let Some(found) = places().find_map(|n| licence_in(&content(n)).or_else(|| linked(n))) else {
        let found = places().map(content).collect::<Vec<_>>().join("; ");
        return findings.add("M006", path, "otherConstraints", shown(&found), "a licence of licences.csv");
    };
    let name = |l: &Licence| if l.spdx.is_empty() { l.fao_sis_value.clone() } else { l.spdx.clone() };
    let mut differs = |other: &Licence, place: &str| {
        if !same(found, other) {
            findings.add(
                "M006",
                path,
                "otherConstraints",
                name(found),
                format!("{}, as {} says", name(other), shown(place)),
            );
        }
    };
    // One that is in no list is P001's (bundle.json) or T004's (STAC).
    if let Some(other) = facts.text("/licence").and_then(licence_in) {
        differs(other, "bundle.json");
    }
    let item = facts.mapsets().get(mapset).and_then(|m| m.get("stac_item")?.as_str());
    for stac in item.into_iter().chain(["metadata/stac/collection.json"]) {
        if let Some(other) = folder.json(stac).as_ref().and_then(stac_licence) {
            differs(other, stac);
        }
    }
}

fn stac_licence(of: &Value) -> Option<&'static Licence> {
    let named = of.get("license").or_else(|| of.pointer("/properties/license"))?.as_str()?;
    if named != "other" {
        return tables::licence(named).filter(|l| !l.spdx.is_empty());
    }
    let links = of.get("links")?.as_array()?;
    links
        .iter()
        .filter(|l| l.get("rel").and_then(Value::as_str) == Some("license"))
        .find_map(|l| licence_in(l.get("href")?.as_str()?))
}

/// The EPSG code of `4326`, `EPSG:4326`, `urn:ogc:def:crs:EPSG::4326` or `…/EPSG/0/4326`.
fn epsg(text: &str) -> Option<u32> {
    text.trim().rsplit([':', '/', ' ']).next()?.parse().ok()
}

/// M007.
pub(super) fn reference_system(
    facts: &Facts<'_>,
    path: &str,
    mapset: usize,
    root: Node<'_, '_>,
    findings: &mut Findings,
) {
    let wanted: BTreeSet<u32> = rasters(facts, mapset).iter().filter_map(|r| r.epsg).collect();
    let layers = facts.mapsets().get(mapset).and_then(|m| m.get("layers")?.as_array()).map_or(&[][..], Vec::as_slice);
    let known: BTreeSet<u32> =
        layers.iter().filter_map(|l| facts.rasters.get(l.get("path")?.as_str()?)?.epsg).collect();
    let codes: Vec<String> = root
        .children()
        .filter(|n| n.tag_name().name() == "referenceSystemInfo")
        .filter_map(|n| at(n, &["MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier", "code"]))
        .map(content)
        .collect();
    // Absent is M002's, a raster without a system R002's.
    if codes.is_empty() || wanted.is_empty() {
        return;
    }
    let text = |set: &BTreeSet<u32>| set.iter().map(|c| format!("EPSG:{c}")).collect::<Vec<_>>().join(", ");
    let found: BTreeSet<u32> = codes.iter().filter_map(|c| epsg(c)).collect();
    let stranger = codes.iter().find(|c| epsg(c).is_none_or(|c| !known.contains(&c)));
    if stranger.is_some() || !wanted.is_subset(&found) {
        findings.add(
            "M007",
            path,
            "RS_Identifier code",
            shown(&codes.join(", ")),
            format!("{}, as the rasters have it", text(&wanted)),
        );
    }
}

/// Words of which a lineage has at least one for each thing it names (M008).
const LINEAGE: [(&str, &[&str]); 3] = [
    ("input data", &["sample", "input", "observation", "profile", "site", "measurement", "dataset", "data set"]),
    (
        "method",
        &[
            "kriging",
            "forest",
            "regression",
            "interpolat",
            "simulation",
            "machine learning",
            "inverse distance",
            "boosting",
            "neural",
            "geostatistic",
            "model",
        ],
    ),
    ("validation", &["validat"]),
];

/// M008.
pub(super) fn lineage(facts: &Facts<'_>, path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    let statement =
        below(root, "LI_Lineage").filter_map(|l| at(l, &["statement"])).map(content).collect::<Vec<_>>().join(" ");
    // Absent is M002's.
    if statement.is_empty() {
        return;
    }
    let lower = statement.to_lowercase();
    let mut lacks: Vec<&str> =
        LINEAGE.iter().filter(|(_, words)| !words.iter().any(|w| lower.contains(w))).map(|(what, _)| *what).collect();
    let declared = facts.text("/provenance/software").zip(facts.text("/provenance/version"));
    let versioned = match declared.filter(|(s, v)| !s.is_empty() && !v.is_empty()) {
        Some((software, version)) => {
            lower.contains(&software.to_lowercase()) && lower.contains(&version.to_lowercase())
        }
        None => Regex::new(r"[A-Za-z]\S* (version )?v?[0-9]+\.[0-9]+").is_ok_and(|r| r.is_match(&statement)),
    };
    if !versioned {
        lacks.push("software with its version");
    }
    if !lacks.is_empty() {
        findings.add(
            "M008",
            path,
            "lineage statement",
            format!("nothing of {}", lacks.join(", ")),
            "input data, method, validation and software version",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_known_by_every_name() {
        let spdx = |text: &str| licence_in(text).map(|l| l.spdx.as_str());
        assert_eq!(spdx("CC BY"), Some("CC-BY-4.0"));
        assert_eq!(spdx("CC-BY-NC-SA-4.0"), Some("CC-BY-NC-SA-4.0"));
        assert_eq!(spdx("https://creativecommons.org/licenses/by-nc/4.0/"), Some("CC-BY-NC-4.0"));
        assert_eq!(spdx("Licence: CC-BY-SA-4.0, see there"), Some("CC-BY-SA-4.0"));
        assert_eq!(spdx("Creative Commons (CC BY-NC)"), Some("CC-BY-NC-4.0"));
        assert_eq!(licence_in("Public Domain Mark").map(|l| l.fao_sis_value.as_str()), Some("Public Domain Mark"));
        assert_eq!([spdx("all rights reserved"), spdx(""), spdx("ACC BYTE")], [None; 3]);
    }

    #[test]
    fn codes_of_reference_systems() {
        assert_eq!(
            [
                "4326",
                "EPSG:4326",
                "urn:ogc:def:crs:EPSG::4326",
                "http://www.opengis.net/def/crs/EPSG/0/4326",
                "EPSG 4326"
            ]
            .map(epsg),
            [Some(4326); 5]
        );
        assert_eq!(epsg("WGS 84 / UTM"), None);
    }
}
