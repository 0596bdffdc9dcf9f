//! The joint simulation of the analytes of a run, and what comes of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use soilscope_assess::hotspot::HotspotSettings;
use soilscope_assess::several::{Joint, JointProducts, Limits};
use soilscope_core::cokriging::Means;
use soilscope_core::simulation::{CoSimulation, CoSimulationRun, batch_bytes};
use soilscope_core::transform::Transform;
use soilscope_core::{Coord, Samples};
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::geotiff::{GeoTiffOptions, GeoTiffSink};
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::Value;
use soilscope_pipeline::product::RasterFile;
use soilscope_pipeline::run;
use soilscope_pipeline::scatter::scatter;
use soilscope_pipeline::tidy::Beside;
use soilscope_pipeline::tile::TileSink;

use super::super::Paths;
use super::super::one::{Job, Mapped};
use super::super::polygons::vector_paths;
use super::super::trust;
use super::limits::{self, JointLimitsRecord};
use super::model::{self, CoregionalisationRecord, Fitted};
use super::places::{self, Sampled};
use super::rasters::{self, CLASSES, COLUMNS, Column, NUMBERS};
use super::record::{AreaRecord, EachArea, JointRecord, SimulationRecord};
use super::{doubts, marginals, picture, same_cells};
use crate::args::{Common, Map};
use crate::creation;
use crate::field::GLOBAL_UP_TO;
use crate::follow::{Progress, watching, wrote};
use crate::guideline::GuidelineRecord;
use crate::hotspots::shown::Shown;
use crate::hotspots::{self, Rasters, Rule, Traced};
use crate::output;
use crate::record::FileRecord;
use crate::spread::Spread;
use crate::words::Neighbours;

/// Realisations, where nobody asks for another number.
const REALISATIONS: u32 = 200;
/// Samples of each analyte for a cell by default, where all together are more than [`GLOBAL_UP_TO`]: as in co-kriging.
const NEIGHBOURS: usize = 32;
/// Bytes of the realisations that are held at a time.
const BATCH: usize = 512 << 20;

/// A joint simulation that is ready: its model is fitted and its files can be written.
pub(super) struct Prepared {
    names: Vec<String>,
    transforms: Vec<Transform>,
    /// Limit of each analyte at each node.
    limits: Vec<Vec<f64>>,
    guidelines: Vec<Option<GuidelineRecord>>,
    thresholds: Vec<Option<f64>>,
    /// Of each analyte, its probabilities on the map of it alone.
    exceedance: Vec<PathBuf>,
    /// Of each analyte, reasons not to trust that map.
    trust: Vec<PathBuf>,
    run: CoSimulationRun,
    /// How values below limits enter; `None` where there are none, or numbers stand for them.
    below_limits: Option<JointLimitsRecord>,
    /// Over the draws, of every two analytes.
    pub(super) correlations: Option<Vec<Option<f64>>>,
    model: CoregionalisationRecord,
    sample_neighbours: Option<usize>,
    grid: Grid,
    cells: Vec<usize>,
    sampled: Sampled,
    threads: NonZeroUsize,
    /// Of numbers, of classes, and of doubts.
    sinks: [Box<GeoTiffSink>; 3],
    files: Vec<RasterFile>,
    vectors: Vec<PathBuf>,
    categories: Beside,
    picture: Beside,
    notes: Vec<String>,
}

