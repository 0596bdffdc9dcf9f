//! Tables for an FAO node, and what they cannot hold.
//!
//! A node takes wide tables of numbers in profiles of contiguous layers of whole centimetres. Limits, uncertainties, laboratories and
//! substances without a code have no place there; `notes.md` says of each how often that happened.

mod notes;
mod profiles;

use std::collections::BTreeMap;
use std::path::Path;

use super::entry::Bundle;
use super::names::{self, Naming};
use super::stable;
use crate::Result;
use crate::long::{Censor, Row};
use crate::tables::{self, Procedure};

/// Rows a node takes in one file.
const ROWS: usize = 200_000;
/// Bytes a node takes in one file.
const BYTES: usize = 50 * 1024 * 1024;
/// Columns before those of results.
const BASE: [&str; 9] = [
    "plot_code",
    "profile_code",
    "plot_type",
    "element_type",
    "longitude",
    "latitude",
    "sampling_date",
    "upper_depth",
    "lower_depth",
];

/// What stands for a result below a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CensoredAs {
    /// Nothing: it is left out.
    #[default]
    Omit,
    /// Half the limit.
    HalfLimit,
    /// The limit.
    Limit,
    /// The limit over the square root of 2.
    Root2,
}

impl CensoredAs {
    /// As the command line spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Omit => "omit",
            Self::HalfLimit => "half-limit",
            Self::Limit => "limit",
            Self::Root2 => "root2",
        }
    }

    /// The one spelt `text`.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::pack::CensoredAs;
    /// assert_eq!(CensoredAs::of("root2"), Some(CensoredAs::Root2));
    /// ```
    pub fn of(text: &str) -> Option<Self> {
        [Self::Omit, Self::HalfLimit, Self::Limit, Self::Root2].into_iter().find(|c| c.as_str() == text)
    }

    /// What stands for a result below `limit`.
    fn substitute(self, limit: f64) -> Option<f64> {
        match self {
            Self::Omit => None,
            Self::HalfLimit => Some(limit / 2.0),
            Self::Limit => Some(limit),
            Self::Root2 => Some(limit / std::f64::consts::SQRT_2),
        }
    }
}

/// How often something was lost.
#[derive(Debug, Default)]
struct Losses {
    counts: BTreeMap<&'static str, usize>,
    /// Specimen, analyte, limit and what stands for it.
    substituted: Vec<[String; 4]>,
    results: usize,
    profiles: usize,
}

impl Losses {
    fn add(&mut self, what: &'static str, lost: bool) {
        *self.counts.entry(what).or_default() += usize::from(lost);
    }

