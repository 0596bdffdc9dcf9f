//! Which samples serve a target.

mod around;
mod index;
mod leaves;
mod near;
mod sectors;
mod sides;

pub use index::SampleIndex;
pub(crate) use index::SearchScratch;
pub(crate) use near::{Held, Near, NearScratch, Visit};
pub use sectors::Sectors;

use std::num::NonZeroUsize;

use crate::{Error, Result};

/// All samples, or those near the target.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Neighbourhood {
    /// Every sample serves every target.
    #[default]
    Global,
    /// A search around each target.
    Moving(Search),
}

impl Neighbourhood {
    /// The `max` nearest samples.
    ///
    /// # Errors
    /// A maximum of 0.
    pub fn nearest(max: usize) -> Result<Self> {
        Search::new(Some(max), 1, None).map(Self::Moving)
    }
}

/// Rules of a search: plain Euclidean distance to the target, whatever the model's anisotropy, as gstat.
///
/// Fields that break the rules of [`new`](Self::new) and [`with_sectors`](Self::with_sectors) are refused where a recipe
/// is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Search {
    /// Most samples, nearest first; `None` for all within the radius. With sectors: over all of them.
    pub max: Option<NonZeroUsize>,
    /// Fewest samples: with fewer there is no prediction.
    pub min: NonZeroUsize,
    /// Largest distance, inclusive, in coordinate units.
    pub radius: Option<f64>,
    /// Sectors around the target that share `max` evenly.
    pub sectors: Option<Sectors>,
}

impl Search {
    /// A search without sectors.
    ///
    /// # Errors
    /// A maximum or minimum of 0, a minimum above the maximum, or a radius that is not above 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::neighbourhood::Search;
    /// assert!(Search::new(Some(32), 3, Some(500.0)).is_ok());
    /// assert!(Search::new(Some(2), 3, None).is_err());
    /// ```
    pub fn new(max: Option<usize>, min: usize, radius: Option<f64>) -> Result<Self> {
        let positive = |name, value: usize| {
            NonZeroUsize::new(value).ok_or(Error::Parameter { name, value: 0.0, requirement: "at least 1" })
        };
        let max = max.map(|m| positive("maximum number of neighbours", m)).transpose()?;
        let min = positive("minimum number of neighbours", min)?;
        if let Some(max) = max
            && min > max
        {
            let requirement = "no more than the maximum number";
            return Err(Error::Parameter {
                name: "minimum number of neighbours",
                value: min.get() as f64,
                requirement,
            });
        }
        if let Some(radius) = radius
            && !(radius > 0.0 && radius.is_finite())
        {
            return Err(Error::Parameter { name: "search radius", value: radius, requirement: "above 0" });
        }
        Ok(Self { max, min, radius, sectors: None })
    }

    /// The same search, with `max` shared evenly by sectors around the target.
    ///
    /// # Errors
    /// No maximum, or one that the sectors cannot share evenly.
    pub fn with_sectors(self, sectors: Sectors) -> Result<Self> {
        let requirement = "a multiple of the number of sectors, which share it";
        let max = self.max.map_or(0, NonZeroUsize::get);
        if max == 0 || !max.is_multiple_of(sectors.count()) {
            return Err(Error::Parameter { name: "maximum number of neighbours", value: max as f64, requirement });
        }
        Ok(Self { sectors: Some(sectors), ..self })
    }

    /// The same search, if its fields keep the rules.
    pub(crate) fn checked(self) -> Result<Self> {
        let search = Self::new(self.max.map(NonZeroUsize::get), self.min.get(), self.radius)?;
        self.sectors.map_or(Ok(search), |sectors| search.with_sectors(sectors))
    }
}