impl Prepared {
    /// Fits the model and opens the outputs.
    pub(super) fn new(args: &Map, jobs: &[&Job], paths: &Paths, common: &Common, progress: &Progress) -> Result<Self> {
        same_cells(jobs)?;
        let source = &jobs[0].source;
        ensure!(
            !source.crs().is_geographic(),
            "analytes are simulated together on a plane, and {} is geographic: name a projected CRS by --out-crs, or ask for \
             --realisations 0, which maps each analyte alone",
            source.crs().title()
        );
        let names: Vec<String> = jobs.iter().map(|job| job.source.analyte().to_owned()).collect();
        let grid = jobs[0].grid.clone();
        let cells = places::common_cells(jobs)?;
        let patch = grid.patch([0, 0], grid.size());
        let centres: Vec<Coord> = cells.iter().map(|&cell| patch.centre(cell)).collect();
        let held_to = jobs.iter().map(|job| places::limits(job, &centres)).collect::<Result<Vec<_>>>()?;
        let fitted = progress.busy("fitting the joint model", || model::fitted(args, jobs, common))?;
        let Fitted { model, record, remarks: mut notes, correlations } = fitted;
        let mut samples: Vec<Samples> = jobs.iter().map(|job| job.field.on_scale.clone()).collect();
        let total: usize = samples.iter().map(Samples::len).sum();
        let mut recipe = CoSimulation::new(model, Means::Unknown, args.decision.seed.unwrap_or(1));
        recipe.sample_neighbours = match args.method.neighbours {
            Some(Neighbours::Nearest(most)) => Some(most),
            Some(Neighbours::All) => None,
            None => (total > GLOBAL_UP_TO).then_some(NEIGHBOURS),
        };
        let realisations = args.decision.realisations.unwrap_or(REALISATIONS) as usize;
        let draw = || limits::drawn(&recipe, &samples, jobs, realisations, common);
        let (mut draws, below_limits) = progress.busy("drawing values below limits", draw)?.unzip();
        notes.extend(below_limits.iter().filter_map(JointLimitsRecord::note));
        let window = patch.window();
        // Far samples would make the fields as wide as they lie, for nothing. Along the axes of an anisotropic model, "near" is
        // not what it is on the map.
        if let Some(most) = recipe.sample_neighbours
            && recipe.model.terms().iter().all(|term| term.unit().is_isotropic())
        {
            let near: Vec<Vec<usize>> =
                samples.iter().map(|samples| places::within_reach(samples, &window, most)).collect();
            draws = draws.map(|draws| draws.of_samples(&near));
            let kept = samples.iter().zip(&near).map(|(samples, near)| samples.subset(near));
            samples = kept.collect::<soilscope_core::Result<_>>()?;
        }
        let prepare = || recipe.prepare(&samples, window, Some(&cells));
        let mut run = progress.busy("preparing realisations", prepare).map_err(|error| embedded(error, &names))?;
        if let Some(draws) = &draws {
            run = run.with_imputations(draws);
        }
        let worst = run.embeddings().iter().map(|e| e.covariance_error).fold(0.0, f64::max);
        if worst > 1e-12 {
            notes.push(format!(
                "the embedding takes negative eigenvalues as 0: covariances are off by at most {worst:.1e} of the sills"
            ));
        }
        let mut about = about(args, jobs, &record);
        about.extend(below_limits.as_ref().map(JointLimitsRecord::metadata));
        let files = rasters::files(&names, &about, &doubts::metadata(jobs), paths);
        let threads = common.threads()?;
        let options = GeoTiffOptions {
            existing: output::existing(args.overwrite),
            creation: creation::options(&args.co)?,
            threads,
            side_by_side: threads,
            tile: run::DEFAULT_TILE,
        };
        let of_classes = GeoTiffOptions { creation: rasters::of_classes(&options.creation), ..options.clone() };
        let sinks = [
            Box::new(GeoTiffSink::create_files(&grid, &files[..NUMBERS], &options)?),
            Box::new(GeoTiffSink::create_files(&grid, &files[NUMBERS..CLASSES], &of_classes)?),
            Box::new(GeoTiffSink::create_files(&grid, &files[CLASSES..], &options)?),
        ];
        let vectors = vector_paths(paths, source);
        for path in &vectors {
            drop(output::open(path, args.overwrite)?);
        }
        Ok(Self {
            transforms: jobs.iter().map(|job| job.field.transform.clone()).collect(),
            guidelines: jobs.iter().map(|job| job.limit.clone()).collect(),
            thresholds: jobs.iter().map(|job| job.args.decision.threshold).collect(),
            exceedance: jobs.iter().map(|job| job.paths.of("exceedance.tif")).collect(),
            trust: jobs.iter().map(|job| job.paths.of("trust.tif")).collect(),
            categories: output::open(&paths.of("dominant.tif.aux.xml"), args.overwrite)?,
            picture: output::open(&paths.of("map.png"), args.overwrite)?,
            sinks,
            sample_neighbours: recipe.sample_neighbours,
            model: record,
            names,
            limits: held_to,
            below_limits,
            correlations,
            run,
            grid,
            cells,
            sampled: places::sampled(jobs)?,
            threads,
            files,
            vectors,
            notes,
        })
    }

