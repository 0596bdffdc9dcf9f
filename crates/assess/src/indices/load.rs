//! The pollution load of several places: three numbers that are not the same.

use serde::Serialize;
use soilscope_core::censored::Measurement;

use super::classes::{self, LoadClasses};
use super::content::{Reference, Sample};
use super::error::IndexError;
use super::ratios::{NonDetects, Ratios, geometric_mean};
use crate::class::Class;

/// The pollution load of several places, said in three ways. They differ, so a report names which it gives;
/// `zone ≤ mean_of_sites ≤ of_mean_content` always.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetLoad {
    /// Index of each place.
    pub sites: Vec<f64>,
    /// Arithmetic mean of the places' indices.
    pub mean_of_sites: f64,
    /// Index of the zone: geometric mean of the places' indices.
    pub zone: f64,
    /// Class of the zone's index.
    pub zone_class: Class,
    /// Index of the elements' mean contents.
    pub of_mean_content: f64,
    /// The reference.
    pub reference: String,
    /// Contents, over all places, that stand for a value below its limit.
    pub substituted: usize,
}

/// Pollution load of several places with the same elements.
///
/// # Errors
/// As [`Ratios::new`]; [`IndexError::Elements`], also where values below limits are left out in some places only.
///
/// # Source
/// Formulas as in ChinaXiv 201809.00029V1, whose printed numbers are examples of all three.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::{Digestion, NonDetects, Reference, Sample, load_of_set};
/// use soilscope_core::censored::Measurement::Quantified;
/// let background = Reference::background("local", Digestion::Total, [("Cd", 1.0), ("Pb", 1.0)])?;
/// let places = [[1.0, 1.0], [4.0, 4.0]].map(|[cd, pb]| Sample::new(Digestion::Total, [("Cd", Quantified(cd)), ("Pb", Quantified(pb))]));
/// let places = places.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let load = load_of_set(&places, &background, NonDetects::Refuse)?;
/// assert!((load.zone - 2.0).abs() < 1e-12 && (load.mean_of_sites - 2.5).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::indices::IndexError>(())
/// ```
pub fn load_of_set(samples: &[Sample], reference: &Reference, non_detects: NonDetects) -> Result<SetLoad, IndexError> {
    let all = samples.iter().map(|sample| Ratios::new(sample, reference, non_detects));
    let all = all.collect::<Result<Vec<_>, _>>()?;
    let first = all.first().ok_or(IndexError::Nothing)?;
    let names = |ratios: &Ratios| ratios.ratios.iter().map(|r| r.element.clone()).collect::<Vec<_>>();
    let needed = names(first);
    let mut sums = vec![0.0; needed.len()];
    for (index, ratios) in all.iter().enumerate() {
        let has = names(ratios);
        for (sum, element) in sums.iter_mut().zip(&needed) {
            match ratios.ratios.iter().find(|r| r.element == *element) {
                Some(ratio) if has.len() == needed.len() => *sum += ratio.content,
                _ => return Err(IndexError::Elements { index, has, needed }),
            }
        }
    }
    let n = all.len() as f64;
    let means = needed.into_iter().zip(sums).map(|(element, sum)| (element, Measurement::Quantified(sum / n)));
    let mean = Sample::new(samples[0].digestion, means)?;
    let sites: Vec<f64> = all.iter().map(|ratios| ratios.load_index().value).collect();
    let zone = geometric_mean(sites.iter().copied());
    Ok(SetLoad {
        mean_of_sites: sites.iter().sum::<f64>() / n,
        zone,
        zone_class: classes::load(zone, LoadClasses::Four),
        of_mean_content: Ratios::new(&mean, reference, non_detects)?.load_index().value,
        reference: first.reference.clone(),
        substituted: all.iter().flat_map(|ratios| &ratios.ratios).filter(|r| r.substituted).count(),
        sites,
    })
}
