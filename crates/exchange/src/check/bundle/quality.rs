//! Rules Q: whether the map was validated, and what its thresholds are.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::Findings;
use crate::check::report::QUALITY_COLUMNS;

use super::{Facts, Folder};

const RUN: &str = "provenance/run.json";
const RECORD: &str = "bundle.json";
/// Coverage of a nominal 90 percent interval that is taken as such, in percent.
const COVERAGE: [f64; 2] = [85.0, 95.0];
/// Nugget to sill of residuals, below which structure is left.
const STRUCTURE: f64 = 0.75;
/// Fewest sites.
const SITES: f64 = 50.0;
/// Largest area of one site, in km².
const AREA: f64 = 2500.0;

/// A row of the QA table by its columns.
pub(super) type Row = BTreeMap<String, String>;

/// The QA tables of a bundle: path, header and rows.
pub(super) fn tables(folder: &Folder) -> Vec<(String, Vec<String>, Vec<Row>)> {
    let mut tables = Vec::new();
    for path in folder.matching("qa/QA_QC_", ".csv") {
        let text = folder.text(path).unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
        let rows = reader
            .records()
            .flatten()
            .map(|record| header.iter().cloned().zip(record.iter().map(|c| c.trim().to_owned())).collect())
            .collect();
        tables.push((path.to_owned(), header, rows));
    }
    tables
}

/// Judges Q001–Q009.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    statistics(folder, facts, findings);
    let analytes = facts.run.as_ref().and_then(|r| r.get("analytes")).and_then(Value::as_array);
    let analytes = analytes.map_or(&[][..], Vec::as_slice);
    validation(facts, analytes, findings);
    models(facts, analytes, findings);
    sites(facts, findings);
    thresholds(facts, analytes, findings);
}