    /// Simulates and writes; gives the record, the files and notes.
    pub(super) fn compute(
        self,
        args: &Map,
        mapped: &[Mapped],
        paths: &Paths,
        progress: &Progress,
    ) -> Result<(JointRecord, Vec<FileRecord>, Vec<String>)> {
        let kriged = self.exceedance.iter().map(|path| self.at_cells(path)).collect::<Result<Vec<_>>>()?;
        let realisations = args.decision.realisations.unwrap_or(REALISATIONS) as usize;
        let products = watching(|| self.simulate(&kriged, realisations, progress))?;
        let marginals = marginals::of(&self.names, &kriged, &products, realisations);
        let trust = self.trust.iter().map(|path| self.at_cells(path)).collect::<Result<Vec<_>>>()?;
        let doubts = doubts::together(&trust, |cell| !products.any[cell].is_nan(), self.cells.len());
        let trust = doubts::report(&doubts);
        let Self { names, grid, cells, sinks, files, vectors, categories, picture, sampled, mut notes, .. } = self;
        let mut outputs = Vec::new();
        watching(|| -> Result<()> {
            let columns = [&COLUMNS[..NUMBERS], &COLUMNS[NUMBERS..CLASSES], &COLUMNS[CLASSES..]];
            for (mut sink, columns) in sinks.into_iter().zip(columns) {
                let value = |node: usize, layer: usize| columns[layer].value(&products, &doubts, node);
                scatter(&grid, &cells, columns.len(), value, sink.as_mut(), progress)?;
                sink.finish(progress)?.iter().for_each(|path| wrote(path));
            }
            Ok(())
        })?;
        for file in &files {
            outputs.push(FileRecord::of("raster", &file.path)?);
        }
        let aux = paths.of("dominant.tif.aux.xml");
        output::fill(categories, rasters::categories(&names).as_bytes())?;
        wrote(&aux);
        outputs.push(FileRecord::of("categories", &aux)?);

        let source = &mapped[0].source;
        let any = paths.of(Column::Any.file());
        let above = sampled.held.as_ref().map_or(&[][..], |(_, above)| above);
        let at = |i: usize| above[i];
        let (mut found, mut spots) = hotspots::trace(
            Rasters {
                prediction: &paths.of(Column::Fractions.file()),
                exceedance: Some(&any),
                trust: Some(&paths.of(Column::Trust.file())),
            },
            Rule::Probability { at_least: args.decision.confidence },
            HotspotSettings { minimum_area: args.decision.min_area, ..HotspotSettings::default() },
            sampled.held.as_ref().map(|(samples, _)| (samples, &at as &dyn Fn(usize) -> Option<bool>)),
            Shown::default(),
            source.crs(),
        )?;
        let areas = hotspots::measure(&found, &mut spots, source.crs())?;
        hotspots::smooth(&mut found, &mut spots, args.decision.smooth);
        let limits = said(&self.thresholds, &self.guidelines, mapped);
        let acts = acts(&self.guidelines);
        let features = features(
            args,
            &names,
            &[named(&names, &limits), acts.clone()].concat(),
            &self.guidelines,
            &found,
            areas.as_deref(),
        );
        for path in &vectors {
            hotspots::files::write(path, "hotspots", &features, source.crs(), args.overwrite)?;
            wrote(path);
            outputs.push(FileRecord::of("hotspots", path)?);
        }
        let scene = picture::Scene {
            args,
            names: &names,
            limits: &limits,
            acts: &acts,
            products: &products,
            grid: &grid,
            cells: &cells,
            doubts: &doubts,
            hatching: trust::label(&trust),
        };
        let png = scene.draw(&found.hotspots, &sampled.all, mapped, realisations)?;
        output::fill(picture, &png)?;
        wrote(&paths.of("map.png"));
        outputs.push(FileRecord::of("picture", &paths.of("map.png"))?);

        let scale = hotspots::scale_on_ground(&any, source.crs())?;
        let cell = grid.cell()[0] * grid.cell()[1] * scale.unwrap_or(1.0);
        let unit = if scale.is_some() { "m2" } else { "square-units" };
        let area = area(&names, &products, unit, cell, args.decision.confidence);
        notes.extend(marginals::notes(&marginals, &self.model));
        let said = trust::notes(Some(&trust), products.cells.nodes as u64);
        notes.extend(said.map(|note| format!("all analytes together: {note}")));
        let simulation = SimulationRecord {
            simulator: match self.below_limits {
                None => "circulant-embedding of a coregionalisation, conditioned by ordinary co-kriging",
                Some(_) => {
                    "circulant-embedding of a coregionalisation, conditioned by ordinary co-kriging and a draw of the values below limits each"
                }
            },
            realisations,
            seed: args.decision.seed.unwrap_or(1),
            sample_neighbours: self.sample_neighbours,
            cells: products.cells.nodes,
            below_limits: self.below_limits,
            embeddings: self.run.embeddings(),
        };
        let record = JointRecord {
            coregionalisation: self.model,
            simulation,
            area,
            marginals,
            trust,
            places: sampled.record,
            hotspots: spots,
        };
        Ok((record, outputs, notes))
    }

