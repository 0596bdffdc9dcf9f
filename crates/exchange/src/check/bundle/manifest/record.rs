//! B003: `bundle.json`, by its schema and against the files.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::Findings;
use crate::check::bundle::gather::is_tiff;
use crate::check::bundle::{Facts, Folder, Layer, RasterFacts};
use crate::check::json_schema::validate;
use crate::{country, tables};

const RECORD: &str = "bundle.json";
/// Of a cell: how far what the record says of a grid may lie from the file; that files of one grid agree better is R005.
const EQUAL: f64 = 1e-3;

pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let Some(bundle) = &facts.bundle else {
        let found = if folder.has(RECORD) { "no JSON" } else { "no such file" };
        return findings.add("B003", RECORD, "", found, "the record of the bundle");
    };
    for problem in validate(tables::bundle_schema(), bundle) {
        findings.add("B003", RECORD, problem.pointer, problem.found, problem.expected);
    }
    countries(facts, findings);
    for layer in &facts.layers {
        listed(folder, facts, layer, findings);
    }
    let listed: BTreeSet<_> = facts.layers.iter().map(|l| l.path.as_str()).collect();
    for path in folder.matching("rasters/", "").filter(|p| is_tiff(p) && !listed.contains(p)) {
        findings.add("B003", path, "", "no layer of bundle.json", "every raster in a mapset's layers");
    }
    files(folder, facts, findings);
    let errors = bundle.pointer("/qa/errors").and_then(Value::as_i64);
    let passed = bundle.pointer("/qa/passed").and_then(Value::as_bool);
    if let Some((errors, passed)) = errors.zip(passed).filter(|(errors, passed)| *passed != (*errors == 0)) {
        let found = format!("{passed} with {errors} errors");
        findings.add("B003", RECORD, "/qa/passed", found, "passed where there is no error");
    }
}

fn countries(facts: &Facts<'_>, findings: &mut Findings) {
    let (Some(alpha3), Some(alpha2)) = (facts.text("/country/alpha3"), facts.text("/country/alpha2")) else { return };
    let known = country::by_alpha3(alpha3);
    if known.is_none_or(|c| c.alpha2 != alpha2) {
        let expected = known.map_or("a country of ISO 3166-1".to_owned(), |c| format!("{} and {}", c.alpha3, c.alpha2));
        findings.add("B003", RECORD, "/country", format!("{alpha3} and {alpha2}"), expected);
    }
}

/// A layer that the record lists, against its file and its grid.
fn listed(folder: &Folder, facts: &Facts<'_>, layer: &Layer, findings: &mut Findings) {
    let mut wrong = |found: String, expected: String| findings.add("B003", &layer.path, "", found, expected);
    if !folder.has(&layer.path) {
        return wrong("no such file".to_owned(), "the layer that bundle.json lists".to_owned());
    }
    let entry = facts
        .mapsets()
        .iter()
        .flat_map(|m| m.get("layers").and_then(Value::as_array).into_iter().flatten())
        .find(|l| l.get("path").and_then(Value::as_str) == Some(&layer.path));
    let said = |name: &str| entry.and_then(|e| e.get(name));
    let bytes = folder.files.get(&layer.path);
    if let Some(claimed) = said("bytes").and_then(Value::as_u64).filter(|b| Some(b) != bytes) {
        wrong(
            format!("{} bytes", bytes.copied().unwrap_or_default()),
            format!("{claimed} bytes, as bundle.json has it"),
        );
    }
    let sum = facts.sums.get(&layer.path).map(String::as_str);
    if let Some(claimed) = said("sha256").and_then(Value::as_str).filter(|s| Some(*s) != sum) {
        wrong(format!("SHA-256 {}", sum.unwrap_or("unknown")), format!("{claimed}, as bundle.json has it"));
    }
    if tables::layer_stat(&layer.stat).is_none() {
        wrong(format!("statistic {}", layer.stat), "one of layer_stats.csv".to_owned());
    }
    let grids = facts.member("/grids").and_then(Value::as_array);
    let grid = grids.into_iter().flatten().find(|g| g.get("id").and_then(Value::as_str) == Some(&layer.grid));
    let Some(grid) = grid else {
        return wrong(format!("grid {}", layer.grid), "a grid that bundle.json describes".to_owned());
    };
    if let Some(found) = facts.rasters.get(&layer.path).and_then(|raster| off_grid(raster, grid)) {
        wrong(found, format!("grid {} as bundle.json describes it", layer.grid));
    }
}

/// What of a raster is not as the record describes its grid.
fn off_grid(raster: &RasterFacts, grid: &Value) -> Option<String> {
    let pair = |name: &str| Some([grid.get(name)?.get(0)?.as_f64()?, grid.get(name)?.get(1)?.as_f64()?]);
    let cell = grid.get("cell")?.as_f64()?;
    let (origin, size) = (pair("origin")?, pair("size")?);
    let near = |a: f64, b: f64| (a - b).abs() <= EQUAL * cell.abs();
    let [x, width, _, y, _, _] = raster.transform;
    let code = raster.epsg.map(|code| format!("EPSG:{code}"));
    if size != raster.size.map(|n| n as f64) {
        Some(format!("{} × {} cells", raster.size[0], raster.size[1]))
    } else if !(near(x, origin[0]) && near(y, origin[1])) {
        Some(format!("origin {x}, {y}"))
    } else if !near(width, cell) {
        Some(format!("cells of {width}"))
    } else if grid.get("crs").and_then(Value::as_str) != code.as_deref() {
        Some(code.unwrap_or_else(|| format!("the system '{}'", raster.crs_name)))
    } else {
        None
    }
}

/// Other files that the record names.
fn files(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let mut named = Vec::new();
    for (i, mapset) in facts.mapsets().iter().enumerate() {
        for name in ["hotspots", "metadata_iso", "stac_item"] {
            named.push((format!("/mapsets/{i}/{name}"), mapset.get(name)));
        }
        for (k, style) in mapset.get("styles").and_then(Value::as_array).into_iter().flatten().enumerate() {
            named.push((format!("/mapsets/{i}/styles/{k}"), Some(style)));
        }
        let code = mapset.get("analyte_code").and_then(Value::as_str).unwrap_or_default();
        if tables::analyte(code).is_none() && tables::property(code).is_none() {
            let place = format!("/mapsets/{i}/analyte_code");
            findings.add("B003", RECORD, place, code, "a code of analytes.csv or soil_properties.csv");
        }
    }
    named.push(("/qa/report".to_owned(), facts.member("/qa/report")));
    for (place, path) in named {
        if let Some(path) = path.and_then(Value::as_str).filter(|p| !folder.has(p)) {
            findings.add("B003", RECORD, place, format!("{path}, which is not there"), "a file of the bundle");
        }
    }
}
