//! Maps of several analytes in one run, and what they are together.

mod asked;
mod doubts;
mod fields;
mod limits;
mod marginals;
mod model;
mod pairs;
mod picture;
mod places;
mod rasters;
mod record;

use anyhow::{Context, Result, ensure};

use super::decision::{self, check_decision};
use super::one::{Mapped, Opened};
use super::provenance::{inputs, refuse_another_record};
use super::{Paths, check_samples, journal, outlook, pass, summary};
use crate::Outcome;
use crate::args::{Common, Map};
use crate::follow::{Progress, make_folder, wrote};
use crate::guideline;
use crate::output;
use crate::record::{FileRecord, Times, Versions, command_line, finish};
use fields::Prepared;
use pairs::PairRecord;
use record::{JointRecord, RunRecord};

pub(super) use asked::names;

/// Stem of the files of all analytes together.
pub(super) const JOINT: &str = "joint";

pub(super) fn run(args: &Map, names: &[String], common: &Common) -> Result<Outcome> {
    let mut times = Times::start();
    let args = &journal::going_on(args);
    guideline::check(&args.decision.guideline)?;
    asked::check(args, names)?;
    check_samples(args)?;
    let thresholds = decision::thresholds(&args.decision, names)?;
    let guidelines = guideline::of_each(&args.decision.guideline, names)?;
    let mut each = Vec::new();
    for ((name, threshold), guideline) in names.iter().zip(thresholds).zip(guidelines) {
        let mut own = decision::of_one(args, Some(name), threshold);
        own.decision.guideline = guideline;
        own.title = args.title.as_ref().map(|title| format!("{title}: {name}"));
        check_decision(&own)?;
        each.push(own);
    }
    refuse_another_record(&args.out, "map", Some(&names.join(", ")))?;
    output::dated()?; // refused now and not after the computing
    let mut inputs = inputs(&args.samples, &args.grid, Some(&args.method))?;
    for (role, path) in guideline::file(&args.decision.guideline).into_iter().filter(|(_, path)| path.is_file()) {
        inputs.push(FileRecord::of(role, path)?);
    }
    make_folder(&args.out)?;
    let progress = Progress::new(common);

    let mut opened: Vec<Opened> = Vec::new();
    for own in &each {
        let frame = opened.first().map(Opened::frame);
        let next = Opened::new(own, frame.as_ref(), common, &progress, &mut times)?;
        for file in next.soil_files()? {
            if !inputs.iter().any(|known| known.path == file.path) {
                inputs.push(file);
            }
        }
        asked::refuse_same_column(&opened, &next)?;
        opened.push(next);
    }
    if args.run.dry_run {
        return outlook::tell(&opened, &progress, common);
    }
    let journal = journal::open(args, &inputs, &opened.iter().map(|o| &o.job).collect::<Vec<_>>())?;
    pass::keep_in(&mut opened, &journal)?;
    if let Some(part) = args.run.part {
        return journal::part(part, opened, &journal, &progress, common);
    }
    let paths = Paths::new(&args.out, JOINT);
    let record_file = output::open(&args.out.join("run.json"), args.overwrite)?;
    // Of rasters that alone are wanted nothing is told of several together.
    let whole = args.only.is_empty();
    let pairs_file = whole.then(|| output::open(&paths.of("samples.csv"), args.overwrite)).transpose()?;
    let jobs: Vec<_> = opened.iter().map(|o| &o.job).collect();
    let mut pairs = if whole { pairs::of(&jobs)? } else { Vec::new() };
    let simulated = whole && args.decision.is_decided() && args.decision.realisations != Some(0);
    let prepared = simulated.then(|| Prepared::new(args, &jobs, &paths, common, &progress)).transpose()?;
    if let Some(correlations) = prepared.as_ref().and_then(|prepared| prepared.correlations.as_ref()) {
        pairs.iter_mut().zip(correlations).for_each(|(pair, own)| pair.pearson_over_draws = *own);
    }
    if whole {
        times.lap("joint model");
    }

    let mapped = pass::maps(opened, common, &progress, &mut times)?;

    let mut outputs = Vec::new();
    if let Some(file) = pairs_file {
        output::fill(file, &pairs::csv(&pairs)?)?;
        wrote(&paths.of("samples.csv"));
        outputs.push(FileRecord::of("samples", &paths.of("samples.csv"))?);
    }
    let mut notes = Vec::new();
    let joint = match prepared {
        Some(prepared) => {
            let (joint, files, said) = prepared.compute(args, &mapped, &paths, &progress)?;
            outputs.extend(files);
            notes.extend(said);
            if let Some((first, _)) = args.decision.guideline.guideline.as_ref().and_then(|codes| codes.split_once(','))
            {
                notes.push(format!("what the analytes are together is told for the first of the limits, {first}"));
            }
            Some(joint)
        }
        None => None,
    };
    notes.extend(rasters::remove_outdated(args, &paths, &outputs)?);
    if whole {
        times.lap("joint");
    }
    drop(progress);

    times.finish();
    let record = RunRecord {
        verb: "map",
        versions: Versions::here(),
        command: command_line(),
        times,
        threads: common.threads()?.get(),
        inputs,
        analytes: mapped.iter().map(Mapped::record).collect(),
        samples_together: &pairs,
        joint: joint.as_ref(),
        outputs: &outputs,
        notes: &notes,
    };
    let untold = |m: &Mapped| -> Vec<String> {
        m.untold().iter().map(|note| format!("{}: {note}", m.source.analyte())).collect()
    };
    let said: Vec<String> = mapped.iter().flat_map(untold).chain(notes.iter().cloned()).collect();
    let outcome = finish(common, &record, &said, &text(args, &mapped, &record, joint.as_ref(), &pairs), record_file)?;
    journal::finish(&journal);
    Ok(outcome)
}

/// The whole run in a few lines.
fn text(
    args: &Map,
    mapped: &[Mapped],
    record: &RunRecord<'_>,
    joint: Option<&JointRecord>,
    pairs: &[PairRecord],
) -> String {
    let mut lines = String::new();
    for (mapped, analyte) in mapped.iter().zip(&record.analytes) {
        lines.push_str(&summary::summary(&mapped.args, analyte));
    }
    for pair in pairs {
        lines.push_str(&pair.line());
        lines.push('\n');
    }
    for line in joint.iter().flat_map(|joint| joint.lines()) {
        lines.push_str(&line);
        lines.push('\n');
    }
    if !record.outputs.is_empty() {
        lines.push_str(&format!("written to {}: {}\n", args.out.display(), summary::names(record.outputs)));
    }
    lines
}

/// Whether two maps have the same cells: those of one run must.
fn same_cells(jobs: &[&super::one::Job]) -> Result<()> {
    let first = jobs.first().context("there is no analyte")?;
    for job in jobs {
        ensure!(
            job.grid.size() == first.grid.size() && job.grid.bounds() == first.grid.bounds(),
            "the grids of {} and {} differ: state the grid by --cell and --bounds, or --like",
            first.source.analyte(),
            job.source.analyte()
        );
    }
    Ok(())
}
