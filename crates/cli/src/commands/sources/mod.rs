//! `soilscope sources`: mixtures taken apart, and the nearness of samples and hotspots to known sources.

mod factors;
mod files;
mod inventory;
mod measured;
mod text;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use serde_json::{Value as Json, json};
use soilscope_core::simulation::quantile_of_sorted;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::samples::PreparationRecord;

use crate::Outcome;
use crate::args::{Common, Nondetect, Sources};
use crate::commands::map::provenance::refuse_another_record;
use crate::field::refuse_idle;
use crate::follow::{Progress, make_folder, watching};
use crate::output;
use crate::record::{FileRecord, Times, Versions, command_line, finish};
use crate::words::ThresholdChoice;
use factors::Factors;
use files::Folder;
use inventory::{Inventory, Near, Related};
use measured::Measured;

/// What was found.
#[derive(Serialize)]
struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<Factors>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory: Option<InventoryRecord>,
}

/// Known sources and what goes with their nearness.
#[derive(Serialize)]
struct InventoryRecord {
    sources: usize,
    /// Sources of each kind, where a column of kinds was named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<(String, usize)>,
    /// Of the samples to their nearest source: smallest, median and largest, CRS units.
    distances: [f64; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    hotspots: Option<HotspotsRecord>,
    analytes: Vec<Related>,
}

/// Hotspots and the sources.
#[derive(Serialize)]
struct HotspotsRecord {
    count: usize,
    /// Hotspots no farther from a source than half of the samples are.
    as_near: usize,
}

#[derive(Serialize)]
struct RunRecord<'a> {
    verb: &'static str,
    versions: Versions,
    command: Vec<String>,
    #[serde(flatten)]
    times: Times,
    threads: usize,
    inputs: Vec<FileRecord>,
    analyte: &'a str,
    settings: Json,
    samples: Vec<&'a PreparationRecord>,
    crs: &'a Crs,
    #[serde(flatten)]
    found: &'a Found,
    outputs: &'a [FileRecord],
    notes: &'a [String],
}

pub(crate) fn run(args: &Sources, common: &Common) -> Result<Outcome> {
    let mut times = Times::start();
    let several = args.samples.analyte.as_deref().is_some_and(|names| names.contains(','));
    check(args, several)?;
    refuse_another_record(&args.out, "sources", args.samples.analyte.as_deref())?;
    output::dated()?; // refused now and not after the computing
    let mut inputs = Vec::new();
    let files = [
        ("samples", Some(&args.samples.samples)),
        ("inventory", args.inventory.as_ref()),
        ("hotspots", args.hotspots.as_ref()),
    ];
    for (role, path) in files {
        // One that is not there is refused by its reader, and better.
        inputs.extend(path.filter(|p| p.is_file()).map(|p| FileRecord::of(role, p)).transpose()?);
    }
    let measured = Measured::read(&args.samples, common)?;
    let inventory = args.inventory.as_deref().map(|path| Inventory::read(path, args, &measured)).transpose()?;
    let hotspots = match (&inventory, &args.hotspots) {
        (Some(inventory), Some(path)) => Some(inventory.of_hotspots(path, &measured, &args.within)?),
        _ => None,
    };
    if let Some(ThresholdChoice::Each(each)) = &args.threshold
        && let Some((name, _)) = each.iter().find(|(name, _)| !measured.names().contains(&name.as_str()))
    {
        bail!("--threshold {name}: that is none of the analytes {}", measured.names().join(", "));
    }
    make_folder(&args.out)?;
    let record_file = output::open(&args.out.join("run.json"), args.overwrite)?;
    let mut folder = Folder::new(args)?;
    times.lap("read");

    let progress = Progress::new(common);
    let threads = common.threads()?;
    let mut notes = Vec::new();
    let mut found = Found { factors: None, inventory: None };
    watching(|| -> Result<()> {
        let executor = Threads::new(threads, &progress)?;
        if several {
            let factors = progress.busy("taking factors apart", || Factors::new(args, &measured, &executor))?;
            notes.extend(factors.notes.iter().cloned());
            found.factors = Some(factors);
            times.lap("factors");
        }
        if let Some(inventory) = &inventory {
            let near = inventory.of_places(&measured.places, &args.within);
            let (analytes, said) =
                progress.busy("comparing with random fields", || inventory.related(args, &measured, &executor))?;
            notes.extend(said);
            folder.proximity(inventory, &near, &analytes, &measured)?;
            found.inventory = Some(record(inventory, &near, hotspots.as_deref(), analytes));
            times.lap("sources");
        }
        Ok(())
    })?;
    if let Some(factors) = &found.factors {
        match factors.one(args) {
            Some(fit) => folder.factors(factors, fit, &measured)?,
            None => folder.table(factors, &measured)?,
        }
    }
    if let (Some(inventory), Some(hotspots)) = (&inventory, &hotspots) {
        folder.hotspots(inventory, hotspots)?;
    }
    drop(progress);

    times.finish();
    let all: Vec<String> = measured.notes.iter().chain(&notes).cloned().collect();
    let record = RunRecord {
        verb: "sources",
        versions: Versions::here(),
        command: command_line(),
        times,
        threads: threads.get(),
        inputs,
        analyte: args.samples.analyte.as_deref().unwrap_or_default(),
        settings: settings(args, &measured),
        samples: measured.analytes.iter().map(|a| &a.record).collect(),
        crs: measured.crs(),
        found: &found,
        outputs: &folder.records,
        notes: &all,
    };
    finish(common, &record, &notes, &text::text(args, &measured, &found), record_file)
}

