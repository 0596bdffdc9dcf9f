//! Contents over their references, and the indices that are made of nothing else.

use serde::Serialize;
use soilscope_core::censored::{Measurement, Substitution};

use super::classes::{self, DegreeClasses, LoadClasses};
use super::content::{Reference, ReferenceKind, Sample};
use super::error::IndexError;
use super::index::Index;
use crate::class::Class;
use crate::quantity::positive;

/// What an index does with a value below its limit, chosen by the caller.
///
/// A geometric mean such as the pollution load index moves far with what stands for a small value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonDetects {
    /// Refuse to compute the index.
    Refuse,
    /// Let a number stand for it, or leave the element out; results count the former and name the latter.
    Substitute(Substitution),
}

/// Content over reference of one element: the contamination factor CF, or against limits the single pollution index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// The element.
    pub element: String,
    /// Content that was used, in the unit of the sample.
    pub content: f64,
    /// Content over reference.
    pub value: f64,
    /// Whether the content stands for a value below its limit.
    pub substituted: bool,
    /// Class of the ratio.
    pub class: Class,
}

/// Content over reference of every element of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratios {
    pub(super) reference: String,
    pub(super) kind: ReferenceKind,
    pub(super) ratios: Vec<Ratio>,
    left_out: Vec<String>,
}

impl Ratios {
    /// Divides contents by a reference.
    ///
    /// # Errors
    /// [`IndexError::Digestions`], [`IndexError::NotInReference`], [`IndexError::BelowLimit`], [`IndexError::Nothing`].
    pub fn new(sample: &Sample, reference: &Reference, non_detects: NonDetects) -> Result<Self, IndexError> {
        if sample.digestion != reference.digestion {
            return Err(IndexError::Digestions {
                sample: sample.digestion,
                reference: reference.name.clone(),
                background: reference.digestion,
            });
        }
        let rule = match non_detects {
            NonDetects::Substitute(rule) => Some(rule),
            NonDetects::Refuse => None,
        };
        let below = sample.contents.iter().filter(|(_, m)| m.is_below_limit()).map(|(element, _)| element.clone());
        if rule.is_none() && sample.contents.iter().any(|(_, m)| m.is_below_limit()) {
            return Err(IndexError::BelowLimit { elements: below.collect() });
        }
        let (mut ratios, mut left_out) = (Vec::new(), Vec::new());
        for (element, measurement) in &sample.contents {
            let content = match (*measurement, rule) {
                (Measurement::Quantified(value), _) => Some(value),
                (below, rule) => rule.and_then(|rule| rule.apply(below)),
            };
            let Some(content) = content else {
                left_out.push(element.clone());
                continue;
            };
            let value = positive("content over its reference", content / reference.of(element)?)?;
            let class = match reference.kind {
                ReferenceKind::Background => classes::factor(value),
                ReferenceKind::Limit => classes::single(value),
            };
            let substituted = measurement.is_below_limit();
            ratios.push(Ratio { element: element.clone(), content, value, substituted, class });
        }
        if ratios.is_empty() {
            return Err(IndexError::Nothing);
        }
        Ok(Self { reference: reference.name.clone(), kind: reference.kind, ratios, left_out })
    }

    /// Ratios, in the order of the sample.
    pub fn ratios(&self) -> &[Ratio] {
        &self.ratios
    }

    /// Elements below their limits that were left out.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Name of what the contents were divided by.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Degree of contamination Cdeg: the sum of the ratios.
    ///
    /// # Source
    /// Hakanson (1980), *Water Research* 14:975; variants of its classes: [`DegreeClasses`].
    ///
    /// # Examples
    /// ```
    /// # use soilscope_assess::indices::*;
    /// # use soilscope_core::censored::Measurement::Quantified;
    /// let background = Reference::background("local", Digestion::Total, [("Cd", 0.2), ("Pb", 20.0)])?;
    /// let sample = Sample::new(Digestion::Total, [("Cd", Quantified(0.4)), ("Pb", Quantified(30.0))])?;
    /// let ratios = Ratios::new(&sample, &background, NonDetects::Refuse)?;
    /// let degree = ratios.degree(DegreeClasses::Scaled);
    /// assert_eq!((degree.value, degree.class.label, degree.class.bounds), (3.5, "moderate", vec![2.0, 4.0, 8.0]));
    /// # Ok::<(), IndexError>(())
    /// ```
    pub fn degree(&self, limits: DegreeClasses) -> Index {
        let value = self.sum();
        let names: Vec<&str> = self.ratios.iter().map(|r| r.element.as_str()).collect();
        self.index(value, classes::degree(value, &names, limits))
    }

    /// Modified degree of contamination mCd: the mean of the ratios.
    ///
    /// # Source
    /// Abrahim and Parker (2008), *Environmental Monitoring and Assessment* 136:227; its classes above the first are unverified.
    pub fn modified_degree(&self) -> Index {
        let value = self.mean();
        self.index(value, classes::modified_degree(value))
    }

    /// Pollution load index PLI of this place: the geometric mean of the ratios.
    ///
    /// That of several places together, and that of their mean content, are other numbers:
    /// [`load_of_set`](super::load_of_set).
    ///
    /// # Source
    /// As in ChinaXiv 201809.00029V1, after Tomlinson et al. (1980), *Helgoländer Meeresuntersuchungen* 33:566, which was not read.
    pub fn load_index(&self) -> Index {
        self.load_index_with(LoadClasses::Four)
    }

    /// As [`Ratios::load_index`], in the classes of a variant.
    pub fn load_index_with(&self, limits: LoadClasses) -> Index {
        let value = geometric_mean(self.ratios.iter().map(|r| r.value));
        self.index(value, classes::load(value, limits))
    }

    /// Nemerow's index P_N: √((max² + mean²)/2) of the ratios.
    ///
    /// # Source
    /// As in the results of the Ajakanga dumpsite that the tests hold it against; it goes back to Nemerow (1974),
    /// *Scientific Stream Pollution Analysis*, which was not read.
    pub fn nemerow(&self) -> Index {
        let greatest = self.ratios.iter().map(|r| r.value).fold(0.0, f64::max);
        let value = ((greatest * greatest + self.mean() * self.mean()) / 2.0).sqrt();
        self.index(value, classes::nemerow(value))
    }

    fn sum(&self) -> f64 {
        self.ratios.iter().map(|r| r.value).sum()
    }

    fn mean(&self) -> f64 {
        self.sum() / self.ratios.len() as f64
    }

    fn index(&self, value: f64, class: Class) -> Index {
        let substituted = self.ratios.iter().filter(|r| r.substituted).count();
        Index { value, reference: self.reference.clone(), elements: self.ratios.len(), substituted, class }
    }

    pub(super) fn needs_background(&self, index: &'static str) -> Result<(), IndexError> {
        match self.kind {
            ReferenceKind::Background => Ok(()),
            ReferenceKind::Limit => Err(IndexError::NotABackground { reference: self.reference.clone(), index }),
        }
    }
}

/// Of numbers above 0. As a product where that is a number, because logarithms would move a mean off the bound of a class.
pub(super) fn geometric_mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let power = 1.0 / values.len() as f64;
    let product: f64 = values.clone().product();
    if product.is_normal() { product.powf(power) } else { (values.map(f64::ln).sum::<f64>() * power).exp() }
}
