//! What is said of a map: what is about to be done, and what came of it.

use std::path::Path;

use super::grid::GridRecord;
use super::pass::Shared;
use super::provenance::settings;
use super::record::AnalyteRecord;
use crate::args::{Common, Map};
use crate::field::{Field, short_number};
use crate::guideline::GuidelineRecord;
use crate::guideline::carried::beside;
use crate::hotspots::curve::CostRecord;
use crate::output::say;
use crate::record::FileRecord;
use crate::source::Source;

pub(super) fn summary(args: &Map, record: &AnalyteRecord<'_>) -> String {
    let mut lines = Vec::new();
    let cells = record.cells;
    let limit = record.guideline.map(GuidelineRecord::carried);
    lines.push(format!(
        "{}: {} samples, {} of {} cells predicted, {} outside the mask, {} without a prediction",
        record.analyte,
        record.samples.used,
        cells.predicted,
        cells.cells,
        cells.outside_mask,
        cells.gaps.values().sum::<u64>()
    ));
    lines.extend(record.shared.map(Shared::line));
    if let Some(scores) = record.validation.and_then(|validation| validation.scores.as_ref()) {
        let unit = record.unit.unwrap_or("");
        let ratio = scores.msdr.map(|m| format!(", variance ratio (MSDR) {m:.2}")).unwrap_or_default();
        lines.push(format!(
            "cross-validation: mean error {} {unit}, RMSE {} {unit}{ratio}",
            short_number(scores.me),
            short_number(scores.rmse)
        ));
    }
    if let Some(calibration) = &record.calibration {
        lines.push(format!("held-out blocks: {}", calibration.line()));
    }
    if let Some(skill) = &record.skill {
        lines.push(format!("above {}: {}", beside(limit.as_ref(), &skill.above()), skill.line()));
    }
    if let Some(h) = &record.hotspots {
        let threshold = args.decision.threshold.map_or_else(|| "the limit of each cell".to_owned(), |t| t.to_string());
        let area = ground(h.area_m2, h.area_on_map);
        let samples = h.samples_inside.map(|n| format!(", {n} samples inside")).unwrap_or_default();
        let threshold = beside(limit.as_ref(), &threshold);
        lines.push(format!("hotspots above {threshold}: {}, {area}{samples}", h.count));
        lines.extend(h.reliance());
        lines.extend(h.errors.as_ref().map(|e| {
            let scale = h.ground_over_map;
            let of = |area: f64| ground(scale.map(|s| s * area), area);
            format!(
                "expected wrong: {} inside hotspots that are not above, {} outside that are",
                of(e.false_positive),
                of(e.false_negative)
            )
        }));
    }
    lines.extend(record.hotspots.iter().filter_map(|h| h.costs.as_ref()).map(CostRecord::line));
    lines.extend(record.compared.iter().flat_map(|compared| compared.lines()));
    lines.push(format!("written to {}: {}", args.out.display(), names(record.outputs)));
    lines.join("\n") + "\n"
}

/// An area in square metres or kilometres where that is known.
pub(super) fn ground(area_m2: Option<f64>, on_map: f64) -> String {
    match area_m2 {
        Some(0.0) => "0 m²".to_owned(),
        Some(area) if area >= 1e5 => format!("{} km²", short_number(area / 1e6)),
        Some(area) => format!("{} m²", short_number(area)),
        None => format!("{} square units of the map", short_number(on_map)),
    }
}

pub(super) fn names(files: &[FileRecord]) -> String {
    let name = |f: &FileRecord| Path::new(&f.path).file_name().map(|n| n.to_string_lossy().into_owned());
    files.iter().filter_map(name).chain(["run.json".to_owned()]).collect::<Vec<_>>().join(", ")
}

/// What is about to be done, for `-v`.
pub(super) fn announce(common: &Common, args: &Map, field: &Field, grid: &GridRecord, source: &Source) {
    if common.quiet {
        return;
    }
    field.announce(source, common);
    if common.verbose > 0 {
        say(&format!("crs: {}", source.crs().title()));
        say(&format!("grid: {} x {} cells of {} ({})", grid.columns, grid.rows, grid.cell[0], grid.cell_from));
        say(&format!("extent: {:?} ({})", grid.bounds, grid.extent_from));
        say(&format!("settings: {}", settings(args, field)));
    }
}

/// What a reader should know of a map before it is computed.
pub(super) fn beforehand(args: &Map, field: &Field, source: &Source) -> Vec<String> {
    let mut notes: Vec<String> = source.remarks().to_vec();
    notes.extend(field.remarks.iter().cloned());
    if args.decision.is_decided() && !field.has_variance() {
        notes.push(format!(
            "{} has no error model: hotspots are where the prediction is above the threshold, and how sure that is stays unknown",
            field.method.method
        ));
    }
    if args.decision.is_decided() && source.crs().is_local() {
        notes.push("a local plane is nowhere on Earth: hotspots are written as GeoPackage, not as GeoJSON".into());
    }
    notes
}