    /// Counts over the realisations, batch by batch.
    fn simulate(&self, kriged: &[Vec<f64>], realisations: usize, progress: &Progress) -> Result<JointProducts> {
        let executor = Threads::new(self.threads, progress)?;
        let mut limits = self.limits.clone();
        // A cell that an analyte has no prediction in has nothing to be said of all of them.
        for (limits, kriged) in limits.iter_mut().zip(kriged) {
            limits.iter_mut().zip(kriged).filter(|(_, p)| p.is_nan()).for_each(|(limit, _)| *limit = f64::NAN);
        }
        let mut joint = Joint::new(limits.into_iter().map(Limits::OfEachNode).collect(), self.cells.len())?;
        let eight = (self.names.len() * batch_bytes(self.cells.len(), 8)).max(1);
        let at_once = (BATCH / eight).max(1) * 8;
        for first in (0..realisations).step_by(at_once) {
            let range = first..(first + at_once).min(realisations);
            let mut fields = progress.busy("simulating together", || self.run.simulate(range, &executor))?;
            progress.busy("summing up", || {
                for (field, transform) in fields.iter_mut().zip(&self.transforms) {
                    field.map(|value| transform.back_value(value));
                }
                joint.add(&fields, &executor)
            })?;
        }
        Ok(joint.finish())
    }

    /// The values of a raster at the cells; not a number where it has none.
    fn at_cells(&self, path: &std::path::Path) -> Result<Vec<f64>> {
        let raster = RasterIn::open(path, 1)?;
        let columns = self.grid.size()[0];
        let mut values = Vec::with_capacity(self.cells.len());
        for (row, line) in raster.rows().enumerate() {
            let line = line?;
            while let Some(&cell) = self.cells.get(values.len()).filter(|cell| **cell < (row + 1) * columns) {
                values.push(line[cell - row * columns].unwrap_or(f64::NAN));
            }
        }
        Ok(values)
    }
}

