//! Passes over the grid: analytes whose cells are asked for alike go over it together, and what is the same for them is done once.
//!
//! Those with other masks, or other covariates of the cells, go over it in a pass of their own; so do those with large systems of all
//! samples, which have nothing to share and would be in memory together.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Serialize;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::together::{Sharing, Together};
use soilscope_pipeline::covariates::Covariates as CellCovariates;
use soilscope_pipeline::io::covariate_in::RasterCovariates;
use soilscope_pipeline::journal::Journal;
use soilscope_pipeline::mask::Mask as CellMask;
use soilscope_pipeline::run::{self, Member, Plan, RunReport};
use soilscope_pipeline::tile::TileSink;

use super::one::{Job, Mapped, OpenRasters, Opened};
use super::{journal, outlook};
use crate::args::Common;
use crate::choice::executor_of;
use crate::covariates::Covariates;
use crate::field::Field;
use crate::follow::{Progress, check_interrupt, watching, wrote};
use crate::record::Times;
use crate::words::Mask;

/// Samples of which systems of all of them are held for several analytes at a time, some megabytes each.
const SYSTEMS_TOGETHER: usize = 1_000;

/// Analytes that go over the grid together.
pub(super) struct Pass<'a> {
    pub(super) jobs: Vec<&'a Job>,
    /// Their numbers among all analytes of the run.
    numbers: Vec<usize>,
}

/// What predicts the analytes of a pass.
pub(super) struct Prepared<'a> {
    pub(super) together: Together,
    /// Of each analyte the lines of samples that the method left out.
    left_out: Vec<Vec<usize>>,
    /// Of the cells, for all of them.
    pub(super) covariates: Option<RasterCovariates<'a>>,
}

/// What came of the rasters of an analyte.
pub(super) struct Computed {
    pub(super) report: RunReport,
    /// Lines of samples that the method left out.
    pub(super) left_out: Vec<usize>,
    /// None for the map of one analyte.
    pub(super) shared: Option<Shared>,
}

/// With which other analytes of the run an analyte was computed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shared {
    /// Those that went over the grid in the same pass.
    pass: Vec<String>,
    /// Of these, those that have the same weights of the samples at every cell: places, search, model and method are the same.
    weights: Vec<String>,
    /// Those that have the same neighbours at every cell, and weights of their own.
    neighbours: Vec<String>,
}

/// Makes maps that are opened: all are judged, then computed, in as few passes over the grid as their cells allow, then completed.
pub(super) fn maps(
    mut opened: Vec<Opened>,
    common: &Common,
    progress: &Progress,
    times: &mut Times,
) -> Result<Vec<Mapped>> {
    let verdicts = opened.iter_mut().map(|one| one.judge(common, progress, times)).collect::<Result<Vec<_>>>()?;
    let computed = compute(&mut opened, progress)?;
    times.lap("map");
    let done = opened.into_iter().zip(verdicts).zip(computed);
    done.map(|((one, verdict), computed)| one.complete(verdict, computed, progress, times)).collect()
}

/// Opens the rasters of all maps, whose strips are kept in a journal.
pub(super) fn keep_in(opened: &mut [Opened], journal: &Arc<Journal>) -> Result<()> {
    let mut side_by_side = vec![NonZeroUsize::MIN; opened.len()];
    for pass in passes(opened) {
        let fitting = outlook::fit(&pass)?;
        pass.numbers.iter().for_each(|&k| side_by_side[k] = fitting);
    }
    opened.iter_mut().zip(side_by_side).try_for_each(|(one, side_by_side)| one.keep_in(journal, side_by_side))
}

/// Computes the strips of a part of all maps, and leaves them in the journal. Returns of each how many strips the part has, and how many
/// had been there.
pub(super) fn part(mut opened: Vec<Opened>, progress: &Progress) -> Result<Vec<(usize, usize)>> {
    check_interrupt("the part was computed")?;
    let mut rasters = take(&mut opened)?;
    let mut counts = Vec::with_capacity(opened.len());
    for (one, rasters) in opened.iter().zip(rasters.iter().flatten()) {
        let all = journal::wanted(&rasters.strips, one.job.args.run.part)?.len();
        counts.push((all, all - rasters.share.todo().len()));
    }
    for pass in passes(&opened) {
        let mut own = pass.own(&mut rasters);
        pass.strips(&mut own, progress)?;
        for rasters in &mut own {
            rasters.sink.record()?;
        }
    }
    Ok(counts)
}

