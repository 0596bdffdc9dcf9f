//! Toxic-response factors.

use serde::Serialize;

use super::error::IndexError;
use crate::coefficient::{Coefficient, coefficients};
use crate::quantity::positive;
use crate::threshold::Standing;

/// Toxic-response factor Tr of one element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseFactor {
    /// The element.
    pub element: String,
    /// Its factor.
    pub value: f64,
    /// Whether it is one of the eight of Hakanson (1980).
    pub original: bool,
    /// Where it was read.
    pub source: String,
    /// How far it can be trusted.
    pub standing: Standing,
}

/// A set of toxic-response factors.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseFactors(Vec<ResponseFactor>);

/// Not in the paper of 1980, though lists of its factors have it.
const LATER: &str = "Ni";

impl ResponseFactors {
    /// The eight of Hakanson (1980): PCB total, Hg, Cd, As, Pb, Cu, Cr, Zn. That of PCB is unverified.
    pub fn hakanson() -> Self {
        Self(rows().filter(|factor| factor.original).collect())
    }

    /// The eight and what later authors added (Ni, Co, Mn, Fe, V, Be, Se, U …), which differs between authors.
    pub fn with_later_additions() -> Self {
        Self(rows().collect())
    }

    /// The same with a factor of the caller's own.
    ///
    /// # Errors
    /// A factor that is not above 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::indices::ResponseFactors;
    /// let factors = ResponseFactors::hakanson().with("Ni", 2.0, "the code ljywit/ecotope")?;
    /// assert_eq!(factors.of("Ni").map(|f| f.value), Ok(2.0));
    /// # Ok::<(), soilscope_assess::indices::IndexError>(())
    /// ```
    pub fn with(mut self, element: &str, value: f64, source: &str) -> Result<Self, IndexError> {
        positive("toxic-response factor", value)?;
        self.0.retain(|factor| factor.element != element);
        self.0.push(ResponseFactor {
            element: element.to_owned(),
            value,
            original: false,
            source: source.to_owned(),
            standing: Standing::Unverified,
        });
        Ok(self)
    }

    /// All of them.
    pub fn factors(&self) -> &[ResponseFactor] {
        &self.0
    }

    /// That of one element.
    ///
    /// # Errors
    /// [`IndexError::NoFactor`].
    pub fn of(&self, element: &str) -> Result<&ResponseFactor, IndexError> {
        let found = self.0.iter().find(|factor| factor.element == element);
        found.ok_or_else(|| IndexError::NoFactor { what: "toxic-response factor", element: element.to_owned() })
    }
}

fn rows() -> impl Iterator<Item = ResponseFactor> {
    let of = |c: &Coefficient| ResponseFactor {
        element: c.analyte.clone(),
        value: c.value,
        original: c.model == "hakanson_Tr" && c.analyte != LATER,
        source: c.source.clone(),
        standing: c.standing,
    };
    coefficients().iter().filter(|c| c.table == "toxic_response").map(of)
}
