//! Results of methods that are not comparable, brought together by a model that somebody declares and answers for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::long::{Censor, Row, Table, group, number};
use crate::{Error, Result, tables};

/// Median share of the real total that aqua regia dissolves, in percent, by analyte (specification, section 3.5; source S31).
pub const SHARE: [(&str, f64); 18] = [
    ("Hg", 98.0),
    ("Cd", 94.0),
    ("Cu", 91.0),
    ("Zn", 90.0),
    ("Mn", 89.0),
    ("Ni", 88.0),
    ("Co", 86.0),
    ("As", 82.0),
    ("Mo", 82.0),
    ("Pb", 79.0),
    ("V", 61.0),
    ("Sn", 57.0),
    ("Cr", 56.0),
    ("Sb", 53.0),
    ("Be", 51.0),
    ("B", 46.0),
    ("U", 35.0),
    ("Ba", 21.0),
];

/// What results are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Results by aqua regia become estimates of the total.
    Total,
    /// Results of the total become estimates of what aqua regia dissolves.
    AquaRegia,
}

impl Target {
    /// The groups of `procedures.csv` it leaves and comes to.
    fn groups(self) -> [&'static str; 2] {
        match self {
            Self::Total => ["AR", "TOTAL"],
            Self::AquaRegia => ["TOTAL", "AR"],
        }
    }
}

/// The model of section 3.5: one ratio per analyte. Its source gives medians only, so whoever declares the model states how far the
/// ratio may be off in the soils at hand, and on what ground.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// What results are brought to.
    pub to: Target,
    /// Relative standard uncertainty of the ratio, in percent.
    pub ratio_uncertainty_pct: f64,
    /// Where that figure comes from.
    pub ratio_uncertainty_source: String,
}

/// What was done to results of one analyte.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changed {
    /// Share of the total that aqua regia dissolves, in percent.
    pub share_pct: f64,
    /// How many results were changed.
    pub results: u64,
    /// Of them how many stated no uncertainty of their own: theirs is now that of the ratio alone.
    pub without_own_uncertainty: u64,
}

/// What a harmonisation did, for the lineage of what is made of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lineage {
    /// The model.
    pub model: Model,
    /// Where its ratios come from.
    pub source: String,
    /// Per analyte what was changed.
    pub changed: BTreeMap<String, Changed>,
    /// Analytes that have results of the group to leave but no ratio: left as they are, and not pooled.
    pub without_ratio: BTreeMap<String, u64>,
}

impl Lineage {
    /// One sentence for a record's lineage.
    pub fn sentence(&self) -> String {
        let [from, to] = self.model.to.groups();
        let analytes: Vec<String> =
            self.changed.iter().map(|(code, c)| format!("{code} {} % ({} results)", c.share_pct, c.results)).collect();
        format!(
            "Results of comparability group {from} were brought to {to} by the aqua regia share of the total: {}; ratios from {}; relative \
             standard uncertainty of the ratio {} %, from {}.",
            if analytes.is_empty() { "none".to_owned() } else { analytes.join(", ") },
            self.source,
            self.model.ratio_uncertainty_pct,
            self.model.ratio_uncertainty_source
        )
    }
}

