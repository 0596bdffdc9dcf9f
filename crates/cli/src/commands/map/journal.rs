//! The journal of a map: what makes two runs the same, and what of it is done.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use serde_json::{Value as Json, json};
use soilscope_pipeline::io::gdal_version;
use soilscope_pipeline::journal::Journal;
use soilscope_pipeline::strips::Strips;

use super::one::{Job, Opened};
use super::pass;
use super::provenance::settings;
use crate::Outcome;
use crate::args::{Common, Map, Part};
use crate::follow::{Progress, complete, keeps};
use crate::output;
use crate::record::FileRecord;

/// Opens the journal of the maps that `jobs` are.
pub(super) fn open(args: &Map, inputs: &[FileRecord], jobs: &[&Job]) -> Result<Arc<Journal>> {
    let begin = args.run.begin(args.overwrite);
    Ok(Arc::new(Journal::open(&args.out, plan(inputs, jobs)?, begin, args.run.checkpoint)?))
}

/// The same job, whose files in the folder may be its own from before where it goes on.
pub(super) fn going_on(args: &Map) -> Map {
    let mut args = args.clone();
    args.overwrite |= args.run.resume && Journal::exists(&args.out);
    args
}

/// Computes a part of maps that are opened, and says so.
pub(super) fn part(
    part: Part,
    opened: Vec<Opened>,
    journal: &Journal,
    progress: &Progress,
    common: &Common,
) -> Result<Outcome> {
    let analytes: Vec<String> = opened.iter().map(|one| one.job.source.analyte().to_owned()).collect();
    let tell = |(analyte, (strips, had)): (&String, (usize, usize))| {
        let before = if had > 0 { format!(", {had} of them from before") } else { String::new() };
        format!("{analyte}: part {}/{} is done, {strips} strips{before}", part.number, part.of)
    };
    let mut told: Vec<String> = analytes.iter().zip(pass::part(opened, progress)?).map(tell).collect();
    complete();
    if common.json {
        output::print_json(&json!({ "part": part.number, "of": part.of, "folder": journal.folder() }))?;
    } else if !common.quiet {
        told.push(format!(
            "kept in {}; --assemble makes the map when all parts are there\n",
            journal.folder().display()
        ));
        output::print(&told.join("\n"))?;
    }
    Ok(Outcome::Done)
}

/// Every input and setting that the bytes of the map depend on.
fn plan(inputs: &[FileRecord], jobs: &[&Job]) -> Result<Json> {
    // Files may be moved between one run and the next, and their parts computed elsewhere: the name alone tells which is which.
    let name = |path: &str| Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut sums = BTreeMap::<String, &str>::new();
    for file in inputs {
        let mut key = format!("{} {}", file.role, name(&file.path));
        // Files of one name in several folders, in the order of the command.
        while sums.contains_key(&key) {
            key.push_str(", another");
        }
        sums.insert(key, &file.sha256);
    }
    let mut maps = serde_json::Map::new();
    for job in jobs {
        let rasters: BTreeMap<String, Json> = (job.products.iter())
            .map(|product| {
                (name(&product.path.to_string_lossy()), json!([product.layer, product.unit, product.metadata]))
            })
            .collect();
        let mut samples = json!(job.source.record());
        samples.as_object_mut().map(|samples| samples.remove("file"));
        maps.insert(
            job.source.analyte().to_owned(),
            json!({
                "settings": settings(&job.args, &job.field),
                "samples": samples,
                "crs": job.source.crs(),
                "method": job.field.method,
                "model": job.field.model,
                "grid": job.grid_record,
                "trust": job.trust_record,
                "rasters": rasters,
                "title": job.args.title,
            }),
        );
    }
    Ok(json!({
        "soilscope": env!("CARGO_PKG_VERSION"),
        "gdal": gdal_version(),
        "inputs": sums,
        "maps": maps,
    }))
}

/// Notes, for the end of a run that fails, how much of it is kept.
pub(super) fn tell(journal: &Journal) {
    let recorded = journal.recorded();
    keeps((recorded > 0).then(|| {
        let strips = if recorded == 1 { "1 strip is".to_owned() } else { format!("{recorded} strips are") };
        format!("{strips} kept in {}: the same command with --resume goes on", journal.folder().display())
    }));
}

/// The strips of a part, or all.
pub(super) fn wanted(strips: &Strips, part: Option<Part>) -> Result<Range<usize>> {
    let Some(part) = part else { return Ok(0..strips.len()) };
    ensure!(
        part.of.get() <= strips.len(),
        "--part {}/{}: the grid has {} strips, and a part is at least one of them: ask for fewer parts",
        part.number,
        part.of,
        strips.len()
    );
    Ok(strips.part(part.number - 1, part.of))
}

/// Refuses to assemble what is not complete.
pub(super) fn refuse_missing(journal: &Journal, missing: &[usize], strips: &Strips, analyte: &str) -> Result<()> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for &strip in missing {
        match runs.last_mut() {
            Some(run) if run.end == strip => run.end += 1,
            _ => runs.push(strip..strip + 1),
        }
    }
    let told = |run: &Range<usize>| match run.len() {
        1 => run.start.to_string(),
        _ => format!("{} to {}", run.start, run.end - 1),
    };
    let shown: Vec<String> = runs.iter().take(10).map(told).collect();
    let more = if runs.len() > shown.len() { " and others" } else { "" };
    ensure!(
        missing.is_empty(),
        "{} of {} strips of {analyte} are not in {}: {}{more} (counted from 0, from the north); compute the parts that hold them \
         again with --part, or leave out --assemble and add --resume to compute them here",
        missing.len(),
        strips.len(),
        journal.folder().display(),
        shown.join(", ")
    );
    Ok(())
}

/// The journal is done with: the map is whole.
pub(super) fn finish(journal: &Journal) {
    journal.finish();
    keeps(None);
}
