//! Sites that lower most what is expected to be wrong with a map.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use serde_json::Value as Json;
use soilscope_assess::plan::{Cell, Limits, Lower, Pick, propose};
use soilscope_core::Coord;
use soilscope_core::kriging::ErrorCovariances;
use soilscope_core::transform::normal_cdf;
use soilscope_pipeline::io::covariate_in::RasterCovariate;

use super::cells::{count, groups, side_for};
use super::files::{self, About, Kind, Row};
use super::gaps::{self, Without, WithoutLimit};
use super::limit::{Limit, Range};
use super::picture::{self, Shown};
use super::rerun::Rerun;
use crate::Outcome;
use crate::args::{Common, LowerChoice, SamplePlan};
use crate::commands::map::grid;
use crate::field::{refuse_idle, short_number};
use crate::follow::{Progress, complete, watching};
use crate::output;
use crate::record::{FileRecord, command_line};
use crate::words::Mask;

/// Cells that stand for the map, about: their gains are added up for each candidate.
const CELLS: usize = 4000;
/// Places among which sites are chosen, about, unless their spacing is given.
const CANDIDATES: usize = 500;
/// Most numbers of covariances that are held: 256 MB.
const MOST: usize = 32 << 20;

/// The verb's result.
#[derive(Serialize)]
struct Report<'a> {
    verb: &'static str,
    command: Vec<String>,
    run: String,
    analyte: &'a str,
    unit: Option<&'a str>,
    model: String,
    /// What the sites lower, its unit, and what it is now.
    lower: &'static str,
    objective: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// Limits of the cells, where each has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    thresholds: Option<Range>,
    /// The limit of the law, as the map's record has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    guideline: Option<&'a Json>,
    /// The limit with act, source and standing, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
    before: f64,
    after: f64,
    /// Part of `before` that all sites together take away.
    gained_share: f64,
    sites: &'a [Row],
    stopped: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    /// What of the map is no part of the objective; `None` where all of it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_prediction: Option<Without>,
    /// What of the map has no limit and is no part of the objective either.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_limit: Option<WithoutLimit>,
    computed: Computed,
    inputs: &'a [FileRecord],
    notes: &'a [String],
}

/// How it was computed, and with what approximation.
#[derive(Serialize)]
struct Computed {
    cells_of_map: u64,
    cells: usize,
    /// Side of the squares of cells of which one cell stands for all.
    cells_side: usize,
    candidates: usize,
    candidates_side: usize,
    samples: usize,
    error_variance_of_a_sample: f64,
    covariances: &'static str,
    choice: &'static str,
}

