//! `bundle.json`, the provenance, the read-me and the manifest.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::about::Access;
use super::entry::{Bundle, Entry};
use super::stable::{self, sha256, sha256_of};
use crate::check::Verdict;
use crate::privacy::Values;
use crate::{Error, Result};

/// The version of the specification's bundle format.
const FORMAT: &str = "1.0";

/// Fields that differ between two runs of the same inputs and seed, because they are or hold times. `*` stands for any member or index.
const VOLATILE: [&str; 12] = [
    "MANIFEST.sha256",
    "bundle.json#/created",
    "metadata/iso/*.xml#//gmd:dateStamp",
    "metadata/iso/*.xml#//gmd:date[creation]",
    "metadata/iso/*.xml#//gmd:date[publication]",
    "metadata/stac/*/*.json#/properties/created",
    "metadata/stac/*/*.json#/properties/updated",
    "metadata/dcat.jsonld#/dct:issued",
    "metadata/dcat.jsonld#/dct:modified",
    "provenance/run.json#/created",
    "provenance/run.json#/runs/*/started",
    "provenance/run.json#/runs/*/record_sha256",
];

/// The threshold of a map, with everything it is useless without.
pub(super) fn threshold(entry: &Entry<'_>) -> Value {
    let Some(threshold) = &entry.variable.threshold else { return Value::Null };
    json!({
        "value": threshold.value,
        "unit": entry.unit,
        "source": entry.threshold_source(),
        "address": threshold.address,
        "code": threshold.code,
        "land_use": entry.threshold_land_use(),
        "fraction": entry.threshold_fraction(),
        "standing": threshold.standing,
    })
}

/// Writes `bundle.json`; before judgement `verdict` is none, and it is written as if nothing were found.
pub(super) fn bundle_json(root: &Path, bundle: &Bundle<'_>, verdict: Option<&Verdict>) -> Result<()> {
    let about = bundle.about;
    let grids: Vec<Value> = bundle
        .grids
        .iter()
        .map(|g| {
            json!({
                "id": g.id.name(), "crs": format!("EPSG:{}", g.epsg), "cell": g.cell[0], "origin": g.origin, "size": g.size,
                "soilscope:remark": g.remark,
            })
        })
        .collect();
    let mapsets: Vec<Value> = bundle.entries.iter().map(mapset).collect();
    let points = &bundle.points;
    let privacy = &about.privacy;
    stable::write_json(
        root,
        "bundle.json",
        &json!({
            "bundle_version": FORMAT,
            "id": about.folder(),
            "uuid": bundle.uuid,
            "title": about.title,
            "country": {"alpha3": about.country.alpha3, "alpha2": about.country.alpha2, "name": about.country.name},
            "initiative": about.initiative,
            "year": about.year,
            "created": time(bundle),
            "producer": producer(bundle),
            "licence": about.licence_id(),
            "access_level": privacy.access.as_str(),
            "location_blur_m": privacy.blur,
            "grids": grids,
            "mapsets": mapsets,
            "qa": {
                "report": "qa/report.html",
                "errors": verdict.map_or(0, |v| v.errors),
                "warnings": verdict.map_or(0, |v| v.warnings),
                "passed": verdict.is_none_or(Verdict::passed),
            },
            "provenance": {
                "software": "soilscope",
                "version": env!("CARGO_PKG_VERSION"),
                "config_sha256": config_sha256(bundle),
                "input_sha256": input_sha256(bundle),
                "seed": seed(bundle).unwrap_or(0),
            },
            "soilscope:extent": about.extent.as_str(),
            "soilscope:mask": mask(bundle),
            "soilscope:seeded": seed(bundle).is_some(),
            "soilscope:points": points.files,
            "soilscope:privacy": {
                "location_blur_m": privacy.blur,
                "location_blur_inner_m": privacy.blur_inner,
                "min_group": privacy.min_group,
                "method": points.shifts.map(|_| "HMAC-SHA-256 keyed displacement, uniform in disc or ring"),
                "keyed": points.shifts.map(|_| true),
                "locations": if privacy.exact_locations { "exact" } else { "displaced" },
                "sites": points.all(),
                "protected_sites": points.protected(),
                "withheld_sites": points.withheld(),
                "displacement_m": points.shifts.map(|d| json!({"n": d.n, "mean": round(d.mean), "max": round(d.max)})),
            },
        }),
    )
}

