//! Classes of a covariate, as the samples have them.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_pipeline::samples::{Decimal, SampleTable};

/// The code of a class that no sample has: neither a class's nor missing.
pub(super) const NO_CLASS: f64 = f64::INFINITY;

/// A class, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClassRecord {
    pub(crate) class: String,
    pub(crate) samples: usize,
}

/// Classes of the samples, the most frequent first, the rest in order.
pub(super) struct Classes {
    /// Whether the codes are the numbers that the labels are; else they count the labels.
    pub(super) numeric: bool,
    pub(super) labels: Vec<String>,
    pub(super) codes: Vec<f64>,
    counts: Vec<usize>,
    pub(super) raw: Vec<f64>,
}

impl Classes {
    pub(super) fn of(texts: &[String], table: &SampleTable) -> Self {
        let comma = table.source().decimal == Some(Decimal::Comma);
        let number = |text: &str| -> Option<f64> {
            let text = if comma { text.replace(',', ".") } else { text.to_owned() };
            text.parse().ok().filter(|v: &f64| v.is_finite())
        };
        let numbers: Option<Vec<f64>> = texts.iter().map(|t| number(t)).collect();
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        texts.iter().for_each(|t| *counts.entry(t).or_default() += 1);
        let numeric = numbers.is_some();
        // Class by class: its code, how a person knows it, how many samples.
        let mut classes: Vec<(f64, String, usize)> = Vec::new();
        for (k, (label, count)) in counts.into_iter().enumerate() {
            let code = if numeric { number(label).unwrap_or(NO_CLASS) } else { k as f64 };
            match classes.iter_mut().find(|c| c.0 == code) {
                Some(same) => same.2 += count, // `1` and `1.0`
                None => classes.push((code, label.clone(), count)),
            }
        }
        classes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let most = classes.iter().map(|c| c.2).max().unwrap_or(0);
        if let Some(reference) = classes.iter().position(|c| c.2 == most) {
            classes[..=reference].rotate_right(1);
        }
        let code_of = |text: &String| match &numbers {
            Some(_) => number(text).unwrap_or(NO_CLASS),
            None => classes.iter().find(|c| c.1 == *text).map_or(NO_CLASS, |c| c.0),
        };
        Self {
            numeric,
            raw: texts.iter().map(code_of).collect(),
            labels: classes.iter().map(|c| c.1.clone()).collect(),
            codes: classes.iter().map(|c| c.0).collect(),
            counts: classes.iter().map(|c| c.2).collect(),
        }
    }

    pub(super) fn record(&self) -> Vec<ClassRecord> {
        let class = |(label, &samples): (&String, &usize)| ClassRecord { class: label.clone(), samples };
        self.labels.iter().zip(&self.counts).map(class).collect()
    }
}
