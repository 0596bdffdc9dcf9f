//! The map of one analyte: read, opened, computed, written.

mod alone;
mod rasters;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use geo::Polygon;
use soilscope_assess::hotspot::HotspotSettings;
use soilscope_core::trust::Trust;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::geotiff::GeoTiffOptions;
use soilscope_pipeline::mask::All;
use soilscope_pipeline::product::Product;
use soilscope_pipeline::run::{self, RunReport};
use soilscope_pipeline::tidy::Beside;

use super::captions::captioned;
use super::compare::{self, Compared, Other};
use super::decision::{self, refuse_for_cells, refuse_missing, with_limit};
use super::frame::{FIRST, Frame};
use super::grid::{self, GridRecord};
use super::picture::Doubtful;
use super::polygons::{vector_paths, write_hotspots};
use super::products::products;
use super::provenance::{remove_outdated, settings};
use super::record::AnalyteRecord;
use super::trust::{self, TrustRecord};
use super::{Paths, reach, reliability, summary};
use crate::args::{Common, Map, RasterChoice};
use crate::commands::validate::{ValidationRecord, cross_validate};
use crate::counts::Counts;
use crate::creation;
use crate::field::{CalibrationRecord, Field, Judged, SkillRecord};
use crate::follow::{Progress, check_interrupt, wrote};
use crate::guideline::{self, CellLimits, GuidelineRecord};
use crate::hotspots::ensemble::{self, Ensemble};
use crate::hotspots::shown::Shown;
use crate::hotspots::{self, HotspotRecord, Rasters, Traced};
use crate::output;
use crate::record::{FileRecord, Times};
use crate::source::{Source, Wanted};
use crate::undecided::Undecided;
use crate::words::Folds;
use rasters::OpenRasters;

/// A map about to be computed: its samples are read, its model is chosen, its files can be written.
pub(super) struct Opened {
    pub(super) job: Job,
    options: GeoTiffOptions,
    /// None before its [journal](Opened::keep_in) is known.
    rasters: Option<OpenRasters>,
    /// None where only rasters are wanted.
    picture: Option<Beside>,
    reliability: Option<Beside>,
    /// The curve as a table and as a picture.
    curve: Option<(Beside, Beside)>,
    /// The table of the limits, where there are several.
    table: Option<Beside>,
}

/// What is mapped, and how.
pub(super) struct Job {
    /// With the limit of a guideline as the threshold.
    pub(super) args: Map,
    pub(super) source: Source,
    pub(super) limit: Option<GuidelineRecord>,
    pub(super) cells: Option<CellLimits>,
    /// Limits that the field is held against beside that one.
    pub(super) others: Vec<Other>,
    /// Ending of the files of the limit in question: none for the one that the map is judged by.
    pub(super) ending: String,
    pub(super) grid: Grid,
    pub(super) mask: Option<All>,
    pub(super) grid_record: GridRecord,
    pub(super) field: Field,
    /// None where nobody asks.
    trust: Option<Trust>,
    pub(super) trust_record: Option<TrustRecord>,
    pub(super) paths: Paths,
    pub(super) products: Vec<Product>,
    pub(super) vectors: Vec<PathBuf>,
    pub(super) threads: NonZeroUsize,
    pub(super) notes: Vec<String>,
    pub(super) undecided: Undecided,
}

/// A map that is done.
pub(super) struct Mapped {
    pub(super) args: Map,
    pub(super) source: Source,
    pub(super) field: Field,
    limit: Option<GuidelineRecord>,
    grid_record: GridRecord,
    validation: Option<ValidationRecord>,
    calibration: Option<CalibrationRecord>,
    pub(super) skill: Option<SkillRecord>,
    report: RunReport,
    trust: Option<TrustRecord>,
    left_out: Vec<usize>,
    hotspots: Option<HotspotRecord>,
    compared: Option<Compared>,
    outputs: Vec<FileRecord>,
    notes: Vec<String>,
    undecided: Undecided,
}

