//! What a contaminant is held against: one limit everywhere, or one of each place.

use super::SeveralError;

/// The limit of one contaminant, in the unit of its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Limits {
    /// The same at all nodes.
    Everywhere(f64),
    /// One a node, as where it depends on the soil; not a number where there is none.
    OfEachNode(Vec<f64>),
}

impl Limits {
    /// The limit at a node; not a number where there is none.
    ///
    /// # Panics
    /// A node beyond the last that has a limit of its own.
    #[inline]
    pub fn at(&self, node: usize) -> f64 {
        match self {
            Self::Everywhere(limit) => *limit,
            Self::OfEachNode(limits) => limits[node],
        }
    }

    /// Refuses limits that are not above 0, and another number of them than nodes.
    pub(super) fn check(&self, contaminant: usize, nodes: usize) -> Result<(), SeveralError> {
        let refuse = |value| Err(SeveralError::Limit { contaminant, value });
        match self {
            // Written so that NaN is refused.
            Self::Everywhere(limit) if !(*limit > 0.0 && limit.is_finite()) => refuse(*limit),
            Self::OfEachNode(limits) if limits.len() != nodes => {
                Err(SeveralError::Count { what: "limits of nodes", found: limits.len(), needed: nodes })
            }
            Self::OfEachNode(limits) => match limits.iter().find(|l| **l <= 0.0 || l.is_infinite()) {
                Some(&value) => refuse(value),
                None => Ok(()),
            },
            Self::Everywhere(_) => Ok(()),
        }
    }
}
