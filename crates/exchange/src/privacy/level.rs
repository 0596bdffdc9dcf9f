//! What is shown of a site whose level is one thing and whose bundle's is another.

use crate::pack::Access;

/// What is shown of where a site is, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Where it is.
    Exact,
    /// Somewhere near.
    Displaced,
    /// Nothing.
    Withheld,
}

/// What is shown of what was measured there, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Values {
    /// Every result.
    Each,
    /// Summaries of groups of sites.
    Grouped,
    /// Nothing.
    Withheld,
}

/// What is shown of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown {
    /// Of its place.
    pub place: Place,
    /// Of its values.
    pub values: Values,
}

impl Shown {
    /// What one level shows (`access_levels.csv`); `exact`: places without values are exact, which the table leaves open.
    pub fn by(level: Access, exact: bool) -> Self {
        let (place, values) = match level {
            Access::Open => (Place::Exact, Values::Each),
            Access::Blurred => (Place::Displaced, Values::Each),
            Access::LocationsOnly => (if exact { Place::Exact } else { Place::Displaced }, Values::Withheld),
            Access::AggregatedOnly => (Place::Withheld, Values::Grouped),
            Access::Restricted => (Place::Withheld, Values::Withheld),
        };
        Self { place, values }
    }

    /// What several levels all allow: the least of places, the least of values.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::{pack::Access, privacy::{Place, Shown, Values}};
    /// let shown = Shown::by_all([Access::Blurred, Access::LocationsOnly], false);
    /// assert_eq!(shown, Shown { place: Place::Displaced, values: Values::Withheld });
    /// ```
    pub fn by_all(levels: impl IntoIterator<Item = Access>, exact: bool) -> Self {
        let mut least = Self { place: Place::Exact, values: Values::Each };
        for shown in levels.into_iter().map(|level| Self::by(level, exact)) {
            least = Self { place: least.place.max(shown.place), values: least.values.max(shown.values) };
        }
        least
    }

    /// Whether the exact place must not be found.
    pub fn is_protected(self) -> bool {
        self.place != Place::Exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_levels_show_no_more_than_either() {
        for exact in [false, true] {
            for a in Access::ALL {
                for b in Access::ALL {
                    let both = Shown::by_all([a, b], exact);
                    assert_eq!(both, Shown::by_all([b, a], exact));
                    for one in [Shown::by(a, exact), Shown::by(b, exact)] {
                        assert!(both.place >= one.place && both.values >= one.values);
                    }
                }
            }
        }
        assert_eq!(Shown::by_all([Access::Open, Access::Restricted], true).place, Place::Withheld);
        assert!(!Shown::by(Access::Open, false).is_protected());
        assert!(Access::ALL[1..].iter().all(|level| Shown::by(*level, false).is_protected()));
    }
}
