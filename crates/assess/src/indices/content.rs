//! What was measured and what it is compared with.

use std::fmt;

use serde::Serialize;
use soilscope_core::censored::Measurement;

use super::error::IndexError;
use crate::coefficient;
use crate::quantity::positive;
use crate::threshold::Standing;

/// How the soil was dissolved before it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Digestion {
    /// Real total: X-ray fluorescence, hydrofluoric acid, or rock analyses.
    Total,
    /// Aqua regia, which leaves much of some elements undissolved.
    AquaRegia,
    /// Another, or not stated; compared only with what is not stated either.
    Unstated,
}

impl fmt::Display for Digestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Total => "total",
            Self::AquaRegia => "by aqua regia",
            Self::Unstated => "of a digestion that is not stated",
        })
    }
}

/// Contents of one sample, or of a set as one.
///
/// # Units
/// Those of the reference it is compared with, as mg/kg.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub(super) digestion: Digestion,
    pub(super) contents: Vec<(String, Measurement)>,
}

impl Sample {
    /// Contents by element.
    ///
    /// # Errors
    /// A content or limit that is not above 0; an element twice; no element.
    pub fn new<E: Into<String>>(
        digestion: Digestion,
        contents: impl IntoIterator<Item = (E, Measurement)>,
    ) -> Result<Self, IndexError> {
        let contents: Vec<(String, Measurement)> = contents.into_iter().map(|(e, m)| (e.into(), m)).collect();
        checked(contents.iter().map(|(element, m)| match *m {
            Measurement::Quantified(value) | Measurement::BelowLimit(value) => (element.as_str(), value),
        }))?;
        Ok(Self { digestion, contents })
    }
}

/// What a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    /// What the soil or rock holds by nature.
    Background,
    /// What a law allows.
    Limit,
}

/// What contents are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub(super) name: String,
    pub(super) kind: ReferenceKind,
    pub(super) digestion: Digestion,
    pub(super) contents: Vec<(String, f64)>,
}

impl Reference {
    /// A background by its name, which every result repeats.
    ///
    /// # Errors
    /// A content that is not above 0; an element twice; no element.
    pub fn background<E: Into<String>>(
        name: impl Into<String>,
        digestion: Digestion,
        contents: impl IntoIterator<Item = (E, f64)>,
    ) -> Result<Self, IndexError> {
        Self::new(name.into(), ReferenceKind::Background, digestion, contents)
    }

    /// Limits by the name of their act, for single and Nemerow indices against them.
    ///
    /// # Errors
    /// As [`Reference::background`].
    pub fn limits<E: Into<String>>(
        name: impl Into<String>,
        digestion: Digestion,
        contents: impl IntoIterator<Item = (E, f64)>,
    ) -> Result<Self, IndexError> {
        Self::new(name.into(), ReferenceKind::Limit, digestion, contents)
    }

    fn new<E: Into<String>>(
        name: String,
        kind: ReferenceKind,
        digestion: Digestion,
        contents: impl IntoIterator<Item = (E, f64)>,
    ) -> Result<Self, IndexError> {
        let contents: Vec<(String, f64)> = contents.into_iter().map(|(e, v)| (e.into(), v)).collect();
        checked(contents.iter().map(|(element, value)| (element.as_str(), *value)))?;
        Ok(Self { name, kind, digestion, contents })
    }

    pub(super) fn of(&self, element: &str) -> Result<f64, IndexError> {
        let found = self.contents.iter().find(|(e, _)| e == element).map(|(_, value)| *value);
        found.ok_or_else(|| IndexError::NotInReference { element: element.to_owned(), reference: self.name.clone() })
    }
}

fn checked<'a>(contents: impl Iterator<Item = (&'a str, f64)>) -> Result<(), IndexError> {
    let mut seen: Vec<&str> = Vec::new();
    for (element, value) in contents {
        if !(value.is_finite() && value > 0.0) {
            return Err(IndexError::Content { element: element.to_owned(), value });
        }
        if seen.contains(&element) {
            return Err(IndexError::Twice { element: element.to_owned() });
        }
        seen.push(element);
    }
    if seen.is_empty() { Err(IndexError::Nothing) } else { Ok(()) }
}

/// A total content made of one by aqua regia.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// In the unit of what was given.
    pub value: f64,
    /// Share that aqua regia dissolves: a median of many soils, not of this one.
    pub share: f64,
    /// Where the share was read.
    pub source: &'static str,
    /// How far it can be trusted.
    pub standing: Standing,
}

/// Total content of an element of which aqua regia dissolved `content`: content / f, with the median share f of European
/// soils.
///
/// # Errors
/// A content that is not above 0; an element whose share is not known.
///
/// # Source
/// Shares in *Journal of Chemistry* 2013, 678140.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::aqua_regia_to_total;
/// // Chromium: 56 %. Barium: 21 %.
/// assert!((aqua_regia_to_total("Cr", 56.0)?.value - 100.0).abs() < 1e-9);
/// assert!((aqua_regia_to_total("Ba", 56.0)?.value - 266.67).abs() < 0.005);
/// # Ok::<(), soilscope_assess::indices::IndexError>(())
/// ```
pub fn aqua_regia_to_total(element: &str, content: f64) -> Result<Total, IndexError> {
    positive("content by aqua regia", content)?;
    let row = coefficient::find("aqua_regia", "aqua_regia_share", element, "share")
        .ok_or_else(|| IndexError::NoFactor { what: "share that aqua regia dissolves", element: element.to_owned() })?;
    let share = row.value / 100.0; // the table has percent
    Ok(Total { value: content / share, share, source: &row.source, standing: row.standing })
}