fn producer(bundle: &Bundle<'_>) -> Value {
    let about = bundle.about;
    let mut producer = json!({"organisation": about.organisation, "email": about.email});
    if let (Some(member), Some(producer)) = (about.insii_member, producer.as_object_mut()) {
        producer.insert("insii_member".into(), json!(member));
    }
    producer
}

fn mapset(entry: &Entry<'_>) -> Value {
    let (subject, names) = (&entry.subject, &entry.names);
    let layers: Vec<Value> = entry
        .layers
        .iter()
        .map(|l| json!({"path": l.path, "stat": l.stat, "grid": l.grid, "sha256": l.sha256, "bytes": l.bytes}))
        .collect();
    json!({
        "mapset_id": names.mapset_id(),
        "analyte_code": subject.analyte.code,
        "glosis_property_id": (!names.property_is_proposed).then_some(&names.property),
        "glosis_uri": if names.property_is_proposed { None } else { glosis_uri(entry) },
        "property_id_status": if names.property_is_proposed { "proposed" } else { "glosis" },
        "unit": entry.unit,
        "fraction": subject.fraction,
        "upper_depth_cm": subject.upper,
        "lower_depth_cm": subject.lower,
        "threshold": threshold(entry),
        "layers": layers,
        "hotspots": entry.hotspots.as_ref().and_then(|h| h.geojson.as_ref()),
        "metadata_iso": entry.iso(),
        "stac_item": entry.stac(),
        "styles": entry.styles,
        "soilscope:extraction_code": subject.procedure.code,
        "soilscope:property_id": names.property,
    })
}

/// The property's address in GloSIS: that of the extract where it is one.
pub(super) fn glosis_uri<'a>(entry: &'a Entry<'_>) -> Option<&'a String> {
    let analyte = entry.subject.analyte;
    let extract =
        analyte.glosis_extractable_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(&entry.names.property))
            && analyte.glosis_property_id != analyte.glosis_extractable_id;
    if extract { analyte.glosis_extractable_uri.as_ref() } else { analyte.glosis_uri.as_ref() }
}

/// `provenance/run.json`: what is known of how the maps were made, member by member; nothing is copied whole, because a record of a run
/// holds paths and may hold places.
pub(super) fn provenance(root: &Path, bundle: &Bundle<'_>) -> Result<()> {
    let analytes: Vec<Value> = bundle.entries.iter().map(|entry| of_analyte(bundle, entry)).collect();
    let mut runs: BTreeMap<&str, &super::source::Run> = BTreeMap::new();
    for entry in &bundle.entries {
        runs.insert(&entry.run.record_sha256, entry.run);
    }
    let mut in_order: Vec<&super::source::Run> = Vec::new();
    for entry in &bundle.entries {
        if let Some(run) = runs.remove(entry.run.record_sha256.as_str()) {
            in_order.push(run);
        }
    }
    let runs: Vec<Value> = in_order
        .iter()
        .map(|run| {
            json!({
                "software": "soilscope",
                "version": run.software_version,
                "gdal": run.gdal_version,
                "proj": run.proj_version,
                "started": run.started,
                "record_sha256": run.record_sha256,
                "command": run.command,
                "inputs": run.inputs,
            })
        })
        .collect();
    let [begin, end] = bundle.about.period;
    let sites = if bundle.points.given {
        Some(bundle.points.all() as u64)
    } else {
        bundle.entries.iter().map(|e| e.variable.samples.used).max()
    };
    stable::write_json(
        root,
        "provenance/run.json",
        &json!({
            "format": "soilscope exchange provenance 1.0",
            "software": {"name": "soilscope", "version": env!("CARGO_PKG_VERSION")},
            "created": time(bundle),
            "volatile": VOLATILE,
            "config_sha256": config_sha256(bundle),
            "input_sha256": input_sha256(bundle),
            "seed": seed(bundle),
            "sites": sites,
            "area_km2": bundle.entries.iter().filter_map(area_km2).reduce(f64::max).map(round),
            "sampling": {"from": begin.first().to_string(), "to": end.last().to_string()},
            "clustered": bundle.points.clustered,
            "analytes": analytes,
            "runs": runs,
        }),
    )
}

