//! Pollution indices: contents beside a background or a limit, one element or many in one number.
//!
//! Every result names the reference it was computed with, because an index against crustal rock and one against a local
//! median are different statements. A value below its limit is never passed in as a number: [`NonDetects`] says what the
//! caller chose, and results count it.
//!
//! What is summed over elements says less than it seems: classes are conventions of their authors, and each [`Class`] names
//! whose and how far its bounds were checked.
//!
//! ```
//! use soilscope_assess::indices::{Digestion, NonDetects, Ratios, Reference, Sample};
//! use soilscope_core::censored::Measurement::Quantified;
//! let background = Reference::background("Inner Mongolia", Digestion::Total, [("Cr", 41.4), ("Hg", 0.04), ("As", 7.5)])?;
//! let contents = [("Cr", Quantified(28.27)), ("Hg", Quantified(0.15)), ("As", Quantified(12.92))];
//! let ratios = Ratios::new(&Sample::new(Digestion::Total, contents)?, &background, NonDetects::Refuse)?;
//! assert!((ratios.load_index().value - 1.640).abs() < 5e-4);
//! assert_eq!(ratios.load_index().reference, "Inner Mongolia");
//! # Ok::<(), soilscope_assess::indices::IndexError>(())
//! ```
//!
//! [`Class`]: crate::class::Class

mod classes;
mod content;
mod ecological;
mod element;
mod error;
mod index;
mod load;
mod ratios;
mod response;

pub use classes::{DegreeClasses, LoadClasses, RiskClasses, hakanson_risk_class, scaled_risk_class};
pub use content::{Digestion, Reference, ReferenceKind, Sample, Total, aqua_regia_to_total};
pub use ecological::{EcologicalRisk, RiskFactor, ecological_risk};
pub use element::{Enrichment, GeoAccumulation, enrichment_factors};
pub use error::IndexError;
pub use index::Index;
pub use load::{SetLoad, load_of_set};
pub use ratios::{NonDetects, Ratio, Ratios};
pub use response::{ResponseFactor, ResponseFactors};
