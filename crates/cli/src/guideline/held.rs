//! Samples held against a limit, each against its own where the limit depends on the soil.

use anyhow::Result;
use serde::Serialize;
use soilscope_assess::threshold::{Limit, Tally, ThresholdError};
use soilscope_pipeline::samples::{AnalyteColumn, Reading, SampleTable};

use super::soil::SoilColumns;
use super::{in_unit_of, six_digits, with_remedy};

/// Lines of samples that are named, at most.
const NAMED: usize = 50;

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Held {
    /// Lowest and highest limit of a sample, in the unit of the samples.
    pub(crate) limits: Option<[f64; 2]>,
    #[serde(flatten)]
    pub(crate) tally: Tally,
    /// At least, and at most if those of which it cannot be told are above.
    pub(crate) share_above: Option<[f64; 2]>,
    /// Lines of samples above, the first 50.
    pub(crate) rows_above: Vec<usize>,
    /// Lines of samples of which it cannot be told, the first 50.
    pub(crate) rows_cannot_tell: Vec<usize>,
    /// Why samples have no limit: the first reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why_without: Option<String>,
}

/// Holds the readings of an analyte against a limit.
pub(crate) fn hold(
    limit: &Limit<'_>,
    column: &AnalyteColumn,
    table: &SampleTable,
    soil: &SoilColumns<'_>,
) -> Result<Held> {
    let mut held = Held::default();
    let own = limit.depends_on().iter().all(|&property| soil.gives(property));
    // Without all that it depends on, a limit is that of the act's standard soil, or none.
    let published = if own { None } else { Some(limit.published()) };
    let unit = column.unit();
    for (&record, reading) in column.records().iter().zip(column.readings()) {
        if *reading == Reading::Missing {
            continue;
        }
        let record = record as usize;
        let at = match &published {
            Some(published) => published.clone(),
            None => limit.at(&soil.at(record)?),
        };
        let at = match at {
            Ok(at) => at,
            Err(error @ (ThresholdError::NeedsSoil { .. } | ThresholdError::NoRow { .. })) => {
                held.tally.without_limit += 1;
                let why = match (&published, error) {
                    (None, ThresholdError::NeedsSoil { missing, .. }) => format!("{} is not known", missing.words()),
                    (Some(_), error) => with_remedy(error).to_string(),
                    (None, error) => error.to_string(),
                };
                held.why_without.get_or_insert(why);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let factor = in_unit_of(limit, at.entry, unit.and_then(|u| u.in_mg_per_kg()), unit.map(|u| u.name()))?;
        let number = six_digits(at.value * factor);
        let [low, high] = held.limits.unwrap_or([number; 2]);
        held.limits = Some([low.min(number), high.max(number)]);
        let before = held.tally;
        match *reading {
            Reading::Measured(measured) => held.tally.add(measured, number),
            _ => held.tally.cannot_tell += 1,
        }
        let line = table.lines()[record];
        if held.tally.above > before.above && held.rows_above.len() < NAMED {
            held.rows_above.push(line);
        }
        if held.tally.cannot_tell > before.cannot_tell && held.rows_cannot_tell.len() < NAMED {
            held.rows_cannot_tell.push(line);
        }
    }
    held.share_above = held.tally.share_above();
    Ok(held)
}