/// Applies a declared model to all results of the group it leaves; values, bounds, limits and uncertainties are brought along, the
/// ratio's uncertainty is added, and what stood there before stays in `original_value` and `original_unit`.
///
/// # Errors
/// [`Error::Refused`] for a model without an uncertainty of its ratio or without its source.
///
/// # Examples
/// ```
/// use soilscope_exchange::import::harmonise::{Model, Target, harmonise};
/// use soilscope_exchange::long::{Row, Table};
/// let mut table = Table::new();
/// let file = table.file("lab.csv".as_ref());
/// for (line, procedure, value) in [(2, "AR_ISO54321", 79.0), (3, "XRF", 95.0)] {
///     let row = Row {
///         analyte_code: "Pb".into(), extraction_code: procedure.into(), unit: "mg/kg".into(), value: Some(value), ..Row::default()
///     };
///     table.push(row, file, line);
/// }
/// assert!(table.pooled("Pb").is_err());
/// let model = Model { to: Target::Total, ratio_uncertainty_pct: 10.0, ratio_uncertainty_source: "own comparison".into() };
/// let lineage = harmonise(&mut table, &model)?;
/// assert_eq!(table.pooled("Pb")?[0].value, Some(100.0)); // aqua regia dissolves 79 % of lead
/// assert_eq!(lineage.changed["Pb"].results, 1);
/// # Ok::<(), soilscope_exchange::Error>(())
/// ```
pub fn harmonise(table: &mut Table, model: &Model) -> Result<Lineage> {
    let percent = model.ratio_uncertainty_pct;
    if !(percent > 0.0 && percent.is_finite()) || model.ratio_uncertainty_source.trim().is_empty() {
        return Err(Error::refused(
            "harmonisation model",
            "the uncertainty of its ratio is not stated, or not where it comes from",
            "give a relative standard uncertainty above 0 % and its source: the ratios themselves are medians of other soils",
        ));
    }
    let s31 = tables::source("S31").expect("the source of the ratios is in sources.csv");
    let mut lineage = Lineage {
        model: model.clone(),
        source: format!("{} ({}, {})", s31.title, s31.id, s31.address),
        changed: BTreeMap::new(),
        without_ratio: BTreeMap::new(),
    };
    let [from, to] = model.to.groups();
    for row in table.rows_mut().iter_mut().filter(|row| row.harmonised_group.is_empty() && group(row) == from) {
        let Some((_, share)) = SHARE.iter().find(|(code, _)| *code == row.analyte_code) else {
            *lineage.without_ratio.entry(row.analyte_code.clone()).or_default() += 1;
            continue;
        };
        let changed = lineage.changed.entry(row.analyte_code.clone()).or_default();
        changed.share_pct = *share;
        changed.results += 1;
        changed.without_own_uncertainty +=
            u64::from(row.uncertainty_expanded.is_none() && row.uncertainty_rel_pct.is_none());
        bring(row, *share, model);
        to.clone_into(&mut row.harmonised_group);
    }
    Ok(lineage)
}