fn number(text: Option<&String>) -> Option<f64> {
    text?.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// Q001, Q002 and Q009: the table.
fn statistics(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let tables = tables(folder);
    if tables.is_empty() {
        let expected = format!("a table with the columns {}", QUALITY_COLUMNS[..7].join(", "));
        findings.add("Q009", "qa/QA_QC_{ISO3}.csv", "", "no such file", expected);
        facts.skip("Q001", "there is no QA table");
        facts.skip("Q002", "there is no QA table");
        return;
    }
    let mut covered = false;
    for (path, header, rows) in &tables {
        let missing: Vec<_> =
            QUALITY_COLUMNS[..7].iter().filter(|c| !header.iter().any(|h| h == *c)).copied().collect();
        if !missing.is_empty() {
            findings.add(
                "Q009",
                path,
                "row 1",
                format!("no column {}", missing.join(", ")),
                "the columns of FAO's script",
            );
        }
        if rows.is_empty() {
            findings.add("Q001", path, "", "no row", "a row for each mapset");
        }
        for (i, row) in rows.iter().enumerate() {
            let place = format!("row {}", i + 2);
            let has = |column: &str| number(row.get(column)).is_some();
            let mut missing: Vec<_> =
                ["n", "me", "mae", "rmse", "ccc", "picp90"].into_iter().filter(|c| !has(c)).collect();
            if !has("r2") && !has("mec") {
                missing.push("r2 or mec");
            }
            if !missing.is_empty() {
                let found = format!("no {}", missing.join(", no "));
                findings.add("Q001", path, &place, found, "n, me, mae, rmse, r2 or mec, ccc and picp90 as numbers");
            }
            if let Some(picp) = number(row.get("picp90")) {
                covered = true;
                // A share or percent.
                let percent = if picp <= 1.0 { 100.0 * picp } else { picp };
                if !(COVERAGE[0]..=COVERAGE[1]).contains(&percent) {
                    findings.add(
                        "Q002",
                        path,
                        &place,
                        format!("{percent:.1} percent"),
                        "85 to 95 percent in a 90 percent interval",
                    );
                }
            }
        }
    }
    if !covered {
        facts.skip("Q002", "no coverage is stated");
    }
}

fn code(analyte: &Value) -> String {
    analyte.get("analyte_code").and_then(Value::as_str).unwrap_or("an analyte").to_owned()
}

/// Q003 and Q004.
fn validation(facts: &Facts<'_>, analytes: &[Value], findings: &mut Findings) {
    let clustered = facts.run.as_ref().and_then(|r| r.get("clustered")).and_then(Value::as_bool);
    let mut folded = false;
    let mut structured = false;
    for analyte in analytes {
        let set = |name: &str| analyte.get(name).filter(|v| v.is_object());
        if let (Some(clustered), Some(validation)) = (clustered, set("validation")) {
            folded = true;
            let spatial = validation.get("spatial").and_then(Value::as_bool).unwrap_or(false);
            if clustered && !spatial && set("spatial_validation").is_none() {
                let found = "random folds of sites that stand in clusters";
                findings.add("Q003", RUN, code(analyte), found, "a spatial or grouped validation beside it");
            }
        }
        let of = |name: &str| set("residual_variogram")?.get(name)?.as_f64();
        if let Some((nugget, sill)) = of("nugget").zip(of("sill")).filter(|(_, sill)| *sill > 0.0) {
            structured = true;
            if nugget / sill < STRUCTURE {
                let found = format!("residuals with nugget to sill {:.2}", nugget / sill);
                findings.add("Q004", RUN, code(analyte), found, "at least 0.75: no structure left");
            }
        }
    }
    if !folded {
        let why = "provenance/run.json does not tell whether sites stand in clusters, or how the map was validated";
        facts.skip("Q003", why);
    }
    if !structured {
        facts.skip("Q004", "provenance/run.json has no variogram of residuals");
    }
}

/// Q005: transforms and their way back.
fn models(facts: &Facts<'_>, analytes: &[Value], findings: &mut Findings) {
    let mut judged = false;
    for analyte in analytes {
        let Some(transform) = analyte.get("transform").filter(|t| !t.is_null()) else { continue };
        judged = true;
        let text = |name: &str| transform.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        match (text("name"), text("bias_correction")) {
            (None, _) => findings.add("Q005", RUN, code(analyte), "a transform without name", "its name, or none"),
            (Some("none" | "identity"), _) | (Some(_), Some(_)) => {}
            (Some(name), None) => {
                findings.add(
                    "Q005",
                    RUN,
                    code(analyte),
                    format!("{name} without bias correction"),
                    "how its mean was brought back",
                );
            }
        }
    }
    if !judged {
        facts.skip("Q005", "provenance/run.json does not tell of a transform");
    }
}

/// Q006.
fn sites(facts: &Facts<'_>, findings: &mut Findings) {
    let member = |name: &str| facts.run.as_ref()?.get(name)?.as_f64();
    let Some(sites) = member("sites") else {
        return facts.skip("Q006", "provenance/run.json does not tell how many sites there are");
    };
    if sites < SITES {
        findings.add("Q006", RUN, "/sites", format!("{sites} sites"), "at least 50");
    }
    if let Some(area) = member("area_km2").filter(|&a| a > AREA * sites) {
        let found = format!("{sites} sites on {area:.0} km2");
        findings.add("Q006", RUN, "/area_km2", found, "at least one site per 2500 km2");
    }
}

/// Q007 and Q008: every threshold that is used, and against which fraction.
fn thresholds(facts: &Facts<'_>, analytes: &[Value], findings: &mut Findings) {
    let mut used = false;
    let mut compared = false;
    let mut one = |file: &str, place: String, threshold: &Value, fraction: Option<&str>, findings: &mut Findings| {
        used = true;
        let text = |name: &str| threshold.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        let mut missing: Vec<_> =
            ["source", "land_use", "fraction", "unit"].into_iter().filter(|n| text(n).is_none()).collect();
        if threshold.get("value").and_then(Value::as_f64).is_none() {
            missing.push("value");
        }
        if !missing.is_empty() {
            let found = format!("a threshold without {}", missing.join(", "));
            findings.add("Q007", file, &place, found, "value, unit, source, land use and fraction");
        }
        if let Some((of_threshold, of_data)) = text("fraction").zip(fraction) {
            compared = true;
            if of_threshold != of_data {
                let found = format!("a threshold of {of_threshold} on data of {of_data}");
                findings.add("Q008", file, place, found, "one fraction");
            }
        }
    };
    for (i, mapset) in facts.mapsets().iter().enumerate() {
        let fraction = mapset.get("fraction").and_then(Value::as_str);
        let threshold = mapset.get("threshold").filter(|t| !t.is_null());
        let exceeded = facts
            .layers
            .iter()
            .any(|l| Some(l.mapset.as_str()) == mapset.get("mapset_id").and_then(Value::as_str) && l.stat == "PEXC");
        match threshold {
            Some(threshold) => one(RECORD, format!("/mapsets/{i}/threshold"), threshold, fraction, findings),
            None if exceeded => {
                let place = format!("/mapsets/{i}/threshold");
                findings.add(
                    "Q007",
                    RECORD,
                    place,
                    "a probability of exceedance without threshold",
                    "the threshold that is exceeded",
                );
            }
            None => {}
        }
    }
    for analyte in analytes {
        let fraction = analyte.get("fraction").and_then(Value::as_str);
        for threshold in analyte.get("thresholds").and_then(Value::as_array).into_iter().flatten() {
            one(RUN, code(analyte), threshold, fraction, findings);
        }
    }
    if !used {
        facts.skip("Q007", "no threshold is used");
    }
    if !compared {
        facts.skip("Q008", "no threshold with a fraction beside data with one");
    }
}
