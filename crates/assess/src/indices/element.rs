//! Indices of single elements: geo-accumulation and enrichment.

use serde::Serialize;

use super::classes;
use super::content::{Reference, Sample};
use super::error::IndexError;
use super::ratios::{NonDetects, Ratios};
use crate::class::Class;

/// Index of geo-accumulation of one element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GeoAccumulation {
    /// The element.
    pub element: String,
    /// log₂(content / (1.5 background)).
    pub value: f64,
    /// The background.
    pub reference: String,
    /// Whether the content stands for a value below its limit.
    pub substituted: bool,
    /// Class 0 (rank 1) to class 6 (rank 7).
    pub class: Class,
}

/// What Igeo allows a background to vary by.
const VARIATION: f64 = 1.5;

impl Ratios {
    /// Index of geo-accumulation Igeo of every element.
    ///
    /// # Errors
    /// [`IndexError::NotABackground`].
    ///
    /// # Source
    /// Index table of encyclopedia.pub, entry 46363: log₂(C / (1.5 B)), after Müller (1979), *Umschau* 79:778, which was not read.
    ///
    /// # Examples
    /// ```
    /// # use soilscope_assess::indices::*;
    /// # use soilscope_core::censored::Measurement::Quantified;
    /// let shale = Reference::background("shale", Digestion::Total, [("Ni", 0.002)])?;
    /// let sample = Sample::new(Digestion::Total, [("Ni", Quantified(0.003))])?;
    /// let geo = Ratios::new(&sample, &shale, NonDetects::Refuse)?.geo_accumulation()?;
    /// assert!(geo[0].value.abs() < 1e-12); // a factor of 1.5 is index 0
    /// # Ok::<(), IndexError>(())
    /// ```
    pub fn geo_accumulation(&self) -> Result<Vec<GeoAccumulation>, IndexError> {
        self.needs_background("the index of geo-accumulation")?;
        let of = |ratio: &super::Ratio| {
            let value = (ratio.value / VARIATION).log2();
            GeoAccumulation {
                element: ratio.element.clone(),
                value,
                reference: self.reference.clone(),
                substituted: ratio.substituted,
                class: classes::geo_accumulation(value),
            }
        };
        Ok(self.ratios.iter().map(of).collect())
    }
}

/// Enrichment of one element beside a conservative one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Enrichment {
    /// The element.
    pub element: String,
    /// (C/X) of the sample over (C/X) of the background.
    pub value: f64,
    /// The background.
    pub reference: String,
    /// The element X it is normalised by.
    pub normaliser: String,
    /// Whether X is one of those that are commonly taken as conservative: Al, Fe, Ti, Sc, Zr, Li.
    pub usual_normaliser: bool,
    /// Whether a content stands for a value below its limit.
    pub substituted: bool,
    /// Its class.
    pub class: Class,
}

/// Elements that are commonly taken as conservative.
const CONSERVATIVE: [&str; 6] = ["Al", "Fe", "Ti", "Sc", "Zr", "Li"];

/// Enrichment factor EF of every element but the normaliser X itself.
///
/// # Errors
/// As [`Ratios::new`]; X is not in the sample, or the reference is no background.
///
/// # Source
/// *Environmental Systems Research*, s40068-023-00310-x, Table 1.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::{Digestion, NonDetects, Reference, Sample, enrichment_factors};
/// use soilscope_core::censored::Measurement::Quantified;
/// let crust = Reference::background("crust", Digestion::Total, [("Pb", 20.0), ("Al", 80_000.0)])?;
/// let sample = Sample::new(Digestion::Total, [("Pb", Quantified(60.0)), ("Al", Quantified(40_000.0))])?;
/// let ef = enrichment_factors(&sample, &crust, "Al", NonDetects::Refuse)?;
/// assert_eq!((ef[0].value, ef[0].class.label), (6.0, "significant")); // 3 over ½
/// # Ok::<(), soilscope_assess::indices::IndexError>(())
/// ```
pub fn enrichment_factors(
    sample: &Sample,
    reference: &Reference,
    normaliser: &str,
    non_detects: NonDetects,
) -> Result<Vec<Enrichment>, IndexError> {
    let ratios = Ratios::new(sample, reference, non_detects)?;
    ratios.needs_background("the enrichment factor")?;
    let by = ratios.ratios.iter().find(|r| r.element == normaliser);
    let by =
        by.ok_or_else(|| IndexError::NoFactor { what: "content in the sample", element: normaliser.to_owned() })?;
    let others = ratios.ratios.iter().filter(|r| r.element != normaliser);
    let of = |r: &super::Ratio| {
        let value = r.value / by.value;
        Enrichment {
            element: r.element.clone(),
            value,
            reference: ratios.reference.clone(),
            normaliser: normaliser.to_owned(),
            usual_normaliser: CONSERVATIVE.contains(&normaliser),
            substituted: r.substituted || by.substituted,
            class: classes::enrichment(value),
        }
    };
    Ok(others.map(of).collect())
}
