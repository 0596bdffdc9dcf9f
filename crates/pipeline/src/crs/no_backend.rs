//! Without GDAL and PROJ there is only the local plane.

use soilscope_core::Coord;

use super::Crs;
use crate::{Error, Result};

/// Nothing to silence.
pub fn quiet_libraries() {}

/// There is no PROJ.
pub fn proj_version() -> String {
    "none".to_owned()
}

pub(super) fn describe(definition: &str) -> Result<Crs> {
    Err(Error::Crs {
        definition: definition.to_owned(),
        reason: "this build has no PROJ (feature `gdal`); only --crs local works".to_owned(),
    })
}

/// Places of a CRS in the same CRS.
#[derive(Debug)]
pub struct Transformer {
    from: Crs,
}

impl Transformer {
    /// Only from a CRS to itself.
    ///
    /// # Errors
    /// Two different CRSs.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self> {
        if from.same_as(to) {
            Ok(Self { from: from.clone() })
        } else {
            describe(to.definition()).map(|_| Self { from: from.clone() })
        }
    }

    /// Only from a local plane, which has no degrees.
    ///
    /// # Errors
    /// Another CRS.
    pub fn to_degrees(from: &Crs) -> Result<Self> {
        describe(from.definition()).map(|_| Self { from: from.clone() })
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        true
    }

    /// What PROJ says of the operation.
    pub fn description(&self) -> String {
        format!("{}: no operation", self.from.title())
    }

    /// The place itself.
    ///
    /// # Errors
    /// Never.
    pub fn forward(&self, place: Coord) -> Result<Coord> {
        Ok(place)
    }
}
