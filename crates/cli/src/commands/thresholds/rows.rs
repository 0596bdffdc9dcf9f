//! Limits as rows of a CSV file and objects of JSON.

use anyhow::Result;
use serde::Serialize;
use soilscope_assess::threshold::{AtSoil, Entry, Family, Standing, Tally};

/// One limit, with everything that is known of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row<'t> {
    pub(super) code: String,
    pub(super) jurisdiction: &'t str,
    pub(super) instrument: &'t str,
    pub(super) year: Option<u16>,
    pub(super) level: &'t str,
    pub(super) land_use: &'t str,
    pub(super) land_use_code: &'static str,
    pub(super) receptor: &'t str,
    pub(super) analyte: &'t str,
    pub(super) cas: Option<&'t str>,
    /// For the soil that was given, else as published.
    pub(super) value: f64,
    pub(super) unit: &'t str,
    /// As published.
    pub(super) published: f64,
    /// What the act's correction for the soil multiplied it with.
    pub(super) soil_factor: Option<f64>,
    pub(super) standard_soil: bool,
    /// Whether the act corrects it for the soil and the table has no constants to do so.
    #[serde(skip)]
    pub(super) uncorrected: bool,
    pub(super) conditions: &'t str,
    pub(super) basis: &'t str,
    pub(super) basis_family: Family,
    pub(super) source: &'t str,
    pub(super) source_kind: &'static str,
    pub(super) verified: bool,
    pub(super) standing: Standing,
    pub(super) note: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comparable: Option<bool>,
    /// Why it does not compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why_not: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) samples: Option<Counted>,
}

/// Samples held against a limit.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Counted {
    /// Lowest and highest limit of a sample, in their unit.
    pub(super) limits: Option<[f64; 2]>,
    #[serde(flatten)]
    pub(super) tally: Tally,
    pub(super) share_above: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why_without: Option<String>,
}

impl<'t> Row<'t> {
    /// A row of the table, as published.
    pub(super) fn published(entry: &'t Entry) -> Self {
        Self {
            code: entry.code.to_string(),
            jurisdiction: &entry.jurisdiction,
            instrument: &entry.instrument,
            year: entry.year,
            level: &entry.level,
            land_use: &entry.land_use,
            land_use_code: entry.land_use_code.name(),
            receptor: &entry.receptor,
            analyte: &entry.analyte,
            cas: entry.cas.as_deref(),
            value: entry.value,
            unit: &entry.unit,
            published: entry.value,
            soil_factor: None,
            standard_soil: entry.when.correction.is_some(),
            uncorrected: is_uncorrected(entry),
            conditions: &entry.conditions,
            basis: &entry.basis,
            basis_family: entry.basis_kind.family(),
            source: &entry.source,
            source_kind: entry.source_kind.name(),
            verified: entry.verified,
            standing: entry.standing(),
            note: &entry.note,
            comparable: None,
            why_not: None,
            samples: None,
        }
    }

    /// A limit for a soil.
    pub(super) fn at(at: &AtSoil<'t>) -> Self {
        let factor = at.entry.when.correction.map(|_| at.factor);
        Self { value: at.value, soil_factor: factor, standard_soil: at.standard_soil, ..Self::published(at.entry) }
    }
}

/// Whether the act corrects a limit for the soil and its row has no constants to do so: Flemish metals but cadmium and mercury.
fn is_uncorrected(entry: &Entry) -> bool {
    let says = |words: &str| entry.conditions.contains(words);
    let exempt = says("Cd and Hg not corrected") && matches!(entry.analyte.as_str(), "Cd" | "Hg");
    entry.when.correction.is_none()
        && (says("corrected for clay and organic matter") || says("standard soil"))
        && !exempt
}

/// A year in a column of years: never blank, which could be an oversight.
pub(super) fn year_cell(year: Option<u16>) -> String {
    year.map_or_else(|| "not given".to_owned(), |year| year.to_string())
}

/// Rows as CSV: those of a comparison have more columns.
pub(super) fn csv(rows: &[Row<'_>], compared: bool, counted: bool) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec![
        "code",
        "jurisdiction",
        "instrument",
        "year",
        "level",
        "land_use",
        "land_use_code",
        "receptor",
        "analyte",
        "cas",
        "value",
        "unit",
        "published",
        "soil_factor",
        "standard_soil",
        "conditions",
        "basis",
        "source_url",
        "source_kind",
        "verified",
        "standing",
        "note",
    ];
    if compared {
        header.extend(["comparable", "why_not"]);
    }
    if counted {
        header.extend([
            "lowest_limit",
            "highest_limit",
            "above",
            "not_above",
            "cannot_tell",
            "without_limit",
            "share_above_least",
            "share_above_most",
        ]);
    }
    writer.write_record(&header)?;
    let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_string());
    let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
    for row in rows {
        let own = |text: &str| text.to_owned();
        let mut cells = vec![
            row.code.clone(),
            own(row.jurisdiction),
            own(row.instrument),
            year_cell(row.year),
            own(row.level),
            own(row.land_use),
            own(row.land_use_code),
            own(row.receptor),
            own(row.analyte),
            own(row.cas.unwrap_or_default()),
            row.value.to_string(),
            own(row.unit),
            row.published.to_string(),
            number(row.soil_factor),
            yes(row.standard_soil),
            own(row.conditions),
            own(row.basis),
            own(row.source),
            own(row.source_kind),
            yes(row.verified),
            own(row.standing.words()),
            own(row.note),
        ];
        if compared {
            cells.extend([yes(row.comparable == Some(true)), row.why_not.clone().unwrap_or_default()]);
        }
        if counted {
            let samples = row.samples.as_ref();
            let limits = samples.and_then(|s| s.limits);
            let tally = samples.map(|s| s.tally).unwrap_or_default();
            let share = samples.and_then(|s| s.share_above);
            cells.extend([number(limits.map(|l| l[0])), number(limits.map(|l| l[1]))]);
            cells.extend([tally.above, tally.not_above, tally.cannot_tell, tally.without_limit].map(|n| n.to_string()));
            cells.extend([number(share.map(|s| s[0])), number(share.map(|s| s[1]))]);
        }
        writer.write_record(&cells)?;
    }
    Ok(writer.into_inner()?)
}
