//! The map of one analyte: read, opened, computed, written.

mod complete;
mod judge;
mod rasters;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Result;
use soilscope_core::trust::Trust;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::geotiff::GeoTiffOptions;
use soilscope_pipeline::mask::All;
use soilscope_pipeline::product::Product;
use soilscope_pipeline::run::{self, RunReport};
use soilscope_pipeline::tidy::Beside;

use super::compare::{self, Compared, Other};
use super::decision::{refuse_for_cells, refuse_missing, with_limit};
use super::frame::{FIRST, Frame};
use super::grid::{self, GridRecord};
use super::pass::Shared;
use super::polygons::vector_paths;
use super::products::products;
use super::provenance::settings;
use super::record::AnalyteRecord;
use super::trust::{self, TrustRecord};
use super::{Paths, summary};
use crate::args::{Common, Map, RasterChoice};
use crate::commands::validate::ValidationRecord;
use crate::creation;
use crate::field::{CalibrationRecord, Field, SkillRecord};
use crate::follow::{Progress, check_interrupt};
use crate::guideline::{self, CellLimits, GuidelineRecord};
use crate::hotspots::HotspotRecord;
use crate::hotspots::ensemble;
use crate::output;
use crate::record::{FileRecord, Times};
use crate::source::{Source, Wanted};
use crate::undecided::Undecided;

pub(super) use complete::filled;
pub(super) use rasters::OpenRasters;

/// A map about to be computed: its samples are read, its model is chosen, its files can be written.
pub(super) struct Opened {
    pub(super) job: Job,
    options: GeoTiffOptions,
    /// None before its [journal](Opened::keep_in) is known, and from when they are computed.
    pub(super) rasters: Option<OpenRasters>,
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
    shared: Option<Shared>,
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
            memory: args.run.memory,
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

        let (grid, mask, grid_record) = match frame {
            Some(frame) => grid::build_on(frame.grid(), &args.grid, &source)?,
            None => grid::build(&args.grid, &args.method.drift.covariate, &source)?,
        };
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
            shared: self.shared.as_ref(),
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