    fn of(&self, what: &'static str) -> usize {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

/// Writes `exports/fao_sis/`. What a table of it holds has the access levels of `points/`.
pub(super) fn write(root: &Path, bundle: &Bundle<'_>, censored: CensoredAs) -> Result<Vec<[String; 3]>> {
    let mut losses = Losses::default();
    let results = results(&bundle.points.published, censored, &mut losses);
    let columns: Vec<String> = {
        let mut all: Vec<String> = results.iter().map(|r| r.column.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let files = tables(root, &profiles::layers(results, &mut losses), &columns)?;
    missing_codes(root, bundle)?;
    let lost = notes::table(bundle, &losses);
    notes::write(root, bundle, censored, &losses, &lost, &files)?;
    Ok(lost)
}

/// One number of one layer, before layers are put together.
struct Result_ {
    plot: String,
    profile: String,
    borehole: bool,
    horizon: bool,
    place: [f64; 2],
    date: String,
    depth: [u16; 2],
    column: String,
    value: f64,
}

fn results(rows: &[Row], censored: CensoredAs, losses: &mut Losses) -> Vec<Result_> {
    let mut all = Vec::new();
    for row in rows {
        let Some((column, procedure)) = column(row) else { continue };
        losses.add("duplicate", !matches!(row.qc_type.as_str(), "" | "routine"));
        if !matches!(row.qc_type.as_str(), "" | "routine") {
            continue;
        }
        let Some(value) = value(row, censored, losses) else { continue };
        let (Some(longitude), Some(latitude), Some(upper), Some(lower)) =
            (row.longitude, row.latitude, row.upper_depth_cm, row.lower_depth_cm)
        else {
            losses.add("place", true);
            continue;
        };
        let Some(date) = row.sampling_date else {
            losses.add("no date", true);
            continue;
        };
        let depth = [upper, lower].map(|cm| cm.round().clamp(0.0, 1000.0) as u16);
        if depth[0] >= depth[1] {
            losses.add("thin", true);
            continue;
        }
        losses.add("depth", upper.fract() != 0.0 || lower.fract() != 0.0);
        losses.add("date", date.precision() != "day");
        losses.add("sample", !matches!(row.plot_type.as_str(), "TrialPit" | "Borehole"));
        losses.add("limits", row.lod.is_some() || row.loq.is_some() || row.uol.is_some());
        losses.add("uncertainty", row.uncertainty_expanded.is_some() || row.uncertainty_rel_pct.is_some());
        losses.add("laboratory", !row.laboratory.is_empty() || !row.accreditation.is_empty());
        losses.add("determination", !matches!(row.determination_code.as_str(), "" | "UNKNOWN"));
        losses.add("procedure", !procedure.standard.is_empty());
        losses.add("land use", !row.land_use.is_empty());
        losses.add("support", row.n_increments.is_some() || row.support_area_m2.is_some());
        losses.add("grain", row.grain_size_max_um.is_some_and(|um| um != 2000.0));
        losses.add("blur", row.location_blur_m.is_some_and(|m| m > 0.0));
        losses.results += 1;
        all.push(Result_ {
            plot: row.plot().to_owned(),
            profile: row.profile().to_owned(),
            borehole: row.plot_type != "TrialPit",
            horizon: row.element_type == "Horizon",
            place: [longitude, latitude],
            date: date.first().to_string(),
            depth,
            column,
            value,
        });
    }
    all
}

/// The column of a result and its procedure; none where the node has no code for its analyte or its procedure.
fn column(row: &Row) -> Option<(String, &'static Procedure)> {
    let procedure = tables::procedure(&row.extraction_code)?;
    let id = procedure.glosis_procedure_id.as_ref()?;
    let fraction = if row.fraction.is_empty() { &procedure.fraction } else { &row.fraction };
    let property = match tables::analyte(&row.analyte_code) {
        Some(analyte) => {
            let (property, proposed) = names::property(analyte, fraction);
            (!proposed).then_some(property)?
        }
        None => tables::property(&row.analyte_code)?.glosis_property_id.clone()?,
    };
    Some((format!("{property}__{id}"), procedure))
}

/// The number of a result, or what stands for it.
fn value(row: &Row, censored: CensoredAs, losses: &mut Losses) -> Option<f64> {
    let limit = match row.censor {
        Censor::Quantified => return row.value,
        Censor::BelowDetection => row.lod,
        Censor::BelowQuantification => row.loq,
        Censor::NotDetected | Censor::AboveLimit | Censor::Interval => None,
    };
    losses.add("censored", true);
    let substitute = limit.and_then(|limit| censored.substitute(limit));
    losses.add("censored left out", substitute.is_none());
    if let (Some(limit), Some(value)) = (limit, substitute) {
        let said =
            [row.specimen_code.clone(), row.analyte_code.clone(), format!("{limit} {}", row.unit), value.to_string()];
        losses.substituted.push(said);
    }
    substitute
}

/// One line of the table.
struct Line {
    base: [String; 9],
    values: BTreeMap<String, f64>,
}

/// Writes the tables, as many as the node's limits ask for.
fn tables(root: &Path, lines: &[Line], columns: &[String]) -> Result<Vec<String>> {
    let header: Vec<&str> = BASE.iter().copied().chain(columns.iter().map(String::as_str)).collect();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let results = columns.iter().map(|c| line.values.get(c).map(ToString::to_string).unwrap_or_default());
            line.base.iter().cloned().chain(results).collect()
        })
        .collect();
    // A cell may get two quotes and an apostrophe beside its comma.
    let bytes = |row: &[String]| row.iter().map(|c| c.len() + 4).sum::<usize>() + 2;
    let mut files = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let mut size: usize = header.iter().map(|c| c.len() + 4).sum();
        let start = at;
        while at < rows.len() && at - start < ROWS && size + bytes(&rows[at]) <= BYTES {
            size += bytes(&rows[at]);
            at += 1;
        }
        // Layers of one profile stay in one file.
        let mut end = at;
        while at < rows.len() && end > start + 1 && rows[end][1] == rows[end - 1][1] {
            end -= 1;
        }
        at = end.max(start + 1);
        let number = files.len() + 1;
        let name = if number == 1 { "samples.csv".to_owned() } else { format!("samples-{number}.csv") };
        let path = format!("exports/fao_sis/{name}");
        stable::write_csv(root, &path, &header, rows[start..at].iter().map(|r| r.iter().cloned()))?;
        files.push(path);
    }
    Ok(files)
}

/// Writes the request for codes: what was measured and has none. Counts are over all results, whatever is shown of them.
fn missing_codes(root: &Path, bundle: &Bundle<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for entry in &bundle.entries {
        let (analyte, code) = (entry.subject.analyte, &entry.subject.analyte.code);
        let counted: Vec<(&String, &String, usize)> = if bundle.points.given {
            bundle.points.counts.iter().filter(|((c, ..), _)| c == code).map(|((_, p, u), n)| (p, u, *n)).collect()
        } else {
            let n = usize::try_from(entry.variable.samples.used).unwrap_or(usize::MAX);
            vec![(&entry.subject.procedure.code, &entry.unit, n)]
        };
        for (extraction, unit, count) in counted {
            let procedure = tables::procedure(extraction);
            let fraction = procedure.map_or(entry.subject.fraction.as_str(), |p| p.fraction.as_str());
            let (property, proposed) = names::property(analyte, fraction);
            let has_procedure = procedure.is_some_and(|p| p.glosis_procedure_id.is_some());
            if proposed || !has_procedure {
                let inspire = [
                    &analyte.inspire_site_uri,
                    &analyte.inspire_profile_element_uri,
                    &analyte.inspire_derived_object_uri,
                ];
                rows.push(vec![
                    code.clone(),
                    if proposed { property } else { String::new() },
                    inspire.into_iter().flatten().next().cloned().unwrap_or_default(),
                    analyte.cas_number.clone().unwrap_or_default(),
                    unit.clone(),
                    extraction.clone(),
                    if has_procedure { "yes" } else { "no" }.to_owned(),
                    count.to_string(),
                ]);
            }
        }
    }
    let header =
        ["analyte", "proposed_id", "inspire_uri", "cas_number", "unit", "procedure", "procedure_has_code", "count"];
    stable::write_csv(root, "exports/fao_sis/missing_codes.csv", &header, rows)
}

/// The id of a property for the table of losses.
fn is_without_code(names: &Naming) -> bool {
    names.property_is_proposed
}

#[cfg(test)]
mod tests;