fn bring(row: &mut Row, share: f64, model: &Model) {
    if row.original_value.is_empty() {
        row.original_value = match (row.censor, row.value, row.lod, row.loq, row.uol) {
            (_, Some(value), ..) => number::write(value),
            (Censor::BelowDetection, _, Some(limit), ..) | (Censor::BelowQuantification, _, _, Some(limit), _) => {
                format!("<{}", number::write(limit))
            }
            (Censor::AboveLimit, .., Some(limit)) => format!(">{}", number::write(limit)),
            _ => String::new(),
        };
        if row.original_unit.is_empty() {
            row.original_unit.clone_from(&row.unit);
        }
    }
    let scaled = |n: f64| match model.to {
        Target::Total => n * 100.0 / share,
        Target::AquaRegia => n * share / 100.0,
    };
    let k = row.coverage_factor.unwrap_or(2.0);
    let ratio = model.ratio_uncertainty_pct / 100.0;
    let own = row.standard_uncertainty().map(scaled);
    row.quantities().into_iter().flatten().for_each(|n| *n = scaled(*n));
    match row.value {
        // Independent parts of a product: their squares add (GUM, ISO/IEC Guide 98-3, 5.1.6).
        Some(value) => {
            let standard = own.unwrap_or(0.0).hypot(value * ratio);
            row.uncertainty_expanded = (standard > 0.0).then_some(k * standard);
            row.uncertainty_rel_pct = None;
        }
        // A limit has the ratio's uncertainty too.
        None if row.uncertainty_expanded.is_none() => {
            row.uncertainty_rel_pct = Some(row.uncertainty_rel_pct.unwrap_or(0.0).hypot(100.0 * k * ratio));
        }
        None => {}
    }
    row.coverage_factor = Some(k);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(to: Target) -> Model {
        Model { to, ratio_uncertainty_pct: 10.0, ratio_uncertainty_source: "test".to_owned() }
    }

    fn table(rows: Vec<Row>) -> Table {
        let mut table = Table::new();
        let file = table.file("x".as_ref());
        for (line, row) in (2..).zip(rows) {
            table.push(Row { unit: "mg/kg".to_owned(), ..row }, file, line);
        }
        table
    }

    fn row(analyte: &str, procedure: &str, value: f64) -> Row {
        Row { analyte_code: analyte.into(), extraction_code: procedure.into(), value: Some(value), ..Row::default() }
    }

    #[test]
    fn uncertainties_of_value_and_ratio_add_in_squares() {
        let own = Row { uncertainty_expanded: Some(2.0 * 0.075 * 50.0), ..row("Pb", "AR_UNSPEC", 50.0) };
        let mut one = table(vec![own]);
        harmonise(&mut one, &model(Target::Total)).unwrap();
        let got = &one.rows()[0];
        let total = 50.0 / 0.79;
        assert!((got.value.unwrap() - total).abs() < 1e-12);
        // 7.5 % and 10 % give 12.5 %.
        assert!((got.standard_uncertainty().unwrap() - 0.125 * total).abs() < 1e-12);
        assert_eq!((got.original_value.as_str(), got.original_unit.as_str()), ("50", "mg/kg"));
    }

    #[test]
    fn there_and_back_is_the_same_value_and_limits_go_along() {
        let censored =
            Row { censor: Censor::BelowQuantification, value: None, loq: Some(7.9), ..row("Pb", "AR_UNSPEC", 0.0) };
        let mut limits = table(vec![censored, row("Pb", "XRF", 10.0)]);
        harmonise(&mut limits, &model(Target::Total)).unwrap();
        assert!((limits.rows()[0].loq.unwrap() - 10.0).abs() < 1e-12);
        assert_eq!(limits.rows()[0].original_value, "<7.9");
        assert_eq!(limits.rows()[0].uncertainty_rel_pct, Some(20.0), "k = 2");
        assert_eq!(limits.pooled("Pb").unwrap().len(), 2);
        let mut back = table(vec![row("Pb", "XRF", 10.0)]);
        harmonise(&mut back, &model(Target::AquaRegia)).unwrap();
        assert!((back.rows()[0].value.unwrap() - 7.9).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_ratio_is_left_and_said() {
        let mut mixed = table(vec![row("Fe", "AR_UNSPEC", 1.0), row("Pb", "DTPA", 2.0), row("Pb", "PXRF", 3.0)]);
        let before = mixed.rows().to_vec();
        let lineage = harmonise(&mut mixed, &model(Target::Total)).unwrap();
        assert_eq!(mixed.rows(), before, "screening and extracts are no total");
        assert_eq!(lineage.without_ratio["Fe"], 1);
        assert!(lineage.changed.is_empty() && lineage.sentence().contains("none"));
        let bad = Model { ratio_uncertainty_pct: 0.0, ..model(Target::Total) };
        assert!(harmonise(&mut mixed, &bad).is_err());
    }

    #[test]
    fn a_second_pass_changes_nothing() {
        let mut one = table(vec![row("Pb", "AR_UNSPEC", 50.0)]);
        harmonise(&mut one, &model(Target::Total)).unwrap();
        let before = one.rows().to_vec();
        harmonise(&mut one, &model(Target::Total)).unwrap();
        assert_eq!(one.rows(), before);
    }

    #[test]
    fn every_ratio_is_of_an_analyte_and_a_share() {
        assert!(SHARE.iter().all(|(code, share)| tables::analyte(code).is_some() && (0.0..100.0).contains(share)));
    }
}