/// Refuses what has no effect, before anything is read.
fn check(args: &Sources, several: bool) -> Result<()> {
    let samples = &args.samples.samples;
    ensure!(
        samples.is_file() || !(samples.exists() || samples == Path::new("-")),
        "{}: the record holds the sum of the samples, so they must be a file that can be read again: save them first",
        samples.display()
    );
    ensure!(
        args.samples.nondetect != Nondetect::Censored,
        "--nondetect censored is for kriging; factors weigh a value below its limit as half of it with a wide uncertainty, and the \
         nearness to sources ranks it: leave it out"
    );
    ensure!(
        !several || args.samples.limit.is_none(),
        "--limit is of one analyte, and --analyte names several: write the limits into the file, like <0.5"
    );
    ensure!(
        several || args.inventory.is_some() || args.samples.analyte.is_none(),
        "one analyte has no factors, and there is no --inventory to compare it with: name several analytes, as in --analyte \
         zinc,lead,copper, or an inventory of known sources"
    );
    if !several {
        let idle = [
            args.factors.map(|_| "--factors"),
            (!args.error_cv.is_empty()).then_some("--error-cv"),
            args.starts.map(|_| "--starts"),
        ];
        refuse_idle(&idle.into_iter().flatten().collect::<Vec<_>>(), "one analyte has no factors")?;
    }
    if args.bootstrap == Some(0) {
        let idle = args.bootstrap_block.map(|_| "--bootstrap-block");
        refuse_idle(idle.as_slice(), "--bootstrap 0 draws nothing")?;
    }
    if args.inventory.is_none() && matches!(args.samples.nondetect, Nondetect::Limit | Nondetect::LimitOverSqrt2) {
        refuse_idle(
            &["--nondetect"],
            "in factors half the limit stands for a value below it, with an uncertainty of its own",
        )?;
    }
    Ok(())
}

fn record(
    inventory: &Inventory,
    near: &[Near],
    hotspots: Option<&[(String, Near)]>,
    analytes: Vec<Related>,
) -> InventoryRecord {
    let mut distances: Vec<f64> = near.iter().map(|n| n.nearest.distance).collect();
    distances.sort_by(f64::total_cmp);
    let distances = [0.0, 0.5, 1.0].map(|p| quantile_of_sorted(&distances, p));
    let of = |all: &[(String, Near)]| HotspotsRecord {
        count: all.len(),
        as_near: all.iter().filter(|(_, n)| n.nearest.distance <= distances[1]).count(),
    };
    InventoryRecord {
        sources: inventory.places.len(),
        kinds: inventory.kinds.iter().map(|(kind, sources)| (kind.clone(), sources.len())).collect(),
        distances,
        hotspots: hotspots.map(of),
        analytes,
    }
}

/// Every setting as it took effect.
fn settings(args: &Sources, measured: &Measured) -> Json {
    let inventory = args.inventory.is_some();
    json!({
        "factors": args.factors,
        "bootstrap": args.factors.map(|_| args.bootstrap.unwrap_or(factors::RESAMPLES)),
        "type": args.kind,
        "within": args.within,
        "threshold": measured.names().iter().map(|n| (n.to_string(), json!(args.threshold_of(n)))).collect::<serde_json::Map<_, _>>(),
        "fields": inventory.then(|| args.fields.unwrap_or(inventory::FIELDS)),
        "seed": args.seed,
    })
}
