//! `soilscope thresholds`: the table of limits of the law, one code of it, and jurisdictions side by side.

mod compare;
mod list;
mod rows;
mod samples;
mod show;
mod text;

use std::path::Path;

use anyhow::{Result, ensure};
use soilscope_assess::threshold::{Entry, LandUse, Standing, TableVersion, slug};

use crate::Outcome;
use crate::args::{Common, ThresholdFilter, ThresholdOutput, Thresholds, ThresholdsVerb};
use crate::output;

pub(crate) fn run(args: &Thresholds, common: &Common) -> Result<Outcome> {
    match &args.what {
        ThresholdsVerb::List(args) => list::run(args, common),
        ThresholdsVerb::Show(args) => show::run(args, common),
        ThresholdsVerb::Compare(args) => compare::run(args, common),
    }
}

/// Which entries a filter lets pass.
struct Filter<'a> {
    args: &'a ThresholdFilter,
    /// Small letters; none for all.
    jurisdictions: Vec<String>,
}

/// Whether an entry is of a jurisdiction, by its code or name in small letters.
fn is_of(entry: &Entry, wanted: &str) -> bool {
    let wanted = if wanted == "uk" { "gb" } else { wanted };
    entry.code.jurisdiction().to_lowercase() == wanted || entry.jurisdiction.to_lowercase() == wanted
}

impl<'a> Filter<'a> {
    /// Refuses a jurisdiction or land use that no entry has.
    fn new(args: &'a ThresholdFilter, entries: &[Entry]) -> Result<Self> {
        let jurisdictions = args.jurisdiction.iter().map(|j| j.trim().to_lowercase()).collect();
        let filter = Self { args, jurisdictions };
        let names = |name: fn(&Entry) -> String| {
            let mut names: Vec<String> = entries.iter().map(name).collect();
            names.sort_unstable();
            names.dedup();
            names.join(", ")
        };
        for (wanted, typed) in filter.jurisdictions.iter().zip(&args.jurisdiction) {
            ensure!(
                entries.iter().any(|e| is_of(e, wanted)),
                "--jurisdiction {typed}: there is none of that code or name; there are {}",
                names(|e| e.code.jurisdiction().to_owned())
            );
        }
        let passes = |e: &&Entry| filter.of_jurisdiction(e);
        ensure!(
            args.level.is_none() || entries.iter().filter(passes).any(|e| filter.of_level(e)),
            "--level {}: no level has that in its code or words; levels are {}",
            args.level.as_deref().unwrap_or_default(),
            names(|e| e.code.level().to_owned())
        );
        ensure!(
            args.land_use.is_none() || entries.iter().filter(passes).any(|e| filter.of_land_use(e)),
            "--land-use {}: no land use has that in its words; harmonised ones are {}",
            args.land_use.as_deref().unwrap_or_default(),
            LandUse::ALL.map(LandUse::name).join(", ")
        );
        Ok(filter)
    }

    fn of_jurisdiction(&self, entry: &Entry) -> bool {
        self.jurisdictions.is_empty() || self.jurisdictions.iter().any(|wanted| is_of(entry, wanted))
    }

    fn of_level(&self, entry: &Entry) -> bool {
        self.args.level.as_ref().is_none_or(|level| {
            entry.level.to_lowercase().contains(&level.to_lowercase()) || entry.code.level().contains(&slug(level))
        })
    }

    fn of_land_use(&self, entry: &Entry) -> bool {
        self.args.land_use.as_ref().is_none_or(|land_use| {
            let wanted = land_use.trim().to_lowercase();
            match LandUse::parse(&wanted) {
                Some(code) => entry.land_use_code == code || entry.land_use_code == LandUse::Any,
                None => {
                    entry.land_use.to_lowercase().contains(&wanted) || entry.code.land_use().contains(&slug(&wanted))
                }
            }
        })
    }

    fn passes(&self, entry: &Entry) -> bool {
        self.of_jurisdiction(entry)
            && self.of_level(entry)
            && self.of_land_use(entry)
            && (!self.args.verified_only || entry.standing() == Standing::Verified)
    }
}

/// Opens the file of a result before anything is computed.
fn open(args: &ThresholdOutput) -> Result<Option<soilscope_pipeline::tidy::Beside>> {
    let Some(path) = &args.out else { return Ok(None) };
    ensure!(
        path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")),
        "{}: the result is written as CSV: give a name that ends in .csv",
        path.display()
    );
    output::open(path, args.overwrite).map(Some)
}

/// Says what was written.
fn wrote(common: &Common, path: Option<&Path>, rows: usize) {
    if let Some(path) = path.filter(|_| !common.quiet) {
        output::say(&format!("wrote {rows} rows to {}", path.display()));
    }
}

/// Which table the numbers are from, in a line.
fn table_line(version: &TableVersion) -> String {
    match (&version.version, &version.sha256) {
        (Some(date), Some(sum)) => {
            format!("table of limits: {}, {date}, {} limits, sha256 {}", version.name, version.rows, &sum[..12])
        }
        _ => format!("table of limits: {}, {} limits", version.name, version.rows),
    }
}