pub(super) fn run(folder: &Path, args: &SamplePlan, kinds: &[Kind], common: &Common) -> Result<Outcome> {
    ensure!(args.sites.is_some() || args.budget.is_some(), "say how many sites are wanted (-n 10), or a --budget");
    let rerun = Rerun::open(folder, common)?;
    let Rerun { args: map, source, field, .. } = &rerun;
    let kriging = match field.simulated() {
        Ok(kriging) => kriging,
        Err(why) => bail!("{}: a plan needs the weights of the map's kriging, and has none: {why}", folder.display()),
    };
    ensure!(
        field.method.covariates.is_empty(),
        "{}: plans are made for ordinary, simple and universal kriging; this map's drift has covariates",
        folder.display()
    );
    files::refuse_nowhere(kinds, source.crs())?;
    let lower = lower(&rerun, args.lower)?;
    let unit_area = source.crs().metres_per_unit().filter(|_| !source.crs().is_local());
    ensure!(
        unit_area.is_some() || source.crs().is_local(),
        "{}: the map is in degrees: make it in a projected --out-crs, where areas and distances are what they are",
        folder.display()
    );
    let progress = Progress::new(common);

    // The map as a number of cells, and places to choose from.
    let (grid, mask, _) = grid::build(&map.grid, &[], source)?;
    let mask = mask.as_ref().map(|m| m as &dyn soilscope_pipeline::mask::Mask);
    let all = count(&grid, mask)?;
    ensure!(all > 0, "{}: the map has no cell inside its mask", folder.display());
    let cells_side = side_for(all, CELLS);
    let cells = groups(&grid, mask, cells_side)?;
    let mut access = map.grid.clone();
    access.mask.extend(args.access.iter().cloned().map(Mask::File));
    // Only its mask is wanted, so the grid must not be too large for anybody.
    let allowed = grid::build(&access, &[], source)?.1;
    let allowed = allowed.as_ref().map(|m| m as &dyn soilscope_pipeline::mask::Mask);
    let accessible = count(&grid, allowed)?;
    ensure!(
        accessible > 0,
        "no cell of the map is where one may sample: does --access lie where the map does, and in the CRS it says?"
    );
    let candidates_side = match args.candidates {
        Some(spacing) => ((spacing / grid.cell()[0].min(grid.cell()[1])).round() as usize).max(1),
        None => side_for(accessible, CANDIDATES),
    };
    let mut candidates: Vec<Coord> = groups(&grid, allowed, candidates_side)?.iter().map(|g| g.place).collect();
    let mut notes = Vec::new();
    if let Some(asked) = args.candidates {
        let taken = grid.cell()[0].min(grid.cell()[1]) * candidates_side as f64;
        if (taken / asked - 1.0).abs() > 1e-9 {
            let (asked, taken) = (short_number(asked), short_number(taken));
            notes.push(format!("sites are chosen among cells of the map: --candidates {asked} became {taken}"));
        }
    }
    let samples = &field.on_scale;
    let unpredicted = gaps::leave_out(kriging, samples, &mut candidates)?;
    ensure!(
        !candidates.is_empty(),
        "{}: the map predicts nothing where one may sample, so what a sample there would gain is not known: make it with a wider --radius",
        folder.display()
    );
    let costs = costs(args, &mut candidates, &mut notes, source)?;
    ensure!(!candidates.is_empty(), "--cost-raster has no cost at any place where one may sample");
    ensure!(
        candidates.len().saturating_mul(cells.len() + candidates.len()) <= MOST,
        "{} candidates and {} cells are more than a plan can hold: take a wider --candidates",
        candidates.len(),
        cells.len()
    );

    // Errors of the map and how they go together.
    let own: f64 = (0..samples.len()).map(|i| samples.error_variance(i)).sum::<f64>() / samples.len() as f64;
    let error_variance = kriging.variogram.error_variance() + own;
    let targets: Vec<Coord> = cells.iter().map(|c| c.place).chain(candidates.iter().copied()).collect();
    let numbers: Vec<usize> = (cells.len()..targets.len()).collect();
    let mut errors = source.located(watching(|| {
        progress.busy("covariances", || ErrorCovariances::new(kriging, samples, &targets, &numbers, error_variance))
    }))?;
    let one = grid.cell()[0] * grid.cell()[1] * unit_area.map_or(1.0, |metres| metres * metres);
    let limit = rerun.limit.as_ref().filter(|_| lower == Lower::Misclassification);
    let own = limit.map_or_else(|| Ok(vec![None; targets.len()]), |limit| limit.at(&targets))?;
    let on_scale = Limit::on_scale(&own, &field.transform)?;
    let areas = cells.iter().map(|g| g.cells as f64 * one).chain(candidates.iter().map(|_| 0.0));
    let weights: Vec<Cell> = areas.zip(on_scale).map(|(area, limit)| Cell { area, limit }).collect();
    let without_limit = limit.and_then(|_| WithoutLimit::of(&cells, &own[..cells.len()], one));
    ensure!(
        without_limit.as_ref().is_none_or(|w| w.share < 1.0),
        "{}: the map has no limit in any cell, so no side is wrong: use --lower variance",
        folder.display()
    );
    let range = limit.filter(|l| l.threshold.is_none()).and_then(|_| Range::of(&own[..cells.len()]));
    let said = limit.map(|limit| limit.words(range));
    let without = Without::of(&cells, &errors, one, unpredicted);
    ensure!(
        without.as_ref().is_none_or(|w| w.share < 1.0),
        "{}: the map predicts nothing, so there is nothing to lower: make it with a wider --radius",
        folder.display()
    );
    let limits = Limits {
        sites: args.sites.map(|n| n as usize),
        budget: args.budget,
        costs,
        min_distance: args.min_distance.unwrap_or(0.0),
        taken: samples.coords().to_vec(),
    };
    let now = errors.clone();
    let plan =
        watching(|| progress.busy("choosing sites", || propose(&mut errors, &weights, &candidates, lower, &limits)));
    drop(progress);

    let areas = if unit_area.is_some() { "m²" } else { "square units of the plane" };
    let first = cells.len();
    let chosen = Chosen { picks: &plan.picks, candidates: &candidates, now: &now, first, weights: &weights, own: &own };
    let rows = chosen.rows(limit, plan.before, areas, source.crs())?;
    if rows.is_empty() {
        ensure!(args.out.is_empty(), "no site is proposed, and nothing is written: {}", plan.stopped);
        notes.push(format!("no site is proposed: {}", plan.stopped));
    }
    notes.extend(without.as_ref().map(|w| w.note(areas)));
    notes.extend(without_limit.as_ref().map(|w| w.note(areas)));
    notes.extend(limit.and_then(Limit::note));
    if let Some(last) = plan.picks.last().filter(|p| p.rivals > 0.9 && matches!(lower, Lower::Variance)) {
        notes.push(format!("the last site is as good as many others: ten had at least {:.2} of its gain", last.rivals));
    }
    let after = plan.picks.last().map_or(plan.before, |p| p.after);
    let moving = field.method.neighbourhood != soilscope_core::neighbourhood::Neighbourhood::Global;
    let report = Report {
        verb: "sample-plan",
        command: command_line(),
        run: folder.display().to_string(),
        analyte: source.analyte(),
        unit: source.unit(),
        model: field.model.as_ref().map(|m| m.notation.clone()).unwrap_or_default(),
        lower: if lower == Lower::Variance { "variance" } else { "misclassification" },
        objective: match lower {
            Lower::Variance => "mean kriging variance, on the scale of the transform".to_owned(),
            Lower::Misclassification => {
                let of = limit.map(|limit| limit.numbers(range)).unwrap_or_default();
                format!("expected area on the wrong side of {of}, {areas}")
            }
        },
        threshold: rerun.limit.as_ref().and_then(|limit| limit.threshold),
        thresholds: range,
        guideline: rerun.limit.as_ref().and_then(|limit| limit.guideline.as_ref()),
        limit: said.as_deref(),
        before: plan.before,
        after,
        gained_share: if plan.before > 0.0 { 1.0 - after / plan.before } else { 0.0 },
        stopped: plan.stopped,
        // Not `sum`, whose sum of nothing is -0.
        cost: (!limits.costs.is_empty()).then(|| plan.picks.iter().filter_map(|p| p.cost).fold(0.0, |a, b| a + b)),
        without_prediction: without,
        without_limit,
        computed: Computed {
            cells_of_map: all,
            cells: cells.len(),
            cells_side,
            candidates: candidates.len(),
            candidates_side,
            samples: samples.len(),
            error_variance_of_a_sample: error_variance,
            covariances: if moving {
                "of the errors of the map's own predictions, each from its neighbours; a site's effect is that of correcting the map by \
                 what it says, which a new map with new neighbours comes near"
            } else {
                "of kriging with all samples: exact"
            },
            choice: "greedy: each site the best given those before it",
        },
        sites: &rows,
        inputs: &rerun.inputs,
        notes: &notes,
    };
    let shown = Shown {
        cells: &cells,
        side: cells_side,
        grid: &grid,
        now: &now,
        weights: &weights,
        lower,
        limit: limit.map(|limit| (limit, range)),
        trust: rerun.trust.as_deref(),
        source,
        field,
        sites: &rows,
        report_title: title(&report),
    };
    let about = About {
        title: source.analyte().to_owned(),
        limit: said.clone().unwrap_or_default(),
        columns: limit.map(Limit::columns).unwrap_or_default(),
    };
    for (kind, path) in kinds.iter().zip(&args.out) {
        files::write(*kind, path, args.overwrite, source.crs(), &about, &rows, || picture::draw(&shown))?;
    }
    complete();
    if !common.quiet {
        notes.iter().for_each(|note| output::say(&format!("note: {note}")));
    }
    if common.json {
        output::print_json(&report)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(Outcome::Done)
}

/// What is lowered: what was asked for, or what the map is for.
fn lower(rerun: &Rerun, asked: Option<LowerChoice>) -> Result<Lower> {
    match (asked, &rerun.limit) {
        (Some(LowerChoice::Variance), _) | (None, None) => Ok(Lower::Variance),
        (_, Some(_)) => Ok(Lower::Misclassification),
        (Some(LowerChoice::Misclassification), None) => {
            bail!("--lower misclassification needs a threshold: make the map with --threshold or --guideline")
        }
    }
}

/// What a sample costs at each candidate; those without a cost in the raster are left out.
fn costs(
    args: &SamplePlan,
    candidates: &mut Vec<Coord>,
    notes: &mut Vec<String>,
    source: &crate::source::Source,
) -> Result<Vec<f64>> {
    let Some(each) = args.cost_per_sample else { return Ok(Vec::new()) };
    let Some(path) = &args.cost_raster else {
        if args.budget.is_none() {
            refuse_idle(&["--cost-per-sample"], "every sample costs the same and there is no --budget")?;
        }
        return Ok(vec![each; candidates.len()]);
    };
    let raster = RasterCovariate::open(path, 1)?;
    if let Some(wkt) = raster.wkt() {
        let crs = soilscope_pipeline::crs::Crs::parse(wkt)?;
        ensure!(
            crs.same_as(source.crs()),
            "{}: the raster is in {}, the map in {}: warp it (gdalwarp -t_srs)",
            path.display(),
            crs.title(),
            source.crs().title()
        );
    }
    let (mut kept, mut costs) = (Vec::new(), Vec::new());
    for (&place, cost) in candidates.iter().zip(raster.at(candidates)?) {
        let Some(cost) = cost else { continue };
        ensure!(
            each + cost > 0.0,
            "{}: the cost at {}, {} is {cost}: with --cost-per-sample it must be above 0",
            path.display(),
            place[0],
            place[1]
        );
        kept.push(place);
        costs.push(each + cost);
    }
    if kept.len() < candidates.len() {
        notes.push(format!(
            "{} places have no cost in {} and are left out",
            candidates.len() - kept.len(),
            path.display()
        ));
    }
    *candidates = kept;
    Ok(costs)
}

/// The sites that were chosen, and what is known there now.
struct Chosen<'a> {
    picks: &'a [Pick],
    candidates: &'a [Coord],
    now: &'a ErrorCovariances,
    /// Which target the first candidate is.
    first: usize,
    weights: &'a [Cell],
    /// The limit of each target, in the unit of the data.
    own: &'a [Option<f64>],
}

