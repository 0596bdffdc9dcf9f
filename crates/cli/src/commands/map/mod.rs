//! `soilscope map`: from samples to rasters, hotspots, a picture and the run record.

mod captions;
mod compare;
mod curves;
mod decision;
mod frame;
pub(crate) mod grid;
mod journal;
mod one;
mod outlook;
mod pass;
pub(crate) mod picture;
mod polygons;
mod products;
pub(crate) mod provenance;
mod reach;
mod record;
mod reliability;
mod several;
mod summary;
pub(crate) mod trust;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::Outcome;
use crate::args::{Common, Map};
use crate::follow::{Progress, make_folder};
use crate::guideline;
use crate::output;
use crate::record::{FileRecord, Times, Versions, command_line, finish};
use crate::words::ThresholdChoice;
use decision::check_decision;
use one::Opened;
use provenance::{inputs, refuse_another_record};
use record::RunRecord;

/// Paths of what a map is made of.
pub(crate) struct Paths {
    folder: PathBuf,
    stem: String,
}

impl Paths {
    pub(crate) fn new(folder: &Path, analyte: &str) -> Self {
        Self { folder: folder.to_owned(), stem: output::slug(analyte) }
    }

    pub(crate) fn of(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{}_{what}", self.stem))
    }
}

/// Refuses samples that could not be read a second time.
fn check_samples(args: &Map) -> Result<()> {
    ensure!(
        args.samples.samples.is_file() || !(args.samples.samples.exists() || args.samples.samples == Path::new("-")),
        "{}: a map's record holds the sum of its samples, so they must be a file that can be read again: save them first",
        args.samples.samples.display()
    );
    Ok(())
}

pub(crate) fn run(args: &Map, common: &Common) -> Result<Outcome> {
    let names = several::names(args)?;
    decision::check_only(args)?;
    if names.len() > 1 {
        return several::run(args, &names, common);
    }
    let mut times = Times::start();
    guideline::check(&args.decision.guideline)?;
    let threshold = match &args.decision.thresholds {
        Some(ThresholdChoice::Value(value)) => Some(*value),
        _ => decision::thresholds(&args.decision, &names)?.into_iter().flatten().next(),
    };
    let args = &decision::of_one(args, names.first().map(String::as_str), threshold);
    let args = &journal::going_on(args);
    check_decision(args)?;
    check_samples(args)?;
    refuse_another_record(&args.out, "map", args.samples.analyte.as_deref())?;
    output::dated()?; // refused now and not after the computing
    let mut inputs = inputs(&args.samples, &args.grid, Some(&args.method))?;
    for (role, path) in guideline::file(&args.decision.guideline).into_iter().filter(|(_, path)| path.is_file()) {
        inputs.push(FileRecord::of(role, path)?);
    }
    make_folder(&args.out)?;
    let progress = Progress::new(common);

    let opened = Opened::new(args, None, common, &progress, &mut times)?;
    // Known only now where it was left to the file.
    refuse_another_record(&args.out, "map", Some(opened.job.source.analyte()))?;
    inputs.extend(opened.soil_files()?);
    let mut opened = vec![opened];
    if args.run.dry_run {
        return outlook::tell(&opened, &progress, common);
    }
    let record_file = output::open(&args.out.join("run.json"), args.overwrite)?;
    let journal = journal::open(args, &inputs, &[&opened[0].job])?;
    pass::keep_in(&mut opened, &journal)?;
    if let Some(part) = args.run.part {
        return journal::part(part, opened, &journal, &progress, common);
    }
    let mapped = pass::maps(opened, common, &progress, &mut times)?.pop().context("a map comes of an analyte")?;
    drop(progress);

    times.finish();
    let analyte = mapped.record();
    let record = RunRecord {
        verb: "map",
        versions: Versions::here(),
        command: command_line(),
        times,
        threads: common.threads()?.get(),
        inputs,
        analyte,
    };
    let outcome =
        finish(common, &record, mapped.untold(), &summary::summary(&mapped.args, &record.analyte), record_file)?;
    journal::finish(&journal);
    Ok(outcome)
}
