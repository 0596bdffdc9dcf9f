//! Where a map comes from: what went in, the settings that took effect, and what an earlier run left in the folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Map as JsonMap, Value as Json, json};
use soilscope_pipeline::run;

use super::{Paths, grid};
use crate::args::{GridArgs, Map, MethodArgs, RasterChoice, SampleArgs, ScaleChoice};
use crate::field::Field;
use crate::record::FileRecord;
use crate::words::transform_name;

/// Sums of what goes in, taken before it is read; of a Shapefile its companions too, which hold values and CRS.
pub(crate) fn inputs(samples: &SampleArgs, grid: &GridArgs, method: Option<&MethodArgs>) -> Result<Vec<FileRecord>> {
    let mut inputs = Vec::new();
    let secondary = method.and_then(|m| m.secondary.as_deref()).map(|path| ("secondary samples", path));
    let covariates = method.iter().flat_map(|m| &m.drift.covariate).map(|c| ("covariate", c.path.as_path()));
    let samples = std::iter::once(("samples", samples.samples.as_path())).chain(secondary);
    for (role, path) in samples.chain(grid::files(grid)).chain(covariates) {
        if !path.exists() {
            continue; // its reader says so, and better
        }
        inputs.push(FileRecord::of(role, path)?);
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp")) {
            for ending in ["dbf", "shx", "prj", "cpg"] {
                let companion = path.with_extension(ending);
                if companion.is_file() {
                    inputs.push(FileRecord::of(role, &companion)?);
                }
            }
        }
    }
    Ok(inputs)
}

/// A folder holds one record, so the record of another verb or analyte is not overwritten: its rasters would lose it.
pub(crate) fn refuse_another_record(out: &Path, ours: &str, analyte: Option<&str>) -> Result<()> {
    let Ok(text) = std::fs::read(out.join("run.json")) else { return Ok(()) };
    let Ok(record) = serde_json::from_slice::<Json>(&text) else { return Ok(()) };
    let theirs = record["verb"].as_str().unwrap_or("map");
    if theirs != ours {
        bail!("{} holds what {theirs} made, and its record: use another folder for {ours}", out.display());
    }
    let several =
        || -> Option<Vec<&str>> { record["analytes"].as_array()?.iter().map(|a| a["analyte"].as_str()).collect() };
    let theirs = record["analyte"].as_str().map(str::to_owned).or_else(|| several().map(|names| names.join(", ")));
    match (theirs, analyte) {
        (Some(theirs), Some(analyte)) if theirs != analyte => {
            bail!("{} holds a {ours} of {theirs}, and its record: use another folder for {analyte}", out.display())
        }
        _ => Ok(()),
    }
}

/// Every setting as it took effect; what was chosen by itself stands in `samples`, `model`, `method` and `grid`.
pub(super) fn settings(args: &Map, field: &Field) -> Json {
    let mut settings = JsonMap::new();
    let mut set = |name: &str, value: Json| settings.insert(name.to_owned(), value);
    set("transform", json!(transform_name(&field.transform)));
    set("distribution", json!(field.distribution()));
    set("scale", json!(if args.scale == ScaleChoice::Data { "data" } else { "transformed" }));
    set("model", json!(args.model.model.text));
    set("fallback", json!(args.method.fallback.as_ref().map(crate::words::Fallback::name)));
    set("calibrate", json!(args.method.calibrate));
    set("estimator", json!(field.model.as_ref().and_then(|m| m.empirical.as_ref()).map(|e| e.estimator)));
    set("cutoff", json!(field.model.as_ref().and_then(|m| m.empirical.as_ref()).map(|e| e.cutoff)));
    let lags = field.lags.as_ref();
    set("width", json!(lags.and_then(|l| l.width)));
    set("boundaries", json!(lags.map(|l| &l.boundaries).filter(|b| !b.is_empty())));
    set("azimuths", json!(lags.map(|l| &l.azimuths).filter(|a| !a.is_empty())));
    set("tolerance", json!(lags.and_then(|l| l.tolerance)));
    set(
        "covariates",
        json!(args.method.drift.covariate.iter().map(|c| (&c.name, &c.path)).collect::<BTreeMap<_, _>>()),
    );
    set("categorical", json!(args.method.drift.categorical));
    set("threshold", json!(args.decision.threshold));
    set("confidence", json!(args.decision.is_decided().then_some(args.decision.confidence)));
    set("min_area", json!(args.decision.is_decided().then_some(args.decision.min_area)));
    let decision = &args.decision;
    set("realisations", json!(decision.realisations));
    set("seed", json!(decision.seed));
    set("smooth", json!(decision.smooth));
    set("depth", json!(decision.depth));
    set("bulk_density", json!(decision.bulk_density));
    set("treat_cost", json!(decision.treat_cost));
    set("leave_cost", json!(decision.leave_cost));
    set("tile", json!(run::DEFAULT_TILE));
    set("max_cells", json!(args.grid.max_cells));
    set("creation_options", json!(args.co));
    let name = |raster: &RasterChoice| raster.to_possible_value().map(|value| value.get_name().to_owned());
    set("only", json!((!args.only.is_empty()).then(|| args.only.iter().filter_map(name).collect::<Vec<_>>())));
    Json::Object(settings)
}

/// Files of limits that an earlier run compared: what they are, and then a code.
fn of_codes(args: &Map, paths: &Paths) -> Result<Vec<PathBuf>> {
    let starts = ["exceedance_", "threshold_", "hotspots_"].map(|what| paths.of(what));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&args.out).with_context(|| format!("cannot read {}", args.out.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_of_code =
            |start: &PathBuf| start.file_name().is_some_and(|start| name.starts_with(&*start.to_string_lossy()));
        if starts.iter().any(is_of_code) && [".tif", ".gpkg", ".geojson"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what an earlier run of this analyte left in the folder and this one did not make (`outputs`): a map must not stand
/// beside decisions of another.
pub(super) fn remove_outdated(args: &Map, paths: &Paths, outputs: &[FileRecord]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if args.overwrite {
        for path in [
            "prediction.tif",
            "trust.tif",
            "map.png",
            "sd.tif",
            "exceedance.tif",
            "threshold.tif",
            "hotspots.geojson",
            "hotspots.gpkg",
            "reliability.png",
            "curve.csv",
            "curve.png",
            "compare.csv",
        ]
        .map(|what| paths.of(what))
        .into_iter()
        .chain(of_codes(args, paths)?)
        {
            if path.is_file() && !outputs.iter().any(|output| Path::new(&output.path) == path) {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                notes.push(format!("{} of an earlier run was removed", path.display()));
            }
        }
    }
    Ok(notes)
}
