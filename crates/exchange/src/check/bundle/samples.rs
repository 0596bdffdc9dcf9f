//! Rules S and A, and of P those about tables: the tables of samples that a bundle holds.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use crate::check::Findings;
use crate::check::table::{Purpose, TABLE_RULES, TableFacts, TableOptions, judge_table};
use crate::{Error, Result, country};

use super::{Facts, Folder};

/// Endings of what the judge of tables reads.
const ENDINGS: [&str; 5] = [".csv", ".tsv", ".txt", ".gpkg", ".geojson"];
/// Metres of a degree of latitude, about; for cells in degrees.
const METRES: f64 = 111_320.0;

/// The tables of samples of a bundle, and whether each is an export for an FAO node. Summaries by unit or cell are none.
fn tables(folder: &Folder) -> Vec<(&str, bool)> {
    let table = |path: &&str| ENDINGS.iter().any(|e| path.ends_with(e));
    let summary = |path: &&str| path.rsplit('/').next().is_some_and(|n| n.starts_with("aggregate"));
    let points = folder.matching("points/", "").filter(table).filter(|p| !summary(p));
    let exports = folder.matching("exports/fao_sis/samples", ".csv");
    points.map(|p| (p, false)).chain(exports.map(|p| (p, true))).collect()
}

/// Judges all tables; a rule was applied where it was applied to one of them. What they hold is put with the facts.
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn judge(folder: &Folder, facts: &mut Facts<'_>, findings: &mut Findings) -> Result<()> {
    let options = options(facts);
    let mut waiting: BTreeMap<&str, String> = BTreeMap::new();
    let mut judged = Vec::new();
    let tables = tables(folder);
    for &(path, fao_export) in &tables {
        if facts.interrupted() {
            return Err(Error::Interrupted);
        }
        let Some(at) = folder.path(path) else { continue };
        let options = TableOptions { fao_export, ..options.clone() };
        match judge_table(&at, &options) {
            Ok(judgement) => {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                findings.extend(judgement.findings.below(parent));
                judged.extend(judgement.judged);
                for (id, why) in judgement.not_judged {
                    waiting.entry(id).or_insert(why);
                }
                for (id, why) in judgement.limits {
                    facts.limit(id, format!("{path}: {why}"));
                }
                facts.tables.insert(path.to_owned(), judgement.facts);
            }
            Err(why) => {
                let root = folder.root.to_string_lossy().into_owned();
                findings.add(
                    "S001",
                    path,
                    "",
                    why.to_string().replace(&root, "the bundle"),
                    "a table that can be read",
                );
            }
        }
    }
    if tables.is_empty() {
        let level = facts.access_level().map(|l| format!(" (access level {l})")).unwrap_or_default();
        let why = format!("the bundle holds no table of samples{level}");
        // Licences and personal data are judged of other files too.
        TABLE_RULES.iter().filter(|id| !id.starts_with('P')).for_each(|id| facts.skip(id, &why));
    }
    for (id, why) in waiting {
        if !judged.contains(&id) && !id.starts_with('P') {
            facts.skip(id, why);
        }
    }
    Ok(())
}

fn options(facts: &Facts<'_>) -> TableOptions {
    let run = |name: &str| facts.run.as_ref().and_then(|r| r.get(name));
    // Nothing was sampled after the bundle was made; the caller may know better, and without both nothing is in the future.
    let created = || facts.text("/created")?.get(..10)?.parse::<Date>().ok();
    let today = facts.options.today.or_else(created).unwrap_or(Date::MAX);
    let cell = |r: &super::RasterFacts| r.transform[1].abs() * if r.projected { 1.0 } else { METRES };
    let means = facts.rasters.values().filter(|r| r.stat.as_deref() == Some("MEAN"));
    TableOptions {
        country: facts.text("/country/alpha3").and_then(country::by_alpha3),
        target_cell_m: means.map(cell).min_by(f64::total_cmp),
        temporal_term: run("temporal_term").and_then(Value::as_bool).unwrap_or(false),
        harmonisation: run("harmonisation")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or(facts.options.harmonisation.clone()),
        extension: facts.options.extension.clone(),
        purpose: Purpose::Published,
        ..TableOptions::new(today)
    }
}

/// The range of an analyte's quantified values in the tables, where they are in `unit`.
pub(super) fn range(facts: &Facts<'_>, analyte: &str, unit: &str) -> Option<[f64; 2]> {
    let of = |t: &TableFacts| {
        let a = t.analytes.get(analyte).filter(|a| a.unit == unit)?;
        Some([a.min?, a.max?])
    };
    facts.tables.values().filter_map(of).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
}