impl Opened {
    /// Reads the samples, fits the field and opens every output before the computing, so that a place that cannot be written is
    /// told now. With a `frame` the map lies there.
    pub(super) fn new(
        args: &Map,
        frame: Option<&Frame>,
        common: &Common,
        progress: &Progress,
        times: &mut Times,
    ) -> Result<Self> {
        let creation = creation::options(&args.co)?;
        let template = grid::template_crs(&args.grid)?;
        let template = template.as_ref().map(|crs| (crs, grid::TEMPLATE)).or(frame.map(|f| (f.crs(), FIRST)));
        let wanted = Wanted {
            template,
            drift: Some(&args.method.drift),
            secondary: args.method.secondary.as_deref(),
            errors: Some(&args.errors),
            ..Wanted::default()
        };
        let source = Source::read(&args.samples, common, wanted)?;
        let mut limits = guideline::of_codes(&args.decision.guideline, &source)?;
        let others = limits.split_off(limits.len().min(1));
        let (limit, cells) = limits.pop().unzip();
        let cells = cells.flatten();
        let args = with_limit(args, limit.as_ref())?;
        let paths = Paths::new(&args.out, source.analyte());
        times.lap("read");
        check_interrupt("the model was fitted")?;

        let grid_args = frame.map_or_else(|| args.grid.clone(), |frame| frame.of(&args.grid));
        let (grid, mask, mut grid_record) = grid::build(&grid_args, &args.method.drift.covariate, &source)?;
        if frame.is_some() && args.grid.like.is_none() {
            (grid_record.cell_from, grid_record.extent_from) = (FIRST, FIRST);
        }
        let field =
            source.located(progress.busy("fitting the model", || {
                Field::new(&args.model, &args.method, Some(&args.block), &source, common)
            }))?;
        if cells.is_some() {
            refuse_for_cells(&field)?;
        }
        compare::refuse(&others, &field)?;
        ensemble::check(&args.decision, &field, &source)?;
        let mut notes = summary::beforehand(&args, &field, &source);
        notes.extend(limit.iter().flat_map(GuidelineRecord::notes));
        let undecided = compare::undecided(&source, args.decision.threshold, cells.as_ref())?;
        notes.extend(undecided.note());
        let others = others.into_iter().map(|other| Other::new(other, &source, &paths)).collect::<Result<Vec<_>>>()?;
        notes.extend(others.iter().flat_map(Other::notes));
        let trust = args.wants(RasterChoice::Trust).then(|| trust::judge(&field)).transpose()?;
        let trust_record = trust.as_ref().map(|trust| TrustRecord::new(trust, &field));
        let products = products(&args, limit.as_ref(), &field, &source, trust_record.as_ref(), &paths);
        refuse_missing(&args, &products)?;
        let threads = common.threads()?;
        let options = GeoTiffOptions {
            existing: output::existing(args.overwrite),
            creation,
            threads,
            side_by_side: threads,
            tile: run::DEFAULT_TILE,
        };
        let whole = args.only.is_empty();
        let picture = whole.then(|| output::open(&paths.of("map.png"), args.overwrite)).transpose()?;
        let forecasts = whole && args.decision.is_decided() && field.has_variance();
        let reliability = forecasts.then(|| output::open(&paths.of("reliability.png"), args.overwrite)).transpose()?;
        let open = |what: &str| output::open(&paths.of(what), args.overwrite);
        let curve = forecasts.then(|| anyhow::Ok((open("curve.csv")?, open("curve.png")?))).transpose()?;
        let vectors = if whole && args.decision.is_decided() { vector_paths(&paths, &source) } else { Vec::new() };
        for path in vectors.iter().chain(others.iter().flat_map(Other::vectors)) {
            drop(output::open(path, args.overwrite)?);
        }
        let table = (!others.is_empty()).then(|| open("compare.csv")).transpose()?;
        summary::announce(common, &args, &field, &grid_record, &source);
        times.lap("model");
        let mut job = Job {
            args,
            source,
            limit,
            cells,
            others,
            ending: String::new(),
            grid,
            mask,
            grid_record,
            field,
            trust,
            trust_record,
            paths,
            products,
            vectors,
            threads,
            notes,
            undecided,
        };
        let of_others = job.products_of_others();
        job.products.extend(of_others);
        Ok(Self { job, options, rasters: None, picture, reliability, curve, table })
    }

    /// Where it lies.
    pub(super) fn frame(&self) -> Frame {
        Frame::new(&self.job.source, &self.job.grid)
    }

    /// Rasters that say what the soil of a cell is.
    pub(super) fn soil_files(&self) -> Result<Vec<FileRecord>> {
        let mut files: Vec<&Path> = self.job.thresholds_of_cells().flat_map(CellLimits::files).collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter().map(|path| FileRecord::of("soil", path)).collect()
    }

