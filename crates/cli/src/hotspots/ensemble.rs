//! What realisations say of hotspots: how large, how full and how heavy each may be, its cells taken together.

use std::num::NonZeroUsize;

use anyhow::{Context, Result, ensure};
use geo::BoundingRect;
use serde::Serialize;
use soilscope_assess::hotspot::{Hotspot, Hotspots};
use soilscope_core::Coord;
use soilscope_core::censored::{ImputationSettings, Imputations};
use soilscope_core::executor::Executor;
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::plausible_models;
use soilscope_core::simulation::{KrigedRun, KrigedSimulation, Simulator, ZoneSums, batch_bytes, zone_sums};
use soilscope_pipeline::covariates::{Covariates as _, PatchCovariates};
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::mask::{Mask, Overlap, Polygons};

use crate::args::DecisionArgs;
use crate::covariates::Covariates;
use crate::field::{Field, refuse_idle, short_number};
use crate::follow::{Progress, watching};
use crate::guideline::CellLimits;
use crate::source::Source;
use crate::spread::Spread;

/// Realisations, where nobody asks for another number.
const REALISATIONS: u32 = 200;
/// Models that the realisations are spread over, where the model was fitted.
const MODELS: usize = 20;
/// Most cells that are simulated, for all models together: of more, every second, third … stands for them.
const MOST_NODES: usize = 100_000;
/// A hotspot keeps at least so many of its cells, or all, unless there are thousands of hotspots.
const FEWEST_NODES: usize = 100;
/// Side of the squares in which a hotspot's cells are looked for.
const PATCH: usize = 512;
/// Bytes that the realisations of a batch take; while they are conditioned, three times as much is held.
const BATCH: usize = 96 << 20;

/// What the realisations take as the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ModelsAre {
    /// The map's, as it was given, or calibrated.
    Given,
    /// The map's: it was fitted by least squares, which say nothing of how sure they are.
    FittedByLeastSquares,
    /// The map's: with values below limits there is no likelihood to draw others by.
    FittedBelowLimits,
    /// Drawn from what the samples say of the model that was fitted by likelihood.
    Drawn {
        /// Equally likely candidates that tell as much.
        effective: f64,
        /// Drawn models that no system could be made of; the map's stands for them.
        refused: usize,
    },
    /// The map's, since none could be drawn.
    NotDrawn { why: String },
}

/// How the numbers came about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Simulated {
    simulator: &'static str,
    realisations: u32,
    seed: u64,
    /// Cells of all hotspots, and those of them that were simulated and stand for the others.
    cells: usize,
    simulated_cells: usize,
    /// Models that the realisations are spread over.
    models: Vec<String>,
    /// Why these.
    models_are: ModelsAre,
    /// Area above the threshold in all hotspots together, square metres (square units of a local plane).
    pub(crate) area_above: Spread,
    /// Soil above the threshold in them, cubic metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_above_m3: Option<Spread>,
    /// The contaminant in all their soil, kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    mass_kg: Option<Spread>,
}

/// One hotspot over the realisations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpotSpread {
    /// Of the mean value, in the data's unit.
    pub(crate) mean: Spread,
    /// Of the area above the threshold, as the hotspots' areas are given.
    pub(crate) area_above: Spread,
    pub(crate) volume_above_m3: Option<Spread>,
    pub(crate) mass_kg: Option<Spread>,
}

/// Refuses what would have no effect, or no meaning.
pub(crate) fn check(args: &DecisionArgs, field: &Field, source: &Source) -> Result<()> {
    if !field.has_variance() {
        let given = [("--depth", args.depth.is_some()), ("--treat-cost", args.treat_cost.is_some())];
        let idle: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        refuse_idle(&idle, "the method has no probabilities, so no volumes and costs are expected")?;
    }
    if let Err(why) = field.simulated() {
        let given = [
            ("--realisations", args.realisations.is_some_and(|n| n > 0)),
            ("--seed", args.seed.is_some()),
            ("--bulk-density", args.bulk_density.is_some()),
        ];
        let idle: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        refuse_idle(&idle, &format!("hotspots are not simulated: {why}"))?;
    }
    if args.realisations == Some(0) {
        let idle: Vec<&str> =
            [args.seed.map(|_| "--seed"), args.bulk_density.map(|_| "--bulk-density")].into_iter().flatten().collect();
        refuse_idle(&idle, "--realisations 0 simulates nothing")?;
    }
    ensure!(
        args.depth.is_none() || !source.crs().is_local(),
        "--depth makes cubic metres of areas, and a local plane has no metres: state the CRS of the samples, or leave it out"
    );
    ensure!(
        args.bulk_density.is_none() || source.unit() == Some("mg/kg"),
        "--bulk-density makes masses of values in mg/kg, and these are in {}: state --unit, or leave it out",
        source.unit().unwrap_or("no unit")
    );
    Ok(())
}

