//! Samples held against a limit, each against its own where the limit depends on the soil.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;
use soilscope_assess::threshold::{Family, Limit, ThresholdError};
use soilscope_pipeline::samples::{AnalyteColumn, Reading, SampleTable};

use super::record::caveats;
use super::soil::SoilColumns;
use super::{in_unit_of, is_used, six_digits, with_remedy};
use crate::tallied::Tallied;

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Held {
    /// Lowest and highest limit of a sample, in the unit of the samples.
    pub(crate) limits: Option<[f64; 2]>,
    #[serde(flatten)]
    pub(crate) tallied: Tallied,
    /// Samples by the class of soil that chose their limit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    classes: BTreeMap<String, usize>,
    /// Why samples have no limit: the first reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why_without: Option<String>,
    /// What to know of the limits that samples were held against.
    pub(crate) caveats: Vec<String>,
    /// Lines of the table that samples were held against.
    #[serde(skip)]
    pub(crate) used: BTreeSet<usize>,
}

/// Holds the readings of an analyte against a limit.
pub(crate) fn hold(
    limit: &Limit<'_>,
    column: &AnalyteColumn,
    table: &SampleTable,
    soil: &SoilColumns<'_>,
    samples_basis: Option<Family>,
) -> Result<Held> {
    let mut held = Held::default();
    // Without all that its formula takes, a limit is that of the act's standard soil.
    let own = is_used(limit, |property| soil.gives(property));
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
                held.tallied.tally.without_limit += 1;
                let why = match error {
                    ThresholdError::NeedsSoil { missing, .. } if soil.gives(missing) => {
                        format!("{} is not known", missing.words())
                    }
                    error => with_remedy(error).to_string(),
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
        held.tallied.add(*reading, number, table.lines()[record]);
        if !at.met.is_empty() {
            *held.classes.entry(at.met.join("; ")).or_default() += 1;
        }
        held.used.insert(at.entry.line);
        for caveat in caveats(&at, samples_basis) {
            if !held.caveats.contains(&caveat) {
                held.caveats.push(caveat);
            }
        }
    }
    held.caveats.extend(held.classes());
    Ok(held)
}

impl Held {
    /// How many samples have the limit of which class of soil.
    fn classes(&self) -> Option<String> {
        let words: Vec<String> = self.classes.iter().map(|(class, count)| format!("{class} ({count})")).collect();
        (!words.is_empty()).then(|| format!("classes of the act that samples are in: {}", words.join("; ")))
    }
}