/// Computes and writes the rasters of all maps.
fn compute(opened: &mut [Opened], progress: &Progress) -> Result<Vec<Computed>> {
    let mut rasters = take(opened)?;
    for (Opened { job, .. }, rasters) in opened.iter().zip(rasters.iter().flatten()) {
        if job.args.run.assemble {
            let OpenRasters { share, strips, journal, .. } = rasters;
            journal::refuse_missing(journal, share.todo(), strips, job.source.analyte())?;
        }
    }
    let mut computed = Vec::with_capacity(opened.len());
    for pass in passes(opened) {
        let own = pass.own(&mut rasters);
        computed.extend(pass.numbers.iter().copied().zip(pass.rasters(own, progress)?));
    }
    computed.sort_by_key(|(number, _)| *number);
    let mut computed: Vec<Computed> = computed.into_iter().map(|(_, computed)| computed).collect();
    if opened.len() < 2 {
        computed.iter_mut().for_each(|computed| computed.shared = None);
    }
    Ok(computed)
}

/// The rasters of all maps, by their numbers.
fn take(opened: &mut [Opened]) -> Result<Vec<Option<OpenRasters>>> {
    let taken = opened.iter_mut().map(|one| one.rasters.take().context("the rasters of a map were not opened"));
    taken.map(|rasters| rasters.map(Some)).collect()
}

/// Who goes over the grid with whom.
pub(super) fn passes(opened: &[Opened]) -> Vec<Pass<'_>> {
    let mut passes: Vec<Pass<'_>> = Vec::new();
    for (number, Opened { job, .. }) in opened.iter().enumerate() {
        match passes.iter_mut().find(|pass| pass.jobs[0].goes_with(job)) {
            Some(pass) => {
                pass.jobs.push(job);
                pass.numbers.push(number);
            }
            None => passes.push(Pass { jobs: vec![job], numbers: vec![number] }),
        }
    }
    passes
}

impl Job {
    /// Whether both go over the grid together: asked of the same cells, of which the same is known.
    fn goes_with(&self, other: &Self) -> bool {
        // Masks are those of the one command; only what is near samples depends on the analyte.
        let near_samples = self.args.grid.mask.iter().any(|mask| matches!(mask, Mask::NearSamples(_)));
        self.grid == other.grid
            && (!near_samples || self.source.samples().has_places_of(other.source.samples()))
            && match (self.source.covariates(), other.source.covariates()) {
                (Some(one), Some(other)) => one.has_cells_of(other),
                (one, other) => one.is_none() && other.is_none(),
            }
            && ![self, other].iter().any(|job| job.is_large_system())
    }

    /// Whether it is kriged with a system of so many samples that several of them are not to be held at a time, as nothing of them is shared.
    fn is_large_system(&self) -> bool {
        let Field { model, method, on_scale, .. } = &self.field;
        model.is_some() && method.neighbourhood == Neighbourhood::Global && on_scale.len() > SYSTEMS_TOGETHER
    }
}

impl<'a> Pass<'a> {
    /// Its rasters, of those of all maps.
    fn own(&self, rasters: &mut [Option<OpenRasters>]) -> Vec<OpenRasters> {
        self.numbers.iter().filter_map(|&k| rasters[k].take()).collect()
    }

    /// The names of its analytes, for a message.
    pub(super) fn names(&self) -> String {
        self.jobs.iter().map(|job| job.source.analyte()).collect::<Vec<_>>().join(", ")
    }