/// What the numbers are made of.
pub(crate) struct Ensemble<'a> {
    pub(crate) args: &'a DecisionArgs,
    pub(crate) field: &'a Field,
    pub(crate) source: &'a Source,
    pub(crate) grid: &'a Grid,
    pub(crate) cells: Option<&'a CellLimits>,
    pub(crate) threads: NonZeroUsize,
}

/// Cells that stand for hotspots.
#[derive(Default)]
struct Nodes {
    places: Vec<Coord>,
    covariates: Vec<f64>,
    /// Of each hotspot, its cells among them.
    spots: Vec<Vec<usize>>,
}

impl Ensemble<'_> {
    /// Simulates the hotspots' cells; `None` where there is nothing to simulate, or no wish to. `areas` are of the hotspots as they
    /// are given to the user.
    pub(crate) fn of(
        &self,
        hotspots: &Hotspots,
        areas: &[f64],
        progress: &Progress,
    ) -> Result<Option<(Vec<SpotSpread>, Simulated)>> {
        let realisations = self.args.realisations.unwrap_or(REALISATIONS);
        let Ok(kriging) = self.field.simulated() else { return Ok(None) };
        if realisations == 0 || hotspots.spots.is_empty() {
            return Ok(None);
        }
        let seed = self.args.seed.unwrap_or(1);
        let total = realisations as usize;
        let mut sums: Vec<ZoneSums> = vec![ZoneSums::default(); hotspots.spots.len()];
        let mut drawn = (Vec::new(), ModelsAre::Given);
        let mut nodes = Nodes::default();
        watching(|| {
            let executor = Threads::new(self.threads, progress)?;
            drawn = progress.busy("drawing models", || self.models(kriging, total, seed, &executor))?;
            let (models, are) = &mut drawn;
            nodes = self.nodes(hotspots, MOST_NODES / models.len())?;
            let limits = match self.cells {
                Some(cells) => cells.at(&nodes.places)?,
                None => Vec::new(),
            };
            let everywhere = self.args.threshold.unwrap_or(f64::NAN);
            let threshold = |node: usize| limits.get(node).copied().unwrap_or(everywhere);
            for m in 0..models.len() {
                let range = m * total / models.len()..(m + 1) * total / models.len();
                let run = match self.prepare(&models[m], range.end, &nodes, &executor) {
                    Ok(run) => run,
                    Err(soilscope_core::Error::Cancelled) => return Err(soilscope_core::Error::Cancelled.into()),
                    // A drawn model that no system can be made of.
                    Err(_) if models.len() > 1 => {
                        models[m] = kriging.clone();
                        if let ModelsAre::Drawn { refused, .. } = are {
                            *refused += 1;
                        }
                        self.source.located(self.prepare(kriging, range.end, &nodes, &executor))?
                    }
                    Err(error) => return self.source.located(Err(error)),
                };
                self.simulate(&run, range, &nodes, &threshold, &mut sums, (&executor, progress))?;
            }
            anyhow::Ok(())
        })?;
        let (models, models_are) = drawn;
        let spots = sums.iter().zip(areas).map(|(sums, &area)| self.spot(sums, area)).collect();
        let together = |of: &dyn Fn(&ZoneSums, f64, usize) -> f64| {
            Spread::of(
                (0..realisations as usize)
                    .map(|k| sums.iter().zip(areas).map(|(sums, &area)| of(sums, area, k)).sum::<f64>()),
            )
        };
        let area_above = together(&|sums, area, k| area * sums.above[k] as f64 / sums.nodes as f64);
        let mean_by_area = together(&|sums, area, k| area * sums.sum[k] / sums.nodes as f64);
        let record = Simulated {
            simulator: match self.field.below.is_empty() {
                true => "sequential-gaussian, conditioned by the kriging of the map",
                false => {
                    "sequential-gaussian, conditioned by the kriging of the map and a draw of the values below limits each"
                }
            },
            realisations,
            seed,
            cells: hotspots.cells(),
            simulated_cells: nodes.places.len(),
            models: models.iter().map(|kriging| kriging.variogram.to_string()).collect(),
            models_are,
            area_above,
            volume_above_m3: self.args.depth.map(|depth| area_above.times(depth)),
            mass_kg: self.tonnes_a_square_metre().map(|t| mean_by_area.times(t / 1000.0)),
        };
        Ok(Some((spots, record)))
    }

    /// The model of the map or, where it was fitted by likelihood, several that the samples allow: an interval then holds the error
    /// of the model too.
    fn models(
        &self,
        kriging: &Kriging,
        realisations: usize,
        seed: u64,
        executor: &dyn Executor,
    ) -> Result<(Vec<Kriging>, ModelsAre)> {
        let as_it_is = |why| Ok((vec![kriging.clone()], why));
        let Some(model) = self.field.model.as_ref().filter(|_| self.field.model_is_uncertain()) else {
            return as_it_is(ModelsAre::Given);
        };
        if !self.field.below.is_empty() {
            return as_it_is(ModelsAre::FittedBelowLimits);
        }
        let Some(template) = &model.by_likelihood else { return as_it_is(ModelsAre::FittedByLeastSquares) };
        let samples = &self.field.on_scale;
        let count = MODELS.min(realisations);
        match plausible_models(samples, kriging.drift, template, Some(&kriging.variogram), count, seed, executor) {
            Ok(drawn) => {
                let with = |variogram| Kriging::new(variogram, kriging.drift, kriging.neighbourhood);
                let models = drawn.models.into_iter().map(with).collect();
                Ok((models, ModelsAre::Drawn { effective: drawn.effective, refused: 0 }))
            }
            Err(soilscope_core::Error::Cancelled) => Err(soilscope_core::Error::Cancelled.into()),
            Err(error) => as_it_is(ModelsAre::NotDrawn { why: error.to_string() }),
        }
    }

    /// Realisations around one kriging, made ready; as many of them as will be asked for, counted from the first.
    fn prepare(
        &self,
        kriging: &Kriging,
        realisations: usize,
        nodes: &Nodes,
        executor: &dyn Executor,
    ) -> soilscope_core::Result<KrigedRun> {
        let recipe = KrigedSimulation::new(kriging.clone(), self.args.seed.unwrap_or(1));
        let samples = &self.field.on_scale;
        if self.field.below.is_empty() {
            return recipe.prepare(samples, &nodes.places, &nodes.covariates);
        }
        let usual = ImputationSettings::default();
        let kept = usual.kept.max(realisations.div_ceil(usual.chains));
        let settings = ImputationSettings { kept, seed: recipe.seed, ..usual };
        let draws = Imputations::draw(kriging, samples, &self.field.below, &settings, executor)?;
        recipe.prepare_imputed(samples, &draws, &nodes.places, &nodes.covariates)
    }

    /// Adds realisations to the sums of the hotspots.
    fn simulate(
        &self,
        run: &KrigedRun,
        range: std::ops::Range<usize>,
        nodes: &Nodes,
        threshold: &(dyn Fn(usize) -> f64 + Sync),
        sums: &mut [ZoneSums],
        (executor, progress): (&dyn Executor, &Progress),
    ) -> Result<()> {
        let samples = &self.field.on_scale;
        let at_once = (BATCH / batch_bytes(nodes.places.len() + samples.len(), 8).max(1)).max(1) * 8;
        for first in range.clone().step_by(at_once) {
            let some = first..(first + at_once).min(range.end);
            let mut fields = progress.busy("simulating hotspots", || run.simulate(some, executor))?;
            fields.map(|v| self.field.transform.back_value(v));
            for (sum, more) in sums.iter_mut().zip(zone_sums(&fields, &nodes.spots, threshold, executor)?) {
                sum.nodes = more.nodes;
                sum.sum.extend(more.sum);
                sum.above.extend(more.above);
            }
        }
        Ok(())
    }

    /// Soil, where depth and density are known; mg/kg is g/t.
    fn tonnes_a_square_metre(&self) -> Option<f64> {
        Some(self.args.depth? * self.args.bulk_density?)
    }

    fn spot(&self, sums: &ZoneSums, area: f64) -> SpotSpread {
        let n = sums.nodes as f64;
        let mean = Spread::of(sums.sum.iter().map(|sum| sum / n));
        let area_above = Spread::of(sums.above.iter().map(|&above| area * above as f64 / n));
        SpotSpread {
            mean,
            area_above,
            volume_above_m3: self.args.depth.map(|depth| area_above.times(depth)),
            mass_kg: self.tonnes_a_square_metre().map(|t| mean.times(area * t / 1000.0)),
        }
    }

    /// The cells of hotspots, or about `most` of them.
    fn nodes(&self, hotspots: &Hotspots, most: usize) -> Result<Nodes> {
        let fewest = FEWEST_NODES.min((most / hotspots.spots.len().max(1)).max(1));
        let every = hotspots.cells().div_ceil(most).max(1);
        let mut nodes = Nodes::default();
        let covariates = self.source.covariates().map(Covariates::of_cells).transpose()?;
        let mut there = PatchCovariates::default();
        for spot in &hotspots.spots {
            let polygons = Polygons::new(&spot.shape)?;
            // Every so many cells in the order of reading, the first among them: a hotspot never goes without.
            let every = every.min((spot.cells / fewest).max(1));
            let (mut own, mut seen) = (Vec::new(), 0);
            let [first, last] = self.window(spot)?;
            for top in (first[1]..last[1]).step_by(PATCH) {
                for left in (first[0]..last[0]).step_by(PATCH) {
                    let patch = self.grid.patch([left, top], [PATCH.min(last[0] - left), PATCH.min(last[1] - top)]);
                    if polygons.overlap(&patch) == Overlap::None {
                        continue;
                    }
                    let mut inside = vec![false; patch.cells()];
                    polygons.fill(&patch, &mut inside)?;
                    let columns = covariates.as_ref().map_or(0, |c| c.count());
                    if let Some(covariates) = &covariates {
                        covariates.fill(&patch, &mut there)?;
                    }
                    for (cell, _) in inside.iter().enumerate().filter(|(_, inside)| **inside) {
                        seen += 1;
                        if (seen - 1) % every == 0 {
                            own.push(nodes.places.len());
                            nodes.places.push(patch.centre(cell));
                            nodes.covariates.extend(&there.values[cell * columns..(cell + 1) * columns]);
                        }
                    }
                }
            }
            ensure!(!own.is_empty(), "hotspot {} holds the centre of no cell", spot.id);
            nodes.spots.push(own);
        }
        Ok(nodes)
    }

    /// The first column and row of a hotspot's cells, and those after its last.
    fn window(&self, spot: &Hotspot) -> Result<[[usize; 2]; 2]> {
        let bounds = spot.shape.bounding_rect().with_context(|| format!("hotspot {} has no extent", spot.id))?;
        let extent = self.grid.bounds();
        let [width, height] = self.grid.cell();
        let index = |distance: f64, cell: f64, most: usize| ((distance / cell).round().max(0.0) as usize).min(most);
        let [columns, rows] = self.grid.size();
        Ok([
            [
                index(bounds.min().x - extent.min[0], width, columns),
                index(extent.max[1] - bounds.max().y, height, rows),
            ],
            [
                index(bounds.max().x - extent.min[0], width, columns),
                index(extent.max[1] - bounds.min().y, height, rows),
            ],
        ])
    }
}

/// What a reader must know where intervals go beyond what was ever measured: there the samples bound the soil from one side only.
pub(crate) fn warning(spreads: &[SpotSpread], source: &Source) -> Option<String> {
    let highest = source.samples().values().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let beyond = spreads.iter().filter(|s| s.mean.q95 > highest).count();
    (beyond > 0).then(|| {
        format!(
            "the upper limit of the mean of {beyond} of {} hotspots is above every sample ({}): they reach where the samples do not, and their \
             masses and means are not to be relied on; see which cells are hatched, or mask the map to where samples are",
            spreads.len(),
            short_number(highest)
        )
    })
}