/// Metadata of every raster.
fn about(args: &Map, jobs: &[&Job], model: &CoregionalisationRecord) -> Vec<(String, String)> {
    let mut about = vec![
        ("SOILSCOPE_VERSION".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("ANALYTES".to_owned(), jobs.iter().map(|job| job.source.analyte()).collect::<Vec<_>>().join(", ")),
        ("COREGIONALISATION".to_owned(), model.notation.clone()),
        ("REALISATIONS".to_owned(), args.decision.realisations.unwrap_or(REALISATIONS).to_string()),
        ("SEED".to_owned(), args.decision.seed.unwrap_or(1).to_string()),
    ];
    for (k, job) in jobs.iter().enumerate() {
        let threshold = job.args.decision.threshold.map_or_else(|| "that of each cell".to_owned(), |t| t.to_string());
        about.push((format!("THRESHOLD_{}", k + 1), threshold));
        about.extend(
            job.limit
                .iter()
                .flat_map(|limit| limit.metadata())
                .map(|(name, value)| (format!("{name}_{}", k + 1), value)),
        );
    }
    about
}

/// The limits in words: `500 mg/kg`, `its limit at each place`.
fn said(thresholds: &[Option<f64>], guidelines: &[Option<GuidelineRecord>], mapped: &[Mapped]) -> Vec<String> {
    let of = |k: usize| {
        let unit = mapped[k].source.unit().unwrap_or("");
        let short = guidelines[k].as_ref().and_then(GuidelineRecord::short_threshold);
        match (short, thresholds[k]) {
            (Some(short), _) => format!("{short}{} {unit}", guidelines[k].as_ref().map_or("", GuidelineRecord::mark)),
            (None, Some(threshold)) => format!("{threshold} {unit}"),
            (None, None) => "its limit at each place".to_owned(),
        }
    };
    (0..thresholds.len()).map(|k| of(k).trim_end().to_owned()).collect()
}

/// Each limit behind the analyte that it is of.
pub(super) fn named(names: &[String], limits: &[String]) -> Vec<String> {
    names.iter().zip(limits).map(|(name, limit)| format!("{name} {limit}")).collect()
}

/// What refuses a joint simulation, with what can be done here.
fn embedded(error: soilscope_core::Error, names: &[String]) -> anyhow::Error {
    let context = format!("{} cannot be simulated together; --realisations 0 maps each alone", names.join(", "));
    match error {
        soilscope_core::Error::Embedding { columns, rows, cells, covariance_error, .. } => anyhow::anyhow!(
            "{context}: the window of {columns} x {rows} cells, with the samples that count there and the model's ranges about it, {}: \
             use larger cells, fewer samples for a cell (--neighbours), so that far ones need no place, or a --model with shorter ranges",
            match covariance_error.is_finite() {
                true => format!("has covariances that no torus of at most {cells} cells keeps"),
                false => format!("takes more than {cells} cells"),
            }
        ),
        error => anyhow::Error::from(error).context(context),
    }
}

/// Where the limits are from, each once, with how far they can be trusted.
fn acts(guidelines: &[Option<GuidelineRecord>]) -> Vec<String> {
    let mut acts: Vec<String> = guidelines.iter().flatten().map(GuidelineRecord::name).collect();
    acts.dedup();
    acts
}

/// Hotspots of "any of" as features.
fn features(
    args: &Map,
    names: &[String],
    limits: &[String],
    guidelines: &[Option<GuidelineRecord>],
    found: &Traced,
    areas: Option<&[f64]>,
) -> Vec<soilscope_pipeline::io::vector::Feature> {
    let text = |t: &str| Value::Text(t.to_owned());
    let mut about = vec![
        ("analytes", text(&names.join(", "))),
        ("limits", text(&limits.join("; "))),
        ("value", text("sum of concentration over limit")),
        ("confidence", Value::Real(args.decision.confidence)),
        ("rule", text("probability that any is above its limit, by joint simulation")),
    ];
    let mut sources: Vec<String> = guidelines.iter().flatten().map(GuidelineRecord::source_words).collect();
    sources.dedup();
    if !sources.is_empty() {
        about.push(("limit_sources", text(&sources.join("; "))));
    }
    hotspots::features(found, areas, &about)
}

/// Areas over the realisations, of cells that are so large on the ground.
fn area(names: &[String], products: &JointProducts, unit: &'static str, cell: f64, confidence: f64) -> AreaRecord {
    let spread = |counts: &[u64]| Spread::of(counts.iter().map(|&n| n as f64 * cell));
    let nodes = (0..products.any.len()).filter(|&k| !products.any[k].is_nan());
    let independent =
        nodes.clone().map(|k| products.if_independent(k)).fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
    let dominant = |analyte: usize| {
        // A probability is kept in 32 bits: 0.8 must count as 0.8.
        let hot = |&k: &usize| products.any[k] as f32 >= confidence as f32 && products.dominant[k] == Some(analyte);
        nodes.clone().filter(hot).count() as f64 * cell
    };
    let each = names.iter().enumerate().map(|(k, name)| EachArea {
        analyte: name.clone(),
        above: spread(&products.cells.each[k]),
        dominant_where_hot: dominant(k),
    });
    AreaRecord {
        unit,
        simulated: products.cells.nodes as f64 * cell,
        any: spread(&products.cells.any),
        all: spread(&products.cells.all),
        fractions_above: spread(&products.cells.fractions),
        each: each.collect(),
        any_if_independent: independent[0] * cell,
        all_if_independent: independent[1] * cell,
    }
}