impl Chosen<'_> {
    fn rows(
        &self,
        limit: Option<&Limit>,
        before: f64,
        areas: &str,
        crs: &soilscope_pipeline::crs::Crs,
    ) -> Result<Vec<Row>> {
        let Self { picks, candidates, now, first, weights, own } = *self;
        let mut cumulative = 0.0;
        let mut spent = 0.0;
        let places: Vec<Coord> = picks.iter().map(|p| candidates[p.candidate]).collect();
        let lon_lats = files::lon_lats(&places, crs)?;
        let row = |(rank, pick): (usize, &Pick)| {
            let target = first + pick.candidate;
            cumulative += pick.gain;
            spent += pick.cost.unwrap_or(0.0);
            let sd = now.variances()[target].sqrt();
            let share = 100.0 * pick.gain / before;
            let why = match limit {
                None => format!(
                    "takes {share:.1} % off the mean variance; its own standard deviation is {} now",
                    short_number(sd)
                ),
                Some(limit) => {
                    let gain = short_number(pick.gain);
                    let chance = match (weights[target].limit, own[target]) {
                        (Some(on_scale), Some(number)) => {
                            let chance = normal_cdf((now.predicted()[target] - on_scale) / sd);
                            format!("its chance of being above {} is {chance:.2} now", limit.of_place(number))
                        }
                        _ => "it has no limit of its own".to_owned(),
                    };
                    format!("takes {gain} {areas} ({share:.1} %) off the area expected on the wrong side; {chance}")
                }
            };
            Row {
                rank: rank + 1,
                x: places[rank][0],
                y: places[rank][1],
                lon_lat: lon_lats[rank],
                threshold: own[target],
                gain: Some(pick.gain),
                cumulative_gain: Some(cumulative),
                expected_before: Some(before),
                expected_after: Some(pick.after),
                cost: pick.cost,
                cumulative_cost: pick.cost.map(|_| spent),
                why,
            }
        };
        Ok(picks.iter().enumerate().map(row).collect())
    }
}

fn title(report: &Report<'_>) -> String {
    format!("Where to sample next for {}: {} sites", report.analyte, report.sites.len())
}

/// The plan for a person.
fn text(report: &Report<'_>) -> String {
    let mut lines = vec![format!(
        "{}: {} sites from {} candidates ({})",
        report.analyte,
        report.sites.len(),
        report.computed.candidates,
        report.stopped
    )];
    lines.push(format!(
        "{}: {} now, {} with them ({:.1} % less)",
        report.objective,
        short_number(report.before),
        short_number(report.after),
        100.0 * report.gained_share
    ));
    lines.extend(report.limit.map(|limit| format!("limit: {limit}")));
    for row in report.sites {
        lines.push(format!("{:>4}  {} {}  {}", row.rank, short_number(row.x), short_number(row.y), row.why));
    }
    if let Some(cost) = report.cost {
        lines.push(format!("cost: {}", short_number(cost)));
    }
    if report.computed.cells_side > 1 {
        lines.push(format!(
            "one cell stands for each {0} x {0} cells of the map: {1} for {2}",
            report.computed.cells_side, report.computed.cells, report.computed.cells_of_map
        ));
    }
    lines.join("\n") + "\n"
}