    /// Computes and writes everything but the record.
    pub(super) fn compute(self, common: &Common, progress: &Progress, times: &mut Times) -> Result<Mapped> {
        if !self.job.args.only.is_empty() {
            return self.rasters_alone(progress, times);
        }
        let Self { mut job, rasters, picture, reliability, curve, table, .. } = self;
        let mut rasters = rasters.context("the rasters of a map were not opened")?;
        let validation = progress
            .busy("cross-validating", || cross_validate(&job.field, &job.source, &Folds::LeaveOneOut, 1, common))?
            .0;
        let own = job.limits_of_samples()?;
        let limits = job.limits_of_skill(own.as_deref());
        let judged = progress.busy("holding blocks out", || job.field.judged(limits, &job.source, common))?;
        let Judged { calibration, skill } = judged;
        if !job.args.method.calibrate {
            job.notes.extend(calibration.iter().flat_map(CalibrationRecord::notes));
        }
        job.notes.extend(skill.as_ref().and_then(SkillRecord::warning));
        times.lap("validation");
        check_interrupt("the map was computed")?;

        let shown = Shown::of(skill.as_ref());
        if let Some(path) = job.probabilities() {
            rasters.sink.describe(&path, &shown.metadata())?;
        }
        let skill_of_others = job.judge_others(&mut rasters.sink, common, progress)?;
        let (report, left_out) = job.rasters(rasters, progress)?;
        job.notes.extend(reach::notes(&job.paths.of("prediction.tif"), &job.field, &job.source)?);
        let left_out = job.count(&report, left_out);
        times.lap("map");

        let mut outputs = Vec::new();
        for product in &job.products {
            outputs.push(FileRecord::of("raster", &product.path)?);
        }
        let found = job.hotspots(shown, progress)?;
        if let Some((found, _)) = &found {
            job.notes.extend(ensemble::warning(&found.spreads, &job.source));
            for path in &job.vectors {
                wrote(path);
                outputs.push(FileRecord::of("hotspots", path)?);
            }
            if let Some((csv, png)) = curve {
                outputs.extend(job.curves(found, csv, png)?);
            }
        }
        let compared = job.compare(found.as_ref(), skill.as_ref(), &skill_of_others, &report, progress)?;
        if let (Some((compared, files)), Some(table)) = (&compared, table) {
            outputs.extend(files.iter().cloned());
            outputs.push(job.write_compared(compared, table)?);
        }
        let compared = compared.map(|(compared, _)| compared);
        times.lap("hotspots");

        job.notes.extend(remove_outdated(&job.args, &job.paths, &outputs)?);
        let outlines = compared.as_ref().map_or(&[][..], |compared| &compared.outlines);
        if let Some(picture) = picture {
            outputs.push(job.picture(picture, found.as_ref().map(|f| &f.0), outlines, skill.as_ref(), &report)?);
        }
        if let (Some(file), Some(skill)) = (reliability, &skill) {
            let png = reliability::draw(skill, job.limit.as_ref(), &job.field, &job.source)?;
            outputs.push(filled(file, &job.paths.of("reliability.png"), &png)?);
        }
        times.lap("picture");
        let Job { args, source, field, limit, grid_record, trust_record: trust, notes, undecided, .. } = job;
        let hotspots = found.map(|f| f.1);
        Ok(Mapped {
            args,
            source,
            field,
            limit,
            grid_record,
            validation: Some(validation),
            calibration,
            skill,
            report,
            trust,
            left_out,
            hotspots,
            compared,
            outputs,
            notes,
            undecided,
        })
    }
}

impl Job {
    /// Notes on what became of the cells; the lines of samples that were left out.
    fn count(&mut self, report: &RunReport, left_out: Vec<usize>) -> Vec<usize> {
        for (reason, count) in &report.gaps {
            self.notes.push(format!("{count} cells have no prediction: {reason}"));
        }
        let counts = Counts {
            reduced: report.reduced,
            clipped: report.clipped,
            extrapolated: report.extrapolated,
            unknown_class: report.unknown_class,
            left_out,
        };
        self.notes.extend(counts.notes("cells", report.cells - report.outside_mask));
        self.notes.extend(trust::notes(report.trust.as_ref(), report.predicted));
        if report.predicted == 0 {
            let why = match report.outside_mask == report.cells {
                true => "the mask leaves none: does it lie where the samples do, and in the CRS it says?",
                false => "the reasons stand above",
            };
            self.notes.push(format!("no cell has a prediction: {why}"));
        }
        counts.left_out
    }