fn of_analyte(bundle: &Bundle<'_>, entry: &Entry<'_>) -> Value {
    let (variable, subject) = (entry.variable, &entry.subject);
    let validation = variable.scores.as_ref().map(|s| {
        json!({
            "method": format!("{} cross-validation", s.folds),
            "folds": s.folds,
            "spatial": false,
            "n": s.n,
            "me": s.me, "mae": s.mae, "rmse": s.rmse, "r2": s.r2, "mec": s.r2, "ccc": s.ccc, "msdr": s.msdr,
            "picp90": s.picp(0.9),
            "censored_pct": entry.censored_pct(),
        })
    });
    let threshold = threshold(entry);
    json!({
        "analyte_code": subject.analyte.code,
        "name_in_run": variable.analyte,
        "fraction": subject.fraction,
        "extraction_code": subject.procedure.code,
        "unit": entry.unit,
        "samples": variable.samples,
        "cells": variable.cells,
        "crs": variable.crs,
        "grid": variable.grid,
        "method": variable.method,
        "support": variable.support,
        "variogram": variable.variogram,
        "distribution": variable.distribution,
        "interval": variable.interval,
        "transform": {"name": variable.transform, "bias_correction": entry.bias_correction()},
        "validation": validation,
        "spatial_validation": spatial(entry),
        "residual_variogram": null,
        "skill": variable.skill,
        "thresholds": if threshold.is_null() { json!([]) } else { json!([threshold]) },
        "confidence": variable.confidence,
        "hot": variable.hot,
        "seed": variable.seed,
        "realisations": variable.realisations,
        "range": range(bundle, entry),
        "harmonisation": subject.harmonisation,
        "notes": variable.notes,
    })
}

/// Calibration by left-out blocks is a spatial validation of intervals.
fn spatial(entry: &Entry<'_>) -> Value {
    let of = &entry.variable.record["calibration"];
    if of.is_object() {
        let picp90 = of["coverage"]
            .as_array()
            .and_then(|all| all.iter().find(|c| c["nominal"].as_f64() == Some(0.9)))
            .map(|c| c["observed"].clone());
        json!({
            "method": "left-out blocks", "spatial": true, "n": of["n"], "blocks": of["blocks"], "block_size": of["block_size"],
            "msdr": of["msdr"], "picp90": picp90,
        })
    } else {
        Value::Null
    }
}

/// Smallest and largest sample that the run records, where single results may be shown at all: these are two of them.
fn range(bundle: &Bundle<'_>, entry: &Entry<'_>) -> Value {
    let withheld = bundle.points.sites.keys().any(|shown| shown.values != Values::Each);
    if withheld || bundle.about.privacy.access > Access::Blurred {
        return Value::Null;
    }
    let of = &entry.variable.record["samples"];
    match (of["min"].as_f64(), of["max"].as_f64()) {
        (Some(min), Some(max)) => json!({"min": min, "max": max}),
        _ => Value::Null,
    }
}

/// The area with a prediction, of a projected map whose unit is the metre.
fn area_km2(entry: &Entry<'_>) -> Option<f64> {
    let variable = entry.variable;
    let metre = variable.record["crs"]["unit_in_metres_or_degrees"].as_f64().unwrap_or(1.0);
    (variable.crs.kind == "projected")
        .then(|| variable.cells.predicted as f64 * variable.grid.cell[0] * variable.grid.cell[1] * metre * metre / 1e6)
}

/// Which masks were laid on the maps.
fn mask(bundle: &Bundle<'_>) -> String {
    let mut masks: Vec<&str> = Vec::new();
    for input in bundle.entries.iter().flat_map(|e| &e.run.inputs).filter(|f| f.role.contains("mask")) {
        if !masks.contains(&input.name.as_str()) {
            masks.push(&input.name);
        }
    }
    if masks.is_empty() { "none".to_owned() } else { masks.join(", ") }
}

