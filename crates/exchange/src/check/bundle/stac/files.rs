//! T002, T005 and T006: what assets say agrees with the files they lead to.

use serde_json::{Map, Value};

use crate::check::bundle::shown::shown;
use crate::check::bundle::{Facts, Folder, RasterFacts};
use crate::check::{Findings, Severity};

use super::structure::numbers;

/// Where an `href` leads.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// A path within the bundle, whether or not a file stands there.
    Within(String),
    /// Above the bundle.
    Outside,
    /// It is no relative path.
    Absolute,
}

/// Where `href` in the document at `from` leads. Nothing is opened.
pub(super) fn resolve(from: &str, href: &str) -> Target {
    let drive = href.as_bytes().get(1) == Some(&b':');
    let scheme = href
        .split_once(':')
        .is_some_and(|(s, _)| s.len() > 1 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)));
    if drive || scheme || href.starts_with('/') || href.starts_with('\\') {
        return Target::Absolute;
    }
    let href = href.split(['?', '#']).next().unwrap_or("");
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    for step in href.split(['/', '\\']) {
        match step {
            "" | "." => {}
            ".." => {
                if path.pop().is_none() {
                    return Target::Outside;
                }
            }
            _ => path.push(step),
        }
    }
    Target::Within(path.join("/"))
}

/// Judges the assets of a document.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, path: &str, document: &Value, findings: &mut Findings) {
    let empty = Map::new();
    let properties = document.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, asset) in document.get("assets").and_then(Value::as_object).into_iter().flatten() {
        let place = format!("asset {}", shown(name));
        let (Some(asset), Some(href)) = (asset.as_object(), asset.get("href").and_then(Value::as_str)) else {
            continue;
        };
        match resolve(path, href) {
            Target::Absolute => findings.add("T006", path, &place, shown(href), "a path relative to the document"),
            Target::Outside => {
                findings.add_as(
                    Severity::Error,
                    "T006",
                    path,
                    &place,
                    shown(href),
                    "a relative path that stays in the bundle",
                );
            }
            Target::Within(file) => {
                let raster = facts.rasters.get(&file);
                if let Some(raster) = raster {
                    grid(path, &place, asset, properties, raster, findings);
                }
                sums(folder, facts, path, &place, asset, &file, findings);
            }
        }
    }
}

/// T002.
fn grid(
    path: &str,
    place: &str,
    asset: &Map<String, Value>,
    properties: &Map<String, Value>,
    raster: &RasterFacts,
    findings: &mut Findings,
) {
    let member = |name: &str| asset.get(name).or_else(|| properties.get(name));
    let mut wrong = |name: &str, found: Option<&Value>, expected: String| {
        let found = found.map_or_else(|| "absent".to_owned(), |v| shown(&v.to_string()));
        findings.add("T002", path, format!("{place}, {name}"), found, expected);
    };
    if let Some(epsg) = raster.epsg {
        let found = member("proj:code");
        if found.and_then(Value::as_str) != Some(&format!("EPSG:{epsg}")) {
            wrong("proj:code", found, format!("EPSG:{epsg}, as the file has it"));
        }
    }
    let found = member("proj:shape");
    let [columns, rows] = raster.size;
    if found.and_then(numbers).as_deref() != Some(&[rows as f64, columns as f64]) {
        wrong("proj:shape", found, format!("[{rows}, {columns}], rows and columns of the file"));
    }
    let [x, a, b, y, d, e] = raster.transform;
    let wanted = [a, b, x, d, e, y];
    let found = member("proj:transform");
    let close = |v: &[f64]| {
        let affine = v.len() == 6 || (v.len() == 9 && v[6..] == [0.0, 0.0, 1.0]);
        // To 1e-9 of a cell, as rasters of one grid among themselves (R005).
        affine && v.iter().zip(wanted).all(|(v, w)| (v - w).abs() <= 1e-9 * a.abs().max(e.abs()))
    };
    if !found.and_then(numbers).is_some_and(|v| close(&v)) {
        wrong("proj:transform", found, format!("{wanted:?}, as the file has it"));
    }
}

/// T005.
fn sums(
    folder: &Folder,
    facts: &Facts<'_>,
    path: &str,
    place: &str,
    asset: &Map<String, Value>,
    file: &str,
    findings: &mut Findings,
) {
    let raster = facts.rasters.contains_key(file);
    let mut wrong = |name: &str, found: String, expected: String| {
        findings.add("T005", path, format!("{place}, {name}"), found, expected)
    };
    let Some(bytes) = folder.files.get(file) else {
        return wrong("href", shown(file), "a file of the bundle".to_owned());
    };
    match asset.get("file:size") {
        Some(size) if size.as_u64() != Some(*bytes) => {
            wrong("file:size", shown(&size.to_string()), format!("{bytes}, the bytes of the file"))
        }
        None if raster => wrong("file:size", "absent".to_owned(), "the bytes of the file".to_owned()),
        _ => {}
    }
    match asset.get("file:checksum") {
        Some(sum) => {
            let text = sum.as_str().unwrap_or("");
            let hex = text
                .strip_prefix("1220")
                .filter(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
            match hex {
                None => wrong(
                    "file:checksum",
                    shown(&sum.to_string()),
                    "1220 and the SHA-256 in lowercase hexadecimals".to_owned(),
                ),
                Some(hex) if facts.sums.get(file).map(String::as_str) != Some(hex) => {
                    wrong("file:checksum", shown(text), "1220 and the SHA-256 of the file".to_owned());
                }
                _ => {}
            }
        }
        None if raster => wrong("file:checksum", "absent".to_owned(), "1220 and the SHA-256 of the file".to_owned()),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_without_looking() {
        let of = |href: &str| resolve("metadata/stac/a/a.json", href);
        assert_eq!(of("../../../rasters/gsp/x.tif"), Target::Within("rasters/gsp/x.tif".to_owned()));
        assert_eq!(of("./b.json"), Target::Within("metadata/stac/a/b.json".to_owned()));
        assert_eq!(of("../../../../etc/passwd"), Target::Outside);
        for href in ["/etc/passwd", "/vsicurl/http://x/y.tif", "https://x/y", "C:\\x", "file:///x", "\\\\host\\x"] {
            assert_eq!(of(href), Target::Absolute, "{href}");
        }
    }
}