    /// Of a limit that differs from place to place, that of each sample's place.
    pub(super) fn limits_of_samples(&self) -> Result<Option<Vec<f64>>> {
        self.cells.as_ref().map(|cells| cells.at(self.source.samples().coords())).transpose()
    }

    /// Traces and writes hotspots, where a threshold says what polluted means.
    pub(super) fn hotspots(&self, shown: Shown, progress: &Progress) -> Result<Option<(Traced, HotspotRecord)>> {
        let (args, source, paths) = (&self.args, &self.source, &self.paths);
        let Some(rule) = decision::rule(args, &self.field) else { return Ok(None) };
        let at_samples = self.limits_of_samples()?;
        let exceedance = self.probabilities();
        let above = |i: usize| {
            let own = at_samples.as_ref().map(|limits| limits[i]).or(args.decision.threshold);
            let decided = self.undecided.samples.binary_search(&i).is_err();
            decided.then(|| own.is_some_and(|limit| source.is_above(i, limit)))
        };
        let minimum_area = args.decision.min_area;
        let mut found = hotspots::trace(
            Rasters {
                prediction: &paths.of("prediction.tif"),
                exceedance: exceedance.as_deref(),
                trust: Some(&paths.of("trust.tif")),
            },
            rule,
            HotspotSettings { minimum_area, ..HotspotSettings::default() },
            Some((source.samples(), &above)),
            shown,
            source.crs(),
        )?;
        let areas = hotspots::measure(&found.0, &mut found.1, source.crs())?;
        let on_map: Vec<f64> = found.0.hotspots.spots.iter().map(|spot| spot.area).collect();
        let ensemble = Ensemble {
            args: &args.decision,
            field: &self.field,
            source,
            grid: &self.grid,
            cells: self.cells.as_ref(),
            threads: self.threads,
        };
        let simulated = ensemble.of(&found.0.hotspots, areas.as_deref().unwrap_or(&on_map), progress)?;
        (found.0.spreads, found.1.joint) = simulated.map_or((Vec::new(), None), |(spots, all)| (spots, Some(all)));
        found.1.costs = found.0.costs(self.curve_of(&found.0).as_ref(), areas.as_deref());
        hotspots::smooth(&mut found.0, &mut found.1, args.decision.smooth);
        write_hotspots(args, self.limit.as_ref(), &self.field, source, &found.0, areas.as_deref(), &self.vectors)?;
        Ok(Some(found))
    }

    /// Draws the map.
    fn picture(
        &self,
        file: Beside,
        found: Option<&Traced>,
        others: &[(Vec<Polygon<f64>>, String)],
        skill: Option<&SkillRecord>,
        report: &RunReport,
    ) -> Result<FileRecord> {
        let found = found.map(|f| &f.hotspots);
        let doubtful = Doubtful {
            trust: &self.paths.of("trust.tif"),
            label: report.trust.as_ref().map(trust::label).unwrap_or_default(),
        };
        let png = captioned(
            &self.args,
            self.limit.as_ref(),
            &self.field,
            &self.source,
            &self.paths,
            &doubtful,
            found,
            others,
            skill,
            &self.undecided,
        )?;
        filled(file, &self.paths.of("map.png"), &png)
    }
}

/// Fills a picture's file.
pub(super) fn filled(file: Beside, path: &Path, png: &[u8]) -> Result<FileRecord> {
    output::fill(file, png)?;
    wrote(path);
    FileRecord::of("picture", path)
}

impl Mapped {
    /// What there is to record of it.
    pub(super) fn record(&self) -> AnalyteRecord<'_> {
        AnalyteRecord {
            analyte: self.source.analyte(),
            unit: self.field.unit(&self.source),
            settings: settings(&self.args, &self.field),
            samples: self.source.record(),
            crs: self.source.crs(),
            method: &self.field.method,
            model: self.field.model.as_ref(),
            validation: self.validation.as_ref(),
            calibration: self.calibration.as_ref(),
            skill: self.skill.as_ref(),
            undecided: self.undecided.some(),
            grid: &self.grid_record,
            cells: &self.report,
            trust: self.trust.as_ref(),
            left_out: &self.left_out,
            guideline: self.limit.as_ref(),
            hotspots: self.hotspots.as_ref(),
            compared: self.compared.as_ref(),
            outputs: &self.outputs,
            notes: &self.notes,
        }
    }

    /// Notes that were not said yet: those on samples and model were said when these were read and chosen.
    pub(super) fn untold(&self) -> &[String] {
        &self.notes[self.source.remarks().len() + self.field.remarks.len()..]
    }
}
