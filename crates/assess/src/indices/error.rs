//! Why an index is refused.

use thiserror::Error;

use super::content::Digestion;
use crate::quantity::BadQuantity;

/// Why an index is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// A content that no ratio can be made of.
    #[error(
        "the content of {element} is {value}: it must be a number above 0; what was not found is below a limit, so state the limit"
    )]
    Content {
        /// The element.
        element: String,
        /// What was given.
        value: f64,
    },
    /// An element twice.
    #[error("{element} is given twice")]
    Twice {
        /// The element.
        element: String,
    },
    /// Nothing to compute an index of.
    #[error("there is no element left to compute an index of")]
    Nothing,
    /// An element that the reference does not have.
    #[error("'{reference}' has no value for {element}: leave the element out or name a reference that has it")]
    NotInReference {
        /// The element.
        element: String,
        /// The reference.
        reference: String,
    },
    /// Values below their limits where the caller chose none of the rules.
    #[error("{} below the limit of the laboratory: choose what stands for such values, because an index has no number for them", list(.elements))]
    BelowLimit {
        /// Elements.
        elements: Vec<String>,
    },
    /// A content and a reference that were digested in different ways.
    #[error(
        "the content is {sample}, but '{reference}' is {background}: they differ by up to a factor 5 (Ba, Cr, Be, Sb, V); convert \
         with aqua_regia_to_total, or take a reference of the same digestion"
    )]
    Digestions {
        /// Of the sample.
        sample: Digestion,
        /// The reference.
        reference: String,
        /// Of the reference.
        background: Digestion,
    },
    /// An index of geochemistry against a limit of the law.
    #[error("'{reference}' is a set of limits, and {index} compares with a background")]
    NotABackground {
        /// The reference.
        reference: String,
        /// The index.
        index: &'static str,
    },
    /// No factor for an element.
    #[error("there is no {what} for {element}")]
    NoFactor {
        /// What is missing.
        what: &'static str,
        /// The element.
        element: String,
    },
    /// Samples that do not hold the same elements.
    #[error("sample {index} has the elements {}, but the first has {}: an index of a set needs the same elements everywhere", .has.join(", "), .needed.join(", "))]
    Elements {
        /// Zero-based sample.
        index: usize,
        /// What it has.
        has: Vec<String>,
        /// What the first has.
        needed: Vec<String>,
    },
}

fn list(elements: &[String]) -> String {
    format!("{} {}", elements.join(", "), if elements.len() == 1 { "is" } else { "are" })
}
