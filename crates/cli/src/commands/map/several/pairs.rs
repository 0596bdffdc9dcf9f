//! How every two analytes go together in the samples.

use std::collections::HashMap;

use anyhow::Result;
use serde::Serialize;
use soilscope_assess::several::{CoOccurrence, Correlation, Held};
use soilscope_core::place_key;

use super::super::one::Job;
use crate::field::short_number;
use crate::words::transform_name;

/// Two analytes at the places where both were measured.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PairRecord {
    analytes: [String; 2],
    /// Scales of Pearson's correlation.
    transforms: [String; 2],
    places: usize,
    /// Places at which one or both are below their limit of detection: not in the correlations.
    below_limit: usize,
    correlation: Correlation,
    /// Mean over draws of the values below limits, all places in it; `None` where nothing is drawn for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pearson_over_draws: Option<f64>,
    /// `None` without limits to hold them against.
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<CoOccurrence>,
}

impl PairRecord {
    /// In one line.
    pub(super) fn line(&self) -> String {
        let [first, second] = &self.analytes;
        let number = |v: Option<f64>| v.map_or_else(|| "unknown".to_owned(), |v| format!("{v:.2}"));
        let mut line = format!(
            "{first} and {second}: {} places, correlation {} (ranks {})",
            self.places,
            number(self.correlation.pearson),
            number(self.correlation.spearman)
        );
        if self.pearson_over_draws.is_some() {
            line.push_str(&format!(
                " of the {} quantified for both; {} with values below limits drawn",
                self.correlation.n,
                number(self.pearson_over_draws)
            ));
        }
        if let Some(above) = &self.above {
            let expected = short_number(above.expected_both);
            line.push_str(&format!("; both above at {} ({expected} if independent)", above.both));
        }
        line
    }
}

/// How each sample of a job stands to its limit; `None` where it has none.
pub(super) fn held(job: &Job) -> Result<Option<Vec<Option<Held>>>> {
    let samples = job.source.samples();
    let limits = match (&job.cells, job.args.decision.threshold) {
        (Some(cells), _) => cells.at(samples.coords())?,
        (None, Some(threshold)) => vec![threshold; samples.len()],
        (None, None) => return Ok(None),
    };
    let of = |i: usize| match limits[i] {
        limit if limit.is_nan() => None,
        limit if job.source.is_undecided(i, limit) => Some(Held::Undecided),
        limit if job.source.is_above(i, limit) => Some(Held::Above),
        _ => Some(Held::NotAbove),
    };
    Ok(Some((0..samples.len()).map(of).collect()))
}

/// Every two analytes, in the order they were asked for.
pub(super) fn of(jobs: &[&Job]) -> Result<Vec<PairRecord>> {
    let held: Vec<_> = jobs.iter().map(|job| held(job)).collect::<Result<_>>()?;
    let index = |job: &Job| -> HashMap<[u64; 2], usize> {
        let coords = job.source.samples().coords();
        // The first of several at one place.
        coords.iter().enumerate().rev().map(|(i, &c)| (place_key(c), i)).collect()
    };
    let index: Vec<_> = jobs.iter().map(|job| index(job)).collect();
    let mut pairs = Vec::new();
    for a in 0..jobs.len() {
        for b in a + 1..jobs.len() {
            let (first, second) = (jobs[a], jobs[b]);
            let coords = first.source.samples().coords();
            let shared: Vec<[usize; 2]> = coords
                .iter()
                .enumerate()
                .filter(|(i, c)| index[a][&place_key(**c)] == *i)
                .filter_map(|(i, c)| index[b].get(&place_key(*c)).map(|&j| [i, j]))
                .collect();
            let below = |job: &Job, i: usize| job.source.measurements()[i].is_below_limit();
            let measured: Vec<[f64; 2]> = shared
                .iter()
                .filter(|[i, j]| !below(first, *i) && !below(second, *j))
                .map(|&[i, j]| [first.field.on_scale.values()[i], second.field.on_scale.values()[j]])
                .collect();
            let above = match (&held[a], &held[b]) {
                (Some(one), Some(other)) => {
                    let both = |&[i, j]: &[usize; 2]| Some([one[i]?, other[j]?]);
                    Some(CoOccurrence::of(&shared.iter().filter_map(both).collect::<Vec<_>>()))
                }
                _ => None,
            };
            pairs.push(PairRecord {
                analytes: [first, second].map(|job| job.source.analyte().to_owned()),
                transforms: [first, second].map(|job| transform_name(&job.field.transform)),
                places: shared.len(),
                below_limit: shared.len() - measured.len(),
                correlation: Correlation::of(&measured),
                pearson_over_draws: None,
                above,
            });
        }
    }
    Ok(pairs)
}

/// The pairs as a table.
pub(super) fn csv(pairs: &[PairRecord]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "analyte_1",
        "analyte_2",
        "places",
        "below_limit",
        "n",
        "pearson",
        "spearman",
        "pearson_over_draws",
        "known",
        "both_above",
        "only_1_above",
        "only_2_above",
        "neither_above",
        "undecided",
        "both_if_independent",
        "phi",
        "odds_ratio",
        "odds_ratio_low",
        "odds_ratio_high",
    ])?;
    for pair in pairs {
        let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
        let count = |of: fn(&CoOccurrence) -> usize| pair.above.as_ref().map(|c| of(c).to_string()).unwrap_or_default();
        let value = |of: &dyn Fn(&CoOccurrence) -> Option<f64>| number(pair.above.as_ref().and_then(of));
        let [first, second] = pair.analytes.clone();
        writer.write_record([
            first,
            second,
            pair.places.to_string(),
            pair.below_limit.to_string(),
            pair.correlation.n.to_string(),
            number(pair.correlation.pearson),
            number(pair.correlation.spearman),
            number(pair.pearson_over_draws),
            count(|c| c.n),
            count(|c| c.both),
            count(|c| c.first_only),
            count(|c| c.second_only),
            count(|c| c.neither),
            count(|c| c.undecided),
            value(&|c| Some(c.expected_both)),
            value(&|c| c.phi),
            value(&|c| c.odds_ratio),
            value(&|c| c.odds_ratio_interval.map(|i| i[0])),
            value(&|c| c.odds_ratio_interval.map(|i| i[1])),
        ])?;
    }
    Ok(writer.into_inner()?)
}
