//! A finished map in four lines.

use std::path::Path;

use super::RunRecord;
use crate::args::Map;
use crate::record::FileRecord;

pub(super) fn summary(args: &Map, record: &RunRecord<'_>) -> String {
    let mut lines = Vec::new();
    let cells = record.cells;
    lines.push(format!(
        "{}: {} samples, {} of {} cells predicted, {} outside the mask, {} without a prediction",
        record.analyte,
        record.samples.used,
        cells.predicted,
        cells.cells,
        cells.outside_mask,
        cells.gaps.values().sum::<u64>()
    ));
    if let Some(scores) = &record.validation.scores {
        let unit = record.unit.unwrap_or("");
        let ratio = scores.msdr.map(|m| format!(", variance ratio (MSDR) {m:.2}")).unwrap_or_default();
        lines.push(format!(
            "cross-validation: mean error {:.4} {unit}, RMSE {:.4} {unit}{ratio}",
            scores.me, scores.rmse
        ));
    }
    if let Some(h) = &record.hotspots {
        let threshold = args.decision.threshold.unwrap_or(f64::NAN);
        let area = match record.crs.metres_per_unit() {
            Some(m) => format!("{:.4} km²", h.area * m * m / 1e6),
            None => format!("{} square units", h.area),
        };
        lines.push(format!("hotspots above {threshold}: {}, {area}, {} samples inside", h.count, h.samples_inside));
    }
    lines.push(format!("written to {}: {}", args.out.display(), names(&record.outputs)));
    lines.join("\n") + "\n"
}

fn names(files: &[FileRecord]) -> String {
    let name = |f: &FileRecord| Path::new(&f.path).file_name().map(|n| n.to_string_lossy().into_owned());
    files.iter().filter_map(name).chain(["run.json".to_owned()]).collect::<Vec<_>>().join(", ")
}