/// The seed of simulations; of several runs the first that has one.
fn seed(bundle: &Bundle<'_>) -> Option<u64> {
    bundle.entries.iter().find_map(|e| e.variable.seed)
}

/// A sum over everything that was set: settings of the runs, and what `about.toml` was understood to say.
fn config_sha256(bundle: &Bundle<'_>) -> String {
    let settings: Vec<&Value> = bundle.entries.iter().map(|e| &e.variable.record["settings"]).collect();
    let text = serde_json::to_string(&settings).unwrap_or_default();
    sha256(format!("{text}\n{:?}", bundle.about).as_bytes())
}

/// A sum over the sums of all inputs.
pub(super) fn input_sha256(bundle: &Bundle<'_>) -> String {
    let mut sums: Vec<&str> = bundle.entries.iter().flat_map(|e| &e.run.inputs).map(|f| f.sha256.as_str()).collect();
    sums.sort_unstable();
    sums.dedup();
    sha256(sums.join("\n").as_bytes())
}

/// To the second, in UTC.
pub(super) fn time(bundle: &Bundle<'_>) -> String {
    bundle.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// To six significant digits: what is measured is not known better.
pub(super) fn round(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// Writes `README.txt`.
pub(super) fn readme(root: &Path, bundle: &Bundle<'_>) -> Result<()> {
    let about = bundle.about;
    let line = |text: &str| text.replace(['\n', '\r', '\t'], " ");
    let mut text = format!("{}\n\n{}\n\nMaps in this bundle\n", line(&about.title), line(&about.abstract_text));
    for entry in &bundle.entries {
        text += &format!("  {}  {}\n", entry.names.mapset_id(), line(&entry.title));
    }
    text += &format!(
        "\nFolders\n  rasters/gsp      mean and standard deviation, names of GSP submissions, EPSG:4326\n  rasters/glosis   all layers, ids of FAO nodes, \
         EPSG:4326\n  rasters/national all layers in the national system, where there are any\n  vector           hotspots, where there are \
         any\n  points           sampled places, only what their access level allows\n  metadata         ISO 19115/19139, STAC, DCAT\n  styles           \
         QGIS, SLD and colour tables\n  qa               what was judged, and a report to read first: qa/report.html\n  exports/fao_sis  tables for \
         an FAO node, and what they lose\n  provenance       how the maps were made\n\nAccess level of sampled places: {}\nLicence: {} ({})\nContact: {}, {}\n\
         Information: {}\n\nCite as: {} ({}). {}, version {}. {}\n\nEvery file but this list is in MANIFEST.sha256: sha256sum -c MANIFEST.sha256\n",
        about.privacy.access.as_str(),
        about.licence_id(),
        about.licence.url,
        line(&about.organisation),
        about.email,
        about.url,
        line(&about.organisation),
        about.year,
        line(&about.title),
        bundle.version(),
        format_args!("urn:uuid:{}", bundle.uuid),
    );
    stable::write(root, "README.txt", &text)
}

/// All files below a folder, relative, with forward slashes, sorted.
pub(super) fn files(root: &Path) -> Result<Vec<String>> {
    fn walk(folder: &Path, prefix: &str, into: &mut Vec<String>) -> Result<()> {
        for entry in std::fs::read_dir(folder).map_err(|e| Error::unreadable(folder, e))? {
            let entry = entry.map_err(|e| Error::unreadable(folder, e))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(|e| Error::unreadable(folder, e))?.is_dir() {
                walk(&entry.path(), &format!("{name}/"), into)?;
            } else {
                into.push(name);
            }
        }
        Ok(())
    }
    let mut all = Vec::new();
    walk(root, "", &mut all)?;
    all.sort_unstable();
    Ok(all)
}

/// Writes `MANIFEST.sha256`.
pub(super) fn manifest(root: &Path) -> Result<()> {
    let mut text = String::new();
    for file in files(root)?.into_iter().filter(|f| f != "MANIFEST.sha256") {
        let (sum, _) = sha256_of(&root.join(&file))?;
        text += &format!("{sum}  {file}\n");
    }
    stable::write(root, "MANIFEST.sha256", &text)
}