    /// What is to be computed of each.
    pub(super) fn plans(&self, covariates: Option<&'a RasterCovariates<'a>>) -> Vec<Plan<'a>> {
        let mask = self.jobs[0].mask.as_ref().map(|mask| mask as &dyn CellMask);
        let covariates = covariates.map(|c| c as &dyn CellCovariates);
        self.jobs.iter().map(|job| job.plan(mask, covariates)).collect()
    }

    /// The covariates of the cells.
    pub(super) fn covariates(&self) -> Result<Option<RasterCovariates<'a>>> {
        self.jobs[0].source.covariates().map(Covariates::of_cells).transpose()
    }

    /// Makes everything ready to predict.
    pub(super) fn prepare(&self, progress: &Progress) -> Result<Prepared<'a>> {
        let pool = executor_of(self.jobs[0].threads)?;
        let mut together = Together::default();
        progress.busy("preparing", || -> Result<()> {
            for Job { field, source, .. } in self.jobs.iter().copied() {
                source.located(together.add(field.interpolator.as_ref(), &field.on_scale, &pool))?;
            }
            Ok(())
        })?;
        let lines = |(k, job): (usize, &&Job)| together.get(k).left_out().iter().map(|&i| job.source.line(i)).collect();
        let left_out = self.jobs.iter().enumerate().map(lines).collect();
        Ok(Prepared { together, left_out, covariates: self.covariates()? })
    }

    /// Computes the strips that are to be computed.
    fn strips(&self, rasters: &mut [OpenRasters], progress: &Progress) -> Result<Vec<Computed>> {
        let prepared = self.prepare(progress)?;
        let plans = self.plans(prepared.covariates.as_ref());
        let Prepared { together, .. } = &prepared;
        for ((k, job), OpenRasters { sink, .. }) in self.jobs.iter().enumerate().zip(rasters.iter()) {
            // Parts fit where what is computed again on both sides of a seam is what they have there.
            for number in if job.args.run.assemble { sink.seams() } else { Vec::new() } {
                check_interrupt("all seams were looked at")?;
                if let Some(tile) = run::one_tile(&plans[k], together.get(k), number)? {
                    sink.compare(&tile)?;
                }
            }
        }
        let mut members: Vec<Member<'_>> = plans
            .iter()
            .zip(rasters.iter_mut())
            .map(|(plan, OpenRasters { sink, share, .. })| Member { plan, share, sink: sink.as_mut() })
            .collect();
        let outcome = watching(|| run::run_together(&mut members, together, progress));
        drop(members);
        for OpenRasters { sink, .. } in rasters.iter_mut().filter(|_| outcome.is_err()) {
            if sink.is_worth_recording() {
                // What cannot be recorded, as on a full disk, is computed again; the reason is told by what failed first.
                let _ = sink.record();
            }
        }
        rasters.iter().for_each(|rasters| journal::tell(&rasters.journal));
        let shared: Vec<Shared> = (0..self.jobs.len()).map(|k| self.shared(k, together)).collect();
        let computed = outcome?.into_iter().zip(prepared.left_out).zip(shared);
        Ok(computed.map(|((report, left_out), shared)| Computed { report, left_out, shared: Some(shared) }).collect())
    }

    /// With whom an analyte is computed.
    fn shared(&self, number: usize, together: &Together) -> Shared {
        let others = || (0..self.jobs.len()).filter(|&other| other != number);
        let name = |k: usize| self.jobs[k].source.analyte().to_owned();
        let of = |sharing: Sharing| others().filter(|&k| together.sharing(number, k) == sharing).map(name).collect();
        Shared {
            pass: others().map(name).collect(),
            weights: of(Sharing::Weights),
            neighbours: of(Sharing::Neighbours),
        }
    }

    /// Computes the rasters and puts them together.
    fn rasters(&self, mut rasters: Vec<OpenRasters>, progress: &Progress) -> Result<Vec<Computed>> {
        let computed = self.strips(&mut rasters, progress)?;
        // From here on there are files of this run: the record of an earlier one no longer describes the folder.
        match std::fs::remove_file(self.jobs[0].args.out.join("run.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for OpenRasters { sink, journal, .. } in rasters {
            let finished = watching(|| sink.finish(progress));
            journal::tell(&journal);
            for path in finished? {
                wrote(&path);
            }
        }
        Ok(computed)
    }
}

impl Shared {
    /// In one line.
    pub(super) fn line(&self) -> String {
        if self.pass.is_empty() {
            return "computed in a pass of its own: its cells, or what is known of them, are not those of the others"
                .to_owned();
        }
        let known = |name: &&String| self.weights.contains(name) || self.neighbours.contains(name);
        let others: Vec<String> = self.pass.iter().filter(|name| !known(name)).cloned().collect();
        let with = |what: &str, names: &[String], rest: &str| {
            (!names.is_empty()).then(|| format!("{what} {}{rest}", names.join(", ")))
        };
        let parts = [
            with("the same weights of the samples as", &self.weights, ""),
            with("the same neighbours as", &self.neighbours, ", with weights of its own"),
            with("neither neighbours nor weights in common with", &others, ""),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("computed in one pass over the grid: {}", parts.join("; "))
    }
}
